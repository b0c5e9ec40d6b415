"""What a look at a portal came to: its family, its columns, and what a crawl would fetch.

Pure: made from the account that a walk has kept.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import families
from .organs import distinct_organs, organs_named
from .words import is_report_phrase
from .years import years_in_words

if TYPE_CHECKING:
    from ..ledger import PortalLedger

_PASSING = ("on the way", "where reports also turn up", "a directory", "an organ:", "a place where", "the portal's front")
MOST_COLUMNS = 12
"""Columns that are worth a line in the registry; a portal with more keeps one for each organ."""


@dataclass(frozen=True)
class Column:
    """One column of annual reports: `why` it was taken for one, the `reports` it lists, their `years`."""

    url: str
    why: str
    reports: int
    years: tuple[int, ...]


@dataclass(frozen=True)
class Survey:
    """A portal as it was met. `reports` counts the addresses that lists promise, `asked` the requests of the look."""

    name: str
    url: str
    family: str | None
    marks: tuple[str, ...]
    columns: tuple[Column, ...]
    organs: tuple[str, ...]
    reports: int
    asked: int
    problems: tuple[tuple[str, int], ...]
    cut: tuple[str, ...]
    moved: tuple[str, ...]

    @property
    def column_urls(self) -> tuple[str, ...]:
        """The columns to keep in the registry: those that are called so, before those of single organs and years."""
        named = [column.url for column in self.columns if column.why.startswith(("the column's name", "the registry", "the address", "the sitemap", "“"))]
        return tuple((named or [column.url for column in self.columns])[:MOST_COLUMNS])


def survey(account: PortalLedger, registered: tuple[str, ...] = ()) -> Survey:
    """Sum up an account. `registered` are the columns that the registry named; those that led nowhere have moved."""
    listings = {**{url: {"words": facts.get("title") or "", "column": ""} for url, facts in account.reports.items()}, **account.listings}
    found = {url: why for url, why in account.columns.items() if not why.startswith(_PASSING) or _lists(account, url)}
    columns = []
    for url, why in found.items():
        mine = [listing["words"] for listing in listings.values() if listing["column"] == url]
        years = sorted({year for words in mine for year in years_in_words(words)})
        columns.append(Column(url, why, len(mine), tuple(years)))
    reasons = Counter(note["reason"].split(": http")[0] for note in account.problems)
    return Survey(
        name=account.name,
        url=account.url,
        family=account.family,
        marks=tuple(account.marks.get(account.family or "", ())),
        columns=tuple(columns),
        organs=tuple(sorted(distinct_organs([*account.organs, *organs_named(one["words"] for one in listings.values())]))),
        reports=len(listings),
        asked=account.requests,
        problems=tuple(reasons.most_common(6)),
        cut=tuple(account.cut),
        moved=tuple(url for url in registered if url not in found),
    )


def _lists(account: PortalLedger, url: str) -> bool:
    mine = [listing for listing in account.listings.values() if listing["column"] == url]
    return sum(is_report_phrase(listing["words"]) for listing in mine) >= 3


def write_survey(found: Survey) -> str:
    """The survey for a person, line by line."""
    family = families.load_families().get(found.family or "")
    kind = f"{family.name} ({family.title})" if family else "none that is known; the generic walk serves"
    lines = [f"{found.name or found.url}", f"  front page   {found.url}", f"  family       {kind}"]
    lines += [f"               {mark}" for mark in found.marks]
    lines.append(f"  columns      {len(found.columns) or 'none found'}")
    for column in found.columns[:MOST_COLUMNS]:
        years = f", {column.years[0]}-{column.years[-1]}" if column.years else ""
        lines.append(f"               {column.url}  {column.reports or 'no'} reports{years or ' of its own' * (not column.reports)} ({column.why})")
    if len(found.columns) > MOST_COLUMNS:
        lines.append(f"               … and {len(found.columns) - MOST_COLUMNS} more, of single organs or years")
    lines += [f"  moved        {url} leads to no reports any more" for url in found.moved]
    if found.organs:
        lines.append(f"  organs       {len(found.organs)}: {', '.join(found.organs[:8])}{' …' if len(found.organs) > 8 else ''}")
    lines.append(f"  would fetch  {found.reports} report pages, and what is attached to them ({found.asked} requests were made to see it)")
    lines += [f"  cut short    {reason}; there may be more" for reason in found.cut]
    lines += [f"  problem      {times} × {reason}" for reason, times in found.problems]
    return "\n".join(lines) + "\n"
