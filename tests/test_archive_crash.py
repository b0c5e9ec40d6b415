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
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from archive import Archive, ArchiveError, verify
from tests.test_archive import REPOSITORY, exchange, fill, index_rows, warc_files, write

Acknowledge = Callable[[str, int], object]


def body_of(url: str) -> bytes:
    """A body of some size that does not compress, the same for the same URL."""
    return random.Random(url).randbytes(3000)


def in_child(work: Callable[[Acknowledge], None]) -> tuple[list[tuple[str, int]], int]:
    """Run `work` in a forked child; its acknowledgements (URL, sequence number) and its wait status."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.close(reading)
            work(lambda url, seq: os.write(writing, f"{url} {seq}\n".encode()))
            code = 0
        finally:
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        lines = pipe.read().decode().split("\n")
    _, status = os.waitpid(child, 0)
    return [(line.split()[0], int(line.split()[1])) for line in lines[:-1]], status


def crawl(root: Path, prefix: str, acknowledge: Acknowledge, pages: int = 4) -> None:
    """Record some pages, some of them twice, over two files."""
    with write(root, roll_at=11_000) as home:
        for number in range(pages):
            url = f"http://county.example/{prefix}/{number}"
            for body in (body_of(url), body_of(url)):
                acknowledge(url, home.record(exchange(url, body)).seq)


def must_hold(root: Path, acknowledged: list[tuple[str, int]]) -> None:
    """Every acknowledged capture is there under its number with its body, none twice, and all is sound."""
    with write(root) as home:
        captures = {capture.seq: capture for capture in home.captures()}
        assert len({capture.rid for capture in captures.values()}) == len(captures)
        for url, seq in acknowledged:
            assert captures[seq].url == url
        for capture in captures.values():
            assert home.load(capture).raw == body_of(capture.url)
    assert list(verify(root)) == []
    assert not list(root.rglob("*.open"))


def test_killed_at_the_nth_call_for_every_n(tmp_path: Path) -> None:
    """As in SQLite's own tests: die in the n-th write, fsync or rename, until nobody dies any more."""
    died = 0
    for nth in range(1, 200):
        root = tmp_path / str(nth)

        def work(acknowledge: Acknowledge, nth: int = nth, root: Path = root) -> None:
            left = nth

            def fatal(real: Callable[..., object], half: bool = False) -> Callable[..., object]:
                def call(*arguments: object) -> object:
                    nonlocal left
                    left -= 1
                    if left == 0:
                        if half:
                            handle, data, *rest = arguments
                            real(handle, bytes(data)[: len(data) // 2], *rest)  # type: ignore[call-overload, arg-type]
                        os.kill(os.getpid(), signal.SIGKILL)
                    return real(*arguments)

                return call

            acknowledged_by = os.write
            os.write = fatal(os.write, half=True)  # type: ignore[assignment]
            os.pwrite = fatal(os.pwrite, half=True)  # type: ignore[assignment]
            os.fsync = fatal(os.fsync)  # type: ignore[assignment]
            os.rename = fatal(os.rename)  # type: ignore[assignment]

            def report(url: str, seq: int) -> None:
                doing, os.write = os.write, acknowledged_by
                acknowledge(url, seq)
                os.write = doing

            crawl(root, "a", report, pages=2)

        acknowledged, status = in_child(work)
        if os.WIFEXITED(status):
            assert os.WEXITSTATUS(status) == 0
            break
        died += 1
        must_hold(root, acknowledged)
        shutil.rmtree(root)
    assert died >= 20
    assert len(acknowledged) == 4


CHILD = """
import sys
from pathlib import Path
from tests.test_archive import exchange, write
from tests.test_archive_crash import body_of
with write(Path(sys.argv[1]), roll_at=60_000) as home:
    for number in range(10_000):
        url = f"http://county.example/{sys.argv[2]}/{number // 2}"
        print(url, home.record(exchange(url, body_of(url))).seq, flush=True)
"""


def test_kill_9_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    chance = random.Random(20210201)
    acknowledged: list[tuple[str, int]] = []
    for run in range(24):
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(tmp_path), str(run)], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
        )
        assert child.stdout
        lines = [child.stdout.readline() for _ in range(chance.randrange(1, 12))]
        time.sleep(chance.random() * 0.01)
        child.send_signal(signal.SIGKILL)
        lines += child.stdout.readlines()
        child.wait()
        child.stdout.close()
        acknowledged += [(line.split()[0], int(line.split()[1])) for line in lines if line.endswith("\n")]
    assert len(acknowledged) > 100
    assert len({seq for _, seq in acknowledged}) == len(acknowledged)
    must_hold(tmp_path, acknowledged)


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
        must_hold(root, acknowledged)
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
