"""Web archives that others wrote are read, and what cannot be read is said."""

from __future__ import annotations

import base64
import gzip
import hashlib
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from archive import ArchiveError, iter_warc
from tests.test_archive import PAGE, WHEN, fill, warc_files


def record(kind: str, block: bytes, url: str = "http://county.example/", rid: str = "1", **more: str) -> bytes:
    """A record as some tool might write it."""
    fields = {
        "WARC-Type": kind,
        "WARC-Record-ID": f"<urn:uuid:{rid}>",
        "WARC-Target-URI": url,
        "WARC-Date": "2020-03-01T00:00:00Z",
        "Content-Length": str(len(block)),
    } | {name.replace("_", "-"): value for name, value in more.items()}
    return b"WARC/1.0\r\n" + "".join(f"{k}: {v}\r\n" for k, v in fields.items()).encode() + b"\r\n" + block + b"\r\n\r\n"


def answer(body: bytes, head: bytes = b"Content-Type: text/html") -> bytes:
    return b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n" + body


def save(path: Path, *records: bytes, packed: bool = True) -> Path:
    path.write_bytes(b"".join(gzip.compress(each) if packed else each for each in records))
    return path


def bodies(path: Path) -> list[bytes]:
    return [stored.body for stored in iter_warc(path)]


@pytest.mark.parametrize("packed", [True, False])
def test_both_forms_are_read(tmp_path: Path, packed: bool) -> None:
    sha1 = "sha1:" + base64.b32encode(hashlib.sha1(PAGE).digest()).decode()
    path = save(
        tmp_path / "a.warc",
        record("warcinfo", b"software: x\r\n"),
        record("request", b"POST / HTTP/1.1\r\n\r\n", rid="q", WARC_Concurrent_To="<urn:uuid:a>"),
        record("response", answer(PAGE), rid="a", WARC_Payload_Digest=sha1, WARC_IP_Address="192.0.2.1"),
        record("metadata", b"via: http://x.example/\r\n", rid="m", WARC_Concurrent_To="<urn:uuid:a>"),
        record("response", answer(b"12\r\n", b"X: y"), url="<http://wget.example/1>", rid="b"),
        record("resource", b"%PDF", url="https://county.example/a.pdf", rid="c", Content_Type="application/pdf"),
        record("resource", b"text", url="urn:text:http://county.example/", rid="d"),
        record("response", b"1.2.3.4", url="dns:county.example", rid="e"),
        packed=packed,
    )
    first, second, third = iter_warc(path)
    assert (first.body, first.method, first.ip) == (PAGE, "POST", "192.0.2.1")
    assert first.metadata == {"via": "http://x.example/"}
    assert first.fetched and first.fetched.isoformat() == "2020-03-01T00:00:00+00:00"
    assert (second.url, second.body) == ("http://wget.example/1", b"12\r\n")
    assert (third.body, third.media_type, third.status) == (b"%PDF", "application/pdf", 200)


def test_what_warcio_writes_is_read(tmp_path: Path) -> None:
    out = BytesIO()
    writer = WARCWriter(out, gzip=True)
    head = StatusAndHeaders("200 OK", [("Content-Encoding", "gzip")], protocol="HTTP/1.1")
    url = "http://county.example/"
    made = writer.create_warc_record(url, "response", payload=BytesIO(gzip.compress(PAGE)), http_headers=head)
    writer.write_record(made)
    date, digest = (made.rec_headers.get_header(name) for name in ("WARC-Date", "WARC-Payload-Digest"))
    # As most tools: without WARC-Refers-To, by URL and date alone.
    writer.write_record(writer.create_revisit_record(url, digest, url, date, http_headers=head))
    (tmp_path / "a.warc.gz").write_bytes(out.getvalue())
    assert bodies(tmp_path / "a.warc.gz") == [PAGE, PAGE]


def test_chunks_are_undone_whatever_the_digest_is_over(tmp_path: Path) -> None:
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(PAGE), PAGE)
    head = b"Transfer-Encoding: chunked"
    over_chunks, over_body = (hashlib.sha256(data).hexdigest() for data in (chunked, PAGE))
    path = save(
        tmp_path / "a.warc.gz",
        record("response", answer(chunked, head), rid="1", WARC_Payload_Digest=f"sha256:{over_chunks}"),
        record("response", answer(chunked, head), rid="2", WARC_Payload_Digest=f"SHA-256:{over_body.upper()}"),
        record("response", answer(PAGE, head), rid="3"),
        record("response", answer(chunked[:60], head), rid="4"),
        record("response", answer(b"4\r\nwhol\r\n9\r\npar", head), rid="5"),
    )
    stored = list(iter_warc(path))
    assert [each.body for each in stored[:3]] == [PAGE] * 3
    assert (stored[4].body, stored[4].truncated) == (b"wholpar", "disconnect")


def test_our_own_files_read_the_same_way(tmp_path: Path) -> None:
    fill(tmp_path)
    first, second = warc_files(tmp_path)
    stored = list(iter_warc(first))
    assert [each.status for each in stored] == [200, 200, 404]
    assert stored[1].metadata["portal"] == "p1" and stored[1].fetched == WHEN
    taken = []
    with pytest.raises(ArchiveError, match="a revisit, and the answer that it repeats is not in this file"):
        for each in iter_warc(second):
            taken.append(each.url)
    assert taken == ["http://county.example/torn", "http://county.example/2020.html"]


