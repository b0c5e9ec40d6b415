"""Lists that turn their pages by a form: ASP.NET's postback, and forms with a hidden field for the page.

What is sent is what a reader's click would send: the fields as they stand in the page, and the number of the page.
"""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import urlencode, urljoin, urlsplit

from lxml import html

from ..link import Link
from ..page import Fetched
from ..urls import canonical
from ..words import looks_like_organ, squeeze, words
from .proxies import referer_of
from .turns import MAX_PAGES, turn

MAX_CHOICES = 80
_FORM = ("Content-Type", "application/x-www-form-urlencoded")
_POSTBACK_RE = re.compile(r"__doPostBack\(\s*['\"]([^'\"]*)['\"]\s*,\s*['\"]([^'\"]*)['\"]\s*\)")
_CALL_RE = re.compile(r"\b[A-Za-z_]\w*\(\s*['\"]?(\d{1,4})['\"]?\s*\)")
_PAGE_FIELD_RE = re.compile(r"p|pn|(?:[a-z]{0,8}_?)?page(?:_?(?:no|num|number|index|id))?", re.IGNORECASE)


def postback(page: Fetched) -> list[Link]:
    """ASP.NET: `__doPostBack('Pager','2')`, with the state that the page carries."""
    if page.tree is None or "__doPostBack" not in page.source:
        return []
    form = next((form for form in page.tree.iter("form") if form.xpath(".//input[@name='__VIEWSTATE']")), None)
    if form is None:
        return []
    here = re.search(rb"__EVENTARGUMENT=(\d{1,4})", page.form)
    number = int(here[1]) if here else 1
    for element, script in _scripts(form):
        found = _POSTBACK_RE.search(script)
        if not found:
            continue
        text = squeeze(element.text_content())
        onward = text in words()["generic"]["next"] or (text == str(number + 1) and found[2] in ("", text, f"Page${text}"))
        if onward and number < MAX_PAGES:
            fields = {**_fields(form), "__EVENTTARGET": found[1], "__EVENTARGUMENT": found[2]}
            link = _send(form, fields, "POST", number, "the page's postback", page)
            return [link] if link else []
    return []


def form_pages(page: Fetched) -> list[Link]:
    """A form with a field for the page, and a link for the next one that a script answers: `javascript:goPage(2)`."""
    if page.tree is None:
        return []
    form = next((form for form in page.tree.iter("form") if _page_field(form)), None)
    if form is None:
        return []
    for element, script in _scripts(page.tree):
        found = _CALL_RE.search(script)
        if found and squeeze(element.text_content()) in words()["generic"]["next"] and 2 <= int(found[1]) <= MAX_PAGES:
            fields = {**_fields(form), _page_field(form): found[1]}
            if str(_fields(form).get(_page_field(form))) == found[1]:
                return []  # the last page leads to itself
            method = (form.get("method") or "get").strip().upper()
            link = _send(form, fields, "POST" if method == "POST" else "GET", int(found[1]) - 1, "the form's next page", page)
            return [link] if link else []
    return []


def choices(page: Fetched) -> list[Link]:
    """What a form asks by POST that has nothing to fill in but a choice of a year or an organ, for each choice."""
    if page.tree is None or page.form:
        return []
    found = []
    for form in page.tree.iter("form"):
        typed = form.xpath(".//textarea | .//input[not(@type) or @type='text' or @type='search' or @type='password' or @type='file']")
        selects = [select for select in form.iter("select") if select.get("name")]
        if (form.get("method") or "").strip().lower() != "post" or typed or len(selects) != 1 or form.xpath(".//input[@name='__VIEWSTATE']"):
            continue
        for option in selects[0].iter("option"):
            text, value = squeeze(option.text_content()), option.get("value") or ""
            if value and (re.fullmatch(r"20\d{2}年?度?", text) or looks_like_organ(text)):
                body = urlencode({**_fields(form), str(selects[0].get("name")): value.strip()}).encode()
                url = canonical((form.get("action") or "").strip() or page.url, page.url)
                if url:
                    why = f"what the page's form asks for {text}"
                    found.append(Link(url, "list", words()["scores"]["branch"], why, text, "POST", body, (*referer_of(page.url), _FORM), branch=True))
    return found[:MAX_CHOICES]


def _scripts(tree: html.HtmlElement) -> list[tuple[html.HtmlElement, str]]:
    scripts = ((element, unescape(element.get("onclick") or element.get("href") or "")) for element in tree.iter("a", "span", "li", "button", "input"))
    return [(element, script) for element, script in scripts if "(" in script]


def _page_field(form: html.HtmlElement) -> str:
    return next((str(name) for name in form.xpath(".//input/@name") if _PAGE_FIELD_RE.fullmatch(name) and not re.match(r"(?:per|max|total|last|all|count|size)", name, re.IGNORECASE)), "")


def _fields(form: html.HtmlElement) -> dict[str, str]:
    fields = {}
    for field in form.iter("input", "select", "textarea"):
        name, kind = field.get("name"), (field.get("type") or "text").lower()
        if not name or (field.tag == "input" and kind in ("submit", "button", "image", "checkbox", "radio", "password", "file")):
            continue
        if field.tag == "select":
            chosen = field.xpath("./option[@selected]/@value") or field.xpath("./option[1]/@value")
            fields[name] = chosen[0] if chosen else ""
        else:
            fields[name] = field.get("value") or ""
    return fields


def _send(form: html.HtmlElement, fields: dict[str, str], method: str, number: int, style: str, page: Fetched) -> Link | None:
    url = urljoin(page.url, (form.get("action") or "").strip() or page.url)
    if method == "POST":
        return turn(url, number, style, of=page.url, method="POST", body=urlencode(fields).encode(), headers=(*referer_of(page.url), _FORM))
    parts = urlsplit(url)
    return turn(f"{parts.scheme}://{parts.netloc}{parts.path}?{urlencode(fields)}", number, style, of=page.url)
