"""The figures as a page for people: Markdown, ratios first."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tests.bench.curves import exponent

_INTRO = """# What it costs

Measured with `.venv/bin/python -m tests.bench --full`, which writes this page and its pictures; `make bench` is the
short form and only prints. Single parts: `--only index replaying`; `--most 10000` leaves out larger sizes. Parts that are
not below were not measured when this page was written.

The machine: {machine}. It was shared with other work, so look at the ratios and at the exponents, not at the
milliseconds: each ratio is of two things measured in turn in the same part. An exponent is the slope of cost over size on
logarithmic paper: 1 is linear, 2 is quadratic. The fixed cost of a start pulls it down on small sizes.
"""
_PICTURES = {
    "reading": "bench-reading.png",
    "index": "bench-index.png",
    "replaying": "bench-growth.png",
}


def write_page(found: Mapping[str, Any]) -> str:
    """The whole page, of the parts that were measured."""
    blocks = [_INTRO.format(machine=_machine())]
    for name, write in (
        ("reading", _reading), ("crawling", _crawling), ("keeping", _keeping), ("index", _index), ("replaying", _replaying),
        ("exporting", _exporting),
    ):  # fmt: skip
        if name in found:
            blocks.append("\n".join(write(found[name])))
    blocks.append("\n".join(_growth(found)))
    return "\n".join(blocks)


def _machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    system = f"{platform.system()} on {platform.machine()}"
    return f"{system}, {os.cpu_count()} processors, {memory:.0f} GiB of memory, Python {platform.python_version()}"


def rows(head: Sequence[str], body: Iterable[Sequence[str]]) -> list[str]:
    """A Markdown table, figures flush right."""
    lines = ["| " + " | ".join(head) + " |", "| --- |" + " ---: |" * (len(head) - 1)]
    return [*lines, *("| " + " | ".join(cells) + " |" for cells in body), ""]


def _sized(found: Mapping[str, Any]) -> list[tuple[int, Any]]:
    return sorted((int(size), value) for size, value in found.items())


def _reading(found: Mapping[str, Any]) -> list[str]:
    spent = found["ms"]
    text, parse = spent["trafilatura, text alone"], spent["lxml, parse alone"]
    ours = spent["read_report (everything)"]
    lines = ["## Reading a report", ""]
    lines += [f"{found['pages']} report pages of the demo portals, {found['kib']:.0f} KiB on average, one processor, median of the rounds."]
    lines += ["`read_report` gives all tables, prose, checks and identity; the others only what their name says.", ""]
    lines += rows(
        ("way", "ms a page", "of trafilatura", "of lxml"),
        ((name, f"{ms:.2f}", f"{ms / text:.2f}", f"{ms / parse:.1f}") for name, ms in sorted(spent.items(), key=lambda pair: pair[1])),
    )
    chain = spent.get("trafilatura and pandas.read_html")
    beside = f", {ours / chain:.2f} of the obvious chain" if chain else ""
    lines += [f"The whole reading takes {ours / text:.2f} of trafilatura alone{beside}. The slowest page took {found['slowest_ms']:.0f} ms."]
    return [*lines, "", "![Milliseconds a page by way of reading](images/bench-reading.png)", ""]


def _crawling(found: Mapping[str, Any]) -> list[str]:
    lines = ["## Crawling with evidence", ""]
    lines += ["The same hosts on loopback, four requests each, no delay: bare Scrapy following links, and `scrapy crawl county_portals`"]
    lines += ["with its archive (every exchange synced to disk), discovery, reading, records and snapshots. Start-up included.", ""]
    body = []
    for size, whole in _sized(found["growth"]):
        bare = found["bare"][str(size)] if str(size) in found["bare"] else found["bare"][size]
        body.append(
            (f"{size:,}", f"{bare['visits'] / bare['wall']:.0f}", f"{whole['visits'] / whole['wall']:.0f}",
             f"{bare['cpu'] * 1000 / bare['visits']:.1f}", f"{whole['cpu'] * 1000 / whole['visits']:.1f}",
             f"{whole['cpu'] / bare['cpu']:.1f}", f"{whole['late']:.2f}")
        )  # fmt: skip
    head = ("hosts", "bare, requests/s", "ours, requests/s", "bare, CPU ms each", "ours, CPU ms each", "ratio of CPU", "loop late at most, s")
    return [*lines, *rows(head, body)]


def _keeping(found: Mapping[str, Any]) -> list[str]:
    lines = ["## The archive", "", "Different report pages; each write is synced twice (WARC and index) before it is acknowledged.", ""]
    head = ("captures", "write, ms", "its CPU, ms", "random read, ms", "verify, ms", "bytes on disk each", "index bytes each", "peak MiB")
    body = (
        (f"{size:,}", f"{v['write_ms']:.2f}", f"{v['write_cpu_ms']:.2f}", f"{v['read_ms']:.2f}", f"{v['verify_ms']:.2f}",
         f"{v['bytes']:.0f}", f"{v['index']:.0f}", f"{v['peak']:.0f}")
        for size, v in _sized(found["growth"])
    )  # fmt: skip
    return [*lines, *rows(head, body)]


def _index(found: Mapping[str, Any]) -> list[str]:
    lines = ["## The index", "", "Look-up of the newest capture of a URL chosen at random; a line added in a transaction of its own, synced.", ""]
    head = ("captures", "look-up, ms", "add and sync, ms", "open and check, s", "bytes each", "peak MiB")
    body = (
        (f"{size:,}", f"{v['lookup_ms']:.3f}", f"{v['add_ms']:.2f}", f"{v['open_s']:.2f}", f"{v['bytes']:.0f}", f"{v['peak']:.0f}")
        for size, v in _sized(found["growth"])
    )
    return [*lines, *rows(head, body), "![Index: look-up and bytes by size](images/bench-index.png)", ""]


def _replaying(found: Mapping[str, Any]) -> list[str]:
    lines = ["## Replay", "", "`scrapy replay` of an archive of different report pages, start-up included.", ""]
    body = []
    for size, one in _sized(found["growth"]):
        two = found["two"][str(size)]
        cluster = found["cluster"].get(str(size))
        body.append(
            (f"{size:,}", f"{size / one['wall']:.0f}", f"{size / two['wall']:.0f}", f"{one['wall'] / two['wall']:.2f}",
             f"{size / cluster['wall']:.0f}" if cluster else "-", f"{one['cpu'] * 1000 / size:.1f}", f"{one['peak']:.0f}")
        )  # fmt: skip
    head = ("pages", "1 worker, pages/s", "2 workers, pages/s", "gain", "Dask, 2 workers, pages/s", "CPU ms a page", "peak of a process, MiB")
    same = "The bytes written are the same whatever the number of workers." if all(found["equal"]) else "**THE OUTPUTS DIFFER.**"
    return [*lines, *rows(head, body), same, ""]


def _exporting(found: Mapping[str, Any]) -> list[str]:
    lines = ["## Export", "", "Generated records of the form of 2021, all cells; Parquet and CSV with the comparison of years. pandas writes the"]
    lines += ["cells alone, as one CSV, and was not asked beyond 10,000 reports.", ""]
    body = []
    for size, both in _sized(found["growth"]):
        pandas = found["pandas"].get(str(size))
        each = found["formats"].get(str(size), {})
        body.append(
            (f"{size:,}", f"{found['bytes'][str(size)] / (1 << 20):.0f}", f"{both['wall']:.1f}", f"{both['size'] / (1 << 20):.0f}", f"{both['peak']:.0f}",
             *(f"{each[name]['wall']:.1f}" if name in each else "-" for name in ("parquet", "sqlite")),
             f"{pandas['wall']:.1f}" if pandas else "-", f"{pandas['peak']:.0f}" if pandas else "-")
        )  # fmt: skip
    head = ("reports", "records, MiB", "Parquet and CSV, s", "written, MiB", "peak MiB", "Parquet alone, s", "SQLite alone, s", "pandas, s", "its peak MiB")
    return [*lines, *rows(head, body)]


#: part, what is measured, its cost in the growth table, unit
CURVES = (
    ("reading", "reading", "cpu", "s CPU"),
    ("crawling", "crawling with evidence", "cpu", "s CPU"),
    ("keeping", "writing the archive", "write_cpu", "s CPU"),
    ("keeping", "verifying it", "verify_cpu", "s CPU"),
    ("index", "a look-up", "lookup_ms", "ms"),
    ("index", "size of the index", "size", "bytes"),
    ("replaying", "replay, one worker", "cpu", "s CPU"),
    ("exporting", "export to Parquet and CSV", "cpu", "s CPU"),
)


def _growth(found: Mapping[str, Any]) -> list[str]:
    lines = ["## Growth", "", "Of work over size the exponent should be at most 1.05; of a look-up it should be near 0.", ""]
    body = []
    for part, name, key, unit in CURVES:
        points = _sized(found.get(part, {}).get("growth", {}))
        steep = exponent([size for size, _ in points], [value[key] for _, value in points])
        if steep is None:
            continue
        last = exponent([size for size, _ in points[-2:]], [value[key] for _, value in points[-2:]])
        peaks = [f"{value['peak']:.0f}" for _, value in points if "peak" in value]
        sizes = " → ".join(f"{size:,}" for size, _ in points)
        costs = " → ".join(f"{value[key]:,.3g}" for _, value in points)
        body.append((name, sizes, f"{costs} {unit}", f"{steep:.2f}", f"{last:.2f}" if last is not None else "-", " → ".join(peaks) or "-"))
    head = ("what", "sizes", "cost", "exponent", "of the last step", "peak MiB")
    return [*lines, *rows(head, body), "![Time over size](images/bench-growth.png)", ""]
