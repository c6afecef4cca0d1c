"""The names of things, and the states and reasons that requests and events speak of.

Every time is in seconds on the engine's own clock (monotonic; `desk.py` maps it to wall time at the edge). Durations end in
`_s`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NewType

CallId = NewType("CallId", str)
"""The caller's channel: Asterisk's Uniqueid, which begins with the node's system name (`node1-1700000000.12`)."""
AgentId = NewType("AgentId", str)
QueueId = NewType("QueueId", str)
PhoneId = NewType("PhoneId", str)
"""A phone as Asterisk dials it: `PJSIP/phone1`."""
CustomerKey = NewType("CustomerKey", str)
"""A caller's number under a keyed hash: the same for every call from it, and nobody's number. Withheld numbers have none."""
NodeId = NewType("NodeId", str)
"""One Asterisk, by its system name."""

CALLBACK = "callback-"
"""What the id of a callback begins with."""


def callback_of(call: CallId) -> CallId:
    """The id of the callback that a call asks for: the same for the same call, so that asking twice makes one."""
    return CallId(f"{CALLBACK}{call}")


def is_callback(call: str) -> bool:
    """Whether this is a callback's id: it has no channel of its own while it waits."""
    return call.startswith(CALLBACK)


def node_of(call: str) -> NodeId:
    """The Asterisk a call or callback belongs to."""
    return NodeId(call.removeprefix(CALLBACK).partition("-")[0])


NameByLanguage = tuple[tuple[str, str], ...]
"""A name by language tag (`zh-CN`, `en`), in pairs; none: it has no name."""
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
    BUSY_ELSEWHERE = "busy_elsewhere"
    """Ready, but the phone is in use for something else, or said so of itself: ready again by itself when that ends."""
    ON_HOLD = "on_hold"
    """In a conversation in which one side has put the other on hold."""


class CallState(StrEnum):
    """Where a call stands on the floor; a call that ended is no longer on it."""

    WAITING = "waiting"
    OFFERED = "offered"
    RETURNING = "returning"
    """An offer was withdrawn, and the caller's session has not yet come back from the dial."""
    DIALLING = "dialling"
    """Of a callback: the agent has picked up, and the customer's phone is rung."""
    LATER = "later"
    """Of a callback: the customer was not reached, and is not tried again before the next attempt's time."""
    TALKING = "talking"
    ON_HOLD = "on_hold"
    """Talking, but one side has put the other on hold."""


class AttemptOutcome(StrEnum):
    """What became of one attempt to reach a customer."""

    REACHED = "reached"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    FAILED = "failed"
    """The network did not put it through."""


class CallbackEnd(StrEnum):
    """Why a promised callback is over without a conversation."""

    GIVEN_UP = "given_up"
    """All attempts were in vain."""
    CANCELLED = "cancelled"
    CAME_BACK = "came_back"
    """The customer called in themselves, and has the place now."""


class Hindrance(StrEnum):
    """What keeps a call from being offered to anybody just now, whoever is ready."""

    SESSION = "session"
    """The caller is not back in line yet."""
    CARRIER = "carrier"
    """The callback cannot be carried out. Who carries it out knows whether that is for the two below."""
    CALLBACK_HOURS = "callback_hours"
    """Nobody is called back at this hour."""
    ASTERISK = "asterisk"
    """The link to the callback's Asterisk is down."""


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
    ANSWERED_ELSEWHERE = "answered_elsewhere"
    """A colleague to whom the call was offered at the same time was quicker."""
    EXPIRED = "expired"
    """Nobody reported how the offer ended: its time and a margin are over."""


NOT_THEIR_DOING = frozenset({OfferFailure.CALLER_GONE, OfferFailure.SESSION_LOST, OfferFailure.ANSWERED_ELSEWHERE})
"""Why an offer ended that the agent neither refused nor missed: they are ready again at once, as if it had not been."""


class EndedBy(StrEnum):
    """Who ended a conversation: hung up first, or sent the caller on."""

    CALLER = "caller"
    AGENT = "agent"
    TRANSFER = "transfer"
    """Nobody: the agent sent the caller on to another queue."""
    UNKNOWN = "unknown"


