"""What a crawl came to, for a person: one table, what was not found and why, where the files are.

Names are Chinese and take two columns of a terminal a character, so widths are counted as a terminal
counts them.
"""

from __future__ import annotations

import logging
import os
import re
import sys
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from scrapy import signals

from crawler.ledger import Ledger
from crawler.reading import VERDICTS
from crawler.run import Run
from crawler.tally import Tally

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

logger = logging.getLogger("gongkai")

STATES = ("new", "changed", "unchanged")

_WIDEST_NAME = 30
_MOST_URLS = 3
#: portals that are listed; nobody reads a hundred thousand lines, and the journal has them all
_MOST_PORTALS = 1000
_BARE_STATUS = re.compile(r"HTTP \d+")
_PREFIX = re.compile(r"unreachable: |blocked: |(?=http \d)")


def width(text: str) -> int:
    """The columns that a text takes on a terminal.

    >>> width("高笋塘街道"), width("abc"), width("e\\u0301")
    (10, 3, 1)
    """
    return sum(
        0 if unicodedata.combining(char) or unicodedata.category(char) in ("Cf", "Cc", "Mn", "Me")
        else 2 if unicodedata.east_asian_width(char) in "WF"
        else 1
        for char in text
    )  # fmt: skip


def clip(text: str, columns: int) -> str:
    """A text cut to so many columns, with an ellipsis where it was cut; control characters are left out.

    >>> clip("高笋塘街道办事处", 9)
    '高笋塘街…'
    """
    text = "".join(char for char in text if unicodedata.category(char)[0] != "C")
    if width(text) <= columns:
        return text
    kept, used = [], 1
    for char in text:
        used += width(char)
        if used > columns:
            break
        kept.append(char)
    return "".join(kept) + "…"


