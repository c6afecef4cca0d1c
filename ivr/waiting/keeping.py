"""For whom a place in line is kept: what the plan prefers, with the agent whom this customer talked with last."""

from __future__ import annotations

from acd.floor import Floor
from acd.names import AgentId
from acd.preference import Kept, asks_for_last_agent, preferred
from ivr.house import Customers
from ivr.tickets.ticket import Place


async def kept_for(place: Place, floor: Floor, customers: Customers) -> Kept | None:
    """Return the agent for whom this place is kept, and for how long; None: open to everybody. Raises UnknownQueue."""
    if place.sent_by is not None:
        return None  # the last agent is the one who sent them on
    last_agent: AgentId | None = None
    if place.customer is not None and asks_for_last_agent(place.queue, floor):
        last_agent = await customers.last_agent(place.customer)
    return preferred(place.queue, place.attributes, last_agent, floor)
