"""A crawl that was killed, run again, ends as one that was never killed; what is known is not asked again.

The file of records equals a replay of its own archive to the byte. The files of two crawls are compared without what
depends on when and in which order pages came: the times, and which of the addresses of one report came first.
`python -m tests.test_resume [KILLS]` is the long form.
"""

import json
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from archive import Archive
from crawler.twins import name_capture
from tests.test_crawl_command import Site, crawl, journal, page, report, start, write_registry
from tests.test_replay import scrapy

#: pages that a host on this machine is asked for at once, see `_hurry_on_loopback` of the spider
IN_FLIGHT = 8


def town_site(reports, per_page=6):
    """A portal with its reports on a list of several pages, of four organs each year; one in four has two addresses."""
    site = Site()
    for path in list(site.answers):
        if path.startswith("/nb/"):
            del site.answers[path]
    items = []
    for number in range(reports):
        year, organ = 2008 + number // 4, ("河口镇", "山前镇", "平坝镇", "青山镇")[number % 4]
        path = f"/nb/{year}/t{number}.html"
        title = f"{organ}{year}年政府信息公开工作年度报告"
        items.append(f'<li><a href="{path}">{title}</a> <span>{year + 1}-01-20</span></li>')
        site.answers[path] = (200, {}, report(year).decode().replace("河口镇", organ).encode())
        if number % 4 == 1:
            items.append(items[-1].replace("/nb/", "/gk/"))
            site.answers[path.replace("/nb/", "/gk/")] = site.answers[path]
    pages = [items[at : at + per_page] for at in range(0, len(items), per_page)]
    names = ["/nb/" if at == 0 else f"/nb/index_{at}.html" for at in range(len(pages))]
    for at, (name, part) in enumerate(zip(names, pages, strict=True)):
        turn = f'<a href="{names[at + 1]}">下一页</a>' if at + 1 < len(names) else ""
        site.answers[name] = (200, {}, page("政府信息公开年报", f"<ul>{''.join(part)}</ul><div>共{len(pages)}页 {turn}</div>"))
    return site


def dataset(home):
    """What a home says, line by line: each report with the set of its addresses."""
    said = []
    for line in (home / "reports.jsonl").read_bytes().splitlines():
        record = json.loads(line)
        source = record["source"]
        assert record.pop("check")  # the digest of the line as it stands, times and all
        own = {name: source.pop(name) for name in ("url", "fetched", "sha256", "snapshot")}
        addresses = [own, *source.pop("also_at", ())]
        assert all(address.pop("fetched") for address in addresses)
        # The id is that of the address that came first.
        assert record.pop("report_id") == name_capture(own["url"], own["sha256"])
        said.append(json.dumps([record, sorted(addresses, key=json.dumps)], ensure_ascii=False, sort_keys=True))
    return sorted(said)


def replayed(home):
    """The records that a replay of the archive writes."""
    done = scrapy("replay", "-s", f"ARCHIVE_DIR={home}", "-O", home.parent / "replayed.jsonl")
    assert done.returncode == 0, done.stderr.decode()
    return (home.parent / "replayed.jsonl").read_bytes()


