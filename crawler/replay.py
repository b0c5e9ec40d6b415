"""Read saved pages into records, on as many processors as there are, in an order that never changes.

The pages go out to the processes of `crawler.workers` and come back in the order in which they went; what is
written does not depend on how many there were. A replay may be killed at any moment: the old records stay
until the new ones are whole, and what was read is kept in parts beside them (`crawler.parts`), so that the same
replay, started again, goes on from there.
"""

from __future__ import annotations

import sys
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from time import perf_counter
from typing import Any

from archive import Archive
from archive.snapshots import snapshot_name
from crawler.output import Output, OutputFull, open_output
from crawler.parts import Outcome, Parts
from crawler.progress import open_bar
from crawler.reading import VERDICTS, bug_in, cut_saved, name_snapshot, write_line
from crawler.remote import RemoteArchive
from crawler.sources import (
    ArchiveSource,
    Candidate,
    Inventory,
    Source,
    SourceError,
    is_archive,
    take_inventory,
)
from crawler.status import Status, plain
from crawler.storage import is_remote, open_place
from crawler.twins import Spool
from crawler.workers import TOO_LARGE, TOO_LONG, Done, Limits, Workers

#: Below so many pages the other workers would still be starting when the first is done.
ONE_WORKER_BELOW = 32
#: pages of a batch, and bytes after which it is full; and batches that are read while one is waited for
_BATCH = 50
_BATCH_BYTES = 16 << 20
_BATCHES = 2
# Why a page was not read to its end, when it is the page's doing.
_LASTING = (None, TOO_LONG, TOO_LARGE)
_NAMED_AT_MOST = 10

Record = dict[str, Any]


@dataclass
class Tally:
    """What a replay came to. `problems` are inputs that could not be read, `bugs` pages our code failed on."""

    pages: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    bugs: list[str] = field(default_factory=list)

    @property
    def records(self) -> int:
        return sum(self.verdicts.values())


@dataclass(frozen=True)
class Engine:
    """Who reads the pages: `workers` processes of this machine, or those of the Dask `scheduler` at an address.

    `work` is where parts are kept until the end, beside the output when it is not given; `limits` what a page may cost.
    """

    workers: int
    limits: Limits | None = None
    scheduler: str | None = None
    work: str | None = None


def replay_archive(home: Path, target: str | None, engine: Engine, software: str) -> Status:
    """Replay the archive at `home`: into its reports.jsonl, or into `target` when one is given.

    Raises SourceError when there is no archive, ArchiveLocked while a crawl writes to it.
    """
    if not is_archive(home):
        raise SourceError(f"{home}: no archive here yet; crawl first, or name a SOURCE to read")
    if target is not None:
        with Archive.read(home) as archive:
            return _replay_into(open_output(target), Inventory([ArchiveSource(archive)]), engine)
    # The dataset is about to be replaced: no crawl may add to it meanwhile.
    with Archive.open(home, software=software, operator="not given") as archive:
        output = open_output(home / "reports.jsonl", own=True)
        return _replay_into(output, Inventory([ArchiveSource(archive)]), engine, only_whole=True)


def replay_sources(paths: Sequence[str], target: str, engine: Engine) -> Status:
    """Replay archives, WARC files, folders and files into `target`. Raises SourceError and OutputError before any work."""
    inventory = take_inventory(paths)
    try:
        return _replay_into(open_output(target), inventory, engine)
    finally:
        inventory.close()


def _replay_into(output: Output, inventory: Inventory, engine: Engine, only_whole: bool = False) -> Status:
    """Write the records and say what became of them, in a line on standard error each."""
    # From here on there is an unfinished file beside the old one, and whatever happens must remove it.
    try:
        return _write_records(output, inventory, engine, only_whole)
    finally:
        output.discard()


