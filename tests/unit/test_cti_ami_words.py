"""Asterisk's events in the engine's words, on streams recorded from a real Asterisk and on written ones."""

from __future__ import annotations

import pytest

from acd.facts import FarEndAnswered, FarEndGone
from acd.names import AgentId, CallId, EndedBy, OfferFailure, PhoneId, Side
from acd.requests import (
    CallerGone,
    CallHeld,
    CallResumed,
    ConversationEnded,
    ConversationStarted,
    ConversationTakenOver,
    KeyPressed,
    Noted,
    OneOfSeveralRefused,
    PhoneFree,
    PhoneInUse,
    Request,
)
from cti_bridge.ami.far_ends import Asked
from cti_bridge.ami.phone_use import Use
from cti_bridge.ami.wire import Message
from cti_bridge.ami.words import AmiWords, Leg, LegState, phone_of
from tests.unit.cti_kit import CALL, LI, WANG, event, recorded

PHONE, COLLEAGUE = PhoneId("PJSIP/phone1"), PhoneId("PJSIP/phone2")
ON_PHONE = {PHONE: WANG}
CALLER = event("Hangup", Uniqueid=CALL)
LEG = event("Hangup", Uniqueid="leg")


def heard(words: AmiWords, *events: Message) -> list[Request]:
    """What a stream of events amounts to."""
    return [
        request
        for each in events
        for request in (words.ears[each["Event"]](each) if each["Event"] in words.ears else ())
    ]


def dial(
    call: str = CALL, leg: str = "leg", channel: str = "PJSIP/phone1-0000000a", context: str = "switchboard"
) -> Message:
    """A phone is dialled for a caller."""
    return event(
        "DialBegin",
        Uniqueid=call,
        Context=context,
        DestUniqueid=leg,
        DestChannel=channel,
        DestContext="from-phones",
    )


def dials_out(channel: str = "own", phone: str = PHONE) -> Message:
    """A phone dials by itself."""
    return event("Newchannel", Channel=f"{phone}-0000000c", Context="from-phones", Uniqueid=channel, Linkedid=channel)


def gone(channel: str) -> Message:
    """A channel's end."""
    return event("Hangup", Uniqueid=channel)


def dialled(status: str, leg: str = "leg") -> Message:
    """The dial is over."""
    return event("DialEnd", Uniqueid=CALL, DestUniqueid=leg, DialStatus=status)


def asks_to_hang_up(channel: str) -> Message:
    """A party puts the receiver down."""
    return event("HangupRequest", Uniqueid=channel)


@pytest.fixture
def words() -> AmiWords:
    """A correlator to whom PJSIP/phone1 is Wang's, and one caller is in line."""
    return AmiWords(ON_PHONE.get, CALL.__eq__)


def test_a_recorded_call_that_the_caller_ends() -> None:
    caller, agent = CallId("node1-1795345451.0"), AgentId("PJSIP/phone1")
    words = AmiWords(AgentId, caller.__eq__)
    assert heard(words, *recorded("caller_hangs_up_first")) == [
        ConversationStarted(caller, agent),
        ConversationEnded(caller, agent, EndedBy.CALLER),
        CallerGone(caller),
    ]


def test_a_recorded_call_that_the_agent_ends() -> None:
    caller, agent = CallId("node1-1795345455.2"), AgentId("PJSIP/phone2")
    words = AmiWords(AgentId, caller.__eq__)
    assert heard(words, *recorded("agent_hangs_up_first")) == [
        ConversationStarted(caller, agent),
        ConversationEnded(caller, agent, EndedBy.AGENT),
        CallerGone(caller),
    ]


@pytest.mark.parametrize("hangups", [(LEG, CALLER), (CALLER, LEG)])
def test_the_order_of_the_two_hangups_says_nothing(words: AmiWords, hangups: tuple[Message, Message]) -> None:
    heard(words, dial(), dialled("ANSWER"))
    said = heard(words, asks_to_hang_up(CALL), asks_to_hang_up("leg"), *hangups)
    assert said.count(ConversationEnded(CALL, WANG, EndedBy.CALLER)) == 1
    assert said.index(ConversationEnded(CALL, WANG, EndedBy.CALLER)) < said.index(CallerGone(CALL))


