"""What a crawl holds, counted from inside: an extension that the virtual internet adds to the crawl it watches."""

from __future__ import annotations

import json
import logging
import sys
import time
from pathlib import Path
from typing import Any

from scrapy import signals
from scrapy.utils.asyncio import create_looping_call

from crawler.run import Run


class InsideAddon:
    """Adds the extension."""

    def update_settings(self, settings: Any) -> None:
        settings.set_in_component_priority_dict("EXTENSIONS", Inside, 900)


class Inside:
    """Writes a line of counts to the setting INSIDE every two seconds; `late` is how long the loop was held up."""

    def __init__(self, crawler: Any) -> None:
        self._crawler = crawler
        self._path = Path(crawler.settings["INSIDE"])
        self._loop: Any = None
        self._due = 0.0
        crawler.signals.connect(self._opened, signals.spider_opened)
        crawler.signals.connect(self._closed, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Any) -> Inside:
        return cls(crawler)

    def _opened(self) -> None:
        self._due = time.monotonic()
        self._loop = create_looping_call(self._count)
        self._loop.start(2.0)

    def _closed(self) -> None:
        if self._loop.running:
            self._loop.stop()

    def _count(self) -> None:
        now = time.monotonic()
        counts = {"time": now, "late": round(now - self._due, 3), **self._counts()}
        self._due = now + 2.0
        with self._path.open("a") as out:
            out.write(json.dumps(counts) + "\n")

    def _counts(self) -> dict[str, Any]:
        engine, run = self._crawler.engine, Run.of(self._crawler)
        downloader = engine.downloader
        by_name = {type(each).__name__: each for each in downloader.middleware.middlewares}
        resolver = getattr(sys.modules.get("twisted.internet.reactor"), "nameResolver", None)
        waiting = [len(slot.queue) for slot in downloader.slots.values()]
        return {
            "scheduled": len(engine._slot.scheduler) if engine._slot else 0,
            "active": len(downloader.active),
            "transferring": sum(len(slot.transferring) for slot in downloader.slots.values()),
            "in_slots": sum(waiting),
            "longest_queue": max(waiting, default=0),
            "slots": len(downloader.slots),
            "slot_settings": len(downloader.per_slot_settings),
            "robots": len(getattr(by_name.get("RobotsMiddleware"), "_known", ())),
            "neighbours": len(getattr(by_name.get("NeighboursMiddleware"), "_slots", ())),
            "names": len(getattr(getattr(resolver, "_resolver", None), "_known", ())),
            "failures": len(run.failures),
            "readings": len(run.readings),
            "pages": run.pages,
            "loggers": len(logging.Logger.manager.loggerDict),
        }
