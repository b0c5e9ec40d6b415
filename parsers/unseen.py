"""Take out of the cells of a page what its reader does not see, and mark what he sees and does not count.

Runs of a cell are joined without a space, since Word cuts a figure into one `<span>` a digit. So whatever
stands in a cell beside its figure becomes part of it: a hidden span makes 86 of 7 and 6, a footnote mark
131 of 13, a figure struck out 720 of 7 and 20. Hidden runs and the options not chosen are dropped, rows and
cells that are hidden too; footnote marks become superscript characters, and what is struck out or white gets
a mark by which the cell is no figure any more. Boxes to fill in show their value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from typing import cast

from lxml.html import HtmlElement

# A page in whose source none of this stands is left alone.
_SIGN_RE = re.compile(
    r"<(?:s|del|strike|sup|sub|select|input|rt|rp)\b|display\s*:\s*none|visibility\s*:\s*hidden|mso-hide|font-size\s*:\s*0|line-through"
    r"|vertical-align\s*:\s*(?:super|sub)|color\s*[:=]\s*[\"']?\s*(?:white|#fff)|\shidden[\s=>]|<bdo\b|opacity\s*:\s*\.?0|-\d{3,}(?:px|em|pt)|sr-only|visually-hidden"
    r"|(?:width|height)\s*:\s*0|float\s*:|display\s*:\s*block|wingdings|\d\s*(?:</?(?!t[dr])\w[^>]{0,200}>\s*){0,3}<(?:img|a\s[^>]{0,80}href=[\"']?#\w)"
    r"|<img[^>]{0,400}>\s*(?:</?(?!t[dr])\w[^>]{0,200}>\s*){0,3}\d",
    re.IGNORECASE,
)
_HIDDEN_RE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all|font-size\s*:\s*0(?:\.0+)?(?:pt|px|em|rem)?\s*(?:;|!|$)",
    re.IGNORECASE,
)
_HIDDEN_CLASS_RE = re.compile(r"\.([\w-]+)\s*\{[^{}]*(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)
# What paper and telephones are not shown a reader at his desk is.
_ELSEWHERE_RE = re.compile(r"@media\s+(?:print\b|[^{}]{0,40}max-width)[^{}]{0,80}\{(?:[^{}]{0,2000}\{[^{}]{0,2000}\})*[^{}]{0,2000}\}", re.IGNORECASE)
_DIGIT_RE = re.compile(r"\d")
_WHITE_RE = re.compile(r"(?<![-\w])color\s*:\s*(?:white|#fff(?:fff)?)\s*(?:;|!|$)", re.IGNORECASE)
# What may stand elsewhere on the page than in the source, or nowhere, or is drawn as another sign.
_DOUBTFUL_RE = re.compile(
    r"(?<![-\w])(?:opacity\s*:\s*0?\.?0*\s*(?:;|!|$)|float\s*:\s*(?:left|right)|display\s*:\s*block|(?:width|height)\s*:\s*0(?:px|pt|em)?\s*(?:;|!|$)"
    r"|(?:left|top|right|text-indent)\s*:\s*-\d{3,}|unicode-bidi\s*:\s*(?:bidi|isolate)-override|font-family\s*:[^;]*(?:wingdings|webdings))",
    re.IGNORECASE,
)
_TELLING_STYLE_RE = re.compile(rf"super|vertical-align\s*:\s*sub|line-through|{_WHITE_RE.pattern}|{_DOUBTFUL_RE.pattern}", re.IGNORECASE)
_DOUBTFUL_CLASSES = frozenset(("sr-only", "visually-hidden", "visuallyhidden", "screen-reader-text"))
_SMALL = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_LOW = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
# A paragraph of prose in a cell of the page's layout is no part of a figure.
_LONGEST = 200
# How many neighbours are asked whether they print anything.
_NEAR = 4
_MOST = 20_000

# Elements that are looked at whatever their attributes say, and those that may stand loose in a sentence.
_TELLING = frozenset(("s", "del", "strike", "sup", "sub", "select", "input", "bdo"))
_STRUCK_OR_RAISED = frozenset(("s", "del", "strike", "sup", "sub"))
_LOOSE = frozenset(("span", "font", "i", "b", "em"))
_LONGEST_LOOSE = 12
_FIGURE_RE = re.compile(r"[\[［\d.,\]］\s]*\d[\[［\d.,\]］\s]*")
_HOLDERS = ("td", "th", "p", "div", "li", "dd", "section", "body")
_BARE_RE = re.compile(r"[\d.,\s\u00a0０-９]*[\d０-９][\d.,\s\u00a0０-９]*")


def take_out_unseen(tree: HtmlElement, source: str) -> None:
    """Change the tree in place; `source` is the page's markup, searched first since most pages have nothing to take out."""
    if not _SIGN_RE.search(source):
        return
    hidden_classes = classes_hidden(tree)
    found = _find(tree, hidden_classes)
    for node in found.readings:
        node.drop_tree()
    _drop_rows(found.rows)
    for node in found.cells:
        if node.find(".//table") is None and len(node.text_content()) < _LONGEST:
            node.drop_tree()
    for node in found.runs:
        if node.getparent() is not None:
            _treat(node, hidden_classes)
    for node in found.pictures:
        if node.getparent() is not None:
            _mark_picture(node)
    for node in found.loose:
        text = node.text_content() if node.getparent() is not None else ""
        if len(text) <= _LONGEST_LOOSE and _FIGURE_RE.fullmatch(text):
            _treat(node, hidden_classes)


