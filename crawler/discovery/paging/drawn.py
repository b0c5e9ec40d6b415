"""Lists whose pager a script draws: the page says how many pages there are, and the script how their addresses are made."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import urlsplit

from ..link import Link
from ..page import Fetched
from ..words import squeeze, words
from .links import current_number, total_pages
from .turns import MAX_PAGES, turns

_SCRIPT_RE = re.compile(r"<script\b[^>]*>(.*?)</script\s*>", re.DOTALL | re.IGNORECASE)
# "…?cid=4&page=" + obj.curr
_QUESTION_RE = re.compile(r"""["']([^"'\s<>]{0,300}[?&]\w{0,12}page(?:no|num|index|_no)?=)["']\s*\+\s*[\w.()]{1,40}\s*(?:\+\s*["'](&[^"'\s<>]{0,200})["'])?""", re.IGNORECASE)
# "index_" + (page - 1) + ".html"
_FILE_RE = re.compile(r"""["']([^"'\s<>]{1,200}_)["']\s*\+\s*\(?\s*[\w.$()"-]{1,40}?\s*(-\s*1)?\s*\)?\s*\+\s*["']\.(s?html?|jsp)["']""")
_CALLED_RE = re.compile(r"\b[A-Za-z_]\w*\(\s*['\"]?(\d{1,4})['\"]?\s*\)")
# drawPager(3, 1), but not the definition of it.
_PAGER_RE = re.compile(r"""(?<!function )\b(?:[a-z]{0,10}_?)(?:page|pager|pagination|page_?html|page_?nav|page_?bar|fenye)\s*\(\s*["']?(\d{1,4})["']?\s*,\s*["']?(\d{1,4})["']?\s*[,)]""", re.IGNORECASE)
# $("#pages").pagination({totalData: 28, showData: 10, …
_OPTIONS_RE = re.compile(r"(?:pagina\w{0,12}|laypage|paging|pager)(?=\w{0,20}[^{};]{0,80}\{([^{}]{0,400}))", re.IGNORECASE)
_COUNT_RE = re.compile(r"""\b(?:count|total_?(?:data|count|num|rows?|records?)?|record_?count)["']?\s*:\s*["']?(\d{1,6})\b""", re.IGNORECASE)
_LIMIT_RE = re.compile(r"""\b(?:limit|page_?size|per_?page|rows|show_?data|items_?per_?page)["']?\s*[:=]\s*["']?(\d{1,4})\b""", re.IGNORECASE)
_PAGES_RE = re.compile(r"""\b(?:page_?count|total_?pages?|pages)["']?\s*[:=]\s*["']?(\d{1,4})\b""", re.IGNORECASE)


def drawn(page: Fetched) -> list[Link]:
    """laypage, pagination.js and their kin: `{count: 62, limit: 15, jump: … location.href = "?page=" + obj.curr}`."""
    if page.tree is None:
        return []
    for script in map(unescape, _SCRIPT_RE.findall(page.source)):
        question = _QUESTION_RE.search(script) if "page" in script.lower() and "=" in script else None
        file = _FILE_RE.search(script) if "location" in script else None
        if not question and not file:
            continue
        last = min(_last(script) or total_pages(page.source) or highest_number(page), MAX_PAGES)
        if question:
            first = current_number(page.url) + 2
            return turns([(k - 1, f"{question[1]}{k}{question[2] or ''}") for k in range(first, last + 1)], "the pager that a script draws", page.url)
        if file:
            at = re.search(rf"/{re.escape(file[1].rsplit('/', 1)[-1])}(\d{{1,4}})\.\w+$", urlsplit(page.url).path)
            less = 1 if file[2] else 0
            first = int(at[1]) + 1 if at else 2 - less
            return turns([(k - 1 + less, f"{file[1]}{k}.{file[3]}") for k in range(first, last + 1 - less)], "the pager that a script draws", page.url)
    return []


def highest_number(page: Fetched) -> int:
    """The highest page that a pager of scripts offers: `<a href="#" onclick="go(4)">4</a>`, `<a data-page="4">4</a>`; else 0.

    The days of a calendar and years are none.
    """
    if page.tree is None:
        return 0
    found = [0]
    for element in page.tree.iter("a", "span", "li", "button", "input"):
        text = squeeze(element.text_content() or element.get("value") or "")
        script = unescape(element.get("onclick") or element.get("href") or "")
        called = _CALLED_RE.search(script)
        number = element.get("data-page") or element.get("data-pageno") or (called[1] if called else "")
        says = text == number or text in words()["generic"]["next"] or text in words()["generic"]["previous"]
        if says and re.fullmatch(r"[1-9]\d{0,3}", number):
            found.append(int(number))
    days = set(range(1, 29)) <= set(found) and max(found) <= 31
    return 0 if days or max(found) > MAX_PAGES else max(found)


def said_in_attributes(page: Fetched, rows: int) -> int:
    """How much a pager that a script fills says that there is, when that is not what the page shows; else 0.

    Pages or rows, nobody knows: fewer than the rows that are shown are pages, more are rows or pages that are not shown.
    """
    if page.tree is None:
        return 0
    for element in page.tree.xpath("//*[contains(@class, 'pag') or contains(@id, 'pag')]"):
        for name in ("data-total", "data-count", "data-pages", "data-total-page", "data-totalpage"):
            value = element.get(name) or ""
            if re.fullmatch(r"[1-9]\d{0,5}", value) and int(value) not in (1, rows):
                return int(value)
    return 0


def said_in_call(page: Fetched) -> int:
    """How many pages a call says that draws a pager by a script that is not in the page: `drawPager(3, 1)`; else 0.

    >>> from ..page import read_fetched
    >>> said_in_call(read_fetched("http://a.gov.cn/nb/", b"<p>x<script>drawPager(3, 1);setPageSize(15)</script>"))
    3
    """
    for script in _SCRIPT_RE.findall(page.source):
        for call in _PAGER_RE.finditer(script):
            pages, here = int(call[1]), int(call[2])
            if 1 < pages <= MAX_PAGES and here <= pages:
                return pages
        for options in _OPTIONS_RE.findall(script):
            pages = _last(options) or 0
            if 1 < pages <= MAX_PAGES:
                return pages
    return 0


def button(page: Fetched) -> str:
    """The words of a button that loads more of a list and is no link: 加载更多; "" where there is none, or it is hidden."""
    if page.tree is None:
        return ""
    more = words()["generic"]["load"]
    for element in page.tree.iter("button", "a", "div", "span", "p", "input"):
        text = squeeze((element.text_content() if element.tag != "input" else element.get("value")) or "") if len(element) < 3 else ""
        hidden = any("none" in (one.get("style") or "") for one in (element, *element.iterancestors()))
        if text in more and not hidden and not re.match(r"(?!javascript|#)\S", (element.get("href") or "").strip(), re.IGNORECASE):
            return text
    return ""


def _last(script: str) -> int | None:
    count, limit, pages = _COUNT_RE.search(script), _LIMIT_RE.search(script), _PAGES_RE.search(script)
    if pages:
        return int(pages[1])
    return -(-int(count[1]) // int(limit[1])) if count and limit and int(limit[1]) else None
