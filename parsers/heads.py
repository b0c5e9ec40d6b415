"""Read the head of a table: which figure column stands where.

A head is read twice. By geometry: the lowest label over each grid column. By order: the leaves
as they come in reading order, which for the table of requests is 自然人, 总计, 商业企业 …, since
two of its leaves stand one row higher. On pages where the spans of head and body disagree, or a
rowspan was lost, one of the two readings still holds; where neither names all columns in the
form's order, the head speaks against the page and the figures are not placed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from rapidfuzz import fuzz

from parsers.form import Block, Col
from parsers.labels import label_key, label_keys
from parsers.stream import Group, Item, strong_heads

# Another year's figures, or a running total. 本年累计 is the year's.
_ELSEWHEN = re.compile(r"上一?个?年|去年|前年|往年|历年|同期|上期|预算|计划|季度|[上下]半年|(?<!本年)(?<!本年度)(?<!全年)累计")
_THIS_YEAR = re.compile(r"本年|今年|当年")
_YEAR = re.compile(r"(?<!\d)(20\d\d)\s*年")
_OF_ALL_YEARS = re.compile("历年|累计")
_BARE_YEAR = re.compile(r"(20\d\d)\s*年?度?[数值]?")
_BARE_ELSEWHEN = re.compile(r"(?:上一?年|去年|前年|历年|累计|历年累计|上年同期)度?[数值]?")
_NOTES = re.compile(r"[（(]([^（()）]*)[）)]")
#: what a head may say over the one figure of a row and name no column
_PLAIN = frozenset(("数量", "件数", "数", "数据", "数值", "统计数", "统计数量", "本年", "本年度", "本年数", "本年数量", "金额", "情况", "内容"))

#: heads of columns that hold no figure of the form, wherever they stand
ASIDE = frozenset(("单位", "计量单位", "序号", "行次", "代码", "编号", "指标代码", "备注", "说明", "计算单位", "填报说明", "情况说明", "数据来源", "责任单位", "责任科室", "牵头单位"))


#: a cell of a head: its text and its span of grid columns
_Cell = tuple[str, tuple[int, int] | None]


@dataclass(frozen=True, slots=True)
class Leaf:
    """One leaf of a head: the column it names, None when it names none of the form's."""

    col: int | None
    x: tuple[int, int] | None
    text: str


@dataclass(frozen=True, slots=True)
class Head:
    """A head as read for one block. `named` counts leaves that name a column."""

    leaves: tuple[Leaf, ...]
    named: int
    in_order: bool
    #: the leaves in reading order are exactly the form's
    complete_by_order: bool
    #: a text head is only ever read by order
    geometric: bool
    #: it names columns that are none of this block: the figures belong under other heads
    foreign: bool = False
    #: what stands lowest over each column of the grid
    lowest: tuple[_Cell, ...] = ()

    def other_words(self, spans: Iterable[tuple[int, int] | None]) -> str:
        """Words over columns of figures that name none of the form's columns; empty when there are none."""
        over = {x for span in spans if span for x in range(*span)}
        return next(
            (
                text
                for text, span in self.lowest
                if span and not over.isdisjoint(range(*span)) and label_key(text) and label_key(text) not in _PLAIN
            ),
            "",
        )


_NO_HEAD = Head((), 0, True, False, False)


def read_head(group: Group, block: Block) -> Head:
    """Read the label rows above a group of figures for the columns of `block`.

    Groups under one head share its rows, and what was read of them.
    """
    cache = group.heads_read
    head = cache.get((id(group.head), id(block)))
    if head is None:
        rows = group.head
        if not rows:
            head = _NO_HEAD
        elif rows[0] and rows[0][0].x is None:
            head = _read_text_head(rows[0], block)
        else:
            # report after report has the same head
            head = _read_rows(tuple(tuple((item.text, item.x) for item in row) for row in rows), block)
        cache[id(group.head), id(block)] = head
    return head


def read_head_in_labels(group: Group, block: Block) -> Head:
    """The same for text, where the heads are among the labels that run up to the figures."""
    return _read_text_head(group.labels, block) if group.labels else _NO_HEAD


