"""Read the text layer of a PDF with pdfplumber: tables from their ruling lines, paragraphs from the lines between.

A PDF has no tables and no paragraphs, only marks at places. A figure belongs to the box that the ruling lines draw
around it; where the lines do not close a box around every figure, the table is handed on as lines of text,
which promise less. What a machine guessed from a picture (invisible text over a scan) is not
read: it is no witness for a figure. Time and memory are bounded by counting marks, since this room has no clock.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pdfplumber
from pdfminer.pdfdocument import PDFEncryptionError, PDFPasswordIncorrect
from pdfminer.pdfinterp import PDFPageInterpreter
from pdfminer.pdfpage import PDFPage
from pdfminer.pdftypes import resolve1
from pdfplumber.page import Page as PlumberPage
from pdfplumber.page import PDFPageAggregatorWithMarkedContent

from parsers.media.inflate import bounded_streams
from parsers.media.layout import join_pages
from parsers.media.rendering import MAX_CELLS, Rendering, Unreadable
from parsers.media.sheetful import Sheetful, read_sheetful
from parsers.model import Finding

#: pages; the longest report of a province with annexes has about 60
MAX_PAGES = 120
_MAX_CHARS = 200_000
# On one page; a table of 30 rows and 10 columns with four lines to a cell has 1,200.
_MAX_PATHS = 6_000
_MAX_FORMS = 2_000
_MAX_DEPTH = 12


class _TooMuch(Exception):
    """Raised by the interpreter when a page draws more than the bounds allow."""


class _Budget:
    """What is left of the marks that a file may draw."""

    def __init__(self) -> None:
        self.chars, self.paths, self.forms = _MAX_CHARS, _MAX_PATHS, _MAX_FORMS
        #: characters drawn without being shown
        self.invisible = 0

    def take(self, what: str, count: int = 1) -> None:
        left = getattr(self, what) - count
        setattr(self, what, left)
        if left < 0:
            raise _TooMuch(what)


class _Device(PDFPageAggregatorWithMarkedContent):
    """Keeps what is shown, and counts it."""

    def __init__(self, *args: Any, budget: _Budget, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._budget = budget

    def render_string(self, textstate: Any, seq: Any, ncs: Any, graphicstate: Any) -> None:
        # Rendering mode 3 draws nothing (ISO 32000-1, 9.3.6), 7 only clips.
        if textstate.render in (3, 7):
            self._budget.invisible += sum(len(part) for part in seq if isinstance(part, bytes))
            return
        super().render_string(textstate, seq, ncs, graphicstate)

    def render_char(self, *args: Any, **kwargs: Any) -> float:
        self._budget.take("chars")
        return super().render_char(*args, **kwargs)

    def paint_path(self, gstate: Any, stroke: bool, fill: bool, evenodd: bool, path: Any) -> None:
        self._budget.take("paths", 1 + len(path) // 5)
        super().paint_path(gstate, stroke, fill, evenodd, path)


class _Interpreter(PDFPageInterpreter):
    """Draws forms inside forms to a depth, since a form may name itself."""

    budget: _Budget
    depth = 0

    def subinterp(self) -> PDFPageInterpreter:
        other = type(self)(self.rsrcmgr, self.device)
        other.budget, other.depth = self.budget, self.depth + 1
        return other

    def do_Do(self, xobjid_arg: Any) -> None:
        self.budget.take("forms")
        if self.depth >= _MAX_DEPTH:
            raise _TooMuch("forms in forms")
        super().do_Do(xobjid_arg)


class _Page(PlumberPage):
    """A page of pdfplumber that is drawn within a budget."""

    budget: _Budget

    @property
    def layout(self) -> Any:
        if not hasattr(self, "_layout"):
            device = _Device(self.pdf.rsrcmgr, pageno=self.page_number, laparams=None, budget=self.budget)
            interpreter = _Interpreter(self.pdf.rsrcmgr, device)
            interpreter.budget = self.budget
            interpreter.process_page(self.page_obj)
            self._layout = device.get_result()
        return self._layout


def read_pdf(body: bytes) -> Rendering:
    """The text layer as HTML. Raises Unreadable for scans, for encrypted, damaged and hostile files."""
    budget = _Budget()
    sheets: list[Sheetful] = []
    pictures: list[int] = []
    findings: list[Finding] = []
    try:
        with bounded_streams(), pdfplumber.open(io.BytesIO(body[body.find(b"%PDF-") :])) as pdf:
            promised = pdf.doc.catalog.get("Pages")
            for page in _pages(pdf, budget, findings):
                sheet = read_sheetful(page)
                if not sheet.has_words and sheet.pictures:
                    pictures.append(page.page_number)
                sheets.append(sheet)
                page.close()
                if sum(sheet.boxes for sheet in sheets) > MAX_CELLS:
                    raise Unreadable(f"the tables of the PDF have more than {MAX_CELLS} cells; no report has")
            findings.extend(_missing_pages(promised, len(sheets)))
    except Exception as error:  # pdfminer promises no kind of exception for a damaged file
        raise Unreadable(_reason(error)) from error
    if b"%%EOF" not in body[-4096:]:
        findings.append(Finding("source.cut", "error", "the PDF has no end mark: it was cut off"))
    if not any(sheet.has_words for sheet in sheets):
        if not pictures:
            raise Unreadable(f"the PDF has {len(sheets)} pages, and no text and no picture on them")
        hidden = f", and the {budget.invisible} characters laid over it are a machine's reading of it" if budget.invisible else ""
        raise Unreadable(f"the PDF has no text layer: {len(pictures)} of its {len(sheets)} pages are pictures (a scan){hidden}")
    if pictures:
        names = ", ".join(map(str, pictures[:10]))
        findings.append(Finding("source.cut", "error", f"pages that are pictures without text were not read: {names}"))
    if budget.invisible:
        findings.append(Finding("media.invisible", "warning", f"{budget.invisible} characters are laid out invisibly, as a machine's reading of a scan; they were not read"))
    rendering = join_pages(sheets)
    rendering.findings[:0] = findings
    return rendering


def _pages(pdf: Any, budget: _Budget, findings: list[Finding]) -> Iterator[_Page]:
    doctop = 0.0
    for number, source in enumerate(PDFPage.create_pages(pdf.doc), 1):
        if number > MAX_PAGES:
            findings.append(Finding("source.cut", "error", f"the PDF has more than {MAX_PAGES} pages, and was not read to its end"))
            return
        page = _Page(pdf, source, page_number=number, initial_doctop=doctop)
        page.budget = budget
        budget.paths = _MAX_PATHS
        doctop += float(page.height)
        yield page


def _missing_pages(root: Any, found: int) -> Iterator[Finding]:
    """The root of the page tree says how many pages there are."""
    promised = resolve1(root)
    count = resolve1(promised.get("Count")) if isinstance(promised, dict) else None
    if isinstance(count, int) and found < min(count, MAX_PAGES):
        yield Finding("source.cut", "error", f"the PDF says it has {count} pages, and {found} are there")


def _reason(error: BaseException) -> str:
    seen: BaseException | None = error
    while seen is not None:
        # pdfplumber wraps what is raised while a page is drawn.
        for inner in (seen, *seen.args):
            if isinstance(inner, Unreadable):
                return str(inner)
            if isinstance(inner, _TooMuch):
                return f"the PDF draws more than any report does ({inner}); it was not read"
        if isinstance(seen, (PDFPasswordIncorrect, PDFEncryptionError)) or any(isinstance(arg, (PDFPasswordIncorrect, PDFEncryptionError)) for arg in seen.args):
            return "the PDF is encrypted; without its password it cannot be read"
        seen = seen.__cause__ or seen.__context__
    return f"the PDF is damaged or cut off: {type(error).__name__}: {' '.join(str(error).split())[:160]}"
