"""Measure discovery over composed portals: `python -m tests.harvest [--quick]`.

For every content system: recall, and harvest (report pages over all pages asked) from a known column and from a bare
front page; the same without the system's marks and with another system's; a naive breadth-first crawl of the same
sites beside it; traps; memory over 100,000 addresses; and a crawl over sockets, judged by the server's own log.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections import deque
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from crawler.completeness import unpack_years
from crawler.discovery import Walk, canonical, read_fetched, same_page
from crawler.discovery.anchors import anchors
from crawler.ledger import PortalLedger
from tests.portals import STYLES, County, build, disguised, visit
from tests.portals.content import YEARS
from tests.portals.county import HOST
from tests.portals.oddities import ODDITIES, TRAPS
from tests.portals.server import serve
from tests.portals.serving import Asked
from tests.portals.strangers import STRANGERS

ROOT = Path(__file__).resolve().parents[1]


def naive(county: County, most: int = 6000) -> tuple[int, int]:
    """Breadth first over every link of the host: (requests until the last report was found, reports found)."""
    wanted = {same_page(HOST + target): target for target in county.expected}
    wanted |= {same_page(HOST + twin): first for first, twins in county.twins.items() for twin in twins}
    queue, seen, found, last, asked = deque([f"{HOST}/"]), {same_page(f"{HOST}/")}, set(), 0, 0
    while queue and asked < most and len(found) < len(county.expected):
        url = queue.popleft()
        asked += 1
        if same_page(url) in wanted:
            found.add(wanted[same_page(url)])
            last = asked
        parts = urlsplit(url)
        served = county.site.answer(Asked("GET", (parts.path or "/") + (f"?{parts.query}" if parts.query else "")))
        if served.status != 200:
            continue
        for anchor in anchors(read_fetched(url, served.body, media_type=served.media_type)):
            address = canonical(anchor.href, url)
            if address and address.startswith(HOST) and same_page(address) not in seen:
                seen.add(same_page(address))
                queue.append(address)
    return last, len(found)


def families(irrelevant: int, years: range) -> bool:
    """One line a system and layout; whether recall was whole everywhere."""
    print(f"{'system/layout':26}{'reports':>8}{'recall':>8}{'asked':>7}{'harvest':>9}{'column':>8}{'no marks':>10}{'as trs':>8}{'as vsb':>8}{'naive':>16}")
    whole, sums = True, [0, 0, 0, 0]
    for style in STYLES.values():
        for layout in style.layouts:
            made = [build(style(), layout, irrelevant=irrelevant, years=years) for _ in range(5)]
            bare, plain = visit(made[0]), visit(disguised(made[1]))
            known = visit(made[2], columns=made[2].columns) if made[2].columns else None
            others = [visit(disguised(build(style(), layout, irrelevant=irrelevant, years=years), as_family=other)) for other in ("trs", "vsb")]
            last, reached = naive(made[4])
            beside = f"{last} for {reached}" if reached else "none found"
            print(
                f"{bare.county.name:26}{len(bare.county.expected):8}{bare.recall:8.0%}{len(bare.asked):7}{bare.harvest:9.2f}"
                f"{known.harvest if known else float('nan'):8.2f}{plain.recall:10.0%}{others[0].recall:8.0%}{others[1].recall:8.0%}{beside:>16}",
                flush=True,
            )
            sums = [a + b for a, b in zip(sums, (len(bare.asked), bare.repeated, bare.copies, bare.useful), strict=True)]
            whole &= min(bare.recall, plain.recall, *(other.recall for other in others)) == 1
    print(f"all: {sums[0]} requests, {sums[3]} brought a report or file, {sums[1]} asked twice, {sums[2]} were copies\n")
    return whole


def front_pages(irrelevant: int) -> None:
    """From a bare front page of a large site, beside a naive crawl."""
    for name in ("trs", "vsb", "plain"):
        county = build(STYLES[name](), "organs", irrelevant=irrelevant)
        seen = visit(county)
        last, reached = naive(build(STYLES[name](), "organs", irrelevant=irrelevant))
        print(f"{name} with {len(county.site.pages)} pages: recall {seen.recall:.0%}, asked {len(seen.asked)}, harvest {seen.harvest:.2f}; naive asked {last} for {reached}")
    print()


def traps() -> bool:
    """Every trap ends, and the reports beside it are found."""
    ended = True
    for make in (*ODDITIES, *TRAPS, *STRANGERS):
        seen = visit(make())
        reasons = [note["reason"] for note in seen.account.problems if "trap" in note["reason"]] or list(seen.account.left)[:1]
        print(f"{seen.county.name:24}recall {seen.recall:4.0%}  asked {len(seen.asked):4}  {reasons[0] if reasons else ''}")
        ended &= seen.recall == 1 and len(seen.asked) < len(seen.county.expected) * 2 + 100
    print()
    return ended


def memory(addresses: int) -> list[float]:
    """A walk past ever new addresses: what the process took at most, in MB, after each fifth of them."""
    account = PortalLedger("a", "A", f"{HOST}/")
    walk = Walk(f"{HOST}/", (), account, latest=2026, budget=1_000_000)
    queue, met, peaks = walk.start(), 0, []
    while queue and met < addresses:
        link = queue.pop()
        # Every page is of another shape: no trap ends this.
        rows = "".join(f'<li><a href="/{_letters(met + n)}/">信息公开平台</a></li>' for n in range(100))
        met += 100
        page = read_fetched(link.url, f"<html><title>政府信息公开</title><body>{rows}</body></html>".encode())
        queue = [*walk.arrived(replace(link, depth=0), page), *queue][:50]
        if met % (addresses // 5) == 0:
            peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    told = "; ".join(f"{addresses // 5 * (n + 1):,}: {peak:.0f} MB" for n, peak in enumerate(peaks))
    print(f"memory, addresses met: {told}; {len(walk.frontier)} wait, {account.requests} asked\n")
    return peaks


def _letters(number: int) -> str:
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))


def politeness(delay: float) -> bool:
    """Three crawls over sockets with a delay: gaps, forbidden paths, and the later crawls' requests, from the server's log."""
    county = build(STYLES["trs"](), "kinds", irrelevant=80, years=range(2022, 2025))
    county.disallowed = ("/zwgk/nbxz",)
    with serve(county, validators=True) as (served,), tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "portals.csv"
        file.write_text(f"id,name,url\nqx,青溪县人民政府,{served.url}/\n", encoding="utf-8")
        counts = []
        # As it was · the same again · reports younger than a month not asked again.
        for more in ((), (), ("-s", "RECHECK=30d", "-s", "RESUME_WITHIN=0")):
            served.hits.clear()
            began = time.monotonic()
            command = [sys.executable, "-m", "scrapy", "crawl", "county_portals", "-a", f"portals={file}", "-s", f"ARCHIVE_DIR={folder}/data", "-s", f"DOWNLOAD_DELAY={delay}", *more]
            subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
            counts.append((len(served.hits), time.monotonic() - began))
            gaps = [later[0] - earlier[0] for earlier, later in zip(served.hits[1:], served.hits[2:], strict=False)]
            # Scrapy keeps the delay between sendings; a few milliseconds are the socket's.
            short = sum(gap < delay - 0.05 for gap in gaps)
            forbidden = sum(hit[2].startswith(county.disallowed) for hit in served.hits)
            same = sum(hit[4] == 304 for hit in served.hits)
            print(f"over sockets{' ' if more else ''}{' '.join(more[1::2])}: {counts[-1][0]} requests in {counts[-1][1]:.0f} s, {same} answered 304, {short} sooner than {delay} s, {forbidden} forbidden by robots.txt")
        journal = max(Path(folder, "data", "runs").glob("*.json"))
        states = [row["state"] for row in unpack_years(json.loads(journal.read_text())["ledger"]["organ_years"])]
        print(f"second crawl over first: {counts[1][0] / max(counts[0][0], 1):.2f}, with RECHECK {counts[2][0] / max(counts[0][0], 1):.2f}; organ-years: " + ", ".join(f"{states.count(s)} {s}" for s in sorted(set(states))))
        return not short and not forbidden


def main() -> int:
    """Print everything; 1 when a report was missed, a trap did not end, or a rule was broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sites, 20,000 addresses")
    quick = parser.parse_args().quick
    good = [families(80 if quick else 300, range(2021, 2025) if quick else YEARS), traps()]
    front_pages(400 if quick else 2000)
    memory(20_000 if quick else 100_000)
    good.append(politeness(0.2))
    return 0 if all(good) else 1


if __name__ == "__main__":

    sys.exit(main())
