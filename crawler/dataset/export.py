"""Publish a dataset: open it, ask what its series show, write the formats asked for, describe and swap in."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC
from pathlib import Path

import duckdb

from archive import Stored
from crawler.dataset.csv_files import write_csv
from crawler.dataset.jsonl import write_jsonl
from crawler.dataset.open import open_dataset
from crawler.dataset.package import dated, write_descriptions
from crawler.dataset.panel import PanelFinding, panel_findings
from crawler.dataset.parquet import write_parquet
from crawler.dataset.sqlite import write_sqlite
from crawler.dataset.staging import Staging
from crawler.dataset.tables import Dataset, DatasetError, build, literal
from crawler.dataset.variables import wide_table
from crawler.dataset.xlsx import write_xlsx
from parsers.media.files import read_file
from parsers.media.rendering import Unreadable
from parsers.personal import CHINESE, Hit, find_in_page

FORMATS = ("parquet", "csv", "sqlite", "xlsx", "jsonl", "wacz")

# Reports whose cells are added up at a time: four million cells.
_WIDE = 20_000

#: told what is being done, a step at a time
Progress = Callable[[str], object]


@dataclass
class Summary:
    """What was published: rows by format and table, findings over series by check, and what a person should know."""

    target: str
    reports: int = 0
    rows: dict[str, dict[str, int]] = field(default_factory=dict)
    panel: dict[str, int] = field(default_factory=dict)
    suppressed: int = 0
    held_back: int = 0
    notes: list[str] = field(default_factory=list)


def export(
    home: Path,
    target: Path,
    formats: Sequence[str],
    *,
    bom: bool = False,
    panel: bool = True,
    software: str = "gongkai",
    progress: Progress = lambda step: None,
) -> Summary:
    """Write the dataset of `home` to `target` in each of `formats`. Raises DatasetError; the target is then as it was."""
    # A link is refused below, and .. would be beside itself.
    target = target.absolute() if target.is_symlink() else target.resolve()
    if target == home.resolve() or (home.resolve() in target.parents and (target / "reports.jsonl").exists()):
        raise DatasetError(f"{target}: is the data home itself; export to another folder")
    staging = Staging(target, formats)
    try:
        progress("reading the records")
        with open_dataset(home, screened=True) as dataset:
            summary = Summary(str(target), dataset.number("SELECT count(*) FROM reports"))
            progress("comparing the years")
            summary.panel = load_panel(dataset, panel_findings(dataset) if panel else iter(()))
            publish(dataset)
            for name in formats:
                folder = staging.folder / name
                folder.mkdir()
                counts = summary.rows.setdefault(name, {})
                for table, rows in _write(name, dataset, folder, bom, software):
                    progress(f"{name}: {table}")
                    if rows < 0:
                        dataset.notes.append(f"{name}: {table} is longer than a sheet of Excel and was left out")
                    else:
                        counts[table] = rows
            progress("describing the files")
            write_descriptions(dataset, staging.folder, software)
            summary.suppressed, summary.held_back, summary.notes = dataset.suppressed, dataset.held_back, dataset.notes
        staging.commit()
    except OSError as error:
        where = error.filename or target
        raise DatasetError(f"{where}: {error.strerror or error}; free some space, or choose another folder") from error
    except sqlite3.OperationalError as error:
        raise DatasetError(f"{target}: SQLite: {error}; free some space, or choose another folder") from error
    except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
        raise DatasetError(f"{target}: {str(error).splitlines()[0]}; free some space, or set TMPDIR to a larger disk") from error
    finally:
        staging.discard()
    return summary


def load_panel(dataset: Dataset, findings: Iterator[PanelFinding]) -> dict[str, int]:
    """Make the table `panel` of findings over several reports, with a reviewer's decisions on them; counts by check."""
    counts: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="gongkai-panel-") as folder:
        path = Path(folder) / "panel.jsonl"
        with path.open("w", encoding="utf-8") as out:
            for number, finding in enumerate(findings, 1):
                counts[finding.check] += 1
                body = asdict(finding) | {"seq": number}
                for name in ("expected", "found"):
                    body[name] = None if body[name] is None else str(body[name])
                out.write(json.dumps(body, ensure_ascii=False) + "\n")
        dataset.con.execute(
            "CREATE OR REPLACE TABLE panel AS SELECT panel.*, d.decision FROM ("  # noqa: S608 - quoted
            'SELECT report_id, seq, "check" AS check_id, "level", "keys", message, expected, found, other_report_id '
            f"FROM read_json({literal(path)}, format = 'newline_delimited', columns = {{report_id: 'VARCHAR', seq: 'BIGINT', "
            "\"check\": 'VARCHAR', \"level\": 'VARCHAR', \"keys\": 'VARCHAR[]', message: 'VARCHAR', expected: 'VARCHAR', "
            "found: 'VARCHAR', other_report_id: 'VARCHAR'})) AS panel LEFT JOIN decisions AS d "
            "ON d.state = 'applied' AND d.report_id = panel.report_id AND d.check_id = panel.check_id"
        )
    return dict(sorted(counts.items()))


