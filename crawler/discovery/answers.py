"""Read the rows out of what data addresses answer.

XML with pieces of HTML in CDATA, JSON with rows as objects, JSON whose one value is a piece of
HTML or of XML, and each of these wrapped in a callback. Rows are recognised by what they hold, an
address and a title, not by the names of the fields around them: no two portals agree on those.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape
from typing import Any

from .anchors import Anchor, fragment_anchors, read_row
from .page import Fetched

_CDATA_RE = re.compile(r"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
_CALLBACK_RE = re.compile(r"^\s*(?:/\*.*?\*/\s*)?[\w$.]{1,80}\s*\((.*)\)\s*;?\s*$", re.DOTALL)
_TOTAL_RE = re.compile(
    r"(?:<totalrecord>\s*(?:<!\[CDATA\[)?|[\"']?total_?(?:record|count|num|rows?)?[\"']?\s*[:=]\s*[\"']?)(\d{1,6})(?![\d.])",
    re.IGNORECASE,
)
_ITEM_RE = re.compile(r"<(?:item|entry|row|record|article|info|node|data)\b[^>]*>(.{1,8000}?)</(?:item|entry|row|record|article|info|node|data)\s*>", re.DOTALL | re.IGNORECASE)
_FIELD_RE = re.compile(r"<(\w{1,30})\b[^>]*>((?:<!\[CDATA\[.{0,2000}?\]\]>|[^<]){1,2000})</\1\s*>", re.DOTALL)
_MAX_DEPTH = 12


def read_answer(page: Fetched) -> list[Anchor]:
    """Return the rows of a data answer, in their order; empty where it holds none.

    `href` is as written: relative ones are relative to the list page that asked, not to the data address.
    """
    value = _json(page.source)
    if value is not None:
        return list(_rows(value, 0))
    return _markup_rows(page.source) or list(_items(page.source))


def titles_without_address(page: Fetched) -> list[str]:
    """Return what rows of an answer are called that name no address: only the page's script knows how it is made."""
    found: list[str] = []

    def look(value: Any, depth: int) -> None:
        if depth > _MAX_DEPTH:
            return
        if isinstance(value, dict) and not _row(value):
            title, url = read_row({name.lower(): part for name, part in value.items() if isinstance(part, str)})
            found.extend([title] if title and not url else [])
        for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            look(part, depth + 1)

    look(_json(page.source), 0)
    return found


def _items(source: str) -> Iterator[Anchor]:
    """Rows of XML: `<item><title>…</title><link>…</link></item>`, whatever they are called."""
    for block in _ITEM_RE.findall(source):
        fields = {name.lower(): unescape(_CDATA_RE.sub(r"\1", text)).strip() for name, text in _FIELD_RE.findall(block)}
        row = _row(fields)
        if row:
            yield row


def count_rows(source: str) -> int:
    """Return how many rows an answer, or the data inside a page, carries."""
    records = len(re.findall(r"<record\b", source, re.IGNORECASE))
    if records:
        return records
    value = _json(source)
    return sum(1 for _ in _rows(value, 0)) if value is not None else 0


def read_total(source: str) -> int | None:
    """Return how many rows there are in all, where an answer or a page says so.

    >>> read_total("<totalrecord>62</totalrecord>"), read_total('{"data":{"total":120}}'), read_total("{}")
    (62, 120, None)
    """
    found = _TOTAL_RE.search(source)
    return int(found[1]) if found else None


def _json(source: str) -> Any:
    text = source.lstrip("\ufeff \r\n\t")
    if not text.startswith(("{", "[", '"')):
        call = _CALLBACK_RE.match(text)
        if not call:
            return None
        text = call[1]
    try:
        return json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None


def _rows(value: Any, depth: int) -> Iterator[Anchor]:
    if depth > _MAX_DEPTH:
        return
    if isinstance(value, dict):
        row = _row(value)
        if row:
            yield row
        for part in value.values():
            # The text of a row may hold anything; a node of a tree has its branches in it.
            if not row or isinstance(part, list | dict):
                yield from _rows(part, depth + 1)
    elif isinstance(value, list):
        for part in value:
            yield from _rows(part, depth + 1)
    elif isinstance(value, str) and "<" in value:
        yield from _markup_rows(value)
    elif isinstance(value, str) and value[:1] in "{[":
        inner = _json(value)
        if isinstance(inner, dict | list):
            yield from _rows(inner, depth + 1)


def _row(value: dict[str, Any]) -> Anchor | None:
    fields = {name.lower(): part for name, part in value.items() if isinstance(part, str)}
    title, url = read_row(fields)
    if not title or not re.match(r"^(?:https?:|\.{0,2}/|[\w-]+/|[\w-]+\.s?html?)", url):
        return None
    return Anchor(url, " ".join(re.sub(r"<[^>]+>", "", unescape(title)).split()), kind="answer")


def _markup_rows(source: str) -> list[Anchor]:
    pieces = _CDATA_RE.findall(source) or [unescape(source) if "&lt;a" in source else source]
    return [anchor for piece in pieces for anchor in fragment_anchors(piece)]
