"""A copy of an archived page to read beside its figures: nothing in it runs, nothing is fetched, places are marked.

The page is opened by the reader's own door, so that table, row and column numbers are those by which a cell says
where it stands; the element there gets an id, and `copy.html#place` shows it, without a script. Scripts, forms,
frames, outside pictures and addresses are taken out. The bytes as served stay in the archive, untouched.
"""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from lxml.html import HtmlElement, defs, tostring
from lxml_html_clean import Cleaner

from parsers.document import Document, open_document
from parsers.model import Page

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'"
_STYLE = """
:root{color-scheme:light;scroll-padding:40vh 6rem}
body{overflow-wrap:break-word}
[id^=gk-]:target{background:#ffe28a!important;color:#111!important;outline:3px solid #b45309!important;outline-offset:1px}
[id^=gk-]:target *{background:transparent!important;color:#111!important}
.gk-lines{font:15px/1.7 system-ui,"Noto Sans CJK SC","PingFang SC","Microsoft YaHei",sans-serif;margin:1rem}
.gk-lines p{margin:0;padding:.1rem .4rem .1rem 3.6rem;position:relative;white-space:pre-wrap;min-height:1.7em}
.gk-lines p::before{content:attr(data-line);position:absolute;left:0;width:2.8rem;text-align:right;color:#767676;font-size:12px;font-variant-numeric:tabular-nums}
.gk-picture{display:inline-block;border:1px dashed #999;padding:.1em .5em;color:#555;font-size:.85em}
"""
_KEPT = (defs.safe_attrs | {"style", "id", "class"}) - {
    "href", "src", "action", "background", "cite", "longdesc", "usemap", "name", "target", "ping", "accesskey", "tabindex",
}  # fmt: skip
# No report comes near it, and cleaning more would take longer than anybody waits.
_MOST_NODES = 200_000
_KILLED = ("noscript", "template", "svg", "math", "title", "audio", "video", "canvas")
_SLUG_RE = re.compile(r"[^0-9A-Za-z]+")
# Nothing outside can be fetched under the policy; taking addresses out as well keeps the copy honest on its own.
_CSS_FETCH_RE = re.compile(r"@import[^;]*;?|url\s*\([^)]*\)|expression\s*\(|-moz-binding|behavior\s*:", re.I)


@dataclass(frozen=True, slots=True)
class Copy:
    """A page to be written, and the ids of the places in it: `at` of a cell to the id of its element."""

    page: str
    places: dict[str, str]


def make_copy(body: bytes, media_type: str, url: str, wanted: Collection[str], charset: str | None = None) -> Copy | None:
    """Copy a page, marking the places in `wanted`; None when it is no text, or nothing that can be opened."""
    if not (media_type.startswith("text/") or media_type in ("application/xhtml+xml", "application/xml")):
        return None
    document = open_document(Page(body, url, media_type, charset))
    if document.refused:
        return None
    if document.tree is None:
        return _copy_text(document, wanted)
    if sum(1 for _ in document.tree.iter()) > _MOST_NODES:
        return None
    places = _mark_lines(document, wanted) | _mark_cells(document, wanted)
    _put_tables_back(document)
    return Copy(_frame(*_clean(document.tree), document.title_tag or ""), places)


def place_id(at: str) -> str:
    """The id of a place.

    >>> place_id("table[6]/r27c10")
    'gk-table-6-r27c10'
    """
    return "gk-" + _SLUG_RE.sub("-", at).strip("-")


def _copy_text(document: Document, wanted: Collection[str]) -> Copy:
    places, lines = {}, []
    for number, text in enumerate(document.raw_lines, 1):
        at = f"line[{number}]"
        mark = ""
        if at in wanted:
            places[at] = place_id(at)
            mark = f' id="{places[at]}"'
        lines.append(f'<p{mark} data-line="{number}">{html.escape(text)}</p>')
    body = f'<div class="gk-lines">{"".join(lines)}</div>'
    return Copy(_frame("", f"<body>{body}</body>", ""), places)


