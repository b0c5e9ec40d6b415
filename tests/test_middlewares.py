"""What stands between the engine and the wire keeps its promises: archived first, in scope, polite, complete."""

import asyncio
import gzip
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from time import monotonic
from types import SimpleNamespace

import pytest
from scrapy import Request, Spider
from scrapy.core.downloader import Slot
from scrapy.exceptions import DownloadTimeoutError, IgnoreRequest
from scrapy.http import HtmlResponse, Response
from scrapy.utils.test import get_crawler

from archive import ArchiveLocked
from crawler.middlewares import (
    CaptureMiddleware,
    OutcomeMiddleware,
    PauseExtension,
    RobotsMiddleware,
    ScopeMiddleware,
    UnchangedMiddleware,
)
from crawler.middlewares.capture import NotArchived, find_tear
from crawler.middlewares.outcome import Unreachable
from crawler.middlewares.pause import read_retry_after
from crawler.middlewares.robots import ForbiddenByRobots, RobotsUnreachable
from crawler.middlewares.scope import OutOfScope
from crawler.registry import Portal
from crawler.run import Run

URL = "http://www.a.example/1.html"
PAGE = b"<html><body>" + "年报".encode() + b"</body></html>"


def portal(identifier, url):
    return Portal(id=identifier, name=identifier, url=url, division=None, level=None, columns=(), line=1)


@pytest.fixture
def crawler(tmp_path):
    settings = {"ARCHIVE_DIR": str(tmp_path / "home"), "VERSION": "1", "CONTACT": "", "ROBOTSTXT_OBEY": True,
                "ROBOTSTXT_USER_AGENT": "gongkai", "RETRY_TIMES": 2}  # fmt: skip
    crawler = get_crawler(Spider, settings)
    crawler.spider = crawler._create_spider("test")
    crawler.spider.portals = [portal("a", "http://www.a.example/"), portal("b", "http://127.0.0.1:8001/")]
    yield crawler
    Run.of(crawler).close_archive()


def request(url=URL, **meta):
    return Request(url, meta={"portal": "a", **meta})


# --- capture


def test_an_exchange_is_on_disk_as_it_crossed_the_wire_before_anybody_reads_it(crawler):
    capture = CaptureMiddleware.from_crawler(crawler)
    packed = gzip.compress(PAGE, mtime=0)
    asked = request(role="report", anchor="2020年年报", via="http://www.a.example/", attachment_of=None)
    headers = {"Content-Encoding": "gzip", "Content-Type": "text/html", "X-Twice": ["1", "2"]}
    answer = Response(URL, headers=headers, body=packed, request=asked)
    assert asyncio.run(capture.process_response(asked, answer)) is answer
    archive = Run.of(crawler).archive
    stored = archive.load(archive.latest(URL))
    assert (stored.raw, stored.body, stored.status) == (packed, PAGE, 200)
    assert [value for name, value in stored.headers if name == b"X-Twice"] == [b"1", b"2"]
    assert stored.metadata["portal"] == "a" and stored.metadata["anchor"] == "2020年年报"
    assert "attachment-of" not in stored.metadata
    assert asked.meta["capture"].url == URL and asked.meta["truncated"] is None
    assert datetime.fromisoformat(asked.meta["fetched"]).tzinfo is not None


@pytest.mark.parametrize("status", [301, 403, 404, 503])
def test_redirects_and_errors_are_evidence_too(crawler, status):
    capture = CaptureMiddleware.from_crawler(crawler)
    asyncio.run(capture.process_response(request(), Response(URL, status=status, body=b"x")))
    assert Run.of(crawler).archive.latest(URL).status == status


def test_what_comes_from_a_cache_is_not_archived_again(crawler):
    capture = CaptureMiddleware.from_crawler(crawler)
    asyncio.run(capture.process_response(request(), Response(URL, body=PAGE, flags=["cached"])))
    assert Run.of(crawler).archive.latest(URL) is None


def test_a_body_cut_short_is_kept_marked_and_asked_for_again(crawler):
    capture = CaptureMiddleware.from_crawler(crawler)
    asked = request()
    torn = HtmlResponse(URL, body=PAGE[:15], flags=["dataloss"])
    for _ in range(2):
        asked = asyncio.run(capture.process_response(asked, torn))
        assert isinstance(asked, Request) and asked.dont_filter
    assert asyncio.run(capture.process_response(asked, torn)) is torn
    assert asked.meta["truncated"] == "disconnect"
    assert [each.truncated for each in Run.of(crawler).archive.history(URL)] == ["disconnect"] * 3


