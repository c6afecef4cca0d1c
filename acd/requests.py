"""What the engine is asked: wishes of people, and facts that were seen. Frozen: a request never keeps state."""

from __future__ import annotations

from dataclasses import dataclass

from acd.callback import Terms
from acd.facts import Fact
from acd.names import (
    AgentId,
    AgentState,
    AttemptOutcome,
    Attributes,
    CallbackEnd,
    CallId,
    CallState,
    CustomerKey,
    EndedBy,
    NameByLanguage,
    NodeId,
    OfferFailure,
    Opening,
    PhoneId,
    QueueId,
    Side,
    Skills,
)
from acd.plans.plan import AgentProfile, QueuePlan


@dataclass(frozen=True, slots=True)
class CallerJoined:
    """A caller's session asks for an agent, for the first time or again after a restart (with the time on its ticket)."""

    call: CallId
    queue: QueueId
    priority: int = 0
    """Higher goes first."""
    need: str = ""
    """The caller's own need from the flow, CEL, in force in every step that does not ignore it."""
    attributes: Attributes = ()
    joined_at: float | None = None
    """When the caller took their place; None means now: a newcomer, for whom the queue's limits and hours hold."""
    prefer: AgentId | None = None
    """Whom the caller is kept for: the last agent they talked with, their account's owner, a named one."""
    prefer_s: float = 0.0
    """For so many seconds of waiting."""
    customer: CustomerKey | None = None
    """Who calls; None where the number is withheld."""
    opening: Opening = Opening.OPEN
    """Whether the queue is open by its calendar: hours are the wall clock's, which the engine does not read."""
    holiday_name: NameByLanguage = ()
    """Which holiday it is closed for."""
    sent_by: AgentId | None = None
    """The agent who sent the caller on from another queue; they are not tried first."""
    expected_wait_s: float | None = None
    """The likely wait, forecast as the caller came, for a queue that turns away where it is too long; None: not known."""


@dataclass(frozen=True, slots=True)
class SessionLost:
    """The session of a caller who is still on the line broke off; the dialplan will hand the caller in again."""

    call: CallId


@dataclass(frozen=True, slots=True)
class StoodStill:
    """The service stood still and goes on: callers may have been taken out of their sessions, and are handed in again."""


@dataclass(frozen=True, slots=True)
class CallerGone:
    """The caller's channel ended (AMI Hangup)."""

    call: CallId


@dataclass(frozen=True, slots=True)
class CallerLeft:
    """The caller left the queue for `to` (a flow step, another queue, voicemail) without an agent."""

    call: CallId
    to: str


@dataclass(frozen=True, slots=True)
class KeyPressed:
    """A caller in line pressed a key (AMI DTMFEnd)."""

    call: CallId
    key: str


@dataclass(frozen=True, slots=True)
class OfferRefused:
    """The dial of an offer ended without a conversation; the caller's session is back and can take orders again.

    `agent` is any of those to whom the offer was made.
    """

    call: CallId
    agent: AgentId
    why: OfferFailure


@dataclass(frozen=True, slots=True)
class OneOfSeveralRefused:
    """Of several phones that ring for one offer this one does not any more (AMI DialEnd); the others decide the offer."""

    call: CallId
    agent: AgentId
    why: OfferFailure


@dataclass(frozen=True, slots=True)
class ConversationStarted:
    """The agent picked up, heard and accepted where they were asked, and was joined to the caller (AMI DialEnd ANSWER)."""

    call: CallId
    agent: AgentId


@dataclass(frozen=True, slots=True)
class ConversationEnded:
    """The conversation is over (AMI: one of its two channels hung up)."""

    call: CallId
    agent: AgentId
    by: EndedBy


@dataclass(frozen=True, slots=True)
class CallbackWanted:
    """A caller asks to be called back; `call` is the callback's id (`names.callback_of`)."""

    call: CallId
    customer: CustomerKey
    queue: QueueId
    terms: Terms
    priority: int = 0
    need: str = ""
    attributes: Attributes = ()
    joined_at: float | None = None
    """When the caller took their place in line; None means now."""
    prefer: AgentId | None = None
    """For whom it is kept, until it has waited `prefer_s`."""
    prefer_s: float = 0.0


@dataclass(frozen=True, slots=True)
class CallbackReadBack:
    """A callback that was promised before the service stopped (read back from Redis)."""

    call: CallId
    customer: CustomerKey
    queue: QueueId
    terms: Terms
    priority: int
    need: str
    attributes: Attributes
    joined_at: float
    attempts: int
    next_at: float | None
    """Not tried before; None: whenever an agent is free."""
    prefer: AgentId | None = None
    prefer_until: float | None = None


@dataclass(frozen=True, slots=True)
class CarrierReady:
    """Whoever carries out callbacks takes this one's orders (again). `SessionLost` takes it back."""

    call: CallId


@dataclass(frozen=True, slots=True)
class CarrierGone:
    """The channel that carried out the callback, the agent's own, has ended (AMI Hangup)."""

    call: CallId
    picked_up: bool = False
    """The agent had picked up, so they hung up; else their phone has stopped ringing, and others tell why."""
    cut: bool = False
    """Its session had been cut off before, and could end nothing any more: that it ended is not the agent's doing."""


