"""Connect to public addresses only.

A page can link or redirect to `http://127.0.0.1/`, to the metadata service of a cloud machine, or to
a name of its own whose DNS answer is an intranet address, today or only the second time it is asked.
The answer of such a place would end up in a public archive. So names are resolved here, every address
is looked at on its way to the connection, and only what is global passes, in whatever spelling it
came. The one exception is the exact host and port of a portal that was registered on such an address.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import re
import socket
import unicodedata
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from scrapy.resolver import HostResolution
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IHostnameResolver, IResolutionReceiver
from zope.interface import implementer, provider

logger = logging.getLogger("gongkai")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_PORTS = {"http": 80, "https": 443}
_NAME_RE = re.compile(rb"[A-Za-z0-9_.-]+")
#: Networks that carry an IPv4 address inside: what is meant is that address. RFC 6052, 3056.
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_COMPATIBLE = ipaddress.ip_network("::/96")


def read_address(host: str) -> Address | None:
    """The address that a host literally spells, as the C library would read it; None for a name.

    >>> read_address("0x7f.1")
    IPv4Address('127.0.0.1')
    >>> read_address("[::ffff:10.0.0.1]")
    IPv4Address('10.0.0.1')
    >>> read_address("www.example.gov.cn")
    """
    text = unicodedata.normalize("NFKC", host).strip().strip("[]").rstrip(".").partition("%")[0]
    try:
        return _inner(ipaddress.ip_address(text))
    except ValueError:
        pass
    try:
        # inet_aton knows the old spellings: 2130706433, 0x7f000001, 0177.0.0.1, 127.1
        return ipaddress.IPv4Address(socket.inet_aton(text)) if text and text[0].isdigit() else None
    except (OSError, ValueError):
        return None


def _inner(address: Address) -> Address:
    if isinstance(address, ipaddress.IPv4Address):
        return address
    inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
    if inner is None and (address in _NAT64 or (address in _COMPATIBLE and int(address) > 0xFFFF)):
        inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return inner or address


def is_public(address: Address) -> bool:
    """Whether an address is one of the public internet's, for one receiver.

    >>> [is_public(ipaddress.ip_address(text)) for text in ("202.106.0.20", "169.254.169.254", "224.0.0.1")]
    [True, False, False]
    """
    address = _inner(address)
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def is_local_name(host: str) -> bool:
    """Whether a name means this machine, whatever a DNS server says (RFC 6761, 6.3)."""
    name = host.rstrip(".").lower()
    return name == "localhost" or name.endswith((".localhost", ".localdomain", ".local", ".internal"))


def local_places(urls: Iterable[str]) -> frozenset[tuple[str, int]]:
    """The hosts and ports of those URLs that are registered on a loopback or private address.

    Link-local ones are left out: that is where cloud machines keep their secrets.

    >>> sorted(local_places(["http://127.0.0.1:8000/", "http://www.example.gov.cn/"]))
    [('127.0.0.1', 8000)]
    """
    places = set()
    for url in urls:
        try:
            parts = urlsplit(url)
            port = parts.port or _PORTS.get(parts.scheme, 0)
        except ValueError:
            continue
        host = (parts.hostname or "").rstrip(".")
        address = read_address(host)
        if host == "localhost" or (address and address.is_private and not address.is_link_local and int(address)):
            places.add((host, port))
    return frozenset(places)


class _Answers:
    """A receiver that keeps what it is told, and calls back once: when all is told, or when time is up."""

    def __init__(self, done: Callable[[list[Any] | None], None]) -> None:
        self.addresses: list[Any] = []
        self._done: Callable[[list[Any] | None], None] | None = done

    def resolutionBegan(self, resolution: Any) -> None:
        pass

    def addressResolved(self, address: Any) -> None:
        self.addresses.append(address)

    def resolutionComplete(self) -> None:
        self._tell(self.addresses)

    def give_up(self) -> None:
        self._tell(None)

    def _tell(self, found: list[Any] | None) -> None:
        done, self._done = self._done, None
        if done is not None:
            done(found)


@implementer(IHostnameResolver)
class PatientResolver:
    """Both families of addresses, kept for a while, and an end to the waiting.

    Scrapy's own resolvers know IPv4 alone, or no end: a name server that is silent holds a request for ever.
    `timeout` and `keep` are seconds; a name that was not found is asked for again each time.
    """

    def __init__(self, reactor: Any, resolver: Any, timeout: float, keep: float = 600, size: int = 10_000) -> None:
        self._reactor = reactor
        self._resolver = resolver
        self._timeout = timeout
        self._keep = keep
        self._size = size
        self._known: OrderedDict[str, tuple[float, list[Any]]] = OrderedDict()

    def resolveHostName(
        self,
        resolutionReceiver: Any,
        hostName: str,
        portNumber: int = 0,
        addressTypes: Sequence[type[Any]] | None = None,
        transportSemantics: str = "TCP",
    ) -> Any:
        """Resolve a name for Twisted."""
        resolution = HostResolution(hostName)
        resolutionReceiver.resolutionBegan(resolution)

        def tell(addresses: Iterable[Any]) -> None:
            for address in addresses:
                kind = type(address)
                if addressTypes is None or kind in addressTypes:
                    resolutionReceiver.addressResolved(kind("TCP", address.host, portNumber))
            resolutionReceiver.resolutionComplete()

        if literal := _literal(hostName):
            tell([literal])
            return resolution
        when, addresses = self._known.get(hostName, (0.0, []))
        if addresses and monotonic() - when < self._keep:
            tell(addresses)
            return resolution
        if not _is_name(hostName):
            tell([])
            return resolution

        def done(found: list[Any] | None) -> None:
            if timer.active():
                timer.cancel()
            if found:
                self._known[hostName] = monotonic(), found
                if len(self._known) > self._size:
                    self._known.popitem(last=False)
            tell(found or [])

        answers = _Answers(done)
        timer = self._reactor.callLater(self._timeout, answers.give_up)
        self._resolver.resolveHostName(answers, hostName, 0, None, transportSemantics)
        return resolution


def _literal(host: str) -> Any:
    """Twisted's address for a host that spells one in the usual way; None for any other."""
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None
    return (IPv4Address if address.version == 4 else IPv6Address)("TCP", str(address), 0)