@pytest.mark.parametrize(
    ("body", "headers", "flags", "tear"),
    [
        (PAGE, {}, ["partial"], None),
        (PAGE[:20], {}, ["partial"], "unspecified"),
        (PAGE[:20], {}, [], None),
        (b"<p>a fragment", {}, ["partial"], None),
        (b"%PDF-1.4", {"Content-Type": "application/pdf"}, ["partial"], None),
        (PAGE[:20], {"Content-Type": "text/html"}, ["dataloss"], "disconnect"),
    ],
)
def test_a_body_without_a_length_is_whole_when_its_page_is(body, headers, flags, tear):
    assert find_tear(Response(URL, headers=headers, body=body, flags=flags)) == tear


def test_when_the_archive_cannot_be_written_nothing_more_is_believed_or_asked(crawler):
    capture = CaptureMiddleware.from_crawler(crawler)
    Run.of(crawler).archive.close()
    with pytest.raises(NotArchived):
        asyncio.run(capture.process_response(request(), Response(URL, body=PAGE)))
    with pytest.raises(NotArchived):
        capture.process_request(request())
    assert Run.of(crawler).status() == 3
    assert "meta" not in str(Run.of(crawler).archive_error)


def test_a_locked_archive_stops_the_crawl_before_it_dials(crawler, tmp_path):
    CaptureMiddleware.from_crawler(crawler)
    other = get_crawler(Spider, {"ARCHIVE_DIR": str(tmp_path / "home"), "VERSION": "1", "CONTACT": ""})
    with pytest.raises(ArchiveLocked):
        CaptureMiddleware.from_crawler(other)


# --- scope


@pytest.mark.parametrize(
    ("url", "meta"),
    [
        ("http://www.a.example/x?y=1", {"portal": "a"}),
        ("http://127.0.0.1:8001/x", {"portal": "b"}),
        ("http://127.0.0.1:8001/robots.txt", {}),
    ],
)
def test_a_portal_is_reached_at_its_own_host(crawler, url, meta):
    assert ScopeMiddleware.from_crawler(crawler).process_request(Request(url, meta=meta)) is None


@pytest.mark.parametrize(
    ("url", "meta"),
    [
        ("http://elsewhere.example/", {"portal": "a"}),
        ("http://127.0.0.1:8001/", {"portal": "a"}),
        ("http://127.0.0.1:8002/", {"portal": "b"}),
        ("http://127.0.0.1/", {"portal": "b"}),
        ("http://2130706433:8001/", {"portal": "b"}),
        ("http://www.a.example@elsewhere.example/", {"portal": "a"}),
        ("http://www.a.example.elsewhere.example/", {"portal": "a"}),
        ("http://www.a.example:22/", {"portal": "a"}),
        ("ftp://www.a.example/", {"portal": "a"}),
        ("file:///etc/passwd", {"portal": "a"}),
        ("http://elsewhere.example/robots.txt", {}),
        ("http://www.a.example/", {"portal": "unknown"}),
    ],
)
def test_whatever_leaves_the_portal_is_refused_counted_and_noted(crawler, url, meta):
    scope, outcome = ScopeMiddleware.from_crawler(crawler), OutcomeMiddleware.from_crawler(crawler)
    asked = Request(url, meta=meta)
    with pytest.raises(OutOfScope) as refusal:
        scope.process_request(asked)
    outcome.process_exception(asked, refusal.value)
    run = Run.of(crawler)
    assert sum(run.refused.values()) == 1
    (failure,) = run.failures
    assert failure.url == url and failure.reason and not failure.worth_a_retry


def test_the_host_that_a_domain_keeps_for_disclosure_is_the_portals(crawler):
    crawler.spider.portals = [portal("q", "http://www.qx.gov.cn/"), portal("r", "http://www.gov.cn/")]
    scope = ScopeMiddleware.from_crawler(crawler)
    for url, meta in (("http://xxgk.qx.gov.cn/nb/", {"portal": "q"}), ("https://xxgk.qx.gov.cn/robots.txt", {})):
        assert scope.process_request(Request(url, meta=meta)) is None
    for url in ("http://jyj.qx.gov.cn/", "http://xxgk.qx.gov.cn:8080/", "http://xxgk.qy.gov.cn/", "http://x.xxgk.qx.gov.cn/", "http://xxgk.gov.cn/"):
        for name in ("q", "r"):
            with pytest.raises(OutOfScope):
                scope.process_request(Request(url, meta={"portal": name}))


def test_a_portal_with_a_chinese_name_is_reached_at_the_name_that_the_wire_knows(crawler):
    crawler.spider.portals = [portal("z", "http://甲县.政务.example/")]
    scope = ScopeMiddleware.from_crawler(crawler)
    asked = Request("http://甲县.政务.example/1.html", meta={"portal": "z"})
    assert "xn--" in asked.url and scope.process_request(asked) is None


# --- outcome