def test_a_wacz_package_is_read_and_its_revisits_across_its_files(tmp_path: Path) -> None:
    fill(tmp_path)
    path = tmp_path / "a.wacz"
    with zipfile.ZipFile(path, "w") as package:
        for file in warc_files(tmp_path):
            package.write(file, f"archive/{file.name}")
        package.writestr("datapackage.json", "{}")
    stored = list(iter_warc(path))
    assert len(stored) == 7
    assert [each.body for each in stored if each.url.endswith("2020.html")][:3] == [PAGE] * 3
    assert stored[5].truncated == "disconnect"


@pytest.mark.parametrize("packed", [True, False])
def test_damage_hides_no_other_record_and_is_named_at_the_end(tmp_path: Path, packed: bool) -> None:
    digest = "sha256:" + hashlib.sha256(answer(b"second")).hexdigest()
    pieces = [
        record("response", answer(b"first"), rid="1"),
        record("response", answer(b"second"), rid="2", WARC_Block_Digest=digest),
        record("response", answer(b"third"), rid="3"),
    ]
    path = save(tmp_path / "a.warc", *pieces, packed=packed)
    data = bytearray(path.read_bytes())
    if packed:
        data[len(gzip.compress(pieces[0])) + 60] ^= 16
    else:
        data = data.replace(b"second", b"sekond")
    path.write_bytes(data)
    taken = []
    with pytest.raises(ArchiveError) as caught:
        for stored in iter_warc(path):
            taken.append(stored.body)
    assert taken == [b"first", b"third"]
    assert str(path) in str(caught.value) and "at byte" in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("packed", [True, False])
def test_a_cut_file_never_gives_half_a_page(tmp_path: Path, packed: bool) -> None:
    whole = [b"a" * 300, b"b" * 300]
    pieces = [record("response", answer(body), rid=str(number)) for number, body in enumerate(whole)]
    path = save(tmp_path / "a.warc", *pieces, packed=packed)
    data = path.read_bytes()
    first = len(gzip.compress(pieces[0])) if packed else len(pieces[0])
    for cut in range(1, len(data), 7):
        path.write_bytes(data[:cut])
        taken = []
        if cut == first:
            continue
        with pytest.raises(ArchiveError):
            for stored in iter_warc(path):
                taken.append(stored.body)
        assert taken == whole[: int(cut > first)]


def test_records_that_share_one_gzip_member_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.warc.gz"
    pieces = [record("response", answer(b"%d" % number), rid=str(number)) for number in range(3)]
    revisit = record("revisit", answer(b""), rid="r", WARC_Refers_To="<urn:uuid:1>")
    path.write_bytes(gzip.compress(b"".join([*pieces, revisit])))
    assert bodies(path) == [b"0", b"1", b"2", b"1"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "neither a WARC nor a WACZ file"),
        (b"<html>", "neither a WARC nor a WACZ file"),
        (b"PK\x03\x04 broken", "broken ZIP package"),
        (gzip.compress(b"just text"), "no WARC record begins here"),
        (b"WARC/1.0\r\n\r\n", "no WARC record begins here"),
        (gzip.compress(b"WARC/0.9\r\nContent-Length: 0\r\n\r\n\r\n\r\n"), "not a version of WARC"),
        (gzip.compress(b"WARC/1.0\r\nContent-Length: -5\r\n\r\n\r\n\r\n"), "no Content-Length"),
        (gzip.compress(record("response", b"")), "no HTTP status line"),
    ],
)
def test_what_is_no_archive_is_one_line(tmp_path: Path, data: bytes, words: str) -> None:
    path = tmp_path / "a.warc.gz"
    path.write_bytes(data)
    with pytest.raises(ArchiveError, match=words) as caught:
        list(iter_warc(path))
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


def test_absent_files_folders_and_empty_packages_are_one_line(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "empty.wacz", "w") as package:
        package.writestr("datapackage.json", "{}")
    for name in ("none.warc", ".", "empty.wacz"):
        with pytest.raises(ArchiveError):
            list(iter_warc(tmp_path / name))


def test_chunks_that_a_tool_kept_without_their_header_do_not_stand_in_the_page(tmp_path: Path) -> None:
    # 4096 bytes are 1000 in the digits of chunks, which in an empty cell of a table would be a figure.
    page = b"<td>" + b"x" * 4092 + b"</td>"
    kept = b"1000\r\n" + page[:4096] + b"\r\n5\r\n" + page[4096:] + b"\r\n0\r\n\r\n"
    assert bodies(save(tmp_path / "a.warc", record("response", answer(kept)))) == [page]
    for other in (kept[:-5], b"0\r\n\r\n", b"12\r\nabc", kept + b"more"):
        wanted = page if other == kept + b"more" else other
        assert bodies(save(tmp_path / "b.warc", record("response", answer(other)))) == [wanted]
    # What our own archive says about chunks is right.
    head = b"Content-Type: text/html\r\nX-Archive-Orig-Transfer-Encoding: chunked"
    assert bodies(save(tmp_path / "c.warc", record("response", answer(kept, head)))) == [kept]


def test_a_package_whose_deflated_bytes_are_damaged_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "a.wacz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("archive/a.warc", record("response", answer(bytes(range(256)) * 40)))
    data = path.read_bytes()
    for at in range(50, 250, 9):
        path.write_bytes(data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :])
        with pytest.raises(ArchiveError) as caught:
            list(iter_warc(path))
        assert str(path) in str(caught.value)
