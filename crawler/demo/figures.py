"""Draw the figures an organ would report: consistent with the form's sums, and the same in every run.

A report of a township is mostly noughts, that of a county government counts hundreds of
requests; a series of years of one organ hangs together, since what one year carries over is
what the next one starts with. Keys are those of the record (`requests.new.total`,
`annex.c3_4a`). Labels, rows and columns are read from the forms' own TOML files.
"""

from __future__ import annotations

import random
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

Number = int | float

_FORMS = Path(__file__).resolve().parents[2] / "parsers" / "forms"

APPLICANTS = ("natural_person", "enterprise", "research", "public_welfare", "legal_service", "other")


@dataclass(frozen=True)
class Size:
    """How much an organ has to report: inclusive ranges, a year."""

    persons: tuple[int, int]  # requests by natural persons
    firms: tuple[int, int]  # requests by enterprises; other applicants ask a third as often
    disputes: tuple[int, int]  # reconsiderations; lawsuits are half as many
    decisions: tuple[int, int]  # licences, penalties
    documents: tuple[int, int]  # normative documents issued
    published: tuple[int, int]  # items put on the website


SIZES = {
    "nil": Size((0, 0), (0, 0), (0, 0), (0, 0), (0, 0), (40, 160)),
    "few": Size((1, 7), (0, 2), (0, 2), (0, 70), (0, 2), (90, 400)),
    "bureau": Size((9, 46), (1, 7), (0, 5), (60, 1900), (0, 5), (220, 900)),
    "county": Size((130, 420), (9, 40), (4, 26), (2400, 61000), (4, 19), (5200, 19000)),
}


def rng(*names: object) -> random.Random:
    """A generator that always starts the same for the same names."""
    return random.Random("/".join(map(str, names)))  # noqa: S311  figures for a demonstration, not secrets


@cache
def load_form(form: str) -> dict[str, Any]:
    """The statutory form "2019" or "2021" as its TOML file has it. Unknown forms raise `FileNotFoundError`."""
    return tomllib.loads((_FORMS / f"{form}.toml").read_text(encoding="utf-8"))


def cell_key(block: Mapping[str, Any], row: Mapping[str, Any], col: Mapping[str, Any]) -> str:
    """The record's name for one cell.

    >>> cell_key({"table": "requests"}, {"key": "new"}, {"key": "total"})
    'requests.new.total'
    """
    return ".".join(part for part in (block["table"], row["key"], col["key"]) if part)


def form_cells(form: str) -> list[tuple[str, dict[str, Any]]]:
    """Every cell of a form in its order: the key and the column it stands in."""
    return [
        (cell_key(block, row, col), col)
        for block in load_form(form)["block"]
        for row in block["rows"]
        for col in block["cols"]
    ]


def draw_figures(
    form: str, organ: str, year: int, size: str = "bureau", carried_in: Mapping[str, int] | None = None
) -> dict[str, Number]:
    """Fill a whole form ("2014", "2019" or "2021"); every sum of the form holds.

    `carried_in` maps applicants to the requests left over from the year before.
    """
    dice = rng(form, organ, year)
    scale = SIZES[size]
    if form == "2014":
        return draw_annex(dice, scale)
    return {
        **_disclosure(dice, form, scale),
        **_requests(dice, form, scale, carried_in or {}),
        **_proceedings(dice, scale),
    }


def draw_series(forms: Mapping[int, str], organ: str, size: str) -> dict[int, dict[str, Number]]:
    """Figures of one organ for several years, each starting with what the year before left over and had in force."""
    series: dict[int, dict[str, Number]] = {}
    left: dict[str, int] = {}
    for year, form in sorted(forms.items()):
        if form not in ("2019", "2021"):
            continue
        figures = draw_figures(form, organ, year, size, left if year - 1 in series else None)
        for row in ("regulations", "normative_documents"):
            stock = f"disclosure.{row}.in_force"
            if stock in figures and stock in series.get(year - 1, {}):
                change = figures[f"disclosure.{row}.issued"] - figures[f"disclosure.{row}.repealed"]
                figures[stock] = series[year - 1][stock] + change
        series[year] = figures
        left = {who: int(figures[f"requests.carried_out.{who}"]) for who in APPLICANTS}
    return series


