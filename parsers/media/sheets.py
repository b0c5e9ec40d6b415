"""A spreadsheet as paragraphs and tables: what stands alone in its row is a paragraph, the rest are tables.

What a reader of the printed sheet does not see is not read: hidden sheets, rows and columns. They are named in a
finding. A sheet has no end: it ends where its words and borders do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from parsers.media.rendering import MAX_CELLS, Box, Rendering, Unreadable, write_page, write_table, write_text
from parsers.model import Finding

# No form is wider or longer; what stands beyond it belongs to no report.
_MAX_COLS = 200
_MAX_ROWS = 3_000


@dataclass(frozen=True, slots=True)
class SheetCell:
    """One cell as shown. `drawn` is set when it has a border, so that its being empty says something."""

    text: str
    drawn: bool = False


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a box stands (`C7`), and whether it has a border."""

    name: str
    drawn: bool


Placed = tuple[Box, Spot]


@dataclass(slots=True)
class Sheet:
    """One visible sheet. Rows and columns count from 0; `merged` holds (top, left, bottom, right), ends included."""

    name: str
    cells: dict[tuple[int, int], SheetCell] = field(default_factory=dict)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_cols: set[int] = field(default_factory=set)


@dataclass(slots=True)
class Workbook:
    """The sheets in their order, None for a hidden one, and what is to be said of the file."""

    sheets: list[Sheet | None] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def column_name(col: int) -> str:
    """The letters of a column, which counts from 0.

    >>> column_name(0), column_name(25), column_name(26)
    ('A', 'Z', 'AA')
    """
    name, col = "", col + 1
    while col:
        col, letter = divmod(col - 1, 26)
        name = chr(65 + letter) + name
    return name


def render_workbook(book: Workbook) -> Rendering:
    """The visible sheets as HTML: what stands alone in its row as a paragraph, the rest as tables. Raises Unreadable past the bounds."""
    rendering = Rendering(findings=list(book.findings))
    parts: list[str] = []
    tables = used = 0
    for sheet in book.sheets:
        if sheet is None:
            continue
        block: list[Sequence[Placed]] = []
        for row in [*_lay(sheet), None]:
            sentence = _sentence(row) if row is not None else ""
            if row is not None and not sentence:
                block.append(row)
                used += len(row)
                continue
            if any(block):
                tables += 1
                parts.append(write_table([box for box, _ in laid] for laid in block))
                _keep_places(block, tables, sheet.name, rendering)
            block = []
            if sentence:
                parts += [f"<p>{write_text(line)}</p>" for line in sentence.split("\n")]
        if used > MAX_CELLS:
            raise Unreadable(f"the sheets have more than {MAX_CELLS} cells; no report has")
    _name_hidden(book, rendering)
    rendering.html = write_page(parts)
    return rendering


def _sentence(row: Sequence[Placed]) -> str:
    """The words of a row that holds a single text beside no drawn or merged box, or a text that can only be a sentence."""
    texts = [box.text for box, _ in row if box.text]
    if len(texts) != 1:
        return ""
    alone = all(box.text or not cell.drawn for box, cell in row) and all(box.cols == 1 and box.rows == 1 for box, _ in row)
    return texts[0] if alone or ("。" in texts[0] and len(texts[0]) > 12) else ""


def _keep_places(block: Sequence[Sequence[Placed]], number: int, name: str, rendering: Rendering) -> None:
    """Name each cell as a spreadsheet does. Its column in the HTML is where the table model puts it."""
    taken: set[tuple[int, int]] = set()
    for y, row in enumerate(block):
        x = 0
        for box, cell in row:
            while (y, x) in taken:
                x += 1
            rendering.places[f"table[{number}]/r{y + 1}c{x + 1}"] = f"sheet[{name}]/{cell.name}"
            if box.rows > 1:
                taken.update((y + dy, x + dx) for dy in range(1, min(box.rows, len(block) - y)) for dx in range(box.cols))
            x += box.cols


