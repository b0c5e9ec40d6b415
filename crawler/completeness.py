"""Which organ's report of which year is there, and why the others are not.

By the Regulations each organ owes one report a year. An organ-year is in exactly one state:

    found        the report was had in this run, or in an earlier one and is proven to be gone since (`gone` says why)
    revised      it was had, and is another version than before
    absent       the lists that would hold it were read whole, and it is not there
    blocked      a robots.txt, a login, an access check or another host stands before it
    unreachable  its address does not answer, or says that nothing is there
    incomplete   a list could not be read whole, or the search ended early: nothing is proven
    held         a document was had, but nobody can read it or say whose it is

A report that is gone from its portal is kept, and `gone` says why it is believed to be, `gone_since` when that was seen first.

Everything here is a function of what the ledger knows; the day of judgement is an argument.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .discovery.organs import bare_organ
from .discovery.urls import same_page
from .discovery.words import organ_in_title
from .discovery.years import FIRST_YEAR, years_in_words

if TYPE_CHECKING:
    from .ledger import PortalLedger

STATES = ("found", "revised", "absent", "blocked", "unreachable", "incomplete", "held")
HAD = frozenset({"found", "revised", "held"})
_NOW_AND_THEN = ("gone", "gone_since", "known_from")

_GOVERNMENT_RE = re.compile(r"(?:人民)?政府(?:信息公开|政务公开|公众信息)?(?:门户)?(?:网站?)?$|(?:政务|信息公开|公众信息)?(?:门户)?网站?$")
_PLACE_RE = re.compile(r"[\u3400-\u9fff]{1,}[省市县区州盟旗]$")
# What a portal calls a column of many organs.
_KIND_OF_ORGAN = "乡镇街道|镇乡街道|街道乡镇|乡镇|镇乡|镇街|街镇|乡街|乡|镇|街道|街办|部门|单位|机构|园区|委办局|部委办局|政府部门|工作部门|组成部门|直属机构|直属单位|垂直管理|公共企事业单位|企事业单位"
_COLUMN_RE = re.compile(
    rf"(?:各|本级|下级|所属|基层|[省市县区州旗](?:级|直|属|政府)?)?(?:{_KIND_OF_ORGAN})(?:[、和及与/]?(?:各|[省市县区州旗](?:级|直|属)?)?(?:{_KIND_OF_ORGAN}))*(?:信息公开|年报|年度报告|目录|专栏|名单)*"
)
_PREFIX_RE = re.compile(r"^[省市县区州旗](?=[\u3400-\u9fff]{2})")
_OWN_NAMES = frozenset({"本级", "政府", "县本级", "区本级", "市本级", "县政府", "区政府", "市政府", "政府办", "县", "区", "市"})
_REVISED_RE = re.compile(r"修订|更正|修正|勘误|更新版|修改版")
_BLOCKED_RE = re.compile(r"^(?:robots|blocked|challenge|login|off-host)|challenge|^http (?:401|403|405|407|412|418|429|451|493|521)\b")
_GONE_RE = re.compile(r"^(?:http (?:404|410)\b|soft 404)")
_UNREACHABLE_RE = re.compile(r"^(?:unreachable|http [45]\d\d\b|soft 404|empty)")
_HELD_RE = re.compile(r"^(?:empty shell|image only|attachment only|not a document|a picture)")


@dataclass
class OrganYear:
    """One organ's report of one year. `organ` is the name as the portal writes it, `urls` where the report was had."""

    portal: str
    organ: str
    division: str | None
    year: int
    state: str
    reason: str = ""
    urls: list[str] = field(default_factory=list)
    gone: str = ""
    gone_since: str = ""
    known_from: str = ""

    def to_dict(self) -> dict[str, Any]:
        """As a row of values: `gone`, `gone_since` and `known_from` only where they say something."""
        row: dict[str, Any] = {
            "portal": self.portal, "organ": self.organ, "division": self.division, "year": self.year, "state": self.state,
            "reason": self.reason, "urls": list(self.urls),
        }  # fmt: skip
        return row | {name: value for name in _NOW_AND_THEN if (value := getattr(self, name))}


