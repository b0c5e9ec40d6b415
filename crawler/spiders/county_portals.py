"""The spider: walks every portal of the registry to its annual reports.

What to ask next is decided in `crawler.discovery`, which knows nothing of Scrapy; here its requests
are made, its answers handed back, and pages that are reports yielded to the pipelines.
"""

from __future__ import annotations

import ipaddress
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urldefrag, urlsplit

from itemadapter import ItemAdapter
from scrapy import Request, Spider, signals
from scrapy.exceptions import CloseSpider, DontCloseSpider, IgnoreRequest
from scrapy.settings import SETTINGS_PRIORITIES
from scrapy.spidermiddlewares.httperror import HttpError

from crawler.completeness import read_known
from crawler.discovery import Fetched, Link, Walk, excluded, read_fetched, read_years, year_of_words
from crawler.discovery.anchors import forwards
from crawler.discovery.carried import CARRIED_ON
from crawler.discovery.holds import lists_documents, lists_reports, says_that_it_is_empty
from crawler.discovery.urls import host_key
from crawler.items import ReportPage
from crawler.ledger import Ledger
from crawler.reading import BODILESS, UNREADABLE
from crawler.registry import Portal, load_registry
from crawler.run import data_home
from crawler.shards import choose, read_shard
from parsers.kinds import PageKind, read_kind
from parsers.model import Page

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from twisted.python.failure import Failure

#: requests that wait, above which no further portal is begun unless nothing else can be asked
_BEGUN_AT_MOST = 2000


