"""A realistic stream of callers: who dials when, presses what, and how long they put up with waiting. Seeded, so repeatable."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from deploy.telephones.caller_stream import CallPlan, Key


@dataclass(frozen=True, slots=True)
class Demand:
    """How callers spread. Shares are weights of the keys they press; times are in seconds."""

    menus: tuple[Mapping[str, float], ...]
    """For each menu of the flow, the keys with their shares: `{"1": 0.7, "2": 0.3}`."""
    think_s: tuple[float, float]
    """A key is pressed after a time between these two."""
    median_patience_s: float
    patience_spread: float
    """Standard deviation of the logarithm of patience (patience is close to log-normal)."""
    mean_gap_s: float
    """Mean time between two callers; gaps are exponential, as unscheduled calls are."""
    first_number: int
    """The first caller's own number; the next caller has the next."""


def callers(demand: Demand, count: int, seed: int) -> Iterator[CallPlan]:
    """`count` callers, the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311 - a simulation, nothing secret
    at = 0.0
    for number in range(count):
        at += chance.expovariate(1.0 / demand.mean_gap_s)
        keys = tuple(
            Key(chance.choices(tuple(menu), weights=tuple(menu.values()))[0], chance.uniform(*demand.think_s))
            for menu in demand.menus
        )
        patience_s = chance.lognormvariate(math.log(demand.median_patience_s), demand.patience_spread)
        yield CallPlan(str(demand.first_number + number), keys, patience_s, before_s=at)
