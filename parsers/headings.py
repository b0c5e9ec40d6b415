"""Find the chapter headings of a report among its lines.

Headings come as `一、总体情况`, `一 概 述`, `1、 总体情况` among 二…五 (Word renumbers), `第一部分`, with no
number, with a word misprinted, cut over two lines, or run into the paragraph behind them. The rows of
the request table are numbered 一…四 too, contents lists repeat every heading, and the sub-headings of
section one use the names of sections two and three. So a heading is known by its wording, and by its
place in one sequence of chapters: candidates are collected first, and the heaviest chain in the order of
a report is kept.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice, pairwise
from typing import TypeVar

from lxml.html import HtmlElement

from .lines import Line
from .wording import (
    DIGITS,
    LEAD_RE,
    NUMBER_RE,
    WHOLE_LIMIT,
    Heading,
    compact,
    load_wordings,
    match_heading,
    read_number,
)

__all__ = ["Heading", "compact", "find_headings", "match_heading", "split_headings"]

_K = TypeVar("_K")


# Every heading has one of these; most lines of a page have none, and need no comparing.
_TELLING_RE = re.compile(
    "情况|概|述|公开|申请|复议|诉讼|申诉|问题|改进|不足|打算|措施|其他|其它|收费|减免|咨询|投诉|举报|附|统计|说明|总体|事项"
)


# 一、总体情况……3: an entry of a contents list in plain words.
_ENTRY_RE = re.compile(r"[.…·．_]{2,}\s*\d{1,3}$")

# A report is counted through once or twice; what goes on is a page made to exhaust its reader.
_MAX_RUNS = 12
_MAX_SPLITS = 40


def split_headings(lines: Sequence[Line]) -> list[Line]:
    """Begin a new line at every numbered heading that stands in the middle of one.

    A line in an anchor that leads nowhere (`<a name>`, which Word and editors leave around headings) is no link.
    """
    pattern = load_wordings().inline
    result: list[Line] = []
    for line in lines:
        if line.link and line.node is not None and _TELLING_RE.search(line.text) and _leads_nowhere(line.node):
            line = replace(line, link=False)
        if line.table is None and not line.link and len(line.text) > 12 and "、" in line.text:
            lead = LEAD_RE.match(line.text)
            start = lead.end() if lead else 0  # "## 二、…" is one heading
            parts = [part.strip() for part in pattern.split(line.text[start:], maxsplit=_MAX_SPLITS)]
            parts[0] = line.text[:start] + parts[0]
            if len(parts) > 1:
                result.extend(Line(part, line.at, line.node) for part in parts if part)
                continue
        result.append(line)
    return result


def _leads_nowhere(node: HtmlElement) -> bool:
    """Whether no anchor in or around a block has an address. A block of many anchors is a list of links."""
    inner = list(islice(node.iter("a"), 4))
    around = next(node.iterancestors("a"), None)
    return len(inner) < 4 and not any(anchor.get("href") for anchor in (*inner, around) if anchor is not None)


def find_headings(lines: Sequence[Line]) -> list[Heading]:
    """Return the headings of the chapters, in reading order.

    Numbered chapters of a wording that nobody knows are returned with the key "other" when their number
    fills a gap between two known ones. A second run of chapters behind the first (prose first, then the
    tables under their own headings) is returned too.
    """
    chosen = _chosen(_candidates(lines))
    if len(chosen) < 2:
        # A heading that is a link belongs to a contents list, unless the report has no others and text between them.
        linked = _candidates(lines, links=True)
        if len({heading.key for heading in linked}) >= 3 and not _is_contents(linked):
            chosen = _chosen(linked)
    return _with_first(lines, _with_unknown(lines, _with_displaced(lines, chosen)))


def _chosen(found: list[Heading]) -> list[Heading]:
    """The heaviest chain of candidates, and the second run of chapters behind it."""
    chosen: list[Heading] = []
    for sequence in _sequences(found):
        candidates = sequence
        for _ in range(_MAX_RUNS):
            chain = _chain(candidates)
            if not chain or (chosen and (len(chain) < 3 or not all(heading.style for heading in chain))):
                break
            chosen.extend(chain)
            end = chain[-1].line
            candidates = [heading for heading in candidates if heading.line > end]
    return chosen


def _sequences(candidates: list[Heading]) -> list[list[Heading]]:
    """Part the candidates where the chapters are counted from 一 again, to 三 at least; leave out contents lists."""
    starts = [0]
    chapters = [(place, heading.number) for place, heading in enumerate(candidates) if heading.style == "chapter"]
    before: set[int | None] = set()
    for at, (place, number) in enumerate(chapters):
        if number == 1 and {1, 2, 3} <= before and [other for _, other in chapters[at + 1 : at + 3]] == [2, 3]:
            starts.append(place)
            before = set()
        before.add(number)
    parts = [candidates[start:end] for start, end in zip(starts, [*starts[1:], len(candidates)], strict=True)]
    full = [part for part in parts if not _is_contents(part)]
    return full or parts


def _is_contents(part: Sequence[Heading]) -> bool:
    """Three headings or more, each right behind the one before."""
    if len(part) < 3 or any(heading.rest for heading in part):
        return False
    return all(second.line == first.line + first.span for first, second in pairwise(part))


def _with_displaced(lines: Sequence[Line], chosen: list[Heading]) -> list[Heading]:
    """Add numbered chapters of the notice's own wording that stand out of order: five before four."""
    if len(chosen) < 3:
        return chosen
    have = {heading.key for heading in chosen}
    first, last = chosen[0].line, chosen[-1].line
    taken = {heading.line for heading in chosen}
    added: dict[str, Heading] = {}
    for index in range(first + 1, last):
        line = lines[index]
        if index in taken or line.link or line.table is not None or len(line.text) > WHOLE_LIMIT:
            continue
        heading = match_heading(line.text)
        if heading and heading.exact and heading.style == "chapter" and heading.key not in have:
            added.setdefault(heading.key, replace(heading, line=index))
    return sorted([*chosen, *added.values()], key=lambda heading: heading.line)


