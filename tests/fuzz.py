"""Damage report pages at random and compare with the truth: `make fuzz`.

Every page holds a different figure in each cell. After the damage each published figure must be
the true one, or there must be none. What is counted: crashes, pages over two seconds, and wrong
figures by the kind of damage. Seeded: the same numbers give the same run.
"""

from __future__ import annotations

import argparse
import random
import time
from collections import Counter, defaultdict

from crawler.demo.compose import SHAPES
from parsers import Page, read_report
from tests.mutate import CONTENT, STRUCTURE
from tests.pages import compose


def main() -> None:
    """Print the table; exit 1 on a crash, or on a wrong figure after damage that touched none."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--pages", type=int, default=5000, help="pages to damage (default 5000)")
    parser.add_argument("--seed", type=int, default=0, help="where the dice begin (default 0)")
    args = parser.parse_args()
    bases = [(compose(form, shape), form, shape) for form in ("2019", "2021") for shape in SHAPES]
    count: dict[str, Counter[str]] = defaultdict(Counter)
    examples: list[str] = []
    failed = False
    for number in range(args.seed, args.seed + args.pages):
        dice = random.Random(number)
        composed, form, shape = bases[number % len(bases)]
        mutators = [dice.choice(STRUCTURE + CONTENT) for _ in range(dice.choice((1, 1, 1, 2, 3)))]
        source = composed.body.decode()
        for mutator in mutators:
            source = mutator(source, dice) or source
        name = mutators[0].__name__ if len(mutators) == 1 else "several"
        started = time.process_time()
        try:
            report = read_report(Page(source.encode("utf-8", "surrogatepass"), "http://www.qingquan.gov.cn/a.html"))
        except Exception as error:
            count[name]["crashes"] += 1
            examples.append(f"seed {number}: {form} {shape}: {error!r}")
            failed = True
            continue
        wrong = [c for c in report.cells if c.value is not None and c.value != composed.cells.get(c.key)]
        count[name].update(pages=1, cells=len(composed.cells), wrong=len(wrong))
        count[name]["read"] += sum(cell.value is not None for cell in report.cells)
        count[name]["slow"] += time.process_time() - started > 2
        if wrong:
            examples.append(f"seed {number}: {form} {shape}: {[m.__name__ for m in mutators]}: {wrong[0].key} {wrong[0].raw!r}")
            failed |= all(mutator in STRUCTURE for mutator in mutators)
    print(f"{'damage':20}{'pages':>7}{'cells':>10}{'read':>8}{'wrong':>7}{'slow':>6}{'crashes':>9}")
    for name, row in sorted(count.items()):
        share = row["read"] / row["cells"] if row["cells"] else 0
        print(f"{name:20}{row['pages']:7}{row['cells']:10}{share:8.1%}{row['wrong']:7}{row['slow']:6}{row['crashes']:9}")
    print("\n".join(examples[:40]))
    raise SystemExit(1 if failed else 0)


if __name__ == "__main__":
    main()
