"""One report's page: its figures as the form, the archived page beside them, and everything said about both."""

from __future__ import annotations

import hashlib
import os
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from crawler.coverage.catalogue import OUTCOMES, Entry
from crawler.coverage.compare import compare_years
from crawler.coverage.form_layout import Label, Layout, lay_out_form
from crawler.coverage.judgement import Across, Decision
from crawler.coverage.reading_copy import Copy, make_copy
from crawler.coverage.timeline import draw_timeline, sum_years
from crawler.coverage.words import Word, word
from parsers.personal import find_in_page

_SLUG_RE = re.compile(r"[0-9A-Za-z_-]{1,80}")
# A page of more is not copied: nobody reads it beside a table, and a browser would stand still.
_LONGEST_COPY = 8 << 20


@dataclass(frozen=True, slots=True)
class WarcPlace:
    """Where the evidence of a report lies: `offset` and `length` are bytes of the gzip member in `file`."""

    file: str
    offset: int
    length: int
    rid: str


@dataclass(frozen=True, slots=True)
class Neighbours:
    """What stands around a report: last year's entry, all of the organ's, other versions of the same organ-year."""

    last: Entry | None
    organ: tuple[Entry, ...]
    siblings: tuple[Entry, ...]
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """A finding as a page shows it."""

    number: int
    word: Word
    level: Word
    message: str
    expected: object
    found: object
    keys: tuple[NamedKey, ...]
    decision: str


@dataclass(frozen=True, slots=True)
class NamedKey:
    key: str
    label: Label


@dataclass(slots=True)
class ReportPage:
    """All that the template needs. `copy` is the reading copy to be written beside the page, None without one."""

    context: dict[str, Any]
    copy: Copy | None = field(default=None)


def slug_of(report_id: str) -> str:
    """A file name for a report: its id where that is one, else a digest of it.

    >>> slug_of("631b53a96fbcca855db5"), slug_of("../x")
    ('631b53a96fbcca855db5', 'x-d6b96a97d147daaae49e')
    """
    if _SLUG_RE.fullmatch(report_id):
        return report_id
    return "x-" + hashlib.sha256(report_id.encode("utf-8", "surrogatepass")).hexdigest()[:20]


def build_page(
    record: Mapping[str, Any],
    *,
    neighbours: Neighbours,
    last_record: Mapping[str, Any] | None,
    home: Path,
    folder: Path,
    pages: frozenset[str],
    saved: Mapping[str, Path],
    warc: WarcPlace | None,
    across: Sequence[Across],
    decisions: Sequence[Decision],
    reviewed: bool = False,
) -> ReportPage:
    """Gather what one page shows. `folder` is where it will stand, `pages` the ids that have a page.

    `saved` maps digests (SHA-256) of saved pages to their files, for records without a snapshot. A page with personal
    data on it is not copied unless it was `reviewed`.
    """
    layout = lay_out_form(record)
    snapshot = snapshot_path(home, record, saved)
    copy = copy_page(record, snapshot, reviewed=reviewed)
    shown = [_shown(number, finding, layout, decisions) for number, finding in enumerate(record["findings"], 1)]
    tables: list[dict[str, Any]] = [
        {
            "key": table.key,
            "word": word("section", table.key),
            "bodies": table.bodies,
            "width": max(
                max((sum(head.across for head in row) for row in body.heads), default=1)
                for body in table.bodies
            ),
            "findings": [finding for finding in shown if finding.number in table.refs],
        }
        for table in layout.tables
    ]
    # A finding about two tables stands with the first of them: its number, and its id, is one.
    placed: set[int] = set()
    for table in tables:
        table["findings"] = [f for f in table["findings"] if f.number not in placed]
        placed.update(f.number for f in table["findings"])
    comparison = compare_years(last_record, record) if last_record is not None else None
    counts = Counter(str(cell["kind"]) for cell in record["cells"] if cell["kind"] != "number")
    source = record["source"]
    years = sum_years(neighbours.organ)
    context = {
        "record": record,
        "slug": slug_of(record["report_id"]),
        "title": record["title"] or source.get("url") or record["report_id"],
        "verdict": word("verdict", record["verdict"]),
        "reasons": [{"word": word("kind", kind), "count": count} for kind, count in counts.most_common()],
        "places_of": neighbours.places,
        "layout": layout,
        "tables": tables,
        "general": [finding for finding in shown if finding.number not in placed],
        "places": copy.places if copy else {},
        "copied": copy is not None,
        "panel": [{"word": word("check", line.check), "message": line.message} for line in across],
        "decisions": [{"about": _about(decision, layout), "key": decision.key, "said": _said(decision)} for decision in decisions],
        "comparison": comparison,
        "changes": [_change(change, layout) for change in (comparison.changes if comparison else ())],
        "last_page": _page_of(comparison.last_id, pages) if comparison else "",
        "timeline": draw_timeline(years, "own") if len(years) > 1 else "",
        "outcomes": [word("outcome", key) for key in OUTCOMES],
        "siblings": [
            {
                "page": _page_of(other.report_id, pages),
                "said": f"{other.title or other.report_id} · {other.fetched or ''} · {word('verdict', other.verdict).zh} {other.verdict}",
                "url": other.url,
            }
            for other in neighbours.siblings
        ],
        "original": web_address(source.get("url")),
        "also": [{"link": web_address(place["url"]), "url": place["url"], "fetched": place.get("fetched")} for place in source.get("also_at") or ()],
        "attached_to": {"link": web_address(source.get("attachment_of")), "url": source.get("attachment_of")},
        "replaced": {"page": _page_of(replaced, pages), "id": replaced} if (replaced := str(record.get("replaces") or "")) else None,
        "snapshot": _relative(snapshot, folder) if snapshot is not None else "",
        "warc": warc,
    }
    return ReportPage(context, copy)


