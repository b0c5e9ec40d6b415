"""Read the title of a report: whose it is, and of which year.

Titles say organ and year in any order, on one line or three, in arabic or Chinese figures, with the
site's name behind them, quoted in the first sentence, or with the words of 工作年度报告 shuffled. What only
looks like one (a notice that asks for reports, an interpretation, another kind of annual report) is
told apart here too. Mirrors put an advertised brand in the organ's place: such a name is nobody's.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from .chrome import is_tail
from .lines import Line

_CORE_RE = re.compile(
    r"(?:(?:政府|政务|党务|党务政务|机关|部门)?信息(?:主动)?公开|政务公开|政府信息(?=年度|工作年度)|(?<=政府信息)公开)"
    r"(?:工作)?(?:情况)?的?(?P<year>(?:20\d\d|二[〇○零ＯOo0][〇○零ＯOo0一二三四五六七八九]{2})年(?!度)|20\d\d(?=年度))?"
    r"(?:(?P<annual>年度工作报告|年度报告|年度总结报告|年度工作总结|年度总结|年度情况报告|年报告?|年终总结|年度执行情况报告|年度报表|年度报)"
    r"|(?P<mixed>[工作告年度报]{5,6})"
    r"|(?P<plain>(?:工作)?(?:情况)?的?(?:自查)?报告|(?:工作)?(?:情况)?的?总结(?:报告)?))"
)
# Names of towns that begin or read like the words around a name: 度尾镇, 由旺镇, 新发布依族乡, 八月湖街道.
_TURN = "度(?!尾镇|佳镇|门街道)"
_YEAR_RE = re.compile(rf"(?<!\d)((?:19|20)\d\d)(?!\d)(?:年(?:{_TURN})?|(?=[^\d号〕\])）]|$))")
# 二〇二三年, and what input methods make of it: 二0二三年, 20二三年, 二〇23年.
_CHINESE_YEAR_RE = re.compile(r"(?<!\d)(?=\d{0,3}[〇○零ＯOo一二三四五六七八九])([二2][〇○零ＯOo0][〇○零ＯOo一二三四五六七八九\d]{2})(?!\d)年?(?:" + _TURN + ")?")
# 2020-2021年度, 2020年至2021年: a report of two years is of none.
_RANGE_RE = re.compile(r"(?<!\d)20\d\d学?年?度?[-—–~～至到]20\d\d(?:学年|年)?度?")
# What a half-year or a quarter was like is no annual report. 下半年 is: the Regulations began in May 2008.
_PART_YEAR_RE = re.compile(r"上半年|季度|(?:20\d\d年)[1-9一二三四五六七八九]月份?(?!\d|[-—至到~～]|[湖坪]街道)")
# What a file or a day of posting adds to a title.
_POSTED_RE = re.compile(r"\.(?:docx?|pdf|wps|xlsx?|html?)$|[(（]20\d\d年\d{1,2}月(?:\d{1,2}日)?(?:发布|公布|公开)?[)）]$|PDF版?$", re.IGNORECASE)
_FIGURES = str.maketrans("〇○零ＯOo一二三四五六七八九", "000000123456789")

# Words that make a page about reports, not a report.
_ABOUT_RE = re.compile(
    r"(?:的|做好.*|编制.*|报送.*|印发.*|关于.*)通知|通告|解读|图解|一图|图说|数说|数读|速览|长图|图文(?!版)|读懂|看懂|工作方案|实施方案|实施办法|办法$|意见$|目录$|工作要点|考核(?:结果|办法|工作|情况)|培训会|会议$|"
    r"模板|样式|样表|范本|格式|填报说明|(?:公开)?(?:发布(?!依族)|公布|出炉|上线|印发|晒出|亮相)|召开|部署|要求各|答记者|新闻(?:发布|稿|$)|点评|评估报告|汇编|答复意见"
)
# 关于公布某县…年度报告, 某县关于印发…年度报告: the letter carries the report. A notice (…的通知) does not.
_LETTER_RE = re.compile(r"(?<=关于)(?:公布|发布|印发|报送|上报|公开|转发)(?!.*(?:通知|方案|办法|意见|要求))")
_LABEL_RE = re.compile(r"^(?:(?:信息|文件)?(?:名称|标题))\s*[:：]\s*")
# What makes a sentence that quotes a title be about another paper.
_ABOUT_QUOTED_RE = re.compile(r"通知|解读|图解|读懂|看懂|格式|办法|方案|评估|培训|征求")
_OTHER_RE = re.compile(
    r"法治政府|依法行政|法治建设|网站(?:工作)?年度|网站(?:监管)?(?:工作)?(?:年报|报表|考核)|预算|决算|统计(?:年报|公报|年鉴|报告)|国民经济|社会发展.*公报|公积金|"
    r"环境(?:质量|状况|信息|保护)|生态环境状况|审计(?:工作|结果)?报告|绩效|财政收支|社会保险|企业年报|工商|年检|质量报告|社会责任|政府工作报告|工作总结|双公示|权力清单|"
    r"安全生产|水资源|食品安全|知识产权|人大代表|政协|提案|行政执法(?:工作)?(?:数据|统计|年度)|普法|信访|巡察|党建|述职|科普|公报$"
)
_ANNUAL_RE = re.compile(r"年度|年报|报告|报表|公报|总结")
_BRAND_RE = re.compile(
    r"[A-Za-z*＊@#$]|官网|官方|体育(?![总局和与、及中运旅委馆场路街公])|娱乐|博彩|棋牌|赌|彩票|下载|注册(?!分?局)|登录|网址|在线|入口|APP|首页|网站"
)
_ORGAN_STOP_RE = re.compile(
    r"[，。；：！？,;:!?]|根据|(?<!机构)编制(?![办委局研])|按照|现将|要求|规定|以下|本报告|全文|公布如下|有关|位置|>|＞|»"
)
_ORGAN_TAIL_RE = re.compile(
    r"(?:政府|办事处|委员会|管委会|委|局|办公室|办公厅|政府办|党政办|厅|院|中心|街道|街|镇|乡|苏木|部|会|社|所|站|大队|支队|总队|集团|公司|省|市|区|县|旗|州|盟|学校|大学|中学|小学|幼儿园|党校|医院|馆|处|办|署|团|场|园|城|师|台|联|协|军|矿|库|段|海关|队|支行|分行|监狱)(?:[（(][^）)]{1,12}[）)])?$"
)
_BUREAU_RE = re.compile(r"(?:局|委员会|[改健]委|办公室|中心)$")
# 某县发展和改革局 某县粮食局: with the space between them gone, two names that run together are no name.
_TWO_NAMES_RE = re.compile(r"^(.{2,8}?[省市区县旗州盟]).+(?:局|委|委员会|办公室|中心)\1.+(?:局|委|委员会|办公室|中心)$")
# Words that lead up to an organ's name and are no part of it. Not 将, 对, 特 or 本 alone: 将乐县, 对坡镇, 本溪市.
_LEAD_IN_RE = re.compile(
    r"^(?:[【\[][^】\]]{1,12}[】\]]|附件\d*[:：]?|[\d.、\-\s]+|[现特兹谨](?:将|把|就|对|(?=由|向|公布|发布|编制))|特此|"
    r"关于|有关|根据|按照|依照|依据|遵照|为了?|由(?!旺镇)|在(?!妙镇|中乡)|以下[是为]|向社会|(?:本|此|该|年度|以上)*报告(?:是|系|为|由)?|公布|发布|公开|公示|报送|上报|印发|转发|转载|编制(?![办委局])|编写|今年|一年来|年内)"
)
# Who speaks of himself (我镇, 本机关) and what is the rest of a sentence name nobody.
_NOBODY_RE = re.compile(
    r"^(?:[我该]|各(?:级|地|县|市|区|镇|乡(?!镇)|乡镇|街道|部门|单位|科室)|本(?:镇|乡|街道|县|市|区|旗|局|办|厅|委|院|所|站|中心|机关|单位|部门|级|行政机关|政府|年|报告))|要求|领导下|指导下|精神(?![病文卫])|规定|通知|条例|以来|如下|情况|工作(?!委员会|办公室|委|办|站|部|局|处|中心)"
)
_SITE_RE = re.compile(r"\s*[_|｜]\s*|\s+[-–—]+\s+|\s*--+\s*|-(?=[^-]{2,24}(?:网|政府|平台|门户)(?:网站)?$)")
_HANZI_GAP_RE = re.compile(
    r"(?<=[\u3400-\u9fff〇〔〕（）《》“”])\s+(?=[\u3400-\u9fff\d〇〔〕（）《》“”])|(?<=\d)\s+(?=[\u3400-\u9fff\d])"
)


@dataclass(frozen=True, slots=True)
class ReportTitle:
    """The title of a report. `organ` and `year` are None when it does not say; `sure` tells a full title
    (…年度报告, …年报) from one that other papers have too (…工作总结)."""

    text: str
    organ: str | None = None
    year: int | None = None
    sure: bool = True
    brand: bool = False


def join_words(text: str) -> str:
    """Take the spaces out of a Chinese title.

    >>> join_words("重庆市万州区 2020年 政府信息公开工作 年度报告")
    '重庆市万州区2020年政府信息公开工作年度报告'
    """
    text = " ".join(text.split())
    return _HANZI_GAP_RE.sub("", text) if " " in text else text


@lru_cache(maxsize=4096)
def parse_title(text: str) -> ReportTitle | None:
    """Read one line as the title of a report; None when it is none.

    >>> parse_title("2017年朱村街道办事处政府信息公开工作年度报告")
    ReportTitle(text='2017年朱村街道办事处政府信息公开工作年度报告', organ='朱村街道办事处', year=2017, sure=True, brand=False)
    >>> parse_title("关于做好2020年政府信息公开工作年度报告编制工作的通知") is None
    True
    """
    if len(text) > 200 or ("公开" not in text and "政府信息" not in text) or not _CORE_RE.search(join_words(text)):
        return None
    titles = [title for piece in _pieces(text) if (title := _parse(piece))]
    return max(titles, key=lambda title: bool(title.year) + bool(title.organ), default=None)


def about_reports(text: str) -> bool:
    """Whether a title is about reports (a notice, an interpretation, news) and not one."""
    packed = join_words(text)
    return bool("年度报告" in packed or "年报" in packed or _core(packed)) and bool(
        _ABOUT_RE.search(_LETTER_RE.sub("", packed))
    )


def other_report(text: str) -> bool:
    """Whether a title is of another kind of annual report.

    >>> other_report("某县2022年法治政府建设年度报告"), other_report("某县2022年政府信息公开工作年度报告")
    (True, False)
    """
    packed = join_words(text)
    core = _core(packed)
    if core:
        return bool(_PART_YEAR_RE.search(packed)) and not _ABOUT_RE.search(packed)
    return bool(_ANNUAL_RE.search(packed) and _OTHER_RE.search(packed))


def _core(packed: str) -> re.Match[str] | None:
    """The words 政府信息公开工作年度报告, in one of their forms. Most lines have not even the first of them."""
    return _CORE_RE.search(packed) if "公开" in packed or "政府信息" in packed else None


def find_title(lines: Sequence[Line]) -> tuple[ReportTitle | None, list[str]]:
    """Find the best title among lines: the one that says most, the first of equals.

    Also returns every line that prints it, once or twice, whole or in parts.
    """
    best: ReportTitle | None = None
    rank = (-1, -1)
    for index, line in enumerate(lines):
        if line.link or line.table is not None or len(line.text) > 120:
            continue
        for span in (1, 2, 3):
            parts = _parts(lines, index, span)
            if not parts:
                break
            title = parse_title(" ".join(parts))
            # 上一篇：某局2023年…年度报告 is the neighbour's in the list.
            if title and not is_tail(line.text) and not (span > 1 and _adds_nothing(parts)):
                value = (2 * bool(title.year) + 2 * bool(title.organ) + title.sure, -span)
                # A bare 政府信息公开年报 is the name of a column.
                if value > rank and (value[0] > 1 or "年度报告" in title.text):
                    best, rank = title, value
    if best is None:
        return None, []
    printed = []
    for index in range(len(lines)):
        for span in (1, 2, 3):
            parts = _parts(lines, index, span)
            if parts and join_words("".join(parts)).replace(" ", "") == best.text.replace(" ", ""):
                printed.extend(parts)
                break
    return best, printed or [best.text]


def _parts(lines: Sequence[Line], index: int, span: int) -> list[str]:
    chosen = lines[index : index + span]
    if len(chosen) < span or any(line.link or line.table is not None or len(line.text) > 80 for line in chosen):
        return []
    nodes = [line.node for line in chosen if line.node is not None]
    if len(nodes) == span > 1:
        # One heading in pieces stands in one place; a value of the box above it does not.
        first = nodes[0]
        if any(node is not first and node.getparent() is not first.getparent() for node in nodes):
            return []
    return [line.text for line in chosen]


def _adds_nothing(parts: Sequence[str]) -> bool:
    """Lines are joined to complete a title, or to put an organ before it; not to swallow a neighbour."""
    if any(parse_title(part) for part in parts[:-1]):
        return True
    last = parse_title(parts[-1])
    if not last:
        return False
    above = join_words("".join(parts[:-1]))
    if last.organ or _ORGAN_STOP_RE.search(above):
        return True
    above = _YEAR_RE.sub("", above)
    return bool(above) and not _ORGAN_TAIL_RE.search(above)


def _pieces(text: str) -> list[str]:
    """The ways to read a line: as it is, what it quotes in 《》, and without the site's name."""
    packed = join_words(text)
    pieces = []
    quoted = [found for found in re.findall(r"《([^《》]{6,90})》", packed) if _CORE_RE.search(found)]
    if quoted:
        pieces.extend(quoted if not _ABOUT_QUOTED_RE.search(packed.replace(quoted[0], "")) else [])
        return pieces
    parts = [part for part in _SITE_RE.split(text) if _CORE_RE.search(join_words(part))]
    pieces.extend(join_words(part) for part in parts)
    # "site, column, title" in one title tag: the title is the last that begins anew. Behind a bureau it does not, both report.
    for part in parts:
        words = part.split()
        pieces[:0] = [
            join_words(" ".join(words[cut:]))
            for cut in range(len(words) - 1, 0, -1)
            if not _BUREAU_RE.search(words[cut - 1]) and _full(" ".join(words[cut:]))
        ]
    return pieces


