"""Whom queues turn away, on a real Asterisk with real phones: each hears that treatment's own prompt, and is counted as that."""

from __future__ import annotations

from pathlib import Path

import soundfile

from deploy.telephones.callers import Caller
from deploy.telephones.handset import HandsetState
from deploy.telephones.phones import AnswerAfter, NeverAnswer
from tests.live.hearing import RATE_HZ, Heard, heard_in
from tests.live.house import House, Json
from tests.live.lives import Outcome
from tests.live.waiting import until, until_seen

PROMPTS = ("shut-closed", "feast-holiday", "limited-full", "limited-nobody")
SAID_WITHIN_S = 20.0
"""The longest prompt takes five seconds."""


def prompt(house: House, name: str) -> Heard:
    samples, rate = soundfile.read(file_of(house, name), dtype="float64")
    assert rate == RATE_HZ
    return Heard(samples)


def file_of(house: House, name: str) -> Path:
    return house.site.prompts / "en" / f"{name}.wav"


async def prompts_are_made(house: House) -> None:
    await until(lambda: all(file_of(house, name).is_file() for name in PROMPTS), "the prompts are made", SAID_WITHIN_S)


def likeliest(house: House, caller: Caller) -> tuple[str, float]:
    """Which of the prompts the caller heard, and how like it was."""
    heard = heard_in(caller.heard_files()[-1])
    likeness = {name: heard.likeness(prompt(house, name)) for name in PROMPTS}
    return max(likeness.items(), key=lambda one: one[1])


async def is_turned_away(house: House, caller: Caller, queue: str, why: str, said: str) -> None:
    """The caller hears this prompt and leaves by the flow; event, figures and explanation agree."""
    call = house.life(caller).call
    event = await house.until_event("TurnedAway", call=call)
    assert (event.data["queue"], event.data["why"], event.data["say"]) == (queue, why, said)
    await caller.until(HandsetState.IDLE, SAID_WITHIN_S)
    name, likeness = likeliest(house, caller)
    assert name == said, f"heard {name} ({likeness:.2f})"
    assert likeness > 0.5
    assert house.life(caller).outcomes == (Outcome.DIVERTED,)
    (told,) = (await house.get(f"/api/v1/calls/{call}/decisions"))["turned_away"]
    assert (told["queue"], told["why"], set(told["in_words"])) == (queue, why, {"zh-CN", "en"})
    assert event.data["holiday_name"] == ({"zh-CN": "店庆", "en": "Anniversary"} if why == "holiday" else {})


async def test_callers_who_are_not_let_in_hear_why_and_are_counted_as_turned_away_alone(house: House) -> None:
    await prompts_are_made(house)
    before = {queue: await house.queue(queue) for queue in ("shut", "feast", "limited")}
    callers = {queue: await house.caller(queue) for queue in before}
    await is_turned_away(house, callers["shut"], "shut", "closed", "shut-closed")
    await is_turned_away(house, callers["feast"], "feast", "holiday", "feast-holiday")
    await is_turned_away(house, callers["limited"], "limited", "none_signed_in", "limited-nobody")
    for queue, figures in before.items():
        after = await house.queue(queue)
        assert after["turned_away"] == figures["turned_away"] + 1
        for figure in ("offered", "answered", "abandoned", "diverted"):
            assert after[figure] == figures[figure]


async def test_a_full_queue_turns_the_next_away_and_serves_whom_it_let_in(house: House) -> None:
    await prompts_are_made(house)
    agent = await house.paused_agent("1001", AnswerAfter(0.1))
    first = await house.waiting_caller("limited")
    second = await house.caller("limited")
    await is_turned_away(house, second, "limited", "full", "limited-full")
    await agent.does("ready")
    await house.until_talking(first, agent)


async def test_a_calendar_closed_by_hand_turns_the_next_caller_away_until_it_is_given_back(house: House) -> None:
    await prompts_are_made(house)
    closed = await house.service.command("calendar", "close", "feast", "fire drill", "--who", "Li")
    try:
        assert closed.stdout == "feast: emergency\n", closed.stderr
        caller = await house.caller("feast")
        await is_turned_away(house, caller, "feast", "emergency", "shut-closed")
        switch = (await house.get("/api/v1/calendars/feast"))["switch"]
        assert (switch["position"], switch["reason"], switch["who"]) == ("closed", "fire drill", "api:Li")
    finally:
        answer = await house.api.post("/api/v1/calendars/feast/by-hours", json={})
    assert (answer.json()["opening"], answer.json()["holiday"]["en"]) == ("holiday", "Anniversary")


async def test_a_calendar_is_closed_and_given_back_by_a_code_dialled_on_an_agent_s_phone(house: House) -> None:
    agent = await house.paused_agent("1001", NeverAnswer())

    async def dialled(code: str, position: str) -> Json:
        await agent.phone.dial(code)

        async def switched() -> Json | None:
            switch: Json = (await house.get("/api/v1/calendars/feast"))["switch"]
            return switch if switch["position"] == position else None

        seen = await until_seen(switched, f"{code} was understood", SAID_WITHIN_S)
        await agent.phone.until(HandsetState.IDLE, SAID_WITHIN_S)
        return seen

    try:
        closed = await dialled("*157", "closed")
        assert (closed["reason"], closed["who"]) == ("by phone", "agent:1001")
    finally:
        await dialled("*167", "by_hours")