def _write_records(output: Output, inventory: Inventory, engine: Engine, only_whole: bool) -> Status:
    _report_skipped(inventory)
    counts = [source.count for source in inventory.sources]
    total = sum(count for count in counts if count is not None) if None not in counts else None
    started = perf_counter()
    tally = Tally(problems=list(inventory.problems))
    work = engine.work or output.beside
    parts = Parts(open_place(work), engine.limits) if work is not None else None
    bar = open_bar(total, " pages", "Replaying")
    try:
        if engine.scheduler is not None:
            _replay_distributed(inventory.sources, output, engine, work, tally, bar.update)
        else:
            replay(
                inventory.sources, output.write, workers=engine.workers, tally=tally, limits=engine.limits,
                seen_page=bar.update, parts=parts, folder=_folder(output),
            )  # fmt: skip
        bar.close()
        if only_whole and tally.problems:
            where = "nothing: the old reports.jsonl stays, since part of the archive cannot be read (-O writes the rest)"
        else:
            where = output.commit()
        if parts is not None:
            parts.remove()
    finally:
        bar.close()
    for problem in tally.problems:
        print(f"scrapy replay: {plain(problem)}", file=sys.stderr)
    for bug in tally.bugs:
        print(f"scrapy replay: {plain(bug)}", file=sys.stderr)
    if parts is not None and parts.found:
        print(f"scrapy replay: {parts.found} pages had been read by a replay that was interrupted", file=sys.stderr)
    print(_closing_line(tally, perf_counter() - started, where), file=sys.stderr)
    if tally.bugs:
        return Status.BUG
    return Status.INCOMPLETE if tally.problems else Status.DONE


def _replay_distributed(
    sources: Sequence[Source], output: Output, engine: Engine, work: str | None, tally: Tally, seen_page: Callable[[], object]
) -> None:
    from crawler.distributed import SchedulerError, read_distributed

    if engine.scheduler is None or work is None:
        raise SchedulerError("--scheduler needs a file for the records; name one with -O")
    work = work if is_remote(work) else str(Path(work).expanduser().absolute())
    fold = Fold(output.write, tally, _folder(output))
    for outcome, archive in read_distributed(sources, engine.scheduler, work, engine.limits, tally.problems.append):
        seen_page()

        def body(rid: str = outcome.rid, archive: Archive | RemoteArchive | None = archive) -> bytes:
            capture = archive.capture(rid) if archive is not None else None
            if archive is None or capture is None:
                raise SourceError(f"{rid}: not in the archive any more; start the replay again")
            return archive.load(capture).body

        fold.take(outcome, archive, body)
    fold.finish()


def _folder(output: Output) -> Path | None:
    """Where there is room for as much as the output takes, if anybody knows."""
    beside = output.beside
    return Path(beside).parent if beside is not None and not is_remote(beside) else None


def _closing_line(tally: Tally, seconds: float, where: str) -> str:
    verdicts = ", ".join(f"{tally.verdicts[name]} {name}" for name in VERDICTS if tally.verdicts[name])
    rate = f"{tally.pages / seconds:.0f} pages/s" if seconds else "at once"
    return (
        f"{tally.records} record{'' if tally.records == 1 else 's'} from {tally.pages} pages in {seconds:.1f} s "
        f"({rate}): {verdicts or 'none'}; written to {plain(where)}"
    )


def _report_skipped(inventory: Inventory) -> None:
    if not inventory.skipped:
        return
    shown = ", ".join(map(plain, inventory.skipped[:_NAMED_AT_MOST]))
    more = len(inventory.skipped) - _NAMED_AT_MOST
    print(
        f"scrapy replay: left out, of another kind: {shown}{f' and {more} more' if more > 0 else ''} "
        "(a file named by itself is read whatever its kind)",
        file=sys.stderr,
    )


def replay(
    sources: Sequence[Source],
    write: Callable[[bytes], object],
    *,
    workers: int,
    tally: Tally,
    limits: Limits | None = None,
    seen_page: Callable[[], object] = lambda: None,
    parts: Parts | None = None,
    folder: Path | None = None,
) -> None:
    """Read every page of the sources and write one line a record.

    Files give a record each, as they come. Captures that are reports give one for each version of a report, with all its
    addresses, when all are read and in the order of capture: see `crawler.twins`. Until then they are in a temporary file in `folder`.
    Records of an archive name their snapshots, which are made anew where they are missing and the archive is open for writing.
    """
    fold = Fold(write, tally, folder)
    for candidate, outcome in read_candidates(all_candidates(sources, tally), workers, limits, parts):
        seen_page()
        fold.take(outcome, candidate.archive, lambda page=candidate.page: page.body)  # type: ignore[misc]
    fold.finish()


