"""What servers send by mistake or on purpose ends in a reason, costs no neighbour, and replays as it was crawled."""

import gzip
import json
import socketserver
import subprocess
import sys
import threading
import time
import zlib
from contextlib import suppress

import brotli
import pytest

from archive import Archive, Stored
from archive.coding import DECODED_LIMIT, decode
from crawler.sources import ArchiveSource, _candidate
from tests.test_crawl_command import PROJECT, anchor, crawl, journal, page, records, report

LINKS = page("河口镇人民政府", '<a href="/nb/">政府信息公开年报</a>')
COLUMN = page("政府信息公开年报", "<ul>" + anchor(2019) + anchor(2020) + "</ul>")


def answer(body, *headers, status="200 OK", kind="text/html; charset=utf-8"):
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "".join(line + "\r\n" for line in lines).encode("latin-1") + b"\r\n" + body


def to(place):
    return b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nConnection: close\r\nLocation: " + place + b"\r\n\r\n"


def bomb():
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join(packer.compress(b"a" * (1 << 20)) for _ in range(8)) + packer.flush()


class Server:
    """A portal with a good report of 2019 and, in place of that of 2020, whatever bytes are given."""

    def __init__(self, bad=None, robots=None):
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                with suppress(ConnectionError):
                    path = self.rfile.readline().split(b" ")[1].decode()
                    while self.rfile.readline().strip():
                        pass
                    found = outer.answers.get(path, answer(b"<html><body>404</body></html>", status="404 Not Found"))
                    for piece in [found] if isinstance(found, bytes) else found():
                        self.wfile.write(piece)

        self.answers = {"/": answer(LINKS), "/nb/": answer(COLUMN), "/nb/t2019.html": answer(report(2019))}
        if bad is not None:
            self.answers["/nb/t2020.html"] = bad
        if robots is not None:
            self.answers["/robots.txt"] = robots
        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def crawl_all(tmp_path, behaviours, *args):
    """Crawl one portal a behaviour in one run; the exit status, and by behaviour its failures and its records."""
    servers = {name: Server(**given) for name, given in behaviours.items()}
    registry = tmp_path / "portals.csv"
    rows = [f"{name},{name},{server.url}" for name, server in servers.items()]
    registry.write_text("\n".join(["id,name,url", *rows, ""]), "utf-8")
    home = tmp_path / "home"
    try:
        status, out, _ = crawl(home, *args, registry=registry)
    finally:
        for server in servers.values():
            server.close()
    why = {name: [f["reason"] for f in journal(home)["failures"] if f["portal"] == name] for name in servers}
    return home, status, out, why, {name: [r for r in records(home) if r["source"]["portal"] == name] for name in servers}


def flood():
    yield b"HTTP/1.1 200 OK\r\n"
    for _ in range(2000):
        yield b"X-Flood: " + b"y" * 8000 + b"\r\n"


LOST = {
    "flood": (flood, "its headers are larger than 1 MiB"),
    "bomb": (answer(bomb(), "Content-Encoding: gzip"), "inflates beyond"),
    "closed": (b"", "the connection was closed before there was an answer"),
    "ssh": (b"SSH-2.0-OpenSSH_9\r\n", "not an answer in HTTP"),
    "circle": (to(b"/nb/t2020.html"), "it redirects in a circle"),
    "script": (to(b"javascript:alert(1)"), "it redirects to what is no web address"),
    "file": (to(b"file:///etc/passwd"), "HTTP 302 without a way on"),
    "unasked": (b"HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n", "HTTP 304 without a page"),
    "metadata": (to(b"http://169.254.169.254/latest/"), "169.254.169.254:80 is not one of the portal's own hosts"),
}


def test_each_answer_that_is_no_page_has_its_reason_and_the_neighbours_go_on(tmp_path):
    behaviours = {name: {"bad": bad} for name, (bad, _) in LOST.items()}
    _, status, out, why, found = crawl_all(tmp_path, behaviours, "-s", f"DOWNLOAD_MAXSIZE={4 << 20}")
    assert status == 12
    for name, (_, words) in LOST.items():
        assert any(words in reason for reason in why[name]), (name, why[name])
        assert words in out and [record["year"] for record in found[name]] == [2019]


