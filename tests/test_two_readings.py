"""A row is read twice, by order and by the grid. What the two do not say alike has no value, and accuses nobody."""

import re

import pytest

from parsers.heads import Head, Leaf
from parsers.placement import values_under
from parsers.stream import Item
from tests.pages import checks, compose, kinds, read, values

COLS = ("natural_person", "enterprise", "research", "public_welfare", "legal_service", "other", "total")


def head(*spans):
    return Head(tuple(Leaf(col, x, "") for col, x in enumerate(spans)), len(spans), True, True, True)


def items(*spans):
    return [Item(str(number), "", x) for number, x in enumerate(spans)]


def test_a_value_stands_under_the_head_it_shares_most_of_its_width_with():
    # 上一年 | 增/减 over two columns | 处理决定, over 0 on two columns | 0 | 0: Shanghai 2019
    below = items((1, 3), (3, 4), (4, 5))
    assert values_under(below, head((1, 2), (2, 4), (4, 5)), 3) == below


def test_a_row_moved_sideways_as_a_whole_is_moved_back():
    below = items((1, 2), (2, 3), (3, 4))
    assert values_under(below, head((3, 4), (4, 5), (5, 6)), 3) == below


def test_a_value_over_two_columns_leaves_one_head_without():
    below = items((1, 3), (3, 4), (4, 5))
    assert values_under(below, head((1, 2), (2, 3), (3, 4)), 3) != below


def test_a_head_that_does_not_name_every_column_once_says_nothing():
    assert values_under(items((1, 2)), Head((Leaf(0, (1, 2), ""), Leaf(0, (2, 3), "")), 2, False, False, True), 2) is None


@pytest.fixture(params=[True, False], ids=["unique", "sums hold"])
def report(request):
    """A row whose second figure is merged over two columns, and which has a figure behind the table's edge."""
    composed = compose("2021", unique=request.param)
    html = composed.body.decode()
    start = html.index("1.信访举报投诉类申请")
    end = html.index("</tr>", start)
    cells = re.findall(r"<td[^>]*>.*?</td>", html[start:end], re.DOTALL)
    assert len(cells) == 7
    cells = ["<td>31</td>", "<td colspan=2>32</td>", "<td>34</td>", "<td>35</td>", "<td>36</td>", "<td>37</td>", "<td>38</td>"]
    row = html[start : html.index("<td", start)] + "".join(cells)
    return composed, read(html[:start] + row + html[end:])


def test_where_order_and_grid_differ_there_is_no_value_and_both_are_told(report):
    composed, found = report
    row = [cell for cell in found.cells if cell.key.startswith("requests.rejected.complaint.")]
    assert {cell.value for cell in row} == {None}
    assert {cell.kind for cell in row} == {"ambiguous"}
    assert [cell.raw for cell in row] == ["31", "32", "34", "35", "36", "37", "38"]
    assert row[0].note == "by order '31', under the head '31'"
    assert row[2].note == "by order '34', under the head '32'"
    assert row[3].note == "by order '35', under the head '34'"
    assert any(f.check == "form.ambiguous" and row[0].key in f.keys for f in found.findings)
    assert values(found)["requests.rejected.repeated.total"] == composed.cells["requests.rejected.repeated.total"]


def test_a_row_that_is_not_certain_breaks_no_sum(report):
    _, found = report
    for finding in found.findings:
        if finding.check == "requests.row_total":
            assert not any(key.startswith("requests.rejected.complaint.") for key in finding.keys)


def test_a_total_that_holds_vouches_for_the_order():
    composed = compose("2021", unique=False)
    html = composed.body.decode()
    start = html.index("1.信访举报投诉类申请")
    at = html.index("<td", html.index("<td", start) + 3)
    report = read(html[:at] + "<td colspan=2" + html[at + 3 :])
    for col in COLS:
        assert values(report)[f"requests.rejected.complaint.{col}"] == composed.cells[f"requests.rejected.complaint.{col}"]


def test_a_row_read_by_order_alone_does_not_accuse():
    composed = compose("2021", unique=False)
    key = "requests.granted.total"
    html = composed.body.decode()
    at = html.index(f">{composed.cells[key]}<", html.index("（一）予以公开"))
    broken = html[:at] + ">987654<" + html[at + len(f">{composed.cells[key]}<") :]
    assert values(read(broken))[key] == 987654
    assert "requests.row_total" in checks(read(broken))
    # without the spans of the heads, the grid names no column
    headless = re.sub(r' rowspan="\d+"', "", broken)
    assert kinds(read(headless))[key] == "ambiguous"
    assert "requests.row_total" not in checks(read(headless))
