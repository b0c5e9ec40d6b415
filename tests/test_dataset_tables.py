"""The records as tables: what is null stays null, one copy stands for an organ and year, damage is named by line."""

import json
import math

import pytest

from archive.suppression import suppress
from crawler.dataset import DatasetError, open_dataset, panel_findings
from crawler.dataset.export import load_panel, publish
from crawler.dataset.schema import ADDRESSES
from crawler.dataset.variables import load_variables, wide_table
from parsers.form import load_forms
from tests.dataset_records import record, whole, write_home


def rows(home, question, **options):
    with open_dataset(home, **options) as dataset:
        return list(dataset.rows(question))


def chosen(home):
    return [row["url"].rpartition("/")[2] for row in rows(home, "SELECT url FROM reports WHERE chosen ORDER BY line")]


def test_a_blank_a_stroke_and_a_nought_stay_three_things(tmp_path):
    cells = {"requests.new.total": 0, "requests.total.total": None, "requests.carried_in.total": (None, "dash", "—")}
    home = write_home(tmp_path, [record(cells=cells)])
    found = rows(home, 'SELECT "key", "value", kind, "raw" FROM cells ORDER BY seq')
    assert [tuple(row.values()) for row in found] == [
        ("requests.new.total", 0.0, "number", "0"),
        ("requests.total.total", None, "blank", ""),
        ("requests.carried_in.total", None, "dash", "—"),
    ]


def test_columns_that_are_null_for_long_and_words_later_are_read(tmp_path):
    many = [record(f"甲{n}局", cells={"requests.new.total": 1}) for n in range(3000)]
    last = record("乙局", findings=[("cell.kind", ["requests.new.total"])], published="2023-02-30?", scope=None)
    home = write_home(tmp_path, [*many, last])
    assert rows(home, "SELECT expected, found FROM findings") == [{"expected": "1", "found": "x"}]
    assert rows(home, "SELECT published FROM reports WHERE organ = '乙局'") == [{"published": "2023-02-30?"}]


