"""What the engine answers: past facts, complete enough to rebuild every figure from them. All are imported from here."""

from __future__ import annotations

from dataclasses import dataclass

from acd.events.agents import AgentStateChanged, AgentWish, PhoneUseChanged, SkillsChanged
from acd.events.callbacks import (
    CallbackDialled,
    CallbackDue,
    CallbackEnded,
    CallbackPromised,
    CallbackRestored,
    CallbackTried,
)
from acd.events.calls import (
    Abandoned,
    AskedToLeave,
    Diverted,
    NobodyThere,
    PreferenceEnded,
    Queued,
    Restored,
    SentOn,
    SessionAttached,
    SessionDetached,
    StepWidened,
    StillWaiting,
    TurnedAway,
)
from acd.events.floor import PlansLoaded, RoutingHeld, RoutingResumed
from acd.events.offers import (
    CallerReturned,
    Connected,
    Ended,
    Offered,
    OfferWithdrawn,
    PutOnHold,
    Rung,
    TakenOffHold,
    TakenOver,
)
from acd.facts import Fact

__all__ = [
    "Abandoned",
    "AgentStateChanged",
    "AgentWish",
    "AskedToLeave",
    "CallbackDialled",
    "CallbackDue",
    "CallbackEnded",
    "CallbackPromised",
    "CallbackRestored",
    "CallbackTried",
    "CallerReturned",
    "Connected",
    "Diverted",
    "Ended",
    "Event",
    "NobodyThere",
    "OfferWithdrawn",
    "Offered",
    "PhoneUseChanged",
    "PlansLoaded",
    "PreferenceEnded",
    "PutOnHold",
    "Queued",
    "Restored",
    "RoutingHeld",
    "RoutingResumed",
    "Rung",
    "SentOn",
    "SessionAttached",
    "SessionDetached",
    "SkillsChanged",
    "Stamped",
    "StepWidened",
    "StillWaiting",
    "TakenOffHold",
    "TakenOver",
    "TurnedAway",
]

Event = (
    PlansLoaded
    | Queued
    | TurnedAway
    | Restored
    | CallbackPromised
    | CallbackRestored
    | CallbackDialled
    | CallbackTried
    | CallbackDue
    | CallbackEnded
    | SessionAttached
    | SessionDetached
    | Offered
    | OfferWithdrawn
    | CallerReturned
    | Connected
    | PutOnHold
    | TakenOffHold
    | TakenOver
    | Ended
    | Abandoned
    | Diverted
    | StepWidened
    | StillWaiting
    | NobodyThere
    | SentOn
    | AskedToLeave
    | PreferenceEnded
    | AgentStateChanged
    | AgentWish
    | SkillsChanged
    | PhoneUseChanged
    | RoutingHeld
    | RoutingResumed
    | Fact
)


@dataclass(frozen=True, slots=True)
class Stamped:
    """An event on the feed: numbered without gaps within one run of the service, with both clocks.

    `at` is the engine's clock, `wall` seconds since the Unix epoch at the same moment. `run` names the run of the service.
    """

    seq: int
    run: str
    at: float
    wall: float
    event: Event