@dataclass(slots=True)
class _Found:
    """The elements of a page that may have to be changed, each kind in the order of the page."""

    readings: list[HtmlElement] = field(default_factory=list)
    rows: list[HtmlElement] = field(default_factory=list)  # hidden
    cells: list[HtmlElement] = field(default_factory=list)  # hidden
    runs: list[HtmlElement] = field(default_factory=list)  # in cells
    pictures: list[HtmlElement] = field(default_factory=list)  # in cells
    loose: list[HtmlElement] = field(default_factory=list)  # in tables that are written without table elements, and in sentences


def _find(tree: HtmlElement, hidden_classes: frozenset[str]) -> _Found:
    """One pass over the page: most elements are passed over by their name and style alone."""
    found = _Found()
    for node in cast("Iterator[HtmlElement]", tree.iter("*")):
        tag = node.tag
        if tag in ("rt", "rp"):
            found.readings.append(node)
        elif tag == "tr":
            if _is_hidden(node, hidden_classes):
                found.rows.append(node)
        elif tag in ("td", "th"):
            if _is_hidden(node, hidden_classes):
                found.cells.append(node)
        elif tag == "img":
            if next(node.iterancestors("td"), None) is not None:
                found.pictures.append(node)
        elif tag in _TELLING or _is_telling(node, hidden_classes):
            cell = next(node.iterancestors("td", "th"), None)
            if cell is None:
                styled = tag in _LOOSE and any(node.get(name) is not None for name in ("style", "class", "hidden"))
                if styled or tag in _STRUCK_OR_RAISED:
                    found.loose.append(node)
            elif (
                cell.tag == "td"
                or tag in ("sup", "sub")
                or node.get("style") is not None
                or node.get("hidden") is not None
                or next(node.iterancestors("td"), None) is not None
            ):
                found.runs.append(node)
    # A page with more than any report has is left as it is.
    for name in _Found.__slots__:
        if len(getattr(found, name)) > _MOST:
            setattr(found, name, [])
    return found


def _is_telling(node: HtmlElement, hidden_classes: frozenset[str]) -> bool:
    """Whether anything about an element says that it is not drawn as it stands."""
    attributes = node.attrib
    if not attributes:
        return False
    if "hidden" in attributes or _is_white(node) or _leads_to_note(node):
        return True
    style = attributes.get("style")
    if style is not None and _is_telling_style(style):
        return True
    classes = attributes.get("class")
    return classes is not None and not (hidden_classes | _DOUBTFUL_CLASSES).isdisjoint(classes.split())


@lru_cache(maxsize=2048)
def _is_telling_style(style: str) -> bool:
    # A page says the same few styles a thousand times.
    return _HIDDEN_RE.search(style) is not None or _TELLING_STYLE_RE.search(style) is not None


def classes_hidden(tree: HtmlElement) -> frozenset[str]:
    """The classes that the page's own style sheets hide from a reader at a screen."""
    sheets = (style.text for style in tree.iter("style") if style.text)
    return frozenset(name for sheet in sheets for name in _HIDDEN_CLASS_RE.findall(_ELSEWHERE_RE.sub("", sheet)))


def is_hidden(table: HtmlElement, classes: frozenset[str] = frozenset(), *, above: bool = True) -> bool:
    """Whether a table, or with `above` what it stands in, is hidden by its style or class, or drawn only by a script or without one."""
    nodes = (table, *(table.iterancestors() if above else ()))
    return any(node.tag in ("template", "noscript") or _is_hidden(node, classes) for node in nodes)


def _is_hidden(node: HtmlElement, hidden_classes: frozenset[str]) -> bool:
    style = node.get("style")
    return (
        node.get("hidden") is not None
        or (style is not None and _HIDDEN_RE.search(style) is not None)
        or bool(hidden_classes and not hidden_classes.isdisjoint((node.get("class") or "").split()))
    )


def _drop_rows(hidden: list[HtmlElement]) -> None:
    """Drop hidden rows, but not those of a table that shows no figure without them: a script unfolds it."""
    unseen = set(hidden)
    shows: dict[HtmlElement, bool] = {}
    for row in hidden:
        table = next(row.iterancestors("table"), None)
        if table is None:
            continue
        if table not in shows:
            shows[table] = any(
                _DIGIT_RE.search("".join(cell.text_content() for cell in other))
                for other in table.iter("tr")
                if other not in unseen
            )
        if shows[table]:
            row.drop_tree()


