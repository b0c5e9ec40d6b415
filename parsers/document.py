"""Open a page: from bytes to one tree, its statutory tables, and the lines around them.

This is the only place where a page is decoded and parsed. The tables that belong to the form are
taken out of the tree and leave a placeholder, so that nothing downstream can mistake a figure for
prose or prose for a figure. libxml2 drops what lies past its depth limit without an exception:
the only trace is its error log, and here that trace becomes a finding.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from lxml import etree
from lxml.etree import SubElement
from lxml.html import Element, HtmlElement, HTMLParser, document_fromstring

from parsers.decode import decode, wide_without_mark
from parsers.grid import Grid, read_grid
from parsers.lines import MAX_LINES, Line, flatten_tree, fold_spaces, split_lines, split_text
from parsers.media import Unreadable, read_file
from parsers.model import Cell, Finding, Page
from parsers.script import normalise_script
from parsers.stream import is_row_label, is_statutory, is_value, prose_of_row
from parsers.unseen import classes_hidden, is_hidden, take_out_unseen
from parsers.wording import match_heading

# What begins so is no text, whatever its name or its Content-Type say.
_MAGIC = (
    (b"%PDF-", "PDF"),
    (b"PK\x03\x04", "zip, docx or xlsx"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "doc or xls"),
    (b"\x89PNG\r\n", "PNG image"),
    (b"\xff\xd8\xff", "JPEG image"),
    (b"GIF87a", "GIF image"),
    (b"GIF89a", "GIF image"),
    (b"BM", "BMP image"),
    (b"RIFF", "RIFF media"),
    (b"{\\rtf", "RTF"),
    (b"Rar!\x1a\x07", "rar"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"\x1f\x8b", "gzip"),
    (b"II*\x00", "TIFF image"),
    (b"MM\x00*", "TIFF image"),
    (b"\x7fELF", "program"),
    (b"MZ", "program"),
)
_MARKUP_RE = re.compile(r"<\s*(?:!doctype|html|head|body|table|div|p|br|meta|span|td|font|script)\b[^<>]{0,400}>", re.IGNORECASE)
_XML_DECLARATION_RE = re.compile(r"^\s*<\?xml[^>]*\?>")

# How many figures stand in the one row of 行政复议、行政诉讼.
_PROCEEDINGS = 15

# A page of more is kept in the archive and not read: no report comes near it.
MAX_BYTES = 20 * 1024 * 1024


@dataclass(slots=True)
class Document:
    """A page that has been opened. `tree` is None for plain text, and `refused` says why nothing was read."""

    text: str = ""
    encoding: str | None = None
    tree: HtmlElement | None = None
    lines: list[Line] = field(default_factory=list)
    #: raw lines of a plain text, blank ones and cell marks included
    raw_lines: list[str] = field(default_factory=list)
    #: (number among all tables of the page, from 1; the table)
    grids: list[tuple[int, Grid]] = field(default_factory=list)
    metas: dict[str, str] = field(default_factory=dict)
    title_tag: str | None = None
    findings: list[Finding] = field(default_factory=list)
    damaged: tuple[str, ...] = ()
    refused: str | None = None
    #: of a file: where a cell stands in it, by its place in the tables of the tree
    places: dict[str, str] = field(default_factory=dict)

    def locate(self, cells: Iterable[Cell]) -> tuple[Cell, ...]:
        """The cells with the place that a person finds in the file: `sheet[表1]/C7` or `page[3]/table[1]/r4c4`."""
        if not self.places:
            return tuple(cells)
        return tuple(replace(cell, at=self.places.get(cell.at, cell.at)) if cell.at else cell for cell in cells)


def sniff(body: bytes) -> str | None:
    """Name what is not text by its first bytes, or None. BM and MZ are words too, so they need a NUL near."""
    for magic, name in _MAGIC:
        if body.startswith(magic) and (len(magic) > 2 or b"\0" in body[:64]):
            return name
    head = body[:4096]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return None  # UTF-16 is full of NULs
    if head.count(0) * 10 > len(head) > 0 and not wide_without_mark(body):
        return "unknown binary format"
    return None


def open_document(page: Page) -> Document:
    """Decode, normalise and parse one page. Never raises on bad input."""
    document = Document()
    if not page.body.strip(b" \t\r\n\0"):
        document.refused = "the document is empty"
        return document
    try:
        rendering = read_file(page.body)
    except Unreadable as error:
        document.refused = str(error)
        return document
    if rendering is not None:
        document.findings.extend(rendering.findings)
        document.places = rendering.places
        if rendering.page is None:
            script = normalise_script(rendering.html)
            document.text, document.damaged = script.text, script.damaged
            document.findings.extend(script.findings)
            _open_html(document)
            _bound_lines(document)
            return document
        page = replace(page, body=rendering.page[0], charset=rendering.page[1], media_type="text/html")
    if len(page.body) > MAX_BYTES:
        document.refused = f"the document has {len(page.body)} bytes; more than {MAX_BYTES} are not read"
        return document
    if name := sniff(page.body):
        document.refused = f"not a page but a file: {name}"
        return document
    decoded = decode(page.body, page.charset)
    script = normalise_script(decoded.text)
    document.encoding = decoded.encoding
    document.text = script.text
    document.damaged = script.damaged
    document.findings.extend((*decoded.findings, *script.findings))
    if _is_html(page, script.text):
        _open_html(document)
    else:
        document.raw_lines = split_lines(script.text)[: 2 * MAX_LINES]
        document.lines = split_text(script.text)
    _bound_lines(document)
    return document


def _bound_lines(document: Document) -> None:
    if len(document.lines) >= MAX_LINES:
        document.findings.append(
            Finding("source.cut", "error", f"the page has {MAX_LINES} lines or more, and was not read to its end")
        )


def _is_html(page: Page, text: str) -> bool:
    if page.media_type in ("text/plain", "text/markdown") and not re.match(r"\s*<(?:!doctype|html)", text, re.I):
        return False
    return bool(_MARKUP_RE.search(text[:200_000]))


def _open_html(document: Document) -> None:
    parser = HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True)
    # lxml.html asks a Python method for the class of each element; here they all have one.
    parser.set_element_class_lookup(etree.ElementDefaultClassLookup(element=HtmlElement))
    source = _XML_DECLARATION_RE.sub("", document.text, count=1).encode("utf-8", "replace")
    try:
        tree = document_fromstring(source, parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as error:
        document.refused = f"the page cannot be parsed: {error}"
        return
    for entry in parser.error_log:
        if entry.level == etree.ErrorLevels.FATAL or "depth" in entry.message.lower():
            document.findings.append(
                Finding("source.cut", "error", f"the page is nested too deeply or broken, and was not read to its end: {entry.message[:120]}")
            )
            break
    document.tree = tree
    head = tree.find("head")
    document.metas = _read_metas(tree)
    title = head.find("title") if head is not None else tree.find(".//title")
    document.title_tag = (fold_spaces("".join(map(str, title.itertext()))) or None) if title is not None else None
    take_out_unseen(tree, document.text)
    document.grids = list(_take_tables(tree))
    for _, grid in document.grids:
        if grid.clipped:
            document.findings.append(
                Finding("source.cut", "error", "a table claims more columns or rows than any form has; it was not read to its end")
            )
    _show_headings(tree)
    document.lines = flatten_tree(tree)


def _show_headings(tree: HtmlElement) -> None:
    """Write the words of a picture that is a chapter's heading, and stands alone in its line."""
    for picture in tree.iter("img"):
        words = fold_spaces(picture.get("alt") or picture.get("title") or "")
        if not 4 <= len(words) <= 40 or (picture.tail and picture.tail.strip()):
            continue
        heading, parent = match_heading(words), picture.getparent()
        if heading and heading.weight >= 6 and not heading.rest and parent is not None and not parent.text_content().strip():
            picture.tail = words


