"""A day on virtual time, through the very same engine.

Callers and agents behave as the day says; one heap holds what comes next. What comes out are the engine's events, and every
figure is made from these (`visits.py`, `figures.py`).
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import assert_never

from acd.agents import Wish
from acd.engine import Engine
from acd.events import (
    AgentStateChanged,
    CallerReturned,
    Connected,
    Event,
    NobodyThere,
    Offered,
    OfferWithdrawn,
    SentOn,
    TurnedAway,
)
from acd.names import AgentId, AgentState, CallId, CallState, EndedBy, OfferFailure, PhoneId, QueueId
from acd.requests import (
    AgentPaused,
    AgentReady,
    AgentSignedIn,
    AgentSignedOut,
    CallerGone,
    CallerJoined,
    CallerLeft,
    Configured,
    ConversationEnded,
    ConversationStarted,
    OfferRefused,
    Request,
)
from acd.rules.agents import SIGN_IN_REASON
from acd.simulation.day import Arrival, Break, Day, Shift, check_day
from acd.simulation.figures import DayFigures, figures_of
from acd.simulation.visits import Visits
from acd.waits.forecast import Forecasts, Judged

DAY = "day"
"""Who asks, where an agent of a simulated day does."""
CLOSED = "closed"
"""Where callers go who wait when the day closes."""


def simulate(day: Day, configured: Configured) -> DayFigures:
    """Let the day happen under these plans, and return its figures. Raises DayRefused, RequestRefused (a bad plan)."""
    check_day(day, configured)
    playing = _Play(day, configured)
    visits = Visits(event for _, event in playing.events())
    return figures_of(visits, playing.judged)


def play(day: Day, configured: Configured) -> Iterator[tuple[float, Event]]:
    """Let the day happen under these plans: its events in order, each with its time.

    The same day and plans always give the same events. Raises DayRefused, and RequestRefused where the plans are bad.
    """
    check_day(day, configured)
    return _Play(day, configured).events()


# ---------------------------------------------------------------------------------------------------- what comes next


@dataclass(frozen=True, slots=True)
class _Comes:
    arrival: Arrival


@dataclass(frozen=True, slots=True)
class _LosesPatience:
    call: CallId


@dataclass(frozen=True, slots=True)
class _Rings:
    """An offer's ringing is over."""

    call: CallId
    agent: AgentId
    offer: int
    """The offer's number among the call's, so that a later one is not taken for it; several phones ring for one."""
    why: OfferFailure | None
    """None where the agent picked up."""


@dataclass(frozen=True, slots=True)
class _ComesBack:
    """The dial of a withdrawn offer has ended, and the caller's session is back."""

    call: CallId
    agent: AgentId
    why: OfferFailure


@dataclass(frozen=True, slots=True)
class _HangsUp:
    """The conversation has lasted its time."""

    call: CallId
    agent: AgentId


@dataclass(frozen=True, slots=True)
class _GoesTo:
    """The caller leaves the line for a flow step."""

    call: CallId
    to: str


@dataclass(frozen=True, slots=True)
class _GoesOn:
    """The caller was not let into a queue, and the flow goes on with them elsewhere."""

    call: CallId
    to: str


@dataclass(frozen=True, slots=True)
class _Begins:
    shift: Shift


@dataclass(frozen=True, slots=True)
class _Ends:
    shift: Shift


@dataclass(frozen=True, slots=True)
class _Rests:
    agent: AgentId
    rest: Break


@dataclass(frozen=True, slots=True)
class _IsBack:
    """The agent ends a pause, or Not Responding, that began at `since`."""

    agent: AgentId
    since: float


@dataclass(frozen=True, slots=True)
class _Finishes:
    """The agent ends a wrap-up that nothing else ends, begun at `since`."""

    agent: AgentId
    since: float


@dataclass(frozen=True, slots=True)
class _Closes:
    pass


_Next = (
    _Comes
    | _LosesPatience
    | _Rings
    | _ComesBack
    | _HangsUp
    | _GoesTo
    | _GoesOn
    | _Begins
    | _Ends
    | _Rests
    | _IsBack
    | _Finishes
    | _Closes
)


@dataclass(slots=True)
class _Caller:
    arrival: Arrival
    offers: int = 0
    rung: int = 0
    """How many phones have rung for this caller."""
    waited_in: set[QueueId] = field(default_factory=set)


