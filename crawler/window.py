"""Crawl in the hours in which a small office's web server has nothing else to do.

The setting CRAWL_WINDOW, such as "22:00-07:00+08:00", is a time of day with an offset from UTC. Outside it a run
ends, as one that was stopped: what is under way is finished, and the next run takes it up. So one line in a
timetable is enough for a crawl of many nights.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, timezone
from typing import TYPE_CHECKING, Any

from scrapy import signals
from scrapy.exceptions import NotConfigured, UsageError
from scrapy.utils.asyncio import create_looping_call

from crawler.run import Run
from crawler.status import OUT_OF_HOURS

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

logger = logging.getLogger("gongkai")

_WINDOW_RE = re.compile(r"([0-2]\d):([0-5]\d)-([0-2]\d):([0-5]\d)(?:([+-])([01]\d):([0-5]\d)|Z)", re.ASCII)
_EVERY = 15.0  # seconds


@dataclass(frozen=True)
class Window:
    """Hours of the day, from `start` on and before `end`, at an offset from UTC. It may span midnight."""

    start: time
    end: time
    offset: timedelta

    def holds(self, moment: datetime) -> bool:
        """Whether a moment, which has a zone, lies inside.

        >>> night = read_window("22:00-07:00+08:00")
        >>> [night.holds(datetime(2026, 1, 1, hour, tzinfo=UTC)) for hour in (13, 14, 22, 23)]
        [False, True, True, False]
        """
        now = moment.astimezone(timezone(self.offset)).time()
        if self.start <= self.end:
            return self.start <= now < self.end
        return now >= self.start or now < self.end


def read_window(text: str) -> Window:
    """Read HH:MM-HH:MM±HH:MM. Raises UsageError for anything else: without its offset a time of day says nothing."""
    found = _WINDOW_RE.fullmatch(text.strip())
    try:
        if found is None:
            raise ValueError
        start, end = time(int(found[1]), int(found[2])), time(int(found[3]), int(found[4]))
        if start == end:
            raise ValueError
    except ValueError:
        raise UsageError(
            f"CRAWL_WINDOW: cannot read {text!r}; write hours with an offset from UTC, such as 22:00-07:00+08:00",
            print_help=False,
        ) from None
    offset = timedelta(hours=int(found[6]), minutes=int(found[7])) if found[5] else timedelta(0)
    return Window(start, end, -offset if found[5] == "-" else offset)


class WindowExtension:
    """Ends the run when its hours are over, or when they have not begun."""

    def __init__(self, crawler: Crawler) -> None:
        text = crawler.settings["CRAWL_WINDOW"]
        if not text:
            raise NotConfigured
        self._run = Run.of(crawler)
        self._text = text
        self._window = read_window(text)
        self._loop: Any = None
        crawler.signals.connect(self.spider_opened, signals.spider_opened)
        crawler.signals.connect(self.spider_closed, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> WindowExtension:
        return cls(crawler)

    def spider_opened(self) -> None:
        self._loop = create_looping_call(self._look)
        self._loop.start(_EVERY)

    def _look(self) -> None:
        if not self._window.holds(datetime.now(UTC)):
            logger.warning("Outside the hours of CRAWL_WINDOW (%s): the run ends, and the next one takes it up", self._text)
            self._loop.stop()
            self._run.close_spider(OUT_OF_HOURS)

    def spider_closed(self) -> None:
        if self._loop is not None and self._loop.running:
            self._loop.stop()
