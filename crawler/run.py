"""One crawl from its start to its end: its archive, what it could not have, and its journal.

Several components of a crawl need the same archive and write down what went wrong; they meet in
`Run.of(crawler)`. The journal (`runs/<run>.json`) says what the crawl set out to do, found, and
did not find. It is written whole, under another name first, when the crawl begins and again when
it ends: a crawl that was killed leaves a journal without an end, and never half of one.
"""

from __future__ import annotations

import json
import logging
import os
import platform
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from weakref import WeakKeyDictionary

from scrapy import signals
from scrapy.exceptions import UsageError

from archive import Archive, ArchiveError
from crawler.resolver import local_places
from crawler.status import ARCHIVE_FAILED, Status, crawl_status

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.settings import BaseSettings

logger = logging.getLogger("gongkai")

#: Settings that shape what a crawl sees; the journal keeps them.
_TOLD = (
    "ARCHIVE_DIR",
    "ROBOTSTXT_OBEY",
    "DOWNLOAD_DELAY",
    "CONCURRENT_REQUESTS",
    "CONCURRENT_REQUESTS_PER_DOMAIN",
    "DOWNLOAD_TIMEOUT",
    "DOWNLOAD_MAXSIZE",
    "REDIRECT_MAX_TIMES",
    "RETRY_TIMES",
)


@dataclass(frozen=True)
class Failure:
    """An exchange that did not give a page. `worth_a_retry` when the page may well exist."""

    url: str
    reason: str
    portal: str | None
    role: str | None
    worth_a_retry: bool


@dataclass(frozen=True)
class Reading:
    """A record that the crawl came to: `state` is new, changed or unchanged against the dataset."""

    url: str
    portal: str | None
    year: int | None
    organ: str | None
    title: str | None
    verdict: str
    state: str


class Run:
    """The state of one crawl that its components share. Opens the archive on first use."""

    _all: ClassVar[WeakKeyDictionary[Crawler, Run]] = WeakKeyDictionary()

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._archive: Archive | None = None
        self._closed = False
        self._id: str | None = None
        self.started = datetime.now(UTC)
        self.ended: datetime | None = None
        self.reason = "running"
        self.root = data_home(crawler.settings)
        self.failures: list[Failure] = []
        self.readings: list[Reading] = []
        self.pages = 0
        self.captures = 0
        self.bugs: list[str] = []
        self.refused: Counter[str] = Counter()
        self.archive_error: str | None = None

    @classmethod
    def of(cls, crawler: Crawler) -> Run:
        """The run of this crawler; the same object for every component that asks."""
        if crawler not in cls._all:
            cls._all[crawler] = cls(crawler)
        return cls._all[crawler]

    @property
    def archive(self) -> Archive:
        """The archive, open for writing. Raises ArchiveLocked or ArchiveError, both say what to do."""
        if self._closed:
            raise ArchiveError(f"{self.root}: the archive of this run is closed already")
        if self._archive is None:
            settings = self._crawler.settings
            self._archive = Archive.open(
                self.root,
                software=f"gongkai/{settings['VERSION']}",
                operator=settings["CONTACT"] or "not given",
                robots="obey" if settings.getbool("ROBOTSTXT_OBEY") else "ignore",
            )
            self._id = self._archive.run
            for line in self._archive.recovered:
                logger.warning("%s", line)
        return self._archive

    @property
    def id(self) -> str:
        """The run's name in the archive; its WARC files carry the same."""
        return self._id or self.archive.run or ""

    def close_archive(self) -> None:
        """Seal what was written. Safe to call twice, and when the archive was never opened."""
        opened, self._archive, self._closed = self._archive, None, True
        if opened is not None:
            opened.close()

    def stop_for(self, error: ArchiveError) -> None:
        """Close the spider, once, because the archive cannot take what arrives."""
        if self.archive_error is None:
            self.archive_error = str(error)
            logger.error("%s", error)
            self.close_spider(ARCHIVE_FAILED)

    def close_spider(self, reason: str) -> None:
        """Ask the engine to end the crawl. Returns at once; what is under way is finished first."""
        from scrapy.utils.defer import _schedule_coro

        engine = self._crawler._engine
        if engine is not None and engine.spider is not None:
            _schedule_coro(engine.close_spider_async(reason=reason))

    def note_failure(self, failure: Failure) -> None:
        """Remember a page that could not be had."""
        self.failures.append(failure)

    def empty_portals(self) -> list[str]:
        """Portals that gave no report, unless the crawl stopped at the number of reports it was asked for."""
        spider = self._crawler.spider
        limit = getattr(spider, "limit", None)
        if limit is not None and len(self.readings) >= limit:
            return []
        gave = {reading.portal for reading in self.readings if reading.verdict != "not_a_report"}
        return [portal.id for portal in getattr(spider, "portals", []) if portal.id not in gave]

    def status(self) -> Status:
        """What the run amounts to, as an exit status."""
        if self.archive_error is not None:
            return Status.DISK
        failures = sum(failure.worth_a_retry for failure in self.failures)
        return crawl_status(
            self.reason,
            bugs=len(self.bugs),
            pages=self.pages,
            failures=failures,
            empty_portals=len(self.empty_portals()),
        )

    def ledger(self) -> dict[str, Any]:
        """What discovery wrote down, portal by portal; empty when the spider keeps no ledger."""
        ledger = getattr(self._crawler.spider, "ledger", None)
        return ledger.to_dict() if ledger is not None else {}

    def journal(self) -> dict[str, Any]:
        """The run as `runs/<run>.json` holds it."""
        settings = self._crawler.settings
        spider = self._crawler.spider
        return {
            "run": self.id,
            "started": _second(self.started),
            "ended": _second(self.ended) if self.ended else None,
            "reason": self.reason,
            "software": _versions(settings["VERSION"]),
            "settings": {name: settings.get(name) for name in _TOLD},
            "asked_for": {
                "portals": [portal.id for portal in getattr(spider, "portals", [])],
                "years": _years(getattr(spider, "years", None)),
                "limit": getattr(spider, "limit", None),
            },
            "counts": {
                "exchanges": self.captures,
                "pages": self.pages,
                "reports": len(self.readings),
                "states": dict(sorted(Counter(reading.state for reading in self.readings).items())),
                "verdicts": dict(sorted(Counter(reading.verdict for reading in self.readings).items())),
                "refused": dict(sorted(self.refused.items())),
            },
            "failures": [asdict(failure) for failure in self.failures],
            "bugs": self.bugs,
            "ledger": self.ledger(),
        }

    def write_journal(self) -> Path:
        """Write `runs/<run>.json` so that it is either the old one or the new one, never half."""
        path = self.root / "runs" / f"{self.id}.json"
        try:
            write_whole(path, json.dumps(self.journal(), ensure_ascii=False, indent=1, default=str) + "\n")
        except OSError as error:
            cause = error.strerror or error
            raise ArchiveError(f"{path}: cannot write: {cause}; free some space or check its folder") from error
        return path


