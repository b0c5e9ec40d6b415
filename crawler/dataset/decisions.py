"""What reviewers decided, in a file that people write: `decisions.csv` beside `reports.jsonl`.

    report_id,url,digest,key,check,decision,value,printed,reason,date,reviewer
    a3…,,,requests.total.total,,corrected,12,0,总计 was left at 0; the leaves add to 12,2026-03-01,王敏
    ,https://…/post_1.html,9f2c41d07a3b,,panel.carry,dismissed,,,re-counted after the merger,2026-03-01,王敏

A report is named by its id, or by its address and a digest of what it says (`content_digest` in the table of
reports, or the SHA-256 of its bytes; 12 digits are enough). A decision is about one cell (`key`), one kind of finding
(`check`), or the report itself. It never changes what was printed: it stands beside it. It belongs to
what the reviewer saw: when the report says something else now, it is stale, which is said, and not applied.

Columns may be left out where they are empty in every line; their order does not matter.
"""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from datetime import date
from pathlib import Path
from typing import Any, Literal

from crawler.dataset.tables import Dataset, DatasetError
from parsers import content_digest

FILE_NAME = "decisions.csv"

#: What may be decided about a cell, about a finding, and about a report as a whole.
WORDS = {
    "cell": ("confirmed", "corrected", "doubted"),
    "finding": ("upheld", "dismissed"),
    "report": ("confirmed", "chosen", "excluded"),
}

State = Literal["applied", "stale", "unmatched"]

_DIGEST_RE = re.compile(r"[0-9a-f]{12,64}")


@dataclass(frozen=True)
class Decision:
    """One line of the file. `line` is its number there; `printed`, if given, is what the cell's `raw` was."""

    line: int
    report_id: str
    url: str
    digest: str
    key: str
    check: str
    decision: str
    value: str
    printed: str
    reason: str
    date: str
    reviewer: str
    state: State = "unmatched"
    note: str = ""

    @property
    def about(self) -> str:
        return "cell" if self.key else "finding" if self.check else "report"


_COLUMNS = tuple(f.name for f in fields(Decision) if f.name not in ("line", "state", "note"))
_NEEDED = ("decision", "reason", "date", "reviewer")


