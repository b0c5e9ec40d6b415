"""`scrapy replay` through its front door: the same bytes whatever the number of workers, one line for what is wrong."""

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archive import Archive, Exchange, RenderedPage
from archive.wacz import write_wacz
from crawler.parts import Outcome
from crawler.reading import SavedPage, read_saved, write_line
from crawler.replay import Fold, Tally
from crawler.sources import Candidate, take_inventory

PROJECT = Path(__file__).parent.parent


def report(organ="河口镇", year=2020, tail="</html>"):
    return f"""<!DOCTYPE html><html><head><meta charset="utf-8"><title>{organ}{year}年政府信息公开工作年度报告</title></head>
<body><h1>{organ}{year}年政府信息公开工作年度报告</h1>
<p>一、总体情况</p><p>{year}年，{organ}认真贯彻落实《中华人民共和国政府信息公开条例》，主动公开政府信息。</p>
<p>五、存在的主要问题及改进情况</p><p>公开的内容还不够丰富，下一步将加强培训。</p>
<p>六、其他需要报告的事项</p><p>无其他需要报告的事项。</p></body>{tail}""".encode()


TEXT = """河口镇2020年政府信息公开工作年度报告

一、总体情况
2020年，河口镇认真贯彻落实《中华人民共和国政府信息公开条例》，主动公开政府信息。
五、存在的主要问题及改进情况
公开的内容还不够丰富，下一步将加强培训。
六、其他需要报告的事项
无其他需要报告的事项。
"""


def scrapy(*args, **options):
    return subprocess.run(
        [sys.executable, "-m", "scrapy", *map(str, args)], cwd=PROJECT, capture_output=True, timeout=120, **options
    )


def records(output):
    return [json.loads(line) for line in output.splitlines()]


@pytest.fixture
def folder(tmp_path):
    saved = tmp_path / "saved"
    for number in range(40):
        path = saved / f"town{number % 3}" / f"{number:02d}.html"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(report(f"第{number}镇", 2008 + number % 12))
    (saved / "gbk.htm").write_bytes(report().decode().replace("utf-8", "gbk").encode("gbk"))
    (saved / "plain.txt").write_text(TEXT, "utf-8")
    (saved / "empty.html").write_bytes(b"")
    (saved / "report.pdf").write_bytes(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    (saved / "style.css").write_text("p {}")
    return saved


def test_any_number_of_workers_writes_the_same_bytes(folder, tmp_path):
    outputs = []
    for workers in (1, 2):
        out = tmp_path / f"{workers}.jsonl"
        done = scrapy("replay", folder, "-O", out, "--workers", workers)
        assert done.returncode == 0, done.stderr.decode()
        outputs.append(out.read_bytes())
    assert outputs[0] == outputs[1]
    assert len(records(outputs[0])) == 44


def test_every_file_gives_one_record_in_the_order_of_names_and_none_tells_where_this_machine_keeps_it(folder):
    done = scrapy("replay", folder)
    found = records(done.stdout)
    urls = [record["source"]["url"] for record in found]
    assert urls == sorted(urls) and len(urls) == 44
    assert str(folder).encode() not in done.stdout
    assert {record["source"]["fetched"] for record in found} == {None}
    by_url = {record["source"]["url"]: record for record in found}
    assert by_url["town0/00.html"]["organ"] == "第0镇"
    assert by_url["gbk.htm"]["source"]["encoding"] == "gb18030"
    assert by_url["plain.txt"]["year"] == 2020
    for name in ("empty.html", "report.pdf"):
        assert by_url[name]["verdict"] == "unreadable", name
    assert by_url["report.pdf"]["source"]["media_type"] == "application/pdf"
    assert b"style.css" in done.stderr


def test_a_file_that_is_named_as_a_page_and_is_none_is_named_and_has_its_record(folder):
    (folder / "binary.html").write_bytes(bytes(range(256)) * 40)
    done = scrapy("replay", folder)
    assert done.returncode == 12
    assert [line for line in done.stderr.decode().splitlines() if "binary.html" in line] == [
        "scrapy replay: binary.html: named as a page, but its bytes are application/octet-stream; its record says unreadable"
    ]
    found = {record["source"]["url"]: record["verdict"] for record in records(done.stdout)}
    assert len(found) == 45
    assert found["binary.html"] == "unreadable"


def test_the_closing_line_counts_the_verdicts(folder):
    done = scrapy("replay", folder / "gbk.htm", folder / "empty.html")
    last = done.stderr.decode().splitlines()[-1]
    assert last.startswith("2 records from 2 pages") and "1 unreadable" in last and "standard output" in last


def test_a_record_is_utf8_without_escapes_in_the_order_of_the_contract(folder):
    line = scrapy("replay", folder / "gbk.htm").stdout
    assert "河口镇".encode() in line and b'", "' not in line
    assert list(json.loads(line)) == [
        "schema", "report_id", "title", "organ", "year", "published", "division", "scope", "metadata", "form",
        "form_expected", *(["preamble"] if b'"preamble"' in line else []), "sections", "cells", "findings", "verdict",
        "source", "parser", "check",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["absent.html"], "absent.html: no such file"),
        (["empty"], "nothing in this folder"),
        (["pictures"], "only files of other kinds"),
        (["page.html", "-O", "nowhere/out.jsonl"], "out.jsonl: cannot write"),
        (["page.html", "-O", "empty"], "empty: a folder"),
        (["page.html", "--workers", "0"], "--workers is a whole number"),
        (["page.html", "--workers", "two"], "--workers is a whole number"),
        (["page.html", "--wrokers=2"], "there is no option --wrokers=2"),
    ],
)
def test_a_wrong_command_line_ends_with_one_line_and_status_2(tmp_path, args, words):
    (tmp_path / "empty").mkdir()
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (tmp_path / "page.html").write_bytes(report())
    placed = [str(tmp_path / arg) if arg[0] != "-" and arg not in ("0", "two") else arg for arg in args]
    done = scrapy("replay", *placed)
    assert done.returncode == 2
    assert words in done.stderr.decode()
    assert b"Traceback" not in done.stderr and done.stdout.count(b"\n") <= 1


