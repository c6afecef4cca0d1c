"""What the comparison computes from what was observed: percentiles, medians, ratios. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(slots=True)
class CallSeen:
    """One caller as the observer saw them; Unix seconds by Asterisk's own clock, None: not seen."""

    number: int
    """In the order in which the callers entered, from 0."""
    entered: float
    """The dialplan starts the application that queues the caller: Queue, or AGI."""
    joined: float | None = None
    """QueueCallerJoin; app_queue's calls only."""
    rung: float | None = None
    """The first DialBegin: an agent's phone is being rung."""
    answered: float | None = None
    """DialEnd with ANSWER."""
    gone: float | None = None
    """The caller's channel hung up."""


@dataclass(frozen=True, slots=True)
class Latency:
    """From entering the queue to the agent's phone being rung, in milliseconds."""

    p50: float
    p99: float


def failed(calls: Iterable[CallSeen]) -> int:
    """How many callers were never joined with an agent."""
    return sum(call.answered is None for call in calls)


def latency(calls: Iterable[CallSeen]) -> Latency:
    """The offers' latencies of those who were offered to somebody; raises ValueError where nobody was."""
    waits = sorted(1000 * (call.rung - call.entered) for call in calls if call.rung is not None)
    return Latency(percentile(waits, 0.50), percentile(waits, 0.99))


def latency_since_joined(calls: Iterable[CallSeen]) -> Latency:
    """The same, counted from app_queue's own QueueCallerJoin where there is one: the strictest reading against us."""
    waits = sorted(1000 * (call.rung - (call.joined or call.entered)) for call in calls if call.rung is not None)
    return Latency(percentile(waits, 0.50), percentile(waits, 0.99))


def percentile(ordered: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of all values does not exceed (nearest rank)."""
    if not ordered:
        raise ValueError("no values, no percentile: nobody was offered to anybody")
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def ratio_of_medians(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The median of our rounds over the median of app_queue's."""
    return median(ours) / median(theirs)


def next_rate(works: int, fails: int, step: int) -> int | None:
    """The rate to try next between one that works and one that does not, in calls a second; None: they are `step` apart."""
    if fails - works <= step:
        return None
    middle = (works + fails) // 2
    return works + max(step, (middle - works) // step * step)
