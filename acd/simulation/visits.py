"""A day's events, gathered into what figures are made of: each call's time in each queue, each agent's time in each state."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from acd.agents import ON_CALLS
from acd.events import (
    Abandoned,
    AgentStateChanged,
    CallerReturned,
    Connected,
    Diverted,
    Ended,
    Event,
    Offered,
    OfferWithdrawn,
    PlansLoaded,
    Queued,
    TakenOver,
    TurnedAway,
)
from acd.names import AgentId, AgentState, Attributes, CallId, OfferFailure, PauseCounts, QueueId, is_callback
from acd.plans.plan import QueuePlan


class Outcome(StrEnum):
    """How a wait in a queue ended."""

    ANSWERED = "answered"
    ABANDONED = "abandoned"
    DIVERTED = "diverted"


Likeness = tuple[QueueId, int, str, Attributes]
"""Queue, priority, need, attributes: among callers who are alike in these, nobody should be served before an earlier one."""


@dataclass(slots=True)
class Visit:
    """One call's time in one queue. Times are seconds on the engine's clock."""

    call: CallId
    likeness: Likeness
    entered_at: float
    outcome: Outcome | None = None
    """None: still waiting."""
    waited_s: float = 0.0
    talk_s: float = 0.0
    """Without hold."""
    hold_s: float = 0.0
    wrap_up_s: float = 0.0
    refused_offers: int = 0
    """Offers that came to nothing while the caller stayed."""
    overtook: int = 0
    """How many of the same likeness, who had entered earlier, were waiting when this call was offered: over all its offers."""

    @property
    def queue(self) -> QueueId:
        """The queue visited."""
        return self.likeness[0]


_NO_REFUSAL = frozenset({OfferFailure.CALLER_GONE, OfferFailure.ANSWERED_ELSEWHERE})


@dataclass(slots=True)
class AgentTime:
    """An agent's seconds in each state, up to the last change seen."""

    state: AgentState
    since: float
    call: CallId | None = None
    spent: dict[AgentState, float] = field(default_factory=lambda: dict.fromkeys(AgentState, 0.0))
    counts_as: PauseCounts | None = None
    paused_at_work_s: float = 0.0
    """Of the time in pauses, what counts as work."""

    @property
    def busy_s(self) -> float:
        """On calls, and in pauses that count as work."""
        return self.on_calls_s + self.paused_at_work_s

    @property
    def on_calls_s(self) -> float:
        """Ringing, talking, on hold, wrapping up."""
        return sum(self.spent[state] for state in ON_CALLS)

    @property
    def worked_s(self) -> float:
        """Busy and available."""
        return self.busy_s + self.spent[AgentState.READY]

    @property
    def signed_in_s(self) -> float:
        """All time but signed out."""
        return sum(spent for state, spent in self.spent.items() if state is not AgentState.SIGNED_OUT)

    @property
    def occupancy(self) -> float:
        """Busy / (busy + available); of an agent who worked."""
        return self.busy_s / self.worked_s


class Visits:
    """All visits and agents of the events taken so far; for a stretch of time that begins with PlansLoaded."""

    def __init__(self, events: Iterable[Event] = ()) -> None:
        self.all: list[Visit] = []
        """In the order they entered."""
        self.agents: dict[AgentId, AgentTime] = {}
        """All who signed in."""
        self.plans: dict[QueueId, QueuePlan] = {}
        self.members: dict[QueueId, frozenset[AgentId]] = {}
        """Who serves each queue."""
        self.turned_away: dict[QueueId, int] = {}
        """How many callers each queue did not let in; they have no visit."""
        self._last: dict[CallId, Visit] = {}
        self._in_line: dict[Likeness, list[tuple[float, CallId]]] = {}
        """Who waits and is not offered to an agent, by likeness, the earliest first."""
        for event in events:
            self.take(event)

    def take(self, event: Event) -> None:  # noqa: C901, PLR0912 - one arm for each event that counts
        """Count one event; events come in their order. Callbacks are not counted: their wait is nobody's on the line."""
        if is_callback(getattr(event, "call", None) or "") and not isinstance(event, AgentStateChanged):
            return
        match event:
            case PlansLoaded():
                self._load(event)
            case Queued():
                self._enter(event)
            case TurnedAway():
                self.turned_away[event.queue] = self.turned_away.get(event.queue, 0) + 1
            case Offered():
                visit = self._last[event.call]
                visit.overtook += self._step_out(visit)
            case OfferWithdrawn() if event.why not in _NO_REFUSAL:
                self._last[event.call].refused_offers += 1
            case CallerReturned():
                self._line_up(self._last[event.call])
            case Connected():
                self._leave(event.call, Outcome.ANSWERED, event.waited_s)
            case Abandoned():
                self._leave(event.call, Outcome.ABANDONED, event.waited_s)
            case Diverted():
                self._leave(event.call, Outcome.DIVERTED, event.waited_s)
            case TakenOver() | Ended():
                self._last[event.call].talk_s += event.talked_s - event.held_s
                self._last[event.call].hold_s += event.held_s
            case AgentStateChanged():
                self._move(event)
            case _:
                pass

    def _load(self, loaded: PlansLoaded) -> None:
        self.plans = {plan.queue: plan for plan in loaded.queues}
        self.members = {
            queue: frozenset(profile.agent for profile in loaded.agents if queue in profile.queues)
            for queue in self.plans
        }

    def _enter(self, queued: Queued) -> None:
        likeness = (queued.queue, queued.priority, queued.need, queued.attributes)
        visit = None if queued.returns is None else self._last.get(queued.returns)
        if visit is None:
            visit = Visit(queued.call, likeness, queued.joined_at)
            self.all.append(visit)
        else:  # the same contact goes on, as what the flow learned this time
            visit.call, visit.likeness, visit.outcome = queued.call, likeness, None
        self._last[queued.call] = visit
        self._line_up(visit)

    def _line_up(self, visit: Visit) -> None:
        insort(self._in_line.setdefault(visit.likeness, []), (visit.entered_at, visit.call))

    def _step_out(self, visit: Visit) -> int:
        """Take the visit out of the line, where it is in it; how many were before it."""
        line, place = self._in_line[visit.likeness], (visit.entered_at, visit.call)
        position = bisect_left(line, place)
        if line[position : position + 1] != [place]:
            return 0
        del line[position]
        return position

    def _leave(self, call: CallId, outcome: Outcome, waited_s: float) -> None:
        visit = self._last[call]
        visit.outcome, visit.waited_s = outcome, waited_s
        self._step_out(visit)

    def _move(self, moved: AgentStateChanged) -> None:
        agent = self.agents.get(moved.agent)
        if agent is None:
            agent = self.agents[moved.agent] = AgentTime(moved.before, moved.since)
        spent_s = moved.since - agent.since
        agent.spent[agent.state] += spent_s
        if agent.counts_as is PauseCounts.WORK:
            agent.paused_at_work_s += spent_s
        if agent.state is AgentState.WRAP_UP and agent.call is not None and not is_callback(agent.call):
            self._last[agent.call].wrap_up_s += spent_s
        agent.state, agent.since, agent.call = moved.after, moved.since, moved.call
        agent.counts_as = moved.counts_as
