"""Hold the figures of a report against the rules of its form.

Only rules that the form prints (勾稽关系) or that follow from its layout (a cell called 总计) are
applied; what merely is usual is not a rule. A rule speaks only when every cell that it needs was
read as a number. It may accuse, it never repairs: a printed value stays as printed. Where sums
prove what an empty cell must have been, that is published beside it as `derived`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

from parsers.fit import TableReading
from parsers.form import Form, Sum, load_forms
from parsers.model import Cell, Finding, Number

# A blank is worth deriving; a figure that was lost or could not be placed is not: the row that
# destroyed it may have destroyed its neighbours as well.
_DERIVABLE = ("blank", "dash")


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


def check_cells(
    cells: Sequence[Cell], readings: dict[str, TableReading]
) -> tuple[tuple[Cell, ...], tuple[Finding, ...]]:
    """Apply every rule; returns the cells with `derived` filled in, and the findings."""
    by_key = {cell.key: cell for cell in cells}
    findings: list[Finding] = []
    rules: list[Equation] = []
    for table, reading in readings.items():
        rules.extend(equations(table, reading.form))
        findings.extend(_structure(reading, by_key))
    by_key = _doubt(by_key, readings, rules)
    findings.extend(_broken_sums(by_key, rules))
    findings.extend(_kinds(by_key, readings))
    findings.extend(_changes(by_key))
    derived = _derive(by_key, rules)
    out = (by_key[cell.key] for cell in cells)
    return tuple(replace(c, derived=derived[c.key]) if c.key in derived else c for c in out), tuple(findings)


# ------------------------------------------------------------------------------------ structure


def _structure(reading: TableReading, by_key: dict[str, Cell]) -> Iterator[Finding]:
    """Rows of the form that are not there, or there and not certain."""
    for kinds, check, words in (
        (("missing", "lost"), "form.incomplete", "rows of the form are not on the page, or lost their figures"),
        (("ambiguous",), "form.ambiguous", "figures that cannot be placed for certain"),
    ):
        keys: list[str] = []
        reasons: list[str] = []
        for row in reading.rows:
            if row.placed is None and row.kind in kinds:
                keys.extend(row.block.cell_key(row.row, col) for col in row.block.cols)
                label = row.row.path[-1] if row.row.path else "行政复议、行政诉讼"
                reasons.append(f"{label}: {row.why}" if row.why else label)
        if keys:
            shown = "; ".join(reasons[:4]) + (f"; and {len(reasons) - 4} more" if len(reasons) > 4 else "")
            yield Finding(check, "warning", f"{reading.table}: {words} ({shown})", tuple(keys))


def _doubt(
    by_key: dict[str, Cell], readings: dict[str, TableReading], rules: Sequence[Equation]
) -> dict[str, Cell]:
    """Take back rows of a damaged text table that their own total does not confirm.

    A table that was read whole may accuse its publisher of a wrong sum. A flattened one with rows
    missing may not: that the figures slipped is as likely, so they become ambiguous.
    """
    damaged = {
        table
        for table, reading in readings.items()
        if not reading.whole and any(row.group is not None and row.group.source < 0 for row in reading.rows)
    }
    if not damaged:
        return by_key
    out = dict(by_key)
    for equation in rules:
        if equation.rule.table in damaged and equation.rule.each in ("row", "cell") and not _holds(by_key, equation):
            for key in (*equation.left, *equation.right):
                if out[key].kind == "number":
                    out[key] = replace(out[key], value=None, kind="ambiguous")
    return out


# ------------------------------------------------------------------------------------ sums


def _values(by_key: dict[str, Cell], keys: Sequence[str]) -> list[Number] | None:
    values: list[Number] = []
    for key in keys:
        cell = by_key.get(key)
        if cell is None or cell.value is None:
            return None
        values.append(cell.value)
    return values


def _breaks(by_key: dict[str, Cell], equation: Equation) -> tuple[Number, Number] | None:
    """(Σ left, Σ right) when both are known and the rule does not hold."""
    left, right = _values(by_key, equation.left), _values(by_key, equation.right)
    if left is None or right is None or sum(left) == sum(right):
        return None
    if equation.rule.bound and sum(left) > sum(right):
        return None
    return sum(left), sum(right)


def _holds(by_key: dict[str, Cell], equation: Equation) -> bool:
    """Whether every cell of a rule is known and the rule holds."""
    left, right = _values(by_key, equation.left), _values(by_key, equation.right)
    return left is not None and right is not None and sum(left) == sum(right)


def _broken_sums(by_key: dict[str, Cell], rules: Sequence[Equation]) -> Iterator[Finding]:
    blamed = _wrong_totals(by_key, rules)
    for equation in rules:
        broken = _breaks(by_key, equation)
        if broken is None:
            continue
        left, right = broken
        check = equation.rule.check
        if check == "requests.balance":
            expected, found = left, right
            message = f"本年新收 + 上年结转 = {left}, but 总计 + 结转下年度 = {right}"
        else:
            expected, found = right, left
            whole = _label(equation.left[0])
            message = f"{whole} is printed as {left}, but its parts add to {right}"
            if equation.rule.check == "annex.channels":
                message = f"the channels add to {left}, fewer than the {right} items published"
        total = equation.right[0] if check == "requests.balance" else equation.left[0]
        keys: tuple[str, ...] = (*equation.left, *equation.right)
        if check in ("requests.balance", "requests.total") and total in blamed:
            keys = (total, *(key for key in keys if key != total))
            message += f"; 总计 is the wrong cell: with {blamed[total]} both rules hold"
        yield Finding(check, "error", message, keys, expected, found)


def _label(key: str) -> str:
    """总计, or the annex's own words for a row."""
    if not key.startswith("annex."):
        return "总计"
    rows = load_forms()["2014"].blocks[0].rows
    return next(row.path[-1] for row in rows if f"annex.{row.key}" == key)


