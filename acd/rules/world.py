"""After an AMI login: what Asterisk has, held against what the floor knows. Asterisk is right."""

from __future__ import annotations

from acd.agents import IN_CONVERSATION, Agent
from acd.call import Call
from acd.events import Restored, RoutingHeld
from acd.names import AgentState, CallState, EndedBy, PhoneId, PhoneUse
from acd.requests import SeenCall, WorldSeen
from acd.rules.agent_moves import SYSTEM
from acd.rules.agents import phone_use_changed
from acd.rules.callbacks import see_callbacks
from acd.rules.callers import caller_gone
from acd.rules.hold import hold_as_seen
from acd.rules.offers import connect, end_conversation, talk
from acd.turn import Turn

HOLD_S = 5.0
"""How long, after callers were found again, nobody is offered anything unless all are back earlier: the dialplan hands
each in again within about one second."""
SEEN_GONE_S = 1.0
"""How long after a standstill the sessions that ended in it are seen to have ended, at the latest."""


def see_world(request: WorldSeen, turn: Turn) -> None:
    """Make the floor equal to what was seen on one node."""
    for phone in sorted({*turn.floor.phones_in_use, *request.phones_in_use}):
        use = PhoneUse.IN_USE if phone in request.phones_in_use else PhoneUse.FREE
        phone_use_changed(phone, use, turn)
    seen = {call.call: call for call in request.calls}
    for call in list(turn.floor.calls.values()):
        if call.callback is None and call.id.startswith(f"{request.node}-") and call.id not in seen:
            caller_gone(call, turn)
    for found in sorted(request.calls, key=lambda call: (call.joined_at, call.call)):
        known = turn.floor.calls.get(found.call)
        if known is None:
            restore(found, turn)
        else:
            correct(known, found, turn)
    see_callbacks(request, turn)
    if turn.floor.held_until is None and awaited(turn):
        turn.happen(RoutingHeld(turn.now + HOLD_S))


def stood_still(turn: Turn) -> None:
    """Hold routing: the watchdog has taken callers away meanwhile, and they come back one by one, in any order."""
    turn.happen(RoutingHeld(turn.now + HOLD_S, turn.now + SEEN_GONE_S))


def awaited(turn: Turn) -> bool:
    """Whether a waiting caller's session is still to come back. Callbacks have none: they wait for nobody."""
    return any(
        call.state is CallState.WAITING and not call.attached and call.callback is None
        for call in turn.floor.calls.values()
    )


def restore(found: SeenCall, turn: Turn) -> None:
    """A caller whom the floor does not know takes the old place. A queue that is gone by now is for the flow to answer."""
    if found.queue not in turn.floor.plans:
        return
    agent = None if found.agent is None else turn.floor.agents.get(found.agent)
    rung = agents_rung(found, turn)
    state = state_to_restore(found, agent, rung, turn)
    if state is None:
        return
    keeps = (agent,) if state is CallState.TALKING and agent is not None else rung
    turn.happen(
        Restored(
            found.call,
            found.queue,
            found.priority,
            found.need,
            found.attributes,
            min(found.joined_at, turn.now),
            state,
            keeps[0].id if keeps else None,
            min(found.since, turn.now),
            found.customer,
            tuple(other.id for other in keeps[1:]),
        )
    )
    call = turn.floor.calls[found.call]
    for kept in keeps:
        if state is CallState.TALKING:
            talk(call, kept, call.since, turn, found.phone)
            hold_as_seen(call, found.holders, turn)
        else:
            turn.move(kept, AgentState.OFFERED, who=SYSTEM, call=call)


def agents_rung(found: SeenCall, turn: Turn) -> tuple[Agent, ...]:
    """Whose phones ring for the caller, and who are free to be offered; of others the dial's end or an answer will tell."""
    if found.state is not CallState.OFFERED or found.agent is None:
        return ()
    known = (turn.floor.agents.get(agent) for agent in dict.fromkeys((found.agent, *found.others)))
    return tuple(agent for agent in known if agent is not None and agent.state is AgentState.READY)


def state_to_restore(found: SeenCall, agent: Agent | None, rung: tuple[Agent, ...], turn: Turn) -> CallState | None:
    """The state in which a found call comes back; None where it is not for the floor (a talk with nobody we know)."""
    match found.state:
        case CallState.TALKING:
            return CallState.TALKING if agent is not None and may_talk(agent, found.phone, turn) else None
        case CallState.OFFERED:
            return CallState.OFFERED if rung else CallState.RETURNING
        case _:
            return CallState.WAITING


def may_talk(agent: Agent, phone: PhoneId | None, turn: Turn) -> bool:
    """Whether the agent can be the one who talks: not on another call, and on a phone that is theirs or nobody's."""
    on_it = agent.phone is not None or (phone is not None and phone not in turn.floor.phones)
    return on_it and agent.state not in IN_CONVERSATION


def correct(known: Call, found: SeenCall, turn: Turn) -> None:
    """A call that the floor knows: answers, hold and ends that were missed are made good."""
    if known.in_conversation and found.state is not CallState.TALKING:
        end_conversation(known, EndedBy.UNKNOWN, turn)
        return
    agent = None if found.agent is None else turn.floor.agents.get(found.agent)
    if found.state is not CallState.TALKING or agent is None:
        return
    if not known.in_conversation and may_talk(agent, found.phone, turn):
        connect(known, agent, min(found.since, turn.now), turn, found.phone)
    if known.in_conversation and known.agent == agent.id:
        hold_as_seen(known, found.holders, turn)
