"""The statutory tables as text, in the dialects that extractors and copy-and-paste leave behind."""

from __future__ import annotations

import re
from collections.abc import Callable

from crawler.demo.compose import Composed
from crawler.demo.tables import Rows

#: rows of cells; None is what a span of the row above or the cell before takes
Cells = list[list["str | None"]]


def chapters(composed: Composed, write: Callable[[Cells], str]) -> str:
    """A whole report as plain text, its tables written by `write`."""
    tables = iter(composed.rows)
    parts = [composed.title, ""]
    for chapter in composed.chapters:
        parts += [chapter.heading, *chapter.paragraphs]
        if chapter.table:
            parts.append(write(spread(next(tables))))
    return "\n".join(parts) + "\n"


def spread(rows: Rows) -> Cells:
    """Lay boxes with spans on a grid; what a span takes is None."""
    taken: dict[tuple[int, int], bool] = {}
    out: Cells = []
    for y, row in enumerate(rows):
        line: list[str | None] = []
        x = 0
        for box in row:
            while taken.get((x, y)):
                line.append(None)
                x += 1
            line.append(box.text)
            line.extend([None] * (box.cols - 1))
            for dy in range(1, box.rows):
                for dx in range(box.cols):
                    taken[x + dx, y + dy] = True
            x += box.cols
        while taken.get((x, y)):
            line.append(None)
            x += 1
        out.append(line)
    return out


def _flat(text: str) -> str:
    return text.replace("\n", " ")


def pipe_rows(cells: Cells) -> str:
    """`a | b | c ||`: one row a line, padding pipes for spans (but not in the last row)."""
    lines = []
    for number, row in enumerate(cells):
        shown = [_flat(c) for c in row if c is not None]
        padding = "" if number == len(cells) - 1 else " " + "|" * (row.count(None) + 1)
        lines.append(" | ".join(shown) + padding)
    return "\n".join(lines)


def markdown(cells: Cells) -> str:
    """A Markdown table, spans left empty."""
    width = max(map(len, cells))
    lines = ["| " + " | ".join(_flat(c or "") for c in row + [None] * (width - len(row))) + " |" for row in cells]
    return "\n".join([lines[0], "|" + "---|" * width, *lines[1:]])


def cell_a_line(cells: Cells) -> str:
    """One cell a line, each closed by a pipe, a run of pipes at the end of a row."""
    lines = []
    for row in cells:
        shown = [_flat(c) for c in row if c is not None]
        lines += [f"{text} |" for text in shown[:-1]] + [f"{shown[-1]} |" + "|" * row.count(None) + " |"]
    return "\n".join(lines)


def pipe_alone(cells: Cells) -> str:
    """A pipe alone on its line between all cells, and no row marks."""
    return "\n|\n".join(_flat(c) for row in cells for c in row if c is not None)


def paragraphs(cells: Cells) -> str:
    """A paragraph a cell with blank lines between, brackets, marks and enumerators of rows lost."""
    texts = [_flat(c) for row in cells for c in row if c is not None]
    return "\n\n".join(re.sub(r"^（[一二三四五六七]）|[（）“”，：、]", "", text) for text in texts)


def tabs(cells: Cells) -> str:
    """TAB and cell a line, TAB alone for merged cells, a blank line between rows, labels cut over lines."""
    lines = []
    for row in cells:
        for text in row:
            lines.append("\t" if text is None else "\t" + text.replace("）不", "）\n不"))
        lines.append("")
    return "\n".join(lines)


def tab_rows(cells: Cells) -> str:
    """One row a line, tabs between cells, as copied from a browser."""
    return "\n".join("\t".join(_flat(c or "") for c in row) for row in cells)


def spaces(cells: Cells) -> str:
    """One row a line, spaces between cells."""
    return "\n".join("   ".join(_flat(c) for c in row if c is not None) for row in cells)


DIALECTS: tuple[Callable[[Cells], str], ...] = (
    pipe_rows, markdown, cell_a_line, pipe_alone, paragraphs, tabs, tab_rows, spaces,
)
