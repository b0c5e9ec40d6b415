"""The list of sealed files, each line chained to the one before.

A sealed WARC file never changes. `warc/MANIFEST.jsonl` has one line for each: name, bytes,
records, SHA-256, first and last WARC-Date, when it was sealed, and the SHA-256 of the line
before (64 zeros in the first). A file that was cut on a record boundary is still a good WARC
file; only this list knows. And whoever keeps the last line keeps the proof of all of them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from .errors import naming
from .layout import fsync_folder
from .warc import sha256

_FIRST = "0" * 64


@dataclass(frozen=True)
class Sealed:
    """One line: a sealed file as it is to stay. `name` is its path under `warc/`."""

    name: str
    bytes: int
    records: int
    sha256: str
    first: str | None
    last: str | None
    sealed: str


class Manifest:
    """The lines of a manifest file. Reading it never fails for what stands in it: `problems` says what is wrong."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines: dict[str, Sealed] = {}
        self.problems: list[str] = []
        self._last = _FIRST
        self._size = 0
        with naming(path, "read"):
            data = path.read_bytes() if path.exists() else b""
        for number, line, whole in _lines(data):
            if not whole:
                self.problems.append(f"line {number} is cut off")
                break
            self._size += len(line) + 1
            self._take(number, line)

    def append(self, sealed: Sealed) -> None:
        """Add a line, on disk when this returns; on an error the file is as it was."""
        body = asdict(sealed) | {"previous": self._last}
        line = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        with naming(self.path, "write"):
            handle = os.open(self.path, os.O_WRONLY | os.O_CREAT, 0o644)
            try:
                try:
                    # A line that was cut off by a crash was never relied on: its file gets a new one.
                    os.ftruncate(handle, self._size)
                    rest = memoryview(line + b"\n")
                    at = self._size
                    while rest:
                        written = os.pwrite(handle, rest, at)
                        rest, at = rest[written:], at + written
                except OSError:
                    os.ftruncate(handle, self._size)
                    raise
                os.fsync(handle)
            finally:
                os.close(handle)
            fsync_folder(self.path.parent)
        self._size += len(line) + 1
        self._last = sha256(line)
        self.lines[sealed.name] = sealed

    def _take(self, number: int, line: bytes) -> None:
        try:
            body = json.loads(line)
            previous = body.pop("previous")
            sealed = Sealed(**body)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            self.problems.append(f"line {number} is not a line of a manifest")
        else:
            if previous != self._last:
                self.problems.append(f"line {number} does not follow from the line before it: one of them was changed")
            if sealed.name in self.lines:
                self.problems.append(f"line {number} lists {sealed.name} a second time")
            self.lines[sealed.name] = sealed
        self._last = sha256(line)


def _lines(data: bytes) -> Iterator[tuple[int, bytes, bool]]:
    parts = data.split(b"\n")
    for number, line in enumerate(parts[:-1], 1):
        yield number, line, True
    if parts[-1]:
        yield len(parts), parts[-1], False
