"""Portals of invented counties, served on loopback, for a first crawl without the world.

Five portals, each with another content-management system, hold some seventy annual reports of
2008 to 2025 among several hundred other pages. They are crawled as real HTTP; the same bytes
stand at the same addresses in every run. What a reader must find in each report is known:

    with DemoPortals() as demo:
        for expected in demo.truth():
            ...
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from crawler.demo.compose import SHAPES, Composed, Shape, compose_report
from crawler.demo.documents import Document
from crawler.demo.figures import Number
from crawler.demo.gkmlpt import build_gkmlpt
from crawler.demo.hanweb import build_hanweb
from crawler.demo.plain import build_plain
from crawler.demo.prose import Organ
from crawler.demo.server import PortalServer, Site, Visit
from crawler.demo.trs import build_trs
from crawler.demo.vsb import build_vsb
from crawler.registry import Portal

__all__ = [
    "FIRST_PORT", "SHAPES", "Composed", "DemoPortals", "ExpectedPage", "ExpectedReport", "Organ", "Shape", "compose_report",
]  # fmt: skip

#: The first portal's port; the others follow it.
FIRST_PORT = 18411

_BUILDERS: tuple[Callable[[], tuple[Site, list[Document]]], ...] = (
    build_trs, build_hanweb, build_vsb, build_plain, build_gkmlpt,
)  # fmt: skip


@dataclass(frozen=True)
class ExpectedReport:
    """The truth about one report. `urls` are all its addresses, twins included.

    `cells` holds every cell of the form under the record's key: a number, or None where none is
    printed, and then `kinds` says what stands there. `form` is the form the tables follow (or the
    year, where there are none). `kind` is "report", or "attachment_only" (the cells are those of the
    Word file at `attachments`), or "image_only" (no cells: nobody can read them). `verdict_in` is about
    the page, `attachment_verdict_in` about the files that hold the report (a picture does not: nobody reads it), `checks`
    are findings that it must raise.
    """

    portal: str
    urls: tuple[str, ...]
    title: str
    organ: str
    year: int
    form: str
    cells: dict[str, Number | None]
    kinds: dict[str, str]
    published: str
    verdict_in: frozenset[str]
    checks: frozenset[str]
    shape: str
    kind: str = "report"
    attachments: tuple[str, ...] = ()
    attachment_verdict_in: frozenset[str] = frozenset()


@dataclass(frozen=True)
class ExpectedPage:
    """A page that is no report, and the word of `parsers.kinds` for what it is."""

    portal: str
    url: str
    title: str
    kind: str


@cache
def _build_all() -> tuple[tuple[Site, list[Document]], ...]:
    return tuple(build() for build in _BUILDERS)


class DemoPortals:
    """All demo portals. `start` serves them until `stop`; as a context manager it does both.

    `servers` maps a portal's id to its server, `log` to the requests it has seen.
    """

    def __init__(self) -> None:
        self.servers: dict[str, PortalServer] = {}

    def start(self, port: int = FIRST_PORT) -> list[Portal]:
        """Serve the portals at `port` and the ports after it (0: any free ports) and return their registry lines.

        A port that is taken is replaced by a free one, with a warning. Starting twice raises `RuntimeError`.
        """
        if self.servers:
            raise RuntimeError("the demo portals are running already; call stop() first")
        try:
            for number, (site, _) in enumerate(_build_all()):
                self.servers[site.id] = PortalServer(site, port + number if port else 0)
        except BaseException:
            self.stop()
            raise
        for server in self.servers.values():
            server.start()
        return self.portals

    def stop(self) -> None:
        """Stop serving, hang up on every client and free the ports. Stopping twice does no harm."""
        for server in self.servers.values():
            server.stop()
        self.servers = {}

    def __enter__(self) -> DemoPortals:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def portals(self) -> list[Portal]:
        """The registry lines of the running portals. No county here has a division code: none of them exists."""
        return [
            Portal(
                id=server.site.id, name=server.site.name, url=server.url, division=None, level="county",
                columns=tuple(server.url.rstrip("/") + path for path in server.site.columns), line=line,
            )
            for line, server in enumerate(self.servers.values(), 1)
        ]  # fmt: skip

    @property
    def log(self) -> dict[str, list[Visit]]:
        """Every request so far, by portal."""
        return {name: server.log for name, server in self.servers.items()}

    def truth(self) -> list[ExpectedReport]:
        """Every report on the running portals, in the order of portals and columns."""
        return [
            ExpectedReport(
                portal=portal, urls=tuple(root + path for path in document.urls), title=report.title, organ=report.organ,
                year=report.year, form=report.form, cells=dict(report.cells) if document.kind != "image_only" else {}, kinds=dict(report.kinds),
                published=str(document.published), verdict_in=document.verdicts, checks=document.checks,
                shape=document.shape, kind=document.kind, attachments=tuple(root + path for path in document.attached_urls),
                attachment_verdict_in=document.attachment_verdicts,
            )
            for portal, root, document in self._documents()
            if (report := document.report) is not None
        ]  # fmt: skip

    def others(self) -> list[ExpectedPage]:
        """Every article that is no report, and the lists and soft 404 that a reader might take for one."""
        traps = [
            ExpectedPage(name, server.url.rstrip("/") + path, "", kind)
            for name, server in self.servers.items()
            for path, kind in server.site.traps.items()
        ]
        return traps + [
            ExpectedPage(portal, root + path, document.title, document.kind)
            for portal, root, document in self._documents()
            if document.report is None
            for path in document.urls
        ]

    def _documents(self) -> list[tuple[str, str, Document]]:
        if not self.servers:
            raise RuntimeError("the demo portals have no addresses before start()")
        return [
            (site.id, self.servers[site.id].url.rstrip("/"), document)
            for site, documents in _build_all()
            for document in documents
        ]
