"""The order of search on one portal: what is asked now, what waits, and what was asked already.

Links of score `HOT` and better are handed out at once; the others wait, best first, until nothing
better is under way. What waits is bounded, and so is what is remembered: a portal of a hundred thousand
addresses takes no more memory than one of ten thousand.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import count
from typing import TYPE_CHECKING

from .link import Link
from .shapes import Shapes

if TYPE_CHECKING:
    from ..ledger import PortalLedger

Key = tuple[str, str, bytes]

HOT = 60
"""Links of this score and better are asked at once, the others when nothing better is left."""

WAITING = HOT - 1
"""The score of reports that may be copies: asked when everything hot has been answered."""

BATCH = 8
"""Of those that wait, so many of equal score are asked at a time."""

MAX_DEPTH = 10
"""Steps from the front page; the pages of a list count as one."""

MAX_WAITING = 4000
"""Links that wait. The largest front page met leads to some six hundred; beyond this the least promising are left out."""


class Frontier:
    """The links of one portal. Writes into `account` what it leaves out and why; spends at most `budget` requests."""

    def __init__(self, account: PortalLedger, budget: int, home: str) -> None:
        self.account = account
        self.budget = budget
        self.home = home
        self.outstanding = 0
        self.asked: set[Key] = set()
        self.missing: set[tuple[str, str, bytes]] = set()  # method, address as written, body: what is not there
        self.shapes = Shapes()
        self._waiting: list[tuple[int, int, Link]] = []
        self._scores: dict[Key, int] = {}  # of what waits
        self._order = count()

    @property
    def spent(self) -> bool:
        return self.account.requests >= self.budget

    @property
    def empty(self) -> bool:
        return not self._waiting

    def __len__(self) -> int:
        return len(self._waiting)

    def knows(self, link: Link) -> bool:
        """Whether this was asked already, under this address or another one of the page."""
        return link.key in self.asked or (link.method, link.url, link.body) in self.missing

    def not_there(self, link: Link) -> None:
        """Take note that an address is not there. Another one of the same page may be: /nb/index.html for /nb/."""
        self.asked.discard(link.key)
        self.missing.add((link.method, link.url, link.body))

    def ask(self, links: Iterable[Link]) -> list[Link]:
        """Sort links into those to ask now, which are returned, and those that wait."""
        now = []
        for link in links:
            if self.knows(link) or self._scores.get(link.key, 0) >= link.score:
                continue
            if link.depth > MAX_DEPTH:
                self.account.left_out(f"deeper than {MAX_DEPTH} steps")
                self.account.cut_short(f"deeper than {MAX_DEPTH} steps")
                continue
            tired = self.shapes.tired(link)
            if tired:
                self.account.left_out(tired)
                continue
            if link.score >= HOT:
                now.extend(self.send(link))
            else:
                self._scores[link.key] = link.score
                heapq.heappush(self._waiting, (-link.score, next(self._order), link))
        if len(self._waiting) > MAX_WAITING:
            self._forget(len(self._waiting) - MAX_WAITING * 3 // 4)
        return now

    def send(self, link: Link) -> list[Link]:
        """Hand a link out, unless it was already or the budget is spent."""
        if self.knows(link):
            return []
        if self.spent:
            self.account.gave_up(self.home, f"budget: {self.budget} requests are spent")
            self.account.cut_short(f"budget: {self.budget} requests are spent")
            return []
        self._scores.pop(link.key, None)
        self.asked.add(link.key)
        self.account.requests += 1
        self.outstanding += 1
        return [link]

    def best(self, is_needed: Callable[[Link], bool] = lambda link: True) -> list[Link]:
        """The best of what waits and is still needed, as many of one score as go together."""
        now: list[Link] = []
        score = self._waiting[0][0] if self._waiting else 0
        while self._waiting and len(now) < BATCH and self._waiting[0][0] == score:
            link = heapq.heappop(self._waiting)[2]
            self._scores.pop(link.key, None)
            if is_needed(link):
                now.extend(self.send(link))
        return now

    def keep(self, needed: Callable[[Link], bool], reason: str) -> None:
        """Drop what waits and is not needed any more."""
        kept = [entry for entry in self._waiting if needed(entry[2])]
        if len(kept) < len(self._waiting):
            self.account.left_out(reason, len(self._waiting) - len(kept))
            self._waiting = kept
            self._remember()

    def scores(self) -> Counter[int]:
        """How many links wait at each score."""
        return Counter(-score for score, _, _ in self._waiting)

    def _forget(self, times: int) -> None:
        self.account.left_out(f"more than {MAX_WAITING} links wait, and these promise least", times)
        self._waiting = sorted(self._waiting)[: len(self._waiting) - times]
        self._remember()

    def _remember(self) -> None:
        heapq.heapify(self._waiting)
        self._scores = {link.key: link.score for _, _, link in self._waiting}
