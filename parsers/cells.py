"""Turn the rows of a table that was fitted into the cells of the record: value, kind, unit and place."""

from __future__ import annotations

import re
from collections.abc import Sequence

from parsers.figures import read_figure
from parsers.fit import TableReading
from parsers.form import Col
from parsers.labels import label_keys
from parsers.model import Cell
from parsers.rows import RowReading
from parsers.stream import Item


def read_cells(reading: TableReading) -> list[Cell]:
    """The cells of a table in form order."""
    cells: list[Cell] = []
    for row in reading.rows:
        stated = _stated_units(row)
        keys, cols = row.block.row_keys(row.row), row.block.cols
        if row.placed is None:
            cells.extend(_unplaced(key, row, col) for key, col in zip(keys, cols, strict=True))
        else:
            cells.extend(_read_cell(key, item, col, row, stated) for key, item, col in zip(keys, row.placed, cols, strict=True))
    return cells


def _read_cell(key: str, item: Item, col: Col, row: RowReading, stated: Sequence[tuple[tuple[str, ...], str]]) -> Cell:
    unit = row.row.unit or col.unit
    text = item.text
    if col.signed and (said := _CHANGE_RE.fullmatch(text)):
        text = ("-" if said[1] == "减" else "+") + said[2]  # 减3 under 本年增/减
    figure = read_figure(text, decimal=col.decimal or unit == "万元")
    value = figure.value
    kind = figure.kind
    if kind == "number" and not col.signed and not item.text.isdigit() and item.text.lstrip().startswith(("+", "＋")):
        kind, value = "ambiguous", None
    if kind == "number" and item.shared:
        kind, value = "ambiguous", None  # one cell beside two labels
    if col.signed and value and value > 0 and figure.note and _FALL_RE.match(figure.note):
        kind, value = "ambiguous", None  # 5（减少）: which sign is meant stands in words only
    if figure.unit or row.printed_unit:
        unit = figure.unit or row.printed_unit
    elif stated:
        unit = next((said for keys, said in stated if any(key.startswith((*col.keys, *row.row.keys)) for key in keys)), unit)
    return Cell(key, value, item.text, kind, unit, item.at, None, figure.note)


def _unplaced(key: str, row: RowReading, col: Col) -> Cell:
    raw, at = "", None
    if row.group is not None and row.kind in ("ambiguous", "lost"):
        values = row.group.values if row.kind == "ambiguous" else []
        raw = " | ".join(item.text for item in values)
        at = (values or row.group.labels)[0].at if (values or row.group.labels) else None
    return Cell(key, None, raw, row.kind, row.row.unit or col.unit, at)


_FALL_RE = re.compile(r"(?:(?:较|比|同比)[上去]?一?年?度?)?\s*[减降少负↓-]")
_CHANGE_RE = re.compile(r"([增减])[加少]?\s?(\d+\s?[项件个]?)")

# 本年收费金额（单位：元）, 采购总金额(千元), 收费金额/元, 处理决定数量（万件）: a unit that the page states beside its figures.
_STATED_UNIT = re.compile(
    r"(?:[（(]\s*(?:计量)?(?:单位)?\s*[:：]?|[/／]|单位\s*[:：])\s*(?:人民币)?\s*([十百千万亿]{0,2}元|[万亿][件条次人个份项])\s*(?:[)）]|$)"
)


def _stated_units(row: RowReading) -> list[tuple[tuple[str, ...], str]]:
    """The units that the row's label and the heads over it state in their own words, and of which label."""
    if row.group is None or row.placed is None:
        return []
    seen = row.group.heads_read
    stated: list[tuple[tuple[str, ...], str]] | None = seen.get((id(row.group.head), 0))
    if stated is None:
        stated = seen[id(row.group.head), 0] = [unit for line in reversed(row.group.head) for unit in _units_in(line)]
    return [*_units_in(row.group.labels[-1:]), *stated]


def _units_in(items: Sequence[Item]) -> list[tuple[tuple[str, ...], str]]:
    """Labels that state a unit: their keys and the unit."""
    return [
        (label_keys(item.text), match[1])
        for item in items
        if len(item.text) < 80 and ("元" in item.text or "万" in item.text or "亿" in item.text) and (match := _STATED_UNIT.search(item.text))
    ]
