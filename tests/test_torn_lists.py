"""Answers that are not what was asked for: a page of a list, a report, a front page. What is missing for it is never called absent."""

from __future__ import annotations

from datetime import date

import pytest

from crawler.completeness import compare_runs, organ_years
from crawler.discovery.page import breaks_off, read_fetched
from crawler.ledger import MAX_NOTES, PortalLedger
from tests.portals import visit
from tests.portals.content import write_report
from tests.portals.county import HOST
from tests.portals.serving import MISSING, Served
from tests.portals.strangers import Stranger, listed
from tests.portals.visit import Visit
from tests.test_crawl_command import Site, anchor, crawl, journal, page, write_registry

NB = "政府信息公开年报"
YEARS = range(2019, 2025)
CHECK = "<html><head><title>安全验证</title></head><body><div>请完成安全验证</div><form><input name=captcha placeholder=请输入验证码></form></body></html>"
SPOILED = {
    "nothing": Served(b""),
    "no rows": Served("<html><head><title>年报</title></head><body><a href='/gk/nb/'>年报</a><ul></ul></body></html>".encode()),
    "a page that says it is not there": Served("<html><head><title>提示</title></head><body><h2>您访问的页面不存在</h2></body></html>".encode()),
    "an access check": Served(CHECK.encode()),
    "the front page": Served(b"", status=302, location="/"),
    "an error": Served(b"", status=500),
    "no such page": MISSING,
}


def portal(second: Served | None, name: str = "torn") -> tuple[Stranger, list[tuple[str, str]]]:
    """A list of three pages, of which the second is answered with something else."""
    made = Stranger(name)
    made.page("/", "青溪县", listed([("/gk/nb/", NB)]))
    rows = made.reports("/v/{y}.html", years=YEARS)
    pager = "<div><a href='/gk/nb/'>1</a> <a href='/gk/nb/index_1.html'>2</a> <a href='/gk/nb/index_2.html'>3</a></div>"
    for number in range(3):
        target = f"/gk/nb/index_{number}.html" if number else "/gk/nb/"
        made.page(target, "年报", listed(rows[2 * number : 2 * number + 2]) + pager)
    if second is not None:
        made.site.pages["/gk/nb/index_1.html"] = second
    return made, rows


def states(seen: Visit, **options: object) -> dict[int, str]:
    return {row.year: row.state for row in organ_years(seen.account, today=date(2025, 6, 1), **options) if row.year in YEARS}


def test_a_list_that_is_answered_as_it_should_be_is_read_whole() -> None:
    seen = visit(portal(None)[0].county)
    assert (seen.missed, seen.account.torn_lists) == ([], [])


@pytest.mark.parametrize("what", SPOILED)
def test_a_page_of_a_list_that_is_none_costs_its_own_rows_and_is_told(what: str) -> None:
    made, rows = portal(SPOILED[what])
    seen = visit(made.county)
    assert seen.missed == [url for url, _ in rows[2:4]]
    assert seen.account.torn_lists == [HOST + "/gk/nb/"]
    assert sorted(states(seen).values()) == ["found"] * 4 + ["incomplete"] * 2


@pytest.mark.parametrize(
    ("source", "torn"),
    [
        ("<html><body><ul><li><a href='/a'>A</a></li></ul>", False),
        ("<html><body><ul><li><a href='/a'>A</a></li>", True),
        ("<html><body><p><a href='/a'>A</a></p><a hre", True),
        ("<html><body><ul><li><a href='/a'>A</a></body></html>", False),
        ("<ul><li><a href='/a'>A", False),
    ],
)
def test_a_page_that_ends_with_its_list_open_breaks_off(source: str, torn: bool) -> None:
    assert breaks_off(read_fetched(HOST + "/gk/nb/", source.encode())) is torn


def test_a_list_that_breaks_off_proves_nothing() -> None:
    made, rows = portal(None)
    whole = made.site.pages["/gk/nb/"].body
    made.site.pages["/gk/nb/"] = Served(whole[: whole.index(rows[1][0].encode())])
    seen = visit(made.county)
    assert HOST + "/gk/nb/" in seen.account.torn_lists
    assert set(states(seen).values()) == {"found", "incomplete"}


