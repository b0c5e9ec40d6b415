"""What a spreadsheet shows for a stored number: ECMA-376 part 1, 18.8.31, as far as reports need it.

A sheet stores 0 and shows "-", stores 1204.4 and shows 1,204. What is shown is what the organ
published. A format that is not known here for certain is not guessed: `show_number` then gives None.
The maintained libraries that know more are JavaScript and .NET; their ports to Python are not kept up.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

_PIECE = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|.', re.DOTALL)
_TOKEN = re.compile(r'"([^"]*)"|\\(.)|_(.)|\*(.)|\[([^\]]*)\]|(General|G/通用格式)|([#0?,.]+)|(%)|(@)|(.)', re.IGNORECASE | re.DOTALL)
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)\s*(-?\d+(?:\.\d+)?)")
# Days, hours, fractions and exponents are written with these; such a cell holds no count of cases.
_OTHER_CODES = frozenset("yYmMdDhHsSeE/")
_PLAIN = re.compile(r"[#?]*0*[#0?]*(?:\.[0#?]*)?")


def show_general(number: float) -> str:
    """A number in the format General: eleven digits at most.

    >>> show_general(12.0), show_general(0.1 + 0.2), show_general(-3), show_general(1e20)
    ('12', '0.3', '-3', '1E+20')
    """
    if number == int(number) and abs(number) < 1e11:
        return str(int(number))
    if abs(number) >= 1e11 or abs(number) < 1e-9:
        return f"{number:.5E}".replace(".00000E", "E")
    text = f"{number:.{max(0, 10 - len(str(int(abs(number)))))}f}"
    return text.rstrip("0").rstrip(".")


def show_number(number: float, code: str) -> str | None:
    """What a cell of the format `code` shows for a number; None when that is not known for certain.

    >>> show_number(0, '#,##0;-#,##0;"-"'), show_number(1204.4, "#,##0"), show_number(0, "#"), show_number(5, "yyyy/m/d")
    ('-', '1,204', '', None)
    """
    if number != number or abs(number) > 1e15:
        return None
    if not code:
        return show_general(number)
    section, signed = _choose(_split(code), number)
    if section is None:
        return None
    return _write(section, number if signed else abs(number))


def _split(code: str) -> list[str]:
    """The sections of a format: for positive numbers, negative ones, nought, and text."""
    sections = [""]
    for match in _PIECE.finditer(code):
        if match[0] == ";":
            sections.append("")
        else:
            sections[-1] += match[0]
    return sections


def _choose(sections: list[str], number: float) -> tuple[str | None, bool]:
    """The section for a number, and whether the number keeps its own sign in it."""
    conditions = [_CONDITION.search(bracket) for section in sections for bracket in re.findall(r"\[([^\]]*)\]", section)]
    if any(conditions):
        return None, True
    if len(sections) == 1 or (len(sections) > 1 and number > 0) or (number == 0 and len(sections) < 3):
        return sections[0], True
    if number < 0:
        return sections[1], False
    return sections[2], True


def _write(section: str, number: float) -> str | None:
    before, after, digits, percent = "", "", None, False
    for match in _TOKEN.finditer(section):
        quoted, escaped, space, _fill, bracket, general, places, per, text, other = match.groups()
        word = ""
        if quoted is not None or escaped is not None:
            word = quoted if quoted is not None else escaped
        elif space is not None:
            word = " "
        elif bracket is not None:
            if bracket.startswith("$"):
                word = bracket[1:].partition("-")[0]
            elif bracket.lower().startswith(("h", "m", "s")) and not bracket.lower().startswith("magenta"):
                return None
        elif general or places or text:
            if digits is not None:
                return None
            digits = places or "General"  # a number in a cell for text is shown as it is
        elif per:
            percent, word = True, "%"
        elif other is not None:
            if other in _OTHER_CODES:
                return None
            word = other
        if digits is None:
            before += word
        else:
            after += word
    if digits is None:
        return (before + after).strip()
    shown = show_general(number) if digits == "General" else _place(digits, number * (100 if percent else 1))
    if shown is None:
        return None
    sign = "-" if shown.startswith("-") else ""
    return (sign + before + shown.removeprefix("-") + after).strip()


def _place(places: str, number: float) -> str | None:
    """Digits in a pattern such as `#,##0.00`."""
    whole, _, _ = places.partition(".")
    scaled = len(places) - len(places.rstrip(",")) if "." in places else len(whole) - len(whole.rstrip(","))
    if scaled or not _PLAIN.fullmatch(places.replace(",", "")):
        return None  # thousands left away: 1204 would read as 1
    thousands = "," in whole
    plain = places.replace(",", "")
    whole, point, fraction = plain.partition(".")
    try:
        value = Decimal(repr(number)).quantize(Decimal(1).scaleb(-len(fraction)), ROUND_HALF_UP)
    except InvalidOperation:
        return None
    sign, text = ("-", f"{-value:f}") if value < 0 else ("", f"{abs(value):f}")
    left, _, right = text.partition(".")
    left = left.lstrip("0").rjust(whole.count("0"), "0")
    if thousands and left:
        left = f"{int(left):,}" if not left.startswith("0") else left
    while right and fraction[len(right) - 1] in "#?" and right[-1] == "0":
        right = right[:-1]
    return sign + left + (point + right if point else "")
