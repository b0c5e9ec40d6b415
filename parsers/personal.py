"""Find personal data of people in a text: numbers of resident identity cards, mobile phones, bank cards.

Portals publish lists of recipients with full identity numbers by mistake, and take them down later; an
archive keeps what was taken down. So what is to be published is scanned before. A hit
holds a page back until a person has looked, hence hits must mean something: a number counts
only when its check digit and its parts are right and nothing beside it says that it is something else. Landlines,
the phone lists of offices, credit codes, index numbers and file numbers are the daily bread of these pages and no
hits.

Sources: GB 11643-1999 (identity numbers), the mobile numbering plan (1, then 3 to 9), ISO/IEC 7812
(bank cards; UnionPay begins with 62). Not found: names, addresses, identity numbers of
15 digits (they have no check digit), and what only a picture shows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from html import unescape
from typing import Literal

from .decode import decode

Kind = Literal["identity_number", "mobile", "bank_card"]

#: how each kind is called in Chinese, for messages
CHINESE = {"identity_number": "居民身份证号码", "mobile": "手机号码", "bank_card": "银行卡号"}


@dataclass(frozen=True)
class Hit:
    """One number: where it stands in the text that was searched, and its digits with the middle hidden."""

    kind: Kind
    start: int
    end: int
    masked: str


# One character for one, so that places stay places. Not NFKC, which changes lengths.
_HALF_WIDTH = str.maketrans("０１２３４５６７８９Ｘｘ－　", "0123456789Xx- ")

# GB/T 2260: the first two digits of a division; 81 to 83 for residents of Hong Kong, Macao and Taiwan.
_PROVINCES = frozenset(
    str(number)
    for number in (*range(11, 16), *range(21, 24), *range(31, 38), *range(41, 47), *range(50, 55), *range(61, 66), 71, 81, 82, 83)
)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"

# Nothing that makes a longer number, an index number, a file name or an address of it may stand beside it.
_BEFORE = r"(?<![0-9A-Za-z_/.\-=&%#@*〔〕\[\]])"
_AFTER = r"(?![0-9A-Za-z_/\-=&%@*〔〕\[\]号])(?!\.\w)"
_IDENTITY_RE = re.compile(_BEFORE + r"\d{6}[ ]?\d{8}[ ]?\d{3}[0-9Xx]" + _AFTER, re.ASCII)
_MOBILE_RE = re.compile(r"(?:(?<=\+86)|(?<=\+86[ -])|(?<=\b86-)|" + _BEFORE + r")1[3-9]\d(?:\d{8}|-\d{4}-\d{4}| \d{4} \d{4})" + _AFTER, re.ASCII)
_CARD_RE = re.compile(_BEFORE + r"\d{4}(?:\d{12,15}|(?: \d{4}){3}(?: \d{1,3})?|(?:-\d{4}){3})" + _AFTER, re.ASCII)

# What stands before a number and says that it is no person's. Looked for close to it only.
_OTHER_NUMBER_RE = re.compile(
    r"(?:信用代码|机构代码|索引号|文\s*号|编\s*号|备案号?|许可证号?|流水号|订单号|受理号|项目代码|标识码|统一代码|批号|登记号|发票号?|税号)"
    r"[^0-9\n]{0,12}$"
)
# An office, then at most a label, then the number: 民政局办公室 联系电话：13…
_OFFICE_RE = re.compile(
    r"(?:局|办|委|院|会|部|厅|科|股|处|室|站|所|队|中心|大厅|窗口|政府|街道|机关|单位|平台|社区|村|镇|乡|公司|热线|专线|总机|传真|值班"
    r"|(?:咨询|监督|举报|投诉|办公|服务|受理|报修)(?=电话|手机|热线))"
    r"[\s:：,，、/（(]*(?:(?:联系|办公|咨询|监督|举报|投诉|值班|服务|对外|公开)*(?:电话|手机|热线|号码|方式))?[\s:：）)]*$"
)
_CARD_LABEL_RE = re.compile(r"(?:卡号|银行卡|账号|帐号|开户)[^0-9\n]{0,12}$")
_CONTEXT = 24


def find_personal(text: str) -> list[Hit]:
    """The personal numbers in a text, in their order.

    >>> find_personal("张三 11010519491231002X")
    [Hit(kind='identity_number', start=3, end=21, masked='110*************2X')]
    >>> find_personal("联系电话：010-65132119；统一社会信用代码 11010519491231002X；索引号 000014349/2021-00012")
    []
    """
    text = text.translate(_HALF_WIDTH)
    found: list[Hit] = []
    for match in _IDENTITY_RE.finditer(text):
        if _is_identity(_digits(match[0])) and not _labelled_otherwise(text, match.start()):
            found.append(_hit("identity_number", match))
    taken = {hit.start for hit in found}
    for match in _CARD_RE.finditer(text):
        labelled = _CARD_LABEL_RE.search(_before(text, match.start())) is not None
        if match.start() in taken or _labelled_otherwise(text, match.start()):
            continue
        if _is_card(_digits(match[0]), labelled):
            found.append(_hit("bank_card", match))
    for match in _MOBILE_RE.finditer(text):
        before = _before(text, match.start())
        if not _labelled_otherwise(text, match.start()) and not _OFFICE_RE.search(before.removesuffix("+86").rstrip(" -")):
            found.append(_hit("mobile", match))
    return sorted(found, key=lambda hit: hit.start)


def find_in_page(body: bytes, charset: str | None = None) -> list[Hit]:
    """The personal numbers in what a page of HTML shows; places are those in `shown_text`.

    >>> [hit.kind for hit in find_in_page(b"<tr><td>Zhang</td><td>11010519491231002X</td></tr>")]
    ['identity_number']
    """
    return find_personal(shown_text(body, charset))


_UNSHOWN_RE = re.compile(r"<!--.*?(?:-->|\Z)|<(script|style)\b.*?(?:</\1\s*>|\Z)", re.IGNORECASE | re.DOTALL)
# These may stand inside a number; all other tags part what they stand between.
_INLINE_RE = re.compile(r"</?(?:a|abbr|b|em|font|i|ins|label|mark|o:p|s|small|span|st1:\w+|strong|sub|sup|u)(?:\s[^<>]*)?>", re.IGNORECASE)
_TAG_RE = re.compile(r"<(/?)([A-Za-z][\w:]*)[^<>]*>")
_LINES = {"p", "div", "tr", "br", "li", "table", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dd", "dt"}


def shown_text(body: bytes, charset: str | None = None) -> str:
    """Roughly what a page of HTML shows: tags gone, lines and cells apart. Enough to search in, not to read from."""
    text = _INLINE_RE.sub("", _UNSHOWN_RE.sub(" ", decode(body, charset).text))
    return unescape(_TAG_RE.sub(lambda tag: "\n" if tag[2].lower() in _LINES else "\t", text))


def _is_identity(digits: str) -> bool:
    if digits[:2] not in _PROVINCES:
        return False
    try:
        born = date(int(digits[6:10]), int(digits[10:12]), int(digits[12:14]))
    except ValueError:
        return False
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, digits, strict=False))
    return 1900 <= born.year <= 2099 and _CHECKS[total % 11] == digits[17].upper()


def _is_card(digits: str, labelled: bool) -> bool:
    # One number in ten passes the check. Without a label beside it only the cards that banks of the
    # country issue count, in the lengths in which they do.
    known = digits.startswith("62") and len(digits) in (16, 19)
    if not known and not (labelled and 16 <= len(digits) <= 19 and digits[0] in "3456"):
        return False
    total = 0
    for place, digit in enumerate(reversed(digits)):
        number = int(digit) * (2 if place % 2 else 1)
        total += number - 9 if number > 9 else number
    return total % 10 == 0 and len(set(digits)) > 2


def _before(text: str, at: int) -> str:
    """What stands before a place on its line, as far as it bears on it."""
    return text[max(0, at - _CONTEXT) : at].rpartition("\n")[2]


def _labelled_otherwise(text: str, at: int) -> bool:
    return _OTHER_NUMBER_RE.search(_before(text, at)) is not None


def _digits(text: str) -> str:
    return text.replace(" ", "").replace("-", "")


def _hit(kind: Kind, match: re.Match[str]) -> Hit:
    digits = _digits(match[0])
    return Hit(kind, match.start(), match.end(), digits[:3] + "*" * (len(digits) - 5) + digits[-2:])
