"""The rounds: a busy one at a rate, and one with a long line. A round is one side's; the two alternate."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path

from bench.queue_cost import Cost, cost_of
from bench.queue_figures import CallSeen, Latency, failed, latency, latency_since_joined
from bench.queue_observer import NotSeen, Observer
from bench.queue_people import Crowd, HangUpAfter, Stay, callers
from bench.queue_sides import Side, hang_up_everybody, serving
from bench.queue_site import TALKERS
from common.clock import boot_seconds
from deploy.stack import Stack

STAY_S = 1.4
"""A busy round's caller hangs up so long after SIP's 200; half a second of it Asterisk waits for media, then it rings."""
FILL_PER_S = 50
SETTLE_S = 2.0
EMPTY_WITHIN_S = 15.0


@dataclass(frozen=True, slots=True)
class Span:
    """How long a busy round is, in seconds: unmeasured at first, then measured."""

    warm_up_s: float
    measured_s: float


@dataclass(frozen=True, slots=True)
class Busy:
    """What a busy round showed."""

    side: Side
    per_s: int
    calls: int
    failed: int
    latency: Latency
    since_joined: Latency
    cost: Cost
    load: float
    """The machine's load average over the last minute, when the round ended."""

    def __str__(self) -> str:
        parts = ", ".join(f"{part} {1000 * s / self.calls:.2f}" for part, s in self.cost.seconds.items())
        return (
            f"{self.side} at {self.per_s}/s: {self.calls} calls, {self.failed} failed, "
            f"{self.cpu_ms_per_call:.2f} ms a call ({parts}), "
            f"offered after p50 {self.latency.p50:.2f} p99 {self.latency.p99:.2f} ms "
            f"(since joined {self.since_joined.p50:.2f} / {self.since_joined.p99:.2f}), load {self.load:.1f}"
        )

    @property
    def cpu_ms_per_call(self) -> float:
        """Processor milliseconds a call, of the whole system without SIPp."""
        return 1000 * self.cost.total / self.calls


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a round with a long line showed."""

    side: Side
    waiting: int
    talking: int
    cost: Cost
    seconds: float
    load: float

    def __str__(self) -> str:
        parts = ", ".join(f"{part} {100 * s / self.seconds:.1f} %" for part, s in self.cost.seconds.items())
        return (
            f"{self.side}, {self.waiting} waiting, {self.talking} talking: {100 * self.cpu:.1f} % ({parts}), "
            f"load {self.load:.1f}"
        )

    @property
    def cpu(self) -> float:
        """Processors busy, of the whole system without SIPp."""
        return self.cost.total / self.seconds


@dataclass(frozen=True, slots=True)
class Ground:
    """What every round stands on."""

    stack: Stack
    observer: Observer
    folder: Path


async def busy_round(ground: Ground, side: Side, per_s: int, span: Span) -> Busy:
    """Let callers come at a rate, be offered at once to somebody idle, talk shortly and go."""
    observer, sip_port = ground.observer, ground.stack.site.ports.sip
    in_all = round(per_s * (span.warm_up_s + span.measured_s + STAY_S))
    crowd = Crowd(side.numbers.calls, in_all, per_s, HangUpAfter(STAY_S))
    observer.calls.begin()
    async with serving(side, ground.stack) as processes:
        async with callers(ground.folder, crowd, sip_port):
            await asyncio.sleep(span.warm_up_s)
            first, before, began = observer.calls.entered, cost_of(processes), boot_seconds()
            await asyncio.sleep(span.measured_s)
            cost, last = cost_of(processes).since(before), observer.calls.entered
            lasted_s = boot_seconds() - began
            await _until_empty(ground, in_all)
        measured = [call for call in observer.calls.seen.values() if first <= call.number < last]
        missing = in_all - observer.calls.entered
        return _busy(side, per_s, measured, missing, cost, lasted_s)


def _busy(side: Side, per_s: int, calls: list[CallSeen], missing: int, cost: Cost, lasted_s: float) -> Busy:
    # The rate dialled, not the calls seen to enter: one call more or less at the window's ends is chance.
    return Busy(
        side,
        per_s,
        calls=min(len(calls), round(per_s * lasted_s)),
        failed=failed(calls) + missing,
        latency=latency(calls),
        since_joined=latency_since_joined(calls),
        cost=cost,
        load=os.getloadavg()[0],
    )


async def waiting_round(ground: Ground, side: Side, waiting: int, measured_s: float) -> Waiting:
    """Fill the line, let nothing happen, and count what waiting costs."""
    observer, sip_port = ground.observer, ground.stack.site.ports.sip
    in_all = waiting + TALKERS
    observer.calls.begin()
    async with serving(side, ground.stack) as processes:
        async with callers(ground.folder, Crowd(side.numbers.line, in_all, FILL_PER_S, Stay()), sip_port):
            await observer.until(
                lambda calls: calls.entered == in_all and calls.answered == TALKERS,
                f"{in_all} callers in line, {TALKERS} of them talking",
                2 * in_all / FILL_PER_S + EMPTY_WITHIN_S,
            )
            await asyncio.sleep(SETTLE_S)
            before, began = cost_of(processes), boot_seconds()
            await asyncio.sleep(measured_s)
            cost, lasted_s = cost_of(processes).since(before), boot_seconds() - began
            if observer.calls.here != in_all:
                raise NotSeen(f"{in_all - observer.calls.here} of {in_all} callers did not stay in line")
            await hang_up_everybody(ground.stack)
            await _until_empty(ground, in_all)
        return Waiting(side, waiting, TALKERS, cost, lasted_s, os.getloadavg()[0])


async def _until_empty(ground: Ground, in_all: int) -> None:
    """Wait until every caller has come and gone; end by force those who have not, so that the next round begins quietly."""
    observer = ground.observer
    try:
        await observer.until(
            lambda calls: calls.entered >= in_all and not calls.here, "all callers come and gone", EMPTY_WITHIN_S
        )
    except NotSeen:
        await hang_up_everybody(ground.stack)
        await observer.until(lambda calls: not calls.here, "all callers gone", EMPTY_WITHIN_S)
