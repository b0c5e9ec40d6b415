"""Discovery over composed portals: every content system, with its marks, without them, and with another's."""

from __future__ import annotations

import pytest

from crawler.discovery.shapes import IN_VAIN
from tests.harvest import naive
from tests.portals import STYLES, build, disguised, visit
from tests.portals.corners import CORNERS, LAME
from tests.portals.county import HOST
from tests.portals.oddities import TRAPS, leaves, months, permutations, shells, twins
from tests.portals.pickers import FOLLOWED, TOLD
from tests.portals.serving import MISSING, Served
from tests.portals.strangers import STRANGERS, Stranger, listed

YEARS = range(2022, 2025)
SYSTEMS = sorted(STYLES)


def county(name: str, layout: str | None = None, **options: int):
    style = STYLES[name]()
    # Each system in another layout; all pairs are measured by tests.harvest.
    chosen = layout or style.layouts[SYSTEMS.index(name) % len(style.layouts)]
    return build(style, chosen, irrelevant=24, years=YEARS, **options)


@pytest.mark.parametrize("name", SYSTEMS)
def test_every_report_is_found_and_little_else_is_asked(name: str) -> None:
    seen = visit(county(name))
    assert seen.missed == []
    assert seen.repeated == 0
    assert seen.harvest > 0.35


@pytest.mark.parametrize("name", SYSTEMS)
def test_every_report_is_found_on_a_system_whose_marks_nobody_knows(name: str) -> None:
    assert visit(disguised(county(name))).missed == []


@pytest.mark.parametrize(("name", "other"), [("vsb", "trs"), ("hanweb", "vsb"), ("ucap", "hanweb"), ("plain", "lonsun"), ("trs", "epoint")])
def test_every_report_is_found_when_the_marks_are_those_of_another_system(name: str, other: str) -> None:
    assert visit(disguised(county(name, "flat"), as_family=other)).missed == []


@pytest.mark.parametrize("name", ["trs", "hanweb_post", "vsb"])
def test_a_known_column_leads_to_reports_with_more_than_every_second_request(name: str) -> None:
    made = county(name, "kinds")
    seen = visit(made, columns=made.columns)
    assert seen.missed == []
    assert seen.harvest > 0.5


def test_a_column_that_moved_is_found_again_from_the_front_page() -> None:
    assert visit(county("trs", "flat"), columns=("/old/zfxxgknb/",)).missed == []


def test_titles_that_the_list_cuts_short_are_read_from_the_title_attribute() -> None:
    assert visit(county("trs", "flat", cut=8)).missed == []


def test_the_way_through_scripts_refreshes_and_frames_is_followed() -> None:
    assert visit(shells()).missed == []


def test_columns_that_are_reports_themselves_are_taken_for_reports() -> None:
    assert visit(leaves()).missed == []


def test_twins_of_an_address_are_not_asked_and_copies_in_another_column_only_until_they_are_known() -> None:
    seen = visit(twins())
    assert seen.missed == []
    assert seen.copies <= 3
    assert len(seen.asked) < len(seen.county.expected) + 10
    assert len(seen.account.twins) >= 30


@pytest.mark.parametrize("make", TRAPS, ids=lambda make: make.__name__)
def test_a_trap_ends_and_the_reports_beside_it_are_found(make) -> None:
    seen = visit(make())
    assert seen.missed == []
    assert len(seen.asked) < 120
    said = [note["reason"] for note in seen.account.problems] + list(seen.account.left)
    assert said, "nothing says why the trap was left"


@pytest.mark.parametrize("make", STRANGERS, ids=lambda make: make.__name__)
def test_every_report_is_found_on_a_portal_of_no_known_system(make) -> None:
    seen = visit(make())
    assert seen.missed == [] and seen.repeated == 0
    assert seen.harvest > 0.5
    assert not [hit for hit in seen.county.site.log if hit[1].startswith("/count/")]  # what only counts visits


@pytest.mark.parametrize("make", [months, permutations], ids=lambda make: make.__name__)
def test_a_calendar_and_filters_in_every_combination_end_even_when_there_is_nothing_else(make) -> None:
    beside = visit(make())
    assert beside.missed == []
    assert len(asked_of_the_trap(beside)) <= 3
    alone = make()
    alone.site.pages["/zwgk/nb/"] = MISSING
    seen = visit(alone)
    assert seen.found == [] and seen.spider.walks["qx"].finished
    assert len(asked_of_the_trap(seen)) <= 2 * IN_VAIN
    assert any(note["reason"].startswith("trap") for note in seen.account.problems) or any(reason.startswith("deeper") for reason in seen.account.left)


