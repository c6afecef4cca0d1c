"""The service is killed while callers pour in: whoever arrives, chooses, waits, is rung for or talks is served in the end.

Who has talked and is asked how it was is asked again, and nobody else rings for them; so is who was entering digits.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import pytest

from deploy.caller_stream import CallerStream, CallPlan, Key, caller_stream, evenly
from deploy.callers import Caller
from deploy.handset import HandsetState
from deploy.phones import AnswerAfter, NeverAnswer
from deploy.shift import take_calls
from tests.chaos.extent import Extent
from tests.live.house import Agent, House
from tests.live.lives import Life
from tests.live.pairs import Pair, talking_pair
from tests.live.sites import NUMBERS
from tests.live.told import hears, prompt, until_told
from tests.live.waiting import until, until_seen

APART_S = 0.3
"""Between two callers of a stream."""
CHOOSES_AFTER_S, AGAIN_AFTER_S = 2.0, 14.0
"""When a caller of the menu presses a key, and then again, since nothing happened."""
LONG_S = 600.0
TALK_S = 0.1
JUST_NOW_S = 0.5
RING_S = 10.0
IN_LINE_WITHIN_S = 30.0
"""Who was being rung for comes back when it has rung out; who was in the menu hears it again."""
IN_LINE = ("waiting", "talking")
PROCESSOR_S = 6.0
"""What a start may take of a processor until it is ready: the machine's load lengthens that less than the time."""
SERVED_WITHIN_S = 120.0
WRAP_UP_S = 60
"""Longer than the service is away, on a busy machine too."""
UNREAD = 3
"""Callers whose sessions the service never begins."""
SAME_S = 1.0
"""A moment that went through Redis and a second run's clock is the same to within this."""


QUESTION = "how-was-it"
ASKED = 2
"""Callers who have talked and are asked a question when the service dies."""
THINK_S = 60.0
"""How long they may think, and who enters digits: longer than everybody else takes to be in their places."""
NUMBER_ASKED = "enter-order"
HALF, OTHER_HALF = "13", "57"


class Where(StrEnum):
    """Where a caller is when the service dies."""

    ARRIVING = "arriving"
    CHOOSING = "choosing"
    WAITING = "waiting"
    RUNG_FOR = "rung for"
    TALKING = "talking"
    ASKED = "asked after the talk"


def where(life: Life, at: float) -> Where:
    """Where this caller was at that moment, as the ledger knows."""
    if life.talks:
        return Where.TALKING if life.talks[-1].ended_at is None else Where.ASKED
    if any(offer.ended_at is None for offer in life.offers):
        return Where.RUNG_FOR
    if life.in_line_at(at):
        return Where.WAITING
    return Where.ARRIVING if at - life.came_at < JUST_NOW_S else Where.CHOOSING


