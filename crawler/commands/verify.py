"""`scrapy verify`: prove the archive, every byte against its digest and every index line against its record."""

from __future__ import annotations

import argparse
import sys

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from crawler.terminal import stoppable

_BAR = "{desc}: {percentage:3.0f}% of {total:,} bytes [{elapsed}<{remaining}]"


class Command(ScrapyCommand):
    """Exit status 0 only when there is no problem; 3 with problems, 2 when there is no archive to verify."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        return "[options] [ARCHIVE_DIR]"

    def short_desc(self) -> str:
        return "Check every byte of the archive against its digest and its index"

    def long_desc(self) -> str:
        return (
            "Reads the whole archive (the folder given, or the setting ARCHIVE_DIR) and prints one line for each "
            "problem on standard output. Nothing is changed. Exit status: 0 no problem, 2 no archive there, 3 problems."
        )

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        super().process_options(args, opts)
        unknown = [arg for arg in args if arg.startswith("-")]
        if unknown:
            raise UsageError(f"there is no option {unknown[0]}; see scrapy verify --help", print_help=False)
        if len(args) > 1:
            raise UsageError("name one archive, or none for the setting ARCHIVE_DIR", print_help=False)

    @stoppable
    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Print the problems and set the exit status."""
        from pathlib import Path

        from archive import ArchiveError, bytes_to_verify, verify
        from archive.journals import journals_without_check
        from crawler.progress import open_bar
        from crawler.run import data_home
        from crawler.status import Status, fail, plain
        from crawler.terminal import say

        assert self.settings is not None  # noqa: S101 - set by Scrapy before this is called
        try:
            root = Path(args[0]).expanduser().absolute() if args else data_home(self.settings)
        except UsageError as error:
            self.exitcode = fail("scrapy verify", str(error), Status.USAGE, sys.stderr.write)
            return
        if not (root / "warc").is_dir():
            words = f"{root}: no archive here; crawl first, or name its folder"
            self.exitcode = fail("scrapy verify", words, Status.USAGE, sys.stderr.write)
            return
        found = 0
        try:
            with open_bar(bytes_to_verify(root), "B", "Verifying", _BAR) as bar:
                for problem in verify(root, progress=bar.update):
                    found += 1
                    bar.clear()
                    say(plain(problem))
            older = journals_without_check(root)
        except ArchiveError as error:
            self.exitcode = fail("scrapy verify", str(error), Status.DISK, sys.stderr.write)
            return
        if older:
            names = f"{older[0].name} … {older[-1].name}" if older[1:] else older[0].name
            print(f"{plain(root)}: {len(older)} journal{'s' if older[1:] else ''} of an earlier version without a digest, not proved: runs/{plain(names)}", file=sys.stderr)
        print(f"{plain(root)}: {found} problem{'' if found == 1 else 's'}", file=sys.stderr)
        self.exitcode = Status.DISK if found else Status.DONE
