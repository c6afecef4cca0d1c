"""The world after a login: channels and tickets, as `Status` lists them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from acd.names import AgentId, CallId, CallState, NodeId, PhoneId, QueueId, Side
from acd.requests import SeenCall
from cti_bridge.ami.far_ends import Asked
from cti_bridge.ami.phone_use import Use
from cti_bridge.ami.resync import HOLDS, TICKET_PARTS, VARIABLES, Place, World, read_world
from cti_bridge.ami.wire import Frame, Message, parse
from cti_bridge.ami.words import LegState
from tests.unit.cti_kit import CALL, LI, WANG

NODE = NodeId("node1")
NOW = 5000.0
PLACE = Place(QueueId("sales"), 2, "skill.english >= 3", (("language", "en"),), 4900.0)


def channel(unique: str, **headers: str) -> Message:
    """One channel of a `Status` list."""
    variables = [f"Variable: {name}={headers.pop(name)}" for name in tuple(headers) if name in VARIABLES]
    lines = [
        "Event: Status",
        f"Uniqueid: {unique}",
        *(f"{name}: {value}" for name, value in headers.items()),
        *variables,
    ]
    return parse(Frame("\r\n".join(lines).encode()))


def caller(ticket: str = "place", **headers: str) -> Message:
    """The caller's channel."""
    default = {"Channel": "PJSIP/trunk-00000001", "ChannelState": "6", "Context": "switchboard", "Application": "AGI"}
    parts = ticket.split(".")
    ticket_cut = {part: parts[at] if at < len(parts) else "" for at, part in enumerate(TICKET_PARTS)}
    return channel(CALL, **(default | ticket_cut | {"SWITCHBOARD_DONE": "(null)"} | headers))


def leg(**headers: str) -> Message:
    """The dialled phone's channel."""
    default = {"Channel": "PJSIP/phone1-0000000a", "ChannelState": "5", "Application": "AppDial", "Seconds": "7"}
    return channel("leg", **(default | {"Linkedid": CALL, "Context": "from-phones"} | headers))


def dials_out(unique: str = "own", **headers: str) -> Message:
    """The channel of a phone that dials by itself."""
    default = {"Channel": "PJSIP/phone2-0000000c", "ChannelState": "6", "Application": "Dial", "Linkedid": unique}
    return channel(unique, **(default | {"Context": "switchboard-phone-to-phone"} | headers))


def world(*channels: Message, place: Place = PLACE, agents: Mapping[PhoneId, AgentId] = MappingProxyType({})) -> World:
    """Read a world in which the ticket `place` means this place, and PJSIP/phone1 is Wang's."""
    places = {(CALL, "place"): place}
    on_phone = {PhoneId("PJSIP/phone1"): WANG, **agents}
    return read_world(NODE, channels, lambda call, ticket: places.get((call, ticket)), on_phone.get, NOW)


def seen(state: CallState, **changes: object) -> tuple[SeenCall, ...]:
    """The caller of the ticket, in this state."""
    facts: dict[str, object] = {"agent": None, "since": 4900.0, "phone": None} | changes
    return (
        SeenCall(CALL, PLACE.queue, PLACE.priority, PLACE.need, PLACE.attributes, 4900.0, state, **facts),  # type: ignore[arg-type]  # SeenCall's own
    )


def test_a_caller_with_a_ticket_and_no_phone_ringing_waits() -> None:
    assert world(caller()).seen.calls == seen(CallState.WAITING)


def test_a_ticket_is_read_whole_though_a_value_is_cut() -> None:
    long = ".".join(["t" * 480] * 3 + ["t" * 400, "signature"])
    texts: list[str] = []
    read_world(NODE, [caller(long)], lambda _, text: texts.append(text), lambda _: None, NOW)
    assert texts == [long]


def test_a_ringing_phone_is_an_offer_since_it_was_dialled() -> None:
    read = world(caller(Application="Dial"), leg())
    assert read.seen.calls == seen(CallState.OFFERED, agent=WANG, since=4993.0, phone=PhoneId("PJSIP/phone1"))
    assert [(found.call, found.state) for found in read.legs] == [(CALL, LegState.RINGING)]


def test_an_answered_phone_is_a_conversation_also_before_it_is_bridged() -> None:
    read = world(caller(Application="Dial"), leg(ChannelState="6"))
    assert read.seen.calls == seen(CallState.TALKING, agent=WANG, since=4993.0, phone=PhoneId("PJSIP/phone1"))


def test_an_agent_who_is_being_asked_has_an_offer() -> None:
    asked = leg(ChannelState="6", Application="Read", Context="switchboard-offer")
    read = world(caller(Application="Dial"), asked)
    assert read.seen.calls == seen(CallState.OFFERED, agent=WANG, since=4993.0, phone=PhoneId("PJSIP/phone1"))
    assert [found.state for found in read.legs] == [LegState.RINGING]
    assert read.uses == ()


def test_all_phones_that_ring_for_one_caller_are_offers() -> None:
    second = leg(Channel="PJSIP/phone2-0000000b")
    read = world(caller(Application="Dial"), leg(), second, agents={PhoneId("PJSIP/phone2"): LI})
    expected = seen(CallState.OFFERED, agent=WANG, since=4993.0, phone=PhoneId("PJSIP/phone1"), others=(LI,))
    assert read.seen.calls == expected
    assert len(read.legs) == 2


