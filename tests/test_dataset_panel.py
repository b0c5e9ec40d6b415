"""What series of reports show, and what must not be taken for it: each check in both directions."""

import pytest

from crawler.dataset import open_dataset, panel_findings
from tests.dataset_records import record, whole, write_home


def panel(folder, *records):
    with open_dataset(write_home(folder, records)) as dataset:
        return list(panel_findings(dataset))


def checks(folder, *records):
    return [finding.check for finding in panel(folder, *records)]


def year_of(year, new, carried_in, total, carried_out, **more):
    """A report whose column 总计 has these figures."""
    names = ("new", "carried_in", "total", "carried_out")
    return record(year=year, cells={f"requests.{n}.total": v for n, v in zip(names, (new, carried_in, total, carried_out), strict=True)}, **more)


# ------------------------------------------------------------------------------------ carry


def test_what_was_carried_over_and_arrives_is_no_finding(tmp_path):
    assert checks(tmp_path, year_of(2021, 5, 0, 3, 2), year_of(2022, 4, 2, 6, 0)) == []


def test_what_was_carried_over_and_does_not_arrive_is_a_warning_where_both_balance(tmp_path):
    last, this = year_of(2021, 5, 0, 3, 2), year_of(2022, 4, 0, 4, 0)
    (finding,) = panel(tmp_path, last, this)
    assert (finding.check, finding.level, finding.expected, finding.found) == ("panel.carry", "warning", 2, 0)
    assert (finding.report_id, finding.other_report_id) == (this["report_id"], last["report_id"])
    assert "2021" in finding.message and "2" in finding.message


def test_where_a_column_does_not_balance_it_is_a_notice_only(tmp_path):
    (finding,) = panel(tmp_path, year_of(2021, 5, 0, 3, 1), year_of(2022, 4, 0, 4, 0))
    assert finding.level == "notice"


@pytest.mark.parametrize(
    "records",
    [
        [year_of(2021, 5, 0, 3, None), year_of(2022, 4, 0, 4, 0)],  # blank
        [year_of(2020, 5, 0, 3, 2), year_of(2022, 4, 0, 4, 0)],  # a year between
        [year_of(2021, 5, 0, 3, 2), year_of(2022, 4, 0, 4, 0, scope="aggregate")],
        [year_of(2021, 5, 0, 3, 2), year_of(2022, 4, 0, 4, 0, organ="青禾县财政局")],
        [year_of(2021, 5, 0, 3, 2), year_of(2022, 4, 0, 4, 0, portal="elsewhere")],
        [year_of(2021, 5, 0, 3, 2, findings=[("year.unsure", [])]), year_of(2022, 4, 0, 4, 0)],
        [record(year=2018, cells={"annex.c1": 3}), year_of(2019, 4, 7, 11, 0)],  # the annex has no such figure
    ],
)
def test_carry_is_not_asked_where_it_cannot_be_known(tmp_path, records):
    assert checks(tmp_path, *records) == []


@pytest.mark.parametrize(
    ("last", "this"), [("青禾县民政局", "民政局"), ("青禾县大寨乡", "大寨乡人民政府"), ("重庆市万州区水利局", "万州区水利局"), ("民政局", "青禾县民政局")]
)
def test_carry_is_asked_of_an_organ_under_its_other_name(tmp_path, last, this):
    (finding,) = panel(tmp_path, year_of(2021, 5, 0, 3, 2, organ=last), year_of(2022, 4, 0, 4, 0, organ=this))
    assert (finding.check, finding.level) == ("panel.carry", "warning")


def test_another_copy_that_agrees_clears_the_carry(tmp_path):
    later = year_of(2021, 5, 0, 3, 2, url="http://q/2")
    agreeing = year_of(2021, 5, 0, 2, 3, url="http://q/1", official=False)
    assert checks(tmp_path, agreeing, later, year_of(2022, 4, 3, 7, 0)) == ["panel.duplicate"]


# ------------------------------------------------------------------------------------ stock


def stock(year, issued, repealed, in_force, note=None):
    cells = {f"disclosure.normative_documents.{n}": v for n, v in (("issued", issued), ("repealed", repealed), ("in_force", in_force))}
    made = record(year=year, cells=cells)
    made["cells"][0]["note"] = note
    return made


