"""Read the figures that officials write in the cells of the statutory tables.

The forms ask for whole numbers of cases (件) and, in two places, for an amount. What is written
is `0`, `０`, `1,204`, `+26`, `185277.44元`, `22（其中修订16件）`, `/`, `——`, `无`, a sentence, or
nothing. A blank and a nought are two different statements; they leave this module as two
different kinds and must never meet again downstream. What could be read in two ways is not read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from parsers.model import Kind, Number

# Chinese input methods type these. Not NFKC: it would also turn the footnote in
# "5①" into a digit, and five cases into fifty-one.
_FULL_WIDTH = str.maketrans("０１２３４５６７８９，．＋－﹣−–‐‑‒／（）％", "0123456789,.+-------/()%")

# What no reader can see: it may stand inside a figure and does not change it.
_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")

# A picture beside the figure, which may be a digit of it, and the mark by which 12 is shown as 21.
_OVERLAID = re.compile("[\ufffc\u202e]")

# Marks of destruction: a decoder's replacement, a control character, a private-use glyph.
_DESTROYED = re.compile(r"[\ufffd\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ue000-\uf8ff]")

_DASH = re.compile(r"[-/\\—–―‐‑‒─_~～]{1,6}|无|空|无此项")

# 1204 or 1,204. Not 12,04: a misplaced comma is a misprint, and which figure was
# meant is not ours to say. Not 012: a digit before it may have been lost.
_FIGURE = re.compile(r"([+-]?)\s?(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?", re.ASCII)

UNITS = ("万元", "亿元", "人次", "元", "件", "条", "个", "次", "项", "份", "宗", "起", "篇", "期", "名", "人", "部")
_MONEY = frozenset(("元", "万元", "亿元"))

# A thin space between groups of three stands for a comma. Any other space may be a lost sign or two figures.
_THIN_GROUPS = re.compile(r"\d{1,3}(?:[\u2009\u202f]\d{3})+(?!\d)")

# Marks of a footnote behind a figure. None of them is a digit of it.
_FOOTNOTE = re.compile(r"(?<=[\d件条元项个次])\s*((?:[\u2460-\u2487\u00b9\u00b2\u00b3\u2070-\u2079*※#]|[\[［〔]\s*(?:注\s*)?(?:\d{1,2}|[\u00b9\u00b2\u00b3\u2070-\u2079]{1,2})?\s*[\]］〕])+)$")

_NOTE = re.compile(r"^(.*?)\s*\((.*)\)$", re.DOTALL)

_HAN_DIGIT = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_HAN_RANK = {"十": 10, "百": 100, "千": 1000}


@dataclass(frozen=True)
class Figure:
    """What one cell says. `value` is set only when `kind` is "number"; `unit` only when printed."""

    kind: Kind
    value: Number | None = None
    unit: str | None = None
    note: str | None = None


@lru_cache(maxsize=4096)
def read_figure(text: str, *, decimal: bool = False) -> Figure:
    """Read one cell.

    `decimal` allows a fraction, for amounts; a count with a fraction is ambiguous, since a stray
    point is likelier than a third of a case. A sign is kept as printed.

    >>> read_figure("１，２０４")
    Figure(kind='number', value=1204, unit=None, note=None)
    >>> read_figure("22\\n（其中修订16件）")
    Figure(kind='number', value=22, unit=None, note='其中修订16件')
    >>> read_figure("——").kind, read_figure("\\xa0").kind, read_figure("140余").kind
    ('dash', 'blank', 'text')
    >>> read_figure("12,04").kind, read_figure("1 2").kind, read_figure("007").kind
    ('ambiguous', 'ambiguous', 'ambiguous')
    """
    if _OVERLAID.search(text):
        return Figure("ambiguous")
    text = _INVISIBLE.sub("", text).translate(_FULL_WIDTH).strip(" \t\r\n\f\v\u00a0\u3000\u2002\u2003\u2009")
    if not text:
        return Figure("blank")
    if _DESTROYED.search(text):
        return Figure("lost")
    if _DASH.fullmatch(re.sub(r"[\s\u00a0]", "", text).rstrip("。")):
        return Figure("dash")
    if "\u2009" in text or "\u202f" in text:
        text = _THIN_GROUPS.sub(lambda match: re.sub(r"\s", ",", match[0]), text)
    note = None
    if match := _FOOTNOTE.search(text):
        text, note = text[: match.start()], match[1]
    if match := _NOTE.match(text):
        body, said = match[1].strip(), match[2].strip()
        note = said if note is None else f"{said} {note}"
        if not body:
            return Figure("ambiguous")
        text = body
    unit = None
    if note in UNITS:
        unit = note  # 120000（元）
    for name in UNITS:
        if text.endswith(name) and len(text) > len(name):
            text, unit = text[: -len(name)].rstrip(), name
            break
    value = _read_number(text)
    if value is None:
        return Figure(_unread_kind(text), None, None, note)
    if isinstance(value, float) and not decimal:
        if value:
            return Figure("ambiguous", None, unit, note)
        value = 0
    if unit in _MONEY and not decimal:
        return Figure("text", None, unit, note)
    return Figure("number", value, unit, note)


def _read_number(text: str) -> Number | None:
    match = _FIGURE.fullmatch(text)
    if not match:
        return _read_han(text)
    sign, whole, fraction = match.groups()
    digits = whole.replace(",", "")
    if (len(digits) > 1 and digits[0] == "0") or len(digits) > 15:
        return None
    number: Number = int(digits)
    if fraction:
        number = float(digits + fraction)
    return -number if sign == "-" else number


def _read_han(text: str) -> int | None:
    """十二 is twelve. A lone 一 is not one: it is what an input method types for a dash."""
    if not text or any(c not in _HAN_DIGIT and c not in _HAN_RANK for c in text) or set(text) == {"一"}:
        return None
    if not any(c in _HAN_RANK for c in text):
        if len(text) > 1:
            return None  # 二〇 may be a year's half as well as twenty
        return _HAN_DIGIT[text]
    total = digit = 0
    last = 10_000
    for c in text:
        if c in _HAN_DIGIT:
            digit = _HAN_DIGIT[c]
            continue
        rank = _HAN_RANK[c]
        if rank >= last:
            return None
        total += (digit or 1) * rank
        digit, last = 0, rank
    return total + digit


def _unread_kind(text: str) -> Kind:
    """Words, or something that has a figure in it which cannot be told for certain."""
    if re.fullmatch(r"[\d\s,.+\-/]+", text, re.ASCII) or set(text) == {"一"}:
        return "ambiguous"
    return "text"
