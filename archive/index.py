"""The index: one line a capture, in SQLite, to find what the WARC files hold.

It is disposable. Everything in it is read from `warc/`, in the order of the files; it may be
deleted at any time and comes back row for row. It is never believed against the files: when
it knows of more than they hold, it is built anew.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from dataclasses import astuple, dataclass, fields, replace
from pathlib import Path

from .exchange import Capture, read_date, write_date
from .layout import WarcFile
from .reader import Place, Record, our_places, read_message, request_method
from .warc import CONTENT, Original

VERSION = 1
_PAGE = 500

_SCHEMA = f"""
CREATE TABLE capture (
    seq INTEGER PRIMARY KEY, rid TEXT NOT NULL UNIQUE, url TEXT NOT NULL, method TEXT NOT NULL,
    fetched TEXT NOT NULL, status INTEGER NOT NULL, kind TEXT NOT NULL, payload TEXT NOT NULL, truncated TEXT,
    portal TEXT, role TEXT, run TEXT NOT NULL, warc TEXT NOT NULL, "offset" INTEGER NOT NULL,
    "length" INTEGER NOT NULL, refers_to TEXT
);
CREATE INDEX capture_url ON capture (url, seq);
-- How much of each file is in here, and the id of its warcinfo record: a file that was put
-- in the place of another has another.
CREATE TABLE file (name TEXT PRIMARY KEY, bytes INTEGER NOT NULL, info TEXT NOT NULL);
-- The digest of what a report says, for the capture that said it; the last one noted counts.
CREATE TABLE content (rid TEXT PRIMARY KEY, digest TEXT NOT NULL);
PRAGMA user_version = {VERSION};
"""
_COLUMNS = ", ".join(f'"{column.name}"' for column in fields(Capture))
_INSERT = f"INSERT INTO capture ({_COLUMNS}) VALUES ({', '.join('?' * len(fields(Capture)))})"  # noqa: S608
_SELECT = f"SELECT {_COLUMNS} FROM capture"  # noqa: S608

Row = tuple[object, ...]


@dataclass(frozen=True)
class Extent:
    """How far a file is indexed: its name, its bytes, and the id of its warcinfo record."""

    name: str
    bytes: int
    info: str


class Index:
    """An open index. Errors are `sqlite3.Error`; whoever calls says which file it was."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    @classmethod
    def create(cls, where: str) -> Index:
        """A new index at a path, or "" for one on disk that goes when it is closed."""
        # Nothing of a half-built index is ever used: it is renamed once it is whole.
        connection = _connect(where)
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        connection.executescript(_SCHEMA)
        return cls(connection)

    @classmethod
    def open(cls, path: Path) -> Index:
        """The index at `path`, to be written to. Raises sqlite3.Error when it is not sound."""
        connection = _connect(f"{path.absolute().as_uri()}?mode=rw")
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            # Not FULL: the record is on disk before its line, so after a power cut the index may lack lines, which are
            # read from the files again, and never has one too many. It would be a second wait for the disk a record.
            connection.execute("PRAGMA synchronous = NORMAL")
            return cls._sound(connection)
        except BaseException:
            connection.close()
            raise

    @classmethod
    def read(cls, path: Path) -> Index:
        """The index at `path`, to be read only, also on a disk that cannot be written."""
        error: sqlite3.Error | None = None
        for mode in ("mode=ro", "immutable=1"):
            connection = _connect(f"{path.absolute().as_uri()}?{mode}")
            try:
                return cls._sound(connection)
            except sqlite3.Error as raised:
                connection.close()
                error = raised
        raise error or sqlite3.DatabaseError("not readable")

    @classmethod
    def _sound(cls, connection: sqlite3.Connection) -> Index:
        if connection.execute("PRAGMA user_version").fetchone() != (VERSION,):
            raise sqlite3.DatabaseError("written by another version")
        if connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            raise sqlite3.DatabaseError("damaged")
        return cls(connection)

    def copy(self) -> Index:
        """The same lines in an index of its own, which goes when it is closed."""
        connection = _connect("")
        self._db.backup(connection)
        return Index(connection)

    def close(self) -> None:
        self._db.close()

    def begin(self) -> None:
        self._db.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        self._db.execute("COMMIT")

    def rollback(self) -> None:
        with suppress(sqlite3.Error):
            # On some errors SQLite has rolled back by itself.
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")

    def add(self, *captures: Capture) -> None:
        """Put lines in, within a transaction."""
        for capture in captures:
            row = dict(_named(capture)) | {"fetched": write_date(capture.fetched)}
            self._db.execute(_INSERT, tuple(row.values()))

    def set_extent(self, extent: Extent) -> None:
        """Note how far a file is indexed, in the transaction of the lines that it covers."""
        self._db.execute("INSERT OR REPLACE INTO file VALUES (?, ?, ?)", (extent.name, extent.bytes, extent.info))

    def extents(self) -> dict[str, Extent]:
        return {row[0]: Extent(*row) for row in self._db.execute("SELECT name, bytes, info FROM file")}

    def next_seq(self) -> int:
        return int(self._db.execute("SELECT coalesce(max(seq), 0) + 1 FROM capture").fetchone()[0])

    def page(self, after: int) -> list[Capture]:
        """The next lines after a sequence number, in the order of capture; none at the end."""
        rows = self._db.execute(f"{_SELECT} WHERE seq > ? ORDER BY seq LIMIT {_PAGE}", (after,))
        return [_capture(row) for row in rows]

    def unsound(self) -> str | None:
        """What SQLite finds wrong with its pages, None when they agree: look-ups go by lists that no other check reads."""
        (found,) = self._db.execute("PRAGMA integrity_check(1)").fetchone()
        return None if found == "ok" else " ".join(str(found).split())

    def rows(self) -> Generator[Row, None, None]:
        """The lines as they stand, for comparing."""
        yield from self._db.execute(f"{_SELECT} ORDER BY seq")

    def history(self, url: str) -> list[Capture]:
        return [_capture(row) for row in self._db.execute(f"{_SELECT} WHERE url = ? ORDER BY seq", (url,))]

    def history_with_content(self, url: str) -> Iterator[tuple[Capture, str | None]]:
        """The history, each capture with its content digest; a revisit says what its original says."""
        names = ", ".join(f'capture."{column.name}"' for column in fields(Capture))
        rows = self._db.execute(
            f"SELECT {names}, coalesce(own.digest, first.digest) FROM capture"  # noqa: S608
            " LEFT JOIN content AS own ON own.rid = capture.rid"
            " LEFT JOIN content AS first ON first.rid = capture.refers_to AND capture.kind = 'revisit'"
            " WHERE url = ? ORDER BY seq",
            (url,),
        )
        for *row, digest in rows:
            yield _capture(tuple(row)), digest

    def latest(self, url: str, status: int | None = None) -> Capture | None:
        found = self._db.execute(
            f"{_SELECT} WHERE url = ? AND status = coalesce(?, status) ORDER BY seq DESC LIMIT 1", (url, status)
        ).fetchone()
        return _capture(found) if found else None

    def by_rid(self, rid: str) -> Capture | None:
        found = self._db.execute(f"{_SELECT} WHERE rid = ?", (rid,)).fetchone()
        return _capture(found) if found else None

    def same_body(self, url: str, payload: str) -> Capture | None:
        """The newest whole response with this body from this URL. There is one, unless it was found damaged."""
        found = self._db.execute(
            f"{_SELECT} WHERE url = ? AND payload = ? AND kind = 'response' AND truncated IS NULL"
            " ORDER BY seq DESC LIMIT 1",
            (url, payload),
        ).fetchone()
        return _capture(found) if found else None

    def confirmed(self, url: str) -> Capture | None:
        """The response that a 304 from this URL confirms: the body of its newest whole success."""
        found = self._db.execute(
            f"{_SELECT} WHERE url = ? AND status BETWEEN 200 AND 299 AND truncated IS NULL"
            " ORDER BY seq DESC LIMIT 1",
            (url,),
        ).fetchone()
        if found is None:
            return None
        capture = _capture(found)
        return self.by_rid(capture.refers_to) if capture.refers_to else capture

    def note_content(self, rid: str, digest: str) -> None:
        self._db.execute("INSERT OR REPLACE INTO content VALUES (?, ?)", (rid, digest))

    def content(self, rid: str) -> str | None:
        """The digest noted for a capture itself."""
        found = self._db.execute("SELECT digest FROM content WHERE rid = ?", (rid,)).fetchone()
        return str(found[0]) if found else None

    def content_of(self, url: str) -> str | None:
        """The digest noted for the newest capture that has one; a revisit says what its original says."""
        found = self._db.execute(
            "SELECT coalesce(own.digest, first.digest) FROM capture"
            " LEFT JOIN content AS own ON own.rid = capture.rid"
            " LEFT JOIN content AS first ON first.rid = capture.refers_to AND capture.kind = 'revisit'"
            " WHERE url = ? AND coalesce(own.digest, first.digest) IS NOT NULL ORDER BY seq DESC LIMIT 1",
            (url,),
        ).fetchone()
        return str(found[0]) if found else None

    def contents(self) -> Iterator[tuple[str, str]]:
        """All noted digests by record id, for comparing."""
        yield from self._db.execute("SELECT rid, digest FROM content ORDER BY rid")


