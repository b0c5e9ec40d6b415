"""Measure in a process of its own, so that its peak of memory is that of the work and of nothing before it."""

from __future__ import annotations

import importlib
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def run_apart(work: Callable[..., dict[str, Any]], *args: Any) -> dict[str, Any]:
    """Call a function of a module with arguments that JSON can carry. What it returns, with `wall` and `cpu`
    (seconds, children included) and `peak` (MiB, of the process alone) where it does not say them itself."""
    told = subprocess.run(
        [sys.executable, "-m", "tests.bench.apart", work.__module__, work.__name__, json.dumps(args)],
        cwd=ROOT, stdout=subprocess.PIPE, check=True,
    )  # fmt: skip
    found: dict[str, Any] = json.loads(told.stdout.splitlines()[-1])
    return found


def processor_seconds() -> float:
    """What this process and its ended children have used."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def main() -> None:
    work = getattr(importlib.import_module(sys.argv[1]), sys.argv[2])
    wall, cpu = time.perf_counter(), processor_seconds()
    found = work(*json.loads(sys.argv[3]))
    spent = {"wall": time.perf_counter() - wall, "cpu": processor_seconds() - cpu}
    spent["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(spent | found))


if __name__ == "__main__":
    main()
