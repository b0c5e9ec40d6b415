"""Count the sites of one address as one host: their delay and their one connection are shared.

Counties put their portals on the platform of their province; a page every three seconds from each of a hundred
of them would be thirty pages a second for one machine.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from scrapy.exceptions import NotConfigured

from crawler.resolver import GlobalOnlyResolver, read_address
from crawler.run import Run

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler


class NeighboursMiddleware:
    """Sets `download_slot` to the name of the first host that was met on the same address.

    A host with settings of its own in DOWNLOAD_SLOTS keeps its own slot, and so does a literal address.
    Setting: SLOT_BY_ADDRESS.
    """

    def __init__(self, crawler: Crawler) -> None:
        if not crawler.settings.getbool("SLOT_BY_ADDRESS", True):
            raise NotConfigured
        self._own = frozenset(crawler.settings.getdict("DOWNLOAD_SLOTS"))
        self._slots: dict[str, str] = {}
        self._first: dict[str, str] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> NeighboursMiddleware:
        middleware = cls(crawler)
        middleware._slots = Run.of(crawler).slots  # the journal keeps them
        return middleware

    async def process_request(self, request: Request) -> None:
        host = urlsplit(request.url).hostname or ""
        # Also for a redirect, which brings along the slot of where it came from.
        request.meta.pop("download_slot", None)
        slot = await self.find(host)
        if slot != host:
            request.meta["download_slot"] = slot

    def known(self, host: str) -> str | None:
        """The slot of a host; None when nobody has asked for its address yet."""
        return self._slots.get(host)

    async def find(self, host: str) -> str:
        """The slot of a host. Its name is looked up once in a run."""
        if host not in self._slots:
            slot = await self._slot(host)
            # Two may have asked at once, and the first to hear it is right for both.
            self._slots.setdefault(host, slot)
        return self._slots[host]

    async def _slot(self, host: str) -> str:
        # Looked up, not imported: importing the reactor would install one where none runs.
        resolver = getattr(sys.modules.get("twisted.internet.reactor"), "nameResolver", None)
        if not isinstance(resolver, GlobalOnlyResolver) or host in self._own or read_address(host) is not None:
            return host
        return self.join(host, await resolver.addresses(host))

    def join(self, host: str, addresses: list[str]) -> str:
        """The slot of a host with these addresses; those who come later on any of them share it."""
        slot = next((self._first[address] for address in addresses if address in self._first), host)
        for address in addresses:
            self._first.setdefault(address, slot)
        return slot