def broken_sums(form: str, cells: Mapping[str, Number | None]) -> list[str]:
    """Which of the form's own sums do not hold, as "check key"; a sum with an empty cell is passed over."""
    broken = []
    for rule in load_form(form)["sum"]:
        for left, right in _sides(form, rule):
            if any(cells[key] is None for key in (*left, *right)):
                continue
            if round(sum(cells[key] or 0 for key in left) - sum(cells[key] or 0 for key in right), 6):
                broken.append(f"{rule['check']} {left[0]}")
    return broken


def _sides(form: str, rule: Mapping[str, Any]) -> Iterable[tuple[list[str], list[str]]]:
    table = rule["table"]
    blocks = [block for block in load_form(form)["block"] if block["table"] == table]
    if rule["each"] == "cell":
        yield [f"{table}.{key}" for key in rule["left"]], [f"{table}.{key}" for key in rule["right"]]
    elif rule["each"] == "col":
        for col in (col["key"] for block in blocks for col in block["cols"]):
            yield [f"{table}.{key}.{col}" for key in rule["left"]], [f"{table}.{key}.{col}" for key in rule["right"]]
    else:
        for row in (row["key"] for block in blocks for row in block["rows"]):
            yield [f"{table}.{row}.{key}" for key in rule["left"]], [f"{table}.{row}.{key}" for key in rule["right"]]


def _disclosure(dice: random.Random, form: str, scale: Size) -> dict[str, Number]:
    cells: dict[str, Number] = {}
    for block in load_form(form)["block"]:
        if block["table"] != "disclosure":
            continue
        for row in block["rows"]:
            names = [col["key"] for col in block["cols"]]
            cells.update(
                zip(
                    (cell_key(block, row, col) for col in block["cols"]),
                    _line(dice, row["key"], names, scale),
                    strict=True,
                )
            )
    return cells


