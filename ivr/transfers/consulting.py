"""An agent asks a number outside on a second line of their phone, while their caller waits on hold.

To join the two is the phone's affair, and Asterisk's (an attended transfer); to dial the number is ours, as any number outside.
"""

from __future__ import annotations

from typing import Protocol, assert_never

from acd.desk import Desk
from acd.names import AgentId, CallId, DialDoor, DialRule, HandOverEnd
from ivr.caller import Caller, ConversationOver, Missed
from ivr.dialling.policy import Wish, agent_user
from ivr.dialling.watch import Lookout, dial_watched
from ivr.house import Dialling


class Switchroom(Lookout, Protocol):
    """What a line to a number outside is dialled with."""

    @property
    def dialling(self) -> Dialling:
        """The policy of dialled numbers."""
        ...


def caller_of(agent: AgentId, desk: Desk) -> CallId | None:
    """The call of the caller with whom this agent is in conversation; None: nobody waits for what they ask."""
    known = desk.floor.agents.get(agent)
    call = None if known is None or known.call is None else desk.floor.calls.get(known.call)
    return call.id if call is not None and call.in_conversation else None


async def ask_outside(phone: Caller, number: str, agent: AgentId, about: CallId, room: Switchroom) -> HandOverEnd:
    """Ring the number from the phone's second line where that is permitted, and return when it is over. Raises CallerGone.

    The agent's caps count. The line is not answered before somebody is there: the phone knows by that whom it can join.
    """
    ruling = room.dialling.ask(Wish(about, number, DialDoor.AGENT, agent_user(agent), agent))
    if isinstance(ruling, DialRule):
        return HandOverEnd.REFUSED
    with room.desk.orders(phone.call) as orders, dial_watched(phone, room, orders, ruling.ring_s):
        result = await phone.dial(ruling.dial, ruling.ring_s, ruling.shows, ruling.talk_s)
    match result:
        case ConversationOver():
            return HandOverEnd.TALKED
        case Missed():
            return HandOverEnd.FAILED
        case _:
            assert_never(result)
