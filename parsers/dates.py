"""Read dates as Chinese pages write them."""

from __future__ import annotations

import re
from datetime import date

_FIGURES = str.maketrans("〇○零ＯOo一二三四五六七八九", "000000123456789")
_ARABIC_RE = re.compile(r"(?<!\d)((?:19|20)\d\d)\s*(?:[-/.．]|年)\s*(\d{1,2})\s*(?:[-/.．]|月)\s*(\d{1,2})(?!\d)")
_PACKED_RE = re.compile(r"^((?:19|20)\d\d)([01]\d)([0-3]\d)(?:\d{6})?$")
_CHINESE_RE = re.compile(
    r"(二[〇○零ＯOo0][〇○零ＯOo0一二三四五六七八九]{2})\s*年\s*([一二三四五六七八九十]{1,2})\s*月\s*([一二三四五六七八九十]{1,3})\s*日?"
)


def read_date(text: str) -> str | None:
    """The first whole date in a text, as ISO 8601; None when there is none that the calendar knows.

    >>> read_date("发布日期：2021年1月22日"), read_date("二〇一五年一月十日"), read_date("2021年1月")
    ('2021-01-22', '2015-01-10', None)
    """
    for found in (_ARABIC_RE.search(text), _PACKED_RE.match(text.strip())):
        if found:
            return _iso(int(found[1]), int(found[2]), int(found[3]))
    chinese = _CHINESE_RE.search(text)
    if chinese:
        year = int(chinese[1].replace("二", "2").translate(_FIGURES))
        return _iso(year, _count(chinese[2]), _count(chinese[3]))
    return None


def _count(figures: str) -> int:
    digits = "一二三四五六七八九"
    if "十" in figures:
        tens, _, ones = figures.partition("十")
        return (digits.find(tens) + 1 if tens else 1) * 10 + (digits.find(ones) + 1 if ones else 0)
    return digits.find(figures) + 1


def _iso(year: int, month: int, day: int) -> str | None:
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None
