"""Take back figures that only one reading places, unless the report's own sums stand in for the other.

A row of a table is read twice, by the order of its cells and by what stands under which head (see
`fit`). Where the two differ, the figures have no place: both readings are kept in words and no value
is published. The exceptions are rows in which it does not matter (seven noughts) and rows whose own
总计 confirms the order. A row that could be read by its order alone may not accuse its publisher: when
its total does not hold, that the reader slipped is as likely.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain

from parsers.additions import Additions
from parsers.fit import TableReading
from parsers.model import Cell, Finding
from parsers.rows import RowReading
from parsers.sums import Equation, breaks, holds


def take_back(
    by_key: Mapping[str, Cell], readings: Mapping[str, TableReading], rules: Sequence[Equation], added: Mapping[str, Additions]
) -> tuple[dict[str, Cell], list[Finding]]:
    """The cells with those taken back that are not certain, and a finding for each table that has some."""
    out = dict(by_key)
    findings: list[Finding] = []
    for table, reading in readings.items():
        own = [rule for rule in rules if rule.rule.table == table and rule.rule.each in ("row", "cell") and not rule.rule.bound]
        if not reading.whole and any(row.group is not None and row.group.source < 0 for row in reading.rows):
            _take_back_text(out, by_key, own)
        differing = list(chain.from_iterable(_take_back_row(out, row, own, added[table]) for row in reading.rows))
        if differing:
            message = f"{table}: the order of the figures and the heads over them say different things"
            findings.append(Finding("form.ambiguous", "warning", message, tuple(differing)))
    return out, findings


def _take_back_text(out: dict[str, Cell], by_key: Mapping[str, Cell], own: Sequence[Equation]) -> None:
    """Take back rows of a damaged text table that their own total does not confirm."""
    for rule in own:
        if not holds(by_key, rule):
            for key in (*rule.left, *rule.right):
                if out[key].kind == "number":
                    out[key] = replace(out[key], value=None, kind="ambiguous")


def _take_back_row(out: dict[str, Cell], row: RowReading, own: Sequence[Equation], added: Additions) -> Iterator[str]:
    """Take back one row of a grid if it must be; yields the keys."""
    if row.placed is None or row.agreed or row.group is None or row.group.source < 0:
        return
    keys = row.block.row_keys(row.row)
    inside = set(keys)
    sums = [rule for rule in own if inside.issuperset(rule.left) and inside.issuperset(rule.right)]
    if row.agreed is None:
        doubtful = any((broken := breaks(out, rule)) and not added.account_for(rule, *broken) for rule in sums)
    else:
        same = len({item.text for item in row.placed}) == 1
        doubtful = not same and not (sums and all(holds(out, rule) for rule in sums))
    if not doubtful:
        return
    for index, key in enumerate(keys):
        cell = out[key]
        if cell.kind != "number":
            continue
        under = row.under[index] if row.under else None
        words = f"by order {cell.raw!r}, under the head " + (repr(under.text) if under else "no one figure")
        words = words if row.under else "read by order alone, and the total of the row does not hold"
        out[key] = replace(cell, value=None, kind="ambiguous", note="; ".join(filter(None, (cell.note, words))))
        yield key