@pytest.mark.parametrize(("status", "retry"), [(404, False), (403, False), (429, True), (500, True), (503, True)])
def test_an_error_that_may_pass_makes_the_run_incomplete(crawler, status, retry):
    OutcomeMiddleware.from_crawler(crawler).process_response(request(), Response(URL, status=status))
    (failure,) = Run.of(crawler).failures
    assert (failure.reason, failure.worth_a_retry) == (f"HTTP {status}", retry)


def test_a_timeout_is_told_in_words(crawler):
    with pytest.raises(Unreachable, match="unreachable: no whole answer in time"):
        OutcomeMiddleware.from_crawler(crawler).process_exception(request(), DownloadTimeoutError("x"))
    (failure,) = Run.of(crawler).failures
    assert failure.reason == "no whole answer in time"


def test_a_host_without_robots_txt_is_no_failure(crawler):
    outcome = OutcomeMiddleware.from_crawler(crawler)
    outcome.process_response(request("http://www.a.example/robots.txt", role="robots"), Response(URL, status=404))
    assert list(Run.of(crawler).failures) == []


# --- robots


class Engine:
    """Answers every download with what it was given, and keeps real downloader slots."""

    def __init__(self, answer):
        self.answer = answer
        self.asked = []
        self.spider = None
        self.slots = {"www.a.example": Slot(4, 0.5, 0.0)}
        self.downloader = SimpleNamespace(slots=self.slots, per_slot_settings={}, _get_slot=self.get_slot,
                                          get_slot_key=lambda request: "www.a.example")  # fmt: skip

    def get_slot(self, request):
        return "www.a.example", self.slots["www.a.example"]

    async def download_async(self, asked):
        self.asked.append(asked)
        await asyncio.sleep(0)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def robots(crawler, answer):
    crawler._engine = Engine(answer)
    return RobotsMiddleware.from_crawler(crawler), crawler._engine


def answer(status=200, body=b"", headers=None):
    return Response("http://www.a.example/robots.txt", status=status, body=body, headers=headers)


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        (answer(200, b"User-agent: *\nDisallow: /\n"), ForbiddenByRobots),
        (answer(200, b"User-agent: gongkai\nDisallow: /1.html\n\nUser-agent: *\nAllow: /\n"), ForbiddenByRobots),
        (answer(200, b"\xef\xbb\xbfUser-agent: *\r\nDisallow: /\r\n"), ForbiddenByRobots),
        (answer(200, b"User-agent: other\nDisallow: /\n"), None),
        (answer(200, b""), None),
        (answer(200, b"<html><body>not found</body></html>"), None),
        (answer(301, b""), None),
        (answer(401), None),
        (answer(403), None),
        (answer(404), None),
        (answer(410), None),
        (answer(429), RobotsUnreachable),
        (answer(500), RobotsUnreachable),
        (answer(503), RobotsUnreachable),
        (DownloadTimeoutError("x"), RobotsUnreachable),
        (OSError("connection lost"), RobotsUnreachable),
        (IgnoreRequest("max redirections reached"), None),
    ],
)
def test_robots_txt_is_obeyed_as_rfc_9309_says(crawler, given, outcome):
    middleware, _ = robots(crawler, given)
    if outcome is None:
        assert asyncio.run(middleware.process_request(request())) is None
    else:
        with pytest.raises(outcome):
            asyncio.run(middleware.process_request(request()))


def test_robots_txt_is_asked_once_however_many_pages_wait_for_it(crawler):
    middleware, engine = robots(crawler, answer(404))

    async def ask_for_many():
        await asyncio.gather(*(middleware.process_request(request(f"http://www.a.example/{n}")) for n in range(5)))

    asyncio.run(ask_for_many())
    (asked,) = engine.asked
    assert asked.url == "http://www.a.example/robots.txt"
    assert asked.meta["role"] == "robots" and asked.meta["portal"] == "a"


def test_an_unreachable_robots_txt_makes_the_run_incomplete(crawler):
    middleware, _ = robots(crawler, answer(503))
    with pytest.raises(RobotsUnreachable, match="HTTP 503"):
        asyncio.run(middleware.process_request(request()))
    assert next(iter(Run.of(crawler).failures)).worth_a_retry


@pytest.mark.parametrize(("asked", "delay"), [(b"2", 2.0), (b"0.1", 0.5), (b"99999", 120.0)])
def test_crawl_delay_slows_a_host_down_and_never_speeds_it_up(crawler, asked, delay):
    middleware, engine = robots(crawler, answer(200, b"User-agent: *\nCrawl-delay: " + asked + b"\n"))
    asyncio.run(middleware.process_request(request()))
    slot = engine.slots["www.a.example"]
    assert (slot.delay, slot.concurrency) == (delay, 1)
    assert engine.downloader.per_slot_settings["www.a.example"]["delay"] == delay


# --- pauses