def test_an_end_that_nobody_asked_for_is_of_unknown_origin(words: AmiWords) -> None:
    heard(words, dial(), dialled("ANSWER"))
    assert heard(words, LEG) == [ConversationEnded(CALL, WANG, EndedBy.UNKNOWN)]


def test_a_caller_who_gives_up_while_it_rings_is_gone_without_a_conversation(words: AmiWords) -> None:
    assert heard(words, dial(), asks_to_hang_up(CALL), dialled("CANCEL"), LEG, CALLER) == [CallerGone(CALL)]


def test_a_phone_that_refused_says_nothing_about_the_next_conversation(words: AmiWords) -> None:
    heard(words, dial(), asks_to_hang_up("leg"), dialled("BUSY"), LEG)
    heard(words, dial(leg="leg2"), dialled("ANSWER", "leg2"))
    said = heard(words, asks_to_hang_up(CALL), event("Hangup", Uniqueid="leg2"))
    assert said == [ConversationEnded(CALL, WANG, EndedBy.CALLER)]


def test_a_phone_nobody_is_signed_in_on_starts_no_conversation(words: AmiWords) -> None:
    assert heard(words, dial(channel="PJSIP/phone9-0000000b"), dialled("ANSWER"), LEG) == []


def test_the_agent_is_who_was_on_the_phone_when_it_was_dialled() -> None:
    on_phone = dict(ON_PHONE)
    words = AmiWords(on_phone.get, CALL.__eq__)
    heard(words, dial())
    on_phone.clear()
    assert heard(words, dialled("ANSWER")) == [ConversationStarted(CALL, WANG)]


def test_a_caller_who_hangs_up_before_being_joined_is_known_to_have_given_up(words: AmiWords) -> None:
    heard(words, dial(), asks_to_hang_up(CALL))
    assert words.gave_up(CALL)
    assert heard(words, LEG, CALLER) == [CallerGone(CALL)]
    assert not words.gave_up(CALL)


@pytest.fixture
def several() -> AmiWords:
    """A correlator for a caller for whom Wang's and Li's phones ring at once."""
    words = AmiWords({PHONE: WANG, COLLEAGUE: LI}.get, CALL.__eq__)
    heard(words, dial(), dial(leg="leg2", channel="PJSIP/phone2-0000000b"))
    return words


@pytest.mark.parametrize(
    ("status", "why"),
    [
        ("BUSY", OfferFailure.BUSY),
        ("NOANSWER", OfferFailure.NO_ANSWER),
        ("CHANUNAVAIL", OfferFailure.UNREACHABLE),
        ("CONTINUE", OfferFailure.REFUSED),
        ("SOMETHING", OfferFailure.ERROR),
    ],
)
def test_of_several_phones_each_that_stops_ringing_is_told(several: AmiWords, status: str, why: OfferFailure) -> None:
    assert heard(several, dialled(status)) == [OneOfSeveralRefused(CALL, WANG, why)]


def test_of_several_phones_the_first_to_answer_ends_the_others_offers(several: AmiWords) -> None:
    said = heard(several, dialled("CANCEL"), dialled("ANSWER", "leg2"), LEG)
    assert said == [
        OneOfSeveralRefused(CALL, WANG, OfferFailure.ANSWERED_ELSEWHERE),
        ConversationStarted(CALL, LI),
    ]


def test_several_phones_that_a_caller_gives_up_on_say_nothing_but_that(several: AmiWords) -> None:
    leg2 = event("Hangup", Uniqueid="leg2")
    said = heard(several, asks_to_hang_up(CALL), dialled("CANCEL"), dialled("CANCEL", "leg2"), LEG, leg2, CALLER)
    assert said == [CallerGone(CALL)]