def _line(dice: random.Random, row: str, names: list[str], scale: Size) -> list[Number]:
    """The figures of one row of the first table."""
    if row == "regulations":  # a county may not issue any
        return [0] * len(names)
    if row == "normative_documents":
        issued = dice.randint(*scale.documents)
        if names[0] == "made":
            return [issued, issued, issued + scale.documents[1] * dice.randint(1, 5)]
        repealed = dice.randint(0, issued // 2 + (issued > 0))
        return [issued, repealed, issued + scale.documents[1] * dice.randint(1, 5)]
    if row == "procurement":
        items = dice.randint(0, scale.documents[1] * 3)
        return [items, round(items * dice.uniform(2, 60), 2) if items else 0]
    busy = {"licensing": 1.0, "penalties": 0.3, "compulsion": 0.02, "other_services": 0.2, "fees": 0.0}[row]
    if names == ["amount"]:
        return [round(dice.uniform(0.05, scale.decisions[1] / 90), dice.choice((1, 2, 4))) if scale.decisions[1] else 0]
    decisions: Number = int(dice.randint(*scale.decisions) * busy)
    if names == ["decisions"]:
        return [decisions]
    before = dice.randint(8, 190) if scale.decisions[1] else 0
    change = dice.choice((0, 0, dice.randint(1, 26), -dice.randint(1, 8))) if before else 0
    line: list[Number] = [before, change, decisions]
    return line[: len(names)]


def _requests(dice: random.Random, form: str, scale: Size, carried_in: Mapping[str, int]) -> dict[str, Number]:
    block = next(block for block in load_form(form)["block"] if block["table"] == "requests")
    rows = [row["key"] for row in block["rows"]]
    leaves = [key for key in rows if key not in ("new", "carried_in", "total", "carried_out")]
    # Most answers grant; what is not held and what is an inquiry in disguise come next.
    weights = {"granted": 40, "partly_granted": 12, "unavailable.not_held": 20, "unavailable.must_be_created": 5}
    cells: dict[str, Number] = {f"requests.{row}.{col['key']}": 0 for row in rows for col in block["cols"]}
    for who in APPLICANTS:
        low, high = scale.persons if who == "natural_person" else scale.firms
        new = dice.randint(low, high)
        if who not in ("natural_person", "enterprise"):
            new //= 3 if who != "research" else 6
        before = carried_in.get(who, dice.randint(0, new // 12) if new else 0)
        after = dice.randint(0, new // 9)
        for leaf in dice.choices(leaves, [weights.get(leaf, 2) for leaf in leaves], k=new + before - after):
            cells[f"requests.{leaf}.{who}"] += 1
        for row, count in (
            ("new", new),
            ("carried_in", before),
            ("total", new + before - after),
            ("carried_out", after),
        ):
            cells[f"requests.{row}.{who}"] = count
    for row in rows:
        cells[f"requests.{row}.total"] = sum(cells[f"requests.{row}.{who}"] for who in APPLICANTS)
    return cells


def _proceedings(dice: random.Random, scale: Size) -> dict[str, Number]:
    cells: dict[str, Number] = {}
    for name, share in (("reconsideration", 1), ("litigation_direct", 2), ("litigation_after_reconsideration", 3)):
        outcomes = dict.fromkeys(("upheld", "corrected", "other", "pending"), 0)
        for key in dice.choices(list(outcomes), (60, 12, 18, 10), k=dice.randint(*scale.disputes) // share):
            outcomes[key] += 1
        cells |= {f"proceedings.{name}.{key}": count for key, count in outcomes.items()}
        cells[f"proceedings.{name}.total"] = sum(outcomes.values())
    return cells


def split(dice: random.Random, whole: int, weights: Iterable[int]) -> list[int]:
    """Cut a whole number into parts of about these weights.

    >>> sum(split(rng("a"), 100, (3, 2, 1)))
    100
    """
    shares = list(weights)
    parts = [whole * share // sum(shares) for share in shares]
    for _ in range(whole - sum(parts)):
        parts[dice.randrange(len(parts))] += 1
    return parts


def draw_annex(dice: random.Random, scale: Size) -> dict[str, Number]:
    """The 58 figures of the statistics table of 2014; keys `annex.a1` to `annex.i3`."""
    items, received = dice.randint(*scale.published), dice.randint(*scale.persons)
    done = received - dice.randint(0, received // 10)
    replies = split(dice, done, (20, 40, 8, 6, 8, 9, 2, 7))
    channels = split(dice, items, (1, 14, 3, 5, 2))
    documents, disputes = dice.randint(*scale.documents), dice.randint(*scale.disputes)
    suits = disputes // 2
    briefings, talks = dice.randint(0, 3), dice.randint(0, 4)
    full, part = dice.randint(1, 6), dice.randint(2, 60)
    sessions = dice.randint(1, 5)
    values: dict[str, Number | list[int]] = {
        "a1": items, "a1a": documents, "a1b": documents + dice.randint(0, 3), "a2_": channels,
        "b1": dice.randint(0, 30), "b2_1": briefings, "b2_1a": min(1, briefings), "b2_2": talks, "b2_2a": min(1, talks),
        "b2_3": dice.randint(0, 25), "b2_4": dice.randint(0, 40), "b2_5": dice.randint(0, 9),
        "c1": received, "c1_": split(dice, received, (6, 1, 9, 4)), "c2": done, "c2_": split(dice, done, (30, 1)),
        "c3": done, "c3_": replies, "c3_4": replies[3],
        "d": disputes, "d_": split(dice, disputes, (7, 1, 2)),
        "e": suits, "e_": split(dice, suits, (7, 1, 2)), "f": dice.randint(0, 2), "g": 0,
        "h1": dice.randint(1, 4), "h2": dice.randint(1, 12), "h3": full + part, "h3_1": full, "h3_2": part,
        "h4": round(dice.uniform(0, 30), 1), "i1": sessions, "i2": dice.randint(1, 3), "i3": dice.randint(20, 260),
    }  # fmt: skip
    cells: dict[str, Number] = {}
    for key, value in values.items():
        if isinstance(value, list):
            stem = key if key[0] in "abc" else key[:-1]
            cells |= {f"annex.{stem}{number}": part for number, part in enumerate(value, 1)}
        else:
            cells[f"annex.{key}"] = value
    refused = split(dice, replies[3], (1, 2, 2, 1, 3, 1))
    cells |= {f"annex.c3_4{letter}": part for letter, part in zip("abcdef", refused, strict=True)}
    return cells
