"""Tell a portal's own words from those of the report it carries, line by line.

Only whole lines are judged: a sentence about barrier-free access (无障碍) is the report's, the word alone on
a line is a button. The vocabulary is `chrome.toml`.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache, lru_cache
from pathlib import Path

_SQUEEZE_RE = re.compile(r"[\s\u00a0\u3000]+")
_TOKEN_RE = re.compile(r"[\s【】\[\]（）()|｜、，,：:·•]+")
_LIMIT = 240


@cache
def _table() -> dict[str, list[str]]:
    with (Path(__file__).parent / "chrome.toml").open("rb") as file:
        return tomllib.load(file)


@cache
def _words() -> frozenset[str]:
    return frozenset(_table()["words"])


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    patterns = {}
    for name, entries in _table().items():
        if name in ("words", "spam"):
            continue
        for entry in entries:
            try:
                re.compile(entry)
            except re.error as error:
                raise ValueError(f"chrome.toml: {name}: {entry!r} is not a regular expression: {error}") from None
        patterns[name] = re.compile("|".join(f"(?:{entry})" for entry in entries), re.IGNORECASE)
    return patterns


@cache
def _spam() -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, sorted(_table()["spam"], key=len, reverse=True))))


@lru_cache(maxsize=4096)
def _matches(group: str, text: str) -> bool:
    if len(text) > _LIMIT:
        return False
    squeezed = _SQUEEZE_RE.sub("", text).strip("•·●|").replace("????", "")
    return not squeezed or bool(_patterns()[group].fullmatch(squeezed))


@lru_cache(maxsize=4096)
def _is_buttons(text: str) -> bool:
    return len(text) <= 80 and all(token in _words() for token in _TOKEN_RE.split(text) if token)


def is_chrome(text: str) -> bool:
    """Whether a line is a portal's wherever it stands.

    >>> is_chrome("【字号: 分享"), is_chrome("设立长者助手，推进无障碍浏览。")
    (True, False)
    """
    # A button has no full stop; 扫一扫二维码即可查看指南。 is a sentence.
    return _is_buttons(text) or (not text.endswith("。") and _matches("anywhere", text))


@lru_cache(maxsize=4096)
def spam_in(text: str) -> str | None:
    """The hijacker's word in a line that is no sentence, or in a title; None when there is none.

    >>> spam_in("bet365官网_某县人民政府"), spam_in("严厉打击赌场，收缴老虎机。")
    ('bet365', None)
    """
    if len(text) > 160 or "。" in text:
        return None
    found = _spam().search(text)
    return found[0] if found else None


def is_edge_chrome(text: str) -> bool:
    """Whether a line before the first chapter, or behind the last, is the portal's.

    >>> is_edge_chrome("2018-03-15 来源: 本网"), is_edge_chrome("2018年3月,街道召开会议。")
    (True, False)
    """
    return is_chrome(text) or ("。" not in text and _matches("edge", text))


def is_tail(text: str) -> bool:
    """Whether a line says that the report above it has ended.

    >>> is_tail("主办:同心县人民政府"), is_tail("网站标识码是政府网站的身份证。")
    (True, False)
    """
    # A footer has no full stops, and a sentence about an ICP number has one.
    return "。" not in text and (_is_buttons(text) or _matches("tail", text))


def is_attachment(text: str) -> bool:
    """Whether a line only names an attached file."""
    return _matches("attachments", text)
