"""Read the prose of a report: its chapters, without the portal around them and without its tables.

The page is a list of lines (`parsers.lines`), with the statutory tables already replaced by placeholders.
The lowest element that holds every chapter heading and every table is the content root; what is
outside is the portal's. The lines inside are rebuilt as plain paragraphs, so that no class name can
mislead it, and handed to trafilatura; a body line that it drops is put back, for nothing that the report
says may be lost. What is left of the portal inside the root goes by vocabulary, whole lines only.

The signature and its date are the report's own words and stay in the last chapter; they are also listed
apart, for whoever wants to know who signed. Text between a heading and its table stays with the chapter.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache

import trafilatura
from lxml import etree
from lxml.html import HtmlElement
from trafilatura.settings import Extractor

from .annex import without_annex
from .chrome import is_attachment, is_chrome, is_edge_chrome, is_tail, spam_in
from .headings import Heading, compact, find_headings, match_heading, split_headings
from .lines import Line, fold_spaces
from .metadata import box_lines
from .model import Finding, Section
from .titles import find_title

# It warns of every page that has next to no text. That is not news: the verdict says so.
logging.getLogger("trafilatura.core").setLevel(logging.ERROR)

# Left behind by Word and by editors: [bookmark: _GoBack], Word's field codes, empty anchors.
_ARTEFACT_RE = re.compile(r"\[bookmark:[^\[\]]{0,80}\]|\bHYPERLINK \"[^\"]{0,500}\"|\{#_GoBack\}")
# The head and the foot of the annex are the form's, like its rows.
_ANNEX_FRAME_RE = re.compile(r"(?:填报单位|单位负责人|审核人|填报人|制表人?|联系电话|填报日期|填表)\s*[（(：:]")
# ……………… 3 behind an entry of a contents list.
_PAGE_NUMBER_RE = re.compile(r"[.…·\s]{2,}\d{1,3}$")
# No item of a report's text is called so.
_BUTTON_RE = re.compile(r"打印|关闭|分享|字体|字号|收藏|纠错|\[?大\s*中\s*小")
_DATE = r"(?:\d{4}|[二〇○零OＯ0一三四五六七八九]{4})\s*年\s*(?:\d{1,2}|[一二三四五六七八九十]{1,3})\s*月(?:\s*(?:\d{1,2}|[一二三四五六七八九十]{1,3})\s*日)?"
_SIGNED_RE = re.compile(rf"^(?P<organ>[^，。；：:]{{0,40}}?)\s*[（(]?(?P<date>{_DATE})[）)]?$")
# 2024.1.15 is a signature's date only beside an organ: by itself it is the page's.
_SHORT_DATE_RE = re.compile(r"^(?P<organ>[^，。；：:]{0,40}?)\s*20\d\d\s*[.．/-]\s*\d{1,2}\s*[.．/-]\s*\d{1,2}$")
_ORGAN_END_RE = re.compile(
    r"(?:政府|办事处|委员会|管委会|局|办公室|办公厅|厅|院|中心|街道|镇|乡|部|会|社|所|站|大队|支队|集团|公司)(?:[（(](?:盖章|公章|章)[）)])?$"
)


@dataclass(frozen=True)
class Narrative:
    """The prose of a report. `lines` are those of the content root, chrome removed, with placeholders."""

    preamble: str = ""
    sections: tuple[Section, ...] = ()
    title_lines: tuple[str, ...] = ()
    root_found: bool = False
    findings: tuple[Finding, ...] = ()
    lines: tuple[Line, ...] = ()
    signature: tuple[str, ...] = ()
    headings: tuple[Heading, ...] = field(default=())


def read_narrative(lines: Sequence[Line]) -> Narrative:
    """Read the chapters of a report from the lines of its page. Pure; knows no bad input.

    Section keys are those of the record: overview, disclosure, requests, proceedings, problems, other, and for
    the years before 2019 fees, complaints, annex. A chapter printed in two places is one section. Chapters
    of unknown wording are kept under "other" with their own heading.
    """
    lines = without_annex(split_headings([_clean(line) for line in lines if not spam_in(line.text)]))
    headings = find_headings(lines)
    root, low, high = _content_root(lines, headings)
    inside = [line for line in lines[low:high] if root is None or _under(line, root)]
    kept = _through_trafilatura(inside)
    # Positions have changed: the headings are the same line objects.
    place = {id(line): index for index, line in enumerate(kept)}
    headings = [
        replace(found, line=place[id(lines[found.line])]) for found in headings if id(lines[found.line]) in place
    ]
    start = headings[0].line if headings else len(kept)
    title_lines = find_title(kept[:start] if headings else kept[:40])[1]
    if not title_lines and kept:
        title_lines = find_title(lines[: _index_of(lines, kept[0])])[1]
    preamble = _preamble(kept[:start], title_lines) if headings else _whole_text(kept, title_lines)
    sections, end = _sections(kept, headings, {compact(text) for text in (*preamble, *title_lines)})
    body = kept[: end + 1]
    findings: tuple[Finding, ...] = ()
    found = root is not None or (bool(headings) and all(line.node is None for line in lines))
    if not found:
        message = "no common place of chapters and tables was found on the page: the text is that of the whole page"
        findings = (Finding("source.no_root", "notice", message),)
    return Narrative(
        preamble="\n".join(preamble),
        sections=sections,
        title_lines=tuple(title_lines),
        root_found=found,
        findings=findings,
        lines=tuple(body),
        signature=_signature(body),
        headings=tuple(headings),
    )


def _clean(line: Line) -> Line:
    if "bookmark" in line.text or "HYPERLINK" in line.text or "_GoBack" in line.text:
        return replace(line, text=fold_spaces(_ARTEFACT_RE.sub("", line.text)))
    return line


def _index_of(lines: Sequence[Line], wanted: Line) -> int:
    return next((index for index, line in enumerate(lines) if line is wanted), 0)


# ------------------------------------------------------------------------------- content root


def _content_root(lines: Sequence[Line], headings: Sequence[Heading]) -> tuple[HtmlElement | None, int, int]:
    """The lowest element around all headings and tables, and the range of lines it may cover."""
    anchors = [lines[found.line] for found in headings] + [line for line in lines if line.table is not None]
    nodes = [line.node for line in anchors if line.node is not None]
    if len(nodes) < 2:
        return None, 0, len(lines)
    shared: list[HtmlElement] | None = None
    for node in {id(node): node for node in nodes}.values():
        chain = [node, *node.iterancestors()][::-1]
        if shared is None:
            shared = chain
            continue
        length = 0
        for ours, theirs in zip(shared, chain, strict=False):
            if ours is not theirs:
                break
            length += 1
        shared = shared[:length]
    if not shared:
        return None, 0, len(lines)
    return _with_prose_before(shared[-1], lines, headings), 0, len(lines)


def _with_prose_before(root: HtmlElement, lines: Sequence[Line], headings: Sequence[Heading]) -> HtmlElement:
    """Climb while the opening paragraph, or an orphaned last one, stands just outside."""
    parent = root.getparent()
    for _ in range(3):
        if parent is None or parent.tag in ("body", "html"):
            break
        extra = [line for line in lines if _under(line, parent) and not _under(line, root)]
        prose = [line for line in extra if not line.link and len(line.text) > 40 and "。" in line.text]
        noise = [line for line in extra if line.link]
        if not prose or len(noise) > 3:
            break
        root, parent = parent, parent.getparent()
    return root


def _under(line: Line, root: HtmlElement) -> bool:
    node = line.node
    while node is not None:
        if node is root:
            return True
        node = node.getparent()
    return False


# ------------------------------------------------------------------------------- trafilatura


def _through_trafilatura(lines: Sequence[Line]) -> list[Line]:
    """Let trafilatura strip the portal's lines; keep every line of which only we know better."""
    article = etree.Element("article")
    for line in lines:
        if line.text and line.table is None:
            etree.SubElement(article, "p").text = _xml_safe(line.text)
    html = etree.Element("html")
    etree.SubElement(html, "body").append(article)
    text = trafilatura.extract(html, options=_extractor()) or ""
    passed = set(map(compact, text.split("\n")))
    result = []
    for index, line in enumerate(lines):
        if not line.text:
            continue
        dropped = line.table is None and compact(line.text) not in passed
        if dropped and len(line.text) < 40 and _is_edge_tail(lines[index - 1].text if index else "", line.text) and not _in_running_text(lines, index, 0, len(lines)):
            continue
        result.append(line)
    return result


