"""The engine's words: what it is asked (requests), what it answers (events), and the names of things.

Every time is in seconds on the engine's own clock (monotonic; `desk.py` maps it to wall time at the edge). Durations
end in `_s`. All records are frozen: a message is a fact or a wish, never a place to keep state.

Requests are named as what was asked or seen, events as past facts.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

CallId = NewType("CallId", str)
"""The caller's channel: Asterisk's Uniqueid, which begins with the node's system name (`node1-1700000000.12`)."""
AgentId = NewType("AgentId", str)
QueueId = NewType("QueueId", str)
PhoneId = NewType("PhoneId", str)
"""A phone as Asterisk dials it: `PJSIP/phone1`."""
NodeId = NewType("NodeId", str)
"""One Asterisk, by its system name."""

Attributes = tuple[tuple[str, str | int | float | bool], ...]
"""What the flow learned of a call (language, topic, menu path): pairs sorted by name, seen by needs as `call.NAME`."""
Skills = tuple[tuple[str, int], ...]
"""An agent's skills with levels 1-10: pairs sorted by name, seen by needs as `skill.NAME`."""


class AgentState(StrEnum):
    """Where an agent stands; `agents.py` holds the table of legal moves."""

    SIGNED_OUT = "signed_out"
    READY = "ready"
    OFFERED = "offered"
    TALKING = "talking"
    WRAP_UP = "wrap_up"
    PAUSED = "paused"
    NOT_RESPONDING = "not_responding"


class CallState(StrEnum):
    """Where a call stands on the floor; a call that ended is no longer on it."""

    WAITING = "waiting"
    OFFERED = "offered"
    RETURNING = "returning"
    """An offer was withdrawn, and the caller's session has not yet come back from the dial."""
    TALKING = "talking"


class OfferFailure(StrEnum):
    """Why an offer came to nothing."""

    NO_ANSWER = "no_answer"
    BUSY = "busy"
    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    ERROR = "error"
    AGENT_PAUSED = "agent_paused"
    AGENT_SIGNED_OUT = "agent_signed_out"
    CALLER_GONE = "caller_gone"
    SESSION_LOST = "session_lost"
    EXPIRED = "expired"
    """Nobody reported how the offer ended: its time and a margin are over."""


class EndedBy(StrEnum):
    """Who hung up a conversation first."""

    CALLER = "caller"
    AGENT = "agent"
    UNKNOWN = "unknown"


class Verdict(StrEnum):
    """What a decision says about one agent."""

    CHOSEN = "chosen"
    RANKED_LOWER = "ranked_lower"
    LACKS_SKILL = "lacks_skill"
    TRIED_BEFORE = "tried_before"
    SIGNED_OUT = "signed_out"
    PAUSED = "paused"
    OFFERED = "offered"
    TALKING = "talking"
    WRAP_UP = "wrap_up"
    NOT_RESPONDING = "not_responding"


# ---------------------------------------------------------------------------------------------------- decisions


@dataclass(frozen=True, slots=True)
class Candidate:
    """One agent as a decision saw them. `changes_at` is when the verdict may change by itself, where that is known."""

    agent: AgentId
    verdict: Verdict
    changes_at: float | None = None
    reason: str = ""
    """The pause reason, where the verdict is PAUSED."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Why a call was offered to whom, or to nobody: what the board, the record and `switchboard explain` all print."""

    step: int
    step_name: str
    need: str
    """The need in force, as CEL text; empty where the step asks for none."""
    candidates: tuple[Candidate, ...]
    """The queue's agents, best first; at most `CANDIDATES_KEPT` of them."""
    left_out: int = 0
    """How many agents more were looked at than `candidates` lists."""
    next_change_at: float | None = None
    """When the next change by time alone may come (a step widens, a wrap-up ends); None where only people can change it."""
    held_until: float | None = None
    """Routing waits for callers to be re-adopted after a start, at the longest until then."""

    @property
    def chosen(self) -> AgentId | None:
        """The agent it was offered to, if any."""
        return next((c.agent for c in self.candidates if c.verdict is Verdict.CHOSEN), None)


# ---------------------------------------------------------------------------------------------------- requests


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
    """When the caller took their place; None means now."""


@dataclass(frozen=True, slots=True)
class SessionLost:
    """The session of a caller who is still on the line broke off; the dialplan will hand the caller in again."""

    call: CallId


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
class OfferRefused:
    """The dial of an offer ended without a conversation; the caller's session is back and can take orders again."""

    call: CallId
    agent: AgentId
    why: OfferFailure


@dataclass(frozen=True, slots=True)
class ConversationStarted:
    """The agent's phone was answered and joined to the caller (AMI DialEnd ANSWER)."""

    call: CallId
    agent: AgentId