def test_a_stock_of_documents_that_adds_up_is_no_finding(tmp_path):
    assert checks(tmp_path, stock(2021, 1, 0, 10), stock(2022, 3, 2, 11)) == []


def test_a_stock_that_does_not_add_up_is_a_notice(tmp_path):
    (finding,) = panel(tmp_path, stock(2021, 1, 0, 10), stock(2022, 3, 2, 4))
    assert (finding.check, finding.level, finding.expected, finding.found) == ("panel.stock", "notice", 11, 4)


@pytest.mark.parametrize("this", [stock(2022, 3, None, 4), stock(2022, 3, 2, 4, note="其中修订3件")])
def test_a_stock_with_a_blank_or_an_explanation_is_not_asked(tmp_path, this):
    assert checks(tmp_path, stock(2021, 1, 0, 10), this) == []


# ------------------------------------------------------------------------------------ copies of a report


def test_of_two_copies_it_is_said_which_is_taken_and_why(tmp_path):
    mirror, page = record(url="http://m/1", official=False), record(url="http://q/1")
    (finding,) = panel(tmp_path, mirror, page)
    assert (finding.report_id, finding.other_report_id) == (mirror["report_id"], page["report_id"])
    assert (finding.check, finding.level) == ("panel.duplicate", "notice")
    assert "it is on the portal itself: http://q/1" in finding.message


@pytest.mark.parametrize(("official", "level"), [(True, "warning"), (False, "notice")])
def test_copies_that_print_different_figures_name_the_cells(tmp_path, official, level):
    one = record(url="http://q/1", cells=whole(requests__new__total=3), published="2023-01-02", official=official)
    two = record(url="http://q/2", cells=whole(requests__new__total=8), published="2023-01-03")
    (finding,) = panel(tmp_path, one, two)
    assert finding.keys == ("requests.new.total",)
    assert (finding.level, finding.expected, finding.found) == (level, "8", "3")


def test_copies_that_differ_in_a_blank_only_do_not_disagree(tmp_path):
    one = record(url="http://q/1", cells={"requests.new.total": None}, official=False)
    (finding,) = panel(tmp_path, one, record(url="http://q/2", cells={"requests.new.total": 8}))
    assert finding.keys == ()


# ------------------------------------------------------------------------------------ magnitude and unit


def decisions_of(year, value, **more):
    return record(year=year, cells={"disclosure.licensing.decisions": value}, **more)


def test_a_figure_a_hundred_times_off_the_other_years_stands_out(tmp_path):
    (finding,) = panel(tmp_path, *(decisions_of(y, v) for y, v in ((2020, 110), (2021, 90), (2022, 120), (2023, 120_000))))
    assert (finding.check, finding.level, finding.found) == ("panel.outlier", "notice", 120_000)


@pytest.mark.parametrize("values", [(110, 90, 120, 4000), (1, 2, 3, 900), (110, 12_000, 120, 120_000), (110, 120, 120_000)])
def test_growth_small_numbers_and_restless_series_do_not(tmp_path, values):
    assert checks(tmp_path, *(decisions_of(2020 + n, v) for n, v in enumerate(values))) == []


def test_a_figure_beyond_all_of_its_level_stands_out(tmp_path):
    towns = [decisions_of(2022, 10 + n % 40, organ=f"第{n}镇人民政府") for n in range(120)]
    huge = decisions_of(2022, 9_000_000, organ="远镇人民政府")
    (finding,) = panel(tmp_path, *towns, huge)
    assert (finding.report_id, finding.check) == (huge["report_id"], "panel.outlier")
    assert checks(tmp_path, *towns, decisions_of(2022, 300, organ="远镇人民政府")) == []


def fees(year, value):
    return record(year=year, cells={"disclosure.fees.amount": value})


def test_yuan_where_ten_thousands_are_asked_are_noticed(tmp_path):
    (finding,) = panel(tmp_path, fees(2021, 2.02), fees(2022, 3.5), fees(2023, 24_100))
    assert (finding.check, finding.keys) == ("panel.unit", ("disclosure.fees.amount",))
    assert "元, not 万元" in finding.message


