"""Divide the portals of a registry among machines, so that what must be asked gently is asked by one machine alone.

A host gets one page every few seconds. Two machines that ask it, or two hosts of one platform, know nothing of each
other's pauses; so portals that share a host, a registered domain or a platform go to one shard together. Which shard hangs
on their names alone, never on the order of the registry or on a clock: every machine that has the same registry comes to the same
division, and every portal is in exactly one shard.

A platform is known by the column `group` of the registry: any word, the same in each line that belongs together. What
earlier crawls learned about shared addresses is in their journals; `learn_groups` makes groups of it, to be written into the
registry, since machines that each looked into their own journals would divide differently.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from crawler.registry import Portal

_SHARD_RE = re.compile(r"([0-9]{1,4})/([0-9]{1,4})", re.ASCII)


@dataclass(frozen=True)
class Shard:
    """One of `count` shards; `number` counts from 1."""

    number: int
    count: int

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"


def read_shard(text: str) -> Shard:
    """Read "3/8", the third of eight. Raises ValueError, with one line.

    >>> read_shard("3/8")
    Shard(number=3, count=8)
    """
    found = _SHARD_RE.fullmatch(text.strip())
    if not found or not 1 <= int(found[1]) <= int(found[2]):
        raise ValueError(f"shard: cannot read {text!r}; write the number of the shard and of all shards, such as 3/8")
    return Shard(int(found[1]), int(found[2]))


def choose(portals: Sequence[Portal], shard: Shard) -> list[Portal]:
    """The portals of one shard, in the order of the registry. Give the whole registry: who belongs together is seen in it."""
    keys = shard_keys(portals)
    return [portal for portal in portals if _number(keys[portal.id], shard.count) == shard.number]


def shard_keys(portals: Iterable[Portal]) -> dict[str, str]:
    """By portal, the name of what it belongs to: portals with equal names are never divided."""
    joined = _Joined()
    for portal in portals:
        for name in _names(portal):
            joined.join(f"portal {portal.id}", name)
    return {portal.id: joined.least(f"portal {portal.id}") for portal in portals}


def learn_groups(portals: Sequence[Portal], journals: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Groups for the portals that shared an address in earlier runs, by portal id; those that the registry gives stay.

    `journals` are the contents of `runs/*.json`, of one machine or of many. A group is called by its first host.
    """
    joined = _Joined()
    for journal in journals:
        shared = journal.get("shared_addresses")
        for host, first in shared.items() if isinstance(shared, dict) else ():
            joined.join(f"host {host}", f"host {first}")
    together: defaultdict[str, list[Portal]] = defaultdict(list)
    for portal in portals:
        for host in {urlsplit(url).hostname or "" for url in (portal.url, *portal.columns)}:
            if joined.knows(f"host {host}"):
                together[joined.least(f"host {host}")].append(portal)
    groups = {portal.id: portal.group for portal in portals if portal.group}
    for name, members in sorted(together.items()):
        if len({portal.id for portal in members}) > 1:
            group = next((groups[portal.id] for portal in members if portal.id in groups), name.removeprefix("host "))
            for portal in members:
                groups.setdefault(portal.id, group)
    return groups


def _names(portal: Portal) -> list[str]:
    """What a portal shares with others, if they have it too."""
    names = [_domain(url) for url in (portal.url, *portal.columns)]
    return [f"group {portal.group}", *names] if portal.group else names


@lru_cache(maxsize=100_000)
def _domain(url: str) -> str:
    """The registered domain of a URL; of an address its own, and on this machine with the port.

    >>> _domain("http://zwgk.dianjiang.gov.cn/a"), _domain("http://192.0.2.7:81/"), _domain("http://127.0.0.1:8041/")
    ('dianjiang.gov.cn', '192.0.2.7', '127.0.0.1:8041')
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    try:
        # Each port of this machine is a server of its own, and none a stranger's.
        return f"{host}:{parts.port}" if ipaddress.ip_address(host).is_loopback else host
    except ValueError:
        return _extract()(host).top_domain_under_public_suffix or host


@lru_cache(maxsize=1)
def _extract() -> Any:
    from tldextract import TLDExtract

    # With the list that it brings: a division must not hang on what was fetched when.
    return TLDExtract(suffix_list_urls=(), cache_dir=None)


def _number(name: str, count: int) -> int:
    return 1 + int.from_bytes(hashlib.sha256(name.encode()).digest()[:8]) % count


def _rank(name: str) -> tuple[bool, bool, str]:
    return name.startswith("portal "), not name.startswith("group "), name


class _Joined:
    """Names that belong together, directly or by way of others."""

    def __init__(self) -> None:
        self._above: dict[str, str] = {}

    def join(self, one: str, other: str) -> None:
        # What they are called must not hang on the order: by a group where there is one, never by a portal's id.
        low, high = sorted((self.least(one), self.least(other)), key=_rank)
        self._above[high] = low

    def knows(self, name: str) -> bool:
        return name in self._above

    def least(self, name: str) -> str:
        self._above.setdefault(name, name)
        while (above := self._above[name]) != name:
            self._above[name] = self._above[above]
            name = above
        return name
