"""A run's memory does not grow with what it has done: what is done with lies on disk, and comes back when it is asked for."""

import asyncio
import threading

from scrapy import Spider
from scrapy.utils.test import get_crawler

from archive import Archive, ArchiveError, verify
from crawler.aside import Aside
from crawler.keeping import Keeping
from crawler.ledger import Ledger
from crawler.memory import MemoryExtension
from crawler.middlewares.robots import Rules
from crawler.tally import Failure, Failures, Reading, Tally
from tests.test_archive import PAGE, exchange


def test_values_put_aside_come_back_in_their_order_whatever_their_size(tmp_path):
    aside = Aside(tmp_path / "runs")
    values = [{"text": "年\u2028\ud800" * 3}, ["x" * 3_000_000], None, {"n": 1}]
    places = [aside.put(value) for value in values]
    assert [aside.get(place) for place in reversed(places)] == values[::-1]
    assert list(aside) == values and list(aside) == values
    assert list(Aside()) == []


def test_an_account_that_was_put_aside_says_the_same_and_can_be_added_to():
    ledger = Ledger(range(2019, 2022))
    for id in ("a", "b"):
        ledger.portals.register(id, "青溪县人民政府", f"http://{id}.gov.cn/")
        account = ledger.portal(id)
        account.saw_page("x")
        account.left_out("another year", 3)
        account.found_report("http://a/1", year=2020, organ="县教育局", title="年报", verdict="verified")
        account.gave_up("http://a/2", "http 503", "2021年")
    before = ledger.to_dict()
    ledger.portals.put_aside("a")
    assert ledger.to_dict() == before
    assert ledger.look("a").left == ledger.look("b").left == {"another year": 3}
    ledger.portal("a").left_out("another year")
    ledger.portals.put_aside("a")
    assert ledger.look("a").left["another year"] == 4 and list(ledger.portals) == ["a", "b"]


def test_an_account_stays_in_memory_when_the_disk_does_not_take_it(tmp_path):
    (tmp_path / "file").write_text("in the way")
    ledger = Ledger(folder=tmp_path / "file" / "runs")
    ledger.portal("a").saw_page("x")
    ledger.portals.put_aside("a")
    assert ledger.look("a").pages == 1


def test_a_registered_portal_that_was_not_met_is_told_of_as_not_visited():
    ledger = Ledger(range(2020, 2021))
    ledger.portals.register("a", "青溪县人民政府", "http://a.gov.cn/", "500100")
    told = ledger.to_dict()
    assert told["portals"][0]["missing"] == {"2020": "not visited"} and told["organ_years"][0]["division"] == "500100"


def test_failures_are_told_in_their_order_also_from_a_disk_that_is_full(tmp_path):
    def failure(n):
        return Failure(f"http://a/{n}", "HTTP 403" if n == 1 else "HTTP 503", f"p{n}", None, n == 2)

    for folder in (tmp_path, tmp_path / "file" / "x"):
        (tmp_path / "file").write_text("in the way")
        failures = Failures(folder)
        for n in range(3):
            failures.append(failure(n))
        assert list(failures) == [failure(n) for n in range(3)] and len(failures) == 3
        assert failures.worth_a_retry == 1 and failures.refused == {"p1"}


def test_readings_are_counted_by_portal_and_kind():
    readings = [Reading("a", 2000 + n % 90, "verified", f"state {n}") for n in range(70_000)]
    tally = Tally([*readings, readings[0], Reading("b", None, "partial", "new")])
    assert tally.of("a") == [*readings, readings[0]] and len(tally) == 70_002
    counted = dict(tally.counted())
    assert counted[readings[0]] == 2 and counted[Reading("b", None, "partial", "new")] == 1


def test_rules_that_were_read_make_room_and_those_that_say_nothing_stay():
    rules = Rules(most=2)
    rules.put("shut", "HTTP 503")
    for place in ("a", "b"):
        rules.put(place, object())
    assert rules.get("a")
    rules.put("c", object())
    assert ["shut" in rules, "a" in rules, "b" in rules, "c" in rules] == [True, True, False, True]
    assert rules.get("shut") == "HTTP 503" and len(rules) == 3


def test_what_a_large_program_took_before_it_started_us_is_not_ours():
    extension = MemoryExtension(get_crawler(Spider, {"MEMUSAGE_ENABLED": True}))
    with_much = bytearray(b"x" * (256 << 20))
    taken = extension.get_virtual_size()
    del with_much
    assert extension.get_virtual_size() < taken - (128 << 20)


def test_exchanges_that_come_at_once_are_all_on_disk_when_they_are_acknowledged(tmp_path):
    with Archive.open(tmp_path, software="test/1", operator="test") as archive:
        keeping = Keeping(lambda: archive)
        urls = [f"http://a/{number % 40}" for number in range(100)]

        async def crawl():
            return await asyncio.gather(*(keeping.record(exchange(url)) for url in urls))

        captures = asyncio.run(crawl())
        keeping.close()
        assert [capture.url for capture in captures] == urls
        assert [capture.seq for capture in captures] == list(range(1, 101))
        # The second answer with the same body says so: it was recorded after the first.
        assert [capture.kind for capture in captures] == ["response"] * 40 + ["revisit"] * 60
        with Archive.read(tmp_path) as reader:
            assert list(reader.captures()) == captures
            assert all(reader.load(capture).body == PAGE for capture in captures)
    assert list(verify(tmp_path)) == []


def test_who_waits_for_a_disk_that_refuses_is_told_and_nothing_was_kept(tmp_path):
    with Archive.open(tmp_path, software="test/1", operator="test", free_space=lambda path: 1 << 40) as archive:
        archive._writing._free_space = lambda path: 0
        keeping = Keeping(lambda: archive)

        async def crawl():
            asked = (keeping.record(exchange(f"http://a/{n}")) for n in range(3))
            return await asyncio.gather(*asked, return_exceptions=True)

        assert all(isinstance(each, ArchiveError) for each in asyncio.run(crawl()))
        keeping.close()
        assert list(archive.captures()) == []


def test_the_crawl_goes_on_while_the_disk_is_busy(tmp_path):
    free = threading.Event()
    with Archive.open(tmp_path, software="test/1", operator="test") as archive:
        keeping = Keeping(lambda: archive)

        async def crawl():
            busy = asyncio.ensure_future(keeping.write(free.wait))
            kept = asyncio.ensure_future(keeping.record(exchange()))
            await asyncio.sleep(0)
            assert archive.latest("http://county.example/2020.html") is None and not kept.done()
            free.set()  # only reached when nobody stands in the way
            assert await busy
            return await kept

        capture = asyncio.run(crawl())
        keeping.close()
        assert archive.latest("http://county.example/2020.html") == capture
