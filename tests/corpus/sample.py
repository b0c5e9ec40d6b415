"""What a sample is, and how a page is put together around its tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import escape

from crawler.demo.compose import Composed
from crawler.demo.tables import Box, Rows
from tests.pages import compose

Number = int | float


@dataclass(frozen=True)
class Sample:
    """One page. `cells` are its figures by key; a key that is not in it has no figure on the page.

    `axis` names the kind of difference, which is what a floor is kept for. `unread` are keys
    that no honest reader can place: they must come back null. `sums`: the figures add up as the form
    demands, and then they are not all different.
    """

    name: str
    axis: str
    body: bytes
    cells: Mapping[str, Number | None]
    media_type: str = "text/html"
    unread: frozenset[str] = field(default=frozenset())
    sums: bool = False


#: the tables of a report in the order of its sections: "disclosure", "requests", "proceedings"
Tables = Sequence[Rows]
Writer = Callable[[Rows], str]


def write_cell(box: Box, tag: str = "td") -> str:
    """One cell in plain HTML."""
    spans = (f' colspan="{box.cols}"' if box.cols > 1 else "") + (f' rowspan="{box.rows}"' if box.rows > 1 else "")
    return f"<{tag}{spans}>{escape(box.text, quote=False).replace(chr(10), '<br>')}</{tag}>"


def write_table(rows: Rows) -> str:
    """A clean table."""
    return "<table border=1>" + "".join(f"<tr>{''.join(map(write_cell, row))}</tr>\n" for row in rows) + "</table>"


def write_page(composed: Composed, tables: Tables, write: Writer = write_table, *, charset: str = "utf-8") -> bytes:
    """A report page: title, chapters, and in each chapter its table."""
    waiting = iter(tables)
    parts = [f"<h1>{composed.title}</h1>"]
    for chapter in composed.chapters:
        parts.append(f"<p><strong>{chapter.heading}</strong></p>")
        parts += [f"<p>　　{paragraph}</p>" for paragraph in chapter.paragraphs]
        if chapter.table:
            parts.append(write(next(waiting)))
    return wrap_page(composed, "\n".join(parts), charset=charset)


def wrap_page(composed: Composed, body: str, *, charset: str = "utf-8") -> bytes:
    """`<html>` around the body of a report."""
    head = f'<meta charset="{charset}"><title>{composed.title}</title>'
    return f"<!DOCTYPE html><html><head>{head}</head><body>{body}</body></html>".encode(charset)


def sample(name: str, axis: str, composed: Composed, body: bytes, *, without: Sequence[str] = (), media_type: str = "text/html") -> Sample:
    """A sample of a composed report; `without` are prefixes of keys whose figures cannot be placed."""
    gone = frozenset(key for key in composed.cells if any(key.startswith(prefix) for prefix in without))
    return Sample(name, axis, body, composed.cells, media_type, gone)


def change(rows: Rows, edit: Callable[[int, Box], Box | None]) -> Rows:
    """Rows with every box passed through `edit(row number, box)`; None drops it."""
    return [[new for box in row if (new := edit(y, box)) is not None] for y, row in enumerate(rows)]


def relabel(rows: Rows, words: Mapping[str, str]) -> Rows:
    """Rows with the texts of labels replaced."""
    return change(rows, lambda _, box: box if box.key else replace(box, text=words.get(box.text, box.text)))


def base(form: str, *, unique: bool = True) -> tuple[Composed, list[Rows]]:
    """A report and its tables: with a figure of its own in every cell, or with figures whose sums hold."""
    composed = compose(form, unique=unique)
    return composed, list(composed.rows)
