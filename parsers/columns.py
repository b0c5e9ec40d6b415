"""Choose among several columns of figures where the form has one: 本年 | 上年, 2016年 | 历年累计, 本级 | 合计.

Local editions of the statistics annex print the year before, a running total, or the offices below
beside the figure that the form asks for. A column is taken when its head says that it is the year's
or the organ's own and no other head says the same; where the heads leave a choice, nothing is taken
and all figures are kept as they stand.
"""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass, replace

from parsers.figures import UNITS
from parsers.form import Block, Row
from parsers.heads import ASIDE
from parsers.labels import label_keys
from parsers.stream import Item

_CODES = frozenset(("代码", "指标代码", "编号"))

# The Shanghai model prints 本期实际 | 本年累计: what the year added up to is the year's figure, unlike 历年累计.
# A part of the year is not the year: 四季度, 上半年, 12月, 1-6月; 1-12月 is.
_OTHER_TIME = re.compile(
    r"上年|上一年|去年|历年|同期|增减|增长|比上|计划|目标|上期|(?<!本年)(?<!年度)(?<!全年)累计|(?<!至四)(?<![-—–~]4)季度?|[上下]半年"
    r"|(?<![\d\-—–~至到月])(?:\d{1,2}|[一二三四五六七八九十]{1,2})月(?!份?\s*[-—–~至到])|(?<!\d)1\s*月?份?\s*[-—–~至到]\s*(?!12|十二)\d"
)
_THIS_TIME = (re.compile(r"本年(?:度)?累计|全年"), re.compile(r"本年|当年|本期|报告期"))
_OWN = re.compile(r"本级|本机关|本单位|本部门|本局|本办")
_NOT_OWN = re.compile(r"下级|所属|下属|乡镇|合计|总计|全市|全区|全县")
_UNIT = re.compile(rf"[万亿]?(?:{'|'.join(UNITS)})")
_YEAR = re.compile(r"(20\d\d)\s*年")


@dataclass(frozen=True, slots=True)
class Choice:
    """The value taken, or why none. `year` is the one that the head names, `unit` what the unit column says."""

    value: Item | None
    why: str = ""
    year: int | None = None
    unit: str | None = None


def choose_value(values: Sequence[Item], head: Sequence[Sequence[Item]], block: Block, row: Row) -> Choice:
    """The figure of a row whose form has one column, among the cells behind its label."""
    while len(values) > 1 and values[-1].blank and values[-1].x and not any(_covers(item, values[-1].x) for line in head for item in line):
        values = values[:-1]  # padding
    choice, unit = _among(values, head, block, row)
    return replace(choice, unit=unit) if unit and choice.value else choice


def _among(values: Sequence[Item], head: Sequence[Sequence[Item]], block: Block, row: Row) -> tuple[Choice, str | None]:
    unit: str | None = None
    heads, wanted = _heads_over(values, head)
    if wanted and wanted != len(values):
        # a lost cell moves its neighbours under other heads
        if wanted > len(values) or sum(_plain(name) not in ASIDE for name in _leaves_from(values, head)) > 1:
            return Choice(None, f"{len(values)} cells under {wanted} heads"), unit
        heads = {}
    pairs: list[tuple[str, Item]] = []
    for position, value in enumerate(values):
        name = _plain(heads.get(id(value), ""))
        if name in _CODES or (not name and row.code and value.text.strip() == row.code):
            if row.code and value.text.strip().lstrip("0") != row.code.lstrip("0"):
                return Choice(None, f"the code printed beside it is {value.text.strip()!r}, that of the row is {row.code!r}"), unit
            continue
        if name in ASIDE or (not name and position == 0 and _is_unit_cell(value, values, block)):
            unit = value.text if _UNIT.fullmatch(value.text) else unit
            continue
        pairs.append((heads.get(id(value), ""), value))
    if len(pairs) == 1:
        named = _YEAR.search(pairs[0][0])
        if _OTHER_TIME.search(pairs[0][0]):
            return Choice(None, f"the only column is headed {pairs[0][0]!r}"), unit
        return Choice(pairs[0][1], "", int(named[1]) if named else None), unit
    if not pairs:
        return Choice(None, "0 values where the form has 1"), unit
    if not all(name for name, _ in pairs):
        return Choice(None, f"{len(pairs)} values where the form has 1"), unit
    return _choose(pairs, frozenset(block.cols[0].keys)), unit


def _is_unit_cell(value: Item, values: Sequence[Item], block: Block) -> bool:
    return block.unit_column and len(values) > 1 and (value.blank or _UNIT.fullmatch(value.text) is not None)


def _plain(text: str) -> str:
    return "".join(text.split())


def _covers(item: Item, x: tuple[int, int]) -> bool:
    return item.x is not None and item.x[0] <= x[0] and x[1] <= item.x[1] and not item.blank


def _leaves_from(values: Sequence[Item], head: Sequence[Sequence[Item]]) -> list[str]:
    """The words of the head cells that stand lowest over their columns, from the first value on; empty ones count in the last row."""
    if not values or values[0].x is None or not head:
        return []
    over: dict[int, Item] = {}
    for line in reversed(head):
        for item in line:
            if item.x and item.x[0] >= values[0].x[0] and (line is head[-1] or not item.blank):
                for x in range(*item.x):
                    over.setdefault(x, item)
    return [item.text for item in dict.fromkeys(over[x] for x in sorted(over))]


def _heads_over(values: Sequence[Item], head: Sequence[Sequence[Item]]) -> tuple[dict[int, str], int]:
    """For each value the words of all head cells that lie over its columns, from the top, joined; how many there are."""
    out: dict[int, str] = {}
    for value in values:
        if value.x is None:
            continue
        words = [item.text for line in head for item in line if _covers(item, value.x)]
        if words:
            out[id(value)] = "".join(dict.fromkeys(words))
    return out, len(_leaves_from(values, head))


def _choose(pairs: Sequence[tuple[str, Item]], keys: Set[str]) -> Choice:
    names = ", ".join(_plain(name) for name, _ in pairs)
    left = [pair for pair in pairs if not _OTHER_TIME.search(pair[0])]
    years = [int(match[1]) if (match := _YEAR.search(name)) else None for name, _ in left]
    if left and all(years) and len(set(years)) == len(years) > 1:
        newest = max(year for year in years if year)
        return Choice(left[years.index(newest)][1], "", newest)
    own = [pair for pair in left if _OWN.search(pair[0])]
    if len(left) > 1 and len(own) == 1 and all(_NOT_OWN.search(name) for name, _ in left if name != own[0][0]):
        left = own
    for words in _THIS_TIME:
        this = [pair for pair in left if words.search(pair[0])]
        if len(left) > 1 and len(this) == 1 and all(_THIS_TIME[1].search(name) or words is not _THIS_TIME[0] for name, _ in left):
            left = this
    whole = [pair for pair in left if not _plain(pair[0]).startswith("其中")]
    if len(whole) == 1 and not keys.isdisjoint(label_keys(whole[0][0])):
        left = whole  # 统计数 | 其中：网站
    if len(left) != 1:
        return Choice(None, f"{len(pairs)} columns of figures ({names}), and their heads do not say which is the form's")
    named = _YEAR.search(left[0][0])
    return Choice(left[0][1], "", int(named[1]) if named else None)
