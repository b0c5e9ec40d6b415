"""Names of one organ: 青禾县民政局 and 民政局 of one portal, 大寨乡 and 大寨乡人民政府, 重庆市万州区水利局 and 万州区水利局.

One rule for the dataset and for the coverage: left apart, each of two names would be missing in the years of the other.
They are joined only where nothing else can be meant. 88 towns are called 城关镇 and every county has a 民政局, so a name
without a place takes one only from its own division, or on a portal on which all names speak of one county alone.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from parsers.division_table import load_table, short_form

_BEHIND_RE = re.compile(r"(?<=..)(人民政府|办事处)$")
_PLACE = "省市县区州旗盟"
# Ends like a place and is a part of one, or a thing: 城市管理局, 经济开发区管理委员会, 灌区管理局.
_NO_PLACE_RE = re.compile(
    r"^(城市|全市|都市|市区|县区|全县|全区)$|(城|郊|园|社|小|景|矿|林|库|灌|牧|新|发|范|合作|税|度假|验|功能|集聚|产业|工业|保护|管理)区$|政府|[局委办驻和与]"
)
_LONGER_RE = re.compile(f"[{_PLACE}](?![场级直政容域划委])(?=.)")
_TOWN_RE = re.compile("镇|乡|街道|村|社区|苏木|路|林?场")
_LONGEST = 15
# What comes without a place and is still one organ of its county; a 办公室, 服务中心 or 财政所 may be any town's.
_BARE_RE = re.compile(r"(?!人民|政府|党|委|管理|综合|[镇乡])..+(局|委|委员会|镇|乡|街道|苏木)")


class Name(NamedTuple):
    """A name as some report gives it: on which portal ("" where none is known: a mirror's host has reports of anybody), in which division."""

    portal: str
    organ: str
    code: str | None
    division: str | None


@dataclass(frozen=True, slots=True)
class Organ:
    """The division that is known of an organ, and the name that all its names come to."""

    code: str | None
    name: str


def one_name_each(names: Iterable[Name]) -> dict[Name, Organ]:
    """What each name comes to. Names with the same division, or without one on the same portal, and the same `name` are one organ."""
    every = set(names)
    by_portal: dict[str, set[Name]] = defaultdict(set)
    for each in every:
        by_portal[each.portal].add(each)
    found: dict[Name, Organ] = {}
    for portal, here in by_portal.items():
        bases = {each.organ: _BEHIND_RE.sub("", each.organ) for each in here}
        joined = _joined(set(bases.values())) if portal else {}
        codes: dict[str, set[str]] = defaultdict(set)
        for each in here:
            if each.code:
                codes[joined.get(bases[each.organ], bases[each.organ])].add(each.code)
        divisions: dict[str, str] = {each.code: each.division for each in sorted(here, key=str) if each.code and each.division}
        for each in here:
            base = bases[each.organ]
            name = joined.get(base, base)
            known = codes[name]
            if len(known) > 1:
                # Of two places: two organs, and what has no place is neither.
                name = base
            code = each.code or (next(iter(known)) if portal and len(known) == 1 else None)
            found[each] = Organ(code, _in_division(name, code, each.division or divisions.get(code or "")))
    return found


def place_before(name: str) -> tuple[str, str]:
    """The places that a name begins with, and the last of them.

    >>> place_before("重庆市万州区水利局"), place_before("城市管理局"), place_before("红旗镇")
    (('重庆市万州区', '万州区'), ('', ''), ('', ''))
    """
    end, last = 0, ""
    while unit := _unit(name[end:]):
        end, last = end + len(unit), unit
    return name[:end], last


def _unit(text: str) -> str:
    known = _known_places()
    for length in range(min(len(text) - 1, _LONGEST), 1, -1):
        if text[:length] in known and not _TOWN_RE.match(text, length):
            return text[:length]
    # A place that the table does not have, by its last character.
    for at in range(1, min(len(text), _LONGEST)):
        # 万州区 and 苏州市, not 万州 and 苏州; but 青禾县 | 市场监督管理局.
        if text[at] in _PLACE and not _LONGER_RE.match(text, at + 1):
            unit = text[: at + 1]
            return "" if at + 1 == len(text) or _NO_PLACE_RE.search(unit) or _TOWN_RE.match(text, at + 1) else unit
    return ""


@cache
def _known_places() -> frozenset[str]:
    """Names of provinces, prefectures and counties, of today and of earlier days."""
    table = load_table()
    today = (name for name, codes in table.codes.items() if any(len(code) == 6 for code in codes.split()))
    return frozenset(name for name in (*today, *table.former_named) if name[-1] in _PLACE and name not in ("市辖区", "县", "城区"))


def _joined(names: set[str]) -> dict[str, str]:
    """Of the names on one portal, those that come to another one: the shortest that has its county in front."""
    before = {name: place_before(name) for name in names}
    longer: dict[str, set[str]] = defaultdict(set)
    for name, (places, last) in before.items():
        if places != last and name[len(places) - len(last) :] in names:
            longer[name[len(places) - len(last) :]].add(name)
    joined = {next(iter(several)): short for short, several in longer.items() if len(several) == 1}
    outer = {places.removesuffix(last) for places, last in before.values()}
    if len(_counties(before)) != 1 or not all(each in max(outer, key=len) for each in outer):
        return joined
    whole: dict[str, str] = {}
    for name in sorted((name for name in names if before[name][0]), key=lambda each: (len(each), each)):
        joined[name] = whole.setdefault(name[len(before[name][0]) :], name)
    for name, (places, _) in before.items():
        # 县民政局 is said beside 青禾县民政局 too.
        bare = name[1:] if name[0] in _PLACE and name not in whole and whole.get(name[1:], "").endswith(name) else name
        if not places and bare in whole and _BARE_RE.fullmatch(bare):
            joined[name] = whole[bare]
    return joined


def _counties(before: dict[str, tuple[str, str]]) -> set[str]:
    """The counties that names speak of. 重庆市规划和自然资源局万州区分局 speaks of 万州区, where others do, and 四川荣县开发区 of 荣县."""
    lasts = {last for _, last in before.values() if last}
    if len(lasts) > 20:
        return lasts  # a portal of many counties, however they are called
    found = set()
    for name, (places, last) in before.items():
        if last:
            rest = name[len(places) :] if last in _known_places() else name
            county = next((other for other in sorted(lasts - {last}) if other in rest), last)
            found.add(short_form(county) or county)
    return found


def _in_division(name: str, code: str | None, division: str | None) -> str:
    """A name with its division in front, and nothing before that."""
    if not code or not division:
        return name
    if (at := name.find(division)) >= 0:
        return name[at:]
    if len(code) == 6 and not code.endswith("00") and _BARE_RE.fullmatch(name) and not place_before(name)[0]:
        return division + name
    return name
