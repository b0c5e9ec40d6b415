"""What the words of a link promise, and which links are ruled out by them."""

from __future__ import annotations

import pytest

from crawler.discovery.words import judge, looks_like_organ, organ_in_title
from crawler.discovery.years import excluded, published_year, read_years, years_in_url, years_in_words

URL = "http://www.a.gov.cn/x/1.html"

REPORTS = [
    "万州区高笋塘街道2020年政府信息公开工作年度报告",
    "2020年万州区高笋塘街道政府信息公开工作年度报告",
    "2021年度政府信息公开工作年度报告",
    "某县教育局 2019年政府信息公开年度报告",
    "某县2015年政府信息公开年报",
    "某县2012年信息公开工作年度报告",
    "某县政务信息公开2018年度报告",
    "某县二〇二〇年政府信息公开工作年度报告",
    "某县2013年政府信息公开工作报告",
    "某县2013年政府信息公开情况的报告",
    "某县２０２０年政府信息公开年度报告",
    "某县2020年政府信息公开 工作告年度报",
    "某县财政局2020年政府信息公开工作年度报告",
    "某县审计局2022年度政府信息公开工作年度报告",
    "某市住房公积金管理中心2021年政府信息公开年报",
    "某县人大常委会办公室2018年政府信息公开年报",
    "某县生态环境局2020年政府信息公开工作年度报告 2021-01-22",
    "关于某乡2016年政府信息公开工作情况的报告",
    "某县教育局政府信息公开工作年度报告",
]

COLUMNS = [
    "政府信息公开年报", "政府信息公开年度报告", "政府信息公开工作年度报告", "信息公开年报", "公开年报", "信息公开年报（本级）", "部门政府信息公开年报",
    "乡镇街道信息公开年报", "区县政府信息公开年报", "政府信息公开年报>>", "历年政府信息公开年度报告",
]  # fmt: skip

OTHERS = [
    "法治政府建设年度报告", "某县2020年法治政府建设年度报告", "政府网站工作年度报表", "2021年政府网站年度工作报表", "部门预决算公开", "统计年报", "2020年国民经济和社会发展统计公报",
    "住房公积金2020年年度报告", "环境质量年报", "2019年度审计工作报告", "人大工作年度报告", "企业年报公示", "事业单位法人年度报告公示", "村务公开年报",
    "2020年政府信息公开工作年度报告解读", "图解：某县2020年政府信息公开年报", "一图读懂2021年政府信息公开工作年度报告", "关于做好2020年政府信息公开工作年度报告编制发布工作的通知",
    "关于报送政府信息公开年度报告的通知", "政府信息公开年度报告填报说明", "政府信息公开工作年度报告格式模板", "政务公开工作要点", "政务公开第三方评估报告", "依申请公开", "领导信箱", "某县召开政府信息公开培训会",
]  # fmt: skip


@pytest.mark.parametrize("title", REPORTS)
def test_a_title_of_a_report_is_asked_first_wherever_it_stands(title: str) -> None:
    judgement = judge(title, URL)
    assert (judgement.role, judgement.score >= 90) == ("report", True), judgement


@pytest.mark.parametrize("title", COLUMNS)
def test_a_name_of_the_column_is_a_column_wherever_it_stands(title: str) -> None:
    judgement = judge(title, URL)
    assert (judgement.role, 80 <= judgement.score < 90) == ("column", True), judgement


@pytest.mark.parametrize("title", OTHERS)
@pytest.mark.parametrize("place", ["open", "disclosure", "column"])
def test_other_reports_and_papers_about_reports_are_never_asked(title: str, place: str) -> None:
    assert judge(title, URL, place).score == 0  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text", ["2021年", "2021", "本级", "部门", "乡镇街道", "县教育局", "高笋塘街道", "县政府办公室", "更多", "年报"]
)
def test_years_organs_and_more_count_inside_a_column_only(text: str) -> None:
    assert judge(text, URL, "column").score >= 70
    assert judge(text, URL, "open").score < 60