def _full(text: str) -> bool:
    packed = join_words(text)
    found = _CORE_RE.search(packed)
    return bool(found and _year(packed)[0] and found.start() > 6)


def _parse(packed: str) -> ReportTitle | None:
    packed = _LABEL_RE.sub("", packed)
    # Brackets stay as they are printed: 政府办公室（外事办公室） is a name.
    text = "".join(part if part in "（）" else unicodedata.normalize("NFKC", part) for part in re.split("([（）])", packed))
    text = _POSTED_RE.sub("", re.sub(r"^\*\*(.+)\*\*$", r"\1", text.strip(" .·•#>")))
    text = _LETTER_RE.sub("", text)
    if len(text) > 90 or "。" in text or _ABOUT_RE.search(text):
        return None
    cores = list(_CORE_RE.finditer(text))
    if not cores or _PART_YEAR_RE.search(text):
        return None
    core = cores[-1]
    if core["mixed"] and sorted(core["mixed"]) not in (
        sorted("工作年度报告"),
        sorted("年度报告工"),
        sorted("工作年度报"),
    ):
        return None
    before, behind = text[: core.start()], text[core.end() :]
    annotated = re.fullmatch(
        r"(?:[(（\[]([^)）\]]{0,30})[)）\]])?\d{0,4}年?度?(?:的?(?:公示|文本|全文|公告|报告|函|(?:数据|情况)?(?:统计表|附表|报表)))?的?[)）\]:：]?", behind
    )
    if not annotated:
        return None
    # 云岭镇人民|政府信息公开: the people's government has lent its name to the information.
    if before.endswith("人民"):
        before += "政府"
    year, before = _year(before + (core["year"] or ""), behind)
    if _ORGAN_STOP_RE.search(before):
        # uedbet@:西柳镇人民政府2023年…: what stands behind the last mark may still be an organ.
        pieces = re.split(r"[@:：]+", before)
        if len(pieces) < 2 or _ORGAN_STOP_RE.search(pieces[-1]) or not _ORGAN_TAIL_RE.search(pieces[-1]):
            return None
        before = pieces[-1]
    # 20220年: a misprint is no year, and no part of a name.
    organ, brand = _organ(re.sub(r"\d{3,}年?度?$", "", before))
    if not before and annotated[1] and _ORGAN_TAIL_RE.search(annotated[1]):
        organ, brand = _organ(annotated[1])
    return ReportTitle(packed.strip(), organ, year, bool(core["annual"] or core["mixed"]), brand)