class Side(StrEnum):
    """One of the two who talk."""

    CALLER = "caller"
    AGENT = "agent"


class Verdict(StrEnum):
    """What a decision says about one agent."""

    CHOSEN = "chosen"
    RANKED_LOWER = "ranked_lower"
    LACKS_SKILL = "lacks_skill"
    TRIED_BEFORE = "tried_before"
    KEPT = "kept"
    """Ready, and kept for a moment for a caller with the stronger claim, who is just coming back."""
    SIGNED_OUT = "signed_out"
    PAUSED = "paused"
    OFFERED = "offered"
    TALKING = "talking"
    ON_HOLD = "on_hold"
    WRAP_UP = "wrap_up"
    BUSY_ELSEWHERE = "busy_elsewhere"
    NOT_RESPONDING = "not_responding"


class PreferenceEnd(StrEnum):
    """Why a call is no longer kept for one agent."""

    PATIENCE = "patience"
    """The time for which it was kept is over."""
    AWAY = "away"
    """The agent is not there, or does not satisfy the need."""
    TRIED = "tried"
    """The agent was offered the call in vain."""


class PauseCounts(StrEnum):
    """What a pause is to figures."""

    ABSENCE = "absence"
    WORK = "work"
    """Work away from calls: training given, a meeting, mail."""


class PhoneUse(StrEnum):
    """Whether a phone is used for something besides our offers."""

    FREE = "free"
    IN_USE = "in_use"


class Opening(StrEnum):
    """Whether a queue, or a part of a flow, is open by its calendar."""

    OPEN = "open"
    CLOSED = "closed"
    """Outside the hours."""
    HOLIDAY = "holiday"
    EMERGENCY = "emergency"
    """Closed by hand, whatever the hours say."""


class TurnedAwayFor(StrEnum):
    """Why a caller was not let into a queue."""

    EMERGENCY = "emergency"
    HOLIDAY = "holiday"
    CLOSED = "closed"
    NONE_SIGNED_IN = "none_signed_in"
    FULL = "full"
    TOO_LONG = "too_long"
    """The wait to be expected is."""


class DialDoor(StrEnum):
    """By which way somebody asks for a number to be dialled."""

    CALLBACK = "callback"
    """A customer is called back."""
    AGENT = "agent"
    """An agent sends their caller on to a number, by the API or by their phone, or asks there on a second line."""
    FLOW = "flow"
    """A flow sends its caller on to a number."""


class DialRule(StrEnum):
    """The rule by which a number is not dialled."""

    NO_DIALLING = "no_dialling"
    """The configuration has no numbers to dial at all."""
    STOPPED = "stopped"
    """Somebody has thrown the emergency stop."""
    NOT_A_NUMBER = "not_a_number"
    """It has other signs than digits and a leading plus."""
    NOT_ALLOWED = "not_allowed"
    """No list that this door has names it."""
    CLOSED = "closed"
    """Nothing is dialled at this hour."""
    USER_HOUR = "user_hour"
    """Whoever asks has had as many as they may have in an hour."""
    USER_DAY = "user_day"
    SITE_HOUR = "site_hour"
    """The whole site has."""
    SITE_DAY = "site_day"


class MessageKind(StrEnum):
    """What somebody says to nobody; the tag `kind` of its recording."""

    VOICEMAIL = "voicemail"
    COMMENT = "comment"
    """About a talk, after it."""


class HandedTo(StrEnum):
    """To what a caller is handed on who waits for no agent of a queue."""

    NUMBER = "number"
    """A number outside."""
    AGENT = "agent"
    """One agent by number, at their phone."""
    FLOW = "flow"
    """Another flow, from its beginning."""


class HandOverEnd(StrEnum):
    """What became of a caller who was handed on."""

    TALKED = "talked"
    """They talked, and the far end hung up first."""
    CALLER_GONE = "caller_gone"
    """The caller hung up, ringing or talking."""
    REFUSED = "refused"
    """The policy of dialled numbers forbids it, or the agent is not there."""
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    FAILED = "failed"
    """The network did not put it through."""
    BEGUN = "begun"
    """The other flow has them."""
