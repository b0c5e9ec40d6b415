"""Doubt the rows of a flattened table in which figures may stand before their label, and not behind it.

Text drawn from a file puts the figures of a row where they are drawn: those of a label over two lines above its second one,
and of some files above the label altogether. Read label by label, each row then has the figures of the next. It shows at
the ends: somewhere a row of figures has no label before it, and further down a label has no figures behind it. What lies between
the two is not known to be where it seems.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from parsers.fit import TableReading
from parsers.labels import label_keys
from parsers.rows import RowReading
from parsers.stream import Group

_LONGEST = 80  # of a label
# They are heads as well as rows, and stand in every run of labels.
_COMMON = frozenset(("总计", "合计", "其他"))


def doubt_displaced(readings: Iterable[TableReading], groups: Sequence[Group]) -> None:
    """Take back what stands between a row of figures too many and the next label without figures."""
    for reading in readings:
        # an annex has headings without figures among its rows, and the unit between a label and its figure
        rows = [row for row in reading.rows if row.block.labelled and reading.table != "annex"]
        widths = {len(row.block.cols) for row in rows}
        keys = {key for row in rows for key in row.row.keys} - _COMMON
        row_of = {id(row.group): row for row in rows if row.group is not None and row.kind != "lost"}
        # rows behind a surplus, None while there is none; and whether figures without a label stand right before
        waiting: list[RowReading] | None = None
        orphaned = False
        for group in groups:
            if waiting is not None and _left_empty(group, keys):
                for row in waiting:
                    row.placed, row.kind, row.why = None, "ambiguous", "the figures may stand before their label"
                waiting = None
            here = row_of.get(id(group))
            if here is None:
                orphaned = (len(group.values) in widths or len(group.values) > 1) and not _named(group, keys)
                continue
            surplus = len(group.values) > len(here.block.cols)
            if waiting is None and (surplus or orphaned):
                waiting = []
            if waiting is not None and not surplus:
                waiting.append(here)
            orphaned = False


def _left_empty(group: Group, keys: set[str]) -> bool:
    """Whether a label of the form stands in a run of labels before another one, or ends the text."""
    texts = [item.text for item in group.labels]
    nearest: set[str] = set()
    if group.values:
        nearest.update(label_keys("".join(texts[-2:])), label_keys("".join(texts[-1:])))
        texts = texts[:-1]
    pairs = [one + other for one, other in pairwise(texts)]
    return any(keys.intersection(label_keys(text)) - nearest for text in (*texts, *pairs) if len(text) < _LONGEST)


def _named(group: Group, keys: set[str]) -> bool:
    return bool(group.labels) and not keys.isdisjoint(label_keys(group.labels[-1].text))
