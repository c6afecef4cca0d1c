"""Callbacks on Asterisk: the agent's phone is called, its channel's events are understood, an earlier run's remains are found."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from acd.callback import Terms
from acd.desk import Desk
from acd.events import OfferWithdrawn
from acd.names import AgentState, CallState, CustomerKey, EndedBy, Hindrance, NodeId, OfferFailure, PhoneId, callback_of
from acd.plans.offering import Offering, PickUp
from acd.requests import (
    CallbackWanted,
    CarrierGone,
    CarrierReady,
    ConversationEnded,
    ConversationStarted,
    OfferRefused,
    PhoneFree,
    PhoneInUse,
    Request,
    SeenCallback,
)
from cti_bridge.ami.callback_carrier import AUTO_ANSWER, CONTEXT, CallbackCarrier
from cti_bridge.ami.protocol import LinkLost
from cti_bridge.ami.resync import read_world
from cti_bridge.ami.wire import Message
from cti_bridge.ami.words import AmiWords, LegState
from tests.unit.cti_kit import CALL, SALES, WANG, House, event, phone

CALLBACK = callback_of(CALL)
PHONE = PhoneId("PJSIP/phone1")
CARRIER = f"{PHONE}-0000000b"
NODE = NodeId(CALL.partition("-")[0])


def words() -> AmiWords:
    return AmiWords({PHONE: WANG}.get, lambda call: call == CALLBACK)


def heard(words: AmiWords, *events: Message) -> list[Request]:
    return [request for each in events for request in words.ears[each["Event"]](each)]


def phone_called() -> tuple[Message, ...]:
    """What Asterisk says when it calls a phone by itself."""
    return (
        event("Newchannel", Channel=CARRIER, Context="from-phones", Uniqueid=CALLBACK, Linkedid=CALLBACK),
        event("DialBegin", DestUniqueid=CALLBACK, DestChannel=CARRIER, DestContext="from-phones"),
    )


def customer_dialled() -> Message:
    return event(
        "DialBegin",
        Uniqueid=CALLBACK,
        Channel=CARRIER,
        Context=CONTEXT,
        DestUniqueid="customer",
        DestChannel="PJSIP/trunk-0000000c",
        DestContext="from-callers",
    )


ANSWERED = event("DialEnd", Uniqueid=CALLBACK, DestUniqueid="customer", DialStatus="ANSWER")


def test_a_customer_who_answers_talks_with_the_agent_on_whose_channel_they_were_dialled() -> None:
    said = heard(words(), *phone_called(), customer_dialled(), ANSWERED)
    assert said == [PhoneInUse(PHONE), ConversationStarted(CALLBACK, WANG)]


def test_who_of_the_two_hung_up_first_is_told_the_right_way_round() -> None:
    for channel, by in (("customer", EndedBy.CALLER), (CALLBACK, EndedBy.AGENT)):
        listening = words()
        heard(listening, *phone_called(), customer_dialled(), ANSWERED)
        said = heard(listening, event("HangupRequest", Uniqueid=channel), event("Hangup", Uniqueid="customer"))
        assert said == [ConversationEnded(CALLBACK, WANG, by)]


def test_the_end_of_the_agents_channel_is_no_callers_end() -> None:
    listening = words()
    heard(listening, *phone_called())
    assert listening.carriers == {CALLBACK}
    assert heard(listening, event("Hangup", Uniqueid=CALLBACK, ChannelState="5")) == [
        PhoneFree(PHONE),
        CarrierGone(CALLBACK),
    ]
    assert listening.carriers == set()


def test_an_agent_who_hangs_up_after_picking_up_is_told_from_a_phone_that_rang_in_vain() -> None:
    listening = words()
    heard(listening, *phone_called())
    ended = event("Hangup", Uniqueid=CALLBACK, ChannelState="6")
    assert heard(listening, ended) == [PhoneFree(PHONE), CarrierGone(CALLBACK, picked_up=True)]


def test_a_channel_that_ends_after_its_session_was_cut_off_is_told_from_an_agent_who_hangs_up() -> None:
    listening = words()
    heard(listening, *phone_called())
    listening.cut_off(CALLBACK)
    ended = event("Hangup", Uniqueid=CALLBACK, ChannelState="6")
    assert heard(listening, ended) == [PhoneFree(PHONE), CarrierGone(CALLBACK, picked_up=True, cut=True)]
    heard(listening, *phone_called())
    assert heard(listening, ended) == [PhoneFree(PHONE), CarrierGone(CALLBACK, picked_up=True)], "the next try is whole"


def failed(reason: str) -> Message:
    return event("OriginateResponse", Response="Failure", Channel=PHONE, Exten=CALLBACK, Reason=reason)


def test_a_phone_that_rang_in_vain_has_not_answered_and_its_channel_is_awaited() -> None:
    listening = words()
    heard(listening, *phone_called())
    assert heard(listening, failed("3")) == [OfferRefused(CALLBACK, WANG, OfferFailure.NO_ANSWER)]


def test_a_phone_that_is_not_there_gets_no_channel_so_nothing_is_awaited() -> None:
    refused = OfferRefused(CALLBACK, WANG, OfferFailure.UNREACHABLE)
    assert heard(words(), failed("0")) == [refused, CarrierGone(CALLBACK)]


def test_after_a_login_a_callback_that_is_talked_on_is_seen_as_one() -> None:
    channels = (
        event("Status", Uniqueid=CALLBACK, Linkedid=CALLBACK, Channel=CARRIER, ChannelState="6", Application="Dial"),
        event(
            "Status",
            Uniqueid="customer",
            Linkedid=CALLBACK,
            Channel="PJSIP/trunk-0000000c",
            ChannelState="6",
            Application="AppDial",
        ),
    )
    world = read_world(NODE, channels, lambda *_: None, {PHONE: WANG}.get, 0.0)
    assert world.seen.callbacks == (SeenCallback(CALLBACK, PHONE, CallState.TALKING),)
    assert [(leg.id, leg.agent, leg.state) for leg in world.legs] == [("customer", WANG, LegState.TALKING)]
    assert world.seen.phones_in_use == (PHONE,)


# ---------------------------------------------------------------------------------------------------- the carrier


class Asterisk:
    """Notes what it is asked to do; while it is away, it does nothing."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.away = False

    async def act(self, action: str, *fields: tuple[str, str]) -> None:
        if self.away:
            raise LinkLost("away")
        self.asked.append((action, dict(fields)))