class RunExtension:
    """Opens the run's journal when the spider starts and closes everything when the engine stops."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._run = Run.of(crawler)
        crawler.signals.connect(self.spider_opened, signals.spider_opened)
        crawler.signals.connect(self.spider_closed, signals.spider_closed)
        crawler.signals.connect(self.engine_stopped, signals.engine_stopped)
        crawler.signals.connect(self.response_received, signals.response_received)
        crawler.signals.connect(self.spider_error, signals.spider_error)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> RunExtension:
        return cls(crawler)

    def spider_opened(self) -> None:
        urls = [portal.url for portal in getattr(self._crawler.spider, "portals", [])]
        if not self._crawler.settings["CONTACT"] and len(local_places(urls)) < len(set(urls)):
            logger.warning("CONTACT is not set: the sites' owners cannot reach you; add -s CONTACT=you@example.org")
        try:
            self._run.write_journal()
        except ArchiveError as error:
            self._run.stop_for(error)

    def response_received(self, request: Any) -> None:
        if request.meta.get("role") != "robots":
            self._run.pages += 1

    def spider_error(self, failure: Any, response: Any) -> None:
        url = response.url if response is not None else "start"
        self._run.bugs.append(f"{url}: {type(failure.value).__name__}: {failure.value}")

    def spider_closed(self, reason: str) -> None:
        self._run.reason = reason
        self._run.ended = datetime.now(UTC)
        try:
            self._run.write_journal()
        except ArchiveError as error:
            self._run.stop_for(error)

    def engine_stopped(self) -> None:
        try:
            self._run.close_archive()
        except ArchiveError as error:
            self._run.stop_for(error)


def data_home(settings: BaseSettings) -> Path:
    """Where the evidence and the dataset live, by the setting ARCHIVE_DIR. Raises UsageError when it is empty."""
    named = str(settings["ARCHIVE_DIR"] or "").strip()
    if not named:
        raise UsageError("ARCHIVE_DIR is empty; name a folder, or leave the setting out", print_help=False)
    return Path(named).expanduser().absolute()


def write_whole(path: Path, text: str) -> None:
    """Replace a file so that a reader, or a crash, meets the old one or the new one and nothing between."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".tmp")
    with part.open("w", encoding="utf-8", newline="") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Make a rename last: the name is in the folder, and the folder has its own blocks."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _second(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _years(years: Iterable[int] | None) -> list[int] | None:
    return None if years is None else list(years)


def _versions(ours: str) -> dict[str, str]:
    from importlib.metadata import version

    names = ("scrapy", "twisted", "lxml", "trafilatura", "warcio")
    return {"gongkai": ours, "python": platform.python_version(), **{name: version(name) for name in names}}
