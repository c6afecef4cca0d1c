"""What a plan may say without being wrong, and nobody can have meant."""

from __future__ import annotations

from acd.plans.plan import PlanStep
from acd.plans.plausible import Doubt, doubts
from tests.unit.acd_kit import agent, plan


def test_a_queue_without_agents_is_doubted() -> None:
    (doubt,) = doubts((plan(),), (agent("1", "other"),))
    assert (doubt.queue, doubt.step) == ("sales", None)
    assert "no agent serves" in doubt.text


def test_a_need_that_nobody_meets_is_doubted_and_one_that_depends_on_the_call_is_not() -> None:
    steps = (
        PlanStep("first", 0, "skill.english >= 7"),
        PlanStep("by call", 10, "skill[call.language] >= 7"),
        PlanStep("met", 20, "skill.english >= 3"),
    )
    found = list(doubts((plan(steps=steps),), (agent("1", english=5),)))
    assert found == [Doubt("sales", 0, "none of the queue's 1 agents meets this need")]


def test_steps_after_one_that_sends_callers_on_are_never_reached() -> None:
    steps = (PlanStep("first", 0, divert="voicemail"), PlanStep("second", 10), PlanStep("third", 20))
    (doubt,) = doubts((plan(steps=steps),), (agent("1"),))
    assert doubt.step == 1
    assert "'second' is never reached: 'first' before it" in doubt.text


def test_a_sound_plan_raises_no_doubt() -> None:
    assert not list(doubts((plan(),), (agent("1"),)))
