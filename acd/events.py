"""What the engine answers: past facts, complete enough to rebuild every figure from them."""

from __future__ import annotations

from dataclasses import dataclass

from acd.callback import Terms
from acd.decision import Decision
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
    OfferFailure,
    PauseCounts,
    PhoneId,
    PhoneUse,
    PreferenceEnd,
    QueueId,
    Side,
    Skills,
    TurnedAwayFor,
)
from acd.plan import AgentProfile, QueuePlan


@dataclass(frozen=True, slots=True)
class PlansLoaded:
    """The floor now works by this configuration."""

    queues: tuple[QueuePlan, ...]
    agents: tuple[AgentProfile, ...]
    work_reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Queued:
    """A caller has a place in line."""

    call: CallId
    queue: QueueId
    priority: int
    need: str
    attributes: Attributes
    joined_at: float
    prefer: AgentId | None = None
    """For the time being the call is offered to this agent alone."""
    prefer_until: float | None = None
    customer: CustomerKey | None = None
    returns: CallId | None = None
    """The customer's earlier call, dropped from this place and within the grace time: it is the same contact, and its
    abandonment is taken back."""
    sent_by: AgentId | None = None
    """The agent who sent the caller on from another queue."""


@dataclass(frozen=True, slots=True)
class TurnedAway:
    """The caller was not let into the queue: neither offered, answered nor abandoned there."""

    call: CallId
    queue: QueueId
    why: TurnedAwayFor
    say: str
    divert_to: str
    measured: int = 0
    """How many stood in line, or the likely wait in seconds; 0 where the reason is no number."""
    limit: int = 0
    """How many may, or how long it may be."""
    holiday_name: NameByLanguage = ()
    """Which holiday it is closed for."""


@dataclass(frozen=True, slots=True)
class Rung:
    """An agent's phone that rings."""

    agent: AgentId
    phone: PhoneId


@dataclass(frozen=True, slots=True)
class Restored:
    """A caller found on Asterisk after a start took the old place; `state` and `agent` say in what."""

    call: CallId
    queue: QueueId
    priority: int
    need: str
    attributes: Attributes
    joined_at: float
    state: CallState
    agent: AgentId | None
    since: float
    customer: CustomerKey | None = None
    others: tuple[AgentId, ...] = ()
    """To whom the call is offered besides `agent`."""


@dataclass(frozen=True, slots=True)
class CallbackPromised:
    """A customer is called back when it is their turn: the place stays in line without a channel."""

    call: CallId
    queue: QueueId
    customer: CustomerKey
    terms: Terms
    priority: int
    need: str
    attributes: Attributes
    joined_at: float
    prefer: AgentId | None = None
    """The only agent it is offered to, until `prefer_until`."""
    prefer_until: float | None = None


@dataclass(frozen=True, slots=True)
class CallbackRestored:
    """A callback promised before a restart has its place again."""

    call: CallId
    queue: QueueId
    customer: CustomerKey
    terms: Terms
    priority: int
    need: str
    attributes: Attributes
    joined_at: float
    attempts: int
    next_at: float | None
    prefer: AgentId | None = None
    prefer_until: float | None = None


@dataclass(frozen=True, slots=True)
class CallbackDialled:
    """The agent is on the phone, and the customer's is rung."""

    call: CallId
    agent: AgentId
    queue: QueueId


@dataclass(frozen=True, slots=True)
class CallbackTried:
    """An attempt to reach the customer is over. `attempt` counts from 1; `next_at` is None where there is none to come."""

    call: CallId
    agent: AgentId
    queue: QueueId
    attempt: int
    outcome: AttemptOutcome
    next_at: float | None


@dataclass(frozen=True, slots=True)
class CallbackDue:
    """The pause after an attempt is over: the callback is matched again."""

    call: CallId
    queue: QueueId


@dataclass(frozen=True, slots=True)
class CallbackEnded:
    """The promise is over without a conversation."""

    call: CallId
    queue: QueueId
    why: CallbackEnd
    attempts: int


@dataclass(frozen=True, slots=True)
class SessionAttached:
    """A session takes this caller's orders (again)."""

    call: CallId


@dataclass(frozen=True, slots=True)
class SessionDetached:
    """Nobody takes this caller's orders: no offer until a session attaches."""

    call: CallId


@dataclass(frozen=True, slots=True)
class Offered:
    """The call is offered to the agent: ring `phone` for `ring_s` seconds, and those of `others` with it."""

    call: CallId
    agent: AgentId
    phone: PhoneId
    queue: QueueId
    ring_s: float
    decision: Decision
    others: tuple[Rung, ...] = ()
    """To whom the call is offered at the same time; the first to answer has it."""

    @property
    def agents(self) -> tuple[AgentId, ...]:
        """All to whom the call is offered, the best first."""
        return (self.agent, *(other.agent for other in self.others))

    @property
    def phones(self) -> tuple[PhoneId, ...]:
        """All phones to be rung."""
        return (self.phone, *(other.phone for other in self.others))


