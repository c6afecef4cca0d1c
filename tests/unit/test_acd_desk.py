"""The single writer: order, refusals, mistakes of ours, the timer, and what reaches whom."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from acd.desk import BATCH, Desk
from acd.engine import Engine, EngineFault
from acd.errors import UnknownAgent, UnknownCall, UnknownQueue
from acd.events import AgentStateChanged, Event, Offered, PlansLoaded, Queued
from acd.facts import HandedOver, StepPassed
from acd.names import AgentId, AgentState, CallId, EndedBy, HandedTo, HandOverEnd, PhoneId, QueueId
from acd.requests import (
    AgentPaused,
    AgentReady,
    AgentSignedIn,
    CallerGone,
    CallerJoined,
    Configured,
    ConversationEnded,
    ConversationStarted,
    KeyPressed,
    Request,
)
from common.tasks import spawn
from tests.unit.acd_kit import SALES, agent, call_id, plan

WANG = AgentId("1001")
WRAP_UP_S = 30.0
MANY = 3 * BATCH


class Clock:
    """The engine's time, moved by hand; every reading of it is counted."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.step = 0.0

    def __call__(self) -> float:
        """Read it; with a `step`, time passes by reading."""
        self.now += self.step
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def desk(clock: Clock) -> AsyncIterator[Desk]:
    desk = Desk(clock, lambda: clock.now + 1_700_000_000.0, "run1")
    running = spawn(desk.run(), "desk")
    await desk.ask(Configured((plan(wrap_up_s=WRAP_UP_S),), (agent("1001"),)))
    yield desk
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def ready(desk: Desk) -> None:
    await desk.ask(AgentSignedIn(WANG, PhoneId("PJSIP/phone1"), "test"))
    await desk.ask(AgentReady(WANG, "test"))


def joins(number: int, queue: QueueId = SALES) -> CallerJoined:
    return CallerJoined(call_id(number), queue)


async def test_an_answer_is_what_the_request_made_happen(desk: Desk) -> None:
    events = await desk.ask(joins(1))
    assert isinstance(events[0], Queued)
    assert list(desk.floor.calls) == [call_id(1)]


async def test_a_refused_request_raises_and_changes_nothing(desk: Desk) -> None:
    seq, handled = desk.seq, desk.handled
    with pytest.raises(UnknownQueue):
        await desk.ask(joins(1, QueueId("sale")))
    with pytest.raises(UnknownAgent):
        await desk.ask(AgentReady(AgentId("1O01"), "test"))
    assert (desk.seq, desk.handled - handled, dict(desk.floor.calls)) == (seq, 2, {})


async def test_a_posted_request_that_is_refused_costs_nobody_anything(desk: Desk) -> None:
    desk.post(CallerGone(CallId("node1-nobody")))
    assert isinstance((await desk.ask(joins(1)))[0], Queued)
    assert desk.faults == 0


async def test_a_fact_is_told_at_once_and_in_its_turn_where_others_wait(desk: Desk) -> None:
    reader = desk.feed.subscribe("test")
    fact = HandedOver(call_id(7), HandedTo.FLOW, HandOverEnd.BEGUN, "main")
    desk.note(fact)
    assert [one.event for one in reader.take()] == [fact]
    desk.post(joins(1))
    desk.note(fact)
    assert reader.take() == [], "who came first is not overtaken"
    await settle()
    first, *_, last = [one.event for one in reader.take()]
    assert (type(first), last) == (Queued, fact)


