"""A day to be simulated: who calls when and how long they would talk, who works when. All chance is settled before it begins.

Times are seconds since the day's midnight, durations seconds.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from itertools import pairwise
from math import inf

from acd.names import AgentId, Attributes, CallId, QueueId
from acd.requests import Configured

NEVER = inf
"""How long a phone rings that nobody picks up."""


class DayRefused(Exception):
    """The day does not fit itself or the plans; nothing was simulated. The text says what, where, and what to do."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One caller, with everything that chance decides about them: under two plans the same caller behaves alike."""

    call: CallId
    at: float
    queue: QueueId
    talk_s: float
    priority: int = 0
    need: str = ""
    attributes: Attributes = ()
    patience_s: float | None = None
    """Hangs up who has not been answered so long after arriving, whatever queue they wait in by then; None: never."""
    rings_s: tuple[float, ...] = (0.0,)
    """How long the phone rings before it is picked up, of the call's first offer, its second, and so on; after the last from
    the beginning. An offer rings out where the plan gives it less time; NEVER does so under every plan."""
    wrap_up_s: float = 0.0
    """How long the agent finishes up after the talk, where the plan leaves its end to them."""


@dataclass(frozen=True, slots=True)
class Break:
    """A pause. One that is due during a conversation begins after it (and its wrap-up), and lasts its whole length."""

    at: float
    lasts_s: float
    reason: str


@dataclass(frozen=True, slots=True)
class Shift:
    """An agent's time on the floor; a conversation that runs over its end is finished."""

    agent: AgentId
    begins: float
    ends: float
    breaks: tuple[Break, ...] = ()


@dataclass(frozen=True, slots=True)
class Day:
    """A day's callers and agents."""

    arrivals: tuple[Arrival, ...]
    shifts: tuple[Shift, ...]
    closes_at: float
    """Who still waits then leaves without an agent; conversations go on."""
    back_after_s: float = 60.0
    """When an agent whose phone rang out makes themselves ready again."""
    onward: tuple[tuple[str, QueueId], ...] = ()
    """Flow steps that lead to another queue: where a plan sends a caller on to such a step, the caller waits there."""


def check_day(day: Day, configured: Configured) -> None:
    """Raise DayRefused where the day cannot be lived under these plans."""
    queues = {plan.queue for plan in configured.queues}
    agents = {profile.agent for profile in configured.agents}
    seen: set[CallId] = set()
    for arrival in day.arrivals:
        if arrival.call in seen:
            raise DayRefused(f"call {arrival.call} arrives twice: give every arrival an id of its own")
        seen.add(arrival.call)
        _check_arrival(arrival, queues, day.closes_at)
    for step, queue in day.onward:
        if queue not in queues:
            raise DayRefused(f"flow step {step!r} leads on to queue {queue!r}, which the plan does not have")
    for shift in day.shifts:
        if shift.agent not in agents:
            raise DayRefused(f"a shift is for agent {shift.agent!r}, whom the plan does not have")
        _check_shift(shift)
    by_agent = sorted(day.shifts, key=lambda shift: (shift.agent, shift.begins))
    for earlier, later in pairwise(by_agent):
        if earlier.agent == later.agent and later.begins < earlier.ends:
            raise DayRefused(f"agent {later.agent} has two shifts at once, at {later.begins:g} s: let one end earlier")


def _check_arrival(arrival: Arrival, queues: Container[QueueId], closes_at: float) -> None:
    if arrival.queue not in queues:
        raise DayRefused(f"call {arrival.call} is for queue {arrival.queue!r}, which the plan does not have")
    if not 0 <= arrival.at < closes_at:
        raise DayRefused(
            f"call {arrival.call} arrives at {arrival.at:g} s, outside the day (0 to {closes_at:g} s): "
            "leave it out, or let the day close later"
        )
    if not arrival.rings_s:
        raise DayRefused(
            f"call {arrival.call} does not say how long phones ring for it: give rings_s at least one figure"
        )
    if min(arrival.talk_s, arrival.wrap_up_s, *arrival.rings_s, arrival.patience_s or 0.0) < 0:
        raise DayRefused(f"call {arrival.call} has a negative duration; durations are seconds from 0 on")


def _check_shift(shift: Shift) -> None:
    if not 0 <= shift.begins < shift.ends:
        raise DayRefused(f"agent {shift.agent}'s shift ends at {shift.ends:g} s, not after it begins")
    for rest in shift.breaks:
        if not shift.begins <= rest.at < rest.at + rest.lasts_s <= shift.ends:
            raise DayRefused(
                f"agent {shift.agent}'s break at {rest.at:g} s is not within the shift, or lasts no time: move it"
            )
    for earlier, later in pairwise(sorted(shift.breaks, key=lambda rest: rest.at)):
        if later.at < earlier.at + earlier.lasts_s:
            raise DayRefused(f"agent {shift.agent} has two breaks at once, at {later.at:g} s: let one begin later")
