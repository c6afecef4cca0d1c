"""What a queue's plan may say: how agents are chosen, how callers are held against each other, how steps widen."""

from __future__ import annotations

from collections import Counter

import pytest

from acd.events import Event, Offered, PreferenceEnded, SentOn, StepWidened
from acd.names import AgentId, AgentState, PreferenceEnd, QueueId
from acd.plans.plan import Choice, LineOrder, PlanStep, StepBegins
from acd.ranking import lot
from acd.requests import AgentReady, AgentSignedOut, CallerJoined, SkillsAssigned
from tests.unit.acd_kit import SALES, Centre, agent, call_id, only, plan

SERVICE = QueueId("service")
ENGLISH = "skill.english >= 1"


def offers(events: list[Event]) -> list[str]:
    return [offer.agent for offer in only(Offered, events)]


def choosing(*choose: Choice, need: str = ENGLISH) -> Centre:
    steps = (PlanStep("only", 0, need, choose=choose),)
    return Centre(
        agent("1", english=3), agent("2", english=9), agent("3", english=6), plans=(plan(steps=steps, wrap_up_s=0),)
    )


def serve(centre: Centre, number: str, call: int, talk_s: float) -> None:
    """The agent takes this call, and talks."""
    centre.answers(number, call)
    centre.passes(talk_s)
    centre.ends(number, call)


# ---------------------------------------------------------------------------------------------------- choosing


@pytest.mark.parametrize(("choice", "chosen"), [(Choice.BEST_SKILL, "2"), (Choice.LEAST_SKILL, "1")])
def test_skill_decides_one_way_or_the_other(choice: Choice, chosen: str) -> None:
    centre = choosing(choice)
    centre.ready("3", "1", "2")
    assert offers(centre.call(1)) == [chosen]


def test_the_longest_idle_is_chosen() -> None:
    centre = choosing(Choice.LONGEST_IDLE)
    for number in ("3", "1", "2"):
        centre.ready(number)
        centre.passes(1)
    assert offers(centre.call(1)) == ["3"]


def test_whoever_answered_fewest_calls_is_chosen() -> None:
    centre = choosing(Choice.FEWEST_CALLS, Choice.LONGEST_IDLE)
    centre.ready("1", "2", "3")
    first = offers(centre.call(1))[0]
    serve(centre, first, 1, 10)
    second = offers(centre.call(2))[0]
    serve(centre, second, 2, 10)
    third = offers(centre.call(3))[0]
    assert {first, second, third} == {"1", "2", "3"}


def test_whoever_was_least_occupied_is_chosen() -> None:
    centre = choosing(Choice.LOWEST_OCCUPANCY)
    centre.ready("1", "2")
    first = offers(centre.call(1))[0]
    second = offers(centre.call(2))[0]
    centre.answers(first, 1)
    centre.answers(second, 2)
    centre.passes(10)
    centre.ends(first, 1)
    centre.passes(90)
    centre.ends(second, 2)
    assert offers(centre.call(3)) == [first]


def test_round_robin_goes_by_the_last_offer() -> None:
    centre = choosing(Choice.ROUND_ROBIN)
    centre.ready("1", "2", "3")
    order = []
    for call in range(1, 7):
        chosen = offers(centre.call(call))[0]
        order.append(chosen)
        serve(centre, chosen, call, 5)
    assert order[:3] == order[3:]
    assert len(set(order)) == 3


def test_lots_are_weighted_by_skill_and_the_same_for_the_same_history() -> None:
    drawn: list[list[str]] = []
    for _ in range(2):
        centre = choosing(Choice.WEIGHTED_RANDOM)
        centre.ready("1", "2", "3")
        history = []
        for call in range(1, 601):
            chosen = offers(centre.call(call))[0]
            history.append(chosen)
            serve(centre, chosen, call, 1)
        drawn.append(history)
    assert drawn[0] == drawn[1]
    shares = Counter(drawn[0])
    assert shares["2"] > shares["3"] > shares["1"] > 0


def test_a_lot_is_between_nought_and_one_and_favours_weight() -> None:
    lots = [lot(AgentId(str(number)), 0, 1.0) for number in range(1000)]
    assert all(0 < value < 1 for value in lots)
    assert 0.45 < sum(lots) / len(lots) < 0.55
    heavy = sum(lot(AgentId(str(n)), 0, 9.0) for n in range(1000)) / 1000
    assert heavy == pytest.approx(0.9, abs=0.02)


def test_an_agents_own_order_of_queues_goes_first_on_both_sides() -> None:
    plans = (plan(), plan(queue=SERVICE, name="Service"))
    first_in_sales = agent("1", "sales", "service")
    prefers_service = type(first_in_sales)(AgentId("2"), "Agent 2", (), (SALES, SERVICE), orders=(2, 1))
    centre = Centre(first_in_sales, prefers_service, plans=plans)
    centre.call(1, "sales")
    centre.passes(5)
    centre.call(2, "service")
    assert [o.call for o in only(Offered, centre.ready("2"))] == [call_id(2)], "service is first for agent 2"
    centre.ready("1")
    centre = Centre(first_in_sales, prefers_service, plans=plans)
    centre.ready("2")
    centre.passes(5)
    centre.ready("1")
    assert offers(centre.call(1, "sales")) == ["1"], "agent 2 has waited longer, but sales is only second for them"


