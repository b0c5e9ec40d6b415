"""What a replay reads: an archive, a WARC or WACZ file, a folder of saved pages, single files.

Folders are walked in the order of their names, archives in the order of capture, so that the same
source gives the same pages in the same order on every machine. Files are told apart by their first
bytes; their endings only say which files of a folder are meant.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field, replace
from itertools import takewhile
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from archive import Archive, ArchiveError, Capture, Stored, iter_warc
from archive.coding import DECODED_LIMIT
from archive.exchange import page_url
from archive.foreign import superseded
from archive.layout import MANIFEST, WARC
from archive.manifest import Manifest
from archive.recovery import file_sha256, short_files
from crawler.media import HTML, READ_AS_FILES, TEXT, media_type_of, sniff
from crawler.reading import SavedPage
from crawler.remote import RemoteArchive
from crawler.storage import StorageError, is_remote, open_place

#: Endings of the files that a folder is searched for: pages, and documents.
TEXT_SUFFIXES = (".html", ".htm", ".shtml", ".shtm", ".xhtml", ".txt")
FILE_SUFFIXES = (
    ".pdf", ".docx", ".docm", ".doc", ".xlsx", ".xlsm", ".xls", ".wps", ".et", ".rtf", ".mht", ".mhtml", ".ofd", ".zip", ".rar",
)  # fmt: skip
PAGE_SUFFIXES = frozenset((*TEXT_SUFFIXES, *FILE_SUFFIXES))
WARC_SUFFIXES = (".warc", ".warc.gz", ".wacz")

#: bytes; a report is a thousandth of it, and what is larger would only exhaust the memory
FILE_LIMIT = 64 << 20

_ROLES = frozenset({"report", "attachment"})
#: What a page of somebody else's archive is drawn with. A page that a crawl of ours asked for has a role, and a server may
#: call it a style sheet.
_LAYOUT = frozenset({"text/css", "text/javascript", "application/javascript"})


class SourceError(Exception):
    """A source that cannot be replayed at all. Its text names it and says what to do."""


@dataclass(frozen=True)
class Candidate:
    """A saved page that may get a record: always, or only when it is a report (`certain` is False)."""

    page: SavedPage
    certain: bool = True
    role: str | None = None
    anchor: str = ""
    #: the archive of ours that it comes from, which has its snapshot, and the record id of the answer in it
    archive: Archive | RemoteArchive | None = None
    rid: str = ""


@dataclass
class FileSource:
    """One saved page as a plain file. Its record's URL is `name`, never a path of this machine."""

    path: Path
    name: str
    count: int | None = 1

    def candidates(self) -> Iterator[Candidate]:
        """The one page. Raises SourceError when the file cannot be read."""
        try:
            status = self.path.stat()
            if not stat.S_ISREG(status.st_mode):
                # Opening a pipe would wait for its other end for ever.
                raise SourceError(f"{self.path}: not a plain file")
            if status.st_size > FILE_LIMIT:
                raise SourceError(f"{self.path}: larger than {FILE_LIMIT >> 20} MiB; no report is")
            body = self.path.read_bytes()
        except OSError as error:
            raise SourceError(f"{self.path}: cannot read: {error.strerror or error}") from error
        # By its bytes alone: what is called .txt and has tags in it is a saved page all the same.
        yield Candidate(SavedPage(body, self.name, sniff(body)))


@dataclass
class WarcSource:
    """A WARC or WACZ file, ours or anybody's, here or at a URL. The pages that are reports get a record."""

    path: Path | str
    count: int | None = None

    def candidates(self) -> Iterator[Candidate]:
        """Every answer of 2xx that may be a report. Raises SourceError after the last, when some could not be read."""
        try:
            if isinstance(self.path, Path):
                yield from self._answers(self.path)
                return
            folder, _, name = self.path.rpartition("/")
            with TemporaryDirectory(prefix="gongkai-") as here:
                open_place(folder).fetch(name, Path(here) / name)
                yield from self._answers(Path(here) / name)
        except (ArchiveError, StorageError) as error:
            raise SourceError(str(error)) from error

    @staticmethod
    def _answers(path: Path) -> Iterator[Candidate]:
        passed_over = superseded(path)
        for stored in iter_warc(path):
            if stored.rid not in passed_over and (candidate := _candidate(stored)):
                yield candidate


