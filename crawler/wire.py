"""Scrapy's HTTP/1.1 handler, made for servers that err in every way.

- DOWNLOAD_MAXSIZE bounds the body of an answer and nothing bounds its head: a server that sends header lines
  for as long as it is allowed to fills the memory of the whole run. Here the head has an end too.
- A body beyond DOWNLOAD_MAXSIZE is cut there and handed on, with the flag "download_stopped", so that what came is
  kept as evidence.
- A Content-Length that is too small cuts the page, and nobody hears of it. Where more bytes come with the
  last piece, the answer has the flag "surplus". What comes in a later packet is not seen.
- A header line without a name costs the page in Scrapy and is skipped by every browser; here too. A space before its
  colon does not make another header of it, which without a length would be waited for in vain.
- A Transfer-Encoding other than "chunked" raises a KeyError in Twisted. "identity" says nothing and is passed over; what
  is left and is not "chunked" is refused by its name.
- A TLS handshake that fails is tried again without proof of the certificate, then with old versions; see
  `crawler.certificates`. What it came to stands in `request.meta["tls"]`.
- A host that does not answer is left alone after a while, see `crawler.breaker`.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from scrapy import exceptions, signals
from scrapy.core.downloader.handlers._base_http import BaseHttpDownloadHandler

# Names of Scrapy that it does not promise to keep: requirements.txt pins the version, and the tests with a
# real server fail when one is gone.
from scrapy.core.downloader.handlers.http11 import (
    HTTP11DownloadHandler,
    _LenientHTTP11ClientFactory,
    _LenientHTTP11ClientProtocol,
    _LenientHTTPClientParser,
)
from scrapy.utils.httpobj import urlparse_cached
from twisted.web._newclient import ParseError
from twisted.web.http_headers import InvalidHeaderName

from crawler.breaker import Breaker
from crawler.certificates import LEVELS, context_factories, describe_certificate, is_handshake_failure
from crawler.run import Run
from crawler.status import plain

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

logger = logging.getLogger("gongkai")

#: answers of 1xx before the one that counts
_INTERIM_MOST = 20
#: seconds for which a connection waits for another request. Twisted waits four minutes: a crawl that meets ten new
#: hosts a second would hold 2,400 of them, and a process may have 1,024 open files.
IDLE = 20
#: bytes of status line and headers; browsers stop at a quarter of it
HEAD_LIMIT = 1 << 20


# How the parser tells the handler, which has no other way to each other. Never left in an answer.
_SURPLUS = b"X-Gongkai-Surplus"
_NO_ANSWER = (
    exceptions.CannotResolveHostError,
    exceptions.DownloadConnectionRefusedError,
    exceptions.DownloadTimeoutError,
    exceptions.DownloadFailedError,
)


class HeadTooLarge(Exception):
    """The status line and the headers of an answer are larger than HEAD_LIMIT."""


class _Parser(_LenientHTTPClientParser):
    # On the class: Twisted constructs a parser of its own, which is given this class afterwards.
    _head = 0
    _interim = 0

    def lineReceived(self, line: bytes) -> None:
        self._head += len(line) + 2
        if self._head > HEAD_LIMIT:
            raise HeadTooLarge
        super().lineReceived(line)

    def lineLengthExceeded(self, line: bytes) -> Any:
        raise HeadTooLarge

    def headerReceived(self, name: bytes, value: bytes) -> None:
        try:
            super().headerReceived(name.rstrip(b" \t"), value)  # type: ignore[no-untyped-call]
        except InvalidHeaderName:
            return

    def allHeadersReceived(self) -> None:
        if 100 <= self.response.code < 200:
            self._interim += 1
            if self._interim > _INTERIM_MOST:
                raise ParseError(f"more than {_INTERIM_MOST} interim answers", b"")  # type: ignore[no-untyped-call]
        self._settle_transfer()
        super().allHeadersReceived()  # type: ignore[no-untyped-call]

    def _settle_transfer(self) -> None:
        listed = b",".join(self.connHeaders.getRawHeaders(b"Transfer-Encoding") or [])
        codings = {each.strip().lower() for each in listed.split(b",")} - {b"", b"identity"}
        if codings - {b"chunked"}:
            raise ParseError("unknown Transfer-Encoding", listed)  # type: ignore[no-untyped-call]
        self.connHeaders.removeHeader(b"Transfer-Encoding")
        if codings:
            self.connHeaders.addRawHeader(b"Transfer-Encoding", b"chunked")

    def _finished(self, rest: bytes) -> None:
        # Some servers end each answer with an empty line that they do not count.
        if rest.strip(b"\r\n"):
            self.headers.addRawHeader(_SURPLUS, b"1")
        super()._finished(rest)  # type: ignore[no-untyped-call]


class _Protocol(_LenientHTTP11ClientProtocol):
    def request(self, request: Any) -> Any:
        answer = super().request(request)
        if self._parser is not None:
            self._parser.__class__ = _Parser
        return answer


class _Factory(_LenientHTTP11ClientFactory):
    def buildProtocol(self, addr: Any) -> _Protocol:
        return _Protocol(self._quiescentCallback)  # type: ignore[no-untyped-call]


class _Wire(HTTP11DownloadHandler):
    """One pool of connections, all of one level of trust."""

    def __init__(self, crawler: Crawler, context_factory: Any) -> None:
        super().__init__(crawler)
        self._pool._factory = _Factory
        self._pool.cachedConnectionTimeout = IDLE
        self._contextFactory = context_factory
        self._default_maxsize = 0  # a body that is too large is cut by the handler below, not thrown away


class DownloadHandler(BaseHttpDownloadHandler):
    """For http and https in DOWNLOAD_HANDLERS. A head that is too large fails like any broken answer."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        settings = crawler.settings
        self._run = Run.of(crawler)
        self._wires = [_Wire(crawler, factory) for factory in context_factories(crawler)]
        self._lowest = 0 if settings.getbool("DOWNLOAD_VERIFY_CERTIFICATES") else 1
        self._highest = len(LEVELS) - 1 if settings.getbool("TLS_FALLBACK", True) else self._lowest
        self._levels: dict[str, int] = {}
        self._breaker = Breaker(settings.getint("HOST_FAILURES_MAX", 5), settings.getfloat("HOST_PAUSE", 600))
        self._received: dict[int, int] = {}
        crawler.signals.connect(self._bytes_received, signals.bytes_received)
        # Its lines quote the certificate; ours say the same once a host, in the journal too.
        logging.getLogger("scrapy.core.downloader.tls").setLevel(logging.ERROR)

    async def download_request(self, request: Request) -> Response:
        """Fetch. Raises Scrapy's exceptions of the network, and HostGivenUp."""
        parts = urlparse_cached(request)
        place = f"{parts.hostname}:{parts.port or {'http': 80}.get(parts.scheme, 443)}"
        self._breaker.check(place)
        request.meta.pop("tls", None)
        try:
            response = await self._fetch(request, place, parts.hostname or "")
        except _NO_ANSWER:
            self._breaker.failed(place)
            raise
        finally:
            self._received.pop(id(request), None)
        self._breaker.answered(place)
        if response.headers.pop(_SURPLUS, None):
            response.flags.append("surplus")
        return response

    async def _fetch(self, request: Request, place: str, host: str) -> Response:
        if not request.url.startswith("https:"):
            return await self._wires[0].download_request(request)
        first: Exception | None = None
        for level in range(self._levels.get(place, self._lowest), self._highest + 1):
            try:
                response = await self._wires[level].download_request(request)
            except exceptions.DownloadFailedError as error:
                first = first or error
                if not is_handshake_failure(error):
                    raise
                continue
            self._levels[place] = level
            if LEVELS[level]:
                request.meta["tls"] = LEVELS[level]
                if place not in self._run.tls:
                    fault = describe_certificate(response.certificate, host)
                    self._run.tls[place] = f"{LEVELS[level]} ({plain(fault)})"
                    logger.warning("%s: TLS %s", plain(place), self._run.tls[place])
            return response
        raise first or exceptions.DownloadFailedError("no TLS")

    def _bytes_received(self, data: bytes, request: Request) -> None:
        limit = request.meta.get("read_at_most", self._default_maxsize)
        received = self._received[id(request)] = self._received.get(id(request), 0) + len(data)
        if limit and received > limit:
            raise exceptions.StopDownload(fail=False)

    async def close(self) -> None:
        """Let go of the connections that wait for another request."""
        for wire in self._wires:
            await wire.close()
