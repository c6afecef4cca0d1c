"""Whether a newcomer is let into the queue: the rule of its door."""

from __future__ import annotations

from acd.events import TurnedAway
from acd.names import AgentState, TurnedAwayFor
from acd.plans.door import CLOSED_FOR
from acd.requests import CallerJoined
from acd.turn import Turn


def not_let_in(request: CallerJoined, turn: Turn) -> TurnedAway | None:
    """What a newcomer meets whom the queue does not let in; None where it does."""
    door, floor = turn.floor.plans[request.queue].door, turn.floor
    in_line = len(floor.lines[request.queue])
    if request.opening in CLOSED_FOR:
        why = CLOSED_FOR[request.opening]
    elif door.none_signed_in is not None and all(
        floor.agents[agent].state is AgentState.SIGNED_OUT for agent in floor.members[request.queue]
    ):
        why = TurnedAwayFor.NONE_SIGNED_IN
    elif door.full is not None and in_line >= door.most:
        why = TurnedAwayFor.FULL
    elif door.too_long is not None and (request.expected_wait_s or 0.0) > door.expected_wait_above_s:
        why = TurnedAwayFor.TOO_LONG
    else:
        return None
    numbers = {
        TurnedAwayFor.FULL: (in_line, door.most),
        TurnedAwayFor.TOO_LONG: (round(request.expected_wait_s or 0.0), round(door.expected_wait_above_s)),
    }
    treatment = door.treatment(why)
    measured, limit = numbers.get(why, (0, 0))
    holiday = request.holiday_name if why is TurnedAwayFor.HOLIDAY else ()
    return TurnedAway(request.call, request.queue, why, treatment.say, treatment.divert, measured, limit, holiday)
