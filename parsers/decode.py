"""Turn the bytes of a page into text, by what the bytes are and not by what they are called.

Portals label GBK pages `gb2312`, serve UTF-8 under a `gbk` header, and paste Word text
that statistical detectors take for Cyrillic. So: a byte-order mark; else strict UTF-8, which
other encodings practically never satisfy; else GB18030 (the superset of GB2312 and GBK), with
Big5 when it reads clearly better. What a header or a `<meta>` declares is the last resort, and
a finding when it is wrong. Nothing here raises: what cannot be decoded becomes U+FFFD and is
counted. What was decoded wrongly before it was saved is `mojibake`'s.
"""

from __future__ import annotations

import codecs
import re
from bisect import bisect_left
from dataclasses import dataclass

from w3lib.encoding import resolve_encoding

from .model import Finding
from .mojibake import reads_like_gbk, restore

# The ~150 commonest characters and marks of official prose, simplified and traditional. In a page
# read with the right decoder every third Chinese character is one of them; read with the wrong
# one, hardly any is.
_COMMON = (
    "的一是在不了有和人这中大为上个国我以要他时来用们到作地于出就分对成会可主发年动同工也能下过子说产种面而方"
    "后多定行学法所民得经十三之进着等部度家电力里如水化高自二理起小物现实加量都两体制机当使点从业本去把性好应开"
    "它合还因由其些然前外天政四日那社义事平形相全表间样与关各重新线内数正心反你明看原又么利比或但质气第向道命此变"
    "條報開關務處門問題總計會國個來時們說為對發動經進過種學業實現與從點長數據項機構區縣鄉鎮"
    "府信息公告网站查询首页图位置简介通知公申请件收报区县乡镇街办政务，。、：；（）《》“”"
)
_FREQUENT = tuple(sorted(set(_COMMON)))
_FREQUENT_RE = re.compile(f"[{''.join(_FREQUENT)}]+")

_HANZI_RE = re.compile("[\u3400-\u9fff]+")
_ODD_RE = re.compile("[\ufffd\ue000-\uf8ff\x80-\x9f]")

# Enough to judge by; a page of megabytes need not be counted to its end.
_SAMPLE = 120_000

# Between two tags, or two line ends, a page does not change its encoding.
_PIECE_RE = re.compile(rb"(?<=[>\n])|(?=<)")
_PLAIN_RE = re.compile("[\t\n\r -~\u00a0\u00b7\u2010-\u2026\u3000-\u303f\u3400-\u9fff\uff01-\uff5e]")

_META_CHARSET_RE = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]{2,40})", re.IGNORECASE)
_XML_CHARSET_RE = re.compile(rb"^\s*<\?xml[^>]{0,120}?encoding\s*=\s*[\"']([A-Za-z0-9_.:-]{2,40})", re.IGNORECASE)

# What no reader sees: damage in there is nobody's loss. Opening and closing mark.
_UNSEEN = (("<!--", "-->"), ("<script", "</script"), ("<style", "</style"), ("<", ">"))

# NUL shows as nothing in a browser, and ends the document for libxml2. The other control
# characters part what they stand between: two figures must not become one. Vertical tab and form
# feed are the line and page breaks of Word and PDF text.
_CONTROLS = dict.fromkeys((*range(1, 9), *range(14, 32), *range(127, 133), *range(134, 160), 65534, 65535), " ")
_CONTROLS |= {0: "", 11: "\n", 12: "\n"}
_CONTROL_RE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")
_SURROGATE_RE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Decoded:
    """The text of a page, the encoding it really was in, and what there is to say about it."""

    text: str
    encoding: str
    findings: tuple[Finding, ...] = ()


def decode(body: bytes, declared: str | None = None) -> Decoded:
    """Decode a page. `declared` is the charset of the HTTP header, if there was one.

    >>> decode("政府信息公开".encode("gbk"), "utf-8").encoding
    'gb18030'
    >>> decode("报告".encode()[:-1]).text
    '报'

    `encoding` is one of utf-8, utf-16-le, utf-16-be, gb18030, big5hkscs, or the declared label
    when none of these reads. Disagreement with a label is the notice `source.encoding`; lost
    characters in the visible text are the warning `text.damaged`; a page that ends inside a character is `source.cut`. Never raises.
    """
    text, encoding, cut = _read(body, declared)
    findings = []
    doubtful = encoding in ("gb18030", "utf-8", "big5hkscs") and ("\ufffd" in text or reads_like_gbk(text))
    mixed = _mixed(body) if doubtful else None
    if mixed:
        text, encoding, inner = mixed
        message = f"two encodings in one page: {encoding}, and {inner} in parts of it"
        findings.append(Finding("source.encoding", "notice", message))
    wrong = _wrong_labels(body, declared, encoding)
    if wrong and not mixed:
        labels = " and ".join(f"{where} says {label!r}" for where, label in wrong)
        findings.append(Finding("source.encoding", "notice", f"the bytes are {encoding}, though the {labels}"))
    if cut:
        findings.append(Finding("source.cut", "warning", "the page ends in the middle of a character: it was cut off"))
    text = _without_surrogates(text)
    text, restored = restore(text, common_share)
    findings.extend(restored)
    if _CONTROL_RE.search(text):
        text = text.translate(_CONTROLS)
    if "\ufffd" in text and not restored:
        findings.extend(_lost(text))
    return Decoded(text, encoding, tuple(findings))


