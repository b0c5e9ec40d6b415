"""Administrative divisions of China, from provinces down to townships, by code and by name.

A county-level place is known by six digits (GB/T 2260), a township by nine. Names are not
keys: 88 townships are called 城关镇 and 28 names of counties recur. So everything here
that goes from a name to a place returns every candidate and leaves the choice to whoever
has a second witness.

The table is that of 2023-06-30; older county codes and names, back to 1989, come with it,
because index numbers and credit codes keep the division of the day they were given.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from parsers.division_table import HIGH_SUFFIXES, TOWN_SUFFIXES, Place, PlaceLevel, level_of, load_table, short_form

__all__ = [
    "Place", "PlaceLevel", "ancestors", "by_code", "county_of", "find_places", "full_name", "named", "resolve_organ", "successors",
]  # fmt: skip

# ---------------------------------------------------------------------------------- codes


def _canonical(code: str) -> str:
    """The code in its six or nine digits, "" when it is none: 2, 4 and 12 digits are other ways to write it."""
    code = code.strip()
    if not (code.isascii() and code.isdigit()):
        return ""
    if len(code) in (2, 4):
        return code.ljust(6, "0")
    if len(code) == 12:  # the statistics bureau's form, which goes down to villages
        code = code[:9]
    if len(code) == 9 and code.endswith("000"):
        code = code[:6]
    return code if len(code) in (6, 9) else ""


def _stem_of(code: str) -> str:
    """The digits that the codes of all places within this one begin with."""
    for zeros in ("0000", "00"):
        if len(code) == 6 and code.endswith(zeros):
            return code[: -len(zeros)]
    return code


def by_code(code: str) -> Place | None:
    """The place of a code: 2, 4, 6, 9 or 12 digits, as GB/T 2260 and the statistics bureau write them.

    >>> by_code("500101001")
    Place(code='500101001', name='高笋塘街道', level='township', until=None)
    >>> by_code("440183")
    Place(code='440183', name='增城市', level='county', until='2013-12')

    Today's name, or the last one of a code out of use. None for a code that never was, and
    for the rows of the standard that are no places (110100, 市辖区).
    """
    code = _canonical(code)
    table = load_table()
    name = table.names.get(code)
    if name is not None:
        return Place(code, name, level_of(code))
    former = table.former.get(code)
    return former[-1] if former else None


def ancestors(code: str) -> tuple[Place, ...]:
    """The places that contain this one, the province first, the place itself left out.

    >>> [place.name for place in ancestors("500101001")]
    ['重庆市', '万州区']
    """
    code = _canonical(code)
    own = _stem_of(code)
    above = (by_code(own[:digits]) for digits in (2, 4, 6) if digits < len(own))
    # 东莞市 is 441900, as a prefecture and as what its townships' codes begin with.
    return tuple(dict.fromkeys(place for place in above if place is not None and place.code != code))


def full_name(code: str) -> str:
    """The names from the province down, or "" for a code that never was.

    >>> full_name("500101001")
    '重庆市万州区高笋塘街道'
    """
    place = by_code(code)
    if place is None:
        return ""
    return "".join(above.name for above in ancestors(place.code)) + place.name


@lru_cache(maxsize=1)
def _undivided() -> frozenset[str]:
    """Prefectures with townships and no counties: 东莞, 中山, 儋州, 嘉峪关."""
    codes = load_table().names
    divided = {code[:4] for code in codes if len(code) == 6 and level_of(code) == "county"}
    return frozenset(c for c in codes if len(c) == 6 and level_of(c) == "prefecture" and c[:4] not in divided)


def county_of(code: str) -> Place | None:
    """The county-level place that a code, or an identifier that begins with one, belongs to.

    >>> county_of("6403240007")
    Place(code='640324', name='同心县', level='county', until=None)

    The identifier may be a township's code, a site code (网站标识码, 10 digits) or a police
    filing (公网安备, 14). Prefectures that have no counties (东莞市) stand for themselves.
    None when the place is larger than a county, or unknown.
    """
    digits = code.strip()
    if not (digits.isascii() and digits.isdigit() and len(digits) >= 6):
        return None
    place = by_code(digits[:6])
    if place is not None and place.level == "county":
        return place
    # 620201 is what the townships of 嘉峪关市 begin with, and is itself no place.
    prefecture = digits[:4] + "00"
    if prefecture in _undivided() and (place is not None or len(digits) == 9):
        return by_code(prefecture)
    return None


def successors(code: str) -> tuple[Place, ...]:
    """Where a county or prefecture of this code is found today, by its name.

    >>> [(place.code, place.name) for place in successors("440183")]
    [('440118', '增城区')]

    A code of today is its own successor. A dead one is followed by name: places of its level
    with the same name, whatever the suffix, in the same prefecture, or else in the same
    province. Empty when the name is gone too.
    """
    place = by_code(code)
    if place is None:
        return ()
    if place.until is None:
        return (place,)
    stem = short_form(place.name) or place.name
    for suffix in HIGH_SUFFIXES:
        if stem.endswith(suffix) and len(stem) - len(suffix) >= 2:
            stem = stem.removesuffix(suffix)
            break
    namesakes = dict.fromkeys((*_exactly(place.name), *_with_suffixes(stem, HIGH_SUFFIXES)))
    found = tuple(p for p in namesakes if p.level == place.level and p.until is None and p.code[:2] == place.code[:2])
    return tuple(p for p in found if p.code[:4] == place.code[:4]) or found


# ---------------------------------------------------------------------------------- names


def _exactly(name: str) -> list[Place]:
    table = load_table()
    if name not in table.codes and name not in table.former_named:
        return []
    places = [Place(code, table.names[code], level_of(code)) for code in table.codes.get(name, "").split()]
    return places + table.former_named.get(name, [])


def _with_suffixes(stem: str, suffixes: Iterable[str]) -> list[Place]:
    # One character is never a name without its suffix: 赵 is not 赵县.
    if len(stem) < 2:
        return []
    return list(dict.fromkeys(place for suffix in suffixes for place in _exactly(stem + suffix)))


def _prefixes(within: str) -> tuple[str, ...]:
    """What the codes of places inside `within` begin with; empty when that is no code."""
    within = within.strip()
    if not (within.isascii() and within.isdigit()):
        return ()
    if len(within) in (10, 14):  # a site code, a police filing: they begin with a county
        within = within[:6]
    if len(within) in (6, 9, 12):
        within = _canonical(within)
    later = successors(within) if len(within) == 6 else ()
    return (_stem_of(within), *(_stem_of(place.code) for place in later))


def _inside(places: Iterable[Place], within: str) -> list[Place]:
    if not within:
        return list(places)
    prefixes = _prefixes(within)
    return [place for place in places if prefixes and place.code.startswith(prefixes)]


_LEVEL_ORDER = ("province", "prefecture", "county", "township")


def _ordered(places: Iterable[Place]) -> tuple[Place, ...]:
    """Today's places; only when there are none, former ones. The larger first, then by code."""
    found = set(places)
    today = {place for place in found if place.until is None}
    return tuple(sorted(today or found, key=lambda p: (_LEVEL_ORDER.index(p.level), p.code, p.until or "")))


