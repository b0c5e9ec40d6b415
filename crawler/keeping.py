"""Write to the archive's disk without holding up the crawl.

A wait for a busy disk takes seconds, and in that time no other host is asked, no clock of a delay is looked at. So
what must be on disk is written in a thread, one thing after the other, and whoever needs it there awaits it. Exchanges
that arrive while the disk is busy are written together, with one wait for all of them.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

from archive import Archive, Capture, Exchange
from archive.exchange import wire_url

P = ParamSpec("P")
T = TypeVar("T")

#: exchanges, and bytes of their bodies, that are written together
_MOST = 64
_MOST_BYTES = 16 << 20


class Keeping:
    """One thread that writes. What is awaited is on disk when it returns, and raises what the writing raised."""

    def __init__(self, archive: Callable[[], Archive]) -> None:
        self._archive = archive
        self._thread = ThreadPoolExecutor(1, "disk")
        self._waiting: deque[tuple[Exchange, asyncio.Future[Capture]]] = deque()
        self._task: asyncio.Task[None] | None = None

    async def record(self, exchange: Exchange) -> Capture:
        """Keep an exchange, see `Archive.record`. Those that come first are recorded first."""
        done: asyncio.Future[Capture] = asyncio.get_running_loop().create_future()
        self._waiting.append((exchange, done))
        if self._task is None or self._task.done():
            self._task = asyncio.ensure_future(self._record())
        return await done

    async def write(self, work: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
        """Do something that writes, after all that was asked for before."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: work(*args, **named))

    def close(self) -> None:
        """Wait for what is being written."""
        self._thread.shutdown()

    async def _record(self) -> None:
        while self._waiting:
            group = self._next()
            try:
                captures = await self.write(self._record_all, [exchange for exchange, _ in group])
            except BaseException as error:
                for _, done in group:
                    if not done.done():
                        done.set_exception(error)
                if not isinstance(error, Exception):
                    raise
                continue
            for (_, done), capture in zip(group, captures, strict=True):
                if not done.done():
                    done.set_result(capture)

    def _record_all(self, exchanges: list[Exchange]) -> list[Capture]:
        return self._archive().record_all(exchanges)

    def _next(self) -> list[tuple[Exchange, Any]]:
        """What to write together: no address twice, since the second one may be a revisit of the first."""
        group: list[tuple[Exchange, Any]] = []
        urls: set[str] = set()
        size = 0
        while self._waiting and len(group) < _MOST and size < _MOST_BYTES:
            exchange = self._waiting[0][0]
            if (url := wire_url(exchange.url)) in urls:
                break
            urls.add(url)
            size += len(exchange.body)
            group.append(self._waiting.popleft())
        return group
