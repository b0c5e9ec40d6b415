"""Read Word's old binary .doc: paragraphs and tables, from cell marks and the rows' own definitions.

The bytes are [MS-DOC]'s; see `word_binary`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from parsers.media.rendering import MAX_CELLS, Rendering, Unreadable, mark_run, write_page, write_text
from parsers.media.word_binary import (
    DELETED,
    HIDDEN,
    INNER_CELL,
    INNER_ROW_END,
    MERGE,
    RAISED,
    ROW_END,
    STRUCK,
    STRUCK_TWICE,
    SYMBOL,
    TABLE_CELLS,
    VERTICAL_MERGE,
    Paragraph,
    Properties,
    WordFile,
)
from parsers.media.word_rows import Column, OpenTable
from parsers.model import Finding

_MAX_DEPTH = 20
_SHOWN = {"\x0b": "<br>", "\x1e": "-", "\t": "\t", "\xa0": "\xa0"}


def read_doc(streams: dict[str, bytes]) -> Rendering:
    """The document as HTML; `streams` are those of the compound file. Raises Unreadable."""
    word = WordFile(streams["WordDocument"], streams, streams.get("Data", b""))
    reader = _Reader(word)
    parts = list(reader.blocks(word.paragraphs(range(word.text_end))))
    parts += reader.blocks(word.paragraphs(word.boxes))
    findings = []
    if reader.deleted:
        findings.append(Finding("media.deleted", "notice", f"{reader.deleted} characters are marked as deleted in the file; they were not read"))
    if reader.pictures:
        findings.append(Finding("media.pictures", "notice", f"the file holds {reader.pictures} pictures; what they show is not read"))
    return Rendering(write_page(parts), findings=findings)


@dataclass(slots=True)
class _Reader:
    word: WordFile
    deleted: int = 0
    pictures: int = 0
    cells: int = 0
    #: of each open field, whether its code (True) or its result (False) is being read
    fields: list[bool] = field(default_factory=list)

    def blocks(self, paragraphs: Iterator[Paragraph]) -> Iterator[str]:
        """Paragraphs and tables in order."""
        stack: list[OpenTable] = []
        for paragraph in paragraphs:
            depth = paragraph.depth
            if depth > _MAX_DEPTH:
                raise Unreadable(f"the tables of the Word file are nested more than {_MAX_DEPTH} deep; no report's are")
            while len(stack) > depth:
                yield from self._close(stack)
            while len(stack) < depth:
                stack.append(OpenTable())
            text = self._text(paragraph)
            if not stack:
                yield f"<p>{text}</p>"
                continue
            self._take(stack[-1], paragraph, text)
        while stack:
            yield from self._close(stack)

    def _take(self, table: OpenTable, paragraph: Paragraph, text: str) -> None:
        if paragraph.flag(ROW_END) or paragraph.flag(INNER_ROW_END):
            table.end_row(read_columns(paragraph.properties))
            return
        table.blocks.append(f"<p>{text}</p>")
        if paragraph.end == "\x07" or paragraph.flag(INNER_CELL):
            self._end_cell(table)

    def _end_cell(self, table: OpenTable) -> None:
        self.cells += 1
        if self.cells > MAX_CELLS:
            raise Unreadable(f"the tables of the file have more than {MAX_CELLS} cells; no report has")
        table.end_cell()

    def _close(self, stack: list[OpenTable]) -> Iterator[str]:
        table = stack.pop()
        html = table.write()
        if stack:
            stack[-1].blocks.append(html)
        else:
            yield html

    def _text(self, paragraph: Paragraph) -> str:
        """What a paragraph shows, as HTML."""
        parts: list[str] = []
        for char, position in paragraph.characters:
            properties = self.word.properties_of(position)
            if (properties.get(DELETED) or b"\0")[0] & 1:
                self.deleted += 1
            elif char == "\x13":
                self.fields.append(True)
            elif char == "\x14":
                if self.fields:
                    self.fields[-1] = False
            elif char == "\x15":
                if self.fields:
                    self.fields.pop()
            elif any(self.fields) or (properties.get(HIDDEN) or b"\0")[0] & 1:
                continue
            elif SYMBOL in properties:
                parts.append("\ufffd")
            elif char in "\x01\x08":
                self.pictures += 1
                parts.append("\x01")
            elif char in _SHOWN or char >= " ":
                raised = properties.get(RAISED, b"\0")[:1] == b"\1"
                struck = bool((properties.get(STRUCK) or b"\0")[0] & 1 or (properties.get(STRUCK_TWICE) or b"\0")[0] & 1)
                if raised or struck:
                    char = mark_run(char, raised=raised, struck=struck, before=any(map(str.strip, parts)))
                parts.append(char)
        text = "".join(parts).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        return write_text(text).replace("\x0b", "<br>").replace("\x1e", "-").replace("\x1f", "").replace("\x01", '<img src="picture" width="600" height="400">')


def read_columns(properties: Properties) -> list[Column]:
    """The cells that a row's end defines: [MS-DOC] 2.9.329 (TDefTableOperand), 2.9.326 (TC80)."""
    operand = properties.get(TABLE_CELLS, b"")
    if len(operand) < 5:
        return []
    count = operand[2]
    if len(operand) < 3 + 2 * (count + 1):
        return []
    edges = struct.unpack_from(f"<{count + 1}h", operand, 3)
    columns = []
    for index in range(count):
        at = 3 + 2 * (count + 1) + 20 * index
        flags = struct.unpack_from("<H", operand, at)[0] if at + 2 <= len(operand) else 0
        columns.append(Column(edges[index], edges[index + 1], flags & 3 in (2, 3), flags >> 5 & 3 == 1))
    for first, end in _pairs(properties.get(MERGE, b"")):
        for index in range(first + 1, min(end, count)):
            columns[index] = Column(columns[index].left, columns[index].right, True, columns[index].down)
    for index, flag in _pairs(properties.get(VERTICAL_MERGE, b"")):
        if index < count:
            columns[index] = Column(columns[index].left, columns[index].right, columns[index].across, flag == 1)
    return columns


def _pairs(data: bytes) -> Iterator[tuple[int, int]]:
    return zip(data[::2], data[1::2], strict=False)
