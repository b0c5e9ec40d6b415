"""One crawl from its start to its end: its archive, what it could not have, and its journal.

Several components of a crawl need the same archive and write down what went wrong; they meet in
`Run.of(crawler)`. The journal (`runs/<run>.json`) says what the crawl set out to do, found, and
did not find. It is written whole, under another name first, when the crawl begins and again when
it ends, with a digest of itself (`archive.journals`): a crawl that was killed leaves a journal without an end, and never half of one. What discovery wrote down
(`ledger`) is in it once the run has ended; before that it would be a page of guesses a portal. What is counted on the way is in `crawler.tally`.
"""

from __future__ import annotations

import json
import logging
import os
import platform
from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from weakref import WeakKeyDictionary

from scrapy import signals
from scrapy.exceptions import UsageError

from archive import Archive, ArchiveError
from archive.journals import with_check
from crawler.keeping import Keeping
from crawler.output import write_whole
from crawler.resolver import local_places
from crawler.status import ARCHIVE_FAILED, Status, crawl_status, plain
from crawler.tally import Failure, Failures, Tally, is_refusal
from crawler.workers import Limits, Workers

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.settings import BaseSettings

    from crawler.completeness import Comparison
    from crawler.records import RecordsFile

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
    "RESUME_WITHIN",
    "RECHECK",
)


#: Records that wait for their item. The spider yields it at once or not at all.
_WAITING = 128


