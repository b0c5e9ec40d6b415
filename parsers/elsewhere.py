"""Find the report that is not in the page's own text: in an attached file, in pictures, in a script's data."""

from __future__ import annotations

import re
from itertools import islice

from lxml.html import HtmlElement

from .lines import fold_spaces
from .wording import compact

_FILE_RE = re.compile(
    r"\.(?:pdf|docx?|xlsx?|wps|et|ofd|rtf|zip|rar)(?:[?#]|$)|downfile\.jsp|download\.jsp|DownloadAttachUrl|/attach/",
    re.IGNORECASE,
)
_SCRIPT_BODY_RE = re.compile(r"总体情况|\\u603b\\u4f53\\u60c5\\u51b5", re.IGNORECASE)


def in_script(tree: HtmlElement) -> bool:
    """Whether a script carries the text of a report as data."""
    return any(_SCRIPT_BODY_RE.search(node.text) for node in tree.iter("script", "textarea") if node.text)


def is_file_link(link: HtmlElement) -> bool:
    """Whether a link leads to a file and not to a page."""
    return bool(_FILE_RE.search(link.get("href") or ""))


def attached_files(tree: HtmlElement) -> list[str]:
    """Attached files that may be the report: not those of the navigation."""
    files = []
    for link in tree.iter("a"):
        href = link.get("href") or ""
        text = fold_spaces(link.text_content()) or link.get("title") or ""
        if _FILE_RE.search(href) or re.search(r"\.(?:pdf|docx?|xlsx?|wps|ofd)$", text, re.IGNORECASE):
            files.append(text[:60] or href[-60:])
    for frame in tree.iter("iframe", "embed", "object"):
        target = frame.get("src") or frame.get("data") or ""
        if re.search(r"\.(?:pdf|docx?|ofd)(?:[?#&]|$)", target, re.IGNORECASE):
            files.append(target[-60:])
    return files


def has_picture(tree: HtmlElement, title: str, portal: re.Pattern[str]) -> bool:
    """Whether a picture that is not the portal's follows the title."""
    wanted = compact(title)[-16:]
    passed = False
    for node in tree.iter():
        if not isinstance(node.tag, str):
            continue
        if node.tag == "img":
            source = node.get("src") or node.get("data-src") or node.get("oldsrc") or ""
            try:
                small = 0 < int(re.sub(r"\D.*", "", node.get("width") or "") or 0) < 200
            except ValueError:
                small = False
            if passed and source and not small and not portal.search(source.rsplit("/", 1)[-1]):
                return True
        elif (
            node.tag not in ("title", "script", "style")
            and node.text
            and wanted in compact("".join(islice(node.itertext(), 24))[:200] if len(node) < 12 else node.text[:200])
        ):
            passed = True
    return False
