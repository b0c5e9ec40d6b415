"""Processes are killed, disks fill up, copies are cut: what was acknowledged is there afterwards.

The children are forked and die for real. They write an acknowledgement to a pipe after each
`record`, as a crawler would go on to the next page.
"""

from __future__ import annotations

import errno
import os
import random
import resource
import shutil
import signal
from pathlib import Path

import pytest

from archive import Archive, ArchiveError, ArchiveFull, verify
from tests.faults import (
    Acknowledge,
    body_of,
    crawl,
    die_at,
    disk_after,
    full_after,
    in_child,
    must_hold,
    must_survive,
    recorded,
)
from tests.test_archive import exchange, fill, index_rows, warc_files, write


def test_killed_at_the_nth_call_for_every_n(tmp_path: Path) -> None:
    """As in SQLite's own tests: die in the n-th write, fsync, rename or commit, until nobody dies any more."""
    died = 0
    for nth in range(1, 300):
        root = tmp_path / str(nth)

        def work(acknowledge: Acknowledge, nth: int = nth, root: Path = root) -> None:
            die_at(nth)
            crawl(root, "a", acknowledge, pages=1)

        acknowledged, status = in_child(work)
        if os.WIFEXITED(status):
            assert os.WEXITSTATUS(status) == 0
            break
        died += 1
        must_hold(root, acknowledged, rebuild=nth % 7 == 0)
        shutil.rmtree(root)
    assert died >= 50
    assert len(acknowledged) == 4


def test_kill_9_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    chance = random.Random(20210201)
    acknowledged: list[tuple[str, int]] = []
    for run in range(30):

        def work(acknowledge: Acknowledge, run: int = run) -> None:
            crawl(tmp_path, str(run), acknowledge, pages=200)

        acknowledged += in_child(work, kill_after=(chance.randrange(9), chance.random() * 0.01))[0]
    assert len(acknowledged) > 100
    assert len({seq for _, seq in acknowledged}) == len(acknowledged)
    must_hold(tmp_path, acknowledged)


@pytest.mark.parametrize("seed", range(3))
def test_what_a_power_failure_leaves_opens_and_holds_what_was_acknowledged(tmp_path: Path, seed: int) -> None:
    """Blocks written since the last fsync are there or not, in any order, and so are names."""
    home = tmp_path / "home"
    with recorded(home) as log:
        crawl(home, "a", log.acknowledge, pages=2)
    assert len(log.acknowledged) == 6
    chance = random.Random(seed)
    for _ in range(14):
        acknowledged, lied = disk_after(log, chance.randrange(len(log.calls) + 1), chance, tmp_path / "disk")
        must_survive(tmp_path / "disk", acknowledged, lied)


def test_a_disk_that_is_full_in_the_middle_of_any_write(tmp_path: Path) -> None:
    outcomes = set()
    for budget in range(0, 24_000, 1_370):
        root = tmp_path / str(budget)

        def work(acknowledge: Acknowledge, budget: int = budget, root: Path = root) -> None:
            full_after(budget)
            try:
                crawl(root, "a", acknowledge, pages=2)
            except ArchiveFull as error:
                assert "No space left" in str(error) and "\n" not in str(error)
                os._exit(7)

        acknowledged, status = in_child(work)
        assert os.WIFEXITED(status) and os.WEXITSTATUS(status) in (0, 7), status
        outcomes.add((os.WEXITSTATUS(status), bool(acknowledged)))
        must_hold(root, acknowledged, rebuild=False)
    assert outcomes == {(7, False), (7, True), (0, True)}


def test_below_the_floor_nothing_is_begun_and_nothing_goes_on(tmp_path: Path) -> None:
    free = 2_000_000
    with write(tmp_path, floor=1_000_000, free_space=lambda folder: free) as home:
        home.record(exchange())
        free = 1_001_000
        small = home.record(exchange("http://county.example/small", b"small"))
        with pytest.raises(ArchiveFull, match=r"1 MB are free, and 1 MB must stay free; free some space"):
            home.record(exchange("http://county.example/large", b"x" * 2000))
        free = 999_999
        with pytest.raises(ArchiveFull):
            home.record(exchange("http://county.example/2", b"2"))
        # There was room to end well.
        assert home.latest("http://county.example/small") == small
    assert list(verify(tmp_path)) == [] and not list(tmp_path.rglob("*.open"))
    with pytest.raises(ArchiveFull, match=f"{tmp_path}: 1 MB are free"):
        write(tmp_path, floor=1_000_000, free_space=lambda folder: free)
    assert len(warc_files(tmp_path)) == 1


