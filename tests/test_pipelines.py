"""A report page is read, kept as a file, and recorded once for each thing that it says."""

import asyncio
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from scrapy import Spider
from scrapy.exceptions import DropItem
from scrapy.utils.test import get_crawler

from archive import Exchange
from crawler.items import ReportPage
from crawler.ledger import Ledger
from crawler.media import media_type_of, sniff, suffix_of
from crawler.output import write_whole
from crawler.pipelines import ParsePipeline, RecordsPipeline, SnapshotPipeline
from crawler.reading import SavedPage, refuse_saved
from crawler.records import RecordsError, RecordsFile
from crawler.run import Run
from crawler.status import Status

URL = "http://www.a.example/zfxxgk/nb/202101/t1.html"


def report(year=2020, footer=""):
    return f"""<html><head><meta charset="utf-8"><title>河口镇{year}年政府信息公开工作年度报告</title></head><body>
<h1>河口镇{year}年政府信息公开工作年度报告</h1><p>一、总体情况</p>
<p>{year}年，河口镇认真贯彻落实《中华人民共和国政府信息公开条例》，主动公开政府信息。</p>
<p>五、存在的主要问题及改进情况</p><p>公开的内容还不够丰富，下一步将加强培训。</p>
<p>六、其他需要报告的事项</p><p>无其他需要报告的事项。</p></body><!--{footer}--></html>""".encode()


def item(body=None, url=URL, **facts):
    given = {"fetched": "2021-02-01T03:04:05Z", "portal": "a", "official": True, "anchor": "2020年年报", **facts}
    return ReportPage(url=url, body=report() if body is None else body, **given)


@pytest.fixture
def crawler(tmp_path):
    crawler = get_crawler(Spider, {"ARCHIVE_DIR": str(tmp_path / "home"), "VERSION": "1", "CONTACT": ""})
    crawler.spider = crawler._create_spider("test")
    crawler.spider.ledger = Ledger()
    yield crawler
    Run.of(crawler).close_archive()


class Line:
    """The three pipelines one after the other, as Scrapy runs them."""

    def __init__(self, crawler):
        self.stages = [kind.from_crawler(crawler) for kind in (ParsePipeline, SnapshotPipeline, RecordsPipeline)]
        self.stages[-1].open_spider()

    def __call__(self, page):
        for stage in self.stages:
            page = stage.process_item(page)
            if asyncio.iscoroutine(page):
                page = asyncio.run(page)
        return page

    def close(self):
        self.stages[-1].close_spider()


def lines(crawler):
    found = [json.loads(line) for line in (Run.of(crawler).root / "reports.jsonl").read_bytes().splitlines()]
    assert all(line.pop("check") for line in found)
    return found


def states(crawler):
    return [reading.state for reading in Run.of(crawler).readings.of("a")]


def test_a_page_becomes_a_record_a_file_and_a_line_in_the_ledger(crawler):
    run = Line(crawler)
    page = item()
    record = run(page)
    assert (record["organ"], record["year"]) == ("河口镇", 2020)
    assert record["source"]["url"] == URL and record["source"]["fetched"] == "2021-02-01T03:04:05Z"
    assert record["source"]["portal"] == "a" and record["source"]["official"] is True
    assert page.snapshot == record["source"]["snapshot"]
    assert Path(page.snapshot).name.startswith("2020-河口镇.") and page.snapshot.endswith(".html")
    assert (Run.of(crawler).root / page.snapshot).read_bytes() == page.body
    assert lines(crawler) == [record]
    facts = crawler.spider.ledger.portal("a").reports[URL]
    assert (facts["year"], facts["organ"], facts["verdict"]) == (2020, "河口镇", record["verdict"])


def test_a_second_run_records_nothing_that_was_said_before(crawler):
    run = Line(crawler)
    run(item())
    run.close()
    again = Line(crawler)
    again(item(fetched="2022-02-01T03:04:05Z"))
    again(item(report(footer="13 visits")))
    assert states(crawler) == ["new", "unchanged", "unchanged"]
    assert len(lines(crawler)) == 1


