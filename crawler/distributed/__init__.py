"""A replay on many machines, by the engine that others keep: Dask distributed.

One task reads one WARC file and leaves its records as parts (`crawler.parts`) where every machine can read them: on a
shared disk or in object storage. The task's answer is only the names of its parts. The machine that asked folds the
parts into one file, in the order of the sources; so the bytes are those of a replay on one machine. When a worker is
lost, the scheduler gives its task to another one, which finds the parts that were finished.

The scheduler and the workers are Dask's own (`dask scheduler`, `dask worker`), started by whoever keeps the machines. Dask
is imported here and nowhere else, and only when a scheduler was named.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from crawler.distributed.tasks import WrongVersion, read_sources
from crawler.parts import Outcome, Parts, code_version
from crawler.sources import ArchiveSource, FileSource, Source, WarcSource
from crawler.storage import open_place
from crawler.workers import Limits

if TYPE_CHECKING:
    from archive import Archive
    from crawler.remote import RemoteArchive

#: files that one task reads; a WARC file has a task of its own
_FILES = 200
#: seconds to wait for the scheduler, and for its first worker
_PATIENCE = 30

Task = tuple[list[Source], "Archive | RemoteArchive | None"]


class SchedulerError(Exception):
    """The scheduler cannot be used. Its text names it and says what to do."""


def read_distributed(
    sources: Sequence[Source],
    scheduler: str,
    work: str,
    limits: Limits | None,
    problem: Callable[[str], object],
) -> Iterator[tuple[Outcome, Archive | RemoteArchive | None]]:
    """What became of every page of the sources, in their order, read by the workers of the scheduler at an address.

    Parts are left in `work`, which every worker must reach by the same name. `problem` is told what could not be
    read. Raises SchedulerError.
    """
    tasks = list(_tasks(sources))
    parts = Parts(open_place(work), limits)
    with _connected(scheduler) as client:
        futures = client.map(
            read_sources,
            [task for task, _ in tasks],
            work=work,
            limits=limits,
            version=code_version(),
            pure=False,
            retries=2,
        )
        for future, (task, archive) in zip(futures, tasks, strict=True):
            for outcome in _outcomes(future, task, parts, problem):
                yield outcome, archive
            future.release()


def _outcomes(future: Any, task: list[Source], parts: Parts, problem: Callable[[str], object]) -> Iterator[Outcome]:
    from distributed import KilledWorker

    try:
        keys, problems = future.result()
    except WrongVersion as error:
        raise SchedulerError(str(error)) from None
    except KilledWorker:
        problem(f"{_name(task)}: several workers died of it; see their logs, and give them more memory")
        return
    except Exception as error:
        # Dask wraps what happens when a task is unpacked, on the scheduler too.
        if isinstance(error, ModuleNotFoundError) or "deserialization" in str(error):
            raise SchedulerError(
                "the scheduler or a worker does not find this project; start them with PYTHONPATH=FOLDER, the folder of scrapy.cfg"
            ) from None
        problem(f"{_name(task)}: {' '.join(str(error).split()) or type(error).__name__}")
        return
    for key in keys:
        outcomes = parts.get(key)
        if outcomes is None:
            raise SchedulerError(
                f"{parts.where}: what a worker wrote is not there; name a folder with --work that every machine reaches by the same name"
            )
        yield from outcomes
    for words in problems:
        problem(words)


@contextmanager
def _connected(scheduler: str) -> Iterator[Any]:
    try:
        from distributed import Client
    except ImportError:
        raise SchedulerError("--scheduler needs Dask; install it with: pip install -r requirements-scale.txt") from None
    # Asked for here first: Dask goes on asking for a minute, and has much to say about it.
    parts = urlsplit(scheduler if "://" in scheduler else f"tcp://{scheduler}")
    try:
        if not parts.hostname or not parts.port:
            raise ValueError("write it as tcp://HOST:8786")
        socket.create_connection((parts.hostname, parts.port), _PATIENCE).close()
        client: Any = Client(scheduler, timeout=_PATIENCE, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        words = " ".join(str(error).split())[:160]
        raise SchedulerError(f"{scheduler}: no Dask scheduler answers here ({words}); start one with: dask scheduler") from None
    try:
        try:
            client.wait_for_workers(1, timeout=_PATIENCE)
        except TimeoutError:
            raise SchedulerError(f"{scheduler}: has no workers; start some with: dask worker {scheduler}") from None
        yield client
    finally:
        client.close(timeout=5)


def _tasks(sources: Sequence[Source]) -> Iterator[Task]:
    """The sources in pieces that one worker reads, in their order, with the archive that each comes from."""
    for kind, group in groupby(sources, type):
        if kind is FileSource:
            files: list[Source] = [replace(file, path=file.path.absolute()) for file in group if isinstance(file, FileSource)]
            yield from ((files[start : start + _FILES], None) for start in range(0, len(files), _FILES))
            continue
        for source in group:
            if isinstance(source, ArchiveSource):
                for part in source.split():
                    yield [part], source.archive
            elif isinstance(source, WarcSource) and isinstance(source.path, Path):
                yield [replace(source, path=source.path.absolute())], None
            else:
                yield [source], None


def _name(task: list[Source]) -> str:
    return str(getattr(task[0], "warc", "") or getattr(task[0], "path", task[0]))
