"""What becomes of agents: after an offer they did not take, after a conversation, while they are away."""

from __future__ import annotations

from dataclasses import replace

import pytest

from acd.errors import IllegalMove, WrapUpFixed
from acd.events import AgentStateChanged, AgentWish, Ended, Event, Offered, PutOnHold, TakenOffHold
from acd.names import AgentId, AgentState, CallState, OfferFailure, PauseCounts, PhoneId, Side
from acd.plans.plan import AfterOffer, AgentProfile, WrapUpMode
from acd.plans.wrap_up import WrapUp, wrap_up_after
from acd.requests import (
    AgentReady,
    AgentRestored,
    AgentSignedOut,
    CallHeld,
    CallResumed,
    Configured,
    PhoneFree,
    PhoneInUse,
)
from acd.simulation.figures import figures_of
from acd.simulation.visits import Visits
from tests.unit.acd_kit import SALES, Centre, agent, call_id, only, plan

ONE = AgentId("1")


def offers(events: list[Event]) -> list[tuple[str, str]]:
    return [(offer.call, offer.agent) for offer in only(Offered, events)]


def moved(events: list[Event]) -> list[tuple[AgentState, str]]:
    """Where agents went, and for what reason."""
    return [(event.after, event.reason) for event in only(AgentStateChanged, events)]


# ---------------------------------------------------------------------------------------------------- offers not taken


@pytest.mark.parametrize(
    ("why", "becomes"),
    [
        (OfferFailure.NO_ANSWER, AgentState.NOT_RESPONDING),
        (OfferFailure.EXPIRED, AgentState.BUSY_ELSEWHERE),
        (OfferFailure.REFUSED, AgentState.NOT_RESPONDING),
        (OfferFailure.UNREACHABLE, AgentState.NOT_RESPONDING),
        (OfferFailure.ERROR, AgentState.NOT_RESPONDING),
        (OfferFailure.BUSY, AgentState.BUSY_ELSEWHERE),
    ],
)
def test_where_a_queue_says_nothing_a_busy_phone_and_an_end_nobody_reported_are_no_fault_of_the_agent(
    why: OfferFailure, becomes: AgentState
) -> None:
    centre = Centre(agent("1"))
    centre.ready("1")
    centre.call(1)
    assert moved(centre.refuses("1", 1, why)) == [(becomes, why.value)]


@pytest.mark.parametrize(
    ("why", "rule"),
    [
        (OfferFailure.NO_ANSWER, "after_no_answer"),
        (OfferFailure.REFUSED, "after_refused"),
        (OfferFailure.BUSY, "after_busy"),
        (OfferFailure.UNREACHABLE, "after_unreachable"),
        (OfferFailure.ERROR, "after_unreachable"),
    ],
)
def test_each_outcome_has_a_rule_of_its_own(why: OfferFailure, rule: str) -> None:
    rules = dict.fromkeys(("after_no_answer", "after_refused", "after_busy", "after_unreachable"), AfterOffer.READY)
    centre = Centre(agent("1"), plans=(plan(**(rules | {rule: AfterOffer.PAUSED})),))
    centre.ready("1")
    centre.call(1)
    assert moved(centre.refuses("1", 1, why)) == [(AgentState.PAUSED, why.value)]


@pytest.mark.parametrize("why", [OfferFailure.NO_ANSWER, OfferFailure.REFUSED, OfferFailure.UNREACHABLE])
def test_an_agent_who_stays_ready_takes_others_at_once_and_the_same_caller_only_later(why: OfferFailure) -> None:
    rules = dict.fromkeys(("after_no_answer", "after_refused", "after_unreachable"), AfterOffer.READY)
    centre = Centre(agent("1"), plans=(plan(**rules, retry_agent_after_s=30),))
    centre.ready("1")
    centre.call(1)
    assert not offers(centre.refuses("1", 1, why))
    assert offers(centre.call(2)) == [(call_id(2), "1")]
    centre.answers("1", 2)
    centre.ends("1", 2)
    assert not offers(centre.passes(29))
    assert offers(centre.passes(1.5)) == [(call_id(1), "1")]


def test_a_phone_that_says_it_is_busy_is_left_alone_for_a_moment_whoever_waits() -> None:
    centre = Centre(agent("1"), plans=(plan(retry_busy_after_s=10, retry_agent_after_s=30),))
    centre.ready("1")
    centre.call(1)
    centre.call(2)
    events = centre.refuses("1", 1, OfferFailure.BUSY)
    assert not offers(events)
    assert only(AgentStateChanged, events)[0].until == centre.now + 10
    assert not offers(centre.passes(9.5))
    assert offers(centre.passes(1)) == [(call_id(2), "1")]


