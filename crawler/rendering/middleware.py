"""Have a page drawn where the server sent only the script that draws it.

It stands outside the reading of pages: a page that was read and found to be an empty shell, or a column whose frame is
there and whose list is not, and that leads to nothing that can be asked for directly, is drawn by a browser. What comes of it is archived, read in the shell's place, and the spider
never sees the shell. Without a browser, or without the setting RENDER, the shell goes on as it is, and the run's
failures say what it needs.
"""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urldefrag

from scrapy import signals
from scrapy.exceptions import UsageError
from scrapy.http import HtmlResponse

from archive import ArchiveError, RenderedPage
from archive.exchange import dom_url
from crawler.discovery import Hosts, Standing, discover, read_fetched
from crawler.discovery.anchors import forwards
from crawler.discovery.families import organ_year
from crawler.middlewares.capture import NotArchived
from crawler.middlewares.known import ARCHIVED
from crawler.middlewares.reading import ReadingMiddleware
from crawler.middlewares.scope import OutOfScope, ScopeMiddleware
from crawler.rendering.available import NoBrowser, find_browser
from crawler.rendering.drawing import ROLE, Bounds, Drawing, NotDrawn
from crawler.run import Run
from crawler.status import plain
from crawler.tally import Failure

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

    from archive import Capture
    from crawler.rendering.browser import Browser

logger = logging.getLogger("gongkai")

#: The flag of an answer that is a document as a browser drew it.
RENDERED = "rendered"
_HEADERS = {"Content-Type": "text/html; charset=utf-8"}
#: bytes of scripts that are kept for the next page of the run: most pages of a portal load the same ones
_SHELF = 32 << 20


