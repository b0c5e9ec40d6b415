"""Who reports, on which year, published when: by witnesses."""

import pytest
from lxml import html as lxml_html

from parsers.divisions import named
from parsers.identity import read_identity
from parsers.lines import flatten_tree, split_text
from parsers.metadata import read_metadata
from parsers.narrative import read_narrative

BODY = "一、总体情况\n主动公开信息20条。\n二、主动公开政府信息情况\n三、收到和处理政府信息公开申请情况\n六、其他需要报告的事项\n无。"


def identify(source, *, url="http://www.yunling.gov.cn/a.html", title_tag=None, metas=None):
    metas = metas or {}
    lines = flatten_tree(lxml_html.document_fromstring(source)) if source.lstrip().startswith("<") else split_text(source)
    narrative, metadata = read_narrative(lines), read_metadata(lines, metas)
    return read_identity(url=url, title_tag=title_tag, metas=metas, lines=lines, narrative=narrative, metadata=metadata)


def checks(identity):
    """What is said of year, organ and host. The places in these pages are invented or have namesakes."""
    return [finding.check for finding in identity.findings if finding.check != "division.unsure"]


def test_a_full_title_is_enough():
    read = identify(f"云岭县青山镇人民政府2022年政府信息公开工作年度报告\n{BODY}")
    assert (read.title, read.organ, read.year) == ("云岭县青山镇人民政府2022年政府信息公开工作年度报告", "云岭县青山镇人民政府", 2022)
    assert read.findings == ()
    assert read.witnesses["year"] == {"title": "2022"}


def test_the_titles_of_the_page_are_heard_too():
    read = identify(BODY, title_tag="青山镇2022年政府信息公开工作年度报告_云岭县人民政府", metas={"articletitle": "青山镇2022年政府信息公开工作年度报告"})
    assert (read.title, read.organ, read.year) == ("青山镇2022年政府信息公开工作年度报告", "青山镇", 2022)


def test_the_statistics_period_and_the_title_must_agree():
    read = identify(f"青山镇2022年政府信息公开工作年度报告\n本报告数据统计期限自2021年1月1日起至2021年12月31日止。\n{BODY}")
    assert read.year == 2022
    assert checks(read) == ["year.unsure"]
    assert read.findings[0].found == 2021


def test_last_years_sentence_does_not_contradict_the_title():
    read = identify("青山镇2022年政府信息公开工作年度报告\n" + BODY.replace("主动公开信息", "2021年，青山镇主动公开信息"))
    assert read.year == 2022
    assert checks(read) == []


def test_figures_swallowed_by_a_copy_are_no_year():
    read = identify(f"青山镇2022年政府信息公开工作年度报告\n统计期限自20221月1日至202212月31日。\n{BODY}")
    assert checks(read) == []


@pytest.mark.parametrize(
    ("url", "published", "year", "sure"),
    [
        ("http://www.yunling.gov.cn/module/xxgk/xxgkAnnualReport.jsp?area=1&fbtime=2019", "2020-01-20", 2019, True),
        ("http://www.yunling.gov.cn/nb/202101/t20210122_1.html", "2021-01-22", 2020, True),
        ("http://www.yunling.gov.cn/a.html", "2021-01-22", 2020, False),
        ("http://www.yunling.gov.cn/a.html", "2021-09-22", None, False),
    ],
)
def test_without_a_year_in_the_text_the_address_and_the_day_of_publication_speak(url, published, year, sure):
    read = identify(f"青山镇政府信息公开工作年度报告\n{BODY}", url=url, metas={"pubdate": published})
    assert read.year == year
    assert checks(read) == ([] if sure else ["year.unsure"])


def test_a_report_cannot_be_published_before_its_year():
    assert checks(identify(f"青山镇2022年政府信息公开工作年度报告\n{BODY}", metas={"pubdate": "2021-01-20"})) == ["year.unsure"]


def test_the_signature_speaks_where_the_title_does_not():
    read = identify(f"2022年政府信息公开工作年度报告\n{BODY}\n青山镇人民政府\n2023年1月18日")
    assert (read.organ, read.published) == ("青山镇人民政府", "2023-01-18")
    assert "organ.unsure" not in checks(read)


def test_another_organs_signature_makes_the_organ_unsure():
    read = identify(f"青山镇2022年政府信息公开工作年度报告\n{BODY}\n云岭县教育局\n2023年1月18日")
    assert read.organ == "青山镇"
    assert checks(read) == ["organ.unsure"]


def test_the_county_publishes_what_its_towns_write():
    read = identify(f"发布机构：云岭县人民政府\n青山镇2022年政府信息公开工作年度报告\n{BODY}")
    assert read.organ == "青山镇"
    assert checks(read) == []


