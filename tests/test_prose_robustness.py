"""No page is bad enough to raise: lines of any order and kind come out as something."""

from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html as lxml_html

from parsers.identity import read_identity
from parsers.lines import Line, flatten_tree, split_text
from parsers.metadata import read_metadata
from parsers.narrative import read_narrative

PIECES = [
    "青山镇2022年政府信息公开工作年度报告", "2022年政府信息公开工作", "年度报告", "一、总体情况", "一、", "总体情况", "二、主动公开政府信息情况", "（一）主动公开", "三、依申请公开情况无。",
    "六、其他需要报告的事项", "统计指标", "条", "12", "——", "索引号", "发布机构：", "来源：本网", "2023-01-18", "青山镇人民政府", "2023年1月18日", "扫一扫在手机打开当前页面", "主办：云岭县人民政府",
    "网站标识码：6403240007", "当前位置：首页 > 年报", "2022年，主动公开信息20条。一、概述。很好。", "", "\x00", "《》", "年", "第二十条第",
]  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(PIECES), st.sampled_from(["p", "td", "a", "div", "li", "dt"])), max_size=14))
def test_pages_of_any_lines_are_read(pieces):
    source = "<table><tr>" + "".join(f"<{tag}>{text}</{tag}>" for text, tag in pieces if "\x00" not in text) + "</tr></table>"
    for lines in (flatten_tree(lxml_html.document_fromstring(source)), split_text("\n".join(text for text, _ in pieces))):
        narrative, metadata = read_narrative(lines), read_metadata(lines, {})
        read_identity(url="http://[", title_tag="|", metas={"pubdate": "0000-00-00"}, lines=lines, narrative=narrative, metadata=metadata)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=12))
def test_no_sentence_inside_the_chapters_is_lost(pieces):
    sentences = [f"第{number}项工作已经完成，共有{number}处。" for number in range(len(pieces))]
    text = ["一、总体情况"]
    for piece, sentence in zip(pieces, sentences, strict=True):
        if not piece.startswith(("扫一扫", "主办", "网站标识码", "来源", "统计指标", "\x00")):
            text.append(piece)
        text.append(sentence)
    text += ["六、其他需要报告的事项", "无。"]
    narrative = read_narrative([Line(line.text, line.at) for line in split_text("\n".join(text))])
    whole = narrative.preamble + "\n".join(section.text for section in narrative.sections)
    assert all(sentence in whole for sentence in sentences)
