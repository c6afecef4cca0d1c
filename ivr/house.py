"""What a caller's session works with; the wiring puts it together."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from acd.desk import Desk
from acd.events import Offered
from acd.names import AgentId, Attributes, CallId, CustomerKey, DialRule, MessageKind, QueueId
from ivr.calendars.switches import Calendars
from ivr.caller import FaxCame
from ivr.dialling.policy import Permit, Wish
from ivr.flows.files import Flows
from ivr.lookups.port import Lookups
from ivr.tickets.ticket import Place, TicketOffice

Tape = Callable[[Offered, Attributes, float], Awaitable[str | None]]
"""Told of an offer, the call's attributes and the seconds waited: the file to record into as Asterisk sees it, or none."""


Hush = Callable[[CallId], None]
"""Ends at once what is being played to the caller; it returns before that is done, and fails silently."""


Unrecorded = Callable[[CallId], AbstractAsyncContextManager[None]]
"""Has whatever records this call write silence inside the `async with`; where that fails the caller is served all the same."""
DialIsOver = Callable[[CallId], Awaitable[bool]]
"""Whether Asterisk says that it dials nobody for this caller any more; False where it does not say."""
EndRinging = Callable[[CallId], None]
"""Ends what still rings for a caller, whose dial then ends by itself. Returns before that, fails silently."""
HandIn = Callable[[CallId], None]
"""Has the dialplan hand a caller in again who is held in a session that is cut off, once nobody is dialled for them any more.

An agent's channel that carries out a callback is ended instead. Returns before that, fails silently.
"""


class Sounds(Protocol):
    """Finds what Asterisk calls a prompt."""

    def sound(self, prompt: str, language: str) -> str:
        """Return the sound of a prompt in a language."""
        ...

    def lasts(self, sound: str) -> float | None:
        """Return how many seconds a sound lasts, at the most; None: not known."""
        ...


class Customers(Protocol):
    """Knows customers by the numbers they call from."""

    def known_by(self, number: str) -> CustomerKey | None:
        """Return the customer's key; None for a withheld number."""
        ...

    async def last_agent(self, customer: CustomerKey) -> AgentId | None:
        """Return whom the customer talked with last; None where that is not known at once."""
        ...


class Promise(StrEnum):
    """What became of a caller's wish to be called back."""

    MADE = "made"
    EXISTS = "exists"
    """They are promised one from this queue already."""
    REFUSED = "refused"
    """Not for this number today, or it cannot be kept at the moment."""


@dataclass(frozen=True, slots=True)
class Errand:
    """A callback to be carried out: the offer that the agent took, and how the customer is dialled."""

    offered: Offered
    wish: Wish
    """The customer's number, to be asked for."""
    ring_s: float


class Callbacks(Protocol):
    """Keeps promises to call back."""

    def may_call(self, number: str) -> bool:
        """Say whether this number may be dialled; no number may where callbacks are not configured."""
        ...

    def refused(self, call: CallId, number: str) -> None:
        """Tell that the caller asked in vain to be called on this number."""
        ...

    async def promise(self, call: CallId, number: str, place: Place) -> Promise:
        """Promise the caller of `call` to be called back at their turn; `place.customer` is whose number it is."""
        ...

    def waited_s(self, customer: CustomerKey, queue: QueueId) -> float:
        """Return how long the callback waits whose place this customer takes when they call in themselves; 0: there is none."""
        ...

    async def came_back(self, customer: CustomerKey, queue: QueueId) -> None:
        """End the callback of a customer who stands in line themselves now, where they take its place."""
        ...

    def errand(self, call: CallId) -> Errand | None:
        """Return what a callback's channel is to do; None where there is no such callback."""
        ...


@dataclass(frozen=True, slots=True)
class MessageOrder:
    """A message about to be taken, and for whom it is."""

    call: CallId
    kind: MessageKind
    flow: str
    attributes: Attributes
    """What the flow learned of the caller."""
    queue: QueueId | None = None
    agent: AgentId | None = None


class Messages(Protocol):
    """Takes what callers say to nobody, and makes recordings of it."""

    async def begin(self, order: MessageOrder) -> str:
        """Return the id of a new recording. Its file is `file`, until it is kept or dropped."""
        ...

    def file(self, recording: str) -> str:
        """Name the file that the caller is to be recorded into, as Asterisk sees it."""
        ...

    def sound(self, recording: str) -> str:
        """Name the same as a sound to be played."""
        ...

    async def says_something(self, recording: str, least_s: float) -> bool:
        """Say whether there are so many seconds of speech in it."""
        ...

    async def keep(self, recording: str, least_s: float) -> bool:
        """Make a recording of it, where there are so many seconds of speech in it; say whether it was."""
        ...

    async def drop(self, recording: str) -> None:
        """Forget it."""
        ...


@dataclass(frozen=True, slots=True)
class FaxOrder:
    """A fax about to be received, and for whom it is."""

    call: CallId
    flow: str
    attributes: Attributes
    """What the flow learned of the caller."""
    queue: QueueId | None = None
    agent: AgentId | None = None


class Faxes(Protocol):
    """Takes in what callers' machines send."""

    async def begin(self, order: FaxOrder) -> str:
        """Name the file that the fax is to come into, as Asterisk sees it."""
        ...

    async def keep(self, call: CallId, came: FaxCame | None) -> int:
        """File the call's fax and return how many whole pages it has; None: nobody could ask how it ended."""
        ...

    def leave(self, call: CallId) -> None:
        """Leave what comes in to be filed later: the link to Asterisk is lost, which may still receive it."""
        ...


class Dialling(Protocol):
    """The policy of dialled numbers."""

    def ask(self, wish: Wish) -> Permit | DialRule:
        """Permit the wish and count it, or name the rule that forbids it; either is told on the feed."""
        ...


@dataclass(frozen=True, slots=True)
class House:
    """What a caller's session works with."""

    desk: Desk
    flows: Callable[[], Flows]
    """The flows as they are now: a session keeps the one it began with."""
    sounds: Sounds
    tickets: TicketOffice
    calendars: Calendars
    tape: Tape
    messages: Messages
    faxes: Faxes
    customers: Customers
    hush: Hush
    unrecorded: Unrecorded
    hand_in: HandIn
    dial_is_over: DialIsOver
    end_ringing: EndRinging
    callbacks: Callbacks
    dialling: Dialling
    lookups: Lookups
    agents_language: Callable[[], str]
    """The folder of prompts in which agents are spoken to, as configured now."""
    faults_borne: int = 2
    """How often a call may be handed in again after a mistake of ours; after one more it goes to the fail-safe."""
