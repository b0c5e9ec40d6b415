"""Replay of an archive with one and two workers, and on a cluster where that is built."""

from __future__ import annotations

import hashlib
import os
import resource
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from archive import Archive
from tests.bench.apart import ROOT, processor_seconds
from tests.bench.keeping import _exchange
from tests.bench.reading import report_pages


def make_archive(folder: str, pages: int) -> dict[str, Any]:
    """An archive of so many report pages, all of them different, at `folder`/pages-N, in about eight files: a cluster takes one at a time."""
    home = Path(folder) / f"pages-{pages}"
    if not home.exists():
        bodies = [page.body for page in report_pages()]
        with Archive.open(home, software="bench", operator="bench", floor=0, roll_at=pages * 700) as archive:
            for number in range(pages):
                archive.record(_exchange(number, bodies[number % len(bodies)] + b"<!-- %d -->" % number))
    return {"bytes": sum(path.stat().st_size for path in home.glob("warc/*/*.gz"))}


def replay(folder: str, pages: int, *more: str) -> dict[str, Any]:
    """`scrapy replay` in a process of its own, start-up included; `digest` is of what it wrote."""
    home, out = Path(folder) / f"pages-{pages}", Path(folder) / f"replayed-{os.getpid()}.jsonl"
    wall, cpu = time.perf_counter(), processor_seconds()
    subprocess.run(
        [sys.executable, "-m", "scrapy", "replay", str(home), "-O", str(out), *more], cwd=ROOT, check=True, stderr=subprocess.DEVNULL
    )
    spent = {"wall": time.perf_counter() - wall, "cpu": processor_seconds() - cpu}
    # The largest of the processes: what one needs, not their sum.
    spent["peak"] = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    digest = hashlib.file_digest(out.open("rb"), "sha256").hexdigest()
    size = out.stat().st_size
    out.unlink()
    return spent | {"digest": digest, "out": size / pages}


def has_cluster() -> bool:
    """Whether replay on a cluster is built and its library is there."""
    try:
        return find_spec("crawler.distributed") is not None and find_spec("distributed") is not None
    except ModuleNotFoundError:
        return False


def replay_on_cluster(folder: str, pages: int) -> dict[str, Any]:
    """The same through Dask, on a cluster of two workers on this machine."""
    from distributed import LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        return replay(folder, pages, "--scheduler", cluster.scheduler_address)
