"""Whose reports a column holds, as far as names tell: how many organs, and of which class."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from urllib.parse import urlsplit

from .words import completed, is_report_phrase, looks_like_organ, organ_in_title
from .years import years_in_words

SITES = 3
"""Organs on a front page, each with a folder of its own of one kind, that make a group of sites of them."""

_SITE_OF_RE = re.compile(r"(?:[局镇乡]|街道|街道办事处|委员会|管委会|苏木)$")


def organ_sites(ways: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The organs' own sites that a front page leads to, by address: `ways` are (words, address) of what it links to.

    >>> ways = [(f"县{name}局", f"http://a.gov.cn/{path}/") for name, path in (("教育", "jyj"), ("财政", "czj"), ("水务", "swj"))]
    >>> list(organ_sites([*ways, ("县水务局", "http://a.gov.cn/info/77.htm")]).values())
    ['县教育局', '县财政局', '县水务局']
    """
    kinds: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for text, url in ways:
        path = urlsplit(url).path
        found = re.fullmatch(r"((?:/[\w-]{1,40}){1,3})/((?:index|default|main)\.\w{3,5})?", path)
        if found and looks_like_organ(text) and _SITE_OF_RE.search(text) and not urlsplit(url).query:
            kinds[f"{found[1].count('/')}{found[1].rpartition('/')[0]}{found[2] or ''}"].setdefault(url, text)
    return {url: text for sites in kinds.values() if len(sites) >= SITES for url, text in sites.items()}


def organs_named(texts: Iterable[str]) -> set[str]:
    """The organs that titles name, for telling a column of many organs from one of a single organ.

    >>> sorted(organs_named(["青溪县2020年政府信息公…", "白石镇教育信…"]))
    ['青溪县']
    """
    texts = [text for text in texts if not completed(text)[1] or is_report_phrase(text)]  # one that is cut inside the name names nobody
    return {organ for text in texts if (organ := organ_in_title(text)) and (looks_like_organ(organ) or len(organ) >= 2)}


def bare_organ(name: str) -> str:
    """The name of an organ as short as it is written: 西林县 and 西林县人民政府 report for the same one.

    >>> bare_organ("西林县人民政府"), bare_organ("城中街道办事处"), bare_organ("县教育局")
    ('西林县', '城中街道', '县教育局')
    """
    short = re.sub(r"(?:人民政府)?(?:办公室|办事处)?$", "", name)
    return short if len(short) >= 2 else name


def distinct_organs(names: Iterable[str]) -> set[str]:
    """The organs behind names, each once: 县教育局 is 西林县教育局.

    >>> sorted(distinct_organs(["西林县教育局", "县教育局", "西林县人民政府"]))
    ['西林县', '西林县教育局']
    """
    bare = {bare_organ(name) for name in names}
    return {name for name in bare if not any(other != name and other.endswith(name) for other in bare)}


def names_another(title: str, other: str) -> bool:
    """Whether two titles name different years, or organs that are not one written at two lengths.

    >>> names_another("青溪县2022年政府信息公开年报", "青溪县审计局2022年政府信息公开年报")
    True
    >>> names_another("县审计局2022年政府信息公开年报", "青溪县审计局2022年政府信息公开年报")
    False
    """
    years, others = years_in_words(title), years_in_words(other)
    if years and others and not years & others:
        return True
    one, two = (bare_organ(organ_in_title(each)) for each in (title, other))
    return bool(one and two) and not (one.endswith(two) or two.endswith(one))


def organ_class(text: str) -> str:
    """Tell towns and streets from bureaus and from the government, in the name of an organ or of a directory of them.

    >>> organ_class("某县高笋塘街道"), organ_class("乡镇"), organ_class("县教育局"), organ_class("部门街镇"), organ_class("某县")
    ('town', 'town', 'bureau', 'both', 'government')
    """
    town = bool(re.search(r"乡|镇|街道|苏木|街办", text))
    bureau = bool(re.search(r"部门|单位|局|委员会|委$|政府办|机构|直属|直", text))
    if not town and not bureau and re.search(r"(?:政府|本级|[省市县区州旗])$", text):
        return "government"
    return "both" if town and bureau else "town" if town else "bureau"
