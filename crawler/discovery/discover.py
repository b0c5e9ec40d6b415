"""From one page to the requests that are worth making next.

`discover` looks at a page once: which links promise a report, which lead on the way, how its list goes
on, what hangs at it. It is pure: the same page, standing in the same place, gives the same links.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urlsplit

from . import families
from .anchors import SHELL_TEXT, Anchor, anchors, base_url, forwards, frames, pieces, script_anchors
from .answers import read_answer
from .carried import carried_on, shown
from .choosing import asked_for
from .holds import shut_rows
from .link import Link
from .organs import organ_sites
from .page import Fetched
from .paging import next_pages
from .paging.forms import choices
from .paging.pieces import is_foreign_row
from .paging.proxies import gkmlpt
from .urls import Hosts, canonical, directory, is_attachment, is_reordering, is_search, same_page, shown_file, trap
from .words import Judgement, Place, is_report_phrase, judge, looks_like_organ, organ_of_file, squeeze, words
from .years import excluded, published_year, years_in_url

LATER_FOLDER = "a folder of the year after: some are named by the year of publication"
SAME_ORGAN = "the same organ's address"
ELSEWHERE = "an organ's own site, at a host that the registry does not name"
PIECE = "on the way: what the page's script asks for"
LEFT = "on the way to disclosure, on the site as it was before it moved"
LOOK_INTO = 3
"""Further pages of a list without a report on its first, that are still asked when nothing better is left."""


@dataclass(frozen=True)
class Standing:
    """Where a page stands, which decides what its words mean.

    `hosts`: where the portal may be reached. `column`: the first page of the annual-report column it
    belongs to, or None. `known`: comparison keys of links that are navigation (they stand on the
    front page, too). `front_known`: whether that could be told. `report`: the page is a report, or only
    carries one as an attachment. `piece`: a script asked for it. `left`: it belongs to the site before it moved. `latest`: the newest year that a report can be about.
    """

    hosts: Hosts
    place: Place = "open"
    role: str = "page"
    column: str | None = None
    family: str | None = None
    years: Container[int] | None = None
    year_list: tuple[int, ...] = ()
    latest: int = 2100
    known: frozenset[str] = frozenset()
    front_known: bool = False
    report: bool = False
    depth: int = 0
    mixed: bool = False
    piece: bool = False
    left: bool = False


@dataclass(frozen=True)
class Found:
    """What a page leads to: `links` best first, `turns` the further pages of its list in order.

    `skipped` are links that had words for a report and were not taken, with the reason; `off_host` those that
    lead to hosts the registry does not name; `shut` (address, words, why) of reports, or of columns, to which no address leads that can be asked; `traces` say why it is of that family; `all_keys` comparison keys of everything it links to;
    `organ_years` the (organ, year) of links that are one page per organ and year.
    """

    links: tuple[Link, ...] = ()
    turns: tuple[Link, ...] = ()
    skipped: tuple[tuple[str, str], ...] = ()
    off_host: tuple[tuple[str, str], ...] = ()
    shut: tuple[tuple[str, str, str], ...] = ()
    family: str | None = None
    traces: tuple[str, ...] = ()
    all_keys: frozenset[str] = frozenset()
    organ_years: frozenset[tuple[str, int]] = frozenset()

    @property
    def reports(self) -> tuple[Link, ...]:
        return tuple(link for link in self.links if link.role == "report")

    @property
    def branches(self) -> tuple[Link, ...]:
        return tuple(link for link in self.links if link.branch)


def discover(page: Fetched, at: Standing) -> Found:
    """Return what `page` leads to. Never raises on what a page holds."""
    if page.is_file:
        return Found()
    ways = _ways(page, at)
    own = [url for _, url in ways if at.hosts.own(url)]
    family, traces = families.read_traces(page, own) if page.tree is not None else (None, ())
    at = replace(at, family=family or at.family)
    links: dict[tuple[str, str, bytes], Link] = {}
    skipped: list[tuple[str, str]] = []
    off_host: list[tuple[str, str]] = []
    here = same_page(page.url)
    organ = families.organ_year(page.url)

    def offer(link: Link | None, written: str | None = None) -> None:
        if link is not None and same_page(link.url) != here:
            # From year to year is no step away from the front page: the oldest reports are fifteen years back.
            beside = organ is not None and families.same_organ(link.url, organ)
            step = 0 if beside or link.why.startswith(SAME_ORGAN) else 1
            link = replace(link, depth=at.depth + step, via=page.url)
            if at.left and link.role == "page" and link.why.startswith("on the way"):
                # Its columns hold other years than those of the new site, however many organs are in these.
                link = replace(link, score=max(link.score, words()["scores"]["platform"]), why=LEFT)
            best = links.get(link.key)
            if best is not None and best.url != link.url and not (best.instead or link.instead):
                # /nb/ and /nb/index.html: there are servers that answer one of them only.
                best, link = replace(best, instead=link), replace(link, instead=best)
                links[link.key] = best
            if best is None or link.score > best.score:
                links[link.key] = link
            if written is not None and (kept := links[link.key]).instead is None and kept.url == link.url != written:
                # There are portals that have only the page for telephones, or the one for the printer.
                links[link.key] = replace(kept, instead=replace(kept, url=written))

    for anchor, url in ways:
        lent = at.place == "column" and at.hosts.lent(url)
        if not at.hosts.own(url) and not lent:
            if at.hosts.sister(url):
                taken = _take(anchor, url, page, at)
                if isinstance(taken, Link) and taken.score >= words()["scores"]["disclosure"]:
                    offer(taken)
                    continue
            if judge(anchor.text, url, "open", latest=at.latest).score >= words()["scores"]["column_weak"]:
                off_host.append((url, anchor.text))
            elif at.place != "open" and not anchor.chrome and looks_like_organ(anchor.text):
                skipped.append((url, ELSEWHERE))
            continue
        taken = _take(anchor, url, page, at)
        if isinstance(taken, str):
            skipped.append((url, taken))
        elif taken is not None and (not lent or taken.role in ("report", "attachment")):
            offer(taken, _as_written(anchor, url, page, at) if taken.role == "report" else None)
    if at.role == "front":
        for url, text in organ_sites((squeeze(anchor.text), url) for anchor, url in ways if at.hosts.own(url)).items():
            offer(Link(url, "page", words()["scores"]["outside_directory"], f"an organ: {text}", text, branch=True))
    for link in (*_sent_on(page, at), *(shown(page, at.hosts, at.column) if at.report or at.role == "report" else ()), *(carried_on(page, page.url, at.hosts, at.column) if at.report else ()), *_by_rule(page, own, at)):
        offer(link)
    if at.place == "column" and not at.report:
        # By form, all of them have the address of the page.
        for link in (*choices(page), *asked_for(page)):
            if at.hosts.own(link.url):
                links[link.key] = replace(link, column=at.column or page.url, depth=at.depth + 1, via=page.url)
    turns = _turns(page, at, list(links.values()))
    paged = {link.key for link in turns}
    ordered = sorted((link for link in links.values() if link.key not in paged), key=lambda link: -link.score)
    return Found(
        links=tuple(ordered),
        turns=turns,
        skipped=tuple(skipped),
        off_host=tuple(off_host),
        shut=tuple(shut_rows(page, {link.role for link in links.values()})),
        family=family,
        traces=traces,
        all_keys=frozenset(same_page(url) for url in own),
        organ_years=frozenset(place for url in own if (place := families.organ_year(url))),
    )


def _ways(page: Fetched, at: Standing) -> list[tuple[Anchor, str]]:
    data = page.is_data
    # A piece of a list is relative to the page that asked for it.
    borrowed = data or ((at.role == "list" or at.piece) and page.is_fragment)
    base = page.via or page.url if borrowed else base_url(page)
    found = []
    for anchor in script_anchors(page.source) if page.is_script else read_answer(page) if data else anchors(page):
        if anchor.href.startswith("#"):
            continue
        url = canonical(anchor.href, base, encoding=page.encoding)
        if url is not None and not is_foreign_row(page, url):
            found.append((anchor, at.hosts.fold(shown_file(url))))
    return found


def _as_written(anchor: Anchor, url: str, page: Fetched, at: Standing) -> str | None:
    """The address of a link before it was folded into that of the page for everybody; None when it says nothing else."""
    written = None if page.is_data else canonical(anchor.href, base_url(page), encoding=page.encoding, rewrite=False)
    return written if written is not None and urlsplit(written).path != urlsplit(url).path and at.hosts.own(written) else None


def _take(anchor: Anchor, url: str, page: Fetched, at: Standing) -> Link | str | None:
    """Judge one link: the link, or why it is not taken although its words spoke for it, or None."""
    text = anchor.text or anchor.context
    if _is_pager(text):
        return None
    if is_attachment(url):
        text = organ_of_file(anchor.text) or text
    if at.report and is_attachment(url):
        return _attachment(anchor, url, page, at)
    bare = squeeze(anchor.text)
    if at.role == "report" and bare in words()["generic"]["open"] and not anchor.chrome and len(page.text) < SHELL_TEXT and at.hosts.own(url):
        return Link(url, "report", words()["scores"]["report"], "the text of the report that this page names", page.title[:200], column=at.column)
    inside = _inside(url, at.column)
    place = at.place
    if (
        place == "column"
        and not inside
        and not at.report
        and (same_page(url) in at.known or (anchor.chrome and not at.front_known))
    ):
        place = "disclosure"
    if at.report and place == "column" and not inside and not _beside(url, page.url, text):
        # Around a report stand hot topics and friends: a bare word counts only where the report's column is meant.
        place = "open"
    judgement = judge(text, url, place, inside=inside, latest=at.latest)
    if anchor.context and judgement.score < words()["scores"]["report"] and not judgement.refused:
        text = (
            anchor.context
            if bare in words()["generic"]["open"] or bare in anchor.context or not re.search(r"\w", bare)
            else f"{anchor.context} {anchor.text}"
        )
        fuller = judge(text, url, place, inside=inside, latest=at.latest)
        judgement = fuller if fuller.score > judgement.score or fuller.refused else judgement
    elif anchor.heading and place != "column" and not judgement.score and not judgement.refused and is_report_phrase(anchor.heading):
        text = f"{anchor.heading} {anchor.text}"
        judgement = judge(text, url, place, inside=inside, latest=at.latest)
    if (
        judgement.refused
        and judgement.why.startswith(("about", "a notice"))
        and words()["report"]["pattern"].search(squeeze(text))
    ):
        return judgement.why
    scores = words()["scores"]
    if judgement.score == scores["organ_name"] and anchor.chrome and (
        same_page(url) in at.known or not at.front_known
    ):
        return None  # 新闻中心 and 走进某县 in the navigation of every page
    if judgement.score == scores["last"] and at.mixed and squeeze(text) not in words()["hubs"]["last"]:
        return None  # a list of notices is full of links that are called so
    if judgement.role == "page" and published_year(url) and squeeze(text) not in _hub_names():
        return None  # 某县部署政务公开工作: an article, by its address
    if not judgement.score or (
        judgement.branch and judgement.score < words()["scores"]["column_weak"] and families.annual_list(url)
    ):
        return None  # the organ's annual reports have an address of their own, by rule
    return _link(anchor, text, url, judgement, at, page.url)


def _hub_names() -> set[str]:
    hubs = words()["hubs"]
    return {name for key in ("platform", "disclosure", "directory", "last") for name in hubs[key]}


def _link(anchor: Anchor, text: str, url: str, judgement: Judgement, at: Standing, page_url: str) -> Link | str:
    why_not = (
        trap(url)
        or is_reordering(url, page_url)
        or is_search(url)
        or (excluded(text, url, at.years) if judgement.role in ("report", "column") else None)
    )
    if why_not:
        year = re.fullmatch(r"(20\d{2})年?度?", squeeze(text))
        one_page = families.organ_year(url) or (urlsplit(url).query and years_in_url(url))
        if (
            year
            and not one_page
            and judgement.role == "column"
            and at.years is not None
            and int(year[1]) - 1 in at.years
        ):
            return Link(url, "column", 5, LATER_FOLDER, text, branch=True)
        return why_not
    role = judgement.role
    if is_attachment(url):
        if role not in ("report", "column"):
            return "a document, not named as a report"
        role = "report"
    in_column = at.column if at.place == "column" and role == "report" else None
    return Link(url, role, judgement.score, judgement.why, text[:200], column=in_column, branch=judgement.branch)


def _is_pager(text: str) -> bool:
    bare = squeeze(text)
    generic = words()["generic"]
    return bare in generic["next"] or bare in generic["previous"] or bool(re.fullmatch(r"\d{1,3}|[1-9]\d{4,}", bare))


def _attachment(anchor: Anchor, url: str, page: Fetched, at: Standing) -> Link | None:
    if anchor.chrome or judge(anchor.text, url).refused:
        return None
    text = anchor.text or anchor.context
    return Link(url, "attachment", 90, "attached to a report", text[:200], attachment_of=page.url, column=at.column)


def _inside(url: str, column: str | None) -> bool:
    """Whether an address lies below the column's own folder, or is the column's page with another question."""
    if column is None or same_page(url) == same_page(column):
        return False
    if urlsplit(column).query:
        return urlsplit(url).path == urlsplit(column).path and _same_question(url, column)
    folder = directory(column)
    slug = re.search(r"/([^/]+?)(?:_\d+)?\.\w+$", urlsplit(column).path)
    if (
        slug
        and slug[1] not in ("index", "list", "default", "1")
        and not slug[1].startswith(("list", "xxgk_", "zfxxgk_"))
    ):
        folder = f"{folder}{slug[1]}/"
    path = urlsplit(folder).path
    # /zwgk/ holds half of the portal: a folder is the column's own when it is deep, or says so.
    own = path.count("/") >= 4 or bool(words()["slugs"]["column"].search(path))
    return own and url.startswith(folder)


def _same_question(url: str, column: str) -> bool:
    """Whether two addresses of one program ask for the same column: what numbers they share are the same."""
    ours, theirs = dict(parse_qsl(urlsplit(column).query)), dict(parse_qsl(urlsplit(url).query))
    shared = {name for name in ours.keys() & theirs.keys() if re.search(r"\d", ours[name] + theirs[name])}
    shared -= {name for name in shared if re.fullmatch(r"20\d\d", theirs[name])}
    return bool(shared) and all(ours[name] == theirs[name] for name in shared)


def _beside(url: str, report: str, text: str) -> bool:
    """Whether a link on a report's page leads to its siblings: in the same deep folder, or a bare year."""
    folder = directory(report)
    deep = urlsplit(folder).path.count("/") >= 3
    named = re.fullmatch(r"20\d{2}年?度?|[上下前后]一?年度?.{0,10}(?:年报|报告)", squeeze(text))
    return (deep and directory(url) == folder) or named is not None


