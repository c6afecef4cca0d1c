"""What may come of each thing a flow asks to be done, by the words that flow tests have for it. Pure.

A new `Do…` in `ivr/steps/talk.py` needs an arm here, and the rehearsals know it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from acd.names import Attributes, HandOverEnd, Opening
from ivr.lookups.port import Failure, Learned, NotLearned
from ivr.steps.talk import (
    CallbackAgreed,
    CallbackDeclined,
    DoAsk,
    DoAskDigits,
    DoLookUp,
    DoLookUpHours,
    DoOfferCallback,
    DoReceiveFax,
    DoRingAgent,
    DoRingNumber,
    DoRoute,
    DoTakeMessage,
    FaxTaken,
    HandedOn,
    Heard,
    LeftQueue,
    MessageTaken,
    NoFax,
    NoMessage,
    Stands,
)
from ivr.steps.transfer import FAILURES

Question = DoAsk | DoAskDigits
"""What the caller answers with keys."""
Turn = DoLookUpHours | DoLookUp | DoOfferCallback | DoRoute | DoRingNumber | DoRingAgent | DoTakeMessage | DoReceiveFax
"""What comes out one way or another, whatever the caller presses."""
HANDED_OVER = ""
"""The word for a caller who goes no further in the flow: somebody has them."""


def outcomes(  # noqa: PLR0911 - one arm for each thing that comes out
    turn: Turn, learned: Attributes = ()
) -> Mapping[str, Heard | None]:
    """Return what may come of it; None where the flow is over for the caller. `learned`: what a lookup answers."""
    match turn:
        case DoLookUpHours():
            return {opening.value: Stands(opening) for opening in Opening}
        case DoLookUp():
            return {"then": Learned(learned), **{failure.value: NotLearned(failure) for failure in Failure}}
        case DoOfferCallback():
            return {"then": CallbackAgreed(), "otherwise": CallbackDeclined()}
        case DoRoute():
            left = {"nobody": turn.nobody, "turned_away": turn.turned_away, "after": turn.after}
            return {HANDED_OVER: None, **{word: LeftQueue(to) for word, to in left.items() if to}}
        case DoTakeMessage():
            return {"then": MessageTaken(), "otherwise": NoMessage()}
        case DoReceiveFax():
            return {"then": FaxTaken(), "otherwise": NoFax()}
        case DoRingNumber() | DoRingAgent():
            failures = {end.value: HandedOn(end) for end in FAILURES}
            return {HANDED_OVER: None, "then": HandedOn(HandOverEnd.TALKED), **failures}
        case _:
            assert_never(turn)