def endless():
    yield b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n" + report(2020).removesuffix(b"</html>")
    while True:
        yield b"<p>" + b"y" * 65536


def endless_chunks():
    yield b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n"
    while True:
        yield b"10000\r\n" + b"y" * 65536 + b"\r\n"


def drip(head, piece):
    def slowly():
        yield head
        while True:
            time.sleep(0.2)
            yield piece

    return slowly


def early(number):
    def flood():
        for _ in range(number):
            yield b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n" * 50

    return flood


def chunked(body):
    return b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n" + body


def deflated():
    return zlib.compress(b"a" * (8 << 20), 9)


HTML = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
NEVER = "no whole answer in time"
#: What a server does in place of one page, and what the run says of it.
HOSTILE = {
    "slow-body": (drip(HTML + b"\r\n<html>", b"y"), NEVER),
    "slow-head": (drip(HTML, b"X-Slow: y\r\n"), NEVER),
    "slow-status": (drip(b"HTTP/1.1 ", b"2"), NEVER),
    "slow-chunks": (drip(chunked(b""), b"1\r\ny\r\n"), NEVER),
    "early-hints": (early(1000), "not an answer in HTTP: "),
    "one-long-line": (b"HTTP/1.1 200 OK\r\nX: " + b"y" * (2 << 20), "its headers are larger than 1 MiB"),
    "endless": (endless, "larger than DOWNLOAD_MAXSIZE; what came until then is kept"),
    "endless-chunks": (endless_chunks, "larger than DOWNLOAD_MAXSIZE; what came until then is kept"),
    "claims-a-terabyte": (HTML + b"Content-Length: 1099511627776\r\n\r\n<html>", "the body was cut short"),
    "deflate-bomb": (answer(deflated(), "Content-Encoding: deflate"), "inflates beyond"),
    "bomb-in-a-bomb": (answer(gzip.compress(bomb()), "Content-Encoding: gzip, gzip"), "inflates beyond"),
    "brotli-bomb": (answer(brotli.compress(b"a" * (8 << 20)), "Content-Encoding: br"), "inflates beyond"),
    "half-a-chunk": (chunked(b"ffff\r\n<html>half"), "the body was cut short"),
    "no-last-chunk": (chunked(b"4\r\nabcd\r\n"), "the body was cut short"),
    "no-chunk-size": (chunked(b"zzzz\r\n<html></html>\r\n0\r\n\r\n"), "the body was cut short"),
    "two-lengths": (HTML + b"Content-Length: 5\r\nContent-Length: 9\r\n\r\n<html>abc", "not an answer in HTTP"),
    "negative-length": (HTML + b"Content-Length: -5\r\n\r\n<html>abc", "not an answer in HTTP"),
    "length-too-small": (answer(report(2020)).replace(b"Content-Length: ", b"Content-Length: 1\r\nX-Old: "), "the body was cut short"),
    "old-http": (b"<html><body>HTTP/0.9</body></html>\r\n", "not an answer in HTTP"),
    "no-number": (b"HTTP/1.1 OK fine\r\n\r\n", "not an answer in HTTP"),
    "garbage": (bytes(range(256)) * 40, "not an answer in HTTP"),
    "packed-transfer": (chunked(b"1\r\ny\r\n0\r\n\r\n").replace(b"chunked", b"gzip, chunked"), "unknown Transfer-Encoding"),
    "status-999": (answer(b"<html>", status="999 No"), "HTTP 999"),
    "says-nothing": (answer(b"", status="503 Busy"), "HTTP 503"),
    "cookies": (answer(b"<html>", *["Set-Cookie: a=" + "y" * 4000] * 400), "its headers are larger than 1 MiB"),
}  # fmt: skip


