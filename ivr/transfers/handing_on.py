"""A caller is handed on to somebody who serves no line: rung from the caller's own channel, and the caller comes back here.

Nothing is dialled that the policy of dialled numbers does not permit. What came of it is told on the feed; who talked how
long is Asterisk's to tell, for a conversation goes on where this service does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from acd.facts import HandedOver
from acd.names import AgentState, AttemptOutcome, CallId, DialRule, HandedTo, HandOverEnd
from ivr.caller import Caller, CallerGone, ConversationOver, LinkSilent, Missed
from ivr.dialling.policy import Permit, Wish
from ivr.dialling.watch import dial_watched
from ivr.house import House
from ivr.steps.step import Step
from ivr.steps.talk import DoRingAgent
from ivr.steps.transfer import ToNumber, Transfer

_NOT_THERE = (AgentState.SIGNED_OUT, AgentState.PAUSED, AgentState.NOT_RESPONDING)
_ENDS: Mapping[AttemptOutcome, HandOverEnd] = {
    AttemptOutcome.BUSY: HandOverEnd.BUSY,
    AttemptOutcome.NO_ANSWER: HandOverEnd.NO_ANSWER,
}


async def to_number(caller: Caller, house: House, wish: Wish, flow: str) -> HandOverEnd:
    """Ring the number where that is permitted, and return when they have talked or nobody answered. Raises CallerGone."""
    told = HandedOver(wish.call, HandedTo.NUMBER, HandOverEnd.REFUSED, flow, wish.agent)
    ruling = house.dialling.ask(wish)
    if isinstance(ruling, DialRule):
        house.desk.note(told)
        return HandOverEnd.REFUSED
    return await _ring(caller, house, ruling, told)


async def to_agent(caller: Caller, house: House, do: DoRingAgent, flow: str) -> HandOverEnd:
    """Ring the agent's phone where they are ready, and return as above: they are busy elsewhere meanwhile. Raises CallerGone."""
    agent = house.desk.floor.agents.get(do.agent)
    told = HandedOver(caller.call, HandedTo.AGENT, HandOverEnd.REFUSED, flow, do.agent)
    if agent is None or agent.phone is None or agent.state in _NOT_THERE:
        house.desk.note(told)
        return HandOverEnd.REFUSED
    if agent.state is not AgentState.READY:
        house.desk.note(replace(told, end=HandOverEnd.BUSY))
        return HandOverEnd.BUSY
    return await _ring(caller, house, Permit(agent.phone, do.ring_s, "", ""), told)


def talked_with(wish: Wish, flow: str) -> HandedOver:
    """What is to be told of a talk with a number that outlived its session."""
    return HandedOver(wish.call, HandedTo.NUMBER, HandOverEnd.TALKED, flow, wish.agent)


def end_of_talk(step: Step, call: CallId, flow: str) -> HandedOver | None:
    """The same of a talk to which the step had led where the caller was; None: it hands nobody on."""
    match step:
        case Transfer(to=ToNumber()):
            return HandedOver(call, HandedTo.NUMBER, HandOverEnd.TALKED, flow)
        case Transfer(to=DoRingAgent(agent)):
            return HandedOver(call, HandedTo.AGENT, HandOverEnd.TALKED, flow, agent)
        case _:
            return None


async def _ring(caller: Caller, house: House, permit: Permit, told: HandedOver) -> HandOverEnd:
    try:
        with house.desk.orders(caller.call) as orders, dial_watched(caller, house, orders, permit.ring_s):
            result = await caller.dial(permit.dial, permit.ring_s, permit.shows, permit.talk_s)
    except LinkSilent:
        raise  # the caller may still be there: what comes of it is told in another session
    except CallerGone:
        house.desk.note(replace(told, end=HandOverEnd.CALLER_GONE))
        raise
    match result:
        case ConversationOver():
            end = HandOverEnd.TALKED
        case Missed(outcome):
            end = _ENDS.get(outcome, HandOverEnd.FAILED)
    house.desk.note(replace(told, end=end))
    return end
