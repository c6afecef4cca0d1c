"""How callers and agents find each other: the scenarios of the design, on virtual time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from acd.errors import IllegalMove, PhoneTaken, StillNeeded, UnknownAgent, UnknownQueue
from acd.events import (
    Abandoned,
    AgentStateChanged,
    Connected,
    Diverted,
    Ended,
    Event,
    NobodyThere,
    Offered,
    OfferWithdrawn,
    Queued,
    RoutingHeld,
    RoutingResumed,
    SessionAttached,
    StepWidened,
    StillWaiting,
)
from acd.names import AgentId, AgentState, CallState, NodeId, OfferFailure, PhoneId, QueueId, Verdict
from acd.plans.plan import AfterOffer, AgentProfile, CallerNeed, PlanStep
from acd.requests import (
    AgentReady,
    AgentRestored,
    AgentSignedIn,
    AgentSignedOut,
    CallerGone,
    CallerJoined,
    CallerLeft,
    Configured,
    ConversationStarted,
    PhoneFree,
    PhoneInUse,
    SeenCall,
    SessionLost,
    SkillsAssigned,
    StoodStill,
    WorldSeen,
)
from tests.unit.acd_kit import SALES, Centre, agent, call_id, only, plan


def offers(events: list[Event]) -> list[tuple[str, str]]:
    return [(offer.call, offer.agent) for offer in only(Offered, events)]


# ---------------------------------------------------------------------------------------------------- one call


def test_a_call_is_queued_offered_answered_ended_and_wrapped_up_one_event_each_in_order() -> None:
    centre = Centre(agent("1"), plans=(plan(wrap_up_s=5),))
    centre.ready("1")
    centre.past.clear()
    centre.call(1)
    centre.passes(3)
    centre.answers("1", 1)
    centre.passes(60)
    centre.ends("1", 1)
    centre.passes(10)
    seen = [type(e).__name__ if not isinstance(e, AgentStateChanged) else e.after.value for e in centre.past]
    assert seen == ["Queued", "Offered", "offered", "Connected", "talking", "Ended", "wrap_up", "ready"]
    assert only(Connected, centre.past)[0].waited_s == pytest.approx(3)
    assert only(Ended, centre.past)[0].talked_s == pytest.approx(60)


def test_a_caller_who_hangs_up_while_waiting_has_abandoned() -> None:
    centre = Centre(agent("1"))
    centre.call(1)
    centre.passes(7)
    assert centre.ask(CallerGone(call_id(1))) == [Abandoned(call_id(1), SALES, 7.0)]
    assert not centre.engine.floor.calls


def test_a_caller_who_hangs_up_while_it_rings_frees_the_agent_at_once() -> None:
    centre = Centre(agent("1"))
    centre.ready("1")
    centre.call(1)
    events = centre.ask(CallerGone(call_id(1)))
    assert only(OfferWithdrawn, events)[0].why is OfferFailure.CALLER_GONE
    assert only(Abandoned, events)
    assert centre.state("1") is AgentState.READY


def test_a_caller_may_leave_the_queue_for_another_treatment_only_while_waiting() -> None:
    centre = Centre(agent("1"))
    centre.call(1)
    assert centre.ask(CallerLeft(call_id(1), "voicemail")) == [Diverted(call_id(1), SALES, "voicemail", 0.0)]
    centre.ready("1")
    centre.call(2)
    with pytest.raises(IllegalMove, match="only while it waits"):
        centre.ask(CallerLeft(call_id(2), "voicemail"))


def test_an_unknown_queue_is_refused() -> None:
    with pytest.raises(UnknownQueue):
        Centre().call(1, "nonsense")


# ---------------------------------------------------------------------------------------------------- whom


def test_a_paused_agent_is_never_offered_a_call() -> None:
    centre = Centre(agent("1"), agent("2"))
    centre.ready("1", "2")
    centre.pause("1")
    assert offers(centre.call(1)) == [(call_id(1), "2")]


def test_with_all_agents_paused_nobody_rings_and_the_record_says_why() -> None:
    centre = Centre(agent("1"), agent("2"), plans=(plan(no_agent_say="nobody-here"),))
    centre.ready("1", "2")
    centre.pause("1", "lunch")
    centre.pause("2", "training")
    events = centre.call(1)
    assert not offers(events)
    decision = only(StillWaiting, events)[0].decision
    assert [(c.agent, c.verdict, c.reason) for c in decision.candidates] == [
        ("1", Verdict.PAUSED, "lunch"),
        ("2", Verdict.PAUSED, "training"),
    ]
    assert only(NobodyThere, events)[0].say == "nobody-here"


def test_the_no_agent_treatment_is_given_once_also_when_the_last_agent_leaves_later() -> None:
    centre = Centre(agent("1"), agent("2"), plans=(plan(no_agent_say="nobody-here"),))
    centre.ready("1", "2")
    centre.call(1)
    centre.call(2)
    assert not only(NobodyThere, centre.call(3))
    centre.answers("1", 1)
    centre.answers("2", 2)
    centre.ask(AgentSignedOut(AgentId("1"), "test"))
    assert not only(NobodyThere, centre.ends("1", 1)), "agent 2 will still be free one day"
    centre.pause("2")
    assert [n.call for n in only(NobodyThere, centre.ends("2", 2))] == [call_id(3)]
    centre.ready("1")
    assert not only(NobodyThere, centre.pause("1"))


def test_the_best_skilled_is_chosen_and_among_equals_the_longest_idle() -> None:
    need = (PlanStep("english", 0, "skill.english >= 3"),)
    centre = Centre(agent("1", english=5), agent("2", english=9), agent("3", english=5), plans=(plan(steps=need),))
    centre.ready("3")
    centre.passes(1)
    centre.ready("1", "2")
    assert offers(centre.call(1)) == [(call_id(1), "2")]
    assert offers(centre.call(2)) == [(call_id(2), "3")]
    assert offers(centre.call(3)) == [(call_id(3), "1")]


def test_an_offer_that_the_caller_ended_does_not_cost_the_agent_their_turn() -> None:
    centre = Centre(agent("1"), agent("2"))
    centre.ready("1")
    centre.passes(1)
    centre.ready("2")
    centre.call(1)
    centre.ask(CallerGone(call_id(1)))
    assert offers(centre.call(2)) == [(call_id(2), "1")]


def test_an_agent_below_the_need_rings_only_when_the_next_step_admits_them_and_then_at_once() -> None:
    steps = (PlanStep("fluent", 0, "skill.english >= 7"), PlanStep("some", 30, "skill.english >= 3"))
    centre = Centre(agent("1", english=4), plans=(plan(steps=steps),))
    centre.ready("1")
    events = centre.call(1)
    assert not offers(events)
    waiting = only(StillWaiting, events)[0].decision
    assert waiting.candidates[0].verdict is Verdict.LACKS_SKILL
    assert waiting.next_change_at == centre.now + 30
    assert not centre.passes(29.9)
    events = centre.passes(0.2)
    assert only(StepWidened, events)[0].step_name == "some"
    assert offers(events) == [(call_id(1), "1")]


def test_a_skill_changed_while_a_caller_waits_takes_effect_at_once() -> None:
    centre = Centre(agent("1", english=2), plans=(plan(steps=(PlanStep("english", 0, "skill.english >= 5"),)),))
    centre.ready("1")
    assert not offers(centre.call(1))
    assert offers(centre.ask(SkillsAssigned(AgentId("1"), (("english", 6),), "test"))) == [(call_id(1), "1")]


def test_a_skill_taken_away_stops_offers() -> None:
    centre = Centre(agent("1", english=6), plans=(plan(steps=(PlanStep("english", 0, "skill.english >= 5"),)),))
    centre.ready("1")
    centre.ask(SkillsAssigned(AgentId("1"), (), "test"))
    assert not offers(centre.call(1))


def test_a_need_may_name_what_the_flow_learned_of_the_call() -> None:
    steps = (PlanStep("language", 0, "skill[call.language] >= 5"),)
    centre = Centre(agent("1", english=9), agent("2", chinese=9), plans=(plan(steps=steps),))
    centre.ready("1", "2")
    assert offers(centre.call(1, language="chinese")) == [(call_id(1), "2")]
    assert offers(centre.call(2, language="english")) == [(call_id(2), "1")]
    assert not offers(centre.call(3))


def test_the_callers_own_need_holds_until_a_step_ignores_it() -> None:
    steps = (PlanStep("as asked", 0), PlanStep("anyone", 20, "", CallerNeed.IGNORED))
    centre = Centre(agent("1"), plans=(plan(steps=steps),))
    centre.ready("1")
    assert not offers(centre.call(1, need="skill.vip >= 1"))
    assert offers(centre.passes(20)) == [(call_id(1), "1")]


def test_a_priority_caller_goes_ahead_of_lower_and_behind_earlier_equals() -> None:
    centre = Centre(agent("1"))
    centre.call(1)
    centre.passes(1)
    centre.call(2, priority=5)
    centre.passes(1)
    centre.call(3, priority=5)
    floor = centre.engine.floor
    assert [floor.position(floor.calls[call_id(n)]) for n in (1, 2, 3)] == [3, 1, 2]
    assert offers(centre.ready("1")) == [(call_id(2), "1")]


def test_two_queues_share_an_agent_who_takes_whoever_stands_first_in_either() -> None:
    plans = (plan(), plan(queue=QueueId("service"), name="Service"))
    centre = Centre(agent("1", "sales", "service"), plans=plans)
    centre.call(1, "service")
    centre.passes(1)
    centre.call(2, "sales")
    assert offers(centre.ready("1")) == [(call_id(1), "1")]


# ---------------------------------------------------------------------------------------------------- offers


def test_an_agent_who_does_not_answer_is_not_responding_and_the_caller_keeps_first_place() -> None:
    centre = Centre(agent("1"), agent("2"))
    centre.ready("1")
    centre.call(1)
    centre.passes(1)
    centre.call(2)
    events = centre.refuses("1", 1)
    assert only(OfferWithdrawn, events)[0].why is OfferFailure.NO_ANSWER
    assert centre.state("1") is AgentState.NOT_RESPONDING
    assert offers(centre.ready("2")) == [(call_id(1), "2")]


def test_the_same_agent_is_not_tried_again_for_the_same_call_until_the_queue_allows_it() -> None:
    centre = Centre(agent("1"), plans=(plan(after_no_answer=AfterOffer.READY, retry_agent_after_s=30),))
    centre.ready("1")
    centre.call(1)
    events = centre.refuses("1", 1)
    assert not offers(events)
    assert only(StillWaiting, events)[-1].decision.candidates[0].verdict is Verdict.TRIED_BEFORE
    assert not offers(centre.passes(29))
    assert offers(centre.passes(1.5)) == [(call_id(1), "1")]


def test_the_agent_of_a_failed_offer_serves_the_next_caller_meanwhile() -> None:
    centre = Centre(agent("1"), plans=(plan(after_no_answer=AfterOffer.READY),))
    centre.ready("1")
    centre.call(1)
    centre.call(2)
    assert offers(centre.refuses("1", 1)) == [(call_id(2), "1")]


def test_pausing_while_it_rings_withdraws_the_offer_and_the_caller_returns_only_with_the_session() -> None:
    centre = Centre(agent("1"), agent("2"))
    centre.ready("1")
    centre.call(1)
    centre.ready("2")
    events = centre.pause("1")
    assert only(OfferWithdrawn, events)[0].why is OfferFailure.AGENT_PAUSED
    assert not offers(events), "the first phone may still ring"
    assert centre.engine.floor.calls[call_id(1)].state is CallState.RETURNING
    assert offers(centre.refuses("1", 1)) == [(call_id(1), "2")]


def test_an_answer_in_the_moment_of_pausing_counts_and_the_pause_follows_the_call() -> None:
    centre = Centre(agent("1"))
    centre.ready("1")
    centre.call(1)
    centre.pause("1", "lunch")
    centre.answers("1", 1)
    assert centre.state("1") is AgentState.TALKING
    centre.ends("1", 1)
    assert centre.state("1") is AgentState.PAUSED
    assert centre.engine.floor.agents[AgentId("1")].reason == "lunch"


def test_an_offer_that_nobody_reports_on_expires() -> None:
    centre = Centre(agent("1"))
    centre.ready("1")
    centre.call(1)
    events = centre.passes(60)
    assert [e.why for e in only(OfferWithdrawn, events)] == [OfferFailure.EXPIRED]
    assert centre.state("1") is AgentState.READY  # nobody knows whether the phone rang at all


def test_an_answer_that_the_dial_denies_stands() -> None:
    centre = Centre(agent("1"))
    centre.ready("1")
    centre.call(1)
    centre.answers("1", 1)
    with pytest.raises(IllegalMove, match="AMI"):
        centre.refuses("1", 1)


def test_an_answer_by_another_agent_than_offered_is_a_fact() -> None:
    centre = Centre(agent("1"), agent("2"))
    centre.ready("1")
    centre.call(1)
    centre.ready("2")
    centre.answers("2", 1)
    assert centre.engine.floor.calls[call_id(1)].agent == "2"
    assert centre.state("2") is AgentState.TALKING
    assert centre.state("1") is AgentState.NOT_RESPONDING


# ---------------------------------------------------------------------------------------------------- agents


def test_an_agent_signs_in_paused_and_on_one_phone_only() -> None:
    centre = Centre(agent("1"), agent("2"))
    centre.ask(AgentSignedIn(AgentId("1"), PhoneId("PJSIP/phone1"), "test"))
    assert centre.state("1") is AgentState.PAUSED
    assert centre.ask(AgentSignedIn(AgentId("1"), PhoneId("PJSIP/phone1"), "test")) == []
    with pytest.raises(IllegalMove, match="sign out there first"):
        centre.ask(AgentSignedIn(AgentId("1"), PhoneId("PJSIP/phone9"), "test"))
    with pytest.raises(PhoneTaken):
        centre.ask(AgentSignedIn(AgentId("2"), PhoneId("PJSIP/phone1"), "test"))


def test_a_signed_out_agent_can_neither_be_ready_nor_pause() -> None:
    centre = Centre(agent("1"))
    for request in (AgentReady(AgentId("1"), "test"),):
        with pytest.raises(IllegalMove, match="sign in"):
            centre.ask(request)
    with pytest.raises(IllegalMove, match="sign in"):
        centre.pause("1")
    assert centre.ask(AgentSignedOut(AgentId("1"), "test")) == []


def test_an_unknown_agent_is_refused() -> None:
    with pytest.raises(UnknownAgent):
        Centre().ask(AgentReady(AgentId("9"), "test"))


def test_an_agent_on_a_private_call_is_not_rung_and_rung_when_it_ends() -> None:
    centre = Centre(agent("1"))
    centre.ready("1")
    phone = PhoneId("PJSIP/phone1")
    centre.ask(PhoneInUse(phone))
    assert centre.state("1") is AgentState.BUSY_ELSEWHERE
    events = centre.call(1)
    assert not offers(events)
    assert only(StillWaiting, events)[0].decision.candidates[0].verdict is Verdict.BUSY_ELSEWHERE
    assert offers(centre.ask(PhoneFree(phone))) == [(call_id(1), "1")]


def test_an_agent_who_becomes_ready_by_a_code_on_their_phone_is_rung_when_they_hang_up() -> None:
    centre = Centre(agent("1"))
    phone = PhoneId("PJSIP/phone1")
    centre.ask(AgentSignedIn(AgentId("1"), phone, "test"))
    centre.call(1)
    centre.ask(PhoneInUse(phone))
    assert not offers(centre.ask(AgentReady(AgentId("1"), "test")))
    assert offers(centre.ask(PhoneFree(phone))) == [(call_id(1), "1")]


def test_after_a_login_phones_are_in_use_as_asterisk_says() -> None:
    centre = Centre(agent("1"), agent("2"))
    centre.ready("1", "2")
    centre.ask(PhoneInUse(PhoneId("PJSIP/phone1")))
    centre.ask(WorldSeen(NodeId("node1"), (), (PhoneId("PJSIP/phone2"),)))
    assert [centre.state(number) for number in "12"] == [AgentState.READY, AgentState.BUSY_ELSEWHERE]


def test_signing_out_frees_the_phone_for_another_agent() -> None:
    centre = Centre(agent("1"), agent("2"))
    centre.ask(AgentSignedIn(AgentId("1"), PhoneId("PJSIP/phone1"), "test"))
    centre.ask(AgentSignedOut(AgentId("1"), "test"))
    centre.ask(AgentSignedIn(AgentId("2"), PhoneId("PJSIP/phone1"), "test"))
    assert centre.engine.floor.phones == {"PJSIP/phone1": "2"}


def test_wrap_up_lasts_the_longer_of_queue_and_agent_and_may_be_ended_early() -> None:
    centre = Centre(agent("1", wrap_up_s=20), plans=(plan(wrap_up_s=5),))
    centre.ready("1")
    centre.call(1)
    centre.answers("1", 1)
    centre.ends("1", 1)
    centre.call(2)
    assert not offers(centre.passes(19))
    assert offers(centre.ask(AgentReady(AgentId("1"), "test"))) == [(call_id(2), "1")]


def test_a_pause_asked_for_while_talking_follows_the_wrap_up_and_can_be_taken_back() -> None:
    centre = Centre(agent("1"), plans=(plan(wrap_up_s=5),))
    centre.ready("1")
    centre.call(1)
    centre.answers("1", 1)
    centre.pause("1", "lunch")
    centre.ends("1", 1)
    assert centre.state("1") is AgentState.WRAP_UP
    centre.passes(5)
    assert centre.state("1") is AgentState.PAUSED
    centre.ask(AgentReady(AgentId("1"), "test"))
    centre.call(2)
    centre.answers("1", 2)
    centre.pause("1")
    centre.ask(AgentReady(AgentId("1"), "test"))
    centre.ends("1", 2)
    centre.passes(5)
    assert centre.state("1") is AgentState.READY


# ---------------------------------------------------------------------------------------------------- after a restart


def seen(number: int, joined_at: float, state: CallState = CallState.WAITING, by: str | None = None) -> SeenCall:
    who = None if by is None else AgentId(by)
    phone = None if by is None else PhoneId(f"PJSIP/phone{by}")
    return SeenCall(call_id(number), SALES, 0, "", (), joined_at, state, who, joined_at + 1, phone)


def restarted(*calls: SeenCall) -> Centre:
    centre = Centre(agent("1"), agent("2"))
    centre.ready("1")
    centre.past.clear()
    centre.ask(WorldSeen(NodeId("node1"), calls))
    return centre


def test_after_a_restart_nobody_is_offered_anything_until_all_are_back_and_then_in_the_old_order() -> None:
    centre = restarted(seen(1, 900), seen(2, 901), seen(3, 902))
    assert only(RoutingHeld, centre.past)
    assert not offers(centre.call(3))
    assert not offers(centre.call(2))
    events = centre.call(1)
    assert only(RoutingResumed, events)
    assert offers(events) == [(call_id(1), "1")]


def frozen_and_freed(*calls: int) -> Centre:
    """These wait in their order, and the service that held them stands still and goes on."""
    centre = Centre(agent("1"))
    for number in calls:
        centre.call(number)
        centre.passes(1)
    centre.ask(StoodStill())
    return centre


def test_who_is_kept_for_somebody_who_is_away_is_not_overtaken_when_routing_goes_on() -> None:
    service = QueueId("service")
    sales_first = AgentProfile(AgentId("1"), "Agent 1", (), (SALES, service), orders=(1, 2))
    centre = Centre(sales_first, agent("2"), plans=(plan(), plan(queue=service, name="Service")))
    centre.call(1, "service")
    centre.ask(StoodStill())
    centre.passes(0.5)
    centre.ask(CallerJoined(call_id(2), SALES, prefer=AgentId("2"), prefer_s=60))
    centre.ready("1")
    events = centre.passes(5)
    assert only(RoutingResumed, events)
    assert offers(events) == [(call_id(2), "1")]


def test_callers_whose_sessions_ended_in_a_standstill_are_not_overtaken_by_those_who_are_back_first() -> None:
    centre = frozen_and_freed(1, 2)
    for number in (1, 2):
        centre.ask(SessionLost(call_id(number)))
    assert not offers(centre.call(2))
    assert not offers(centre.ready("1"))
    centre.passes(1.5)
    events = centre.call(1)
    assert only(RoutingResumed, events)
    assert offers(events) == [(call_id(1), "1")]


def test_after_a_standstill_that_ended_no_session_offers_begin_again_in_a_second() -> None:
    centre = frozen_and_freed(1)
    assert not offers(centre.ready("1"))
    assert offers(centre.passes(1.0)) == [(call_id(1), "1")]


def test_a_caller_who_does_not_come_back_after_a_standstill_holds_nobody_up_for_long() -> None:
    centre = frozen_and_freed(1, 2)
    centre.ask(SessionLost(call_id(1)))
    assert not offers(centre.ready("1"))
    assert offers(centre.passes(5.0)) == [(call_id(2), "1")]


def test_a_newcomer_during_the_restart_does_not_overtake_those_who_waited() -> None:
    centre = restarted(seen(1, 900))
    assert not offers(centre.call(9))
    assert offers(centre.call(1)) == [(call_id(1), "1")]


def test_a_caller_who_never_comes_back_holds_up_nobody_for_long() -> None:
    centre = restarted(seen(1, 900), seen(2, 901))
    centre.call(2)
    assert offers(centre.passes(6)) == [(call_id(2), "1")]


def test_a_pair_that_talked_through_the_restart_is_known_again() -> None:
    centre = restarted(seen(1, 900, CallState.TALKING, "1"))
    assert centre.state("1") is AgentState.TALKING
    assert not only(RoutingHeld, centre.past)
    centre.ends("1", 1)
    assert centre.state("1") is AgentState.READY


def test_a_phone_that_rang_through_the_restart_is_not_rung_for_another_caller() -> None:
    centre = restarted(seen(1, 900, CallState.OFFERED, "1"))
    assert not offers(centre.call(2))
    assert only(Connected, centre.answers("1", 1))


def test_a_dial_that_failed_while_the_service_was_away_brings_the_caller_back_first() -> None:
    centre = restarted(seen(1, 900, CallState.OFFERED, "1"))
    centre.call(2)
    events = centre.ask(CallerJoined(call_id(1), SALES, joined_at=900))
    assert only(OfferWithdrawn, events)[0].why is OfferFailure.SESSION_LOST
    assert offers(events) == [(call_id(1), "1")]


def test_a_caller_whose_session_broke_off_is_not_offered_until_it_is_back() -> None:
    centre = Centre(agent("1"))
    centre.call(1)
    centre.ask(SessionLost(call_id(1)))
    assert not offers(centre.ready("1"))
    events = centre.call(1)
    assert only(SessionAttached, events)
    assert not only(Queued, events)
    assert offers(events) == [(call_id(1), "1")]


def test_what_ended_while_the_link_was_down_is_ended() -> None:
    centre = Centre(agent("1"), agent("2"))
    centre.ready("1")
    centre.call(1)
    centre.answers("1", 1)
    centre.call(2)
    events = centre.ask(WorldSeen(NodeId("node1"), ()))
    assert only(Ended, events)
    assert only(Abandoned, events)
    assert centre.state("1") is AgentState.READY


def test_another_nodes_world_is_not_touched() -> None:
    centre = Centre(agent("1"))
    centre.call(1)
    assert centre.ask(WorldSeen(NodeId("node2"), ())) == []


def test_an_answer_missed_while_the_link_was_down_is_made_good() -> None:
    centre = Centre(agent("1"))
    centre.ready("1")
    centre.call(1)
    events = centre.ask(WorldSeen(NodeId("node1"), (seen(1, 1000, CallState.TALKING, "1"),)))
    assert only(Connected, events)
    assert centre.state("1") is AgentState.TALKING


def test_an_agent_is_restored_as_they_were() -> None:
    centre = Centre(agent("1", english=1))
    restored = AgentRestored(AgentId("1"), PhoneId("P1"), AgentState.PAUSED, "lunch", 500.0, None, (("english", 9),))
    centre.ask(restored)
    restored_agent = centre.engine.floor.agents[AgentId("1")]
    assert (restored_agent.state, restored_agent.reason, restored_agent.since) == (AgentState.PAUSED, "lunch", 500.0)
    assert dict(restored_agent.skills) == {"english": 9}
    with pytest.raises(IllegalMove):
        centre.ask(restored)


def test_a_wrap_up_that_ended_while_the_service_was_away_is_over() -> None:
    centre = Centre(agent("1"), agent("2"))
    for number, until in (("1", 990.0), ("2", 1010.0)):
        centre.ask(AgentRestored(AgentId(number), PhoneId(f"P{number}"), AgentState.WRAP_UP, "", 900.0, until, None))
    assert centre.state("1") is AgentState.READY
    centre.passes(10)
    assert centre.state("2") is AgentState.READY


# ---------------------------------------------------------------------------------------------------- configuration


def test_waiting_callers_continue_under_a_new_plan_from_the_same_waited_time() -> None:
    steps = (PlanStep("fluent", 0, "skill.english >= 7"),)
    centre = Centre(agent("1", english=4), plans=(plan(steps=steps),))
    centre.ready("1")
    centre.call(1)
    centre.passes(15)
    wider = replace(plan(), steps=(*steps, PlanStep("some", 10, "skill.english >= 3")))
    profiles = tuple(a.profile for a in centre.engine.floor.agents.values())
    assert offers(centre.ask(Configured((wider,), profiles))) == [(call_id(1), "1")]


def test_a_new_plan_adds_its_own_priority_and_takes_back_what_the_old_one_added() -> None:
    centre = Centre(plans=(plan(steps=(PlanStep("first", 0), PlanStep("later", 10, adds_priority=2))),))
    centre.call(1, priority=1)
    centre.passes(15)
    assert centre.engine.floor.calls[call_id(1)].priority == 3
    steps = (PlanStep("first", 0, adds_priority=1), PlanStep("later", 12, adds_priority=4))
    centre.ask(Configured((plan(steps=steps),), ()))
    assert centre.engine.floor.calls[call_id(1)].priority == 6
    centre.ask(Configured((plan(),), ()))
    assert centre.engine.floor.calls[call_id(1)].priority == 1


def test_queues_with_callers_and_agents_at_work_cannot_be_removed_and_all_are_named() -> None:
    centre = Centre(agent("1"), agent("2"), agent("3"), plans=(plan(), plan(queue=QueueId("other"))))
    centre.call(1)
    centre.call(2)
    centre.ready("1")
    centre.pause("1")
    centre.ready("2")
    before = centre.engine.floor.plans
    with pytest.raises(StillNeeded) as refused:
        centre.ask(Configured((plan(queue=QueueId("other")),), ()))
    assert refused.value.reasons == (
        "queue sales still has callers (2 waiting or talking): remove it when it is empty",
        "agent 1 is paused: they must sign out before they are removed",
        "agent 2 is offered: they must sign out before they are removed",
    )
    assert str(refused.value) == "; ".join(refused.value.reasons)
    assert centre.engine.floor.plans is before


def test_an_empty_queue_and_an_agent_who_has_signed_out_can_be_removed() -> None:
    centre = Centre(agent("1"), agent("2"), plans=(plan(), plan(queue=QueueId("other"))))
    centre.ready("2")
    centre.call(1)
    centre.ask(Configured((plan(),), (agent("2"),)))
    assert (list(centre.engine.floor.plans), list(centre.engine.floor.agents)) == ([SALES], ["2"])


def test_a_conversation_for_a_call_that_is_not_there_changes_nothing() -> None:
    centre = Centre(agent("1"))
    centre.ready("1")
    with pytest.raises(Exception, match="not on the floor"):
        centre.ask(ConversationStarted(call_id(5), AgentId("1")))
    assert centre.state("1") is AgentState.READY
