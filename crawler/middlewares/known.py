"""Answer from the archive what need not be asked again.

A run that was killed, stopped, or found the disk full leaves a journal without an end, or with one that is no
end. The next run takes it up: what that run has in the archive is not fetched again, whatever its role, and only
what was under way is. And reports that the dataset knows need no question at all for as long as
the setting RECHECK says; lists are always asked, since a new report shows there first.
"""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urldefrag

from scrapy.exceptions import NotConfigured, UsageError
from scrapy.http import Headers
from scrapy.responsetypes import responsetypes

from archive import ArchiveError
from crawler.run import Run
from crawler.status import FINISHED

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

    from archive import Capture, Stored

logger = logging.getLogger("gongkai")

#: The flag of an answer that nobody fetched in this run.
ARCHIVED = "archived"

#: Headers that describe the body as sent, which is not how the archive hands it over.
_OF_THE_WIRE = frozenset({b"content-encoding", b"transfer-encoding", b"content-length"})
_REPORTS = frozenset({"report", "attachment"})
#: What a host says of itself, and not of the page: asked again.
_PASSING = frozenset({401, 403, 408, 421, 425, 429})
#: hours for which a robots.txt holds (RFC 9309, 2.4)
_ROBOTS_HOURS = 24
_AGE_RE = re.compile(r"(\d{1,4})([dh]?)", re.ASCII)
_HOURS = {"h": 1, "d": 24, "": 24}


class KnownMiddleware:
    """Answers requests from the archive, marked "archived" and with `request.meta["fetched"]` of the old answer.

    Raises UsageError for a RECHECK that is no age.
    """

    def __init__(self, crawler: Crawler) -> None:
        settings = crawler.settings
        self._run = Run.of(crawler)
        self._recheck = read_age(settings["RECHECK"], "RECHECK")
        self._runs = unfinished_runs(self._run.root, read_age(settings["RESUME_WITHIN"], "RESUME_WITHIN"))
        if not self._runs and not self._recheck:
            raise NotConfigured
        self._run.taken_up = sorted(self._runs)
        if self._runs:
            logger.info("Taking up %s: what it has in the archive is not fetched again", ", ".join(sorted(self._runs)))

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> KnownMiddleware:
        return cls(crawler)

    def process_request(self, request: Request) -> Response | None:
        if request.method != "GET" or request.meta.get("retry_times") or not request.meta.get("role"):
            return None
        try:
            capture = self._run.archive.latest(urldefrag(request.url).url)
            if capture is None or not (self._is_of_the_run(capture, request) or self._is_fresh(capture, request)):
                return None
            stored = self._run.archive.load(capture)
        except ArchiveError as error:
            logger.warning("%s", error)  # damage in an old file; the page is fetched anew
            self._run.damage.append(str(error))
            return None
        if stored.truncated or stored.damage:
            return None
        self._run.from_archive += 1
        request.meta["capture"] = capture
        return stored_response(request, urldefrag(request.url).url, stored, ARCHIVED)

    def _is_of_the_run(self, capture: Capture, request: Request) -> bool:
        """Whether a run that is taken up got an answer that it would not have asked for again."""
        if capture.run not in self._runs or capture.truncated or capture.method != "GET":
            return False
        if request.meta["role"] == "robots" and _age(capture) > timedelta(hours=_ROBOTS_HOURS):
            return False
        return capture.status < 500 and capture.status not in _PASSING

    def _is_fresh(self, capture: Capture, request: Request) -> bool:
        known = self._run.records is not None and self._run.records.has_report_of(request.url)
        return (
            known
            and request.meta["role"] in _REPORTS
            and capture.status in (200, 304)
            and capture.run != self._run.id
            and _age(capture) < self._recheck
        )


def stored_response(request: Request, url: str, stored: Stored, flag: str, **told: Any) -> Response:
    """An answer from the archive as Scrapy hands on a fresh one, its body without content coding.

    A 304 becomes the 200 of the page that it confirmed.
    """
    headers = Headers()
    for name, value in stored.headers:
        if name.lower() not in _OF_THE_WIRE:
            headers.appendlist(name, value)
    headers.setdefault("Content-Type", stored.content_type)
    kind = responsetypes.from_args(headers=headers, url=url, body=stored.body)
    if stored.fetched is not None:
        request.meta["fetched"] = stored.fetched.strftime("%Y-%m-%dT%H:%M:%SZ")
    status = 200 if stored.status == 304 else stored.status
    return kind(url, status=status, headers=headers, body=stored.body, flags=[flag], request=request, **told)


def unfinished_runs(home: Path, within: timedelta) -> frozenset[str]:
    """The runs that a new one takes up: the latest, back to the last that came to its end or lies too long back.

    By their journals. A run that was killed has one without an end. Half a journal ends the search.
    """
    runs: set[str] = set()
    later = datetime.now(UTC)
    for path in sorted((home / "runs").glob("r[0-9]*.json"), reverse=True):
        try:
            journal = json.loads(path.read_bytes())
            reason, started = str(journal["reason"]), _moment(journal["started"])
            ended = _moment(journal["ended"]) if journal.get("ended") else started
        except (OSError, ValueError, KeyError, TypeError):
            break
        if reason in FINISHED or reason.startswith("limit") or later - ended > within:
            break
        runs.add(path.stem)
        later = started
    return frozenset(runs)


def read_age(value: Any, name: str) -> timedelta:
    """A setting such as 30d, 12h or 30 (days) as an age; nothing and 0 are no age at all.

    >>> read_age("30d", "RECHECK"), read_age(None, "RECHECK")
    (datetime.timedelta(days=30), datetime.timedelta(0))
    """
    text = str(value or "0").strip().lower()
    found = _AGE_RE.fullmatch(text)
    if found is None:
        raise UsageError(f"{name}: cannot read {value!r}; write an age such as 30d or 12h", print_help=False)
    return timedelta(hours=int(found[1]) * _HOURS[found[2]])


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _age(capture: Capture) -> timedelta:
    return datetime.now(UTC) - capture.fetched
