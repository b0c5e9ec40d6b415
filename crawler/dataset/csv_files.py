"""CSV for whatever reads CSV, Excel among them.

UTF-8, comma, RFC 4180 quotes, a line feed at the end of each line; a null is an empty field and an empty
text is "". A text that a spreadsheet would take for a formula gets an apostrophe before it; numbers such
as -3 or +26, and a lone stroke, are no formulas and stay as they are.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from crawler.dataset.schema import TABLES, Column, Table
from crawler.dataset.tables import Dataset, literal

# What begins a formula in Excel, LibreOffice or Google Sheets, full-width signs of Chinese keyboards included.
_FORMULA = r"^[=+\-@\t\r\n＝＋－＠]"
# What may begin so and is none: a number, or strokes.
_HARMLESS = r"^[+\-＋－]?[0-9０-９][0-9０-９,，]*([.．][0-9０-９]+)?[%％]?$|^[\-－]+$"

_MACROS = f"""
CREATE OR REPLACE MACRO csv_text(x) AS CASE
    WHEN regexp_matches(x, {literal(_FORMULA)}) AND NOT regexp_matches(x, {literal(_HARMLESS)}) THEN '''' || x ELSE x
END;
CREATE OR REPLACE MACRO csv_number(x) AS CASE
    WHEN x = round(x) AND abs(x) < 1e15 THEN x::BIGINT::VARCHAR ELSE x::VARCHAR
END;
"""


def write_csv(dataset: Dataset, folder: Path, *, bom: bool = False) -> Iterator[tuple[str, int]]:
    """Write one file a table, and yield each name with its number of rows. `bom` is for Excel."""
    dataset.con.execute(_MACROS)
    for table in TABLES:
        path = folder / f"{table.name}.csv"
        rows = dataset.con.execute(f"COPY ({table.select(_render)}) TO {literal(path)} (FORMAT csv, HEADER true)").fetchall()
        if bom:
            _add_bom(path)
        yield path.name, int(rows[0][0])


def _render(column: Column) -> str:
    name = f'"{column.name}"'
    if column.type == "text":
        return f"csv_text({name}) AS {name}"
    return f"csv_number({name}) AS {name}" if column.type == "number" else name


def _add_bom(path: Path) -> None:
    plain = path.with_name(path.name + ".plain")
    path.rename(plain)
    with plain.open("rb") as source, path.open("wb") as target:
        target.write("\ufeff".encode())
        shutil.copyfileobj(source, target, 1 << 20)
    plain.unlink()


def schema_of(table: Table) -> dict[str, object]:
    """The Frictionless table schema of a file."""
    schema: dict[str, object] = {
        "fields": [
            {
                "name": column.name,
                "type": {"text": "string"}.get(column.type, column.type),
                "title": column.zh,
                "description": column.en,
            }
            for column in table.columns
        ],
        "missingValues": [""],
        "primaryKey": list(table.key),
    }
    if table.links:
        schema["foreignKeys"] = [
            {"fields": [link], "reference": {"resource": "reports", "fields": ["report_id"]}} for link in table.links
        ]
    return schema