def _read_metas(tree: HtmlElement) -> dict[str, str]:
    """`<meta name=… content=…>` by lower-case name; the first of a name counts."""
    metas: dict[str, str] = {}
    for meta in tree.iter("meta"):
        name, content = meta.get("name"), meta.get("content")
        if name and content and content.strip():
            metas.setdefault(name.strip().lower(), fold_spaces(content))
    return metas


def _take_tables(tree: HtmlElement) -> Iterator[tuple[int, Grid]]:
    """Take the statutory tables out of the tree, innermost ones only, and leave placeholders.

    A layout table that holds a statutory one is not one itself.
    """
    tables = list(tree.iter("table"))
    taken: list[tuple[int, Grid]] = []
    inside: set[HtmlElement] = set()
    for number in range(len(tables), 0, -1):
        table = tables[number - 1]
        if table in inside:
            _mark_parents(table, inside)
            continue
        grid = read_grid(table)
        if is_statutory(grid) or _is_cut_off(grid):
            taken.append((number, grid))
            _mark_parents(table, inside)
    taken.reverse()
    taken = _without_hidden_copies(taken)
    for index, (number, grid) in enumerate(taken, 1):
        _replace_table(grid, index)
        yield number, grid


def _is_cut_off(grid: Grid) -> bool:
    """Whether a table is the row of fifteen figures that a page break parted from the heads of 行政复议、行政诉讼."""
    rows = [row for row in grid.rows if any(cell.text for cell in row)]
    return 0 < len(rows) <= 2 and all(len(row) == _PROCEEDINGS and all(is_value(cell.text) for cell in row) for row in rows)


