"""What the readers of files hand on: the file's words and tables as small, well-formed HTML.

A Word table, a sheet and a table drawn on a PDF page are all boxes with spans; written as HTML they
go through the one door that pages go through, and no reader of sections, figures or organs needs to
know of files. Where a box stands in the file is kept beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from html import escape

from parsers.model import Finding

#: cells of one file; the longest report with its annexes has about 1,000
MAX_CELLS = 20_000
#: characters of one file; the longest report has about 50,000
MAX_TEXT = 2_000_000


class Unreadable(Exception):
    """A file that is not read. Its text is the reason, for the record."""


@dataclass(slots=True)
class Rendering:
    """A file as HTML. `places` names where a cell of the HTML stands in the file, if that says more.

    Keys of `places` are `table[n]/r<row>c<col>` as the HTML is counted, values are such as
    `sheet[表1]/C7` or `page[3]/table[1]/r4c4`. `page` is set instead of `html` by a file that only
    wraps a page: (bytes, charset that the wrapper declares).
    """

    html: str = ""
    places: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    page: tuple[bytes, str | None] | None = None


@dataclass(slots=True)
class Box:
    """One cell of a table to be written: its text or inner HTML, and its spans."""

    text: str = ""
    cols: int = 1
    rows: int = 1
    #: when given, stands instead of `text`
    html: str | None = None

    def __str__(self) -> str:
        spans = (f' colspan="{self.cols}"' if self.cols > 1 else "") + (f' rowspan="{self.rows}"' if self.rows > 1 else "")
        return f"<td{spans}>{write_text(self.text) if self.html is None else self.html}</td>"


def write_text(text: str) -> str:
    """Text as HTML; its line breaks are shown.

    >>> write_text("a < b\\nc")
    'a &lt; b<br>c'
    """
    return escape(text, quote=False).replace("\n", "<br>")


_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def mark_run(text: str, *, raised: bool, struck: bool, before: bool, lowered: bool = False) -> str:
    """A run as plain text from which no figure grows: superscripts behind something, and what is struck out.

    >>> mark_run("1", raised=True, struck=False, before=True), mark_run("7", raised=False, struck=True, before=False)
    ('¹', '~~7~~')
    """
    if struck and any(char.isdigit() for char in text):
        return f"~~{text}~~"
    if lowered and before:
        return text.translate(_LOWERED)
    return text.translate(_RAISED) if raised and before else text


def write_table(rows: Iterable[Sequence[Box]]) -> str:
    """Rows of boxes as one HTML table."""
    return "<table>" + "".join(f"<tr>{''.join(map(str, row))}</tr>" for row in rows) + "</table>"


def write_page(parts: Iterable[str]) -> str:
    """Blocks as a page. Raises Unreadable when there is more than any report holds."""
    html = "".join(parts)
    if len(html) > 4 * MAX_TEXT:
        raise Unreadable(f"the file holds more than {MAX_TEXT} characters; no report does")
    return f"<!DOCTYPE html><html><head></head><body>{html}</body></html>"
