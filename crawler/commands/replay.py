"""`scrapy replay`: read saved pages again, without the network."""

from __future__ import annotations

import argparse
import os
import signal
import sys

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

# What does the work is imported when there is work: `scrapy` loads this module for every command.


class Command(ScrapyCommand):
    """Exit statuses are those of `crawler.status`."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        return "[options] [SOURCE ...]"

    def short_desc(self) -> str:
        return "Read saved pages into records, offline: the archive, a WARC or WACZ, a folder, files"

    def long_desc(self) -> str:
        return (
            "Reads saved pages into records, one JSON line a report, without touching the network. SOURCE is an "
            "archive folder, a WARC or WACZ file, a folder of saved pages (searched through for .html .htm .shtml .txt "
            ".pdf .docx .doc .xls .xlsx) or single files. Without SOURCE the archive of this project (setting "
            "ARCHIVE_DIR) is read, and its reports.jsonl is written anew. The same source gives the same bytes, "
            "however many workers read it. "
            "Exit status: 0 all read, 1 our own reader failed on a page, 2 wrong usage, 3 the disk, 11 stopped, "
            "12 some inputs could not be read and the rest was done, 75 a crawl is writing to the archive."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument(
            "-O",
            "--overwrite-output",
            dest="output",
            metavar="OUT.jsonl",
            help="write the records to this file, replacing it only when all is done, and only if it holds records; - is standard output. "
            "Default: standard output for a SOURCE, reports.jsonl of the archive without one",
        )
        parser.add_argument(
            "--scheduler",
            metavar="ADDRESS",
            help="read on the workers of this Dask scheduler, such as tcp://10.0.0.1:8786: a task a WARC file. Sources and "
            "output must lie where every machine reaches them by the same name; needs requirements-scale.txt",
        )
        parser.add_argument(
            "--work",
            metavar="FOLDER",
            help="where to keep what was read until all is (default: beside the output, as OUT.jsonl.parts); a replay that "
            "was killed goes on from there",
        )
        parser.add_argument(
            "--workers",
            metavar="N",
            help="number of processes that read pages (default: one a processor); the output is always the same",
        )

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        super().process_options(args, opts)
        unknown = [arg for arg in args if arg.startswith("-")]
        if unknown:
            raise UsageError(
                f"there is no option {unknown[0]}; see scrapy replay --help (a file of that name: ./{unknown[0]})",
                print_help=False,
            )
        if opts.workers is not None and not (opts.workers.isascii() and opts.workers.isdigit() and int(opts.workers)):
            raise UsageError(f"--workers is a whole number from 1 up, not {opts.workers!r}", print_help=False)

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Replay, and set the exit status."""
        from archive import ArchiveError, ArchiveLocked
        from crawler.output import OutputError, OutputFull
        from crawler.replay import Engine, replay_archive, replay_sources
        from crawler.run import data_home, page_limits
        from crawler.sources import SourceError
        from crawler.status import Status, fail
        from crawler.storage import StorageError
        from crawler.workers import WorkersFailed

        assert self.settings is not None  # noqa: S101 - set by Scrapy before this is called
        workers = int(opts.workers) if opts.workers else os.cpu_count() or 1
        statuses: tuple[tuple[type[Exception], Status], ...] = (
            (UsageError, Status.USAGE),
            (SourceError, Status.USAGE),
            (OutputFull, Status.DISK),
            (OutputError, Status.USAGE),
            (StorageError, Status.DISK),
            (ArchiveLocked, Status.LOCKED),
            (ArchiveError, Status.DISK),
            (WorkersFailed, Status.CONFIG),
        )
        try:
            # Like Ctrl-C: what is half written beside the old file is removed.
            signal.signal(signal.SIGTERM, signal.default_int_handler)
            engine = Engine(workers, page_limits(self.settings), opts.scheduler, opts.work)
            if args:
                self.exitcode = replay_sources(args, opts.output or "-", engine)
            else:
                software = f"gongkai/{self.settings['VERSION']}"
                self.exitcode = replay_archive(data_home(self.settings), opts.output, engine, software)
        except KeyboardInterrupt:
            self.exitcode = fail("scrapy replay", "stopped; nothing was replaced, and the same replay goes on from here", Status.STOPPED, sys.stderr.write)
        except Exception as error:
            if type(error).__name__ == "SchedulerError":
                self.exitcode = fail("scrapy replay", str(error), Status.USAGE, sys.stderr.write)
                return
            status = next((status for kind, status in statuses if isinstance(error, kind)), None)
            if status is None:
                raise
            self.exitcode = fail("scrapy replay", str(error), status, sys.stderr.write)