@pytest.mark.parametrize("values", [(2.02, 3.5, 41), (2.02, 24_100), (2, 3000, 24_100), (0, 0, 24_100)])
def test_amounts_that_merely_differ_are_not(tmp_path, values):
    assert checks(tmp_path, *(fees(2021 + n, v) for n, v in enumerate(values))) == []


# ------------------------------------------------------------------------------------ dates


@pytest.mark.parametrize(
    ("organ", "year", "published", "late"),
    [
        ("青禾县民政局", 2022, "2023-01-31", None),
        ("青禾县民政局", 2022, "2023-02-03", "3 day"),
        ("青禾县民政局", 2018, "2019-03-31", None),
        ("青禾县民政局", 2018, "2019-04-02", "2 day"),
        ("青禾县人民政府", 2022, "2023-03-31", None),
        ("青禾县人民政府", 2022, "2023-04-01", "1 day"),
        ("青禾县人民政府办公室", 2022, "2023-03-01", None),
        ("青禾县白水镇", 2022, "2023-02-20", None),
        *((town, 2022, "2023-02-20", None) for town in ("亭子街道党政综合办公室", "亭子街道办", "亭子街道党工委", "白水镇政府", "白水镇党政办", "白水镇党委",
            "白水镇人民政府党政办公室", "黄河农场", "国营白水林场", "农一师三团")),
        *((office, 2022, "2023-02-20", "20 day") for office in ("青禾县乡镇企业局", "青禾县委办公室", "青禾县街道建设局", "青禾县党政机关服务局")),
        ("青禾县民政局", 2022, "2024-06-01", None),  # a posting of an old report
        ("青禾县民政局", 2022, "2022-12-30", None),
        ("青禾县民政局", 2022, None, None),
        ("青禾县民政局", 2022, "2023-02-30", None),
    ],
)
def test_timeliness_is_held_against_the_legal_date_of_year_and_organ(tmp_path, organ, year, published, late):
    found = panel(tmp_path, record(organ, year, published=published))
    assert [f.check for f in found] == (["panel.late"] if late else [])
    if late:
        assert late in found[0].message and found[0].level == "notice"


def test_a_copy_published_in_time_is_enough(tmp_path):
    copies = [record(url="http://q/1", published="2023-01-20"), record(url="http://q/2", published="2023-05-20")]
    assert checks(tmp_path, *copies) == ["panel.duplicate"]


# ------------------------------------------------------------------------------------ renamed organs


def test_an_organ_that_goes_and_its_successor_that_comes_are_linked_and_not_joined(tmp_path):
    old = record("青禾县卫生和计划生育局", 2017)
    new = year_of(2019, 4, 3, 7, 0, organ="青禾县卫生健康局")
    (finding,) = panel(tmp_path, old, year_of(2018, 1, 1, 1, 1, organ="青禾县卫生和计划生育局"), new)
    assert (finding.check, finding.report_id, finding.expected) == ("panel.renamed", new["report_id"], "青禾县卫生和计划生育局")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("青禾县环保局", "青禾县生态环境局"), ("青禾县国土局", "青禾县自然资源局"), ("青禾县国土局", "青禾县自然资源和规划局"), ("青禾县工商局", "青禾县市场监管局"),
        ("青禾县质监局", "青禾县市场监督管理局"), ("青禾县食药监局", "青禾县市场监督管理局"), ("青禾县安监局", "青禾县应急管理局"), ("青禾县旅游局", "青禾县文化和旅游局"),
        ("青禾县文广新局", "青禾县文旅局"), ("青禾县卫计委", "青禾县卫健委"), ("青禾县卫计局", "青禾县卫生健康局"), ("青禾县环境保护局", "山南市青禾县生态环境局"),
        ("青禾县环境保护局", "山南市生态环境局青禾县分局"), ("青禾县住房和城乡规划局", None), ("青禾县人社局", "青禾县人力资源和社会保障局"),
    ],
)  # fmt: skip
def test_a_reform_is_known_by_the_short_names_too(tmp_path, old, new):
    found = panel(tmp_path, record(old, 2017), record(new or "青禾县住房和城乡建设局", 2019))
    linked = new is not None and "人社" not in old
    assert [f.check for f in found] == (["panel.renamed"] if linked else [])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (("青禾县卫生和计划生育局", 2019), ("青禾县卫生健康局", 2019)),  # both report
        (("青禾县卫生和计划生育局", 2012), ("青禾县卫生健康局", 2019)),
        (("青禾县卫生和计划生育局", 2018), ("白水县卫生健康局", 2019)),
        (("青禾县卫生和计划生育局", 2018), ("青禾县应急管理局", 2019)),
        (("禾县环保局", 2018), ("青禾县生态环境局", 2019)),
        (("青禾县环保局", 2018), ("山南市白水县生态环境局", 2019)),
        (("青禾县环保局", 2018), ("山南市生态环境局白水县分局", 2019)),
        (("环保局", 2018), ("青禾县生态环境局", 2019)),
    ],
)
def test_organs_that_only_look_alike_are_not_linked(tmp_path, old, new):
    assert checks(tmp_path, record(*old), record(*new)) == []


