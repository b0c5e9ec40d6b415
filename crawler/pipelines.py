"""What becomes of a report page: it is read, kept as a file that opens in a browser, and recorded.

Reading comes first so that the file can carry the year and the organ in its name. The bytes are in the
archive before the spider sees them, so nothing is lost in between.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any
from urllib.parse import urldefrag

from itemadapter import ItemAdapter
from scrapy.exceptions import DropItem

from archive import ArchiveError
from archive.exchange import dom_url
from crawler.media import media_type_of, suffix_of
from crawler.reading import SavedPage, bug_in, cut_saved, name_snapshot
from crawler.records import RecordsError, RecordsFile
from crawler.run import Run
from crawler.status import plain
from crawler.summary import clip
from crawler.tally import Reading

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

logger = logging.getLogger("gongkai")


class ParsePipeline:
    """Fills `record`. A page on which our reader fails becomes an `unreadable` record, and a line in the log."""

    def __init__(self, crawler: Crawler) -> None:
        self._run = Run.of(crawler)
        self._last: asyncio.Future[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> ParsePipeline:
        return cls(crawler)

    async def process_item(self, item: Any) -> Any:
        """Records come in the order of their items, however long the reading of each takes."""
        before, mine = self._last, asyncio.get_running_loop().create_future()
        self._last = mine
        try:
            record = await self._record(ItemAdapter(item))
            if before is not None:
                await before
        finally:
            mine.set_result(None)
        page = ItemAdapter(item)
        if bug := bug_in(record):
            logger.error("%s: %s", plain(page["url"]), plain(bug))
            self._run.bugs.append(f"{page['url']}: {bug}")
        page["record"] = record
        return item

    async def _record(self, page: ItemAdapter) -> dict[str, Any]:
        """The record that was read when the page came; for one that nobody has read yet, it is read now."""
        url, body = page["url"], page["body"]
        told = {name: page.get(name) for name in ("fetched", "portal", "official", "attachment_of")}
        rendered = bool(page.get("rendered"))
        record = self._run.readings_ahead.take(url, body)
        if record is not None:
            record["source"].update(told | ({"rendered": True} if rendered else {}))
            return record
        saved = SavedPage(
            body=body,
            url=url,
            media_type=media_type_of(body, page.get("media_type") or ""),
            charset=(page.get("charset") or "").lower() or None,
            truncated=self._tear(url, body, rendered),
            rendered=rendered,
            **told,
        )
        done = await asyncio.wrap_future(self._run.workers.submit("saved", saved))
        return done.value if done.cut is None else cut_saved(saved, done.cut)

    def _tear(self, url: str, body: bytes, rendered: bool) -> str | None:
        """Whether the archive holds these bytes as a part of something longer."""
        try:
            # The wire carries no fragment; where it chooses what is shown, the item's address has one.
            capture = self._run.archive.latest(dom_url(url) if rendered else urldefrag(url).url)
            stored = self._run.archive.load(capture) if capture is not None else None
        except ArchiveError as error:
            logger.warning("%s: %s", plain(url), error)
            return None
        if stored is None or stored.body != body:
            return None
        return stored.truncated or ("unspecified" if stored.metadata.get("lacks") else None)


class SnapshotPipeline:
    """Fills `snapshot`: the bytes as served, under `snapshots/<portal>/<year>-<organ>.<digest><suffix>`."""

    def __init__(self, crawler: Crawler) -> None:
        self._run = Run.of(crawler)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> SnapshotPipeline:
        return cls(crawler)

    async def process_item(self, item: Any) -> Any:
        page = ItemAdapter(item)
        record = page["record"]
        year, label = name_snapshot(record, page.get("anchor") or "")
        suffix = suffix_of(page["body"], record["source"]["media_type"])
        try:
            page["snapshot"] = await self._run.keeping.write(
                self._run.archive.save_snapshot,
                page["body"],
                portal=page.get("portal") or "page",
                year=year,
                label=label,
                suffix=suffix,
            )
        except ArchiveError as error:
            self._run.stop_for(error)
            raise DropItem("its snapshot cannot be written") from error
        record["source"]["snapshot"] = page["snapshot"]
        return item


class RecordsPipeline:
    """Writes `reports.jsonl` and hands on the record itself, so that Scrapy's feed exports hold records."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._run = Run.of(crawler)
        self._file: RecordsFile | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> RecordsPipeline:
        return cls(crawler)

    def open_spider(self) -> None:
        try:
            self._file = self._run.records = RecordsFile.open(self._run.root / "reports.jsonl")
        except RecordsError as error:
            self._run.stop_for(error)

    async def process_item(self, item: Any) -> dict[str, Any]:
        page = ItemAdapter(item)
        record: dict[str, Any] = page["record"]
        state = await self._add(record)
        url, portal = page["url"], page.get("portal")
        organ, title, year, verdict = (record[name] for name in ("organ", "title", "year", "verdict"))
        self._run.readings.add(Reading(portal, year, verdict, state))
        ledger = getattr(self._crawler.spider, "ledger", None)
        if ledger is not None and portal:
            # The next year's report at an address that always shows the latest is no revised one.
            seen = "new" if state == "changed" and not record.get("replaces") else state
            ledger.portal(portal).found_report(url, year=year, organ=organ, title=title, verdict=verdict, state=seen)
        logger.info("%s  %s  %s (%s)  %s", year or "????", clip(organ or title or "?", 60), verdict, state, plain(url))
        return record

    async def _add(self, record: dict[str, Any]) -> str:
        if self._file is None:
            raise DropItem("reports.jsonl cannot be opened")
        try:
            return await self._run.keeping.write(self._file.add, record)
        except RecordsError as error:
            self._run.stop_for(error)
            raise DropItem("reports.jsonl cannot be written") from error

    def close_spider(self) -> None:
        if self._file is None:
            return
        try:
            self._run.lines = self._file.fold(self._number_of)
        except ArchiveError as error:
            self._run.stop_for(error)
        finally:
            self._file.close()

    def _number_of(self, url: str, fetched: str) -> int:
        """The archive's number of the page that came from an address in that second; 0 when it has none."""
        history = self._run.archive.history(urldefrag(url).url)
        of_then = [c.seq for c in history if c.fetched.strftime("%Y-%m-%dT%H:%M:%SZ") == fetched and 200 <= c.status < 300]
        return of_then[-1] if of_then else 0
