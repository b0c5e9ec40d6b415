"""The real spider over a composed site, without a socket: what it asks, what it takes for a report."""

from __future__ import annotations

import heapq
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from scrapy import Request
from scrapy.exceptions import CloseSpider, IgnoreRequest
from scrapy.http import HtmlResponse, Response, TextResponse
from scrapy.spidermiddlewares.httperror import HttpError
from scrapy.utils.test import get_crawler
from twisted.python.failure import Failure

from crawler.discovery import same_page
from crawler.items import ReportPage
from crawler.ledger import PortalLedger
from crawler.spiders.county_portals import CountyPortals

from .county import HOST, County
from .serving import Asked, Served


@dataclass
class Visit:
    """What a walk over a county came to. `asked` are (method, url, body) in order, `found` the reports' addresses."""

    county: County
    account: PortalLedger
    spider: CountyPortals
    asked: list[tuple[str, str, bytes]] = field(default_factory=list)
    found: list[str] = field(default_factory=list)
    attachments: list[str] = field(default_factory=list)

    @property
    def missed(self) -> list[str]:
        """Reports of the county that were not found under any of their addresses."""
        have = {same_page(url) for url in self.found}
        return [
            target
            for target in self.county.expected
            if not have & {same_page(HOST + other) for other in (target, *self.county.twins.get(target, ()))}
        ]

    @property
    def recall(self) -> float:
        return 1 - len(self.missed) / max(len(self.county.expected), 1)

    @property
    def useful(self) -> int:
        """Requests that brought a report or its attachment."""
        return len(self.found) + len(self.attachments)

    @property
    def harvest(self) -> float:
        """Report pages (and their attachments) over everything that was asked."""
        return self.useful / max(len(self.asked), 1)

    @property
    def repeated(self) -> int:
        return sum(times - 1 for times in Counter(self.asked).values())

    @property
    def copies(self) -> int:
        """Report pages that are other addresses of one that was fetched already."""
        owner = {same_page(HOST + t): first for first, twins in self.county.twins.items() for t in (first, *twins)}
        kept = [owner.get(same_page(url), same_page(url)) for url in self.found]
        return len(kept) - len(set(kept))


def visit(county: County, *, columns: tuple[str, ...] = (), years: str | None = None, budget: int = 2000) -> Visit:
    """Walk a county from its front page, or from known columns, until nothing is left to ask."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "portals.csv"
        addresses = " ".join(HOST + column for column in columns)
        file.write_text(f"id,name,url,column_url\nqx,青溪县人民政府,{HOST}/,{addresses}\n", encoding="utf-8")
        crawler = get_crawler(CountyPortals, {"PORTAL_PAGE_BUDGET": budget})
        spider = CountyPortals.from_crawler(crawler, portals=str(file), years=years)
    seen = Visit(county, spider.ledger.portal("qx"), spider)
    queue: list[tuple[int, int, Request]] = []
    order = count()

    def take(results: object) -> None:
        try:
            for result in results:  # type: ignore[attr-defined]
                if isinstance(result, ReportPage):
                    (seen.attachments if result.attachment_of else seen.found).append(result.url)
                else:
                    heapq.heappush(queue, (-result.priority, next(order), result))
        except CloseSpider:
            queue.clear()

    take(spider._requests("qx", spider.walks["qx"].start()))
    while queue:
        request = heapq.heappop(queue)[2]
        seen.asked.append((request.method, request.url, request.body))
        take(_exchange(county, spider, request))
        if not queue:
            take(spider._requests("qx", spider.walks["qx"].resume()))
    return seen


def _exchange(county: County, spider: CountyPortals, request: Request) -> object:
    now = request
    for _ in range(5):
        parts = urlsplit(now.url)
        if f"{parts.scheme}://{parts.netloc}" != HOST:
            return _fail(spider, request, IgnoreRequest("off-site"))
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        if any(target.startswith(path) for path in county.disallowed):
            return _fail(spider, request, IgnoreRequest("Forbidden by robots.txt"))
        headers = {name.decode().lower(): values[-1].decode() for name, values in now.headers.items()}
        served = county.site.answer(Asked(now.method, target, now.body, headers))
        if not served.location:
            break
        now = now.replace(url=urljoin(now.url, served.location))
    response = _response(now, served).replace(request=request)
    if served.status >= 400:
        return _fail(spider, request, HttpError(response))
    return spider.parse(response, **request.cb_kwargs)


def _response(request: Request, served: Served) -> Response:
    textual = served.media_type.startswith("text/html")
    kind = HtmlResponse if textual else TextResponse if "json" in served.media_type else Response
    return kind(request.url, status=served.status, headers={"Content-Type": served.media_type}, body=served.body)


def _fail(spider: CountyPortals, request: Request, error: Exception) -> object:
    failure = Failure(error)
    failure.request = request  # type: ignore[attr-defined]
    return spider.errback(failure)