def load_decisions(path: Path) -> list[Decision]:
    """The lines of a file of decisions; none when there is no file. Raises DatasetError with FILE:LINE."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return []
    except UnicodeDecodeError as error:
        raise DatasetError(f"{path}: not UTF-8 (byte {error.start}); save it as CSV UTF-8") from error
    except OSError as error:
        raise DatasetError(f"{path}: cannot read: {error.strerror or error}") from error
    return list(_lines(path, text))


def _lines(path: Path, text: str) -> Iterator[Decision]:
    reader = csv.reader(text.splitlines(keepends=True), strict=True)
    seen: dict[tuple[str, ...], int] = {}
    head: list[str] | None = None
    try:
        for row in reader:
            if not any(cell.strip() for cell in row):
                continue
            if head is None:
                head = _head(path, reader.line_num, row)
                continue
            if len(row) != len(head):
                raise DatasetError(f"{path}:{reader.line_num}: {len(row)} fields, the head has {len(head)}; quote a comma in a text")
            entry = dict.fromkeys(_COLUMNS, "") | {name: cell.strip() for name, cell in zip(head, row, strict=True)}
            decision = Decision(line=reader.line_num, state="unmatched", note="", **entry)
            if problem := _problem(decision):
                raise DatasetError(f"{path}:{reader.line_num}: {problem}")
            target = (decision.report_id, decision.url, decision.digest, decision.key, decision.check)
            if target in seen:
                raise DatasetError(f"{path}:{reader.line_num}: decided before, in line {seen[target]}; keep one of them")
            seen[target] = reader.line_num
            yield decision
    except csv.Error as error:
        raise DatasetError(f"{path}:{reader.line_num}: not CSV: {error}") from error


def _head(path: Path, number: int, row: list[str]) -> list[str]:
    head = [cell.strip() for cell in row]
    unknown = [name for name in head if name not in _COLUMNS]
    missing = [name for name in _NEEDED if name not in head]
    twice = [name for name in head if head.count(name) > 1]
    if unknown or missing or twice:
        which = f"no column {unknown[0]!r} is known" if unknown else f"no column {missing[0]!r}" if missing else f"{twice[0]!r} twice"
        raise DatasetError(f"{path}:{number}: {which}; the columns are {','.join(_COLUMNS)}")
    return head


def _problem(decision: Decision) -> str | None:
    """What is wrong with a line, in words for whoever wrote it."""
    for name in _NEEDED:
        if not getattr(decision, name):
            return f"{name} is empty"
    if not decision.report_id and not (decision.url and decision.digest):
        return "name the report: report_id, or url and digest"
    if decision.digest and not _DIGEST_RE.fullmatch(decision.digest):
        return f"digest {decision.digest!r} is not 12 to 64 hex digits (lower case)"
    if decision.key and decision.check:
        return "key and check: decide about one of them a line"
    words = WORDS[decision.about]
    if decision.decision not in words:
        return f"decision {decision.decision!r} about a {decision.about}; it may be {', '.join(words)}"
    if (decision.decision == "corrected") != bool(decision.value):
        return "a value goes with the decision corrected, and only with it"
    if decision.value and _number(decision.value) is None:
        return f"value {decision.value!r} is not a number"
    try:
        date.fromisoformat(decision.date)
    except ValueError:
        return f"date {decision.date!r} is not a date like 2026-03-01"
    return None


def _number(text: str) -> float | None:
    # Not float() alone: it takes 1_000, nan and Arabic digits.
    if not re.fullmatch(r"-?\d+(\.\d+)?", text, re.ASCII):
        return None
    return float(text) if math.isfinite(float(text)) else None


def apply_decisions(dataset: Dataset, decisions: list[Decision]) -> None:
    """Write the table `decisions`, and the columns decision and reviewed of the other tables.

    Run before one copy is chosen for each organ and year, so that a reviewer's choice counts.
    """
    con = dataset.con
    con.execute(
        "CREATE TABLE decisions (line INTEGER, report_id VARCHAR, url VARCHAR, digest VARCHAR, \"key\" VARCHAR, check_id VARCHAR, "
        "decision VARCHAR, \"value\" DOUBLE, printed VARCHAR, reason VARCHAR, date VARCHAR, reviewer VARCHAR, state VARCHAR, note VARCHAR)"
    )
    for decision in _judge(dataset, decisions):
        con.execute(
            "INSERT INTO decisions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                decision.line, decision.report_id or None, decision.url or None, decision.digest or None,
                decision.key or None, decision.check or None, decision.decision, _number(decision.value),
                decision.printed or None, decision.reason, decision.date, decision.reviewer, decision.state, decision.note or None,
            ],
        )  # fmt: skip
        if decision.state != "applied":
            dataset.notes.append(f"{FILE_NAME}:{decision.line}: {decision.state}, not applied: {decision.note}")
    if not decisions:
        return
    con.execute(
        'UPDATE cells SET decision = d.decision, reviewed = d."value" FROM decisions AS d '
        "WHERE d.state = 'applied' AND d.report_id = cells.report_id AND d.\"key\" = cells.\"key\""
    )
    con.execute(
        "UPDATE findings SET decision = d.decision FROM decisions AS d "
        "WHERE d.state = 'applied' AND d.report_id = findings.report_id AND d.check_id = findings.check_id"
    )
    con.execute(
        "UPDATE reports SET decision = d.decision FROM decisions AS d "
        "WHERE d.state = 'applied' AND d.report_id = reports.report_id AND d.\"key\" IS NULL AND d.check_id IS NULL"
    )


def _judge(dataset: Dataset, decisions: list[Decision]) -> Iterator[Decision]:
    """Each decision with the report it is about and whether that still says what the reviewer saw."""
    if not decisions:
        return
    digests = _digests(dataset, decisions)
    settled = [_settle(dataset, decision, digests) for decision in decisions]
    # A report may be named by its id in one line and by its address in another: the later word counts, once.
    last: dict[tuple[str, str, str], Decision] = {}
    for decision in settled:
        if decision.state == "applied":
            target = (decision.report_id, decision.key, decision.check)
            last[target] = max(last.get(target, decision), decision, key=lambda each: (each.date, each.line))
    for decision in settled:
        counts = last.get((decision.report_id, decision.key, decision.check), decision)
        if decision.state == "applied" and counts is not decision:
            decision = replace(decision, state="stale", note=f"the same is decided in line {counts.line}")
        yield decision


def _settle(dataset: Dataset, decision: Decision, digests: dict[str, tuple[str, str, str]]) -> Decision:
    if decision.report_id:
        found = [decision.report_id] if decision.report_id in digests else []
    else:
        found = [i for i, (url, *_) in digests.items() if url == decision.url]
    if not found:
        known = decision.url and any(url == decision.url for url, *_ in digests.values())
        if known:
            return replace(decision, state="stale", note="this version of the report is no longer in the records")
        return replace(decision, note="no such report in the records")
    if decision.digest:
        found = [i for i in found if any(d.startswith(decision.digest) for d in digests[i][1:])]
        if not found:
            return replace(decision, state="stale", note="the report says something else than what was reviewed")
    # Versions of one address may say the same in other bytes; the first of them in the records is taken.
    decision = replace(decision, report_id=found[0], url=decision.url or digests[found[0]][0])
    if decision.key:
        rows = dataset.con.execute(
            'SELECT "raw" FROM cells WHERE report_id = ? AND "key" = ?', [decision.report_id, decision.key]
        ).fetchall()
        if not rows:
            return replace(decision, state="stale", note=f"the report has no cell {decision.key}")
        if decision.printed and (rows[0][0] or "") != decision.printed:
            return replace(decision, state="stale", note=f"the cell reads {rows[0][0]!r} now, not {decision.printed!r}")
    elif decision.check and not decision.check.startswith("panel."):
        rows = dataset.con.execute(
            "SELECT 1 FROM findings WHERE report_id = ? AND check_id = ?", [decision.report_id, decision.check]
        ).fetchall()
        if not rows:
            return replace(decision, state="stale", note=f"the report has no finding {decision.check} any more")
    return replace(decision, state="applied")


def _digests(dataset: Dataset, decisions: list[Decision]) -> dict[str, tuple[str, str, str]]:
    """Of each report that a decision may be about: address, digest of what it says, digest of its bytes."""
    ids = sorted({d.report_id for d in decisions} | {""})
    urls = sorted({d.url for d in decisions if d.url} | {""})
    wanted = {
        row[0]
        for row in dataset.con.execute(
            "SELECT report_id FROM reports WHERE report_id IN (SELECT unnest(?::VARCHAR[])) "
            "OR (url <> '' AND url IN (SELECT unnest(?::VARCHAR[])))",
            [ids, urls],
        ).fetchall()
    }
    found: dict[str, tuple[str, str, str]] = {}
    for record in records_of(dataset.records, wanted):
        source: dict[str, Any] = record["source"]
        found[record["report_id"]] = (source["url"] or "", content_digest(record), source["sha256"] or "")
    return found


def records_of(path: Path, wanted: set[str]) -> Iterator[dict[str, Any]]:
    """The records with these ids; lines of others are not parsed."""
    if not wanted:
        return
    with path.open("rb") as lines:
        for line in lines:
            if id_of(line) in wanted:
                yield json.loads(line)


_ID_RE = re.compile(rb'\{"schema": ?"[^"\\]*", ?"report_id": ?"([0-9a-f]+)"')


def id_of(line: bytes) -> str | None:
    """The report id of a line of reports.jsonl.

    Our own lines have it as the second key, before any text of a page's, and need not be parsed for it.
    """
    m = _ID_RE.match(line)
    if m:
        return m[1].decode()
    try:
        record = json.loads(line)
        return str(record["report_id"])
    except (ValueError, KeyError, TypeError):
        return None
