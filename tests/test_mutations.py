"""Pages damaged at random: every published figure is the true one, or there is none.

The long run is `make fuzz`.
"""

import random

import pytest

from crawler.demo.compose import SHAPES
from parsers import Page, read_report
from tests.mutate import CONTENT, STRUCTURE
from tests.pages import compose

BASES = [(form, shape) for form in ("2019", "2021") for shape in SHAPES]


def wrong_cells(source, truth):
    report = read_report(Page(source.encode("utf-8", "surrogatepass"), "http://www.qingquan.gov.cn/a.html"))
    return [(cell.key, cell.value) for cell in report.cells if cell.value is not None and cell.value != truth.get(cell.key)]


@pytest.mark.parametrize("mutator", STRUCTURE, ids=lambda m: m.__name__)
def test_damage_that_leaves_figures_and_labels_alone_never_gives_a_wrong_figure(mutator):
    for number, (form, shape) in enumerate(BASES[::3]):
        composed = compose(form, shape, seed=number)
        dice = random.Random(f"{mutator.__name__} {number}")
        damaged = mutator(composed.body.decode(), dice)
        if damaged is not None:
            assert wrong_cells(damaged, composed.cells) == [], (form, shape)


@pytest.mark.parametrize("mutator", [m for m in CONTENT if m.__name__ not in ("garble", "splice", "drop_text")], ids=lambda m: m.__name__)
def test_lost_doubled_or_emptied_pieces_never_shift_a_figure(mutator):
    for number, (form, shape) in enumerate(BASES[1::3]):
        composed = compose(form, shape, seed=number)
        dice = random.Random(f"{mutator.__name__} {number}")
        damaged = mutator(composed.body.decode(), dice)
        if damaged is not None:
            assert wrong_cells(damaged, composed.cells) == [], (form, shape)


@pytest.mark.parametrize("mutator", CONTENT, ids=lambda m: m.__name__)
def test_no_damage_raises(mutator):
    for number in range(6):
        dice = random.Random(f"raise {mutator.__name__} {number}")
        composed = compose(*BASES[dice.randrange(len(BASES))])
        source = composed.body.decode()
        for _ in range(4):
            source = mutator(source, dice) or source
        assert read_report(Page(source.encode("utf-8", "surrogatepass"))).verdict