def publish(dataset: Dataset) -> None:
    """Make the views that the formats are written from."""
    build(dataset.con, "publish")
    dataset.con.execute(f"CREATE OR REPLACE TABLE wide AS {wide_table(0, 0)}")
    for first, last in dataset.ranges(_WIDE):
        dataset.con.execute(f"INSERT INTO wide {wide_table(first, last)}")
    dataset.con.execute("CREATE OR REPLACE VIEW publish.wide AS FROM main.wide")


def _write(name: str, dataset: Dataset, folder: Path, bom: bool, software: str) -> Iterator[tuple[str, int]]:
    writers: dict[str, Callable[[], Iterator[tuple[str, int]]]] = {
        "parquet": lambda: write_parquet(dataset, folder),
        "csv": lambda: write_csv(dataset, folder, bom=bom),
        "sqlite": lambda: write_sqlite(dataset, folder),
        "xlsx": lambda: write_xlsx(dataset, folder, dated=dated(dataset)),
        "jsonl": lambda: write_jsonl(dataset, folder),
        "wacz": lambda: _wacz(dataset, folder, software),
    }
    return writers[name]()


def _wacz(dataset: Dataset, folder: Path, software: str) -> Iterator[tuple[str, int]]:
    """The evidence of what is published. Suppressed pages are left out by the archive itself, held ones here."""
    try:
        from archive import Archive, ArchiveError
        from archive.wacz import write_wacz
    except ImportError as error:
        raise DatasetError(f"this version of the archive writes no WACZ ({error}); leave out --to wacz") from error
    held = {row[0] for row in dataset.con.execute("SELECT sha256 FROM held").fetchall()}
    try:
        with Archive.read(dataset.home) as archive:
            package = write_wacz(
                archive,
                folder / "gongkai.wacz",
                hide=lambda stored: _personal(stored, held),
                title="Annual reports on government-information disclosure",
                software=software,
                now=dated(dataset).replace(tzinfo=UTC),
            )
    except ArchiveError as error:
        raise DatasetError(str(error)) from error
    hidden = [each for each in package.hidden if each.reason.startswith(_PERSONAL)]
    if hidden:
        dataset.notes.append(
            f"wacz: {len(hidden)} capture(s) held back for personal data, the first {hidden[0].capture.url}; see suppressed.log"
        )
    yield "captures", package.captures


_PERSONAL = "held back: "


def _personal(stored: Stored, held: set[str]) -> str | None:
    """Why an answer is not to be shown: it holds a person's numbers, or the report read from it does."""
    if hashlib.sha256(stored.body).hexdigest() in held:
        return _PERSONAL + "personal data in the report"
    hits = _find(stored)
    return f"{_PERSONAL}{CHINESE[hits[0].kind]} {hits[0].masked}" if hits else None


def _find(stored: Stored) -> list[Hit]:
    """Personal numbers in what an answer shows: a page, a plain text, or the words of a Word, Excel or PDF file."""
    body, charset = stored.body, stored.charset
    try:
        rendering = read_file(body)
    except Unreadable:
        return []  # a scan, an encrypted or a damaged file: nobody reads numbers in it but by eye
    if rendering is not None:
        body, charset = rendering.page or (rendering.html.encode(), "utf-8")
    elif not (stored.media_type.startswith("text/") or b"<" in body[:4096] or stored.media_type.endswith(("json", "xml"))):
        return []
    return find_in_page(body, charset)
