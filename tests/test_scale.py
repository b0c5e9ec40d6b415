"""A replay that is killed, spread over machines, or joined from several: the bytes are always the same."""

import gzip
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archive import Archive, ArchiveError, Exchange, verify
from archive.journals import with_check
from crawler.distributed.tasks import WrongVersion, read_sources
from crawler.merging import merge_homes
from crawler.parts import Parts, code_version
from crawler.replay import Engine, Fold, Tally, replay, replay_sources
from crawler.sources import ArchiveSource, take_inventory
from crawler.status import Status
from crawler.storage import open_place

PROJECT = Path(__file__).parent.parent


def report(organ, tail=""):
    title = f"{organ}2020年政府信息公开工作年度报告"
    return f"""<!DOCTYPE html><html><head><meta charset="utf-8"><title>{title}</title></head><body><h1>{title}</h1>
<p>一、总体情况</p><p>2020年，{organ}认真贯彻落实《中华人民共和国政府信息公开条例》，主动公开政府信息。</p>
<p>五、存在的主要问题及改进情况</p><p>公开的内容还不够丰富，下一步将加强培训。</p>
<p>六、其他需要报告的事项</p><p>无其他需要报告的事项。</p>{tail}</body></html>""".encode()


def record(home, *bodies, host="a", truncated=(), **options):
    with Archive.open(home, software="test/1", operator="test", **options) as archive:
        for number, body in enumerate(bodies):
            archive.record(
                Exchange(
                    url=f"http://{host}.example/{number}.html", method="GET", request_headers=[], request_body=b"", status=200,
                    reason="OK", response_headers=[(b"Content-Type", b"text/html; charset=utf-8")], body=body,
                    fetched=datetime(2021, 2, 1, 3, number // 60, number % 60, tzinfo=UTC), metadata={"portal": host, "role": "report"},
                    truncated="disconnect" if number in truncated else None,
                )
            )  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Several WARC files, and a second run that sees some pages again."""
    home = tmp_path_factory.mktemp("scale") / "home"
    record(home, *(report(f"第{n}镇") for n in range(40)), roll_at=26_000, truncated={3})
    record(home, *(report(f"第{n}镇", "<!-- 2 -->" if n % 4 == 1 else "") for n in range(44)), roll_at=26_000)
    return home


@pytest.fixture(scope="module")
def whole(home, tmp_path_factory):
    out = tmp_path_factory.mktemp("whole") / "out.jsonl"
    assert replay_sources([str(home)], str(out), Engine(1)) == Status.DONE
    assert len(out.read_bytes().splitlines()) >= 44
    return out.read_bytes()


def lines_of(source, parts=None):
    lines, tally = [], Tally()
    replay([source], lines.append, workers=1, tally=tally, parts=parts)
    return b"".join(lines), tally


def test_a_replay_that_was_interrupted_goes_on_from_its_parts_and_writes_the_same_bytes(home, whole, tmp_path):
    class Stopped(Exception):
        pass

    seen = iter(range(40))

    def stop():
        if next(seen, None) is None:
            raise Stopped

    place = open_place(tmp_path / "parts")
    with Archive.read(home) as archive, pytest.raises(Stopped):
        replay([ArchiveSource(archive)], lambda line: None, workers=1, tally=Tally(), parts=Parts(place, None), seen_page=stop)
    assert place.names()
    parts = Parts(place, None)
    with Archive.read(home) as archive:
        lines, _ = lines_of(ArchiveSource(archive), parts)
    assert parts.found >= 30 and lines == whole


def test_parts_are_gone_at_the_end_and_standard_output_needs_none(home, whole, tmp_path):
    out = tmp_path / "out.jsonl"
    assert replay_sources([str(home)], str(out), Engine(2)) == Status.DONE
    assert out.read_bytes() == whole and [path.name for path in tmp_path.iterdir()] == ["out.jsonl"]


def test_a_part_that_was_cut_off_or_is_of_another_page_is_not_believed(home, whole, tmp_path):
    place = open_place(tmp_path)
    with Archive.read(home) as archive:
        lines_of(ArchiveSource(archive), Parts(place, None))
    for number, path in enumerate(sorted(tmp_path.iterdir())):
        data = path.read_bytes()
        path.write_bytes(data[: len(data) // 2] if number % 2 else gzip.compress(b'{"not": "a list of ours"}'))
    parts = Parts(place, None)
    with Archive.read(home) as archive:
        lines, _ = lines_of(ArchiveSource(archive), parts)
    assert lines == whole and parts.found == 0


def test_other_code_or_other_limits_find_no_parts(home, tmp_path, monkeypatch):
    with Archive.read(home) as archive:
        batch = list(ArchiveSource(archive).candidates())[:5]
    place = open_place(tmp_path)
    before = Parts(place, None).key(batch)
    assert Parts(place, None).key(batch) == before != Parts(place, None).key(batch[:4])
    monkeypatch.setattr("crawler.parts.code_version", lambda: "another")
    assert Parts(place, None).key(batch) != before


def test_the_files_of_an_archive_read_one_by_one_fold_into_the_same_bytes(home, whole, tmp_path):
    lines, tally = [], Tally()
    with Archive.read(home) as archive:
        fold = Fold(lines.append, tally)
        tasks = ArchiveSource(archive).split()
        assert len(tasks) > 2
        parts = Parts(open_place(tmp_path), None)
        for task in reversed(tasks):  # whoever is done first
            read_sources([task], str(tmp_path), None, code_version())
        for task in tasks:
            keys, problems = read_sources([task], str(tmp_path), None, code_version())
            assert not problems
            for key in keys:
                for outcome in parts.get(key):
                    fold.take(outcome, archive, lambda: b"")
        fold.finish()
    assert b"".join(lines) == whole


def test_a_worker_with_other_code_refuses(home, tmp_path):
    with pytest.raises(WrongVersion, match="another version"):
        read_sources([], str(tmp_path), None, "other")


def test_a_file_that_was_changed_is_named_by_the_task_that_reads_it(home, tmp_path):
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(home, copy)
    path = sorted((copy / "warc").glob("*/*.warc.gz"))[1]
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with Archive.read(copy) as archive:
        tasks = ArchiveSource(archive).split()
    found = [problem for task in tasks for problem in read_sources([task], str(tmp_path / "w"), None, code_version())[1]]
    assert len(found) == 1 and path.name in found[0]


def test_a_scheduler_with_two_workers_gives_the_bytes_of_one_machine(home, whole, tmp_path):
    distributed = pytest.importorskip("distributed", reason="Dask is an extra: pip install -r requirements-scale.txt")
    out = tmp_path / "out.jsonl"
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=False, host="127.0.0.1", protocol="tcp", dashboard_address=None
    ) as cluster:
        assert replay_sources([str(home)], str(out), Engine(1, scheduler=cluster.scheduler_address)) == Status.DONE
    assert out.read_bytes() == whole
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".parts"] == []


@pytest.mark.parametrize("address", ["nowhere", "tcp://127.0.0.1:1"])
def test_no_scheduler_is_one_line_and_the_old_output_stays(home, tmp_path, address):
    pytest.importorskip("distributed", reason="Dask is an extra: pip install -r requirements-scale.txt")
    out = tmp_path / "out.jsonl"
    out.write_text(old := '{"schema":"annual-report/1","report_id":"0"}\n')
    done = subprocess.run(
        [sys.executable, "-m", "scrapy", "replay", str(home), "-O", str(out), "--scheduler", address],
        cwd=PROJECT, capture_output=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 2 and b"dask scheduler" in done.stderr and b"Traceback" not in done.stderr
    assert out.read_text() == old


@pytest.mark.parametrize("name", ["openpyxl", "pdfplumber", "numpy", "duckdb", "dask", "distributed", "fsspec", "s3fs"])
def test_what_a_command_does_not_need_is_not_loaded_at_its_start(name, started):
    assert name not in started


@pytest.fixture(scope="module")
def started():
    script = "import sys; from scrapy.cmdline import execute\ntry: execute(['scrapy', '--help'])\nfinally: print('LOADED', *sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], cwd=PROJECT, capture_output=True, text=True, timeout=60)
    loaded = next(line for line in done.stdout.splitlines() if line.startswith("LOADED"))
    assert "crawler.commands.replay" in loaded.split()
    return set(loaded.split())


# --- merging


def crawl(home, host, *organs):
    record(home, *map(report, organs), host=host)
    (home / "runs").mkdir()
    journal = json.dumps({"run": "r000001", "of": host}, indent=1) + "\n"
    (home / "runs" / "r000001.json").write_text("".join(with_check([journal])), "utf-8")
    assert replay_sources([str(home)], str(home / "reports.jsonl"), Engine(1)) == Status.DONE


def test_homes_are_merged_with_records_and_journals_and_again_changes_nothing(tmp_path):
    crawl(tmp_path / "one", "a", "甲镇", "乙镇")
    crawl(tmp_path / "two", "b", "丙镇")
    target = tmp_path / "all"
    for _ in range(2):
        joined = merge_homes([tmp_path / "one", tmp_path / "two"], target, "test/1", lambda size: None)
        assert joined.records == 3
        organs = [json.loads(line)["organ"] for line in (target / "reports.jsonl").read_bytes().splitlines()]
        assert sorted(organs) == sorted(["甲镇", "乙镇", "丙镇"])
        assert sorted(json.loads(path.read_text())["of"] for path in (target / "runs").iterdir()) == ["a", "b"]
        assert [problem for problem in verify(target) if "snapshot" not in str(problem)] == []
    assert joined.journals == 0 and joined.evidence.files == 0


def test_a_home_that_a_killed_run_left_is_refused_and_the_target_stays_sound(tmp_path):
    crawl(tmp_path / "one", "a", "甲镇")
    (path,) = (tmp_path / "one" / "warc").glob("*/*.warc.gz")
    path.rename(path.with_name(path.name + ".open"))
    with pytest.raises(ArchiveError, match="killed"):
        merge_homes([tmp_path / "one"], tmp_path / "all", "test/1", lambda size: None)


def test_folders_of_other_things_are_no_sources(tmp_path):
    (tmp_path / "warcs").mkdir()
    record(tmp_path / "home", report("甲镇"))
    (path,) = (tmp_path / "home" / "warc").glob("*/*.warc.gz")
    (tmp_path / "warcs" / "x.warc.gz").write_bytes(path.read_bytes())
    assert [type(source).__name__ for source in take_inventory([str(tmp_path / "warcs")]).sources] == ["WarcSource"]