@dataclass(frozen=True, slots=True)
class CustomerDialled:
    """The agent picked up for a callback, and the customer's phone is about to be rung."""

    call: CallId
    agent: AgentId


@dataclass(frozen=True, slots=True)
class CustomerMissed:
    """The customer's phone was rung in vain. `outcome` is never REACHED: answers are AMI's to tell."""

    call: CallId
    agent: AgentId
    outcome: AttemptOutcome


@dataclass(frozen=True, slots=True)
class CallbackDropped:
    """A callback that waits is not wanted any more."""

    call: CallId
    why: CallbackEnd


@dataclass(frozen=True, slots=True)
class ConversationTakenOver:
    """An agent has handed their caller over to whom they had called meanwhile (attended transfer)."""

    call: CallId
    before: AgentId
    agent: AgentId | None
    """Who talks with the caller now; None: nobody who is signed in."""


@dataclass(frozen=True, slots=True)
class CallHeld:
    """One of two who talk put the other on hold (AMI Hold of their channel)."""

    call: CallId
    by: Side


@dataclass(frozen=True, slots=True)
class CallResumed:
    """Who had put the other on hold took them back (AMI Unhold of their channel)."""

    call: CallId
    by: Side


@dataclass(frozen=True, slots=True)
class AgentSignedIn:
    """`who` is who asked: `agent:1001`, `phone:PJSIP/phone1`, `api`, `system`. A signed-in agent starts paused (`sign_in`)."""

    agent: AgentId
    phone: PhoneId
    who: str


@dataclass(frozen=True, slots=True)
class AgentSignedOut:
    """Ends the shift; during a conversation it takes effect when that ends."""

    agent: AgentId
    who: str


@dataclass(frozen=True, slots=True)
class AgentReady:
    """The agent takes calls; ends a pause, a wrap-up or Not Responding."""

    agent: AgentId
    who: str


@dataclass(frozen=True, slots=True)
class AgentPaused:
    """No more offers; during a conversation or wrap-up it takes effect when that ends. A live offer is withdrawn."""

    agent: AgentId
    reason: str
    who: str


@dataclass(frozen=True, slots=True)
class SkillsAssigned:
    """The agent's skills from now on, effective at once on callers already waiting."""

    agent: AgentId
    skills: Skills
    who: str


@dataclass(frozen=True, slots=True)
class PhoneInUse:
    """The phone is used for something that is no offer of ours (AMI): it is not rung meanwhile."""

    phone: PhoneId


@dataclass(frozen=True, slots=True)
class PhoneFree:
    """What the phone was used for besides our offers is over."""

    phone: PhoneId


@dataclass(frozen=True, slots=True)
class AgentRestored:
    """An agent as they were before the service stopped (read back from Redis). `state` is never one on a call but WRAP_UP."""

    agent: AgentId
    phone: PhoneId
    state: AgentState
    reason: str
    since: float
    until: float | None
    """End of a wrap-up."""
    skills: Skills | None
    """Skills assigned at run time; None where the configured ones hold."""


@dataclass(frozen=True, slots=True)
class SeenCall:
    """A caller's channel found on Asterisk, with what its ticket says."""

    call: CallId
    queue: QueueId
    priority: int
    need: str
    attributes: Attributes
    joined_at: float
    state: CallState
    """WAITING, OFFERED (the agent's phone is ringing) or TALKING."""
    agent: AgentId | None
    since: float
    phone: PhoneId | None = None
    """The phone that rings or talks."""
    customer: CustomerKey | None = None
    holders: tuple[Side, ...] = ()
    """Who of two who talk has put the other on hold."""
    others: tuple[AgentId, ...] = ()
    """Whose phones ring for this caller besides the agent's."""


@dataclass(frozen=True, slots=True)
class SeenCallback:
    """An agent's channel found on Asterisk that carries out a callback."""

    call: CallId
    phone: PhoneId
    state: CallState
    """OFFERED (the agent's phone rings), DIALLING (the customer's does) or TALKING."""


@dataclass(frozen=True, slots=True)
class WorldSeen:
    """All of one node's callers with a place in line, rebuilt after an AMI login. What the floor knows beyond it is over."""

    node: NodeId
    calls: tuple[SeenCall, ...]
    phones_in_use: tuple[PhoneId, ...] = ()
    """Phones that are used for something else than these calls, through whichever node; all others are free."""
    callbacks: tuple[SeenCallback, ...] = ()


@dataclass(frozen=True, slots=True)
class Configured:
    """All queues and agents, at start and after a reload; waiting callers continue under the new plans."""

    queues: tuple[QueuePlan, ...]
    agents: tuple[AgentProfile, ...]
    work_reasons: tuple[str, ...] = ()
    """Reasons for pauses that count as work; all others are absence."""


@dataclass(frozen=True, slots=True)
class Noted:
    """A session did something that moves nobody on the floor: tell it on the feed."""

    fact: Fact


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
