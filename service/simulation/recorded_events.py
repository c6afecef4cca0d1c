"""A day that was, read back from the event stream: its calls, and who worked when. One CloudEvent a line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

from acd.events import (
    Abandoned,
    AgentStateChanged,
    Connected,
    Diverted,
    Ended,
    Offered,
    OfferWithdrawn,
    Queued,
    Stamped,
    TakenOver,
)
from acd.names import AgentId, AgentState, CallId, OfferFailure
from acd.rules.agents import SIGN_IN_REASON
from acd.simulation.day import Break, Shift
from acd.simulation.visits import Outcome
from common.yaml_file import ConfigurationRefused, Mistake
from cti_bridge.board.figures import midnight_after, midnight_before
from cti_bridge.publishing.cloud_events import NotAnEvent, read_event
from service.simulation.form import DAY_S
from service.simulation.recorded_calls import RecordedCall

NOBODYS_FAULT = frozenset(
    {
        OfferFailure.AGENT_PAUSED,
        OfferFailure.AGENT_SIGNED_OUT,
        OfferFailure.SESSION_LOST,
        OfferFailure.ANSWERED_ELSEWHERE,
    }
)
"""Why an offer ended that did not ring out: under another plan it may not have."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A day that was; times are seconds since its midnight."""

    calls: tuple[RecordedCall, ...]
    shifts: tuple[Shift, ...]


@dataclass(slots=True)
class _Call:
    queued: Queued
    offered_at: float = 0.0
    pick_up_s: float | None = None
    rings_out: int = 0
    rang_s: float | None = None
    left_at: float | None = None
    outcome: Outcome | None = None
    talk_s: float | None = None


@dataclass(slots=True)
class _Agent:
    begins: float | None = None
    """None: not working."""
    paused_at: float | None = None
    reason: str = ""
    breaks: list[Break] = field(default_factory=list)


def read_events(path: Path, zone: ZoneInfo) -> Recording:
    """Read the day of the first event, by this time zone. Raises ConfigurationRefused where a line is no event."""
    stream: list[Stamped] = []
    mistakes: list[Mistake] = []
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                stream.append(read_event(line))
            except NotAnEvent as error:
                mistakes.append(Mistake(str(path), number, 1, str(error)))
    if mistakes:
        raise ConfigurationRefused(mistakes)
    return recording_of(stream, zone)


def recording_of(stream: Iterable[Stamped], zone: ZoneInfo) -> Recording:
    """Make a recording of events in their order; what is of another day than the first is left out."""
    log = _Log()
    midnight = next_midnight = 0.0
    for stamped in stream:
        if not next_midnight:
            midnight, next_midnight = midnight_before(stamped.wall, zone), midnight_after(stamped.wall, zone)
        if stamped.wall >= next_midnight:
            break
        log.take(stamped)
    return log.recording(midnight)


