"""The ticket that a caller carries on their channel: put there as they go on, taken up when they are handed in again."""

from __future__ import annotations

import structlog

from ivr.caller import Caller
from ivr.house import House
from ivr.ticket import VARIABLE, Ticket, TicketRefused, TicketTooLong

_log = structlog.get_logger("ticket")


async def put_ticket(caller: Caller, house: House, ticket: Ticket) -> None:
    """Write the ticket to the channel. One that is too long is logged; the caller keeps the one before."""
    if text := ticket_text(house, ticket):
        await caller.set(VARIABLE, text)


def ticket_text(house: House, ticket: Ticket) -> str:
    """Return the ticket as it is put on a channel. One that is too long is logged, and empty."""
    try:
        return house.tickets.write(ticket)
    except TicketTooLong as error:
        _log.error("ticket not renewed", call=ticket.call, why=str(error))
        return ""


async def take_up_ticket(caller: Caller, house: House) -> Ticket | None:
    """Return what the channel's ticket says; None for a caller without one, or whose ticket is refused."""
    text = await caller.get(VARIABLE)
    if not text:
        return None
    try:
        return house.tickets.read(text, caller.call)
    except TicketRefused as refused:
        _log.warning("ticket refused: the caller starts at the beginning", call=caller.call, why=str(refused))
        return None
