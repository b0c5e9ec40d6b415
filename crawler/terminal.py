"""What a command says on standard output, whoever reads it."""

from __future__ import annotations

import os
import sys


def say(text: str, *, encoding: str | None = None) -> None:
    """Print a text and a line end, at once.

    What the terminal's characters cannot spell is escaped: names are Chinese, and locales may be not. A reader that goes away
    (`| head`) is no fault; nothing is said after that.
    """
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write((text + "\n").encode(encoding or sys.stdout.encoding or "utf-8", "backslashreplace"))
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        # Python flushes once more at its end, and would complain there.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
