"""Erlang's formulas: how long callers wait for one group of equal agents, where all is as random as can be.

Calls come as a Poisson process, conversations last exponentially long, agents answer at once, callers go first come, first
served. Erlang C (A. K. Erlang, 1917) lets everybody wait however long; Erlang A (C. Palm, 1957) gives callers an exponential
patience. Both are what the simulation is held against, and a first estimate of how many agents an hour needs.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import exp, expm1, floor, log

NEGLIGIBLE = 1e-17
"""A state's probability, in proportion to the likeliest one's, below which it and those beyond it are left out."""


class Overloaded(ValueError):
    """More work comes than the agents can do, and nobody gives up: the wait has no mean."""


@dataclass(frozen=True, slots=True)
class Load:
    """`calls_per_s` come, each keeps an agent busy for `handling_s` seconds on average (talk, hold and wrap-up)."""

    calls_per_s: float
    handling_s: float

    @property
    def erlangs(self) -> float:
        """How many agents are busy on average where all calls are answered."""
        return self.calls_per_s * self.handling_s


def erlang_b(erlangs: float, agents: int) -> float:
    """The probability that all agents are busy where nobody waits (Erlang B).

    By the recursion B(0) = 1, B(k) = a B(k-1) / (k + a B(k-1)), which neither overflows nor loses digits at any size.
    """
    busy = 1.0
    for number in range(1, agents + 1):
        busy = erlangs * busy / (number + erlangs * busy)
    return busy


class ErlangC:
    """M/M/N: everybody waits until answered. Raises Overloaded unless there are more agents than erlangs."""

    def __init__(self, load: Load, agents: int) -> None:
        if agents <= load.erlangs:
            raise Overloaded(
                f"{agents} agents cannot do {load.erlangs:g} erlangs of work: more than {floor(load.erlangs)} are needed"
            )
        self.load, self.agents = load, agents

    @cached_property
    def wait_probability(self) -> float:
        """Pw = X / (sum of a^k/k! for k < N, + X) with X = (a^N/N!) N/(N - a); here as N B / (N - a (1 - B))."""
        busy, erlangs = erlang_b(self.load.erlangs, self.agents), self.load.erlangs
        return self.agents * busy / (self.agents - erlangs * (1.0 - busy))

    @property
    def average_wait_s(self) -> float:
        """ASA = Pw AHT / (N - a), in seconds."""
        return self.wait_probability * self.load.handling_s / (self.agents - self.load.erlangs)

    @property
    def occupancy(self) -> float:
        """The share of time that an agent is busy: a / N."""
        return self.load.erlangs / self.agents

    def service_level(self, within_s: float) -> float:
        """The share of calls answered within so many seconds: 1 - Pw e^(-(N - a) T / AHT)."""
        faster = (self.agents - self.load.erlangs) / self.load.handling_s
        return 1.0 - self.wait_probability * exp(-faster * within_s)


class ErlangA:
    """M/M/N+M: callers hang up when their patience, exponential with a mean of `patience_s` seconds, is over.

    The number of calls present is a birth-death chain: up at rate l (calls per second), down at k m with k <= N calls present
    (m = 1/AHT), and at N m + (k - N) t with more (t = 1/patience). A caller who finds j others waiting and all agents busy
    would be served after V, a sum of exponential times with rates N m + i t, i = 0..j. With c = N m / t, e^(-t V) is
    Beta(c, j+1) distributed, from which the shares answered and abandoned within any time follow (with I the regularised
    incomplete beta function, x = e^(-t T)):

        P(V > T) = I_x(c, j+1)
        P(served, and within T) = E[e^(-t V); V <= T] = c/(c+j+1) (1 - I_x(c+1, j+1))
        E[V; served] = c/(c+j+1) (1/t) sum of 1/(c+i) for i = 1..j+1
    """

    def __init__(self, load: Load, agents: int, patience_s: float) -> None:
        if agents < 1 or patience_s <= 0:
            raise ValueError(f"Erlang A needs an agent and some patience, not {agents} agents and {patience_s:g} s")
        self.load, self.agents, self.patience_s = load, agents, patience_s

    @cached_property
    def _states(self) -> dict[int, float]:
        """The probability of each number of calls present, as far as it is not negligible."""
        down_1 = 1.0 / self.load.handling_s
        queue_1 = 1.0 / self.patience_s

        def down(present: int) -> float:
            return min(present, self.agents) * down_1 + max(0, present - self.agents) * queue_1

        up = self.load.calls_per_s
        spare = self.agents * down_1 - up
        likeliest = floor(self.load.erlangs) if spare > 0 else self.agents + floor(-spare / queue_1)
        weights = {likeliest: 1.0}
        weight, present = 1.0, likeliest
        while weight > NEGLIGIBLE and present > 0:
            weight *= down(present) / up
            present -= 1
            weights[present] = weight
        weight, present = 1.0, likeliest
        while weight > NEGLIGIBLE:
            present += 1
            weight *= up / down(present)
            weights[present] = weight
        total = sum(sorted(weights.values()))
        return {present: weights[present] / total for present in sorted(weights)}

    @cached_property
    def _waiting(self) -> tuple[float, ...]:
        """The probability of finding all agents busy and 0, 1, 2, ... callers waiting."""
        last = max(self._states, default=0)
        return tuple(self._states.get(self.agents + queue, 0.0) for queue in range(max(0, last - self.agents + 1)))

    @property
    def _c(self) -> float:
        return self.agents * self.patience_s / self.load.handling_s

    @property
    def wait_probability(self) -> float:
        """The probability that all agents are busy when a caller comes."""
        return sum(self._waiting)

    @property
    def abandonment(self) -> float:
        """The share of calls that hang up: of those who wait, 1 - c/(c+j+1)."""
        return sum(share * (queue + 1) / (self._c + queue + 1) for queue, share in enumerate(self._waiting))

    @property
    def average_wait_s(self) -> float:
        """ASA: the mean wait of the answered, in seconds."""
        harmonic, waited_s = 0.0, 0.0
        for queue, share in enumerate(self._waiting):
            harmonic += 1.0 / (self._c + queue + 1)
            waited_s += share * self._served(queue) * harmonic * self.patience_s
        return waited_s / (1.0 - self.abandonment)

    @property
    def occupancy(self) -> float:
        """The share of time that an agent is busy."""
        return self.load.erlangs * (1.0 - self.abandonment) / self.agents

    def answered_within(self, within_s: float) -> float:
        """The share of all calls that are answered within so many seconds."""
        later = _beta_tails(within_s / self.patience_s, self._c + 1.0, len(self._waiting))
        waited = sum(
            share * self._served(queue) * (1.0 - tail)
            for queue, (share, tail) in enumerate(zip(self._waiting, later, strict=True))
        )
        return 1.0 - self.wait_probability + waited

    def abandoned_within(self, within_s: float) -> float:
        """The share of all calls that hang up within so many seconds: 1 - e^(-t T) P(V > T) - P(served, and within T)."""
        still = _beta_tails(within_s / self.patience_s, self._c, len(self._waiting))
        undecided = exp(-within_s / self.patience_s) * sum(
            share * tail for share, tail in zip(self._waiting, still, strict=True)
        )
        return max(0.0, 1.0 - undecided - self.answered_within(within_s))

    def service_level(self, within_s: float, short_abandon_s: float = 0.0) -> float:
        """Answered within T / (offered - short abandoned)."""
        return self.answered_within(within_s) / (1.0 - self.abandoned_within(short_abandon_s))

    def _served(self, queue: int) -> float:
        return self._c / (self._c + queue + 1)


def _beta_tails(exponent: float, first: float, count: int) -> list[float]:
    """I_x(first, n) for n = 1..count, with x = e^(-exponent).

    For whole n it is the sum over i < n of C(first+i-1, i) x^first (1-x)^i: all terms are positive, and made as logarithms,
    so that nothing cancels out or is lost however many agents there are.
    """
    if exponent <= 0:
        return [1.0] * count
    log_term, log_rest = -exponent * first, log(-expm1(-exponent))
    total, tails = 0.0, []
    for number in range(count):
        total += exp(log_term)
        tails.append(min(1.0, total))
        log_term += log((first + number) / (number + 1)) + log_rest
    return tails
