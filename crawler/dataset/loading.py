"""Read `reports.jsonl` into the tables: once, a stretch of lines at a time, so that memory does not grow with the file.

The list of columns is given, never inferred: a column that is null in the first thousands of lines
and text later, or 1 and then "—", breaks every reader that guesses.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb

from crawler.dataset.tables import SQL, Dataset, DatasetError, build, literal

# The record of the README, as DuckDB types. `expected` and `found` are numbers or words: text, here.
COLUMNS = {
    "line": "BIGINT",
    "schema": "VARCHAR",
    "report_id": "VARCHAR",
    "title": "VARCHAR",
    "organ": "VARCHAR",
    "year": "INTEGER",
    "published": "VARCHAR",
    "division": "STRUCT(code VARCHAR, name VARCHAR, witnesses VARCHAR[])",
    "scope": "VARCHAR",
    "metadata": "JSON",
    "form": "VARCHAR",
    "form_expected": "VARCHAR",
    "preamble": "VARCHAR",
    "sections": 'STRUCT("key" VARCHAR, heading VARCHAR, "text" VARCHAR)[]',
    "cells": (
        'STRUCT("key" VARCHAR, "value" DOUBLE, "raw" VARCHAR, kind VARCHAR, unit VARCHAR, "at" VARCHAR, '
        "derived DOUBLE, note VARCHAR)[]"
    ),
    "findings": (
        'STRUCT("check" VARCHAR, "level" VARCHAR, "keys" VARCHAR[], message VARCHAR, expected VARCHAR, found VARCHAR)[]'
    ),
    "verdict": "VARCHAR",
    "source": (
        "STRUCT(url VARCHAR, fetched VARCHAR, sha256 VARCHAR, snapshot VARCHAR, media_type VARCHAR, encoding VARCHAR, "
        "portal VARCHAR, official BOOLEAN, attachment_of VARCHAR, rendered BOOLEAN, "
        "also_at STRUCT(url VARCHAR, sha256 VARCHAR, fetched VARCHAR, snapshot VARCHAR)[])"
    ),
    "parser": "VARCHAR",
    "replaces": "VARCHAR",
}

# Bytes of lines that are read at a time. DuckDB reads a file by as many threads as it has pieces.
_STRETCH = 32 << 20
_PIECE = 1 << 20

_TABLES = ("reports", "cells", "sections", "findings", "also")


def load(dataset: Dataset) -> None:
    """Fill the tables from the file of records. Raises DatasetError, with FILE:LINE where a line is no record.

    `line` counts the lines that are not blank, from 1. Should an edited file hold a report twice, the last line counts.
    """
    con = dataset.con
    build(con, "tables")
    with tempfile.TemporaryDirectory(prefix="gongkai-records-") as folder:
        stretch = Path(folder) / "stretch.jsonl"
        count = 0
        for number, lines in _stretches(dataset.records):
            said = [line for line in lines if not line.isspace()]
            try:
                _insert(con, stretch, count, said)
            except duckdb.Error:
                # DuckDB says a byte; a person wants the line. And half a surrogate pair, which our own records
                # may hold where a page did, is JSON to Python and not to DuckDB.
                said = list(_clean(dataset.records, number, lines))
                try:
                    _insert(con, stretch, count, said)
                except (duckdb.InvalidInputException, duckdb.ConversionException) as error:
                    at = [line for line, text in enumerate(lines, number) if not text.isspace()][_first_bad(con, stretch, count, said)]
                    why = re.sub(r"^.*\bin line \d+: ", "", first_line(error))
                    raise DatasetError(f"{dataset.records}:{at}: not a record ({why}); replay the archive to write the file anew (scrapy replay)") from error
                except duckdb.Error as error:
                    raise DatasetError(f"{dataset.records}: {first_line(error)}; replay the archive to write it anew") from error
            count += len(said)
    con.execute("CREATE TEMP TABLE older AS SELECT line FROM reports QUALIFY line < max(line) OVER (PARTITION BY report_id)")
    dataset.repeated = dataset.number("SELECT count(*) FROM older")
    if dataset.repeated:
        for table in _TABLES:
            con.execute(f"DELETE FROM {table} WHERE line IN (FROM older)")  # noqa: S608 - our own names
    con.execute("DROP TABLE older")
    build(con, "addresses")


def _stretches(path: Path) -> Iterator[tuple[int, list[bytes]]]:
    """The lines of a file, some megabytes of them at a time, with the number of the first, from 1."""
    number = 1
    with path.open("rb") as file:
        while lines := file.readlines(_STRETCH):
            yield number, lines
            number += len(lines)


def _insert(con: duckdb.DuckDBPyConnection, stretch: Path, before: int, lines: Sequence[bytes]) -> None:
    """Insert lines that follow `before` others, all or none. Raises duckdb.Error."""
    longest = 0
    with stretch.open("wb") as out:
        for number, line in enumerate(lines, before + 1):
            # The number goes along as a field, and stays with its record by whichever thread that is read.
            body = line.strip()
            numbered = b'{"line":%d,' % number + body[1:] + b"\n" if body.startswith(b"{") else body + b"\n"
            longest = max(longest, len(numbered))
            out.write(numbered)
    if not lines:
        return
    statements = (SQL / "stretch.sql").read_text(encoding="utf-8")
    names = [name for name in COLUMNS if name != "cells"]
    statements = statements.replace("$heads", _source(stretch, names, longest)).replace("$cells", _source(stretch, ["line", "report_id", "cells"], longest))
    con.execute("BEGIN")
    try:
        con.execute(statements.replace("$before", str(before)))
        if con.execute("SELECT count(*) FROM reports WHERE line > ? AND report_id IS NOT NULL", [before]).fetchall() != [(len(lines),)]:
            raise duckdb.InvalidInputException("a line without report_id")
        con.execute("COMMIT")
    except BaseException:
        con.execute("ROLLBACK")
        raise


def _first_bad(con: duckdb.DuckDBPyConnection, stretch: Path, before: int, lines: Sequence[bytes]) -> int:
    """Which of these lines, from 0, is the first that is not taken; those before it are then in the tables."""
    low, high = 0, len(lines)
    while high - low > 1:
        middle = (low + high) // 2
        try:
            _insert(con, stretch, before + low, lines[low:middle])
            low = middle
        except duckdb.Error:
            high = middle
    return low


def _source(path: Path, names: Sequence[str], longest: int) -> str:
    columns = ", ".join(f"{literal(name)}: {literal(COLUMNS[name])}" for name in names)
    size = max(longest + 1, _PIECE)
    return f"read_json({literal(path)}, format = 'newline_delimited', columns = {{{columns}}}, maximum_object_size = {size})"


def _clean(path: Path, number: int, lines: Sequence[bytes]) -> Iterator[bytes]:
    for at, line in enumerate(lines, number):
        if line.isspace():
            continue
        try:
            record = json.loads(line)
            if not isinstance(record, dict) or not isinstance(record.get("report_id"), str):
                raise ValueError
        except (ValueError, RecursionError):
            raise DatasetError(f"{path}:{at}: not a record; replay the archive to write the file anew (scrapy replay)") from None
        yield json.dumps(_whole(record), ensure_ascii=False, separators=(",", ":")).encode()


def _whole(value: Any) -> Any:
    """A value without half surrogate pairs: U+FFFD in their place, as every decoder puts it."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_whole(item) for item in value]
    if isinstance(value, dict):
        return {key: _whole(item) for key, item in value.items()}
    return value


def first_line(error: BaseException) -> str:
    """What an error says, without the query that DuckDB prints behind it."""
    return str(error).splitlines()[0] if str(error) else type(error).__name__
