"""`scrapy shards`: how a registry is divided among machines."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from crawler.terminal import stoppable


class Command(ScrapyCommand):
    """Exit statuses are those of `crawler.status`."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        return "[options] COUNT"

    def short_desc(self) -> str:
        return "Show how the portals are divided among COUNT machines, and learn which belong together"

    def long_desc(self) -> str:
        return (
            "Prints a line for each portal: its shard, what keeps it with others, its id and name. crawl county_portals "
            "-a shard=3/8 crawls the third of eight. With --runs, portals that shared an address in earlier crawls "
            "are put into one group, and --write keeps the groups in a registry to be given to every machine, with all else as it was. "
            "Exit status: 0 done, 2 wrong usage, 3 the disk, 4 a registry that cannot be used."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--portals", metavar="FILE.csv", help="the registry (default: crawler/portals.csv)")
        parser.add_argument("--runs", action="append", default=[], metavar="HOME", help="an archive whose journals are read; may be given several times")
        parser.add_argument("--write", metavar="FILE.csv", help="write the registry with its groups to this file")

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        super().process_options(args, opts)
        if len(args) != 1 or not (args[0].isascii() and args[0].isdigit() and 1 <= int(args[0]) <= 9999):
            raise UsageError("name the number of shards, such as: scrapy shards 8", print_help=False)

    @stoppable
    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Print the division, and set the exit status."""
        from dataclasses import replace

        from crawler.registry import RegistryError, load_registry
        from crawler.shards import Shard, choose, learn_groups, shard_keys
        from crawler.status import Status, fail, plain
        from crawler.terminal import say

        try:
            source = Path(opts.portals).expanduser() if opts.portals else None
            portals = load_registry(source)
            groups = learn_groups(portals, _journals(opts.runs))
            portals = [replace(portal, group=groups.get(portal.id)) for portal in portals]
            if opts.write:
                _write(Path(opts.write).expanduser(), source, groups)
        except RegistryError as error:
            self.exitcode = fail("scrapy shards", str(error), Status.CONFIG, sys.stderr.write)
            return
        except ValueError as error:
            self.exitcode = fail("scrapy shards", str(error), Status.USAGE, sys.stderr.write)
            return
        except OSError as error:
            words = f"{error.filename or opts.write}: {error.strerror or error}; choose another place, or free some space"
            self.exitcode = fail("scrapy shards", words, Status.DISK, sys.stderr.write)
            return
        keys, count = shard_keys(portals), int(args[0])
        for number in range(1, count + 1):
            for portal in choose(portals, Shard(number, count)):
                say("\t".join(map(plain, (f"{number}/{count}", keys[portal.id], portal.id, portal.name))))
        self.exitcode = Status.DONE


def _journals(homes: list[str]) -> list[dict[str, object]]:
    from archive.journals import what_is_wrong

    found = []
    for home in homes:
        paths = sorted((Path(home).expanduser() / "runs").glob("*.json"))
        if not paths:
            raise ValueError(f"{home}: no journals here; name a folder that a crawl wrote to")
        for path in paths:
            data = path.read_bytes()
            if wrong := what_is_wrong(data, path.stem):
                raise ValueError(f"{path}: {wrong}; restore the file from a copy, or move it away")
            found.append(json.loads(data))
    return found


def _write(path: Path, source: Path | None, groups: Mapping[str, str]) -> None:
    """Write the registry with its groups, in the place of nothing or of a registry."""
    from crawler.output import write_whole
    from crawler.registry import RegistryError, load_registry, with_groups

    if path.exists() and (not path.is_file() or path.stat().st_size):
        try:
            load_registry(path)
        except RegistryError:
            raise ValueError(f"{path}: holds something else than a registry, and is not written over; choose another name") from None
    write_whole(path, with_groups(source, groups))
