"""One portal's walk: what is asked next, what can wait, and when it is over.

The walk knows nothing of the network: it is told what came of each request and answers with the
requests to make, so that it can be followed step by step in a test. How lists go on is in `chains`, the
order of search in `frontier`, what was seen before in `repeats`; here is decided what a page means for the portal.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from . import families
from .anchors import MAX_ANCHORS, pictures
from .answers import row_made
from .carried import CARRIED_ON, carried_on
from .chains import BROKEN_PROMISES, Chains
from .choosing import Offers
from .discover import LATER_FOLDER, LEFT, PIECE, SAME_ORGAN, Found, Standing, discover, place_of
from .doors import navigation
from .frontier import HOT, WAITING, Frontier
from .holds import shows_nothing
from .link import Link
from .organs import distinct_organs, names_another, organ_class, organs_named
from .page import MAX_SOURCE, Fetched, breaks_off
from .repeats import Repeats
from .sitemap import read_sitemap
from .urls import Hosts, canonical, host_key, same_page
from .words import is_report_phrase, looks_like_organ, organ_in_title, words
from .years import FIRST_YEAR, years_in_url, years_in_words

if TYPE_CHECKING:
    from ..ledger import PortalLedger

__all__ = ["BROKEN_PROMISES", "Walk", "year_of_words"]

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
# Branches that are kinds of organs (部门, 乡镇街道) and no organ.
KINDS = ("a branch of the column", "a directory of organs", "a year,")

FEW = 3
"""So many reports are proof that a portal was looked through in the right places, even if no column was seen."""

SEVERAL = 3
"""Organs of one class in one column that show it to be theirs all. Two may be one organ before and after a reform."""

LOOKED_AT = 3
"""Reports that are asked when a portal is only looked at: the column may be known by its reports alone."""

MOST_MADE = 400
"""Pages of which it is remembered how their scripts make the address of a row."""

MAX_SCRIPT = 1 << 16
"""Characters of the portal's scripts that are kept for what they declare."""


