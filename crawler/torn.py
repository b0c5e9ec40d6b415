"""The figure in which a page breaks off.

A page that was cut may end inside a cell: of 9330 the first three digits are there, and nothing shows that one is gone. That
figure is taken back, and with it what sums proved about empty cells; all others stand before the cut.
"""

from __future__ import annotations

import re
from dataclasses import replace

from parsers import Finding, Report
from parsers.model import Cell

_NOTE = "the page breaks off in this cell"
_END = re.compile(rb"</html\b", re.IGNORECASE)
_OPENS = re.compile(rb"<t[dh]\b", re.IGNORECASE)
_CLOSES = re.compile(rb"</t(?:d|h|r|body|able)\b", re.IGNORECASE)
_NUMBERS = re.compile(r"\d+")
_WIDE = tuple(digit.encode(code) for digit in "０１２３４５６７８９" for code in ("utf-8", "gb18030"))
#: bytes at the end of a page, of which the last cell takes a part
_NEAR = 1 << 16


def take_back_torn(report: Report, body: bytes, html: bool, truncated: bool) -> Report:
    """A report without the figure that the end of `body` cuts, if one stands there.

    `truncated` says that the body is known to be a part. Without that, a page of tables that ends in an open cell is one.
    """
    near = body[-_NEAR:]
    in_cell = html and _last(_OPENS, near) > _last(_CLOSES, near)
    text = near if not html else near[max(near.rfind(b"<"), near.rfind(b">")) + 1 :]
    # In plain text and in paragraphs nothing is open, but digits at the very end may go on.
    in_figure = text[-1:].isdigit() or text.endswith(_WIDE)
    broken = truncated or (html and not _END.search(near))
    if not (broken and (in_cell or in_figure)):
        return report
    torn = _last_cells(report.cells)
    if not torn:
        return report
    cells = tuple(
        replace(cell, value=None, kind="ambiguous", derived=None, note=_NOTE) if cell in torn else replace(cell, derived=None)
        for cell in report.cells
    )
    finding = Finding("form.ambiguous", "warning", f"{_NOTE}: whether its figure is whole is not known", tuple(cell.key for cell in torn))
    verdict = "partial" if report.verdict in ("verified", "flagged") else report.verdict
    return replace(report, cells=cells, findings=(*report.findings, finding), verdict=verdict)


def _last_cells(cells: tuple[Cell, ...]) -> list[Cell]:
    """The figures in the last place of the page that holds any: of the last table, or of the last line."""
    last: dict[str, tuple[int, ...]] = {}
    for cell in cells:
        if cell.at and cell.raw:
            kind = cell.at.partition("[")[0].partition(" ")[0]
            last[kind] = max(last.get(kind, ()), _place(cell.at))
    return [cell for cell in cells if cell.kind == "number" and cell.at and _place(cell.at) in last.values()]


def _place(at: str) -> tuple[int, ...]:
    return tuple(map(int, _NUMBERS.findall(at)))


def _last(pattern: re.Pattern[bytes], data: bytes) -> int:
    at = -1
    for found in pattern.finditer(data):
        at = found.start()
    return at
