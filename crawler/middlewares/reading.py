"""Read each page once, in a process that can be killed, before the spider sees it.

What a page is and what its record says are found out together, see `crawler.workers`. The spider
gets the kind, the pipelines get the record; and a page that stopped its reader reaches no other parser of
ours: it goes straight to the dataset as `unreadable`, with the reason.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urldefrag

from scrapy.exceptions import IgnoreRequest

from archive.exchange import charset_of
from crawler.items import ReportPage
from crawler.media import media_type_of
from crawler.reading import SavedPage, cut_saved
from crawler.run import Run
from crawler.tally import Failure
from crawler.workers import Done

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response


class Unread(IgnoreRequest):
    """A page that stopped its reader. Raised by `UnreadMiddleware` in place of the callback."""


class ReadingMiddleware:
    """Leaves in `request.meta`: `kind` (a `parsers.kinds.PageKind`), or `unread` (why the page could not be read).

    Only for the requests of a portal's walk, which have a role.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._run = Run.of(crawler)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> ReadingMiddleware:
        return cls(crawler)

    async def process_response(self, request: Request, response: Response) -> Response:
        role = request.meta.get("role")
        if role in (None, "robots", "rendering") or not 200 <= response.status < 300 or not response.body:
            return response
        for key in ("kind", "unread"):
            request.meta.pop(key, None)
        page = arrived_page(request, response)
        done: Done = await asyncio.wrap_future(self._run.workers.submit("arrived", page, role))
        if done.cut is not None:
            request.meta["unread"] = done.cut
            self._run.readings_ahead.put(page.url, page.body, cut_saved(page, done.cut))
            note = Failure(request.url, done.cut, request.meta.get("portal"), role, worth_a_retry=False)
            self._run.note_failure(note)
            return response
        kind, record = done.value
        request.meta["kind"] = kind
        if record is not None:
            self._run.readings_ahead.put(page.url, page.body, record)
        return response


class UnreadMiddleware:
    """A spider middleware: keeps a page that stopped its reader from the spider, and yields its item itself."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> UnreadMiddleware:
        return cls()

    def process_spider_input(self, response: Response) -> None:
        if why := response.meta.get("unread"):
            raise Unread(f"unreachable: {why}")

    async def process_spider_output(self, response: Response, result: AsyncIterator[Any]) -> AsyncIterator[Any]:
        async for each in result:
            yield each
        if response.meta.get("unread") and response.request is not None:
            yield _item(response.request, response)


def arrived_page(request: Request, response: Response) -> SavedPage:
    """An answer as a page to read, under the address that its item will have."""
    header = b", ".join(response.headers.getlist("Content-Type")).decode("latin-1")
    return SavedPage(
        body=response.body,
        # The wire carries no fragment; where it chooses what is shown, it still belongs to the address.
        url=request.url if urldefrag(request.url).url == response.url else response.url,
        media_type=media_type_of(response.body, header),
        charset=charset_of(header),
        fetched=request.meta.get("fetched"),
        portal=request.meta.get("portal"),
        official=True,
        attachment_of=request.meta.get("attachment_of"),
        truncated=request.meta.get("truncated"),
        rendered=bool(request.meta.get("rendered")),
    )


def _item(request: Request, response: Response) -> ReportPage:
    page = arrived_page(request, response)
    return ReportPage(
        url=page.url,
        body=page.body,
        media_type=page.media_type,
        charset=page.charset,
        fetched=page.fetched,
        portal=page.portal,
        official=True,
        anchor=request.meta.get("anchor") or "",
        via=request.meta.get("via"),
        attachment_of=page.attachment_of,
    )