def _with_first(lines: Sequence[Line], chosen: list[Heading]) -> list[Heading]:
    """Add chapter one where its wording is nobody's (一、工作推进情况): what comes before chapter two is the overview."""
    if len(chosen) < 2 or chosen[0].style != "chapter" or chosen[0].number != 2:
        return chosen
    if any(heading.key == "overview" for heading in chosen):
        return chosen
    for index in range(chosen[0].line - 1, max(-1, chosen[0].line - 60), -1):
        line = lines[index]
        found = NUMBER_RE.match(line.text) if line.table is None and not line.link and len(line.text) <= 30 else None
        if found and read_number(found) == (1, "chapter") and not line.text.rstrip().endswith(("。", "；", ";")):
            return [Heading("overview", line.text.strip(), index, number=1, style="chapter"), *chosen]
    return chosen


def _candidates(lines: Sequence[Line], *, links: bool = False) -> list[Heading]:
    result: list[Heading] = []
    for index, line in enumerate(lines):
        if (line.link and not links) or line.table is not None or _ENTRY_RE.search(line.text[-60:]):
            continue
        found = match_heading(line.text) if _worth_reading(line.text) else None
        if found is None or not found.exact:
            found = _over_two_lines(lines, index) or found
        if found:
            result.append(replace(found, line=index))
    # An editor's automatic numbers, lost on the way: every chapter is 一、, and counts nothing.
    numbers = [heading.number for heading in result if heading.style == "chapter"]
    if len(numbers) >= 4 and set(numbers) == {1}:
        result = [replace(heading, number=None) for heading in result]
    # 一、总体情况 3, three times and more: the leaders of a contents list were lost, its page numbers were not.
    numbered = [heading for heading in result if heading.rest.isdigit() and len(heading.rest) <= 3]
    if len(numbered) >= 3:
        result = [heading for heading in result if not (heading.rest.isdigit() and len(heading.rest) <= 3)]
    # Three headings with nothing between them are a contents list, unless there is nothing else.
    bare = {heading.line: heading for heading in result if not heading.rest}
    listed: set[int] = set()
    for heading in result:
        second = bare.get(heading.line + heading.span)
        third = bare.get(second.line + second.span) if second else None
        if not heading.rest and second and third and len({heading.key, second.key, third.key}) == 3:
            listed.update((heading.line, second.line, third.line))
    return [replace(heading, weight=heading.weight * 0.5) if heading.line in listed else heading for heading in result]