def test_that_a_list_is_torn_is_not_lost_among_many_other_notes() -> None:
    account = PortalLedger("a", pages=1, columns={HOST + "/gk/nb/": ""})
    for number in range(MAX_NOTES):
        account.gave_up(f"{HOST}/{number}", "http 404")
    account.gave_up(HOST + "/gk/nb/1", "http 500", page_of=HOST + "/gk/nb/")
    account.gave_up(HOST + "/gk/nb/2", "http 500", page_of=HOST + "/gk/nb/")
    assert (account.torn_lists, account.more_problems) == ([HOST + "/gk/nb/"], 1)


def test_a_column_behind_an_access_check_leaves_every_year_open() -> None:
    made, _ = portal(None)
    made.site.pages["/"] = Served(made.site.pages["/"].body.replace(b"</body>", f'<a href="/bm/nb/">部门{NB}</a></body>'.encode()))
    made.site.put("/bm/nb/", CHECK)
    assert visit(made.county).account.torn_lists == [HOST + "/bm/nb/"]


def test_a_front_page_behind_an_access_check_is_asked_once_and_blocked() -> None:
    made, _ = portal(None)
    made.site.pages["/"] = Served(CHECK.encode())
    seen = visit(made.county)
    assert len(seen.asked) == 1
    assert set(states(seen).values()) == {"blocked"}


def test_a_report_that_leads_to_the_front_page_now_is_gone_and_the_front_page_is_no_report() -> None:
    made, rows = portal(None)
    first = [{**row.to_dict(), "run": "r000001"} for row in organ_years(visit(made.county).account, today=date(2025, 6, 1))]
    made.site.pages[rows[0][0]] = Served(b"", status=302, location="/")
    seen = visit(made.county)
    assert HOST + "/" not in seen.found
    gone = [row for row in organ_years(seen.account, today=date(2025, 6, 1), known=first) if row.gone]
    assert [(row.state, row.gone) for row in gone] == [("found", "soft 404: it leads to the front page")]


def test_a_report_whose_address_shows_what_nobody_can_read_is_still_known() -> None:
    made, rows = portal(None)
    before = visit(made.county)
    first = [{**row.to_dict(), "run": "r000001"} for row in organ_years(before.account, today=date(2025, 6, 1))]
    before.account.reports[HOST + rows[0][0]]["verdict"] = "unreadable"
    later = [row.to_dict() for row in organ_years(before.account, today=date(2025, 6, 1), known=first)]
    (held,) = [row for row in later if row["state"] == "held"]
    assert held["known_from"] == "r000001" and "r000001 had it" in held["reason"]
    assert compare_runs(first, later).lost == (held,)


def test_the_page_for_telephones_is_asked_where_the_other_is_not_there() -> None:
    made = Stranger("phones")
    made.page("/", "青溪县", listed([("/gk/nb/", NB)]))
    made.page("/gk/nb/", "年报", listed(made.reports("/v/{y}_wap.html", years=YEARS)))
    assert visit(made.county).missed == []


def test_two_folders_of_equal_reports_do_not_make_another_organs_report_a_copy() -> None:
    made = Stranger("folders")
    made.page("/", "青溪县", listed([("/a/nb/", NB), ("/b/nb/", f"县审计局{NB}")]))
    for folder, organs in (("a", ["青溪县"] * 6), ("b", ["青溪县"] * 3 + ["青溪县审计局"] * 3)):
        rows = []
        for organ, year in zip(organs, YEARS, strict=True):
            report = write_report(organ, year)
            rows.append((f"/{folder}/nb/content_{year}01.html", report.title))
            made.page(rows[-1][0], report.title, report.body)
        made.page(f"/{folder}/nb/", "年报", listed(rows))
    seen = visit(made.county)
    found = {url.removeprefix(HOST) for url in seen.found}
    assert {f"/{folder}/nb/content_{year}01.html" for folder in "ab" for year in range(2022, 2025)} <= found


def test_a_run_that_could_not_read_a_list_whole_is_incomplete(tmp_path) -> None:
    site = Site()
    site.answers["/nb/"] = (200, {}, page("政府信息公开年报", f"<ul>{anchor(2019)}{anchor(2020)}</ul><p>共2页</p>"))
    try:
        status, _, _ = crawl(tmp_path / "home", registry=write_registry(tmp_path, site.url))
    finally:
        site.close()
    assert status == 12
    (account,) = journal(tmp_path / "home")["ledger"]["portals"]
    assert [note["page_of"] for note in account["problems"]] == [site.url + "nb/"]