class CountyPortals(Spider):
    """Walks portals to their annual reports on the disclosure of government information.

    Arguments (`-a name=value`):

    portals   "demo" for the built-in portals, or a CSV file like crawler/portals.csv (the default)
    division  the beginning of a division code (5001 or 500100): only portals of that place
    years     2020, 2019-2023 or 2019,2021: only reports on these years; links that name others are not asked
    shard     3/8: only the portals of the third of eight shards, see crawler.shards
    limit     stop after this many report pages in the whole run (attachments do not count)

    Raises RegistryError or ValueError, with one line, when an argument is wrong. Settings: PORTAL_PAGE_BUDGET,
    the number of requests that one portal may cost (2000); PORTAL_LOOK, to count reports instead of fetching them.
    """

    name = "county_portals"

    def __init__(
        self,
        portals: str | None = None,
        division: str | None = None,
        years: str | None = None,
        limit: str | int | None = None,
        shard: str | None = None,
        **kwargs: Any,
    ) -> None:
        # Scrapyd names its job (_job, _version) to the spider.
        kwargs = {name: value for name, value in kwargs.items() if not name.startswith("_")}
        if kwargs:
            unknown = ", ".join(sorted(kwargs))
            raise ValueError(f"county_portals has no argument {unknown}; it has portals, division, years, shard and limit")
        super().__init__()
        self.years = read_years(years)
        self.limit = _read_limit(limit)
        self._demo: Any = None
        try:
            self.registered = self._load(portals)
            self.portals = _choose(self.registered, division, shard)
            self._by_id = {portal.id: portal for portal in self.portals}
            self._shared = shared_places(self.registered)
        except ValueError:
            self._closed()
            raise
        self.ledger = Ledger(self.years)
        self.walks = Walks(self._walk)
        self.found = 0

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> CountyPortals:
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider._idle, signals.spider_idle)
        crawler.signals.connect(spider._closed, signals.spider_closed)
        spider._hurry_on_loopback()
        crawler.signals.connect(spider._item_done, signals.item_scraped)
        crawler.signals.connect(spider._item_done, signals.item_dropped)
        crawler.signals.connect(spider._item_done, signals.item_error)
        if crawler.settings["ARCHIVE_DIR"]:
            runs = data_home(crawler.settings) / "runs"
            spider.ledger = Ledger(spider.years, known=read_known(runs), folder=runs)
        for portal in spider.portals:
            spider.ledger.portals.register(portal.id, portal.name, portal.url, portal.division)
        return spider

    async def start(self) -> AsyncIterator[Request]:
        """Begin every portal with its known columns, else with its front page."""
        for portal in self.portals:
            while self._crowded():
                await self.crawler.signals.wait_for(signals.scheduler_empty)
            for request in self._requests(portal.id, self.walks[portal.id].start()):
                yield request
            self._end(portal.id)

    def _crowded(self) -> bool:
        """Whether another portal would only wait: of a hundred thousand, no more are begun than can be asked."""
        engine = self.crawler.engine
        slot = engine._slot if engine is not None else None
        if engine is None or slot is None:
            return False
        queue: Any = getattr(slot.scheduler, "mqs", ())
        return engine.needs_backout() or len(queue) >= _BEGUN_AT_MOST or getattr(queue, "crowded", False)

    def parse(self, response: Response, portal: str, link: Link) -> Iterator[Request | ReportPage]:
        """Yield the reports that an answer holds, and the requests that it leads to."""
        if self._full:
            return
        walk = self.walks[portal]
        page = _fetched(response, link)
        kind = self._kind(response, page)
        if kind and kind.kind == "list" and link.role == "report" and not lists_reports(page):
            # Its only reports are 上一篇 and 下一篇: an article whose text is a picture or a file.
            kind = replace(kind, kind="attachment_only", reason="no text of its own")
        if kind and ((kind.kind in BODILESS and link.role == "column") or (kind.kind == "other" and link.role == "report")) and lists_documents(page):
            kind = replace(kind, kind="list", reason="the files of several years")
        if kind and kind.kind == "list" and link.role in ("report", "page", "root"):
            link = _as_column(link)
        error = self._error(response, page, kind, walk, link)
        is_report = kind is not None and not error and (
            kind.kind == "report" or (kind.kind in BODILESS and link.role in ("report", "column"))
        )
        item = self._item(response, page, kind, portal, link, is_report) if not (error and link.role == "report") else None
        following = walk.arrived(
            link, page, report=is_report or (item is not None and page.is_file), title=kind.title if kind else None, error=error
        )
        if link.role == "front" and kind is not None and not walk.front_leads:
            self.ledger.portal(portal).gave_up(page.url, f"leads nowhere: {kind.reason}")
        if item is not None:
            yield item
            if link.role != "attachment":
                self.found += 1
                if self._full:
                    raise CloseSpider("limit")
        yield from self._requests(portal, following)
        self._end(portal)

    def errback(self, failure: Failure) -> Iterator[Request]:
        """Note why a request came to nothing, and go on."""
        request = failure.request  # type: ignore[attr-defined]
        portal, link = request.cb_kwargs["portal"], request.cb_kwargs["link"]
        if not self._full:
            yield from self._requests(portal, self.walks[portal].failed(link, _reason(failure)))
            self._end(portal)

    # --- walks

    def _walk(self, id: str) -> Walk:
        """A portal's walk at its beginning; one that was let go, at its end."""
        portal = self._by_id[id]
        settings = self.crawler.settings
        return Walk(
            portal.url,
            portal.columns,
            self.ledger.portal(id),
            latest=datetime.now(UTC).year,
            years=self.years,
            budget=settings.getint("PORTAL_PAGE_BUDGET", 2000),
            others=[url for place in places(portal) for other, url in self._shared.get(place, ()) if other != id],
            look=settings.getbool("PORTAL_LOOK"),
        )

    def _end(self, portal: str) -> None:
        """Let a walk go that is over, and put its account aside: of a hundred thousand, few are under way."""
        if self.walks[portal].finished:
            self.walks.end(portal)
            self.ledger.portals.put_aside(portal)

    def _item_done(self, item: Any) -> None:
        """A record of a portal whose walk was over already has brought its account back."""
        portal = item["source"]["portal"] if isinstance(item, dict) else ItemAdapter(item).get("portal")
        if portal in self.walks.ended:
            self.ledger.portals.put_aside(portal)

    # --- what an answer is

    def _error(self, response: Response, page: Fetched, kind: PageKind | None, walk: Walk, link: Link) -> str:
        """Why an answer is not the report or the further page of a list that was asked for; what is wrong with a list's page is noted."""
        account = walk.account
        if link.role in ("column", "list") and response.meta.get("truncated"):
            account.gave_up(page.url, "torn list: the body was cut short", page_of=link.column or page.url)
        if link.role == "report" and walk.is_front(page.url) and not walk.is_front(link.url):
            account.gave_up(link.url, "soft 404: it leads to the front page", link.text)
            return "front"
        if link.role == "front":
            return kind.reason if kind and kind.kind == "challenge" else ""
        if not link.turn:
            return ""
        if not response.body.strip():
            return "empty: neither a page nor a document"
        if kind is None or kind.kind not in ("challenge", "login", "soft_404") or lists_reports(page):
            return ""
        return f"{kind.kind.replace('_', ' ')}: {kind.reason}"

    def _kind(self, response: Response, page: Fetched) -> PageKind | None:
        if page.is_file or page.is_data or page.tree is None:
            return None
        kind: PageKind | None = response.meta.get("kind")
        if kind is not None:  # read on its way here, see crawler.middlewares.reading
            return kind
        media_type, charset = _media_type(response)
        return read_kind(Page(response.body, page.url, media_type or "text/html", charset))

    def _item(
        self, response: Response, page: Fetched, kind: PageKind | None, portal: str, link: Link, is_report: bool
    ) -> ReportPage | None:
        account = self.ledger.portal(portal)
        promised = link.role == "report" and bool(link.text)  # an address that was only tried promises nothing
        if page.is_file:
            if link.role != "attachment" and not promised:
                return None
            if page.magic == "image" and not promised:
                account.gave_up(page.url, "a picture, attached to a report")
                return None
        elif link.role == "attachment":
            carried = link.why == CARRIED_ON
            account.gave_up(page.url, "a further page of a report: kept, but only the first is read" if carried else f"not a document but {kind.kind if kind else page.media_type}")
            return None
        elif kind is None:
            if promised:
                account.gave_up(page.url, "empty: neither a page nor a document")
            return None
        elif not is_report and not (promised and kind.kind in UNREADABLE and not forwards(page)):
            self._note(account, page, kind, link)
            return None
        title = (kind.title if kind else None) or link.text
        other = excluded(title, page.url, self.years) if link.role != "attachment" else None
        if other:
            account.left_out(f"fetched, but {other}")
            return None
        if link.role != "attachment":
            year = year_of_words(title, link.text, url=page.url)
            account.found_report(page.url, year=year, title=title or None)
        media_type, charset = _media_type(response)
        return ReportPage(
            url=page.url,
            body=response.body,
            media_type=media_type or "application/octet-stream",
            charset=charset,
            fetched=response.meta.get("fetched") or datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            portal=portal,
            official=True,
            anchor=link.text,
            via=link.via,
            attachment_of=link.attachment_of,
            rendered="rendered" in response.flags,
        )

    def _note(self, account: Any, page: Fetched, kind: PageKind, link: Link) -> None:
        """Say in the ledger why a page that was to be a report, or to lead to some, is neither."""
        reason = f"{kind.kind.replace('_', ' ')}: {kind.reason}"
        if link.role == "report":
            if kind.kind != "list" and not forwards(page):
                account.gave_up(page.url, reason, link.text)
        elif kind.kind == "soft_404" and link.role == "column" and link.text and says_that_it_is_empty(page):
            account.found_column(page.url, f"{link.why}; it says that it holds nothing")
        elif kind.kind in ("challenge", "login", "soft_404") and link.role not in ("root", "list"):
            # A list with a form for members beside it is there for everybody.
            shut = link.role == "column" and kind.kind != "soft_404" and not lists_reports(page)
            account.gave_up(page.url, reason, page_of=page.url if shut else "")

    # --- requests

    def _requests(self, portal: str, links: Iterable[Link]) -> Iterator[Request]:
        for link in links:
            told = {
                "portal": portal,
                "role": "page" if link.role in ("root", "sitemap") else link.role,
                "anchor": link.text or None,
                "via": link.via,
                "attachment_of": link.attachment_of,
                "depth": link.depth,
            }
            yield Request(
                link.url,
                callback=self.parse,
                errback=self.errback,
                method=link.method,
                body=link.body,
                headers=dict(link.headers),
                priority=link.score,
                # The walk has compared already, and it must hear of every request that it has made.
                dont_filter=True,
                cb_kwargs={"portal": portal, "link": link},
                meta={**told, "gongkai": told},
            )

    @property
    def _full(self) -> bool:
        return self.limit is not None and self.found >= self.limit

    def _idle(self) -> None:
        """Nothing is under way: walks that wait for an answer that was lost go on."""
        if self._full:
            return
        waiting: list[Request] = []
        for portal, walk in list(self.walks.items()):
            waiting += self._requests(portal, walk.resume())
            self._end(portal)
        for request in waiting:
            self.crawler.engine.crawl(request)
        if waiting:
            raise DontCloseSpider

    def _closed(self, reason: str = "") -> None:
        if reason not in ("", "finished"):
            for portal in self.portals:
                if portal.id not in self.walks.ended:
                    self.ledger.portal(portal.id).cut_short(f"the crawl ended early: {reason}")
                    self.ledger.portals.put_aside(portal.id)
        if self._demo is not None:
            self._demo.stop()

    # --- arguments

    def _load(self, portals: str | None) -> list[Portal]:
        if portals == "demo":
            from crawler.demo import DemoPortals

            self._demo = DemoPortals()
            return list(self._demo.start())
        return list(load_registry(Path(portals) if portals else None))

    def _hurry_on_loopback(self) -> None:
        """On this machine there is no stranger's server to spare, unless the user says otherwise."""
        settings = self.crawler.settings
        if (settings.getpriority("DOWNLOAD_DELAY") or 0) >= SETTINGS_PRIORITIES["cmdline"]:
            return
        hosts = {host for portal in self.portals if _is_loopback(host := urlsplit(portal.url).hostname or "")}
        if hosts:
            slots = dict(settings.getdict("DOWNLOAD_SLOTS"))
            slots.update({host: {"delay": 0, "concurrency": 8, "jitter": 0} for host in hosts if host not in slots})
            settings.set("DOWNLOAD_SLOTS", slots, priority="spider")


