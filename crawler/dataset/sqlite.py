"""SQLite, ready for Datasette: keys, indexes, full-text search for Chinese, and the metadata file beside it.

Chinese has no spaces, and SQLite's own word splitter would take a whole clause for one word. The index is
made of every three characters in a row (`trigram`), which finds any phrase of three or more. Most Chinese words have
two: these are found by the table `sections_terms`, which lists the threes, since every two characters begin
one of them (texts are indexed with two spaces behind, so that the last ones do). The query `search` in
metadata.json does the right one.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from crawler.dataset.schema import TABLES, Table
from crawler.dataset.tables import Dataset

FILE_NAME = "gongkai.sqlite"

_TYPES = {"text": "TEXT", "integer": "INTEGER", "number": "REAL", "boolean": "INTEGER"}

_INDEXES = (
    "CREATE INDEX reports_organ ON reports (organ_key, year)",
    "CREATE INDEX reports_year ON reports (year, verdict)",
    "CREATE INDEX reports_place ON reports (place)",
    "CREATE INDEX cells_key ON cells (key, value)",
    "CREATE INDEX findings_check ON findings (check_id, level)",
    "CREATE INDEX findings_other ON findings (other_report_id)",
    "CREATE INDEX wide_organ ON wide (organ_key, year)",
)

_SEARCH = """
CREATE VIEW sections_indexed AS SELECT id, heading, text || '  ' AS text FROM sections;
CREATE VIRTUAL TABLE sections_fts USING fts5(heading, text, content='sections_indexed', content_rowid='id', tokenize='trigram');
INSERT INTO sections_fts(sections_fts) VALUES ('rebuild');
INSERT INTO sections_fts(sections_fts) VALUES ('optimize');
CREATE VIRTUAL TABLE sections_terms USING fts5vocab(sections_fts, instance);
"""

#: Finds any text, from one character up; `q` is taken as it is.
SEARCH_QUERY = """
SELECT reports.organ, reports.year, sections.heading,
  substr(sections.text, max(1, instr(sections.text, :q) - 30), 90 + length(:q)) AS passage, reports.url, sections.report_id
FROM sections JOIN reports USING (report_id)
WHERE sections.id IN (
  SELECT rowid FROM sections_fts WHERE length(:q) >= 3 AND sections_fts MATCH '"' || replace(:q, '"', '""') || '"'
  UNION
  SELECT doc FROM sections_terms
  WHERE length(:q) BETWEEN 1 AND 2 AND term >= lower(:q) AND term < lower(:q) || char(1114111)
)
ORDER BY reports.year DESC, reports.organ
LIMIT 200
""".strip()

_BATCH = 5000

# Reports whose cells are sorted at a time: a million cells.
_STRETCH = 5000


def write_sqlite(dataset: Dataset, folder: Path) -> Iterator[tuple[str, int]]:
    """Write the database and metadata.json, and yield each table with its number of rows."""
    con = sqlite3.connect(folder / FILE_NAME, isolation_level=None)
    try:
        # It is written aside and put in place whole: a crash leaves nothing to recover.
        con.execute("PRAGMA journal_mode = OFF")
        con.execute("PRAGMA synchronous = OFF")
        con.execute("PRAGMA cache_size = -65536")
        for table in TABLES:
            con.execute(_create(table))
            yield table.name, _fill(con, dataset, table)
        yield "codebook", _codebook(con)
        for statement in _INDEXES:
            con.execute(statement)
        con.executescript(_SEARCH)
        con.execute("ANALYZE")
        con.execute("PRAGMA journal_mode = DELETE")
    finally:
        con.close()
    (folder / "metadata.json").write_text(json.dumps(metadata(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _create(table: Table) -> str:
    columns = [f'"{column.name}" {_TYPES[column.type]}' for column in table.columns]
    if table.name == "sections":
        columns.insert(0, "id INTEGER PRIMARY KEY")
    keys = ", ".join(f'"{name}"' for name in table.key)
    parts = [*columns, f"UNIQUE ({keys})" if table.name == "sections" else f"PRIMARY KEY ({keys})"]
    parts += [f'FOREIGN KEY ("{link}") REFERENCES reports (report_id)' for link in table.links]
    # Rows of one report stand together on disk, and the long table has no second copy of its key.
    tail = " WITHOUT ROWID" if table.name == "cells" else ""
    return f"CREATE TABLE {table.name} ({', '.join(parts)}){tail}"


def _fill(con: sqlite3.Connection, dataset: Dataset, table: Table) -> int:
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    marks = ", ".join("?" * len(table.columns))
    insert = f"INSERT INTO {table.name} ({names}) VALUES ({marks})"  # noqa: S608 - our own names
    count = 0
    con.execute("BEGIN")
    for question in questions(dataset, table):
        cursor = dataset.cursor().execute(question)
        while batch := cursor.fetchmany(_BATCH):
            con.executemany(insert, batch)
            count += len(batch)
    con.execute("COMMIT")
    return count


def questions(dataset: Dataset, table: Table) -> Iterator[str]:
    """What to ask for the rows of a table: all at once, and the cells a stretch at a time, in the order of their key.

    They lie on disk in that order. In the order of the file each report would fall on another page of it, and a
    page that is half full is read and written again and again. Sorting all of them at once would take their room twice.
    """
    if table.name != "cells":
        yield table.select()
        return
    keys = ", ".join(f'"{name}"' for name in table.key)
    for first, last in dataset.ranges(_STRETCH):
        yield f"{table.select()} WHERE line BETWEEN {first} AND {last} ORDER BY {keys}"


def _codebook(con: sqlite3.Connection) -> int:
    from crawler.dataset.codebook import COLUMNS, codebook

    con.execute("CREATE TABLE codebook (" + ", ".join(f'"{name}" TEXT' for name in COLUMNS) + ")")
    rows = [tuple(getattr(entry, name) for name in COLUMNS) for entry in codebook()]
    con.executemany(f"INSERT INTO codebook VALUES ({', '.join('?' * len(COLUMNS))})", rows)  # noqa: S608 - our own names
    return len(rows)


def metadata() -> dict[str, object]:
    """The metadata file of Datasette: titles, descriptions of columns, facets, and the query `search`."""
    tables: dict[str, object] = {
        table.name: {
            "title": table.en,
            "columns": {column.name: f"{column.zh} · {column.en}" for column in table.columns},
        }
        for table in TABLES
    }
    tables["reports"] = {**_entry(tables["reports"]), "facets": ["year", "verdict", "form"], "label_column": "title", "size": 50}
    tables["findings"] = {**_entry(tables["findings"]), "facets": ["check_id", "level"]}
    tables["sections"] = {**_entry(tables["sections"]), "fts_table": "sections_fts", "fts_pk": "id"}
    for name in ("sections_indexed", "sections_terms"):
        tables[name] = {"hidden": True}
    return {
        "title": "Annual reports on government-information disclosure in China (政府信息公开工作年度报告)",
        "description": "Figures, prose and findings read from the published reports. A blank is null, never nought.",
        "databases": {
            Path(FILE_NAME).stem: {
                "tables": tables,
                "queries": {
                    "search": {
                        "title": "Search the prose, from one character up (全文检索)",
                        "sql": SEARCH_QUERY,
                        "params": ["q"],
                    }
                },
            }
        },
    }


def _entry(value: object) -> dict[str, object]:
    return dict(value) if isinstance(value, dict) else {}
