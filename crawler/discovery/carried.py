"""What belongs to a report and stands elsewhere: documents that its page shows, and further pages of one that is cut into several.

Of the latter the first is read, the others are asked so that they are kept.
"""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import parse_qsl, urlsplit

from .anchors import anchors, base_url
from .link import Link
from .page import Fetched
from .urls import Hosts, canonical, is_attachment, same_page, shown_file
from .words import squeeze, words

CARRIED_ON = "the report goes on there"
# PDFObject.embed("/upload/2021.pdf", "#box")
_SCRIPT_RE = re.compile(r"<script\b[^>]*>(.*?)</script\s*>", re.DOTALL | re.IGNORECASE)
_SHOWN_RE = re.compile(r"""["']([^"'\s<>+$]{1,300}\.(?:pdf|docx?|xlsx?|wps|ofd|rtf))["']""", re.IGNORECASE)
MOST_SHOWN = 4
"""Documents that are taken from one page because a frame or a script shows them."""


def carried_on(page: Fetched, first: str, hosts: Hosts, column: str | None) -> list[Link]:
    """The further pages that `page` names of the report that begins at `first`: 2020.html goes on at 2020_2.html, or at ?page=2."""
    if page.tree is None:
        return []
    here = urlsplit(first)
    found: dict[str, Link] = {}
    stem, _, suffix = here.path.rpartition(".")
    for anchor in anchors(page):
        text = squeeze(anchor.text)
        if anchor.chrome or anchor.beside or not (text in words()["generic"]["next"] or re.fullmatch(r"第?[2-9]页?|第?1\d页?", text)):
            continue
        url = canonical(anchor.href, base_url(page), encoding=page.encoding)
        there = urlsplit(url) if url else None
        if url is None or there is None or not hosts.own(url):
            continue
        as_file = bool(stem) and bool(re.fullmatch(rf"{re.escape(stem)}[_-]\d{{1,2}}\.{re.escape(suffix)}", there.path)) and there.query == here.query
        ours, theirs = dict(parse_qsl(here.query)), dict(parse_qsl(there.query))
        more = {name for name in theirs if theirs[name] != ours.get(name)}
        as_question = there.path == here.path and len(more) == 1 and bool(re.fullmatch(r"p|page\w{0,6}|\w{0,7}page", next(iter(more)), re.IGNORECASE)) and set(ours) <= set(theirs)
        if (as_file or as_question) and same_page(url) != same_page(page.url):
            found[same_page(url)] = Link(url, "attachment", 90, CARRIED_ON, page.title[:200], attachment_of=first, column=column, via=page.url)
    return list(found.values())


def shown(page: Fetched, hosts: Hosts, column: str | None) -> list[Link]:
    """Documents that a report's page shows in a frame, in a viewer (viewer.html?file=report.pdf), or by a script."""
    if page.tree is None:
        return []
    found: list[Link] = []
    base = base_url(page)
    for source in page.tree.xpath("//*[self::iframe or self::embed]/@src | //object/@data"):
        files = [value for name, value in parse_qsl(urlsplit(source).query) if name.lower() in ("file", "url", "src")]
        for address in (*files, source):
            url = canonical(address, base, encoding=page.encoding)
            if url and hosts.own(url) and is_attachment(url):
                text = page.title[:200]
                found.append(
                    Link(url, "attachment", 90, "shown in the page", text, attachment_of=page.url, column=column)
                )
                break
    for script in _SCRIPT_RE.findall(page.source):
        for address in dict.fromkeys(map(unescape, _SHOWN_RE.findall(script))):
            url = canonical(address, base, encoding=page.encoding)
            url = hosts.fold(shown_file(url)) if url else None
            if url and hosts.own(url) and is_attachment(url) and len(found) < MOST_SHOWN:
                found.append(Link(url, "attachment", 90, "shown in the page", page.title[:200], attachment_of=page.url, column=column))
    return found
