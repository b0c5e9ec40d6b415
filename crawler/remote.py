"""An archive in object storage: pushed there file by file, read from there, never written in place.

`push` copies what is finished (sealed WARC files, snapshots, journals, the records) and a copy of the index, and proves each
file by reading it back. `pull` brings it home in the same way. `RemoteArchive` is read like `archive.Archive`: its WARC
files come to a temporary folder when they are needed, a few at a time, and each is checked against the manifest.
"""

from __future__ import annotations

import os
import sqlite3
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from archive import ArchiveError, Capture, Stored
from archive.answers import Answers
from archive.coding import DECODED_LIMIT
from archive.index import Index
from archive.layout import INDEX, MANIFEST, RECORDS, RUNS, SNAPSHOTS, WARC, fsync_path, warc_files
from archive.manifest import Manifest
from archive.recovery import file_sha256, reading_index
from crawler.storage import Place, StorageError, open_place

#: WARC files that are held at a time; a file is up to 1 GB
_HELD = 4
_LIST = f"{WARC}/{MANIFEST}"
#: Beside the evidence: what the crawler keeps in a home.
_BESIDE = ("decisions.csv", "suppressed.jsonl", "suppressed.log")


class RemoteArchive:
    """An archive at a URL, to be read. Raises ArchiveError or StorageError when there is none, or it is not whole."""

    run: str | None = None

    def __init__(self, url: str) -> None:
        self.root = url.rstrip("/")
        self._place = open_place(self.root)
        listed = self._place.read(_LIST)
        if listed is None:
            raise ArchiveError(f"{url}: no archive here; push one with scrapy archive-push {url}")
        self._sizes = self._place.names()
        self._folder = TemporaryDirectory(prefix="gongkai-")
        self._home = Path(self._folder.name)
        self._held: OrderedDict[str, None] = OrderedDict()
        self._refused: dict[str, str] = {}
        try:
            (self._home / WARC).mkdir()
            (self._home / _LIST).write_bytes(listed)
            self._manifest = Manifest(self._home / _LIST)
            if self._manifest.problems:
                raise ArchiveError(f"{url}/{_LIST}: {self._manifest.problems[0]}; push the archive again")
            self._index = self._open_index()
            self._answers = Answers(self._home, self._index)
        except BaseException:
            self._folder.cleanup()
            raise

    def captures(self, after: int = 0) -> Iterator[Capture]:
        """All captures in the order in which they were made; those behind the sequence number `after`."""
        while page := self._index.page(after):
            yield from page
            after = page[-1].seq

    def capture(self, rid: str) -> Capture | None:
        """The capture whose answer has this record id, or None."""
        return self._index.by_rid(rid)

    def load(self, capture: Capture, limit: int = DECODED_LIMIT) -> Stored:
        """See `Archive.load`."""
        if capture.kind == "revisit" and capture.refers_to and (first := self._index.by_rid(capture.refers_to)):
            self._hold(first.warc)
        self._hold(capture.warc)
        return self._answers.load(capture, limit)

    def losses(self) -> list[str]:
        """The files that are gone or have another size than the manifest says. Their bytes are checked when they are read."""
        found = []
        for line in self._manifest.lines.values():
            size = self._sizes.get(f"{WARC}/{line.name}")
            if size != line.bytes:
                words = "listed in the manifest and gone" if size is None else f"{size} bytes where the manifest says {line.bytes}"
                found.append(f"{self.root}/{WARC}/{line.name}: {words}; push the archive again")
        return found

    def has_snapshot(self, path: str) -> bool:
        """Whether a snapshot lies there."""
        return path in self._sizes

    def close(self) -> None:
        """Forget what was fetched."""
        self._answers.close()
        self._index.close()
        self._folder.cleanup()

    def _open_index(self) -> Index:
        where = f"{self.root}/{INDEX}"
        if INDEX not in self._sizes:
            raise ArchiveError(f"{where}: not there; push the archive again")
        self._place.fetch(INDEX, self._home / INDEX)
        try:
            index = Index.read(self._home / INDEX)
        except sqlite3.Error as error:
            raise ArchiveError(f"{where}: {error}; push the archive again") from None
        known = {name: extent.bytes for name, extent in index.extents().items()}
        if known != {line.name: line.bytes for line in self._manifest.lines.values()}:
            index.close()
            raise ArchiveError(f"{where}: does not cover the files of the manifest; push the archive again")
        return index

    def _hold(self, name: str) -> None:
        if name in self._refused:
            raise ArchiveError(self._refused[name])
        if name in self._held:
            self._held.move_to_end(name)
            return
        path = self._home / WARC / name
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            line = self._manifest.lines[name]
            if self._place.fetch(f"{WARC}/{name}", path) != line.sha256:
                raise StorageError(f"{self.root}/{WARC}/{name}: not the bytes that the manifest promises; push the archive again")
        except (StorageError, KeyError) as error:
            self._refused[name] = str(error)
            path.unlink(missing_ok=True)
            raise ArchiveError(str(error)) from None
        self._held[name] = None
        while len(self._held) > _HELD:
            (self._home / WARC / self._held.popitem(last=False)[0]).unlink(missing_ok=True)


@dataclass
class Copied:
    """What was copied, its bytes, and how many files were there already with the right bytes."""

    files: int = 0
    bytes: int = 0
    present: int = 0


