"""Pages that show what was seen before: servers that answer anything with one page, and reports under two addresses.

One report often stands in the organ's own column and in the portal's. That two folders hold copies is learnt from
two pairs of equal pages under equal names; after that the second address of a third is not asked.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from .anchors import anchors
from .discover import Found
from .link import Link
from .page import Fetched
from .urls import directory, same_page

if TYPE_CHECKING:
    from ..ledger import PortalLedger

COPIES = 3
"""Addresses of one and the same report from which links are taken. Two are common: the organ's own column and the portal's."""

PROOFS = 2
"""Equal pages under equal names in two folders, after which the folders count as copies of each other."""

# A name that says nothing (index.html, 1.html) is equal everywhere.
_TELLING_RE = re.compile(r"[0-9a-f-]{6,}", re.IGNORECASE)


class Repeats:
    """What the pages of one portal looked like. Bounded by the requests that the portal may cost."""

    def __init__(self, account: PortalLedger) -> None:
        self.account = account
        self._looks: dict[str, tuple[bytes, str | None]] = {}
        self._bodies: Counter[bytes] = Counter()
        self._named: dict[str, tuple[str, bytes]] = {}  # name of a report's page: its folder and its text
        self._pairs: Counter[tuple[str, str]] = Counter()
        self._differ: set[tuple[str, str]] = set()
        self._offered: dict[str, str] = {}  # name of a report's page: the folder in which it was met first
        self._probes: Counter[tuple[str, str]] = Counter()

    def seen_before(self, link: Link, page: Fetched, found: Found, *, report: bool, home: str) -> bool:
        """Whether a page shows what the pages that led to it showed.

        Only its own line counts: the pages of sixty organs may well look the same.
        """
        if report:
            self._learn(page)
        # By form, every page of a list has one address.
        if page.is_data or not found.links or link.body:
            return False
        if report:
            body = _digest(page.text)
            self._bodies[body] += 1
            if self._bodies[body] <= COPIES:
                return False
            self.account.gave_up(page.url, "trap: the same report under many addresses")
            return True
        shown = "\n".join(sorted({anchor.text for anchor in anchors(page)})) + page.text
        # Shells show nothing, and no two of them are the same for that.
        look = _digest(shown if shown.strip() else page.source)
        self._looks[same_page(page.url)] = look, link.via
        before: str | None = link.via or home
        same = 0
        while before and same < 2 and self._looks.get(same_page(before), (b"", None))[0] == look:
            before, same = self._looks[same_page(before)][1], same + 1
        # /nb/nb/ with the looks of /nb/ is a relative link that eats its own tail.
        once = link.role == "root" or re.search(r"/([^/]+)/\1/", urlsplit(page.url).path)
        if same < (1 if once else 2):
            return False
        self.account.gave_up(page.url, "trap: the same page again and again")
        return True

    def _learn(self, page: Fetched) -> None:
        name, folder = _name(page.url), directory(page.url)
        if not name:
            return
        text = _digest(page.text)
        first = self._named.setdefault(name, (folder, text))
        if first[0] == folder:
            return
        pair = (first[0], folder)
        if first[1] == text:
            self._pairs[_columns(pair)] += 1
        else:
            self._differ.add(_columns(pair))

    def can_wait(self, url: str) -> bool:
        """Whether a report may well be one that was asked at another address, so that it is better asked when that is known.

        Of two columns that look alike, some reports are asked at both addresses to see.
        """
        name, folder = _name(url), directory(url)
        if not name or self._offered.setdefault(name, folder) == folder:
            return False
        pair = _columns((self._offered[name], folder))
        self._probes[pair] += 1
        return self._probes[pair] > PROOFS and pair not in self._differ

    def copy_of(self, url: str) -> str | None:
        """The report that an address is certain to repeat, because its folder is a copy of that one's; None otherwise."""
        name = _name(url)
        known = self._named.get(name) if name else None
        if known is None or known[0] == directory(url):
            return None
        pair = _columns((known[0], directory(url)))
        return known[0] + name if self._pairs[pair] >= PROOFS and pair not in self._differ else None


def _name(url: str) -> str:
    parts = urlsplit(url)
    name = parts.path.rsplit("/", 1)[-1]
    return name if not parts.query and _TELLING_RE.search(name) and re.search(r"\d{4}|[0-9a-f]{16}", name) else ""


def _columns(pair: tuple[str, str]) -> tuple[str, str]:
    """The columns of two folders: /nb/202101/ and /nb/202201/ are one."""
    one, other = (re.sub(r"(?:/20\d{2}[\d/-]*)+$", "/", folder) for folder in pair)
    return one, other


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "replace")).digest()
