"""Read Excel's old .xls with xlrd: what its cells show.

A formula shows its saved result; the file format cannot be without one.
"""

from __future__ import annotations

import io
from typing import Any

import xlrd

from parsers.media.numfmt import show_number
from parsers.media.rendering import Rendering, Unreadable
from parsers.media.sheets import Sheet, SheetCell, Workbook, render_workbook
from parsers.media.xlsx import NO_FORMAT
from parsers.model import Finding


def read_xls(body: bytes) -> Rendering:
    """The visible sheets as HTML. Raises Unreadable when the file is damaged or encrypted."""
    try:
        # It writes its worries to a log, which is no place for them here.
        source = xlrd.open_workbook(file_contents=body, formatting_info=True, logfile=io.StringIO())
    except Exception as error:  # it promises no kind of exception for a damaged file
        reason = "it is encrypted" if "encrypt" in str(error).lower() else f"{type(error).__name__}: {str(error)[:200]}"
        raise Unreadable(f"the Excel file cannot be read: {reason}") from error
    book = Workbook()
    try:
        for sheet in source.sheets():
            if sheet.visibility:
                book.hidden.append(sheet.name)
                book.sheets.append(None)
            else:
                book.sheets.append(_read_sheet(source, sheet, book))
    except (ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
        raise Unreadable(f"the Excel file is damaged: {error}") from error
    return render_workbook(book)


def _read_sheet(book: Any, sheet: Any, out: Workbook) -> Sheet:
    laid = Sheet(sheet.name)
    unknown: list[str] = []
    for y in range(sheet.nrows):
        for x in range(sheet.row_len(y)):
            cell = sheet.cell(y, x)
            style = book.xf_list[cell.xf_index]
            text = _shown(book, cell, style)
            if cell.ctype == xlrd.XL_CELL_NUMBER and not cell.value and not sheet.show_zero_values:
                text = ""
            if text.startswith(NO_FORMAT):
                unknown.append(xlrd.formula.cellname(y, x))
            border = style.border
            drawn = any((border.left_line_style, border.right_line_style, border.top_line_style, border.bottom_line_style))
            if text or drawn:
                laid.cells[y, x] = SheetCell(text, drawn)
    laid.merged = [(top, left, bottom - 1, right - 1) for top, bottom, left, right in sheet.merged_cells]
    laid.hidden_rows = {y for y, row in sheet.rowinfo_map.items() if row.hidden or row.height == 0}
    laid.hidden_cols = {x for x, col in sheet.colinfo_map.items() if col.hidden or col.width == 0}
    if unknown:
        out.findings.append(Finding("media.formula", "warning", f"sheet “{sheet.name}”: what {', '.join(unknown[:8])} shows is not known (a number format not known here)"))
    return laid


def _shown(book: Any, cell: Any, style: Any) -> str:
    """The words that a cell shows."""
    if cell.ctype == xlrd.XL_CELL_TEXT:
        return str(cell.value)
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return "TRUE" if cell.value else "FALSE"
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return str(xlrd.error_text_from_code.get(cell.value, "#ERR"))
    if cell.ctype == xlrd.XL_CELL_DATE:
        try:
            year, month, day, *_ = xlrd.xldate_as_tuple(cell.value, book.datemode)
        except xlrd.XLDateError:
            return f"{NO_FORMAT}{cell.value}"
        return f"{year}年{month}月{day}日"
    if cell.ctype == xlrd.XL_CELL_NUMBER:
        form = book.format_map.get(style.format_key)
        shown = show_number(cell.value, form.format_str if form else "General")
        return f"{NO_FORMAT}{cell.value}" if shown is None else shown
    return ""
