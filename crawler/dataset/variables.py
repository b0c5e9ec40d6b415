"""The variables of the wide table, read from `variables.toml`, and the question that computes them.

A file that does not fit the forms is a mistake of ours and stops the program when it is loaded.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from crawler.dataset.tables import literal
from parsers.form import load_forms

_FILE = Path(__file__).with_name("variables.toml")


class VariablesError(Exception):
    """`variables.toml` names what no form has. Its text says which."""


@dataclass(frozen=True)
class Variable:
    """One column of the wide table. `cells` are the keys that are added, by form; empty for a ratio."""

    name: str
    zh: str
    en: str
    unit: str
    comparable: str
    cells: Mapping[str, tuple[str, ...]]
    ratio: tuple[str, str] | None = None


@cache
def load_variables() -> tuple[Variable, ...]:
    """All variables in the order of the file. Raises VariablesError."""
    variables: list[Variable] = []
    for entry in tomllib.loads(_FILE.read_text(encoding="utf-8"))["variable"]:
        cells = {name: _keys(name, entry[name], entry["name"]) for name in load_forms() if name in entry}
        ratio = tuple(entry["ratio"]) if "ratio" in entry else None
        known = {variable.name for variable in variables}
        for word in re.findall(r"[a-z_]+", " ".join(ratio or ())):
            if word not in known:
                raise VariablesError(f"{_FILE}: {entry['name']}: no variable {word!r} before it")
        if not cells and ratio is None:
            raise VariablesError(f"{_FILE}: {entry['name']}: neither cells nor a ratio")
        variables.append(
            Variable(
                entry["name"], entry["zh"], entry["en"], entry["unit"], entry["comparable"], cells,
                (ratio[0], ratio[1]) if ratio else None,
            )
        )
    return tuple(variables)


def _keys(form: str, patterns: list[str], name: str) -> tuple[str, ...]:
    every = list(load_forms()[form].cell_keys())
    keys: list[str] = []
    for pattern in patterns:
        found = [key for key in every if fnmatchcase(key, pattern)]
        if not found:
            raise VariablesError(f"{_FILE}: {name}: the form of {form} has no cell {pattern!r}")
        keys.extend(found)
    return tuple(keys)


def wide_table(first: int = 1, last: int | None = None) -> str:
    """The question whose answer is the wide table: one row a report, in the order of the file.

    With `first` and `last`, of the reports on these lines alone. A report without cells has its row too, with nulls.
    An amount in 元 is brought to 万元; one whose unit is not known is not used.
    """
    added = [v for v in load_variables() if v.ratio is None]
    mapping = ", ".join(
        f"({number}, {literal(form)}, {literal(key)}, {len(keys)}, {'TRUE' if variable.unit == '万元' else 'FALSE'})"
        for number, variable in enumerate(added)
        for form, keys in variable.cells.items()
        for key in keys
    )
    columns = ",\n        ".join(f"max(total) FILTER (variable = {n}) AS {v.name}" for n, v in enumerate(added))
    names = ", ".join(v.name for v in added)
    ratios = ", ".join(
        f"round(({v.ratio[0]}) / nullif({v.ratio[1]}, 0), 6) AS {v.name}" for v in load_variables() if v.ratio is not None
    )
    lines = f"line >= {first}" if last is None else f"line BETWEEN {first} AND {last}"
    return f"""
WITH parts (variable, form, "key", parts, is_amount) AS (VALUES {mapping}),
totals AS (
    -- A variable whose every cell was read has as many rows as the form has cells for it.
    SELECT cells.line, variable,
        CASE WHEN count(*) = any_value(parts) THEN
            round(sum(CASE WHEN is_amount AND unit = '元' THEN "value" / 10000 ELSE "value" END), 6)
        END AS total
    FROM cells
    JOIN (SELECT line, form FROM reports WHERE {lines}) AS forms USING (line)
    JOIN parts USING (form, "key")
    WHERE kind = 'number' AND (NOT is_amount OR unit IN ('万元', '元')) AND cells.{lines}
    GROUP BY cells.line, variable
),
figures AS (
    SELECT line,
        {columns}
    FROM totals
    GROUP BY line
),
corrected AS (
    SELECT line, string_agg("key" || '=' || reviewed::VARCHAR, '; ' ORDER BY seq) AS corrections
    FROM cells WHERE decision = 'corrected' AND {lines} GROUP BY line
)
SELECT
    report_id, organ_key, organ, year, chosen, copies, scope, "level", place, province, prefecture, county, division_name,
    form, form_expected, verdict, decision, published, url, official, portal, text_length,
    cells_number, cells_blank, cells_unread, errors, warnings, {names}, {ratios}, corrections
FROM reports LEFT JOIN figures USING (line) LEFT JOIN corrected USING (line)
WHERE {lines}
ORDER BY line
"""  # noqa: S608 - our own names