def _is_name(host: str) -> bool:
    """Whether the C library can be asked for it; some names make it raise, and nobody would hear of that."""
    try:
        return _NAME_RE.fullmatch(host.encode("idna")) is not None
    except UnicodeError:
        return False


@implementer(IHostnameResolver)
class GlobalOnlyResolver:
    """A resolver for Scrapy's TWISTED_DNS_RESOLVER that hands out only public addresses.

    Twisted asks it for literal addresses too, and connects to nothing but the addresses that it hands
    out, so a DNS answer that changes is looked at each time. `refused` keeps the reason by host.
    IPv4 and IPv6, with Scrapy's DNS_TIMEOUT.
    """

    def __init__(self, resolver: Any, portal_urls: Callable[[], Iterable[str]]) -> None:
        self._resolver = resolver
        self._portal_urls = portal_urls
        self._reactor: Any = None
        self.refused: dict[str, str] = {}

    @classmethod
    def from_crawler(cls, crawler: Any, reactor: Any) -> GlobalOnlyResolver:
        """`crawler` is a process that runs crawlers, or a crawler; the portals are those of its spiders."""
        from twisted.internet._resolver import GAIResolver

        def portal_urls() -> list[str]:
            crawlers = getattr(crawler, "crawlers", None) or [crawler]
            spiders = [getattr(each, "spider", None) for each in crawlers]
            return [portal.url for spider in spiders for portal in getattr(spider, "portals", [])]

        settings = crawler.settings
        keep = 600 if settings.getbool("DNSCACHE_ENABLED") else 0
        timeout, size = settings.getfloat("DNS_TIMEOUT"), settings.getint("DNSCACHE_SIZE")
        guard = cls(PatientResolver(reactor, GAIResolver(reactor), timeout, keep, size), portal_urls)
        guard._reactor = reactor
        return guard

    def install_on_reactor(self) -> None:
        self._reactor.installNameResolver(self)

    async def addresses(self, host: str) -> list[str]:
        """The addresses that a host may be reached at, sorted; none for one that is refused or has none."""
        found: asyncio.Future[list[Any] | None] = asyncio.get_running_loop().create_future()
        self.resolveHostName(_Answers(found.set_result), host)
        return sorted(address.host for address in await found or [])

    def resolveHostName(
        self,
        resolutionReceiver: Any,
        hostName: str,
        portNumber: int = 0,
        addressTypes: Sequence[type[Any]] | None = None,
        transportSemantics: str = "TCP",
    ) -> Any:
        """Resolve a name for Twisted; nothing is handed out, and nothing asked, for a refused one."""
        literal = read_address(hostName)
        # Only for what can be one: looking through the whole registry for each name of it is quadratic.
        local = literal is not None or is_local_name(hostName)
        exempt = local and (hostName.rstrip("."), portNumber) in local_places(self._portal_urls())
        if not exempt and (is_local_name(hostName) or (literal is not None and not is_public(literal))):
            self._refuse(hostName, "this machine" if literal is None else str(literal))
            resolution = HostResolution(hostName)
            resolutionReceiver.resolutionBegan(resolution)
            resolutionReceiver.resolutionComplete()
            return resolution
        return self._resolver.resolveHostName(
            self._guard(resolutionReceiver, hostName, literal, exempt),
            hostName,
            portNumber,
            addressTypes,
            transportSemantics,
        )

    def _guard(self, receiver: Any, host: str, literal: Address | None, exempt: bool) -> Any:
        def passes(address: Address) -> bool:
            if exempt:
                # Registered on an address: that one. Registered on localhost: only loopback.
                return address == literal if literal is not None else address.is_loopback
            return is_public(address)

        guard = self

        @provider(IResolutionReceiver)
        class Guarded:
            @staticmethod
            def resolutionBegan(resolution: Any) -> None:
                receiver.resolutionBegan(resolution)

            @staticmethod
            def addressResolved(address: Any) -> None:
                found = _inner(ipaddress.ip_address(address.host.partition("%")[0]))
                if passes(found):
                    receiver.addressResolved(address)
                else:
                    guard._refuse(host, str(found))

            @staticmethod
            def resolutionComplete() -> None:
                receiver.resolutionComplete()

        return Guarded

    def _refuse(self, host: str, address: str) -> None:
        self.refused[host] = f"{host} is not on the public internet ({address})"
        logger.warning("Refused to connect to %s: %s is not on the public internet", host, address)
