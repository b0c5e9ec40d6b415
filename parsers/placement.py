"""Put the figures of one row under the columns of the form, by two readings that do not know each other.

The first is the order: as many cells as columns, from the first to the last. The second is the grid:
what stands under which head. One figure too few or too many is never shifted into place.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from parsers.columns import choose_value
from parsers.figures import UNITS
from parsers.form import Block, Row
from parsers.heads import Head, may_be, of_another_time, read_head, year_named
from parsers.stream import Group, Item, is_value

# What a head says that nobody listed and that can only be over the one column of its block: of decisions, of an amount.
_WORDINGS = {False: re.compile("决定|(?:许可|处罚|强制)(?:数|件)"), True: re.compile("金额|总额|数额")}


@dataclass(frozen=True, slots=True)
class Placement:
    """The values of a row in the order of the columns, or why there are none; see `rows.RowReading` for the rest."""

    values: Sequence[Item] | None
    why: str = ""
    agreed: bool | None = None
    under: Sequence[Item | None] = ()
    col_year: int | None = None
    printed_unit: str | None = None


def place(group: Group, block: Block, row: Row) -> Placement:
    """The values of a group in the order of the block's columns.

    In text nothing holds a value in its place but the number of its neighbours: one that is no
    clean figure leaves the others without a place.
    """
    values = group.values
    if group.source < 0 and any(not is_value(item.text) and item.text not in UNITS for item in values):
        return Placement(None, "something among the figures is none")
    if block.unit_column and len(block.cols) == 1:
        choice = choose_value(values, group.head if group.source >= 0 else (), block, row)
        return Placement([choice.value] if choice.value else None, choice.why, True, (), choice.year, choice.unit)
    if group.cells_beside and len(values) < group.cells_beside:
        return Placement(None, f"{len(values)} cells where the other rows have {group.cells_beside}")
    return place_values(values, block, read_head(group, block), group.cells_beside)


def place_values(values: Sequence[Item], block: Block, head: Head, beside: int = 0) -> Placement:
    """Read a row by the order of its cells, and again by what stands under which head, and compare.

    Neither reading uses the other. `agreed` is left open where the grid names no column for certain.
    """
    placed, why = _by_order(values, block, head, beside)
    if placed is None:
        return Placement(None, why)
    year = year_named(head, block)
    under = values_under(values, head, len(block.cols))
    if under is None:
        return Placement(placed, col_year=year)
    agreed = all(one is other for one, other in zip(placed, under, strict=True))
    return Placement(placed, "", agreed, () if agreed else under, year)


def values_under(values: Sequence[Item], head: Head, wanted: int) -> list[Item | None] | None:
    """For each column the value that stands under its head; None when the head does not name every column once.

    Spans of head and body may differ (上一年 | 增/减 over two columns, above a first figure over two): a
    value stands under the head with which it shares most of its width. One that shares as much with
    two, and one that shares nothing, stands under none. Where a label lost its span, or a table was
    cut in two and the labels beside its figures stayed in the first half, the whole row is moved
    sideways, and is moved back: its left edge is that of the heads.
    """
    over: list[tuple[int, int]] = [(0, 0)] * wanted
    named = 0
    for leaf in head.leaves:
        if leaf.col is not None and leaf.x is not None:
            over[leaf.col] = leaf.x
            named += 1
    if not head.geometric or named != wanted or head.named != wanted or (0, 0) in over:
        return None
    exact = {value.x: value for value in values}
    if len(exact) == len(values) == wanted and all(x in exact for x in over):
        return [exact[x] for x in over]  # the plain case, which is nearly every row
    as_it_stands = _widest_shares(values, over, 0)
    first = next((value.x for value in values if value.x), None)
    if None not in as_it_stands or first is None:
        return as_it_stands
    moved = _widest_shares(values, over, over[0][0] - first[0])
    return as_it_stands if None in moved else moved


def _widest_shares(values: Sequence[Item], over: Sequence[tuple[int, int]], moved: int) -> list[Item | None]:
    """For each column the value that shares the most of its width with the head, when moved sideways."""
    under: list[Item | None] = []
    for low, high in over:
        best, share, tied = None, 0.0, False
        for value in values:
            if value.x is None:
                continue
            one, other = value.x[0] + moved, value.x[1] + moved
            shared = (min(other, high) - max(one, low)) / min(other - one, high - low)
            if shared > share:
                best, share, tied = value, shared, False
            elif shared == share:
                tied = True
        under.append(None if tied else best)
    return under


def _by_order(values: Sequence[Item], block: Block, head: Head, beside: int) -> tuple[Sequence[Item] | None, str]:
    wanted = len(block.cols)
    if head.foreign:
        return None, "the heads of the columns are not those of the form"
    if head.named < wanted:
        if other := next((leaf.text for leaf in head.leaves if leaf.col is None and of_another_time(leaf.text)), ""):
            return None, f"the head {other!r} speaks of another year"
        other = "" if head.named else head.other_words(value.x for value in values if not value.blank)
        if other and not (wanted == 1 and _WORDINGS[block.cols[0].decimal].search(other)):
            return None, f"the head {other!r} names no column of the form"
    if head.complete_by_order or not head.named or not head.geometric:
        if head.named and not (head.in_order or head.complete_by_order):
            return None, "the heads of the columns are not in the form's order"
        if head.named and not head.geometric and 2 * head.named < wanted:
            return None, "too few heads of columns can be read"
        return _exactly(values, wanted, beside)
    if not head.in_order:
        return None, "the heads of the columns are not in the form's order"
    # a column 序号 in front of the labels has no cell behind them
    start = next((value.x[0] for value in values if value.x), 0)
    leaves = [leaf for leaf in head.leaves if leaf.col is not None or leaf.x is None or leaf.x[0] >= start]
    names = [leaf.col for leaf in leaves]
    if len(names) == wanted and all(name in (None, i) for i, name in enumerate(names)):
        # 本年修订件数 between 本年制发件数 and 现行有效件数 is none of them; 科研院所 is 科研机构
        strict = block.table == "disclosure"
        odd = next((leaf.text for leaf, col in zip(leaves, block.cols, strict=True) if leaf.col is None and not may_be(leaf.text, col, strict=strict)), "")
        if odd:
            return None, f"the head {odd!r} names no column of the form"
        return _exactly(values, wanted, beside)
    if [name for name in names if name is not None] == list(range(wanted)):
        # the head has columns of its own among those of the form: 小计, 备注
        if len(values) == len(names):
            return [value for value, name in zip(values, names, strict=True) if name is not None], ""
        return _under_heads(values, head, wanted)
    return None, f"only {head.named} of {wanted} heads of columns can be read"


def _exactly(values: Sequence[Item], wanted: int, beside: int) -> tuple[Sequence[Item] | None, str]:
    """As many values as columns; empty cells behind the last one are padding, unless no other row has them."""
    padded = len(values) > wanted and all(value.blank for value in values[wanted:]) and not values[wanted - 1].blank
    if padded and (not beside or beside == len(values)):
        values = values[:wanted]
    if len(values) != wanted:
        return None, f"{len(values)} values where the form has {wanted}"
    return values, ""


def _under_heads(values: Sequence[Item], head: Head, wanted: int) -> tuple[Sequence[Item] | None, str]:
    """For each head the value in exactly its columns of the grid; what is left over must be empty."""
    if len(values) > len(head.leaves) or values[-1].blank:
        return None, f"{len(values)} values under {len(head.leaves)} heads"
    by_x = {value.x: value for value in values if value.x is not None}
    placed = [by_x.get(leaf.x) for leaf in head.leaves if leaf.col is not None and leaf.x is not None]
    found = [value for value in placed if value is not None]
    if len(found) != wanted or len(by_x) != len(values):
        return None, f"{len(values)} values under {len(head.leaves)} heads, and the grid does not say which is whose"
    heads_x = {leaf.x for leaf in head.leaves}
    if any(not value.blank for value in values if value not in found and value.x not in heads_x):
        return None, "a value stands under no head"
    return found, ""
