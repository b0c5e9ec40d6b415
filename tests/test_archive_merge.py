"""Archives of several machines become one, and the proof of each file goes along."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from archive import Archive, ArchiveError, ArchiveLocked, merge, verify
from archive.warc import sha256
from tests.test_archive import exchange, fill, index_rows, warc_files, write


@pytest.fixture
def shards(tmp_path: Path) -> list[Path]:
    """Two machines that wrote runs of the same numbers."""
    roots = [tmp_path / "a", tmp_path / "b"]
    for root in roots:
        fill(root)
        with write(root) as home:
            home.record(exchange(f"http://{root.name}.example/", root.name.encode()))
            home.save_snapshot(root.name.encode(), portal="p", year=2020, label="x", suffix=".html")
            home.save_snapshot(b"both", portal="p", year=2020, label="x", suffix=".html")
    return roots


def manifest_of(root: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (root / "warc" / "MANIFEST.jsonl").read_bytes().splitlines()]


def test_names_of_two_machines_do_not_collide(shards: list[Path]) -> None:
    names = [path.name for root in shards for path in warc_files(root)]
    assert len(set(names)) == 6
    assert len({name.split("-")[0] for name in names}) == 3


def test_sealed_files_come_as_they_are_and_the_chain_goes_on(shards: list[Path], tmp_path: Path) -> None:
    target = tmp_path / "all"
    done: list[int] = []
    merged = merge(shards, target, progress=done.append)
    assert (merged.files, merged.present, merged.snapshots) == (6, 0, 3)
    assert sum(done) == merged.bytes == sum(path.stat().st_size for root in shards for path in warc_files(root))
    assert list(verify(target)) == []
    theirs = {path.name: path.read_bytes() for root in shards for path in warc_files(root)}
    assert {path.name: path.read_bytes() for path in warc_files(target)} == theirs
    lines = manifest_of(target)
    assert lines[0]["previous"] == "0" * 64
    origins = [sha256(line) for root in shards for line in (root / "warc" / "MANIFEST.jsonl").read_bytes().splitlines()]
    assert [line["origin"] for line in lines] == origins
    with Archive.read(target) as home:
        held = list(home.captures())
        for capture in held:
            home.load(capture)
        assert len(held) == 16 and home.latest("http://a.example/") and home.latest("http://b.example/")
    with write(target) as home:
        assert home.recovered == [] and home.run == "r000004"
        home.record(exchange("http://c.example/", b"c"))
    assert list(verify(target)) == []


def test_a_merge_done_again_takes_what_is_missing(shards: list[Path], tmp_path: Path) -> None:
    target = tmp_path / "all"
    merge(shards[:1], target)
    before = index_rows(target)
    assert merge(shards[:1], target).present == 3 and index_rows(target) == before
    again = merge(shards, target)
    assert (again.files, again.present) == (3, 3) and list(verify(target)) == []
    # From a merged home into another: the first origin stays.
    merge([target], tmp_path / "third")
    assert {line["name"]: line["origin"] for line in manifest_of(tmp_path / "third")} == {
        line["name"]: line["origin"] for line in manifest_of(target)
    }
    assert list(verify(tmp_path / "third")) == []


def test_another_file_under_the_same_name_gets_another_one(shards: list[Path], tmp_path: Path) -> None:
    for root in shards:
        first = warc_files(root)[0]
        old = first.with_name("r000001-00001.warc.gz")
        first.rename(old)
        manifest = root / "warc" / "MANIFEST.jsonl"
        lines, previous = [], "0" * 64
        for line in manifest_of(root):
            line |= {"previous": previous, "name": str(line["name"]).replace(first.name, old.name)}
            del line["check"]
            lines.append(json.dumps(line, separators=(",", ":")))
            previous = sha256(lines[-1].encode())
        manifest.write_text("".join(line + "\n" for line in lines))
    merged = merge(shards, tmp_path / "all")
    assert merged.files == 6 and list(verify(tmp_path / "all")) == []
    second = sha256((shards[1] / "warc" / warc_files(shards[1])[0].parent.name / "r000001-00001.warc.gz").read_bytes())
    assert f"r000001-00001-{second[:8]}.warc.gz" in {path.name for path in warc_files(tmp_path / "all")}
    assert merge(shards, tmp_path / "all").present == 6


def test_what_is_not_sound_is_not_taken_in(shards: list[Path], tmp_path: Path) -> None:
    target = tmp_path / "all"
    path = warc_files(shards[1])[1]
    kept = path.read_bytes()
    path.write_bytes(kept[:-1] + bytes([kept[-1] ^ 1]))
    with pytest.raises(ArchiveError, match=f"{path}: not the bytes that its manifest promises"):
        merge(shards, target)
    assert list(verify(target)) == [] or (target / "index.sqlite").exists() is False
    path.write_bytes(kept)
    assert merge(shards, target).files == 2
    assert list(verify(target)) == [] and not (target / ".merging").exists()
    moved = path.with_name("elsewhere")
    path.rename(moved)
    with pytest.raises(ArchiveError, match="listed in the manifest and gone"):
        merge(shards, target)
    moved.rename(path)
    shutil.copy(path, path.with_name(path.name + ".open"))
    with pytest.raises(ArchiveError, match="left over from a run that was killed"):
        merge(shards, target)
    with pytest.raises(ArchiveError, match="is the target itself"):
        merge([target], target)
    with pytest.raises(ArchiveError, match="no archive here"):
        merge([tmp_path / "nowhere"], target)
    assert not (tmp_path / "nowhere").exists()


def test_neither_side_may_be_written_meanwhile(shards: list[Path], tmp_path: Path) -> None:
    with write(shards[0]), pytest.raises(ArchiveError, match="a run is writing to it"):
        merge(shards, tmp_path / "all")
    with write(tmp_path / "all"), pytest.raises(ArchiveLocked):
        merge(shards, tmp_path / "all")
