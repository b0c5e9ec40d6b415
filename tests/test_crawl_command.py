"""`scrapy crawl` through its front door, against a small portal on this machine: what is kept, and how it ends."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from archive import Archive

PROJECT = Path(__file__).parent.parent


def page(title, body):
    return f'<html><head><meta charset="utf-8"><title>{title}</title></head><body>{body}</body></html>'.encode()


def report(year):
    title = f"河口镇{year}年政府信息公开工作年度报告"
    return page(title, f"""<h1>{title}</h1><p>一、总体情况</p>
<p>{year}年，河口镇认真贯彻落实《中华人民共和国政府信息公开条例》，主动公开政府信息。</p>
<p>五、存在的主要问题及改进情况</p><p>公开的内容还不够丰富，下一步将加强培训。</p>
<p>六、其他需要报告的事项</p><p>无其他需要报告的事项。</p>""")  # fmt: skip


def anchor(year):
    return f'<li><a href="/nb/t{year}.html">河口镇{year}年政府信息公开工作年度报告</a> <span>{year + 1}-01-20</span></li>'


class Server(ThreadingHTTPServer):
    """A crawl that is killed does not wait for its answer; that is no news."""

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class Site:
    """A portal as a table of answers: path to (status, headers, body). Remembers what it was asked."""

    def __init__(self):
        self.answers = {
            "/": (200, {}, page("河口镇人民政府", '<a href="/nb/">政府信息公开年报</a>')),
            "/nb/": (200, {}, page("政府信息公开年报", "<ul>" + anchor(2019) + anchor(2020) + "</ul>")),
            "/nb/t2019.html": (200, {"ETag": '"2019"'}, report(2019)),
            "/nb/t2020.html": (200, {"ETag": '"2020"'}, report(2020)),
        }
        self.asked = []
        self.slow = 0.0
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                site.asked.append((self.path, dict(self.headers), time.monotonic()))
                time.sleep(site.slow)
                status, headers, body = site.answers.get(self.path, (404, {}, b"<html><body>404</body></html>"))
                if headers.get("ETag") and self.headers.get("If-None-Match") == headers["ETag"]:
                    status, body = 304, b""
                self.send_response(status)
                for name, value in {"Content-Type": "text/html; charset=utf-8", **headers}.items():
                    self.send_header(name, value)
                if status != 304:
                    self.send_header("Content-Length", headers.get("X-Length", str(len(body))))
                self.end_headers()
                self.wfile.write(body)
                self.close_connection = "X-Length" in headers

            def log_message(self, *args):
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def paths(self):
        return [path for path, _, _ in self.asked]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def site():
    site = Site()
    yield site
    site.close()


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


def write_registry(tmp_path, *urls):
    path = tmp_path / "portals.csv"
    rows = [f"p{number},河口镇人民政府,{url}" for number, url in enumerate(urls)]
    path.write_text("\n".join(["id,name,url", *rows, ""]), "utf-8")
    return path


def start(home, *args, **options):
    command = [sys.executable, "-m", "scrapy", "crawl", *map(str, args), "-s", f"ARCHIVE_DIR={home}"]
    return subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


def crawl(home, *args, registry=None):
    given = ["county_portals", "-a", f"portals={registry}", *args] if registry else args
    running = start(home, *given)
    out, err = running.communicate(timeout=120)
    assert "Traceback" not in err, err
    return running.returncode, out, err


def records(home):
    return [json.loads(line) for line in (home / "reports.jsonl").read_bytes().splitlines()]


def journal(home):
    return json.loads(sorted((home / "runs").glob("*.json"))[-1].read_text("utf-8"))


class Crawled:
    """A portal that was crawled once; `again` gives a copy of what came of it, and forgets what was asked."""

    def __init__(self, folder):
        self.site, self.home, self.feed = Site(), folder / "home", folder / "feed.jsonl"
        self.registry = write_registry(folder, self.site.url)
        self.status, self.out, self.err = crawl(self.home, "-O", self.feed, registry=self.registry)
        self.asked, self.answers = list(self.site.asked), dict(self.site.answers)

    def again(self, home):
        shutil.copytree(self.home, home)
        self.site.answers = dict(self.answers)
        self.site.asked.clear()
        return self.site, home, self.registry


@pytest.fixture(scope="module")
def crawled(tmp_path_factory):
    once = Crawled(tmp_path_factory.mktemp("once"))
    yield once
    once.site.close()


def test_a_portal_is_walked_to_its_reports_and_the_run_is_told(crawled):
    site, home, asked = crawled.site, crawled.home, crawled.asked
    status, out, err = crawled.status, crawled.out, crawled.err
    assert status == 0, (out, err)
    assert sorted(record["year"] for record in records(home)) == [2019, 2020]
    assert "2 reports (2 new)" in out and str(home / "reports.jsonl") in out and "河口镇人民政府" in out
    told = journal(home)
    assert told["reason"] == "finished" and told["counts"]["reports"] == 2 and told["ended"]
    assert told["ledger"]["portals"][0]["id"] == "p0" and told["software"]["scrapy"]
    with Archive.read(home) as archive:
        archived = {capture.url: capture for capture in archive.captures()}
    assert set(archived) == {site.url + path.lstrip("/") for path, _, _ in asked}
    assert archived[site.url + "robots.txt"].role == "robots"
    assert archived[site.url + "nb/t2020.html"].role == "report"
    for record in records(home):
        assert (home / record["source"]["snapshot"]).is_file()
    headers = asked[-1][1]
    assert headers["User-Agent"].startswith("gongkai/") and headers["Accept-Encoding"] == "gzip, deflate"
    assert "Cookie" not in headers


def test_the_demo_is_crawled_and_replays_to_the_same_records(demo_ports, home):
    status, out, err = crawl(home, "county_portals", "-a", "portals=demo")
    assert status == 0, (out, err)
    crawled = sorted((home / "reports.jsonl").read_bytes().splitlines())
    assert len(crawled) > 50 and "Total" in out
    for command in (["replay"], ["verify"]):
        done = subprocess.run(
            [sys.executable, "-m", "scrapy", *command, "-s", f"ARCHIVE_DIR={home}"],
            cwd=PROJECT, capture_output=True, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr.decode()
    assert sorted((home / "reports.jsonl").read_bytes().splitlines()) == crawled


def test_a_second_run_asks_for_changes_and_writes_no_report_again(crawled, home):
    site, home, registry = crawled.again(home)
    before = (home / "reports.jsonl").read_bytes()
    status, out, _ = crawl(home, registry=registry)
    assert status == 0 and "2 unchanged" in out
    assert (home / "reports.jsonl").read_bytes() == before
    assert {path: headers.get("If-None-Match") for path, headers, _ in site.asked if path.endswith(".html")} == {
        "/nb/t2019.html": '"2019"', "/nb/t2020.html": '"2020"',
    }  # fmt: skip
    with Archive.read(home) as archive:
        assert [capture.status for capture in archive.history(site.url + "nb/t2020.html")] == [200, 304]


def test_a_report_that_changed_is_a_new_line_beside_the_old_one(crawled, home):
    site, home, registry = crawled.again(home)
    site.answers["/nb/t2020.html"] = (200, {"ETag": '"new"'}, report(2020).replace("不够丰富".encode(), "不够及时".encode()))
    status, out, _ = crawl(home, registry=registry)
    assert status == 0 and "1 changed" in out
    assert [record["year"] for record in records(home)].count(2020) == 2


def test_the_user_is_told_who_does_not_answer_and_the_status_says_it(site, home, tmp_path):
    site.close()
    status, out, _ = crawl(home, "-s", "RETRY_TIMES=0", registry=write_registry(tmp_path, site.url))
    assert status == 12
    assert "refuses the connection" in out and "no report at all" in out


def test_a_report_that_answers_503_makes_the_run_incomplete(site, home, tmp_path):
    site.answers["/nb/t2020.html"] = (503, {}, b"busy")
    status, out, _ = crawl(home, "-s", "RETRY_TIMES=1", registry=write_registry(tmp_path, site.url))
    assert status == 12 and "503" in out and "/nb/t2020.html" in out
    assert site.paths().count("/nb/t2020.html") == 2
    assert [record["year"] for record in records(home)] == [2019]


def test_a_host_whose_robots_txt_answers_503_is_left_alone(site, home, tmp_path):
    site.answers["/robots.txt"] = (503, {}, b"")
    status, out, err = crawl(home, "-s", "RETRY_TIMES=0", registry=write_registry(tmp_path, site.url))
    assert status == 12 and set(site.paths()) == {"/robots.txt"}
    assert "robots.txt could not be had (HTTP 503)" in err and "HTTP 503" in out


def test_what_robots_txt_forbids_is_not_asked_for(site, home, tmp_path):
    site.answers["/robots.txt"] = (200, {"Content-Type": "text/plain"}, b"User-agent: *\nDisallow: /nb/t2020\n")
    status, out, _ = crawl(home, registry=write_registry(tmp_path, site.url))
    assert "/nb/t2020.html" not in site.paths() and "/nb/t2019.html" in site.paths()
    assert status == 0 and "robots" in out


def test_a_redirect_off_the_portal_is_not_followed(site, home, tmp_path):
    other = Site()
    try:
        targets = [other.url + "nb/t2020.html", "http://2130706433/", "http://169.254.169.254/"]
        site.answers["/nb/"] = (200, {}, page("政府信息公开年报", "".join(map(anchor, range(2019, 2023)))))
        for year, target in enumerate(targets, 2020):
            site.answers[f"/nb/t{year}.html"] = (302, {"Location": target}, b"")
        status, out, _ = crawl(home, registry=write_registry(tmp_path, site.url))
        assert status == 0 and out.count("is not one of the portal's own hosts") == len(targets), out
        assert sorted(path for path in site.paths() if path.startswith("/nb/t202")) == [f"/nb/t{year}.html" for year in (2020, 2021, 2022)]
        assert other.asked == []
    finally:
        other.close()


def test_a_report_cut_short_by_the_server_is_kept_and_never_verified(site, home, tmp_path):
    body = report(2020)
    site.answers["/nb/t2020.html"] = (200, {"X-Length": str(len(body) + 500)}, body)
    status, out, _ = crawl(home, "-s", "RETRY_TIMES=1", registry=write_registry(tmp_path, site.url))
    assert status == 12 and "cut short" in out
    (torn,) = [record for record in records(home) if record["year"] == 2020]
    assert torn["verdict"] not in ("verified", "flagged")
    with Archive.read(home) as archive:
        assert [c.truncated for c in archive.history(site.url + "nb/t2020.html")] == ["disconnect"] * 2


def test_retry_after_holds_the_next_request_back(site, home, tmp_path):
    site.answers["/nb/"] = (503, {"Retry-After": "1"}, b"")
    crawl(home, "-s", "RETRY_TIMES=1", registry=write_registry(tmp_path, site.url))
    times = [when for path, _, when in site.asked if path == "/nb/"]
    # Not a measure of speed: the server asked for a second and must get it.
    assert len(times) == 2 and times[1] - times[0] >= 0.95


def test_an_interrupted_crawl_says_so_and_keeps_what_it_has(site, home, tmp_path):
    site.slow = 1.0
    running = start(home, "county_portals", "-a", f"portals={write_registry(tmp_path, site.url)}")
    for _ in range(300):
        if len(site.asked) >= 2:
            break
        time.sleep(0.1)
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=60)
    assert running.returncode == 11, err
    assert "Traceback" not in err and "ended early (shutdown)" in out
    assert list(home.glob("warc/*/*.warc.gz")) and not list(home.glob("warc/*/*.open"))
    assert journal(home)["reason"] == "shutdown"


def test_two_crawls_do_not_write_to_one_archive(home, site, tmp_path):
    with Archive.open(home, software="test/1", operator="test"):
        status, _, err = crawl(home, registry=write_registry(tmp_path, site.url))
    assert status == 75 and site.asked == []
    assert len(err.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("args", "status", "words"),
    [
        (["nosuch"], 2, "there is no spider 'nosuch'; there is: county_portals"),
        ([], 2, "name one spider"),
        (["county_portals", "-a", "portals=nosuch.csv"], 4, "nosuch.csv"),
        (["county_portals", "-a", "portals=BROKEN"], 4, "BROKEN:2"),
        (["county_portals", "-a", "portals=GOOD", "-a", "years=soon"], 2, "years"),
        (["county_portals", "-a", "portals=GOOD", "-a", "limit=0"], 2, "limit"),
        (["county_portals", "-a", "portals=GOOD", "-a", "colour=red"], 2, "colour"),
        (["county_portals", "-a", "portals"], 2, "-a NAME=VALUE"),
        (["county_portals", "--frobnicate"], 2, "there is no option --frobnicate"),
    ],
)
def test_a_wrong_command_line_ends_with_one_line(home, tmp_path, args, status, words):
    (tmp_path / "BROKEN").write_text("id,name,url\na,甲,nonsense\n", "utf-8")
    (tmp_path / "GOOD").write_text("id,name,url\na,甲,http://127.0.0.1:9/\n", "utf-8")
    placed = [arg.replace("=BROKEN", f"={tmp_path}/BROKEN").replace("=GOOD", f"={tmp_path}/GOOD") for arg in args]
    code, out, err = crawl(home, *placed)
    assert code == status, err
    said = [line for line in err.strip().splitlines() if words in line]
    assert len(said) == 1
    assert out.count("\n") <= 1


def test_an_archive_that_cannot_be_created_ends_with_3_before_anybody_is_asked(tmp_path, site):
    (tmp_path / "file").write_text("in the way")
    status, _, err = crawl(tmp_path / "file" / "home", registry=write_registry(tmp_path, site.url))
    assert status == 3 and "file" in err and site.asked == []


def test_a_feed_holds_the_records(crawled):
    home, feed = crawled.home, crawled.feed
    # A line of ours says its own digest, too.
    ours = [{name: value for name, value in record.items() if name != "check"} for record in records(home)]
    assert sorted(map(json.dumps, map(json.loads, feed.read_bytes().splitlines()))) == sorted(map(json.dumps, ours))


def test_chinese_names_are_written_where_the_locale_has_none(site, home, tmp_path):
    locale = {**os.environ, "LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    running = start(home, "county_portals", "-a", f"portals={write_registry(tmp_path, site.url)}", env=locale)
    running.communicate(timeout=120)
    assert running.returncode == 0
    for record in records(home):
        assert "河口镇" in record["source"]["snapshot"] and (home / record["source"]["snapshot"]).is_file()


@pytest.mark.parametrize("command", [["crawl", "county_portals"], ["replay"], ["verify"]])
def test_an_empty_archive_dir_is_refused_and_nothing_is_strewn_about(command):
    done = subprocess.run(
        [sys.executable, "-m", "scrapy", *command, "-s", "ARCHIVE_DIR="], cwd=PROJECT, capture_output=True, timeout=60
    )
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1 and b"ARCHIVE_DIR is empty" in done.stderr
    assert not (PROJECT / "warc").exists()


def test_the_next_crawl_says_what_is_missing_from_the_archive(crawled, home):
    _, home, registry = crawled.again(home)
    (warc,) = (home / "warc").glob("*/*.warc.gz")
    warc.write_bytes(warc.read_bytes()[:-100])
    status, _, err = crawl(home, registry=registry)
    assert status == 0 and f"{warc.name}: " in err and "where the manifest says" in err
