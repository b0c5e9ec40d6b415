"""The archive: write with fsync, read at random, verify, look up."""

from __future__ import annotations

import random
import shutil
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from archive import Archive, Capture, Exchange, verify
from archive.index import Extent, Index
from tests.bench.apart import processor_seconds
from tests.bench.reading import report_pages


def keep(folder: str, captures: int) -> dict[str, Any]:
    """Write so many exchanges of report pages, read a thousand of them at random, verify all. Milliseconds each."""
    home = Path(folder) / f"keep-{captures}"
    shutil.rmtree(home, ignore_errors=True)
    bodies = [page.body for page in report_pages()]
    chance = random.Random(1)
    written: list[Capture] = []
    started = time.perf_counter()
    cpu = time.process_time()
    with Archive.open(home, software="bench", operator="bench", floor=0) as archive:
        for number in range(captures):
            # Different bytes each, or a body would be kept once only.
            body = bodies[number % len(bodies)] + b"<!-- %d %d -->" % (number, chance.getrandbits(64))
            written.append(archive.record(_exchange(number, body)))
    write = time.perf_counter() - started
    write_cpu = time.process_time() - cpu
    sample = [chance.choice(written) for _ in range(min(1000, captures))]
    started = time.perf_counter()
    with Archive.read(home) as archive:
        for capture in sample:
            archive.load(capture)
    read = time.perf_counter() - started
    started, cpu = time.perf_counter(), processor_seconds()
    problems = list(verify(home))
    proved, proved_cpu = time.perf_counter() - started, processor_seconds() - cpu
    if problems:
        raise RuntimeError(str(problems[0]))
    size = sum(path.stat().st_size for path in home.glob("warc/*/*.gz"))
    index = (home / "index.sqlite").stat().st_size
    shutil.rmtree(home)
    return {
        "write_ms": write * 1000 / captures, "write_cpu_ms": write_cpu * 1000 / captures, "read_ms": read * 1000 / len(sample),
        "verify_ms": proved * 1000 / captures, "write_cpu": write_cpu, "verify_cpu": proved_cpu, "bytes": size / captures, "index": index / captures,
    }  # fmt: skip


def look_up(folder: str, lines: int) -> dict[str, Any]:
    """An index of so many captures of two thirds as many URLs: milliseconds a look-up, and a line added and synced."""
    path = Path(folder) / f"index-{lines}.sqlite"
    path.unlink(missing_ok=True)
    index = Index.create(str(path))
    index.begin()
    for number in range(1, lines + 1):
        index.add(_capture(number, lines))
    index.commit()
    index.close()
    size = path.stat().st_size
    chance = random.Random(2)
    started = time.perf_counter()
    index = Index.open(path)
    opening = time.perf_counter() - started
    wanted = [_url(chance.randrange(1, lines + 1), lines) for _ in range(5000)]
    started = time.perf_counter()
    for url in wanted:
        if index.latest(url) is None:
            raise RuntimeError(url)
    spent = time.perf_counter() - started
    started = time.perf_counter()
    for number in range(lines + 1, lines + 201):
        index.begin()
        index.add(_capture(number, lines))
        index.set_extent(Extent("x", number, "x"))
        index.commit()
    added = time.perf_counter() - started
    index.close()
    for each in path.parent.glob(path.name + "*"):
        each.unlink()
    return {"lookup_ms": spent * 1000 / len(wanted), "add_ms": added * 1000 / 200, "open_s": opening, "bytes": size / lines, "size": size}


def _url(number: int, lines: int) -> str:
    return f"http://h{number % (lines * 2 // 3 or 1):07}.gov.example/zfxxgk/nb/202301/t20230118_{number % 17}.html"


def _capture(number: int, lines: int) -> Capture:
    return Capture(
        seq=number, rid=f"<urn:uuid:{number:032x}>", url=_url(number, lines), method="GET", fetched=datetime(2026, 1, 1, tzinfo=UTC),
        status=200, kind="response", payload=f"sha256:{number:064x}", truncated=None, portal=f"h{number % 1000}", role="report",
        run="r000001", warc="2026/r000001-00001.warc.gz", offset=number * 7000, length=7000, refers_to=None,
    )  # fmt: skip


def _exchange(number: int, body: bytes) -> Exchange:
    return Exchange(
        url=f"http://county.example/{number}.html", method="GET", request_headers=[(b"User-Agent", b"bench")], request_body=b"",
        status=200, reason="OK", response_headers=[(b"Content-Type", b"text/html")], body=body, fetched=datetime.now(UTC),
        ip="192.0.2.7", protocol="HTTP/1.1", truncated=None, metadata={"portal": "p1", "role": "report"},
    )  # fmt: skip
