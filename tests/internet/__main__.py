"""Crawl the virtual internet, watch, and say what was seen. See the package."""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from tests.internet.watch import Sampler, judge_manners, quantile, read_log, slope, spans
from tests.internet.world import GIVING, World, host_name

_ROOT = Path(__file__).resolve().parent.parent.parent


class Trial:
    """One crawl with its world, in a folder; it may take several runs."""

    def __init__(self, folder: Path, hosts: int, faults: bool, platform: int, settings: list[str]) -> None:
        self.folder, self.home = folder, folder / "data"
        self._settings = settings
        folder.mkdir(parents=True, exist_ok=True)
        told = folder / "world.json"
        if not told.exists():
            World(hosts, _free_port(), faults, platform).save(told)
            World.load(told).write_registry(folder / "portals.csv")
        self.world = World.load(told)

    @property
    def runs(self) -> list[dict[str, Any]]:
        """The runs that were made: when each began, and its exit status."""
        path = self.folder / "trial.json"
        return json.loads(path.read_text()) if path.exists() else []

    @property
    def finished(self) -> bool:
        return bool(self.runs) and self.runs[-1]["status"] in (0, 12, 18)

    def run(self, seconds: float, *, end: signal.Signals = signal.SIGTERM) -> int:
        """Crawl for so long at most; SIGTERM or SIGKILL ends it. The exit status."""
        server = self._python("-m", "tests.internet.server", str(self.folder / "world.json"), str(self.folder / "visits.log"))
        crawl = None
        runs = self.runs
        began = time.monotonic()
        try:
            _await(self.world.port)
            began = time.monotonic()
            self._note(runs, began, None)
            with (self.folder / "crawl.log").open("a") as log:
                crawl = self._python(*self._command(), stdout=log, stderr=subprocess.STDOUT)
            sampler = Sampler(crawl.pid, self.home, self.folder / "samples.jsonl")
            sampler.start()
            try:
                crawl.wait(seconds)
            except subprocess.TimeoutExpired:
                crawl.send_signal(end)
                crawl.wait(300)
            sampler.over.set()
            sampler.join()
        finally:
            for process in (crawl, server):
                if process is not None and process.poll() is None:
                    process.terminate()
                    with suppress(subprocess.TimeoutExpired):
                        process.wait(30)
                    process.kill()
        self._note(runs, began, crawl.returncode)
        return crawl.returncode

    def _note(self, before: list[dict[str, Any]], began: float, status: int | None) -> None:
        runs = [*before, {"began": began, "ended": time.monotonic(), "status": status}]
        (self.folder / "trial.json").write_text(json.dumps(runs))

    def _command(self) -> list[str]:
        fixed = {
            "ARCHIVE_DIR": self.home,
            "TWISTED_DNS_RESOLVER": "tests.internet.names.InternetResolver",
            "INTERNET": self.folder / "world.json",
            "INSIDE": self.folder / "inside.jsonl",
            "ADDONS": '{"crawler.contact.ContactAddon": 100, "tests.internet.inside.InsideAddon": 200}',
            "CONTACT": "nobody@example.org",
        }
        pairs = [f"{name}={value}" for name, value in fixed.items()] + self._settings
        command = ["-m", "scrapy", "crawl", "county_portals", "-a", f"portals={self.folder / 'portals.csv'}"]
        return command + [part for pair in pairs for part in ("-s", pair)]

    def _python(self, *command: str, **streams: Any) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, *command], cwd=_ROOT, **streams)

    # --- what came of it

    def lines(self, name: str) -> list[dict[str, Any]]:
        path = self.folder / name
        found = []
        for line in path.read_text().splitlines() if path.exists() else []:
            with suppress(ValueError):  # half a last line
                found.append(json.loads(line))
        return found

    def records(self) -> Counter[tuple[str, ...]]:
        """What the dataset says, without what depends on when and in which order pages came: see tests/test_resume.py."""
        found: Counter[tuple[str, ...]] = Counter()
        path = self.home / "reports.jsonl"
        for line in path.read_text("utf-8").splitlines() if path.exists() else []:
            record = json.loads(line)
            source = record["source"]
            own = {name: source.pop(name) for name in ("url", "fetched", "sha256", "snapshot")}
            addresses = [own, *source.pop("also_at", ())]
            for address in addresses:
                address.pop("fetched")
            for name in ("report_id", "check"):
                record.pop(name)
            told = [record, sorted(addresses, key=json.dumps)]
            found[own["url"], json.dumps(told, sort_keys=True, ensure_ascii=False)] += 1
        return found

    def replays(self) -> bool:
        """Whether a replay of the archive gives the dataset to the byte."""
        out = self.folder / "replayed.jsonl"
        command = [sys.executable, "-m", "scrapy", "replay", "-s", f"ARCHIVE_DIR={self.home}", "-O", str(out)]
        done = subprocess.run(command, cwd=_ROOT, capture_output=True)
        return done.returncode == 0 and out.read_bytes() == (self.home / "reports.jsonl").read_bytes()

    def promised(self) -> set[str]:
        """The ids of portals whose report a crawl must bring."""
        return {host_name(n).partition(".")[0] for n in range(self.world.hosts) if self.world.temper(n) in GIVING}

    def report(self, delay: float) -> bool:
        """Print what was seen. Whether the manners held and nothing promised is missing (of a finished crawl)."""
        runs = self.runs
        visits = read_log(self.folder / "visits.log")
        if not runs or not visits:
            print("nothing was crawled yet")
            return True
        # By the visits: a run whose watcher was killed has no end of its own.
        ends = [*(run["began"] for run in runs[1:]), math.inf]
        spent = sum(
            max((visit.time for visit in visits if run["began"] <= visit.time < end), default=run["began"]) - run["began"]
            for run, end in zip(runs, ends, strict=True)
        )
        met = {visit.host for visit in visits}
        print(f"{self.world.hosts:,} hosts, {len(runs)} runs, {spent:.0f} s, exit {[run['status'] for run in runs]}")
        print(f"  visits {len(visits):,} to {len(met):,} hosts; {len(visits) / spent:.1f} a second, {len(met) / spent:.1f} hosts a second")
        had = Counter(json.loads(line)["source"]["portal"] for line in _lines(self.home / "reports.jsonl"))
        missing = self.promised() - set(had)
        print(f"  reports {len(had):,}, promised and not there {len(missing):,}, twice {sum(n > 1 for n in had.values())}")
        addresses, patient = judge_manners(self.world, visits, delay, [run["began"] for run in runs])
        for name, manners in (("address", addresses), ("host with Crawl-delay", patient)):
            print(f"  per {name}: {manners.gaps:,} gaps, shortest {manners.shortest:.2f} s, too short {len(manners.violations)}")
            for line in manners.violations[:5]:
                print(f"    {line}")
        for temper, seconds in sorted(spans(self.world, visits).items()):
            print(
                f"  {temper}, own address: first visit to report {quantile(seconds, 0.5):.1f} s in the median, "
                f"{quantile(seconds, 0.95):.1f} s at 95 %, {max(seconds):.1f} s at most"
            )
        self._grown(sorted(_first_times(visits)))
        good = not addresses.violations and not patient.violations
        return good and not (self.finished and missing)

    def _grown(self, firsts: list[float]) -> None:
        """How what the crawl holds grows with the hosts that it has met."""
        from bisect import bisect

        began = self.runs[-1]["began"] if self.runs else 0.0
        for name, keys in (
            ("samples.jsonl", ("rss", "files", "threads", "index", "warc")),
            ("inside.jsonl", ("late", "scheduled", "active", "in_slots", "longest_queue", "slots", "slot_settings",
                              "robots", "neighbours", "names", "failures", "readings", "loggers")),
        ):  # fmt: skip
            rows = [row for row in self.lines(name) if row["time"] > began]
            hosts = [bisect(firsts, row["time"]) for row in rows]
            # What is there before the first host was met is no growth.
            later = [(h, row) for h, row in zip(hosts, rows, strict=True) if h > 0.1 * max(hosts, default=0)]
            for key in keys:
                values = [row[key] for _, row in later]
                if values:
                    grows = slope([h for h, _ in later], values) * 1000
                    print(f"  {key:14} first {values[0]:>12,.6g} last {values[-1]:>12,.6g} most {max(values):>12,.6g} per 1,000 hosts {grows:>10,.4g}")