@dataclass
class ArchiveSource:
    """An archive of ours, in the order of capture. Keep it open while its pages are read."""

    archive: Archive | RemoteArchive
    count: int | None = field(init=False)

    def __post_init__(self) -> None:
        self.count = 0
        #: by WARC file, the sequence numbers of its first and last capture
        self._spans: dict[str, tuple[int, int]] = {}
        # Captures that were cut, by run and URL, until it is known whether the same run asked again.
        cut: dict[tuple[str, str], list[int]] = {}
        #: The crawl asked again at once, or had a browser draw the page, and went on with what came then.
        self._superseded: set[int] = set()
        for capture in self.archive.captures():
            if not _is_wanted(capture):
                continue
            self.count += 1
            first, _ = self._spans.get(capture.warc, (capture.seq, 0))
            self._spans[capture.warc] = first, capture.seq
            if capture.kind == "resource" and capture.refers_to and (shell := self.archive.capture(capture.refers_to)):
                # Of a page that a browser drew, the document as drawn is read; what it began with was only a shell.
                self._superseded.add(shell.seq)
            key = capture.run, capture.url
            if cut and key in cut:
                self._superseded.update(cut.pop(key))
            if capture.truncated:
                cut.setdefault(key, []).append(capture.seq)
            elif capture.kind == "revisit" and (torn := self._torn(capture)) is not None:
                self._superseded.add(torn)
                cut.setdefault(key, []).append(capture.seq)

    def _torn(self, again: Capture) -> int | None:
        """The answer that `again` repeats, if the same run asked for it at once because what it packed was not whole.

        It came whole over the wire, so that the index does not know it as cut.
        """
        first = self.archive.capture(again.refers_to) if again.refers_to else None
        if first is None or (first.run, first.url) != (again.run, again.url):
            return None
        try:
            return first.seq if self.archive.load(first).truncated else None
        except ArchiveError:
            return None  # whoever reads the pages is told

    def candidates(self) -> Iterator[Candidate]:
        """Every answer of 2xx that may be a report. Raises SourceError after the last, when some could not be read."""
        problems = self.archive.losses()
        yield from _captured(self.archive, self.archive.captures(), self._superseded, problems)
        _raise(problems)

    def split(self) -> list[FileOfArchive]:
        """The same pages in the same order, a source for each WARC file, which another machine may read."""
        if isinstance(self.archive, Archive):
            home, gone = str(self.archive.root.absolute()), short_files(self.archive.root)
        else:
            home, gone = self.archive.root, self.archive.losses()
        return [
            FileOfArchive(home, name, first, last, frozenset(s for s in self._superseded if first <= s <= last))
            for name, (first, last) in self._spans.items()
        ] + ([FileOfArchive(home, "", 0, 0, frozenset(), tuple(gone))] if gone else [])


@dataclass(frozen=True)
class FileOfArchive:
    """One WARC file of an archive at a path or a URL: its captures from sequence number `first` to `last`."""

    home: str
    warc: str
    first: int
    last: int
    superseded: frozenset[int]
    problems: tuple[str, ...] = ()
    count: int | None = None

    def candidates(self) -> Iterator[Candidate]:
        """As those of the whole archive. The bytes of the file are checked against the manifest."""
        problems = list(self.problems)
        if self.warc:
            try:
                archive = open_archive(self.home)
            except (ArchiveError, StorageError) as error:
                raise SourceError(str(error)) from error
            try:
                if isinstance(archive, Archive):
                    problems += _changed(archive.root, self.warc)
                captures = takewhile(lambda capture: capture.seq <= self.last, archive.captures(self.first - 1))
                yield from _captured(archive, captures, self.superseded, problems)
            finally:
                archive.close()
        _raise(problems)


