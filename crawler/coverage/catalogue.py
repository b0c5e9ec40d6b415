"""What the data home holds, light enough to be kept in memory: one entry a report, one journal a portal.

A record is some forty kilobytes; an entry is a few hundred bytes and remembers where its record's line stands
in `reports.jsonl`, so that ten thousand reports are listed at once and read one at a time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from archive import ArchiveError
from archive.journals import what_is_wrong
from archive.suppression import Suppressions
from crawler.completeness import unpack_years
from parsers import content_digest

RECORDS = "reports.jsonl"

#: The outcomes of a request that the forms of 2019 and 2021 count, and the rows that make each up.
OUTCOMES: dict[str, tuple[str, ...]] = {
    "granted": ("granted",),
    "partly_granted": ("partly_granted",),
    "denied": ("denied.",),
    "unavailable": ("unavailable.",),
    "rejected": ("rejected.",),
    "other": ("other", "other."),
}
_UNREADABLE = frozenset({"unreadable"})


class CatalogueError(Exception):
    """The dataset cannot be read. Its text names the file and says what to do."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A finding as the lists show it: which check, how grave, how many times in its report."""

    check: str
    level: str
    times: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One record: what lists, sums and neighbours need of it, and where its line stands (`file`, and bytes in it).

    `content` digests what the report says, `line_digest` the line as written. `new` and each of `outcomes`
    (in the order of OUTCOMES) count requests, 件, and are None where the report prints no figure that can be relied on.
    """

    report_id: str
    file: str
    offset: int
    length: int
    line_digest: str
    portal: str | None
    organ: str | None
    title: str | None
    year: int | None
    division: str | None
    form: str | None
    verdict: str
    url: str
    sha256: str | None
    snapshot: str | None
    fetched: str | None
    published: str | None
    parser: str
    content: str
    findings: tuple[Finding, ...]
    new: int | float | None
    outcomes: tuple[int | float | None, ...]

    @property
    def readable(self) -> bool:
        """Whether the page was read, well or not."""
        return self.verdict not in _UNREADABLE


@dataclass
class Catalogue:
    """A data home at a glance. `portals` holds each portal's account from the last run that visited it."""

    home: Path
    entries: list[Entry] = field(default_factory=list)
    portals: dict[str, dict[str, Any]] = field(default_factory=dict)
    runs: list[dict[str, Any]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def record(self, entry: Entry) -> dict[str, Any]:
        """The whole record of an entry. Raises CatalogueError when the file has changed since."""
        record: dict[str, Any] = json.loads(self.line(entry))
        return record

    def line(self, entry: Entry) -> bytes:
        """The record's line as it stands in its file. Raises CatalogueError when that has changed since."""
        path = Path(entry.file)
        try:
            with path.open("rb") as lines:
                lines.seek(entry.offset)
                line = lines.read(entry.length)
        except OSError as error:
            raise CatalogueError(f"{path}: cannot read: {error.strerror or error}") from error
        if _digest(line) != entry.line_digest:
            raise CatalogueError(f"{path}: changed while it was read; run the command again")
        return line


def load_catalogue(home: Path, more: Sequence[Path] = ()) -> Catalogue:
    """Read `reports.jsonl` and the journals of a data home, and `more` files of records.

    What was suppressed (`suppressed.jsonl`, a takedown) is left out. Lines and journals that cannot be read are
    named in `problems`, and the rest is shown. Raises CatalogueError when there is neither a record nor a journal.
    """
    catalogue = Catalogue(home)
    _load_runs(catalogue)
    path = home / RECORDS
    if not path.is_file() and not catalogue.runs and not more:
        raise CatalogueError(f"{home}: no {RECORDS} and no run here; crawl or replay first, or set ARCHIVE_DIR")
    if not path.is_file() and any((run.get("counts") or {}).get("reports") for run in catalogue.runs):
        catalogue.problems.append(f"{path}: not there, and the runs had reports; scrapy replay writes it anew")
    try:
        suppressed = Suppressions.load(home, more)
    except ArchiveError as error:
        raise CatalogueError(str(error)) from error
    seen: set[str] = set()
    for file in ([path] if path.is_file() else []) + list(more):
        for entry in _read(file, catalogue.problems):
            hidden = bool(suppressed) and suppressed.hides(
                url=entry.url or None, sha256=entry.sha256, report_id=entry.report_id
            )
            if not hidden and entry.report_id not in seen:
                seen.add(entry.report_id)
                catalogue.entries.append(entry)
    return catalogue


def _read(path: Path, problems: list[str]) -> Iterator[Entry]:
    try:
        for number, offset, line in _lines(path):
            entry = _entry(line, str(path), offset)
            if entry is None:
                problems.append(f"{path}:{number}: not a record; left out")
            else:
                yield entry
    except OSError as error:
        raise CatalogueError(f"{path}: cannot read: {error.strerror or error}") from error


def _lines(path: Path) -> Iterator[tuple[int, int, bytes]]:
    offset = 0
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                yield number, offset, line
            offset += len(line)


def _entry(line: bytes, file: str, offset: int) -> Entry | None:
    try:
        record = json.loads(line)
        source = record["source"]
        counts: dict[tuple[str, str], int] = {}
        for finding in record["findings"]:
            key = str(finding["check"]), str(finding["level"])
            counts[key] = counts.get(key, 0) + 1
        values = {c["key"]: _figure(c) for c in record["cells"] if c["key"].startswith("requests.") and c["key"].endswith(".total")}
        return Entry(
            report_id=str(record["report_id"]),
            file=file,
            offset=offset,
            length=len(line),
            line_digest=_digest(line),
            portal=_text(source.get("portal")),
            organ=_text(record["organ"]),
            title=_text(record["title"]),
            year=record["year"] if isinstance(record["year"], int) else None,
            division=_text((record.get("division") or {}).get("code")),
            form=_text(record["form"]),
            verdict=str(record["verdict"]),
            url=str(source.get("url") or ""),
            sha256=_text(source.get("sha256")),
            snapshot=_text(source.get("snapshot")),
            fetched=_text(source.get("fetched")),
            published=_text(record.get("published")),
            parser=str(record.get("parser") or ""),
            content=content_digest(record)[:16],
            findings=tuple(Finding(check, level, times) for (check, level), times in sorted(counts.items())),
            new=values.get("requests.new.total"),
            outcomes=tuple(_sum(values, rows) for rows in OUTCOMES.values()),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _figure(cell: Mapping[str, Any]) -> int | float | None:
    """What is printed, else what the form's own sums prove."""
    figure = cell["value"] if cell["value"] is not None else cell.get("derived")
    return figure if isinstance(figure, (int, float)) else None


def _sum(values: Mapping[str, int | float | None], rows: tuple[str, ...]) -> int | float | None:
    """The sum of the rows' figures, None when one of them is not known: a part is not the whole."""
    picked = [
        value
        for key, value in values.items()
        if any(
            key.startswith(f"requests.{row}") if row.endswith(".") else key == f"requests.{row}.total" for row in rows
        )
    ]
    known = [value for value in picked if value is not None]
    return sum(known) if picked and len(known) == len(picked) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _digest(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()[:16]


def _load_runs(catalogue: Catalogue) -> None:
    """All journals, oldest first; a portal's account is that of the last run that asked for it."""
    folder = catalogue.home / "runs"
    for path in sorted(folder.glob("*.json"), key=lambda path: (len(path.stem), path.stem)):
        try:
            data = path.read_bytes()
            journal = json.loads(data)
            accounts = journal["ledger"].get("portals", [])
            known = {str(account["id"]): {**account} for account in accounts}
            for line in unpack_years(journal["ledger"].get("organ_years", [])):
                if line["portal"] in known:
                    known[line["portal"]].setdefault("organ_years", []).append(line)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
            catalogue.problems.append(f"runs/{path.name}: not a journal of ours ({type(error).__name__}); left out")
            continue
        if wrong := what_is_wrong(data, path.stem):
            catalogue.problems.append(f"runs/{path.name}: {wrong}; left out; restore the file from a copy")
            continue
        catalogue.runs.append({key: value for key, value in journal.items() if key not in ("ledger", "failures")})
        for name, account in known.items():
            catalogue.portals[name] = {
                **account,
                "run": journal.get("run"),
                "ended": journal.get("ended"),
                "reason": journal.get("reason"),
                "asked": (journal.get("asked_for") or {}).get("years"),
            }