@cache
def _extractor() -> Extractor:
    # Reading its own settings anew for every page takes trafilatura as long as our small tree does.
    return Extractor(fast=True, comments=False, tables=False, links=False)


def _xml_safe(text: str) -> str:
    return re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", " ", text)


# ------------------------------------------------------------------------------- chapters


def _sections(lines: Sequence[Line], headings: Sequence[Heading], opening: set[str]) -> tuple[tuple[Section, ...], int]:
    """Cut the lines at the headings. Also return the index of the last line that is the report's.

    `opening` are the words before the first chapter: a second copy of the report (for telephones) begins
    with them too, and they are no part of the chapter before it.
    """
    order: list[str] = []
    texts: dict[str, list[str]] = {}
    names: dict[str, str] = {}
    keys: dict[str, str] = {}
    printed: dict[str, set[str]] = {}
    seen: set[str] = set()
    end = -1
    for number, heading in enumerate(headings):
        last = number + 1 == len(headings)
        stop = len(lines) if last else headings[number + 1].line
        body, reached = _chapter(lines, heading, stop, last)
        end = max(end, reached)
        seen.add(heading.key)
        if not last and headings[number + 1].key in seen:
            body = [text for text in body if compact(text) not in opening]
        slot = heading.key
        if heading.key == "other" and _is_unknown(heading):
            slot = f"other:{heading.text}"
        if slot not in texts:
            order.append(slot)
            texts[slot], names[slot], keys[slot] = body, heading.text, heading.key
            printed[slot] = {compact("".join(body))}
        elif (again := compact("".join(body))) not in printed[slot]:
            # The same chapter again, with other words: nothing of it may be lost.
            printed[slot].add(again)
            if body and texts[slot]:
                texts[slot].append(heading.text)
            texts[slot].extend(body)
    return tuple(Section(keys[slot], names[slot], "\n".join(texts[slot])) for slot in order), end


