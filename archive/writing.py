"""What a writer holds while it writes: the lock, the run, the file that is open, the room that is left."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from .errors import free_bytes, keep_free, naming
from .layout import MANIFEST, WARC, make_folder, new_mark, run_id, warc_name
from .lock import WriterLock
from .manifest import Manifest, Sealed
from .warc import OpenFile, date_now, warcinfo


class Writing:
    """The lock, the run, and the file that is open."""

    def __init__(
        self,
        root: Path,
        lock: WriterLock,
        run: int,
        seq: int,
        *,
        clock: Callable[[], datetime],
        roll_at: int,
        body_limit: int,
        floor: int = 0,
        free_space: Callable[[Path], int] = free_bytes,
    ) -> None:
        self.root, self.lock, self.run, self.seq = root, lock, run, seq
        self.info: dict[str, str] = {}
        self.recovered: list[str] = []
        #: why nothing may be recorded any more
        self.failed: str | None = None
        self.body_limit = body_limit
        self._clock = clock
        self._roll_at = roll_at
        self._floor = floor
        self._free_space = free_space
        self._mark = new_mark()
        self._open: OpenFile | None = None
        self._number = 0

    def now(self) -> datetime:
        return self._clock()

    def need_room(self, coming: int) -> None:
        """Refuse with ArchiveFull, before anything is written, what would leave too little room."""
        keep_free(self.root, self._floor, coming, self._free_space)

    def file(self) -> OpenFile:
        """The file to append to: the open one, or a new one when there is none or it is full."""
        if self._open and self._open.size >= self._roll_at:
            self.seal()
        if self._open is None:
            now = self._clock()
            name = warc_name(now.year, self.run, self._number + 1, self._mark)
            path = self.root / WARC / f"{name}.open"
            with naming(path, "create"):
                make_folder(path.parent, self.root)
            rid, head = warcinfo(name.rpartition("/")[2], date_now(now), self._describe())
            self._open = OpenFile(path, name, rid, head)
            self._number += 1
        return self._open

    def seal(self) -> None:
        """Close the open file for good. One that failed is left for the next run to look through."""
        file, self._open = self._open, None
        if file is None:
            return
        path = self.root / WARC / file.name
        with naming(path, "seal"):
            file.close()
            if file.broken:
                return
            file.seal(path)
        Manifest(self.root / WARC / MANIFEST).append(
            Sealed(
                name=file.name,
                bytes=file.size,
                records=file.records,
                sha256=file.sha256.hexdigest(),
                first=file.first,
                last=file.last,
                sealed=date_now(self._clock()),
            )
        )

    def _describe(self) -> dict[str, str]:
        return self.info | {
            "isPartOf": run_id(self.run),
            "format": "WARC File Format 1.1",
            "conformsTo": "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
            "description": "Bodies as received once the transfer coding is undone, content coding kept. "
            "Header names and their order are as the HTTP library hands them over; request lines and Host are "
            "put together again.",
        }
