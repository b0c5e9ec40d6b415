"""Look at a crawl from outside: memory, open files, threads, and how fast hosts are dealt with; and judge its manners."""

from __future__ import annotations

import contextlib
import json
import math
import os
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from tests.internet.world import CRAWL_DELAY, GIVING, World, report_path

#: seconds by which two arrivals may be nearer than the two departures were
LENIENCE = 0.02


def memory(pid: int) -> int:
    """KiB of a process that are in memory now; 0 when it is gone."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
    return 0


class Sampler(threading.Thread):
    """Writes what a process takes, every two seconds, to `samples`."""

    def __init__(self, pid: int, home: Path, samples: Path) -> None:
        super().__init__(daemon=True)
        self._pid, self._home, self._samples = pid, home, samples
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.wait(2.0):
            with contextlib.suppress(OSError), self._samples.open("a") as out:
                out.write(json.dumps(self._look()) + "\n")

    def _look(self) -> dict[str, float]:
        place = Path(f"/proc/{self._pid}")
        used = (place / "stat").read_text().rpartition(")")[2].split()
        return {
            "time": time.monotonic(),
            "rss": memory(self._pid),
            "files": sum(1 for _ in (place / "fd").iterdir()),
            "threads": sum(1 for _ in (place / "task").iterdir()),
            "cpu": (int(used[11]) + int(used[12])) / os.sysconf("SC_CLK_TCK"),
            "index": sum(path.stat().st_size for path in self._home.glob("index.sqlite*")),
            "warc": sum(path.stat().st_size for path in self._home.glob("warc/*/*.gz*")),
        }


@dataclass(frozen=True)
class Visit:
    """A request as the server saw it."""

    time: float
    address: str
    host: int
    path: str
    status: int


def read_log(path: Path) -> list[Visit]:
    """All visits in the order of their arrival; half a last line is left out."""
    visits = []
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            parts = line.split(" ")
            if len(parts) == 5 and line.endswith("\n"):
                visits.append(Visit(float(parts[0]), parts[1], int(parts[2]), parts[3], int(parts[4])))
    return sorted(visits, key=lambda visit: visit.time)


@dataclass
class Manners:
    """Gaps between one request and the next, in seconds, and those that were shorter than promised."""

    gaps: int = 0
    shortest: float = math.inf
    violations: list[str] = field(default_factory=list)

    def see(self, who: str, times: Sequence[float], delay: float, breaks: Sequence[float]) -> None:
        """Take in the visits to one place. `breaks` are the moments at which a run began: nothing is owed across them."""
        for before, after in pairwise(times):
            if any(before < start <= after for start in breaks):
                continue
            self.gaps += 1
            self.shortest = min(self.shortest, after - before)
            if after - before < delay - LENIENCE:
                self.violations.append(f"{who}: {after - before:.2f} s at {before:.1f}")


def judge_manners(world: World, visits: Iterable[Visit], delay: float, breaks: Sequence[float]) -> tuple[Manners, Manners]:
    """The gaps at each address, and at each host that asks for a Crawl-delay, once it has said so."""
    by_address: defaultdict[str, list[float]] = defaultdict(list)
    by_host: defaultdict[int, list[float]] = defaultdict(list)
    for visit in visits:
        by_address[visit.address].append(visit.time)
        if visit.host >= 0 and world.temper(visit.host) == "patient":
            by_host[visit.host].append(visit.time)
    addresses, patient = Manners(), Manners()
    for address, times in by_address.items():
        addresses.see(address, times, delay, breaks)
    for host, times in by_host.items():
        patient.see(f"host {host}", times[1:], max(delay, CRAWL_DELAY), breaks)
    return addresses, patient


def spans(world: World, visits: Iterable[Visit]) -> dict[str, list[float]]:
    """Seconds from the first visit to the report, of hosts with an address of their own, by temper."""
    first: dict[int, float] = {}
    found: defaultdict[str, list[float]] = defaultdict(list)
    for visit in visits:
        if visit.host < 0 or visit.address.startswith("127.65."):
            continue
        first.setdefault(visit.host, visit.time)
        if visit.path == report_path(visit.host) and (temper := world.temper(visit.host)) in GIVING:
            found[temper].append(visit.time - first[visit.host])
    return found


def slope(xs: Sequence[float], ys: Sequence[float]) -> float:
    """The least-squares slope of ys over xs; 0 for fewer than two different xs."""
    count = len(xs)
    if count < 2:
        return 0.0
    mean_x, mean_y = sum(xs) / count, sum(ys) / count
    spread = sum((x - mean_x) ** 2 for x in xs)
    return sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys, strict=True)) / spread if spread else 0.0


def quantile(values: Sequence[float], part: float) -> float:
    """A value that `part` of the others do not exceed; nan for none."""
    return sorted(values)[min(len(values) - 1, int(len(values) * part))] if values else math.nan