class Walks(dict[str, Walk]):
    """The walks that are under way, by portal. One is begun with the first question for it, and let go at its end."""

    def __init__(self, begin: Callable[[str], Walk]) -> None:
        super().__init__()
        self._begin = begin
        self.ended: set[str] = set()

    def __missing__(self, portal: str) -> Walk:
        walk = self._begin(portal)
        if portal in self.ended:
            walk.finished = True
        else:
            self[portal] = walk
        return walk

    def end(self, portal: str) -> None:
        """Let a walk go."""
        self.pop(portal, None)
        self.ended.add(portal)


def places(portal: Portal) -> set[str]:
    """The hosts at which a portal is."""
    return {host_key(url) for url in (portal.url, *portal.columns)}


def shared_places(portals: Iterable[Portal]) -> dict[str, list[tuple[str, str]]]:
    """The hosts at which several portals are, with the portals' ids and addresses there."""
    portals = list(portals)
    several = {place for place, times in Counter(place for portal in portals for place in places(portal)).items() if times > 1}
    found: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for portal in portals:
        for url in (portal.url, *portal.columns):
            if (place := host_key(url)) in several:
                found[place].append((portal.id, url))
    return dict(found)


def _read_limit(limit: str | int | None) -> int | None:
    if limit is None or str(limit).strip() == "":
        return None
    if not str(limit).strip().isdigit() or int(limit) < 1:
        raise ValueError(f"limit: cannot read {limit!r}; write a number of report pages, such as 50")
    return int(limit)


