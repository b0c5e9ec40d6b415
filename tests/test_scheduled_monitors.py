"""Thresholds that fail a run which ended well and lost something."""

from importlib.util import find_spec

import pytest

from crawler.monitors import Thresholds, find_alarms
from tests.test_crawl_command import Site, crawl, journal, page, write_registry

needs_spidermon = pytest.mark.skipif(find_spec("spidermon") is None, reason="the package spidermon is not installed: pip install spidermon")
ON = ("-s", "SPIDERMON_ENABLED=1")


def told(reports=10, unreadable=0, pages=20, missed=0, portals=2, organ_years=()):
    failures = [{"worth_a_retry": True}] * missed + [{"worth_a_retry": False}] * 5
    return {
        "run": "r000001", "asked_for": {"portals": [f"p{n}" for n in range(portals)]}, "failures": failures,
        "counts": {"pages": pages, "verdicts": {"verified": reports - unreadable, "unreadable": unreadable, "not_a_report": 3}},
        "ledger": {"organ_years": organ_years},
    }  # fmt: skip


def names(journal, last=None, blocked=0, **allowed):
    return [name for name, _ in find_alarms(journal, last, blocked, Thresholds(**allowed))]


def test_a_threshold_is_broken_by_the_first_report_beyond_it_and_not_before():
    assert names(told()) == []
    assert names(told(reports=0)) == ["reports"]
    assert names(told(reports=9), told(reports=10), fewer=0.1) == []
    assert names(told(reports=8), told(reports=10), fewer=0.1) == ["fewer"]
    assert names(told(reports=12), told(reports=10)) == []
    assert names(told(unreadable=1), unreadable=0.1) == [] and names(told(unreadable=2), unreadable=0.1) == ["unreadable"]
    assert names(told(), blocked=1, ) == ["blocked"] and names(told(portals=20), blocked=2) == []
    assert names(told(pages=18, missed=2)) == [] and names(told(pages=17, missed=3)) == ["unread"]


def test_organ_years_that_were_had_and_are_gone_are_an_alarm_though_the_count_is_the_same():
    row = {"portal": "p0", "division": None, "reason": "", "urls": []}
    before = [row | {"organ": "教育局", "year": 2020, "state": "found"}]
    after = [row | {"organ": "民政局", "year": 2020, "state": "found"}]
    alarms = dict(find_alarms(told(organ_years=after), told(organ_years=before), 0, Thresholds()))
    assert list(alarms) == ["lost"] and "教育局 2020" in alarms["lost"]
    assert names(told(organ_years=before), told(organ_years=before)) == []


@needs_spidermon
def test_a_portal_that_lost_a_report_since_the_last_run_fails_a_run_that_ended_well(tmp_path):
    site, home = Site(), tmp_path / "home"
    registry = write_registry(tmp_path, site.url)
    try:
        assert crawl(home, *ON, registry=registry)[0] == 0
        site.answers["/nb/"] = (200, {}, page("政府信息公开年报", '<ul><li><a href="/nb/t2019.html">河口镇2019年政府信息公开工作年度报告</a></li></ul>'))
        status, _, err = crawl(home, "-s", "MONITOR_FEWER_MAX=0.1", *ON, registry=registry)
    finally:
        site.close()
    assert status == 12 and "Monitor fewer: 1 reports; run r000001 had 2" in err
    assert any(line.startswith("fewer: ") for line in journal(home)["alarms"])


@needs_spidermon
def test_a_run_that_finds_less_than_it_must_fails_only_with_the_monitors_on(tmp_path):
    site, home = Site(), tmp_path / "home"
    registry = write_registry(tmp_path, site.url)
    try:
        status, _, err = crawl(home, "-s", "MONITOR_REPORTS_MIN=3", registry=registry)
        assert status == 0 and "Monitor" not in err
        status, _, err = crawl(home, "-s", "MONITOR_REPORTS_MIN=3", *ON, registry=registry)
        assert status == 12 and "2 reports; at least 3 are expected" in err
        status, _, err = crawl(home, "-s", "MONITOR_REPORTS_MIN=many", *ON, registry=registry)
        assert status != 0 and "is a number" in err
    finally:
        site.close()
