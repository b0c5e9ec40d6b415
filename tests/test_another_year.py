"""Figures of another year, or of another report, that stand where this one's belong."""

import re

import pytest

from tests.pages import checks, compose, kinds, read, values

FORMS = {"2021": ("本年制发件数", "本年废止件数", "现行有效件数"), "2019": ("本年新制作数量", "本年新公开数量", "对外公开总数量")}


def nothing_else(report, composed, lost):
    """No figure under the lost keys, the printed one under the others."""
    for key, value in values(report).items():
        assert value == (None if key.startswith(lost) else composed.cells[key]), key


def headed(html, head, words):
    """The page with other words over a column, however the head is cut into lines."""
    pattern = "(?:<br */?>|\\s)*".join(map(re.escape, head))
    changed = re.sub(pattern, words, html)
    assert changed != html
    return changed


@pytest.mark.parametrize(
    "head", ["上年处理决定数量", "2022年处理决定数量", "历年累计处理决定数量", "处理决定数量（上年）", "本年处理决定数量（2022年）", "去年处理决定数"]
)
def test_decisions_of_another_year_are_not_this_years(head):
    composed = compose("2021")
    report = read(headed(composed.body.decode(), "本年处理决定数量", head))
    nothing_else(report, composed, ("disclosure.licensing", "disclosure.penalties", "disclosure.compulsion"))
    assert "form.ambiguous" in checks(report)
    assert report.verdict == "partial"


@pytest.mark.parametrize("head", ["2023年处理决定数量", "处理决定数量", "本年处理决定数", "本年度处理决定数量（件）", "本年度作出行政处理决定的件数", "本年处罚数量", "数量（件）"])
def test_the_year_of_the_report_over_a_column_is_no_other(head):
    composed = compose("2021")
    report = read(headed(composed.body.decode(), "本年处理决定数量", head))
    assert values(report) == composed.cells


@pytest.mark.parametrize("form", FORMS)
def test_one_column_of_last_year_takes_the_certainty_of_its_row(form):
    composed = compose(form)
    html = composed.body.decode()
    first, second, _ = FORMS[form]
    rows = ("disclosure.regulations", "disclosure.normative_documents")
    nothing_else(read(headed(html, first, first.replace("本年", "上年"))), composed, rows)
    year = {"2021": "2022", "2019": "2019"}[form]
    other = headed(headed(html, first, first.replace("本年", f"{year}年")), second, second.replace("本年", f"{year}年"))
    nothing_else(read(other), composed, rows)


def test_the_year_before_stands_by_right_over_last_years_items():
    composed = compose("2019")
    report = read(headed(composed.body.decode(), "上一年项目数量", "上一年项目数量（2019年）"))
    assert values(report) == composed.cells


def test_items_of_this_year_are_not_last_years():
    composed = compose("2019")
    report = read(headed(composed.body.decode(), "上一年项目数量", "本年项目数量"))
    assert not any(value for key, value in values(report).items() if key.endswith("items_before"))


@pytest.mark.parametrize("head", ["本年收费项目数", "上年收费金额（单位：万元）", "累计收费金额（万元）"])
def test_what_stands_over_the_one_figure_of_a_row_must_name_it(head):
    composed = compose("2021")
    report = read(headed(composed.body.decode(), "本年收费金额（单位：万元）", head))
    nothing_else(report, composed, "disclosure.fees")
    amount = read(headed(composed.body.decode(), "本年收费金额（单位：万元）", "本年度行政事业性收费总金额（万元）"))
    assert values(amount) == composed.cells


@pytest.mark.parametrize(
    ("form", "head", "other"),
    [("2021", "本年处理决定数量", "本年处理决定数量（含上年结转）"), ("2021", "现行有效件数", "累计现行有效件数"), ("2021", "现行有效件数", "现行有效件数（累计）"), ("2019", "对外公开总数量", "对外公开总数量（累计）")],
)
def test_a_note_on_the_year_before_and_a_stock_of_all_years_are_no_other_years_figures(form, head, other):
    composed = compose(form)
    assert values(read(headed(composed.body.decode(), head, other))) == composed.cells


def last_year_beside(html, order):
    """The table of section 2 with a column for last year's decisions before or behind this year's."""
    for label in ("行政许可", "行政处罚", "行政强制"):
        html = re.sub(rf"(<td[^>]*>(?:<p[^>]*>)?{label}(?:</p>)?</td>)<td[^>]*>((?:<p[^>]*>)?\d+(?:</p>)?)</td>", rf"\1{order}".replace("V", r"\2"), html)
    return html


