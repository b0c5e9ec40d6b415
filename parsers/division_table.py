"""The table behind `parsers.divisions`: codes, names, the shorter forms of names, what was dissolved.

Three files of `division_data/` (its README.txt says where they come from) are read at first
use, in some 40 ms, and kept. Nothing here chooses between places.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

_DATA = Path(__file__).parent / "division_data"

PlaceLevel = Literal["province", "prefecture", "county", "township"]


@dataclass(frozen=True)
class Place:
    """One division. `code` has 6 digits, 9 for a township; provinces and prefectures end in zeros.

    `until` is None for a division of today. Otherwise the code stood for this name up to that
    month ("2013-12"); since then it is out of use, or stands for another name or another place.
    """

    code: str
    name: str
    level: PlaceLevel
    until: str | None = None


# What may be left off a name in speech. Longest first within a kind.
HIGH_SUFFIXES = ("特别行政区", "自治区", "省", "地区", "自治州", "州", "盟", "市", "自治县", "县", "自治旗", "旗", "林区", "特区", "区")
TOWN_SUFFIXES = ("街道", "镇", "民族乡", "乡", "民族苏木", "苏木", "地区", "办事处")

# Peoples in the names of autonomous divisions, as they are written there: 族 is left off the
# longer names in the north-west (伊犁哈萨克自治州).
_PEOPLES = (
    "各族|壮族|满族|回族|苗族|维吾尔|维吾尔族|土家族|彝族|蒙古|蒙古族|藏族|布依族|侗族|瑶族|朝鲜族|白族|哈尼族|哈萨克|哈萨克族|黎族|傣族|畲族|傈僳族|"
    "仡佬族|东乡族|拉祜族|水族|佤族|纳西族|羌族|土族|仫佬族|锡伯|锡伯族|柯尔克孜|柯尔克孜族|达斡尔|达斡尔族|景颇族|毛南族|撒拉族|布朗族|塔吉克|塔吉克族|"
    "阿昌族|普米族|鄂温克|鄂温克族|怒族|京族|基诺族|德昂族|保安族|俄罗斯|俄罗斯族|裕固族|乌孜别克|乌孜别克族|门巴族|鄂伦春|鄂伦春族|独龙族|塔塔尔|塔塔尔族|"
    "赫哲族|高山族|珞巴族"
)
_AUTONOMOUS_RE = re.compile(rf"(?P<stem>.+?)(?:{_PEOPLES})+(?:自治(?P<high>[区州县旗])|(?P<town>民族乡|乡|区|镇|街道|苏木))")
# 东乡族自治县, 鄂温克族自治旗, 鄂伦春自治旗: the people is the name.
_BARE_PEOPLE_RE = re.compile(r"(?P<stem>东乡|鄂温克|鄂伦春|畲)族?自治(?P<high>[县旗])")
_BRACKETED_RE = re.compile(r"[（(]([^（）()]+)[）)]")

# Statistical areas, codes 400 and up within a county, that are no territory but a body: 延吉市林业局
# is a "township" of 延吉市, and a report of that bureau is not a township's.
_BODY_RE = re.compile(r"(?:局|公司|集团|企业|中心|监狱|[^市]所|[水]库|站|厂|矿|院|校|学|部|[位室司]|直|村级区划|劳教)$")


def short_form(name: str) -> str | None:
    """新平县 for 新平彝族傣族自治县, 青山乡 for 青山苗族乡; None where there is nothing to shorten."""
    m = _BARE_PEOPLE_RE.fullmatch(name) or _AUTONOMOUS_RE.fullmatch(name)
    if not m:
        return None
    suffix = m["high"] or m.groupdict().get("town") or ""
    return m["stem"] + suffix.removeprefix("民族")


@dataclass(frozen=True)
class Table:
    names: dict[str, str]  # code -> name, today's
    former: dict[str, list[Place]]  # code -> what it stood for, oldest first
    codes: dict[str, str]  # name or short form -> today's codes, separated by blanks
    former_named: dict[str, list[Place]]
    longest: dict[str, int]  # first two characters of a name -> length of the longest that begins so


def level_of(code: str) -> PlaceLevel:
    if len(code) == 9:
        return "township"
    if code.endswith("0000"):
        return "province"
    return "prefecture" if code.endswith("00") else "county"


@lru_cache(maxsize=1)
def load_table() -> Table:
    names: dict[str, str] = {}
    for line in (_DATA / "places.tsv").read_text(encoding="utf-8").splitlines():
        code, name = line.split("\t")
        names[code] = name
    for line in gzip.decompress((_DATA / "townships.tsv.gz").read_bytes()).decode("utf-8").splitlines():
        county, *townships = line.split("\t")
        for township in townships:
            names[county + township[:3]] = township[3:]

    codes: dict[str, str] = {}
    for code, name in names.items():
        if name == "街道" or (len(code) == 9 and code[6] >= "4" and _BODY_RE.search(name)):
            continue
        codes[name] = f"{codes[name]} {code}" if name in codes else code
        # Most names hold none of these characters, and this runs 45,000 times.
        if "族" in name or "自治" in name or "（" in name:
            for other in _other_forms(name):
                codes[other] = f"{codes[other]} {code}" if other in codes else code

    former: dict[str, list[Place]] = {}
    for line in (_DATA / "former.tsv").read_text(encoding="utf-8").splitlines():
        code, name, until = line.split("\t")
        former.setdefault(code, []).append(Place(code, name, level_of(code), until))

    former_named: dict[str, list[Place]] = {}
    known = {(place.code[:2], place.name) for code in former if code[2:4] != "90" for place in former[code]}
    for place in (place for stood_for in former.values() for place in stood_for):
        # For a while cities run by their province had a second code there: 增城市 449017 beside 440183.
        if place.code[2:4] == "90" and (place.code[:2], place.name) in known:
            continue
        for form in (place.name, *_other_forms(place.name)):
            former_named.setdefault(form, []).append(place)

    longest: dict[str, int] = {}
    for index in (codes, former_named):
        for name in index:
            head = name[:2]
            if longest.get(head, 0) < len(name):
                longest[head] = len(name)
    return Table(names, former, codes, former_named, longest)


def _other_forms(name: str) -> Iterator[str]:
    short = short_form(name)
    if short and short != name:
        yield short
    # 科技城（东渚街道）, （工业园区）城南街道: a zone and the sub-district it is made of.
    for form in (*_BRACKETED_RE.findall(name), _BRACKETED_RE.sub("", name)):
        if form != name and form.endswith(("街道", "镇", "乡")):
            yield form
