"""A progress display for whoever watches; nothing at all when nobody does.

It is drawn on standard error, so that standard output can be piped, and only on a terminal. While it
is up, log lines are printed above it instead of through it.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from scrapy import signals

from crawler.run import Run

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from tqdm import tqdm


def open_bar(total: int | None, unit: str, desc: str, bar_format: str | None = None) -> tqdm[Any]:
    """A bar on standard error; it stays silent when that is not a terminal."""
    from tqdm import tqdm

    # A terminal that does not know its size says 0 by 0, and there a bar would not be drawn.
    size: dict[str, Any] = {"dynamic_ncols": True} if _columns() else {"ncols": 80, "nrows": 24}
    return tqdm(total=total, unit=unit, desc=desc, disable=None, leave=False, bar_format=bar_format, **size)


def _columns() -> int:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns
    except (OSError, ValueError):
        return 0


@contextmanager
def logs_above_bars() -> Iterator[None]:
    """Print log lines above a bar while the block runs, and as always when there is no terminal."""
    if not sys.stderr.isatty():
        yield
        return
    handlers = [handler for handler in logging.root.handlers if getattr(handler, "stream", None) is sys.stderr]
    for handler in handlers:
        handler.setStream(_AboveBars())  # type: ignore[attr-defined]
    try:
        yield
    finally:
        for handler in handlers:
            handler.setStream(sys.stderr)  # type: ignore[attr-defined]


class _AboveBars:
    """A stream that tqdm clears its bars for."""

    def write(self, text: str) -> None:
        from tqdm import tqdm

        if text:
            tqdm.write(text, file=sys.stderr, end="")

    def flush(self) -> None:
        sys.stderr.flush()


class ProgressExtension:
    """Counts pages while a crawl runs, with reports and what still waits beside them."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._run = Run.of(crawler)
        self._bar: tqdm[Any] | None = None
        self._above: Any = None
        crawler.signals.connect(self.spider_opened, signals.spider_opened)
        crawler.signals.connect(self.response_received, signals.response_received)
        crawler.signals.connect(self.spider_closed, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> ProgressExtension:
        return cls(crawler)

    def spider_opened(self) -> None:
        # How many pages a portal has is not known before they are found: no percentage, then.
        self._bar = open_bar(None, " pages", "Crawling", "{desc}: {n_fmt} pages [{elapsed}, {rate_fmt}{postfix}]")
        self._above = logs_above_bars()
        self._above.__enter__()

    def response_received(self, request: Any) -> None:
        if self._bar is None or self._bar.disable or request.meta.get("role") == "robots":
            return
        scheduler = self._crawler.engine.scheduler
        waiting = len(scheduler) if scheduler is not None and hasattr(scheduler, "__len__") else 0
        self._bar.set_postfix_str(f"{len(self._run.readings)} reports, {waiting} waiting", refresh=False)
        self._bar.update()

    def spider_closed(self) -> None:
        if self._bar is not None:
            self._bar.close()
        if self._above is not None:
            self._above.__exit__(None, None, None)