def _without_surrogates(text: str) -> str:
    try:
        text.encode()  # much faster than to look for them
    except UnicodeEncodeError:
        return _SURROGATE_RE.sub("\ufffd", text)
    return text


def _lost(text: str) -> list[Finding]:
    """Count the characters lost from what is shown; a hundred are looked at."""
    lowered = text.lower()
    shown = []
    at = text.find("\ufffd")
    for _ in range(100):
        if at < 0:
            break
        if all(lowered.rfind(opening, 0, at) <= lowered.rfind(closing, 0, at) for opening, closing in _UNSEEN):
            shown.append(at)
        at = text.find("\ufffd", at + 1)
    if not shown:
        return []
    count = len(shown) if at < 0 else text.count("\ufffd")
    span = " ".join(text[max(0, shown[0] - 12) : shown[0] + 12].split())
    return [
        Finding("text.damaged", "warning", f"{count} characters cannot be read, the first in “{span}”", found=count)
    ]


def common_share(text: str) -> float:
    """Share of the Chinese characters in `text` that are everyday ones, 0 to 1.

    Prose has about 0.4; text read with the wrong decoder has less than 0.1. 1.0 when there are
    no Chinese characters to judge by.
    """
    hanzi = "".join(_HANZI_RE.findall(text[:_SAMPLE]))[:6000]
    return (len(hanzi) - len(_FREQUENT_RE.sub("", hanzi))) / len(hanzi) if hanzi else 1.0


def _read(body: bytes, declared: str | None) -> tuple[str, str, bool]:
    """Return the text, the encoding, and whether the last character was cut."""
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) and not body.startswith(codecs.BOM_UTF32_LE):
        encoding = "utf-16-le" if body.startswith(codecs.BOM_UTF16_LE) else "utf-16-be"
        return body[2:].decode(encoding, "replace"), encoding, bool(len(body) % 2)
    wide = wide_without_mark(body)
    if wide:
        return body.decode(wide, "replace"), wide, bool(len(body) % 2)
    marked = body.startswith(codecs.BOM_UTF8)
    if marked:
        body = body[3:]
    strict = _strict(body, "utf-8")
    if strict:
        return strict[0], "utf-8", strict[1]
    # A mark does not prove the rest: templates that begin with one are glued to GBK bodies.
    return _best(body, declared)


