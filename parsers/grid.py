"""Lay the cells of an HTML table on a grid, as the WHATWG table model does.

pandas' reader is wrong for us: it takes `rowspan=0` for one row, lets a rowspan run past its row
group, and expands a colspan of 99,999,999 until the machine gives up. Here spans are clamped, the
number of grid slots has a budget, and whatever was cut short is said in `Grid.clipped`.

Cells keep their text with inner line breaks: `22` over `（其中修订16件）` is a figure with a note,
`1` over `2` is not twelve. Runs inside a line are joined without a space, since Word cuts a
figure into one `<span>` a digit.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from lxml import etree
from lxml.html import HtmlElement

# The standard (HTML, "forming a table") clamps at 1,000 and 65,534. The widest statutory table has
# 15 columns, the tallest 60 rows with heads; beyond these bounds nothing is a form any more.
_MAX_COLSPAN = 100
_MAX_ROWSPAN = 500
_MAX_SLOTS = 50_000
_MAX_CELLS = 20_000

_BREAKS = frozenset(["br", "p", "div", "li", "tr", "td", "th", "h1", "h2", "h3", "h4", "h5", "h6", "dd", "dt", "blockquote", "center"])
_BLOCKS = frozenset(["p", "div", "center"])
_UNSEEN = frozenset(("script", "style", "noscript", "template", "iframe", "canvas", "audio", "video", "object", "datalist", "dialog", "title"))
_STRUCTURE: frozenset[Any] = _BREAKS | _UNSEEN | {etree.Comment, etree.ProcessingInstruction}
_INTEGER = re.compile(r"[ \t\n\f\r]*\+?(\d+)", re.ASCII)
_SPACE_RUN = re.compile(r"[ \t\r\f\v\u00a0\u3000]+")
_LINE_RUN = re.compile(r"\s*\n\s*")


@dataclass(slots=True, eq=False)
class GridCell:
    """One `<td>` or `<th>`. Columns [x0, x1) and rows [y0, y1) of the grid it covers."""

    text: str
    x0: int
    x1: int
    y0: int
    y1: int


@dataclass(slots=True, eq=False)
class Grid:
    """A table as rows of its own cells (those that start in the row), in source order."""

    node: HtmlElement
    rows: list[list[GridCell]] = field(default_factory=list)
    #: a span or the slot budget was exceeded: what was cut is not to be trusted
    clipped: bool = False


def read_span(value: str | None, limit: int) -> tuple[int, bool]:
    """A colspan or rowspan by the rules for non-negative integers: (span, was it clamped).

    >>> read_span("2px", 100), read_span("0", 100), read_span("-3", 100), read_span("99999999", 100)
    ((2, False), (0, False), (1, False), (100, True))
    """
    match = _INTEGER.match(value or "")
    if not match:
        return 1, False
    digits = match[1].lstrip("0") or "0"
    if len(digits) > 6 or int(digits) > limit:
        return limit, True
    return int(digits), False


def cell_text(cell: HtmlElement) -> str:
    """The text of a cell: runs joined without a space, blocks and `<br>` as line breaks."""
    plain = _plain_text(cell)
    if plain is not None:
        return plain if plain.isalnum() else _tidy(plain.replace("\n", " "))
    parts: list[str] = []
    stack: list[tuple[HtmlElement, bool]] = [(cell, False)]
    while stack:
        node, done = stack.pop()
        if done:
            if node.tag in _BREAKS and node is not cell:
                parts.append("\n")
            if node is not cell and node.tail:
                parts.append(node.tail)
            continue
        if not isinstance(node.tag, str) or node.tag in _UNSEEN:
            if node.tail:
                parts.append(node.tail)
            continue
        if node.tag in _BREAKS and node is not cell:
            parts.append("\n")
        if node.text:
            # a line break in the source is white space, not a break on the page
            parts.append(node.text)
        stack.append((node, True))
        stack.extend((child, False) for child in reversed(node))
    return _tidy("".join(part if part == "\n" else part.replace("\n", " ") for part in parts))


def _plain_text(cell: HtmlElement) -> str | None:
    """The text of a cell in which nothing breaks a line, or one block holds all of it; None for any other."""
    node, breaks = cell, 0
    while len(node) == 1:  # <td><p><span>5</span></p></td>
        child = node[0]
        tag = child.tag
        breaks += tag in _BLOCKS
        if breaks > 1 or (tag in _STRUCTURE and tag not in _BLOCKS):
            return None
        around = f"{node.text or ''}{child.tail or ''}"
        if around and not around.isspace():
            break
        node = child
    else:
        if not len(node):
            return node.text or ""
    return None if any(inner.tag in _STRUCTURE for inner in node.iterdescendants()) else "".join(map(str, node.itertext()))


def _tidy(text: str) -> str:
    return _LINE_RUN.sub("\n", _SPACE_RUN.sub(" ", text)).strip()


def read_grid(table: HtmlElement) -> Grid:
    """Lay out one `<table>`; rows of tables nested in its cells are not its rows."""
    grid = Grid(table)
    slots = count = 0
    groups: list[list[HtmlElement]] = []
    loose: list[HtmlElement] | None = None
    for child in table:
        if child.tag in ("thead", "tbody", "tfoot"):
            groups.append([row for row in child if row.tag == "tr"])
            loose = None
        elif child.tag == "tr":
            if loose is None:
                loose = []
                groups.append(loose)
            loose.append(child)
    for group in groups:
        taken: set[tuple[int, int]] = set()
        base = len(grid.rows)
        for offset, row in enumerate(group):
            if count > _MAX_CELLS:
                grid.clipped = True
                return grid
            count += len(row)
            y = base + offset
            x = 0
            cells: list[GridCell] = []
            for node in row:
                if node.tag not in ("td", "th"):
                    continue
                while taken and (x, y) in taken:
                    x += 1
                across = down = 1
                if (span := node.get("colspan")) is not None:
                    across, clipped = read_span(span, _MAX_COLSPAN)
                    across = across or 1
                    grid.clipped |= clipped
                if (span := node.get("rowspan")) is not None:
                    down, clipped = read_span(span, _MAX_ROWSPAN)
                    # rowspan=0 runs to the end of the row group, and no span runs past it
                    down = min(down, len(group) - offset) if down else len(group) - offset
                    grid.clipped |= clipped
                slots += across * down
                if slots > _MAX_SLOTS:
                    grid.clipped = True
                    across = down = 1
                cells.append(GridCell(cell_text(node), x, x + across, y, y + down))
                if down > 1:
                    taken.update((i, j) for i in range(x, x + across) for j in range(y + 1, y + down))
                x += across
            grid.rows.append(cells)
    return grid
