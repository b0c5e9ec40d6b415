"""Lists that a page's script asks for from an address of the portal's own making: `$.post("/api/list", {…, pageNo: 1})`.

Hundreds of small systems do this, each under names of its own. What all of them share is taken: an address of the
portal, fields that stand in the page as they are sent, and one field that counts pages. A call whose fields are
computed (tokens, signatures) is not made, for nobody but the page's script can know them.
"""

from __future__ import annotations

import json
import re
from html import unescape
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from ..anchors import anchors
from ..answers import count_rows, read_answer, read_total
from ..link import Link
from ..page import Fetched
from ..urls import same_page
from .proxies import read_number, referer_of
from .turns import MAX_PAGES, turn

_FORM = ("Content-Type", "application/x-www-form-urlencoded")
_JSON = ("Content-Type", "application/json")
_PAGE_FIELDS = frozenset({"page", "pageno", "pagenum", "pageindex", "curpage", "currpage", "currentpage", "current", "pn", "page_no", "p", "pageid"})
_SIZE_FIELDS = frozenset({"pagesize", "page_size", "size", "limit", "rows", "psize", "perpage", "count"})
_ADDRESS = r"""["']((?:https?:/)?/?[\w./%:-]{3,200}(?:\?[^"'\s<>]{0,300})?)["']"""
_SHORT_RE = re.compile(rf"""\$\s*\.\s*(post|get|getJSON)\s*\(\s*{_ADDRESS}\s*(?:,\s*(\{{[^{{}}]{{0,600}}\}}))?""")
_LONG_RE = re.compile(r"""(?:\$|jQuery|axios|layui\.\$)\s*(?:\.\s*ajax)?\s*\(\s*\{""")
_VERB_RE = re.compile(rf"""axios\s*\.\s*(post|get)\s*\(\s*{_ADDRESS}\s*(?:,\s*(\{{[^{{}}]{{0,600}}\}}))?""")
_FETCH_RE = re.compile(rf"""\bfetch\s*\(\s*{_ADDRESS}""")
_URL_FIELD_RE = re.compile(rf"""\burl["']?\s*:\s*{_ADDRESS}""")
_METHOD_RE = re.compile(r"""\b(?:type|method)["']?\s*:\s*["'](\w+)["']""")
_DATA_RE = re.compile(r"""\b(?:data|params)["']?\s*:\s*(JSON\s*\.\s*stringify\s*\(\s*)?(\{[^{}]{0,600}\})""")
_PAIR_RE = re.compile(r"""["']?(\w{1,40})["']?\s*:\s*(?:"([^"]*)"|'([^']*)'|(-?\d{1,12}|true|false)(?=\s*[,}]))""")
_NAMES_RE = re.compile(r"""[{,]\s*["']?(\w{1,40})["']?\s*:""")
OWN_QUESTION = "the script's own question"
ROW = 6
"""Characters of a name in a navigation; the titles of rows are longer."""
_NOT_A_LIST_RE = re.compile(r"visit|count(?:er)?\b|click|login|captcha|weather|hits|log\b|upload|save|delete|update|vote|comment", re.IGNORECASE)


def call(page: Fetched) -> list[Link]:
    """The first page of rows that a list page's script asks for, or the one after an answer."""
    if page.is_data or (page.is_fragment and page.via and same_page(page.via) != same_page(page.url)):
        return _after(page)
    if page.tree is None or ("ajax" not in page.source and "$." not in page.source and "fetch(" not in page.source and "axios" not in page.source):
        return []
    for method, address, fields, as_json in _calls(unescape(page.source)):
        link = _ask(urljoin(page.url, address), method, fields, as_json, None, page.url)
        if link:
            return [link]
    if any(len(anchor.text) > ROW and not anchor.chrome for anchor in anchors(page)):
        return []
    for method, address, fields, as_json in _calls(unescape(page.source)):
        # A list that is sent whole: nothing counts its pages.
        if fields:
            return [link] if (link := _send(urljoin(page.url, address), method, fields, as_json, 1, page.url)) else []
    return []


