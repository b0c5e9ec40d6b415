"""Tables that went wrong: a figure is placed where label, head and number agree, or not at all."""

import re

import pytest

from tests.pages import checks, compose, kinds, read, values


def row_of(html, figure):
    """The `<tr>` that holds a figure."""
    start = html.rindex("<tr", 0, html.index(f">{figure}<"))
    return html[start : html.index("</tr>", start) + 5]


def without_cell(html, figure):
    """The page without the cell that holds a figure."""
    at = html.index(f">{figure}<")
    return html[: html.rindex("<td", 0, at)] + html[html.index("</td>", at) + 5 :]


@pytest.fixture
def page():
    composed = compose("2021")
    return composed, composed.body.decode()


def some(composed, row):
    return [composed.cells[f"requests.{row}.{col}"] for col in COLS]


COLS = ("natural_person", "enterprise", "research", "public_welfare", "legal_service", "other", "total")


def test_a_row_that_lost_a_cell_is_not_shifted_into_place(page):
    composed, html = page
    figures = some(composed, "denied.third_party")
    report = read(without_cell(html, figures[2]))
    read_kinds = kinds(report)
    assert {read_kinds[f"requests.denied.third_party.{col}"] for col in COLS} == {"ambiguous"}
    assert values(report)["requests.denied.internal_affairs.total"] == composed.cells["requests.denied.internal_affairs.total"]
    assert "form.ambiguous" in checks(report)
    assert report.verdict == "partial"
    cell = next(cell for cell in report.cells if cell.key == "requests.denied.third_party.total")
    assert str(figures[6]) in cell.raw  # what was printed is kept


def test_a_row_that_is_gone_is_missing_and_its_neighbours_stay(page):
    composed, html = page
    row = row_of(html, composed.cells["requests.rejected.repeated.enterprise"])
    report = read(html.replace(row, ""))
    assert kinds(report)["requests.rejected.repeated.enterprise"] == "missing"
    assert "form.incomplete" in checks(report)
    for key in ("requests.rejected.complaint.total", "requests.rejected.published_work.natural_person"):
        assert values(report)[key] == composed.cells[key]


def test_local_rows_and_subtotals_are_left_alone(page):
    composed, html = page
    row = row_of(html, composed.cells["requests.denied.state_secret.total"])
    subtotal = "<tr><td>小计</td>" + "".join(f"<td>{n}</td>" for n in range(900001, 900008)) + "</tr>"
    total = subtotal.replace("小计", "合计").replace("9000", "8000")
    report = read(html.replace(row, subtotal + row + total))
    assert values(report) == composed.cells


def test_a_local_column_with_its_own_head_is_left_out(page):
    composed, html = page
    table = html[html.index("申请人情况") :]
    end = table.index("</table>")
    body, rest = table[:end], table[end:]
    body = re.sub(r"(<t[dh][^>]*>)其他(</t[dh]>)", r"\1其他\2\1小计\2", body, count=1)
    rows = body.split("</tr>")
    for index, row in enumerate(rows):
        cells = re.findall(r"<td[^>]*>(?:<p[^>]*>)?\d+(?:</p>)?</td>", row)
        if len(cells) == 7:
            rows[index] = row.replace(cells[6], "<td>777777</td>" + cells[6])
    assert sum("777777" in row for row in rows) == 25
    report = read(html[: html.index("申请人情况")] + "</tr>".join(rows) + rest)
    for key, value in values(report).items():
        assert value in (composed.cells[key], None), key
    assert 777777 not in values(report).values()


def test_heads_in_another_order_than_the_form_place_nothing(page):
    _composed, html = page
    swapped = html.replace("科研机构", "§").replace("社会公益组织", "科研机构").replace("§", "社会公益组织")
    report = read(swapped)
    assert {value for key, value in values(report).items() if key.startswith("requests.")} == {None}
    assert "form.ambiguous" in checks(report)


def test_swapped_rows_are_not_believed(page):
    composed, html = page
    one = row_of(html, composed.cells["requests.rejected.repeated.enterprise"])
    two = row_of(html, composed.cells["requests.rejected.published_work.enterprise"])
    report = read(html.replace(one + "\n" + two if one + "\n" + two in html else one, "§", 1).replace(two, one, 1).replace("§", two, 1))
    for key, value in values(report).items():
        assert value in (composed.cells[key], None), key