def open_archive(home: str | Path) -> Archive | RemoteArchive:
    """The archive at a path or a URL, to be read."""
    return RemoteArchive(str(home)) if is_remote(home) else Archive.read(home)


def _is_wanted(capture: Capture) -> bool:
    return 200 <= capture.status < 300 and capture.role != "robots"


def _captured(
    archive: Archive | RemoteArchive, captures: Iterable[Capture], superseded: Set[int], problems: list[str]
) -> Iterator[Candidate]:
    """The pages of the captures that may be reports, in their order; what cannot be read goes to `problems`."""
    # A file that is gone is gone for each of its captures.
    told = set(problems)
    for capture in captures:
        if not _is_wanted(capture) or capture.seq in superseded:
            continue
        try:
            stored = archive.load(capture)
        except ArchiveError as error:
            if str(error) not in told:
                told.add(str(error))
                problems.append(str(error))
            continue
        if candidate := _candidate(stored):
            yield replace(candidate, archive=archive)


def _changed(root: Path, name: str) -> list[str]:
    line = Manifest(root / WARC / MANIFEST).lines.get(name)
    path = root / WARC / name
    try:
        if line is not None and file_sha256(path) != line.sha256:
            return [f"{path}: not the bytes that the manifest promises; restore the file from a copy"]
    except OSError as error:
        return [f"{path}: cannot read: {error.strerror or error}"]
    return []


def _raise(problems: list[str]) -> None:
    if problems:
        raise SourceError("; ".join(problems[:3]) + (f"; and {len(problems) - 3} more" if problems[3:] else ""))


def misnamed(page: SavedPage) -> str | None:
    """What is odd about a file that is named as a page and holds none; None for any other."""
    if page.media_type in (HTML, TEXT) or not page.url.lower().endswith(TEXT_SUFFIXES):
        return None
    outcome = "it was read as such" if page.media_type in READ_AS_FILES else "its record says unreadable"
    return f"{page.url}: named as a page, but its bytes are {page.media_type}; {outcome}"


Source = FileSource | WarcSource | ArchiveSource | FileOfArchive


@dataclass
class Inventory:
    """What was found under the paths given: what to read, what is left out, what cannot be listed."""

    sources: list[Source] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def close(self) -> None:
        """Close the archives that were opened to take the inventory."""
        for source in self.sources:
            if isinstance(source, ArchiveSource):
                source.archive.close()


def take_inventory(paths: Sequence[str]) -> Inventory:
    """Find what each path holds. Raises SourceError for one that is absent, unreadable or holds nothing to read."""
    inventory = Inventory()
    for text in paths:
        if is_remote(text):
            _take_remote(text, inventory)
            continue
        path = Path(text).expanduser()
        try:
            if path.is_dir():
                _take_folder(path, inventory)
            elif path.is_file():
                _take_file(path, path.name, inventory)
            elif path.exists():
                raise SourceError(f"{path}: neither a file nor a folder")
            else:
                raise SourceError(f"{path}: no such file or folder")
        except OSError as error:
            raise SourceError(f"{path}: cannot read: {error.strerror or error}") from error
    return inventory


def _take_remote(url: str, inventory: Inventory) -> None:
    try:
        if url.lower().endswith(WARC_SUFFIXES):
            inventory.sources.append(WarcSource(url))
            return
        place = open_place(url)
        if place.read(f"{WARC}/{MANIFEST}") is not None:
            inventory.sources.append(ArchiveSource(RemoteArchive(url)))
            return
        names = sorted(name for name in place.names() if name.lower().endswith(WARC_SUFFIXES))
    except (ArchiveError, StorageError) as error:
        raise SourceError(str(error)) from error
    if not names:
        raise SourceError(f"{url}: neither an archive nor WARC files here; push one with scrapy archive-push {url}")
    inventory.sources += [WarcSource(f"{url.rstrip('/')}/{name}") for name in names]


