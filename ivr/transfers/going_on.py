"""The ticket with which a caller goes on whom an agent has sent on: to another queue, or to a number that is rung first."""

from __future__ import annotations

import structlog

from acd.names import HandOverEnd
from ivr.caller import Caller
from ivr.house import House
from ivr.tickets.carried import put_ticket
from ivr.tickets.ticket import Ticket
from ivr.transfers.handing_on import to_number
from ivr.transfers.transfer import VARIABLE, queue_meant, sent_on, wish_of
from ivr.waiting.queueing import Served

_log = structlog.get_logger("session")


async def goes_on_with(caller: Caller, house: House, ticket: Ticket | None) -> Ticket | Served | None:
    """Return the ticket that counts; None: none. Served: they have talked with a number, and the call is over.

    A number that is not dialled, or where nobody answers, leaves the caller where they were. Raises CallerGone.
    """
    dialled = await caller.get(VARIABLE)
    if not dialled:
        return ticket
    plans = house.desk.floor.plans
    queue = queue_meant(dialled, plans)
    if ticket is None:
        _log.warning("transferred without a ticket: the caller starts at the beginning", call=caller.call)
    elif queue is not None:
        ticket = sent_on(ticket, plans[queue])
        await put_ticket(caller, house, ticket)
    elif await to_number(caller, house, wish_of(ticket, dialled), ticket.flow) is HandOverEnd.TALKED:
        return Served()
    await caller.set(VARIABLE, "")
    return ticket