def test_an_agent_whose_phone_said_busy_may_say_that_it_no_longer_is() -> None:
    centre = Centre(agent("1"))
    centre.ready("1")
    centre.call(1)
    centre.refuses("1", 1, OfferFailure.BUSY)
    centre.call(2)
    assert offers(centre.ask(AgentReady(ONE, "test"))) == [(call_id(2), "1")]


def test_of_a_busy_phone_that_is_then_seen_in_use_its_use_is_awaited_not_the_moment() -> None:
    centre = Centre(agent("1"), plans=(plan(retry_busy_after_s=10),))
    centre.ready("1")
    centre.call(1)
    centre.refuses("1", 1, OfferFailure.BUSY)
    centre.ask(PhoneInUse(PhoneId("PJSIP/phone1")))
    centre.call(2)
    centre.passes(15)
    assert centre.state("1") is AgentState.BUSY_ELSEWHERE
    assert not centre.ask(AgentReady(ONE, "test"))
    assert offers(centre.ask(PhoneFree(PhoneId("PJSIP/phone1")))) == [(call_id(2), "1")]


def test_an_agent_who_was_busy_elsewhere_is_ready_after_a_restart_unless_the_phone_is_seen_in_use() -> None:
    centre = Centre(agent("1"))
    phone = PhoneId("PJSIP/phone1")
    restored = centre.ask(AgentRestored(ONE, phone, AgentState.BUSY_ELSEWHERE, "busy", 990.0, 1005.0, None))
    assert moved(restored) == [(AgentState.READY, "")]
    assert only(AgentStateChanged, restored)[0].until is None


# ---------------------------------------------------------------------------------------------------- hold


def held(number: int, by: Side = Side.AGENT) -> CallHeld:
    return CallHeld(call_id(number), by)


def resumed(number: int, by: Side = Side.AGENT) -> CallResumed:
    return CallResumed(call_id(number), by)


def talking(**rules: object) -> Centre:
    """Agent 1 has talked with caller 1 for ten seconds."""
    centre = Centre(agent("1"), plans=(plan(**rules),))
    centre.ready("1")
    centre.call(1)
    centre.answers("1", 1)
    centre.passes(10)
    return centre


def test_hold_and_back_is_a_state_of_the_agent_and_of_the_call() -> None:
    centre = talking()
    call = centre.engine.floor.calls[call_id(1)]
    events = centre.ask(held(1))
    assert only(PutOnHold, events) == [PutOnHold(call_id(1), ONE, SALES, Side.AGENT)]
    assert (centre.state("1"), call.state, call.since) == (AgentState.ON_HOLD, CallState.ON_HOLD, centre.now)
    centre.passes(5)
    events = centre.ask(resumed(1))
    assert only(TakenOffHold, events) == [TakenOffHold(call_id(1), ONE, SALES, Side.AGENT)]
    assert (centre.state("1"), call.state, call.since) == (AgentState.TALKING, CallState.TALKING, centre.now)
    assert centre.engine.floor.agents[ONE].answered == 1


def test_the_end_of_a_conversation_says_how_much_of_it_was_hold() -> None:
    centre = talking()
    centre.ask(held(1))
    centre.passes(5)
    centre.ask(resumed(1))
    centre.passes(3)
    centre.ask(held(1, Side.CALLER))
    centre.passes(2)
    [ended] = only(Ended, centre.ends("1", 1))
    assert (ended.talked_s, ended.held_s) == (20.0, 7.0)


def test_a_conversation_is_on_hold_as_long_as_either_side_holds() -> None:
    centre = talking()
    centre.ask(held(1, Side.AGENT))
    centre.passes(1)
    assert moved(centre.ask(held(1, Side.CALLER))) == []
    centre.passes(1)
    assert moved(centre.ask(resumed(1, Side.AGENT))) == []
    centre.passes(1)
    assert moved(centre.ask(resumed(1, Side.CALLER))) == [(AgentState.TALKING, "")]
    assert only(Ended, centre.ends("1", 1))[0].held_s == 3.0


def test_what_was_known_already_changes_nothing() -> None:
    centre = talking()
    assert centre.ask(resumed(1)) == []
    centre.ask(held(1))
    assert centre.ask(held(1)) == []


