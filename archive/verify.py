"""Prove an archive: every byte against its digest, every index line against its record.

Nothing is repaired here and nothing is changed. What is found has a file, an offset where
there is one, and words that say what to do.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path

from .errors import ArchiveError, naming
from .evidence import Evidence, check_lines
from .exchange import Capture
from .index import FileReading, Index, Row
from .journals import check_journals, lines_at_end
from .layout import INDEX, LOCK, MANIFEST, RECORDS, WARC, WarcFile, must_be_home, strange_files, warc_files
from .lock import is_locked
from .manifest import Manifest, Sealed
from .recovery import file_sha256
from .snapshots import misnamed, snapshot_files
from .suppression import Suppressions

_RESTORE = "restore the file from a copy"
_REBUILD = "delete index.sqlite, the next run builds it anew"
#: places of Row: which file, at which byte, and the sequence number
_WARC, _OFFSET = 12, 13

Progress = Callable[[int], object]


@dataclass(frozen=True)
class Problem:
    """One thing that is not as it was written: the path, the offset in bytes where known, and words."""

    path: str
    offset: int | None
    message: str

    def __str__(self) -> str:
        where = "" if self.offset is None else f"byte {self.offset}: "
        return f"{self.path}: {where}{self.message}"


def bytes_to_verify(root: Path | str) -> int:
    """How many bytes `verify` will report to its `progress`."""
    root = Path(root)
    must_be_home(root)
    with naming(root, "read"):
        return (
            sum(file.size() for file in warc_files(root))
            + sum(path.stat().st_size for path in snapshot_files(root))
            + _dataset_bytes(root)
        )


def verify(root: Path | str, *, progress: Progress | None = None) -> Iterator[Problem]:
    """Every problem of a data home; none when it is sound. `progress` is told bytes as they are done.

    May run beside a writer: of an open file, what is in the index is checked. Raises
    ArchiveError when the data home cannot be read at all.
    """
    root = Path(root)
    must_be_home(root)
    done = progress or (lambda _: None)
    # Asked before the dataset is measured: a run that ends meanwhile has left more than that.
    said = lines_at_end(root)
    # Measured before the index is copied: an answer is archived before its line is written, so
    # that every line up to here has its evidence in what is read below.
    dataset = _dataset_bytes(root)
    with naming(root / INDEX, "read the index"):
        index, unsound = _index(root)
    live = is_locked(root / LOCK)
    scan = Index.create("")
    evidence = Evidence() if dataset else None
    # Read after the list of files: a writer seals first and writes the line then.
    files = warc_files(root)
    manifest = Manifest(root / WARC / MANIFEST)
    lines = 0
    try:
        yield from unsound
        yield from _files(root, files, manifest, scan, index, live, done, evidence)
        if index:
            yield from _lines(root, scan, index)
            yield from _contents(root, scan, index)
        if evidence:
            for number, size, wrong in check_lines(root, dataset, evidence, with_checks=bool(manifest.proved)):
                done(size)
                lines = max(lines, number)
                if wrong:
                    yield Problem(str(root / RECORDS), None, f"line {number}: {wrong}")
    finally:
        scan.close()
        if evidence:
            evidence.close()
        if index:
            index.close()
    for path in snapshot_files(root):
        with naming(path, "read"):
            wrong = misnamed(path)
            done(path.stat().st_size)
        if wrong:
            yield Problem(str(path), None, wrong)
    yield from _lost_lines(root, lines, said)
    proved = {file.run_id for file in files if file.name in manifest.proved}
    for path, wrong, has_check in check_journals(root):
        if wrong:
            yield Problem(str(path), None, wrong)
        elif not has_check and path.stem.partition("-")[0] in proved:
            yield Problem(str(path), None, f"it has no digest of itself, and the {MANIFEST} of its run has; {_RESTORE}")
    try:
        Suppressions.load(root)
    except ArchiveError as error:
        yield Problem(*_parted(str(error)))


def _parted(words: str) -> tuple[str, None, str]:
    path, _, message = words.partition(": ")
    return path, None, message


def _dataset_bytes(root: Path) -> int:
    path = root / RECORDS
    with naming(path, "read"):
        return path.stat().st_size if path.exists() else 0


def _index(root: Path) -> tuple[Index | None, list[Problem]]:
    path = root / INDEX
    if not path.exists():
        # Disposable: its absence is no damage.
        return None, []
    try:
        index = Index.read(path)
        # A copy stands still while a writer goes on.
        copy = index.copy()
        index.close()
        if unsound := copy.unsound():
            copy.close()
            return None, [Problem(str(path), None, f"the index is damaged ({unsound}); {_REBUILD}")]
        return copy, []
    except sqlite3.Error as error:
        return None, [Problem(str(path), None, f"the index cannot be read ({error}); {_REBUILD}")]


def _lost_lines(root: Path, lines: int, said: tuple[str, str, int] | None) -> Iterator[Problem]:
    """Fewer lines in the dataset than the last run left. Another version of the parser may write fewer."""
    if said is None or lines >= said[2]:
        return
    run, version, wanted = said
    with naming(root / RECORDS, "read"):
        first = (root / RECORDS).open("rb").readline() if lines else b""
    if not lines or f'"parser":"{version}"'.encode() in first:
        yield Problem(str(root / RECORDS), None, f"{lines} lines, and {run} left {wanted}; replay the archive, which writes it anew")


def _files(
    root: Path,
    files: Sequence[WarcFile],
    manifest: Manifest,
    scan: Index,
    index: Index | None,
    live: bool,
    done: Progress,
    evidence: Evidence | None,
) -> Iterator[Problem]:
    extents = index.extents() if index else {}
    for words in manifest.problems:
        yield Problem(str(manifest.path), None, f"{words}; {_RESTORE}")
    for file in files:
        with naming(file.path, "read"):
            size = file.size()
        extent = extents.get(file.name)
        if live and index and (extent is None or extent.bytes < size):
            # It is being written: what is acknowledged is in the index, the rest is not ours to judge.
            reading = FileReading(file, end=extent.bytes if extent else 0)
            reading.on_answer = evidence.add if evidence else None
            yield from _records(reading, scan, done)
        else:
            reading = FileReading(file)
            reading.on_answer = evidence.add if evidence else None
            yield from _records(reading, scan, done)
            if file.open and file.name in manifest.lines:
                yield Problem(str(file.path), None, f"sealed, by {MANIFEST}, and its name ends in .open; rename it to {Path(file.name).name}")
            if not file.open or file.name in manifest.lines:
                yield from _against(file, reading, manifest.lines.get(file.name))
        done(size - reading.at)
    for name in sorted(manifest.lines.keys() - {file.name for file in files}):
        if not (root / WARC / name).exists():
            yield Problem(str(root / WARC / name), None, f"listed in {MANIFEST} and gone; {_RESTORE}")
    for path in strange_files(root):
        yield Problem(str(path), None, "not a file of this archive; move it out")


def _records(reading: FileReading, scan: Index, done: Progress) -> Iterator[Problem]:
    path = str(reading.file.path)
    told = 0
    scan.begin()
    seq = scan.next_seq()
    reading.on_content = scan.note_content
    with naming(path, "read"):
        for capture in reading:
            try:
                scan.add(replace(capture, seq=seq))
                seq += 1
            except sqlite3.IntegrityError:
                yield Problem(path, capture.offset, "a record that another file holds too; move one of the files out")
            if wrong := _unresolved(capture, scan):
                yield Problem(path, capture.offset, wrong)
            done(reading.at - told)
            told = reading.at
    done(reading.at - told)
    if reading.at:
        scan.set_extent(reading.extent)
    scan.commit()
    for offset, words in reading.problems:
        torn = reading.file.open and offset >= (reading.whole if reading.torn is None else reading.torn)
        advice = "left by a run that was killed, the next run moves it to a .tail file" if torn else _RESTORE
        yield Problem(path, offset, f"{words}; {advice}")


def _unresolved(capture: Capture, scan: Index) -> str | None:
    """What is wrong with where a revisit or a page as drawn points, or None."""
    if capture.kind == "response" or (capture.kind == "resource" and capture.refers_to is None):
        return None
    first = scan.by_rid(capture.refers_to or "")
    if capture.kind == "resource":
        if first is None or first.url != capture.page_url:
            return f"a page as drawn, and the answer that it began with is not in the archive; {_RESTORE}"
        return None
    if first is None:
        return f"a revisit, and the response that it repeats is not in the archive; {_RESTORE}"
    if first.kind != "response" or first.payload != capture.payload or first.url != capture.url:
        return f"a revisit that points at another answer; {_RESTORE}"
    return None


def _against(file: WarcFile, reading: FileReading, line: Sealed | None) -> Iterator[Problem]:
    path = str(file.path)
    if line is None:
        yield Problem(path, None, f"sealed and not in {MANIFEST}; if a copy of that file has its line, restore it, or else the next run adds one")
        return
    with naming(path, "read"):
        size = file.size()
        digest = file_sha256(file.path) if size == line.bytes else ""
    if size != line.bytes:
        yield Problem(path, None, f"{size} bytes where {MANIFEST} says {line.bytes}; {_RESTORE}")
    elif digest != line.sha256:
        yield Problem(path, None, f"its SHA-256 is not the one in {MANIFEST}; {_RESTORE}")
    elif reading.records != line.records and not reading.problems:
        yield Problem(path, None, f"{reading.records} records where {MANIFEST} says {line.records}; {_RESTORE}")


def _lines(root: Path, scan: Index, index: Index) -> Iterator[Problem]:
    """Both ways: a line without its record, a record without its line, a line that differs."""
    path = str(root / INDEX)
    order = {file.name: at for at, file in enumerate(warc_files(root))}

    def key(row: Row | None) -> tuple[int, int]:
        if row is None:
            return len(order) + 1, 0
        offset = row[_OFFSET]
        return order.get(str(row[_WARC]), len(order)), offset if isinstance(offset, int) else 0

    with naming(path, "read the index"), closing(index.rows()) as held, closing(scan.rows()) as found:
        line, record = next(held, None), next(found, None)
        while line is not None or record is not None:
            if key(line) == key(record):
                if line != record and line is not None:
                    yield Problem(path, None, f"line {line[0]} is not what its record says; {_REBUILD}")
                line, record = next(held, None), next(found, None)
            elif key(line) < key(record) and line is not None:
                yield Problem(path, None, f"line {line[0]} ({line[_WARC]}, byte {line[_OFFSET]}) has no sound record")
                line = next(held, None)
            elif record is not None:
                where = f"{record[_WARC]} at byte {record[_OFFSET]}"
                yield Problem(path, None, f"no line for the record in {where}; the next run adds it")
                record = next(found, None)
        if index.extents() != scan.extents():
            yield Problem(path, None, "it does not cover the files as they are; the next run sees to it")


def _contents(root: Path, scan: Index, index: Index) -> Iterator[Problem]:
    """The content digests of the index against those noted in the files."""
    with naming(root / INDEX, "read the index"):
        for held, found in zip_longest(index.contents(), scan.contents()):
            if held != found:
                rid = (held or found or ("",))[0]
                yield Problem(str(root / INDEX), None, f"the content digest of {rid} is not the one noted; {_REBUILD}")
                return
