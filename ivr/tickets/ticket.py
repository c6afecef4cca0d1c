"""The caller's place in line, signed, on the caller's own channel: it survives the service that wrote it.

`base64url(json) + "." + base64url(hmac-sha256, first 16 bytes)`, as laid down in docs/interfaces.md; a long json's text is
cut by dots into parts, since AMI shows no more than 511 characters of a value, and CUT() finds a part. The signature keeps a
ticket from being made or changed by anyone else; the call's id inside keeps it from being used on another channel.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import to_json

from acd.names import AgentId, Attributes, CallId, CustomerKey, QueueId
from ivr.state import Frame

VARIABLE = "SWITCHBOARD_TICKET"
"""The channel variable a ticket stands in."""
TICKET_BYTES = 1_900
"""Longest ticket; with its command around it, it stays within what Asterisk takes as one line (2,000 bytes)."""
_VERSION = 1
_SIGNATURE_BYTES = 16
_PART = 480
"""Characters of a part."""
_KEY_BYTES = 16


class TicketRefused(ValueError):
    """The text is no ticket of ours for this call: it is treated as none, and its caller starts at the beginning."""


class TicketTooLong(ValueError):
    """The flow gathered more than a ticket holds; the one on the channel stays as it was."""


class Phase(StrEnum):
    """How far the caller has come."""

    MENU = "menu"
    WAITING = "waiting"
    OFFERED = "offered"


@dataclass(frozen=True, slots=True)
class Place:
    """A place in line. `waited_s`: seconds since the caller took it, when the ticket is written or read."""

    queue: QueueId
    priority: int
    need: str
    attributes: Attributes
    waited_s: float
    agent: AgentId | None = None
    """Whom the caller is offered to, or talks with."""
    customer: CustomerKey | None = None
    """Who calls; None where the number is withheld."""
    sent_by: AgentId | None = None
    """The agent who sent the caller on from another queue."""


@dataclass(frozen=True, slots=True)
class Left:
    """The line that a caller left for another step; `waited_s` counts on since they took their place there."""

    queue: QueueId
    waited_s: float


@dataclass(frozen=True, slots=True)
class Ticket:
    """Where a caller is: in which flow, at which step, knowing what; and once queued, their place."""

    call: CallId
    flow: str
    flow_version: str
    step: str
    variables: Attributes
    """What the flow learned; while the caller has a place, without what is among the place's attributes."""
    place: Place | None = None
    left: Left | None = None
    stack: tuple[Frame, ...] = ()
    """The flows that wait for the one with the step."""

    @property
    def phase(self) -> Phase:
        """How far the caller has come."""
        if self.place is None:
            return Phase.MENU
        return Phase.WAITING if self.place.agent is None else Phase.OFFERED


_Scalar = str | bool | int | float


