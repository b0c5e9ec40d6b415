"""Know a chapter's heading by its wording: one line, and what it says.

The wordings of the notices and of pages are `sections.toml`. A line may have any numbering or none, a misprint, marks and spaces
in it, or its paragraph run into it. Whether it is a heading where it stands is the business of `headings`.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from rapidfuzz import fuzz, process

from .lines import WHITE

DIGITS = {char: value for value, char in enumerate("一二三四五六七八九十", 1)}

NUMBER_RE = re.compile(
    r"(?P<open>[（(【\[])?\s*(?P<part>第\s*|(?i:part)[.\s]*)?(?P<number>[一二三四五六七八九十]{1,3}|\d{1,2})\s*"
    r"(?P<mark>部\s*分|[章节]|[、.．，,：:)）】\]]+|(?=\s)|(?=[^\d\s年月日%件条个次份]))\s*[、.．：:]?\s*"
)
# ???? are four spaces that a copy had no character for.
LEAD_RE = re.compile(r"^(?:[\s#*•·●■◆▲★☆◎◇□►▶➤\-—]|[?？]{2,})+")
_MARKS_RE = re.compile(rf"[{WHITE}、，,。.．；;：:·“”\"'‘’《》〈〉（）()【】\[\]\-—_*#|]+")

_ANNEX_RE = re.compile(r"^附[件表录]\s*\d*\s*[：:.、]?\s*(?=.*统计表[^.]*$)")

WHOLE_LIMIT = 42  # characters of a heading that stands alone; the longest seen has 33


@dataclass(frozen=True, slots=True)
class Heading:
    """A line that may open a chapter. `line` is its index, `span` how many lines it is cut over."""

    key: str
    text: str
    line: int
    span: int = 1
    number: int | None = None
    rest: str = ""
    weight: float = 1.0
    #: the wording is one of the vocabulary's, letter by letter
    exact: bool = False
    #: "chapter" (一、 第一部分), "arabic" (1、), "sub" (（一）) or "" when there is no number
    style: str = ""


@dataclass(frozen=True)
class Wordings:
    names: tuple[tuple[str, str], ...]  # compact wording, key
    short: dict[str, str]
    words: tuple[tuple[str, re.Pattern[str]], ...]
    ranks: dict[str, int]
    rows: tuple[str, ...]
    onward: str
    by_name: dict[str, str]
    spelled: tuple[str, ...]
    inline: re.Pattern[str]


@cache
def load_wordings() -> Wordings:
    with (Path(__file__).parent / "sections.toml").open("rb") as file:
        table = tomllib.load(file)
    sections = table["section"]
    names = {compact(name): part["key"] for part in sections for name in part["names"]}
    ordered = tuple(sorted(names.items(), key=lambda item: -len(item[0])))
    spelled = sorted((name for part in sections for name in part["names"]), key=len, reverse=True)
    # A short one must end there: 一、概述。 and not 一、概述性文件.
    inline = "|".join(re.escape(name) + ("" if len(name) > 4 else "(?=[。：:\\s])") for name in spelled)
    return Wordings(
        names=ordered,
        short={compact(name): part["key"] for part in sections for name in part["short"]},
        words=tuple((part["key"], re.compile(part["words"])) for part in sections),
        ranks={part["key"]: part["rank"] for part in sections},
        rows=tuple(table["rows"]["labels"]),
        onward=table["rows"]["onward"],
        by_name=names,
        spelled=tuple(name for name, _ in ordered),
        inline=re.compile(rf"(?<=[。；;！!？?）)：:\s])\s*(?=[一二三四五六七八九]、\s*(?:{inline}))"),
    )


@lru_cache(maxsize=4096)
def compact(text: str) -> str:
    """Drop spaces and marks, for comparing wordings.

    >>> compact("一 概 述：")
    '一概述'
    """
    return _MARKS_RE.sub("", text)


@lru_cache(maxsize=4096)
def match_heading(text: str) -> Heading | None:
    """Read one line as a heading; None when it is none.

    >>> match_heading("1、 总体情况").key
    'overview'
    >>> match_heading("四、结转下年度继续办理") is None
    True
    >>> match_heading("六、其他需要报告的事项：无。").rest
    '无。'
    """
    bare = LEAD_RE.sub("", text)
    if _ANNEX_RE.match(bare) and len(bare) < 60:
        return Heading("annex", text.strip(" ：:。"), -1, weight=6.0)
    found = NUMBER_RE.match(bare)
    number, style, words = None, "", bare
    if found:
        words = bare[found.end() :]
        number, style = read_number(found)
    if not words or len(words) > 4000:
        return None
    vocabulary = load_wordings()
    packed = compact(words[:120])
    key, rest, weight = _by_wording(words, packed, style, vocabulary)
    if key is None and found and not (found["mark"] or "").strip():
        # The "number" may have been the first word of the heading itself.
        key, rest, weight = _by_wording(bare, compact(bare[:120]), "", vocabulary)
        number, style = None, ""
    if key is None:
        return None
    heading = text[: len(text) - len(rest)] if rest else text
    exact = not rest and compact(words[:120]) in vocabulary.by_name
    return Heading(key, heading.strip(" ：:。"), -1, number=number, rest=rest, weight=weight, style=style, exact=exact)


def read_number(found: re.Match[str]) -> tuple[int | None, str]:
    written = found["number"]
    if written.isdigit():
        number, style = int(written), "arabic"
    else:
        style = "chapter"
        tens, _, ones = written.partition("十")
        number = DIGITS.get(tens, 1) * 10 + DIGITS.get(ones, 0) if "十" in written else DIGITS[written[0]]
    if found["part"]:
        style = "chapter"
    if found["open"]:
        style = "sub"
    return number, style


def _by_wording(words: str, packed: str, style: str, vocabulary: Wordings) -> tuple[str | None, str, float]:
    """Return key, what stands behind the heading on the same line, and how sure the wording is."""
    bonus = {"chapter": 4.0, "arabic": 1.0, "sub": -4.0, "": 0.0}[style]
    if packed in vocabulary.by_name:
        return vocabulary.by_name[packed], "", 6.0 + bonus
    if packed.endswith(("数", "数量")) or packed.startswith(vocabulary.rows):
        return None, "", 0
    if process.extractOne(packed, vocabulary.rows, scorer=fuzz.ratio, score_cutoff=85.001):
        return None, "", 0
    if style and packed in vocabulary.short:
        return vocabulary.short[packed], "", 3.0 + bonus
    run_in = _run_in(words, packed, style, vocabulary, bonus)
    if run_in[0]:
        return run_in
    if len(packed) <= WHOLE_LIMIT and not words.rstrip().endswith(("。", "；", ";", "，", ",", "！")):
        cutoff = 78 if style in ("chapter", "arabic") else 88
        if len(packed) >= 4:
            near = process.extractOne(packed, vocabulary.spelled, scorer=fuzz.ratio, score_cutoff=cutoff)
            if near and abs(len(near[0]) - len(packed)) < 8:
                return vocabulary.by_name[near[0]], "", 5.0 + bonus
        if style in ("chapter", "arabic") and len(packed) <= 30:
            for key, pattern in vocabulary.words:
                if pattern.search(packed):
                    return key, "", 2.0 + bonus
    return None, "", 0


def _run_in(
    words: str, packed: str, style: str, vocabulary: Wordings, bonus: float
) -> tuple[str | None, str, float]:
    """A heading with its paragraph behind it: 六、其他需要报告的事项无。"""
    if style == "sub":
        return None, "", 0
    for name, key in vocabulary.names:
        if not packed.startswith(name):
            continue
        end = _spell(words, name)
        rest = words[end:]
        if rest[:1] in vocabulary.onward:
            continue
        parted = bool(re.match(r"[\s：:。.，,；;]", rest))
        rest = rest.lstrip(" ：:。.，,；;")
        # Behind a number the wording is enough; else something must part the two.
        if (
            (style == "chapter" and (len(name) >= 4 or rest[:1].isdigit()))
            or (style and parted)
            or (parted and len(name) >= 8)
        ):
            return key, rest, 4.0 + bonus
    if style == "chapter":
        found = re.match(r"([^：:。\s]{2,12})[：:。\s]\s*(?=\S)", words)
        if found and compact(found[1]) in vocabulary.short:
            return vocabulary.short[compact(found[1])], words[found.end() :], 2.0 + bonus
    return None, "", 0


def _spell(words: str, name: str) -> int:
    """Index in `words` behind the characters of `name`, marks and spaces between them skipped."""
    left, at = len(name), 0
    while left and at < len(words):
        if not _MARKS_RE.match(words[at]):
            left -= 1
        at += 1
    while at < len(words) and words[at] in '）)】”"':
        at += 1
    return at
