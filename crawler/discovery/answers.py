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
from .words import is_report_phrase

_CDATA_RE = re.compile(r"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
_CALLBACK_RE = re.compile(r"^\s*(?:/\*.*?\*/\s*)?[\w$.]{1,80}\s*\((.*)\)\s*;?\s*$", re.DOTALL)
_TOTAL_RE = re.compile(
    r"(?:<totalrecord>\s*(?:<!\[CDATA\[)?|[\"']?total_?(?:record|count|num|rows?)?[\"']?\s*[:=]\s*[\"']?)(\d{1,6})(?![\d.])",
    re.IGNORECASE,
)
_ITEM_RE = re.compile(r"<(?:item|entry|row|record|article|info|node|data)\b[^>]*>(.{1,8000}?)</(?:item|entry|row|record|article|info|node|data)\s*>", re.DOTALL | re.IGNORECASE)
# Whatever it is called: an element that holds nothing but fields.
_FLAT_RE = re.compile(r"<(\w{1,30})\b[^<>]*>((?:\s*<(\w{1,30})\b[^<>]*>(?:<!\[CDATA\[[^<]{0,2000}\]\]>|[^<]{0,2000})</\3\s*>){2,40})\s*</\1\s*>", re.IGNORECASE)
_PAGE_ADDRESS_RE = re.compile(r"(?:https?://[^\s/]+)?(?:\.{0,2}/)?[\w./%-]{1,200}\.(?:s?html?|jsp|php|aspx?|do|pdf|docx?)(?:\?\S{0,200})?|https?://[^\s/]+/[\w./%-]{0,200}/", re.IGNORECASE)
_FIELD_RE = re.compile(r"<(\w{1,30})\b[^>]*>((?:<!\[CDATA\[.{0,2000}?\]\]>|[^<]){1,2000})</\1\s*>", re.DOTALL)
_MAX_DEPTH = 12
_MADE_RE = re.compile(
    r"""href\s*=\s*\\?["']{0,2}([\w./?=&%-]{1,200})["']\s*\+\s*\w+(?:\[\w+\])?\.(\w{1,30})(?:\s*\+\s*["']([\w./?=&%-]{0,100}))?"""
    r"""|href\s*=\s*["']?`?([\w./?=&%-]{1,200})\$\{\s*\w+\.(\w{1,30})\s*\}([\w./?=&%-]{0,100})"""
)


def row_made(source: str) -> tuple[str, str, str]:
    r"""How the script of a page makes the address of a row: what stands before and after a field, and the field; ("", "", "") where it does not say so.

    >>> row_made("h += \"<a href='/v/\" + item.id + \".html'>\" + item.title")
    ('/v/', 'id', '.html')
    >>> row_made("`<a href=\"/show.jsp?id=${o.infoId}\">`")
    ('/show.jsp?id=', 'infoId', '')
    """
    made = {tuple(group or "" for group in (one[0] or one[3], one[1] or one[4], one[2] or one[5])) for one in _MADE_RE.findall(source)}
    made = {one for one in made if one[0] and one[1].lower() not in ("url", "href", "link", "length")}
    return made.pop() if len(made) == 1 else ("", "", "")  # type: ignore[return-value]


def _made(value: dict[str, Any], made: tuple[str, str, str]) -> Anchor | None:
    before, field, after = made
    title, url = read_row({name.lower(): part for name, part in value.items() if isinstance(part, str)})
    key = value.get(field)
    if url or not title or isinstance(key, bool) or not isinstance(key, str | int) or not re.fullmatch(r"[\w-]{1,64}", str(key)):
        return None
    return Anchor(f"{before}{key}{after}", " ".join(re.sub(r"<[^>]+>", "", unescape(title)).split()), kind="answer")


def read_answer(page: Fetched) -> list[Anchor]:
    """Return the rows of a data answer, in their order; empty where it holds none.

    `href` is as written: relative ones are relative to the list page that asked, not to the data address.
    """
    value = _json(page.source)
    if value is not None:
        return list(_rows(value, 0)) or [row for part in _objects(value, 0) if page.made[0] and (row := _made(part, page.made))]
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

    if not page.made[0] or not read_answer(page):
        look(_json(page.source), 0)
    return found


def _objects(value: Any, depth: int) -> Iterator[dict[str, Any]]:
    if depth <= _MAX_DEPTH and isinstance(value, dict):
        yield value
    if depth <= _MAX_DEPTH and isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _objects(part, depth + 1)


def _items(source: str) -> Iterator[Anchor]:
    """Rows of XML: `<item><title>…</title><link>…</link></item>`, whatever they are called."""
    for block in _ITEM_RE.findall(source) or [found[1] for found in _FLAT_RE.findall(source)]:
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
    elif isinstance(value, str) and ("<" in value or "&lt;a" in value):
        yield from _markup_rows(value)
    elif isinstance(value, str) and value[:1] in "{[":
        inner = _json(value)
        if isinstance(inner, dict | list):
            yield from _rows(inner, depth + 1)


def _row(value: dict[str, Any]) -> Anchor | None:
    fields = {name.lower(): part for name, part in value.items() if isinstance(part, str)}
    title, url = read_row(fields)
    if not url:
        title, url = _told(fields) or (title, url)
    if not title or not re.match(r"^(?:https?:|\.{0,2}/|[\w-]+/|[\w-]+\.s?html?)", url):
        return None
    return Anchor(url, " ".join(re.sub(r"<[^>]+>", "", unescape(title)).split()), kind="answer")


def _told(fields: dict[str, str]) -> tuple[str, str] | None:
    """Title and address of a row whose fields have names that nobody knows: one of them is a report's title, one an address.

    >>> _told({"wz": "/nb/2020.html", "bt": "某县2020年政府信息公开年报", "rq": "2021-01-09"})
    ('某县2020年政府信息公开年报', '/nb/2020.html')
    """
    titles = [part for part in fields.values() if len(part) <= 200 and is_report_phrase(part)]
    addresses = {part.strip() for part in fields.values() if _PAGE_ADDRESS_RE.fullmatch(part.strip())}
    return (titles[0], addresses.pop()) if titles and len(addresses) == 1 else None


def _markup_rows(source: str) -> list[Anchor]:
    pieces = _CDATA_RE.findall(source) or [unescape(source) if "&lt;a" in source else source]
    return [anchor for piece in pieces for anchor in fragment_anchors(piece)]