def test_the_same_table_twice_is_one_table_and_two_different_ones_are_none(page):
    composed, html = page
    body = html[html.index("<body>") + 6 : html.index("</body>")]
    assert values(read(html.replace("</body>", body + "</body>"))) == composed.cells
    other = body.replace(f">{composed.cells['requests.new.total']}<", ">4<")
    report = read(html.replace("</body>", other + "</body>"))
    for key, value in values(report).items():
        assert value in (composed.cells[key], None), key


def test_words_in_a_cell_are_kept_as_words(page):
    composed, html = page
    report = read(html.replace(f">{composed.cells['requests.new.other']}<", ">未统计<"))
    cell = next(cell for cell in report.cells if cell.key == "requests.new.other")
    assert (cell.kind, cell.value, cell.raw) == ("text", None, "未统计")
    assert values(report)["requests.new.total"] == composed.cells["requests.new.total"]
    assert "cell.kind" in checks(report)


def test_a_menu_of_the_same_words_is_no_table():
    menu = "<table><tr><td><a href=/1>规章</a><td><a href=/2>规范性文件</a><td><a href=/3>行政许可</a><td><a href=/4>行政处罚</a></table>"
    composed = compose("2021")
    html = composed.body.decode().replace("<body>", "<body>" + menu)
    assert values(read(html)) == composed.cells


def test_where_each_figure_stands_is_said(page):
    _composed, html = page
    report = read(html)
    places = [cell.at for cell in report.cells]
    assert all(re.fullmatch(r"table\[\d+\]/r\d+c\d+", place) for place in places)
    assert len(set(places)) == len(places)


def test_one_number_in_a_row_of_seven_is_put_under_no_head():
    text = (
        "三、收到和处理政府信息公开申请情况\n自然人\n商业企业\n科研机构\n社会公益组织\n法律服务机构\n其他\n总计\n"
        "一、本年新收政府信息公开申请数量\n\n\n\n\n\n\n3\n二、上年结转政府信息公开申请数量\n0\n0\n0\n0\n0\n0\n0\n"
        "三、本年度办理结果\n（一）予以公开\n3\n0\n0\n0\n0\n0\n3\n"
    )
    report = read(text, "text/plain")
    assert {values(report)[f"requests.new.{col}"] for col in COLS} == {None}
    assert values(report)["requests.granted.total"] in (3, None)


def test_the_one_row_of_reviews_needs_fifteen_figures():
    composed = compose("2021")
    html = composed.body.decode()
    first = composed.cells["proceedings.reconsideration.upheld"]
    report = read(without_cell(html, first))
    assert {value for key, value in values(report).items() if key.startswith("proceedings.")} == {None}


def test_a_fraction_among_counts_is_not_a_count(page):
    composed, html = page
    key = "requests.granted.natural_person"
    figure = str(composed.cells[key])
    report = read(html.replace(f">{figure}<", f">{figure[:2]}.{figure[2:]}<"))
    assert kinds(report)[key] == "ambiguous"


def test_a_hybrid_is_read_block_by_block():
    """Old rows for documents and a single new column for decisions were seen in one table of 2020."""
    old, new = compose("2019").body.decode(), compose("2021").body.decode()
    cut = new.index("第二十条第（五）项")
    start = new.rindex("<tr", 0, cut)
    block = new[start : new.index("</tr>", new.index("行政强制", cut)) + 5]
    cut = old.index("第二十条第（五）项")
    first = old.rindex("<tr", 0, cut)
    last = old.index("</tr>", old.index("行政强制", cut)) + 5
    report = read(old[:first] + block + old[last:])
    read_values = values(report)
    assert read_values["disclosure.regulations.made"] == compose("2019").cells["disclosure.regulations.made"]
    assert read_values["disclosure.penalties.decisions"] == compose("2021").cells["disclosure.penalties.decisions"]
    assert "form.unexpected" in checks(report)


