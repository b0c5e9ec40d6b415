"""What is not for publication: reports that were suppressed, and reports in which a person's data may stand.

Suppressed reports (`suppressed.jsonl` of the archive) are in no table. Reports with hits of the
personal-data scan are held back from exports until somebody has looked: a line `reviewed` for their bytes
in `suppressed.jsonl` lets them through.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from archive import ArchiveError
from archive.suppression import Suppressions
from crawler.dataset.tables import Dataset, DatasetError, literal
from parsers.personal import CHINESE, Hit, find_personal

_TABLES = ("reports", "cells", "sections", "findings", "addresses")

# Only texts with as many digits in a row as the shortest number, a mobile's eleven, need to be looked at.
_DIGITS = r"[0-9０-９](?:[ 　\-－]?[0-9０-９Xx]){10}"

_DIGITS_RE = re.compile(_DIGITS)

# Everything of a page's that any format publishes, by the table that it stands in.
_TEXTS = {
    "reports": (
        ("'the title'", "title"), ("'the organ'", "organ"), ("'the preamble'", "preamble"),
        ("'the metadata'", "concat_ws('\n', index_number, issuer, document_number, written, validity)"),
    ),
    "sections": (("'section ' || \"key\"", "heading"), ("'section ' || \"key\"", '"text"')),
    "cells": (("'cell ' || \"key\"", '"raw"'), ("'cell ' || \"key\"", "note")),
    "findings": (("'finding ' || check_id", "message"), ("'finding ' || check_id", "expected"), ("'finding ' || check_id", "found")),
}  # fmt: skip


def withhold(dataset: Dataset, *, screened: bool) -> None:
    """Take suppressed reports out of all tables and count them; with `screened`, also those with personal data.

    Makes the table `held` of what was held back. Raises DatasetError when the list of suppressions cannot be read.
    """
    try:
        suppressions = Suppressions.load(dataset.home)
    except ArchiveError as error:
        raise DatasetError(str(error)) from error
    if suppressions:
        rows = dataset.rows("SELECT report_id, url, sha256 FROM reports")
        hidden = [row["report_id"] for row in rows if _hides(suppressions, row)]
        remove(dataset, hidden)
        dataset.suppressed = len(hidden)
    dataset.con.execute("CREATE TABLE held (report_id VARCHAR, sha256 VARCHAR)")
    if screened:
        _hold(dataset, suppressions)


def _hides(suppressions: Suppressions, row: dict[str, Any]) -> bool:
    asked = {"url": row["url"] or None, "sha256": row["sha256"] or None, "report_id": row["report_id"]}
    return suppressions.hides(**asked) is not None


def _hold(dataset: Dataset, suppressions: Suppressions) -> None:
    """Hold back what seems to hold personal data, unless a person has looked at it, and say so."""
    question = " UNION ALL ".join(
        f"SELECT line, report_id, {place} AS place, {words} AS words FROM {table} "  # noqa: S608 - our own names
        f"WHERE length({words}) >= 11 AND regexp_matches({words}, {literal(_DIGITS)})"
        for table, texts in _TEXTS.items()
        for place, words in texts
    )
    question = (
        f"SELECT hits.report_id, place, words, sha256, url FROM ({question}) AS hits JOIN reports USING (report_id) "  # noqa: S608 - our own names
        "ORDER BY hits.line, place, words"
    )
    held: dict[str, str] = {}
    for row in dataset.rows(question):
        if row["report_id"] in held or suppressions.reviewed(row["sha256"] or ""):
            continue
        if hits := find_personal(row["words"]):
            held[row["report_id"]] = row["sha256"] or ""
            dataset.notes.append(
                f"{row['url'] or row['report_id']}: held back, {row['place']} seems to hold {CHINESE[hits[0].kind]} "
                f"({hits[0].masked}); look at it, then hide it, or let it through, with a line in suppressed.jsonl "
                f'({{"sha256": "{row["sha256"]}", "state": "reviewed", …}})'
            )
    if held:
        # The bytes at the other addresses of a report say the same.
        dataset.con.execute(
            "INSERT INTO held SELECT DISTINCT report_id, sha256 FROM addresses WHERE report_id IN (SELECT unnest(?::VARCHAR[]))", [list(held)]
        )
        remove(dataset, list(held))
    dataset.held_back = len(held)


def hit_in_record(record: Mapping[str, Any]) -> Hit | None:
    """The first personal number in what any format publishes of a record, None without one."""
    metadata = record.get("metadata") or {}
    texts = [record.get("title"), record.get("organ"), record.get("preamble"), *metadata.values()]
    texts += [section.get(name) for section in record["sections"] for name in ("heading", "text")]
    texts += [cell.get(name) for cell in record["cells"] for name in ("raw", "note")]
    texts += [finding.get(name) for finding in record["findings"] for name in ("message", "expected", "found")]
    for text in texts:
        if isinstance(text, str) and len(text) >= 11 and _DIGITS_RE.search(text) and (hits := find_personal(text)):
            return hits[0]
    return None


def remove(dataset: Dataset, reports: Sequence[str]) -> None:
    """Take reports out of all tables. To be done before one copy is chosen for each organ and year."""
    if not reports:
        return
    con = dataset.con
    con.execute("CREATE OR REPLACE TABLE withheld AS SELECT unnest(?::VARCHAR[]) AS report_id", [list(reports)])
    for table in _TABLES:
        con.execute(f"DELETE FROM {table} WHERE report_id IN (SELECT report_id FROM withheld)")  # noqa: S608 - our own names
    con.execute("UPDATE addresses SET twin_of = NULL WHERE twin_of IN (SELECT report_id FROM withheld)")
    con.execute("DROP TABLE withheld")
