"""What holds for every text in a cell, every span, and every table."""

from itertools import pairwise

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from lxml.html import fromstring

from parsers.figures import read_figure
from parsers.grid import read_grid, read_span
from parsers.labels import label_keys
from parsers.stream import grid_groups, text_groups

WIDE = str.maketrans("0123456789,", "０１２３４５６７８９，")
COUNTS = st.integers(0, 999_999_999)
SPACE = st.sampled_from(["", " ", "\u00a0", "\u3000", "\n", "\t", "\u200b", "\ufeff"])


@given(COUNTS, SPACE, SPACE, st.sampled_from(["", "件", "条", "（件）", "\n（其中修订16件）"]), st.booleans(), st.booleans())
def test_a_count_is_read_however_it_is_dressed(count, before, after, behind, wide, grouped):
    text = f"{count:,}" if grouped else str(count)
    text = f"{before}{text.translate(WIDE) if wide else text}{behind}{after}"
    figure = read_figure(text)
    assert (figure.kind, figure.value) == ("number", count)
    assert isinstance(figure.value, int)


@given(st.text(max_size=30), st.booleans())
def test_only_a_number_has_a_value_and_a_blank_has_none(text, decimal):
    figure = read_figure(text, decimal=decimal)
    assert (figure.value is not None) == (figure.kind == "number")
    if not any(c.isdigit() or c in "零〇一二三四五六七八九十百千两" for c in text):
        assert figure.value is None


@given(st.text(alphabet="0123456789,.+-−／/ 件元万（）()〇十二\u200b\ufffd\n", max_size=14))
def test_no_digit_of_a_figure_is_made_up_left_out_or_moved(text):
    figure = read_figure(text, decimal=True)
    if isinstance(figure.value, int) and text.isascii():
        printed = "".join(c for c in text.split("(")[0] if c.isdigit() or c == ".")
        assert str(abs(figure.value)) == printed


@given(COUNTS, st.sampled_from([" ", "\n", "、", ";", "①", "～", "．"]), COUNTS)
def test_two_figures_in_one_cell_are_never_one(one, between, other):
    assume(between != "．" or one or other)  # 0．0 is nought, printed with a decimal
    assert read_figure(f"{one}{between}{other}").value is None


@given(st.integers(0, 10**12), st.sampled_from(["", "px", " ", "%", ".5"]), st.integers(1, 1000))
def test_a_span_is_a_number_within_its_limit(span, behind, limit):
    read, clipped = read_span(f"{span}{behind}", limit)
    assert read == min(span, limit)
    assert clipped == (span > limit)


@given(st.text(max_size=12), st.integers(1, 1000))
def test_any_text_is_a_span(value, limit):
    read, _ = read_span(value, limit)
    assert 0 <= read <= limit


CELLS = st.tuples(
    st.sampled_from(["td", "th"]), st.sampled_from(["", "0", "5", "规章", "总计", "1.重复申请", "商业企业"]), st.integers(0, 5), st.integers(0, 5)
)


def html(rows):
    lines = ("".join(f"<{tag} colspan={across} rowspan={down}>{text}</{tag}>" for tag, text, across, down in row) for row in rows)
    return fromstring("<table>" + "".join(f"<tr>{line}</tr>" for line in lines) + "</table>")


@given(st.lists(st.lists(CELLS, max_size=8), min_size=1, max_size=8))
@settings(max_examples=60)
def test_every_cell_has_columns_of_its_own_and_no_text_is_lost(rows):
    grid = read_grid(html(rows))
    assert [[cell.text for cell in row] for row in grid.rows] == [[text for _, text, _, _ in row] for row in rows]
    begins = set()
    for y, row in enumerate(grid.rows):
        assert all(one.x1 <= other.x0 for one, other in pairwise(row))
        for cell in row:
            assert cell.y0 == y < cell.y1 <= len(rows)
            assert (cell.x0, y) not in begins
            begins.add((cell.x0, y))


@given(st.lists(st.lists(CELLS, max_size=8), min_size=1, max_size=8))
@settings(max_examples=60)
def test_every_figure_of_a_table_is_in_one_group_at_most(rows):
    groups = grid_groups([(1, read_grid(html(rows)))])
    places = [item.at for group in groups for item in group.values]
    assert len(places) == len(set(places))


@given(st.lists(st.sampled_from(["规章", "规章|1|2|3", "|", "5", " ", "1.重复申请\t0\t0", "总计 1 2 3", "— 4 —", "本年新", "12,04"]), max_size=30))
@settings(max_examples=60)
def test_every_figure_of_a_text_is_in_one_group_and_in_order(lines):
    groups = text_groups(lines)
    numbers = [item.line for group in groups for item in group.values]
    assert numbers == sorted(numbers)


@given(st.text(max_size=60))
def test_label_keys_are_chinese_characters_only_and_stable(text):
    for key in label_keys(text):
        assert key and not any(c.isspace() or c.isascii() for c in key)
    assert label_keys(text) == label_keys(text + " ")
