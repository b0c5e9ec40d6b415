"""Processes that read pages, so that no page can take more time or memory than one page may.

A page is a stranger's: it may nest a million elements, claim a billion cells, or hit a fault of a library
written in C. A reader that is caught in it cannot be stopped from inside, so pages are read in processes
of their own, each with an end to its memory and a timer that kills it. A process that dies costs the page that it
was reading, which gets a record that says so; it is replaced, and its neighbours notice nothing.

The processes know their parent by a pipe: when it is gone, however it died, they end.
"""

from __future__ import annotations

import os
import pickle
import signal
import struct
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from types import TracebackType

    from crawler.reading import SavedPage

#: What became of a page that could not be read to its end, as the message of its finding. No figures in
#: it: the same page gives the same record, whatever the limits of the day.
TOO_LONG = "reading it takes longer than one page may"
TOO_LARGE = "reading it takes more memory than one page may"

_LENGTH = struct.Struct(">Q")
_ROOT = Path(__file__).resolve().parent.parent
#: seconds on the clock that a page gets for each second of processor time
PATIENCE = 4
#: seconds by which a process may be late with its own end before it is helped
_GRACE = 5.0
#: A process is replaced after so many pages: what leaks a little must not leak for ever.
_PAGES = 5000
# Signals that somebody else sent: the page is asked for once more.
_FROM_OUTSIDE = frozenset({signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT})


class WorkersFailed(RuntimeError):
    """The processes cannot be started at all, which is no page's fault. The text says what to do."""


@dataclass(frozen=True)
class Limits:
    """What one page may cost: seconds of processor time, and bytes of address space beyond what its reader takes.

    Not seconds on the clock: on a busy machine the same page would have another record. Those only end a
    reader that waits for something, after `PATIENCE` times as many.
    """

    seconds: float = 10.0
    memory: int = 768 << 20


@dataclass(frozen=True)
class Done:
    """What came back for a page: the `value` of the work, or in `cut` why there is none."""

    value: Any = None
    cut: str | None = None