def _strict(body: bytes, encoding: str) -> tuple[str, bool] | None:
    """Decode without a single error, but let the end cut a character in two."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    try:
        text = decoder.decode(body, False)
    except UnicodeDecodeError:
        return None
    return text, bool(decoder.getstate()[0])


def wide_without_mark(body: bytes) -> str | None:
    """UTF-16 that does not say so: "utf-16-le", "utf-16-be" or None.

    In markup every other byte is NUL; plain Chinese text has hardly any, and is known by its characters.
    """
    head = body[:4000]
    if len(head) < 8 or head.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return None
    even, odd = head[::2].count(0), head[1::2].count(0)
    if (even + odd) * 5 >= len(head):
        wide = "utf-16-le" if odd > 4 * even else "utf-16-be" if even > 4 * odd else None
        return wide if wide and _is_text(head.decode(wide, "ignore")) else None
    # A Chinese text has NULs in its figures and line ends at least, and in no other encoding.
    if not (even or odd) or _strict(head, "utf-8"):
        return None
    for wide in ("utf-16-le", "utf-16-be"):
        text = head.decode(wide, "ignore")
        if len(_HANZI_RE.findall(text)) and common_share(text) > 0.2 and _is_text(text):
            return wide
    return None


def _is_text(text: str) -> bool:
    """Whether nine characters in ten are ones that a page has."""
    return len(_PLAIN_RE.findall(text)) * 10 >= 9 * len(text) > 0


# ------------------------------------------------------------------------------- two encodings in one page


def _mixed(body: bytes) -> tuple[str, str, str] | None:
    """A template in one encoding around an include in the other: text, the main encoding, the other one.

    Each piece between two tags or line ends is whole in one of the two. None unless both are certain of several
    pieces, and every piece reads in one of them.
    """
    pieces = _PIECE_RE.split(body)
    kinds: list[str | None] = []
    for piece in pieces:
        if piece.isascii():
            kinds.append(None)
            continue
        as_utf, as_gbk = _strict(piece, "utf-8"), _strict(piece, "gb18030")
        utf, gbk = bool(as_utf and not as_utf[1]), bool(as_gbk and not as_gbk[1])
        if not utf and not gbk:
            return None
        # 联通 in GBK is good UTF-8 too; four characters in a row never were.
        short = len(re.sub(rb"[\x00-\x7f]", b"", piece)) < 9
        kinds.append("either" if utf and gbk and short else "utf-8" if utf else "gb18030")
    count = {name: kinds.count(name) for name in ("utf-8", "gb18030")}
    if min(count.values()) < 2:
        return None
    gbk_text = b" ".join(piece for piece, kind in zip(pieces, kinds, strict=True) if kind == "gb18030")
    if common_share(gbk_text.decode("gb18030")) < 0.2:
        return None
    certain = [at for at, kind in enumerate(kinds) if kind in ("utf-8", "gb18030")]
    out = []
    for at, (piece, kind) in enumerate(zip(pieces, kinds, strict=True)):
        if kind == "either":
            # It is of the piece that stands nearest.
            place = bisect_left(certain, at)
            near = min(certain[max(0, place - 1) : place + 1], key=lambda other: abs(other - at))
            kind = kinds[near]
        out.append(piece.decode(kind or "ascii"))
    main = max(count, key=lambda name: sum(len(p) for p, k in zip(pieces, kinds, strict=True) if k == name))
    return "".join(out), main, "gb18030" if main == "utf-8" else "utf-8"


def _best(body: bytes, declared: str | None) -> tuple[str, str, bool]:
    strict = _strict(body, "gb18030")
    chinese = strict[0] if strict else body.decode("gb18030", "replace")
    if strict and common_share(chinese) > 0.25:
        return strict[0], "gb18030", strict[1]
    score = _score(chinese)
    best, encoding, cut = chinese, "gb18030", bool(strict and strict[1])
    # Big5 shares most of its byte space with GBK: near-ties belong to GBK.
    for other, margin in (("utf-8", 1.0), ("big5hkscs", 1.2)):
        text = body.decode(other, "replace")
        value = _score(text)
        if other == "big5hkscs" and value >= score and "\ufffd" not in text and _declares_big5(body, declared):
            # Too short to tell by its characters: here the label may decide.
            best, encoding, score, cut = text, other, value, False
        if value > max(score, 0) * margin and value > score + 2:
            best, encoding, score, cut = text, other, value, False
    if common_share(best) < 0.1 or best.count("\ufffd") * 20 > len(best):
        for _, label in _labels(body, declared):
            resolved = resolve_encoding(label)
            if not resolved or resolved in ("utf-8", "gb18030", "big5hkscs"):
                continue
            try:
                return body.decode(resolved), resolved, False
            except (UnicodeError, LookupError):
                continue
    return best, encoding, cut


def _score(text: str) -> int:
    """Everyday characters, less what no author writes: lost ones and the private area."""
    sample = text[:_SAMPLE]
    return sum(map(sample.count, _FREQUENT)) - 3 * len(_ODD_RE.findall(sample))


def _labels(body: bytes, declared: str | None) -> list[tuple[str, str]]:
    labels = [("header", declared)] if declared else []
    head = body[:4096]
    found = _XML_CHARSET_RE.search(head) or _META_CHARSET_RE.search(head)
    if found:
        labels.append(("page", found[1].decode("ascii")))
    return labels


def _declares_big5(body: bytes, declared: str | None) -> bool:
    return any((resolve_encoding(label) or "").startswith("big5") for _, label in _labels(body, declared))


def _wrong_labels(body: bytes, declared: str | None, encoding: str) -> list[tuple[str, str]]:
    # Plain ASCII is the same in all of them, and belies no label.
    if encoding == "utf-8" and body.isascii():
        return []
    wrong = []
    for where, label in _labels(body, declared):
        resolved = resolve_encoding(label)
        same = resolved == encoding or bool(resolved and {resolved, encoding} <= {"big5", "big5hkscs"})
        if encoding.startswith("utf-16"):
            # Inside UTF-16 a meta can only be read because somebody decoded it already.
            same = where == "page" or bool(resolved and resolved.startswith("utf-16"))
        if not same:
            wrong.append((where, label))
    return wrong
