"""Lay groups of labels and values on the statutory forms.

Two witnesses must agree before a figure is published. The first is the row's label with the
column's head (the geometry of a grid); the second is the order of the form: rows follow one
another as in the notice, and a row has exactly as many figures as the form has columns. One
figure too few or too many is never shifted into place: the row is marked, its figures are kept
as raw text, and the reason is said.

Which form a table follows is read from its labels, table by table and in the table of section 2
block by block, since reports of one year are found on the form of another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from rapidfuzz import fuzz

from parsers.figures import UNITS, read_figure
from parsers.form import Block, Col, Form, Row, load_forms
from parsers.heads import Head, read_head, read_head_in_labels
from parsers.labels import label_keys
from parsers.model import Cell, Kind
from parsers.stream import Group, Item, is_value, row_keys

TABLES = ("disclosure", "requests", "proceedings", "annex")

# How alike a damaged label must be to the form's, and how much more alike than to any other
# (0 to 100). 行政处 is 86 like 行政处罚 and 57 like 行政强制; 行政 alone is neither.
_LIKE = 82
_MARGIN = 14

# Groups that could all stand for one row; more than a few are no report printed twice but a flood.
_RIVALS = 8


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


@dataclass(slots=True)
class TableReading:
    """One statutory table: rows in form order, and what the reading rests on."""

    table: str
    form: str
    rows: list[RowReading] = field(default_factory=list)
    score: int = 0

    @property
    def found(self) -> bool:
        """Whether anything of the table was on the page."""
        return any(row.group is not None for row in self.rows)

    @property
    def whole(self) -> bool:
        """Whether every row was placed."""
        return all(row.placed is not None for row in self.rows)


def fit_tables(groups: Sequence[Group]) -> dict[str, TableReading]:
    """Fit the groups of a document; tables of which nothing was found are absent from the result."""
    readings: dict[str, TableReading] = {}
    for table in TABLES:
        best: TableReading | None = None
        # the newest form wins a tie, and no older one can do better than a whole table
        for form in reversed(load_forms().values()):
            reading = _fit_table(groups, form, table)
            if reading is not None and reading.found and (best is None or reading.score > best.score):
                best = reading
                if reading.whole:
                    break
        if best is not None:
            readings[table] = _mix_blocks(groups, best) if table == "disclosure" else best
            _doubt_form(readings[table])
    return readings


def _doubt_form(reading: TableReading) -> None:
    """Take back rows that another form has as well, with as many columns that mean something else.

    规章 has three figures on the forms of 2019 and of 2021. Its head says which form it is, or else
    a row beside it that only one of them can have; where nothing says it, the figures have no key.
    """
    placed = [row for row in reading.rows if row.placed is not None]
    if any(not _has_twin(row.block) or (row.group and read_head(row.group, row.block).named) for row in placed):
        return
    for row in placed:
        row.placed, row.kind, row.why = None, "ambiguous", "no head says of which form these columns are"


def _has_twin(block: Block) -> bool:
    """Whether a block of another form stands under the same caption with as many, but other, columns."""
    names = [col.key for col in block.cols]
    return any(
        other.table == block.table
        and other.caption == block.caption
        and len(other.cols) == len(names)
        and [col.key for col in other.cols] != names
        for form in load_forms().values()
        if form.name != block.form
        for other in form.blocks
    )


def _fit_table(groups: Sequence[Group], form: Form, table: str) -> TableReading | None:
    blocks = [block for block in form.blocks if block.table == table]
    if not blocks:
        return None
    reading = TableReading(table, form.name)
    if not blocks[0].labelled:
        reading.rows.append(_fit_unlabelled(groups, blocks[0]))
    else:
        rows = [(block, row) for block in blocks for row in block.rows]
        reading.rows.extend(_fit_labelled(groups, rows))
    reading.score = sum(_score(row) for row in reading.rows)
    return reading


def _score(row: RowReading) -> int:
    """Placed rows speak for a form, rows it asks for and does not get speak against it."""
    if row.placed is not None:
        return 3
    return 0 if row.group is not None else -1


# ------------------------------------------------------------------------------------ rows with labels


def _fit_labelled(groups: Sequence[Group], rows: list[tuple[Block, Row]]) -> list[RowReading]:
    matches = _match_rows(groups, rows)
    chosen = _in_form_order(matches, len(rows))
    unvalued = _labels_without_values(groups)
    readings: list[RowReading] = []
    for index, (block, row) in enumerate(rows):
        reading = RowReading(block, row)
        candidates = chosen.get(index, [])
        if candidates:
            _place_row(reading, [groups[g] for g, _ in candidates], alike=candidates[0][1])
        elif any(match[0] == index for match in matches):
            reading.kind, reading.why = "ambiguous", "the row stands out of the form's order"
            reading.group = next(groups[match[1]] for match in matches if match[0] == index)
        elif found := next((unvalued[key] for key in row.keys if key in unvalued), None):
            reading.group, reading.kind, reading.why = found, "lost", "the label stands there without figures"
        readings.append(reading)
    return readings


def _match_rows(groups: Sequence[Group], rows: list[tuple[Block, Row]]) -> list[tuple[int, int, bool]]:
    """(row, group, by likeness only) for every group whose nearest label is that of a row."""
    by_key: dict[str, list[int]] = {}
    for index, (_, row) in enumerate(rows):
        for key in row.keys:
            by_key.setdefault(key, []).append(index)
    matches: list[tuple[int, int, bool]] = []
    for number, group in enumerate(groups):
        if not group.labels or not (group.values or group.empties):
            continue
        labels = [item for item in group.labels if item.text not in UNITS]
        # 被依法纠错数 is a row under 行政复议 and one under 行政诉讼: which of them, the order decides
        found, alike = _match_label(labels, by_key, text=group.source < 0)
        matches.extend((index, number, alike) for index in found)
    return matches


def _match_label(labels: Sequence[Item], by_key: dict[str, list[int]], *, text: bool) -> tuple[list[int], bool]:
    """The rows whose leaf label stands last in `labels`; in text it may be cut over several tokens."""
    for width in (1, 2, 3, 4) if text else (1, 2):
        if width > len(labels):
            break
        joined = "".join(item.text for item in labels[-width:])
        if len(joined) > 120:
            break
        for key in label_keys(joined):
            if key in by_key:
                return by_key[key], False
    keys = label_keys(labels[-1].text) if labels and len(labels[-1].text) <= 80 else ()
    if not keys or any(key in row_keys() for key in keys) or len(keys[0]) < 3:
        return [], False
    scored = sorted(
        ((max(fuzz.ratio(key, full) for key in keys), full) for full in by_key if len(full) > 3), reverse=True
    )
    if not scored or scored[0][0] < _LIKE:
        return [], False
    best = by_key[scored[0][1]]
    if any(score > scored[0][0] - _MARGIN and by_key[full] != best for score, full in scored[1:]):
        return [], False
    return best, True


def _in_form_order(matches: list[tuple[int, int, bool]], rows: int) -> dict[int, list[tuple[int, bool]]]:
    """Keep the longest run of matches in which rows come in the form's order.

    A row may keep several groups, when each could stand in its place (a report printed twice, a
    local subtotal with the same label): whether they agree is asked when the row is placed.
    """
    ordered = sorted(matches, key=lambda match: match[1])
    # (length, previous) per match; `tops` holds, for each row, the match that ends the longest run so far.
    # Rows are few and matches may be very many, so this is linear in them.
    best: list[tuple[int, int]] = []
    tops: list[int] = [-1] * rows
    waiting: list[int] = []  # a group may match two rows, and must not follow itself
    for i, (row, group, alike) in enumerate(ordered):
        if waiting and ordered[waiting[0]][1] != group:
            _settle(waiting, ordered, best, tops)
        # exact labels weigh more than likenesses
        weight = 2 if alike else 3
        previous = max((at for at in tops[:row] if at >= 0), key=lambda at: best[at][0], default=-1)
        best.append((weight + (best[previous][0] if previous >= 0 else 0), previous))
        waiting.append(i)
    chosen: dict[int, list[tuple[int, bool]]] = {}
    if not best:
        return chosen
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
        rivals = [(g, a) for r, g, a in ordered if r == row and g != group and low < g < high and a == alike]
        chosen[row] = [(group, alike), *rivals[:_RIVALS]]
    return chosen


def _settle(
    waiting: list[int], ordered: list[tuple[int, int, bool]], best: list[tuple[int, int]], tops: list[int]
) -> None:
    """Let the matches of a finished group be followed by those of later groups."""
    for i in waiting:
        row = ordered[i][0]
        if tops[row] < 0 or best[i][0] > best[tops[row]][0]:
            tops[row] = i
    waiting.clear()


def _labels_without_values(groups: Sequence[Group]) -> dict[str, Group]:
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
    reading.group, reading.alike = groups[0], alike
    placements = []
    for group in groups:
        placed, why = place(group, reading.block)
        placements.append(placed)
        if placed is None:
            reading.why = reading.why or why
    good = [placed for placed in placements if placed is not None]
    texts = {tuple(item.text for item in placed) for placed in good}
    if len(texts) == 1:
        reading.placed, reading.why = good[0], ""
        reading.group = groups[placements.index(good[0])]
    elif len(texts) > 1:
        reading.kind, reading.why = "ambiguous", "the row stands there more than once, with different figures"
    elif not groups[0].values and groups[0].empties >= len(reading.block.cols):
        reading.kind, reading.why = "blank", ""
    else:
        reading.kind = "ambiguous" if any(not item.blank for group in groups for item in group.values) else "lost"


# ------------------------------------------------------------------------------------ the row without a label


def _fit_unlabelled(groups: Sequence[Group], block: Block) -> RowReading:
    """The one row under the heads of 行政复议、行政诉讼; several such rows must say the same."""
    reading = RowReading(block, block.rows[0])
    placements: list[Sequence[Item]] = []
    for group in groups:
        head = read_head(group, block) if group.source >= 0 else read_head_in_labels(group, block)
        if head.named < 5 or not group.values:
            continue
        if group.source >= 0 and group.labels and any(k in row_keys() for k in label_keys(group.labels[-1].text)):
            continue
        reading.group = reading.group or group
        placed, why = _place(group.values, block, head)
        if group.source < 0 and any(not is_value(item.text) for item in group.values):
            placed, why = None, "something among the figures is none"
        if placed is None:
            reading.kind, reading.why = "ambiguous", reading.why or why
        else:
            if not placements:
                reading.group = group
            placements.append(placed)
    texts = {tuple(item.text for item in placed) for placed in placements}
    if len(texts) == 1:
        reading.placed, reading.why = placements[0], ""
    elif len(texts) > 1:
        reading.kind, reading.why = "ambiguous", "the row stands there more than once, with different figures"
    return reading


# ------------------------------------------------------------------------------------ values under a head


def place(group: Group, block: Block) -> tuple[Sequence[Item] | None, str]:
    """The values of a group in the order of the block's columns, or None and the reason.

    In text nothing holds a value in its place but the number of its neighbours: one that is no
    clean figure leaves the others without a place.
    """
    values = group.values
    if group.source < 0 and any(not is_value(item.text) for item in values):
        return None, "something among the figures is none"
    if block.unit_column and len(values) > 1 and (values[0].text in UNITS or values[0].blank):
        values = values[1:]
    return _place(values, block, read_head(group, block))


def _place(values: Sequence[Item], block: Block, head: Head) -> tuple[Sequence[Item] | None, str]:
    wanted = len(block.cols)
    names = [leaf.col for leaf in head.leaves]
    if head.foreign:
        return None, "the heads of the columns are not those of the form"
    if head.complete_by_order or not head.named or not head.geometric:
        if head.named and not (head.in_order or head.complete_by_order):
            return None, "the heads of the columns are not in the form's order"
        if head.named and not head.geometric and 2 * head.named < wanted:
            return None, "too few heads of columns can be read"
        return _exactly(values, wanted)
    if not head.in_order:
        return None, "the heads of the columns are not in the form's order"
    if len(names) == wanted and all(name in (None, i) for i, name in enumerate(names)):
        return _exactly(values, wanted)
    if head.named == wanted:
        # a local column among the form's: by their number, or else by the grid
        if len(values) == len(names):
            return [value for value, name in zip(values, names, strict=True) if name is not None], ""
        return _under_heads(values, head, wanted)
    return None, f"only {head.named} of {wanted} heads of columns can be read"


def _exactly(values: Sequence[Item], wanted: int) -> tuple[Sequence[Item] | None, str]:
    """As many values as columns; empty cells behind the last one are padding."""
    if len(values) > wanted and all(value.blank for value in values[wanted:]) and not values[wanted - 1].blank:
        values = values[:wanted]
    if len(values) != wanted:
        return None, f"{len(values)} values where the form has {wanted}"
    return values, ""


def _under_heads(values: Sequence[Item], head: Head, wanted: int) -> tuple[Sequence[Item] | None, str]:
    """For each head the value in exactly its columns of the grid; what is left over must be empty."""
    by_x = {value.x: value for value in values if value.x is not None}
    placed = [by_x.get(leaf.x) for leaf in head.leaves if leaf.col is not None and leaf.x is not None]
    found = [value for value in placed if value is not None]
    if len(found) != wanted or len(by_x) != len(values):
        return None, f"{len(values)} values under {len(head.leaves)} heads, and the grid does not say which is whose"
    heads_x = {leaf.x for leaf in head.leaves}
    if any(not value.blank for value in values if value not in found and value.x not in heads_x):
        return None, "a value stands under no head"
    return found, ""


# ------------------------------------------------------------------------------------ blocks of another form


def _mix_blocks(groups: Sequence[Group], reading: TableReading) -> TableReading:
    """Read blocks that do not fit on the other forms, where they do: hybrids are real."""
    mixed: list[RowReading] = []
    for block in dict.fromkeys(row.block for row in reading.rows):
        rows = [row for row in reading.rows if row.block is block]
        if all(row.placed is None for row in rows):
            rows = _other_form(groups, block, rows)
        mixed.extend(rows)
    return replace(reading, rows=mixed)


def _other_form(groups: Sequence[Group], block: Block, rows: list[RowReading]) -> list[RowReading]:
    for form in load_forms().values():
        for other in form.blocks:
            if form.name == block.form or other.table != block.table or other.caption != block.caption:
                continue
            readings = _fit_labelled(groups, [(other, row) for row in other.rows])
            # a row of three that lost two figures also has one: the heads must say that it is the other form
            if all(row.placed is not None and row.group is not None and _headed(row.group, other) for row in readings):
                return readings
    return rows


def _headed(group: Group, block: Block) -> bool:
    return read_head(group, block).named == len(block.cols)


# ------------------------------------------------------------------------------------ cells


def read_cells(reading: TableReading) -> list[Cell]:
    """The cells of a table in form order."""
    cells: list[Cell] = []
    for row in reading.rows:
        for index, col in enumerate(row.block.cols):
            key = row.block.cell_key(row.row, col)
            if row.placed is None:
                cells.append(_unplaced(key, row, col))
            else:
                cells.append(_read_cell(key, row.placed[index], col, row))
    return cells


def _read_cell(key: str, item: Item, col: Col, row: RowReading) -> Cell:
    unit = row.row.unit or col.unit
    figure = read_figure(item.text, decimal=col.decimal or unit == "万元")
    value = figure.value
    kind = figure.kind
    if kind == "number" and item.text.lstrip().startswith(("+", "＋")) and not col.signed:
        kind, value = "ambiguous", None
    unit = figure.unit or _unit_of_head(row, col) or unit
    return Cell(key, value, item.text, kind, unit, item.at, None, figure.note)


def _unplaced(key: str, row: RowReading, col: Col) -> Cell:
    raw, at = "", None
    if row.group is not None and row.kind in ("ambiguous", "lost"):
        values = row.group.values if row.kind == "ambiguous" else []
        raw = " | ".join(item.text for item in values)
        at = (values or row.group.labels)[0].at if (values or row.group.labels) else None
    return Cell(key, None, raw, row.kind, row.row.unit or col.unit, at)


def _unit_of_head(row: RowReading, col: Col) -> str | None:
    """采购总金额(万元): the unit that a head states in its own words, for a column that has none on the form."""
    if col.unit is not None or row.row.unit is not None or row.group is None:
        return None
    for line in row.group.head:
        for item in line:
            if any(key in col.keys for key in label_keys(item.text)):
                for unit in ("万元", "元"):
                    if unit in item.text:
                        return unit
    return None
