"""Read what Office 2003 and WPS save as one XML file, mostly under the names .xls and .doc."""

from __future__ import annotations

import re

from lxml.etree import _Element

from parsers.media.docx import W, render_body
from parsers.media.numfmt import show_number
from parsers.media.package import parse_xml
from parsers.media.rendering import Rendering, Unreadable
from parsers.media.sheets import Sheet, SheetCell, Workbook, render_workbook

_SS = "{urn:schemas-microsoft-com:office:spreadsheet}"
_WORD_2003 = b"http://schemas.microsoft.com/office/word/2003/wordml"
_PKG = "{http://schemas.microsoft.com/office/2006/xmlPackage}"
_NAMED = re.compile(rb"\A\s*(?:\xef\xbb\xbf)?\s*<\?xml[^>]*\?>.{0,2000}?(urn:schemas-microsoft-com:office:spreadsheet|http://schemas\.microsoft\.com/office/word/2003/wordml|http://schemas\.microsoft\.com/office/2006/xmlPackage)", re.DOTALL)
_MAX_ACROSS = 200
_MAX_ROW = 3_000


def is_office_xml(body: bytes) -> bool:
    """Whether a file is a workbook or a document of Office as one XML file."""
    head = body[:4096]
    # Excel and Word also write HTML that names these spaces.
    return bool(_NAMED.match(head)) and b"<html" not in head.lower()


def read_office_xml(body: bytes) -> Rendering:
    """The workbook or document as HTML. Raises Unreadable."""
    root = parse_xml(body.strip().replace(_WORD_2003, W[1:-1].encode()), "the XML file")
    if root.tag == f"{_SS}Workbook":
        return render_workbook(_read_workbook(root))
    part: _Element | None = root
    if root.tag == f"{_PKG}package":
        part = _part(root, "/word/document.xml")
    body_part = part.find(f".//{W}body") if part is not None else None
    if body_part is None:
        raise Unreadable(f"an XML file of a kind that is not read: {root.tag[:120]}")
    return render_body(body_part, _part(root, "/word/numbering.xml"), _part(root, "/word/styles.xml"))


def _part(root: _Element, name: str) -> _Element | None:
    for part in root.iter(f"{_PKG}part"):
        if part.get(f"{_PKG}name") == name:
            data = part.find(f"{_PKG}xmlData")
            return data[0] if data is not None and len(data) else None
    return None


def _number(text: str | None, default: int) -> int:
    return int(text) if text and text.isdigit() and len(text) < 7 else default


def _read_workbook(root: _Element) -> Workbook:
    formats = {style.get(f"{_SS}ID"): form.get(f"{_SS}Format", "") for style in root.iter(f"{_SS}Style") for form in style.iter(f"{_SS}NumberFormat")}
    drawn = {style.get(f"{_SS}ID") for style in root.iter(f"{_SS}Style") if next(style.iter(f"{_SS}Border"), None) is not None}
    book = Workbook()
    for worksheet in root.iter(f"{_SS}Worksheet"):
        name = worksheet.get(f"{_SS}Name", "")
        visible = worksheet.find("{urn:schemas-microsoft-com:office:excel}WorksheetOptions/{urn:schemas-microsoft-com:office:excel}Visible")
        if (visible is not None and (visible.text or "").startswith("SheetHidden")) or (visible is not None and (visible.text or "").startswith("SheetVeryHidden")):
            book.hidden.append(name)
            book.sheets.append(None)
            continue
        book.sheets.append(_read_sheet(worksheet, name, formats, drawn))
    return book


def _read_sheet(worksheet: _Element, name: str, formats: dict[str | None, str], drawn: set[str | None]) -> Sheet:
    sheet = Sheet(name)
    x = 0
    for column in worksheet.iterfind(f"{_SS}Table/{_SS}Column"):
        x = _number(column.get(f"{_SS}Index"), x + 1)
        span = min(_number(column.get(f"{_SS}Span"), 0), _MAX_ACROSS)
        if column.get(f"{_SS}Hidden") == "1":
            sheet.hidden_cols.update(range(x - 1, x + span))
        x += span
    y = 0
    for row in worksheet.iterfind(f"{_SS}Table/{_SS}Row"):
        y = _number(row.get(f"{_SS}Index"), y + 1)
        if y > _MAX_ROW:
            raise Unreadable(f"the sheet “{name}” has more than {_MAX_ROW} rows; no report has")
        if row.get(f"{_SS}Hidden") == "1":
            sheet.hidden_rows.add(y - 1)
        x = 0
        for cell in row.iterfind(f"{_SS}Cell"):
            x = _number(cell.get(f"{_SS}Index"), x + 1)
            across = min(_number(cell.get(f"{_SS}MergeAcross"), 0), _MAX_ACROSS)
            down = min(_number(cell.get(f"{_SS}MergeDown"), 0), _MAX_ROW)
            style = cell.get(f"{_SS}StyleID")
            sheet.cells[y - 1, x - 1] = SheetCell(_shown(cell, formats.get(style, "")), style in drawn)
            if across or down:
                sheet.merged.append((y - 1, x - 1, y - 1 + down, x - 1 + across))
            x += across
        y += min(_number(row.get(f"{_SS}Span"), 0), _MAX_ROW)
    return sheet


def _shown(cell: _Element, form: str) -> str:
    data = cell.find(f"{_SS}Data")
    if data is None:
        return "\ufffd（公式无结果）" if cell.get(f"{_SS}Formula") else ""
    text = "".join(map(str, data.itertext()))
    if data.get(f"{_SS}Type") != "Number" or form in ("", "@"):
        return text
    named = {"General": "General", "Standard": "#,##0.00", "Fixed": "0.00", "Percent": "0.00%"}.get(form, form)
    try:
        shown = show_number(float(text), named)
    except ValueError:
        return text
    return f"\ufffd（格式不明）{text}" if shown is None else shown
