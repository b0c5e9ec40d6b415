"""The prose of a report: its chapters whole, the portal around them gone."""

import json

import pytest
from lxml import html as lxml_html

from parsers.headings import match_heading
from parsers.lines import Line, flatten_tree, fold_spaces, split_text
from parsers.narrative import read_narrative
from parsers.script import normalise_script
from tests.seeds import SEEDS, TRUTH, needs_seeds

TITLE = "云岭县青山镇人民政府2022年政府信息公开工作年度报告"
LEAD = "本报告所列数据的统计期限自2022年1月1日起至2022年12月31日止。如有疑问，请与青山镇党政办联系（地址：青山镇人民路1号）。"
CHAPTERS = [
    ("overview", "一、总体情况", ["（一）主动公开。全年主动公开信息126条。", "（二）平台建设。网站设置长者助手和无障碍浏览，公布网站标识码，方便群众扫一扫查看。"]),
    ("disclosure", "二、主动公开政府信息情况", ["〔〔T1〕〕"]),
    ("requests", "三、收到和处理政府信息公开申请情况", ["该部分以表格形式报告。", "〔〔T2〕〕"]),
    ("proceedings", "四、政府信息公开行政复议、行政诉讼情况", ["〔〔T3〕〕"]),
    ("problems", "五、存在的主要问题及改进情况", ["一是公开不够及时；二是队伍力量薄弱。", "下一步加强培训。"]),
    ("other", "六、其他需要报告的事项", ["本年度未收取信息处理费。"]),
]
NAV = '<div><a href="#">无障碍</a> <a>长者助手</a> 今天是2023年5月6日</div><ul><li><a href="/">首页</a></li><li><a href="/b">政务公开</a></li></ul><div>当前位置：<a>首页</a> &gt; <a>青山镇</a> &gt; 年报</div>'
INFO = "<div>发布时间：2023-01-20　来源：青山镇人民政府　浏览次数：123次 【字体：<a>大</a> <a>中</a> <a>小</a>】</div>"
TAIL = (
    "<div>分享到：<a>微信</a> <a>微博</a> <a>【打印】</a><a>【关闭】</a></div><div>扫一扫在手机打开当前页</div><div>上一篇：<a>关于表彰的决定</a></div>"
    "<h3>相关文章</h3><ul><li><a>青山镇2021年政府信息公开工作年度报告</a><span>2022-01-11</span></li></ul>"
)
FOOT = "<div><p>主办：云岭县人民政府　承办：云岭县人民政府办公室</p><p>滇ICP备05000001号-1　网站标识码：5304270001</p></div>"
CHROME = ["分享到", "在手机打开", "上一篇", "相关文章", "主办：", "ICP备", "浏览次数", "打印", "当前位置", "今天是"]


def read(source):
    return read_narrative(flatten_tree(lxml_html.document_fromstring(source)))


def texts(narrative):
    return {section.key: section.text for section in narrative.sections}


def wanted(key):
    return next("\n".join(text for text in paragraphs if "〔" not in text) for name, _, paragraphs in CHAPTERS if name == key)


def body(block="<p>{}</p>", heading=None, lead=True):
    parts = [block.format(LEAD)] if lead else []
    for _, name, paragraphs in CHAPTERS:
        parts.append((heading or block).format(name))
        parts += [block.format(text) for text in paragraphs]
    return "\n".join(parts)


def page(inner):
    return f"<html><body>{NAV}<h1>{TITLE}</h1>{INFO}{inner}{TAIL}{FOOT}</body></html>"


PAGES = {
    "paragraphs": page(f"<div class='TRS_Editor'>{body()}</div>"),
    "divs": page(f"<div id='zoom'>{body('<div>{}</div>')}</div>"),
    "breaks": page(f"<div id='zoom'>{body('{}<br>')}</div>"),
    "no container": page(body()),
    "nested layout": f"<table><tr><td>{NAV}</td></tr><tr><td><table><tr><td>{TITLE}</td></tr><tr><td>{INFO}</td></tr><tr><td>{body()}</td></tr><tr><td>{TAIL}</td></tr></table></td></tr><tr><td>{FOOT}</td></tr></table>",
    "hostile names": page(f"<div class='dayin_nr share-box meta hide' style='display:none'>{body()}</div>"),
    "times": page("<div>" + body().replace("2022年1月1日", "<time>2022年1月1日</time>") + "</div>"),
    "fieldset": page(f"<fieldset>{body()}</fieldset>"),
    "spans": page("<div>" + body(heading="<p><strong><span>{}</span></strong></p>") + "</div>"),
    "contents of links": page("<ul>" + "".join(f"<li><a href='#'>{name}</a></li>" for _, name, _ in CHAPTERS) + f"</ul><div>{body()}</div>"),
    "contents in words": page("<div><p>目 录</p>" + "".join(f"<p>{name}</p>" for _, name, _ in CHAPTERS) + body() + "</div>"),
    "a block a chapter": page(
        f"<div><p>{LEAD}</p>" + "".join(f"<div><h2>{name}</h2>" + "".join(f"<p>{text}</p>" for text in paragraphs) + "</div>" for _, name, paragraphs in CHAPTERS) + "</div>"
    ),
    "two copies": page(f"<div class='pc'>{body()}</div><div class='mobile'>{body()}</div>"),
}


