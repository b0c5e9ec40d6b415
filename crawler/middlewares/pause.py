"""Count a host's delay from its answer, and hold back everything for one that asks for a pause.

A pause is asked for by 429, or by 503 with a time in Retry-After (RFC 9110, 10.2.3).
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import monotonic
from typing import TYPE_CHECKING

from scrapy import signals

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

logger = logging.getLogger("gongkai")

# The downloader looks at the time of the last request only in slots that have a delay.
_LEAST_DELAY = 0.001

#: seconds that a host gets which says "too many requests" and not for how long; doubled each time
_UNTOLD = 4.0


class PauseExtension:
    """Moves a downloader slot's clock forward, so that its next request waits.

    It listens to `response_downloaded`, the one moment before the slot takes up its next request: a
    middleware would come too late.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._longest = crawler.settings.getfloat("RETRY_AFTER_MAX", 600)
        crawler.signals.connect(self.response_downloaded, signals.response_downloaded)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> PauseExtension:
        return cls(crawler)

    def response_downloaded(self, response: Response, request: Request) -> None:
        downloader = self._crawler.engine.downloader
        key = downloader.get_slot_key(request)
        slot = downloader.slots.get(key)
        if slot is None:
            return
        # The downloader counts the delay from when it began to connect. A host counts from when it was asked, and
        # its next question needs no new connection: to it the gap is shorter, unless it begins with its answer.
        slot.lastseen = max(slot.lastseen, monotonic())
        if response.status not in (429, 503):
            return
        wait = read_retry_after(response.headers.get("Retry-After"), datetime.now(UTC))
        if not wait and response.status == 429:
            wait = _UNTOLD * 2 ** request.meta.get("retry_times", 0)
        if not wait:
            return
        wait = min(wait, self._longest)
        slot.delay = max(slot.delay, _LEAST_DELAY)
        slot.lastseen = max(slot.lastseen, monotonic() + wait)
        logger.info("%s gets a pause of %d s", key, round(wait))


def read_retry_after(value: bytes | None, now: datetime) -> float | None:
    """Seconds to wait by a Retry-After value, which is a number of seconds or a date; None when neither.

    >>> read_retry_after(b"120", datetime.now(UTC))
    120.0
    >>> read_retry_after(b"soon", datetime.now(UTC))
    """
    text = (value or b"").decode("latin-1").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())
