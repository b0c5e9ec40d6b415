"""One portal's walk: what is asked next, what can wait, and when it is over.

Links are asked best first. Those that promise something are handed out at once; the others wait
until nothing better is on the way, and are dropped with a reason once the portal's columns have
been walked to their end. The walk knows nothing of the network: it is told what came of each
request and answers with the requests to make, so that it can be followed step by step in a test.
"""

from __future__ import annotations

import hashlib
import heapq
import re
from collections import Counter, defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import count
from urllib.parse import urlsplit

from ..ledger import PortalLedger
from . import families
from .anchors import anchors
from .discover import LATER_FOLDER, SAME_ORGAN, Found, Standing, discover, place_of
from .link import Link
from .organs import distinct_organs, organ_class, organs_named
from .page import Fetched
from .paging import MAX_PAGES
from .sitemap import read_sitemap
from .urls import Hosts, canonical, same_page
from .words import words
from .years import FIRST_YEAR, years_in_url, years_in_words

HOT = 60
"""Links of this score and better are asked at once, the others when nothing better is left."""

BATCH = 8
"""Of those that wait, so many of equal score are asked at a time."""

MAX_DEPTH = 10
"""Steps from the front page; the pages of a list count as one."""

# Addresses that no page shows.
GUESSED = ("all organs", "the column that the report's address names")
BEYOND = f"{SAME_ORGAN} beyond a gap"
# Why a page was asked that nobody calls a column.
PASSING = ("on the way", "where reports also turn up", "a directory", "an organ:", "a place where", "page ")
# Why a page was asked that lists all sorts of things.
MIXED = (
    "where reports also turn up",
    "on the way to disclosure: 公开目录",
    "on the way to disclosure: 公开内容",
    "on the way to disclosure: 主动公开",
)
FRUITLESS = 3
"""Pages of a list in a row without a link that is worth asking, after which the list is left."""

FEW = 3
"""So many reports are proof that a portal was looked through in the right places, even if no column was seen."""

COPIES = 3
"""Addresses of one and the same report from which links are taken. Two are common: the organ's own column and the portal's."""

BROKEN_PROMISES = 10
"""Reports promised by a column and not found there, without a single one that was."""


@dataclass
class Chain:
    """One list and its further pages."""

    waiting: deque[Link] = field(default_factory=deque)
    seen: set[str] = field(default_factory=set)
    known: set[tuple[str, str, bytes]] = field(default_factory=set)
    last: frozenset[str] | None = None
    pages: int = 0
    fruitless: int = 0
    failed: int = 0
    under_way: bool = False
    stopped: str | None = None


