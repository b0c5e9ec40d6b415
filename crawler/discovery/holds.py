"""What a page holds, where its words alone do not tell: a list of files, a list of reports, a frame that a script fills."""

from __future__ import annotations

import re
from collections.abc import Container
from html import unescape
from urllib.parse import urljoin

from .anchors import anchors, base_url
from .answers import titles_without_address
from .elements import anchor_text
from .page import Fetched
from .urls import canonical, is_attachment, never_asked, same_page
from .words import is_report_phrase, judge, organ_kinds, organ_of_file, squeeze
from .years import years_in_words

_NONE_RE = re.compile(r"暂无|没有(?:相关|找到|查询到|符合)?.{0,6}(?:信息|内容|数据|记录|文章)|无相关|内容为空|建设中")
_HARMLESS_RE = re.compile(r"jquery|swiper|bootstrap|slick|superslide|layer\b|share|hm\.js|tongji|gotop|html5|respond|wza|conac|jiucuo", re.IGNORECASE)
_FILLS_RE = re.compile(r"ajax|\.\s*(?:get|post|load|getJSON|html|append)\s*\(|fetch\s*\(|axios|\bVue\b|XMLHttp|innerHTML|document\s*\.\s*write|location", re.IGNORECASE)
# A call that is handed something: `view("k3")`, `open(12)`; not `void(0)`, not `toggle(this)`.
_CALL_RE = re.compile(r"""\b(?!void\b)\w{2,40}\s*\([^()]*(?:["'][^"']+["']|\d)[^()]*\)""")


def lists_documents(page: Fetched) -> bool:
    """Whether a page without a text of its own is a list of files that are reports: of two years, or of two organs, or more."""
    years, organs = set(), set()
    for anchor in anchors(page):
        if anchor.chrome or not is_attachment(urljoin(page.url, anchor.href)):
            continue
        text = f"{anchor.context} {anchor.text}".strip()
        if not judge(text, "", "column").refused:
            years.add(frozenset(years_in_words(text)))
            organs.add(organ_of_file(anchor.text))
    return len(years - {frozenset()}) >= 2 or len(organs - {""}) >= 2


def lists_reports(page: Fetched) -> bool:
    """Whether a page links to reports other than the neighbours of the article that it shows."""
    return any(
        not anchor.beside and is_report_phrase(anchor.text) and years_in_words(anchor.text) for anchor in anchors(page)
    )


def shut_rows(page: Fetched, roles: Container[str]) -> list[tuple[str, str, str]]:
    """Reports, by their words, to which no address leads that can be asked, as (address, words, why).

    Archives and pictures, addresses on the editor's own disk, clicks that only a script of the portal can follow. Of the last,
    the names of columns count, too, unless the page's links have `roles` that make them its tabs.
    """
    if page.is_data:
        return [(page.url, title, "no address: only the page's script knows it") for title in titles_without_address(page) if _is_report(title)]
    if page.tree is None:
        return []
    found, leads = [], set()
    for anchor in anchors(page):
        text = f"{anchor.context} {anchor.text}".strip()
        suffix = never_asked(anchor.href)
        url = None if suffix else canonical(anchor.href, base_url(page))
        if url:
            leads.add(squeeze(anchor.text))
        elif _is_report(text) and not anchor.chrome and not anchor.href.startswith("#"):
            why = f"a {suffix} file, which is not asked for" if suffix else f"no address that can be asked: {anchor.href[:60]}"
            found.append((urljoin(base_url(page), anchor.href) if suffix else page.url, text[:200], why))
    for element in page.tree.iter("a"):
        script = unescape(element.get("onclick") or element.get("href") or "")
        text = anchor_text(element)
        if _CALL_RE.search(script) and squeeze(text) not in leads and len(text) <= 80 and is_report_phrase(text) and (years_in_words(text) or not _is_tab(text, roles)):
            found.append((page.url, text, "no address: only a script of the portal can follow it"))
    return found


def _is_tab(text: str, roles: Container[str]) -> bool:
    """Whether the name of a column is a tab above what the page shows, and not the way to another list."""
    return "report" in roles or ("column" in roles and organ_kinds(text) is None)


def _is_report(text: str) -> bool:
    return is_report_phrase(text) and bool(years_in_words(text))


def says_that_it_is_empty(page: Fetched) -> bool:
    """Whether a column says that it holds nothing, and no script of it could still fill it.

    >>> from .page import read_fetched
    >>> says_that_it_is_empty(read_fetched("http://a.gov.cn/nb/", "<title>年报</title><p>暂无数据</p>".encode()))
    True
    """
    if page.tree is None or page.is_data or not _NONE_RE.search(page.text) or re.search("建设|升级|维护", page.text) or page.tree.xpath("//input[(not(@type) or @type='text') and ancestor::form]"):
        return False
    sources = [str(source).rsplit("/", 1)[-1] for source in page.tree.xpath("//script/@src")]
    return all(_HARMLESS_RE.match(source) for source in sources) and not _FILLS_RE.search(" ".join(page.tree.xpath("//script/text()")))


def shows_nothing(page: Fetched, known: Container[str]) -> bool:
    """Whether a column shows no row at all, does not say that it has none, and has a script that may draw some, or a form to search with.

    `known` are comparison keys of links that stand on every page.
    """
    typed = page.tree is not None and bool(page.tree.xpath("//input[(not(@type) or @type='text') and ancestor::form]"))
    if page.tree is None or page.is_data or not (typed or "<script" in page.source.lower()) or _NONE_RE.search(page.text):
        return False
    hrefs = {canonical(anchor.href, page.url) for anchor in anchors(page) if not anchor.chrome}
    return all(same_page(url) in known for url in hrefs if url)
