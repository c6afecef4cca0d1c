"""The rule of attended transfers: an agent has called somebody, and their caller talks with them from now on."""

from __future__ import annotations

from acd.agents import IN_CONVERSATION, Agent
from acd.errors import IllegalMove
from acd.events import TakenOver
from acd.names import EndedBy
from acd.requests import ConversationTakenOver
from acd.rules.hold import take_off_hold
from acd.rules.offers import end_conversation, finish_up, talk
from acd.turn import Turn


def conversation_taken_over(request: ConversationTakenOver, turn: Turn) -> None:
    """The caller talks on with another agent, or with somebody whom the floor does not know: then they have left it."""
    call = turn.floor.call(request.call)
    if not call.in_conversation or call.agent != request.before:
        raise IllegalMove(f"call {call.id} does not talk with agent {request.before}, who cannot hand it over")
    before = turn.floor.agent(request.before)
    after = turn.floor.agents.get(request.agent) if request.agent is not None else None
    for side in sorted(call.holders):
        take_off_hold(call.id, side, turn)  # both are there: the one who had held the caller is the one who leaves
    if after is None or not can_take_over(after):
        end_conversation(call, EndedBy.TRANSFER, turn)
        return
    talked_s = turn.now - call.talking_since
    turn.happen(TakenOver(call.id, after.id, call.queue, before.id, talked_s, call.held_until(turn.now)))
    talk(call, after, turn.now, turn, None)
    finish_up(before, call, turn)


def can_take_over(agent: Agent) -> bool:
    """Whether the floor can have this agent talk: one who has a caller of their own on hold keeps that one."""
    return agent.phone is not None and agent.state not in IN_CONVERSATION
