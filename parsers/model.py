"""What a report is once it has been read: the types every reader here fills in.

They are frozen, and plain enough to be compared. `Report` says what the page says and
where; `build_record` joins it with where the page came from into one line of
`reports.jsonl` (see the record in the README). Nothing here reads a page.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

PARSER_VERSION = "1.0.0"
SCHEMA = "annual-report/1"

Number = int | float

Kind = Literal["number", "blank", "dash", "text", "missing", "lost", "ambiguous"]
"""What stands in a cell: a figure · nothing, though shown · a stroke or 无 · words ·
the form has the cell and the page has not · the page had it and the source destroyed
it · a figure that cannot be placed for certain."""

Level = Literal["error", "warning", "notice"]

Verdict = Literal["verified", "flagged", "partial", "unreadable", "not_a_report"]


@dataclass(frozen=True)
class Page:
    """A document as it was served or saved: the only input of `read_report`.

    `body` is the entity after HTTP decompression, byte for byte. `charset` is what the
    HTTP header declared, which is evidence and not to be believed. `url` is empty, or a
    bare file name, when the document was not fetched.
    """

    body: bytes
    url: str = ""
    media_type: str = "text/html"
    charset: str | None = None


@dataclass(frozen=True)
class Finding:
    """One thing that does not add up, or that a reader of the figures must know."""

    check: str
    level: Level
    message: str
    keys: tuple[str, ...] = ()
    expected: Number | str | None = None
    found: Number | str | None = None


@dataclass(frozen=True)
class Cell:
    """One cell of a statutory form. `value` is a number only when `kind` is "number"."""

    key: str
    value: Number | None
    raw: str
    kind: Kind
    unit: str | None
    at: str | None
    derived: Number | None = None
    note: str | None = None


@dataclass(frozen=True)
class Section:
    """One chapter: its key in our vocabulary, the heading as printed, and its prose."""

    key: str
    heading: str
    text: str


@dataclass(frozen=True)
class Division:
    """An administrative division by its GB/T 2260 code, 6 digits, or 9 for a township."""

    code: str
    name: str
    witnesses: tuple[str, ...]


@dataclass(frozen=True)
class Report:
    """Everything that one page says. The fields are those of the record in the README."""

    title: str | None = None
    organ: str | None = None
    year: int | None = None
    published: str | None = None
    division: Division | None = None
    scope: Literal["own", "aggregate"] | None = None
    metadata: dict[str, str | None] = field(default_factory=dict)
    form: str | None = None
    form_expected: str | None = None
    preamble: str = ""
    sections: tuple[Section, ...] = ()
    cells: tuple[Cell, ...] = ()
    findings: tuple[Finding, ...] = ()
    verdict: Verdict = "not_a_report"
    encoding: str | None = None
