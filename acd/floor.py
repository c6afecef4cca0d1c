"""The floor: every agent, caller and plan as they stand. Only `evolve(event)` writes it, so the floor is its events' sum."""

from __future__ import annotations

from typing import assert_never

from acd.agents import Wish
from acd.events import (
    Abandoned,
    AgentStateChanged,
    AgentWish,
    AskedToLeave,
    CallbackDialled,
    CallbackDue,
    CallbackEnded,
    CallbackPromised,
    CallbackRestored,
    CallbackTried,
    CallerReturned,
    Connected,
    Diverted,
    Ended,
    Event,
    NobodyThere,
    Offered,
    OfferWithdrawn,
    PhoneUseChanged,
    PlansLoaded,
    PreferenceEnded,
    PutOnHold,
    Queued,
    Restored,
    RoutingHeld,
    RoutingResumed,
    SentOn,
    SessionAttached,
    SessionDetached,
    SkillsChanged,
    StepWidened,
    StillWaiting,
    TakenOffHold,
    TakenOver,
    TurnedAway,
)
from acd.evolving import agents, entries, lines, offers, plans
from acd.facts import (
    DialRefused,
    FarEndAnswered,
    FarEndGone,
    FaxReceived,
    HandedOver,
    MessageLeft,
    NumberDialled,
    StepPassed,
    SurveyAnswered,
)
from acd.floor_state import FloorState
from acd.names import AgentState, CallState, PhoneUse
from acd.timers import Reason


class Floor(FloorState):
    """All state of the engine. Read freely; written by `evolve` alone."""

    def evolve(self, event: Event, now: float) -> None:  # noqa: C901, PLR0912, PLR0915 - one arm for each event, and no more
        """Write what the event says. Deciding whether it may happen is over by now."""
        match event:
            case PlansLoaded():
                plans.load_plans(self, event, now)
            case Queued() | Restored():
                entries.enter(self, event, now)
            case CallbackPromised() | CallbackRestored():
                entries.promise(self, event, now)
            case CallbackDialled():
                call = self.calls[event.call]
                call.state, call.since = CallState.DIALLING, now
                self.deadlines.set(now + self.patience_s(call), Reason.OFFER, call.id)
            case CallbackTried():
                offers.note_attempt(self, event, now)
            case CallbackDue():
                call = self.calls[event.call]
                if call.callback is not None:
                    call.callback.next_at = None
                call.state, call.since = CallState.WAITING, now
                lines.line_up(self, call)
            case SessionAttached():
                lines.attach(self, self.calls[event.call])
            case SessionDetached():
                lines.detach(self, self.calls[event.call], now)
            case Offered():
                offers.offer(self, event, now)
            case OfferWithdrawn():
                offers.withdraw(self, event, now)
            case CallerReturned():
                call = self.calls[event.call]
                call.state, call.since = CallState.WAITING, now
                lines.line_up(self, call)
            case Connected():
                offers.connect(self, event, now)
            case PutOnHold():
                offers.hold(self, event, now)
            case TakenOffHold():
                offers.resume(self, event, now)
            case TakenOver():
                offers.take_over(self, event, now)
            case Abandoned():
                lines.keep_place(self, self.calls[event.call], now)
                lines.leave(self, self.calls[event.call])
            case Ended() | Diverted() | CallbackEnded():
                lines.leave(self, self.calls[event.call])
            case StepWidened():
                lines.widen(self, event)
            case NobodyThere():
                self.calls[event.call].told_nobody = True
            case SentOn():
                self.calls[event.call].sent_on = True
            case PreferenceEnded():
                lines.open_to_all(self, self.calls[event.call])
            case AgentStateChanged():
                agents.move(self, event)
            case AgentWish():
                wants_nothing = event.state is AgentState.READY
                self.agents[event.agent].wish = None if wants_nothing else Wish(event.state, event.reason, event.who)
            case SkillsChanged():
                agents.assign_skills(self, event)
            case PhoneUseChanged():
                if event.use is PhoneUse.IN_USE:
                    self.phones_in_use.add(event.phone)
                else:
                    self.phones_in_use.discard(event.phone)
            case RoutingHeld():
                self.held_until = event.until
                self.deadlines.set(event.until, Reason.HELD, "")
                if event.at_least_until is not None:
                    self.held_at_least_until = event.at_least_until
                    self.deadlines.set(event.at_least_until, Reason.HELD, "")
            case RoutingResumed():
                self.held_until = None
                self.newly_waiting.extend(call.id for call in self.calls.values() if call.matchable)
            case AskedToLeave():
                self.calls[event.call].leaving_for = event.to
            case StillWaiting() | TurnedAway():
                pass
            case StepPassed() | MessageLeft() | FaxReceived() | SurveyAnswered():
                pass
            case NumberDialled() | DialRefused() | HandedOver() | FarEndAnswered() | FarEndGone():
                pass
            case _:
                assert_never(event)