# ---------------------------------------------------------------------------------------------------- the line


def test_without_ageing_a_higher_priority_always_goes_first() -> None:
    centre = Centre(agent("1"))
    centre.call(1, priority=0)
    centre.passes(100_000)
    centre.call(2, priority=1)
    assert [o.call for o in only(Offered, centre.ready("1"))] == [call_id(2)]


def test_with_ageing_a_level_of_priority_is_worth_so_much_waiting() -> None:
    centre = Centre(agent("1"), agent("2"), plans=(plan(ageing_s=60.0),))
    centre.call(1, priority=0)
    centre.passes(59)
    centre.call(2, priority=1)
    assert [o.call for o in only(Offered, centre.ready("1"))] == [call_id(2)], "59 s are not yet worth a level"
    centre.passes(2)
    centre.call(3, priority=1)
    assert [o.call for o in only(Offered, centre.ready("2"))] == [call_id(1)], "61 s are"


def test_urgency_holds_the_wait_against_the_service_level() -> None:
    hurried = plan(queue=SERVICE, name="Service", answer_within_s=10.0, order=LineOrder.URGENCY)
    calm = plan(answer_within_s=60.0, order=LineOrder.URGENCY)
    centre = Centre(agent("1", "sales", "service"), plans=(calm, hurried))
    centre.call(1, "sales")
    centre.passes(20)
    centre.call(2, "service")
    centre.passes(5)
    # 25 of 60 s against 5 of 10 s
    assert [o.call for o in only(Offered, centre.ready("1"))] == [call_id(2)]


def test_a_queues_weight_multiplies_its_callers_claim() -> None:
    plans = (plan(), plan(queue=SERVICE, name="Service", weight=3.0))
    centre = Centre(agent("1", "sales", "service"), plans=plans)
    centre.call(1, "sales")
    centre.passes(10)
    centre.call(2, "service")
    centre.passes(6)
    # 16 s against three times 6 s
    assert [o.call for o in only(Offered, centre.ready("1"))] == [call_id(2)]


# ---------------------------------------------------------------------------------------------------- steps


def test_a_step_may_begin_at_once_when_nobody_signed_in_can_ever_match() -> None:
    steps = (
        PlanStep("fluent", 0, "skill.english >= 7"),
        PlanStep("some", 60, "skill.english >= 3", begins=StepBegins.NOBODY),
    )
    centre = Centre(agent("1", english=4), agent("2", english=9), plans=(plan(steps=steps),))
    centre.ready("1")
    events = centre.call(1)
    assert [e.step_name for e in only(StepWidened, events)] == ["some"]
    assert offers(events) == ["1"]


def test_such_a_step_waits_while_somebody_who_can_match_is_signed_in_and_begins_when_they_leave() -> None:
    steps = (
        PlanStep("fluent", 0, "skill.english >= 7"),
        PlanStep("some", 60, "skill.english >= 3", begins=StepBegins.NOBODY),
    )
    centre = Centre(agent("1", english=4), agent("2", english=9), plans=(plan(steps=steps),))
    centre.ready("1", "2")
    centre.pause("2")
    assert not offers(centre.call(1))
    assert offers(centre.ask(AgentSignedOut(AgentId("2"), "test"))) == ["1"]


def test_a_step_may_add_to_the_priority() -> None:
    steps = (PlanStep("first", 0), PlanStep("later", 30, adds_priority=2))
    centre = Centre(agent("1"), plans=(plan(steps=steps),))
    centre.call(1)
    centre.passes(20)
    centre.call(2, priority=1)
    floor = centre.engine.floor
    assert floor.position(floor.calls[call_id(2)]) == 1
    centre.passes(11)
    assert floor.calls[call_id(1)].priority == 2
    assert floor.position(floor.calls[call_id(1)]) == 1
    assert [o.call for o in only(Offered, centre.ready("1"))] == [call_id(1)]


def test_who_joins_late_in_the_plan_has_the_priority_of_the_steps_passed() -> None:
    steps = (PlanStep("first", 0), PlanStep("later", 30, adds_priority=2))
    centre = Centre(plans=(plan(steps=steps),))
    centre.ask(CallerJoined(call_id(1), SALES, joined_at=centre.now - 40))
    assert centre.engine.floor.calls[call_id(1)].priority == 2


def test_the_last_step_may_send_the_caller_on_where_it_finds_nobody() -> None:
    steps = (PlanStep("first", 0, ENGLISH), PlanStep("last", 30, ENGLISH, divert="voicemail"))
    centre = Centre(agent("1", english=5), plans=(plan(steps=steps),))
    assert not only(SentOn, centre.call(1))
    assert [e.to for e in only(SentOn, centre.passes(31))] == ["voicemail"]
    assert not only(SentOn, centre.passes(100)), "once is enough"