def named(name: str, within: str = "") -> tuple[Place, ...]:
    """Every place of this name: as written in full, shortened (新平县), or else without its suffix (新平).

    >>> [place.code for place in named("增城市")], [place.code for place in named("新平县")]
    (['440183'], ['530427'])
    >>> len(named("城关镇")) >= 88, [place.code for place in named("河西镇", within="640324")]
    (True, ['640324101'])

    `within` narrows to a code, or to an identifier that begins with one (a site code); a
    dissolved county also opens its successor. Former places are returned only where no place
    of today has the name. Nothing found is an empty tuple.
    """
    name = re.sub(r"\s+", "", name)
    return _ordered(_inside(_exactly(name), within)) or _ordered(
        _inside(_with_suffixes(name, HIGH_SUFFIXES + TOWN_SUFFIXES), within)
    )


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """Where names stand, whole or shortened (新平县), never without a suffix: by start, then the longest first."""
    table = load_table()
    for start in range(len(text) - 1):
        reach = table.longest.get(text[start : start + 2], 0)
        for end in range(min(start + reach, len(text)), start + 1, -1):
            name = text[start:end]
            if name in table.codes or name in table.former_named:
                yield start, end


def find_places(text: str) -> tuple[Place, ...]:
    """Every place whose name occurs in a text, the longest names first, all namesakes of each.

    >>> [place.name for place in find_places("重庆市万州区高笋塘街道办事处2020年报告")]
    ['高笋塘街道', '重庆市', '万州区']

    A name that stands only inside a longer one (林县 in 石林县) is not counted. Two-character
    names of counties turn up in plain prose (市和县 holds 和县): this is for titles and issuer
    lines, and a place found is one witness, not a verdict. Statistical areas with names
    that recur (园艺场, 经济开发区) are words rather than names here, and left out.
    """
    found: dict[str, None] = {}
    covered = 0
    for start, end in _spans(text):
        if end > covered:
            covered = end
            found[text[start:end]] = None
    places: dict[Place, None] = {}
    for name in sorted(found, key=len, reverse=True):
        namesakes = _ordered(_exactly(name))
        if len(namesakes) > 1 and all(len(place.code) == 9 and place.code[6] >= "4" for place in namesakes):
            continue
        places.update(dict.fromkeys(namesakes))
    return tuple(places)


