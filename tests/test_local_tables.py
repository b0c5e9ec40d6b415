"""What offices add to the form, and tables that look like it: sums with a part more, heads and captions of their own, other laws' tables."""

import re
from dataclasses import replace

import pytest

from crawler.demo.compose import compose_report
from tests.corpus.annexes import annex, page
from tests.corpus.sample import Box, base, write_page
from tests.pages import ORGAN, checks, compose, kinds, read, values

HEAD, BODY = 1, slice(2, -1)
COLS = ("natural_person", "enterprise", "research", "public_welfare", "legal_service", "other", "total")


def annex_with(figures, *, behind="", row=()):
    """The annex with some figures changed, and a row of the page's own behind one of the form's."""
    composed, rows = annex()
    out = []
    for line in rows:
        key = line[-1].key
        said = figures.get((key or "").removeprefix("annex."))
        out.append([*line[:-1], Box(str(said), key=key)] if said is not None else line)
        if key == f"annex.{behind}":
            out.append([Box(text) for text in row])
    return read(page(composed, out))


WAYS = {"c1_1": 1, "c1_2": 2, "c1_3": 3, "c1_4": 4}


@pytest.mark.parametrize("label", ["5.其他方式申请数", "5.电子邮件申请数", "5.电话申请数"])
def test_a_part_that_the_page_adds_counts_in_its_sum(label):
    added = annex_with({**WAYS, "c1": 15}, behind="c1_4", row=(label, "件", "5"))
    assert values(added)["annex.c1"] == 15
    assert "annex.ways" not in checks(added)


def test_a_sum_that_the_added_part_does_not_explain_is_accused():
    assert "annex.ways" in checks(annex_with({**WAYS, "c1": 15}))
    assert "annex.ways" in checks(annex_with({**WAYS, "c1": 16}, behind="c1_4", row=("5.其他方式申请数", "件", "5")))
    # a part of a part, and a row somewhere else, explain nothing
    assert "annex.ways" in checks(annex_with({**WAYS, "c1": 15}, behind="c1_3", row=("其中：电子邮件申请数", "件", "5")))
    assert "annex.ways" in checks(annex_with({**WAYS, "c1": 15}, behind="c3_8", row=("9.其他答复数", "件", "5")))


def test_a_channel_that_the_page_adds_counts_among_the_channels():
    channels = {f"a2_{n}": 1 for n in range(1, 6)}
    assert "annex.channels" in checks(annex_with({**channels, "a1": 50, "a1a": 1}))
    report = annex_with({**channels, "a1": 50, "a1a": 1}, behind="a2_5", row=("6.公开栏公开政府信息数", "条", "45"))
    assert "annex.channels" not in checks(report)


def test_what_the_forms_parts_do_not_prove_is_not_derived():
    parts = {**WAYS, "c1_4": "", "c1": 15}
    proved = {cell.key: cell.derived for cell in annex_with(parts).cells}
    assert proved["annex.c1_4"] == 9
    report = annex_with(parts, behind="c1_4", row=("5.其他方式申请数", "件", "5"))
    assert {cell.key: cell.derived for cell in report.cells}["annex.c1_4"] is None
    assert kinds(report)["annex.c1_4"] == "blank"


def with_row(label, figures, of="denied.administrative_query"):
    """A report whose totals count one row more than the form has."""
    plain = values(read(compose("2021", unique=False).body))
    more = {f"requests.{row}.{col}": plain[f"requests.{row}.{col}"] + n for row in ("total", "new") for col, n in zip(COLS, figures, strict=True)}
    composed = compose_report(form="2021", organ=ORGAN, year=2023, overrides=more)
    rows = [list(row) for row in composed.rows[1]]
    at = next(y for y, row in enumerate(rows) if row[-1].key == f"requests.{of}.total")
    rows.insert(at + 1, [Box(label), *(Box(str(n)) for n in figures)])
    rows = [[replace(box, rows=box.rows + 1) if box.rows > 7 else box for box in row] for row in rows]
    return composed, read(write_page(composed, [composed.rows[0], rows, composed.rows[2]]))


@pytest.mark.parametrize("label", ["9.其他法定情形", "9.其他"])
def test_a_ground_of_refusal_that_the_page_adds_counts_in_every_column(label):
    composed, report = with_row(label, (1, 2, 3, 4, 5, 6, 21))
    assert [f.check for f in report.findings if f.level == "error"] == []
    assert values(report)["requests.total.total"] == composed.cells["requests.total.total"]


def test_another_row_does_not_hide_a_wrong_total():
    _, report = with_row("小计", (1, 2, 3, 4, 5, 6, 21))
    assert "requests.total" in checks(report)


