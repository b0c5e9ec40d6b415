"""The state of every organ-year: exactly one each, so that their sum is the whole.

    found        a report is in the dataset and was read
    revised      the same, and its address said something else at another time
    held         its page or file is in the archive, and its figures could not be read from it
    blocked      the site refused: robots.txt, a challenge, a login
    unreachable  its address gives no answer, or says that nothing is there
    incomplete   what lists the reports could not be read to its end: nothing is proven
    absent       the lists were read to their end, and it is not among them

What the dataset holds outranks what the last run met: a report that is gone from its portal today is still found.
The last run's words stay as the reason. Years are those that the run was asked for; without, those between an
organ's first report and the portal's last. No year outside of these is claimed to be missing.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from crawler.coverage.catalogue import Catalogue, Entry
from crawler.coverage.places import Path, path_of, registered
from crawler.discovery.years import FIRST_YEAR
from crawler.organs import Name, one_name_each
from parsers.divisions import by_code

State = Literal["found", "revised", "held", "blocked", "unreachable", "incomplete", "absent"]
STATES: tuple[State, ...] = get_args(State)

_BLOCKED_RE = re.compile(r"robots|challenge|captcha|log ?in|forbidden|blocked|http 40[13]\b|http 451|http 412", re.I)
_UNREACHABLE_RE = re.compile(
    r"unreachable|soft 404|http [45]\d\d|timed? ?out|timeout|refused|reset|dns|no such host|tls|ssl|certificate|connection|not visited|no answer", re.I
)
_DONE = frozenset({"finished"})
#: How the reason of a report begins that its portal does not show any more.
GONE = "gone from its portal"


@dataclass(frozen=True, slots=True)
class OrganYear:
    """One organ's one year. `entries` are its reports in the dataset, the one to show first."""

    portal: str
    organ: str
    year: int
    state: State
    reason: str = ""
    url: str = ""
    entries: tuple[Entry, ...] = ()

    @property
    def verdict(self) -> str | None:
        """The verdict of the report that is shown, or None without one."""
        return self.entries[0].verdict if self.entries else None

    @property
    def mark(self) -> str:
        """What is drawn: the state, or for a report that was found and does not add up, its verdict."""
        if self.state in ("found", "revised") and self.verdict in ("flagged", "partial"):
            return str(self.verdict)
        return self.state


@dataclass(frozen=True, slots=True)
class Organ:
    """One organ with its years, under the places that it is listed by."""

    portal: str
    portal_name: str
    name: str
    path: Path
    division: str | None
    years: dict[int, OrganYear]


@dataclass(frozen=True, slots=True)
class Coverage:
    """All organs in the order of their places, and reports whose organ or year is not known."""

    organs: list[Organ]
    unplaced: list[Entry]
    years: list[int]

    def organ_years(self) -> Iterable[OrganYear]:
        for organ in self.organs:
            yield from organ.years.values()


def find_states(
    catalogue: Catalogue, *, division: str = "", years: Iterable[int] | None = None, portal: str = ""
) -> Coverage:
    """Give each organ-year its state, of all or of a division's, some years', one portal's.

    `division` is a code or the beginning of one.
    """
    wanted = None if years is None else set(years)
    held: dict[tuple[str, str], dict[int, list[Entry]]] = defaultdict(lambda: defaultdict(list))
    unplaced = []
    names_of = _one_name(catalogue)
    for entry in catalogue.entries:
        if entry.verdict == "not_a_report" or (portal and (entry.portal or "") != portal):
            continue
        if entry.organ and entry.year:
            named_here = entry.portal or "", entry.organ
            held[named_here[0], names_of.get(named_here, entry.organ)][entry.year].append(entry)
        else:
            unplaced.append(entry)
    named = {
        (entry.portal or "", entry.url): names_of.get((entry.portal or "", entry.organ), entry.organ)
        for entry in catalogue.entries
        if entry.organ and entry.year
    }
    told = {name: _told(account, named, names_of) for name, account in catalogue.portals.items() if not portal or name == portal}
    names = set(held) | {(name, organ) for name, said in told.items() for organ, _ in said}
    organs = []
    for name, organ in names:
        account = catalogue.portals.get(name, {})
        made = _organ(name, organ, account, held.get((name, organ), {}), told.get(name, {}), wanted)
        if made.years and _within(made, division):
            organs.append(made)
    silent = {name for name in told if not any(organ.portal == name for organ in organs)}
    for name in silent:
        made = _silent(catalogue.portals[name], wanted)
        if made.years and _within(made, division):
            organs.append(made)
    # Known divisions first, in the order of their codes; what stands nowhere last.
    organs.sort(key=lambda organ: (not organ.division, organ.division or "", not organ.path, organ.path, organ.portal, organ.name))
    spread = sorted({year for organ in organs for year in organ.years})
    if division:
        unplaced = [entry for entry in unplaced if (entry.division or _division(entry.portal or "") or "").startswith(division)]
    if wanted is not None:
        unplaced = [entry for entry in unplaced if entry.year is None or entry.year in wanted]
    return Coverage(organs, unplaced, spread)


