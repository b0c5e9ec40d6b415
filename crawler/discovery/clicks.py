"""The ways on that stand in the elements of a page: links, image maps, drop-down lists, clicks, forms that only ask for a choice."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import urlencode

from lxml import html

from .elements import HEADINGS, Anchor, anchor_text, chrome_elements, context, heading, in_chrome, is_beside
from .page import parse
from .words import squeeze

_OPENED_RE = re.compile(
    r"""(?:window\.open|location(?:\.href)?\s*=|location\.(?:replace|assign)|goto\w*|open\w*|jump\w*)\s*\(?\s*(["'])([^"'\s]{2,400})\1""",
    re.IGNORECASE,
)
# showTab(this, "/nb/list.html"): what a function is called with is an address, whatever it does with it.
_HANDED_RE = re.compile(r"""\b(?!add|set|share)\w{2,40}\s*\(\s*(?:(?:this|\d+|["'][^"'/.]{0,30}["'])\s*,\s*)*(["'])([^"'\s]{3,400})\1""", re.IGNORECASE)
_NEXT_RE = re.compile(r"(?:^|[\s_-])next(?:$|[\s_-])", re.IGNORECASE)
# location.href = "/organ/" + this.value + ".html"
_CHOSEN_RE = re.compile(r"""["']([^"'\s<>]{1,300})["']\s*\+\s*(?:this|\w+)\s*(?:\.\s*options\s*\[[^\]]{1,60}\]\s*)?\.\s*value\b(?:\s*\+\s*["']([^"'\s<>]{0,100})["'])?""")
# Where templates keep an address that a script opens on a click.
_DATA_HREFS = ("data-href", "data-url", "data-link", "data-src", "data-path", "_href", "url", "link")
_ADDRESS_RE = re.compile(r"(?:https?:)?/[^\s'\"<>{}$]*|\.{1,2}/[^\s'\"<>{}$]+|[\w%-][\w%/.-]*\.(?:s?html?|jsp|php|aspx?|jhtml)(?:\?[^\s'\"<>{}$]*)?|[\w%-][\w%/-]*/", re.IGNORECASE)


def fragment_anchors(source: str) -> list[Anchor]:
    """Return the anchors of a piece of HTML, as data answers carry them."""
    tree = parse(f"<div>{source}</div>")
    return [] if tree is None else [anchor for anchor in tree_anchors(tree) if anchor.kind in ("a", "onclick")]


def tree_anchors(tree: html.HtmlElement) -> Iterator[Anchor]:
    chrome = chrome_elements(tree)
    yield from _selectors(tree, chrome)
    above = ""
    for element in tree.iter(*HEADINGS, "a", "area", "option", "link", "li", "td", "tr", "span", "div", "button", "input"):
        tag = element.tag
        if tag in HEADINGS:
            above = heading(element)
            continue
        href = element.get("href") or ""
        if (
            tag in ("a", "area")
            and href.strip()
            and not href.strip().lower().startswith("javascript:")
            and href.strip() != "#"
        ):
            text = anchor_text(element)
            yield Anchor(
                href,
                text,
                context(element, text),
                in_chrome(element, chrome),
                tag,
                (element.get("rel") or "").lower() or ("next" if not text and _NEXT_RE.search(element.get("class") or "") else ""),
                is_beside(element, text),
                above if re.fullmatch(r"20\d{2}年?度?", squeeze(text)) else "",
            )
        elif tag == "link" and "next" in (element.get("rel") or "").lower() and href:
            yield Anchor(href, "", kind="link", rel="next")
        elif tag == "option":
            value = (element.get("value") or "").strip()
            if re.match(r"^(?:https?://|/|\?|\.{1,2}/|\w[\w/-]*\.s?html?$)", value) and len(value) > 1:
                yield Anchor(value, squeeze(element.text_content()), chrome=in_chrome(element, chrome), kind="option")
            elif re.fullmatch(r"[\w-]{1,64}", value) and (made := _chosen(element)):
                yield Anchor(f"{made[0]}{value}{made[1]}", squeeze(element.text_content()), chrome=in_chrome(element, chrome), kind="option")
        kept = next((value for name in _DATA_HREFS if (value := (element.get(name) or "").strip())), "")
        bare = tag not in ("a", "area") or href.strip() in ("", "#") or href.strip().lower().startswith("javascript:")
        if kept and tag not in ("option", "link") and bare and _ADDRESS_RE.fullmatch(kept):
            text = anchor_text(element)
            if len(text) <= 120:
                yield Anchor(kept, text, context(element, text), in_chrome(element, chrome), "onclick")
        script = element.get("onclick") or (href if href.strip().lower().startswith("javascript:") else "")
        if script:
            opened = _OPENED_RE.search(unescape(script))
            handed = None if opened else _HANDED_RE.search(unescape(script))
            target = opened[2] if opened else handed[2] if handed and _ADDRESS_RE.fullmatch(handed[2]) else ""
            if target:
                text = anchor_text(element)
                if len(text) <= 120:
                    yield Anchor(target, text, context(element, text), in_chrome(element, chrome), "onclick")


def _selectors(tree: html.HtmlElement, chrome: set[html.HtmlElement]) -> Iterator[Anchor]:
    """What a form asks that has nothing to fill in but a choice (of a year, of an organ), for each choice."""
    for form in tree.iter("form"):
        action = (form.get("action") or "").strip()
        if (form.get("method") or "get").strip().lower() != "get" or action.lower().startswith("javascript"):
            continue
        fields = [field for field in form.iter("input", "select") if field.get("name")]
        if any(field.tag == "input" and (field.get("type") or "text").lower() in ("text", "search", "password") for field in fields):
            continue
        kept = [(field.get("name"), field.get("value") or "") for field in fields if field.tag == "input" and (field.get("type") or "").lower() == "hidden"]
        for select in (field for field in fields if field.tag == "select"):
            for option in select.iter("option"):
                text = squeeze(option.text_content())
                value = option.get("value") if option.get("value") is not None else text
                if value and len(text) >= 2:
                    question = urlencode([*kept, (select.get("name"), value.strip())])
                    yield Anchor(f"{action.split('?')[0]}?{question}", text, chrome=in_chrome(form, chrome), kind="option")


def _chosen(option: html.HtmlElement) -> tuple[str, str] | None:
    """The parts of the address that a drop-down list makes of the value that is chosen; None where it makes none."""
    select = next(option.iterancestors("select"), None)
    made = _CHOSEN_RE.search(unescape(select.get("onchange") or "")) if select is not None else None
    return (made[1], made[2] or "") if made else None
