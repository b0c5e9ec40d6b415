"""What goes into the archive comes out again, and other people's tools can read it."""

from __future__ import annotations

import doctest
import gzip
import importlib
import os
import sqlite3
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import archive
from archive import Archive, ArchiveError, ArchiveLocked, Exchange, Stored, verify

REPOSITORY = Path(archive.__file__).parent.parent
PAGE = "<html><title>2020年政府信息公开工作年度报告</title><p>本年新收 12 件</p></html>".encode("gb18030")
WHEN = datetime(2021, 2, 1, 3, 4, 5, 678901, tzinfo=UTC)


def exchange(
    url: str = "http://county.example/2020.html",
    body: bytes = PAGE,
    *,
    status: int = 200,
    headers: list[tuple[bytes, bytes]] | None = None,
    fetched: datetime = WHEN,
    truncated: str | None = None,
    metadata: dict[str, str] | None = None,
    reason: str = "OK",
) -> Exchange:
    """An answer of a county portal."""
    return Exchange(
        url=url,
        method="GET",
        request_headers=[(b"User-Agent", b"test"), (b"Accept-Encoding", b"gzip, deflate")],
        request_body=b"",
        status=status,
        reason=reason,
        response_headers=[(b"Content-Type", b"text/html; charset=gbk")] if headers is None else headers,
        body=body,
        fetched=fetched,
        ip="192.0.2.7",
        protocol="HTTP/1.1",
        truncated=truncated,
        metadata={"portal": "p1", "role": "report", "anchor": "2020年年报"} if metadata is None else metadata,
    )


def write(root: Path, **more: object) -> Archive:
    """An archive that is open to be written."""
    return Archive.open(root, software="test/1", operator="nobody@example.org", **more)  # type: ignore[arg-type]


def index_rows(root: Path) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    """All that the index holds about captures and files."""
    with sqlite3.connect(root / "index.sqlite") as db:
        rows = db.execute("SELECT * FROM capture ORDER BY seq").fetchall()
        files = db.execute("SELECT * FROM file ORDER BY name").fetchall()
    db.close()
    return rows, files


def warc_files(root: Path) -> list[Path]:
    return sorted(root.glob("warc/*/*.warc.gz"))


def fill(root: Path) -> None:
    """Two runs with every kind of record: responses, revisits, a 304, an error, a torn page."""
    with write(root) as home:
        home.record(exchange("http://county.example/", b"<a href=2020.html>", metadata={"role": "front"}))
        home.record(exchange())
        home.record(exchange("http://county.example/gone", b"no such page", status=404, reason="Not Found"))
    with write(root) as home:
        home.record(exchange(fetched=WHEN + timedelta(days=365)))
        home.record(exchange(body=b"", status=304, reason="Not Modified"))
        home.record(exchange("http://county.example/torn", b"<html><table>", truncated="disconnect", metadata={}))
        home.record(exchange(body=PAGE + b"<!-- visitor 7 -->"))


def run_python(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=REPOSITORY, capture_output=True, text=True, timeout=120
    )


def test_an_exchange_comes_back_as_it_was(tmp_path: Path) -> None:
    raw = gzip.compress(PAGE)
    disposition = "attachment; filename=年报.doc".encode("gbk")
    headers = [
        (b"Content-Type", b"text/html; charset=GBK"),
        (b"Content-Encoding", b"gzip"),
        (b"Content-Disposition", disposition),
        (b"Set-Cookie", b"a=1"),
        (b"Set-Cookie", b"b=2"),
        (b"Transfer-Encoding", b"chunked"),
    ]
    with write(tmp_path) as home:
        capture = home.record(exchange(body=raw, headers=headers, reason="好"))
        stored = home.load(capture)
    assert stored.raw == raw
    assert stored.body == PAGE
    assert stored.headers[:5] == headers[:5]
    assert stored.header("content-disposition") == disposition
    assert stored.header("Transfer-Encoding") is None
    assert stored.header("X-Archive-Orig-Transfer-Encoding") == b"chunked"
    assert (stored.status, stored.reason, stored.url) == (200, "好", "http://county.example/2020.html")
    assert stored.fetched == WHEN == capture.fetched
    assert (stored.media_type, stored.charset) == ("text/html", "gbk")
    assert stored.metadata == {"portal": "p1", "role": "report", "anchor": "2020年年报"}
    assert stored.ip == "192.0.2.7"
    assert stored.truncated is None and stored.damage is None
    assert (capture.portal, capture.role, capture.seq) == ("p1", "report", 1)
    with Archive.read(tmp_path) as again:
        assert list(again.captures()) == [capture]
        assert again.load(capture) == stored


