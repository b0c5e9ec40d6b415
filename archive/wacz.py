"""WACZ 1.1.1: an archive, or a part of it, as one ZIP file that a browser can replay.

    archive/*.warc.gz           the records that may be shown, byte for byte, not compressed again
    indexes/index.cdx.gz, .idx  the sorted CDXJ in blocks of 300 lines, and the list of blocks
    pages/pages.jsonl           the pages to begin with
    datapackage.json            each of these with its SHA-256
    datapackage-digest.json     the SHA-256 of datapackage.json

ReplayWeb.page opens it; `wacz validate` checks it.
"""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from .cdxj import Lines, cdxj_line
from .errors import naming
from .exchange import one_line, write_date
from .layout import WarcFile
from .publishing import Hidden, Screen, copy_bytes, files_of, shown_records
from .store import Archive
from .suppression import Hide

VERSION = "1.1.1"
_BLOCK_LINES = 300


@dataclass(frozen=True)
class PageEntry:
    """A line of pages.jsonl: where a reader of the package may begin. `fetched` carries its zone."""

    url: str
    fetched: datetime
    title: str = ""


@dataclass(frozen=True)
class Package:
    """What was packed: the file, its captures and pages, and what was left out and why."""

    path: Path
    captures: int
    pages: int
    hidden: list[Hidden]


@dataclass
class _Zip:
    package: zipfile.ZipFile
    moment: datetime
    resources: list[dict[str, object]] = field(default_factory=list)

    def add(self, name: str, pieces: Iterable[bytes], *, packed: bool = False, listed: bool = True) -> None:
        info = zipfile.ZipInfo(name, (max(self.moment.year, 1980), *self.moment.timetuple()[1:6]))
        info.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
        info.external_attr = 0o644 << 16
        digest, size = hashlib.sha256(), 0
        with self.package.open(info, "w", force_zip64=True) as out:
            for piece in pieces:
                out.write(piece)
                digest.update(piece)
                size += len(piece)
        if listed:
            told = {"name": name.rpartition("/")[2], "path": name, "hash": f"sha256:{digest.hexdigest()}"}
            self.resources.append(told | {"bytes": size})


def write_wacz(
    archive: Archive,
    path: Path | str,
    *,
    hide: Hide | None = None,
    pages: Iterable[PageEntry] | None = None,
    title: str = "",
    description: str = "",
    software: str = "gongkai",
    now: datetime | None = None,
    progress: Callable[[int], object] | None = None,
) -> Package:
    """Pack what may be shown. The file at `path` is the old one or the new one, never a part.

    What is suppressed is left out always, and so is every answer for which `hide` gives a
    reason. `pages` are the pages listed; by default the report pages, with their link text as title.
    `progress` is told bytes of WARC as they are done. Raises ArchiveError where a record is damaged.
    """
    path = Path(path)
    moment = (now or datetime.now(UTC)).astimezone(UTC).replace(microsecond=0)
    screen = Screen(archive, f"wacz {path.name}", hide)
    new = path.with_name(path.name + ".new")
    with naming(path, "write"), Lines() as lines:
        try:
            with new.open("wb") as out:
                with zipfile.ZipFile(out, "w") as package:
                    listed = _fill(_Zip(package, moment), archive, screen, lines, pages, progress or (lambda _: None), {
                        "title": title or archive.root.name,
                        "description": description,
                        "software": software,
                    })  # fmt: skip
                out.flush()
                os.fsync(out.fileno())
            screen.log(moment)
            new.replace(path)
        except BaseException:
            new.unlink(missing_ok=True)
            raise
        return Package(path, lines.count, listed, screen.hidden)


