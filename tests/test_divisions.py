"""Divisions: what a code and a name stand for, and which place an organ belongs to."""

import doctest
import re

import pytest

import parsers.codes
import parsers.divisions
from parsers.codes import credit_code_division, valid_credit_code, valid_organ_code
from parsers.division_table import load_table
from parsers.divisions import (
    Place,
    ancestors,
    by_code,
    county_of,
    find_places,
    full_name,
    named,
    resolve_organ,
    successors,
)


def codes(places: tuple[Place, ...]) -> list[str]:
    return [place.code for place in places]


@pytest.mark.parametrize("module", [parsers.divisions, parsers.codes])
def test_the_examples_in_the_docstrings_hold(module):
    result = doctest.testmod(module)
    assert result.attempted > 3
    assert result.failed == 0


# --- codes


@pytest.mark.parametrize(
    ("code", "name", "level"),
    [
        ("500000", "重庆市", "province"),
        ("50", "重庆市", "province"),
        ("5301", "昆明市", "prefecture"),
        ("532504", "弥勒市", "county"),
        ("500101001", "高笋塘街道", "township"),
        ("500101001000", "高笋塘街道", "township"),
        ("500101000", "万州区", "county"),
        ("441900", "东莞市", "prefecture"),
        ("659004", "五家渠市", "county"),
        (" 710000 ", "台湾省", "province"),
    ],
)
def test_a_code_of_today(code, name, level):
    place = by_code(code)
    assert place is not None
    assert (place.name, place.level, place.until) == (name, level, None)


@pytest.mark.parametrize(
    ("code", "name"),
    [("440183", "增城市"), ("332500", "丽水地区"), ("622301", "武威市"), ("330682", "上虞市"), ("350427", "沙县")],
)
def test_a_dissolved_code_keeps_its_name_and_says_until_when(code, name):
    place = by_code(code)
    assert place is not None
    assert place.name == name
    assert re.fullmatch(r"\d{4}-\d{2}", place.until or "")


@pytest.mark.parametrize("code", ["", "5", "110100", "429000", "999999", "50010A", "５００１０１", "bm55000001", "6403240007"])
def test_what_is_no_place_has_none(code):
    assert by_code(code) is None
    assert full_name(code) == ""
    assert successors(code) == ()


def test_the_province_of_a_code_is_known_though_the_code_is_not():
    assert codes(ancestors("110100")) == ["110000"]
    assert ancestors("999999") == ancestors("") == ancestors("x") == ()


def test_full_names_skip_the_rows_that_are_no_places():
    assert full_name("500235") == "重庆市云阳县"
    assert full_name("429005") == "湖北省潜江市"
    assert full_name("441900003") == "广东省东莞市东城街道"
    assert full_name("620201101") == "甘肃省嘉峪关市峪泉镇"
    assert full_name("440183") == "广东省广州市增城市"


def test_an_identifier_tells_its_county():
    assert codes((county_of("6403240007"), county_of("64032402000014"), county_of("640324101"))) == ["640324"] * 3
    assert codes((county_of("440183"), county_of("441900003"), county_of("620201101"))) == ["440183", "441900", "620200"]
    for larger in ("3406000012", "4300000077", "340000", "110100", "620299", "999999", "", "x"):
        assert county_of(larger) is None, larger


def test_a_dissolved_county_has_its_successor_by_name():
    assert codes(successors("440183")) == ["440118"]
    assert codes(successors("332500")) == ["331100"]
    assert codes(successors("532504")) == ["532504"]
    assert successors("622301") == (), "a county-level city whose name the prefecture took"


def test_every_township_stands_under_a_county_that_is_in_the_table():
    table = load_table()
    counties = {code[:6] for code in table.names if len(code) == 9}
    assert len(counties) > 2_800
    assert {county for county in counties if by_code(county) is None} == {"620201"}
    assert sum(len(code) == 9 for code in table.names) == 41_352


