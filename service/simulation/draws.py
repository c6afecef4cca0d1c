"""Chance: the only place that draws lots, always from a seed.

Every queue draws arrivals, talks, patience and the rest from streams of their own, so that a change to one of them leaves the
others as they were: two days that differ in one figure differ by that figure alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import exp, log, sqrt
from random import Random
from statistics import NormalDist
from typing import TypeVar

from acd.simulation.day import NEVER
from service.simulation.form import Duration, LogNormal

OFFERS_DRAWN = 8
"""For how many offers of a call it is drawn how the phone rings: few calls are offered so often."""

_NORMAL = NormalDist()

T = TypeVar("T")


def stream(seed: int, *purpose: str) -> Random:
    """A stream of chance of its own for this purpose."""
    return Random(":".join([str(seed), *purpose]))  # noqa: S311 - a simulated day holds no secrets


def draw(duration: Duration, chance: Random) -> float:
    """Draw a duration in seconds."""
    if duration.exponential is not None:
        return chance.expovariate(1.0 / duration.exponential)
    if duration.log_normal is not None:
        return chance.lognormvariate(*_of_logarithms(duration.log_normal))
    return duration.fixed or 0.0


def draw_longer(duration: Duration, than_s: float, chance: Random) -> float:
    """Draw a duration of which it is known that it exceeds `than_s` seconds; that itself where none can."""
    if duration.exponential is not None:
        return than_s + draw(duration, chance)  # it has no memory
    if duration.log_normal is not None and than_s > 0:
        middle, width = _of_logarithms(duration.log_normal)
        beyond = _NORMAL.cdf((middle - log(than_s)) / width)
        lot = beyond * (1.0 - chance.random())
        return max(than_s, exp(middle - width * _NORMAL.inv_cdf(lot))) if 0.0 < lot < 1.0 else than_s
    return max(than_s, draw(duration, chance))


def _of_logarithms(times: LogNormal) -> tuple[float, float]:
    """Mean and standard deviation of the logarithms of times that have these themselves."""
    variance = log(1.0 + (times.deviation / times.mean) ** 2)
    return log(times.mean) - variance / 2.0, sqrt(variance)


def poisson_arrivals(begins: float, lasts_s: float, expected: float, chance: Random) -> Iterator[float]:
    """The times of a Poisson process within an interval, of which so many are expected; seconds."""
    at = begins
    while expected > 0 and (at := at + chance.expovariate(expected / lasts_s)) < begins + lasts_s:
        yield at


def pick(kinds: Sequence[T], shares: Sequence[float], chance: Random) -> T:
    """Draw one of the kinds."""
    return chance.choices(kinds, shares)[0]


def rings(pick_up: Callable[[], float], unanswered: float, chance: Random) -> tuple[float, ...]:
    """How long the phone rings for each offer of one call; with the probability `unanswered` until it rings out."""
    return tuple(NEVER if chance.random() < unanswered else pick_up() for _ in range(OFFERS_DRAWN))
