"""Five real reports, as the web handed them out, against what they say, read by eye."""

import json

import pytest

from parsers import Page, read_report
from tests.seeds import SEEDS, TRUTH, needs_seeds

NAMES = ["000_9de093a207e77a40.txt", "001_2fdce6a2b75ef0e3.txt", "002_7bf06d37f0720d52.txt", "003_5daa97a268f909c6.txt", "004_168a611abdf0e580.txt"]


@needs_seeds
@pytest.mark.parametrize("name", NAMES)
def test_every_figure_and_every_fact_is_right(name):
    truth = json.loads(TRUTH.read_text(encoding="utf-8"))["seeds"][name]
    report = read_report(Page((SEEDS / name).read_bytes(), name, "text/plain"))
    assert {cell.key: cell.value for cell in report.cells} == truth["cells"]
    assert report.title in truth["title"]
    assert report.organ in truth["organ"]
    assert report.year in truth["year"]
    assert report.published in truth["published"]
    assert report.form in truth["form"]
    assert report.verdict in truth["verdicts"]
    assert set(truth["findings"]) <= {finding.check for finding in report.findings}
    for key, value in truth["meta"].items():
        assert report.metadata[key] == value
    if report.division is not None:
        assert report.division.code.startswith(truth["division_prefix"])
    assert [section.key for section in report.sections] == [section[0] for section in truth["sections"]]
    text = "\n".join(section.text for section in report.sections)
    for chrome in truth["chrome"]:
        assert chrome not in text


@needs_seeds
def test_the_broken_balance_is_blamed_on_the_total():
    report = read_report(Page((SEEDS / NAMES[4]).read_bytes(), NAMES[4], "text/plain"))
    blamed = {f.keys[0] for f in report.findings if f.check in ("requests.balance", "requests.total")}
    assert blamed == {"requests.total.natural_person", "requests.total.total"}
    assert {"source.mirror", "source.unofficial_host"} <= {f.check for f in report.findings}
