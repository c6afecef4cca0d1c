"""Callbacks keep their place, are carried out only with an agent in hand, and end as agreed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from acd.callback import Terms
from acd.errors import CallbackExists, IllegalMove
from acd.events import (
    CallbackDialled,
    CallbackEnded,
    CallbackPromised,
    CallbackTried,
    Connected,
    Ended,
    Event,
    Offered,
    OfferWithdrawn,
    PreferenceEnded,
    StillWaiting,
)
from acd.explaining.explain import in_words
from acd.floor_state import OFFER_MARGIN_S
from acd.names import (
    AgentId,
    AgentState,
    AttemptOutcome,
    CallbackEnd,
    CallId,
    CallState,
    CustomerKey,
    EndedBy,
    Hindrance,
    NodeId,
    OfferFailure,
    PhoneId,
    PreferenceEnd,
    Side,
    callback_of,
)
from acd.plans.offering import AcceptByKey, Offering, Whisper
from acd.requests import (
    AgentReady,
    CallbackDropped,
    CallbackReadBack,
    CallbackWanted,
    CallerGone,
    CallerJoined,
    CallerLeft,
    CallHeld,
    CarrierGone,
    CarrierReady,
    ConversationEnded,
    ConversationStarted,
    CustomerDialled,
    CustomerMissed,
    OfferRefused,
    SeenCallback,
    SessionLost,
    WorldSeen,
)
from tests.unit.acd_kit import SALES, Centre, agent, call_id, only, plan

TERMS = Terms(most_attempts=2, pause_s=60, ring_s=20)
ANNA, BERT = CustomerKey("anna"), CustomerKey("bert")
ONE, TWO = AgentId("1"), AgentId("2")


def callback_id(number: int) -> CallId:
    """The callback that this call asks for."""
    return callback_of(call_id(number))


class Callbacks(Centre):
    """A centre with callbacks."""

    def promise(self, number: int, customer: CustomerKey = ANNA, joined_at: float | None = None) -> list[Event]:
        """Promise a callback that can be carried out."""
        made = self.ask(CallbackWanted(callback_id(number), customer, SALES, TERMS, joined_at=joined_at))
        return [*made, *self.ask(CarrierReady(callback_id(number)))]

    def picks_up(self, number: str, callback: int) -> list[Event]:
        """The agent picks up, and the customer is dialled."""
        return self.ask(CustomerDialled(callback_id(callback), AgentId(number)))

    def reached(self, number: str, callback: int) -> list[Event]:
        """The customer answers."""
        return self.ask(ConversationStarted(callback_id(callback), AgentId(number)))

    def missed(self, number: str, callback: int) -> list[Event]:
        """The customer does not answer."""
        return self.ask(CustomerMissed(callback_id(callback), AgentId(number), AttemptOutcome.NO_ANSWER))

    def in_state(self, callback: int) -> CallState:
        """Where the callback stands."""
        return self.engine.floor.calls[callback_id(callback)].state


def test_a_callback_keeps_the_time_at_which_its_caller_joined() -> None:
    centre = Callbacks(agent("1"))
    centre.call(1)
    joined_at = centre.now
    centre.passes(30)
    centre.call(2)
    centre.ask(CallerLeft(call_id(1), "callback"))
    centre.promise(1, joined_at=joined_at)
    offered = only(Offered, centre.ready("1"))
    assert [each.call for each in offered] == [callback_id(1)], "the later caller overtook the callback"


def test_what_hinders_a_callback_is_told_from_what_hinders_a_caller() -> None:
    centre = Callbacks(agent("1"))
    centre.ask(CallbackWanted(callback_id(1), ANNA, SALES, TERMS))
    assert centre.engine.explain(callback_id(1), centre.now).hindrance is Hindrance.CARRIER
    centre.ask(CarrierReady(callback_id(1)))
    assert centre.engine.explain(callback_id(1), centre.now).hindrance is None
    centre.call(2)
    centre.ask(SessionLost(call_id(2)))
    assert centre.engine.explain(call_id(2), centre.now).hindrance is Hindrance.SESSION


def test_an_earlier_caller_goes_before_a_later_callback() -> None:
    centre = Callbacks(agent("1"))
    centre.call(1)
    centre.passes(5)
    centre.promise(2)
    assert only(Offered, centre.ready("1"))[0].call == call_id(1)


@pytest.mark.parametrize("wrong", [{"most_attempts": 0}, {"pause_s": -1}, {"ring_s": 0}])
def test_terms_by_which_nobody_would_ever_be_called_are_refused_and_nothing_is_promised(wrong: dict[str, int]) -> None:
    centre = Callbacks(agent("1"))
    with pytest.raises(IllegalMove, match="are no terms of a callback"):
        centre.ask(CallbackWanted(callback_id(1), ANNA, SALES, replace(TERMS, **wrong)))
    assert not centre.engine.floor.calls


def test_one_attempt_without_a_pause_and_with_the_shortest_ringing_can_be_agreed() -> None:
    centre = Callbacks(agent("1"))
    centre.ask(CallbackWanted(callback_id(1), ANNA, SALES, Terms(most_attempts=1, pause_s=0, ring_s=1)))
    assert callback_id(1) in centre.engine.floor.calls


def test_whose_attempt_came_to_nothing_is_told_with_it() -> None:
    centre = Callbacks(agent("1"))
    centre.promise(1)
    centre.ready("1")
    centre.picks_up("1", 1)
    (tried,) = only(CallbackTried, centre.missed("1", 1))
    assert (tried.agent, tried.queue) == (ONE, SALES)


def test_nobody_is_dialled_before_an_agent_has_picked_up() -> None:
    centre = Callbacks(agent("1"))
    centre.promise(1)
    assert only(CallbackDialled, centre.ready("1")) == []
    assert centre.in_state(1) is CallState.OFFERED
    assert only(CallbackDialled, centre.picks_up("1", 1))
    assert centre.in_state(1) is CallState.DIALLING
    assert centre.state("1") is AgentState.OFFERED


def test_a_customer_who_answers_talks_with_the_agent_who_then_wraps_up_as_after_any_call() -> None:
    centre = Callbacks(agent("1", wrap_up_s=5))
    centre.promise(1)
    centre.ready("1")
    centre.picks_up("1", 1)
    events = centre.reached("1", 1)
    assert only(CallbackTried, events)[0].outcome is AttemptOutcome.REACHED
    assert only(Connected, events)
    assert only(Ended, centre.ask(ConversationEnded(callback_id(1), ONE, EndedBy.CALLER)))
    assert centre.state("1") is AgentState.WRAP_UP
    assert callback_id(1) not in centre.engine.floor.calls
    assert centre.engine.floor.callbacks == {}


def test_a_customer_who_does_not_answer_is_tried_again_after_the_pause_and_then_given_up() -> None:
    centre = Callbacks(agent("1"))
    centre.promise(1)
    centre.ready("1")
    centre.picks_up("1", 1)
    tried = only(CallbackTried, centre.missed("1", 1))[0]
    assert (tried.attempt, tried.next_at) == (1, centre.now + TERMS.pause_s)
    assert centre.state("1") is AgentState.READY
    assert only(Offered, centre.passes(TERMS.pause_s - 1)) == []
    assert [each.call for each in only(Offered, centre.passes(2))] == [callback_id(1)]
    due = centre.engine.floor.calls[callback_id(1)].callback
    assert due is not None
    assert due.next_at is None
    centre.picks_up("1", 1)
    events = centre.missed("1", 1)
    assert (only(CallbackTried, events)[0].attempt, only(CallbackTried, events)[0].next_at) == (2, None)
    assert only(CallbackEnded, events)[0].why is CallbackEnd.GIVEN_UP
    assert centre.engine.floor.calls == {}


def test_while_a_callback_pauses_later_callers_are_served() -> None:
    centre = Callbacks(agent("1"))
    centre.promise(1)
    centre.ready("1")
    centre.picks_up("1", 1)
    centre.missed("1", 1)
    assert only(Offered, centre.call(2))[0].call == call_id(2)


def test_an_agent_who_does_not_take_it_is_treated_as_after_any_offer_and_it_keeps_its_place() -> None:
    centre = Callbacks(agent("1"), agent("2"))
    centre.promise(1)
    centre.ready("1")
    centre.ask(OfferRefused(callback_id(1), ONE, OfferFailure.NO_ANSWER))
    assert centre.state("1") is AgentState.NOT_RESPONDING
    assert only(Offered, centre.ready("2")) == [], "the first phone's channel lives still"
    assert only(Offered, centre.ask(CarrierGone(callback_id(1))))[0].agent == TWO
    assert centre.engine.floor.calls[callback_id(1)].callback.attempts == 0  # type: ignore[union-attr]


def test_an_agent_who_hangs_up_before_the_customer_answers_has_refused() -> None:
    centre = Callbacks(agent("1"))
    centre.promise(1)
    centre.ready("1")
    centre.picks_up("1", 1)
    assert only(OfferWithdrawn, centre.ask(CarrierGone(callback_id(1))))[0].why is OfferFailure.REFUSED
    assert centre.in_state(1) is CallState.WAITING


def test_an_agent_who_hangs_up_while_they_are_asked_has_refused_and_the_next_is_rung() -> None:
    centre = Callbacks(agent("1"), agent("2"))
    centre.promise(1)
    centre.ready("1")
    centre.ready("2")
    events = centre.ask(CarrierGone(callback_id(1), picked_up=True))
    assert [withdrawn.why for withdrawn in only(OfferWithdrawn, events)] == [OfferFailure.REFUSED]
    assert [offered.agent for offered in only(Offered, events)] == [TWO]


def test_a_cut_link_while_the_customer_is_rung_is_an_attempt_that_failed_and_no_refusal() -> None:
    centre = Callbacks(agent("1"))
    centre.promise(1)
    centre.ready("1")
    centre.picks_up("1", 1)
    events = centre.ask(CarrierGone(callback_id(1), picked_up=True, cut=True))
    assert only(OfferWithdrawn, events) == []
    tried = only(CallbackTried, events)[0]
    assert (tried.attempt, tried.outcome, tried.next_at) == (1, AttemptOutcome.FAILED, centre.now + TERMS.pause_s)
    assert centre.state("1") is AgentState.READY


def test_a_cut_link_while_the_agent_is_asked_is_no_refusal_and_the_callback_is_not_offered_in_a_circle() -> None:
    centre = Callbacks(agent("1"))
    centre.promise(1)
    centre.ready("1")
    events = centre.ask(CarrierGone(callback_id(1), picked_up=True, cut=True))
    assert [withdrawn.why for withdrawn in only(OfferWithdrawn, events)] == [OfferFailure.ERROR]
    assert only(Offered, events) == []
    assert centre.state("1") is AgentState.READY
    assert centre.in_state(1) is CallState.WAITING


def test_a_channel_that_ends_unanswered_says_nothing_of_the_agent() -> None:
    centre = Callbacks(agent("1"))
    centre.promise(1)
    centre.ready("1")
    assert centre.ask(CarrierGone(callback_id(1))) == []
    assert centre.in_state(1) is CallState.OFFERED


def test_an_offer_lasts_as_long_as_its_agent_may_be_asked() -> None:
    """The phone rings for 20 s, the whisper may take 15, the key 30."""
    offering = Offering(accept=AcceptByKey("1", 30), whisper=(Whisper.QUEUE,))
    centre = Callbacks(agent("1"), plans=(plan(offering=offering, ring_s=20.0),))
    centre.promise(1)
    centre.ready("1")
    assert only(OfferWithdrawn, centre.passes(20 + 15 + 30 + OFFER_MARGIN_S - 1)) == []
    assert [ended.why for ended in only(OfferWithdrawn, centre.passes(2))] == [OfferFailure.EXPIRED]


def test_where_the_phone_could_not_be_called_the_agent_stays_ready_and_the_callback_is_not_offered_in_a_circle() -> (
    None
):
    centre = Callbacks(agent("1"))
    centre.promise(1)
    centre.ready("1")
    centre.ask(OfferRefused(callback_id(1), ONE, OfferFailure.ERROR))
    assert only(Offered, centre.ask(CarrierGone(callback_id(1)))) == []
    assert centre.state("1") is AgentState.READY


def test_an_offer_of_which_nothing_is_heard_ends_by_itself_and_the_callback_returns() -> None:
    centre = Callbacks(agent("1"))
    centre.promise(1)
    centre.ready("1")
    heard = centre.passes(60)
    assert [event.why for event in only(OfferWithdrawn, heard)] == [OfferFailure.EXPIRED]
    assert only(Offered, heard)  # it is in line again, and offered again after a moment


def test_a_pause_asked_for_while_the_customer_is_dialled_waits_until_that_is_over() -> None:
    centre = Callbacks(agent("1"))
    centre.promise(1)
    centre.ready("1")
    centre.picks_up("1", 1)
    centre.pause("1")
    assert centre.in_state(1) is CallState.DIALLING
    centre.missed("1", 1)
    assert centre.state("1") is AgentState.PAUSED


def test_a_pause_taken_back_while_the_customer_is_dialled_leaves_the_agent_ready() -> None:
    centre = Callbacks(agent("1"))
    centre.promise(1)
    centre.ready("1")
    centre.picks_up("1", 1)
    centre.pause("1")
    centre.ask(AgentReady(ONE, "test"))
    centre.missed("1", 1)
    assert centre.state("1") is AgentState.READY


def test_a_customer_has_one_callback_a_queue() -> None:
    centre = Callbacks(agent("1"))
    centre.promise(1)
    with pytest.raises(CallbackExists):
        centre.ask(CallbackWanted(callback_id(2), ANNA, SALES, TERMS))
    assert only(CallbackPromised, centre.promise(3, BERT))


def test_the_same_call_asking_twice_is_promised_once() -> None:
    centre = Callbacks(agent("1"))
    assert only(CallbackPromised, centre.promise(1))
    assert centre.promise(1) == []


def test_a_callback_is_dropped_only_while_it_waits() -> None:
    centre = Callbacks(agent("1"))
    centre.promise(1)
    centre.ready("1")
    with pytest.raises(IllegalMove):
        centre.ask(CallbackDropped(callback_id(1), CallbackEnd.CANCELLED))
    centre.picks_up("1", 1)
    centre.missed("1", 1)
    assert only(CallbackEnded, centre.ask(CallbackDropped(callback_id(1), CallbackEnd.CANCELLED)))
    assert only(CallbackPromised, centre.promise(2))


def test_a_callback_on_hold_is_not_dropped_and_not_over_after_a_login() -> None:
    centre = Callbacks(agent("1"))
    centre.promise(1)
    centre.ready("1")
    centre.picks_up("1", 1)
    centre.reached("1", 1)
    centre.ask(CallHeld(callback_id(1), Side.AGENT))
    with pytest.raises(IllegalMove):
        centre.ask(CallbackDropped(callback_id(1), CallbackEnd.CANCELLED))
    found = SeenCallback(callback_id(1), PhoneId("PJSIP/phone1"), CallState.TALKING)
    centre.ask(WorldSeen(NodeId("node1"), (), (), (found,)))
    assert callback_id(1) in centre.engine.floor.calls


def test_nothing_is_offered_while_nobody_can_carry_it_out() -> None:
    centre = Callbacks(agent("1"))
    centre.promise(1)
    centre.ask(SessionLost(callback_id(1)))
    assert only(Offered, centre.ready("1")) == []
    assert only(Offered, centre.ask(CarrierReady(callback_id(1))))


@pytest.mark.parametrize(
    "request_", [CallerGone(callback_id(1)), CallerLeft(callback_id(1), "x"), CallerJoined(callback_id(1), SALES)]
)
def test_a_callback_is_no_caller_on_the_line(request_: CallerGone | CallerLeft | CallerJoined) -> None:
    centre = Callbacks(agent("1"))
    centre.promise(1)
    with pytest.raises(IllegalMove):
        centre.ask(request_)


def test_a_callback_read_back_has_its_time_and_its_attempts() -> None:
    centre = Callbacks(agent("1"))
    centre.call(1)
    earlier, later = centre.now - 100, centre.now + 30
    centre.ask(CallbackReadBack(callback_id(7), ANNA, SALES, TERMS, 0, "", (), earlier, 1, later))
    centre.ask(CarrierReady(callback_id(7)))
    assert only(Offered, centre.ready("1"))[0].call == call_id(1), "it is not tried before its time"
    centre.answers("1", 1)
    centre.passes(31)
    assert only(Offered, centre.ends("1", 1))[0].call == callback_id(7)
    centre.picks_up("1", 7)
    assert only(CallbackEnded, centre.missed("1", 7))[0].attempts == 2


def read_back(prefer: str, until: float) -> CallbackReadBack:
    """Promised before the restart, and kept for this agent."""
    return CallbackReadBack(
        callback_id(1), ANNA, SALES, TERMS, 0, "", (), 900.0, 0, None, prefer=AgentId(prefer), prefer_until=until
    )


def kept_callback(centre: Callbacks, prefer: str, prefer_s: float = 30) -> list[Event]:
    """Promise a callback that is kept for this agent."""
    promised = centre.ask(CallbackWanted(callback_id(1), ANNA, SALES, TERMS, prefer=AgentId(prefer), prefer_s=prefer_s))
    return [*promised, *centre.ask(CarrierReady(callback_id(1)))]


def busy_and_idle() -> Callbacks:
    """The second agent talks, and the first is ready."""
    centre = Callbacks(agent("1"), agent("2"))
    centre.ready("2")
    centre.call(9)
    centre.answers("2", 9)
    centre.ready("1")
    return centre


def test_a_callback_waits_for_the_agent_it_is_kept_for_and_says_so() -> None:
    centre = busy_and_idle()
    events = kept_callback(centre, "2")
    assert only(Offered, events) == []
    (waits,) = only(StillWaiting, events)
    assert (waits.decision.prefer, waits.decision.prefer_until) == (TWO, centre.now + 30)
    assert in_words(waits.decision, {TWO: "Bert"}, lambda _: "noon")["en"].startswith("Kept for Bert until noon.")
    (offered,) = only(Offered, centre.ends("2", 9))
    assert (offered.call, offered.agent) == (callback_id(1), TWO)


def test_after_the_patience_a_callback_is_anybodys() -> None:
    centre = busy_and_idle()
    kept_callback(centre, "2")
    events = centre.passes(31)
    assert [ended.why for ended in only(PreferenceEnded, events)] == [PreferenceEnd.PATIENCE]
    assert [offered.agent for offered in only(Offered, events)] == [ONE]


def test_the_patience_counts_from_when_the_caller_took_their_place() -> None:
    centre = busy_and_idle()
    joined_at = centre.now
    centre.passes(20)
    centre.ask(CallbackWanted(callback_id(1), ANNA, SALES, TERMS, joined_at=joined_at, prefer=TWO, prefer_s=30))
    assert centre.engine.floor.calls[callback_id(1)].prefer_until == joined_at + 30


@pytest.mark.parametrize("prefer", ["77", "2"], ids=["unknown", "signed out"])
def test_a_callback_is_kept_for_nobody_who_is_not_there(prefer: str) -> None:
    centre = Callbacks(agent("1"), agent("2"))
    centre.ready("1")
    assert [offered.agent for offered in only(Offered, kept_callback(centre, prefer))] == [ONE]


def test_an_agent_who_does_not_take_a_callback_has_it_kept_for_them_no_longer() -> None:
    centre = Callbacks(agent("1"), agent("2"))
    centre.ready("1", "2")
    (offered,) = only(Offered, kept_callback(centre, "2"))
    assert offered.agent == TWO
    centre.ask(OfferRefused(callback_id(1), TWO, OfferFailure.NO_ANSWER))
    events = centre.ask(CarrierGone(callback_id(1)))
    assert [ended.why for ended in only(PreferenceEnded, events)] == [PreferenceEnd.TRIED]
    assert [again.agent for again in only(Offered, events)] == [ONE]


def test_an_attempt_in_vain_leaves_the_callback_with_the_agent_it_is_kept_for() -> None:
    centre = Callbacks(agent("1"), agent("2"))
    centre.ready("1", "2")
    kept_callback(centre, "2", prefer_s=600)
    centre.picks_up("2", 1)
    centre.missed("2", 1)
    assert [offered.agent for offered in only(Offered, centre.passes(TERMS.pause_s + 1))] == [TWO]


def test_the_patience_may_end_between_two_attempts() -> None:
    centre = Callbacks(agent("1"), agent("2"))
    centre.ready("1", "2")
    kept_callback(centre, "2", prefer_s=30)
    centre.picks_up("2", 1)
    centre.missed("2", 1)
    centre.pause("2")
    events = centre.passes(TERMS.pause_s + 1)
    assert [ended.why for ended in only(PreferenceEnded, events)] == [PreferenceEnd.PATIENCE]
    assert [offered.agent for offered in only(Offered, events)] == [ONE]


def test_a_callback_read_back_is_kept_on_until_the_same_moment() -> None:
    centre = busy_and_idle()
    until = centre.now + 10
    centre.ask(read_back("2", until))
    assert only(Offered, centre.ask(CarrierReady(callback_id(1)))) == []
    assert centre.engine.floor.calls[callback_id(1)].prefer_until == until
    assert [offered.agent for offered in only(Offered, centre.passes(11))] == [ONE]


@pytest.mark.parametrize(("prefer", "for_s"), [("77", 10), ("2", 0)], ids=["unknown", "over"])
def test_a_callback_read_back_is_kept_for_nobody_unknown_and_no_longer_than_agreed(prefer: str, for_s: float) -> None:
    centre = busy_and_idle()
    centre.ask(read_back(prefer, centre.now + for_s))
    assert [offered.agent for offered in only(Offered, centre.ask(CarrierReady(callback_id(1))))] == [ONE]


def test_after_a_login_what_asterisk_carries_is_known_and_what_it_does_not_carry_is_over() -> None:
    centre = Callbacks(agent("1"))
    centre.promise(1)
    centre.ready("1")
    centre.picks_up("1", 1)
    found = SeenCallback(callback_id(1), PhoneId("PJSIP/phone1"), CallState.TALKING)
    assert only(Connected, centre.ask(WorldSeen(NodeId("node1"), (), (), (found,))))
    assert centre.state("1") is AgentState.TALKING
    assert only(Ended, centre.ask(WorldSeen(NodeId("node1"), ())))
    assert centre.state("1") is AgentState.READY


def test_after_a_login_an_attempt_that_is_gone_is_made_again() -> None:
    centre = Callbacks(agent("1"))
    centre.promise(1)
    centre.ready("1")
    centre.picks_up("1", 1)
    events = centre.ask(WorldSeen(NodeId("node1"), ()))
    assert only(OfferWithdrawn, events)[0].why is OfferFailure.SESSION_LOST
    assert only(Offered, events)[0].call == callback_id(1)


def test_waiting_callbacks_hold_up_nobody_after_a_restart() -> None:
    centre = Callbacks(agent("1"))
    centre.ask(CallbackWanted(callback_id(1), ANNA, SALES, TERMS))
    centre.ask(WorldSeen(NodeId("node1"), ()))
    assert centre.engine.floor.held_until is None