def due(year: int, *, government: bool) -> date:
    """The day by which the report on a year must be public.

    Until the reports on 2018: 31 March of the year after (Regulations of 2007, art. 31). Since then 31 January for
    organs and 31 March for governments (Regulations of 2019, art. 49).
    """
    return date(year + 1, 3, 31) if government or year <= 2018 else date(year + 1, 1, 31)


def place_of_name(name: str) -> str:
    """The place that a portal stands for: 青溪县人民政府 and 青溪县政府网 are 青溪县.

    >>> place_of_name("青溪县人民政府"), place_of_name("白鹭县政府网")
    ('青溪县', '白鹭县')
    """
    short = _GOVERNMENT_RE.sub("", name)
    return short if len(short) >= 2 else name


def government_of(name: str) -> str:
    """The organ behind the name of a portal: a website is nobody that could owe a report.

    >>> government_of("白鹭县政府网"), government_of("青溪县人民政府"), government_of("青溪县教育局")
    ('白鹭县人民政府', '青溪县人民政府', '青溪县教育局')
    """
    place = place_of_name(name)
    return f"{place}人民政府" if place != name and _PLACE_RE.fullmatch(place) else name


def is_column(name: str) -> bool:
    """Whether a name is that of a column for many organs, and not of an organ.

    >>> [is_column(name) for name in ("街道", "各乡镇", "县直部门", "乡镇（街道）", "部门和乡镇", "城关镇", "住建部门管理局")]
    [True, True, True, True, True, False, False]
    """
    return bool(_COLUMN_RE.fullmatch(re.sub(r"[\s()（）]", "", name)))


def organ_key(name: str, place: str) -> str:
    """What is equal for one organ however it is written; the place itself for its government.

    >>> [organ_key(name, "青溪县") for name in ("青溪县教育局", "县教育局", "教育局", "县政府", "青溪县人民政府办公室")]
    ['教育局', '教育局', '教育局', '青溪县', '青溪县']
    """
    if place_of_name(name) == place:
        return place
    short = bare_organ(re.sub(r"\s+", "", name))
    if place and short.startswith(place):
        short = short[len(place) :]
    elif place and place[-1:] in "县区市州旗" and len(place) > 2 and short.startswith(place[:-1]) and len(short) > len(place):
        short = short[len(place) - 1 :]
    if not short or short in _OWN_NAMES or name in _OWN_NAMES:
        return place
    return _PREFIX_RE.sub("", short)


def organ_years(
    account: PortalLedger,
    *,
    today: date,
    years: Iterable[int] | None = None,
    known: Iterable[Mapping[str, Any]] = (),
) -> list[OrganYear]:
    """Return the state of every organ-year that is owed or was had, organ by organ, newest year first.

    `known` are rows of earlier runs (see `read_known`): what they had and this run has not is never forgotten.
    """
    book = _Book(account, years, known)
    rows = []
    for key, name in book.names.items():
        government = key == book.place
        for year in book.years_of(key, today, government):
            rows.append(book.judge(key, name, year, today))
    return rows


