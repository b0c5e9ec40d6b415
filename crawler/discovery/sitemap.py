"""Read a sitemap for addresses that name the column.

Only what the addresses say can be used here, so only those that name annual reports are taken.
"""

from __future__ import annotations

import re
from html import unescape

from .link import Link
from .urls import Hosts, canonical, trap
from .words import words

MAX_LOCATIONS = 20_000
MAX_TAKEN = 60

_LOC_RE = re.compile(r"<loc>\s*(?:<!\[CDATA\[)?\s*([^<\]]+?)\s*(?:\]\]>)?\s*</loc>", re.IGNORECASE)


def read_sitemap(source: str, url: str, hosts: Hosts) -> list[Link]:
    """Return the columns that a sitemap's addresses name, shortest first, and its further sitemaps (at most 3)."""
    locations = [unescape(loc) for loc in _LOC_RE.findall(source)[:MAX_LOCATIONS]]
    own = [
        hosts.fold(address)
        for loc in locations
        if (address := canonical(loc, url)) and hosts.own(address) and not trap(address)
    ]
    if "<sitemapindex" in source[:2000].lower():
        return [Link(address, "sitemap", 40, "part of the sitemap") for address in own[:3]]
    named = [address for address in own if words()["slugs"]["column"].search(address)]
    score = words()["scores"]["slug"]
    return [
        Link(address, "column", score, "the sitemap names it") for address in sorted(set(named), key=len)[:MAX_TAKEN]
    ]
