"""The rules of hold: one of two who talk puts the other on hold, and takes them back. Both may do it at once."""

from __future__ import annotations

from acd.call import Call
from acd.errors import IllegalMove
from acd.events import PutOnHold, TakenOffHold
from acd.names import AgentId, AgentState, CallId, Side
from acd.rules.agent_moves import SYSTEM
from acd.turn import Turn


def put_on_hold(call_id: CallId, by: Side, turn: Turn) -> None:
    """Hold begins with the first of the two who puts the other on hold."""
    call, agent_id = conversation(call_id, turn)
    if by in call.holders:
        return
    turn.happen(PutOnHold(call.id, agent_id, call.queue, by))
    follow(call, agent_id, turn)


def take_off_hold(call_id: CallId, by: Side, turn: Turn) -> None:
    """Hold is over when neither of the two holds the other any more."""
    call, agent_id = conversation(call_id, turn)
    if by not in call.holders:
        return
    turn.happen(TakenOffHold(call.id, agent_id, call.queue, by))
    follow(call, agent_id, turn)


def hold_as_seen(call: Call, holders: tuple[Side, ...], turn: Turn) -> None:
    """Make good what was missed of a conversation's hold."""
    for side in Side:
        if side in holders:
            put_on_hold(call.id, side, turn)
        else:
            take_off_hold(call.id, side, turn)


def conversation(call_id: CallId, turn: Turn) -> tuple[Call, AgentId]:
    """The call and who talks with it; raises UnknownCall, and IllegalMove where nobody does."""
    call = turn.floor.call(call_id)
    if not call.in_conversation or call.agent is None:
        raise IllegalMove(f"call {call.id} is {call.state}: only of two who talk one can be on hold")
    return call, call.agent


def follow(call: Call, agent_id: AgentId, turn: Turn) -> None:
    """Move the agent as the call stands."""
    agent = turn.floor.agent(agent_id)
    state = AgentState.ON_HOLD if call.holders else AgentState.TALKING
    if agent.call == call.id and agent.state is not state:
        turn.move(agent, state, who=SYSTEM, call=call)
