"""The file of records, `reports.jsonl`: append-only while crawling, replaced whole by a replay.

A line is written with one call and is on disk before anything else happens. What a crash can leave is
half a last line: it is moved to `reports.jsonl.tail` when the file is opened again, so that every line
of the file is a whole record and nothing is thrown away.
"""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path
from typing import Any

from archive import ArchiveError
from crawler.reading import write_line
from parsers import content_digest

logger = logging.getLogger("gongkai")


class RecordsError(ArchiveError):
    """The file of records cannot be read or written. Its text names the file and what to do."""


class RecordsFile:
    """Appends records that say something new. Open it with `RecordsFile.open`, close it when done."""

    def __init__(self, path: Path, handle: int) -> None:
        self.path = path
        self._handle = handle
        self._ids: set[str] = set()
        self._contents: dict[str, set[str]] = {}

    @classmethod
    def open(cls, path: Path) -> RecordsFile:
        """Open for appending, mend a torn end, and learn what is there. Raises RecordsError."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
            try:
                _mend(path, handle)
                file = cls(path, handle)
                file._learn()
            except BaseException:
                os.close(handle)
                raise
        except OSError as error:
            cause = error.strerror or error
            raise RecordsError(f"{path}: cannot open: {cause}; check the folder and the disk") from error
        return file

    def add(self, record: dict[str, Any]) -> str:
        """Append a record, unless the file has it: "new", "changed" (the URL said something else) or "unchanged".

        Unchanged is what the same URL already said, in the same bytes or in others with the same
        content (a visitor counter, a date in the footer).
        """
        url = record["source"]["url"] or ""
        digest = content_digest(record)
        known = self._contents.get(url)
        if record["report_id"] in self._ids or (known is not None and digest in known):
            return "unchanged"
        self._append(write_line(record))
        self._remember(record["report_id"], url, digest)
        return "new" if known is None else "changed"

    def _append(self, line: bytes) -> None:
        size = os.fstat(self._handle).st_size
        try:
            rest = memoryview(line)
            while rest:
                rest = rest[os.write(self._handle, rest) :]
            os.fsync(self._handle)
        except OSError as error:
            # Half a line must not stay: the next record would be written on to it.
            os.ftruncate(self._handle, size)
            raise RecordsError(f"{self.path}: cannot write: {error.strerror or error}; free some space") from error

    def close(self) -> None:
        """Close the file; every line has been on disk since it was added."""
        os.close(self._handle)

    def _remember(self, identifier: str, url: str, digest: str) -> None:
        self._ids.add(identifier)
        self._contents.setdefault(url, set()).add(digest)

    def _learn(self) -> None:
        with self.path.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                try:
                    record = json.loads(line)
                    self._remember(record["report_id"], record["source"]["url"] or "", content_digest(record))
                except (ValueError, KeyError, TypeError):
                    # Somebody edited it. The line stays as it is; only its repetition cannot be noticed.
                    logger.warning("%s:%d: not a record of ours; left as it is", self.path, number)


def _mend(path: Path, handle: int) -> None:
    """Give a whole last line its line end, and move half a last line to `<name>.tail`."""
    size = os.fstat(handle).st_size
    tail = _last_line(handle, size)
    if not tail:
        return
    try:
        whole = isinstance(json.loads(tail), dict)
    except ValueError:
        whole = False
    if whole:
        os.write(handle, b"\n")
    else:
        kept = path.with_name(path.name + ".tail")
        with kept.open("ab") as file:
            file.write(tail + b"\n")
            file.flush()
            os.fsync(file.fileno())
        os.ftruncate(handle, size - len(tail))
        logger.warning("%s: the last line was cut short by a crash; moved to %s", path, kept.name)
    os.fsync(handle)


def _last_line(handle: int, size: int) -> bytes:
    """What stands behind the last line end of a file."""
    tail = b""
    at = size
    while at > 0:
        step = min(1 << 16, at)
        at -= step
        block = os.pread(handle, step, at)
        cut = block.rfind(b"\n")
        if cut >= 0:
            return block[cut + 1 :] + tail
        tail = block + tail
    return tail