def kill_and_compare(tmp_path, site, kills, chance):
    """Kill a crawl so many times, let it end, and return how often each path was asked."""
    registry = write_registry(tmp_path, site.url)
    site.slow = 0.02
    status, out, _ = crawl(tmp_path / "whole" / "home", registry=registry)
    assert status == 0, out
    whole = Counter(site.paths())
    site.asked.clear()
    home = tmp_path / "killed" / "home"
    killed = 0
    for _ in range(kills):
        running = start(home, "county_portals", "-a", f"portals={registry}")
        # So many requests from now on: a kill in the middle of the work, wherever the machine is fast or slow.
        until = len(site.asked) + chance.randrange(1, max(3, len(whole) // kills + 3))
        give_up = time.monotonic() + 60
        while len(site.asked) < until and running.poll() is None and time.monotonic() < give_up:
            time.sleep(0.001)
        killed += running.poll() is None
        running.kill()
        running.communicate(timeout=60)
    status, out, _ = crawl(home, registry=registry)
    assert status == 0, out
    assert dataset(home) == dataset(tmp_path / "whole" / "home")
    assert replayed(home) == (home / "reports.jsonl").read_bytes()
    assert set(site.paths()) == set(whole)
    done = scrapy("verify", home)
    assert done.returncode == 0, done.stdout.decode()
    again = Counter(site.paths())
    return killed, sum(again.values()) - sum(whole.values()), again


def test_a_crawl_killed_again_and_again_ends_as_one_that_never_was(tmp_path):
    site = town_site(16)
    try:
        killed, extra, _ = kill_and_compare(tmp_path, site, 3, random.Random(7))
    finally:
        site.close()
    assert killed >= 1
    assert extra <= killed * IN_FLIGHT
    told = journal(tmp_path / "killed" / "home")
    assert len(told["takes_up"]) == killed and told["counts"]["from_archive"] > 0


def test_a_run_that_ended_is_not_taken_up_and_an_old_one_neither(tmp_path):
    site = town_site(4)
    registry, home = write_registry(tmp_path, site.url), tmp_path / "home"
    try:
        crawl(home, registry=registry)
        site.asked.clear()
        crawl(home, registry=registry)
        assert len(site.asked) > 5 and journal(home)["takes_up"] == []
        path = home / "runs" / "r000002.json"
        told = json.loads(path.read_text("utf-8"))
        path.write_text(json.dumps({**told, "reason": "running", "ended": None}), "utf-8")
        site.asked.clear()
        crawl(home, "-s", "RESUME_WITHIN=0", registry=registry)
        assert len(site.asked) > 5
    finally:
        site.close()


def test_reports_that_are_known_are_not_asked_again_for_as_long_as_one_wants(tmp_path):
    site = town_site(12)
    registry, home = write_registry(tmp_path, site.url), tmp_path / "home"
    try:
        crawl(home, registry=registry)
        first = len(site.asked)
        before = (home / "reports.jsonl").read_bytes()
        site.asked.clear()
        status, out, _ = crawl(home, "-s", "RECHECK=30d", registry=registry)
        second = site.paths()
        assert status == 0 and "12 unchanged" in out
        assert not [path for path in second if "/t" in path] and "/nb/" in second and "/robots.txt" in second
        assert len(second) < first / 2 and (home / "reports.jsonl").read_bytes() == before
        # A new report is found all the same: the lists are asked.
        status_, headers, body = site.answers["/nb/"]
        link = '<li><a href="/nb/2020/t99.html">河口镇2020年政府信息公开工作年度报告</a> <span>2021-01-20</span></li>'
        site.answers["/nb/"] = (status_, headers, body.decode().replace("<ul>", "<ul>" + link).encode())
        site.answers["/nb/2020/t99.html"] = (200, {}, report(2020))
        status, out, _ = crawl(home, "-s", "RECHECK=30d", registry=registry)
        assert status == 0 and "1 new" in out
    finally:
        site.close()


def test_an_age_that_is_none_is_refused_in_one_line(tmp_path):
    site = Site()
    try:
        status, _, err = crawl(tmp_path / "home", "-s", "RECHECK=soon", registry=write_registry(tmp_path, site.url))
    finally:
        site.close()
    assert status == 2 and "RECHECK: cannot read 'soon'" in err and site.asked == []


def main():
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.SystemRandom().randrange(1 << 30)
    site = town_site(60)
    with tempfile.TemporaryDirectory() as folder:
        try:
            killed, extra, asked = kill_and_compare(Path(folder), site, kills, random.Random(seed))
        finally:
            site.close()
        with Archive.read(Path(folder) / "killed" / "home") as archive:
            captures = sum(1 for _ in archive.captures())
    print(
        f"seed {seed}: {killed} of {kills} runs were killed at work; records and dataset equal those of a run that was "
        f"not; {len(asked)} pages, {extra} requests more than once ({extra / max(1, killed):.1f} a kill, at most "
        f"{IN_FLIGHT} in flight), {captures} exchanges in the archive"
    )


if __name__ == "__main__":
    main()
