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


# What a variable may be measured by beside the cells: tables with a row a line.
_MEASURED = frozenset({"deadlines.days", "chapters.problems", "likeness.last_year", "likeness.neighbour"})


class VariablesError(Exception):
    """`variables.toml` names what no form has. Its text says which."""


@dataclass(frozen=True)
class Variable:
    """One column of the wide table. `cells` are the keys that are added, by form; empty for a ratio and what is `measured`."""

    name: str
    zh: str
    en: str
    unit: str
    comparable: str
    cells: Mapping[str, tuple[str, ...]]
    ratio: tuple[str, str] | None = None
    measured: str | None = None


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
        measured = entry.get("measured")
        if measured is not None and measured not in _MEASURED:
            raise VariablesError(f"{_FILE}: {entry['name']}: nothing is measured as {measured!r}")
        if bool(cells) + (ratio is not None) + (measured is not None) != 1:
            raise VariablesError(f"{_FILE}: {entry['name']}: not one of cells, a ratio, or measured")
        if entry["name"] in known:
            raise VariablesError(f"{_FILE}: {entry['name']}: there twice")
        variables.append(
            Variable(
                entry["name"], entry["zh"], entry["en"], entry["unit"], entry["comparable"], cells,
                (ratio[0], ratio[1]) if ratio else None, measured,
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
    added = [v for v in load_variables() if v.cells]
    # A report may mix the blocks of two forms: what counts are the cells that are there. `rank` tells the ways of a variable
    # apart, one for each set of cells.
    ranks = [list(dict.fromkeys(variable.cells.values())) for variable in added]
    mapping = ", ".join(
        f"({number}, {rank}, {literal(key)}, {len(keys)}, {'TRUE' if variable.unit == '万元' else 'FALSE'})"
        for number, variable in enumerate(added)
        for rank, keys in enumerate(ranks[number])
        for key in keys
    )
    owns = ", ".join(
        f"({number}, {ranks[number].index(keys)}, {literal(form)})" for number, variable in enumerate(added) for form, keys in variable.cells.items()
    )
    columns = ",\n        ".join(f"max(total) FILTER (variable = {n}) AS {v.name}" for n, v in enumerate(added))
    # In the order of the file, as the columns of the published table are.
    names = ", ".join(_column(v) for v in load_variables())
    lines = f"line >= {first}" if last is None else f"line BETWEEN {first} AND {last}"
    return f"""
WITH parts (variable, rank, "key", parts, is_amount) AS (VALUES {mapping}),
owns (variable, rank, form) AS (VALUES {owns}),
sums AS (
    -- A variable whose every cell was read has as many figures as the form has cells for it.
    SELECT line, variable, rank,
        CASE WHEN count(figure) = any_value(parts) THEN round(sum(figure), 6) END AS total
    FROM (
        SELECT line, variable, rank, parts,
            CASE
                WHEN kind <> 'number' THEN NULL
                WHEN NOT is_amount OR unit = '万元' THEN "value"
                WHEN unit = '元' THEN "value" / 10000
            END AS figure
        FROM cells JOIN parts USING ("key")
        WHERE cells.{lines}
    ) AS told
    GROUP BY line, variable, rank
),
totals AS (
    -- The cells of the form that was read, if the report has any of them; else those of another form, if only one can be meant.
    SELECT sums.line, variable,
        CASE
            WHEN bool_or(owns.form IS NOT NULL) THEN max(total) FILTER (owns.form IS NOT NULL)
            WHEN count(*) = 1 THEN max(total)
        END AS total
    FROM sums
    JOIN (SELECT line, form FROM reports WHERE {lines}) AS forms USING (line)
    LEFT JOIN owns USING (variable, rank, form)
    GROUP BY sums.line, variable
),
figures AS (
    SELECT line,
        {columns}
    FROM totals
    GROUP BY line
),
chapters AS (
    SELECT line, nullif(sum(length("text")), 0) AS problems
    FROM sections WHERE "key" = 'problems' AND {lines} GROUP BY line
),
corrected AS (
    SELECT line, string_agg("key" || '=' || reviewed::VARCHAR, '; ' ORDER BY seq) AS corrections
    FROM cells WHERE decision = 'corrected' AND {lines} GROUP BY line
)
SELECT
    reports.report_id, organ_key, organ, year, chosen, copies, scope, "level", place, province, prefecture, county, division_name,
    form, form_expected, verdict, decision, published, url, official, portal, text_length,
    cells_number, cells_blank, cells_unread, errors, warnings, {names}, corrections
FROM reports LEFT JOIN figures USING (line) LEFT JOIN corrected USING (line)
LEFT JOIN chapters USING (line) LEFT JOIN deadlines USING (line) LEFT JOIN likeness USING (line)
WHERE reports.{lines}
ORDER BY reports.line
"""  # noqa: S608 - our own names


def _column(variable: Variable) -> str:
    if variable.measured:
        return f"{variable.measured} AS {variable.name}"
    if variable.ratio:
        over, under = variable.ratio
        return f"round(({over}) / nullif({under}, 0), 6) AS {variable.name}"
    return f"figures.{variable.name}"