def _wrong_totals(by_key: dict[str, Cell], rules: Sequence[Equation]) -> dict[str, Number]:
    """Totals (七) that alone explain why two rules break: what they would have to be.

    When the leaves add to a sum with which the printed balance holds, the leaves and the balance
    vouch for one another and the total is the cell that is wrong.
    """
    sums = {e.left[0]: e for e in rules if e.rule.check == "requests.total"}
    blamed: dict[str, Number] = {}
    for equation in rules:
        if equation.rule.check != "requests.balance" or equation.right[0] not in sums:
            continue
        total, carried_out = equation.right
        parts = _values(by_key, sums[total].right)
        left, rest = _values(by_key, equation.left), _values(by_key, (carried_out,))
        printed = _values(by_key, (total,))
        if parts is None or left is None or rest is None or printed is None:
            continue
        if printed[0] != sum(parts) and sum(left) == sum(parts) + rest[0]:
            blamed[total] = sum(parts)
    return blamed


# ------------------------------------------------------------------------------------ single cells


def _kinds(by_key: dict[str, Cell], readings: dict[str, TableReading]) -> Iterator[Finding]:
    signed = {
        row.block.cell_key(row.row, col)
        for reading in readings.values()
        for row in reading.rows
        for col in row.block.cols
        if col.signed
    }
    for cell in by_key.values():
        if cell.value is not None and cell.value < 0 and cell.key not in signed:
            yield Finding("cell.negative", "error", f"a count of {cell.raw!r}", (cell.key,), None, cell.value)
        if cell.kind == "text":
            yield Finding("cell.kind", "warning", f"words where a number belongs: {cell.raw[:60]!r}", (cell.key,))


def _changes(by_key: dict[str, Cell]) -> Iterator[Finding]:
    """上一年项目数量 + 本年增/减 is a number of items and cannot be below nought (form of 2019)."""
    for key, cell in by_key.items():
        if not key.endswith(".change"):
            continue
        before = by_key.get(key.removesuffix("change") + "items_before")
        if before and before.value is not None and cell.value is not None and before.value + cell.value < 0:
            yield Finding(
                "disclosure.change",
                "error",
                f"上一年项目数量 {before.value} and 本年增/减 {cell.value} leave fewer than none",
                (before.key, cell.key),
                None,
                before.value + cell.value,
            )


# ------------------------------------------------------------------------------------ what sums prove


def _derive(by_key: dict[str, Cell], rules: Sequence[Equation]) -> dict[str, Number]:
    """Values of empty cells that the sums leave no choice about; counts are never below nought."""
    known: dict[str, Number | None] = {}
    for key, cell in by_key.items():
        if cell.value is not None:
            known[key] = cell.value
        elif cell.kind in _DERIVABLE:
            known[key] = None
    proved: dict[str, Number] = {}
    contradicted: set[str] = set()
    for _ in range(len(rules)):
        before = len(proved)
        for equation in rules:
            _solve(equation, known, proved, contradicted)
        if len(proved) == before:
            break
    return {key: value for key, value in proved.items() if key not in contradicted}


def _solve(
    equation: Equation, known: dict[str, Number | None], proved: dict[str, Number], contradicted: set[str]
) -> None:
    if equation.rule.bound or any(key not in known for key in (*equation.left, *equation.right)):
        return

    def split(keys: tuple[str, ...]) -> tuple[Number, list[str]]:
        values = [(key, known[key]) for key in keys]
        return sum(v for _, v in values if v is not None), [key for key, v in values if v is None]

    left, unknown_left = split(equation.left)
    right, unknown_right = split(equation.right)
    gap, unknown = (right - left, unknown_left) if unknown_left else (left - right, unknown_right)
    if unknown_left and unknown_right:
        return
    if not unknown:
        if left != right:
            contradicted.update(key for key in (*equation.left, *equation.right) if key in proved)
        return
    if len(unknown) == 1 and gap >= 0:
        proved[unknown[0]] = known[unknown[0]] = gap
    elif gap == 0:
        for key in unknown:
            proved[key] = known[key] = 0
