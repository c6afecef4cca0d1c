"""What a caller's session works with; the wiring puts it together."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from acd.desk import Desk
from acd.events import Offered
from acd.names import AgentId, Attributes, CallId, CustomerKey
from ivr.calendars import Calendars
from ivr.flow_file import Flows
from ivr.ticket import TicketOffice

Tape = Callable[[Offered, Attributes, float], Awaitable[str | None]]
"""Told of an offer, the call's attributes and the seconds waited: the file to record into as Asterisk sees it, or none."""
MessageFile = Callable[[CallId], str]
"""The file a caller's message is recorded into, as Asterisk sees it."""


Hush = Callable[[CallId], None]
"""Ends at once what is being played to the caller; it returns before that is done, and fails silently."""


class Sounds(Protocol):
    """Finds what Asterisk calls a prompt."""

    def sound(self, prompt: str, language: str) -> str:
        """Return the sound of a prompt in a language."""
        ...


class Customers(Protocol):
    """Knows customers by the numbers they call from."""

    def known_by(self, number: str) -> CustomerKey | None:
        """Return the customer's key; None for a withheld number."""
        ...

    async def last_agent(self, customer: CustomerKey) -> AgentId | None:
        """Return whom the customer talked with last; None where that is not known at once."""
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
    message_file: MessageFile
    customers: Customers
    hush: Hush
    faults_borne: int = 2
    """How often a call may be handed in again after a mistake of ours; after one more it goes to the fail-safe."""
