"""A document as the lines a reader sees, in reading order.

Report pages come as `<p>`, as `<div>`, as text cut by `<br>`, as cells of layout tables, or
as plain text. Every reader of prose works on one shape instead: a list of `Line`, each with
the place it came from. A line that is wholly inside `<a>` says so, since a heading that is a
link belongs to a table of contents.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml.html import HtmlElement

# What starts a new line when a browser lays it out. `td` and `th` too: a cell is not the
# continuation of its neighbour.
_BLOCKS = frozenset(
    ["address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "dialog", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "html", "legend", "li", "main", "nav", "ol", "p", "pre", "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "title", "tr", "ul", "option", "ucapcontent", "ucaptitle"]
)
_UNSEEN = frozenset(["script", "style", "noscript", "template", "head", "iframe", "object", "svg", "select", "textarea", "button"])

# NBSP, ideographic space and the invisible characters that editors leave behind.
_SPACES = re.compile(r"[\s\u00a0\u3000\u200b-\u200f\u2028-\u202e\u2060\ufeff]+")

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


def flatten_tree(tree: HtmlElement) -> list[Line]:
    """Cut a parsed page into the lines a browser would show, in document order.

    `at` names the block element and its number among those of its tag: `p[12]`.
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
        text = fold_spaces("".join(buffer))
        buffer.clear()
        if text:
            node, at = owner[-1]
            mark = PLACEHOLDER.fullmatch(text)
            lines.append(Line(text, at, node, linked > 0 and plain == 0, int(mark[1]) if mark else None))
        linked = plain = 0

    depth_in_link = depth_in_pre = 0
    for event, node, chunk in _walk(tree):
        if len(lines) >= MAX_LINES:
            break
        if event == "text":
            if chunk and not chunk.isspace():
                if depth_in_link:
                    linked += 1
                else:
                    plain += 1
            if depth_in_pre:
                # here the page keeps its own line breaks, and tabs set cells apart
                first, *rest = chunk.replace("\t", " | ").split("\n")
                buffer.append(first)
                for part in rest:
                    flush()
                    buffer.append(part)
            else:
                buffer.append(chunk)
            continue
        tag = node.tag
        if tag == "a" and node.get("href") is not None:  # <a name=…> is a place and no link
            depth_in_link += 1 if event == "start" else -1
        elif tag == "br":
            if event == "start":
                flush()
        elif tag in _BLOCKS or "-" in tag:  # a portal's own <article-body> is laid out as a block
            if tag == "pre":
                depth_in_pre += 1 if event == "start" else -1
            flush()
            if event == "start":
                counts[tag] = counts.get(tag, 0) + 1
                owner.append((node, f"{tag}[{counts[tag]}]"))
            else:
                owner.pop()
    flush()
    return lines


def _walk(tree: HtmlElement) -> Iterator[tuple[str, HtmlElement, str]]:
    """Yield ("start"|"end", element, "") and ("text", element, text) in document order."""
    stack: list[tuple[HtmlElement, bool]] = [(tree, False)]
    while stack:
        node, done = stack.pop()
        if done:
            yield "end", node, ""
            if node is not tree and node.tail:
                yield "text", node, node.tail
            continue
        if not isinstance(node.tag, str) or node.tag in _UNSEEN:
            if node is not tree and node.tail:
                yield "text", node, node.tail
            continue
        yield "start", node, ""
        if node.text:
            yield "text", node, node.text
        stack.append((node, True))
        stack.extend((child, False) for child in reversed(node))
