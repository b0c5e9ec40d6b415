"""Log lines that are safe to look at: one line each, and nothing in them that a terminal obeys.

Addresses, titles and errors are words of strangers; a line break in one forges the next line, and an escape
sequence rewrites the screen. And what Scrapy logs about an item is the item, which here is a whole page.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any

from scrapy.logformatter import LogFormatter as ScrapyLogFormatter

if TYPE_CHECKING:
    from scrapy import Spider
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from scrapy.logformatter import LogFormatterResult
    from twisted.python.failure import Failure


#: All control characters but the line end, and what turns or hides the words around it.
_UNSAFE_RE = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


class PlainLines(logging.Formatter):
    """A formatter whose messages are one line of printable text. A traceback keeps its line ends."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        return _UNSAFE_RE.sub(" ", super().formatMessage(record)).replace("\n", " ")

    def formatException(self, ei: Any) -> str:
        return _UNSAFE_RE.sub(" ", super().formatException(ei))


def make_plain(handlers: list[logging.Handler]) -> None:
    """Let these handlers write plain lines, in the format that each has."""
    for handler in handlers:
        found = handler.formatter
        if found is not None and type(found) is logging.Formatter:
            handler.setFormatter(PlainLines(found._fmt, found.datefmt))


class LogFormatter(ScrapyLogFormatter):
    """Names the page of an item by its URL instead of printing the item, and makes the log's lines plain."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> LogFormatter:
        # Scrapy has set up its handler when it asks for this.
        make_plain(logging.root.handlers)
        return cls()

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
