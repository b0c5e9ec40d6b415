"""`scrapy export` as people and scripts run it: exit statuses, streams, JSON, and what must be in no file."""

import gzip
import io
import json
import resource
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from docx import Document

from archive.suppression import suppress
from crawler.dataset import open_dataset
from crawler.dataset.codebook import codebook
from crawler.dataset.export import export, load_panel
from crawler.dataset.panel import PanelFinding
from tests.dataset_records import record, whole, write_home
from tests.test_archive import exchange, write

ROOT = Path(__file__).parents[1]
NUMBER = "11010519491231002X"
FORMATS = "parquet,csv,sqlite,xlsx,jsonl"


def scrapy_export(home, *args, **options):
    return subprocess.run(
        [sys.executable, "-m", "scrapy", "export", "-s", f"ARCHIVE_DIR={home}", *map(str, args)],
        cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False, timeout=100, **options,
    )  # fmt: skip


@pytest.fixture
def home(tmp_path):
    return write_home(tmp_path / "home", [record(cells=whole(1)), record(year=2023, cells=whole(2))])


def test_all_published_is_status_0_and_json_is_all_of_standard_output(home, tmp_path):
    done = scrapy_export(home, "--to", FORMATS, "--json", tmp_path / "out")
    told = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (0, "")
    assert told["reports"] == 2 and told["rows"]["csv"]["cells.csv"] == 400 and told["notes"] == []


def test_something_held_back_is_status_12_and_said_on_standard_error(home, tmp_path):
    write_home(home, [record(cells=whole(1)), record(year=2023, sections=[("other", f"张三 {NUMBER}")])])
    done = scrapy_export(home, tmp_path / "out")
    assert done.returncode == 12
    assert "held back" in done.stderr and NUMBER not in done.stderr + done.stdout
    assert "1 held back" in done.stdout and "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--to", "exel", "out"], "there is no format 'exel'"),
        ([], "name one folder"),
        (["--to", ",", "out"], "name a format"),
        (["--frobnicate", "out"], "no option --frobnicate"),
    ],
)
def test_wrong_usage_is_status_2_in_one_line(home, args, words):
    done = scrapy_export(home, *args)
    assert done.returncode == 2 and words in done.stderr and "Traceback" not in done.stderr


def test_without_records_the_status_is_2_and_nothing_is_made(tmp_path):
    done = scrapy_export(tmp_path / "none", tmp_path / "out")
    assert done.returncode == 2 and "crawl first" in done.stderr and not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["csv", "sqlite"])
def test_a_disk_that_is_full_is_status_3_and_the_earlier_export_stays(home, tmp_path, name):
    assert scrapy_export(home, "--to", name, tmp_path / "out").returncode == 0
    before = {path: path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()}
    largest = max(map(len, before.values()))

    def full():
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest - 1000, largest - 1000))

    done = scrapy_export(home, "--to", name, tmp_path / "out", preexec_fn=full)
    assert (done.returncode, done.stdout) == (3, "") and "free some space" in done.stderr and "Traceback" not in done.stderr
    assert {path: path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()} == before
    assert not list(tmp_path.glob(".out*"))


def test_a_reader_that_goes_away_is_no_fault(home, tmp_path):
    command = f"{sys.executable} -m scrapy export -s ARCHIVE_DIR='{home}' --json '{tmp_path / 'out'}' | head -c 1"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False, timeout=100)
    assert "Traceback" not in done.stderr and "BrokenPipe" not in done.stderr
    assert (tmp_path / "out/csv/cells.csv").is_file()


def test_a_terminal_that_knows_no_chinese_stops_nothing(tmp_path, home):
    write_home(home, [record(sections=[("other", f"张三 {NUMBER}")])])
    done = scrapy_export(home, tmp_path / "out", env={"LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PATH": "/usr/bin:/bin"})
    assert done.returncode == 12 and "Traceback" not in done.stderr


# ------------------------------------------------------------------------------------ what must be in no file


def every_byte(folder):
    """The bytes of all files, those inside packed ones too."""
    for path in folder.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            yield data
            if zipfile.is_zipfile(io.BytesIO(data)):
                with zipfile.ZipFile(io.BytesIO(data)) as packed:
                    for name in packed.namelist():
                        yield packed.read(name)


