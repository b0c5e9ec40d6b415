"""Mend the spans of a copy that were read one byte late.

Mirrors run a byte-wise search-and-replace over GBK text, which ignores where a character begins. Where a pattern hits the
second half of one character and the first of the next, the lead byte before it is left alone and shows as "?", and
what follows is read one byte late until a byte restores the phase: 三審三校”制度。二是加強平臺 becomes 三審三?！敝贫取6羌訌娖脚_.
Everything in such a span but its first character can be read again from the bytes themselves; the first has lost its
lead byte, and a pair that stands for nothing has vanished. Those are only filled in where the rest of the document knows
one word that fits, and no other; else the span stays as it is and is reported. A reading with a figure in it
is never taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice

from .decode import common_share

_HANZI = "\u3400-\u9fff\uf900-\ufaff"
_LETTERS = "a-z\u00e0-\u00fc\u0100-\u017f\u01cd-\u01dc"
# A lead byte became "?" and what follows is read one byte late, until a trail byte below 0x80 (a
# letter, or one of @[\\]^_`{|}~) restores the phase. A3A1, "！", is the pattern that is replaced most.
_SHIFT_RE = re.compile(rf"\?[！!](?=[{_HANZI}])([{_HANZI}0-9０-９，。、（）]{{1,60}})([@-~]?)")
# The same straddle with an annotated character: 式沒有 became 式?jīng)]有.
_TORN_NOTE_RE = re.compile(rf"(?<=[{_HANZI}])\?([{_LETTERS}]{{1,6}})\)([@-~])?")
_NOTED_RE = re.compile(rf"([{_HANZI}])[(（]([{_LETTERS}]{{1,6}})[)）]")
# What normalisation made of full-width forms, back to what GBK has for them.
_WIDE = {ord(char): ord(char) + 0xFEE0 for char in "0123456789,()!?:;"}
# A copy breaks twice in 10,000 characters: a page with more of these is broken everywhere.
_MAX_SPANS = 200


@dataclass(frozen=True)
class Mended:
    """A text with its shifted spans mended where that can be done in one way. `damaged` are the others, as they stand
    in `text`, each with the characters before it; `repaired` are pairs of what stood there and what stands there now."""

    text: str
    damaged: tuple[str, ...] = ()
    repaired: tuple[tuple[str, str], ...] = ()


def mend_shifts(text: str, *, converted: bool, notes: str = "") -> Mended:
    """Find the spans that were read one byte late and mend what can be mended. Pure; never raises.

    `converted` says that the document is a mirror's copy, in which such spans are expected; `notes` is the document
    with its pinyin notes, which tell the characters that were annotated.
    """
    spans = list(_spans(text, converted))
    if not spans:
        return Mended(text)
    words = _Words(text)
    noted = {sound: char for char, sound in _NOTED_RE.findall(notes)}
    damaged: list[str] = []
    repaired: list[tuple[str, str]] = []
    parts: list[str] = []
    end = 0
    for start, stop, torn in sorted(spans):
        if start < end:
            continue
        was = text[start:stop]
        now = _torn(text, start, was, noted) if torn else _shifted(text, start, stop, words)
        if now is None or re.search("[0-9０-９]", now):
            damaged.append(text[max(0, start - 3) : stop])
            continue
        parts.extend((text[end:start], now))
        end = stop
        repaired.append((text[max(0, start - 3) : stop], text[max(0, start - 3) : start] + now))
    return Mended("".join(parts) + text[end:], tuple(damaged), tuple(repaired))


def _spans(text: str, converted: bool) -> Iterator[tuple[int, int, bool]]:
    if "?！" in text or "?!" in text:
        for found in islice(_SHIFT_RE.finditer(text), _MAX_SPANS):
            run, end = found[1], found[2]
            # A writer may exclaim ?! too, but goes on in everyday words and not in a letter.
            odd = common_share(run) < 0.34
            if odd and (end or converted or (common_share(run) < 0.12 and len(run) >= 6)):
                yield found.start(), found.end(), False
    if converted and ")" in text:
        for found in islice(_TORN_NOTE_RE.finditer(text), _MAX_SPANS):
            yield found.start(), found.end(), True


class _Words:
    """Which characters follow one another elsewhere in a document."""

    def __init__(self, text: str) -> None:
        hanzi = re.sub(f"[^{_HANZI}《》“”。，、]", " ", _SHIFT_RE.sub(" ", text))
        self._pairs = {hanzi[at : at + 2] for at in range(len(hanzi) - 1)}

    def known(self, *pairs: str) -> bool:
        return all(pair in self._pairs for pair in pairs)

    def unknown(self, text: str) -> int:
        """How many pairs of neighbours in a text stand nowhere else in the document, marks included."""
        return sum(text[at : at + 2] not in self._pairs for at in range(len(text) - 1))


def _torn(text: str, start: int, was: str, noted: dict[str, str]) -> str | None:
    """The character whose first half was taken for the second of an annotated one: 9B of 經 BD9B, and 5D: 沒."""
    found = _TORN_NOTE_RE.match(text, start)
    if found is None or not found[2] or found[1] not in noted:
        return None
    annotated, before = _bytes(noted[found[1]]), _bytes(text[start - 1])
    if annotated is None or before is None or before[-1:] != annotated[:1]:
        return None
    return _decode(annotated[1:] + found[2].encode())


def _shifted(text: str, start: int, stop: int, words: _Words) -> str | None:
    """The one reading of a span that the rest of the document bears out; None when there is none, or a second."""
    found = _SHIFT_RE.match(text, start)
    # Without the byte that restores the phase nobody can say where the span ends.
    if found is None or not found[2]:
        return None
    tail = _bytes(found[1].translate(_WIDE))
    if tail is None:
        return None
    before, behind = text[start - 1 : start], text[stop : stop + 1]
    # A3 is the second half of the lost character, A1 the first of the next.
    rest = _rest(b"\xa1" + tail + found[2].encode(), behind, words)
    if rest is None:
        return None
    first = [char for char in _with_trail(0xA3) if words.known(before + char) or char + rest[0] == "。《"]
    return first[0] + rest if len(first) == 1 else None


def _rest(stream: bytes, behind: str, words: _Words) -> str | None:
    """What stands behind the first character: as the bytes say, or with one vanished pair put back.

    As the bytes say, when all of its pairs are known. With a pair put back, when that leaves two unknown pairs fewer and
    no other pair does as well.
    """
    whole = _decode(stream)
    strange = 99 if whole is None else words.unknown(whole + behind)
    if whole is not None and not strange:
        return whole
    readings: dict[str, int] = {}
    for at in range(1, len(stream), 2):
        head, tail = _decode(stream[: at - 1]), _decode(stream[at + 1 :])
        if head is None or tail is None:
            continue
        for pair in _unassigned():
            middle = _decode(stream[at - 1 : at] + pair + stream[at : at + 1])
            if middle is not None and len(middle) == 2 and words.known(middle, middle[1] + (tail + behind)[:1]):
                reading = head + middle + tail
                readings[reading] = words.unknown(reading + behind)
    best = min(readings.values(), default=99)
    chosen = [reading for reading, count in readings.items() if count == best]
    return chosen[0] if len(chosen) == 1 and best + 2 <= strange else None


@cache
def _unassigned() -> tuple[bytes, ...]:
    """The pairs of GBK that stand for no character: a converter drops them."""
    pairs = (bytes((lead, trail)) for lead in range(0x81, 0xFF) for trail in range(0x40, 0xFF) if trail != 0x7F)
    return tuple(pair for pair in pairs if _decode(pair) is None)


@cache
def _with_trail(trail: int) -> tuple[str, ...]:
    return tuple(char for lead in range(0xA1, 0xFF) if (char := _decode(bytes((lead, trail)))))


def _bytes(text: str) -> bytes | None:
    try:
        return text.encode("gbk")
    except UnicodeEncodeError:
        return None


def _decode(body: bytes) -> str | None:
    try:
        return body.decode("gbk")
    except UnicodeDecodeError:
        return None