def _without_hidden_copies(taken: list[tuple[int, Grid]]) -> list[tuple[int, Grid]]:
    """The tables without the hidden ones whose rows stand in those that are shown as well.

    A portal hides last year's report, a copy for telephones, or a pattern for a script. Where all is hidden, a
    script shows it, and where a hidden table is the only one of its kind, it is kept.
    """
    if len(taken) < 2:
        return taken
    classes = classes_hidden(taken[0][1].node.getroottree().getroot())
    hidden = [is_hidden(grid.node, classes) for _, grid in taken]
    if all(hidden) or not any(hidden):
        return taken
    shown = {cell.text for (_, grid), unseen in zip(taken, hidden, strict=True) if not unseen for row in grid.rows for cell in row}
    kept, copies = [], []
    for pair, unseen in zip(taken, hidden, strict=True):
        labels = {cell.text for row in pair[1].rows for cell in row if is_row_label(cell.text)}
        if not unseen or 2 * len(labels & shown) <= len(labels):
            kept.append(pair)
        else:
            copies.append(pair[1].node)
    for node in copies:
        _drop_copy(node, [grid.node for _, grid in kept], classes)
    return kept


def _drop_copy(table: HtmlElement, kept: list[HtmlElement], classes: frozenset[str]) -> None:
    """Drop a hidden table, and what is hidden with it where that is a report of its own: its title, its chapters.

    A hidden part that holds a table which is kept, or chapters that stand nowhere else, stays.
    """
    part = next((node for node in reversed([table, *table.iterancestors()]) if is_hidden(node, classes, above=False)), table)
    if part.getparent() is None:
        return
    if part is table or any(part in node.iterancestors() for node in kept):
        if table.getparent() is not None:
            table.drop_tree()
        return
    inside = _chapters(flatten_tree(part))
    place, root = part.getparent(), table.getroottree().getroot()
    at = place.index(part)
    tail, part.tail = part.tail, None
    place.remove(part)
    if inside <= _chapters(flatten_tree(root)):
        mend = Element("span")
        mend.tail = tail
        place.insert(at, mend)
        return
    part.tail = tail
    place.insert(at, part)
    table.drop_tree()


def _chapters(lines: Iterable[Line]) -> set[str]:
    return {heading.key for line in lines if len(line.text) < 60 and (heading := match_heading(line.text))}


def _replace_table(grid: Grid, index: int) -> None:
    """Put a placeholder where a table stood; rows that hold a sentence and not a label stay as prose.

    Some reports are one table from the first heading to the last, and headings between the
    statutory tables are rows of it.
    """
    stand_in = Element("div")
    last_is_mark = False
    for row in grid.rows:
        prose = prose_of_row(row)
        if prose:
            for paragraph in prose.split("\n"):
                SubElement(stand_in, "p").text = paragraph
        elif not last_is_mark:
            SubElement(stand_in, "p").text = f"〔〔T{index}〕〕"
        last_is_mark = not prose
    stand_in.tail = grid.node.tail
    parent = grid.node.getparent()
    if parent is not None:
        parent.replace(grid.node, stand_in)


def _mark_parents(table: HtmlElement, inside: set[HtmlElement]) -> None:
    for parent in table.iterancestors("table"):
        inside.add(parent)
