"""Every organ-year has exactly one state, and no absence is claimed that was not seen."""

import json

import pytest

from archive.journals import with_check
from archive.suppression import suppress
from crawler.coverage.catalogue import CatalogueError, load_catalogue
from crawler.coverage.states import STATES, find_states
from tests.coverage_home import add_run, bare_record, write_records

ORGAN = "某县某局"


def states(home, **narrowed):
    return {(found.organ, found.year): found.state for found in find_states(load_catalogue(home), **narrowed).organ_years()}


def report(year, *, organ=ORGAN, **change):
    url = change.pop("url", f"http://www.example.gov.cn/{organ}/{year}.html")
    source = {"url": url} | change.pop("source", {})
    return bare_record(report_id=change.pop("id", f"{organ}{year}"), organ=organ, year=year, source=source, **change)


def listed(*years):
    return {f"http://www.example.gov.cn/{year}.html": {"year": year, "organ": "x", "title": None, "verdict": None} for year in years}


def test_a_year_between_two_reports_is_absent_when_the_lists_were_read_to_their_end(tmp_path):
    write_records(tmp_path, [report(2020), report(2022)])
    add_run(tmp_path, [{"id": "p1"}])
    assert states(tmp_path) == {(ORGAN, 2020): "found", (ORGAN, 2021): "absent", (ORGAN, 2022): "found"}


def test_a_year_that_others_of_the_portal_published_is_owed(tmp_path):
    write_records(tmp_path, [report(2022)])
    add_run(tmp_path, [{"id": "p1", "reports": listed(2022, 2024)}])
    assert states(tmp_path) == {(ORGAN, 2022): "found", (ORGAN, 2023): "absent", (ORGAN, 2024): "absent"}


def test_no_year_before_the_first_report_is_claimed_missing(tmp_path):
    write_records(tmp_path, [report(2022)])
    add_run(tmp_path, [{"id": "p1"}], years=list(range(2008, 2024)))
    assert states(tmp_path) == {(ORGAN, 2022): "found", (ORGAN, 2023): "absent"}


@pytest.mark.parametrize(
    ("account", "reason", "state"),
    [
        ({"problems": [{"url": "u", "reason": "http 503", "page_of": "c"}]}, "finished", "incomplete"),
        ({}, "shutdown", "incomplete"),
        ({}, None, "incomplete"),
        ({}, "limit", "incomplete"),
        ({"problems": [{"url": "u", "reason": "forbidden by robots.txt", "promised": f"{ORGAN}2021年年报"}]}, "finished", "blocked"),
        ({"problems": [{"url": "u", "reason": "unreachable: timed out", "promised": f"{ORGAN}2021年年报"}]}, "finished", "unreachable"),
        ({"problems": [{"url": "u", "reason": "soft 404: gone", "promised": f"{ORGAN}2021年年报"}]}, "finished", "unreachable"),
        ({"problems": [{"url": "u", "reason": "http 503", "promised": "某县他局2021年年报"}]}, "finished", "absent"),
        ({"pages": 0, "problems": [{"url": "u", "reason": "unreachable: no such host"}]}, "finished", "unreachable"),
    ],
)  # fmt: skip
def test_what_the_run_met_decides_about_a_missing_year(tmp_path, account, reason, state):
    write_records(tmp_path, [report(2020), report(2022)])
    add_run(tmp_path, [{"id": "p1", **account}], reason=reason)
    assert states(tmp_path)[ORGAN, 2021] == state


def test_without_a_journal_nothing_is_proven_absent(tmp_path):
    write_records(tmp_path, [report(2020), report(2022)])
    assert states(tmp_path)[ORGAN, 2021] == "incomplete"


def test_the_last_run_of_a_portal_counts(tmp_path):
    write_records(tmp_path, [report(2020), report(2022)])
    add_run(tmp_path, [{"id": "p1"}], run="r000009", reason="shutdown")
    add_run(tmp_path, [{"id": "p1"}], run="r000010")
    add_run(tmp_path, [{"id": "p2"}], run="r000011", reason="shutdown")
    assert states(tmp_path)[ORGAN, 2021] == "absent"


