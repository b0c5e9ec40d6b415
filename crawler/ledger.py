"""What a run set out to find, what it found, and why the rest is missing.

Absence is a statement, too: a portal without reports of 2021 and a portal that could not be reached
must not look alike. Nothing here decides anything; the spider and the pipelines write, the run's
summary reads.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

MAX_NOTES = 500  # of one portal; beyond that they are only counted


@dataclass
class PortalLedger:
    """The account of one portal.

    `columns` maps each annual-report column to what led to it. `reports` maps URLs to what is known
    (year, organ, title, verdict). `problems` are requests or promises that came to nothing, as
    {"url", "reason"}, with the words that had promised a report as "promised", and the column whose list lacks this
    page as "page_of". `left` counts by reason what was seen and deliberately not asked. `pages` counts
    answers.
    """

    id: str
    name: str = ""
    url: str = ""
    family: str | None = None
    columns: dict[str, str] = field(default_factory=dict)
    reports: dict[str, dict[str, Any]] = field(default_factory=dict)
    problems: list[dict[str, str]] = field(default_factory=list)
    left: Counter[str] = field(default_factory=Counter)
    pages: int = 0
    requests: int = 0
    more_problems: int = 0

    def found_column(self, url: str, why: str) -> None:
        """Note a column; the first reason stays."""
        self.columns.setdefault(url, why)

    def found_report(self, url: str, **facts: Any) -> None:
        """Note a report, or more about one; a fact that is None does not erase one that is known."""
        known = self.reports.setdefault(url, {"year": None, "organ": None, "title": None, "verdict": None})
        known.update({name: value for name, value in facts.items() if value is not None})

    def gave_up(self, url: str, reason: str, promised: str = "", *, page_of: str = "") -> None:
        """Note what came to nothing, once for each URL and reason.

        `promised` are the words that had promised a report, `page_of` the column that the URL lists.
        """
        note = {"url": url, "reason": reason}
        note |= {"promised": promised} if promised else {}
        note |= {"page_of": page_of} if page_of else {}
        if note in self.problems:
            return
        if len(self.problems) >= MAX_NOTES:
            self.more_problems += 1
        else:
            self.problems.append(note)

    def left_out(self, reason: str, times: int = 1) -> None:
        """Count links that were seen and not asked."""
        self.left[reason] += times

    def saw_page(self, url: str) -> None:
        self.pages += 1

    @property
    def years(self) -> set[int]:
        """The years of which a report was found."""
        return {facts["year"] for facts in self.reports.values() if isinstance(facts.get("year"), int)}

    def missing(self, years: Iterable[int] | None) -> dict[int, str]:
        """Return the years asked for of which no report was found, with the reason that is known."""
        return {year: self._why_missing(year) for year in years or () if year not in self.years}

    def _why_missing(self, year: int) -> str:
        named = re.compile(rf"(?<!\d){year}(?!\d)")
        about = next((note for note in self.problems if named.search(note.get("promised", ""))), None)
        if about:
            return f"{about['reason']}: {about['url']}"
        if not self.pages:
            return self.problems[0]["reason"] if self.problems else "not visited"
        if not self.columns and not self.reports:
            reasons = Counter(note["reason"] for note in self.problems).most_common(1)
            return "no column of annual reports was found" + (f" ({reasons[0][0]})" if reasons else "")
        torn = next((note for note in self.problems if "page_of" in note), None)
        if torn:
            return f"not found, but a list could not be read whole: {torn['reason']}: {torn['url']}"
        unread = sum(1 for facts in self.reports.values() if facts.get("year") is None)
        if unread:
            return f"not among the reports found; the year of {unread} of them is not known"
        return "not listed in the columns that were found"

    def to_dict(self, years: Iterable[int] | None = None) -> dict[str, Any]:
        return {
            "id": self.id,
            "name": self.name,
            "url": self.url,
            "family": self.family,
            "pages": self.pages,
            "requests": self.requests,
            "columns": dict(self.columns),
            "reports": {url: dict(facts) for url, facts in self.reports.items()},
            "problems": list(self.problems),
            "more_problems": self.more_problems,
            "left": dict(self.left),
            "missing": {str(year): reason for year, reason in self.missing(years).items()},
        }


class Ledger:
    """The accounts of all portals of a run."""

    def __init__(self, years: Iterable[int] | None = None) -> None:
        self.portals: dict[str, PortalLedger] = {}
        self.years = years

    def portal(self, id: str | None) -> PortalLedger:
        """Return a portal's account, opening it when there is none."""
        return self.portals.setdefault(id or "", PortalLedger(id or ""))

    def open(self, id: str, name: str, url: str) -> PortalLedger:
        """Open a portal's account with what the registry says."""
        account = self.portal(id)
        account.name, account.url = name, url
        return account

    def to_dict(self) -> dict[str, Any]:
        """Return all accounts as plain values, in the order in which they were opened."""
        return {"portals": [account.to_dict(self.years) for account in self.portals.values()]}
