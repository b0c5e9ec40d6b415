"""Ask for a report again only if it has changed since it was last archived.

A second crawl of a portal meets the same reports. With the validators of the last capture
(RFC 9110, 13.1) most servers answer 304 and send nothing; the archive keeps that answer, and the
spider gets the page from the archive, marked "unchanged".
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from archive import ArchiveError
from crawler.middlewares.known import stored_response
from crawler.run import Run

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

    from archive import Stored

logger = logging.getLogger("gongkai")

#: Roles of pages that are asked for conditionally. Front pages and lists are not: they are short, and
#: a server that says 304 for them by mistake would hide every new report.
_ROLES = frozenset({"report", "attachment"})


class UnchangedMiddleware:
    """Adds If-None-Match and If-Modified-Since to requests for reports, and answers a 304 from the archive."""

    def __init__(self, crawler: Crawler) -> None:
        self._run = Run.of(crawler)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> UnchangedMiddleware:
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        for name in ("If-None-Match", "If-Modified-Since"):
            request.headers.pop(name, None)  # a redirect copies them to another URL
        if request.meta.get("role") not in _ROLES or request.method != "GET" or request.meta.get("retry_times"):
            return
        stored = self._last_whole(request.url)
        if stored is None:
            return
        if etag := stored.header("ETag"):
            request.headers["If-None-Match"] = etag
        if modified := stored.header("Last-Modified"):
            request.headers["If-Modified-Since"] = modified

    def process_response(self, request: Request, response: Response) -> Response:
        if response.status != 304:
            return response
        stored = self._last_whole(response.url)
        if stored is None:
            return response
        return stored_response(
            request, response.url, stored, "unchanged", ip_address=response.ip_address, protocol=response.protocol
        )

    def _last_whole(self, url: str) -> Stored | None:
        """The newest whole 200 answer of this URL; None when there is none or it cannot be read."""
        try:
            capture = self._run.archive.latest(url, 200)
            stored = self._run.archive.load(capture) if capture is not None else None
            return stored if stored is not None and not stored.truncated else None
        except ArchiveError as error:
            # Damage in an old file is a matter for `scrapy verify`; the page is simply fetched anew.
            logger.warning("%s", error)
            self._run.damage.append(str(error))
        return None