def read_state(reason: str) -> State:
    """The state that a run's own words about a missing report amount to.

    >>> read_state("forbidden by robots.txt"), read_state("HTTP 503"), read_state("not listed in the columns that were found")
    ('blocked', 'unreachable', 'absent')
    """
    if "could not be read whole" in reason or "no column of annual reports" in reason or "is not known" in reason:
        return "incomplete"
    if _BLOCKED_RE.search(reason):
        return "blocked"
    if _UNREACHABLE_RE.search(reason):
        return "unreachable"
    return "absent" if reason.startswith("not listed") else "incomplete"


def _one_name(catalogue: Catalogue) -> dict[tuple[str, str], str]:
    """Of several names of one organ on one portal, the one to show: the longest, 大寨乡人民政府 and not 大寨乡.

    What the last run calls its organs is taken along: 民政局, where the reports say 青禾县民政局.
    """
    names = {
        Name(entry.portal or "", entry.organ, entry.division, _division_name(entry.division))
        for entry in catalogue.entries
        if entry.organ and entry.year and entry.verdict != "not_a_report"
    }
    called = {
        Name(portal, str(line["organ"]), None, None)
        for portal, account in catalogue.portals.items()
        for line in account.get("organ_years") or ()
        if isinstance(line, dict) and line.get("organ")
    }
    keys: dict[tuple[str, str], set[str]] = defaultdict(set)
    for name, whole in one_name_each(names | called).items():
        keys[name.portal, name.organ].add(f"{whole.code or ''} {whole.name}")
    several: dict[tuple[str, str], set[str]] = defaultdict(set)
    for (portal, organ), found in keys.items():
        if len(found) == 1:
            several[portal, min(found)].add(organ)
    return {
        (portal, organ): max(organs, key=lambda each: (len(each), each))
        for (portal, _), organs in several.items()
        if len(organs) > 1
        for organ in organs
    }


def _division_name(code: str | None) -> str | None:
    place = by_code(code) if code else None
    return place.name if place else None


Told = dict[tuple[str, int], tuple[State, str, str]]


def _told(account: Mapping[str, Any], named: Mapping[tuple[str, str], str], names_of: Mapping[tuple[str, str], str]) -> Told:
    """What the last run says of organ-years in so many words: (organ, year) to state, reason, address.

    A portal calls its organs by short names (财政局); the reports at the addresses of a line have the whole one.
    """
    portal = str(account.get("id", ""))
    lines = [
        line
        for line in account.get("organ_years") or ()
        if isinstance(line, dict) and isinstance(line.get("year"), int) and line.get("organ")
    ]
    whole: dict[str, Counter[str]] = defaultdict(Counter)
    for line in lines:
        for url in line.get("urls") or ():
            if (portal, url) in named:
                whole[str(line["organ"])][named[portal, url]] += 1
    told: Told = {}
    for line in lines:
        here = [named[portal, url] for url in line.get("urls") or () if (portal, url) in named]
        if here:
            # Its record says itself whose it is, and of which year; that it is gone from the portal no record can say.
            if line.get("gone"):
                since = f" (seen on {line['gone_since']})" if line.get("gone_since") else ""
                told.setdefault((here[0], line["year"]), ("found", f"{GONE}: {line['gone']}{since}; kept", str(line["urls"][0])))
            continue
        organ, reason, urls = str(line["organ"]), str(line.get("reason") or line.get("gone") or ""), line.get("urls") or []
        state = line.get("state")
        if state in ("found", "revised", "held"):
            # What the dataset does not have, or must not show, is not shown as there.
            state, reason, urls = "incomplete", "the run had it, and the dataset has no record that says whose it is", []
        name = whole[organ].most_common(1)[0][0] if whole.get(organ) else names_of.get((portal, organ), organ)
        told.setdefault(
            (name, line["year"]), (state if state in STATES else read_state(reason), reason, str(urls[0]) if urls else "")
        )
    return told


def _organ(
    portal: str,
    name: str,
    account: Mapping[str, Any],
    held: Mapping[int, list[Entry]],
    told: Told,
    wanted: set[int] | None,
) -> Organ:
    mine = {year: said for (organ, year), said in told.items() if organ == name}
    entries = [entry for listed in held.values() for entry in listed]
    code = next((entry.division for entry in entries if entry.division), None)
    # The run that knew what the portal lists has said which years are owed; else it is worked out from what is held.
    asked = set(held) | set(mine) | (set() if mine else set(_expected(account, held)))
    made = {
        year: _organ_year(portal, name, year, account, held.get(year, []), mine.get(year))
        for year in sorted(asked)
        if wanted is None or year in wanted
    }
    title = str(account.get("name") or (registered()[portal].name if portal in registered() else portal))
    path = path_of(code, _division(portal), title)
    return Organ(portal, title, name, path, code or _division(portal), made)


