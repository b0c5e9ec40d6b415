"""The archive as its users see it: record, find, load."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from .coding import DECODED_LIMIT, decode
from .errors import ArchiveError, Damage, naming
from .exchange import Capture, Exchange, Stored, wire_url, write_date
from .index import Extent, Index, original
from .layout import INDEX, LOCK, MANIFEST, WARC, make_folder, must_be_home, next_run, run_id, warc_name
from .lock import WriterLock
from .manifest import Manifest, Sealed
from .reader import RECORD_LIMIT, Message, Place, Record, our_record, read_message
from .recovery import reading_index, ready_index, seal_left_over, short_files
from .snapshots import clear_unfinished, save
from .warc import Group, OpenFile, Original, as_described, date_now, group, sha256, warcinfo

#: bytes at which a WARC file is sealed and the next one begun
ROLL_AT = 1_000_000_000
#: bytes of a body that are kept; a record beyond what `reader` takes could not be read back
BODY_LIMIT = RECORD_LIMIT - (64 << 20)


def _now() -> datetime:
    return datetime.now(UTC)


class Archive:
    """A data home, opened to be written (`open`) or to be read (`read`). A context manager.

    Everything that goes wrong with the disk is an `ArchiveError`. Methods may be called from
    several threads.
    """

    def __init__(self, root: Path, index: Index, writing: _Writing | None = None) -> None:
        self.root = root
        self._index = index
        self._writing = writing
        self._mutex = threading.RLock()
        self._held: tuple[str, BinaryIO] | None = None
        self._closed = False

    @classmethod
    def open(
        cls,
        root: Path | str,
        *,
        software: str,
        operator: str,
        robots: str = "obey",
        clock: Callable[[], datetime] = _now,
        roll_at: int = ROLL_AT,
    ) -> Archive:
        """Open to write, and put right what a crash left behind; what was done is in `recovered`.

        Raises ArchiveLocked while another run writes. `software`, `operator` and `robots` go
        into the warcinfo record of each file; `operator` should say how to reach you.
        """
        root = Path(root)
        with naming(root, "use as the archive"):
            make_folder(root, root)
            make_folder(root / WARC, root)
        lock = WriterLock(root / LOCK, clock())
        index: Index | None = None
        try:
            done = seal_left_over(root, date_now(clock()))
            clear_unfinished(root)
            index, about_index = ready_index(root)
            with naming(root / INDEX, "read the index"):
                seq = index.next_seq()
            writing = _Writing(root, lock, next_run(root), seq, clock, roll_at)
            writing.info = {"software": software, "operator": operator, "robots": robots}
            writing.recovered = [*done, *about_index]
            return cls(root, index, writing)
        except BaseException:
            if index:
                index.close()
            lock.release()
            raise

    @classmethod
    def read(cls, root: Path | str) -> Archive:
        """Open to read: no lock, and nothing on disk is changed. Where the index is missing or
        behind, one is built in a temporary place from the WARC files."""
        root = Path(root)
        must_be_home(root)
        return cls(root, reading_index(root))

    @property
    def recovered(self) -> list[str]:
        """What was put right when the archive was opened, a line each; empty after a clean end."""
        return list(self._writing.recovered) if self._writing else []

    @property
    def run(self) -> str | None:
        """The id of this run, as in the names of its files; None when reading."""
        return run_id(self._writing.run) if self._writing else None

    def record(self, exchange: Exchange) -> Capture:
        """Keep an exchange. It is on disk, and in the index, when this returns.

        A body that this URL gave before becomes a revisit of the response that holds it. After
        an ArchiveError the exchange is not acknowledged, and everything before it is safe.
        """
        with self._mutex:
            writing = self._writer()
            if len(exchange.body) > BODY_LIMIT:
                exchange = replace(exchange, body=exchange.body[:BODY_LIMIT], truncated="length")
            url = wire_url(exchange.url)
            payload = sha256(exchange.body)
            first = self._original(url, payload, exchange)
            file = writing.file()
            records = group(exchange, payload, file.info, first)
            start = self._append(writing, file, records, exchange)
            described = as_described(exchange.metadata)
            capture = Capture(
                seq=writing.seq,
                rid=records.rid,
                url=url,
                method=exchange.method[:20],
                fetched=exchange.fetched.astimezone(UTC),
                status=exchange.status,
                kind="revisit" if first else "response",
                payload=first.payload if first else payload,
                truncated=exchange.truncated,
                portal=described.get("portal"),
                role=described.get("role"),
                run=run_id(writing.run),
                warc=file.name,
                offset=start + records.offset,
                length=records.length,
                refers_to=first.rid if first else None,
            )
            self._commit(writing, capture, file)
            return capture

    def losses(self) -> list[str]:
        """The sealed files that are gone or have other bytes than when they were sealed, a line each.
        Every byte is read. What was in them may be missing from `captures` without another sign."""
        return short_files(self.root, digests=True)

    def captures(self) -> Iterator[Capture]:
        """All captures in the order in which they were made."""
        last = 0
        while True:
            # A page at a time, so that nobody waits for whoever takes them slowly.
            with self._mutex, naming(self.root / INDEX, "read the index"):
                page = self._index.page(last)
            if not page:
                return
            yield from page
            last = page[-1].seq

    def history(self, url: str) -> list[Capture]:
        """All captures of a URL, oldest first, errors and redirects too."""
        with self._mutex, naming(self.root / INDEX, "read the index"):
            return self._index.history(wire_url(url))

    def latest(self, url: str, status: int | None = None) -> Capture | None:
        """The newest capture of a URL, whatever came; with `status`, the newest that has it."""
        with self._mutex, naming(self.root / INDEX, "read the index"):
            return self._index.latest(wire_url(url), status)

    def load(self, capture: Capture, limit: int = DECODED_LIMIT) -> Stored:
        """The answer of a capture, with every digest checked and content coding undone.

        Raises ArchiveError, with file and offset, when the bytes are not those that were
        written. An entity larger than `limit` bytes is cut there, and says so.
        """
        with self._mutex:
            place, message, stream = self._answer(capture)
            raw, entity = message.body, message
            if capture.refers_to:
                raw, confirmed = self._body_of(capture)
                if capture.status == 304:
                    entity = confirmed
                # The body's file may be another one than that of the revisit.
                stream = self._stream(capture.warc)
            metadata = self._metadata(stream, place.end, capture.rid)
        decoded = decode(raw, entity.header(b"content-encoding"), limit)
        record = _record(place)
        return Stored(
            url=capture.url,
            fetched=capture.fetched,
            status=message.status,
            reason=message.reason,
            headers=message.headers,
            raw=raw,
            body=decoded.body,
            metadata=metadata,
            truncated=capture.truncated or decoded.truncated,
            damage=decoded.damage,
            method=capture.method,
            rid=capture.rid,
            ip=record.get("WARC-IP-Address") or None,
            content_type=entity.header(b"content-type"),
        )

    def save_snapshot(self, body: bytes, *, portal: str, year: int | None, label: str, suffix: str) -> str:
        """Keep a document as a plain file, on disk when this returns; its path under the root, with `/`.

        The same bytes under the same names give the same path again.
        """
        with self._mutex:
            self._writer()
            return save(self.root, body, portal=portal, year=year, label=label, suffix=suffix)

    def note_content(self, capture: Capture, digest: str) -> None:
        """Note the digest of what a capture says, once it was parsed. An index that is built anew
        keeps it when the old one can still be read; else parsing again brings it back."""
        with self._mutex, naming(self.root / INDEX, "write the index"):
            self._writer()
            self._index.note_content(capture.rid, digest)

    def content_of(self, url: str) -> str | None:
        """The digest noted last for a URL; None when none was."""
        with self._mutex, naming(self.root / INDEX, "read the index"):
            return self._index.content_of(wire_url(url))

    def close(self) -> None:
        """Seal the file, list it in the manifest, let the next writer in. Harmless when done twice."""
        with self._mutex:
            if self._closed:
                return
            self._closed = True
            try:
                if self._held:
                    self._held[1].close()
                if self._writing:
                    self._writing.seal()
            finally:
                try:
                    with naming(self.root / INDEX, "close the index"):
                        self._index.close()
                finally:
                    if self._writing:
                        self._writing.lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _writer(self) -> _Writing:
        if self._closed:
            raise ArchiveError(f"{self.root}: the archive is closed; open it again")
        if self._writing is None:
            raise ArchiveError(f"{self.root}: opened to be read only; open it to write")
        if self._writing.failed:
            raise ArchiveError(f"{self.root}: nothing more is written after an earlier error: {self._writing.failed}")
        return self._writing

    def _original(self, url: str, payload: str, exchange: Exchange) -> Original | None:
        with naming(self.root / INDEX, "read the index"):
            if exchange.status == 304:
                found = None if exchange.body else self._index.confirmed(url)
            elif exchange.truncated or not exchange.body:
                # A part proves nothing about the whole, and nothing is saved on an empty body.
                found = None
            else:
                found = self._index.same_body(url, payload)
        if found is None:
            return None
        try:
            # Before a body in hand is let go, the one on disk is read: it may have rotted.
            self._answer(found)
        except ArchiveError:
            return None
        return original(found)

    def _append(self, writing: _Writing, file: OpenFile, records: Group, exchange: Exchange) -> int:
        # Until the line is in the index, the file may hold more than the index. Whatever stops
        # us between, the next run finds the record in the file; this one must not go on.
        writing.failed = "a record was interrupted; start again, and it is found in its file"
        try:
            return file.append(records.data, records.records, write_date(exchange.fetched))
        except ArchiveError:
            writing.failed = file.broken
            raise

    def _commit(self, writing: _Writing, capture: Capture, file: OpenFile) -> None:
        try:
            with naming(self.root / INDEX, "write the index"):
                self._index.begin()
                self._index.add(capture)
                self._index.set_extent(Extent(file.name, file.size, file.info))
                self._index.commit()
        except ArchiveError as error:
            self._index.rollback()
            writing.failed = str(error)
            raise
        writing.failed = None
        writing.seq += 1

    def _answer(self, capture: Capture) -> tuple[Place, Message, BinaryIO]:
        path = self.root / WARC / capture.warc
        stream = self._stream(capture.warc)
        try:
            with naming(path, "read"):
                place = our_record(stream, capture.offset)
            record = _record(place)
            if record.rid != capture.rid or record.get("WARC-Payload-Digest") != f"sha256:{capture.payload}":
                raise Damage("the index means another record; delete index.sqlite, it is rebuilt")
            return place, read_message(record.block), stream
        except Damage as damage:
            raise ArchiveError(
                f"{path}: byte {capture.offset}: {damage}; run scrapy verify, and restore the file from a copy"
            ) from None

    def _body_of(self, capture: Capture) -> tuple[bytes, Message]:
        with naming(self.root / INDEX, "read the index"):
            first = self._index.by_rid(capture.refers_to or "")
        if first is None or first.kind != "response" or first.payload != capture.payload:
            raise ArchiveError(
                f"{self.root / WARC / capture.warc}: byte {capture.offset}: the response that this revisit repeats"
                " is not in the archive; restore the missing WARC file from a copy"
            )
        _, message, _ = self._answer(first)
        return message.body, message

    def _metadata(self, stream: BinaryIO, offset: int, rid: str) -> dict[str, str]:
        try:
            record = _record(our_record(stream, offset))
        except (Damage, OSError):
            # It is missing where a crash fell between the records of an exchange; where it is
            # damaged, `verify` says so. The answer itself is whole.
            return {}
        same = record.type == "metadata" and record.get("WARC-Refers-To") == rid
        return record.warc_fields() if same else {}

    def _stream(self, name: str) -> BinaryIO:
        """One of our files, opened to be read; the last one is kept open."""
        if self._held and self._held[0] == name and not self._held[1].closed:
            return self._held[1]
        if self._held:
            self._held[1].close()
        path = self.root / WARC / name
        with naming(path, "read"):
            for candidate in (path, path.with_name(path.name + ".open"), path):
                if candidate.exists():
                    stream = candidate.open("rb")
                    break
            else:
                stream = path.open("rb")
        self._held = (name, stream)
        return stream


class _Writing:
    """What a writer holds: the lock, the run, the file that is open."""

    def __init__(
        self, root: Path, lock: WriterLock, run: int, seq: int, clock: Callable[[], datetime], roll_at: int
    ) -> None:
        self.root, self.lock, self.run, self.seq = root, lock, run, seq
        self.info: dict[str, str] = {}
        self.recovered: list[str] = []
        #: why nothing may be recorded any more
        self.failed: str | None = None
        self._clock = clock
        self._roll_at = roll_at
        self._open: OpenFile | None = None
        self._number = 0

    def file(self) -> OpenFile:
        """The file to append to: the open one, or a new one when there is none or it is full."""
        if self._open and self._open.size >= self._roll_at:
            self.seal()
        if self._open is None:
            now = self._clock()
            name = warc_name(now.year, self.run, self._number + 1)
            path = self.root / WARC / f"{name}.open"
            with naming(path, "create"):
                make_folder(path.parent, self.root)
            rid, head = warcinfo(name.rpartition("/")[2], date_now(now), self._describe())
            self._open = OpenFile(path, name, rid, head)
            self._number += 1
        return self._open

    def seal(self) -> None:
        """Close the open file for good. One that failed is left for the next run to look through."""
        file, self._open = self._open, None
        if file is None:
            return
        path = self.root / WARC / file.name
        with naming(path, "seal"):
            file.close()
            if file.broken:
                return
            file.seal(path)
        Manifest(self.root / WARC / MANIFEST).append(
            Sealed(
                name=file.name,
                bytes=file.size,
                records=file.records,
                sha256=file.sha256.hexdigest(),
                first=file.first,
                last=file.last,
                sealed=date_now(self._clock()),
            )
        )

    def _describe(self) -> dict[str, str]:
        return self.info | {
            "isPartOf": run_id(self.run),
            "format": "WARC File Format 1.1",
            "conformsTo": "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
            "description": "Bodies as received once the transfer coding is undone, content coding kept. "
            "Header names and their order are as the HTTP library hands them over; request lines and Host are "
            "put together again.",
        }


def _record(place: Place) -> Record:
    if place.record is None:
        raise Damage(place.problem or "damaged")
    return place.record