def _is_unknown(heading: Heading) -> bool:
    return heading.weight == 1.0 and heading.style == "chapter"


def _chapter(lines: Sequence[Line], heading: Heading, stop: int, last: bool) -> tuple[list[str], int]:
    """The paragraphs of one chapter, and the index of its last line."""
    body = [heading.rest] if heading.rest else []
    reached = heading.line + heading.span - 1
    texts: list[tuple[int, str]] = []
    again = compact(heading.text)
    for index in range(heading.line + heading.span, stop):
        line = lines[index]
        if line.table is not None:
            reached = index
            continue
        if last and is_tail(line.text) and (texts or not _goes_on(lines, index, stop)):
            break
        if heading.key == "annex" and _ANNEX_FRAME_RE.match(line.text):
            continue
        if (is_chrome(line.text) and not _in_running_text(lines, index, heading.line, stop)) or (
            not texts and compact(line.text) == again
        ):
            continue
        texts.append((index, line.text))
    if last:
        # Related news and attached files, as links and names, hang on behind the last words.
        while texts and (lines[texts[-1][0]].link or is_attachment(texts[-1][1]) or _is_edge_tail(texts[-2][1] if len(texts) > 1 else "", texts[-1][1])):
            texts.pop()
    if texts:
        reached = max(reached, texts[-1][0])
    body.extend(text for _, text in texts)
    return body, reached


def _goes_on(lines: Sequence[Line], index: int, stop: int) -> bool:
    """Whether a paragraph follows the buttons right below a heading, beside them."""
    node = lines[index].node
    above = node.getparent() if node is not None else None
    return above is not None and any(
        line.node is not None and line.node.getparent() is above and line.text.endswith("。") and not line.link
        for line in lines[index + 1 : min(stop, index + 6)]
        if line.table is None
    )


