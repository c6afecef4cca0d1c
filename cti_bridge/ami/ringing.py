"""Phones that ring for an offer that is no longer one: found as the offer is withdrawn, or as its dial begins too late.

An agent who pauses or signs out while their phone rings must not be rung on; the caller's session is inside Dial and
comes back by itself once the leg is gone. Nor does an agent who has picked up listen to the end to what is said of a
caller who has hung up meanwhile, or press the key for them: Dial itself would let them.
"""

from __future__ import annotations

from collections.abc import Callable

from acd.events import Abandoned, CallerReturned, Connected, Diverted, Ended, Event, Offered, OfferWithdrawn
from acd.names import AgentId, CallId, OfferFailure
from cti_bridge.ami.words import AmiWords, Leg, LegState

HangUp = Callable[[Leg], None]
IsAsked = Callable[[CallId], bool]
"""Whether agents who pick up for this caller are told or asked something first."""

RINGS_ON = frozenset({OfferFailure.AGENT_PAUSED, OfferFailure.AGENT_SIGNED_OUT, OfferFailure.EXPIRED})
"""Withdrawn by us, not by the dial's own end."""


class UnwantedRinging:
    """Calls `hang_up` for each leg that rings for a withdrawn offer."""

    def __init__(self, words: AmiWords, hang_up: HangUp, is_asked: IsAsked) -> None:
        self._words = words
        self._is_asked = is_asked
        self._hang_up = hang_up
        self._withdrawn: dict[CallId, set[AgentId]] = {}

    def take(self, event: Event) -> None:
        """An event of the engine."""
        match event:
            case OfferWithdrawn(why=why) if why in RINGS_ON:
                self._withdrawn.setdefault(event.call, set()).add(event.agent)
                self.look(event.call)
            case Offered() | CallerReturned() | Connected() | Ended() | Abandoned() | Diverted():
                self._withdrawn.pop(event.call, None)
            case _:
                pass

    def look(self, call: CallId) -> None:
        """Hang up what rings for this call without an offer; to be asked whenever something happens to its channel."""
        withdrawn = self._withdrawn.get(call, ())
        nobody_there = self._words.gave_up(call) and self._is_asked(call)
        if not withdrawn and not nobody_there:
            return
        for leg in tuple(self._words.legs_of(call)):
            # Nobody is on the phone any more where the agent had signed out before the dial began.
            unwanted = nobody_there or leg.agent is None or leg.agent in withdrawn
            if leg.state is LegState.RINGING and unwanted:
                self._hang_up(leg)
