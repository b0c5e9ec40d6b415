"""The parts of a replay that is under way: what was read of so many pages, so that it is not read again.

A part holds what became of a batch of pages, and its name is the digest of everything that this depends on: the
pages with all that is known about them, the readers' own code and libraries, and what a page may cost. So a part can be believed
whoever wrote it and when; a replay that was killed goes on by reading the same pages into the same batches and finding
their parts there. Nothing has to be remembered beside them, and a changed page or parser finds none.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from crawler.media import suffix_of
from crawler.sources import Candidate, misnamed
from crawler.storage import Place
from crawler.workers import Limits

Record = dict[str, Any]

_ROOT = Path(__file__).resolve().parent.parent
#: What a record depends on, beside its page.
_CODE = ("parsers", "crawler/discovery", *(f"crawler/{name}.py" for name in ("reading", "media", "workers", "sources", "parts")))
_LIBRARIES = ("lxml", "trafilatura", "openpyxl", "xlrd", "pdfplumber", "pdfminer.six", "OpenCC", "rapidfuzz")


@dataclass(frozen=True)
class Outcome:
    """What became of a page, and what the last step needs to know of it. `record` is None when it is no report."""

    record: Record | None
    url: str = ""
    certain: bool = False
    anchor: str = ""
    portal: str | None = None
    suffix: str = ""
    #: the record id of the answer in its archive
    rid: str = ""
    #: what is odd about the page itself
    problem: str | None = None

    @classmethod
    def of(cls, candidate: Candidate, record: Record | None) -> Outcome:
        if record is None:
            return cls(None)
        page = candidate.page
        return cls(
            record, page.url, candidate.certain, candidate.anchor, page.portal, suffix_of(page.body, page.media_type),
            candidate.rid, misnamed(page) if candidate.certain else None,
        )  # fmt: skip


class Parts:
    """The parts of one replay, in a place. `always` also keeps what hangs on this very run, such as a reader
    that somebody killed: for a task whose result is its parts."""

    def __init__(self, place: Place, limits: Limits | None, always: bool = False) -> None:
        self._place = place
        self.where = str(place)
        self._about = f"{code_version()} {limits or Limits()}"
        self.always = always
        #: the keys of the parts in the order in which they were asked for, and how many pages came from those there were
        self.keys: list[str] = []
        self.found = 0

    def key(self, batch: Sequence[Candidate]) -> str:
        """The name of the part for these pages."""
        digest = hashlib.sha256(self._about.encode())
        for candidate in batch:
            page = candidate.page
            told = [getattr(page, column.name) for column in fields(page) if column.name != "body"]
            told += [candidate.certain, candidate.role, candidate.anchor, candidate.rid]
            digest.update(hashlib.sha256(page.body).digest() + repr(told).encode("utf-8", "backslashreplace"))
        return digest.hexdigest()

    def get(self, key: str) -> list[Outcome] | None:
        """What was kept under a key; None when nothing was, or not all of it."""
        data = self._place.read(_name(key))
        if data is None:
            return None
        try:
            # A part that was cut off fails its checksum.
            outcomes = [Outcome(**line) for line in json.loads(gzip.decompress(data))]
        except (OSError, EOFError, zlib.error, ValueError, TypeError):
            return None
        return outcomes

    def put(self, key: str, outcomes: Sequence[Outcome]) -> None:
        """Keep what became of a batch."""
        told = [asdict(outcome) if outcome.record is not None else {"record": None} for outcome in outcomes]
        data = json.dumps(told, ensure_ascii=True, separators=(",", ":")).encode()
        self._place.write(_name(key), gzip.compress(data, 1, mtime=0))

    def remove(self) -> None:
        """Remove all parts: the replay has come to its end."""
        self._place.remove()


@lru_cache(maxsize=1)
def code_version() -> str:
    """The digest of the code, the forms and the libraries that make records."""
    digest = hashlib.sha256()
    for part in _CODE:
        path = _ROOT / part
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and file.suffix != ".pyc":
                digest.update(f"{file.relative_to(_ROOT).as_posix()} {file.stat().st_size} ".encode() + file.read_bytes())
    for name in _LIBRARIES:
        try:
            digest.update(f"{name} {version(name)} ".encode())
        except PackageNotFoundError:
            digest.update(f"{name} - ".encode())
    return digest.hexdigest()


def _name(key: str) -> str:
    return f"{key}.json.gz"
