"""One writer at a time.

Two runs that append to one archive interleave their records, and no check finds out who
wrote what. The lock is the kernel's (flock): it goes when its process goes, however it
dies, so a stale LOCK file never keeps anybody out. Not for network file systems.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
from datetime import datetime
from pathlib import Path

from .errors import ArchiveLocked, naming
from .exchange import write_date


class WriterLock:
    """The right to write to the archive of `root`. Raises ArchiveLocked, naming the holder."""

    def __init__(self, path: Path, now: datetime) -> None:
        with naming(path, "lock the archive"):
            # Never O_TRUNC: it would wipe the holder's name before we know whether there is one.
            self._handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
            try:
                _take(self._handle)
                holder = json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "started": write_date(now)})
                os.ftruncate(self._handle, 0)
                os.pwrite(self._handle, holder.encode() + b"\n", 0)
            except BlockingIOError:
                held = _holder(path)
                os.close(self._handle)
                raise ArchiveLocked(
                    f"{path.parent}: in use by {held}; wait until it ends, or set ARCHIVE_DIR to another folder"
                ) from None
            except BaseException:
                os.close(self._handle)
                raise

    def release(self) -> None:
        """Let the next writer in. Harmless when done twice."""
        if self._handle >= 0:
            # Unlocked by hand: a child that was forked meanwhile holds a copy of the handle,
            # and closing ours alone would leave the lock with it.
            fcntl.flock(self._handle, fcntl.LOCK_UN)
            os.close(self._handle)
            self._handle = -1


def _take(handle: int) -> None:
    # Three tries, since `is_locked` holds a shared lock for an instant.
    for _ in range(2):
        try:
            return fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.02)
    return fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


def is_locked(path: Path) -> bool:
    """Whether somebody writes at this moment. Takes nothing and changes nothing."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        fcntl.flock(handle, fcntl.LOCK_UN)
    except OSError:
        return True
    finally:
        os.close(handle)
    return False


def _holder(path: Path) -> str:
    try:
        held = json.loads(path.read_bytes())
        return f"process {held['pid']} on {held['host']}, started {held['started']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "another run"
