"""Decide who reports, on which year, and when it was published: by witnesses that are listed.

No single place can be believed. Titles lack the organ or the year, last year's dates stay in the text,
the publisher named in the box is often the county for a town's report, and mirrors replace the organ by a
brand. So every witness is heard in a fixed order, the first that speaks decides, and where another of
weight contradicts it the finding says so. A division needs two that agree. The host is never asked
who reports: only whether it is a government's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from .chrome import spam_in
from .dates import read_date
from .lines import Line
from .model import Division, Finding
from .narrative import Narrative
from .places import decide_division
from .several import check_damaged, check_several
from .titles import ReportTitle, bare_organ, find_title, join_words, parse_title
from .years import decide_year

_AGGREGATE_RE = re.compile(
    r"全[省市区县旗州盟](?:各级)?(?:行政机关|各级|各部门|各单位|共|累计|主动公开|政府信息公开工作|依申请)|汇总|各级行政机关|综合.{0,8}各(?:乡镇|镇|乡|街道|部门|单位).{0,24}(?:报告|数据|情况)|(?:各镇|各乡|各街道).{0,12}(?:各部门|各单位).{0,16}(?:合计|共计|汇总)|所属.{0,8}(?:部门|单位).{0,10}汇总"
)
_COUNTY_GOVERNMENT_RE = re.compile(r"(?:省|自治区|市|区|县|旗|州|盟)(?:人民政府)?$")
_DEPARTMENT_RE = re.compile(
    r"(?:局|办公室|办公厅|委员会|管委会|中心|院|队|所|站|处|厅|委|街道|街道办事处|办事处|镇|乡|镇人民政府|乡人民政府|公司|学校|医院)(?:[（(].*[）)])?$"
)

_KNOWN_HOSTS = re.compile(
    r"(?:^|\.)gov\.cn$|(?:^|\.)政务$|(?:^|\.)xn--zfr164b$|(?:^|\.)jkq\.kunming\.cn$|(?:^|\.)gov\.(?:hk|mo)$"
)
_NOT_JUDGED = re.compile(
    r"^(?:localhost|127(?:\.\d+){3}|::1|\[::1\]|.*\.(?:localhost|test|example|invalid)|\d{1,3}(?:\.\d{1,3}){3})$"
)
_CLAIMED_RE = re.compile(
    r"(?:政府|部门|门户|官方|政务|本机关|本单位|本局|本部门).{0,12}(?:网站|网).{0,12}?[（(：:为是]\s*(?:网址[：:])?\s*(?:https?://)?((?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,})"
)

_ORGAN_WORDS_RE = re.compile(
    r"(?:人民政府|政府|办事处|委员会|管委会|局|办公室|办公厅|厅|街道|镇|乡|苏木|院|中心|部|会|处|社|所|站)$"
)
_SPEAKER = (
    r"([\u3400-\u9fff（）()]{2,28}?(?:人民政府|政府办公室|办公厅|街道办事处|街道|镇|乡|局|办公室|管委会|委员会|厅))"
)
_TOLD_RES = (
    re.compile(rf"由{_SPEAKER}(?=根据|依据|按照|负责|编制|组织)"),
    re.compile(rf"现将{_SPEAKER}(?=20\d\d|政府信息|的?信息公开)"),
    re.compile(rf"[，,。]{_SPEAKER}(?:特|现)?编制(?:了|本|20|政府|完成)"),
    re.compile(rf"公布{_SPEAKER}(?=20\d\d年)"),
    re.compile(rf"^(?:20\d\d年度?[，,]?\s*(?:以来[，,])?)?{_SPEAKER}(?=[20深认坚严按高在始紧积全持切以围])"),
    re.compile(rf"[，,]{_SPEAKER}(?=认真贯彻|深入贯彻|按照《|严格按照)"),
)
# 2023-01-19, 发布时间：2023-01-19, 石桥镇人民政府 发布于 2023-01-19.
_DATE_LINE_RE = re.compile(
    r"[\s\[【(（]*(?:(?P<by>[\u3400-\u9fff（）()]{2,30}?)\s*(?=发布于|发表于|[\s\d]))??"
    r"(?:(?:发布|公开|发表|更新|信息)?(?:时间|日期|于)\s*[：:]?\s*)?20\d\d\s*[-/.年]"
)
# 县政府办公室: of some county, and the sentence does not say of which.
_GENERIC_RE = re.compile(r"^(?:[省市区县旗州盟镇乡]|街道|管委会?)(?:委|人民|政府|办|党)|^(?:政府|人民政府|办公室|办公厅)")
_STRIP_RE = re.compile(
    r"中共|人民政府|政府|(?<=街道)办事处|(?<=街道)办|办事处|管理委员会|管委会|党政|综合|政务公开|信息公开|领导小组|办公室|办公厅|(?<=党政)办|机关|[（(].*?[）)]|\s"
)


@dataclass(frozen=True)
class Identity:
    """Who reports on what. `witnesses` names, for each field, who said what: {"year": {"title": "2020"}}."""

    title: str | None = None
    organ: str | None = None
    year: int | None = None
    published: str | None = None
    division: Division | None = None
    scope: Literal["own", "aggregate"] | None = None
    witnesses: dict[str, dict[str, str]] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()


def read_identity(
    *,
    url: str,
    title_tag: str | None,
    metas: Mapping[str, str],
    lines: Sequence[Line],
    narrative: Narrative,
    metadata: Mapping[str, str | None],
) -> Identity:
    """Decide title, organ, year, publication date, division and scope of a report. Pure; never raises.

    What no witness says is None. `year.unsure` and `organ.unsure` (warnings) say that witnesses disagree, or
    that only a weak one speaks; `division.unsure` (notice) names the candidates; `source.unofficial_host` (notice) that the page is not from a government's host.
    """
    titles = _titles(title_tag, metas, narrative, lines)
    title = _best_title(titles)
    published, published_by = _published(url, metas, narrative, metadata, lines)
    year, years, year_findings = decide_year(url, titles, narrative, published)
    organ, organs, organ_findings = _organ(titles, metas, narrative, metadata, lines)
    division, places, place_findings = decide_division(
        organ=organ,
        said_by=next((name for name, value in organs.items() if value == organ), None),
        url=url,
        metas=metas,
        metadata=metadata,
        lines=lines,
        narrative=narrative,
    )
    witnesses = {"year": years, "organ": organs, "division": places}
    if published and published_by:
        witnesses["published"] = {published_by: published}
    return Identity(
        title=title.text if title else None,
        organ=organ,
        year=year,
        published=published,
        division=division,
        scope=_scope(organ, narrative),
        witnesses=witnesses,
        findings=(*year_findings, *organ_findings, *place_findings, *_host(url, lines), *_hijacked(title_tag, metas, lines), *check_several(lines, _same_organ), *check_damaged(lines)),
    )


# ------------------------------------------------------------------------------- title


def _titles(
    title_tag: str | None, metas: Mapping[str, str], narrative: Narrative, lines: Sequence[Line]
) -> dict[str, ReportTitle]:
    """Every title the page shows, by where it stands: in print, in the article's meta, quoted, in the title tag."""
    found: dict[str, ReportTitle] = {}
    if narrative.title_lines:
        printed = find_title([Line(text, "") for text in narrative.title_lines])[0]
        if printed:
            found["title"] = printed
    else:
        printed = find_title([line for line in lines if not line.link])[0]
        if printed:
            found["title"] = printed
    for name, text in (("article_title", metas.get("articletitle")), ("title_tag", title_tag)):
        read = parse_title(text) if text else None
        if read and (read.year or read.organ or read.sure):
            found[name] = read
    printed, tagged = found.get("title"), found.get("title_tag")
    if printed and tagged and tagged.year and tagged.organ and (printed.organ, printed.year) != (tagged.organ, tagged.year):
        # of several on the page it is the one in the title tag: neighbours stand in a list above it
        same = (read for line in lines if not line.link and line.table is None and (read := parse_title(line.text)))
        found["title"] = next((read for read in same if (read.organ, read.year) == (tagged.organ, tagged.year)), printed)
    if "title" not in found:
        quoted = next(
            (
                read
                for text in narrative.preamble.split("\n")[:3]
                for part in re.findall(r"《[^《》]{8,90}》", text)
                if (read := parse_title(part))
            ),
            None,
        )
        if quoted:
            found["quoted"] = quoted
    return found


