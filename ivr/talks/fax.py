"""A caller's machine sends a fax: what came of it is kept, whoever hung up first."""

from __future__ import annotations

from ivr.caller import Caller, CallerGone, LinkSilent
from ivr.house import FaxOrder, House
from ivr.steps.talk import FaxTaken, NoFax


async def receive_fax(caller: Caller, house: House, order: FaxOrder) -> FaxTaken | NoFax:
    """What came counts, not how it ended: most machines hang up as soon as they have sent the last page. Raises CallerGone."""
    file = await house.faxes.begin(order)
    try:
        came = await caller.receive_fax(file)
    except LinkSilent:
        house.faxes.leave(order.call)
        raise
    except CallerGone:
        await house.faxes.keep(order.call, None)
        raise
    return FaxTaken() if await house.faxes.keep(order.call, came) else NoFax()