def lay_out(rows: Sequence[Sequence[str]], left: int = 1) -> list[str]:
    """Rows as aligned lines: the first `left` columns flush left, the others flush right."""
    widths = [max(width(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = []
        for number, (cell, columns) in enumerate(zip(row, widths, strict=True)):
            gap = " " * (columns - width(cell))
            cells.append(cell + gap if number < left else gap + cell)
        lines.append("  ".join(cells).rstrip())
    return lines


def years_missing(asked: Iterable[int] | None, found: Iterable[int]) -> list[int]:
    """Years that were asked for, or lie between found ones, and have no report.

    >>> years_missing(None, [2018, 2021]), years_missing(range(2019, 2021), [2019])
    ([2019, 2020], [2020])
    """
    have = set(found)
    wanted = set(asked) if asked is not None else set(range(min(have), max(have) + 1)) if have else set()
    return sorted(wanted - have)


def span_years(years: Sequence[int]) -> str:
    """
    >>> span_years([2008, 2009, 2010, 2013])
    '2008-2010, 2013'
    """
    spans: list[list[int]] = []
    for year in years:
        if spans and year == spans[-1][1] + 1:
            spans[-1][1] = year
        else:
            spans.append([year, year])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in spans)


def write_summary(run: Run, portals: Sequence[Any], ledger: Ledger, years: Iterable[int] | None) -> str:
    """The whole summary as plain text, ending with a line end."""
    asked = None if years is None else list(years)
    blocks = [
        [_headline(run)],
        _table(portals, ledger, run.readings),
        _absent(run, portals, ledger, asked),
        _lost(run, ledger),
        _problems(run, portals, ledger),
        _bugs(run),
        _places(run),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _headline(run: Run) -> str:
    states: Counter[str] = Counter()
    for reading, times in run.readings.counted():
        states[reading.state] += times
    # Each report once, however many addresses of its portal show it.
    twins = states.pop("twin", 0)
    told = ", ".join(f"{states[state]} {state}" for state in STATES if states[state])
    beside = f", and {_count(twins, 'other address', 'other addresses')} of them" if twins else ""
    ended = run.ended or run.started
    seconds = (ended - run.started).total_seconds()
    why = "" if run.reason in ("finished", "running") else f", ended early ({run.reason})"
    known = f" ({run.from_archive:,} of them from the archive)" if run.from_archive else ""
    return (
        f"Run {run.id}: {_count(run.pages, 'page')}{known} in {_duration(seconds)}, "
        f"{_count(states.total(), 'report')}{f' ({told})' if told else ''}{beside}{why}"
    )


def _table(portals: Sequence[Any], ledger: Ledger, readings: Tally) -> list[str]:
    if not portals:
        return []
    given = {reading.verdict for reading, _ in readings.counted() if reading.state != "twin"}
    verdicts = [name for name in VERDICTS if name in given]
    rows = [["Portal", "family", "pages", "reports", *STATES, *(name.replace("_", " ") for name in verdicts)]]
    totals: Counter[str] = Counter()
    for portal in portals:
        account = ledger.look(portal.id)
        mine = [reading for reading in readings.of(portal.id) if reading.state != "twin"]
        counts = Counter(reading.state for reading in mine) + Counter(reading.verdict for reading in mine)
        counts["pages"], counts["reports"] = account.pages, len(mine)
        totals += counts
        if len(rows) <= _MOST_PORTALS:
            rows.append([clip(portal.name, _WIDEST_NAME), account.family or "-", *_figures(counts, verdicts)])
    if len(portals) > _MOST_PORTALS:
        rows.append([f"… and {len(portals) - _MOST_PORTALS:,} more", *[""] * (len(rows[0]) - 1)])
    if len(portals) > 1:
        rows.append(["Total", "", *_figures(totals, verdicts)])
    lines = lay_out(rows, left=2)
    rule = "-" * max(width(line) for line in lines)
    return [lines[0], rule, *lines[1:]] if len(portals) < 2 else [lines[0], rule, *lines[1:-1], rule, lines[-1]]


def _figures(counts: Mapping[str, int], verdicts: Sequence[str]) -> list[str]:
    return [str(counts.get(name, 0)) for name in ("pages", "reports", *STATES, *verdicts)]


def _absent(run: Run, portals: Sequence[Any], ledger: Ledger, asked: list[int] | None) -> list[str]:
    lines: list[str] = []
    for number, portal in enumerate(portals):
        if len(lines) >= _MOST_PORTALS:
            lines.append(f"  … and {len(portals) - number:,} more portals, see `missing` in runs/{run.id}.json")
            break
        mine = [reading for reading in run.readings.of(portal.id) if reading.state != "twin"]
        found = [r.year for r in mine if r.year and r.verdict != "not_a_report"]
        account = ledger.look(portal.id)
        name = clip(portal.name, _WIDEST_NAME)
        reasons: dict[str, list[int]] = defaultdict(list)
        for year, why in account.missing(years_missing(asked, found)).items():
            reasons[why].append(year)
        if not reasons and not mine:
            # No year was asked for, and none was found to look for gaps between. Any year has the reason.
            reasons[account.missing([0])[0]] = []
        for why, years in reasons.items():
            lines.append(f"  {name}: {span_years(years) or 'no report at all'} ({clip(why, 150)})")
    return ["Not found:", *lines] if lines else []


def _lost(run: Run, ledger: Ledger) -> list[str]:
    if not ledger.known or run.reason != "finished":
        return []
    comparison = ledger.comparison()
    return [f"Lost: {clip(str(comparison), 300)}"] if comparison.lost else []


def _problems(run: Run, portals: Sequence[Any], ledger: Ledger) -> list[str]:
    # Discovery is told about the same failures. Our words know why; its words know what a bare status means.
    reasons = {problem["url"]: problem["reason"] for portal in portals for problem in ledger.look(portal.id).problems}
    reasons |= {f.url: f.reason for f in run.failures if f.url not in reasons or not _BARE_STATUS.fullmatch(f.reason)}
    grouped: dict[str, list[str]] = defaultdict(list)
    for url, reason in reasons.items():
        grouped[_PREFIX.sub("", reason).replace("http ", "HTTP ", 1)].append(url)
    lines = []
    for reason, urls in sorted(grouped.items(), key=lambda pair: (-len(pair[1]), pair[0])):
        lines.append(f"  {len(urls)} × {clip(reason, 120)}")
        lines.extend(f"      {clip(url, 150)}" for url in urls[:_MOST_URLS])
        if len(urls) > _MOST_URLS:
            lines.append(f"      … and {len(urls) - _MOST_URLS} more, see runs/{run.id}.json")
    return ["Problems:", *lines] if lines else []


def _bugs(run: Run) -> list[str]:
    if not run.bugs:
        return []
    head = f"Our own code failed on {_count(len(run.bugs), 'page')}; please report:"
    return [head, *(f"  {clip(bug, 200)}" for bug in run.bugs)]


def _places(run: Run) -> list[str]:
    return [
        "Files:",
        *lay_out(
            [
                ["  records", str(run.root / "reports.jsonl")],
                ["  evidence", str(run.root / "warc")],
                ["  snapshots", str(run.root / "snapshots")],
                ["  this run", str(run.root / "runs" / f"{run.id}.json")],
            ],
            left=2,
        ),
    ]


def _count(number: int, noun: str, plural: str = "") -> str:
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s"


class SummaryExtension:
    """Prints the summary when the spider has closed: on standard output, unless a feed goes there."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._run = Run.of(crawler)
        crawler.signals.connect(self.engine_stopped, signals.engine_stopped)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> SummaryExtension:
        return cls(crawler)

    def engine_stopped(self) -> None:
        spider = self._crawler.spider
        feeds = self._crawler.settings.getdict("FEEDS")
        stream = sys.stderr if any(str(uri).startswith("stdout:") for uri in feeds) else sys.stdout
        portals = getattr(spider, "portals", [])
        ledger = getattr(spider, "ledger", None) or Ledger()
        text = write_summary(self._run, portals, ledger, getattr(spider, "years", None))
        if stream is None:  # closed before we came
            return
        try:
            stream.write(text.encode(stream.encoding or "utf-8", "replace").decode(stream.encoding or "utf-8"))
            stream.flush()
        except OSError as error:
            # Python flushes once more at its end, and would complain there.
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
            if not isinstance(error, BrokenPipeError):
                logger.error("standard output: cannot write the summary: %s; the journal of the run has it", error.strerror or error)
