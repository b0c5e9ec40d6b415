"""Cut tables, and text that once was a table, into groups of labels followed by values.

Whatever a statutory table has been through, its reading order survives: labels, then the values
they govern, then the next labels. A `Group` is one such step. From a grid, a group is (mostly) a
row; from text it is a run of labels and the run of values behind it. `fit` lays groups on a form
and does not need to know which of the two it was, except that a grid also knows columns.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from typing import Any

from parsers.commas import cut_at_commas
from parsers.figures import UNITS, read_figure
from parsers.form import load_forms, parent_keys
from parsers.grid import Grid, GridCell
from parsers.labels import label_key, label_keys


@dataclass(slots=True, eq=False)
class Item:
    """A cell, or a token of text. `x` is the span of grid columns, None in text."""

    text: str
    at: str
    x: tuple[int, int] | None = None
    line: int = -1
    #: grid only: the rows that the cell covers, and whether one of them is another row of figures
    y: tuple[int, int] | None = None
    shared: bool = False

    @property
    def blank(self) -> bool:
        return not self.text


@dataclass(slots=True, eq=False)
class Group:
    """Labels (the nearest last) and the values behind them.

    `head` holds the label rows that govern the columns, top first, each a list of items; groups
    under one head share the list.
    """

    labels: list[Item]
    values: list[Item]
    head: list[list[Item]] = field(default_factory=list)
    #: number of the grid, or -1 for text
    source: int = -1
    #: text only: empty cells seen behind the label in its own line
    empties: int = 0
    #: keys of the nearest label, one set for each number of cells or tokens that it may be cut over; see `order`
    label_sets: tuple[tuple[str, ...], ...] | None = None
    #: grid only: how many cells the rows under this head have behind their labels, where most agree, else 0
    cells_beside: int = 0
    #: what `heads` has read for this document, by head and block
    heads_read: dict[tuple[int, int], Any] = field(default_factory=dict)


@cache
def row_keys() -> frozenset[str]:
    """Every key that a row's leaf label goes by, in any form."""
    return frozenset(
        key for form in load_forms().values() for block in form.blocks for row in block.rows for key in row.keys
    )


@cache
def annex_keys() -> frozenset[str]:
    """Those of the statistics annexes, which stand in no sentence."""
    return frozenset(
        key for form in load_forms().values() for block in form.blocks if block.table == "annex" for row in block.rows for key in row.keys if len(key) > 4
    )


@cache
def vocabulary() -> frozenset[str]:
    """Every key of every label, parent, head, group and corner of the forms."""
    keys: set[str] = set(row_keys())
    for form in load_forms().values():
        for block in form.blocks:
            keys.update(block.corner, block.groups)
            for col in block.cols:
                keys.update(col.keys)
    return frozenset(keys) | parent_keys()


def is_value(text: str) -> bool:
    """Whether a token can only be a figure or a stroke, and not a label."""
    return bool(text) and len(text) <= 40 and read_figure(text, decimal=True).kind in ("number", "dash")


def is_row_label(text: str) -> bool:
    """Whether a cell reads exactly as the leaf label of some row."""
    return not text.isascii() and not row_keys().isdisjoint(label_keys(text))


# ------------------------------------------------------------------------------------ grids


def is_statutory(grid: Grid) -> bool:
    """Whether a table is one of the form's, or a piece of one.

    A menu laid out as a table may well read 规章 | 规范性文件 | 行政许可, so words alone do not
    count: either some row has a label followed by a figure, a stroke or an empty cell, or two
    heads that occur nowhere else (本年制发件数, 科研机构, 结果维持 …) stand in it.
    """
    heads: set[str] = set()
    known_heads = strong_heads()
    known_rows = row_keys()
    widest = max((len(row) for row in grid.rows), default=0)
    if widest < 2:
        return False  # one cell a row: there is no grid to read, only lines
    for row in grid.rows:
        for position, cell in enumerate(row):
            for key in label_keys(cell.text) if len(cell.text) < 80 else ():
                if key in known_heads:
                    heads.add(key)
                if key in known_rows and position + 1 < len(row):
                    follower = row[position + 1].text
                    if follower in UNITS and position + 2 < len(row):
                        follower = row[position + 2].text
                    if is_value(follower) or (not follower and len(key) > 3):
                        return True
    return len(heads) >= 2 and widest > 2


@cache
def corners() -> frozenset[str]:
    """Keys of the cell over the labels: 信息内容, 统计指标."""
    return frozenset(key for form in load_forms().values() for block in form.blocks for key in block.corner)