def test_a_step_that_finds_somebody_sends_nobody_on() -> None:
    steps = (PlanStep("first", 0, "skill.english >= 9"), PlanStep("last", 30, ENGLISH, divert="voicemail"))
    centre = Centre(agent("1", english=5), plans=(plan(steps=steps),))
    centre.ready("1")
    centre.call(1)
    events = centre.passes(31)
    assert offers(events) == ["1"]
    assert not only(SentOn, events)


# ---------------------------------------------------------------------------------------------------- preference


def preferring(centre: Centre, call: int, number: str, seconds: float) -> list[Event]:
    return centre.ask(CallerJoined(call_id(call), SALES, prefer=AgentId(number), prefer_s=seconds))


def test_the_preferred_agent_gets_the_call_though_another_stands_first() -> None:
    centre = Centre(agent("1"), agent("2"))
    centre.ready("1")
    centre.passes(1)
    centre.ready("2")
    assert offers(preferring(centre, 1, "2", 30)) == ["2"]


def test_a_busy_preferred_agent_gets_the_call_when_free_within_the_patience() -> None:
    centre = Centre(agent("1"), agent("2"))
    centre.ready("2")
    centre.call(1)
    centre.answers("2", 1)
    centre.ready("1")
    assert not offers(preferring(centre, 2, "2", 30)), "agent 1 is ready, but the call is kept for agent 2"
    centre.passes(10)
    assert offers(centre.ends("2", 1)) == ["2"]


def test_after_the_patience_anyone_gets_the_call() -> None:
    centre = Centre(agent("1"), agent("2"))
    centre.ready("2")
    centre.call(1)
    centre.answers("2", 1)
    centre.ready("1")
    preferring(centre, 2, "2", 30)
    events = centre.passes(31)
    assert [e.why for e in only(PreferenceEnded, events)] == [PreferenceEnd.PATIENCE]
    assert offers(events) == ["1"]


def test_a_preferred_agent_who_is_not_there_is_not_waited_for() -> None:
    centre = Centre(agent("1"), agent("2"))
    centre.ready("1")
    events = preferring(centre, 1, "2", 30)
    assert [e.why for e in only(PreferenceEnded, events)] == [PreferenceEnd.AWAY]
    assert offers(events) == ["1"]


def test_a_preferred_agent_who_leaves_is_waited_for_no_longer() -> None:
    centre = Centre(agent("1"), agent("2"))
    centre.ready("2")
    centre.call(1)
    centre.answers("2", 1)
    centre.ready("1")
    preferring(centre, 2, "2", 300)
    centre.pause("2")
    events = centre.ends("2", 1)
    assert only(PreferenceEnded, events)
    assert offers(events) == ["1"]


def test_a_preferred_agent_who_lets_it_ring_is_preferred_no_longer() -> None:
    centre = Centre(agent("1"), agent("2"))
    centre.ready("1", "2")
    preferring(centre, 1, "2", 300)
    events = centre.refuses("2", 1)
    assert only(PreferenceEnded, events)
    assert offers(events) == ["1"]


def test_an_unknown_preferred_agent_is_nobody() -> None:
    centre = Centre(agent("1"))
    centre.ready("1")
    assert offers(preferring(centre, 1, "77", 300)) == ["1"]


# ---------------------------------------------------------------------------------------------------- skills


def test_a_skill_that_no_need_names_moves_nobody() -> None:
    centre = Centre(agent("1", english=5), plans=(plan(steps=(PlanStep("only", 0, ENGLISH),)),))
    centre.ready("1")
    centre.ask(SkillsAssigned(AgentId("1"), (("english", 5), ("golf", 3)), "test"))
    assert offers(centre.call(1)) == ["1"]


def test_a_need_that_looks_at_skills_as_a_whole_follows_every_change() -> None:
    centre = Centre(agent("1", english=5), plans=(plan(steps=(PlanStep("only", 0, "size(skill) >= 2"),)),))
    centre.ready("1")
    assert not offers(centre.call(1))
    assert offers(centre.ask(SkillsAssigned(AgentId("1"), (("english", 5), ("golf", 3)), "test"))) == ["1"]


def test_a_better_level_changes_the_standing_at_once() -> None:
    centre = choosing(Choice.BEST_SKILL)
    centre.ready("1", "2")
    centre.ask(SkillsAssigned(AgentId("1"), (("english", 10),), "test"))
    assert offers(centre.call(1)) == ["1"]
    assert centre.state("2") is AgentState.READY


def test_figures_for_choosing_begin_anew_with_each_shift() -> None:
    centre = choosing(Choice.FEWEST_CALLS)
    centre.ready("1")
    centre.call(1)
    serve(centre, "1", 1, 10)
    centre.ask(AgentSignedOut(AgentId("1"), "test"))
    assert centre.engine.floor.agents[AgentId("1")].answered == 0
    centre.ready("1")
    assert centre.ask(AgentReady(AgentId("1"), "test")) == []
