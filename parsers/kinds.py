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
from .headings import compact, find_headings, split_headings
from .lines import Line, fold_spaces
from .model import Page
from .titles import ReportTitle, about_reports, find_title, other_report, parse_title

_SITE_ROOTS = frozenset(("app", "root", "__nuxt", "__next", "vue-app", "main-app", "q-app"))
_FILE_RE = re.compile(
    r"\.(?:pdf|docx?|xlsx?|wps|et|ofd|rtf|zip|rar)(?:[?#]|$)|downfile\.jsp|download\.jsp|DownloadAttachUrl|/attach/",
    re.IGNORECASE,
)
_BLANK_RE = re.compile(
    r"[XxＸ]{2,}|×{2,}|\*{3,}|＿{2,}|_{3,}|[○〇□△]{2,}(?!\d)|（\s*(?:单位名称|机关名称|公章)\s*）|\(\s*(?:单位名称|机关名称)\s*\)|20[XxＸ×_＿]{1,2}年?|年{0}_+年"
)
# Papers on disclosure that have chapters of the same names.
_GUIDE_RE = re.compile("指南|制度|办法|目录|规定|方案|条例|意见|细则|要点|规范|流程|清单")
_FORM_TITLE_RE = re.compile(r"模板|样式|样表|范本|格式|参考文本|填报")
_ENUMERATOR_RE = re.compile(r"^\s*[（(]?[\d一二三四五六七八九]{1,2}[)）.、．]\s*")
_FIGURE_CELL_RE = re.compile(r"(?:>|\||^)\s*[+\-]?\d[\d,.]*\s*(?:件|元|条|万元)?\s*(?=<|\||$)", re.MULTILINE)
_COUNTED_RE = re.compile(r"\d余?(?:条|件|次|份|人|篇|期|元|个|场)")
_SCRIPT_BODY_RE = re.compile(r"总体情况|\\u603b\\u4f53\\u60c5\\u51b5", re.IGNORECASE)


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
    challenge, login, empty_shell, other.
    """
    if not page.body.strip():
        return PageKind("empty_shell", "the page has no content")
    document = open_document(page)
    if document.refused is not None:
        return PageKind("image_only" if "image" in document.refused else "other", document.refused)
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
) -> PageKind:
    """Say what a page is, from what has been read of it already.

    `lines` may hold placeholders of statutory tables or the tables' own words. `text` is the decoded
    page, markup and all.
    """
    words = [line for line in lines if line.table is None]
    size = sum(len(line.text) for line in words)
    found, name = _title(words, title_tag, metas)
    tables = _tables(lines)
    headings = find_headings(without_annex(split_headings(lines)))
    keys = {heading.key for heading in headings}
    # Chapters with nothing in them are a contents list, or a form of words.
    if tables or len(keys) >= 3:
        blank = _blank_form(words, name, text)
        if blank:
            return blank
        if _is_interpretation(name) and tables < 2:
            return PageKind("interpretation", f"the title says so: {name}", name)
        if other_report(name or "") and not tables:
            return PageKind("other_report", f"the title says so: {name}", name)
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
        _guarded(tree, words, size, text, title_tag)
        or _list(tree, lines, size, found)
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
    lead = [line for line in words[:200] if not line.link and not is_tail(line.text)][:60]
    # On the page the article's own name stands in a line; what is about reports there wins over what it quotes.
    shown = next(
        (
            line.text
            for line in lead
            if 8 <= len(line.text) <= 80
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
    gaps = sum(len(_BLANK_RE.findall(line)) for line in lead)
    titled = bool(name and (_BLANK_RE.search(name) or _FORM_TITLE_RE.search(name)))
    if not gaps and not titled:
        return None
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
        word = next((word for word in known if word in text), None)
        if word or text.strip() in ("404", "404页面", "404 错误", "错误", "error"):
            return PageKind("soft_404", f"the page says it is not there: “{text[:40]}”")
    return None


# An article leads to its neighbours in the list; that does not make it one.
_NEIGHBOUR_RE = re.compile(r"(?:[上下前后]一?[篇条页则]|[Pp]revious|[Nn]ext)\s*[：:]?\s*")


def _words_before(link: HtmlElement) -> str:
    """The words right before a link, on its own line or in the element before it."""
    before = link.getprevious()
    parent = link.getparent()
    if before is None:
        return (parent.text or "") if parent is not None else ""
    return (before.tail or "").strip() or "".join(islice(before.itertext(), 3))[-20:]


def _list(tree: HtmlElement | None, lines: Sequence[Line], size: int, found: ReportTitle | None) -> PageKind | None:
    """Many links with reports' titles, and little text of its own."""
    titles: dict[str, ReportTitle] = {}
    linked = [line.text for line in lines if line.link]
    if tree is not None:
        # The anchor's own words: in the line beside them stands the date.
        linked += [
            link.get("title") or "".join(islice(link.itertext(), 12))
            for link in tree.iter("a")
            if link.get("href") and not _NEIGHBOUR_RE.search(_words_before(link))
        ]
    for text in map(fold_spaces, linked):
        if _NEIGHBOUR_RE.match(text):
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
    if titles and own < 60 and tree is not None and not (found and found.year) and not _files(tree):
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
    files = _files(tree)
    if files:
        return PageKind("attachment_only", f"the report is an attached file: {files[0]}", name)
    if _pictures(tree, found):
        return PageKind("image_only", "the report is a picture", name)
    if _in_script(tree):
        return PageKind("empty_shell", "the text of the report is only in a script", name)
    # 政府信息公开年报 alone is the name of a column.
    if _prose(_own(words)) < 60 and (found.year or found.organ or "年度报告" in found.text):
        return PageKind("empty_shell", "a report's title and no report", name)
    return None


def _in_script(tree: HtmlElement) -> bool:
    """Whether a script carries the text of a report as data."""
    return any(_SCRIPT_BODY_RE.search(node.text) for node in tree.iter("script", "textarea") if node.text)


def _files(tree: HtmlElement) -> list[str]:
    """Attached files that may be the report: not those of the navigation."""
    files = []
    for link in tree.iter("a"):
        href = link.get("href") or ""
        text = fold_spaces(link.text_content()) or link.get("title") or ""
        if _FILE_RE.search(href) or re.search(r"\.(?:pdf|docx?|xlsx?|wps|ofd)$", text, re.IGNORECASE):
            files.append(text[:60] or href[-60:])
    for frame in tree.iter("iframe", "embed", "object"):
        target = frame.get("src") or frame.get("data") or ""
        if re.search(r"\.(?:pdf|docx?|ofd)(?:[?#&]|$)", target, re.IGNORECASE):
            files.append(target[-60:])
    return files


def _pictures(tree: HtmlElement, found: ReportTitle) -> bool:
    """Whether a picture that is not the portal's follows the title."""
    portal = _patterns()[1]
    wanted = compact(found.text)[-16:]
    passed = False
    for node in tree.iter():
        if not isinstance(node.tag, str):
            continue
        if node.tag == "img":
            source = node.get("src") or node.get("data-src") or node.get("oldsrc") or ""
            try:
                small = 0 < int(re.sub(r"\D.*", "", node.get("width") or "") or 0) < 200
            except ValueError:
                small = False
            if passed and source and not small and not portal.search(source.rsplit("/", 1)[-1]):
                return True
        elif (
            node.tag not in ("title", "script", "style")
            and node.text
            and wanted in compact("".join(islice(node.itertext(), 24))[:200] if len(node) < 12 else node.text[:200])
        ):
            passed = True
    return False


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
    if _in_script(tree):
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
