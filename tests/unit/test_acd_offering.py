"""One call offered to several agents at once: the first to answer has it, and the others are as if nothing had been."""

from __future__ import annotations

import pytest

from acd.errors import IllegalMove
from acd.events import AgentStateChanged, Connected, Offered, OfferWithdrawn
from acd.explaining.explain import in_words
from acd.floor_state import OFFER_MARGIN_S
from acd.names import AgentId, AgentState, CallId, CallState, NodeId, OfferFailure, PhoneId, QueueId, Verdict
from acd.plans.offering import MOST_AT_ONCE, WHISPER_S, AcceptByKey, Offering, Whisper
from acd.plans.plan import AfterOffer
from acd.requests import AgentSignedOut, CallerGone, OneOfSeveralRefused, SeenCall, WorldSeen
from tests.unit.acd_kit import SALES, Centre, agent, call_id, only, plan

ALL = Offering(at_once=MOST_AT_ONCE)
FIRST = call_id(1)


def centre(*numbers: str, offering: Offering = ALL, **rules: object) -> Centre:
    """Agents who are all ready, in a queue that offers its callers so."""
    made = Centre(*(agent(number) for number in numbers), plans=(plan(offering=offering, **rules),))
    made.ready(*numbers)
    return made


def refuses(made: Centre, number: str, why: OfferFailure = OfferFailure.NO_ANSWER) -> None:
    """One of several phones does not ring any more."""
    made.ask(OneOfSeveralRefused(FIRST, AgentId(number), why))


def test_all_who_are_ready_are_offered_the_call_at_once_and_the_record_names_them() -> None:
    made = centre("1", "2", "3")
    made.pause("2")
    offered = only(Offered, made.call(1))[0]
    assert offered.agents == ("1", "3")
    assert offered.phones == ("PJSIP/phone1", "PJSIP/phone3")
    assert offered.decision.chosen == ("1", "3")
    assert [made.state(number) for number in ("1", "2", "3")] == [
        AgentState.OFFERED,
        AgentState.PAUSED,
        AgentState.OFFERED,
    ]
    names = {AgentId("1"): "Anna", AgentId("3"): "Ben"}
    assert in_words(offered.decision, names, str) == {
        "en": "It is ringing at Anna, Ben.",
        "zh-CN": "正在呼叫Anna、Ben。",
    }


def test_no_more_are_offered_it_than_the_queue_says_and_the_best_are() -> None:
    made = centre("1", "2", "3", offering=Offering(at_once=2))
    offered = only(Offered, made.call(1))[0]
    assert offered.agents == ("1", "2")
    verdicts = {candidate.agent: candidate.verdict for candidate in offered.decision.candidates}
    assert verdicts[AgentId("3")] is Verdict.RANKED_LOWER
    assert only(Offered, made.call(2))[0].agents == ("3",)


def test_the_record_names_all_of_a_large_offer() -> None:
    numbers = [str(number) for number in range(10, 40)]
    offered = only(Offered, centre(*numbers).call(1))[0]
    assert len(offered.agents) == MOST_AT_ONCE
    assert offered.decision.chosen == offered.agents


def test_the_first_to_answer_has_the_call_and_the_others_are_ready_at_once() -> None:
    made = centre("1", "2", "3")
    idle_since = made.engine.floor.agents[AgentId("1")].idle_since
    made.call(1)
    made.passes(4)
    events = made.answers("2", 1)
    assert only(Connected, events)[0].agent == "2"
    assert [(lost.agent, lost.why) for lost in only(OfferWithdrawn, events)] == [
        ("1", OfferFailure.ANSWERED_ELSEWHERE),
        ("3", OfferFailure.ANSWERED_ELSEWHERE),
    ]
    assert [made.state(number) for number in ("1", "2", "3")] == [
        AgentState.READY,
        AgentState.TALKING,
        AgentState.READY,
    ]
    assert made.engine.floor.agents[AgentId("1")].idle_since == idle_since
    assert made.engine.floor.calls[FIRST].offered == ()


def test_who_lost_the_race_takes_the_next_caller_at_once() -> None:
    made = centre("1", "2")
    made.call(1)
    made.call(2)
    assert [offered.agents for offered in only(Offered, made.answers("2", 1))] == [("1",)]


def test_a_second_answer_to_the_same_call_is_refused() -> None:
    made = centre("1", "2")
    made.call(1)
    made.answers("1", 1)
    with pytest.raises(IllegalMove):
        made.answers("2", 1)
    assert made.state("2") is AgentState.READY