# --- names


def test_a_name_that_recurs_gives_all_its_places():
    assert len(named("城关镇")) >= 88
    assert codes(named("鼓楼区")) == ["320106", "320302", "350102", "410204"]
    assert codes(named("鼓楼区", within="3201")) == ["320106"]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("新平彝族傣族自治县", "530427"),
        ("新平县", "530427"),
        ("弥勒", "532504"),
        ("东乡县", "622926"),
        ("鄂温克旗", "150724"),
        ("鄂温克族自治旗", "150724"),
        ("积石山县", "622927"),
        ("黄南州", "632300"),
        ("巴音郭楞州", "652800"),
        ("木垒县", "652328"),
        ("龙胜县", "450328"),
        ("西藏", "540000"),
        ("广西", "450000"),
        ("延边州", "222400"),
        ("内蒙古", "150000"),
        ("双江县", "530925"),
        (" 弥 勒 市 ", "532504"),
    ],
)
def test_names_are_known_in_full_shortened_and_without_their_suffix(name, code):
    assert codes(named(name)) == [code]


def test_a_former_name_counts_only_where_no_place_of_today_has_it():
    [former] = named("增城市")
    assert (former.code, former.until is not None) == ("440183", True)
    assert codes(named("和县")) == ["340523"]
    assert {place.code for place in named("郊区", within="4301")} == {"430111"}
    assert codes(named("增城")) == ["440118"]


def test_a_dissolved_county_opens_its_successor_to_within():
    assert codes(named("朱村街道", within="440183")) == ["440118003"]
    assert codes(named("朱村街道", within="4401830012")) == ["440118003"]


@pytest.mark.parametrize("name", ["", "市", "赵", "县", "街道", "没有这个地方", "abc", "市辖区", "省直辖县级行政区划"])
def test_what_names_no_place_gives_none(name):
    assert named(name) == ()


@pytest.mark.parametrize("within", ["x", "6403240007x", "999999", " "])
def test_a_within_that_is_no_place_matches_nothing(within):
    if within.strip():
        assert named("城关镇", within=within) == ()


def test_places_are_found_in_a_text_the_longest_first():
    found = find_places("广州市增城区人民政府朱村街道办事处2021年报告")
    assert [place.name for place in found][-2:] == ["广州市", "增城区"]
    assert "440118003" in codes(found)
    assert codes(find_places("新平县人民政府")) == ["530427"]
    assert "林县" not in [place.name for place in find_places("石林县人民政府")]
    assert find_places("") == find_places("2021年政府信息公开工作年度报告") == ()


def test_a_place_name_that_is_a_common_word_is_not_found_everywhere():
    assert find_places("经济开发区") == ()
    assert codes(find_places("延吉市林业局")) == ["222401"], "a bureau is a statistical area there, and no township"


def test_finding_places_takes_time_in_proportion_to_the_text():
    # The work is the candidate names looked at: at most the longest name a position.
    text = "城关镇人民政府办公室" * 2_000
    spans = list(parsers.divisions._spans(text))
    assert len(spans) <= 4 * len(text)


# --- organs


@pytest.mark.parametrize(
    ("organ", "code"),
    [
        ("重庆市万州区高笋塘街道办事处", "500101001"),
        ("万州区高笋塘办事处", "500101001"),
        ("万州高笋塘街道", "500101001"),
        ("广州市增城区人民政府朱村街道办事处", "440118003"),
        ("同心县人民政府办公室", "640324"),
        ("同心县河西镇人民政府", "640324101"),
        ("弥勒市人民政府", "532504"),
        ("新平县水塘镇人民政府", "530427103"),
        ("上海市宝山区庙行镇人民政府", "310113112"),
        ("中山市大涌镇人民政府", "442000116"),
        ("三明市三元区中村乡人民政府", "350404200"),
        ("息烽县青山苗族乡人民政府", "520122200"),
        ("青山乡人民政府", None),
        ("北京市信访办公室", "110000"),
        ("四川蓬安工业园区管理委员会", "511323"),
        ("安化县教育局", "430923"),
        ("新疆乌恰县人民政府", "653024"),
        ("增城市朱村街道办事处", "440118003"),
        ("广西壮族自治区人民政府办公厅", "450000"),
    ],
)
def test_an_organ_belongs_to_the_most_specific_place_it_names(organ, code):
    if code is None:
        assert len(resolve_organ(organ)) > 1
    else:
        assert codes(resolve_organ(organ)) == [code]


