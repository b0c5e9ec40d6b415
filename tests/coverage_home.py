"""A small data home for tests of coverage: composed pages read by the real reader, and a run's journal beside them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from archive.snapshots import save
from crawler.reading import SavedPage, read_saved, write_line


def add_page(
    home: Path,
    body: bytes,
    url: str,
    *,
    portal: str = "p1",
    fetched: str = "2026-01-02T03:04:05Z",
    media_type: str = "text/html",
    change: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Keep a page as a crawl does: its snapshot and its record. `change` replaces fields of the record."""
    home.mkdir(parents=True, exist_ok=True)
    suffix = ".txt" if media_type == "text/plain" else ".html"
    snapshot = save(home, body, portal=portal, year=None, label="page", suffix=suffix)
    record = read_saved(SavedPage(body, url, media_type, fetched=fetched, portal=portal, snapshot=snapshot)) | dict(change or {})
    with (home / "reports.jsonl").open("ab") as lines:
        lines.write(write_line(record))
    return record


def add_run(home: Path, portals: list[dict[str, Any]], *, run: str = "r000001", reason: str | None = "finished", years: list[int] | None = None, organ_years: list[dict[str, Any]] | None = None) -> None:
    """Write a journal. Each portal's account needs `id`; what is left out is empty."""
    empty = {
        "name": "", "url": "", "family": None, "pages": 9, "requests": 9, "columns": {"u": "w"}, "reports": {}, "problems": [],
        "more_problems": 0, "left": {}, "missing": {},
    }  # fmt: skip
    journal: dict[str, Any] = {
        "run": run, "started": "2026-01-02T03:00:00Z", "ended": "2026-01-02T04:00:00Z" if reason else None, "reason": reason or "running",
        "software": {"gongkai": "1.0.0"}, "settings": {}, "asked_for": {"portals": [p["id"] for p in portals], "years": years, "limit": None},
        "counts": {"pages": 9, "reports": 2}, "failures": [], "bugs": [], "ledger": {"portals": [empty | portal for portal in portals]},
    }  # fmt: skip
    if organ_years is not None:
        journal["ledger"]["organ_years"] = organ_years
    path = home / "runs" / f"{run}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(journal, ensure_ascii=False), encoding="utf-8")


def bare_record(**change: Any) -> dict[str, Any]:
    """A record with nothing in it but what lists need."""
    source = {
        "url": "http://www.example.gov.cn/1.html", "fetched": "2026-01-02T03:04:05Z", "sha256": "0" * 64, "snapshot": None,
        "media_type": "text/html", "portal": "p1", "official": True, "attachment_of": None, "encoding": "utf-8",
    }  # fmt: skip
    record: dict[str, Any] = {
        "schema": "annual-report/1", "report_id": "a" * 20, "title": "某县某局2022年政府信息公开工作年度报告", "organ": "某县某局", "year": 2022,
        "published": "2023-01-08", "division": None, "scope": "own", "metadata": {}, "form": "2021", "form_expected": "2021", "preamble": "",
        "sections": [], "cells": [], "findings": [], "verdict": "verified", "source": source, "parser": "1.0.0",
    }  # fmt: skip
    record["source"] = source | change.pop("source", {})
    return record | change


def write_records(home: Path, records: list[dict[str, Any]]) -> None:
    home.mkdir(parents=True, exist_ok=True)
    (home / "reports.jsonl").write_bytes(b"".join(map(write_line, records)))
