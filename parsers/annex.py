"""Find the statistics annex of 2014 where it stands cell by cell among the lines of a report.

Its rows are numbered like chapters and named like them (四、行政复议数量), so that a reader of chapters must not see them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from .chrome import is_tail
from .headings import compact
from .lines import Line

_ANNEX_CELL_RE = re.compile(r"(?:^|[\s|])(?:[\d０-９.,，]+|[条件次篇个人]|万元|人次|—+|-+|/)[\s|]*$")
_CELL_HEAD_RE = re.compile(r"序号|代码|填报单位.*|填报日期.*|单位负责人.*|统计周期.*")
_SIGNED_RE = re.compile(r"^[^|]*(?:政府|局|办|处|会|厅)$|^\s*\d{4}\s*年\s*\d{1,2}\s*月\s*\d{1,2}\s*日$")


def without_annex(lines: Sequence[Line]) -> list[Line]:
    """Put one placeholder (`table` 0) where the statistics annex of 2014 stands cell by cell.

    Its rows are numbered like chapters and named like them. The annex begins at the head 统计指标 and goes on as
    long as the lines are as short as cells.
    """
    start = next(
        (
            at
            for at, line in enumerate(lines)
            if "统" in line.text and line.table is None and compact(line.text).startswith("统计指标")
        ),
        None,
    )
    if start is None:
        return list(lines)
    while start and _CELL_HEAD_RE.fullmatch(compact(lines[start - 1].text)):
        start -= 1
    end, cells = start, 0
    for at in range(start, len(lines)):
        text = lines[at].text
        if (
            lines[at].table is not None
            or len(text) > 80
            or "。" in text
            or (is_tail(text) and not _ANNEX_CELL_RE.search(text))
        ):
            break
        cells += bool(_ANNEX_CELL_RE.search(text))
        end = at + 1
    if cells < 5:
        return list(lines)
    while end > start + 1 and _SIGNED_RE.search(lines[end - 1].text):
        end -= 1
    mark = Line("〔〔T0〕〕", lines[start].at, lines[start].node, False, 0)
    return [*lines[:start], mark, *lines[end:]]
