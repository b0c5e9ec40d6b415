"""Parquet: typed columns, compressed with zstd; a null is a null."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from crawler.dataset.schema import TABLES, Column
from crawler.dataset.tables import Dataset, literal

_TYPES = {"text": "VARCHAR", "integer": "BIGINT", "number": "DOUBLE", "boolean": "BOOLEAN"}


def write_parquet(dataset: Dataset, folder: Path) -> Iterator[tuple[str, int]]:
    """Write one file a table, and yield each name with its number of rows."""
    for table in TABLES:
        path = folder / f"{table.name}.parquet"
        question = f"COPY ({table.select(_render)}) TO {literal(path)} (FORMAT parquet, COMPRESSION zstd)"
        yield path.name, int(dataset.con.execute(question).fetchall()[0][0])


def _render(column: Column) -> str:
    return f'"{column.name}"::{_TYPES[column.type]} AS "{column.name}"'
