"""A document as the lines a reader sees, in reading order.

Report pages come as `<p>`, as `<div>`, as text cut by `<br>`, as cells of layout tables, or
as plain text. Every reader of prose works on one shape instead: a list of `Line`, each with
the place it came from. A line that is wholly inside `<a>` says so, since a heading that is a
link belongs to a table of contents.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from lxml import etree
from lxml.html import HtmlElement

# What starts a new line when a browser lays it out. `td` and `th` too: a cell is not the
# continuation of its neighbour.
_BLOCKS = frozenset(
    ["address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "dialog", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "html", "legend", "li", "main", "nav", "ol", "p", "pre", "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "title", "tr", "ul", "option", "ucapcontent", "ucaptitle"]
)
_UNSEEN = frozenset(["script", "style", "noscript", "template", "head", "iframe", "object", "svg", "select", "textarea", "button"])

#: what `\s` matches, NBSP and ideographic space among it; a set spelled out is searched twice as fast as one with a class in it
WHITE = "\t-\r\x1c- \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
# White space and the invisible characters that editors leave behind.
_SPACES = re.compile(f"[{WHITE}\u200b-\u200f\u2028-\u202e\u2060\ufeff]+")

# No report comes near it: one of 200 cells, a paragraph each, inside a portal has about 1,000.
MAX_LINES = 50_000

PLACEHOLDER = re.compile(r"〔〔T(\d+)〕〕")


@dataclass(slots=True, eq=False)
class Line:
    """One visible line. `node` is the innermost block element around it, None in plain text."""

    text: str
    at: str
    node: HtmlElement | None = None
    link: bool = False
    #: number of the statutory table that stands here, for a placeholder line
    table: int | None = None


def fold_spaces(text: str) -> str:
    """Fold every run of white and invisible space to one space, and strip the ends.

    >>> fold_spaces("  一\\u3000概\\xa0述\\n")
    '一 概 述'
    """
    return _SPACES.sub(" ", text).strip()


def split_lines(text: str) -> list[str]:
    """Cut plain text at its line ends, blank lines kept: line n of the source is entry n − 1."""
    return re.split(r"\r\n|[\n\r\f\v\x85\u2028\u2029]", text)


def split_text(text: str) -> list[Line]:
    """Cut plain text into its lines, `MAX_LINES` at most; blank ones are left out, `at` counts from 1."""
    lines: list[Line] = []
    for number, raw in enumerate(split_lines(text), 1):
        if len(lines) >= MAX_LINES:
            break
        folded = fold_spaces(raw)
        if folded:
            lines.append(Line(folded, f"line[{number}]"))
    return lines


@lru_cache(maxsize=1024)
def _role(tag: object) -> str:
    """What an element does to the lines: block, br, a, unseen, or "" for nothing."""
    if not isinstance(tag, str) or tag in _UNSEEN:
        return "unseen"
    # a portal's own <article-body> is laid out as a block
    return "block" if tag in _BLOCKS or "-" in tag else tag if tag in ("br", "a") else ""


def flatten_tree(tree: HtmlElement) -> list[Line]:
    """Cut a parsed page into the lines a browser would show, in document order.

    `at` names the block element and its number among those of its tag: `p[12]`; within a `<pre>` also the line: `pre[1]/line[7]`.
    Placeholders that stand for statutory tables become lines with `table` set. What lies behind
    `MAX_LINES` lines is left out; a caller that gets as many must say so.
    """
    lines: list[Line] = []
    counts: dict[str, int] = {}
    buffer: list[str] = []
    owner: list[tuple[HtmlElement, str]] = [(tree, "body[1]")]
    linked = plain = 0

    def flush() -> None:
        nonlocal linked, plain
        text = fold_spaces("".join(buffer)) if buffer else ""
        buffer.clear()
        if text:
            node, at = owner[-1]
            if depth_in_pre and node.tag == "pre":
                at = f"{at}/line[{line_in_pre}]"
            mark = PLACEHOLDER.fullmatch(text)
            lines.append(Line(text, at, node, linked > 0 and plain == 0, int(mark[1]) if mark else None))
        linked = plain = 0

    depth_in_link = depth_in_pre = 0
    line_in_pre = 1

    def write(chunk: str) -> None:
        nonlocal linked, plain, line_in_pre
        if not chunk.isspace():
            if depth_in_link:
                linked += 1
            else:
                plain += 1
        if not depth_in_pre:
            buffer.append(chunk)
            return
        # here the page keeps its own line breaks, and tabs set cells apart
        first, *rest = chunk.replace("\t", " | ").split("\n")
        buffer.append(first)
        for part in rest:
            flush()
            line_in_pre += 1
            buffer.append(part)

    walk = etree.iterwalk(tree, events=("start", "end", "comment", "pi"))
    for event, node in walk:
        if len(lines) >= MAX_LINES:
            break
        role = _role(node.tag)
        if event == "start":
            if role == "block":
                flush()
                tag = node.tag
                counts[tag] = counts.get(tag, 0) + 1
                owner.append((node, f"{tag}[{counts[tag]}]"))
                if tag == "pre":
                    depth_in_pre += 1
                    # HTML drops a line break right behind the tag
                    line_in_pre = 0 if (node.text or "").startswith("\n") else 1
            elif role == "br":
                flush()
                line_in_pre += 1
            elif role == "a":
                depth_in_link += node.get("href") is not None  # <a name=…> is a place and no link
            elif role == "unseen":
                walk.skip_subtree()
                continue
            chunk = node.text
        else:
            if role == "block":
                flush()
                owner.pop()
                depth_in_pre -= node.tag == "pre"
            elif role == "a":
                depth_in_link -= node.get("href") is not None
            chunk = node.tail if node is not tree else None
        if chunk:
            write(chunk)
    flush()
    return lines
