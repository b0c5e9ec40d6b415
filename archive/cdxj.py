"""CDXJ: the sorted text index that replay tools look addresses up in.

One line a capture: the address in SURT form (host reversed, canonical), the time to the second in 14
digits, and a JSON object with url, mime, status, digest, length, offset and filename, as
pywb and cdxj-indexer write it. The lines are sorted by their bytes, since readers search them by halving.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import surt

from .errors import naming
from .exchange import Capture
from .publishing import Screen, files_of, shown_records
from .store import Archive
from .suppression import Hide


def write_cdxj(archive: Archive, path: Path | str, *, hide: Hide | None = None) -> int:
    """Write the index of all captures that may be shown; returns how many there are.

    `filename` is the path under `warc/`, so pywb takes it beside that folder. The file at `path`
    is the old one or the new one, never a part. Raises ArchiveError where a record is damaged.
    """
    path = Path(path)
    screen = Screen(archive, f"cdxj {path.name}", hide)
    with Lines() as lines:
        for file in files_of(archive):
            with naming(file.path, "read"), file.stream() as stream:
                for shown in shown_records(archive, file, stream, screen):
                    if shown.capture:
                        lines.add(cdxj_line(shown.capture, shown.mime))
        screen.log()
        new = path.with_name(path.name + ".new")
        with naming(path, "write"):
            try:
                with new.open("wb") as out:
                    for line in lines:
                        out.write(line)
                    out.flush()
                    os.fsync(out.fileno())
                new.replace(path)
            except BaseException:
                new.unlink(missing_ok=True)
                raise
        return lines.count


def cdxj_line(
    capture: Capture, mime: str | None, *, filename: str | None = None, offset: int | None = None
) -> bytes:
    """The line of a capture, with its line end. A page as drawn has no HTTP status."""
    told = {
        "url": capture.url,
        "mime": mime,
        "status": None if capture.kind == "resource" else str(capture.status),
        "digest": f"sha256:{capture.payload}",
        "length": str(capture.length),
        "offset": str(capture.offset if offset is None else offset),
        "filename": filename or capture.warc,
    }
    body = json.dumps({name: value for name, value in told.items() if value is not None})
    return f"{_key(capture.url)} {capture.fetched:%Y%m%d%H%M%S} {body}\n".encode()


class Lines:
    """Lines sorted by their bytes, on disk as far as they do not fit into memory. A context manager."""

    def __init__(self) -> None:
        self.count = 0
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.execute("PRAGMA synchronous = OFF")
        self._db.execute("CREATE TABLE line (line BLOB)")
        self._db.execute("BEGIN")

    def __enter__(self) -> Lines:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def add(self, line: bytes) -> None:
        with naming("the temporary folder", "sort"):
            self._db.execute("INSERT INTO line VALUES (?)", (line,))
        self.count += 1

    def __iter__(self) -> Iterator[bytes]:
        with naming("the temporary folder", "sort"):
            for (line,) in self._db.execute("SELECT line FROM line ORDER BY line"):
                yield line


def _key(url: str) -> str:
    try:
        key = str(surt.surt(url))
    except Exception:
        key = url
    # A blank would end the key.
    return key.replace(" ", "%20")