def _lines(path: Path) -> list[str]:
    return path.read_text("utf-8").splitlines() if path.exists() else []


def _first_times(visits: list[Any]) -> list[float]:
    first: dict[int, float] = {}
    for visit in visits:
        first.setdefault(visit.host, visit.time)
    return list(first.values())


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await(port: int) -> None:
    for _ in range(200):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise SystemExit("the server does not start")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.internet", description=__doc__)
    parser.add_argument("--hosts", type=int, default=1000)
    parser.add_argument("--minutes", type=float, default=10, help="of this call; the next one goes on (default 10)")
    parser.add_argument("--delay", type=float, default=1.0, help="DOWNLOAD_DELAY, seconds (default 1)")
    parser.add_argument("--faults", choices=("all", "none"), default="all")
    parser.add_argument("--platform", type=int, default=20, help="hosts that share an address, where they do (default 20)")
    parser.add_argument("--kills", type=int, default=0, help="also crawl with so many ends in between, and compare")
    parser.add_argument("--folder", type=Path, default=Path("build/internet"))
    parser.add_argument("--fresh", action="store_true", help="forget what was done before")
    parser.add_argument("--report", action="store_true", help="only say what was seen")
    parser.add_argument("-s", dest="settings", action="append", default=[], help="a setting of the crawl")
    asked = parser.parse_args()
    folder = asked.folder.absolute() / f"{asked.hosts}{'' if asked.faults == 'all' else '-well'}"
    if asked.fresh:
        shutil.rmtree(folder, ignore_errors=True)
    settings = [f"DOWNLOAD_DELAY={asked.delay}", "DOWNLOAD_TIMEOUT=10", "DNS_TIMEOUT=5", *asked.settings]
    trial = Trial(folder / "whole", asked.hosts, asked.faults == "all", asked.platform, settings)
    end = time.monotonic() + asked.minutes * 60
    if not asked.report and not trial.finished:
        trial.run(asked.minutes * 60)
    good = trial.report(asked.delay)
    if asked.kills and trial.finished:
        good &= _killed(trial, folder, settings, asked.kills, end)
    return 0 if good else 1


