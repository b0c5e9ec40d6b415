"""Read Word's .docx: what it prints, in order, with merged cells as they stand.

The package is walked here and not with python-docx or mammoth: the first knows neither list numbers
nor what is deleted and stops at the dangling relationships that WPS writes; the second turns list
numbers into bare `<li>` and inlines every picture. What must be known is short: ECMA-376 part 1, 17.
What is not printed is not read: deleted and hidden text, field codes, comments. Headers and footers
are the page's, not the report's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml.etree import _Element

from parsers.media.numbering import Counter, Level
from parsers.media.package import Package, parse_xml
from parsers.media.rendering import MAX_CELLS, Box, Rendering, Unreadable, mark_run, write_page, write_table, write_text
from parsers.media.word_looks import Look, Looks
from parsers.model import Finding

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_STRICT = b"http://purl.oclc.org/ooxml/wordprocessingml/main"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_A_BLIP = "{http://schemas.openxmlformats.org/drawingml/2006/main}blip"
_V_IMAGE = "{urn:schemas-microsoft-com:vml}imagedata"

_PLAIN = Look()
_AFLOAT = ' style="position:absolute"'
_MAX_TABLE_DEPTH = 20
_MAX_SPAN = 100

# What only wraps: its children stand where it stands.
_WRAPS = frozenset(W + name for name in ("sdt", "sdtContent", "customXml", "smartTag", "hyperlink", "ins", "moveTo", "fldSimple", "dir", "bdo", "ruby", "rubyBase"))
_NOT_PRINTED = frozenset(W + name for name in ("del", "moveFrom", "delText", "instrText", "delInstrText", "rt", "sdtPr", "pPr", "rPr", "tblPr", "tblGrid", "trPr", "tcPr"))


def read_docx(package: Package) -> Rendering:
    """The document as HTML. Raises Unreadable when it is damaged or past the bounds."""
    name = next((name for name in ("word/document.xml", "word/document2.xml") if name in package), None)
    if name is None:
        raise Unreadable("the file is not whole: it has no word/document.xml")
    root = _part(package, name)
    body = root.find(f"{W}body")
    if body is None:
        raise Unreadable("the Word file has no body")
    return render_body(body, _optional(package, "word/numbering.xml"), _optional(package, "word/styles.xml"))


def render_body(body: _Element, numbering: _Element | None, styles: _Element | None) -> Rendering:
    """A `w:body` as HTML."""
    reader = _Reader(_Lists(numbering, styles), Looks(styles))
    html = write_page(reader.blocks(body, 0))
    findings = []
    if reader.deleted:
        findings.append(Finding("media.deleted", "notice", f"{reader.deleted} deletions are tracked in the file; what they delete is not read"))
    if reader.pictures:
        findings.append(Finding("media.pictures", "notice", f"the file holds {reader.pictures} pictures; what they show is not read"))
    if reader.cut:
        findings.append(Finding("source.cut", "error", f"the Word file was not read to its end: {reader.cut}"))
    return Rendering(html, findings=findings)


def _part(package: Package, name: str) -> _Element:
    return parse_xml(package.read(name).replace(_STRICT, W[1:-1].encode()), name)


def _optional(package: Package, name: str) -> _Element | None:
    return _part(package, name) if name in package else None


def _value(parent: _Element | None, path: str, default: str | None = None) -> str | None:
    node = parent.find(path) if parent is not None else None
    return default if node is None else node.get(f"{W}val", default)


def _is_on(parent: _Element | None, path: str) -> bool:
    """A property that is there and is not switched off."""
    node = parent.find(path) if parent is not None else None
    return node is not None and node.get(f"{W}val", "1").lower() not in ("0", "false", "off")


def _number(text: str | None, default: int = 0) -> int:
    try:
        return int(text or "")
    except ValueError:
        return default


class _Lists:
    """The list definitions, and which paragraphs they number."""

    def __init__(self, numbering: _Element | None, styles: _Element | None) -> None:
        self._styles = {node.get(f"{W}styleId"): node for node in styles.iter(f"{W}style")} if styles is not None else {}
        self._default = next((key for key, node in self._styles.items() if node.get(f"{W}type") == "paragraph" and node.get(f"{W}default") in ("1", "true")), None)
        self._abstract: dict[str | None, _Element] = {}
        self._nums: dict[str | None, _Element] = {}
        if numbering is not None:
            self._abstract = {node.get(f"{W}abstractNumId"): node for node in numbering.iter(f"{W}abstractNum")}
            self._nums = {node.get(f"{W}numId"): node for node in numbering.iter(f"{W}num")}
        self._levels: dict[str, tuple[str, dict[int, Level]]] = {}
        self._started: set[tuple[str, int]] = set()
        self._counter = Counter()

    def number(self, paragraph: _Element) -> str:
        """What Word writes before the paragraph, or nothing."""
        properties = paragraph.find(f"{W}pPr")
        found = self._num_of(properties)
        if found is None:
            return ""
        num, depth = found
        if num not in self._levels:
            self._levels[num] = self._load(num)
        group, levels = self._levels[num]
        self._override(num, group)
        text = self._counter.step(group, levels, depth)
        return text and text + ("" if text[-1] in "、）)．" else " ")

    def _num_of(self, properties: _Element | None) -> tuple[str, int] | None:
        """The list and its level: from the paragraph itself, else from its style or those it is based on."""
        num = _value(properties, f"{W}numPr/{W}numId")
        depth = _value(properties, f"{W}numPr/{W}ilvl")
        style = _value(properties, f"{W}pStyle", self._default)
        seen: set[str | None] = set()
        while num is None and style in self._styles and style not in seen:
            seen.add(style)
            node = self._styles[style]
            num = _value(node, f"{W}pPr/{W}numPr/{W}numId")
            if num is not None and depth is None:
                depth = _value(node, f"{W}pPr/{W}numPr/{W}ilvl") or self._level_of_style(num, style)
            style = _value(node, f"{W}basedOn")
        if num is None or num == "0" or num not in self._nums:
            return None
        return num, min(max(_number(depth), 0), 8)

    def _level_of_style(self, num: str, style: str | None) -> str | None:
        """A heading style names its list; the list's level names the style."""
        abstract = self._abstract.get(_value(self._nums.get(num), f"{W}abstractNumId"))
        for level in abstract.iter(f"{W}lvl") if abstract is not None else ():
            if _value(level, f"{W}pStyle") == style:
                return level.get(f"{W}ilvl")
        return None

    def _load(self, num: str) -> tuple[str, dict[int, Level]]:
        group = _value(self._nums[num], f"{W}abstractNumId") or ""
        abstract = self._abstract.get(group)
        linked = _value(abstract, f"{W}numStyleLink")
        if linked is not None and abstract is not None and abstract.find(f"{W}lvl") is None:
            for key, other in self._abstract.items():
                if _value(other, f"{W}styleLink") == linked:
                    group, abstract = key or "", other
        levels = {_number(node.get(f"{W}ilvl")): _level(node) for node in abstract.findall(f"{W}lvl")} if abstract is not None else {}
        for node in self._nums[num].findall(f"{W}lvlOverride/{W}lvl"):
            levels[_number(node.get(f"{W}ilvl"))] = _level(node)
        return group, levels

    def _override(self, num: str, group: str) -> None:
        for node in self._nums[num].findall(f"{W}lvlOverride"):
            depth = min(max(_number(node.get(f"{W}ilvl")), 0), 8)
            start = _value(node, f"{W}startOverride")
            if start is not None and (num, depth) not in self._started:
                self._started.add((num, depth))
                self._counter.set(group, depth, _number(start, 1))


