"""Read Excel's .xlsx with openpyxl: what its cells show.

The sizes of the parts are bounded before openpyxl sees them, since it keeps every cell that a sheet claims to have.
A formula shows the result that was last computed and saved; one that was saved without a result shows
nothing that could be known here, so its cell says so, and is no nought and no blank.
"""

from __future__ import annotations

import io
import re
import warnings
from datetime import date, datetime, time, timedelta
from typing import Any

from openpyxl import load_workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock

from parsers.media.numfmt import show_number
from parsers.media.package import Package, parse_xml
from parsers.media.rendering import Rendering, Unreadable, mark_run
from parsers.media.sheets import Sheet, SheetCell, Workbook, render_workbook
from parsers.model import Finding

# Cells that a sheet may list, empty ones too: templates format some ten thousand.
_MAX_LISTED = 300_000
_MAX_COLUMN = 16_384
_CELL_TAG = re.compile(rb"<(?:\w+:)?c[ >/]")
_FORMULA_TAG = re.compile(rb"<(?:\w+:)?f[ >/]")

#: stands in a cell whose formula was saved without a result
NO_RESULT = "\ufffd（公式无结果）"
#: stands in front of a number whose number format is not known here
NO_FORMAT = "\ufffd（格式不明）"
#: stands in front of a number that is written in white on white
NOT_SEEN = "\ufffd（白字）"


def read_xlsx(package: Package, body: bytes) -> Rendering:
    """The visible sheets as HTML. Raises Unreadable when the file is damaged or past the bounds."""
    formulas = _bound(package)
    book = Workbook()
    shown = _load(body, results=True)
    written = _load(body, results=False) if formulas else None
    try:
        for sheet in shown.worksheets:
            if sheet.sheet_state != "visible":
                book.hidden.append(sheet.title)
                book.sheets.append(None)
            else:
                book.sheets.append(_read_sheet(sheet, written[sheet.title] if written else None, book))
    except (ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
        raise Unreadable(f"the Excel file is damaged: {error}") from error
    return render_workbook(book)


def _bound(package: Package) -> bool:
    """Hold the parts against the bounds; return whether any sheet has a formula."""
    formulas = False
    listed = 0
    for name in package.names:
        if not name.endswith((".xml", ".rels")):
            continue
        content = package.read(name)
        if name.startswith("xl/") or name == "[Content_Types].xml":
            parse_xml(content, name)
        if name.startswith("xl/worksheets/"):
            listed += len(_CELL_TAG.findall(content))
            formulas |= bool(_FORMULA_TAG.search(content))
    if listed > _MAX_LISTED:
        raise Unreadable(f"the sheets list {listed} cells; no report has more than {_MAX_LISTED}")
    return formulas


def _load(body: bytes, *, results: bool) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of extensions that it does not keep
        try:
            return load_workbook(io.BytesIO(body), data_only=results, keep_links=False, rich_text=True)
        except Exception as error:  # it promises no kind of exception for a damaged file
            raise Unreadable(f"the Excel file cannot be read: {type(error).__name__}: {str(error)[:200]}") from error


def _read_sheet(sheet: Any, written: Any, book: Workbook) -> Sheet:
    out = Sheet(sheet.title)
    unknown: list[str] = []
    no_zeros = sheet.sheet_view.showZeros is False
    # Its own table of cells: iter_rows() would make every cell up to the last, a billion in the last corner of a sheet.
    for (row, col), cell in sorted(sheet._cells.items()):
        drawn = bool(cell.has_style and _is_drawn(cell.border))
        formula = written is not None and (row, col) in written._cells and written._cells[row, col].data_type == "f"
        text = NO_RESULT if formula and cell.value is None else _shown(cell)
        if text and no_zeros and cell.value == 0 and cell.data_type == "n":
            text = ""
        if cell.has_style and cell.data_type == "n" and text and _is_unseen(cell):
            text = NOT_SEEN + text
        if text.startswith((NO_RESULT, NO_FORMAT)):
            unknown.append(cell.coordinate)
        if text or drawn:
            out.cells[row - 1, col - 1] = SheetCell(text, drawn)
    out.merged = [(r.min_row - 1, r.min_col - 1, r.max_row - 1, r.max_col - 1) for r in sheet.merged_cells.ranges]
    out.hidden_rows = {number - 1 for number, row in sheet.row_dimensions.items() if row.hidden or row.height == 0}
    for group in sheet.column_dimensions.values():
        if group.hidden or group.width == 0:
            out.hidden_cols.update(range(group.min - 1, min(group.max, _MAX_COLUMN)))
    if unknown:
        names = ", ".join(unknown[:8])
        book.findings.append(
            Finding("media.formula", "warning", f"sheet “{sheet.title}”: what {names} shows is not known (a formula without a saved result, or a number format not known here)")
        )
    return out


def _is_unseen(cell: Any) -> bool:
    """White on no ground: what officials do to a nought that is not to be printed."""
    color = cell.font.color
    white = color is not None and ((color.type == "rgb" and color.rgb in ("FFFFFFFF", "00FFFFFF")) or (color.type == "theme" and color.theme == 0 and not color.tint))
    return white and cell.fill.fill_type is None


def _is_drawn(border: Any) -> bool:
    return any(side is not None and side.style for side in (border.left, border.right, border.top, border.bottom))


def _joined(runs: CellRichText) -> str:
    """Runs of one cell as one text; a raised or struck figure does not become part of the one beside it."""
    text = ""
    for run in runs:
        font = run.font if isinstance(run, TextBlock) else None
        raised, struck = font is not None and font.vertAlign == "superscript", bool(font is not None and font.strike)
        text += mark_run(str(run), raised=raised, struck=struck, before=bool(text.strip()))
    return text


def _shown(cell: Any) -> str:
    """The words that a cell shows."""
    value = cell.value
    if isinstance(value, CellRichText):
        value = _joined(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, (int, float)):
        shown = show_number(value, cell.number_format)
        return f"{NO_FORMAT}{value}" if shown is None else shown
    if isinstance(value, (datetime, date)):
        return f"{value.year}年{value.month}月{value.day}日"
    if isinstance(value, (time, timedelta)):
        return str(value)
    text = str(value)
    # A format of four sections, or of an @ with words around it, also shapes text; ";;;" hides it.
    return "" if cell.number_format.count(";") >= 3 and cell.number_format.endswith(";") else text
