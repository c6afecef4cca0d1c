"""The grace time: a customer who hung up while waiting and calls back has their place again, as the same contact."""

from __future__ import annotations

import pytest

from acd.events import Abandoned, Event, Offered, Queued
from acd.names import CustomerKey, QueueId
from acd.plans.plan import PlanStep
from acd.requests import CallerGone, CallerJoined, CallerLeft, Configured
from acd.simulation.figures import figures_of
from acd.simulation.visits import Outcome, Visits
from tests.unit.acd_kit import SALES, Centre, agent, call_id, only, plan

ANNA, BERT = CustomerKey("anna"), CustomerKey("bert")
GRACE_S = 60.0
SERVICE = QueueId("service")


def centre() -> Centre:
    steps = (PlanStep("first", 0), PlanStep("later", 30))
    plans = (plan(grace_s=GRACE_S, steps=steps), plan(queue=SERVICE, grace_s=GRACE_S))
    return Centre(agent("1"), plans=plans)


def joins(house: Centre, call: int, customer: CustomerKey | None, queue: QueueId = SALES) -> Queued:
    """The customer calls; returns how they were queued."""
    [queued] = only(Queued, house.ask(CallerJoined(call_id(call), queue, customer=customer)))
    return queued


def hangs_up(house: Centre, call: int) -> list[Event]:
    return house.ask(CallerGone(call_id(call)))


def test_a_dropped_caller_who_calls_back_in_time_stands_where_they_stood() -> None:
    house = centre()
    joined_at = joins(house, 1, ANNA).joined_at
    house.passes(40)
    joins(house, 2, BERT)
    hangs_up(house, 1)
    house.passes(20)
    again = joins(house, 3, ANNA)
    assert (again.joined_at, again.returns) == (joined_at, call_id(1))
    assert house.engine.floor.calls[call_id(3)].step == 1, "the plan goes on from where it was"
    [offered] = only(Offered, house.ready("1"))
    assert offered.call == call_id(3)


@pytest.mark.parametrize(("late_s", "queue"), [(GRACE_S, SALES), (1.0, SERVICE)])
def test_who_calls_too_late_or_another_queue_is_a_new_contact(late_s: float, queue: QueueId) -> None:
    house = centre()
    joins(house, 1, ANNA)
    hangs_up(house, 1)
    house.passes(late_s)
    again = joins(house, 2, ANNA, queue)
    assert (again.joined_at, again.returns) == (house.now, None)


def test_a_withheld_number_has_no_place_to_come_back_to() -> None:
    house = centre()
    joins(house, 1, None)
    hangs_up(house, 1)
    assert joins(house, 2, None).returns is None


def test_a_place_is_given_back_once() -> None:
    house = centre()
    joins(house, 1, ANNA)
    hangs_up(house, 1)
    house.passes(5)
    joins(house, 2, ANNA)
    assert joins(house, 3, ANNA).returns is None, "a second call from the same number has its own place"


def test_who_is_dropped_again_keeps_the_place_for_another_grace_time() -> None:
    house = centre()
    joined_at = joins(house, 1, ANNA).joined_at
    for call in (2, 3):
        [gone] = only(Abandoned, hangs_up(house, call - 1))
        house.passes(50)
        again = joins(house, call, ANNA)
        assert (again.joined_at, again.returns) == (joined_at, gone.call)


def test_who_left_for_another_treatment_was_not_dropped() -> None:
    house = centre()
    joins(house, 1, ANNA)
    house.ask(CallerLeft(call_id(1), "message"))
    assert joins(house, 2, ANNA).returns is None


def test_places_whose_time_is_over_are_forgotten_and_so_are_those_of_a_queue_that_lost_its_grace() -> None:
    house = centre()
    for call, customer in ((1, ANNA), (2, BERT)):
        joins(house, call, customer)
        hangs_up(house, call)
        house.passes(GRACE_S)
    assert set(house.engine.floor.dropped[SALES]) == {BERT}
    house.ask(Configured((plan(),), ()))
    assert house.engine.floor.dropped == {}


def test_the_day_counts_one_contact_answered_after_the_whole_wait() -> None:
    house = centre()
    joins(house, 1, ANNA)
    house.passes(10)
    hangs_up(house, 1)
    house.passes(20)
    joins(house, 2, ANNA)
    house.ready("1")
    house.answers("1", 2)
    visits = Visits(house.past)
    total = figures_of(visits).total
    assert (total.offered, total.answered, total.abandoned, total.average_wait_s) == (1, 1, 0, 30.0)
    assert [visit.outcome for visit in visits.all] == [Outcome.ANSWERED]