def _silent(account: Mapping[str, Any], wanted: set[int] | None) -> Organ:
    """A portal of which no organ is known: the government itself, in the years that were asked for."""
    portal, name = str(account["id"]), str(account.get("name") or account["id"])
    missing = {int(year): str(why) for year, why in (account.get("missing") or {}).items() if str(year).isdigit()}
    if not missing and wanted:
        missing = dict.fromkeys(sorted(wanted), _portal_reason(account))
    made = {
        year: OrganYear(portal, name, year, read_state(why), why)
        for year, why in sorted(missing.items())
        if wanted is None or year in wanted
    }
    code = _division(portal)
    return Organ(portal, name, name, path_of(None, code, name), code, made)


def _organ_year(
    portal: str,
    organ: str,
    year: int,
    account: Mapping[str, Any],
    held: list[Entry],
    said: tuple[State, str, str] | None,
) -> OrganYear:
    if held:
        # Newest first within a rank, so that what is shown is what the portal says today.
        ranked = sorted(held, key=lambda entry: entry.fetched or "", reverse=True)
        ranked.sort(key=lambda entry: _RANK.get(entry.verdict, 9))
        reason = said[1] if said and (said[0] not in ("found", "revised", "held") or said[1].startswith(GONE)) else ""
        if not ranked[0].readable:
            words = ", ".join(finding.check for finding in ranked[0].findings) or ranked[0].verdict
            return OrganYear(portal, organ, year, "held", reason or words, ranked[0].url, tuple(ranked))
        contents: dict[str, set[str]] = defaultdict(set)
        for entry in held:
            if entry.readable:
                contents[entry.url].add(entry.content)
        revised = any(len(different) > 1 for different in contents.values()) or bool(said and said[0] == "revised")
        if revised:
            # Of two versions at one address the later one is today's, whatever its verdict.
            readable = [entry for entry in held if entry.readable]
            readable.sort(key=lambda entry: entry.fetched or "", reverse=True)
            ranked = readable + [entry for entry in ranked if not entry.readable]
        return OrganYear(portal, organ, year, "revised" if revised else "found", reason, ranked[0].url, tuple(ranked))
    if said:
        return OrganYear(portal, organ, year, *said)
    return _absent(portal, organ, year, account)


_RANK = {"verified": 0, "flagged": 1, "partial": 2, "unreadable": 3}


def _expected(account: Mapping[str, Any], held: Mapping[int, list[Entry]]) -> Iterable[int]:
    """The years of which a report of this organ is owed, as far as anything shows it.

    A year that is unsure, from before the Regulations or not over at the last visit makes no other year owed.
    """
    sure = [
        year
        for year, entries in held.items()
        if year >= FIRST_YEAR and not all(any(finding.check == "year.unsure" for finding in entry.findings) for entry in entries)
    ]
    if not sure:
        return ()
    first = min(sure)
    asked = account.get("asked")
    if asked:
        return [int(year) for year in asked if year >= first]
    portal_years = [
        facts["year"]
        for facts in (account.get("reports") or {}).values()
        if isinstance(facts, dict) and isinstance(facts.get("year"), int)
    ]
    visits = [str(account.get("ended") or ""), *(entry.fetched or "" for entries in held.values() for entry in entries)]
    over = max((int(visit[:4]) - 1 for visit in visits if visit[:4].isdecimal()), default=max(sure))
    return range(first, min(max([max(sure), *portal_years]), over) + 1)


def _absent(portal: str, organ: str, year: int, account: Mapping[str, Any]) -> OrganYear:
    """An organ-year of which nothing is held: why, by what the run of its portal met."""
    if not account:
        return OrganYear(portal, organ, year, "incomplete", "no run's journal tells of its portal")
    problems = [note for note in account.get("problems") or () if isinstance(note, dict)]
    named = re.compile(rf"(?<!\d){year}(?!\d)")
    for note in problems:
        promised = str(note.get("promised", ""))
        if named.search(promised) and organ in promised:
            return OrganYear(portal, organ, year, read_state(str(note["reason"])), str(note["reason"]), str(note["url"]))
    if account.get("reason") not in _DONE:
        return OrganYear(portal, organ, year, "incomplete", f"the run ended early: {account.get('reason') or 'no end was written'}")
    torn = next((note for note in problems if "page_of" in note), None)
    if torn:
        return OrganYear(portal, organ, year, "incomplete", f"a list could not be read whole: {torn['reason']}", str(torn["url"]))
    why = _portal_reason(account)
    return OrganYear(portal, organ, year, "absent" if why.startswith("not listed") else read_state(why), why)


def _portal_reason(account: Mapping[str, Any]) -> str:
    """Why nothing is known of a year in which the portal named nothing."""
    problems = [note for note in account.get("problems") or () if isinstance(note, dict)]
    if not account.get("pages"):
        return str(problems[0]["reason"]) if problems else "not visited"
    if not account.get("columns") and not account.get("reports"):
        return "no column of annual reports was found"
    return "not listed in the columns that were found"


def _division(portal: str) -> str | None:
    known = registered().get(portal)
    return known.division if known else None


def _within(organ: Organ, division: str) -> bool:
    return not division or (organ.division or "").startswith(division)
