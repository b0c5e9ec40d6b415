"""Spreadsheets: a cell's figure is what the sheet shows, and what it hides is not read."""

import io

import openpyxl
import pytest

from parsers import Page, read_report
from parsers.document import open_document
from parsers.media.numfmt import show_general, show_number
from tests.files import write_xlsx
from tests.pages import checks, compose, kinds, values


@pytest.mark.parametrize("number, code, shown", [
    (0, '0;-0;"-"', "-"), (0, "0;;", ""), (0, "#", ""), (1204, "#,##0", "1,204"), (1204.5, "#,##0.00_ ", "1,204.50"), (-8, "0", "-8"),
    (-8, "0;(0)", "(8)"), (5, '0"件"', "5件"), (0.5, "0%", "50%"), (2.5, "0", "3"), (7, "@", "7"), (12, "General", "12"), (12, "", "12"),
    (1234567, "#,", None), (44927, "yyyy-mm-dd", None), (5, "[>3]0;0", None), (5, "0.0E+0", None), (5, ";;;", ""), (0.1 + 0.2, "General", "0.3"),
    (3, "[Red]0", "3"), (1, '[$¥-804]#,##0.00', "¥1.00"), (9, "000", "009"), (1.5, "0.##", "1.5"),
])  # fmt: skip
def test_a_number_is_shown_as_its_format_says_or_not_at_all(number, code, shown):
    assert show_number(number, code) == shown


def test_general_shows_eleven_digits():
    assert [show_general(n) for n in (1.0, 185277.44, 1 / 3, 123456789012.0)] == ["1", "185277.44", "0.333333333", "1.23457E+11"]


def edit(body, change):
    book = openpyxl.load_workbook(io.BytesIO(body))
    change(book, book.active)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.fixture(scope="module")
def composed():
    return compose("2021")


@pytest.fixture(scope="module")
def body(composed):
    return write_xlsx(composed)


def spot(sheet, value):
    return next(cell for row in sheet.iter_rows() for cell in row if cell.value == value)


@pytest.fixture(scope="module")
def key(composed):
    return next(key for key in composed.cells if key.startswith("requests."))


@pytest.mark.parametrize("value, code, kind, raw", [
    (0, '0;-0;"-"', "dash", "-"), (0, "0;;", "blank", ""), (1204, "#,##0", "number", "1,204"), ("37", "@", "number", "37"), (None, "General", "blank", ""),
    (45000, "yyyy/m/d", "text", None), ("=1+1", "General", "lost", None), ("无", "General", "dash", "无"),
])  # fmt: skip
def test_a_cell_is_read_as_it_is_shown(composed, body, key, value, code, kind, raw):
    def change(book, sheet):
        cell = spot(sheet, composed.cells[key])
        cell.value, cell.number_format = value, code

    report = read_report(Page(edit(body, change)))
    (cell,) = [cell for cell in report.cells if cell.key == key]
    assert cell.kind == kind and (cell.value is None or kind == "number")
    assert raw is None or cell.raw == raw


def test_a_formula_without_a_saved_result_is_no_nought_and_no_blank(composed, body, key):
    def change(book, sheet):
        spot(sheet, composed.cells[key]).value = "=SUM(A1:A2)"

    report = read_report(Page(edit(body, change)))
    assert kinds(report)[key] == "lost" and "media.formula" in checks(report)


def test_without_borders_and_with_figures_as_text_the_sheet_reads_the_same(composed):
    assert values(read_report(Page(write_xlsx(composed, numbers=False, borders=False)))) == composed.cells


def test_a_hidden_row_is_not_on_the_page(composed, body, key):
    row_keys = {k for k in composed.cells if k.rpartition(".")[0] == key.rpartition(".")[0]}

    def change(book, sheet):
        sheet.row_dimensions[spot(sheet, composed.cells[key]).row].hidden = True

    report = read_report(Page(edit(body, change)))
    wrong = {k for k, value in values(report).items() if value != composed.cells[k]}
    assert wrong == row_keys and all(values(report)[k] is None for k in wrong)
    assert "media.hidden" in checks(report)


