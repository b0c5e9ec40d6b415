"""Pages that only a script fills, in a real Chromium: drawn, archived, read and replayed; and what such a page may not do."""

import json
import os
import shutil
import subprocess
import sys
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import pytest

from archive import Archive
from tests.js_portal import DRAW, JsPortal, Listener
from tests.test_crawl_command import PROJECT, crawl, journal, page, records, report

BROWSER = next((path for name in ("chromium-headless-shell", "chromium") if (path := shutil.which(name))), None)
needs_browser = pytest.mark.skipif(
    BROWSER is None or find_spec("scrapy_playwright") is None,
    reason="no Chromium or no scrapy-playwright: apt install chromium, pip install scrapy-playwright",
)


@pytest.fixture
def portal():
    made = []

    def make(*args, **kwargs):
        made.append(JsPortal(*args, **kwargs))
        return made[-1]

    yield make
    for each in made:
        each.close()


def crawl_portal(tmp_path, *portals, options=()):
    tmp_path.mkdir(exist_ok=True)
    registry = tmp_path / "portals.csv"
    rows = [f"p{number},河口镇人民政府,{each.url}" for number, each in enumerate(portals, 1)]
    registry.write_text("\n".join(["id,name,url", *rows, ""]), "utf-8")
    home = tmp_path / "home"
    status, out, err = crawl(home, *options, registry=registry)
    return home, status, out, err


def why(home):
    return [failure["reason"] for failure in journal(home)["failures"]]


FOREIGN = """
const tell = text => { document.getElementById('app').innerHTML += text; };
for (const url of ['http://127.0.0.1:%(port)d/', 'http://localhost:%(port)d/', 'http://[::1]:%(port)d/', 'http://10.1.2.3/', 'http://169.254.169.254/latest/',
                   'http://192.168.0.1:8080/', 'http://2130706433:%(port)d/', '/away']) {
  fetch(url, {mode: 'no-cors'}).then(r => r.text()).then(tell, () => tell('<i>no</i>')); }
new Image().src = 'http://127.0.0.1:%(port)d/pixel.gif';
try { new WebSocket('ws://127.0.0.1:%(own)d/socket'); new WebSocket('ws://127.0.0.1:%(port)d/'); } catch (e) {}
try { window.open('http://127.0.0.1:%(port)d/popup'); window.open('/popup'); } catch (e) {}
const a = document.createElement('a'); a.href = 'http://127.0.0.1:%(port)d/click'; a.target = '_blank'; document.body.append(a); a.click();
const f = document.createElement('iframe'); f.src = 'http://127.0.0.1:%(port)d/frame'; document.body.append(f);
const l = document.createElement('link'); l.rel = 'preconnect'; l.href = 'http://127.0.0.1:%(port)d'; document.head.append(l);
if (navigator.serviceWorker) navigator.serviceWorker.register('/worker.js').catch(() => {});
try { const p = new RTCPeerConnection({iceServers: [{urls: 'stun:127.0.0.1:%(port)d'}]}); p.createDataChannel('x'); p.createOffer().then(o => p.setLocalDescription(o)); } catch (e) {}
navigator.sendBeacon('http://127.0.0.1:%(port)d/beacon', 'x');
fetch('/secret/plan').then(r => r.text()).then(tell, () => {});
"""


def redirect(place):
    def answer(handler):
        handler.send_response(302)
        handler.send_header("Location", place)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


def endless(handler):
    handler.send_response(200)
    handler.send_header("Content-Type", "text/html")
    handler.send_header("Content-Length", str(100 << 20))
    handler.end_headers()
    try:
        for _ in range(1600):
            handler.wfile.write(b"x" * (64 << 10))
            handler.server.sent = getattr(handler.server, "sent", 0) + (64 << 10)
    except OSError:
        handler.close_connection = True