_header_names = st.from_regex(rb"[A-Za-z][A-Za-z0-9-]{0,20}", fullmatch=True)
_header_values = st.binary(max_size=60).map(lambda value: b" ".join(value.splitlines()).strip(b" \t\r\n"))


@pytest.fixture(scope="module")
def shared_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    root = tmp_path_factory.mktemp("shared")
    with write(root) as home:
        yield home
    # Index and records, compared both ways, for all that the examples wrote.
    assert list(verify(root)) == []


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    url=st.text(max_size=40).map(lambda tail: "http://county.example/" + tail),
    body=st.binary(max_size=300),
    status=st.integers(100, 599),
    headers=st.lists(st.tuples(_header_names, _header_values), max_size=5),
    metadata=st.dictionaries(st.from_regex(r"[a-z][a-z-]{0,10}", fullmatch=True), st.text(max_size=30), max_size=4),
    reason=st.text(max_size=10),
)
def test_whatever_a_server_sends_comes_back_and_is_indexed_alike(
    shared_home: Archive,
    url: str,
    body: bytes,
    status: int,
    headers: list[tuple[bytes, bytes]],
    metadata: dict[str, str],
    reason: str,
) -> None:
    headers = [pair for pair in headers if pair[0].lower() not in (b"transfer-encoding", b"content-encoding")]
    capture = shared_home.record(
        exchange(url, body, status=status, headers=headers, metadata=metadata, reason=reason)
    )
    stored = shared_home.load(capture)
    if status != 304:
        assert stored.raw == stored.body == body
    assert stored.headers == headers
    assert stored.status == status
    assert shared_home.latest(url) == capture


def test_urls_and_metadata_fit_on_one_line(tmp_path: Path) -> None:
    with write(tmp_path) as home:
        url = "http://county.example/年报 1\r\nWARC-Type: warcinfo"
        capture = home.record(exchange(url, metadata={"anchor": " 年\r\n报\x00 ", "via": ""}))
        assert "\n" not in capture.url and capture.url.startswith("http://county.example/%E5%B9%B4%E6%8A%A5%201%0D%0A")
        assert home.load(capture).metadata == {"anchor": "年 报"}
        assert home.history(url) == [capture]
    assert list(verify(tmp_path)) == []


