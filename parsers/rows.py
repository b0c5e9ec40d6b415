"""Read the rows of a form's blocks from groups of labels and figures."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from parsers.form import Block, Row
from parsers.heads import Head, read_head, read_head_in_labels, time_of_row
from parsers.labels import label_keys
from parsers.model import Kind
from parsers.order import RIVALS, RowList, crossed_rows, in_form_order, list_rows, match_rows, rows_elsewhere
from parsers.placement import Placement, place, place_values
from parsers.stream import Group, Item, is_value, row_keys

_TURN_OF_YEAR = (("本年", 0), ("上年", 1), ("下年", -1))
_TWICE = "the row stands there more than once, with different figures"


@dataclass(slots=True)
class RowReading:
    """One row of a block as found: its figures in the form's order, or why there are none."""

    block: Block
    row: Row
    group: Group | None = None
    placed: Sequence[Item] | None = None
    #: kind of the cells when `placed` is None
    kind: Kind = "missing"
    why: str = ""
    alike: bool = False  # recognised by likeness, not to the letter
    #: whether order and grid gave the same places; None where only the order could be read
    agreed: bool | None = None
    #: on a grid: what stands under each column's head, None where that is nothing or not one thing
    under: Sequence[Item | None] = ()
    #: the year that the heads of the columns name, or the label of a row of 本年; nought for several
    col_year: int | None = None
    #: what the page's own unit column says, where the form has one
    printed_unit: str | None = None
    #: how often the page prints the row
    times: int = 0


def fit_labelled(groups: Sequence[Group], blocks: Sequence[Block], unvalued: Mapping[str, Group]) -> list[RowReading]:
    """Every row of the blocks, found or not; nothing at all when no label of theirs is there.

    `unvalued` are the labels that stand there without figures, see `labels_without_values`.
    """
    listed = list_rows(tuple(blocks))
    matches = match_rows(groups, listed)
    if not matches and unvalued.keys().isdisjoint(listed.by_key):
        return []
    chosen = in_form_order(matches, len(listed.rows))
    crossed = crossed_rows(chosen, matches)
    unsure = rows_elsewhere(chosen, matches)
    found_for: dict[int, list[tuple[int, bool]]] = {}
    for index, number, by_likeness in matches:
        found_for.setdefault(index, []).append((number, by_likeness))
    readings: list[RowReading] = []
    for index, (block, row) in enumerate(listed.rows):
        reading = RowReading(block, row)
        candidates = chosen.get(index, [])
        if index in unsure:
            reading.group = groups[candidates[0][0]]
            reading.kind, reading.why = "ambiguous", "the label is that of several rows, and the rows between them are not there"
        elif index in crossed and not listed.is_common(row):
            reading.group = groups[candidates[0][0]]
            reading.kind, reading.why = "ambiguous", "the row and its neighbour stand in each other's place"
        elif candidates:
            again = [] if listed.is_common(row) else [pair for pair in found_for[index] if not pair[1] and pair not in candidates]
            _place_row(reading, [groups[g] for g, _ in [*candidates, *again]], alike=candidates[0][1])
            if listed.is_common(row) and len(candidates) > 1 and reading.placed is not None and not _all_placed(reading, groups, candidates):
                reading.placed, reading.kind, reading.why = None, "ambiguous", "another row beside it bears the same label"
        elif index in found_for:
            reading.kind, reading.why = "ambiguous", "the row stands out of the form's order"
            reading.group = groups[found_for[index][0][0]]
        elif found := next((unvalued[key] for key in row.keys if key in unvalued), None):
            reading.group, reading.kind, reading.why = found, "lost", "the label stands there without figures"
        readings.append(reading)
    _doubt_copies(readings, listed)
    _doubt_padding(readings)
    return readings


def _doubt_padding(readings: list[RowReading]) -> None:
    """Where no head says how many columns there are, the other rows do.

    An empty last cell is a column's when another row has a figure there; and where most rows have several figures, a row
    with one has lost the others.
    """
    bare = [row for row in readings if row.block.unit_column and row.group and row.group.source >= 0 and row.group.values and not row.group.head]
    wide = [len(row.group.values) for row in bare if row.group and row.placed is None and not row.group.values[-1].blank]
    placed = [row for row in bare if row.placed is not None]
    for row in placed:
        count = len(row.group.values) if row.group else 0
        if (count < max(wide, default=0) and len(wide) > len(placed)) or (count in wide and row.group and row.group.values[-1].blank):
            row.placed, row.kind, row.why = None, "ambiguous", "other rows have more figures, and no head says which is the form's"


def _doubt_copies(readings: list[RowReading], listed: RowList) -> None:
    """Where the page holds the table twice with other figures, no row is certain that only one of the two has, nor 总计.

    A row or two that some other table has as well are not the table again.
    """
    twice = sum(row.why == _TWICE for row in readings)
    if twice < 2:
        return
    again = twice > sum(row.placed is not None and row.times < 2 for row in readings)
    for row in readings:
        if row.placed is not None and ((again and row.times < 2) or listed.is_common(row.row)):
            row.placed, row.kind, row.why = None, "ambiguous", "the table stands there more than once, with different figures"


def labels_without_values(groups: Sequence[Group]) -> dict[str, Group]:
    """Row labels that stand in a run of labels and have nothing behind them."""
    found: dict[str, Group] = {}
    for group in groups:
        rest = group.labels[:-1] if group.values else group.labels
        for item in rest:
            for key in label_keys(item.text) if len(item.text) <= 80 else ():
                if key in row_keys() and key not in ("总计", "其他", "合计"):
                    found.setdefault(key, group)
    return found


