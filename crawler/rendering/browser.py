"""The browser: one Chromium for the whole run, started for the first page that needs it, cut off from every network.

scrapy-playwright keeps it: launching, contexts, navigation, its PLAYWRIGHT_… settings. Its handler continues the
requests of a page into the network; here they are answered by the crawl, see `crawler.rendering.drawing`. And so
that what slips past interception (redirects, WebSockets, prefetches) reaches nobody, the browser is started with a proxy
that does not exist, for every address, this machine included.
"""

from __future__ import annotations

import asyncio
import logging
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from playwright.async_api import Error as PlaywrightError
from scrapy import Request
from scrapy_playwright.handler import ScrapyPlaywrightDownloadHandler
from scrapy_playwright.page import PageMethod

from crawler.rendering.drawing import Drawing, NotDrawn
from crawler.status import plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from scrapy.crawler import Crawler

logger = logging.getLogger("gongkai")

#: No name resolves, so the proxy is not found either, and nothing goes without it: not even to this machine.
_CUT_OFF = (
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--proxy-server=socks5://nobody.invalid:1",
    "--proxy-bypass-list=<-loopback>",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--disable-quic",
    "--dns-prefetch-disable",
)
_QUIETLY = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-sync",
    "--no-first-run",
    "--no-pings",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--mute-audio",
    "--js-flags=--max-old-space-size=512",
)
# Two engines that wait for the same page to close would wait for ever: no window of its own, no call out.
_TAMED = "window.open = () => null; for (const name of ['WebSocket', 'WebTransport', 'RTCPeerConnection', 'EventSource', 'SharedWorker']) { try { window[name] = function () { this.close = this.send = this.addEventListener = () => {}; } } catch (e) {} }"
#: seconds that a page, or the browser, may take to go away
_LAST_WORDS = 10.0
#: milliseconds for one navigation; scripts that the crawl fetches with its delay count into it
_NAVIGATION = 120_000


class _Handler(ScrapyPlaywrightDownloadHandler):  # type: ignore[misc]
    """scrapy-playwright's handler, except that no request of a page goes on into the network."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self.drawings: dict[str, Drawing] = {}

    # Named by scrapy-playwright alone: requirements.txt pins it, and the tests with a real browser fail when it is gone.
    def _make_request_handler(self, context_name: str, **told: Any) -> Callable[..., Any]:
        return self.drawings[context_name].answer


class Browser:
    """Draws pages, one at a time. Nothing is started before the first."""

    def __init__(self, crawler: Crawler, executable: str) -> None:
        self._crawler = crawler
        self._executable = executable
        self._handler: _Handler | None = None
        self._one = asyncio.Lock()

    async def draw(self, drawing: Drawing) -> tuple[str, str]:
        """The address where the page ended, and the document as HTML. Raises NotDrawn."""
        async with self._one:
            handler = await self._start()
            name = uuid4().hex
            handler.drawings[name] = drawing
            request = Request(
                drawing.url,
                meta={
                    "playwright": True,
                    "playwright_context": name,
                    "playwright_context_kwargs": {
                        "service_workers": "block",
                        "accept_downloads": False,
                        "user_agent": self._crawler.settings["USER_AGENT"],
                        "locale": "zh-CN",
                        "bypass_csp": True,
                    },
                    "playwright_include_page": True,
                    "playwright_page_init_callback": _tame,
                    "playwright_page_methods": [PageMethod(lambda page: drawing.settle(page))],
                },
            )
            try:
                response = await asyncio.wait_for(handler.download_request(request), drawing.bounds.seconds)
                return response.url, response.text
            except TimeoutError:
                raise NotDrawn(f"it does not come to rest within RENDER_TIMEOUT ({drawing.bounds.seconds:g} s)") from None
            except PlaywrightError as error:
                raise NotDrawn(_say(error)) from error
            finally:
                drawing.over = True
                await self._clear(handler, name)
                handler.drawings.pop(name, None)

    async def close(self) -> None:
        """End the browser. Harmless when none was started."""
        handler, self._handler = self._handler, None
        if handler is not None:
            with suppress(PlaywrightError, TimeoutError):
                await asyncio.wait_for(handler.close(), _LAST_WORDS)

    async def _start(self) -> _Handler:
        if self._handler is not None:
            return self._handler
        logging.getLogger("scrapy-playwright").setLevel(logging.CRITICAL)  # the run's failures say it, in one line
        handler = _Handler(self._crawler)
        options = dict(handler.config.launch_options)
        arguments = [*_CUT_OFF, *_QUIETLY, *options.pop("args", [])]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            # Chromium's own walls need a user other than root. A crawl should not run as root; where it does …
            arguments.append("--no-sandbox")
            logger.warning("The browser runs without its sandbox, because this crawl runs as root; use another user")
        handler.config.launch_options = {"executable_path": self._executable, "headless": True, **options, "args": arguments}
        if handler.config.navigation_timeout_ms is None:
            handler.config.navigation_timeout_ms = _NAVIGATION
        handler.config.target_closed_max_retries = 0
        try:
            await handler._launch()
            await handler._maybe_launch_browser()
        except (PlaywrightError, OSError) as error:
            with suppress(Exception):
                await handler.close()
            raise NotDrawn(f"the browser does not start: {_say(error)}") from error
        logger.info("Started a browser for pages that only a script fills: %s", self._executable)
        self._handler = handler
        return handler

    async def _clear(self, handler: _Handler, name: str) -> None:
        """Close what was opened for a page; where that hangs, with a script that never ends, end the browser."""
        wrapper = handler.context_wrappers.get(name)
        try:
            if wrapper is not None:
                await asyncio.wait_for(wrapper.context.close(), _LAST_WORDS)
        except (PlaywrightError, TimeoutError):
            await self.close()


async def _tame(page: Any, request: Request) -> None:
    await page.add_init_script(_TAMED)
    page.on("popup", lambda popup: asyncio.ensure_future(popup.close()))
    page.on("download", lambda download: asyncio.ensure_future(download.cancel()))


def _say(error: BaseException) -> str:
    lines = [line for line in str(error).splitlines() if line.strip()]
    return plain(lines[0] if lines else type(error).__name__)[:200]
