"""A corpus of composed reports: every way in which real pages differ, with the truth beside each.

A `Sample` is a page and what its cells say. Every figure of a sample is a different one, so that
a shift is seen. `layouts` lays tables out and writes them as HTML, `local` adds what local editions
add, `annexes` composes the annexes of 2008 to 2018, `unseen` puts beside the figures what is no part of them. `samples()` yields all of them.
"""

from __future__ import annotations

from collections.abc import Iterator

from tests.corpus.annexes import annex_samples
from tests.corpus.layouts import layout_samples
from tests.corpus.local import local_samples
from tests.corpus.sample import Sample
from tests.corpus.unseen import unseen_samples


def samples() -> Iterator[Sample]:
    """Every sample; names are unique."""
    yield from layout_samples()
    yield from local_samples()
    yield from annex_samples()
    yield from unseen_samples()


__all__ = ["Sample", "samples"]
