"""The site in a real Chromium, from the disk: what a person clicks, types and sees."""

import json
from pathlib import Path

import pytest

from crawler.coverage.catalogue import load_catalogue
from crawler.coverage.site import write_site
from crawler.coverage.states import find_states
from tests.coverage_home import add_page, add_run
from tests.pages import compose

CHROMIUM = Path("/usr/bin/chromium")
playwright = pytest.importorskip("playwright.sync_api", reason="the package playwright is not installed")
pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no {CHROMIUM}: install Debian's chromium to test the site in a browser")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    add_page(home, compose("2021", year=2023).body, "http://www.qingquan.gov.cn/2023.html")
    add_page(home, compose("2021", year=2021, unique=False).body, "http://www.qingquan.gov.cn/2021.html")
    lines = "\n".join(["第一行", "<b>二</b>", "三"]).encode()
    text = {"organ": "乙局", "year": 2022, "verdict": "partial", "form": "2021"}
    cells = [{"key": "disclosure.licensing.decisions", "value": None, "raw": "", "kind": "blank", "unit": "件", "at": "line[2]"}]
    add_page(home, lines, "http://www.qingquan.gov.cn/t.txt", media_type="text/plain", change={**text, "cells": cells})
    add_run(home, [{"id": "p1", "name": "清泉县人民政府"}])
    return home


@pytest.fixture(scope="module")
def site(home, tmp_path_factory):
    folder = tmp_path_factory.mktemp("out") / "site"
    catalogue = load_catalogue(home)
    write_site(catalogue, find_states(catalogue), folder, workers=1)
    return folder


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser, site):
    """Opens a page of the site; at the end nothing may have been complained about, and nothing asked of a network."""
    said, asked, contexts = [], [], []

    def opened(name, **wishes):
        context = browser.new_context(**{"locale": "en-GB", "viewport": {"width": 1300, "height": 800}, **wishes})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto((site / name).as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()
    assert said == []
    assert [url for url in asked if not url.startswith(("file:", "about:", "data:"))] == []


def report(home, **facts):
    lines = (home / "reports.jsonl").read_bytes().splitlines()
    return next(record for record in map(json.loads, lines) if all(record[name] == value for name, value in facts.items()))


def test_a_click_on_a_number_shows_its_cell_in_the_archived_page(home, open_page):
    record = report(home, year=2023)
    page = open_page(f"reports/{record['report_id']}.html")
    for key in ("requests.denied.state_secret.legal_service", "proceedings.litigation_direct.total", "disclosure.fees.amount"):
        cell = next(cell for cell in record["cells"] if cell["key"] == key)
        page.locator(f'.fig[data-key="{key}"]').click()
        spot = page.frame_locator("iframe").locator(":target")
        playwright.expect(spot).to_have_text(cell["raw"].strip())
        playwright.expect(spot).to_be_in_viewport()
        assert spot.evaluate("node => getComputedStyle(node).backgroundColor") == "rgb(255, 226, 138)"
        row, col = (int(number) for number in cell["at"].partition("/r")[2].split("c"))
        assert spot.evaluate("(node, row) => node.closest('table').rows[row].contains(node)", row - 1)
        playwright.expect(page.locator("#picked")).to_contain_text(f"row {row}, column {col}")
        playwright.expect(page.locator(".fig[aria-current]")).to_have_attribute("data-key", key)


def test_a_number_of_a_text_page_shows_its_line(home, open_page):
    page = open_page(f"reports/{report(home, organ='乙局')['report_id']}.html")
    page.locator(".fig").first.click()
    playwright.expect(page.frame_locator("iframe").locator(":target")).to_have_text("<b>二</b>")


def test_nothing_runs_in_the_frame(home, open_page):
    page = open_page(f"reports/{report(home, year=2023)['report_id']}.html")
    assert page.locator("iframe").get_attribute("sandbox") == ""


def test_arrow_keys_go_from_number_to_number_and_enter_shows_it(home, open_page):
    page = open_page(f"reports/{report(home, year=2023)['report_id']}.html")
    page.locator('.fig[data-key="requests.new.natural_person"]').focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "ArrowDown", "ArrowDown", "ArrowLeft"):
        page.keyboard.press(key)
    assert page.evaluate("document.activeElement.dataset.key") == "requests.partly_granted.enterprise"
    page.keyboard.press("Enter")
    cell = next(cell for cell in report(home, year=2023)["cells"] if cell["key"] == "requests.partly_granted.enterprise")
    playwright.expect(page.frame_locator("iframe").locator(":target")).to_have_text(cell["raw"].strip())


def rows(page):
    return [row.split("\n")[0] for row in page.locator("#heat tbody tr:not(.group) th").all_inner_texts()]


