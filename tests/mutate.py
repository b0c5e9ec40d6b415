"""Damage pages at random, the way editors, converters and networks do.

A mutator takes HTML source and a seeded random generator and returns damaged source, or None
when it finds nothing to damage. Those in `STRUCTURE` leave every figure and every label as they
were; those in `CONTENT` may touch them.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable

Mutator = Callable[[str, random.Random], "str | None"]

_CELL = re.compile(r"<t([dh])\b[^>]*>(?:(?!</?t[dhr]\b).)*</t\1>", re.DOTALL | re.IGNORECASE)
_ROW = re.compile(r"<tr\b[^>]*>(?:(?!</?tr\b).)*</tr>", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z][^>]*>")
_FIGURE = re.compile(r"(?<=>)\d{2,}(?=<)")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_SPAN = re.compile(r"\b(colspan|rowspan)=(\"?)(\d+)\2", re.IGNORECASE)


def _pick(pattern: re.Pattern[str], source: str, dice: random.Random) -> re.Match[str] | None:
    # tables are where it hurts: look only from the first one on
    start = source.find("<table")
    found = list(pattern.finditer(source, max(start, 0)))
    return dice.choice(found) if found else None


def _replace(source: str, match: re.Match[str], text: str) -> str:
    return source[: match.start()] + text + source[match.end() :]


def drop_tag(source: str, dice: random.Random) -> str | None:
    """Lose one tag."""
    match = _pick(_TAG, source, dice)
    return match and _replace(source, match, "")


def double_tag(source: str, dice: random.Random) -> str | None:
    """Write one tag twice."""
    match = _pick(_TAG, source, dice)
    return match and _replace(source, match, match[0] * 2)


def wrong_span(source: str, dice: random.Random) -> str | None:
    """Give a span another number."""
    match = _pick(_SPAN, source, dice)
    return match and _replace(source, match, f'{match[1]}="{dice.choice((0, 1, 2, 3, 5, 7, 8, 20, 25, 99999999))}"')


def add_span(source: str, dice: random.Random) -> str | None:
    """Give a cell a span that it did not have."""
    match = _pick(re.compile(r"<t[dh]\b"), source, dice)
    return match and _replace(source, match, f'{match[0]} {dice.choice(("colspan", "rowspan"))}="{dice.randint(2, 4)}"')


def drop_end_tags(source: str, dice: random.Random) -> str | None:
    """Leave out every end tag of a kind, as HTML allows."""
    return re.sub(dice.choice((r"</td>", r"</tr>", r"</p>", r"</?tbody>")), "", source)


def wrap_cell(source: str, dice: random.Random) -> str | None:
    """Wrap the inside of a cell in paragraphs, spans or fonts."""
    match = _pick(_CELL, source, dice)
    if not match:
        return None
    inner = match[0][match[0].index(">") + 1 : match[0].rindex("<")]
    tag = dice.choice(("p", "span", "font", "div", "b", "o:p"))
    return _replace(source, match, match[0].replace(f">{inner}<", f"><{tag}>{inner}</{tag}><", 1))


def nest_table(source: str, dice: random.Random) -> str | None:
    """Put a whole table into a cell of a layout table."""
    return re.sub(r"(<table\b.*?</table>)", r"<table width=100%><tr><td>\1</td></tr></table>", source, count=1, flags=re.DOTALL)


def split_table(source: str, dice: random.Random) -> str | None:
    """Cut a table in two between rows."""
    match = _pick(re.compile(r"</tr>(?=\s*<tr)"), source, dice)
    return match and _replace(source, match, "</tr></table><table>")


def add_row(source: str, dice: random.Random) -> str | None:
    """Add a local row that the form does not have."""
    match = _pick(re.compile(r"</tr>"), source, dice)
    cells = "".join(f"<td>{dice.randint(500000, 900000)}</td>" for _ in range(dice.choice((1, 3, 7))))
    return match and _replace(source, match, f"</tr><tr><td>{dice.choice(('其他主动公开文件', '小计', '合计', '其中：网络'))}</td>{cells}</tr>")


def space_figures(source: str, dice: random.Random) -> str | None:
    """Put white space around figures."""
    return _FIGURE.sub(lambda m: f"{dice.choice((' ', '&nbsp;', chr(0x3000), ''))}{m[0]}{dice.choice((' ', ''))}", source)


def drop_cell(source: str, dice: random.Random) -> str | None:
    """Lose a cell."""
    match = _pick(_CELL, source, dice)
    return match and _replace(source, match, "")


def double_cell(source: str, dice: random.Random) -> str | None:
    """Write a cell twice."""
    match = _pick(_CELL, source, dice)
    return match and _replace(source, match, match[0] * 2)


def empty_cell(source: str, dice: random.Random) -> str | None:
    """Empty a cell."""
    match = _pick(_CELL, source, dice)
    return match and _replace(source, match, f"<t{match[1]}></t{match[1]}>")


def drop_row(source: str, dice: random.Random) -> str | None:
    """Lose a row."""
    match = _pick(_ROW, source, dice)
    return match and _replace(source, match, "")


def double_row(source: str, dice: random.Random) -> str | None:
    """Write a row twice."""
    match = _pick(_ROW, source, dice)
    return match and _replace(source, match, match[0] * 2)


def swap_rows(source: str, dice: random.Random) -> str | None:
    """Swap two neighbouring rows."""
    rows = list(_ROW.finditer(source))
    if len(rows) < 2:
        return None
    at = dice.randrange(len(rows) - 1)
    one, two = rows[at], rows[at + 1]
    return source[: one.start()] + two[0] + source[one.end() : two.start()] + one[0] + source[two.end() :]


def drop_letter(source: str, dice: random.Random) -> str | None:
    """Lose one Chinese character."""
    match = _pick(_HAN, source, dice)
    return match and _replace(source, match, "")


def other_letter(source: str, dice: random.Random) -> str | None:
    """Misprint one Chinese character."""
    match = _pick(_HAN, source, dice)
    return match and _replace(source, match, dice.choice("的一是在不了有和人这中大为上个国我以要他"))


def cut_label(source: str, dice: random.Random) -> str | None:
    """Cut a label with a line break."""
    match = _pick(_HAN, source, dice)
    return match and _replace(source, match, match[0] + dice.choice(("<br>", "<br/>\n", " ", "</p><p>")))


def drop_text(source: str, dice: random.Random) -> str | None:
    """Lose up to 300 bytes of source anywhere."""
    start = dice.randrange(max(source.find("<table"), 0), len(source))
    return source[:start] + source[start + dice.randint(1, 300) :]


def garble(source: str, dice: random.Random) -> str | None:
    """Flip bytes somewhere."""
    data = bytearray(source.encode())
    for _ in range(dice.randint(1, 8)):
        data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
    return data.decode("utf-8", "replace")


def splice(source: str, dice: random.Random) -> str | None:
    """Paste a piece of the page elsewhere."""
    low = max(source.find("<table"), 0)
    start, to = dice.randrange(low, len(source)), dice.randrange(low, len(source))
    piece = source[start : start + dice.randint(20, 2000)]
    return source[:to] + piece + source[to:]


def foreign_character(source: str, dice: random.Random) -> str | None:
    """Put an odd character into a figure."""
    match = _pick(_FIGURE, source, dice)
    if not match:
        return None
    at = dice.randrange(1, len(match[0]))
    odd = dice.choice(("\u200b", "\ufeff", "\ufffd", "\u202e", "&#8203;", "&shy;", "&#0;", "\ue000", "①", "，", "、"))
    return _replace(source, match, match[0][:at] + odd + match[0][at:])


def drop_spans(source: str, dice: random.Random) -> str | None:
    """Lose every span of a kind."""
    return re.sub(rf"\s{dice.choice(('colspan', 'rowspan', '(?:col|row)span'))}=(['\"]?)\d+\1", "", source, flags=re.IGNORECASE)


def join_tables(source: str, dice: random.Random) -> str | None:
    """Lose the border between two tables that follow one another."""
    return re.sub(r"</table>\s*(?:<p>&nbsp;</p>)?\s*<table\b[^>]*>", "", source)


def comment(source: str, dice: random.Random) -> str | None:
    """Put a comment, a script or a style somewhere between tags."""
    match = _pick(re.compile(r"><"), source, dice)
    return match and _replace(source, match, f">{dice.choice(('<!-- 123 -->', '<script>var n=456;</script>', '<style>td{width:7px}</style>', '<!--[if gte mso 9]>89<![endif]-->'))}<")


def add_column(source: str, dice: random.Random) -> str | None:
    """Add a column without a head behind every row of a table: blank, or with figures of its own."""
    blank = dice.random() < 0.5
    match = _pick(re.compile(r"<table\b.*?</table>", re.DOTALL), source, dice)
    return match and _replace(source, match, re.sub(r"</tr>", lambda _: f"<td>{'' if blank else dice.randint(500000, 900000)}</td></tr>", match[0]))


def blank_rows(source: str, dice: random.Random) -> str | None:
    """Put empty rows between rows."""
    return re.sub(r"</tr>(?=\s*<tr)", lambda m: m[0] + ("<tr><td>&nbsp;</td></tr>" if dice.random() < 0.2 else ""), source)


def blank_lines(source: str, dice: random.Random) -> str | None:
    """Put empty lines between lines of source."""
    return re.sub(r"\n", lambda m: "\n" * dice.choice((1, 1, 2, 3)), source)


def drop_line(source: str, dice: random.Random) -> str | None:
    """Lose a line of source."""
    match = _pick(re.compile(r"[^\n]*\n"), source, dice)
    return match and _replace(source, match, "")


def double_line(source: str, dice: random.Random) -> str | None:
    """Write a line of source twice."""
    match = _pick(re.compile(r"[^\n]*\n"), source, dice)
    return match and _replace(source, match, match[0] * 2)


def swap_lines(source: str, dice: random.Random) -> str | None:
    """Swap two lines that follow one another."""
    match = _pick(re.compile(r"([^\n]+\n)([^\n]+\n)"), source, dice)
    return match and _replace(source, match, match[2] + match[1])


def swap_cells(source: str, dice: random.Random) -> str | None:
    """Move a row's label: swap the label cell with the row below it, figures staying."""
    labels = list(re.finditer(r"<td[^>]*>(?:<p[^>]*>)?\d\.[^<]{3,30}(?:</p>)?</td>", source))
    if len(labels) < 2:
        return None
    at = dice.randrange(len(labels) - 1)
    one, two = labels[at], labels[at + 1]
    return source[: one.start()] + two[0] + source[one.end() : two.start()] + one[0] + source[two.end() :]