@pytest.mark.parametrize("form", ["2019", "2021"])
def test_three_figures_that_either_form_may_have_need_a_head_or_a_neighbour_to_say_which(form):
    composed = compose(form)
    html = composed.body.decode()
    start = html.index("<tr", html.index("第二十条第（一）项"))
    headless = html[:start] + html[html.index("</tr>", start) + 5 :]
    assert values(read(headless)) == composed.cells  # the rows below exist on one form only
    second = headless.rindex("<tr", 0, headless.index("第二十条第（五）项"))
    alone = headless[:second] + headless[headless.index("</table>", second) :]
    report = read(alone)
    assert {value for key, value in values(report).items() if key.startswith("disclosure.")} == {None}
    assert "form.ambiguous" in checks(report)


def two_rows_swapped(page, one, other):
    composed, html = page
    first, second = (row_of(html, composed.cells[f"requests.{name}.enterprise"]) for name in (one, other))
    return html.replace(first, "§", 1).replace(second, first, 1).replace("§", second, 1)


def test_of_two_neighbours_in_each_others_place_neither_is_believed(page):
    report = read(two_rows_swapped(page, "rejected.repeated", "rejected.published_work"))
    for row in ("rejected.repeated", "rejected.published_work"):
        assert {values(report)[f"requests.{row}.{col}"] for col in COLS} == {None}
    assert values(report)["requests.rejected.complaint.total"] == page[0].cells["requests.rejected.complaint.total"]


def test_a_second_table_with_other_figures_takes_the_first_ones_certainty(page):
    _composed, html = page
    body = html[html.index("<body>") + 6 : html.index("</body>")]
    other = re.sub(r"(?<=>)\d{4}(?=<)", lambda m: str(int(m[0]) + 10000), body)
    report = read(html.replace("</body>", other + "</body>"))
    assert {value for key, value in values(report).items() if key.startswith("requests.")} == {None}
    assert "form.ambiguous" in checks(report)


def test_a_row_with_fewer_cells_than_its_neighbours_has_lost_one(page):
    """Every row has an empty cell behind its figures; without that, a lost figure would be made up by it."""
    composed, html = page
    padded = html.replace("</tr>", "<td></td></tr>")
    assert values(read(padded)) == composed.cells
    report = read(without_cell(padded, composed.cells["requests.granted.research"]))
    assert {kinds(report)[f"requests.granted.{col}"] for col in COLS} == {"ambiguous"}
    assert values(report)["requests.partly_granted.total"] == composed.cells["requests.partly_granted.total"]


def test_an_amount_in_another_unit_than_the_forms_keeps_its_own():
    composed = compose("2021")
    key = "disclosure.fees.amount"
    html = composed.body.decode()
    for damaged in (html.replace("（单位：万元）", "（单位：元）"), html.replace(f">{composed.raw[key]}<", f">{composed.raw[key]}元<")):
        report = read(damaged)
        cell = next(cell for cell in report.cells if cell.key == key)
        assert (cell.value, cell.unit) == (composed.cells[key], "元")
        assert "cell.unit" in checks(report)
    assert "cell.unit" not in checks(read(html))


@pytest.mark.parametrize(
    ("stated", "unit"), [("/元", "元"), (" 单位:元", "元"), ("（单位：人民币元）", "元"), ("(千元)", "千元"), ("（单位：百万元）", "百万元"), ("（万元）", "万元"), ("（单位：人民币万元）", "万元")]
)
def test_the_unit_that_a_head_states_is_the_figures_however_it_is_written(stated, unit):
    composed = compose("2021")
    report = read(composed.body.decode().replace("（单位：万元）", stated))
    cell = next(cell for cell in report.cells if cell.key == "disclosure.fees.amount")
    assert (cell.value, cell.unit) == (composed.cells["disclosure.fees.amount"], unit)
    assert ("cell.unit" in checks(report)) == (unit != "万元")


@pytest.mark.parametrize(("written", "value"), [("5（减少）", None), ("5（减）", None), ("5(-)", None), ("5（比上年减少）", None), ("-5（减少）", -5), ("减5", -5), ("5（新增5项）", 5), ("0（减少）", 0)])
def test_a_fall_that_only_a_note_tells_has_no_sign_that_is_certain(written, value):
    composed = compose("2019")
    figure = f">{composed.raw['disclosure.licensing.change']}<"
    assert composed.body.decode().count(figure) == 1
    report = read(composed.body.decode().replace(figure, f">{written}<"))
    assert values(report)["disclosure.licensing.change"] == value
    assert kinds(report)["disclosure.licensing.change"] == ("number" if value is not None else "ambiguous")


