"""Bring back text that was decoded wrongly before it was saved, where the bytes prove what it was.

A portal that moves its pages reads UTF-8 as GBK (政府 becomes 鏀垮簻), UTF-8 as Latin-1 (æ”¿åºœ) or GBK as Latin-1 (ÕþÎÄ), and
saves what it sees as good UTF-8. As long as no byte fell out on the way there is exactly one reading, and it comes back
whole. Where bytes fell out (an odd number of them before a tag, mostly), the characters they belonged to stay lost and
are marked U+FFFD, so that nobody takes a part of a name for the name. Markup, figures and other ASCII came
through unharmed and are never touched.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from .model import Finding

# Latin-1 and what Windows-1252 shows for 80-9F, with the C1 controls that it leaves alone.
_WINDOWS = {bytes([byte]).decode("cp1252", "ignore") or chr(byte): byte for byte in range(0x80, 0x100)}
_LATIN_BYTES = _WINDOWS | {chr(byte): byte for byte in range(0x80, 0x100)}
_LATIN_RUN_RE = re.compile("[" + "".join(map(re.escape, _LATIN_BYTES)) + "]{3,}")
# Counting a few characters is a hundred times faster than asking a pattern, and this is asked of every page: the commonest
# bytes of Chinese in UTF-8 and in GBK as Latin-1 shows them, and the commonest in UTF-8 as GBK shows them.
_LATIN_SIGNS = "æåçèäïãÕþÐÅÏ¢¹«¿ªÊµÄ"
_GBK_SIGNS = "锛銆鐨鏀鍏淇鎭鍦戝勫叕骞忎簡"
_HANZI_RE = re.compile("[\u3400-\u9fff]")
_LOST = "\ufffd"


def restore(text: str, common_share: Callable[[str], float]) -> tuple[str, tuple[Finding, ...]]:
    """Undo a wrong decoding that lies behind a text; returns the text as it was when there is none.

    `common_share` tells how many of a text's Chinese characters are everyday ones. The finding is `text.damaged`: a
    notice that says "repaired" when no byte was lost, a warning with the number of lost characters when some were.

    >>> from .decode import common_share
    >>> restore("<p>" + "政府信息公开工作年度报告，".encode().decode("latin-1") + "</p>", common_share)[0]
    '<p>政府信息公开工作年度报告，</p>'
    """
    if ("å" in text or "Ö" in text) and sum(map(text.count, _LATIN_SIGNS)) >= 12:
        return _from_latin(text, common_share)
    # 锛, 鐨 and 鏀 are no everyday characters; a page of its own script has many that are.
    if reads_like_gbk(text) and common_share(text) < 0.15:
        return _from_gbk(text, common_share)
    return text, ()


def reads_like_gbk(text: str) -> bool:
    """Whether a text has the characters that UTF-8 shows when it is read as GBK, in parts of it at least."""
    # Any full-width mark shows as 锛 or 銆.
    return ("锛" in text or "銆" in text) and sum(map(text.count, _GBK_SIGNS)) >= 4


def _from_gbk(text: str, common_share: Callable[[str], float]) -> tuple[str, tuple[Finding, ...]]:
    """UTF-8 that was read as GBK. What cannot be written back is a byte that was lost."""
    # WHATWG's GBK shows byte 80 as the euro sign.
    parts = [part.encode("gb18030", "replace") for part in text.replace(_LOST, "\x00").split("€")]
    restored = b"\x80".join(parts).replace(b"\x00", b"\xff").decode("utf-8", "replace")
    lost = len(re.findall(f"{_LOST}+", restored))
    if common_share(restored) < 0.3 or lost * 2 > len(_HANZI_RE.findall(restored)):
        return text, ()
    # The mark that took the place of the lost byte is no question.
    restored = re.sub(f"{_LOST}+\\??", _LOST, restored)
    return restored, (_finding(text, "GBK", lost, restored),)


def _from_latin(text: str, common_share: Callable[[str], float]) -> tuple[str, tuple[Finding, ...]]:
    """UTF-8, or GBK, that was read as Latin-1 or Windows-1252: run by run, for the rest of the page may be sound."""
    runs = [bytes(map(_LATIN_BYTES.__getitem__, found[0])) for found in _LATIN_RUN_RE.finditer(text)]
    for encoding in ("utf-8", "gb18030"):
        sample = b"".join(runs).decode(encoding, "ignore")
        if len(_HANZI_RE.findall(sample)) >= 4 and common_share(sample) > (0.25 if len(sample) > 40 else 0.15):
            break
    else:
        return text, ()
    lost = changed = 0

    def back(found: re.Match[str]) -> str:
        nonlocal lost, changed
        read = bytes(map(_LATIN_BYTES.__getitem__, found[0])).decode(encoding, "replace")
        if not re.search("[\u3000-\u9fff\uff00-\uffef]", read):
            return found[0]
        changed += 1
        lost += read.count(_LOST)
        return read

    restored = _LATIN_RUN_RE.sub(back, text)
    return (restored, (_finding(text, "Latin-1", lost, restored),)) if changed else (text, ())


def _finding(text: str, wrong: str, lost: int, restored: str) -> Finding:
    message = f"the text had been decoded as {wrong} before it was saved"
    if not lost:
        return Finding("text.damaged", "notice", f"{message}; no byte was lost, and it was repaired")
    at = restored.find(_LOST)
    span = " ".join(restored[max(0, at - 12) : at + 12].split())
    return Finding("text.damaged", "warning", f"{message}; repaired but for {lost} characters, the first in “{span}”", found=lost)