def drop_run(source: str, dice: random.Random) -> str | None:
    """Lose several rows that follow one another."""
    rows = list(_ROW.finditer(source))
    if len(rows) < 4:
        return None
    at, count = dice.randrange(len(rows) - 2), dice.randint(2, 8)
    return source[: rows[at].start()] + source[rows[min(at + count, len(rows)) - 1].end() :]


def cut_off(source: str, dice: random.Random) -> str | None:
    """Lose the rest of the page."""
    return source[: dice.randrange(max(source.find("<table"), 1), len(source))]


def repeat_page(source: str, dice: random.Random) -> str | None:
    """Print the whole report twice, the second time with a few other figures."""
    start, end = source.find("<body"), source.rfind("</body>")
    if start < 0 or end < 0:
        return None
    body = source[source.index(">", start) + 1 : end]
    other = _FIGURE.sub(lambda m: m[0] if dice.random() < 0.9 else str(dice.randint(500000, 900000)), body)
    return source[:end] + other + source[end:]


STRUCTURE: tuple[Mutator, ...] = (
    double_tag, wrong_span, add_span, drop_end_tags, wrap_cell, nest_table, split_table, add_row, space_figures, cut_label,
    drop_spans, join_tables, comment, add_column, blank_rows, blank_lines,
)
CONTENT: tuple[Mutator, ...] = (
    drop_tag, drop_cell, double_cell, empty_cell, drop_row, double_row, swap_rows, drop_letter, other_letter, drop_text,
    garble, splice, foreign_character, drop_line, double_line, swap_lines, swap_cells, drop_run, cut_off, repeat_page,
)
