"""Find the rows of a form among groups of labels and figures, and keep those that come in the form's order.

A label alone does not make a row: 被依法纠错数 is one under 行政复议 and one under 行政诉讼, 总计 is a row and
what local editions call their subtotals. The order of the notice is the second witness, and where it is
broken between two neighbours neither of them is believed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from rapidfuzz import fuzz

from parsers.figures import UNITS
from parsers.form import Block, Row
from parsers.labels import label_keys
from parsers.stream import Group, Item, row_keys

# How alike a damaged label must be to the form's, and how much more alike than to any other
# (0 to 100). 行政处 is 86 like 行政处罚 and 57 like 行政强制; 行政 alone is neither.
_LIKE = 82
_MARGIN = 14

# Groups that could all stand for one row; more than a few are no report printed twice but a flood.
RIVALS = 8

#: row, group, and whether by likeness only
Match = tuple[int, int, bool]
#: for each row of the form that was found, the groups that may be it: (group, by likeness only), the first one first
Chosen = dict[int, list[tuple[int, bool]]]


@dataclass(frozen=True)
class RowList:
    """The rows of one or more blocks in the form's order, by the keys of their labels."""

    rows: tuple[tuple[Block, Row], ...]
    by_key: dict[str, list[int]]
    keys: tuple[str, ...]
    #: keys that are those of several rows
    twins: frozenset[str]

    def is_common(self, row: Row) -> bool:
        """Whether the row's label is also that of another row, or of subtotals that local editions add."""
        return any(key in self.twins or key in ("总计", "合计", "其他") for key in row.keys)


@cache
def list_rows(blocks: tuple[Block, ...]) -> RowList:
    """The rows of blocks that follow one another."""
    rows = tuple((block, row) for block in blocks for row in block.rows)
    by_key: dict[str, list[int]] = {}
    for index, (_, row) in enumerate(rows):
        for key in row.keys:
            by_key.setdefault(key, []).append(index)
    times = Counter(key for _, row in rows for key in row.keys)
    return RowList(rows, by_key, tuple(by_key), frozenset(key for key, count in times.items() if count > 1))


def match_rows(groups: Sequence[Group], listed: RowList) -> list[Match]:
    """Every group whose nearest label is that of a row; nothing when no label is to the letter that of any."""
    matches: list[Match] = []
    exact = False
    for number, group in enumerate(groups):
        if not group.labels or not (group.values or group.empties):
            continue
        found, alike = _match_label(group, listed)
        if len(found) > 1:
            found = _by_digit(found, group.labels, listed.rows)
        exact |= bool(found) and not alike
        matches.extend((index, number, alike) for index in found)
    return matches if exact else []


def label_sets(group: Group) -> tuple[tuple[str, ...], ...]:
    """The keys of the group's nearest label; in text it may be cut over several tokens, in a grid over two cells."""
    if group.label_sets is None:
        labels = [item.text for item in group.labels if item.text not in UNITS]
        widths = range(1, min(len(labels), 4 if group.source < 0 else 2) + 1)
        joined = ("".join(labels[-width:]) for width in widths)
        group.label_sets = tuple(label_keys(text) if len(text) <= 120 else () for text in joined)
    return group.label_sets


def _match_label(group: Group, listed: RowList) -> tuple[list[int], bool]:
    """The rows that a group may be, and whether by likeness only."""
    sets = label_sets(group)
    for keys in sets:
        for key in keys:
            if key in listed.by_key:
                return listed.by_key[key], False
    keys = sets[0] if sets else ()
    if not keys or len(keys[0]) < 3 or len(keys[0]) > 80 or not row_keys().isdisjoint(keys):
        return [], False
    scored = _likenesses(keys, listed.keys)
    if not scored or scored[0][0] < _LIKE:
        return [], False
    best = listed.by_key[scored[0][1]]
    if any(score > scored[0][0] - _MARGIN and listed.by_key[full] != best for score, full in scored[1:]):
        return [], False
    return ([], False) if _turned(keys[0], scored[0][1]) else (best, True)


# One letter of these makes another row of it: 已有现成信息, 补正前, 结转上年度, 其他机关, 党内规范性文件.
_TURNS = re.compile("[不未没无非已上下前后内外]|其他|其它|党")


def _turned(label: str, known: str) -> bool:
    """Whether a label that is like a known one says the opposite of it. A letter that was lost turns nothing round."""
    said, meant = _TURNS.findall(label), _TURNS.findall(known)
    return any(said.count(word) > meant.count(word) for word in said)


