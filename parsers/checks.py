"""Hold the figures of a report against the rules of its form.

Only rules that the form prints (勾稽关系) or that follow from its layout (a cell called 总计) are
applied; what merely is usual is not a rule. A rule speaks only when every cell that it needs was
read as a number. It may accuse, it never repairs: a printed value stays as printed. Where sums
prove what an empty cell must have been, that is published beside it as `derived`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache

from parsers.additions import Additions, find_additions
from parsers.agreement import take_back
from parsers.fit import TableReading
from parsers.form import Block, Col, load_forms
from parsers.model import Cell, Finding, Number
from parsers.sums import Equation, breaks, equations, values_of

# A blank is worth deriving; a figure that was lost or could not be placed is not: the row that
# destroyed it may have destroyed its neighbours as well.
_DERIVABLE = ("blank", "dash")


def _scale(unit: str) -> tuple[str, bool]:
    """What two units must share: 35000元 under （单位：万元） is published as printed and never converted, 件 and 条 are one."""
    return unit[0] if unit[0] in "万亿" else "", unit.endswith("元")



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
    added = {table: find_additions(reading) for table, reading in readings.items()}
    by_key, doubts = take_back(by_key, readings, rules, added)
    findings.extend(doubts)
    findings.extend(_broken_sums(by_key, rules, added))
    findings.extend(_unread(by_key, readings, findings))
    findings.extend(_kinds(by_key, readings))
    findings.extend(_changes(by_key))
    derived = _derive(by_key, [rule for rule in rules if not added[rule.rule.table].stand_in(rule)])
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
                keys.extend(row.block.row_keys(row.row))
                label = row.row.path[-1] if row.row.path else "行政复议、行政诉讼"
                reasons.append(f"{label}: {row.why}" if row.why else label)
        if keys:
            shown = "; ".join(reasons[:4]) + (f"; and {len(reasons) - 4} more" if len(reasons) > 4 else "")
            yield Finding(check, "warning", f"{reading.table}: {words} ({shown})", tuple(keys))


# ------------------------------------------------------------------------------------ sums


def _broken_sums(by_key: dict[str, Cell], rules: Sequence[Equation], added: Mapping[str, Additions]) -> Iterator[Finding]:
    blamed = _wrong_totals(by_key, rules)
    for equation in rules:
        broken = breaks(by_key, equation)
        if broken is None or added[equation.rule.table].account_for(equation, *broken):
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
    blocks = (block for form in load_forms().values() for block in form.blocks if block.table == "annex")
    return next(row.path[-1] for block in blocks for row in block.rows if f"annex.{row.key}" == key)


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
        parts = values_of(by_key, sums[total].right)
        left, rest = values_of(by_key, equation.left), values_of(by_key, (carried_out,))
        printed = values_of(by_key, (total,))
        if parts is None or left is None or rest is None or printed is None:
            continue
        if printed[0] != sum(parts) and sum(left) == sum(parts) + rest[0]:
            blamed[total] = sum(parts)
    return blamed


# ------------------------------------------------------------------------------------ single cells


def _unread(by_key: dict[str, Cell], readings: dict[str, TableReading], findings: Sequence[Finding]) -> list[Finding]:
    """Cells that stand in their place and cannot be read for certain: 12,04, 12.00 for a count, a destroyed character."""
    named = {key for finding in findings for key in finding.keys}
    found: list[Finding] = []
    for table in readings:
        for kind, check, words in (
            ("ambiguous", "form.ambiguous", "figures that can be read in two ways"),
            ("lost", "form.incomplete", "figures that the source has destroyed"),
        ):
            cells = [c for key, c in by_key.items() if c.kind == kind and key not in named and key.startswith(f"{table}.")]
            if cells:
                shown = ", ".join(repr(cell.raw[:20]) for cell in cells[:4]) + (f" and {len(cells) - 4} more" if len(cells) > 4 else "")
                found.append(Finding(check, "warning", f"{table}: {words} ({shown})", tuple(cell.key for cell in cells)))
    return found


@cache
def _asked_for(block: Block) -> dict[str, tuple[Col, str | None]]:
    """The column and the unit of every cell of a block."""
    return {key: (col, row.unit or col.unit) for row in block.rows for key, col in zip(block.row_keys(row), block.cols, strict=True)}


def _kinds(by_key: dict[str, Cell], readings: dict[str, TableReading]) -> Iterator[Finding]:
    asked_for: dict[str, tuple[Col, str | None]] = {}
    for block in dict.fromkeys(row.block for reading in readings.values() for row in reading.rows):
        asked_for.update(_asked_for(block))
    for cell in by_key.values():
        if not cell.value and cell.kind != "text":
            continue
        col, asked = asked_for.get(cell.key, (None, None))
        if cell.value is not None and cell.value < 0 and not (col and col.signed):
            yield Finding("cell.negative", "error", f"a count of {cell.raw!r}", (cell.key,), None, cell.value)
        if cell.value and asked and cell.unit and cell.unit != asked and _scale(cell.unit) != _scale(asked):
            message = f"the figure is printed in {cell.unit}, where the form asks for {asked}"
            yield Finding("cell.unit", "warning", message, (cell.key,), asked, cell.unit)
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
    if not any(cell.kind in _DERIVABLE for cell in by_key.values()):
        return {}
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