def _in_running_text(lines: Sequence[Line], index: int, start: int, stop: int) -> bool:
    """Whether a paragraph of a button's words is an item of the text: 长者助手 between two paragraphs, beside them."""
    node = lines[index].node
    if node is None or node.tag != "p" or next(node.iter("a"), None) is not None or _BUTTON_RE.search(lines[index].text):
        return False
    for path in (range(index - 1, max(start, index - 9) - 1, -1), range(index + 1, min(stop, index + 9))):
        near = next((lines[at] for at in path if lines[at].table is None and not is_chrome(lines[at].text)), None)
        if near is None or near.node is None or near.node.tag != "p" or near.node.getparent() is not node.getparent():
            return False
        if near.link or is_tail(near.text):
            return False
    return True


def _is_edge_tail(above: str, text: str) -> bool:
    """Chrome at the very end, but no date: that is the signature's."""
    return is_edge_chrome(text) and not _SIGNED_RE.match(text) and not _signed_in_short(above, text)


# ------------------------------------------------------------------------------- before the chapters


def _preamble(lines: Sequence[Line], title_lines: Sequence[str]) -> list[str]:
    box = box_lines(lines) | _contents(lines)
    titles = {compact(text) for text in title_lines} | {compact("".join(title_lines))}
    result = []
    for index, line in enumerate(lines):
        if line.table is not None or line.link or index in box or is_edge_chrome(line.text):
            continue
        if compact(line.text) in titles:
            continue
        result.append(line.text)
    # Navigation stands above the title.
    for text in title_lines:
        for index, line in enumerate(lines):
            if compact(line.text) == compact(text):
                above = {other.text for other in lines[:index] if len(other.text) < 30 and "。" not in other.text}
                return [kept for kept in result if kept not in above]
    return result


def _contents(lines: Sequence[Line]) -> set[int]:
    """A contents list in plain words: three headings or more with nothing between them."""
    found = [index for index, line in enumerate(lines) if line.text in ("目录", "目 录") or _is_bare_heading(line.text)]
    return set(found) if len(found) >= 3 else set()


def _is_bare_heading(text: str) -> bool:
    heading = match_heading(_PAGE_NUMBER_RE.sub("", text)) if len(text) <= 60 else None
    return bool(heading and not heading.rest and heading.weight >= 6)


def _whole_text(lines: Sequence[Line], title_lines: Sequence[str]) -> list[str]:
    """A report without chapters: what stands between its title and the end of its text."""
    start = 0
    if title_lines:
        start = next(
            (index + 1 for index, line in enumerate(lines) if compact(line.text) == compact(title_lines[-1])), 0
        )
    end = len(lines)
    seen_prose = False
    for index in range(start, len(lines)):
        if seen_prose and is_tail(lines[index].text):
            end = index
            break
        seen_prose = seen_prose or (len(lines[index].text) > 40 and not lines[index].link)
    return _preamble([line for line in lines[start:end] if not is_attachment(line.text)], title_lines)


def _signed_in_short(above: str, text: str) -> tuple[str, ...]:
    """A signature with a date in figures, as printed in one line or in two; else empty."""
    short = _SHORT_DATE_RE.match(text)
    organ = short["organ"] or above if short else ""
    if short is None or len(organ) > 40 or not _ORGAN_END_RE.search(organ) or re.search("[，。；：:]", organ):
        return ()
    return (text,) if short["organ"] else (above, text)


def _signature(lines: Sequence[Line]) -> tuple[str, ...]:
    """Organ and date at the very end, as printed; empty when the report is not signed."""
    tail = [line.text for line in lines if line.table is None][-4:]
    for index in range(len(tail) - 1, -1, -1):
        found = _SIGNED_RE.match(tail[index])
        if not found and (short := _signed_in_short(tail[index - 1] if index else "", tail[index])):
            return short
        if not found:
            continue
        if found["organ"]:
            return (tail[index],)
        above = tail[index - 1] if index else ""
        if above and len(above) <= 40 and _ORGAN_END_RE.search(above):
            return (above, tail[index])
        return (tail[index],)
    if tail and 4 <= len(tail[-1]) <= 30 and _ORGAN_END_RE.search(tail[-1]) and not re.search("[，。；：]", tail[-1]):
        return (tail[-1],)
    return ()
