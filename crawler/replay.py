"""Read saved pages into records, on as many processors as there are, in an order that never changes.

The pages go out to worker processes in chunks and come back in the order in which they went; what is
written does not depend on how many workers there were.
"""

from __future__ import annotations

import multiprocessing
import signal
import sys
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain, islice
from multiprocessing import resource_tracker
from pathlib import Path
from time import perf_counter
from typing import Any

from archive import Archive
from crawler.media import suffix_of
from crawler.output import Output, open_output
from crawler.progress import open_bar
from crawler.reading import (
    SavedPage,
    bug_in,
    leave_with_parent,
    name_snapshot,
    read_captured,
    read_chunk,
    refuse_saved,
    write_line,
)
from crawler.sources import (
    ArchiveSource,
    Candidate,
    Inventory,
    Source,
    SourceError,
    is_archive,
    misnamed,
    take_inventory,
)
from crawler.status import Status, plain
from crawler.summary import VERDICTS
from parsers import content_digest

#: Below so many pages the workers would still be starting when one process is done.
SERIAL_BELOW = 32
_CHUNK_PAGES = 16
_CHUNK_BYTES = 4 << 20
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


def replay_archive(home: Path, target: str | None, workers: int, software: str) -> Status:
    """Replay the archive at `home`: into its reports.jsonl, or into `target` when one is given.

    Raises SourceError when there is no archive, ArchiveLocked while a crawl writes to it.
    """
    if not is_archive(home):
        raise SourceError(f"{home}: no archive here yet; crawl first, or name a SOURCE to read")
    if target is not None:
        with Archive.read(home) as archive:
            return _replay_into(open_output(target), Inventory([ArchiveSource(archive)]), workers)
    # The dataset is about to be replaced: no crawl may add to it meanwhile.
    with Archive.open(home, software=software, operator="not given") as archive:
        output = open_output(home / "reports.jsonl")
        return _replay_into(output, Inventory([ArchiveSource(archive)]), workers, only_whole=True)


def replay_sources(paths: Sequence[str], target: str, workers: int) -> Status:
    """Replay archives, WARC files, folders and files into `target`. Raises SourceError and OutputError before any work."""
    inventory = take_inventory(paths)
    try:
        return _replay_into(open_output(target), inventory, workers)
    finally:
        inventory.close()


def _replay_into(output: Output, inventory: Inventory, workers: int, only_whole: bool = False) -> Status:
    """Write the records and say what became of them, in a line on standard error each."""
    # From here on there is an unfinished file beside the old one, and whatever happens must remove it.
    try:
        return _write_records(output, inventory, workers, only_whole)
    finally:
        output.discard()


def _write_records(output: Output, inventory: Inventory, workers: int, only_whole: bool) -> Status:
    _report_skipped(inventory)
    counts = [source.count for source in inventory.sources]
    total = sum(count for count in counts if count is not None) if None not in counts else None
    started = perf_counter()
    tally = Tally(problems=list(inventory.problems))
    bar = open_bar(total, " pages", "Replaying")
    try:
        replay(inventory.sources, output.write, workers=workers, tally=tally, seen_page=bar.update)
        bar.close()
        if only_whole and tally.problems:
            where = "nothing: the old reports.jsonl stays, since part of the archive cannot be read (-O writes the rest)"
        else:
            where = output.commit()
    finally:
        bar.close()
    for problem in tally.problems:
        print(f"scrapy replay: {plain(problem)}", file=sys.stderr)
    for bug in tally.bugs:
        print(f"scrapy replay: {plain(bug)}", file=sys.stderr)
    print(_closing_line(tally, perf_counter() - started, where), file=sys.stderr)
    if tally.bugs:
        return Status.BUG
    return Status.INCOMPLETE if tally.problems else Status.DONE


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
    seen_page: Callable[[], object] = lambda: None,
) -> None:
    """Read every page of the sources and write one line a record.

    Files give a record each. Captures give one when they are reports, and what the same URL said
    before, in the same bytes or others, is not repeated. Records of an archive name their
    snapshots, which are made anew where they are missing and the archive is open for writing.
    """
    seen: set[str] = set()
    with _no_main_script():
        for candidate, record in read_candidates(_all(sources, tally), workers):
            tally.pages += 1
            seen_page()
            if record is None or (not candidate.certain and _is_known(record, seen)):
                continue
            if candidate.archive is not None:
                _name_snapshot(record, candidate, candidate.archive)
            if candidate.certain and (problem := misnamed(candidate.page)):
                tally.problems.append(problem)
            if bug := bug_in(record):
                tally.bugs.append(f"{candidate.page.url}: {bug}")
            tally.verdicts[record["verdict"]] += 1
            write(write_line(record))


