"""A page that breaks off in the middle of a figure publishes no part of it as the whole."""

import random
import re

import pytest

from crawler.reading import SavedPage, read_saved
from tests.pages import compose


def read_cut(body, truncated, media_type="text/html"):
    return read_saved(SavedPage(body, "http://www.qingquan.gov.cn/a.html", media_type, truncated=truncated))


@pytest.mark.parametrize("truncated", ["disconnect", None])
@pytest.mark.parametrize("shape", ["plain", "word", "loose", "layout"])
def test_wherever_a_page_breaks_off_a_number_is_whole_or_null(shape, truncated):
    composed = compose("2021", shape, year=2022)
    html = composed.html.encode()
    start = html.index("三、".encode())
    inside = [start + found.end() for found in re.finditer(rb"\d", html[start:])]
    for cut in random.Random(shape).sample(inside, 12):
        record = read_cut(html[:cut], truncated)
        wrong = [cell for cell in record["cells"] if cell["kind"] == "number" and cell["value"] != composed.cells[cell["key"]]]
        assert not wrong, (cut, html[cut - 20 : cut])
        assert record["verdict"] not in ("verified", "flagged")


def test_the_torn_figure_keeps_its_print_and_says_why():
    composed = compose("2021", year=2022)
    html = composed.html.encode()
    key = "requests.denied.third_party.total"
    cut = html.index(f">{composed.cells[key]}<".encode()) + 3
    record = read_cut(html[:cut], "length")
    cell = next(cell for cell in record["cells"] if cell["key"] == key)
    assert (cell["value"], cell["kind"], cell["raw"]) == (None, "ambiguous", str(composed.cells[key])[:2])
    assert cell["note"] == "the page breaks off in this cell"
    assert [finding["keys"] for finding in record["findings"] if "breaks off" in finding["message"]] == [[key]]
    before = next(cell for cell in record["cells"] if cell["key"] == "requests.denied.third_party.other")
    assert before["value"] == composed.cells[before["key"]]


def test_a_whole_page_without_end_tags_of_cells_and_without_its_end_loses_nothing():
    html = re.sub(r"</t[dh]>|</tr>|</html>|</body>", "", compose("2021", year=2022, unique=False).html)
    assert "</table>" in html
    kinds = [cell["kind"] for cell in read_cut(html.encode(), None)["cells"]]
    assert kinds.count("number") == 200