class _Book:
    """What one portal's account says, sorted by organ and year."""

    def __init__(self, account: PortalLedger, years: Iterable[int] | None, known: Iterable[Mapping[str, Any]]) -> None:
        self.account = account
        self.asked = None if years is None else set(years)
        self.place = place_of_name(account.name or account.id)
        self.names: dict[str, str] = {}
        self.reports: defaultdict[tuple[str, int], list[tuple[str, Mapping[str, Any]]]] = defaultdict(list)
        self.yearless: defaultdict[str, list[str]] = defaultdict(list)
        self.listed: defaultdict[tuple[str, int], list[str]] = defaultdict(list)
        self.problems: dict[tuple[str, int], Mapping[str, str]] = {}
        self.known: dict[tuple[str, int], Mapping[str, Any]] = {}
        self.names[self.place] = government_of(account.name or account.id)
        earlier = [row for row in known if not is_column(str(row["organ"]))]
        for row in earlier:
            # Names stay as they were called first, so that runs can be compared.
            key = organ_key(str(row["organ"]), self.place)
            if row["organ"] != account.name:
                self.names[key] = str(row["organ"])
            self.known[key, int(row["year"])] = row
        named = {organ_key(str(row["organ"]), self.place) for row in earlier if row["organ"] != account.name}
        for url, facts in account.reports.items():
            whose = self._add_report(url, facts)
            # A report says in full who wrote it; a link to it does not.
            if whose is not None and whose not in named and facts.get("organ"):
                named.add(whose)
                self.names[whose] = str(facts["organ"])
        for organ in account.organs:
            if not is_column(organ):
                self._name(organ)
        fetched = {same_page(url) for url in account.reports}
        for url, listing in account.listings.items():
            # What was fetched says itself whose it is; its title in a list often does not.
            if same_page(url) in fetched:
                continue
            for year in years_in_words(listing["words"]):
                self.listed[self._name(organ_in_title(listing["words"])), year].append(url)
        for note in account.problems:
            for year in years_in_words(note.get("promised", "")):
                self.problems.setdefault((self._name(organ_in_title(note["promised"])), year), note)

    def _name(self, organ: str | None) -> str:
        organ = None if organ and is_column(organ) else organ
        key = organ_key(organ, self.place) if organ else self.place
        self.names.setdefault(key, organ or self.place)
        return key

    def _add_report(self, url: str, facts: Mapping[str, Any]) -> str | None:
        """Sort a report in, and return the key of its organ; None for what is no report."""
        if facts.get("verdict") == "not_a_report":
            return None
        title = facts.get("title") or ""
        key = self._name(facts.get("organ") or organ_in_title(title))
        year = facts.get("year")
        if isinstance(year, int):
            self.reports[key, year].append((url, facts))
        else:
            self.yearless[key].append(url)
        return key

    def years_of(self, key: str, today: date, government: bool) -> list[int]:
        """The years that an organ owes, newest first: since 2008, or since it was first seen."""
        places = (*self.reports, *self.listed, *self.known, *self.problems)
        met = {year for organ, year in places if organ == key and FIRST_YEAR <= year <= today.year}
        owed = {year for year in range(FIRST_YEAR, today.year) if due(year, government=government) <= today}
        # An organ that is only named exists today; that it did in 2010 nobody has said.
        first = FIRST_YEAR if government else min(met, default=max(owed, default=today.year))
        years = {year for year in owed if year >= first} | met
        return sorted(years if self.asked is None else years & self.asked, reverse=True)

    def judge(self, key: str, name: str, year: int, today: date) -> OrganYear:
        row = OrganYear(self.account.id, name, self.account.division, year, "absent")
        had = self.reports.get((key, year), [])
        earlier = self.known.get((key, year))
        if had:
            row.urls = [url for url, _ in had]
            row.state, row.reason = _state_of(had)
            if row.state == "held" and earlier is not None and earlier["state"] in ("found", "revised"):
                row.known_from = str(earlier.get("known_from") or earlier.get("run") or "an earlier run")
                row.urls += [url for url in earlier.get("urls", ()) if url not in row.urls]
                row.reason = f"what its address shows now is kept, and could not be read; {row.known_from} had it"
            return row
        row.state, row.reason = self._why_not(key, year)
        if earlier is not None and (earlier["state"] in HAD or earlier.get("known_from")):
            row.urls = list(earlier.get("urls", ()))
            note = self._served_no_more(row.urls)
            row.known_from = str(earlier.get("known_from") or earlier.get("run") or "an earlier run")
            if row.state == "absent" or note:
                row.state, row.gone = "found", note or "no list shows it any more"
                row.gone_since = str(earlier.get("gone_since") or today.isoformat())
                row.reason = f"kept from {row.known_from}"
        return row

    def _served_no_more(self, urls: Iterable[str]) -> str:
        wanted = set(urls)
        return next((n["reason"] for n in self.account.problems if n["url"] in wanted and _GONE_RE.search(n["reason"])), "")

    def _why_not(self, key: str, year: int) -> tuple[str, str]:
        account = self.account
        note = self.problems.get((key, year))
        if note:
            return _state_of_problem(note["reason"]), f"{note['reason']}: {note['url']}"
        listed = self.listed.get((key, year))
        if listed:
            twin = next((account.twins[url] for url in listed if url in account.twins), None)
            return ("found", f"the same as {twin}") if twin else ("incomplete", f"listed, but not fetched: {listed[0]}")
        if not account.pages:
            reason = account.problems[0]["reason"] if account.problems else "not visited"
            return (_state_of_problem(reason) if account.problems else "incomplete"), reason
        if account.cut:
            return "incomplete", account.cut[0]
        torn = next((note for note in account.problems if "page_of" in note), None)
        if torn:
            return "incomplete", f"a list could not be read whole: {torn['reason']}: {torn['url']}"
        if not account.columns and not account.reports:
            shut = next((note for note in account.problems if note["reason"].startswith("leads nowhere: ")), None)
            check = next((note for note in account.problems if shut and note["url"] == shut["url"] and note["reason"].startswith(("challenge", "login"))), None)
            if check:
                return "blocked", f"{check['reason']}: {check['url']}"
            return "incomplete", "no column of annual reports was found"
        if self.yearless.get(key):
            return "incomplete", f"the year of {len(self.yearless[key])} of its reports is not known: {self.yearless[key][0]}"
        return "absent", "the lists were read whole, and it is not there"