def test_after_a_login_only_the_legs_found_are_known(words: AmiWords) -> None:
    heard(words, dial(leg="old"), dialled("ANSWER", "old"))
    words.adopt([Leg("found", "PJSIP/phone1-0000000c", CALL, WANG, LegState.TALKING)])
    assert heard(words, event("Hangup", Uniqueid="old")) == [CallerGone(CallId("old"))]
    said = heard(words, asks_to_hang_up("found"), event("Hangup", Uniqueid="found"))
    assert said == [ConversationEnded(CALL, WANG, EndedBy.AGENT)]


def test_a_leg_without_a_caller_is_no_offer(words: AmiWords) -> None:
    assert heard(words, dial(call="")) == [PhoneInUse(PHONE)]
    assert list(words.legs_of(CallId(""))) == []


def test_our_own_offers_never_count_as_other_use_of_a_phone(words: AmiWords) -> None:
    rings = event("Newchannel", Channel="PJSIP/phone1-0000000a", Context="from-phones", Uniqueid="leg", Linkedid=CALL)
    assert heard(words, rings, dial(), dialled("NOANSWER"), LEG) == []


def test_a_phone_that_dials_is_in_use_until_it_hangs_up(words: AmiWords) -> None:
    assert heard(words, dials_out()) == [PhoneInUse(PHONE)]
    assert heard(words, gone("own"))[0] == PhoneFree(PHONE)


def test_a_caller_who_comes_uses_no_phone(words: AmiWords) -> None:
    comes = event("Newchannel", Channel="PJSIP/trunk-00000001", Context="from-callers", Uniqueid=CALL, Linkedid=CALL)
    assert heard(words, comes) == []


def test_a_private_call_uses_both_phones_and_is_no_conversation(words: AmiWords) -> None:
    dialling = dial(call="own", channel="PJSIP/phone1-0000000a", context="switchboard-phone-to-phone")
    assert heard(words, dials_out(phone=COLLEAGUE), dialling) == [PhoneInUse(COLLEAGUE), PhoneInUse(PHONE)]
    assert heard(words, dialled("ANSWER")) == []
    said = heard(words, gone("leg"), gone("own"))
    assert [request for request in said if isinstance(request, PhoneFree)] == [PhoneFree(PHONE), PhoneFree(COLLEAGUE)]
    assert not any(isinstance(request, ConversationStarted | ConversationEnded) for request in said)


def test_a_phone_with_two_other_calls_is_free_after_the_last(words: AmiWords) -> None:
    assert heard(words, dials_out("own"), dials_out("second")) == [PhoneInUse(PHONE)]
    assert PhoneFree(PHONE) not in heard(words, gone("own"))
    assert PhoneFree(PHONE) in heard(words, gone("second"))


def test_what_an_agent_dials_while_talking_outlasts_the_conversation(words: AmiWords) -> None:
    heard(words, dial(), dialled("ANSWER"))
    assert heard(words, dials_out()) == [PhoneInUse(PHONE)]
    assert heard(words, LEG) == [ConversationEnded(CALL, WANG, EndedBy.UNKNOWN)]
    assert PhoneFree(PHONE) in heard(words, gone("own"))


def test_the_failsafe_uses_phones_and_its_conversations_are_told(words: AmiWords) -> None:
    failsafe = dial(context="switchboard-failsafe")
    assert heard(words, failsafe, dialled("ANSWER")) == [PhoneInUse(PHONE), ConversationStarted(CALL, WANG)]
    assert heard(words, LEG) == [PhoneFree(PHONE), ConversationEnded(CALL, WANG, EndedBy.UNKNOWN)]


def test_a_caller_handed_to_a_colleague_uses_the_colleagues_phone() -> None:
    words = AmiWords(ON_PHONE.get, lambda _: False)
    transfer = dial(context="switchboard-phone-to-phone", leg="leg2", channel="PJSIP/phone2-0000000b")
    assert heard(words, transfer, dialled("ANSWER", "leg2")) == [PhoneInUse(COLLEAGUE)]
    assert PhoneFree(COLLEAGUE) in heard(words, gone("leg2"))


