"""What a run set out to find, what it found, and why the rest is missing.

Absence is a statement, too: a portal without reports of 2021 and a portal that could not be reached
must not look alike. Nothing here decides anything; the spider and the pipelines write, the run's
summary reads.

A portal's account is opened when somebody writes into it, and put aside on disk when its walk is over (see
`Accounts`). What stays in memory of a portal that is done with is its place in that file, about 0.1 KB.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from contextlib import suppress
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from .aside import Aside, Place
from .completeness import Comparison, compare_runs, organ_years, pack_years

MAX_NOTES = 500  # of one portal; beyond that they are only counted
MAX_REASONS = 200  # different ones; beyond that they are counted together
MAX_ORGANS = 2000
MAX_LISTINGS = 20_000


@dataclass
class PortalLedger:
    """The account of one portal.

    `columns` maps each annual-report column to what led to it. `reports` maps URLs to what is known
    (year, organ, title, verdict). `problems` are requests or promises that came to nothing, as
    {"url", "reason"}, with the words that had promised a report as "promised", and the column whose list lacks this
    page as "page_of". `left` counts by reason what was seen and deliberately not asked. `pages` counts
    answers. `organs` maps the organs that the portal names to where it does, `listings` the addresses that lists
    promise to the words of the promise and the column, `twins` addresses not asked to the report that they repeat, `cut` says why the
    search ended before its end. `title` is the front page's, `pictures` counts those in reports without a table, one of which may be the table, `marks` what speaks for each family.
    """

    id: str
    name: str = ""
    url: str = ""
    family: str | None = None
    division: str | None = None
    columns: dict[str, str] = field(default_factory=dict)
    reports: dict[str, dict[str, Any]] = field(default_factory=dict)
    problems: list[dict[str, str]] = field(default_factory=list)
    left: Counter[str] = field(default_factory=Counter)
    pages: int = 0
    requests: int = 0
    more_problems: int = 0
    organs: dict[str, str] = field(default_factory=dict)
    listings: dict[str, dict[str, str]] = field(default_factory=dict)
    twins: dict[str, str] = field(default_factory=dict)
    cut: list[str] = field(default_factory=list)
    title: str = ""
    pictures: dict[str, int] = field(default_factory=dict)
    marks: dict[str, list[str]] = field(default_factory=dict)

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
        # That a list is torn is never lost among other notes: without it, what the list lacks would be absent.
        if len(self.problems) >= MAX_NOTES and not (page_of and not self.torn_lists):
            self.more_problems += 1
        else:
            self.problems.append(note)

    def saw_marks(self, family: str, marks: Iterable[str]) -> None:
        """Note what speaks for a family; the first few different traces are enough."""
        known = self.marks.setdefault(family, [])
        for mark in marks:
            # “15 addresses such as …” says the same on every page.
            alike = "addresses such as" in mark and any("addresses such as" in other for other in known)
            if mark not in known and not alike and len(known) < 5:
                known.append(mark)

    def saw_organ(self, name: str, url: str) -> None:
        """Note an organ that the portal keeps a place for; the first place stays."""
        if len(self.organs) < MAX_ORGANS:
            self.organs.setdefault(name, url)

    def listed(self, url: str, words: str, *, column: str = "") -> None:
        """Note that a list promises a report."""
        if len(self.listings) < MAX_LISTINGS:
            self.listings.setdefault(url, {"words": words, "column": column})

    def twin(self, url: str, of: str) -> None:
        """Note an address that was not asked because it is certain to repeat a report."""
        if len(self.twins) < MAX_LISTINGS:
            self.twins.setdefault(url, of)

    def saw_pictures(self, url: str, number: int) -> None:
        """Note a report without a table whose text holds pictures."""
        if number:
            self.pictures[url] = number

    def cut_short(self, reason: str) -> None:
        """Note that the search ended before its end, so that nothing is proven to be absent."""
        if reason not in self.cut:
            self.cut.append(reason)

    def left_out(self, reason: str, times: int = 1) -> None:
        """Count links that were seen and not asked."""
        known = reason in self.left or len(self.left) < MAX_REASONS
        self.left[reason if known else "for other reasons"] += times

    def saw_page(self, url: str) -> None:
        self.pages += 1

    @property
    def torn_lists(self) -> list[str]:
        """The columns whose lists could not be read whole, but for those that robots.txt forbids: who is asked to stay away has missed nothing."""
        return list(dict.fromkeys(note["page_of"] for note in self.problems if "page_of" in note and not note["reason"].startswith("robots")))

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
            "organs": dict(self.organs),
            "twins": dict(self.twins),
            "pictures": dict(self.pictures),
            "cut": list(self.cut),
            "missing": {str(year): reason for year, reason in self.missing(years).items()},
        }


class Accounts(MutableMapping[str, PortalLedger]):
    """The accounts by portal, in the order in which they were opened.

    Those of portals that are registered and were not met are made when somebody asks, those that were put aside
    are read back. To read all of them, use `each`: what it yields stays where it was.
    """

    def __init__(self, aside: Aside) -> None:
        self._aside = aside
        self._live: dict[str, PortalLedger] = {}
        self._places: dict[str, Place] = {}
        # Each id once, with what the registry says of it, where it does.
        self._all: dict[str, tuple[str, str, str | None] | None] = {}

    def register(self, id: str, name: str, url: str, division: str | None = None) -> None:
        """Let a portal have an account, which is opened when it is met."""
        self._all.setdefault(id, (name, url, division))

    def put_aside(self, id: str) -> None:
        """Keep an account on disk from now on; a disk that refuses leaves it in memory."""
        if account := self._live.get(id):
            with suppress(OSError):
                self._places[id] = self._aside.put({each.name: getattr(account, each.name) for each in fields(account)})
                del self._live[id]

    def look(self, id: str) -> PortalLedger:
        """An account to be read only. Raises KeyError when there is none."""
        if (account := self._live.get(id)) is not None:
            return account
        if id in self._places:
            told = self._aside.get(self._places[id])
            return PortalLedger(**told | {"left": Counter(told["left"])})
        name, url, division = self._all[id] or ("", "", None)
        return PortalLedger(id, name, url, None, division)

    def each(self) -> Iterator[PortalLedger]:
        """All accounts, to be read only."""
        for id in list(self._all):
            yield self.look(id)

    def __getitem__(self, id: str) -> PortalLedger:
        if (account := self._live.get(id)) is not None:
            return account
        account = self._live[id] = self.look(id)
        # What is written now is not in the file; it goes there again.
        self._places.pop(id, None)
        return account

    def __setitem__(self, id: str, account: PortalLedger) -> None:
        self._all.setdefault(id, None)
        self._places.pop(id, None)
        self._live[id] = account

    def __delitem__(self, id: str) -> None:
        del self._all[id]
        self._live.pop(id, None)
        self._places.pop(id, None)

    def __contains__(self, id: object) -> bool:
        return id in self._all

    def __iter__(self) -> Iterator[str]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)


class Ledger:
    """The accounts of all portals of a run.

    `known` are the organ-years of earlier runs by portal (`completeness.read_known`), `today` the day on which is judged
    what is owed, `folder` where accounts are put aside.
    """

    def __init__(
        self,
        years: Iterable[int] | None = None,
        *,
        today: date | None = None,
        known: Mapping[str, Iterable[Mapping[str, Any]]] | None = None,
        folder: Path | None = None,
    ) -> None:
        self.aside = Aside(folder)
        self.portals = Accounts(self.aside)
        self.years = years
        self.today = today or datetime.now(UTC).date()
        self.known: Mapping[str, Iterable[Mapping[str, Any]]] = known or {}

    def portal(self, id: str | None) -> PortalLedger:
        """Return a portal's account, to be written into; it is opened when there is none."""
        id = id or ""
        if id not in self.portals:
            self.portals[id] = PortalLedger(id)
        return self.portals[id]

    def look(self, id: str) -> PortalLedger:
        """Return a portal's account as it stands, to be read only; an empty one when there is none."""
        return self.portals.look(id) if id in self.portals else PortalLedger(id)

    def open(self, id: str, name: str, url: str, division: str | None = None) -> PortalLedger:
        """Open a portal's account with what the registry says."""
        account = self.portal(id)
        account.name, account.url, account.division = name, url, division
        return account

    def organ_years(self) -> list[dict[str, Any]]:
        """Return the state of every organ-year: see `completeness`."""
        return list(self.each_year())

    def each_year(self) -> Iterator[dict[str, Any]]:
        """Yield the state of every organ-year, portal by portal."""
        for account in self.portals.each():
            yield from self.years_of(account)

    def years_of(self, account: PortalLedger) -> list[dict[str, Any]]:
        """Return the state of every organ-year of one portal."""
        rows = organ_years(account, today=self.today, years=self.years, known=self.known.get(account.id, ()))
        return [row.to_dict() for row in rows]

    def comparison(self) -> Comparison:
        """Compare what is known now with what earlier runs had."""
        # A portal at a time: rows of two portals never meet.
        parts = [compare_runs(self.known[id], self.years_of(self.portals.look(id))) for id in self.known if id in self.portals]
        return Comparison(tuple(row for part in parts for row in part.lost), sum(part.before for part in parts))

    def to_dict(self) -> dict[str, Any]:
        """Return all accounts as plain values, in the order in which they were opened, the organ-years (packed, see
        `completeness.unpack_years`), and which reports of earlier runs are gone from their portals."""
        return {name: list(values) for name, values in self.parts()}

    def parts(self) -> Iterator[tuple[str, Iterator[Any]]]:
        """The parts of `to_dict`, each value made when it is asked for: together they may be larger than the memory."""
        yield "portals", (account.to_dict(self.years) for account in self.portals.each())
        yield "organ_years", self._packed()
        yield "gone", self._gone()

    def _packed(self) -> Iterator[dict[str, Any]]:
        for account in self.portals.each():
            yield from pack_years(self.years_of(account), {account.id: account.url})

    def _gone(self) -> Iterator[dict[str, Any]]:
        # Only what an earlier run knew can be gone.
        for id in self.portals:
            for row in self.years_of(self.portals.look(id)) if id in self.known else ():
                if row.get("gone"):
                    names = {"portal": "portal", "organ": "organ", "year": "year", "urls": "urls", "since": "gone_since", "reason": "gone"}
                    yield {name: row[of] for name, of in names.items()}
