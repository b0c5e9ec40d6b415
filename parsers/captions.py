"""Which year the heading of a table says its figures are of: 政府信息公开情况统计表（2015年度）, in its first rows or right above it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from parsers.grid import Grid
from parsers.lines import Line

# Not a day or a month, on which the table was filled in.
_YEAR = re.compile(r"(?<![\d\-—–~至])(20\d\d)\s*年(?!\s*\d{1,2}\s*月|[\d\-—–~至])")
_CAPTION = re.compile(r"表|^[（(]?\s*20\d\d\s*年度?\s*[）)]?$")
_PART = re.compile(r"第?[一二三四1-4]季度|[上下]半年")
_SENTENCE = re.compile("[。；]|如下|下[表列]|填[报表写]|时间|日期|报告")
_LONGEST = 40
# How far up from its first row of figures a table is asked, and how many lines above it.
_ROWS, _LINES = 5, 2


def years_of_tables(grids: Sequence[tuple[int, Grid]], lines: Sequence[Line]) -> dict[int, int]:
    """For each table, by its number on the page, the one year that its caption names; nought where it names a part of a year."""
    above = _lines_above(lines)
    said: dict[int, int] = {}
    for index, (number, grid) in enumerate(grids, 1):
        inside = [texts[0] for row in grid.rows[:_ROWS] if len(texts := [cell.text for cell in row if cell.text]) == 1]
        # the nearest above it counts
        for captions in (inside, *([text] for text in above.get(index, []))):
            years = {year for text in captions for year in _named(text)}
            if years:
                if len(years) == 1:
                    said[number] = years.pop()
                break
    return said


def _named(text: str) -> list[int]:
    if len(text) > _LONGEST or _SENTENCE.search(text) or not _CAPTION.search(text):
        return []
    return [0 if _PART.search(text) else int(year) for year in _YEAR.findall(text)]


def _lines_above(lines: Sequence[Line]) -> Mapping[int, list[str]]:
    above: dict[int, list[str]] = {}
    for at, line in enumerate(lines):
        if line.table is None or line.table in above:
            continue
        near: list[str] = []
        for before in reversed(lines[max(0, at - _LINES) : at]):
            if before.table is not None or before.link or len(before.text) > _LONGEST:
                break
            near.append(before.text)
        above[line.table] = near
    return above
