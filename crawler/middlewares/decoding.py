"""Undo content coding with the archive's own reader, so that a crawl sees what a replay of it will see.

Scrapy's middleware raises on what servers do by mistake (gzip is named and the page itself is sent) and
says nothing of a compressed body that ends early. And some pages name a charset that is none, such as
`idna`: Scrapy asks Python for it, and Python raises. Neither may cost a page that is on disk.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, NoReturn

from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.exceptions import IgnoreRequest
from scrapy.http import TextResponse
from scrapy.responsetypes import responsetypes

from archive.coding import DECODED_LIMIT, decode
from crawler.run import Run
from crawler.tally import Failure

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

logger = logging.getLogger("gongkai")


class TooLarge(IgnoreRequest):
    """A body that inflates beyond DOWNLOAD_MAXSIZE, or beyond what a replay reads."""


class DecodingMiddleware:
    """Hands on the decoded entity; raises TooLarge. Sets `request.meta["truncated"]` when a coding does not end."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._limit = min(crawler.settings.getint("DOWNLOAD_MAXSIZE") or DECODED_LIMIT, DECODED_LIMIT)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> DecodingMiddleware:
        return cls(crawler)

    def process_response(self, request: Request, response: Response) -> Response | Request:
        """Decode, and have a body sent again whose coding ends early."""
        codings = b", ".join(response.headers.getlist("Content-Encoding"))
        if codings and response.body and request.method != "HEAD":
            decoded = decode(response.body, codings.decode("latin-1"), self._limit)
            if decoded.truncated == "length":
                self._give_up(request, decoded.damage or "too large")
            del response.headers["Content-Encoding"]
            kind = responsetypes.from_args(headers=response.headers, url=response.url, body=decoded.body)
            # None: what Scrapy took the compressed bytes for is forgotten.
            encoding = {"encoding": None} if issubclass(kind, TextResponse) else {}
            response = response.replace(cls=kind, body=decoded.body, **encoding)
            if decoded.damage:
                logger.debug("%s: %s", response.url, decoded.damage)
                request.meta["truncated"] = request.meta.get("truncated") or decoded.truncated
                spider = self._crawler.spider
                if response.status == 200 and spider is not None:
                    again = get_retry_request(request, spider=spider, reason="body cut short")
                    if again:
                        again.meta["torn"] = request.meta.get("capture")
                        return again
        return _readable(response)

    def _give_up(self, request: Request, reason: str) -> NoReturn:
        # What is raised on an answer's way up is heard by no other middleware.
        meta = request.meta
        if meta.get("role") != "robots":
            note = Failure(request.url, reason, meta.get("portal"), meta.get("role"), worth_a_retry=True)
            Run.of(self._crawler).note_failure(note)
        raise TooLarge(f"unreachable: {reason}")


def _readable(response: Response) -> Response:
    if isinstance(response, TextResponse):
        try:
            _ = response.text
        except (LookupError, ValueError):
            # Only Scrapy's own reading of the text: the parsers look at the bytes and at the header.
            return response.replace(encoding="utf-8")
    return response
