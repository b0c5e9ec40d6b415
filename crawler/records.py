"""The file of records, `reports.jsonl`: append-only while crawling, folded at a run's end, replaced whole by a replay.

A line is written with one call and is on disk before anything else happens. What a crash can leave is
half a last line: it is moved to `reports.jsonl.tail` when the file is opened again, so that every line
of the file is a whole record and nothing is thrown away.

A record that another address has given already goes to `reports.twins.jsonl` beside it, in the same way. When the run ends,
both become one file, line by line in the order of capture, see `crawler.twins`; the old ones stay until
that is whole. The file of twins, even an empty one, stands as long as something may be unfolded: what a crash leaves so
is folded at the end of the next run.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from archive import ArchiveError
from archive.layout import fsync_path
from crawler.reading import write_line
from crawler.twins import Capture, Histories, Line, Place, captures_of, write_folded

logger = logging.getLogger("gongkai")

#: Beside the file of records: twins that are not folded in yet.
TWINS = "reports.twins.jsonl"


class RecordsError(ArchiveError):
    """The file of records cannot be read or written. Its text names the file and what to do."""


class RecordsFile:
    """Appends records that say something new. Open it with `RecordsFile.open`, `fold` it at a run's end, close it when done."""

    def __init__(self, path: Path, handles: list[int]) -> None:
        self.path = path
        self.paths = (path, path.with_name(TWINS))
        self._handles = handles
        self._histories = Histories()
        self._folded = not self.paths[1].exists()
        self._lines: list[Place] = []
        self._strange: list[Place] = []
        self._fetched: dict[Place, str] = {}
        self._told: dict[Place, tuple[list[Any], str | None]] = {}

    @classmethod
    def open(cls, path: Path) -> RecordsFile:
        """Open for appending, mend a torn end, and learn what is there. Raises RecordsError."""
        file = cls(path, [])
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                for each in file.paths:
                    file._handles.append(os.open(each, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644))
                    _mend(each, file._handles[-1])
                file._learn()
            except BaseException:
                file.close()
                raise
        except OSError as error:
            cause = error.strerror or error
            raise RecordsError(f"{path}: cannot open: {cause}; check the folder and the disk") from error
        return file

    def add(self, record: dict[str, Any]) -> str:
        """Append a record, unless it is known: "new", "changed" (the URL said something else), "twin" or "unchanged".

        Unchanged is what the same URL said when it was last read, in the same bytes or in others with the same
        content (a visitor counter, a date in the footer); a twin is what another address of the portal says.
        Sets `replaces` in a record that is another version of the report at its address.
        """
        (capture,) = captures_of(record, None)
        known = len(self._histories.captures)
        state = self._histories.take(capture)
        if len(self._histories.captures) == known:
            return state
        if state != "twin" and (before := self._histories.replaced_by(capture.url)):
            record["replaces"] = before
        self._folded = False
        self._histories.unordered.add(capture.fetched)
        capture.place = self._append(1 if state == "twin" else 0, write_line(record))
        self._note(capture.place, record)
        return state

    def has_report_of(self, url: str) -> bool:
        """Whether the file has a report that could be read from this URL, as its own or as a twin, and no later answer without one."""
        return self._histories.shows_report(url)

    def fold(self, number_of: Callable[[str, str], int] | None = None) -> int:
        """Make one file of both, in the order of capture, each report with all its addresses: how many lines it has.

        `number_of` gives the number of a capture by its address and time. Nothing is written when nothing would change.
        Raises RecordsError; the old files stay then.
        """
        lines = self._histories.fold(number_of)
        if self._is_folded(lines):
            self._folded = True
            return len(lines) + len(self._strange)
        part = self.path.with_name(self.path.name + ".tmp")
        try:
            with part.open("wb") as file:
                for line in lines:
                    old = self._read(line.place)
                    file.write(write_folded(old, line) if self._differs(line) else old)
                for place in self._strange:
                    file.write(self._read(place))
                file.flush()
                os.fsync(file.fileno())
            part.replace(self.path)
            fsync_path(self.path.parent)
            os.ftruncate(self._handles[1], 0)
            self._folded = True
        except OSError as error:
            with suppress(OSError):
                part.unlink(missing_ok=True)
            cause = error.strerror or error
            raise RecordsError(f"{self.path}: cannot fold: {cause}; free some space, and the next run does it") from error
        return len(lines) + len(self._strange)

    def close(self) -> None:
        """Close the files; every line has been on disk since it was added. Once all is folded, the empty file of twins goes."""
        if len(self._handles) > 1 and self._folded and os.fstat(self._handles[1]).st_size == 0:
            self.paths[1].unlink(missing_ok=True)
        while self._handles:
            os.close(self._handles.pop())

    def _append(self, file: int, line: bytes) -> Place:
        handle = self._handles[file]
        size = os.fstat(handle).st_size
        try:
            rest = memoryview(line)
            while rest:
                rest = rest[os.write(handle, rest) :]
            os.fsync(handle)
        except OSError as error:
            # Half a line must not stay: the next record would be written on to it.
            os.ftruncate(handle, size)
            raise RecordsError(f"{self.paths[file]}: cannot write: {error.strerror or error}; free some space") from error
        return file, size, len(line)

    def _read(self, place: Place) -> bytes:
        file, offset, length = place
        line = os.pread(self._handles[file], length, offset)
        if len(line) != length:
            raise OSError(None, "it was made shorter meanwhile")
        return line

    def _note(self, place: Place, record: dict[str, Any]) -> None:
        self._lines.append(place)
        self._fetched[place] = str(record["source"].get("fetched") or "")
        also, replaces = record["source"].get("also_at") or [], record.get("replaces")
        if also or replaces:
            self._told[place] = also, replaces

    def _differs(self, line: Line) -> bool:
        told = self._told.get(line.place, ([], None))
        return self._fetched[line.place] != line.fetched or told != ([dict(address) for address in line.also_at], line.replaces)

    def _is_folded(self, lines: list[Line]) -> bool:
        if [line.place for line in lines] + self._strange != sorted((*self._lines, *self._strange)):
            return False
        return not any(map(self._differs, lines))

    def _learn(self) -> None:
        found: list[Capture] = []
        for number, path in enumerate(self.paths):
            offset = 0
            with path.open("rb") as lines:
                for count, line in enumerate(lines, 1):
                    place = number, offset, len(line)
                    offset += len(line)
                    try:
                        record = json.loads(line)
                        found += captures_of(record, place)
                        self._note(place, record)
                    except (ValueError, KeyError, TypeError, AttributeError):
                        # Somebody edited it. The line stays as it is; only its repetition cannot be noticed.
                        logger.warning("%s:%d: not a record of ours; left as it is", path, count)
                        self._strange.append(place)
        times = [capture.fetched for capture in found if capture.place is not None]
        if not self._folded or times != sorted(times):  # a run was killed before it could fold, or somebody joined two files
            self._histories.unordered.update(times)
        for capture in sorted(found, key=lambda capture: capture.fetched):
            self._histories.take(capture)


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
