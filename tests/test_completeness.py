"""Organ-years: each in one state, with the reason, and what was had once is never forgotten."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from crawler.completeness import compare_runs, due, organ_years, read_known, unpack_years
from crawler.ledger import Ledger, PortalLedger

TODAY = date(2024, 6, 1)
COLUMN = "http://a.gov.cn/nb/"


def account(*reports: tuple[str, int | None, str], **facts: object) -> PortalLedger:
    made = PortalLedger("a", "青溪县人民政府", "http://a.gov.cn/", division="510199")
    made.pages = 5
    made.found_column(COLUMN, "the column's name")
    for organ, year, url in reports:
        made.found_report(url, organ=organ, year=year, verdict="verified", **facts)
    return made


def states(made: PortalLedger, **options: object) -> dict[tuple[str, int], tuple[str, str]]:
    return {(row.organ, row.year): (row.state, row.reason) for row in organ_years(made, today=TODAY, **options)}


def test_a_government_owes_every_year_since_2008_and_an_organ_since_it_was_first_seen() -> None:
    found = states(account(("县教育局", 2020, "http://a.gov.cn/1.html")))
    assert min(year for organ, year in found if organ == "青溪县人民政府") == 2008
    assert sorted(year for organ, year in found if organ == "县教育局") == [2020, 2021, 2022, 2023]
    assert found["县教育局", 2020][0] == "found"
    assert found["县教育局", 2021] == ("absent", "the lists were read whole, and it is not there")


def test_nothing_is_owed_before_its_day() -> None:
    assert due(2018, government=False) == date(2019, 3, 31)
    assert due(2022, government=False) == date(2023, 1, 31)
    early = organ_years(account(("县教育局", 2022, "u")), today=date(2024, 2, 10))
    assert {row.year for row in early if row.organ == "县教育局"} == {2022, 2023}
    assert max(row.year for row in early if row.organ == "青溪县人民政府") == 2022


def test_one_organ_is_one_however_it_is_written() -> None:
    made = account(("青溪县教育局", 2022, "1"), ("县教育局", 2023, "2"))
    made.saw_organ("教育局", "http://a.gov.cn/jyj/")
    assert len({row.organ for row in organ_years(made, today=TODAY)} - {"青溪县人民政府"}) == 1


def test_what_an_earlier_run_wrote_is_the_same_organ_in_this_one() -> None:
    made = account(("民政局", 2022, "1"))
    made.name = "白鹭县政府网"
    rows = organ_years(made, today=TODAY)
    again = organ_years(made, today=TODAY, known=[{**row.to_dict(), "run": "r000001"} for row in rows])
    assert [(row.organ, row.year, row.state) for row in again] == [(row.organ, row.year, row.state) for row in rows]


def test_a_title_without_an_organ_in_a_list_is_not_the_governments_once_it_is_fetched() -> None:
    made = account(("县教育局", 2022, "http://a.gov.cn/1.html"))
    made.listed("http://www.a.gov.cn/1.html", "2022年政府信息公开年报")
    assert states(made)["青溪县人民政府", 2022][0] == "absent"


def test_a_list_that_could_not_be_read_whole_proves_nothing() -> None:
    made = account(("县教育局", 2022, "1"))
    made.gave_up(f"{COLUMN}index_1.html", "http 503", page_of=COLUMN)
    assert states(made)["县教育局", 2023][0] == "incomplete"


def test_a_search_that_was_cut_short_proves_nothing() -> None:
    made = account(("县教育局", 2022, "1"))
    made.cut_short("budget: 80 requests are spent")
    assert states(made)["县教育局", 2023] == ("incomplete", "budget: 80 requests are spent")


@pytest.mark.parametrize(
    ("reason", "state"),
    [
        ("robots: forbidden by robots.txt", "blocked"),
        ("http 412, challenge: a script", "blocked"),
        ("login: the page asks for a password", "blocked"),
        ("off-host: “x” is not at a host that the registry names", "blocked"),
        ("unreachable: the host refuses the connection", "unreachable"),
        ("http 404", "unreachable"),
        ("soft 404: the page says it is not there", "unreachable"),
        ("empty shell: an application", "held"),
        ("list: many titles", "incomplete"),
    ],
)
def test_a_promise_that_came_to_nothing_says_why(reason: str, state: str) -> None:
    made = account(("县教育局", 2022, "1"))
    made.gave_up("http://a.gov.cn/9.html", reason, "县教育局2023年政府信息公开年报")
    assert states(made)["县教育局", 2023] == (state, f"{reason}: http://a.gov.cn/9.html")


def test_what_a_list_promises_and_nobody_fetched_is_not_absent() -> None:
    made = account(("县教育局", 2022, "1"))
    made.listed("http://a.gov.cn/2.html", "县教育局2023年政府信息公开年报")
    assert states(made)["县教育局", 2023][0] == "incomplete"


def test_an_unreadable_document_is_held_and_a_changed_one_revised() -> None:
    made = account(("县教育局", 2022, "1"))
    made.found_report("2", organ="县教育局", year=2023, verdict="unreadable")
    made.found_report("1", state="changed")
    found = states(made)
    assert found["县教育局", 2023][0] == "held"
    assert found["县教育局", 2022][0] == "revised"


def test_a_report_of_unknown_year_leaves_its_organs_years_open() -> None:
    made = account(("县教育局", 2022, "1"), ("县教育局", None, "2"))
    assert states(made)["县教育局", 2023][0] == "incomplete"


def test_a_portal_that_does_not_answer_is_unreachable_and_never_empty() -> None:
    made = PortalLedger("a", "青溪县人民政府", "http://a.gov.cn/")
    made.gave_up("http://a.gov.cn/", "unreachable: no such host")
    assert {state for state, _ in states(made, years=range(2022, 2024)).values()} == {"unreachable"}


def earlier(year: int, state: str = "found", **more: str) -> dict[str, object]:
    return {"portal": "a", "organ": "县教育局", "year": year, "state": state, "urls": [f"http://a.gov.cn/{year}.html"], "run": "r000001", **more}


def test_a_report_that_is_not_served_any_more_is_gone_and_kept() -> None:
    made = account(("县教育局", 2022, "1"))
    made.gave_up("http://a.gov.cn/2023.html", "http 404", "县教育局2023年政府信息公开年报")
    rows = {row.year: row for row in organ_years(made, today=TODAY, known=[earlier(2023), earlier(2021)]) if row.organ == "县教育局"}
    assert (rows[2023].state, rows[2023].gone, rows[2023].known_from) == ("found", "http 404", "r000001")
    assert rows[2023].gone_since == TODAY.isoformat()
    assert (rows[2021].state, rows[2021].gone) == ("found", "no list shows it any more")
    assert rows[2021].urls == ["http://a.gov.cn/2021.html"]


def test_a_report_of_a_portal_that_is_down_is_unreachable_and_still_known() -> None:
    made = PortalLedger("a", "青溪县人民政府", "http://a.gov.cn/")
    made.gave_up("http://a.gov.cn/", "unreachable: timed out")
    row = next(row for row in organ_years(made, today=TODAY, known=[earlier(2023)]) if row.organ == "县教育局" and row.year == 2023)
    assert (row.state, row.gone, row.known_from) == ("unreachable", "", "r000001")


def test_a_run_that_lost_more_than_the_last_one_is_worse() -> None:
    before = [earlier(2021), earlier(2022), earlier(2023)]
    same = compare_runs(before, before)
    assert not same.worse and str(same) == "nothing was lost"
    after = [earlier(2021), {**earlier(2022), "state": "unreachable", "known_from": "r000001"}, earlier(2023)]
    worse = compare_runs(before, after)
    assert worse.worse and [row["year"] for row in worse.lost] == [2022]
    # What was lost the time before is no news.
    assert not compare_runs(after, after).worse


def test_portals_and_years_that_a_run_was_not_about_are_not_lost() -> None:
    assert not compare_runs([earlier(2021), {**earlier(2023), "portal": "b"}], [earlier(2023)]).worse


def test_the_newest_finished_journal_of_each_portal_is_known(tmp_path: Path) -> None:
    def journal(run: str, ended: str | None, *rows: dict[str, object]) -> None:
        text = json.dumps({"run": run, "ended": ended, "ledger": {"organ_years": rows}})
        (tmp_path / f"{run}.json").write_text(text, encoding="utf-8")

    journal("r000001", "2024", earlier(2020), {**earlier(2020), "portal": "b"})
    journal("r000002", "2024", earlier(2021))
    journal("r000003", None, earlier(2022))
    (tmp_path / "r000004.json").write_text("{", encoding="utf-8")
    known = read_known(tmp_path)
    assert [row["year"] for row in known["a"]] == [2021]
    assert known["b"][0]["run"] == "r000001"


def test_a_run_about_some_years_does_not_make_the_others_forgotten(tmp_path: Path) -> None:
    def journal(run: str, years: list[int] | None, *rows: dict[str, object]) -> None:
        text = json.dumps({"run": run, "ended": "2024", "asked_for": {"years": years}, "ledger": {"organ_years": rows}})
        (tmp_path / f"{run}.json").write_text(text, encoding="utf-8")

    journal("r000001", None, earlier(2017))
    journal("r000002", None, earlier(2019), earlier(2020), earlier(2021))
    journal("r000003", [2021], {**earlier(2021), "state": "incomplete"})
    journal("r000004", [2020], earlier(2020))
    known = {row["year"]: row for row in read_known(tmp_path)["a"]}
    assert {year: row["run"] for year, row in known.items()} == {2019: "r000002", 2020: "r000004", 2021: "r000003"}
    assert known[2021]["state"] == "incomplete"


def test_since_when_a_report_is_gone_is_kept_from_run_to_run_and_the_journal_lists_it() -> None:
    ledger = Ledger(today=TODAY, known={"a": [earlier(2021, gone="no list shows it any more", gone_since="2022-03-04")]})
    ledger.portals["a"] = account(("县教育局", 2022, "1"))
    (gone,) = ledger.to_dict()["gone"]
    assert (gone["organ"], gone["year"], gone["since"], gone["urls"]) == ("县教育局", 2021, "2022-03-04", ["http://a.gov.cn/2021.html"])


def test_the_journal_keeps_organ_years_short_and_whole() -> None:
    ledger = Ledger(today=TODAY)
    ledger.portals["a"] = account(("县教育局", 2022, "http://a.gov.cn/1.html"), ("县教育局", 2019, "http://b.gov.cn/2.html"))
    packed = ledger.to_dict()["organ_years"]
    assert list(unpack_years(json.loads(json.dumps(packed)))) == ledger.organ_years()
    assert len(json.dumps(packed)) < len(json.dumps(ledger.organ_years())) / 3


def test_columns_of_many_organs_and_the_name_of_a_website_are_no_organs() -> None:
    made = PortalLedger("a", "白鹭县政府网", "http://a.gov.cn/", pages=9)
    for name in ("街道", "各乡镇", "县直部门", "县教育局"):
        made.saw_organ(name, "http://a.gov.cn/x/")
    assert {row.organ for row in organ_years(made, today=TODAY)} == {"白鹭县人民政府", "县教育局"}


def test_reports_of_lower_organs_on_a_higher_portal_go_to_the_lower_organ() -> None:
    made = account(("青溪县教育局", 2022, "1"), ("青溪县白沙镇人民政府", 2022, "2"), ("青溪县人民政府", 2022, "3"))
    found = {row.organ: row.urls for row in organ_years(made, today=TODAY, years=[2022])}
    assert found == {"青溪县教育局": ["1"], "青溪县白沙镇人民政府": ["2"], "青溪县人民政府": ["3"]}
