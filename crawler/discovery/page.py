"""A fetched page as discovery sees it: read once, then only looked at.

The reading of links never asks the network for anything, so a page here is what was
served and nothing more: its URL, its text, and one tree of that text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import urlsplit

from lxml import etree, html

from parsers.decode import decode
from parsers.script import normalise_script

# lxml refuses a document that is nothing but these.
_BLANK_RE = re.compile(r"^(?:\s|<!--.*?-->|<!doctype[^>]*>|<\?xml[^>]*>)*$", re.DOTALL | re.IGNORECASE)
_WHOLE_RE = re.compile(r"<(?:!doctype|html|head|body|title|frameset)\b", re.IGNORECASE)
_XML_DECLARATION_RE = re.compile(r"^\s*<\?xml[^>]*\?>")

# A page of megabytes is a dump; its links are in the first part, or nobody finds them by hand either.
MAX_SOURCE = 4_000_000
#: tags of a page that are looked at; what follows them is cut off, and a list so cut is a torn one
MOST_TAGS = 60_000

_MARKUP = ("html", "xml")
_DATA = ("json", "javascript", "xml", "text/plain")


@dataclass(frozen=True)
class Fetched:
    """One answer of a portal.

    `url` is where the answer came from (after redirects), `tree` the parsed document or None
    for anything that is not markup, `source` the decoded text ("" for binary files), `media_type`
    in lower case without parameters, `encoding` the one the bytes were really in. For the answer of
    a data address, `via` is the list page that asked, which relative addresses in it are relative to,
    and `form` the body that was sent (or what `Link.carried` kept). `beside` is the text of scripts of the portal that
    were fetched for what they declare, `made` how the script of the page that asked makes the address of a row (see `row_made`).
    """

    url: str
    tree: html.HtmlElement | None
    source: str
    media_type: str = "text/html"
    status: int = 200
    encoding: str = "utf-8"
    via: str = ""
    form: bytes = b""
    magic: str = field(default="", compare=False)
    beside: str = field(default="", compare=False)
    made: tuple[str, str, str] = field(default=("", "", ""), compare=False)

    @property
    def is_data(self) -> bool:
        """Whether this is an answer for scripts (JSON, JSONP, XML) and not a page for people."""
        if self.tree is None or self.is_script:
            return bool(self.source)
        start = self.source.lstrip("\ufeff \t\r\n(")[:200].lower()
        if start.startswith(("{", "[{", "[[", '["', "[]")) or re.match(r"[\w$.]{1,60}\(\s*[\[{\"']", start):
            return True
        return "<datastore" in start or (start.startswith("<?xml") and "<html" not in self.source[:2000].lower())

    @property
    def is_feed(self) -> bool:
        """Whether this is RSS or Atom, which hold the newest of a list and not all of it."""
        return bool(re.search(r"<(?:rss|feed)\b", self.source[:1000], re.IGNORECASE))

    @property
    def is_script(self) -> bool:
        """Whether this is a script that a page loads; answers in a callback are not."""
        return urlsplit(self.url).path.lower().endswith(".js")

    @property
    def is_fragment(self) -> bool:
        """Whether this is a piece of a page, which belongs to the list page that asked for it."""
        return self.tree is not None and not _WHOLE_RE.search(self.source[:4000])

    @property
    def is_file(self) -> bool:
        """Whether this is a document to keep (PDF, Word, Excel …), by its first bytes, not by its label."""
        return bool(self.magic)

    @cached_property
    def text(self) -> str:
        """What a reader sees, white space squeezed."""
        if self.tree is None:
            return ""
        parts = self.tree.xpath("//body//text()[not(ancestor::script or ancestor::style or ancestor::noscript)]")
        return " ".join(" ".join(parts).split())

    @cached_property
    def title(self) -> str:
        if self.tree is None:
            return ""
        found = self.tree.xpath("//title")
        return " ".join(found[0].text_content().split()) if found else ""


def read_fetched(
    url: str,
    body: bytes,
    *,
    media_type: str = "text/html",
    charset: str | None = None,
    status: int = 200,
    via: str = "",
    form: bytes = b"",
) -> Fetched:
    """Read an answer: decode it by its bytes, parse it once. Never raises.

    >>> read_fetched("http://a.gov.cn/", "<title>年报</title>".encode("gbk")).title
    '年报'
    """
    media_type = media_type.split(";")[0].strip().lower() or "application/octet-stream"
    magic = file_kind(body)
    if magic or not _textual(media_type, body):
        return Fetched(url, None, "", media_type, status, "binary", via, form, magic)
    decoded = decode(body, charset)
    source = normalise_script(decoded.text[:MAX_SOURCE]).text
    if "json" not in media_type:
        source = _cut(source)
    return Fetched(url, parse(source), source, media_type, status, decoded.encoding, via, form)


def parse(source: str) -> html.HtmlElement | None:
    """Parse HTML text leniently; None when there is nothing in it to parse."""
    if _BLANK_RE.match(source):
        return None
    source = _XML_DECLARATION_RE.sub("", source).replace("\x00", "")
    try:
        return html.document_fromstring(source, parser=html.HTMLParser(encoding=None, huge_tree=False, recover=True))
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return None


def _cut(source: str) -> str:
    *whole, rest = source.split("<", MOST_TAGS)
    return source if len(whole) < MOST_TAGS else source[: len(source) - len(rest) - 1]


def file_kind(body: bytes) -> str:
    """What document the first bytes are those of: pdf, ole (doc, xls, wps), zip (docx, xlsx, ofd), rtf, image, or "".

    >>> file_kind(b"%PDF-1.4 ...")
    'pdf'
    """
    head = body[:1024].lstrip(b"\xef\xbb\xbf \t\r\n")
    if head.startswith(b"%PDF"):
        return "pdf"
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return "ole"
    if head.startswith(b"PK\x03\x04"):
        return "zip"
    if head.startswith(b"{\\rtf"):
        return "rtf"
    if head.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n", b"GIF8")):
        return "image"
    return ""


def _textual(media_type: str, body: bytes) -> bool:
    if media_type.startswith("text/") or any(word in media_type for word in (*_MARKUP, *_DATA)):
        return True
    # application/octet-stream and friends: look. A NUL in the head is no text (UTF-16 pages are labelled).
    head = body[:1024]
    return b"\x00" not in head and b"<" in head


def breaks_off(page: Fetched) -> bool:
    """Whether a page ends before its end: nothing closes it, and a link, a list or a table is open.

    >>> breaks_off(read_fetched("http://a.gov.cn/", b"<html><body><ul><li><a href='/a'>A</a><li><a hr"))
    True
    """
    source = page.source.lower()
    if page.tree is None or page.is_data or page.is_fragment or "</body" in source or "</html" in source:
        return False
    return source.rfind("<") > source.rfind(">") or any(len(re.findall(rf"<{tag}\b", source)) > source.count(f"</{tag}") for tag in ("a", "ul", "table"))
