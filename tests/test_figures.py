"""Figures: what is written in a cell becomes the number that is written there, or a reason."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.figures import read_figure


@pytest.mark.parametrize(
    ("written", "value", "unit", "note"),
    [
        ("0", 0, None, None),
        (" 0\u00a0", 0, None, None),
        ("１２", 12, None, None),
        ("1,204", 1204, None, None),
        ("１，２０４", 1204, None, None),
        ("+26", 26, None, None),
        ("-8", -8, None, None),
        ("－８", -8, None, None),
        ("0件", 0, "件", None),
        ("22\n（其中修订16件）", 22, None, "其中修订16件"),
        ("55（含自然失效29件）", 55, None, "含自然失效29件"),
        ("1\u200b2", 12, None, None),
        ("零", 0, None, None),
        ("十二", 12, None, None),
        ("一百零三", 103, None, None),
        ("0.00", 0, None, None),
    ],
)
def test_a_figure_is_read_as_printed(written, value, unit, note):
    figure = read_figure(written)
    assert (figure.kind, figure.value, figure.unit, figure.note) == ("number", value, unit, note)


@pytest.mark.parametrize(
    ("written", "value", "unit"),
    [("185277.44元", 185277.44, "元"), ("0.092", 0.092, None), ("477.35万元", 477.35, "万元"), ("2,000.5", 2000.5, None)],
)
def test_an_amount_may_have_a_fraction_and_a_unit(written, value, unit):
    figure = read_figure(written, decimal=True)
    assert (figure.kind, figure.value, figure.unit) == ("number", value, unit)


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("", "blank"),
        ("\u00a0 \u3000", "blank"),
        ("/", "dash"),
        ("——", "dash"),
        ("无", "dash"),
        ("空", "dash"),
        ("140余", "text"),
        ("2.5万", "text"),
        ("未统计", "text"),
        ("12,04", "ambiguous"),
        ("1 2", "ambiguous"),
        ("1\n2", "ambiguous"),
        ("007", "ambiguous"),
        ("00", "ambiguous"),
        ("3.5", "ambiguous"),  # a third of a case is less likely than a stray point
        ("一", "ambiguous"),  # an input method's dash as well as a one
        ("（5）", "ambiguous"),
        ("1\ufffd2", "lost"),
        ("12\ue000", "lost"),
    ],
)
def test_what_is_not_surely_a_number_is_none_and_says_why(written, kind):
    figure = read_figure(written)
    assert (figure.kind, figure.value) == (kind, None)


def test_a_footnote_mark_is_not_a_digit():
    assert (read_figure("5①").value, read_figure("5①").note) == (5, "①")
    assert [read_figure(text).value for text in ("12¹", "12[1]", "12*", "3件②", "1 204⑴")] == [12, 12, 12, 3, None]


@given(st.integers(0, 10**12))
def test_every_count_survives_each_way_of_writing_it(number):
    wide = str(number).translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    for written in (str(number), f"{number:,}", wide, f" {number}\u00a0", f"{number}件", f"+{number}"):
        assert read_figure(written).value == number


@given(st.integers(10, 10**9), st.characters(exclude_categories=("Nd",)), st.data())
def test_a_character_inside_a_figure_gives_the_figure_or_nothing(number, odd, data):
    digits = str(number)
    at = data.draw(st.integers(1, len(digits) - 1))
    value = read_figure(digits[:at] + odd + digits[at:]).value
    # 1(2 … a bracket that opens a note needs one that closes it, so this too is nothing
    assert value is None or value == number or odd in ",，"


@given(st.text(max_size=30))
def test_any_text_gives_a_kind_and_a_number_only_with_the_kind_number(text):
    figure = read_figure(text)
    assert (figure.value is not None) == (figure.kind == "number")
