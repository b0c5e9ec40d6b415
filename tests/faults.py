"""Faults made on purpose: processes killed at a chosen call, disks that fill up, power that fails.

The children are forked and die for real; they write an acknowledgement to a pipe after each
`record`, as a crawler would go on to the next page. Power failures are played from a log: what a run wrote,
fsynced and renamed is recorded, and a disk is put together from what was certainly on it and
any part of the rest.
"""

from __future__ import annotations

import errno
import os
import random
import shutil
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from archive import Archive, ArchiveError, RenderedPage, verify
from archive.index import Index
from tests.test_archive import WHEN, exchange, index_rows, write

#: told the URL and the sequence number of a capture once `record` has returned
Acknowledge = Callable[[str, int], object]
Acknowledged = list[tuple[str, int]]


def body_of(url: str) -> bytes:
    """A body of some size that does not compress, the same for the same URL."""
    return random.Random(url).randbytes(3000)


def in_child(
    work: Callable[[Acknowledge], None], kill_after: tuple[int, float] | None = None
) -> tuple[Acknowledged, int]:
    """Run `work` in a forked child; what it acknowledged (URL, sequence number) and its wait status.

    With `kill_after` (acknowledgements, seconds) it is killed so long after it acknowledged so many.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.close(reading)
            write_to = os.write
            work(lambda url, seq: write_to(writing, f"{url} {seq}\n".encode()))
            code = 0
        finally:
            os._exit(code)
    os.close(writing)
    lines: list[bytes] = []
    with os.fdopen(reading, "rb") as pipe:
        if kill_after is not None:
            lines += [pipe.readline() for _ in range(kill_after[0])]
            time.sleep(kill_after[1])
            os.kill(child, signal.SIGKILL)
        lines += pipe.readlines()
    _, status = os.waitpid(child, 0)
    words = [line.decode().split() for line in lines if line.endswith(b"\n")]
    return [(url, int(seq)) for url, seq in words], status


def crawl(root: Path, prefix: str, acknowledge: Acknowledge, pages: int = 4, **more: object) -> None:
    """Every kind of record, over several files: pages twice, a content digest, a 304, a page as drawn, a snapshot."""
    with write(root, roll_at=11_000, **more) as home:
        for number in range(pages):
            url = f"http://county.example/{prefix}/{number}"
            for days in (0, 30):
                capture = home.record(exchange(url, body_of(url), fetched=WHEN + timedelta(days=days)))
                acknowledge(url, capture.seq)
            home.note_content(capture, f"content of {number}")
        acknowledge(url, home.record(exchange(url, b"", status=304, reason="Not Modified")).seq)
        drawn = f"http://county.example/{prefix}/drawn"
        page = RenderedPage(drawn, dom_of(drawn), [exchange(drawn, body_of(drawn))], WHEN)
        acknowledge(f"urn:dom:{drawn}", home.record_rendered(page).dom.seq)
        home.save_snapshot(body_of(url), portal="p1", year=2020, label=prefix, suffix=".html")


def dom_of(url: str) -> str:
    return f"<html><body>{url.removeprefix('urn:dom:')}</body></html>"


def must_hold(root: Path, acknowledged: Acknowledged, rebuild: bool = True) -> int:
    """Every acknowledged capture is there under its number with its body, none twice, all is sound, and
    the index is what the files alone give. Returns how many captures there are."""
    with write(root, floor=0) as home:
        captures = {capture.seq: capture for capture in home.captures()}
        assert len({capture.rid for capture in captures.values()}) == len(captures), "a record twice"
        for url, seq in acknowledged:
            assert seq in captures, f"{url} ({seq}) was acknowledged and is lost"
            assert captures[seq].url == url
        for capture in captures.values():
            held = home.load(capture).raw
            assert held == (dom_of(capture.url).encode() if capture.kind == "resource" else body_of(capture.url)), capture
    problems = [str(problem) for problem in verify(root)]
    assert not problems, problems
    assert not list(root.rglob("*.open"))
    if rebuild:
        live = (*index_rows(root), contents(root))
        (root / "index.sqlite").unlink()
        with write(root, floor=0):
            pass
        assert (*index_rows(root), contents(root)) == live, "the index is not what the files give"
    return len(captures)


def contents(root: Path) -> list[tuple[str, str]]:
    with sqlite3.connect(root / "index.sqlite") as db:
        found = db.execute("SELECT rid, digest FROM content ORDER BY rid").fetchall()
    db.close()
    return found


def die_at(nth: int) -> None:
    """Make this process kill itself at its n-th write (half of it done), fsync, cut, rename, removal or commit.

    A commit counts twice: before it, and after it when nobody was told yet.
    """
    left = nth

    def count() -> bool:
        nonlocal left
        left -= 1
        return left == 0

    def fatal(real: Callable[..., object], half: bool = False) -> Callable[..., object]:
        def call(*arguments: object) -> object:
            if count():
                if half:
                    handle, data, *rest = arguments
                    real(handle, bytes(data)[: len(data) // 2], *rest)  # type: ignore[call-overload, arg-type]
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*arguments)

        return call

    commit = Index.commit

    def deadly(self: Index) -> None:
        if count():
            os.kill(os.getpid(), signal.SIGKILL)
        commit(self)
        if count():
            os.kill(os.getpid(), signal.SIGKILL)

    os.write, os.pwrite = fatal(os.write, half=True), fatal(os.pwrite, half=True)  # type: ignore[assignment]
    for name in ("fsync", "ftruncate", "rename", "replace", "unlink"):
        setattr(os, name, fatal(getattr(os, name)))
    Index.commit = deadly  # type: ignore[method-assign]


def full_after(budget: int) -> None:
    """Make the disk of this process full after so many bytes written to files of the archive, in the middle of a write."""
    left = budget
    real, real_at = os.write, os.pwrite

    def room(data: bytes) -> bytes:
        nonlocal left
        if left <= 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        part = bytes(data)[:left]
        left -= len(part)
        return part

    os.write = lambda handle, data: real(handle, room(data))  # type: ignore[assignment]
    os.pwrite = lambda handle, data, at: real_at(handle, room(data), at)  # type: ignore[assignment]


# Power failures: a log of calls, and disks that are allowed by it.

BLOCK = 512


@dataclass
class Log:
    """What a run did to the files under `warc/`, in order; and the index as it was after each acknowledgement."""

    root: Path
    calls: list[tuple[object, ...]] = field(default_factory=list)
    #: after how many calls something was acknowledged: URL, number, and the index then
    acknowledged: list[tuple[int, str, int, bytes]] = field(default_factory=list)

    def acknowledge(self, url: str, seq: int) -> None:
        source, copy = sqlite3.connect(self.root / "index.sqlite"), sqlite3.connect(":memory:")
        source.backup(copy)
        self.acknowledged.append((len(self.calls), url, seq, copy.serialize()))
        source.close()
        copy.close()


@contextmanager
def recorded(root: Path) -> Iterator[Log]:
    """Record what is done to the files under `root/warc` in the meantime."""
    log = Log(root)
    base = root / "warc"
    files: dict[int, tuple[int, bool]] = {}
    inodes: dict[Path, int] = {}
    sizes: dict[int, int] = {}
    real = {name: getattr(os, name) for name in ("open", "close", "write", "pwrite", "ftruncate", "fsync", "rename", "unlink", "mkdir")}

    def inside(path: object) -> Path | None:
        found = Path(os.fsdecode(path)) if isinstance(path, str | bytes | os.PathLike) else None
        return found if found is not None and (found == base or base in found.parents) else None

    def open_(path: object, flags: int, *rest: object, **more: object) -> int:
        known = inside(path)
        absent = known is not None and not known.exists()
        handle: int = real["open"](path, flags, *rest, **more)
        if known is None:
            return handle
        if known.is_dir():
            log.calls.append(("folder", handle, known))
            files[handle] = (-1, False)
            folders[handle] = known
        else:
            if absent:
                inodes[known] = len(sizes)
                sizes[inodes[known]] = 0
                log.calls.append(("create", known, inodes[known]))
            files[handle] = (inodes[known], bool(flags & os.O_APPEND))
        return handle

    def wrote(handle: int, at: int | None, data: bytes) -> None:
        if handle in files and files[handle][0] >= 0:
            inode = files[handle][0]
            at = sizes[inode] if at is None else at
            log.calls.append(("write", inode, at, bytes(data)))
            sizes[inode] = max(sizes[inode], at + len(data))

    def write_(handle: int, data: bytes) -> int:
        done: int = real["write"](handle, data)
        wrote(handle, None, bytes(data)[:done])
        return done

    def pwrite_(handle: int, data: bytes, at: int) -> int:
        done: int = real["pwrite"](handle, data, at)
        wrote(handle, at, bytes(data)[:done])
        return done

    def ftruncate_(handle: int, size: int) -> None:
        real["ftruncate"](handle, size)
        if handle in files and files[handle][0] >= 0:
            log.calls.append(("truncate", files[handle][0], size))
            sizes[files[handle][0]] = size

    def fsync_(handle: int) -> None:
        real["fsync"](handle)
        if handle in folders:
            log.calls.append(("fsync folder", folders[handle]))
        elif handle in files:
            log.calls.append(("fsync", files[handle][0]))

    def close_(handle: int) -> None:
        files.pop(handle, None)
        folders.pop(handle, None)
        real["close"](handle)

    def rename_(old: object, new: object) -> None:
        real["rename"](old, new)
        before, after = inside(old), inside(new)
        if before and after:
            inodes[after] = inodes.pop(before)
            log.calls.append(("rename", before, after))

    def unlink_(path: object, **more: object) -> None:
        real["unlink"](path, **more)
        if known := inside(path):
            inodes.pop(known, None)
            log.calls.append(("unlink", known))

    def mkdir_(path: object, *rest: object, **more: object) -> None:
        real["mkdir"](path, *rest, **more)
        if known := inside(path):
            log.calls.append(("mkdir", known))

    folders: dict[int, Path] = {}
    ours = {"open": open_, "close": close_, "write": write_, "pwrite": pwrite_, "ftruncate": ftruncate_}
    ours |= {"fsync": fsync_, "rename": rename_, "unlink": unlink_, "mkdir": mkdir_}
    for name, call in ours.items():
        setattr(os, name, call)
    try:
        yield log
    finally:
        for name, call in real.items():
            setattr(os, name, call)


@dataclass
class _File:
    """A file on the simulated disk: what is certainly there, and what was done since."""

    synced: bytes = b""
    since: list[tuple[object, ...]] = field(default_factory=list)

    def content(self, chance: random.Random | None) -> bytes:
        """What the disk may hold: everything (None), or any part of the blocks written since the last fsync."""
        data = bytearray(self.synced)
        for call in self.since:
            if call[0] == "truncate":
                size = int(call[2])  # type: ignore[call-overload]
                if chance is None or chance.random() < 0.5:
                    data = data[:size].ljust(size, b"\0")
                continue
            at, piece = int(call[2]), bytes(call[3])  # type: ignore[call-overload]
            # The length may have reached the disk before what is in it.
            if chance is None or chance.random() < 0.3:
                data = data.ljust(at + len(piece), b"\0")
            start = 0
            while start < len(piece):
                end = min(len(piece), (at + start) // BLOCK * BLOCK + BLOCK - at)
                if chance is None or chance.random() < 0.5:
                    data = data.ljust(at + start, b"\0")
                    data[at + start : at + end] = piece[start:end]
                start = end
        return bytes(data)


def disk_after(log: Log, calls: int, chance: random.Random, root: Path) -> tuple[Acknowledged, bool]:
    """Put together, at `root`, a disk that a power failure after so many calls may leave behind.

    What was acknowledged by then is returned, and whether the disk lied about fsync. Fsynced bytes are there; of the rest any blocks are, in any
    order. Of names, what was done before the last fsync of their folder, and some first part of what came
    after. The index is that of the last acknowledgement, an older one, or gone; or, as on a disk that
    lies, a newer one.
    """
    files: dict[int, _File] = {}
    names: dict[Path, int] = {}
    folders = {log.root / "warc"}
    waiting: list[tuple[object, ...]] = []

    def settle(call: tuple[object, ...]) -> None:
        if call[0] == "create":
            names[call[1]] = call[2]  # type: ignore[index, assignment]
        elif call[0] == "rename" and call[1] in names:
            names[call[2]] = names.pop(call[1])  # type: ignore[index, arg-type]
        elif call[0] == "unlink":
            names.pop(call[1], None)  # type: ignore[call-overload]
        elif call[0] == "mkdir":
            folders.add(call[1])  # type: ignore[arg-type]

    for call in log.calls[:calls]:
        if call[0] == "create":
            files[call[2]] = _File()  # type: ignore[index]
        if call[0] in ("create", "rename", "unlink", "mkdir"):
            waiting.append(call)
        elif call[0] in ("write", "truncate"):
            files[call[1]].since.append(call)  # type: ignore[index]
        elif call[0] == "fsync":
            held = files[call[1]]  # type: ignore[index]
            held.synced, held.since = held.content(None), []
        elif call[0] == "fsync folder":
            mine = [each for each in waiting if Path(str(each[-1] if each[0] == "rename" else each[1])).parent == call[1]]
            for each in mine:
                settle(each)
                waiting.remove(each)
    for call in waiting[: chance.randrange(len(waiting) + 1)]:
        settle(call)
    shutil.rmtree(root, ignore_errors=True)
    for folder in sorted(folders):
        (root / folder.relative_to(log.root)).mkdir(parents=True, exist_ok=True)
    for name, inode in names.items():
        where = root / name.relative_to(log.root)
        if where.parent.is_dir():
            where.write_bytes(files[inode].content(chance))
    before = [entry for entry in log.acknowledged if entry[0] <= calls]
    kind = chance.choice(("last", "last", "older", "gone", "newer"))
    choice = {"last": before[-1:], "older": before[:-1], "gone": [], "newer": log.acknowledged}[kind]
    if choice:
        (root / "index.sqlite").write_bytes(chance.choice(choice)[3])
    return [(url, seq) for _, url, seq, _ in before], kind == "newer"


def must_survive(root: Path, acknowledged: Acknowledged, lied: bool) -> None:
    """After a power failure: opens by itself, holds what was acknowledged and at most one capture more.

    When the disk lied, the index may know of captures whose bytes are gone: what is there is right,
    and what is not is refused and named.
    """
    if lied:
        must_be_honest(root, acknowledged)
        return
    held = must_hold(root, acknowledged)
    # A rendered page is acknowledged once for its answer and its document.
    numbers = max((seq for _, seq in acknowledged), default=0)
    assert numbers <= held <= numbers + 2, (numbers, held)
    with Archive.read(root) as home:
        assert len(list(home.captures())) == held


def must_be_honest(root: Path, acknowledged: Acknowledged) -> None:
    """What is certainly on disk comes back; of the rest nothing comes back wrong, and a loss is named."""
    lost = 0
    with write(root) as home:
        captures = {capture.seq: capture for capture in home.captures()}
        for url, seq in acknowledged:
            assert captures[seq].url == url, f"{url} ({seq}) was on disk and is lost"
        for seq, capture in captures.items():
            try:
                held = home.load(capture).raw
            except ArchiveError:
                assert (capture.url, seq) not in acknowledged, f"{capture.url} ({seq}) was on disk and is damaged"
                lost += 1
                continue
            assert held == (dom_of(capture.url).encode() if capture.kind == "resource" else body_of(capture.url)), capture
    problems = list(verify(root))
    assert bool(problems) >= bool(lost), "a loss that nobody names"