class Walk:
    """The walk over one portal.

    `latest` is the newest year that a report can be about, `others` the addresses of the registry's other portals.
    """

    def __init__(
        self,
        url: str,
        columns: Iterable[str],
        account: PortalLedger,
        *,
        latest: int,
        years: range | tuple[int, ...] | None = None,
        budget: int = 2000,
        others: Iterable[str] = (),
    ) -> None:
        self.url = canonical(url) or url
        self.columns = [canonical(column) or column for column in columns]
        self.hosts = Hosts.of([self.url, *self.columns], others)
        self.account = account
        self.latest = latest
        self.years = years
        self.budget = budget
        self.outstanding = 0
        self.finished = False
        self.front_leads = False
        self._order = count()
        self._best: dict[tuple[str, str, bytes], int] = {}
        self._asked: set[tuple[str, str, bytes]] = set()
        self._cold: list[tuple[int, int, Link]] = []
        self._chains: dict[str, Chain] = {}
        self._known: frozenset[str] = frozenset()
        self._front_known = False
        self._families: Counter[str] = Counter()
        self._titles: list[str] = []
        self._organs: set[str] = set()
        self._part: frozenset[str] = frozenset()  # known columns that turned out to hold a part only
        self._sought: set[str] = set()  # columns that are called so, or look so: not a list where a report turned up
        self._met = False  # the walk from the front page came by them
        self._filed_later = False  # folders bear the year of publication
        self._branches: set[str] = set()
        self._listed: defaultdict[str, set[int]] = defaultdict(set)
        self._looks: dict[str, tuple[bytes, str | None]] = {}
        self._bodies: Counter[bytes] = Counter()
        self._promises: Counter[str] = Counter()
        self._kept: Counter[str] = Counter()
        self._stages = deque(["columns", "front", "roots"] if self.columns else ["front", "roots"])

    # --- what the spider calls

    def start(self) -> list[Link]:
        """Return the first requests: the known columns, else the front page."""
        return self._next_stage()

    def arrived(self, link: Link, page: Fetched, *, report: bool = False, title: str | None = None) -> list[Link]:
        """Take note of an answer, and return the requests to make now.

        `report`: the page is a report, or carries one as its attachment; `title` its title, where known.
        """
        self.outstanding -= 1
        self._asked.add(("GET", same_page(page.url), b""))  # a redirect may have led here
        self.account.saw_page(page.url)
        if link.role == "front":
            self.hosts = self.hosts.settled(page.url)
        if report:
            self._keep(link, title)
        elif link.role == "report":
            self._promises[link.column or ""] += 1
        if link.role == "sitemap":
            return self._ask(read_sitemap(page.source, page.url, self.hosts)) + self._advance()
        if link.role == "attachment" or page.is_file:
            return self._advance()
        found = discover(page, self._standing(link, page, report))
        self._learn(link, page, found, report)
        found = replace(found, links=tuple(child for child in found.links if not self._is_idle_guess(child)))
        before = self._looks_like_before(link, page, found, report)
        now = [] if before else self._ask(found.links)
        if link.turn and not found.links and not found.turns and link.instead and page.is_data:
            now += self._ask([link.instead])
        if link.turn or not before:
            now += self._turn(link, page, found, report)
        if not report and link.role == "report":
            now += self._ask(self._over_a_gap(link))
        return now + self._advance()

    def failed(self, link: Link, reason: str) -> list[Link]:
        """Take note of a request that came to nothing, and return the requests to make now."""
        self.outstanding -= 1
        if link.instead is not None and link.instead.key not in self._asked:
            return self._ask([link.instead]) + self._advance()
        if link.role not in ("root", "sitemap") and not link.why.startswith(
            GUESSED
        ):  # nobody promised that these exist
            # A column that is not there has moved; one that does not answer hides its reports.
            torn = link.role == "list" or (link.role == "column" and not reason.startswith("http 404"))
            listing = (link.column or link.url) if torn else ""
            self.account.gave_up(link.url, reason, link.text if link.role == "report" else "", page_of=listing)
        if link.role == "front" and not reason.startswith(("http 404", "robots")):
            self._stages.clear()  # a host that is down or shut is not asked nine times more
        now = []
        chain = self._chains.get(link.column or "")
        if link.turn and chain:
            chain.failed += 1
            chain.under_way = False
            if chain.failed > 1:  # in a row
                self.account.left_out("further pages of a list: two in a row could not be had", len(chain.waiting))
                chain.waiting.clear()
            else:
                now = self._next_turn(link.column or "")
        return now + self._advance()

    def resume(self) -> list[Link]:
        """Return what can be asked when nothing is under way any more; empty when the walk is over."""
        self.outstanding = 0
        return self._advance()

    # --- what a page is taken for

    def _standing(self, link: Link, page: Fetched, report: bool) -> Standing:
        column = link.column
        if link.role == "column" or (link.role == "list" and not column):
            column = page.url
        role = "page" if link.role == "root" else link.role
        return Standing(
            hosts=self.hosts,
            place=place_of(role, link.why, page, column),
            role=role,
            column=column,
            family=self.account.family,
            years=self.years,
            year_list=tuple(self.years or ()),
            latest=self.latest,
            known=self._known,
            front_known=self._front_known,
            report=report,
            depth=link.depth,
            mixed=link.why.startswith(MIXED) or (link.turn > 0 and link.role == "page"),
        )

    def _learn(self, link: Link, page: Fetched, found: Found, report: bool) -> None:
        if found.family:
            self._families[found.family] += 1
            self.account.family = self._families.most_common(1)[0][0]
        if link.role == "front":
            self._known |= found.all_keys
            self._front_known = True
            self.front_leads = bool(found.links)
        for organ, year in found.organ_years:
            self._listed[organ].add(year)
        for _, reason in found.skipped:
            self.account.left_out(reason)
        for url, text in found.off_host:
            if self.hosts.reaches(url):
                self.account.left_out("belongs to another portal of the registry")
            else:
                self.account.gave_up(url, f"off-host: “{text[:60]}” is not at a host that the registry names")
        if self._part and not self._met and link.role not in ("column", "list", "report"):
            self._met = bool(self._part & found.all_keys)
        if report:
            return
        is_column = link.role == "column" and (found.reports or found.branches or found.turns)
        if is_column or (link.role in ("page", "root", "front") and len(found.reports) >= 3):
            self.account.found_column(page.url, link.why)
            if len(found.reports) >= FEW or not link.why.startswith(PASSING):
                self._sought.add(same_page(page.url))
        if link.role == "list" and link.column and found.reports:
            self.account.found_column(link.column, link.why)
        if link.role in ("column", "list"):
            for branch in found.branches:
                if "an organ, inside the column" in branch.why:
                    self._organs.add(branch.text)
                if "a branch of the column" in branch.why:
                    kind = organ_class(branch.text)
                    self._branches |= {"town", "bureau"} if kind == "both" else {kind}

    def _is_idle_guess(self, link: Link) -> bool:
        """Whether a year is tried whose organ has its years listed, this one not among them."""
        place = families.organ_year(link.url) if not link.text and link.why.startswith(SAME_ORGAN) else None
        return place is not None and len(self._listed[place[0]]) >= 2 and place[1] not in self._listed[place[0]]

    def _over_a_gap(self, link: Link) -> list[Link]:
        """The year beyond one that has no page: an organ that left out a year may have reported before it."""
        year, from_year = families.year_of(link.url), families.year_of(link.via or "")
        if year is None or from_year is None or self.years is not None or link.why.startswith(BEYOND):
            return []
        beyond = 2 * year - from_year
        if not link.why.startswith(SAME_ORGAN) or not FIRST_YEAR <= beyond <= self.latest:
            return []
        return [
            replace(link, url=url, why=f"{BEYOND}: {beyond}, because {year} has no page")
            for _, url in families.other_years(link.url, [beyond])
        ]

    def _keep(self, link: Link, title: str | None) -> None:
        if link.role == "attachment":
            return
        self._titles.extend(dict.fromkeys(text for text in (title, link.text) if text))
        self._kept[link.column or ""] += 1
        about, folder = years_in_words(title or link.text), years_in_url(link.url)
        if len(about) == 1 and folder == {year + 1 for year in about}:
            self._filed_later = True

    def _looks_like_before(self, link: Link, page: Fetched, found: Found, report: bool) -> bool:
        """Whether a page shows what the pages that led to it showed: a server that answers anything with one page.

        Only its own line counts: the pages of sixty organs may well look the same.
        """
        if page.is_data or not found.links:
            return False
        if report:
            body = hashlib.sha256(page.text.encode("utf-8", "replace")).digest()
            self._bodies[body] += 1
            if self._bodies[body] <= COPIES:
                return False
            self.account.gave_up(page.url, "trap: the same report under many addresses")
            return True
        shown = "\n".join(sorted({anchor.text for anchor in anchors(page)})) + page.text
        look = hashlib.sha256(shown.encode("utf-8", "replace")).digest()
        self._looks[same_page(page.url)] = look, link.via
        before: str | None = link.via or self.url
        same = 0
        while before and same < 2 and self._looks.get(same_page(before), (b"", None))[0] == look:
            before, same = self._looks[same_page(before)][1], same + 1
        # /nb/nb/ with the looks of /nb/ is a relative link that eats its own tail.
        once = link.role == "root" or re.search(r"/([^/]+)/\1/", urlsplit(page.url).path)
        if same < (1 if once else 2):
            return False
        self.account.gave_up(page.url, "trap: the same page again and again")
        return True

    # --- lists

    def _turn(self, link: Link, page: Fetched, found: Found, report: bool) -> list[Link]:
        """Go on in a list, as long as its pages bring something new."""
        if report or not (found.turns or link.turn):
            return []
        if all(turn.score < HOT for turn in found.turns) and not link.column:
            return self._ask(found.turns)  # a look into a list that may hold reports, when nothing better is left
        column = link.column if link.turn and link.column else page.url
        chain = self._chains.setdefault(column, Chain())
        chain.under_way = False
        chain.failed = 0
        chain.pages += 1
        # Reports of years that nobody asked for are no reason to leave a list: the others may come after them.
        worth = {same_page(child.url) for child in found.links if child.score >= HOT} | {
            same_page(url) for url, _ in found.skipped
        }
        new = found.all_keys - chain.seen
        # The first windows of a data address may repeat what the page itself shows.
        if link.turn and (found.all_keys == chain.last or not (new or page.is_data)):
            chain.stopped = "the page shows no link that was not shown before"
        chain.last = found.all_keys
        chain.fruitless = 0 if worth - chain.seen else chain.fruitless + 1
        chain.seen |= found.all_keys
        if chain.pages >= MAX_PAGES:
            chain.stopped = f"{MAX_PAGES} pages"
            self.account.gave_up(column, f"trap: a list of more than {MAX_PAGES} pages")
        if chain.fruitless >= FRUITLESS:
            chain.stopped = chain.stopped or f"{FRUITLESS} pages in a row without a report"
        if self._promises[column] >= BROKEN_PROMISES and not self._kept[column]:
            chain.stopped = "trap: what the list promises are no reports"
            self.account.gave_up(column, chain.stopped)
        if chain.stopped:
            self.account.left_out(f"further pages of a list: {chain.stopped}", max(len(chain.waiting), 1))
            chain.waiting.clear()
            return []
        for following in found.turns:
            if following.key not in chain.known:
                chain.known.add(following.key)
                chain.waiting.append(replace(following, column=column))
        return self._next_turn(column)

    def _next_turn(self, column: str) -> list[Link]:
        chain = self._chains[column]
        while chain.waiting and not chain.under_way and not chain.stopped:
            asked = self._ask([chain.waiting.popleft()])
            if asked:
                chain.under_way = True
                return asked
        return []

    # --- the frontier

    def _ask(self, links: Iterable[Link]) -> list[Link]:
        """Sort links into those to ask now and those that wait."""
        now = []
        for link in links:
            if link.key in self._asked or self._best.get(link.key, 0) >= link.score:
                continue
            if link.depth > MAX_DEPTH:
                self.account.left_out(f"deeper than {MAX_DEPTH} steps")
                continue
            self._best[link.key] = link.score
            if link.score >= HOT:
                now.extend(self._send(link))
            else:
                heapq.heappush(self._cold, (-link.score, next(self._order), link))
        return now

    def _send(self, link: Link) -> list[Link]:
        if link.key in self._asked:
            return []
        if self.account.requests >= self.budget:
            self.account.gave_up(self.url, f"budget: {self.budget} requests are spent")
            return []
        self._asked.add(link.key)
        self.account.requests += 1
        self.outstanding += 1
        return [link]

    def _advance(self) -> list[Link]:
        """Once nothing better is under way: the best of what waited, else the next place to look."""
        now: list[Link] = []
        while not self.outstanding and not self.finished:
            self._drop_what_is_not_needed()
            if self._cold:
                best = self._cold[0][0]
                while self._cold and len(now) < BATCH and self._cold[0][0] == best:
                    now.extend(self._send(heapq.heappop(self._cold)[2]))
            elif not self._next_place(now):
                self.finished = True
            if self.account.requests >= self.budget and not self.outstanding:
                self.finished = True
        return now

    def _next_place(self, now: list[Link]) -> bool:
        if not self._stages:
            return False
        if self._stages[0] == "roots" and (self._settled() or len(self.account.reports) >= FEW):
            return False
        if self._stages[0] == "front" and self.account.reports:
            if not self.account.missing(self.years) and not self._is_part():
                return False
            self._part = frozenset(map(same_page, (*self.columns, *self.account.columns)))
        now.extend(self._next_stage())
        return True

    def _is_part(self) -> bool:
        """Whether the known columns evidently hold a part of the portal's reports: one organ's, or one year's.

        A column of one bureau, or of 2021, must not hide the rest of the portal for good.
        """
        if len(distinct_organs(organs_named(self._titles) | self._organs)) < 2 and not self._branches:
            return True
        if self.years is not None and len(self.years) < 2:
            return False
        found = self.account.years | {year for title in self._titles for year in years_in_words(title)}
        return len(found) < 2

    def _settled(self) -> bool:
        """Whether a column was found by looking for it, so that what promises little can be left aside."""
        if not self.account.reports:
            return False
        return self._met or bool(self._sought - self._part)

    def _next_stage(self) -> list[Link]:
        stage = self._stages.popleft() if self._stages else ""
        if stage == "columns":
            return self._ask(Link(url, "column", 100, "the registry names it") for url in self.columns)
        if stage == "front":
            return self._ask([Link(self.url, "front", 100, "the portal's front page")])
        family = families.load_families().get(self.account.family or "")
        paths = dict.fromkeys((*(family.roots if family else ()), *families.common_roots()))
        found = []
        for number, path in enumerate(paths):
            url = canonical(path, self.hosts.fold(self.url))
            if url and self.hosts.own(url):
                role = "sitemap" if path.endswith(".xml") else "root"
                found.append(Link(url, role, 59 - number, "a place where portals keep disclosure"))
        return self._ask(found)

    def _drop_what_is_not_needed(self) -> None:
        """Once the columns are walked to their end, what promises little is not asked any more.

        Directories of organs stay until the columns have been seen to hold the reports of such organs: on many
        portals each bureau and each town keeps a column of its own.
        """
        if not self._cold or not self._settled():
            return
        scores = words()["scores"]
        covered = self._covered()
        whole = covered >= {"town", "bureau"}
        least = scores["inside"] if whole else scores["directory"] + 1
        known_only = "front" in self._stages and not self._is_part()
        if not self.account.missing(self.years) and (known_only or (whole and self.years is not None)):
            least = HOT
        organ_scores = (scores["organ_directory"], scores["organ_name"], scores["outside_directory"])

        missing = bool(self.account.missing(self.years))

        def needed(link: Link) -> bool:
            if link.why == LATER_FOLDER:
                return missing or self._filed_later
            if link.score in organ_scores and link.branch and organ_class(link.text) in covered:
                return False
            return link.score >= least or (link.score in organ_scores and link.branch and least < HOT and not whole)

        kept = [entry for entry in self._cold if needed(entry[2])]
        if len(kept) < len(self._cold):
            self.account.left_out(
                "the columns are walked to their end, and these promise little", len(self._cold) - len(kept)
            )
            self._cold = kept
            heapq.heapify(self._cold)

    def _covered(self) -> set[str]:
        """The classes of organs whose reports the columns hold: by their branches, or by two organs or more."""
        classes = Counter(organ_class(organ) for organ in distinct_organs(organs_named(self._titles)))
        return self._branches | {name for name, times in classes.items() if times >= 2}


def year_of_words(*texts: str, url: str = "") -> int | None:
    """Return the one year that the first text with a year names, or the address; None when unsure."""
    for text in texts:
        years = years_in_words(text)
        if years:
            return next(iter(years)) if len(years) == 1 else None
    years = years_in_url(url)
    return next(iter(years)) if len(years) == 1 else None