def left_open(root: Path) -> tuple[Path, list[int]]:
    """An archive as a killed run leaves it: the open file, and the offsets at which its records end."""

    def work(acknowledge: Acknowledge) -> None:
        home = write(root)
        for number in range(3):
            url = f"http://county.example/{number}"
            acknowledge(url, home.record(exchange(url, body_of(url)[:700])).seq)
        os.kill(os.getpid(), signal.SIGKILL)

    in_child(work)
    from archive.reader import our_places

    (path,) = root.glob("warc/*/*.open")
    with path.open("rb") as stream:
        ends = [place.end for place in our_places(stream)]
    return path, ends


def test_cut_anywhere_in_its_last_records_a_file_opens_with_what_is_whole(tmp_path: Path) -> None:
    path, ends = left_open(tmp_path / "home")
    data = path.read_bytes()
    assert ends[-1] == len(data) and len(ends) == 10
    # Three records an exchange; an exchange counts when its answer is whole.
    answers = [ends[at] for at in (2, 5, 8)]
    offsets = sorted({*range(ends[6], len(data), 23), *(end + by for end in ends[3:] for by in (-1, 0, 1))})
    for cut in [offset for offset in offsets if offset <= len(data)]:
        root = tmp_path / "copy"
        shutil.copytree(tmp_path / "home", root)
        copy = root / path.relative_to(tmp_path / "home")
        copy.write_bytes(data[:cut])
        with write(root) as home:
            captures = list(home.captures())
            assert len(captures) == sum(end <= cut for end in answers)
            for capture in captures:
                assert home.load(capture).raw == body_of(capture.url)[:700]
            told = "\n".join(home.recovered)
        whole = max(end for end in ends if end <= cut)
        (sealed,) = warc_files(root)
        tails = list(root.rglob("*.tail"))
        assert sealed.read_bytes() == data[:whole]
        assert [tail.read_bytes() for tail in tails] == ([data[whole:cut]] if cut > whole else [])
        assert f"{len(captures)} captures kept" in told
        assert list(verify(root)) == []
        shutil.rmtree(root)


def test_a_tail_of_zeros_and_a_file_with_nothing_whole(tmp_path: Path) -> None:
    path, _ = left_open(tmp_path / "zeros")
    data = path.read_bytes()
    path.write_bytes(data + b"\0" * 4096)
    with write(tmp_path / "zeros") as home:
        assert len(list(home.captures())) == 3
    assert [tail.read_bytes() for tail in (tmp_path / "zeros").rglob("*.tail")] == [b"\0" * 4096]
    path, ends = left_open(tmp_path / "nothing")
    path.write_bytes(data[: ends[0] - 5])
    with write(tmp_path / "nothing") as home:
        assert list(home.captures()) == [] and home.run == "r000002"
    assert warc_files(tmp_path / "nothing") == []
    assert len(list((tmp_path / "nothing").rglob("*.tail"))) == 1
    assert list(verify(tmp_path / "nothing")) == []


def test_damage_inside_an_open_file_costs_that_record_and_no_other(tmp_path: Path) -> None:
    path, ends = left_open(tmp_path)
    data = bytearray(path.read_bytes())
    data[ends[4] + 300] ^= 1
    path.write_bytes(data)
    (tmp_path / "index.sqlite").unlink()
    with write(tmp_path) as home:
        assert [capture.url[-1] for capture in home.captures()] == ["0", "2"]
        assert any(f"damage at byte {ends[4]}" in line for line in home.recovered)
    assert warc_files(tmp_path)[0].read_bytes() == data
    problems = list(verify(tmp_path))
    assert [problem.offset for problem in problems] == [ends[4]]