@pytest.mark.parametrize(("figures", "accused"), [((1, 1, 1, 1, 5, 9), False), ((1, 1, 1, 1, 4, 8), False), ((1, 1, 1, 1, 5, 8), True)])
def test_a_result_that_the_page_adds_counts_in_its_group(figures, accused):
    """Four results of the form, one of the page's own, the total: which of all three groups is meant is seen in one."""
    composed, tables = base("2021")
    names = ("结果维持", "结果纠正", "其他结果", "尚未审结", "撤回申请", "总计")
    groups = [[Box(name, cols=6) for name in ("行政复议", "未经复议直接起诉", "复议后起诉")], [Box(name) for name in names * 3]]
    row = [Box(str(n)) for n in (*figures, 1, 1, 1, 1, 0, 4, 0, 0, 0, 0, 0, 0)]
    report = read(write_page(composed, [*tables[:2], [*groups, row]]))
    assert values(report)["proceedings.reconsideration.total"] == figures[-1]
    assert ("proceedings.total" in checks(report)) == accused


# ------------------------------------------------------------------------------------ heads


@pytest.mark.parametrize("names", [("2015年", "2016年"), ("上年", "本年")])
def test_the_years_may_stand_in_a_second_row_of_the_head(names):
    composed, rows = annex()
    head = [[Box("统计指标", rows=2), Box("单位", rows=2), Box("统计数", cols=2)], [Box(name) for name in names]]
    body = [[*row[:2], Box(str(int(row[2].text) + 1) if row[2].key else ""), row[2]] for row in rows[BODY]]
    assert values(read(page(composed, [*head, *body]))) == composed.cells


def test_a_heading_over_the_whole_width_leaves_the_head_of_the_columns():
    composed, rows = annex()
    body = [row if row[2].key else [Box(row[0].text, cols=4)] for row in rows[BODY]]
    body = [[*row[:2], Box("8000"), row[2]] if len(row) > 1 else row for row in body]
    head = [Box("统计指标"), Box("单位"), Box("上年"), Box("本年")]
    assert values(read(page(composed, [head, *body]))) == composed.cells


def test_a_row_that_only_names_those_below_it_is_no_new_head():
    composed, tables = base("2021")
    names = ["总计", "自然人", "商业企业", "科研机构", "社会公益组织", "法律服务机构", "其他"]
    head = [[Box("办理情况", cols=3), *map(Box, names)]]
    rows = []
    for row in tables[1]:
        figures = [box for box in row if box.key]
        if figures:
            labels = [box for box in row if not box.key]
            if len(labels) > 1:
                rows.append([Box(labels[-2].text, cols=3), *[Box("")] * 7])
            rows.append([replace(labels[-1], rows=1, cols=3), figures[-1], *figures[:-1]])
    read_values = values(read(write_page(composed, [tables[0], [*head, *rows], tables[2]])))
    assert {value for key, value in read_values.items() if key.startswith("requests.")} <= {None}


def test_figures_that_a_page_break_parted_from_their_heads_are_read():
    composed = compose("2021")
    html = composed.body.decode()
    at = html.rindex("<tr", 0, html.index(f">{composed.cells['proceedings.reconsideration.upheld']}<"))
    assert values(read(f"{html[:at]}</table><p>— 4 —</p><table>{html[at:]}")) == composed.cells


def test_an_empty_margin_is_no_figure():
    composed, tables = base("2021")
    assert values(read(write_page(composed, [*tables[:2], [[Box(""), *row] for row in tables[2]]]))) == composed.cells


# ------------------------------------------------------------------------------------ captions


@pytest.mark.parametrize("caption", ["政府信息公开情况统计表（2015年度）", "（2015年度）", "2016年第四季度政府信息公开情况统计表"])
@pytest.mark.parametrize("inside", [True, False])
def test_a_table_headed_with_another_year_or_a_part_of_one_gives_no_figures(caption, inside):
    composed, rows = annex()
    lines = [rows[HEAD], *rows[BODY]]
    body = page(composed, [[Box(caption, cols=3)], *lines] if inside else lines).decode()
    report = read(body if inside else body.replace("<table", f"<p>{caption}</p><table", 1))
    assert set(values(report).values()) == {None}
    assert "form.ambiguous" in checks(report)
    assert report.verdict == "partial"


@pytest.mark.parametrize("caption", ["政府信息公开情况统计表（2016年度）", "填报日期：2017年1月9日", "填报时间：2017年", "（2017年1月）", "附表：2015-2016年度统计表"])
def test_the_year_of_the_report_or_the_day_of_filling_in_is_no_other(caption):
    composed, rows = annex()
    lines = [rows[HEAD], *rows[BODY]]
    assert values(read(page(composed, [[Box(caption, cols=3)], *lines]))) == composed.cells
    body = page(composed, lines).decode()
    assert values(read(body.replace("<table", f"<p>{caption}</p><table", 1))) == composed.cells


