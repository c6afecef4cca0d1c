"""How a benchmark on a real Asterisk is run from the command line: in its time, ending tidily, one JSON object last."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import TypeVar

from bench.queue_cost import NoSuchProcess
from bench.queue_observer import NotSeen
from bench.queue_people import PeopleFailed
from bench.queue_sides import SideFailed
from bench.queue_site import NoPorts
from deploy.containers import EngineError
from deploy.stack import StackError

Shown = TypeVar("Shown")

PASSABLE = 0o755
"""The mode of the folder that the containers' user passes through to its own."""
FORESEEN = (StackError, EngineError, NoPorts, NotSeen, PeopleFailed, SideFailed, NoSuchProcess, TimeoutError)
"""What can stand in the way of a measurement that is nobody's mistake in the code."""


def wants_quick(description: str, what_quick_is: str) -> bool:
    """Read the command line: whether a quick run was asked for."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--quick", action="store_true", help=f"{what_quick_is}, for development; proves nothing")
    return bool(parser.parse_args().quick)


def print_figures(measure: Callable[[], Awaitable[Mapping[str, float | None]]], within_s: float) -> None:
    """Measure, and print one JSON object; exit code 1 with a sentence where nothing could be measured in that time."""
    # A run that is told to end takes its containers down, as one ended by Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    figures: Mapping[str, float | None] = {}
    why_not: list[str] = []
    try:
        figures = asyncio.run(_within(measure, within_s))
    except* FORESEEN as failed:
        why_not = [str(error) or "the benchmark took longer than it may" for error in _innermost(failed)]
    if why_not:
        sys.exit("\n".join(why_not))
    print(json.dumps(figures))


def told(one: Shown) -> Shown:
    """Tell a person what a round showed, and pass it on."""
    print(one, file=sys.stderr, flush=True)
    return one


async def _within(
    measure: Callable[[], Awaitable[Mapping[str, float | None]]], within_s: float
) -> Mapping[str, float | None]:
    async with asyncio.timeout(within_s):
        return await measure()


def _innermost(group: BaseExceptionGroup[Exception]) -> Iterator[Exception]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _innermost(error)
        else:
            yield error
