"""What is given away: CDXJ, WACZ and reading copies hold what may be shown, and no more."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive import Archive, ArchiveError, RenderedPage, Stored, iter_warc, verify
from archive.cdxj import write_cdxj
from archive.copies import NotCopied, copy_name, reading_copy, write_copies, write_copy
from archive.reader import our_places
from archive.suppression import Suppressions, suppress
from archive.wacz import PageEntry, write_wacz
from tests.test_archive import PAGE, WHEN, exchange, fill, warc_files, write

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
URL = "http://county.example/2020.html"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    root = tmp_path / "home"
    fill(root)
    with write(root) as archive:
        gzipped = [(b"Content-Type", b"text/html;charset=GBK"), (b"Content-Encoding", b"gzip")]
        archive.record(exchange("https://www.county.example/b?y=2&x=1", gzip.compress(PAGE), headers=gzipped))
        archive.record(exchange("http://county.example/moved", b"", status=302, headers=[(b"Location", b"/")]))
        page = RenderedPage("http://county.example/app", "<p>年报</p>", [exchange("http://county.example/app", b"<script>")], WHEN)
        archive.record_rendered(page)
    return root


def lines_of(data: bytes) -> list[tuple[str, str, dict[str, str]]]:
    found = []
    for line in data.decode().splitlines():
        key, when, body = line.split(" ", 2)
        found.append((key, when, json.loads(body)))
    return found


def test_cdxj_is_sorted_and_each_line_leads_to_its_record(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "index.cdxj"
    with Archive.read(home) as archive:
        captures = list(archive.captures())
        assert write_cdxj(archive, path) == len(captures)
    data = path.read_bytes()
    assert data.splitlines() == sorted(data.splitlines())
    found = lines_of(data)
    assert ("example,county)/b?x=1&y=2", "20210201030405") in [each[:2] for each in found]
    by_place = {(each["filename"], int(each["offset"])): each for _, _, each in found}
    for capture in captures:
        line = by_place[capture.warc, capture.offset]
        assert list(line)[:2] == ["url", "mime"] or capture.url.endswith("moved")
        assert line["digest"] == f"sha256:{capture.payload}" and line["length"] == str(capture.length)
        assert line["url"] == capture.url
        assert line.get("status") == (None if capture.kind == "resource" else str(capture.status))
        with (home / "warc" / line["filename"]).open("rb") as stream:
            stream.seek(int(line["offset"]))
            assert capture.rid.encode() in gzip.decompress(stream.read(int(line["length"])))
    assert [each["mime"] for _, _, each in found if each["url"] == URL] == ["text/html", "text/html", "warc/revisit", "warc/revisit"]


def packed(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as package:
        assert package.testzip() is None
        return {name: package.read(name) for name in package.namelist()}


def test_a_package_holds_what_wacz_asks_for(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "all.wacz"
    with Archive.read(home) as archive:
        package = write_wacz(archive, path, title="County", now=NOW)
        again = write_wacz(archive, tmp_path / "again.wacz", title="County", now=NOW)
        captures = list(archive.captures())
    assert path.read_bytes() == again.path.read_bytes()
    assert (package.captures, package.hidden) == (len(captures), [])
    held = packed(path)
    with zipfile.ZipFile(path) as zipped:
        for info in zipped.infolist():
            if info.filename.endswith(".gz"):
                assert info.compress_type == zipfile.ZIP_STORED, "a reader asks for parts of it"
    described = json.loads(held["datapackage.json"])
    assert described["profile"] == "data-package" and described["wacz_version"] == "1.1.1"
    assert (described["title"], described["created"]) == ("County", "2026-01-02T03:04:05Z")
    digest = json.loads(held["datapackage-digest.json"])
    assert digest == {"path": "datapackage.json", "hash": "sha256:" + hashlib.sha256(held["datapackage.json"]).hexdigest()}
    listed = {each["path"]: each for each in described["resources"]}
    assert listed.keys() == held.keys() - {"datapackage.json", "datapackage-digest.json"}
    for name, each in listed.items():
        assert each["hash"] == "sha256:" + hashlib.sha256(held[name]).hexdigest() and each["bytes"] == len(held[name])
        assert each["name"] == name.split("/")[-1]
    # Nothing is hidden, so the files are those of the archive.
    assert {name: held[f"archive/{name}"] for name in (file.name for file in warc_files(home))} == {
        file.name: file.read_bytes() for file in warc_files(home)
    }
    head, *pages = [json.loads(line) for line in held["pages/pages.jsonl"].decode().splitlines()]
    assert head["format"] == "json-pages-1.0"
    assert pages[0] | {"id": ""} == {"id": "", "url": URL, "title": "2020年年报", "ts": "2021-02-01T03:04:05Z"}
    assert package.pages == len(pages)


def test_the_blocks_of_a_packed_index_are_found_by_its_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Six hundred records would be two blocks, and six hundred fsyncs.
    monkeypatch.setattr("archive.wacz._BLOCK_LINES", 3)
    root = tmp_path / "home"
    with write(root) as archive:
        for number in range(7):
            archive.record(exchange(f"http://county.example/{number}", b"%d" % number, metadata={}))
        write_wacz(archive, tmp_path / "live.wacz")
    held = packed(tmp_path / "live.wacz")
    data = held["indexes/index.cdx.gz"]
    meta, *blocks = held["indexes/index.idx"].decode().splitlines()
    assert meta == '!meta 0 {"format": "cdxj-gzip-1.0", "filename": "index.cdx.gz"}'
    at = 0
    for block, size in zip(blocks, (3, 3, 1), strict=True):
        key, when, body = block.split(" ", 2)
        told = json.loads(body)
        piece = data[told["offset"] : told["offset"] + told["length"]]
        assert told["offset"] == at and told["digest"] == "sha256:" + hashlib.sha256(piece).hexdigest()
        lines = gzip.decompress(piece).splitlines()
        assert len(lines) == size and lines[0].decode().startswith(f"{key} {when} {{")
        at += told["length"]
    assert at == len(data)


def test_what_is_suppressed_is_gone_at_once_and_stays_in_the_deposit(home: Path, tmp_path: Path) -> None:
    url = "https://www.county.example/2020.html#top"
    before = {path: path.read_bytes() for path in home.rglob("*.gz")}
    with Archive.read(home) as archive:
        suppress(home, "url", url, reason="names of residents", by="the office", now=NOW)
        package = write_wacz(archive, tmp_path / "a.wacz", now=NOW)
        write_cdxj(archive, tmp_path / "a.cdxj")
        history = archive.history(URL)
        assert {each.capture.rid for each in package.hidden} == {capture.rid for capture in history}
        assert {each.reason for each in package.hidden} == {"suppressed: names of residents"}
        write_copies(archive, tmp_path / "copies", [history[0], *archive.history("https://www.county.example/b?y=2&x=1")])
    assert URL.encode() not in (tmp_path / "a.cdxj").read_bytes()
    held = packed(tmp_path / "a.wacz")
    for name, data in held.items():
        text = gzip.decompress(data) if name.endswith(".gz") else data
        assert URL.encode() not in text, name
        assert PAGE not in text or b"/b?y=2" in text
    # What is left is a package that can be read to its end, under the places that its index says.
    for _, _, line in lines_of(gzip.decompress(held["indexes/index.cdx.gz"])):
        member = held[f"archive/{line['filename']}"][int(line["offset"]) :][: int(line["length"])]
        assert f"WARC-Target-URI: {line['url']}\r\n".encode() in gzip.decompress(member)
    assert len(list(iter_warc(tmp_path / "a.wacz"))) == package.captures
    assert [path.name.split("-")[0] for path in (tmp_path / "copies").iterdir()] == ["www"]
    logged = [json.loads(line) for line in (home / "suppressed.log").read_text().splitlines()]
    assert {each["where"] for each in logged} == {"wacz a.wacz", "cdxj a.cdxj", "copies copies"}
    assert logged[0] | {"rid": ""} == {
        "date": "2026-01-02T03:04:05Z", "where": "wacz a.wacz", "url": URL, "rid": "", "reason": "suppressed: names of residents",
    }  # fmt: skip
    assert {path: path.read_bytes() for path in home.rglob("*.gz")} == before and list(verify(home)) == []
    with Archive.read(home) as archive:
        suppress(home, "url", URL, reason="examined: no names", by="us", state="released")
        assert write_wacz(archive, tmp_path / "a.wacz").hidden == []


def test_bytes_are_hidden_wherever_they_stand_and_a_report_by_its_id(home: Path, tmp_path: Path) -> None:
    decoded = hashlib.sha256(PAGE).hexdigest()
    with Archive.read(home) as archive:
        suppress(home, "sha256", decoded.upper(), reason="r", by="b")
        hidden = write_wacz(archive, tmp_path / "a.wacz").hidden
        # The plain page and its revisits, and the same page in gzip.
        assert {each.capture.url for each in hidden} == {URL, "https://www.county.example/b?y=2&x=1"}
    line = {"report_id": "r1", "source": {"url": "http://county.example/gone", "sha256": "0" * 64}}
    (home / "reports.jsonl").write_text(json.dumps(line) + "\n")
    (home / "suppressed.jsonl").unlink()
    suppress(home, "report_id", "r1", reason="r", by="b")
    known = Suppressions.load(home)
    assert known.hides(report_id="r1") and known.hides(url="http://county.example/gone") and known.hides(sha256="0" * 64)
    assert not known.hides(report_id="r2", url=URL, sha256=decoded)
    with Archive.read(home) as archive:
        assert [each.capture.url for each in write_wacz(archive, tmp_path / "a.wacz").hidden] == ["http://county.example/gone"]


def test_a_page_held_for_review_is_left_out_until_somebody_looked(home: Path, tmp_path: Path) -> None:
    def hide(stored: Stored) -> str | None:
        return "personal data, held for review" if "12 件".encode("gb18030") in stored.body else None

    with Archive.read(home) as archive:
        held = write_wacz(archive, tmp_path / "a.wacz", hide=hide, pages=[PageEntry(URL, WHEN, "t"), PageEntry("http://county.example/", WHEN)])
        assert len(held.hidden) == 5 and held.pages == 1
        for body in (PAGE, PAGE + b"<!-- visitor 7 -->"):
            suppress(home, "sha256", hashlib.sha256(body).hexdigest(), reason="no person", by="us", state="reviewed")
        assert write_wacz(archive, tmp_path / "a.wacz", hide=hide).hidden == []


@pytest.mark.parametrize("line", ["{", '{"url": "http://a.example/", "state": "hiden"}', '{"reason": "x"}', '{"sha256": "12"}', "[]"])
def test_a_suppression_that_cannot_be_read_stops_every_publication(home: Path, tmp_path: Path, line: str) -> None:
    (home / "suppressed.jsonl").write_text(line)
    with Archive.read(home) as archive:
        for publish in (write_wacz, write_cdxj):
            with pytest.raises(ArchiveError, match=r"suppressed\.jsonl: line 1 is not a suppression"):
                publish(archive, tmp_path / "a")
        with pytest.raises(ArchiveError, match="line 1"):
            write_copies(archive, tmp_path / "copies", archive.captures())
    assert not (tmp_path / "a").exists()
    assert any("line 1 is not a suppression" in str(problem) for problem in verify(home))
    # An appended line stands on its own, whatever the editor left before it.
    suppress(home, "url", URL, reason="r", by="b")
    assert (home / "suppressed.jsonl").read_text().splitlines()[0] == line


def test_a_prefix_hides_a_folder_and_not_its_neighbour() -> None:
    def hides(prefix: str, url: str) -> bool:
        from archive.suppression import Suppression

        return bool(Suppressions([Suppression("prefix", prefix, "hidden", "", "", "")]).hides(url=url))

    assert hides("http://a.example/list/", "https://www.a.example/list/2.html")
    assert hides("http://a.example/list/", "http://a.example/list")
    assert not hides("http://a.example/list/", "http://a.example/lists/2.html")
    assert hides("http://a.example/list", "http://a.example/lists/2.html")
    assert hides("http://a.example/", "http://a.example/x") and not hides("http://a.example/", "http://a.example.org/x")
    assert hides("http://a.example/", "urn:dom:http://a.example/x")


def test_damage_is_not_handed_on(home: Path, tmp_path: Path) -> None:
    path = warc_files(home)[0]
    data = bytearray(path.read_bytes())
    with path.open("rb") as stream:
        at = list(our_places(stream))[2].offset
    data[at + 50] ^= 1
    path.write_bytes(data)
    with Archive.read(home) as archive, pytest.raises(ArchiveError, match=f"{path.name}: byte {at}: .*run scrapy verify"):
        write_wacz(archive, tmp_path / "a.wacz")
    assert list(tmp_path.glob("a.wacz*")) == []


HOSTILE = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg onload=alert(1)><script>1</script></svg>",
    "<iframe src=http://evil.example srcdoc='<script>1</script>'></iframe>", "<a href='java\nscript:alert(1)'>x</a>",
    "<a href='data:text/html;base64,PHNj'>x</a>", "<meta http-equiv=refresh content='0;url=http://evil.example/'>",
    "<link rel=stylesheet href=http://evil.example/x.css>", "<style>@import 'http://evil.example';</style>",
    "<p style='background:url(http://evil.example/x)'>x", "<table background=http://evil.example/x.gif><td>1</table>",
    "<form action=http://evil.example><input autofocus onfocus=alert(1)></form>", "<base href=http://evil.example/>",
    "<object data=http://evil.example></object><embed src=http://evil.example>", "<video poster=http://evil.example></video>",
    "<img srcset='http://evil.example 1x'>", "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<frameset><frame src=http://evil.example></frameset>", "<!--[if IE]><script src=http://evil.example></script><![endif]-->",
    "<a href=/x ping=http://evil.example target=_blank>x</a>", "<img src='data:image/svg+xml;base64,PHN2Zz4='>", "<plaintext><script>",
]  # fmt: skip
_LOADS = re.compile(r"<[^>]*\s(?:src|srcset|background|poster|action|data|ping|srcdoc|style|on\w+)\s*=", re.IGNORECASE)
_TAGS = re.compile(r"<(?:script|iframe|frame|object|embed|link|base|form|input|svg|math|video|style|meta)\b", re.IGNORECASE)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_nothing_in_a_reading_copy_acts_or_loads(hostile: str) -> None:
    page = f"<html><body><h1>年报</h1><table><tr><td colspan=2>12</td></tr></table>{hostile}<p>件</p>"
    stored = Stored(URL, WHEN, 200, "OK", [], b"", page.encode(), rid="<urn:uuid:1>", content_type="text/html")
    copy = reading_copy(stored)
    body = copy.partition("</style>")[2]
    assert not _TAGS.search(body) and not _LOADS.search(body) and "evil.example" not in re.sub(r"&lt;.*", "", body)
    assert "script:" not in body and '<td colspan="2">12</td>' in body
    assert "default-src 'none'" in copy.partition("<title>")[0]


def test_the_banner_says_what_it_is_and_how_to_check_it(home: Path, tmp_path: Path) -> None:
    with Archive.read(home) as archive:
        capture = archive.history("https://www.county.example/b?y=2&x=1")[0]
        stored = archive.load(capture)
        torn = archive.load(archive.history("http://county.example/torn")[0])
    path = write_copy(stored, tmp_path)
    copy = path.read_text("utf-8")
    digest = hashlib.sha256(PAGE).hexdigest()
    for words in ("https://www.county.example/b?y=2&amp;x=1", "2021-02-01T03:04:05Z (UTC)", digest, "sha256sum", "gb18030", "本年新收 12 件"):
        assert words in copy, words
    assert path.name == f"www-county-example-20210201.{digest[:12]}.html" == copy_name(stored)
    assert '<meta charset="utf-8">' in copy
    assert "<b>Not whole:</b>" in reading_copy(torn) and "Not whole" not in copy
    relative = Stored("http://a.example/x/y.html", None, 200, "", [], b"", b"<a href='../z.html'>z</a>")
    assert '<a href="http://a.example/z.html"' in reading_copy(relative)


@pytest.mark.parametrize(
    ("body", "declared", "shown"),
    [
        ("年报".encode("gbk"), "text/html; charset=ISO-8859-1", "年报"),
        ("年报".encode(), "text/html; charset=gbk", "年报"),
        ("年報".encode("big5"), "text/html; charset=big5", "年報"),
        (b"\xef\xbb\xbf" + "年报".encode(), "", "年报"),
        ("年报".encode("utf-16"), "text/html", "年报"),
        ("年报".encode("gbk") + b"\xff\xff", "text/html; charset=gb2312", "年报\ufffd"),
    ],
)
def test_a_copy_is_in_the_characters_of_the_page(body: bytes, declared: str, shown: str) -> None:
    copy = reading_copy(Stored(URL, None, 200, "", [], b"", b"<p>" + body if body[:1] not in (b"\xff", b"\xef") else body, content_type=declared))
    assert shown in copy.partition("</style>")[2]


def test_what_has_no_reading_copy_is_said(tmp_path: Path) -> None:
    for body, kind in ((b"%PDF", "application/pdf"), (b"<div>" * 20_000, "text/html"), (b"x" * 21_000_000, "text/html")):
        with pytest.raises(NotCopied):
            write_copy(Stored(URL, None, 200, "", [], b"", body, content_type=kind), tmp_path / "x.html")
    assert list(tmp_path.iterdir()) == []
    name = copy_name(Stored("http://../..%2f\x00" + "a" * 300 + ":x/", WHEN + timedelta(1), 200, "", [], b"", b""))
    assert re.fullmatch(r"[a-z0-9-]{1,80}\.[0-9a-f]{12}\.html", name)


def test_a_report_at_several_addresses_is_hidden_at_all_of_them_by_any(home: Path, tmp_path: Path) -> None:
    other = "https://www.county.example/b?y=2&x=1"
    first = {"report_id": "r1", "source": {"url": URL, "sha256": "1" * 64, "also_at": [{"url": other, "sha256": "2" * 64}]}}
    # Another version of it, at one of its addresses and at a third.
    second = {"report_id": "r2", "source": {"url": other, "sha256": "3" * 64, "also_at": [{"url": "http://county.example/c", "sha256": "4" * 64}]}}
    elsewhere = {"report_id": "r3", "source": {"url": "http://county.example/d", "sha256": "5" * 64, "also_at": []}}
    (home / "reports.jsonl").write_text("".join(json.dumps(each) + "\n" for each in (elsewhere, second, first)))
    names: list[tuple[str, str]] = [
        ("url", URL.replace("https", "http")), ("url", other), ("url", "http://county.example/c"), ("sha256", "1" * 64), ("sha256", "2" * 64),
        ("report_id", "r1"), ("report_id", "r2"), ("prefix", "http://county.example/b"),
    ]  # fmt: skip
    for key, value in names:
        (home / "suppressed.jsonl").unlink(missing_ok=True)
        suppress(home, key, value, reason="r", by="b")  # type: ignore[arg-type]
        known = Suppressions.load(home)
        for hidden in (URL, other, "http://county.example/c"):
            assert known.hides(url=hidden), (key, value, hidden)
        assert all(known.hides(sha256=digit * 64) for digit in "1234") and known.hides(report_id="r1") and known.hides(report_id="r2")
        assert not known.hides(report_id="r3", url="http://county.example/d", sha256="5" * 64)
        with Archive.read(home) as archive:
            assert {each.capture.url for each in write_wacz(archive, tmp_path / "a.wacz").hidden} >= {URL, other}
        suppress(home, key, value, reason="r", by="b", state="released")  # type: ignore[arg-type]
        assert not Suppressions.load(home).hides(report_id="r1", url=URL)


def test_added_records_are_known_to_a_suppression(home: Path, tmp_path: Path) -> None:
    more = tmp_path / "more.jsonl"
    more.write_text(json.dumps({"report_id": "m", "source": {"url": "http://a.example/1", "sha256": "1" * 64, "also_at": [{"url": "http://a.example/2"}]}}) + "\n")
    suppress(home, "url", "http://a.example/2", reason="r", by="b")
    assert Suppressions.load(home, [more]).hides(report_id="m") and not Suppressions.load(home).hides(report_id="m")


def test_a_package_without_a_file_that_was_sealed_is_not_made(home: Path, tmp_path: Path) -> None:
    warc_files(home)[0].unlink()
    with Archive.read(home) as archive:
        for publish in (write_wacz, write_cdxj):
            with pytest.raises(ArchiveError, match=r"listed in MANIFEST\.jsonl and gone"):
                publish(archive, tmp_path / "a")
