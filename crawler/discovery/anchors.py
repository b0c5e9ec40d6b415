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
from urllib.parse import urljoin

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
_DATA_HREFS = ("data-href", "data-url", "data-link", "_href", "url", "link")
_NO_FRAME_RE = re.compile(
    r"visitcount|login|tree\.jsp|share|footer|header|counter|tongji|cnzz|baidu|weather", re.IGNORECASE
)
_TRUNCATED_RE = re.compile(r"(?:\.{2,}|…+|\.\.\.)\s*(?:\(|（)?\s*$")
_CHROME_RE = re.compile(
    r"(?:^|[\s_-])(?:nav|menu|head|header|top|topbar|foot|footer|bottom|banner|friendlink|yqlj|links?|share|crumbs?|breadcrumb|position|location|bread)(?:$|[\s_\d-])",
    re.IGNORECASE,
)

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
        for script in _SCRIPT_RE.findall(page.source):
            found.extend(Anchor(target[2], "", kind="script") for target in _LOCATION_RE.finditer(script))
    if len(page.text) < SHELL_TEXT or not any(True for _ in _rows(page.tree)):
        for frame in page.tree.xpath("//iframe/@src"):
            if frame.strip() and not _NO_FRAME_RE.search(frame):
                found.append(Anchor(frame, "", kind="frame"))
    return found


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
        script = element.get("onclick") or (href if href.strip().lower().startswith("javascript:") else "")
        if script:
            target = _OPENED_RE.search(unescape(script))
            if target:
                text = anchor_text(element)
                if len(text) <= 120:
                    yield Anchor(target[2], text, _context(element, text), _in_chrome(element, chrome), "onclick")


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


def _objects(source: str) -> Iterator[Anchor]:
    """Rows that are objects in a script, innermost ones only."""
    for script in _SCRIPT_RE.findall(source):
        if "title" not in script.lower() and "name" not in script.lower():
            continue
        for body in _OBJECT_RE.findall(script):
            fields = {name.lower(): _string(value) for name, value in _FIELD_RE.findall(body)}
            url = next((fields[key] for key in URL_KEYS if fields.get(key)), "")
            title = next((fields[key] for key in TITLE_KEYS if fields.get(key)), "")
            if title and re.match(r"^(?:https?:|\.{0,2}/|[\w-]+/|[\w-]+\.s?html?)", url):
                yield Anchor(url, re.sub(r"<[^>]+>", "", title), kind="object")


def _string(literal: str) -> str:
    if literal.startswith('"'):
        try:
            value = json.loads(literal, strict=False)
            return value if isinstance(value, str) else ""
        except ValueError:
            pass
    return literal[1:-1].replace("\\/", "/").replace("\\'", "'")