def test_after_a_login_only_the_uses_found_are_known(words: AmiWords) -> None:
    heard(words, dials_out("old"))
    words.adopt((), [Use("found", PHONE)])
    assert PhoneFree(PHONE) not in heard(words, gone("old"))
    assert heard(words, dials_out("found")) == []
    assert PhoneFree(PHONE) in heard(words, gone("found"))


@pytest.mark.parametrize(
    ("channel", "phone"),
    [("PJSIP/phone1-0000000a", "PJSIP/phone1"), ("PJSIP/front-desk-00000001", "PJSIP/front-desk")],
)
def test_a_phone_is_its_channel_without_the_serial(channel: str, phone: str) -> None:
    assert phone_of(channel) == phone


def holds(kind: str, channel: str) -> Message:
    """Somebody presses hold, or resume."""
    return event(kind, Uniqueid=channel)


def test_hold_is_told_of_the_channel_whose_side_holds(words: AmiWords) -> None:
    heard(words, dial(), dialled("ANSWER"))
    pressed = [holds("Hold", "leg"), holds("Hold", CALL), holds("Unhold", "leg"), holds("Unhold", CALL)]
    assert heard(words, *pressed) == [
        CallHeld(CALL, Side.AGENT),
        CallHeld(CALL, Side.CALLER),
        CallResumed(CALL, Side.AGENT),
        CallResumed(CALL, Side.CALLER),
    ]


def test_hold_of_whom_nobody_talks_with_means_nothing(words: AmiWords) -> None:
    assert heard(words, holds("Hold", CALL), holds("Unhold", "stranger")) == []
    assert heard(words, dial(), holds("Hold", "leg"), holds("Hold", CALL)) == []


@pytest.mark.parametrize(
    ("channel", "direction", "said"),
    [(CALL, "Received", [KeyPressed(CALL, "9")]), (CALL, "Sent", []), ("leg", "Received", []), ("own", "Received", [])],
)
def test_a_key_counts_where_a_caller_in_line_pressed_it(
    words: AmiWords, channel: str, direction: str, said: list[Request]
) -> None:
    assert heard(words, event("DTMFEnd", Uniqueid=channel, Digit="9", Direction=direction)) == said


# ---------------------------------------------------------------------------------------------------- transfers

REFER = event("BlindTransfer", Result="Success", TransfererUniqueid="leg", TransfereeUniqueid=CALL)


def test_a_phones_own_transfer_ends_the_conversation_as_one(words: AmiWords) -> None:
    end = heard(words, dial(), dialled("ANSWER"), REFER, asks_to_hang_up("leg"), gone("leg"))
    assert end[-1] == ConversationEnded(CALL, WANG, EndedBy.TRANSFER)


def test_a_transfer_of_the_services_own_is_told_apart_from_a_hang_up(words: AmiWords) -> None:
    heard(words, dial(), dialled("ANSWER"))
    words.sending_on(CALL)
    assert heard(words, gone("leg")) == [ConversationEnded(CALL, WANG, EndedBy.TRANSFER)]


def test_a_transfer_that_was_refused_is_none(words: AmiWords) -> None:
    heard(words, dial(), dialled("ANSWER"))
    words.sending_on(CALL)
    words.not_sent_on(CALL)
    refused = event("BlindTransfer", Result="Fail", TransfererUniqueid="leg", TransfereeUniqueid=CALL)
    assert heard(words, refused, asks_to_hang_up(CALL), gone("leg")) == [ConversationEnded(CALL, WANG, EndedBy.CALLER)]


def test_a_caller_who_talks_again_before_the_first_phone_is_gone_ends_that_by_themselves(words: AmiWords) -> None:
    heard(words, dial(), dialled("ANSWER"))
    words.sending_on(CALL)
    heard(words, dial(leg="leg2", channel="PJSIP/phone1-0000000b"), dialled("ANSWER", "leg2"))
    assert heard(words, gone("leg")) == [ConversationEnded(CALL, WANG, EndedBy.TRANSFER)]
    ended = heard(words, asks_to_hang_up(CALL), gone("leg2"))
    assert ended == [ConversationEnded(CALL, WANG, EndedBy.CALLER)]


