"""Phones that ring in vain, and callers who came too late."""

from __future__ import annotations

import pytest

from acd.events import Connected, Event, OfferWithdrawn, Queued
from acd.names import CallId, OfferFailure, PhoneId, QueueId
from acd.requests import CallerGone, Request
from cti_bridge.ami.latecomers import REMEMBERED, Latecomers
from cti_bridge.ami.ringing import UnwantedRinging
from cti_bridge.ami.words import AmiWords, Leg
from tests.unit.cti_kit import CALL, LI, OTHER_CALL, SALES, WANG, event

OURS = [OfferFailure.AGENT_PAUSED, OfferFailure.AGENT_SIGNED_OUT, OfferFailure.EXPIRED]


class Ringing:
    """The correlator, the watch over it, and what was hung up."""

    def __init__(self) -> None:
        self.on_phone = {PhoneId("PJSIP/phone1"): WANG}
        self.words = AmiWords(self.on_phone.get, CALL.__eq__)
        self.hung_up: list[str] = []
        self.asked: set[CallId] = set()
        self.watch = UnwantedRinging(self.words, self._hang_up, self.asked.__contains__)

    def _hang_up(self, leg: Leg) -> None:
        self.hung_up.append(leg.channel)

    def dial(self) -> None:
        """A phone begins to ring."""
        begun = event("DialBegin", Uniqueid=CALL, DestUniqueid="leg", DestChannel="PJSIP/phone1-0000000a")
        self.words.ears["DialBegin"](begun)
        self.watch.look(CALL)


def withdrawn(why: OfferFailure) -> Event:
    """The offer is no longer one."""
    return OfferWithdrawn(CALL, WANG, SALES, why)


@pytest.mark.parametrize("why", OURS)
def test_a_phone_that_rings_for_a_withdrawn_offer_is_hung_up(why: OfferFailure) -> None:
    ringing = Ringing()
    ringing.dial()
    assert ringing.hung_up == []
    ringing.watch.take(withdrawn(why))
    assert ringing.hung_up == ["PJSIP/phone1-0000000a"]


def test_also_where_the_dial_begins_after_the_offer_was_withdrawn() -> None:
    ringing = Ringing()
    ringing.watch.take(withdrawn(OfferFailure.AGENT_SIGNED_OUT))
    ringing.on_phone.clear()
    ringing.dial()
    assert ringing.hung_up == ["PJSIP/phone1-0000000a"]


@pytest.mark.parametrize("why", [why for why in OfferFailure if why not in OURS])
def test_a_dial_that_ended_by_itself_is_left_alone(why: OfferFailure) -> None:
    ringing = Ringing()
    ringing.dial()
    ringing.watch.take(withdrawn(why))
    assert ringing.hung_up == []


def test_who_answered_in_the_last_moment_is_not_cut_off() -> None:
    ringing = Ringing()
    ringing.dial()
    ringing.words.ears["DialEnd"](event("DialEnd", DestUniqueid="leg", DialStatus="ANSWER"))
    ringing.watch.take(withdrawn(OfferFailure.AGENT_PAUSED))
    assert ringing.hung_up == []


def test_nobody_goes_on_listening_to_what_is_said_of_a_caller_who_has_hung_up() -> None:
    ringing = Ringing()
    ringing.dial()
    ringing.words.ears["HangupRequest"](event("HangupRequest", Uniqueid=CALL))
    ringing.watch.look(CALL)
    assert ringing.hung_up == [], "a phone that rings is called off by Asterisk itself"
    ringing.asked.add(CALL)
    ringing.watch.look(CALL)
    assert ringing.hung_up == ["PJSIP/phone1-0000000a"]


def test_of_several_phones_only_the_withdrawn_ones_are_hung_up() -> None:
    ringing = Ringing()
    ringing.on_phone[PhoneId("PJSIP/phone2")] = LI
    ringing.dial()
    second = event("DialBegin", Uniqueid=CALL, DestUniqueid="leg2", DestChannel="PJSIP/phone2-0000000b")
    ringing.words.ears["DialBegin"](second)
    ringing.watch.take(withdrawn(OfferFailure.AGENT_PAUSED))
    assert ringing.hung_up == ["PJSIP/phone1-0000000a"]
    ringing.watch.take(OfferWithdrawn(CALL, LI, SALES, OfferFailure.AGENT_SIGNED_OUT))
    assert ringing.hung_up[-1] == "PJSIP/phone2-0000000b"


def test_the_failsafe_may_ring_whom_it_likes_afterwards() -> None:
    ringing = Ringing()
    ringing.watch.take(withdrawn(OfferFailure.AGENT_PAUSED))
    ringing.watch.take(Connected(CALL, WANG, QueueId("sales"), 3.0))
    ringing.dial()
    assert ringing.hung_up == []


def test_a_caller_who_queued_after_they_were_gone_is_told_gone_again() -> None:
    posted: list[Request] = []
    late = Latecomers(posted.append)
    late.gone(CALL)
    late.take(Queued(OTHER_CALL, SALES, 0, "", (), 5000.0))
    assert posted == []
    late.take(Queued(CALL, SALES, 0, "", (), 5000.0))
    assert posted == [CallerGone(CALL)]


def test_only_so_many_ended_channels_are_remembered() -> None:
    late = Latecomers(lambda _: None)
    for number in range(2 * REMEMBERED):
        late.gone(type(CALL)(f"node1-{number}"))
    assert len(late._gone) == REMEMBERED
