"""Bytes to text: by what the bytes are, whatever they are called."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.decode import common_share, decode
from tests.seeds import SEEDS, needs_seeds

PROSE = (
    "2022年，云岭县认真贯彻落实《中华人民共和国政府信息公开条例》，主动公开政府信息126条，收到依申请公开3件，"
    "均按期答复。下一步将加强政务公开队伍建设，完善工作制度，提升公开质量和实效，更好地为群众服务。"
)
# Word's markup is nine tenths of such a page, and leads statistical detectors astray.
WORD = '<p class="MsoNormal" style="mso-char-indent-count:2.0"><span lang="EN-US" style="font-family:仿宋_GB2312">' + PROSE + "<o:p></o:p></span></p>"
TRADITIONAL = "根據政府信息公開條例的規定，本縣主動公開政府信息一百條，收到申請三件，已經全部答復，現將有關情況報告如下。"
LABELS = [None, "utf-8", "gb2312", "gbk", "iso-8859-1", "big5", "windows-1252", "nonsense"]


def checks(decoded):
    return [finding.check for finding in decoded.findings]


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("text", [PROSE, WORD * 5, f"<table><tr><td>{PROSE}</td><td>０</td></tr></table>"])
@pytest.mark.parametrize("charset", ["utf-8", "gbk", "gb18030", "utf-8-sig"])
def test_the_bytes_decide_and_the_label_does_not(text, charset, label):
    decoded = decode(text.encode(charset), label)
    assert decoded.text == text
    assert decoded.encoding == ("utf-8" if charset.startswith("utf-8") else "gb18030")


@pytest.mark.parametrize("charset", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("mark", [True, False])
def test_utf_16_is_read_with_its_mark_and_without(charset, mark):
    page = "<html><head><title>a</title></head><body><p>" + PROSE + "</p></body></html>"
    body = page.encode(charset)
    bom = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}[charset]
    if not mark:
        body = ("<html>" + " " * 400 + page).encode(charset)
        assert decode(body).text.endswith(page)
    else:
        assert decode(bom + body).text == page


def test_big5_is_taken_only_when_it_reads_clearly_better():
    assert decode(TRADITIONAL.encode("big5")).text == TRADITIONAL
    assert decode(TRADITIONAL.encode("gb18030")).text == TRADITIONAL


def test_place_names_outside_gbk_survive_a_gb2312_label():
    name = "砲里街道䶮镇㴩湖"
    decoded = decode((f'<meta charset="gb2312">{PROSE}{name}').encode("gb18030"))
    assert name in decoded.text
    assert decoded.findings == ()


@pytest.mark.parametrize("charset", ["utf-8", "gb18030"])
def test_a_character_cut_at_the_end_is_dropped_and_told(charset):
    decoded = decode((PROSE + "报").encode(charset)[:-1])
    assert decoded.text == PROSE
    assert [(f.check, f.level) for f in decoded.findings] == [("source.cut", "warning")]


def test_a_wrong_label_is_a_notice_and_names_it():
    decoded = decode(f'<meta charset="gb2312">{PROSE}'.encode(), "iso-8859-1")
    (finding,) = decoded.findings
    assert (finding.check, finding.level) == ("source.encoding", "notice")
    assert "gb2312" in finding.message
    assert "iso-8859-1" in finding.message


@pytest.mark.parametrize("label", ["gb2312", "GBK", "gb18030"])
def test_the_names_of_gbk_are_one_encoding(label):
    assert decode(PROSE.encode("gbk"), label).findings == ()


def test_plain_ascii_belies_no_label():
    assert decode(b"<html><body>ok</body></html>", "gb2312").findings == ()


def test_a_few_lost_bytes_do_not_make_another_encoding_of_the_page():
    body = PROSE.encode()
    decoded = decode(body[:30] + b"\xe6\x94" + body[30:])
    assert decoded.encoding == "utf-8"
    (finding,) = decoded.findings
    assert (finding.check, finding.level) == ("text.damaged", "warning")


def test_damage_that_no_reader_sees_is_not_reported():
    page = b"<script>var a='\xff\xfe\xfa\xfb';</script><!-- \xff --><p>" + PROSE.encode() + b"</p>"
    assert "text.damaged" not in checks(decode(page))


def test_a_latin_page_falls_back_to_its_label():
    assert decode("<meta charset=iso-8859-1><p>café déjà vu".encode("latin-1")).text.endswith("café déjà vu")


def test_control_characters_never_join_two_figures():
    assert decode(b"1\x012\x0b3").text == "1 2\n3"
    assert decode("<p>报\x00告</p>".encode()).text == "<p>报告</p>"


def test_mojibake_has_few_everyday_characters():
    assert common_share(PROSE) > 0.35
    assert common_share(PROSE.encode().decode("gbk", "replace")) < 0.15


@given(st.binary(max_size=300), st.sampled_from(LABELS))
def test_no_bytes_raise_and_nothing_unprintable_comes_out(body, label):
    decoded = decode(body, label)
    decoded.text.encode("utf-8")
    assert "\x00" not in decoded.text


@given(st.text(alphabet=st.characters(min_codepoint=0x20, exclude_categories=("Cs", "Cc", "Cn", "Co")), max_size=200))
def test_valid_utf_8_always_comes_back_as_it_was(text):
    body = text.encode()
    if not body.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")):
        assert decode(body).text == text


@needs_seeds
@pytest.mark.parametrize("charset", ["utf-8", "gb18030"])
def test_real_reports_are_read_in_either_encoding(charset):
    for path in SEEDS.glob("*.txt"):
        text = path.read_text(encoding="utf-8")
        assert decode(text.encode(charset), "latin-1").text == text


WRONG = {
    "utf-8 as latin-1": lambda text: text.encode().decode("latin-1"),
    "utf-8 as windows-1252": lambda text: "".join(bytes([b]).decode("cp1252", "ignore") or chr(b) for b in text.encode()),
    "gbk as latin-1": lambda text: text.encode("gbk").decode("latin-1"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_text_saved_after_a_wrong_decoding_comes_back_where_no_byte_was_lost(wrong):
    page = f"<html><p>{PROSE}</p><td>1204</td></html>"
    read = decode(WRONG[wrong](page).encode())
    assert read.text == page
    (finding,) = read.findings
    assert (finding.check, finding.level) == ("text.damaged", "notice")
    assert "repaired" in finding.message


def test_utf_8_saved_as_gbk_comes_back_and_what_is_lost_is_marked_and_counted():
    page = f"<html><p>{PROSE}</p><p>政府信息</p><p>报告书</p><td>1204</td></html>"
    read = decode(page.encode().decode("gbk", "replace").encode())
    assert "<p>政府信息</p>" in read.text  # an even number of bytes: whole
    assert "报告\ufffd</p><td>1204</td>" in read.text  # an odd one: the last is lost
    (finding,) = read.findings
    assert (finding.check, finding.level) == ("text.damaged", "warning")
    assert finding.found == read.text.count("\ufffd")


@pytest.mark.parametrize("outer", ["utf-8", "gb18030"])
def test_a_template_around_an_include_in_another_encoding_is_read_in_both(outer):
    inner = "gb18030" if outer == "utf-8" else "utf-8"
    head = f"<html><title>清泉县人民政府门户网站</title>\n<p>{PROSE}</p>\n<div>政务公开栏目导航</div>\n"
    body = f"<p>{PROSE}{PROSE}</p>\n<p>一、总体情况</p>\n<td>12</td>\n<p>联通</p>\n<p>主动公开政府信息若干条目</p>\n"
    read = decode(head.encode(outer) + body.encode(inner))
    assert read.text == head + body
    assert checks(read) == ["source.encoding"]


def test_a_utf_8_page_of_another_language_is_not_taken_for_a_wrong_decoding():
    page = "<p>Événement à l’Assemblée générale, déjà prévu : élèves, forêt, naïveté, cœur, garçon.</p>" * 4
    assert decode(page.encode()).text == page
