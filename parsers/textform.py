"""Find the statutory tables in a document that has no table elements: plain text, or a page whose
tables were flattened to paragraphs, pipes or tabs.

The lines are cut into groups (see `stream`), fitted like any other table, and the stretch of
lines that the table took is returned, so that prose and figures do not mix.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from parsers.fit import TableReading
from parsers.labels import label_keys
from parsers.stream import is_value, vocabulary

_CAPTION = re.compile(r"第二十条第?\s*[（(]?[一二三四五六七八九十]?[）)]?\s*项?")


def table_lines(reading: TableReading, texts: Sequence[str]) -> range:
    """The indices of the lines that a table read from text stands in; empty when none.

    From its first figure back over every line that holds nothing but words of the forms, to its
    last figure.
    """
    numbers = [item.line for row in reading.rows if row.group is not None for item in row.group.values]
    numbers += [row.group.labels[-1].line for row in reading.rows if row.group is not None and row.group.labels]
    numbers = [number for number in numbers if number >= 0]
    if not numbers:
        return range(0)
    start, stop = min(numbers), max(numbers)
    while start > 0 and _is_table_line(texts, start - 1):
        start -= 1
    while stop + 1 < len(texts) and not texts[stop + 1].strip(" |｜\t\u3000\u00a0"):
        stop += 1
    return range(start, stop + 1)


def _is_table_line(texts: Sequence[str], index: int) -> bool:
    """Whether a line consists of captions, heads and labels only; blank and padding lines do."""
    line = texts[index]
    pieces = [piece.strip() for piece in re.split(r"[|｜\t]", line)]
    for piece in pieces:
        if not piece or is_value(piece) or _CAPTION.fullmatch(piece):
            continue
        if not _is_word(piece, texts, index):
            return False
    return True


def _is_word(piece: str, texts: Sequence[str], index: int) -> bool:
    keys = label_keys(piece)
    words = vocabulary()
    if any(key in words for key in keys) or any(key.startswith("本年") and len(key) <= 8 for key in keys):
        return True
    if not keys or len(keys[0]) > 6:
        return False
    # a label cut over two lines: 商业 / 企业
    def neighbour(step: int) -> str:
        at = index + step
        while 0 <= at < len(texts) and not texts[at].strip():
            at += step
        return texts[at] if 0 <= at < len(texts) else ""

    return any(key in words for key in label_keys(piece + neighbour(1))) or any(
        key in words for key in label_keys(neighbour(-1) + piece)
    )
