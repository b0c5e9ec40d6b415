"""The site: what is on the pages, that nothing of a stranger's page gets out of its text, and what is written anew."""

import json
import re
from urllib.parse import unquote

import pytest
from lxml import html

from archive.suppression import suppress
from crawler.coverage.catalogue import load_catalogue
from crawler.coverage.compare import compare_texts, compare_years
from crawler.coverage.form_layout import lay_out_form
from crawler.coverage.frame import write_changed
from crawler.coverage.reading_copy import make_copy, place_id
from crawler.coverage.site import SiteError, write_site
from crawler.coverage.states import find_states
from parsers.form import load_forms
from tests.coverage_home import add_page, add_run, bare_record, write_records
from tests.pages import ORGAN, compose

EVIL = "</script><img src=x onerror=alert(1)>\"'><svg onload=alert(2)>"


def write(home, folder, **wishes):
    catalogue = load_catalogue(home)
    return write_site(catalogue, find_states(catalogue), folder, workers=1, **wishes)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    add_page(home, compose("2021", year=2022, unique=False, seed=3).body, "http://www.qingquan.gov.cn/2022.html")
    add_page(home, compose("2021", year=2023).body, "http://www.qingquan.gov.cn/2023.html")
    add_run(home, [{"id": "p1", "name": "清泉县人民政府"}])
    return home


@pytest.fixture(scope="module")
def site(home, tmp_path_factory):
    folder = tmp_path_factory.mktemp("out") / "site"
    write(home, folder)
    return folder


def record_of(home, year):
    return next(record for record in map(json.loads, (home / "reports.jsonl").read_bytes().splitlines()) if record["year"] == year)


def page_of(home, site, year):
    return html.parse(str(site / "reports" / f"{record_of(home, year)['report_id']}.html")).getroot()


def words(node):
    return " ".join(node.text_content().split())


def test_every_cell_of_the_form_stands_in_its_row_and_column(home, site):
    record, page = record_of(home, 2023), page_of(home, site, 2023)
    shown = {cell.get("id").removeprefix("k-"): cell for cell in page.xpath("//table//td[starts-with(@id, 'k-')]")}
    assert len(shown) == 200
    for cell in record["cells"]:
        (figure,) = shown[cell["key"]].xpath("(.//a|.//button)[contains(@class, 'fig')]")
        assert words(figure) == cell["raw"].strip(), cell["key"]
    row = shown["requests.denied.state_secret.total"].getparent()
    assert "1.属于国家秘密" in words(row.xpath("th")[-1])


def test_a_number_links_to_the_place_in_the_copy_that_has_its_text(home, site):
    record, page = record_of(home, 2023), page_of(home, site, 2023)
    copy = html.parse(str(site / "copies" / f"{record['report_id']}.html")).getroot()
    at = {cell["key"]: cell for cell in record["cells"]}
    links = page.xpath("//a[contains(@class, 'fig')]")
    assert len(links) == 200
    for link in links:
        place = unquote(link.get("href").partition("#")[2])
        (spot,) = copy.xpath("//*[@id=$place]", place=place)
        assert words(spot) == at[link.get("data-key")]["raw"].strip()
        assert link.get("target") == "source"


def test_blank_dash_words_and_missing_are_told_apart_and_never_nought():
    record = bare_record(
        cells=[
            {"key": "disclosure.regulations.issued", "value": None, "raw": "", "kind": "blank", "unit": "件", "at": "table[1]/r3c2", "derived": 0},
            {"key": "disclosure.regulations.repealed", "value": None, "raw": "—", "kind": "dash", "unit": "件", "at": "table[1]/r3c3"},
            {"key": "disclosure.regulations.in_force", "value": None, "raw": "见附件", "kind": "text", "unit": "件", "at": None, "note": "n"},
            {"key": "disclosure.licensing.decisions", "value": None, "raw": "12", "kind": "ambiguous", "unit": "件", "at": None},
            {"key": "of.no.form", "value": 7, "raw": "7", "kind": "number", "unit": None, "at": None},
        ]
    )
    layout = lay_out_form(record)
    figures = {f.key: f for table in layout.tables for body in table.bodies for line in body.lines for f in line.figures}
    assert [figures[f"disclosure.{key}"].shown for key in ("regulations.issued", "regulations.repealed", "regulations.in_force", "licensing.decisions")] == ["", "—", "见附件", "12"]
    assert figures["disclosure.regulations.issued"].derived == 0
    assert [figure.key for figure in layout.strays] == ["of.no.form"]