@pytest.mark.parametrize("what", ["url", "sha256", "report_id"])
def test_a_suppressed_report_is_in_no_format_at_all(tmp_path, what):
    hidden = record("秘密局", sections=[("other", "绝不公开的话")], findings=[("requests.balance", [])])
    next_year = record("秘密局", 2023, sections=[("other", "另一句话")])
    home = write_home(tmp_path / "home", [hidden, record(year=2023, cells=whole()), next_year])
    value = hidden["report_id"] if what == "report_id" else hidden["source"][what]
    suppress(home, what, value, reason="asked for", by="the office")
    summary = export(home, tmp_path / "out", FORMATS.split(","))
    assert (summary.reports, summary.suppressed) == (2, 1)
    for data in every_byte(tmp_path / "out"):
        for words in (hidden["report_id"], "绝不公开的话", hidden["source"]["sha256"]):
            assert words.encode() not in data


def page(text):
    return f"<html><body><p>{text}</p></body></html>".encode()


def kept(home, url, body, media_type="text/html; charset=utf-8"):
    with write(home) as archive:
        archive.record(exchange(url, body, headers=[(b"Content-Type", media_type.encode())]))


def docx(text):
    document = Document()
    document.add_paragraph(text)
    packed = io.BytesIO()
    document.save(packed)
    return packed.getvalue()


def test_a_package_of_evidence_holds_no_page_and_no_attachment_with_a_persons_number(tmp_path):
    home = write_home(tmp_path / "home", [record()])
    word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    kept(home, "http://a.example/good.html", page("本年度主动公开信息三条"))
    kept(home, "http://a.example/bad.html", page(f"张三 {NUMBER}"))
    kept(home, "http://a.example/gbk.html", page(f"发给李四的钱，身份证号{NUMBER}，共九百元").decode().encode("gbk"), "text/html; charset=gbk")
    kept(home, "http://a.example/bad.docx", docx(f"张三 {NUMBER}"), word)
    kept(home, "http://a.example/good.docx", docx("本年度主动公开信息三条"), word)
    kept(home, "http://a.example/bad.txt", f"张三 {NUMBER}".encode(), "text/plain; charset=utf-8")
    summary = export(home, tmp_path / "out", ["wacz"])
    assert "4 capture(s) held back" in " ".join(summary.notes)
    with zipfile.ZipFile(tmp_path / "out/wacz/gongkai.wacz") as packed:
        index = gzip.decompress(packed.read("indexes/index.cdx.gz")).decode()
    assert "good.html" in index and "good.docx" in index
    assert "bad" not in index and "gbk" not in index


# ------------------------------------------------------------------------------------ decisions, codebook


def test_two_decisions_on_a_finding_across_reports_give_it_once_and_the_later_counts(tmp_path):
    made = record(cells={"requests.new.total": 3})
    home = write_home(tmp_path, [made])
    (home / "decisions.csv").write_text(
        "report_id,url,digest,check,decision,reason,date,reviewer\n"
        f"{made['report_id']},,,panel.carry,dismissed,r,2026-03-02,w\n"
        f",{made['source']['url']},{made['source']['sha256'][:12]},panel.carry,upheld,r,2026-03-01,w\n",
        encoding="utf-8",
    )
    with open_dataset(home) as dataset:
        load_panel(dataset, iter([PanelFinding(made["report_id"], "panel.carry", "notice", (), "m")]))
        assert [row["decision"] for row in dataset.rows("SELECT decision FROM panel")] == ["dismissed"]
        assert [row["state"] for row in dataset.rows("SELECT state FROM decisions ORDER BY line")] == ["applied", "stale"]


def test_the_annex_of_2008_is_in_the_codebook_and_in_the_wide_table(tmp_path):
    entries = [entry for entry in codebook() if entry.table == "cells" and entry.name.startswith("annex.s")]
    assert len(entries) == 35 and all(entry.zh and entry.en and entry.unit and entry.era == "2008–2013" for entry in entries)
    home = write_home(tmp_path / "home", [record(year=2012, form="2008", cells={"annex.s10": 41})])
    export(home, tmp_path / "out", ["jsonl"])
    (row,) = [json.loads(line) for line in (tmp_path / "out/jsonl/wide.jsonl").read_text(encoding="utf-8").splitlines()]
    assert row["requests_new"] == 41
