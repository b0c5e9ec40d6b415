"""What makes the files a data set that can be cited and checked: the descriptions beside them.

`datapackage.json` (Frictionless Data Package), `CITATION.cff` (Citation File Format 1.2.0), `provenance.json`,
the codebook in three formats, and `SHA256SUMS` over all of it. Nothing of the clock is in them: the date is that of
the last visit, so the same records give the same files.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Mapping
from dataclasses import astuple
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from crawler.dataset.codebook import COLUMNS, NOTES, codebook, codebook_json, codebook_markdown
from crawler.dataset.csv_files import schema_of
from crawler.dataset.schema import TABLES
from crawler.dataset.staging import digest_of, sum_files, write_sums
from crawler.dataset.tables import Dataset

TITLE = "Annual reports on government-information disclosure in China (政府信息公开工作年度报告)"


def dated(dataset: Dataset) -> datetime:
    """The time of the last visit that gave a report; of the records' file where none is known."""
    latest: datetime | None = dataset.con.execute("SELECT max(try_cast(fetched AS TIMESTAMP)) FROM reports").fetchall()[0][0]
    if latest is not None:
        return latest.replace(microsecond=0, tzinfo=None)
    return datetime.fromtimestamp(int(dataset.records.stat().st_mtime), UTC).replace(tzinfo=None)


def provenance(dataset: Dataset, software: str) -> dict[str, Any]:
    """Where the data come from: digests of the evidence, versions, runs, and what was left out."""
    con = dataset.con
    verdicts = con.execute("SELECT verdict, count(*) FROM reports GROUP BY verdict ORDER BY verdict").fetchall()
    states = con.execute("SELECT state, count(*) FROM decisions GROUP BY state ORDER BY state").fetchall()
    parsers = con.execute("SELECT DISTINCT parser FROM reports ORDER BY parser").fetchall()
    return {
        "dated": dated(dataset).isoformat() + "Z",
        "software": software,
        "parser": [row[0] for row in parsers],
        "archive": {"manifest_head": _manifest_head(dataset.home), "runs": sorted(p.stem for p in dataset.home.glob("runs/*.json"))},
        "records": {"sha256": digest_of(dataset.records), "reports": dataset.number("SELECT count(*) FROM reports")},
        "verdicts": dict(verdicts),
        "left_out": {"suppressed": dataset.suppressed, "held_back": dataset.held_back, "repeated_lines": dataset.repeated},
        "decisions": dict(states),
        "basis": "Reports published by law under 政府信息公开条例; figures and prose are the organs' own.",
    }


def write_descriptions(dataset: Dataset, folder: Path, software: str) -> None:
    """Write everything that stands beside the data, the sums last."""
    facts = provenance(dataset, software)
    _write(folder / "codebook.json", codebook_json())
    _write(folder / "codebook.md", codebook_markdown())
    with (folder / "codebook.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(astuple(entry) for entry in codebook())
    _write(folder / "provenance.json", json.dumps(facts, ensure_ascii=False, indent=1) + "\n")
    _write(folder / "CITATION.cff", citation(facts))
    _write(folder / "datapackage.json", json.dumps(data_package(folder, facts), ensure_ascii=False, indent=1) + "\n")
    write_sums(folder, sum_files(folder))


def citation(facts: Mapping[str, Any]) -> str:
    """CITATION.cff. Its strings are JSON strings, which YAML reads as they are."""
    version = f"{facts['dated'][:10]}+{facts['records']['sha256'][:12]}"
    lines = {
        "cff-version": "1.2.0",
        "message": "If you use these data, please cite them as below, with the version.",
        "type": "dataset",
        "title": TITLE,
        "version": version,
        "date-released": facts["dated"][:10],
        "abstract": f"{facts['records']['reports']} reports, read by gongkai {', '.join(map(str, facts['parser']))}.",
    }
    text = "".join(f"{key}: {json.dumps(value, ensure_ascii=False)}\n" for key, value in lines.items())
    return text + 'authors:\n  - name: "The gongkai project"\nkeywords:\n  - "freedom of information"\n  - "政府信息公开"\n  - "China"\n'


def data_package(folder: Path, facts: Mapping[str, Any]) -> dict[str, Any]:
    """The descriptor: a schema for each CSV file, a digest for every file."""
    schemas = {f"csv/{table.name}.csv": (table.name, table.en, schema_of(table)) for table in TABLES}
    codebook_schema = {"fields": [{"name": name, "type": "string"} for name in COLUMNS], "missingValues": [""]}
    schemas["codebook.csv"] = ("codebook", "What every column and every cell means", codebook_schema)
    resources = []
    for name, digest in sum_files(folder).items():
        path = folder / name
        resource: dict[str, Any] = {"path": name, "bytes": path.stat().st_size, "hash": f"sha256:{digest}"}
        if name in schemas:
            title, description, schema = schemas[name]
            resource |= {
                "name": title, "type": "table", "description": description, "profile": "tabular-data-resource", "format": "csv",
                "mediatype": "text/csv", "encoding": "utf-8", "schema": schema,
            }  # fmt: skip
            if _has_bom(path):
                resource["encoding"] = "utf-8-sig"
        else:
            resource["type"] = "file"  # not a table to a reader of packages, whatever its format
            resource["name"] = name.replace("/", "-").replace(".", "-").replace("_", "-").lower()
            resource["format"] = path.suffix[1:]
        resources.append(resource)
    return {
        "profile": "data-package",
        "name": "gongkai-annual-reports",
        "title": TITLE,
        "description": "\n".join(NOTES),
        "version": facts["dated"][:10],
        "created": facts["dated"],
        "resources": resources,
    }


def _manifest_head(home: Path) -> str | None:
    """SHA-256 of the manifest's last line: it proves every sealed file of evidence before it."""
    path = home / "warc" / "MANIFEST.jsonl"
    if not path.is_file():
        return None
    lines = path.read_bytes().splitlines()
    return hashlib.sha256(lines[-1]).hexdigest() if lines else None


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="")


def _has_bom(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(3) == b"\xef\xbb\xbf"