def _best_title(titles: Mapping[str, ReportTitle]) -> ReportTitle | None:
    """The fullest, the printed one of equals; none of a brand when another is to be had."""
    return max(titles.values(), key=lambda read: (not read.brand, bool(read.year) + bool(read.organ)), default=None)


# ------------------------------------------------------------------------------- published


def _published(
    url: str, metas: Mapping[str, str], narrative: Narrative, metadata: Mapping[str, str | None], lines: Sequence[Line]
) -> tuple[str | None, str | None]:
    """The day of publication and who says so. Never a date of the page's head or of related news."""
    for name in ("pubdate", "publishdate", "firstpublishedtime", "article:published_time", "og:release_date"):
        value = read_date(metas.get(name, ""))
        if value:
            return value, "meta"
    boxed = metadata.get("published")
    if boxed:
        return boxed, "box"
    under = _under_title(narrative, lines)
    if under:
        return under, "under_title"
    if narrative.signature:
        signed = read_date(narrative.signature[-1])
        if signed:
            return signed, "signature"
    written = metadata.get("written")
    if written and re.fullmatch(r"\d{4}-\d\d-\d\d", written):
        return written, "written"
    return None, None


def _under_title(narrative: Narrative, lines: Sequence[Line]) -> str | None:
    """A line of date and source within three lines below the title."""
    # Printed in one piece above the article, and in two within it.
    titles = {join_words(text) for text in (*narrative.title_lines, "".join(narrative.title_lines))}
    for index, line in enumerate(lines):
        if join_words(line.text) not in titles:
            continue
        for below in lines[index + 1 : index + 5]:
            if below.link or below.table is not None or len(below.text) > 90 or "。" in below.text:
                continue
            dated = _DATE_LINE_RE.match(below.text)
            if (
                dated
                and (not dated["by"] or _looks_organ(dated["by"].strip()))
                and not re.search("月\\d*日[^\\d\\s]*[，,]", below.text)
            ):
                value = read_date(below.text)
                if value:
                    return value
    return None


