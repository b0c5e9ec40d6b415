"""Find the division of the organ that reports, by two witnesses that agree.

Place names recur (88 towns are called 城关镇), site codes are copied from other sites, and credit codes keep
the division of the day they were given. One witness names candidates; a second, of another kind, decides.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from urllib.parse import parse_qs, urlsplit

from .codes import credit_code_division
from .division_table import Place, short_form
from .divisions import ancestors, by_code, full_name, resolve_organ
from .lines import Line
from .model import Division, Finding
from .narrative import Narrative

_SITE_ID_RE = re.compile(r"网站标识码\s*[：:]?\s*(\d{6})\d{4}(?!\d)")
_POLICE_RE = re.compile(r"公网安备\s*(?:号\s*)?[：:]?\s*(\d{6})\d{8}(?!\d)")
_CREDIT_RE = re.compile(r"(?<![0-9A-Z])1[0-9A-Z]\d{6}[0-9A-Z]{10}(?![0-9A-Z])")
# Zones (开发区, 高新区) are bodies and no divisions. The statistics bureau gives some of them codes from 400 up, and a zone's
# name, without the city's before it, is that of a dozen others.
_ZONE_RE = re.compile(r"(?:开发区|开发试验区|园区|产业园|工业园|高新区|新区|示范区|试验区|实验区|保税区|工业区|管理区|度假区|集聚区|风景名?胜?区|科技城|空港|物流园)(?:管理?委员?会|街道)?$")
_HOST_RE = re.compile(r"\s*(?:主办|承办)")
_CRUMB_RE = re.compile(r"位置|首页\s*[>＞»›→/\-]|[>＞»›].*[>＞»›]")


def decide_division(
    *,
    organ: str | None,
    said_by: str | None,
    url: str,
    metas: Mapping[str, str],
    metadata: Mapping[str, str | None],
    lines: Sequence[Line],
    narrative: Narrative,
) -> tuple[Division | None, dict[str, str], list[Finding]]:
    """Return the division and every witness heard, by its name. None unless two agree on it.

    `said_by` is the witness that named the organ: it is no second one. The notice `division.unsure` names the candidates where the organ's name has some and nothing decides.
    """
    codes = _code_witnesses(url, metas, metadata, lines)
    heard: dict[str, str] = dict(codes)
    if not organ:
        return None, heard, []
    names = _name_witnesses(metas, metadata, lines, narrative)
    names.pop(said_by or "", None)
    resolved = resolve_organ(organ)
    candidates = [place for place in resolved if place.until is None and not _is_zone(place)]
    if not candidates:
        return None, heard, [_unsure(resolved)] if any(place.until for place in resolved) else []
    heard["organ"] = " ".join(place.code for place in candidates[:5])
    scored = [(place, _supporters(place, candidates, codes, names)) for place in candidates]
    best = max(len(support) for _, support in scored)
    chosen = [(place, support) for place, support in scored if len(support) == best]
    if best < 1 or len(chosen) != 1:
        return None, heard, [_unsure([place for place, _ in chosen])]
    place, support = chosen[0]
    return Division(place.code, place.name, ("organ", *support)), heard, []


def _is_zone(place: Place) -> bool:
    return place.level == "township" and place.code[6] >= "4" and bool(_ZONE_RE.search(place.name))


def _unsure(places: Sequence[Place]) -> Finding:
    shown = ", ".join(f"{place.code} {full_name(place.code) if place.until is None else place.name}" + (f" (until {place.until})" if place.until else "") for place in places[:5])
    more = f" and {len(places) - 5} more" if len(places) > 5 else ""
    why = "no second witness says which" if len(places) > 1 else "no second witness agrees"
    return Finding("division.unsure", "notice", f"the organ's name may belong to {shown}{more}; {why}")


def _supporters(
    place: Place, candidates: Sequence[Place], codes: Mapping[str, str], names: Mapping[str, str]
) -> list[str]:
    """The witnesses, other than the organ's name, that place it there; none when a code contradicts."""
    line = [place, *ancestors(place.code)]
    stems = {_stem(item.code) for item in line}
    support = []
    for name, code in codes.items():
        known = by_code(code)
        if known is None:
            continue
        stem = _stem(code)
        if _stem(place.code).startswith(stem) or stem in stems:
            # A province's or a city's site holds many: it agrees, and proves little for a name that recurs.
            support.append(name)
    support.extend(name for name, text in names.items() if _agrees(name, text, place, line, len(candidates) > 1))
    return support


