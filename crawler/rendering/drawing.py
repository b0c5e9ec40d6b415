"""One page while it is drawn: what it asks for, what it gets, and when it has come to rest.

The browser never connects to anybody. Each request that the page makes is stopped before it leaves the browser and
made by the crawl instead, as any other: on the portal's own hosts only, at public addresses only, after
robots.txt and the delay, bounded in size, and archived as it crossed the wire. What the rules refuse, the page
does not get.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Any
from urllib.parse import urldefrag

from scrapy import Request
from scrapy.exceptions import IgnoreRequest
from scrapy.http.request import NO_CALLBACK

from crawler.middlewares.capture import NotArchived
from crawler.middlewares.outcome import explain
from crawler.middlewares.scope import OutOfScope
from crawler.status import plain

if TYPE_CHECKING:
    from scrapy.http import Response

logger = logging.getLogger("gongkai")

#: The role of what a page asked for, in the archive: it belongs to a page and is none itself.
ROLE = "rendering"

#: Kinds of requests, in the browser's words, that no text needs.
_NEVER = frozenset({"image", "media", "font", "websocket", "eventsource", "manifest", "texttrack", "ping", "cspviolationreport", "prefetch"})
#: Those that carry what a page says. One of them that is missing leaves a hole that nobody sees.
_DATA = frozenset({"xhr", "fetch", "script", "document"})
_METHODS = frozenset({"GET", "HEAD", "POST"})
#: Request headers of the page that are passed on. No cookies: what needs them is a login or a check.
_PASSED_ON = frozenset({"accept", "content-type", "referer", "x-requested-with"})
_OF_THE_WIRE = frozenset({b"content-encoding", b"transfer-encoding", b"content-length", b"set-cookie", b"connection", b"strict-transport-security"})
#: How often a page gets the same answer again before it is taken for one that asks for ever.
_REPEATS = 20
#: seconds without an answer after which a page is at rest; and where it has hardly any text yet
_QUIET, _QUIET_WITHOUT_TEXT = 1.0, 4.0
_HARDLY_ANY = 40
_TEXT_LENGTH = "() => (document.body ? document.body.innerText.length : 0)"
_DOM_LENGTH = "() => document.documentElement.outerHTML.length"

Ask = Callable[[Request], Awaitable[Any]]


class NotDrawn(Exception):
    """A page that could not be drawn. The text says why, in one line."""


@dataclass(frozen=True)
class Bounds:
    """What drawing one page may cost: answers, bytes of bodies (and of the document), seconds on the clock."""

    requests: int = 60
    bytes: int = 24 << 20
    seconds: float = 300.0


@dataclass
class Drawing:
    """One page. `document` is what the server sent for it, `ask` makes a request of the crawl.

    `lacks` says what the page asked for and could not have although it may hold text; `refused` counts the hosts
    that it was kept from. `allow` raises OutOfScope.
    """

    request: Request
    document: Response
    ask: Ask
    allow: Callable[[Request], None]
    bounds: Bounds
    shelf: dict[str, Response] = field(default_factory=dict)
    lacks: list[str] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    log: list[tuple[str, str]] = field(default_factory=list)
    over: bool = False
    _asked: int = 0
    _bytes: int = 0
    _pending: int = 0
    _begun: bool = False
    _last: float = field(default_factory=monotonic)
    _known: dict[str, Response] = field(default_factory=dict)
    _times: Counter[str] = field(default_factory=Counter)
    _under_way: dict[str, asyncio.Future[Response | None]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Where the page stands, with the fragment that it was asked for with."""
        url = self.request.url
        return url if urldefrag(url).url == self.document.url else self.document.url

    async def answer(self, route: Any, asked: Any) -> None:
        """Answer a request of the page: `route` and `asked` are Playwright's. Never raises."""
        self._pending += 1
        try:
            outcome = await self._answer(route, asked)
        except Exception as error:
            # The page went away while it waited, or Playwright did: the page's loss is noted, the crawl goes on.
            outcome = f"failed: {type(error).__name__}"
            with suppress(Exception):
                await route.abort()
        finally:
            self._pending -= 1
            self._last = monotonic()
        self.log.append((asked.url, outcome))
        logger.debug("%s: %s %s: %s", plain(self.url), asked.resource_type, plain(asked.url), outcome)

    async def settle(self, page: Any) -> None:
        """Wait until the page neither waits for an answer nor changes. The caller bounds the time."""
        length = -1
        while True:
            await asyncio.sleep(0.25)
            text = await page.evaluate(_TEXT_LENGTH)
            if text != length:
                length, self._last = text, max(self._last, monotonic() - 0.5)
            quiet = _QUIET if length >= _HARDLY_ANY else _QUIET_WITHOUT_TEXT
            if not self._pending and monotonic() - self._last >= quiet:
                break
        if await page.evaluate(_DOM_LENGTH) > self.bounds.bytes:
            raise NotDrawn(f"the document as drawn is larger than {self.bounds.bytes >> 20} MiB")

    # --- one request

    async def _answer(self, route: Any, asked: Any) -> str:
        kind, url, method = asked.resource_type, urldefrag(asked.url).url, asked.method.upper()
        if self.over or kind in _NEVER or method not in _METHODS:
            await route.abort()
            return "not needed"
        if kind == "stylesheet":
            await route.fulfill(status=200, content_type="text/css", body="")
            return "not needed"
        if not self._begun and asked.is_navigation_request() and asked.frame.parent_frame is None:
            self._begun = True
            return await self._fulfil(route, self.document)
        if asked.is_navigation_request() and len(asked.frame.page.context.pages) > 1 and asked.frame.page.url == "about:blank":
            await route.abort()
            return "a window of its own"
        key = f"{method} {url} {asked.post_data_buffer or b''!r}"
        self._times[key] += 1
        if self._times[key] > _REPEATS:
            await route.abort()
            return "asked for too often"
        response = self._known.get(key) or (self.shelf.get(url) if method == "GET" else None)
        if response is None:
            response = await self._fetch(key, url, method, asked)
        if response is None:
            await route.abort()
            return "refused"
        self._known[key] = response
        if kind == "script" and response.status == 200 and len(response.body) < 1 << 20:
            self.shelf[url] = response
        return await self._fulfil(route, response)

    async def _fetch(self, key: str, url: str, method: str, asked: Any) -> Response | None:
        """Have the crawl ask, once for each question; None when the page does not get it."""
        if key in self._under_way:
            return await self._under_way[key]
        waiting = self._under_way[key] = asyncio.get_running_loop().create_future()
        response = None
        try:
            response = await self._ask(url, method, asked)
        finally:
            waiting.set_result(response)
            del self._under_way[key]
        return response

    async def _ask(self, url: str, method: str, asked: Any) -> Response | None:
        meta = {
            "portal": self.request.meta.get("portal"),
            "role": ROLE,
            "via": urldefrag(self.url).url,
            "source": "browser",
            "download_maxsize": max(1, self.bounds.bytes - self._bytes),
        }
        headers = {name: value for name, value in asked.headers.items() if name in _PASSED_ON}
        try:
            request = Request(
                url, method=method, headers=headers, body=asked.post_data_buffer or b"", meta=meta, callback=NO_CALLBACK, priority=100
            )
            self.allow(request)
        except (OutOfScope, ValueError) as error:
            self.refused[str(error)] += 1
            if asked.resource_type in ("xhr", "fetch", "document"):
                self._lack(url, str(error))
            return None
        if self._asked >= self.bounds.requests:
            self._lack(url, f"the page asks for more than RENDER_REQUESTS ({self.bounds.requests})")
            return None
        if self._bytes >= self.bounds.bytes:
            self._lack(url, f"the page asks for more than {self.bounds.bytes >> 20} MiB")
            return None
        self._asked += 1
        try:
            response: Response = await self.ask(request)
        except NotArchived:
            raise
        except IgnoreRequest as error:
            self._missing(asked, url, str(error) or "refused")
            return None
        except Exception as error:
            self._missing(asked, url, explain(error, url))
            return None
        self._bytes += len(response.body)
        told = response.meta if response.request is not None else meta
        if told.get("truncated") or self._bytes > self.bounds.bytes:
            self._missing(asked, url, "its body was cut short")
            return None
        if response.status >= 500 or response.status == 429:
            self._missing(asked, url, f"HTTP {response.status}")
        return response

    def _missing(self, asked: Any, url: str, why: str) -> None:
        if asked.resource_type in _DATA:
            self._lack(url, why.removeprefix("unreachable: "))

    def _lack(self, url: str, why: str) -> None:
        line = f"{plain(url)[:150]}: {plain(why)}"
        if line not in self.lacks and len(self.lacks) < 20:
            self.lacks.append(line)

    async def _fulfil(self, route: Any, response: Response) -> str:
        headers = {
            name.decode("latin-1"): b", ".join(values).decode("latin-1")
            for name, values in response.headers.items()
            if name.lower() not in _OF_THE_WIRE
        }
        # The portal's hosts are one place to us; a browser takes www and the bare name for two.
        headers.setdefault("Access-Control-Allow-Origin", "*")
        await route.fulfill(status=response.status, headers=headers, body=response.body)
        return f"HTTP {response.status}"