# ------------------------------------------------------------------------------- organ


def _organ(
    titles: Mapping[str, ReportTitle],
    metas: Mapping[str, str],
    narrative: Narrative,
    metadata: Mapping[str, str | None],
    lines: Sequence[Line],
) -> tuple[str | None, dict[str, str], list[Finding]]:
    heard: dict[str, str] = {}
    for name, read in titles.items():
        if read.organ and not read.brand:
            heard[name] = read.organ
    if not heard:
        above = _above_year_title(narrative)
        if above:
            heard["title"] = above
    boxed = metadata.get("issuer")
    if boxed and _looks_organ(boxed):
        heard["issuer"] = boxed
    source = metas.get("contentsource")
    if source and _looks_organ(source):
        heard["source"] = source
    signed = _signed(narrative)
    if signed:
        heard["signature"] = signed
    told = _told(narrative)
    if told:
        heard["prose"] = told
    branded = any(read.brand for read in titles.values())
    if not heard:
        return None, heard, [Finding("organ.unsure", "warning", "no witness says whose report it is")]
    name, organ = next(iter(heard.items()))
    if name in titles or name == "title":
        against = {
            other: value
            for other, value in heard.items()
            if other in ("signature", "title", "article_title") and not _same_organ(organ, value)
        }
        tagged = titles.get("title_tag")
        if tagged and tagged.year and tagged.sure and (value := heard.get("title_tag")) and not _same_organ(organ, value):
            # a title printed on the page may be a neighbour's in a list; who else says so decides
            others = [said for other, said in heard.items() if other not in ("title", "title_tag")]
            if not any(_same_organ(organ, said) for said in others):
                against["title_tag"] = value
        if against:
            said = ", ".join(f"{other} “{value}”" for other, value in against.items())
            return organ, heard, [Finding("organ.unsure", "warning", f"the title says “{organ}”, but {said}")]
        return organ, heard, []
    agreeing = [other for other, value in heard.items() if other != name and _same_organ(organ, value)]
    if branded:
        return (
            organ,
            heard,
            [
                Finding(
                    "organ.unsure", "warning", f"the title names a brand in the organ's place; {name} says “{organ}”"
                )
            ],
        )
    if agreeing or (name == "issuer" and not any(other in heard for other in ("signature", "prose"))):
        return organ, heard, []
    if name == "issuer":
        # The county publishes what its towns write: who signs knows better.
        better = heard.get("signature") or heard.get("prose") or organ
        return (
            better,
            heard,
            [Finding("organ.unsure", "warning", f"the issuer is “{organ}”, but the text speaks for “{better}”")],
        )
    return (
        organ,
        heard,
        []
        if name == "signature"
        else [Finding("organ.unsure", "warning", f"only {name} says that it is the report of “{organ}”")],
    )


