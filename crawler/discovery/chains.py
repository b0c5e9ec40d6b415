"""Lists and their further pages: each is asked after the one before it, as long as they bring something new."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from .discover import Found
from .frontier import HOT, Frontier, Key
from .link import Link
from .page import Fetched
from .paging import MAX_PAGES
from .paging.calls import OWN_QUESTION
from .paging.drawn import button, highest_number, said_in_attributes, said_in_call
from .paging.links import said_of_itself
from .urls import same_page

if TYPE_CHECKING:
    from ..ledger import PortalLedger

FRUITLESS = 3
"""Pages of a list in a row without a link that is worth asking, after which the list is left."""

PATIENCE = 6
"""The same for a list that is called a column and has shown reports: other papers stand between them."""

BROKEN_PROMISES = 10
"""Reports promised by a column and not found there, without a single one that was."""

MANY = 3
"""Reports on a page that nobody calls a column, which make a list of it."""

REPEATED = "the page shows no link that was not shown before"

MAX_LINKS = 60_000
"""Different links of one list. The largest column met has some four thousand."""


@dataclass
class Chain:
    """One list and its further pages. Links are remembered by their hashes."""

    waiting: deque[Link] = field(default_factory=deque)
    seen: set[int] = field(default_factory=set)
    known: set[Key] = field(default_factory=set)
    last: int | None = None
    pages: int = 0
    fruitless: int = 0
    failed: int = 0
    fresh: int = 0
    said: int = 0
    worthy: bool = False
    under_way: bool = False
    stopped: str | None = None


class Chains:
    """All lists of one portal, by the address of their first page."""

    def __init__(self, account: PortalLedger, frontier: Frontier) -> None:
        self.account = account
        self.frontier = frontier
        self.promised: Counter[str] = Counter()
        self.kept: Counter[str] = Counter()
        self._chains: dict[str, Chain] = {}

    def turn(self, link: Link, page: Fetched, found: Found, *, report: bool) -> list[Link]:
        """Take note of a page of a list; return the request for the next one, if there is reason for it."""
        if report:
            return []
        if not (found.turns or link.turn):
            self._is_all(link, page, found)
            return []
        if all(turn.score < HOT for turn in found.turns) and not link.column:
            return self.frontier.ask(found.turns)  # a look into a list that may hold reports, when nothing better is left
        own = page.via if link.turn and page.is_data and page.via else page.url
        column = link.column if link.turn and link.column else own
        chain = self._chains.setdefault(column, Chain())
        chain.under_way = False
        if link.turn and self._is_blank(chain, column, page, found):
            self.account.gave_up(page.url, "empty: a page of a list that shows none of its rows", page_of=column)
            return self.failed(replace(link, column=column))
        chain.failed = 0
        chain.pages += 1
        chain.said = -1 if page.is_data or page.is_fragment else max(chain.said, said_of_itself(page.source)[0]) if chain.said >= 0 else -1
        self._judge(chain, column, link, page, found)
        if chain.stopped:
            self.account.left_out(f"further pages of a list: {chain.stopped}", max(len(chain.waiting), 1))
            chain.waiting.clear()
            if chain.stopped == REPEATED:
                self._compare(chain, column)
            return []
        for following in found.turns:
            if following.key not in chain.known:
                chain.known.add(following.key)
                chain.waiting.append(replace(following, column=column))
        return self._next(column)

    @staticmethod
    def _is_blank(chain: Chain, column: str, page: Fetched, found: Found) -> bool:
        """Whether a page shows nothing but what stands around every list, and others are promised after it: no end of a list looks so."""
        pager = {same_page(column), same_page(page.url), *(key[1] for key in chain.known), *(turn.key[1] for turn in found.turns)}
        keys = {hash(key) for key in found.all_keys - pager}
        rows = found.skipped or found.reports
        return bool(chain.waiting and chain.worthy and not rows and not page.is_data and not keys - chain.seen and hash(found.all_keys) != chain.last)

    def spoiled(self, link: Link, reason: str) -> list[Link]:
        """Take note of an answer that is no page of the list; return the request for the next one.

        Where nobody said that there is such a page, and nothing is said to come after it, that the server has none is the list's end.
        """
        column = link.column or link.url
        chain = self._chains.get(column)
        if chain is None or chain.waiting or chain.fresh < chain.said or not reason.startswith(("soft 404", "empty")):
            self.account.gave_up(link.url, reason, page_of=column)
        return self.failed(link)

    def _judge(self, chain: Chain, column: str, link: Link, page: Fetched, found: Found) -> None:
        """Say whether the list is to be left, and why."""
        # Reports of years that nobody asked for are no reason to leave a list: the others may come after them.
        worth = {hash(same_page(child.url)) for child in found.links if child.score >= HOT}
        worth |= {hash(same_page(url)) for url, _ in found.skipped}
        keys = {hash(key) for key in found.all_keys}
        look = hash(found.all_keys)
        # The first windows of a data address may repeat what the page itself shows.
        echo = link.turn == 1 and page.is_fragment and not page.is_data and link.why.endswith(OWN_QUESTION)
        if link.turn and ((look == chain.last and not echo) or not (keys - chain.seen or page.is_data or echo)):
            chain.stopped = REPEATED
        else:
            chain.fresh += 1
        chain.last = look
        chain.fruitless = 0 if worth - chain.seen else chain.fruitless + 1
        chain.worthy = chain.worthy or bool(worth)
        patience = PATIENCE if chain.worthy and link.role in ("column", "list") else FRUITLESS
        chain.seen |= keys
        if chain.pages >= MAX_PAGES or len(chain.seen) > MAX_LINKS:
            chain.stopped = f"{MAX_PAGES} pages" if chain.pages >= MAX_PAGES else f"{MAX_LINKS} links"
            self.account.gave_up(column, f"trap: a list of more than {chain.stopped}", page_of=column)
        if chain.fruitless >= patience and not chain.stopped:
            chain.stopped = f"{patience} pages in a row without a report"
            # In the portal's only list, or in one that is called so, a report may stand behind them.
            if chain.worthy and found.turns and (patience == PATIENCE or set(self.account.columns) <= {column}):
                self.account.gave_up(column, f"torn list: left after {chain.stopped}", page_of=column)
        if self.promised[column] >= BROKEN_PROMISES and not self.kept[column]:
            chain.stopped = "trap: what the list promises are no reports"
            self.account.gave_up(column, chain.stopped)

    def failed(self, link: Link) -> list[Link]:
        """Take note of a page of a list that could not be had; return the request for the next one."""
        chain = self._chains.get(link.column or "")
        if not link.turn or chain is None:
            return []
        chain.failed += 1
        chain.under_way = False
        if chain.failed > 1:  # in a row
            self.account.left_out("further pages of a list: two in a row could not be had", len(chain.waiting))
            chain.waiting.clear()
            return []
        return self._next(link.column or "")

    def promises(self, links: Iterable[Link]) -> None:
        """Count reports that were promised and turned out to be none."""
        self.promised.update(link.column or "" for link in links)

    def _next(self, column: str) -> list[Link]:
        chain = self._chains[column]
        while chain.waiting and not chain.under_way and not chain.stopped:
            asked = self.frontier.ask([chain.waiting.popleft()])
            if asked:
                chain.under_way = True
                return asked
            chain.fresh += 1  # it was asked by another way
        if not chain.under_way and not chain.stopped and not chain.failed:
            self._compare(chain, column)
        return []

    def _compare(self, chain: Chain, column: str) -> None:
        """Say when a list has more pages than could be read, by its own words."""
        if chain.fresh < chain.said:
            self.account.gave_up(column, f"torn list: it says that it has {chain.said} pages, and {chain.fresh} of them could be read", page_of=column)

    def _is_all(self, link: Link, page: Fetched, found: Found) -> None:
        """Say when a list goes on, by its own words, and nothing tells how."""
        if page.is_data or page.is_fragment or not (link.role == "column" or len(found.reports) >= MANY):
            return
        pages, rows = said_of_itself(page.source)
        pages = pages or highest_number(page) or said_in_call(page)
        if pages > 1:
            self.account.gave_up(page.url, f"torn list: it says that it has {pages} pages, and nothing tells where the others are", page_of=page.url)
        elif not pages and rows > len(found.all_keys) and found.reports:
            self.account.gave_up(page.url, f"torn list: it says that it has {rows} rows, and nothing tells where the others are", page_of=page.url)
        elif found.reports and (more := said_in_attributes(page, len(found.reports))):
            self.account.gave_up(page.url, f"torn list: its pager says {more}, and nothing tells how it goes on", page_of=page.url)
        elif found.reports and (words_of := button(page)):
            self.account.gave_up(page.url, f"torn list: “{words_of}”, and nothing tells how it goes on", page_of=page.url)
