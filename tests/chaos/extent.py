"""How much is broken: a short cut that every run can afford, or the full extent (`make test-chaos ARGS=--full`)."""

from __future__ import annotations

from dataclasses import dataclass

import pytest


@dataclass(frozen=True, slots=True)
class Extent:
    """How often each fault is brought about, and how many callers are in flight meanwhile."""

    rounds: int
    callers: int


CUT = Extent(rounds=1, callers=8)
FULL = Extent(rounds=10, callers=30)


def full_only(extent: Extent) -> None:
    """Skip what takes too long for every run."""
    if extent is not FULL:
        pytest.skip("in the full extent alone: make test-chaos ARGS=--full")