def _fill(
    package: _Zip,
    archive: Archive,
    screen: Screen,
    lines: Lines,
    pages: Iterable[PageEntry] | None,
    progress: Callable[[int], object],
    about: dict[str, str],
) -> int:
    for file in files_of(archive):
        with naming(file.path, "read"), file.stream() as stream:
            name = file.name.rpartition("/")[2]
            package.add(f"archive/{name}", _members(archive, file, stream, name, screen, lines, progress))
    blocks: list[bytes] = []
    package.add("indexes/index.cdx.gz", _packed(lines, blocks))
    package.add("indexes/index.idx", blocks)
    found = [page for page in (_reports(archive, screen) if pages is None else pages) if _may_list(archive, screen, page)]
    package.add("pages/pages.jsonl", _page_lines(found), packed=True)
    body = {
        "profile": "data-package",
        "wacz_version": VERSION,
        "created": write_date(package.moment),
        **{name: text for name, text in about.items() if text},
        "resources": package.resources,
    }
    data = json.dumps(body, ensure_ascii=False, indent=2).encode()
    package.add("datapackage.json", [data], packed=True, listed=False)
    digest = {"path": "datapackage.json", "hash": f"sha256:{hashlib.sha256(data).hexdigest()}"}
    package.add("datapackage-digest.json", [json.dumps(digest, indent=2).encode()], packed=True, listed=False)
    return len(found)


def _members(
    archive: Archive,
    file: WarcFile,
    stream: BinaryIO,
    name: str,
    screen: Screen,
    lines: Lines,
    progress: Callable[[int], object],
) -> Iterator[bytes]:
    """The records that may be shown, as they are; their new places go to the index."""
    at, told = 0, 0
    for shown in shown_records(archive, file, stream, screen):
        if shown.capture:
            lines.add(cdxj_line(shown.capture, shown.mime, filename=name, offset=at))
        pieces: list[bytes] = []
        copy_bytes(stream, shown.place.offset, shown.place.length, pieces.append)
        yield from pieces
        at += shown.place.length
        progress(shown.place.end - told)
        told = shown.place.end


def _packed(lines: Lines, blocks: list[bytes]) -> Iterator[bytes]:
    """The index in gzip members of 300 lines; `blocks` gets the list of members."""
    blocks.append(b'!meta 0 {"format": "cdxj-gzip-1.0", "filename": "index.cdx.gz"}\n')
    offset = 0
    held: list[bytes] = []

    def member() -> bytes:
        packer = zlib.compressobj(wbits=31)
        data = packer.compress(b"".join(held)) + packer.flush()
        told = {"offset": offset, "length": len(data), "digest": f"sha256:{hashlib.sha256(data).hexdigest()}"}
        blocks.append(held[0].partition(b" {")[0] + b" " + json.dumps(told).encode() + b"\n")
        held.clear()
        return data

    for line in lines:
        held.append(line)
        if len(held) == _BLOCK_LINES:
            data = member()
            offset += len(data)
            yield data
    if held:
        yield member()


def _reports(archive: Archive, screen: Screen) -> Iterator[PageEntry]:
    """The report pages: each body that an address gave once, under the text of the link to it."""
    for capture in archive.captures():
        # A page that a browser had to draw replays from its answers, under its own address.
        if capture.role == "report" and capture.kind == "response" and 200 <= capture.status < 300 and not screen.reason(capture):
            yield PageEntry(capture.url, capture.fetched, archive.load(capture).metadata.get("anchor", ""))


def _may_list(archive: Archive, screen: Screen, page: PageEntry) -> bool:
    """Whether a page is in the package: captured, and shown at least once."""
    return any(not screen.reason(capture) for capture in archive.history(page.url))


def _page_lines(pages: Iterable[PageEntry]) -> Iterator[bytes]:
    yield json.dumps({"format": "json-pages-1.0", "id": "pages", "title": "Pages"}).encode() + b"\n"
    for number, page in enumerate(pages, 1):
        told = {"id": f"page{number}", "url": page.url, "title": one_line(page.title) or page.url}
        ts = write_date(page.fetched.replace(microsecond=0))
        yield json.dumps(told | {"ts": ts}, ensure_ascii=False).encode() + b"\n"
