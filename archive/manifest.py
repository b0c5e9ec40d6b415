"""The list of sealed files, each line chained to the one before.

A sealed WARC file never changes. `warc/MANIFEST.jsonl` has one line for each: name, bytes,
records, SHA-256, first and last WARC-Date, when it was sealed, the SHA-256 of the line
before (64 zeros in the first), and one of the line itself. A file that was cut on a record boundary is still a good WARC
file; only this list knows. And whoever keeps the last line keeps the proof of all of them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from .errors import naming
from .layout import fsync_path
from .warc import sha256

_FIRST = "0" * 64


@dataclass(frozen=True)
class Sealed:
    """One line: a sealed file as it is to stay. `name` is its path under `warc/`. Of a file that came
    from another archive, `origin` is the SHA-256 of its line in the manifest there."""

    name: str
    bytes: int
    records: int
    sha256: str
    first: str | None
    last: str | None
    sealed: str
    origin: str | None = None


class Manifest:
    """The lines of a manifest file. Reading it never fails for what stands in it: `problems` says what is wrong."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines: dict[str, Sealed] = {}
        self.problems: list[str] = []
        #: files whose line has a digest of itself: whoever wrote it gives one to every line and journal
        self.proved: set[str] = set()
        #: name of a file to the SHA-256 of its line
        self.digests: dict[str, str] = {}
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
        told = {name: value for name, value in asdict(sealed).items() if name != "origin" or value}
        body = told | {"previous": self._last}
        line = checked(json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode())
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
            fsync_path(self.path.parent)
        self._size += len(line) + 1
        self._last = sha256(line)
        self.lines[sealed.name] = sealed
        self.digests[sealed.name] = self._last

    def _take(self, number: int, line: bytes) -> None:
        try:
            body = json.loads(line)
            check = body.pop("check", None)
            previous = body.pop("previous")
            sealed = Sealed(**body)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            self.problems.append(f"line {number} is not a line of a manifest")
        else:
            # The first version wrote no check.
            if check is None and self.proved:
                self.problems.append(f"line {number} has no digest of itself, and a line before it has")
            if check is not None:
                self.proved.add(sealed.name)
                if not is_checked(line):
                    self.problems.append(f"line {number} was changed")
            if previous != self._last:
                self.problems.append(f"line {number} does not follow from the line before it: one of them was changed")
            if sealed.name in self.lines:
                self.problems.append(f"line {number} lists {sealed.name} a second time")
            self.lines[sealed.name] = sealed
            self.digests[sealed.name] = sha256(line)
        self._last = sha256(line)


def checked(line: bytes) -> bytes:
    """A JSON object on a line with the digest of itself as its last field, `check`: nothing else proves a single line.

    >>> checked(b'{"a":1}')[:20], is_checked(checked(b'{"a":1}')), is_checked(checked(b'{"a":1}').replace(b"1", b"2"))
    (b'{"a":1,"check":"015a', True, False)
    """
    return line[:-1] + f',"check":"{sha256(line)}"}}'.encode()


def is_checked(line: bytes) -> bool:
    """Whether a line has its digest, and is as it was when that was taken."""
    return checked(line.rpartition(b',"check":')[0] + b"}") == line


def _lines(data: bytes) -> Iterator[tuple[int, bytes, bool]]:
    *lines, rest = data.split(b"\n")
    for number, line in enumerate(lines, 1):
        # When the power fails, the end of a line may reach the disk and its beginning not: zeros stand there.
        torn = number == len(lines) and not rest and b"\0" in line
        yield number, line, not torn
    if rest:
        yield len(lines) + 1, rest, False
