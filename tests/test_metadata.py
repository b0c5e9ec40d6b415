"""The box above a document: labels and values, in every layout."""

import pytest
from lxml import html as lxml_html

from parsers.dates import read_date
from parsers.lines import flatten_tree, split_text
from parsers.metadata import read_metadata

WHOLE = {
    "index_number": "015279-18X/2023-00011",
    "issuer": "云岭县青山镇人民政府",
    "document_number": None,
    "written": "2023-01-18",
    "validity": "有效",
    "published": "2023-01-20",
}
PAGES = {
    "label and value in cells": "<table><tr><td>索 引 号</td><td>015279-18X/2023-00011</td><td>主题分类</td><td>政务公开</td></tr><tr><td>发布机构</td><td>云岭县青山镇人民政府</td>"
    "<td>文　号</td><td></td></tr><tr><td>成文日期</td><td>2023年1月18日</td><td>有效性</td><td>有效</td></tr><tr><td>发布日期：</td><td>2023-01-20 10:22</td></tr></table>",
    "labels above values": "<table><tr><th>索引号</th><th>发布机构</th><th>文号</th><th>成文日期</th><th>时效性</th><th>发布日期</th></tr>"
    "<tr><td>015279-18X/2023-00011</td><td>云岭县青山镇人民政府</td><td>-</td><td>2023-01-18</td><td>有效</td><td>2023-01-20</td></tr></table>",
    "colons in items": "<ul><li>索引号：015279-18X/2023-00011</li><li>发布机构：云岭县青山镇人民政府</li><li>文号：</li><li>成文日期：2023-01-18</li><li>有效性：有效</li><li>公开日期：2023年01月20日</li></ul>",
    "pairs on a line": "<p>索引号：015279-18X/2023-00011　发布机构：云岭县青山镇人民政府　文号：　生成日期：2023-01-18</p><p>公文时效：有效　发布时间：2023-01-20 08:00</p>",
    "definition list": "<dl><dt>索引号</dt><dd>015279-18X/2023-00011</dd><dt>发文机关</dt><dd>云岭县青山镇人民政府</dd><dt>发文字号</dt><dd></dd><dt>成文日期</dt><dd>2023-01-18</dd>"
    "<dt>是否有效</dt><dd>有效</dd><dt>发布日期</dt><dd>2023-01-20</dd></dl>",
    "bold label, value behind it": "<div><b>索引号：</b><span>015279-18X/2023-00011</span></div><div><b>发布单位：</b><span>云岭县青山镇人民政府</span></div><div><b>文号：</b><span>无</span></div>"
    "<div><b>成文日期：</b>2023-01-18</div><div><b>时效：</b>有效</div><div><b>发布日期：</b>2023-01-20</div>",
}


@pytest.mark.parametrize("layout", PAGES)
def test_every_layout_of_the_box_is_read(layout):
    page = f"<html><body>{PAGES[layout]}<h1>青山镇2022年政府信息公开工作年度报告</h1><p>一、总体情况</p><p>来源：群众来信三件。</p></body></html>"
    assert read_metadata(flatten_tree(lxml_html.document_fromstring(page)), {}) == WHOLE


def test_values_stand_on_the_next_line_and_an_empty_one_swallows_nothing():
    text = "登录 | 注册\n• 索引号\n 000014348/2023-00200\n • 发布机构\n 青山乡人民政府\n • 文号\n • 发布日期\n 2023-02-02\n • 时效性\n 有效\n\n青山乡2022年政府信息公开工作年度报告"
    read = read_metadata(split_text(text), {})
    assert (read["index_number"], read["issuer"], read["document_number"]) == ("000014348/2023-00200", "青山乡人民政府", None)
    assert (read["published"], read["validity"]) == ("2023-02-02", "有效")


def test_the_site_itself_is_no_issuer():
    assert read_metadata(split_text("2018-03-15 来源: 本网\n浏览次数：20"), {"contentsource": "本站原创"})["issuer"] is None


def test_an_organ_named_as_source_is_the_issuer():
    assert read_metadata(split_text("发布时间：2023-01-20　来源：青山镇人民政府　浏览次数：12"), {})["issuer"] == "青山镇人民政府"


@pytest.mark.parametrize("shown", ["", "无", "-", "〔〕号", "——"])
def test_a_number_shown_empty_is_none(shown):
    assert read_metadata(split_text(f"文号：{shown}\n发布机构：青山镇人民政府"), {})["document_number"] is None


def test_the_report_itself_is_not_searched():
    text = "一、总体情况\n发布机构：县融媒体中心。\n索引号：123"
    assert set(read_metadata(split_text(text), {}).values()) == {None}


@pytest.mark.parametrize(
    ("text", "date"),
    [("2021年1月22日", "2021-01-22"), ("2021-01-22 10:20", "2021-01-22"), ("二〇一五年十二月三十一日", "2015-12-31"), ("20210122", "2021-01-22"), ("2021.1.2", "2021-01-02"), ("2021年13月1日", None), ("2021年1月", None), ("12345", None)],
)
def test_dates_are_read_as_the_calendar_has_them(text, date):
    assert read_date(text) == date


def test_ten_thousand_labels_in_one_row_are_read_in_one_pass():
    cells = "<td>索引号</td>" * 10_000
    assert read_metadata(flatten_tree(lxml_html.document_fromstring(f"<table><tr>{cells}</tr></table>")), {})["index_number"] is None


def test_labels_in_brackets_need_no_colon():
    box = read_metadata(split_text("【发布时间】2024-1-9 【来源】县水利局 【字号】大 中 小\n一、总体情况"), {})
    assert (box["published"], box["issuer"]) == ("2024-01-09", "县水利局")
