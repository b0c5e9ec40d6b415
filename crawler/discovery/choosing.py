"""What a column lets its reader choose by a script: years, kinds of organs, organs, as tabs or in a drop-down list.

`asked_for` makes the questions that the page's script would ask for each choice; `offered` names the choices to which no
address leads, so that the years behind them are not taken for absent.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import unescape
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from lxml import html

from .anchors import anchors
from .elements import anchor_text
from .link import Link
from .organs import bare_organ, organ_class, organs_named
from .page import Fetched
from .urls import canonical
from .words import looks_like_organ, organ_kinds, squeeze, words
from .years import years_in_words

if TYPE_CHECKING:
    from ..ledger import PortalLedger

MAX_CHOICES = 80
MOST_OFFERED = 400
_FORM = ("Content-Type", "application/x-www-form-urlencoded")
_SCRIPT_RE = re.compile(r"<script\b[^>]*>(.*?)</script\s*>", re.DOTALL | re.IGNORECASE)
_YEAR_RE = re.compile(r"(?:20\d{2})年?度?")
_ASK_RE = re.compile(r"""(?:\$|jQuery)\s*\.\s*(post|get|getJSON)\s*\(\s*["']([^"'\s<>]{2,300})["']\s*,\s*\{([^{}]{1,400})\}""")
_LONG_RE = re.compile(r"""(?:\$|jQuery)\s*\.\s*ajax\s*\(\s*\{(.{1,900}?)\}\s*\)""", re.DOTALL)
_URL_RE = re.compile(r"""\burl["']?\s*:\s*["']([^"'\s<>]{2,300})["']""")
_DATA_RE = re.compile(r"""\bdata["']?\s*:\s*\{([^{}]{1,400})\}""")
_POST_RE = re.compile(r"""\b(?:type|method)["']?\s*:\s*["']post["']""", re.IGNORECASE)
_CONSTANT_RE = re.compile(r"""(?:"([^"]*)"|'([^']*)'|(-?\d{1,12}|true|false))""")
_KEPT_RE = re.compile(r"""\$\(\s*\w+\s*\)\s*\.\s*(?:data\(\s*["']([\w-]{1,30})["']|attr\(\s*["'](data-[\w-]{1,30})["'])\s*\)|\w+\.dataset\.(\w{1,30})""")
_PICKED_RE = re.compile(r"""\$\(\s*["']#?([\w-]{1,40})["']\s*\)\s*\.\s*val\(\s*\)|getElementById\(\s*["']([\w-]{1,40})["']\s*\)\s*\.\s*value""")
_FUNCTION_RE = re.compile(r"function\s+(\w{1,40})\s*\(\s*(\w{1,30})\s*\)\s*\{|\b(\w{1,40})\s*=\s*function\s*\(\s*(\w{1,30})\s*\)\s*\{")
_WRITTEN_RE = re.compile(r"""for\s*\([^;]{0,60}?=\s*(20\d\d)\s*;[^;]{0,60}?[<>]=?\s*(20\d\d)\s*;[^)]{0,20}\)[^}]{0,200}?<(?:option|li|a)\b""", re.DOTALL)
# years: [2025, 2024, 2023]
_ARRAY_RE = re.compile(r"""\b\w{0,20}(?:year|nian|niandu)\w{0,20}["']?\s*[:=]\s*\[((?:\s*["']?20\d\d年?["']?\s*,){2,40}\s*["']?20\d\d年?["']?\s*)\]""", re.IGNORECASE)
_BOUND = ("onclick", "onchange", "onmouseover")


@dataclass(frozen=True)
class Choice:
    """A choice to which no address leads: its words, the years it names, else the class of organs (see `organ_class`). `filters`: it stands in a form to search with. `names`: all organs of one drop-down list."""

    text: str
    years: frozenset[int]
    organs: str = ""
    filters: bool = False
    names: frozenset[str] = frozenset()