def original(capture: Capture) -> Original:
    """A response as the target of a revisit."""
    return Original(capture.rid, capture.url, write_date(capture.fetched), capture.payload)


@dataclass
class FileReading:
    """Lines of one WARC file from `start` on, read from its records.

    Iterate it for the captures; then `extent` says how far it came, and `problems` what was
    damaged (offset and words). The captures have no sequence number yet: it is 0. `on_content`
    is told each content digest that was noted (record id, digest), `on_answer` each answer
    with its record, before the capture is handed out.
    """

    file: WarcFile
    start: int = 0
    info: str = ""
    end: int | None = None
    on_content: Callable[[str, str], object] | None = None
    on_answer: Callable[[Capture, Record], object] | None = None

    def __post_init__(self) -> None:
        self.problems: list[tuple[int, str]] = []
        self.at = self.start
        #: the end of the last whole record
        self.whole = self.start
        #: the first damage in what was appended last; what was appended in one piece may reach the disk in part
        self.torn: int | None = None
        self.records = 0

    @property
    def extent(self) -> Extent:
        """A sealed file is covered to its end; of an open one, what is whole."""
        return Extent(self.file.name, self.whole if self.file.open else self.at, self.info)

    def __iter__(self) -> Iterator[Capture]:
        held: Capture | None = None
        methods: dict[str, str] = {}
        with self.file.stream() as stream:
            for place in our_places(stream, self.start, self.end):
                self.at = place.end
                record = place.record
                if record is None:
                    self.problems.append((place.offset, place.problem or "damaged"))
                    self.torn = place.offset if self.torn is None else self.torn
                    continue
                if _begins_append(record):
                    self.torn = None
                self.whole = place.end
                self.records += 1
                if record.type == "warcinfo" and not self.info:
                    self.info = record.rid
                elif record.type == "request":
                    methods = {record.get("WARC-Concurrent-To"): request_method(record.block)}
                elif record.type == "metadata":
                    held = self._described(held, record)
                elif record.type in ("response", "revisit", "resource"):
                    if held:
                        yield held
                    held = self._capture(place, record, methods)
        if held:
            yield held

    def _described(self, held: Capture | None, record: Record) -> Capture | None:
        known = record.warc_fields()
        about = record.get("WARC-Refers-To")
        if CONTENT in known:
            if self.on_content:
                self.on_content(about, known[CONTENT])
            return held
        if held is None or about != held.rid:
            return held
        return replace(held, portal=known.get("portal"), role=known.get("role"))

    def _capture(self, place: Place, record: Record, methods: dict[str, str]) -> Capture | None:
        moment = read_date(record.get("WARC-Date"))
        payload = record.get("WARC-Payload-Digest").removeprefix("sha256:")
        if moment is None or len(payload) != 64:
            self.problems.append((place.offset, "the record has no date or no sha256 payload digest"))
            return None
        drawn = record.type == "resource"
        capture = Capture(
            seq=0,
            rid=record.rid,
            url=record.url,
            method=methods.get(record.rid, "GET"),
            fetched=moment,
            status=200 if drawn else read_message(record.block).status,
            kind="resource" if drawn else "revisit" if record.type == "revisit" else "response",
            payload=payload,
            truncated=record.get("WARC-Truncated") or None,
            portal=None,
            role=None,
            run=self.file.run_id,
            warc=self.file.name,
            offset=place.offset,
            length=place.length,
            refers_to=record.get("WARC-Refers-To") or None,
        )
        if self.on_answer:
            self.on_answer(capture, record)
        return capture


def _begins_append(record: Record) -> bool:
    """Whether a record is the first of those that were written in one piece."""
    if record.type == "metadata":
        return CONTENT in record.warc_fields()
    return record.type in ("warcinfo", "request", "resource")


def _named(capture: Capture) -> Iterator[tuple[str, object]]:
    return zip((column.name for column in fields(Capture)), astuple(capture), strict=True)


def _capture(row: Row) -> Capture:
    values: list[object] = list(row)
    values[4] = read_date(str(values[4]))
    return Capture(*values)  # type: ignore[arg-type]


def _connect(where: str) -> sqlite3.Connection:
    # Our own lock keeps two threads apart, and our own lock file two processes.
    return sqlite3.connect(where, uri=True, isolation_level=None, check_same_thread=False, timeout=10)
