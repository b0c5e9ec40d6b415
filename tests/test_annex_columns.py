"""The annexes of 2008 to 2018: which column is the form's, and in which unit its figures are."""

import pytest

from parsers.columns import choose_value
from parsers.form import load_forms
from parsers.stream import Item
from tests.corpus.annexes import annex, annex_samples, page
from tests.corpus.sample import change
from tests.pages import checks, kinds, read, values

BLOCK = load_forms()["2014"].blocks[0]


def choose(heads, cells):
    line = [Item(text, "", (n, n + 1)) for n, text in enumerate(["统计指标", *heads])]
    below = [Item(text, "", (n, n + 1)) for n, text in enumerate(cells, 1)]
    return choose_value(below, [line], BLOCK, BLOCK.rows[0])


@pytest.mark.parametrize(
    ("heads", "cells", "taken"),
    [
        (["单位", "统计数"], ["条", "7"], "7"),
        (["单位", "本年", "上年"], ["条", "7", "5"], "7"),
        (["单位", "上年", "本年", "增长率"], ["条", "5", "7", "40%"], "7"),
        (["单位", "2016年", "2015年"], ["条", "7", "5"], "7"),
        (["单位", "2016年度", "历年累计"], ["条", "7", "50"], "7"),
        (["计量单位", "代码", "本期实际", "本年累计"], ["条", "01", "3", "7"], "7"),
        (["单位", "本级", "下级", "合计"], ["条", "7", "5", "12"], "7"),
        (["单位", "统计数", "备注"], ["条", "7", ""], "7"),
        (["单位", "统计数"], ["条", ""], ""),
        (["单位", "数量甲", "数量乙"], ["条", "7", "5"], None),
        (["单位", "全市", "全区"], ["条", "7", "5"], None),
        (["单位", "历年累计"], ["条", "50"], None),
        (["单位", "上年"], ["条", "5"], None),
        (["单位", "统计数", "其中：网站", "其中：其他"], ["条", "7", "5", "2"], "7"),
        (["单位", "填报数", "其中：网站"], ["条", "7", "5"], None),
        (["计算单位", "统计数", "数据来源"], ["条", "7", "办公室"], "7"),
        # a part of the year is not the year
        (["单位", "第四季度"], ["条", "3"], None),
        (["单位", "12月"], ["条", "3"], None),
        (["单位", "1-12月"], ["条", "7"], "7"),
        # a cell was lost, and those behind it stand under other heads
        (["单位", "本年", "上年"], ["条", "5"], None),
        (["单位", "本年", "上年"], ["7", "5"], None),
    ],
)
def test_the_column_that_is_the_years_and_the_organs_own_is_taken(heads, cells, taken):
    choice = choose(heads, cells)
    assert (choice.value.text if choice.value else None) == taken
    assert bool(choice.why) == (taken is None)


def test_a_column_for_another_year_than_the_reports_is_not_taken():
    composed, rows = annex(2016)
    last_year = change(rows, lambda _, box: box if box.text != "统计数" else type(box)("2015年"))
    report = read(page(composed, last_year))
    assert set(values(report).values()) == {None}
    assert set(kinds(report).values()) == {"ambiguous"}
    assert "form.ambiguous" in checks(report)
    assert values(read(page(composed, change(rows, lambda _, box: box if box.text != "统计数" else type(box)("2016年"))))) == composed.cells


def unit_of(report, key):
    return next(cell.unit for cell in report.cells if cell.key == key)


def test_a_unit_of_the_pages_own_is_published_with_the_figure_and_said():
    composed, rows = annex()
    in_yuan = [[*row[:1], type(row[1])("元"), *row[2:]] if row[-1].key == "annex.g" else row for row in rows]
    report = read(page(composed, in_yuan))
    assert values(report) == composed.cells
    assert unit_of(report, "annex.g") == "元"
    finding = next(finding for finding in report.findings if finding.check == "cell.unit")
    assert (finding.keys, finding.expected, finding.found) == (("annex.g",), "万元", "元")
    assert unit_of(report, "annex.h4") == "万元"