def test_a_block_of_another_form_without_its_head_is_not_given_the_neighbours_columns():
    """Three figures under no head: 规范性文件 below a table of 2021 may well be a row of 2019."""
    composed = compose("2021")
    html = composed.body.decode()
    start = html.index("<tr", html.index("第二十条第（一）项"))
    headless = html[:start] + html[html.index("</tr>", start) + 5 :]
    report = read(headless.replace("行政规范性文件", "规范性文件"))
    keys = [f"disclosure.{row}.{col}" for row in ("regulations", "normative_documents") for col in ("issued", "repealed", "in_force")]
    assert {values(report)[key] for key in keys} == {None}
    assert values(report)["disclosure.licensing.decisions"] == composed.cells["disclosure.licensing.decisions"]


def test_a_row_cut_off_under_three_heads_is_not_the_row_of_a_form_with_one():
    """行政许可 has one figure on the form of 2021; here it has three, and the page ends after the first."""
    composed = compose("2019")
    html = composed.body.decode()
    figure = f">{composed.cells['disclosure.licensing.items_before']}<"
    report = read(html[: html.index(figure) + len(figure) - 1])
    for key, value in values(report).items():
        assert value in (None, composed.cells.get(key)), key
    assert values(report)["disclosure.regulations.made"] == composed.cells["disclosure.regulations.made"]


@pytest.mark.parametrize("sentence", ["本年，我局未收到政府信息公开申请。", "本年度我局没有制发行政规范性文件。"])
def test_a_sentence_between_the_rows_of_a_report_in_one_table_is_prose(page, sentence):
    """Also one that begins like the heads 本年制发件数 and 本年处理决定数量."""
    composed, html = page
    rows = "".join(re.findall(r"<tr.*?</tr>", html, re.DOTALL))
    one = "<table>" + "".join(
        f"<tr><td colspan=10>{text}</td></tr>" for text in ("一、总体情况", "公开信息20条。", "二、主动公开政府信息情况", sentence, "三、收到和处理政府信息公开申请情况")
    )
    report = read(f"<body><h1>清泉县教育局2022年政府信息公开工作年度报告</h1>{one}{rows}</table></body>")
    assert {section.key: section.text for section in report.sections}["disclosure"] == sentence
    assert values(report) == composed.cells


@pytest.mark.parametrize(
    ("label", "short"),
    [
        ("申请人无正当理由逾期不补正、行政机关不再处理其政府信息公开申请", "申请人无正当理由逾期不补正"),
        ("申请人逾期未按收费通知要求缴纳费用、行政机关不再处理其政府信息公开申请", "申请人逾期未按收费通知要求缴纳费用"),
        ("保护第三方合法权益", "涉及第三方合法权益"),
    ],
)
def test_the_first_half_of_a_long_label_is_its_row(page, label, short):
    composed, html = page
    assert label in html
    assert values(read(html.replace(label, short))) == composed.cells


@pytest.mark.parametrize("col", ["natural_person", "research", "total"])
def test_a_figure_in_a_cell_beside_two_rows_is_neithers(page, col):
    composed, html = page
    upper, lower = composed.cells[f"requests.new.{col}"], composed.cells[f"requests.carried_in.{col}"]
    at = html.rindex("<td", 0, html.index(f">{upper}<"))
    report = read(without_cell(html[:at] + '<td rowspan="2"' + html[at + 3 :], lower))
    assert values(report)[f"requests.new.{col}"] is values(report)[f"requests.carried_in.{col}"] is None
    assert "form.ambiguous" in checks(report)


def test_a_head_whose_row_is_gone_is_no_head_of_the_next_table(page):
    composed, html = page
    report = read(html.replace(row_of(html, composed.cells["disclosure.fees.amount"]), ""))
    assert values(report) == composed.cells | {"disclosure.fees.amount": None}


def test_a_head_printed_again_behind_the_end_of_a_page_is_one_head(page):
    composed, html = page
    start = html.rindex("<table")
    head = html[html.index("<tr", start) : html.rindex("<tr", 0, html.index(f">{composed.cells['proceedings.reconsideration.upheld']}<"))]
    assert head.count("<tr") >= 2
    assert values(read(html.replace(head, head + head))) == composed.cells