def push(home: Path, url: str, told: Callable[[int], object] = lambda size: None) -> Copied:
    """Copy what is finished in an archive of this machine to `url`; nothing here is changed or removed.

    A file there that has its bytes already is left alone, so that a push that was interrupted goes on; evidence with
    other bytes is refused and never written over. Each file is read back and compared. The manifest follows the files that
    it lists, and the index the manifest: who reads there meanwhile finds the old archive. Raises ArchiveError and StorageError.
    """
    place = open_place(url)
    manifest = Manifest(home / _LIST)
    if manifest.problems:
        raise ArchiveError(f"{manifest.path}: {manifest.problems[0]}; run scrapy verify on {home}")
    if any(file.open for file in warc_files(home)):
        raise ArchiveError(f"{home}: a crawl is writing, or was killed; push when it has ended (any crawl seals what was left)")
    _must_follow(place, manifest, url)
    there = place.names()
    copied = Copied()
    for line in manifest.lines.values():
        path = home / WARC / line.name
        if file_sha256(path) != line.sha256:
            raise ArchiveError(f"{path}: not the bytes that its manifest promises; restore the file from a copy")
        _put(place, path, f"{WARC}/{line.name}", line.sha256, there, copied, final=True)
        told(line.bytes)
    for path in _beside(home):
        _put(place, path, path.relative_to(home).as_posix(), file_sha256(path), there, copied)
    _put(place, home / _LIST, _LIST, file_sha256(home / _LIST), there, copied)
    with TemporaryDirectory(prefix="gongkai-") as folder:
        copy = Path(folder) / INDEX
        index = reading_index(home)
        try:
            with sqlite3.connect(copy) as target:
                index._db.backup(target)
                target.execute("PRAGMA journal_mode = DELETE")
            target.close()
        finally:
            index.close()
        _put(place, copy, INDEX, file_sha256(copy), there, copied)
    return copied


def pull(url: str, home: Path, told: Callable[[int], object] = lambda size: None) -> Copied:
    """Bring an archive from `url` to an empty or older home of this machine. Nothing that differs is written over:
    ArchiveError names it. Done again, it goes on where it was interrupted."""
    place = open_place(url)
    listed = place.read(_LIST)
    if listed is None:
        raise ArchiveError(f"{url}: no archive here; push one with scrapy archive-push {url}")
    copied = Copied()
    ours = (home / _LIST).read_bytes() if (home / _LIST).exists() else b""
    if not listed.startswith(ours):
        raise ArchiveError(f"{home}: holds runs that {url} does not; pull into another folder, and merge the two with scrapy archive-merge")
    (home / WARC).mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="gongkai-") as folder:
        path = Path(folder) / MANIFEST
        path.write_bytes(listed)
        manifest = Manifest(path)
    if manifest.problems:
        raise ArchiveError(f"{url}/{_LIST}: {manifest.problems[0]}; push the archive again")
    for line in manifest.lines.values():
        _get(place, f"{WARC}/{line.name}", home, line.sha256, copied)
        told(line.bytes)
    for name in place.names():
        if name.startswith((f"{SNAPSHOTS}/", f"{RUNS}/")) or name in (RECORDS, *_BESIDE):
            _get(place, name, home, None, copied)
    if listed != ours:
        _settle_bytes(home / _LIST, listed)
    return copied


def _must_follow(place: Place, manifest: Manifest, url: str) -> None:
    """The manifest there is the beginning of ours, or somebody else's evidence lies there."""
    theirs = place.read(_LIST)
    if theirs and not manifest.path.read_bytes().startswith(theirs):
        raise ArchiveError(f"{url}: another archive lies here; push to another address, or merge the two with scrapy archive-merge")


def _beside(home: Path) -> Iterator[Path]:
    for folder in (SNAPSHOTS, RUNS):
        yield from sorted(path for path in (home / folder).rglob("*") if path.is_file() and not path.name.endswith(".tmp"))
    yield from (home / name for name in (RECORDS, *_BESIDE) if (home / name).is_file())


def _put(place: Place, path: Path, name: str, digest: str, there: dict[str, int], copied: Copied, final: bool = False) -> None:
    size = path.stat().st_size
    if there.get(name) == size and place.digest(name) == digest:
        copied.present += 1
        return
    if final and name in there and there[name] >= size:
        raise ArchiveError(f"{place}/{name}: lies there with other bytes; it is not written over; look at both")
    place.send(path, name)
    if place.digest(name) != digest:
        raise StorageError(f"{place}/{name}: other bytes came back than were sent; push again, and check the storage")
    copied.files += 1
    copied.bytes += size


def _get(place: Place, name: str, home: Path, digest: str | None, copied: Copied) -> None:
    path = home / name
    wanted = digest or place.digest(name)
    if path.is_file():
        if file_sha256(path) == wanted:
            copied.present += 1
            return
        raise ArchiveError(f"{path}: differs from {place}/{name}, and is not written over; move it away, then pull again")
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".tmp")
    if place.fetch(name, part) != wanted:
        part.unlink(missing_ok=True)
        raise ArchiveError(f"{place}/{name}: not the bytes that were promised; push the archive again")
    _settle(part, path)
    copied.files += 1
    copied.bytes += path.stat().st_size


def _settle(part: Path, path: Path) -> None:
    with part.open("rb+") as file:
        os.fsync(file.fileno())
    part.replace(path)
    fsync_path(path.parent)


def _settle_bytes(path: Path, data: bytes) -> None:
    part = path.with_name(path.name + ".tmp")
    part.write_bytes(data)
    _settle(part, path)
