"""One report is one line with all its addresses; a revised one is a new line; and the order of reading never matters."""

import copy
import json
import random

import pytest

from crawler.dataset import open_dataset
from crawler.reading import SavedPage, read_saved, write_line
from crawler.records import TWINS, RecordsFile
from crawler.twins import Spool

ROOT = "http://www.a.example/"


def page(organ="河口镇", year=2020, text="收到申请3件，均已办结。", title="", footer=""):
    title = title or f"{organ}{year}年政府信息公开工作年度报告"
    return f"""<html><head><meta charset="utf-8"><title>{title}</title></head><body><h1>{title}</h1>
<p>一、总体情况</p><p>{year}年，{organ}认真贯彻落实《中华人民共和国政府信息公开条例》。{text}</p>
<p>五、存在的主要问题及改进情况</p><p>公开的内容还不够丰富，下一步将加强培训。</p>
<p>六、其他需要报告的事项</p><p>无其他需要报告的事项。</p></body><!--{footer}--></html>""".encode()


def record(body, url="1.html", day=1, portal="a", official=True, **facts):
    saved = SavedPage(body, ROOT + url, "text/html", fetched=f"2021-02-{day:02}T03:04:05Z", portal=portal, official=official, **facts)
    return read_saved(saved)


def replayed(records, tmp_path):
    spool = Spool(tmp_path)
    for each in sorted(records, key=lambda each: each["source"]["fetched"]):
        spool.take(each)
    lines = []
    spool.finish(lines.append)
    return b"".join(lines)