def _choose(portals: list[Portal], division: str | None, shard: str | None = None) -> list[Portal]:
    """Keep the portals of a shard and a place: 5001 and 500100 are the same place, 500000 all of its province."""
    if shard is not None and str(shard).strip():
        portals = choose(portals, read_shard(str(shard)))
        if not portals:
            raise ValueError(f"shard: no portal of the registry is in {shard}; scrapy shards lists what is in which")
    if division is None or not str(division).strip():
        return portals
    code = str(division).strip()
    if not code.isdigit() or len(code) > 9:
        raise ValueError(f"division: cannot read {division!r}; write the beginning of a division code, such as 5001")
    while len(code) in (4, 6) and code.endswith("00"):
        code = code[:-2]
    chosen = [portal for portal in portals if (portal.division or "").startswith(code)]
    if not chosen:
        raise ValueError(
            f"division: no portal of the registry lies in {division}; scrapy crawl without it lists all {len(portals)}"
        )
    return chosen


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _media_type(response: Response) -> tuple[str, str | None]:
    """Media type and charset as the header declares them."""
    header = (response.headers.get("Content-Type") or b"").decode("latin-1")
    media_type, _, parameters = header.partition(";")
    charset = next(
        (
            value.strip(" \"'")
            for part in parameters.split(";")
            for name, _, value in [part.partition("=")]
            if name.strip().lower() == "charset"
        ),
        None,
    )
    return media_type.strip().lower(), charset or None


def _fetched(response: Response, link: Link) -> Fetched:
    media_type, charset = _media_type(response)
    # The wire carries no fragment; where it chooses what is shown, it still belongs to the address.
    url = link.url if urldefrag(link.url).url == response.url else response.url
    return read_fetched(
        url,
        response.body,
        media_type=media_type or "text/html",
        charset=charset,
        status=response.status,
        via=link.column or link.via or "",
        form=link.body or link.carried,
    )


def _as_column(link: Link) -> Link:
    return replace(link, role="column", column=None)


def _reason(failure: Failure) -> str:
    """Why a request came to nothing, in one line."""
    error = failure.value
    if isinstance(error, HttpError):
        response = error.response
        kind = read_kind(
            Page(response.body, response.url, _media_type(response)[0] or "text/html", _media_type(response)[1])
        )
        return f"http {response.status}" + (f", challenge: {kind.reason}" if kind.kind == "challenge" else "")
    if isinstance(error, IgnoreRequest):
        text = " ".join(str(error).split()) or type(error).__name__
        if text.startswith("unreachable"):
            return text
        return "robots: forbidden by robots.txt" if "robots" in text.lower() else f"blocked: {text}"
    # The outermost middleware puts errors of the network into plain words; without it, their names must do.
    return f"unreachable: {type(error).__name__}: {' '.join(str(error).split())[:160]}"
