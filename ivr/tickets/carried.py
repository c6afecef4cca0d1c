"""The ticket that a caller carries on their channel: put there as they go on, taken up when they are handed in again."""

from __future__ import annotations

import structlog

from ivr.caller import Caller
from ivr.house import House
from ivr.tickets.room import without_longest_variable
from ivr.tickets.ticket import VARIABLE, Ticket, TicketRefused, TicketTooLong

_log = structlog.get_logger("ticket")


async def put_ticket(caller: Caller, house: House, ticket: Ticket) -> None:
    """Write the ticket to the channel. One that is too long for it is as `ticket_text` says."""
    if text := ticket_text(house, ticket):
        await caller.set(VARIABLE, text)


def ticket_text(house: House, ticket: Ticket) -> str:
    """Return the ticket as it is put on a channel.

    One that is too long leaves out the longest variables, which is logged with their names. Empty where it is too long even
    without any: the caller keeps the ticket before.
    """
    left_out: list[str] = []
    while True:
        try:
            text = house.tickets.write(ticket)
        except TicketTooLong as error:
            if (shorter := without_longest_variable(ticket)) is None:
                _log.error("ticket not renewed", call=ticket.call, why=str(error))
                return ""
            ticket, name = shorter
            left_out.append(name)
        else:
            break
    if left_out:
        _log.warning(
            "the ticket has no room for all variables: after a crash the caller goes on without these",
            call=ticket.call,
            flow=ticket.flow,
            step=ticket.step,
            variables=left_out,
        )
    return text


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
