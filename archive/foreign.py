"""Read web archives that others wrote: .warc, .warc.gz, and WACZ packages.

They come from wget, Heritrix, browsertrix and many more, and differ in everything the
standard leaves open: chunked bodies kept as chunks, digests over either form, revisits whose
original is in another file, addresses in angle brackets. Each whole answer is yielded; what
is damaged or cannot be resolved is named at the end, so that one bad record hides no other.
"""

from __future__ import annotations

import lzma
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from .coding import DECODED_LIMIT, decode
from .errors import ArchiveError, Damage, naming
from .exchange import Headers, Stored, read_date
from .reader import (
    Message,
    Record,
    begins_record,
    check_payload,
    read_member,
    read_message,
    request_method,
    split_record,
)

#: bytes of one gzip member; a file packed as a single member is refused beyond it
_MEMBER_LIMIT = 512 << 20
_HEAD_LIMIT = 1 << 20
_NAMED_AT_MOST = 5
_RUN = re.compile(r"r\d{6,}", re.ASCII)
_CHUNK = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n]*)?\r?\n")


def iter_warc(path: Path | str) -> Iterator[Stored]:
    """Every HTTP answer and every web resource of a .warc, .warc.gz or WACZ file, in its order.

    Revisits come with the body of the answer they repeat, where that is in the same file or
    package. After the last one, ArchiveError names what was damaged, if anything was; a file
    that is no web archive raises it at once.
    """
    path = Path(path)
    reading = _Reading(path)
    with _naming(path):
        for stream, name in _members(path):
            yield from reading.answers(stream, name)
    reading.report()


def superseded(path: Path | str) -> frozenset[str]:
    """The ids of the answers in a file or package of ours in whose place the crawl went on with another one of it.

    They are those that a browser drew (the document as drawn is then what counts), and those that were cut and asked for
    again at once. Damage is passed over here; whoever reads the answers is told.
    """
    path = Path(path)
    reading, found = _Reading(path), set[str]()
    with _naming(path):
        for stream, name in _members(path):
            found.update(reading.superseded(stream, name))
    return frozenset(found)


def _members(path: Path) -> Iterator[tuple[BinaryIO, str]]:
    """The WARC files of a path, with their names: itself, or those in a package."""
    with path.open("rb") as stream:
        magic = stream.read(6)
        if magic.startswith((b"\x1f\x8b", b"WARC/")):
            yield stream, path.name
            return
        if not magic.startswith(b"PK"):
            raise ArchiveError(f"{path}: neither a WARC nor a WACZ file; give one that begins as they do")
        with zipfile.ZipFile(stream) as package:
            names = [name for name in package.namelist() if name.lower().endswith((".warc", ".warc.gz"))]
            if not names:
                raise ArchiveError(f"{path}: a ZIP file without a WARC file in it; give a WACZ package")
            for name in names:
                with package.open(name) as member:
                    yield member, name  # type: ignore[misc]


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """As `naming`, and for what is wrong with a ZIP package."""
    try:
        with naming(path, "read"):
            yield
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, zlib.error, lzma.LZMAError) as error:
        raise ArchiveError(f"{path}: broken ZIP package ({error}); fetch or copy it again") from None