def test_a_witness_narrows_a_name_that_recurs():
    assert len(resolve_organ("大寨乡人民政府")) > 2
    [place] = named("大寨乡", within="530925") or named("大寨乡", within="410526")
    assert codes(resolve_organ("大寨乡人民政府", within=place.code[:6] + "0007")) == [place.code]
    assert resolve_organ("大寨乡人民政府", within="6403240007") == ()
    assert codes(resolve_organ("朝阳区人民政府", within="22")) == ["220104"]
    assert resolve_organ("兰考县大寨乡人民政府", within="410526") == (), "the name itself says another county"


@pytest.mark.parametrize(
    ("organ", "why"),
    [
        ("苍南县龙港镇人民政府", "the town is a city now, and not the county"),
        ("资阳市安岳县南薰乡人民政府", "the township was dissolved"),
        ("幸福新城区人民政府北京街道办事处", "its district is unknown, and the sub-district a namesake"),
        ("长安区高笋塘街道办事处", "that sub-district is of another district"),
        ("朝阳财政局", "four places are called so without a suffix"),
        ("公安局", "an ordinary word, and not 公安县"),
        ("信息公开办公室", "no place at all"),
        ("", "nothing at all"),
        ("城关镇" * 500, "rubbish, which must not take long either"),
    ],
)
def test_an_organ_that_names_no_known_place_has_no_place(organ, why):
    places = resolve_organ(organ)
    if organ.startswith("城关镇"):
        assert all(place.name.startswith("城关") for place in places)
    else:
        assert places == (), why


@pytest.mark.parametrize(
    ("organ", "code"),
    [
        ("荆州市公安局", "421000"),
        ("防城港市港口管理局", "450600"),
        ("桂林市资源局", "450300"),
        ("延吉市林业局", "222401"),
        ("南阳市人民政府驻北京办事处", "411300"),
        ("德安县园艺场", "360426"),
    ],
)
def test_words_in_the_name_of_a_department_are_no_places(organ, code):
    assert codes(resolve_organ(organ)) == [code]


# --- check digits


@pytest.mark.parametrize("code", ["11330922002643296E", "91350100M000100Y43"])
def test_a_credit_code_checks(code):
    assert valid_credit_code(code)
    assert credit_code_division(code) == code[2:8]


def test_any_changed_character_breaks_a_credit_code():
    good = "11330922002643296E"
    for place, old in enumerate(good):
        for new in "0123456789ABCDEFGHJKLMNPQRTUWXY":
            if new != old:
                assert not valid_credit_code(good[:place] + new + good[place + 1 :])


@pytest.mark.parametrize("code", ["", "11330922002643296", "11330922002643296e", "1133092200264329６E", "IOSVZ9220026432960"])
def test_what_is_no_credit_code_does_not_check(code):
    assert not valid_credit_code(code)
    assert credit_code_division(code) is None


@pytest.mark.parametrize("code", ["014320144", "01527918X", "002562728", "002643296", "01432014-4"])
def test_an_organ_code_checks(code):
    assert valid_organ_code(code)


@pytest.mark.parametrize("code", ["000014348", "", "01432014", "0143201440", "01432014X", "0143-20144", "０14320144"])
def test_what_is_no_organ_code_does_not_check(code):
    assert not valid_organ_code(code)
