"""What stands on one page of a PDF: tables, from the boxes that ruling lines close, and lines of text between them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from parsers.media.rendering import MAX_CELLS, Unreadable

#: points; lines that are drawn to meet may miss each other by so much
SNAP = 3.0
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")

#: points; the height of a row of one line
_ROW = 30.0
# Of a page's lines; a table of 60 rows and 15 columns has 976.
_MAX_CROSSINGS = 4_000
PAGE_MARK = re.compile(r"[-—–－·\s]*\d{1,3}[-—–－·\s]*|第\s*\d+\s*页(?:[，,/\s]*共\s*\d+\s*页)?|\d+\s*/\s*\d+")
_CID = re.compile(r"\(cid:\d+\)")


@dataclass(frozen=True, slots=True)
class Mark:
    """One character on a page; coordinates in points from the upper left corner."""

    text: str
    x0: float
    x1: float
    top: float
    bottom: float

    @property
    def x(self) -> float:
        return (self.x0 + self.x1) / 2

    @property
    def y(self) -> float:
        return (self.top + self.bottom) / 2


@dataclass(slots=True)
class TextLine:
    """One line of text between tables."""

    text: str
    x0: float
    x1: float
    top: float
    bottom: float


@dataclass(slots=True)
class Slot:
    """One box of a table: its edges in points, its text, and where it stands (`page[3]/table[1]/r4c4`)."""

    x0: float
    x1: float
    top: float
    bottom: float
    text: str
    at: str = ""


@dataclass(slots=True)
class Ruled:
    """A table as it stands on one page: rows of boxes, each by the row it starts in, and the rows' edges."""

    slots: list[Slot]
    top: float
    bottom: float

    @property
    def x0(self) -> float:
        return min(slot.x0 for slot in self.slots)

    @property
    def x1(self) -> float:
        return max(slot.x1 for slot in self.slots)


@dataclass(slots=True)
class Sheetful:
    """What stands on one page, top to bottom."""

    number: int
    height: float
    items: list[TextLine | Ruled] = field(default_factory=list)
    pictures: int = 0
    unmapped: int = 0
    turned: int = 0
    open_tables: int = 0

    @property
    def boxes(self) -> int:
        """How many boxes its tables have."""
        return sum(len(item.slots) for item in self.items if isinstance(item, Ruled))

    @property
    def has_words(self) -> bool:
        """Whether anything stands on it besides its page number."""
        return any(isinstance(item, Ruled) or not PAGE_MARK.fullmatch(item.text) for item in self.items)


def read_sheetful(page: Any) -> Sheetful:
    """Read one page of pdfplumber."""
    sheet = Sheetful(page.page_number, float(page.height))
    sheet.pictures = len(page.images)
    marks = list(_marks(page, sheet))
    taken: set[int] = set()
    for number, cells in enumerate(_tables(page, marks, sheet), 1):
        ruled = _fill(cells, marks, taken, f"page[{sheet.number}]/table[{number}]")
        if ruled:
            sheet.items.append(ruled)
    sheet.items.extend(_lines([mark for index, mark in enumerate(marks) if index not in taken], wide=" "))
    sheet.items.sort(key=lambda item: (item.top + item.bottom) / 2 if isinstance(item, TextLine) else item.top)
    return sheet


def _marks(page: Any, sheet: Sheetful) -> Iterator[Mark]:
    """The characters that are shown, each once: bold type is often the same character drawn twice."""
    seen: set[tuple[str, int, int]] = set()
    for char in page.chars:
        text = char["text"]
        if _CID.search(text) or text == "\0":
            sheet.unmapped += 1
            text = "\ufffd"
        if not char.get("upright", True):
            sheet.turned += not text.isspace()
            continue
        x, y = round(char["x0"]), round(char["top"])
        if not text.isspace() and any((text, x + dx, y + dy) in seen for dx in (-1, 0, 1) for dy in (-1, 0, 1)):
            continue
        seen.add((text, x, y))
        yield Mark(text, char["x0"], char["x1"], char["top"], char["bottom"])


_Bounds = tuple[float, float, float, float]


def _tables(page: Any, marks: Sequence[Mark], sheet: Sheetful) -> Iterator[list[_Bounds]]:
    """The boxes (x0, top, x1, bottom) of each table that is closed around its words, top to bottom."""
    xs = edges_of(edge["x0"] for edge in page.vertical_edges)
    ys = edges_of(edge["top"] for edge in page.horizontal_edges)
    if len(xs) * len(ys) > _MAX_CROSSINGS:
        sheet.open_tables += 1  # squared paper, a map: no table of a form
        return
    closed_to = 0.0
    for table in sorted(page.find_tables(), key=lambda table: (table.bbox[1], table.bbox[0])):
        cells = list(table.cells)
        if len(cells) < 2 or table.bbox[1] < closed_to:
            continue
        if len(cells) > MAX_CELLS:
            raise Unreadable(f"a table of the PDF has more than {MAX_CELLS} cells; no report has")
        _, top, _, bottom = table.bbox
        level = [mark for mark in marks if top < mark.y < bottom and not mark.text.isspace()]
        if not all(_inside(mark, cells) for mark in level):
            closed = _close_sides(page, top, bottom, level)
            if closed is None:
                sheet.open_tables += 1
                continue
            cells = closed
            closed_to = max(y1 for _, _, _, y1 in cells) - SNAP
        yield cells