@pytest.mark.parametrize("form", ["2014", "2019", "2021"])
def test_the_layout_of_each_form_holds_every_key_once_in_a_full_grid(form):
    keys = list(load_forms()[form].cell_keys())
    cells = [{"key": key, "value": 1, "raw": "1", "kind": "number", "unit": None, "at": None} for key in keys]
    layout = lay_out_form(bare_record(form=form, cells=cells))
    assert sorted(f.key for table in layout.tables for body in table.bodies for line in body.lines for f in line.figures) == sorted(keys)
    for table in layout.tables:
        for body in table.bodies:
            open_rows = []  # [columns, rows left] of labels that span down
            for line in body.lines:
                across = sum(head.across for head in line.heads) + sum(columns for columns, _ in open_rows)
                if line.figures:
                    assert across == body.label_columns
                open_rows = [[columns, left - 1] for columns, left in open_rows if left > 1]
                open_rows += [[head.across, head.down - 1] for head in line.heads if head.down > 1]


def test_findings_stand_with_their_table_in_both_languages(home, site):
    page = page_of(home, site, 2023)
    items = page.xpath("//section[@aria-labelledby='t-requests']//li[contains(@class, 'finding')]")
    assert items
    said = words(items[0])
    assert "申请数不平衡" in said and "Requests do not balance" in said
    for link in page.xpath("//a[@class='ref']"):
        assert page.xpath("//li[@id=$place]", place=link.get("href")[1:])


def test_last_year_stands_beside_this_year(home, site):
    said = words(page_of(home, site, 2023).xpath("//section[@aria-labelledby='last-h']")[0])
    before, after = record_of(home, 2022), record_of(home, 2023)
    value = {year: next(c["value"] for c in r["cells"] if c["key"] == "requests.carried_in.total") for year, r in ((0, before), (1, after))}
    assert "与上年比较" in said and str(value[1]) in said


def test_text_is_compared_by_characters_and_figures_stay_whole():
    change = compare_texts("other", "", "全年公开信息12条，未收取费用。", "全年公开信息312条，未收取任何费用。")
    assert [(p.kind, p.text) for p in change.pieces if p.kind != "same"] == [("gone", "12"), ("new", "312"), ("new", "任何")]


def test_what_was_blank_last_year_is_not_compared_as_nought():
    def record(value):
        return bare_record(cells=[{"key": "a.b", "value": value, "raw": "", "kind": "blank" if value is None else "number", "unit": None, "at": None}])

    assert compare_years(record(None), record(3)).changes == ()
    assert [change.difference for change in compare_years(record(1), record(3)).changes] == [2]


