"""What the ledger knows of a caller: their stays in queues, the phones that rang for them, their conversations, their end.

All times are seconds on the clock of whoever feeds the ledger.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Outcome(StrEnum):
    """How a caller's visit ended."""

    ANSWERED = "answered"
    HUNG_UP = "hung up"
    DIVERTED = "diverted"


@dataclass(slots=True)
class Place:
    """A stay in a queue."""

    queue: str
    priority: int
    joined_at: float
    not_before: float
    """They cannot have joined earlier than this: the ticket that tells of it reaches the channel some time later, on a machine
    that stands still a second or two."""
    left_at: float | None = None


@dataclass(slots=True)
class Offer:
    """A phone rings for a caller."""

    caller: str
    phone: str
    began_at: float
    ended_at: float | None = None
    status: str = ""
    """Asterisk's DialStatus, empty while it rings."""

    def overlaps(self, other: Offer) -> bool:
        """Whether both rang at some one moment."""
        first, second = sorted((self, other), key=lambda offer: offer.began_at)
        return first.ended_at is None or first.ended_at > second.began_at


@dataclass(slots=True)
class Talk:
    """A caller and a phone joined in a bridge."""

    caller: str
    phone: str
    leg: str
    """The phone's channel (Uniqueid)."""
    began_at: float
    ended_at: float | None = None
    hung_up_by: str | None = None
    """`caller` or `agent`: whose telephone hung up first; `limit`: nobody did, and they had talked for as long as they may. None
    while it lasts, or where it was cut."""
    sent_on_at: float | None = None
    """The caller was transferred out of it to another queue."""

    def goes_on_at(self, at: float) -> bool:
        """Whether they talk at that moment."""
        return self.began_at < at and (self.ended_at is None or at < self.ended_at)


@dataclass(slots=True)
class Life:
    """One caller's channel from its first event to its last."""

    call: str
    number: str
    came_at: float
    heard_of_at: float
    """When Asterisk told of this channel last."""
    places: list[Place] = field(default_factory=list)
    offers: list[Offer] = field(default_factory=list)
    talks: list[Talk] = field(default_factory=list)
    hung_up_at: float | None = None
    """The caller's own telephone hung up."""
    done_at: float | None = None
    """The service said that it was done with the caller."""
    failsafe_at: float | None = None
    gone_at: float | None = None
    ends: int = 0

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """How the visit ended; more or fewer than one is a breach."""
        found = [Outcome.ANSWERED for talk in self.talks if talk.sent_on_at is None]
        if self.failsafe_at is not None:
            found.append(Outcome.DIVERTED)
        if found:
            return tuple(found)
        if self.hung_up_at is not None:
            return (Outcome.HUNG_UP,)
        return (Outcome.DIVERTED,) if self.done_at is not None else ()

    def in_line_at(self, at: float) -> Place | None:
        """The stay in a queue that this moment falls in, if any."""
        for place in self.places:
            if place.joined_at <= at and (place.left_at is None or at < place.left_at):
                return place
        return None