def test_a_file_that_cannot_be_read_is_named_and_the_rest_is_done(tmp_path):
    (tmp_path / "good.html").write_bytes(report())
    # A link into nowhere cannot be read by anybody, not even by root.
    (tmp_path / "gone.html").symlink_to(tmp_path / "nowhere.html")
    done = scrapy("replay", tmp_path)
    assert done.returncode == 12
    assert len(records(done.stdout)) == 1
    assert "gone.html: cannot read" in done.stderr.decode() and b"Traceback" not in done.stderr


def test_a_terminal_gets_a_progress_bar_and_a_pipe_gets_none(folder, tmp_path):
    import pty

    command = [sys.executable, "-m", "scrapy", "replay", str(folder), "-O", str(tmp_path / "out.jsonl"), "--workers", "1"]
    assert b"Replaying" not in subprocess.run(command, cwd=PROJECT, capture_output=True, timeout=60).stderr
    ours, theirs = pty.openpty()
    running = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=theirs)
    os.close(theirs)
    shown = b""
    try:
        while chunk := os.read(ours, 4096):
            shown += chunk
    except OSError:
        pass  # how a terminal ends
    assert running.wait(timeout=60) == 0
    os.close(ours)
    assert b"Replaying" in shown and b"/44" in shown


def test_the_old_output_stays_until_the_new_one_is_whole(tmp_path):
    out = tmp_path / "out.jsonl"
    out.write_text(old := '{"schema":"annual-report/1","report_id":"0"}\n')
    assert scrapy("replay", tmp_path / "absent", "-O", out).returncode == 2
    assert out.read_text() == old
    (tmp_path / "page.html").write_bytes(report())
    assert scrapy("replay", tmp_path / "page.html", "-O", out).returncode == 0
    assert len(records(out.read_bytes())) == 1
    assert [path.name for path in tmp_path.iterdir() if "tmp" in path.suffix] == []


def test_a_closed_pipe_ends_in_one_line(folder):
    command = f"{sys.executable} -m scrapy replay {folder} --workers 1 | head -c 10 > {os.devnull}"
    done = subprocess.run(["bash", "-c", command], cwd=PROJECT, capture_output=True, timeout=120)
    assert b"Traceback" not in done.stderr and b"Exception ignored" not in done.stderr


