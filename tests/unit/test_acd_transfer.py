"""An agent sends a caller on to another queue: a new wait, the same call, and both queues count it."""

from __future__ import annotations

from acd.events import Diverted, Ended, Event, Offered, Queued
from acd.names import AgentId, AgentState, EndedBy, QueueId
from acd.requests import CallerJoined
from acd.simulation.figures import figures_of
from acd.simulation.visits import Visits
from tests.unit.acd_kit import SALES, Centre, agent, call_id, only, plan

SERVICE = QueueId("service")


def centre() -> Centre:
    """Two agents of both queues; the first one talks with a caller of sales."""
    house = Centre(agent("1", "sales", "service"), agent("2", "sales", "service"), plans=(plan(), plan(queue=SERVICE)))
    house.ready("1")
    house.call(1)
    house.answers("1", 1)
    house.passes(30)
    return house


def sends_on(house: Centre, call: int = 1) -> list[Event]:
    return house.ask(CallerJoined(call_id(call), SERVICE, sent_by=AgentId("1")))


def test_the_conversation_ends_and_the_caller_waits_anew() -> None:
    house = centre()
    events = sends_on(house)
    [ended], [queued] = only(Ended, events), only(Queued, events)
    assert (ended.queue, ended.by, ended.talked_s) == (SALES, EndedBy.TRANSFER, 30.0)
    assert (queued.queue, queued.joined_at, queued.sent_by) == (SERVICE, house.now, "1")


def test_the_caller_does_not_come_back_to_the_agent_who_sent_them_on_at_once() -> None:
    house = centre()
    assert only(Offered, sends_on(house)) == []
    assert house.state("1") is AgentState.READY
    [offered] = only(Offered, house.ready("2"))
    assert (offered.call, offered.agent) == (call_id(1), "2")


def test_where_nobody_else_comes_they_do_after_a_while() -> None:
    house = centre()
    sends_on(house)
    [offered] = only(Offered, house.passes(30))
    assert offered.agent == "1"


def test_a_caller_who_was_found_in_the_old_line_after_a_restart_moves_to_the_new_one() -> None:
    house = centre()
    house.call(2)
    events = sends_on(house, 2)
    [diverted] = only(Diverted, events)
    assert (diverted.queue, diverted.to) == (SALES, SERVICE)
    assert house.engine.floor.calls[call_id(2)].queue == SERVICE


def test_both_queues_count_the_call_and_the_total_once() -> None:
    house = centre()
    sends_on(house)
    house.passes(10)
    house.ready("2")
    house.answers("2", 1)
    day = figures_of(Visits(house.past))
    counted = {each.queue: (each.figures.offered, each.figures.answered) for each in day.queues}
    assert counted == {SALES: (1, 1), SERVICE: (1, 1)}
    assert (day.total.offered, day.total.answered) == (1, 1)
