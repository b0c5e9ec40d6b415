"""Damage report pages at random and compare with the truth: `make fuzz`.

The pages are those of the corpus and of the demo's shapes: forms of 2008 to 2021, tables and text.
Every page holds a different figure in each cell. After the damage each published figure must be the
true one, or there must be none. A figure whose own digits were damaged is read as it is then printed:
that is a misprint of the page, counted apart; `wrong` are figures of another cell, on `bad` pages. On
pages whose sums hold, `silent` are figures other than the true ones that no finding names. Seeded: the
same numbers give the same run.
"""

from __future__ import annotations

import argparse
import random
import time
from collections import Counter, defaultdict
from collections.abc import Mapping

from crawler.demo.compose import SHAPES
from parsers import Cell, Page, read_report
from tests.corpus import Sample, samples
from tests.mutate import CONTENT, STRUCTURE, repeat_page, swap_cells
from tests.pages import compose

# figures that mutators and local rows of the corpus add are larger than any true one
_ADDED = 500_000


def bases() -> list[Sample]:
    """All pages to damage."""
    found = list(samples())
    for form in ("2019", "2021"):
        for shape in SHAPES:
            composed = compose(form, shape)
            found.append(Sample(f"{form} {shape}", "shape", composed.body, composed.cells))
    return found


def is_foreign(cell: Cell, truth: Mapping[str, object]) -> bool:
    """Whether a wrong figure is that of another cell, or of a row or column that is none of the form's."""
    return cell.value in truth.values() or (cell.value or 0) >= _ADDED


def main() -> None:
    """Print the table; exit 1 on a crash, a slow page, or a wrong figure after damage that touched none."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--pages", type=int, default=5000, help="pages to damage (default 5000)")
    parser.add_argument("--seed", type=int, default=0, help="where the dice begin (default 0)")
    args = parser.parse_args()
    pages = bases()
    count: dict[str, Counter[str]] = defaultdict(Counter)
    examples: list[str] = []
    failed = False
    for number in range(args.seed, args.seed + args.pages):
        dice = random.Random(number)
        base = pages[number % len(pages)]
        mutators = [dice.choice(STRUCTURE + CONTENT) for _ in range(dice.choice((1, 1, 1, 2, 3)))]
        if len(mutators) > 1:
            # a page that prints two reports, or other labels, and is then damaged has no one truth
            mutators = [mutator for mutator in mutators if mutator not in (repeat_page, swap_cells)] or [swap_cells]
        source = base.body.decode()
        for mutator in mutators:
            source = mutator(source, dice) or source
        name = mutators[0].__name__ if len(mutators) == 1 else "several"
        started = time.process_time()
        try:
            report = read_report(Page(source.encode("utf-8", "surrogatepass"), "http://www.qingquan.gov.cn/a.html", base.media_type))
        except Exception as error:
            count[name]["crashes"] += 1
            examples.append(f"seed {number}: {base.name}: {error!r}")
            failed = True
            continue
        wrong = [c for c in report.cells if c.value is not None and c.value != base.cells.get(c.key)]
        shifted = [c for c in wrong if is_foreign(c, base.cells) and not base.sums]
        named = {key for finding in report.findings if finding.level != "notice" for key in finding.keys}
        silent = [c for c in wrong if base.sums and c.key not in named]
        slow = time.process_time() - started > 2
        count[name].update(pages=1, cells=len(base.cells), wrong=len(shifted), silent=len(silent), slow=slow)
        if not base.sums:
            count[name]["misprints"] += len(wrong) - len(shifted)
        count[name]["bad"] += bool(shifted)
        count[name]["read"] += sum(cell.value is not None for cell in report.cells)
        if shifted or silent:
            first = (shifted or silent)[0]
            found = f"{first.key} {first.raw!r}, {len(shifted)} wrong, {len(silent)} silent"
            examples.append(f"seed {number}: {base.name}: {[m.__name__ for m in mutators]}: {found}")
        failed |= slow or (bool(shifted or silent) and all(mutator in STRUCTURE for mutator in mutators))
    _print(count, examples)
    raise SystemExit(1 if failed else 0)


def _print(count: Mapping[str, Counter[str]], examples: list[str]) -> None:
    names = ("pages", "cells", "misprints", "wrong", "bad", "silent", "slow", "crashes")
    print(f"{'damage':20}{'read':>8}" + "".join(f"{name:>11}" for name in names))
    total: Counter[str] = Counter()
    for row in count.values():
        total.update(row)
    for name, row in [*sorted(count.items()), ("all", total)]:
        share = row["read"] / row["cells"] if row["cells"] else 0
        print(f"{name:20}{share:8.1%}" + "".join(f"{row[key]:11}" for key in names))
    print("\n".join(examples[:60]))


if __name__ == "__main__":
    main()