def test_only_of_two_who_talk_one_can_be_on_hold() -> None:
    centre = Centre(agent("1"))
    centre.ready("1")
    centre.call(1)
    for request in (held(1), resumed(1)):
        with pytest.raises(IllegalMove, match="offered"):
            centre.ask(request)


def test_a_call_that_ends_on_hold_is_followed_by_wrap_up_and_the_pause_wished_for() -> None:
    centre = talking(wrap_up_s=4)
    centre.ask(held(1))
    centre.pause("1")
    assert moved(centre.ends("1", 1)) == [(AgentState.WRAP_UP, "")]
    assert moved(centre.passes(4)) == [(AgentState.PAUSED, "lunch")]


def test_a_pause_wished_for_on_hold_can_be_taken_back_on_hold() -> None:
    centre = talking()
    centre.ask(held(1))
    centre.pause("1")
    assert only(AgentWish, centre.ask(AgentReady(ONE, "test")))[0].state is AgentState.READY
    assert moved(centre.ends("1", 1)) == [(AgentState.READY, "")]


def test_nobody_else_can_answer_for_an_agent_who_has_a_caller_on_hold() -> None:
    centre = talking()
    centre.ask(held(1))
    centre.call(2)
    with pytest.raises(IllegalMove, match="talks on call"):
        centre.answers("1", 2)


def test_hold_counts_as_time_on_calls_apart_from_talk() -> None:
    centre = talking()
    centre.ask(held(1))
    centre.passes(5)
    centre.ends("1", 1)
    visits = Visits(centre.past)
    assert (visits.all[0].talk_s, visits.all[0].hold_s) == (10.0, 5.0)
    assert visits.agents[ONE].on_calls_s == 15.0
    figures = figures_of(visits).total
    assert (figures.talk_s, figures.hold_s, figures.handling_s) == (10.0, 5.0, 15.0)
    assert centre.engine.floor.agents[ONE].busy_s == 15.0


def test_a_reload_finds_a_conversation_on_hold_in_no_line() -> None:
    centre = talking()
    centre.ask(held(1))
    centre.ask(Configured((plan(),), (agent("1"),)))
    assert centre.engine.floor.lines[SALES] == []
    assert centre.state("1") is AgentState.ON_HOLD


# ---------------------------------------------------------------------------------------------------- wrap-up


def finishing(profile: AgentProfile | None = None, **rules: object) -> Centre:
    """Agent 1 has just ended a conversation."""
    centre = Centre(profile or agent("1"), plans=(plan(**rules),))
    centre.ready("1")
    centre.call(1)
    centre.answers("1", 1)
    centre.ends("1", 1)
    return centre


@pytest.mark.parametrize(
    ("queue", "own", "after"),
    [
        ((0, WrapUpMode.OPTIONAL), (None, None), None),
        ((5, WrapUpMode.OPTIONAL), (None, None), WrapUp(WrapUpMode.OPTIONAL, 5)),
        ((5, WrapUpMode.FIXED), (20, None), WrapUp(WrapUpMode.FIXED, 20)),
        ((30, WrapUpMode.FIXED), (20, WrapUpMode.OPTIONAL), WrapUp(WrapUpMode.OPTIONAL, 30)),
        ((30, WrapUpMode.OPTIONAL), (None, WrapUpMode.FIXED), WrapUp(WrapUpMode.FIXED, 30)),
        ((0, WrapUpMode.UNTIL_FINISHED), (20, WrapUpMode.FIXED), WrapUp(WrapUpMode.UNTIL_FINISHED, None)),
        ((30, WrapUpMode.FIXED), (None, WrapUpMode.UNTIL_FINISHED), WrapUp(WrapUpMode.UNTIL_FINISHED, None)),
    ],
)
def test_the_longer_wrap_up_holds_and_the_agents_own_mode_goes_before_the_queues(
    queue: tuple[float, WrapUpMode], own: tuple[float | None, WrapUpMode | None], after: WrapUp | None
) -> None:
    profile = replace(agent("1"), wrap_up_s=own[0], wrap_up_mode=own[1])
    assert wrap_up_after(plan(wrap_up_s=queue[0], wrap_up_mode=queue[1]), profile) == after


def test_nobody_ends_a_fixed_wrap_up_early() -> None:
    centre = finishing(wrap_up_s=10, wrap_up_mode=WrapUpMode.FIXED)
    centre.call(2)
    with pytest.raises(WrapUpFixed):
        centre.ask(AgentReady(ONE, "test"))
    assert not offers(centre.passes(9))
    assert offers(centre.passes(1.5)) == [(call_id(2), "1")]


