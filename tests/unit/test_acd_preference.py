"""For whom a caller is kept: the first of the queue's preferences whose agent is there."""

from __future__ import annotations

import pytest

from acd.events import PreferenceEnded, Queued
from acd.names import AgentId, Attributes, QueueId
from acd.plans.plan import Preference, Whom
from acd.preference import Kept, asks_for_last_agent, binding, preferred
from acd.requests import CallerJoined
from tests.unit.acd_kit import SALES, Centre, agent, call_id, only, plan

LAST = Preference(Whom.LAST_AGENT, 30)
OWNER = Preference(Whom.OWNER, 20)
NAMED = Preference(Whom.AGENT, 10, AgentId("3"))
OWNED: Attributes = (("owner", 2),)


def centre(*prefer: Preference) -> Centre:
    elsewhere = plan(queue=QueueId("service"))
    return Centre(agent("1"), agent("2"), agent("3"), agent("4", "service"), plans=(plan(prefer=prefer), elsewhere))


def kept(house: Centre, attributes: Attributes = (), last: str | None = None) -> Kept | None:
    return preferred(SALES, attributes, None if last is None else AgentId(last), house.engine.floor)


@pytest.mark.parametrize(
    ("attributes", "last", "expected"),
    [
        (OWNED, "1", Kept(AgentId("1"), 30)),
        (OWNED, None, Kept(AgentId("2"), 20)),
        ((), None, Kept(AgentId("3"), 10)),
        ((("owner", "77"),), "88", Kept(AgentId("3"), 10)),
    ],
)
def test_the_first_preference_that_names_somebody_counts(
    attributes: Attributes, last: str | None, expected: Kept
) -> None:
    house = centre(LAST, OWNER, NAMED)
    house.ready("1", "2", "3")
    assert kept(house, attributes, last) == expected


def test_who_is_not_there_is_passed_over_for_the_next() -> None:
    house = centre(LAST, OWNER)
    house.ready("1", "2")
    house.pause("1")
    assert kept(house, OWNED, "1") == Kept(AgentId("2"), 20)
    house.pause("2")
    assert kept(house, OWNED, "1") is None


def test_one_who_talks_is_there_and_one_of_another_queue_is_not() -> None:
    house = centre(LAST)
    house.ready("1", "4")
    house.call(1)
    house.answers("1", 1)
    assert kept(house, last="1") == Kept(AgentId("1"), 30)
    assert kept(house, last="4") is None


def test_a_queue_without_preferences_keeps_callers_for_nobody_and_does_not_ask_for_the_last_agent() -> None:
    house = centre()
    house.ready("1")
    assert kept(house, OWNED, "1") is None
    assert not asks_for_last_agent(SALES, house.engine.floor)
    assert asks_for_last_agent(SALES, centre(OWNER, LAST).engine.floor)


def test_the_decision_says_for_whom_a_call_is_kept_and_when_that_ends() -> None:
    house = centre(LAST)
    house.ready("1", "2")
    house.call(1)
    first = house.engine.floor.calls[call_id(1)].agent
    assert first is not None
    house.answers(first, 1)
    joined_at = house.now
    house.ask(CallerJoined(call_id(2), SALES, prefer=first, prefer_s=30))
    house.passes(5)
    decision = house.engine.explain(call_id(2), house.now)
    assert (decision.prefer, decision.prefer_until) == (first, joined_at + 30)
    assert decision.next_change_at == joined_at + 30


def test_patience_that_is_over_by_the_time_of_joining_is_no_preference() -> None:
    house = centre(LAST)
    house.ready("1", "2")
    events = house.ask(CallerJoined(call_id(1), SALES, joined_at=house.now - 60, prefer=AgentId("1"), prefer_s=30))
    assert only(Queued, events)[0].prefer is None
    assert not only(PreferenceEnded, events)


@pytest.mark.parametrize(
    ("number", "until", "bound"),
    [
        ("1", 1001.0, ("1", 1001.0)),
        ("1", 1000.0, (None, None)),
        ("1", None, (None, None)),
        (None, 1001.0, (None, None)),
        ("77", 1001.0, (None, None)),
    ],
)
def test_a_call_is_kept_for_an_agent_who_is_known_until_the_time_is_over(
    number: str | None, until: float | None, bound: tuple[str | None, float | None]
) -> None:
    agent_id = None if number is None else AgentId(number)
    assert binding(agent_id, until, centre().engine.floor, 1000.0) == bound


@pytest.mark.parametrize(
    ("prefer", "asks"), [((), False), ((OWNER, NAMED), False), ((LAST,), True), ((OWNER, LAST), True)]
)
def test_whom_a_customer_talked_with_last_is_asked_for_where_a_plan_says_so(
    prefer: tuple[Preference, ...], asks: bool
) -> None:
    assert asks_for_last_agent(SALES, centre(*prefer).engine.floor) is asks