def test_last_years_column_in_front_is_passed_over():
    composed = compose("2021")
    html = re.sub(r"<t[dh][^>]*>((?:<p[^>]*>)?)本年处理决定数量((?:</p>)?)</t[dh]>", "<td>上年处理决定数量</td><td colspan=2>本年处理决定数量</td>", composed.body.decode())
    report = read(last_year_beside(html, "<td>77</td><td colspan=2>V</td>"))
    assert values(report) == composed.cells
    blank = read(last_year_beside(html, "<td>77</td><td colspan=2></td>"))
    assert {values(blank)[f"disclosure.{row}.decisions"] for row in ("licensing", "penalties", "compulsion")} == {None}


def test_the_row_of_another_years_requests_is_not_this_years():
    composed = compose("2021")
    report = read(composed.body.decode().replace("本年新收政府信息公开申请数量", "2022年新收政府信息公开申请数量"))
    nothing_else(report, composed, "requests.new.")
    carried = composed.body.decode().replace("上年结转政府信息公开申请数量", "2021年结转政府信息公开申请数量")
    nothing_else(read(carried), composed, "requests.carried_in.")
    assert values(read(carried.replace("2021年结转", "2022年结转").replace("结转下年度继续办理", "结转2024年度继续办理"))) == composed.cells
    report = read(composed.body.decode().replace("本年新收政府信息公开申请数量", "2023年新收政府信息公开申请数量"))
    assert values(report) == composed.cells


@pytest.mark.parametrize("mark", [" | ", "  ", "&nbsp;&nbsp;", "</p><p>"])
def test_last_years_heads_are_seen_in_text_too(mark):
    rows = [["信息内容", *FORMS["2021"]], ["规章", "11", "12", "13"], ["行政规范性文件", "21", "22", "23"]]
    rest = [["信息内容", "本年处理决定数量"], ["行政许可", "31"], ["行政处罚", "32"], ["行政强制", "33"], ["信息内容", "本年收费金额（单位：万元）"], ["行政事业性收费", "41"]]

    def page(heads):
        body = "".join(f"<p>{mark.join(row)}</p>" for row in [["第二十条第（一）项"], heads, *rows[1:], ["第二十条第（五）项"], *rest])
        return read(f"<h1>清泉县教育局2023年政府信息公开工作年度报告</h1><p>一、总体情况</p><p>无。</p><p>二、主动公开政府信息情况</p>{body}<p>三、收到和处理政府信息公开申请情况</p>")

    assert values(page(rows[0]))["disclosure.normative_documents.issued"] == 21
    found = values(page(["信息内容", *(f"上年{head.removeprefix('本年')}" for head in FORMS["2021"])]))
    assert found["disclosure.normative_documents.issued"] is found["disclosure.regulations.in_force"] is None
    assert found["disclosure.licensing.decisions"] == 31


def whole(html):
    """What stands in the body of a page."""
    return html[html.index(">", html.index("<body")) + 1 : html.index("</body>")]


def test_of_two_reports_on_the_forms_of_two_years_neither_is_believed():
    now, then = compose("2021", seed=3), compose("2019", seed=4)
    for one, other in ((now, then), (then, now)):
        html = one.body.decode()
        report = read(html.replace("</body>", whole(other.body.decode()) + "</body>"))
        assert {value for key, value in values(report).items() if key.startswith(("disclosure.", "requests."))} == {None}
        assert "form.ambiguous" in checks(report)


def test_a_report_that_is_hidden_in_a_tab_lends_its_year_to_no_other():
    shown, hidden = compose("2021", seed=5, year=2023), compose("2021", seed=6, year=2022)
    for order in (0, 1):
        parts = [f'<div style="display:none">{whole(hidden.body.decode())}</div>', f"<div>{whole(shown.body.decode())}</div>"]
        report = read("<html><head><meta charset=utf-8></head><body><ul><li>2022</li><li>2023</li></ul>" + "".join(parts[::-1] if order else parts) + "</body></html>")
        assert (report.year, values(report)) == (2023, shown.cells)
        assert not any("2022" in section.text for section in report.sections)


