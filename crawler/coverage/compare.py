"""This year's report beside last year's: which figures changed, and what was written anew.

Figures are compared where both reports print a number under the same key; a key means the same within one form,
and between two forms only where the contract says so, which is why another form is said beside the comparison.
Prose is compared by characters, as Chinese is written without spaces, with figures and Latin words kept whole.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rapidfuzz.distance import Indel

_TOKEN_RE = re.compile(r"\d+(?:\.\d+)?|[A-Za-z]+|.", re.DOTALL)
# Two chapters of this many characters take about a second; beyond, only their likeness is told.
_LONGEST = 12_000
#: characters of unchanged text that are kept on each side of a change
_CONTEXT = 24


@dataclass(frozen=True, slots=True)
class Change:
    """One figure in both years, 件 or 万元 as the form says."""

    key: str
    last: int | float
    this: int | float

    @property
    def difference(self) -> int | float:
        return round(self.this - self.last, 6)


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text: "same", "gone" (last year only), "new" (this year only), or "cut" (same, and left out)."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class TextChange:
    """One chapter in both years. `likeness` is from 0 to 1; `pieces` is empty for a chapter too long to align."""

    key: str
    heading: str
    likeness: float
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What changed since the report `last_id` on `last_year`."""

    last_id: str
    last_year: int
    same_form: bool
    changes: tuple[Change, ...]
    same: int
    carried_out: int | float | None
    carried_in: int | float | None
    texts: tuple[TextChange, ...]


def compare_years(last: Mapping[str, Any], this: Mapping[str, Any]) -> Comparison:
    """Compare two records of one organ."""
    before = {cell["key"]: cell["value"] for cell in last["cells"] if cell["value"] is not None}
    after = {cell["key"]: cell["value"] for cell in this["cells"] if cell["value"] is not None}
    both = [key for key in after if key in before]
    changes = tuple(Change(key, before[key], after[key]) for key in both if before[key] != after[key])
    texts = {section["key"]: section["text"] for section in last["sections"]}
    written = [
        change
        for section in this["sections"]
        if section["text"] and texts.get(section["key"])
        for change in [compare_texts(section["key"], section["heading"], texts[section["key"]], section["text"])]
    ]
    return Comparison(
        last_id=str(last["report_id"]),
        last_year=int(last["year"]),
        same_form=last["form"] == this["form"],
        changes=changes,
        same=len(both) - len(changes),
        carried_out=before.get("requests.carried_out.total"),
        carried_in=after.get("requests.carried_in.total"),
        texts=tuple(written),
    )


def compare_texts(key: str, heading: str, last: str, this: str) -> TextChange:
    """Align two chapters.

    >>> [(piece.kind, piece.text) for piece in compare_texts("other", "", "收取信息处理费0元。", "收取信息处理费380元。").pieces]
    [('same', '收取信息处理费'), ('gone', '0'), ('new', '380'), ('same', '元。')]
    """
    before, after = _TOKEN_RE.findall(last), _TOKEN_RE.findall(this)
    if len(before) > _LONGEST or len(after) > _LONGEST:
        return TextChange(key, heading, Indel.normalized_similarity(last, this), ())
    pieces: list[Piece] = []
    for step in Indel.opcodes(before, after):
        if step.tag == "equal":
            pieces.append(Piece("same", "".join(after[step.dest_start : step.dest_end])))
        if step.tag in ("delete", "replace"):
            pieces.append(Piece("gone", "".join(before[step.src_start : step.src_end])))
        if step.tag in ("insert", "replace"):
            pieces.append(Piece("new", "".join(after[step.dest_start : step.dest_end])))
    likeness = Indel.normalized_similarity(before, after)
    return TextChange(key, heading, likeness, tuple(_shorten(_gather(pieces))))


def _gather(pieces: list[Piece]) -> list[Piece]:
    """Join changes that only a character or two keep apart: 公开→发布 of many crumbs reads like nothing."""
    gathered: list[Piece] = []
    gone = new = ""
    for number, piece in enumerate(pieces):
        between = 0 < number < len(pieces) - 1
        if piece.kind == "same" and not (between and len(piece.text) <= 2 and (gone or new) and "\n" not in piece.text):
            gathered += [Piece(kind, text) for kind, text in (("gone", gone), ("new", new)) if text]
            gone = new = ""
            gathered.append(piece)
        else:
            gone += piece.text if piece.kind in ("gone", "same") else ""
            new += piece.text if piece.kind in ("new", "same") else ""
    return gathered + [Piece(kind, text) for kind, text in (("gone", gone), ("new", new)) if text]


def _shorten(pieces: list[Piece]) -> list[Piece]:
    """Leave out the middle of long unchanged runs."""
    shortened: list[Piece] = []
    for number, piece in enumerate(pieces):
        if piece.kind != "same" or len(piece.text) <= 3 * _CONTEXT:
            shortened.append(piece)
            continue
        head = piece.text[:_CONTEXT] if number else ""
        tail = piece.text[-_CONTEXT:] if number < len(pieces) - 1 else ""
        middle = len(piece.text) - len(head) - len(tail)
        shortened += [Piece("same", head)] if head else []
        shortened.append(Piece("cut", str(middle)))
        shortened += [Piece("same", tail)] if tail else []
    return shortened
