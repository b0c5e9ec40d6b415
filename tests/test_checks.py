"""The rules of the form accuse only what is whole, name the wrong cell when they can, and repair nothing."""

import pytest

from crawler.demo.compose import compose_report
from tests.pages import ORGAN, checks, compose, kinds, read, values


def report_with(overrides, form="2021", shape="plain", year=2023):
    return read(compose_report(form=form, organ=ORGAN, year=year, shape=shape, overrides=overrides).body)


def test_a_report_whose_sums_hold_has_no_error():
    for form in ("2019", "2021"):
        assert [f for f in read(compose(form, unique=False).body).findings if f.level == "error"] == []


def test_a_total_that_is_wrong_is_named_and_stays_as_printed():
    good = values(read(compose("2021", unique=False).body))
    key = "requests.total.natural_person"
    report = report_with({key: good[key] + 5})
    assert values(report)[key] == good[key] + 5
    broken = [f for f in report.findings if f.check == "requests.total"]
    assert broken and broken[0].keys[0] == key
    assert (broken[0].expected, broken[0].found) == (good[key], good[key] + 5)
    assert "requests.balance" in checks(report)
    assert report.verdict == "flagged"


@pytest.mark.parametrize(
    ("key", "check"),
    [
        ("requests.new.enterprise", "requests.balance"),
        ("requests.granted.total", "requests.row_total"),
        ("requests.denied.third_party.other", "requests.total"),
        ("proceedings.litigation_direct.total", "proceedings.total"),
    ],
)
def test_each_rule_of_the_form_is_applied(key, check):
    good = values(read(compose("2021", unique=False).body))
    assert check in checks(report_with({key: good[key] + 1}))


def test_a_negative_count_is_an_error_and_a_negative_change_is_not():
    report = report_with({"requests.new.enterprise": -3})
    assert "cell.negative" in checks(report)
    good = report_with({"disclosure.licensing.items_before": 20, "disclosure.licensing.change": -8}, form="2019", year=2020)
    assert "cell.negative" not in checks(good)
    assert values(good)["disclosure.licensing.change"] == -8


def test_a_change_that_leaves_fewer_than_no_items_is_an_error():
    report = report_with({"disclosure.licensing.items_before": 3, "disclosure.licensing.change": -8}, form="2019", year=2020)
    assert "disclosure.change" in checks(report)


def test_blanks_stay_blank_and_what_sums_prove_is_published_beside_them():
    composed = compose("2021", "blank", unique=False)
    report = read(composed.body)
    blank = [cell for cell in report.cells if cell.kind == "blank"]
    assert blank
    assert all(cell.value is None for cell in blank)
    proved = [cell for cell in blank if cell.derived is not None]
    assert proved
    assert {cell.derived for cell in proved} == {0}
    # nothing adds up to the cells of section 2, so nothing proves them
    assert all(cell.derived is None for cell in blank if cell.key.startswith("disclosure."))


def test_a_total_left_blank_is_derived_from_its_row():
    good = compose("2021", unique=False)
    row = {key: value for key, value in good.cells.items() if key.startswith("requests.new.")}
    html = good.body.decode()
    at = html.index("本年新收政府信息公开申请数量")
    end = html.index("</tr>", at)
    cells = html[at:end]
    last = cells.rindex(f">{row['requests.new.total']}<")
    html = html[: at + last] + "><" + html[at + last + len(f">{row['requests.new.total']}<") :]
    cell = next(cell for cell in read(html).cells if cell.key == "requests.new.total")
    assert (cell.kind, cell.value, cell.derived) == ("blank", None, row["requests.new.total"])


def test_an_empty_form_proves_nothing_and_accuses_nobody():
    composed = compose("2021", unique=False)
    html = composed.body.decode()
    for value in sorted({str(v) for v in composed.raw.values()}, key=len, reverse=True):
        html = html.replace(f">{value}<", "><")
    report = read(html)
    assert set(kinds(report).values()) <= {"blank", "missing"}
    assert not [f for f in report.findings if f.level == "error"]
    assert report.verdict in ("partial", "not_a_report")