def test_what_is_hidden_with_a_copy_of_a_table_stays_where_it_stands_nowhere_else():
    shown = compose("2021", seed=7)
    html = whole(shown.body.decode())
    table = html[html.index("<table") : html.index("</table>") + 8]
    hidden = f'<div style="display:none">{table}<p>七、附表说明</p><p>三、收到和处理政府信息公开申请情况</p><p>只在此处的一段文字。</p></div>'
    cut = html.replace("收到和处理政府信息公开申请情况", "处理")
    report = read(f"<html><body>{cut}{hidden}</body></html>")
    assert "只在此处的一段文字。" in "".join(section.text for section in report.sections) + report.preamble


def test_a_table_cut_before_its_forms_part_goes_with_the_one_above_it():
    composed = compose("2021")
    html = composed.body.decode()
    at = html.rindex("<tr", 0, html.index("本机关不掌握"))
    report = read(html[:at] + "</table></body></html>")
    assert kinds(report)["requests.other.unpaid.total"] == "missing"
    assert "form.unexpected" not in checks(report)
    assert report.form == "2021"


def test_a_local_table_of_the_years_before_the_forms_is_none_of_theirs():
    rows = "".join(f"<tr><td>{label}</td><td>{number}</td></tr>" for number, label in enumerate(["概况信息", "政策法规", "规范性文件", "行政许可"], 10))
    chapters = "<p>一、概述</p><p>我局高度重视。</p><p>二、主动公开政府信息情况</p><p>全年公开46条。</p>{}<p>三、依申请公开政府信息情况</p><p>未收到申请。</p><p>四、存在问题</p><p>无。</p>"
    report = read(f"<h1>清泉县教育局2010年政府信息公开工作年度报告</h1>{chapters.format(f'<table><tr><td>类别</td><td>数量</td></tr>{rows}</table>')}")
    assert (report.cells, report.year) == ((), 2010)
    assert "form.incomplete" not in checks(report)


def reviews(html, *rows):
    """The page with other rows in the table of reviews and lawsuits; V is the printed row."""
    at = html.index("结果维持")
    start, stop = html.rindex("<tr", 0, html.index("</table>", at)), html.index("</table>", at)
    printed = html[start:stop]
    label = html.index("行政复议", html.rindex("<table", 0, at))
    headed = html[: html.rindex("<t", 0, label)] + '<td rowspan="3">年度</td>' + html[html.rindex("<t", 0, label) : start]
    cells = printed[printed.index("<td") :]
    other = re.sub(r">\d+<", ">77<", cells)
    return headed + "".join(f"<tr><td>{year}</td>{cells if mine else other}" for year, mine in rows) + html[stop:]


@pytest.mark.parametrize("rows", [[("2023年", True)], [("2023年", True), ("2022年", False)], [("2022年", False), ("2023年度", True)], [("上年", False), ("本年", True)]])
def test_the_row_of_this_years_reviews_is_taken(rows):
    composed = compose("2021")
    assert values(read(reviews(composed.body.decode(), *rows))) == composed.cells


@pytest.mark.parametrize("rows", [[("2022年", False)], [("上年", False)], [("2022年", False), ("2021年", False)], [("累计", False)]])
def test_reviews_of_another_year_alone_are_not_this_years(rows):
    composed = compose("2021")
    report = read(reviews(composed.body.decode(), *rows))
    nothing_else(report, composed, "proceedings.")
    assert "form.ambiguous" in checks(report)


def test_a_row_that_numbers_the_columns_is_no_rival_of_the_figures():
    composed = compose("2021")
    html = composed.body.decode()
    start = html.rindex("<tr", 0, html.index("</table>", html.index("结果维持")))
    report = read(html[:start] + "<tr>" + "".join(f"<td>{n}</td>" for n in range(1, 16)) + "</tr>" + html[start:])
    assert values(report) == composed.cells


@pytest.mark.parametrize(("note", "read_so"), [("（2022年）", False), ("（上年）", False), ("（累计）", False), ("（2023年）", True), ("（含备案）", True)])
def test_the_year_in_the_label_of_a_row_is_that_of_its_figures(note, read_so):
    composed = compose("2021")
    report = read(composed.body.decode().replace(">行政许可<", f">行政许可{note}<"))
    nothing_else(report, composed, () if read_so else "disclosure.licensing")


