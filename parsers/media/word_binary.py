"""The text of Word's old binary .doc, and the properties of its characters and paragraphs: [MS-DOC].

No maintained library in Python reads the format, only the compound file around it (olefile). A document
is text in pieces; what is a cell, what is deleted, where a row ends stands in lists of properties
(`sprm`) by file position. Every offset comes from the file, so every read is bounded.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

from parsers.media.rendering import MAX_TEXT, Unreadable

_TEXT_CHARS = 0x4C  # ccpText, the first of the lengths of the stories
_STORIES = (0x4C, 0x50, 0x54, 0x58, 0x5C, 0x60, 0x64)  # text, notes, heads, macros, comments, end notes, text boxes
_CHPX, _PAPX, _CLX = 0xFA, 0x102, 0x1A2

# Operand sizes by the three high bits of a sprm (2.6.1); 6 is a length of its own.
_OPERAND = {0: 1, 1: 1, 2: 2, 3: 4, 4: 2, 5: 2, 7: 3}

DELETED, HIDDEN, SYMBOL = 0x0800, 0x083C, 0x6A09
RAISED, STRUCK, STRUCK_TWICE = 0x2A48, 0x0837, 0x2A53  # superscript is its operand 1
IN_TABLE, ROW_END, DEPTH, INNER_CELL, INNER_ROW_END = 0x2416, 0x2417, 0x6649, 0x244B, 0x244C
TABLE_CELLS, MERGE, VERTICAL_MERGE = 0xD608, 0x5624, 0xD62B
_HUGE = (0x6645, 0x6646)

Properties = dict[int, bytes]


@dataclass(slots=True)
class _Runs:
    """Properties by file position: run i covers [starts[i], ends[i])."""

    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    values: list[Properties] = field(default_factory=list)

    def at(self, position: int) -> Properties:
        index = bisect_right(self.starts, position) - 1
        return self.values[index] if index >= 0 and position < self.ends[index] else {}


@dataclass(slots=True)
class Paragraph:
    """One paragraph: its characters with their file positions, its properties, and the mark that ends it."""

    characters: list[tuple[str, int]]
    properties: Properties
    end: str

    def flag(self, sprm: int) -> bool:
        """Whether a property of one byte is set."""
        return bool((self.properties.get(sprm) or b"\0")[0])

    @property
    def depth(self) -> int:
        """How many tables the paragraph is inside of."""
        if not self.flag(IN_TABLE):
            return 0
        operand = self.properties.get(DEPTH, b"")
        return max(1, struct.unpack("<i", operand)[0]) if len(operand) == 4 else 1


def _u16(data: bytes, at: int) -> int:
    return int(struct.unpack_from("<H", data, at)[0])


def _u32(data: bytes, at: int) -> int:
    return int(struct.unpack_from("<I", data, at)[0])


class WordFile:
    """A .doc, opened. Raises Unreadable when it is encrypted, damaged, or older than Word 97."""

    def __init__(self, main: bytes, tables: dict[str, bytes], data: bytes) -> None:
        if len(main) < 0x1AA or _u16(main, 0) not in (0xA5EC, 0xA5DC):
            raise Unreadable("the Word file is damaged: it does not begin as one")
        flags = _u16(main, 0x0A)
        if flags & 0x0100:
            raise Unreadable("the Word file is encrypted; without its password it cannot be read")
        if _u16(main, 2) < 0xC0:
            raise Unreadable("the file is of Word 95 or older; this format is not read")
        table = tables.get("1Table" if flags & 0x0200 else "0Table")
        if table is None:
            raise Unreadable("the Word file is not whole: its table stream is missing")
        self._main, self._table, self._data = main, table, data
        try:
            self._pieces = list(self._read_pieces())
            self._characters = self._read_runs(_CHPX)
            self._paragraphs = self._read_runs(_PAPX)
            lengths = [_u32(main, at) for at in _STORIES]
        except (struct.error, IndexError) as error:
            raise Unreadable(f"the Word file is damaged or cut off: {error}") from error
        if sum(lengths) > MAX_TEXT:
            raise Unreadable(f"the Word file holds more than {MAX_TEXT} characters; no report does")
        self.text_end = lengths[0]
        self.boxes = range(sum(lengths[:6]), sum(lengths))

    def properties_of(self, position: int) -> Properties:
        """The properties of the character at a file position."""
        return self._characters.at(position)

    def paragraphs(self, span: range) -> Iterator[Paragraph]:
        """The paragraphs of a span of character positions. Raises Unreadable when the pieces do not hold them all."""
        characters: list[tuple[str, int]] = []
        count = 0
        for char, position in self._text(span):
            count += 1
            if char in "\r\x07\x0c":
                yield Paragraph(characters, self._paragraphs.at(position), char)
                characters = []
            else:
                characters.append((char, position))
        if characters:
            yield Paragraph(characters, {}, "")
        if count < len(span):
            raise Unreadable(f"the Word file is cut off: {len(span) - count} of its {len(span)} characters are not there")

    def _text(self, span: range) -> Iterator[tuple[str, int]]:
        for start, end, offset, compressed in self._pieces:
            first, last = max(start, span.start), min(end, span.stop)
            if first >= last:
                continue
            width = 1 if compressed else 2
            at = offset + (first - start) * width
            raw = self._main[at : at + (last - first) * width]
            # UTF-16 by the code unit, since positions count units: half a pair stays half a pair
            text = raw.decode("cp1252", "replace") if compressed else [chr(u[0]) for u in struct.iter_unpack("<H", raw[: len(raw) // 2 * 2])]
            for index, char in enumerate(text):
                yield char, at + index * width

    def _read_pieces(self) -> Iterator[tuple[int, int, int, bool]]:
        """(first character, end, file position, one byte a character) of each piece: 2.9.38, Clx."""
        at, size = _u32(self._main, _CLX), _u32(self._main, _CLX + 4)
        end = at + size
        if not size or end > len(self._table):
            raise Unreadable("the Word file is damaged or cut off: its piece table is not there")
        while at < end and self._table[at] == 1:
            at += 3 + _u16(self._table, at + 1)
        if at >= end or self._table[at] != 2:
            raise Unreadable("the Word file is damaged: its piece table cannot be read")
        plc = self._table[at + 5 : at + 5 + _u32(self._table, at + 1)]
        count = (len(plc) - 4) // 12
        for index in range(count):
            place = _u32(plc, 4 * (count + 1) + 8 * index + 2)
            compressed = bool(place & 0x40000000)
            offset = (place & 0x3FFFFFFF) // (2 if compressed else 1)
            yield _u32(plc, 4 * index), _u32(plc, 4 * index + 4), offset, compressed

    def _read_runs(self, where: int) -> _Runs:
        """All pages of formatted runs of one kind: 2.9.34 (ChpxFkp) and 2.9.176 (PapxFkp)."""
        at, size = _u32(self._main, where), _u32(self._main, where + 4)
        plc = self._table[at : at + size]
        count = max(0, (len(plc) - 4) // 8)
        found: list[tuple[int, int, Properties]] = []
        for index in range(count):
            page = (_u32(plc, 4 * (count + 1) + 4 * index) & 0x3FFFFF) * 512
            fkp = self._main[page : page + 512]
            if len(fkp) == 512:
                found.extend(self._read_page(fkp, where == _PAPX))
        found.sort(key=lambda run: run[0])
        runs = _Runs()
        for first, last, properties in found:
            runs.starts.append(first)
            runs.ends.append(last)
            runs.values.append(properties)
        return runs

    def _read_page(self, fkp: bytes, paragraphs: bool) -> Iterator[tuple[int, int, Properties]]:
        count = fkp[511]
        width = 13 if paragraphs else 1
        if 4 * (count + 1) + width * count > 511:
            return
        for index in range(count):
            place = 2 * fkp[4 * (count + 1) + width * index]
            properties: Properties = {}
            if place and paragraphs:
                size = fkp[place] * 2 - 1
                if not fkp[place]:
                    place += 1
                    size = fkp[place] * 2
                self._read_sprms(fkp[place + 3 : place + 1 + size], properties)
            elif place:
                self._read_sprms(fkp[place + 1 : place + 1 + fkp[place]], properties)
            yield _u32(fkp, 4 * index), _u32(fkp, 4 * index + 4), properties

    def _read_sprms(self, grpprl: bytes, into: Properties, deep: bool = False) -> None:
        at = 0
        while at + 2 < len(grpprl):
            sprm = _u16(grpprl, at)
            at += 2
            size = _OPERAND.get(sprm >> 13)
            if size is None:
                if sprm == TABLE_CELLS:
                    if at + 2 > len(grpprl):
                        return
                    size = _u16(grpprl, at) + 1
                elif sprm == 0xC615 and grpprl[at] == 255 and at + 1 < len(grpprl):
                    dropped = 1 + 4 * grpprl[at + 1]
                    size = 1 + dropped + 1 + 3 * grpprl[min(at + 1 + dropped, len(grpprl) - 1)]
                else:
                    size = grpprl[at] + 1
            operand = grpprl[at : at + size]
            at += size
            if sprm in _HUGE and len(operand) == 4 and not deep:
                place = _u32(operand, 0)
                if place + 2 <= len(self._data):
                    self._read_sprms(self._data[place + 2 : place + 2 + _u16(self._data, place)], into, True)
            elif sprm == VERTICAL_MERGE:
                into[sprm] = into.get(sprm, b"") + operand[1:3]  # one for each cell
            elif sprm == MERGE:
                into[sprm] = into.get(sprm, b"") + operand
            else:
                into[sprm] = operand