def _name_hidden(book: Workbook, rendering: Rendering) -> None:
    """Say what is hidden and holds words: it may be a draft, or the very figures."""
    for name in book.hidden:
        rendering.findings.append(Finding("media.hidden", "notice", f"the sheet “{name}” is hidden and was not read"))
    for sheet in book.sheets:
        if sheet is None:
            continue
        rows = sorted({y + 1 for y, x in sheet.cells if y in sheet.hidden_rows and sheet.cells[y, x].text})
        cols = sorted({x for y, x in sheet.cells if x in sheet.hidden_cols and sheet.cells[y, x].text})
        if rows or cols:
            names = [f"row {row}" for row in rows[:5]] + [f"column {column_name(col)}" for col in cols[:5]]
            rendering.findings.append(
                Finding("media.hidden", "warning", f"sheet “{sheet.name}”: {', '.join(names)} hidden and not read, though not empty")
            )


def _lay(sheet: Sheet) -> list[Sequence[Placed]]:
    """The rows of a sheet as boxes, merged cells with their spans over what is visible of them."""
    height = max((y for (y, _), cell in sheet.cells.items() if cell.text or cell.drawn), default=-1) + 1
    if height > _MAX_ROWS:
        raise Unreadable(f"the sheet “{sheet.name}” has {height} rows; no report has more than {_MAX_ROWS}")
    tops, covered = _spans(sheet)
    ends = _ends(sheet, height)
    laid: list[Sequence[Placed]] = []
    for y in range(height):
        row: list[Placed] = []
        for x in range(ends[y]):
            if y in sheet.hidden_rows or x in sheet.hidden_cols or (y, x) in covered:
                continue
            cell = sheet.cells.get((y, x), SheetCell(""))
            down, across = tops.get((y, x), (1, 1))
            row.append((Box(cell.text, across, down), Spot(f"{column_name(x)}{y + 1}", cell.drawn)))
        laid.append(row)
    return laid


def _spans(sheet: Sheet) -> tuple[dict[tuple[int, int], tuple[int, int]], set[tuple[int, int]]]:
    """(rows, columns) of each merged cell by its first visible slot, and the slots that it covers.

    The rows count hidden ones too, since these stay as empty rows. The words stand in the first slot; when that is hidden, Excel shows them in the first visible one.
    """
    tops: dict[tuple[int, int], tuple[int, int]] = {}
    covered: set[tuple[int, int]] = set()
    for top, left, bottom, right in sheet.merged:
        bottom, right = min(bottom, _MAX_ROWS), min(right, _MAX_COLS)
        if (bottom - top + 1) * (right - left + 1) + len(covered) > 20 * MAX_CELLS:
            raise Unreadable(f"the sheet “{sheet.name}” merges more cells than a report has")
        ys = [y for y in range(top, bottom + 1) if y not in sheet.hidden_rows]
        xs = [x for x in range(left, right + 1) if x not in sheet.hidden_cols]
        if not ys or not xs:
            continue
        first = ys[0], xs[0]
        covered.update((y, x) for y in ys for x in xs)
        covered.discard(first)
        tops[first] = (ys[-1] - ys[0] + 1, len(xs))
        if first != (top, left) and (words := sheet.cells.get((top, left))):
            sheet.cells[first] = words
    return tops, covered


def _ends(sheet: Sheet, height: int) -> list[int]:
    """Where each row ends. A table's rows end together: an empty cell at the end of a row is a cell, if the row above has it."""
    ends = [0] * height
    filled: dict[int, int] = {}
    for (y, x), cell in sheet.cells.items():
        if y < height and (cell.text or cell.drawn):
            ends[y] = max(ends[y], x + 1)
            filled[y] = filled.get(y, 0) + 1
    for top, left, bottom, right in sheet.merged:
        for y in range(top, min(bottom + 1, height)):
            if y in filled or y > top:
                ends[y] = max(ends[y], min(right, _MAX_COLS) + 1)
                filled[y] = filled.get(y, 0) + (1 if y > top or left > 0 else 0)
    start = 0
    for y in range(height + 1):
        # One box alone in its row is a heading or a sentence, and parts two tables.
        if y == height or filled.get(y, 0) < 2:
            if y > start:
                ends[start:y] = [max(ends[start:y])] * (y - start)
            start = y + 1
    if max(ends, default=0) > _MAX_COLS:
        raise Unreadable(f"the sheet “{sheet.name}” has {max(ends)} columns; no report has more than {_MAX_COLS}")
    return ends
