"""Whether a newcomer is let into the queue: the rule of its door."""

from __future__ import annotations

from acd.door import CLOSED_FOR
from acd.events import TurnedAway
from acd.names import AgentState, TurnedAwayFor
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
    else:
        return None
    measured, limit = (in_line, door.most) if why is TurnedAwayFor.FULL else (0, 0)
    treatment = door.treatment(why)
    return TurnedAway(request.call, request.queue, why, treatment.say, treatment.divert, measured, limit)
