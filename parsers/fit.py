"""Lay groups of labels and values on the statutory forms.

Two witnesses must agree before a figure is published. The first is the row's label with the
column's head (the geometry of a grid); the second is the order of the form: rows follow one
another as in the notice, and a row has exactly as many figures as the form has columns. One
figure too few or too many is never shifted into place: the row is marked, its figures are kept
as raw text, and the reason is said.

Which form a table follows is read from its labels, table by table and in the table of section 2
block by block, since reports of one year are found on the form of another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import cache

from parsers.form import Block, Form, load_forms
from parsers.heads import read_head
from parsers.labels import label_key, label_keys
from parsers.order import label_sets
from parsers.rows import RowReading, fit_labelled, fit_unlabelled, labels_without_values
from parsers.stream import Group

TABLES = ("disclosure", "requests", "proceedings", "annex")


@dataclass(slots=True)
class TableReading:
    """One statutory table: rows in form order, and what the reading rests on."""

    table: str
    form: str
    rows: list[RowReading] = field(default_factory=list)
    score: int = 0
    #: rows of figures among those of the form that are none of them, each with the place of the one it stands behind
    others: list[tuple[int, Group]] = field(default_factory=list)

    @property
    def found(self) -> bool:
        """Whether anything of the table was on the page."""
        return any(row.group is not None for row in self.rows)

    @property
    def whole(self) -> bool:
        """Whether every row was placed."""
        return all(row.placed is not None for row in self.rows)


def fit_tables(groups: Sequence[Group]) -> dict[str, TableReading]:
    """Fit the groups of a document; tables of which nothing was found are absent from the result."""
    readings: dict[str, TableReading] = {}
    unvalued = labels_without_values(groups)
    words = {key for group in groups for keys in label_sets(group) for key in keys} | unvalued.keys()
    for table in TABLES:
        best: TableReading | None = None
        near = readings["disclosure"].form if table == "requests" and "disclosure" in readings else ""
        # the form of most labels first, and one that is whole needs no rival; the newest wins a tie
        for form in _forms_by_labels(table, words):
            reading = _fit_table(groups, form, table, unvalued)
            if reading is None:
                break  # too little is left of the form that most labels speak for: no other may claim its rows
            if not reading.found:
                continue
            if best is None or _rank(reading, near) > _rank(best, near):
                best = reading
                if reading.whole:
                    break
        if best is not None:
            readings[table] = _mix_blocks(groups, best, unvalued) if table == "disclosure" else best
            _doubt_form(readings[table])
            _doubt_rivals(groups, readings[table])
            readings[table].others = _others(groups, readings[table])
    return readings


def _others(groups: Sequence[Group], reading: TableReading) -> list[tuple[int, Group]]:
    """Groups with figures that stand behind a row of the table, in the same grid, and are no row of it."""
    row_of = {id(row.group): index for index, row in enumerate(reading.rows) if row.group is not None and row.group.labels}
    others: list[tuple[int, Group]] = []
    last: tuple[int, int] | None = None
    for group in groups:
        index = row_of.get(id(group))
        if index is not None:
            last = index, group.source
        elif last is not None and group.source == last[1] and group.labels and any(not value.blank for value in group.values):
            others.append((last[0], group))
    return others


def _rank(reading: TableReading, near: str) -> tuple[int, bool, int, str]:
    """What speaks for a form. A table that was cut before its forms part goes with the one above it, `near`."""
    placed = sum(row.placed is not None for row in reading.rows) if near else 0
    return placed, reading.form == near, reading.score, reading.form


def _forms_by_labels(table: str, words: Set[str]) -> list[Form]:
    """The forms that have the table, by how many of its labels are on the page; not those of which none is."""
    counted = [(len(words & keys), form) for form, keys in _labels_of_forms(table) if not keys or not keys.isdisjoint(words)]
    return [form for _, form in sorted(counted, key=lambda pair: -pair[0])]


@cache
def _labels_of_forms(table: str) -> list[tuple[Form, frozenset[str]]]:
    """The forms that have the table, the newest first, and the keys of its rows; none where rows have no labels."""
    return [
        (form, frozenset(key for block in form.blocks if block.table == table for row in block.rows for key in row.keys))
        for form in reversed(load_forms().values())
        if any(block.table == table for block in form.blocks)
    ]


def _doubt_form(reading: TableReading) -> None:
    """Take back rows that another form has as well, with columns that mean something else.

    规章 has three figures on the forms of 2019 and of 2021. Its head says which form it is, or its label
    beside rows that only one of them can have; where nothing says it, the figures have no key.
    """
    placed = [row for row in reading.rows if row.placed is not None]
    headed = {row.block for row in placed if row.group and read_head(row.group, row.block).named}
    by_number = {row.block for row in placed if not any(len(twin.cols) == len(row.block.cols) for twin in _twins(row.block))}
    # one block with another number of figures may have lost or gained one; two have not
    certain = bool(headed) or len(by_number) > 1 or any(not _twins(row.block) for row in placed)
    for row in placed:
        if row.block in headed or not _twins(row.block):
            continue
        alike = [twin for twin in _twins(row.block) if len(twin.cols) == len(row.block.cols)]
        if not certain or (alike and not _labels_tell(placed, row.block, alike)):
            row.kind, row.why = "ambiguous", "no head says of which form these columns are"
        elif not headed and row.group is not None and row.group.source >= 0 and not any(len(other.block.cols) > 1 for other in placed):
            # 行政许可 | 120 in a table of kinds and numbers: of decisions, of items, of papers
            row.kind, row.why = "ambiguous", "nothing says that this is the table of the form"
    for row in placed:
        if row.kind == "ambiguous":
            row.placed = None


def _doubt_rivals(groups: Sequence[Group], reading: TableReading) -> None:
    """Take back a table that the page prints on another form as well: reports of two years, one below the other."""
    placed = [row for row in reading.rows if row.placed is not None]
    twins = {twin for row in placed for twin in _twins(row.block)}
    used = {id(row.group) for row in placed}
    if not any(_is_rival(group, twins) for group in groups if id(group) not in used):
        return
    for row in placed:
        row.placed, row.kind, row.why = None, "ambiguous", "the table stands there on the forms of two years"


def _is_rival(group: Group, blocks: Set[Block]) -> bool:
    """Whether a group is a row of one of the blocks, with figures and under all heads of the block."""
    if not group.head or not group.labels or all(value.blank for value in group.values):
        return False
    keys = label_keys(group.labels[-1].text)
    mine = [block for block in blocks if len(group.values) >= len(block.cols) and any(key in row.keys for row in block.rows for key in keys)]
    return any(_headed(group, block) and not read_head(group, block).foreign for block in mine)


def _labels_tell(placed: Sequence[RowReading], block: Block, twins: Sequence[Block]) -> bool:
    """Whether a row of a block without its head bears the name that only this form gives it.

    A table may be a hybrid: the blocks below say nothing about this one. 规范性文件 is the word of 2019,
    行政规范性文件 that of 2021.
    """
    for row in placed:
        if row.block is not block or row.group is None or not row.row.path:
            continue
        own = label_key(row.row.path[-1])
        others = {label_key(other.path[-1]) for twin in twins for other in twin.rows if other.key == row.row.key and other.path}
        if own not in others and own in label_keys("".join(item.text for item in row.group.labels[-1:])):
            return True
    return False


@cache
def _twins(block: Block) -> tuple[Block, ...]:
    """Blocks of other forms under the same caption with other columns.

    As many or not: with one figure more or fewer in its rows, the one reads like the other.
    """
    names = [col.key for col in block.cols]
    return tuple(
        other
        for form in load_forms().values()
        if form.name != block.form
        for other in form.blocks
        if other.table == block.table and other.caption == block.caption and [col.key for col in other.cols] != names
    )


def _fit_table(groups: Sequence[Group], form: Form, table: str, unvalued: Mapping[str, Group]) -> TableReading | None:
    blocks = [block for block in form.blocks if block.table == table]
    if not blocks:
        return None
    reading = TableReading(table, form.name)
    if not blocks[0].labelled:
        reading.rows.append(fit_unlabelled(groups, blocks[0]))
    else:
        reading.rows.extend(fit_labelled(groups, blocks, unvalued))
        if sum(row.group is not None and row.kind != "lost" for row in reading.rows) < blocks[0].least:
            return None
    reading.score = sum(_score(row) for row in reading.rows)
    return reading


def _score(row: RowReading) -> int:
    """Placed rows speak for a form, rows it asks for and does not get speak against it."""
    if row.placed is not None:
        return 3
    return 0 if row.group is not None else -1


# ------------------------------------------------------------------------------------ blocks of another form


def _mix_blocks(groups: Sequence[Group], reading: TableReading, unvalued: Mapping[str, Group]) -> TableReading:
    """Read blocks that do not fit on the other forms, where they do: hybrids are real."""
    mixed: list[RowReading] = []
    for block in dict.fromkeys(row.block for row in reading.rows):
        rows = [row for row in reading.rows if row.block is block]
        if all(row.placed is None for row in rows):
            rows = _other_form(groups, block, rows, unvalued)
        mixed.extend(rows)
    return replace(reading, rows=mixed)


def _other_form(
    groups: Sequence[Group], block: Block, rows: list[RowReading], unvalued: Mapping[str, Group]
) -> list[RowReading]:
    for form in load_forms().values():
        for other in form.blocks:
            if form.name == block.form or other.table != block.table or other.caption != block.caption:
                continue
            readings = fit_labelled(groups, [other], unvalued)
            # a row of three that lost two figures also has one: the heads must say that it is the other form
            if readings and all(row.placed is not None and row.group is not None and _headed(row.group, other) for row in readings):
                return readings
    return rows


def _headed(group: Group, block: Block) -> bool:
    return read_head(group, block).named == len(block.cols)
