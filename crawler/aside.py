"""Values that a long run puts aside on disk until its end, so that its memory does not grow with what it has done.

They are lines of JSON in a temporary file, which has no name and goes with the process: what a killed run had put
aside, the next one finds again from the archive.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

#: Where a value stands: the first byte, and how many.
Place = tuple[int, int]


class Aside:
    """Keeps values of JSON. The file is made with the first one, in `folder`; None is the system's place for such files."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder
        self._file: IO[bytes] | None = None
        self._size = 0

    def put(self, value: Any) -> Place:
        """Put a value aside. Raises OSError when the disk does not take it; nothing is kept then."""
        if self._file is None:
            if self.folder is not None:
                self.folder.mkdir(parents=True, exist_ok=True)
            self._file = TemporaryFile(dir=self.folder, buffering=0)  # noqa: SIM115 - it lives as long as the run
        line = json.dumps(value, separators=(",", ":")).encode() + b"\n"
        self._file.seek(self._size)
        rest = memoryview(line)
        while rest:
            rest = rest[self._file.write(rest) :]
        place = self._size, len(line)
        self._size += len(line)
        return place

    def get(self, place: Place) -> Any:
        """The value that was put at a place."""
        if self._file is None:
            raise KeyError(place)
        offset, length = place
        self._file.seek(offset)
        return json.loads(self._file.read(length))

    def __iter__(self) -> Iterator[Any]:
        """All values in the order in which they were put; also while more are put."""
        at = 0
        while at < self._size and self._file is not None:
            self._file.seek(at)
            block = self._file.read(1 << 20)
            while b"\n" not in block:
                block += self._file.read(1 << 20)
            whole = block[: block.rfind(b"\n") + 1]
            at += len(whole)
            # Not splitlines: JSON escapes a line end, and nothing else ends a value here.
            yield from map(json.loads, whole.split(b"\n")[:-1])
