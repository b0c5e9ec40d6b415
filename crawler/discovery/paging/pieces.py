"""Lists whose further pages are pieces of HTML or JSON that a program answers to the question the page would ask.

Every field of the question is read from the page, in the page's own order and spelling; only the number of the
page is ours.
"""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from ..anchors import anchors
from ..answers import count_rows
from ..link import Link
from ..page import Fetched
from .links import total_pages
from .proxies import read_field, read_number, referer_of
from .turns import MAX_PAGES, turn

_FORM = ("Content-Type", "application/x-www-form-urlencoded")
_LABEL_RE = re.compile(r"[\"']([^\"'\s]*/site/label/\d+\?[^\"'\s]*labelName=publicInfoList[^\"'\s]*)[\"']")
_SEARCH_RE = re.compile(r"[\"']([^\"'\s]*/module/xxgk/search\.jsp)(\?[^\"'\s]*)?[\"']")
_AJAX_TYPE_RE = re.compile(r"[\"']?ajax_type(?:\[\])?[\"']?\s*[:=]\s*\[([^\]]{5,400})\]")
_SEARCH_FIELDS = ("infotypeId", "jdid", "area", "divid")


def lonsun_list(page: Fetched) -> list[Link]:
    """Lonsun: `/site/label/8888?…labelName=publicInfoList…&pageIndex=n` answers the rows of page n as HTML."""
    if re.search(r"/site/label/\d+$", urlsplit(page.url).path):
        query = dict(parse_qsl(urlsplit(page.url).query, keep_blank_values=True))
        number, last = read_number(query.get("pageIndex"), 1), total_pages(page.source)
        if not anchors(page) or number >= (last or MAX_PAGES):
            return []
        return _label(urljoin(page.url, urlsplit(page.url).path), query, number + 1, page.via or page.url)
    found = _LABEL_RE.search(unescape(page.source))
    if not found:
        return []
    address, _, question = found[1].partition("?")
    shown = any(re.search(r"/public/(?:content/)?\d+(?:/\d+)?(?:\.html)?$", a.href) for a in anchors(page))
    counted = read_field(page.source, "pageCount")
    last = int(counted) if counted and counted.isdigit() else total_pages(page.source)
    if shown and (last or 2) < 2:
        return []
    query = dict(parse_qsl(question, keep_blank_values=True))
    return _label(urljoin(page.url, address), query, 2 if shown else 1, page.url)


def _label(address: str, query: dict[str, str], number: int, referer: str) -> list[Link]:
    url = f"{address}?{urlencode({**query, 'pageIndex': str(number)})}"
    link = turn(url, number, "publicInfoList", of=referer, headers=referer_of(referer))
    return [link] if link else []


def hanweb_search(page: Fetched) -> list[Link]:
    """Hanweb's disclosure tree: POST `/module/xxgk/search.jsp`, fifteen rows a page, "共N页" in the answer."""
    here = urlsplit(page.url)
    if here.path.endswith("/module/xxgk/search.jsp"):
        form = dict(parse_qsl(page.form.decode("ascii", "replace"), keep_blank_values=True))
        number, last = read_number(form.get("currpage"), 1), total_pages(page.source)
        if not form or not anchors(page) or last is None or number >= min(last, MAX_PAGES):
            return []
        return _search(f"{here.path}?{here.query}".rstrip("?"), form, number + 1, page.via or page.url)
    source = unescape(page.source)
    found = _SEARCH_RE.search(source)
    fields = {name: value for name in _SEARCH_FIELDS if (value := read_field(source, name))}
    if not found or "infotypeId" not in fields or "divid" not in fields:
        return []
    written = dict(parse_qsl((found[2] or "").lstrip("?"), keep_blank_values=True))
    question = {name: value for name, value in written.items() if name not in ("currpage", *_SEARCH_FIELDS)}
    return _search(urljoin(page.url, found[1]), {**question, **fields}, 1, page.url)


def _search(address: str, form: dict[str, str], number: int, referer: str) -> list[Link]:
    body = urlencode({**form, "currpage": str(number)}).encode()
    link = turn(
        address, number, "the disclosure tree", of=referer, method="POST", body=body, headers=(*referer_of(referer), _FORM)
    )  # fmt: skip
    return [link] if link else []


def is_foreign_row(page: Fetched, url: str) -> bool:
    """Whether an answer of the disclosure tree shows a row of another column than was asked for: it does not filter."""
    if not urlsplit(page.url).path.endswith("/module/xxgk/search.jsp"):
        return False
    asked = re.search(rb"\bdivid=div(\d+)", page.form)
    row = re.search(r"/art_(\d+)_\d+\.html", url)
    return bool(asked and row and row[1] != asked[1].decode())


def ajax_list(page: Fetched) -> list[Link]:
    """xxgk-list (PHP): POST `/api-ajax_list-n.html` with the nine values of `ajax_type` that the page's script holds."""
    here = urlsplit(page.url)
    after = re.search(r"/api-ajax_list-(\d+)\.html$", here.path)
    if after:
        number, rows = int(after[1]), count_rows(page.source)
        values = [value for name, value in parse_qsl(page.form.decode("ascii", "replace"), keep_blank_values=True) if name == "ajax_type[]"]
        size = int(values[6]) if len(values) > 6 and values[6].isdigit() else 0
        if not rows or rows < size or number >= MAX_PAGES:
            return []
        return _ajax(page.url, number + 1, page.form, page.via or page.url)
    source = unescape(page.source)
    found = _AJAX_TYPE_RE.search(source)
    if not found or "api-ajax_list" not in source:
        return []
    values = [first or second for first, second in re.findall(r"\"([^\"]*)\"|'([^']*)'", found[1])]
    if len(values) < 7:
        return []
    body = urlencode([*(("ajax_type[]", value) for value in values), ("is_ds", "1")]).encode()
    # The page may show the first rows itself; which ones, only the answer tells. It is asked from the first.
    first = 2 if any(re.search(r"-show-\d+\.html", a.href) for a in anchors(page)) else 1
    return _ajax(urljoin(page.url, "/api-ajax_list-1.html"), first, body, page.url)


def _ajax(url: str, number: int, body: bytes, referer: str) -> list[Link]:
    address = re.sub(r"-\d+\.html$", f"-{number}.html", url)
    link = turn(address, number, "ajax_list", of=referer, method="POST", body=body, headers=(*referer_of(referer), _FORM))
    return [link] if link else []
