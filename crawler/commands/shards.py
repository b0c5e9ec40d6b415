"""`scrapy shards`: how a registry is divided among machines."""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

if TYPE_CHECKING:
    from crawler.registry import Portal


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
            "are put into one group, and --write keeps the groups in a registry to be given to every machine. "
            "Exit status: 0 done, 2 wrong usage, 4 a registry that cannot be used."
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

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Print the division, and set the exit status."""
        from dataclasses import replace

        from crawler.registry import RegistryError, load_registry
        from crawler.shards import Shard, choose, learn_groups, shard_keys
        from crawler.status import Status, fail, plain

        try:
            portals = load_registry(Path(opts.portals) if opts.portals else None)
            groups = learn_groups(portals, _journals(opts.runs))
            portals = [replace(portal, group=groups.get(portal.id)) for portal in portals]
            if opts.write:
                _write(Path(opts.write), portals)
        except RegistryError as error:
            self.exitcode = fail("scrapy shards", str(error), Status.CONFIG, sys.stderr.write)
            return
        except (OSError, ValueError) as error:
            self.exitcode = fail("scrapy shards", str(error), Status.USAGE, sys.stderr.write)
            return
        keys, count = shard_keys(portals), int(args[0])
        for number in range(1, count + 1):
            for portal in choose(portals, Shard(number, count)):
                print(plain(f"{number}/{count}"), plain(keys[portal.id]), plain(portal.id), plain(portal.name), sep="\t")
        self.exitcode = Status.DONE


def _journals(homes: list[str]) -> list[dict[str, object]]:
    found = []
    for home in homes:
        paths = sorted((Path(home).expanduser() / "runs").glob("*.json"))
        if not paths:
            raise ValueError(f"{home}: no journals here; name a folder that a crawl wrote to")
        found += [json.loads(path.read_text("utf-8")) for path in paths]
    return [journal for journal in found if isinstance(journal, dict)]


def _write(path: Path, portals: Sequence[Portal]) -> None:
    columns = ("id", "name", "division", "level", "url", "group")
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow((*columns, "column_url"))
        for portal in portals:
            writer.writerow([getattr(portal, name) or "" for name in columns] + [" ".join(portal.columns)])
