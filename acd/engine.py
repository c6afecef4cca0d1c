"""The engine's one door: a request goes in, events come out. It never reads a clock; it says when it wants to be woken."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import assert_never

from acd import matching
from acd.agents import Agent
from acd.call import Call
from acd.decision import Decision
from acd.errors import RequestRefused
from acd.events import CallbackDue, CallerReturned, Event, PreferenceEnded, RoutingResumed, StepWidened
from acd.floor import Floor
from acd.judge import hindrance, record
from acd.names import AgentId, AgentState, CallId, CallState, OfferFailure, PhoneUse, PreferenceEnd
from acd.plans.plan import step_at
from acd.requests import (
    AgentPaused,
    AgentReady,
    AgentRestored,
    AgentSignedIn,
    AgentSignedOut,
    CallbackDropped,
    CallbackReadBack,
    CallbackWanted,
    CallerGone,
    CallerJoined,
    CallerLeft,
    CallHeld,
    CallResumed,
    CarrierGone,
    CarrierReady,
    Configured,
    ConversationEnded,
    ConversationStarted,
    ConversationTakenOver,
    CustomerDialled,
    CustomerMissed,
    KeyPressed,
    Noted,
    OfferRefused,
    OneOfSeveralRefused,
    PhoneFree,
    PhoneInUse,
    Request,
    SessionLost,
    SkillsAssigned,
    StoodStill,
    WorldSeen,
)
from acd.rules import agent_moves, agents, callbacks, callers, configuration, handing_over, hold, offers
from acd.rules.world import awaited, see_world, stood_still
from acd.timers import Deadline, Reason
from acd.turn import Turn


class EngineFault(Exception):
    """A mistake of ours inside the engine. `events` had happened before it, and the floor has them written."""

    def __init__(self, events: Sequence[Event]) -> None:
        super().__init__("the engine failed in the middle of a turn")
        self.events = list(events)


class Engine:
    """All choosing of one contact centre. Not thread-safe: one writer."""

    def __init__(self) -> None:
        self.floor = Floor()

    def handle(self, request: Request, now: float) -> list[Event]:
        """Carry out a request at engine time `now` (seconds).

        Raises RequestRefused where it is illegal; the floor is then as it was. EngineFault is a mistake of ours.
        """
        turn = Turn(self.floor, now)
        with self._whole(turn):
            answer(request, turn)
            self._settle(turn)
        return turn.events

    def tick(self, now: float) -> list[Event]:
        """Let one thing happen whose time has come by `now`: however many are due, no request waits for all of them.

        Whoever calls looks at `next_deadline` again.
        """
        turn = Turn(self.floor, now)
        with self._whole(turn):
            deadline = self.floor.deadlines.pop_due(now)
            if deadline is not None:
                expire(deadline, turn)
            self._settle(turn)
        return turn.events

    def next_deadline(self) -> float | None:
        """When `tick` wants to be called next; None: not before another request."""
        return self.floor.deadlines.next_at()

    def explain(self, call: CallId, now: float) -> Decision:
        """How the call stands now, made afresh, with what hinders it and what nobody has who could serve. Raises UnknownCall."""
        known = self.floor.call(call)
        return replace(record(self.floor, known, now), unmet=self._unmet(known), hindrance=hindrance(known))

    def _unmet(self, call: Call) -> tuple[str, ...] | None:
        pool = self.floor.pool(call)
        if pool.eligible or call.prefer is not None:
            return None
        return self.floor.pools.unmet(pool, (self.floor.agents[agent] for agent in self.floor.members[call.queue]))

    def _settle(self, turn: Turn) -> None:
        if self.floor.held_until is not None and not awaited(turn) and self.floor.held_at_least_until <= turn.now:
            turn.happen(RoutingResumed())
        matching.match(turn)

    @contextmanager
    def _whole(self, turn: Turn) -> Iterator[None]:
        """A refusal passes only while nothing has happened; anything else is a mistake of ours, and brings its events."""
        try:
            yield
        except RequestRefused as refusal:
            if turn.events:
                raise EngineFault(turn.events) from refusal
            raise
        except Exception as mistake:
            raise EngineFault(turn.events) from mistake


def answer(request: Request, turn: Turn) -> None:  # noqa: C901, PLR0912, PLR0915 - one arm for each request, and no more
    """Let the request's rule decide."""
    match request:
        case CallerJoined():
            callers.caller_joined(request, turn)
        case SessionLost():
            callers.session_lost(request, turn)
        case StoodStill():
            stood_still(turn)
        case CallerGone():
            callers.caller_gone(turn.floor.call(request.call), turn)
        case CallerLeft():
            callers.caller_left(request, turn)
        case KeyPressed():
            callers.key_pressed(request, turn)
        case OfferRefused():
            offers.offer_refused(request, turn)
        case OneOfSeveralRefused():
            offers.one_of_several_refused(request, turn)
        case CallbackWanted():
            callbacks.callback_wanted(request, turn)
        case CallbackReadBack():
            callbacks.callback_read_back(request, turn)
        case CarrierReady():
            callbacks.carrier_ready(request, turn)
        case CarrierGone():
            callbacks.carrier_gone(request, turn)
        case CustomerDialled():
            callbacks.customer_dialled(request, turn)
        case CustomerMissed():
            callbacks.customer_missed(request, turn)
        case CallbackDropped():
            callbacks.callback_dropped(request, turn)
        case ConversationStarted():
            offers.conversation_started(request, turn)
        case ConversationEnded():
            offers.conversation_ended(request, turn)
        case ConversationTakenOver():
            handing_over.conversation_taken_over(request, turn)
        case CallHeld():
            hold.put_on_hold(request.call, request.by, turn)
        case CallResumed():
            hold.take_off_hold(request.call, request.by, turn)
        case AgentSignedIn():
            agents.agent_signed_in(request, turn)
        case AgentSignedOut():
            agents.stop_serving(request.agent, AgentState.SIGNED_OUT, "", request.who, turn)
        case AgentPaused():
            agents.stop_serving(request.agent, AgentState.PAUSED, request.reason, request.who, turn)
        case AgentReady():
            agents.agent_ready(request, turn)
        case SkillsAssigned():
            agents.skills_assigned(request, turn)
        case PhoneInUse():
            agents.phone_use_changed(request.phone, PhoneUse.IN_USE, turn)
        case PhoneFree():
            agents.phone_use_changed(request.phone, PhoneUse.FREE, turn)
        case AgentRestored():
            agents.agent_restored(request, turn)
        case WorldSeen():
            see_world(request, turn)
        case Configured():
            configuration.configured(request, turn)
        case Noted():
            turn.happen(request.fact)
        case _:
            assert_never(request)


