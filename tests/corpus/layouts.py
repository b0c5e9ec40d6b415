"""The same report laid out in the ways of forms and editors: spans, splits, nesting, wrapping, tags left out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from html import escape

from crawler.demo.tables import Box, Rows, grid_width, widen, word_runs
from tests.corpus.sample import Sample, base, change, sample, wrap_page, write_cell, write_page, write_table
from tests.dialects import DIALECTS, chapters

Change = Callable[[Rows], Rows]


# ------------------------------------------------------------------------------------ spans


def no_colspans(rows: Rows) -> Rows:
    """Every colspan lost: rows are shorter than they were, and shift to the left."""
    return change(rows, lambda _, box: replace(box, cols=1))


def no_rowspans(rows: Rows) -> Rows:
    """Every rowspan lost."""
    return change(rows, lambda _, box: replace(box, rows=1))


def no_spans(rows: Rows) -> Rows:
    """Neither is left: only the order of the cells."""
    return no_colspans(no_rowspans(rows))


def doubled_grid(rows: Rows) -> Rows:
    """Two grid columns for each column."""
    return widen(rows, 2 * grid_width(rows))


def padded_head_rows(rows: Rows) -> Rows:
    """Empty cells instead of rowspans under the leaves of 行政复议."""
    if rows[0][0].text != "行政复议":
        return rows
    return [rows[0], [replace(box, rows=1) for box in rows[1]], [Box("")] * 5 + rows[2], rows[3]]


def empty_row_between(rows: Rows) -> Rows:
    """A blank row after every row of figures."""
    out: Rows = []
    for row in rows:
        out.append(row)
        if all(box.rows == 1 for box in row) and any(box.key for box in row) and len(out) > 20:
            out.append([Box("", grid_width(rows))])
    return out


def unequal_heads(rows: Rows) -> Rows:
    """In blocks of three columns the second head is the wide one, and the first figure (Shanghai 2019)."""
    if not any(box.text == "信息内容" for row in rows for box in row):
        return rows
    wide = [[replace(box, cols=5)] if len(row) == 1 else row for row in rows for box in row[:1]]
    out: Rows = []
    for row in wide:
        if len(row) != 4:
            out.append(row if len(row) == 1 else [*row[:-1], replace(row[-1], cols=5 - len(row) + 1)])
            continue
        at = 1 if row[1].key else 2
        out.append([replace(box, cols=2) if number == at else box for number, box in enumerate(row)])
    return out


SPANS: tuple[Change, ...] = (no_colspans, no_rowspans, no_spans, doubled_grid, padded_head_rows, empty_row_between, unequal_heads)


# ------------------------------------------------------------------------------------ writers


def th_everywhere(rows: Rows) -> str:
    """Every cell is a `<th>`."""
    return "<table>" + "".join(f"<tr>{''.join(write_cell(box, 'th') for box in row)}</tr>" for row in rows) + "</table>"


def end_tags_left_out(rows: Rows) -> str:
    """As HTML allows: no `</td>`, no `</tr>`."""
    return re.sub(r"</t[dr]>", "", write_table(rows))


def upper_case(rows: Rows) -> str:
    """Tags and attributes as the editors of 2005 wrote them."""
    return re.sub(r"</?[a-z]+[^>]*>", lambda m: m[0].upper(), write_table(rows))


def run_a_digit(rows: Rows) -> str:
    """One `<span>` a digit."""
    return _each(rows, lambda text: word_runs(text).replace("\n", "<br>"))


def font_a_character(rows: Rows) -> str:
    """One `<font>` a character, in labels as well."""
    return _each(rows, lambda text: "".join(f"<font>{escape(c)}</font>" if c != "\n" else "<br>" for c in text))


def paragraph_a_character_run(rows: Rows) -> str:
    """Labels cut into two paragraphs in the middle."""
    def cut(text: str) -> str:
        if len(text) > 4 and not text[-1].isdigit():
            return f"<p>{escape(text[: len(text) // 2])}</p><p>{escape(text[len(text) // 2 :])}</p>"
        return f"<p>{escape(text)}</p>"

    return _each(rows, cut)


def line_breaks_in_source(rows: Rows) -> str:
    """Source with line breaks and tabs inside the cells."""
    return _each(rows, lambda text: f"\n\t\t  {escape(text)}\n\t")


def nested_in_layout(rows: Rows) -> str:
    """Two tables for layout around each."""
    return f"<table><tr><td width=10>&nbsp;</td><td><table><tr><td>{write_table(rows)}</td></tr></table></td></tr></table>"


def table_a_cell(rows: Rows) -> str:
    """A little table inside every cell."""
    return _each(rows, lambda text: f"<table><tr><td>{escape(text)}</td></tr></table>")


def table_a_row(rows: Rows) -> str:
    """A table for every row, all spans over rows lost."""
    return "".join(write_table([row]) for row in no_rowspans(rows))


def thead_and_tbody(rows: Rows) -> str:
    """The first rows in `<thead>`, the rest in `<tbody>`s of ten rows; spans over rows stop at their ends."""
    html = [f"<tr>{''.join(map(write_cell, row))}</tr>" for row in rows]
    return f"<table><thead>{''.join(html[:3])}</thead><tbody>{''.join(html[3:])}</tbody></table>"


def hidden_rows(rows: Rows) -> str:
    """Comments, scripts and styles between and inside the cells."""
    return _each(rows, lambda text: f"<!-- 12 --><style>p{{}}</style>{escape(text)}<script>var a=77;</script>")


def divs_as_table(rows: Rows) -> str:
    """No table at all: a `<div>` a cell."""
    return "".join(f"<div class=row>{''.join(f'<div class=cell>{escape(box.text)}</div>' for box in row)}</div>" for row in rows)


def list_as_table(rows: Rows) -> str:
    """A list item a cell."""
    return "<ul>" + "".join(f"<li>{escape(box.text) or '&nbsp;'}</li>" for row in rows for box in row) + "</ul>"


def _each(rows: Rows, write: Callable[[str], str]) -> str:
    out = []
    for row in rows:
        cells = []
        for box in row:
            spans = (f" colspan={box.cols}" if box.cols > 1 else "") + (f" rowspan='{box.rows}'" if box.rows > 1 else "")
            cells.append(f"<td{spans}>{write(box.text)}</td>")
        out.append(f"<tr>{''.join(cells)}</tr>")
    return f"<table>{''.join(out)}</table>"


WRITERS: tuple[Callable[[Rows], str], ...] = (
    th_everywhere, end_tags_left_out, upper_case, run_a_digit, font_a_character, paragraph_a_character_run,
    line_breaks_in_source, nested_in_layout, table_a_cell, table_a_row, thead_and_tbody, hidden_rows,
    divs_as_table, list_as_table,
)  # fmt: skip


# ------------------------------------------------------------------------------------ whole pages


def layout_samples() -> Iterator[Sample]:
    """Samples of spans, writers, places of the tables, and dialects of text."""
    for form in ("2019", "2021"):
        composed, tables = base(form)
        for alter in SPANS:
            yield sample(f"{form} {alter.__name__}", "spans", composed, write_page(composed, [alter(rows) for rows in tables]))
        for write in WRITERS:
            yield sample(f"{form} {write.__name__}", "markup", composed, write_page(composed, tables, write))
        sound, sound_tables = base(form, unique=False)
        for alter in SPANS:
            body = write_page(sound, [alter(rows) for rows in sound_tables])
            yield replace(sample(f"{form} sums hold, {alter.__name__}", "sums hold", sound, body), sums=True)
        for write in WRITERS:
            body = write_page(sound, sound_tables, write)
            yield replace(sample(f"{form} sums hold, {write.__name__}", "sums hold", sound, body), sums=True)
        yield from _places(form)
        yield from _heads(form)
        yield from _damaged_text(form)
        for dialect in DIALECTS:
            text = chapters(composed, dialect)
            yield sample(f"{form} text {dialect.__name__}", "text", composed, text.encode(), media_type="text/plain")
            lines = "".join(f"<p>{escape(line) or '&nbsp;'}</p>" for line in text.split("\n"))
            yield sample(f"{form} paragraphs {dialect.__name__}", "text", composed, wrap_page(composed, lines))
            pre = f"<pre>{escape(text)}</pre>"
            yield sample(f"{form} pre {dialect.__name__}", "text", composed, wrap_page(composed, pre))


def _damaged_text(form: str) -> Iterator[Sample]:
    """Text from which the order of rows and cells cannot be had, or only in part: nothing may be made up."""
    composed, tables = base(form)
    figures = [[[box.text for box in row if box.key] for row in rows] for rows in tables]
    labels = [["".join(box.text for box in row if not box.key) for row in rows] for rows in tables]
    waiting = iter(range(3))
    apart, unlabelled, paged = [composed.title], [composed.title], [composed.title]
    for chapter in composed.chapters:
        for lines in (apart, unlabelled, paged):
            lines += [chapter.heading, *chapter.paragraphs]
        if not chapter.table:
            continue
        at = next(waiting)
        apart += labels[at] + [" ".join(row) for row in figures[at] if row]
        unlabelled += ["| " + " | ".join(row) + " |" for row in figures[at] if row] + labels[at]
        for number, row in enumerate(tables[at]):
            paged += ["\t".join(box.text for box in row), *([f"— {number} —", f"第 {number} 页 共 12 页"] if number % 7 == 6 else [])]
    for name, lines in (
        ("labels first, then figures", apart), ("figures without labels", unlabelled), ("page marks between rows", paged),
    ):
        yield sample(f"{form} text, {name}", "damaged text", composed, "\n".join(lines).encode(), media_type="text/plain")


def _places(form: str) -> Iterator[Sample]:
    """Tables before their heading, at the end of the page, behind filler, all in one, one a caption."""
    composed, tables = base(form)
    prose = [f"<p><b>{c.heading}</b></p>" + "".join(f"<p>{p}</p>" for p in c.paragraphs) for c in composed.chapters]
    html = [write_table(rows) for rows in tables]
    p, t = prose, html
    title = f"<h1>{composed.title}</h1>"
    filler = "<p>该部分以表格形式报告。表格如下：</p><p>编写说明：要注意数据间的逻辑关系，第一项加第二项之和，等于第三项加第四项之和。</p>"
    orders = {
        "tables before their heading": [p[0], t[0], p[1], t[1], p[2], t[2], *p[3:]],
        "tables at the end": [*p, *t],
        "tables first": [*t, *p],
        "filler before the table": [p[0], p[1], filler, t[0], p[2], filler, t[1], p[3], filler, t[2], *p[4:]],
        "headings of tables lost": [p[0], *t, *p[4:]],
        "no gap between tables": [p[0], p[1], "".join(t), *p[2:]],
    }
    for name, parts in orders.items():
        yield sample(f"{form} {name}", "places", composed, wrap_page(composed, title + "\n".join(parts)))
    one = write_table([row for rows in tables for row in widen(rows, 120)])
    yield sample(f"{form} one table", "places", composed, wrap_page(composed, title + p[0] + p[1] + one + "".join(p[2:])))
    blocks: list[Rows] = []
    for row in tables[0]:
        if row[0].text.startswith("第二十条"):
            blocks.append([])
        blocks[-1].append(row)
    five = "".join(map(write_table, blocks))
    yield sample(f"{form} a table a caption", "places", composed, write_page(composed, tables, lambda rows: five if rows is tables[0] else write_table(rows)))
    halves = "".join(write_table(part) for part in (tables[1][:14], tables[1][14:]))
    yield sample(f"{form} requests over two pages", "places", composed, write_page(composed, tables, lambda rows: halves if rows is tables[1] else write_table(rows)))
    again = "".join(write_table(part) for part in (tables[1][:14], tables[1][:3] + tables[1][14:]))
    yield sample(f"{form} requests over two pages with the head again", "places", composed, write_page(composed, tables, lambda rows: again if rows is tables[1] else write_table(rows)))


def _heads(form: str) -> Iterator[Sample]:
    """Heads cut at a line break, cut short, spaced, and with the caption's number lost."""
    composed, tables = base(form)

    def head(edit: Callable[[str], str]) -> list[Rows]:
        return [change(rows, lambda _, box: box if box.key else replace(box, text=edit(box.text))) for rows in tables]

    edits: dict[str, Callable[[str], str]] = {
        "two heads 本年新": lambda t: "本年新" if t.startswith("本年新") and len(t) < 9 else t,
        "heads cut by a line break": lambda t: t[:3] + "\n" + t[3:] if 5 < len(t) < 10 and not t.startswith(("第", "（")) else t,
        "labels spaced out": lambda t: " ".join(t) if len(t) < 6 else t,
        "caption without its number": lambda t: "第二十条第" if t.startswith("第二十条") else t,
        "punctuation lost": lambda t: re.sub(r"[（）“”，：、/．.]", "", t) if len(t) > 6 else t,
        "enumerators lost": lambda t: re.sub(r"^(?:（[一二三四五六七]）|[一二三四]、|\d\.)", "", t),
        "half-width brackets": lambda t: t.replace("（", "(").replace("）", ") "),
        "现行有效件": lambda t: "现行有效件" if t == "现行有效件数" else t,
        "规范性文件": lambda t: "规范性文件" if t == "行政规范性文件" else t,
        "合计 for 总计": lambda t: t.replace("总计", "合计"),
        "traditional": lambda t: t.replace("数", "數").replace("业", "業").replace("构", "構").replace("务", "務").replace("处", "處"),
    }
    for name, edit in edits.items():
        yield sample(f"{form} {name}", "labels", composed, write_page(composed, head(edit)))
