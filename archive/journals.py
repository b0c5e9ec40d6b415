"""The digest that the journal of a run carries of itself.

A journal (`runs/<run>.json`) is the crawler's, and says what was asked for, found and not found. Nothing else in the
archive repeats it, so it proves itself: its last field, `check`, is the SHA-256 of the file without that field, that is, of
its bytes with everything from the comma before `"check"` to the quotation mark after the digits left out. Journals of
the first version have none.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from .errors import naming
from .layout import RUNS
from .warc import sha256

_BEFORE, _AFTER, _END = b',\n "check": "', b'"', b"\n}\n"
_RESTORE = "restore the file from a copy"


def with_check(pieces: Iterable[str]) -> Iterator[str]:
    """The text of a journal, which ends on a line with its last brace alone, with the digest of itself in it.

    Half a character, as a broken address may hold, is written as JSON's own escape.

    >>> text = "".join(with_check(['{\\n "run": "r000001"', "\\n}\\n"]))
    >>> text[:40], what_is_wrong(text.encode()), what_is_wrong(text.encode().replace(b"r000001", b"r000002"))
    ('{\\n "run": "r000001",\\n "check": "d047ecba', None, 'it was changed: its digest is not the one at its end')
    """
    digest = hashlib.sha256()
    end = ""
    for piece in pieces:
        data = (end + piece).encode("utf-8", "backslashreplace")
        keep = len(data) - len(_END)
        # What may be the end is held back until more comes.
        text, end = data.decode(), ""
        if keep >= 0 and data.endswith(_END):
            text, end, data = data[:keep].decode(), _END.decode(), data[:keep]
        digest.update(data)
        yield text
    digest.update(end.encode())
    yield f"{_BEFORE.decode()}{digest.hexdigest()}{_AFTER.decode()}{end}"


def what_is_wrong(data: bytes, name: str = "") -> str | None:
    """What is wrong with the bytes of a journal, in words; None for a sound one, and for one without a digest."""
    try:
        journal = json.loads(data)
        if not isinstance(journal, dict) or not journal:
            raise ValueError("no JSON object")
    except (ValueError, RecursionError) as error:
        return f"not the journal of a run ({error})"
    # By the look of the last field and not by its name, which may be what was changed.
    if not _is_checked(journal):
        return None
    size = len(_BEFORE) + 64 + len(_AFTER) + len(_END)
    plain = data[:-size] + _END
    if data != data[:-size] + _BEFORE + sha256(plain).encode() + _AFTER + _END:
        return "it was changed: its digest is not the one at its end"
    run = str(journal.get("run"))
    return f"it is the journal of {run}" if name and name.partition("-")[0] != run else None


def check_journals(root: Path) -> Iterator[tuple[Path, str | None, bool]]:
    """Each journal of a data home, what is wrong with it, and whether it has a digest of itself."""
    with naming(root / RUNS, "list the files"):
        paths = sorted((root / RUNS).glob("*.json"))
    for path in paths:
        if path.is_dir():
            yield path, "a folder, where the journal of a run is looked for; move it out", True
            continue
        with naming(path, "read"):
            data = path.read_bytes()
        wrong = what_is_wrong(data, path.stem)
        yield path, f"{wrong}; {_RESTORE}" if wrong else None, wrong is not None or _is_checked(json.loads(data))


def lines_at_end(root: Path) -> tuple[str, str, int] | None:
    """What the last run that came to an end says of the dataset: the run, the version of its software, how many lines it left.

    None when no journal says so. A run that goes on, or was killed, only added to them.
    """
    for path in sorted((root / RUNS).glob("*.json"), reverse=True):
        try:
            journal = json.loads(path.read_bytes())
            if journal.get("ended"):
                return str(journal["run"]), str(journal["software"]["gongkai"]), int(journal["counts"]["lines"])
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            continue  # told elsewhere, or of a version that did not count them
    return None


def journals_without_check(root: Path) -> list[Path]:
    """The journals that an earlier version wrote: they are read as they are, and nothing proves them."""
    return [path for path, _, proved in check_journals(root) if not proved]


def _is_checked(journal: dict[str, object]) -> bool:
    last = list(journal.values())[-1]
    # A changed digit may make an escape of itself and its neighbour. The last field of an older journal is no text at all.
    return isinstance(last, str) and len(last) > 60
