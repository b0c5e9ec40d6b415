"""Hosts that share an address share their delay, dead hosts cost little, and a night's crawl ends in the morning."""

import asyncio
import json
import logging
from collections import namedtuple
from datetime import UTC, datetime

import pytest
from scrapy import Request
from scrapy.exceptions import UsageError
from scrapy.utils.test import get_crawler
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.task import Clock

from crawler.breaker import Breaker, HostGivenUp
from crawler.logs import PlainLines
from crawler.middlewares import NeighboursMiddleware
from crawler.resolver import PatientResolver
from crawler.status import Status, crawl_status
from crawler.window import read_window
from tests.test_crawl_command import Site, crawl, journal, records, write_registry
from tests.test_guard import Receiver, Table


def test_hosts_on_one_address_share_the_slot_of_the_first():
    neighbours = NeighboursMiddleware(get_crawler())
    assert neighbours.join("www.a.example", ["202.106.0.20"]) == "www.a.example"
    assert neighbours.join("www.b.example", ["202.106.0.20", "202.106.0.21"]) == "www.a.example"
    assert neighbours.join("www.c.example", ["202.106.0.21"]) == "www.a.example"
    assert neighbours.join("www.d.example", ["202.106.0.22"]) == "www.d.example"
    assert neighbours.join("www.e.example", []) == "www.e.example"


def test_both_families_are_resolved_and_kept_with_the_port_that_is_asked_for():
    table, clock = Table(www_a_example=["202.106.0.20", "2400:3200::1"]), Clock()
    resolver = PatientResolver(clock, table, timeout=20)
    for port in (80, 8080):
        seen = []
        receiver = Receiver()
        receiver.addressResolved = seen.append
        resolver.resolveHostName(receiver, "www.a.example", port)
        assert seen == [IPv4Address("TCP", "202.106.0.20", port), IPv6Address("TCP", "2400:3200::1", port)]
    assert table.asked == ["www.a.example"]


def test_a_name_server_that_is_silent_ends_the_waiting():
    Silent = namedtuple("Silent", "resolveHostName")
    clock, receiver = Clock(), Receiver()
    resolver = PatientResolver(clock, Silent(lambda *args: None), timeout=20)
    resolver.resolveHostName(receiver, "www.a.example", 80)
    clock.advance(19)
    assert not receiver.complete
    clock.advance(1)
    assert receiver.complete and receiver.addresses == []


@pytest.mark.parametrize("name", ["", "a" * 64 + ".example", "a..example", "%31%32%37.0.0.1", "a\0b"])
def test_what_is_no_name_is_asked_of_nobody(name):
    table, receiver = Table(), Receiver()
    PatientResolver(Clock(), table, timeout=20).resolveHostName(receiver, name, 80)
    assert receiver.complete and table.asked == []


def test_a_host_that_does_not_answer_is_left_alone_and_tried_once_after_the_pause():
    now = [0.0]
    breaker = Breaker(3, 600, lambda: now[0])
    for _ in range(2):
        breaker.failed("a:80")
    breaker.check("a:80")
    breaker.failed("a:80")
    with pytest.raises(HostGivenUp, match="did not answer 3 times in a row"):
        breaker.check("a:80")
    breaker.check("b:80")
    now[0] = 601
    breaker.check("a:80")
    with pytest.raises(HostGivenUp):
        breaker.check("a:80")
    breaker.answered("a:80")
    breaker.check("a:80")


@pytest.mark.parametrize(
    ("window", "inside", "outside"),
    [
        ("22:00-07:00+08:00", ("2026-01-01T14:00", "2026-01-01T22:59"), ("2026-01-01T13:59", "2026-01-01T23:00")),
        ("01:00-05:30Z", ("2026-01-01T01:00", "2026-01-01T05:29"), ("2026-01-01T00:59", "2026-01-01T05:30")),
        ("20:00-23:00-05:00", ("2026-01-01T01:00",), ("2026-01-01T04:00",)),
    ],
)
def test_the_hours_of_the_night_are_those_of_its_place(window, inside, outside):
    hours = read_window(window)
    for text, expected in [*((each, True) for each in inside), *((each, False) for each in outside)]:
        assert hours.holds(datetime.fromisoformat(text).replace(tzinfo=UTC)) is expected, text


@pytest.mark.parametrize("text", ["22:00-07:00", "at night", "25:00-07:00+08:00", "07:00-07:00+08:00", "22-7+8"])
def test_hours_that_say_nothing_certain_are_refused(text):
    with pytest.raises(UsageError, match="CRAWL_WINDOW: cannot read"):
        read_window(text)