def test_warcio_accepts_our_files(tmp_path: Path) -> None:
    fill(tmp_path)
    with write(tmp_path) as home:
        home.record(
            exchange(
                "http://county.example/gz",
                gzip.compress(PAGE),
                headers=[(b"Content-Encoding", b"gzip"), (b"X-Title", "年报".encode("gbk"))],
            )
        )
        deflated = exchange("http://county.example/z", zlib.compress(PAGE), headers=[(b"Content-Encoding", b"deflate")])
        home.record(deflated)
    files = warc_files(tmp_path)
    assert len(files) == 3
    warcio = Path(sys.executable).with_name("warcio")
    ran = subprocess.run([warcio, "check", "-v", *files], capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    # One digest a record, revisits aside, which hold no body to check.
    assert ran.stdout.count("digest pass") == sum(ran.stdout.count(f" {kind}\n") for kind in KINDS)
    assert ran.stdout.count("digest pass") > 15
    assert "fail" not in ran.stdout


KINDS = ("warcinfo", "request", "response", "metadata")


def test_a_foreign_reader_gets_the_same_bodies_and_headers(tmp_path: Path) -> None:
    from warcio.archiveiterator import ArchiveIterator

    fill(tmp_path)
    with Archive.read(tmp_path) as home:
        ours = [home.load(capture).raw for capture in home.captures() if capture.kind == "response"]
    theirs = []
    for path in warc_files(tmp_path):
        with path.open("rb") as stream:
            for record in ArchiveIterator(stream):
                if record.rec_type == "warcinfo":
                    words = record.content_stream().read()
                    assert b"software: test/1\r\n" in words and b"operator: nobody@example.org\r\n" in words
                if record.rec_type == "response":
                    theirs.append(record.content_stream().read())
    assert theirs == ours


def test_a_body_seen_before_becomes_a_revisit_of_the_first_response(tmp_path: Path) -> None:
    with write(tmp_path) as home:
        first = home.record(exchange())
        second = home.record(exchange(fetched=WHEN + timedelta(days=1)))
    with write(tmp_path) as home:
        third = home.record(exchange(headers=[(b"Content-Type", b"text/plain"), (b"X-Visit", b"3")]))
        other = home.record(exchange("http://other.example/2020.html"))
        changed = home.record(exchange(body=PAGE + b"."))
        assert (first.kind, second.kind, third.kind) == ("response", "revisit", "revisit")
        assert second.refers_to == third.refers_to == first.rid
        assert other.kind == changed.kind == "response"
        assert home.load(third).body == PAGE
        assert home.load(third).header("x-visit") == b"3"
        assert home.history(first.url) == [first, second, third, changed]
        assert home.latest(first.url) == changed
    text = gzip.decompress(warc_files(tmp_path)[1].read_bytes()).decode("latin-1")
    assert f"WARC-Refers-To: {first.rid}\r\n" in text
    assert f"WARC-Refers-To-Target-URI: {first.url}\r\n" in text
    assert "WARC-Refers-To-Date: 2021-02-01T03:04:05.678901Z\r\n" in text
    assert "WARC-Profile: http://netpreserve.org/warc/1.1/revisit/identical-payload-digest\r\n" in text


def test_a_part_of_a_page_and_an_empty_body_never_stand_for_another(tmp_path: Path) -> None:
    with write(tmp_path) as home:
        torn = home.record(exchange(truncated="disconnect"))
        whole = home.record(exchange())
        torn_again = home.record(exchange(truncated="length"))
        empty = [home.record(exchange("http://county.example/302", b"", status=302)) for _ in range(2)]
        assert [capture.kind for capture in (torn, whole, torn_again, *empty)] == ["response"] * 5
        assert home.load(torn).truncated == "disconnect"
        assert home.load(whole).truncated is None
    assert b"WARC-Truncated: disconnect\r\n" in gzip.decompress(warc_files(tmp_path)[0].read_bytes())


def test_not_modified_points_at_the_body_that_still_holds(tmp_path: Path) -> None:
    coded = gzip.compress(PAGE)
    with write(tmp_path) as home:
        unknown = home.record(exchange("http://county.example/new", b"", status=304))
        headers = [(b"Content-Encoding", b"gzip"), (b"Content-Type", b"text/html")]
        first = home.record(exchange(body=coded, headers=headers))
        home.record(exchange(body=b"busy", status=503))
        confirmed = home.record(exchange(body=b"", status=304, headers=[(b"ETag", b'"1"')]))
        assert unknown.kind == "response"
        assert (confirmed.kind, confirmed.refers_to, confirmed.status) == ("revisit", first.rid, 304)
        stored = home.load(confirmed)
        assert (stored.status, stored.body, stored.media_type) == (304, PAGE, "text/html")
    text = gzip.decompress(warc_files(tmp_path)[0].read_bytes())
    assert b"WARC-Profile: http://netpreserve.org/warc/1.1/revisit/server-not-modified\r\n" in text


def test_order_is_that_of_capture_whatever_the_clock_says(tmp_path: Path) -> None:
    moments = [WHEN, WHEN - timedelta(days=4000), WHEN + timedelta(days=4000)]
    for moment in moments:
        with write(tmp_path, clock=lambda moment=moment: moment) as home:
            home.record(exchange(body=str(moment).encode(), fetched=moment))
    (tmp_path / "index.sqlite").unlink()
    with Archive.read(tmp_path) as home:
        assert [capture.fetched for capture in home.captures()] == moments
        latest = home.latest("http://county.example/2020.html")
        assert latest and latest.fetched == moments[-1]
    assert [path.parent.name for path in warc_files(tmp_path)] == ["2010", "2021", "2032"]


def test_files_are_sealed_at_a_size_and_listed_in_a_chain(tmp_path: Path) -> None:
    with write(tmp_path, roll_at=9000) as home:
        for number in range(9):
            home.record(exchange(f"http://county.example/{number}", os.urandom(2000)))
    assert len(warc_files(tmp_path)) == 3
    assert not list(tmp_path.rglob("*.open"))
    assert (tmp_path / "warc" / "MANIFEST.jsonl").read_text().count("\n") == 3
    assert list(verify(tmp_path)) == []


def test_a_run_without_captures_leaves_no_file(tmp_path: Path) -> None:
    with write(tmp_path) as home:
        assert home.run == "r000001"
    assert list(tmp_path.rglob("*.gz*")) == []


def test_a_second_writer_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    code = (
        "import sys; from archive import Archive, ArchiveLocked\n"
        "try: Archive.open(sys.argv[1], software='s', operator='o')\n"
        "except ArchiveLocked as error: print(error); sys.exit(75)\n"
    )
    with write(tmp_path) as home:
        home.record(exchange())
        before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
        ran = run_python(code, str(tmp_path))
        assert ran.returncode == 75, ran.stderr
        assert f"process {os.getpid()} on " in ran.stdout and "2" in ran.stdout and ran.stdout.count("\n") == 1
        with pytest.raises(ArchiveLocked):
            write(tmp_path)
        assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
        with Archive.read(tmp_path) as reader:
            assert len(list(reader.captures())) == 1
    assert run_python(code, str(tmp_path)).returncode == 0


@pytest.mark.parametrize("fault", ["deleted", "garbage", "cut", "older", "ahead", "one line lost"])
def test_the_index_comes_back_row_for_row(tmp_path: Path, fault: str) -> None:
    with write(tmp_path) as home:
        home.record(exchange("http://county.example/0", b"0"))
    older = (tmp_path / "index.sqlite").read_bytes()
    fill(tmp_path)
    path = tmp_path / "index.sqlite"
    before = index_rows(tmp_path)
    assert len(before[0]) == 8
    expected = before
    if fault == "deleted":
        path.unlink()
    elif fault == "garbage":
        path.write_bytes(b"not a database" * 1000)
    elif fault == "cut":
        path.write_bytes(path.read_bytes()[:5000])
    elif fault == "older":
        path.write_bytes(older)
    elif fault == "one line lost":
        db = sqlite3.connect(path)
        db.execute("DELETE FROM capture WHERE seq = 7")
        db.execute("UPDATE file SET bytes = bytes - 1 WHERE name LIKE '%r000001%'")
        db.commit()
        db.close()
    else:
        # The index was copied after the files: it knows of a run that is not there.
        warc_files(tmp_path)[-1].unlink()
        expected = before[0][:4], before[1][:2]
    with Archive.read(tmp_path) as reader:
        assert len(list(reader.captures())) == len(expected[0])
        for capture in reader.captures():
            reader.load(capture)
    with write(tmp_path) as home:
        if fault != "deleted":
            assert len(home.recovered) >= 1
    assert index_rows(tmp_path) == expected


def test_a_file_in_the_place_of_another_is_noticed(tmp_path: Path) -> None:
    fill(tmp_path)
    fill(tmp_path / "other")
    theirs, ours = warc_files(tmp_path / "other")[0], warc_files(tmp_path)[0]
    with write(tmp_path / "other") as home:
        assert home.recovered == []
    ours.write_bytes(theirs.read_bytes())
    with Archive.read(tmp_path / "other") as other, Archive.read(tmp_path) as home:
        assert [capture.rid for capture in home.captures()][:3] == [capture.rid for capture in other.captures()][:3]


def test_content_digests_outlive_the_index(tmp_path: Path) -> None:
    url = "http://county.example/2020.html"
    with write(tmp_path) as home:
        assert home.content_of(url) is None
        first = home.record(exchange())
        home.note_content(first, "aa")
        home.record(exchange())
        assert home.content_of(url) == "aa"
        changed = home.record(exchange(body=b"changed"))
        assert home.content_of(url) == "aa"
        home.note_content(changed, "bb")
        assert home.content_of(url) == "bb"
        last = home.record(exchange("http://county.example/x"))
    db = sqlite3.connect(tmp_path / "index.sqlite")
    db.execute("UPDATE file SET info = ''")
    db.commit()
    db.close()
    with write(tmp_path) as home:
        assert home.recovered and home.content_of(url) == "bb"
        assert home.content_of(last.url) is None
    (tmp_path / "index.sqlite").unlink()
    with Archive.read(tmp_path) as home:
        assert home.content_of(url) == "bb"
        assert [(each.content, each.captures) for each in home.versions(url)] == [("aa", 2), ("bb", 1)]


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br"])
def test_a_bomb_is_cut_at_the_limit_and_says_so(tmp_path: Path, coding: str) -> None:
    import brotli

    bomb = b"0" * 5_000_000
    raw = {"gzip": gzip.compress, "deflate": zlib.compress, "br": brotli.compress}[coding](bomb)
    with write(tmp_path) as home:
        capture = home.record(exchange(body=raw, headers=[(b"Content-Encoding", coding.encode())]))
        assert home.load(capture).body == bomb
        cut = home.load(capture, limit=100_000)
        assert cut.raw == raw
        assert len(cut.body) == 100_000 and cut.truncated == "length" and cut.damage and "100000" in cut.damage


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br"])
def test_a_torn_coding_gives_a_part_that_is_marked(tmp_path: Path, coding: str) -> None:
    import brotli

    body = os.urandom(20_000)
    raw = {"gzip": gzip.compress, "deflate": zlib.compress, "br": brotli.compress}[coding](body)
    with write(tmp_path) as home:
        capture = home.record(exchange(body=raw[:15_000], headers=[(b"Content-Encoding", coding.encode())]))
        stored = home.load(capture)
    assert stored.damage and stored.truncated == "unspecified"
    assert body.startswith(stored.body) and stored.body != body


def test_what_servers_mean_by_a_coding(tmp_path: Path) -> None:
    bare = zlib.compressobj(wbits=-15)
    cases: list[tuple[bytes, bytes, bytes]] = [
        (b"gzip", PAGE, PAGE),
        (b"x-gzip", gzip.compress(PAGE) + b"\0" * 20, PAGE),
        (b"gzip", gzip.compress(PAGE[:20]) + gzip.compress(PAGE[20:]), PAGE),
        (b"deflate", bare.compress(PAGE) + bare.flush(), PAGE),
        (b"deflate, gzip", gzip.compress(zlib.compress(PAGE)), PAGE),
        (b"identity", PAGE, PAGE),
        (b"GZIP", gzip.compress(PAGE), PAGE),
        (b"gzip", b"", b""),
    ]
    with write(tmp_path) as home:
        for number, (coding, raw, expected) in enumerate(cases):
            headers = [(b"content-encoding", coding)]
            stored = home.load(home.record(exchange(f"http://county.example/{number}", raw, headers=headers)))
            assert (stored.body, stored.damage) == (expected, None), coding
        unknown = home.load(home.record(exchange(body=b"\x28\xb5", headers=[(b"Content-Encoding", b"zstd")])))
        assert unknown.damage == "Content-Encoding zstd cannot be undone here" and unknown.truncated


@pytest.mark.parametrize("module", ["coding", "copies", "errors", "exchange", "foreign", "layout", "reader", "snapshots", "suppression"])
def test_the_examples_in_the_docstrings_are_true(module: str) -> None:
    tried = doctest.testmod(importlib.import_module(f"archive.{module}"))
    assert tried.attempted > 0 and tried.failed == 0


def test_several_threads_may_record_and_read(tmp_path: Path) -> None:
    with write(tmp_path) as home, ThreadPoolExecutor(4) as pool:
        captures = list(pool.map(lambda number: home.record(exchange(f"http://county.example/{number}")), range(40)))
        stored = list(pool.map(home.load, captures))
        assert [each.url for each in stored] == [capture.url for capture in captures]
        assert sorted(capture.seq for capture in captures) == list(range(1, 41))
    assert list(verify(tmp_path)) == []


def test_naive_times_and_unknown_reasons_are_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        exchange(fetched=datetime(2021, 2, 1))
    with pytest.raises(ValueError, match="truncated is 'maybe'"):
        exchange(truncated="maybe")


def test_bytes_that_are_not_those_that_were_written_are_not_handed_out(tmp_path: Path) -> None:
    with write(tmp_path) as home:
        capture = home.record(exchange())
        after = home.record(exchange("http://county.example/2", b"2"))
    path = warc_files(tmp_path)[0]
    data = bytearray(path.read_bytes())
    data[capture.offset + 100] ^= 4
    path.write_bytes(data)
    with Archive.read(tmp_path) as home:
        with pytest.raises(ArchiveError, match=rf"r000001-00001-[0-9a-f]{{8}}.warc.gz: byte {capture.offset}: .*run scrapy verify"):
            home.load(capture)
        assert home.load(after).body == b"2"
    path.unlink()
    with Archive.read(tmp_path) as home, pytest.raises(ArchiveError, match=r"r000001-00001-[0-9a-f]{8}\.warc\.gz"):
        home.load(after)


def test_a_body_in_hand_is_not_let_go_for_one_that_has_rotted(tmp_path: Path) -> None:
    with write(tmp_path) as home:
        first = home.record(exchange())
    path = warc_files(tmp_path)[0]
    data = bytearray(path.read_bytes())
    data[first.offset + 200] ^= 1
    path.write_bytes(data)
    with write(tmp_path) as home:
        again = home.record(exchange())
        third = home.record(exchange())
        assert (again.kind, third.kind, third.refers_to) == ("response", "revisit", again.rid)
        assert home.load(third).body == PAGE


def test_a_reader_writes_nothing(tmp_path: Path) -> None:
    fill(tmp_path)
    names = sorted(tmp_path.rglob("*"))
    with Archive.read(tmp_path) as home:
        for refused in (
            lambda: home.record(exchange()),
            lambda: home.save_snapshot(b"", portal="p", year=2020, label="x", suffix=".html"),
            lambda: home.note_content(next(home.captures()), "aa"),
        ):
            with pytest.raises(ArchiveError, match="read only"):
                refused()
    assert [path for path in sorted(tmp_path.rglob("*")) if not path.name.startswith("index.sqlite-")] == names
    with write(tmp_path) as home:
        pass
    with pytest.raises(ArchiveError, match="closed"):
        home.record(exchange())


def _folder_with(name: str, root: Path) -> None:
    (root / name).mkdir(parents=True)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda root: root.write_bytes(b"a file"),
        lambda root: (root.mkdir(), (root / "warc").write_bytes(b"a file")),
        lambda root: _folder_with("LOCK", root),
        lambda root: _folder_with("index.sqlite/x", root),
        lambda root: _folder_with("warc/MANIFEST.jsonl", root),
        lambda root: (root.mkdir(), (root / "warc").symlink_to("nowhere")),
    ],
    ids=["root is a file", "warc is a file", "LOCK a folder", "index a folder", "manifest a folder", "dangling link"],
)
def test_a_home_that_cannot_be_used_is_one_line(tmp_path: Path, spoil: object) -> None:
    root = tmp_path / "home"
    spoil(root)  # type: ignore[operator]
    with pytest.raises(ArchiveError) as caught, write(root) as home:
        home.record(exchange())
    assert str(root) in str(caught.value) and "\n" not in str(caught.value)
    assert not isinstance(caught.value, OSError)


