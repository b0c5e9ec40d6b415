"""The grid: cells stand where the WHATWG table model puts them, and bombs do not go off."""

from lxml.html import fragment_fromstring

from parsers.grid import cell_text, read_grid, read_span


def grid(html):
    return read_grid(fragment_fromstring(html))


def layout(html):
    return [[(cell.text, cell.x0, cell.x1, cell.y1 - cell.y0) for cell in row] for row in grid(html).rows]


def test_spans_push_later_cells_to_the_right():
    assert layout("<table><tr><td rowspan=2 colspan=2>a<td>b<tr><td>c</table>") == [
        [("a", 0, 2, 2), ("b", 2, 3, 1)],
        [("c", 2, 3, 1)],
    ]


def test_a_rowspan_of_nought_runs_to_the_end_of_its_row_group_and_none_runs_past_it():
    html = "<table><tbody><tr><td rowspan=0>a<td>b<tr><td>c</tbody><tbody><tr><td>d</tbody></table>"
    assert layout(html) == [[("a", 0, 1, 2), ("b", 1, 2, 1)], [("c", 1, 2, 1)], [("d", 0, 1, 1)]]
    assert layout("<table><tbody><tr><td rowspan=9>a</tbody><tbody><tr><td>b</tbody></table>")[0] == [("a", 0, 1, 1)]


def test_spans_are_read_by_the_rules_for_numbers():
    assert [read_span(v, 100)[0] for v in ("2", " 3", "2px", "+4", "-3", "x", "", None)] == [2, 3, 2, 4, 1, 1, 1, 1]


def test_a_span_bomb_is_clamped_and_said():
    bomb = grid('<table><tr><td colspan="99999999" rowspan="99999999">a</td><td>b</td></tr></table>')
    assert bomb.clipped
    assert bomb.rows[0][0].x1 <= 1000


def test_a_million_claimed_slots_do_not_take_a_million_slots():
    rows = "".join('<tr>' + '<td colspan="100" rowspan="400">x</td>' * 50 + "</tr>" for _ in range(50))
    assert grid(f"<table>{rows}</table>").clipped


def test_a_digit_a_span_is_one_figure_and_a_line_break_is_not():
    def text(inner):
        return cell_text(fragment_fromstring(f"<table><tr><td>{inner}</td></tr></table>").find(".//td"))

    assert text("<span>1</span><font>2</font>") == "12"
    assert text("1<br>2") == "1\n2"
    assert text("<p>22</p><p>（其中修订16件）</p>") == "22\n（其中修订16件）"
    assert text("本年新\n   制作数量") == "本年新 制作数量"
    assert text("<o:p>&nbsp;</o:p>") == ""
    assert text("<script>5</script>7") == "7"


def test_cells_of_a_table_inside_a_cell_are_not_run_together():
    cell = fragment_fromstring("<table><tr><td><table><tr><td>12<td>34</table></table>").xpath("//td")[0]
    assert cell_text(cell) == "12\n34"