def test_a_page_that_cannot_be_read_says_too_who_contradicts_its_title():
    page = "<html><head><title>清泉县教育局2022年政府信息公开工作年度报告</title></head><body><h1>清泉县教育局2021年政府信息公开工作年度报告</h1><div><p><img src='/u/1.jpg' width=800></p></div></body></html>"
    report = read(page)
    assert report.verdict == "unreadable"
    assert "year.unsure" in checks(report)
    assert "year.unsure" not in checks(read(page.replace("2021", "2022")))


@pytest.mark.parametrize(
    ("label", "other", "key"),
    [
        ("结转下年度继续办理", "结转上年度继续办理", "requests.carried_out."),
        ("本机关不掌握相关政府信息", "其他机关掌握相关政府信息", "requests.unavailable.not_held."),
        ("补正后申请内容仍不明确", "补正前申请内容不明确", "requests.unavailable.unclear."),
        ("没有现成信息需要另行制作", "已有现成信息不需要另行制作", "requests.unavailable.must_be_created."),
        ("行政规范性文件", "党内规范性文件", "disclosure.normative_documents."),
    ],
)
def test_a_label_that_says_the_opposite_is_no_damaged_one(label, other, key):
    composed = compose("2021")
    html = composed.body.decode()
    assert label in html
    nothing_else(read(html.replace(label, other)), composed, key)


@pytest.mark.parametrize("heads", [["本年增", "本年减"], ["本年减少", "本年增加"], ["本年减少"]])
def test_a_rise_or_a_fall_with_a_column_of_its_own_is_no_change(heads):
    composed = compose("2019")
    html = composed.body.decode()
    start = html.rindex("<tr", 0, html.index(f">{composed.raw['disclosure.licensing.items_before']}<"))
    before = html.rindex("<tr", 0, start)
    row = html[start : html.index("</tr>", start)]
    cells = "".join(f"<td>{number}</td>" for number in range(5, 5 + len(heads)))
    local = f"<tr><td>信息内容</td><td>上一年项目数量</td>{''.join(f'<td>{head}</td>' for head in heads)}<td>处理决定数量</td></tr>"
    figures = f"<tr><td>行政许可</td><td>{composed.raw['disclosure.licensing.items_before']}</td>{cells}<td>{composed.raw['disclosure.licensing.decisions']}</td>"
    report = read(html[:before] + local + figures + html[start + len(row) :])
    assert values(report)["disclosure.licensing.change"] is None


@pytest.mark.parametrize(("form", "head", "other"), [("2021", "本年废止件数", "本年修订件数"), ("2021", "本年制发件数", "备案审查件数"), ("2019", "采购总金额", "节约资金"), ("2019", "上一年项目数量", "清单事项")])
def test_a_local_column_in_the_place_of_one_of_the_forms_takes_the_rows_certainty(form, head, other):
    composed = compose(form)
    key = {"本": "disclosure.regulations.", "采": "disclosure.procurement.", "上": "disclosure.licensing."}[head[0]]
    report = read(headed(composed.body.decode(), head, other))
    found = {name: value for name, value in values(report).items() if name.startswith(key)}
    assert set(found.values()) == {None}


@pytest.mark.parametrize(("head", "other", "read_so"), [("商业企业", "个体工商户", False), ("科研机构", "新闻媒体", False), ("科研机构", "科研院所", True), ("社会公益组织", "社会团体组织", True), ("法律服务机构", "律师服务所", True)])
def test_a_class_of_applicants_may_go_by_another_name_but_not_by_that_of_others(head, other, read_so):
    composed = compose("2021", unique=False)  # the sums of the rows stand in for the head
    report = read(headed(composed.body.decode(), head, other))
    nothing_else(report, composed, () if read_so else "requests.")


def test_two_rows_that_a_second_table_repeats_with_other_figures_are_not_the_table_again():
    composed = compose("2021")
    html = composed.body.decode()
    rows = "".join(
        f"<tr><td>{label}</td>{''.join(f'<td>{n}</td>' for n in range(1, 8))}</tr>"
        for label in ("本年新收政府信息公开申请数量", "上年结转政府信息公开申请数量")
    )
    heads = "".join(f"<td>{head}</td>" for head in ("项目", "自然人", "商业企业", "科研机构", "社会公益组织", "法律服务机构", "其他", "总计"))
    report = read(html.replace("</body>", f"<table><tr>{heads}</tr>{rows}</table></body>"))
    nothing_else(report, composed, ("requests.new.", "requests.carried_in.", "requests.other.rest.", "requests.total."))
