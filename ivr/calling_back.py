"""A callback being carried out, on the agent's channel: they have picked up, and take it; the customer is dialled, they talk.

The callback's id is the channel's. Answers and hang-ups are AMI's to tell; the session says why nobody was reached.
"""

from __future__ import annotations

import structlog

from acd.errors import RequestRefused
from acd.names import AttemptOutcome, DialRule, OfferFailure
from acd.requests import CustomerDialled, CustomerMissed, OfferRefused
from ivr.caller import Asking, Caller, CallerGone, CommandFailed, LinkClosed, LinkSilent, Missed, Question
from ivr.dialling.watch import dial_watched
from ivr.house import Errand, House
from ivr.waiting.whisper import asking_for

_log = structlog.get_logger("callback")


async def call_back(agent: Caller, house: House) -> None:
    """Dial the customer for the agent on this channel; the dialplan hangs up when they have talked, or nobody was reached."""
    errand = house.callbacks.errand(agent.call)
    if errand is None:
        _log.warning("a phone was called for a callback that is not there any more", call=agent.call)
        return
    try:
        if await _taken(agent, house, errand):
            await _dial(agent, house, errand)
    except (LinkSilent, LinkClosed) as cut:
        _log.warning("session lost: the agent's channel is ended once they do not talk", call=agent.call, why=str(cut))
        house.hand_in(agent.call)
    except CallerGone as gone:
        _log.debug("the agent hung up", call=agent.call, why=str(gone))


async def _taken(agent: Caller, house: House, errand: Errand) -> bool:
    """Tell and ask the agent as for any offer of this queue; whether the customer is to be dialled now."""
    offered, call = errand.offered, house.desk.floor.calls.get(agent.call)
    waited_s = 0.0 if call is None else house.desk.now() - call.joined_at
    asking = asking_for(house, offered.queue, waited_s)
    try:
        if asking is not None and not await _accepts(agent, asking):
            await house.desk.ask(OfferRefused(agent.call, offered.agent, OfferFailure.REFUSED))
            return False
        await house.desk.ask(CustomerDialled(agent.call, offered.agent))
    except RequestRefused as refused:
        _log.info("the offer had ended when the agent was there", call=agent.call, why=str(refused))
        return False
    return True


async def _accepts(agent: Caller, asking: Asking) -> bool:
    """Say what is to be said, and wait for the key; whether it was pressed, where one is wanted."""
    if asking.key:
        return await agent.ask(Question(asking.sounds, asking.within_s)) == asking.key
    for sound in asking.sounds:
        await agent.say(sound)
    return True


async def _dial(agent: Caller, house: House, errand: Errand) -> None:
    permit = house.dialling.ask(errand.wish)
    if isinstance(permit, DialRule):
        await _missed(agent, house, errand, AttemptOutcome.FAILED)
        return
    await _start_recording(agent, house, errand)
    with house.desk.orders(agent.call) as orders, dial_watched(agent, house, orders, errand.ring_s):
        result = await agent.dial(permit.dial, errand.ring_s, permit.shows, permit.talk_s)
    match result:
        case Missed(outcome):
            await _missed(agent, house, errand, outcome)
        case _:
            pass


async def _missed(agent: Caller, house: House, errand: Errand, outcome: AttemptOutcome) -> None:
    try:
        await house.desk.ask(CustomerMissed(agent.call, errand.offered.agent, outcome))
    except RequestRefused as refused:
        _log.warning("an attempt's end was refused", call=agent.call, why=str(refused))


async def _start_recording(agent: Caller, house: House, errand: Errand) -> None:
    call = house.desk.floor.calls.get(agent.call)
    if call is None:
        return
    try:
        file = await house.tape(errand.offered, call.attributes, house.desk.now() - call.joined_at)
        if file is not None:
            await agent.start_recording(file)
    except (CommandFailed, OSError, ValueError):
        # A customer is called even where the recording cannot be made.
        _log.exception("recording not started", call=agent.call)
