"""Snapshots have names that a person recognises and that no stranger can turn against the disk."""

from __future__ import annotations

import hashlib
import unicodedata
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from archive import Archive, verify
from archive.snapshots import snapshot_name
from tests.test_archive import write

DIGEST = hashlib.sha256(b"<html>").hexdigest()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    return write(tmp_path_factory.mktemp("snapshots") / "home")


_strange = st.text(max_size=120) | st.text(alphabet="./\\~年\x00\u202e:*?\"<>| %2f", max_size=300)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(portal=_strange, label=_strange, suffix=_strange, year=st.none() | st.integers())
@example(portal="..", label="../../etc/passwd", suffix="/../x", year=2020)
@example(portal="CON", label="年" * 300, suffix=".tar.gz", year=2020)
@example(portal="𠮷" * 200, label="𠮷" * 200, suffix=".html", year=None)
@example(portal="", label="", suffix="", year=-1)
def test_whatever_the_label_a_snapshot_stays_inside(
    home: Archive, portal: str, label: str, suffix: str, year: int | None
) -> None:
    body = f"{portal}{label}".encode("utf-8", "surrogatepass")
    name = home.save_snapshot(body, portal=portal, year=year, label=label, suffix=suffix)
    top, folder, last = PurePosixPath(name).parts
    path = home.root / name
    assert top == "snapshots" and path.read_bytes() == body
    assert path.resolve().is_relative_to((home.root / "snapshots").resolve())
    assert len(last.encode()) <= 200 and len(folder.encode()) <= 101
    for part in (folder, last):
        assert not {unicodedata.category(character) for character in part} & {"Cc", "Cf", "Cs", "Co", "Zs", "Zl", "Zp"}
        assert not set(part) & set('/\\:*?"<>|~%') and part[0] not in ".-"
        assert not part.endswith((".", " "))
    assert "." not in folder and folder.lower() not in ("con", "nul", "aux", "prn")
    assert home.save_snapshot(body, portal=portal, year=year, label=label, suffix=suffix) == name


def test_names_are_recognised() -> None:
    def name(label: str, suffix: str = ".html", year: int | None = 2020) -> str:
        return snapshot_name(DIGEST, portal="cq-wanzhou", year=year, label=label, suffix=suffix).split("/")[-1]

    assert name("重庆市万州区高笋塘街道") == f"2020-重庆市万州区高笋塘街道.{DIGEST[:12]}.html"
    assert name("t20210122_123", ".pdf", None) == f"undated-t20210122_123.{DIGEST[:12]}.pdf"
    assert name("２０２０ Ａ") == f"2020-2020-A.{DIGEST[:12]}.html"
    assert name("///", ".exe/..") == f"2020.{DIGEST[:12]}.bin"


def test_the_same_bytes_are_written_once_and_others_never_over_them(tmp_path: Path) -> None:
    def save(home: Archive, body: bytes) -> str:
        return home.save_snapshot(body, portal="p", year=2020, label="x", suffix=".html")

    with write(tmp_path) as home:
        first = save(home, b"one")
        before = (tmp_path / first).stat().st_ino
        assert save(home, b"one") == first and (tmp_path / first).stat().st_ino == before
        assert save(home, b"two") != first
        # Damaged on disk: the bytes that belong there are at hand.
        (tmp_path / first).write_bytes(b"0ne")
        assert save(home, b"one") == first and (tmp_path / first).read_bytes() == b"one"
    assert list(verify(tmp_path)) == []


def test_another_document_with_the_same_first_digits_gets_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Two documents whose SHA-256 share 48 bits take minutes to find; a shorter name clashes at once.
    monkeypatch.setattr("archive.snapshots._DIGITS", 1)
    with write(tmp_path) as home:
        names = {
            home.save_snapshot(str(number).encode(), portal="p", year=2020, label="x", suffix=".html"): number
            for number in range(30)
        }
    assert len(names) == 30
    for name, number in names.items():
        assert (tmp_path / name).read_bytes() == str(number).encode()


def test_what_a_crash_left_half_written_goes_away(tmp_path: Path) -> None:
    with write(tmp_path) as home:
        home.save_snapshot(b"one", portal="p", year=2020, label="x", suffix=".html")
    (tmp_path / "snapshots" / ".new" / "0123").write_bytes(b"hal")
    assert list(verify(tmp_path)) == []
    with write(tmp_path):
        pass
    assert list((tmp_path / "snapshots" / ".new").iterdir()) == []