async def test_facts_that_nobody_waits_for_are_told_together_and_before_whatever_happens_after_them(
    desk: Desk, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("acd.desk.GATHER_S", 0.01)
    reader = desk.feed.subscribe("test")
    facts = [StepPassed(call_id(n), "main", "topic", "Topic", "1", 2.5) for n in range(3)]
    noted_at = []
    for fact in facts[:2]:
        noted_at.append(clock.now)
        desk.note_soon(fact)
        clock.now += 0.1
    assert reader.take() == [], "they are gathered"
    await desk.ask(joins(1))
    first, second, queued, *_ = reader.take()
    assert [(one.event, one.at) for one in (first, second)] == list(zip(facts, noted_at, strict=False))
    assert (type(queued.event), queued.at) == (Queued, clock.now)
    desk.note_soon(facts[2])
    assert (await anext(reader)).event == facts[2], "and where nothing else happens, soon"


async def test_requests_are_handled_in_the_order_they_came_however_many_there_are(desk: Desk) -> None:
    reader = desk.feed.subscribe("test")
    for number in range(MANY):
        desk.post(joins(number))
    await desk.ask(AgentSignedIn(WANG, PhoneId("PJSIP/phone1"), "test"))
    stamped = reader.take()
    queued = [one.event.call for one in stamped if isinstance(one.event, Queued)]
    assert queued == [call_id(number) for number in range(MANY)]
    assert [one.seq for one in stamped] == list(range(stamped[0].seq, stamped[0].seq + len(stamped)))


async def test_others_get_a_turn_while_a_flood_is_handled(desk: Desk) -> None:
    for number in range(MANY):
        desk.post(joins(number))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert 0 < len(desk.floor.calls) < MANY


async def test_one_timer_is_armed_for_the_engine_s_next_deadline(desk: Desk, clock: Clock) -> None:
    await ready(desk)
    await desk.ask(joins(1))
    await settle()
    loop = asyncio.get_running_loop()
    armed = [timer for timer in loop._scheduled if not timer.cancelled()]  # type: ignore[attr-defined]  # its timers
    deadline = desk._engine.next_deadline()
    assert deadline is not None
    assert [timer.when() - loop.time() for timer in armed] == [pytest.approx(deadline - clock.now, abs=1.0)]


async def test_what_is_due_happens_without_a_request(desk: Desk, clock: Clock) -> None:
    reader = desk.feed.subscribe("test")
    await ready(desk)
    await desk.ask(joins(1))
    await desk.ask(ConversationStarted(call_id(1), WANG))
    clock.now += 1.0
    await desk.ask(ConversationEnded(call_id(1), WANG, EndedBy.CALLER))
    reader.take()
    clock.now += WRAP_UP_S - 0.001
    desk._wake.set()  # the timer's own act, without its wait
    await settle()
    assert desk.floor.agents[WANG].state is AgentState.WRAP_UP
    clock.now += 0.001
    desk._wake.set()
    await settle()
    [end] = reader.take()
    assert isinstance(end.event, AgentStateChanged)
    assert end.event.after is AgentState.READY


async def test_a_mistake_of_ours_is_reported_and_the_feed_still_equals_the_floor(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = desk.feed.subscribe("test")
    happened: list[Event] = [Queued(call_id(7), SALES, 0, "", (), 1000.0)]

    def fails(_engine: Engine, request: Request, _now: float) -> list[Event]:
        raise EngineFault(happened) from KeyError(type(request).__name__)

    with monkeypatch.context() as broken:
        broken.setattr(Engine, "handle", fails)
        with pytest.raises(EngineFault):
            await desk.ask(joins(7))
        desk.post(joins(8))
        await settle()
    assert [one.event for one in reader.take()] == happened * 2
    assert desk.faults == 2
    assert isinstance((await desk.ask(joins(9)))[0], Queued)  # and the desk goes on


async def test_a_mistake_at_a_deadline_does_not_stop_the_desk(
    desk: Desk, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ready(desk)
    await desk.ask(joins(1))

    def fails(engine: Engine, now: float) -> list[Event]:
        engine.floor.deadlines.pop_due(now)
        raise EngineFault([])

    with monkeypatch.context() as broken:
        broken.setattr(Engine, "tick", fails)
        clock.now += 1000.0
        desk._wake.set()
        await settle()
        assert desk.faults > 0
    assert isinstance((await desk.ask(joins(2)))[0], Queued)


async def test_a_mistake_in_forecasting_costs_nobody_their_call(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(desk.forecasts, "take", fail)
    events = await desk.ask(CallerJoined(call_id(1), SALES))
    assert any(isinstance(event, Queued) for event in events)
    assert desk.faults == 1
    assert "forecasting" in caplog.text


async def test_what_a_caller_may_expect_is_unknown_on_a_new_floor(desk: Desk) -> None:
    assert desk.expected_wait_of(CallerJoined(call_id(1), SALES)) is None
    await desk.ask(CallerJoined(call_id(1), SALES))
    assert desk.expected_wait(call_id(1)) is None
    with pytest.raises(UnknownCall):
        desk.expected_wait(call_id(2))


async def test_an_asker_who_gave_up_is_not_missed(desk: Desk) -> None:
    asking = spawn(desk.ask(joins(1)), "asking")
    await asyncio.sleep(0)
    asking.cancel()
    await settle()
    assert call_id(1) in desk.floor.calls


async def test_a_session_hears_of_its_own_call_alone_and_a_later_one_takes_over(desk: Desk) -> None:
    await ready(desk)
    with desk.orders(call_id(1)) as first:
        with desk.orders(call_id(1)) as second:
            await desk.ask(joins(1))
            await desk.ask(joins(2))
            assert isinstance(await second.next(), Queued)
            assert isinstance(await second.next(), Offered)
            left = second._events.qsize()
        await desk.ask(AgentPaused(WANG, "lunch", "test"))  # withdraws the offer, of which nobody takes orders now
        assert (first._events.qsize(), second._events.qsize()) == (0, left)


async def test_the_late_end_of_a_session_does_not_touch_the_one_that_took_over(desk: Desk) -> None:
    """A caller freed from a silent session would wait unserved for ever."""
    await desk.ask(CallerJoined(call_id(1), SALES))
    with desk.orders(call_id(1)):
        desk.session_lost(call_id(1))
        await desk.ask(KeyPressed(call_id(1), "0"))  # whatever was posted before is handled before
        assert desk.floor.calls[call_id(1)].attached
    desk.session_lost(call_id(1))
    await desk.ask(KeyPressed(call_id(1), "0"))
    assert not desk.floor.calls[call_id(1)].attached


async def test_how_long_a_decision_took_is_told_by_the_desk_s_own_clock(desk: Desk, clock: Clock) -> None:
    took: list[float] = []
    desk.decided = took.append
    clock.step = 0.25
    await desk.ask(joins(1))
    clock.step = 0.0
    assert took == [0.25]


async def test_every_event_carries_both_clocks_and_the_run(desk: Desk, clock: Clock) -> None:
    reader = desk.feed.subscribe("test")
    await desk.ask(joins(1))
    stamped = reader.take()[0]
    assert (stamped.at, stamped.wall, stamped.run) == (clock.now, clock.now + 1_700_000_000.0, "run1")
    assert desk.at(desk.wall(1234.5)) == pytest.approx(1234.5)


async def test_the_configuration_is_the_first_thing_on_the_feed() -> None:
    desk = Desk(Clock(), Clock(), "run1")
    reader = desk.feed.subscribe("test")
    running = spawn(desk.run(), "desk")
    await desk.ask(Configured((plan(),), ()))
    assert [type(one.event) for one in reader.take()] == [PlansLoaded]
    running.cancel()
