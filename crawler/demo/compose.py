"""Compose a report together with the truth about it.

`compose_report` is for the demonstration portals and for tests of the parser: it returns the
page as bytes and, beside it, what a reader must find in every cell. A `Shape` says how the
report is dressed; the shapes in `SHAPES` are those of real pages. The same arguments give the
same bytes.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from itertools import chain

from crawler.demo import tables
from crawler.demo.figures import Number, draw_figures, form_cells
from crawler.demo.prose import Chapter, Organ, write_chapters, write_modern
from crawler.demo.tables import Rows


@dataclass(frozen=True)
class Shape:
    """How a report is dressed.

    `markup`: plain (`<p>`) | div | br | word | layout (nested tables) | loose (a paragraph a
    cell) | pipes (text in `<pre>`). `tables`: three | split (a table a caption) | merged (all
    in one). `cells`: the style of `tables.html_table`.
    """

    markup: str = "plain"
    tables: str = "three"
    cells: str = "plain"
    heads: str = "full"  # full | cut | broken
    spans: str = "regular"  # regular | unequal
    digits: str = "plain"  # plain | wide | grouped
    zeros: str = "printed"  # printed | blank | dash
    notes: bool = False  # words behind a figure, a unit behind the amount
    filler: bool = False  # the notice's own remark between heading and table
    amount_head: str = ""  # another head for the amount column
    title: str = "organ-year"  # organ-year | year-organ | no-year | no-organ | two-lines


SHAPES: dict[str, Shape] = {
    "plain": Shape(),
    "th": Shape(cells="th", title="year-organ"),
    "word": Shape(markup="word", cells="word"),
    "word-cut": Shape(markup="word", cells="word", heads="cut", title="two-lines"),
    "word-merged": Shape(markup="word", cells="word", tables="merged"),
    "split": Shape(tables="split", filler=True),
    "merged": Shape(tables="merged", cells="old"),
    "unequal": Shape(spans="unequal", amount_head="采购总金额(万元)"),
    "cut": Shape(heads="cut", cells="old"),
    "broken": Shape(markup="div", heads="broken", title="year-organ"),
    "wide": Shape(markup="div", digits="wide", tables="split"),
    "grouped": Shape(digits="grouped", cells="th"),
    "notes": Shape(notes=True, filler=True),
    "blank": Shape(zeros="blank"),
    "dash": Shape(zeros="dash", cells="old", title="year-organ"),
    "br": Shape(markup="br", cells="old"),
    "layout": Shape(markup="layout", cells="old", tables="split"),
    "loose": Shape(markup="loose"),
    "pipes": Shape(markup="pipes"),
    "no-year": Shape(title="no-year"),
    "no-organ": Shape(title="no-organ", markup="div"),
}


@dataclass(frozen=True)
class Composed:
    """A report as HTML, and what it says. `cells` holds every cell of the form, `kinds` those that are no number."""

    title: str
    html: str  # the report alone, without the portal around it
    chapters: tuple[Chapter, ...]
    cells: dict[str, Number | None]
    kinds: dict[str, str]
    raw: dict[str, str]  # every cell as printed
    organ: str
    year: int
    form: str
    rows: tuple[Rows, ...] = field(repr=False, default=())

    @property
    def body(self) -> bytes:
        """The report as a bare page in UTF-8."""
        return self.encode("utf-8")

    def encode(self, charset: str) -> bytes:
        """The report as a bare page, declaring and using `charset`."""
        head = f'<meta charset="{charset}"><title>{escape(self.title)}</title>'
        return f"<!DOCTYPE html>\n<html><head>{head}</head><body>\n{self.html}\n</body></html>\n".encode(charset)

    def docx(self) -> bytes:
        """The report as a Word document."""
        parts = [tables.docx_paragraph(self.title)]
        laid = iter(self.rows)
        for chapter in self.chapters:
            parts += [tables.docx_paragraph(chapter.heading), *map(tables.docx_paragraph, chapter.paragraphs)]
            if chapter.table:
                parts += [tables.docx_table(next(laid)), tables.docx_paragraph("")]
        return _pack_docx("".join(parts))


def compose_report(
    *,
    form: str,
    organ: Organ | str,
    year: int,
    figures: Mapping[str, Number] | None = None,
    shape: Shape | str = "plain",
    overrides: Mapping[str, Number] | None = None,
    contradict: bool = False,
) -> Composed:
    """Write the report of an organ for a year on a form: "2008" (chapters), "2014" (chapters and annex), "2019", "2021".

    `figures` are drawn when not given; "2014" with `figures={}` leaves the annex out. `overrides`
    are printed instead of some figures, so that a sum breaks; `contradict` makes the prose name
    another number of requests than the table. The year and the form need not fit each other.
    """
    if isinstance(organ, str):
        organ = Organ(organ, "bureau", ("行政审批", "便民服务", "财政预决算"), "bureau", organ[:3])
    if isinstance(shape, str):
        shape = SHAPES[shape]
    if figures is None and form != "2008":
        figures = draw_figures(form, organ.name, year, organ.size)
    values = {**(figures or {}), **(overrides or {})}
    signed = {key for key, col in form_cells(form) if col.get("signed")} if form in ("2019", "2021") else set()
    raw = {key: tables.print_figure(value, shape.digits, shape.zeros, key in signed) for key, value in values.items()}
    if shape.notes:
        _annotate(raw, values)
    cells: dict[str, Number | None] = {}
    kinds: dict[str, str] = {}
    for key, value in values.items():
        absent = shape.zeros != "printed" and not value
        cells[key] = None if absent else value
        if absent:
            kinds[key] = shape.zeros
    if form in ("2019", "2021"):
        assert figures is not None  # noqa: S101  drawn above
        chapters = write_modern(organ, year, form, figures, contradict=contradict)
    else:
        chapters = write_chapters(organ, year, figures or None)
    title = write_title(organ.name, year, shape.title)
    rows: dict[str, list[Rows]] = _lay_tables(form, raw, shape, organ.name) if values else {}
    html = _MARKUPS[shape.markup](title, chapters, rows, shape)
    laid: tuple[Rows, ...] = tuple(list(chain.from_iterable(blocks)) for blocks in rows.values())
    return Composed(title.replace("\n", ""), html, chapters, cells, kinds, raw, organ.name, year, form, laid)


def write_title(organ: str, year: int, style: str) -> str:
    """The title in one of the ways titles are written; a line break may stand inside."""
    return {
        "organ-year": f"{organ}{year}年政府信息公开工作年度报告",
        "year-organ": f"{year}年{organ}政府信息公开工作年度报告",
        "no-year": f"{organ}政府信息公开工作年度报告",
        "no-organ": f"{year}年政府信息公开工作年度报告",
        "two-lines": f"{organ}\n{year}年政府信息公开工作年度报告",
    }[style]


def _annotate(raw: dict[str, str], values: Mapping[str, Number]) -> None:
    issued, in_force = "disclosure.normative_documents.issued", "disclosure.normative_documents.in_force"
    if values.get(issued):
        raw[issued] += "\n（其中修订1件）"
    if values.get(in_force):
        raw[in_force] += "（含自然失效2件）"
    if values.get("disclosure.procurement.amount"):
        raw["disclosure.procurement.amount"] += "元"


def _lay_tables(form: str, raw: Mapping[str, str], shape: Shape, organ: str) -> dict[str, list[Rows]]:
    """The tables of each section, as lists of rows; "disclosure" has one list or, split, one a caption."""
    if form == "2014":
        return {"annex": [tables.annex_rows(raw, organ)]}
    blocks = tables.disclosure_blocks(form, raw, shape.heads, shape.spans, shape.amount_head if form == "2019" else "")
    return {
        "disclosure": blocks if shape.tables == "split" else [list(chain.from_iterable(blocks))],
        "requests": [tables.requests_rows(form, raw)],
        "proceedings": [tables.proceedings_rows(form, raw)],
    }


_FILLER = "该部分以表格形式报告，数据由各股室汇总。"


def _lines(title: str, chapters: tuple[Chapter, ...], shape: Shape) -> list[tuple[str, str]]:
    """What stands on the page in order: ("title" | "heading" | "text" | "table", words)."""
    lines = [("title", title)]
    for chapter in chapters:
        lines.append(("heading", chapter.heading))
        lines += [("text", paragraph) for paragraph in chapter.paragraphs]
        if chapter.table:
            if shape.filler:
                lines.append(("text", _FILLER))
            lines.append(("table", chapter.table))
    return lines


def _as_blocks(title: str, chapters: tuple[Chapter, ...], rows: dict[str, list[Rows]], shape: Shape) -> str:
    """Paragraphs and tables one after the other; with merged tables, the headings between them become rows."""
    tag = "div" if shape.markup == "div" else "p"
    parts: list[str] = []
    merged: Rows = []
    for kind, words in _lines(title, chapters, shape):
        if kind == "table" and shape.tables == "merged" and words != "annex":
            merged += tables.widen(rows[words][0], 30)
            if words == "proceedings":
                parts.append(tables.html_table(merged, shape.cells))
        elif kind == "heading" and merged and words[:1] in "三四":
            merged.append([tables.Box(words, 30, head=True)])
        elif kind == "table":
            parts += [tables.html_table(table, shape.cells) for table in rows[words]]
            parts.append(f"<{tag}>&nbsp;</{tag}>")
        elif shape.markup == "word":
            parts.append(_word_paragraph(kind, words))
        else:
            text = escape(words, quote=False).replace("\n", "<br/>")
            style = ' style="text-align:center;"' if kind == "title" else ""
            inner = f"<strong>{text}</strong>" if kind != "text" else f"　　{text}"
            parts.append(f"<{tag}{style}>{inner}</{tag}>")
    return "\n".join(parts)


def _word_paragraph(kind: str, words: str) -> str:
    align = "text-align:center" if kind == "title" else "text-indent:32.0pt;mso-char-indent-count:2.0;line-height:28pt"
    font = "方正小标宋简体" if kind == "title" else "黑体" if kind == "heading" else "仿宋_GB2312"
    runs = tables.word_runs(words).replace("宋体", font)
    return f'<p class="MsoNormal" style="{align};mso-layout-grid-align:none">{runs}<span lang="EN-US"><o:p></o:p></span></p>'


def _as_breaks(title: str, chapters: tuple[Chapter, ...], rows: dict[str, list[Rows]], shape: Shape) -> str:
    """One container in which only <br> parts the lines."""
    parts = []
    for kind, words in _lines(title, chapters, shape):
        if kind == "table":
            parts += [tables.html_table(table, shape.cells) for table in rows[words]]
        else:
            parts.append(f"&nbsp;&nbsp;&nbsp;&nbsp;{escape(words, quote=False)}<br>\n")
    return f'<font face="宋体" size="3">{"".join(parts)}</font>'


def _as_layout(title: str, chapters: tuple[Chapter, ...], rows: dict[str, list[Rows]], shape: Shape) -> str:
    """Tables for layout around everything, two deep, and the end tags of old hand-written pages left out."""
    parts = []
    for kind, words in _lines(title, chapters, shape):
        if kind == "table":
            inner = "<br>".join(tables.html_table(table, shape.cells) for table in rows[words])
            parts.append(f'<tr><td><table width="100%" cellpadding="4"><tr><td>{inner}</td></tr></table></td></tr>')
        else:
            size = ' align="center"' if kind == "title" else ""
            parts.append(f'<tr><td{size} style="line-height:200%"><p>　　{escape(words, quote=False)}</td></tr>')
    return f'<table width="920" border="0" align="center"><tbody>{"".join(parts)}</tbody></table>'


def _as_loose(title: str, chapters: tuple[Chapter, ...], rows: dict[str, list[Rows]], shape: Shape) -> str:
    """No table is left: every cell is a paragraph."""
    parts = []
    for kind, words in _lines(title, chapters, shape):
        texts = [words] if kind != "table" else [text for table in rows[words] for text in tables.loose_cells(table)]
        parts += [f"<p>{escape(text, quote=False) or '&nbsp;'}</p>" for text in texts]
    return "\n".join(parts)


def _as_pipes(title: str, chapters: tuple[Chapter, ...], rows: dict[str, list[Rows]], shape: Shape) -> str:
    """Plain text in <pre>, a row a line, with pipes."""
    parts = []
    for kind, words in _lines(title, chapters, shape):
        if kind == "table":
            parts += [line for table in rows[words] for line in tables.pipe_lines(table)]
        else:
            parts.append(("" if kind == "title" else "    ") + words)
    return f'<pre style="white-space:pre-wrap">{escape(chr(10).join(parts), quote=False)}</pre>'


_MARKUPS = {
    "plain": _as_blocks,
    "div": _as_blocks,
    "word": _as_blocks,
    "br": _as_breaks,
    "layout": _as_layout,
    "loose": _as_loose,
    "pipes": _as_pipes,
}

_DOCX_TYPES = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/word/document.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
)
_DOCX_LINKS = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
    'Target="word/document.xml"/></Relationships>'
)


def _pack_docx(body: str) -> bytes:
    document = (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
        '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
        f"<w:body>{body}</w:body></w:document>"
    )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in (
            ("[Content_Types].xml", _DOCX_TYPES),
            ("_rels/.rels", _DOCX_LINKS),
            ("word/document.xml", document),
        ):
            # A fixed date: the bytes must not depend on the day.
            archive.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), text.encode(), zipfile.ZIP_DEFLATED)
    return packed.getvalue()