def _state_of(had: list[tuple[str, Mapping[str, Any]]]) -> tuple[str, str]:
    readable = [facts for _, facts in had if facts.get("verdict") != "unreadable"]
    if not readable:
        return "held", "the document is kept, but could not be read"
    for facts in readable:
        if facts.get("state") == "changed":
            return "revised", "another version than before"
        if _REVISED_RE.search(facts.get("title") or ""):
            return "revised", f"its title says so: {facts['title']}"
    return "found", ""


def _state_of_problem(reason: str) -> str:
    """
    >>> [_state_of_problem(reason) for reason in ("robots: forbidden by robots.txt", "http 503", "empty shell: app")]
    ['blocked', 'unreachable', 'held']
    """
    if _BLOCKED_RE.search(reason):
        return "blocked"
    if _HELD_RE.search(reason):
        return "held"
    return "unreachable" if _UNREACHABLE_RE.search(reason) else "incomplete"


@dataclass(frozen=True)
class Comparison:
    """Two runs beside each other. `lost`: rows of the later run that an earlier one had; `before`: how many it had lost itself."""

    lost: tuple[Mapping[str, Any], ...]
    before: int

    @property
    def worse(self) -> bool:
        """Whether the later run lost more than the one before it, which fails it."""
        return len(self.lost) > self.before

    def __str__(self) -> str:
        organs = ", ".join(f"{row['organ']} {row['year']}" for row in self.lost[:3])
        more = f" and {len(self.lost) - 3} more" if len(self.lost) > 3 else ""
        return f"{len(self.lost)} reports had before are missing now (last time {self.before}): {organs}{more}" if self.lost else "nothing was lost"


def compare_runs(before: Iterable[Mapping[str, Any]], after: Iterable[Mapping[str, Any]]) -> Comparison:
    """Compare the `organ_years` of two runs. Only portals and years that the later run was about are compared.

    A row that the earlier run had, and the later one only knows from it, or not at all, is lost.
    """
    later = list(after)
    scope = {(row["portal"], row["year"]) for row in later}
    now = {(row["portal"], row["organ"], row["year"]): row for row in later}
    lost: list[Mapping[str, Any]] = []
    missing_before = 0
    for row in before:
        if (row["portal"], row["year"]) not in scope:
            continue
        missing_before += bool(row.get("known_from"))
        key = (row["portal"], row["organ"], row["year"])
        if (row["state"] in HAD or row.get("known_from")) and key not in now:
            lost.append(row)
    lost.extend(row for row in later if row.get("known_from"))
    return Comparison(tuple(lost), missing_before)


