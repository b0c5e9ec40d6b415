"""Rows of Word's tables as its old formats define them: by edges on the page, not by columns.

In .doc and RTF a row says at its end where its cells begin and end, in twentieths of a point, and which are merged. The
columns of a table are the edges of all its rows together.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from parsers.media.rendering import Box, write_table

#: twentieths of a point; edges that were dragged to the same place by hand differ by so much
_SNAP = 60


@dataclass(frozen=True, slots=True)
class Column:
    """A cell of a row's definition: its edges, and whether it goes on from the left (`across`) or from above (`down`)."""

    left: int
    right: int
    across: bool = False
    down: bool = False


@dataclass(slots=True)
class OpenTable:
    """A table that is being read: finished rows, and the cells of the row and the blocks of the cell at hand."""

    rows: list[tuple[list[str], list[Column]]] = field(default_factory=list)
    cells: list[str] = field(default_factory=list)
    #: the blocks of the cell that is being read
    blocks: list[str] = field(default_factory=list)

    def end_cell(self) -> None:
        """Close the cell at hand. One paragraph alone is written without its marks."""
        blocks = self.blocks
        self.cells.append(blocks[0][3:-4] if len(blocks) == 1 and blocks[0].startswith("<p>") else "".join(blocks))
        self.blocks = []

    def end_row(self, columns: list[Column]) -> None:
        """Close the row at hand, which is defined by `columns`."""
        if self.blocks:
            self.end_cell()
        self.rows.append((self.cells, columns))
        self.cells = []

    def write(self) -> str:
        """The table as HTML, a row that was not closed included."""
        if self.blocks or self.cells:
            self.end_row([])
        return write_table(_lay(self.rows))


def _lay(rows: Sequence[tuple[list[str], list[Column]]]) -> list[list[Box]]:
    """Rows of cells as boxes with spans; a row without a definition, or with one of another length, has cells of one column."""
    edges: list[int] = []
    for edge in sorted({edge for _, columns in rows for column in columns for edge in (column.left, column.right)}):
        if not edges or edge - edges[-1] > _SNAP:
            edges.append(edge)
    laid: list[list[Box]] = []
    above: dict[tuple[int, int], Box] = {}
    for cells, columns in rows:
        below: dict[tuple[int, int], Box] = {}
        row: list[Box] = []
        if len(columns) != len(cells):
            laid.append([Box(html=cell) for cell in cells])
            above = {}
            continue
        end = 0
        for cell, column in zip(cells, columns, strict=True):
            left, right = bisect_right(edges, column.left) - 1, bisect_right(edges, column.right) - 1
            span = left, right
            if column.across and row:
                row[-1].cols += max(0, right - left)
                end = right
                continue
            if column.down and span in above:
                above[span].rows += 1
                below[span] = above[span]
                end = right
                continue
            if left > end:
                row.append(Box(cols=left - end))
            box = Box(cols=max(1, right - left), html=cell)
            row.append(box)
            below[span] = box
            end = right
        laid.append(row)
        above = below
    return laid
