"""`scrapy crawl`: Scrapy's command of that name, with an exit status that says what became of the crawl."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from scrapy.commands import crawl as scrapy_crawl
from scrapy.exceptions import UsageError
from scrapy.settings import SETTINGS_PRIORITIES

# Replaces Scrapy's own command, which ends with 0 when every server was down.


class Command(scrapy_crawl.Command):
    """Exit statuses are those of `crawler.status`."""

    def short_desc(self) -> str:
        return "Crawl portals, archive what they send, and record the annual reports found"

    def long_desc(self) -> str:
        return (
            "Crawls every portal of the registry (crawler/portals.csv) with the spider county_portals, writes all that "
            "crosses the wire to the archive (setting ARCHIVE_DIR) and one line a report to reports.jsonl. "
            "Narrow it with -a portals=demo (built-in portals on this machine) or -a portals=FILE.csv, "
            "-a division=5001, -a years=2019-2023, -a limit=N. "
            "Exit status: 0 all done, 1 a bug of ours, 2 wrong usage, 3 the archive cannot be written or is damaged, 4 the "
            "registry or a setting is wrong, 11 stopped before the end, 12 some pages or portals could not be had, 15 the "
            "time was over, 18 a portal's host refused us, 75 another run has the archive. A run that did not come to "
            "its end is taken up by the next one."
        )

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        super().process_options(args, opts)
        unknown = [arg for arg in args if arg.startswith("-")]
        if unknown:
            raise UsageError(f"there is no option {unknown[0]}; see scrapy crawl --help", print_help=False)
        if (feed := self._feed_in_home()) is not None:
            raise UsageError(f"{feed}: lies in the archive, which -o and -O would change; name another place", print_help=False)
        if self._is_quiet():
            # For the one line that comes before `run`. A filter: levels are set anew in between.
            logging.getLogger("scrapy.utils.log").addFilter(lambda record: record.levelno >= logging.WARNING)

    def _feed_in_home(self) -> str | None:
        """A feed that Scrapy would write over the evidence or the records."""
        assert self.settings is not None  # noqa: S101 - set by Scrapy before this is called
        named = str(self.settings["ARCHIVE_DIR"] or "").strip()
        home = Path(named).expanduser().resolve()
        for uri in self.settings.getdict("FEEDS") if named else ():
            parts = urlsplit(str(uri))
            path = unquote(parts.path) if parts.scheme == "file" else str(uri)
            if parts.scheme in ("", "file") and home in Path(path).expanduser().resolve().parents:
                return str(uri)
        return None

    def _is_quiet(self) -> bool:
        """Scrapy's own account of its components is for those who ask for a level with -L or -s LOG_LEVEL."""
        assert self.settings is not None  # noqa: S101 - set by Scrapy before this is called
        return (self.settings.getpriority("LOG_LEVEL") or 0) < SETTINGS_PRIORITIES["cmdline"]

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Run one spider to its end and set the exit status."""
        from crawler.numbers import unreadable
        from crawler.run import Run
        from crawler.status import Status, fail

        if len(args) != 1:
            raise UsageError("name one spider, for example: scrapy crawl county_portals", print_help=False)
        assert self.crawler_process is not None and self.settings is not None  # noqa: S101 - set by Scrapy before this is called
        if wrong := unreadable(self.settings):
            self.exitcode = fail("scrapy crawl", wrong, Status.USAGE, sys.stderr.write)
            return
        if self._is_quiet():
            logging.getLogger("scrapy").setLevel(logging.WARNING)
        try:
            crawler = self._create_crawler(args[0])
        except KeyError:
            names = ", ".join(self.crawler_process.spider_loader.list()) or "none"
            raise UsageError(f"there is no spider {args[0]!r}; there is: {names}", print_help=False) from None
        errors: list[BaseException] = []
        _collect(self.crawler_process.crawl(crawler, **opts.spargs), errors)
        self.crawler_process.start()
        self.exitcode = _refusal(errors[0]) if errors else int(Run.of(crawler).status())


def _collect(crawl: Any, errors: list[BaseException]) -> None:
    """Take what ends a crawl before it begins; asyncio or Twisted would print a traceback."""
    if hasattr(crawl, "add_done_callback"):
        crawl.add_done_callback(lambda task: _keep(None if task.cancelled() else task.exception(), errors))
    else:
        crawl.addErrback(lambda failure: _keep(failure.value, errors))


def _keep(error: BaseException | None, errors: list[BaseException]) -> None:
    if error is not None:
        errors.append(error)


def _refusal(error: BaseException) -> int:
    """Say in one line why a crawl could not begin. A bug of ours keeps its traceback."""
    from archive import ArchiveError, ArchiveLocked
    from crawler.registry import RegistryError
    from crawler.status import Status, fail
    from crawler.workers import WorkersFailed

    statuses: tuple[tuple[type[BaseException], Status], ...] = (
        (ArchiveLocked, Status.LOCKED),
        (ArchiveError, Status.DISK),
        (RegistryError, Status.CONFIG),
        (UsageError, Status.USAGE),
        (WorkersFailed, Status.CONFIG),
        (ValueError, Status.USAGE),
    )
    for kind, status in statuses:
        if isinstance(error, kind):
            return fail("scrapy crawl", str(error), status, sys.stderr.write)
    if isinstance(error, OSError):
        return fail("scrapy crawl", str(error), Status.CONFIG, sys.stderr.write)
    logging.getLogger("gongkai").error("The crawl could not begin", exc_info=error)
    return Status.BUG