def _sent_on(page: Fetched, at: Standing) -> list[Link]:
    """Where a shell sends its reader, and the frames that may hold a column's list."""
    found = []
    base = base_url(page)
    ways = forwards(page)
    if at.place == "column" and not at.report:
        ways = [*ways, *frames(page)]
    for anchor in ways:
        url = canonical(anchor.href, base, encoding=page.encoding)
        if url is None or trap(url) or (at.report and is_attachment(url)):
            continue
        url = at.hosts.fold(url)
        if at.hosts.own(url) or at.hosts.sister(url):
            role = at.role if at.role != "list" else "column"
            found.append(
                Link(url, role, 90, f"the page is only a way there: {anchor.kind}", page.title[:100], column=at.column)
            )
    for anchor in () if at.report else pieces(page):
        url = canonical(anchor.href, base, encoding=page.encoding)
        if url and not trap(url) and at.hosts.own(at.hosts.fold(url)):
            url, inside = at.hosts.fold(url), at.place == "column"
            score = 90 if inside else words()["scores"]["disclosure"] - 2
            found.append(Link(url, "list" if inside else "page", score, PIECE, column=at.column or page.url if inside else None))
    return found


def _by_rule(page: Fetched, own: Iterable[str], at: Standing) -> list[Link]:
    """Links that no anchor shows, but an address implies: other years, the column of an article, an organ's annual reports."""
    found: list[Link] = []
    scores = words()["scores"]
    if at.report:
        years: Iterable[int] = at.year_list
        if at.years is None:
            year = families.year_of(page.url)
            # One step either way: the chain ends by itself at the first year that is an empty page.
            years = [year - 1, year + 1] if year else []
        for year, url in families.other_years(page.url, years):
            # Nobody reports on a year before it is over: a guess at the running one is a request wasted.
            if 2008 <= year < at.latest or (year == at.latest and at.years is not None):
                found.append(Link(url, "report", 70, f"{SAME_ORGAN} for {year}", column=at.column))
        column = families.column_of(page.url, at.family)
        alone = at.column is None or same_page(at.column) == same_page(page.url)  # a report, registered as a column
        if column and alone and not trap(column):
            found.append(Link(at.hosts.fold(column), "column", 62, "the column that the report's address names"))
        return found
    for url in own:
        for year, other in families.other_years(url, at.year_list):
            found.append(Link(other, "report", 88, f"{SAME_ORGAN} for {year}", column=at.column))
        organ = families.annual_list(url)
        if organ and not re.search(r"[?&]type=3\b", url):
            score = 74 if at.place != "open" else scores["organ_directory"]
            found.append(Link(organ[1], "column", score, f"annual reports of organ {organ[0]}", branch=True))
    if "/gkmlpt/" in page.url and not page.is_data and at.place != "column":
        for link in gkmlpt(page):
            named = "/api/all/0?" not in link.url
            found.append(replace(link, score=78 if named else scores["directory"], column=page.url))
    organ = families.annual_list(page.url)
    if organ and "action=rel" not in page.url and (at.role != "column" or at.depth == 0):
        found.append(Link(organ[1], "column", 76, f"annual reports of organ {organ[0]}"))
        found.append(
            Link(
                organ[1].replace("action=list&type=3", "action=rel&type=4"),
                "page",
                scores["organ_directory"],
                "all organs of the portal",
                branch=True,
            )
        )
    return found