@dataclass
class _Reading:
    """What one pass over a file or package knows: where bodies stand, and what went wrong."""

    path: Path
    problems: list[str] = field(default_factory=list)
    #: record id, and URL with date, to the name of the file in the package, offset and place in the member
    originals: dict[str, tuple[str, int, int]] = field(default_factory=dict)

    def answers(self, stream: BinaryIO, name: str) -> Iterator[Stored]:
        """The answers of one WARC file, each with the metadata record that follows it."""
        held: Stored | None = None
        methods: dict[str, str] = {}
        for offset, inner, record in self._records(stream, name):
            if record.type == "request":
                methods = {record.get("WARC-Concurrent-To"): request_method(record.block), record.rid: ""}
                continue
            if record.type == "metadata" and held and held.rid in (
                record.get("WARC-Refers-To"),
                record.get("WARC-Concurrent-To"),
            ):
                held.metadata.update(record.warc_fields())
                continue
            if record.type not in ("response", "revisit", "resource") or not (record.is_http or record.is_drawn):
                continue
            if held:
                yield held
            held = None
            try:
                held = self._stored(stream, name, record, methods.get(record.rid, "GET"))
                if record.type != "revisit":
                    self._remember(record, (name, offset, inner))
            except Damage as damage:
                self._problem(name, offset, f"{record.url}: {damage}")
        if held:
            yield held

    def superseded(self, stream: BinaryIO, name: str) -> Iterator[str]:
        """See the function. Only of files that say they are of one of our runs: elsewhere a second answer is another visit."""
        ours = False
        cut: dict[str, list[str]] = {}
        for _, _, record in self._records(stream, name):
            if record.type == "warcinfo":
                ours = bool(_RUN.fullmatch(record.warc_fields().get("isPartOf", "")))
            elif record.is_drawn or (record.is_http and record.type in ("response", "revisit") and _is_good(record)):
                if record.is_drawn and (began := record.get("WARC-Refers-To")):
                    yield began
                if not ours:
                    continue
                yield from cut.pop(record.url, ())
                if record.get("WARC-Truncated"):
                    cut[record.url] = [record.rid]

    def report(self) -> None:
        """Raise what went wrong, in one line."""
        if self.problems:
            shown = "; ".join(self.problems[:_NAMED_AT_MOST])
            more = len(self.problems) - _NAMED_AT_MOST
            shown += f"; and {more} more" if more > 0 else ""
            raise ArchiveError(f"{self.path}: {shown}; all other records were read; fetch or copy the file again")

    def _records(self, stream: BinaryIO, name: str) -> Iterator[tuple[int, int, Record]]:
        """Offset of the member (or record), place within it, and the record."""
        size = stream.seek(0, 2)
        stream.seek(0)
        packed = stream.read(2) == b"\x1f\x8b"
        at = 0
        while at < size:
            try:
                data, length = read_member(stream, at, _MEMBER_LIMIT) if packed else _plain_record(stream, at)
            except Damage as damage:
                self._problem(name, at, str(damage))
                at = _next_start(stream, at + 1, size, packed)
                continue
            inner = 0
            while inner < len(data):
                try:
                    record, end = split_record(data, inner)
                except Damage as damage:
                    self._problem(name, at, str(damage))
                    following = data.find(b"\r\n\r\nWARC/", inner)
                    inner = following + 4 if following >= 0 else len(data)
                    continue
                yield at, inner, record
                inner = end
            at += length

    def _stored(self, stream: BinaryIO, name: str, record: Record, method: str) -> Stored:
        if record.type == "resource":
            check_payload(record, record.block)
            kind = record.get("Content-Type")
            message = Message(200, "OK", [(b"Content-Type", kind.encode("utf-8", "replace"))], record.block)
        else:
            message = read_message(record.block)
        raw, damage = message.body, None
        entity = message.headers
        if record.type == "revisit":
            raw, original = self._original(stream, name, record)
            if message.status == 304:
                entity = original.headers
        elif record.type == "response":
            raw, damage = _payload(record, message)
        truncated = record.get("WARC-Truncated") or None
        decoded = decode(raw, _joined(entity, b"content-encoding"), DECODED_LIMIT)
        return Stored(
            url=record.url,
            fetched=read_date(record.get("WARC-Date")),
            status=message.status,
            reason=message.reason,
            headers=message.headers,
            raw=raw,
            body=decoded.body,
            truncated=truncated or ("disconnect" if damage else decoded.truncated),
            damage=damage or decoded.damage,
            method=method,
            rid=record.rid,
            ip=record.get("WARC-IP-Address") or None,
            content_type=_joined(entity, b"content-type"),
        )

    def _original(self, stream: BinaryIO, name: str, record: Record) -> tuple[bytes, Message]:
        place = self.originals.get(record.get("WARC-Refers-To")) or self.originals.get(
            f"{record.get('WARC-Refers-To-Target-URI')} {record.get('WARC-Refers-To-Date')}"
        )
        if place is None:
            raise Damage("a revisit, and the answer that it repeats is not in this file")
        where, offset, inner = place
        if where != name and zipfile.is_zipfile(self.path):
            with zipfile.ZipFile(self.path) as package, package.open(where) as other:
                return self._body_at(other, offset, inner)  # type: ignore[arg-type]
        return self._body_at(stream, offset, inner)

    def _body_at(self, stream: BinaryIO, offset: int, inner: int) -> tuple[bytes, Message]:
        stream.seek(offset)
        packed = stream.read(2) == b"\x1f\x8b"
        data, _ = read_member(stream, offset, _MEMBER_LIMIT) if packed else _plain_record(stream, offset)
        record, _ = split_record(data, inner)
        message = read_message(record.block)
        return _payload(record, message)[0], message

    def _remember(self, record: Record, place: tuple[str, int, int]) -> None:
        if record.type == "response":
            self.originals[record.rid] = place
            self.originals[f"{record.url} {record.get('WARC-Date')}"] = place

    def _problem(self, name: str, offset: int, words: str) -> None:
        where = "" if name == self.path.name else f"{name} "
        self.problems.append(f"{where}at byte {offset}: {words}")


