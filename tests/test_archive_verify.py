"""Whatever happens to the bytes of an archive, `verify` finds it, and says where."""

from __future__ import annotations

import gzip
import hashlib
import json
import random
import shutil
import sqlite3
from pathlib import Path

import pytest

from archive import Archive, bytes_to_verify, verify
from archive.journals import check_journals, journals_without_check, what_is_wrong, with_check
from archive.manifest import checked
from archive.reader import our_places
from tests.test_archive import exchange, fill, run_python, warc_files, write


@pytest.fixture
def home(tmp_path: Path) -> Path:
    root = tmp_path / "home"
    fill(root)
    with write(root) as archive:
        archive.save_snapshot(b"<html>", portal="p1", year=2020, label="高笋塘街道", suffix=".html")
    return root


def problems(root: Path) -> list[str]:
    return [str(problem) for problem in verify(root)]


def line(record: dict[str, object]) -> str:
    """A line of the dataset, with the digest of itself."""
    return checked(json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode()).decode() + "\n"


def as_first_version(root: Path) -> None:
    """Write the manifest as the first version did, whose lines had no digest of themselves."""
    path = root / "warc/MANIFEST.jsonl"
    lines, last = [], None
    for old in path.read_bytes().splitlines():
        told = json.loads(old)
        del told["check"]
        told["previous"] = told["previous"] if last is None else hashlib.sha256(last).hexdigest()
        last = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
        lines.append(last + b"\n")
    path.write_bytes(b"".join(lines))


def test_a_sound_archive_has_no_problem_and_every_byte_is_counted(home: Path) -> None:
    done: list[int] = []
    assert list(verify(home, progress=done.append)) == []
    assert sum(done) == bytes_to_verify(home) > 0


def test_an_absent_index_is_no_damage(home: Path) -> None:
    (home / "index.sqlite").unlink()
    assert problems(home) == []


def test_every_flipped_bit_of_a_sealed_file_is_found(home: Path) -> None:
    chance = random.Random(1)
    path = warc_files(home)[1]
    data = path.read_bytes()
    for _ in range(60):
        at, bit = chance.randrange(len(data)), 1 << chance.randrange(8)
        path.write_bytes(data[:at] + bytes([data[at] ^ bit]) + data[at + 1 :])
        found = problems(home)
        assert found and any(path.name in problem for problem in found), at
    path.write_bytes(data)
    assert problems(home) == []


def test_every_cut_of_a_sealed_file_is_found(home: Path) -> None:
    path = warc_files(home)[1]
    data = path.read_bytes()
    with path.open("rb") as stream:
        boundaries = [place.end for place in our_places(stream)]
    for cut in {*range(0, len(data), 97), *boundaries[:-1]}:
        path.write_bytes(data[:cut])
        assert any(path.name in problem for problem in problems(home)), cut


def test_the_reader_alone_finds_cuts_and_flips_and_keeps_the_other_records(home: Path) -> None:
    chance = random.Random(2)
    data = warc_files(home)[0].read_bytes()
    scratch = home.parent / "scratch.gz"
    scratch.write_bytes(data)
    with scratch.open("rb") as stream:
        whole = list(our_places(stream))
    inside = 0
    for _ in range(300):
        at = chance.randrange(len(data))
        place = next(place for place in whole if place.offset <= at < place.end)
        scratch.write_bytes(data[:at] + bytes([data[at] ^ (1 << chance.randrange(8))]) + data[at + 1 :])
        with scratch.open("rb") as stream:
            found = list(our_places(stream))
        # The time, flags and system in the head of a gzip member and the bits that pad its last byte of
        # data are under no checksum: such a flip changes no record, and the manifest's digest finds it.
        if all(seen.problem is None for seen in found):
            assert 3 <= at - place.offset < 10 or at == place.end - 9
            assert [seen.record for seen in found] == [other.record for other in whole]
            continue
        inside += 1
        assert [seen.offset for seen in found if seen.problem] == [place.offset]
        kept = [seen.record for seen in found if seen.record]
        assert kept == [other.record for other in whole if other is not place]
    assert inside > 250
    for cut in range(1, len(data), 41):
        scratch.write_bytes(data[:cut])
        with scratch.open("rb") as stream:
            found = list(our_places(stream))
        on_boundary = any(place.end == cut for place in whole)
        assert (found[-1].problem is None) == on_boundary