def test_a_hidden_column_of_figures_leaves_no_figure_in_another_place(composed, body, key):
    def change(book, sheet):
        sheet.column_dimensions[spot(sheet, composed.cells[key]).column_letter].hidden = True

    report = read_report(Page(edit(body, change)))
    assert all(value in (None, composed.cells[k]) for k, value in values(report).items())
    assert "media.hidden" in checks(report) and report.verdict == "partial"


def test_a_hidden_sheet_is_not_read_and_named(composed, body):
    def change(book, sheet):
        other = book.create_sheet("草稿", 0)
        other["A1"] = "二、主动公开政府信息情况"
        other.sheet_state = "hidden"
        book.active = 1

    report = read_report(Page(edit(body, change)))
    assert values(report) == composed.cells
    assert any("草稿" in finding.message for finding in report.findings)


def test_zeros_that_a_sheet_does_not_show_are_blank():
    composed = compose("2021", unique=False)

    def change(book, sheet):
        sheet.sheet_view.showZeros = False

    report = read_report(Page(edit(write_xlsx(composed), change)))
    assert {values(report)[key] for key, value in composed.cells.items() if value == 0} == {None}


def test_a_report_over_several_sheets_is_one_report(composed, body):
    book = openpyxl.load_workbook(io.BytesIO(body))
    first = book.active
    second = book.create_sheet("续")
    start = next(row for row in range(1, first.max_row) if str(first.cell(row, 1).value).startswith("四、政府信息公开行政复议"))
    ranges = [r for r in first.merged_cells.ranges if r.min_row >= start]
    for row in first.iter_rows(min_row=start):
        for cell in row:
            if not isinstance(cell, openpyxl.cell.cell.MergedCell):
                second.cell(cell.row - start + 1, cell.column, cell.value)
    for merged in ranges:
        first.unmerge_cells(str(merged))
        merged.shift(row_shift=1 - start)
        second.merge_cells(str(merged))
    first.delete_rows(start, 100)
    out = io.BytesIO()
    book.save(out)
    assert values(read_report(Page(out.getvalue()))) == composed.cells


def test_a_workbook_as_one_xml_file_is_read():
    rows = "".join(
        f'<Row>{"".join(f"<Cell><Data ss:Type={chr(34)}String{chr(34)}>{text}</Data></Cell>" for text in row)}</Row>'
        for row in (("信息内容", "本年制发件数", "本年废止件数", "现行有效件数"), ("规章", "1", "2", "3"), ("行政规范性文件", "4", "5", "6"))
    )
    body = (
        '<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
        f'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet ss:Name="一"><Table>{rows}</Table></Worksheet></Workbook>'
    ).encode()
    document = open_document(Page(body))
    ((_, grid),) = document.grids
    assert [[cell.text for cell in row] for row in grid.rows][1] == ["规章", "1", "2", "3"]
    assert document.places["table[1]/r2c3"] == "sheet[一]/C2"


def test_a_record_says_which_cell_of_the_sheet_holds_a_figure(composed, body, key):
    book = openpyxl.load_workbook(io.BytesIO(body))
    report = read_report(Page(body, "a.xlsx", "application/octet-stream"))
    cell = next(cell for cell in report.cells if cell.key == key)
    name, _, place = cell.at.removeprefix("sheet[").partition("]/")
    assert str(book[name][place].value) == cell.raw == str(composed.cells[key])


def test_a_figure_merged_over_two_rows_or_white_on_white_is_not_read(composed, body, key):
    def merge(book, sheet):
        cell = spot(sheet, composed.cells[key])
        sheet.merge_cells(start_row=cell.row, end_row=cell.row + 1, start_column=cell.column, end_column=cell.column)

    def whiten(book, sheet):
        spot(sheet, composed.cells[key]).font = openpyxl.styles.Font(color="FFFFFFFF")

    def on_ground(book, sheet):
        whiten(book, sheet)
        spot(sheet, composed.cells[key]).fill = openpyxl.styles.PatternFill("solid", "FF0000FF")

    assert kinds(read_report(Page(edit(body, merge))))[key] == "ambiguous"
    assert kinds(read_report(Page(edit(body, whiten))))[key] == "lost"
    assert values(read_report(Page(edit(body, on_ground)))) == composed.cells
