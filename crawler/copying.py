"""What `scrapy archive-push` and `scrapy archive-pull` have in common: their words, their bar, their exit statuses."""

from __future__ import annotations

import argparse
import sys
from abc import abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

# What does the work is imported when there is work: `scrapy` loads this module for every command.
if TYPE_CHECKING:
    from crawler.remote import Copied


class CopyCommand(ScrapyCommand):
    """A command that copies an archive between its home and a storage. Exit statuses are those of `crawler.status`."""

    requires_project = True
    requires_crawler_process = False
    name: str  #: of the command

    def syntax(self) -> str:
        return "URL [HOME]"

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        super().process_options(args, opts)
        unknown = [arg for arg in args if arg.startswith("-")]
        if unknown:
            raise UsageError(f"there is no option {unknown[0]}; see scrapy {self.name} --help", print_help=False)
        if len(args) not in (1, 2):
            raise UsageError("name the storage, and the archive if it is not that of ARCHIVE_DIR: s3://bucket/prefix", print_help=False)

    @abstractmethod
    def copy(self, storage: str, home: Path, told: Callable[[int], object]) -> tuple[Copied, str | Path]:
        """Copy, telling of bytes on the way; returns what was copied, and where to."""

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Copy, and set the exit status."""
        from archive import ArchiveError
        from crawler.progress import open_bar
        from crawler.run import data_home
        from crawler.status import Status, fail, plain
        from crawler.storage import StorageError

        def failed(why: object, status: Status) -> None:
            self.exitcode = fail(f"scrapy {self.name}", str(why), status, sys.stderr.write)

        if self.settings is None:
            raise RuntimeError("Scrapy sets the settings before it runs a command")
        with open_bar(None, "B", "Copying") as bar:
            try:
                home = Path(args[1]).expanduser().absolute() if len(args) > 1 else data_home(self.settings)
                copied, place = self.copy(args[0], home, bar.update)
            except KeyboardInterrupt:
                return failed("stopped; the same command goes on from here", Status.STOPPED)
            except UsageError as error:
                return failed(error, Status.USAGE)
            except (ArchiveError, StorageError) as error:
                return failed(error, Status.DISK)
            except OSError as error:
                return failed(f"{error.filename or home}: {error.strerror or error}; free some space, or look at it", Status.DISK)
        print(f"{copied.files} files ({copied.bytes} bytes) copied and checked, {copied.present} were there; {plain(place)}", file=sys.stderr)
        return None
