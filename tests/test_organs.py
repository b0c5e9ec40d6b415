"""One organ under several names, and organs that only look like one."""

import pytest

from crawler.organs import Name, one_name_each, place_before


def groups(*names):
    """The names that came to one, each group by its organs."""
    made = [Name(*name) if isinstance(name, tuple) else Name("p1", name, None, None) for name in names]
    found = {}
    for name, organ in one_name_each(made).items():
        found.setdefault((organ.code or name.portal, organ.name), set()).add(name.organ)
    return sorted(map(sorted, found.values()))


WAN = ("500101", "万州区")


@pytest.mark.parametrize(
    "names",
    [
        ["大寨乡", "大寨乡人民政府"],
        ["亭子街道", "亭子街道办事处"],
        ["青禾县民政局", "民政局"],
        ["青禾县民政局", "县民政局", "民政局"],
        ["青禾县大寨乡人民政府", "大寨乡人民政府", "大寨乡"],
        ["自贡市民政局", "市民政局"],
        ["青禾县发展和改革委员会", "发展和改革委员会"],
        ["重庆市万州区水利局", "万州区水利局"],
        ["重庆市万州区水利局", "万州区水利局", "水利局"],
        ["恩施土家族苗族自治州巴东县财政局", "巴东县财政局", "财政局"],
        ["青禾县城市管理局", "城市管理局"],
        ["青禾县市场监督管理局", "市场监督管理局"],
        ["新平彝族傣族自治县民政局", "新平县民政局", "县民政局", "民政局"],
        [("p1", "重庆市万州区水利局", *WAN), ("p1", "万州区水利局", None, None)],
        [("p1", "水利局", *WAN), ("p2", "万州区水利局", *WAN)],
        [("p1", "万州区水利局", *WAN), ("p1", "水利局", None, None)],
        [("p1", "重庆市万州区高笋塘街道", "500101001", "高笋塘街道"), ("p2", "高笋塘街道办事处", "500101001", "高笋塘街道")],
    ],
)
def test_names_of_one_organ_come_to_one(names):
    assert len(groups(*names)) == 1


def test_names_that_speak_of_the_county_in_other_ways_do_not_hide_it():
    found = groups("荣县民政局", "民政局", "四川荣县经济开发区管理委员会", "国家税务总局荣县税务局", "自贡市自然资源局荣县分局", "荣县城区管理局", "旭阳镇")
    assert ["民政局", "荣县民政局"] in found and len(found) == 6


@pytest.mark.parametrize(
    "names",
    [
        ["重庆市民政局", "重庆市万州区民政局", "民政局"],
        ["邹平县民政局", "邹平市民政局", "民政局"],  # before and after it became a city
        ["荣县民政局", "富顺县民政局", "民政局"],  # whose?
        ["自贡市民政局", "荣县财政局", "民政局"],  # a city's portal with a county's report on it
        ["沈阳市民政局", "和平区财政局", "民政局"],
        ["荣县城关镇", "富顺县城关镇人民政府", "城关镇"],
        ["青禾县财政局", "青禾县大寨乡财政所", "财政所"],
        ["青禾县人民政府办公室", "人民政府办公室"],
        ["青禾县党政办公室", "党政办公室"],
        ["青禾县便民服务中心", "便民服务中心"],
        ["青禾县人民政府", "人民政府"],
        ["青禾县管理委员会", "管理委员会"],
        ["青禾县民政局", "财政局"],
        ["青禾县局", "局"],
        ["城市管理局", "管理局"],
        ["南京市鼓楼区民政局", "徐州市鼓楼区民政局", "鼓楼区民政局"],
        ["大寨乡", "大寨镇"],
        ["青禾县", "青禾县人民政府办公室"],
        [("", "青禾县民政局", None, None), ("", "民政局", None, None)],  # files from anywhere
        [("p1", "青禾县民政局", None, None), ("p2", "民政局", None, None)],
        [("p1", "青禾县民政局", None, None), ("p2", "青禾县民政局", None, None)],
        [("p1", "甲镇", "510321100", "甲镇"), ("p1", "甲镇人民政府", "510322100", "甲镇")],
        [("p1", "城关镇", "510321100", "城关镇"), ("p2", "城关镇", "510322100", "城关镇")],
        [("p1", "大寨乡", "510321", "荣县"), ("p1", "富顺县大寨乡", "510322", "富顺县")],
    ],
)
def test_organs_that_only_look_like_one_stay_apart(names):
    found = groups(*names)
    assert sum(map(len, found)) == len(names) and len(found) == len(names)


def test_a_name_of_two_places_takes_neither():
    here = [("p1", "甲镇", "510321100", "甲镇"), ("p1", "甲镇人民政府", "510322100", "甲镇"), ("p1", "甲镇", None, None)]
    codes = {name: organ.code for name, organ in one_name_each(Name(*each) for each in here).items()}
    assert codes[Name(*here[2])] is None


@pytest.mark.parametrize(
    ("name", "places"),
    [
        ("苏州市民政局", ("苏州市", "苏州市")), ("万州区民政局", ("万州区", "万州区")), ("荣县民政局", ("荣县", "荣县")), ("荣县市场监督管理局", ("荣县", "荣县")), ("赣县区民政局", ("赣县区", "赣县区")),
        ("沈阳市和平区民政局", ("沈阳市和平区", "和平区")), ("驻马店市驿城区财政局", ("驻马店市驿城区", "驿城区")), ("红旗镇财政所", ("", "")),
        ("郑州市金水区教育局", ("郑州市金水区", "金水区")), ("市中区财政局", ("市中区", "市中区")), ("鄂温克旗民政局", ("鄂温克旗", "鄂温克旗")),
        ("新市街道办事处", ("", "")), ("国家税务总局荣县税务局", ("", "")), ("青禾经济开发区管理委员会", ("", "")), ("荣县", ("", "")),
    ],
)  # fmt: skip
def test_the_places_that_a_name_begins_with(name, places):
    assert place_before(name) == places
