"""The service is killed with callers in every phase of a call at once: all are served in the end, each once.

They arrive, choose, enter digits, wait, are rung for, talk, and are asked how it was. Whoever finishes up goes on finishing up.

Before it is killed it stands still for a moment (SIGSTOP), and callers go on coming: what Asterisk says of them lies unread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

import pytest

from common.clock import unix_seconds
from deploy.telephones.callers import Caller
from deploy.telephones.handset import HandsetState
from deploy.telephones.phones import AnswerAfter, NeverAnswer
from tests.chaos.entering import (
    RING_S,
    answers,
    asked_after_a_talk,
    entering_half_a_number,
    enters_the_whole_number,
    may_think,
)
from tests.chaos.extent import FULL, Extent
from tests.chaos.phases import Where, unread_at, where
from tests.chaos.streams import IN_LINE_WITHIN_S, in_line, pouring, pouring_in, served, until_in_line
from tests.live.house import Agent, House, Json
from tests.live.lives import Life
from tests.live.pairs import Pair, talking_pair
from tests.live.sites import NUMBERS
from tests.live.waiting import until, until_seen

ASKED, ENTERING, LATE = 3, 3, 3
"""Callers who have talked and are asked a question when the service dies; who enter digits; whom it never hears of."""
BUSY = frozenset(Where) - {Where.ARRIVING}
"""Where there is somebody before the service stands still."""
PROCESSOR_S = 6.0
"""What a start may take of a processor until it is ready: the machine's load lengthens that less than the time."""
BACK_WITHIN_S = 2.0
"""From a start until each who had waited has a session again. The full extent is for a machine with nothing else on it; on a busy
one the processor time above says more.
"""
WRAP_UP_S = 600
"""Longer than anything here."""
RINGS_S = 40
"""Longer than callers take to be everywhere."""
SAME_S = 1.0
"""A moment that went through Redis and a second run's clock is the same to within this."""


@dataclass(frozen=True, slots=True)
class Crew:
    """Who is there all along: an agent who lets it ring, one whose callers are asked, and telephones that dial at a sign."""

    rung: Agent
    asks: Agent
    late: Sequence[Caller]


@dataclass(frozen=True, slots=True)
class Back:
    """How one start went, in seconds from the start of its process; `processor_s` is what it took of a processor."""

    ready_s: float
    """Until the API said so, which comes up beside callers."""
    known_s: float
    """Until all who had waited had their places again."""
    waiting_s: float
    """Until each of them had a session again that takes their orders: the dialplan tries twice a second."""
    last_s: float
    """Until all were in line or talked: also who was in the menu, and chose in the caller's own time."""
    processor_s: float
    """Until it was ready."""


async def killed(house: House, crew: Crew, callers: int, arrived: int) -> Back:
    """One kill while callers pour in; all of them are in line afterwards in their order, and are served."""
    ledger = house.observer.ledger
    for caller in crew.late:
        await caller.until(HandsetState.IDLE, RING_S)
    asked = await asked_after_a_talk(house, crew.asks, ASKED)
    entering = await entering_half_a_number(house, ENTERING)
    finishing = await until_kept(house, crew.asks, "wrap_up")
    in_no_line = {house.life(each.caller).call for each in (*asked, *entering)}
    await crew.rung.does("ready")
    before = len(ledger.lives)
    async with pouring_in(house, callers) as streams:
        await crew.rung.phone.until(HandsetState.RINGING, RING_S)
        await house.observer.until(
            lambda: len(ledger.lives) >= before + arrived and everywhere(house), "callers everywhere", IN_LINE_WITHIN_S
        )
        at = await stands_still_until_callers_lie_unread(house, crew.late)
        places = [life.call for life in sorted(ledger.present, key=_joined_at) if where(life, at) is Where.WAITING]
        assert {where(life, at) for life in ledger.present} == set(Where)
        house.service.kill()
        await crew.rung.phone.accept()  # an agent picks up while nobody looks
        began, began_at = house.observer.now(), unix_seconds()
        house.service.start()
        await house.service.until_ready()
        ready_s, processor_s = house.observer.now() - began, house.service.processor_s
        assert processor_s < PROCESSOR_S
        await finishes_up_as_before(crew.asks, finishing)
        await until_in_line(house, set(places))
        everybody = before + pouring(callers) + LATE
        await house.observer.until(lambda: len(ledger.lives) == everybody, "all have come", IN_LINE_WITHIN_S)
        here = {life.call for life in ledger.present} - in_no_line
        await until_in_line(house, here)
        assert {call["id"] for call in await house.calls()} == here  # nobody is on the floor who is not on the line
        last_s = house.observer.now() - began
        await in_their_places(house, places)
        entered = (enters_the_whole_number(house, each) for each in entering)
        await asyncio.gather(*entered, *(answers(house, each, crew.asks) for each in asked))
        await served(house, crew.rung, streams, before)
    assert [offer for offer in ledger.offers if offer.phone == _phone(crew.asks) and offer.began_at > at] == []
    known_s, waiting_s = [await all_after(house, kind, places, began_at) for kind in ("Restored", "SessionAttached")]
    return Back(ready_s, known_s, waiting_s, last_s, processor_s)