def test_each_hostile_behaviour_ends_in_its_reason_and_costs_no_neighbour(tmp_path):
    behaviours = {name: {"bad": bad} for name, (bad, _) in HOSTILE.items()}
    limits = ("-s", f"DOWNLOAD_MAXSIZE={1 << 20}", "-s", "DOWNLOAD_TIMEOUT=6", "-s", "RETRY_TIMES=0", "-s", "MEMUSAGE_LIMIT_MB=500")
    _, status, out, why, found = crawl_all(tmp_path, behaviours, *limits)
    assert status == 12, out
    for name, (_, words) in HOSTILE.items():
        assert any(words in reason for reason in why[name]), (name, why[name])
        assert 2019 in [record["year"] for record in found[name]], name
        assert {record["verdict"] for record in found[name] if record["year"] != 2019} <= {"partial", "unreadable", "not_a_report"}, name


def test_what_came_of_a_body_that_is_too_large_is_kept_and_never_whole(tmp_path):
    home, _, _, _, found = crawl_all(tmp_path, {"a": {"bad": endless}}, "-s", f"DOWNLOAD_MAXSIZE={1 << 20}")
    (record,) = [each for each in found["a"] if each["source"]["url"].endswith("t2020.html")]
    assert record["verdict"] in ("partial", "unreadable") and (home / record["source"]["snapshot"]).stat().st_size >= 1 << 20
    with Archive.read(home) as archive:
        assert [capture.truncated for capture in archive.captures() if capture.url.endswith("t2020.html")] == ["length"]
    assert replayed(home) == sorted(json.dumps(r, sort_keys=True) for r in records(home))


def test_a_page_that_a_header_lies_about_is_read_all_the_same_and_replays_to_the_same_record(tmp_path):
    whole = report(2020)
    liars = {
        "plain-as-gzip": answer(whole, "Content-Encoding: gzip"),
        "no-charset": answer(whole, kind="text/html; charset=idna"),
        "no-text": answer(whole, kind="text/html; charset=zip"),
        "nameless-header": answer(whole, ": nameless", "no colon at all"),
        "picture": answer(whole, kind="image/png"),
        "style-sheet": answer(whole, kind="text/css"),
        "odd-charset": answer(whole, kind='text/html; charset=utf-8"; x'),
        "space-before-colon": answer(whole).replace(b"Content-Length:", b"Content-Length :").replace(b"Connection: close", b"X: y"),
        "identity": answer(whole, "Transfer-Encoding: identity"),
        "chunked-twice": chunked(b"%x\r\n" % len(whole) + whole + b"\r\n0\r\n\r\n").replace(b"chunked", b"chunked, chunked"),
    }
    home, status, _, why, found = crawl_all(tmp_path, {name: {"bad": bad} for name, bad in liars.items()})
    assert status == 0, why
    for name, got in found.items():
        assert sorted(record["year"] for record in got) == [2019, 2020], name
    assert replayed(home) == sorted(json.dumps(r, sort_keys=True) for r in records(home))


def test_a_page_that_is_a_part_is_never_whole_and_replays_to_the_same_record(tmp_path):
    packed = gzip.compress(report(2020))
    parts = {
        "gzip-ends-early": answer(packed[:-12], "Content-Encoding: gzip"),
        "part-of-content": answer(report(2020), "Content-Range: bytes 0-1/9", status="206 Partial Content"),
        "short": answer(report(2020)).replace(b"Connection", b"X").replace(b"Content-Length: ", b"Content-Length: 9"),
    }
    home, status, _, why, found = crawl_all(tmp_path, {name: {"bad": bad} for name, bad in parts.items()})
    assert status == 12
    for name, got in found.items():
        (record,) = [each for each in got if each["source"]["url"].endswith("t2020.html")]
        assert record["verdict"] not in ("verified", "flagged") and why[name] == ["the body was cut short"], name
    with Archive.read(home) as archive:
        # Asked for again at once: of equal answers too the crawl has gone on with the last.
        captures = {capture.seq: capture for capture in archive.captures() if capture.url.endswith("t2020.html")}
        read = [each.page.url for each in ArchiveSource(archive).candidates() if each.page.url.endswith("t2020.html")]
    assert len(captures) > len(read) == len(parts)
    assert replayed(home) == sorted(json.dumps(r, sort_keys=True) for r in records(home))


