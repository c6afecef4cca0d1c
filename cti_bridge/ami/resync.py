"""The world after a login: what Asterisk's channels and the tickets on them say, before any live event is trusted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from acd.names import AgentId, Attributes, CallId, CallState, CustomerKey, NodeId, QueueId, Side, is_callback
from acd.requests import SeenCall, SeenCallback, WorldSeen
from cti_bridge.ami.far_ends import Asked
from cti_bridge.ami.phone_use import OF_CODES, Use, is_phones_context
from cti_bridge.ami.wire import Message
from cti_bridge.ami.words import FAILSAFE, AgentOn, Leg, LegState, phone_of

TICKET = "SWITCHBOARD_TICKET"
DONE = "SWITCHBOARD_DONE"
HOLDS = "CHANNEL(rtp,hold)"
"""`1` where the phone at this channel's end has put the other side on hold; Asterisk does not tell since when."""
TRANSFER = "SWITCHBOARD_TRANSFER"
"""Set while a caller is on the way to another queue: the ticket is still that of the old one."""
DIALLED_PEER = "DIALEDPEERNAME"
"""The channel that answered the caller's last Dial: one who talks with another was handed over (attended transfer)."""
TICKET_PARTS = tuple(f"CUT({TICKET},.,{part})" for part in range(1, 7))
"""`Status` cuts every value after 511 characters (measured), and a ticket has up to 1,900: it is asked for in its parts."""
VARIABLES = ",".join((*TICKET_PARTS, DONE, TRANSFER, DIALLED_PEER, HOLDS))
"""What `Status` has to be asked for."""

UNSET = "(null)"
"""What stands for a variable that a channel has not."""
_UP = "6"
"""ChannelState of an answered channel (`include/asterisk/channelstate.h`)."""
_DIALLED = "AppDial"
"""What Asterisk names as the application of a channel that Dial made."""
_ASKED = "switchboard-offer"
"""The dialplan's context in which such a channel is while its agent is asked; the application is then another."""


@dataclass(frozen=True, slots=True)
class Place:
    """A caller's place in line, as the ticket on the channel has it. `joined_at` is in the engine's time."""

    queue: QueueId
    priority: int
    need: str
    attributes: Attributes
    joined_at: float
    agent: AgentId | None = None
    """Who the call was last offered to, where the ticket was written for an offer."""
    customer: CustomerKey | None = None


PlaceOf = Callable[[CallId, str], Place | None]
"""Reads the place off a channel's ticket; None where the caller has none (is in the menu, or the ticket is not ours)."""


@dataclass(frozen=True, slots=True)
class World:
    """What one Asterisk has: callers in line for the engine, dialled legs and other uses of phones for the correlator."""

    seen: WorldSeen
    legs: tuple[Leg, ...]
    uses: tuple[Use, ...]
    asked: tuple[Asked, ...] = ()
    """Whom agents ask outside on lines of their own."""


def read_world(node: NodeId, channels: Iterable[Message], place_of: PlaceOf, agent_on: AgentOn, now: float) -> World:
    """Read a `Status` list (asked for `VARIABLES`). `now` is the engine's time.

    A leg's age counts from when it was dialled: how long of it was ringing, Asterisk does not tell.
    """
    channels = tuple(channels)
    callers = {
        CallId(channel["Uniqueid"]): (channel, place)
        for channel in channels
        if not _is_dialled(channel)
        and channel["Context"] != FAILSAFE
        and variable(channel, DONE) != "1"
        and variable(channel, TRANSFER) in ("", UNSET)
        and (place := place_of(CallId(channel["Uniqueid"]), _ticket(channel))) is not None
    }
    by_bridge = {channel["BridgeID"]: call for call, (channel, _) in callers.items() if channel["BridgeID"]}
    carriers = {CallId(channel["Uniqueid"]): channel for channel in channels if is_callback(channel["Uniqueid"])}
    dialled = tuple(
        _customer(channel, carriers, agent_on) for channel in channels if _customers_call(channel, carriers)
    )
    legs: dict[CallId, list[tuple[Leg, Message]]] = {}
    uses: list[Use] = []
    for channel in channels:
        call = by_bridge.get(channel["BridgeID"], CallId(channel["Linkedid"]))
        if _customers_call(channel, carriers):
            continue
        if call not in callers or not _is_dialled(channel):
            uses.extend(_use(channel, agent_on))
            continue
        caller, place = callers[call]
        legs.setdefault(call, []).append((_leg(channel, call, _offered(caller, channel, place), agent_on), channel))
    seen = tuple(_seen(channel, place, legs.get(call, ()), now) for call, (channel, place) in callers.items())
    phones_in_use = tuple(sorted({use.phone for use in uses}))
    callbacks = tuple(_seen_callback(call, channel, dialled) for call, channel in carriers.items())
    all_legs = (*(leg for of_call in legs.values() for leg, _ in of_call), *dialled)
    return World(WorldSeen(node, seen, phones_in_use, callbacks), all_legs, tuple(uses), tuple(_asked(channels)))


