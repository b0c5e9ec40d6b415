"""How fast a report is read, as ratios in one run: `make bench`.

The pages are the report pages of the demo portals, with the portal around them. Each way of reading
is measured on the same pages in turn, round by round, in processor time; the median of the rounds
counts. Machines are shared and noisy, so only the ratios mean anything, and no test asserts them.
"""

from __future__ import annotations

import argparse
import logging
import resource
import statistics
import time
from collections.abc import Callable

import trafilatura
from lxml.html import document_fromstring

from crawler.demo import DemoPortals
from parsers import Page, read_report


def report_pages() -> list[Page]:
    """The report pages of the demo portals, with what their servers say of them."""
    from urllib.request import urlopen

    pages = []
    with DemoPortals() as demo:
        for expected in demo.truth():
            with urlopen(expected.urls[0]) as answer:
                pages.append(Page(answer.read(), expected.urls[0], "text/html", answer.headers.get_content_charset()))
    return pages


def measure(ways: dict[str, Callable[[Page], object]], pages: list[Page], rounds: int) -> dict[str, list[float]]:
    """Milliseconds of processor time a page, for each way and round."""
    spent: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, read in ways.items():
            started = time.process_time()
            for page in pages:
                read(page)
            spent[name].append((time.process_time() - started) * 1000 / len(pages))
    return spent


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=5, help="rounds that are counted (default 5)")
    rounds = parser.parse_args().rounds
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    pages = report_pages()
    texts = {id(page): page.body.decode("gb18030" if b"gb2312" in page.body[:2000] else "utf-8", "replace") for page in pages}
    ways: dict[str, Callable[[Page], object]] = {
        "read_report (whole)": read_report,
        "trafilatura alone": lambda page: trafilatura.extract(texts[id(page)]),
        "lxml parse alone": lambda page: document_fromstring(texts[id(page)]),
    }
    measure(ways, pages[:10], 1)
    spent = measure(ways, pages, rounds)
    base = [statistics.median(times) for times in zip(spent["trafilatura alone"], strict=True)]
    size = sum(len(page.body) for page in pages) / len(pages) / 1024
    print(f"{len(pages)} report pages of {size:.0f} KiB on average, {rounds} rounds, one core")
    print(f"{'':22}{'ms a page':>10}{'pages/s':>9}{'of trafilatura':>16}")
    for name, times in spent.items():
        ratio = statistics.median(one / other for one, other in zip(times, base, strict=True))
        median = statistics.median(times)
        print(f"{name:22}{median:10.2f}{1000 / median:9.0f}{ratio:16.2f}")
    slowest = max(pages, key=lambda page: _once(page))
    print(f"slowest page: {_once(slowest):.0f} ms, {slowest.url}")
    print(f"peak memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


def _once(page: Page) -> float:
    started = time.process_time()
    read_report(page)
    return (time.process_time() - started) * 1000


if __name__ == "__main__":
    main()