def offered(page: Fetched) -> list[Choice]:
    """The choices of years and of kinds of organs on a page that are no links."""
    if page.tree is None or page.is_data:
        return []
    leads = {squeeze(anchor.text) for anchor in anchors(page) if not anchor.href.startswith("#")}
    shown = {anchor.href[1:] for anchor in anchors(page) if anchor.href.startswith("#")} | set(page.tree.xpath("//*/@id"))
    found: dict[str, Choice] = {}
    for element in page.tree.iter("option", "li", "a", "span", "button", "div", "td", "dd", "em"):
        text = squeeze(anchor_text(element)) if len(element) <= 1 else ""
        if not 2 <= len(text) <= 16 or text in leads or text in found or not _is_bound(element, shown):
            continue
        if choice := _choice(text):
            found[text] = Choice(text, choice.years, choice.organs, _filters(element))
    for select in page.tree.iter("select"):
        names = frozenset(text for text in map(squeeze, select.xpath("./option/text()")) if looks_like_organ(text) and not organ_kinds(text))
        if len(names) > 1 and not names & leads:
            first = min(names)
            found[first] = Choice(first, frozenset(), "", _filters(select), names)
    for script in _SCRIPT_RE.findall(page.source):
        for one, two in _WRITTEN_RE.findall(script):
            found[one] = Choice(f"{one}-{two}", frozenset(range(min(int(one), int(two)), max(int(one), int(two)) + 1)))
        for array in _ARRAY_RE.findall(script):
            years = frozenset(map(int, re.findall(r"20\d\d", array)))
            found[array] = Choice(f"{max(years)}-{min(years)}", years)
    return list(found.values())


def _filters(element: html.HtmlElement) -> bool:
    form = next(element.iterancestors("form"), None)
    return form is not None and bool(form.xpath(".//input[not(@type) or @type='text' or @type='search']"))


def _choice(text: str) -> Choice | None:
    if _YEAR_RE.fullmatch(text):
        return Choice(text, years_in_words(text))
    kind = organ_class(text) if organ_kinds(text) else "government"
    return Choice(text, frozenset(), kind) if kind != "government" else None


def _is_bound(element: html.HtmlElement, shown: set[str]) -> bool:
    """Whether an element waits for a click or a choice that a script answers, and does not only show another part of the page."""
    if element.tag == "option":
        return True
    href = (element.get("href") or "").strip().lower()
    if href.startswith("#") and href != "#":
        return False
    clicked = any(name in element.attrib for name in _BOUND) or href == "#" or href.startswith("javascript")
    kept = [value for name, value in element.attrib.items() if name.startswith("data-")]
    return (clicked or bool(kept)) and not any(value.lstrip("#.") in shown for value in kept if value)


class Offers:
    """What the columns of one portal offered without an address; at most `MOST_OFFERED` choices."""

    def __init__(self) -> None:
        self._places: list[tuple[str, str, bool, Choice]] = []

    def add(self, page: Fetched, column: str, *, leads_on: bool) -> None:
        """Remember what a page of a column offers. `leads_on`: the page has branches that are links."""
        if len(self._places) < MOST_OFFERED:
            self._places += [(page.url, column, leads_on, choice) for choice in offered(page)]

    def tell(self, account: PortalLedger, titles: Iterable[str], organs: Iterable[str], owed: Iterable[int]) -> None:
        """At the end, note the choices of which nothing was found: what they hide is not absent. `owed`: the years that are looked for."""
        places, self._places = self._places, []
        if not places:
            return
        listed: defaultdict[str, list[str]] = defaultdict(list)
        for listing in account.listings.values():
            listed[listing["column"]].append(listing["words"])
        titles = [*titles, *(said for each in listed.values() for said in each)]
        named = organs_named(titles) | set(organs)
        bare, classes = {bare_organ(organ) for organ in named}, {organ_class(organ) for organ in named if looks_like_organ(organ)}
        anywhere = account.years | {year for title in titles for year in years_in_words(title)}
        for url, column, leads_on, choice in places:
            here = [years_in_words(said) for said in listed[column]]
            met = anywhere if leads_on or frozenset() in here else frozenset().union(*here)
            if choice.years:
                found = choice.years & set(owed) <= met or (choice.filters and len(met) > 1)
            elif choice.names:
                found = choice.filters or any(one.endswith(bare_organ(name)) or bare_organ(name).endswith(one) for name in choice.names for one in bare)
            else:
                found = choice.organs in classes or (choice.organs == "both" and bool(classes & {"town", "bureau"}))
            if not found and (here or column in account.columns):
                account.gave_up(url, f"torn list: it offers “{choice.text}”, and nothing tells how to ask for it", page_of=column)


