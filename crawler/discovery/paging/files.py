"""Lists whose pages are files beside one another: index_1.html, list_2.shtml, nb/3.htm."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from ..link import Link
from ..page import Fetched
from .turns import MAX_PAGES, turns, with_path

_COMMENT_RE = re.compile(r"<!--.*?-->|/\*.*?\*/", re.DOTALL)
_CALL_RE = re.compile(r"(?<!function )\b(?:create_?Page|(?:init|show|set|write)?_?[Pp]age(?:HTML|Html|html|Init|Nav|Index|Bar|List)?)\w{0,12}\s*\(([^()]{5,400}(?:\([^()]*\)[^()]*)*)\)")
_EXTENSIONS = ("html", "htm", "shtml", "jsp", "jhtml", "aspx", "php")
_ARGUMENT_RE = re.compile(r"""\s*("[^"]*"|'[^']*'|[^,]+)\s*(?:,|$)""")
_FIELD_RE = re.compile(r"""["']?(\w{1,30})["']?\s*:\s*("[^"]*"|'[^']*'|\d{1,6})""")
_ASSIGNED_RE = r"\b{name}\s*=\s*(?:parseInt\(\s*)?[\"']?(\d{{1,6}})(?!\d)"


def trs(page: Fetched) -> list[Link]:
    """TRS and UCAP: `createPageHTML(total, current, "index", "html")` in all its signatures.

    The pages of TRS are counted from 0 and page k is `index_{k-1}.html`. UCAP counts from 1, names
    its element first and the rows last, and page k is `list_k.shtml`. Which of the two, the number
    of the current page says; on a later page, its file name.
    """
    source = _COMMENT_RE.sub("", page.source) if re.search(r"[Pp]age\w{0,12}\s*\(", page.source) else ""
    for arguments in _CALL_RE.findall(source):
        call = _read_call(arguments, source)
        if call:
            return _files(page, *call)
    return []


def _read_call(arguments: str, source: str) -> tuple[int, int, str, str, bool] | None:
    """Read (total, current, prefix, ext, ucap) from the arguments; None when they are not a list's."""
    if arguments.lstrip().startswith("{"):
        return _read_object(arguments)
    values = [_value(argument, source) for argument in _ARGUMENT_RE.findall(arguments)]
    if len(values) >= 4 and isinstance(values[1], str) and values[1].lstrip(".") in _EXTENSIONS and all(isinstance(value, int) for value in values[2:4]):
        # The other way about: createPage("index", "html", 0, 4). There are never fewer pages than the one shown.
        current, total = sorted(value for value in values[2:4] if isinstance(value, int))
        values = [total, current, *values[:2]]
    named = bool(values) and isinstance(values[0], str)
    if named:
        values = values[1:]
    numbers = [value for value in values[:2] if isinstance(value, int)]
    strings = [value for value in values[2:] if isinstance(value, str) and value]
    if len(numbers) != 2 or len(strings) < 2:
        return None
    total, current = numbers
    prefix, ext = strings[0], strings[1].lstrip(".")
    if not re.fullmatch(r"[\w\-/.%]+", prefix) or ext not in _EXTENSIONS:
        return None
    # The same arguments serve both: a first page that is 0 has its files counted from 0, whoever made the template.
    ucap = named and len(values) >= 5 and current != 0
    return total, current, prefix, ext, ucap


def _read_object(source: str) -> tuple[int, int, str, str, bool] | None:
    """The same from an object: `{total: 4, current: 0, prefix: "index", ext: "html"}`."""
    fields = {name.lower(): value.strip("\"'") for name, value in _FIELD_RE.findall(source)}
    strings = {name: value for name, value in fields.items() if not value.isdigit()}
    ext = next((value.lstrip(".") for value in strings.values() if value.lstrip(".") in _EXTENSIONS), None)
    prefix = next((value for name, value in strings.items() if re.search(r"prefix|name|file", name) and re.fullmatch(r"[\w\-/]+", value)), None)
    total = next((value for name, value in fields.items() if value.isdigit() and re.fullmatch(r"(?:total|count|page_?count|total_?pages?|pages)", name)), None)
    current = next((value for name, value in fields.items() if value.isdigit() and re.match(r"cur", name)), "0")
    return (int(total), int(current), prefix, ext, False) if ext and prefix and total else None