class Readings:
    """Records that were read before their items came, by the address and the bytes of the page."""

    def __init__(self) -> None:
        self._records: OrderedDict[tuple[str, bytes], dict[str, Any]] = OrderedDict()

    def put(self, url: str, body: bytes, record: dict[str, Any]) -> None:
        self._records[url, body] = record
        if len(self._records) > _WAITING:
            self._records.popitem(last=False)

    def take(self, url: str, body: bytes) -> dict[str, Any] | None:
        return self._records.pop((url, body), None)


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
        self.failures = Failures(self.root / "runs")
        self.readings = Tally()
        self.pages = 0
        self.captures = 0
        self.bugs: list[str] = []
        self.refused: Counter[str] = Counter()
        self.archive_error: str | None = None
        #: runs that were cut short and are taken up, and how many answers came from the archive
        self.taken_up: list[str] = []
        self.from_archive = 0
        #: what could not be read back from the archive, a line each
        self.damage: list[str] = []
        #: thresholds that the run broke, a line each, see `crawler.monitors`
        self.alarms: list[str] = []
        self.records: RecordsFile | None = None
        #: how many lines the dataset has at the run's end, once it is folded
        self.lines: int | None = None
        #: what was not proved about hosts that were reached over TLS, by host and port
        self.tls: dict[str, str] = {}
        #: hosts, and the host whose slot each uses: the first that was met on the same address
        self.slots: dict[str, str] = {}
        self._workers: Workers | None = None
        self.keeping = Keeping(lambda: self.archive)
        self.readings_ahead = Readings()

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
                floor=settings.getint("DISK_FLOOR_MB") << 20,
            )
            self._id = self._archive.run
            for line in self._archive.recovered:
                logger.warning("%s", line)
        return self._archive

    @property
    def workers(self) -> Workers:
        """The processes that read pages; the first is started when the first page comes."""
        if self._workers is None:
            settings = self._crawler.settings
            self._workers = Workers(settings.getint("READING_WORKERS", 2) or os.cpu_count() or 1, page_limits(settings))
        return self._workers

    @property
    def id(self) -> str:
        """The run's name in the archive; its WARC files carry the same."""
        return self._id or self.archive.run or ""

    def close_archive(self) -> None:
        """Seal what was written. Safe to call twice, and when the archive was never opened."""
        if self._workers is not None:
            self._workers.close()
        self.keeping.close()
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

    def comparison(self) -> Comparison | None:
        """What is missing of what earlier runs had; None for a run that did not come to its own end, or has no earlier ones."""
        ledger = getattr(self._crawler.spider, "ledger", None)
        if ledger is None or not ledger.known or self.reason != "finished":
            return None
        comparison: Comparison = ledger.comparison()
        return comparison

    def empty_portals(self) -> list[str]:
        """Portals that gave no report, unless the crawl stopped at the number of reports it was asked for."""
        spider = self._crawler.spider
        limit = getattr(spider, "limit", None)
        if limit is not None and len(self.readings) >= limit:
            return []
        gave = {reading.portal for reading, _ in self.readings.counted() if reading.verdict != "not_a_report"}
        return [portal.id for portal in getattr(spider, "portals", []) if portal.id not in gave]

    def blocked_portals(self, empty: Iterable[str] | None = None) -> list[str]:
        """Those of the empty portals (which may be given) whose host refused us: a status that says so, a challenge or a login."""
        ledger = getattr(self._crawler.spider, "ledger", None)

        def refused(portal: str) -> bool:
            if portal in self.failures.refused:
                return True
            problems = ledger.look(portal).problems if ledger is not None else []
            return any(is_refusal(str(problem["reason"])) for problem in problems)

        return [portal for portal in (self.empty_portals() if empty is None else empty) if refused(portal)]

    def status(self) -> Status:
        """What the run amounts to, as an exit status."""
        if self.archive_error is not None:
            return Status.DISK
        empty = self.empty_portals()
        status = crawl_status(
            self.reason,
            bugs=len(self.bugs),
            pages=self.pages,
            failures=self.failures.worth_a_retry or self._torn_lists(),
            empty_portals=len(empty),
            blocked=len(self.blocked_portals(empty)),
            damage=len(self.damage),
            lost=(comparison := self.comparison()) is not None and comparison.worse,
        )
        return Status.INCOMPLETE if status is Status.DONE and self.alarms else status

    def _torn_lists(self) -> bool:
        """Whether a list could not be read whole: reports that nobody has heard of may stand on what is missing of it."""
        ledger = getattr(self._crawler.spider, "ledger", None)
        return ledger is not None and any(account.torn_lists for account in ledger.portals.each())

    def journal(self) -> dict[str, Any]:
        """The run as `runs/<run>.json` holds it, but for `failures` and `ledger`, which may be large: see `write_journal`."""
        settings = self._crawler.settings
        spider = self._crawler.spider
        states: Counter[str] = Counter()
        verdicts: Counter[str] = Counter()
        for reading, times in self.readings.counted():
            states[reading.state] += times
            # Each report once, however many addresses of its portal show it.
            verdicts[reading.verdict] += times * (reading.state != "twin")
        comparison = self.comparison()
        return {
            "run": self.id,
            "started": _second(self.started),
            "ended": _second(self.ended) if self.ended else None,
            "reason": self.reason,
            "takes_up": self.taken_up,
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
                "from_archive": self.from_archive,
                "reports": verdicts.total(),
                "lines": self.lines,
                "states": dict(sorted(states.items())),
                "verdicts": dict(sorted((+verdicts).items())),
                "refused": dict(sorted(self.refused.items())),
            },
            "bugs": self.bugs,
            "damage": self.damage,
            "alarms": self.alarms,
            "tls": dict(sorted(self.tls.items())),
            "shared_addresses": {host: first for host, first in sorted(self.slots.items()) if host != first},
            "lost": str(comparison) if comparison is not None and comparison.lost else None,
        }

    def keep_journal(self) -> None:
        """Write the journal anew; a disk that refuses ends the run."""
        try:
            self.write_journal()
        except ArchiveError as error:
            self.stop_for(error)

    def write_journal(self) -> Path:
        """Write `runs/<run>.json` so that it is either the old one or the new one, never half."""
        path = self.root / "runs" / f"{self.id}.json"
        try:
            write_whole(path, with_check(self._journal_text()))
        except OSError as error:
            cause = error.strerror or error
            raise ArchiveError(f"{path}: cannot write: {cause}; free some space or check its folder") from error
        return path

    def _journal_text(self) -> Iterator[str]:
        """The journal piece by piece: an entry a line in what there is one of a portal, or a failure."""
        head = json.dumps(self.journal(), ensure_ascii=False, indent=1, default=str)
        yield head.removesuffix("\n}") + ',\n "failures": '
        yield from _list_text(asdict(failure) for failure in self.failures)
        yield ',\n "ledger": {'
        ledger = getattr(self._crawler.spider, "ledger", None)
        # Of a run that goes on nothing can be said yet, least of all what is missing.
        parts = ledger.parts() if ledger is not None and self.ended else ()
        for number, (name, values) in enumerate(parts):
            yield f'{"," if number else ""}\n  "{name}": '
            yield from _list_text(values)
        yield "}\n}\n"


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
        if request.meta.get("role") not in ("robots", "rendering"):
            self._run.pages += 1

    def spider_error(self, failure: Any, response: Any) -> None:
        url = response.url if response is not None else "start"
        self._run.bugs.append(f"{url}: {type(failure.value).__name__}: {plain(failure.value)}")

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
    if "://" in named:
        words = f"ARCHIVE_DIR is a folder of this machine, not {named}; copy what is finished there with scrapy archive-push"
        raise UsageError(words, print_help=False)
    return Path(named).expanduser().absolute()


def page_limits(settings: BaseSettings) -> Limits:
    """What reading one page may cost, by PAGE_TIMEOUT and PAGE_MEMORY_MB. Raises UsageError for what is no number."""
    try:
        seconds, memory = settings.getfloat("PAGE_TIMEOUT", 10), settings.getint("PAGE_MEMORY_MB", 768)
    except ValueError:
        raise UsageError("PAGE_TIMEOUT is seconds and PAGE_MEMORY_MB is MiB; write numbers", print_help=False) from None
    if seconds <= 0 or memory < 64:
        raise UsageError("PAGE_TIMEOUT must be above 0, and PAGE_MEMORY_MB at least 64", print_help=False)
    return Limits(seconds, memory << 20)


def _list_text(values: Iterable[Any]) -> Iterator[str]:
    yield "["
    for number, value in enumerate(values):
        yield f"{',' if number else ''}\n   {json.dumps(value, ensure_ascii=False, default=str)}"
    yield "]"


def _second(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _years(years: Iterable[int] | None) -> list[int] | None:
    return None if years is None else list(years)


def _versions(ours: str) -> dict[str, str]:
    from importlib.metadata import version

    names = ("scrapy", "twisted", "lxml", "trafilatura", "warcio")
    return {"gongkai": ours, "python": platform.python_version(), **{name: version(name) for name in names}}