def _is_good(record: Record) -> bool:
    try:
        return 200 <= read_message(record.block).status < 300
    except Damage:
        return False


def _payload(record: Record, message: Message) -> tuple[bytes, str | None]:
    """The body without chunks, and what is wrong with the chunks. The digest may be over either form."""
    body, damage = message.body, None
    if "chunked" in message.header(b"transfer-encoding").lower():
        body, damage = _without_chunks(message.body)
    elif not message.header(b"transfer-encoding") and not message.header(b"x-archive-orig-transfer-encoding"):
        # Some tools drop the header and keep the chunks, whose sizes would stand among the figures of a page.
        undone, broken = _without_chunks(message.body)
        body = undone if undone and not broken else body
    try:
        check_payload(record, message.body)
    except Damage:
        check_payload(record, body)
    return body, damage


def _without_chunks(data: bytes) -> tuple[bytes, str | None]:
    """Undo chunks. A body that does not begin with one has been undone before.

    >>> _without_chunks(b"3\\r\\nabc\\r\\n0\\r\\n\\r\\n")
    (b'abc', None)
    >>> _without_chunks(b"<html>")
    (b'<html>', None)
    """
    parts: list[bytes] = []
    at = 0
    while head := _CHUNK.match(data, at):
        size = int(head[1], 16)
        if size == 0:
            return b"".join(parts), None
        part = data[head.end() : head.end() + size]
        # A page that begins with a short word of a-f on its first line looks like a chunk.
        if len(part) < size and not parts:
            return data, None
        parts.append(part)
        at = head.end() + size
        at += 2 if data.startswith(b"\r\n", at) else 1 if data.startswith(b"\n", at) else 0
    return (b"".join(parts), "the chunks of the body end early") if parts else (data, None)


def _plain_record(stream: BinaryIO, offset: int) -> tuple[bytes, int]:
    """The bytes of the record at an offset of an uncompressed file, and their number."""
    stream.seek(offset)
    head = stream.read(_HEAD_LIMIT)
    end = head.find(b"\r\n\r\n")
    length = re.search(rb"\r\ncontent-length[ \t]*:[ \t]*(\d{1,15})[ \t]*\r\n", head[: end + 2], re.IGNORECASE)
    if not head.startswith(b"WARC/") or end < 0 or not length:
        raise Damage("no WARC record begins here")
    total = end + 4 + int(length[1]) + 4
    if total > _MEMBER_LIMIT:
        raise Damage(f"the record is larger than {_MEMBER_LIMIT} bytes")
    stream.seek(offset)
    data = stream.read(total)
    if len(data) < total:
        raise Damage("the file ends in the middle of a record")
    return data, total


def _next_start(stream: BinaryIO, at: int, size: int, packed: bool) -> int:
    """Where the next record may begin after damage, or the end of the file."""
    pattern = b"\x1f\x8b\x08" if packed else b"\r\n\r\nWARC/"
    carry = b""
    stream.seek(at)
    base = at
    while block := stream.read(1 << 20):
        carry += block
        found = carry.find(pattern)
        while found >= 0:
            start = base + found + (0 if packed else 4)
            if not packed or begins_record(stream, start):
                return start
            found = carry.find(pattern, found + 1)
        kept = len(pattern) - 1
        base += len(carry) - kept
        carry = carry[-kept:]
        stream.seek(base + kept)
    return size


def _joined(headers: Headers, name: bytes) -> str:
    return Message(0, "", headers, b"").header(name)