def _value(argument: str, source: str) -> str | int | None:
    argument = argument.strip()
    if argument[:1] in "\"'":
        text = argument.strip("\"'")
        return int(text) if re.fullmatch(r"[0-9]{1,6}", text) else text
    if re.fullmatch(r"[0-9]{1,6}", argument):
        return int(argument)
    if re.fullmatch(r"[A-Za-z_]\w*", argument):
        found = re.search(_ASSIGNED_RE.format(name=re.escape(argument)), source)
        return int(found[1]) if found else None
    return None


def _files(page: Fetched, total: int, current: int, prefix: str, ext: str, ucap: bool = False) -> list[Link]:
    at = _file_number(page.url, prefix)
    if at is not None:
        first, last = at + 1, total if ucap else total - 1
    elif ucap:
        first, last = 2, total
    elif current == 1:
        # Four arguments, and the first page calls itself 1: some of these count their files from 1,
        # some from 2. One address too many is a 404; one too few is a page of reports lost.
        first, last = 1, total
    else:
        first, last = 1, total - 1
    numbers = range(first, min(last, first + MAX_PAGES - 1) + 1)
    return turns([(number - ucap, f"{prefix}_{number}.{ext}") for number in numbers], "createPageHTML", page.url)


def _file_number(url: str, prefix: str) -> int | None:
    name = re.escape(prefix.rsplit("/", 1)[-1])
    found = re.search(rf"/{name}_(\d+)\.\w+$", urlsplit(url).path)
    return int(found[1]) if found else None


def count_page(page: Fetched) -> list[Link]:
    """TRS without the call: the page only sets `countPage` and `currentPage`, and a template does the rest."""
    source = page.source
    if "countPage" not in source:
        return []
    total = re.search(_ASSIGNED_RE.format(name="countPage"), source)
    current = re.search(_ASSIGNED_RE.format(name="(?:currentPage|currPage|curPage)"), source)
    if not total:
        return []
    name = re.search(r"/([A-Za-z][\w-]*?)(?:_\d+)?\.(s?html?)$", urlsplit(page.url).path)
    written = re.search(r"[\"']([A-Za-z]\w*)_[\"']\s*\+.{0,80}?[\"']\.(s?html?)[\"']", source, re.DOTALL)
    prefix, ext = (name[1], name[2]) if name else (written[1], written[2]) if written else ("index", "html")
    return _files(page, int(total[1]), int(current[1]) if current else 0, prefix, ext)


def max_page(page: Fetched) -> list[Link]:
    """Numbered files (Shaanxi): `maxPage = parseInt('7')`, pages 1.html, 2.html …"""
    found = re.search(r"\bmaxPage\s*=\s*(?:parseInt\s*\(\s*)?[\"']?(\d{1,6})(?!\d)", page.source)
    if not found:
        return []
    path = urlsplit(page.url).path
    at = re.search(r"/(\d{1,4})\.(s?html?)$", path)
    current, ext = (int(at[1]), at[2]) if at else (1, "html")
    folder = path.rsplit("/", 1)[0]
    total = min(int(found[1]), current + MAX_PAGES)
    return turns(
        [(k - 1, with_path(page.url, f"{folder}/{k}.{ext}")) for k in range(current + 1, total + 1)],
        "maxPage",
        page.url,
    )


def vsb(page: Fetched) -> list[Link]:
    """VSB counts backwards: of N pages the second is `slug/N-1.htm` and the last `slug/1.htm`.

    Old pages so keep their number for good. N stands in `_simple_list_gotopage_fun(N, …)`.
    """
    found = re.search(r"_simple_list_gotopage_fun\(\s*(\d{1,6})\s*,", page.source)
    if not found:
        return []
    total = int(found[1])
    path = urlsplit(page.url).path
    inner = re.search(r"^(.*/[^/]+)/(\d{1,4})(\.html?)$", path)
    outer = re.search(r"^(.*/[A-Za-z][^/]*)(\.html?)$", path)
    if inner and int(inner[2]) < total:
        stem, ext, left = inner[1], inner[3], int(inner[2]) - 1
    elif outer:
        stem, ext, left = outer[1], outer[2], total - 1
    else:
        return []
    numbers = range(left, max(left - MAX_PAGES, 0), -1)
    return turns(
        [(total - k, with_path(page.url, f"{stem}/{k}{ext}")) for k in numbers], "gotopage, backwards", page.url
    )