def test_an_address_that_said_something_else_is_revised_and_its_newest_text_is_shown(tmp_path):
    old = report(2022, id="old", title="一")
    new = report(2022, id="new", title="二", verdict="flagged", source={"fetched": "2027-01-01T00:00:00Z"})
    write_records(tmp_path, [new, old])
    (found,) = find_states(load_catalogue(tmp_path)).organ_years()
    assert (found.state, found.mark, [entry.report_id for entry in found.entries]) == ("revised", "flagged", ["new", "old"])


def test_the_same_report_at_two_addresses_is_found_and_not_revised(tmp_path):
    write_records(tmp_path, [report(2022, id="a", url="http://a.gov.cn/1"), report(2022, id="b", url="http://a.gov.cn/2", title="其他")])
    assert states(tmp_path) == {(ORGAN, 2022): "found"}


def test_a_page_that_could_not_be_read_is_held(tmp_path):
    write_records(tmp_path, [report(2022, verdict="unreadable")])
    assert states(tmp_path) == {(ORGAN, 2022): "held"}


def test_a_readable_copy_outranks_an_unreadable_one(tmp_path):
    write_records(tmp_path, [report(2022, id="a", url="http://a.gov.cn/1", verdict="unreadable"), report(2022, id="b", url="http://a.gov.cn/2")])
    (found,) = find_states(load_catalogue(tmp_path)).organ_years()
    assert (found.state, found.entries[0].report_id) == ("found", "b")


def test_the_journals_own_organ_years_are_used_and_do_not_hide_what_is_held(tmp_path):
    write_records(tmp_path, [report(2022)])
    told = [
        {"portal": "p1", "organ": ORGAN, "division": None, "year": 2021, "state": "blocked", "reason": "a login", "urls": ["http://x/"]},
        {"portal": "p1", "organ": ORGAN, "division": None, "year": 2022, "state": "absent", "reason": "not listed", "urls": []},
        {"portal": "p1", "organ": "某县他局", "division": None, "year": 2022, "state": "absent", "reason": "not listed", "urls": []},
    ]
    add_run(tmp_path, [{"id": "p1"}], organ_years=told)
    assert states(tmp_path) == {(ORGAN, 2021): "blocked", (ORGAN, 2022): "found", ("某县他局", 2022): "absent"}


def test_an_organ_by_its_short_name_in_the_journal_is_the_one_of_its_reports(tmp_path):
    write_records(tmp_path, [report(2022, url="http://x/2022")])
    told = [
        {"portal": "p1", "organ": "某局", "division": None, "year": 2022, "state": "found", "reason": "", "urls": ["http://x/2022"]},
        {"portal": "p1", "organ": "某局", "division": None, "year": 2023, "state": "absent", "reason": "not listed", "urls": []},
    ]
    add_run(tmp_path, [{"id": "p1"}], organ_years=told)
    assert states(tmp_path) == {(ORGAN, 2022): "found", (ORGAN, 2023): "absent"}


def test_what_the_journal_calls_found_and_the_dataset_has_not_is_not_shown_as_found(tmp_path):
    write_records(tmp_path, [])
    told = [{"portal": "p1", "organ": "某局", "division": None, "year": 2022, "state": "found", "reason": "", "urls": ["http://x/2022"]}]
    add_run(tmp_path, [{"id": "p1"}], organ_years=told)
    (found,) = find_states(load_catalogue(tmp_path)).organ_years()
    assert (found.state, found.url) == ("incomplete", "")


def test_a_portal_that_gave_nothing_is_there_with_its_reason(tmp_path):
    write_records(tmp_path, [])
    add_run(tmp_path, [{"id": "p1", "name": "某县人民政府", "missing": {"2022": "unreachable: timed out"}}])
    assert states(tmp_path) == {("某县人民政府", 2022): "unreachable"}


def test_pages_that_are_no_report_have_no_state_and_unknown_organs_are_listed_apart(tmp_path):
    write_records(tmp_path, [report(2022, verdict="not_a_report"), report(2021, id="u", organ=None)])
    coverage = find_states(load_catalogue(tmp_path))
    assert not coverage.organs and [entry.report_id for entry in coverage.unplaced] == ["u"]


