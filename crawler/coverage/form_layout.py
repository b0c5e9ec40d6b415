"""The figures of a record laid out as the statutory form prints them: captions, heads, nested rows.

The layout is the form's and not the page's: a page that lost a row shows the row here, as missing. Every cell of
the record is shown; one that no form names (an older record's) is listed behind the tables.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from crawler.coverage.words import word
from parsers.form import Block, Form, Row, load_forms

_TABLES = ("disclosure", "requests", "proceedings", "annex")
_PLACE_RE = re.compile(r"([A-Za-z][A-Za-z-]*)\[(\d+|[^\]]{1,80})\]|r(\d+)c(\d+)")
_PLACES = {
    "table": ("第{}个表格", "table {}"),
    "line": ("第{}行", "line {}"),
    "page": ("第{}页", "page {}"),
    "sheet": ("工作表{}", "sheet {}"),
    "p": ("第{}段", "paragraph {}"),
    "pre": ("第{}个排版文本块", "preformatted block {}"),
    "row": ("第{}行", "row {}"),
    "col": ("第{}列", "column {}"),
}


@dataclass(frozen=True, slots=True)
class Label:
    """A label as the form prints it, and what it means in English ("" where that is not known)."""

    zh: str
    en: str = ""


@dataclass(frozen=True, slots=True)
class HeadCell:
    """A head that spans `across` columns and `down` rows."""

    label: Label
    across: int = 1
    down: int = 1


@dataclass(frozen=True, slots=True)
class Figure:
    """One cell: what is printed, what it is worth, and where it stands.

    `shown` is the text to show, "" for a blank. `refs` number the findings that name it; `level` is the gravest of
    those that blame it, and "" where it is only a part of a sum. `place_zh` and `place_en` say the spot in words.
    """

    key: str
    kind: str
    shown: str
    value: int | float | None
    raw: str
    unit: str | None
    at: str | None
    derived: int | float | None
    note: str | None
    place_zh: str
    place_en: str
    label: Label
    refs: tuple[int, ...] = ()
    level: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A row: its label cells and its figures. `span` is set for a row that only carries a label."""

    heads: tuple[HeadCell, ...]
    figures: tuple[Figure, ...] = ()
    unit: str | None = None


@dataclass(slots=True)
class Body:
    """Rows under one head, with the caption above them."""

    caption: Label | None
    heads: list[list[HeadCell]]
    lines: list[Line]
    label_columns: int
    unit: str | None


@dataclass(slots=True)
class Table:
    """One statutory table. `refs` are the findings about its cells."""

    key: str
    bodies: list[Body] = field(default_factory=list)
    refs: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Layout:
    """All tables of a record, the labels of its keys, and figures that the form does not know."""

    form: str | None
    notice: str
    tables: list[Table]
    labels: dict[str, Label]
    strays: list[Figure]


def lay_out_form(record: Mapping[str, Any]) -> Layout:
    """Lay a record's cells out. A record without cells has no tables."""
    form = load_forms().get(str(record.get("form")))
    cells = {str(cell["key"]): cell for cell in record["cells"]}
    labels = _labels(form.name) if form else {}
    refs, levels = _references(record["findings"])
    figures = {
        key: _figure(cell, labels.get(key, Label(key)), tuple(refs.get(key, ())), levels.get(key, ""))
        for key, cell in cells.items()
    }
    tables = []
    for name in _TABLES:
        blocks = [block for block in (form.blocks if form else ()) if block.table == name]
        bodies = [_body(block, figures) for block in blocks]
        if any(line.figures for body in bodies for line in body.lines):
            table = Table(name, bodies)
            table.refs = sorted(
                {ref for body in bodies for line in body.lines for figure in line.figures for ref in figure.refs}
            )
            tables.append(table)
    strays = [figure for key, figure in figures.items() if key not in labels]
    return Layout(form.name if form else None, form.notice if form else "", tables, labels, strays)


def key_labels(form: Form) -> dict[str, Label]:
    """Every key of a form with its row's and its column's label.

    >>> key_labels(load_forms()["2021"])["requests.denied.state_secret.total"].zh
    '（三）不予公开 · 1.属于国家秘密 · 总计'
    """
    labels = {}
    for block in form.blocks:
        for row in block.rows:
            for number, col in enumerate(block.cols):
                zh = [*row.path[-2:]] if len(row.path) > 2 else [*row.path[-1:]]
                en = [_en(row.path[-2])] if len(row.path) > 2 else []
                if not row.path:
                    group = _group(block, number)
                    zh, en = [group], [_en(group)]
                if row.path:
                    en.append(_beside(row) if en else _english(row))
                if len(block.cols) > 1:
                    zh.append(col.label)
                    en.append(_beside(col) if not row.path else _english(col))
                labels[block.cell_key(row, col)] = Label(" · ".join(zh), " · ".join(part for part in en if part))
    return labels


@cache
def _labels(form: str) -> dict[str, Label]:
    return key_labels(load_forms()[form])


def say_place(at: str | None) -> tuple[str, str]:
    """Where a cell stands, in words, in Chinese and English.

    >>> say_place("table[6]/r27c10"), say_place("line[19]")
    (('第6个表格，第27行，第10列', 'table 6, row 27, column 10'), ('第19行', 'line 19'))
    """
    if not at:
        return "", ""
    zh, en = [], []
    for found in _PLACE_RE.finditer(at):
        if found[3]:
            zh += [f"第{found[3]}行", f"第{found[4]}列"]
            en += [f"row {found[3]}", f"column {found[4]}"]
        else:
            in_zh, in_en = _PLACES.get(found[1], (f"{found[1]} {{}}", f"{found[1]} {{}}"))
            zh.append(in_zh.format(found[2]))
            en.append(in_en.format(found[2]))
    return ("，".join(zh), ", ".join(en)) if zh else (at, at)