def _treat(node: HtmlElement, hidden_classes: frozenset[str]) -> None:
    tag = node.tag
    if tag in ("td", "th", "tr", "tbody", "table"):
        return
    if tag == "input":
        _show_value(node)
    elif tag == "select":
        options = list(node.iter("option"))
        chosen = next(
            (option for option in options if option.get("selected") is not None), options[0] if options else None
        )
        for option in options:
            if option is not chosen:
                option.drop_tree()
    elif _is_hidden(node, hidden_classes):
        if node.find(".//table") is None and len(node.text_content()) < _LONGEST:
            node.drop_tree()
    else:
        _mark(node)


def _show_value(node: HtmlElement) -> None:
    value = (node.get("value") or "").strip()
    kind = (node.get("type") or "text").lower()
    cell = next(node.iterancestors("td", "th"), None)
    if value and kind in ("text", "number") and cell is not None and len(cell) <= _NEAR and not _says(cell):
        node.tail = value + (node.tail or "")


def _mark_picture(node: HtmlElement) -> None:
    """A picture in one line with a figure may be a digit of it."""
    cell = next(node.iterancestors("td", "th"), None)
    afloat = "absolute" in (node.get("style") or "") or {node.get("width"), node.get("height")} & {"0", "1"}
    if cell is not None and not afloat and len(cell) <= _NEAR and _BARE_RE.fullmatch(_says(cell)):
        node.tail = "\ufffc" + (node.tail or "")


def _mark(node: HtmlElement) -> None:
    """Superscripts behind a figure, and what is struck out or white."""
    style = (node.get("style") or "").lower()
    tag = node.tag
    raised = tag == "sup" or "super" in style or _leads_to_note(node)
    if raised or tag == "sub" or re.search(r"vertical-align\s*:\s*sub", style):
        if _text_before(node) or (_holds_figure(node) and _text_behind(node)):
            for part in node.iter():
                part.text = part.text and part.text.translate(_SMALL if raised else _LOW)
                if part is not node:
                    part.tail = part.tail and part.tail.translate(_SMALL if raised else _LOW)
        return
    struck = tag in ("s", "del", "strike") or "line-through" in style
    white = _WHITE_RE.search(style) or _is_white(node)
    doubtful = (
        _DOUBTFUL_RE.search(style)
        or not _DOUBTFUL_CLASSES.isdisjoint((node.get("class") or "").split())
        or (tag == "bdo" and (node.get("dir") or "").lower() == "rtl" and len(node.text_content().strip()) > 1)
    )
    if struck or white or doubtful:
        text = node.text_content()
        cell = next(node.iterancestors(*_HOLDERS), None)
        if any(c.isdigit() for c in text) and len(text) < _LONGEST and cell is not None:
            if not struck and _says(cell) == text.strip() and tag != "bdo" and not re.search("dings|override", style):
                return  # white all through: on a coloured ground
            node.text = "~~" + (node.text or "")
            node.tail = "~~" + (node.tail or "")


def _is_white(node: HtmlElement) -> bool:
    return (node.get("color") or "").lower() in ("white", "#fff", "#ffffff")


def _text_before(node: HtmlElement) -> bool:
    """Whether anything is printed in the cell right before the node."""
    while node.tag not in _HOLDERS:
        before = node.getprevious()
        for _ in range(_NEAR):
            if before is None:
                break
            if (before.tail and before.tail.strip()) or (
                isinstance(before.tag, str) and any(map(str.strip, islice(before.itertext(), _NEAR)))
            ):
                return True
            before = before.getprevious()
        parent = node.getparent()
        if parent is None:
            return False
        if parent.text and parent.text.strip():
            return True
        node = parent
    return False


def _holds_figure(node: HtmlElement) -> bool:
    return _FIGURE_RE.fullmatch(node.text_content()) is not None


def _text_behind(node: HtmlElement) -> bool:
    """Whether a figure follows the node in its line."""
    if node.tail and node.tail.strip():
        return bool(node.tail.lstrip()[0].isdigit())
    after = node.getnext()
    if after is None or not isinstance(after.tag, str) or after.tag in (*_HOLDERS, "br"):
        return False
    return bool(after.text_content().strip()[:1].isdigit())


def _leads_to_note(node: HtmlElement) -> bool:
    """Whether the node is a link to a note on the same page, and says nothing but its number."""
    href = node.get("href") if node.tag == "a" else None
    return href is not None and len(href) > 1 and href[0] == "#" and re.fullmatch(r"\s*\d{1,2}\s*", node.text_content()) is not None


def _says(cell: HtmlElement) -> str:
    """The first words of a cell: enough to tell whether it holds anything else."""
    return "".join(islice(map(str, cell.itertext()), 8 * _NEAR)).strip()
