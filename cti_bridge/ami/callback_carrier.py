"""Carries callbacks out on one Asterisk: calls the agent's phone for an offer, and says when there is nobody to carry them.

The agent's channel gets the callback's id, so Asterisk makes no second one while it lives. What happens on it is the
callback session's (ivr), reached through the dialplan.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Iterable

import structlog

from acd.call import Call
from acd.desk import Desk
from acd.events import CallbackPromised, CallbackRestored, Event, Offered, OfferWithdrawn
from acd.names import CallId, CallState, Hindrance, NodeId, OfferFailure, is_callback, node_of
from acd.plans.offering import PickUp
from acd.requests import CarrierGone, CarrierReady, ConversationStarted, OfferRefused, SeenCallback, SessionLost
from common.tasks import spawn
from cti_bridge.ami.protocol import AmiError
from cti_bridge.ami.ringing import RINGS_ON
from cti_bridge.ami.wire import Field
from cti_bridge.ami.words import AmiWords, LegState

CONTEXT = "switchboard-phone-callback"
"""The dialplan's context that hands an agent's channel to the callback session."""
AUTO_ANSWER: tuple[Field, ...] = (
    ("Variable", "PJSIP_HEADER(add,Call-Info)=<sip:switchboard>;answer-after=0"),
    ("Variable", "PJSIP_HEADER(add,Alert-Info)=<http://switchboard>;info=alert-autoanswer;delay=0"),
)
"""Has a phone told to pick up by itself, by what the dialplan's `switchboard-auto-answer` puts into an offer of a call: an
asynchronous Originate of Asterisk 22 does not run its `PreDialGoSub`."""
LOOK_EVERY_S = 5.0
"""How late the beginning and the end of the hours of callbacks may be noticed."""

Act = Callable[..., Awaitable[object]]
"""Has Asterisk do something (`AmiLink.act`)."""

_log = structlog.get_logger("callback")


class CallbackCarrier:
    """One node's callbacks. `words` knows which of them have a channel."""

    def __init__(self, node: NodeId, desk: Desk, act: Act, words: AmiWords) -> None:
        self._node = node
        self._desk = desk
        self._act = act
        self._words = words
        self._up = False
        self._hours: Callable[[], bool] = _always

    def take(self, event: Event) -> None:
        """An event of the engine."""
        match event:
            case Offered() if self._mine(event.call):
                spawn(self._call_phone(event), f"call the agent for {event.call}")
            case OfferWithdrawn() if event.why in RINGS_ON and self._mine(event.call):
                self._hang_up(event.call)
            case CallbackPromised() if self._mine(event.call):
                self.attach()
            case CallbackRestored() if self._mine(event.call):
                self._restored(event.call)
            case _:
                pass

    def _restored(self, call: CallId) -> None:
        """Read back only after the login: the two may talk already."""
        for leg in self._words.legs_of(call):
            if leg.state is LegState.TALKING and leg.agent is not None:
                self._desk.post(ConversationStarted(call, leg.agent))
        self.attach()

    async def run(self, hours: Callable[[], bool]) -> None:
        """Heed the hours of callbacks, until cancelled."""
        self._hours = hours
        open_ = hours()
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            if hours() is not open_:
                open_ = not open_
                self.attach()
                self.detach()

    def link_up(self, found: Iterable[SeenCallback]) -> None:
        """Asterisk is there. What it carries without a session of ours, since before our start, is ended and tried again."""
        self._up = True
        for seen in found:
            known = self._desk.floor.calls.get(seen.call)
            idle = known is None or known.state in (CallState.WAITING, CallState.LATER)
            if idle and seen.state is not CallState.TALKING:
                self._hang_up(seen.call)
        self.attach()

    def link_down(self) -> None:
        """Nothing can be carried out."""
        self._up = False
        self.detach()

    @property
    def hindrance(self) -> Hindrance:
        """Why callbacks cannot be carried out here, where they cannot; CARRIER: they can, in a moment."""
        if not self._up:
            return Hindrance.ASTERISK
        return Hindrance.CARRIER if self._hours() else Hindrance.CALLBACK_HOURS

    def attach(self) -> None:
        """Take the orders of every callback that can be carried out now."""
        if self._up and self._hours():
            for call in self._callbacks():
                if not call.attached and call.id not in self._words.carriers:
                    self._desk.post(CarrierReady(call.id))

    def detach(self) -> None:
        """Let go of those that wait where they cannot be carried out."""
        if not (self._up and self._hours()):
            for call in self._callbacks():
                if call.attached and not call.in_conversation:
                    self._desk.post(SessionLost(call.id))

    def _callbacks(self) -> list[Call]:
        return [call for call in self._desk.floor.calls.values() if call.callback is not None and self._mine(call.id)]

    def _mine(self, call: CallId) -> bool:
        return is_callback(call) and node_of(call) == self._node

    async def _call_phone(self, offered: Offered) -> None:
        fields: tuple[Field, ...] = (
            ("Channel", offered.phone),
            ("ChannelId", offered.call),
            ("Context", CONTEXT),
            ("Exten", offered.call),
            ("Priority", "1"),
            ("Timeout", str(math.ceil(offered.ring_s * 1000))),
            ("CallerID", f'"Callback {offered.queue}" <callback>'),
            ("Async", "true"),
            *(AUTO_ANSWER if self._desk.floor.plan(offered.queue).offering.pick_up is PickUp.PHONE else ()),
        )
        try:
            await self._act("Originate", *fields)
        except AmiError as error:
            _log.warning("the agent's phone was not called for a callback", call=offered.call, reason=str(error))
            self._desk.post(OfferRefused(offered.call, offered.agent, OfferFailure.ERROR))
            self._desk.post(CarrierGone(offered.call))

    def _hang_up(self, call: CallId) -> None:
        spawn(self._end(call), f"hang up {call}")

    async def _end(self, call: CallId) -> None:
        try:
            # Asterisk finds a channel by its Uniqueid as well as by its name.
            await self._act("Hangup", ("Channel", call))
        except AmiError as error:
            _log.info("an agent's channel was not hung up", call=call, reason=str(error))


def _always() -> bool:
    return True
