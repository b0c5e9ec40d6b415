"""The same report in every shape that pages have gives the same cells."""

import pytest

from crawler.demo.compose import SHAPES, compose_report
from tests.pages import ORGAN, compose, kinds, read, values


@pytest.mark.parametrize("form", ["2019", "2021"])
@pytest.mark.parametrize("shape", SHAPES)
def test_every_printed_figure_is_read_in_its_place(form, shape):
    composed = compose(form, shape)
    report = read(composed.body)
    assert report.form == form
    assert values(report) == composed.cells
    assert {key: kind for key, kind in kinds(report).items() if kind != "number"} == composed.kinds


@pytest.mark.parametrize("shape", SHAPES)
def test_bytes_in_gb18030_give_the_same_report_as_bytes_in_utf_8(shape):
    composed = compose("2021", shape, unique=False)
    one, other = read(composed.body), read(composed.encode("gb18030"))
    assert one.cells == other.cells
    assert one.sections == other.sections
    assert (one.title, one.organ, one.year) == (other.title, other.organ, other.year)


@pytest.mark.parametrize("form", ["2019", "2021"])
def test_a_consistent_report_is_verified(form):
    composed = compose(form, unique=False)
    report = read(composed.body)
    assert report.verdict == "verified", report.findings
    assert (report.organ, report.year, report.title) == (composed.organ, composed.year, composed.title)
    assert [section.key for section in report.sections] == [
        "overview", "disclosure", "requests", "proceedings", "problems", "other",
    ]


@pytest.mark.parametrize(("form", "year"), [("2019", 2022), ("2021", 2020)])
def test_a_report_on_the_form_of_other_years_is_read_whole_and_flagged(form, year):
    report = read(compose(form, unique=False, year=year).body)
    assert report.form == form
    assert report.form_expected != form
    assert "form.unexpected" in [finding.check for finding in report.findings]
    assert all(cell.kind == "number" for cell in report.cells)
    assert report.verdict == "flagged"


@pytest.mark.parametrize("shape", SHAPES)
def test_the_annex_of_2014_is_read_in_every_shape(shape):
    composed = compose_report(form="2014", organ=ORGAN, year=2016, shape=shape)
    report = read(composed.body)
    assert (report.form, report.form_expected) == ("2014", "2014")
    assert values(report) == composed.cells


def test_a_report_of_2014_without_its_annex_is_whole():
    composed = compose_report(form="2014", organ=ORGAN, year=2016, figures={})
    report = read(composed.body)
    assert (report.form, report.cells, report.verdict) == ("2014", (), "verified")
