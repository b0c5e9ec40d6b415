"""Where the five real reports lie, when they are there: beside the checkout, never in it."""

from pathlib import Path

import pytest

_SHARED = Path(__file__).resolve().parents[2] / "shared"
SEEDS = _SHARED / "seeds"
TRUTH = _SHARED / "seeds_truth.json"

needs_seeds = pytest.mark.skipif(not TRUTH.exists(), reason="the real reports are not beside this checkout (../shared/seeds)")
