"""Bring the homes of several machines together: evidence, records and journals.

The evidence is `archive.merge`'s: sealed files are copied as they are, each proved by its digest. Records are joined line by
line, and those of one report become one, as at the end of a crawl. Each machine counts its runs from one; a
journal whose name is taken gets a mark, the beginning of its own digest.
"""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from archive import Archive, ArchiveError, Merged, merge
from archive.layout import RECORDS, RUNS, fsync_path
from crawler.output import write_whole
from crawler.records import RecordsFile

_MARK = 8


@dataclass(frozen=True)
class Joined:
    """What came of a merge: the evidence, lines of records in the target, and journals that came in."""

    evidence: Merged
    records: int
    journals: int


def merge_homes(sources: Sequence[Path], target: Path, software: str, progress: Callable[[int], object]) -> Joined:
    """Merge archives into the one at `target`, which is made where it is absent. Done again, it does what is missing.

    Raises ArchiveError for a source that is being written, was left by a killed run, or is damaged.
    """
    evidence = merge(sources, target, progress=progress)
    # Nobody may crawl into the target while its records are replaced.
    with Archive.open(target, software=software, operator="not given"):
        records = _join_records(sources, target)
    journals = sum(_take_journal(path, target) for home in sources for path in sorted((home / RUNS).glob("*.json")))
    return Joined(evidence, records, journals)


def _join_records(sources: Sequence[Path], target: Path) -> int:
    path = target / RECORDS
    part = path.with_name(RECORDS + ".tmp")
    known: set[bytes] = set()
    try:
        with part.open("wb") as file:
            for line in _lines([target, *sources]):
                digest = hashlib.sha256(line).digest()
                if digest not in known:
                    known.add(digest)
                    file.write(line)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        fsync_path(target)
    except OSError as error:
        part.unlink(missing_ok=True)
        where = error.filename or path
        advice = "free some space" if error.errno == errno.ENOSPC else "look at it"
        raise ArchiveError(f"{where}: cannot join the records: {error.strerror or error}; {advice}, then merge again") from error
    records = RecordsFile.open(path)
    try:
        return records.fold()
    finally:
        records.close()


def _lines(homes: Sequence[Path]) -> Iterator[bytes]:
    for home in homes:
        # Beside the records may lie those of a run that was killed before it folded them.
        for path in sorted(home.glob("reports*.jsonl"), key=lambda path: (path.name != RECORDS, path.name)):
            with path.open("rb") as file:
                # A last line without its end was cut off by a crash, and is in the archive all the same.
                yield from (line for line in file if line.endswith(b"\n"))


def _take_journal(path: Path, target: Path) -> int:
    try:
        data = path.read_bytes()
        mark = hashlib.sha256(data).hexdigest()[:_MARK]
        own, marked = target / RUNS / path.name, target / RUNS / f"{path.stem}-{mark}.json"
        if marked.exists() or (own.exists() and own.read_bytes() == data):
            return 0
        write_whole(marked if own.exists() else own, data.decode("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        cause = getattr(error, "strerror", None) or error
        raise ArchiveError(f"{path}: cannot copy: {cause}; check the file, then merge again") from error
    return 1
