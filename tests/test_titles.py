"""Titles: whose report, of which year, and what is none."""

import pytest

from parsers.lines import Line, split_text
from parsers.titles import about_reports, bare_organ, find_title, other_report, parse_title

TITLES = [
    ("云岭县人民政府2020年政府信息公开工作年度报告", "云岭县人民政府", 2020),
    ("2017年云岭县青山街道办事处政府信息公开工作年度报告", "云岭县青山街道办事处", 2017),
    ("青山镇2019年政府信息公开工作 年度报告", "青山镇", 2019),
    ("青山镇政府信息公开工作年度报告", "青山镇", None),
    ("2020年政府信息公开工作年度报告", None, 2020),
    ("云岭县财政局2012年度信息公开年报", "云岭县财政局", 2012),
    ("二〇二〇年云岭县政府信息公开工作年度报告", "云岭县", 2020),
    ("云岭县二OO八年政府信息公开工作年度报告", "云岭县", 2008),
    ("青山街道2020年政府信息公开 工作告年度报", "青山街道", 2020),
    ("政府信息公开工作年度报告（2021年度）", None, 2021),
    ("云岭高新区(新市区)2020年政府信息公开工作年度报告", "云岭高新区(新市区)", 2020),
    ("中共云岭县委宣传部(县政府新闻办)2020年政府信息公开工作年度报告", "中共云岭县委宣传部(县政府新闻办)", 2020),
    ("云岭县体育局2020年政府信息公开工作年度报告", "云岭县体育局", 2020),
    ("青山镇2021年政府信息公开工作年度报告 - 云岭县人民政府", "青山镇", 2021),
    ("青山镇2021年政府信息公开工作年度报告_政府信息公开年报_云岭县人民政府", "青山镇", 2021),
    ("云岭县人民政府 政府信息公开年报 2019年云岭县人民政府办公室政府信息公开工作年度报告", "云岭县人民政府办公室", 2019),
    ("根据规定，《青山镇2020年政府信息公开工作年度报告》已经同意，现予公布。", "青山镇", 2020),
    ("云岭县2018-2019年政府信息公开工作年度报告", "云岭县", None),
    ("云岭县2020年政府信息公开工作年度报告统计表", "云岭县", 2020),
    ("云岭海关2020年政府信息公开工作年度报告", "云岭海关", 2020),
    ("国家统计局云岭调查队2020年政府信息公开工作年度报告", "国家统计局云岭调查队", 2020),
    ("中国人民银行云岭支行2020年政府信息公开工作年度报告", "中国人民银行云岭支行", 2020),
]


@pytest.mark.parametrize(("text", "organ", "year"), TITLES)
def test_a_title_says_organ_and_year_in_any_order(text, organ, year):
    title = parse_title(text)
    assert title is not None
    assert (title.organ, title.year) == (organ, year)


@pytest.mark.parametrize(
    "text",
    [
        "关于做好2020年政府信息公开工作年度报告编制工作的通知",
        "《云岭县2022年政府信息公开工作年度报告》解读",
        "一图读懂云岭县2022年政府信息公开工作年度报告",
        "云岭县发布2022年政府信息公开工作年度报告",
        "政府信息公开工作年度报告（模板）",
    ],
)
def test_what_is_about_reports_is_no_report(text):
    assert parse_title(text) is None
    assert about_reports(text)


@pytest.mark.parametrize(
    "text", ["云岭县2022年法治政府建设年度报告", "政府网站工作年度报表（2020年度）", "云岭市住房公积金2022年年度报告", "2020年国民经济和社会发展统计公报"]
)
def test_other_annual_reports_are_told_apart(text):
    assert other_report(text)
    assert parse_title(text) is None


@pytest.mark.parametrize(
    "text",
    ["365bet(中国)官方网站 2024年政府信息公开工作年度报告", "新葡京博彩官网区人民政府青山街道办事处2020年政府信息公开工作年度报告", "****办事处2020年政府信息公开工作年度报告"],
)
def test_a_brand_in_the_organs_place_is_nobody(text):
    title = parse_title(text)
    assert title.organ is None
    assert title.brand


def test_a_sentence_that_mentions_a_report_is_no_title():
    assert parse_title("本报告是根据条例的规定，由青山街道办事处编制的2017年度政府信息公开年度报告。") is None


def test_a_title_over_two_lines_is_joined():
    title, printed = find_title(split_text("首页\n青山街道2019年政府信息公开工作\n年度报告\n一、总体情况"))
    assert title.text == "青山街道2019年政府信息公开工作年度报告"
    assert printed == ["青山街道2019年政府信息公开工作", "年度报告"]


def test_an_organ_on_the_line_above_completes_a_title():
    title, printed = find_title(split_text("云岭县青山镇人民政府\n2021年政府信息公开工作年度报告\n一、总体情况"))
    assert (title.organ, title.year) == ("云岭县青山镇人民政府", 2021)
    assert len(printed) == 2


