"""Doubt figures that may be page numbers, in text that a table was flattened into.

A page number alone on its line reads as one more figure. In a row that is whole it is one too many, and the row
is not read. But where empty cells were dropped, it may stand for the one that is missing: then the count is right and
the figures behind it are all in a wrong place. Nothing in the row shows it; the text around the tables does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from parsers.fit import TableReading

_LEAST_LINES = 12  # of a page
_LONE_RE = re.compile(r"\s*[1-9]\d?\s*")


def suspect_lines(texts: Sequence[str]) -> set[int]:
    """Lines that may be page numbers: they fall into the gaps between those that stand behind a sentence.

    >>> sorted(suspect_lines(["一、总体情况", "按时公开。", "1", "规章", "0", "2", "1", "未收费。", "3"]))
    [5]
    """
    marks: list[tuple[int, int]] = []  # (line, number)
    lone: list[tuple[int, int]] = []
    above = ""
    for index, text in enumerate(texts):
        if not text.strip():
            continue
        if _LONE_RE.fullmatch(text):
            number = int(text)
            lone.append((index, number))
            if above.endswith(("。", "；", "，", "：")) and (not marks or marks[-1][1] < number):
                marks.append((index, number))
        above = text.strip()
    if not marks:
        return set()
    # behind the last of them come as many pages as there are lines for
    end, last = marks[-1]
    marks.append((len(texts), last + 1 + (len(texts) - end) // _LEAST_LINES))
    suspects: set[int] = set()
    for (start, low), (end, high) in pairwise([(-1, 0), *marks]):
        suspects.update(index for index, number in lone if start < index < end and low < number < high)
    return suspects


def doubt_page_numbers(readings: Iterable[TableReading], texts: Sequence[str]) -> None:
    """Take back rows that a page number may be in, when other rows have fewer figures than the form: empty cells were dropped."""
    rows = [row for reading in readings for row in reading.rows if row.group is not None]
    if not any(row.placed is None and row.group and len(row.group.values) < len(row.block.cols) for row in rows):
        return
    suspects = suspect_lines(texts)
    for row in rows:
        if row.placed is not None and any(item.line in suspects for item in row.placed):
            row.placed, row.kind, row.why = None, "ambiguous", "a page number may stand among the figures"
