"""What may be shown of an archive, record by record: the screen that every publication passes."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import BinaryIO

from .errors import ArchiveError, naming
from .exchange import Capture, write_date
from .layout import MANIFEST, WARC, WarcFile, warc_files
from .manifest import Manifest
from .reader import Place, Record, our_places, read_message
from .store import Archive
from .suppression import LOG, Hide, Suppressions, append_line
from .warc import sha256

_MIME_END = re.compile(r"[;\s]")
_COPY = 1 << 20


@dataclass(frozen=True)
class Hidden:
    """A capture that was left out, and why."""

    capture: Capture
    reason: str


class Screen:
    """Decides what a publication leaves out: what is suppressed, then what `hide` says.

    `hide` sees each answer with its body, and gives a reason or None; it is not asked about
    what a person has reviewed. `where` names the publication in the log.
    """

    def __init__(self, archive: Archive, where: str, hide: Hide | None = None) -> None:
        self.hidden: list[Hidden] = []
        self._archive = archive
        self._where = where
        self._hide = hide
        self._suppressions = Suppressions.load(archive.root)
        self._known: dict[str, str | None] = {}

    def hides_url(self, url: str) -> bool:
        """Whether an address is suppressed, whatever it gave."""
        return self._suppressions.hides(url=url) is not None

    def reason(self, capture: Capture) -> str | None:
        """Why a capture is not to be shown, or None."""
        if capture.rid not in self._known:
            reason = self._decide(capture)
            self._known[capture.rid] = reason
            if reason:
                self.hidden.append(Hidden(capture, reason))
        return self._known[capture.rid]

    def log(self, now: datetime | None = None) -> None:
        """Write down what was left out, a line each; not in an archive on a disk that cannot be written."""
        if self.hidden and not os.access(self._archive.root, os.W_OK):
            return
        date = write_date((now or datetime.now(UTC)).replace(microsecond=0))
        for each in self.hidden:
            told = {"date": date, "where": self._where, "url": each.capture.url, "rid": each.capture.rid}
            append_line(self._archive.root / LOG, told | {"reason": each.reason})

    def _decide(self, capture: Capture) -> str | None:
        if line := self._suppressions.hides(url=capture.url, sha256=capture.payload):
            return f"suppressed: {line.reason}"
        if capture.refers_to and (reason := self._known.get(capture.refers_to)):
            return reason
        if self._hide is None and not self._suppressions.by_digest:
            return None
        stored = self._archive.load(capture)
        digest = sha256(stored.body)
        if line := self._suppressions.hides(sha256=digest):
            return f"suppressed: {line.reason}"
        if self._hide is None or self._suppressions.reviewed(digest):
            return None
        return self._hide(stored)


@dataclass(frozen=True)
class Shown:
    """A record that may be shown: its bytes in the file, and for an answer its capture and media type."""

    place: Place
    record: Record
    capture: Capture | None
    mime: str | None


def shown_records(archive: Archive, file: WarcFile, stream: BinaryIO, screen: Screen) -> Iterator[Shown]:
    """The records of a file that pass the screen. Raises ArchiveError at damage: it is not handed on."""
    end = archive.indexed_bytes(file.name) if file.open else None
    with naming(file.path, "read"):
        for place in our_places(stream, 0, end):
            record = place.record
            if record is None:
                raise ArchiveError(
                    f"{file.path}: byte {place.offset}: {place.problem}; run scrapy verify, and restore the file from a copy"
                )
            about = _about(record)
            capture = archive.capture(about) if about else None
            # A request that a crash left without its answer has no capture, but an address.
            if screen.reason(capture) if capture else record.url and screen.hides_url(record.url):
                continue
            is_answer = capture is not None and capture.rid == record.rid
            yield Shown(place, record, capture if is_answer else None, _mime(record) if is_answer else None)


def files_of(archive: Archive) -> list[WarcFile]:
    """The WARC files of an archive, in the order of capture. Raises ArchiveError when one that was sealed is gone."""
    files = warc_files(archive.root)
    gone = sorted(Manifest(archive.root / WARC / MANIFEST).lines.keys() - {file.name for file in files})
    if gone:
        # A package without them would look whole.
        raise ArchiveError(f"{archive.root / WARC / gone[0]}: listed in {MANIFEST} and gone ({len(gone)} in all); restore it from a copy")
    return files


def copy_bytes(stream: BinaryIO, offset: int, length: int, write: Callable[[bytes], object]) -> None:
    """Hand on a stretch of a file as it is."""
    stream.seek(offset)
    while length:
        block = stream.read(min(_COPY, length))
        if not block:
            raise ArchiveError("a file became shorter while it was read; start again")
        write(block)
        length -= len(block)


def _about(record: Record) -> str:
    if record.type == "request":
        return record.get("WARC-Concurrent-To")
    if record.type == "metadata":
        return record.get("WARC-Refers-To")
    return record.rid if record.type in ("response", "revisit", "resource") else ""


def _mime(record: Record) -> str | None:
    """The media type as index tools write it: that of the answer, without parameters."""
    if record.type == "revisit":
        return "warc/revisit"
    if record.type == "resource":
        value = record.get("Content-Type")
    else:
        headers = read_message(record.block).headers
        value = next((text.decode("latin-1") for name, text in headers if name.lower() == b"content-type"), "")
    return _MIME_END.split(value, maxsplit=1)[0].strip() or None
