"""The archive as its users see it: record, find, load."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from .answers import Answers
from .coding import DECODED_LIMIT
from .errors import ArchiveError, free_bytes, keep_free, naming
from .exchange import (
    Capture,
    Exchange,
    RenderedCapture,
    RenderedPage,
    Stored,
    Version,
    dom_url,
    wire_url,
    write_date,
)
from .index import Extent, Index, original
from .layout import INDEX, LOCK, WARC, make_folder, must_be_home, next_run, run_id
from .lock import WriterLock
from .reader import RECORD_LIMIT
from .recovery import reading_index, ready_index, seal_left_over, short_files
from .snapshots import clear_unfinished, save
from .warc import Group, OpenFile, Original, as_described, content_note, date_now, drawn, group, sha256
from .writing import Writing

#: bytes at which a WARC file is sealed and the next one begun
ROLL_AT = 1_000_000_000
#: bytes of a body that are kept; a record beyond what `reader` takes could not be read back
BODY_LIMIT = RECORD_LIMIT - (64 << 20)
#: bytes of the disk that are left free: room for the index, the log and the largest body
FLOOR = 256_000_000


def _now() -> datetime:
    return datetime.now(UTC)


class Archive:
    """A data home, opened to be written (`open`) or to be read (`read`). A context manager.

    Everything that goes wrong with the disk is an `ArchiveError`. Methods may be called from
    several threads.
    """

    def __init__(self, root: Path, index: Index, writing: Writing | None = None) -> None:
        self.root = root
        self._index = index
        self._writing = writing
        #: who writes has the turn, and the mutex only for the index and while a file gets its name: nobody who reads
        #: waits for the disk
        self._turn = threading.RLock()
        self._mutex = threading.RLock()
        self._answers = Answers(root, index)
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
        body_limit: int = BODY_LIMIT,
        floor: int = FLOOR,
        free_space: Callable[[Path], int] = free_bytes,
    ) -> Archive:
        """Open to write, and put right what a crash left behind; what was done is in `recovered`.

        Raises ArchiveLocked while another run writes, and ArchiveFull where fewer than `floor`
        bytes of the disk are free, which `free_space` tells (0: write until it is full).
        `software`, `operator` and `robots` go into the warcinfo record of each file; `operator`
        should say how to reach you. Of bodies, `body_limit` bytes are kept.
        """
        root = Path(root)
        with naming(root, "use as the archive"):
            make_folder(root, root)
            make_folder(root / WARC, root)
        # After the lock: whoever cannot write anyway is told who does, and not about the disk.
        lock = WriterLock(root / LOCK, clock())
        index: Index | None = None
        try:
            keep_free(root, floor, free=free_space)
            done = seal_left_over(root, date_now(clock()))
            clear_unfinished(root)
            index, about_index = ready_index(root)
            with naming(root / INDEX, "read the index"):
                seq = index.next_seq()
            writing = Writing(
                root, lock, next_run(root), seq,
                clock=clock, roll_at=roll_at, body_limit=min(body_limit, BODY_LIMIT), floor=floor, free_space=free_space,
            )  # fmt: skip
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
        return self.record_all([exchange])[0]

    def record_all(self, exchanges: Sequence[Exchange]) -> list[Capture]:
        """Keep several exchanges, in their order, with one wait for the disk. All of them are on disk when this
        returns; after an ArchiveError none of them is acknowledged. Raises ValueError where two have the same URL:
        the later one may be a revisit of the other."""
        urls = [wire_url(exchange.url) for exchange in exchanges]
        if len(set(urls)) < len(urls):
            raise ValueError("the same URL twice; record the second one after the first")
        with self._turn:
            writing = self._writer()
            kept = [_within(exchange, writing.body_limit) for exchange in exchanges]
            writing.need_room(sum(len(exchange.body) for exchange in kept))
            with self._mutex:
                payloads = [sha256(exchange.body) for exchange in kept]
                firsts = [self._original(*each) for each in zip(urls, payloads, kept, strict=True)]
                file = writing.file()
            records = [group(*each[:2], file.info, each[2]) for each in zip(kept, payloads, firsts, strict=True)]
            whole = Group(b"".join(each.data for each in records), "", 0, 0, sum(each.records for each in records))
            start = self._append(writing, file, whole, [exchange.fetched for exchange in kept])
            captures: list[Capture] = []
            for url, payload, exchange, first, each in zip(urls, payloads, kept, firsts, records, strict=True):
                described = as_described(exchange.metadata)
                capture = Capture(
                    seq=writing.seq + len(captures),
                    rid=each.rid,
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
                    offset=start + each.offset,
                    length=each.length,
                    refers_to=first.rid if first else None,
                )
                captures.append(capture)
                start += len(each.data)
            self._commit(writing, file, lambda: self._index.add(*captures))
            writing.seq += len(captures)
            return captures

    def record_rendered(self, page: RenderedPage, document: Capture | None = None) -> RenderedCapture:
        """Keep a page that a browser drew: each answer of the network, then the document as it stood.

        Each is on disk before the next one is written. The exchanges are kept as `decoded`,
        with `source: browser` in their metadata. Where the answer that the page began with is in the
        archive already, `document` is its capture. After an ArchiveError the page is not
        acknowledged as a whole; draw it again.
        """
        with self._turn:
            answers = [
                self.record(replace(each, decoded=True, metadata={"source": "browser"} | dict(each.metadata)))
                for each in page.exchanges
            ]
            wanted = wire_url(page.url)
            document = next((each for each in reversed(answers) if each.url == wanted), document)
            return RenderedCapture(answers, self._record_dom(page, document))

    def _record_dom(self, page: RenderedPage, document: Capture | None) -> Capture:
        writing = self._writer()
        # What stands in a DOM may be half a surrogate pair, which UTF-8 cannot write.
        body = page.dom.encode("utf-8", "backslashreplace")
        truncated = "length" if len(body) > writing.body_limit else None
        body = body[: writing.body_limit]
        writing.need_room(len(body))
        with self._mutex:
            file = writing.file()
        records = drawn(page, body, truncated, file.info, document)
        start = self._append(writing, file, records, [page.fetched])
        described = as_described(page.metadata)
        capture = Capture(
            seq=writing.seq,
            rid=records.rid,
            url=dom_url(page.url),
            method="GET",
            fetched=page.fetched.astimezone(UTC),
            status=200,
            kind="resource",
            payload=sha256(body),
            truncated=truncated,
            portal=described.get("portal"),
            role=described.get("role"),
            run=run_id(writing.run),
            warc=file.name,
            offset=start + records.offset,
            length=records.length,
            refers_to=document.rid if document else None,
        )
        self._commit(writing, file, lambda: self._index.add(capture))
        writing.seq += 1
        return capture

    def losses(self) -> list[str]:
        """The sealed files that are gone or have other bytes than when they were sealed, a line each.
        Every byte is read. What was in them may be missing from `captures` without another sign."""
        return short_files(self.root, digests=True)

    def captures(self, after: int = 0) -> Iterator[Capture]:
        """All captures in the order in which they were made; those behind the sequence number `after`."""
        last = after
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

    def capture(self, rid: str) -> Capture | None:
        """The capture whose answer has this record id, or None."""
        with self._mutex, naming(self.root / INDEX, "read the index"):
            return self._index.by_rid(rid)

    def indexed_bytes(self, warc: str) -> int | None:
        """How many bytes of a file under `warc/` the index covers; None when it does not know the file."""
        with self._mutex, naming(self.root / INDEX, "read the index"):
            extent = self._index.extents().get(warc)
            return extent.bytes if extent else None

    def load(self, capture: Capture, limit: int = DECODED_LIMIT) -> Stored:
        """The answer of a capture, with every digest checked and content coding undone.

        Raises ArchiveError, with file and offset, when the bytes are not those that were
        written. An entity larger than `limit` bytes is cut there, and says so.
        """
        with self._mutex:
            return self._answers.load(capture, limit)

    def save_snapshot(self, body: bytes, *, portal: str, year: int | None, label: str, suffix: str) -> str:
        """Keep a document as a plain file, on disk when this returns; its path under the root, with `/`.

        The same bytes under the same names give the same path again.
        """
        with self._turn:
            self._writer()
            return save(self.root, body, portal=portal, year=year, label=label, suffix=suffix)

    def note_content(self, capture: Capture, digest: str) -> None:
        """Note the digest of what a capture says, once it was parsed: as a record in the WARC file,
        then in the index. The last one noted counts; the same one again is not written twice."""
        with self._turn:
            writing = self._writer()
            with self._mutex, naming(self.root / INDEX, "read the index"):
                if self._index.content(capture.rid) == digest:
                    return
            if not digest or not digest.isascii() or not digest.isprintable() or digest != digest.strip():
                raise ValueError(f"{digest!r} is not a digest; give printable ASCII")
            writing.need_room(len(digest))
            with self._mutex:
                file = writing.file()
            data = content_note(capture, digest, file.info, date_now(writing.now()))
            self._append(writing, file, Group(data, "", 0, len(data), 1))
            self._commit(writing, file, lambda: self._index.note_content(capture.rid, digest))

    def versions(self, url: str) -> list[Version]:
        """What a report said over time, oldest first. Captures with equal content digests that follow
        each other are one version, whatever their bytes; captures without one (errors, pages that
        were not parsed) are in `history` and make none."""
        with self._mutex, naming(self.root / INDEX, "read the index"):
            return _versions(self._index.history_with_content(wire_url(url)))

    def content_of(self, url: str) -> str | None:
        """The digest noted last for a URL; None when none was."""
        with self._mutex, naming(self.root / INDEX, "read the index"):
            return self._index.content_of(wire_url(url))

    def close(self) -> None:
        """Seal the file, list it in the manifest, let the next writer in. Harmless when done twice."""
        with self._turn, self._mutex:
            if self._closed:
                return
            self._closed = True
            try:
                self._answers.close()
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

    def _writer(self) -> Writing:
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
            self._answers.check(found)
        except ArchiveError:
            return None
        return original(found)

    def _append(self, writing: Writing, file: OpenFile, records: Group, fetched: Sequence[datetime] = ()) -> int:
        # Until the line is in the index, the file may hold more than the index. Whatever stops
        # us between, the next run finds the record in the file; this one must not go on.
        writing.failed = "a record was interrupted; start again, and it is found in its file"
        try:
            dates = [write_date(each) for each in fetched]
            return file.append(records.data, records.records, min(dates, default=None), max(dates, default=None))
        except ArchiveError:
            writing.failed = file.broken
            raise

    def _commit(self, writing: Writing, file: OpenFile, add: Callable[[], None]) -> None:
        try:
            with self._mutex, naming(self.root / INDEX, "write the index"):
                self._index.begin()
                add()
                self._index.set_extent(Extent(file.name, file.size, file.info))
                self._index.commit()
        except ArchiveError as error:
            with self._mutex:
                self._index.rollback()
            writing.failed = str(error)
            raise
        writing.failed = None


def _within(exchange: Exchange, limit: int) -> Exchange:
    """An exchange with as much of its body as is kept."""
    return exchange if len(exchange.body) <= limit else replace(exchange, body=exchange.body[:limit], truncated="length")


def _versions(history: Iterable[tuple[Capture, str | None]]) -> list[Version]:
    found: list[Version] = []
    for capture, content in history:
        if content is None:
            continue
        if found and found[-1].content == content:
            last = found.pop()
            payloads = last.payloads if capture.payload in last.payloads else (*last.payloads, capture.payload)
            found.append(replace(last, last=capture, captures=last.captures + 1, payloads=payloads))
        else:
            found.append(Version(content, capture, capture, 1, (capture.payload,)))
    return found
