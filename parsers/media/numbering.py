"""The numbers that Word writes before paragraphs and that stand nowhere in the text.

一、总体情况 is often the text 总体情况 in a numbered list. What is printed is computed here from the
list's definition: ECMA-376 part 1, 17.9.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

_DIGITS = "〇一二三四五六七八九"
_LEGAL = "零壹贰叁肆伍陆柒捌玖"
_SLOT = re.compile(r"%([1-9])")


def chinese_number(number: int, digits: str = _DIGITS, units: str = "十百千") -> str:
    """A number below 10,000 as it is counted in Chinese.

    >>> [chinese_number(n) for n in (1, 10, 12, 20, 105, 110)]
    ['一', '十', '十二', '二十', '一百〇五', '一百一十']
    """
    if not 0 < number < 10_000:
        return str(number)
    text = ""
    for place, digit in enumerate(reversed(f"{number}")):
        if digit != "0":
            text = digits[int(digit)] + (units[place - 1] if place else "") + text
        elif text and text[0] != digits[0]:
            text = digits[0] + text
    return text[1:] if 10 <= number < 20 and digits == _DIGITS else text


def _roman(number: int) -> str:
    text = ""
    for value, letters in ((1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I")):
        count, number = divmod(number, value)
        text += letters * min(count, 20)
    return text


def _letters(number: int) -> str:
    return chr(65 + (number - 1) % 26) * min((number - 1) // 26 + 1, 20) if number > 0 else ""


def _circled(number: int) -> str:
    return chr(0x2460 + number - 1) if 1 <= number <= 20 else str(number)


def _digits(number: int) -> str:
    return "".join(_DIGITS[int(digit)] for digit in str(max(number, 0)))


_FORMATS: dict[str, Callable[[int], str]] = {
    "upperRoman": _roman,
    "lowerRoman": lambda n: _roman(n).lower(),
    "upperLetter": _letters,
    "lowerLetter": lambda n: _letters(n).lower(),
    "decimalZero": lambda n: f"{n:02d}",
    "decimalFullWidth": lambda n: str(n).translate({48 + d: 0xFF10 + d for d in range(10)}),
    "decimalFullWidth2": lambda n: str(n).translate({48 + d: 0xFF10 + d for d in range(10)}),
    "decimalEnclosedCircle": _circled,
    "decimalEnclosedCircleChinese": _circled,
    "decimalEnclosedFullstop": lambda n: f"{n}.",
    "decimalEnclosedParen": lambda n: f"({n})",
    "ideographEnclosedCircle": lambda n: chr(0x3220 + n - 1) if 1 <= n <= 10 else str(n),
    "ideographTraditional": lambda n: "甲乙丙丁戊己庚辛壬癸"[(n - 1) % 10],
    "ideographZodiac": lambda n: "子丑寅卯辰巳午未申酉戌亥"[(n - 1) % 12],
    "chineseLegalSimplified": lambda n: chinese_number(n, _LEGAL, "拾佰仟"),
    "ideographDigital": _digits,
    "japaneseDigitalTenThousand": _digits,
    "taiwaneseDigital": _digits,
    **dict.fromkeys(("chineseCounting", "chineseCountingThousand", "japaneseCounting", "taiwaneseCounting", "taiwaneseCountingThousand"), chinese_number),
}


@dataclass(frozen=True, slots=True)
class Level:
    """One level of a list: how its number is written, around what text, and from where it counts."""

    text: str = ""
    form: str = "decimal"
    start: int = 1
    #: the level whose number starts this one again (0: none does); None is the level above
    restart: int | None = None
    legal: bool = False


@dataclass(slots=True)
class Counter:
    """The running numbers of all lists of a document. Lists of one definition count together."""

    _counts: dict[str, list[int | None]] = field(default_factory=dict)

    def step(self, group: str, levels: dict[int, Level], depth: int) -> str:
        """Count one paragraph of level `depth` (0 to 8), and write its number with its marks."""
        level = levels.get(depth)
        if level is None or level.form == "none":
            return ""
        counts = self._counts.setdefault(group, [None] * 9)
        before = counts[depth]
        counts[depth] = level.start if before is None else before + 1
        for deeper in range(depth + 1, 9):
            restart = levels[deeper].restart if deeper in levels else None
            if restart is None or depth < restart:
                counts[deeper] = None
        if level.form == "bullet":
            return ""

        def write(slot: re.Match[str]) -> str:
            at = int(slot[1]) - 1
            other = levels.get(at, Level())
            number = counts[at]
            if number is None:
                number = counts[at] = other.start
            return write_number(number, "decimal" if level.legal else other.form)

        return _SLOT.sub(write, level.text)

    def set(self, group: str, depth: int, start: int) -> None:
        """Start a level again, as a list's override says."""
        self._counts.setdefault(group, [None] * 9)[depth] = start - 1


def write_number(number: int, form: str) -> str:
    """A list number in one of the formats of ECMA-376 (17.18.59); decimal for those not known here.

    >>> write_number(3, "chineseCountingThousand"), write_number(4, "upperRoman"), write_number(2, "decimalEnclosedCircle")
    ('三', 'IV', '②')
    """
    return _FORMATS.get(form, str)(number) if number < 10_000 else str(number)
