"""The ledger sees every kind of broken promise, and none where all were kept."""

from __future__ import annotations

import base64
import json

import pytest

from tests.live.ledger import Ledger
from tests.live.lives import Life, Outcome
from tests.live.promises import Promise

ANNA = "node1-1.1"
BEN = "node1-1.2"


class _Script:
    """AMI events as Asterisk sends them, written by hand; the clock moves by `later`."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        self.at = 100.0
        self._legs = 0

    def later(self, seconds: float) -> _Script:
        self.at += seconds
        return self

    def tell(self, event: str, **fields: str) -> None:
        self.ledger.note(self.at, {"Event": event, **fields})

    def comes(self, call: str) -> None:
        self.tell("Newchannel", Uniqueid=call, Channel=f"PJSIP/trunk-{call}", CallerIDNum=call[-1])

    def joins(self, call: str, queue: str = "sales", priority: int = 0, phase: str = "waiting") -> None:
        body = json.dumps({"v": 1, "queue": queue, "priority": priority, "phase": phase}).encode()
        ticket = base64.urlsafe_b64encode(body).decode().rstrip("=") + ".seal"
        self.tell("VarSet", Uniqueid=call, Variable="SWITCHBOARD_TICKET", Value=ticket)

    def rings(self, call: str, phone: str) -> str:
        self._legs += 1
        leg = f"node1-2.{self._legs}"
        channel = f"PJSIP/{phone}-0000000{self._legs}"
        self.tell("Newchannel", Uniqueid=leg, Channel=channel)
        self.tell("DialBegin", Uniqueid=call, DestUniqueid=leg, DestChannel=channel)
        return leg

    def dial_ends(self, call: str, leg: str, status: str) -> None:
        self.tell("DialEnd", Uniqueid=call, DestUniqueid=leg, DialStatus=status)
        if status != "ANSWER":
            self.tell("Hangup", Uniqueid=leg)

    def hangs_up(self, channel: str) -> None:
        self.tell("HangupRequest", Uniqueid=channel)

    def unjoined(self, *channels: str) -> None:
        for channel in channels:
            self.tell("BridgeLeave", Uniqueid=channel)

    def gone(self, *channels: str) -> None:
        for channel in channels:
            self.tell("Hangup", Uniqueid=channel)

    def done(self, call: str) -> None:
        self.tell("VarSet", Uniqueid=call, Variable="SWITCHBOARD_DONE", Value="1")

    def fails_safe(self, call: str) -> None:
        self.tell("Newexten", Uniqueid=call, Context="switchboard-failsafe")

    def serves(self, call: str, phone: str) -> None:
        """Rings, is answered, talks, and the agent hangs up."""
        leg = self.rings(call, phone)
        self.later(1).dial_ends(call, leg, "ANSWER")
        self.later(5).hangs_up(leg)
        self.unjoined(leg, call)
        self.gone(leg)
        self.done(call)
        self.gone(call)

    def broken(self) -> list[Promise]:
        return [breach.promise for breach in self.ledger.breaches()]


@pytest.fixture
def script() -> _Script:
    return _Script()


def two_waiting(script: _Script) -> None:
    for call in (ANNA, BEN):
        script.comes(call)
        script.joins(call)
        script.later(2)


def test_a_call_from_arrival_to_the_end_breaks_no_promise(script: _Script) -> None:
    script.comes(ANNA)
    script.joins(ANNA)
    script.later(1).serves(ANNA, "phone1")
    assert script.broken() == []
    life = script.ledger.lives[ANNA]
    assert life.outcomes == (Outcome.ANSWERED,)
    assert [(offer.phone, offer.status) for offer in life.offers] == [("PJSIP/phone1", "ANSWER")]
    assert life.talks[0].hung_up_by == "agent"


def test_a_caller_who_hangs_up_while_waiting_has_ended_once(script: _Script) -> None:
    script.comes(ANNA)
    script.joins(ANNA)
    script.hangs_up(ANNA)
    script.gone(ANNA)
    assert script.broken() == []
    assert script.ledger.lives[ANNA].outcomes == (Outcome.HUNG_UP,)


def test_a_caller_in_the_fail_safe_is_diverted_whoever_rings_there(script: _Script) -> None:
    script.comes(ANNA)
    script.joins(ANNA)
    script.fails_safe(ANNA)
    for phone in ("phone1", "phone2"):
        script.rings(ANNA, phone)
    script.hangs_up(ANNA)
    script.gone(ANNA)
    assert script.broken() == []
    assert script.ledger.lives[ANNA].outcomes == (Outcome.DIVERTED,)
    assert script.ledger.offers == []


def test_a_caller_sent_on_by_the_service_without_an_agent_is_diverted(script: _Script) -> None:
    script.comes(ANNA)
    script.joins(ANNA)
    script.joins(ANNA, queue="", phase="menu")
    script.done(ANNA)
    script.gone(ANNA)
    assert script.broken() == []
    assert script.ledger.lives[ANNA].outcomes == (Outcome.DIVERTED,)


def test_a_caller_still_on_the_line_has_not_ended(script: _Script) -> None:
    script.comes(ANNA)
    assert script.broken() == [Promise.ENDS_ONCE]


def test_a_caller_dropped_while_waiting_is_seen(script: _Script) -> None:
    script.comes(ANNA)
    script.joins(ANNA)
    script.gone(ANNA)
    assert script.broken() == [Promise.ENDS_ONCE]


def test_a_caller_answered_and_then_sent_to_the_fail_safe_is_seen(script: _Script) -> None:
    script.comes(ANNA)
    script.joins(ANNA)
    leg = script.rings(ANNA, "phone1")
    script.dial_ends(ANNA, leg, "ANSWER")
    script.hangs_up(leg)
    script.unjoined(leg, ANNA)
    script.fails_safe(ANNA)
    script.gone(leg, ANNA)
    assert script.broken() == [Promise.ENDS_ONCE]


def test_two_phones_ringing_for_one_caller_are_seen(script: _Script) -> None:
    script.comes(ANNA)
    script.joins(ANNA)
    first = script.rings(ANNA, "phone1")
    second = script.later(1).rings(ANNA, "phone2")
    for leg in (first, second):
        script.later(1).dial_ends(ANNA, leg, "CANCEL")
    script.hangs_up(ANNA)
    script.gone(ANNA)
    assert script.broken() == [Promise.ONE_OFFER]


def test_one_phone_ringing_for_two_callers_is_seen(script: _Script) -> None:
    two_waiting(script)
    legs = [(call, script.rings(call, "phone1")) for call in (ANNA, BEN)]
    for call, leg in legs:
        script.later(1).dial_ends(call, leg, "NOANSWER")
        script.hangs_up(call)
        script.gone(call)
    assert script.broken() == [Promise.ONE_OFFER]


def test_a_phone_ringing_while_its_agent_talks_is_seen(script: _Script) -> None:
    two_waiting(script)
    talking = script.rings(ANNA, "phone1")
    script.dial_ends(ANNA, talking, "ANSWER")
    second = script.later(1).rings(BEN, "phone1")
    script.dial_ends(BEN, second, "BUSY")
    script.hangs_up(BEN)
    script.gone(BEN)
    script.later(1).hangs_up(ANNA)
    script.unjoined(ANNA, talking)
    script.gone(ANNA, talking)
    assert script.broken() == [Promise.ONE_OFFER]


def test_one_offer_after_the_other_is_no_breach(script: _Script) -> None:
    script.comes(ANNA)
    script.joins(ANNA)
    leg = script.rings(ANNA, "phone1")
    script.later(3).dial_ends(ANNA, leg, "NOANSWER")
    script.serves(ANNA, "phone2")
    assert script.broken() == []


def test_a_later_caller_served_first_is_seen(script: _Script) -> None:
    two_waiting(script)
    script.serves(BEN, "phone1")
    script.serves(ANNA, "phone1")
    assert script.broken() == [Promise.NOBODY_OVERTAKEN]


def test_who_joined_first_is_not_judged_by_tickets_that_a_standstill_held_up(script: _Script) -> None:
    script.comes(ANNA)
    script.comes(BEN)
    script.later(1).joins(BEN)
    script.later(1).joins(ANNA)
    script.later(2).serves(ANNA, "phone1")
    script.serves(BEN, "phone1")
    assert script.broken() == []


def test_a_ticket_is_not_held_up_for_ever(script: _Script) -> None:
    script.comes(ANNA)
    script.comes(BEN)
    script.later(1).joins(BEN)
    script.later(4).joins(ANNA)
    script.later(2).serves(ANNA, "phone1")
    script.serves(BEN, "phone1")
    assert script.broken() == [Promise.NOBODY_OVERTAKEN]


@pytest.mark.parametrize(("after_s", "broken"), [(2.5, []), (3.5, [Promise.NOBODY_OVERTAKEN])])
def test_two_who_came_close_together_on_a_bad_line_may_be_told_in_either_order(
    script: _Script, after_s: float, broken: list[Promise]
) -> None:
    script.ledger.told_within_s = 3.0
    script.comes(ANNA)
    script.joins(ANNA)
    script.later(after_s).comes(BEN)
    script.joins(BEN)
    script.later(1).serves(BEN, "phone1")
    script.serves(ANNA, "phone1")
    assert script.broken() == broken


def test_a_caller_whom_the_agent_cannot_serve_is_not_overtaken(script: _Script) -> None:
    two_waiting(script)
    script.serves(BEN, "phone1")
    script.serves(ANNA, "phone2")

    def by_skill(phone: str, life: Life) -> bool:
        return (phone, life.call) != ("PJSIP/phone1", ANNA)

    assert script.ledger.breaches(by_skill) == []


def test_a_caller_of_higher_priority_may_overtake(script: _Script) -> None:
    script.comes(ANNA)
    script.joins(ANNA)
    script.later(2).comes(BEN)
    script.joins(BEN, priority=5)
    script.later(2).serves(BEN, "phone1")
    script.serves(ANNA, "phone1")
    assert script.broken() == []


def test_a_caller_of_lower_priority_may_not(script: _Script) -> None:
    script.comes(ANNA)
    script.joins(ANNA, priority=5)
    script.later(2).comes(BEN)
    script.joins(BEN)
    script.later(2).serves(BEN, "phone1")
    script.serves(ANNA, "phone1")
    assert script.broken() == [Promise.NOBODY_OVERTAKEN]


def test_a_caller_for_whom_another_phone_rings_is_not_overtaken(script: _Script) -> None:
    two_waiting(script)
    leg = script.rings(ANNA, "phone1")
    script.later(1).serves(BEN, "phone2")
    script.dial_ends(ANNA, leg, "NOANSWER")
    script.serves(ANNA, "phone2")
    assert script.broken() == []


def test_a_caller_refused_by_a_phone_has_no_claim_on_that_phone(script: _Script) -> None:
    two_waiting(script)
    leg = script.rings(ANNA, "phone1")
    script.later(1).dial_ends(ANNA, leg, "NOANSWER")
    script.later(5).serves(BEN, "phone1")
    script.serves(ANNA, "phone2")
    assert script.broken() == []


def test_a_caller_who_moved_queue_waits_anew(script: _Script) -> None:
    two_waiting(script)
    script.later(1).joins(ANNA, queue="service")
    script.later(2).serves(BEN, "phone1")
    script.serves(ANNA, "phone1")
    assert script.broken() == []


def test_a_place_written_again_after_a_restart_is_the_old_place(script: _Script) -> None:
    two_waiting(script)
    script.later(5).joins(ANNA)
    script.later(1).serves(BEN, "phone1")
    script.serves(ANNA, "phone1")
    assert script.broken() == [Promise.NOBODY_OVERTAKEN]


def test_a_conversation_that_nobody_ended_is_seen(script: _Script) -> None:
    script.comes(ANNA)
    script.joins(ANNA)
    leg = script.rings(ANNA, "phone1")
    script.dial_ends(ANNA, leg, "ANSWER")
    script.later(1).unjoined(ANNA, leg)
    script.gone(leg)
    script.done(ANNA)
    script.gone(ANNA)
    assert script.broken() == [Promise.NO_PAIR_CUT]


@pytest.mark.parametrize(("lasted_s", "broken"), [(10, []), (9.5, []), (5, [Promise.NO_PAIR_CUT])])
def test_a_conversation_that_lasted_as_long_as_it_may_is_not_cut(
    script: _Script, lasted_s: float, broken: list[Promise]
) -> None:
    script.ledger.longest_s["PJSIP/phone3"] = 10
    script.comes(ANNA)
    leg = script.rings(ANNA, "phone3")
    script.dial_ends(ANNA, leg, "ANSWER")
    script.later(lasted_s).unjoined(ANNA, leg)
    script.gone(leg)
    script.done(ANNA)
    script.gone(ANNA)
    assert script.broken() == broken


def test_a_caller_who_is_handed_over_talks_on_and_is_not_cut(script: _Script) -> None:
    script.comes(ANNA)
    script.joins(ANNA)
    leg = script.rings(ANNA, "phone1")
    script.dial_ends(ANNA, leg, "ANSWER")
    joined = {"TransfereeUniqueid": ANNA, "TransferTargetUniqueid": "colleague"}
    channels = {"TransfereeChannel": "PJSIP/trunk-1", "TransferTargetChannel": "PJSIP/phone2-0000000d"}
    script.later(1).tell("AttendedTransfer", Result="Success", **joined, **channels)
    script.unjoined(leg)
    script.gone(leg)
    assert [talk.phone for talk in script.ledger.talks if talk.ended_at is None] == ["PJSIP/phone2"]
    script.later(1).unjoined("colleague", ANNA)
    script.gone("colleague")
    script.done(ANNA)
    script.gone(ANNA)
    assert script.broken() == [Promise.NO_PAIR_CUT], "nobody has ended the second conversation"


def test_a_conversation_ended_by_the_caller_is_not_cut(script: _Script) -> None:
    script.comes(ANNA)
    script.joins(ANNA)
    leg = script.rings(ANNA, "phone1")
    script.dial_ends(ANNA, leg, "ANSWER")
    script.later(1).hangs_up(ANNA)
    script.unjoined(ANNA, leg)
    script.gone(ANNA, leg)
    assert script.broken() == []
    assert script.ledger.lives[ANNA].talks[0].hung_up_by == "caller"


def test_an_agent_who_hangs_up_before_asterisk_has_told_that_they_picked_up_has_ended_the_conversation(
    script: _Script,
) -> None:
    script.comes(ANNA)
    script.joins(ANNA)
    leg = script.rings(ANNA, "phone1")
    script.later(1).hangs_up(leg)
    script.dial_ends(ANNA, leg, "ANSWER")
    script.unjoined(leg, ANNA)
    script.done(ANNA)
    script.gone(leg, ANNA)
    assert script.broken() == []
    assert script.ledger.lives[ANNA].talks[0].hung_up_by == "agent"


def test_a_caller_who_hangs_up_as_the_agent_picks_up_has_ended_the_conversation(script: _Script) -> None:
    script.comes(ANNA)
    script.joins(ANNA)
    leg = script.rings(ANNA, "phone1")
    script.hangs_up(ANNA)
    script.dial_ends(ANNA, leg, "ANSWER")
    script.unjoined(ANNA, leg)
    script.gone(ANNA, leg)
    assert script.broken() == []
    assert script.ledger.lives[ANNA].talks[0].hung_up_by == "caller"


def test_calls_between_phones_are_nobody_s_business(script: _Script) -> None:
    script.tell("Newchannel", Uniqueid="node1-3.1", Channel="PJSIP/phone1-00000001")
    script.rings("node1-3.1", "phone2")
    assert script.ledger.lives == {}
    assert script.broken() == []


def test_an_unreadable_ticket_is_no_place_in_line(script: _Script) -> None:
    script.comes(ANNA)
    script.tell("VarSet", Uniqueid=ANNA, Variable="SWITCHBOARD_TICKET", Value="!not-base64.seal")
    assert script.ledger.lives[ANNA].places == []


def test_a_caller_who_was_dropped_and_is_back_in_time_may_go_ahead_of_later_ones(script: _Script) -> None:
    script.ledger.grace_s = {"sales": 30.0}
    dropped_calls_back(script, after_s=10)
    assert script.ledger.breaches() == []


def test_a_caller_who_is_back_too_late_may_not(script: _Script) -> None:
    script.ledger.grace_s = {"sales": 30.0}
    dropped_calls_back(script, after_s=31)
    assert [breach.promise for breach in script.ledger.breaches()] == [Promise.NOBODY_OVERTAKEN]


def dropped_calls_back(script: _Script, after_s: float) -> None:
    """Anna waits, Ben behind her; she hangs up, calls again so much later, and is rung for before Ben."""
    again = "node1-1.91"  # the same number as Anna's: the script takes the last digit
    script.comes(ANNA)
    script.joins(ANNA)
    script.later(5).comes(BEN)
    script.joins(BEN)
    script.later(5).hangs_up(ANNA)
    script.tell("Hangup", Uniqueid=ANNA)
    script.later(after_s).comes(again)
    script.joins(again)
    leg = script.later(5).rings(again, "phone1")
    script.later(3).dial_ends(again, leg, "NOANSWER")
    for call in (again, BEN):
        script.later(1).hangs_up(call)
        script.tell("Hangup", Uniqueid=call)
