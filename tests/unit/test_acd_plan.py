"""Plans that fit neither together nor with agents are refused, and say what to do; the step that a wait has reached."""

from __future__ import annotations

import pytest

from acd.errors import UnknownAgent, UnknownQueue
from acd.names import AgentId, CustomerKey, QueueId
from acd.plans.plan import PlanStep, check_plans, step_at
from tests.unit.acd_kit import SALES, Centre, agent, call_id, plan


def steps(*after_s: float) -> tuple[PlanStep, ...]:
    return tuple(PlanStep(f"at {each:g}", each) for each in after_s)


@pytest.mark.parametrize("after_s", [(), (5.0,)])
def test_a_queue_without_a_step_at_once_is_refused(after_s: tuple[float, ...]) -> None:
    with pytest.raises(UnknownQueue, match="queue sales has no step that begins at 0 s"):
        check_plans((plan(steps=steps(*after_s)),), ())


@pytest.mark.parametrize("after_s", [(0.0, 0.0), (0.0, 10.0, 10.0), (0.0, 10.0, 5.0)])
def test_steps_that_do_not_begin_one_after_the_other_are_refused(after_s: tuple[float, ...]) -> None:
    with pytest.raises(UnknownQueue, match="queue sales: its steps must begin one after the other"):
        check_plans((plan(steps=steps(*after_s)),), ())


def test_an_agent_of_a_queue_that_is_not_there_is_refused() -> None:
    with pytest.raises(UnknownQueue, match="agent 1 serves queue service, which is not configured"):
        check_plans((plan(),), (agent("1", "service"),))


def test_what_fits_together_passes() -> None:
    check_plans((plan(steps=steps(0.0, 10.0, 20.0)),), (agent("1"),))


@pytest.mark.parametrize(("waited_s", "step"), [(0.0, 0), (9.9, 0), (10.0, 1), (19.9, 1), (500.0, 2)])
def test_the_last_step_that_has_begun_is_in_force(waited_s: float, step: int) -> None:
    assert step_at(plan(steps=steps(0.0, 10.0, 20.0)), waited_s) == step


def test_what_the_floor_does_not_know_is_named() -> None:
    floor = Centre(agent("1")).engine.floor
    with pytest.raises(UnknownAgent, match="no agent '9' is configured"):
        floor.agent(AgentId("9"))
    with pytest.raises(UnknownQueue, match="no queue 'service' is configured"):
        floor.plan(QueueId("service"))


def test_nobody_was_dropped_from_a_queue_that_nobody_was_dropped_from() -> None:
    assert Centre(agent("1")).engine.floor.place_kept(CustomerKey("someone"), SALES, 1000.0) is None


def test_what_a_caller_s_steps_have_added_is_known_of_them() -> None:
    rising = plan(
        steps=(PlanStep("one", 0), PlanStep("two", 10, adds_priority=2), PlanStep("three", 20, adds_priority=3))
    )
    house = Centre(agent("1"), plans=(rising,))
    house.call(1, priority=1)
    added = []
    for _ in range(3):
        added.append(house.engine.floor.added_priority(house.engine.floor.calls[call_id(1)]))
        house.passes(10)
    assert added == [0, 2, 5]