def handed_on_to(leg: str, context: str = "switchboard") -> Message:
    """A caller who is in no line any more has somebody dialled."""
    return event(
        "DialBegin",
        Uniqueid="node1-77",
        Context=context,
        DestUniqueid=leg,
        DestChannel="PJSIP/trunk-0000000b",
        DestContext="from-callers",
    )


def test_who_a_caller_is_handed_on_to_answers_and_hangs_up(words: AmiWords) -> None:
    answered = event("DialEnd", Uniqueid="node1-77", DestUniqueid="far", DialStatus="ANSWER")
    assert heard(words, handed_on_to("far")) == []
    assert words.ringing_for(CallId("node1-77")) == ("far",)
    assert heard(words, answered) == [Noted(FarEndAnswered(CallId("node1-77")))]
    assert words.ringing_for(CallId("node1-77")) == ()
    assert Noted(FarEndGone(CallId("node1-77"))) in heard(words, gone("far"))
    assert Noted(FarEndGone(CallId("node1-77"))) not in heard(words, gone("far")), "told once"


def test_a_far_end_that_does_not_answer_is_no_conversation(words: AmiWords) -> None:
    missed = event("DialEnd", Uniqueid="node1-77", DestUniqueid="far", DialStatus="NOANSWER")
    said = heard(words, handed_on_to("far"), missed, gone("far"))
    assert [each for each in said if isinstance(each, Noted)] == []


def test_what_phones_and_the_fail_safe_dial_is_no_far_end(words: AmiWords) -> None:
    answered = event("DialEnd", Uniqueid="node1-77", DestUniqueid="far", DialStatus="ANSWER")
    for context in ("switchboard-phone-to-phone", "switchboard-failsafe"):
        assert heard(words, handed_on_to("far", context), answered) == []


def joins(first: str = "leg", second: str = "own", joined: str = "colleague", into: str = "Bridge") -> Message:
    """Wang's phone joins two of its calls: the caller's, and the one in which it has dialled PJSIP/phone2."""
    names = {CALL: "PJSIP/trunk-00000001", "colleague": f"{COLLEAGUE}-0000000d"}
    sides = ((CALL, joined) if first == "leg" else (joined, CALL)) if joined else (CALL,)
    headers = dict(zip(("TransfereeUniqueid", "TransferTargetUniqueid"), sides, strict=False))
    channels = dict(zip(("TransfereeChannel", "TransferTargetChannel"), map(names.__getitem__, sides), strict=False))
    transferers = {"OrigTransfererUniqueid": first, "SecondTransfererUniqueid": second}
    return event("AttendedTransfer", Result="Success", DestType=into, **transferers, **headers, **channels)


def consults() -> tuple[Message, ...]:
    """Wang talks with the caller, and then with a colleague as well."""
    colleague = event(
        "DialBegin",
        Uniqueid="own",
        Context="switchboard-phone-to-phone",
        DestUniqueid="colleague",
        DestChannel=f"{COLLEAGUE}-0000000d",
        DestContext="from-phones",
    )
    return dial(), dialled("ANSWER"), dials_out(), colleague


def but_for_channels(said: list[Request]) -> list[Request]:
    """Leave out that channels are gone which are no caller's: the engine knows of none of them."""
    return [request for request in said if not isinstance(request, CallerGone)]


@pytest.mark.parametrize(("first", "second"), [("leg", "own"), ("own", "leg")])
def test_a_colleague_takes_over_before_their_phone_is_free_again(first: str, second: str) -> None:
    words = AmiWords({**ON_PHONE, COLLEAGUE: LI}.get, CALL.__eq__)
    heard(words, *consults())
    said = but_for_channels(heard(words, joins(first, second), asks_to_hang_up("leg"), gone("leg")))
    assert said == [ConversationTakenOver(CALL, WANG, LI), PhoneFree(COLLEAGUE)]
    ended = but_for_channels(heard(words, gone("own"), asks_to_hang_up("colleague"), gone("colleague")))
    assert ended == [PhoneFree(PHONE), ConversationEnded(CALL, LI, EndedBy.AGENT)]