@pytest.mark.parametrize("name", PAGES)
def test_every_chapter_comes_out_whole_and_without_the_portal(name):
    narrative = read(PAGES[name])
    assert [section.key for section in narrative.sections] == [key for key, _, _ in CHAPTERS]
    for key, _, _ in CHAPTERS:
        assert texts(narrative)[key] == wanted(key), key
    assert narrative.preamble == LEAD
    assert narrative.root_found
    assert TITLE in narrative.title_lines
    for words in CHROME:
        assert words not in narrative.preamble + "\n".join(texts(narrative).values())


HEADINGS = [
    ("一 概 述", "overview"),
    ("1、 总体情况", "overview"),
    ("总体情况", "overview"),
    ("第一部分 概述", "overview"),
    ("## 一、总体情况", "overview"),
    ("二、主动公开信息情况", "disclosure"),
    ("二、行政机关主动公开政府信息情况", "disclosure"),
    ("三、收到和处理政府信息公开的申请情况", "requests"),
    ("三、依申请公开和不予公开政府信息情况", "requests"),
    ("四、因政府信息公开工作被申请行政复议、提起行政诉讼情况", "proceedings"),
    ("四、政府公信息开行政复议、行政诉讼情况", "proceedings"),
    ("复议、诉讼和申诉情况", "proceedings"),
    ("四、咨询和投诉处理情况", "complaints"),
    ("五、政府信息公开的收费及减免情况", "fees"),
    ("五、存在问题及改进情况", "problems"),
    ("六、其它需要报告的事项", "other"),
    ("附件：政府信息公开情况统计表（2016年度）", "annex"),
]


@pytest.mark.parametrize(("text", "key"), HEADINGS)
def test_a_heading_is_known_by_its_wording(text, key):
    assert match_heading(text).key == key


@pytest.mark.parametrize(
    "text",
    ["一、本年新收政府信息公开申请数量", "四、结转下年度继续办理", "1.信访举报投诉类申请", "（六）其他处理", "2.其他法律行政法规禁止公开", "复议后起诉", "其他", "2020年，我镇主动公开信息20条。", "一、加强组织领导"],
)
def test_rows_of_tables_and_sentences_are_no_headings(text):
    assert match_heading(text) is None


@pytest.mark.parametrize(
    ("text", "heading", "rest"),
    [
        ("六、其他需要报告的事项无。", "六、其他需要报告的事项", "无。"),
        ("一、总体情况2022年，青山镇认真贯彻条例。", "一、总体情况", "2022年，青山镇认真贯彻条例。"),
        ("一、概述。工作开展顺利。", "一、概述", "工作开展顺利。"),
    ],
)
def test_a_heading_run_into_its_paragraph_is_parted(text, heading, rest):
    found = match_heading(text)
    assert (found.text, found.rest) == (heading, rest)


def lines_of(text):
    return [Line(line.text, line.at, None, False, int(line.text[3:-2])) if line.text.startswith("〔〔T") else line for line in split_text(text)]


def test_a_report_in_one_paragraph_is_cut_at_its_headings():
    narrative = read_narrative(
        split_text("青山镇2010年政府信息公开工作年度报告\n2010年，工作顺利。一、概述。组织健全。二、主动公开政府信息情况。共公开30条。三、依申请公开政府信息情况。没有申请。")
    )
    assert texts(narrative) == {"overview": "组织健全。", "disclosure": "共公开30条。", "requests": "没有申请。"}


def test_strands_of_the_first_chapter_do_not_open_the_next():
    narrative = read_narrative(
        split_text(
            "一、总体情况\n（一）主动公开\n公开60条。\n（二）依申请公开\n没有申请。\n（三）监督保障\n良好。\n二、主动公开政府信息情况\n三、收到和处理政府信息公开申请情况\n"
            "五、存在的主要问题及改进情况\n（一）存在的主要问题\n不够。\n（二）改进措施\n加强。\n六、其他需要报告的事项\n（一）收费情况\n没有收费。"
        )
    )
    assert texts(narrative)["overview"].count("\n") == 5
    assert texts(narrative)["problems"] == "（一）存在的主要问题\n不够。\n（二）改进措施\n加强。"
    assert texts(narrative)["other"] == "（一）收费情况\n没有收费。"