def crawled(records, home, runs=1, fold=True):
    """The file as so many runs write it, one after the other."""
    home.mkdir(exist_ok=True)
    states = []
    size = -(-len(records) // runs)
    for first in range(0, len(records), size):
        file = RecordsFile.open(home / "reports.jsonl")
        states += [file.add(copy.deepcopy(each)) for each in records[first : first + size]]
        if fold:
            file.fold()
        file.close()
    return states, (home / "reports.jsonl").read_bytes()


def told(lines):
    """Of each line: its address, the addresses beside it, and the number of the line that it replaces."""
    found = [json.loads(line) for line in lines.splitlines()]
    number = {each["report_id"]: place for place, each in enumerate(found)}
    assert len(number) == len(found), "an id stands for one line"
    return [
        (each["source"]["url"].removeprefix(ROOT), [a["url"].removeprefix(ROOT) for a in each["source"].get("also_at", ())], number.get(each.get("replaces")))
        for each in found
    ]


def test_a_report_on_two_columns_is_one_line_with_both_addresses(tmp_path):
    twins = [record(page(), "bm/1.html", 1), record(page(footer="from the portal's column"), "xxgk/nb/7.html", 2)]
    states, lines = crawled(twins, tmp_path / "home")
    assert states == ["new", "twin"] and told(lines) == [("bm/1.html", ["xxgk/nb/7.html"], None)]
    (also,) = json.loads(lines)["source"]["also_at"]
    assert also == {"url": ROOT + "xxgk/nb/7.html", "fetched": "2021-02-02T03:04:05Z", "sha256": twins[1]["source"]["sha256"], "snapshot": None}
    assert lines == replayed(twins, tmp_path)


def test_titles_line_ends_and_marks_of_a_template_do_not_part_twins(tmp_path):
    other = page(title="河口镇2020年政府信息公开年报").replace("，".encode(), b",").replace(b"</p><p>", b"</p>\n <p>&nbsp;&nbsp;")
    assert told(crawled([record(page()), record(other, "m/1.html", 2)], tmp_path / "home")[1]) == [("1.html", ["m/1.html"], None)]


@pytest.mark.parametrize(
    "other",
    [
        {"organ": "平坝镇"},
        {"year": 2021},
        {"text": "收到申请4件，均已办结。"},
        {"title": "河口镇2020年政府信息公开工作年度报告（更正）"},
    ],
)
def test_another_organ_year_figure_or_a_corrected_edition_is_no_twin(other, tmp_path):
    assert len(told(crawled([record(page()), record(page(**other), "2.html", 2)], tmp_path / "home")[1])) == 2


def test_two_portals_and_pages_of_no_portal_have_no_twins(tmp_path):
    mine = [record(page()), record(page(), "2.html", portal="b"), record(page(), "3.html", portal=None), record(page(), "4.html", portal=None)]
    assert len(told(crawled(mine, tmp_path / "home")[1])) == 4


def test_reports_of_nobody_are_twins_only_in_the_same_bytes(tmp_path):
    nameless = page(organ="", title="政府信息公开工作年度报告")
    mine = [record(nameless, f"{n}.html", n) for n in (1, 2)] + [record(nameless + b" ", "3.html", 3)]
    assert mine[0]["organ"] is None and mine[0]["verdict"] in ("flagged", "verified", "partial")
    assert told(crawled(mine, tmp_path / "home")[1]) == [("1.html", ["2.html"], None), ("3.html", [], None)]


def test_pages_that_nobody_can_read_are_not_folded_and_files_are(tmp_path):
    def refused(body, url, media_type):
        return read_saved(SavedPage(body, ROOT + url, media_type, fetched="2021-02-01T03:04:05Z", portal="a"))

    shells = [refused(b"<html><body></body></html>", f"{n}.html", "text/html") for n in (1, 2)]
    files = [refused(b"%PDF-1.4 broken", f"{n}.pdf", "application/pdf") for n in (1, 2)]
    assert {each["verdict"] for each in files} == {"unreadable"}
    assert told(crawled(shells + files, tmp_path / "home")[1]) == [("1.html", [], None), ("2.html", [], None), ("1.pdf", ["2.pdf"], None)]


def test_an_official_original_wins_over_an_earlier_mirror(tmp_path):
    mirror, original = record(page(), "mirror/1.html", 1, official=False), record(page(), "1.html", 2)
    _, lines = crawled([mirror, original], tmp_path / "home")
    assert told(lines) == [("1.html", ["mirror/1.html"], None)] and json.loads(lines)["source"]["official"] is True
    assert lines == replayed([mirror, original], tmp_path)


def test_a_revised_report_is_a_new_line_that_names_the_old_one(tmp_path):
    visits = record(page(footer="13 visits"), day=2)
    revised = record(page(text="收到申请4件，均已办结。"), day=3)
    states, lines = crawled([record(page()), visits, revised], tmp_path / "home", runs=3)
    assert states == ["new", "unchanged", "changed"] and told(lines) == [("1.html", [], None), ("1.html", [], 0)]


def test_the_next_years_report_at_the_same_address_replaces_nothing(tmp_path):
    assert told(crawled([record(page()), record(page(year=2021), day=2)], tmp_path / "home")[1]) == [("1.html", [], None), ("1.html", [], None)]


def test_a_report_revised_back_stands_last_and_tells_when_it_was_there_before(tmp_path):
    versions = [record(page()), record(page(text="收到申请4件，均已办结。"), day=5), record(page(), day=9)]
    states, lines = crawled(versions, tmp_path / "home", runs=3)
    assert states == ["new", "changed", "changed"]
    assert told(lines) == [("1.html", [], 1), ("1.html", ["1.html"], 0)]
    last = json.loads(lines.splitlines()[-1])
    assert last["source"]["fetched"] == "2021-02-09T03:04:05Z" and last["source"]["also_at"][0]["fetched"] == "2021-02-01T03:04:05Z"
    assert lines == replayed(versions, tmp_path)


def test_an_error_page_in_between_revises_nothing(tmp_path):
    mine = [record(page()), record(b"<html><body></body></html>", day=2), record(page(), day=3)]
    states, lines = crawled(mine, tmp_path / "home", runs=3)
    assert states == ["new", "changed", "unchanged"] and [line[2] for line in told(lines)] == [None, None]


def test_a_body_that_was_cut_short_is_no_version(tmp_path):
    mine = [record(page()), record(page()[:-200], day=2, truncated="disconnect"), record(page(), day=3)]
    states, lines = crawled(mine, tmp_path / "home", runs=3)
    assert states[2] == "unchanged" and [line[2] for line in told(lines)] == [None, None]


def test_twins_are_revised_together_and_the_one_that_lags_behind_keeps_its_line(tmp_path):
    revised = page(text="收到申请4件，均已办结。")
    mine = [record(page(), "1.html", 1), record(page(), "2.html", 2), record(revised, "2.html", 3)]
    assert told(crawled(mine, tmp_path / "home")[1]) == [("1.html", ["2.html"], None), ("2.html", [], 0)]
    mine.append(record(revised, "1.html", 4))
    assert told(crawled(mine, tmp_path / "both")[1]) == [("1.html", ["2.html"], None), ("2.html", ["1.html"], 0)]


def test_a_known_twin_is_known_as_its_report_is(tmp_path):
    crawled([record(page()), record(page(), "2.html", 2)], tmp_path / "home")
    file = RecordsFile.open(tmp_path / "home" / "reports.jsonl")
    assert file.has_report_of(ROOT + "2.html")
    assert file.add(record(page(footer="14 visits"), "2.html", 3)) == "twin"
    assert file.add(record(b"<html><body></body></html>", "2.html", 4)) == "changed"
    assert not file.has_report_of(ROOT + "2.html") and file.has_report_of(ROOT + "1.html")
    file.close()


def test_what_a_killed_run_left_unfolded_is_folded_by_the_next(tmp_path):
    twins = [record(page(), f"{n}.html", n) for n in (3, 1, 2)]
    crawled(twins, tmp_path / "home", fold=False)
    assert (tmp_path / "home" / TWINS).read_bytes().count(b"\n") == 2
    _, lines = crawled([record(page("平坝镇"), "9.html", 9)], tmp_path / "home")
    assert told(lines) == [("1.html", ["2.html", "3.html"], None), ("9.html", [], None)]
    assert not (tmp_path / "home" / TWINS).exists()


def test_a_killed_run_leaves_the_order_within_a_second_open_and_the_next_run_settles_it(tmp_path):
    home = tmp_path / "home"
    crawled([record(page("河口镇"), "2.html"), record(page("平坝镇"), "1.html")], home, fold=False)
    file = RecordsFile.open(home / "reports.jsonl")
    file.fold(lambda url, fetched: int(url.removeprefix(ROOT)[0]))
    file.close()
    lines = (home / "reports.jsonl").read_bytes().splitlines()
    assert [json.loads(line)["source"]["url"] for line in lines] == [ROOT + "1.html", ROOT + "2.html"]
    assert not (home / TWINS).exists()


def test_a_crash_between_the_two_files_costs_nothing_and_doubles_nothing(tmp_path):
    home = tmp_path / "home"
    crawled([record(page(), f"{n}.html", n) for n in (1, 2)], home, fold=False)
    left = (home / TWINS).read_bytes()
    _, folded = crawled([record(page("平坝镇"), "9.html", 9)], home)
    (home / TWINS).write_bytes(left + b'{"half a li')
    assert crawled([record(page("平坝镇"), "9.html", 10)], home)[1] == folded
    assert not (home / TWINS).exists()


def test_a_file_that_cannot_be_written_leaves_both_as_they_were(tmp_path):
    home = tmp_path / "home"
    crawled([record(page(), f"{n}.html", n) for n in (1, 2)], home, fold=False)
    before = (home / "reports.jsonl").read_bytes(), (home / TWINS).read_bytes()
    (home / "reports.jsonl.tmp").mkdir()
    file = RecordsFile.open(home / "reports.jsonl")
    with pytest.raises(Exception, match=r"reports\.jsonl: cannot fold"):
        file.fold()
    file.close()
    assert ((home / "reports.jsonl").read_bytes(), (home / TWINS).read_bytes()) == before


@pytest.mark.parametrize("seed", range(12))
def test_however_captures_are_cut_into_runs_and_whatever_order_they_are_read_in_the_file_is_that_of_a_replay(seed, tmp_path):
    dice = random.Random(seed)
    bodies = [page(text=f"收到申请{n}件，均已办结。") for n in range(3)] + [page("平坝镇"), page(organ="", title="政府信息公开工作年度报告"), b"<html></html>"]
    days = []
    for day in range(1, 8):
        urls = dice.sample(range(1, 5), dice.randint(1, 4))
        days.append([record(dice.choice(bodies), f"{url}.html", day, official=url != 4) for url in urls])
    captures = [each for day in days for each in day]
    for each, minute in zip(captures, range(60), strict=False):
        each["source"]["fetched"] = each["source"]["fetched"].replace("T03:04", f"T03:{minute:02}")
    wanted = replayed(copy.deepcopy(captures), tmp_path)
    home = tmp_path / "home"
    for day in days:
        dice.shuffle(day)
        _, _lines = crawled(day, home, fold=dice.random() < 0.7)
    file = RecordsFile.open(home / "reports.jsonl")
    file.fold()
    file.close()
    assert (home / "reports.jsonl").read_bytes() == wanted
    assert b"".join(write_line(json.loads(line)) for line in wanted.splitlines()) == wanted


def test_the_dataset_lists_every_address_and_knows_which_version_is_over(tmp_path):
    revised = page(text="收到申请4件，均已办结。")
    crawled([record(page(), "1.html", 1), record(page(), "2.html", 2), record(revised, "2.html", 3)], tmp_path / "home")
    with open_dataset(tmp_path / "home") as dataset:
        assert [row["url"].removeprefix(ROOT) for row in dataset.rows("SELECT url FROM addresses ORDER BY line, twin_of NULLS FIRST")] == ["1.html", "2.html", "2.html"]
        assert [row["superseded"] for row in dataset.rows("SELECT superseded FROM reports ORDER BY line")] == [True, False]
