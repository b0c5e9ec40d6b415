"""Notice a page that prints more than one report, or whose title is damaged: whose figures these are is then unsure.

Some portals put the reports of all years, or of all organs, one below the other, or in tabs that only a browser hides. Their chapters
and tables look like one long report, and whose figures are read is then chance. A title counts when text of
its own follows it: a title that is only named (the neighbours in a list) says nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .headings import match_heading
from .lines import Line
from .model import Finding
from .titles import ReportTitle, parse_title

# Between a title and its text: a line of date and source, buttons, a box.
_REACH = 12


def printed_reports(lines: Sequence[Line]) -> list[ReportTitle]:
    """The titles, with a year, under which text follows; each once, in the order of the page."""
    found: dict[tuple[str | None, int | None], ReportTitle] = {}
    marks = [
        (index, title)
        for index, line in enumerate(lines)
        if not line.link
        and line.table is None
        and 8 <= len(line.text) <= 80
        and "公开" in line.text
        and "《" not in line.text
        and (title := parse_title(line.text)) is not None
        and title.year
        and title.sure
    ]
    if len(marks) < 2:
        return [title for _, title in marks]
    for place, (index, title) in enumerate(marks):
        stop = marks[place + 1][0] if place + 1 < len(marks) else len(lines)
        if _has_text(lines, index + 1, stop):
            found.setdefault((title.organ, title.year), title)
    return list(found.values())


def _has_text(lines: Sequence[Line], start: int, stop: int) -> bool:
    for line in lines[start : min(stop, start + _REACH)]:
        if line.table is not None:
            return True
        if line.link:
            continue
        if len(line.text) > 60 and "。" in line.text:
            return True
        heading = match_heading(line.text) if len(line.text) < 60 else None
        if heading is not None and heading.weight >= 8:
            return True
    return False


def check_several(lines: Sequence[Line], same_organ: Callable[[str, str], bool]) -> list[Finding]:
    """`year.unsure` when reports of several years stand on the page, `organ.unsure` when of several organs."""
    titles = printed_reports(lines)
    if len(titles) < 2:
        return []
    findings = []
    years = sorted({title.year for title in titles if title.year})
    if len(years) > 1:
        shown = ", ".join(map(str, years))
        findings.append(Finding("year.unsure", "warning", f"the page prints reports of several years, one below the other: {shown}"))
    organs = list(dict.fromkeys(title.organ for title in titles if title.organ))
    others = [organ for organ in organs[1:] if not same_organ(organs[0], organ)]
    if others:
        shown = ", ".join([organs[0], *others[:4]])
        findings.append(Finding("organ.unsure", "warning", f"the page prints reports of several organs, one below the other: {shown}"))
    return findings


def check_damaged(lines: Sequence[Line]) -> list[Finding]:
    """`organ.unsure` and `year.unsure` when a title on the page has lost characters: what was read is another's, perhaps."""
    damaged = next(
        (
            line.text
            for line in lines
            if "\ufffd" in line.text and line.table is None and len(line.text) <= 90 and "。" not in line.text and "年" in line.text
        ),
        None,
    )
    if damaged is None:
        return []
    message = f"a title on the page has lost characters: “{damaged[:60]}”"
    return [Finding("organ.unsure", "warning", message), Finding("year.unsure", "warning", message)]
