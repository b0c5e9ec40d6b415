"""One composed report as files of many kinds, each written by the library that others write them with."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from html import escape

import docx
import openpyxl
import xlwt
from openpyxl.styles import Border, Side
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from crawler.demo.compose import Composed
from crawler.demo.tables import Rows, grid_width, html_table


def blocks(composed: Composed) -> Iterator[tuple[str, str | Rows]]:
    """("title" | "heading" | "text", words) and ("table", rows) in reading order."""
    tables = iter(composed.rows)
    yield "title", composed.title
    for chapter in composed.chapters:
        yield "heading", chapter.heading
        for paragraph in chapter.paragraphs:
            yield "text", paragraph
        if chapter.table:
            yield "table", next(tables)


def places(rows: Rows) -> Iterator[tuple[int, int, object]]:
    """(row, column, box) of each box, laid out as spans demand."""
    taken: set[tuple[int, int]] = set()
    for y, row in enumerate(rows):
        x = 0
        for box in row:
            while (y, x) in taken:
                x += 1
            yield y, x, box
            taken.update((y + dy, x + dx) for dy in range(box.rows) for dx in range(box.cols))
            x += box.cols


def write_docx(composed: Composed) -> bytes:
    document = docx.Document()
    for kind, content in blocks(composed):
        if kind != "table":
            document.add_paragraph(content)
            continue
        table = document.add_table(len(content), grid_width(content), style="Table Grid")
        for y, x, box in places(content):
            cell = table.cell(y, x)
            if box.rows > 1 or box.cols > 1:
                cell = cell.merge(table.cell(y + box.rows - 1, x + box.cols - 1))
            cell.text = box.text
    return _saved(document.save)


def write_xlsx(composed: Composed, *, numbers: bool = True, borders: bool = True) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "年报"
    line = Side(style="thin")
    row = 1
    for kind, content in blocks(composed):
        if kind != "table":
            sheet.cell(row, 1, content)
            row += 1
            continue
        for y, x, box in places(content):
            value = int(box.text) if numbers and box.text.isdigit() else box.text
            for dy in range(box.rows):
                for dx in range(box.cols):
                    if borders:
                        sheet.cell(row + y + dy, x + dx + 1).border = Border(line, line, line, line)
            sheet.cell(row + y, x + 1, value)
            if box.rows > 1 or box.cols > 1:
                sheet.merge_cells(start_row=row + y, start_column=x + 1, end_row=row + y + box.rows - 1, end_column=x + box.cols)
        row += len(content)
    return _saved(book.save)


def write_xls(composed: Composed) -> bytes:
    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("年报")
    style = xlwt.easyxf("borders: left thin, right thin, top thin, bottom thin")
    row = 0
    for kind, content in blocks(composed):
        if kind != "table":
            sheet.write(row, 0, content)
            row += 1
            continue
        for y, x, box in places(content):
            value = int(box.text) if box.text.isdigit() else box.text
            if box.rows > 1 or box.cols > 1:
                sheet.write_merge(row + y, row + y + box.rows - 1, x, x + box.cols - 1, value, style)
            else:
                sheet.write(row + y, x, value, style)
        row += len(content)
    return _saved(book.save)


class _Pen:
    """Draws paragraphs and ruled tables on A4 as a word processor does: tables go on over the page break."""

    def __init__(self, rules: str, repeat_heads: bool, font_size: float) -> None:
        pdfmetrics.registerFont(UnicodeCIDFont(_FONT))
        self.out = io.BytesIO()
        self.canvas = Canvas(self.out, pagesize=A4, invariant=1)
        self.rules, self.repeat_heads, self.size = rules, repeat_heads, font_size
        self.y, self.page = _TOP, 1

    def turn(self) -> None:
        self.canvas.setFont(_FONT, 10)
        self.canvas.drawCentredString(A4[0] / 2, 30, f"— {self.page} —")
        self.canvas.showPage()
        self.y, self.page = _TOP, self.page + 1

    def paragraph(self, text: str, size: float = 12, indent: int = 2) -> None:
        for line in _wrap("\u3000" * indent + text, _RIGHT - _LEFT, size):
            if self.y < _BOTTOM + 20:
                self.turn()
            self.y -= 20
            self.canvas.setFont(_FONT, size)
            self.canvas.drawString(_LEFT, self.y, line)

    def table(self, rows: Rows) -> None:
        width = grid_width(rows)
        labels = 1 if width < 8 or width > 12 else 3
        share = (_RIGHT - _LEFT) / (width + labels) if width <= 12 else (_RIGHT - _LEFT) / width
        edges = [_LEFT]
        for column in range(width):
            edges.append(edges[-1] + share * (2 if column < labels and width <= 12 else 1))
        boxes = list(places(rows))
        lines = {(y, x): _wrap(box.text, edges[x + box.cols] - edges[x] - 4, self.size) for y, x, box in boxes}
        heights = [max([len(lines[y, x]) for yy, x, box in boxes if yy == y and box.rows == 1] or [1]) * (self.size + 2) + 6 for y in range(len(rows))]
        heads = next((y for y, row in enumerate(rows) if any(box.key for box in row)), 0)
        start = 0
        while start < len(rows):
            again = list(range(heads)) if start and self.repeat_heads else []
            free = self.y - _BOTTOM - sum(heights[y] for y in again)
            end = start
            while end < len(rows) and sum(heights[start : end + 1]) <= free:
                end += 1
            if end > start:
                if again:
                    self._draw(again, boxes, lines, heights, edges)
                self._draw(list(range(start, end)), boxes, lines, heights, edges)
            start = end
            if start < len(rows):
                self.turn()
        self.y -= 14

    def _draw(self, ys: list[int], boxes, lines, heights, edges) -> None:
        tops = {}
        top = self.y
        for y in ys:
            tops[y] = top
            top -= heights[y]
        for y, x, box in boxes:
            shown = [row for row in range(y, y + box.rows) if row in tops]
            if not shown:
                continue
            upper, lower = tops[shown[0]], tops[shown[-1]] - heights[shown[-1]]
            left, right = edges[x], edges[x + box.cols]
            self._rule(left, lower, right, upper, edges)
            if y not in tops:
                continue  # the words of a merged cell stand where it begins
            self.canvas.setFont(_FONT, self.size)
            middle = (upper + lower) / 2 + len(lines[y, x]) * (self.size + 2) / 2
            for number, line in enumerate(lines[y, x], 1):
                self.canvas.drawCentredString((left + right) / 2, middle - number * (self.size + 2) + 3, line)
        self.y = top

    def _rule(self, left: float, lower: float, right: float, upper: float, edges: list[float]) -> None:
        if self.rules == "none":
            return
        self.canvas.setLineWidth(0.5)
        self.canvas.line(left, lower, right, lower)
        self.canvas.line(left, upper, right, upper)
        if self.rules == "all" or left > edges[0]:
            self.canvas.line(left, lower, left, upper)
        if self.rules == "all" or right < edges[-1]:
            self.canvas.line(right, lower, right, upper)


_FONT = "STSong-Light"
_LEFT, _RIGHT, _TOP, _BOTTOM = 70.0, 525.0, 770.0, 70.0


def _wrap(text: str, room: float, size: float) -> list[str]:
    lines = []
    for part in text.split("\n"):
        line = ""
        for char in part:
            if pdfmetrics.stringWidth(line + char, _FONT, size) > room and line:
                lines.append(line)
                line = ""
            line += char
        lines.append(line)
    return lines


def write_pdf(composed: Composed, *, rules: str = "all", repeat_heads: bool = False, font_size: float = 8) -> bytes:
    """`rules`: "all" lines are drawn, "open" leaves the outer sides away, "none" draws no line."""
    pen = _Pen(rules, repeat_heads, font_size)
    for kind, content in blocks(composed):
        if kind == "table":
            pen.table(content)
        elif kind == "title":
            pen.paragraph(content, 16, 1)
        else:
            pen.paragraph(content)
    pen.turn()
    pen.canvas.save()
    return pen.out.getvalue()


def write_html(composed: Composed) -> str:
    parts = []
    for kind, content in blocks(composed):
        parts.append(html_table(content, "plain") if kind == "table" else f"<p>{escape(content)}</p>")
    return f"<html><head><meta charset='utf-8'><title></title></head><body>{''.join(parts)}</body></html>"


def write_mht(composed: Composed) -> bytes:
    message = EmailMessage()
    message["Subject"] = "report"
    message["MIME-Version"] = "1.0"
    message.set_content(write_html(composed), subtype="html", charset="utf-8", cte="quoted-printable")
    message.make_related()
    message.add_related(b"\x89PNG\r\n\x1a\n", "image", "png")
    return message.as_bytes()


def write_rtf(composed: Composed) -> bytes:
    """RTF as Word 97 wrote it: Chinese as bytes of code page 936, merged cells by marks."""

    def words(text: str) -> str:
        out = ""
        for char in text:
            if char == "\n":
                out += "\\line "
            else:
                out += char if char.isascii() else "".join(f"\\'{byte:02x}" for byte in char.encode("gbk"))
        return out

    parts = ["{\\rtf1\\ansi\\ansicpg936\\deff0{\\fonttbl{\\f0\\fnil\\fcharset134 SimSun;}}\n"]
    for kind, content in blocks(composed):
        if kind != "table":
            parts.append(f"\\pard {words(content)}\\par\n")
            continue
        width = grid_width(content)
        shown = {(y, x): box for y, x, box in places(content)}
        down = {(y + dy, x): box for (y, x), box in shown.items() for dy in range(1, box.rows)}
        for y in range(len(content)):
            cells, ends = "", ""
            x = 0
            while x < width:
                box = shown.get((y, x)) or down.get((y, x))
                cols = box.cols if box else 1
                mark = "\\clvmgf" if box and (y, x) in shown and box.rows > 1 else "\\clvmrg" if (y, x) in down else ""
                ends += f"{mark}\\cellx{(x + cols) * 500}"
                cells += f"\\pard\\intbl {words(box.text) if box and (y, x) in shown else ''}\\cell "
                x += cols
            parts.append(f"\\trowd {ends}{cells}\\row\n")
    return ("".join(parts) + "}").encode("ascii")


def _saved(save: Callable[[io.BytesIO], object]) -> bytes:
    out = io.BytesIO()
    save(out)
    return out.getvalue()


WRITERS: dict[str, Callable[[Composed], bytes]] = {
    "docx": write_docx, "xlsx": write_xlsx, "xls": write_xls, "pdf": write_pdf, "mht": write_mht, "rtf": write_rtf,
}
