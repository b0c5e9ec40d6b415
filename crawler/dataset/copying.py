"""Narrative that was copied: from the organ's own report on the year before, or from a neighbour's.

Indices of transparency have counted this since 2017; some reports repeat nine tenths of the year before.
Sentences are compared, not documents, so that the place can be shown. What is left out: what every
report must say, phrases that organs of several places share, and short sentences. A sentence in which
only the year was changed is a copy; one in which a figure was changed was brought up to date.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any

from rapidfuzz import fuzz, process

from crawler.dataset.tables import SQL, Dataset

# From this share of a report's own text on, a reader would say that it was copied.
_SHARE = 0.8
# How alike two sentences are when a word or two differ (Indel similarity, 0 to 100).
_ALIKE = 92.0

# Said in every report because the Regulations and the notices ask for it.
_BOILERPLATE = "|".join(
    (
        "信息公开条例",
        "公开办函",
        "国办发",
        "统计期限",
        "勾稽关系",
        "现将.*(报告|公布)",
        "如有疑问",
        "(请与|联系).*(电话|地址|邮编)",
        "(没有|无|暂无|不存在)其他(需要|应当)?.*报告",
        "信息处理费",
        "(复议|诉讼).*(0|零|未|无|没有)",
        "以表格形式报告",
        "编写说明",
    )
)


@dataclass(frozen=True)
class _Sentence:
    seq: int
    section: str
    text: str
    said: str

    @cached_property
    def figures(self) -> tuple[str, ...]:
        return tuple(re.findall(r"\d+(?:\.\d+)?", self.said))


@dataclass(frozen=True)
class Copied:
    """How much of a report's own text stands in another one, and where the longest passage is."""

    report_id: str
    other_report_id: str
    kind: str
    organ: str
    year: int
    share: float
    length: int
    sections: tuple[str, ...]
    passage: str


# Pairs of reports whose sentences are looked up at a time.
_PAIRS = 1000
# Sentences whose digests are counted at a time: some tens of megabytes.
_COUNTED = 1_000_000


def copied_texts(dataset: Dataset) -> Iterator[Copied]:
    """Reports of which four fifths and more are copied, in the order of the file. Needs `setup.sql` to have run.

    Fills the table `likeness` on the way: what every report shares, be it little.
    """
    dataset.con.execute(_question("sentences").replace("$boilerplate", f"'{_BOILERPLATE}'"))
    dataset.con.execute("CREATE OR REPLACE TABLE said_again (digest UBIGINT, area UBIGINT, organ UBIGINT)")
    parts = 1 + dataset.number("SELECT count(*) FROM sentences") // _COUNTED
    for part in range(parts):
        dataset.con.execute(_question("said_again"), {"parts": parts, "part": part})
    dataset.con.execute(_question("shared"))
    dataset.con.execute(_question("likeness"))
    for pairs in _batched(dataset.rows(_question("copies")), _PAIRS):
        said = _sentences(dataset, {line for pair in pairs for line in (pair["line"], pair["other_line"])})
        for pair in pairs:
            if copied := _compare(pair, said.get(pair["line"], []), said.get(pair["other_line"], [])):
                yield copied


def _question(name: str) -> str:
    return (SQL / "panel" / f"{name}.sql").read_text(encoding="utf-8")


def _compare(pair: dict[str, Any], ours: list[_Sentence], theirs: list[_Sentence]) -> Copied | None:
    copied = [sentence for sentence in ours if _stands_in(sentence, theirs)]
    length = sum(len(sentence.said) for sentence in copied)
    if not copied or length < _SHARE * int(pair["length"]):
        return None
    longest = max(copied, key=lambda sentence: len(sentence.said))
    return Copied(
        pair["report_id"],
        pair["other_id"],
        pair["kind"],
        pair["organ"],
        pair["year"],
        round(length / int(pair["length"]), 2),
        length,
        tuple(dict.fromkeys(sentence.section for sentence in copied)),
        longest.text,
    )


def _sentences(dataset: Dataset, lines: set[int]) -> dict[int, list[_Sentence]]:
    """The sentences of the reports on these lines, in their order."""
    found: dict[int, list[_Sentence]] = {}
    rows = dataset.rows(
        "SELECT line, section_seq, section, sentence, said FROM sentences "
        "WHERE line IN (SELECT unnest(?::BIGINT[])) ORDER BY line, section_seq, position",
        [sorted(lines)],
    )
    for row in rows:
        found.setdefault(row["line"], []).append(_Sentence(row["section_seq"], row["section"], row["sentence"], row["said"]))
    return found


def _stands_in(sentence: _Sentence, others: list[_Sentence]) -> bool:
    """Whether one of `others` says the same, with a word or two changed and the same figures."""
    candidates = [other.said for other in others if other.figures == sentence.figures]
    if sentence.said in candidates:
        return True
    return process.extractOne(sentence.said, candidates, scorer=fuzz.ratio, score_cutoff=_ALIKE) is not None


def _batched(rows: Iterator[dict[str, Any]], size: int) -> Iterator[list[dict[str, Any]]]:
    """The rows in lists of `size`; Python 3.11 has no `itertools.batched`."""
    while batch := list(islice(rows, size)):
        yield batch