def _place_row(reading: RowReading, groups: Sequence[Group], *, alike: bool) -> None:
    reading.group, reading.alike, reading.times = groups[0], alike, len(groups)
    if len(groups) > 1:
        # the same figures under the same head are one rival, however often they are printed
        groups = list({(id(group.head), *(item.text for item in group.values)): group for group in reversed(groups)}.values())[::-1]
    if len(groups) > RIVALS:
        reading.kind, reading.why = "ambiguous", _TWICE
        return
    groups = [group for group in groups if _time_of(group) != 0] or groups
    placements = [place(group, reading.block, reading.row) for group in groups]
    reading.why = next((placement.why for placement in placements if placement.why), "")
    if _take(reading, list(zip(groups, placements, strict=True))):
        return
    if not groups[0].values and groups[0].empties >= len(reading.block.cols):
        reading.kind, reading.why = "blank", ""
    else:
        reading.kind = "ambiguous" if any(not item.blank for group in groups for item in group.values) else "lost"


def _all_placed(reading: RowReading, groups: Sequence[Group], candidates: Sequence[tuple[int, bool]]) -> bool:
    """Whether no other row that may be the one has figures that cannot be placed: 其他 may be a row of the form or of the page's own."""
    others = (groups[number] for number, _ in candidates if groups[number] is not reading.group)
    return all(all(value.blank for value in group.values) or place(group, reading.block, reading.row).values is not None for group in others)


def _take(reading: RowReading, found: Sequence[tuple[Group, Placement]]) -> bool:
    """Take the placement on which all groups that have one agree; several that differ make the row ambiguous."""
    good = [(group, placement) for group, placement in found if placement.values is not None and _time_of(group) != 0]
    if len(good) > 1 and len({tuple(item.text for item in placement.values or ()) for _, placement in good}) > 1:
        reading.kind, reading.why = "ambiguous", _TWICE
        reading.group = good[0][0]
        return True
    if not good:
        return False
    group, placement = next((pair for pair in good if pair[1].agreed), good[0])
    reading.group, reading.placed, reading.why = group, placement.values, ""
    reading.agreed, reading.under = placement.agreed, placement.under
    reading.col_year, reading.printed_unit = placement.col_year, placement.printed_unit
    if reading.col_year is None:
        reading.col_year = _time_of(group)
    turn = next((turn for word, turn in _TURN_OF_YEAR if reading.row.path and word in reading.row.path[-1]), None)
    if reading.col_year is None and turn is not None and group.labels:
        # 一、2022年新收…, 二、2021年结转…: which year's row it is
        named = re.search(r"(?<!\d)(20\d\d)\s*年", group.labels[-1].text)
        reading.col_year = int(named[1]) + turn if named else None
    return True


def _time_of(group: Group) -> int | None:
    return time_of_row(group.labels[-1].text) if group.labels and len(group.labels[-1].text) < 40 else None


def _nearly_all(group: Group, block: Block) -> bool:
    return 3 * sum(not value.blank for value in group.values) >= 2 * len(block.cols)


def _under(values: Sequence[Item], head: Head) -> Sequence[Item]:
    """The values without the empty cells that stand left of the first head: a margin."""
    start = min((leaf.x[0] for leaf in head.leaves if leaf.x), default=0)
    return [value for value in values if not (value.blank and value.x and value.x[1] <= start)]


def _of_this_year(found: list[tuple[Group, Placement]]) -> list[tuple[Group, Placement]]:
    """Rows of figures without those that only number the columns; of rows with years for labels the newest."""
    found = [pair for pair in found if [item.text for item in pair[0].values] != [str(n) for n in range(1, len(pair[0].values) + 1)]] or found
    years = [_time_of(group) for group, _ in found]
    if len(found) > 1 and all(years) and len(set(years)) == len(years):
        return [found[years.index(max(year for year in years if year))]]
    return found


def fit_unlabelled(groups: Sequence[Group], block: Block) -> RowReading:
    """The one row under the heads of 行政复议、行政诉讼; several such rows must say the same."""
    reading = RowReading(block, block.rows[0])
    found: list[tuple[Group, Placement]] = []
    for group in groups:
        head = read_head(group, block) if group.source >= 0 else read_head_in_labels(group, block)
        if head.named < 5 or not group.values:
            continue
        if group.source >= 0 and group.labels and any(k in row_keys() for k in label_keys(group.labels[-1].text)):
            continue
        placement = place_values(_under(group.values, head), block, head)
        if group.source < 0 and any(not is_value(item.text) for item in group.values):
            placement = Placement(None, "something among the figures is none")
        found.append((group, placement))
    # Word ends a table with a row of empty cells that only holds its columns apart: no rival of the figures
    found = [pair for pair in found if any(not item.blank for item in pair[0].values)] or found
    found = _of_this_year(found)
    if any(placement.values is not None for _, placement in found) and any(placement.values is None and _nearly_all(group, block) for group, placement in found):
        reading.group, reading.kind, reading.why = found[0][0], "ambiguous", "another row has nearly as many figures"
        return reading
    if found and not _take(reading, found):
        reading.group, reading.kind, reading.why = found[0][0], "ambiguous", found[0][1].why or "the row says that it is another year's"
    return reading