def test_one_who_refuses_leaves_the_offer_to_the_others() -> None:
    made = centre("1", "2", "3")
    made.call(1)
    refuses(made, "2")
    assert made.state("2") is AgentState.NOT_RESPONDING
    call = made.engine.floor.calls[FIRST]
    assert (call.state, call.offered) == (CallState.OFFERED, ("1", "3"))
    made.answers("3", 1)
    assert made.state("1") is AgentState.READY


def test_the_last_ones_refusal_is_the_dials_end_to_tell() -> None:
    made = centre("1", "2")
    made.call(1)
    refuses(made, "1")
    with pytest.raises(IllegalMove, match="dial"):
        refuses(made, "2")
    with pytest.raises(IllegalMove, match="not offered"):
        refuses(made, "1")
    assert made.state("2") is AgentState.OFFERED


def test_nobody_answers_and_all_of_them_are_not_responding() -> None:
    made = centre("1", "2")
    made.call(1)
    made.refuses("1", 1)
    assert {made.state("1"), made.state("2")} == {AgentState.NOT_RESPONDING}
    assert made.engine.floor.calls[FIRST].state is CallState.WAITING


def test_the_dials_end_is_known_by_any_of_those_it_was_made_to() -> None:
    made = centre("1", "2", after_no_answer=AfterOffer.READY)
    made.call(1)
    made.pause("1")
    made.refuses("1", 1)
    assert made.engine.floor.calls[FIRST].state is CallState.WAITING
    assert made.state("2") is not AgentState.OFFERED


def test_who_pauses_or_signs_out_takes_only_themselves_out_of_the_offer() -> None:
    made = centre("1", "2", "3")
    made.call(1)
    gone = only(OfferWithdrawn, made.pause("1"))
    gone += only(OfferWithdrawn, made.ask(AgentSignedOut(AgentId("3"), "test")))
    assert [(each.agent, each.why) for each in gone] == [
        ("1", OfferFailure.AGENT_PAUSED),
        ("3", OfferFailure.AGENT_SIGNED_OUT),
    ]
    assert made.engine.floor.calls[FIRST].offered == ("2",)
    assert only(Connected, made.answers("2", 1))


def test_a_caller_who_hangs_up_frees_all_of_them() -> None:
    made = centre("1", "2")
    made.call(1)
    made.ask(CallerGone(FIRST))
    assert {made.state("1"), made.state("2")} == {AgentState.READY}


def test_nobody_is_taken_for_one_call_on_whom_another_has_the_stronger_claim() -> None:
    service = QueueId("service")
    made = Centre(
        agent("1"),
        agent("2", "sales", "service"),
        plans=(plan(offering=ALL, after_no_answer=AfterOffer.READY), plan(queue=service, name="Service")),
    )
    made.call(1, "service")
    made.passes(10)
    made.call(2, "sales")
    made.ready("1")
    assert made.engine.floor.calls[call_id(2)].offered == ("1",)
    made.ready("2")
    assert made.engine.floor.calls[call_id(1)].offered == ("2",)


def test_an_offer_that_asks_the_agent_lasts_so_much_longer() -> None:
    asking = Offering(accept=AcceptByKey("1", 8.0), whisper=(Whisper.QUEUE,))
    assert asking.asks
    made = centre("1", offering=asking)
    made.call(1)
    assert not only(OfferWithdrawn, made.passes(10 + OFFER_MARGIN_S + WHISPER_S + 7.9))
    assert only(OfferWithdrawn, made.passes(0.2))[0].why is OfferFailure.EXPIRED


def seen(*others: str, number: str = "1") -> SeenCall:
    """A caller for whom these agents' phones ring."""
    return SeenCall(
        CallId("node1-9"),
        SALES,
        0,
        "",
        (),
        990.0,
        CallState.OFFERED,
        AgentId(number),
        995.0,
        PhoneId("PJSIP/phone1"),
        others=tuple(AgentId(other) for other in others),
    )


def test_several_who_ring_are_known_again_after_a_restart() -> None:
    made = centre("1", "2", "3")
    made.pause("2")
    events = made.ask(WorldSeen(NodeId("node1"), (seen("2", "3"),)))
    call = made.engine.floor.calls[CallId("node1-9")]
    assert (call.state, call.offered) == (CallState.OFFERED, ("1", "3"))
    assert [moved.agent for moved in only(AgentStateChanged, events)] == ["1", "3"]
    made.answers("3", 9)
    assert made.state("1") is AgentState.READY