def test_nothing_of_a_page_gets_out_of_its_text(tmp_path):
    body = compose("2021", year=2022).body.replace(b"</body>", f"<p onclick=alert(1)>{EVIL}<a href='javascript:alert(3)'>x</a><iframe src=//x></iframe><form action=//x><input></form></p></body>".encode())
    evil = {"check": EVIL, "level": EVIL, "keys": [EVIL], "message": EVIL, "expected": EVIL, "found": EVIL}
    cells = [{"key": EVIL, "value": None, "raw": EVIL, "kind": "text", "unit": EVIL, "at": EVIL, "note": EVIL}]
    add_page(tmp_path, body, "http://www.a.gov.cn/1.html", change={"title": EVIL, "organ": EVIL, "year": 2022, "findings": [evil], "preamble": EVIL, "sections": [{"key": EVIL, "heading": EVIL, "text": EVIL}]})
    write_records(tmp_path, [
        json.loads((tmp_path / "reports.jsonl").read_bytes()),
        bare_record(report_id="../../evil", organ=EVIL, year=2023, cells=cells, verdict="flagged", published=EVIL, source={"url": "javascript:alert(1)", "snapshot": "../../etc/passwd"}),
    ])  # fmt: skip
    add_run(tmp_path, [{"id": "p1", "name": EVIL, "problems": [{"url": "javascript:alert(1)", "reason": EVIL, "page_of": EVIL}]}])
    folder = tmp_path / "site"
    write(tmp_path, folder)
    pages = [*folder.rglob("*.html")]
    assert len(pages) == 3 + 2 + 1
    for path in pages:
        text = path.read_text(encoding="utf-8")
        assert "<img" not in text.lower() and "<svg onload" not in text.lower()
        tree = html.fromstring(text)
        for node in tree.iter():
            if isinstance(node.tag, str):
                assert not [name for name in node.attrib if name.startswith("on")]
                assert not str(node.get("href", "")).strip().lower().startswith(("javascript:", "data:", "//", "vbscript:"))
        scripts = tree.xpath("//script")
        assert all(script.get("src") and not script.text for script in scripts)
        assert not (path.parent.name == "copies" and (scripts or tree.xpath("//form|//iframe|//input")))
        assert tree.xpath("//meta[@http-equiv='Content-Security-Policy']")
    data = (folder / "data" / "coverage.js").read_text(encoding="utf-8")
    assert "<" not in data and json.loads(data.removeprefix("window.GONGKAI = ").removesuffix(";\n"))["organs"]
    assert {path.parent.name for path in folder.rglob("*.html")} == {"site", "reports", "copies"}


def test_the_copy_has_no_address_that_a_browser_would_fetch():
    page = b"""<html><head><link rel=stylesheet href=//x/a.css><style>@import "//x/b.css"; p{background:url(//x/c.png)}</style>
    <base href=//x/><meta http-equiv=refresh content='0;url=//x'></head><body background=//x/d.png style="background:url(//x/e.png)">
    <img src=//x/f.png alt='\xe5\x9b\xbe'><video src=//x/g></video><object data=//x/h></object><p>\xe6\xad\xa3\xe6\x96\x87</p><a href=//x/i>l</a></body></html>"""
    copy = make_copy(page, "text/html", "http://a.gov.cn/", ())
    tree = html.fromstring(copy.page)
    assert not tree.xpath("//link|//base|//video|//object|//img|//meta[@http-equiv='refresh']|//*[@src]|//*[@href]|//*[@background]")
    assert "url(" not in copy.page and "@import" not in copy.page
    assert "正文" in copy.page and "图" in copy.page


def test_text_pages_have_a_place_a_line():
    copy = make_copy("一\n\n<b>12</b>\n".encode(), "text/plain", "a.txt", {"line[3]", "line[9]"})
    assert copy.places == {"line[3]": "gk-line-3"}
    (spot,) = html.fromstring(copy.page).xpath("//*[@id='gk-line-3']")
    assert spot.text_content() == "<b>12</b>"


def test_what_is_no_text_has_no_copy():
    assert make_copy(b"%PDF-1.4", "application/pdf", "a.pdf", ()) is None
    assert make_copy(b"", "text/html", "a.html", ()) is None
    assert place_id("sheet[Sheet 1]/r2c3") == "gk-sheet-Sheet-1-r2c3"


def test_a_snapshot_that_is_not_what_was_read_is_not_shown(tmp_path):
    record = add_page(tmp_path, compose("2021", year=2022).body, "http://www.a.gov.cn/1.html")
    (tmp_path / record["source"]["snapshot"]).write_bytes(b"<p>something else</p>")
    write(tmp_path, tmp_path / "site")
    assert not list((tmp_path / "site").glob("copies/*"))