def test_retry_after_holds_the_whole_host_back(crawler):
    crawler._engine = Engine(None)
    slot = crawler._engine.slots["www.a.example"]
    slot.delay = 0
    before = monotonic()
    pause = PauseExtension.from_crawler(crawler)
    pause.response_downloaded(Response(URL, status=503, headers={"Retry-After": "120"}), request())
    assert slot.lastseen >= before + 119 and slot.download_delay() > 0


def test_a_pause_has_a_limit_and_an_ordinary_answer_asks_for_none(crawler):
    crawler._engine = Engine(None)
    slot = crawler._engine.slots["www.a.example"]
    pause = PauseExtension.from_crawler(crawler)
    before = monotonic()
    pause.response_downloaded(Response(URL, headers={"Retry-After": "120"}), request())
    pause.response_downloaded(Response(URL, status=503), request())
    # The delay counts from the answer, and no more than the delay is waited for.
    assert before <= slot.lastseen <= monotonic()
    pause.response_downloaded(Response(URL, status=429, headers={"Retry-After": "999999"}), request())
    assert slot.lastseen <= monotonic() + 600


def test_too_many_requests_without_a_time_is_a_pause_that_doubles(crawler):
    crawler._engine = Engine(None)
    slot = crawler._engine.slots["www.a.example"]
    pause = PauseExtension.from_crawler(crawler)
    waits = []
    for times in (0, 1):
        slot.lastseen = 0
        pause.response_downloaded(Response(URL, status=429), request(retry_times=times))
        waits.append(slot.lastseen - monotonic())
    assert waits[0] > 1 and waits[1] > waits[0] + 1


@pytest.mark.parametrize("value", [b"", None, b"soon", b"-5", b"1.5", b"\xff", "１２".encode()])
def test_a_retry_after_that_says_nothing_is_none(value):
    assert read_retry_after(value, datetime.now(UTC)) is None


def test_a_retry_after_may_be_a_date():
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert read_retry_after(format_datetime(now + timedelta(seconds=90), usegmt=True).encode(), now) == 90
    assert read_retry_after(format_datetime(now - timedelta(days=9), usegmt=True).encode(), now) == 0


# --- asking for changes only


def keep(crawler, body=PAGE, **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    asyncio.run(CaptureMiddleware.from_crawler(crawler).process_response(
        request(role="report"), Response(URL, headers={"Content-Type": "text/html; charset=utf-8", **named}, body=body)
    ))


def test_a_report_held_already_is_asked_for_conditionally(crawler):
    keep(crawler, ETag='"v1"', Last_Modified="Mon, 01 Feb 2021 00:00:00 GMT")
    asked = request(role="report")
    UnchangedMiddleware.from_crawler(crawler).process_request(asked)
    assert asked.headers["If-None-Match"] == b'"v1"'
    assert asked.headers["If-Modified-Since"] == b"Mon, 01 Feb 2021 00:00:00 GMT"


def test_lists_retries_and_pages_cut_short_are_asked_for_whole(crawler):
    keep(crawler, ETag='"v1"')
    middleware = UnchangedMiddleware.from_crawler(crawler)
    for asked in (request(role="list"), request(role="report", retry_times=1), request("http://www.a.example/2", role="report")):
        asked.headers["If-None-Match"] = '"left over from a redirect"'
        middleware.process_request(asked)
        assert "If-None-Match" not in asked.headers
    torn = Response(URL, headers={"ETag": '"v2"'}, body=PAGE[:9], flags=["dataloss"])
    asyncio.run(CaptureMiddleware.from_crawler(crawler).process_response(request(role="report", retry_times=9), torn))
    asked = request(role="report")
    middleware.process_request(asked)
    assert "If-None-Match" not in asked.headers


def test_a_304_is_archived_and_answered_with_the_page_that_is_still_the_same(crawler):
    keep(crawler, gzip.compress(PAGE, mtime=0), ETag='"v1"', Content_Encoding="gzip")
    asked = request(role="report")
    not_modified = Response(URL, status=304, headers={"ETag": '"v1"'})
    asyncio.run(CaptureMiddleware.from_crawler(crawler).process_response(asked, not_modified))
    page = UnchangedMiddleware.from_crawler(crawler).process_response(asked, not_modified)
    assert page.status == 200 and page.body == PAGE and "unchanged" in page.flags
    assert isinstance(page, HtmlResponse) and "Content-Encoding" not in page.headers
    first, second = Run.of(crawler).archive.history(URL)
    assert (first.status, second.status) == (200, 304)
    assert asked.meta["fetched"] == first.fetched.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_a_304_that_nobody_asked_for_is_handed_on_as_it_is(crawler):
    not_modified = Response(URL, status=304)
    assert UnchangedMiddleware.from_crawler(crawler).process_response(request(), not_modified) is not_modified
