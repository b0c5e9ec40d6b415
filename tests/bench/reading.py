"""Reading a report, beside what others do with the same page: parse alone, text alone, and the obvious chain."""

from __future__ import annotations

import io
import logging
import statistics
import time
import warnings
from collections.abc import Callable
from typing import Any
from urllib.request import urlopen

from crawler.demo import DemoPortals
from parsers import Page, read_report

Way = Callable[[Page], object]


def report_pages() -> list[Page]:
    """The report pages of the demo portals, with what their servers say of them."""
    pages = []
    logging.getLogger("crawler.demo.server").setLevel(logging.ERROR)  # any port will do
    with DemoPortals() as demo:
        for expected in demo.truth():
            with urlopen(expected.urls[0]) as answer:
                pages.append(Page(answer.read(), expected.urls[0], "text/html", answer.headers.get_content_charset()))
    return pages


def compare_readers(rounds: int) -> dict[str, Any]:
    """Milliseconds of processor time a page, the median of the rounds, by way of reading; the slowest page of ours."""
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    warnings.simplefilter("ignore")
    pages = report_pages()
    ways = _ways({id(page): _decode(page) for page in pages})
    _measure(ways, pages[:10], 1)
    spent = _measure(ways, pages, rounds)
    slowest = max((_once(page), page.url) for page in pages)
    return {
        "pages": len(pages),
        "kib": sum(len(page.body) for page in pages) / len(pages) / 1024,
        "ms": {name: statistics.median(times) for name, times in spent.items()},
        "slowest_ms": slowest[0],
    }


def _decode(page: Page) -> str:
    return page.body.decode("gb18030" if b"gb2312" in page.body[:2000] else "utf-8", "replace")


def _ways(texts: dict[int, str]) -> dict[str, Way]:
    import trafilatura
    from lxml.html import document_fromstring

    ways: dict[str, Way] = {
        "read_report (everything)": read_report,
        "lxml, parse alone": lambda page: document_fromstring(texts[id(page)]),
        "trafilatura, text alone": lambda page: trafilatura.extract(texts[id(page)]),
    }
    try:
        import pandas as pd

        def chain(page: Page) -> object:
            try:
                tables = pd.read_html(io.StringIO(texts[id(page)]), flavor="lxml")
            except ValueError:  # no table in it
                tables = []
            return trafilatura.extract(texts[id(page)]), tables

        ways["trafilatura and pandas.read_html"] = chain
    except ImportError:
        pass
    try:
        from resiliparse.extract.html2text import extract_plain_text

        ways["resiliparse, text alone"] = lambda page: extract_plain_text(texts[id(page)], main_content=True)
    except ImportError:
        pass
    return ways


def _measure(ways: dict[str, Way], pages: list[Page], rounds: int) -> dict[str, list[float]]:
    # In turn, round by round: what disturbs the machine disturbs all of them.
    spent: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, read in ways.items():
            started = time.process_time()
            for page in pages:
                read(page)
            spent[name].append((time.process_time() - started) * 1000 / len(pages))
    return spent


def _once(page: Page) -> float:
    started = time.process_time()
    read_report(page)
    return (time.process_time() - started) * 1000


def peak_of_reading(pages: int) -> dict[str, Any]:
    """Read so many pages, for the peak of memory and the growth of time."""
    own = report_pages()
    started = time.process_time()
    for number in range(pages):
        read_report(own[number % len(own)])
    return {"cpu": time.process_time() - started}