def _worth_reading(text: str) -> bool:
    if not _TELLING_RE.search(text[:80].replace(" ", "")):
        return False
    return len(text) <= 60 or text[:8].lstrip("#* ")[:1] in "一二三四五六七八九十第123456789（("


def _over_two_lines(lines: Sequence[Line], index: int) -> Heading | None:
    """一、|总体情况, or 四、政府信息公开行政复议、|行政诉讼情况: only when the whole is a known wording."""
    text = lines[index].text
    if text in DIGITS:
        text += "、"  # the number in a cell of its own
    found = NUMBER_RE.match(text)
    if not found or found["open"] or len(text) > 30 or index + 1 >= len(lines):
        return None
    follower = lines[index + 1]
    if follower.link or follower.table is not None or len(follower.text) > 25 or NUMBER_RE.match(follower.text):
        return None
    if compact(text + follower.text)[len(compact(found[0])) :] not in load_wordings().by_name:
        return None
    heading = match_heading(text + follower.text)
    return replace(heading, span=2) if heading else None


def _chain(candidates: list[Heading]) -> list[Heading]:
    """The heaviest sequence of candidates in which each may follow the one before; the earliest of equals.

    What may go before a heading depends on its key, its style and its number alone, so that the best chain of each
    kind is enough to remember: a page of ten thousand headings is read in one pass.
    """
    ranks = load_wordings().ranks
    best: list[tuple[float, int]] = []  # weight of the best chain that ends here, index of the one before
    by_kind: dict[tuple[str, bool], int] = {}
    by_number: dict[int, int] = {}
    open_from = 0
    for place, heading in enumerate(candidates):
        while open_from < place and candidates[open_from].line + candidates[open_from].span <= heading.line:
            earlier = candidates[open_from]
            _remember(by_kind, (earlier.key, earlier.style == "chapter"), open_from, best)
            if earlier.style == "chapter" and earlier.number is not None:
                _remember(by_number, earlier.number, open_from, best)
            open_from += 1
        before = [
            at
            for (key, _), at in by_kind.items()
            if ranks[heading.key] > ranks[key] or (ranks[heading.key] == ranks[key] and heading.key != key)
        ]
        if heading.style == "chapter" and heading.number is not None and heading.number - 1 in by_number:
            before.append(by_number[heading.number - 1])
        value, chosen = heading.weight, -1
        for at in sorted(before):
            # Counting from one again begins another sequence; only a report with no better one has it.
            restart = heading.number == 1 and heading.style == "chapter" == candidates[at].style
            total = best[at][0] + heading.weight - (30 if restart else 0)
            if total > value:
                value, chosen = total, at
        best.append((value, chosen))
    if not best:
        return []
    place = max(range(len(best)), key=lambda index: (best[index][0], -index))
    chain = []
    while place >= 0:
        chain.append(candidates[place])
        place = best[place][1]
    return chain[::-1]


def _remember(table: dict[_K, int], kind: _K, place: int, best: Sequence[tuple[float, int]]) -> None:
    """Keep the place of the heaviest chain of a kind, the earliest of equals."""
    if kind not in table or best[place][0] > best[table[kind]][0]:
        table[kind] = place


def _with_unknown(lines: Sequence[Line], chosen: list[Heading]) -> list[Heading]:
    """Add numbered chapters of unknown wording whose number fills a gap, or follows the last."""
    taken = {heading.line for heading in chosen}
    numbered = [heading for heading in chosen if heading.style == "chapter" and heading.number]
    if len(numbered) < 2:
        return chosen
    added = []
    for first, second in zip(numbered, [*numbered[1:], None], strict=True):
        wanted = (first.number or 0) + 1
        limit = second.number if second and second.number else wanted + 1
        end = second.line if second else len(lines)
        for index in range(first.line + first.span, end):
            if wanted >= limit:
                break
            line = lines[index]
            if index in taken or line.link or line.table is not None:
                continue
            found = NUMBER_RE.match(line.text)
            words = compact(line.text[found.end() :]) if found else ""
            if not found or not 2 <= len(words) <= 24 or read_number(found) != (wanted, "chapter"):
                continue
            if line.text.rstrip().endswith(("。", "；", ";")) or any(
                words.startswith(row[:6]) for row in load_wordings().rows
            ):
                continue
            added.append(Heading("other", line.text.strip(), index, number=wanted, style="chapter"))
            wanted += 1
    return sorted([*chosen, *added], key=lambda heading: heading.line)