@dataclass(frozen=True, slots=True)
class OfferWithdrawn:
    """The offer to this agent came to nothing; the caller keeps their place, and any other agents it was made to theirs."""

    call: CallId
    agent: AgentId
    queue: QueueId
    why: OfferFailure


@dataclass(frozen=True, slots=True)
class CallerReturned:
    """The session of a caller whose offer was withdrawn is back from the dial."""

    call: CallId


@dataclass(frozen=True, slots=True)
class Connected:
    """Caller and agent talk."""

    call: CallId
    agent: AgentId
    queue: QueueId
    waited_s: float


@dataclass(frozen=True, slots=True)
class PutOnHold:
    """One of the two who talk put the other on hold."""

    call: CallId
    agent: AgentId
    queue: QueueId
    by: Side


@dataclass(frozen=True, slots=True)
class TakenOffHold:
    """Who had put the other on hold took them back."""

    call: CallId
    agent: AgentId
    queue: QueueId
    by: Side


@dataclass(frozen=True, slots=True)
class TakenOver:
    """Another agent goes on with the conversation: who talked before had called them, and handed the caller over."""

    call: CallId
    agent: AgentId
    """Who talks with the caller now."""
    queue: QueueId
    before: AgentId
    """Who handed the caller over; they wrap up."""
    talked_s: float
    """How long these two had talked, hold included."""
    held_s: float = 0.0
    """How much of it one side had the other on hold."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The conversation is over."""

    call: CallId
    agent: AgentId
    queue: QueueId
    talked_s: float
    """From the answer on, hold included."""
    by: EndedBy
    held_s: float = 0.0
    """How much of it one side had the other on hold."""


@dataclass(frozen=True, slots=True)
class Abandoned:
    """The caller hung up while waiting."""

    call: CallId
    queue: QueueId
    waited_s: float


@dataclass(frozen=True, slots=True)
class Diverted:
    """The caller left the queue without an agent and without hanging up."""

    call: CallId
    queue: QueueId
    to: str
    waited_s: float


@dataclass(frozen=True, slots=True)
class StepWidened:
    """The caller's plan reached its next step."""

    call: CallId
    queue: QueueId
    step: int
    step_name: str


@dataclass(frozen=True, slots=True)
class StillWaiting:
    """A decision that found nobody."""

    call: CallId
    queue: QueueId
    decision: Decision


@dataclass(frozen=True, slots=True)
class NobodyThere:
    """Nobody who could serve the caller is signed in and unpaused: the queue's no-agent treatment, once a wait."""

    call: CallId
    queue: QueueId
    say: str
    divert_to: str


@dataclass(frozen=True, slots=True)
class SentOn:
    """The plan's step found nobody, and sends the caller on to the flow step `to`."""

    call: CallId
    queue: QueueId
    to: str


@dataclass(frozen=True, slots=True)
class AskedToLeave:
    """The caller pressed the queue's key for the flow step `to`."""

    call: CallId
    queue: QueueId
    to: str


@dataclass(frozen=True, slots=True)
class PreferenceEnded:
    """The call is open to everybody from now on, not to the preferred `agent` alone."""

    call: CallId
    agent: AgentId
    why: PreferenceEnd


@dataclass(frozen=True, slots=True)
class AgentStateChanged:
    """An agent moved. `until` is when the state ends by itself; `call` is the call it is about."""

    agent: AgentId
    before: AgentState
    after: AgentState
    phone: PhoneId | None
    reason: str
    who: str
    since: float
    until: float | None = None
    call: CallId | None = None
    counts_as: PauseCounts | None = None
    """Of a pause: what it counts as from its beginning to its end."""


@dataclass(frozen=True, slots=True)
class AgentWish:
    """A pause or sign-out asked for during a conversation: it takes effect when that ends. `state` READY takes it back."""

    agent: AgentId
    state: AgentState
    reason: str
    who: str


@dataclass(frozen=True, slots=True)
class SkillsChanged:
    """The agent's skills from now on."""

    agent: AgentId
    skills: Skills
    who: str


@dataclass(frozen=True, slots=True)
class PhoneUseChanged:
    """The phone came into use for something that is no offer of ours, or is free of it."""

    phone: PhoneId
    use: PhoneUse


@dataclass(frozen=True, slots=True)
class RoutingHeld:
    """Nobody is offered anything until every caller without a session is back, at the longest until then."""

    until: float
    at_least_until: float | None = None
    """Nor before this, even where nobody is known to be without a session yet."""


@dataclass(frozen=True, slots=True)
class RoutingResumed:
    """Offers are made again."""


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
