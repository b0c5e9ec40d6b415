"""The sums of a form, spelled out to cells, and whether they hold.

`Sum` is a rule as the form's file states it; an `Equation` is that rule for one column, one row, or a few
named cells. A rule says nothing unless every cell that it needs was read as a number.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from parsers.form import Form, Sum, load_forms
from parsers.model import Cell, Number


@dataclass(frozen=True)
class Equation:
    """One rule applied to named cells: Σ left = Σ right."""

    rule: Sum
    left: tuple[str, ...]
    right: tuple[str, ...]


@cache
def equations(table: str, form: str) -> tuple[Equation, ...]:
    """Every sum of a form's table, spelled out to whole cell keys."""
    return tuple(_spell_out(table, load_forms()[form]))


def _spell_out(table: str, form: Form) -> Iterator[Equation]:
    blocks = [block for block in form.blocks if block.table == table]
    cols = [col.key for block in blocks for col in block.cols]
    rows = [row.key for block in blocks for row in block.rows]
    for rule in form.sums:
        if rule.table != table:
            continue
        if rule.each == "cell":
            yield Equation(rule, _keys(table, rule.left), _keys(table, rule.right))
        elif rule.each == "col":
            for col in cols:
                names = [[f"{row}.{col}" for row in side] for side in (rule.left, rule.right)]
                yield Equation(rule, _keys(table, names[0]), _keys(table, names[1]))
        else:
            for row in rows:
                names = [[f"{row}.{col}" for col in side] for side in (rule.left, rule.right)]
                yield Equation(rule, _keys(table, names[0]), _keys(table, names[1]))


def _keys(table: str, names: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"{table}.{name}" for name in names)


def values_of(by_key: Mapping[str, Cell], keys: Sequence[str]) -> list[Number] | None:
    values: list[Number] = []
    for key in keys:
        cell = by_key.get(key)
        if cell is None or cell.value is None:
            return None
        values.append(cell.value)
    return values


def breaks(by_key: Mapping[str, Cell], equation: Equation) -> tuple[Number, Number] | None:
    """(Σ left, Σ right) when both are known and the rule does not hold."""
    left, right = values_of(by_key, equation.left), values_of(by_key, equation.right)
    if left is None or right is None or sum(left) == sum(right):
        return None
    if equation.rule.bound and sum(left) > sum(right):
        return None
    return sum(left), sum(right)


def holds(by_key: Mapping[str, Cell], equation: Equation) -> bool:
    """Whether every cell of a rule is known and the rule holds."""
    left, right = values_of(by_key, equation.left), values_of(by_key, equation.right)
    return left is not None and right is not None and sum(left) == sum(right)
