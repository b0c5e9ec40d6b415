"""Records composed for the tests of the dataset, and for its measurements.

`python -m tests.dataset_records 100000 OUT.jsonl [CELLS]` writes as many reports of made-up organs, the same every time: the form of
2021, three years an organ, all cells, some of them blank, dashes or words, with prose.
"""

from __future__ import annotations

import hashlib
import json
import random
import sys
from functools import cache
from pathlib import Path

from parsers.form import expected_form, load_forms


def record(
    organ="青禾县民政局",
    year=2022,
    *,
    portal="qinghe",
    url=None,
    cells=None,
    sections=(),
    findings=(),
    verdict="verified",
    body=b"",
    **fields,
):
    """One record; `cells` maps keys to a number, to None (a blank), or to (value, kind, raw)."""
    url = url or f"http://{portal}.example/{organ}/{year}.html"
    sha256 = hashlib.sha256(body or f"{organ}{year}{url}".encode()).hexdigest()
    source = {
        "url": url, "fetched": "2026-01-02T03:04:05Z", "sha256": sha256, "snapshot": None, "media_type": "text/html",
        "encoding": "utf-8", "portal": portal, "official": True, "attachment_of": None,
    }  # fmt: skip
    source |= {name: fields.pop(name) for name in list(fields) if name in source}
    return {
        "schema": "annual-report/1",
        "report_id": hashlib.sha256((url + sha256).encode()).hexdigest()[:20],
        "title": f"{organ}{year}年政府信息公开工作年度报告",
        "organ": organ,
        "year": year,
        "published": f"{year + 1}-01-20" if year else None,
        "division": None,
        "scope": "own",
        "metadata": {},
        "form": expected_form(year),
        "form_expected": expected_form(year),
        "preamble": "",
        "sections": [{"key": key, "heading": key, "text": text} for key, text in sections],
        "cells": [_cell(key, said) for key, said in (cells or {}).items()],
        "findings": [
            {"check": check, "level": "error", "keys": list(keys), "message": check, "expected": 1, "found": "x"}
            for check, keys in findings
        ],
        "verdict": verdict,
        "source": source,
        "parser": "1.0.0",
        **fields,
    }


def _cell(key, said):
    value, kind, raw = said if isinstance(said, tuple) else (said, "number" if said is not None else "blank", "" if said is None else str(said))
    unit = "万元" if key.endswith("amount") or key in ("annex.g", "annex.h4") else "件"
    return {"key": key, "value": value, "raw": raw, "kind": kind, "unit": unit, "at": "table[1]/r1c1"}


def whole(total=0, **changed):
    """All cells of the form of 2021, nought but for the row totals given as requests_<row>=n."""
    cells = dict.fromkeys(load_forms()["2021"].cell_keys(), total)
    return cells | {key.replace("__", "."): value for key, value in changed.items()}


def write_home(folder, records):
    """A data home that holds these records and nothing else."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(each, ensure_ascii=False, separators=(",", ":")) + "\n" for each in records]
    (folder / "reports.jsonl").write_text("".join(lines), encoding="utf-8")
    return folder


@cache
def _template():
    return [(key, "万元" if key.endswith("amount") else "件") for key in load_forms()["2021"].cell_keys()]


def generate(count, *, cells=None):
    """Records of `count` reports: three years of each organ, thirty organs a county.

    One organ in ten says the year after what it said before, and one report in a hundred is there twice, with another figure.
    With `cells`, only so many cells a report, the totals first: to have many reports without many gigabytes.
    """
    chance = random.Random(7)
    words = [f"组织学习第{n}号文件并督促各科室按时报送信息" for n in range(400)]
    template = sorted(_template(), key=lambda cell: not cell[0].endswith(".total"))[:cells] if cells else _template()
    text = ""
    for number in range(count):
        organ, year = number // 3, 2021 + number % 3
        county = organ // 30
        filled = []
        for key, unit in template:
            roll = chance.random()
            value = int(chance.paretovariate(1.2)) - 1
            if roll < 0.97:
                filled.append({"key": key, "value": value, "raw": str(value), "kind": "number", "unit": unit, "at": "table[2]/r4c4"})
            else:
                kind, raw = chance.choice((("blank", ""), ("dash", "—"), ("text", "见附件")))
                filled.append({"key": key, "value": None, "raw": raw, "kind": kind, "unit": unit, "at": "table[2]/r4c4"})
        if organ % 10 or number % 3 == 0:
            text = "。".join(f"{chance.choice(words)}共{chance.randrange(9999)}次" for _ in range(8))
        again = number % 100 == 50
        yield record(
            f"第{county}县第{organ - again * (number % 3 == 0)}局",
            year - again * (number % 3 > 0),
            portal=f"county-{county}",
            url=f"http://county-{county}.example/{number}.html",
            sections=[("overview", text), ("problems", text[:120])],
        ) | {"cells": filled}


def write_lines(count, target, **options):
    """Write that many records to a file, one a line; the number of bytes."""
    with target.open("w", encoding="utf-8") as out:
        for each in generate(count, **options):
            out.write(json.dumps(each, ensure_ascii=False, separators=(",", ":")) + "\n")
    return target.stat().st_size


def main():
    count, target = int(sys.argv[1]), Path(sys.argv[2])
    cells = int(sys.argv[3]) if len(sys.argv) > 3 else None
    print(f"{count} records, {write_lines(count, target, cells=cells):,} bytes")


if __name__ == "__main__":
    main()
