"""Say what a page is: a report, or one of the many things that look like one from outside.

Lists of reports, interpretations (解读, 图解), annual reports on other matters, forms to fill in, pages
whose report is a picture or an attached file, pages that answer 200 and say "not found", access checks,
shells that a script would fill. A report is recognised by what it contains, the statutory tables or the
chapters, and never by its title: a report's title over an empty page is an empty page.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

from lxml.html import HtmlElement

from .annex import without_annex
from .chrome import is_edge_chrome, is_tail
from .document import open_document
from .elsewhere import attached_files, has_picture, in_script, is_file_link
from .headings import Heading, compact, find_headings, split_headings
from .lines import Line, fold_spaces
from .model import Page
from .script import is_garbled
from .titles import ReportTitle, about_reports, find_title, other_report, parse_title

_SITE_ROOTS = frozenset(("app", "root", "__nuxt", "__next", "vue-app", "main-app", "q-app"))
_BLANK_RE = re.compile(
    r"[XxＸ]{2,}|×{2,}|\*{3,}|＿{2,}|_{3,}|[○〇□△]{2,}(?!\d)|（\s*(?:单位名称|机关名称|公章)\s*）|\(\s*(?:单位名称|机关名称)\s*\)|20[XxＸ×_＿]{1,2}年?|年{0}_+年"
)
# Every gap has one of these.
_BLANK_SIGN_RE = re.compile("[XxＸ×*＿_○〇□△称章]")
# Papers on disclosure that have chapters of the same names.
_GUIDE_RE = re.compile("指南|制度|办法|目录|规定|方案|条例|意见|细则|要点|规范|流程|清单")
# Every title of an annual report, of whatever kind, has one of these.
_TITLE_SIGN_RE = re.compile("[报公总]")
_PATTERN_RE = re.compile("模板|样式|样表|范本|格式")
# 第一季度依申请公开办理情况, on the form of the year's report
_PART_RE = re.compile("第?[一二三四1-4]季度|[上下]半年|(?<!\\d)(?:1?\\d)月份")
_FORM_TITLE_RE = re.compile(r"模板|样式|样表|范本|格式|参考文本|填报")
_ENUMERATOR_RE = re.compile(r"^\s*[（(]?[\d一二三四五六七八九]{1,2}[)）.、．]\s*")
_FIGURE_CELL_RE = re.compile(r"(?:>|\||^)\s*[+\-]?\d[\d,.]*\s*(?:件|元|条|万元)?\s*(?=<|\||$)", re.MULTILINE)
# The smallest statutory table, that of section 2 on the form of 2021, has as many.
_FEWEST_ROWS = 6
_COUNTED_RE = re.compile(r"\d余?(?:条|件|次|份|人|篇|期|元|个|场)")


@dataclass(frozen=True)
class PageKind:
    """What a page is, in one word, why, and the title of the report it carries or speaks of."""

    kind: str
    reason: str
    title: str | None = None


@cache
def _vocabulary() -> dict[str, Any]:
    with (Path(__file__).parent / "kinds.toml").open("rb") as file:
        return tomllib.load(file)


@cache
def _labels() -> frozenset[str]:
    return frozenset(map(compact, _vocabulary()["form_labels"]))


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], ...], re.Pattern[str]]:
    return tuple(re.compile(facet) for facet in _vocabulary()["facets"]), re.compile(
        _vocabulary()["portal_images"], re.IGNORECASE
    )


def read_kind(page: Page) -> PageKind:
    """Read a page far enough to say what it is. Pure; never raises on bad input.

    kind is one of report, list, interpretation, other_report, blank_form, attachment_only, image_only, soft_404,
    challenge, login, empty_shell, damaged, unreadable, other.
    """
    if not page.body.strip():
        return PageKind("empty_shell", "the page has no content")
    document = open_document(page)
    if document.refused is not None:
        return PageKind("image_only" if "image" in document.refused else "unreadable", document.refused)
    return kind_of(
        url=page.url,
        tree=document.tree,
        text=document.text,
        lines=document.lines,
        title_tag=document.title_tag,
        metas=document.metas,
    )


def kind_of(
    *,
    url: str = "",
    tree: HtmlElement | None,
    text: str,
    lines: Sequence[Line],
    title_tag: str | None,
    metas: Mapping[str, str],
    headings: Sequence[Heading] | None = None,
    rows: int | None = None,
) -> PageKind:
    """Say what a page is, from what has been read of it already.

    `headings` are its chapters' headings; they are looked for where nobody has found them yet.
    `lines` may hold placeholders of statutory tables or the tables' own words. `text` is the decoded
    page, markup and all. `rows` is the number of statutory rows of which figures were read, where that is known.
    """
    words = [line for line in lines if line.table is None]
    if is_garbled("".join(line.text for line in words)):
        return PageKind("damaged", "the text was decoded wrongly before it was saved, and cannot be read")
    size = sum(len(line.text) for line in words)
    found, name = _title(words, title_tag, metas)
    tables = _tables(lines)
    if headings is None:
        headings = find_headings(without_annex(split_headings(lines)))
    keys = {heading.key for heading in headings}
    # 行政许可 and 行政处罚 are rows of other tables too: of a catalogue, of a notice of decisions.
    if tables and rows is not None and rows < _FEWEST_ROWS and not found and not keys:
        tables = 0
    # Chapters with nothing in them are a contents list, or a form of words.
    if tables or len(keys) >= 3:
        blank = _blank_form(words, name, text)
        if blank:
            return blank
        if _is_interpretation(name) and tables < 2:
            return PageKind("interpretation", f"the title says so: {name}", name)
        if other_report(name or "") and not tables:
            return PageKind("other_report", f"the title says so: {name}", name)
        if not found and name and _PART_RE.search(name):
            return PageKind("other_report" if other_report(name) else "other", f"figures of a part of a year: {name}", name)
        if not tables and not found and (not keys & {"overview", "problems"} or _GUIDE_RE.search(name or "")):
            return PageKind("other", f"chapters such as a report's, under no report's title: {name}", None)
        if not tables and _prose(words) < 60 and _sentences(words) < 3:
            return _bodiless(tree, words, found, name) or PageKind("other", "chapters without text or tables", name)
        seen = [
            part
            for part in (f"{tables} statutory tables" if tables else "", f"{len(keys)} chapters" if keys else "")
            if part
        ]
        return PageKind("report", " and ".join(seen), name)
    return (
        _short_report(words, found)
        or _guarded(tree, words, size, text, title_tag)
        or _list(tree, lines, size, found, name if "articletitle" in metas or _is_interpretation(name) or other_report(name or "") else None)
        or _missing(words, title_tag, size)
        or _spoken_of(name, words)
        or _bodiless(tree, words, found, name)
        or _free_report(words, found, keys)
        or _shell(tree, size, text)
        or PageKind("other", "neither tables nor chapters of a report", name)
    )


def _title(words: Sequence[Line], title: str | None, metas: Mapping[str, str]) -> tuple[ReportTitle | None, str | None]:
    """The report's title, and the name of the page: what the article calls itself."""
    article = metas.get("articletitle")
    lead = list(islice((line for line in words[:200] if not line.link and not is_tail(line.text)), 60))
    # On the page the article's own name stands in a line; what is about reports there wins over what it quotes.
    shown = next(
        (
            line.text
            for line in lead
            if 8 <= len(line.text) <= 80
            and _TITLE_SIGN_RE.search(line.text)
            and (about_reports(line.text) or other_report(line.text))
            and "。" not in line.text
        ),
        None,
    )
    if article:
        found = parse_title(article)
        return found, (found.text if found else article)
    found = find_title(lead)[0]
    tagged = parse_title(title) if title else None
    if title and (about_reports(title) or other_report(title)) and not tagged:
        return None, title
    if shown and not (tagged or (found and found.year and found.organ)):
        return None, shown
    best = found if found and (found.year or not tagged) else tagged or found
    return best, (best.text if best else title)