def _killed(whole: Trial, folder: Path, settings: list[str], kills: int, end: float) -> bool:
    """Crawl the same world with SIGTERM and SIGKILL in between, and compare the datasets."""
    (folder / "killed").mkdir(exist_ok=True)
    for name in ("world.json", "portals.csv"):
        shutil.copy(whole.folder / name, folder / "killed" / name)
    trial = Trial(folder / "killed", whole.world.hosts, whole.world.faults, whole.world.platform, settings)
    chance = random.Random(len(trial.runs))
    length = sum(run["ended"] - run["began"] for run in whole.runs)
    while not trial.finished and time.monotonic() < end:
        last = len(trial.runs) >= kills
        trial.run(end - time.monotonic() if last else chance.uniform(0.1, 0.9) * length / (kills / 2), end=signal.SIGTERM if last else chance.choice((signal.SIGKILL, signal.SIGTERM)))
    same = trial.records() == whole.records()
    print(f"stopped {len(trial.runs) - 1} times, exit {[run['status'] for run in trial.runs]}: {'the same records' if same else 'OTHER RECORDS'}")
    both = (whole.records(), trial.records())
    for name, only in (("only without", both[0] - both[1]), ("only with", both[1] - both[0])):
        if only:
            print(f"  {name} the stops: {sum(only.values())}, such as {next(iter(only))[0]}")
    verified = subprocess.run([sys.executable, "-m", "scrapy", "verify", "-s", f"ARCHIVE_DIR={trial.home}"], cwd=_ROOT, capture_output=True, text=True)
    print(f"  scrapy verify: {verified.stdout.strip().splitlines()[-1] if verified.stdout.strip() else verified.stderr.strip()}")
    replays = trial.replays()
    print(f"  scrapy replay: {'the same bytes' if replays else 'OTHER BYTES'}")
    return same and replays and verified.returncode == 0


if __name__ == "__main__":
    os.chdir(_ROOT)
    sys.exit(main())
