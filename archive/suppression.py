"""Takedown: what stays in the deposit and goes out of everything that is published, at once.

Somebody asks for a page to be taken down. Examining that takes days; hiding it must not. One line in
`suppressed.jsonl` in the data home hides it from reading copies, WACZ packages and CDXJ
indexes, and, through `Suppressions.hides`, from export and the site. The evidence itself stays
as it is, whole and verifiable.

A report that stands at several addresses (`source.also_at` of its record) is one report: whoever asks for
one of them to be taken down has the same text in mind at the others. Hidden by any of its addresses, the bytes
there, or its id, it is hidden at all of them, and stays so until no line hides any. An attached file is another
document, at an address of its own. A line is a JSON object with

- one of `url` (that page, with or without www, http or https), `prefix` (every page whose address
  begins so), `sha256` (these bytes, as received or as snapshot), `report_id`;
- `state`: `hidden`; `released`, which takes a hiding back; or `reviewed`, which says that a person
  looked at a document held for personal data, and it may be shown. The last line about the same thing counts;
- `reason`, `by` (who asked or decided) and `date`.

    {"url": "http://county.example/list.html", "state": "hidden", "reason": "names of residents", \
"by": "the office concerned, by mail", "date": "2021-03-01T08:00:00Z"}

The file is appended to and never rewritten, by `suppress` or with any editor. A line that cannot
be read stops every publication: a typing error must not show what was to be hidden. What
was left out, where and why, is written to `suppressed.log`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Literal

import surt

from .errors import ArchiveError, naming
from .exchange import Stored, page_url, write_date
from .layout import RECORDS, fsync_path

SUPPRESSED = "suppressed.jsonl"
LOG = "suppressed.log"

Key = Literal["url", "prefix", "sha256", "report_id"]
State = Literal["hidden", "released", "reviewed"]
KEYS: tuple[Key, ...] = ("url", "prefix", "sha256", "report_id")
STATES: tuple[State, ...] = ("hidden", "released", "reviewed")

#: says why a document is not to be shown, or None when it may be
Hide = Callable[[Stored], str | None]


@dataclass(frozen=True)
class Suppression:
    """One line: `value` is a URL, the beginning of URLs, a SHA-256 in hex, or the id of a report."""

    key: Key
    value: str
    state: State
    reason: str
    by: str
    date: str


@dataclass(frozen=True)
class _Report:
    """A report by every name that a line may give it: its id, its addresses in canonical form, its bytes at each."""

    names: tuple[tuple[Key, str], ...]


def canonical(url: str) -> str:
    """One form for the addresses of one page: scheme, www, port 80, fragment and the order of parameters do not count.

    >>> canonical("https://www.county.example/list?b=1&a=2#top") == canonical("http://county.example/list?a=2&b=1")
    True
    """
    url = page_url(url)
    try:
        return str(surt.surt(url))
    except Exception:
        return url


class Suppressions:
    """The suppressions of a data home as they stand. Make one with `load`."""

    def __init__(self, lines: list[Suppression], reports: Iterable[_Report] = ()) -> None:
        self._last: dict[tuple[Key, str], Suppression] = {}
        for line in lines:
            value = canonical(line.value) if line.key == "url" else line.value
            self._last[line.key, value] = line
        self._prefixes = [
            (canonical(line.value), line.value.endswith("/"), line)
            for line in self._last.values()
            if line.key == "prefix" and line.state == "hidden"
        ]
        self._from_reports: dict[tuple[Key, str], Suppression] = {}
        self._spread(list(reports))

    def _spread(self, reports: list[_Report]) -> None:
        """Hide whole what is hidden in one place, and what that hides in turn: an address may have shown two reports."""
        shown = reports
        while shown:
            left = []
            for report in shown:
                if line := next(filter(None, (self._hiding(key, value) for key, value in report.names)), None):
                    self._from_reports.update(dict.fromkeys(report.names, line))
                else:
                    left.append(report)
            if len(left) == len(shown):
                return
            shown = left

    @classmethod
    def load(cls, root: Path | str, records: Sequence[Path] = ()) -> Suppressions:
        """Read `suppressed.jsonl`; without one, nothing is hidden. Raises ArchiveError for a line that cannot be read.

        `records` are further files like `reports.jsonl` of which is to be known at which addresses a report stands.
        """
        root = Path(root)
        path = root / SUPPRESSED
        with naming(path, "read"):
            data = path.read_bytes() if path.exists() else b""
        lines = [_read(path, number, line) for number, line in enumerate(data.splitlines(), 1) if line.strip()]
        if not any(line.state == "hidden" for line in lines):
            return cls(lines)
        wanted = [line.value.encode() for line in lines if line.key == "report_id"]
        return cls(lines, chain.from_iterable(_reports(file, wanted) for file in (root / RECORDS, *records)))

    def __bool__(self) -> bool:
        return any(line.state == "hidden" for line in self._last.values())

    @property
    def by_digest(self) -> bool:
        """Whether a document must be read to know that it is hidden."""
        keys = [key for (key, _), line in self._last.items() if line.state == "hidden"]
        return "sha256" in keys or any(key == "sha256" for key, _ in self._from_reports)

    def hides(
        self, *, url: str | None = None, sha256: str | None = None, report_id: str | None = None
    ) -> Suppression | None:
        """The line that hides a document known by any of these, or None. Give all that you know."""
        asked: list[tuple[Key, str | None]] = [
            ("report_id", report_id),
            ("sha256", sha256.lower().removeprefix("sha256:") if sha256 else None),
            ("url", canonical(url) if url else None),
        ]
        return next(filter(None, (self._hiding(key, value) for key, value in asked if value is not None)), None)

    def _hiding(self, key: Key, value: str) -> Suppression | None:
        """The line that hides what has this name; an address in its canonical form."""
        line = self._last.get((key, value))
        if line and line.state == "hidden":
            return line
        if line := self._from_reports.get((key, value)):
            return line
        if key == "url":
            for begin, is_folder, line in self._prefixes:
                # The canonical form drops a slash at the end, and /a/ must not hide /abc.
                inside = begin if not is_folder or begin.endswith("/") else begin + "/"
                if value == begin or value.startswith(inside):
                    return line
        return None

    def reviewed(self, sha256: str) -> bool:
        """Whether a person looked at these bytes and found that they may be shown."""
        line = self._last.get(("sha256", sha256))
        return line is not None and line.state == "reviewed"


def suppress(
    root: Path | str,
    key: Key,
    value: str,
    *,
    reason: str,
    by: str,
    state: State = "hidden",
    now: datetime | None = None,
) -> Suppression:
    """Add a line, on disk when this returns. Raises ValueError for a line that says nothing."""
    if key not in KEYS or state not in STATES or not value.strip():
        raise ValueError(f"{key} {value!r} {state}: name what to hide by one of {', '.join(KEYS)}")
    if not reason.strip() or not by.strip():
        raise ValueError(f"{value}: say the reason and who asked")
    if key == "sha256":
        value = _digest(value)
    line = Suppression(key, value, state, reason, by, write_date((now or datetime.now(UTC)).replace(microsecond=0)))
    body = {key: value} | {name: text for name, text in asdict(line).items() if name not in ("key", "value")}
    append_line(Path(root) / SUPPRESSED, body)
    return line


def append_line(path: Path, body: Mapping[str, object]) -> None:
    """Add a JSON line to a file, on disk when this returns. A line without its end keeps a line of its own."""
    line = json.dumps(body, ensure_ascii=False).encode() + b"\n"
    with naming(path, "write"):
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            size = os.fstat(handle).st_size
            if size and os.pread(handle, 1, size - 1) != b"\n":
                line = b"\n" + line
            if os.write(handle, line) != len(line):
                os.ftruncate(handle, size)
                raise ArchiveError(f"{path}: the disk is full; free some space and ask again")
            os.fsync(handle)
        finally:
            os.close(handle)
        fsync_path(path.parent)


def _read(path: Path, number: int, line: bytes) -> Suppression:
    try:
        body = json.loads(line)
        (key,) = [key for key in KEYS if key in body]
        value, state = body[key], body.get("state", "hidden")
        if state not in STATES or not isinstance(value, str) or not value.strip():
            raise ValueError(f"state {state!r}, {key} {value!r}")
        value = _digest(value) if key == "sha256" else value.strip()
        return Suppression(key, value, state, *(str(body.get(name, "")) for name in ("reason", "by", "date")))
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise ArchiveError(
            f"{path}: line {number} is not a suppression ({error}); mend it: nothing is published before"
        ) from None


def _digest(text: str) -> str:
    digest = text.strip().lower().removeprefix("sha256:")
    if len(digest) != 64 or set(digest) - set("0123456789abcdef"):
        raise ValueError(f"{text!r} is not a SHA-256 in hex")
    return digest


def _reports(path: Path, wanted: Sequence[bytes]) -> Iterator[_Report]:
    """The reports that stand at several addresses, and those whose id holds one of `wanted`."""
    if not path.exists():
        return
    with naming(path, "read"), path.open("rb") as lines:
        for line in lines:
            # Most lines are neither, and a million of them would take minutes to read as JSON.
            if b'"also_at"' not in line and not any(name in line for name in wanted):
                continue
            try:
                body = json.loads(line)
                source = body["source"]
                names: list[tuple[Key, str]] = [("report_id", str(body["report_id"]))]
                for place in (source, *(source.get("also_at") or ())):
                    if place.get("url"):
                        names.append(("url", canonical(str(place["url"]))))
                    if place.get("sha256"):
                        names.append(("sha256", str(place["sha256"]).lower()))
                yield _Report(tuple(names))
            except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
                # Not a record of ours; `verify` says so.
                continue
