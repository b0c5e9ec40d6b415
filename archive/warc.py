"""Write exchanges as WARC/1.1 records, each its own gzip member, whole or not at all.

warcio lays out the records. Two of its habits do not fit: it percent-encodes header bytes
that are not ASCII, so that a GBK file name in Content-Disposition is lost, and its digests
are SHA-1. Heads are therefore handed over as bytes, and digests are SHA-256 in lower-case
hex, as browsertrix-crawler writes them: `sha256sum` prints the same, and warcio checks it.
"""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

from warcio.recordloader import ArcWarcRecord
from warcio.statusandheaders import StatusAndHeaders
from warcio.utils import Digester
from warcio.warcwriter import WARCWriter

from .errors import ArchiveError, naming
from .exchange import Capture, Exchange, Headers, RenderedPage, dom_url, one_line, wire_url, write_date
from .layout import fsync_path

IDENTICAL = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
NOT_MODIFIED = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"

#: the field of a metadata record that holds the digest of what a report says
CONTENT = "content-digest"

Fields = list[tuple[str, str]]

_FIELDS = "application/warc-fields"
# Of a body that comes decoded, these describe another one.
_OF_THE_WIRE = (b"content-encoding", b"content-length", b"transfer-encoding")

_BLANK = b" \t\r\n"


class _HexDigester(Digester):  # type: ignore[misc]
    def __str__(self) -> str:
        return f"{self.type_}:{self.digester.hexdigest()}"


class _RawHead(StatusAndHeaders):  # type: ignore[misc]
    """An HTTP head that is written as the bytes it is."""

    def __init__(self, raw: bytes) -> None:
        super().__init__("", [])
        self.raw = raw

    def compute_headers_buffer(self, header_filter: object = None) -> None:
        self.headers_buff = self.raw

    def __bool__(self) -> bool:
        return True


class _Writer(WARCWriter):  # type: ignore[misc]
    # For these the block digest says it all; warcio would add the same once more.
    NO_PAYLOAD_DIGEST_TYPES = ("warcinfo", "revisit", "request", "metadata")

    @staticmethod
    def _create_digester() -> _HexDigester:
        return _HexDigester("sha256")


@dataclass(frozen=True)
class Original:
    """The response record that a revisit points at: always one that holds the body itself."""

    rid: str
    url: str
    date: str
    payload: str


@dataclass(frozen=True)
class Group:
    """The records of one exchange, ready to be appended. `offset` and `length` are those of
    the response record, counted from the beginning of `data`; `records` is how many there are."""

    data: bytes
    rid: str
    offset: int
    length: int
    records: int


def sha256(data: bytes) -> str:
    """The SHA-256 of some bytes in lower-case hex."""
    return hashlib.sha256(data).hexdigest()


def warcinfo(name: str, date: str, info: Mapping[str, str]) -> tuple[str, bytes]:
    """The record that opens a file: its id and its bytes."""
    rid = _new_id()
    fields = [("WARC-Type", "warcinfo"), ("WARC-Record-ID", rid), ("WARC-Date", date), ("WARC-Filename", name)]
    return rid, _member("warcinfo", fields, _warc_fields(info), _FIELDS)


def group(exchange: Exchange, payload: str, info: str, original: Original | None = None) -> Group:
    """The records of an exchange: request, response or revisit, and metadata where there is any.

    `payload` is the SHA-256 of the body, `info` the id of the file's warcinfo record. With an
    `original` the body is not written again: the revisit is `server-not-modified` when the
    status is 304, else `identical-payload-digest`.
    """
    rid = _new_id()
    shared: Fields = [
        ("WARC-Date", write_date(exchange.fetched)),
        ("WARC-Target-URI", wire_url(exchange.url)),
        ("WARC-Warcinfo-ID", info),
    ]
    address = [("WARC-IP-Address", one_line(exchange.ip))] if exchange.ip else []
    request = _member(
        "request",
        [("WARC-Type", "request"), ("WARC-Record-ID", _new_id()), *shared, *address, ("WARC-Concurrent-To", rid)],
        exchange.request_body,
        "application/http; msgtype=request",
        _request_head(exchange),
    )
    response = _answer(exchange, payload, rid, [*shared, *address], original)
    described = b""
    if as_described(exchange.metadata):
        fields = [("WARC-Type", "metadata"), ("WARC-Record-ID", _new_id()), *shared, ("WARC-Refers-To", rid)]
        described = _member("metadata", fields, _warc_fields(exchange.metadata), _FIELDS)
    return Group(request + response + described, rid, len(request), len(response), 3 if described else 2)