def test_search_filter_and_sort(open_page):
    page = open_page("index.html")
    playwright.expect(page.locator("#count")).to_have_text("2 organs, 4 organ-years")
    page.fill("#q", "乙")
    playwright.expect(page.locator("#count")).to_have_text("1 organ, 1 organ-year")
    assert rows(page) == ["乙局"]
    page.fill("#q", "没有这个")
    playwright.expect(page.locator("#count")).to_have_text("0 organs, 0 organ-years")
    page.fill("#q", "")
    page.click('.chip[data-state="partial"]')
    playwright.expect(page.locator("#count")).to_contain_text("1 organ,")
    assert rows(page) == ["乙局"]
    page.click('.chip[data-state="partial"]')
    for key in ("missing", "name", "doubtful", "read", "place"):
        page.select_option("#sort", key)
        assert sorted(rows(page)) == sorted(["乙局", "清泉县云岭镇人民政府"])
    page.select_option("#from", "2023")
    assert page.locator("#heat thead th").count() == 2


def test_states_are_told_by_mark_and_in_words(open_page):
    page = open_page("index.html")
    cells = page.locator("#heat .c")
    told = {cells.nth(number).inner_text() for number in range(cells.count())}
    assert {"▲", "×", "◐", "●"} >= told and len(told) >= 3
    playwright.expect(page.locator('#heat .c[aria-label*="2022: not published"]')).to_have_count(1)


def test_a_cell_opens_its_report_and_arrow_keys_walk_the_table(home, open_page):
    page = open_page("index.html")
    page.locator("#heat").focus()
    page.keyboard.press("ArrowDown")
    first = page.evaluate("document.activeElement.getAttribute('aria-label')")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") != first
    playwright.expect(page.locator("#detail")).not_to_be_empty()
    page.locator('#heat a.c[aria-label*="2023"]').first.click()
    playwright.expect(page.locator("h1")).to_contain_text("2023")


def test_language_and_theme_are_switched_and_kept(open_page):
    page = open_page("index.html")
    root = page.locator("html")
    playwright.expect(root).to_have_attribute("data-lang", "en")
    page.click("#lang")
    playwright.expect(page.locator("h1")).to_have_text("谁公布了哪一年的报告", use_inner_text=True)
    playwright.expect(page.locator("#count")).to_contain_text("个机关")
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.click("#theme")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light
    page.reload()
    playwright.expect(root).to_have_attribute("data-lang", "zh")
    playwright.expect(root).to_have_attribute("data-theme", "dark")


def test_a_browsers_own_wishes_are_followed(open_page):
    page = open_page("index.html", locale="zh-CN", color_scheme="dark")
    playwright.expect(page.locator("html")).to_have_attribute("data-lang", "zh")
    playwright.expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_the_first_tab_stop_skips_to_the_content(open_page):
    page = open_page("index.html")
    page.keyboard.press("Tab")
    playwright.expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    playwright.expect(page.locator("#main")).to_be_focused()


def test_no_page_is_wider_than_a_phone(home, open_page):
    phone = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True}
    for name in ("index.html", "findings.html", "data.html", f"reports/{report(home, year=2023)['report_id']}.html"):
        page = open_page(name, **phone)
        assert page.evaluate("document.documentElement.scrollWidth") == 360, name


def test_on_a_phone_the_archived_page_comes_up_and_goes_away(home, open_page):
    page = open_page(f"reports/{report(home, year=2023)['report_id']}.html", viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    playwright.expect(page.locator("#pane")).to_be_hidden()
    page.locator('.fig[data-key="disclosure.licensing.decisions"]').tap()
    playwright.expect(page.frame_locator("iframe").locator(":target")).to_be_visible()
    page.tap("#close")
    playwright.expect(page.locator("#pane")).to_be_hidden()


CONTRAST = """() => {
  const lum = c => { const v = c.map(x => { x /= 255; return x <= .03928 ? x / 12.92 : ((x + .055) / 1.055) ** 2.4 }); return .2126 * v[0] + .7152 * v[1] + .0722 * v[2] };
  const rgb = s => (s.match(/[\\d.]+/g) || []).map(Number);
  const ground = node => { for (let n = node; n; n = n.parentElement) { const c = rgb(getComputedStyle(n).backgroundColor); if (c.length === 3 || c[3] === 1) return c.slice(0, 3) } return [255, 255, 255] };
  const poor = [];
  for (const node of document.querySelectorAll('main *')) {
    if (![...node.childNodes].some(n => n.nodeType === 3 && n.data.trim()) || !node.getClientRects().length || node.closest('svg, .sr, :disabled, .dim')) continue;
    const a = lum(rgb(getComputedStyle(node).color).slice(0, 3)), b = lum(ground(node));
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (ratio < 4.5) poor.push(node.tagName + '.' + node.className + ' ' + ratio.toFixed(2) + ' ' + node.textContent.trim().slice(0, 30));
  }
  return [...new Set(poor)];
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_the_contrast_that_wcag_asks_for(home, open_page, scheme):
    for name in ("index.html", "findings.html", "data.html", f"reports/{report(home, year=2023)['report_id']}.html"):
        page = open_page(name, color_scheme=scheme)
        page.wait_for_load_state()
        assert page.evaluate(CONTRAST) == [], name
