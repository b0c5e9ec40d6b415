"""Whether each line of the dataset stands on evidence: the bytes it was read from, archived and kept as a snapshot."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from array import array
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from .coding import decode
from .errors import Damage, naming
from .exchange import Capture, page_url, wire_url
from .layout import RECORDS, SNAPSHOTS
from .manifest import is_checked
from .reader import Record, read_message
from .warc import sha256

_REPLAY = "replay the archive, which writes it anew"


class Evidence:
    """The SHA-256 of every entity in the archive, by URL. Fill it with `add` while records are read."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.execute("PRAGMA synchronous = OFF")
        self._db.execute("CREATE TABLE entity (url TEXT, digest TEXT, PRIMARY KEY (url, digest)) WITHOUT ROWID")
        self._db.execute("CREATE TABLE line (digest BLOB PRIMARY KEY) WITHOUT ROWID")
        self._db.execute("BEGIN")

    def close(self) -> None:
        self._db.close()

    def add(self, capture: Capture, record: Record) -> None:
        """Take an answer in. A revisit has the entity of its response, which is there already."""
        if capture.kind == "revisit":
            return
        digest = capture.payload
        if capture.kind == "response":
            try:
                message = read_message(record.block)
            except Damage:
                return
            if coding := message.header(b"content-encoding"):
                digest = sha256(decode(message.body, coding).body)
        with naming("the temporary folder", "note digests"):
            self._db.execute("INSERT OR IGNORE INTO entity VALUES (?, ?)", (page_url(capture.url), digest))

    def holds(self, url: str, digest: str) -> bool:
        """Whether the archive has these bytes from this address. The wire carries no fragment."""
        wanted = wire_url(url.partition("#")[0])
        return bool(self._db.execute("SELECT 1 FROM entity WHERE url = ? AND digest = ?", (wanted, digest)).fetchone())


    def is_new(self, line: bytes) -> bool:
        """Whether this very line of the dataset was not there before."""
        with naming("the temporary folder", "note digests"):
            return self._db.execute("INSERT OR IGNORE INTO line VALUES (?)", (hashlib.sha256(line).digest(),)).rowcount > 0


def check_lines(root: Path, size: int, evidence: Evidence, *, with_checks: bool = False) -> Iterator[tuple[int, int, str | None]]:
    """Each line in the first `size` bytes of the dataset: its number, its bytes, and what is wrong with it.

    `with_checks` when the archive is of a version that gives each line a digest of itself.
    """
    path = root / RECORDS
    has_checks, unchecked = with_checks, array("Q")
    with naming(path, "read"), path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if size <= 0:
                break
            size -= len(line)
            wrong = _wrong(root, line, evidence)
            if b',"check":"' in line[-80:]:
                has_checks = True
                if not wrong and not is_checked(line.rstrip(b"\n")):
                    wrong = f"the line was changed: its digest is not the one at its end; {_REPLAY}"
            else:
                unchecked.append(number)
            if not wrong and not evidence.is_new(line):
                wrong = f"the same line stands above; {_REPLAY}"
            yield number, len(line), wrong
    # The first version wrote none. Where other lines, or the manifest's, have one, it was this one's that was changed.
    if has_checks:
        yield from ((number, 0, f"the line has no digest of itself; {_REPLAY}") for number in unchecked)


def _wrong(root: Path, line: bytes, evidence: Evidence) -> str | None:
    if not line.endswith(b"\n"):
        return "the line is cut off; the next run moves it away"
    try:
        source = json.loads(line)["source"]
        url, digest, snapshot = source["url"], source["sha256"], source.get("snapshot")
        if not isinstance(url, str) or not isinstance(digest, str):
            raise TypeError
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return f"not a record with url and sha256 of its source; {_REPLAY}"
    if not evidence.holds(url, digest):
        return f"no answer of {url[:300]} in the archive has the bytes {digest[:64]}; {_REPLAY}"
    return _wrong_snapshot(root, snapshot, digest) if snapshot else None


def _wrong_snapshot(root: Path, snapshot: object, digest: str) -> str | None:
    path = PurePosixPath(str(snapshot))
    # The dataset is not believed: a name in it must not lead out of the folder.
    if path.parts[:1] != (SNAPSHOTS,) or ".." in path.parts:
        return f"its snapshot {str(snapshot)[:300]!r} is not in {SNAPSHOTS}/; {_REPLAY}"
    try:
        with (root / path).open("rb") as stream:
            held = hashlib.file_digest(stream, "sha256").hexdigest()
    except (OSError, ValueError):
        return f"its snapshot {str(path)[:300]} cannot be read; {_REPLAY}"
    return None if held == digest else f"its snapshot {path} has other bytes; delete that file and {_REPLAY}"