# ---------------------------------------------------------------------------------- organs

# Counties whose name without its suffix is a word that names of departments begin with:
# 荆州市公安局 has nothing to do with 荆州市公安县.
_ORDINARY_WORDS = frozenset(
    {
        "公安", "资源", "平安", "和平", "政和", "友好", "友谊", "振兴", "港口", "海港", "合作", "共和", "会同", "解放",
        "前进", "工农", "运河", "市中", "市北", "市南", "路北", "路南", "城关", "城中", "城东", "城西", "城北", "城厢",
        "交口", "新城", "新区", "新华", "新建", "建华", "东方", "温泉", "盐湖", "建设", "口岸", "集中", "开发", "文化",
    }
)  # fmt: skip
_GOVERNMENT = r"(?:人民政府|政府|管理委员会|管委会|办事处|街道办|党工委|党委)"
# What follows the last place that was recognised: a township or a county that was not.
_UNKNOWN_PLACE_RE = re.compile(
    rf"(?:人民政府)?[\u3007\u4e00-\u9fff]{{1,14}}?(?:(?:街道|镇|乡|苏木)(?:{_GOVERNMENT}|$)|办事处$|[区县旗市州盟](?:人民政府|政府|行政公署))"
)
# What stands before the first one, and is itself a place that was not recognised.
_UNKNOWN_PARENT_RE = re.compile(r"[省市州盟县区旗](?:人民政府)?$")
_LIAISON_RE = re.compile(r"(?:派?驻).{2,12}(?:办事处|联络处|代表处).*$")


@dataclass(frozen=True)
class _Mention:
    start: int
    end: int
    places: tuple[Place, ...]
    bare: bool  # without its suffix


@dataclass(frozen=True)
class _Chain:
    """Mentions in the order of the text, each place inside the one before."""

    mentions: tuple[_Mention, ...]
    places: tuple[Place, ...]  # what the last mention can mean

    @property
    def rank(self) -> tuple[int, bool, int]:
        """More places that agree; then a name that begins with its place; then more of the name accounted for."""
        return len(self.mentions), self.mentions[0].start == 0, sum(m.end - m.start for m in self.mentions)


def _mentions(organ: str) -> list[_Mention]:
    found = [_Mention(start, end, tuple(_exactly(organ[start:end])), False) for start, end in _spans(organ)]
    # 高笋塘办事处 is what 高笋塘街道 is called in half of the country.
    for m in re.finditer(r"(?<=[\u4e00-\u9fff])(?:办事处|街办)", organ):
        for start in range(max(0, m.start() - 6), m.start() - 1):
            if places := _exactly(organ[start : m.start()] + "街道"):
                found.append(_Mention(start, m.start(), tuple(places), False))
    # A name without its suffix: only at the head, or right after a place (温州瓯海).
    for start in sorted({0} | {m.end for m in found}):
        found += _bare_mentions(organ, start)
    for start in sorted({m.end for m in found if m.bare}):
        found += _bare_mentions(organ, start)
    return sorted(dict.fromkeys(found), key=lambda m: (m.start, -m.end, m.bare))


