"""What only several reports together show: findings over the years of an organ, and over its neighbours.

Each check is a question to the tables (`sql/panel/<check>.sql`), answered by DuckDB with flat memory.
They are chary: a pair is compared only where both figures were read as numbers and both reports are
certain of their organ and year; most findings are notices, for a reader to look at.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crawler.dataset.copying import Copied, copied_texts
from crawler.dataset.tables import SQL, Dataset

#: The checks that are one question each, in the order in which they are asked.
CHECKS = ("carry", "stock", "duplicate", "outlier", "unit", "late", "renamed")

_SUCCESSORS = Path(__file__).with_name("successors.toml")


@dataclass(frozen=True)
class PanelFinding:
    """Something that does not add up between reports. `report_id` is the later, or the doubtful, report.

    `keys` are keys of cells, or `sections.<key>`; `expected` and `found` are figures or words.
    """

    report_id: str
    check: str
    level: str
    keys: tuple[str, ...]
    message: str
    expected: float | str | None = None
    found: float | str | None = None
    other_report_id: str | None = None


def panel_findings(dataset: Dataset) -> Iterator[PanelFinding]:
    """All panel findings, check by check, and within a check in the order of the file."""
    dataset.con.execute(_question("setup"))
    _load_successors(dataset)
    for name in CHECKS:
        for row in dataset.rows(_question(name)):
            yield PanelFinding(
                row["report_id"],
                f"panel.{name}",
                row["level"],
                tuple(row["keys"]),
                row["message"],
                _plain(row["expected"]),
                _plain(row["found"]),
                row["other_report_id"],
            )
    for copied in copied_texts(dataset):
        yield _copied(copied)


def _copied(copied: Copied) -> PanelFinding:
    whose = "its own report" if copied.kind == "last year" else f"the report of {copied.organ}"
    passage = copied.passage if len(copied.passage) <= 60 else copied.passage[:60] + "…"
    return PanelFinding(
        copied.report_id,
        "panel.copied_text",
        "notice",
        tuple(f"sections.{key}" for key in copied.sections),
        f"{copied.share:.0%} of what it says of its own ({copied.length} characters) stands word for word, or nearly, "
        f"in {whose} on {copied.year}; the longest: “{passage}”",
        None,
        copied.share,
        copied.other_report_id,
    )


def _load_successors(dataset: Dataset) -> None:
    reforms = tomllib.loads(_SUCCESSORS.read_text(encoding="utf-8"))["reform"]
    rows = [(old, new, reform["since"]) for reform in reforms for old in reform["old"] for new in reform["new"] if old != new]
    dataset.con.execute("CREATE OR REPLACE TABLE successors (old VARCHAR, new VARCHAR, since INTEGER)")
    dataset.con.executemany("INSERT INTO successors VALUES (?, ?, ?)", rows)


def _question(name: str) -> str:
    return (SQL / "panel" / f"{name}.sql").read_text(encoding="utf-8")


def _plain(value: Any) -> float | str | None:
    """6 for 6.0: a count is printed as one."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