def asked_for(page: Fetched) -> list[Link]:
    """The questions that the page's script asks for each choice: `$.post("/list", {cid: $(this).data("cid")})`."""
    if page.tree is None or page.is_data or page.form:
        return []
    found: list[Link] = []
    source = "\n".join(unescape(script) for script in _SCRIPT_RE.findall(page.source))
    for method, address, fields, at in _asks(source):
        constants, asked = _fields(fields)
        if len(asked) != 1 or (url := canonical(address, page.url)) is None:
            continue
        (name, expression), = asked.items()
        for text, value in dict.fromkeys(_values(page.tree, source, expression, at)):
            if _choice(text) or looks_like_organ(text):
                form = urlencode({**constants, name: value})
                why = f"what the page's script asks for {text}"
                score, referer = words()["scores"]["branch"], ("Referer", page.url)
                if method == "post":
                    found.append(Link(url, "list", score, why, text, "POST", form.encode(), (referer, _FORM), branch=True))
                else:
                    found.append(Link(f"{url}{'&' if '?' in url else '?'}{form}", "list", score, why, text, headers=(referer,), branch=True))
    return found[:MAX_CHOICES]


def _asks(source: str) -> Iterator[tuple[str, str, str, int]]:
    for found in _ASK_RE.finditer(source):
        yield "post" if found[1] == "post" else "get", found[2], found[3], found.start()
    for found in _LONG_RE.finditer(source):
        url, data = _URL_RE.search(found[1]), _DATA_RE.search(found[1])
        if url and data:
            yield "post" if _POST_RE.search(found[1]) else "get", url[1], data[1], found.start()


def _fields(text: str) -> tuple[dict[str, str], dict[str, str]]:
    """The fields of a flat object: those that stand there as they are sent, and the expressions of the others."""
    constants: dict[str, str] = {}
    asked: dict[str, str] = {}
    for part in re.split(r",(?![^()]*\))", text):
        name, _, value = part.partition(":")
        name, value = name.strip().strip("\"'"), value.strip()
        if not re.fullmatch(r"\w{1,40}", name):
            continue
        found = _CONSTANT_RE.fullmatch(value)
        if found:
            constants[name] = next(group for group in found.groups() if group is not None)
        else:
            asked[name] = value or name
    return constants, asked


def _values(tree: html.HtmlElement, source: str, expression: str, at: int) -> Iterator[tuple[str, str]]:
    """What may stand for an expression in a question, as (words, value) of the choices."""
    yield from _kept(tree, expression)
    if not re.fullmatch(r"\w{1,30}", expression):
        return
    # A variable is what it was set to before, or what the function around it is called with.
    before = source[max(0, at - 600) : at]
    for value in re.findall(rf"\b{expression}\s*=\s*([^;=]{{3,80}});", before)[-1:]:
        yield from _kept(tree, value)
    around = [(one or three, two or four) for one, two, three, four in _FUNCTION_RE.findall(before)]
    name = next((name for name, argument in reversed(around) if argument == expression), "")
    if not name:
        return
    for called in re.findall(rf"(?<!function )\b{name}\(([^;]{{3,80}}?)\)\s*[;}},]", source):
        yield from _kept(tree, called)
    for element in tree.xpath("//*[@onclick or @onchange or starts-with(@href, 'javascript:')]"):
        script = unescape(element.get("onclick") or element.get("onchange") or element.get("href") or "")
        call = re.search(rf"\b{name}\(\s*[\"']?([\w.-]{{1,64}})[\"']?\s*\)", script)
        if call and call[1] == "this.value":
            yield from _options(element)
        elif call:
            yield squeeze(anchor_text(element)), call[1]


def _kept(tree: html.HtmlElement, expression: str) -> Iterator[tuple[str, str]]:
    kept, picked = _KEPT_RE.search(expression), _PICKED_RE.search(expression)
    if kept:
        name = (kept[1] or kept[2] or kept[3]).lower().removeprefix("data-")
        for element in tree.xpath(f"//*[@data-{name}]"):
            yield squeeze(anchor_text(element)), str(element.get(f"data-{name}")).strip()
    elif picked:
        for select in tree.xpath("//select[@id=$name or @name=$name]", name=picked[1] or picked[2]):
            yield from _options(select)


def _options(select: html.HtmlElement) -> Iterator[tuple[str, str]]:
    for option in select.iter("option"):
        text = squeeze(option.text_content())
        value = (option.get("value") if option.get("value") is not None else text) or ""
        if value.strip():
            yield text, value.strip()