class Fold:
    """The last step of a replay, one page after the other in the order of the sources: what is said twice is left out,
    snapshots are named, lines are written. It alone knows more than one page."""

    def __init__(self, write: Callable[[bytes], object], tally: Tally, folder: Path | None = None) -> None:
        self._write = write
        self._tally = tally
        self._folder = folder
        self._spool = Spool(folder)

    def take(self, outcome: Outcome, archive: Archive | RemoteArchive | None, body: Callable[[], bytes]) -> None:
        """Take what became of a page; `body` hands over its bytes, should a snapshot have to be made."""
        self._tally.pages += 1
        record = outcome.record
        if record is None:
            return
        if archive is not None:
            _name_snapshot(record, outcome, archive, body)
        try:
            if not outcome.certain and not self._spool.take(record):
                return
        except OSError as error:
            raise _no_room(error, self._folder) from error
        if outcome.problem:
            self._tally.problems.append(outcome.problem)
        if bug := bug_in(record):
            self._tally.bugs.append(f"{outcome.url}: {bug}")
        if outcome.certain:
            self._tally.verdicts[record["verdict"]] += 1
            self._write(write_line(record))

    def finish(self) -> None:
        """Write what was held back until all was known."""
        try:
            self._tally.verdicts.update(self._spool.finish(self._write))
        except OSError as error:
            raise _no_room(error, self._folder) from error


def _no_room(error: OSError, folder: Path | None) -> OutputFull:
    where = folder or "the temporary folder"
    return OutputFull(f"{where}: cannot write the temporary file of records: {error.strerror or error}; free some space there")


def read_candidates(
    candidates: Iterable[Candidate], workers: int, limits: Limits | None = None, parts: Parts | None = None
) -> Iterator[tuple[Candidate, Outcome]]:
    """Each candidate with what became of it, in the order given. What is in `parts` already is not read again."""
    rest = iter(candidates)
    first = list(islice(rest, ONE_WORKER_BELOW))
    few = len(first) < ONE_WORKER_BELOW
    if few and parts is not None and not parts.always:
        parts = None
    with Workers(1 if few else workers, limits) as readers:
        # One batch is waited for while the next are read. No more: the pages of a large archive do not fit into memory.
        under_way: deque[_Batch] = deque()
        for batch in _batches(chain(first, rest)):
            under_way.append(_Batch(batch, readers, parts))
            while len(under_way) > _BATCHES:
                yield from under_way.popleft().outcomes()
        while under_way:
            yield from under_way.popleft().outcomes()


class _Batch:
    """Some pages that are read together, and become one part."""

    def __init__(self, candidates: list[Candidate], readers: Workers, parts: Parts | None) -> None:
        self._candidates = candidates
        self._parts = parts
        self._key = parts.key(candidates) if parts is not None else ""
        self._known = parts.get(self._key) if parts is not None else None
        self._futures: list[Future[Done]] = []
        if self._known is None:
            self._futures = [readers.submit("captured", c.page, c.certain, c.role) for c in candidates]

    def outcomes(self) -> Iterator[tuple[Candidate, Outcome]]:
        if self._parts is None:
            yield from self._read()
            return
        self._parts.keys.append(self._key)
        if self._known is not None:
            self._parts.found += len(self._known)
            yield from zip(self._candidates, self._known, strict=True)
            return
        read = list(self._read())
        # That somebody killed a reader says nothing about its page: another replay may fare better.
        if self._parts.always or all(future.result().cut in _LASTING for future in self._futures):
            self._parts.put(self._key, [outcome for _, outcome in read])
        yield from read

    def _read(self) -> Iterator[tuple[Candidate, Outcome]]:
        for candidate, future in zip(self._candidates, self._futures, strict=True):
            done = future.result()
            yield candidate, Outcome.of(candidate, done.value if done.cut is None else cut_saved(candidate.page, done.cut))


def _batches(candidates: Iterable[Candidate]) -> Iterator[list[Candidate]]:
    """Batches that hang on the pages alone, so that the same pages give the same ones."""
    batch: list[Candidate] = []
    size = 0
    for candidate in candidates:
        batch.append(candidate)
        size += len(candidate.page.body)
        if len(batch) == _BATCH or size > _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def all_candidates(sources: Sequence[Source], tally: Tally) -> Iterator[Candidate]:
    """The pages of the sources in their order. What cannot be read goes to the problems of the tally."""
    for source in sources:
        try:
            yield from source.candidates()
        except SourceError as error:
            tally.problems.append(str(error))


def _name_snapshot(
    record: Record, outcome: Outcome, archive: Archive | RemoteArchive, body: Callable[[], bytes]
) -> None:
    year, label = name_snapshot(record, outcome.anchor)
    portal = outcome.portal or "page"
    path: str | None
    if isinstance(archive, Archive) and archive.run is not None:
        path = archive.save_snapshot(body(), portal=portal, year=year, label=label, suffix=outcome.suffix)
    else:
        path = snapshot_name(record["source"]["sha256"], portal=portal, year=year, label=label, suffix=outcome.suffix)
        there = (archive.root / path).is_file() if isinstance(archive, Archive) else archive.has_snapshot(path)
        path = path if there else None
    record["source"]["snapshot"] = path
