"""Scrapy's HTTP/1.1 handler with an end to the headers.

DOWNLOAD_MAXSIZE bounds the body of an answer and nothing bounds its head: a server that sends header lines
for as long as it is allowed to fills the memory of the whole run. A header line without a name, on the
other hand, costs the page in Scrapy and is skipped by every browser; here too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

# Names of Scrapy that it does not promise to keep: requirements.txt pins the version, and the tests with a
# real server fail when one is gone.
from scrapy.core.downloader.handlers.http11 import (
    HTTP11DownloadHandler,
    _LenientHTTP11ClientFactory,
    _LenientHTTP11ClientProtocol,
    _LenientHTTPClientParser,
)
from twisted.web.http_headers import InvalidHeaderName

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

#: bytes of status line and headers; browsers stop at a quarter of it
HEAD_LIMIT = 1 << 20


class HeadTooLarge(Exception):
    """The status line and the headers of an answer are larger than HEAD_LIMIT."""


class _Parser(_LenientHTTPClientParser):
    # On the class: Twisted constructs a parser of its own, which is given this class afterwards.
    _head = 0

    def lineReceived(self, line: bytes) -> None:
        self._head += len(line) + 2
        if self._head > HEAD_LIMIT:
            raise HeadTooLarge
        super().lineReceived(line)

    def lineLengthExceeded(self, line: bytes) -> Any:
        raise HeadTooLarge

    def headerReceived(self, name: bytes, value: bytes) -> None:
        try:
            super().headerReceived(name, value)  # type: ignore[no-untyped-call]
        except InvalidHeaderName:
            return


class _Protocol(_LenientHTTP11ClientProtocol):
    def request(self, request: Any) -> Any:
        answer = super().request(request)
        if self._parser is not None:
            self._parser.__class__ = _Parser
        return answer


class _Factory(_LenientHTTP11ClientFactory):
    def buildProtocol(self, addr: Any) -> _Protocol:
        return _Protocol(self._quiescentCallback)  # type: ignore[no-untyped-call]


class DownloadHandler(HTTP11DownloadHandler):
    """For http and https in DOWNLOAD_HANDLERS. A head that is too large fails like any broken answer."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._pool._factory = _Factory
