"""Whatever happens to the bytes of an archive, `verify` finds it, and says where."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
from pathlib import Path

import pytest

from archive import Archive, bytes_to_verify, verify
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
    for changed in (
        [json.dumps(first | {"sealed": "2001-01-01T00:00:00Z"}).encode() + b"\n", lines[1]],
        [lines[1], lines[0]],
        [lines[1]],
        [b"nonsense\n", lines[1]],
        [lines[0], lines[1], lines[1]],
        [lines[0], lines[1][:-10]],
    ):
        path.write_bytes(b"".join(changed))
        assert any("MANIFEST.jsonl: line" in problem for problem in problems(home)), changed
    path.write_bytes(json.dumps(first | {"records": 99}).encode() + b"\n" + lines[1])
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
