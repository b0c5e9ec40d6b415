"""`scrapy coverage`: who has published which year."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from crawler.terminal import stoppable

if TYPE_CHECKING:
    from crawler.coverage.catalogue import Catalogue
    from crawler.coverage.states import Coverage

# What does the work is imported when there is work: `scrapy` loads this module for every command.


class Command(ScrapyCommand):
    """Exit statuses are those of `crawler.status`."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        return "[options] [ARCHIVE_DIR]"

    def short_desc(self) -> str:
        return "Show who has published which year, and what is missing or doubtful: a table, or a site to look at"

    def long_desc(self) -> str:
        return (
            "Gives every organ-year one state (found, revised, held, absent, blocked, unreachable, incomplete) from the "
            "records and the runs' journals of the data home (the folder given, or the setting ARCHIVE_DIR), and prints "
            "them as a table of organs × years. With --site it writes static pages instead, that open in a browser "
            "without a server: the table, findings, timelines, and one page a report, where a click on a number shows "
            "the spot of the archived page that it was read from. "
            "Exit status: 0 done, 2 wrong usage or nothing there, 3 the disk, 12 some of the data could not be read, or "
            "was held back for personal data, and the rest is shown."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--site", metavar="DIR", help="write the pages into this folder; what did not change is left")
        parser.add_argument(
            "--reports",
            metavar="WHICH",
            default="all",
            help="pages for which reports: all (default), flagged (those that do not add up or are not whole), none",
        )
        parser.add_argument("--json", dest="as_json", action="store_true", help="print organ-years as JSON")
        parser.add_argument("--division", metavar="CODE", default="", help="only this place: 2 to 9 digits of GB/T 2260")
        parser.add_argument("--years", metavar="YEARS", default="", help="only these years: 2022, or 2019-2023")
        parser.add_argument("--portal", metavar="ID", default="", help="only this portal, by its id in the registry")
        parser.add_argument(
            "--add",
            metavar="RECORDS.jsonl",
            action="append",
            default=[],
            help="further records, such as scrapy replay FOLDER -O RECORDS.jsonl writes; may be given again",
        )
        parser.add_argument(
            "--pages",
            metavar="FOLDER",
            action="append",
            default=[],
            help="a folder of saved pages, in which those of records without a snapshot are found by their digest",
        )
        parser.add_argument("--workers", metavar="N", help="number of processes that write pages (default: one a processor)")

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        super().process_options(args, opts)
        unknown = [arg for arg in args if arg.startswith("-")]
        if unknown:
            raise UsageError(f"there is no option {unknown[0]}; see scrapy coverage --help", print_help=False)
        if len(args) > 1:
            raise UsageError("name one data home, or none for the setting ARCHIVE_DIR", print_help=False)
        if opts.reports not in ("all", "flagged", "none"):
            raise UsageError(f"--reports is all, flagged or none, not {opts.reports!r}", print_help=False)
        if opts.division and not (opts.division.isascii() and opts.division.isdigit() and 2 <= len(opts.division) <= 9):
            raise UsageError(f"--division is a code of 2 to 9 digits, not {opts.division!r}", print_help=False)
        if opts.site and opts.as_json:
            raise UsageError("--site and --json are two outputs; choose one", print_help=False)
        if opts.workers is not None and not (opts.workers.isascii() and opts.workers.isdigit() and int(opts.workers)):
            raise UsageError(f"--workers is a whole number from 1 up, not {opts.workers!r}", print_help=False)
        opts.years_wanted = _read_years(opts.years)

    @stoppable
    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Print the table, or write the site, and set the exit status."""
        from crawler.coverage.catalogue import CatalogueError, load_catalogue
        from crawler.coverage.states import find_states
        from crawler.run import data_home
        from crawler.status import Status, fail, plain

        assert self.settings is not None  # noqa: S101 - set by Scrapy before this is called
        try:
            home = Path(args[0]).expanduser().absolute() if args else data_home(self.settings)
            catalogue = load_catalogue(home, [Path(name).expanduser().absolute() for name in opts.add])
        except (UsageError, CatalogueError) as error:
            self.exitcode = fail("scrapy coverage", str(error), Status.USAGE, sys.stderr.write)
            return
        coverage = find_states(catalogue, division=opts.division, years=opts.years_wanted, portal=opts.portal)
        for problem in catalogue.problems:
            print(f"scrapy coverage: {plain(problem)}", file=sys.stderr)
        self.exitcode = Status.INCOMPLETE if catalogue.problems else Status.DONE
        if opts.site:
            self._write_site(catalogue, coverage, opts)
        else:
            self._print(catalogue, coverage, opts.as_json)

    def _print(self, catalogue: Catalogue, coverage: Coverage, as_json: bool) -> None:
        from crawler.coverage.table import terminal_width, to_json, wants_colour, write_table
        from crawler.terminal import say

        if as_json:
            text = json.dumps(to_json(coverage, catalogue.problems), ensure_ascii=False, indent=1) + "\n"
        else:
            columns, colour = terminal_width(sys.stdout), wants_colour(sys.stdout, os.environ)
            text = write_table(coverage, columns=columns, colour=colour)
        say(text.removesuffix("\n"), encoding="utf-8" if as_json else None)

    def _write_site(self, catalogue: Catalogue, coverage: Coverage, opts: argparse.Namespace) -> None:
        from crawler.coverage.catalogue import CatalogueError
        from crawler.coverage.saved import find_saved
        from crawler.coverage.site import SiteError, write_site
        from crawler.status import Status, fail, plain
        from crawler.terminal import say

        folder = Path(opts.site).expanduser().absolute()
        workers = int(opts.workers) if opts.workers else None
        try:
            saved = find_saved([Path(name).expanduser().absolute() for name in opts.pages], catalogue)
            written = write_site(catalogue, coverage, folder, reports=opts.reports, workers=workers, saved=saved)
        except (SiteError, CatalogueError) as error:
            self.exitcode = fail("scrapy coverage", str(error), Status.DISK, sys.stderr.write)
            return
        if written.held:
            self.exitcode = Status.INCOMPLETE
            print(
                f"scrapy coverage: {len(written.held)} report(s) held back for personal data, the first {plain(written.held[0])}; "
                "scrapy export says where it stands and how to let it through",
                file=sys.stderr,
            )
        say(plain(f"{written.told()}; open {folder / 'index.html'}"))


def _read_years(text: str) -> range | None:
    if not text:
        return None
    first, dash, last = text.partition("-")
    years = (first, last if dash else first)
    if not all(year.isascii() and year.isdigit() and len(year) == 4 for year in years) or years[0] > years[1]:
        raise UsageError(f"--years is a year or a span such as 2019-2023, not {text!r}", print_help=False)
    return range(int(years[0]), int(years[1]) + 1)
