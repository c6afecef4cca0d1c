"""Callers who are called back: promised by key, at their turn, the agent first; tried again, kept over a crash, promised once.

The customer's phone is the third agent's, who is not signed in: its number is 3.
"""

from __future__ import annotations

import httpx

from deploy.telephones.handset import HandsetState
from deploy.telephones.phones import AnswerAfter, AnswerIfTold, AnswerPolicy, NeverAnswer
from tests.live.callback_kit import (
    ASKED,
    CUSTOMER,
    REACHED_WITHIN_S,
    asks_for_callback,
    callbacks,
    hears,
    promised,
)
from tests.live.house import SOON_S, Agent, Happened, House, Json
from tests.live.told import prompt
from tests.live.waiting import until, until_seen

ASKED_S = 30.0
"""Longer than it takes to ring an agent, to tell them whose callback it is, and to wait for their key."""


async def told(house: House, callback: str) -> list[Happened]:
    return [event for event in await house.events() if event.data.get("call") == callback]


async def test_who_is_promised_a_callback_keeps_their_place_and_talks_with_the_agent_at_their_turn(
    house: House,
) -> None:
    customer = await house.agent(CUSTOMER, AnswerAfter(0.3))
    callback = await promised(house)
    later = await house.waiting_caller("callback")
    queue = await house.queue("returned")
    assert (queue["waiting"], queue["callbacks"]) == (1, 1)
    assert customer.phone.state is HandsetState.IDLE, "nobody is dialled before an agent has picked up"

    agent = await house.ready_agent("1001", NeverAnswer())
    await agent.phone.until(HandsetState.RINGING, REACHED_WITHIN_S)
    assert (await agent.now())["call"] == callback, "the later caller went first"
    assert customer.phone.state is HandsetState.IDLE
    await agent.phone.accept()
    await customer.phone.until(HandsetState.ESTABLISHED, REACHED_WITHIN_S)
    await agent.until("talking")
    await until(lambda: hears(agent).last(0.5).share_of(customer.tone_hz) > 0.9, "the agent hears them", SOON_S)
    await until(lambda: hears(customer).last(0.5).share_of(agent.tone_hz) > 0.9, "they hear the agent", SOON_S)

    agent.phone.answer = AnswerAfter(0.1)
    await customer.phone.hang_up()
    await house.until_talking(later, agent, REACHED_WITHIN_S)
    events = await told(house, callback)
    kinds = [
        event.kind for event in events if event.kind.startswith("Callback") or event.kind in ("Connected", "Ended")
    ]
    assert kinds == ["CallbackPromised", "CallbackDialled", "CallbackTried", "Connected", "Ended"]
    assert next(event.data["by"] for event in events if event.kind == "Ended") == "caller"
    assert await callbacks(house) == []

    async def recorded() -> bool:
        found = (await house.get("/api/v1/recordings?agent=1001&tag=callback:true"))["items"]
        return any(each["call"] == callback and each["state"] == "complete" for each in found)

    await until_seen(recorded, "the conversation is recorded and tagged", 2 * SOON_S)


async def test_a_customer_who_does_not_answer_is_tried_again_and_then_given_up(house: House) -> None:
    customer = await house.agent(CUSTOMER, NeverAnswer())
    callback = await promised(house)
    agent = await house.ready_agent("1001", AnswerAfter(0.1))
    await customer.phone.until(HandsetState.RINGING, REACHED_WITHIN_S)
    await customer.phone.hang_up()
    first = await house.until_event("CallbackTried", REACHED_WITHIN_S, call=callback, attempt=1)
    assert (first.data["outcome"], first.data["next_at"] is None) == ("busy", False)
    second = await house.until_event("CallbackTried", 2 * REACHED_WITHIN_S, call=callback, attempt=2)
    assert (second.data["outcome"], second.data["next_at"]) == ("no_answer", None)
    ended = await house.until_event("CallbackEnded", call=callback)
    assert (ended.data["why"], ended.data["attempts"]) == ("given_up", 2)
    await agent.until("ready")
    assert await callbacks(house) == []


async def test_a_promise_outlives_the_service_and_is_kept_once(house: House) -> None:
    customer = await house.agent(CUSTOMER, AnswerAfter(0.3))
    callback = await promised(house)
    (before,) = await callbacks(house)
    house.service.kill()
    house.service.start()
    await house.service.until_ready()

    async def back() -> Json | None:
        return next(iter(await callbacks(house)), None)

    after = await until_seen(back, "the callback is read back", SOON_S)
    assert (after["id"], round(after["joined_at"])) == (callback, round(before["joined_at"]))
    agent = await house.ready_agent("1001", AnswerAfter(0.1))
    await customer.phone.until(HandsetState.ESTABLISHED, REACHED_WITHIN_S)
    await agent.until("talking")

    house.service.kill()
    house.service.start()
    await house.service.until_ready()
    await customer.phone.hang_up()
    await agent.until("ready", REACHED_WITHIN_S)
    assert await callbacks(house) == [], "who was reached is not called again"