@lru_cache(maxsize=256)
def _read_rows(rows: tuple[tuple[_Cell, ...], ...], block: Block) -> Head:
    lowest = _lowest(rows)
    leaves = _assign(lowest, block)
    named = [leaf.col for leaf in leaves if leaf.col is not None]
    texts = [text for row in rows for text, _ in row]
    by_order = _by_order([text for text in texts if text], block)
    groups_in_order = _groups_in_order(texts, block)
    return Head(
        leaves=tuple(leaves),
        named=len(named),
        in_order=named == sorted(named) and len(set(named)) == len(named) and groups_in_order,
        complete_by_order=by_order == list(block.head_order) and groups_in_order,
        geometric=True,
        foreign=any(_names_a_column(text) and not _candidates(text, block) for text in texts)
        or (any(col.signed for col in block.cols) and any(_is_fall(text) for text, _ in lowest)),
        lowest=tuple(cell for cell in lowest if not _is_corner(cell[0], block)),
    )


def may_be(text: str, col: Col, *, strict: bool) -> bool:
    """Whether a head that names no column may be this one's: with letters lost, or unless `strict` by another name."""
    key = label_key(text)
    if not key or any(_within(key, full) or _within(full, key) for full in col.keys):
        return True
    return not strict and len(set(key) & set(label_key(col.label))) >= min(2, len(col.label) // 2)


def _within(short: str, long: str) -> bool:
    letters = iter(long)
    return all(letter in letters for letter in short)


def _is_fall(text: str) -> bool:
    """本年减 beside 本年增, where the form has 本年增/减 in one column."""
    key = label_key(text)
    return len(key) <= 8 and "减" in key and "增" not in key


def of_another_time(text: str) -> bool:
    """Whether a head speaks of another year, or of all years: 上年制发件数, 累计处理决定数量."""
    return len(text) < 40 and _ELSEWHEN.search("".join(text.split())) is not None


def year_named(head: Head, block: Block) -> int | None:
    """The one year whose figures the heads of the columns name, notes apart: 2022年制发件数; nought when they name several.

    Over 上一年项目数量 the year before stands by right.
    """
    years = {
        int(year) + of_another_time(block.cols[leaf.col].label)
        for leaf in head.leaves
        if leaf.col is not None
        for year in _YEAR.findall(_NOTES.sub(lambda note: note[1] if _YEAR.fullmatch(note[1].rstrip("度")) else "", leaf.text))
    }
    return None if not years else years.pop() if len(years) == 1 else 0


def time_of_row(text: str) -> int | None:
    """Which year's figures the label of a row says it has: 2022年, 行政许可（2022年）; nought for 上年 and 累计, None where it says nothing."""
    for said in (text.strip(), *(note.strip() for note in _NOTES.findall(text))):
        if year := _BARE_YEAR.fullmatch(said):
            return int(year[1])
        if _BARE_ELSEWHEN.fullmatch(said):
            return 0
    return None


def _tells_otherwise(text: str, label: str, *, exact: bool) -> bool:
    """Whether a head that is like a column's speaks of another year than the column.

    Of a head that is the column's to the letter only a note can: （上年）, and not （含上年结转）. What is in force,
    or public in all, may well be called 累计.
    """
    notes = [note for note in _NOTES.findall(text) if _BARE_ELSEWHEN.fullmatch(note.strip())]
    said = " ".join(notes) if exact else text
    if "现行" in label or "总数量" in label:
        said = _OF_ALL_YEARS.sub("", said)
    if of_another_time(said):
        return not of_another_time(label)
    return not exact and _THIS_YEAR.search(said) is not None and of_another_time(label)


def _names_a_column(text: str) -> bool:
    return len(text) < 80 and not text.isascii() and not strong_heads().isdisjoint(label_keys(text))


def _lowest(rows: Sequence[Sequence[_Cell]]) -> list[_Cell]:
    """The lowest non-empty cell over each grid column, from the left, each once."""
    over: dict[int, _Cell] = {}
    for row in reversed(rows):
        for cell in row:
            text, span = cell
            if not text or span is None:
                continue
            for x in range(*span):
                over.setdefault(x, cell)
    leaves: list[_Cell] = []
    for x in sorted(over):
        if not leaves or leaves[-1] is not over[x]:
            leaves.append(over[x])
    return leaves


@lru_cache(maxsize=4096)
def _candidates(text: str, block: Block) -> tuple[int, ...]:
    """Columns that a head text may name: by its label, by a label cut short, by one damaged letter."""
    keys = label_keys(text)
    cols = block.cols
    exact = tuple(i for i, col in enumerate(cols) if any(key in col.keys for key in keys))
    if exact or not keys:
        return tuple(i for i in exact if not _tells_otherwise(text, cols[i].label, exact=True))
    return tuple(i for i in _alike(keys[0], block) if not _tells_otherwise(text, cols[i].label, exact=False))


def _alike(key: str, block: Block) -> tuple[int, ...]:
    cols = block.cols
    if len(key) >= 3:
        cut = tuple(i for i, col in enumerate(cols) if any(full.startswith(key) for full in col.keys))
        if cut:
            return cut
    if len(key) >= 4:
        scores = [max(fuzz.ratio(key, full) for full in col.keys) for col in cols]
        best = max(scores)
        if best >= 80 and all(score <= best - 15 or score == best for score in scores):
            return tuple(i for i, score in enumerate(scores) if score == best)
    return ()


def _assign(cells: Sequence[_Cell], block: Block) -> list[Leaf]:
    """Name each leaf by the first of its candidates to the right of the last one named.

    A leaf that has candidates, but none further right, takes its first: the head is then out of
    order, and `in_order` says so. Corners, captions and leaves before the first named one are
    the labels' side of the table and no leaves of figures.
    """
    leaves: list[Leaf] = []
    last = -1
    for text, x in cells:
        candidates = _candidates(text, block)
        if not candidates and (_is_corner(text, block) or not leaves) and "".join(text.split()) not in ASIDE and not of_another_time(text):
            continue
        col = next((c for c in candidates if c > last), candidates[0] if candidates else None)
        if col is not None:
            last = col
        leaves.append(Leaf(col, x, text))
    return leaves


def _is_corner(text: str, block: Block) -> bool:
    keys = label_keys(text)
    return (
        not keys
        or "第二十条" in text
        or any(key in block.corner or key in block.groups for key in keys)
        or (len(keys[0]) > 12 and keys[0] not in block.corner)
    )


def _by_order(texts: Sequence[str], block: Block) -> list[int] | None:
    """The columns in reading order, groups and corners left out; None when a leaf names nothing."""
    found: list[int] = []
    rank = {col: position for position, col in enumerate(block.head_order)}
    last = -1
    for text in texts:
        candidates = sorted(rank[col] for col in _candidates(text, block))
        if not candidates:
            if _is_corner(text, block):
                continue
            return None
        last = next((c for c in candidates if c > last), candidates[0])
        found.append(block.head_order[last])
    return found


def _groups_in_order(texts: Sequence[str], block: Block) -> bool:
    """Whether the group heads that can be read (未经复议直接起诉, 复议后起诉) come in the form's order."""
    seen: list[int] = []
    for text in texts:
        for key in label_keys(text) if len(text) < 40 else ():
            if key in block.groups:
                seen.append(block.groups.index(key))
                break
    return seen == sorted(seen)


@cache
def _places_in_head(block: Block) -> dict[str, list[int]]:
    """For each key of a head the places in `head_order` of the columns that bear it."""
    places: dict[str, list[int]] = {}
    for place, index in enumerate(block.head_order):
        for key in block.cols[index].keys:
            places.setdefault(key, []).append(place)
    return places


def _read_text_head(tokens: Sequence[Item], block: Block) -> Head:
    """A head in text: labels may be cut over several tokens, and prose may stand before them."""
    found: list[int] = []
    texts = [item.text for item in tokens[-60:]]
    places = _places_in_head(block)
    position = 0
    last = -1
    reading: list[int] = []
    while position < len(texts):
        step = 1
        for width in (1, 2, 3):
            joined = "".join(texts[position : position + width])
            if len(joined) > 40:
                break
            candidates = sorted({place for key in label_keys(joined) for place in places.get(key, ())})
            if candidates:
                chosen = next((c for c in candidates if c > last), candidates[0])
                last = chosen
                reading.append(chosen)
                found.append(block.head_order[chosen])
                step = width
                break
        position += step
    # 总计 may be printed where the form has it, or last, where a browser shows it
    in_order = reading == sorted(reading) or found == sorted(found)
    in_order = in_order and len(set(found)) == len(found) and _groups_in_order([item.text for item in tokens], block)
    leaves = tuple(Leaf(col, None, "") for col in found)
    foreign = any((_names_a_column(text) or (of_another_time(text) and _alike(label_key(text), block))) and not _candidates(text, block) for text in texts)
    return Head(leaves, len(found), in_order, len(found) == len(block.cols) and in_order, False, foreign)
