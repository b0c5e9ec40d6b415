"""Bring converted copies of a report back to the characters it was published in.

Mirrors re-publish official pages in machine-made traditional characters, some with pinyin notes in
brackets behind the characters (根據(jù)), and some broken by byte-wise search-and-replace in GBK, which
ignores where a character begins (三审三校”制度 becomes 三審三?！敝贫). Works on the whole decoded document,
markup and all, before anything is parsed: one line in, one line out.

Ordinary simplified pages leave exactly as they came, and fast: every test here starts with a search
for one character. Conversion only where much would change, since it is wrong on simplified text
(乾县 is a place, and would become 干县).
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from html import unescape
from itertools import islice
from pathlib import Path

from opencc import OpenCC

from .decode import common_share
from .model import Finding
from .shifts import Mended, mend_shifts

# Characters that no simplified page has many of and no traditional report can avoid.
_PROBES = "開報總條關數處門問務項縣"

_HANZI = "\u3400-\u9fff\uf900-\ufaff"
_HANZI_RE = re.compile(f"[{_HANZI}]")
# Macrons are U+0100-017F and carons U+01CD-01DC: `à-ü` alone misses ī and ǎ.
_LETTERS = "a-z\u00e0-\u00fc\u0100-\u017f\u01cd-\u01dc"
_NOTE_RE = re.compile(rf"\(([{_LETTERS}]{{1,6}})\)")
_WIDE_NOTE_RE = re.compile(rf"（([{_LETTERS}]{{1,6}})）")
_SYLLABLE_RE = re.compile(
    r"(?:[bpmfdtnlgkhjqxzcsryw]|[zcs]h)?"
    r"(?:a|o|e|ai|ei|ao|ou|an|en|ang|eng|ong|i|ia|ie|iao|iu|ian|in|iang|ing|iong|u|ua|uo|uai|ui|uan|un|uang|ue|ve|v|er)"
)
# Neutral-tone syllables: without a tone mark even in the toned dialects.
_NEUTRAL = frozenset(["de", "le", "ge", "men", "me", "zi", "zhe", "zhi", "guo", "ma", "ne", "ba"])
_TONES = dict.fromkeys(map(ord, "\u0300\u0301\u0304\u030c\u0308"))

# Fonts of PDF files name a character by the radical it looks like: ⼀ for 一, ⻓ for 长. Unicode itself says what most of them stand for.
_RADICALS = {
    code: plain
    for code in (*range(0x2F00, 0x2FD6), *range(0xF900, 0xFAD9))
    if len(plain := unicodedata.normalize("NFKC", chr(code))) == 1 and ord(plain) != code
} | dict(zip(map(ord, "⺟⺠⺮⺼⻁⻄⻅⻆⻉⻋⻓⻔⻘⻙⻚⻛⻜⻝⻢⻣⻤⻥⻦⻧⻨⻩⻬⻮⻰⻳"), "母民竹肉虎西见角贝车长门青韦页风飞食马骨鬼鱼鸟卤麦黄齐齿龙龟", strict=True))
_RADICAL_RE = re.compile("[\u2e80-\u2fd5\uf900-\ufad9]")

# What character-wise conversion leaves: a second spelling in official prose, and by context only.
_AFTER_T2S = (
    (re.compile("甚么"), "什么"),
    (re.compile("([答回批函])覆"), r"\1复"),
    (re.compile("瞭解"), "了解"),
    (re.compile("瞭(?=解)"), "了"),
    (re.compile("明瞭"), "明了"),
    (re.compile("(?<=[若骨])乾"), "干"),  # OpenCC takes 若乾縣區 for 乾縣
    (re.compile("衞"), "卫"),
    (re.compile("着[作名述录称者]"), lambda found: "著" + found[0][1]),
    (re.compile("著(?=力|眼|重点|重于|手|实|陆|急|落|想)"), "着"),
    (re.compile("(?<=[随沿接朝向围绕对照本])著(?![作名述者])"), "着"),
)


@dataclass(frozen=True)
class Script:
    """A document in simplified characters, and what had to be done to it."""

    text: str
    traditional: bool = False
    pinyin: bool = False
    damaged: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


def normalise_script(text: str) -> Script:
    """Strip pinyin notes and convert to simplified characters, where the document needs it.

    >>> normalise_script("乾县人民政府(app)").text
    '乾县人民政府(app)'
    >>> normalise_script("一、總體情況\\n開展政府信息公開年度報告編制").text
    '一、总体情况\\n开展政府信息公开年度报告编制'

    `damaged` are the spans that byte-wise replacement has destroyed, as they stand in `text`;
    nothing in them can be relied upon, and no figure. Line breaks stay where they are.
    """
    text = text.translate(_RADICALS) if _RADICAL_RE.search(text) else text
    source = _without_references(text)
    stripped = _strip_notes(source)
    result = stripped if stripped is not None else source
    simplified = _simplify(result, annotated=stripped is not None)
    converted = stripped is not None or simplified is not None
    mended = mend_shifts(result, converted=converted, notes=source if stripped is not None else "")
    if not converted:
        kept = mended.text if mended.repaired else text
        return Script(kept, damaged=mended.damaged, findings=_damage(mended, str) + _garbled(text))
    result, damaged = mended.text, mended.damaged
    if simplified is not None:
        result = _convert(result) if mended.repaired else simplified
        damaged = tuple(map(_convert, damaged))
    signs = [
        word
        for word, seen in (("traditional characters", simplified is not None), ("pinyin notes", stripped is not None))
        if seen
    ]
    # A conversion changes the spelling and not the figures: worth knowing, not worth the verdict.
    mirror = Finding("source.mirror", "notice", f"a converted copy of the report: {' and '.join(signs)}")
    findings = (mirror, *_damage(mended, _convert if simplified is not None else str), *_garbled(result))
    return Script(result, simplified is not None, stripped is not None, damaged, findings)


def _damage(mended: Mended, convert: Callable[[str], str]) -> tuple[Finding, ...]:
    """What was destroyed, and what of it could be read again in one way only."""
    lost = [
        Finding("text.damaged", "warning", f"characters were destroyed by the copy: “{convert(span)}”")
        for span in mended.damaged
    ]
    repaired = [
        Finding("text.damaged", "notice", f"characters shifted by a byte were repaired: “{convert(was)}” to “{convert(now)}”")
        for was, now in mended.repaired
    ]
    return (*lost, *repaired)


def _without_references(text: str) -> str:
    """Resolve numeric character references where a page is written in them (&#22577;)."""
    if text.count("&#") < 40:
        return text
    return re.sub(r"&#(?:x[0-9a-fA-F]{4,5}|\d{5,6});", lambda found: unescape(found[0]), text)


def _strip_notes(text: str) -> str | None:
    """Remove pinyin in brackets behind Chinese characters; None when the document has none to speak of."""
    result = None
    for mark, pattern in (("(", _NOTE_RE), ("（", _WIDE_NOTE_RE)):
        if mark not in text:
            continue
        notes = [found for found in pattern.finditer(text) if _annotates(text, found)]
        toned = [found for found in notes if not found[1].isascii()]
        plain = [found for found in notes if found[1].isascii() and _SYLLABLE_RE.fullmatch(found[1])]
        # One tone mark is a helpful author, (an) may be an abbreviation: only the crowd is a machine.
        chosen = toned if len(toned) >= 5 else []
        varied = len({found[1] for found in plain}) >= 8
        if varied and len(plain) >= 20 and len(plain) * 400 > len(_HANZI_RE.findall(text)):
            chosen = chosen + plain
        elif chosen:
            chosen = chosen + [found for found in plain if found[1] in _NEUTRAL]
        if not chosen:
            continue
        parts, end = [], 0
        for found in sorted(chosen, key=lambda found: found.start()):
            parts.append(text[end : found.start()])
            end = found.end()
        parts.append(text[end:])
        text = result = "".join(parts)
    return result


def _annotates(text: str, found: re.Match[str]) -> bool:
    """A note stands behind a Chinese character, or behind another note, and is pinyin."""
    before = text[found.start() - 1 : found.start()]
    if not before or not (_HANZI_RE.match(before) or before in ")）"):
        return False
    if before in ")）" and not re.search(
        rf"[{_HANZI}](?:[(（][{_LETTERS}]{{1,6}}[)）])+$", text[max(0, found.start() - 30) : found.start()]
    ):
        return False
    return found[1].isascii() or bool(_SYLLABLE_RE.fullmatch(unicodedata.normalize("NFD", found[1]).translate(_TONES)))


def _simplify(text: str, *, annotated: bool) -> str | None:
    """Convert to simplified characters; None when at most 2 % of the Chinese would change."""
    if not annotated and sum(map(text.count, _PROBES)) < 3:
        return None
    converted = _convert(text)
    if len(converted) == len(text):
        changed = sum(map(str.__ne__, text, converted))
    else:
        changed = sum(map(text.count, _PROBES))
    return converted if changed * 50 > len(_HANZI_RE.findall(text)) else None


def _convert(text: str) -> str:
    # OpenCC speaks UTF-8 and has no word for half a surrogate pair.
    source = re.sub("[\ud800-\udfff]", "\ufffd", text)
    converted: str = _converter().convert(source)
    for pattern, replacement in _AFTER_T2S:
        converted = pattern.sub(replacement, converted)
    if len(converted) != len(source):
        return converted
    names, written = _kept_names()
    # Over-conversion writes 若乾縣 for 若干县: there the name is none.
    for found in written.finditer(source):
        if source[found.start() - 1 : found.start()] not in ("若", "骨"):
            converted = converted[: found.start()] + names[found[0]] + converted[found.end() :]
    return converted


@cache
def _kept_names() -> tuple[dict[str, str], re.Pattern[str]]:
    """Spellings of places that conversion would rename, with their names; and where they stand."""
    with (Path(__file__).parent / "script.toml").open("rb") as file:
        table = tomllib.load(file)["names"]
    names = {written: name for name, spellings in table.items() for written in spellings}
    return names, re.compile("|".join(sorted(names, key=len, reverse=True)))


@cache
def _converter() -> OpenCC:
    # t2s and no other: the phrase modes rewrite official wording (文件 to 档案).
    return OpenCC("t2s")


def _garbled(text: str) -> tuple[Finding, ...]:
    """A page that was decoded wrongly before it was saved is Chinese in looks only."""
    if not is_garbled(text):
        return ()
    sample = "".join(islice((found[0] for found in _HANZI_RE.finditer(text)), 16))
    return (Finding("text.damaged", "error", f"the text was decoded wrongly before it was saved: “{sample}…”"),)


def is_garbled(text: str) -> bool:
    """Whether a text is Chinese in looks only: hundreds of characters, and hardly one that is in everyday use."""
    if any(char in text for char in "的公政"):
        return False
    hanzi = _HANZI_RE.findall(text)
    return len(hanzi) >= 200 and common_share("".join(hanzi)) <= 0.08
