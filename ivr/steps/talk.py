"""What a flow and the session that carries it out say to each other: what to do next, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from acd.names import AgentId, Attributes, HandOverEnd, MessageKind, Opening, QueueId
from ivr.lookups.port import Inquiry, Learned, NotLearned
from ivr.prompts.spoken_values import Said

# What came of the last thing that was done:


@dataclass(frozen=True, slots=True)
class Entered:
    """Nothing yet: the caller comes to the state's step, for the first time or again after a crash."""


@dataclass(frozen=True, slots=True)
class Done:
    """The prompt was played."""


@dataclass(frozen=True, slots=True)
class Pressed:
    """The caller pressed a key; empty: none in time."""

    key: str


@dataclass(frozen=True, slots=True)
class Digits:
    """The caller entered digits (and stars); empty: none in time. Never to be logged."""

    entered: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class LeftQueue:
    """The caller left the queue for a step of this flow: without an agent, or after they have talked with one."""

    to: str
    learned: Mapping[str, str] = field(default_factory=dict)
    """Variables set in going."""


@dataclass(frozen=True, slots=True)
class Stands:
    """How the calendar stands that was asked for."""

    opening: Opening


@dataclass(frozen=True, slots=True)
class CallbackAgreed:
    """The caller will be called back; their place waits without them."""


@dataclass(frozen=True, slots=True)
class CallbackDeclined:
    """The caller will not be called back: they do not want it, or it is not possible."""


@dataclass(frozen=True, slots=True)
class MessageTaken:
    """The caller left a message, and it is kept."""


@dataclass(frozen=True, slots=True)
class NoMessage:
    """The caller said nothing, or does not want it sent; or it could not be kept."""


@dataclass(frozen=True, slots=True)
class FaxTaken:
    """The caller's machine sent at least a page, and it is kept."""


@dataclass(frozen=True, slots=True)
class NoFax:
    """No page came, or it could not be kept."""


@dataclass(frozen=True, slots=True)
class HandedOn:
    """The caller was handed on, and is back."""

    end: HandOverEnd


CameOf = (
    Done
    | Pressed
    | Digits
    | Stands
    | CallbackAgreed
    | CallbackDeclined
    | Learned
    | NotLearned
    | MessageTaken
    | NoMessage
    | FaxTaken
    | NoFax
    | HandedOn
)
"""What a step hears of what it asked to be done."""
Heard = Entered | LeftQueue | CameOf

# What to do next:


@dataclass(frozen=True, slots=True)
class DoSay:
    """Say this."""

    said: Said


@dataclass(frozen=True, slots=True)
class DoAsk:
    """Say this and wait for a key, which may come at once where `barge_in` is true."""

    said: Said
    wait_s: float
    barge_in: bool


@dataclass(frozen=True, slots=True)
class DoAskDigits:
    """Say this and take digits, which may be entered at once, until `most` or `#`.

    `masked`: the digits are a secret, and are not recorded.
    """

    said: Said
    most: int
    wait_s: float
    masked: bool


@dataclass(frozen=True, slots=True)
class DoLookUpHours:
    """Ask how this calendar stands now."""

    calendar: str


@dataclass(frozen=True, slots=True)
class DoRoute:
    """Queue the caller."""

    queue: QueueId
    need: str
    priority: int
    nobody: str
    turned_away: str = ""
    attributes: Attributes = ()
    """What goes with the caller."""
    after: str = ""


@dataclass(frozen=True, slots=True)
class DoOfferCallback:
    """Agree with the caller on being called back, if they want it."""

    queue: QueueId
    need: str
    priority: int


@dataclass(frozen=True, slots=True)
class DoTakeMessage:
    """Play the prompt and record a message, for a queue or an agent where one is named."""

    prompt: str
    most_s: float
    silence_s: float
    least_s: float = 1.0
    """With less speech in it, it is none."""
    review: bool = False
    """Whether the caller may hear it, and say it again."""
    queue: QueueId | None = None
    agent: AgentId | None = None
    kind: MessageKind = MessageKind.VOICEMAIL
    """A comment is about the talk that the caller has had, and with whom."""


@dataclass(frozen=True, slots=True)
class DoReceiveFax:
    """Receive a fax, for a queue or an agent where one is named."""

    queue: QueueId | None = None
    agent: AgentId | None = None


@dataclass(frozen=True, slots=True)
class DoLookUp:
    """Ask another system; the caller hears the prompt, if there is one, and music until the answer is there."""

    inquiry: Inquiry
    prompt: str
    music: str


@dataclass(frozen=True, slots=True)
class DoRingNumber:
    """Ring a number outside, where the policy of dialled numbers permits it. Personal: never to be logged."""

    number: str


@dataclass(frozen=True, slots=True)
class DoRingAgent:
    """Ring one agent, where they are free."""

    agent: AgentId
    ring_s: float


@dataclass(frozen=True, slots=True)
class DoEnterFlow:
    """Go on at the beginning of another flow, with what was learned of the caller."""

    flow: str


@dataclass(frozen=True, slots=True)
class DoNoteAnswer:
    """Tell what the caller answered to a question after a talk; None: nothing."""

    question: str
    answer: int | None


@dataclass(frozen=True, slots=True)
class DoHangUp:
    """Say this, if it is anything, and hang up."""

    said: Said


DoAndHear = (
    DoSay
    | DoAsk
    | DoAskDigits
    | DoLookUpHours
    | DoRoute
    | DoOfferCallback
    | DoTakeMessage
    | DoReceiveFax
    | DoLookUp
    | DoRingNumber
    | DoRingAgent
    | DoNoteAnswer
)
"""What something comes of."""
Do = DoAndHear | DoEnterFlow | DoHangUp