# ------------------------------------------------------------------------------------ other tables


def instead(head, *rows):
    """A report with some other table where that of section 2 belongs."""
    composed = compose("2021", unique=False)
    html = composed.body.decode()
    start, end = html.index("<table"), html.index("</table>") + 8
    cells = "".join("<tr>" + "".join(f"<td>{text}</td>" for text in row) + "</tr>" for row in (head, *rows))
    report = read(f"{html[:start]}<table>{cells}</table>{html[end:]}")
    assert values(report)["requests.new.total"] == composed.cells["requests.new.total"]
    return {value for key, value in values(report).items() if key.startswith("disclosure.")}


def test_a_table_of_enforcement_is_not_that_of_the_form():
    rows = (("行政许可", 120, 110, 0), ("行政处罚", 33, 30, 1), ("行政强制", 2, 2, 0), ("行政检查", 4, 4, 0))
    assert instead(("行政执法类别", "受理数量", "办结数量", "撤销数量"), *rows) == {None}
    assert instead(("类别", "数量"), *(row[:2] for row in rows)) == {None}
    assert instead(("公开类别", "公开条数"), ("规章", 3), ("规范性文件", 44), *(row[:2] for row in rows)) == {None}


def test_figures_of_a_quarter_on_the_form_of_the_year_are_no_report():
    tables = "".join(re.findall("<table.*?</table>", compose("2021").body.decode(), re.DOTALL))
    title = "清泉县2023年第一季度依申请公开办理情况"
    report = read(f"<title>{title}</title><h1>{title}</h1><p>现将有关情况公布如下。</p>{tables}")
    assert (report.verdict, report.cells) == ("not_a_report", ())


def test_a_pattern_filled_with_noughts_is_no_report():
    tables = "".join(re.findall("<table.*?</table>", compose("2021").body.decode(), re.DOTALL))
    title = "政府信息公开工作年度报告格式（参考样表）"

    def verdict(tables):
        return read(f"<title>{title}</title><h1>{title}</h1><p>各单位参照编制，按时公布，不得遗漏。</p>{tables}").verdict

    assert verdict(re.sub(r">\d+<", ">0<", tables)) == "not_a_report"
    assert verdict(tables) != "not_a_report"


@pytest.mark.parametrize("again", [slice(0, 1), slice(0, 2), slice(2, 3)])
def test_some_rows_of_the_head_again_behind_a_page_break_are_that_head(again):
    composed, tables = base("2021")
    rows = tables[1]
    head = rows[:3][again]
    head = [[replace(box, rows=min(box.rows, len(head) - y)) for box in row] for y, row in enumerate(head)]
    broken = [*rows[:12], *head, *rows[12:]]
    assert values(read(write_page(composed, [tables[0], broken, tables[2]]))) == composed.cells


def test_an_empty_cell_of_a_second_column_without_heads_is_no_padding():
    composed, rows = annex()
    body = [[*row, Box("5" if row[2].key and y % 9 else "")] for y, row in enumerate(rows[BODY])]
    assert set(values(read(page(composed, body))).values()) == {None}
    lost = [row[:-1] if y == 20 else row for y, row in enumerate(body)]
    assert set(values(read(page(composed, lost))).values()) == {None}
    padded = [[*row, Box("")] for row in rows[BODY]]
    assert values(read(page(composed, padded))) == composed.cells


def test_a_row_with_the_label_of_one_of_the_forms_and_figures_that_fit_no_column_makes_it_unsure():
    composed, tables = base("2021")
    rows = [list(row) for row in tables[1]]
    at = next(y for y, row in enumerate(rows) if row[-1].key == "requests.other.rest.total")
    label = Box("其他")
    rows[at - 2 : at + 1] = [[replace(box, rows=1) if box.rows > 1 else box for box in row] for row in rows[at - 2 : at + 1]]
    rows.insert(at, [label, *(Box(str(n)) for n in range(1, 8))])
    rows[at + 1].append(Box("9"))
    read_values = values(read(write_page(composed, [tables[0], rows, tables[2]])))
    assert {value for key, value in read_values.items() if key.startswith("requests.other.rest")} == {None}


def test_of_two_rows_of_reviews_the_one_with_the_right_number_of_cells_is_not_taken():
    composed, tables = base("2021")
    *head, row = tables[2]
    lost, other = row[:-1], [Box(str(n)) for n in range(15)]
    read_values = values(read(write_page(composed, [*tables[:2], [*head, lost, other]])))
    assert {value for key, value in read_values.items() if key.startswith("proceedings.")} == {None}