def asked_of_the_trap(seen) -> list[str]:
    return [url for _, url, _ in seen.asked if "/rl/" in url or "/ml/" in url]


def test_a_walk_asks_far_less_than_a_naive_one() -> None:
    requests, found = naive(county("plain", "organs"))
    seen = visit(county("plain", "organs"))
    assert found == len(seen.county.expected) and len(seen.asked) < requests


def test_a_document_in_a_column_of_files_is_an_item_of_its_own() -> None:
    seen = visit(county("trs", "attached"))
    assert seen.missed == []
    assert all(url.startswith(f"{HOST}/files/") for url in seen.found)


def test_what_robots_txt_forbids_is_not_asked_and_its_organ_years_are_not_called_absent() -> None:
    made = county("trs", "kinds")
    made.disallowed = ("/zwgk/nbxz",)
    seen = visit(made)
    assert not [hit for hit in made.site.log if hit[1].startswith("/zwgk/nbxz")]
    states = {row["state"] for row in seen.spider.ledger.organ_years()}
    assert "absent" not in states and "incomplete" in states


@pytest.mark.parametrize("make", (*CORNERS, *FOLLOWED), ids=lambda make: make().name)
def test_every_report_is_found_in_whatever_corner_a_page_keeps_its_address(make) -> None:
    seen = visit(make())
    assert seen.missed == [] and seen.repeated == 0
    assert len(seen.asked) <= len(seen.county.expected) + 25
    assert not [note for note in seen.account.problems if "page_of" in note]
    assert not [hit for hit in seen.county.site.log if "/visit/" in hit[1] or hit[1].endswith("page=")]  # what only counts, and half an address


def test_nothing_is_called_torn_that_is_whole() -> None:
    tabs = "".join(f'<a onclick="changeYear({year})">{year}</a>' for year in range(2019, 2025))
    days = "".join(f'<td><a href="#" onclick="showDay({day})">{day}</a></td>' for day in range(1, 32))
    made = Stranger("whole")
    made.page("/", "青溪县", listed([("/gk/", "政务公开")]))
    made.page("/gk/", "政务公开", listed([("/gk/nb/", "政府信息公开年报"), ("/gk/none/", "乡镇政府信息公开年报")]) + "<a href=\"#\" onclick=\"tab('nb')\">政府信息公开年报</a>")
    made.page("/gk/none/", "年报", '<p>暂无数据</p><script src="/js/a.js"></script>')
    made.page("/gk/nb/", "年报", f'{tabs}<table>{days}</table>{listed(made.reports("/v/{y}.html", years=range(2019, 2025)))}共6条 第1页/共1页 1/15<div class="page" data-total="6"></div>')
    seen = visit(made.county)
    assert seen.missed == [] and seen.account.cut == []
    assert not [note for note in seen.account.problems if "page_of" in note or "promised" in note]


@pytest.mark.parametrize("make", (*LAME, *TOLD), ids=lambda make: make.__name__)
def test_what_cannot_be_found_is_never_called_absent(make) -> None:
    seen = visit(make())
    assert seen.found and seen.missed
    missing = {year for target in seen.missed for year in seen.county.expected[target][1:]}
    rows = [row for row in seen.spider.ledger.organ_years() if row["year"] in missing]
    assert rows and seen.account.problems
    # An organ that no page names can be owed nothing; the county's own years then say that a list was torn.
    whose = {seen.county.expected[target][0] for target in seen.missed}
    named = [row for row in rows if row["organ"] in whose] or rows
    assert not [row for row in named if row["state"] == "absent"]


def test_choices_of_what_a_column_shows_anyway_do_not_make_it_torn() -> None:
    years = range(2019, 2025)
    made = Stranger("whole")
    made.page("/", "青溪县", listed([("/gk/nb/", "政府信息公开年报")]))
    rows = made.reports("/v/{n}_{y}.html", ("青溪县", "县教育局", "县财政局", "白石镇"), years)
    tabs = "".join(f'<li class="t" data-target="#y{year}">{year}年</li>' for year in years)
    kinds = '<li onmouseover="setTab(1)">县直部门</li><li onmouseover="setTab(2)">乡镇街道</li>'
    search = f'<form action="/s"><input name="kw"><select name="nd">{"".join(f"<option>{year}</option>" for year in range(2008, 2027))}</select></form>'
    more = '<div style="display:none"><button>加载更多</button></div><script>createPageHTML(1, 0, "index", "html");$("#p").pagination({totalData:24,showData:50})</script>'
    made.page("/gk/nb/", "年报", tabs + kinds + search + "".join(f'<div id="y{year}"></div>' for year in years) + listed(rows) + more)
    seen = visit(made.county)
    assert seen.missed == [] and not seen.account.torn_lists


