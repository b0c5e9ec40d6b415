"""A page that stops its reader costs itself and nothing else, and no process outlives the one that started it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from crawler.reading import SavedPage
from crawler.workers import TOO_LARGE, TOO_LONG, Limits, Workers
from tests.test_crawl_command import PROJECT, records
from tests.test_hostile_servers import answer, crawl_all, replayed
from tests.test_replay import records as lines
from tests.test_replay import report, scrapy

URL = "http://www.a.example/nb/t1.html"


def heavy(attributes):
    """So many attributes of one element: at a million, seconds of work and hundreds of megabytes."""
    return b"<p " + b"".join(b'a%d="x" ' % number for number in range(attributes)) + b">"


HEAVY = heavy(1_000_000)


def page(body=None, url=URL):
    return SavedPage(report() if body is None else body, url, "text/html")


def children(parent):
    """The processes that a process has started and that are alive."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, above = entry.read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if int(above) == parent and state != "Z":
            found.append(int(entry.parent.name))
    return found


def wait_for(condition, seconds=30):
    until = time.monotonic() + seconds
    while not condition() and time.monotonic() < until:
        time.sleep(0.02)
    return condition()


@pytest.mark.parametrize(("limits", "words"), [(Limits(seconds=0.5), TOO_LONG), (Limits(memory=100 << 20), TOO_LARGE)])
def test_a_page_that_costs_too_much_is_cut_and_its_neighbours_are_read(limits, words):
    with Workers(2, limits) as workers:
        answers = [workers.submit("saved", page(body)) for body in (None, HEAVY, None, None, HEAVY, None)]
        done = [each.result(60) for each in answers]
    assert [each.cut for each in done] == [None, words, None, None, words, None]
    assert {each.value["verdict"] for each in done if each.cut is None} == {done[0].value["verdict"]} != {"unreadable"}


def test_a_process_that_somebody_kills_is_replaced_and_the_page_is_read_after_all():
    with Workers(1) as workers:
        assert workers.submit("saved", page()).result(30).cut is None
        before = children(os.getpid())
        heavy = workers.submit("saved", page(HEAVY))
        os.kill(before[-1], signal.SIGKILL)
        assert heavy.result(60).cut is None
        assert before[-1] not in children(os.getpid())


def test_what_the_work_itself_raises_is_raised_and_the_process_goes_on():
    with Workers(1) as workers:
        with pytest.raises(RuntimeError, match="KeyError: 'unheard of'"):
            workers.submit("unheard of", page()).result(30)
        assert workers.submit("saved", page()).result(30).cut is None


def test_closing_ends_a_process_in_the_middle_of_a_page():
    workers = Workers(1)
    heavy = workers.submit("saved", page(HEAVY))
    wait_for(lambda: children(os.getpid()))
    workers.close()
    assert heavy.cancelled() or heavy.result(0) is not None
    assert not children(os.getpid())


def test_the_processes_end_with_the_one_that_started_them_even_in_the_middle_of_a_page():
    code = (
        "from tests.test_workers import *\n"
        "w = Workers(2); w.submit('saved', page()).result(); w.submit('saved', page(HEAVY)); w.submit('saved', page(HEAVY))\n"
        "wait_for(lambda: len(children(os.getpid())) == 2); print(*children(os.getpid()), flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=PROJECT, stdout=subprocess.PIPE, text=True)
    started = [int(number) for number in parent.stdout.readline().split()]
    assert len(started) == 2
    parent.kill()
    parent.wait()
    assert wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in started), 10)


def test_a_replay_says_which_page_was_cut_and_writes_the_same_bytes_with_any_number_of_workers(tmp_path):
    saved = tmp_path / "saved"
    saved.mkdir()
    for number in range(40):
        (saved / f"{number:02d}.html").write_bytes(HEAVY if number == 7 else report(f"第{number}镇"))
    outputs = []
    for workers in (1, 2):
        done = scrapy("replay", saved, "--workers", workers, "-s", "PAGE_TIMEOUT=0.5")
        assert done.returncode == 0, done.stderr.decode()
        outputs.append(done.stdout)
    assert outputs[0] == outputs[1]
    found = lines(outputs[0])
    assert [record["source"]["url"] for record in found] == [f"{number:02d}.html" for number in range(40)]
    (cut,) = [record for record in found if record["verdict"] == "unreadable"]
    assert [(each["check"], each["message"]) for each in cut["findings"]] == [("source.cut", TOO_LONG)]


def test_a_crawl_records_a_page_that_stopped_its_reader_and_replays_to_the_same_record(tmp_path):
    # The kind of page is told in a quarter of the time that reading it takes: that too must be well over the limit.
    limit = ("-s", "PAGE_TIMEOUT=0.15")
    home, status, out, why, found = crawl_all(tmp_path, {"a": {"bad": answer(heavy(1_600_000))}, "b": {}}, *limit)
    by_url = {record["source"]["url"].rpartition("/")[2]: record for record in found["a"]}
    assert by_url["t2020.html"]["verdict"] == "unreadable" and why["a"] == [TOO_LONG], out
    assert by_url["t2020.html"]["source"]["snapshot"] and by_url["t2019.html"]["verdict"] != "unreadable"
    assert len(found["b"]) == 1 and TOO_LONG in out and status == 0
    assert len(replayed(home, *limit)) == len(records(home))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<html><body>" + b"<p>x</p>" * (3 << 20), "are not read"),
        (("<p>" + "锟斤拷" * 400).encode(), "decoded wrongly"),
    ],
)
def test_a_page_in_a_reports_place_that_nobody_can_read_has_a_record_that_says_so(tmp_path, body, words):
    home, _, out, _, found = crawl_all(tmp_path, {"a": {"bad": answer(body)}})
    (record,) = [record for record in found["a"] if record["source"]["url"].endswith("t2020.html")]
    assert record["verdict"] == "unreadable" and record["findings"], out
    assert words in record["findings"][0]["message"] and record["source"]["snapshot"]
    assert len(replayed(home)) == len(records(home))


@pytest.mark.parametrize("setting", ["PAGE_TIMEOUT=soon", "PAGE_MEMORY_MB=1"])
def test_limits_that_are_none_are_refused_in_one_line(tmp_path, setting):
    (tmp_path / "a.html").write_bytes(report())
    done = scrapy("replay", tmp_path, "-s", setting)
    assert done.returncode == 2 and len(done.stderr.decode().splitlines()) == 1