LOOPS = {
    2015: "while (true) {}",
    2016: "fetch('/huge').then(r => r.text()).then(t => { document.getElementById('app').innerText = t.length; });",
    2017: "let n = 0; const more = () => fetch('/api/n?' + n++).then(more, more); more();",
}
FRAME = "<p>" + "河口镇人民政府网站 主办：河口镇人民政府办公室 地址：河口镇人民路一号 邮编：400000 网站标识码：5001010001 " * 8 + "</p>"
COLUMN = page("政府信息公开年报", f'<h1>政府信息公开年报</h1><ul id="app"></ul><script src="/js/list.js"></script>{FRAME}')


class Crawled:
    """One crawl of four portals: p1 of nothing but scripts, p2 with its lists in a frame, p3 with ways out, p4 without ends."""

    def __init__(self, folder):
        self.listener = Listener()
        self.log = folder / "net.json"
        out = JsPortal(years=(2019,), scripts={2018: "void 0"}, answers={"/away": redirect(f"http://127.0.0.1:{self.listener.port}/")})
        own = int(out.url.rstrip("/").rpartition(":")[2])
        script = FOREIGN % {"port": self.listener.port, "own": own} + DRAW % 2019
        out.pages["/nb/t2018.html"] = (out.pages["/nb/t2018.html"][0].replace(b"void 0", script.encode()), "text/html; charset=utf-8")
        self.portals = [
            JsPortal(),
            JsPortal(years=(2020,), answers={"/nb/": (COLUMN, "text/html; charset=utf-8")}),
            out,
            JsPortal(years=(2019,), scripts=LOOPS, answers={"/huge": endless, "/api/n": (b"{}", "application/json")}),
        ]
        launch = json.dumps({"args": [f"--log-net-log={self.log}"]})
        bounds = ("RENDER=1", "RENDER_TIMEOUT=12", f"RENDER_BYTES={2 << 20}", f"DOWNLOAD_MAXSIZE={4 << 20}", "RENDER_REQUESTS=15", "RETRY_TIMES=0", f"PLAYWRIGHT_LAUNCH_OPTIONS={launch}")
        self.home, self.status, self.out, self.err = crawl_portal(folder, *self.portals, options=[part for each in bounds for part in ("-s", each)])
        self.records = {}
        for record in records(self.home):
            self.records.setdefault(record["source"]["portal"], {})[int(record["source"]["url"][-9:-5])] = record
        self.failures = {(f["portal"], f["url"].rpartition("/")[2]): f["reason"] for f in journal(self.home)["failures"]}

    def close(self):
        self.listener.close()
        for each in self.portals:
            each.close()


