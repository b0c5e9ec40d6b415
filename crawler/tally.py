"""What a run counts: the pages that it could not have, and the records that it came to.

Both grow with the portals that are done with. The failures lie on disk (see `crawler.aside`); a report that was read takes
four bytes, and a portal that gave any 0.3 KB.
"""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from crawler.aside import Aside

_REFUSAL_RE = re.compile(r"\bhttp (?:401|403|412|429|521)\b|\bchallenge\b|\blogin\b", re.IGNORECASE)


@dataclass(frozen=True)
class Failure:
    """An exchange that did not give a page. `worth_a_retry` when the page may well exist."""

    url: str
    reason: str
    portal: str | None
    role: str | None
    worth_a_retry: bool


class Failures:
    """What could not be had, in the order in which it was met. On disk; a disk that refuses has it in memory."""

    def __init__(self, folder: Path | None = None) -> None:
        self._aside = Aside(folder)
        self._late: list[Failure] = []
        self._count = 0
        self.worth_a_retry = 0
        #: portals whose host refused us: a status that says so, a challenge or a login
        self.refused: set[str | None] = set()

    def append(self, failure: Failure) -> None:
        self._count += 1
        self.worth_a_retry += failure.worth_a_retry
        if is_refusal(failure.reason):
            self.refused.add(failure.portal)
        try:
            if self._late:
                raise OSError("the order would be another")
            self._aside.put(asdict(failure))
        except OSError:
            self._late.append(failure)

    def __iter__(self) -> Iterator[Failure]:
        yield from (Failure(**told) for told in self._aside)
        yield from self._late

    def __len__(self) -> int:
        return self._count


@dataclass(frozen=True, slots=True)
class Reading:
    """A record that the crawl came to: `state` is new, changed, twin (of another address) or unchanged against the dataset."""

    portal: str | None
    year: int | None
    verdict: str
    state: str


class Tally:
    """The readings of a run by portal, in the order in which they came. Each takes four bytes: there are few kinds of them."""

    def __init__(self, readings: Iterable[Reading] = ()) -> None:
        self._kinds: list[tuple[int | None, str, str]] = []
        self._numbers: dict[tuple[int | None, str, str], int] = {}
        self._by_portal: dict[str | None, array[int]] = {}
        self._count = 0
        for reading in readings:
            self.add(reading)

    def add(self, reading: Reading) -> None:
        kind = reading.year, reading.verdict, reading.state
        number = self._numbers.setdefault(kind, len(self._kinds))
        if number == len(self._kinds):
            self._kinds.append(kind)
        self._by_portal.setdefault(reading.portal, array("I")).append(number)
        self._count += 1

    def of(self, portal: str | None) -> list[Reading]:
        """The readings of one portal."""
        return [Reading(portal, *self._kinds[number]) for number in self._by_portal.get(portal, ())]

    def counted(self) -> Iterator[tuple[Reading, int]]:
        """Each kind of reading of each portal, and how often it came."""
        for portal, numbers in self._by_portal.items():
            for number, times in Counter(numbers).items():
                yield Reading(portal, *self._kinds[number]), times

    def __len__(self) -> int:
        return self._count


def is_refusal(reason: str) -> bool:
    """Whether a reason says that a host refused us.

    >>> is_refusal("HTTP 403"), is_refusal("HTTP 404")
    (True, False)
    """
    return bool(_REFUSAL_RE.search(reason))
