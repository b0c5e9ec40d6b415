"""Every way in which a page of a portal leads on.

Besides `<a href>`: image maps, drop-down lists of organs, `onclick`, frames, refreshes, scripts that
only set `location`, list rows in CDATA inside a script (Hanweb), rows written by `document.write`,
and rows that are objects in a script (`{"title": …, "url": …}`). All of them end up as `Anchor`s,
in the order of the page; what they are worth is somebody else's business.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from itertools import islice
from urllib.parse import urljoin

from lxml import html

from .clicks import fragment_anchors, tree_anchors
from .elements import Anchor, chrome_elements, in_chrome
from .page import Fetched
from .words import squeeze
from .written import called, chosen, fragments, keyed, objects, pairs, read_row, sent

__all__ = ["Anchor", "anchors", "base_url", "forwards", "fragment_anchors", "frames", "pictures", "pieces", "read_row", "script_anchors", "scripts"]

MAX_ANCHORS = 6000  # what Heritrix takes from one page, too

_SCRIPT_RE = re.compile(r"<script\b[^>]*>(.*?)</script\s*>", re.DOTALL | re.IGNORECASE)
_LOCATION_RE = re.compile(
    r"""(?:(?:window|self|top|parent|document)\s*\.\s*)?location(?:\s*\.\s*href)?\s*(?:=|\.\s*(?:replace|assign)\s*\()\s*(["'])([^"']{1,400})\1(?!\s*\+)"""
)
_LOADED_RE = re.compile(r"""\.load\(\s*["']([^"'\s<>]{2,300})["']""")
# Without fields that are sent along: what follows the address is a comma and the function that takes the answer, or the end.
_ASKED_RE = re.compile(
    r"""(?:\$|jQuery)\s*\.\s*(?:get|getJSON|getScript)\s*\(\s*["']([^"'\s<>]{2,300})["']\s*(?:\)|,\s*(?:function|\(|\w+\s*(?:=>|\))|null|\{\s*\}))"""
    r"""|\bfetch\s*\(\s*["']([^"'\s<>]{2,300})["']\s*\)|axios\s*\.\s*get\s*\(\s*["']([^"'\s<>]{2,300})["']\s*\)"""
    r"""|\$\s*\.\s*ajax\s*\(\s*\{(?![^{}]{0,300}\bdata["']?\s*:)(?![^{}]{0,300}["']post["'])[^{}]{0,200}?\burl["']?\s*:\s*["']([^"'\s<>]{2,300})["']\s*[,}]""",
    re.IGNORECASE,
)
_NO_PIECE_RE = re.compile(r"visit|count|click|login|captcha|weather|hits|log\b|tongji|cnzz|baidu|share|footer|header|search|\.(?:css|js|png|jpe?g|gif)(?:\?|$)", re.IGNORECASE)
_MENU_RE = re.compile(r"menu|nav|tree|left|daohang|caidan|lanmu|column|channel", re.IGNORECASE)
MAX_PIECES = 4
"""Addresses of scripts, and such that scripts ask for, that are taken from one page."""
_REFRESH_RE = re.compile(r"""url\s*=\s*['"]?([^'"\s>]+)""", re.IGNORECASE)
_NO_FRAME_RE = re.compile(
    r"visitcount|login|tree\.jsp|share|footer|header|counter|tongji|cnzz|baidu|weather", re.IGNORECASE
)

_PICTURE_RE = re.compile(r"\d{6,}[^/]*\.(?:jpe?g|png|gif|bmp|webp)(?:\?|$)|^data:image/|/(?:upload|files?|__local|group\d)", re.IGNORECASE)
_ICON_RE = re.compile(r"icon|logo|qr|ewm|erweima|share|print|button|btn|bg_|dzjg|gongan|beian|red\.png", re.IGNORECASE)

# A page with less text than this is a shell around something else.
SHELL_TEXT = 200


def anchors(page: Fetched) -> list[Anchor]:
    """Return every way on, in the order of the page, at most `MAX_ANCHORS`."""
    if "_anchors" not in page.__dict__:  # every style of paging asks again
        page.__dict__["_anchors"] = _read_anchors(page)
    known: list[Anchor] = page.__dict__["_anchors"]
    return known


def _read_anchors(page: Fetched) -> list[Anchor]:
    found: list[Anchor] = []
    if page.tree is not None and not page.is_data:
        found.extend(tree_anchors(page.tree))
        found.extend(called(page.tree, page.source))
        found.extend(keyed(page.tree, page.source))
        found.extend(chosen(page.tree, page.source))
        found.extend(sent(page.tree, page.source))
    found.extend(fragments(page.source))
    found.extend(islice(objects(page.source) if "{" in page.source else (), MAX_ANCHORS))
    found.extend(islice(pairs(page.source), MAX_ANCHORS))
    return found[:MAX_ANCHORS]


def base_url(page: Fetched) -> str:
    """Return what relative addresses on the page are relative to: `<base href>`, or its own."""
    if page.tree is not None:
        for href in page.tree.xpath("//base/@href"):
            if re.match(r"(?:https?:|(?![a-zA-Z][\w+.-]*:)[^\s#])", href.strip(), re.IGNORECASE):
                return urljoin(page.url, str(href).strip())
    return page.url


def forwards(page: Fetched) -> list[Anchor]:
    """Return where a page that is only a shell sends its reader: refresh, script, frames.

    A refresh counts on any page; a script or an inner frame only where there is hardly any text,
    because ordinary pages carry them for counters, searches and telephones.
    """
    if page.tree is None or page.is_data:
        return []
    found = []
    for content in page.tree.xpath("//meta[translate(@http-equiv, 'REFSH', 'refsh')='refresh']/@content"):
        target = _REFRESH_RE.search(content)
        if target:
            found.append(Anchor(unescape(target[1]), "", kind="refresh"))
    for frame in page.tree.xpath("//frame/@src"):
        if not _NO_FRAME_RE.search(frame):
            found.append(Anchor(frame, "", kind="frame"))
    if len(page.text) < SHELL_TEXT:
        begun = (unescape(script) for script in page.tree.xpath("//body/@onload"))
        for script in (*_SCRIPT_RE.findall(page.source), *begun):
            found.extend(Anchor(target[2], "", kind="script") for target in _LOCATION_RE.finditer(script))
    if len(page.text) < SHELL_TEXT or not any(True for _ in _rows(page.tree)):
        for frame in page.tree.xpath("//iframe/@src"):
            if frame.strip() and not _NO_FRAME_RE.search(frame):
                found.append(Anchor(frame, "", kind="frame"))
        found.extend(_loaded(page.source))
    return found


def pictures(page: Fetched) -> int:
    """Return how many pictures the text of a page holds, as far as their names tell: not icons, logos and codes.

    Where a report has no table, one of them may be its table.
    """
    if page.tree is None:
        return 0
    chrome = chrome_elements(page.tree)
    found = {
        image.get("src", "")
        for image in page.tree.iter("img")
        if image.getparent() is not None and image.getparent().tag in ("p", "div", "span", "td", "center", "section") and not in_chrome(image, chrome)
    }
    return sum(1 for source in found if _PICTURE_RE.search(source) and not _ICON_RE.search(source))


def frames(page: Fetched) -> list[Anchor]:
    """Return the inner frames of a page that may hold its list: not counters, logins or trees."""
    if page.tree is None:
        return []
    return [
        Anchor(src, "", kind="frame")
        for src in page.tree.xpath("//*[self::iframe or self::frame]/@src")
        if src.strip() and not _NO_FRAME_RE.search(src)
    ]


def _rows(tree: html.HtmlElement) -> Iterator[html.HtmlElement]:
    """List rows: anchors in li, td or dd with a real address."""
    # No path with // twice: libxml2 takes quadratic time for it where a page is made of table cells.
    for anchor in tree.iter("a"):
        if (
            anchor.get("href") is not None
            and next(anchor.iterancestors("li", "td", "dd"), None) is not None
            and not anchor.get("href", "").strip().lower().startswith(("javascript", "#"))
            and len(squeeze(anchor.text_content())) > 6
        ):
            yield anchor


def pieces(page: Fetched) -> list[Anchor]:
    """Return the addresses that a page's script asks for as they stand, to fill a page that shows no rows of its own.

    Pieces of HTML and lists without pages: `$.get("inc/list.html", …)`, `$.getJSON("/nb.json", …)`. Nothing that is sent along
    is made up, so a call with fields is none of these.
    """
    if page.tree is None or page.is_data or any(True for _ in _rows(page.tree)):
        return []
    found = []
    for script in _SCRIPT_RE.findall(page.source):
        for call in _ASKED_RE.finditer(script):
            # A variable of another name than the function that is called with the answer is a question we do not know.
            found.append(next(group for group in call.groups() if group))
    found += page.tree.xpath("//link[contains(@rel, 'alternate') and (contains(@type, 'rss') or contains(@type, 'atom'))]/@href")
    taken = [address for address in dict.fromkeys(unescape(one) for one in found) if not _NO_PIECE_RE.search(address)]
    return [Anchor(address, "", kind="piece") for address in taken[:MAX_PIECES]]


def scripts(page: Fetched) -> list[Anchor]:
    """Return the scripts that by their names draw a navigation: menu.js, left.js, tree_data.js."""
    if page.tree is None:
        return []
    sources = dict.fromkeys(str(source).strip() for source in page.tree.xpath("//script/@src"))
    return [Anchor(source, "", kind="script") for source in sources if _MENU_RE.search(source.split("?")[0].rsplit("/", 1)[-1])][:MAX_PIECES]


def script_anchors(source: str) -> list[Anchor]:
    """Return the ways on that a script of its own holds."""
    script = f"<script>{source}</script>"
    return [*fragments(script), *objects(script), *pairs(script)][:MAX_ANCHORS]


def _loaded(source: str) -> list[Anchor]:
    """Pieces of pages that a script puts in: $("#list").load("list.html")."""
    pieces = [unescape(target).split(" ")[0] for script in _SCRIPT_RE.findall(source) for target in _LOADED_RE.findall(script)]
    return [Anchor(piece, "", kind="frame") for piece in dict.fromkeys(pieces) if not _NO_FRAME_RE.search(piece)][:3]


