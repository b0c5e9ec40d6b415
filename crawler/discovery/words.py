"""What the words of a link promise.

Portals name the column of annual reports in a hundred ways, and call a dozen other things 年报:
of the rule of law, of the budget, of the provident fund. The words are judged together with
where they stand: 2021年 or 高笋塘街道 mean nothing on a front page and everything inside the
column. All vocabulary is in words.toml; the rules of reading it are here.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from .years import within, without_dates, years_in_words

Place = Literal["open", "disclosure", "column"]
"""Where a link stands: anywhere · on a page about disclosure · inside a column of annual reports."""


@dataclass(frozen=True)
class Judgement:
    """What a link is worth: `score` 0 (do not ask) to 100, the `role` its target probably has, and why.

    `refused` tells words that rule a link out (an interpretation, another kind of report) from words
    that merely promise nothing. `branch` marks organs and years inside a column.
    """

    score: int
    role: str
    why: str
    refused: bool = False
    branch: bool = False


@cache
def words() -> dict[str, Any]:
    """The vocabulary, with its patterns compiled."""
    with (Path(__file__).parent / "words.toml").open("rb") as file:
        data = tomllib.load(file)
    report = data["report"]
    subjects = "|".join(sorted(report["subjects"], key=len, reverse=True))
    documents = "|".join(sorted(report["documents"], key=len, reverse=True))
    report["pattern"] = re.compile(
        rf"(?P<subject>{subjects})(?:.{{0,{report['gap']}}}?(?P<document>{documents})|(?:工作)?报告(?=\W*$))"
    )
    report["weak_pattern"] = re.compile("|".join(sorted(report["weak"], key=len, reverse=True)))
    report["filler_pattern"] = re.compile(
        "|".join(re.escape(word) for word in sorted(report["filler"], key=len, reverse=True))
    )
    data["exclude"]["notice"] = re.compile("|".join(data["exclude"]["notice"]))
    data["generic"]["beside"] = re.compile("|".join(data["generic"]["beside"]))
    data["organs"]["topic_pattern"] = re.compile(data["organs"]["topic_organs"])
    data["slugs"] = {name: re.compile(pattern, re.IGNORECASE) for name, pattern in data["slugs"].items()}
    return data


def squeeze(text: str) -> str:
    """Remove white space, the date of publication and marks around a title.

    >>> squeeze("· 某县 2020年 政府信息公开年报  2021-01-20")
    '某县2020年政府信息公开年报'
    """
    text = without_dates(" ".join(text.split()))
    return re.sub(r"\s+|^[·•●■◆▪>»\-*.、，]+|[\[\]【】]+$", "", text)


def judge(text: str, url: str, place: Place = "open", *, inside: bool = False, latest: int = 2100) -> Judgement:
    """Say what a link is worth by its words, its address, and where it stands.

    >>> judge("某县2020年政府信息公开工作年度报告", "http://a.gov.cn/1.html").role
    'report'
    >>> judge("法治政府建设年度报告", "http://a.gov.cn/2.html").score
    0
    >>> judge("高笋塘街道", "http://a.gov.cn/3/").score, judge("高笋塘街道", "http://a.gov.cn/3/", "column").role
    (0, 'column')

    `inside`: the address lies below the column's own folder. `latest`: the newest year that a report
    can be about; links that name a later one are part of a calendar.
    """
    vocabulary, scores = words(), words()["scores"]
    text = squeeze(vocabulary["generic"]["beside"].sub("", text))
    refusal = _refusal(text)
    if refusal:
        return Judgement(0, "page", refusal, refused=True)
    text, cut = completed(text)
    years = years_in_words(text)
    if years and not within(years, latest) and len(text) < 30:
        return Judgement(0, "page", f"names {max(years)}", refused=True)
    if is_report_phrase(text):
        return _titled(text, bool(years))
    weak = vocabulary["report"]["weak_pattern"].search(text)
    topic = _topic(text)
    if weak and topic:
        return Judgement(0, "page", f"another kind of report: {topic}", refused=True)
    if weak:
        return _weakly_titled(text, weak[0], bool(years), place)
    if place == "column":
        if cut and years and not topic:
            return Judgement(scores["report"], "report", "a title with a year, cut short, inside the column")
        judgement = _inside_column(text, bool(years), inside)
        if judgement.score:
            return judgement
    return _on_the_way(text, url, place, topic, scores)


def completed(text: str) -> tuple[str, bool]:
    """A title that the list cut short, with what it evidently goes on to say; and whether it was cut.

    >>> completed("某县2020年政府信…"), completed("某县2020年政府工…")
    (('某县2020年政府信息公开工作年度报告', True), ('某县2020年政府工', True))
    """
    whole = re.sub(r"(?:\.{2,}|…+)\W*$", "", text)
    if whole == text:
        return text, False
    for phrase in words()["report"]["whole"]:
        for length in range(len(phrase) - 1, 2, -1):
            if whole.endswith(phrase[:length]):
                return whole + phrase[length:], True
    return whole, True


def is_report_phrase(text: str) -> bool:
    """Whether words name the annual report on disclosure, and not merely some annual report.

    >>> is_report_phrase("财政局政府信息公开年报"), is_report_phrase("村务公开年报"), is_report_phrase("统计年报")
    (True, False, False)
    """
    text = completed(squeeze(text))[0]
    found = words()["report"]["pattern"].search(text)
    if not found or _refusal(text):
        return False
    return found["subject"] != "公开" or not _topic(text)


def _refusal(text: str) -> str | None:
    exclude = words()["exclude"]
    if len(text) <= 8 and not text.endswith(("年报", "报告")):
        for word in (*exclude["doors"], *exclude["calendar"]):
            if word in text:
                return f"“{word}” is no way to a report"
    for word in exclude["about"]:
        if word in text:
            return f"about a report, not one: {word}"
    found = exclude["notice"].search(text)
    if found:
        return f"a notice: {found[0][-12:]}"
    for word in exclude["other"]:
        if word in text:
            return f"another kind of report: {word}"
    return None


def _topic(text: str) -> str | None:
    """Another topic than disclosure, once the names of organs are out of the way."""
    rest = words()["organs"]["topic_pattern"].sub("", text)
    return next((word for word in words()["exclude"]["topics"] if word in rest), None)


def _titled(text: str, dated: bool) -> Judgement:
    scores = words()["scores"]
    kinds = organ_kinds(text)
    organ = organ_in_title(text)
    if kinds and not organ:
        return Judgement(scores["column"], "column", f"a branch of the column: {kinds}", branch=True)
    if dated:
        return Judgement(scores["report_dated"], "report", "a report's title with its year")
    if organ and re.search(r"报告\W*$|总结\W*$", text):
        return Judgement(scores["report"], "report", f"a report's title: {organ}")
    return Judgement(scores["column"], "column", f"the column's name: {text[:30]}", branch=bool(organ))


def _weakly_titled(text: str, weak: str, dated: bool, place: Place) -> Judgement:
    scores = words()["scores"]
    kinds, organ = organ_kinds(text), organ_in_title(text)
    if place == "column":
        if dated and not (kinds and not organ):
            return Judgement(scores["report_dated"] - 2, "report", f"“{weak}” with a year, inside the column")
        return Judgement(scores["branch"], "column", f"“{weak}” inside the column", branch=True)
    if place == "disclosure" and (not organ or kinds or looks_like_organ(organ)):
        role = "report" if dated and not kinds else "column"
        return Judgement(scores["column_weak"], role, f"“{weak}” on a page about disclosure", branch=bool(kinds))
    if len(text) <= 8:
        return Judgement(scores["adrift"], "column", f"“{weak}”, of what is not said")
    return Judgement(0, "page", f"“{weak}” of something else")


def _inside_column(text: str, dated: bool, inside: bool) -> Judgement:
    scores, generic = words()["scores"], words()["generic"]
    organ = organ_in_title(text)
    if dated:
        if organ and looks_like_organ(organ):
            return Judgement(scores["report"], "report", f"an organ and a year, inside the column: {organ}")
        if not organ or organ_kinds(text):
            return Judgement(scores["branch"], "column", f"a year, inside the column: {text[:20]}", branch=True)
    if text in generic["more"]:
        return Judgement(scores["more"], "column", "more of the column")
    if text in generic["open"] or not text:
        return Judgement(scores["inside"] if inside else 0, "report", "an unnamed link inside the column")
    aside = next(
        (word for word in words()["hubs"]["aside"] if word in words()["organs"]["topic_pattern"].sub("", text)), None
    )
    if aside or _topic(text):
        return Judgement(0, "page", f"beside the column: {aside or _topic(text)}")
    kinds = organ_kinds(text)
    if kinds and len(text) <= 14:
        return Judgement(scores["branch"], "column", f"a branch of the column: {kinds}", branch=True)
    if looks_like_organ(text):
        return Judgement(scores["organ"], "column", f"an organ, inside the column: {text}", branch=True)
    if inside:
        return Judgement(scores["inside"], "page", "below the column's own folder")
    return Judgement(0, "page", "promises nothing")


def _on_the_way(text: str, url: str, place: Place, topic: str | None, scores: dict[str, int]) -> Judgement:
    hubs, slugs = words()["hubs"], words()["slugs"]
    path = re.sub(r"^https?://[^/]*", "", url)
    if slugs["column"].search(path) and not topic and len(text) <= 20 and place != "column":
        return Judgement(scores["slug"], "column", f"the address names the column: {path[-60:]}")
    plain = words()["organs"]["topic_pattern"].sub("", text)
    aside = next((word for word in hubs["aside"] if word in plain), None)
    if aside or topic or (slugs["aside"].search(path) and not any(word in text for word in hubs["platform"])):
        return Judgement(0, "page", f"beside the way: {aside or topic or path[-40:]}")
    # Hubs have names; a sentence that mentions disclosure is an article.
    if len(text) <= 16:
        kinds = organ_kinds(text)
        if kinds and any(word in text for word in (*hubs["directory"], *hubs["platform"])):
            return Judgement(scores["organ_directory"], "page", f"a directory of organs: {kinds}", branch=True)
        for name, score in (("directory", "directory"), ("platform", "platform"), ("disclosure", "disclosure")):
            word = next((word for word in hubs[name] if word in text), None)
            if word:
                return Judgement(scores[score], "page", f"on the way to disclosure: {word}")
        past = next((word for word in (*hubs["old"], *(hubs["past"] if place != "open" else ())) if word in text), None)
        if past:
            return Judgement(scores["platform"], "page", f"on the way to disclosure: {past}")
        if text in hubs["bare"] and place == "open":
            return Judgement(scores["directory"], "page", f"on the way to disclosure: {text}")
        if kinds and place != "open":
            return Judgement(scores["organ_directory"], "page", f"a directory of organs: {kinds}", branch=True)
        if kinds and len(text) <= 8:
            return Judgement(scores["outside_directory"], "page", f"a directory of organs: {kinds}", branch=True)
    if place != "open" and looks_like_organ(text):
        return Judgement(scores["organ_name"], "page", f"an organ: {text}", branch=True)
    word = next((word for word in hubs["last"] if word in text), None) if len(text) <= 10 else None
    if word:
        return Judgement(scores["last"], "page", f"where reports also turn up: {word}")
    if not text and slugs["hub"].search(path):
        return Judgement(scores["directory"], "page", f"the address is about disclosure: {path[-40:]}")
    return Judgement(0, "page", "promises nothing")


def organ_in_title(text: str) -> str:
    """Return what a title says beyond 政府信息公开年报 and its year: mostly the organ, or "".

    >>> organ_in_title("万州区高笋塘街道2020年政府信息公开工作年度报告"), organ_in_title("2020年政府信息公开年报")
    ('万州区高笋塘街道', '')
    """
    report = words()["report"]
    rest = completed(squeeze(text))[0]
    rest = re.sub(r"(?:20\d{2}|二[〇零○OoＯ]{1,2}[〇零○一二三四五六七八九OoＯ]{1,2})\s*(?:年度|年)?", "", rest)
    found = report["pattern"].search(rest)
    if found:
        # The organ stands before the phrase; what follows is decoration (全文, 下载).
        before, after = rest[: found.start()], rest[found.end() :]
        rest = before if len(before) >= 2 else after
    else:
        rest = report["weak_pattern"].sub("", rest)
    rest = re.sub(r"^关于|[《》“”\"]|[0-9.、()（）]+$|^[0-9.、()（）]+", "", rest)
    without = report["filler_pattern"].sub("", rest)
    return "" if len(without) < 2 and not looks_like_organ(rest) else rest


def organ_of_file(text: str) -> str:
    """The organ after which a file is called, and nothing more; "" when it is called otherwise.

    >>> organ_of_file("附件3：3.县财政局.doc"), organ_of_file("统计表.xls")
    ('县财政局', '')
    """
    name = re.sub(r"^(?:附件|附表)?\s*\d*[：:.、\s]*(?:\d{1,3}[.、．\s])?|\.\w{2,5}$", "", text.strip())
    return squeeze(name) if looks_like_organ(name) else ""


def looks_like_organ(text: str) -> bool:
    """Whether words are the name of an organ or a place, by their end.

    >>> looks_like_organ("市教育局"), looks_like_organ("高笋塘街道"), looks_like_organ("教育局召开会议部署公开工作")
    (True, True, False)
    """
    organs = words()["organs"]
    text = re.sub(r"[（(].*?[）)]$", "", squeeze(text))
    if not 2 <= len(text) <= organs["longest"] or re.search(
        r"[，。；：！？:;!?]|20\d\d|召开|开展|举行|举办|组织|赴|获|学习", text
    ):
        return False
    return text.endswith(tuple(organs["suffixes"])) and bool(re.fullmatch(r"[\u3400-\u9fff·、（）()“”]+", text))


def organ_kinds(text: str) -> str | None:
    """Words for kinds of organs (部门, 乡镇街道), when the text is about kinds and not about one organ."""
    rest = words()["report"]["pattern"].sub("", text)
    rest = words()["report"]["weak_pattern"].sub("", rest)
    rest = re.sub(r"20\d{2}年?度?", "", rest)
    found = [word for word in words()["organs"]["kinds"] if word in rest]
    if not found:
        return None
    word = max(found, key=len)
    for part in found:
        rest = rest.replace(part, "")
    # 高笋塘街道 is one street; 乡镇街道 are all of them. What is left over decides.
    rest = words()["report"]["filler_pattern"].sub("", re.sub(r"[和与及、/]|市|县|区|州|旗|人民|办事处|信息|子?网站|网址|站点", "", rest))
    return word if len(rest) < 2 else None
