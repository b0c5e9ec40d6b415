"""Three Scrapyd nodes on three ports of this machine crawl a registry in shards, and one of them is killed in the middle.

    python -m tests.nodes [--python PYTHON] [--keep FOLDER]

Its shard is finished by another node on the same archive. Then the archives are merged, `scrapy verify` proves the
whole, and its records are compared with those of one machine that crawls everything. Takes some two minutes; the exit
status is 0 when nothing was lost. `--python` is an interpreter that has scrapyd (requirements-scale.txt).
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlencode
from urllib.request import ProxyHandler, build_opener

from crawler.demo import DemoPortals
from crawler.registry import Portal, load_registry
from crawler.shards import Shard, choose

PROJECT = Path(__file__).resolve().parent.parent
NODES = 3
PATIENCE = 180
_OPENER = build_opener(ProxyHandler({}))  # a proxy of the environment is not for this machine


class Node:
    """A Scrapyd server on a free port, in a process group of its own."""

    def __init__(self, number: int, folder: Path, python: str) -> None:
        self.number, self.folder = number, folder
        folder.mkdir(parents=True)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        (folder / "scrapy.cfg").write_text(
            f"[settings]\ndefault = crawler.settings\n[scrapyd]\nhttp_port = {self.port}\nbind_address = 127.0.0.1\n"
            "poll_interval = 0.5\nmax_proc = 1\njobs_to_keep = 100\n"
        )
        self.log = (folder / "scrapyd.log").open("wb")
        self.process = subprocess.Popen(
            [python, "-m", "scrapyd"], cwd=folder, stdout=self.log, stderr=self.log, start_new_session=True,
            env={**os.environ, "PYTHONPATH": str(PROJECT)},
        )  # fmt: skip

    def ask(self, what: str, **words: Any) -> dict[str, Any]:
        """Ask the server's API; a POST when there is something to schedule."""
        url = f"http://127.0.0.1:{self.port}/{what}.json"
        body = urlencode(words, doseq=True).encode() if what == "schedule" else None
        if body is None and words:
            url += f"?{urlencode(words)}"
        with _OPENER.open(url, body, timeout=10) as answer:
            told: dict[str, Any] = json.load(answer)
        if told.get("status") != "ok":
            raise RuntimeError(f"node {self.number}: {told.get('message', told)}")
        return told

    def wait(self) -> None:
        until = time.monotonic() + 60
        while True:
            try:
                self.ask("daemonstatus")
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError(f"node {self.number} does not start: {(self.folder / 'scrapyd.log').read_text()[-400:]}") from None
                time.sleep(0.3)

    def crawl(self, registry: Path, shard: Shard, home: Path) -> str:
        # A pause between pages, so that there is a middle to be killed in.
        settings = [f"ARCHIVE_DIR={home}", "DOWNLOAD_DELAY=0.1", "CONTACT=test@example.org"]
        job = self.ask("schedule", project="default", spider="county_portals", portals=registry, shard=shard, setting=settings)
        return str(job["jobid"])

    def finished(self, job: str) -> bool:
        return any(each["id"] == job for each in self.ask("listjobs", project="default")["finished"])

    def kill(self) -> None:
        """End the server and its crawl at once, as when the machine loses its power."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()
        self.log.close()


def write_registry(path: Path, sets: list[DemoPortals]) -> list[Portal]:
    """The portals of several sets, each with an id of its own; those of one content system share a platform."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("id", "name", "url", "column_url", "group"))
        for number, each in enumerate(sets, 1):
            for platform, portal in enumerate(each.portals, 1):
                told = f"set{number}-{portal.id}", portal.name, portal.url, " ".join(portal.columns), f"system {platform}"
                writer.writerow(told)
    return load_registry(path)


def scrapy(*args: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "scrapy", *map(str, args)], cwd=PROJECT, capture_output=True, text=True, timeout=PATIENCE
    )


def records(home: Path) -> dict[str, Any]:
    """What each report says, by all its addresses with the bytes there. Which of them is the record's own hangs on the order
    of the crawl, and with it the template that the title and the text were taken from; the figures do not."""
    found = {}
    for line in (home / "reports.jsonl").read_bytes().splitlines():
        record = json.loads(line)
        source = record["source"]
        places = sorted({f"{place['url']} {place['sha256']}" for place in (source, *(source.get("also_at") or ()))})
        found["\n".join(places)] = [record[name] for name in ("organ", "year", "form", "cells", "verdict")]
    return found