@cache
def strong_heads() -> frozenset[str]:
    """Keys of heads that cannot be anything else: not 其他, 总计, nor a label that rows bear too."""
    rows = row_keys()
    keys = {key for form in load_forms().values() for block in form.blocks for col in block.cols for key in col.keys}
    return frozenset(key for key in keys if key not in rows and key != "其他" and len(key) > 2)


def prose_of_row(row: Sequence[GridCell]) -> str:
    """The text of a table row that is a heading, a sentence or a note, and no part of the form; else empty."""
    texts = [cell.text for cell in row if cell.text]
    if len(texts) != 1 or is_value(texts[0]) or _is_head(texts[0]):
        return ""
    return texts[0] if len(label_key(texts[0])) >= 4 else ""


def grid_groups(grids: Iterable[tuple[int, Grid]]) -> list[Group]:
    """Groups of all statutory tables in document order; `at` is `table[n]/r<row>c<col>`, from 1."""
    groups: list[Group] = []
    head: list[list[Item]] = []
    above: list[list[Item]] = []
    heads_read: dict[tuple[int, int], Any] = {}
    fresh = odd = False
    begin = 0
    for number, grid in grids:
        # a head that ends a table of figures, its own row gone, is no part of the next table's head
        stale = fresh and len(groups) > begin
        begin = len(groups)
        folded = 0
        for y, cells in enumerate(grid.rows):
            row = [Item(c.text, f"table[{number}]/r{y + 1}c{c.x0 + 1}", (c.x0, c.x1), y=(c.y0, c.y1)) for c in cells]
            found = _row_groups(row, number)
            if found:
                if fresh and len(head) < len(above) and all(_texts(line) in map(_texts, above) for line in head):
                    head = above  # a page break repeats some rows of the head
                fresh = odd = False
                for group in found:
                    group.head, group.heads_read = head, heads_read
                groups.extend(found)
                folded += len(found) > 1
            elif (any(_is_head(item.text) for item in row) and not _is_parent(row)) or (fresh and _names_years(row)):
                # a head printed again under itself, where a page ended behind it, is one head
                again = bool(head) and _texts(row) == _texts(head[0])
                if not fresh or stale or again or odd:
                    above, head = head, []
                    fresh, stale, odd = True, False, False
                head.append(row)
            elif len(groups) == begin and not fresh and _is_odd_head(row):
                head, fresh, stale, odd = [row], True, False, True
        if folded >= _FOLDED_ROWS:
            groups[begin:] = _unfold(groups[begin:])
        _mark_shared(groups[begin:])
    _count_cells_beside(groups)
    return groups


def _texts(row: Sequence[Item]) -> list[str]:
    return [item.text for item in row]


def _is_parent(row: Sequence[Item]) -> bool:
    """Whether a row without figures names those below it, （三）不予公开: the head above goes on."""
    texts = [item.text for item in row if item.text]
    return len(texts) == 1 and not parent_keys().isdisjoint(label_keys(texts[0]))


def _is_odd_head(row: Sequence[Item]) -> bool:
    """Whether the first row of a table is a head of words that no form has: 受理数量 | 办结数量."""
    texts = [item.text for item in row if item.text]
    return len(texts) > 1 and all(len(text) <= 20 and not _SENTENCE.search(text) and label_key(text) for text in texts)


def _names_years(row: Sequence[Item]) -> bool:
    return sum(_YEAR_HEAD.fullmatch(item.text) is not None for item in row) > 1


def _mark_shared(groups: Sequence[Group]) -> None:
    """Mark the figures whose cell goes on, past their own label, into the next row of figures: whose they are is not said."""
    tops = {item.y[0] for group in groups for item in (*group.labels, *group.values) if item.y}
    for group in groups:
        for item in group.values:
            if item.y and item.y[1] - item.y[0] > 1:
                label = group.labels[-1].y if group.labels else None
                own = label[1] if label else item.y[0] + 1
                item.shared = any(own <= top < item.y[1] for top in tops)


def _count_cells_beside(groups: Iterable[Group]) -> None:
    """Tell each row how many cells its neighbours have: one that lost a cell is then seen to have lost it."""
    under: dict[int, list[Group]] = {}
    for group in groups:
        if group.labels and group.head:
            under.setdefault(id(group.head), []).append(group)
    for rows in under.values():
        (usual, times), *others = Counter(len(group.values) for group in rows).most_common(2)
        if times > 1 and (not others or others[0][1] < times):
            for group in rows:
                group.cells_beside = usual