def _bare_mentions(organ: str, start: int) -> Iterator[_Mention]:
    # no name that begins so is longer, its suffix included
    longest = load_table().longest.get(organ[start : start + 2], 0)
    for size in range(min(8, longest - 1), 1, -1):
        stem, after = organ[start : start + size], organ[start + size : start + size + 1]
        if len(stem) < size or stem in _ORDINARY_WORDS or after in tuple("省市县区旗州盟镇乡街路村"):
            continue
        if places := _with_suffixes(stem, HIGH_SUFFIXES):
            yield _Mention(start, start + size, tuple(p for p in places if p.until is None) or tuple(places), True)


def _under(places: Iterable[Place], parents: Iterable[Place]) -> tuple[Place, ...]:
    stems = tuple(
        {_stem_of(parent.code) for parent in parents} | {_stem_of(s.code) for p in parents if p.until for s in successors(p.code)}
    )
    return tuple(place for place in places if place.code.startswith(stems) and _stem_of(place.code) not in stems)


def _chains(mentions: list[_Mention]) -> Iterator[_Chain]:
    def extend(chain: _Chain) -> Iterator[_Chain]:
        yield chain
        for mention in mentions:
            if mention.start >= chain.mentions[-1].end and (places := _under(mention.places, chain.places)):
                yield from extend(_Chain((*chain.mentions, mention), places))

    for mention in mentions:
        yield from extend(_Chain((mention,), mention.places))


def _contradicted(organ: str, chain: _Chain, mentions: list[_Mention]) -> bool:
    """Whether the name holds a place that the chain does not account for: then the chain is a namesake's."""
    first, last = chain.mentions[0], chain.mentions[-1]
    if _UNKNOWN_PARENT_RE.search(organ[: first.start]) or _UNKNOWN_PLACE_RE.match(organ[last.end :]):
        return True
    lineage = {place.code for final in chain.places for place in (*ancestors(final.code), final)}
    for other in mentions:
        if other.bare or other.end > last.start or any(p.level == "township" or p.until for p in other.places):
            continue
        if any(other.start < m.end and m.start < other.end for m in chain.mentions):
            continue
        if not any(place.code in lineage for place in other.places):
            return True
    return False


def resolve_organ(organ: str, within: str = "") -> tuple[Place, ...]:
    """The place whose government an organ is, or belongs to: all candidates, the most specific place named.

    >>> [p.code for p in resolve_organ("广州市增城区人民政府朱村街道办事处")]
    ['440118003']
    >>> [p.code for p in resolve_organ("安化县教育局")], [p.code for p in resolve_organ("荆州市公安局")]
    (['430923'], ['421000'])
    >>> len(resolve_organ("河西镇人民政府")) > 1, [p.code for p in resolve_organ("河西镇人民政府", within="6403240007")]
    (True, ['640324101'])

    The places in the name narrow one another (同心县 decides which 河西镇), and `within`, a code
    or an identifier that begins with one, narrows what is left. A name without its suffix
    (蓬安工业园区) counts at the head or after its parent, and only when one place answers to
    it. An empty tuple means that no place is named, that `within` contradicts, or that the
    organ names a township or county not in the table: 苍南县龙港镇, abolished in 2019, must not
    come out as 苍南县. Former places are candidates only where no place of today is one.
    """
    organ = _LIAISON_RE.sub("", re.sub(r"\s+", "", organ)[:80])
    mentions = _mentions(organ)
    chains = list(_chains(mentions))
    if not chains:
        return ()
    best = max(chain.rank for chain in chains)
    finals: dict[Place, None] = {}
    for chain in chains:
        if chain.rank != best or _contradicted(organ, chain, mentions):
            continue
        places = _ordered(_inside(chain.places, within))
        if chain.mentions[-1].bare and len(places) > 1:
            continue
        finals.update(dict.fromkeys(places))
    return _ordered(finals)