def test_the_ticket_knows_better_than_the_phone_who_was_offered() -> None:
    place = Place(PLACE.queue, PLACE.priority, PLACE.need, PLACE.attributes, PLACE.joined_at, LI)
    assert world(caller(), leg(ChannelState="6"), place=place).seen.calls[0].agent == LI


def test_of_a_caller_who_was_handed_over_the_phone_knows_better_than_the_ticket() -> None:
    place = Place(PLACE.queue, PLACE.priority, PLACE.need, PLACE.attributes, PLACE.joined_at, LI)
    handed_over = caller(BridgeID="b1", DIALEDPEERNAME="PJSIP/phone2-0000000c")
    read = world(handed_over, leg(ChannelState="6", BridgeID="b1", Linkedid="own"), place=place)
    assert read.seen.calls[0].agent == WANG


def test_the_bridge_tells_the_caller_where_the_linked_id_is_another_calls() -> None:
    read = world(caller(BridgeID="b1"), leg(ChannelState="6", BridgeID="b1", Linkedid="node1-1.1"))
    assert read.seen.calls[0].state is CallState.TALKING


def test_callers_in_the_menu_and_strangers_are_not_for_the_engine() -> None:
    read = world(caller("(null)"), caller("forged"), leg())
    assert read.seen.calls == ()
    assert read.legs == ()


def test_a_caller_in_the_failsafe_or_done_is_in_no_line() -> None:
    assert world(caller(Context="switchboard-failsafe")).seen.calls == ()
    assert world(caller(SWITCHBOARD_DONE="1")).seen.calls == ()


def test_a_caller_on_the_way_to_another_queue_is_in_no_line_until_they_are_there() -> None:
    assert world(caller(SWITCHBOARD_TRANSFER="take-over")).seen.calls == ()
    assert world(caller(SWITCHBOARD_TRANSFER="(null)")).seen.calls == seen(CallState.WAITING)
    assert world(caller(SWITCHBOARD_TRANSFER="")).seen.calls == seen(CallState.WAITING)


def test_of_two_phones_the_answered_one_counts() -> None:
    other = channel(
        "leg2", Channel="PJSIP/phone2-0000000b", ChannelState="5", Application="AppDial", Linkedid=CALL, Seconds="1"
    )
    for order in ((leg(ChannelState="6"), other), (other, leg(ChannelState="6"))):
        assert world(caller(), *order).seen.calls[0].agent == WANG


def test_an_empty_asterisk_is_an_empty_world() -> None:
    assert world().seen.calls == ()
    assert CallId(CALL) not in [found.call for found in world().legs]


def test_phones_that_only_serve_our_callers_are_not_in_use() -> None:
    read = world(caller(Application="Dial"), leg())
    assert (read.seen.phones_in_use, read.uses) == ((), ())


def test_both_phones_of_a_private_call_are_in_use() -> None:
    read = world(dials_out(), leg(Linkedid="own", ChannelState="6"))
    assert read.seen.phones_in_use == (PhoneId("PJSIP/phone1"), PhoneId("PJSIP/phone2"))
    assert read.uses == (Use("own", PhoneId("PJSIP/phone2")), Use("leg", PhoneId("PJSIP/phone1")))


def test_a_phone_in_a_context_of_the_sites_own_is_in_use_where_somebody_is_signed_in() -> None:
    meeting = dials_out(Channel="PJSIP/phone1-0000000d", Context="meetings", Application="ConfBridge")
    assert world(meeting).seen.phones_in_use == (PhoneId("PJSIP/phone1"),)
    assert world(dials_out(Context="meetings", Application="ConfBridge")).seen.phones_in_use == ()


def test_a_phone_that_talks_for_the_failsafe_is_in_use() -> None:
    read = world(caller(Context="switchboard-failsafe"), leg(ChannelState="6"))
    assert read.seen.phones_in_use == (PhoneId("PJSIP/phone1"),)


def test_a_phone_with_two_other_channels_is_in_use_once() -> None:
    read = world(dials_out(), dials_out("second"))
    assert read.seen.phones_in_use == (PhoneId("PJSIP/phone2"),)
    assert len(read.uses) == 2


def test_who_holds_is_told_by_each_channel() -> None:
    for holds, holders in (
        ({}, ()),
        ({"agent": "1"}, (Side.AGENT,)),
        ({"caller": "1"}, (Side.CALLER,)),
        ({"caller": "1", "agent": "1"}, (Side.CALLER, Side.AGENT)),
    ):
        sides = (caller(**{HOLDS: holds.get("caller", "0")}), leg(ChannelState="6", **{HOLDS: holds.get("agent", "0")}))
        assert world(*sides).seen.calls[0].holders == holders


def test_hold_of_a_phone_that_only_rings_is_nobodys() -> None:
    assert world(caller(**{HOLDS: "1"}), leg(**{HOLDS: ""})).seen.calls[0].holders == ()


def test_whom_an_agent_asks_outside_on_a_line_of_their_own_is_found() -> None:
    line = dials_out(Context="switchboard-phone", Channel="PJSIP/phone1-0000000c")
    rung = channel("far", Channel="PJSIP/trunk-0000000d", ChannelState="5", Application="AppDial", Linkedid="own")
    found = world(caller(), line, rung)
    assert found.asked == (Asked("far", CallId("own"), PhoneId("PJSIP/phone1")),)
    assert world(caller(), leg(), dials_out()).asked == ()
