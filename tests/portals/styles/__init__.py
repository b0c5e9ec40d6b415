"""One class a content system: how it writes the addresses of columns and articles, and how its lists go on."""

from __future__ import annotations

from .drawing import Style
from .files import (
    Countpage,
    Hebei,
    Henan,
    Hunan,
    Nfcms,
    Snowflake,
    Trs,
    TrsDateless,
    TrsNamed,
    TrsOne,
    Ucap,
    Vsb,
    VsbJsp,
    Zhuzhou,
)
from .organs import HanwebAnnual, Lonsun, LonsunAjax, Openness
from .programs import Aspx, Jhtml, PhpAjax, PhpList, Plain, Zibo
from .proxies import (
    Epoint,
    EpointScript,
    Gkmlpt,
    Hanweb,
    HanwebPost,
    HanwebSearch,
    Jpaas,
    Truecms,
    TruecmsInit,
    UcapJson,
)

STYLES: dict[str, type[Style]] = {
    style.name: style
    for style in (
        Trs, TrsOne, TrsNamed, TrsDateless, Countpage, Ucap, UcapJson, Hanweb, HanwebPost, HanwebSearch, HanwebAnnual, Jpaas,
        Lonsun, LonsunAjax, Openness, Vsb, VsbJsp, Nfcms, Gkmlpt, Truecms, TruecmsInit, Epoint, EpointScript, Zibo, Hebei,
        Snowflake, PhpList, PhpAjax, Hunan, Zhuzhou, Henan, Jhtml, Aspx, Plain,
    )
}  # fmt: skip

__all__ = ["STYLES", "Style"]