def test_a_file_that_is_gone_or_strange_is_named(home: Path) -> None:
    first = warc_files(home)[0]
    kept = first.read_bytes()
    first.unlink()
    assert any(f"{first}: listed in MANIFEST.jsonl and gone" in problem for problem in problems(home))
    assert any("the response that it repeats is not in the archive" in problem for problem in problems(home))
    first.write_bytes(kept)
    stranger = first.with_name("theirs.warc.gz")
    stranger.write_bytes(kept)
    assert problems(home) == [f"{stranger}: not a file of this archive; move it out"]
    stranger.rename(first.with_name("r000009-00001.warc.gz"))
    assert any("another file holds too" in problem for problem in problems(home))


def test_the_chain_of_the_manifest_shows_what_was_changed(home: Path) -> None:
    path = home / "warc" / "MANIFEST.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    first = json.loads(lines[0])
    last = json.loads(lines[1])
    for changed in (
        # Nothing follows the last line that could prove it, but it carries a digest of itself.
        [lines[0], json.dumps(last | {"sealed": "2001-01-01T00:00:00Z"}, separators=(",", ":")).encode() + b"\n"],
        [json.dumps(first | {"sealed": "2001-01-01T00:00:00Z"}).encode() + b"\n", lines[1]],
        [lines[1], lines[0]],
        [lines[1]],
        [b"nonsense\n", lines[1]],
        [lines[0], lines[1], lines[1]],
        [lines[0], lines[1][:-10]],
    ):
        path.write_bytes(b"".join(changed))
        assert any("MANIFEST.jsonl: line" in problem for problem in problems(home)), changed
    unchecked = {name: value for name, value in first.items() if name != "check"}
    path.write_bytes(json.dumps(unchecked | {"records": 99}).encode() + b"\n" + lines[1])
    assert any("records where MANIFEST.jsonl says 99" in problem for problem in problems(home))


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("UPDATE capture SET status = 404 WHERE seq = 2", "line 2 is not what its record says"),
        ("UPDATE capture SET portal = 'p2' WHERE seq = 2", "line 2 is not what its record says"),
        ("UPDATE capture SET \"offset\" = 7 WHERE seq = 2", "line 2 (20"),
        ("DELETE FROM capture WHERE seq = 2", "no line for the record in 20"),
        ("UPDATE file SET bytes = bytes - 1", "does not cover the files"),
        ("PRAGMA user_version = 99", "cannot be read (written by another version)"),
    ],
)
def test_a_line_that_is_not_its_record_is_found(home: Path, statement: str, message: str) -> None:
    db = sqlite3.connect(home / "index.sqlite")
    db.execute(statement)
    db.commit()
    db.close()
    assert any(message in problem for problem in problems(home))


def test_a_line_that_is_too_many_is_found(home: Path) -> None:
    db = sqlite3.connect(home / "index.sqlite")
    columns = [row[1] for row in db.execute("PRAGMA table_info(capture)")]
    values = ["seq + 100" if name == "seq" else "rid || 'x'" if name == "rid" else f'"{name}"' for name in columns]
    db.execute(f"INSERT INTO capture SELECT {', '.join(values)} FROM capture WHERE seq = 3")
    db.commit()
    db.close()
    assert len(problems(home)) >= 1


