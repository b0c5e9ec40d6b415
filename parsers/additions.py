"""Rows and columns that a local edition adds to a form: what stands in them counts in its sums.

Where a fifth way of asking stands below the four of the form, 收到申请数 is the sum of five, and nobody may be told that
his sum is wrong because we only know four. Nor do the form's own parts then prove what a blank among them was.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from itertools import combinations

from parsers.figures import read_figure
from parsers.fit import TableReading
from parsers.form import Block, Row, parent_keys
from parsers.heads import read_head
from parsers.labels import label_key, label_keys
from parsers.model import Number
from parsers.placement import place
from parsers.rows import RowReading
from parsers.stream import Group, Item
from parsers.sums import Equation

# More rows of its own than these among the parts of one sum are no local edition but another table.
_MOST = 8
# What may stand below any rows, though the form has it below some.
_ANY = frozenset(("其他", "其它"))
_SUBTOTALS = frozenset(("小计", "合计", "总计", "共计"))


@dataclass(slots=True)
class _Addition:
    """A row that is none of the form's: behind which of the form's rows it stands, and its figures by column."""

    after: int
    values: dict[str, Number | None]


@dataclass(slots=True)
class Additions:
    """What the page adds to one table."""

    table: str
    #: the place of each of the form's rows, by its key
    places: dict[str, int] = field(default_factory=dict)
    rows: list[_Addition] = field(default_factory=list)
    #: figures beside those of the form, by the key of their row, or of their group
    beside: dict[str, list[Number]] = field(default_factory=dict)

    def stand_in(self, equation: Equation) -> bool:
        """Whether anything but nought stands among the parts of a sum, so that its parts are not all known."""
        return any(value != 0 for value in self._among(equation))

    def account_for(self, equation: Equation, left: Number, right: Number) -> bool:
        """Whether the figures that the page adds make a sum hold that the form's own break."""
        added = [value for value in self._among(equation) if value]
        if equation.rule.bound:
            return len(equation.left) > 1 and left + sum(added) >= right
        gap = abs(left - right) if equation.rule.check == "requests.balance" else left - right
        return len(added) <= _MOST and any(
            sum(some) == gap for count in range(1, len(added) + 1) for some in combinations(added, count)
        )

    def _among(self, equation: Equation) -> list[Number | None]:
        if not self.rows and not self.beside:
            return []
        if equation.rule.each == "row" or self.table == "proceedings":
            return list(self.beside.get(self.split(equation.left[0])[0], ()))
        balance = equation.rule.check == "requests.balance"
        parts = (*equation.left, *equation.right) if balance else max(equation.left, equation.right, key=len)
        split = [self.split(key) for key in parts]
        places = [self.places[row] for row, _ in split if row in self.places]
        if not places:
            return []
        near = set(places) if balance else set(range(min(places) - 1, max(places) + 1))
        col = split[0][1]
        return [row.values.get(col) for row in self.rows if row.after in near]

    def split(self, key: str) -> tuple[str, str]:
        name = key.removeprefix(f"{self.table}.")
        return (name, "") if self.table == "annex" else (name.rpartition(".")[0], name.rpartition(".")[2])


def find_additions(reading: TableReading) -> Additions:
    """The rows and columns that stand among those of a table's form and are none of them."""
    found = Additions(reading.table, {row.row.key: index for index, row in enumerate(reading.rows)})
    own = parent_keys().union(*(row.row.keys for row in reading.rows))
    for after, group in reading.others:
        if reading.table in ("requests", "annex") and _is_addition(group, own):
            found.rows.append(_Addition(after, _values(group, reading.rows[after].block, reading.rows[after].row)))
    if reading.table in ("requests", "proceedings"):
        for one in reading.rows:
            if one.placed is not None and one.group is not None and len(one.group.values) > len(one.placed):
                _find_beside(one, found)
    return found


def _find_beside(row: RowReading, found: Additions) -> None:
    """The figures of a row under heads of the page's own; of 行政复议、行政诉讼 in which group they stand."""
    keys = dict(zip(map(id, row.placed or ()), row.block.row_keys(row.row), strict=False))
    key = row.block.row_keys(row.row)[0]
    if row.group is None:
        return
    names = {leaf.x: leaf.text for leaf in read_head(row.group, row.block).leaves}
    for item in row.group.values:
        if id(item) in keys:
            key = keys[id(item)]
        elif label_key(names.get(item.x, "")) not in _SUBTOTALS and (value := _number(item)) is not None:
            found.beside.setdefault(found.split(key)[0], []).append(value)


def _is_addition(group: Group, own: Set[str]) -> bool:
    label = group.labels[-1].text
    keys = label_keys(label)
    return bool(keys) and "其中" not in label and keys[0] not in _SUBTOTALS and (own.isdisjoint(keys) or keys[0] in _ANY)


def _values(group: Group, block: Block, row: Row) -> dict[str, Number | None]:
    bare = Row(row.key, row.path, row.keys, row.en, row.unit)  # its neighbour's code is not its own
    placed: Sequence[Item] = place(group, block, bare).values or ()
    return {col.key: _number(item) if not item.blank else 0 for col, item in zip(block.cols, placed, strict=False)}


def _number(item: Item) -> Number | None:
    return read_figure(item.text, decimal=True).value