def pack_years(rows: Iterable[Mapping[str, Any]], roots: Mapping[str, str]) -> list[dict[str, Any]]:
    """Rows of organ-years as a journal keeps them: one entry a portal, its organs with what is equal for years on end in one line.

    `roots` are the portals' addresses, which are left out of the addresses of their reports. See `unpack_years`.

    >>> row = {"portal": "p", "organ": "县", "division": None, "state": "absent", "reason": "not there", "urls": []}
    >>> pack_years([row | {"year": 2021}, row | {"year": 2020}], {})[0]["organs"]
    {'县': [['2020-2021', 'absent', 0]]}
    """
    packed: dict[str, dict[str, Any]] = {}
    reasons: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for row in rows:
        portal = str(row["portal"])
        entry = packed.setdefault(portal, {"portal": portal, "division": row["division"], "root": roots.get(portal, ""), "reasons": [], "organs": {}})
        number = reasons[portal].setdefault(row["reason"], len(reasons[portal]))
        root = entry["root"].rstrip("/") + "/"
        urls = [url[len(root) - 1 :] if entry["root"] and url.startswith(root) else url for url in row["urls"]]
        more = {name: row[name] for name in _NOW_AND_THEN if row.get(name)}
        line: list[Any] = [str(row["year"]), row["state"], number]
        line += [urls] if urls or more else []
        line += [more] if more else []
        lines = entry["organs"].setdefault(row["organ"], [])
        first, _, last = lines[-1][0].partition("-") if lines else ("", "", "")
        if lines and lines[-1][1:] == line[1:] and int(first) == row["year"] + 1:
            lines[-1][0] = f"{row['year']}-{last or first}"
        else:
            lines.append(line)
    for portal, entry in packed.items():
        entry["reasons"] = list(reasons[portal])
    return list(packed.values())


def unpack_years(entries: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """The rows that `pack_years` packed, newest year first; rows that nobody packed as they are.

    Raises KeyError, TypeError, ValueError or IndexError for anything else.
    """
    for entry in entries:
        if "organs" not in entry:
            yield dict(entry)
            continue
        root = str(entry["root"]).rstrip("/")
        for organ, lines in entry["organs"].items():
            for years, state, reason, *rest in lines:
                first, _, last = years.partition("-")
                urls = [root + url if url.startswith("/") else url for url in (rest[0] if rest else [])]
                for year in range(int(last or first), int(first) - 1, -1):
                    row = {"portal": entry["portal"], "organ": organ, "division": entry["division"], "year": year, "state": state}
                    yield {**row, "reason": entry["reasons"][reason], "urls": list(urls), **(rest[1] if rest[1:] else {})}


class Known(Mapping[str, list[dict[str, Any]]]):
    """Rows of organ-years by portal, kept as journals pack them and unpacked for whoever asks: half a kilobyte a portal.

    A run that asked for some years only says nothing of the others: of those, the newest run before it speaks.
    """

    def __init__(self) -> None:
        self._packed: dict[str, list[tuple[bytes, str]]] = {}
        self._whole: set[str] = set()

    def add(self, entries: Iterable[Mapping[str, Any]], run: str, *, whole: bool = True) -> None:
        """Take in what a run older than those before it says of portals. `whole`: it was about all years.

        Raises what `unpack_years` raises, and takes nothing then.
        """
        fresh: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
        for entry in entries:
            if entry["portal"] not in self._whole:
                fresh[entry["portal"]].append(entry)
        packed = {}
        for portal, mine in fresh.items():
            for _ in unpack_years(mine):
                pass
            packed[portal] = json.dumps(mine, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass"), run
        for portal, one in packed.items():
            self._packed.setdefault(portal, []).append(one)
        self._whole.update(packed if whole else ())

    def __getitem__(self, portal: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        told: set[int] = set()
        for packed, run in self._packed[portal]:
            older = [{**row, "run": run} for row in unpack_years(json.loads(packed.decode("utf-8", "surrogatepass"))) if row["year"] not in told]
            rows += older
            told |= {row["year"] for row in older}
        return rows

    def __contains__(self, portal: object) -> bool:
        return portal in self._packed

    def __iter__(self) -> Iterator[str]:
        return iter(self._packed)

    def __len__(self) -> int:
        return len(self._packed)


def read_known(runs: Path, *, most: int = 60) -> Known:
    """Return the newest `organ_years` of each portal and year from the journals in a folder, with the run they are from.

    Journals without them, unfinished or unreadable ones are passed over. Looks at the `most` newest.
    """
    found = Known()
    for file in sorted(runs.glob("*.json"), reverse=True)[:most]:
        try:
            journal = json.loads(file.read_bytes())
            if journal.get("ended"):
                found.add(journal["ledger"]["organ_years"], str(journal.get("run") or file.stem), whole=not (journal.get("asked_for") or {}).get("years"))
        except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError):
            continue
    return found