def _looks_organ(text: str) -> bool:
    return (
        2 <= len(text) <= 40
        and bool(_ORGAN_WORDS_RE.search(text))
        and not re.search(r"[A-Za-z@*\ufffd]|官网|本网|本站|[，。；：:]", text)
    )


def _above_year_title(narrative: Narrative) -> str | None:
    """An organ printed alone on the line above or below a title without one (a cover page)."""
    for text in narrative.preamble.split("\n")[:3]:
        if _looks_organ(text) and len(text) >= 4:
            return text
    return None


def _signed(narrative: Narrative) -> str | None:
    for text in narrative.signature:
        words = re.sub(r"[（(](?:盖章|公章|章)[）)]|[\s\d年月日二〇○零一三四五六七八九十]+$", "", text).strip()
        if _looks_organ(words) and len(words) >= 3:
            return words
    return None


def _told(narrative: Narrative) -> str | None:
    """Who speaks in the opening: 由…编制, 现将…报告如下, or whose year it is in the first words."""
    first = narrative.sections[0].text if narrative.sections else ""
    for text in [*narrative.preamble.split("\n")[:4], *first.split("\n")[:2]]:
        for pattern in _TOLD_RES:
            found = pattern.search(text)
            organ = bare_organ(found[1]) if found else None
            if organ and _looks_organ(organ) and not _GENERIC_RE.match(organ):
                return organ
    return None


def _same_organ(one: str, other: str) -> bool:
    """大寨乡 and 金平县大寨乡人民政府 are one organ, as are 发改局 and 发展和改革局; 同心县 and 同心县教育局 are two."""
    first, second = (_STRIP_RE.sub("", name).replace("委员会", "委") for name in (one, other))
    if not first or not second or first == second:
        return True
    short, long = sorted((first, second), key=len)
    if long.endswith(short):
        return True
    # 卫健委 of 卫生健康委员会, 新平县 of 新平彝族傣族自治县: the letters in their order, and the same last one.
    enough = 3 if "族自治" in long and long[:2] == short[:2] else 4
    return len(short) >= enough and long[-1] == short[-1] and _letters_within(short, long)


def _letters_within(short: str, long: str) -> bool:
    letters = iter(long)
    return all(letter in letters for letter in short)


# ------------------------------------------------------------------------------- scope, host


def _scope(organ: str | None, narrative: Narrative) -> Literal["own", "aggregate"] | None:
    """Aggregate when a government speaks for all its organs; own for a department, town or office."""
    text = (
        narrative.preamble
        + "\n"
        + "\n".join(
            section.text for section in narrative.sections if section.key in ("overview", "disclosure", "requests")
        )
    )
    hits = len(_AGGREGATE_RE.findall(text))
    if organ and _DEPARTMENT_RE.search(organ) and not _COUNTY_GOVERNMENT_RE.search(organ):
        # An office may write for the whole county; then it says so, and more than once.
        return "aggregate" if "汇总" in text and hits >= 2 else "own"
    if hits:
        return "aggregate"
    return None


def _host(url: str, lines: Sequence[Line]) -> list[Finding]:
    """Judge the host of the address; without one, the address that the page gives for the government's own site."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".") if parts.scheme in ("http", "https") else ""
    except ValueError:
        host = ""
    if host:
        if _NOT_JUDGED.match(host) or _KNOWN_HOSTS.search(host):
            return []
        return [Finding("source.unofficial_host", "notice", f"{host} is not a government's host (gov.cn, 政务)")]
    for line in lines:
        if "." not in line.text or "网" not in line.text:
            continue
        claimed = _CLAIMED_RE.search(line.text)
        if claimed and not _KNOWN_HOSTS.search(claimed[1].lower()):
            return [
                Finding("source.unofficial_host", "notice", f"the page gives {claimed[1]} as the government's own site")
            ]
    return []


def _hijacked(title_tag: str | None, metas: Mapping[str, str], lines: Sequence[Line]) -> list[Finding]:
    """Advertisements for betting in the title, or in two lines: a stolen copy, or a site that was broken into."""
    named = [text for text in (title_tag, metas.get("keywords"), metas.get("description")) if text]
    word = next((word for text in named if (word := spam_in(text))), None)
    if word is None:
        said = [word for line in lines if (word := spam_in(line.text))]
        word = said[0] if len(said) >= 2 else None
    if word is None:
        return []
    return [Finding("source.mirror", "notice", f"advertisers' words stand on the page (“{word}”): a hijacked copy")]
