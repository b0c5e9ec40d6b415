"""Write every exchange into the archive, as it crossed the wire, before anybody reads it.

It stands nearest the wire: bodies are still compressed, every hop of a redirect, every answer that
will be asked for again, robots.txt and errors pass here. What the archive has not acknowledged goes
no further: when it cannot be written, the crawl ends.
"""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.exceptions import IgnoreRequest

from archive import ArchiveError, Exchange
from crawler.middlewares.known import ARCHIVED
from crawler.run import Run

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

logger = logging.getLogger("gongkai")

_CLOSING_TAG = re.compile(rb"</\s*html\s*>", re.IGNORECASE)

#: Keys of `request.meta` that go into the WARC metadata record, and their names there.
_TOLD = {"portal": "portal", "via": "via", "anchor": "anchor", "role": "role", "attachment_of": "attachment-of", "tls": "tls", "source": "source"}


class NotArchived(IgnoreRequest):
    """An answer that is not on disk, and so does not exist for the rest of the crawl."""


class CaptureMiddleware:
    """Raises NotArchived, and ends the crawl with the reason "archive", when the disk refuses.

    Leaves in `request.meta`: `torn` of one that is sent again (the capture of what came), `capture` (the `archive.Capture`), `fetched` (ISO 8601, UTC, to the
    second) and `truncated` (why the body is not whole, or None).
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._run = Run.of(crawler)
        # Now, not with the first answer: a locked archive must stop the crawl before it dials anybody.
        _ = self._run.archive

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> CaptureMiddleware:
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        if self._run.archive_error is not None:
            raise NotArchived("the archive cannot be written")

    async def process_response(self, request: Request, response: Response) -> Response | Request:
        """Archive an answer, and have it sent again when its body was cut short."""
        if "cached" in response.flags or ARCHIVED in response.flags:
            return response
        fetched = datetime.now(UTC)
        truncated = find_tear(response)
        exchange = Exchange(
            url=response.url,
            method=request.method,
            request_headers=_pairs(request),
            request_body=request.body,
            status=response.status,
            reason=_reason(response.status),
            response_headers=_pairs(response),
            body=response.body,
            fetched=fetched,
            ip=str(response.ip_address) if response.ip_address else None,
            protocol=response.protocol,
            truncated=truncated,
            metadata=_metadata(request),
        )
        try:
            capture = await self._run.keeping.record(exchange)
        except ArchiveError as error:
            self._run.stop_for(error)
            raise NotArchived("the archive cannot be written") from error
        self._run.captures += 1
        request.meta["capture"] = capture
        request.meta["fetched"] = fetched.strftime("%Y-%m-%dT%H:%M:%SZ")
        request.meta["truncated"] = truncated
        spider = self._crawler.spider
        # One that was too large would be too large again.
        if truncated not in (None, "length") and response.status == 200 and spider is not None:
            again = get_retry_request(request, spider=spider, reason="body cut short")
            if again:
                again.meta["torn"] = capture
            return again or response
        return response


def find_tear(response: Response) -> str | None:
    """Why a body is not whole, in the words of WARC-Truncated; None when nothing speaks against it.

    Without a length, a body ends when the connection does, and so does half a body. HTML that is
    sent in this way and does not close its root element is taken as cut.
    """
    if "dataloss" in response.flags:
        return "disconnect"
    if "download_stopped" in response.flags:
        return "length"  # it is longer than DOWNLOAD_MAXSIZE
    if "surplus" in response.flags:
        return "unspecified"  # its Content-Length is too small, and what it counts is not the page
    if response.status == 206:
        return "unspecified"  # a part was sent although the whole was asked for
    if "partial" not in response.flags or response.headers.get("Content-Encoding"):
        return None  # a compressed body carries its own end, which its reader checks
    if b"html" not in (response.headers.get("Content-Type") or b"html").lower():
        return None
    tail = response.body[-4096:]
    return None if _CLOSING_TAG.search(tail) or b"<html" not in response.body[:4096].lower() else "unspecified"


def _pairs(message: Any) -> list[tuple[bytes, bytes]]:
    return [(name, value) for name, values in message.headers.items() for value in values]


def _reason(status: int) -> str:
    # The HTTP library does not hand over the phrase that was sent; RFC 9110's stands in for it.
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _metadata(request: Request) -> dict[str, str]:
    told = {name: str(request.meta[key]) for key, name in _TOLD.items() if request.meta.get(key)}
    if "depth" in request.meta:
        told["depth"] = str(request.meta["depth"])
    if redirects := request.meta.get("redirect_urls"):
        told["via"] = redirects[-1]
    return told
