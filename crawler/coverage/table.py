"""Coverage in a terminal: organs × years by place, what is missing, what is doubtful.

Marks tell the states apart; colours only repeat them, and are left out for pipes and where NO_COLOR is set
(https://no-color.org). Chinese takes two columns a character, and so do the widths here.
"""

from __future__ import annotations

import shutil
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TextIO

from crawler.coverage.states import Coverage, Organ, OrganYear
from crawler.coverage.words import load_words, word
from crawler.summary import clip, span_years, width

#: The order in which marks are explained and counted.
MARKS = ("found", "revised", "flagged", "partial", "held", "absent", "blocked", "unreachable", "incomplete")
_ANSI = {
    "found": "32", "revised": "36", "flagged": "33;1", "partial": "33", "held": "35", "absent": "31", "blocked": "31",
    "unreachable": "31;2", "incomplete": "2",
}  # fmt: skip
_NOTHING = "·"
_LEAST_NAME, _MOST_NAME = 16, 44
_MOST_LINES = 12


def wants_colour(stream: TextIO, environment: Mapping[str, str]) -> bool:
    """Whether colours are welcome there: a terminal, no NO_COLOR, not a dumb one."""
    return not environment.get("NO_COLOR") and environment.get("TERM") != "dumb" and stream.isatty()


def terminal_width(stream: TextIO, fallback: int = 100) -> int:
    """The columns to fill; a pipe has no end, and gets the fallback."""
    return shutil.get_terminal_size((fallback, 24)).columns if stream.isatty() else fallback


def write_table(coverage: Coverage, *, columns: int = 100, colour: bool = False) -> str:
    """The table and the two lists as text, ending with a line end."""
    if not coverage.organs:
        return "No organ-year fits what was asked for.\n"
    years = _fitting(coverage, columns)
    name_columns = max(_LEAST_NAME, min(_MOST_NAME, columns - 3 * len(years) - 2, _widest(coverage)))
    lines = list(_grid(coverage.organs, years, name_columns, colour))
    if len(years) < len(coverage.years):
        left = [year for year in coverage.years if year not in years]
        lines += ["", f"Years {span_years(left)} do not fit here; use --years, a wider terminal, or --json."]
    blocks = [lines, _legend(coverage, colour), _missing(coverage), _doubtful(coverage)]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _fitting(coverage: Coverage, columns: int) -> list[int]:
    """The latest years for which there is room."""
    return coverage.years[-max(1, (columns - _LEAST_NAME - 2) // 3) :]


def _widest(coverage: Coverage) -> int:
    return max(width(organ.name) + 2 for organ in coverage.organs)


def _grid(organs: Iterable[Organ], years: list[int], name_columns: int, colour: bool) -> Iterator[str]:
    yield " " * name_columns + "  " + " ".join(f"{year % 100:02d}" for year in years)
    shown: tuple[str, ...] = ()
    for organ in organs:
        if organ.path != shown:
            shown = organ.path
            yield _paint(clip(" › ".join(shown) or "no place known", name_columns + 3 * len(years) + 1), "1", colour)
        name = clip(organ.name, name_columns - 2)
        row = "  " + name + " " * (name_columns - 2 - width(name))
        yield (row + "  " + " ".join(" " + _cell(organ.years.get(year), colour) for year in years)).rstrip()


def _cell(found: OrganYear | None, colour: bool) -> str:
    if found is None:
        return _paint(_NOTHING, "2", colour)
    return _paint(word("state", found.mark).mark, _ANSI[found.mark], colour)


def _paint(text: str, code: str, colour: bool) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if colour else text


def _legend(coverage: Coverage, colour: bool) -> list[str]:
    counts = count_marks(coverage)
    total = sum(counts.values())
    lines = [f"{total:,} organ-years of {len(coverage.organs):,} organs:"]
    for mark in MARKS:
        if counts[mark]:
            said = load_words()["state"][mark]
            lines.append(f"  {_paint(said.mark, _ANSI[mark], colour)} {counts[mark]:>6,}  {said.en} ({said.zh})")
    lines.append(f"  {_NOTHING}         no report was to be expected, as far as is known")
    return lines


def count_marks(coverage: Coverage) -> Counter[str]:
    """How many organ-years are drawn with each mark."""
    return Counter(found.mark for found in coverage.organ_years())


def _missing(coverage: Coverage) -> list[str]:
    """Organs with years that are not there, those of one reason together."""
    rows: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for organ in coverage.organs:
        for found in organ.years.values():
            if found.state in ("absent", "blocked", "unreachable", "incomplete"):
                reason = found.reason + (f": {found.url}" if found.url else "")
                rows[organ.name, word("state", found.state).en, reason].append(found.year)
    lines = [
        f"  {clip(name, _MOST_NAME)}: {span_years(sorted(years))}: {state} ({clip(why, 90)})"
        for (name, state, why), years in sorted(rows.items(), key=lambda row: -len(row[1]))
    ]
    return _listed("Missing:", lines)


def _doubtful(coverage: Coverage) -> list[str]:
    lines = []
    for found in coverage.organ_years():
        if found.mark in ("flagged", "partial", "held"):
            entry = found.entries[0]
            why = ", ".join(
                f"{finding.check}{f' × {finding.times}' if finding.times > 1 else ''}"
                for finding in entry.findings
                if finding.level != "notice"
            )
            lines.append(f"  {clip(found.organ, _MOST_NAME)} {found.year}: {entry.verdict}{f' ({why})' if why else ''}")
    lines += [
        f"  {clip(entry.title or entry.url, 70)}: {entry.verdict}, organ or year not known" for entry in coverage.unplaced
    ]
    return _listed("Doubtful:", lines)


def _listed(head: str, lines: list[str]) -> list[str]:
    if not lines:
        return []
    rest = len(lines) - _MOST_LINES
    return [head, *lines[:_MOST_LINES], *([f"  … and {rest:,} more; see --json or --site"] if rest > 0 else [])]


def to_json(coverage: Coverage, problems: Iterable[str] = ()) -> dict[str, Any]:
    """The same as plain values, for scripts."""
    return {
        "organ_years": [
            {
                "portal": organ.portal,
                "places": list(organ.path),
                "organ": organ.name,
                "division": organ.division,
                "year": found.year,
                "state": found.state,
                "verdict": found.verdict,
                "reason": found.reason or None,
                "url": found.url or None,
                "report_ids": [entry.report_id for entry in found.entries],
                "findings": sorted({finding.check for entry in found.entries[:1] for finding in entry.findings}),
            }
            for organ in coverage.organs
            for found in organ.years.values()
        ],
        "unplaced": [
            {"report_id": entry.report_id, "title": entry.title, "organ": entry.organ, "year": entry.year, "url": entry.url}
            for entry in coverage.unplaced
        ],
        "problems": list(problems),
    }