@pytest.fixture(scope="module")
def crawled(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GONGKAI_TEST", str(os.getpid()))
        crawled = Crawled(tmp_path_factory.mktemp("crawled"))
    yield crawled
    crawled.close()


@needs_browser
def test_a_list_and_reports_that_scripts_draw_are_found_read_and_archived(crawled):
    site, found = crawled.portals[0], crawled.records["p1"]
    assert sorted(found) == [2019, 2020]
    assert all(record["source"]["rendered"] is True and record["verdict"] == "partial" for record in found.values())
    assert all("河口镇认真贯彻落实" in record["sections"][0]["text"] and "text.damaged" not in checks(record) for record in found.values())
    # Asked as this crawler, once each: the page itself is not asked for again to be drawn.
    assert len(site.paths()) == len(set(site.paths()))
    assert all(headers["User-Agent"].startswith("gongkai/") and "Cookie" not in headers for _, _, headers in site.asked)
    with Archive.read(crawled.home) as archive:
        captures = [capture for capture in archive.captures() if capture.portal == "p1"]
        drawn = [capture for capture in captures if capture.kind == "resource"]
        assert len(drawn) == 3 and all(archive.capture(capture.refers_to).url == capture.page_url for capture in drawn)
        asked = [capture for capture in captures if capture.role == "rendering"]
        assert sorted(capture.url.removeprefix(site.url) for capture in asked) == ["api/q", "api/text/2019", "api/text/2020", "js/list.js"]
        assert all(archive.load(capture).metadata["source"] == "browser" for capture in (*asked, *drawn))


def checks(record):
    return {finding["check"] for finding in record["findings"]}


@needs_browser
def test_a_column_whose_frame_is_there_and_whose_list_is_not_is_drawn(crawled):
    assert [record["source"]["rendered"] for record in crawled.records["p2"].values()] == [True]


@needs_browser
def test_a_replay_of_drawn_pages_gives_the_same_records(crawled, tmp_path):
    target = tmp_path / "again.jsonl"
    again = subprocess.run(
        [sys.executable, "-m", "scrapy", "replay", str(crawled.home), "-O", str(target)], cwd=PROJECT, capture_output=True, text=True
    )
    assert again.returncode == 0, again.stderr
    replayed = sorted(map(json.loads, target.read_text("utf-8").splitlines()), key=lambda record: record["source"]["url"])
    crawled_ones = sorted(records(crawled.home), key=lambda record: record["source"]["url"])
    assert any(record["source"].get("rendered") for record in replayed)
    for record in (*replayed, *crawled_ones):
        record["source"]["snapshot"] = None
    assert replayed == crawled_ones


@needs_browser
def test_reports_that_were_drawn_lately_are_not_drawn_again(crawled, tmp_path):
    site = crawled.portals[0]
    asked = len(site.asked)
    registry = tmp_path / "portals.csv"
    registry.write_text(f"id,name,url\np1,河口镇人民政府,{site.url}\n", "utf-8")
    status, out, err = crawl(crawled.home, "-s", "RENDER=1", "-s", "RECHECK=30d", "-s", "RESUME_WITHIN=0", registry=registry)
    assert status == 0 and "2 reports (2 unchanged)" in out, (out, err)
    # The list is drawn anew; of the reports, what was drawn last time holds.
    assert sorted(site.paths()[asked:]) == ["/", "/api/q", "/js/list.js", "/nb/", "/robots.txt"]


@needs_browser
def test_a_page_reaches_nobody_but_its_portal_and_nothing_that_robots_forbid(crawled):
    assert crawled.listener.dialled == 0
    # What the browser itself did about the network, in its own log: it connected to nobody, and asked no name server.
    told = json.loads(crawled.log.read_text())
    kinds = {number: name for name, number in told["constants"]["logEventTypes"].items()}
    happened = {kinds[event["type"]] for event in told["events"]}
    # UDP_CONNECT is not among them: Chromium asks its own machine in this way whether it has IPv6, and sends nothing.
    dialling = {"TCP_CONNECT", "TCP_CONNECT_ATTEMPT", "UDP_BYTES_SENT", "DNS_TRANSACTION_QUERY"}
    assert dialling <= set(kinds.values()) and "URL_REQUEST_START_JOB" in happened and not dialling & happened
    assert not {path for path in crawled.portals[2].paths() if path in ("/socket", "/popup", "/worker.js", "/secret/plan")}
    refused = journal_of_first(crawled.home)["counts"]["refused"]
    port = crawled.listener.port
    for place in ("10.1.2.3:80", "169.254.169.254:80", "192.168.0.1:8080", f"127.0.0.1:{port}", f"localhost:{port}"):
        assert any(place in reason for reason in refused), (place, refused)
    assert b"notours" not in b"".join(stored_bodies(crawled.home))
    # It has holes, and its record says so; its neighbour has none.
    assert "drawn without all that it asked for" in crawled.failures["p3", "t2018.html"]
    assert crawled.records["p3"][2018]["verdict"] in ("partial", "unreadable") and "text.damaged" in checks(crawled.records["p3"][2018])
    assert "text.damaged" not in checks(crawled.records["p3"][2019])


@needs_browser
def test_loops_floods_and_bodies_without_end_cost_their_page_and_no_other(crawled):
    found = crawled.records["p4"]
    assert found[2019]["verdict"] == "partial" and all(found[year]["verdict"] == "unreadable" for year in LOOPS)
    assert "RENDER_TIMEOUT" in crawled.failures["p4", "t2015.html"]
    assert all(("p4", f"t{year}.html") in crawled.failures for year in LOOPS), crawled.failures
    site = crawled.portals[3]
    # Asked by the walk, for 4 MiB, and by the browser, for 2; what is above that was under way when the crawl hung up.
    assert getattr(site.server, "sent", 0) < 24 << 20
    assert sum(path.startswith("/api/n") for path in site.paths()) <= 15
    assert crawled.status == 12 and not living_browsers(), "a browser outlived its crawl"


def journal_of_first(home):
    return json.loads((home / "runs" / "r000001.json").read_text("utf-8"))


def stored_bodies(home):
    with Archive.read(home) as archive:
        return [archive.load(capture).body for capture in archive.captures() if capture.status == 200]


def living_browsers():
    """The processes that this test's crawl started and left behind; they have inherited a word of ours."""
    mine = b"GONGKAI_TEST=" + str(os.getpid()).encode()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if mine in (process / "environ").read_bytes():
                found.append(process.name)
    return found


def test_without_a_browser_a_shell_is_a_failure_that_says_what_to_do(tmp_path, portal):
    home, status, out, _ = crawl_portal(tmp_path, portal())
    assert status == 12
    assert any(reason.startswith("needs a browser: ") and reason.endswith("run with -s RENDER=1") for reason in why(home))
    assert "needs a browser" in out
    home, status, _, err = crawl_portal(tmp_path / "b", portal(), options=("-s", "RENDER=1", "-s", "RENDER_BROWSER=/nonexistent/chromium"))
    assert status == 12 and err.count("/nonexistent/chromium is no program") == 1
    assert any("/nonexistent/chromium is no program" in reason for reason in why(home))


def test_without_the_package_everything_else_works(tmp_path, portal):
    site = portal(years=(), answers={
        "/nb/": (page("年报", '<ul><li><a href="/nb/t2020.html">河口镇2020年政府信息公开工作年度报告</a></li></ul>'), "text/html; charset=utf-8"),
        "/nb/t2020.html": (report(2020), "text/html; charset=utf-8"),
    })  # fmt: skip
    registry = tmp_path / "portals.csv"
    registry.write_text(f"id,name,url\np1,河口镇人民政府,{site.url}\n", "utf-8")
    code = "import sys; sys.modules['scrapy_playwright'] = sys.modules['playwright'] = None; from scrapy.cmdline import execute; execute()"
    ended = subprocess.run(
        [sys.executable, "-c", code, "crawl", "county_portals", "-a", f"portals={registry}", "-s", f"ARCHIVE_DIR={tmp_path / 'home'}", "-s", "RENDER=1"],
        cwd=PROJECT, capture_output=True, text=True,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert [line for line in ended.stderr.splitlines() if "WARNING" in line and "the package playwright is not installed" in line]
    assert [record["year"] for record in records(tmp_path / "home")] == [2020]


@needs_browser
def test_a_portal_may_cost_so_many_drawings(tmp_path, portal):
    home, status, _, _ = crawl_portal(tmp_path, portal(), options=("-s", "RENDER=1", "-s", "RENDER_LIMIT=2"))
    assert status == 12
    assert [record["source"].get("rendered", False) for record in records(home)].count(True) == 1
    assert sum("RENDER_LIMIT (2)" in reason for reason in why(home)) == 1


def test_a_limit_that_is_no_number_is_wrong_usage(tmp_path, portal):
    _, status, _, err = crawl_portal(tmp_path, portal(), options=("-s", "RENDER_LIMIT=many"))
    assert status == 2 and "RENDER_LIMIT: cannot read 'many'" in err
