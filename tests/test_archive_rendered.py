"""Pages that a browser drew, two digests, and the index that comes back from the files alone."""

from __future__ import annotations

import gzip
import json
import random
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive import Archive, RenderedPage, verify
from archive.reader import our_places
from archive.warc import sha256
from tests.faults import contents
from tests.test_archive import PAGE, WHEN, exchange, fill, index_rows, warc_files, write

URL = "http://county.example/app"
DOM = "<html><body><table><tr><td>本年新收</td><td>12</td></tr></table></body></html>"


def drawn(dom: str = DOM) -> RenderedPage:
    wire = [(b"Content-Type", b"text/html"), (b"Content-Encoding", b"br"), (b"content-length", b"7"), (b"Transfer-Encoding", b"chunked")]
    document = exchange(URL, b"<script src=a.js></script>", headers=wire, metadata={"role": "report", "portal": "p1"})
    script = exchange("http://county.example/a.js", b"draw()", headers=[], metadata={"via": URL})
    return RenderedPage(URL, dom, [document, script], WHEN + timedelta(seconds=2), {"role": "report", "portal": "p1"})


def records_of(path: Path) -> list[dict[str, str]]:
    with path.open("rb") as stream:
        return [dict(place.record.fields) | {"block": place.record.block.decode("latin-1")} for place in our_places(stream) if place.record]


def test_a_rendered_page_is_its_answers_and_the_document_as_drawn(tmp_path: Path) -> None:
    with write(tmp_path) as home:
        kept = home.record_rendered(drawn())
        document, script = kept.answers
        assert (kept.dom.url, kept.dom.page_url, kept.dom.kind) == (f"urn:dom:{URL}", URL, "resource")
        assert (kept.dom.refers_to, kept.dom.status, kept.dom.portal, kept.dom.role) == (document.rid, 200, "p1", "report")
        stored = home.load(kept.dom)
        assert stored.rendered and stored.body.decode() == DOM
        assert (stored.media_type, stored.charset, stored.metadata["source"]) == ("text/html", "utf-8", "browser")
        # The document that was served is there under its own address, and is what replay of it gives.
        served = home.load(document)
        assert not served.rendered and served.body == b"<script src=a.js></script>" and served.damage is None
        assert served.metadata["source"] == home.load(script).metadata["source"] == "browser"
        assert {name for name, _ in served.headers} == {
            b"Content-Type", b"X-Archive-Orig-Content-Encoding", b"X-Archive-Orig-content-length", b"X-Archive-Orig-Transfer-Encoding",
        }  # fmt: skip
        assert home.latest(URL) == document and home.history(f"urn:dom:{URL}") == [kept.dom]
    (path,) = warc_files(tmp_path)
    resource, described = records_of(path)[-2:]
    assert resource["WARC-Type"] == "resource" and resource["Content-Type"] == "text/html; charset=utf-8"
    assert resource["WARC-Target-URI"] == f"urn:dom:{URL}" and resource["block"].encode("latin-1").decode() == DOM
    assert resource["WARC-Refers-To"] == resource["WARC-Concurrent-To"] == document.rid
    assert described["WARC-Refers-To"] == resource["WARC-Record-ID"]
    answer = next(each for each in records_of(path) if each["WARC-Type"] == "response")
    assert (answer["WARC-Protocol"], answer["WARC-IP-Address"]) == ("HTTP/1.1", "192.0.2.7")
    assert list(verify(tmp_path)) == []


def test_a_page_as_drawn_without_its_document_and_with_half_characters(tmp_path: Path) -> None:
    with write(tmp_path, body_limit=40) as home:
        kept = home.record_rendered(RenderedPage(URL, "\ud83d" + "x" * 60, [], WHEN))
        assert (kept.answers, kept.dom.refers_to, kept.dom.truncated) == ([], None, "length")
        assert home.load(kept.dom).body == b"\\ud83d" + b"x" * 34
    assert list(verify(tmp_path)) == []
    with pytest.raises(ValueError, match="no time zone"):
        RenderedPage(URL, "", [], WHEN.replace(tzinfo=None))


def test_a_drawn_page_whose_document_is_gone_is_named(tmp_path: Path) -> None:
    with write(tmp_path) as home:
        home.record_rendered(drawn())
    (path,) = warc_files(tmp_path)
    with path.open("rb") as stream:
        places = list(our_places(stream))
    data = bytearray(path.read_bytes())
    data[places[2].offset + 60] ^= 1
    path.write_bytes(data)
    problems = [str(problem) for problem in verify(tmp_path)]
    assert any("the answer that it began with is not in the archive" in problem for problem in problems)


def test_a_body_over_the_limit_is_kept_in_part_and_says_so(tmp_path: Path) -> None:
    with write(tmp_path, body_limit=1000) as home:
        cut = home.record(exchange(body=b"x" * 1001))
        whole = home.record(exchange(body=b"x" * 1000))
        assert (cut.truncated, whole.truncated, whole.kind) == ("length", None, "response")
        assert home.load(cut).body == b"x" * 1000 and home.load(cut).truncated == "length"
    (path,) = warc_files(tmp_path)
    assert [each.get("WARC-Truncated") for each in records_of(path) if each["WARC-Type"] == "response"] == ["length", None]