def test_the_way_to_the_column_is_asked_in_the_order_of_its_promise() -> None:
    texts = [
        "某县2020年政府信息公开年报",
        "政府信息公开年报",
        "政府信息公开",
        "政务公开",
        "部门",
        "网站地图",
        "新闻中心",
    ]
    scores = [judge(text, URL).score for text in texts]
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) == len(scores)
    assert scores[-1] == 0


def test_an_address_speaks_where_words_are_silent() -> None:
    assert judge("", "http://www.a.gov.cn/zwgk/zfxxgknb_171215/").role == "column"
    assert judge("年终专栏", "http://www.a.gov.cn/zwgk/xxgknb/").role == "column"
    assert judge("统计年报", "http://www.a.gov.cn/tjj/gknb/").score == 0


def test_a_year_that_has_not_begun_is_part_of_a_calendar() -> None:
    assert judge("2031年", URL, "column", latest=2024).score == 0
    assert judge("2024年", URL, "column", latest=2024).score > 0


def test_organs_are_read_from_titles() -> None:
    assert organ_in_title("某县教育局2020年政府信息公开工作年度报告") == "某县教育局"
    assert organ_in_title("2020年某县教育局政府信息公开工作年度报告") == "某县教育局"
    assert organ_in_title("政府信息公开年报") == ""
    assert not looks_like_organ("县委书记到教育局调研指导工作")


# --- years


def test_publication_dates_are_no_years_of_a_title() -> None:
    assert years_in_words("政府信息公开年报 2021-01-22") == frozenset()
    assert years_in_words("某县2020年年报（2021年1月22日）") == {2020}


@pytest.mark.parametrize(
    ("url", "years"),
    [
        ("http://a.gov.cn/zfxxgknb/2021nb/dcqjd2021/202201/t20220117_1.html", {2021}),
        ("http://a.gov.cn/zfxxgk/nb_2022n/", {2022}),
        ("http://a.gov.cn/OpennessAnnualReport/year/show/341/2022.html", {2022}),
        ("http://a.gov.cn/public/column/1?type=3&action=detail&nav=3&title=2020", {2020}),
        ("http://a.gov.cn/public/column/1?type=3&nav=5&sub=3&timeFrame=2021", {2021}),
        ("http://a.gov.cn/col/col2019/index.html", set()),
        ("http://a.gov.cn/art/2023/1/17/art_6093_475998.html", set()),
        ("http://a.gov.cn/html/201503/0156.html", set()),
        ("http://a.gov.cn/2023-01/19/c_1.htm", set()),
    ],
)
def test_years_in_addresses(url: str, years: set[int]) -> None:
    assert years_in_url(url) == years


def test_an_address_is_overruled_by_words_and_bounds_by_its_date() -> None:
    asked = range(2024, 2026)
    assert excluded("某区2025年政府信息公开年报", "http://a.gov.cn/nb/2022n/1.html", asked) is None
    assert excluded("年报", "http://a.gov.cn/nb/2022n/1.html", asked) == "names 2022"
    assert excluded("年报", "http://a.gov.cn/nb/202101/t20210101_1.html", asked) == "published in 2021"
    # Filed in a folder of 2024, published in 2026: the folder does not say what it is about.
    assert excluded("年报", "http://a.gov.cn/nb/2022n/art/2026/art_1.html", asked) is None
    assert published_year("http://a.gov.cn/nb/1.html") is None


def test_years_asked_for_are_read_or_refused_in_one_line() -> None:
    assert read_years("2019-2023") == range(2019, 2024)
    assert read_years("2019,2021") == (2019, 2021)
    for wrong in ("20", "2023-2019", "abc", "2019-"):
        with pytest.raises(ValueError, match=r"^years: .+"):
            read_years(wrong)


def test_the_years_before_and_the_site_before_are_on_the_way() -> None:
    assert judge("历年年报（2019年以前）", URL, "disclosure").score >= 60
    assert judge("历史站点", URL).score and judge("旧版网站", URL).score
    assert not judge("历史数据", URL).score
