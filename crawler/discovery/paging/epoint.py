"""Epoint 新点: a JSON body to `getgovinfolist`, where site, organ and category stand in the page or its address.

On many portals the site's number is declared once, in a script that all pages load; it is fetched once, and
what the list page said waits in `Link.carried`.
"""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

from ..answers import count_rows, read_total
from ..link import Link
from ..page import Fetched
from .proxies import ROWS, page_size, read_field, referer_of
from .turns import LIST_SCORE, MAX_PAGES, turn

_REST_RE = re.compile(r"[\"']([^\"'\s]*/rest/lightfrontaction/getgovinfolist)[\"']", re.IGNORECASE)
_SCRIPT_RE = re.compile(r"<script[^>]+src\s*=\s*[\"']([^\"']*webBuilderCommon[\w.-]*\.js[^\"']*)[\"']", re.IGNORECASE)


def epoint(page: Fetched) -> list[Link]:
    """The first page of rows from a list page, the next one from an answer, or the script that names the site."""
    path = urlsplit(page.url).path
    if path.lower().endswith("/getgovinfolist"):
        return _after(page)
    if page.is_script:
        return _from_script(page)
    source = unescape(page.source)
    found = _REST_RE.search(source)
    query = dict(parse_qsl(urlsplit(page.url).query))
    category = query.get("categorynum") or read_field(source, "categorynum")
    if not found or not category:
        return []
    said = {
        "rest": urljoin(page.url, found[1]),
        "categorynum": category,
        "deptcode": query.get("deptcode") or read_field(source, "deptcode") or "",
        "first": 1 if read_field(source, "pageIndex") == "1" else 0,
        "wrapped": bool(re.search(r"[\"']?params[\"']?\s*[:=]\s*(?:JSON\.stringify|\{)", source)),
    }
    site = read_field(source, "siteGuid") or read_field(page.beside, "siteGuid")
    if site:
        return _first(said, site, page.url)
    script = _SCRIPT_RE.search(page.source)
    if not script:
        return []
    # Not by `turn`: scripts are no pages, and are asked for nowhere else.
    return [
        Link(
            urljoin(page.url, unescape(script[1])),
            "list",
            LIST_SCORE,
            "page 1, by the script that names the site",
            headers=referer_of(page.url),
            turn=1,
            carried=json.dumps(said).encode(),
        )
    ]


def _from_script(page: Fetched) -> list[Link]:
    site = read_field(page.source, "siteGuid")
    try:
        said = json.loads(page.form or b"{}")
    except ValueError:
        return []
    return _first(said, site, page.via or page.url) if site and said.get("rest") else []


def _first(said: dict[str, Any], site: str, referer: str) -> list[Link]:
    asked = {"siteGuid": site, "categorynum": said["categorynum"], "deptcode": said["deptcode"], "pageIndex": said["first"], "pageSize": ROWS}
    # Some servers want the question wrapped; which ones, the page does not always show.
    other = _ask(said["rest"], asked, not said["wrapped"], of=referer, referer=referer)
    link = _ask(said["rest"], asked, said["wrapped"], of=referer, referer=referer, instead=other)
    return [link] if link else []


def _after(page: Fetched) -> list[Link]:
    try:
        sent = json.loads(page.form or b"{}")
        wrapped = "params" in sent
        asked = sent["params"] if wrapped else sent
        number, size = int(asked.get("pageIndex", 0)), int(asked.get("pageSize", ROWS))
    except (ValueError, TypeError, AttributeError, OverflowError):
        return []
    rows, total = count_rows(page.source), read_total(page.source)
    size = page_size(rows, size, number, total) if size == ROWS else size
    # Some count from 0 and some from 1; one empty answer too many is better than a page too few.
    ended = rows < size or (total is not None and (rows >= total or number * size >= total))
    if not rows or ended or number >= MAX_PAGES:
        return []
    following = {**asked, "pageIndex": number + 1, "pageSize": size}
    link = _ask(page.url, following, wrapped, of=page.url, referer=page.via)
    return [link] if link else []


def _ask(
    url: str, asked: dict[str, Any], wrapped: bool, *, of: str, referer: str, instead: Link | None = None
) -> Link | None:
    body = json.dumps({"params": asked} if wrapped else asked, ensure_ascii=False).encode()
    headers = (*referer_of(referer), ("Content-Type", "application/json;charset=utf-8"))
    number = int(asked["pageIndex"]) + 1
    return turn(url, number, "getgovinfolist", of=of, method="POST", body=body, headers=headers, instead=instead)
