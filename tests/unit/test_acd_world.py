"""After an AMI login: Asterisk is right, whatever the floor believed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from acd.agents import check_move
from acd.errors import IllegalMove
from acd.events import (
    Abandoned,
    AgentStateChanged,
    Connected,
    Ended,
    Event,
    Offered,
    OfferWithdrawn,
    PutOnHold,
    Restored,
    RoutingHeld,
    TakenOffHold,
)
from acd.line import claim_of, place_of
from acd.names import AgentId, AgentState, CallState, EndedBy, NodeId, OfferFailure, PhoneId, QueueId, Side, Verdict
from acd.plans.plan import LineOrder
from acd.requests import AgentSignedOut, CallerJoined, CallHeld, SeenCall, WorldSeen
from acd.rules.agent_moves import SYSTEM
from acd.timers import Deadlines, Reason
from tests.unit.acd_kit import SALES, Centre, agent, call_id, only, plan

NODE = NodeId("node1")


def seen(
    number: int, state: CallState, by: str | None = None, *, joined_at: float = 900.0, phone: str | None = None
) -> SeenCall:
    who = None if by is None else AgentId(by)
    on = PhoneId(phone or f"PJSIP/phone{by}")
    return SeenCall(call_id(number), SALES, 2, "", (("language", "en"),), joined_at, state, who, joined_at + 30, on)


def look(centre: Centre, *calls: SeenCall) -> list[Event]:
    return centre.ask(WorldSeen(NODE, calls))


# ---------------------------------------------------------------------------------------------------- what is gone


def test_a_waiting_call_that_is_gone_was_abandoned_after_its_whole_wait() -> None:
    centre = Centre(agent("1"))
    centre.call(1)
    centre.passes(40)
    assert look(centre) == [Abandoned(call_id(1), SALES, 40.0)]


def test_a_call_that_rang_and_is_gone_frees_its_agent() -> None:
    centre = Centre(agent("1"))
    centre.ready("1")
    centre.call(1)
    events = look(centre)
    assert [e.why for e in only(OfferWithdrawn, events)] == [OfferFailure.CALLER_GONE]
    assert centre.state("1") is AgentState.READY


def test_a_conversation_that_is_gone_ended_by_nobody_knows_whom() -> None:
    centre = Centre(agent("1"))
    centre.ready("1")
    centre.call(1)
    centre.answers("1", 1)
    centre.passes(20)
    assert only(Ended, look(centre)) == [Ended(call_id(1), AgentId("1"), SALES, 20.0, EndedBy.UNKNOWN)]


def test_a_conversation_whose_caller_waits_again_has_ended() -> None:
    centre = Centre(agent("1"))
    centre.ready("1")
    centre.call(1)
    centre.answers("1", 1)
    events = look(centre, seen(1, CallState.WAITING))
    assert [e.by for e in only(Ended, events)] == [EndedBy.UNKNOWN]
    assert centre.state("1") is AgentState.READY


def test_a_caller_handed_in_again_while_thought_to_talk_begins_a_new_wait() -> None:
    centre = Centre(agent("1"))
    centre.ready("1")
    centre.call(1)
    centre.answers("1", 1)
    events = centre.ask(CallerJoined(call_id(1), SALES))
    assert [e.by for e in only(Ended, events)] == [EndedBy.UNKNOWN]
    assert centre.engine.floor.calls[call_id(1)].state is CallState.OFFERED


# ---------------------------------------------------------------------------------------------------- what is found


def test_a_waiting_caller_who_is_found_has_the_tickets_place_and_holds_routing() -> None:
    centre = Centre(agent("1"))
    events = look(centre, seen(1, CallState.WAITING))
    assert only(Restored, events) == [
        Restored(call_id(1), SALES, 2, "", (("language", "en"),), 900.0, CallState.WAITING, None, 930.0)
    ]
    assert [e.until for e in only(RoutingHeld, events)] == [centre.now + 5.0]


def test_a_pair_that_is_found_talking_is_taken_over_with_its_time() -> None:
    centre = Centre(agent("1"))
    centre.ready("1")
    events = look(centre, seen(1, CallState.TALKING, "1"))
    moved = only(AgentStateChanged, events)[-1]
    assert (moved.after, moved.since, moved.call, moved.who) == (AgentState.TALKING, 930.0, call_id(1), SYSTEM)
    assert not only(Connected, events), "they were connected before"
    assert not only(RoutingHeld, events)


def test_a_signed_out_agent_who_is_found_talking_is_on_that_phone_and_leaves_again_afterwards() -> None:
    centre = Centre(agent("1"))
    look(centre, seen(1, CallState.TALKING, "1"))
    assert centre.engine.floor.agents[AgentId("1")].phone == "PJSIP/phone1"
    centre.ends("1", 1)
    assert centre.state("1") is AgentState.SIGNED_OUT


@pytest.mark.parametrize("by", [None, "77"])
def test_a_pair_with_nobody_we_know_is_not_for_the_floor(by: str | None) -> None:
    centre = Centre(agent("1"))
    assert look(centre, seen(1, CallState.TALKING, by)) == []


def test_two_pairs_cannot_share_an_agent_nor_a_phone_another() -> None:
    centre = Centre(agent("1"), agent("2"))
    centre.ready("1")
    look(centre, seen(1, CallState.TALKING, "1"), seen(2, CallState.TALKING, "1", joined_at=901))
    assert set(centre.engine.floor.calls) == {call_id(1)}
    look(centre, seen(1, CallState.TALKING, "1"), seen(3, CallState.TALKING, "2", joined_at=902, phone="PJSIP/phone1"))
    assert set(centre.engine.floor.calls) == {call_id(1)}


def test_a_phone_found_ringing_keeps_its_agent_for_that_call() -> None:
    centre = Centre(agent("1"))
    centre.ready("1")
    events = look(centre, seen(1, CallState.OFFERED, "1"))
    moved = only(AgentStateChanged, events)[-1]
    assert (moved.after, moved.call, moved.who) == (AgentState.OFFERED, call_id(1), SYSTEM)
    assert centre.engine.floor.calls[call_id(1)].offered == ("1",)


@pytest.mark.parametrize("by", [None, "2"])
def test_a_phone_found_ringing_for_an_agent_who_is_not_free_is_only_waited_for(by: str | None) -> None:
    centre = Centre(agent("1"), agent("2"))
    centre.ready("1", "2")
    centre.pause("2")
    look(centre, seen(1, CallState.OFFERED, by))
    call = centre.engine.floor.calls[call_id(1)]
    assert (call.state, call.agent) == (CallState.RETURNING, None)
    assert centre.state("1") is AgentState.READY
    assert only(Offered, centre.call(1)), "once the dial is over, the caller is offered again"


def test_a_caller_of_a_queue_that_is_gone_by_now_is_for_the_flow_to_answer() -> None:
    centre = Centre(agent("1"))
    found = seen(1, CallState.WAITING)
    gone = SeenCall(found.call, QueueId("closed"), 0, "", (), 900, found.state, None, 900)
    assert look(centre, gone) == []


def test_what_the_floor_knows_rightly_stays_as_it_is() -> None:
    centre = Centre(agent("1"), agent("2"))
    centre.ready("1")
    centre.call(1)
    centre.call(2)
    centre.answers("1", 1)
    assert look(centre, seen(1, CallState.TALKING, "1"), seen(2, CallState.WAITING)) == []


def test_an_answer_that_was_missed_counts_from_when_it_was() -> None:
    centre = Centre(agent("1"))
    centre.ready("1")
    centre.call(1)
    centre.passes(50)
    events = look(centre, seen(1, CallState.TALKING, "1", joined_at=1000.0))
    assert [e.waited_s for e in only(Connected, events)] == [30.0]


def test_an_answer_by_an_agent_whom_we_do_not_know_changes_nothing() -> None:
    centre = Centre(agent("1"))
    centre.ready("1")
    centre.call(1)
    assert look(centre, seen(1, CallState.TALKING, "77")) == []


def test_when_routing_resumes_the_strongest_claim_is_served_not_the_longest_wait() -> None:
    service = QueueId("service")
    centre = Centre(agent("1", "sales", "service"), plans=(plan(), plan(queue=service, name="Service", weight=3.0)))
    centre.ready("1")
    longer = SeenCall(call_id(1), SALES, 0, "", (), 900.0, CallState.WAITING, None, 900.0)
    weightier = SeenCall(call_id(2), service, 0, "", (), 960.0, CallState.WAITING, None, 960.0)
    look(centre, longer, weightier)
    centre.ask(CallerJoined(call_id(1), SALES))
    # 100 s against three times 40 s
    assert [o.call for o in only(Offered, centre.ask(CallerJoined(call_id(2), service)))] == [call_id(2)]


# ---------------------------------------------------------------------------------------------------- small parts


def test_an_illegal_move_says_what_would_be_legal() -> None:
    with pytest.raises(IllegalMove) as refused:
        check_move(AgentId("1"), AgentState.SIGNED_OUT, AgentState.OFFERED)
    assert str(refused.value).startswith("agent 1 is signed_out and cannot become offered; from signed_out one can")
    assert "busy_elsewhere, not_responding, paused, ready, talking, wrap_up" in str(refused.value)


def test_places_and_claims_are_what_the_plan_says() -> None:
    assert place_of(plan(), 2, 100.0, 7, call_id(1)) == (-2, 100.0, 7, call_id(1))
    assert place_of(plan(ageing_s=30.0), 2, 100.0, 7, call_id(1)) == (0, 40.0, 7, call_id(1))
    place = (-1, 100.0, 7, call_id(1))
    assert claim_of(place, plan(answer_within_s=10.0), 3, 160.0) == (3, -1, -3.0, 7)
    urgent = plan(answer_within_s=10.0, order=LineOrder.URGENCY, weight=2.0)
    assert claim_of(place, urgent, 3, 160.0) == (3, -1, -12.0, 7)
    assert claim_of(place, plan(answer_within_s=0.0, order=LineOrder.URGENCY), 1, 160.0) == (1, -1, -60.0, 7)


def test_deadlines_come_by_time_and_equal_ones_as_they_were_set() -> None:
    deadlines = Deadlines()
    assert (deadlines.next_at(), deadlines.pop_due(10.0)) == (None, None)
    for at, about in ((5.0, "b"), (3.0, "a"), (5.0, "c")):
        deadlines.set(at, Reason.STEP, about)
    assert deadlines.next_at() == 3.0
    assert deadlines.pop_due(2.9) is None
    due = [deadlines.pop_due(5.0) for _ in range(4)]
    assert [d and (d.at, d.reason, d.about) for d in due] == [
        (3.0, Reason.STEP, "a"),
        (5.0, Reason.STEP, "b"),
        (5.0, Reason.STEP, "c"),
        None,
    ]


def test_a_decision_names_those_who_come_nearest_and_counts_the_others() -> None:
    centre = Centre(*(agent(f"{number:02}") for number in range(12)))
    centre.ready(*(f"{number:02}" for number in range(10)))
    centre.pause("03", "lunch")
    centre.ask(AgentSignedOut(AgentId("04"), "test"))
    decision = only(Offered, centre.call(1))[0].decision
    assert decision.chosen == ("00",)
    assert [c.agent for c in decision.candidates] == ["00", "01", "02", "05", "06", "07", "08", "09"]
    assert decision.others == ((Verdict.SIGNED_OUT, 3), (Verdict.PAUSED, 1))
    assert decision.left_out == 4
    assert (decision.step, decision.step_name, decision.need, decision.members) == (0, "all", "", 12)


# ---------------------------------------------------------------------------------------------------- hold


def test_a_pair_that_is_found_on_hold_is_on_hold_from_now_on() -> None:
    centre = Centre(agent("1"))
    centre.ready("1")
    look(centre, replace(seen(1, CallState.TALKING, "1"), holders=(Side.AGENT,)))
    known = centre.engine.floor.agents[AgentId("1")]
    assert (known.state, known.since) == (AgentState.ON_HOLD, centre.now)
    assert centre.engine.floor.calls[call_id(1)].state is CallState.ON_HOLD


def test_hold_and_its_end_that_were_missed_are_made_good() -> None:
    centre = Centre(agent("1"))
    centre.ready("1")
    centre.call(1)
    centre.answers("1", 1)
    talks = seen(1, CallState.TALKING, "1")
    assert only(PutOnHold, look(centre, replace(talks, holders=(Side.CALLER,))))[0].by is Side.CALLER
    assert look(centre, replace(talks, holders=(Side.CALLER,))) == []
    assert centre.state("1") is AgentState.ON_HOLD
    assert only(TakenOffHold, look(centre, talks))[0].by is Side.CALLER
    assert centre.state("1") is AgentState.TALKING
    assert look(centre, talks) == []


def test_a_conversation_that_is_gone_while_on_hold_has_ended() -> None:
    centre = Centre(agent("1"))
    centre.ready("1")
    centre.call(1)
    centre.answers("1", 1)
    centre.ask(CallHeld(call_id(1), Side.AGENT))
    centre.passes(20)
    assert only(Ended, look(centre)) == [Ended(call_id(1), AgentId("1"), SALES, 20.0, EndedBy.UNKNOWN, 20.0)]