@lru_cache(maxsize=8192)
def _likenesses(keys: tuple[str, ...], known: tuple[str, ...]) -> list[tuple[float, str]]:
    """How like a label is to each known one, the likest first; labels that nothing is like come again on every page."""
    floor = _LIKE - _MARGIN
    scores = ((max(fuzz.ratio(key, full, score_cutoff=floor) for key in keys), full) for full in known if len(full) > 3)
    return sorted((pair for pair in scores if pair[0] > 0), reverse=True)


_DIGIT = re.compile(r"范围\s*[（(]?([0-9０-９])")


def _by_digit(found: list[int], labels: Sequence[Item], rows: Sequence[tuple[Block, Row]]) -> list[int]:
    """Among rows that differ by a digit only (免予公开范围1 …), those with the digit of the label."""
    digit = _DIGIT.search("".join(item.text for item in labels[-2:]))
    if digit is None:
        return found
    named = [index for index in found if (own := _DIGIT.search(rows[index][1].path[-1])) and int(own[1]) == int(digit[1])]
    return named or found


def in_form_order(matches: list[Match], rows: int) -> Chosen:
    """Keep the longest run of matches in which rows come in the form's order.

    A row may keep several groups, when each could stand in its place (a report printed twice, a
    local subtotal with the same label): whether they agree is asked when the row is placed.
    """
    ordered = sorted(matches, key=lambda match: match[1])
    # (length, previous) per match; `reach` holds, for each row, the match that ends the longest run of rows up to
    # it so far, that of the first row among equals. Rows are few and matches may be very many, so this is linear in them.
    best: list[tuple[int, int]] = []
    reach: list[int] = [-1] * rows
    waiting: list[int] = []  # a group may match two rows, and must not follow itself
    for i, (row, group, alike) in enumerate(ordered):
        if waiting and ordered[waiting[0]][1] != group:
            _settle(waiting, ordered, best, reach)
        # exact labels weigh more than likenesses
        weight = 2 if alike else 3
        previous = reach[row - 1] if row else -1
        best.append((weight + (best[previous][0] if previous >= 0 else 0), previous))
        waiting.append(i)
    chosen: Chosen = {}
    if not best:
        return chosen
    of_row: dict[int, list[tuple[int, bool]]] = {}
    for row, group, alike in ordered:
        of_row.setdefault(row, []).append((group, alike))
    at = max(range(len(best)), key=lambda i: (best[i][0], -i))
    path = []
    while at >= 0:
        path.append(at)
        at = best[at][1]
    path.reverse()
    for step, i in enumerate(path):
        row, group, alike = ordered[i]
        low = ordered[path[step - 1]][1] if step else -1
        high = ordered[path[step + 1]][1] if step + 1 < len(path) else 1 << 30
        rivals = [(g, a) for g, a in of_row[row] if g != group and low < g < high and a == alike]
        chosen[row] = [(group, alike), *rivals]
    return chosen


def _settle(
    waiting: list[int], ordered: list[Match], best: list[tuple[int, int]], reach: list[int]
) -> None:
    """Let the matches of a finished group be followed by those of later groups."""
    for i in waiting:
        length, row = best[i][0], ordered[i][0]
        for above in range(row, len(reach)):
            at = reach[above]
            if at >= 0 and (best[at][0] > length or (best[at][0] == length and ordered[at][0] <= row)):
                break
            reach[above] = i
    waiting.clear()


def crossed_rows(chosen: Chosen, matches: list[Match]) -> set[int]:
    """Rows that are out of the form's order with one other row only: which of the two is misplaced, nothing says."""
    places = sorted((row, candidates[0][0]) for row, candidates in chosen.items())
    crossed: set[int] = set()
    for row, group, alike in matches:
        if row in chosen or alike:
            continue
        against = [other for other, place in places if (other < row) != (place < group)]
        if len(against) == 1:
            crossed.add(against[0])
    return crossed


def rows_elsewhere(chosen: Chosen, matches: list[Match]) -> set[int]:
    """Rows whose group could as well be another row with the same label.

    被依法纠错数 stands under 行政复议 and under 行政诉讼. Which of the two it is, the rows between
    them say; where those are lost, nothing does.
    """
    rows_of: dict[int, list[int]] = {}
    for row, group, _ in matches:
        rows_of.setdefault(group, []).append(row)
    anchors = {row: c[0][0] for row, c in chosen.items() if len(rows_of[c[0][0]]) == 1}
    unsure: set[int] = set()
    for row, candidates in chosen.items():
        group = candidates[0][0]
        for other in rows_of[group]:
            if other in chosen:
                continue
            low, high = sorted((row, other))
            between = [place for anchor, place in anchors.items() if low < anchor < high]
            if not any(place > group if other > row else place < group for place in between):
                unsure.add(row)
    return unsure