@asynccontextmanager
async def pouring_in(house: House, callers: int) -> AsyncIterator[tuple[CallerStream, CallerStream]]:
    """Callers who dial one after the other, straight into a queue and into a menu; they do not give up."""
    straight = evenly([CallPlan(f"556{n:04}", (), LONG_S) for n in range(callers)], APART_S)
    keys = Key("1", CHOOSES_AFTER_S), Key("1", AGAIN_AFTER_S)
    choosing = evenly([CallPlan(f"557{n:04}", keys, LONG_S) for n in range(callers // 2)], 2 * APART_S)
    async with (
        caller_stream(house.exchange, NUMBERS["crowd"], straight, parent=house.folder) as one,
        caller_stream(house.exchange, NUMBERS["main"], choosing, parent=house.folder) as other,
    ):
        yield one, other


async def in_line(house: House) -> dict[str, tuple[str, int]]:
    """Callers the service knows to wait, and where: queue and position."""
    calls = await house.calls()
    return {call["id"]: (call["queue"], call["position"]) for call in calls if call["state"] == "waiting"}


async def until_in_line(house: House, callers: set[str]) -> None:
    """Wait until the service knows of these callers that they wait or talk."""

    async def known() -> bool:
        return callers <= {call["id"] for call in await house.calls() if call["state"] in IN_LINE}

    await until_seen(known, f"{len(callers)} callers are in line or talk", IN_LINE_WITHIN_S)


def everywhere(house: House) -> bool:
    """Whether there is a caller in each place at this moment."""
    now = house.observer.now()
    return {where(life, now) for life in house.observer.ledger.present} == set(Where)


@dataclass(frozen=True, slots=True)
class Back:
    """How one start went, in seconds from the start of its process; `processor_s` is what it took of a processor."""

    ready_s: float
    waiting_s: float
    """Until it knew of all who had waited that they wait or talk."""
    last_s: float
    """Until all were in line or talked: also who was in the menu, and chose in the caller's own time."""
    processor_s: float
    """Until it was ready."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody who has talked, and hears a question; `at_s`: when it began, in seconds of what they heard."""

    caller: Caller
    at_s: float


async def asked_after_a_talk(house: House, asks: Agent) -> list[Asked]:
    """Callers whose conversations with this agent are over, and who are asked how it was. The agent takes no others."""
    await prompt(house, QUESTION, "en")
    asked = []
    for _ in range(ASKED):
        caller = await house.caller("rated")
        await asks.does("ready")
        await house.until_talking(caller, asks, RING_S)
        await until(
            lambda caller=caller: hears(caller).last(0.5).share_of(asks.tone_hz) > 0.9,  # type: ignore[misc] # mypy cannot infer lambdas with defaults
            "the caller hears the agent",
            RING_S,
        )
        await asks.phone.hang_up()
        await asks.until("wrap_up", RING_S)
        await asks.does("pause", reason="lunch")
        asked.append(Asked(caller, await until_told(house, caller, QUESTION, "en")))
    return asked


async def answers(house: House, asked: Asked) -> None:
    """They have heard the question again, answer it, and are let go; nobody but their agent ever rang for them."""
    await until_told(house, asked.caller, QUESTION, "en", asked.at_s + 1.0)
    life = house.life(asked.caller)
    await asked.caller.press("4")
    answered = await house.until_event("SurveyAnswered", RING_S, call=life.call)
    assert (answered.data["answer"], answered.data["agent"]) == (4, "1003")
    await asked.caller.until(HandsetState.IDLE, RING_S)
    assert (len(life.offers), len(life.talks)) == (1, 1)


async def enters_half_a_number(house: House) -> Asked:
    """A caller who is asked for a number, and has yet to enter the rest of it."""
    await prompt(house, NUMBER_ASKED, "zh")
    caller = await house.caller("digits")
    asked = Asked(caller, await until_told(house, caller, NUMBER_ASKED, "zh"))
    await caller.press(HALF)
    return asked


async def enters_the_whole_number(house: House, asked: Asked) -> None:
    """They have been asked for it again, enter it, and hear it read back: half of it would be another one's."""
    at_s = await until_told(house, asked.caller, NUMBER_ASKED, "zh", asked.at_s + 1.0)
    await asked.caller.press(HALF + OTHER_HALF)
    await until_told(house, asked.caller, "you-entered", "zh", at_s)
    await asked.caller.hang_up()
    await asked.caller.until(HandsetState.IDLE, RING_S)


async def killed(house: House, rung: Agent, asks: Agent, callers: int, arrived: int) -> Back:
    """One kill while callers pour in; all of them are in line afterwards in their order, and are served."""
    ledger = house.observer.ledger
    asked = await asked_after_a_talk(house, asks)
    entering = await enters_half_a_number(house)
    in_no_line = {house.life(each.caller).call for each in (*asked, entering)}
    await rung.does("ready")
    before = len(ledger.lives)
    everybody = before + callers + callers // 2
    async with pouring_in(house, callers) as streams:
        await rung.phone.until(HandsetState.RINGING, RING_S)
        await house.observer.until(
            lambda: len(ledger.lives) >= before + arrived and everywhere(house), "callers everywhere", IN_LINE_WITHIN_S
        )
        house.service.kill()
        at = house.observer.now()
        places = [life.call for life in sorted(ledger.present, key=_joined_at) if where(life, at) is Where.WAITING]
        await rung.phone.accept()  # an agent picks up while nobody looks
        began = house.observer.now()
        house.service.start()
        await house.service.until_ready()
        ready_s, processor_s = house.observer.now() - began, house.service.processor_s
        assert processor_s < PROCESSOR_S
        await until_in_line(house, set(places))
        waiting_s = house.observer.now() - began
        await house.observer.until(lambda: len(ledger.lives) == everybody, "all have come", IN_LINE_WITHIN_S)
        here = {life.call for life in ledger.present} - in_no_line
        await until_in_line(house, here)
        assert {call["id"] for call in await house.calls()} == here  # nobody is on the floor who is not on the line
        back = Back(ready_s, waiting_s, house.observer.now() - began, processor_s)
        waiting = await in_line(house)
        for queue in ("crowd", "sales"):
            again = sorted((p, call) for call, (q, p) in waiting.items() if q == queue and call in places)
            assert [call for _, call in again] == [call for call in places if waiting[call][0] == queue]
        await enters_the_whole_number(house, entering)
        for each in asked:
            await answers(house, each)
        await served(house, rung, streams, before)
    return back


async def served(house: House, rung: Agent, streams: Iterable[CallerStream], before: int) -> None:
    """Every caller of the streams has their conversation."""
    ledger = house.observer.ledger
    rung.phone.answer = AnswerAfter(0.1)
    async with asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(take_calls(rung.phone, lambda: TALK_S))
        await rung.phone.hang_up()
        await house.observer.until(
            lambda: all(life.talks for life in list(ledger.lives.values())[before:]), "all are served", SERVED_WITHIN_S
        )
        for stream in streams:
            await stream.until_over()
        serving.cancel()
    rung.phone.answer = NeverAnswer()


async def test_whoever_is_on_the_line_when_the_service_is_killed_is_served_in_their_order(
    house: House, extent: Extent, figures: list[str]
) -> None:
    pair: Pair = await talking_pair(house, "1001")
    house.rewrite("flows/rated.yaml", "wait_s: 20\n", f"wait_s: {THINK_S:.0f}\n")
    house.rewrite("flows/digits.yaml", "    most: 4\n", f"    most: 4\n    wait_s: {THINK_S:.0f}\n")
    await house.reload()
    asks = await house.paused_agent("1003", AnswerAfter(0.1))
    rung = await house.paused_agent("1002", NeverAnswer())
    starts: list[Back] = []
    began, heard_s = house.observer.now(), pair.heard_s()
    for number in range(extent.rounds):
        arrived = extent.callers * (number + 1) // (extent.rounds + 1) + extent.callers // 2
        starts.append(await killed(house, rung, asks, extent.callers, arrived))
        await rung.until("ready", RING_S)
        await rung.does("pause", reason="lunch")
    slowest = max(starts, key=lambda back: back.waiting_s)
    figures.append(
        f"killed {extent.rounds} x, from the start: ready {slowest.ready_s:.1f} s ({slowest.processor_s:.1f} s of processor "
        f"time), who waited in line {slowest.waiting_s:.1f} s, the last of all {max(b.last_s for b in starts):.1f} s"
    )
    assert pair.missed_since(heard_s, house.observer.now() - began) == []
    assert (await pair.agent.now())["state"] == "talking"
    await pair.caller.hang_up()


async def test_whose_session_nobody_had_begun_when_the_service_was_killed_is_served(house: House) -> None:
    ledger = house.observer.ledger
    before = len(ledger.lives)
    plans = evenly([CallPlan(f"558{n:04}", (), LONG_S) for n in range(UNREAD)], APART_S)
    agi_port = int(house.service.environment["SWITCHBOARD_AGI_PORT"])
    house.service.freeze()
    async with caller_stream(house.exchange, NUMBERS["crowd"], plans, parent=house.folder) as stream:
        await house.observer.until(
            lambda: len(ledger.lives) == before + UNREAD and unread_at(agi_port) >= UNREAD,
            "Asterisk has said who calls, and nobody reads it",
            RING_S,
        )
        house.service.kill()
        house.service.start()
        await house.service.until_ready()
        await until_in_line(house, {life.call for life in list(ledger.lives.values())[before:]})
        rung = await house.ready_agent("1001", NeverAnswer())
        await rung.phone.until(HandsetState.RINGING, RING_S)
        await rung.phone.accept()
        await served(house, rung, [stream], before)


def unread_at(port: int) -> int:
    """How many connections to this port of ours hold bytes that nobody has read."""
    lines = Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]
    queues = [fields[4] for fields in map(str.split, lines) if fields[1].endswith(f":{port:04X}")]
    return sum(int(queue.partition(":")[2], 16) > 0 for queue in queues)


def _joined_at(life: Life) -> float:
    return life.places[-1].joined_at if life.places else float("inf")


async def test_wrap_up_outlives_a_kill_and_whose_talk_ended_meanwhile_has_theirs(house: House, extent: Extent) -> None:
    house.rewrite("queues.yaml", "wrap_up: 4\n", f"wrap_up: {WRAP_UP_S}\n")
    await house.reload()
    wrapping, talking = [await house.ready_agent(number, AnswerAfter(0.1)) for number in ("1001", "1002")]
    for _ in range(extent.rounds):
        for agent in (wrapping, talking):
            await house.until_talking(await house.caller("careful"), agent)
        await wrapping.phone.hang_up()
        before = await wrapping.until("wrap_up")
        await until_kept(house, wrapping, "wrap_up")
        await until_kept(house, talking, "talking")
        house.service.kill()
        await talking.phone.hang_up()  # while nobody looks
        house.service.start()
        await house.service.until_ready()
        after = await wrapping.now()
        assert (after["state"], after["since"]) == ("wrap_up", pytest.approx(before["since"], abs=SAME_S))
        assert after["until"] == pytest.approx(before["until"], abs=SAME_S)
        assert (await talking.until("wrap_up"))["until"] > before["until"]
        waiting = await house.waiting_caller("careful")
        assert house.life(waiting).offers == []
        await wrapping.does("ready")
        await house.until_talking(waiting, wrapping)
        await waiting.hang_up()
        for agent in (wrapping, talking):
            await agent.until("wrap_up")
            await agent.does("ready")


async def until_kept(house: House, agent: Agent, state: str) -> None:
    """Wait until Redis has the agent's record in this state: a kill in the quarter of a second before loses the newest."""

    async def kept() -> bool:
        return bool(await house.redis.hget(f"switchboard:{house.site.name}:agent:{agent.number}", "state") == state)

    await until_seen(kept, f"Redis has {agent.number} {state}", RING_S)
