"""Torture the archive: `python -m tests.torture`, bounded in time and resumable.

    python -m tests.torture                     # 10 minutes
    python -m tests.torture --minutes 2 --only kills flips
    python -m tests.torture --fresh             # forget what was done before

Each trial goes on where the last call stopped, until it has done what it set out to do. What was seen is
kept in `build/torture/state.json`. Exit status 1 when anything was lost, doubled or not found; the case
is printed with its seed.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from archive import Archive, ArchiveError, ArchiveLocked, verify
from archive.reader import our_places
from tests.faults import crawl, die_at, disk_after, full_after, in_child, must_hold, must_survive, recorded
from tests.test_archive import exchange, write

State = dict[str, Any]


def kills(state: State, scratch: Path, chance: random.Random, over: Callable[[], bool]) -> bool:
    """1,000 random SIGKILLs; fifty to an archive, which is then proved."""
    while state.setdefault("kills", 0) < 1000 and not over():
        root = scratch / "kills"
        shutil.rmtree(root, ignore_errors=True)
        acknowledged: list[tuple[str, int]] = []
        for run in range(50):
            after = (chance.randrange(12), chance.random() * 0.02)
            acknowledged += in_child(lambda told, run=run, root=root: crawl(root, str(run), told, pages=500), after)[0]  # type: ignore[misc]
        assert len({seq for _, seq in acknowledged}) == len(acknowledged), "a number twice"
        held = must_hold(root, acknowledged)
        count(state, kills=50, acknowledged=len(acknowledged), captures=held, tails=len(list(root.rglob("*.tail"))))
    return bool(state["kills"] >= 1000)


def points(state: State, scratch: Path, chance: random.Random, over: Callable[[], bool]) -> bool:
    """Death at the n-th write, fsync, cut, rename, removal and commit, for every n of a run over four files."""
    while not state.get("done") and not over():
        nth = state.setdefault("points", 0) + 1
        root = scratch / "points"
        shutil.rmtree(root, ignore_errors=True)

        def work(told: Callable[[str, int], object], nth: int = nth, root: Path = root) -> None:
            die_at(nth)
            crawl(root, "a", told, pages=6)

        acknowledged, status = in_child(work)
        if os.WIFEXITED(status):
            assert os.WEXITSTATUS(status) == 0, status
            state["done"] = True
            break
        must_hold(root, acknowledged)
        count(state, points=1, acknowledged=len(acknowledged))
    return bool(state.get("done"))


def cuts(state: State, scratch: Path, chance: random.Random, over: Callable[[], bool]) -> bool:
    """A file cut at every byte of its last exchange, as a killed run leaves it: reopens by itself, loses that at most."""
    root = scratch / "cuts"
    if not (root / "home").exists():
        state["at"] = 0

        def work(told: Callable[[str, int], object]) -> None:
            home = write(root / "home")
            for number in range(3):
                home.record(exchange(f"http://county.example/{number}", b"%d" % number * 40))
            os._exit(0)

        in_child(work)
    (path,) = (root / "home").glob("warc/*/*.open")
    data = path.read_bytes()
    with path.open("rb") as stream:
        ends = [place.end for place in our_places(stream)]
    answers = ends[2::3]
    first = ends[-4]
    while (at := first + state["at"]) <= len(data) and not over():
        copy = root / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(root / "home", copy)
        (copy / path.relative_to(root / "home")).write_bytes(data[:at])
        with write(copy) as home:
            held = list(home.captures())
            assert len(held) == sum(end <= at for end in answers), at
            for capture in held:
                home.load(capture)
        assert not list(verify(copy)), at
        count(state, at=1)
    return bool(first + state["at"] > len(data))


def power(state: State, scratch: Path, chance: random.Random, over: Callable[[], bool]) -> bool:
    """Power failures: at every call of a run, several disks each, un-fsynced blocks dropped and reordered."""
    home = scratch / "power"
    while state.setdefault("disks", 0) < 1000 and not over():
        shutil.rmtree(home, ignore_errors=True)
        with recorded(home) as log:
            crawl(home, "a", log.acknowledge, pages=3)
        for _ in range(100):
            at = state["disks"] % (len(log.calls) + 1)
            must_survive(scratch / "disk", *disk_after(log, at, chance, scratch / "disk"))
            count(state, disks=1)
            if over():
                break
        state["calls"] = len(log.calls)
    return bool(state["disks"] >= 1000)


def full(state: State, scratch: Path, chance: random.Random, over: Callable[[], bool]) -> bool:
    """A disk that is full after any number of bytes: by a failing write, by a limit of file size, on a disk of 1 MB."""
    root = scratch / "full"
    while state.setdefault("disks", 0) < 300 and not over():
        shutil.rmtree(root, ignore_errors=True)
        way = ("write", "limit")[state["disks"] % 2]
        size = chance.randrange(40_000) if way == "write" else chance.randrange(200_000)

        def work(told: Callable[[str, int], object], way: str = way, size: int = size) -> None:
            if way == "write":
                full_after(size)
            else:
                resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
            try:
                crawl(root, "a", told, pages=8)
            except ArchiveError:
                os._exit(7)

        acknowledged, status = in_child(work)
        assert os.WIFEXITED(status) and os.WEXITSTATUS(status) in (0, 7), (way, size, status)
        must_hold(root, acknowledged)
        count(state, disks=1, refused=os.WEXITSTATUS(status) == 7, acknowledged=len(acknowledged))
    return bool(state["disks"] >= 300) and _small_disk(state, scratch, chance, over)


def _small_disk(state: State, scratch: Path, chance: random.Random, over: Callable[[], bool]) -> bool:
    place = scratch / "small"
    place.mkdir(exist_ok=True)
    while state.setdefault("small disks", 0) < 40 and not over():
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", place], capture_output=True, text=True)
        if mounted.returncode:
            state["small disks skipped"] = mounted.stderr.strip() or "mount was refused"
            return True
        try:
            ballast = place / "ballast"
            ballast.write_bytes(b"x" * chance.randrange(500_000, 1_000_000))

            def work(told: Callable[[str, int], object]) -> None:
                try:
                    crawl(place / "home", "a", told, pages=200, floor=0)
                except ArchiveError:
                    os._exit(7)

            acknowledged, status = in_child(work)
            assert os.WIFEXITED(status) and os.WEXITSTATUS(status) == 7, status
            ballast.unlink()
            must_hold(place / "home", acknowledged, rebuild=False)
            count(state, **{"small disks": 1, "acknowledged on small disks": len(acknowledged)})
        finally:
            subprocess.run(["umount", place], capture_output=True, check=False)
    return bool(state["small disks"] >= 40)


def flips(state: State, scratch: Path, chance: random.Random, over: Callable[[], bool]) -> bool:
    """3,000 flipped bits and 400 cuts in WARC files, manifest and snapshots: `verify` names each file."""
    root = scratch / "flips"
    if not (root / "LOCK").exists():
        crawl(root, "a", lambda url, seq: None, pages=3)
    files = [*root.glob("warc/*/*.gz"), root / "warc" / "MANIFEST.jsonl", *root.glob("snapshots/*/*.html")]
    sizes = [path.stat().st_size for path in files]
    while (state.setdefault("flips", 0) < 3000 or state.setdefault("cuts", 0) < 400) and not over():
        (path,) = chance.choices(files, sizes)
        data = path.read_bytes()
        at = chance.randrange(len(data))
        cutting = state["flips"] >= 3000
        changed = data[:at] if cutting else data[:at] + bytes([data[at] ^ (1 << chance.randrange(8))]) + data[at + 1 :]
        path.write_bytes(changed)
        try:
            found = [problem for problem in verify(root) if Path(problem.path).name == path.name]
            # What changes a line of the manifest may show in the line after it, or at the file it is about.
            found = found or (list(verify(root)) if path.name == "MANIFEST.jsonl" else [])
            assert found, f"{path.name}, byte {at}: {'cut' if cutting else 'flip'} not found"
        finally:
            path.write_bytes(data)
        count(state, **{"cuts" if cutting else "flips": 1, "with an offset": any(each.offset is not None for each in found)})
    return bool(state["flips"] >= 3000 and state.get("cuts", 0) >= 400)


def writers(state: State, scratch: Path, chance: random.Random, over: Callable[[], bool]) -> bool:
    """A second writer, again and again: refused at once, and nothing changed."""
    root = scratch / "writers"
    if not over() and state.setdefault("refused", 0) < 100:
        slowest = 0.0
        with write(root) as home:
            home.record(exchange())
            before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
            for _ in range(100):
                begun = time.monotonic()
                with suppress(ArchiveLocked):
                    write(root)
                    raise AssertionError("two writers")
                slowest = max(slowest, time.monotonic() - begun)
            assert {path: path.read_bytes() for path in root.rglob("*") if path.is_file()} == before
        count(state, refused=100)
        state["slowest refusal, ms"] = round(slowest * 1000)
    return bool(state["refused"] >= 100)


def rates(state: State, scratch: Path, chance: random.Random, over: Callable[[], bool]) -> bool:
    """Rates on this disk, over 2,000 composed pages of Chinese text, half of them revisited."""
    if "written a second" in state or over():
        return "written a second" in state
    root = scratch / "rates"
    shutil.rmtree(root, ignore_errors=True)
    words = [chr(chance.randrange(0x4E00, 0x5E00)) for _ in range(900)]
    pages = 2000

    def page(number: int) -> bytes:
        mine = random.Random(number)
        rows = "".join(f"<tr><td>{mine.choice(words)}{mine.choice(words)}</td><td>{mine.randrange(400)}</td></tr>" for _ in range(200))
        text = "".join(mine.choices(words, k=6000))
        return f"<html><head><meta charset=utf-8></head><body><p>{text}</p><table>{rows}</table></body></html>".encode()

    bodies = [page(number) for number in range(pages)]
    with write(root) as home:
        begun = time.monotonic()
        captures = [home.record(exchange(f"http://county.example/{at}", body)) for at, body in enumerate(bodies)]
        state["written a second"] = round(pages / (time.monotonic() - begun))
        begun = time.monotonic()
        for capture in captures[: pages // 2]:
            home.record(exchange(capture.url, bodies[capture.seq - 1]))
        state["revisits a second"] = round(pages / 2 / (time.monotonic() - begun))
    with Archive.read(root) as home:
        chance.shuffle(captures)
        begun = time.monotonic()
        for capture in captures:
            home.load(capture)
        state["read and proved a second"] = round(pages / (time.monotonic() - begun))
    begun = time.monotonic()
    assert not list(verify(root))
    state["verified a second (exchanges)"] = round(1.5 * pages / (time.monotonic() - begun))
    warc = [path.stat().st_size for path in root.glob("warc/*/*.gz")]
    revisits = sum(each.length for each in Archive.read(root).captures() if each.kind == "revisit")
    whole = sum(each.length for each in Archive.read(root).captures() if each.kind == "response")
    other = (sum(warc) - whole - revisits) / (1.5 * pages)
    state["bytes of a page"] = round(sum(map(len, bodies)) / pages)
    state["GB of WARC a million pages"] = round((whole / pages + other) / 1000, 2)
    state["GB of WARC a million revisits"] = round((revisits / pages * 2 + other) / 1000, 2)
    state["GB of index a million captures"] = round((root / "index.sqlite").stat().st_size / (1.5 * pages) / 1000, 2)
    shutil.rmtree(root)
    return True


TRIALS = {each.__name__: each for each in (writers, rates, points, cuts, power, full, flips, kills)}


def count(state: State, **more: int) -> None:
    for name, number in more.items():
        state[name] = state.get(name, 0) + int(number)


def main() -> int:
    """Run the trials; 0 when nothing went wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="*", choices=sorted(TRIALS), default=list(TRIALS), metavar="TRIAL", help=", ".join(TRIALS))
    parser.add_argument("--state", type=Path, default=Path("build/torture"), help="where what was done is kept")
    parser.add_argument("--fresh", action="store_true", help="begin all trials anew")
    options = parser.parse_args()
    if options.fresh:
        shutil.rmtree(options.state, ignore_errors=True)
    options.state.mkdir(parents=True, exist_ok=True)
    file = options.state / "state.json"
    states: dict[str, State] = json.loads(file.read_text()) if file.exists() else {}
    end = time.monotonic() + options.minutes * 60
    failed = 0
    for place, name in enumerate(options.only):
        state = states.setdefault(name, {})
        state["calls of this program"] = state.get("calls of this program", 0) + 1
        # What is left is shared by the trials that are left.
        until = time.monotonic() + max(0.0, end - time.monotonic()) / (len(options.only) - place)
        chance = random.Random(f"{options.seed} {name} {state['calls of this program']}")
        scratch = options.state / name
        scratch.mkdir(exist_ok=True)
        begun = time.monotonic()
        try:
            state["complete"] = TRIALS[name](state, scratch, chance, lambda until=until: time.monotonic() > until)  # type: ignore[misc]
        except (AssertionError, ArchiveError) as error:
            failed += 1
            state["failed"] = f"seed {options.seed}, call {state['calls of this program']}: {error}"
        state["seconds"] = round(state.get("seconds", 0) + time.monotonic() - begun, 1)
        with tempfile.NamedTemporaryFile("w", dir=options.state, delete=False) as new:
            json.dump(states, new, indent=1)
        Path(new.name).replace(file)
        told = ", ".join(f"{key} {value}" for key, value in state.items() if key not in ("complete", "calls of this program", "done"))
        print(f"{name:8} {'complete' if state.get('complete') else 'goes on '}  {told}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
