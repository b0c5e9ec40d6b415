"""Keep every request on the hosts of the portal that it is made for.

Links and redirects of a page point anywhere: at this machine, at an intranet, at a spam site that
took over an old domain. A portal may be reached only at its own hosts, port included, whoever asks
and however the request came about; the host that its domain keeps for disclosure (xxgk.a.gov.cn for www.a.gov.cn) is one of them.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from scrapy.exceptions import IgnoreRequest

from crawler.discovery.urls import disclosure_domain
from crawler.registry import hosts
from crawler.run import Run

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler

logger = logging.getLogger("gongkai")

_PORTS = {"http": 80, "https": 443}


class OutOfScope(IgnoreRequest):
    """A request to a host that is not one of the portal's own. Raised by `ScopeMiddleware`."""


class ScopeMiddleware:
    """Refuses what leaves the portal. A request without a portal (robots.txt) may go to any portal's host."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._run = Run.of(crawler)
        self._hosts: dict[str, frozenset[str]] | None = None
        self._anywhere: frozenset[str] = frozenset()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> ScopeMiddleware:
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        if not hasattr(self._crawler.spider, "portals"):
            return  # `scrapy shell` and `scrapy fetch`: somebody typed the address
        place = host_and_port(request.url)
        if place is None:
            self._refuse(request, "not a web address")
        elif not _is_in(place, self._allowed(request.meta.get("portal"))):
            self._refuse(request, f"{place} is not one of the portal's own hosts")

    def _allowed(self, portal: str | None) -> frozenset[str]:
        # Not in the constructor: the spider may complete its list of portals when it opens.
        if self._hosts is None:
            portals = getattr(self._crawler.spider, "portals", [])
            self._hosts = {each.id: frozenset(map(_on_the_wire, hosts(each))) for each in portals}
            # Once: putting a hundred thousand portals together for each robots.txt would take longer than the crawl.
            self._anywhere = frozenset().union(*self._hosts.values())
        if portal is None:
            return self._anywhere
        return self._hosts.get(portal, frozenset())

    def _refuse(self, request: Request, reason: str) -> None:
        self._run.refused[reason] += 1
        logger.debug("Refused %s: %s", request.url, reason)
        raise OutOfScope(reason)


def _is_in(place: str, allowed: frozenset[str]) -> bool:
    """Whether a place is one of those allowed, or the host that one of their domains keeps for disclosure (xxgk.a.gov.cn)."""
    if place in allowed:
        return True
    host, _, port = place.rpartition(":")
    domain = disclosure_domain(host) if port in ("80", "443") else ""
    return bool(domain) and f"{domain}:{port}" in allowed


def _on_the_wire(place: str) -> str:
    """A registered place as requests name it: 政务.example:80 is xn--zfr164b.example:80 there."""
    host, _, port = place.rpartition(":")
    try:
        return f"{host.encode('idna').decode('ascii')}:{port}"
    except UnicodeError:
        return place


def host_and_port(url: str) -> str | None:
    """The place that a URL names, as `host:port`; None when it is not an http or https URL.

    >>> host_and_port("https://user@WWW.Example.gov.cn/a")
    'www.example.gov.cn:443'
    >>> host_and_port("http://[::1]:8080/")
    '::1:8080'
    """
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not parts.hostname:
        return None
    return f"{parts.hostname.rstrip('.')}:{port}"