def test_a_year_that_a_column_offers_is_not_absent_where_nothing_tells_how_to_ask_for_it() -> None:
    made = Stranger("offered")
    made.page("/", "青溪县", listed([("/gk/nb/", "政府信息公开年报")]))
    offers = "".join(f"<option>{year}</option>" for year in (2024, 2018))
    made.page("/gk/nb/", "年报", f'<select id=nd>{offers}</select>{listed(made.reports("/v/{y}.html", years=(2024,)))}')
    (note,) = [note for note in visit(made.county).account.problems if "page_of" in note]
    assert "“2018”" in note["reason"]


@pytest.mark.parametrize("way", ["numbers", "next"])
def test_the_further_pages_of_a_report_that_is_cut_into_several_are_kept_and_told(way: str) -> None:
    made = Stranger("cut")
    made.page("/", "青溪县", listed([("/gk/nb/", "政府信息公开年报")]))
    rows = made.reports("/v/{y}.html", years=(2023, 2024))
    made.page("/gk/nb/", "年报", listed(rows))
    first = made.site.pages["/v/2024.html"].body.decode()
    numbers = '<a href="2024.html">1</a><a href="2024_1.html">2</a><a href="2024_2.html">3</a>'
    onward = {"numbers": [numbers] * 3, "next": ['<a href="2024_1.html">下一页</a>', '<a href="2024_2.html">下一页</a>', ""]}[way]
    for number, pager in enumerate(onward):
        body = first if not number else "<html><head><title>年报</title></head><body><p>五、存在的主要问题</p></body></html>"
        served = Served(body.replace("</body>", f'{pager}<a href="2023.html">下一篇</a></body>').encode())
        made.site.pages[f"/v/2024{f'_{number}' if number else ''}.html"] = served
    seen = visit(made.county)
    assert seen.missed == []
    assert {"/v/2024_1.html", "/v/2024_2.html"} <= {hit[1] for hit in made.site.log}
    assert [note["url"][-11:] for note in seen.account.problems if "further page of a report" in note["reason"]] == ["2024_1.html", "2024_2.html"]


def test_a_document_in_a_viewer_is_asked_itself() -> None:
    made = Stranger("viewer")
    made.page("/", "青溪县", listed([("/gk/nb/", "政府信息公开年报")]))
    rows = [(f"/pdfjs/web/viewer.html?file=/up/{year}.pdf", f"青溪县{year}年政府信息公开年报") for year in (2022, 2023)]
    made.page("/gk/nb/", "年报", listed([*rows, ("/v/2024.html", "青溪县2024年政府信息公开年报")]))
    made.page("/v/2024.html", "青溪县2024年政府信息公开年报", '<h1>青溪县2024年政府信息公开年报</h1><div id=p></div><script>PDFObject.embed("/up/2024.pdf", "#p");</script>')
    for year in (2022, 2023, 2024):
        made.site.put(f"/up/{year}.pdf", b"%PDF-1.4", "application/pdf")
    visit(made.county)
    asked = [hit[1] for hit in made.site.log]
    assert {f"/up/{year}.pdf" for year in (2022, 2023, 2024)} <= set(asked) and not [url for url in asked if "viewer" in url]


@pytest.mark.parametrize(("said", "state"), [("<p>暂无数据</p>", "absent"), ("<p>栏目建设中，暂无信息</p>", "incomplete"), ("<p id=c>暂无数据</p><script>$.get('/l',{t:md5(k)},show)</script>", "incomplete")])
def test_a_column_that_says_that_it_is_empty_holds_nothing_unless_a_script_may_fill_it(said: str, state: str) -> None:
    made = Stranger("empty")
    made.page("/", "青溪县", listed([("/gk/nb/", "政府信息公开年报")]))
    made.page("/gk/nb/", "政府信息公开年报", said)
    assert {row["state"] for row in visit(made.county).spider.ledger.organ_years()} == {state}
