"""Write down what could not be had, after every retry and redirect is over.

Absence is listed: a page that timed out, a host that is down, an answer of 404, a refusal by
robots.txt or by our own rules each get a line in the run's journal with the reason in plain words.
Whether a page may exist nevertheless decides if the run was complete.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from scrapy import exceptions

from crawler.middlewares.capture import NotArchived
from crawler.run import Failure, Run

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

_WORDS: tuple[tuple[type[Exception], str], ...] = (
    (exceptions.CannotResolveHostError, "the host's name cannot be resolved"),
    (exceptions.DownloadConnectionRefusedError, "the host refuses the connection"),
    (exceptions.DownloadTimeoutError, "no whole answer in time"),
    (exceptions.DownloadCancelledError, "larger than DOWNLOAD_MAXSIZE"),
    (exceptions.ResponseDataLossError, "the body was cut short"),
    (exceptions.UnsupportedURLSchemeError, "not a web address"),
)


class OutcomeMiddleware:
    """The outermost middleware: sees an answer or an error only when nothing else will change it."""

    def __init__(self, crawler: Crawler) -> None:
        self._run = Run.of(crawler)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> OutcomeMiddleware:
        return cls(crawler)

    def process_response(self, request: Request, response: Response) -> Response:
        if response.status >= 400 and request.meta.get("role") != "robots":
            retry = response.status >= 500 or response.status in (408, 425, 429)
            self._note(request, f"HTTP {response.status}", retry)
        elif response.status == 200 and request.meta.get("truncated"):
            self._note(request, "the body was cut short", True)
        return response

    def process_exception(self, request: Request, exception: Exception) -> None:
        if isinstance(exception, NotArchived) or request.meta.get("role") == "robots":
            return
        if isinstance(exception, exceptions.IgnoreRequest):
            self._note(request, str(exception) or "refused", getattr(exception, "worth_a_retry", False))
        else:
            self._note(request, explain(exception, request.url), True)

    def _note(self, request: Request, reason: str, worth_a_retry: bool) -> None:
        meta = request.meta
        self._run.note_failure(Failure(request.url, reason, meta.get("portal"), meta.get("role"), worth_a_retry))


def explain(error: Exception, url: str = "") -> str:
    """An error of the network in words for people, in one line.

    >>> explain(exceptions.DownloadTimeoutError("Getting http://…"))
    'no whole answer in time'
    """
    if isinstance(error, exceptions.CannotResolveHostError) and (reason := _guarded(urlsplit(url).hostname)):
        return reason
    for kind, words in _WORDS:
        if isinstance(error, kind):
            return words
    text = " ".join(str(error).split())[:200]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _guarded(host: str | None) -> str | None:
    """Why the guard refused this host, if it was the guard."""
    import sys

    # Looked up, not imported: importing the reactor would install one where none runs.
    reactor = sys.modules.get("twisted.internet.reactor")
    refused = getattr(getattr(reactor, "nameResolver", None), "refused", {})
    return refused.get(host) if host else None