def test_filters_narrow_by_division_year_and_portal(tmp_path):
    wanzhou = {"code": "500101001", "name": "高笋塘街道", "witnesses": ["title", "site_id"]}
    records = [report(2021), report(2022, id="d", organ="高笋塘街道", division=wanzhou), report(2022, id="o", organ="他", source={"portal": "p2"})]
    write_records(tmp_path, records)
    assert states(tmp_path, division="5001") == {("高笋塘街道", 2022): "found"}
    assert states(tmp_path, years=range(2021, 2022)) == {(ORGAN, 2021): "found"}
    assert states(tmp_path, portal="p2") == {("他", 2022): "found"}
    (organ,) = find_states(load_catalogue(tmp_path), division="500101").organs
    assert organ.path == ("重庆市", "万州区")


def test_states_add_up_whatever_comes(tmp_path):
    records = [report(year, id=f"{verdict}{year}", verdict=verdict) for year in (2019, 2022) for verdict in ("verified", "flagged", "unreadable", "not_a_report")]
    write_records(tmp_path, records)
    add_run(tmp_path, [{"id": "p1"}, {"id": "p9", "name": "空", "missing": {"2020": "HTTP 503"}}])
    found = list(find_states(load_catalogue(tmp_path)).organ_years())
    assert len({(one.portal, one.organ, one.year) for one in found}) == len(found) == 5
    assert {one.state for one in found} <= set(STATES)


def test_lines_that_are_no_records_are_named_and_the_rest_is_read(tmp_path):
    write_records(tmp_path, [report(2022)])
    with (tmp_path / "reports.jsonl").open("ab") as lines:
        lines.write(b'not json\n[]\n{"report_id":1}\n' + json.dumps({**report(2021), "cells": [{"key": 1}]}).encode() + b"\n")
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "r1.json").write_text("[]", encoding="utf-8")
    catalogue = load_catalogue(tmp_path)
    assert len(catalogue.entries) == 1
    assert len(catalogue.problems) == 5


def test_a_journal_that_was_changed_is_left_out_and_named(tmp_path):
    write_records(tmp_path, [report(2022)])
    (tmp_path / "runs").mkdir()
    path = tmp_path / "runs" / "r000001.json"
    text = "".join(with_check(['{\n "run": "r000001",\n "ledger": {"portals": [{"id": "p1"}]}', "\n}\n"]))
    path.write_text(text)
    assert load_catalogue(tmp_path).problems == [] and len(load_catalogue(tmp_path).runs) == 1
    path.write_text(text.replace("p1", "p2"))
    catalogue = load_catalogue(tmp_path)
    assert ["r000001.json: it was changed" in problem for problem in catalogue.problems] == [True] and catalogue.runs == []
    path.write_text("[" * 200_000)
    assert ["not a journal of ours" in problem for problem in load_catalogue(tmp_path).problems] == [True]


def test_a_suppressed_report_is_not_shown(tmp_path):
    write_records(tmp_path, [report(year, source={"sha256": f"{year:064}"}) for year in (2021, 2022)])
    suppress(tmp_path, "report_id", f"{ORGAN}2022", reason="asked to", by="the organ")
    assert states(tmp_path) == {(ORGAN, 2021): "found"}


def test_an_empty_folder_is_refused_with_what_to_do(tmp_path):
    with pytest.raises(CatalogueError, match="crawl or replay first"):
        load_catalogue(tmp_path)


def test_a_dataset_that_is_gone_is_said_and_not_taken_for_an_empty_one(tmp_path):
    add_run(tmp_path, [{"id": "p1", "reports": listed(2022)}])
    assert ["scrapy replay writes it anew" in problem for problem in load_catalogue(tmp_path).problems] == [True]
    write_records(tmp_path, [report(2022)])
    assert load_catalogue(tmp_path).problems == []


