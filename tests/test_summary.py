"""The closing summary is aligned for Chinese names and says what is missing."""

from types import SimpleNamespace

from crawler.ledger import Ledger
from crawler.status import Status, crawl_status
from crawler.summary import clip, lay_out, span_years, width, write_summary, years_missing
from crawler.tally import Failure, Reading, Tally


def make_run(tmp_path, **facts):
    from datetime import UTC, datetime, timedelta

    started = datetime(2026, 1, 1, tzinfo=UTC)
    run = SimpleNamespace(
        id="r000007", root=tmp_path, started=started, ended=started + timedelta(seconds=90), reason="finished",
        pages=12, readings=Tally(), failures=[], bugs=[], from_archive=0,
    )  # fmt: skip
    for name, value in facts.items():
        setattr(run, name, Tally(value) if name == "readings" else value)
    return run


def reading(portal, year, verdict="verified", state="new"):
    return Reading(portal, year, verdict, state)


PORTALS = [SimpleNamespace(id="a", name="重庆市万州区"), SimpleNamespace(id="b", name="Xi County 息县")]


def test_columns_stand_under_each_other_whatever_the_script():
    lines = lay_out([["名称", "页"], ["高笋塘街道办事处", "3"], ["abc", "12"]])
    assert len({width(line) for line in lines}) == 1
    assert lines[1].index("3") < len(lines[2])


def test_a_name_is_cut_by_columns_and_carries_no_control_characters():
    assert clip("abc\x1b[31m", 30) == "abc[31m"
    assert width(clip("重庆市" * 20, 30)) <= 30


def test_every_line_of_the_table_is_as_wide_as_its_rule(tmp_path):
    ledger = Ledger()
    ledger.portal("a").family = "trs"
    text = write_summary(make_run(tmp_path, readings=[reading("a", 2020), reading("b", 2021)]), PORTALS, ledger, None)
    table = text.split("\n\n")[1].splitlines()
    assert {width(line) for line in table} == {width(table[1])}
    assert table[-1].startswith("Total")


def test_the_summary_counts_states_and_verdicts(tmp_path):
    readings = [reading("a", 2020), reading("a", 2021, "partial", "unchanged"), reading("b", 2020, state="changed")]
    text = write_summary(make_run(tmp_path, readings=readings), PORTALS, Ledger(), None)
    assert "3 reports (1 new, 1 changed, 1 unchanged)" in text
    assert "1 min 30 s" in text
    assert "partial" in text and "not a report" not in text


def test_gaps_between_found_years_are_listed_with_a_reason(tmp_path):
    ledger = Ledger()
    ledger.portal("a").pages = 9
    ledger.portal("a").found_column("http://a/nb/", "年报")
    text = write_summary(make_run(tmp_path, readings=[reading("a", 2018), reading("a", 2021)]), PORTALS[:1], ledger, None)
    assert "重庆市万州区: 2019-2020 (not listed" in text


def test_a_portal_without_any_report_is_listed_with_what_is_known(tmp_path):
    ledger = Ledger()
    ledger.portal("b").gave_up("http://b/", "unreachable: the host refuses the connection")
    text = write_summary(make_run(tmp_path), PORTALS[1:], ledger, None)
    assert "no report at all (unreachable" in text


def test_problems_are_grouped_by_reason_and_told_once(tmp_path):
    ledger = Ledger()
    failures = []
    for number in range(5):
        url = f"http://a/{number}.html"
        failures.append(Failure(url, "HTTP 503", "a", "report", True))
        ledger.portal("a").gave_up(url, "http 503")
    failures.append(Failure("http://a/x", "no whole answer in time", "a", "list", True))
    ledger.portal("a").gave_up("http://a/x", "unreachable")
    text = write_summary(make_run(tmp_path, failures=failures, readings=[reading("a", 2020)]), PORTALS[:1], ledger, None)
    assert "5 × HTTP 503" in text and "… and 2 more, see runs/r000007.json" in text
    assert "1 × no whole answer in time" in text
    assert text.count("http://a/x") == 1


def test_asked_years_are_missing_until_found():
    assert years_missing(range(2019, 2022), [2020]) == [2019, 2021]
    assert years_missing(None, []) == []
    assert span_years([2019, 2021, 2022]) == "2019, 2021-2022"


def test_a_crawl_is_done_only_when_all_of_it_worked():
    fine = {"bugs": 0, "pages": 5, "failures": 0, "empty_portals": 0}
    assert crawl_status("finished", **fine) is Status.DONE
    assert crawl_status("limit", **fine) is Status.DONE
    assert crawl_status("finished", **{**fine, "pages": 0}) is Status.INCOMPLETE
    assert crawl_status("finished", **{**fine, "failures": 1}) is Status.INCOMPLETE
    assert crawl_status("finished", **{**fine, "empty_portals": 1}) is Status.INCOMPLETE
    assert crawl_status("finished", **{**fine, "bugs": 1}) is Status.BUG
    assert crawl_status("archive", **fine) is Status.DISK
    assert crawl_status("shutdown", **fine) is Status.STOPPED
    assert crawl_status("closespider_timeout", **fine) is Status.TIME_LIMIT
    assert crawl_status("memusage_exceeded", **fine) is Status.STOPPED


def test_of_a_hundred_thousand_portals_a_thousand_are_listed_and_all_are_counted(tmp_path):
    portals = [SimpleNamespace(id=f"p{n}", name="息县") for n in range(1500)]
    text = write_summary(make_run(tmp_path, readings=[reading("p1499", 2020)]), portals, Ledger(), None)
    assert len(text.splitlines()) < 2100 and "1 report (1 new)" in text
    assert text.count("… and 500 more") == 2 and "see `missing` in runs/r000007.json" in text
    (total,) = [line for line in text.splitlines() if line.startswith("Total")]
    assert total.split()[2] == "1"
