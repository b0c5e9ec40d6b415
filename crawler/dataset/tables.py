"""The tables of the dataset, made by DuckDB from `reports.jsonl`.

A dataset that is larger than memory lives in a temporary file. How the lines get in: `loading.py`.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

SQL = Path(__file__).with_name("sql")

_NAME = "dataset"

# Below this many bytes of records the tables fit in memory several times over.
_IN_MEMORY = 100 << 20
_MEMORY_LIMIT = "600MB"
# And from this many on, joins over all reports need more than that, whatever is spilled to disk.
_MANY = 1 << 30
_MEMORY_LIMIT_OF_MANY = "1500MB"


class DatasetError(Exception):
    """The records cannot be read as a dataset. Its text names file and line, and says what to do."""


@dataclass
class Dataset:
    """Open tables: ask them through `con`. Close it, or use it as a context manager."""

    con: duckdb.DuckDBPyConnection
    home: Path
    records: Path
    suppressed: int = 0
    held_back: int = 0
    repeated: int = 0
    notes: list[str] = field(default_factory=list)
    _folder: Path | None = None

    def __enter__(self) -> Dataset:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the tables, and of the temporary file under them."""
        self.con.close()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A second connection to the tables, for a question that is read while others are asked."""
        cursor = self.con.cursor()
        cursor.execute(f"USE {_NAME}")
        return cursor

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> Iterator[dict[str, Any]]:
        """The rows of a question as dicts, a few thousand at a time: memory stays flat."""
        cursor = self.cursor().execute(sql, list(parameters))
        names = [column[0] for column in cursor.description or ()]
        while batch := cursor.fetchmany(2048):
            for row in batch:
                yield dict(zip(names, row, strict=True))

    def ranges(self, reports: int) -> Iterator[tuple[int, int]]:
        """First and last line of stretches of about so many reports. Tables lie in the order of the lines.

        A question asked stretch by stretch needs room for one stretch, however long the file is.
        """
        last = self.number("SELECT max(line) FROM reports")
        for first in range(1, last + 1, reports):
            yield first, min(first + reports - 1, last)

    def number(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        """The one number that a question gives; null counts as none."""
        # To the end: a connection with a result half fetched takes no further question.
        rows = self.con.execute(sql, list(parameters)).fetchall()
        return int(rows[0][0] or 0) if rows else 0


def connect(size: int) -> tuple[duckdb.DuckDBPyConnection, Path | None]:
    """A database for `size` bytes of records, and the temporary folder it lives in, if it needs one."""
    con = duckdb.connect(":memory:")
    if size < _IN_MEMORY:
        con.execute(f"ATTACH ':memory:' AS {_NAME}")
        con.execute(f"USE {_NAME}")
        return con, None
    folder = Path(tempfile.mkdtemp(prefix="gongkai-dataset-"))
    try:
        con.execute(f"SET memory_limit = '{_MEMORY_LIMIT if size < _MANY else _MEMORY_LIMIT_OF_MANY}'")
        con.execute(f"SET temp_directory = {literal(folder / 'spill')}")
        # Thrown away at the end, and made anew after a crash: it needs no log to recover from.
        con.execute(f"ATTACH {literal(folder / 'dataset.duckdb')} AS {_NAME} (RECOVERY_MODE no_wal_writes)")
        con.execute(f"USE {_NAME}")
        # Each checkpoint writes anew what lies half full, and takes as much memory as all before it.
        con.execute("SET checkpoint_threshold = '1TB'")
    except BaseException:
        con.close()
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return con, folder


def build(con: duckdb.DuckDBPyConnection, *names: str) -> None:
    """Run the statements of `sql/<name>.sql`, one file after the other."""
    for name in names:
        con.execute((SQL / f"{name}.sql").read_text(encoding="utf-8"))


def literal(value: object) -> str:
    """A text as an SQL literal.

    >>> literal("it's")
    "'it''s'"
    """
    return "'" + str(value).replace("'", "''") + "'"