@dataclass(frozen=True, slots=True)
class ConversationEnded:
    """The conversation is over (AMI: one of its two channels hung up)."""

    call: CallId
    agent: AgentId
    by: EndedBy


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
class AgentRestored:
    """An agent as they were before the service stopped (read back from Redis). `state` is never OFFERED or TALKING."""

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


@dataclass(frozen=True, slots=True)
class WorldSeen:
    """All of one node's callers with a place in line, rebuilt after an AMI login. What the floor knows beyond it is over."""

    node: NodeId
    calls: tuple[SeenCall, ...]


@dataclass(frozen=True, slots=True)
class AgentProfile:
    """What configuration says of an agent."""

    agent: AgentId
    name: str
    skills: Skills
    queues: tuple[QueueId, ...]
    wrap_up_s: float | None = None
    """The agent's own wrap-up; the longer of this and the queue's holds."""


class CallerNeed(StrEnum):
    """Whether a plan's step asks for the caller's own need too."""

    REQUIRED = "required"
    IGNORED = "ignored"


class AfterNoAnswer(StrEnum):
    """What becomes of an agent whose phone rang out."""

    NOT_RESPONDING = "not_responding"
    PAUSED = "paused"
    READY = "ready"


@dataclass(frozen=True, slots=True)
class PlanStep:
    """One step of a queue's plan: who may serve a caller who has waited `after_s` seconds."""

    name: str
    after_s: float
    need: str = ""
    caller_need: CallerNeed = CallerNeed.REQUIRED


@dataclass(frozen=True, slots=True)
class QueuePlan:
    """A queue and the rules of its waiting callers."""

    queue: QueueId
    name: str
    steps: tuple[PlanStep, ...]
    ring_s: float = 20.0
    wrap_up_s: float = 0.0
    after_no_answer: AfterNoAnswer = AfterNoAnswer.NOT_RESPONDING
    retry_agent_after_s: float = 30.0
    """How long the same agent is not tried again for the same call."""
    no_agent_say: str = ""
    """Prompt said once when nobody who could serve the caller is signed in and unpaused; empty says nothing."""
    no_agent_divert: str = ""
    """Flow step such a caller is sent to; empty lets them wait."""
    answer_within_s: float = 20.0
    """The service level's threshold T."""
    short_abandon_s: float = 5.0
    music: str = "default"


@dataclass(frozen=True, slots=True)
class Configured:
    """All queues and agents, at start and after a reload; waiting callers continue under the new plans."""

    queues: tuple[QueuePlan, ...]
    agents: tuple[AgentProfile, ...]


Request = (
    CallerJoined
    | SessionLost
    | CallerGone
    | CallerLeft
    | OfferRefused
    | ConversationStarted
    | ConversationEnded
    | AgentSignedIn
    | AgentSignedOut
    | AgentReady
    | AgentPaused
    | SkillsAssigned
    | AgentRestored
    | WorldSeen
    | Configured
)

# ---------------------------------------------------------------------------------------------------- events


@dataclass(frozen=True, slots=True)
class PlansLoaded:
    """The floor now works by this configuration."""

    queues: tuple[QueuePlan, ...]
    agents: tuple[AgentProfile, ...]


@dataclass(frozen=True, slots=True)
class Queued:
    """A caller has a place in line.."""

    call: CallId
    queue: QueueId
    priority: int
    need: str
    attributes: Attributes
    joined_at: float


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
    """The call is offered to the agent: ring `phone` for `ring_s` seconds."""

    call: CallId
    agent: AgentId
    phone: PhoneId
    queue: QueueId
    ring_s: float
    decision: Decision


@dataclass(frozen=True, slots=True)
class OfferWithdrawn:
    """The offer came to nothing; the caller keeps their place."""

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
class Ended:
    """The conversation is over."""

    call: CallId
    agent: AgentId
    queue: QueueId
    talked_s: float
    by: EndedBy


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
class RoutingHeld:
    """After a restart nobody is offered anything until every restored caller is back, at the longest until then."""

    until: float


@dataclass(frozen=True, slots=True)
class RoutingResumed:
    """Offers are made again."""


Event = (
    PlansLoaded
    | Queued
    | Restored
    | SessionAttached
    | SessionDetached
    | Offered
    | OfferWithdrawn
    | CallerReturned
    | Connected
    | Ended
    | Abandoned
    | Diverted
    | StepWidened
    | StillWaiting
    | NobodyThere
    | AgentStateChanged
    | AgentWish
    | SkillsChanged
    | RoutingHeld
    | RoutingResumed
)

CANDIDATES_KEPT = 20
"""How many candidates a decision's record lists."""


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
