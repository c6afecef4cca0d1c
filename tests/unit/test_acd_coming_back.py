"""A line that is cut for a moment: callers lose their sessions, come back in any order, and nobody loses their turn."""

from __future__ import annotations

import pytest

from acd.callback import Terms
from acd.events import Event, Offered, RoutingResumed
from acd.evolving.lines import BACK_WITHIN_S, STEADY_AFTER_S
from acd.names import AgentId, CallId, CallState, CustomerKey, NodeId, OfferFailure, QueueId, Verdict, callback_of
from acd.plans.offering import Offering
from acd.plans.plan import AgentProfile, PlanStep, QueuePlan
from acd.requests import (
    AgentSignedOut,
    CallbackWanted,
    CallerGone,
    CallerJoined,
    CallerLeft,
    CarrierReady,
    Configured,
    SeenCall,
    SessionLost,
    SkillsAssigned,
    WorldSeen,
)
from tests.unit.acd_kit import SALES, Centre, agent, call_id, only, plan

SERVICE = QueueId("service")
ENGLISH = (PlanStep("english", 0, "skill.english >= 1"),)


def offers(events: list[Event]) -> list[tuple[str, str]]:
    return [(offer.call, offer.agent) for offer in only(Offered, events)]


def cut(centre: Centre, *calls: int) -> None:
    for number in calls:
        centre.ask(SessionLost(call_id(number)))


def in_line(centre: Centre, *calls: int) -> Centre:
    """These have waited in this order, a second apart."""
    for number in calls:
        centre.call(number)
        centre.passes(1)
    return centre


def judged(centre: Centre, call: int, number: str = "1") -> tuple[Verdict, float | None]:
    """What `explain` says of an agent for this caller."""
    found = {c.agent: c for c in centre.engine.explain(call_id(call), centre.now).candidates}[AgentId(number)]
    return found.verdict, found.changes_at


def test_an_agent_who_becomes_ready_while_the_first_comes_back_is_not_offered_the_second() -> None:
    centre = in_line(Centre(agent("1")), 1, 2)
    cut(centre, 1, 2)
    assert not offers(centre.ready("1"))
    centre.passes(1.0)
    assert not offers(centre.call(2))
    centre.passes(0.4)
    assert offers(centre.call(1)) == [(call_id(1), "1")]


def test_who_is_not_back_in_two_seconds_is_passed_over_until_they_are() -> None:
    centre = in_line(Centre(agent("1"), agent("2")), 1, 2)
    cut(centre, 1, 2)
    centre.ready("1")
    centre.call(2)
    assert not offers(centre.passes(BACK_WITHIN_S - 0.1))
    assert offers(centre.passes(0.1)) == [(call_id(2), "1")]
    centre.ready("2")
    assert offers(centre.call(1)) == [(call_id(1), "2")]


def test_who_comes_back_chooses_among_all_agents_kept_for_them_and_the_others_go_to_those_behind() -> None:
    centre = in_line(Centre(agent("1", english=3), agent("2", english=9), plans=(plan(steps=ENGLISH),)), 1, 2)
    cut(centre, 1, 2)
    centre.ready("1", "2")
    assert not offers(centre.call(2))
    assert offers(centre.call(1)) == [(call_id(1), "2"), (call_id(2), "1")]


@pytest.mark.parametrize("gone", [CallerGone(call_id(1)), CallerLeft(call_id(1), "voicemail")])
def test_an_agent_kept_for_somebody_who_hangs_up_or_leaves_goes_to_the_next_at_once(
    gone: CallerGone | CallerLeft,
) -> None:
    centre = in_line(Centre(agent("1")), 1, 2)
    cut(centre, 1)
    assert not offers(centre.ready("1"))
    assert offers(centre.ask(gone)) == [(call_id(2), "1")]