def test_an_interrupt_ends_without_a_traceback_and_leaves_no_half_file(folder, tmp_path):
    for number in range(400):
        (folder / f"more{number}.html").write_bytes(report(f"甲{number}乡"))
    out = tmp_path / "out.jsonl"
    running = subprocess.Popen(
        [sys.executable, "-m", "scrapy", "replay", str(folder), "-O", str(out), "--workers", "2"],
        cwd=PROJECT, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    part = tmp_path / "out.jsonl.tmp"
    for _ in range(600):
        if part.exists() or running.poll() is not None:
            break
        time.sleep(0.05)
    os.killpg(running.pid, signal.SIGINT)
    _, said = running.communicate(timeout=60)
    assert b"Traceback" not in said
    assert (running.returncode, out.exists()) in ((11, False), (0, True))
    assert not part.exists()


# --- archives


def exchange(url, body, *, status=200, headers=(), fetched=datetime(2021, 2, 1, 3, 4, 5, 678, UTC), **metadata):
    return Exchange(
        url=url, method="GET", request_headers=[(b"User-Agent", b"test")], request_body=b"", status=status, reason="OK",
        response_headers=[(b"Content-Type", b"text/html; charset=utf-8"), *headers], body=body, fetched=fetched,
        ip=None, protocol="HTTP/1.1", truncated=metadata.pop("truncated", None),
        metadata={"portal": "p", **metadata},
    )  # fmt: skip


@pytest.fixture
def home(tmp_path):
    home = tmp_path / "home"
    with Archive.open(home, software="test/1", operator="test") as archive:
        archive.record(exchange("http://a.example/robots.txt", b"User-agent: *\n", role="robots"))
        archive.record(exchange("http://a.example/", b"<html><body><a href='/1'>x</a></body></html>", role="front"))
        archive.record(exchange("http://a.example/1.html", report("甲镇"), role="report", anchor="甲镇年报"))
        packed = gzip.compress(report("乙镇"), mtime=0)
        archive.record(exchange("http://a.example/2.html", packed, headers=[(b"Content-Encoding", b"gzip")], role="report"))
        archive.record(exchange("http://a.example/1.html", report("甲镇"), role="report"))
        archive.record(exchange("http://a.example/1.html", report("甲镇", tail="<!-- 12 visits --></html>"), role="report"))
        archive.record(exchange("http://a.example/3.html", b"", status=404, role="report"))
        archive.record(exchange("http://a.example/1.html", report("甲镇", 2021), role="report"))
    return home


def test_the_archive_gives_a_record_for_each_version_of_a_report_and_keeps_its_snapshot(home):
    done = scrapy("replay", "-s", f"ARCHIVE_DIR={home}")
    assert done.returncode == 0, done.stderr.decode()
    found = records((home / "reports.jsonl").read_bytes())
    assert [(record["organ"], record["year"]) for record in found] == [("甲镇", 2020), ("乙镇", 2020), ("甲镇", 2021)]
    source = found[0]["source"]
    assert source["fetched"] == "2021-02-01T03:04:05Z" and source["portal"] == "p" and source["official"] is True
    assert (home / source["snapshot"]).read_bytes() == report("甲镇")
    assert Path(source["snapshot"]).name.startswith("2020-甲镇.")


def test_an_archive_replays_to_the_same_bytes_by_every_way_in(home, tmp_path):
    assert scrapy("replay", "-s", f"ARCHIVE_DIR={home}").returncode == 0
    first = (home / "reports.jsonl").read_bytes()
    assert scrapy("replay", "-s", f"ARCHIVE_DIR={home}", "--workers", "2").returncode == 0
    assert (home / "reports.jsonl").read_bytes() == first
    assert scrapy("replay", home).stdout == first
    out = tmp_path / "out.jsonl"
    assert scrapy("replay", "-s", f"ARCHIVE_DIR={home}", "-O", out).returncode == 0
    assert out.read_bytes() == first


def test_a_warc_file_gives_the_same_reports(home):
    (warc,) = home.glob("warc/*/*.warc.gz")
    found = records(scrapy("replay", warc).stdout)
    assert [(record["organ"], record["year"]) for record in found] == [("甲镇", 2020), ("乙镇", 2020), ("甲镇", 2021)]


def test_a_damaged_warc_file_is_named_and_the_rest_is_read(home, tmp_path):
    (warc,) = home.glob("warc/*/*.warc.gz")
    torn = tmp_path / "torn.warc.gz"
    torn.write_bytes(warc.read_bytes()[:-200])
    done = scrapy("replay", torn)
    assert done.returncode == 12
    assert "torn.warc.gz" in done.stderr.decode() and b"Traceback" not in done.stderr
    assert len(records(done.stdout)) >= 2


def test_what_is_no_warc_at_all_is_named(tmp_path):
    (tmp_path / "x.warc.gz").write_bytes(b"not a web archive")
    done = scrapy("replay", tmp_path / "x.warc.gz")
    assert done.returncode == 12 and b"x.warc.gz" in done.stderr and b"Traceback" not in done.stderr


def test_the_dataset_is_not_replaced_when_part_of_the_archive_cannot_be_read(home):
    (home / "reports.jsonl").write_text("old\n")
    (warc,) = home.glob("warc/*/*.warc.gz")
    with Archive.read(home) as archive:
        capture = archive.latest("http://a.example/2.html")
    damaged = bytearray(warc.read_bytes())
    damaged[capture.offset + capture.length // 2] ^= 0xFF
    warc.write_bytes(damaged)
    done = scrapy("replay", "-s", f"ARCHIVE_DIR={home}")
    assert done.returncode in (3, 12) and b"Traceback" not in done.stderr
    assert (home / "reports.jsonl").read_text() == "old\n"


def test_without_an_archive_the_user_is_told_to_crawl_first(tmp_path):
    done = scrapy("replay", "-s", f"ARCHIVE_DIR={tmp_path / 'none'}")
    assert done.returncode == 2 and b"no archive here yet" in done.stderr


def test_an_archive_that_a_crawl_writes_to_is_left_alone(home):
    with Archive.open(home, software="test/1", operator="test"):
        done = scrapy("replay", "-s", f"ARCHIVE_DIR={home}")
        assert done.returncode == 75 and b"Traceback" not in done.stderr
    assert not (home / "reports.jsonl").exists()


def test_verify_names_a_flipped_bit_and_passes_a_sound_archive(home):
    assert scrapy("verify", "-s", f"ARCHIVE_DIR={home}").returncode == 0
    (warc,) = home.glob("warc/*/*.warc.gz")
    damaged = bytearray(warc.read_bytes())
    damaged[len(damaged) // 2] ^= 0x01
    warc.write_bytes(damaged)
    done = scrapy("verify", home)
    assert done.returncode == 3 and warc.name in done.stdout.decode()
    assert scrapy("verify", home / "none").returncode == 2


# --- without a process


def test_a_page_that_breaks_our_reader_becomes_a_record_that_says_so(monkeypatch):
    def broken(page):
        raise ZeroDivisionError("division by\nzero")

    monkeypatch.setattr("crawler.reading.read_report", broken)
    tally = Tally()
    lines = []
    page = SavedPage(report(), "test.html", "text/html")
    outcome = Outcome.of(Candidate(page), read_saved(page))
    Fold(lines.append, tally).take(outcome, None, lambda: page.body)
    (record,) = records(b"".join(lines))
    assert record["verdict"] == "unreadable" and record["source"]["url"] == "test.html"
    (finding,) = record["findings"]
    assert finding["check"] == "parser.failed" and "ZeroDivisionError: division by zero" in finding["message"]
    assert tally.bugs and "test.html" in tally.bugs[0]


def test_a_page_that_was_cut_short_is_never_verified():
    page = SavedPage(report(), "http://a.example/1.html", "text/html", truncated="disconnect")
    record = read_saved(page)
    assert record["verdict"] not in ("verified", "flagged")
    assert "text.damaged" in [finding["check"] for finding in record["findings"]]


def test_half_a_surrogate_pair_does_not_break_the_line():
    line = write_line({"title": "\ud83d 年报"})
    assert json.loads(line.decode("utf-8"))["title"] == "\ud83d 年报"


def test_files_are_taken_in_the_order_of_their_names(tmp_path):
    for name in ("b/1.html", "a/2.html", "a.html", "c.TXT", ".hidden.html"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    names = [source.name for source in take_inventory([str(tmp_path)]).sources]
    assert names == sorted(names, key=lambda name: Path(name)) and len(names) == 5


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_no_process_stays_behind_however_a_replay_ends(tmp_path, end):
    big = tmp_path / "big"
    big.mkdir()
    for number in range(3000):
        (big / f"{number}.html").write_bytes(report(f"第{number}镇"))
    out = tmp_path / "out.jsonl"
    command = [sys.executable, "-m", "scrapy", "replay", str(big), "-O", str(out), "--workers", "2"]
    running = subprocess.Popen(command, cwd=PROJECT, stderr=subprocess.PIPE, start_new_session=True)
    until = time.monotonic() + 60
    while len(in_session(running.pid)) < 3 and time.monotonic() < until:
        time.sleep(0.05)
    running.send_signal(end)
    running.wait(timeout=60)
    while in_session(running.pid) and time.monotonic() < until:
        time.sleep(0.05)
    assert not in_session(running.pid) and not out.exists()
    if end == signal.SIGTERM:
        assert running.returncode == 11 and not list(tmp_path.glob("*.tmp"))


def in_session(leader):
    """The processes of a session that are alive."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, session = entry.read_text().rpartition(")")[2].split()[:4]
        except OSError:
            continue
        if int(session) == leader and state != "Z":
            found.append(int(entry.parent.name))
    return found


def test_what_is_no_plain_file_is_named_and_names_from_hell_are_harmless(tmp_path):
    saved = tmp_path / "saved"
    saved.mkdir()
    os.mkfifo(saved / "pipe.html")
    (saved / "gone.html").symlink_to("/nowhere")
    (saved / "esc\x1b[31m\nname.html").write_bytes(report())
    (saved / "esc\x1b[31m\nname.xyz").write_bytes(b"")
    Path(os.fsdecode(os.fsencode(saved) + b"/\xff.html")).write_bytes(report())
    done = scrapy("replay", saved)
    told = done.stderr.decode()
    assert done.returncode == 12 and len(records(done.stdout)) == 2
    assert "pipe.html: not a plain file" in told and "gone.html: cannot read" in told
    assert "\x1b" not in told and len(told.splitlines()) == 4


@pytest.mark.parametrize("loss", ["cut", "gone", "flipped"])
def test_the_dataset_is_not_replaced_when_the_index_hides_what_was_lost(home, loss):
    assert scrapy("replay", "-s", f"ARCHIVE_DIR={home}").returncode == 0
    before = (home / "reports.jsonl").read_bytes()
    (warc,) = (home / "warc").glob("*/*.warc.gz")
    data = bytearray(warc.read_bytes())
    data[len(data) // 2] ^= 8
    (home / "index.sqlite").unlink()
    if loss == "gone":
        warc.unlink()
    else:
        warc.write_bytes(data if loss == "flipped" else data[: len(data) // 2])
    done = scrapy("replay", "-s", f"ARCHIVE_DIR={home}")
    assert done.returncode == 12 and warc.name in done.stderr.decode()
    assert (home / "reports.jsonl").read_bytes() == before


def test_a_sealed_file_alone_gives_what_the_archive_gives_of_drawn_and_of_cut_pages(tmp_path):
    home = tmp_path / "home"
    shell = b"<html><body><div id=app></div><script src=a.js></script></body></html>"
    told = {"portal": "p1", "role": "report"}
    with Archive.open(home, software="test/1", operator="test") as archive:
        drawn = [exchange("http://a.example/app", shell, role="report"), exchange("http://a.example/a.js", b"draw()", role="rendering")]
        archive.record_rendered(RenderedPage("http://a.example/app", report("绘镇").decode(), drawn, drawn[0].fetched, told))
        archive.record(replace(exchange("http://a.example/2.html", report("断镇")[:400], role="report"), truncated="disconnect"))
        archive.record(exchange("http://a.example/2.html", report("断镇"), role="report"))
        archive.record(replace(exchange("http://a.example/3.html", report("残镇")[:-300], role="report"), truncated="disconnect"))
        lacking = exchange("http://a.example/app2", shell, role="report")
        archive.record_rendered(
            RenderedPage("http://a.example/app2", report("缺镇").decode(), [lacking], lacking.fetched, {**told, "lacks": "b.js"})
        )
        write_wacz(archive, tmp_path / "all.wacz")
    (sealed,) = (home / "warc").glob("*/*.warc.gz")
    wanted = scrapy("replay", home)
    # The archive alone knows its snapshots, of which there are none here.
    assert wanted.returncode == 0 and [record["organ"] for record in records(wanted.stdout)] == ["绘镇", "断镇", "残镇", "缺镇"]
    assert records(wanted.stdout)[0]["source"]["rendered"] and len({record["report_id"] for record in records(wanted.stdout)}) == 4
    for alone in (sealed, tmp_path / "all.wacz"):
        done = scrapy("replay", alone)
        assert done.returncode == 0, done.stderr.decode()
        assert done.stdout == wanted.stdout