class _WrittenFrame(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    step: str
    into: str
    vars: dict[str, _Scalar] = {}


class _Written(BaseModel):
    """The ticket's JSON, as it is read; unknown keys are refused, as this version knows what it signs."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    v: Annotated[int, Field(ge=_VERSION, le=_VERSION)]
    call: str
    flow: str
    flow_version: str
    step: str
    vars: dict[str, _Scalar] = {}
    phase: str
    queue: str | None = None
    priority: int = 0
    need: str = ""
    attributes: dict[str, _Scalar] = {}
    joined: float | None = None
    joined_boot: float | None = None
    boot: str | None = None
    agent: str | None = None
    customer: str | None = None
    sent_by: str | None = None
    stack: list[_WrittenFrame] = []
    left: str | None = None
    """The queue whose line was left; `joined` is then when they had joined it."""


class TicketOffice:
    """Writes and reads tickets. `boot` names this boot of this machine; the clocks give seconds (common.clock)."""

    def __init__(
        self, key: bytes, boot: str, boot_seconds: Callable[[], float], unix_seconds: Callable[[], float]
    ) -> None:
        if len(key) < _KEY_BYTES:
            raise ValueError(f"the ticket key has {len(key)} bytes: set SWITCHBOARD_TICKET_KEY to {_KEY_BYTES} or more")
        self._key, self._boot = key, boot
        self._boot_seconds, self._unix_seconds = boot_seconds, unix_seconds

    def write(self, ticket: Ticket) -> str:
        """Return the ticket's text; raises TicketTooLong."""
        # Not by way of _Written, which is for reading: a ticket is written between a caller and the first ring.
        written: dict[str, object] = {
            "v": _VERSION,
            "call": ticket.call,
            "flow": ticket.flow,
            "flow_version": ticket.flow_version,
            "step": ticket.step,
            "vars": dict(ticket.variables),
            "phase": ticket.phase,
        }
        if (place := ticket.place) is not None:
            written |= {
                "queue": place.queue,
                "priority": place.priority,
                "need": place.need,
                "attributes": dict(place.attributes),
                **self._times(place.waited_s),
                "agent": place.agent,
                "customer": place.customer,
                "sent_by": place.sent_by,
            }
        elif ticket.left is not None:
            written |= {"left": ticket.left.queue, **self._times(ticket.left.waited_s)}
        if ticket.stack:
            written["stack"] = [
                {"step": frame.step, "into": frame.into, "vars": dict(frame.variables)} for frame in ticket.stack
            ]
        said = to_json({name: value for name, value in written.items() if value is not None})
        content = ".".join(_parts(_base64(said)))
        text = f"{content}.{self._signature(content)}"
        if len(text) > TICKET_BYTES:
            raise TicketTooLong(
                f"a ticket of {len(text)} bytes in flow {ticket.flow} at step {ticket.step}, more than {TICKET_BYTES}: "
                "let the flow set fewer or shorter variables"
            )
        return text

    def read(self, text: str, call: CallId) -> Ticket:
        """Return the ticket, with what its place has waited by now; raises TicketRefused."""
        content, _, signature = text.rpartition(".")
        if len(text) > TICKET_BYTES or not hmac.compare_digest(signature.encode(), self._signature(content).encode()):
            raise TicketRefused("the ticket was not signed with this installation's key, or was changed since")
        try:
            joined = content.replace(".", "")
            written = _Written.model_validate_json(base64.urlsafe_b64decode(joined + "=" * (-len(joined) % 4)))
        except (ValidationError, binascii.Error) as error:
            raise TicketRefused("the ticket was written by another version of this service") from error
        if written.call != call:
            raise TicketRefused("the ticket belongs to another call")
        place = None
        if written.queue is not None:
            place = Place(
                QueueId(written.queue),
                written.priority,
                written.need,
                tuple(sorted(written.attributes.items())),
                self._waited_s(written),
                AgentId(written.agent) if written.agent is not None else None,
                CustomerKey(written.customer) if written.customer is not None else None,
                AgentId(written.sent_by) if written.sent_by is not None else None,
            )
        variables = tuple(sorted(written.vars.items()))
        stack = tuple(Frame(each.step, each.into, tuple(sorted(each.vars.items()))) for each in written.stack)
        left = None if written.left is None else Left(QueueId(written.left), self._waited_s(written))
        return Ticket(call, written.flow, written.flow_version, written.step, variables, place, left, stack)

    def _times(self, waited_s: float) -> dict[str, object]:
        return {
            "joined": round(self._unix_seconds() - waited_s, 3),
            "joined_boot": round(self._boot_seconds() - waited_s, 3),
            "boot": self._boot,
        }

    def _waited_s(self, written: _Written) -> float:
        # The system clock may have been set since; this machine's boot clock cannot have been.
        if written.boot == self._boot and written.joined_boot is not None:
            return max(0.0, self._boot_seconds() - written.joined_boot)
        return max(0.0, self._unix_seconds() - (written.joined or self._unix_seconds()))

    def _signature(self, content: str) -> str:
        return _base64(hmac.digest(self._key, content.encode(), hashlib.sha256)[:_SIGNATURE_BYTES])


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _parts(text: str) -> list[str]:
    return [text[at : at + _PART] for at in range(0, len(text), _PART)]
