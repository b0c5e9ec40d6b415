"""Hold what a report says in words against what its tables say in figures.

Officials write both: 收到申请12件 in the first chapter, and 12 in the table of the third. Where they differ one of them is
wrong, and which is not ours to say: the finding is a notice, and no figure is ever changed by it. Prose is
full of figures that are not the table's: last year's, a quarter's, the whole county's, letters and calls, articles
published. So a sentence is only heard when every word between verb and figure is known to be neutral, and when
nothing in it points to another year, another body, or another matter. What cannot be told for certain is not said.

The sentences are data, in `prose.toml`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from parsers.figures import read_figure
from parsers.model import Cell, Finding, Number, Section

_CHAPTERS = ("overview", "disclosure", "requests", "proceedings", "fees", "annex", "other")
_FULL_WIDTH = str.maketrans("０１２３４５６７８９", "0123456789")
_GAP_RE = re.compile(r"\s+(?!\d)|(?<!\d)\s+")
# A number of a paper, and what a title says, are nobody's figures.
_QUOTED_RE = re.compile(r"《[^《》]*》|[〔\[]20\d\d[〕\]]\s*\d*号?")
_PERIOD_RE = re.compile(r"自?20\d\d年1月1日[^，。]{0,6}?(?:20\d\d年)?12月31日")
_YEAR_RE = re.compile(r"(?<!\d)(20\d\d)(?=年|度)")
_DESTROYED_RE = re.compile("[\ufffd\ue000-\uf8ff]|\\?[！!]")
_COUNT = r"(?<![\d.,，第])(?<!\d，)(?P<n>\d{1,3}(?:[,，]\d{3})+|\d+|[零〇一二两三四五六七八九十百千]{1,7})(?P<unit>UNITS)(?![次人]|以[上下内]|左右|上下)"
_BEGIN = (
    r"(?:^|(?<=[，,；;：:、。（(]))(?:20\d\d年度?|全年|本年度?|年内|今年)?"
    r"(?:(?:本|我)(?:机关|单位|部门|街道|[局镇乡办厅委县区市院]))?(?:20\d\d年度?|全年|本年度?|年内|今年)?"
)
_END = r"(?:件|案件|案|情况|事项|事件|情形|信息|等|的)*(?=[，,；;：:。、（(）)]|$)"
_PERCENT_RE = re.compile(r"[，,（(]?(?:占比?|比例)?[^，,。；;（）()\d]{0,12}\d+(?:\.\d+)?[%％][）)]?")
_BRACKETS_RE = re.compile(r"[（(][^（）()]*[）)]")
# Longer than any sentence of a report: a page made to exhaust its reader is not read to its end.
_MAX_SENTENCE = 1200
_MAX_FINDINGS = 20


# A sentence without one of each is not worth a closer look.
_COUNTS_RE = re.compile(r"\d|[未没无零一二两三四五六七八九十]")
_SUBJECTS = ("申请", "公开", "复议", "诉讼", "规范性文件", "行政许可", "行政处罚", "行政强制", "处理", "提供", "结转")

_Terms = tuple[tuple[tuple[int, str], ...], ...]
_Choices = list[tuple[Number, tuple[str, ...]]]


@dataclass(frozen=True)
class _Fact:
    """One thing that prose and tables both say. `alike` are sums of cells, any of which the figure may equal."""

    name: str
    says: tuple[re.Pattern[str], ...]
    none: tuple[re.Pattern[str], ...]
    about: re.Pattern[str]
    words: re.Pattern[str]
    other: re.Pattern[str] | None
    sections: frozenset[str]
    whole: bool
    alike: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class _Vocabulary:
    facts: tuple[_Fact, ...]
    count: re.Pattern[str]
    area: re.Pattern[str]
    office: re.Pattern[str]
    other_time: re.Pattern[str]
    comparison: re.Pattern[str]
    carried: re.Pattern[str]
    letters: re.Pattern[str]
    part: re.Pattern[str]
    one_of_many: re.Pattern[str]
    parts: Mapping[str, re.Pattern[str]]


@cache
def _vocabulary() -> _Vocabulary:
    with (Path(__file__).parent / "prose.toml").open("rb") as file:
        table = tomllib.load(file)
    neutral = sorted(set(table["neutral"].split("|")), key=len, reverse=True)
    # Each word is taken whole or not at all: no sentence can be read in a thousand ways.
    words = "(?:(?>" + "|".join(map(re.escape, neutral)) + ")){0,16}"
    count = _COUNT.replace("UNITS", table["units"])

    def compile_(pattern: str, fact: Mapping[str, Any] | None = None) -> re.Pattern[str]:
        number = _COUNT.replace("UNITS", (fact or {}).get("unit", table["units"]))
        for mark, meaning in (("{w}", words), ("{n}", number), ("{b}", _BEGIN), ("{e}", _END)):
            pattern = pattern.replace(mark, meaning)
        try:
            return re.compile(pattern)
        except re.error as error:
            name = f"fact {fact['name']}: " if fact else ""
            raise ValueError(f"prose.toml: {name}{pattern[:60]!r} is not a regular expression: {error}") from None

    facts = tuple(
        _Fact(
            name=fact["name"],
            says=tuple(compile_(pattern, fact) for pattern in fact["says"]),
            none=tuple(compile_(pattern, fact) for pattern in fact.get("none", ())),
            about=compile_(fact["about"]),
            words=compile_(fact.get("words", "")),
            other=compile_(fact["not"]) if "not" in fact else None,
            sections=frozenset(fact.get("sections", ())),
            whole=fact.get("whole", fact.get("sections") != ["requests"]),
            alike=tuple(tuple(keys) for keys in fact["alike"]),
        )
        for fact in table["fact"]
    )
    return _Vocabulary(
        facts=facts,
        count=compile_(count),
        parts={name: compile_(pattern) for name, pattern in table["parts"].items()},
        **{name: compile_(table[name]) for name in ("area", "office", "other_time", "comparison", "carried", "letters", "part", "one_of_many")},
    )


def check_prose(
    sections: Sequence[Section], cells: Sequence[Cell], scope: str | None, *, year: int | None = None
) -> tuple[Finding, ...]:
    """Compare the chapters of a report with its cells, and the sums within the prose.

    Every finding is the notice `prose.disagrees`. Against a table, `expected` is the table's figure, `found` the
    prose's, and `keys` are the cells meant; in a sum, `expected` is what the parts add to, `found` the whole as
    stated. `scope` (own, aggregate or None) says whose figures the tables hold, `year` which year's. A fact whose cells
    were not all read as numbers is not judged.

    >>> cell = Cell("requests.new.total", 5, "5", "number", "件", None)
    >>> chapter = Section("overview", "一、总体情况", "2023年，我局共收到政府信息公开申请十二件。")
    >>> [(finding.expected, finding.found) for finding in check_prose([chapter], [cell], "own", year=2023)]
    [(5, 12)]
    """
    values = {cell.key: cell.value for cell in cells}
    judged = [(fact, choices) for fact, terms in _terms(tuple(values)) if (choices := _choices(terms, values))]
    found: dict[tuple[object, ...], Finding] = {}
    for section in sections:
        if section.key not in _CHAPTERS:
            continue
        for paragraph in section.text.split("\n"):
            text = _GAP_RE.sub("", paragraph.translate(_FULL_WIDTH))
            if "|" in text or _DESTROYED_RE.search(text):
                continue
            for sentence in _sentences(text):
                for finding in _against_tables(sentence, section.key, judged, scope, year):
                    found.setdefault((finding.keys, finding.found), finding)
            for finding in _sums(text):
                found.setdefault((finding.message,), finding)
            if len(found) >= _MAX_FINDINGS:
                return tuple(found.values())
    return tuple(found.values())


def _sentences(text: str) -> Iterator[str]:
    for sentence in re.split("[。！!？?]", text):
        if sentence and len(sentence) <= _MAX_SENTENCE:
            yield sentence


# ------------------------------------------------------------------------------- against the tables


def _against_tables(
    sentence: str, chapter: str, judged: Sequence[tuple[_Fact, _Choices]], scope: str | None, year: int | None
) -> Iterator[Finding]:
    vocabulary = _vocabulary()
    if not judged or not _COUNTS_RE.search(sentence) or not any(word in sentence for word in _SUBJECTS):
        return
    plain = _PERIOD_RE.sub("", _QUOTED_RE.sub("", sentence))
    plain = vocabulary.comparison.sub("", plain)
    if not _is_ours(plain, scope, year):
        return
    for fact, choices in judged:
        if not fact.words.search(plain) or not (chapter in fact.sections or fact.about.search(plain)):
            continue
        for number, said in _said(fact, plain, scope):
            if any(number == value for value, _ in choices):
                continue
            value, keys = choices[0]
            yield Finding(
                "prose.disagrees",
                "notice",
                f"the text says {number} ({fact.name}: “{said}”), the table {value}",
                keys,
                expected=value,
                found=number,
            )


def _is_ours(sentence: str, scope: str | None, year: int | None) -> bool:
    """Whether a sentence speaks of this year, and of the body whose figures the tables hold."""
    vocabulary = _vocabulary()
    this_year = vocabulary.carried.sub("", sentence)
    years = {int(found) for found in _YEAR_RE.findall(this_year)}
    if (year and years - {year}) or len(years) > 1 or vocabulary.other_time.search(this_year):
        return False
    if vocabulary.office.search(sentence):
        return scope == "own" and not vocabulary.area.search(sentence)
    return scope == "aggregate" or not vocabulary.area.search(sentence)


def _choices(terms: _Terms, values: Mapping[str, Number | None]) -> _Choices:
    """The figures that the tables have for a fact, with their cells; none when one of the cells was not read."""
    choices: _Choices = []
    for signed in terms:
        total: Number = 0
        for sign, key in signed:
            value = values[key]
            if value is None:
                return []
            total += sign * value
        choices.append((total, tuple(key for _, key in signed)))
    return choices


@lru_cache(maxsize=32)
def _terms(keys: tuple[str, ...]) -> tuple[tuple[_Fact, _Terms], ...]:
    """The cells, with their signs, of every sum that each fact may equal, on a form with these cells."""
    result = []
    for fact in _vocabulary().facts:
        sums = []
        for names in fact.alike:
            found = [_matching(name.removeprefix("-"), keys) for name in names]
            if all(found):
                signed = zip(names, found, strict=True)
                sums.append(tuple((-1 if name.startswith("-") else 1, key) for name, meant in signed for key in meant))
        if sums:
            result.append((fact, tuple(sums)))
    return tuple(result)


def _matching(name: str, keys: Sequence[str]) -> list[str]:
    if "*" not in name:
        return [name] if name in keys else []
    head, tail = name.split("*")
    return [key for key in keys if key.startswith(head) and key.endswith(tail) and len(key) >= len(head) + len(tail)]


def _said(fact: _Fact, sentence: str, scope: str | None) -> Iterator[tuple[Number, str]]:
    """Every figure that a sentence gives for a fact, and the words it stands in."""
    for pattern in fact.says:
        for found in pattern.finditer(sentence):
            number = _number(found["n"])
            if number is not None and not _is_other(fact, sentence, found, scope):
                yield number, found[0]
    for pattern in fact.none:
        for found in pattern.finditer(sentence):
            if not _is_other(fact, sentence, found, scope):
                yield 0, found[0]


def _is_other(fact: _Fact, sentence: str, found: re.Match[str], scope: str | None) -> bool:
    """Whether the clause around a match is about something else, or the match about a part of the whole."""
    vocabulary = _vocabulary()
    start = max(sentence.rfind(mark, 0, found.start()) for mark in "，,；;：:（(") + 1
    ends = [at for mark in "，,；;：:（(" if (at := sentence.find(mark, found.end())) >= 0]
    clause = sentence[start : min(ends, default=len(sentence))]
    if fact.other and fact.other.search(clause):
        return True
    before = sentence[max(sentence.rfind("；", 0, found.start()), 0) : found.start()]
    own = sentence[start : found.start()]
    if fact.whole and ("其中" in before or vocabulary.part.search(own)):
        return True
    if scope != "own" and vocabulary.one_of_many.search(own) and not vocabulary.area.search(own):
        return True
    return bool(vocabulary.letters.search(clause)) and "申请" not in found[0]


def _number(written: str) -> Number | None:
    """A figure as prose writes it; 一件 is one case, though a lone 一 in a cell is a stroke."""
    if written == "一":
        return 1
    return read_figure(written.replace("，", ",")).value


# ------------------------------------------------------------------------------- sums within the prose


def _sums(text: str) -> Iterator[Finding]:
    """主动公开171条。其中：…类4条；…类164条: parts of one kind that add to more than the whole.

    Less than the whole is no contradiction: 其中 may name the chief ones only.
    """
    if "其中" not in text and "分别" not in text:
        return
    vocabulary = _vocabulary()
    for opening in re.finditer(vocabulary.parts["opens"], text):
        # 13件（含上年结转2件），其中…: what stands in a bracket before the opening is not the whole
        lead_in = _BRACKETS_RE.sub(lambda bracket: "\u3000" * len(bracket[0]), text[: opening.start()])
        before = list(vocabulary.count.finditer(lead_in, max(0, opening.start() - 40)))
        whole = before[-1] if before else None
        if whole is None or len(re.sub("[的政府信息公开申请类共计\u3000]", "", lead_in[whole.end() :])) > 2:
            continue
        stated = _number(whole["n"])
        lead = text[max(0, whole.start() - 40) : whole.start()]
        if stated is None or re.search("[余约近多]$", lead):
            continue
        asked = "申请" in lead or "申请" in opening[0]
        for total, count in _added(_listed(text, opening), whole["unit"], asked, stated):
            if total > stated:
                said = text[max(0, whole.start() - 12) : whole.end()]
                message = f"the text says {stated} (“{said}”), but the {count} parts it names add to {total}"
                yield Finding("prose.disagrees", "notice", message, (), expected=total, found=stated)


def _listed(text: str, opening: re.Match[str]) -> str:
    """The list of parts: to the end of its sentence, of its bracket, or to the next 其中."""
    rest = text[opening.end() :]
    if "（" in opening[0] or "(" in opening[0]:
        rest = re.split("[）)]", rest, maxsplit=1)[0]
    rest = re.split("[。！!？?]|其中", rest, maxsplit=1)[0]
    return _BRACKETS_RE.sub("", _PERCENT_RE.sub("", rest))[:_MAX_SENTENCE]


def _added(listed: str, unit: str, asked: bool, stated: Number) -> list[tuple[Number, int]]:
    """What the parts of each kind add to, and how many they are. Empty when the list cannot be read for certain."""
    vocabulary = _vocabulary()
    totals: dict[str, list[Number]] = {}
    end = 0
    for found in vocabulary.count.finditer(listed):
        label = re.sub(r"^[，,、；;：:和及与]*(?:[（(]?\d{1,2}[)）.．、])?", "", listed[end : found.start()])
        end = found.end()
        number = _number(found["n"])
        if number is None or re.search(r"\d|[余约近多]$", label):
            break
        kind = _kind_of_part(label, asked)
        if re.search(vocabulary.parts["next"], label) or found["unit"] != unit:
            break
        if kind == "channel" or (number == stated and not totals):
            return []  # 复议3起，其中因信息公开3起，维持2起，纠正1起: the whole again, and then its parts
        totals.setdefault(kind, []).append(number)
        # A partition that is complete is followed by another one: by outcome, after by way.
        if len(totals[kind]) > 1 and sum(totals[kind]) == stated:
            break
    return [(sum(numbers), len(numbers)) for numbers in totals.values() if len(numbers) > 1]


def _kind_of_part(label: str, asked: bool) -> str:
    parts = _vocabulary().parts
    if asked:
        return next((kind for kind in ("outcome", "way", "applicant") if re.search(parts[kind], label)), "other")
    return "channel" if re.search(parts["channel"], label) else "other"
