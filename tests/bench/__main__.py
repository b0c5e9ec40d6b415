"""Measure everything and print it; with `--full` also write docs/bench.md and its pictures."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.bench import crawling, exporting, keeping, reading, replaying
from tests.bench.apart import ROOT, run_apart
from tests.bench.table import write_page

Found = dict[str, Any]

#: sizes by part: of the quick form, and of the full one
SIZES = {
    "reading": ((84, 252), (84, 840, 4200)),
    "crawling": ((50,), (50, 200, 800)),
    "keeping": ((200, 800), (500, 5_000, 50_000)),
    "index": ((1_000, 10_000), (1_000, 10_000, 100_000, 1_000_000)),
    "replaying": ((400,), (1_000, 4_000, 16_000)),
    "exporting": ((1_000,), (1_000, 10_000, 100_000)),
}
FORMATS = ("parquet", "csv", "sqlite")


def measure_reading(folder: str, sizes: tuple[int, ...], full: bool) -> Found:
    found = run_apart(reading.compare_readers, 5 if full else 2)
    return found | {"growth": {size: run_apart(reading.peak_of_reading, size) for size in sizes}}


def measure_crawling(folder: str, sizes: tuple[int, ...], full: bool) -> Found:
    return {
        "bare": {size: crawling.crawl(folder, size, True) for size in sizes},
        "growth": {size: crawling.crawl(folder, size, False) for size in sizes},
    }


def measure_keeping(folder: str, sizes: tuple[int, ...], full: bool) -> Found:
    return {"growth": {size: run_apart(keeping.keep, folder, size) for size in sizes}}


def measure_index(folder: str, sizes: tuple[int, ...], full: bool) -> Found:
    return {"growth": {size: run_apart(keeping.look_up, folder, size) for size in sizes}}


def measure_replaying(folder: str, sizes: tuple[int, ...], full: bool) -> Found:
    found: Found = {"growth": {}, "two": {}, "cluster": {}}
    for size in sizes:
        run_apart(replaying.make_archive, folder, size)
        found["growth"][size] = run_apart(replaying.replay, folder, size, "--workers", "1")
        found["two"][size] = run_apart(replaying.replay, folder, size, "--workers", "2")
        if full and replaying.has_cluster():
            found["cluster"][size] = run_apart(replaying.replay_on_cluster, folder, size)
        digests = {found[way][size]["digest"] for way in ("growth", "two", "cluster") if size in found[way]}
        found.setdefault("equal", []).append(len(digests) == 1)
    return found


def measure_exporting(folder: str, sizes: tuple[int, ...], full: bool) -> Found:
    found: Found = {"bytes": {}, "growth": {}, "formats": {}, "pandas": {}}
    for size in sizes:
        found["bytes"][size] = run_apart(exporting.make_records, folder, size)["bytes"]
        found["growth"][size] = run_apart(exporting.export_records, folder, size, "parquet", "csv")
        found["formats"][size] = {name: run_apart(exporting.export_records, folder, size, name) for name in FORMATS} if full else {}
        if size <= 10_000:  # beyond, its table of objects takes more than most machines have
            with suppress(ImportError):
                found["pandas"][size] = run_apart(exporting.with_pandas, folder, size)
        (Path(folder) / f"records-{size}" / "reports.jsonl").unlink()
    return found


PARTS: dict[str, Callable[[str, tuple[int, ...], bool], Found]] = {
    "reading": measure_reading,
    "crawling": measure_crawling,
    "keeping": measure_keeping,
    "index": measure_index,
    "replaying": measure_replaying,
    "exporting": measure_exporting,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--full", action="store_true", help="all sizes (half an hour), and write docs/bench.md")
    parser.add_argument("--quick", action="store_true", help="about a minute (the default)")
    parser.add_argument("--only", nargs="+", choices=sorted(PARTS), default=list(PARTS), metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--most", type=int, default=10**9, help="no size above this")
    parser.add_argument("--results", type=Path, default=ROOT / "build" / "bench.json", help="where figures are kept between calls")
    parser.add_argument("--write", action="store_true", help="write docs/bench.md from the figures kept, and measure nothing")
    asked = parser.parse_args()
    kept: Found = json.loads(asked.results.read_text()) if asked.results.exists() and (asked.full or asked.write) else {}
    if not asked.write:
        with tempfile.TemporaryDirectory(prefix="gongkai-bench-") as folder:
            for name in asked.only:
                sizes = tuple(size for size in SIZES[name][asked.full] if size <= asked.most)
                started = time.perf_counter()
                kept[name] = json.loads(json.dumps(PARTS[name](folder, sizes, asked.full)))
                print(f"{name}: {time.perf_counter() - started:.0f} s", file=sys.stderr)
                if asked.full:
                    # After each part: a run that is stopped keeps what it has measured.
                    asked.results.parent.mkdir(parents=True, exist_ok=True)
                    asked.results.write_text(json.dumps(kept, indent=1))
    text = write_page(kept)
    print(text)
    if asked.full or asked.write:
        from tests.bench.plots import draw_all

        draw_all(kept, ROOT / "docs" / "images")
        (ROOT / "docs" / "bench.md").write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
