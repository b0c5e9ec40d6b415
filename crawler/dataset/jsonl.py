"""JSON Lines: the records as they are in the archive, byte for byte, without those that are withheld."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from crawler.dataset.schema import DECISIONS, FINDINGS, WIDE
from crawler.dataset.tables import Dataset, literal


def write_jsonl(dataset: Dataset, folder: Path) -> Iterator[tuple[str, int]]:
    """Write reports.jsonl, and as JSON objects what the records do not hold: all findings, the wide table, decisions."""
    yield "reports.jsonl", _records(dataset, folder / "reports.jsonl")
    for table in (FINDINGS, WIDE, DECISIONS):
        path = folder / f"{table.name}.jsonl"
        rows = dataset.con.execute(f"COPY ({table.select()}) TO {literal(path)} (FORMAT json)").fetchall()
        yield path.name, int(rows[0][0])


def _records(dataset: Dataset, path: Path) -> int:
    # The rows come in the order of the lines, so that none has to be remembered.
    rows = dataset.rows("SELECT line FROM reports ORDER BY line")
    wanted = next(rows, None)
    count = number = 0
    with dataset.records.open("rb") as lines, path.open("wb") as out:
        for line in lines:
            number += not line.isspace()
            if wanted is not None and number == wanted["line"]:
                out.write(line if line.endswith(b"\n") else line + b"\n")
                count += 1
                wanted = next(rows, None)
    return count