def _agrees(name: str, text: str, place: Place, line: Sequence[Place], recurs: bool) -> bool:
    """Whether a text puts the place where its code does.

    A report repeats its own name, which proves nothing, and speaks of other places it has visited. So
    prose has to name what the place belongs to; where the name recurs, right before the name itself.
    """
    above = line[1:]
    if name != "prose":
        return any(_named_in(item, text) for item in ([*above] if recurs else line))
    if not recurs:
        return any(item.name in text for item in above)
    county = next((item for item in above if item.level == "county"), None)
    if county is None:
        return False
    bare = re.escape(_bare(county))
    return bool(
        re.search(rf"{bare}(?:[\u3400-\u9fff]{{0,12}}自治)?[县市区旗](?:人民政府)?{re.escape(place.name)}", text)
    )


def _named_in(place: Place, text: str) -> bool:
    if place.name in text:
        return True
    bare = _bare(place)
    return len(bare) >= 2 and any(bare + suffix in text for suffix in ("县", "市", "区", "州", "旗"))


def _bare(place: Place) -> str:
    """新平彝族傣族自治县 is called 新平县, and 红河哈尼族彝族自治州 红河州."""
    short = short_form(place.name) or place.name
    return re.sub(r"[省市区县旗州盟]$", "", short) if len(short) > 2 else short


def _stem(code: str) -> str:
    for zeros in ("0000", "00"):
        if len(code) == 6 and code.endswith(zeros):
            return code[: -len(zeros)]
    return code


def _code_witnesses(
    url: str, metas: Mapping[str, str], metadata: Mapping[str, str | None], lines: Sequence[Line]
) -> dict[str, str]:
    """Six-digit codes that the page carries: of its site, of the police registration, of the organ's credit code."""
    heard: dict[str, str] = {}
    site = metas.get("siteidcode", "")
    if re.match(r"\d{10}$", site) and by_code(site[:6]):
        heard["site_id"] = site[:6]
    for line in reversed(lines):
        if (
            "标识码" in line.text
            and "site_id" not in heard
            and (found := _SITE_ID_RE.search(line.text))
            and by_code(found[1])
        ):
            heard["site_id"] = found[1]
        if (
            "公网安备" in line.text
            and "police_id" not in heard
            and (found := _POLICE_RE.search(line.text))
            and by_code(found[1])
        ):
            heard["police_id"] = found[1]
    credit = [metadata.get("index_number") or ""]
    with suppress(ValueError):
        credit.extend(parse_qs(urlsplit(url).query).get("area", []))
    for text in credit:
        for code in _CREDIT_RE.findall(text):
            division = credit_code_division(code)
            if division and by_code(division):
                heard["credit_code"] = division
    return heard


def _name_witnesses(
    metas: Mapping[str, str],
    metadata: Mapping[str, str | None],
    lines: Sequence[Line],
    narrative: Narrative,
) -> dict[str, str]:
    """Where else on the page the place is named: independent of the organ's own name."""
    heard: dict[str, str] = {}
    issuer = " ".join(value for value in (metadata.get("issuer"), metas.get("contentsource")) if value)
    if issuer:
        heard["issuer"] = issuer
    if metas.get("sitename"):
        heard["site_name"] = metas["sitename"]
    crumbs = " ".join(line.text for line in lines[:80] if len(line.text) < 120 and _CRUMB_RE.search(line.text))
    if crumbs:
        heard["breadcrumb"] = crumbs
    hosts = " ".join(line.text for line in lines if len(line.text) < 160 and _HOST_RE.match(line.text))
    if hosts:
        heard["footer"] = hosts
    signature = " ".join(narrative.signature)
    if signature:
        heard["signature"] = signature
    prose = narrative.preamble[:1500] + "\n" + "\n".join(section.text for section in narrative.sections)[:6000]
    if prose.strip():
        heard["prose"] = prose
    return heard
