"""`scrapy archive-merge`: bring the archives of several machines together in one home."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

# What does the work is imported when there is work: `scrapy` loads this module for every command.


class Command(ScrapyCommand):
    """Exit statuses are those of `crawler.status`."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        return "SOURCE [SOURCE ...] --into HOME"

    def short_desc(self) -> str:
        return "Merge the archives of several machines: evidence, records and journals"

    def long_desc(self) -> str:
        return (
            "Copies the sealed WARC files and snapshots of each SOURCE into the archive HOME, which is made where it is absent, "
            "checks every file against its digest on the way, and joins the records and the journals. Sources are only read. Done "
            "again, it copies what is missing. Prove the result with scrapy verify HOME. "
            "Exit status: 0 all merged, 2 wrong usage, 3 a source is damaged, unfinished or cannot be read, 75 a crawl holds HOME."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--into", metavar="HOME", help="the archive that takes the others in")

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        super().process_options(args, opts)
        unknown = [arg for arg in args if arg.startswith("-")]
        if unknown:
            raise UsageError(f"there is no option {unknown[0]}; see scrapy archive-merge --help", print_help=False)
        if not args or not opts.into:
            raise UsageError("name archives and where to: scrapy archive-merge node1/data node2/data --into data", print_help=False)

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Merge, and set the exit status."""
        from archive import ArchiveError, ArchiveLocked
        from crawler.merging import merge_homes
        from crawler.progress import open_bar
        from crawler.status import Status, fail, plain

        assert self.settings is not None  # noqa: S101 - set by Scrapy before this is called
        sources = [Path(arg).expanduser().absolute() for arg in args]
        target = Path(opts.into).expanduser().absolute()
        absent = next((home for home in sources if not (home / "warc").is_dir()), None)
        if absent is not None:
            self.exitcode = fail("scrapy archive-merge", f"{absent}: no archive here; name the folder that holds warc/", Status.USAGE, sys.stderr.write)
            return
        total = sum(path.stat().st_size for home in sources for path in home.glob("warc/*/*.warc.gz") if path.is_file())
        bar = open_bar(total, "B", "Merging")
        try:
            joined = merge_homes(sources, target, f"gongkai/{self.settings['VERSION']}", bar.update)
        except KeyboardInterrupt:
            self.exitcode = fail("scrapy archive-merge", "stopped; the same merge goes on from here", Status.STOPPED, sys.stderr.write)
            return
        except (ArchiveError, OSError) as error:
            status = Status.LOCKED if isinstance(error, ArchiveLocked) else Status.DISK
            self.exitcode = fail("scrapy archive-merge", str(error), status, sys.stderr.write)
            return
        finally:
            bar.close()
        done = joined.evidence
        print(
            f"{done.files} WARC files ({done.bytes} bytes) and {joined.journals} journals came in, {done.present} files were "
            f"there; {joined.records} records in {plain(target)}",
            file=sys.stderr,
        )
