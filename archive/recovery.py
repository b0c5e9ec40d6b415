"""Put right what a crash left behind, before anything new is written.

A process that is killed leaves a file `….warc.gz.open`, perhaps with half a record at its
end. What is whole is kept and sealed; what is not is moved to a `.tail` file beside it, never
thrown away. Then the index is brought up to date with the files: continued where it is
behind, built anew where it is missing, damaged, or knows of more than there is.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from dataclasses import replace
from pathlib import Path

from .errors import ArchiveError, Damage, naming
from .exchange import write_date
from .index import FileReading, Index
from .layout import INDEX, LOCK, MANIFEST, WARC, WarcFile, fsync_path, warc_files
from .lock import is_locked
from .manifest import Manifest, Sealed
from .reader import our_record

_COPY = 1 << 20


def seal_left_over(root: Path, now: str) -> list[str]:
    """Seal every `.open` file, and list in the manifest what was sealed without a line. Returns what was done."""
    done = []
    for file in warc_files(root):
        if file.open:
            with naming(file.path, "read"):
                acknowledged = _acknowledged(root, file)
            done.append(_close_left_over(file, acknowledged))
    manifest = Manifest(root / WARC / MANIFEST)
    for file in warc_files(root):
        line = manifest.lines.get(file.name)
        with naming(file.path, "read"):
            size = file.size()
        if line is None:
            manifest.append(_described(file, size, now))
    return done + short_files(root)


def short_files(root: Path, digests: bool = False) -> list[str]:
    """The sealed files that are gone or are not what the manifest says, a line each.

    By their sizes; with `digests` every byte is read. The index cannot tell: it is built from what is there.
    """
    held = {file.name: file for file in warc_files(root)}
    found = []
    for line in Manifest(root / WARC / MANIFEST).lines.values():
        file = held.get(line.name)
        if file is None:
            found.append(f"{root / WARC / line.name}: listed in the manifest and gone; restore the file from a copy")
            continue
        with naming(file.path, "read"):
            if (size := file.size()) != line.bytes:
                found.append(f"{file.path}: {size} bytes where the manifest says {line.bytes}; restore the file from a copy")
            elif digests and file_sha256(file.path) != line.sha256:
                found.append(f"{file.path}: not the bytes that the manifest promises; restore the file from a copy")
    return found


def ready_index(root: Path) -> tuple[Index, list[str]]:
    """The index of a data home, to be written to, up to date with its files. Returns what was done about it."""
    path = root / INDEX
    done: list[str] = []
    with naming(path, "open the index"):
        if path.exists():
            index = None
            try:
                index = Index.open(path)
                done = catch_up(root, index)
                return index, done
            except (sqlite3.DatabaseError, _Apart) as error:
                if index:
                    index.close()
                if isinstance(error, sqlite3.OperationalError) and not _is_unsound(error):
                    raise
                done = [f"{path}: {error}; built anew from the WARC files"]
        done += _build(root, path)
        return Index.open(path), done


def reading_index(root: Path) -> Index:
    """The index of a data home as of now, to be read only. Nothing under `root` is changed.

    Where the index on disk is behind or unsound, one in a temporary place is used instead.
    """
    path = root / INDEX
    with naming(path, "read the index"):
        try:
            index = Index.read(path)
            behind = _missing(root, index)
            # Somebody is writing: the index has what was acknowledged, and that is what there is.
            live = all(reading.file.open for reading in behind) and is_locked(root / LOCK)
            if behind and not live:
                held, index = index, index.copy()
                held.close()
                catch_up(root, index)
            return index
        except (sqlite3.Error, _Apart):
            index = Index.create("")
            _fill(root, index)
            return index


def catch_up(root: Path, index: Index) -> list[str]:
    """Add what the files hold and the index does not; raise when it holds what the files do not."""
    todo = _missing(root, index)
    if not todo:
        return []
    index.begin()
    try:
        done, before = [], index.next_seq()
        for reading in todo:
            done += _take(index, reading)
        added = index.next_seq() - before
        index.commit()
    except BaseException:
        index.rollback()
        raise
    return done + ([f"{root / INDEX}: {added} captures added that were on disk already"] if added else [])


class _Apart(Exception):
    """The index and the files have come apart."""


def _missing(root: Path, index: Index) -> list[FileReading]:
    """What of the files is not in the index. Raises _Apart when continuing it would be wrong."""
    files = warc_files(root)
    known = index.extents()
    gone = known.keys() - {file.name for file in files}
    if gone:
        raise _Apart(f"the index knows {sorted(gone)[0]}, which is gone")
    todo: list[FileReading] = []
    for file in files:
        extent = known.get(file.name)
        size = file.size()
        if extent is None:
            todo.append(FileReading(file))
            continue
        if size < extent.bytes:
            raise _Apart(f"the index knows more of {file.name} than there is")
        # Lines are numbered in the order of the files: one before an indexed file cannot be added after it.
        if todo:
            raise _Apart(f"{todo[0].file.name} is not in the index as far as it goes, and comes before {file.name}")
        if _warcinfo(file) != extent.info:
            raise _Apart(f"{file.name} is not the file that was indexed")
        if size > extent.bytes:
            todo.append(FileReading(file, extent.bytes, extent.info))
    return todo


def _build(root: Path, path: Path) -> list[str]:
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    index = Index.create(str(new))
    try:
        done = _fill(root, index)
    finally:
        index.close()
    handle = os.open(new, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    # The old journals first: SQLite would play them into the new index.
    for suffix in ("-wal", "-shm", "-journal", ""):
        Path(f"{path}{suffix}").unlink(missing_ok=True)
    new.rename(path)
    fsync_path(path.parent)
    return done


def _fill(root: Path, index: Index) -> list[str]:
    done = []
    index.begin()
    for file in warc_files(root):
        done += _take(index, FileReading(file))
    index.commit()
    return done


def _take(index: Index, reading: FileReading) -> list[str]:
    done = []
    seq = index.next_seq()
    reading.on_content = index.note_content
    for capture in reading:
        try:
            index.add(replace(capture, seq=seq))
            seq += 1
        except sqlite3.IntegrityError:
            done.append(f"{reading.file.path}: byte {capture.offset}: a record that another file holds too; left out")
    index.set_extent(reading.extent)
    done += [f"{reading.file.path}: byte {offset}: {words}; left out" for offset, words in reading.problems]
    return done


def _acknowledged(root: Path, file: WarcFile) -> int:
    """How far a file is acknowledged, as far as the index can tell."""
    try:
        index = Index.read(root / INDEX)
    except sqlite3.Error:
        return 0
    try:
        extent = index.extents().get(file.name)
        return extent.bytes if extent and extent.info == _warcinfo(file) else 0
    except sqlite3.Error:
        return 0
    finally:
        index.close()


def _close_left_over(file: WarcFile, acknowledged: int) -> str:
    sealed = file.path.with_name(file.path.name.removesuffix(".open"))
    if sealed.exists():
        raise ArchiveError(f"{file.path}: {sealed.name} stands beside it; move one of them away, then start again")
    reading = FileReading(file)
    with naming(file.path, "repair"):
        offsets = [capture.offset for capture in reading]
        whole = reading.whole
        if reading.torn is not None and reading.torn >= acknowledged:
            # After a power failure the end of an append may be on disk and its beginning not.
            whole = min(whole, reading.torn)
        captures = sum(offset < whole for offset in offsets)
        size = file.size()
        cut = size - whole
        if cut:
            _move_tail(file.path, sealed.with_name(sealed.name + ".tail"), whole)
        if whole:
            file.path.rename(sealed)
        else:
            file.path.unlink()
        fsync_path(sealed.parent)
    tail = f", {cut} torn bytes moved to {sealed.name}.tail" if cut else ""
    harm = "".join(
        f", damage at byte {offset} kept as it is, run scrapy verify"
        for offset, _ in reading.problems
        if offset < whole
    )
    return f"{file.path}: left over from a run that was killed: {captures} captures kept{harm}{tail}"


def _move_tail(path: Path, tail: Path, whole: int) -> None:
    """Copy what follows `whole` to `tail`, make that last, and only then cut it off."""
    with path.open("r+b") as stream:
        stream.seek(whole)
        with tail.open("wb") as copy:
            while block := stream.read(_COPY):
                copy.write(block)
            copy.flush()
            os.fsync(copy.fileno())
        fsync_path(path.parent)
        stream.truncate(whole)
        os.fsync(stream.fileno())


def _described(file: WarcFile, size: int, now: str) -> Sealed:
    reading = FileReading(file)
    with naming(file.path, "read"):
        dates = [write_date(capture.fetched) for capture in reading]
        digest = file_sha256(file.path)
    return Sealed(
        file.name, size, reading.records, digest, dates[0] if dates else None, dates[-1] if dates else None, now
    )


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file in hex, read in pieces."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _warcinfo(file: WarcFile) -> str:
    try:
        with file.stream() as stream:
            record = our_record(stream, 0).record
    except Damage:
        return ""
    return record.rid if record and record.type == "warcinfo" else ""


def _is_unsound(error: sqlite3.OperationalError) -> bool:
    """Whether an operational error is about what the index holds, and not about the disk."""
    return getattr(error, "sqlite_errorname", "") in ("SQLITE_ERROR", "SQLITE_IOERR_SHORT_READ")
