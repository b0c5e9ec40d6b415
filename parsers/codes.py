"""Check digits of the codes that Chinese authorities give to organisations.

An index number (索引号) or an address of a disclosure page often carries the organ's
code. A code whose check character fits is a witness of who published; one whose does not
is a serial number that happens to be as long.
"""

from __future__ import annotations

import re

# Digits and capitals of GB 32100-2015: I, O, S, V and Z are not used.
_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_RE = re.compile(rf"[{_CREDIT_ALPHABET}]{{2}}[0-9]{{6}}[{_CREDIT_ALPHABET}]{{10}}")
_CREDIT_WEIGHTS = tuple(pow(3, place, 31) for place in range(17))

_ORGAN_RE = re.compile(r"[0-9A-Z]{8}-?[0-9X]")
_ORGAN_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


def valid_credit_code(code: str) -> bool:
    """Whether this is a unified social credit code (统一社会信用代码, GB 32100-2015).

    >>> valid_credit_code("11330922002643296E")
    True
    >>> valid_credit_code("11330922002643296F")
    False

    Eighteen characters, capitals only, the last of them a check modulo 31. Anything else is
    False, never an error.
    """
    if not _CREDIT_RE.fullmatch(code):
        return False
    total = sum(_CREDIT_ALPHABET.index(c) * w for c, w in zip(code, _CREDIT_WEIGHTS, strict=False))
    return _CREDIT_ALPHABET[-total % 31] == code[17]


def valid_organ_code(code: str) -> bool:
    """Whether this is an organisation code (组织机构代码, GB 11714-1997), with or without its hyphen.

    >>> valid_organ_code("01527918X"), valid_organ_code("01432014-4")
    (True, True)
    >>> valid_organ_code("000014348")
    False

    Eight characters and a check modulo 11, where X stands for ten. Anything else is False.
    """
    if not _ORGAN_RE.fullmatch(code):
        return False
    total = sum(int(c, 36) * w for c, w in zip(code, _ORGAN_WEIGHTS, strict=False))
    return "0123456789X0"[11 - total % 11] == code[-1]


def credit_code_division(code: str) -> str | None:
    """The six-digit division in which a credit code was registered, or None if the code does not check.

    >>> credit_code_division("11330922002643296E")
    '330922'

    The division is the one of that day. It may have been dissolved or renamed since, and an
    organ may have been moved.
    """
    return code[2:8] if valid_credit_code(code) else None
