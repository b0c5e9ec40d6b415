"""Converted copies: back to simplified characters, and what was destroyed is said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.script import normalise_script
from tests.seeds import SEEDS, needs_seeds

SIMPLIFIED = [
    "乾县於潜镇人民政府2020年政府信息公开工作年度报告",  # a conversion would rename both places
    "村里有余姓、著名作家於梨华的遗著；app（PPP）模式(an)项目，怎么办?!我们的APP",
    "<p title='繁體'>2022年，全年主动公开信息126条(件)，其中(zhong)点信息3条。</p>",
]


@pytest.mark.parametrize("text", SIMPLIFIED)
def test_a_simplified_page_is_not_touched(text):
    page = (text + "\n") * 30
    read = normalise_script(page)
    assert read.text is page
    assert (read.traditional, read.pinyin, read.damaged, read.findings) == (False, False, (), ())


def test_a_traditional_copy_becomes_simplified_and_is_told():
    read = normalise_script("一、總體情況\n2020年，本縣開展政府信息公開，報告如下。\n二、主動公開政府信息情況")
    assert read.text == "一、总体情况\n2020年，本县开展政府信息公开，报告如下。\n二、主动公开政府信息情况"
    assert read.traditional
    assert [(f.check, f.level) for f in read.findings] == [("source.mirror", "notice")]


def test_overconverted_characters_come_back_too():
    text = "總體情況：法定主動公開製度全麵落實，體係於年後在村裡建立，答覆瞭解甚麼著力開展，沿著條例報告，著作權"
    assert normalise_script(text).text == "总体情况：法定主动公开制度全面落实，体系于年后在村里建立，答复了解什么着力开展，沿着条例报告，著作权"


@pytest.mark.parametrize(
    ("written", "name"), [("乾縣", "乾县"), ("於潛鎮", "於潜镇"), ("乾安縣", "乾安县"), ("若乾縣區", "若干县区"), ("澂江市", "澄江市"), ("乾部", "干部"), ("濛陽街道", "濛阳街道")]
)
def test_places_keep_the_character_of_their_name(written, name):
    page = f"總體情況：{written}開展政府信息公開，報告如下，數據統計，條例規定。"
    assert name in normalise_script(page).text


TONED = "根據(jù)條例規(guī)定,網(wǎng)絡數(shù)據(jù)公開,結(jié)果統(tǒng)計,經(jīng)審核"
ON_MANY = "公(gōng)開(kāi)政(zhèng)府(fǔ)信(xìn)息(xī)報(bào)告(gào)"
DOUBLED = "公(gong)(gong)開(kai)(kai)政(zheng)府(fu)信(xin)息(xi)報(bao)(bao)告(gao)"


@pytest.mark.parametrize(
    ("text", "plain"),
    [(TONED, "根据条例规定,网络数据公开,结果统计,经审核"), (ON_MANY, "公开政府信息报告"), (DOUBLED * 12, "公开政府信息报告" * 12)],
)
def test_the_three_dialects_of_pinyin_notes_are_stripped(text, plain):
    read = normalise_script(text)
    assert read.text == plain
    assert read.pinyin


def test_single_notes_and_abbreviations_stay():
    text = "推广政务客户端(app)和PPP(ppp)项目，王炅(jiǒng)任组长，地区生产总值(gdp)"
    assert normalise_script(text * 3).text == text * 3


def test_spans_shifted_by_a_byte_are_found_and_told():
    text = f"總體情況：{TONED}。信息發布“三審三?！敝贫取6羌訌娖脚_建設,更加規(guī)范?!锻目h人民政府公報》,格式?jīng)]有統(tǒng)一"
    read = normalise_script(text)
    assert len(read.damaged) == 2
    assert all(span in read.text for span in read.damaged)
    assert [f.check for f in read.findings] == ["source.mirror", *["text.damaged"] * 3]
    assert "敝贫取6羌" in read.findings[1].message


def test_a_span_is_mended_when_the_document_knows_one_word_that_fits():
    elsewhere = "落實三校三審制度。“三校”制度。二是加強平臺建設，不是加強平臺規範。《同心縣人民政府公報》，在同心縣規範。"
    text = f"總體情況：{TONED}。{elsewhere}信息發布“三審三?！敝贫取6羌訌娖脚_建設,更加規(guī)範?!锻目h人民政府公報》,格式?jīng)]有統(tǒng)一"
    read = normalise_script(text)
    assert "“三审三校”制度。二是加强平台建设" in read.text
    assert "格式没有统一" in read.text
    assert read.damaged == ()
    repaired = [f for f in read.findings if f.check == "text.damaged"]
    assert {f.level for f in repaired} == {"notice"}
    assert all("repaired" in f.message for f in repaired)


def test_a_span_that_reads_in_two_ways_stays_as_it_is_and_is_told():
    text = f"總體情況：{TONED}。{TONED}三審三?！敝贫取6羌訌娖脚_建設"
    (span,) = normalise_script(text).damaged
    assert "6羌" in span
    assert span in normalise_script(text).text


def test_no_figure_comes_out_of_a_damaged_span():
    cell = "總體情況：" + TONED + "<td>申請?！敝6羌_</td><td>12</td>"
    read = normalise_script(cell)
    assert "<td>12</td>" in read.text
    assert not any(char.isdigit() for f in read.findings if f.level == "notice" for char in f.message.split("” to “")[-1])


def test_a_page_decoded_wrongly_before_it_was_saved_is_told():
    once = "政府信息公开工作年度报告，主动公开情况，收到和处理申请情况。" * 20
    read = normalise_script(once.encode().decode("gb18030", "replace"))
    assert [(f.check, f.level) for f in read.findings] == [("text.damaged", "error")]


def test_a_converted_page_that_was_decoded_wrongly_is_told_too():
    once = "政府信息公开工作年度报告，主动公开情况，收到和处理申请情况。" * 20
    read = normalise_script(once.encode("gbk").decode("big5", "replace"))
    assert ("text.damaged", "error") in [(f.check, f.level) for f in read.findings]


def test_pages_written_in_character_references_are_read():
    text = "".join(f"&#{ord(char)};" for char in "一、總體情況：本縣開展政府信息公開年度報告編制，數據統計如下，共有條例規定的項目處理情況")
    assert "总体情况" in normalise_script(text).text


@given(st.text(alphabet="一二公開报告總體(gōng)(kai)?！!]\n <p>0123\ud800", max_size=200))
def test_no_text_raises_and_lines_stay_where_they_are(text):
    read = normalise_script(text)
    assert read.text.count("\n") == text.count("\n")


@needs_seeds
def test_real_simplified_reports_are_not_touched():
    for path in SEEDS.glob("00[0-3]*.txt"):
        text = path.read_text(encoding="utf-8")
        assert normalise_script(text).text is text


def test_radicals_that_a_font_puts_for_characters_are_those_characters():
    assert normalise_script("⼀、总体情况：⽔利局⻓期公开").text == "一、总体情况：水利局长期公开"