def _mark_cells(document: Document, wanted: Collection[str]) -> dict[str, str]:
    places = {}
    for number, grid in document.grids:
        # The reader lays rows and cells out in the order of the source, and leaves none out but at the end.
        for row, (node, cells) in enumerate(zip(_rows(grid.node), grid.rows, strict=False), 1):
            boxes = (box for box in node if box.tag in ("td", "th"))
            for box, cell in zip(boxes, cells, strict=False):
                at = f"table[{number}]/r{row}c{cell.x0 + 1}"
                if at in wanted:
                    places[at] = place_id(at)
                    box.set("id", places[at])
    return places


def _rows(table: HtmlElement) -> Iterator[HtmlElement]:
    """The rows of a table, not those of tables in its cells."""
    for child in table:
        if child.tag == "tr":
            yield child
        elif child.tag in ("thead", "tbody", "tfoot"):
            yield from (row for row in child if row.tag == "tr")


def _mark_lines(document: Document, wanted: Collection[str]) -> dict[str, str]:
    """Blocks of prose and of typed tables. Several lines of one block share its place, and its mark."""
    places = {}
    for line in document.lines:
        if line.at in wanted and line.node is not None and line.table is None:
            places[line.at] = place_id(line.at)
            line.node.set("id", places[line.at])
    return places


def _put_tables_back(document: Document) -> None:
    """Put the statutory tables where the reader took them out and left a line with their number."""
    stand_ins: dict[int, HtmlElement] = {}
    for line in document.lines:
        if line.table is not None and line.node is not None:
            parent = line.node.getparent()
            if parent is not None:
                stand_ins.setdefault(line.table, parent)
    for index, (_, grid) in enumerate(document.grids, 1):
        stand_in = stand_ins.get(index)
        above = stand_in.getparent() if stand_in is not None else None
        if stand_in is not None and above is not None:
            grid.node.tail = stand_in.tail
            above.replace(stand_in, grid.node)


def _clean(tree: HtmlElement) -> tuple[str, str]:
    """The page's own styles, and its body, with nothing left that runs or is fetched."""
    for picture in list(tree.iter("img")):
        # lxml would hand a text behind it to nobody
        picture.tag = "span"
        told = picture.get("alt") or "图片"
        for name in list(picture.attrib):
            del picture.attrib[name]
        picture.set("class", "gk-picture")
        picture.text = told
    for link in tree.iter("a"):
        if link.get("href"):
            link.set("title", str(link.get("href"))[:300])
    Cleaner(
        scripts=True, javascript=True, comments=True, style=False, inline_style=False, links=True, meta=True, page_structure=False,
        processing_instructions=True, embedded=True, frames=True, forms=True, annoying_tags=True, kill_tags=_KILLED,
        safe_attrs_only=True, safe_attrs=_KEPT, remove_unknown_tags=True, host_whitelist=(),
    )(tree)  # fmt: skip
    for node in tree.iter("style"):
        node.text = _CSS_FETCH_RE.sub("", node.text or "")
    for node in tree.iter():
        style = node.get("style") if isinstance(node.tag, str) else None
        if style and _CSS_FETCH_RE.search(style):
            node.set("style", _CSS_FETCH_RE.sub("", style))
    styles = "".join(tostring(node, encoding="unicode", with_tail=False) for node in tree.iter("style"))
    body = tree.find("body")
    return styles, tostring(tree if body is None else body, encoding="unicode", with_tail=False)


def _frame(styles: str, body: str, title: str) -> str:
    # The page's own styles come first, so that the mark of a place has the last word.
    return (
        '<!doctype html>\n<html lang="zh-CN"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="referrer" content="no-referrer"><meta name="viewport" content="width=device-width">'
        f"<title>{html.escape(title) or '存档页面'}</title>{styles}<style>{_STYLE}</style></head>\n{body}\n</html>\n"
    )