# Two rows of the form in one row of the table: once or twice it is a lost end tag, more often the
# table was folded, its second half set to the right of the first.
_FOLDED_ROWS = 3


def _unfold(groups: list[Group]) -> list[Group]:
    """The groups of a folded table band by band, each under the part of the head that stands over its band."""
    second = Counter(
        group.labels[-1].x[0]
        for before, group in pairwise(groups)
        if group.labels and group.labels[-1].x and before.labels and _same_row(before.labels[-1], group.labels[-1])
    )
    cuts = sorted(x for x, times in second.items() if times >= _FOLDED_ROWS)
    if not cuts:
        return groups
    bands: list[list[Group]] = [[] for _ in range(len(cuts) + 1)]
    heads: dict[tuple[int, int], list[list[Item]]] = {}
    kept = [group.head for group in groups]  # ids name them below
    for head, group in zip(kept, groups, strict=True):
        x = group.labels[-1].x if group.labels else None
        band = sum(cut <= x[0] for cut in cuts) if x else 0
        low, high = ([0, *cuts][band], [*cuts, 1 << 30][band])
        if (id(head), band) not in heads:
            heads[id(head), band] = [[item for item in line if item.x and low <= item.x[0] < high] for line in head]
        group.head = heads[id(head), band]
        # a heading without figures in the next band is no value of this one
        group.values = [value for value in group.values if not value.x or value.x[0] < high]
        bands[band].append(group)
    return [group for band in bands for group in band]


def _same_row(one: Item, other: Item) -> bool:
    return one.at.rpartition("c")[0] == other.at.rpartition("c")[0]


_SENTENCE = re.compile("[。；，,：:]")
_YEAR_HEAD = re.compile(r"20\d\d\s*年?度?")


def _is_head(text: str) -> bool:
    """Whether a cell without figures in its row belongs to a head, by any word of the forms."""
    if not text or len(text) > 80:
        return False
    words = vocabulary()
    if text.lstrip().startswith("第二十条") or any(key in words for key in label_keys(text)):
        return True
    # 本年发文（件）is a head that nobody listed; 本年，我局未收到申请。 is a sentence.
    return label_key(text).startswith("本年") and not _SENTENCE.search(text)


def _row_groups(row: Sequence[Item], source: int) -> list[Group]:
    """The groups of one row; none for a row of heads.

    The label is the last cell before the values that reads as a row label; what follows it are
    values, whatever they say. Two rows run together (a lost `</tr><tr>`) give two groups. Figures
    behind a label that we do not know, or behind none, are a group as well: a local row, a row
    whose label was damaged, or the one row of 行政复议、行政诉讼.
    """
    groups: list[Group] = []
    labels: list[Item] = []
    values: list[Item] = []
    named = figures = False
    for item in row:
        if is_row_label(item.text) and not _is_head_word(item, row):
            if named and any(not value.blank for value in values):
                groups.append(Group(labels, values, source=source))
                labels = []
            else:
                labels.extend(value for value in values if not value.blank)
            labels.append(item)
            values, named = [], True
        elif named or figures or item.blank:
            values.append(item)
        elif is_value(item.text):
            values.append(item)
            figures = True
        else:
            # a label that we do not know: empty cells before it are the padding of merged cells
            values = []
            labels.append(item)
    if named or figures or (len(values) >= 15 and not labels):
        groups.append(Group(labels, values, source=source))
    return groups


def _is_head_word(item: Item, row: Sequence[Item]) -> bool:
    """总计 is a row, a column and three heads: among other heads, or with nothing behind it, it is a head."""
    if label_key(item.text) not in ("总计", "合计", "其他"):
        return False
    heads = strong_heads() | corners()
    return row[-1] is item or any(label_key(other.text) in heads for other in row if other.text and other is not item)


# ------------------------------------------------------------------------------------ text