def web_address(url: object) -> str:
    """An address that a link may have: http or https with a host, else "".

    >>> web_address("javascript:alert(1)"), web_address("https://www.example.gov.cn/a?b=1")
    ('', 'https://www.example.gov.cn/a?b=1')
    """
    if not isinstance(url, str):
        return ""
    try:
        parts = urlsplit(url)
        return url if parts.scheme in ("http", "https") and parts.hostname else ""
    except ValueError:
        return ""


def snapshot_path(home: Path, record: Mapping[str, Any], saved: Mapping[str, Path]) -> Path | None:
    """The file with the bytes as served, or None. What a record names outside of `snapshots/` is not looked at."""
    named = record["source"].get("snapshot")
    if isinstance(named, str) and named and "\0" not in named:
        folder = (home / "snapshots").resolve()
        path = (home / os.fsdecode(named.encode("utf-8", "surrogateescape"))).resolve()
        if path.is_relative_to(folder) and path.is_file():
            return path
    return saved.get(str(record["source"].get("sha256")))


def copy_page(record: Mapping[str, Any], snapshot: Path | None, *, reviewed: bool = False) -> Copy | None:
    """The reading copy, None where the original cannot be read, is too long, is no text, or not fit to be shown."""
    if snapshot is None:
        return None
    source = record["source"]
    wanted = frozenset(str(cell["at"]) for cell in record["cells"] if cell["at"])
    try:
        if snapshot.stat().st_size > _LONGEST_COPY:
            return None
        body = snapshot.read_bytes()
    except OSError:
        return None
    # A file that is not the one that was read would show other words under the same numbers.
    if hashlib.sha256(body).hexdigest() != source.get("sha256"):
        return None
    # Beside the report a page may show what the report does not: a list of recipients, a notice with their numbers.
    if not reviewed and find_in_page(body):
        return None
    return make_copy(body, str(source.get("media_type") or ""), str(source.get("url") or ""), wanted)


def _shown(number: int, finding: Mapping[str, Any], layout: Layout, decisions: Sequence[Decision]) -> Shown:
    keys = tuple(NamedKey(key, layout.labels[key]) for key in finding["keys"] if key in layout.labels)
    decided = [_said(decision) for decision in decisions if decision.check == finding["check"]]
    return Shown(
        number,
        word("check", finding["check"]),
        word("level", finding["level"]),
        finding["message"],
        finding["expected"],
        finding["found"],
        keys,
        "; ".join(decided),
    )


def _about(decision: Decision, layout: Layout) -> Label | None:
    """What a decision is about in the words of the form, or of the check; None where it is about the report."""
    if decision.key:
        return layout.labels.get(decision.key, Label(decision.key))
    if decision.check:
        check = word("check", decision.check)
        return Label(check.zh, check.en)
    return None


def _said(decision: Decision) -> str:
    value = f" {decision.value:g}" if decision.value is not None else ""
    stale = "" if decision.state == "applied" else f" ({decision.state})"
    return f"{decision.decision}{value}{stale}: {decision.reason} ({decision.reviewer}, {decision.date})"


def _change(change: Any, layout: Layout) -> dict[str, Any]:
    label = layout.labels.get(change.key, Label(change.key))
    return {"key": change.key, "label": label, "last": change.last, "this": change.this, "difference": change.difference}


def _page_of(report_id: str, pages: frozenset[str]) -> str:
    return f"{slug_of(report_id)}.html" if report_id in pages else ""


def _relative(path: Path, folder: Path) -> str:
    # os.path.relpath: Path.relative_to does not walk up before Python 3.12
    return quote(Path(os.path.relpath(path, folder)).as_posix())