def test_pages_are_valid_enough_for_a_strict_reader(site):
    for path in site.rglob("*.html"):
        if path.parent.name == "copies":
            continue
        text = path.read_text(encoding="utf-8")
        tree = html.fromstring(text)
        ids = tree.xpath("//@id")
        assert len(ids) == len(set(ids)), path.name
        assert len(tree.xpath("//h1")) == 1 and tree.xpath("//main") and tree.xpath("/html/@lang")
        assert not [link for link in tree.xpath("//a/@href") if link.startswith("#") and link[1:] not in ids], path.name
        assert all(th.get("scope") for th in tree.xpath("//th"))
        for tag in ("table", "section", "ul", "dl", "details", "a", "button", "span", "td", "th", "tr"):
            assert len(re.findall(rf"<{tag}[\s>]", text)) == len(re.findall(rf"</{tag}>", text)), (path.name, tag)


def test_links_lead_to_files_that_are_there(site):
    for path in site.rglob("*.html"):
        for link in html.parse(str(path)).getroot().xpath("//a/@href|//script/@src|//link/@href|//iframe/@src"):
            target = unquote(link.partition("#")[0])
            if target and not target.startswith("http"):
                assert (path.parent / target).resolve().exists(), (path.name, link)


def test_the_second_time_nothing_is_written(home, tmp_path):
    folder = tmp_path / "site"
    first = write(home, folder)
    times = {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}
    second = write(home, folder)
    assert (first.new, second.new) == (2, 0)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()} == times


def test_a_report_that_is_gone_takes_its_pages_with_it(tmp_path):
    write_records(tmp_path, [bare_record(report_id="a" * 20), bare_record(report_id="b" * 20, year=2021)])
    folder = tmp_path / "site"
    write(tmp_path, folder)
    write_records(tmp_path, [bare_record(report_id="b" * 20, year=2021)])
    assert write(tmp_path, folder).removed == 1
    assert [path.name for path in sorted((folder / "reports").iterdir())] == ["b" * 20 + ".html", "b" * 20 + ".json"]


def test_a_new_year_renews_the_pages_of_its_organ_only(tmp_path):
    write_records(tmp_path, [bare_record(report_id="a" * 20), bare_record(report_id="c" * 20, organ="他局")])
    folder = tmp_path / "site"
    write(tmp_path, folder)
    with (tmp_path / "reports.jsonl").open("ab") as lines:
        lines.write(json.dumps(bare_record(report_id="b" * 20, year=2023)).encode() + b"\n")
    assert write(tmp_path, folder).new == 2


def test_only_flagged_pages_are_written_when_asked(home, tmp_path):
    assert write(home, tmp_path / "a", reports="flagged").reports == 1
    assert write(home, tmp_path / "b", reports="none").reports == 0
    assert "reports/" not in (tmp_path / "b" / "index.html").read_text(encoding="utf-8")


