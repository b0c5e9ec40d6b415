"""Lists whose rows come from a data address: XML or JSON answers instead of pages.

Every parameter is read from the list page (or from the answer before, whose address carries
them all); nothing is guessed and no token is made up. What these addresses answer is read in
`answers`. They are asked with the list page as Referer, which several of them insist on.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html import unescape
from urllib.parse import parse_qsl, unquote, urlencode, urljoin, urlsplit, urlunsplit

from ..answers import count_rows, read_total
from ..link import Link
from ..page import Fetched
from .turns import MAX_PAGES, turn

ROWS = 100  # some servers cut what is above 300, and a hundred rows are polite
_FORM = ("Content-Type", "application/x-www-form-urlencoded")

_PROXY_RE = re.compile(r"[\"']([^\"'\s]*?/module/(?:web/)?jpage/dataproxy\.jsp)(\?[^\"'\s<>]*)?[\"']")
_HANWEB_KEYS = ("col", "appid", "webid", "path", "columnid", "sourceContentType", "unitid", "webname", "permissiontype")


def read_field(source: str, name: str) -> str | None:
    """Read `name: 'value'`, `name=value` or `"name":"value"` from a script or an attribute.

    >>> read_field("ajax({siteGuid: siteGuid}); var siteGuid = '7e1a';", "siteGuid")
    '7e1a'
    """
    for found in re.finditer(rf"""(?<![\w.])["']?{name}["']?\s*[:=]\s*(?:"([^"]*)"|'([^']*)'|([\w./%-]+))""", source):
        value = next((group for group in found.groups() if group is not None), "")
        if value != name:  # a variable of that name, handed on
            return value
    return None


def read_number(text: str | None, otherwise: int) -> int:
    """A number that a page wrote, or another where it is none: pages write what they like."""
    return int(text) if text and re.fullmatch(r"[1-9][0-9]{0,5}", text) else otherwise


def page_size(came: int, asked: int, number: int, total: int | None) -> int:
    """How many rows make a page: what was asked for, unless the server cut the first one short of all there are.

    >>> page_size(18, 50, 1, 40), page_size(12, 50, 1, 12), page_size(4, 18, 3, 40)
    (18, 50, 18)
    """
    cut = number <= 1 and total is not None and 0 < came < min(asked, total)
    return came if cut else asked


def referer_of(url: str) -> tuple[tuple[str, str], ...]:
    return (("Referer", url),) if url else ()


def hanweb(page: Fetched) -> list[Link]:
    """Hanweb JCMS: `dataproxy.jsp`, in windows of rows.

    Both addresses (/module/web/jpage/ and /module/jpage/) take startrecord and endrecord; some
    servers only look at `page`. The two are sent in agreement, so that it does not matter which
    is believed. When the server cuts the window, the next one starts where the answer ended.
    """
    if "/jpage/dataproxy.jsp" in urlsplit(page.url).path:
        return _hanweb_after(page)
    source = unescape(page.source)
    found = _PROXY_RE.search(source)
    if not found:
        return []
    fields = dict(parse_qsl((found[2] or "").lstrip("?"), keep_blank_values=True))
    asked_by_url = "columnid" in fields or "unitid" in fields
    for name in _HANWEB_KEYS:
        value = read_field(source, name)
        if name not in fields and value is not None:
            fields[name] = unquote(value)
    if not fields.get("columnid") and not fields.get("unitid"):
        return []
    total = read_total(source)
    if total is not None and 0 < total <= count_rows(source):
        return []
    for name in ("page", "startrecord", "endrecord", "perpage"):
        fields.pop(name, None)
    proxy = urljoin(page.url, found[1])
    post = not asked_by_url or bool(re.search(r"""type["']?\s*:\s*["']post""", source, re.IGNORECASE))
    link = _window(proxy, fields, 1, ROWS, referer=page.url, post=post, of=page.url)
    return [link] if link else []


def _window(
    proxy: str, fields: dict[str, str], start: int, rows: int, *, referer: str, post: bool, of: str
) -> Link | None:
    window = {
        "startrecord": str(start),
        "endrecord": str(start + rows - 1),
        "perpage": str(rows),
        "page": str((start - 1) // rows + 1),
    }
    number = 1 + (start - 1) // rows
    every = turn(
        f"{proxy}?{urlencode({**fields, **window})}", number, "the data proxy", of=of, headers=referer_of(referer)
    )
    if not post:
        body = urlencode(fields).encode()
        other = turn(
            f"{proxy}?{urlencode(window)}",
            number,
            "the data proxy, by form",
            of=of,
            method="POST",
            body=body,
            headers=(*referer_of(referer), _FORM),
        )
        return turn(
            f"{proxy}?{urlencode({**fields, **window})}",
            number,
            "the data proxy",
            of=of,
            headers=referer_of(referer),
            instead=other,
        )
    body = urlencode(fields).encode()
    return turn(
        f"{proxy}?{urlencode(window)}",
        number,
        "the data proxy, by form",
        of=of,
        method="POST",
        body=body,
        headers=(*referer_of(referer), _FORM),
        instead=every,
    )


def _hanweb_after(page: Fetched) -> list[Link]:
    """The window after this answer. Where the server cut the window, its size is the next one's."""
    parts = urlsplit(page.url)
    fields = dict(parse_qsl(parts.query, keep_blank_values=True))
    asked = {name: fields.pop(name, "") for name in ("startrecord", "endrecord", "perpage", "page")}
    start, size = read_number(asked["startrecord"], 1), read_number(asked["perpage"], ROWS)
    came, total = count_rows(page.source), read_total(page.source)
    after = start + came
    if not came or total is None or after > total or after > MAX_PAGES * ROWS:
        return []
    rows = size if came >= size else came
    form = dict(parse_qsl(page.form.decode("ascii", "replace"), keep_blank_values=True))
    proxy = urlunsplit((parts.scheme, parts.netloc, parts.path, "", ""))
    referer = page.via or page.url
    link = _window(proxy, form or fields, after, rows, referer=referer, post=bool(page.form), of=page.url)
    return [replace(link, instead=None)] if link else []


def jpaas(page: Fetched) -> list[Link]:
    """Hanweb jpaas: `build/unit` with `paramJson={"pageNo":n,…}`; every id stands in the list page."""
    path = "/api-gateway/jpaas-publish-server/front/page/build/unit"
    if path in page.url:
        query = dict(parse_qsl(urlsplit(page.url).query, keep_blank_values=True))
        try:
            asked = json.loads(query.get("paramJson") or "{}")
            number, rows = int(asked.get("pageNo", 1)), int(asked.get("pageSize", 15))
        except (ValueError, TypeError, AttributeError, OverflowError):
            return []
        came, total = count_rows(page.source), read_total(page.source)
        rows = page_size(came, rows, number, total)
        if not came or (total is not None and number * rows >= total) or number >= MAX_PAGES:
            return []
        query["paramJson"] = json.dumps({"pageNo": number + 1, "pageSize": rows}, separators=(",", ":"))
        link = turn(f"{path}?{urlencode(query)}", number, "jpaas", of=page.url, headers=referer_of(page.via))
        return [link] if link else []
    source = unescape(page.source)
    if path not in source:
        return []
    names = ("parseType", "webId", "tplSetId", "pageType", "tagId", "editType", "pageId")
    fields = {name: value for name in names if (value := read_field(source, name)) is not None}
    if not fields.get("webId") or not fields.get("pageId"):
        return []
    fields.setdefault("parseType", "bulidstatic")
    fields.setdefault("pageType", "column")
    fields["paramJson"] = json.dumps(
        {"pageNo": 1, "pageSize": read_number(read_field(source, "pageSize"), 15)}, separators=(",", ":")
    )
    link = turn(f"{path}?{urlencode(fields)}", 1, "jpaas", of=page.url, headers=referer_of(page.url))
    return [link] if link else []


def gkmlpt(page: Fetched) -> list[Link]:
    """Guangdong: `/gkmlpt/api/all/<column>?page=n&sid=SID`, a hundred rows a page."""
    api = re.search(r"^(.*/gkmlpt)/api/all/(\d+)$", urlsplit(page.url).path)
    if api:
        query = dict(parse_qsl(urlsplit(page.url).query))
        rows, total = count_rows(page.source), read_total(page.source)
        # The first answer shows how many rows make a page; the last one is short and would not.
        pages = -(-total // rows) if rows and total and query.get("page", "1") == "1" else 0
        urls = [(n, f"{api[0]}?{urlencode({**query, 'page': str(n)})}") for n in range(2, min(pages, MAX_PAGES) + 1)]
        return [
            link
            for n, url in urls
            if (link := turn(url, n, "the gkmlpt list", of=page.url, headers=referer_of(page.via)))
        ]
    home = re.search(r"^(.*/gkmlpt)/", urlsplit(page.url).path)
    site = re.search(r"\bSID[\"']?\s*[:=]\s*[\"']?(\w+)", page.source)
    if not home or not site:
        return []
    column = re.search(r"^(\d+)$", urlsplit(page.url).fragment) or _gkmlpt_column(page.source)
    number = column[1] if column else "0"
    link = turn(
        f"{home[1]}/api/all/{number}?page=1&sid={site[1]}",
        1,
        "the gkmlpt list",
        of=page.url,
        headers=referer_of(page.url),
    )
    return [link] if link else []


def _gkmlpt_column(source: str) -> re.Match[str] | None:
    """The number of the column whose name says annual report, in the tree that the page carries."""
    name = r"[\"']name[\"']\s*:\s*[\"'][^\"']{0,20}(?:年报|年度报告)[^\"']{0,10}[\"']"
    return re.search(rf"[\"']id[\"']\s*:\s*[\"']?(\d+)[\"']?\s*,[^{{}}]{{0,200}}?{name}", source) or re.search(
        rf"{name}[^{{}}]{{0,200}}?[\"']id[\"']\s*:\s*[\"']?(\d+)", source
    )


def ucap_json(page: Fetched) -> list[Link]:
    """UCAP: `/common/search/<channel>?…&page=n` (also /search/ and /searchList/), as the page names it."""
    here = urlsplit(page.url)
    pattern = r"/(?:common/search|searchList|search)/([0-9A-Za-z]{8,40})"
    if re.search(pattern + r"$", here.path):
        query = dict(parse_qsl(here.query, keep_blank_values=True))
        number = read_number(query.get("page"), 1)
        rows, total = count_rows(page.source), read_total(page.source)
        size = page_size(rows, read_number(query.get("_pageSize"), rows or 1), number, total)
        if not rows or (total is not None and number * size >= total) or number >= MAX_PAGES:
            return []
        query["_pageSize"] = str(size)
        link = turn(
            f"{here.path}?{urlencode({**query, 'page': str(number + 1)})}",
            number,
            "the UCAP search",
            of=page.url,
            headers=referer_of(page.via),
        )
        return [link] if link else []
    source = unescape(page.source)
    found = re.search(rf"[\"']([^\"'\s]*{pattern})(\?[^\"'\s]*)?[\"']", source)
    if found:
        path, query = found[1], dict(parse_qsl((found[3] or "").lstrip("?"), keep_blank_values=True))
    else:
        # /common/search/ + channelId, joined by a script.
        stem = re.search(r"[\"']([^\"'\s]*/(?:common/search|searchList|search)/)[\"']\s*\+", source)
        channel = read_field(source, "channelId") or read_field(source, "channelid")
        if not stem or not channel:
            return []
        path, query = stem[1] + channel, {}
    query = {"_isAgg": "true", "_isJson": "true", "_pageSize": "50", "_template": "index", **query, "page": "1"}
    link = turn(f"{path}?{urlencode(query)}", 1, "the UCAP search", of=page.url, headers=referer_of(page.url))
    return [link] if link else []


def truecms(page: Fetched) -> list[Link]:
    """TrueCMS: `getMessage.do` with a window of rows; the server cuts perpage at 10, 20 or 50."""
    here = urlsplit(page.url)
    if here.path.lower().endswith("/messagecontroller/getmessage.do"):
        query = dict(parse_qsl(here.query, keep_blank_values=True))
        start, came, total = read_number(query.get("startrecord"), 1), count_rows(page.source), read_total(page.source)
        after = start + came
        if not came or (total is not None and after > total) or after > MAX_PAGES * 20:
            return []
        query |= {"startrecord": str(after), "endrecord": str(after + 19), "perpage": "20"}
        link = turn(
            f"{here.path}?{urlencode(query)}", 1 + after // 20, "getMessage", of=page.url, headers=referer_of(page.via)
        )
        return [link] if link else []
    source = unescape(page.source)
    found = re.search(r"[\"']([^\"'\s]*/messageController/getMessage\.do)", source, re.IGNORECASE)
    column = read_field(source, "columnId")
    if not found or not column:
        return []
    query = {"startrecord": "1", "endrecord": "20", "perpage": "20", "columnId": column}
    template = read_field(source, "contentTemplate")
    if template:
        query["contentTemplate"] = template
    link = turn(f"{found[1]}?{urlencode(query)}", 1, "getMessage", of=page.url, headers=referer_of(page.url))
    return [link] if link else []