def test_a_run_outside_its_hours_ends_with_a_status_of_its_own_and_is_taken_up(tmp_path):
    site = Site()
    registry, home = write_registry(tmp_path, site.url), tmp_path / "home"
    hour = datetime.now(UTC).hour
    try:
        closed = f"CRAWL_WINDOW={(hour + 3) % 24:02d}:00-{(hour + 4) % 24:02d}:00Z"
        status, _, err = crawl(home, "-s", closed, registry=registry)
        assert status == Status.TIME_LIMIT and "Outside the hours of CRAWL_WINDOW" in err
        status, _, _ = crawl(home, registry=registry)
        assert status == 0 and journal(home)["takes_up"] == ["r000001"] and len(records(home)) == 2
    finally:
        site.close()


def test_a_disk_with_too_little_room_ends_the_crawl_before_it_is_full(tmp_path):
    site = Site()
    try:
        status, _, err = crawl(tmp_path / "home", "-s", f"DISK_FLOOR_MB={1 << 40}", registry=write_registry(tmp_path, site.url))
    finally:
        site.close()
    assert status == Status.DISK and "must stay free" in err


def test_a_host_that_refuses_us_has_a_status_of_its_own(tmp_path):
    site = Site()
    site.answers = {path: (403, {}, b"<html><body>no</body></html>") for path in site.answers}
    try:
        status, out, _ = crawl(tmp_path / "home", registry=write_registry(tmp_path, site.url))
    finally:
        site.close()
    assert status == Status.BLOCKED, out


def test_damage_in_the_old_archive_that_a_crawl_meets_is_in_its_status(tmp_path):
    site = Site()
    registry, home = write_registry(tmp_path, site.url), tmp_path / "home"
    try:
        crawl(home, registry=registry)
        (warc,) = (home / "warc").glob("*/*.warc.gz")
        data = bytearray(warc.read_bytes())
        for at in range(len(data) // 4, len(data), 97):
            data[at] ^= 255
        warc.write_bytes(data)
        status, _, _ = crawl(home, registry=registry)
        assert status == Status.DISK and journal(home)["damage"]
    finally:
        site.close()


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({"reason": "finished"}, Status.DONE),
        ({"reason": "finished", "bugs": 1}, Status.BUG),
        ({"reason": "finished", "failures": 1}, Status.INCOMPLETE),
        ({"reason": "finished", "failures": 1, "empty_portals": 1, "blocked": 1}, Status.BLOCKED),
        ({"reason": "finished", "damage": 1}, Status.DISK),
        ({"reason": "archive", "bugs": 1}, Status.DISK),
        ({"reason": "shutdown"}, Status.STOPPED),
        ({"reason": "memusage_exceeded"}, Status.STOPPED),
        ({"reason": "closespider_timeout"}, Status.TIME_LIMIT),
        ({"reason": "out of hours"}, Status.TIME_LIMIT),
    ],
)
def test_each_end_of_a_crawl_has_its_status(told, status):
    given = {"bugs": 0, "pages": 9, "failures": 0, "empty_portals": 0, **told}
    assert crawl_status(given.pop("reason"), **given) is status


def test_a_crawl_that_hits_its_time_limit_says_so(tmp_path):
    site = Site()
    site.slow = 0.6
    try:
        status, _, _ = crawl(tmp_path / "home", "-s", "CLOSESPIDER_TIMEOUT=1", registry=write_registry(tmp_path, site.url))
    finally:
        site.close()
    assert status == Status.TIME_LIMIT
    assert json.loads((tmp_path / "home" / "runs" / "r000001.json").read_text("utf-8"))["reason"] == "closespider_timeout"


def test_a_request_that_was_redirected_has_the_slot_of_where_it_goes():
    neighbours = NeighboursMiddleware(get_crawler())
    request = Request("http://www.b.example/", meta={"download_slot": "www.a.example"})
    asyncio.run(neighbours.process_request(request))
    assert "download_slot" not in request.meta


def test_no_word_of_a_stranger_forges_a_log_line_or_commands_a_terminal():
    told = logging.makeLogRecord({"msg": "%s", "args": ("a\n2026 ERROR forged\x1b[31m\r\x9b\u202e\u2028",), "levelname": "INFO"})
    try:
        raise ValueError("b\x1b]0;x\x07")
    except ValueError as error:
        told.exc_info = (type(error), error, error.__traceback__)
    line, _, traceback = PlainLines("%(levelname)s %(message)s").format(told).partition("\n")
    assert line.split() == ["INFO", "a", "2026", "ERROR", "forged", "[31m"]
    assert traceback.startswith("Traceback") and not set("\x1b\x07\r\x9b") & set(line + traceback)
