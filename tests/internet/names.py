"""The resolver that a crawl over the virtual internet is given in TWISTED_DNS_RESOLVER.

It is the crawl's own one with two differences: names under `.gov.test` are answered from the world instead of by a
name server, and for these names, and no others, an address in 127.0.0.0/8 counts as public. So the cache, the
time limit, and the guard for every other name are those of a real crawl.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from twisted.internet.address import IPv4Address

from crawler.resolver import GlobalOnlyResolver
from tests.internet.world import ZONE, World, number_of


class Zone:
    """A name server for `.gov.test`; it knows nothing else. Answers in the next turn of the loop, or never."""

    def __init__(self, reactor: Any, world: World) -> None:
        self._reactor = reactor
        self._world = world

    def resolveHostName(self, receiver: Any, name: str, port: int = 0, kinds: Any = None, transport: str = "TCP") -> Any:
        number = number_of(name)
        temper = self._world.temper(number) if number is not None and number < self._world.hosts else "nameless"
        if temper != "mute":
            address = None if number is None or temper == "nameless" else self._world.address(number)
            self._reactor.callLater(0.002, self._tell, receiver, address)
        return receiver

    @staticmethod
    def _tell(receiver: Any, address: str | None) -> None:
        if address is not None:
            receiver.addressResolved(IPv4Address("TCP", address, 0))
        receiver.resolutionComplete()


class InternetResolver(GlobalOnlyResolver):
    """Reads the setting INTERNET, the path of the world's file."""

    @classmethod
    def from_crawler(cls, crawler: Any, reactor: Any) -> InternetResolver:
        resolver = super().from_crawler(crawler, reactor)
        # Made anew: the method of the parent names its own class.
        ours = cls(resolver._resolver, resolver._portal_urls)
        ours._reactor = reactor
        ours._resolver._resolver = Zone(reactor, World.load(Path(crawler.settings["INTERNET"])))
        return ours

    def _guard(self, receiver: Any, host: str, literal: Any, exempt: bool) -> Any:
        # "exempt" lets a name through to loopback addresses and to nothing else.
        return super()._guard(receiver, host, literal, exempt or (host.endswith(ZONE) and literal is None))

