"""Addresses of one shape: what a program can go on making for ever.

Calendars, sessions in the path, filters in every combination: the addresses differ, their shape is one, and
what they answer leads to nothing. The shape that has led nowhere many times in a row is not asked any more.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from urllib.parse import parse_qsl, urlsplit

from .link import Link
from .urls import host_key

IN_VAIN = 60
"""Answers of one shape in a row that led to nothing. A county has fewer organs without a column of their own."""

MAX_SHAPES = 2000


def shape_of(url: str) -> str:
    """What an address has in common with others of its kind: figures and long tokens do not count.

    >>> shape_of("http://a.gov.cn/rl/2021/03/?d=7") == shape_of("http://a.gov.cn/rl/2019/11/?d=24")
    True
    """
    parts = urlsplit(url)
    path = re.sub(r"(?<![a-z])[0-9a-f]{12,}(?![a-z])|\d+", "0", parts.path.lower())
    names = ",".join(sorted({name.lower() for name, _ in parse_qsl(parts.query, keep_blank_values=True)}))
    return f"{host_key(url)}{path}?{names}"


class Shapes:
    """How often each shape led nowhere since it last led somewhere. Remembers the `MAX_SHAPES` met last."""

    def __init__(self) -> None:
        self._vain: OrderedDict[str, int] = OrderedDict()

    def answered(self, link: Link, leads: list[Link], *, report: bool) -> str | None:
        """Take note of an answer; returns the reason, once, when its shape is not asked any more."""
        if link.role not in ("page", "column", "root"):
            return None
        shape = shape_of(link.url)
        # A page that leads only to more of its kind leads nowhere.
        gains = report or any(lead.score >= 60 and shape_of(lead.url) != shape for lead in leads)
        self._vain[shape] = 0 if gains else self._vain.get(shape, 0) + 1
        self._vain.move_to_end(shape)
        if len(self._vain) > MAX_SHAPES:
            self._vain.popitem(last=False)
        return self._reason(link.url) if self._vain[shape] == IN_VAIN else None

    def tired(self, link: Link) -> str | None:
        """Why a link is not worth asking any more; None when it is."""
        if link.role not in ("page", "column") or self._vain.get(shape_of(link.url), 0) < IN_VAIN:
            return None
        return self._reason(link.url)

    def _reason(self, url: str) -> str:
        return f"trap: {IN_VAIN} pages in a row of the shape {shape_of(url)[:80]} led nowhere"
