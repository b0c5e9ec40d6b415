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

from lxml.html import HtmlElement

# The standard (HTML, "forming a table") clamps at 1,000 and 65,534. The widest statutory table has
# 15 columns, the tallest 60 rows with heads; beyond these bounds nothing is a form any more.
_MAX_COLSPAN = 100
_MAX_ROWSPAN = 500
_MAX_SLOTS = 50_000
_MAX_CELLS = 20_000

_BREAKS = frozenset(["br", "p", "div", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "dd", "dt", "blockquote", "center"])
_WRAPPERS = frozenset(["p", "div", "span", "font", "b", "strong", "center", "em", "u"])
_UNSEEN = frozenset(("script", "style", "noscript", "template"))
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
    node: HtmlElement


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
    """The text of a cell with nothing in it, or one element around all of it; None for any other."""
    children = len(cell)
    if not children:
        return cell.text or ""
    child = cell[0]
    if children > 1 or len(child) or child.tag not in _WRAPPERS:
        return None
    around = (cell.text or "") + (child.tail or "")
    return None if around and not around.isspace() else child.text or ""


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
                while (x, y) in taken:
                    x += 1
                across, cut_across = read_span(node.get("colspan"), _MAX_COLSPAN)
                down, cut_down = read_span(node.get("rowspan"), _MAX_ROWSPAN)
                across = across or 1
                # rowspan=0 runs to the end of the row group, and no span runs past it
                down = min(down, len(group) - offset) if down else len(group) - offset
                grid.clipped |= cut_across or cut_down
                slots += across * down
                if slots > _MAX_SLOTS:
                    grid.clipped = True
                    across = down = 1
                cells.append(GridCell(cell_text(node), x, x + across, y, y + down, node))
                if down > 1:
                    taken.update((i, j) for i in range(x, x + across) for j in range(y + 1, y + down))
                x += across
            grid.rows.append(cells)
    return grid
