"""app_queue and Switchboard compared on the same Asterisk, with the same callers and agents. Last line: one JSON object.

Rounds alternate within one run; figures are medians over the rounds, Switchboard's over app_queue's. How it is done and what
the figures mean is in docs/performance.md. Not called queue.py: Python would then take it for its own module of that name.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from bench.one_run import PASSABLE, print_figures, told, wants_quick
from bench.queue_figures import next_rate, ratio_of_medians
from bench.queue_observer import observing
from bench.queue_people import phones
from bench.queue_rounds import Busy, Ground, Span, Waiting, busy_round, waiting_round
from bench.queue_sides import Side
from bench.queue_site import OBSERVER, add_app_queue, new_site, remove_remains
from deploy.containers import detect
from deploy.sites import REPOSITORY
from deploy.stack import Part, Stack

USUAL_PER_S = 40
HIGHEST_P99_MS = 50.0
"""A rate counts as carried with no failed call and offers within this, at the 99th percentile."""


@dataclass(frozen=True, slots=True)
class Extent:
    """How much of everything, so that the whole run keeps within its time."""

    pairs: int
    busy: Span
    waiting: int
    waiting_pairs: int
    waiting_s: float
    rates: range
    """The rates tried for the capacity, in calls a second; the last one counts as too much without being tried."""
    probe: Span
    within_s: float


FULL = Extent(3, Span(5, 15), 500, 2, 8, range(40, 161, 10), Span(2, 6), 590)
QUICK = Extent(1, Span(2, 4), 40, 1, 2, range(0), Span(0, 0), 100)


async def compare(extent: Extent) -> dict[str, float | None]:
    """Run all rounds and return the ratios; None where a figure was not taken."""
    with tempfile.TemporaryDirectory(prefix="bench-queue-") as name:
        folder = Path(name)
        os.chmod(folder, PASSABLE)  # noqa: PTH101 - once, before anything is measured
        engine = detect(REPOSITORY)
        remove_remains(engine)
        stack = Stack(engine, new_site(folder / "site"))
        async with phones(folder) as phones_port:
            try:
                await asyncio.to_thread(stack.start)
                add_app_queue(stack.site, phones_port)
                await asyncio.to_thread(stack.restart, Part.ASTERISK)
                async with observing(stack.site.ports.ami, OBSERVER, stack.site.secrets.ledger_password) as observer:
                    return await _all_rounds(Ground(stack, observer, folder), extent)
            finally:
                await asyncio.to_thread(stack.stop)


async def _all_rounds(ground: Ground, extent: Extent) -> dict[str, float | None]:
    busy = [
        told(await busy_round(ground, side, USUAL_PER_S, extent.busy)) for _ in range(extent.pairs) for side in Side
    ]
    waiting = [
        told(await waiting_round(ground, side, extent.waiting, extent.waiting_s))
        for _ in range(extent.waiting_pairs)
        for side in Side
    ]
    return {
        "cpu_per_call_ratio": _ratio(busy, lambda one: one.cpu_ms_per_call),
        "offer_latency_p50_ratio": _ratio(busy, lambda one: one.latency.p50),
        "offer_latency_p99_ratio": _ratio(busy, lambda one: one.latency.p99),
        "waiting_cpu_ratio": _ratio(waiting, lambda one: one.cpu),
        "capacity_ratio": await _capacity_ratio(ground, extent) if extent.rates else None,
    }


async def _capacity_ratio(ground: Ground, extent: Extent) -> float | None:
    """Halve the range between a rate that is carried and one that is not, for both sides in turn."""
    works = dict.fromkeys(Side, 0)
    fails = dict.fromkeys(Side, extent.rates.stop)
    for side in Side:
        await _try(ground, extent, side, extent.rates.start, works, fails)
    going_on = True
    while going_on:
        going_on = False
        for side in Side:
            rate = next_rate(works[side], fails[side], extent.rates.step)
            if rate is not None:
                going_on = True
                await _try(ground, extent, side, rate, works, fails)
    print(f"capacity, calls/s: {works}", file=sys.stderr)
    return round(works[Side.SWITCHBOARD] / works[Side.APP_QUEUE], 2) if works[Side.APP_QUEUE] else None


async def _try(
    ground: Ground, extent: Extent, side: Side, rate: int, works: dict[Side, int], fails: dict[Side, int]
) -> None:
    probe = told(await busy_round(ground, side, rate, extent.probe))
    if probe.failed == 0 and probe.latency.p99 < HIGHEST_P99_MS:
        works[side] = rate
    else:
        fails[side] = rate


Round = TypeVar("Round", Busy, Waiting)


def _ratio(rounds: Sequence[Round], figure: Callable[[Round], float]) -> float:
    ours = [figure(one) for one in rounds if one.side is Side.SWITCHBOARD]
    theirs = [figure(one) for one in rounds if one.side is Side.APP_QUEUE]
    return round(ratio_of_medians(ours, theirs), 3)


def main() -> None:
    """Compare, and print one JSON object; exit code 1 with a sentence where that could not be done."""
    extent = QUICK if wants_quick(__doc__, "few and short rounds") else FULL
    print_figures(lambda: compare(extent), extent.within_s)


if __name__ == "__main__":
    main()
