"""An agent calls a colleague, and hands their caller over to them: one contact, two conversations."""

from __future__ import annotations

import pytest

from acd.errors import IllegalMove
from acd.events import AgentStateChanged, Connected, Ended, Event, Offered, TakenOffHold, TakenOver
from acd.names import AgentId, AgentState, EndedBy, PhoneId, Side
from acd.requests import AgentPaused, CallHeld, ConversationTakenOver, PhoneFree, PhoneInUse
from acd.simulation.figures import figures_of
from acd.simulation.visits import Visits
from tests.unit.acd_kit import SALES, Centre, agent, call_id, only, plan

WRAP_UP_S = 10.0


def centre() -> Centre:
    """The first of three agents talks with a caller for half a minute and is on the phone with the second one."""
    house = Centre(agent("1"), agent("2"), agent("3"), plans=(plan(wrap_up_s=WRAP_UP_S),))
    house.ready("1")
    house.call(1)
    house.answers("1", 1)
    house.ready("2")
    house.ask(PhoneInUse(PhoneId("PJSIP/phone2")))
    house.passes(30)
    return house


def hands_over(house: Centre, to: str | None = "2") -> list[Event]:
    return house.ask(ConversationTakenOver(call_id(1), AgentId("1"), None if to is None else AgentId(to)))


def test_the_colleague_talks_and_the_first_agent_wraps_up() -> None:
    house = centre()
    events = hands_over(house)
    assert only(TakenOver, events) == [TakenOver(call_id(1), AgentId("2"), SALES, AgentId("1"), 30.0, 0.0)]
    assert (only(Ended, events), only(Connected, events)) == ([], [])
    assert (house.state("1"), house.state("2")) == (AgentState.WRAP_UP, AgentState.TALKING)
    call = house.engine.floor.calls[call_id(1)]
    assert (call.agent, call.in_conversation) == ("2", True)


def test_the_colleague_is_offered_nobody_though_their_private_call_is_over() -> None:
    house = centre()
    hands_over(house)
    house.call(2)
    assert only(Offered, house.ask(PhoneFree(PhoneId("PJSIP/phone2")))) == []
    [offered] = only(Offered, house.passes(WRAP_UP_S))
    assert offered.agent == "1"


def test_the_end_is_that_of_the_second_conversation() -> None:
    house = centre()
    hands_over(house)
    house.ask(PhoneFree(PhoneId("PJSIP/phone2")))
    house.passes(20)
    [ended] = only(Ended, house.ends("2", 1))
    assert (ended.agent, ended.talked_s, ended.by) == ("2", 20.0, EndedBy.CALLER)
    assert house.state("2") is AgentState.WRAP_UP
    day = figures_of(Visits(house.past))
    assert [(each.figures.offered, each.figures.answered) for each in day.queues] == [(1, 1)]


def test_hold_that_the_first_agent_had_begun_is_over_and_counted_as_theirs() -> None:
    house = centre()
    house.ask(CallHeld(call_id(1), Side.AGENT))
    house.passes(5)
    events = hands_over(house)
    [over], [taken] = only(TakenOffHold, events), only(TakenOver, events)
    assert (over.agent, taken.talked_s, taken.held_s) == ("1", 35.0, 5.0)
    assert house.state("2") is AgentState.TALKING
    house.passes(1)
    [ended] = only(Ended, house.ends("2", 1))
    assert (ended.talked_s, ended.held_s) == (1.0, 0.0)


@pytest.mark.parametrize("to", [None, "3", "nobody we know"])
def test_whom_nobody_here_talks_with_has_left_the_floor(to: str | None) -> None:
    """A number outside or a phone without an agent, an agent who is signed out, one whom the configuration lost."""
    house = centre()
    events = hands_over(house, to)
    [ended] = only(Ended, events)
    assert (ended.agent, ended.by) == ("1", EndedBy.TRANSFER)
    assert call_id(1) not in house.engine.floor.calls
    assert house.state("1") is AgentState.WRAP_UP


def test_a_colleague_with_a_caller_of_their_own_keeps_that_one() -> None:
    house = centre()
    house.ask(PhoneFree(PhoneId("PJSIP/phone2")))
    house.call(2)
    house.answers("2", 2)
    assert only(Ended, hands_over(house))
    assert house.engine.floor.agents[AgentId("2")].call == call_id(2)


def test_what_is_handed_over_by_somebody_who_does_not_have_it_changes_nothing() -> None:
    house = centre()
    before = len(house.past)
    with pytest.raises(IllegalMove, match="cannot hand it over"):
        house.ask(ConversationTakenOver(call_id(1), AgentId("3"), AgentId("2")))
    assert len(house.past) == before


def test_who_had_paused_goes_back_to_that_afterwards() -> None:
    house = centre()
    house.passes(1)
    house.ready("3")
    house.ask(AgentPaused(AgentId("3"), "lunch", "test"))
    hands_over(house, "3")
    house.ends("3", 1)
    last = only(AgentStateChanged, house.passes(WRAP_UP_S))
    assert (AgentId("3"), AgentState.PAUSED) in [(moved.agent, moved.after) for moved in last]