def test_a_page_that_says_something_else_is_a_new_line_beside_the_old_one(crawler):
    run = Line(crawler)
    run(item())
    run(item(report(2021)))
    run(item(url=URL + "?other"))
    assert states(crawler) == ["new", "changed", "new"]
    assert [line["year"] for line in lines(crawler)] == [2020, 2021, 2020]


def test_a_bug_of_ours_on_one_page_is_a_record_and_a_line_with_its_url_and_the_next_page_is_read(crawler, caplog):
    failed = refuse_saved(SavedPage(report(), URL, "text/html"), "our reader failed on this page: KeyError: 'label'")
    Run.of(crawler).readings_ahead.put(URL, report(), failed)
    run = Line(crawler)
    assert run(item())["verdict"] == "unreadable"
    assert run(item(url=URL + "?2"))["year"] == 2020
    assert [record.exc_info for record in caplog.records if URL in record.getMessage() and record.levelname == "ERROR"] == [None]
    assert Run.of(crawler).status() is Status.BUG


def test_records_come_in_the_order_of_their_items_however_long_each_takes_to_read(crawler):
    heavy = report(2019) + b"<p>" * 300_000
    bodies = [heavy if number % 3 == 0 else report(2010 + number) for number in range(9)]
    # Of different portals: what one portal says twice is one report.
    pages = [item(body, url=f"{URL}?{number}", portal=f"p{number}") for number, body in enumerate(bodies)]
    parse, _, written = Line(crawler).stages

    async def one(page):
        return (await written.process_item(await parse.process_item(page)))["source"]["url"]

    async def all_at_once():
        await asyncio.gather(*map(one, pages))

    asyncio.run(all_at_once())
    assert [line["source"]["url"] for line in lines(crawler)] == [page.url for page in pages]


def test_a_body_that_the_archive_holds_as_torn_cannot_be_verified(crawler):
    half = Exchange(URL, "GET", [], b"", 200, "OK", [], report(), datetime(2021, 2, 1, tzinfo=UTC), truncated="disconnect")
    Run.of(crawler).archive.record(half)
    record = Line(crawler)(item())
    assert record["verdict"] not in ("verified", "flagged")
    assert "text.damaged" in [finding["check"] for finding in record["findings"]]


def test_a_snapshot_is_named_by_what_it_is_and_not_by_what_it_is_called(crawler):
    page = item(b"%PDF-1.4\n%\xe2\xe3", url="http://www.a.example/files/report.doc", media_type="application/msword")
    record = Line(crawler)(page)
    assert page.snapshot.endswith(".pdf") and record["source"]["media_type"] == "application/pdf"


@pytest.mark.parametrize("anchor", ["../../etc/passwd", "a/b\\c\0d", "年" * 500, "", "CON"])
def test_no_words_of_a_page_lead_out_of_the_snapshots(crawler, anchor):
    page = item(b"%PDF-1.4", url="http://www.a.example/%2e%2e%2f%2e%2e%2fx", anchor=anchor, portal="../p")
    Line(crawler)(page)
    root = Run.of(crawler).root
    assert (root / page.snapshot).resolve().is_relative_to((root / "snapshots").resolve())


def test_a_disk_that_refuses_ends_the_crawl_and_acknowledges_nothing(crawler):
    run = Line(crawler)
    Run.of(crawler).archive.close()
    with pytest.raises(DropItem):
        run(item())
    assert Run.of(crawler).status() is Status.DISK
    assert lines(crawler) == []


# --- the file of records


def record(identifier="1", url=URL, title="年报"):
    return {"report_id": identifier, "title": title, "organ": None, "year": None, "sections": [], "cells": [],
            "source": {"url": url}}  # fmt: skip


def test_half_a_last_line_is_moved_away_and_never_lost(tmp_path):
    path = tmp_path / "reports.jsonl"
    file = RecordsFile.open(path)
    file.add(record("1"))
    file.add(record("2", title="另一份"))
    file.close()
    whole = path.read_bytes()
    second = whole.index(b"\n") + 1
    for cut in range(second + 1, len(whole) - 1):
        path.write_bytes(whole[:cut])
        path.with_name("reports.jsonl.tail").unlink(missing_ok=True)
        again = RecordsFile.open(path)
        assert path.read_bytes() == whole[:second]
        assert path.with_name("reports.jsonl.tail").read_bytes() == whole[second:cut] + b"\n"
        assert again.add(record("2", title="另一份")) == "changed"
        again.close()
        assert path.read_bytes() == whole


