"""The statutory forms, read from `forms/*.toml`: one file a notice.

A form is a list of blocks; a block is what one head row governs: its columns, its rows, and the
captions that may stand above. A figure's key is `table.row.column`. A file that does not hold
together is a mistake of ours and stops the program when it is loaded, with file and key.

Columns, rows and blocks are compared by identity: each exists once, and they key caches.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from parsers.labels import label_keys

FORMS_DIR = Path(__file__).with_name("forms")


class FormError(Exception):
    """A form file that does not hold together. Raised by `load_forms`, at the first use."""


@dataclass(frozen=True, eq=False)
class Col:
    """One column of figures. `signed` for 本年增/减, `decimal` for amounts, `unit` as on the form.

    `en`: what the label means, for readers who have no Chinese; likewise for rows and blocks.
    """

    key: str
    keys: tuple[str, ...]
    unit: str | None
    signed: bool
    decimal: bool
    label: str
    en: str


@dataclass(frozen=True, eq=False)
class Row:
    """One row of figures; `path` are its labels from the outermost, `keys` those of the leaf.

    `unit` is set where the form gives one a row, and then goes before that of the column; `code` where
    the form prints a number of the row between label and figure (代码).
    """

    key: str
    path: tuple[str, ...]
    keys: tuple[str, ...]
    en: str
    unit: str | None = None
    code: str = ""


@dataclass(frozen=True, eq=False)
class Block:
    """Rows under one head. `head_order` is the order in which the head's leaves are printed.

    `unit_column`: the form prints a unit between label and figure. `least`: with fewer rows than these
    it is some other local table that shares a few words.
    """

    form: str
    table: str
    en: str
    number: int
    caption: str | None
    corner: tuple[str, ...]
    groups: tuple[str, ...]
    cols: tuple[Col, ...]
    rows: tuple[Row, ...]
    head_order: tuple[int, ...]
    unit_column: bool = False
    least: int = 1

    @property
    def labelled(self) -> bool:
        """Whether its rows carry a label; the one row of 行政复议、行政诉讼 does not."""
        return bool(self.rows[0].path)

    # blocks live as long as the program, so a cache on a method keeps nothing alive
    @cache  # noqa: B019
    def cell_key(self, row: Row, col: Col) -> str:
        """`requests.denied.state_secret.total`"""
        return ".".join(part for part in (self.table, row.key, col.key) if part)

    @cache  # noqa: B019
    def row_keys(self, row: Row) -> tuple[str, ...]:
        """The keys of a row's cells, in the order of the columns."""
        return tuple(self.cell_key(row, col) for col in self.cols)


@dataclass(frozen=True)
class Sum:
    """A sum that must hold: Σ left = Σ right, in each column, in each row, or of named cells.

    A bound is weaker: Σ left ≥ Σ right.
    """

    check: str
    table: str
    basis: str
    each: str
    left: tuple[str, ...]
    right: tuple[str, ...]
    bound: bool = False


@dataclass(frozen=True)
class Form:
    """One notice's form."""

    name: str
    notice: str
    years: tuple[int, int]
    blocks: tuple[Block, ...]
    sums: tuple[Sum, ...]

    def cell_keys(self) -> Iterator[str]:
        """Every key of the form, in the order of the form."""
        for block in self.blocks:
            for row in block.rows:
                for col in block.cols:
                    yield block.cell_key(row, col)


@cache
def load_forms() -> dict[str, Form]:
    """All forms by name, oldest first. Raises FormError."""
    forms = [_load(path) for path in sorted(FORMS_DIR.glob("*.toml"))]
    if not forms:
        raise FormError(f"{FORMS_DIR}: no form files")
    return {form.name: form for form in sorted(forms, key=lambda form: form.years)}


@cache
def parent_keys() -> frozenset[str]:
    """Keys of the labels over several rows, 本年度办理结果 and 不予公开, which bear no figures themselves."""
    parents = {parent for form in load_forms().values() for block in form.blocks for row in block.rows for parent in row.path[:-1]}
    return frozenset(key for parent in parents for key in label_keys(parent))


def expected_form(year: int | None) -> str | None:
    """The form that a report on `year` is to use; 2008 was the first year of reports."""
    if year is None or year < 2007:
        return None
    if year <= 2013:
        return "2008"
    if year <= 2018:
        return "2014"
    for form in load_forms().values():
        if form.years[0] <= year <= form.years[1]:
            return form.name
    return None


def _load(path: Path) -> Form:
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        blocks = tuple(_block(raw["form"], number, entry) for number, entry in enumerate(raw["block"]))
        sums = tuple(
            Sum(s["check"], s["table"], s["basis"], s["each"], tuple(s["left"]), tuple(s["right"]), kind == "bound")
            for kind in ("sum", "bound")
            for s in (raw["sum"] if kind == "sum" else raw.get("bound", ()))
        )
        form = Form(raw["form"], raw["notice"], (raw["years"][0], raw["years"][1]), blocks, sums)
    except (KeyError, tomllib.TOMLDecodeError, IndexError) as error:
        raise FormError(f"{path}: {error!r}") from error
    keys = list(form.cell_keys())
    if len(set(keys)) != len(keys):
        raise FormError(f"{path}: a cell key occurs twice: {sorted(k for k in keys if keys.count(k) > 1)[0]}")
    for rule in sums:
        for name in (*rule.left, *rule.right):
            if not _known(form, rule, name):
                raise FormError(f"{path}: sum {rule.check}: unknown {rule.each} {name!r}")
    return form


def _known(form: Form, rule: Sum, name: str) -> bool:
    blocks = [block for block in form.blocks if block.table == rule.table]
    if rule.each == "col":
        return any(row.key == name for block in blocks for row in block.rows)
    if rule.each == "row":
        return any(col.key == name for block in blocks for col in block.cols)
    return f"{rule.table}.{name}" in set(form.cell_keys())


def _all_keys(labels: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(key for label in labels for key in label_keys(label)))


def _block(form: str, number: int, raw: dict[str, Any]) -> Block:
    cols = tuple(
        Col(
            key=col["key"],
            keys=_all_keys([col["label"], *col.get("aliases", [])]),
            unit=col.get("unit", raw.get("unit")) or None,
            signed=col.get("signed", False),
            decimal=col.get("decimal", False),
            label=col["label"],
            en=col["en"],
        )
        for col in raw["cols"]
    )
    rows = tuple(
        Row(row["key"], tuple(row["path"]), _all_keys([*row["path"][-1:], *row.get("aliases", [])]), row["en"], row.get("unit"), row.get("code", ""))
        for row in raw["rows"]
    )
    names = [col.key for col in cols]
    order = tuple(names.index(name) for name in raw.get("head_order", names))
    if sorted(order) != list(range(len(cols))):
        raise KeyError(f"head_order of block {number}")
    return Block(
        form=form,
        table=raw["table"],
        en=raw["en"],
        number=number,
        caption=raw.get("caption"),
        corner=_all_keys([raw["corner"]]) if "corner" in raw else (),
        groups=_all_keys(raw.get("groups", [])),
        cols=cols,
        rows=rows,
        head_order=order,
        unit_column=raw.get("unit_column", False),
        least=raw.get("least", 1),
    )