def test_a_pause_wished_for_in_a_fixed_wrap_up_follows_it_and_can_be_taken_back() -> None:
    centre = finishing(wrap_up_s=10, wrap_up_mode=WrapUpMode.FIXED)
    centre.pause("1")
    assert centre.state("1") is AgentState.WRAP_UP
    assert only(AgentWish, centre.ask(AgentReady(ONE, "test")))[0].state is AgentState.READY
    centre.pause("1")
    assert moved(centre.passes(10)) == [(AgentState.PAUSED, "lunch")]


def test_a_wrap_up_until_finished_ends_when_the_agent_says_so() -> None:
    centre = finishing(wrap_up_mode=WrapUpMode.UNTIL_FINISHED)
    known = centre.engine.floor.agents[ONE]
    assert (known.state, known.reason, known.until) == (AgentState.WRAP_UP, "until_finished", None)
    centre.call(2)
    assert not offers(centre.passes(3600))
    assert offers(centre.ask(AgentReady(ONE, "test"))) == [(call_id(2), "1")]


def test_a_pause_or_sign_out_ends_a_wrap_up_that_has_no_end_of_its_own() -> None:
    centre = finishing(wrap_up_mode=WrapUpMode.UNTIL_FINISHED)
    assert moved(centre.pause("1")) == [(AgentState.PAUSED, "lunch")]
    centre = finishing(wrap_up_mode=WrapUpMode.UNTIL_FINISHED)
    assert moved(centre.ask(AgentSignedOut(ONE, "test"))) == [(AgentState.SIGNED_OUT, "")]


def test_a_wrap_up_until_finished_goes_on_after_a_restart() -> None:
    centre = Centre(agent("1"))
    phone = PhoneId("PJSIP/phone1")
    centre.ask(AgentRestored(ONE, phone, AgentState.WRAP_UP, "until_finished", 900.0, None, None))
    known = centre.engine.floor.agents[ONE]
    assert (known.state, known.since, known.until) == (AgentState.WRAP_UP, 900.0, None)


# ---------------------------------------------------------------------------------------------------- pauses


def test_a_pause_that_counts_as_work_says_so_from_its_beginning_and_is_work_in_the_figures() -> None:
    centre = Centre(agent("1"))
    centre.ask(Configured((plan(),), (agent("1"),), ("meeting",)))
    centre.ready("1")
    centre.passes(10)
    [change] = only(AgentStateChanged, centre.pause("1", "meeting"))
    assert change.counts_as is PauseCounts.WORK
    centre.passes(30)
    [change] = only(AgentStateChanged, centre.pause("1", "lunch"))
    assert change.counts_as is PauseCounts.ABSENCE
    centre.passes(60)
    [change] = only(AgentStateChanged, centre.ask(AgentSignedOut(ONE, "test")))
    assert change.counts_as is None
    time = Visits(centre.past).agents[ONE]
    assert (time.paused_at_work_s, time.busy_s, time.worked_s, time.signed_in_s) == (30.0, 30.0, 40.0, 100.0)
    figures = figures_of(Visits(centre.past)).total
    assert (figures.occupancy, figures.utilisation) == (0.75, 0.4)


def test_a_pause_at_work_weighs_in_whom_the_least_busy_agent_is() -> None:
    centre = Centre(agent("1"))
    centre.ask(Configured((plan(),), (agent("1"),), ("meeting",)))
    centre.ready("1")
    centre.pause("1", "meeting")
    centre.passes(30)
    centre.pause("1", "lunch")
    centre.passes(30)
    centre.ask(AgentReady(ONE, "test"))
    assert centre.engine.floor.agents[ONE].busy_s == 30.0


def test_a_pause_wished_for_during_a_call_counts_as_its_reason_does() -> None:
    centre = Centre(agent("1"))
    centre.ask(Configured((plan(),), (agent("1"),), ("meeting",)))
    centre.ready("1")
    centre.call(1)
    centre.answers("1", 1)
    centre.pause("1", "meeting")
    assert only(AgentStateChanged, centre.ends("1", 1))[0].counts_as is PauseCounts.WORK


def test_a_pause_read_back_after_a_restart_counts_as_before() -> None:
    centre = Centre(agent("1"))
    centre.ask(Configured((plan(),), (agent("1"),), ("meeting",)))
    phone = PhoneId("PJSIP/phone1")
    events = centre.ask(AgentRestored(ONE, phone, AgentState.PAUSED, "meeting", 900.0, None, None))
    assert only(AgentStateChanged, events)[0].counts_as is PauseCounts.WORK
