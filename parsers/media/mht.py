"""Read a web archive in one file (.mht, .mhtml, often under the name .doc): the page that it wraps."""

from __future__ import annotations

import re
from email import policy
from email.errors import CloseBoundaryNotFoundDefect
from email.message import Message
from email.parser import BytesParser

from parsers.media.rendering import Rendering, Unreadable
from parsers.model import Finding

_HEAD = re.compile(rb"\A(?:[A-Za-z0-9-]+:[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*\r?\n)+", re.ASCII)
_MAX_PARTS = 1_000


def is_mht(body: bytes) -> bool:
    """Whether a file begins with the head of a MIME message of several parts, or of one of HTML.

    >>> is_mht(b"MIME-Version: 1.0\\r\\nContent-Type: multipart/related; boundary=x\\r\\n\\r\\n"), is_mht(b"Note: a report")
    (True, False)
    """
    head = _HEAD.match(body.lstrip(b"\xef\xbb\xbf \t\r\n")[:8192])
    return bool(head and re.search(rb"^content-type:\s*(?:multipart/|text/html)", head[0], re.I | re.M) and re.search(rb"^(?:mime-version|from|subject):", head[0], re.I | re.M))


def read_mht(body: bytes) -> Rendering:
    """The page that is the root of the archive (RFC 2387), else the largest page in it. Raises Unreadable."""
    message = BytesParser(policy=policy.compat32).parsebytes(body.lstrip(b"\xef\xbb\xbf \t\r\n"))
    pages: list[tuple[Message, bytes]] = []
    for number, part in enumerate(message.walk()):
        if number > _MAX_PARTS:
            raise Unreadable(f"the web archive has more than {_MAX_PARTS} parts; no report has")
        if part.get_content_type() in ("text/html", "application/xhtml+xml"):
            content = part.get_payload(decode=True)
            if isinstance(content, bytes) and content.strip():
                pages.append((part, content))
    if not pages:
        raise Unreadable("the web archive holds no page, or was cut off before it")
    start = str(message.get_param("start", "") or "")
    root = next((page for page in pages if start and page[0].get("Content-ID") == start), None)
    part, content = root or max(pages, key=lambda page: len(page[1]))
    rendering = Rendering(page=(content, part.get_content_charset()))
    if any(isinstance(defect, CloseBoundaryNotFoundDefect) for each in message.walk() for defect in each.defects):
        rendering.findings.append(Finding("source.cut", "error", "the web archive has no end mark: it was cut off"))
    return rendering
