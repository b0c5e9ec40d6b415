"""The doors of a front page, whatever is written on them: the way in where no name is one that we know."""

from __future__ import annotations

from urllib.parse import urljoin

from .anchors import anchors, base_url, scripts
from .discover import PIECE
from .link import Link
from .page import Fetched
from .urls import Hosts, canonical, is_attachment, is_search, same_page, trap
from .words import judge, squeeze, words
from .years import published_year, years_in_words

DOOR = 8
"""Characters of a name in a navigation; headlines are longer."""

NAMELESS = 8
"""Doors without a name (a picture, a button that a style draws) that are tried after those."""

DOORS = 40
"""Doors of a front page that are tried when nothing else led on."""


def navigation(page: Fetched, hosts: Hosts, depth: int) -> list[Link]:
    """Return what a front page leads to under short names, at most `DOORS`: not articles, files, searches, or what is never the way.

    After them what leads on without a name, and the scripts that draw a navigation.
    """
    nameless: dict[str, Link] = {}
    found: dict[str, Link] = {}
    for anchor in anchors(page):
        url = canonical(anchor.href, base_url(page), encoding=page.encoding)
        name = squeeze(anchor.text)
        if url is None or (name and not 2 <= len(name) <= DOOR) or years_in_words(name) or published_year(url) or is_attachment(url):
            continue
        url = hosts.fold(url)
        aside = any(word in name for word in words()["hubs"]["aside"])
        if aside or not hosts.own(url) or trap(url) or is_search(url) or judge(name, url).refused:
            continue
        if not name:
            nameless.setdefault(same_page(url), Link(url, "page", 1, "a door of the front page without a name", depth=depth + 1, via=page.url))
            continue
        found.setdefault(same_page(url), Link(url, "page", 2, "a door of the front page, since nothing else led on", name, depth=depth + 1, via=page.url))
    drawn = [urljoin(page.url, anchor.href) for anchor in scripts(page)]
    menus = [Link(url, "page", 3, PIECE, depth=depth + 1, via=page.url) for url in drawn if hosts.own(url)]
    others = [link for key, link in nameless.items() if key not in found and key != same_page(page.url)][:NAMELESS]
    return [*menus, *list(found.values())[:DOORS], *others]
