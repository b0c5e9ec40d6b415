"""Tables that reach us as text give the figures that were printed, in every dialect seen."""

import pytest

from tests.dialects import DIALECTS, chapters, pipe_rows
from tests.pages import compose, read, values


@pytest.mark.parametrize("form", ["2019", "2021"])
@pytest.mark.parametrize("heads", ["plain", "cut", "broken"])
@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda d: d.__name__)
def test_every_figure_is_read_in_its_place(dialect, heads, form):
    composed = compose(form, heads)
    report = read(chapters(composed, dialect), "text/plain")
    assert report.form == form
    wrong = {key: (value, composed.cells[key]) for key, value in values(report).items() if value not in (None, composed.cells[key])}
    assert wrong == {}
    assert values(report) == composed.cells


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda d: d.__name__)
def test_prose_and_figures_do_not_mix(dialect):
    composed = compose("2021", unique=False)
    report = read(chapters(composed, dialect), "text/plain")
    sections = {section.key: section.text for section in report.sections}
    assert list(sections) == ["overview", "disclosure", "requests", "proceedings", "problems", "other"]
    assert "结转下年度" not in sections["requests"]
    for chapter, text in zip(composed.chapters, sections.values(), strict=True):
        for paragraph in chapter.paragraphs:
            assert paragraph.replace(" ", "") in text.replace(" ", "")


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda d: d.__name__)
def test_where_each_figure_stands_is_a_line_of_the_text(dialect):
    composed = compose("2021")
    text = chapters(composed, dialect)
    lines = text.split("\n")
    for cell in read(text, "text/plain").cells:
        assert cell.at is not None and cell.raw in lines[int(cell.at[5:-1]) - 1]


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda d: d.__name__)
def test_a_lost_figure_is_never_made_up_by_its_neighbours(dialect):
    composed = compose("2021")
    text = chapters(composed, dialect)
    for key in list(composed.cells)[::17]:
        figure = str(composed.cells[key])
        for damaged in (text.replace(figure, "", 1), text.replace(figure, figure + "\n8", 1)):
            for other, value in values(read(damaged, "text/plain")).items():
                assert value in (None, composed.cells[other]), (key, other)


def test_lines_that_an_extractor_has_thrown_out_as_repeated_are_lost_and_not_nought():
    composed = compose("2021", unique=False)
    seen, kept = set(), []
    for line in chapters(composed, DIALECTS[4]).split("\n"):
        if line not in seen:
            kept.append(line)
        seen.add(line)
    report = read("\n".join(kept), "text/plain")
    assert report.verdict == "partial"
    for key, value in values(report).items():
        assert value in (None, composed.cells[key]), key


@pytest.mark.parametrize("opening", ["<pre>", "<pre>\n"])
def test_in_preformatted_text_a_figure_stands_in_its_own_line(opening):
    composed = compose("2021")
    text = chapters(composed, pipe_rows)
    lines = text.split("\n")
    report = read(f"<body>{opening}{text}</pre></body>")
    assert values(report) == composed.cells
    for cell in report.cells:
        place, _, number = cell.at.removesuffix("]").rpartition("/line[")
        assert place == "pre[1]" and cell.raw in lines[int(number) - 1]


def test_a_row_cut_off_under_the_heads_of_2019_is_not_the_row_of_2021_in_text():
    """行政许可 has three figures in 2019 and one in 2021: 处理决定数量 over the third of three is no head of the one."""
    composed = compose("2019")
    text = chapters(composed, pipe_rows)
    first = composed.cells["disclosure.licensing.items_before"]
    report = read(f"<body><pre>{text[: text.index(str(first)) + len(str(first))]}</pre></body>")
    assert {key: value for key, value in values(report).items() if key.startswith("disclosure.licensing") and value is not None} == {}
