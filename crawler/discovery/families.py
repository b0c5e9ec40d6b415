"""Which system serves a page, and what follows from that.

Knowing the system tells how its lists go on and in which column an article lies. It is a hint and
nothing more: half of the 490 known report addresses belong to some thirty small systems, one
portal may run two of them, and templates are copied from one to the other.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from .page import Fetched
from .urls import canonical

FILE = Path(__file__).parents[1] / "families.toml"


@dataclass(frozen=True)
class Family:
    """One system, as `crawler/families.toml` describes it."""

    name: str
    title: str
    articles: tuple[re.Pattern[str], ...]
    marks: tuple[str, ...]
    paging: tuple[str, ...]
    columns: tuple[tuple[re.Pattern[str], str], ...]
    roots: tuple[str, ...] = ()


@cache
def load_families(path: Path = FILE) -> dict[str, Family]:
    """Load all families by name. Raises ValueError with file and key when an entry is wrong."""
    families = {}
    for entry in _document(path).get("family", []):
        name = entry.get("name", "?")
        try:
            families[name] = Family(
                name,
                entry["title"],
                tuple(re.compile(pattern) for pattern in entry["articles"]),
                tuple(entry["marks"]),
                tuple(entry["paging"]),
                tuple((re.compile(pattern), column) for pattern, column in entry["columns"]),
                tuple(entry.get("roots", ())),
            )
        except (KeyError, re.error, ValueError, TypeError) as error:
            raise ValueError(f"{path.name}: family {name!r}: {error}") from error
    return families


@cache
def _document(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return tomllib.load(file)


@cache
def _year_patterns() -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern) for pattern in _document(FILE)["years"]["urls"])


def common_roots() -> tuple[str, ...]:
    """Paths at which portals keep their disclosure pages, most frequent first."""
    return tuple(_document(FILE)["roots"]["paths"])


def read_family(page: Fetched, links: Iterable[str] = ()) -> str | None:
    """Return the family whose traces are most frequent on the page, or None.

    `links` are the addresses that the page leads to. Shapes of addresses count more than marks in the
    source, because templates are copied and addresses are not.
    """
    return _most(_traces(page, links))


def read_traces(page: Fetched, links: Iterable[str] = ()) -> tuple[str | None, tuple[str, ...]]:
    """Return the family as `read_family` does, and in words what speaks for it."""
    traces = _traces(page, links)
    family = _most(traces)
    if family is None:
        return None, ()
    shaped, marks = traces[family]
    says = [f"{len(shaped)} addresses such as {_tail(shaped[0])[-60:]}"] if shaped else []
    return family, (*says, *(f"“{mark}” in the source" for mark in marks))


def _traces(page: Fetched, links: Iterable[str]) -> dict[str, tuple[list[str], list[str]]]:
    addresses = [page.url, *links]
    found = {}
    for family in load_families().values():
        shaped = [url for url in addresses if any(pattern.search(_tail(url)) for pattern in family.articles)]
        marks = [mark for mark in family.marks if mark in page.source]
        if shaped or marks:
            found[family.name] = shaped, marks
    return found


def _most(traces: dict[str, tuple[list[str], list[str]]]) -> str | None:
    votes = Counter({name: min(len(shaped), 8) * 2 + len(marks) * 3 for name, (shaped, marks) in traces.items()})
    best = votes.most_common(1)
    return best[0][0] if best and best[0][1] >= 2 else None


def paging_of(family: str | None) -> tuple[str, ...]:
    """The styles of paging to try first."""
    return load_families()[family].paging if family in load_families() else ()


def column_of(url: str, family: str | None = None) -> str | None:
    """Return the column that an article's address places it in, or None when the address does not say.

    >>> column_of("http://a.gov.cn/zfxxgknb/202101/t20210119_1.html")
    'http://a.gov.cn/zfxxgknb/'
    >>> column_of("http://a.gov.cn/art/2021/1/9/art_1229_33.html")
    'http://a.gov.cn/col/col1229/index.html'
    """
    families = load_families()
    first = [families[family]] if family in families else []
    for entry in (*first, *families.values()):
        for pattern, column in entry.columns:
            if pattern.search(url):
                return canonical(pattern.sub(column, url))
    return None


def other_years(url: str, years: Iterable[int]) -> list[tuple[int, str]]:
    """Return the same organ's address for each of `years`, where the address is one that names the year.

    >>> other_years("http://a.gov.cn/x/xxgkAnnualReport.jsp?area=001&fbtime=2020", [2019])
    [(2019, 'http://a.gov.cn/x/xxgkAnnualReport.jsp?area=001&fbtime=2019')]
    """
    for pattern in _year_patterns():
        found = pattern.search(url)
        if found:
            head = url[: found.start()]
            return [
                (year, f"{head}{found['before']}{year}{found['after']}") for year in years if str(year) != found["year"]
            ]
    return []


def organ_year(url: str) -> tuple[str, int] | None:
    """Return what stays of such an address without its year, and the year."""
    found = next((found for pattern in _year_patterns() if (found := pattern.search(url))), None)
    return (url[: found.start()] + found["before"] + found["after"], int(found["year"])) if found else None


def same_organ(url: str, place: tuple[str, int]) -> bool:
    """Whether an address is that of the same organ as `place` (see `organ_year`), whatever the year."""
    other = organ_year(url)
    return other is not None and other[0] == place[0]


def year_of(url: str) -> int | None:
    """Return the year in an address that is one page per organ and year."""
    found = next((found for pattern in _year_patterns() if (found := pattern.search(url))), None)
    return int(found["year"]) if found else None


def annual_list(url: str) -> tuple[str, str] | None:
    """Return (organ, address of its annual reports) for a Lonsun organ page, whatever it shows.

    >>> annual_list("http://a.gov.cn/zwgk/public/column/6601841?type=4&action=list")
    ('6601841', 'http://a.gov.cn/zwgk/public/column/6601841?action=list&type=3')
    """
    parts = urlsplit(url)
    found = re.search(r"^(.*/public/column)/(\d+)/?$", parts.path)
    if not found:
        return None
    address = urlunsplit((parts.scheme, parts.netloc, f"{found[1]}/{found[2]}", "action=list&type=3", ""))
    return found[2], address


def _tail(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