def test_agents_whom_the_one_coming_back_could_not_have_serve_others_meanwhile() -> None:
    fluent = (PlanStep("fluent", 0, "skill.english >= call.level"), PlanStep("any", 60, ""))
    centre = Centre(agent("1", english=3), agent("2", english=9), plans=(plan(steps=fluent),))
    centre.call(1, level=5)
    centre.call(2, level=1)
    cut(centre, 1)
    assert offers(centre.ready("1")) == [(call_id(2), "1")]


def test_whoever_stands_before_the_one_coming_back_is_served_meanwhile() -> None:
    centre = in_line(Centre(agent("1")), 1, 2)
    cut(centre, 2)
    assert offers(centre.ready("1")) == [(call_id(1), "1")]


def test_an_agent_who_serves_another_queue_first_is_not_kept_for_this_one() -> None:
    service_first = AgentProfile(AgentId("1"), "Agent 1", (), (SALES, SERVICE), orders=(2, 1))
    centre = Centre(service_first, plans=(plan(), plan(queue=SERVICE, name="Service")))
    centre.call(1)
    centre.passes(30)
    centre.call(2, "service")
    cut(centre, 1)
    assert offers(centre.ready("1")) == [(call_id(2), "1")]


def test_an_agent_whom_the_one_coming_back_had_in_vain_is_not_kept_for_them() -> None:
    centre = Centre(agent("1"), plans=(plan(after_busy="ready", retry_busy_after_s=0.0),))
    centre.ready("1")
    centre.call(1)
    centre.refuses("1", 1, OfferFailure.BUSY)
    cut(centre, 1)
    assert offers(centre.call(2)) == [(call_id(2), "1")]


def test_a_newcomer_does_not_overtake_who_is_just_coming_back() -> None:
    centre = in_line(Centre(agent("1")), 1)
    cut(centre, 1)
    centre.ready("1")
    assert not offers(centre.call(9))
    assert offers(centre.call(1)) == [(call_id(1), "1")]


def beside_a_cut_caller(service: QueuePlan) -> Centre:
    """Agent 1, who serves both queues, and agent 2, who serves the other one, are ready; the first caller in sales is cut off."""
    both = AgentProfile(AgentId("1"), "Agent 1", (), (SALES, SERVICE), orders=(1, 2))
    centre = Centre(both, agent("2", "service"), plans=(plan(), service))
    centre.call(1)
    cut(centre, 1)
    centre.ready("1", "2")
    return centre


def test_where_several_phones_ring_none_of_them_is_kept_for_somebody_else() -> None:
    service = plan(queue=SERVICE, name="Service", offering=Offering(at_once=2))
    centre = beside_a_cut_caller(service)
    (offer,) = only(Offered, centre.call(2, "service"))
    assert offer.agents == (AgentId("2"),)


def test_a_session_that_breaks_off_again_and_again_holds_nobody_up_for_longer() -> None:
    centre = in_line(Centre(agent("1")), 1, 2)
    cut(centre, 1)
    centre.call(1)
    centre.passes(BACK_WITHIN_S)
    cut(centre, 1)
    assert offers(centre.ready("1")) == [(call_id(2), "1")]


def test_a_line_that_is_cut_much_later_is_a_new_loss() -> None:
    centre = in_line(Centre(agent("1")), 1, 2)
    cut(centre, 1)
    centre.call(1)
    centre.passes(BACK_WITHIN_S + STEADY_AFTER_S)
    cut(centre, 1)
    assert not offers(centre.ready("1"))


def found(call: CallId) -> SeenCall:
    return SeenCall(call, SALES, 0, "", (), 900.0, CallState.WAITING, None, 900.0)


def test_a_caller_found_on_asterisk_when_offers_are_about_to_begin_again_is_expected_as_well() -> None:
    centre, late = Centre(agent("1")), CallId("node2-2")
    centre.ready("1")
    centre.ask(WorldSeen(NodeId("node1"), (found(call_id(1)),)))
    centre.passes(4.5)
    centre.ask(WorldSeen(NodeId("node2"), (found(late),)))
    assert only(RoutingResumed, centre.passes(0.5))
    assert not offers(centre.call(3))
    assert offers(centre.ask(CallerJoined(late, SALES, joined_at=900.0))) == [(late, "1")]


