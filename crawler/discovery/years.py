"""Which years a link names: in its words, in its address.

The year in a title is the year reported on; the date beside it, and the date in an address, is
the day of publication, nearly always in the year after. An address is weaker evidence than
words (reports of 2025 lie in folders called 2024), so it speaks only where words are silent.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable
from urllib.parse import parse_qsl, urlsplit

FIRST_YEAR = 2008  # the Regulations came into force on 1 May 2008

_DIGITS = str.maketrans("０１２３４５６７８９〇零○一二三四五六七八九OoＯ", "01234567890001234567890" + "00")
_CHINESE_YEAR_RE = re.compile(r"二[〇零○OoＯ0][〇零○OoＯ0一二][〇零○OoＯ0一二三四五六七八九]")
_FULL_DATE_RE = re.compile(
    r"(?:19|20)\d{2}\s*(?:[-/.]\s*\d{1,2}\s*[-/.]\s*\d{1,2}|年\s*\d{1,2}\s*月\s*(?:\d{1,2}\s*日?)?)(?:\s*\d{1,2}:\d{2}(?::\d{2})?)?"
)
_SHORT_DATE_RE = re.compile(r"(?<!\d)\d{1,2}[-/]\d{1,2}\s*$|[\[(（]\s*\d{1,2}[-/]\d{1,2}\s*[\])）]")
_YEAR_RE = re.compile(r"(?<!\d)(20\d{2})(?!\d)")
_SPAN_RE = re.compile(r"(?<!\d)(20\d{2})\s*年?\s*(?:[-—–~～]|至|到)\s*(20\d{2})(?!\d)")

_YEAR_PARAMS = frozenset({"fbtime", "nbyear", "timeframe", "year", "nd", "niandu", "ndyear"})
# 2021, 2021n, 2021nb, 2024n78, 2020_123, 2021nzfxxgkndbg, zfxxgknb2019, nb_2022n, n2022n, dcqjd2017; not col2019, not 202201.
_FOLDER_RE = re.compile(
    r"^(?:(?:[a-z]{0,12}(?:nb|ndbg|jd|bm|xz)|n)_?)?(20\d{2})(?:[a-z]+\d{0,4}|年[^/]*)?(?:_\d{1,8})?$", re.IGNORECASE
)
_ARTICLE_DATE_RES = (
    re.compile(r"/t(20\d{2})\d{4}_\d+\."),
    re.compile(r"/(20\d{2})(?:0[1-9]|1[0-2])(?:[0-3]\d)?/"),
    re.compile(r"/(20\d{2})[-/](?:0?[1-9]|1[0-2])(?:[-/]\d{1,2})?/"),
    re.compile(r"/art/(20\d{2})/"),
)


def without_dates(text: str) -> str:
    """Remove full dates, which say when and not what about.

    >>> without_dates("2020年年报 2021-01-20")
    '2020年年报'
    """
    return _SHORT_DATE_RE.sub(" ", _FULL_DATE_RE.sub(" ", text)).strip()


def years_in_words(text: str) -> frozenset[int]:
    """Return the years that words name; 二〇二〇 and full-width digits count, publication dates do not.

    >>> sorted(years_in_words("某县二〇二〇年政府信息公开年报 2021-01-20"))
    [2020]
    >>> sorted(years_in_words("2008—2010年年报"))
    [2008, 2009, 2010]
    """
    text = _CHINESE_YEAR_RE.sub(lambda found: found[0].translate(_DIGITS), text)
    text = without_dates(text.translate(str.maketrans("０１２３４５６７８９", "0123456789")))
    years = {int(year) for year in _YEAR_RE.findall(text)}
    for first, last in _SPAN_RE.findall(text):
        if int(first) < int(last) <= int(first) + 30:
            years.update(range(int(first), int(last) + 1))
    return frozenset(years)


def years_in_url(url: str) -> frozenset[int]:
    """Return the years that a parameter or a folder of an address names as its subject.

    >>> sorted(years_in_url("http://a.gov.cn/x/xxgkAnnualReport.jsp?area=001&fbtime=2019"))
    [2019]
    >>> sorted(years_in_url("http://a.gov.cn/zfxxgknb/2021n/bm/202201/t20220118_1.html"))
    [2021]
    >>> years_in_url("http://a.gov.cn/art/2022/1/18/art_1_2.html")
    frozenset()
    """
    parts = urlsplit(url)
    query = parse_qsl(parts.query)
    years = {int(value) for name, value in query if name.lower() in _YEAR_PARAMS and re.fullmatch(r"20\d{2}", value)}
    if years:
        return frozenset(years)
    names = {name.lower() for name, _ in query}
    if "type" in names:  # Lonsun: ?type=3&action=detail&title=2020
        years = {
            int(value[:4])
            for name, value in query
            if name.lower() == "title" and re.fullmatch(r"20\d{2}年?", value[:5])
        }
    segments = parts.path.split("/")[1:]
    for segment, following in zip(segments, [*segments[1:], "x"], strict=True):
        stem = re.sub(r"\.[a-z]{3,5}$", "", segment, flags=re.IGNORECASE)
        found = _FOLDER_RE.match(stem)
        if not found or (stem == found[1] and re.match(r"^\d{1,2}(?:[-/]|$)|^art_", following)):
            continue  # /2022/1/18/ is a day, and art/2022/art_… a migration
        if stem == found[1] and following == "x" and not re.search(r"nb|ndbg|year|annual", parts.path, re.IGNORECASE):
            continue
        years.add(int(found[1]))
    return frozenset(years)


def published_year(url: str) -> int | None:
    """Return the year of publication that an article's address carries, or None.

    >>> published_year("http://a.gov.cn/nb/202201/t20220118_1.html")
    2022
    """
    for pattern in _ARTICLE_DATE_RES:
        found = pattern.search(url)
        if found:
            return int(found[1])
    return None


def excluded(words: str, url: str, years: Container[int] | None) -> str | None:
    """Say why a link cannot be about any of the `years` asked for; None when it can, or when it is not known.

    >>> excluded("某县2018年政府信息公开年报", "http://a.gov.cn/1.html", range(2019, 2024))
    'names 2018'
    >>> excluded("政府信息公开年报", "http://a.gov.cn/t20150101_1.html", range(2019, 2024))
    'published in 2015'

    Nothing is published about a year before that year has begun, so the date in an article's
    address is a bound; it is never taken for the year itself.
    """
    if years is None:
        return None
    named, published = years_in_words(words), published_year(url)
    if not named:
        named = years_in_url(url)
        # A folder that bears the year of publication, or one long before it, says where the article was filed.
        if published is not None and any(published - year not in (1, 2) for year in named):
            named = frozenset()
    if named:
        return None if any(year in years for year in named) else f"names {', '.join(map(str, sorted(named)))}"
    if published is not None and not any(year in years for year in range(FIRST_YEAR - 8, published + 1)):
        return f"published in {published}"
    return None


def read_years(text: str | None) -> range | tuple[int, ...] | None:
    """Read the years that a user asks for.

    >>> read_years("2019-2021"), read_years("2020"), read_years("2019,2021"), read_years(None)
    (range(2019, 2022), range(2020, 2021), (2019, 2021), None)

    Raises ValueError with one line that says what is wrong and what to write.
    """
    if text is None or not str(text).strip():
        return None
    years: set[int] = set()
    for part in re.split(r"[,，\s]+", str(text).strip()):
        found = re.fullmatch(r"(\d{4})(?:[-–~](\d{4}))?", part)
        if not found:
            raise ValueError(f"years: cannot read {part!r}; write 2020, 2019-2023 or 2019,2021")
        first, last = int(found[1]), int(found[2] or found[1])
        if not FIRST_YEAR - 8 <= first <= last <= 2100:
            raise ValueError(f"years: {part!r} is no span of years; the earlier year comes first, as in 2019-2023")
        years.update(range(first, last + 1))
    return _span(sorted(years))


def _span(years: list[int]) -> range | tuple[int, ...]:
    whole = range(years[0], years[-1] + 1)
    return whole if len(whole) == len(years) else tuple(years)


def within(years: Iterable[int], latest: int) -> bool:
    """Whether all years are ones that reports can be about: from 2008 to `latest`."""
    return all(FIRST_YEAR <= year <= latest for year in years)
