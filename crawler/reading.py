"""From saved bytes to a record: the one way there, for a crawl and for a replay.

A live crawl is a replay whose pages happen to be fetched on the way: the crawl and `scrapy replay`
both come to `read_saved`, so they cannot disagree. It is called in the processes of `crawler.workers`,
which load this module and nothing else; so nothing of Scrapy is imported here.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePath
from threading import Thread
from traceback import extract_tb
from typing import Any
from urllib.parse import unquote, urlsplit

from crawler.media import HTML, TEXT, UNKNOWN
from crawler.torn import take_back_torn
from parsers import Finding, Page, Report, build_record, read_report, report_id
from parsers.kinds import PageKind, read_kind

# It remarks on every fragment that is shorter than what it calls an article. Sections of reports are.
logging.getLogger("trafilatura").setLevel(logging.ERROR)

#: The finding of a page on which our own code failed.
BUG = "parser.failed"
#: The finding of a page that was not read to its end.
CUT = "source.cut"

_TORN = "the body was cut short"

#: The verdicts of records, from the best down.
VERDICTS = ("verified", "flagged", "partial", "unreadable", "not_a_report")

_WHOLE = ("verified", "flagged")
#: Kinds of page that stand in a report's place and only have pictures or files in it.
BODILESS = frozenset({"attachment_only", "image_only"})
#: Kinds of page that say nothing of a report; where one was promised, that is worth a record.
UNREADABLE = frozenset({"empty_shell", "challenge", "damaged", "unreadable"})


@dataclass(frozen=True, slots=True)
class SavedPage:
    """A document with what is known about where it came from. Fields as in `source` of the record.

    `truncated` is set when the body is not whole (the words of WARC-Truncated), `rendered` when it is the
    document as a browser drew it, and not what the server sent.
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
    rendered: bool = False


def read_saved(page: SavedPage) -> dict[str, Any]:
    """The record of a saved page; raises nothing but MemoryError, whatever the page.

    A failure of our own code becomes a record with the verdict `unreadable` and the finding
    `parser.failed`, and a body that is not whole can be `partial` at best.
    """
    if page.media_type == UNKNOWN:
        return refuse_saved(page, "neither text nor a kind of document known here", "source.unreadable")
    try:
        report = read_report(Page(page.body, page.url, page.media_type, page.charset))
        if page.media_type in (HTML, TEXT):
            report = take_back_torn(report, page.body, page.media_type == HTML, bool(page.truncated))
        if page.truncated:
            report = _doubt(report, page.truncated)
        return build_record(report, _source(page), report_id(page.url, page.body))
    except MemoryError:
        raise  # for `crawler.workers`, which knows what a page may cost
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
    except MemoryError:
        raise
    except Exception:
        return True  # reading it fails in the same way, and that makes a record
    if kind in BODILESS:
        return role in ("report", "column", None)
    if role == "report" and kind in UNREADABLE:
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


def read_arrived(page: SavedPage, role: str | None) -> tuple[PageKind | None, dict[str, Any] | None]:
    """What a page is, and its record if it may get one: all that a crawl wants to know of a page, at once.

    The kind is None for what is no page but a file.
    """
    if page.media_type not in (HTML, TEXT):
        return None, read_saved(page) if role in ("report", "attachment") else None
    kind = read_kind(Page(page.body, page.url, page.media_type, page.charset))
    promised = kind.kind in BODILESS | UNREADABLE and role in ("report", "column")
    return kind, read_saved(page) if kind.kind == "report" or promised else None


def cut_saved(page: SavedPage, why: str) -> dict[str, Any]:
    """The record of a page whose reader was stopped: see `crawler.workers.Done.cut`."""
    return refuse_saved(page, why, CUT)


def warm_up() -> None:
    """Load the tables of the parsers, which is no page's work."""
    sample = "<h1>甲县2020年政府信息公开工作年度报告</h1><p>一、总体情况</p><p>收到申请1件。</p><table><tr><td>申请<td>1</table>"
    read_arrived(SavedPage(sample.encode(), "http://www.example.gov.cn/t1.html", HTML), "report")


#: What a reading process can be asked for, by name.
WORK: dict[str, Callable[..., Any]] = {"captured": read_captured, "arrived": read_arrived, "saved": read_saved}


def leave_with_parent() -> None:
    """For a worker of a process pool: end when the process that started it is gone, even if that was killed.

    Idle workers of a pool wait for work with both ends of their pipe in hand, and so for ever.
    """
    from multiprocessing import parent_process
    from multiprocessing.connection import wait

    parent = parent_process()
    if parent is not None:
        Thread(target=lambda: (wait([parent.sentinel]), os._exit(1)), daemon=True).start()


def bug_in(record: dict[str, Any]) -> str | None:
    """What failed in our own code on this page, or None."""
    return next((str(found["message"]) for found in record["findings"] if found["check"] == BUG), None)


def is_torn(record: Mapping[str, Any]) -> bool:
    """Whether a record is of a body that did not come whole, so that it does not say all that its page says."""
    return any(found["check"] == "text.damaged" and str(found["message"]).startswith(_TORN) for found in record.get("findings") or ())


def write_line(record: dict[str, Any]) -> bytes:
    """A record as one line of JSON Lines: UTF-8, no spaces between tokens, keys in the record's order.

    Its last field, `check`, is the digest of the line without it, so that `scrapy verify` finds a figure that was changed.
    """
    # The processes that only read have no need of the archive.
    from archive.manifest import checked

    told = {name: value for name, value in record.items() if name != "check"}
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    try:
        line = text.encode()
    except UnicodeEncodeError:
        # Half a surrogate pair, from a broken escape on the page: only an escape can carry it on.
        line = json.dumps(told, ensure_ascii=True, separators=(",", ":")).encode()
    return checked(line) + b"\n"


def name_snapshot(record: dict[str, Any], anchor: str = "") -> tuple[int | None, str]:
    """Year and label under which a person finds the snapshot again: the organ, else the title, the
    words of the link, or the last part of the URL."""
    slug = PurePath(unquote(urlsplit(record["source"]["url"] or "").path)).stem
    label = next((text for text in (record["organ"], record["title"], anchor.strip(), slug) if text), "page")
    return record["year"], re.sub(r"\s+", " ", label)[:60]


def _doubt(report: Report, truncated: str) -> Report:
    finding = Finding("text.damaged", "error", f"{_TORN} ({truncated}): what stood behind the cut is not known")
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
        "rendered": page.rendered,
    }


def _describe(error: Exception) -> str:
    frames = extract_tb(error.__traceback__)
    where = f" at {PurePath(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    text = " ".join(str(error).split())[:200]
    return f"{type(error).__name__}: {text}{where}"
