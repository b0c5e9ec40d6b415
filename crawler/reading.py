"""From saved bytes to a record: the one way there, for a crawl and for a replay.

A live crawl is a replay whose pages happen to be fetched on the way: the item pipelines and
`scrapy replay` both call `read_saved`, so they cannot disagree. Nothing of Scrapy is imported
here, since the replay's workers load this module and nothing else.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from multiprocessing import parent_process
from multiprocessing.connection import wait
from pathlib import PurePath
from threading import Thread
from traceback import extract_tb
from typing import Any
from urllib.parse import unquote, urlsplit

from crawler.media import HTML, TEXT, UNKNOWN
from parsers import Finding, Page, Report, build_record, read_report, report_id
from parsers.kinds import read_kind

# It remarks on every fragment that is shorter than what it calls an article. Sections of reports are.
logging.getLogger("trafilatura").setLevel(logging.ERROR)

#: The finding of a page on which our own code failed.
BUG = "parser.failed"

_WHOLE = ("verified", "flagged")
# What the spider takes for a report's place without a report in it, see crawler.spiders.county_portals.
_BODILESS = frozenset({"attachment_only", "image_only"})
_UNREADABLE = frozenset({"empty_shell", "challenge"})


@dataclass(frozen=True, slots=True)
class SavedPage:
    """A document with what is known about where it came from. Fields as in `source` of the record.

    `truncated` is set when the body is not whole (the words of WARC-Truncated).
    """

    body: bytes
    url: str
    media_type: str
    charset: str | None = None
    fetched: str | None = None
    portal: str | None = None
    official: bool | None = None
    attachment_of: str | None = None
    snapshot: str | None = None
    truncated: str | None = None


def read_saved(page: SavedPage) -> dict[str, Any]:
    """The record of a saved page; never raises, whatever the page.

    A failure of our own code becomes a record with the verdict `unreadable` and the finding
    `parser.failed`, and a body that is not whole can be `partial` at best.
    """
    if page.media_type == UNKNOWN:
        return refuse_saved(page, "neither text nor a kind of document known here", "source.unreadable")
    try:
        report = read_report(Page(page.body, page.url, page.media_type, page.charset))
        if page.truncated:
            report = _doubt(report, page.truncated)
        return build_record(report, _source(page), report_id(page.url, page.body))
    except Exception as error:
        # One page must not take the others with it. It is not hidden: the record says so, the
        # command's exit status says so, and the log names the page.
        return refuse_saved(page, f"our reader failed on this page: {_describe(error)}")


def refuse_saved(page: SavedPage, message: str, check: str = BUG) -> dict[str, Any]:
    """The record of a page that is not read, with the reason; by default one that our own code failed on."""
    report = Report(verdict="unreadable", findings=(Finding(check, "error", message),))
    return build_record(report, _source(page), report_id(page.url, page.body))


def is_report_page(page: SavedPage, role: str | None) -> bool:
    """Whether a captured page is to have a record: decided as the spider decides it.

    `role` is what the crawler took the page for; None in an archive that others made. A page that
    carries a report has a record whatever led there. Where a report was promised, so has a page that
    has only pictures or files in its place, that is empty, or that checks for robots.
    """
    if page.media_type not in (HTML, TEXT):
        return role == "report" or (role == "attachment" and not page.media_type.startswith("image/"))
    if role == "attachment":
        return False
    try:
        kind = read_kind(Page(page.body, page.url, page.media_type, page.charset)).kind
    except Exception:
        return True  # reading it fails in the same way, and that makes a record
    if kind in _BODILESS:
        return role in ("report", "column", None)
    if role == "report" and kind in _UNREADABLE:
        return not _forwards(page)
    return kind == "report"


def _forwards(page: SavedPage) -> bool:
    """Whether a page only sends its reader on to another one."""
    from crawler.discovery import read_fetched
    from crawler.discovery.anchors import forwards

    return bool(forwards(read_fetched(page.url, page.body, media_type=page.media_type, charset=page.charset)))


def read_captured(page: SavedPage, certain: bool, role: str | None) -> dict[str, Any] | None:
    """The record of a page, or None when it is not `certain` to get one and turns out to be no report."""
    return read_saved(page) if certain or is_report_page(page, role) else None


def read_chunk(tasks: Sequence[tuple[SavedPage, bool, str | None]]) -> list[dict[str, Any] | None]:
    """The work of one trip to a worker process: `read_captured` for each."""
    return [read_captured(*task) for task in tasks]


def leave_with_parent() -> None:
    """For a worker process: end when the process that started it is gone, even if that was killed.

    Idle workers of a pool wait for work with both ends of their pipe in hand, and so for ever.
    """
    parent = parent_process()
    if parent is not None:
        Thread(target=lambda: (wait([parent.sentinel]), os._exit(1)), daemon=True).start()


def bug_in(record: dict[str, Any]) -> str | None:
    """What failed in our own code on this page, or None."""
    return next((str(found["message"]) for found in record["findings"] if found["check"] == BUG), None)


def write_line(record: dict[str, Any]) -> bytes:
    """A record as one line of JSON Lines: UTF-8, no spaces between tokens, keys in the record's order."""
    text = json.dumps(record, ensure_ascii=False, separators=(",", ":"))
    try:
        return text.encode() + b"\n"
    except UnicodeEncodeError:
        # Half a surrogate pair, from a broken escape on the page: only an escape can carry it on.
        return json.dumps(record, ensure_ascii=True, separators=(",", ":")).encode() + b"\n"


def name_snapshot(record: dict[str, Any], anchor: str = "") -> tuple[int | None, str]:
    """Year and label under which a person finds the snapshot again: the organ, else the title, the
    words of the link, or the last part of the URL."""
    slug = PurePath(unquote(urlsplit(record["source"]["url"] or "").path)).stem
    label = next((text for text in (record["organ"], record["title"], anchor.strip(), slug) if text), "page")
    return record["year"], re.sub(r"\s+", " ", label)[:60]


def _doubt(report: Report, truncated: str) -> Report:
    finding = Finding(
        "text.damaged", "error", f"the body was cut short ({truncated}): what stood behind the cut is not known"
    )
    findings = (*report.findings, finding)
    return replace(report, findings=findings, verdict="partial" if report.verdict in _WHOLE else report.verdict)


def _source(page: SavedPage) -> dict[str, Any]:
    return {
        "url": page.url,
        "fetched": page.fetched,
        "sha256": hashlib.sha256(page.body).hexdigest(),
        "snapshot": page.snapshot,
        "media_type": page.media_type,
        "portal": page.portal,
        "official": page.official,
        "attachment_of": page.attachment_of,
    }


def _describe(error: Exception) -> str:
    frames = extract_tb(error.__traceback__)
    where = f" at {PurePath(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    text = " ".join(str(error).split())[:200]
    return f"{type(error).__name__}: {text}{where}"
