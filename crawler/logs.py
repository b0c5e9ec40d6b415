"""What Scrapy logs about items, in one line each: an item here holds a whole page."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from scrapy.logformatter import LogFormatter as ScrapyLogFormatter

if TYPE_CHECKING:
    from scrapy import Spider
    from scrapy.http import Response
    from scrapy.logformatter import LogFormatterResult
    from twisted.python.failure import Failure


class LogFormatter(ScrapyLogFormatter):
    """Names the page of an item by its URL instead of printing the item."""

    def scraped(self, item: Any, response: Response | Failure | None, spider: Spider) -> LogFormatterResult:
        return _line(logging.DEBUG, "Recorded %(url)s", item)

    def dropped(
        self, item: Any, exception: BaseException, response: Response | Failure | None, spider: Spider
    ) -> LogFormatterResult:
        return _line(logging.WARNING, "No record of %(url)s: %(exception)s", item, exception)

    def item_error(
        self, item: Any, exception: BaseException, response: Response | Failure | None, spider: Spider
    ) -> LogFormatterResult:
        return _line(logging.ERROR, "No record of %(url)s: %(exception)s", item, exception)


def _line(level: int, message: str, item: Any, exception: BaseException | None = None) -> LogFormatterResult:
    source = item.get("source", {}) if isinstance(item, dict) else {}
    url = source.get("url") or getattr(item, "url", "?")
    return {"level": level, "msg": message, "args": {"url": url, "exception": exception}}
