"""A dial that is over without its session hearing of it, or that rings on when its time is over. AMI knows better.

The first is a link to the caller's channel that is half-open. The second is Asterisk's clock, set back: it rings by that one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from acd.desk import Desk, Orders
from acd.events import Ended, Event
from acd.facts import FarEndAnswered, FarEndGone
from acd.names import AgentId, CallId
from common.tasks import spawn
from ivr.caller import Caller

ENDS_WITHIN_S = 3.0
"""So soon the channel itself says what AMI has said already."""
LOOKS_EVERY_S = 6.0
"""How often Asterisk is asked about a dial that takes longer than it should ring, unless the floor knows that they talk.

With somebody who serves no line they talk without the floor's knowing: AMI tells when that is over, and this is asked beside
it, since a link that was down meanwhile tells nothing. Together with `ENDS_WITHIN_S` below ten seconds.
"""


class Lookout(Protocol):
    """Who knows how dials stand, and ends them; of callers' sessions and of phones' lines."""

    @property
    def desk(self) -> Desk:
        """Who knows whether they talk."""
        ...

    @property
    def dial_is_over(self) -> Callable[[CallId], Awaitable[bool]]:
        """Whether Asterisk says that nobody is dialled any more from this channel."""
        ...

    @property
    def end_ringing(self) -> Callable[[CallId], None]:
        """End what still rings for this channel."""
        ...


@contextmanager
def dial_watched(caller: Caller, house: Lookout, orders: Orders, ring_s: float) -> Iterator[DialWatch]:
    """Have a dial inside the `with` that Asterisk has ended break off by LinkSilent, unless its end arrives in time.

    What rings longer than `ring_s`, and the time that an end takes to arrive, is ended.
    """
    watch = DialWatch(caller, house, ring_s)
    orders.arrived = watch.hear
    try:
        yield watch
    finally:
        orders.ignore()
        watch.end()


class DialWatch:
    """Looks after one dial, and knows whom the caller talks with that serves no line."""

    def __init__(self, caller: Caller, house: Lookout, ring_s: float) -> None:
        self._caller, self._house = caller, house
        self._is_on = True
        self._timer = asyncio.get_running_loop().call_later(ring_s + ENDS_WITHIN_S, self._ask)
        self.has_far_end = False
        """Whether they talk, or talked, with a far end."""
        self.joined_by: AgentId | None = None
        """The agent who had talked with them and joined them to it."""

    def hear(self, event: Event) -> None:
        """What happens to the call meanwhile, as AMI tells it."""
        match event:
            case FarEndAnswered():
                self.has_far_end = True
                self._look_again()
            case Ended(agent=agent) if self.has_far_end:
                self.joined_by = agent  # the conversation with the agent is over, and the dial goes on
            case Ended() | FarEndGone():
                self._caller.expect_end(ENDS_WITHIN_S)
            case _:
                pass

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
            self._look_again()

    def _look_again(self) -> None:
        self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(LOOKS_EVERY_S, self._ask)
