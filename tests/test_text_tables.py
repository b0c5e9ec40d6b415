"""Tables that reach us as text give the figures that were printed, in every dialect seen."""

import pytest

from parsers.commas import cut_at_commas
from parsers.pagenumbers import suspect_lines
from tests.dialects import DIALECTS, chapters, paragraphs, pipe_rows
from tests.pages import checks, compose, read, values


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


def test_a_page_number_in_the_place_of_a_dropped_cell_is_no_figure():
    composed = compose("2021")
    lines = [line for line in chapters(composed, paragraphs).split("\n") if line.strip()]

    def broken(*dropped, number="2"):
        text = [line for line in lines if line not in {str(composed.cells[key]) for key in dropped}]
        sentence = next(index for index, line in enumerate(text) if line.endswith("。"))
        text.insert(text.index(str(composed.cells["proceedings.litigation_direct.total"])), number)
        return "\n".join([*text[: sentence + 1], "1", *text[sentence + 1 :], "3"])

    # the row of fifteen is whole again with a page number for its second cell, and so many cells are wrong
    report = read(broken("proceedings.reconsideration.corrected", "requests.new.other"), "text/plain")
    assert {value for key, value in values(report).items() if key.startswith("proceedings.")} == {None}
    assert values(report)["disclosure.licensing.decisions"] == composed.cells["disclosure.licensing.decisions"]
    # where nothing was dropped, a page number is one too many, and a lone 2 elsewhere is a figure
    assert "form.ambiguous" in checks(read(broken(), "text/plain"))


def test_without_a_page_number_beside_a_sentence_no_figure_is_taken_for_one():
    assert suspect_lines(["规章", "1", "2", "0", "行政规范性文件", "3"]) == set()
    assert suspect_lines(["按时公开。", "1", "规章", "0", "3", "2"]) == set()


@pytest.mark.parametrize("mark", ["Page 3", "第3页，共9页", "P3", "page 3 of 9"])
def test_what_can_only_be_a_page_number_is_none_of_the_figures(mark):
    composed = compose("2021")
    lines = chapters(composed, paragraphs).split("\n")
    lines.insert(lines.index(str(composed.cells["requests.granted.total"])), mark)
    assert values(read("\n".join(lines), "text/plain")) == composed.cells


@pytest.mark.parametrize("mark", [",", "，", ";"])
def test_cells_between_commas_are_cells(mark):
    composed = compose("2021")
    text = chapters(composed, lambda cells: "\n".join(mark.join(cell or "" for cell in row if cell is not None) for row in cells))
    assert values(read(text, "text/plain")) == composed.cells


def test_a_comma_that_may_set_thousands_apart_cuts_no_line():
    assert cut_at_commas("行政许可,1,204", {"行政许可"}, set()) is None
    assert cut_at_commas("行政许可，行政处罚等信息，共30条，均已公开", {"行政许可", "行政处罚"}, set()) is None
    assert cut_at_commas('"规章","0","","3"', {"规章"}, set()) == ["规章", "0", "", "3"]


@pytest.mark.parametrize("form", ["2019", "2021"])
@pytest.mark.parametrize("whole", [True, False])
def test_figures_printed_above_their_label_are_not_those_of_the_label_above(form, whole):
    composed = compose(form)

    def above(cells):
        lines = []
        for number, row in enumerate(cells):
            shown = [cell.replace("\n", " ") for cell in row if cell is not None]
            figures = " ".join(cell for cell in shown if cell.lstrip("+-").isdigit())
            labels = " ".join(cell for cell in shown if not cell.lstrip("+-").isdigit())
            lines += [figures, labels] if whole or 8 < number < 16 else [labels, figures]
        return "\n".join(line for line in lines if line)

    read_values = values(read(chapters(composed, above), "text/plain"))
    wrong = {key: value for key, value in read_values.items() if value not in (None, composed.cells.get(key))}
    assert wrong == {}
