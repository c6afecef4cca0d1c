"""A day's figures, made from its events and its forecasts: per queue and in total. Times are seconds, rates 0 to 1.

Clocks start when a caller enters a queue. A call that moves between queues counts in each of them; in total it counts once,
with its wait from entering the first, held against the thresholds of the last.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import ceil

from acd.names import CallId, QueueId
from acd.plans.plan import QueuePlan
from acd.simulation.visits import AgentTime, Likeness, Outcome, Visit, Visits
from acd.waits.expected_wait import Verdict
from acd.waits.forecast import Judged

DEFINITIONS = 2
"""The version of the figures' definitions."""


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one queue, or of all together. None: there was nothing to make the figure of."""

    offered: int
    """Calls that entered."""
    answered: int
    abandoned: int
    short_abandoned: int
    """Of the abandoned, those who hung up within the queue's threshold for it."""
    diverted: int
    """Left without an agent and without hanging up."""
    service_level: float | None
    """Answered within T / (offered - short abandoned - diverted within T)."""
    service_level_answered_only: float | None
    """Answered within T / answered."""
    service_level_abandons_ignored: float | None
    """Answered within T / (offered - abandoned within T)."""
    service_level_abandons_in_favour: float | None
    """(Answered within T + abandoned within T) / offered."""
    average_wait_s: float | None
    """ASA: the mean wait of the answered."""
    median_wait_s: float | None
    """Of the answered."""
    nine_in_ten_wait_s: float | None
    """Nine of ten answered waited no longer."""
    longest_wait_s: float | None
    """Of all who entered, answered or not."""
    abandonment_rate: float | None
    """(Abandoned - short) / (offered - short)."""
    handling_s: float | None
    """AHT: talk, hold and wrap-up per answered call."""
    talk_s: float | None
    """Per answered call, without hold."""
    hold_s: float | None
    """Per answered call, held or not."""
    wrap_up_s: float | None
    """Per answered call."""
    refused_offers: float | None
    """Offers that came to nothing while the caller stayed, per answered call."""
    occupancy: float | None
    """Busy / (busy + available); busy is on calls and in pauses that count as work. Of the agents who serve
    the queue, whatever queue their calls were from."""
    utilisation: float | None
    """(Busy + available) / signed-in time, of the same agents."""
    lowest_occupancy: float | None
    """Of one agent among them."""
    highest_occupancy: float | None
    """Of one agent among them."""
    overtakings: int
    """How many callers were passed by an equal one (same queue, priority, need, attributes) who had entered after them, and
    was offered an agent while they waited."""
    neighbours_differ_s: float | None
    """How far the waits of two equal callers lie apart who entered one right after the other and were both answered: mean."""
    expected_wait_held: float | None
    """The share of waits that lay within the range expected as the caller began to wait; it is to be `expected_wait.COVERS`."""
    expected_wait_error_s: float | None
    """How far the wait lay from the likely one: median of the answered."""
    turned_away: int = 0
    """How often a caller was not let in: these are in no other figure."""


@dataclass(frozen=True, slots=True)
class QueueFigures:
    """One queue's figures."""

    queue: QueueId
    figures: Figures


@dataclass(frozen=True, slots=True)
class DayFigures:
    """A day's figures. `total` counts each call once."""

    queues: tuple[QueueFigures, ...]
    total: Figures


def figures_of(visits: Visits, judged: Sequence[Judged] = ()) -> DayFigures:
    """Make the figures of all that these visits have seen, and of the forecasts judged."""
    queues = []
    for queue in visits.plans:
        own = [visit for visit in visits.all if visit.queue == queue]
        agents = [visits.agents[agent] for agent in sorted(visits.members[queue]) if agent in visits.agents]
        forecasts = [one for one in judged if one.queue == queue]
        figures = _figures(own, own, agents, visits.plans, forecasts)
        queues.append(QueueFigures(queue, replace(figures, turned_away=visits.turned_away.get(queue, 0))))
    total = _figures(_whole_calls(visits.all), visits.all, list(visits.agents.values()), visits.plans, judged)
    return DayFigures(tuple(queues), replace(total, turned_away=sum(visits.turned_away.values())))


