"""`scrapy portal`: look at one portal, say what a crawl would do there, and keep its line of the registry."""

from __future__ import annotations

import argparse
import csv
import io
import logging
import re
import sys
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

PAGES = 80

# The look keeps nothing: its archive is a folder that goes, and no report becomes a record.
_LOOK: dict[str, Any] = {
    "PORTAL_LOOK": True,
    "ITEM_PIPELINES": {},
    "EXTENSIONS": {"crawler.run.RunExtension": 100, "crawler.middlewares.PauseExtension": 200},
    "RETRY_TIMES": 1,
}


class Command(ScrapyCommand):
    """Exit status 0 when a column of annual reports was found, 12 when none was, 2 and 4 as for `scrapy crawl`."""

    requires_project = True

    def syntax(self) -> str:
        return "[options] URL"

    def short_desc(self) -> str:
        return "Look at one portal: which system, which columns, how many reports"

    def long_desc(self) -> str:
        return (
            "Walks a portal from its front page with the manners of `scrapy crawl county_portals`, reads its lists but "
            "not its reports, and prints what a crawl would fetch. With --add FILE.csv the portal's line is added to "
            "that registry; a line that is there already is checked again: columns that moved are replaced. "
            "Nothing is archived. Exit status: 0 a column was found, 12 none was, 2 wrong usage, 4 the registry is wrong."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--add", metavar="FILE.csv", help="add the portal's line to this registry, or correct it")
        parser.add_argument("--id", metavar="ID", help="the portal's id in the registry (default: its host)")
        parser.add_argument("--name", metavar="NAME", help="the government's name (default: from the front page's title)")
        parser.add_argument("--pages", metavar="N", type=int, default=PAGES, help="ask for at most N pages (default: %(default)s)")

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        super().process_options(args, opts)
        unknown = [arg for arg in args if arg.startswith("-")]
        if unknown:
            raise UsageError(f"there is no option {unknown[0]}; see scrapy portal --help", print_help=False)
        # For the one line that comes before `run`.
        logging.getLogger("scrapy.utils.log").addFilter(lambda record: record.levelno >= logging.WARNING)

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Look, print, and keep the registry."""
        from crawler.discovery.survey import survey, write_survey
        from crawler.registry import Portal, RegistryError
        from crawler.status import Status, fail
        from crawler.terminal import say

        if len(args) != 1 or opts.pages < 1:
            raise UsageError("name one front page, for example: scrapy portal http://www.example.gov.cn/", print_help=False)
        try:
            known = _find(Path(opts.add), args[0], opts.id) if opts.add and Path(opts.add).exists() else None
            portal = known or Portal(opts.id or _id_of(args[0]), opts.name or args[0], args[0])
            account = self._look(portal, opts.pages)
        except (RegistryError, ValueError, OSError) as error:
            self.exitcode = fail("scrapy portal", str(error), Status.CONFIG, sys.stderr.write)
            return
        name = opts.name or (known.name if known else _name_of(account.title) or account.name)
        account.name = name
        seen = survey(account, portal.columns)
        say(write_survey(seen).removesuffix("\n"))
        if seen.columns and opts.add:
            try:
                say(_keep(Path(opts.add), portal, name, seen.column_urls))
            except OSError as error:
                self.exitcode = fail("scrapy portal", f"{opts.add}: cannot write: {error.strerror or error}; choose another place, or free some space", Status.DISK, sys.stderr.write)
                return
        elif opts.add:
            say(f"{opts.add} is as it was: no column was found")
        self.exitcode = Status.DONE if seen.columns else Status.INCOMPLETE

    def _look(self, portal: Any, pages: int) -> Any:
        from crawler.registry import RegistryError

        assert self.crawler_process is not None and self.settings is not None  # noqa: S101 - set by Scrapy before this is called
        logging.getLogger("scrapy").setLevel(logging.WARNING)
        errors: list[BaseException] = []
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "portals.csv"
            file.write_text(_lines([_HEADER, _row(portal, portal.name, portal.columns)]), encoding="utf-8")
            for key, value in {**_LOOK, "PORTAL_PAGE_BUDGET": pages, "ARCHIVE_DIR": folder}.items():
                self.settings.set(key, value, priority="cmdline")
            crawler = self.crawler_process.create_crawler("county_portals")
            _collect(self.crawler_process.crawl(crawler, portals=str(file)), errors)
            self.crawler_process.start()
        if errors:
            # The line of the file that was made for this look says nothing to anybody.
            raise ValueError(str(errors[0]).removeprefix(f"{file}:2: ")) if isinstance(errors[0], RegistryError) else errors[0]
        spider: Any = crawler.spider
        return spider.ledger.portal(portal.id)


def _collect(crawl: Any, errors: list[BaseException]) -> None:
    """Take what ends a crawl before it begins; asyncio or Twisted would print a traceback."""
    if hasattr(crawl, "add_done_callback"):
        crawl.add_done_callback(lambda task: errors.extend(filter(None, [None if task.cancelled() else task.exception()])))
    else:
        crawl.addErrback(lambda failure: errors.append(failure.value))


_HEADER = ["id", "name", "division", "level", "url", "column_url"]


def _row(portal: Any, name: str, columns: tuple[str, ...]) -> list[str]:
    return [portal.id, name, portal.division or "", portal.level or "", portal.url, " ".join(columns)]


def _lines(rows: list[list[str]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _id_of(url: str) -> str:
    try:
        parts = urlsplit(url)
        port = f"-{parts.port}" if parts.port else ""
    except ValueError:
        parts, port = urlsplit(""), ""
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{url} is no front page; write it as http://www.example.gov.cn/")
    return (parts.hostname.removeprefix("www.") + port).strip(".-")


def _name_of(title: str) -> str:
    """The government that a front page's title names: 首页-青溪县人民政府门户网站 is 青溪县人民政府."""
    found = re.search(r"[\u3400-\u9fff]{2,12}?(?:人民政府|管委会|管理委员会|政府)", re.sub(r"^(?:首页|欢迎(?:访问|光临)?)[-_—|\s]*", "", title))
    return found[0] if found else title.strip()[:40]


def _find(file: Path, url: str, id: str | None) -> Any:
    """The registry's portal of this id, or else of this front page."""
    from crawler.discovery import same_page
    from crawler.registry import load_registry

    portals = load_registry(file)
    by_id = next((portal for portal in portals if id and portal.id == id), None)
    return by_id or next((portal for portal in portals if not id and same_page(portal.url) == same_page(url)), None)


def _keep(file: Path, portal: Any, name: str, columns: tuple[str, ...]) -> str:
    """Write the portal's line, all others as they were; return what was done."""
    from crawler.output import write_whole

    text = file.read_text(encoding="utf-8-sig") if file.exists() else ""
    rows = [row for row in csv.reader(io.StringIO(text, newline="")) if row] or [list(_HEADER)]
    header = [cell.strip().lower() for cell in rows[0]]
    if "column_url" not in header:
        header.append("column_url")
        rows[0].append("column_url")
    values = dict(zip(_HEADER, _row(portal, name, columns), strict=True))
    mine = next((row for row in rows[1:] if row[header.index("id")].strip() == portal.id), None)
    before = list(mine) if mine else None
    if mine is None:
        rows.append([values.get(column, "") for column in header])
        done = "added"
    else:
        mine.extend([""] * (len(header) - len(mine)))
        mine[header.index("column_url")] = values["column_url"]
        done = "unchanged" if mine == before else "corrected"
    if done != "unchanged":
        write_whole(file, _lines(rows))
    return f"{file}: {portal.id} {done}"

