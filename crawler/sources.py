"""What a replay reads: an archive, a WARC or WACZ file, a folder of saved pages, single files.

Folders are walked in the order of their names, archives in the order of capture, so that the same
source gives the same pages in the same order on every machine. Files are told apart by their first
bytes; their endings only say which files of a folder are meant.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from archive import Archive, ArchiveError, Stored, iter_warc
from crawler.media import HTML, TEXT, media_type_of, sniff
from crawler.reading import SavedPage

#: Endings of the files that a folder is searched for: pages, and documents.
TEXT_SUFFIXES = (".html", ".htm", ".shtml", ".shtm", ".xhtml", ".txt")
PAGE_SUFFIXES = frozenset((*TEXT_SUFFIXES, ".pdf", ".docx", ".doc", ".xlsx", ".xls", ".wps", ".rtf"))
WARC_SUFFIXES = (".warc", ".warc.gz", ".wacz")

#: bytes; a report is a thousandth of it, and what is larger would only exhaust the memory
FILE_LIMIT = 64 << 20

_ROLES = frozenset({"report", "attachment"})


class SourceError(Exception):
    """A source that cannot be replayed at all. Its text names it and says what to do."""


@dataclass(frozen=True)
class Candidate:
    """A saved page that may get a record: always, or only when it is a report (`certain` is False)."""

    page: SavedPage
    certain: bool = True
    role: str | None = None
    anchor: str = ""
    #: the archive of ours that it comes from, which has its snapshot
    archive: Archive | None = None


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
    """A WARC or WACZ file, ours or anybody's. The pages that are reports get a record."""

    path: Path
    count: int | None = None

    def candidates(self) -> Iterator[Candidate]:
        """Every answer of 2xx that may be a report. Raises SourceError after the last, when some could not be read."""
        try:
            for stored in iter_warc(self.path):
                if candidate := _candidate(stored):
                    yield candidate
        except ArchiveError as error:
            raise SourceError(str(error)) from error


@dataclass
class ArchiveSource:
    """An archive of ours, in the order of capture. Keep it open while its pages are read."""

    archive: Archive
    count: int | None = field(init=False)

    def __post_init__(self) -> None:
        self._captures = [c for c in self.archive.captures() if 200 <= c.status < 300 and c.role != "robots"]
        self._last = {(c.run, c.url): c.seq for c in self._captures}
        self.count = len(self._captures)

    def candidates(self) -> Iterator[Candidate]:
        """Every answer of 2xx that may be a report. Raises SourceError after the last, when some could not be read."""
        problems = self.archive.losses()
        for capture in self._captures:
            try:
                stored = self.archive.load(capture, FILE_LIMIT)
            except ArchiveError as error:
                problems.append(str(error))
                continue
            if stored.truncated and capture.seq < self._last[capture.run, capture.url]:
                continue  # the crawl asked again at once, and went on with what came then
            if candidate := _candidate(stored):
                yield replace(candidate, archive=self.archive)
        if problems:
            raise SourceError("; ".join(problems[:3]) + (f"; and {len(problems) - 3} more" if problems[3:] else ""))


def misnamed(page: SavedPage) -> str | None:
    """What is wrong with a file that is named as a page and holds none; None for any other."""
    if page.media_type in (HTML, TEXT) or not page.url.lower().endswith(TEXT_SUFFIXES):
        return None
    return f"{page.url}: named as a page, but its bytes are {page.media_type}; its record says unreadable"


Source = FileSource | WarcSource | ArchiveSource


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
        raise SourceError(f"{folder}: {what} in this folder; give one with .html, .txt, .warc.gz … files")


def _candidate(stored: Stored) -> Candidate | None:
    """A captured answer as a page to look at; None for what cannot be a report, such as a picture of the layout."""
    if not 200 <= stored.status < 300 or stored.method != "GET" or not stored.body or len(stored.body) >= FILE_LIMIT:
        return None
    role = stored.metadata.get("role")
    media_type = media_type_of(stored.body, stored.media_type)
    if media_type not in (HTML, TEXT) and role not in _ROLES:
        return None
    if role == "robots" or stored.media_type in ("text/css", "text/javascript", "application/javascript"):
        return None
    portal = stored.metadata.get("portal")
    page = SavedPage(
        body=stored.body,
        url=stored.url,
        media_type=media_type,
        charset=stored.charset,
        fetched=stored.fetched.strftime("%Y-%m-%dT%H:%M:%SZ") if stored.fetched else None,
        portal=portal,
        # The crawler asks a portal's own hosts only; of other archives it is not known.
        official=True if portal else None,
        attachment_of=stored.metadata.get("attachment-of"),
        truncated=stored.truncated,
    )
    return Candidate(page, certain=False, role=role, anchor=stored.metadata.get("anchor", ""))
