"""Scrapy's redirects, with every one that leads nowhere written down.

Scrapy gives up on a circle, and trips over a Location that is no address, where no other middleware
hears of it: the page would be missing and the run would count as complete.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from scrapy.downloadermiddlewares import redirect
from scrapy.exceptions import IgnoreRequest

from crawler.middlewares.outcome import Unreachable
from crawler.run import Run
from crawler.status import plain
from crawler.tally import Failure

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response


class RedirectMiddleware(redirect.RedirectMiddleware):
    """Raises Unreachable when a redirect cannot be followed."""

    def process_response(self, request: Request, response: Response, spider: Any = None) -> Request | Response:
        return _follow(super().process_response, request, response, self.crawler)


class MetaRefreshMiddleware(redirect.MetaRefreshMiddleware):
    """Raises Unreachable when a refresh cannot be followed."""

    def process_response(self, request: Request, response: Response, spider: Any = None) -> Request | Response:
        return _follow(super().process_response, request, response, self.crawler)


def _follow(
    follow: Callable[..., Request | Response], request: Request, response: Response, crawler: Crawler
) -> Request | Response:
    try:
        return follow(request, response)
    except IgnoreRequest as error:
        reason = f"it redirects in a circle or too often ({plain(error)[:160]})"
    except ValueError as error:
        reason = f"it redirects to what is no web address ({plain(error)[:160]})"
    meta = request.meta
    if meta.get("role") != "robots":
        note = Failure(request.url, reason, meta.get("portal"), meta.get("role"), worth_a_retry=True)
        Run.of(crawler).note_failure(note)
    raise Unreachable(f"unreachable: {reason}")