def test_a_last_line_that_only_lacks_its_end_stays(tmp_path):
    path = tmp_path / "reports.jsonl"
    path.write_text(json.dumps(record()))
    file = RecordsFile.open(path)
    assert file.add(record()) == "unchanged"
    file.close()
    assert path.read_bytes().count(b"\n") == 1 and not path.with_name("reports.jsonl.tail").exists()


def test_a_line_that_somebody_edited_is_left_as_it_is(tmp_path, caplog):
    path = tmp_path / "reports.jsonl"
    path.write_bytes(b"# note\n" + json.dumps(record()).encode() + b"\n")
    file = RecordsFile.open(path)
    assert file.add(record()) == "unchanged"
    assert "reports.jsonl:1" in caplog.text
    file.close()


def test_a_file_of_records_that_cannot_be_opened_is_named(tmp_path):
    (tmp_path / "reports.jsonl").mkdir()
    with pytest.raises(RecordsError, match=r"reports\.jsonl: cannot open"):
        RecordsFile.open(tmp_path / "reports.jsonl")


def test_every_record_is_on_disk_when_it_is_acknowledged(tmp_path):
    path = tmp_path / "reports.jsonl"
    code = (
        "import os, sys\nfrom pathlib import Path\nfrom crawler.records import RecordsFile\n"
        "from tests.test_pipelines import record\nfile = RecordsFile.open(Path(sys.argv[1]))\n"
        "for n in range(5):\n    file.add(record(str(n), title=str(n)))\nos._exit(9)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], cwd=Path(__file__).parent.parent, timeout=60)
    assert done.returncode == 9
    assert len(path.read_bytes().splitlines()) == 5


def test_a_journal_is_replaced_whole(tmp_path):
    path = tmp_path / "runs" / "r1.json"
    write_whole(path, "{}")
    write_whole(path, '{"a": 1}')
    assert path.read_text() == '{"a": 1}' and [each.name for each in path.parent.iterdir()] == ["r1.json"]


# --- media types


@pytest.mark.parametrize(
    ("body", "media_type", "suffix"),
    [
        (b"<html>", "text/html", ".html"),
        (b"\n\n  <DIV>x</DIV>", "text/html", ".html"),
        ("<p>年报</p>".encode("gbk"), "text/html", ".html"),
        ("年报，共 3 件".encode("gbk"), "text/plain", ".txt"),
        ("年报".encode("utf-16"), "text/plain", ".txt"),
        ("<p>年报".encode("utf-16"), "text/html", ".html"),
        (b"BMW report, 3 < 5", "text/plain", ".txt"),
        (b"BM\x36\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00", "image/bmp", ".bmp"),
        (b"\r\n%PDF-1.7", "application/pdf", ".pdf"),
        (b"\x89PNG\r\n\x1a\n", "image/png", ".png"),
        (b"PK\x03\x04broken", "application/zip", ".zip"),
        (bytes(range(256)), "application/octet-stream", ".bin"),
        (b"", "text/plain", ".txt"),
    ],
)
def test_a_file_is_what_its_first_bytes_say(body, media_type, suffix):
    assert sniff(body) == media_type and suffix_of(body) == suffix


def test_office_files_are_told_from_zip_files_by_what_is_in_them():
    import io
    import zipfile

    for name, suffix in (("word/document.xml", ".docx"), ("xl/workbook.xml", ".xlsx"), ("a.html", ".zip")):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as package:
            package.writestr(name, "x")
        assert suffix_of(packed.getvalue()) == suffix


def test_what_a_server_declares_counts_only_where_the_bytes_say_nothing():
    assert media_type_of(b"no tags", "text/html; charset=gbk") == "text/html"
    assert media_type_of(b"<p>tags", "application/octet-stream") == "text/html"
    assert media_type_of(b"%PDF-1.4", "text/html") == "application/pdf"
