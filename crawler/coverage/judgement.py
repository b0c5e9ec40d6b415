"""What only the whole dataset shows, and what reviewers decided: taken from `crawler.dataset`, by report.

The site is shown without them, and says so, when the tables cannot be built: a line that is no record stops the
tables, and must not hide the other reports.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crawler.coverage.catalogue import Catalogue


@dataclass(frozen=True, slots=True)
class Across:
    """A finding over several reports: `other` is the report that it was compared with, if it is one."""

    check: str
    level: str
    message: str
    other: str | None


@dataclass(frozen=True, slots=True)
class Decision:
    """What a reviewer decided about a cell (`key`), a kind of finding (`check`) or the report (neither).

    It stands beside what was printed and never changes it. `state` is "applied", or "stale" when the report says
    something else now.
    """

    key: str | None
    check: str | None
    decision: str
    value: float | None
    reason: str
    date: str
    reviewer: str
    state: str


@dataclass
class Judgement:
    """Findings across reports and decisions, by report id; which reports are chosen, and which must not be shown.

    `chosen` are the reports that stand for their organ and year; `held` those that seem to hold a person's data.
    """

    across: dict[str, list[Across]] = field(default_factory=lambda: defaultdict(list))
    decisions: dict[str, list[Decision]] = field(default_factory=lambda: defaultdict(list))
    chosen: set[str] = field(default_factory=set)
    held: set[str] = field(default_factory=set)
    #: reports that somebody has looked at and let through
    reviewed: set[str] = field(default_factory=set)
    #: whether the tables could be built
    asked: bool = False
    notes: list[str] = field(default_factory=list)

    def to_plain(self) -> dict[str, Any]:
        """As values that JSON can hold."""
        return {
            "across": {name: [asdict(line) for line in lines] for name, lines in self.across.items()},
            "decisions": {name: [asdict(line) for line in lines] for name, lines in self.decisions.items()},
            "chosen": sorted(self.chosen),
            "held": sorted(self.held),
            "reviewed": sorted(self.reviewed),
            "asked": self.asked,
            "notes": self.notes,
        }

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> Judgement:
        """The reverse of `to_plain`. Raises KeyError or TypeError for something else."""
        judged = cls(
            chosen=set(plain["chosen"]), held=set(plain["held"]), reviewed=set(plain["reviewed"]),
            asked=bool(plain["asked"]), notes=list(plain["notes"]),
        )  # fmt: skip
        for name, lines in plain["across"].items():
            judged.across[name] = [Across(**line) for line in lines]
        for name, lines in plain["decisions"].items():
            judged.decisions[name] = [Decision(**line) for line in lines]
        return judged


def judge(home: Path) -> Judgement:
    """Ask the dataset's tables. Never raises for what stands in the data: `notes` says what could not be had."""
    judged = Judgement()
    try:
        # Here, and not above: DuckDB takes a third of a second to load, and the table in the terminal needs none of it.
        from crawler.dataset.open import open_dataset
        from crawler.dataset.panel import panel_findings
        from crawler.dataset.tables import DatasetError
    except ImportError as error:
        judged.notes.append(f"findings across reports are not shown: {error}")
        return judged
    try:
        with open_dataset(home, screened=True) as dataset:
            for found in panel_findings(dataset):
                judged.across[found.report_id].append(Across(found.check, found.level, found.message, found.other_report_id))
            for row in dataset.rows("SELECT * FROM decisions"):
                if row.get("report_id"):
                    judged.decisions[row["report_id"]].append(_decision(row))
            judged.chosen = {row["report_id"] for row in dataset.rows("SELECT report_id FROM reports WHERE chosen")}
            judged.held = {row["report_id"] for row in dataset.rows("SELECT report_id FROM held")}
            judged.asked = True
            # Not the address: the site is published, and must not lead to what it holds back.
            judged.notes.extend(note for note in dataset.notes if ": held back, " not in note)
    except DatasetError as error:
        judged.notes.append(f"findings across reports and decisions are not shown: {error}")
    return judged


def screen(judged: Judgement, catalogue: Catalogue, home_file: str) -> None:
    """Hold back what seems to hold personal data of the records that are in no table: added files, or all of them."""
    from archive import ArchiveError
    from archive.suppression import Suppressions
    from crawler.dataset.withheld import hit_in_record

    try:
        suppressions = Suppressions.load(catalogue.home)
    except ArchiveError:
        suppressions = None
    for entry in catalogue.entries:
        if suppressions and suppressions.reviewed(entry.sha256 or ""):
            judged.reviewed.add(entry.report_id)
        elif (entry.file != home_file or not judged.asked) and hit_in_record(catalogue.record(entry)):
            judged.held.add(entry.report_id)


def _decision(row: dict[str, Any]) -> Decision:
    return Decision(
        row.get("key"),
        row.get("check_id"),
        str(row.get("decision") or ""),
        row.get("value"),
        str(row.get("reason") or ""),
        str(row.get("date") or ""),
        str(row.get("reviewer") or ""),
        str(row.get("state") or ""),
    )
