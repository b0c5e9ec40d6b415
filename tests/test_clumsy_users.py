"""What a hurried hand does to a command ends in one line that says what to do, and costs nothing that was there."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from archive import Archive, ArchiveError
from archive.journals import with_check
from crawler.commands.shards import _write
from crawler.dataset import DatasetError
from crawler.dataset.export import export
from crawler.dataset.staging import Staging
from crawler.merging import merge_homes
from crawler.output import FileOutput, OutputError, OutputFull, open_output
from crawler.registry import with_groups
from crawler.remote import push
from crawler.storage import open_place
from crawler.summary import SummaryExtension
from crawler.terminal import say, stoppable
from tests.dataset_records import record, whole, write_home
from tests.test_archive import fill

PROJECT = Path(__file__).parent.parent
RECORD = b'{"schema":"annual-report/1","report_id":"00"}\n'


def scrapy(command, **options):
    return subprocess.run(["bash", "-c", f"{sys.executable} -m scrapy {command}"], cwd=PROJECT, capture_output=True, text=True, timeout=60, **options)


# --- where records go


@pytest.mark.parametrize("held", [b"<html>", b"\x1f\x8b\x08", b"SQLite format 3\0", b'{"name":"2026/r000001-00001.warc.gz"}\n', b"notes"])
def test_only_records_are_written_over(tmp_path, held):
    path = tmp_path / "page.html"
    path.write_bytes(held)
    for name in (path, tmp_path / "page"):
        (tmp_path / "page.tmp").write_bytes(held)
        with pytest.raises(OutputError, match="is not written over; choose another name"):
            open_output(name)
    assert path.read_bytes() == (tmp_path / "page.tmp").read_bytes() == held
    # The dataset of an archive is ours, whatever became of it.
    output = open_output(path, own=True)
    output.write(RECORD)
    output.commit()
    assert path.read_bytes() == RECORD


def test_a_pipe_is_left_alone_and_a_link_is_followed(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OutputError, match="not a plain file"):
        open_output(tmp_path / "pipe")
    (tmp_path / "there.jsonl").write_bytes(RECORD)
    (tmp_path / "link.jsonl").symlink_to("there.jsonl")
    output = open_output(tmp_path / "link.jsonl")
    output.write(RECORD * 2)
    assert output.commit() == str(tmp_path / "there.jsonl")
    assert (tmp_path / "link.jsonl").is_symlink() and (tmp_path / "there.jsonl").read_bytes() == RECORD * 2


def test_two_do_not_write_the_same_output_and_the_first_one_s_is_whole(tmp_path):
    path = tmp_path / "out.jsonl"
    first = FileOutput(path)
    first.write(RECORD)
    with pytest.raises(OutputError, match="another replay is writing it"):
        FileOutput(path)
    first.commit()
    second = FileOutput(path)
    first.discard()
    second.write(RECORD * 3)
    second.commit()
    assert path.read_bytes() == RECORD * 3 and [each.name for each in tmp_path.iterdir()] == ["out.jsonl"]


def test_standard_output_that_takes_nothing_is_one_line_and_the_disk_s_status(tmp_path):
    (tmp_path / "a.txt").write_text("一、总体情况")
    done = scrapy(f"replay {tmp_path / 'a.txt'} > /dev/full")
    assert done.returncode == 3 and len(done.stderr.splitlines()) == 1 and "standard output: cannot write: No space left" in done.stderr
    done = scrapy(f"replay {tmp_path / 'a.txt'} >&-")
    assert done.returncode == 2 and "standard output is closed; name a file" in done.stderr


def test_what_is_said_into_a_full_disk_ends_the_command(monkeypatch, capsys):
    with Path("/dev/full").open("w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        with pytest.raises(SystemExit) as end:
            say("县")
    assert end.value.code == 3 and "No space left on device; free some space" in capsys.readouterr().err
    monkeypatch.setattr(sys, "stdout", None)
    say("nobody listens")


def test_a_summary_that_cannot_be_printed_leaves_the_run_as_it_was(monkeypatch, caplog):
    extension = SummaryExtension.__new__(SummaryExtension)
    extension._crawler, extension._run = type("C", (), {"spider": None, "settings": type("S", (), {"getdict": lambda self, name: {}})()})(), None
    monkeypatch.setattr("crawler.summary.write_summary", lambda *args: "Run\n")
    with Path("/dev/full").open("w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        extension.engine_stopped()
    assert ["cannot write the summary: No space left on device" in line for line in caplog.messages] == [True]


def test_ctrl_c_ends_a_command_in_one_line(capsys):
    class Command:
        exitcode = 0

        @stoppable
        def run(self, args, opts):
            raise KeyboardInterrupt

    command = Command()
    command.run([], None)
    assert command.exitcode == 11 and "stopped; start it again" in capsys.readouterr().err


# --- exports


@pytest.fixture
def home(tmp_path):
    return write_home(tmp_path / "家 home", [record(cells=whole(1))])


def test_two_exports_to_one_folder_do_not_disturb_each_other(home, tmp_path):
    target = tmp_path / "out"
    first = Staging(target, ["csv"])
    with pytest.raises(DatasetError, match="another export is writing it"):
        export(home, target, ["csv"])
    assert first.folder.is_dir()
    first.discard()
    (tmp_path / ".out.new" / "csv").mkdir(parents=True)  # as one that was killed leaves it
    assert export(home, target, ["csv"]).reports == 1
    assert not (tmp_path / ".out.new").exists()


def test_an_export_goes_to_no_place_that_cannot_be_replaced(home, tmp_path, monkeypatch):
    with pytest.raises(DatasetError, match="choose another folder"):
        export(home, Path("/"), ["csv"])
    odd = tmp_path / "odd"
    odd.mkdir()
    (odd / "SHA256SUMS").write_bytes(b"\xff\xfe")
    (odd / "provenance.json").write_bytes(b"{}")
    with pytest.raises(DatasetError, match="not part of the earlier export"):
        export(home, odd, ["csv"])
    target = tmp_path / "out"
    export(home, target, ["csv"])
    (target / "latest").symlink_to("nowhere")
    with pytest.raises(DatasetError, match="latest: not part of the earlier export"):
        export(home, target, ["csv"])
    assert (target / "latest").is_symlink()
    (home / "inner").mkdir()
    monkeypatch.chdir(home / "inner")
    with pytest.raises(DatasetError, match="is the data home itself"):
        export(home, Path(".."), ["csv"])


# --- registries


def test_groups_are_written_into_a_registry_and_all_else_stays(tmp_path):
    file = tmp_path / "portals.csv"
    file.write_text('id,name,url,note\na,甲县人民政府,http://www.a.gov.cn/,"by hand, once"\nb,乙县人民政府,http://www.b.gov.cn/\n', "utf-8")
    assert with_groups(file, {"a": "p"}).splitlines() == [
        "id,name,url,note,group", 'a,甲县人民政府,http://www.a.gov.cn/,"by hand, once",p', "b,乙县人民政府,http://www.b.gov.cn/,,"
    ]  # fmt: skip
    _write(file, file, {"b": "p"})
    assert "by hand, once" in file.read_text("utf-8")
    other = tmp_path / "reports.jsonl"
    other.write_bytes(RECORD)
    with pytest.raises(ValueError, match="something else than a registry"):
        _write(other, file, {})
    assert other.read_bytes() == RECORD


def test_shards_may_be_piped_and_a_broken_journal_is_named(tmp_path):
    done = scrapy("shards 3 | head -1; exit ${PIPESTATUS[0]}", env={**os.environ, "LC_ALL": "C", "PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0 and not done.stderr and done.stdout.startswith("1/3\t")
    path = tmp_path / "runs" / "r000001.json"
    path.parent.mkdir()
    path.write_text("".join(with_check(['{\n "run": "r000001"', "\n}\n"])).replace("r000001", "r000003"))
    done = scrapy(f"shards 3 --runs {tmp_path}")
    assert done.returncode == 2 and f"{path}: it was changed" in done.stderr and len(done.stderr.splitlines()) == 1


# --- crawls


@pytest.mark.parametrize("setting", ["DISK_FLOOR_MB", "DOWNLOAD_DELAY", "PAGE_TIMEOUT", "READING_WORKERS"])
def test_a_setting_that_is_no_number_is_named_before_anything_is_asked(tmp_path, setting):
    done = scrapy(f"crawl county_portals -a portals=demo -s ARCHIVE_DIR={tmp_path / 'home'} -s {setting}=abc")
    assert done.returncode == 2 and f"{setting}: cannot read 'abc'; write a" in done.stderr
    assert len(done.stderr.splitlines()) == 1 and not (tmp_path / "home").exists()


def test_a_feed_is_not_written_over_the_records(tmp_path):
    home = tmp_path / "a home"
    home.mkdir()
    (home / "reports.jsonl").write_bytes(RECORD)
    for option in ("-O", "-o"):
        done = scrapy(f"crawl county_portals -a portals=demo -s 'ARCHIVE_DIR={home}' {option} '{home}/reports.jsonl'")
        assert done.returncode == 2 and "lies in the archive" in done.stderr
    assert (home / "reports.jsonl").read_bytes() == RECORD


# --- copies


def test_a_push_reaches_a_file_url_and_never_the_archive_itself(tmp_path):
    fill(tmp_path / "home")
    before = (tmp_path / "home" / "index.sqlite").read_bytes()
    push(tmp_path / "home", f"file://{tmp_path}/there")
    assert open_place(tmp_path / "there").names().keys() >= {"warc/MANIFEST.jsonl", "index.sqlite"}
    done = scrapy(f"archive-push {tmp_path}/./home {tmp_path / 'home'}")
    assert done.returncode == 2 and "is the archive itself" in done.stderr
    assert (tmp_path / "home" / "index.sqlite").read_bytes() == before
    done = scrapy(f"archive-push {tmp_path}/there2 {tmp_path / 'none'}")
    assert done.returncode == 2 and f"{tmp_path / 'none'}: no archive here" in done.stderr


def test_a_merge_names_the_file_that_it_cannot_read(tmp_path):
    fill(tmp_path / "one")
    (tmp_path / "one" / "reports.jsonl").mkdir()
    with pytest.raises(ArchiveError, match=r"one/reports\.jsonl: cannot join the records: Is a directory"):
        merge_homes([tmp_path / "one"], tmp_path / "all", "test/1", lambda size: None)


def test_verify_counts_the_journals_of_an_earlier_version_and_is_content(tmp_path):
    with Archive.open(tmp_path, software="test/1", operator="test"):
        pass
    (tmp_path / "warc").mkdir(exist_ok=True)
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "r000001.json").write_text(json.dumps({"run": "r000001", "ledger": {}}))
    done = scrapy(f"verify {tmp_path}")
    assert done.returncode == 0 and not done.stdout
    assert "1 journal of an earlier version without a digest, not proved: runs/r000001.json" in done.stderr


def test_a_full_disk_is_the_disk_s_fault_and_not_the_user_s():
    assert issubclass(OutputFull, OutputError)
    output = FileOutput.__new__(FileOutput)
    output.path = Path("out.jsonl")
    assert isinstance(output._full(OSError(28, "No space left on device")), OutputFull)
