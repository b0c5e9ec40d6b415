"""Reading copies: a report page as one HTML file that is safe to open, and says what it is.

The snapshot has the bytes as served, scripts and all; whoever opens it runs them. A reading
copy keeps the text, tables, headings and links, and nothing that acts: scripts, styles, handlers,
frames, forms, embedded objects and everything that would be loaded from elsewhere are gone, and a Content
Security Policy forbids them again. A banner says which address it came from, when, what the
SHA-256 of the original is and how to check it.

What to keep is a list (of elements, attributes and URL schemes), applied by nh3, which reads a page as
browsers do. A list of what to remove is never long enough.
"""

from __future__ import annotations

import html
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import nh3

from .errors import ArchiveError, naming
from .exchange import Capture, Stored, page_url, write_date
from .layout import fsync_path
from .publishing import Hidden, Screen
from .snapshots import slug
from .store import Archive
from .suppression import Hide
from .warc import sha256

_KEPT = {
    "a", "abbr", "address", "article", "aside", "b", "bdi", "bdo", "big", "blockquote", "br", "caption", "center", "cite",
    "code", "col", "colgroup", "dd", "del", "details", "dfn", "div", "dl", "dt", "em", "figcaption", "figure", "font",
    "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "i", "img", "ins", "kbd", "li", "main", "mark",
    "nav", "ol", "p", "pre", "q", "rp", "rt", "ruby", "s", "samp", "section", "small", "span", "strike", "strong",
    "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "time", "tr", "tt", "u", "ul", "var", "wbr",
}  # fmt: skip
# Their text is no text of the page.
_EMPTIED = {
    "script", "style", "noscript", "template", "iframe", "object", "applet", "title", "svg", "math", "select", "textarea",
    "audio", "video", "canvas", "noframes", "noembed", "xmp",
}  # fmt: skip
_ATTRIBUTES = {
    "*": {"align", "dir", "lang", "title", "valign", "width", "height"},
    "a": {"href"},
    "img": {"alt", "src"},
    "table": {"border", "cellpadding", "cellspacing", "summary"},
    "td": {"colspan", "rowspan", "headers"},
    "th": {"colspan", "rowspan", "headers", "scope"},
    "col": {"span"},
    "colgroup": {"span"},
    "ol": {"start", "type"},
    "font": {"color", "size"},
}
_PICTURE = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]*", re.IGNORECASE)
_DECLARED = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([A-Za-z0-9_.:-]{2,30})""", re.IGNORECASE)
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
# gb2312 and gbk on a page mean what browsers take them for.
_CHINESE = {"gb2312", "gbk", "gb18030", "x-gbk", "gb_2312-80", "cp936"}
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_STYLE = (
    "body{max-width:60em;margin:0 auto;padding:0 1em;font-family:serif;line-height:1.6}"
    "#reading-copy{font:14px/1.5 sans-serif;background:#f4f0e0;border:1px solid #c8b878;padding:.8em 1em;margin:1em 0;"
    "overflow-wrap:anywhere}#reading-copy p{margin:.2em 0}"
    "table{border-collapse:collapse}td,th{border:1px solid #999;padding:.2em .5em}"
)
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]{0,15})")
# Elements that never hold others, or that the next one of their kind closes.
_FLAT = {
    "area", "base", "br", "col", "dd", "dt", "embed", "hr", "img", "input", "li", "link", "meta", "option", "p", "param",
    "source", "tbody", "td", "th", "tr", "wbr",
}  # fmt: skip
#: levels of elements; beyond, the reader of the page takes time with the square of it
DEPTH_LIMIT = 10_000
#: bytes of a page that are turned into a copy
SIZE_LIMIT = 20 << 20
_HTML = ("", "text/html", "application/xhtml+xml")


class NotCopied(ArchiveError):
    """Of this answer there can be no reading copy. Its text says why."""


@dataclass(frozen=True)
class Copies:
    """What became of the captures that have no copy: hidden ones, and those of which there can be none, in words."""

    hidden: list[Hidden]
    not_copied: list[str]


def copy_name(stored: Stored) -> str:
    """A file name for the copy of an answer: host, day and digest, ASCII, at most 120 characters.

    >>> copy_name(Stored("http://www.county.example/../a?b", datetime(2021, 2, 1, tzinfo=UTC), 200, "", [], b"", b"<p>"))
    'www-county-example-20210201.33f279946717.html'
    """
    try:
        host = urlsplit(page_url(stored.url)).hostname or ""
    except ValueError:
        host = ""
    begin = slug(host, 60).encode("ascii", "ignore").decode().strip("-") or "page"
    day = f"{stored.fetched:%Y%m%d}" if stored.fetched else "undated"
    return f"{begin}-{day}.{sha256(stored.body)[:12]}.html"


def write_copy(stored: Stored, path: Path | str, *, encoding: str | None = None) -> Path:
    """Write the reading copy of an HTML answer; returns the file, which is the old one or the new one, never a part.

    `path` is a file, or a folder in which `copy_name` is taken. `encoding` is that of the page where
    the caller knows it. Raises NotCopied for what is not HTML, larger
    than `SIZE_LIMIT` or nested deeper than `DEPTH_LIMIT`.
    """
    path = Path(path)
    if path.is_dir():
        path = path / copy_name(stored)
    if stored.media_type not in _HTML:
        raise NotCopied(f"{stored.url[:300]}: {stored.media_type} is not HTML; the snapshot is the copy to read")
    if len(stored.body) > SIZE_LIMIT:
        raise NotCopied(f"{stored.url[:300]}: {len(stored.body)} bytes are too many for a reading copy; see the snapshot")
    data = reading_copy(stored, encoding).encode("utf-8", "replace")
    new = path.with_name(path.name + ".new")
    with naming(path, "write"):
        try:
            with new.open("wb") as out:
                out.write(data)
                out.flush()
                os.fsync(out.fileno())
            new.replace(path)
        except BaseException:
            new.unlink(missing_ok=True)
            raise
        fsync_path(path.parent)
    return path


def write_copies(
    archive: Archive, folder: Path | str, captures: Iterable[Capture], *, hide: Hide | None = None, now: datetime | None = None
) -> Copies:
    """Write the reading copies of some captures into a folder; what was left out, and why, is returned.

    A copy that is there from before and may no longer be shown is removed. Answers that are not HTML are passed over.
    """
    folder = Path(folder)
    with naming(folder, "create"):
        folder.mkdir(parents=True, exist_ok=True)
    screen = Screen(archive, f"copies {folder.name}", hide)
    passed: list[str] = []
    for capture in captures:
        hidden = screen.reason(capture)
        stored = archive.load(capture)
        if hidden:
            with naming(folder, "remove a hidden copy"):
                (folder / copy_name(stored)).unlink(missing_ok=True)
        elif stored.media_type in _HTML:
            try:
                write_copy(stored, folder)
            except NotCopied as error:
                passed.append(str(error))
    screen.log(now)
    return Copies(screen.hidden, passed)


def reading_copy(stored: Stored, encoding: str | None = None) -> str:
    """The reading copy as text.

    >>> page = Stored("http://county.example/", None, 200, "", [], b"", b"<p onclick=x()>12<script>evil()</script></p>")
    >>> reading_copy(page).partition("</div>")[2].strip()
    '<p>12</p>\\n</body>\\n</html>'
    """
    text, read_as = _text(stored, encoding)
    if _depth(text) > DEPTH_LIMIT:
        raise NotCopied(f"{stored.url[:300]}: nested too deeply for a reading copy; see the snapshot")
    base = page_url(stored.url)

    def attribute(element: str, name: str, value: str) -> str | None:
        if name == "src":
            # Any other picture would be asked for over the network.
            return value if _PICTURE.fullmatch(value) else None
        if name == "href":
            return _absolute(base, value)
        return value

    body = nh3.clean(
        text,
        tags=_KEPT,
        clean_content_tags=_EMPTIED,
        attributes=_ATTRIBUTES,
        attribute_filter=attribute,
        url_schemes={"http", "https", "mailto", "data"},
        link_rel="noopener noreferrer nofollow",
        strip_comments=True,
    )
    return (
        "<!DOCTYPE html>\n<html>\n<head>\n<meta charset=\"utf-8\">\n"
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="referrer" content="no-referrer">\n<meta name="robots" content="noindex">\n'
        f"<title>Reading copy of {html.escape(base[:300])}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f"{_banner(stored, base, read_as)}\n{body}\n</body>\n</html>\n"
    )


def _banner(stored: Stored, base: str, read_as: str) -> str:
    day = write_date(stored.fetched.astimezone(UTC).replace(microsecond=0)) if stored.fetched else "unknown time"
    kind = "the page as a browser drew it" if stored.rendered else "the page as served"
    lines = [
        f"<b>Reading copy.</b> Scripts, styles, frames, forms and pictures from elsewhere were removed. Text was read as {html.escape(read_as)}.",
        f"Address: {html.escape(base)}",
        f"Captured: {day} (UTC), status {stored.status}",
        f"SHA-256 of {kind}: <code>{sha256(stored.body)}</code>",
    ]
    if stored.truncated or stored.damage:
        lines.append(f"<b>Not whole:</b> {html.escape(stored.damage or '')} {html.escape(stored.truncated or '')}".rstrip())
    record = f" of record <code>{html.escape(stored.rid)}</code>" if stored.rid else ""
    lines.append(
        f"To verify: <code>sha256sum</code> of the snapshot with these digits in its name, or of the body{record} in the"
        " WARC files once its content coding is undone, gives this digest; <code>scrapy verify</code> proves the archive."
    )
    return '<div id="reading-copy">' + "".join(f"<p>{line}</p>" for line in lines) + "</div>"


def _depth(text: str) -> int:
    """About how deep the elements of a page are nested, at most."""
    depth = deepest = 0
    for end, name in _TAG.findall(text):
        if name.lower() not in _FLAT:
            depth = max(0, depth - 1) if end else depth + 1
            deepest = max(deepest, depth)
    return deepest


def _absolute(base: str, value: str) -> str | None:
    """A link as an address that works from anywhere; None for one that is no web or mail address."""
    value = re.sub(r"[\x00-\x20]+", " ", value).strip()
    if value.startswith("#"):
        return None
    try:
        full = urljoin(base, value)
        return full if urlsplit(full).scheme in ("http", "https", "mailto") else None
    except ValueError:
        return None


def _text(stored: Stored, encoding: str | None) -> tuple[str, str]:
    """The page as text, and the encoding: what the caller says, a mark, strict UTF-8, then GB 18030, then what is declared."""
    body = stored.body
    declared = _DECLARED.search(body[:4096])
    names = [stored.charset or "", declared[1].decode("ascii") if declared else ""]
    marked = next((name for mark, name in _MARKS if body.startswith(mark)), "")
    asked = ["gb18030" if name.lower() in _CHINESE else name for name in names]
    # A page that says Big5 is tried as such before GB 18030, which takes nearly every sequence of bytes. Never
    # Latin-1, which takes all of them, and which servers declare without having looked.
    foreign = [name for name in asked if name.lower().startswith(("big5", "utf-16"))]
    for name in [encoding or "", marked, "utf-8", *foreign, "gb18030"]:
        if not name:
            continue
        try:
            return body.decode(name), name.removesuffix("-sig")
        except (LookupError, ValueError):
            continue
    likely = "gb18030" if "gb18030" in asked else "utf-8"
    return body.decode(likely, "replace"), f"{likely}, with characters that could not be read"