def test_a_brand_is_not_an_organ():
    read = identify(f"365bet(中国)官方网站 2024年政府信息公开工作年度报告\n{BODY}", url="http://www.brand.example.com/a.html")
    assert read.organ is None
    assert checks(read) == ["organ.unsure", "source.unofficial_host"]


def test_the_day_comes_from_the_meta_then_the_box_then_the_line_below_the_title():
    head = "今天是2024年5月1日\n发布日期：2023-01-31\n"
    title = "青山镇2022年政府信息公开工作年度报告\n"
    assert identify(head + title + BODY, metas={"pubdate": "2023-01-30 09:00"}).published == "2023-01-30"
    assert identify(head + title + BODY).published == "2023-01-31"
    assert identify(title + "2023-02-01 来源: 本网\n" + BODY).published == "2023-02-01"


def test_the_line_below_a_title_counts_though_the_article_repeats_the_title_in_two_pieces():
    rest = "".join(f"<p>{line}</p>" for line in BODY.splitlines())
    page = f"<p>青山镇2022年政府信息公开工作年度报告</p><p>2023-01-17　信息来源：青山镇　点击数：</p><div><p>青山镇<br>2022年政府信息公开工作年度报告</p>{rest}</div>"
    assert identify(page).published == "2023-01-17"


def test_dates_of_the_head_and_of_related_news_are_not_taken():
    page = f"<div>2019年12月3日 星期二</div><h1>青山镇2022年政府信息公开工作年度报告</h1><div>{''.join(f'<p>{line}</p>' for line in BODY.splitlines())}</div><ul><li><a>2021年年报</a> 2022-01-11</li></ul>"
    assert identify(page).published is None


@pytest.mark.parametrize(
    ("url", "judged"),
    [
        ("http://www.yunling.gov.cn/a.html", False),
        ("http://云岭.政务/a.html", False),
        ("http://127.0.0.1:8080/a.html", False),
        ("http://localhost/a.html", False),
        ("report.txt", False),
        ("", False),
        ("http://www.yunling-gov.cn.example.com/a.html", True),
        ("https://gov.cn.mirror.net/a.html", True),
    ],
)
def test_only_a_host_that_can_be_judged_is_judged(url, judged):
    read = identify(f"青山镇2022年政府信息公开工作年度报告\n{BODY}", url=url)
    assert ("source.unofficial_host" in checks(read)) is judged


def test_a_copied_file_is_judged_by_the_address_it_claims():
    text = f"青山镇2022年政府信息公开工作年度报告\n本报告可在云岭县政府门户网站(http://www.casino777.com)查阅。\n{BODY}"
    assert "source.unofficial_host" in checks(identify(text, url="a.txt"))
    assert "source.unofficial_host" not in checks(identify(text.replace("casino777.com", "yunling.gov.cn"), url="a.txt"))


def test_scope_is_aggregate_when_a_government_speaks_for_all_its_organs():
    text = "云岭县2022年政府信息公开工作年度报告\n" + BODY.replace("主动公开信息20条", "全县各级行政机关主动公开信息2000条")
    assert identify(text).scope == "aggregate"
    assert identify(f"青山镇2022年政府信息公开工作年度报告\n{BODY}").scope == "own"
    assert identify(f"云岭县2022年政府信息公开工作年度报告\n{BODY}").scope is None


# ------------------------------------------------------------------------------- division


def test_a_division_needs_two_witnesses():
    title = "同心县人民政府办公室2020年政府信息公开工作年度报告\n"
    assert identify(title + BODY).division is None
    found = identify(title + BODY + "\n主办：同心县人民政府\n网站标识码：6403240007 宁公网安备64032402000014号").division
    assert (found.code, found.name) == ("640324", "同心县")
    assert {"organ", "site_id", "police_id"} <= set(found.witnesses)


def test_a_name_that_recurs_is_decided_by_a_code():
    title = "河西镇2020年政府信息公开工作年度报告\n"
    assert identify(title + BODY + "\n当前位置：首页 > 乡镇 > 河西镇").division is None
    assert identify(title + BODY + "\n网站标识码：6403240007").division.code == named("河西镇", within="640324")[0].code


def test_a_code_of_another_place_does_not_decide():
    assert identify(f"河西镇2020年政府信息公开工作年度报告\n{BODY}\n网站标识码：4401180007").division is None


def test_prose_that_repeats_the_name_is_no_witness():
    text = "高笋塘街道2020年政府信息公开工作年度报告\n" + BODY.replace("主动", "高笋塘街道主动")
    assert identify(text).division is None
    assert identify(text.replace("高笋塘街道主动", "万州区高笋塘街道主动")).division.code == "500101001"


def test_a_place_visited_does_not_decide_between_namesakes():
    text = "古城街道2019年政府信息公开工作年度报告\n" + BODY.replace("主动", "赴丽江市古城区学习，主动")
    assert identify(text).division is None