def test_headings_cut_over_two_lines_are_joined():
    narrative = read_narrative(split_text("一、\n总体情况\n好。\n二、\n主动公开政府信息情况\n三、收到和处理政府信息公开申\n请情况\n四、政府信息公开行政复议、\n行政诉讼情况\n未发生。"))
    assert texts(narrative) == {"overview": "好。", "disclosure": "", "requests": "", "proceedings": "未发生。"}


def test_a_second_sequence_of_chapters_adds_to_the_first():
    narrative = read_narrative(
        lines_of(
            "一、总体情况\n甲。\n二、主动公开情况\n乙。\n三、依申请公开情况\n丙。\n四、存在问题\n丁。\n"
            "一、主动公开政府信息情况\n〔〔T1〕〕\n二、收到和处理政府信息公开申请情况\n〔〔T2〕〕\n三、存在的主要问题及改进情况\n见前述。"
        )
    )
    assert texts(narrative) == {"overview": "甲。", "disclosure": "乙。", "requests": "丙。", "problems": "丁。\n三、存在的主要问题及改进情况\n见前述。"}


def test_chapters_of_older_years_have_keys_and_unknown_ones_are_kept():
    narrative = read_narrative(
        split_text(
            "一、概述\n甲。\n二、主动公开政府信息情况\n乙。\n三、依申请公开政府信息情况\n丙。\n四、咨询处理情况\n丁。\n五、收费及减免情况\n戊。\n"
            "六、复议、诉讼和申诉情况\n己。\n七、政府信息公开工作人员和支出情况\n庚。\n八、主要问题和改进措施\n辛。"
        )
    )
    assert [section.key for section in narrative.sections] == ["overview", "disclosure", "requests", "complaints", "fees", "proceedings", "other", "problems"]
    assert narrative.sections[6].heading == "七、政府信息公开工作人员和支出情况"


def test_rows_of_the_annex_of_2014_are_neither_chapters_nor_prose():
    rows = "统计指标\n单位\n统计数\n一、主动公开情况\n——\n（一）主动公开政府信息数\n条\n12\n三、依申请公开情况\n——\n（一）收到申请数\n件\n3\n七、依申请公开信息收取的费用\n万元\n0"
    narrative = read_narrative(split_text(f"一、概述\n甲。\n二、主动公开政府信息情况\n乙。\n三、主要问题和改进措施\n丙。\n附表：政府信息公开情况统计表\n{rows}"))
    assert texts(narrative) == {"overview": "甲。", "disclosure": "乙。", "problems": "丙。", "annex": ""}


def test_the_signature_stays_in_the_text_and_is_listed():
    narrative = read_narrative(split_text("一、总体情况\n好。\n二、主动公开政府信息情况\n六、其他需要报告的事项\n无。\n青山镇人民政府\n2023年1月18日\n主办：云岭县人民政府"))
    assert narrative.signature == ("青山镇人民政府", "2023年1月18日")
    assert texts(narrative)["other"] == "无。\n青山镇人民政府\n2023年1月18日"


def test_a_report_without_chapters_keeps_its_words():
    narrative = read_narrative(split_text("登录 | 注册\n青山乡2020年政府信息公开工作年度报告\n2020年，青山乡主动公开政府信息30条，未收到依申请公开，网站标识码是公开的。\n扫一扫在手机打开当前页面"))
    assert narrative.preamble == "2020年，青山乡主动公开政府信息30条，未收到依申请公开，网站标识码是公开的。"
    assert not narrative.root_found
    assert [f.check for f in narrative.findings] == ["source.no_root"]


@pytest.mark.parametrize(
    "line",
    ["【打印】 【关闭】", "分享到：微信 微博", "上一篇：没有了", "相关附件", "责任编辑：王某", "© 2023 云岭县人民政府", "云岭县人民政府版权所有", "联系我们 | 网站地图", "浏览次数：12次", "附件：统计表.xls", "登录 | 注册", "字体：大 中 小"],
)
def test_what_follows_the_last_chapter_is_not_its_text(line):
    narrative = read_narrative(split_text(f"一、总体情况\n好。\n二、主动公开政府信息情况\n六、其他需要报告的事项\n无。\n{line}"))
    assert texts(narrative)["other"] == "无。"


@pytest.mark.parametrize(
    "sentence",
    ["推进无障碍改造，设置长者助手。", "网站标识码为6403240007，备案号宁ICP备09000000号。", "上一篇报告中提到的问题已经整改。", "主办：县政府办公室，承办部门按期答复。", "相关附件见县政府网站。", "联系电话：0953-8000000。"],
)
def test_a_sentence_that_mentions_a_portal_word_stays(sentence):
    narrative = read_narrative(split_text(f"一、总体情况\n好。\n二、主动公开政府信息情况\n六、其他需要报告的事项\n{sentence}"))
    assert texts(narrative)["other"] == sentence