def test_agents_are_not_kept_for_a_callback_whose_link_is_away() -> None:
    centre = Centre(agent("1"))
    promised = callback_of(call_id(1))
    centre.ask(CallbackWanted(promised, CustomerKey("k"), SALES, Terms(most_attempts=2, pause_s=10, ring_s=5)))
    centre.ask(CarrierReady(promised))
    centre.ask(SessionLost(promised))
    centre.ready("1")
    assert offers(centre.call(2)) == [(call_id(2), "1")]


def test_a_step_that_begins_while_the_caller_is_away_keeps_the_agents_of_that_step() -> None:
    sales = plan(steps=(PlanStep("fluent", 0, "skill.english >= 5"), PlanStep("any", 10, "")))
    both = AgentProfile(AgentId("1"), "Agent 1", (), (SALES, SERVICE), orders=(1, 2))
    centre = Centre(both, plans=(sales, plan(queue=SERVICE, name="Service")))
    centre.call(1)
    centre.call(2, "service")
    centre.passes(9.5)
    cut(centre, 1)
    centre.passes(1.0)
    assert not offers(centre.ready("1"))
    assert offers(centre.call(1)) == [(call_id(1), "1")]


def test_a_kept_agent_who_loses_the_skill_serves_who_needs_none() -> None:
    centre = Centre(agent("1", english=9), plans=(plan(),))
    centre.call(1, need="skill.english >= 5")
    centre.call(2)
    cut(centre, 1)
    assert not offers(centre.ready("1"))
    assert offers(centre.ask(SkillsAssigned(AgentId("1"), (), "test"))) == [(call_id(2), "1")]


def test_agents_stay_kept_over_a_reload() -> None:
    centre = in_line(Centre(agent("1")), 1, 2)
    cut(centre, 1)
    centre.ready("1")
    assert not offers(centre.ask(Configured((plan(),), (agent("1"),))))
    assert offers(centre.call(1)) == [(call_id(1), "1")]


def test_a_kept_agent_who_signs_out_is_nobodys() -> None:
    centre = in_line(Centre(agent("1")), 1, 2)
    cut(centre, 1)
    centre.ready("1")
    centre.ask(AgentSignedOut(AgentId("1"), "test"))
    assert not offers(centre.call(1))


def test_the_one_held_back_is_told_that_the_agent_is_kept_and_until_when() -> None:
    centre = in_line(Centre(agent("1")), 1, 2)
    cut(centre, 1)
    centre.ready("1")
    assert judged(centre, 2) == (Verdict.KEPT, centre.now + BACK_WITHIN_S)
    assert centre.engine.explain(call_id(2), centre.now).next_change_at == centre.now + BACK_WITHIN_S
    assert judged(centre, 1) == (Verdict.RANKED_LOWER, None)
    centre.call(1)
    assert judged(centre, 2) == (Verdict.OFFERED, None)


def test_a_kept_agent_stands_in_the_decision_of_who_is_offered_past_them() -> None:
    service = plan(queue=SERVICE, name="Service")
    centre = beside_a_cut_caller(service)
    (offer,) = only(Offered, centre.call(2, "service"))
    said = {c.agent: c.verdict for c in offer.decision.candidates}
    assert said == {AgentId("1"): Verdict.KEPT, AgentId("2"): Verdict.CHOSEN}


def test_a_session_lost_while_a_phone_rings_has_the_place_again_when_the_offer_is_over() -> None:
    centre = Centre(agent("1"))
    centre.ready("1")
    centre.call(1)
    centre.call(2)
    cut(centre, 1)
    assert offers(centre.ask(CallerJoined(call_id(1), SALES, joined_at=centre.now))) == [(call_id(1), "1")]
