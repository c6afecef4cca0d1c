"""Callbacks keep their place, are carried out only with an agent in hand, and end as agreed."""

from __future__ import annotations

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
)
from acd.names import (
    AgentId,
    AgentState,
    AttemptOutcome,
    CallbackEnd,
    CallId,
    CallState,
    CustomerKey,
    EndedBy,
    NodeId,
    OfferFailure,
    PhoneId,
    Side,
    callback_of,
)
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
from tests.unit.acd_kit import SALES, Centre, agent, call_id, only

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


def test_an_earlier_caller_goes_before_a_later_callback() -> None:
    centre = Callbacks(agent("1"))
    centre.call(1)
    centre.passes(5)
    centre.promise(2)
    assert only(Offered, centre.ready("1"))[0].call == call_id(1)


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
