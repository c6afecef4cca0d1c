"""A caller whose agent joins them to a number outside that they had asked before (consulting.py): what is told of it.

It begins and ends within the dial that rang for the caller. That session knows of it by AMI's word, a later one by the channel.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from acd.facts import HandedOver
from acd.names import HandedTo, HandOverEnd
from ivr.caller import Caller, CallerGone, LinkClosed, LinkSilent
from ivr.dialling.watch import DialWatch
from ivr.house import House
from ivr.transfers.transfer import VARIABLE


@asynccontextmanager
async def told_if_joined(caller: Caller, house: House, watch: DialWatch, flow: str) -> AsyncIterator[None]:
    """Tell how a talk with a number outside ended, where one came of the dial inside. Raises CallerGone."""
    try:
        yield
    except (LinkSilent, LinkClosed):
        raise  # they may talk on: what comes of it is told in another session
    except CallerGone:
        if watch.has_far_end:
            house.desk.note(_told(caller, watch, flow, HandOverEnd.CALLER_GONE))
        raise
    if watch.has_far_end:
        house.desk.note(_told(caller, watch, flow, HandOverEnd.TALKED))
        await caller.set(VARIABLE, "")


def _told(caller: Caller, watch: DialWatch, flow: str, end: HandOverEnd) -> HandedOver:
    return HandedOver(caller.call, HandedTo.NUMBER, end, flow, watch.joined_by)
