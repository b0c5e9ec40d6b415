"""The codebook: what every column and every cell means, made from the forms that the parser reads by.

A row is a variable: a cell of a form (long table), a column of the wide table, or a column of another
table. It is never written by hand, so it cannot say something else than the parser does.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from functools import cache

from crawler.dataset.schema import TABLES
from crawler.dataset.variables import load_variables
from parsers.form import Block, Col, Row, load_forms


@dataclass(frozen=True)
class Entry:
    """One line of the codebook. `zh` is the label as the notice prints it, from the outermost, parted by " › "."""

    table: str
    name: str
    zh: str
    en: str
    unit: str
    type: str
    era: str
    comparable: str
    notice: str


COLUMNS = tuple(f.name for f in fields(Entry))


@cache
def codebook() -> tuple[Entry, ...]:
    """All entries: columns of the tables, variables of the wide table, cells of the forms."""
    return (*_columns(), *_variables(), *_cells())


def _columns() -> Iterator[Entry]:
    variables = {variable.name for variable in load_variables()}
    for table in TABLES:
        for column in table.columns:
            if table.name == "wide" and column.name in variables:
                continue
            yield Entry(table.name, column.name, column.zh, column.en, "", column.type, "", "", "")


def _variables() -> Iterator[Entry]:
    forms = load_forms()
    for variable in load_variables():
        era = ", ".join(variable.cells) if variable.cells else ""
        notices = "; ".join(forms[form].notice for form in variable.cells)
        yield Entry("wide", variable.name, variable.zh, variable.en, variable.unit, "number", era, variable.comparable, notices)


def _cells() -> Iterator[Entry]:
    places = _places()
    for form in load_forms().values():
        first, last = form.years
        era = f"{first}–" if last >= 2099 else f"{first}–{last}"
        for block in form.blocks:
            for row in block.rows:
                for col in block.cols:
                    key = block.cell_key(row, col)
                    unit = row.unit or col.unit or ""
                    yield Entry(
                        "cells", key, _zh(block, row, col), _en(block, row, col), unit, "number", era,
                        _comparable(key, form.name, places), form.notice,
                    )  # fmt: skip


def _places() -> dict[str, list[str]]:
    """Of each key, the forms that have it."""
    places: dict[str, list[str]] = {}
    for form in load_forms().values():
        for key in form.cell_keys():
            places.setdefault(key, []).append(form.name)
    return places


def _comparable(key: str, form: str, places: dict[str, list[str]]) -> str:
    others = [name for name in places[key] if name != form]
    series = [v.name for v in load_variables() if any(key in keys for keys in v.cells.values())]
    words = [f"the same cell in the form of {', '.join(others)}" if others else "only in this form"]
    if series:
        words.append("part of " + ", ".join(series))
    return "; ".join(words)


# The heads of 行政复议、行政诉讼 stand in groups; the form's file has their labels without saying which is over which.
_OVER = {
    "reconsideration": ("行政复议",),
    "litigation_direct": ("行政诉讼", "未经复议直接起诉"),
    "litigation_after_reconsideration": ("行政诉讼", "复议后起诉"),
}


def _zh(block: Block, row: Row, col: Col) -> str:
    caption = [block.caption] if block.caption else []
    over = _OVER.get(col.key.split(".")[0], ()) if block.table == "proceedings" else ()
    label = [] if block.unit_column else [col.label]
    return " › ".join([*caption, *row.path, *over, *label])


def _en(block: Block, row: Row, col: Col) -> str:
    if block.unit_column:
        return row.en
    return col.en if not row.path else f"{row.en}: {col.en}"


def codebook_json() -> str:
    """The codebook as a JSON array of objects."""
    return json.dumps([asdict(entry) for entry in codebook()], ensure_ascii=False, indent=1) + "\n"


def codebook_markdown() -> str:
    """The codebook as Markdown, a table for each table of the dataset, with the notes of the eras before it."""
    lines = ["# Codebook", "", *NOTES, ""]
    table = None
    for entry in codebook():
        if entry.table != table:
            table = entry.table
            lines += ["", f"## {table}", "", "| name | 中文 | meaning | unit | era | comparability | notice |", "| --- " * 7 + "|"]
        row = (f"`{entry.name}`", entry.zh, entry.en, entry.unit, entry.era, entry.comparable, entry.notice)
        lines.append("| " + " | ".join(text.replace("|", "\\|").replace("\n", " ") for text in row) + " |")
    return "\n".join(lines) + "\n"


NOTES = (
    "A number is the number that the report prints in that place. A blank, a stroke and 无 are no nought: their value is",
    "null, and `kind` says what stands there. `derived` is what the form's sums prove of an empty cell; `reviewed` is what a",
    "reviewer put beside a printed figure. Neither ever replaces `value`.",
    "",
    "Breaks in the series: 2008–2013 have no national form (some reports carry the annex of the Shanghai model, `annex.s01` to `annex.s35`); 2014–2018 an annex of 58 figures (`annex.*`); 2019–2020 and 2021",
    "to today three tables each. Table 1 is another one since 2021: only decisions (许可, 处罚, 强制) go on. 对外公开总数量",
    "(2019, 2020) and 现行有效件数 (since 2021) are two quantities. Fees are a number of items in 2019 and 2020 and an amount",
    "(万元) since 2021. 其他处理 is one row in 2019 and three since 2021; their sum goes on. The annex has no classes of applicants.",
    "",
    "`scope`: `own` are the figures of one organ, `aggregate` those of a government with all its departments: never add both.",
    "`chosen` marks the one copy that stands for an organ and a year; filter by it before counting organs.",
)
