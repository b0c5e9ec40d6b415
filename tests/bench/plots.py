"""The pictures of docs/bench.md: one idea each, two colours, legible in print."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from tests.bench.curves import exponent
from tests.bench.table import CURVES

_OURS, _OTHERS = "#1f5a94", "#a9b4c0"


def draw_all(found: Mapping[str, Any], folder: Path) -> None:
    """Draw what was measured into `folder`; a picture of a part that was not is left as it is."""
    plt.rcParams.update({"font.size": 10, "axes.spines.top": False, "axes.spines.right": False, "figure.dpi": 110})
    folder.mkdir(parents=True, exist_ok=True)
    if "reading" in found:
        _reading(found["reading"]["ms"], folder / "bench-reading.png")
    if "index" in found:
        _index(found["index"]["growth"], folder / "bench-index.png")
    _growth(found, folder / "bench-growth.png")


def _reading(spent: Mapping[str, float], path: Path) -> None:
    figure, axes = plt.subplots(figsize=(7, 2.6), layout="constrained")
    names = sorted(spent, key=lambda name: -spent[name])
    bars = axes.barh(names, [spent[name] for name in names], color=[_OURS if "read_report" in name else _OTHERS for name in names])
    axes.bar_label(bars, fmt="%.1f", padding=3)
    axes.set_xlabel("milliseconds of processor time a page")
    axes.margins(x=0.1)
    figure.savefig(path)
    plt.close(figure)


def _index(growth: Mapping[str, Any], path: Path) -> None:
    sizes = sorted(map(int, growth))
    figure, (left, right) = plt.subplots(1, 2, figsize=(7, 2.6), layout="constrained")
    left.plot(sizes, [growth[str(size)]["lookup_ms"] for size in sizes], "o-", color=_OURS)
    left.set(xscale="log", xlabel="captures", ylabel="ms a look-up", ylim=(0, None))
    right.plot(sizes, [growth[str(size)]["size"] / 1e6 for size in sizes], "o-", color=_OURS)
    right.set(xscale="log", yscale="log", xlabel="captures", ylabel="MB on disk")
    figure.savefig(path)
    plt.close(figure)


def _growth(found: Mapping[str, Any], path: Path) -> None:
    figure, axes = plt.subplots(figsize=(8, 3.6), layout="constrained")
    for part, name, key, unit in CURVES:
        growth = found.get(part, {}).get("growth", {})
        sizes = sorted(map(int, growth))
        if len(sizes) < 2 or not unit.startswith("s"):
            continue
        costs = [growth[str(size)][key] for size in sizes]
        axes.plot(sizes, costs, "o-", label=f"{name} ({exponent(sizes, costs):.2f})")
    axes.set(xscale="log", yscale="log", xlabel="pages, hosts, captures or reports", ylabel="seconds of processor time")
    if axes.lines:
        axes.legend(title="fitted exponent in brackets", fontsize=9, frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    figure.savefig(path)
    plt.close(figure)