def crawl_in_shards(folder: Path, registry: Path, portals: list[Portal], python: str) -> list[Path]:
    """Crawl every shard on its node, kill a node in the middle, have another finish its shard. Returns the archives."""
    shards = [Shard(number, NODES) for number in range(1, NODES + 1)]
    shards = [shard for shard in shards if choose(portals, shard)]
    for shard in shards:
        print(f"shard {shard}: {', '.join(portal.id for portal in choose(portals, shard))}")
    homes = [folder / f"shard{shard.number}" for shard in shards]
    nodes = [Node(number, folder / f"node{number}", python) for number in range(1, NODES + 1)]
    try:
        for node in nodes:
            node.wait()
        jobs = [(node, node.crawl(registry, shard, home)) for node, shard, home in zip(nodes, shards, homes, strict=False)]
        until = time.monotonic() + PATIENCE
        # The shard with the most portals: it has the longest middle.
        victim = max(range(len(shards)), key=lambda at: len(choose(portals, shards[at])))
        while (size := sum(path.stat().st_size for path in homes[victim].glob("warc/*/*.open"))) < 60_000:
            if time.monotonic() > until:
                raise RuntimeError("the node that is to be killed writes nothing")
            time.sleep(0.05)
        nodes[victim].kill()
        left = [path.name for path in homes[victim].glob("warc/*/*.open")]
        print(f"killed node {nodes[victim].number} with {size} bytes of evidence in {', '.join(left)}")
        if not left:
            raise RuntimeError("it was killed too late")
        other = nodes[(victim + 1) % NODES]
        jobs[victim] = other, other.crawl(registry, shards[victim], homes[victim])
        while not all(node.finished(job) for node, job in jobs):
            if time.monotonic() > until:
                raise RuntimeError("the shards are not finished in time")
            time.sleep(0.5)
        for shard, (node, job) in zip(shards, jobs, strict=True):
            log = node.folder / "logs" / "default" / "county_portals" / f"{job}.log"
            print(f"shard {shard} on node {node.number}: {log.stat().st_size} bytes of log")
    finally:
        for node in nodes:
            node.stop()
    return homes


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", default=sys.executable, help="an interpreter that has scrapyd")
    parser.add_argument("--keep", metavar="FOLDER", help="leave everything in this folder")
    opts = parser.parse_args()
    if subprocess.run([opts.python, "-c", "import scrapyd"], capture_output=True).returncode:
        print("tests.nodes: scrapyd is not installed; pip install -r requirements-scale.txt, or give --python", file=sys.stderr)
        return 2
    sets = [DemoPortals(), DemoPortals()]
    with TemporaryDirectory(prefix="gongkai-nodes-") as temporary:
        folder = Path(opts.keep or temporary).absolute()
        folder.mkdir(parents=True, exist_ok=True)
        try:
            for each in sets:
                each.start(0)
            return compare(folder, write_registry(folder / "portals.csv", sets), opts.python)
        finally:
            for each in sets:
                each.stop()


def compare(folder: Path, portals: list[Portal], python: str) -> int:
    registry = folder / "portals.csv"
    started = time.monotonic()
    homes = crawl_in_shards(folder, registry, portals, python)
    seconds = time.monotonic() - started
    for home in homes:
        for path in sorted((home / "runs").glob("*.json")):
            journal = json.loads(path.read_text("utf-8"))
            told = {name: journal["counts"][name] for name in ("pages", "from_archive", "reports")}
            print(f"{home.name} {path.stem}: {journal['reason']}, takes up {journal['takes_up'] or 'none'}, {told}")
    merged = folder / "merged"
    for _ in range(2):  # the second finds everything there
        done = scrapy("archive-merge", *homes, "--into", merged)
        print(done.stderr.strip())
        if done.returncode:
            return 1
    proof = scrapy("verify", merged)
    print(proof.stdout + proof.stderr.strip())
    alone = folder / "alone"
    single = scrapy("crawl", "county_portals", "-a", f"portals={registry}", "-s", f"ARCHIVE_DIR={alone}")
    print(f"one machine: status {single.returncode}, {len(records(alone))} records")
    ours, theirs = records(merged), records(alone)
    lost, more = theirs.keys() - ours.keys(), ours.keys() - theirs.keys()
    differ = [key for key in ours.keys() & theirs.keys() if ours[key] != theirs[key]]
    replayed = scrapy("replay", merged, "-O", folder / "replayed.jsonl")
    print(replayed.stderr.strip().splitlines()[-1])
    print(f"{len(ours)} records of {len(homes)} shards in {seconds:.0f} s: {len(lost)} lost, {len(more)} more, {len(differ)} differ")
    for key in [*sorted(lost)[:3], *sorted(more)[:3], *sorted(differ)[:3]]:
        print("  ", key)
    return 1 if lost or more or differ or proof.returncode or replayed.returncode else 0


if __name__ == "__main__":
    sys.exit(main())
