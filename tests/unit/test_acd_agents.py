"""What becomes of agents: after an offer they did not take, after a conversation, while they are away."""

from __future__ import annotations

import pytest

from acd.events import AgentStateChanged, Event, Offered
from acd.names import AgentId, AgentState, OfferFailure, PhoneId
from acd.plan import AfterOffer
from acd.requests import AgentReady, AgentRestored, PhoneFree, PhoneInUse
from tests.unit.acd_kit import Centre, agent, call_id, only, plan

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
        (OfferFailure.EXPIRED, AgentState.NOT_RESPONDING),
        (OfferFailure.REFUSED, AgentState.NOT_RESPONDING),
        (OfferFailure.UNREACHABLE, AgentState.NOT_RESPONDING),
        (OfferFailure.ERROR, AgentState.NOT_RESPONDING),
        (OfferFailure.BUSY, AgentState.BUSY_ELSEWHERE),
    ],
)
def test_where_a_queue_says_nothing_only_a_busy_phone_is_no_fault_of_the_agent(
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