def drawn(page: RenderedPage, body: bytes, truncated: str | None, info: str, document: Capture | None) -> Group:
    """The records of a page as a browser drew it: a `resource` named `urn:dom:<url>`, and metadata.

    `document` is the answer that the page began with.
    """
    rid = _new_id()
    shared: Fields = [
        ("WARC-Date", write_date(page.fetched)),
        ("WARC-Target-URI", dom_url(page.url)),
        ("WARC-Warcinfo-ID", info),
    ]
    # ISO 28500 knows WARC-Concurrent-To here; WARC-Refers-To is what our reader goes by for all kinds.
    about = [("WARC-Refers-To", document.rid), ("WARC-Concurrent-To", document.rid)] if document else []
    resource = _member(
        "resource",
        [
            ("WARC-Type", "resource"), ("WARC-Record-ID", rid), *shared, *about,
            ("WARC-Payload-Digest", f"sha256:{sha256(body)}"),
            *([("WARC-Truncated", truncated)] if truncated else []),
        ],
        body,
        "text/html; charset=utf-8",
    )  # fmt: skip
    fields = [("WARC-Type", "metadata"), ("WARC-Record-ID", _new_id()), *shared, ("WARC-Refers-To", rid)]
    described = _member("metadata", fields, _warc_fields({"source": "browser"} | dict(page.metadata)), _FIELDS)
    return Group(resource + described, rid, 0, len(resource), 2)


def content_note(capture: Capture, digest: str, info: str, date: str) -> bytes:
    """A metadata record that keeps the content digest of a capture."""
    fields: Fields = [
        ("WARC-Type", "metadata"),
        ("WARC-Record-ID", _new_id()),
        ("WARC-Date", date),
        ("WARC-Target-URI", capture.url),
        ("WARC-Warcinfo-ID", info),
        ("WARC-Refers-To", capture.rid),
    ]
    return _member("metadata", fields, _warc_fields({CONTENT: digest}), _FIELDS)


class OpenFile:
    """A WARC file that is being written: `<name>.open` until it is sealed.

    `append` puts bytes on disk or leaves the file as it was. `sha256` covers what is in it.
    """

    def __init__(self, path: Path, name: str, info: str, head: bytes) -> None:
        self.path, self.name, self.info = path, name, info
        self.size = 0
        self.records = 0
        self.first: str | None = None
        self.last: str | None = None
        self.sha256 = hashlib.sha256()
        #: why nothing may be appended any more
        self.broken: str | None = None
        with naming(path, "create"):
            self._handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o644)
        try:
            self.append(head, 1)
            with naming(path, "create"):
                fsync_path(path.parent)
        except BaseException:
            os.close(self._handle)
            with suppress(OSError):
                path.unlink()
            raise

    def append(self, data: bytes, records: int, first: str | None = None, last: str | None = None) -> int:
        """Write and fsync what was fetched from `first` to `last`; return the offset at which `data` begins. Raises ArchiveError, with the file cut back."""
        if self.broken:
            raise ArchiveError(f"{self.path}: nothing more is written after an earlier error: {self.broken}")
        start = self.size
        digest = self.sha256.copy()
        self.broken = "a write was interrupted; start again, and the file is repaired"
        with naming(self.path, "write"):
            try:
                rest = memoryview(data)
                while rest:
                    rest = rest[os.write(self._handle, rest) :]
            except OSError:
                os.ftruncate(self._handle, start)
                os.fsync(self._handle)
                self.broken = None
                raise
            # After a failed fsync nobody knows which pages reached the disk, and a second
            # one would report success: the file stays broken until it is read again.
            os.fsync(self._handle)
        self.broken = None
        digest.update(data)
        self.sha256 = digest
        self.size += len(data)
        self.records += records
        self.first = self.first or first
        self.last = last or self.last
        return start

    def close(self) -> None:
        """Give the handle back; the name stays as it is."""
        os.close(self._handle)

    def seal(self, path: Path) -> None:
        """Give the closed file its final name."""
        self.path.rename(path)
        fsync_path(path.parent)


