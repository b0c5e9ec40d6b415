"""Read WARC files strictly: a record is whole and unharmed, or it is damage with an offset.

The usual readers take a cut file for a short one: a gzip stream that ends in the middle of a
page yields half a page and no error. Here every gzip member must reach its end with its CRC,
a record must be as long as it says, and its digests must be those of its bytes. After damage
the reader looks for the next whole record, so that one bad sector costs one record.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from .errors import Damage
from .exchange import Headers, is_drawn, one_line

#: bytes of one record once inflated; a crawler keeps far smaller bodies than this
RECORD_LIMIT = 1 << 30
_BLOCK = 1 << 20
#: for one record somewhere in a large file
_SMALL_BLOCK = 32 << 10
_STEP = 16 << 10
_MAGIC = b"\x1f\x8b\x08"
_VERSIONS = ("WARC/1.0", "WARC/1.1")
_STATUS = re.compile(rb"HTTP/[\d.]+[ \t]+(\d+)[ \t]*(.*)", re.ASCII | re.DOTALL)
_FIELD = re.compile(r"([^\s:]+)[ \t]*:[ \t]*(.*)", re.DOTALL)


@dataclass(frozen=True)
class Record:
    """One WARC record: its named fields and its block, which has the digest that it claims."""

    fields: list[tuple[str, str]]
    block: bytes

    def get(self, name: str, default: str = "") -> str:
        """The first field of that name, whatever its case."""
        wanted = name.lower()
        return next((value for key, value in self.fields if key.lower() == wanted), default)

    @property
    def type(self) -> str:
        return self.get("WARC-Type")

    @property
    def rid(self) -> str:
        return self.get("WARC-Record-ID")

    @property
    def url(self) -> str:
        # wget 1.19 wrote <http://…>, and so do its files in every archive.
        url = self.get("WARC-Target-URI")
        return url[1:-1] if url.startswith("<") and url.endswith(">") else url

    @property
    def is_http(self) -> bool:
        """Whether the block is an HTTP message (and not, say, the answer of a name server)."""
        return self.url.lower().startswith(("http:", "https:"))

    @property
    def is_drawn(self) -> bool:
        """Whether the block is a page as a browser of ours drew it, and no answer at all."""
        return self.type == "resource" and is_drawn(self.url)

    def warc_fields(self) -> dict[str, str]:
        """The block of a warcinfo or metadata record as names and values; the first value of a name counts."""
        found: dict[str, str] = {}
        for line in self.block.decode("utf-8", "replace").split("\n"):
            name, colon, value = line.rstrip("\r").partition(":")
            if colon:
                found.setdefault(name.strip(), value.strip())
        return found


@dataclass(frozen=True)
class Place:
    """What stands at an offset of a file: a record, or damage in words. `length` is in bytes of the file."""

    offset: int
    length: int
    record: Record | None = None
    problem: str | None = None

    @property
    def end(self) -> int:
        return self.offset + self.length


@dataclass(frozen=True)
class Message:
    """The HTTP answer in the block of a response or revisit record."""

    status: int
    reason: str
    headers: Headers
    body: bytes

    def header(self, name: bytes) -> str:
        """All values of a header, joined by commas as RFC 9110 5.3 allows."""
        found = (value.decode("latin-1") for key, value in self.headers if key.lower() == name)
        return ", ".join(found)


def read_member(stream: BinaryIO, offset: int, limit: int = RECORD_LIMIT) -> tuple[bytes, int]:
    """The gzip member at `offset`, inflated, and its length in the file. Raises Damage."""
    return _Window(stream, _SMALL_BLOCK).member(offset, limit)


def read_record(data: bytes) -> Record:
    """The one record that `data` holds from its first byte to its last. Raises Damage."""
    record, end = split_record(data)
    if end != len(data):
        raise Damage(f"{len(data) - end} bytes follow the record")
    return record


def split_record(data: bytes, start: int = 0) -> tuple[Record, int]:
    """The record that begins at `start`, and where the next one would. Raises Damage.

    Length and block digest are checked here; the payload digest by `check_payload`, since
    tools disagree about what a payload is.
    """
    at = data.find(b"\r\n\r\n", start)
    if not data.startswith(b"WARC/", start) or at < 0:
        raise Damage("no WARC record begins here")
    record_fields = _fields(data[start:at])
    record = Record(record_fields, b"")
    if not record.get("Content-Length").isdecimal():
        raise Damage("the record has no Content-Length")
    end = at + 4 + int(record.get("Content-Length"))
    if len(data) < end or data[end : end + 4] != b"\r\n\r\n":
        raise Damage("the record is not as long as its Content-Length says")
    record = Record(record_fields, data[at + 4 : end])
    if digest_holds(record.get("WARC-Block-Digest"), record.block) is False:
        raise Damage("the record is not what its WARC-Block-Digest says")
    return record, end + 4


def check_payload(record: Record, body: bytes) -> None:
    """Refuse a body that is not what WARC-Payload-Digest says. A revisit holds none to check."""
    if record.type != "revisit" and digest_holds(record.get("WARC-Payload-Digest"), body) is False:
        raise Damage("the body is not what its WARC-Payload-Digest says")


def read_message(block: bytes) -> Message:
    """An HTTP answer: status, headers as bytes, body. Raises Damage when there is no status line."""
    head, _, body = block.partition(b"\r\n\r\n")
    if b"\n\n" in head:
        # An old server, kept verbatim by an old tool.
        head, _, body = block.partition(b"\n\n")
    lines = head.split(b"\n")
    status = _STATUS.fullmatch(lines[0].rstrip(b"\r"))
    if not status:
        raise Damage("the record holds no HTTP status line")
    headers: Headers = []
    for line in lines[1:]:
        if line[:1] in (b" ", b"\t") and headers:
            name, value = headers[-1]
            headers[-1] = (name, value + b" " + line.strip(b" \t\r"))
            continue
        name, colon, value = line.partition(b":")
        if colon:
            headers.append((name.strip(b" \t\r"), value.strip(b" \t\r")))
    # An absurd number of digits is a fault of the server, and int() refuses to read it.
    return Message(int(status[1][:9]), status[2].decode("utf-8", "surrogateescape"), headers, body)


def request_method(block: bytes) -> str:
    """The method of the request in a block.

    >>> request_method(b"GET / HTTP/1.1")
    'GET'
    """
    return block.partition(b" ")[0][:20].decode("latin-1")


def digest_holds(labelled: str, data: bytes) -> bool | None:
    """Whether `data` has a digest like "sha1:<base32>"; None where there is none that can be checked.

    Tools write SHA-1 in base 32 or 16, SHA-256 in base 16 or 32, a few in base 64.
    """
    name, colon, value = labelled.strip().partition(":")
    name = name.lower().replace("-", "")
    if not colon or name not in ("sha1", "sha256", "sha512", "md5"):
        return None
    digest = hashlib.new(name, data, usedforsecurity=False).digest()
    if len(value) == 2 * len(digest):
        return value.lower() == digest.hex()
    try:
        plain = value.rstrip("=")
        if len(plain) == (len(digest) * 8 + 4) // 5:
            return base64.b32decode(plain.upper() + "=" * (-len(plain) % 8)) == digest
        return base64.b64decode(plain + "=" * (-len(plain) % 4), altchars=b"-_") == digest
    except (ValueError, binascii.Error):
        return False


def our_places(stream: BinaryIO, start: int = 0, end: int | None = None) -> Iterator[Place]:
    """Every record of one of our files between two offsets, and every stretch of damage, in order.

    Together the places cover the file without a gap. After damage only a record that names
    this file's warcinfo is believed: a page may carry a gzip member that looks like a record,
    and must not get into the archive by way of a bad sector.
    """
    window = _Window(stream)
    end = window.size if end is None else end
    info = _warcinfo_of(window) if start else ""
    at = start
    while at < end:
        try:
            record, length = _our_record(window, at, end)
        except Damage as damage:
            found = _next_record(window, at, end, info)
            yield Place(at, found - at, problem=str(damage))
            at = found
            continue
        info = info or (record.rid if record.type == "warcinfo" else record.get("WARC-Warcinfo-ID"))
        yield Place(at, length, record)
        at += length


def our_record(stream: BinaryIO, offset: int) -> Place:
    """The record of one of our files at an offset, checked. Raises Damage."""
    window = _Window(stream, _SMALL_BLOCK)
    record, length = _our_record(window, offset, window.size)
    return Place(offset, length, record)


def begins_record(stream: BinaryIO, offset: int) -> bool:
    """Whether a gzip member that begins like a record stands at an offset; it may yet end badly."""
    return _Window(stream, _SMALL_BLOCK).begins_record(offset)


class _Window:
    """A seekable stream, read a block at a time and handed out in small pieces.

    zlib copies what follows the end of a member; on large pieces that costs more than inflating.
    """

    def __init__(self, stream: BinaryIO, block: int = _BLOCK) -> None:
        self._stream = stream
        self._size = block
        self.size = stream.seek(0, os.SEEK_END)
        self._base = 0
        self._block = b""

    def piece(self, at: int) -> bytes:
        """Some bytes from `at` on; none at the end of the stream."""
        if not self._base <= at < self._base + len(self._block):
            self._stream.seek(at)
            self._base, self._block = at, self._stream.read(self._size)
        return self._block[at - self._base : at - self._base + _STEP]

    def member(self, offset: int, limit: int) -> tuple[bytes, int]:
        inflater = zlib.decompressobj(31)
        parts: list[bytes] = []
        size, at = 0, offset
        try:
            while not inflater.eof:
                piece = inflater.unconsumed_tail
                if not piece:
                    piece = self.piece(at)
                    at += len(piece)
                    if not piece:
                        raise Damage("the file ends in the middle of a record")
                part = inflater.decompress(piece, limit - size + 1)
                parts.append(part)
                size += len(part)
                if size > limit:
                    raise Damage(f"a record inflates beyond {limit} bytes")
        except zlib.error as error:
            raise Damage(f"broken gzip member ({error})") from None
        return b"".join(parts), at - len(inflater.unused_data) - offset

    def begins_record(self, offset: int) -> bool:
        """Whether the member at `offset` inflates to something that begins like a record."""
        try:
            return zlib.decompressobj(31).decompress(self.piece(offset), 5) == b"WARC/"
        except zlib.error:
            return False

    def find(self, pattern: bytes, start: int, end: int) -> int:
        """Where `pattern` next stands before `end`, or -1."""
        at = start
        while at < end:
            if not self._base <= at <= self._base + len(self._block) - len(pattern):
                # Begun anew at `at`, so that no pattern is cut in two by the edge of a block.
                self._stream.seek(at)
                self._base, self._block = at, self._stream.read(self._size)
            found = self._block.find(pattern, at - self._base)
            if found >= 0:
                return self._base + found if self._base + found < end else -1
            if len(self._block) < self._size:
                break
            at = self._base + len(self._block) - len(pattern) + 1
        return -1


def _our_record(window: _Window, offset: int, end: int) -> tuple[Record, int]:
    data, length = window.member(offset, RECORD_LIMIT)
    if offset + length > end:
        raise Damage("the file ends in the middle of a record")
    record = read_record(data)
    if not record.rid or not record.type:
        raise Damage("the record has no id or no type")
    if record.type in ("response", "revisit"):
        message = read_message(record.block)
        check_payload(record, message.body)
    elif record.type == "resource":
        check_payload(record, record.block)
    return record, length


def _next_record(window: _Window, damaged: int, end: int, info: str) -> int:
    """The offset of the next whole record that belongs to this file, or `end`."""
    at = window.find(_MAGIC, damaged + 1, end)
    while at >= 0:
        if window.begins_record(at):
            try:
                record, _ = _our_record(window, at, end)
                if not info or record.get("WARC-Warcinfo-ID") == info:
                    return at
            except Damage:
                pass
        at = window.find(_MAGIC, at + 1, end)
    return end


def _warcinfo_of(window: _Window) -> str:
    try:
        record, _ = _our_record(window, 0, window.size)
    except Damage:
        return ""
    return record.rid if record.type == "warcinfo" else record.get("WARC-Warcinfo-ID")


def _fields(head: bytes) -> list[tuple[str, str]]:
    version, *lines = head.decode("utf-8", "surrogateescape").split("\r\n")
    if version not in _VERSIONS:
        raise Damage(f"{one_line(version[:20])!r} is not a version of WARC that is read here")
    fields: list[tuple[str, str]] = []
    for line in lines:
        if line[:1] in (" ", "\t") and fields:
            fields[-1] = (fields[-1][0], f"{fields[-1][1]} {line.strip()}")
        elif found := _FIELD.fullmatch(line):
            fields.append((found[1], found[2].strip()))
        else:
            raise Damage("a line in the head of the record is not a field")
    return fields
