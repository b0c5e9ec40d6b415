"""Exit statuses of the commands, for scripts that ask what became of a run.

They follow the habits of the field: 0 only when all of it worked, 75 is EX_TEMPFAIL of
`sysexits.h`, the others say who has to do something next.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum


class Status(IntEnum):
    """What became of a command, as its exit status."""

    DONE = 0  #: all of it worked
    BUG = 1  #: our own code failed on something; the rest was done
    USAGE = 2  #: the command line asks for something that does not exist
    DISK = 3  #: the archive could not be written, or is damaged; nothing was acknowledged that is not on disk
    CONFIG = 4  #: a setting or the registry is wrong
    STOPPED = 11  #: by a signal or by a limit, before the end; the next run takes it up
    INCOMPLETE = 12  #: some pages or inputs could not be had, or reports of earlier runs are missing; the rest was done
    TIME_LIMIT = 15  #: the time was over (CLOSESPIDER_TIMEOUT, CRAWL_WINDOW); the next run takes it up
    BLOCKED = 18  #: hosts refused us (403, 412, 429, a challenge, a login), so that a portal gave nothing
    LOCKED = 75  #: another run is writing to the same archive


#: The reason with which a crawl is closed when the archive cannot be written.
ARCHIVE_FAILED = "archive"
#: The reason with which it is closed when the hours of CRAWL_WINDOW are over.
OUT_OF_HOURS = "out of hours"

#: Reasons of a spider's end that are what the user asked for.
FINISHED = frozenset({"finished", "limit"})
_OVERTIME = frozenset({OUT_OF_HOURS, "closespider_timeout", "closespider_timeout_no_item"})


def crawl_status(
    reason: str, *, bugs: int, pages: int, failures: int, empty_portals: int, blocked: int = 0, damage: int = 0, lost: bool = False
) -> Status:
    """What a crawl's end amounts to; of several things, the one that somebody must look at first.

    `bugs` counts pages on which our code failed, `damage` records of the archive that could not be read back,
    `failures` pages that may well exist but could not be had (a timeout, a 503; not a 404, not a refusal by
    robots.txt), `empty_portals` those that gave no report although nothing cut the visit short,
    `blocked` those of them whose host refused us, and `lost` says that more of what earlier runs had is missing than last time.

    >>> crawl_status("finished", bugs=0, pages=0, failures=3, empty_portals=1)
    <Status.INCOMPLETE: 12>
    """
    if reason == ARCHIVE_FAILED:
        return Status.DISK
    if bugs or reason == "start_error":
        return Status.BUG
    if damage:
        return Status.DISK
    if reason in _OVERTIME:
        return Status.TIME_LIMIT
    if reason not in FINISHED and not reason.startswith("limit"):
        return Status.STOPPED
    if blocked:
        return Status.BLOCKED
    if not pages or failures or empty_portals or lost:
        return Status.INCOMPLETE
    return Status.DONE


def plain(text: object) -> str:
    """A text of which strangers' words are a part as one line that is safe on a terminal.

    File names, titles and answers of servers hold line breaks and escape sequences.

    >>> plain("a\\x1b[31m\\nname.html")
    'a [31m name.html'
    """
    printable = "".join(char if char.isprintable() else " " for char in str(text))
    return " ".join(printable.encode("utf-8", "backslashreplace").decode().split())


def fail(prefix: str, message: str, status: Status, write: Callable[[str], object]) -> Status:
    """Say in one line what went wrong, and hand the status on."""
    write(f"{prefix}: {plain(message)}\n")
    return status
