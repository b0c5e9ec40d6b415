"""What goes wrong with an archive, said in one line to the person who has to act.

Disks fill up, folders are read-only, two runs start at once, copies break. None of these
is a reason to try the same page again, so none of them may look like a network error:
Scrapy's RetryMiddleware retries every OSError, and `ArchiveError` is not one.
"""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_ADVICE = {
    errno.EACCES: "change its permissions, or set ARCHIVE_DIR to a folder of your own",
    errno.EPERM: "change its permissions, or set ARCHIVE_DIR to a folder of your own",
    errno.EROFS: "the disk is read-only; set ARCHIVE_DIR to a folder that can be written",
    errno.ENOTDIR: "a file stands where a folder is needed; move it away, or set ARCHIVE_DIR to another place",
    errno.EEXIST: "a file stands where a folder is needed; move it away, or set ARCHIVE_DIR to another place",
    errno.ENOENT: "look whether it was moved or deleted, or set ARCHIVE_DIR to the right place",
    errno.ENOLCK: "this disk cannot lock files; set ARCHIVE_DIR to a local disk",
    errno.EIO: "the disk reports a fault; check it before going on",
    errno.EMFILE: "too many files are open; raise the limit (ulimit -n) and start again",
}
_FREE_SPACE = "free some space, or set ARCHIVE_DIR to a larger disk, and start again; nothing acknowledged is lost"


class ArchiveError(Exception):
    """The archive cannot do what was asked. Its text is one line: the path, the cause, what to do."""


class ArchiveFull(ArchiveError):
    """The disk is full, or has less room than the archive must leave free. What is on it stays whole."""


class ArchiveLocked(ArchiveError):
    """Another run is writing to this archive. Its text names that run."""


class Damage(ArchiveError):
    """Bytes in the archive are not what was written there. Raised by the readers of this package."""


@contextmanager
def naming(path: Path | str, doing: str) -> Iterator[None]:
    """Turn an error of the disk or of SQLite into an `ArchiveError` that names `path` and says what to do.

    >>> with naming("/data/warc", "write"):
    ...     raise OSError(errno.EROFS, "Read-only file system")
    Traceback (most recent call last):
    archive.errors.ArchiveError: /data/warc: cannot write: Read-only file system; \
the disk is read-only; set ARCHIVE_DIR to a folder that can be written
    """
    try:
        yield
    except OSError as error:
        cause = os.strerror(error.errno) if error.errno else str(error)
        advice = _FREE_SPACE if error.errno in _FULL else _ADVICE.get(error.errno or 0, "see whether the disk is well")
        kind = ArchiveFull if error.errno in _FULL else ArchiveError
        raise kind(f"{path}: cannot {doing}: {cause}; {advice}") from error
    except sqlite3.Error as error:
        name = getattr(error, "sqlite_errorname", "")
        advice = "delete index.sqlite (it is rebuilt from the WARC files) and start again"
        kind = ArchiveFull if name == "SQLITE_FULL" else ArchiveError
        if name.startswith(("SQLITE_FULL", "SQLITE_IOERR")):
            advice = _FREE_SPACE
        elif name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            advice = "another program has it open; close that one and start again"
        raise kind(f"{path}: cannot {doing}: {error}; {advice}") from error


def free_bytes(folder: Path) -> int:
    """Bytes that an ordinary user may still write to the disk of a folder."""
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def keep_free(folder: Path, floor: int, coming: int = 0, free: Callable[[Path], int] = free_bytes) -> None:
    """Refuse to write `coming` bytes where that would leave less than `floor` bytes free.

    A disk that runs full takes the index and the log with it, and often the machine. To stop
    while there is room costs one run; what was acknowledged stays.
    """
    if floor <= 0:
        return
    with naming(folder, "ask for free space"):
        left = free(folder)
    if left - coming < floor:
        raise ArchiveFull(
            f"{folder}: {left / 1e6:,.0f} MB are free, and {floor / 1e6:,.0f} MB must stay free; {_FREE_SPACE}"
        )
