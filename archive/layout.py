"""Where things lie in the data home, and in which order WARC files are to be read.

The order of captures is the order of run numbers, file numbers and offsets. It is never a
clock: clocks are set back, and a year folder is only there so that no folder grows without end.
"""

from __future__ import annotations

import os
import re
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from .errors import ArchiveError, naming

WARC = "warc"
SNAPSHOTS = "snapshots"
RUNS = "runs"
INDEX = "index.sqlite"
LOCK = "LOCK"
MANIFEST = "MANIFEST.jsonl"
RECORDS = "reports.jsonl"

# Names of the first version have no mark.
_NAME = re.compile(r"r(\d{6,})-(\d{5,})(?:-[0-9a-f]{8})?\.warc\.gz(\.open)?", re.ASCII)
_RUN = re.compile(r"r(\d{6,})[-.]", re.ASCII)


@dataclass(frozen=True, order=True)
class WarcFile:
    """One of our WARC files. `name` is its path under `warc/` once sealed, with `/`."""

    run: int
    number: int
    name: str
    path: Path
    open: bool

    @property
    def run_id(self) -> str:
        return run_id(self.run)

    def stream(self) -> BinaryIO:
        """The file, opened to be read, also when its writer sealed it since it was listed."""
        try:
            return self.path.open("rb")
        except FileNotFoundError:
            return self.path.with_name(self.path.name.removesuffix(".open")).open("rb")

    def size(self) -> int:
        """Bytes of the file now."""
        with self.stream() as stream:
            return os.fstat(stream.fileno()).st_size


def run_id(number: int) -> str:
    """
    >>> run_id(12)
    'r000012'
    """
    return f"r{number:06d}"


def new_mark() -> str:
    """Eight hex digits, drawn once a run: two machines that both write their twelfth run, and a
    copy of an archive that is written on, give their files different names."""
    return secrets.token_hex(4)


def warc_name(year: int, run: int, number: int, mark: str) -> str:
    """
    >>> warc_name(2026, 12, 1, "3f9a1c4e")
    '2026/r000012-00001-3f9a1c4e.warc.gz'
    """
    return f"{year:04d}/{run_id(run)}-{number:05d}-{mark}.warc.gz"


def warc_files(root: Path) -> list[WarcFile]:
    """Our WARC files in the order of capture; an empty list when there are none."""
    found = []
    for path in _files(root / WARC):
        if match := _NAME.fullmatch(path.name):
            name = path.relative_to(root / WARC).as_posix()
            found.append(
                WarcFile(int(match[1]), int(match[2]), name.removesuffix(".open"), path, match[3] is not None)
            )
    return sorted(found)


def strange_files(root: Path) -> list[Path]:
    """What lies under `warc/` and is not ours: neither a WARC file of ours, nor a cut tail, nor the manifest."""
    return [
        path
        for path in _files(root / WARC)
        if not _NAME.fullmatch(path.name.removesuffix(".tail")) and path != root / WARC / MANIFEST
    ]


def next_run(root: Path) -> int:
    """One more than every run that left a trace in `warc/` or `runs/`."""
    seen = (_RUN.match(path.name) for folder in (WARC, RUNS) for path in _files(root / folder))
    return 1 + max((int(match[1]) for match in seen if match), default=0)


def fsync_path(path: Path) -> None:
    """Make what lies at a path last: a file's bytes; of a folder its names, without which a rename is not on disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_folder(path: Path, root: Path) -> None:
    """Create `path` and its parents up to `root`, and make each new name last."""
    missing = []
    while not path.is_dir() and path != path.parent:
        missing.append(path)
        if path == root:
            break
        path = path.parent
    for folder in reversed(missing):
        folder.mkdir(parents=folder == root, exist_ok=True)
        fsync_path(folder.parent)


def must_be_home(root: Path) -> None:
    """Refuse a data home that is absent, not a folder, or not readable."""
    with naming(root, "read the archive"):
        if not root.exists():
            raise ArchiveError(f"{root}: no archive here; crawl first, or set ARCHIVE_DIR to where it is")
        if not root.is_dir():
            raise ArchiveError(f"{root}: not a folder; set ARCHIVE_DIR to the folder that holds warc/")
        list(root.iterdir())


def _files(folder: Path) -> list[Path]:
    def refuse(error: OSError) -> None:
        raise error

    with naming(folder, "list the files"):
        if not folder.exists():
            return []
        return sorted(
            Path(where, name) for where, _, names in os.walk(folder, onerror=refuse) for name in names
        )