def expire(deadline: Deadline, turn: Turn) -> None:  # noqa: C901 - one arm for each reason, and no more
    """Something's time is over, if it still stands as it did when the deadline was set."""
    match deadline.reason:
        case Reason.STEP:
            expire_step(turn.floor.calls.get(CallId(deadline.about)), turn)
        case Reason.OFFER:
            expire_offer(turn.floor.calls.get(CallId(deadline.about)), turn)
        case Reason.AGENT:
            expire_state(turn.floor.agents.get(AgentId(deadline.about)), turn)
        case Reason.RETRY:
            call = turn.floor.calls.get(CallId(deadline.about))
            if call is not None and call.matchable:
                turn.floor.newly_waiting.append(call.id)
        case Reason.EXPECTED:
            keep_agents_no_longer(turn.floor.calls.get(CallId(deadline.about)), turn)
        case Reason.PREFER:
            call = turn.floor.calls.get(CallId(deadline.about))
            if call is not None and call.prefer is not None:
                turn.happen(PreferenceEnded(call.id, call.prefer, PreferenceEnd.PATIENCE))
        case Reason.CALLBACK:
            expire_pause(turn.floor.calls.get(CallId(deadline.about)), turn)
        case Reason.HELD:
            if turn.floor.held_until is not None and turn.floor.held_until <= turn.now:
                turn.happen(RoutingResumed())
        case _:
            assert_never(deadline.reason)


def keep_agents_no_longer(call: Call | None, turn: Turn) -> None:
    """A caller whose session broke off should be back by now: whoever was kept for them goes to others."""
    if call is not None and call.lost and call.pool is not None:
        turn.floor.keep_no_more(call.pool)


def expire_step(call: Call | None, turn: Turn) -> None:
    """The caller has waited long enough for the plan's next step."""
    if call is None or call.in_conversation:
        return
    plan = turn.floor.plans[call.queue]
    step = step_at(plan, turn.now - call.joined_at)
    if step > call.step:
        turn.happen(StepWidened(call.id, call.queue, step, plan.steps[step].name))


def expire_offer(call: Call | None, turn: Turn) -> None:
    """Nobody reported how the offer ended, long after it should have."""
    if call is None or call.since + turn.floor.patience_s(call) > turn.now:
        return
    if call.state in (CallState.OFFERED, CallState.DIALLING):
        offers.withdraw(call, OfferFailure.EXPIRED, turn)
    elif call.state is CallState.RETURNING and call.callback is not None:
        turn.happen(CallerReturned(call.id))


def expire_pause(call: Call | None, turn: Turn) -> None:
    """The pause after an attempt to reach the customer is over."""
    if call is None or call.callback is None or call.state is not CallState.LATER:
        return
    if call.callback.next_at is not None and call.callback.next_at <= turn.now:
        turn.happen(CallbackDue(call.id, call.queue))


def expire_state(agent: Agent | None, turn: Turn) -> None:
    """The agent's time for finishing up is over, or that for which a phone that said it was busy is left alone."""
    if agent is None or agent.until is None or agent.until > turn.now:
        return
    if agent.state in (AgentState.WRAP_UP, AgentState.BUSY_ELSEWHERE):
        agent_moves.become_free(agent, turn)
