"""Ten calls a second for a long time (`make soak`): nobody is lost, and the service neither grows nor keeps files open."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median

import pytest

from common.tasks import spawn
from tests.chaos.traffic import CALLS_A_SECOND, came, crew, in_words, traffic
from tests.live.house import House

WARM_UP_S = 300.0
"""What the service takes counts from then on; in a shorter run from its middle."""
STRETCH_S = 30
"""A new stream of callers begins so often: one process for all would hold a call of each from its start."""
PATIENCE_S = 33.0
"""One agent serves two to four of the ten who come each second: so about 300 are on the line at once. The site of the tests has
media ports for 500 channels, agents' among them."""
LOOK_EVERY_S = 1.0
GROWS_AT_MOST = 1.05
FILES_MORE = 5
"""Descriptors beside callers' own that may come: connections to Redis and the like come and go."""
OVER_WITHIN_S = 120.0
IDLE_AT_MOST_S = 30.0
"""With a hundred in line an agent is rung again at once, after a phone that said it was busy in 10 s."""


@dataclass(frozen=True, slots=True)
class Look:
    """What the service takes at a moment."""

    at: float
    callers: int
    memory_kb: int
    files: int
    """Descriptors; each caller has one."""


def look(house: House) -> Look:
    """Look at the service's process (proc(5))."""
    process = Path(f"/proc/{house.service.pid}")
    lines = (process / "status").read_text(encoding="ascii", errors="replace").splitlines()
    memory_kb = next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))
    files = len(list((process / "fd").iterdir()))
    return Look(house.observer.now(), len(house.observer.ledger.present), memory_kb, files)


async def watch(house: House, until: float, looks: list[Look]) -> None:
    """Look once a second, and keep the ledger's own memory small."""
    while house.observer.now() < until:
        looks.append(look(house))
        house.observer.events.clear()
        await asyncio.sleep(LOOK_EVERY_S)


def first_and_last(looks: Sequence[Look], of: Callable[[Look], float]) -> tuple[float, float]:
    """The medians of the first and of the last third."""
    third = len(looks) // 3
    return median(map(of, looks[:third])), median(map(of, looks[-third:]))


async def test_calls_that_go_on_and_on_lose_nobody_and_cost_no_memory(
    house: House, minutes: float, figures: list[str]
) -> None:
    if not minutes:
        pytest.skip("a soak has a length: make soak ARGS='--minutes 30'")
    looks: list[Look] = []
    began = house.observer.now()
    stretches = max(1, round(minutes * 60 / STRETCH_S))
    async with crew(house, "1001"):
        watching = spawn(watch(house, began + stretches * STRETCH_S, looks), "the soak")
        async with AsyncExitStack() as streams:
            for number in range(stretches):
                stream = await streams.enter_async_context(traffic(house, CALLS_A_SECOND * STRETCH_S, PATIENCE_S))
                due = began + (number + 1) * STRETCH_S
                await asyncio.sleep(max(0.0, due - house.observer.now()))  # the stretch itself
            async with asyncio.timeout(OVER_WITHIN_S):
                await stream.until_over()
        await watching
    await house.until_floor_is_empty()
    lives = came(house)
    warm_up_s = min(WARM_UP_S, minutes * 60 / 2)
    warm = [each for each in looks if each.at >= began + warm_up_s]
    memory, files = (
        first_and_last(warm, lambda each: each.memory_kb),
        first_and_last(warm, lambda each: each.files - each.callers),
    )
    figures.append(
        f"soak of {minutes:g} min: {in_words(lives)}, {max(each.callers for each in looks)} at once at the most; after "
        f"{warm_up_s / 60:g} min memory {memory[0] / 1024:.1f} to {memory[1] / 1024:.1f} MB ({memory[1] / memory[0] - 1:+.1%}), "
        f"descriptors beside callers {files[0]:.0f} to {files[1]:.0f}"
    )
    answered = sorted(talk.began_at for life in lives for talk in life.talks)
    assert max(later - earlier for earlier, later in pairwise(answered)) < IDLE_AT_MOST_S
    assert answered[-1] > began + stretches * STRETCH_S - IDLE_AT_MOST_S
    assert len(lives) == stretches * STRETCH_S * CALLS_A_SECOND
    assert not [life.call for life in lives if life.failsafe_at is not None]
    assert memory[1] / memory[0] < GROWS_AT_MOST
    assert files[1] <= files[0] + FILES_MORE
