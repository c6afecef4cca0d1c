"""A wait as a range: the model's distribution, and by how much the last waits lay beside it.

The range is that within which eight of ten of a queue's last waits lay, measured in the model's own deviations (a conformal
range). So a model that errs makes the range wide, not wrong.
"""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import NormalDist

COVERS = 0.8
"""The share of waits that the range is to hold."""
SCORES_KEPT = 500
"""How many of a queue's last forecasts its range goes by."""
_MISSED = (1.0 - COVERS) / 2.0
"""The share that each side is to miss."""
MOST_MISSED = 0.4
"""No more than this share, however a side is moved."""
_LEARNS = 0.005
"""How fast a side moves for each wait known."""
_ROOT_OF_2 = math.sqrt(2.0)
_LEAST_SPREAD = 0.0025
"""No model is surer than to a twentieth of its mean."""
_FAR = 4.0
"""So many deviations out, what is left of a distribution does not count."""
_SLICES = 40
"""Into so many slices the time is cut over which two distributions are added up."""
_BELIEVED_FIRST = tuple(NormalDist().inv_cdf((n + 0.5) / 20) for n in range(20))
"""What a queue's range goes by before its own forecasts are known: the model's spread."""
_STEPS = ((60.0, 10.0), (600.0, 30.0))
"""Below so many seconds a wait is told in steps of so many."""
_COARSEST_S = 60.0


@dataclass(frozen=True, slots=True)
class ExpectedWait:
    """How much longer until a caller talks to an agent, in seconds from now: `COVERS` of all waits lie within the range."""

    low_s: float
    likely_s: float
    high_s: float

    def rounded(self) -> ExpectedWait:
        """The same without false precision: tens of seconds, from a minute on half minutes, from ten on minutes; outwards."""
        low, likely, high = _step(self.low_s), _step(self.likely_s), _step(self.high_s)
        return ExpectedWait(
            math.floor(self.low_s / low) * low,
            round(self.likely_s / likely) * likely,
            math.ceil(self.high_s / high) * high,
        )


def _step(seconds: float) -> float:
    return next((step_s for below_s, step_s in _STEPS if seconds < below_s), _COARSEST_S)


class Verdict(StrEnum):
    """What became of a forecast."""

    WITHIN = "within"
    SOONER = "sooner"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class WaitModel:
    """The model's wait: a gamma distribution."""

    mean_s: float
    shape: float

    def deviations(self, waited_s: float) -> float:
        """How many standard deviations a wait lies from the model's middle (Wilson and Hilferty's cube root)."""
        root = (max(0.0, waited_s) / self.mean_s) ** (1.0 / 3.0)
        return float(3.0 * math.sqrt(self.shape) * (root - 1.0 + 1.0 / (9.0 * self.shape)))

    def at(self, deviations: float) -> float:
        """The wait that lies so many standard deviations from the middle."""
        root = 1.0 - 1.0 / (9.0 * self.shape) + deviations / (3.0 * math.sqrt(self.shape))
        return float(self.mean_s * max(0.0, root) ** 3)

    def lasts(self, seconds: float) -> float:
        """How likely the wait is longer than this."""
        return 0.5 * math.erfc(self.deviations(seconds) / _ROOT_OF_2) if seconds > 0 else 1.0


def model_of(mean_s: float, variance: float) -> WaitModel:
    """The model with this mean and variance."""
    return WaitModel(mean_s, mean_s**2 / max(variance, mean_s**2 * _LEAST_SPREAD))


def first_of(waits: Sequence[tuple[float, WaitModel]]) -> WaitModel:
    """The model of whichever wait ends first; each begins so many seconds from now (a plan's step that is still to come)."""
    if len(waits) == 1 and waits[0][0] == 0.0:
        return waits[0][1]
    beyond_s = min(after_s + model.at(_FAR) for after_s, model in waits)
    slice_s = beyond_s / _SLICES
    mean_s = square = 0.0
    for number in range(_SLICES):
        at_s = (number + 0.5) * slice_s
        lasts = math.prod(model.lasts(at_s - after_s) for after_s, model in waits)
        mean_s += lasts * slice_s
        square += 2.0 * at_s * lasts * slice_s
    return model_of(mean_s, square - mean_s**2)


@dataclass(frozen=True, slots=True)
class KeptScores:
    """What a queue's range goes by, to be kept over a restart: the share each side leaves out, and the scores, oldest first."""

    below: float
    above: float
    last: tuple[float, ...]


class Scores:
    """By how many of the model's deviations a queue's last waits lay beside it."""

    def __init__(self) -> None:
        self._last = deque(_BELIEVED_FIRST)
        self._ordered = sorted(_BELIEVED_FIRST)
        self._below = self._above = _MISSED
        self._noted = 0
        """How many waits became known since this began."""

    def kept(self) -> KeptScores:
        """As they are now."""
        return KeptScores(self._below, self._above, tuple(self._last))

    def recall(self, earlier: KeptScores) -> None:
        """Put what was known before this began under what became known since."""
        since = list(self._last)[len(self._last) - min(self._noted, len(self._last)) :]
        self._last = deque([*earlier.last, *since][-SCORES_KEPT:])
        self._ordered = sorted(self._last)
        self._below = _within(earlier.below + (self._below - _MISSED))
        self._above = _within(earlier.above + (self._above - _MISSED))

    @property
    def is_learned(self) -> bool:
        """Whether any wait became known, or was recalled."""
        return tuple(self._last) != _BELIEVED_FIRST

    def note(self, score: float, verdict: Verdict) -> None:
        """One more wait is known. A side that misses more than its share is moved outwards, one that misses less inwards."""
        self._below = _moved(self._below, verdict is Verdict.SOONER)
        self._above = _moved(self._above, verdict is Verdict.LATER)
        self._noted += 1
        self._last.append(score)
        insort(self._ordered, score)
        if len(self._last) > SCORES_KEPT:
            del self._ordered[bisect_left(self._ordered, self._last.popleft())]

    def range(self) -> tuple[float, float, float]:
        """The scores at the range's lower end, in the middle, and at its upper end."""
        return self._at(self._below), self._at(0.5), self._at(1.0 - self._above)

    def _at(self, share: float) -> float:
        """The score that this share of them does not exceed."""
        return self._ordered[min(len(self._ordered) - 1, int(share * len(self._ordered)))]


def _moved(share: float, missed: bool) -> float:
    """The share of scores to leave out on one side from now on (adaptive conformal inference, Gibbs and Candès 2021)."""
    return _within(share + _LEARNS * (_MISSED - (1.0 if missed else 0.0)))


def _within(share: float) -> float:
    return min(MOST_MISSED, max(0.0, share))