class Walk:
    """The walk over one portal.

    `latest` is the newest year that a report can be about, `others` the addresses of the registry's other portals.
    `look`: reports are counted in the ledger and only a few of them asked, for finding out what a crawl would do.
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
        look: bool = False,
    ) -> None:
        self.url = canonical(url) or url
        self.columns = [canonical(column) or column for column in columns]
        self.hosts = Hosts.of([self.url, *self.columns], others)
        self.account = account
        self.latest = latest
        self.years = years
        self.look = look
        self.finished = False
        self.front_leads = False
        self.frontier = Frontier(account, budget, self.url)
        self._chains = Chains(account, self.frontier)
        self._repeats = Repeats(account)
        self._script = ""
        self._newest: set[tuple[str, int]] = set()  # (path, year) of reports at an address that names no year
        self._looked = 0
        self._made: dict[str, tuple[str, str, str]] = {}  # by page: how its script makes the address of a row
        self._offered = Offers()
        self._fronts = {same_page(self.url)}
        self._known: frozenset[str] = frozenset()
        self._front_known = False
        self._families: Counter[str] = Counter()
        self._titles: list[str] = []
        self._held: defaultdict[str, set[str]] = defaultdict(set)  # what the reports of each column are called
        self._organs: set[str] = set()
        self._doors: list[Link] = []  # what the front page leads to under short names
        self._part: frozenset[str] = frozenset()  # known columns that turned out to hold a part only
        self._sought: set[str] = set()  # columns that are called so, or look so: not a list where a report turned up
        self._met = False  # the walk from the front page came by them
        self._filed_later = False  # folders bear the year of publication
        self._branches: set[str] = set()
        self._listed: defaultdict[str, set[int]] = defaultdict(set)
        self._stages = deque(["columns", "front", "roots", "round"] if self.columns else ["front", "roots", "round"])

    # --- what the spider calls

    def start(self) -> list[Link]:
        """Return the first requests: the known columns, else the front page."""
        return self._next_stage()

    def arrived(self, link: Link, page: Fetched, *, report: bool = False, title: str | None = None, error: str = "") -> list[Link]:
        """Take note of an answer, and return the requests to make now.

        `report`: the page is a report, or carries one as its attachment; `title` its title, where known.
        `error`: why it is not the page that was asked for.
        """
        self.frontier.outstanding -= 1
        self.frontier.asked.add(("GET", same_page(page.url), b""))  # a redirect may have led here
        self.account.saw_page(page.url)
        self.hosts = self.hosts.joined(page.url)
        if link.role == "front":
            self.hosts = self.hosts.settled(page.url)
            self.account.title = page.title
            self._fronts.add(same_page(page.url))
        if link.turn and not report:
            error = error or ("soft 404: it leads to the front page" if self.is_front(page.url) and not self.is_front(link.url) else "")
            if error:
                return self._chains.spoiled(link, error) + self._advance()
        if link.role in ("column", "list") and breaks_off(page):
            self.account.gave_up(page.url, "torn list: the page breaks off", page_of=link.column or page.url)
        if report:
            self._keep(link, title)
            about = years_in_words(title or "")
            if page.tree is not None and not page.tree.xpath("//table"):
                self.account.saw_pictures(page.url, pictures(page))
            if len(about) == 1 and families.annual_list(page.url) and families.organ_year(page.url) is None:
                self._newest.add((urlsplit(page.url).path, min(about)))
        elif link.role == "report":
            self._chains.promises([link])
        if link.role == "sitemap":
            return self._ask(read_sitemap(page.source, page.url, self.hosts)) + self._advance()
        if link.role == "attachment" or page.is_file:
            more = carried_on(page, link.attachment_of or page.url, self.hosts, link.column) if link.why == CARRIED_ON else []
            return self._ask(more) + self._advance()
        if page.is_script:
            self._script = (self._script + page.source)[-MAX_SCRIPT:]
        elif self._script:
            page = replace(page, beside=self._script)
        if page.is_data:
            page = replace(page, made=self._made.get(same_page(page.via), ("", "", "")))
        elif len(self._made) < MOST_MADE and (made := row_made(page.source))[0]:
            self._made[same_page(page.url)] = made
        found = discover(page, self._standing(link, page, report))
        self._learn(link, page, found, report)
        if link.role == "front" and error and not found.links:
            self._stages.clear()  # what stands before the front page stands before every door
        found = replace(found, links=tuple(child for child in found.links if self._is_worth(child)))
        before = self._repeats.seen_before(link, page, found, report=report, home=self.url)
        tired = self.frontier.shapes.answered(link, list(found.links), report=report)
        if tired:
            self.account.gave_up(page.url, tired)
        now = [] if before else self._ask(found.links)
        if link.turn and not found.links and not found.turns and link.instead and page.is_data:
            now += self._ask([link.instead])
        if link.turn or not before:
            now += self._chains.turn(link, page, found, report=report)
        if not report and link.role == "report":
            now += self._ask(self._over_a_gap(link))
        return now + self._advance()

    def failed(self, link: Link, reason: str) -> list[Link]:
        """Take note of a request that came to nothing, and return the requests to make now."""
        self.frontier.outstanding -= 1
        if reason.startswith(("http 404", "http 403")):
            self.frontier.not_there(link)
        if link.instead is not None and link.instead.key not in self.frontier.asked:
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
        return self._chains.failed(link) + self._advance()

    def is_front(self, url: str) -> bool:
        """Whether an address is the portal's front page, or that of one of its hosts, where servers send those who ask for what is gone."""
        return same_page(url) in self._fronts or same_page(url) == f"{host_key(url)}/"

    def resume(self) -> list[Link]:
        """Return what can be asked when nothing is under way any more; empty when the walk is over."""
        self.frontier.outstanding = 0
        return self._advance()

    def _ask(self, links: Iterable[Link]) -> list[Link]:
        """Ask for links, but for reports that are certain copies, or that are only to be counted."""
        wanted = []
        for link in links:
            if link.role == "report":
                if self.frontier.knows(link) or self._is_copy(link):
                    continue
                if self._repeats.can_wait(link.url):
                    link = replace(link, score=min(link.score, WAITING))
                if self.look and self._looked >= LOOKED_AT:
                    continue
                self._looked += self.look
            elif self.look and link.role == "attachment":
                continue
            wanted.append(link)
        return self.frontier.ask(wanted)

    def _is_copy(self, link: Link) -> bool:
        """Whether a report is certain to be one that is there already; the account says so."""
        copy = self._repeats.copy_of(link.url) if link.role == "report" else None
        if copy and names_another(link.text, str(self.account.reports.get(copy, {}).get("title") or "")):
            return False
        if copy:
            self.account.twin(link.url, copy)
        return copy is not None

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
            piece=link.why == PIECE,
            left=link.why == LEFT or (link.role == "page" and link.why.startswith("on the way") and any(word in link.text for word in words()["hubs"]["old"])),
            mixed=link.why.startswith(MIXED) or (link.turn > 0 and link.role == "page"),
        )

    def _learn(self, link: Link, page: Fetched, found: Found, report: bool) -> None:
        if found.family:
            self._families[found.family] += 1
            self.account.saw_marks(found.family, found.traces)
            self.account.family = self._families.most_common(1)[0][0]
        if link.role == "front":
            self._known |= found.all_keys
            self._front_known = True
            self.front_leads = bool(found.links)
        if (link.role == "front" or link.why.startswith("the page is only a way")) and not report:
            self._doors += navigation(page, self.hosts, link.depth)
        for organ, year in found.organ_years:
            self._listed[organ].add(year)
        for _, reason in found.skipped:
            self.account.left_out(reason)
        for url, text in found.off_host:
            if self.hosts.reaches(url):
                self.account.left_out("belongs to another portal of the registry")
            else:
                self.account.gave_up(url, f"off-host: “{text[:60]}” is not at a host that the registry names", text if is_report_phrase(text) and years_in_words(text) else "")
        if not report and (len(page.source) >= MAX_SOURCE or len(found.all_keys) >= MAX_ANCHORS):
            self.account.cut_short(f"a page of more than {MAX_SOURCE} characters or {MAX_ANCHORS} links was not read to its end: {page.url}")
        for url, text, why in found.shut:
            dated = bool(years_in_words(text))
            self.account.gave_up(url, why, text if dated else "", page_of="" if dated else page.url)
        for child in found.reports:
            if child.score >= words()["scores"]["column_weak"] and child.text:
                self.account.listed(child.url, child.text, column=child.column or "")
        if self._part and not self._met and link.role not in ("column", "list", "report"):
            self._met = bool(self._part & found.all_keys)
        if report:
            return
        if link.role == "column" and link.score >= words()["scores"]["column_weak"] and not (found.links or found.turns) and shows_nothing(page, self._known):
            self.account.gave_up(page.url, "empty list: it shows nothing but a frame, which a script may fill", page_of=page.url)
        if link.why == PIECE and page.is_feed:
            self.account.gave_up(page.url, "torn list: a feed, which shows only what is new", page_of=page.url)
        if link.role in ("column", "list") and not link.turn:
            self._offered.add(page, link.column or page.url, leads_on=bool(found.branches))
        is_column = link.role == "column" and (found.reports or found.branches or found.turns)
        if is_column or (link.role in ("page", "root", "front") and len(found.reports) >= 3):
            self.account.found_column(page.url, link.why)
            if len(found.reports) >= FEW or not link.why.startswith(PASSING):
                self._sought.add(same_page(page.url))
        if link.role == "list" and link.column and found.reports:
            self.account.found_column(link.column, link.why)
        for branch in found.branches if link.role != "front" else ():
            named = organ_in_title(branch.text) or branch.text
            a_kind = named in words()["organs"]["kinds"] or branch.why.startswith(KINDS)
            if looks_like_organ(named) and not a_kind:
                self.account.saw_organ(named, branch.url)
        if link.role in ("column", "list"):
            for branch in found.branches:
                if "an organ, inside the column" in branch.why:
                    self._organs.add(branch.text)
                if "a branch of the column" in branch.why:
                    kind = organ_class(branch.text)
                    self._branches |= {"town", "bureau"} if kind == "both" else {kind}

    def _is_worth(self, link: Link) -> bool:
        """Whether a link is more than a guess that the organ's own list speaks against, or the page itself by year."""
        place = families.organ_year(link.url)
        if place is None:
            return True
        if not link.text and link.why.startswith(SAME_ORGAN):
            years = self._listed[place[0]]
            return len(years) < 2 or place[1] in years
        # Lonsun shows the newest report at the address without a year, too.
        return (urlsplit(link.url).path, place[1]) not in self._newest

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
        self._held[link.column or link.via or ""].update(text for text in (title, link.text) if text)
        self._chains.kept[link.column or ""] += 1
        about, folder = years_in_words(title or link.text), years_in_url(link.url)
        if len(about) == 1 and folder == {year + 1 for year in about}:
            self._filed_later = True

    # --- the frontier

    def _advance(self) -> list[Link]:
        """Once nothing better is under way: the best of what waited, else the next place to look."""
        now: list[Link] = []
        while not self.frontier.outstanding and not self.finished:
            self._drop_what_is_not_needed()
            if not self.frontier.empty:
                now.extend(self.frontier.best(lambda link: not self._is_copy(link)))
            elif not self._next_place(now):
                self.finished = True
            if self.frontier.spent and not self.frontier.outstanding:
                self.finished = True
        if self.finished:
            self._offered.tell(self.account, self._titles, self._organs, [year for year in self.years or range(FIRST_YEAR, self.latest) if year < self.latest])
        return now

    def _next_place(self, now: list[Link]) -> bool:
        if not self._stages:
            return False
        if self._stages[0] == "roots" and (self._settled() or len(self.account.reports) >= FEW):
            return False
        if self._stages[0] == "round" and self.account.reports:
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
        if stage == "round":
            return self._ask(self._doors)
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
        if self.frontier.empty or not self._settled():
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
            if link.score == WAITING and link.role == "report":
                return True
            if link.why == LATER_FOLDER:
                return missing or self._filed_later
            if link.score in organ_scores and link.branch and organ_class(link.text) in covered:
                return False
            return link.score >= least or (link.score in organ_scores and link.branch and least < HOT and not whole)

        self.frontier.keep(needed, "the columns are walked to their end, and these promise little")

    def _covered(self) -> set[str]:
        """The classes of organs whose reports the columns hold: by their branches, or by several organs in one of them."""
        # Within one column: that two bureaus have columns of their own says that the sixty others have, too.
        classes = {
            name
            for titles in self._held.values()
            for name, times in Counter(map(organ_class, distinct_organs(organs_named(titles)))).items()
            if times >= SEVERAL
        }
        return self._branches | classes


def year_of_words(*texts: str, url: str = "") -> int | None:
    """Return the one year that the first text with a year names, or the address; None when unsure."""
    for text in texts:
        years = years_in_words(text)
        if years:
            return next(iter(years)) if len(years) == 1 else None
    years = years_in_url(url)
    return next(iter(years)) if len(years) == 1 else None
