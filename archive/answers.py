"""Read answers back by the index: the right record, whole, with the digests that were noted, or an error that names the place."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from .coding import decode
from .errors import ArchiveError, Damage, naming
from .exchange import Capture, Stored
from .index import Index
from .layout import INDEX, WARC
from .reader import Message, Place, Record, our_record, read_message


class Answers:
    """The answers in the files of a data home. Whoever calls keeps threads apart."""

    def __init__(self, root: Path, index: Index) -> None:
        self.root = root
        self._index = index
        #: the file that was read last, which is kept open
        self._held: tuple[str, BinaryIO] | None = None

    def close(self) -> None:
        if self._held:
            self._held[1].close()

    def check(self, capture: Capture) -> None:
        """Raise ArchiveError when the record of a capture is not there as it was written."""
        self._answer(capture)

    def load(self, capture: Capture, limit: int) -> Stored:
        """The answer of a capture; see `Archive.load`."""
        place, message, stream = self._answer(capture)
        raw, entity = message.body, message
        if capture.kind == "revisit":
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

    def _answer(self, capture: Capture) -> tuple[Place, Message, BinaryIO]:
        path = self.root / WARC / capture.warc
        stream = self._stream(capture.warc)
        try:
            with naming(path, "read"):
                place = our_record(stream, capture.offset)
            record = _record(place)
            if record.rid != capture.rid or record.get("WARC-Payload-Digest") != f"sha256:{capture.payload}":
                raise Damage("the index means another record; delete index.sqlite, it is rebuilt")
            return place, _message(record), stream
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


def _record(place: Place) -> Record:
    if place.record is None:
        raise Damage(place.problem or "damaged")
    return place.record


def _message(record: Record) -> Message:
    """The answer in a record; a page as drawn has no head but its media type."""
    if record.type == "resource":
        return Message(200, "OK", [(b"Content-Type", record.get("Content-Type").encode())], record.block)
    return read_message(record.block)
