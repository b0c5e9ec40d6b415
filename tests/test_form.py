"""The form files hold together, and say so when they do not."""

import pytest

from parsers import form as forms
from parsers.form import FormError, expected_form, load_forms


def test_the_forms_have_as_many_cells_as_the_notices():
    count = {name: len(list(form.cell_keys())) for name, form in load_forms().items()}
    assert count["2014"] == 58
    assert count["2019"] == 198
    assert count["2021"] == 200


def test_every_key_is_one_of_the_contract():
    keys = set(load_forms()["2021"].cell_keys())
    for key in (
        "disclosure.fees.amount",
        "requests.denied.administrative_query.legal_service",
        "requests.other.uncorrected.total",
        "proceedings.litigation_after_reconsideration.pending",
    ):
        assert key in keys


def test_the_year_asks_for_a_form():
    assert [expected_form(y) for y in (2008, 2013, 2014, 2018, 2019, 2020, 2021, 2025)] == [
        "2008", "2008", "2014", "2014", "2019", "2019", "2021", "2021",
    ]
    assert expected_form(None) is None


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ("form = ", "2099.toml"),
        ('form = "2099"\nnotice = ""\nyears = [2099, 2100]\nblock = []', "sum"),
        (
            'form="2099"\nnotice=""\nyears=[2099,2100]\n[[block]]\ntable="t"\nen=""\ncols=[{key="a",en="",label="甲"}]\nrows=[{key="r",en="",path=["乙"]}]\n'
            '[[sum]]\ncheck="c"\ntable="t"\nbasis="layout"\neach="row"\nleft=["a"]\nright=["nobody"]',
            "nobody",
        ),
    ],
)
def test_a_form_file_that_does_not_hold_together_names_file_and_key(tmp_path, monkeypatch, broken, said):
    (tmp_path / "2099.toml").write_text(broken, encoding="utf-8")
    monkeypatch.setattr(forms, "FORMS_DIR", tmp_path)
    load_forms.cache_clear()
    try:
        with pytest.raises(FormError, match=r"2099\.toml") as caught:
            load_forms()
        assert said in str(caught.value)
    finally:
        monkeypatch.undo()
        load_forms.cache_clear()


def test_every_block_row_and_column_says_in_english_what_it_is():
    for form in load_forms().values():
        for block in form.blocks:
            for part in (block, *block.rows, *block.cols):
                assert (part.en.strip() and part.en.isascii()) or "规章" in part.en, part
            meanings = [row.en for row in block.rows]
            assert len(set(meanings)) == len(meanings), "two rows of a block that mean the same"
