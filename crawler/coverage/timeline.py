"""Requests and their outcomes over the years, as a plot in SVG with axes, a legend and its numbers in words.

A year's bar is the sum over reports whose outcomes are all known; how many these are stands under the year, since
a rise may be ten more organs and not one more request.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10

from crawler.coverage.catalogue import OUTCOMES, Entry
from crawler.coverage.words import word

_LEFT, _TOP, _RIGHT, _BOTTOM = 64, 30, 14, 52
_HEIGHT = 312


@dataclass(frozen=True, slots=True)
class Year:
    """One year's sums, 件: requests received, each outcome in the order of OUTCOMES; `reports` counted, `left` not."""

    year: int
    new: int | float
    outcomes: tuple[int | float, ...]
    reports: int
    left: int


def sum_years(entries: Iterable[Entry]) -> list[Year]:
    """Sum what is known, a year a line; years of forms without these rows do not occur."""
    sums: dict[int, list[float]] = {}
    counts: dict[int, list[int]] = {}
    for entry in entries:
        if entry.year is None or entry.form not in ("2019", "2021"):
            continue
        figures = [figure for figure in (entry.new, *entry.outcomes) if figure is not None]
        counted = counts.setdefault(entry.year, [0, 0])
        if len(figures) != 1 + len(OUTCOMES):
            counted[1] += 1
            continue
        counted[0] += 1
        total = sums.setdefault(entry.year, [0.0] * (1 + len(OUTCOMES)))
        for number, figure in enumerate(figures):
            total[number] += figure
    return [
        Year(year, _whole(sums[year][0]), tuple(map(_whole, sums[year][1:])), *counts[year])
        for year in sorted(counts)
        if year in sums
    ]


def draw_timeline(years: Sequence[Year], name: str) -> str:
    """The plot as one `<svg>` element, or "" without a year. `name` keeps its ids apart from others' on the page."""
    if not years:
        return ""
    width = max(420, _LEFT + _RIGHT + 84 * len(years))
    inner, plot = width - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM
    ticks = nice_ticks(max(max(sum(year.outcomes), year.new) for year in years))
    top = ticks[-1] or 1

    def y(value: float) -> float:
        return round(_TOP + plot - plot * value / top, 1)

    step = inner / len(years)
    bar = min(46.0, step * 0.55)
    parts = [
        f'<svg class="plot" viewBox="0 0 {width} {_HEIGHT}" width="{width}" height="{_HEIGHT}" role="img" aria-labelledby="{name}-t">',
        f'<title id="{name}-t">{escape(_told(years))}</title>',
    ]
    for tick in ticks:
        parts.append(f'<line class="grid" x1="{_LEFT}" x2="{width - _RIGHT}" y1="{y(tick)}" y2="{y(tick)}"/>')
        parts.append(f'<text class="tick" x="{_LEFT - 8}" y="{y(tick) + 4}" text-anchor="end">{tick:,}</text>')
    parts.append(f'<text class="tick" x="{_LEFT - 8}" y="{_TOP - 16}" text-anchor="end">件</text>')
    points = []
    for number, year in enumerate(years):
        middle = round(_LEFT + step * (number + 0.5), 1)
        base = 0.0
        for key, value in zip(OUTCOMES, year.outcomes, strict=True):
            if value > 0:
                upper, lower = y(base + value), y(base)
                said = word("outcome", key)
                parts.append(
                    f'<rect class="o-{key}" x="{round(middle - bar / 2, 1)}" y="{upper}" width="{round(bar, 1)}" '
                    f'height="{round(lower - upper, 1)}"><title>{year.year} {said.zh} {said.en}: {value:,}</title></rect>'
                )
                base += value
        points.append((middle, y(year.new), year))
        parts.append(f'<text class="year" x="{middle}" y="{_HEIGHT - _BOTTOM + 20}" text-anchor="middle">{year.year}</text>')
        parts.append(
            f'<text class="tick" x="{middle}" y="{_HEIGHT - _BOTTOM + 37}" text-anchor="middle">n = {year.reports:,}</text>'
        )
    if len(points) > 1:
        parts.append(f'<polyline class="new" points="{" ".join(f"{px},{py}" for px, py, _ in points)}"/>')
    for px, py, year in points:
        parts.append(f'<circle class="new" cx="{px}" cy="{py}" r="4"><title>{year.year} 本年新收 new: {year.new:,}</title></circle>')
    parts.append(f'<line class="axis" x1="{_LEFT}" x2="{width - _RIGHT}" y1="{y(0)}" y2="{y(0)}"/></svg>')
    return "".join(parts)


def nice_ticks(most: float) -> list[int]:
    """Whole round numbers from nought to at least `most`, some four of them.

    >>> nice_ticks(37), nice_ticks(1), nice_ticks(0)
    ([0, 10, 20, 30, 40], [0, 1], [0, 1])
    """
    if most <= 4:
        return list(range(max(1, ceil(most)) + 1))
    rough = most / 4
    power = 10 ** floor(log10(rough))
    step = next(int(power * factor) for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough and power * factor % 1 == 0)
    return list(range(0, (ceil(most / step) + 1) * step, step))


def _told(years: Sequence[Year]) -> str:
    lines = [
        f"{year.year}: 新收 {year.new:,}, "
        + ", ".join(f"{word('outcome', key).zh} {value:,}" for key, value in zip(OUTCOMES, year.outcomes, strict=True))
        for year in years
    ]
    return "政府信息公开申请与办理结果（件） Requests and outcomes. " + "; ".join(lines)


def _whole(figure: float) -> int | float:
    return int(figure) if float(figure).is_integer() else figure
