"""Anchors and what stands around them: the words of a link, of its row, and whether it is navigation."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice

from lxml import html

from .words import squeeze, words

_BESIDE_RE = re.compile(r"\s*(?:上|下|前|后)一?[篇条]\W*")
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6", "dt", "strong")
_TRUNCATED_RE = re.compile(r"(?:\.{2,}|…+|\.\.\.)\s*(?:\(|（)?\s*$")
_CHROME_RE = re.compile(
    r"(?:^|[\s_-])(?:nav|menu|head|header|top|topbar|foot|footer|bottom|banner|friendlink|yqlj|links?|share|crumbs?|breadcrumb|position|location|bread)(?:$|[\s_\d-])",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Anchor:
    """One way on: `href` as written, the words it shows, and what stands around it.

    `context` holds the words of its table row and column, or list row, where the anchor itself
    shows only 查看 or a bare year. `chrome` marks navigation and footers. `kind` is how it was
    written: a, area, option, onclick, frame, refresh, script, piece, fragment, object. `heading` stands above a bare year.
    """

    href: str
    text: str
    context: str = ""
    chrome: bool = False
    kind: str = "a"
    rel: str = ""
    beside: bool = False
    heading: str = ""


def is_beside(element: html.HtmlElement, text: str) -> bool:
    """Whether a link is that of the article before or after the one shown: 上一篇, 下一条."""
    before = element.getprevious()
    said = (
        before.tail if before is not None else element.getparent().text if element.getparent() is not None else ""
    ) or ""
    return bool(_BESIDE_RE.search(said[-12:]) or _BESIDE_RE.match(text))


def anchor_text(element: html.HtmlElement) -> str:
    """Return the words of a link: its `title` where the text is cut short or missing, else the text, else the picture's."""
    text = " ".join((element.text_content() if element.tag != "input" else element.get("value") or "").split())
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


def context(element: html.HtmlElement, text: str) -> str:
    """The words around an anchor that says too little: head of its table column, first cell of its row, rest of its list row."""
    bare = squeeze(text).strip("[]【】()（）<>《》")
    if not (bare in words()["generic"]["open"] or re.fullmatch(r"(?:20\d{2}年?度?)?", bare) or len(bare) <= 2):
        return ""
    cell = next(element.iterancestors("td", "th"), None)
    if cell is not None:
        row = cell.getparent()
        table = next(element.iterancestors("table"), None)
        if row is None or table is None:
            return ""
        first = row[0] if len(row) and row[0] is not cell else None
        if first is not None and re.fullmatch(r"\d{0,4}[.、]?", squeeze(first.text_content())):
            # The row's number says nothing, its other cells do.
            others = (" ".join(part.text_content().split()) for part in row[1:] if part is not cell)
            around = " ".join(one for one in others if one)
            return around if len(around) <= 100 else ""
        at = list(row).index(cell)
        heads = table.xpath("(.//tr)[1]/*")
        head = heads[at] if len(heads) == len(row) and heads[at] is not cell else None
        return " ".join(" ".join(part.text_content().split())[:60] for part in (first, head) if part is not None)
    item = next(element.iterancestors("li", "dd", "p"), None)
    if item is None:  # a row of no list, which holds this link alone
        boxes = islice(element.iterancestors("div"), 2)
        item = next((box for box in boxes if len(list(islice(box.iter("a"), 2))) == 1 and len(box.text_content().strip()) > len(bare) + 6), None)
        if item is None:
            return ""
    around = " ".join(item.text_content().split())
    return around if len(around) <= 80 else ""


def heading(element: html.HtmlElement) -> str:
    """The words of a heading that may say what bare years below it are the years of; "" when they are too many."""
    said = " ".join(element.text_content().split())
    return said if len(said) <= 30 else ""


def chrome_elements(tree: html.HtmlElement) -> set[html.HtmlElement]:
    return {
        element
        for element in tree.iter("div", "ul", "nav", "header", "footer", "table", "section", "p")
        if element.tag in ("nav", "header", "footer")
        or _CHROME_RE.search(f"{element.get('class') or ''} {element.get('id') or ''}")
    }


def in_chrome(element: html.HtmlElement, chrome: set[html.HtmlElement]) -> bool:
    return bool(chrome) and any(ancestor in chrome for ancestor in element.iterancestors())
