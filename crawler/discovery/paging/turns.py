"""What all styles of paging share: their bound, and the form of a further page."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

from ..link import Link
from ..urls import canonical

MAX_PAGES = 200
"""Pages of one list. The largest annual-report column met has 62."""

LIST_SCORE = 80


def turn(
    url: str,
    number: int,
    style: str,
    *,
    of: str,
    method: str = "GET",
    body: bytes = b"",
    headers: tuple[tuple[str, str], ...] = (),
    instead: Link | None = None,
) -> Link | None:
    """A further page: the `number`-th after the first, by `style`, on the list page `of`."""
    address = canonical(url, of)
    if address is None:
        return None
    # The first pages hold the newest years: they go before the tenth page of another list.
    score = max(60, LIST_SCORE - number // 4)
    why = f"page {number + 1}, by {style}"
    return Link(address, "list", score, why, method=method, body=body, headers=headers, turn=number, instead=instead)


def turns(urls: list[tuple[int, str]], style: str, of: str) -> list[Link]:
    found = (turn(url, number, style, of=of) for number, url in urls[:MAX_PAGES])
    return [link for link in found if link is not None]


def with_path(url: str, path: str) -> str:
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, path, "", ""))
