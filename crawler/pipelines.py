"""What becomes of a report page: it is read, kept as a file that opens in a browser, and recorded.

Reading comes first so that the file can carry the year and the organ in its name. The bytes are in the
archive before the spider sees them, so nothing is lost in between.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any
from urllib.parse import urldefrag

from itemadapter import ItemAdapter
from scrapy.exceptions import DropItem

from archive import ArchiveError
from crawler.media import media_type_of, suffix_of
from crawler.reading import SavedPage, bug_in, name_snapshot, read_saved
from crawler.records import RecordsError, RecordsFile
from crawler.run import Reading, Run
from crawler.summary import clip

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

logger = logging.getLogger("gongkai")


class ParsePipeline:
    """Fills `record`. A page on which our reader fails becomes an `unreadable` record, and a line in the log."""

    def __init__(self, crawler: Crawler) -> None:
        self._run = Run.of(crawler)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> ParsePipeline:
        return cls(crawler)

    def process_item(self, item: Any) -> Any:
        page = ItemAdapter(item)
        body = page["body"]
        record = read_saved(
            SavedPage(
                body=body,
                url=page["url"],
                media_type=media_type_of(body, page.get("media_type") or ""),
                charset=(page.get("charset") or "").lower() or None,
                fetched=page.get("fetched"),
                portal=page.get("portal"),
                official=page.get("official"),
                attachment_of=page.get("attachment_of"),
                truncated=self._tear(page["url"], body),
            )
        )
        if bug := bug_in(record):
            logger.error("%s: %s", page["url"], bug)
            self._run.bugs.append(f"{page['url']}: {bug}")
        page["record"] = record
        return item

    def _tear(self, url: str, body: bytes) -> str | None:
        """Whether the archive holds these bytes as a part of something longer."""
        try:
            # The wire carries no fragment; where it chooses what is shown, the item's address has one.
            capture = self._run.archive.latest(urldefrag(url).url)
            stored = self._run.archive.load(capture) if capture is not None else None
        except ArchiveError as error:
            logger.warning("%s: %s", url, error)
            return None
        return stored.truncated if stored is not None and stored.body == body else None


class SnapshotPipeline:
    """Fills `snapshot`: the bytes as served, under `snapshots/<portal>/<year>-<organ>.<digest><suffix>`."""

    def __init__(self, crawler: Crawler) -> None:
        self._run = Run.of(crawler)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> SnapshotPipeline:
        return cls(crawler)

    def process_item(self, item: Any) -> Any:
        page = ItemAdapter(item)
        record = page["record"]
        year, label = name_snapshot(record, page.get("anchor") or "")
        suffix = suffix_of(page["body"], record["source"]["media_type"])
        try:
            page["snapshot"] = self._run.archive.save_snapshot(
                page["body"], portal=page.get("portal") or "page", year=year, label=label, suffix=suffix
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
            self._file = RecordsFile.open(self._run.root / "reports.jsonl")
        except RecordsError as error:
            self._run.stop_for(error)

    def process_item(self, item: Any) -> dict[str, Any]:
        page = ItemAdapter(item)
        record: dict[str, Any] = page["record"]
        state = self._add(record)
        url, portal = page["url"], page.get("portal")
        reading = Reading(url, portal, record["year"], record["organ"], record["title"], record["verdict"], state)
        self._run.readings.append(reading)
        ledger = getattr(self._crawler.spider, "ledger", None)
        if ledger is not None and portal:
            ledger.portal(portal).found_report(
                url, year=reading.year, organ=reading.organ, title=reading.title, verdict=reading.verdict
            )
        name = clip(reading.organ or reading.title or "?", 60)
        logger.info("%s  %s  %s (%s)  %s", reading.year or "????", name, reading.verdict, state, url)
        return record

    def _add(self, record: dict[str, Any]) -> str:
        if self._file is None:
            raise DropItem("reports.jsonl cannot be opened")
        try:
            return self._file.add(record)
        except RecordsError as error:
            self._run.stop_for(error)
            raise DropItem("reports.jsonl cannot be written") from error

    def close_spider(self) -> None:
        if self._file is not None:
            self._file.close()