_CUT = re.compile(r"[|｜│┃¦\t]")
_RULE = re.compile(r"[\s|｜:：\-—=_+*]*[-=—_]{3}[\s|｜:：\-—=_+*]*")
_PAGE_MARK = re.compile(r"[-—–－]\s*\d{1,3}\s*[-—–－]|第\s*\d+\s*页(?:[\s,，/]*共\s*\d+\s*页)?|(?:Page|P\.?)\s*\d+(?:\s*(?:of|/)\s*\d+)?|\d+\s*/\s*\d+", re.IGNORECASE)
_LAST_YEAR = re.compile(r"^(?:上一?年度?|去年|历年|累计)(?=[制废处收])")
# 1.当面申请数：3件
_COLON_VALUE = re.compile(r"(.{4,60})[：:]\s*([\d０-９][\d０-９.,，]*\s*(?:万?元|人次|[件条次篇个人])?)[。；;]?")
_TAIL_VALUES = re.compile(r"^(.*?[^\s\d.,+\-/—])((?:[\s\u3000\u00a0]+[\d.,+\-/—０-９]+(?:件|元|万元)?)+)$")


def text_groups(lines: Sequence[str], places: Sequence[str] | None = None) -> list[Group]:
    """Groups of text in which a table was flattened.

    Cells may stand one a line, one a paragraph, behind tabs or between pipes, with or without a
    mark at the end of a row; runs of pipes are padding. Empty cells cannot be told from padding,
    so they are only counted. `places` says where each line came from; without it `at` is `line[n]`,
    from 1. `Item.line` is the line's index, from 0.
    """
    groups: list[Group] = []
    labels: list[Item] = []
    values: list[Item] = []
    empties = 0
    head: list[list[Item]] = []
    heads_read: dict[tuple[int, int], Any] = {}

    def close() -> None:
        nonlocal labels, values, empties, head
        if values:
            if _has_heads(labels):
                head = [labels]
            groups.append(Group(labels, values, head, -1, empties, heads_read=heads_read))
            labels, values, empties = [], [], 0

    for number, line in enumerate(lines):
        place = places[number] if places else f"line[{number + 1}]"
        for piece, empty in _pieces(line):
            item = Item(piece, place, None, number)
            if empty:
                if labels and not values and labels[-1].line == number:
                    empties += 1
            elif is_value(piece):
                values.append(item)
            elif _is_junk(piece):
                # a figure that is none (12,04 or two in one cell): it spoils its row, as it must
                values.append(item)
            else:
                close()
                if labels and empties and is_row_label(labels[-1].text):
                    groups.append(Group(labels, [], head, -1, empties))
                    labels = []
                empties = 0
                labels.append(item)
    close()
    if labels:
        groups.append(Group(labels, [], head, -1, 0))
    return groups


def _is_junk(piece: str) -> bool:
    return len(piece) < 24 and not label_key(piece) and any(c.isdigit() for c in piece)


def _pieces(line: str) -> Iterable[tuple[str, bool]]:
    """The cells of a line as (text, is it empty)."""
    text = line.strip()
    if not text or (_RULE.fullmatch(text) and len(text) > 3) or _PAGE_MARK.fullmatch(text):
        return
    if not _CUT.search(line):
        if cells := cut_at_commas(text, row_keys(), strong_heads() | corners()):
            yield from ((cell, not cell) for cell in cells)
            return
        yield from ((piece, False) for piece in _words(text))
        return
    parts = [part.strip(" \u3000\u00a0") for part in _CUT.split(line.strip("\n"))]
    while parts and not parts[-1]:
        parts.pop()
    started = False
    for part in parts:
        if part:
            started = True
            yield part, False
        elif started:
            yield "", True


def _words(text: str) -> list[str]:
    """A line without cell marks: figures set off by spaces, labels and figures, several heads, or one cell.

    To cut a label at its spaces does no harm, for labels are put together again where they are
    matched; a sentence stays whole.
    """
    if (match := _COLON_VALUE.fullmatch(text)) and not annex_keys().isdisjoint(label_keys(match[1])):
        return [match[1], match[2]]
    words = text.split()
    if len(words) < 2 or len(text) > 200:
        return [text]
    if all(is_value(word) for word in words):
        return words
    if (match := _TAIL_VALUES.match(text)) and all(is_value(word) for word in match[2].split()):
        return words
    known = vocabulary()
    if sum(any(_LAST_YEAR.sub("本年", key) in known for key in label_keys(word)) for word in words) >= 2:
        return words
    return [text]


def _has_heads(labels: Sequence[Item]) -> bool:
    """Whether a run of labels carries the heads of a block; 其他 and 总计 do not count."""
    strong = strong_heads()
    # 上年制发件数 over a column is a head as well, of a table that is none of this year's
    keys = [_LAST_YEAR.sub("本年", label_key(item.text)) for item in labels[-60:] if len(item.text) <= 40]
    return any(key in strong or key + after in strong for key, after in zip(keys, [*keys[1:], ""], strict=False))
