"""Every way in which real pages differ, against the truth: nothing wrong, and no less read than before.

`corpus/floors.toml` holds the share of figures that is read on each axis. It may rise, and it must be
raised when it does; it cannot fall without a change that says so.
"""

import tomllib
from collections import defaultdict
from pathlib import Path

import pytest

from parsers import Page, read_report
from tests.corpus import samples

FLOORS = tomllib.loads((Path(__file__).parent / "corpus" / "floors.toml").read_text(encoding="utf-8"))
URL = "http://www.qingquan.gov.cn/a.html"


def read(sample):
    return read_report(Page(sample.body, URL, sample.media_type))


@pytest.fixture(scope="module")
def readings():
    return [(sample, read(sample)) for sample in samples()]


def test_samples_have_names_of_their_own(readings):
    names = [sample.name for sample, _ in readings]
    assert len(set(names)) == len(names)
    assert {sample.axis for sample, _ in readings} == set(FLOORS)


def test_no_figure_is_another_than_the_printed_one(readings):
    wrong = [
        (sample.name, cell.key, cell.value)
        for sample, report in readings
        for cell in report.cells
        if cell.value is not None and (cell.value != sample.cells.get(cell.key) or cell.key in sample.unread)
    ]
    assert wrong == []


def test_what_is_not_read_has_its_reason_in_a_finding(readings):
    silent = []
    for sample, report in readings:
        named = {key for finding in report.findings for key in finding.keys}
        have = {cell.key for cell in report.cells}
        silent += [(sample.name, cell.key) for cell in report.cells if cell.kind in ("ambiguous", "missing", "lost") and cell.key not in named]
        silent += [(sample.name, key) for key in sample.cells if key not in have and key not in sample.unread]
    assert silent == []


@pytest.mark.parametrize("axis", FLOORS)
def test_no_less_is_read_than_before_and_a_floor_that_rose_is_raised(axis, readings):
    count = defaultdict(int)
    for sample, report in readings:
        if sample.axis == axis:
            values = {cell.key: cell.value for cell in report.cells}
            printed = {key: value for key, value in sample.cells.items() if value is not None and key not in sample.unread}
            count["printed"] += len(printed)
            count["read"] += sum(values.get(key) == value for key, value in printed.items())
    share = count["read"] / count["printed"]
    assert FLOORS[axis] <= share < FLOORS[axis] + 0.01


def test_one_report_gives_the_same_cells_in_every_layout_or_none(readings):
    """Tables clean, split, nested, in one, in print, flattened: the same report is the same record."""
    for form in ("2019", "2021"):
        seen = defaultdict(set)
        for sample, report in readings:
            if sample.axis == "sums hold" and sample.name.startswith(form):
                for cell in report.cells:
                    if cell.value is not None:
                        seen[cell.key].add(cell.value)
        assert {key for key, values in seen.items() if len(values) > 1} == set()


@pytest.mark.parametrize("charset", ["gbk", "gb18030", "utf-16", "utf-8-sig"])
def test_the_bytes_of_another_charset_give_the_same_cells(charset, readings):
    for sample, report in readings[::29]:
        text = sample.body.decode()
        try:
            body = text.encode(charset)
        except UnicodeEncodeError:
            continue
        other = read_report(Page(body, URL, sample.media_type))
        assert [(cell.key, cell.value) for cell in other.cells] == [(cell.key, cell.value) for cell in report.cells], sample.name
