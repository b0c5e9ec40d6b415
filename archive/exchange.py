"""What goes into the archive and what comes out of it: the types.

An `Exchange` is one request and the answer to it, as the HTTP library hands them over. A
`Capture` is the line that the index keeps about it. A `Stored` is the answer read back,
with its digests checked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

Headers = list[tuple[bytes, bytes]]

TRUNCATIONS = ("length", "time", "disconnect", "unspecified")
"""The reasons for WARC-Truncated, section 5.13 of WARC/1.1."""

_DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?Z)?)?)?", re.ASCII)
_DOM = "urn:dom:"
_UNPRINTABLE = re.compile(r"[^\x21-\x7e]")
_LINE_BREAKS = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")


def wire_url(url: str) -> str:
    """The URL in the only form that fits a WARC header: printable ASCII, the rest percent-encoded.

    >>> wire_url("http://example.gov.cn/年报 1.html")
    'http://example.gov.cn/%E5%B9%B4%E6%8A%A5%201.html'
    """
    return _UNPRINTABLE.sub(
        lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode("utf-8", "surrogatepass")), url
    )


def dom_url(url: str) -> str:
    """The name under which a page as drawn is kept.

    >>> dom_url("http://county.example/2020.html")
    'urn:dom:http://county.example/2020.html'
    """
    return _DOM + wire_url(url)


def page_url(url: str) -> str:
    """The address of the page that a record is about.

    >>> page_url("urn:dom:http://county.example/2020.html")
    'http://county.example/2020.html'
    """
    return url.removeprefix(_DOM)


def charset_of(content_type: str) -> str | None:
    """The charset that a Content-Type declares, in lower case. A crawl and its replay read it in this way.

    >>> charset_of("text/html; Charset='GBK'"), charset_of('text/html; charset=utf-8"; x'), charset_of("text/html; charset=")
    ('gbk', 'utf-8', None)

    Of several the last counts: the header was sent twice.

    >>> charset_of("text/html; charset=gbk, text/html; charset=utf-8")
    'utf-8'
    """
    found = None
    for part in content_type.replace(",", ";").split(";")[1:]:
        name, _, value = part.partition("=")
        if name.strip().lower() == "charset":
            found = value.strip(" \"'\t\r\n").lower() or None
    return found


def is_drawn(url: str) -> bool:
    """Whether an address is the name of a page as drawn, see `dom_url`."""
    return url.startswith(_DOM)


def write_date(moment: datetime) -> str:
    """A WARC-Date: UTC, to the microsecond where there is a fraction. Refuses a time without zone.

    >>> write_date(datetime(2021, 2, 1, 3, 4, 5, tzinfo=UTC))
    '2021-02-01T03:04:05Z'
    """
    if moment.tzinfo is None:
        raise ValueError(f"{moment!r} has no time zone; give it in UTC")
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def read_date(text: str) -> datetime | None:
    """The moment of a WARC-Date in any precision that WARC/1.1 allows; None when it is not one.

    >>> read_date("2016-01-11T23:24Z")
    datetime.datetime(2016, 1, 11, 23, 24, tzinfo=datetime.timezone.utc)
    """
    found = _DATE.fullmatch(text.strip())
    if not found:
        return None
    year, month, day, hour, minute, second, fraction = found.groups()
    try:
        return datetime(
            int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0),
            int(second or 0), int((fraction or "0")[:6].ljust(6, "0")), tzinfo=UTC,
        )  # fmt: skip
    except ValueError:
        return None


def one_line(text: str) -> str:
    """Text that fits on one line of a record: line breaks and control characters become one space."""
    return _LINE_BREAKS.sub(" ", text).strip()


@dataclass(frozen=True)
class Exchange:
    """One request and its answer.

    `body` is what was received once the transfer coding (chunks) is undone; its content
    coding (gzip …) is still on. `truncated` is one of `TRUNCATIONS` when the body is not
    whole. `metadata` is what the crawler knows: portal, via, anchor, role, attachment-of,
    depth. `fetched` carries its time zone. `decoded` says that the body came without its
    content coding, as browsers hand bodies over: the headers that spoke of the body on the
    wire are then kept under other names.
    """

    url: str
    method: str
    request_headers: Headers
    request_body: bytes
    status: int
    reason: str
    response_headers: Headers
    body: bytes
    fetched: datetime
    ip: str | None = None
    protocol: str | None = None
    truncated: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    decoded: bool = False

    def __post_init__(self) -> None:
        if self.fetched.tzinfo is None:
            raise ValueError(f"{self.url}: fetched has no time zone; give it in UTC")
        if self.truncated is not None and self.truncated not in TRUNCATIONS:
            raise ValueError(f"{self.url}: truncated is {self.truncated!r}, not one of {', '.join(TRUNCATIONS)}")


@dataclass(frozen=True)
class Capture:
    """One line of the index. `payload` is the SHA-256 of the body as received, in hex.

    A revisit carries in `refers_to` the record that holds its body, always a response. A
    `resource` is a page as a browser drew it: its url is `urn:dom:` and the page's, its status
    200, and `refers_to` the answer that the page began with. For a
    304 answer `payload` is that of the body which the server says is still the same. `warc`
    is the file's name under `warc/`; `offset` and `length` are bytes of the response record.
    """

    seq: int
    rid: str
    url: str
    method: str
    fetched: datetime
    status: int
    kind: Literal["response", "revisit", "resource"]
    payload: str
    truncated: str | None
    portal: str | None
    role: str | None
    run: str
    warc: str
    offset: int
    length: int
    refers_to: str | None

    @property
    def page_url(self) -> str:
        """The address a person would open: that of the page also for a page as drawn."""
        return page_url(self.url)


@dataclass(frozen=True)
class Version:
    """What a report said, from its first to its last capture; `content` is its content digest.

    `payloads` are the different bodies, as SHA-256 of what was received, that said the same:
    a counter or a date in the footer changes the bytes and not the report.
    """

    content: str
    first: Capture
    last: Capture
    captures: int
    payloads: tuple[str, ...]


@dataclass(frozen=True)
class RenderedPage:
    """A page that a browser drew: what it asked the network for, and the document as it stood.

    `exchanges` are the network's answers in the order in which they came, with bodies decoded
    (what crossed the wire cannot be had from a browser). `url` is the address the browser ended at,
    without fragment, and one of the exchanges should have it; `dom` is the document as HTML,
    written in UTF-8. `metadata` describes the page, as in `Exchange`.
    """

    url: str
    dom: str
    exchanges: Sequence[Exchange]
    fetched: datetime
    metadata: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.fetched.tzinfo is None:
            raise ValueError(f"{self.url}: fetched has no time zone; give it in UTC")


@dataclass(frozen=True)
class RenderedCapture:
    """The captures of a rendered page: each answer, and the document as drawn."""

    answers: list[Capture]
    dom: Capture


@dataclass(frozen=True)
class Stored:
    """An answer read back. `raw` is the body as received, `body` the entity without content coding.

    When the coding is broken, unknown or inflates beyond the limit, `body` is what could be
    had, `damage` says what is wrong, and `truncated` is set: whoever looks at `truncated`
    alone never takes a part for the whole. The headers of a 304 answer are its own; its body
    and media type are those of the response that it confirms.
    """

    url: str
    fetched: datetime | None
    status: int
    reason: str
    headers: Headers
    raw: bytes
    body: bytes
    metadata: dict[str, str] = field(default_factory=dict)
    truncated: str | None = None
    damage: str | None = None
    method: str = "GET"
    rid: str | None = None
    ip: str | None = None
    content_type: str = ""

    def header(self, name: str) -> bytes | None:
        """The value of the first header of that name, whatever its case."""
        wanted = name.lower().encode("ascii")
        return next((value for key, value in self.headers if key.lower() == wanted), None)

    @property
    def rendered(self) -> bool:
        """Whether this is a page as a browser drew it, and not what a server sent."""
        return is_drawn(self.url)

    @property
    def media_type(self) -> str:
        """The declared media type in lower case, without parameters; empty when none was declared."""
        return self.content_type.partition(";")[0].strip().lower()

    @property
    def charset(self) -> str | None:
        """The charset that the header declares, in lower case."""
        return charset_of(self.content_type)
