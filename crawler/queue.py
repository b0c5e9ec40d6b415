"""The queue of a crawl: hands out a request only when its host can be asked at once.

The downloader has a limited number of places (CONCURRENT_REQUESTS), and a request that waits for its host's delay
takes one as much as one that is under way. Scrapy's queue knows hosts, not addresses: the fifty counties of one
platform are fifty hosts to it, which fill every place with requests for one address, and all other sites
wait for that. Here requests wait outside, sorted by address; a place is given to what can use it now.
"""

from __future__ import annotations

import asyncio
import heapq
from collections import deque
from collections.abc import Coroutine
from time import monotonic
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from scrapy.pqueues import DownloaderAwarePriorityQueue
from scrapy.utils.asyncio import call_later
from scrapy.utils.misc import build_from_crawler

from crawler.middlewares.neighbours import NeighboursMiddleware

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler

#: names that are looked up ahead of their first request, at once
LOOKED_UP = 64

#: minus priority, minus number: the highest priority first, and of equal ones the youngest, as in Scrapy's own queues
_Entry = tuple[int, int, "Request"]


class AddressQueue:
    """For SCHEDULER_PRIORITY_QUEUE. In memory: what a stopped crawl had not asked, the next finds again from its archive.

    `pop` returns None while nothing can be asked now, and wakes the engine when that changes. With a JOBDIR
    Scrapy's own queue stands in.
    """

    @classmethod
    def from_crawler(cls, crawler: Crawler, downstream_queue_cls: Any, key: str, *rest: Any, **named: Any) -> Any:
        if key:
            return build_from_crawler(DownloaderAwarePriorityQueue, crawler, downstream_queue_cls, key, *rest, **named)
        return cls(crawler)

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._waiting: dict[str, list[_Entry]] = {}
        self._out: dict[str, list[Request]] = {}
        self._ready: deque[str] = deque()
        self._later: list[tuple[float, str]] = []
        self._listed: set[str] = set()  # slots in _ready or _later
        self._unplaced: dict[str, list[_Entry]] = {}  # by host, whose address is not known yet
        self._asking: set[str] = set()
        self._tasks: set[asyncio.Future[None]] = set()
        self._count = 0
        self._number = 0
        self._timer: Any = None
        self._wake_at = float("inf")
        self._neighbours: NeighboursMiddleware | None = None
        self._met_neighbours = False

    def __len__(self) -> int:
        return self._count

    @property
    def crowded(self) -> bool:
        """Whether names wait to be looked up: more hosts would only wait behind them."""
        return len(self._unplaced) >= LOOKED_UP

    def push(self, request: Request) -> None:
        """Take a request in."""
        self._count += 1
        self._number += 1
        entry = (-request.priority, -self._number, request)
        host = urlsplit(request.url).hostname or ""
        slot = self._slot_of(host)
        if slot is None:
            self._unplaced.setdefault(host, []).append(entry)
            self._look_up()
        else:
            self._place(slot, [entry])

    def pop(self) -> Request | None:
        """The next request that can be asked at once; None when there is none."""
        now = monotonic()
        while self._later and self._later[0][0] <= now:
            self._ready.append(heapq.heappop(self._later)[1])
        for slot in [slot for slot in self._out if slot not in self._listed]:
            self._list(slot, now)
        while self._ready:
            slot = self._ready.popleft()
            self._listed.discard(slot)
            if not self._waiting.get(slot):
                continue
            at = self._free_at(slot, now)
            if at is None:
                continue
            if at > now:  # the host asked for a pause in the meantime
                self._listed.add(slot)
                heapq.heappush(self._later, (at, slot))
                continue
            _, _, request = heapq.heappop(self._waiting[slot])
            if not self._waiting[slot]:
                del self._waiting[slot]
            # The slot is looked at again with the next call: only then does the engine know this request.
            self._out.setdefault(slot, []).append(request)
            self._count -= 1
            return request
        self._wake_when_due(now)
        return None

    def close(self) -> list[Any]:
        """Let go of everything. There is no state to keep."""
        for task in self._tasks:
            task.cancel()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._waiting.clear()
        self._unplaced.clear()
        self._count = 0
        return []

    # --- which slot can be asked, and when

    def _place(self, slot: str, entries: list[_Entry]) -> None:
        heap = self._waiting.setdefault(slot, [])
        for entry in entries:
            heapq.heappush(heap, entry)
        self._list(slot, monotonic())

    def _list(self, slot: str, now: float) -> None:
        """Put a slot where its time is kept, unless it is there or must wait for its own answers."""
        at = self._free_at(slot, now)
        if slot in self._listed or at is None or not self._waiting.get(slot):
            return
        self._listed.add(slot)
        if at <= now:
            self._ready.append(slot)
        else:
            heapq.heappush(self._later, (at, slot))

    def _free_at(self, slot: str, now: float) -> float | None:
        """When a slot may be asked again; None while all that it takes at once is under way."""
        engine = self._crawler.engine
        downloader = engine.downloader
        if out := self._out.get(slot):
            progress = engine._slot.inprogress if engine is not None and engine._slot else ()
            out[:] = [request for request in out if request in progress]
            if not out:
                del self._out[slot]
        known = downloader.slots.get(slot)
        told = downloader.per_slot_settings.get(slot, {})
        most = known.concurrency if known else told.get("concurrency", downloader.domain_concurrency)
        if len(out or ()) >= max(1, most):
            return None
        if known is None or not known.delay:
            return now
        return float(known.lastseen + known.delay)

    def _wake_when_due(self, now: float) -> None:
        if not self._later:
            return
        at = self._later[0][0]
        if self._timer is not None and self._wake_at <= at and self._wake_at > now:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._wake_at = at
        self._timer = call_later(max(0.0, at - now), self._wake)

    def _wake(self) -> None:
        self._timer = None
        slot = self._crawler.engine._slot if self._crawler.engine is not None else None
        if slot is not None and slot.closing is None:
            slot.nextcall.schedule()

    # --- whose address is whose

    def _slot_of(self, host: str) -> str | None:
        """The downloader's slot for a host; None while its address is not known."""
        if not self._met_neighbours:
            # Not in the constructor: the engine has its downloader by the first request.
            self._neighbours = self._crawler.get_downloader_middleware(NeighboursMiddleware)
            self._met_neighbours = True
        return host if self._neighbours is None else self._neighbours.known(host)

    def _look_up(self) -> None:
        for host in self._unplaced:
            if len(self._asking) >= LOOKED_UP:
                return
            if host not in self._asking:
                self._asking.add(host)
                self._start(self._find(host))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _find(self, host: str) -> None:
        assert self._neighbours is not None  # noqa: S101 - without it no host is without a slot
        try:
            slot = await self._neighbours.find(host)
        finally:
            self._asking.discard(host)
        self._place(slot, self._unplaced.pop(host, []))
        self._look_up()
        self._wake()