def _whole_calls(visits: Iterable[Visit]) -> list[Visit]:
    """Each call once: entered where it entered first, ended as it ended last."""
    calls: dict[CallId, Visit] = {}
    for visit in visits:
        earlier = calls.get(visit.call)
        if earlier is None:
            calls[visit.call] = visit
        else:
            calls[visit.call] = replace(
                visit,
                entered_at=earlier.entered_at,
                waited_s=visit.entered_at + visit.waited_s - earlier.entered_at,
                refused_offers=earlier.refused_offers + visit.refused_offers,
            )
    return list(calls.values())


def _figures(
    calls: Sequence[Visit],
    visits: Sequence[Visit],
    agents: Sequence[AgentTime],
    plans: Mapping[QueueId, QueuePlan],
    judged: Sequence[Judged],
) -> Figures:
    """Counts and waits go by `calls`, fairness by `visits`: in a queue the same, in total each call once there."""
    offered = len(calls)
    answered = [call for call in calls if call.outcome is Outcome.ANSWERED]
    abandoned = [call for call in calls if call.outcome is Outcome.ABANDONED]
    diverted = [call for call in calls if call.outcome is Outcome.DIVERTED]
    in_time = [len([call for call in group if _in_time(call, plans)]) for group in (answered, abandoned, diverted)]
    answered_in_time, abandoned_in_time, diverted_in_time = in_time
    short = len([call for call in abandoned if call.waited_s <= plans[call.queue].short_abandon_s])
    waits = sorted(call.waited_s for call in answered)
    talk_s = _per(sum(call.talk_s for call in answered), len(answered))
    hold_s = _per(sum(call.hold_s for call in answered), len(answered))
    wrap_up_s = _per(sum(call.wrap_up_s for call in answered), len(answered))
    occupancies = [agent.occupancy for agent in agents if agent.worked_s > 0]
    worked_s = sum(agent.worked_s for agent in agents)
    return Figures(
        offered=offered,
        answered=len(answered),
        abandoned=len(abandoned),
        short_abandoned=short,
        diverted=len(diverted),
        service_level=_per(answered_in_time, offered - short - diverted_in_time),
        service_level_answered_only=_per(answered_in_time, len(answered)),
        service_level_abandons_ignored=_per(answered_in_time, offered - abandoned_in_time),
        service_level_abandons_in_favour=_per(answered_in_time + abandoned_in_time, offered),
        average_wait_s=_per(sum(waits), len(waits)),
        median_wait_s=_quantile(waits, 0.5),
        nine_in_ten_wait_s=_quantile(waits, 0.9),
        longest_wait_s=max((call.waited_s for call in calls), default=None),
        abandonment_rate=_per(len(abandoned) - short, offered - short),
        handling_s=_per(sum(call.talk_s + call.hold_s + call.wrap_up_s for call in answered), len(answered)),
        talk_s=talk_s,
        hold_s=hold_s,
        wrap_up_s=wrap_up_s,
        refused_offers=_per(sum(call.refused_offers for call in calls), len(answered)),
        occupancy=_per(sum(agent.busy_s for agent in agents), worked_s),
        utilisation=_per(worked_s, sum(agent.signed_in_s for agent in agents)),
        lowest_occupancy=min(occupancies, default=None),
        highest_occupancy=max(occupancies, default=None),
        overtakings=sum(visit.overtook for visit in visits),
        neighbours_differ_s=_neighbours_differ(visits),
        expected_wait_held=_per(len([one for one in judged if one.verdict is Verdict.WITHIN]), len(judged)),
        expected_wait_error_s=_quantile(sorted(one.error_s for one in judged if one.error_s is not None), 0.5),
    )


def _in_time(call: Visit, plans: Mapping[QueueId, QueuePlan]) -> bool:
    return call.waited_s <= plans[call.queue].answer_within_s


def _per(amount: float, of: float) -> float | None:
    return amount / of if of > 0 else None


def _quantile(ordered: Sequence[float], share: float) -> float | None:
    """The smallest value that this share of them does not exceed (nearest rank)."""
    return ordered[ceil(share * len(ordered)) - 1] if ordered else None


def _neighbours_differ(visits: Iterable[Visit]) -> float | None:
    alike: dict[Likeness, list[Visit]] = {}
    for visit in visits:
        alike.setdefault(visit.likeness, []).append(visit)
    apart = [
        abs(one.waited_s - other.waited_s)
        for group in alike.values()
        for one, other in pairwise(group)
        if one.outcome is Outcome.ANSWERED and other.outcome is Outcome.ANSWERED
    ]
    return _per(sum(apart), len(apart))