class RenderingMiddleware:
    """Replaces empty shells. Leaves in `request.meta`: `rendered`, and `capture`, `fetched` and `truncated` of the document.

    Settings: RENDER, RENDER_LIMIT (pages a portal), RENDER_REQUESTS, RENDER_BYTES and RENDER_TIMEOUT (a page each),
    RENDER_BROWSER, and those of scrapy-playwright. Raises UsageError for a limit that is no number.
    """

    def __init__(self, crawler: Crawler) -> None:
        settings = crawler.settings
        self._crawler = crawler
        self._run = Run.of(crawler)
        self._reading = ReadingMiddleware.from_crawler(crawler)
        self._scope = ScopeMiddleware.from_crawler(crawler)
        self._drawn: Counter[str] = Counter()
        self._shelf: dict[str, Response] = {}
        self._browser: Browser | None = None
        self._wanting: str | None = None
        self._executable: str | None = None
        try:
            self._limit = settings.getint("RENDER_LIMIT", 50)
            requests, size = settings.getint("RENDER_REQUESTS", 60), settings.getint("RENDER_BYTES", 24 << 20)
            self._bounds = Bounds(requests, size, settings.getfloat("RENDER_TIMEOUT", 300))
        except ValueError:
            raise UsageError("RENDER_LIMIT, RENDER_REQUESTS, RENDER_BYTES and RENDER_TIMEOUT are numbers", print_help=False) from None
        if settings.getbool("RENDER"):
            try:
                self._executable = find_browser(settings)
                crawler.signals.connect(self.spider_closed, signals.spider_closed)
            except NoBrowser as error:
                self._wanting = str(error)
                logger.warning("RENDER is on, but pages cannot be drawn: %s", error)
        else:
            self._wanting = "run with -s RENDER=1"

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> RenderingMiddleware:
        return cls(crawler)

    async def process_response(self, request: Request, response: Response) -> Response:
        """The document as drawn in the place of an empty shell; any other answer as it is."""
        kind = request.meta.get("kind")
        if kind is None or kind.kind not in ("empty_shell", "other") or not self._is_lost(request, response):
            return response
        hollow = kind.kind == "other"
        if hollow and (request.meta.get("role") != "column" or self._executable is None):
            return response
        portal = request.meta.get("portal") or ""
        if ARCHIVED in response.flags and (known := self._from_archive(request, response)):
            return await self._in_its_place(request, response, *known)
        if self._executable is None:
            return self._leave(request, response, f"{kind.reason}; {self._wanting}")
        if self._drawn[portal] >= self._limit:
            return self._leave(request, response, f"RENDER_LIMIT ({self._limit}) pages of this portal were drawn already")
        self._drawn[portal] += 1
        drawing = Drawing(request, response, self._ask, self._scope.process_request, self._bounds, self._shelf)
        try:
            url, dom = await self._open().draw(drawing)
            url = drawing.url if urldefrag(url).url == urldefrag(drawing.url).url else url
            self._scope.process_request(request.replace(url=url))
        except NotDrawn as error:
            return self._leave(request, response, str(error))
        except (OutOfScope, ValueError) as error:
            return self._leave(request, response, f"it leads away: {error}")
        finally:
            self._tidy_shelf()
        if hollow and not self._leads(request, url, dom.encode("utf-8", "replace")):
            return response  # a column without a list, with or without its scripts
        capture, body = self._keep(request, url, dom, drawing)
        drawn = await self._in_its_place(request, response, url, body, capture, drawing.lacks)
        kind = request.meta.get("kind")
        if kind is not None and kind.kind == "empty_shell":
            hosts = f" (kept from: {'; '.join(sorted(drawing.refused))})" if drawing.refused else ""
            self._note(request, f"a browser drew no text either{hosts}")
        elif drawing.lacks:
            self._note(request, f"drawn without all that it asked for: {'; '.join(drawing.lacks[:3])}")
        return drawn

    async def spider_closed(self) -> None:
        if self._browser is not None:
            await self._browser.close()

    def _is_lost(self, request: Request, response: Response) -> bool:
        """Whether the walk has no other way to what this page would show."""
        role = request.meta.get("role")
        if role == ROLE or response.status != 200 or request.method != "GET" or request.meta.get("unread"):
            return False
        if not request.meta.get("anchor") and (request.meta.get("via") or role in ("page", "report")):
            return False  # an address that was only tried promises nothing
        if organ_year(response.url):
            return False  # one page an organ and year: its server draws them, and an empty one is a year without a report
        page = read_fetched(response.url, response.body)
        if page.tree is None or forwards(page) or next(page.tree.iter("script"), None) is None:
            return False
        return role == "report" or not self._leads(request, response.url, response.body)

    def _leads(self, request: Request, url: str, body: bytes) -> bool:
        """Whether a page leads on by what is in it: to reports, to further pages or data of a list, on the way to a column."""
        portal = next((each for each in getattr(self._crawler.spider, "portals", []) if each.id == request.meta.get("portal")), None)
        if portal is None:
            return False
        found = discover(read_fetched(url, body), Standing(Hosts.of((portal.url, *portal.columns)), place="column", role="column"))
        on_the_way = any(link.role == "column" for link in found.links)
        return bool(found.turns or found.reports or on_the_way)

    def _open(self) -> Browser:
        if self._browser is None:
            from crawler.rendering.browser import Browser

            self._browser = Browser(self._crawler, self._executable or "")
        return self._browser

    async def _ask(self, request: Request) -> Any:
        return await self._crawler.engine.download_async(request)

    def _keep(self, request: Request, url: str, dom: str, drawing: Drawing) -> tuple[Capture, bytes]:
        told = {name: str(value) for name in ("portal", "role", "via", "anchor") if (value := request.meta.get(name))}
        if of := request.meta.get("attachment_of"):
            told["attachment-of"] = str(of)
        told["source"] = "browser"
        if drawing.lacks:
            told["lacks"] = "; ".join(drawing.lacks)
        page = RenderedPage(url, dom, (), datetime.now(UTC), told)
        try:
            archive = self._run.archive
            capture = archive.record_rendered(page, document=request.meta.get("capture")).dom
            stored = archive.load(capture)
        except ArchiveError as error:
            self._run.stop_for(error)
            raise NotArchived("the archive cannot be written") from error
        self._run.captures += 1
        # What a replay will read, to the byte.
        return (replace(capture, truncated=stored.truncated), stored.body)

    def _from_archive(self, request: Request, response: Response) -> tuple[str, bytes, Capture, list[str]] | None:
        url = request.url if urldefrag(request.url).url == response.url else response.url
        try:
            capture = self._run.archive.latest(dom_url(url))
            if capture is None:
                return None
            stored = self._run.archive.load(capture)
        except ArchiveError as error:
            logger.warning("%s", error)
            self._run.damage.append(str(error))
            return None
        lacks = stored.metadata.get("lacks")
        return url, stored.body, capture, [lacks] if lacks else []

    async def _in_its_place(
        self, request: Request, response: Response, url: str, body: bytes, capture: Capture, lacks: list[str]
    ) -> Response:
        meta = request.meta
        meta[RENDERED] = True
        meta["capture"] = capture
        meta["fetched"] = capture.fetched.strftime("%Y-%m-%dT%H:%M:%SZ")
        meta["truncated"] = capture.truncated or ("unspecified" if lacks else None)
        at = response.url if urldefrag(url).url == response.url else url
        drawn = HtmlResponse(
            at,
            status=200,
            headers=_HEADERS,
            body=body,
            encoding="utf-8",
            flags=[*response.flags, RENDERED],
            request=request,
            ip_address=response.ip_address,
            protocol=response.protocol,
        )
        return await self._reading.process_response(request, drawn)

    def _leave(self, request: Request, response: Response, why: str) -> Response:
        self._note(request, f"needs a browser: {why}")
        return response

    def _note(self, request: Request, reason: str) -> None:
        meta = request.meta
        self._run.note_failure(Failure(request.url, plain(reason), meta.get("portal"), meta.get("role"), worth_a_retry=True))

    def _tidy_shelf(self) -> None:
        while sum(len(each.body) for each in self._shelf.values()) > _SHELF:
            self._shelf.pop(next(iter(self._shelf)))