def _answer(exchange: Exchange, payload: str, rid: str, shared: Fields, original: Original | None) -> bytes:
    fields: Fields = [("WARC-Type", "revisit" if original else "response"), ("WARC-Record-ID", rid), *shared]
    fields.append(("WARC-Payload-Digest", f"sha256:{original.payload if original else payload}"))
    if exchange.protocol:
        fields.append(("WARC-Protocol", one_line(exchange.protocol)))
    if exchange.truncated:
        fields.append(("WARC-Truncated", exchange.truncated))
    if original:
        fields += [
            ("WARC-Profile", NOT_MODIFIED if exchange.status == 304 else IDENTICAL),
            ("WARC-Refers-To", original.rid),
            ("WARC-Refers-To-Target-URI", original.url),
            ("WARC-Refers-To-Date", original.date),
        ]
    body = b"" if original else exchange.body
    return _member(
        "revisit" if original else "response",
        fields, body, "application/http; msgtype=response", _response_head(exchange),
    )  # fmt: skip


def _member(kind: str, fields: Fields, body: bytes, content_type: str, head: bytes | None = None) -> bytes:
    record = ArcWarcRecord(
        "warc",
        kind,
        StatusAndHeaders("", fields, protocol="WARC/1.1"),
        BytesIO(body),
        None if head is None else _RawHead(head),
        content_type,
        len(body),
        payload_length=len(body),
    )
    out = BytesIO()
    _Writer(out, gzip=True, warc_version="1.1").write_record(record)
    return out.getvalue()


def _request_head(exchange: Exchange) -> bytes:
    try:
        parts = urlsplit(wire_url(exchange.url))
    except ValueError:
        parts = urlsplit("")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    line = f"{exchange.method} {target} HTTP/1.1".encode()
    headers = exchange.request_headers
    if not any(name.lower() == b"host" for name, _ in headers):
        host = parts.netloc.rpartition("@")[2].encode()
        headers = [(b"Host", host), *headers]
    return _head(line, headers)


def _response_head(exchange: Exchange) -> bytes:
    try:
        # How bytes that are no UTF-8 travel in a str, in Python and out of `read_message`.
        reason = exchange.reason.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        reason = exchange.reason.encode("utf-8", "backslashreplace")
    # The chunks are gone from the body, so a reader must not look for them.
    renamed = _OF_THE_WIRE if exchange.decoded else (b"transfer-encoding",)
    headers = [
        (b"X-Archive-Orig-" + name if name.strip(_BLANK).lower() in renamed else name, value)
        for name, value in exchange.response_headers
    ]
    return _head(b"HTTP/1.1 %03d %s" % (exchange.status, reason), headers)


def _head(first: bytes, headers: Headers) -> bytes:
    lines = [first, *(name.strip(_BLANK) + b": " + value.strip(_BLANK) for name, value in headers)]
    # A folded header comes with its line break; unfolded, as RFC 9112 5.2 has it.
    return b"".join(b" ".join(line.splitlines()).rstrip(_BLANK) + b"\r\n" for line in lines) + b"\r\n"


def as_described(metadata: Mapping[str, str]) -> dict[str, str]:
    """Metadata as it comes back from a record: each value on one line, empty ones left out."""
    found = {}
    for name, value in metadata.items():
        if text := one_line(value).encode("utf-8", "backslashreplace").decode():
            found[_field_name(name)] = text
    return found


def _warc_fields(fields: Mapping[str, str]) -> bytes:
    return "".join(f"{name}: {value}\r\n" for name, value in as_described(fields).items()).encode()


def _field_name(name: str) -> str:
    if not name or not name.isascii() or not name.replace("-", "").replace("_", "").isalnum():
        raise ValueError(f"{name!r} cannot name a field of a record; use letters, digits and hyphens")
    return name


def _new_id() -> str:
    return f"<urn:uuid:{uuid.uuid4()}>"


def date_now(moment: datetime) -> str:
    """A WARC-Date to the second, for records that are not captures."""
    return write_date(moment.replace(microsecond=0))
