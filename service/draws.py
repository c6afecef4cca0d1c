"""Chance: the only place that draws lots, always from a seed.

Every queue draws arrivals, talks, patience and the rest from streams of their own, so that a change to one of them leaves the
others as they were: two days that differ in one figure differ by that figure alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import log, sqrt
from random import Random
from typing import TypeVar

from service.day_form import Duration

AT_LEAST_TRIES = 1000
"""How often a duration is drawn again until it exceeds what is known of it."""

T = TypeVar("T")


def stream(seed: int, *purpose: str) -> Random:
    """A stream of chance of its own for this purpose."""
    return Random(":".join([str(seed), *purpose]))  # noqa: S311 - a simulated day holds no secrets


def draw(duration: Duration, chance: Random) -> float:
    """Draw a duration in seconds."""
    if duration.exponential is not None:
        return chance.expovariate(1.0 / duration.exponential)
    if duration.log_normal is not None:
        mean, deviation = duration.log_normal.mean, duration.log_normal.deviation
        # A log-normal time with this mean and deviation is e^(mu + sigma Z) with:
        variance = log(1.0 + (deviation / mean) ** 2)
        return chance.lognormvariate(log(mean) - variance / 2.0, sqrt(variance))
    return duration.fixed or 0.0


def draw_longer(duration: Duration, than_s: float, chance: Random) -> float:
    """Draw a duration of which it is known that it exceeds `than_s`; that itself where the distribution knows none so long."""
    for _ in range(AT_LEAST_TRIES):
        drawn = draw(duration, chance)
        if drawn > than_s:
            return drawn
    return than_s


def poisson_arrivals(begins: float, lasts_s: float, expected: float, chance: Random) -> Iterator[float]:
    """The times of a Poisson process within an interval, of which so many are expected; seconds."""
    at = begins
    while expected > 0 and (at := at + chance.expovariate(expected / lasts_s)) < begins + lasts_s:
        yield at


def pick(kinds: Sequence[T], shares: Sequence[float], chance: Random) -> T:
    """Draw one of the kinds."""
    return chance.choices(kinds, shares)[0]


def rings_out(unanswered: float, chance: Random) -> int:
    """How many offers ring out, each with this probability, before one is answered."""
    count = 0
    while chance.random() < unanswered:
        count += 1
    return count
