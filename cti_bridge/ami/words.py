"""What Asterisk's events say in the engine's words. Pure: it holds channel facts only, which leg was dialled for which caller.

A caller's channel is the call; a *leg* is a channel dialled for it, an agent's phone. The order of events is written down in
docs/asterisk-notes.md: `DialBegin`, `DialEnd` (ANSWER, or why not: with ANSWER the agent has heard and pressed what there was
to, and is joined to the caller), `HangupRequest` on the channel of who hangs up first, and `Hangup` of both channels in either
order. Whatever else a phone is used for is no leg, and keeps the phone in use.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from acd.names import AgentId, CallId, EndedBy, OfferFailure, PhoneId, Side, is_callback
from acd.requests import (
    CallerGone,
    CallHeld,
    CallResumed,
    CarrierGone,
    ConversationEnded,
    ConversationStarted,
    ConversationTakenOver,
    KeyPressed,
    OfferRefused,
    OneOfSeveralRefused,
    Request,
)
from cti_bridge.ami.far_ends import Asked, FarEnds
from cti_bridge.ami.phone_use import OF_CODES, OF_PHONES, PhoneUses, Use
from cti_bridge.ami.wire import Message

AgentOn = Callable[[PhoneId], AgentId | None]
"""Who is signed in on a phone."""
InLine = Callable[[CallId], bool]
"""Whether a channel is a caller in line, to whom phones are offered."""
Said = tuple[Request, ...]

ANSWERED, CANCELLED = "ANSWER", "CANCEL"
_FAILURE = "Failure"
_INTO_BRIDGE = "Bridge"
"""What AMI names as the end of an attended transfer (DestType) where both others are joined."""
_STOPPED: Mapping[str, OfferFailure] = {
    CANCELLED: OfferFailure.ANSWERED_ELSEWHERE,
    "BUSY": OfferFailure.BUSY,
    "NOANSWER": OfferFailure.NO_ANSWER,
    "CHANUNAVAIL": OfferFailure.UNREACHABLE,
    "CONGESTION": OfferFailure.UNREACHABLE,
    "CONTINUE": OfferFailure.REFUSED,
}
"""How one phone's ringing ended (DialStatus), in the engine's words."""
UP = "6"
"""The state of a channel that was answered (ChannelState); its hang-up still has it."""
_FROM_CALLER = "Received"
"""How AMI calls the direction of a key that a channel's own telephone sent."""
OF_CALLERS = "switchboard"
"""The dialplan's context in which callers are handed to the service: what is dialled for one who is in no line is a far end."""
FAILSAFE = "switchboard-failsafe"
"""The dialplan's context in which Asterisk serves callers alone: they keep their ticket, and get no offer of ours any more."""


_WHY = {"1": OfferFailure.REFUSED, "3": OfferFailure.NO_ANSWER, "5": OfferFailure.BUSY}
"""What OriginateResponse gives as the reason of a failure (a control frame's number); anything else is unreachable.

A phone that refuses with 486 is BUSY, as for Dial.
"""


class LegState(StrEnum):
    """Where a dialled channel stands."""

    RINGING = "ringing"
    """It rings, or its agent has picked up and is being asked: Asterisk tells only what comes of it."""
    TALKING = "talking"


@dataclass(frozen=True, slots=True)
class Leg:
    """A channel dialled for a caller. `id` is its Uniqueid, `channel` its name (`PJSIP/phone1-0000000a`)."""

    id: str
    channel: str
    call: CallId
    agent: AgentId | None
    state: LegState

    @property
    def phone(self) -> PhoneId:
        """The phone that was dialled."""
        return phone_of(self.channel)


def phone_of(channel: str) -> PhoneId:
    """The phone a channel belongs to: its name without the serial number that Asterisk hangs on it."""
    return PhoneId(channel.rpartition("-")[0])


