"""Read RTF, whatever its name: most of it is Word's, saved as .doc.

striprtf, the one maintained library, does not know hidden and deleted text nor merged cells, so what it gives is not what is printed. What
is needed of the format (RTF 1.9.1) is short: groups, characters by code page or number, and the marks of cells and rows.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from parsers.media.rendering import MAX_CELLS, MAX_TEXT, Rendering, Unreadable, mark_run, write_page, write_text
from parsers.media.word_rows import Column, OpenTable
from parsers.model import Finding

_TOKEN = re.compile(rb"\\([a-z]{1,32})(-?\d{1,9})? ?|\\'([0-9a-fA-F]{2})|\\(.)|([{}])|([\r\n]+)|([^\\{}\r\n]+)", re.DOTALL | re.IGNORECASE)
_MAX_DEPTH = 1_000
_MAX_TABLE_DEPTH = 20

# Groups whose text is not printed in the body, beside all that begin with \\*.
_UNSEEN = frozenset(
    ["fonttbl", "colortbl", "stylesheet", "info", "pict", "header", "headerl", "headerr", "headerf", "footer", "footerl", "footerr", "footerf", "footnote", "annotation", "fldinst", "nonesttables", "nonshppict", "listtable", "listoverridetable", "rsidtbl", "xmlnstbl", "sp", "filetbl", "revtbl", "bkmkstart", "bkmkend"]
)
_SEEN_STARRED = frozenset(("nesttableprops", "shpinst", "shppict"))
_SYMBOLS = {"emdash": "—", "endash": "–", "lquote": "‘", "rquote": "’", "ldblquote": "“", "rdblquote": "”", "bullet": "•", "tab": "\t", "line": "\n", "emspace": " ", "enspace": " "}
_CHARSETS = {128: "cp932", 129: "cp949", 134: "gb18030", 136: "big5hkscs", 204: "cp1251"}
_SYMBOL_FONT = 2


@dataclass(slots=True)
class _Group:
    """What holds inside one pair of braces."""

    unseen: bool = False
    starred: bool = False
    fonts: bool = False
    hidden: bool = False
    deleted: bool = False
    raised: bool = False
    struck: bool = False
    charset: int = 1
    uc: int = 1


@dataclass(slots=True)
class _Row:
    """The definition of the row at hand."""

    left: int = 0
    columns: list[Column] = field(default_factory=list)
    across: bool = False
    down: bool = False


def read_rtf(body: bytes) -> Rendering:
    """The document as HTML. Raises Unreadable past the bounds."""
    reader = _Reader()
    parts = list(reader.blocks(body))
    findings = []
    if reader.pictures:
        findings.append(Finding("media.pictures", "notice", f"the file holds {reader.pictures} pictures; what they show is not read"))
    if reader.stack[1:]:
        findings.append(Finding("source.cut", "error", "the RTF file ends inside a group: it was cut off"))
    return Rendering(write_page(parts), findings=findings)


@dataclass(slots=True)
class _Reader:
    stack: list[_Group] = field(default_factory=lambda: [_Group()])
    #: charset of each font
    fonts: dict[int, int] = field(default_factory=dict)
    font: int = 0
    codepage: str = "cp1252"
    raw: bytearray = field(default_factory=bytearray)
    text: list[str] = field(default_factory=list)
    tables: list[OpenTable] = field(default_factory=list)
    rows: dict[int, _Row] = field(default_factory=dict)
    in_table: bool = False
    depth: int = 0
    skip: int = 0
    size: int = 0
    cells: int = 0
    pictures: int = 0

    def blocks(self, body: bytes) -> Iterator[str]:
        at = 0
        while found := _TOKEN.match(body, at):
            at = found.end()
            word, number, code, symbol, brace, _, plain = found.groups()
            if brace:
                self._brace(brace)
            elif word:
                name, value = word.decode("ascii").lower(), int(number) if number else None
                if name == "bin":
                    at += max(value or 0, 0)
                else:
                    yield from self._word(name, value)
            elif code:
                self._byte(bytes.fromhex(code.decode("ascii")))
            elif symbol:
                self._symbol(symbol)
            elif plain:
                self._byte(plain)
        yield from self._paragraph(0) if self.text or self.raw else iter(())
        while self.tables:
            yield from self._close()

    def _brace(self, brace: bytes) -> None:
        self._flush()
        if brace == b"{":
            if len(self.stack) > _MAX_DEPTH:
                raise Unreadable(f"the groups of the RTF file are nested more than {_MAX_DEPTH} deep; no report's are")
            self.stack.append(replace(self.stack[-1], starred=False))
        elif len(self.stack) > 1:
            self.stack.pop()

    # -------------------------------------------------------------------------------- characters

    def _byte(self, data: bytes) -> None:
        if self.skip:
            dropped = min(self.skip, len(data))
            self.skip -= dropped
            data = data[dropped:]
        group = self.stack[-1]
        if data and not (group.unseen or group.hidden or group.deleted):
            self.raw += data

    def _symbol(self, symbol: bytes) -> None:
        if symbol == b"*":
            self.stack[-1].starred = True
        elif symbol in b"\\{}":
            self._byte(symbol)
        elif symbol == b"~":
            self._add("\xa0")
        elif symbol == b"_":
            self._add("-")

    def _add(self, text: str) -> None:
        self._flush()
        group = self.stack[-1]
        if not (group.unseen or group.hidden or group.deleted):
            self._keep(text)

    def _keep(self, text: str) -> None:
        group = self.stack[-1]
        if group.raised or group.struck:
            text = mark_run(text, raised=group.raised, struck=group.struck, before=any(map(str.strip, self.text)))
        self.text.append(text)

    def _flush(self) -> None:
        """Decode the bytes gathered so far: a Chinese character is two of them."""
        if not self.raw:
            return
        charset = self.stack[-1].charset
        if charset == _SYMBOL_FONT:
            text = "\ufffd" * len(self.raw)
        else:
            text = bytes(self.raw).decode(_CHARSETS.get(charset, self.codepage), "replace")
        self.raw.clear()
        self.size += len(text)
        if self.size > MAX_TEXT:
            raise Unreadable(f"the RTF file holds more than {MAX_TEXT} characters; no report does")
        self._keep(text)

    # -------------------------------------------------------------------------------- control words

    def _word(self, name: str, value: int | None) -> Iterator[str]:
        group = self.stack[-1]
        if name == "u" and value is not None:
            self._add(chr(value & 0xFFFF))
            self.skip = group.uc
            return
        self.skip = 0
        if name == "pict":
            self.pictures += 1
        if name in _UNSEEN or (group.starred and name not in _SEEN_STARRED):
            self._flush()
            group.unseen = True
            group.fonts = group.fonts or name == "fonttbl"
        group.starred = False
        if group.fonts or group.unseen:
            self._font_word(name, value, group.fonts)
        elif name in _SYMBOLS:
            self._add(_SYMBOLS[name])
        elif name in ("par", "sect", "cell", "nestcell", "row", "nestrow"):
            self._flush()
            yield from self._end(name)
        elif setter := _CHARACTER_WORDS.get(name):
            self._flush()
            setter(self, value)
        elif setter := _ROW_WORDS.get(name):
            setter(self, value)

    def _font_word(self, name: str, value: int | None, fonts: bool) -> None:
        if fonts and name == "f":
            self.font = value or 0
        elif fonts and name == "fcharset":
            self.fonts[self.font] = value or 0

    # -------------------------------------------------------------------------------- paragraphs and cells

    def _take_text(self) -> str:
        self._flush()
        text = "".join(self.text).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        self.text = []
        return write_text(text)

    def _paragraph(self, depth: int) -> Iterator[str]:
        yield from self._reach(depth)
        block = f"<p>{self._take_text()}</p>"
        if self.tables:
            self.tables[-1].blocks.append(block)
        else:
            yield block

    def _end(self, name: str) -> Iterator[str]:
        depth = max(self.depth, 1) if self.in_table else 0
        if name in ("par", "sect"):
            yield from self._paragraph(depth)
            return
        depth = 1 if name in ("cell", "row") else max(depth, 2)
        yield from self._reach(depth)
        table = self.tables[-1]
        if name in ("cell", "nestcell"):
            self.cells += 1
            if self.cells > MAX_CELLS:
                raise Unreadable(f"the tables of the file have more than {MAX_CELLS} cells; no report has")
            table.blocks.append(f"<p>{self._take_text()}</p>")
            table.end_cell()
        elif table.cells or table.blocks:
            table.end_row(list(self.rows.get(0, _Row()).columns))

    def _reach(self, depth: int) -> Iterator[str]:
        if depth > _MAX_TABLE_DEPTH:
            raise Unreadable(f"the tables of the RTF file are nested more than {_MAX_TABLE_DEPTH} deep; no report's are")
        while len(self.tables) > depth:
            yield from self._close()
        while len(self.tables) < depth:
            self.tables.append(OpenTable())

    def _close(self) -> Iterator[str]:
        html = self.tables.pop().write()
        if self.tables:
            self.tables[-1].blocks.append(html)
        else:
            yield html

    # -------------------------------------------------------------------------------- what the words set

    def _reset_paragraph(self, _: int | None) -> None:
        self.in_table, self.depth = False, 0

    def _enter_table(self, _: int | None) -> None:
        self.in_table = True

    def _nest(self, value: int | None) -> None:
        self.depth = value or 0
        self.in_table = self.depth > 0

    def _plain(self, _: int | None) -> None:
        group = self.stack[-1]
        group.hidden = group.deleted = group.raised = group.struck = False

    def _raise(self, _: int | None) -> None:
        self._flush()
        self.stack[-1].raised = True

    def _lower(self, _: int | None) -> None:
        self._flush()
        self.stack[-1].raised = False

    def _strike(self, value: int | None) -> None:
        self._flush()
        self.stack[-1].struck = value != 0

    def _hide(self, value: int | None) -> None:
        self.stack[-1].hidden = value != 0

    def _delete(self, value: int | None) -> None:
        self.stack[-1].deleted = value != 0

    def _choose_font(self, value: int | None) -> None:
        self.stack[-1].charset = self.fonts.get(value or 0, 1)

    def _choose_page(self, value: int | None) -> None:
        label = "gb18030" if value == 936 else "big5hkscs" if value == 950 else f"cp{value}"
        try:
            self.codepage = codecs.lookup(label).name
        except LookupError:
            self.codepage = "cp1252"

    def _set_uc(self, value: int | None) -> None:
        self.stack[-1].uc = min(max(1 if value is None else value, 0), 10)

    def _row(self) -> _Row:
        return self.rows.setdefault(0, _Row())

    def _new_row(self, _: int | None) -> None:
        self.rows[0] = _Row()

    def _row_left(self, value: int | None) -> None:
        self._row().left = value or 0

    def _cell_edge(self, value: int | None) -> None:
        row = self._row()
        left = row.columns[-1].right if row.columns else min(row.left, value or 0)
        if len(row.columns) < 500:
            row.columns.append(Column(left, max(value or 0, left), row.across, row.down))
        row.across = row.down = False

    def _goes_across(self, _: int | None) -> None:
        self._row().across = True

    def _goes_down(self, _: int | None) -> None:
        self._row().down = True


_Setter = Callable[[_Reader, "int | None"], None]
_CHARACTER_WORDS: dict[str, _Setter] = {
    "pard": _Reader._reset_paragraph, "intbl": _Reader._enter_table, "itap": _Reader._nest, "plain": _Reader._plain,
    "super": _Reader._raise, "sub": _Reader._raise, "nosupersub": _Reader._lower, "strike": _Reader._strike, "striked": _Reader._strike,
    "v": _Reader._hide, "deleted": _Reader._delete, "f": _Reader._choose_font, "ansicpg": _Reader._choose_page, "uc": _Reader._set_uc,
}  # fmt: skip
_ROW_WORDS: dict[str, _Setter] = {
    "trowd": _Reader._new_row, "trleft": _Reader._row_left, "cellx": _Reader._cell_edge,
    "clmrg": _Reader._goes_across, "clvmrg": _Reader._goes_down,
}  # fmt: skip
