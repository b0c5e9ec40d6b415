"""Bring the archives of several machines together in one home.

The sealed files are copied as they are, each checked against the manifest of its archive on the way, and
listed in the manifest of the target, whose chain goes on: `origin` in the new line is the SHA-256 of
the file's line where it came from, so that whoever kept the last line of that manifest can still prove the
file. Snapshots come along; they are named by their digests. The index is built anew from the files.

What is not merged here: `reports.jsonl` and `runs/`, which are the crawler's. The order of captures
in the merged home is that of run numbers, then of file numbers and names: within one machine as
it was, between machines as good as any, since no clock is asked.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from .errors import ArchiveError, naming
from .layout import INDEX, LOCK, MANIFEST, WARC, WarcFile, fsync_path, make_folder, must_be_home, warc_files
from .lock import WriterLock, is_locked
from .manifest import Manifest, Sealed
from .recovery import ready_index, seal_left_over
from .snapshots import misnamed, snapshot_files
from .warc import date_now

_COPY = 1 << 20
_NEW = ".merging"


@dataclass(frozen=True)
class Merged:
    """What came in: files and their bytes, files that were there already, snapshots, and what was put right on opening."""

    files: int
    bytes: int
    present: int
    snapshots: int
    recovered: list[str]


def merge(
    sources: Iterable[Path | str],
    target: Path | str,
    *,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    progress: Callable[[int], object] | None = None,
) -> Merged:
    """Copy every sealed file of `sources` into `target`, which is made where it is absent.

    Sources are only read. Done again, or after it was interrupted, it copies what is missing. Raises
    ArchiveError, naming the file, for a source that is being written, has files of a killed run
    in it, or has other bytes than its manifest says; what was copied before stays and is sound.
    `progress` is told bytes as they are done.
    """
    target = Path(target)
    homes = [Path(source) for source in sources]
    for home in homes:
        _must_be_sealed(home, target)
    with naming(target, "use as the archive"):
        make_folder(target, target)
        make_folder(target / WARC, target)
    lock = WriterLock(target / LOCK, clock())
    try:
        _clear(target)
        recovered = seal_left_over(target, date_now(clock()))
        manifest = Manifest(target / WARC / MANIFEST)
        done = Merged(0, 0, 0, 0, recovered)
        for home in homes:
            done = _take_in(home, target, manifest, done, clock, progress or (lambda _: None))
        _clear(target)
        index, about_index = ready_index(target)
        with naming(target / INDEX, "close the index"):
            index.close()
        return replace(done, recovered=recovered + about_index)
    finally:
        lock.release()


def _must_be_sealed(home: Path, target: Path) -> None:
    must_be_home(home)
    if home.resolve() == target.resolve():
        raise ArchiveError(f"{home}: is the target itself; name another archive")
    if is_locked(home / LOCK):
        raise ArchiveError(f"{home}: a run is writing to it; wait until it ends")
    for file in warc_files(home):
        if file.open:
            raise ArchiveError(f"{file.path}: left over from a run that was killed; run any crawl on {home}, which seals it")
    manifest = Manifest(home / WARC / MANIFEST)
    if manifest.problems:
        raise ArchiveError(f"{manifest.path}: {manifest.problems[0]}; run scrapy verify on {home}")
    held = {file.name for file in warc_files(home)}
    for name in sorted(held ^ manifest.lines.keys()):
        words = "not in its manifest" if name in held else "listed in the manifest and gone"
        raise ArchiveError(f"{home / WARC / name}: {words}; run scrapy verify on {home}")


def _take_in(
    home: Path,
    target: Path,
    manifest: Manifest,
    done: Merged,
    clock: Callable[[], datetime],
    progress: Callable[[int], object],
) -> Merged:
    theirs = Manifest(home / WARC / MANIFEST)
    present = {line.sha256 for line in manifest.lines.values()}
    for file in warc_files(home):
        line = theirs.lines[file.name]
        if line.sha256 in present:
            done = replace(done, present=done.present + 1)
            progress(line.bytes)
            continue
        name = _free_name(file, line, target)
        path = target / WARC / name
        with naming(path, "copy"):
            _copy(file.path, path, target, line, progress)
        origin = line.origin or theirs.digests[file.name]
        manifest.append(replace(line, name=name, sealed=date_now(clock()), origin=origin))
        done = replace(done, files=done.files + 1, bytes=done.bytes + line.bytes)
    for path in snapshot_files(home):
        copy = target / path.relative_to(home)
        with naming(copy, f"copy {path} there"):
            if wrong := misnamed(path):
                raise ArchiveError(f"{path}: {wrong}")
            if copy.exists() and misnamed(copy) is None:
                continue
            make_folder(copy.parent, target)
            new = _new(target)
            shutil.copyfile(path, new)
            _settle(new, copy)
        done = replace(done, snapshots=done.snapshots + 1)
    return done


def _free_name(file: WarcFile, line: Sealed, target: Path) -> str:
    """The name of a file in the target: its own, or, where another file has that, with its digest for a mark."""
    if not (target / WARC / file.name).exists():
        return file.name
    stem = file.name.removesuffix(".warc.gz")
    folder, _, last = stem.rpartition("/")
    unmarked = "-".join(last.split("-")[:2])
    for start in range(0, 57, 8):
        name = f"{folder}/{unmarked}-{line.sha256[start : start + 8]}.warc.gz"
        if not (target / WARC / name).exists():
            return name
    raise ArchiveError(f"{target / WARC / file.name}: no name is free for {file.path}; look at both")


def _copy(source: Path, path: Path, target: Path, line: Sealed, progress: Callable[[int], object]) -> None:
    make_folder(path.parent, target)
    new = _new(target)
    digest = hashlib.sha256()
    try:
        with source.open("rb") as stream, new.open("wb") as copy:
            while block := stream.read(_COPY):
                copy.write(block)
                digest.update(block)
                progress(len(block))
        if digest.hexdigest() != line.sha256:
            raise ArchiveError(f"{source}: not the bytes that its manifest promises; restore the file from a copy")
        _settle(new, path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise


def _new(target: Path) -> Path:
    make_folder(target / _NEW, target)
    return target / _NEW / "copy"


def _settle(new: Path, path: Path) -> None:
    """Make a copy last, then give it its name, and make that last."""
    handle = os.open(new, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    new.rename(path)
    fsync_path(path.parent)


def _clear(target: Path) -> None:
    folder = target / _NEW
    with naming(folder, "clear"):
        if folder.is_dir():
            shutil.rmtree(folder)