def _asked(channels: Iterable[Message]) -> Iterator[Asked]:
    channels = tuple(channels)
    lines = {
        channel["Uniqueid"]: phone_of(channel["Channel"]) for channel in channels if channel["Context"] == OF_CODES
    }
    for channel in channels:
        if _is_dialled(channel) and (phone := lines.get(channel["Linkedid"])) is not None:
            line, talks = CallId(channel["Linkedid"]), channel["ChannelState"] == _UP
            yield Asked(channel["Uniqueid"], line, phone, talks)


def _customers_call(channel: Message, carriers: Mapping[CallId, Message]) -> bool:
    """Whether this channel was dialled for a callback, so that it is a customer's and never an agent's."""
    return _is_dialled(channel) and channel["Linkedid"] in carriers


def _customer(channel: Message, carriers: Mapping[CallId, Message], agent_on: AgentOn) -> Leg:
    call = CallId(channel["Linkedid"])
    state = LegState.TALKING if channel["ChannelState"] == _UP else LegState.RINGING
    return Leg(channel["Uniqueid"], channel["Channel"], call, agent_on(phone_of(carriers[call]["Channel"])), state)


def _seen_callback(call: CallId, carrier: Message, customers: Iterable[Leg]) -> SeenCallback:
    state = CallState.OFFERED if carrier["ChannelState"] != _UP else CallState.DIALLING
    if any(leg.call == call and leg.state is LegState.TALKING for leg in customers):
        state = CallState.TALKING
    return SeenCallback(call, phone_of(carrier["Channel"]), state)


def _is_dialled(channel: Message) -> bool:
    return channel["Application"] == _DIALLED or channel["Context"] == _ASKED


def _use(channel: Message, agent_on: AgentOn) -> Iterator[Use]:
    """What a channel that is no leg of ours uses: a phone by its context, or by who is signed in there."""
    phone = phone_of(channel["Channel"])
    if is_phones_context(channel["Context"]) or agent_on(phone) is not None:
        yield Use(channel["Uniqueid"], phone)


def variable(channel: Message, name: str) -> str:
    """A variable that `Status` was asked for; `UNSET` or empty where the channel has it not."""
    prefix = f"{name}="
    return next((value.removeprefix(prefix) for value in channel.all("Variable") if value.startswith(prefix)), "")


def _ticket(channel: Message) -> str:
    parts = (variable(channel, part) for part in TICKET_PARTS)
    return ".".join(part for part in parts if part not in ("", UNSET))


def _offered(caller: Message, channel: Message, place: Place) -> AgentId | None:
    """Who the ticket says is on this leg; None where it cannot know: several were offered, or the caller was handed over."""
    answered = variable(caller, DIALLED_PEER)
    others = channel["ChannelState"] == _UP and answered not in ("", UNSET, channel["Channel"])
    return None if others else place.agent


def _leg(channel: Message, call: CallId, offered: AgentId | None, agent_on: AgentOn) -> Leg:
    name = channel["Channel"]
    talks = channel["ChannelState"] == _UP and channel["Context"] != _ASKED
    state = LegState.TALKING if talks else LegState.RINGING
    return Leg(channel["Uniqueid"], name, call, offered or agent_on(phone_of(name)), state)


def _seen(caller: Message, place: Place, found: Sequence[tuple[Leg, Message]], now: float) -> SeenCall:
    """The caller as Asterisk has them; of several phones the one that talks counts."""
    call = CallId(caller["Uniqueid"])
    waiting = SeenCall(
        call,
        place.queue,
        place.priority,
        place.need,
        place.attributes,
        place.joined_at,
        CallState.WAITING,
        None,
        place.joined_at,
        customer=place.customer,
    )
    if not found:
        return waiting
    (leg, channel), *rest = sorted(found, key=_talking_first)
    offered = replace(waiting, state=CallState.OFFERED, agent=leg.agent, phone=leg.phone, since=now - _seconds(channel))
    if leg.state is not LegState.TALKING:
        return replace(offered, others=tuple(other.agent for other, _ in rest if other.agent is not None))
    sides = {Side.CALLER: caller, Side.AGENT: channel}
    holders = tuple(side for side, one in sides.items() if variable(one, HOLDS) == "1")
    return replace(offered, state=CallState.TALKING, holders=holders)


def _talking_first(found: tuple[Leg, Message]) -> tuple[bool, bool]:
    leg, _ = found
    return leg.state is not LegState.TALKING, leg.agent is None


def _seconds(channel: Message) -> float:
    age = channel["Seconds"]
    return float(age) if age.isdecimal() else 0.0