def _year(before: str, behind: str = "") -> tuple[int | None, str]:
    """The year of a title, and what is left of it. None when it names two."""
    if _RANGE_RE.search(before):
        return None, _RANGE_RE.sub("", before)
    years = {int(found) for found in _YEAR_RE.findall(before)}
    rest = _YEAR_RE.sub("", before)
    for found in _CHINESE_YEAR_RE.finditer(before):
        figures = found[1].translate(_FIGURES)
        years.add(int(figures.replace("二", "2")))
        rest = rest.replace(found[0], "")
    if not years:
        years = {int(found) for found in re.findall(r"(?<!\d)(20\d\d)(?=年|度|[)）\]]|$)", behind)}
    years = {year for year in years if 2003 <= year <= 2060}
    rest = re.sub(r"[（(]\s*[）)]", "", rest)  # what is left of （2023年度）
    return (years.pop() if len(years) == 1 else None), rest


def names_two_years(text: str) -> bool:
    """Whether a title spans two years: 2020-2021年度, 2020年至2021年."""
    return bool(_RANGE_RE.search(unicodedata.normalize("NFKC", join_words(text))))


def bare_organ(words: str) -> str | None:
    """The organ that some words name, without what leads up to it; None when they name nobody.

    >>> bare_organ("现将清泉县云岭镇人民政府"), bare_organ("将乐县教育局"), bare_organ("现将我镇")
    ('清泉县云岭镇人民政府', '将乐县教育局', None)
    """
    words = words.strip(" 　-—_·、")
    while (bare := _LEAD_IN_RE.sub("", words).strip(" 　-—_·、")) != words:
        words = bare
    whole = re.fullmatch(r"[(（]([^()（）]+)[)）]", words)
    words = whole[1] if whole else words
    return words if words and not _NOBODY_RE.search(words) else None


def _organ(words: str) -> tuple[str | None, bool]:
    words = re.sub(r"\d{1,2}月?份?[至到\-—–~]\d{1,2}月份?$", "", words.strip(" 　-—_·"))
    words = re.sub(r"(?:关于|年度?|度|的|工作|上半年|下半年)+$", "", words).strip(" 　-—_·")
    if _BRAND_RE.search(words):
        return None, True
    if re.search(r"[XxＸ×＿_]{2,}|[○〇□]{2,}|\ufffd", words):
        return None, False
    organ = bare_organ(words)
    # 开云, 澳门威尼斯人: neither an organ's last word nor a place in it.
    if organ and not _ORGAN_TAIL_RE.search(organ) and not re.search("[省市区县旗州盟镇乡街师]", organ):
        return None, True
    if not organ or not 2 <= len(organ) <= 45 or _TWO_NAMES_RE.search(organ) or not re.search("[\u3400-\u9fff]", organ):
        return None, False
    return organ, False
