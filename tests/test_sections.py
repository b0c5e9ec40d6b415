"""Chapters of a report, however they are numbered, ordered and surrounded."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers import Page, read_report
from parsers.titles import parse_title

HEADS = [
    "总体情况", "主动公开政府信息情况", "收到和处理政府信息公开申请情况", "政府信息公开行政复议、行政诉讼情况", "存在的主要问题及改进情况", "其他需要报告的事项",
]  # fmt: skip
TEXTS = [
    "2021年，本局认真落实条例，主动公开政府信息96条。", "公开规范性文件1件，均在网站公布。", "未收到政府信息公开申请。", "没有行政复议、行政诉讼。", "公开不够及时，今后将加强培训，提高质量。", "无其他需要报告的事项。",
]  # fmt: skip
KEYS = ["overview", "disclosure", "requests", "proceedings", "problems", "other"]
HAN = "一二三四五六七八九"
TITLE = "清泉县教育局2021年政府信息公开工作年度报告"
NUMBERED = [f"{number}、{head}" for number, head in zip(HAN, HEADS, strict=False)]
WHOLE = list(zip(KEYS, TEXTS, strict=True))


def sections(body, title=TITLE):
    html = (
        f"<html><head><title>{title}</title></head><body><div class=nav><a href=/>首页</a><a href=/a>政务公开</a></div>"
        f"<div class=main><h1>{title}</h1>{body}</div><div><p>主办：清泉县人民政府办公室</p></div></body></html>"
    )
    report = read_report(Page(html.encode(), "http://www.qingquan.gov.cn/a.html"))
    return [(section.key, section.text.replace("\n", "/")) for section in report.sections]


def paragraphs(*texts):
    return "".join(f"<p>{text}</p>" for text in texts)


def chapters(heads=NUMBERED, texts=TEXTS):
    return paragraphs(*(text for pair in zip(heads, texts, strict=True) for text in pair))


NUMBERINGS = {
    "一、": lambda n: f"{HAN[n]}、", "1.": lambda n: f"{n + 1}.", "1、": lambda n: f"{n + 1}、", "（一）": lambda n: f"（{HAN[n]}）", "(1)": lambda n: f"({n + 1})", "第一部分": lambda n: f"第{HAN[n]}部分 ",
    "第一部分：": lambda n: f"第{HAN[n]}部分：", "第一章": lambda n: f"第{HAN[n]}章 ", "【一】": lambda n: f"【{HAN[n]}】", "①": lambda n: "①②③④⑤⑥"[n], "Ⅰ、": lambda n: "ⅠⅡⅢⅣⅤⅥ"[n] + "、", "１．": lambda n: "１２３４５６"[n] + "．",
    "????": lambda n: f"????{HAN[n]}、", "★": lambda n: f"★{HAN[n]}、", "all 一、": lambda n: "一、", "none": lambda n: "", "PART 1": lambda n: f"PART {n + 1} ", "Part.01": lambda n: f"Part.0{n + 1} ",
}  # fmt: skip


@pytest.mark.parametrize("numbering", NUMBERINGS)
def test_chapters_are_found_under_any_numbering(numbering):
    assert sections(chapters([NUMBERINGS[numbering](n) + head for n, head in enumerate(HEADS)])) == WHOLE


LAYOUTS = {
    "buttons below every heading": "".join(paragraphs(head, "分享到：", "打印", "【字体：大 中 小】", text, "") for head, text in zip(NUMBERED, TEXTS, strict=True)),
    "lists of buttons": "".join(f"<p>{head}</p><ul><li>微信</li><li>微博</li></ul><p>{text}</p><div>打印本页 | 关闭窗口</div>" for head, text in zip(NUMBERED, TEXTS, strict=True)),
    "contents as links": paragraphs("目录") + "<ul>" + "".join(f'<li><a href="#s{head}">{head}</a></li>' for head in NUMBERED) + "</ul>" + chapters(),
    "contents in plain words": paragraphs("目录", *NUMBERED) + chapters(),
    "contents with page numbers": paragraphs("目 录", *(f"{head}……{page}" for page, head in enumerate(NUMBERED, 1))) + chapters(),
    "bold headings": "".join(f"<p><strong>{head}</strong></p><p>{text}</p>" for head, text in zip(HEADS, TEXTS, strict=True)),
    "run into the paragraph": paragraphs(*(f"{head}。{text}" for head, text in zip(NUMBERED, TEXTS, strict=True))),
    "one paragraph": paragraphs("".join(f"{head}。{text}" for head, text in zip(NUMBERED, TEXTS, strict=True))),
    "line breaks": paragraphs("<br>".join(f"{head}<br>{text}" for head, text in zip(NUMBERED, TEXTS, strict=True))),
    "spans": "".join(f"<div><div><span>{head[:2]}</span><span>{head[2:]}</span></div><div>{text}</div></div>" for head, text in zip(NUMBERED, TEXTS, strict=True)),
    "the number on a line of its own": "".join(paragraphs(head[:2], head[2:], text) for head, text in zip(NUMBERED, TEXTS, strict=True)),
    "the number in a cell of its own": "".join(f"<table><tr><td>{head[0]}</td><td>{head[2:]}</td></tr></table><p>{text}</p>" for head, text in zip(NUMBERED, TEXTS, strict=True)),
    "spaced characters": chapters([" ".join(head) for head in NUMBERED]),
    "numbers that skip and repeat": chapters([f"{number}、{head}" for number, head in zip("一三三五五七", HEADS, strict=True)]),
    "misprints": chapters(["一、总休情况", *NUMBERED[1:2], "三、收到和处理政府信息公开申情况", "四、政府信息公开行政复议、行政诉讼情兄", *NUMBERED[4:5], "六、其它需要报告的事项"]),
    "a second copy for telephones": chapters() + "<div class=mobile>" + chapters() + "</div>",
    "neighbours": chapters() + "<p>上一篇：<a href=1>清泉县教育局2020年政府信息公开工作年度报告</a></p><p>下一篇：没有了</p>",
    "related links": chapters() + "<h4>相关链接</h4><ul><li><a href=1>一图读懂年报</a></li><li><a href=2>关于做好年报的通知</a></li></ul>",
    "attached files": chapters() + "<p>附件：</p><p><a href=a.doc>1.年度报告.doc</a></p><p>附件2：统计表.xls</p>",
    "a footer in the article": chapters() + paragraphs("扫一扫在手机打开当前页", "版权所有：清泉县人民政府", "网站标识码：9901010001"),
}  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS)
def test_what_stands_around_the_chapters_is_not_theirs(layout):
    assert sections(LAYOUTS[layout]) == WHOLE


def test_chapters_out_of_order_stay_in_the_order_of_the_page():
    order = [0, 1, 2, 4, 3, 5]
    assert sections(chapters([NUMBERED[n] for n in order], [TEXTS[n] for n in order])) == [WHOLE[n] for n in order]


def test_missing_chapters_are_missing():
    order = [0, 2, 4, 5]
    assert sections(chapters([NUMBERED[n] for n in order], [TEXTS[n] for n in order])) == [WHOLE[n] for n in order]


def test_a_heading_that_is_a_picture_leaves_its_text_to_the_chapter_before():
    body = chapters().replace(f"<p>{NUMBERED[2]}</p>", '<p><img alt="a.png" src=a.png></p>')
    assert sections(body) == [WHOLE[0], ("disclosure", TEXTS[1] + "/" + TEXTS[2]), *WHOLE[3:]]


def test_headings_that_are_pictures_are_read_by_their_words():
    pictured = "".join(f'<p><img alt="{head}" src=a.png></p><p>{text}</p>' for head, text in zip(HEADS, TEXTS, strict=True))
    assert sections(pictured) == WHOLE
    beside = "".join(f'<p><img alt="{head}" src=a.png>{head}</p><p>{text}</p>' for head, text in zip(NUMBERED, TEXTS, strict=True))
    assert sections(beside) == WHOLE


def test_a_strand_glued_to_its_chapter_is_its_text():
    body = paragraphs("一、总体情况（一）主动公开", TEXTS[0], "（二）依申请公开", "未收到申请。") + chapters(NUMBERED[1:], TEXTS[1:])
    assert sections(body)[0] == ("overview", f"（一）主动公开/{TEXTS[0]}/（二）依申请公开/未收到申请。")
    assert sections(body)[1:] == WHOLE[1:]


NEW_BUTTONS = [
    "点击收藏", "扫码分享", "听全文", "倍速", "中文简体", "评论 0", "点赞(3)", "继续访问 放弃", "您访问的链接即将离开清泉县人民政府门户网站 是否继续？", "微信扫码 打开", "【上一则】清泉县财政局2021年年报", "上篇：没有了", "清泉AI助手", "转载请注明来源", "有效性：有效", "相关文档", "TOP",
]  # fmt: skip


@pytest.mark.parametrize("button", NEW_BUTTONS)
def test_a_button_behind_the_last_chapter_is_no_word_of_it(button):
    assert sections(chapters() + f"<p>{button}</p>") == WHOLE


@pytest.mark.parametrize("words", ["设有繁体、简体两种版本", "评论区回复12条", "上篇报告中提出的问题已整改", "放弃申请1件", "听全文广播12期"])
def test_a_line_of_such_words_in_a_chapter_is_the_reports(words):
    assert sections(chapters().replace(f"<p>{TEXTS[4]}</p>", f"<p>{TEXTS[4]}</p><p>{words}</p>"))[4] == ("problems", f"{TEXTS[4]}/{words}")


OLD = [
    (2009, [("overview", "政府信息公开工作概况"), ("disclosure", "主动公开情况"), ("requests", "依申请公开情况"), ("fees", "收费情况"), ("proceedings", "复议诉讼及申诉情况"), ("other", "工作人员和政府支出情况"), ("problems", "存在的不足和下一步打算")]),
    (2010, [("overview", "概述"), ("disclosure", "主动公开政府信息的情况"), ("requests", "依申请公开政府信息和不予公开政府信息的情况"), ("fees", "政府信息公开的收费及减免情况"), ("proceedings", "因政府信息公开申请行政复议、提起行政诉讼的情况"), ("complaints", "咨询、投诉情况"), ("problems", "政府信息公开工作存在的主要问题及改进情况"), ("other", "其他需要报告的事项"), ("annex", "附表")]),
    (2012, [("overview", "基本情况"), ("disclosure", "政府信息主动公开情况"), ("requests", "政府信息依申请公开情况"), ("proceedings", "行政复议和行政诉讼情况"), ("complaints", "咨询投诉处理情况"), ("problems", "主要问题和改进措施")]),
    (2015, [("overview", "工作推进情况"), ("disclosure", "主动公开情况"), ("other", "回应社会关切情况"), ("requests", "依申请公开情况"), ("fees", "收费及减免情况"), ("proceedings", "复议、诉讼情况"), ("problems", "主要问题和改进措施")]),
]  # fmt: skip


@pytest.mark.parametrize(("year", "old"), OLD)
def test_chapters_of_the_years_before_2019_have_their_keys(year, old):
    texts = [f"这是第{HAN[n]}章的正文，说明{year}年的情况。" for n in range(len(old))]
    body = chapters([f"{HAN[n]}、{head}" for n, (_, head) in enumerate(old)], texts)
    title = f"清泉县教育局{year}年政府信息公开工作年度报告"
    assert sections(body, title) == [(key, text) for (key, _), text in zip(old, texts, strict=True)]


BUTTONS = st.lists(st.sampled_from(["打印", "分享到：", "【字体：大 中 小】", "关闭窗口", "我要纠错"]), max_size=2)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.sampled_from(range(6)), min_size=3, max_size=6, unique=True).map(sorted),
    st.sampled_from([name for name in NUMBERINGS if name not in ("all 一、", "none")]),
    st.lists(BUTTONS, min_size=6, max_size=6),
)
def test_any_chapters_under_any_numbering_between_any_buttons(chosen, numbering, buttons):
    body = "".join(
        paragraphs(NUMBERINGS[numbering](n) + HEADS[n], TEXTS[n], *buttons[n]) for n in chosen
    )
    assert sections(body) == [WHOLE[n] for n in chosen]


ORGANS = st.sampled_from(
    ["清泉县教育局", "云岭镇人民政府", "高笋塘街道办事处", "清泉县人民政府", "清泉县政务服务局（县行政审批局）", "国家税务总局清泉县税务局", "清泉高新区管委会", "中共清泉县委宣传部", "清泉县供销合作社联合社", "西安市长安区郭杜街道办"]
)  # fmt: skip
HAN_DIGITS = "〇一二三四五六七八九"
YEAR_WORDS = st.sampled_from(
    [str, lambda year: "".join(HAN_DIGITS[int(digit)] for digit in str(year)), lambda year: "".join(HAN_DIGITS[int(digit)] for digit in str(year)).replace("〇", "○")]
)
SHAPES = st.sampled_from(
    [
        "{o}{y}年{c}", "{y}年{o}{c}", "{y}年度{o}{c}", "{o} {y}年 {c}", "{o}{c}（{y}年）", "《{o}{y}年{c}》", "{o}{y}年{c}_清泉县人民政府门户网站", "{o}{y}年{c} - 清泉县人民政府",
        "关于{o}{y}年{c}的公示", "关于公布{o}{y}年{c}的公告", "附件：{o}{y}年{c}", "{o}{y}年度{c}（图片版）", "{o}{y}年{c}.docx", "{y}年{c}（{o}）",
    ]
)  # fmt: skip
CORES = st.sampled_from(["政府信息公开工作年度报告", "政府信息公开年度报告", "信息公开年报", "政务公开年度报告", "信息公开工作年度报告", "政府信息公开 工作告年度报"])


@given(ORGANS, st.integers(2008, 2030), YEAR_WORDS, SHAPES, CORES)
def test_a_title_of_any_shape_says_whose_and_of_which_year(organ, year, written, shape, core):
    title = shape.format(o=organ, y=written(year), c=core)
    if written is not str and "（{y}年）" in shape:
        return  # figures in Chinese never stand in brackets
    read = parse_title(title)
    assert read is not None
    if not (organ.endswith("）") and shape == "{y}年{c}（{o}）"):
        assert (read.organ, read.year) == (organ, year)


@given(ORGANS, st.integers(2008, 2030), st.sampled_from(["{o}{y}年法治政府建设年度报告", "{o}{y}年部门预算", "关于做好{y}年政府信息公开工作年度报告的通知", "{o}{y}年政府信息公开工作年度报告解读", "一图读懂{o}{y}年政府信息公开年报", "{o}{y}年政务公开工作要点", "{o}召开{y}年政府信息公开年度报告培训会"]))
def test_what_is_no_report_has_no_reports_title(organ, year, shape):
    assert parse_title(shape.format(o=organ, y=year)) is None