def _level(node: _Element) -> Level:
    form = _value(node, f"{W}numFmt") or _value(node, f"{_MC}AlternateContent/{_MC}Fallback/{W}numFmt") or "decimal"
    restart = _value(node, f"{W}lvlRestart")
    return Level(
        text=_value(node, f"{W}lvlText") or "",
        form=form,
        start=_number(_value(node, f"{W}start"), 1),
        restart=None if restart is None else _number(restart),
        legal=_is_on(node, f"{W}isLgl"),
    )


@dataclass(slots=True)
class _Reader:
    lists: _Lists
    looks: Looks
    deleted: int = 0
    pictures: int = 0
    cells: int = 0
    cut: str = ""
    #: of each open field, whether its code (True) or its result (False) is being read
    fields: list[bool] = field(default_factory=list)

    def blocks(self, parent: _Element, depth: int) -> Iterator[str]:
        """The paragraphs and tables of a body, cell or text box."""
        pending = ""
        for node in self._children(parent):
            if node.tag == f"{W}p":
                text, beside = self._paragraph(node)
                if _is_on(node, f"{W}pPr/{W}rPr/{W}del"):
                    pending += text  # its end is deleted: the next paragraph goes on in its line
                else:
                    yield f"<p>{pending + text}</p>"
                    pending = ""
                for box in beside:
                    yield from self.blocks(box, depth + 1) if depth < _MAX_TABLE_DEPTH else self._stop("text boxes")
            elif node.tag == f"{W}tbl":
                yield from self._table(node, depth + 1) if depth < _MAX_TABLE_DEPTH else self._stop("tables")
        if pending:
            yield f"<p>{pending}</p>"

    def _stop(self, what: str) -> Iterator[str]:
        self.cut = f"{what} are nested more than {_MAX_TABLE_DEPTH} deep"
        return iter(())

    def _children(self, parent: _Element) -> Iterator[_Element]:
        """The children that are printed, those of wrappers in the wrappers' place."""
        stack = list(reversed(parent))
        while stack:
            node = stack.pop()
            if node.tag in (f"{W}del", f"{W}moveFrom"):
                self.deleted += 1
            elif node.tag in _WRAPS:
                stack.extend(reversed(node))
            elif node.tag == f"{_MC}AlternateContent":
                stack.extend(reversed(_alternative(node)))
            elif node.tag not in _NOT_PRINTED:
                yield node

    # -------------------------------------------------------------------------------- paragraphs

    def _paragraph(self, paragraph: _Element) -> tuple[str, list[_Element]]:
        """The paragraph's text as HTML, and the text boxes that hang on it."""
        boxes: list[_Element] = []
        parts = [(write_text(self.lists.number(paragraph)), _PLAIN)]
        for node in self._children(paragraph):
            if node.tag == f"{W}r":
                look = self.looks.of(node, paragraph)
                if not look.hidden:
                    parts.extend((part, look) for part in self._run(node, boxes))
            elif node.tag.endswith(("}oMath", "}oMathPara")):
                parts.append((write_text("".join(t.text or "" for t in node.iter("{http://schemas.openxmlformats.org/officeDocument/2006/math}t"))), _PLAIN))
        return _joined(parts), boxes

    def _run(self, run: _Element, boxes: list[_Element]) -> Iterator[str]:
        for node in self._children(run):
            name = node.tag.rpartition("}")[2]
            if name == "fldChar":
                self._turn_field(node.get(f"{W}fldCharType"))
            elif any(self.fields):
                continue
            elif name == "r":
                yield from self._run(node, boxes)  # under its reading (ruby)
            elif name == "t":
                yield write_text((node.text or "").replace("\n", " "))
            elif name in ("tab", "ptab"):
                yield "\t"
            elif name in ("br", "cr"):
                yield "<br>"
            elif name == "noBreakHyphen":
                yield "-"
            elif name == "sym":
                yield "\ufffd"  # a picture out of a symbol font: something stands there, and it is no digit
            elif name in ("drawing", "pict", "object"):
                boxes.extend(box for box in node.iter(f"{W}txbxContent") if _is_outermost(box, node))
                if next(node.iter(_A_BLIP, _V_IMAGE), None) is not None:
                    self.pictures += 1
                    afloat = any(child.tag.endswith("}anchor") for child in node)
                    yield f'<img src="picture" width="600" height="400"{_AFLOAT if afloat else ""}>'

    def _turn_field(self, kind: str | None) -> None:
        if kind == "begin":
            self.fields.append(True)
        elif kind == "separate" and self.fields:
            self.fields[-1] = False
        elif kind == "end" and self.fields:
            self.fields.pop()

    # -------------------------------------------------------------------------------- tables

    def _table(self, table: _Element, depth: int) -> Iterator[str]:
        rows: list[list[Box]] = []
        #: by the column where it starts: the cell above that a vertical merge may go on from
        above: dict[int, tuple[Box, int]] = {}
        for row in self._children(table):
            if row.tag != f"{W}tr":
                continue
            properties = row.find(f"{W}trPr")
            if properties is not None and properties.find(f"{W}del") is not None:
                self.deleted += 1
                continue
            if _is_on(properties, f"{W}hidden"):
                continue
            boxes, above = self._row(row, properties, above, depth)
            rows.append(boxes)
        yield write_table(rows)

    def _row(
        self, row: _Element, properties: _Element | None, above: dict[int, tuple[Box, int]], depth: int
    ) -> tuple[list[Box], dict[int, tuple[Box, int]]]:
        boxes: list[Box] = []
        below: dict[int, tuple[Box, int]] = {}
        x = min(_number(_value(properties, f"{W}gridBefore")), _MAX_SPAN)
        if x > 0:
            boxes.append(Box(cols=x))
        for cell in self._children(row):
            if cell.tag != f"{W}tc":
                continue
            self.cells += 1
            if self.cells > MAX_CELLS:
                raise Unreadable(f"the tables of the file have more than {MAX_CELLS} cells; no report has")
            style = cell.find(f"{W}tcPr")
            span = min(max(_number(_value(style, f"{W}gridSpan"), 1), 1), _MAX_SPAN)
            merge = style.find(f"{W}vMerge") if style is not None else None
            across = style.find(f"{W}hMerge") if style is not None else None
            if across is not None and across.get(f"{W}val", "continue") == "continue" and boxes:
                boxes[-1].cols += span
            elif merge is not None and merge.get(f"{W}val", "continue") == "continue" and x in above and above[x][1] == span:
                box = above[x][0]
                box.rows += 1
                below[x] = (box, span)
            else:
                box = Box(cols=span, html=self._cell(cell, depth))
                boxes.append(box)
                if merge is not None:
                    below[x] = (box, span)
            x += span
        return boxes, below

    def _cell(self, cell: _Element, depth: int) -> str:
        parts = list(self.blocks(cell, depth))
        if all(part.startswith("<p>") for part in parts):
            while len(parts) > 1 and parts[-1] == "<p></p>":
                parts.pop()
        return parts[0][3:-4] if len(parts) == 1 and parts[0].startswith("<p>") else "".join(parts)


