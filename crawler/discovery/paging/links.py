"""Lists that say themselves where they go on: a link to the next page, or numbers."""

from __future__ import annotations

import re
from collections import Counter
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from ..anchors import Anchor, anchors, base_url
from ..link import Link
from ..page import Fetched
from ..urls import canonical
from ..words import squeeze, words
from .turns import MAX_PAGES, turn

_PAGE_PARAMS = (
    "page",
    "pageno",
    "pagenum",
    "pageindex",
    "p",
    "curpage",
    "currpage",
    "currentpage",
    "pn",
    "page_no",
    "pageid",
)
_TOTAL_RE = re.compile(
    r"(?:共|总共?|/)\s*(?:<[^>]{0,80}>\s*)*(\d{1,5})\s*(?:</[^>]{0,20}>\s*)*页|(?<![\w/.\-])(\d{1,4})\s*/\s*(\d{1,4})(?![\d/.\-])\s*页?|totalpages?[\"']?\s*[:=]\s*[\"']?(\d{1,5})",
    re.IGNORECASE,
)


_ARROWS = frozenset({">", "›", "»", "→", ">>", "&gt;", "▶", "＞"})
# What a list says of itself in so many words; figures and dates with a stroke between them do not.
_TAGS = r"(?:<[^>]{0,80}>|&nbsp;|\s){0,6}"
_SAID_PAGES_RE = re.compile(rf"(?:共|总共?){_TAGS}(\d{{1,4}}){_TAGS}页|(?<![\w/.\-])\d{{1,4}}\s*/\s*(\d{{1,4}})\s*页|总页数{_TAGS}[:：]?{_TAGS}(\d{{1,4}})|\b(?:total_?pages?|count_?page|max_?page)\s*=\s*(?:parseInt\()?[\"']?(\d{{1,4}})\b", re.IGNORECASE)
_SAID_ROWS_RE = re.compile(rf"(?:共有?|总计|共计){_TAGS}(\d{{1,5}}){_TAGS}(?:条|篇)")


def _ways(page: Fetched) -> list[tuple[Anchor, str]]:
    if page.tree is None or page.is_data:
        return []
    base = base_url(page)
    found = []
    for anchor in anchors(page):
        url = canonical(anchor.href, base, encoding=page.encoding) if not anchor.href.startswith("#") else None
        if url:
            found.append((anchor, url))
    return found


def current_number(url: str) -> int:
    """Return how many pages of the list come before this one, as far as its address says; else 0."""
    for name, value in parse_qsl(urlsplit(url).query):
        if name.lower() in _PAGE_PARAMS and re.fullmatch(r"[0-9]{1,6}", value):
            return max(int(value) - 1, 0)
    found = re.search(r"[_-](\d{1,4})\.\w+$", urlsplit(url).path)
    return int(found[1]) if found else 0


def _number_after(here: str, there: str) -> bool:
    """Whether one address is that of the page after another, by the only number in which they differ."""
    before, after = current_number(here), current_number(there)
    return after == before + 1 or (before == 0 and after == 1)


def next_link(page: Fetched) -> list[Link]:
    """A link that says next: rel=next, 下一页, 下页."""
    for anchor, url in _ways(page):
        text = squeeze(anchor.text)
        says = text in words()["generic"]["next"] or re.fullmatch(r"\W*下一?[页頁]\W*", anchor.text.strip()) is not None
        # An arrow says it where it leads to the page that comes next by its number; it may lead to the last one.
        follows = anchor.text.strip() in _ARROWS and _folder(url) == _folder(page.url) and _number_after(page.url, url)
        if ("next" in anchor.rel.split() or says or follows) and canonical(url) != canonical(page.url):
            link = turn(url, current_number(page.url) + 1, "the link to the next page", of=page.url)
            return [link] if link else []
    return []


def numbered(page: Fetched) -> list[Link]:
    """Links that are only numbers, in addresses that differ in a number: 1 2 3 … 9."""
    ways = [
        (int(squeeze(anchor.text).strip("第页")), url)
        for anchor, url in _ways(page)
        if re.fullmatch(r"\d{1,4}", squeeze(anchor.text)) or (anchor.kind == "option" and re.fullmatch(r"第\d{1,4}页", squeeze(anchor.text)))
    ]
    if not ways:
        return []
    # One pager has one shape; a table of cells that are figures has many.
    shapes = Counter(_shape(url) for _, url in ways)
    shape, times = shapes.most_common(1)[0]
    pager = {number: url for number, url in ways if _shape(url) == shape and number < 2000}
    if not pager:
        return []
    if _folder(next(iter(pager.values()))) != _folder(page.url) and _shape(page.url) != shape and times < 2:
        return []
    here = next((number for number, url in pager.items() if url == canonical(page.url)), None)
    at = here or current_number(page.url) + 1
    found = [
        turn(url, number - 1, "numbered links", of=page.url) for number, url in sorted(pager.items()) if number > at
    ]
    return [link for link in found if link][:MAX_PAGES]


def query_pages(page: Fetched) -> list[Link]:
    """`?page=N` and `page_N.html` where the pager is drawn by a script, but the page says how many there are."""
    parts = urlsplit(page.url)
    file = re.search(r"^(.*/page_)(\d+)(\.s?html?)$", parts.path)
    count = total_pages(page.source)
    if file and count:
        at = int(file[2])
        urls = [
            (k, f"{file[1]}{k}{file[3]}" + (f"?{parts.query}" if parts.query else ""))
            for k in range(at + 1, min(count, at + MAX_PAGES) + 1)
        ]
        return [link for k, url in urls if (link := turn(url, k - 1, "page_N", of=page.url))]
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    name = next(
        (name for name, value in pairs if name.lower() in _PAGE_PARAMS and re.fullmatch(r"[0-9]{1,6}", value)), None
    )
    total = total_pages(page.source)
    if name is None or total is None:
        return []
    at = int(dict(pairs)[name])
    last = total if at else total - 1
    found = []
    for number in range(at + 1, min(last, at + MAX_PAGES) + 1):
        query = urlencode([(key, str(number) if key == name else value) for key, value in pairs])
        url = urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))
        found.append(turn(url, number - (1 if at else 0), f"?{name}=", of=page.url))
    return [link for link in found if link]


def total_pages(source: str) -> int | None:
    """Return how many pages a list says it has: 共5页, 1/7页, totalpage="5".

    >>> total_pages("第1页 共5页"), total_pages("<span>1/7页</span>"), total_pages("none")
    (5, 7, None)
    """
    for found in _TOTAL_RE.finditer(source):
        value = int(found[1] or found[3] or found[4])
        if 1 <= value <= 5000 and int(found[2] or 0) <= value:
            return value
    return None


def said_of_itself(source: str) -> tuple[int, int]:
    """Return how many pages and how many rows a list says that it has, 0 where it says nothing.

    >>> said_of_itself("共49条记录 第1页/共<b>4</b>页"), said_of_itself("2024/12 3/4")
    ((4, 49), (0, 0))
    """
    pages, rows = _SAID_PAGES_RE.search(source), _SAID_ROWS_RE.search(source)
    return int(next(one for one in pages.groups() if one)) if pages else 0, int(rows[1]) if rows else 0


def _shape(url: str) -> str:
    parts = urlsplit(url)
    return re.sub(r"\d+", "0", f"{parts.netloc}{parts.path}?{parts.query}").replace("_0.", ".")


def _folder(url: str) -> str:
    return urlsplit(url).path.rsplit("/", 1)[0]
