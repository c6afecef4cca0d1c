"""Phones that ring for an offer that is no longer one: found as the offer is withdrawn, or as its dial begins too late.

An agent who pauses or signs out while their phone rings must not be rung on; the caller's session is inside Dial and
comes back by itself once the leg is gone.
"""

from __future__ import annotations

from collections.abc import Callable

from acd.events import Abandoned, CallerReturned, Connected, Diverted, Ended, Event, Offered, OfferWithdrawn
from acd.names import AgentId, CallId, OfferFailure
from cti_bridge.ami_words import AmiWords, Leg, LegState

HangUp = Callable[[Leg], None]

RINGS_ON = frozenset({OfferFailure.AGENT_PAUSED, OfferFailure.AGENT_SIGNED_OUT, OfferFailure.EXPIRED})
"""Withdrawn by us, not by the dial's own end."""


class UnwantedRinging:
    """Calls `hang_up` for each leg that rings for a withdrawn offer."""

    def __init__(self, words: AmiWords, hang_up: HangUp) -> None:
        self._words = words
        self._hang_up = hang_up
        self._withdrawn: dict[CallId, AgentId] = {}

    def take(self, event: Event) -> None:
        """An event of the engine."""
        match event:
            case OfferWithdrawn(why=why) if why in RINGS_ON:
                self._withdrawn[event.call] = event.agent
                self.look(event.call)
            case Offered() | CallerReturned() | Connected() | Ended() | Abandoned() | Diverted():
                self._withdrawn.pop(event.call, None)
            case _:
                pass

    def look(self, call: CallId) -> None:
        """Hang up what rings for this call without an offer; to be asked whenever a dial begins."""
        agent = self._withdrawn.get(call)
        if agent is None:
            return
        for leg in tuple(self._words.legs_of(call)):
            # Nobody is on the phone any more where the agent had signed out before the dial began.
            if leg.state is LegState.RINGING and leg.agent in (agent, None):
                self._hang_up(leg)