def _close_sides(page: Any, top: float, bottom: float, level: Sequence[Mark]) -> list[_Bounds] | None:
    """The boxes of a table with open sides, closed where its level lines end; None when some words still stand in none."""
    top, bottom = _reach(page.edges, top, bottom)
    rules = [edge for edge in page.horizontal_edges if top - 1 <= edge["top"] <= bottom + 1]
    sides = [min([e["x0"] for e in rules] or [m.x0 for m in level]), max([e["x1"] for e in rules] or [m.x1 for m in level])]
    if sides[1] - sides[0] < 10 or bottom - top < 2:
        return None
    clip = page.crop((max(sides[0] - 2, page.bbox[0]), max(top - 2, page.bbox[1]), min(sides[1] + 2, page.bbox[2]), min(bottom + 2, page.bbox[3])))
    cells = [cell for table in clip.find_tables({"explicit_vertical_lines": sides}) for cell in table.cells]
    return cells if cells and all(_inside(mark, cells) for mark in level) else None


def _reach(edges: Sequence[dict[str, Any]], top: float, bottom: float) -> tuple[float, float]:
    """How far up and down the lines of a table reach: those that meet it, and level ones as wide as its own, a row away."""
    for _ in range(20):
        mine = [e for e in edges if e["bottom"] >= top - 1 and e["top"] <= bottom + 1]
        level = [e for e in mine if e["orientation"] == "h"]
        left, right = min((e["x0"] for e in level), default=0), max((e["x1"] for e in level), default=0)
        mine += [
            e for e in edges
            if e["orientation"] == "h" and abs(e["x0"] - left) <= SNAP and abs(e["x1"] - right) <= SNAP and top - _ROW <= e["top"] <= bottom + _ROW
        ]  # fmt: skip
        reach = min([top, *(e["top"] for e in mine)]), max([bottom, *(e["bottom"] for e in mine)])
        if reach == (top, bottom):
            break
        top, bottom = reach
    return top, bottom


def _inside(mark: Mark, cells: Iterable[_Bounds]) -> bool:
    return any(x0 <= mark.x <= x1 and top <= mark.y <= bottom for x0, top, x1, bottom in cells)


def _fill(cells: Sequence[_Bounds], marks: Sequence[Mark], taken: set[int], name: str) -> Ruled | None:
    """Put the characters into their boxes; None when all boxes are empty and so a drawing."""
    by_cell: list[list[Mark]] = [[] for _ in cells]
    mine: list[int] = []
    left, right = min(c[0] for c in cells), max(c[2] for c in cells)
    top, bottom = min(c[1] for c in cells), max(c[3] for c in cells)
    for index, mark in enumerate(marks):
        if index in taken or not (left <= mark.x <= right and top <= mark.y <= bottom):
            continue
        for at, (x0, y0, x1, y1) in enumerate(cells):
            if x0 <= mark.x <= x1 and y0 <= mark.y <= y1:
                by_cell[at].append(mark)
                mine.append(index)
                break
    slots = [Slot(c[0], c[2], c[1], c[3], "\n".join(line.text for line in _lines(found))) for c, found in zip(cells, by_cell, strict=True)]
    if not any(slot.text for slot in slots):
        return None
    taken.update(mine)
    ys, xs = edges_of(s.top for s in slots), edges_of(s.x0 for s in slots)
    for slot in slots:
        slot.at = f"{name}/r{nearest(ys, slot.top) + 1}c{nearest(xs, slot.x0) + 1}"
    return Ruled(slots, top, bottom)


def _lines(marks: Sequence[Mark], wide: str = "") -> list[TextLine]:
    """Characters as lines. Those whose middles differ by less than half their height are of one line.

    A gap of a third of the height beside a digit or letter is a space; among Chinese characters, set apart to fill the line, it is none
    unless it is `wide`, twice the height, and a mark is given for it.
    """
    rows: list[list[Mark]] = []
    for mark in sorted((m for m in marks if not m.text.isspace()), key=lambda m: (m.y, m.x0)):
        if rows and abs(mark.y - rows[-1][0].y) < 0.5 * max(mark.bottom - mark.top, rows[-1][0].bottom - rows[-1][0].top):
            rows[-1].append(mark)
        else:
            rows.append([mark])
    lines = []
    for row in rows:
        row.sort(key=lambda mark: mark.x0)
        text = row[0].text
        for before, mark in pairwise(row):
            gap, size = mark.x0 - before.x1, mark.bottom - mark.top
            latin = before.text.isascii() or mark.text.isascii()
            if latin and gap > 0.3 * size:
                text += " "
            elif wide and gap > 2 * size:
                text += wide
            text += mark.text.translate(_RAISED) if _is_raised(mark, row[0], text) else mark.text
        lines.append(TextLine(text, row[0].x0, max(m.x1 for m in row), min(m.top for m in row), max(m.bottom for m in row)))
    return lines


def _is_raised(mark: Mark, first: Mark, before: str) -> bool:
    """Whether a digit is a footnote's mark: smaller than the figure it stands behind, and above its foot."""
    size, full = mark.bottom - mark.top, first.bottom - first.top
    return mark.text.isdigit() and before[-1:].isalnum() and size < 0.8 * full and mark.bottom < first.bottom - 0.08 * full


def edges_of(values: Iterable[float]) -> list[float]:
    """Distinct edges, those nearer than the snap taken for one."""
    edges: list[float] = []
    for value in sorted(values):
        if not edges or value - edges[-1] > SNAP:
            edges.append(value)
    return edges


def nearest(edges: Sequence[float], value: float) -> int:
    return min(range(len(edges)), key=lambda index: abs(edges[index] - value))
