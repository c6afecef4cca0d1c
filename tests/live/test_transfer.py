"""An agent sends a caller on to another queue, on a real Asterisk: by the API, and by the phone's own blind transfer."""

from __future__ import annotations

from enum import StrEnum
from http import HTTPStatus

import httpx
import pytest

from deploy.telephones.callers import Caller
from deploy.telephones.phones import AnswerAfter
from tests.live.hearing import heard_in
from tests.live.house import SOON_S, Agent, House, Json
from tests.live.waiting import until, until_seen

TO = "take-over"
NUMBER = "8001"
"""Of the queue take-over."""


class Way(StrEnum):
    """How an agent sends a caller on."""

    BY_API = "api"
    BY_PHONE = "phone"
    BY_NAME = "phone, by the queue's name"


async def transfers(house: House, caller: Caller, agent: Agent, way: Way) -> None:
    """The agent sends the caller on to the queue take-over."""
    match way:
        case Way.BY_API:
            answer = await post(house, caller, TO)
            assert answer.status_code == HTTPStatus.ACCEPTED, answer.text
        case Way.BY_PHONE:
            await agent.phone.transfer(NUMBER)
        case Way.BY_NAME:
            await agent.phone.transfer(TO)


async def post(house: House, caller: Caller, queue: str) -> httpx.Response:
    return await house.api.post(f"/api/v1/calls/{house.life(caller).call}/transfer", json={"to": queue})


async def talking(house: House) -> tuple[Caller, Agent]:
    """A caller of the queue careful (a wrap-up of 4 s) and their agent."""
    agent = await house.ready_agent("1001", AnswerAfter(0.1))
    caller = await house.caller("careful")
    await house.until_talking(caller, agent)
    await until(
        lambda: heard_in(caller.heard_files()[-1]).last(0.5).share_of(agent.tone_hz) > 0.9,
        "half a second of talk",
        SOON_S,
    )
    return caller, agent


async def until_in(house: House, caller: Caller, queue: str) -> Json:
    """Wait until the call is in this queue."""

    async def there() -> Json | None:
        return next(
            (c for c in await house.calls() if c["id"] == house.life(caller).call and c["queue"] == queue), None
        )

    return await until_seen(there, f"{caller.name} is in {queue}", SOON_S)


@pytest.mark.parametrize("way", Way)
async def test_a_caller_who_is_sent_on_waits_anew_in_the_other_queue_as_the_same_contact(
    house: House, way: Way
) -> None:
    before = {queue: await house.queue(queue) for queue in ("careful", TO)}
    caller, agent = await talking(house)
    call = house.life(caller).call
    asked_at = house.observer.now()
    await transfers(house, caller, agent, way)
    waiting = await until_in(house, caller, TO)
    assert waiting["state"] == "waiting"
    assert waiting["attributes"]["transferred_from"] == "careful"
    assert house.life(caller).places[-1].joined_at > asked_at
    assert (await agent.now())["state"] == "wrap_up"

    other = await house.ready_agent("1002", AnswerAfter(0.1))
    await house.until_talking(caller, other)
    await house.until_event("Connected", call=call, agent="1002")  # the figures have it then, too
    ended = await house.until_event("Ended", call=call)
    assert (ended.data["agent"], ended.data["by"]) == ("1001", "transfer")
    for queue in ("careful", TO):
        now = await house.queue(queue)
        counted = {key: now[key] - before[queue][key] for key in ("offered", "answered", "abandoned", "diverted")}
        assert counted == {"offered": 1, "answered": 1, "abandoned": 0, "diverted": 0}, queue
    await caller.hang_up()

    async def both() -> list[Json] | None:
        found = [each for each in (await house.get("/api/v1/recordings"))["items"] if each["call"] == call]
        return found if [each["state"] for each in found] == ["complete"] * 2 else None

    parts = sorted(await until_seen(both, "both parts are in the catalogue", 3 * SOON_S), key=lambda each: each["id"])
    assert [(each["id"], each["queue"], each["agent"], each["ended_by"]) for each in parts] == [
        (f"{call}-1", "careful", "1001", "transfer"),
        (f"{call}-2", TO, "1002", "caller"),
    ]
    assert parts[1]["tags"]["transferred_from"] == "careful"


async def test_a_transfer_outlives_the_service(house: House) -> None:
    caller, agent = await talking(house)
    house.service.kill()
    await agent.phone.transfer(NUMBER)
    house.service.start()
    await house.service.until_ready()
    await until_in(house, caller, TO)
    other = await house.ready_agent("1002", AnswerAfter(0.1))
    await house.until_talking(caller, other)


async def test_a_phone_that_sends_a_caller_nowhere_brings_them_back_to_where_they_were(house: House) -> None:
    caller, agent = await talking(house)
    await agent.phone.transfer("8999")
    await until_in(house, caller, "careful")
    other = await house.ready_agent("1002", AnswerAfter(0.1))
    await house.until_talking(caller, other)


async def test_what_cannot_be_sent_on_is_refused_and_changes_nothing(house: House) -> None:
    caller, _ = await talking(house)
    waiting = await house.waiting_caller("strict")
    answers = [
        await post(house, caller, "careful"),
        await post(house, caller, "take-ovr"),
        await post(house, waiting, TO),
        await house.api.post("/api/v1/calls/node1-0.0/transfer", json={"to": TO}),
    ]
    refused = [HTTPStatus.CONFLICT, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.NOT_FOUND]
    assert [answer.status_code for answer in answers] == refused
    assert "did you mean 'take-over'" in answers[1].json()["detail"]
    states = {call["id"]: (call["state"], call["queue"]) for call in await house.calls()}
    assert states[house.life(caller).call] == ("talking", "careful")
    assert states[house.life(waiting).call] == ("waiting", "strict")
