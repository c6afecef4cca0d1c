"""What a ticket leaves out where it would be too long: the caller's longest variables, and never their place in line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pydantic_core import to_json

from acd.names import Attributes
from ivr.state import SERVED_BY, SERVED_IN, SHARED
from ivr.tickets.ticket import Ticket

_NEVER = frozenset({*SHARED, SERVED_BY, SERVED_IN})
"""What every flow keeps: without it the caller is spoken to in another language, or comes in by another entry."""


def without_longest_variable(ticket: Ticket) -> tuple[Ticket, str] | None:
    """Return the ticket without the variable that takes the most room, everywhere in it, and its name; None: it has none."""
    sizes = {name: _bytes(name, value) for held in _held(ticket) for name, value in held if name not in _NEVER}
    if not sizes:
        return None
    longest = max(sizes, key=lambda name: (sizes[name], name))
    place = ticket.place
    shorter = replace(
        ticket,
        variables=_without(ticket.variables, longest),
        place=None if place is None else replace(place, attributes=_without(place.attributes, longest)),
        stack=tuple(replace(frame, variables=_without(frame.variables, longest)) for frame in ticket.stack),
    )
    return shorter, longest


def _held(ticket: Ticket) -> Iterator[Attributes]:
    yield ticket.variables
    if ticket.place is not None:
        yield ticket.place.attributes
    for frame in ticket.stack:
        yield frame.variables


def _bytes(name: str, value: str | float) -> int:
    return len(to_json({name: value}))


def _without(variables: Attributes, name: str) -> Attributes:
    return tuple(each for each in variables if each[0] != name)
