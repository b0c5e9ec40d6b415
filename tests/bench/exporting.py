"""Export of generated records, beside pandas on the same file."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from tests.dataset_records import generate


def make_records(folder: str, count: int) -> dict[str, Any]:
    """A data home with so many records at `folder`/records-N."""
    home = Path(folder) / f"records-{count}"
    path = home / "reports.jsonl"
    if not path.exists():
        home.mkdir(parents=True)
        with path.open("w", encoding="utf-8") as out:
            for each in generate(count):
                out.write(json.dumps(each, ensure_ascii=False, separators=(",", ":")) + "\n")
    return {"bytes": path.stat().st_size}


def export_records(folder: str, count: int, *formats: str) -> dict[str, Any]:
    """`scrapy export` of these formats, with the comparison of years."""
    from crawler.dataset.export import export

    target = Path(folder) / f"export-{count}-{'-'.join(formats)}"
    export(Path(folder) / f"records-{count}", target, formats)
    size = sum(path.stat().st_size for path in target.rglob("*") if path.is_file())
    shutil.rmtree(target)
    return {"size": size}


def with_pandas(folder: str, count: int) -> dict[str, Any]:
    """What a user would write: all cells as one table, and CSV."""
    import pandas as pd

    target = Path(folder) / f"pandas-{count}.csv"
    reports = pd.read_json(Path(folder) / f"records-{count}" / "reports.jsonl", lines=True)
    cells = pd.json_normalize(reports.to_dict("records"), "cells", ["report_id", "organ", "year", "verdict"])
    cells.to_csv(target, index=False)
    size = target.stat().st_size
    target.unlink()
    return {"size": size}
