"""What a Dask worker does: read some sources and leave what became of their pages in parts."""

from __future__ import annotations

from crawler.parts import Parts, code_version
from crawler.replay import Tally, all_candidates, read_candidates
from crawler.sources import Source
from crawler.storage import open_place
from crawler.workers import Limits


class WrongVersion(Exception):
    """A worker has other code or libraries than the machine that asks: its records would differ."""


def read_sources(sources: list[Source], work: str, limits: Limits | None, version: str) -> tuple[list[str], list[str]]:
    """Read every page, one process at a time; the names of the parts in their order, and what could not be read.

    Done again, it finds the parts that were finished. Raises WrongVersion, StorageError.
    """
    if code_version() != version:
        from socket import gethostname

        raise WrongVersion(f"the worker on {gethostname()} has another version of this project or of its libraries; install the same")
    parts = Parts(open_place(work), limits, always=True)
    tally = Tally()
    for _ in read_candidates(all_candidates(sources, tally), 1, limits, parts):
        pass
    return parts.keys, tally.problems