def test_artefacts_of_word_are_removed():
    narrative = read_narrative(split_text("一、总体情况\n[bookmark: _GoBack]街道认真落实。\n二、主动公开政府信息情况\n"))
    assert texts(narrative)["overview"] == "街道认真落实。"


def test_nothing_gives_nothing():
    assert read_narrative([]).sections == ()


@needs_seeds
@pytest.mark.parametrize("name", [path.name for path in sorted(SEEDS.glob("*.txt"))])
def test_the_chapters_of_real_reports_are_those_read_by_eye(name):
    truth = json.loads(TRUTH.read_text(encoding="utf-8"))["seeds"][name]
    raw = normalise_script((SEEDS / name).read_text(encoding="utf-8")).text
    numbered = raw.split("\n")
    starts = [start for _, start, _ in truth["sections"]]
    prose = {number for _, _, spans in truth["sections"] for first, final in spans for number in range(first, final + 1)}
    tail = max(max(prose), max(starts))
    lines, marked = [], set()
    for line in split_text(raw):
        number = int(line.at[5:-1])
        chapter = sum(start <= number for start in starts)
        if chapter and number not in prose and number not in starts and number < tail:
            if chapter not in marked:
                marked.add(chapter)
                lines.append(Line(f"〔〔T{chapter}〕〕", line.at, None, False, chapter))
            continue
        lines.append(line)
    narrative = read_narrative(lines)
    for section, (key, _, spans) in zip(narrative.sections, truth["sections"], strict=True):
        want = [fold_spaces(numbered[number - 1].replace("[bookmark: _GoBack]", "")) for first, final in spans for number in range(first, final + 1)]
        assert section.key == key
        assert section.text == "\n".join(text for text in want if text)


def joined(source):
    return {section.key: section.text for section in read(source).sections}


def test_a_contents_list_with_page_numbers_is_no_chapter():
    names = [name for _, name, _ in CHAPTERS]
    for leader in ("……………", " ", "........"):
        contents = "".join(f"<p>{name}{leader}{number}</p>" for number, name in enumerate(names, 1))
        narrative = read(page(f"<div><p>目 录</p>{contents}{body()}</div>"))
        assert narrative.preamble.split("\n")[-1] == LEAD
        assert texts(narrative)["overview"] == wanted("overview")


@pytest.mark.parametrize("anchor", ['<a name="_Toc1">{}</a>', '<a href="#top">{}</a>'])
def test_headings_in_anchors_are_chapters_where_there_are_no_others(anchor):
    assert joined(page(f"<div>{body(heading='<p>' + anchor + '</p>')}</div>")) == {key: wanted(key) for key, _, _ in CHAPTERS}


def test_an_item_of_the_text_may_be_the_words_of_a_button():
    words = ["网站无障碍", "长者助手", "微信公众号", "扫一扫二维码即可查看公开指南。"]
    items = "".join(f"<p>{word}</p>" for word in words)
    source = page(f"<div>{body()}</div>").replace("<p>二、主动公开政府信息情况</p>", f"{items}<p>以上平台运行正常。</p><p>二、主动公开政府信息情况</p>")
    assert joined(source)["overview"] == "\n".join([wanted("overview"), *words, "以上平台运行正常。"])


def test_a_button_between_chapters_is_no_text():
    source = page(f"<div>{body()}</div>").replace("<p>二、主动公开政府信息情况</p>", "<div><a>长者助手</a></div><p>二、主动公开政府信息情况</p>")
    assert joined(source)["overview"] == wanted("overview")


def test_markdown_marks_stay_with_their_heading():
    text = "# 青山镇2022年政府信息公开工作年度报告\n## 一、总体情况\n公开126条。\n## 二、主动公开政府信息情况\n公开20条。\n## 三、收到和处理政府信息公开申请情况\n无。"
    assert [section.text for section in read_narrative(split_text(text)).sections] == ["公开126条。", "公开20条。", "无。"]


def test_a_flood_of_headings_is_read_in_one_pass_and_keeps_its_words():
    names = [name for _, name, _ in CHAPTERS]
    lines = [Line(text, f"p[{n}]") for n in range(10_000) for text in (names[n % 6], f"第{n}项工作完成。")]
    whole = "\n".join(section.text for section in read_narrative(lines).sections)
    assert all(f"第{n}项工作完成。" in whole for n in range(0, 10_000, 500))


def test_a_line_of_a_thousand_headings_loses_nothing():
    line = "一、总体情况。公开信息20条。二、主动公开政府信息情况。没有变化。" * 1_000
    narrative = read_narrative([Line(line, "p[1]")])
    whole = narrative.preamble + "".join(section.text for section in narrative.sections)
    assert whole.count("公开信息20条") > 900
