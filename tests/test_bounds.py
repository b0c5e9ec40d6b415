"""Pages made to exhaust a reader: they end, and the record says what was not read."""

import pytest

from tests.pages import checks, compose, read, values


@pytest.fixture(scope="module")
def page():
    composed = compose("2021")
    html = composed.body.decode()
    return composed, html[html.index("<body>") + 6 : html.index("</body>")]


def wrap(body):
    return f"<html><body>{body}</body></html>"


@pytest.mark.parametrize("depth", [64, 200, 400])
def test_a_report_in_nested_layout_tables_is_read_whole(page, depth):
    composed, body = page
    assert values(read(wrap("<table><tr><td>" * depth + body + "</td></tr></table>" * depth))) == composed.cells


@pytest.mark.parametrize("depth", [3_000, 100_000])
@pytest.mark.parametrize("tag", ["div", "table><tr><td", "span"])
def test_what_the_parser_drops_below_its_depth_is_said(page, depth, tag):
    composed, body = page
    report = read(wrap(f"<{tag}>" * depth + "x" + body))
    if values(report) != composed.cells:
        assert "source.cut" in checks(report)
        assert report.verdict in ("partial", "unreadable")
        for key, value in values(report).items():
            assert value in (None, composed.cells[key])


def test_a_span_bomb_in_a_statutory_table_is_said_and_shifts_nothing(page):
    composed, body = page
    report = read(wrap(body.replace("<td", '<td colspan="99999999"', 40)))
    assert "source.cut" in checks(report)
    assert report.verdict == "partial"
    for key, value in values(report).items():
        assert value in (None, composed.cells[key])


def test_a_flood_of_cells_beside_the_report_does_not_hide_it(page):
    composed, body = page
    flood = "<table>" + ("<tr>" + "<td>1</td>" * 10 + "</tr>") * 12_000 + "</table>"
    report = read(wrap(body + flood))
    assert values(report) == composed.cells
    assert "source.cut" in checks(report)


def test_a_row_printed_ten_thousand_times_is_no_row(page):
    composed, body = page
    rows = "".join(f"<tr><td>2.重复申请</td>{f'<td>{n}</td>' * 7}</tr>" for n in range(2_000))
    report = read(wrap(body.replace("</body>", "") + f"<table>{rows}</table>"))
    for key, value in values(report).items():
        assert value in (None, composed.cells[key])


@pytest.mark.parametrize("times", [1, 20, 2_000])
def test_a_flood_of_rows_with_one_label_before_the_report_is_not_taken_for_it(page, times):
    composed, body = page
    report = read(wrap("<table><tr><td>规章<td>1<td>2<td>3</table>" * times + body))
    for key, value in values(report).items():
        assert value in (None, composed.cells[key])
    assert values(report)["requests.total.total"] == composed.cells["requests.total.total"]


def test_a_million_cells_in_one_table_end_in_a_finding(page):
    _, body = page
    row = "<tr><td>2.重复申请" + "<td>7" * 7 + "</tr>"
    report = read(wrap(f"<table>{row * 125_000}</table>{body}"))
    assert "source.cut" in checks(report)
    assert report.verdict == "partial"


def test_a_page_larger_than_any_report_is_refused_with_its_size():
    report = read(b"<p>" + b"x" * (21 << 20))
    assert report.verdict == "unreadable"
    assert "22020099 bytes" in report.findings[0].message


@pytest.mark.parametrize(
    ("body", "named"),
    [(b"%PDF-1.7\n", "PDF"), (b"PK\x03\x04" + bytes(30), "zip"), (b"\x89PNG\r\n\x1a\n" + bytes(9), "PNG"), (b"", "empty"), (b" \n\0", "empty")],
)
def test_what_is_no_page_is_named_by_its_bytes(body, named):
    report = read(body)
    assert report.verdict == "unreadable"
    assert named in report.findings[0].message


def test_a_page_that_ends_inside_a_character_was_cut_and_is_not_verified():
    body = compose("2021", unique=False).html.encode()
    assert read(body).verdict == "verified"
    assert read(body + "报".encode()[:-1]).verdict == "partial"
