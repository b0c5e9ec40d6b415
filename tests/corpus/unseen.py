"""What stands in a cell beside its figure, or beside its table, and is no part of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from html import escape

from crawler.demo.tables import Box, Rows
from tests.corpus.sample import Sample, base, sample, wrap_page, write_page, write_table

BESIDE: dict[str, str] = {
    "hidden before": "<span style='display:none'>7</span>{}",
    "hidden behind, as Word hides": "{}<span style='DISPLAY: none; mso-hide: all'>7</span>",
    "hidden but laid out": "{}<i style='visibility: hidden'>7</i>",
    "of no size": "{}<font style='font-size:0px'>7</font>",
    "hidden by its class": "<b class='tpl x'>7</b>{}",
    "hidden by its attribute": "{}<span hidden>7</span>",
    "footnote": "{}<sup>1</sup>",
    "footnote with a link": "{}<a href='#_ftn1'><sup>2</sup></a>",
    "footnote by its style": "{}<span style='font-size:8pt;vertical-align:super'>3</span>",
    "footnote in a circle": "{}①",
    "footnote in brackets": "{}<sup>[1]</sup>",
    "raised all through": "<sup>{}</sup>",
    "reading aid": "<ruby>{}<rt>7</rt></ruby>",
    "list to choose from": "<select><option>7</option><option selected>{}</option></select>",
    "box to fill in": "<input type=text value='{}'>",
    "box and the figure": "<input type=text value='{0}'>{0}",
    "empty mark of Word": "{}<o:p></o:p>",
}


def unseen_samples() -> Iterator[Sample]:
    """Each way on both forms."""
    for form in ("2019", "2021"):
        composed, tables = base(form)
        for name, pattern in BESIDE.items():
            body = write_page(composed, tables, _beside(pattern))
            yield sample(f"{form} {name}", "unseen", composed, body)
        for write in (spacer_row, hidden_pattern_rows):
            yield sample(f"{form} {write.__name__}", "unseen", composed, write_page(composed, tables, write))
        prose = [f"<p><b>{c.heading}</b></p>" + "".join(f"<p>{p}</p>" for p in c.paragraphs) for c in composed.chapters]
        html = [write_table(rows) for rows in tables]
        old = "".join(write_table([[Box("9" + box.text, box.cols, box.rows) if box.key else box for box in row] for row in rows]) for rows in tables)
        page = f"<h1>{composed.title}</h1><div style='display: none'>{old}</div>" + prose[0]
        page += "".join(map("".join, zip(prose[1:4], html, strict=True))) + "".join(prose[4:])
        yield sample(f"{form} another year's tables hidden", "unseen", composed, wrap_page(composed, page))


def _beside(pattern: str) -> Callable[[Rows], str]:
    def write(rows: Rows) -> str:
        out = ["<style>.tpl { color: red; display: none }</style><table>"]
        for row in rows:
            out.append("<tr>")
            for box in row:
                text = pattern.format(escape(box.text)) if box.key else escape(box.text)
                out.append(f"<td colspan={box.cols} rowspan={box.rows}>{text}</td>")
            out.append("</tr>")
        return "".join([*out, "</table>"])

    return write


def spacer_row(rows: Rows) -> str:
    """Word and Excel end a table whose columns do not line up with a row of empty cells."""
    cells = "<td width=64 style='border:none'></td>" * sum(box.cols for box in rows[0])
    return write_table(rows).replace("</table>", f"<![if !supportMisalignedColumns]><tr height=0>{cells}</tr><![endif]></table>")


def hidden_pattern_rows(rows: Rows) -> str:
    """Before each row of figures a hidden copy of it, which a script fills."""
    out = []
    for row in rows:
        if any(box.key for box in row) and not any(box.rows > 1 for box in row):
            out.append("<tr style='display:none'>" + "".join(f"<td>{'77' if box.key else escape(box.text)}</td>" for box in row) + "</tr>")
        out.append("<tr>" + "".join(f"<td colspan={box.cols} rowspan={box.rows}>{escape(box.text)}</td>" for box in row) + "</tr>")
    return f"<table>{''.join(out)}</table>"