def test_a_phone_without_an_agent_stays_in_use_as_long_as_the_caller_talks_there(words: AmiWords) -> None:
    heard(words, *consults())
    assert but_for_channels(heard(words, joins(), gone("leg"))) == [ConversationTakenOver(CALL, WANG, None)]
    assert but_for_channels(heard(words, gone("own"), gone("colleague"))) == [PhoneFree(PHONE), PhoneFree(COLLEAGUE)]


def asks_outside() -> tuple[Message, ...]:
    """Wang talks with the caller, and has a number outside rung on another line."""
    far = event(
        "DialBegin",
        Uniqueid="own",
        Context="switchboard-phone",
        DestUniqueid="colleague",
        DestChannel="PJSIP/trunk-0000000d",
        DestContext="from-callers",
    )
    return dial(), dialled("ANSWER"), dials_out(), far


OUTSIDE_ANSWERS = event("DialEnd", Uniqueid="own", DestUniqueid="colleague", DialStatus="ANSWER")


def test_whom_an_agent_asked_outside_is_the_callers_far_end_once_they_are_joined(words: AmiWords) -> None:
    assert but_for_channels(heard(words, *asks_outside())[-1:]) == [PhoneInUse(PHONE)]
    assert words.ringing_for(CallId("own")) == ("colleague",)
    assert heard(words, OUTSIDE_ANSWERS) == [], "the caller does not talk with them yet"
    assert words.ringing_for(CallId("own")) == ()
    assert not words.far_ends.talks_with_one(CALL)
    joined = [Noted(FarEndAnswered(CALL)), ConversationTakenOver(CALL, WANG, None)]
    assert but_for_channels(heard(words, joins(), gone("leg"))) == joined
    assert words.far_ends.talks_with_one(CALL)
    assert but_for_channels(heard(words, gone("own"), gone("colleague"))) == [
        PhoneFree(PHONE),
        Noted(FarEndGone(CALL)),
    ]


def test_whom_an_agent_asked_outside_and_joined_to_nobody_is_no_far_end_of_a_caller(words: AmiWords) -> None:
    said = heard(words, *asks_outside(), OUTSIDE_ANSWERS, gone("colleague"), gone("own"))
    assert [each for each in said if isinstance(each, Noted)] == []
    assert words.ringing_for(CallId("own")) == ()


def test_after_a_login_only_those_are_known_to_be_asked_outside_who_were_found(words: AmiWords) -> None:
    heard(words, *asks_outside(), OUTSIDE_ANSWERS)
    words.adopt([Leg("leg", "PJSIP/phone1-0000000a", CALL, WANG, LegState.TALKING)])
    assert words.far_ends.lines() == ()
    found = Asked("colleague", CallId("own"), PHONE, talks=True)
    words.adopt([Leg("leg", "PJSIP/phone1-0000000a", CALL, WANG, LegState.TALKING)], asked=[found])
    assert words.far_ends.lines() == (found,)
    assert words.ringing_for(CallId("own")) == ()
    assert heard(words, joins())[0] == Noted(FarEndAnswered(CALL))
    assert words.far_ends.lines() == ()


def test_whom_they_had_not_reached_yet_takes_over_nothing(words: AmiWords) -> None:
    heard(words, *consults())
    said = heard(words, joins(joined="", into="App"), gone("leg"))
    assert said == [ConversationEnded(CALL, WANG, EndedBy.TRANSFER)]


def test_a_phone_that_joins_two_calls_of_its_own_is_no_business_of_ours(words: AmiWords) -> None:
    assert heard(words, dials_out(), joins("own", "another")) == [PhoneInUse(PHONE)]