async def all_after(house: House, kind: str, calls: Sequence[str], since: float) -> float:
    """How long after `since`, in Unix seconds, it took until this had happened to all of these callers."""
    first: dict[str, float] = {}
    for event in await house.events():
        at = datetime.fromisoformat(event.at).timestamp()
        if event.kind == kind and at > since:
            first.setdefault(event.data["call"], at)
    return max(first[call] for call in calls) - since


def everywhere(house: House) -> bool:
    """Whether there is a caller in each place where the service has brought them, at this moment."""
    now = house.observer.now()
    return {where(life, now) for life in house.observer.ledger.present} >= BUSY


async def stands_still_until_callers_lie_unread(house: House, late: Sequence[Caller]) -> float:
    """Have the service stand still, and these call meanwhile; since when. After four seconds the watchdog would free others."""
    ledger, agi_port = house.observer.ledger, int(house.service.environment["SWITCHBOARD_AGI_PORT"])
    before = len(ledger.lives)
    at = house.observer.now()
    house.service.freeze()
    for caller in late:
        await caller.dial(NUMBERS["crowd"])
    await until(
        lambda: len(ledger.lives) >= before + len(late) and unread_at(agi_port) >= len(late),
        "Asterisk has said who calls, and nobody reads it",
        RING_S,
    )
    return at


async def in_their_places(house: House, places: Sequence[str]) -> None:
    """Whoever waited and still does has kept their order."""
    waiting = await in_line(house)
    for queue in ("crowd", "sales"):
        again = sorted((p, call) for call, (q, p) in waiting.items() if q == queue and call in places)
        assert [call for _, call in again] == [call for call in places if waiting.get(call, ("",))[0] == queue]


async def finishes_up_as_before(agent: Agent, before: Json) -> None:
    """The agent is in their wrap-up, which has its old end."""
    after = await agent.now()
    assert (after["state"], after["since"]) == ("wrap_up", pytest.approx(before["since"], abs=SAME_S))
    assert after["until"] == pytest.approx(before["until"], abs=SAME_S)


async def until_kept(house: House, agent: Agent, state: str) -> Json:
    """Wait until Redis has the agent's record in this state: a kill in the quarter of a second before loses the newest."""

    async def kept() -> bool:
        return bool(await house.redis.hget(f"switchboard:{house.site.name}:agent:{agent.number}", "state") == state)

    await until_seen(kept, f"Redis has {agent.number} {state}", RING_S)
    return await agent.now()


def _joined_at(life: Life) -> float:
    return life.places[-1].joined_at if life.places else float("inf")


def _phone(agent: Agent) -> str:
    return f"PJSIP/{agent.phone.name}"


async def test_whoever_is_on_the_line_when_the_service_is_killed_is_served_in_their_order(
    house: House, extent: Extent, figures: list[str]
) -> None:
    pair: Pair = await talking_pair(house, "1001")
    house.rewrite("queues.yaml", "wrap_up: 4\n", f"wrap_up: {WRAP_UP_S}\n")
    house.rewrite("queues.yaml", "en: Crowd}\n    ring: 10\n", f"en: Crowd}}\n    ring: {RINGS_S}\n")
    await may_think(house)
    asks = await house.paused_agent("1003", AnswerAfter(0.1))
    rung = await house.paused_agent("1002", NeverAnswer())
    crew = Crew(rung, asks, [await house.telephone() for _ in range(LATE)])
    starts: list[Back] = []
    began, heard_s = house.observer.now(), pair.heard_s()
    for number in range(extent.rounds):
        arrived = extent.callers * (number + 1) // (extent.rounds + 1) + extent.callers // 2
        starts.append(await killed(house, crew, extent.callers, arrived))
        await rung.until("ready", RING_S)
        await rung.does("pause", reason="lunch")
    await asks.does("ready")
    slowest = max(starts, key=lambda back: back.waiting_s)
    usual = median(back.waiting_s for back in starts)
    figures.append(
        f"killed {extent.rounds} x, from the start: who waited had their places after {slowest.known_s:.1f} s, a session "
        f"after {slowest.waiting_s:.1f} s (half the starts: {usual:.1f} s); pages after {slowest.ready_s:.1f} s "
        f"({slowest.processor_s:.1f} s of processor time); the last of all in line after {max(b.last_s for b in starts):.1f} s"
    )
    if extent is FULL:
        assert slowest.waiting_s <= BACK_WITHIN_S
    assert pair.missed_since(heard_s, house.observer.now() - began) == []
    assert (await pair.agent.now())["state"] == "talking"
    await pair.caller.hang_up()


async def test_an_agent_whose_talk_ended_while_the_service_was_away_has_the_whole_wrap_up(
    house: House, extent: Extent
) -> None:
    house.rewrite("queues.yaml", "wrap_up: 4\n", f"wrap_up: {WRAP_UP_S}\n")
    await house.reload()
    agent = await house.ready_agent("1001", AnswerAfter(0.1))
    for _ in range(extent.rounds):
        await house.until_talking(await house.caller("careful"), agent)
        await until_kept(house, agent, "talking")
        house.service.kill()
        await agent.phone.hang_up()  # while nobody looks
        began = unix_seconds()
        house.service.start()
        await house.service.until_ready()
        assert (await agent.until("wrap_up"))["until"] > began + WRAP_UP_S - SAME_S
        waiting = await house.waiting_caller("careful")
        assert house.life(waiting).offers == []
        await agent.does("ready")
        await house.until_talking(waiting, agent)
        await waiting.hang_up()
        await agent.until("wrap_up")
        await agent.does("ready")