@pytest.mark.parametrize("robots", [flood, answer(bomb(), "Content-Encoding: gzip"), b"", answer(b"", status="500 E")])
def test_a_host_whose_rules_cannot_be_had_is_left_alone(tmp_path, robots):
    _, status, out, _, found = crawl_all(
        tmp_path, {"a": {"robots": robots}, "b": {}}, "-s", f"DOWNLOAD_MAXSIZE={4 << 20}"
    )
    assert status == 12 and "when the host was asked for its rules" in out
    assert not found["a"] and found["b"]


@pytest.mark.parametrize("then", [answer(b"no", status="403 Forbidden"), b""])
def test_what_came_first_counts_where_a_cut_page_is_refused_afterwards_and_replays_to_the_same_record(tmp_path, then):
    short = answer(report(2020)).replace(b"Content-Length: ", b"Content-Length: 9")
    given = iter([short])

    def once():
        yield next(given, then)

    home, status, _, why, found = crawl_all(tmp_path, {"a": {"bad": once}}, "-s", "RETRY_TIMES=1")
    assert status == 12 and "the body was cut short" in why["a"] and len(why["a"]) == 2
    (record,) = [each for each in found["a"] if each["source"]["url"].endswith("t2020.html")]
    assert record["verdict"] == "partial" and record["year"] == 2020
    assert replayed(home) == sorted(json.dumps(r, sort_keys=True) for r in records(home))


def test_a_report_that_leads_to_the_front_page_has_no_record_in_a_replay_either(tmp_path):
    home, _, _, _, found = crawl_all(tmp_path, {"a": {"bad": to(b"/")}})
    assert [record["year"] for record in found["a"]] == [2019]
    assert replayed(home) == sorted(json.dumps(r, sort_keys=True) for r in records(home))


def test_rules_of_ten_megabytes_are_read_as_far_as_they_are_read_and_no_cut_rule_counts(tmp_path):
    much = b"User-agent: *\nDisallow: /secret/\n" + b"# and so on\n" * (10 << 16)
    start = much[: (500 << 10) - 12]
    cut = start[: start.rfind(b"\n") + 1] + b"Disallow: /" + b"x" * (10 << 20)
    _, status, _, why, found = crawl_all(tmp_path, {"a": {"robots": answer(much)}, "b": {"robots": answer(cut)}})
    assert status == 0, why
    assert [len(found[name]) for name in "ab"] == [1, 1]


def test_what_inflates_beyond_what_a_crawl_reads_is_not_read_by_a_replay_either():
    raw = zlib.compress(b"<p>" + b"a" * DECODED_LIMIT, 1)
    got = decode(raw, "deflate")
    bomb = Stored("http://a.example/1.html", None, 200, "OK", [], raw, got.body, truncated=got.truncated, damage=got.damage)
    assert got.truncated == "length" and _candidate(bomb) is None


def test_no_word_of_a_page_writes_on_the_terminal(tmp_path):
    bad = report(2020).decode().replace("</title>", "\n2026 ERROR forged\x1b[31m\x9b31m</title>").replace("</h1>", "\x1b]0;x\x07</h1>")
    home, _, out, _, _ = crawl_all(tmp_path, {"a": {"bad": answer(bad.encode())}})
    assert not set("\x1b\x9b\x07") & set(out) and len(records(home)) == 2


def replayed(home, *args):
    command = [sys.executable, "-m", "scrapy", "replay", "-s", f"ARCHIVE_DIR={home}", "-O", "-", *args]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, timeout=60)
    return sorted(json.dumps(json.loads(line), sort_keys=True) for line in done.stdout.splitlines())