class _Play:
    """One day under one plan."""

    def __init__(self, day: Day, configured: Configured) -> None:
        self._day, self._configured = day, configured
        self._engine = Engine()
        self._now = 0.0
        self._heap: list[tuple[float, int, _Next]] = []
        self._serial = 0
        self._callers: dict[CallId, _Caller] = {}
        self._onward = dict(day.onward)
        self.judged: list[Judged] = []
        """What became of every expected wait."""
        self._forecasts = Forecasts()
        self._forecasts.judged = self.judged.append
        self._rests: dict[AgentId, float] = {}
        """How long the break lasts that the agent has asked for."""
        self._finishing: dict[AgentId, list[_Ends | _Rests]] = {}
        """Agents in a wrap-up that they end themselves, and what became due meanwhile: they finish up first."""
        for shift in day.shifts:
            self._at(shift.begins, _Begins(shift))
            self._at(shift.ends, _Ends(shift))
            for rest in shift.breaks:
                self._at(rest.at, _Rests(shift.agent, rest))
        for arrival in day.arrivals:
            self._at(arrival.at, _Comes(arrival))
        self._at(day.closes_at, _Closes())

    def events(self) -> Iterator[tuple[float, Event]]:
        yield from self._ask(self._configured)
        while True:
            deadline = self._engine.next_deadline()
            if deadline is not None and (not self._heap or deadline <= self._heap[0][0]):
                self._now = max(self._now, deadline)
                yield from self._seen(self._engine.tick(self._now))
            elif self._heap:
                self._now, _, coming = heapq.heappop(self._heap)
                for request in self._requests(coming):
                    yield from self._ask(request)
            else:
                return

    def _at(self, at: float, coming: _Next) -> None:
        self._serial += 1
        heapq.heappush(self._heap, (at, self._serial, coming))

    def _ask(self, request: Request) -> Iterator[tuple[float, Event]]:
        return self._seen(self._engine.handle(request, self._now))

    def _seen(self, events: list[Event]) -> Iterator[tuple[float, Event]]:
        self._forecasts.take(events, self._engine.floor, self._now)
        for event in events:
            self._react(event)
            yield self._now, event

    # ------------------------------------------------------------------------------------------------ what people do

    def _requests(self, coming: _Next) -> Iterator[Request]:  # noqa: C901, PLR0912 - one arm for each, and no more
        """What is asked of the engine now, one after the other: each arm looks at the floor as the one before left it."""
        match coming:
            case _Comes(arrival):
                yield from self._comes(arrival)
            case _LosesPatience(call):
                waits = self._engine.floor.calls.get(call)
                if waits is not None and not waits.in_conversation:
                    yield CallerGone(call)
            case _Rings():
                yield from self._ringing_over(coming)
            case _ComesBack(call, agent, why):
                if self._state(call) is CallState.RETURNING:
                    yield OfferRefused(call, agent, why)
            case _HangsUp(call, agent):
                yield ConversationEnded(call, agent, EndedBy.CALLER)
            case _GoesTo(call, to):
                yield from self._goes_to(call, to)
            case _GoesOn(call, to):
                yield from self._joins_next(call, to)
            case _Begins(shift):
                yield AgentSignedIn(shift.agent, PhoneId(f"PJSIP/{shift.agent}"), DAY)
                yield AgentReady(shift.agent, DAY)
            case _Ends(shift) if (due := self._finishing.get(shift.agent)) is not None:
                due.append(coming)
            case _Ends(shift):
                yield AgentSignedOut(shift.agent, DAY)
            case _Rests(agent) if (due := self._finishing.get(agent)) is not None:
                due.append(coming)
            case _Rests(agent, rest):
                self._rests[agent] = rest.lasts_s
                yield AgentPaused(agent, rest.reason, DAY)
            case _IsBack(agent, since):
                known = self._engine.floor.agents[agent]
                if known.since == since and known.state in (AgentState.PAUSED, AgentState.NOT_RESPONDING):
                    yield AgentReady(agent, DAY)
            case _Finishes(agent, since):
                yield from self._finishes(agent, since)
            case _Closes():
                for call in list(self._engine.floor.calls):
                    yield from self._goes_to(call, CLOSED)
            case _:
                assert_never(coming)

    def _finishes(self, agent: AgentId, since: float) -> Iterator[Request]:
        """The agent takes calls again, or does what was asked of them during the conversation or has become due since."""
        due = self._finishing.pop(agent, [])
        known = self._engine.floor.agents[agent]
        if known.state is AgentState.WRAP_UP and known.since == since:
            match known.wish:
                case None if not due:
                    yield AgentReady(agent, DAY)
                case Wish(AgentState.PAUSED, reason):
                    yield AgentPaused(agent, reason, DAY)
                case Wish():
                    yield AgentSignedOut(agent, DAY)
                case _:
                    pass
        for coming in due:
            yield from self._requests(coming)

    def _comes(self, arrival: Arrival) -> Iterator[Request]:
        caller = self._callers[arrival.call] = _Caller(arrival)
        if arrival.patience_s is not None:
            self._at(self._now + arrival.patience_s, _LosesPatience(arrival.call))
        yield self._joins(caller, arrival.queue)

    def _joins(self, caller: _Caller, queue: QueueId) -> Request:
        caller.waited_in.add(queue)
        asks = caller.arrival
        joins = CallerJoined(asks.call, queue, asks.priority, asks.need, asks.attributes)
        floor = self._engine.floor
        if floor.plans[queue].door.too_long is None:
            return joins
        expected = self._forecasts.joining(floor, joins, self._now)
        return replace(joins, expected_wait_s=None if expected is None else expected.likely_s)

    def _ringing_over(self, rings: _Rings) -> Iterator[Request]:
        call = self._engine.floor.calls.get(rings.call)
        if call is None or rings.agent not in call.offered or self._callers[rings.call].offers != rings.offer:
            return
        if rings.why is None:
            yield ConversationStarted(rings.call, rings.agent)
        else:
            yield OfferRefused(rings.call, rings.agent, rings.why)

    def _goes_to(self, call: CallId, to: str) -> Iterator[Request]:
        """Leave the line, as a caller's session does it: whoever was offered an agent meanwhile stays."""
        if self._state(call) not in (CallState.WAITING, CallState.RETURNING):
            return
        yield CallerLeft(call, to)
        yield from self._joins_next(call, to)

    def _joins_next(self, call: CallId, to: str) -> Iterator[Request]:
        caller, queue = self._callers[call], self._onward.get(to)
        # Who is sent to a queue they were in already would go round in circles: they have left for good.
        if queue is not None and queue not in caller.waited_in and self._now < self._day.closes_at:
            yield self._joins(caller, queue)

    def _state(self, call: CallId) -> CallState | None:
        known = self._engine.floor.calls.get(call)
        return None if known is None else known.state

    # ------------------------------------------------------------------------------------------------ what follows

    def _react(self, event: Event) -> None:
        match event:
            case Offered():
                self._ring(event)
            case Connected(call, agent):
                self._at(self._now + self._callers[call].arrival.talk_s, _HangsUp(call, agent))
            case OfferWithdrawn(call, agent, _, why) if self._state(call) is CallState.RETURNING:
                self._at(self._now, _ComesBack(call, agent, why))
            case SentOn(call, _, to):
                self._at(self._now, _GoesTo(call, to))
            case NobodyThere(call, _, _, to) if to:
                self._at(self._now, _GoesTo(call, to))
            case TurnedAway(call, _, _, _, to) if to:
                self._at(self._now, _GoesOn(call, to))
            case CallerReturned(call) if self._now >= self._day.closes_at:
                self._at(self._now, _GoesTo(call, CLOSED))
            case AgentStateChanged():
                self._come_back_later(event)
            case _:
                pass

    def _ring(self, offered: Offered) -> None:
        caller = self._callers[offered.call]
        caller.offers += 1
        for agent in offered.agents:
            rings_s = caller.arrival.rings_s[caller.rung % len(caller.arrival.rings_s)]
            caller.rung += 1
            why = None if rings_s < offered.ring_s else OfferFailure.NO_ANSWER
            self._at(self._now + min(rings_s, offered.ring_s), _Rings(offered.call, agent, caller.offers, why))

    def _come_back_later(self, moved: AgentStateChanged) -> None:
        if moved.after is AgentState.WRAP_UP and moved.until is None and moved.call is not None:
            self._finishing[moved.agent] = []
            lasts_s = self._callers[moved.call].arrival.wrap_up_s
            self._at(moved.since + lasts_s, _Finishes(moved.agent, moved.since))
            return
        away = moved.after in (AgentState.PAUSED, AgentState.NOT_RESPONDING)
        if not away or moved.reason == SIGN_IN_REASON:
            return
        asked = moved.after is AgentState.PAUSED and moved.who == DAY
        lasts_s = self._rests[moved.agent] if asked else self._day.back_after_s
        self._at(moved.since + lasts_s, _IsBack(moved.agent, moved.since))
