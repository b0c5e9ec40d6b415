"""The spider: walks every portal of the registry to its annual reports.

What to ask next is decided in `crawler.discovery`, which knows nothing of Scrapy; here its requests
are made, its answers handed back, and pages that are reports yielded to the pipelines.
"""

from __future__ import annotations

import ipaddress
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urldefrag, urlsplit

from scrapy import Request, Spider, signals
from scrapy.exceptions import CloseSpider, DontCloseSpider, IgnoreRequest
from scrapy.settings import SETTINGS_PRIORITIES
from scrapy.spidermiddlewares.httperror import HttpError

from crawler.discovery import Fetched, Link, Walk, excluded, read_fetched, read_years, year_of_words
from crawler.discovery.anchors import forwards
from crawler.discovery.discover import lists_reports
from crawler.discovery.urls import host_key
from crawler.items import ReportPage
from crawler.ledger import Ledger
from crawler.registry import Portal, load_registry
from parsers.kinds import PageKind, read_kind
from parsers.model import Page

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from twisted.python.failure import Failure

# A page of these kinds stands in a report's place: the record says what is wrong with it.
_BODILESS = frozenset({"attachment_only", "image_only"})
_UNREADABLE = frozenset({"empty_shell", "challenge"})


class CountyPortals(Spider):
    """Walks portals to their annual reports on the disclosure of government information.

    Arguments (`-a name=value`):

    portals   "demo" for the built-in portals, or a CSV file like crawler/portals.csv (the default)
    division  the beginning of a division code (5001 or 500100): only portals of that place
    years     2020, 2019-2023 or 2019,2021: only reports on these years; links that name others are not asked
    limit     stop after this many report pages in the whole run (attachments do not count)

    Raises RegistryError or ValueError, with one line, when an argument is wrong. Settings: PORTAL_PAGE_BUDGET,
    the number of requests that one portal may cost (2000).
    """

    name = "county_portals"

    def __init__(
        self,
        portals: str | None = None,
        division: str | None = None,
        years: str | None = None,
        limit: str | int | None = None,
        **kwargs: Any,
    ) -> None:
        if kwargs:
            unknown = ", ".join(sorted(kwargs))
            raise ValueError(f"county_portals has no argument {unknown}; it has portals, division, years and limit")
        super().__init__()
        self.years = read_years(years)
        self.limit = _read_limit(limit)
        self._demo: Any = None
        try:
            self.registered = self._load(portals)
            self.portals = _choose(self.registered, division)
        except ValueError:
            self._closed()
            raise
        self.ledger = Ledger(self.years)
        self.walks: dict[str, Walk] = {}
        self.found = 0

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> CountyPortals:
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider._idle, signals.spider_idle)
        crawler.signals.connect(spider._closed, signals.spider_closed)
        spider._hurry_on_loopback()
        budget = crawler.settings.getint("PORTAL_PAGE_BUDGET", 2000)
        latest = datetime.now(UTC).year
        neighbours: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
        for portal in spider.registered:
            for url in (portal.url, *portal.columns):
                neighbours[host_key(url)].append((portal.id, url))
        for portal in spider.portals:
            account = spider.ledger.open(portal.id, portal.name, portal.url)
            places = {host_key(url) for url in (portal.url, *portal.columns)}
            others = [url for place in places for id, url in neighbours[place] if id != portal.id]
            spider.walks[portal.id] = Walk(
                portal.url, portal.columns, account, latest=latest, years=spider.years, budget=budget, others=others
            )
        return spider

    async def start(self) -> AsyncIterator[Request]:
        """Begin every portal with its known columns, else with its front page."""
        for portal in self.portals:
            for request in self._requests(portal.id, self.walks[portal.id].start()):
                yield request

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
        if kind and kind.kind == "list" and link.role in ("report", "page", "root"):
            link = _as_column(link)
        is_report = kind is not None and (
            kind.kind == "report" or (kind.kind in _BODILESS and link.role in ("report", "column"))
        )
        item = self._item(response, page, kind, portal, link, is_report)
        following = walk.arrived(
            link, page, report=is_report or (item is not None and page.is_file), title=kind.title if kind else None
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

    def errback(self, failure: Failure) -> Iterator[Request]:
        """Note why a request came to nothing, and go on."""
        request = failure.request  # type: ignore[attr-defined]
        portal, link = request.cb_kwargs["portal"], request.cb_kwargs["link"]
        if not self._full:
            yield from self._requests(portal, self.walks[portal].failed(link, _reason(failure)))

    # --- what an answer is

    def _kind(self, response: Response, page: Fetched) -> PageKind | None:
        if page.is_file or page.is_data or page.tree is None:
            return None
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
            account.gave_up(page.url, f"not a document but {kind.kind if kind else page.media_type}")
            return None
        elif kind is None:
            if promised:
                account.gave_up(page.url, "empty: neither a page nor a document")
            return None
        elif not is_report and not (promised and kind.kind in _UNREADABLE and not forwards(page)):
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
        )

    def _note(self, account: Any, page: Fetched, kind: PageKind, link: Link) -> None:
        """Say in the ledger why a page that was to be a report, or to lead to some, is neither."""
        reason = f"{kind.kind.replace('_', ' ')}: {kind.reason}"
        if link.role == "report":
            if kind.kind != "list" and not forwards(page):
                account.gave_up(page.url, reason, link.text)
        elif kind.kind in ("challenge", "login", "soft_404") and link.role not in ("root", "list"):
            account.gave_up(page.url, reason)

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
        waiting = [
            request
            for portal, walk in self.walks.items()
            if not walk.finished
            for request in self._requests(portal, walk.resume())
        ]
        for request in waiting:
            self.crawler.engine.crawl(request)
        if waiting:
            raise DontCloseSpider

    def _closed(self) -> None:
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


def _read_limit(limit: str | int | None) -> int | None:
    if limit is None or str(limit).strip() == "":
        return None
    if not str(limit).strip().isdigit() or int(limit) < 1:
        raise ValueError(f"limit: cannot read {limit!r}; write a number of report pages, such as 50")
    return int(limit)


def _choose(portals: list[Portal], division: str | None) -> list[Portal]:
    """Keep the portals of a place: 5001 and 500100 are the same place, 500000 all of its province."""
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
        form=link.body,
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