def test_only_what_a_report_says_makes_a_version_and_not_its_bytes(tmp_path: Path) -> None:
    url = "http://county.example/2020.html"
    with write(tmp_path) as home:
        counter = [home.record(exchange(body=PAGE + b"<!-- visitor %d -->" % number)) for number in range(3)]
        for capture in counter:
            home.note_content(capture, "content-a")
        home.record(exchange(body=b"busy", status=503))
        revised = home.record(exchange(body=PAGE.replace(b"12", b"13")))
        home.note_content(revised, "content-b")
        again = home.record(exchange(body=PAGE.replace(b"12", b"13")))
        back = home.record(exchange(body=PAGE + b"<!-- visitor 0 -->"))
        first, second, third = home.versions(url)
        assert (first.content, first.first, first.last, first.captures) == ("content-a", counter[0], counter[2], 3)
        assert first.payloads == tuple(capture.payload for capture in counter)
        # A revisit says what its original says.
        assert (second.content, second.captures, second.last) == ("content-b", 2, again)
        assert (third.content, third.first) == ("content-a", back)
        assert len(home.history(url)) == 7
        size = next(tmp_path.glob("warc/*/*.open")).stat().st_size
        home.note_content(revised, "content-b")
        assert next(tmp_path.glob("warc/*/*.open")).stat().st_size == size, "the same digest is not written twice"
        with pytest.raises(ValueError, match="is not a digest"):
            home.note_content(revised, "a\r\nWARC-Type: response")
    with write(tmp_path) as home:
        home.note_content(revised, "content-c")
        assert [version.content for version in home.versions(url)] == ["content-a", "content-c", "content-a"]
    before = (*index_rows(tmp_path), contents(tmp_path))
    (tmp_path / "index.sqlite").unlink()
    with write(tmp_path) as home:
        assert [version.content for version in home.versions(url)] == ["content-a", "content-c", "content-a"]
    assert (*index_rows(tmp_path), contents(tmp_path)) == before
    assert list(verify(tmp_path)) == []


_steps = st.lists(
    st.tuples(st.sampled_from(("page", "page", "page", "304", "error", "torn", "drawn", "note", "new run")), st.integers(0, 3), st.integers(0, 2)),
    min_size=1,
    max_size=16,
)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=_steps, roll_at=st.sampled_from((1_500, 6_000, 1 << 30)))
def test_the_index_from_the_files_alone_is_the_live_one_row_for_row(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int, int]], roll_at: int
) -> None:
    root = tmp_path_factory.mktemp("rebuilt")
    home = write(root, roll_at=roll_at)
    last = None
    for what, page, body in steps:
        url = f"http://county.example/{page}"
        content = b"body %d of %d" % (body, page) * 20
        if what == "new run":
            home.close()
            home = write(root, roll_at=roll_at)
        elif what == "note":
            if last:
                home.note_content(last, f"content-{body}")
        elif what == "drawn":
            last = home.record_rendered(RenderedPage(url, f"<p>{body}", [exchange(url, content)], WHEN)).dom
        else:
            status = {"304": 304, "error": 404}.get(what, 200)
            last = home.record(
                exchange(url, b"" if status == 304 else content, status=status, truncated="time" if what == "torn" else None)
            )
    home.close()
    live = (*index_rows(root), contents(root))
    assert list(verify(root)) == []
    (root / "index.sqlite").unlink()
    with write(root):
        pass
    assert (*index_rows(root), contents(root)) == live


def test_archives_of_the_first_version_are_read_as_they_are(tmp_path: Path) -> None:
    """Their files have names without a mark, and content digests stood in the index alone."""
    fill(tmp_path)
    for path in warc_files(tmp_path):
        old = path.with_name("-".join(path.name.split("-")[:2]) + ".warc.gz")
        manifest = tmp_path / "warc" / "MANIFEST.jsonl"
        path.rename(old)
        lines = manifest.read_text().replace(path.name, old.name).splitlines()
        # The chain of a manifest that never knew the mark, nor a check of its lines.
        chained, previous = [], "0" * 64
        for line in lines:
            told = json.loads(line) | {"previous": previous}
            told.pop("check", None)
            chained.append(json.dumps(told, separators=(",", ":")))
            previous = sha256(chained[-1].encode())
        manifest.write_text("".join(line + "\n" for line in chained))
    (tmp_path / "index.sqlite").unlink()
    with write(tmp_path) as home:
        assert home.recovered == [] and home.run == "r000003"
        assert len(list(home.captures())) == 7
        home.record(exchange(body=b"new"))
    assert list(verify(tmp_path)) == []


def test_gzip_pages_of_a_browser_and_of_the_wire_do_not_mix(tmp_path: Path) -> None:
    with write(tmp_path) as home:
        coded = [(b"Content-Encoding", b"gzip"), (b"Content-Type", b"text/html")]
        wire = home.record(exchange(URL, gzip.compress(PAGE), headers=coded))
        answer = home.record_rendered(RenderedPage(URL, "x", [exchange(URL, PAGE, headers=coded)], WHEN)).answers[0]
        assert (wire.kind, answer.kind) == ("response", "response")
        assert home.load(wire).body == home.load(answer).body == PAGE
        assert home.load(answer).damage is None
    with Archive.read(tmp_path) as home:
        assert random.Random(1).choice([home.load(each).body for each in home.history(URL)]) == PAGE