def is_archive(path: Path) -> bool:
    """Whether a folder is an archive of ours: its `warc` holds files named as ours are, sealed or not, or lists them."""
    files = (path / "warc").glob("*/r[0-9]*-[0-9]*.warc.gz*")
    return next(files, None) is not None or (path / "warc" / "MANIFEST.jsonl").is_file()


def _take_file(path: Path, name: str, inventory: Inventory) -> None:
    if path.name.lower().endswith(WARC_SUFFIXES) or path.name.lower().endswith(".warc.gz.open"):
        inventory.sources.append(WarcSource(path))
    else:
        # A name whose bytes are no UTF-8 cannot stand in a record as it is.
        shown = os.fsencode(name).decode("utf-8", "backslashreplace")
        inventory.sources.append(FileSource(path, shown))


def _take_folder(folder: Path, inventory: Inventory) -> None:
    if is_archive(folder):
        try:
            inventory.sources.append(ArchiveSource(Archive.read(folder)))
        except ArchiveError as error:
            raise SourceError(str(error)) from error
        return
    next(folder.iterdir(), None)  # raises here, for the folder itself; those below it are named and left out
    before = len(inventory.sources)
    skipped: list[str] = []

    def cannot_list(error: OSError) -> None:
        inventory.problems.append(f"{error.filename}: cannot read: {error.strerror or error}")

    # By the names of the whole paths, so that a folder sorts among the files beside it everywhere alike.
    for path in sorted(
        Path(where, name) for where, _, names in os.walk(folder, onerror=cannot_list) for name in names
    ):
        relative = path.relative_to(folder).as_posix()
        suffix = path.suffix.lower()
        if suffix in PAGE_SUFFIXES or path.name.lower().endswith(WARC_SUFFIXES):
            _take_file(path, relative, inventory)
        else:
            skipped.append(relative)
    inventory.skipped += skipped
    if len(inventory.sources) == before and not inventory.problems:
        what = f"only files of other kinds, such as {skipped[0]}" if skipped else "nothing"
        raise SourceError(f"{folder}: {what} in this folder; give one with .html, .txt, .docx, .pdf, .warc.gz … files")


def _is_bomb(stored: Stored) -> bool:
    """Whether a body inflates to more than is ever read; the crawl went on without it too."""
    return bool(stored.damage) and len(stored.body) >= DECODED_LIMIT


def _candidate(stored: Stored) -> Candidate | None:
    """A captured answer as a page to look at; None for what cannot be a report, such as a picture of the layout."""
    if not 200 <= stored.status < 300 or stored.method != "GET" or not stored.body or _is_bomb(stored):
        return None
    role = stored.metadata.get("role")
    if role == "report" and stored.metadata.get("portal") and urlsplit(page_url(stored.url))[2:4] in (("/", ""), ("", "")):
        return None  # a front page, where servers send those who ask for what is gone
    media_type = media_type_of(stored.body, stored.media_type)
    if media_type not in (HTML, TEXT) and role not in _ROLES:
        return None
    if role in ("robots", "rendering") or (role is None and stored.media_type in _LAYOUT):
        return None
    portal = stored.metadata.get("portal")
    page = SavedPage(
        body=stored.body,
        url=page_url(stored.url),
        media_type=media_type,
        charset=stored.charset,
        fetched=stored.fetched.strftime("%Y-%m-%dT%H:%M:%SZ") if stored.fetched else None,
        portal=portal,
        # The crawler asks a portal's own hosts only; of other archives it is not known.
        official=True if portal else None,
        attachment_of=stored.metadata.get("attachment-of"),
        # A page that was drawn without all that it asked for is not whole either.
        truncated=stored.truncated or ("unspecified" if stored.metadata.get("lacks") else None),
        rendered=stored.rendered,
    )
    return Candidate(page, certain=False, role=role, anchor=stored.metadata.get("anchor", ""), rid=stored.rid or "")