def _figure(cell: Mapping[str, Any], label: Label, refs: tuple[int, ...], level: str) -> Figure:
    raw = str(cell["raw"] or "").strip()
    value, kind = cell["value"], str(cell["kind"])
    # The printed form of a number is shown; a value that is not the printed one would be seen at once.
    shown = raw if kind in ("number", "dash", "text", "ambiguous", "lost") else ""
    place_zh, place_en = say_place(cell["at"])
    return Figure(
        key=str(cell["key"]),
        kind=kind,
        shown=shown if shown or value is None else str(value),
        value=value,
        raw=str(cell["raw"] or ""),
        unit=cell["unit"],
        at=cell["at"],
        derived=cell.get("derived"),
        note=cell.get("note"),
        place_zh=place_zh,
        place_en=place_en,
        label=label,
        refs=refs,
        level=level,
    )


def _references(findings: list[Mapping[str, Any]]) -> tuple[dict[str, list[int]], dict[str, str]]:
    refs: dict[str, list[int]] = {}
    levels: dict[str, str] = {}
    order = ("notice", "warning", "error")
    for number, finding in enumerate(findings, 1):
        level = str(finding["level"])
        for place, key in enumerate(finding["keys"]):
            refs.setdefault(key, []).append(number)
            # The cell that a check is about comes first, and what it was compared with after it.
            if place == 0 and level in order and (key not in levels or order.index(level) > order.index(levels[key])):
                levels[key] = level
    return refs, levels


def _body(block: Block, figures: Mapping[str, Figure]) -> Body:
    depth = max((len(row.path) for row in block.rows), default=0) if block.table == "requests" else min(1, len(block.rows[0].path))
    lines = list(_nested(block, figures, depth) if block.table == "requests" else _plain(block, figures))
    unit = block.cols[0].unit if len({col.unit for col in block.cols}) == 1 else None
    return Body(Label(block.caption) if block.caption else None, _heads(block, depth), lines, depth, unit)


def _heads(block: Block, depth: int) -> list[list[HeadCell]]:
    leaves = [HeadCell(Label(col.label, _beside(col))) for col in block.cols]
    if block.table == "requests":
        top = [HeadCell(Label(""), depth, 3), HeadCell(_label("申请人情况"), len(leaves))]
        middle = [
            HeadCell(leaves[0].label, 1, 2),
            HeadCell(_label("法人或其他组织"), len(leaves) - 2),
            HeadCell(leaves[-1].label, 1, 2),
        ]
        return [top, middle, leaves[1:-1]]
    if block.table == "proceedings":
        five = [HeadCell(leaf.label, 1, 2) for leaf in leaves[:5]]
        groups = [HeadCell(_label("未经复议直接起诉"), 5), HeadCell(_label("复议后起诉"), 5)]
        return [[HeadCell(_label("行政复议"), 5), HeadCell(_label("行政诉讼"), 10)], [*five, *groups], leaves[5:]]
    corner = HeadCell(_label("信息内容") if block.table == "disclosure" else Label("统计指标", "indicator"))
    return [[corner, *leaves, *([HeadCell(Label("单位", "unit"))] if block.unit_column else [])]]


def _plain(block: Block, figures: Mapping[str, Figure]) -> Iterator[Line]:
    """Rows one after another; labels that govern several rows come first, as rows of their own."""
    shown: tuple[str, ...] = ()
    width = len(block.cols) + 1 + block.unit_column
    for row in block.rows:
        above = row.path[:-1]
        for level in range(len(above)):
            if above[: level + 1] != shown[: level + 1]:
                yield Line((HeadCell(_label(above[level]), width),))
        shown = above
        heads = (HeadCell(Label(row.path[-1], _english(row))),) if row.path else ()
        yield Line(heads, _figures(block, row, figures), (row.unit or "") if block.unit_column else None)


def _nested(block: Block, figures: Mapping[str, Figure], depth: int) -> Iterator[Line]:
    """Rows whose labels stand side by side and span what they govern, as on the form."""
    before: tuple[str, ...] = ()
    for number, row in enumerate(block.rows):
        heads = []
        for level in range(len(row.path)):
            prefix = row.path[: level + 1]
            if before[: level + 1] == prefix:
                continue
            last = level == len(row.path) - 1
            down = 1
            while number + down < len(block.rows) and block.rows[number + down].path[: level + 1] == prefix:
                down += 1
            en = _beside(row) if level > 1 else _english(row)
            label = Label(row.path[level], en) if last else _label(row.path[level])
            heads.append(HeadCell(label, depth - level if last else 1, down))
        before = row.path
        yield Line(tuple(heads), _figures(block, row, figures))


def _figures(block: Block, row: Row, figures: Mapping[str, Figure]) -> tuple[Figure, ...]:
    keys = [block.cell_key(row, col) for col in block.cols]
    absent = [key for key in keys if key not in figures]
    if len(absent) == len(keys):
        return ()
    return tuple(
        figures.get(key) or Figure(key, "missing", "", None, "", None, None, None, None, "", "", Label(key)) for key in keys
    )


def _group(block: Block, number: int) -> str:
    return ("行政复议", "未经复议直接起诉", "复议后起诉")[number // 5] if block.table == "proceedings" else ""


def _label(zh: str) -> Label:
    return Label(zh, _en(zh))


def _en(zh: str) -> str:
    known = word("label", zh)
    return "" if known.en == zh else known.en


def _english(part: object) -> str:
    return str(getattr(part, "en", "") or "")


def _beside(part: object) -> str:
    """The English of a label beside its group's, which has said the first half of "denied: state secret"."""
    return _english(part).rpartition(": ")[2]