@pytest.mark.parametrize(
    ("opening", "organ"),
    [
        ("现将清泉县云岭镇人民政府2020年政府信息公开工作情况报告如下：", "清泉县云岭镇人民政府"),
        ("关于清泉县云岭镇人民政府2020年政府信息公开工作的情况，现报告如下。", "清泉县云岭镇人民政府"),
        ("特编制清泉县云岭镇人民政府2020年政府信息公开工作年度报告。", "清泉县云岭镇人民政府"),
        ("本报告由清泉县云岭镇人民政府根据《条例》编制。", "清泉县云岭镇人民政府"),
        ("依据《条例》，现将我镇2020年工作情况报告如下。", None),
        ("县政府办公室按照《条例》编制本报告。", None),
        ("现将本机关2020年政府信息公开工作情况报告如下。", None),
    ],
)
def test_leading_words_never_become_part_of_an_organ(opening, organ):
    assert identify(f"2020年政府信息公开工作年度报告\n{opening}\n{BODY}").organ == organ


@pytest.mark.parametrize("line", ["石桥镇 发布于 2023-01-19 11:10", "石桥镇人民政府 2023-01-19", "信息时间：2023-01-19"])
def test_who_published_may_stand_before_the_day(line):
    assert identify(f"石桥镇2022年政府信息公开工作年度报告\n{line}\n{BODY}").published == "2023-01-19"


def test_a_footer_is_no_signature():
    page = "<p>政府信息公开年报</p><p>民政局</p><p>主办：清泉县人民政府 承办：清泉县政务服务中心</p>"
    assert identify(page).organ is None


@pytest.mark.parametrize(
    ("title", "signed", "agree"),
    [
        ("清泉县石桥镇人民政府", "清泉县石桥镇党政办公室", True),
        ("城关街道", "清泉县人民政府城关街道办事处", True),
        ("清泉县发改局", "清泉县发展和改革局", True),
        ("清泉县卫健委", "清泉县卫生健康委员会", True),
        ("清泉经开区管委会", "清泉经济技术开发区管理委员会", True),
        ("新平县", "新平彝族傣族自治县人民政府", True),
        ("石桥镇", "石桥镇政务公开领导小组办公室", True),
        ("清泉县民政局", "清泉县教育局", False),
        ("清泉县", "清泉县教育局", False),
        ("东城街道办事处", "西城街道办事处", False),
    ],
)
def test_long_and_short_names_of_one_organ_agree(title, signed, agree):
    read = identify(f"{title}2022年政府信息公开工作年度报告\n{BODY}\n{signed}\n2023年1月18日")
    assert ("organ.unsure" not in checks(read)) is agree


def places(identity):
    return [finding for finding in identity.findings if finding.check == "division.unsure"]


def test_a_name_that_nothing_places_is_null_and_its_candidates_are_told():
    read = identify(f"河西镇人民政府2020年政府信息公开工作年度报告\n{BODY}")
    (finding,) = places(read)
    assert read.division is None
    assert finding.level == "notice"
    assert "130535101 河北省邢台市临西县河西镇" in finding.message
    assert "and 4 more" in finding.message


def test_a_former_name_is_told_with_the_day_it_ended():
    (finding,) = places(identify(f"增城市教育局2012年政府信息公开工作年度报告\n{BODY}"))
    assert "440183 增城市 (until 2013-12)" in finding.message


def test_a_zone_is_no_division_though_another_zone_has_a_code():
    read = identify(
        f"武汉经济技术开发区管理委员会2020年政府信息公开工作年度报告\n{BODY}", metas={"siteidcode": "4201000001"}
    )
    assert read.division is None


def test_a_signature_that_named_the_organ_is_no_second_witness_of_its_place():
    read = identify(f"2020年政府信息公开工作年度报告\n{BODY}\n同心县教育局\n2021年1月20日")
    assert read.organ == "同心县教育局"
    assert read.division is None


@pytest.mark.parametrize(
    ("title", "pre", "published", "year"),
    [
        ("青山镇2022年政府信息公开工作年度报告", "数据统计期限为2023年度。", "", 2022),
        ("青山镇二〇二二年政府信息公开工作年度报告", "统计期限为二〇二一年一月一日起至二〇二一年十二月三十一日止。", "", 2022),
        ("青山镇2020-2021年政府信息公开工作年度报告", "2020年以来，我镇认真公开政府信息。", "", 2020),
        ("青山镇2023年政府信息公开工作年度报告", "", "2023-01-20", 2023),
        ("青山镇2022年政府信息公开工作年度报告", "2023年，我镇认真公开政府信息。", "2024-01-20", 2022),
    ],
)
def test_a_year_that_something_speaks_against_is_unsure(title, pre, published, year):
    body = BODY.replace("2022年", "").replace("一、总体情况\n", f"一、总体情况\n{pre}\n") if pre else BODY
    read = identify(f"{title}\n{body}", metas={"pubdate": published} if published else {})
    assert read.year == year
    assert checks(read) == ["year.unsure"]


