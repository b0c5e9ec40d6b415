"""An archive in object storage: pushed, read there, brought home; against an S3 server on this machine."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archive import Archive, ArchiveError, Exchange, verify
from crawler.remote import RemoteArchive, pull, push
from crawler.replay import Engine, replay_sources
from crawler.status import Status
from crawler.storage import open_place

PROJECT = Path(__file__).parent.parent


def report(organ):
    title = f"{organ}2020年政府信息公开工作年度报告"
    return f"""<!DOCTYPE html><html><head><meta charset="utf-8"><title>{title}</title></head><body><h1>{title}</h1>
<p>一、总体情况</p><p>2020年，{organ}认真贯彻落实《中华人民共和国政府信息公开条例》，主动公开政府信息。</p>
<p>五、存在的主要问题及改进情况</p><p>公开的内容还不够丰富，下一步将加强培训。</p>
<p>六、其他需要报告的事项</p><p>无其他需要报告的事项。</p></body></html>""".encode()


def record(home, *bodies, first=1):
    with Archive.open(home, software="test/1", operator="test") as archive:
        for number, body in enumerate(bodies, first):
            archive.record(
                Exchange(
                    url=f"http://a.example/{number}.html", method="GET", request_headers=[], request_body=b"", status=200, reason="OK",
                    response_headers=[(b"Content-Type", b"text/html; charset=utf-8")], body=body,
                    fetched=datetime(2021, 2, 1, 3, 4, number, tzinfo=UTC), metadata={"portal": "p", "role": "report"},
                )
            )  # fmt: skip


def scrapy(*args):
    return subprocess.run([sys.executable, "-m", "scrapy", *map(str, args)], cwd=PROJECT, capture_output=True, timeout=120)


@pytest.fixture(scope="module")
def server():
    pytest.importorskip("s3fs", reason="object storage is an extra: pip install -r requirements-scale.txt")
    moto = pytest.importorskip("moto.server", reason="the S3 server for the tests is not installed")
    running = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    told = {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1", "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1",
    }  # fmt: skip
    before = {name: os.environ.get(name) for name in told}
    os.environ.update(told)
    import s3fs

    s3fs.S3FileSystem().mkdir("evidence")
    yield "s3://evidence"
    running.stop()
    for name, value in before.items():
        if value is None:
            del os.environ[name]
        else:
            os.environ[name] = value


@pytest.fixture(params=["folder", "s3"])
def there(request, tmp_path):
    if request.param == "folder":
        return str(tmp_path / "there")
    return f"{request.getfixturevalue('server')}/{tmp_path.name}"


@pytest.fixture
def home(tmp_path):
    home = tmp_path / "home"
    # The second run sees the first page again: a revisit, whose body lies in another file.
    record(home, report("甲镇"), report("乙镇"))
    record(home, report("甲镇"), report("丙镇"), report("丁镇"))
    return home


def test_what_was_pushed_comes_home_whole_and_a_second_push_has_nothing_to_do(home, there, tmp_path):
    first = push(home, there)
    again = push(home, there)
    assert first.present == 0 and first.files == 4 and (again.files, again.present) == (0, 4)
    back = tmp_path / "back"
    pull(there, back)
    assert list(verify(back)) == []
    assert {p.name: p.read_bytes() for p in back.rglob("*.gz")} == {p.name: p.read_bytes() for p in home.rglob("*.gz")}
    assert pull(there, back).files == 0


def test_a_push_goes_on_where_it_was_interrupted(home, there):
    push(home, there)
    record(home, report("戊镇"), first=9)
    assert push(home, there).files == 3  # the new file, the manifest, the index


def test_nothing_is_written_over(home, there, tmp_path):
    push(home, there)
    (name,) = {name for name in open_place(there).names() if "r000001-" in name}
    place = open_place(there)
    place.write(name, b"other bytes".ljust(len(place.read(name)), b"."))
    with pytest.raises(ArchiveError, match="not written over"):
        push(home, there)
    record(tmp_path / "other", report("己镇"))
    with pytest.raises(ArchiveError, match="another archive"):
        push(tmp_path / "other", there)
    with pytest.raises(ArchiveError, match=r"not the bytes"):
        pull(there, tmp_path / "back")


def test_a_replay_of_object_storage_writes_the_same_bytes_there(home, server, tmp_path):
    here = tmp_path / "here.jsonl"
    assert replay_sources([str(home)], str(here), Engine(1)) == Status.DONE
    url = f"{server}/{tmp_path.name}"
    push(home, url)
    assert replay_sources([url], f"{url}-out/reports.jsonl", Engine(1)) == Status.DONE
    assert open_place(f"{url}-out").names().keys() == {"reports.jsonl"}
    assert open_place(f"{url}-out").read("reports.jsonl") == here.read_bytes()
    assert [json.loads(line)["organ"] for line in here.read_bytes().splitlines()] == ["甲镇", "乙镇", "丙镇", "丁镇"]


def test_a_file_that_changed_in_storage_is_named_and_costs_no_other(home, server, tmp_path, capsys):
    url = f"{server}/{tmp_path.name}"
    push(home, url)
    place = open_place(url)
    (name,) = {name for name in place.names() if "r000002-" in name}
    place.write(name, place.read(name)[:-1] + b"x")
    out = tmp_path / "out.jsonl"
    assert replay_sources([url], str(out), Engine(1)) == Status.INCOMPLETE
    assert "r000002-" in capsys.readouterr().err
    assert len(out.read_bytes().splitlines()) == 2


def test_a_storage_that_is_not_there_is_one_line(tmp_path):
    done = scrapy("archive-pull", "nosuch://x/y", tmp_path / "home")
    assert done.returncode == 3 and b"nosuch" in done.stderr and b"Traceback" not in done.stderr
    with pytest.raises(ArchiveError, match="no archive here"):
        pull(str(tmp_path / "nowhere"), tmp_path / "home")


def test_a_remote_archive_finds_its_snapshots(home, there):
    with Archive.open(home, software="test/1", operator="test") as archive:
        path = archive.save_snapshot(report("甲镇"), portal="p", year=2020, label="甲镇", suffix=".html")
    push(home, there)
    if "://" in there:
        archive = RemoteArchive(there)
        assert archive.has_snapshot(path) and not archive.has_snapshot("snapshots/p/none.html")
        archive.close()
