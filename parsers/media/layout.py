"""Join the pages of a PDF to one document.

A table that goes on over a page break is one table, a paragraph one paragraph, and the page numbers and running
heads belong to neither.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from parsers.media.rendering import Box, Rendering, Unreadable, write_page, write_table, write_text
from parsers.media.sheetful import PAGE_MARK, SNAP, Ruled, Sheetful, Slot, TextLine, edges_of, nearest
from parsers.model import Finding
from parsers.stream import is_row_label, is_value

_HEADING = re.compile(r"[一二三四五六七八九十]{1,3}\s*[、.．]|[（(][一二三四五六七八九十\d]{1,3}[)）]|第[一二三四五六七八九十]+(?:部分|章)|\d{1,2}\s*[、.．](?!\d)")


def join_pages(sheets: Sequence[Sheetful]) -> Rendering:
    """The pages as one document."""
    rendering = Rendering()
    flow = [(sheet, item) for sheet in sheets for item in _without_margins(sheet, sheets)]
    right = max((item.x1 for _, item in flow if isinstance(item, TextLine)), default=0.0)
    left = min((item.x0 for _, item in flow if isinstance(item, TextLine)), default=0.0)
    parts: list[str] = []
    tables: list[tuple[int, list[Ruled]]] = []
    last: tuple[Sheetful, TextLine | Ruled] | None = None
    for sheet, item in flow:
        if isinstance(item, Ruled):
            before = last[1] if last else None
            if isinstance(before, Ruled) and last and last[0] is not sheet and _goes_on(before, item):
                tables[-1][1].append(item)
            else:
                tables.append((len(parts), [item]))
                parts.append("")
        elif last and isinstance(last[1], TextLine) and _same_paragraph(last[1], item, left, right, last[0] is sheet):
            parts[-1] += write_text(_glue(last[1].text, item.text))
        else:
            parts.append("\n" + write_text(item.text))
        last = sheet, item
    out = [f"<p>{part[1:]}</p>" for part in parts]
    for number, (index, pieces) in enumerate(tables, 1):
        out[index] = _write_ruled(pieces, number, rendering)
    rendering.html = write_page(out)
    _say_losses(sheets, rendering)
    return rendering


def _say_losses(sheets: Sequence[Sheetful], rendering: Rendering) -> None:
    unmapped, turned = sum(s.unmapped for s in sheets), sum(s.turned for s in sheets)
    words = sum(len(i.text) if isinstance(i, TextLine) else sum(len(s.text) for s in i.slots) for sheet in sheets for i in sheet.items)
    if unmapped and unmapped * 4 > words:
        raise Unreadable(f"the fonts of the PDF do not say which characters they draw: {unmapped} of {words} are unknown")
    if unmapped:
        rendering.findings.append(Finding("text.damaged", "warning", f"{unmapped} characters of the PDF have no Unicode value and cannot be read", found=unmapped))
    if turned > 20:
        rendering.findings.append(Finding("source.cut", "error", f"{turned} characters of the PDF are set sideways and were not read"))
    opened = [str(sheet.number) for sheet in sheets if sheet.open_tables]
    if opened:
        rendering.findings.append(Finding("media.open_table", "notice", f"ruling lines do not close every box of a table on page {', '.join(opened[:10])}; it was read as lines of text"))


def _without_margins(sheet: Sheetful, sheets: Sequence[Sheetful]) -> Iterator[TextLine | Ruled]:
    """What stands on a page without its page number and the heads and feet that pages repeat."""
    repeated = _repeated(sheets)
    for item in sheet.items:
        if isinstance(item, TextLine):
            edge = item.top < 0.1 * sheet.height or item.bottom > 0.88 * sheet.height
            if edge and (PAGE_MARK.fullmatch(item.text.strip()) or (item.text, round(item.top / 4)) in repeated):
                continue
        yield item


def _repeated(sheets: Sequence[Sheetful]) -> set[tuple[str, int]]:
    """Lines that stand at the same height on three pages or more."""
    counts = Counter(key for sheet in sheets for key in {(item.text, round(item.top / 4)) for item in sheet.items if isinstance(item, TextLine)})
    return {key for key, count in counts.items() if count >= 3}


def _goes_on(before: Ruled, after: Ruled) -> bool:
    return abs(before.x0 - after.x0) <= 2 * SNAP and abs(before.x1 - after.x1) <= 2 * SNAP


def _same_paragraph(before: TextLine, after: TextLine, left: float, right: float, same_page: bool) -> bool:
    """Whether a line goes on where the line before it was full."""
    size = before.bottom - before.top
    if before.x1 < right - 2.5 * size or _HEADING.match(after.text):
        return False
    if " " in before.text and before.text.count(" ") >= 3:
        return False  # a row of a table without lines
    if same_page and not -size < after.top - before.bottom < 2.2 * size:
        return False
    if abs((after.bottom - after.top) - size) > 0.15 * size:
        return False
    return after.x0 < left + 1.2 * size


def _glue(before: str, after: str) -> str:
    return " " + after if before[-1:].isascii() and after[:1].isascii() and before[-1:].isalpha() else after


#: a slot, the box that it is written as, and its column
_Placed = tuple[Slot, Box, int]


def _write_ruled(pieces: Sequence[Ruled], number: int, rendering: Rendering) -> str:
    """The pieces of one table as one HTML table; columns are those of all pieces together."""
    xs = edges_of(edge for piece in pieces for slot in piece.slots for edge in (slot.x0, slot.x1))
    rows: list[list[_Placed]] = []
    for piece in pieces:
        ys = edges_of(edge for slot in piece.slots for edge in (slot.top, slot.bottom))
        laid: list[list[_Placed]] = [[] for _ in ys[1:]]
        for slot in sorted(piece.slots, key=lambda slot: slot.x0):
            x, y = nearest(xs, slot.x0), nearest(ys, slot.top)
            across = max(1, nearest(xs, slot.x1) - x)
            down = max(1, nearest(ys, slot.bottom) - y)
            if y < len(laid):
                laid[y].append((slot, Box(slot.text, across, down), x))
        if rows:
            del laid[: _repeated_head(rows, laid)]
        if rows and laid and _is_cut_row(rows[-1], laid[0]):
            _join_rows(rows[-1], laid.pop(0), laid[0] if laid else [])
        rows.extend(laid)
    for y, row in enumerate(rows, 1):
        for slot, _, x in row:
            rendering.places[f"table[{number}]/r{y}c{x + 1}"] = slot.at
    return write_table([box for _, box, _ in row] for row in rows)


def _repeated_head(rows: Sequence[Sequence[_Placed]], piece: Sequence[Sequence[_Placed]]) -> int:
    """How many rows at the top of a page repeat the first rows of the table. A row of figures is never one of them."""
    count = 0
    for first, again in zip(rows, piece[:-1], strict=False):
        texts = [(box.text, box.cols) for _, box, _ in again]
        if texts != [(box.text, box.cols) for _, box, _ in first] or not any(text for text, _ in texts) or any(is_value(text) for text, _ in texts):
            break
        count += 1
    # A head that goes on below, with a cell over more rows than are repeated, is left as it is.
    deepest = max((y + box.rows for y, row in enumerate(piece[:count]) for _, box, _ in row), default=0)
    return count if deepest <= count else 0


def _is_cut_row(before: Sequence[_Placed], after: Sequence[_Placed]) -> bool:
    """Whether a row is the rest of the row that the page break cut.

    Either only together do their words read as a row's label, or there are figures under figures and no
    word beside them. Boxes that began higher up, such as a label over several rows, go on empty.
    """
    above = {x: box for _, box, x in before}
    texts = [(box, above.get(x)) for _, box, x in after if box.text]
    if not texts or any(over is None or box.rows > 1 for box, over in texts):
        return False
    words = [(box.text, over.text) for box, over in texts if over and not is_value(box.text)]
    if words:
        return all(not over or (not is_row_label(text) and is_row_label(over + text)) for text, over in words) and any(over for _, over in words)
    return any(over and is_value(over.text) for _, over in texts)


def _join_rows(before: Sequence[_Placed], after: Sequence[_Placed], below: list[_Placed]) -> None:
    above = {x: box for _, box, x in before}
    for slot, box, x in after:
        if x in above:
            # Which digits of a figure stand on which page can be seen; that they are one figure cannot.
            both = is_value(box.text) or is_value(above[x].text)
            above[x].text += ("\n" if both and box.text and above[x].text else "") + box.text
        elif box.rows > 1:
            box.rows -= 1
            below.append((slot, box, x))
    below.sort(key=lambda placed: placed[2])