def test_a_folder_with_something_else_in_it_is_refused(home, tmp_path):
    (tmp_path / "thesis.doc").write_text("x", encoding="utf-8")
    with pytest.raises(SiteError, match="holds other files"):
        write(home, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.doc"]


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    assert write_changed(tmp_path / "a" / "b.html", "x")
    assert not write_changed(tmp_path / "a" / "b.html", "x")
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b.html"]


def test_organs_name_is_on_its_page(home, site):
    assert ORGAN in words(page_of(home, site, 2023))


# ------------------------------------------------------------------------------ what must not be shown

NUMBER = "11010519491231002X"


def shown_bytes(folder):
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_what_an_export_holds_back_the_site_holds_back(tmp_path):
    home, other = tmp_path / "home", tmp_path / "other"
    bad = compose("2021", year=2022).body.replace(b"</body>", f"<p>张三 {NUMBER}</p></body>".encode())
    told = add_page(home, bad, "http://www.qingquan.gov.cn/2022.html", change={"preamble": f"张三 {NUMBER}"})
    add_page(home, compose("2021", year=2023).body, "http://www.qingquan.gov.cn/2023.html")
    write_records(other, [bare_record(report_id="b" * 20, preamble=f"李四 {NUMBER}")])
    catalogue = load_catalogue(home, [other / "reports.jsonl"])
    written = write_site(catalogue, find_states(catalogue), tmp_path / "site", workers=1)
    assert (written.reports, set(written.held)) == (1, {told["report_id"], "b" * 20})
    shown = shown_bytes(tmp_path / "site")
    assert NUMBER.encode() not in shown and b"qingquan.gov.cn/2022.html" not in shown and b"http://www.qingquan.gov.cn/2023.html" in shown
    suppress(home, "sha256", told["source"]["sha256"], reason="a composed number", by="us", state="reviewed")
    write(home, tmp_path / "site")
    assert NUMBER.encode() in shown_bytes(tmp_path / "site")


def test_a_number_that_only_the_page_shows_is_not_copied(tmp_path):
    body = compose("2021", year=2022).body.replace(b"</body>", f"<p>领款人张三 {NUMBER}</p></body>".encode())
    told = add_page(tmp_path / "home", body, "http://www.qingquan.gov.cn/2022.html", change={"sections": []})
    write(tmp_path / "home", tmp_path / "site")
    assert (tmp_path / "site/reports" / f"{told['report_id']}.html").is_file()
    assert NUMBER.encode() not in shown_bytes(tmp_path / "site")


def test_the_copy_that_a_reviewer_chose_comes_first(tmp_path):
    home = tmp_path / "home"
    urls = [f"http://www.qingquan.gov.cn/{name}.html" for name in "ab"]
    records = [bare_record(report_id=c * 20, source={"url": url, "sha256": c * 64}) for c, url in zip("ab", urls, strict=True)]
    write_records(home, records)
    for chosen in "ab":
        (home / "decisions.csv").write_text(
            f"report_id,decision,reason,date,reviewer\n{chosen * 20},chosen,r,2026-03-01,w\n", encoding="utf-8"
        )
        write(home, tmp_path / "site")
        data = json.loads((tmp_path / "site/data/coverage.js").read_text(encoding="utf-8").removeprefix("window.GONGKAI = ").rstrip(";\n"))
        (organ,) = data["organs"]
        assert data["reports"][organ[3][0][2]][0] == chosen * 20


def test_a_page_says_where_else_its_report_stands_and_what_was_decided(tmp_path):
    url, other = "http://www.qingquan.gov.cn/2023.html", "http://www.qingquan.gov.cn/column/7.html"
    old = add_page(tmp_path, compose("2021", year=2023, unique=False).body, url, fetched="2025-01-02T03:04:05Z")
    new = add_page(tmp_path, compose("2021", year=2023).body, url)
    told = {"also_at": [{"url": other, "fetched": "2026-01-03T00:00:00Z", "sha256": "0" * 64, "snapshot": None}], "attachment_of": "javascript:alert(1)"}
    write_records(tmp_path, [old, new | {"replaces": old["report_id"], "source": new["source"] | told | {"rendered": True}}])
    (tmp_path / "decisions.csv").write_text(
        f"report_id,key,check,decision,value,printed,reason,date,reviewer\n{new['report_id']},requests.total.total,,doubted,,,asked,2026-03-01,王敏\n",
        encoding="utf-8",
    )
    write(tmp_path, tmp_path / "site")
    page = html.parse(tmp_path / "site/reports" / f"{new['report_id']}.html")
    source = words(page.find(".//dl[@class='source']"))
    assert other in source and "Takes the place of" in source and "as a browser drew it" in source and "javascript:alert(1)" in source
    links = [link.get("href") for link in page.iterfind(".//dl[@class='source']//a")]
    assert other in links and f"{old['report_id']}.html" in links and not any(link.startswith("javascript:") for link in links)
    decided = page.find(".//section[@class='decisions']")
    assert "total: doubted: asked (王敏, 2026-03-01)" in words(decided) and "requests.total.total" not in words(decided)
