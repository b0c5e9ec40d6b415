"""The queue that gives places only to hosts that can be asked now."""

import subprocess
import sys
from collections import deque
from pathlib import Path
from types import SimpleNamespace

import pytest
from scrapy import Request
from scrapy.core.downloader import Slot

from crawler.queue import AddressQueue

ROOT = Path(__file__).resolve().parents[1]


class Neighbours:
    """Two platforms and their hosts, all known."""

    def __init__(self, slots):
        self._slots = slots

    def known(self, host):
        return self._slots.get(host, host)


def queue_of(slots=None, *, delay=3.0):
    downloader = SimpleNamespace(slots={}, per_slot_settings={}, domain_concurrency=1)
    engine = SimpleNamespace(downloader=downloader, _slot=SimpleNamespace(inprogress=set(), closing=None))
    neighbours = Neighbours(slots or {})
    queue = AddressQueue(SimpleNamespace(engine=engine, get_downloader_middleware=lambda kind: neighbours))
    queue._wake_when_due = lambda now: None  # no loop runs here

    def ask():
        """Take the next request and mark it as the engine and the downloader do."""
        request = queue.pop()
        if request is not None:
            engine._slot.inprogress.add(request)
            slot = neighbours.known(request.url.split("/")[2])
            downloader.slots.setdefault(slot, Slot(1, delay, 0.0)).lastseen = clock[0]
        return request

    return queue, engine, ask


clock = [1000.0]


@pytest.fixture(autouse=True)
def standing_clock(monkeypatch):
    clock[0] = 1000.0
    monkeypatch.setattr("crawler.queue.monotonic", lambda: clock[0])


def urls(ask):
    found = []
    while (request := ask()) is not None:
        found.append(request.url)
    return found


def test_hosts_of_one_address_take_one_place():
    platform = {f"county{n}.example": "county0.example" for n in range(50)}
    queue, _, ask = queue_of(platform)
    for n in range(50):
        queue.push(Request(f"http://county{n}.example/"))
    queue.push(Request("http://alone.example/"))
    assert sorted(urls(ask)) == ["http://alone.example/", "http://county49.example/"]
    assert len(queue) == 49


def test_a_host_is_not_asked_again_while_an_answer_is_under_way_or_before_its_delay():
    queue, engine, ask = queue_of()
    for n in range(3):
        queue.push(Request(f"http://a.example/{n}"))
    first = ask()
    clock[0] += 60  # it is slow, not free
    assert ask() is None
    engine._slot.inprogress.discard(first)
    second = ask()
    engine._slot.inprogress.discard(second)
    clock[0] += 2.9
    assert ask() is None
    clock[0] += 0.1
    assert ask() is not None and len(queue) == 0


def test_a_pause_that_a_host_asks_for_while_its_turn_comes_is_kept():
    queue, engine, ask = queue_of()
    queue.push(Request("http://a.example/1"))
    queue.push(Request("http://a.example/2"))
    engine._slot.inprogress.discard(ask())
    assert ask() is None  # waits for its delay
    engine.downloader.slots["a.example"].lastseen += 600
    clock[0] += 3
    assert ask() is None
    clock[0] += 600
    assert ask() is not None


def test_the_more_important_request_of_a_host_goes_first_and_hosts_take_turns():
    queue, engine, ask = queue_of(delay=0)
    for host in ("a", "b"):
        for priority in (0, 10, 5):
            queue.push(Request(f"http://{host}.example/{priority}", priority=priority))
    order = deque()
    while (request := ask()) is not None:
        order.append(request.url.removeprefix("http://").replace(".example", ""))
        engine._slot.inprogress.clear()
    assert list(order) == ["a/10", "b/10", "a/5", "b/5", "a/0", "b/0"]


def test_a_virtual_internet_is_crawled_with_its_delays_kept(tmp_path):
    """Sixty hosts of all tempers through the front door; the server's log is the witness."""
    told = subprocess.run(
        [sys.executable, "-m", "tests.internet", "--hosts", "60", "--delay", "0.3", "--platform", "4", "--minutes", "1.5",
         "--folder", str(tmp_path), "-s", "DOWNLOAD_TIMEOUT=8", "-s", "DNS_TIMEOUT=1", "-s", "RETRY_TIMES=0"],
        cwd=ROOT, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert told.returncode == 0, told.stdout + told.stderr
    assert "promised and not there 0, twice 0" in told.stdout