def test_a_snapshot_that_is_not_its_name_is_found(home: Path) -> None:
    (path,) = (home / "snapshots").glob("*/*.html")
    path.write_bytes(b"<htmk>")
    assert len(problems(home)) == 1 and "not the bytes that the digest in its name promises" in problems(home)[0]
    path.rename(path.with_name("page.html"))
    assert "not the name of a snapshot" in problems(home)[0]


def test_verify_may_run_beside_a_writer(home: Path) -> None:
    with write(home) as archive:
        archive.record(exchange("http://county.example/live", b"live"))
        (path,) = home.glob("warc/*/*.open")
        kept = path.read_bytes()
        with path.open("ab") as stream:
            stream.write(kept[:30])
        assert problems(home) == []
        with Archive.read(home) as reader:
            assert reader.latest("http://county.example/live")
        path.write_bytes(kept)


def test_verify_changes_nothing_and_takes_no_lock(home: Path) -> None:
    code = "import sys; from archive import verify; print(len(list(verify(sys.argv[1]))))"
    before = {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}
    copy = home.parent / "read-only"
    shutil.copytree(home, copy)
    assert run_python(code, str(copy)).stdout == "0\n"
    after = {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}
    assert before == after


def dataset_of(root: Path) -> tuple[Path, dict[str, object]]:
    """A dataset of one line that stands on the archive."""
    (snapshot,) = (root / "snapshots").glob("*/*.html")
    with write(root) as home:
        home.record(exchange("http://county.example/coded?a=1", gzip.compress(b"<html>"), headers=[(b"Content-Encoding", b"gzip")]))
    digest = hashlib.sha256(b"<html>").hexdigest()
    source = {"url": "http://county.example/coded?a=1#tab2", "sha256": digest, "snapshot": snapshot.relative_to(root).as_posix()}
    (root / "reports.jsonl").write_text(line({"report_id": "1", "source": source}))
    return root / "reports.jsonl", source


def test_every_line_of_the_dataset_stands_on_evidence(home: Path) -> None:
    path, source = dataset_of(home)
    done: list[int] = []
    assert list(verify(home, progress=done.append)) == []
    assert sum(done) == bytes_to_verify(home)
    outside = home.parent / "outside.html"
    outside.write_bytes(b"<html>")
    for changed, message in (
        ({"sha256": "0" * 64}, "no answer of http://county.example/coded?a=1#tab2 in the archive has the bytes 000"),
        ({"url": "http://county.example/coded?a=2"}, "no answer of http://county.example/coded?a=2 in the archive"),
        ({"url": None}, "not a record with url and sha256"),
        ({"snapshot": "snapshots/p1/gone.html"}, "cannot be read"),
        ({"snapshot": "../outside.html"}, "is not in snapshots/"),
        ({"snapshot": "snapshots/../../outside.html"}, "is not in snapshots/"),
        ({"snapshot": "/etc/passwd"}, "is not in snapshots/"),
    ):
        good = [line({"report_id": str(n), "source": source}) for n in range(2)]
        path.write_text(good[0] + line({"source": source | changed}) + good[1])
        (problem,) = problems(home)
        assert problem.startswith(f"{path}: line 2: ") and message in problem
    for torn in ("{", "[]\n", '{"source": 1}\n', '{"source": {"url": "'):
        path.write_text(torn)
        assert problems(home)[0].startswith(f"{path}: line 1: ")
    path.write_text(good[0] + good[1] + good[0])
    assert ["line 3: the same line stands above" in problem for problem in problems(home)] == [True]


def test_content_digests_of_the_index_are_those_of_the_files(home: Path) -> None:
    with write(home) as archive:
        capture = archive.record(exchange(body=b"noted"))
        archive.note_content(capture, "abc")
    assert problems(home) == []
    for statement in ("UPDATE content SET digest = 'abd'", "DELETE FROM content", "INSERT INTO content VALUES ('<x>', 'y')"):
        db = sqlite3.connect(home / "index.sqlite")
        db.execute(statement)
        db.commit()
        db.close()
        assert any("the content digest of <" in problem for problem in problems(home)), statement