def test_a_name_with_and_without_its_office_is_one_organ_and_owes_no_year_twice(tmp_path):
    def named(number, organ, year, **fields):
        source = {"url": f"http://p1.example/{number}.html", "sha256": f"{number:064x}"}
        return bare_record(report_id=f"{number:020x}", organ=organ, year=year, source=source, **fields)

    here = {"division": {"code": "510321100", "name": "甲镇", "witnesses": ["a", "b"]}}
    there = {"division": {"code": "510322100", "name": "甲镇", "witnesses": ["a", "b"]}}
    records = [
        named(1, "大寨乡", 2021), named(2, "大寨乡人民政府", 2022), named(3, "亭子街道办事处", 2021), named(4, "亭子街道", 2022),
        named(5, "甲镇", 2021, **here), named(6, "甲镇人民政府", 2022, **there),
    ]  # fmt: skip
    write_records(tmp_path, records)
    add_run(tmp_path, [{"id": "p1", "reports": {each["source"]["url"]: {"year": each["year"]} for each in records}}])
    coverage = find_states(load_catalogue(tmp_path))
    states = {organ.name: [found.state for found in organ.years.values()] for organ in coverage.organs}
    assert states["大寨乡人民政府"] == states["亭子街道办事处"] == ["found", "found"]
    assert "大寨乡" not in states and "亭子街道" not in states
    assert {"甲镇", "甲镇人民政府"} <= set(states)  # of two places: two organs


def test_a_name_with_and_without_its_place_is_one_organ_where_nothing_else_can_be_meant(tmp_path):
    division = {"code": "500101", "name": "万州区", "witnesses": ["a", "b"]}
    named = [
        ("p1", "青禾县民政局", 2021, None), ("p1", "民政局", 2022, None), ("p1", "青禾县财政局", 2022, None),
        ("p2", "重庆市万州区水利局", 2021, division), ("p2", "万州区水利局", 2022, None),
        ("p3", "荣县民政局", 2021, None), ("p3", "富顺县民政局", 2021, None), ("p3", "民政局", 2022, None),
    ]  # fmt: skip
    records = [
        bare_record(report_id=f"{number:020x}", organ=organ, year=year, division=place, source={"portal": portal, "url": f"http://{portal}.example/{number}", "sha256": f"{number:064x}"})
        for number, (portal, organ, year, place) in enumerate(named)
    ]  # fmt: skip
    write_records(tmp_path, records)
    portals = {portal: {f"http://{portal}.example/{n}": {"year": year} for n, (at, _, year, _) in enumerate(named) if at == portal} for portal in ("p1", "p2", "p3")}
    # What the portal's own list calls 财政局, without an address.
    add_run(
        tmp_path,
        [{"id": portal, "reports": reports} for portal, reports in portals.items()],
        organ_years=[{"portal": "p1", "organ": "财政局", "year": 2021, "state": "absent", "reason": "not listed in the columns that were found", "urls": []}],
    )
    coverage = find_states(load_catalogue(tmp_path))
    states = {(organ.portal, organ.name): {year: found.state for year, found in organ.years.items()} for organ in coverage.organs}
    assert states["p1", "青禾县民政局"] == states["p2", "重庆市万州区水利局"] == {2021: "found", 2022: "found"}
    assert ("p1", "民政局") not in states and ("p2", "万州区水利局") not in states and ("p1", "财政局") not in states
    assert states["p1", "青禾县财政局"][2021] == "absent"
    assert {("p3", "荣县民政局"), ("p3", "富顺县民政局"), ("p3", "民政局")} <= set(states)  # whose is the third?


@pytest.mark.parametrize(
    ("years", "more", "expected"),
    [
        ([1999, 2021, 2022], {}, [1999, 2021, 2022]),  # before the Regulations nothing was owed
        ([2021, 2099], {}, [2021, 2022, 2023, 2024, 2025, 2099]),  # visited in 2026
        ([2010, 2022], {2010: "year.unsure"}, [2010, 2022]),
        ([2019, 2022], {}, [2019, 2020, 2021, 2022]),
        ([-3], {}, [-3]),
    ],
)
def test_a_doubtful_or_impossible_year_makes_no_other_year_missing(tmp_path, years, more, expected):
    records = [
        bare_record(
            report_id=f"{number:020x}", organ="甲局", year=year, source={"url": f"http://p1.example/{number}", "sha256": f"{number:064x}"},
            findings=[{"check": more[year], "level": "warning", "keys": [], "message": "", "expected": None, "found": None}] if year in more else [],
        )
        for number, year in enumerate(years)
    ]  # fmt: skip
    write_records(tmp_path, records)
    add_run(tmp_path, [{"id": "p1", "reports": {each["source"]["url"]: {"year": each["year"]} for each in records}}])
    (organ,) = find_states(load_catalogue(tmp_path)).organs
    assert sorted(organ.years) == expected
