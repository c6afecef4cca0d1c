"""What the engine is asked: wishes of people, and facts that were seen. Frozen: a request never keeps state.

All are imported from here.
"""

from __future__ import annotations

from acd.requests.agents import (
    AgentPaused,
    AgentReady,
    AgentRestored,
    AgentSignedIn,
    AgentSignedOut,
    PhoneFree,
    PhoneInUse,
    SkillsAssigned,
)
from acd.requests.callbacks import (
    CallbackDropped,
    CallbackReadBack,
    CallbackWanted,
    CarrierGone,
    CarrierReady,
    CustomerDialled,
    CustomerMissed,
)
from acd.requests.callers import CallerGone, CallerJoined, CallerLeft, KeyPressed, SessionLost
from acd.requests.conversations import (
    CallHeld,
    CallResumed,
    ConversationEnded,
    ConversationStarted,
    ConversationTakenOver,
)
from acd.requests.floor import Configured, Noted, SeenCall, SeenCallback, StoodStill, WorldSeen
from acd.requests.offers import OfferRefused, OneOfSeveralRefused

__all__ = [
    "AgentPaused",
    "AgentReady",
    "AgentRestored",
    "AgentSignedIn",
    "AgentSignedOut",
    "CallHeld",
    "CallResumed",
    "CallbackDropped",
    "CallbackReadBack",
    "CallbackWanted",
    "CallerGone",
    "CallerJoined",
    "CallerLeft",
    "CarrierGone",
    "CarrierReady",
    "Configured",
    "ConversationEnded",
    "ConversationStarted",
    "ConversationTakenOver",
    "CustomerDialled",
    "CustomerMissed",
    "KeyPressed",
    "Noted",
    "OfferRefused",
    "OneOfSeveralRefused",
    "PhoneFree",
    "PhoneInUse",
    "Request",
    "SeenCall",
    "SeenCallback",
    "SessionLost",
    "SkillsAssigned",
    "StoodStill",
    "WorldSeen",
]

Request = (
    CallerJoined
    | SessionLost
    | StoodStill
    | CallerGone
    | CallerLeft
    | KeyPressed
    | OfferRefused
    | OneOfSeveralRefused
    | CallbackWanted
    | CallbackReadBack
    | CarrierReady
    | CarrierGone
    | CustomerDialled
    | CustomerMissed
    | CallbackDropped
    | ConversationStarted
    | ConversationEnded
    | ConversationTakenOver
    | CallHeld
    | CallResumed
    | AgentSignedIn
    | AgentSignedOut
    | AgentReady
    | AgentPaused
    | SkillsAssigned
    | PhoneInUse
    | PhoneFree
    | AgentRestored
    | WorldSeen
    | Configured
    | Noted
)