class Carried:
    """A floor with a promised callback, and who carries it."""

    def __init__(self, **rules: object) -> None:
        self.house, self.asterisk, self.words = House(**rules), Asterisk(), words()
        self.desk: Desk = self.house.desk
        self.carrier = CallbackCarrier(NODE, self.desk, self.asterisk.act, self.words)
        self.house.tell(CallbackWanted(CALLBACK, CustomerKey("k"), SALES, Terms(2, 60.0, 20.0)))

    async def hears(self) -> None:
        """Everything that was said reaches the carrier, and what it asks reaches the desk."""
        running = asyncio.ensure_future(self.desk.run())  # noqa: TID251 - ended before this returns
        for _ in range(20):
            await asyncio.sleep(0)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    def is_attached(self) -> bool:
        return self.desk.floor.calls[CALLBACK].attached

    def why_not(self) -> Hindrance:
        return self.carrier.hindrance


async def test_callbacks_are_carried_while_asterisk_is_there_and_let_go_when_it_is_not() -> None:
    carried = Carried()
    assert not carried.is_attached()
    carried.carrier.link_up(())
    await carried.hears()
    assert carried.is_attached()
    carried.carrier.link_down()
    await carried.hears()
    assert not carried.is_attached()


async def test_why_callbacks_are_not_carried_out_is_told() -> None:
    carried = Carried()
    assert carried.why_not() is Hindrance.ASTERISK
    carried.carrier.link_up(())
    assert carried.why_not() is Hindrance.CARRIER, "in a moment they are"
    heeding = asyncio.ensure_future(carried.carrier.run(lambda: False))  # noqa: TID251 - ended before this returns
    await asyncio.sleep(0)
    assert carried.why_not() is Hindrance.CALLBACK_HOURS
    heeding.cancel()
    await asyncio.gather(heeding, return_exceptions=True)


async def test_what_an_earlier_run_left_ringing_is_ended_before_it_is_tried_again() -> None:
    carried = Carried()
    carried.words.adopt((), (), (CALLBACK,))
    carried.carrier.link_up((SeenCallback(CALLBACK, PHONE, CallState.DIALLING),))
    await carried.hears()
    assert carried.asterisk.asked == [("Hangup", {"Channel": CALLBACK})]
    assert not carried.is_attached()
    heard(carried.words, event("Hangup", Uniqueid=CALLBACK))
    carried.carrier.attach()
    await carried.hears()
    assert carried.is_attached()


async def test_an_offer_calls_the_agents_phone_under_the_callbacks_id() -> None:
    carried = Carried()
    carried.house.tell(CarrierReady(CALLBACK))
    for stamped in carried.house.ready(WANG):
        carried.carrier.take(stamped.event)
    await carried.hears()
    ((action, fields),) = carried.asterisk.asked
    assert action == "Originate"
    assert (fields["Channel"], fields["ChannelId"], fields["Exten"]) == (phone(WANG), CALLBACK, CALLBACK)
    assert (fields["Context"], fields["Async"]) == (CONTEXT, "true")


@pytest.mark.parametrize(("pick_up", "told"), [(PickUp.PHONE, True), (PickUp.AGENT, False)])
async def test_a_phone_is_told_to_pick_up_by_itself_where_the_queue_says_so(pick_up: PickUp, told: bool) -> None:
    carried = Carried(offering=Offering(pick_up=pick_up))
    carried.house.tell(CarrierReady(CALLBACK))
    for stamped in carried.house.ready(WANG):
        carried.carrier.take(stamped.event)
    await carried.hears()
    ((_, fields),) = carried.asterisk.asked
    assert ("Variable" in fields) is told


def test_the_headers_are_those_of_the_dialplan() -> None:
    """A `;` begins a comment there unless it is escaped."""
    file = Path(__file__).parents[2] / "deploy/asterisk/templates/extensions.conf"
    template = file.read_text(encoding="utf-8").replace("\\;", ";")
    offer = template.partition("[switchboard-auto-answer]")[2].partition("\n[")[0]
    assert re.findall(r"Set\((PJSIP_HEADER.*)\)\n", offer) == [value for _, value in AUTO_ANSWER]


async def test_a_phone_that_cannot_be_called_leaves_the_agent_ready_and_the_callback_in_line() -> None:
    carried = Carried()
    carried.asterisk.away = True
    carried.house.tell(CarrierReady(CALLBACK))
    for stamped in carried.house.ready(WANG):
        carried.carrier.take(stamped.event)
    await carried.hears()
    assert carried.desk.floor.agents[WANG].state is AgentState.READY
    assert carried.desk.floor.calls[CALLBACK].state is CallState.WAITING


async def test_an_agent_who_signs_out_while_it_rings_is_rung_no_more() -> None:
    carried = Carried()
    carried.carrier.take(OfferWithdrawn(CALLBACK, WANG, SALES, OfferFailure.AGENT_SIGNED_OUT))
    await carried.hears()
    assert carried.asterisk.asked == [("Hangup", {"Channel": CALLBACK})]