def read_candidates(candidates: Iterable[Candidate], workers: int) -> Iterator[tuple[Candidate, Record | None]]:
    """Each candidate with its record, or None when it is no report, in the order given."""
    rest = iter(candidates)
    first = list(islice(rest, SERIAL_BELOW if workers > 1 else 0))
    if workers <= 1 or len(first) < SERIAL_BELOW:
        for candidate in chain(first, rest):
            yield candidate, read_captured(*_task(candidate))
        return
    yield from _read_in_parallel(_chunks(chain(first, rest)), workers)


def _read_in_parallel(
    chunks: Iterator[list[Candidate]], workers: int
) -> Iterator[tuple[Candidate, Record | None]]:
    pool = _open_pool(workers)
    pending: deque[tuple[list[Candidate], Future[list[Record | None]]]] = deque()
    try:
        while True:
            # A few chunks ahead and no more: the pages of a large archive do not fit into memory.
            for chunk in islice(chunks, 2 * workers + 1 - len(pending)):
                pending.append((chunk, _submit(pool, chunk)))
            if not pending:
                return
            chunk, future = pending.popleft()
            try:
                yield from zip(chunk, future.result(), strict=True)
            except BrokenProcessPool:
                # Some page took its worker down, and with it all that was under way. One by one, then.
                under_way = [chunk, *(each for each, _ in pending)]
                pending.clear()
                pool.shutdown()
                for candidate in chain.from_iterable(under_way):
                    yield candidate, _read_alone(candidate)
                pool = _open_pool(workers)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _read_alone(candidate: Candidate) -> Record | None:
    """Read one page in a process of its own; a page that kills it gets a record that says so."""
    with _open_pool(1) as pool:
        try:
            return _submit(pool, [candidate]).result()[0]
        except BrokenProcessPool:
            return refuse_saved(candidate.page, "the process that read this page died")


def _open_pool(workers: int) -> ProcessPoolExecutor:
    # Spawned, not forked: a fork copies whatever threads and locks this process has at that moment.
    return ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), leave_with_parent)


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Start processes that never see Ctrl-C, which reaches the whole group: this one ends them, without their tracebacks.

    A held signal stays held in what is started meanwhile; a handler set in the worker would come too late.
    """
    resource_tracker.ensure_running()  # it lets go of the signals when it starts
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


@contextmanager
def _no_main_script() -> Iterator[None]:
    """Keep spawned workers from running the `scrapy` script again, only to find that they need none of it."""
    main = sys.modules["__main__"]
    path = main.__dict__.pop("__file__", None)
    try:
        yield
    finally:
        if path is not None:
            main.__file__ = path


def _task(candidate: Candidate) -> tuple[SavedPage, bool, str | None]:
    return candidate.page, candidate.certain, candidate.role


def _submit(pool: ProcessPoolExecutor, chunk: Sequence[Candidate]) -> Future[list[Record | None]]:
    # The worker's function lives in a module that imports nothing but the parsers: workers start faster.
    with _interrupts_held():
        return pool.submit(read_chunk, [_task(candidate) for candidate in chunk])


def _chunks(candidates: Iterator[Candidate]) -> Iterator[list[Candidate]]:
    chunk: list[Candidate] = []
    size = 0
    for candidate in candidates:
        chunk.append(candidate)
        size += len(candidate.page.body)
        if len(chunk) >= _CHUNK_PAGES or size >= _CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _all(sources: Sequence[Source], tally: Tally) -> Iterator[Candidate]:
    for source in sources:
        try:
            yield from source.candidates()
        except SourceError as error:
            tally.problems.append(str(error))


def _is_known(record: Record, seen: set[str]) -> bool:
    """Whether this was said before, by the same rule as in `crawler.records`."""
    names = {record["report_id"], f"{record['source']['url']} {content_digest(record)}"}
    known = bool(names & seen)
    seen |= names
    return known


def _name_snapshot(record: Record, candidate: Candidate, archive: Archive) -> None:
    page = candidate.page
    year, label = name_snapshot(record, candidate.anchor)
    suffix = suffix_of(page.body, page.media_type)
    portal = page.portal or "page"
    if archive.run is not None:
        path: str | None = archive.save_snapshot(page.body, portal=portal, year=year, label=label, suffix=suffix)
    else:
        from archive.snapshots import snapshot_name

        digest = record["source"]["sha256"]
        path = snapshot_name(digest, portal=portal, year=year, label=label, suffix=suffix)
        path = path if (archive.root / path).is_file() else None
    record["source"]["snapshot"] = path
