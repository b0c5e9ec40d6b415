"""Every way in which a page of a portal leads on.

Besides `<a href>`: image maps, drop-down lists of organs, `onclick`, frames, refreshes, scripts that
only set `location`, list rows in CDATA inside a script (Hanweb), rows written by `document.write`,
and rows that are objects in a script (`{"title": …, "url": …}`). All of them end up as `Anchor`s,
in the order of the page; what they are worth is somebody else's business.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from urllib.parse import urlencode, urljoin

from lxml import html

from .page import Fetched, parse
from .words import squeeze, words

MAX_ANCHORS = 6000  # what Heritrix takes from one page, too

_CDATA_RE = re.compile(r"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
_SCRIPT_RE = re.compile(r"<script\b[^>]*>(.*?)</script\s*>", re.DOTALL | re.IGNORECASE)
_OBJECT_RE = re.compile(r"\{[^{}]{1,4000}\}")
_FIELD_RE = re.compile(r"""["']?([A-Za-z_]\w{0,30})["']?\s*:\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""")
_OPENED_RE = re.compile(
    r"""(?:window\.open|location(?:\.href)?\s*=|location\.(?:replace|assign)|goto\w*|open\w*|jump\w*)\s*\(?\s*(["'])([^"'\s]{2,400})\1""",
    re.IGNORECASE,
)
_LOCATION_RE = re.compile(
    r"""(?:(?:window|self|top|parent|document)\s*\.\s*)?location(?:\s*\.\s*href)?\s*(?:=|\.\s*(?:replace|assign)\s*\()\s*(["'])([^"']{1,400})\1"""
)
# function view(id) { window.open("/detail.jsp?id=" + id); }
_FUNCTION_RE = re.compile(r"function\s+(\w{1,40})\s*\(\s*(\w{1,30})\s*\)\s*\{([^}]{1,400})")
_CALLED_RE = re.compile(r"""\b(\w{1,40})\(\s*["']?([\w-]{1,64})["']?\s*\)""")
_LOADED_RE = re.compile(r"""\.load\(\s*["']([^"'\s<>]{2,300})["']""")
_REFRESH_RE = re.compile(r"""url\s*=\s*['"]?([^'"\s>]+)""", re.IGNORECASE)
TITLE_KEYS = (
    "title",
    "realtitle",
    "infotitle",
    "name",
    "text",
    "bt",
    "doctitle",
    "articletitle",
    "label",
    "shorttitle",
    "channelname",
)
URL_KEYS = (
    "url",
    "infourl",
    "post_url",
    "link",
    "href",
    "staticurl",
    "puburl",
    "docpuburl",
    "linkurl",
    "visiturl",
    "path",
)
_BESIDE_RE = re.compile(r"\s*(?:上|下|前|后)一?[篇条]\W*")
# Where templates keep an address that a script opens on a click.
_DATA_HREFS = ("data-href", "data-url", "data-link", "data-src", "data-path", "_href", "url", "link")
_ADDRESS_RE = re.compile(r"(?:https?:)?/[^\s'\"<>{}$]*|\.{1,2}/[^\s'\"<>{}$]+|[\w%-][\w%/.-]*\.(?:s?html?|jsp|php|aspx?|jhtml)(?:\?[^\s'\"<>{}$]*)?|[\w%-][\w%/-]*/", re.IGNORECASE)
_NO_FRAME_RE = re.compile(
    r"visitcount|login|tree\.jsp|share|footer|header|counter|tongji|cnzz|baidu|weather", re.IGNORECASE
)
_TRUNCATED_RE = re.compile(r"(?:\.{2,}|…+|\.\.\.)\s*(?:\(|（)?\s*$")
_CHROME_RE = re.compile(
    r"(?:^|[\s_-])(?:nav|menu|head|header|top|topbar|foot|footer|bottom|banner|friendlink|yqlj|links?|share|crumbs?|breadcrumb|position|location|bread)(?:$|[\s_\d-])",
    re.IGNORECASE,
)

_PICTURE_RE = re.compile(r"\d{6,}[^/]*\.(?:jpe?g|png|gif|bmp|webp)(?:\?|$)|^data:image/|/(?:upload|files?|__local|group\d)", re.IGNORECASE)
_ICON_RE = re.compile(r"icon|logo|qr|ewm|erweima|share|print|button|btn|bg_|dzjg|gongan|beian|red\.png", re.IGNORECASE)

# A page with less text than this is a shell around something else.
SHELL_TEXT = 200


@dataclass(frozen=True)
class Anchor:
    """One way on: `href` as written, the words it shows, and what stands around it.

    `context` holds the words of its table row and column, or list row, where the anchor itself
    shows only 查看 or a bare year. `chrome` marks navigation and footers. `kind` is how it was
    written: a, area, option, onclick, frame, refresh, script, fragment, object.
    """

    href: str
    text: str
    context: str = ""
    chrome: bool = False
    kind: str = "a"
    rel: str = ""
    beside: bool = False


def anchors(page: Fetched) -> list[Anchor]:
    """Return every way on, in the order of the page, at most `MAX_ANCHORS`."""
    if "_anchors" not in page.__dict__:  # every style of paging asks again
        page.__dict__["_anchors"] = _read_anchors(page)
    known: list[Anchor] = page.__dict__["_anchors"]
    return known


def _read_anchors(page: Fetched) -> list[Anchor]:
    found: list[Anchor] = []
    if page.tree is not None and not page.is_data:
        found.extend(_tree_anchors(page.tree))
        found.extend(_called(page.tree, page.source))
    found.extend(_fragments(page.source))
    found.extend(_objects(page.source) if "{" in page.source else ())
    return found[:MAX_ANCHORS]


def fragment_anchors(source: str) -> list[Anchor]:
    """Return the anchors of a piece of HTML, as data answers carry them."""
    tree = parse(f"<div>{source}</div>")
    return [] if tree is None else [anchor for anchor in _tree_anchors(tree) if anchor.kind in ("a", "onclick")]


def base_url(page: Fetched) -> str:
    """Return what relative addresses on the page are relative to: `<base href>`, or its own."""
    if page.tree is not None:
        for href in page.tree.xpath("//head/base/@href"):
            if href.strip().startswith(("http://", "https://", "/")):
                return urljoin(page.url, str(href).strip())
    return page.url


def forwards(page: Fetched) -> list[Anchor]:
    """Return where a page that is only a shell sends its reader: refresh, script, frames.

    A refresh counts on any page; a script or an inner frame only where there is hardly any text,
    because ordinary pages carry them for counters, searches and telephones.
    """
    if page.tree is None or page.is_data:
        return []
    found = []
    for content in page.tree.xpath("//meta[translate(@http-equiv, 'REFSH', 'refsh')='refresh']/@content"):
        target = _REFRESH_RE.search(content)
        if target:
            found.append(Anchor(unescape(target[1]), "", kind="refresh"))
    for frame in page.tree.xpath("//frame/@src"):
        if not _NO_FRAME_RE.search(frame):
            found.append(Anchor(frame, "", kind="frame"))
    if len(page.text) < SHELL_TEXT:
        begun = (unescape(script) for script in page.tree.xpath("//body/@onload"))
        for script in (*_SCRIPT_RE.findall(page.source), *begun):
            found.extend(Anchor(target[2], "", kind="script") for target in _LOCATION_RE.finditer(script))
    if len(page.text) < SHELL_TEXT or not any(True for _ in _rows(page.tree)):
        for frame in page.tree.xpath("//iframe/@src"):
            if frame.strip() and not _NO_FRAME_RE.search(frame):
                found.append(Anchor(frame, "", kind="frame"))
        found.extend(_loaded(page.source))
    return found


def pictures(page: Fetched) -> int:
    """Return how many pictures the text of a page holds, as far as their names tell: not icons, logos and codes.

    Where a report has no table, one of them may be its table.
    """
    if page.tree is None:
        return 0
    chrome = _chrome_elements(page.tree)
    found = {
        image.get("src", "")
        for image in page.tree.iter("img")
        if image.getparent() is not None and image.getparent().tag in ("p", "div", "span", "td", "center", "section") and not _in_chrome(image, chrome)
    }
    return sum(1 for source in found if _PICTURE_RE.search(source) and not _ICON_RE.search(source))


def frames(page: Fetched) -> list[Anchor]:
    """Return the inner frames of a page that may hold its list: not counters, logins or trees."""
    if page.tree is None:
        return []
    return [
        Anchor(src, "", kind="frame")
        for src in page.tree.xpath("//iframe/@src | //frame/@src")
        if src.strip() and not _NO_FRAME_RE.search(src)
    ]


def _rows(tree: html.HtmlElement) -> Iterator[html.HtmlElement]:
    """List rows: anchors in li, td or dd with a real address."""
    for anchor in tree.xpath("//li//a[@href] | //td//a[@href] | //dd//a[@href]"):
        if (
            not anchor.get("href", "").strip().lower().startswith(("javascript", "#"))
            and len(squeeze(anchor.text_content())) > 6
        ):
            yield anchor


def _tree_anchors(tree: html.HtmlElement) -> Iterator[Anchor]:
    chrome = _chrome_elements(tree)
    yield from _selectors(tree, chrome)
    for element in tree.iter("a", "area", "option", "link", "li", "td", "tr", "span", "div"):
        tag = element.tag
        href = element.get("href") or ""
        if (
            tag in ("a", "area")
            and href.strip()
            and not href.strip().lower().startswith("javascript:")
            and href.strip() != "#"
        ):
            text = anchor_text(element)
            yield Anchor(
                href,
                text,
                _context(element, text),
                _in_chrome(element, chrome),
                tag,
                (element.get("rel") or "").lower(),
            )
        elif tag == "link" and "next" in (element.get("rel") or "").lower() and href:
            yield Anchor(href, "", kind="link", rel="next")
        elif tag == "option":
            value = (element.get("value") or "").strip()
            if re.match(r"^(?:https?://|/|\?|\.{1,2}/|\w[\w/-]*\.s?html?$)", value) and len(value) > 1:
                yield Anchor(value, squeeze(element.text_content()), chrome=_in_chrome(element, chrome), kind="option")
        kept = next((value for name in _DATA_HREFS if (value := (element.get(name) or "").strip())), "")
        bare = tag not in ("a", "area") or href.strip() in ("", "#") or href.strip().lower().startswith("javascript:")
        if kept and tag not in ("option", "link") and bare and _ADDRESS_RE.fullmatch(kept):
            text = anchor_text(element)
            if len(text) <= 120:
                yield Anchor(kept, text, _context(element, text), _in_chrome(element, chrome), "onclick")
        script = element.get("onclick") or (href if href.strip().lower().startswith("javascript:") else "")
        if script:
            target = _OPENED_RE.search(unescape(script))
            if target:
                text = anchor_text(element)
                if len(text) <= 120:
                    yield Anchor(target[2], text, _context(element, text), _in_chrome(element, chrome), "onclick")


def _called(tree: html.HtmlElement, source: str) -> Iterator[Anchor]:
    """Links that call a function of the page with a number, where the function puts that number into an address."""
    written = {}
    for name, argument, body in _FUNCTION_RE.findall(source)[:60]:
        made = re.search(rf"""["']([^"'\s<>]{{2,300}})["']\s*\+\s*{argument}\b(?:\s*\+\s*["']([^"'\s<>]{{0,100}})["'])?\s*[;,)]""", body)
        if made and re.search(r"location|open\s*\(|href", body):
            written[name] = made[1], made[2] or ""
    if not written:
        return
    chrome = _chrome_elements(tree)
    for element in tree.iter("a", "li", "td", "tr", "span", "div"):
        called = _CALLED_RE.search(unescape(element.get("onclick") or element.get("href") or ""))
        if called and called[1] in written and called[2] != "this":
            before, after = written[called[1]]
            text = anchor_text(element)
            if len(text) <= 120:
                yield Anchor(f"{before}{called[2]}{after}", text, _context(element, text), _in_chrome(element, chrome), "onclick")


def _loaded(source: str) -> list[Anchor]:
    """Pieces of pages that a script puts in: $("#list").load("list.html")."""
    pieces = [unescape(target).split(" ")[0] for script in _SCRIPT_RE.findall(source) for target in _LOADED_RE.findall(script)]
    return [Anchor(piece, "", kind="frame") for piece in dict.fromkeys(pieces) if not _NO_FRAME_RE.search(piece)][:3]


def _selectors(tree: html.HtmlElement, chrome: set[html.HtmlElement]) -> Iterator[Anchor]:
    """What a form asks that has nothing to fill in but a choice (of a year, of an organ), for each choice."""
    for form in tree.iter("form"):
        action = (form.get("action") or "").strip()
        if (form.get("method") or "get").strip().lower() != "get" or action.lower().startswith("javascript"):
            continue
        fields = [field for field in form.iter("input", "select") if field.get("name")]
        if any(field.tag == "input" and (field.get("type") or "text").lower() in ("text", "search", "password") for field in fields):
            continue
        kept = [(field.get("name"), field.get("value") or "") for field in fields if field.tag == "input" and (field.get("type") or "").lower() == "hidden"]
        for select in (field for field in fields if field.tag == "select"):
            for option in select.iter("option"):
                text = squeeze(option.text_content())
                value = option.get("value") if option.get("value") is not None else text
                if value and len(text) >= 2:
                    question = urlencode([*kept, (select.get("name"), value.strip())])
                    yield Anchor(f"{action.split('?')[0]}?{question}", text, chrome=_in_chrome(form, chrome), kind="option")


def _is_beside(element: html.HtmlElement, text: str) -> bool:
    before = element.getprevious()
    said = (
        before.tail if before is not None else element.getparent().text if element.getparent() is not None else ""
    ) or ""
    return bool(_BESIDE_RE.search(said[-12:]) or _BESIDE_RE.match(text))


def anchor_text(element: html.HtmlElement) -> str:
    """Return the words of a link: its `title` where the text is cut short or missing, else the text, else the picture's."""
    text = " ".join(element.text_content().split())
    title = " ".join((element.get("title") or "").split())
    if title and (
        not text
        or _TRUNCATED_RE.search(text)
        or (len(title) > len(text) and title.startswith(text[:6]) and len(text) >= 6)
    ):
        return title
    if text:
        return text
    return " ".join(" ".join(element.xpath(".//img/@alt | .//img/@title")).split())


def _context(element: html.HtmlElement, text: str) -> str:
    """The words around an anchor that says too little: head of its table column, first cell of its row, rest of its list row."""
    bare = squeeze(text)
    if not (bare in words()["generic"]["open"] or re.fullmatch(r"(?:20\d{2}年?度?)?", bare) or len(bare) <= 2):
        return ""
    cell = next(element.iterancestors("td", "th"), None)
    if cell is not None:
        row = cell.getparent()
        table = next(element.iterancestors("table"), None)
        if row is None or table is None:
            return ""
        first = row[0] if len(row) and row[0] is not cell else None
        at = list(row).index(cell)
        heads = table.xpath("(.//tr)[1]/*")
        head = heads[at] if len(heads) == len(row) and heads[at] is not cell else None
        return " ".join(" ".join(part.text_content().split())[:60] for part in (first, head) if part is not None)
    item = next(element.iterancestors("li", "dd", "p"), None)
    if item is None:
        return ""
    around = " ".join(item.text_content().split())
    return around if len(around) <= 80 else ""


def _chrome_elements(tree: html.HtmlElement) -> set[html.HtmlElement]:
    return {
        element
        for element in tree.iter("div", "ul", "nav", "header", "footer", "table", "section", "p")
        if element.tag in ("nav", "header", "footer")
        or _CHROME_RE.search(f"{element.get('class') or ''} {element.get('id') or ''}")
    }


def _in_chrome(element: html.HtmlElement, chrome: set[html.HtmlElement]) -> bool:
    return bool(chrome) and any(ancestor in chrome for ancestor in element.iterancestors())


def _fragments(source: str) -> Iterator[Anchor]:
    """Rows in CDATA, and rows that a script writes."""
    pieces = [piece for piece in _CDATA_RE.findall(source) if "href" in piece.lower()] if "CDATA" in source else []
    written = []
    for script in _SCRIPT_RE.findall(source):
        if "<a" in script and "CDATA" not in script and "href" in script:
            written.append(script.replace('\\"', '"').replace("\\'", "'").replace("\\/", "/"))
    for piece in (*pieces, *written):
        for anchor in fragment_anchors(piece):
            # A template's placeholder is no address: '+item.url+', ${url}, {{url}}.
            if not re.search(r"['\"+{}$]|\bundefined\b", anchor.href):
                yield Anchor(anchor.href, anchor.text, anchor.context, kind="fragment")


def read_row(fields: dict[str, str]) -> tuple[str, str]:
    """Return title and address of a row, "" where it has none: by the usual names, else by names that end like them.

    >>> read_row({"nbtitle": "2020年年报", "nburl": "/nb/2020.html", "id": "7"})
    ('2020年年报', '/nb/2020.html')
    """
    found = []
    for keys, ends in ((TITLE_KEYS, ("title", "name")), (URL_KEYS, ("url", "link", "href"))):
        key = next((key for key in keys if fields.get(key)), None)
        key = key or next((key for key in fields if key.endswith(ends) and fields[key]), None)
        found.append(fields[key] if key else "")
    return found[0], found[1]


def _objects(source: str) -> Iterator[Anchor]:
    """Rows that are objects in a script, innermost ones only."""
    for script in _SCRIPT_RE.findall(source):
        if "title" not in script.lower() and "name" not in script.lower():
            continue
        for body in _OBJECT_RE.findall(script):
            fields = {name.lower(): _string(value) for name, value in _FIELD_RE.findall(body)}
            title, url = read_row(fields)
            if title and re.match(r"^(?:https?:|\.{0,2}/|[\w-]+/|[\w-]+\.(?:s?html?|jsp|php|aspx?))", url):
                yield Anchor(url, re.sub(r"<[^>]+>", "", title), kind="object")


def _string(literal: str) -> str:
    if literal.startswith('"'):
        try:
            value = json.loads(literal, strict=False)
            return value if isinstance(value, str) else ""
        except ValueError:
            pass
    return literal[1:-1].replace("\\/", "/").replace("\\'", "'")