class AmiWords:
    """One Asterisk's dialled legs, its phones in use for something else, and the requests its events amount to."""

    def __init__(self, agent_on: AgentOn, in_line: InLine, uses: PhoneUses | None = None) -> None:
        self._agent_on = agent_on
        self._in_line = in_line
        self._legs: dict[str, Leg] = {}
        self._uses = PhoneUses() if uses is None else uses
        self.far_ends = FarEnds()
        """Who was dialled and serves no line."""
        self._ended_by: dict[str, EndedBy] = {}
        """Of talking legs: who is ending the conversation. By leg, for a caller who was sent on may talk again before the phone
        they talked with before is gone."""
        self.carriers: set[CallId] = set()
        """Callbacks whose channel, the agent's own, is there."""
        self._cut: set[CallId] = set()
        """Those of them whose session was cut off."""
        self._gave_up: set[CallId] = set()
        self.ears: Mapping[str, Callable[[Message], Said]] = {
            "Newchannel": self._channel_begun,
            "DialBegin": self._dial_begun,
            "DialEnd": self._dial_ended,
            "Hold": self._held,
            "Unhold": self._resumed,
            "DTMFEnd": self._key_pressed,
            "BlindTransfer": self._sent_on,
            "AttendedTransfer": self._handed_over,
            "HangupRequest": self._hanging_up,
            "Hangup": self._hung_up,
            "OriginateResponse": self._originated,
        }
        """Per event that means something here, what makes requests of it."""

    def adopt(
        self,
        legs: Iterable[Leg],
        uses: Iterable[Use] = (),
        carriers: Iterable[CallId] = (),
        asked: Iterable[Asked] = (),
    ) -> None:
        """Know these legs, other uses of phones, carriers of callbacks and whom agents ask outside: what a login has found."""
        self.carriers = set(carriers)
        self._cut &= self.carriers
        self._legs = {leg.id: leg for leg in legs}
        self._gave_up.clear()
        self.far_ends.adopt(asked)
        self._uses.adopt(uses)
        self._ended_by.clear()

    def cut_off(self, call: CallId) -> None:
        """The session of this call is cut off: where it carries a callback, the channel's end is nobody's doing."""
        if call in self.carriers:
            self._cut.add(call)

    def legs_of(self, call: CallId) -> Iterator[Leg]:
        """The channels dialled for a caller that are still there."""
        return (leg for leg in self._legs.values() if leg.call == call)

    def ringing_for(self, call: CallId) -> tuple[str, ...]:
        """The channels (Uniqueid) dialled for a caller, or by them or on this line, of which nobody was joined to them yet."""
        legs = (leg.id for leg in self.legs_of(call) if leg.state is LegState.RINGING)
        return (*legs, *self.far_ends.ringing_for(call))

    def gave_up(self, call: CallId) -> bool:
        """Whether the caller has hung up before being joined to anybody, and their channel is still there."""
        return call in self._gave_up

    def _channel_begun(self, event: Message) -> Said:
        """A phone that dials by itself begins a chain of linked channels; one that is dialled joins its caller's."""
        if is_callback(event["Uniqueid"]):
            self.carriers.add(CallId(event["Uniqueid"]))
        if event["Context"] != OF_PHONES or event["Uniqueid"] != event["Linkedid"]:
            return ()
        return self._uses.begun(Use(event["Uniqueid"], phone_of(event["Channel"])))

    def _dial_begun(self, event: Message) -> Said:
        call, leg_id, channel = CallId(event["Uniqueid"]), event["DestUniqueid"], event["DestChannel"]
        in_line = self._in_line(call)
        if in_line:
            # What is dialled for a callback is the customer; the agent is on the channel that dials.
            phone = phone_of(event["Channel"] if is_callback(call) else channel)
            self._legs[leg_id] = Leg(leg_id, channel, call, self._agent_on(phone), LegState.RINGING)
        elif event["Context"] == OF_CALLERS:
            self.far_ends.dialled(leg_id, call)
        elif event["Context"] == OF_CODES:
            self.far_ends.asked(Asked(leg_id, call, phone_of(event["Channel"])))
        if event["DestContext"] != OF_PHONES or (in_line and event["Context"] != FAILSAFE):
            return ()
        return self._uses.begun(Use(leg_id, phone_of(channel)))

    def _dial_ended(self, event: Message) -> Said:
        leg = self._legs.get(event["DestUniqueid"])
        if leg is None:
            return self.far_ends.answered(event["DestUniqueid"]) if event["DialStatus"] == ANSWERED else ()
        if event["DialStatus"] != ANSWERED:
            return self._rings_no_more(leg, event["DialStatus"])
        # An agent may have signed in between the dial and the answer, never changed: phones are one agent's at a time.
        agent = leg.agent or self._agent_on(leg.phone)
        self._legs[leg.id] = replace(leg, agent=agent, state=LegState.TALKING)
        return () if agent is None else (ConversationStarted(leg.call, agent),)

    def _rings_no_more(self, leg: Leg, status: str) -> Said:
        """Of several phones one has stopped ringing. Where it is the only one, the dial's end tells the caller's session."""
        several = any(other.id != leg.id for other in self.legs_of(leg.call))
        if leg.agent is None or not several or (status == CANCELLED and self.gave_up(leg.call)):
            return ()
        return (OneOfSeveralRefused(leg.call, leg.agent, _STOPPED.get(status, OfferFailure.ERROR)),)

    def _held(self, event: Message) -> Said:
        """`Hold` is told of the channel whose phone put the other one on hold."""
        talking = self._talking(event["Uniqueid"])
        return () if talking is None else (CallHeld(*talking),)

    def _resumed(self, event: Message) -> Said:
        talking = self._talking(event["Uniqueid"])
        return () if talking is None else (CallResumed(*talking),)

    def _talking(self, channel: str) -> tuple[CallId, Side] | None:
        """The conversation that a channel is one side of, and which: for a callback the leg is the customer."""
        leg = self._legs.get(channel)
        if leg is not None:
            side = Side.CALLER if is_callback(leg.call) else Side.AGENT
            return (leg.call, side) if leg.state is LegState.TALKING else None
        talks = any(self._talking_legs(CallId(channel)))
        return (CallId(channel), Side.AGENT if is_callback(channel) else Side.CALLER) if talks else None

    def _key_pressed(self, event: Message) -> Said:
        """A key counts where a caller in line pressed it; what else is dialled is nobody's business here."""
        call = CallId(event["Uniqueid"])
        if event["Direction"] != _FROM_CALLER or not self._in_line(call):
            return ()
        return (KeyPressed(call, event["Digit"]),)

    def _hanging_up(self, event: Message) -> Said:
        """Note who of two who talk hangs up first. A phone that refuses, a caller who gives up, end no conversation."""
        channel = event["Uniqueid"]
        leg = self._legs.get(channel)
        if leg is not None and leg.state is LegState.TALKING:
            self._ended_by.setdefault(leg.id, EndedBy.CALLER if is_callback(leg.call) else EndedBy.AGENT)
        for talking in self._talking_legs(CallId(channel)):
            self._ended_by.setdefault(talking.id, EndedBy.AGENT if is_callback(channel) else EndedBy.CALLER)
        if self._talking(channel) is None and any(self.legs_of(CallId(channel))):
            self._gave_up.add(CallId(channel))
        return ()

    def _sent_on(self, event: Message) -> Said:
        """A phone's own transfer of the caller it talks with (SIP REFER)."""
        if event["Result"] == "Success" and (leg := self._legs.get(event["TransfererUniqueid"])) is not None:
            self.sending_on(leg.call)
        return ()

    def _handed_over(self, event: Message) -> Said:
        """A phone has joined the caller it talks with to whom it had called (SIP REFER with Replaces), from either call."""
        transferers = (event["OrigTransfererUniqueid"], event["SecondTransfererUniqueid"])
        leg = next((self._legs[channel] for channel in transferers if channel in self._legs), None)
        if event["Result"] != "Success" or leg is None or leg.state is not LegState.TALKING:
            return ()
        others = ((event[f"{who}Uniqueid"], event[f"{who}Channel"]) for who in ("Transferee", "TransferTarget"))
        joined = next((other for other in others if other[0] not in ("", leg.call)), None)
        if joined is None or event["DestType"] != _INTO_BRIDGE or leg.agent is None or is_callback(leg.call):
            # Whom they had called has not picked up, or it is the customer of a callback whose carrier leaves.
            self.sending_on(leg.call)
            return ()
        del self._legs[leg.id]
        self._ended_by.pop(leg.id, None)
        return self._joined_to(leg.call, leg.agent, *joined)

    def _joined_to(self, call: CallId, before: AgentId, joined: str, channel: str) -> Said:
        """The caller talks with another channel from now on; where nobody is signed in there, it stays a use of the phone."""
        agent = self._agent_on(phone_of(channel))
        taken_over = ConversationTakenOver(call, before, agent)
        if agent is None:
            # First who is there, then that the conversation is over: the caller's session is to know why it talks on.
            return (*self.far_ends.joined(joined, call), taken_over)
        self._legs[joined] = Leg(joined, channel, call, agent, LegState.TALKING)
        # First they talk, then the phone is free of its private call: else the agent would be offered somebody in between.
        return (taken_over, *self._uses.over(joined))

    def sending_on(self, call: CallId) -> None:
        """What ends this call's conversation now is a transfer, whichever channel goes first."""
        for leg in self._talking_legs(call):
            self._ended_by[leg.id] = EndedBy.TRANSFER

    def not_sent_on(self, call: CallId) -> None:
        """The transfer came to nothing."""
        for leg in self._talking_legs(call):
            self._ended_by.pop(leg.id, None)

    def _talking_legs(self, call: CallId) -> Iterator[Leg]:
        return (leg for leg in self.legs_of(call) if leg.state is LegState.TALKING)

    def _hung_up(self, event: Message) -> Said:
        # First the phone is free, then the conversation over: the agent is ready at once, not in use for one more moment.
        channel = event["Uniqueid"]
        return (*self._uses.over(channel), *self.far_ends.gone(channel), *self._left(event))

    def _left(self, event: Message) -> Said:
        leg = self._legs.pop(event["Uniqueid"], None)
        if leg is not None:
            return self._ended(leg)
        call = CallId(event["Uniqueid"])
        orphans = tuple(self.legs_of(call))
        said = tuple(request for leg in orphans for request in self._ended(leg))
        for leg in orphans:
            del self._legs[leg.id]
        self._gave_up.discard(call)
        if is_callback(call):
            cut = call in self._cut
            self.carriers.discard(call)
            self._cut.discard(call)
            return (*said, CarrierGone(call, picked_up=event["ChannelState"] == UP, cut=cut))
        return (*said, CallerGone(call))

    def _originated(self, event: Message) -> Said:
        """The agent's phone was called for a callback: only a failure says something, an answer begins a session."""
        call, agent = CallId(event["Exten"]), self._agent_on(PhoneId(event["Channel"]))
        if not is_callback(call) or event["Response"] != _FAILURE or agent is None:
            return ()
        refused = OfferRefused(call, agent, _WHY.get(event["Reason"], OfferFailure.UNREACHABLE))
        # A phone that is not registered gets no channel, whose end could tell that it is over.
        return (refused,) if call in self.carriers else (refused, CarrierGone(call))

    def _ended(self, leg: Leg) -> Said:
        by = self._ended_by.pop(leg.id, EndedBy.UNKNOWN)
        if leg.state is not LegState.TALKING or leg.agent is None:
            return ()
        return (ConversationEnded(leg.call, leg.agent, by),)