def _calls(source: str) -> list[tuple[str, str, dict[str, object], bool]]:
    found = []
    for pattern in (_SHORT_RE, _VERB_RE):
        for match in pattern.finditer(source):
            fields = _fields(match[3] or "{}")
            if fields is not None:
                found.append((match[1].upper(), match[2], fields, pattern is _VERB_RE and match[1] == "post"))
    for match in _LONG_RE.finditer(source):
        text = source[match.end() : match.end() + 1500]
        address, data, method = _URL_FIELD_RE.search(text), _DATA_RE.search(text), _METHOD_RE.search(text)
        fields = _fields(data[2]) if data else {}
        if address and fields is not None:
            as_json = bool(data and data[1]) or "application/json" in text[:700]
            found.append((method[1].upper() if method else "GET", address[1], fields, as_json))
    found += [("GET", match[1], {}, False) for match in _FETCH_RE.finditer(source)]
    return [one for one in found if one[0] in ("GET", "GETJSON", "POST") and not _NOT_A_LIST_RE.search(urlsplit(one[1]).path)]


def _fields(text: str) -> dict[str, object] | None:
    """The fields of a flat object; None when one of them is computed."""
    fields: dict[str, object] = {}
    for name, one, two, bare in _PAIR_RE.findall(text):
        fields[name] = (one or two) if not bare else {"true": True, "false": False}.get(bare) if bare in ("true", "false") else int(bare)
    # The page's own variable counts its pages; any other variable is its secret.
    missing = set(_NAMES_RE.findall(text)) - set(fields)
    counters = [name for name in missing if name.lower() in _PAGE_FIELDS]
    if missing - set(counters):
        return None
    fields.update(dict.fromkeys(counters, 1))
    return fields


def _ask(url: str, method: str, fields: dict[str, object], as_json: bool, number: int | None, referer: str) -> Link | None:
    """The question for a page of rows; `number` is None for the one that the script itself begins with."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    counter = next((name for name in (*fields, *query) if name.lower() in _PAGE_FIELDS), None)
    if counter is None:
        return None
    place: dict[str, object] = fields if counter in fields else dict(query)
    first = place[counter]
    if not str(first).isdigit():
        return None
    if number is not None:
        first = number
    place = {**place, counter: int(str(first)) if isinstance(place[counter], int) else str(first)}
    fields, query = (place, query) if counter in fields else (fields, {name: str(value) for name, value in place.items()})
    return _send(url.split("#")[0].split("?")[0] + (f"?{urlencode(query)}" if query else ""), method, fields, as_json, max(int(str(first)), 1), referer)


def _send(url: str, method: str, fields: dict[str, object], as_json: bool, number: int, referer: str) -> Link | None:
    query = dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
    address = url.split("?")[0].split("#")[0]
    headers = referer_of(referer)
    if method == "POST":
        said = {name: str(value).lower() if isinstance(value, bool) else value for name, value in fields.items()}
        body = json.dumps(fields, ensure_ascii=False).encode() if as_json else urlencode(said).encode()
        headers = (*headers, _JSON if as_json else _FORM)
    else:
        query, body, method = {**query, **{name: str(value) for name, value in fields.items()}}, b"", "GET"
    question = f"?{urlencode(query)}" if query else ""
    return turn(f"{address}{question}", number, OWN_QUESTION, of=referer, method=method, body=body, headers=headers)


def _after(page: Fetched) -> list[Link]:
    rows = count_rows(page.source) or len(read_answer(page)) if page.is_data else len(anchors(page))
    as_json = page.form[:1] == b"{"
    try:
        sent = json.loads(page.form) if as_json else dict(parse_qsl(page.form.decode("utf-8", "replace"), keep_blank_values=True))
    except ValueError:
        return []
    query = dict(parse_qsl(urlsplit(page.url).query, keep_blank_values=True))
    every = {name.lower(): str(value) for name, value in {**query, **sent}.items()}
    counter = next((name for name in every if name in _PAGE_FIELDS), None)
    if counter is None or not rows or not every[counter].isdigit():
        return []
    number = int(every[counter])
    size = next((read_number(every[name], rows) for name in every if name in _SIZE_FIELDS), rows)
    total = read_total(page.source)
    before = number * size if number else size
    if number >= MAX_PAGES or rows < size or (total is not None and before >= total):
        return []
    link = _ask(page.url, "POST" if page.form else "GET", sent, as_json, number + 1, page.via or page.url)
    return [link] if link else []
