"""What a command says on standard output, whoever reads it."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from scrapy.commands import ScrapyCommand

from crawler.status import Status, fail

_Command = TypeVar("_Command", bound=ScrapyCommand)


def say(text: str, *, encoding: str | None = None) -> None:
    """Print a text and a line end, at once.

    What the terminal's characters cannot spell is escaped: names are Chinese, and locales may be not. A reader that goes away
    (`| head`) is no fault; nothing is said after that. What else is wrong with it ends the command with exit status 3.
    """
    if sys.stdout is None:  # closed before we came
        return
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write((text + "\n").encode(encoding or sys.stdout.encoding or "utf-8", "backslashreplace"))
        sys.stdout.buffer.flush()
    except OSError as error:
        # Python flushes once more at its end, and would complain there.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            print(f"scrapy: standard output: cannot write: {error.strerror or error}; free some space, or send it elsewhere", file=sys.stderr)
            raise SystemExit(Status.DISK) from None


def stoppable(run: Callable[[_Command, list[str], Namespace], None]) -> Callable[[_Command, list[str], Namespace], None]:
    """A command's `run`, which Ctrl-C ends with one line and exit status 11; for those that leave nothing half done."""
    name = run.__module__.rpartition(".")[2]

    @wraps(run)
    def stopped_in_one_line(command: _Command, args: list[str], opts: Namespace) -> None:
        try:
            run(command, args, opts)
        except KeyboardInterrupt:
            command.exitcode = fail(f"scrapy {name}", "stopped; start it again for the rest", Status.STOPPED, sys.stderr.write)

    return stopped_in_one_line