def test_verify_takes_no_more_memory_for_more_records(tmp_path: Path) -> None:
    code = (
        "import resource, sys; from archive import verify\n"
        "assert not list(verify(sys.argv[1])); print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    peaks = []
    for records in (4, 40):
        with write(tmp_path / str(records), roll_at=3_000_000) as archive:
            for number in range(records):
                archive.record(exchange(f"http://county.example/{number}", random.Random(number).randbytes(500_000)))
        peaks.append(int(run_python(code, str(tmp_path / str(records))).stdout))
    # In KiB; the larger one has 18 MB more to read.
    assert peaks[1] - peaks[0] < 8_000, peaks


def test_every_flipped_bit_of_the_dataset_is_found(home: Path) -> None:
    with Archive.read(home) as archive:
        stored = [archive.load(capture) for capture in archive.captures() if capture.status == 200][:3]
    lines = [
        checked(json.dumps({"report_id": str(n), "value": 23 + n, "source": {"url": each.url, "sha256": hashlib.sha256(each.body).hexdigest()}}).encode())
        for n, each in enumerate(stored)
    ]
    path, data = home / "reports.jsonl", b"".join(line + b"\n" for line in lines)
    path.write_bytes(data)
    assert problems(home) == []
    chance = random.Random(3)
    figure = data.index(b'"value": 23') + len(b'"value": 2')
    for at in [figure, *chance.sample(range(len(data)), 60)]:
        path.write_bytes(data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :])
        assert any("reports.jsonl" in problem for problem in problems(home)), at
    # Lines of the first version have no digest. Where the manifest or another line has, its absence is a change.
    path.write_bytes(b"".join(line.rpartition(b',"check"')[0] + b"}\n" for line in lines))
    assert ["the line has no digest of itself" in problem for problem in problems(home)] == [True] * 3
    as_first_version(home)
    assert problems(home) == []
    path.write_bytes(data + lines[0].rpartition(b',"check"')[0] + b"}\n")
    assert ["line 4: the line has no digest of itself" in problem for problem in problems(home)] == [True]


def test_an_index_whose_lists_lead_astray_is_found(home: Path) -> None:
    path = home / "index.sqlite"
    con = sqlite3.connect(path)
    con.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    # What a flipped bit in the list of addresses does: the lines are sound, and one is not found by its address.
    (name,) = con.execute("SELECT name FROM sqlite_schema WHERE type = 'index' AND sql LIKE '%url%'").fetchone()
    (root,) = con.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (name,)).fetchone()
    (size,) = con.execute("PRAGMA page_size").fetchone()
    con.close()
    data = bytearray(path.read_bytes())
    at = data.index(b"http", (root - 1) * size, root * size)
    data[at + 1] ^= 2
    path.write_bytes(data)
    assert any("the index is damaged" in problem and "delete index.sqlite" in problem for problem in problems(home))


def test_a_journal_that_is_none_is_named(home: Path) -> None:
    (home / "runs").mkdir(exist_ok=True)
    (home / "runs/r000009.json").write_text('{"run": "r0000')
    assert ["r000009.json: not the journal of a run" in problem for problem in problems(home)] == [True]


def journal(run: str, **told: object) -> str:
    """A journal as a crawl writes it: some pieces, the last of which ends with the last brace on a line of its own."""
    head = {"run": run, "ended": None, "counts": {"pages": 7, "reports": 3}, "asked_for": {"years": [2019, 2020]}, **told}
    pieces = [json.dumps(head, ensure_ascii=False, indent=1).removesuffix("\n}"), ',\n "failures": []', ',\n "ledger": {', "}\n}\n"]
    return "".join(with_check(pieces))


