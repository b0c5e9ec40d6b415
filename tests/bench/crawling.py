"""A crawl with evidence beside bare Scrapy on the same hosts of the virtual internet, all of them well."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.bench.apart import ROOT, processor_seconds
from tests.internet.__main__ import Trial


def crawl(folder: str, hosts: int, bare: bool) -> dict[str, Any]:
    """Crawl so many hosts without delays: robots.txt, front page, list and report of each, four requests a host."""
    home = Path(folder) / f"crawl-{hosts}-{'bare' if bare else 'whole'}"
    shutil.rmtree(home, ignore_errors=True)
    trial = Trial(home, hosts, False, 1, ["DOWNLOAD_DELAY=0", "LOG_LEVEL=WARNING", "SLOT_BY_ADDRESS=True"])
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.internet.server", str(home / "world.json"), str(home / "visits.log")], cwd=ROOT
    )
    try:
        time.sleep(2)
        wall, cpu = time.perf_counter(), processor_seconds()
        command = ["-m", "tests.bench.bare_crawl", str(home / "world.json")] if bare else trial._command()
        ended = subprocess.run([sys.executable, *command], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        spent = {"wall": time.perf_counter() - wall, "cpu": processor_seconds() - cpu}
    finally:
        server.terminate()
        server.wait()
    visits = sum(1 for _ in (home / "visits.log").open())
    if visits < hosts * 4:
        raise RuntimeError(f"{visits} visits to {hosts} hosts: {ended.stderr[-300:]}")
    sizes = {"warc": 0, "index": 0}
    for name, pattern in (("warc", "data/warc/*/*.gz"), ("index", "data/index.sqlite*")):
        sizes[name] = sum(path.stat().st_size for path in home.glob(pattern))
    samples = trial.lines("inside.jsonl")
    shutil.rmtree(home, ignore_errors=True)
    return spent | sizes | {"visits": visits, "late": max((row["late"] for row in samples), default=0.0)}