# ------------------------------------------------------------------------------------ copied text

OWN = "。".join(
    f"{place}的便民服务中心今年第一次把公开栏搬进了{what}，群众不用再跑县城"
    for place, what in (("东坪村", "祠堂旁的凉亭"), ("西河社区", "旧粮站改成的书屋"), ("南岭村", "茶叶合作社"), ("北塘村", "渡口候船室"), ("中寨村", "供销社门口"),
                        ("石桥村", "榨油坊的院墙"), ("枫林社区", "老年食堂"), ("新田村", "文化长廊"))
)  # fmt: skip
BOILERPLATE = "。".join(
    (
        "根据《中华人民共和国政府信息公开条例》和上级要求，现将本机关政府信息公开工作年度报告予以公布",
        "本报告所列数据的统计期限自2022年1月1日起至2022年12月31日止",
        "如对本报告有疑问，请与青禾县民政局办公室联系，电话和地址见县人民政府网站首页",
    )
    * 4
)


def story(organ, year, text, **more):
    return record(organ, year, sections=[("problems", text)], **more)


def test_a_text_that_was_only_given_the_new_year_is_copied(tmp_path):
    last = story("青禾县民政局", 2021, OWN.replace("今年", "2021年"))
    this = story("青禾县民政局", 2022, OWN.replace("今年", "2022年"))
    (finding,) = panel(tmp_path, last, this)
    assert (finding.check, finding.level, finding.keys) == ("panel.copied_text", "notice", ("sections.problems",))
    assert finding.found == 1.0 and "its own report on 2021" in finding.message and "便民服务中心" in finding.message


def test_a_neighbours_text_is_copied_though_a_word_was_changed(tmp_path):
    theirs = story("青禾县财政局", 2022, OWN)
    ours = story("青禾县民政局", 2022, OWN.replace("祠堂旁的凉亭", "祠堂旁的茶亭"))
    found = panel(tmp_path, theirs, ours)
    assert [f.check for f in found] == ["panel.copied_text"] * 2
    assert found[1].found == 1.0 and "青禾县财政局" in found[1].message


@pytest.mark.parametrize(
    "records",
    [
        [story("青禾县民政局", 2021, BOILERPLATE), story("青禾县民政局", 2022, BOILERPLATE)],
        [story("青禾县民政局", 2022, OWN), story("白水县民政局", 2022, OWN, portal="baishui")],  # not neighbours
        [story("青禾县民政局", 2021, OWN), story("青禾县民政局", 2022, OWN[:120])],  # too little
        [story("青禾县民政局", 2021, OWN), story("青禾县民政局", 2022, OWN[:150] + OWN[150:].replace("村", "庄").replace("公开栏", "新做的宣传栏目牌子"))],
        # the figures were brought up to date
        [story("青禾县民政局", y, "。".join(f"{p}全年共公开政府信息{n + y % 100}条，比上年有所增加，群众反响较好，社会评价提升" for n, p in enumerate("东西南北中上下左右前后"))) for y in (2021, 2022)],
        [story(f"青禾县第{n}局", 2022, OWN) for n in range(25)],  # a template of the county
    ],
)
def test_what_every_report_says_or_brings_up_to_date_is_not_copied(tmp_path, records):
    assert "panel.copied_text" not in checks(tmp_path, *records)
