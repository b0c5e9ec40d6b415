"""Decide which year a report is about.

In the order of their weight: the title; the statistics period (自2020年1月1日起至2020年12月31日止); the opening
sentence; the year in an address; the year before the day of publication, when that was January to April.
Last year's sentences are left in many reports, so the chance year of a first sentence contradicts nobody.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

from .dates import read_date
from .model import Finding
from .narrative import Narrative
from .titles import ReportTitle, names_two_years

_YEAR = r"((?:19|20)\d\d)"
# 统计期限自2020年1月1日起至2020年12月31日止. Copies lose figures here (20231月1日): those say nothing.
_PERIOD_RE = re.compile(
    rf"(?<!\d){_YEAR}\s*年\s*1\s*月\s*1\s*日.{{0,10}}?[至到\-—－~～].{{0,10}}?(?:{_YEAR}\s*年)?\s*12\s*月\s*31\s*日"
)
# 统计期限自2022年9月1日起至2023年8月31日止: a school's year, which is none of the calendar's.
_OTHER_PERIOD_RE = re.compile(
    rf"统计(?:期限|时限|时间|时段|区间|周期|范围)[^。；]{{0,8}}?(?<!\d){_YEAR}\s*年\s*\d{{1,2}}\s*月(?:\s*\d{{1,2}}\s*日)?.{{0,6}}?[至到\-—－~～].{{0,4}}?{_YEAR}\s*年\s*\d{{1,2}}\s*月(?:\s*\d{{1,2}}\s*日)?"
)
# 数据统计期限为2020年度
_PERIOD_NAMED_RE = re.compile(rf"统计(?:期限|时限|时间|时段|区间|周期|范围)[^。；]{{0,8}}?(?<!\d){_YEAR}年度")
# 二〇二〇年一月一日起至十二月三十一日止
_PERIOD_CHINESE_RE = re.compile(r"(二[〇○零ＯOo0][〇○零ＯOo0一二三四五六七八九]{2})年(?:1|一)月(?:1|一)日.{0,16}?十二月三十一日")
_FIGURES = str.maketrans("〇○零ＯOo一二三四五六七八九", "000000123456789")
_OPENING_RE = re.compile(
    rf"现将.{{0,40}}?{_YEAR}\s*年|{_YEAR}\s*年度?.{{0,30}}(?:报告|汇报|公布|总结)如下|编制.{{0,16}}?{_YEAR}\s*年度?.{{0,12}}(?:报告|年报)|根据.{{0,12}}{_YEAR}年度政府信息公开"
)
_FIRST_YEAR_RE = re.compile(
    rf"^(?:[（(]?[一1][)）、.]?[^，。]{{0,16}}[。：:])?\s*{_YEAR}\s*年(?:度|以来|来|[,，]|[\u3400-\u9fff])"
)
_PATH_YEAR_RE = re.compile(r"/(20\d\d)(?:n|nb|nd|ndbg|nnb|年)?(?=/)")
_URL_DATE_RE = re.compile(
    r"/t(20\d\d)([01]\d)([0-3]\d)_|/art/(20\d\d)/(\d{1,2})/(\d{1,2})/|/(20\d\d)-?([01]\d)[-/]?([0-3]\d)/|/(20\d\d)-([01]\d)/([0-3]\d)/"
)


def decide_year(
    url: str, titles: Mapping[str, ReportTitle], narrative: Narrative, published: str | None
) -> tuple[int | None, dict[str, str], list[Finding]]:
    """Return the year, every witness heard by its name, and the finding when they disagree or only a weak one speaks."""
    strong: dict[str, int] = {}
    for name, read in titles.items():
        if read.year:
            strong[name] = read.year
    prose = [line.text for line in narrative.lines[:60] if line.table is None]
    opening = [*narrative.preamble.split("\n"), *prose[:8]]
    for text in [*opening, *(section.text for section in narrative.sections)]:
        period = _period(text)
        if period:
            strong.setdefault("period", period)
            break
    weak: dict[str, int] = {}
    for section in narrative.sections:
        annexed = re.search(rf"{_YEAR}\s*年", section.heading) if section.key == "annex" else None
        if annexed:
            weak["annex"] = int(annexed[1])
    for text in opening:
        found = _OPENING_RE.search(text)
        if found:
            weak.setdefault("opening", int(next(group for group in found.groups() if group)))
            break
    first = narrative.sections[0].text if narrative.sections else narrative.preamble
    found = next((hit for text in first.split("\n")[:4] if (hit := _FIRST_YEAR_RE.search(text))), None)
    if found:
        weak["first_sentence"] = int(found[1])
    weaker = _url_years(url)
    posted = _url_date(url)
    if posted and posted[5:7] in ("01", "02", "03", "04"):
        weaker["url_date"] = int(posted[:4]) - 1
    if published and published[5:7] in ("01", "02", "03", "04"):
        weaker["published"] = int(published[:4]) - 1
    heard = {**strong, **weak, **weaker}
    shown = {name: str(value) for name, value in heard.items()}
    counted = next((said for text in opening if (said := _across_years(text))), None)
    if counted:
        message = f"the figures are those of a time that is no calendar year: {counted}"
        return next(iter(strong.values()), None), shown, [Finding("year.unsure", "warning", message)]
    if not heard:
        return None, shown, [Finding("year.unsure", "warning", "no witness says which year the report is about")]
    name, year = next(iter(heard.items()))
    spanned = next((read.text for read in titles.values() if names_two_years(read.text)), None)
    if spanned:
        return year, shown, [Finding("year.unsure", "warning", f"the title names two years: {spanned}")]
    # Of what the prose says, the announcement may contradict a title; a chance first sentence may not.
    firm = {**strong, **{other: value for other, value in weak.items() if other == "opening"}}
    against = {other: value for other, value in firm.items() if value != year}
    if against:
        said = ", ".join(f"{other} {value}" for other, value in against.items())
        return (
            year,
            shown,
            [
                Finding(
                    "year.unsure",
                    "warning",
                    f"{name} says {year}, but {said}",
                    expected=year,
                    found=next(iter(against.values())),
                )
            ],
        )
    if name not in strong and sum(value == year for value in heard.values()) < 2:
        return year, shown, [Finding("year.unsure", "warning", f"only {name} says that the year is {year}")]
    doubt = _doubt(year, heard, published)
    if doubt:
        message = f"{name} says {year}, but {doubt[0]}"
        return year, shown, [Finding("year.unsure", "warning", message, expected=year, found=doubt[1])]
    return year, shown, []


def _period(text: str) -> int | None:
    """The year of the statistics period that a paragraph gives."""
    found = _PERIOD_RE.search(text)
    if found and (found[2] is None or found[1] == found[2]):
        return int(found[1])
    named = _PERIOD_NAMED_RE.search(text)
    if named:
        return int(named[1])
    chinese = _PERIOD_CHINESE_RE.search(text)
    return int(chinese[1].replace("二", "2").translate(_FIGURES)) if chinese else None


def _across_years(text: str) -> str | None:
    """The statistics period that a paragraph gives, when it begins in one year and ends in another."""
    found = _OTHER_PERIOD_RE.search(text)
    return found[0] if found and found[1] != found[2] else None


def _doubt(year: int, heard: Mapping[str, int], published: str | None) -> tuple[str, int] | None:
    """What speaks against a year that no firm witness contradicts: a misprint in the title shows in this way only."""
    if published and (int(published[:4]) < year or (int(published[:4]) == year and published[5:7] < "11")):
        return f"it was published on {published}", int(published[:4])
    # Last year's sentence may have stayed in, and a page may have been moved; not both to the same year.
    first = heard.get("first_sentence")
    posted = heard.get("published", heard.get("url_date"))
    if first is not None and first == posted != year and heard.get("period") is None and heard.get("opening") is None:
        return f"the first sentence speaks of {first}, and it was published the year after", first
    return None


def _url_years(url: str) -> dict[str, int]:
    """Years that an address gives: fbtime of Hanweb and nbYear are the report's; folders may be wrong."""
    try:
        parts = urlsplit(url)
        query = parse_qs(parts.query)
    except ValueError:
        return {}
    for name in ("fbtime", "nbYear", "timeFrame", "title", "year"):
        for value in query.get(name, []):
            if re.fullmatch(r"20\d\d", value):
                return {"url": int(value)}
    folder = _PATH_YEAR_RE.search(parts.path)
    # /art/2021/1/22/ is a date; /2021n/ is a year of reports.
    if folder and not folder[0].strip("/").isdigit():
        return {"url": int(folder[1])}
    return {}


def _url_date(url: str) -> str | None:
    """The day in an address, /202101/t20210122_1.html: when it was posted, or moved to this site."""
    found = _URL_DATE_RE.search(url)
    return read_date("-".join(part for part in found.groups() if part)) if found else None
