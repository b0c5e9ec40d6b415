"""Write down what could not be had, after every retry and redirect is over.

Absence is listed: a page that timed out, a host that is down, an answer of 404, a refusal by
robots.txt or by our own rules each get a line in the run's journal with the reason in plain words.
Whether a page may exist nevertheless decides if the run was complete.

Where a body was cut, was asked for again, and then was refused or did not come at all, what came of it first is handed
on: a part of a page says more than none, and a replay finds it in the archive too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from scrapy import exceptions
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.web._newclient import BadResponseVersion, ParseError

from archive import ArchiveError
from crawler.middlewares.capture import NotArchived
from crawler.middlewares.known import ARCHIVED, stored_response
from crawler.run import Run
from crawler.status import plain
from crawler.tally import Failure
from crawler.wire import HEAD_LIMIT, HeadTooLarge

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

_WORDS: tuple[tuple[type[Exception], str], ...] = (
    (exceptions.CannotResolveHostError, "the host's name cannot be resolved"),
    (exceptions.DownloadConnectionRefusedError, "the host refuses the connection"),
    (exceptions.DownloadTimeoutError, "no whole answer in time"),
    (exceptions.ResponseDataLossError, "the body was cut short"),
    (exceptions.UnsupportedURLSchemeError, "not a web address"),
)


_UNREACHABLE = "unreachable: "
_ODD_REDIRECTS = {304: "without a page in the archive that it could mean"}


class Unreachable(exceptions.IgnoreRequest):
    """An answer that did not come, with the reason in plain words. Raised by `OutcomeMiddleware`."""


class OutcomeMiddleware:
    """The outermost middleware: sees an answer or an error only when nothing else will change it."""

    def __init__(self, crawler: Crawler) -> None:
        self._run = Run.of(crawler)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> OutcomeMiddleware:
        return cls(crawler)

    def process_response(self, request: Request, response: Response) -> Response:
        status = response.status
        if request.meta.get("role") == "robots":
            return response
        if not 200 <= status < 300 and (torn := self._torn(request)):
            self._note(request, f"HTTP {status}, when it was asked for again", True)
            response, status = torn, torn.status
        if 300 <= status < 400:
            self._note(request, f"HTTP {status} {_ODD_REDIRECTS.get(status, 'without a way on')}", status == 304)
        elif not 200 <= status < 400:
            retry = status >= 500 or status < 200 or status in (408, 425, 429)
            self._note(request, f"HTTP {status}", retry)
        elif request.meta.get("truncated") == "length":
            self._note(request, "larger than DOWNLOAD_MAXSIZE; what came until then is kept", False)
        elif request.meta.get("truncated"):
            self._note(request, "the body was cut short", True)
        return response

    def process_exception(self, request: Request, exception: Exception) -> Response | None:
        if isinstance(exception, NotArchived) or request.meta.get("role") == "robots":
            return None
        torn = self._torn(request)
        if isinstance(exception, exceptions.IgnoreRequest):
            reason = str(exception).removeprefix(_UNREACHABLE) or "refused"
            self._note(request, reason, getattr(exception, "worth_a_retry", False))
        else:
            reason = explain(exception, request.url)
            self._note(request, reason, True)
            if torn:
                return torn
            # In these words from here on: the spider writes down what it is told.
            raise Unreachable(_UNREACHABLE + reason) from exception
        return torn

    def _torn(self, request: Request) -> Response | None:
        """What came of a body that was cut, from the archive, where nothing better came when it was asked for again."""
        capture = request.meta.pop("torn", None)
        if capture is None or request.meta.get("role") == "robots":
            return None
        try:
            stored = self._run.archive.load(capture)
        except ArchiveError as error:
            self._run.damage.append(str(error))
            return None
        request.meta["capture"] = capture
        request.meta["truncated"] = stored.truncated
        return stored_response(request, stored.url, stored, ARCHIVED)

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
    if isinstance(error, exceptions.DownloadFailedError):
        return _broken_answer(error)
    text = _short(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _broken_answer(error: Exception) -> str:
    """What was wrong with an answer that began and could not be read to its end."""
    # Twisted keeps the causes in a list, and Scrapy the error of Twisted as the cause of its own.
    reasons = getattr(error.__cause__, "reasons", None) or []
    causes = [getattr(reason, "value", reason) for reason in reasons]
    for cause in causes:
        if isinstance(cause, HeadTooLarge):
            return f"its headers are larger than {HEAD_LIMIT >> 20} MiB"
        if isinstance(cause, ParseError | BadResponseVersion | ValueError):
            return f"not an answer in HTTP: {_short(cause)}"
        if isinstance(cause, ConnectionDone | ConnectionLost):
            return "the connection was closed before there was an answer"
    named = ", ".join(f"{type(cause).__name__}: {_short(cause)}".rstrip(": ") for cause in causes)
    return f"no whole answer ({named or _short(error)})"


def _short(error: BaseException) -> str:
    return plain(error)[:160]


def _guarded(host: str | None) -> str | None:
    """Why the guard refused this host, if it was the guard."""
    import sys

    # Looked up, not imported: importing the reactor would install one where none runs.
    reactor = sys.modules.get("twisted.internet.reactor")
    refused = getattr(getattr(reactor, "nameResolver", None), "refused", {})
    return refused.get(host) if host else None
