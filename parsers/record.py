"""Turn a report into the line of `reports.jsonl`, and name it.

The order of the keys is the order of the record in the README; it never depends on the page.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from parsers.model import PARSER_VERSION, SCHEMA, Cell, Finding, Report

SOURCE_KEYS = (
    "url",
    "fetched",
    "sha256",
    "snapshot",
    "media_type",
    "encoding",
    "portal",
    "official",
    "attachment_of",
)


def report_id(url: str, body: bytes) -> str:
    """The id of a report as captured: the same bytes from the same URL give the same 20 digits."""
    return hashlib.sha256(url.encode() + b"\n" + hashlib.sha256(body).digest()).hexdigest()[:20]


def build_record(report: Report, source: Mapping[str, Any], identifier: str | None = None) -> dict[str, Any]:
    """Join a report with where it came from. Keys of `source` that are not given become null."""
    division = report.division
    return {
        "schema": SCHEMA,
        "report_id": identifier,
        "title": report.title,
        "organ": report.organ,
        "year": report.year,
        "published": report.published,
        "division": None
        if division is None
        else {"code": division.code, "name": division.name, "witnesses": list(division.witnesses)},
        "scope": report.scope,
        "metadata": dict(report.metadata),
        "form": report.form,
        "form_expected": report.form_expected,
        "preamble": report.preamble,
        "sections": [{"key": s.key, "heading": s.heading, "text": s.text} for s in report.sections],
        "cells": [_cell(cell) for cell in report.cells],
        "findings": [_finding(finding) for finding in report.findings],
        "verdict": report.verdict,
        "source": {**{key: source.get(key) for key in SOURCE_KEYS}, "encoding": report.encoding, **_drawn(source)},
        "parser": PARSER_VERSION,
    }


def _drawn(source: Mapping[str, Any]) -> dict[str, bool]:
    """Only of a document that a browser drew: `sha256` is then that of the drawing, not of what was sent."""
    return {"rendered": True} if source.get("rendered") else {}


def _cell(cell: Cell) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "key": cell.key,
        "value": cell.value,
        "raw": cell.raw,
        "kind": cell.kind,
        "unit": cell.unit,
        "at": cell.at,
    }
    if cell.derived is not None:
        entry["derived"] = cell.derived
    if cell.note is not None:
        entry["note"] = cell.note
    return entry


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "check": finding.check,
        "level": finding.level,
        "keys": list(finding.keys),
        "message": finding.message,
        "expected": finding.expected,
        "found": finding.found,
    }


def content_digest(record: Mapping[str, Any]) -> str:
    """A digest of what the report says: new bytes around the same words and figures do not change it.

    Where a cell stands, and the parser's opinions, are left out; title, year, organ, prose and the
    cells with what was printed in them are in.
    """
    said = [
        record["title"],
        record["organ"],
        record["year"],
        [[s["key"], s["heading"], s["text"]] for s in record["sections"]],
        [[c["key"], c["value"], c["kind"], c["raw"]] for c in record["cells"]],
    ]
    text = json.dumps(said, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
