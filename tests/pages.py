"""Small pages for tests of the tables: a whole form with a figure of its own in every cell."""

from __future__ import annotations

import random

from crawler.demo.compose import Composed, compose_report
from crawler.demo.figures import form_cells
from parsers import Page, Report, read_report

ORGAN = "清泉县云岭镇人民政府"


def unique_figures(form: str, seed: int = 1) -> dict[str, int]:
    """A different four-digit figure for every cell, so that a shift is seen."""
    keys = [key for key, _ in form_cells(form)]
    return dict(zip(keys, random.Random(seed).sample(range(1000, 9999), len(keys)), strict=True))


def compose(form: str = "2021", shape: str = "plain", *, unique: bool = True, seed: int = 1, year: int | None = None) -> Composed:
    """A composed report with unique figures (the sums do not hold), or with consistent ones."""
    figures = unique_figures(form, seed) if unique else None
    return compose_report(form=form, organ=ORGAN, year=year or (2020 if form == "2019" else 2023), shape=shape, figures=figures)


def read(html: str | bytes, media_type: str = "text/html") -> Report:
    """Read HTML or text as a page of a government's host."""
    body = html.encode() if isinstance(html, str) else html
    return read_report(Page(body, "http://www.qingquan.gov.cn/a.html", media_type))


def values(report: Report) -> dict[str, object]:
    """Cell values by key."""
    return {cell.key: cell.value for cell in report.cells}


def kinds(report: Report) -> dict[str, str]:
    """Cell kinds by key."""
    return {cell.key: cell.kind for cell in report.cells}


def checks(report: Report) -> list[str]:
    """The ids of the findings."""
    return [finding.check for finding in report.findings]