def test_a_damaged_line_is_named_by_file_and_number(tmp_path):
    home = write_home(tmp_path, [record(), record(year=2023)])
    with (home / "reports.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"schema":"annual-report/1","report_id":"x","title":\n')
    with pytest.raises(DatasetError, match=r"reports\.jsonl:3: not a record"):
        open_dataset(home)


@pytest.mark.parametrize("field", [{"cells": "x"}, {"cells": [1]}, {"year": "two"}, {"division": "510321"}, {"report_id": 5, "findings": [[]]}])
def test_a_line_with_a_field_of_another_kind_is_named_in_its_own_file(tmp_path, field):
    home = write_home(tmp_path, [record(f"甲{n}局") for n in range(40)])
    lines = (home / "reports.jsonl").read_text(encoding="utf-8").splitlines()
    lines[25:25] = ["", json.dumps(record() | field)]
    (home / "reports.jsonl").write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(DatasetError, match=r"reports\.jsonl:27: not a record") as caught:
        open_dataset(home)
    assert "stretch" not in str(caught.value)


def test_half_a_surrogate_pair_does_not_stop_the_reading(tmp_path):
    home = write_home(tmp_path, [])
    line = json.dumps(record(sections=[("overview", "坏\ud83d字")]))
    (home / "reports.jsonl").write_text(line + "\n\n", encoding="ascii")
    assert rows(home, 'SELECT "text" FROM sections') == [{"text": "坏\ufffd字"}]


def test_without_records_the_error_says_what_to_do(tmp_path):
    with pytest.raises(DatasetError, match="crawl first"):
        open_dataset(tmp_path)


def test_a_folder_with_pattern_characters_in_its_name_is_read(tmp_path):
    home = write_home(tmp_path / "[2024] *data?", [record()])
    assert len(rows(home, "FROM reports")) == 1


def test_of_a_line_that_is_there_twice_the_later_counts(tmp_path):
    home = write_home(tmp_path, [record(verdict="partial"), record("乙局"), record(verdict="verified")])
    with open_dataset(home) as dataset:
        assert dataset.repeated == 1
        assert [row["verdict"] for row in dataset.rows("SELECT verdict FROM reports ORDER BY line")] == ["verified", "verified"]


def test_an_organ_has_one_key_however_its_name_is_said(tmp_path):
    place = {"division": {"code": "500101001", "name": "高笋塘街道", "witnesses": ["title", "site_id"]}}
    home = write_home(
        tmp_path,
        [
            record("高笋塘街道办事处", 2020, **place),
            record("重庆市万州区高笋塘街道", 2021, **place),
            record("高笋塘街道办事处", 2022),
            record("高笋塘街道办事处", 2022, portal="elsewhere"),
        ],
    )
    keys = [row["organ_key"] for row in rows(home, "SELECT organ_key FROM reports ORDER BY line")]
    assert keys[:3] == ["500101001 高笋塘街道"] * 3
    assert keys[3] == "portal:elsewhere 高笋塘街道"


def test_without_a_portal_a_bare_name_takes_no_place_from_its_host(tmp_path):
    home = write_home(tmp_path, [record("青禾县民政局", 2021, portal=None, url="http://mirror.example/1"), record("民政局", 2022, portal=None, url="http://mirror.example/2"), record("大寨乡", 2021, portal=None, url="http://mirror.example/3"), record("大寨乡人民政府", 2022, portal=None, url="http://mirror.example/4")])
    keys = [row["organ_key"] for row in rows(home, "SELECT organ_key FROM reports ORDER BY line")]
    assert keys == ["host:mirror.example 青禾县民政局", "host:mirror.example 民政局", "host:mirror.example 大寨乡", "host:mirror.example 大寨乡"]


@pytest.mark.parametrize(
    ("worse", "better"),
    [
        ({"official": False}, {"verdict": "partial"}),
        ({"verdict": "partial"}, {}),
        ({"published": "2023-01-10"}, {"published": "2023-01-11"}),
        ({"verdict": "unreadable", "published": "2023-09-09"}, {"official": False}),
        ({"attachment_of": "http://qinghe.example/b"}, {}),
    ],
)
def test_one_copy_is_chosen_whatever_their_order(tmp_path, worse, better):
    copies = [record(url="http://qinghe.example/a", **worse), record(url="http://qinghe.example/b", **better)]
    assert chosen(write_home(tmp_path / "1", copies)) == ["b"]
    assert chosen(write_home(tmp_path / "2", copies[::-1])) == ["b"]


def test_what_an_address_says_later_is_chosen_though_its_sums_break(tmp_path):
    first = record(body=b"1", fetched="2026-01-01T00:00:00Z")
    later = record(body=b"2", fetched="2026-02-01T00:00:00Z", verdict="flagged")
    gone = record(body=b"3", fetched="2026-03-01T00:00:00Z", verdict="unreadable")
    home = write_home(tmp_path, [first, later, gone])
    assert rows(home, "SELECT report_id FROM reports WHERE chosen") == [{"report_id": later["report_id"]}]


def test_own_figures_and_those_of_all_organs_do_not_stand_for_one_another(tmp_path):
    home = write_home(tmp_path, [record(url="http://a/own"), record(url="http://a/all", scope="aggregate")])
    assert chosen(home) == ["own", "all"]


def test_what_is_suppressed_is_in_no_table_and_counted(tmp_path):
    home = write_home(tmp_path, [record(cells=whole(), sections=[("overview", "一")]), record(year=2023)])
    suppress(home, "url", record()["source"]["url"], reason="names of residents", by="the office")
    with open_dataset(home) as dataset:
        assert dataset.suppressed == 1
        assert [dataset.number(f"SELECT count(*) FROM {t}") for t in ("reports", "cells", "sections", "addresses")] == [1, 0, 0, 1]


def test_the_same_bytes_at_two_addresses_are_twins(tmp_path):
    home = write_home(tmp_path, [record(url="http://a/1", body=b"x"), record(url="http://a/2", body=b"x"), record(url="http://a/3")])
    first = record(url="http://a/1", body=b"x")["report_id"]
    assert [row["twin_of"] for row in rows(home, "SELECT twin_of FROM addresses ORDER BY url")] == [None, first, None]


# ------------------------------------------------------------------------------------ the wide table


def wide(tmp_path, *records):
    return rows(write_home(tmp_path, records), wide_table())


def test_a_sum_with_a_blank_in_it_is_not_known(tmp_path):
    known = whole(requests__denied__state_secret__total=2, requests__denied__third_party__total=3)
    blank = known | {"requests.denied.third_party.total": None}
    found = wide(tmp_path, record(cells=known), record(year=2023, cells=blank))
    assert [row["denied"] for row in found] == [5, None]
    assert [row["denied_state_secret"] for row in found] == [2, 2]


def test_a_rate_over_nothing_is_null(tmp_path):
    some = whole(requests__granted__total=3, requests__total__total=4)
    found = wide(tmp_path, record(cells=some), record(year=2023, cells=whole()))
    assert [row["grant_rate"] for row in found] == [0.75, None]


def test_variables_go_on_across_the_forms(tmp_path):
    found = wide(
        tmp_path,
        record(year=2018, cells={"annex.c1": 7, "annex.c3_4": 2}),
        record(year=2020, cells={"requests.new.total": 8, "requests.other.total": 1}),
        record(year=2021, cells=whole(requests__new__total=9, requests__other__rest__total=5)),
    )
    assert [row["requests_new"] for row in found] == [7, 8, 9]
    assert [row["other_outcome"] for row in found] == [None, 1, 5]


def test_a_report_that_mixes_two_forms_has_the_variables_of_the_cells_that_it_has(tmp_path):
    first = {"disclosure.normative_documents.made": 5, "disclosure.normative_documents.open_total": 40, "disclosure.licensing.decisions": 7}
    found = wide(
        tmp_path,
        record(year=2021, form="2021", cells=first | {"requests.new.total": 9, "requests.other.rest.total": 1, "requests.other.unpaid.total": 0, "requests.other.uncorrected.total": 2}),
        record(year=2022, form="2021", cells=first | {"disclosure.normative_documents.issued": None}),  # its own form's cell is there, and blank
        record(year=2023, form="2021", cells=first | {"disclosure.normative_documents.made": None}),
        record(year=2020, form="2019", cells={"requests.other.rest.total": 1, "requests.other.unpaid.total": 0, "disclosure.fees.amount": 2.5}),
    )
    assert [row["documents_issued"] for row in found] == [5, None, None, None]
    assert [row["documents_open_total"] for row in found] == [40, 40, 40, None]
    assert [row["licensing_decisions"] for row in found] == [7, 7, 7, None]
    assert [row["other_outcome"] for row in found] == [3, None, None, None]
    assert found[3]["fee_income"] == 2.5 and found[3]["other_unpaid"] == 0


def test_an_amount_in_yuan_is_brought_to_ten_thousands_and_one_without_unit_is_not_used(tmp_path):
    reports = [record(year=year, cells={"annex.g": 400}) for year in (2015, 2016, 2017)]
    reports[1]["cells"][0]["unit"] = "元"
    reports[2]["cells"][0]["unit"] = None
    assert [row["request_fees"] for row in wide(tmp_path, *reports)] == [400, 0.04, None]


def test_a_report_without_cells_has_its_row(tmp_path):
    (row,) = wide(tmp_path, record(year=2009))
    assert row["year"] == 2009 and row["requests_new"] is None


def proceedings(kind, upheld, corrected, other, pending, total):
    names = ("upheld", "corrected", "other", "pending", "total")
    return {f"proceedings.{kind}.{n}": v for n, v in zip(names, (upheld, corrected, other, pending, total), strict=True)}


KNOWN = whole() | {
    **{f"requests.new.{c}": n for n, c in enumerate(("natural_person", "enterprise", "research", "public_welfare", "legal_service", "other"), 1)},
    **{f"requests.carried_in.{c}": 10 * n for n, c in enumerate(("natural_person", "enterprise", "research", "public_welfare", "legal_service", "other"), 1)},
    **{f"requests.total.{c}": 11 * n for n, c in enumerate(("natural_person", "enterprise", "research", "public_welfare", "legal_service", "other"), 1)},
    "requests.total.total": 231, "requests.granted.total": 20, "requests.partly_granted.total": 10, "requests.unavailable.not_held.total": 21,
    "requests.denied.prohibited_by_law.total": 1, "requests.denied.third_party.total": 2, "requests.denied.internal_affairs.total": 3,
    "requests.denied.process_information.total": 4, "requests.denied.enforcement_file.total": 5, "requests.denied.administrative_query.total": 6,
    "requests.rejected.complaint.total": 150, "requests.other.rest.total": 9,
    **proceedings("reconsideration", 5, 2, 1, 2, 10), **proceedings("litigation_direct", 3, 1, 0, 1, 5),
    **proceedings("litigation_after_reconsideration", 2, 1, 1, 1, 5),
}  # fmt: skip


def test_the_agreed_variables_have_the_values_that_the_cells_have(tmp_path):
    (row,) = wide(tmp_path, record(cells=KNOWN))
    expected = {
        "requests_new_enterprise": 2, "requests_new_other": 6, "requests_new_organisations": 20,
        "requests_carried_in_natural_person": 10, "requests_carried_in_research": 30, "requests_carried_in_organisations": 200,
        "requests_answered_natural_person": 11, "requests_answered_legal_service": 55, "requests_answered_organisations": 220,
        "requests_carried_out_natural_person": 0,
        "denied_prohibited_by_law": 1, "denied_third_party": 2, "denied_internal_affairs": 3, "denied_process_information": 4,
        "denied_enforcement_file": 5, "denied_administrative_query": 6, "denied": 21,
        "grant_rate": round(30 / 231, 6), "grant_rate_available": 0.5, "not_held_share": round(21 / 231, 6),
        "litigation_upheld": 5, "litigation_other": 1, "litigation_pending": 2, "litigation_rate": round(10 / 231, 6),
        "reconsideration_correction_rate": 0.25, "litigation_correction_rate": 0.25,
        "reconsideration_pending_share": 0.2, "litigation_pending_share": 0.2,
    }  # fmt: skip
    assert {name: row[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("cell", "null", "known"),
    [
        ("requests.total.research", ["requests_answered_research", "requests_answered_organisations"], ["requests_answered_enterprise"]),
        ("requests.unavailable.not_held.total", ["not_held", "not_held_share"], ["grant_rate", "grant_rate_available"]),
        ("proceedings.litigation_direct.corrected", ["litigation_correction_rate"], ["litigation_pending_share", "litigation_rate"]),
        ("proceedings.reconsideration.other", ["reconsideration_correction_rate"], ["reconsideration_pending_share"]),
        ("requests.other.unpaid.total", ["grant_rate_available"], ["grant_rate_decided"]),
    ],
)
def test_of_a_blank_cell_everything_that_needs_it_is_null_and_nothing_else(tmp_path, cell, null, known):
    (row,) = wide(tmp_path, record(cells=KNOWN | {cell: None}))
    assert [row[name] for name in null] == [None] * len(null)
    assert None not in [row[name] for name in known]


@pytest.mark.parametrize(
    ("reports", "days"),
    [
        ([record(published="2023-01-21")], [-10]),
        ([record(published="2023-02-03")], [3]),
        ([record("青禾县人民政府", published="2023-04-02")], [2]),
        ([record(year=2018, published="2019-02-03")], [-56]),
        ([record(published=None)], [None]),
        ([record(published="2024-06-01")], [None]),  # a posting of an old report
        ([record(published="2023-02-30")], [None]),
        ([record(year=None, published="2023-02-03")], [None]),
        ([record(published="2023-02-03", findings=[("year.unsure", [])])], [None]),
        ([record(published="2023-02-03", official=False)], [None]),
        # the chosen copy is the later one, and the report was there before
        ([record(url="http://q/1", published="2023-01-30"), record(url="http://q/2", published="2023-05-01")], [-1, -1]),
    ],
)
def test_days_after_the_legal_date_are_those_of_the_first_sure_date(tmp_path, reports, days):
    assert [row["days_after_due"] for row in wide(tmp_path, *reports)] == days


def test_the_chapter_on_problems_has_a_length_where_it_has_prose(tmp_path):
    found = wide(
        tmp_path,
        record(sections=[("overview", "一二三"), ("problems", "公开不够及时。\n下一步改进。")]),
        record(year=2023, sections=[("overview", "一二三")]),
        record(year=2024, sections=[("problems", "")]),
    )
    assert [row["problems_length"] for row in found] == [14, None, None]


def test_how_much_of_its_text_a_report_shares_is_a_share_of_its_own_sentences(tmp_path):
    said = [f"{name}的便民服务中心把公开栏搬进了第{name}号院子的旧祠堂里供群众查阅" for name in "甲乙丙丁戊己庚辛"]
    new = [f"本机关在{name}河渡口为老年人办了一场面对面的政策讲解会并当场答复询问" for name in "子丑寅卯辰巳午未"]
    assert len({len(sentence) for sentence in said}) == len({len(sentence) for sentence in new}) == 1
    half = [*said[:4], *new[:4]]

    def story(organ, year, sentences, **more):
        return record(organ, year, sections=[("problems", "。".join(sentences))], **more)

    reports = [
        story("青禾县民政局", 2021, said), story("青禾县民政局", 2022, half), story("青禾县财政局", 2022, new),
        story("青禾县审计局", 2022, said[:2]), story("白水县民政局", 2022, said, portal="baishui"), story("青禾县民政局", 2023, new),
    ]  # fmt: skip
    with open_dataset(write_home(tmp_path, reports)) as dataset:
        load_panel(dataset, panel_findings(dataset))
        publish(dataset)
        found = list(dataset.rows("SELECT text_same_as_last_year AS last_year, text_same_as_neighbour AS neighbour FROM wide"))
    own = 4 * len(said[0]) / (4 * len(said[0]) + 4 * len(new[0]))
    assert [tuple(row.values()) for row in found] == [
        (None, None),  # the first of its organ, and nobody beside it in that year
        (round(own, 4), round(1 - own, 4)),
        (None, 0.5),
        (None, None),  # too little of its own
        (None, None),  # the only one of its place
        (0.5, None),
    ]


def test_without_comparisons_the_likeness_is_not_known(tmp_path):
    (row,) = wide(tmp_path, record(sections=[("problems", "公开不够及时。" * 60)]))
    assert row["text_same_as_last_year"] is None and row["text_same_as_neighbour"] is None


def test_every_variable_names_cells_of_the_forms():
    every = {form.name: set(form.cell_keys()) for form in load_forms().values()}
    for variable in load_variables():
        assert variable.ratio or variable.cells or variable.measured
        for form, keys in variable.cells.items():
            assert set(keys) <= every[form]


def test_figures_keep_every_digit(tmp_path):
    home = write_home(tmp_path, [record(cells={"disclosure.fees.amount": 0.1 + 0.2, "requests.new.total": 11398889})])
    values = [row["value"] for row in rows(home, 'SELECT "value" FROM cells ORDER BY seq')]
    assert values[1] == 11398889 and math.isclose(values[0], 0.1 + 0.2, abs_tol=0)


def test_every_address_of_a_report_and_what_it_replaces_are_published(tmp_path):
    old = record(body=b"1", fetched="2025-01-02T03:04:05Z")
    also = {"url": "http://qinghe.example/column", "fetched": "2026-02-01T00:00:00Z", "sha256": "a" * 64, "snapshot": "snapshots/q/x.html"}
    new = record(body=b"2", replaces=old["report_id"])
    new["source"] |= {"rendered": True, "also_at": [also]}
    with open_dataset(write_home(tmp_path, [old, new])) as dataset:
        load_panel(dataset, iter(()))
        publish(dataset)
        reports = list(dataset.rows("SELECT addresses, replaces, superseded, rendered FROM publish.reports ORDER BY line"))
        places = list(dataset.rows(ADDRESSES.select()))
    assert [tuple(row.values()) for row in reports] == [(1, None, True, False), (2, old["report_id"], False, True)]
    assert [(row["report_id"], row["seq"], row["url"]) for row in places] == [
        (old["report_id"], 1, old["source"]["url"]), (new["report_id"], 1, new["source"]["url"]), (new["report_id"], 2, also["url"]),
    ]  # fmt: skip
    assert {name: places[2][name] for name in also} == also


@pytest.mark.parametrize("named", [{"url": "http://qinghe.example/column"}, {"sha256": "a" * 64}])
def test_a_report_hidden_at_its_other_address_is_in_no_table(tmp_path, named):
    twin = record()
    twin["source"]["also_at"] = [{"url": "http://www.qinghe.example/column", "fetched": None, "sha256": "a" * 64, "snapshot": None}]
    home = write_home(tmp_path, [twin, record("乙局")])
    ((key, value),) = named.items()
    suppress(home, key, value, reason="r", by="b")
    assert [row["organ"] for row in rows(home, "SELECT organ FROM reports")] == ["乙局"]
    assert len(rows(home, "FROM addresses")) == 1