class _Log:
    """Events gathered; times as they come, in Unix seconds."""

    def __init__(self) -> None:
        self._calls: dict[CallId, _Call] = {}
        self._agents: dict[AgentId, _Agent] = {}
        self._shifts: list[tuple[AgentId, float, float, list[Break]]] = []
        self._last = 0.0

    def take(self, stamped: Stamped) -> None:
        self._last = stamped.wall
        event = stamped.event
        if isinstance(event, AgentStateChanged):
            self._move(event)
        elif isinstance(event, Queued) and event.returns in self._calls:
            # Dropped and back: one contact, which waited on.
            back = self._calls[event.call] = self._calls.pop(event.returns)
            back.outcome, back.left_at, back.rang_s = None, None, None
        elif isinstance(event, Queued):
            # A call that moved on keeps its first queue: where it goes from there is the simulated plan's to say.
            self._calls.setdefault(event.call, _Call(event))
        elif (call := self._calls.get(getattr(event, "call", CallId("")))) is not None:
            _note(call, stamped)

    def recording(self, midnight: float) -> Recording:
        for number in list(self._agents):
            self._leave(number, self._last)
        of_the_day = [call for call in self._calls.values() if 0 <= call.queued.joined_at - midnight < DAY_S]
        calls = [_recorded(call, midnight) for call in of_the_day]
        return Recording(
            tuple(calls),
            tuple(_shift(*worked, midnight) for worked in self._shifts if worked[2] > midnight),
        )

    def _move(self, moved: AgentStateChanged) -> None:
        agent = self._agents.setdefault(moved.agent, _Agent())
        if agent.paused_at is not None and moved.since > agent.paused_at:
            agent.breaks.append(Break(agent.paused_at, moved.since - agent.paused_at, agent.reason))
        agent.paused_at = None
        if moved.after is AgentState.SIGNED_OUT:
            self._leave(moved.agent, moved.since)
            return
        if moved.after is AgentState.PAUSED and moved.reason == SIGN_IN_REASON:
            return
        if agent.begins is None:
            agent.begins = moved.since
        if moved.after is AgentState.PAUSED and moved.reason not in _FAILURES:
            agent.paused_at, agent.reason = moved.since, moved.reason

    def _leave(self, number: AgentId, at: float) -> None:
        agent = self._agents.pop(number)
        if agent.paused_at is not None and at > agent.paused_at:
            agent.breaks.append(Break(agent.paused_at, at - agent.paused_at, agent.reason))
        if agent.begins is not None and at > agent.begins:
            self._shifts.append((number, agent.begins, at, agent.breaks))


_FAILURES = frozenset(failure.value for failure in OfferFailure)
"""Pauses for these reasons follow from unanswered offers, which the simulation makes itself."""


def _note(call: _Call, stamped: Stamped) -> None:
    match stamped.event:
        case Offered():
            call.offered_at = stamped.wall
        case OfferWithdrawn(why=OfferFailure.CALLER_GONE):
            call.rang_s = max(0.0, stamped.wall - call.offered_at)
        case OfferWithdrawn(why=why) if why not in NOBODYS_FAULT:
            call.rings_out += 1
        case Connected():
            call.outcome, call.left_at = Outcome.ANSWERED, stamped.wall
            call.pick_up_s = max(0.0, stamped.wall - call.offered_at)
        case TakenOver(talked_s=talked_s) | Ended(talked_s=talked_s):
            call.talk_s = (call.talk_s or 0.0) + talked_s  # one call, whoever of several talked
        case Abandoned():
            call.outcome, call.left_at = Outcome.ABANDONED, stamped.wall
        case Diverted():
            call.outcome, call.left_at = Outcome.DIVERTED, stamped.wall
        case _:
            pass


def _recorded(call: _Call, midnight: float) -> RecordedCall:
    queued = call.queued
    return RecordedCall(
        at=queued.joined_at - midnight,
        queue=queued.queue,
        # A call of which the stream does not tell the end waited at least; nothing more is known of it.
        outcome=call.outcome or Outcome.DIVERTED,
        waited_s=0.0 if call.left_at is None else max(0.0, call.left_at - queued.joined_at),
        talk_s=call.talk_s,
        pick_up_s=call.pick_up_s,
        rings_out=call.rings_out,
        rang_s=call.rang_s,
        priority=queued.priority,
        need=queued.need,
        attributes=queued.attributes,
    )


def _shift(agent: AgentId, begins: float, ends: float, breaks: list[Break], midnight: float) -> Shift:
    """Return what of a shift is of this day; one that was restored may have begun on the day before."""
    of_the_day = tuple(
        Break(max(rest.at - midnight, 0.0), min(rest.lasts_s, rest.at + rest.lasts_s - midnight), rest.reason)
        for rest in breaks
        if rest.at + rest.lasts_s > midnight
    )
    return Shift(agent, max(begins - midnight, 0.0), ends - midnight, of_the_day)
