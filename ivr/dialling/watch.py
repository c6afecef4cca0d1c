"""A dial that is over without its session hearing of it, or that rings on when its time is over. AMI knows better.

The first is a link to the caller's channel that is half-open. The second is Asterisk's clock, set back: it rings by that one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from acd.desk import Orders
from acd.events import Ended, Event
from acd.facts import FarEndGone
from common.tasks import spawn
from ivr.caller import Caller
from ivr.house import House

ENDS_WITHIN_S = 3.0
"""So soon the channel itself says what AMI has said already."""
LOOKS_EVERY_S = 6.0
"""How often Asterisk is asked about a dial that takes longer than it should ring, unless the floor knows that they talk.

With somebody who serves no line they talk without the floor's knowing: AMI tells when that is over, and this is asked beside
it, since a link that was down meanwhile tells nothing. Together with `ENDS_WITHIN_S` below ten seconds.
"""


@contextmanager
def dial_watched(caller: Caller, house: House, orders: Orders, ring_s: float) -> Iterator[None]:
    """Have a dial inside the `with` that Asterisk has ended break off by LinkSilent, unless its end arrives in time.

    What rings longer than `ring_s`, and the time that an end takes to arrive, is ended.
    """
    watch = _Watch(caller, house, ring_s)
    orders.arrived = watch.hear
    try:
        yield
    finally:
        orders.ignore()
        watch.end()


class _Watch:
    def __init__(self, caller: Caller, house: House, ring_s: float) -> None:
        self._caller, self._house = caller, house
        self._is_on = True
        self._timer = asyncio.get_running_loop().call_later(ring_s + ENDS_WITHIN_S, self._ask)

    def hear(self, event: Event) -> None:
        """What happens to the call meanwhile, as AMI tells it."""
        if isinstance(event, Ended | FarEndGone):
            self._caller.expect_end(ENDS_WITHIN_S)

    def end(self) -> None:
        """The dial is over."""
        self._is_on = False
        self._timer.cancel()

    def _ask(self) -> None:
        call = self._house.desk.floor.calls.get(self._caller.call)
        if call is None or not call.in_conversation:
            spawn(self._look(), f"look whether somebody is still dialled for call {self._caller.call}")

    async def _look(self) -> None:
        over = await self._house.dial_is_over(self._caller.call)
        if not self._is_on:
            return
        if over:
            self._caller.expect_end(ENDS_WITHIN_S)
        else:
            self._house.end_ringing(self._caller.call)
            self._timer = asyncio.get_running_loop().call_later(LOOKS_EVERY_S, self._ask)
