"""`scrapy export`: publish the dataset in the formats that people use, with codebook, data package and checksums."""

from __future__ import annotations

import argparse
import json
import signal
import sys

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

# What does the work is imported when there is work: `scrapy` loads this module for every command.

_FORMATS = ("parquet", "csv", "sqlite", "xlsx", "jsonl", "wacz")


class Command(ScrapyCommand):
    """Exit statuses are those of `crawler.status`."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        return "[options] DIR"

    def short_desc(self) -> str:
        return "Publish the dataset: Parquet, CSV, SQLite, Excel, JSON Lines, WACZ, with codebook and checksums"

    def long_desc(self) -> str:
        return (
            "Writes the records of the archive (setting ARCHIVE_DIR) to the folder DIR: as tables with one row a report, a "
            "cell, a section, a finding or an address, and one wide table with the variables that are comparable across the forms. "
            "Beside them stand a codebook, a data package, a citation, where the data come from, and checksums. What is "
            "suppressed is left out, and what seems to hold personal data is held back. Decisions of reviewers "
            "(decisions.csv beside reports.jsonl) are applied: they stand beside what was printed and never change it. "
            "An earlier export in DIR is replaced whole when the new one is complete; anything else there is not touched. "
            "Exit status: 0 all published, 2 wrong usage or unreadable records, 3 the disk, 11 stopped, 12 published, "
            "but something was held back, left out or not applied (it says what)."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument(
            "--to",
            action="append",
            metavar="FORMAT",
            default=None,
            help=f"a format to write: {', '.join(_FORMATS)}; may be given several times, or as a list with commas "
            "(default: parquet and csv)",
        )
        parser.add_argument("--bom", action="store_true", help="begin CSV files with a byte-order mark, so that Excel reads them as UTF-8")
        parser.add_argument("--no-panel", action="store_true", help="leave out the comparison of years, copies and neighbours")
        parser.add_argument("--json", action="store_true", help="print the summary as JSON on standard output")

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        super().process_options(args, opts)
        unknown = [arg for arg in args if arg.startswith("-")]
        if unknown:
            raise UsageError(f"there is no option {unknown[0]}; see scrapy export --help", print_help=False)
        named = [name.strip() for entry in opts.to or ["parquet,csv"] for name in entry.split(",") if name.strip()]
        for name in named:
            if name not in _FORMATS:
                raise UsageError(f"there is no format {name!r}; there is: {', '.join(_FORMATS)}", print_help=False)
        opts.to = [name for name in _FORMATS if name in named]
        if not opts.to:
            raise UsageError(f"name a format after --to: {', '.join(_FORMATS)}", print_help=False)
        if len(args) != 1:
            raise UsageError("name one folder to export to, for example: scrapy export --to csv export/", print_help=False)

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Export, and set the exit status."""
        import sqlite3
        from pathlib import Path

        import duckdb

        from crawler.dataset import DatasetError
        from crawler.dataset.export import export
        from crawler.progress import open_bar
        from crawler.run import data_home
        from crawler.status import Status, fail

        assert self.settings is not None  # noqa: S101 - set by Scrapy before this is called
        try:
            # Like Ctrl-C: what is half written beside the old export is removed.
            signal.signal(signal.SIGTERM, signal.default_int_handler)
            home = data_home(self.settings)
            with open_bar(None, " steps", "Exporting", "{desc}: {n_fmt} steps [{elapsed}{postfix}]") as bar:

                def step(words: str) -> None:
                    bar.set_postfix_str(words, refresh=False)
                    bar.update()

                summary = export(
                    home,
                    Path(args[0]).expanduser(),
                    opts.to,
                    bom=opts.bom,
                    panel=not opts.no_panel,
                    software=f"gongkai/{self.settings['VERSION']}",
                    progress=step,
                )
        except KeyboardInterrupt:
            self.exitcode = fail("scrapy export", "stopped; nothing was replaced", Status.STOPPED, sys.stderr.write)
            return
        except UsageError as error:
            self.exitcode = fail("scrapy export", str(error), Status.USAGE, sys.stderr.write)
            return
        except DatasetError as error:
            full = (OSError, sqlite3.OperationalError, duckdb.IOException, duckdb.OutOfMemoryException)
            status = Status.DISK if isinstance(error.__cause__, full) else Status.USAGE
            self.exitcode = fail("scrapy export", str(error), status, sys.stderr.write)
            return
        self._tell(summary, opts.json)
        self.exitcode = Status.INCOMPLETE if summary.notes else Status.DONE

    def _tell(self, summary: object, as_json: bool) -> None:
        from dataclasses import asdict

        from crawler.dataset.export import Summary
        from crawler.status import plain
        from crawler.terminal import say

        assert isinstance(summary, Summary)  # noqa: S101 - for the type checker
        for note in summary.notes:
            print(f"scrapy export: {plain(note)}", file=sys.stderr)
        if as_json:
            say(json.dumps(asdict(summary), indent=1))
            return
        say(f"{summary.reports} reports published in {plain(summary.target)}")
        for name, counts in summary.rows.items():
            say(f"  {name:8} " + ", ".join(f"{plain(table)} {rows}" for table, rows in counts.items()))
        if summary.panel:
            say("  findings over several reports: " + ", ".join(f"{check} {count}" for check, count in summary.panel.items()))
        if summary.suppressed or summary.held_back:
            say(f"  left out: {summary.suppressed} suppressed, {summary.held_back} held back")