def _tables(lines: Sequence[Line]) -> int:
    """How many statutory tables there are: placeholders, or the labels of tables that nobody marked."""
    placed = sum(1 for line in lines if line.table is not None)
    if placed:
        return placed
    labels: set[str] = set()
    for line in lines:
        if len(line.text) <= 60 or ("|" in line.text and len(line.text) < 400):
            pieces = line.text.split("|") if "|" in line.text else [line.text]
            labels.update(compact(_ENUMERATOR_RE.sub("", piece)) for piece in pieces)
    known = len(labels & _labels())
    return min(3, 1 + known // 6) if known >= 3 else 0


def _figures(text: str) -> int:
    """How many cells hold a figure and nothing else, in markup or in text, and how many figures the prose counts."""
    return len(_FIGURE_CELL_RE.findall(text.replace("&nbsp;", " "))) + len(_COUNTED_RE.findall(text))


def _is_interpretation(name: str | None) -> bool:
    # A notice that asks for reports speaks of publishing them too.
    if not name or "通知" in name or not about_reports(name):
        return False
    return bool(re.search("解读|图解|一图|图说|数说|数读|速览|长图|读懂|看懂|发布|公布|出炉|晒出|亮相", name))


def _blank_form(words: Sequence[Line], name: str | None, text: str) -> PageKind | None:
    """A form to fill in: gaps where organ and year belong, or a notice with its annex, and not one figure."""
    lead = [line.text for line in words[:400] if not line.link and len(line.text) < 600]
    gaps = sum(len(_BLANK_RE.findall(line)) for line in lead if _BLANK_SIGN_RE.search(line))
    titled = bool(name and (_BLANK_RE.search(name) or _FORM_TITLE_RE.search(name)))
    if not gaps and not titled:
        return None
    if name and _PATTERN_RE.search(name) and not _COUNTED_RE.search(" ".join(lead)) and set("".join(_FIGURE_CELL_RE.findall(text))) <= set("><|0 \n"):
        return PageKind("blank_form", f"a form to fill in: titled {name}", name)
    topped = any(_BLANK_RE.search(line) and "报告" in line for line in lead if len(line) < 60)
    figures = _figures(text)
    if (
        (figures < 5 and (titled or topped or gaps >= 3))
        or (titled and topped and figures < 20)
        or (gaps >= 12 and figures < 20)
    ):
        return PageKind(
            "blank_form",
            "a form to fill in: " + (f"{gaps} gaps and {figures} figures" if gaps else f"titled {name}"),
            name,
        )
    return None


def _prose(words: Sequence[Line]) -> int:
    return sum(
        len(line.text) for line in words if not line.link and len(line.text) >= 10 and re.search("[。，,；]", line.text)
    )


def _sentences(words: Sequence[Line]) -> int:
    """Paragraphs, however short: some organs have a chapter say 未收到申请。 and no more."""
    return sum(not line.link and len(line.text) >= 4 and line.text.endswith("。") for line in words)


def _own(words: Sequence[Line]) -> list[Line]:
    """What the article itself says: no links, no buttons, no footers."""
    return [line for line in words if not line.link and not is_edge_chrome(line.text) and not is_tail(line.text)]


def _guarded(
    tree: HtmlElement | None, words: Sequence[Line], size: int, source: str, title: str | None
) -> PageKind | None:
    """An access check or a login page stands in the document's place."""
    visible = " ".join([title or "", *(line.text for line in words[:40])])
    if size < 600:
        mark = next((mark for mark in _vocabulary()["challenge_marks"] if mark in source), None)
        if mark and size < 200:
            return PageKind("challenge", f"an access check stands before the page ({mark})")
        word = next((word for word in _vocabulary()["challenge_words"] if word in visible), None)
        if word:
            return PageKind("challenge", f"an access check stands before the page (“{word}”)")
        if (
            size < 40
            and "<script" in source.lower()
            and re.search(r"document\.cookie|eval\(|\$_ts|String\.fromCharCode|\\x[0-9a-f]{2}\\x", source)
        ):
            return PageKind("challenge", "nothing but a script that sets a cookie or unpacks itself")
    if tree is not None and size < 1500:
        secret = next((field for field in tree.iter("input") if (field.get("type") or "").lower() == "password"), None)
        if secret is not None or (size < 400 and any(word in visible for word in _vocabulary()["login_words"])):
            return PageKind("login", "the page asks for a password")
    return None


def _missing(words: Sequence[Line], title: str | None, size: int) -> PageKind | None:
    """A page that is not there and was served all the same."""
    if any(len(line.text) >= 120 and not line.link for line in words):
        return None
    # An empty widget on a page full of links is no missing page.
    known = [*_vocabulary()["soft_404_words"], *(_vocabulary()["empty_words"] if size < 300 else ())]
    for text in [title or "", *(line.text for line in words if not line.link)]:
        if len(text) > 70:
            continue
        # 您申请公开的信息不存在: an answer to a request.
        word = next((word for word in known if word in text and "申请" not in text), None)
        if word or text.strip() in ("404", "404页面", "404 错误", "错误", "error"):
            return PageKind("soft_404", f"the page says it is not there: “{text[:40]}”")
    return None


_FILE_NAME_RE = re.compile(r"\.(?:pdf|docx?|xlsx?|wps|ofd)$", re.IGNORECASE)

# An article leads to its neighbours in the list; that does not make it one.
_NEIGHBOUR_RE = re.compile(r"(?:[上下前后]一?[篇条页则]|[Pp]revious|[Nn]ext)\s*[：:]?\s*")


def _words_before(link: HtmlElement) -> str:
    """The words right before a link, on its own line or in the element before it."""
    before = link.getprevious()
    parent = link.getparent()
    if before is None:
        return (parent.text or "") if parent is not None else ""
    return (before.tail or "").strip() or "".join(islice(before.itertext(), 3))[-20:]


def _list(
    tree: HtmlElement | None, lines: Sequence[Line], size: int, found: ReportTitle | None, article: str | None
) -> PageKind | None:
    """Many links with reports' titles, and little text of its own. `article`: what the page calls itself, where it is no list by that."""
    titles: dict[str, ReportTitle] = {}
    linked = [line.text for line in lines if line.link]
    if tree is not None:
        # The anchor's own words: in the line beside them stands the date.
        linked += [
            link.get("title") or "".join(islice(link.itertext(), 12))
            for link in tree.iter("a")
            if link.get("href") and not _NEIGHBOUR_RE.search(_words_before(link))
        ]
    files = {text for text in map(fold_spaces, linked) if _FILE_NAME_RE.search(text)}
    if tree is not None:
        files |= {fold_spaces(link.text_content()) for link in tree.iter("a") if is_file_link(link)}
    for text in map(fold_spaces, linked):
        # The report itself as a file beside its own title.
        if _NEIGHBOUR_RE.match(text) or (len(files) == 1 and text in files):
            continue
        title = parse_title(text) if 6 < len(text) < 120 else None
        if title and (title.year or title.organ):
            titles.setdefault(text, title)
        # A long list need not be read to its end to be known for one.
        if len(titles) >= 60:
            break
    years = {title.year for title in titles.values() if title.year}
    own = sum(len(line.text) for line in _own([line for line in lines if line.table is None]) if len(line.text) > 40)
    named = {(title.organ, title.year) for title in titles.values()}
    if (len(named) >= 3 and own < 1500) or (len(titles) >= 2 and own < 300):
        return PageKind(
            "list", f"{len(titles)} links to reports" + (f", {min(years)} to {max(years)}" if years else "")
        )
    if titles and own < 60 and not article and tree is not None and not (found and found.year) and not attached_files(tree):
        return PageKind("list", f"{len(titles)} links to reports")
    return None


def _spoken_of(name: str | None, words: Sequence[Line]) -> PageKind | None:
    if not name:
        return None
    if _is_interpretation(name):
        return PageKind("interpretation", f"the title says so: {name}", name)
    if other_report(name):
        return PageKind("other_report", f"the title says so: {name}", name)
    if about_reports(name):
        return PageKind("other", f"a paper about reports: {name}", name)
    return None


def _bodiless(
    tree: HtmlElement | None, words: Sequence[Line], found: ReportTitle | None, name: str | None
) -> PageKind | None:
    """A report's title, and the report itself elsewhere: in a file, in pictures, in a script."""
    if found is None or not (found.sure or found.year):
        return None
    if _prose(_own(words)) > 260:
        return None
    if tree is None:
        return None
    files = attached_files(tree)
    if files:
        return PageKind("attachment_only", f"the report is an attached file: {files[0]}", name)
    if has_picture(tree, found.text, _patterns()[1]):
        return PageKind("image_only", "the report is a picture", name)
    if in_script(tree):
        return PageKind("empty_shell", "the text of the report is only in a script", name)
    # 政府信息公开年报 alone is the name of a column.
    if _prose(_own(words)) < 60 and (found.year or found.organ or "年度报告" in found.text):
        return PageKind("empty_shell", "a report's title and no report", name)
    return None


def _short_report(words: Sequence[Line], found: ReportTitle | None) -> PageKind | None:
    """A report of one paragraph right under its own title, whatever hangs around it.

    In a list the title over an abstract is a link, or stands beside others, or the abstract is cut short.
    """
    if found is None or not (found.sure and found.year):
        return None
    printed = {
        (title.organ, title.year)
        for line in words
        if not line.link and 8 <= len(line.text) <= 120 and not is_tail(line.text) and (title := parse_title(line.text)) and title.year
    }
    if len(printed) != 1:
        return None
    start = next((at for at, line in enumerate(words) if not line.link and parse_title(line.text)), len(words))
    body: list[Line] = []
    for line in words[start + 1 :]:
        # 发布日期 and 来源 stand below a title as they do below an article.
        if body and is_tail(line.text) and any(len(before.text) >= 20 and not before.link for before in body):
            break
        body.append(line)
    prose = [line.text for line in _own(body) if len(line.text) >= 20]
    if any(text.endswith(("…", "...")) for text in prose):
        return None
    return _free_report([line for line in body if len(line.text) >= 20], found, set())


def _free_report(words: Sequence[Line], found: ReportTitle | None, keys: set[str]) -> PageKind | None:
    """Before 2019 a report could be one paragraph under its title."""
    if found is None:
        return None
    prose = "".join(line.text for line in _own(words) if len(line.text) >= 20)
    if len(prose) < 100:
        return None
    facets = [pattern for pattern in _patterns()[0] if pattern.search(prose)]
    if len(facets) + len(keys) >= (3 if found.sure else 4):
        return PageKind(
            "report",
            f"a report's title over prose that reports ({len(facets)} subjects, {len(keys)} chapters)",
            found.text,
        )
    return None


def _shell(tree: HtmlElement | None, size: int, source: str) -> PageKind | None:
    """Markup that a script, a frame or another address is to fill."""
    if tree is None or size > 300:
        return None
    if any((node.get("id") or "").lower() in _SITE_ROOTS for node in tree.iter("div", "main")):
        return PageKind("empty_shell", "an application that a script fills")
    if in_script(tree):
        return PageKind("empty_shell", "the text is only in a script")
    if re.search(r"http-equiv\s*=\s*[\"']?refresh", source, re.IGNORECASE) or re.search(
        r"location(?:\.href)?\s*=|location\.replace\(", source
    ):
        return PageKind("empty_shell", "the page only sends its reader elsewhere")
    if next(tree.iter("iframe"), None) is not None:
        return PageKind("empty_shell", "the page only holds a frame")
    if size < 40:
        return PageKind("empty_shell", "the page has no content")
    return None