def test_reading_where_there_is_nothing_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="no archive here"):
        Archive.read(tmp_path / "none")
    with pytest.raises(ArchiveError, match="no archive here"):
        list(verify(tmp_path / "none"))
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ArchiveError, match="not a folder"):
        Archive.read(tmp_path / "file")


def test_no_permission_is_one_line() -> None:
    # Not below pytest's own folder, which is closed to the user that the child becomes.
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        _without_permission(Path(folder))


def _without_permission(tmp_path: Path) -> None:
    fill(tmp_path)
    code = (
        "import os, sys; from archive import Archive, ArchiveError, verify\n"
        "if os.getuid() == 0: os.setgid(65534); os.setuid(65534)\n"
        "for act in (lambda: Archive.open(sys.argv[1], software='s', operator='o'),\n"
        "            lambda: Archive.read(sys.argv[2]), lambda: list(verify(sys.argv[2]))):\n"
        "    try: act()\n"
        "    except ArchiveError as error: print(error)\n"
        "with Archive.read(sys.argv[1]) as home: print(len([home.load(one) for one in home.captures()]))\n"
    )
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o000)
    (tmp_path / "warc").chmod(0o555)
    (tmp_path / "LOCK").chmod(0o444)
    for name in ("index.sqlite-wal", "index.sqlite-shm"):
        (tmp_path / name).unlink(missing_ok=True)
    try:
        ran = run_python(code, str(tmp_path), str(closed))
    finally:
        closed.chmod(0o755)
        (tmp_path / "warc").chmod(0o755)
    assert ran.returncode == 0, ran.stderr
    *refused, held = ran.stdout.splitlines()
    assert len(refused) == 3 and all("Permission denied" in line for line in refused)
    # What may be read is read, though nothing may be written beside it.
    assert held == "7"


def test_stored_says_its_media_type_and_charset() -> None:
    stored = Stored("u", None, 200, "", [], b"", b"", content_type='Text/HTML; Charset="GB2312"')
    assert (stored.media_type, stored.charset) == ("text/html", "gb2312")
    assert Stored("u", None, 200, "", [], b"", b"").charset is None
    assert Stored("u", None, 200, "", [], b"", b"", content_type="text/html; charset=\r\n").charset is None