def _joined(parts: list[tuple[str, Look]]) -> str:
    """The runs of a paragraph as one text. What looks otherwise than the runs beside it becomes no part of their figures."""
    words = {look for part, look in parts if part.strip() and not part.startswith("<")}
    if len(words) < 2 and not any(look.struck or look.sign for look in words):
        return "".join(part for part, _ in parts)
    return "".join(
        part if part.startswith("<") else mark_run(part, raised=look.raised, struck=look.struck or look.doubtful or look.sign, lowered=look.lowered, before=True)
        for part, look in parts
    )


def _alternative(node: _Element) -> _Element:
    """One of the ways in which the same thing is given: the first, unless only the fallback has its words."""
    choice, fallback = node.find(f"{_MC}Choice"), node.find(f"{_MC}Fallback")
    if choice is None or (fallback is not None and not _has_words(choice) and _has_words(fallback)):
        return fallback if fallback is not None else node
    return choice


def _has_words(node: _Element) -> bool:
    return next(node.iter(f"{W}t"), None) is not None


def _is_outermost(box: _Element, root: _Element) -> bool:
    """Whether a text box is not inside another one, nor the fallback for one."""
    for parent in box.iterancestors():
        if parent is root:
            return True
        if parent.tag == f"{W}txbxContent":
            return False
        if parent.tag == f"{_MC}Fallback":
            choice = parent.getparent()
            return choice is None or _alternative(choice) is parent
    return True