class Workers:
    """Up to `count` processes, each started when there is work for it. A context manager.

    `submit` may be called from any thread, and returns a `concurrent.futures.Future` of `Done`; the future
    raises WorkersFailed, and what the work itself raised.
    """

    def __init__(self, count: int, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._threads = ThreadPoolExecutor(max(1, count), "reader")
        self._mine = threading.local()
        self._started: set[_Process] = set()
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def submit(self, work: str, page: SavedPage, *rest: Any) -> Future[Done]:
        """Have a page read. `work` is one of `crawler.reading.WORK`; `rest` are its arguments behind the page."""
        return self._threads.submit(self._read, (work, page, *rest))

    def close(self) -> None:
        """End the processes, also those that are reading. Harmless when done twice."""
        self._closed = True
        for process in list(self._started):
            process.end()
        self._threads.shutdown(wait=True, cancel_futures=True)
        for process in list(self._started):
            process.end()

    def _read(self, task: tuple[Any, ...]) -> Done:
        for again in (True, False):
            if self._closed:
                return Done(cut="the crawl ended before it was read")
            process = self._process()
            answer = process.ask(task)
            if answer.spent:
                self._drop(process)
            if not (answer.killed and again):
                break
        if answer.error is not None:
            raise answer.error
        return answer.done

    def _process(self) -> _Process:
        # One a thread: nobody waits for another's page.
        process: _Process | None = getattr(self._mine, "process", None)
        if process is None:
            process = self._mine.process = _Process(self._limits)
            self._started.add(process)
            if self._closed:
                process.end()
        return process

    def _drop(self, process: _Process) -> None:
        process.end()
        self._started.discard(process)
        self._mine.process = None


@dataclass(frozen=True)
class _Answer:
    done: Done
    spent: bool = False  #: the process is dead, or has done its share
    killed: bool = False  #: by somebody else
    error: BaseException | None = None


class _Process:
    """One process and its pipes, for one thread."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._pages = 0
        self._child = subprocess.Popen(  # noqa: S603 - our own module, in this very interpreter
            [sys.executable, "-c", "from crawler.workers import serve; serve()", str(limits.seconds), str(limits.memory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=_ROOT,
            # One thread for each: there are as many processes as are wanted.
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
            # Of its own, or Ctrl-C on the terminal would reach it too.
            process_group=0,
        )
        if self._receive(60.0) != "ready":
            self.end()
            raise WorkersFailed(
                f"the process that reads pages does not start (status {self._child.returncode}); try: "
                f"cd {_ROOT} && {sys.executable} -c 'import crawler.reading'"
            )

    def ask(self, task: tuple[Any, ...]) -> _Answer:
        """Send a task and wait for what becomes of it, for a little longer than it may take."""
        self._pages += 1
        try:
            _send(self._pipe(self._child.stdin), task)
        except (BrokenPipeError, ValueError):
            return self._obituary()
        answer = self._receive(PATIENCE * self._limits.seconds + _GRACE)
        if answer is None:
            return self._obituary()
        what, value = answer
        if what == "raised":
            return _Answer(Done(), error=value)
        if what == "memory":
            return _Answer(Done(cut=TOO_LARGE), spent=True)
        return _Answer(Done(value), spent=self._pages >= _PAGES)

    def _receive(self, seconds: float) -> Any:
        """What the process says next; None when it says nothing in time, or is dead."""
        # A timer, not a poll: an answer that was begun must also come to its end.
        watch = threading.Timer(seconds, self._child.send_signal, (signal.SIGALRM,))
        watch.daemon = True
        watch.start()
        try:
            return _take(self._pipe(self._child.stdout))
        except (EOFError, pickle.UnpicklingError, ValueError, OSError):
            return None
        finally:
            watch.cancel()

    def _obituary(self) -> _Answer:
        try:
            status = self._child.wait(_GRACE)
        except subprocess.TimeoutExpired:
            self._child.kill()
            status = self._child.wait()
        if status in (-signal.SIGPROF, -signal.SIGALRM):
            return _Answer(Done(cut=TOO_LONG), spent=True)
        if status < 0:
            name = signal.Signals(-status).name if -status in signal.valid_signals() else f"signal {-status}"
            return _Answer(Done(cut=f"the process that read it died of {name}"), spent=True, killed=-status in _FROM_OUTSIDE)
        return _Answer(Done(cut=f"the process that read it ended with status {status}"), spent=True)

    def end(self) -> None:
        """End it at once, and wait for that. Harmless when done twice, or by two threads."""
        self._child.kill()
        self._child.wait()

    @staticmethod
    def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
        if pipe is None:
            raise ValueError("no pipe")
        return pipe


def _send(pipe: IO[bytes], what: Any) -> None:
    data = pickle.dumps(what, pickle.HIGHEST_PROTOCOL)
    pipe.write(_LENGTH.pack(len(data)))
    pipe.write(data)
    pipe.flush()


def _take(pipe: IO[bytes]) -> Any:
    head = pipe.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    (size,) = _LENGTH.unpack(head)
    data = pipe.read(size)
    if len(data) < size:
        raise EOFError
    # What is unpickled is from our own process at the other end; a page is only ever bytes in it.
    return pickle.loads(data)  # noqa: S301


def serve() -> None:
    """The life of a reading process: take a page, read it, hand back what it says, until the parent is gone."""
    import resource

    seconds, memory = float(sys.argv[1]), int(sys.argv[2])
    # Whatever the parent does with these. The timers' signals are left to the kernel: it ends this process
    # also in the middle of a library's loop, where no handler of Python would run.
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    inbox, outbox = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer of ours
    os.close(0)
    threading.Thread(target=_leave_with, args=(inbox.fileno(),), daemon=True).start()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    from crawler.reading import WORK, warm_up

    warm_up()
    # Counted from here: what the libraries take is not the page's, and differs from machine to machine.
    most = _address_space() + memory
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    _send(outbox, "ready")
    while True:
        try:
            answer = _work(inbox, seconds, WORK)
        except EOFError:
            return
        except MemoryError:
            answer = ("memory", None)
        try:
            _send(outbox, answer)
        except (MemoryError, pickle.PicklingError):
            _send(outbox, ("memory", None))
        except BrokenPipeError:
            os._exit(1)


def _address_space() -> int:
    """Bytes of address space that this process has; 256 MiB where the kernel does not say."""
    try:
        return int(Path("/proc/self/statm").read_bytes().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return 256 << 20


def _work(inbox: IO[bytes], seconds: float, table: dict[str, Callable[..., Any]]) -> tuple[str, Any]:
    work, *rest = _take(inbox)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.setitimer(signal.ITIMER_REAL, PATIENCE * seconds)
    try:
        return "done", table[work](*rest)
    except MemoryError:
        raise
    except Exception as error:
        return "raised", RuntimeError(f"{type(error).__name__}: {error}")
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)


def _leave_with(inbox: int) -> None:
    """End this process when nobody holds the other end of the pipe any more, even in the middle of a page."""
    import select

    watched = select.poll()
    watched.register(inbox, 0)  # the end of the other side is always told
    watched.poll()
    os._exit(1)