def _turns(page: Fetched, at: Standing, links: list[Link]) -> tuple[Link, ...]:
    """The further pages of a list: of a column always, of another page when it lists reports.

    Lists where reports also turn up (通知公告, 公开目录) are looked into a little, last of all.
    """
    listing = sum(1 for link in links if link.role == "report" and link.score >= words()["scores"]["report"])
    # A list of all sorts that has shown reports is read on, whatever one of its pages holds.
    whole = at.place == "column" or listing >= 1 or (at.mixed and at.column is not None)
    if at.report or not (whole or at.mixed):
        return ()
    if at.role == "front" and listing < 3:
        return ()
    found = []
    for link in next_pages(page, families.paging_of(at.family)):
        url = at.hosts.fold(link.url)
        # By form, every page of a list has one address.
        onward = bool(link.body) or same_page(url) != same_page(page.url)
        if (at.hosts.own(url) or at.hosts.lent(url)) and not trap(url) and onward:
            link = replace(link, url=url, depth=at.depth, via=page.url)
            if whole:
                found.append(
                    replace(
                        link,
                        # A data address is no column: it belongs to the page that asked.
                        column=at.column or (page.via if page.is_data and page.via else page.url),
                        role="list" if at.place == "column" or (page.is_data and not at.mixed) else "page",
                    )
                )
            elif len(found) < LOOK_INTO:
                found.append(replace(link, column=None, role="page", score=words()["scores"]["last"] - 1))
    return tuple(found)


def place_of(role: str, why: str, page: Fetched, column: str | None) -> Place:
    """Say where the links of a page stand, by how it was reached and what it calls itself."""
    if role in ("column", "list") or (role in ("report", "attachment") and column is not None):
        return "column"
    if role != "front" and (
        re.search("信息公开|政务公开", page.title)
        or words()["slugs"]["hub"].search(urlsplit(page.url).path)
        or why.startswith(("on the way", "a directory", "an organ", "the address", "all organs"))
    ):
        return "disclosure"
    return "open"
