"""One Excel workbook: frozen heads, filters, number formats, the codebook as a sheet.

Texts are written as texts: nothing that a page says can become a formula or a link. Rows are written as they
come and forgotten (constant memory). A sheet of Excel ends at 1,048,576 rows: a table that is longer is left
out, and the first sheet says so and where to find it; half a table would be taken for a whole one. The prose
of the reports is left to the other formats for the same reason: a cell ends at 32,767 characters.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from crawler.dataset.codebook import COLUMNS, NOTES, codebook
from crawler.dataset.schema import ADDRESSES, CELLS, DECISIONS, FINDINGS, REPORTS, WIDE, Column, Table
from crawler.dataset.tables import Dataset

FILE_NAME = "gongkai.xlsx"

#: Rows of a sheet, and characters of a cell, as Excel has them.
SHEET_ROWS = 1_048_576
CELL_CHARACTERS = 32_767

_SHEETS = (WIDE, REPORTS, CELLS, FINDINGS, ADDRESSES, DECISIONS)
_FORMATS = {"integer": "0", "number": "#,##0.######"}
_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": False,
}


def write_xlsx(dataset: Dataset, folder: Path, *, dated: datetime, rows_a_sheet: int = SHEET_ROWS) -> Iterator[tuple[str, int]]:
    """Write the workbook, and yield each sheet with its number of rows; -1 for a table too long for a sheet.

    `dated` is put into its properties, so that the same data give the same bytes.
    """
    from xlsxwriter import Workbook

    counts = {table.name: dataset.number(f"SELECT count(*) FROM publish.{table.name}") for table in _SHEETS}  # noqa: S608 - our own names
    book = Workbook(str(folder / FILE_NAME), _OPTIONS)
    book.set_properties({"title": "政府信息公开工作年度报告 dataset", "created": dated})
    bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
    formats = {kind: book.add_format({"num_format": code}) for kind, code in _FORMATS.items()}
    fitting = [table for table in _SHEETS if counts[table.name] < rows_a_sheet]
    _about(book, bold, [table for table in _SHEETS if table not in fitting], counts)
    for table in fitting:
        sheet = _sheet(book, bold, table.name, [column.name for column in table.columns], counts[table.name])
        _rows(sheet, dataset, table, formats)
        yield table.name, counts[table.name]
    entries = codebook()
    sheet = _sheet(book, bold, "codebook", list(COLUMNS), len(entries))
    for number, entry in enumerate(entries, 1):
        for col, name in enumerate(COLUMNS):
            sheet.write_string(number, col, getattr(entry, name))
    yield "codebook", len(entries)
    book.close()
    for table in _SHEETS:
        if table not in fitting:
            yield table.name, -1


def _about(book: Any, bold: Any, left_out: list[Table], counts: dict[str, int]) -> None:
    sheet = book.add_worksheet("about")
    sheet.set_column(0, 0, 120)
    sheet.write_string(0, 0, "Annual reports on government-information disclosure in China (政府信息公开工作年度报告)", bold)
    lines = [*NOTES, "", "The prose of the reports (sections) is in the other formats: a cell of Excel cannot hold it."]
    lines += [
        f"LEFT OUT: {table.name} has {counts[table.name]:,} rows, more than a sheet of Excel holds. Take it from Parquet, CSV or SQLite."
        for table in left_out
    ]
    for number, line in enumerate(lines, 2):
        sheet.write_string(number, 0, line)


def _sheet(book: Any, bold: Any, name: str, heads: list[str], rows: int) -> Any:
    sheet = book.add_worksheet(name)
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, max(rows, 1), len(heads) - 1)
    sheet.set_column(0, len(heads) - 1, 16)
    for col, head in enumerate(heads):
        sheet.write_string(0, col, head, bold)
    return sheet


def _rows(sheet: Any, dataset: Dataset, table: Table, formats: dict[str, Any]) -> None:
    writers = [_writer(sheet, column, formats) for column in table.columns]
    cursor = dataset.cursor().execute(table.select())
    number = 0
    while batch := cursor.fetchmany(2048):
        for row in batch:
            number += 1
            for col, (value, write) in enumerate(zip(row, writers, strict=True)):
                if value is not None:
                    write(number, col, value)


def _writer(sheet: Any, column: Column, formats: dict[str, Any]) -> Any:
    if column.type == "boolean":
        return sheet.write_boolean
    if column.type in formats:
        return lambda row, col, value: sheet.write_number(row, col, value, formats[column.type])
    return lambda row, col, value: sheet.write_string(row, col, _fitting(value))


def _fitting(text: str) -> str:
    mark = " […cut: the whole text is in the other formats]"
    return text if len(text) <= CELL_CHARACTERS else text[: CELL_CHARACTERS - len(mark)] + mark