def test_every_changed_byte_of_a_journal_is_found_and_its_file_is_named(home: Path) -> None:
    path = home / "runs/r000001.json"
    path.parent.mkdir(exist_ok=True)
    data = journal("r000001", bugs=["http://县.example/年报: ValueError"]).encode()
    for first, other in ((0, 1), (1, 4), (2, 0x20)):
        for at in range(first, len(data), 3):
            path.write_bytes(data[:at] + bytes([data[at] ^ other]) + data[at + 1 :])
            assert [words for _, words, _ in check_journals(home) if words], (at, other)
    for at in range(0, len(data), 5):
        for damaged in (data[:at], data[:at] + data[at + 1 :], data[:at] + b"0" + data[at:], data[:at] + bytes(len(data) - at)):
            path.write_bytes(damaged)
            assert [words for _, words, _ in check_journals(home) if words], at
    path.write_bytes(data.replace(b'"pages": 7', b'"pages": 8'))
    assert problems(home) == [f"{path}: it was changed: its digest is not the one at its end; restore the file from a copy"]
    path.write_bytes(journal("r000002").encode())
    assert ["r000001.json: it is the journal of r000002" in problem for problem in problems(home)] == [True]
    path.write_bytes(data)
    path.with_name("r000001-0123abcd.json").write_bytes(data)  # as a merge names that of another machine
    assert problems(home) == [] and journals_without_check(home) == []


def test_a_journal_of_the_first_version_has_no_digest_and_is_no_problem(home: Path) -> None:
    (home / "runs").mkdir(exist_ok=True)
    path = home / "runs/r000001.json"
    path.write_text('{\n "run": "r000001",\n "failures": [],\n "ledger": {}\n}\n')
    assert ["r000001.json: it has no digest of itself" in problem for problem in problems(home)] == [True]
    as_first_version(home)
    assert problems(home) == [] and journals_without_check(home) == [path]
    (home / "runs/r000002.json").mkdir()
    assert ["r000002.json: a folder" in problem for problem in problems(home)] == [True]


def test_lines_that_the_last_run_left_and_are_gone_are_missed(home: Path) -> None:
    path, source = dataset_of(home)
    lines = [line({"report_id": str(n), "source": source, "parser": "1.0.0"}) for n in range(3)]
    (home / "runs").mkdir(exist_ok=True)
    told = {"ended": "2026-01-01T00:00:00Z", "software": {"gongkai": "1.0.0"}, "counts": {"lines": 3}}
    (home / "runs/r000001.json").write_text(journal("r000001", **told))
    (home / "runs/r000002.json").write_text(journal("r000002"))  # it was killed
    path.write_text("".join(lines) + line({"report_id": "3", "source": source}))
    assert problems(home) == []
    for left, number in (("".join(lines[1:]), 2), ("", 0)):
        path.write_text(left)
        assert problems(home) == [f"{path}: {number} lines, and r000001 left 3; replay the archive, which writes it anew"]
    path.unlink()
    assert len(problems(home)) == 1
    # Another version of the parser may find fewer reports in the same pages.
    path.write_text(line({"source": source, "parser": "1.1.0"}))
    assert problems(home) == []


def test_a_sealed_file_that_is_named_as_an_open_one_is_proved_all_the_same(home: Path) -> None:
    path = warc_files(home)[-1]
    path.rename(path.with_name(path.name + ".open"))
    assert any(f"{path.name}.open: sealed, by MANIFEST.jsonl, and its name ends in .open" in problem for problem in problems(home))
    (home / "index.sqlite").unlink()
    data = path.with_name(path.name + ".open").read_bytes()
    path.with_name(path.name + ".open").write_bytes(data[: len(data) // 2])
    assert any("bytes where MANIFEST.jsonl says" in problem for problem in problems(home))


def test_a_journal_with_half_a_character_in_it_can_be_written() -> None:
    text = journal("r000001", bugs=["http://county.example/\udce4"])
    assert json.loads(text)["bugs"] == ["http://county.example/\udce4"] and what_is_wrong(text.encode()) is None