def test_rows_of_a_folded_table_are_read_half_by_half():
    composed, rows = annex()
    head, lines = rows[1], rows[2:-1]
    middle = len(lines) // 2
    assert len(lines) % 2 == 0 or lines.append([type(head[0])("")] * 3) is None
    folded = [[*head, *head], *([*one, *other] for one, other in zip(lines[:middle], lines[middle:], strict=False))]
    report = read(page(composed, folded))
    assert {key: value for key, value in values(report).items() if value is not None}.items() <= composed.cells.items()
    assert sum(value is not None for value in values(report).values()) >= len(composed.cells) - 1


def test_an_annex_of_a_few_rows_is_some_other_table():
    report = read("<h1>云岭镇人民政府2023年政府信息公开工作年度报告</h1><p>一、总体情况</p><p>略</p><table><tr><td>行政诉讼<td>件<td>3</table>")
    assert not any(cell.key.startswith("annex.") for cell in report.cells)


def test_a_report_of_before_2014_needs_no_annex():
    from crawler.demo.compose import compose_report
    from tests.pages import ORGAN

    report = read(compose_report(form="2008", organ=ORGAN, year=2011).body)
    assert (report.form, report.cells, report.verdict) == ("2008", (), "verified")


def test_two_records_side_by_side_are_not_taken_for_one():
    """The left half is one organ's, the right half another's: the same labels, other figures."""
    composed, rows = annex()
    right = [[type(box)(str(int(box.text) + 500_000) if box.key else box.text) for box in row] for row in rows[1:-1]]
    report = read(page(composed, [[*one, *other] for one, other in zip(rows[1:-1], right, strict=True)]))
    assert set(values(report).values()) == {None}
    assert "form.ambiguous" in checks(report)


def test_a_table_with_the_figures_of_two_years_side_by_side_is_not_taken_for_one():
    from tests.corpus.sample import base, write_page

    composed, tables = base("2021")
    twice = [[*row, *(type(box)(str(int(box.text) + 500_000)) for box in row if box.key)] for row in tables[1]]
    report = read(write_page(composed, [tables[0], twice, tables[2]]))
    assert {value for key, value in values(report).items() if key.startswith("requests.")} == {None}
    assert values(report)["disclosure.fees.amount"] == composed.cells["disclosure.fees.amount"]


def test_an_annex_of_2008_that_was_cut_off_is_not_read_as_that_of_2014():
    """The two share the names of some rows; most of those that are left say which it is."""
    whole = next(sample for sample in annex_samples() if sample.name == "annex of 2008 whole").body.decode()
    report = read(whole[: whole.index("否决公开")])
    assert [cell.key for cell in report.cells if cell.value is not None] == []
    assert report.verdict == "partial" and "form.incomplete" in checks(report)


@pytest.mark.parametrize("mark", ["：", ":"])
def test_an_annex_written_as_labels_and_figures_in_sentences_is_read(mark):
    block = BLOCK
    printed = {f"annex.{row.key}": number for number, row in enumerate(block.rows, 3)}
    lines = "".join(f"<p>{row.path[-1]}{mark}{number}{row.unit}；</p>" for number, row in enumerate(block.rows, 3))
    report = read(
        "<h1>清泉县教育局2016年政府信息公开工作年度报告</h1><p>一、概述</p><p>我局高度重视。</p><p>二、主动公开政府信息情况</p><p>公开12条。</p>"
        f"<p>三、依申请公开情况</p><p>未收到申请。</p><p>附表：政府信息公开情况统计表</p><p>统计指标</p>{lines}"
    )
    read_values = values(report)
    assert set(read_values) == set(printed)
    assert all(value in (None, printed[key]) for key, value in read_values.items())
    assert sum(value is not None for value in read_values.values()) >= 25  # sums that do not hold take the others' certainty


def test_a_sentence_with_a_colon_is_no_row_of_a_later_form():
    report = read(
        "<h1>清泉县教育局2022年政府信息公开工作年度报告</h1><p>一、总体情况</p><p>行政许可：5件</p><p>行政处罚：3件</p>"
        "<p>二、主动公开政府信息情况</p><p>公开12条。</p><p>三、收到和处理政府信息公开申请情况</p><p>未收到申请。</p>"
    )
    assert set(values(report).values()) <= {None}
