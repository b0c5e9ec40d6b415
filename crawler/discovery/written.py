"""The ways on that scripts hold: rows they write, objects and arrays they draw menus from, functions that clicks call."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape

from lxml import html

from .clicks import fragment_anchors
from .elements import Anchor, anchor_text, chrome_elements, context, in_chrome

_CDATA_RE = re.compile(r"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
_SCRIPT_RE = re.compile(r"<script\b[^>]*>(.*?)</script\s*>", re.DOTALL | re.IGNORECASE)
_KEPT_TEXT_RE = re.compile(r"<textarea\b[^>]*>(.*?)</textarea\s*>", re.DOTALL | re.IGNORECASE)
_OBJECT_RE = re.compile(r"\{[^{}]{1,40000}\}")
_FIELD_RE = re.compile(r"""["']?([A-Za-z_]\w{0,30})["']?\s*:\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""")
_PAIR_RE = re.compile(
    r"""(["'])((?:(?!\1)[^\\\r\n]){2,60})\1\s*,\s*(["'])((?:https?:/|\.{1,2})?/[^"'\s<>{}$+]{1,300}|[\w-][\w/.-]{0,200}\.(?:s?html?|jsp|php|aspx?|do)(?:\?[^"'\s<>{}$]{0,200})?)\3\s*[,)\]]"""
)
_KEPT_RE = re.compile(
    r"""["']([^"'\s<>]{2,300})["']\s*\+\s*(?:\$\(\s*\w+\s*\)|\w+)\s*\.\s*(?:(?:data|attr)\(\s*["']([a-z][\w-]{0,30})["']\s*\)|dataset\.([a-z]\w{0,30})|getAttribute\(\s*["'](data-[\w-]{1,30})["']\s*\))(?:\s*\+\s*["']([^"'\s<>]{0,100})["'])?"""
)
MAX_NESTED = 8
"""Objects within objects that are looked through for rows."""
# function view(id, kind) { window.open("/detail.jsp?id=" + id + "&kind=" + kind); }
_FUNCTION_RE = re.compile(r"function\s+(\w{1,40})\s*\(\s*(\w[\w\s,]{0,80})\)\s*\{(.{1,400})", re.DOTALL)
_MADE_RE = re.compile(
    r"""(?:location(?:\s*\.\s*href)?\s*=|(?:open|replace|assign)\s*\(|href\s*[=,])\s*((?:["'][^"'\s<>]{0,300}["']|\w{1,30})(?:\s*\+\s*(?:["'][^"'\s<>]{0,100}["']|\w{1,30})){1,6})"""
)
_SILENT_RE = re.compile(r"function\s+(\w{1,40})\s*\(\s*(?:this|e|event|ev)?\s*\)\s*\{(.{1,300})", re.DOTALL)
_OPENS_RE = re.compile(r"""(?:location(?:\s*\.\s*href)?\s*=|\b(?:open|replace|assign)\s*\()\s*["']([^"'\s<>]{2,300})["']\s*[;,)}]""")
# var y = $("#nd").val();
_SET_RE = re.compile(r"""\b(?:var|let|const)\s+(\w{1,30})\s*=\s*((?:\$\(\s*["']#?[\w-]{1,40}["']\s*\)\s*\.\s*val\(\s*\)|document\s*\.\s*getElementById\(\s*["'][\w-]{1,40}["']\s*\)\s*\.\s*value))\s*;""")
# $.get("/nb/list_" + y + ".html", show): what is shown of the answer is the answer.
_FETCHED_RE = re.compile(
    r"""(?:\.\s*(?:get|getJSON|load)\s*\(|\burl\s*:)\s*((?:["'][^"'\s<>]{0,300}["']|\w{1,30})(?:\s*\+\s*(?:["'][^"'\s<>]{0,100}["']|\w{1,30})){1,6})\s*(?=\)|,\s*(?:function|\(|\w+\s*(?:=>|\))|\w+\s*:))"""
)
# location.href = "/nb/" + $("#dept").val() + ".html"
_CHOICE_RE = re.compile(
    r"""(?:location(?:\s*\.\s*href)?\s*=|(?:open|replace|assign)\s*\()\s*["']([^"'\s<>]{1,300})["']\s*\+\s*(?:\$\(\s*(?:this|["']#?([\w-]{1,40})["'])\s*\)\s*\.\s*val\(\s*\)|this\s*\.\s*value|document\s*\.\s*getElementById\(\s*["']([\w-]{1,40})["']\s*\)\s*\.\s*value)(?:\s*\+\s*["']([^"'\s<>]{0,100})["'])?\s*[;,)}]"""
)
_LISTENS_RE = re.compile(r"""(?:\$\(\s*["']#?([\w-]{1,40})["']\s*\)\s*\.\s*(?:change|on)|getElementById\(\s*["']([\w-]{1,40})["']\s*\)\s*\.\s*(?:onchange|addEventListener))""")
_CALLED_RE = re.compile(r"""\b(\w{1,40})\(((?:\s*["']?[\w.\[\]-]{1,64}["']?\s*,?){1,4})\)""")
TITLE_KEYS = (
    "title",
    "realtitle",
    "infotitle",
    "name",
    "text",
    "bt",
    "doctitle",
    "articletitle",
    "label",
    "shorttitle",
    "channelname",
)
URL_KEYS = (
    "url",
    "infourl",
    "post_url",
    "link",
    "href",
    "staticurl",
    "puburl",
    "docpuburl",
    "linkurl",
    "visiturl",
    "path",
)


def called(tree: html.HtmlElement, source: str) -> Iterator[Anchor]:
    """Links that call a function of the page with numbers, or with a choice, where the function puts those into an address."""
    functions = {}
    for name, arguments, body in _FUNCTION_RE.findall(source)[:60]:
        names = [argument.strip() for argument in arguments.split(",")]
        asks = () if re.search(r"\bdata\s*:|[\"']post[\"']", body, re.IGNORECASE) else _FETCHED_RE.findall(body)
        for made in (*_MADE_RE.findall(body), *asks):
            parts = re.findall(r"""["']([^"']*)["']|(\w+)""", made)
            used = {word for _, word in parts if word}
            if used and used <= set(names):
                functions[name] = names, parts
                break
    if not functions:
        return
    chrome = chrome_elements(tree)

    def write(name: str, given: list[str]) -> str | None:
        names, parts = functions[name]
        said = dict(zip(names, (None if one in ("this", "event") else one for one in given), strict=False))
        values = [literal or said.get(word) if word else literal for literal, word in parts]
        return None if None in values else "".join(value for value in values if value)

    for element in tree.iter("a", "li", "td", "tr", "span", "div", "select"):
        call = _CALLED_RE.search(unescape(element.get("onchange" if element.tag == "select" else "onclick") or element.get("href") or ""))
        if not call or call[1] not in functions:
            continue
        if element.tag == "select":
            choices = [(option, (option.get("value") or "").strip()) for option in element.iter("option")] if "value" in call[2] else []
        else:
            choices = [(element, "")]
        for shown, value in choices:
            given = [value if one.strip().endswith("value") else one.strip().strip("\"'") for one in call[2].split(",")]
            url = write(call[1], given) if all(re.fullmatch(r"[\w-]{1,64}", one) for one in given) else None
            text = anchor_text(shown)
            if url and len(text) <= 120:
                yield Anchor(url, text, context(shown, text), in_chrome(element, chrome), "onclick")


def sent(tree: html.HtmlElement, source: str) -> Iterator[Anchor]:
    """Clicks that call a function of the page without a word, which opens one address: `function more() { location.href = "/nb/"; }`."""
    functions = {}
    for name, body in _SILENT_RE.findall(source)[:60]:
        opened = _OPENS_RE.findall(body.split("function")[0])
        if len(set(opened)) == 1:
            functions[name] = opened[0]
    if not functions:
        return
    chrome = chrome_elements(tree)
    for element in tree.iter("a", "li", "td", "span", "div", "button", "p", "h2", "h3"):
        call = re.search(r"\b(\w{1,40})\(\s*(?:this|event)?\s*\)", unescape(element.get("onclick") or element.get("href") or ""))
        if call and call[1] in functions and len(text := anchor_text(element)) <= 120:
            yield Anchor(functions[call[1]], text, context(element, text), in_chrome(element, chrome), "onclick")


def chosen(tree: html.HtmlElement, source: str) -> Iterator[Anchor]:
    """The choices of a drop-down list of which a script makes an address: `location.href = "/nb/" + $("#dept").val()`."""
    for name, value in _SET_RE.findall(source)[:8]:
        source = re.sub(rf"(?<=\+)\s*{name}\b(?=\s*[+;,)}}])", lambda _, value=value: value, source)  # type: ignore[misc]
    for found in list(_CHOICE_RE.finditer(source))[:8]:
        before, name, other, after = found.groups()
        listens = _LISTENS_RE.findall(source[max(0, found.start() - 300) : found.start()])
        name = name or other or next((one or two for one, two in listens[-1:]), "")
        for select in tree.xpath("//select[@id=$name or @name=$name]", name=name) if name else ():
            for option in select.iter("option"):
                text = anchor_text(option)
                value = (option.get("value") if option.get("value") is not None else text).strip()
                if re.fullmatch(r"[\w-]{1,64}", value) and text:
                    yield Anchor(f"{before}{value}{after or ''}", text, kind="option")


def fragments(source: str) -> Iterator[Anchor]:
    """Rows in CDATA, and rows that a script writes."""
    pieces = [piece for piece in _CDATA_RE.findall(source) if "href" in piece.lower()] if "CDATA" in source else []
    written = []
    for script in _SCRIPT_RE.findall(source):
        if "<a" in script and "CDATA" not in script and "href" in script:
            written.append(script.replace('\\"', '"').replace("\\'", "'").replace("\\/", "/"))
    # A list that waits in a hidden field for the script that shows it.
    kept = [unescape(text) for text in _KEPT_TEXT_RE.findall(source) if "&lt;a" in text.lower() or "<a" in text.lower()]
    for piece in (*pieces, *written, *kept):
        for anchor in fragment_anchors(piece):
            # A template's placeholder is no address: '+item.url+', ${url}, {{url}}.
            if not re.search(r"['\"+{}$]|\bundefined\b", anchor.href):
                yield Anchor(anchor.href, anchor.text, anchor.context, kind="fragment")


def read_row(fields: dict[str, str]) -> tuple[str, str]:
    """Return title and address of a row, "" where it has none: by the usual names, else by names that end like them.

    >>> read_row({"nbtitle": "2020年年报", "nburl": "/nb/2020.html", "id": "7"})
    ('2020年年报', '/nb/2020.html')
    """
    found = []
    for keys, ends in ((TITLE_KEYS, ("title", "name")), (URL_KEYS, ("url", "link", "href"))):
        key = next((key for key in keys if fields.get(key)), None)
        key = key or next((key for key in fields if key.endswith(ends) and fields[key]), None)
        found.append(fields[key] if key else "")
    return found[0], found[1]


def objects(source: str) -> Iterator[Anchor]:
    """Rows that are objects in a script, the inner ones before those around them."""
    for script in _SCRIPT_RE.findall(source):
        if "title" not in script.lower() and "name" not in script.lower():
            continue
        for _ in range(MAX_NESTED):
            bodies = _OBJECT_RE.findall(script)
            for body in bodies:
                fields = {name.lower(): _string(value) for name, value in _FIELD_RE.findall(body)}
                title, url = read_row(fields)
                if title and re.match(r"^(?:https?:|\.{0,2}/|[\w-]+/|[\w-]+\.(?:s?html?|jsp|php|aspx?))", url):
                    yield Anchor(url, re.sub(r"<[^>]+>", "", title), kind="object")
            if not bodies:
                break
            script = _OBJECT_RE.sub("0", script)  # what stood around them is innermost now


def pairs(source: str) -> Iterator[Anchor]:
    """Names and addresses that stand beside each other in a script: `d.add(12, 0, '公开年报', '/nb/')`, `['公开年报', '/nb/']`.

    `source` is a page, or a script of its own.
    """
    for script in _SCRIPT_RE.findall(source) or ([] if "<" in source[:200] else [source]):
        for found in _PAIR_RE.finditer(script):
            name, url = found[2], found[4]
            if re.search(r"[\u3400-\u9fff]", name) and not re.search(r"[<>{}$+]", name):
                yield Anchor(url, name, kind="object")


def keyed(tree: html.HtmlElement, source: str) -> Iterator[Anchor]:
    """Links by a key that an element keeps and a handler puts into an address: `open("/v/" + $(this).data("id") + ".html")`."""
    chrome: set[html.HtmlElement] | None = None
    for before, *names, after in list(dict.fromkeys(_KEPT_RE.findall(source)))[:8]:
        name = next(name for name in names if name).lower()
        attribute = name if name.startswith("data-") else f"data-{name}"
        chrome = chrome_elements(tree) if chrome is None else chrome
        for element in tree.xpath(f"//*[@{attribute}]"):
            key, text = (element.get(attribute) or "").strip(), anchor_text(element)
            if re.fullmatch(r"[\w-]{1,64}", key) and text and len(text) <= 120:
                yield Anchor(f"{before}{key}{after}", text, context(element, text), in_chrome(element, chrome), "onclick")


def _string(literal: str) -> str:
    if literal.startswith('"'):
        try:
            value = json.loads(literal, strict=False)
            return value if isinstance(value, str) else ""
        except ValueError:
            pass
    return literal[1:-1].replace("\\/", "/").replace("\\'", "'")