def test_advertisers_words_in_a_title_tell_a_hijacked_copy():
    read = identify(f"青山镇2022年政府信息公开工作年度报告\n{BODY}", title_tag="bet365官网_青山镇2022年政府信息公开工作年度报告")
    assert "source.mirror" in checks(read)
    assert read.organ == "青山镇"


def test_a_government_that_fights_gambling_is_no_hijacker():
    body = BODY + "\n严厉打击网络赌博，收缴老虎机3台，查处赌场1处。\n打击赌博专项行动"
    assert "source.mirror" not in checks(identify(f"青山镇2022年政府信息公开工作年度报告\n{body}"))


def test_a_title_that_lost_characters_makes_organ_and_year_unsure():
    read = identify(f"青山镇20\ufffd2年政府信息公开工作年度报告\n柳桥镇2021年政府信息公开工作年度报告\n{BODY}")
    assert {"organ.unsure", "year.unsure"} <= set(checks(read))


@pytest.mark.parametrize("year", ["（2022年度）", "(2022年)", "二〇22年", "20二二年", "二0二二年度", "二○二二年"])
def test_a_year_in_brackets_or_half_in_words_is_no_part_of_the_name(year):
    read = identify(f"云岭县青山镇人民政府{year}政府信息公开工作年度报告\n{BODY}")
    assert (read.organ, read.year) == ("云岭县青山镇人民政府", 2022)
    assert checks(read) == []


@pytest.mark.parametrize("words", ["上一篇：", "【上一篇】", "上篇：", "后一条 "])
def test_a_neighbour_in_the_list_gives_its_name_to_no_page(words):
    neighbour = f"<div>{words}云岭县财政局2021年政府信息公开工作年度报告</div>"
    for body in ("<div id=app></div>", "".join(f"<p>{line}</p>" for line in BODY.split("\n"))):
        read = identify(f"<body>{body}{neighbour}</body>", title_tag="云岭县教育局2022年政府信息公开工作年度报告_云岭县人民政府")
        assert (read.organ, read.year) == ("云岭县教育局", 2022)


def test_the_name_of_the_page_contradicts_a_title_on_it_that_nobody_else_confirms():
    page = f"云岭县财政局2022年政府信息公开工作年度报告\n{BODY}"
    tag = "云岭县教育局2022年政府信息公开工作年度报告"
    assert "organ.unsure" in checks(identify(page, title_tag=tag))
    assert "organ.unsure" not in checks(identify(f"{page}\n云岭县财政局\n2023年1月12日", title_tag=tag))
    assert "organ.unsure" not in checks(identify(page, title_tag="云岭县财政局2022年政府信息公开工作年度报告"))


def test_figures_of_a_school_year_are_no_years():
    opening = "本报告统计期限自2022年9月1日起至2023年8月31日止。2023年，本校主动公开。"
    read = identify(f"云岭职业学院信息公开工作年度报告\n{opening}\n{BODY}")
    assert read.year is None
    assert "2022年9月1日" in next(finding.message for finding in read.findings if finding.check == "year.unsure")
    read = identify(f"云岭县水利局2023年政府信息公开工作年度报告\n{opening}\n{BODY}")
    assert (read.year, checks(read)) == (2023, ["year.unsure"])


def test_of_several_titles_on_the_page_the_one_in_the_title_tag_is_its_own():
    page = f"<ul><li>云岭县教育局2021年政府信息公开工作年度报告</li></ul><h2>云岭县水利局2022年政府信息公开工作年度报告</h2>{''.join(f'<p>{line}</p>' for line in BODY.splitlines())}"
    read = identify(page, title_tag="云岭县水利局2022年政府信息公开工作年度报告")
    assert (read.organ, read.year, checks(read)) == ("云岭县水利局", 2022, [])


@pytest.mark.parametrize("signed", ["青山镇人民政府\n2023.1.18", "青山镇人民政府2023-01-18", "青山镇人民政府\n2023 / 1 / 18"])
def test_a_date_in_figures_below_an_organ_is_the_signatures(signed):
    assert identify(f"青山镇2022年政府信息公开工作年度报告\n{BODY}\n{signed}").published == "2023-01-18"


def test_a_date_in_figures_by_itself_is_the_pages():
    assert identify(f"青山镇2022年政府信息公开工作年度报告\n{BODY}\n2023.1.18").published is None


def test_a_government_that_combines_the_reports_of_its_organs_reports_for_all():
    assert identify(f"云岭县2022年政府信息公开工作年度报告\n本报告综合各乡镇人民政府和县政府各部门政府信息公开年度报告编制。\n{BODY}").scope == "aggregate"