async def test_a_callback_is_kept_for_the_agent_whom_its_queue_prefers_also_over_a_restart(house: House) -> None:
    preferred = await house.ready_agent("1002", AnswerAfter(0.1))
    somebody = await house.caller("sales")
    await house.until_talking(somebody, preferred)
    other = await house.ready_agent("1001", NeverAnswer())
    callback = await promised(house)
    (waits,) = await callbacks(house)
    assert waits["kept_for"] == preferred.number
    assert waits["why"]["en"].startswith("Kept for ")

    house.service.kill()
    house.service.start()
    await house.service.until_ready()

    async def kept_on() -> Json | None:
        return next((each for each in await callbacks(house) if each["state"] == "waiting"), None)

    again = await until_seen(kept_on, "the callback is read back", SOON_S)
    assert (again["kept_for"], round(again["kept_until"])) == (preferred.number, round(waits["kept_until"]))
    preferred.phone.answer = NeverAnswer()
    await somebody.hang_up()
    await preferred.phone.until(HandsetState.RINGING, REACHED_WITHIN_S)
    assert (await preferred.now())["call"] == callback
    offered = [event.data["agent"] for event in await told(house, callback) if event.kind == "Offered"]
    assert offered == [preferred.number], "the other, who was there all the time, was rung"
    assert (await other.now())["state"] == "ready"


async def being_asked(house: House, number: str, answer: AnswerPolicy) -> Agent:
    """An agent who is ready, has picked up for the callback, and is told whose it is."""
    name = await prompt(house, "whisper-queue-asked-back", "en")
    await prompt(house, "offer-press-1", "en")
    agent = await house.ready_agent(number, answer)
    await until(lambda: agent.phone.heard_files() and hears(agent).likeness(name) > 0.7, "the agent is told", ASKED_S)
    return agent


async def test_an_agent_is_told_and_asked_before_a_customer_is_called_back(house: House) -> None:
    """Their phone picks up by itself, as the queue has it told."""
    customer = await house.agent(CUSTOMER, AnswerAfter(0.3))
    callback = await promised(house, ASKED)
    agent = await being_asked(house, "1001", AnswerIfTold())
    assert (await agent.now())["state"] == "offered"
    assert customer.phone.state is HandsetState.IDLE, "nobody is dialled before the agent has taken it"
    await agent.phone.press("1")
    await customer.phone.until(HandsetState.ESTABLISHED, REACHED_WITHIN_S)
    assert (await agent.until("talking"))["call"] == callback
    await customer.phone.hang_up()
    await agent.until("ready", REACHED_WITHIN_S)


async def test_who_does_not_press_the_key_or_hangs_up_has_refused_the_callback(house: House) -> None:
    customer = await house.agent(CUSTOMER, AnswerAfter(0.3))
    callback = await promised(house, ASKED)
    silent = await being_asked(house, "1001", AnswerAfter(0.0))
    await house.until_event("OfferWithdrawn", ASKED_S, call=callback, agent="1001", why="refused")
    await silent.phone.until(HandsetState.IDLE, SOON_S)
    leaves = await being_asked(house, "1002", AnswerAfter(0.0))
    await leaves.phone.hang_up()
    await house.until_event("OfferWithdrawn", SOON_S, call=callback, agent="1002", why="refused")

    async def waits_again() -> bool:
        return [each["state"] for each in await callbacks(house)] == ["waiting"]

    await until_seen(waits_again, "the callback keeps its place", SOON_S)
    assert not any(event.kind == "CallbackDialled" for event in await told(house, callback))
    assert customer.phone.state is HandsetState.IDLE


async def test_a_second_wish_of_the_same_customer_makes_no_second_callback(house: House) -> None:
    callback = await promised(house)
    await asks_for_callback(house)
    assert [each["id"] for each in await callbacks(house)] == [callback]
    cancelled = await house.api.post(f"/api/v1/callbacks/{callback}/cancel")
    assert cancelled.status_code == httpx.codes.OK
    await house.until_event("CallbackEnded", call=callback, why="cancelled")
    assert await callbacks(house) == []
