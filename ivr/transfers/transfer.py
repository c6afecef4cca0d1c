"""A caller whom an agent sends on: what was dialled, and the ticket they go on with to another queue.

It begins on Asterisk, by the service's Redirect or the phone's REFER, and `SWITCHBOARD_TRANSFER` on the caller's channel
says where to until the new ticket is on it: a service that is killed in between finds it there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from acd.names import DialDoor, QueueId
from acd.plans.plan import QueuePlan
from ivr.dialling.policy import Wish, agent_user
from ivr.tickets.ticket import Place, Ticket

VARIABLE = "SWITCHBOARD_TRANSFER"
"""The channel variable that holds what was dialled."""
JOINED = "*19"
"""What it holds of a caller whom an agent has joined to a number outside that they had asked before."""
FROM = "transferred_from"
"""The attribute that names the queue the caller was sent on from: needs see it, and recordings are found by it."""


def queue_meant(dialled: str, plans: Mapping[QueueId, QueuePlan]) -> QueueId | None:
    """Return the queue of this name or number; None where there is none."""
    if QueueId(dialled) in plans:
        return QueueId(dialled)
    return next((queue for queue, plan in plans.items() if plan.number and plan.number == dialled), None)


def wish_of(ticket: Ticket, dialled: str) -> Wish:
    """What the agent wants who sent this caller on to what is no queue: a number, it may be."""
    agent = None if ticket.place is None else ticket.place.agent
    return Wish(ticket.call, dialled, DialDoor.AGENT, agent_user(agent), agent)


def sent_on(ticket: Ticket, to: QueuePlan) -> Ticket:
    """Return the ticket of a new wait in this queue.

    The contact goes on (call, flow, language, what was learned); the wait begins anew, and what the flow had asked of an
    agent was meant for the queue before.
    """
    before = ticket.place
    variables = dict(ticket.variables if before is None else before.attributes)
    if before is not None:
        variables[FROM] = before.queue
    place = Place(
        to.queue,
        (0 if before is None else before.priority) + to.transfer_adds_priority,
        "",
        tuple(sorted(variables.items())),
        waited_s=0.0,
        customer=None if before is None else before.customer,
        sent_by=None if before is None else before.agent,
    )
    return replace(ticket, variables=(), place=place)