def test_a_page_cannot_smuggle_a_record_in_through_damage(tmp_path: Path) -> None:
    from archive.exchange import Exchange
    from archive.warc import group, sha256

    url = "http://county.example/0"
    evil: Exchange = exchange("http://evil.example/", b"forged")
    forged = group(evil, sha256(b"forged"), "<urn:uuid:00000000-0000-0000-0000-000000000000>").data
    # Stored, not deflated: random bytes around it make zlib keep it as it is.
    page = os.urandom(40_000) + forged + os.urandom(40_000)

    def work(acknowledge: Acknowledge) -> None:
        home = write(tmp_path)
        home.record(exchange(url, page))
        os.kill(os.getpid(), signal.SIGKILL)

    in_child(work)
    (path,) = tmp_path.glob("warc/*/*.open")
    data = path.read_bytes()
    assert forged in data
    path.write_bytes(data[:-2000])
    with write(tmp_path) as home:
        assert list(home.captures()) == []
        assert home.history("http://evil.example/") == []


@pytest.mark.parametrize("first", [1, 2, 3])
def test_a_full_disk_is_an_archive_error_and_loses_nothing(tmp_path: Path, first: int) -> None:
    """The largest file that the system allows grows step by step, so that the end falls anywhere."""
    outcomes = set()
    for limit in range(first * 700, 140_000, 6_100):
        root = tmp_path / str(limit)

        def work(acknowledge: Acknowledge, limit: int = limit, root: Path = root) -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
            try:
                crawl(root, "a", acknowledge, pages=8)
            except ArchiveError as error:
                assert "\n" not in str(error) and str(root) in str(error)
                os._exit(7)

        acknowledged, status = in_child(work)
        assert os.WIFEXITED(status) and os.WEXITSTATUS(status) in (0, 7), status
        outcomes.add((os.WEXITSTATUS(status), bool(acknowledged)))
        must_hold(root, acknowledged, rebuild=False)
        shutil.rmtree(root)
    assert (7, True) in outcomes


def test_after_a_failed_write_the_file_is_whole_and_the_next_record_may_pass(tmp_path: Path) -> None:
    def work(acknowledge: Acknowledge) -> None:
        home = write(tmp_path)
        acknowledge("a", home.record(exchange("http://county.example/a", b"a")).seq)
        (path,) = tmp_path.glob("warc/*/*.open")
        size = path.stat().st_size
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 1000, resource.RLIM_INFINITY))
        try:
            home.record(exchange("http://county.example/b", os.urandom(2000)))
        except ArchiveError as error:
            assert os.strerror(errno.EFBIG) in str(error) and "free some space" in str(error)
            assert path.stat().st_size == size
        else:
            raise AssertionError("a full disk went unnoticed")
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        acknowledge("c", home.record(exchange("http://county.example/c", b"c")).seq)
        home.close()

    acknowledged, status = in_child(work)
    assert status == 0 and acknowledged == [("a", 1), ("c", 2)]
    assert list(verify(tmp_path)) == []
    with Archive.read(tmp_path) as home:
        assert [capture.url[-1] for capture in home.captures()] == ["a", "c"]


def test_after_a_failed_fsync_nothing_more_is_acknowledged(tmp_path: Path) -> None:
    def work(acknowledge: Acknowledge) -> None:
        home = write(tmp_path)
        acknowledge("a", home.record(exchange("http://county.example/a", b"a")).seq)
        real = os.fsync

        def fails(handle: int) -> None:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

        os.fsync = fails  # type: ignore[assignment]
        for _ in range(2):
            try:
                home.record(exchange("http://county.example/b", b"b"))
            except ArchiveError:
                os.fsync = real
            else:
                raise AssertionError("acknowledged after a failed fsync")
        home.close()

    _, status = in_child(work)
    assert status == 0
    with write(tmp_path) as home:
        assert [capture.url[-1] for capture in home.captures()][:1] == ["a"]
    assert list(verify(tmp_path)) == []


def test_a_sealed_file_without_its_line_gets_one(tmp_path: Path) -> None:
    fill(tmp_path)
    manifest = tmp_path / "warc" / "MANIFEST.jsonl"
    lines = manifest.read_bytes().splitlines(keepends=True)
    before = index_rows(tmp_path)
    for torn in (b"", lines[1][:50], b"{"):
        manifest.write_bytes(lines[0] + torn)
        assert len(list(verify(tmp_path))) >= 1
        with write(tmp_path):
            pass
        assert list(verify(tmp_path)) == []
    assert index_rows(tmp_path) == before