def test_a_neighbour_that_is_no_organ_is_not_swallowed():
    title, _ = find_title(split_text("有效\n2021年政府信息公开工作年度报告\n一、总体情况"))
    assert title.organ is None


def test_links_are_no_titles():
    assert find_title([Line("青山镇2021年政府信息公开工作年度报告", "a", None, True)])[0] is None


def test_the_name_of_a_column_is_no_title():
    assert find_title(split_text("政府信息公开年报\n关于我们"))[0] is None


@pytest.mark.parametrize(
    ("words", "organ"),
    [
        ("现将清泉县云岭镇人民政府", "清泉县云岭镇人民政府"),
        ("根据规定现将清泉县云岭镇", None),
        ("按照要求清泉县云岭镇", None),
        ("现就关于清泉县云岭镇", "清泉县云岭镇"),
        ("本报告由清泉县云岭镇人民政府", "清泉县云岭镇人民政府"),
        ("特编制清泉县云岭镇", "清泉县云岭镇"),
        ("【年报】清泉县石桥镇", "清泉县石桥镇"),
        ("（清泉县城管局）", "清泉县城管局"),
        ("现将我镇", None),
        ("本机关", None),
        ("将乐县教育局", "将乐县教育局"),
        ("对坡镇人民政府", "对坡镇人民政府"),
        ("本溪市民政局", "本溪市民政局"),
        ("特克斯县教育局", "特克斯县教育局"),
        ("各莫镇人民政府", "各莫镇人民政府"),
        ("现代农业示范区", "现代农业示范区"),
    ],
)
def test_words_that_lead_up_to_an_organ_are_no_part_of_it(words, organ):
    assert bare_organ(words) == organ


@pytest.mark.parametrize(
    ("text", "organ"),
    [
        ("关于公布清泉县云岭镇2020年政府信息公开工作年度报告", "清泉县云岭镇"),
        ("清泉县云岭镇人民政府关于印发2020年政府信息公开工作年度报告", "清泉县云岭镇人民政府"),
        ("关于清泉县云岭镇2020年政府信息公开工作年度报告的公告", "清泉县云岭镇"),
        ("中共清泉县委机构编制委员会办公室2020年政府信息公开工作年度报告", "中共清泉县委机构编制委员会办公室"),
        ("清泉县人民政府办公室（清泉县外事办公室）2020年政府信息公开工作年度报告", "清泉县人民政府办公室（清泉县外事办公室）"),
        ("2020年政府信息公开工作年度报告（清泉县档案馆）", "清泉县档案馆"),
        ("清泉县云岭镇2020年1月至12月政府信息公开工作年度报告", "清泉县云岭镇"),
        ("名称：清泉县云岭镇2020年政府信息公开工作年度报告", "清泉县云岭镇"),
        ("政府信息公开年报_清泉县人民政府_清泉县云岭镇2020年政府信息公开工作年度报告", "清泉县云岭镇"),
        ("开云2020年政府信息公开工作年度报告", None),
        ("澳门威尼斯人2020年政府信息公开工作年度报告", None),
    ],
)
def test_the_organ_of_letters_labels_and_brackets(text, organ):
    title = parse_title(text)
    assert title is not None
    assert (title.organ, title.year) == (organ, 2020)
    assert not title.text.startswith("名称")


def test_a_notice_about_reports_is_still_none():
    assert parse_title("关于印发2020年政府信息公开工作年度报告格式的通知") is None
    assert about_reports("关于印发2020年政府信息公开工作年度报告格式的通知")
    assert not about_reports("清泉县关于公布2020年政府信息公开工作年度报告")


@pytest.mark.parametrize(
    "organ", ["由旺镇人民政府", "在妙镇", "在中乡", "度尾镇", "度佳镇", "度门街道", "新发布依族乡", "八月湖街道", "三月坪街道", "体育场街道", "云岭县规划编制研究中心", "云岭县登记注册局"]
)
def test_names_that_read_like_the_words_around_a_name_are_whole(organ):
    for text in (f"{organ}2020年政府信息公开工作年度报告", f"2020年{organ}政府信息公开工作年度报告", f"二〇二〇年{organ}政府信息公开工作年度报告"):
        assert (parse_title(text).organ, parse_title(text).year) == (organ, 2020), text
    assert parse_title("云岭县2020年8月政府信息公开工作报告") is None


def test_of_two_bureaus_in_one_title_none_is_taken_for_both():
    assert parse_title("云岭县发展和改革局 云岭县粮食局 2020年政府信息公开工作年度报告").organ is None
    assert parse_title("云岭县发展和改革局、云岭县粮食局2020年政府信息公开工作年度报告").organ == "云岭县发展和改革局、云岭县粮食局"
    assert parse_title("云岭县人民政府 云岭县粮食局2020年政府信息公开工作年度报告").organ == "云岭县粮食局"
