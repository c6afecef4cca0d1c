"""One Asterisk: its link, what its events say, the world after each login, and what it must be told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace

import structlog

from acd.desk import Desk
from acd.events import Stamped
from acd.names import AgentId, CallId, NodeId, PhoneId, is_callback, node_of
from acd.requests import CallerGone, CarrierGone, ConversationTakenOver
from common.tasks import spawn
from cti_bridge.ami.callback_carrier import CONTEXT as CALLBACK_CONTEXT
from cti_bridge.ami.callback_carrier import CallbackCarrier
from cti_bridge.ami.latecomers import Latecomers
from cti_bridge.ami.link import AmiAddress, AmiLink, AmiPace
from cti_bridge.ami.phone_use import OF_CODES, PhoneUses
from cti_bridge.ami.protocol import ActionRefused, AmiError, Handler
from cti_bridge.ami.resync import TRANSFER, UNSET, VARIABLES, Place, PlaceOf, read_world, variable
from cti_bridge.ami.ringing import UnwantedRinging
from cti_bridge.ami.wire import Message
from cti_bridge.ami.words import UP, AmiWords, Leg
from cti_bridge.links import Links, ami_link

_log = structlog.get_logger("ami")

TRANSFER_CONTEXT = "switchboard-transfer"
TRANSFER_VARIABLE = "TRANSFER_CONTEXT"
"""Names the context where a channel's phone finds whom it transfers to."""
"""The dialplan's context in which queues are dialled, by name or number, to send callers on to them."""
_MUTED, _HEARD = "1", "0"
"""What MixMonitorMute calls a recording that writes silence, and one that writes what there is."""
CALLER_CONTEXT = "switchboard"
"""The dialplan's context in which callers are handed over to the service, at extension `caller`."""
STATUS_LIMIT_S = 20.0
"""How long Asterisk may take to list its channels: with hundreds of them on a machine that is short of processors it takes
seconds, and a limit that is too low would begin the list anew for ever. That the link itself lives is watched by pings."""
AFTER_THE_TALK = "came-back"
"""The label there behind which the dialplan judges what became of a session: a caller who has talked is not queued again."""
LOOKS_EVERY_S = 3.0
"""How often it is asked whether a lost session's caller still talks."""
TURN_S = 4.0
"""A caller's turn in the dialplan, between two tries to hand them over, is over by then."""
_NO_ANSWER = "19"
"""The cause (Q.850) of a phone that rang in vain: Dial takes it for its own end."""
JOINED_OUTSIDE = "*19"
"""What a caller's channel then says of where they were sent: by this their session knows it, also where it is another one."""
_OF_SESSIONS = (CALLER_CONTEXT, CALLBACK_CONTEXT, OF_CODES)
"""Where a session of ours has a channel."""
_DIALLING, _WAITING = "Dial", "Wait"
_HANDED_OVER, _DIAL_STATUS, _TALKED_S = "HANDED_OVER", "DIALSTATUS", "ANSWEREDTIME"
"""Channel variables: when the caller was handed over last, and Dial's own."""
_HELD_VARIABLES = f"{_HANDED_OVER},{_DIAL_STATUS},{_TALKED_S}"


class AsteriskNode:
    """Keeps the engine and one Asterisk of one mind. Run `run` for as long as the service lives."""

    def __init__(
        self,
        address: AmiAddress,
        desk: Desk,
        place_of: PlaceOf,
        links: Links,
        pace: AmiPace | None = None,
        uses: PhoneUses | None = None,
    ) -> None:
        self.name = f"asterisk {address.node}"
        self._node = address.node
        self._desk = desk
        self._read_ticket = place_of
        self._uses = PhoneUses() if uses is None else uses
        self._words = AmiWords(self._agent_on, self._in_line, self._uses)
        self._ringing = UnwantedRinging(self._words, self._hang_up, self._is_asked)
        self._latecomers = Latecomers(desk.post)
        self.ears: Mapping[str, Handler] = {event: self._heard(event) for event in self._words.ears}
        """What hears which of Asterisk's events."""
        name = ami_link(address.node)
        self._link = AmiLink(
            address,
            self.ears,
            on_login=self._resync,
            on_up=lambda _: links.up(name),
            on_down=lambda _: self._down(links),
            pace=pace,
        )
        self.callbacks = CallbackCarrier(address.node, desk, self._link.act, self._words)
        links.expect(name)
        self.corrections = 0
        """What logins brought to light: events by which the floor was made equal to Asterisk, a start's own included."""
        self.seen = asyncio.Event()
        """Set once it is known which callers this Asterisk has."""

    @property
    def node(self) -> NodeId:
        """Its system name."""
        return self._node

    async def run(self) -> None:
        """Keep the link, until cancelled."""
        await self._link.run()

    def take(self, stamped: Stamped) -> None:
        """An event of the engine, as far as Asterisk is concerned by it."""
        self._ringing.take(stamped.event)
        self._latecomers.take(stamped.event)
        self.callbacks.take(stamped.event)

    def has(self, call: CallId) -> bool:
        """Whether a call or callback is one of this Asterisk's."""
        return node_of(call) == self._node

    def hush(self, call: CallId) -> None:
        """End at once what is being played to a caller."""
        spawn(self._hush(call), f"end what is played to call {call}")

    @asynccontextmanager
    async def unrecorded(self, call: CallId) -> AsyncIterator[None]:
        """Have whatever records this call write silence inside the `async with`."""
        await self._mute(call, _MUTED)
        try:
            yield
        finally:
            await self._mute(call, _HEARD)

    def hand_in(self, call: CallId) -> None:
        """Have the dialplan hand a caller in again who is held in a session that is cut off; end an agent's channel there."""
        self._words.cut_off(call)
        spawn(self._hand_in(call), f"hand in call {call} again")

    async def dial_is_over(self, call: CallId) -> bool:
        """Whether the caller's channel is idle in their session: nobody is dialled for them. False: not, or not known."""
        try:
            return any(_is_held(channel) for channel in (await self._link.act("Status", ("Channel", call))).items)
        except AmiError:
            return False

    def end_ringing(self, call: CallId) -> None:
        """End what still rings for a caller. Somebody who has picked up is left alone."""
        for channel in self._words.ringing_for(call):
            spawn(self._end_ringing(call, channel), f"end what rings too long for call {call}")

    def end_lines_of_nobody(self) -> None:
        """Hang up agents' lines to numbers outside that they ask for no caller any more."""
        for asked in self._words.far_ends.lines() if self.seen.is_set() else ():
            if not self._talks_with_a_caller(asked.phone):
                _log.warning("a line to a number outside is hung up: its caller is gone", call=asked.line)
                spawn(self._end_line(asked.line), f"hang up line {asked.line}")

    def resume(self) -> None:
        """Withdrawn offers that were missed end with their ringing time."""
        self.callbacks.attach()

    def _down(self, links: Links) -> None:
        links.down(ami_link(self._node))
        self._uses.lost()
        self.callbacks.link_down()

    def _heard(self, event: str) -> Handler:
        understand = self._words.ears[event]

        def hear(message: Message) -> None:
            for request in understand(message):
                if isinstance(request, CallerGone):
                    self._latecomers.gone(request.call)
                if isinstance(request, ConversationTakenOver) and request.agent is not None:
                    spawn(self._may_send_on(request.call), f"let who took over call {request.call} send it on")
                if isinstance(request, ConversationTakenOver) and self._words.far_ends.talks_with_one(request.call):
                    spawn(self._note_join(request.call), f"note where call {request.call} was sent")
                self._desk.post(request)
                if isinstance(request, CarrierGone):
                    self.callbacks.attach()
            self._ringing.look(CallId(message["Uniqueid"]))

        return hear

    async def _resync(self, link: AmiLink) -> None:
        status = await link.act("Status", ("Variables", VARIABLES), limit_s=STATUS_LIMIT_S)
        world = read_world(self._node, status.items, self._place_of, self._agent_on, self._desk.now())
        in_use = tuple(sorted({*world.seen.phones_in_use, *self._uses.elsewhere()}))
        found = world.seen.callbacks
        self._words.adopt(world.legs, world.uses, (callback.call for callback in found), world.asked)
        events = await self._desk.ask(replace(world.seen, phones_in_use=in_use))
        self.corrections += len(events)
        self.callbacks.link_up(found)
        self.seen.set()
        for channel in filter(_waits, status.items):
            call = CallId(channel["Uniqueid"])
            spawn(self._free_if_stuck(call), f"see that call {call} comes out of the dialplan")
        _log.info("world rebuilt", node=self._node, callers=len(world.seen.calls), differences=len(events))

    def _place_of(self, call: CallId, ticket: str) -> Place | None:
        """Read the ticket; a caller whom the floor knows keeps their place even where it cannot be read."""
        place = self._read_ticket(call, ticket)
        known = self._desk.floor.calls.get(call)
        if place is not None or known is None:
            return place
        return Place(
            known.queue,
            known.priority,
            known.need,
            known.attributes,
            known.joined_at,
            None if len(known.offered) > 1 else known.agent,
            known.customer,
        )

    async def send_on(self, call: CallId, to: str) -> None:
        """Take the caller out of the conversation and to this queue or number. Raises AmiError: ActionRefused changes nothing."""
        self._words.sending_on(call)
        try:
            await self._link.act(
                "Redirect", ("Channel", call), ("Context", TRANSFER_CONTEXT), ("Exten", to), ("Priority", "1")
            )
        except ActionRefused:
            self._words.not_sent_on(call)
            raise

    async def _may_send_on(self, call: CallId) -> None:
        """Have the phone of who talks with the caller now find the queues by its own transfer: it was on a private call."""
        for leg in self._words.legs_of(call):
            variable = ("Variable", TRANSFER_VARIABLE), ("Value", TRANSFER_CONTEXT)
            try:
                await self._link.act("Setvar", ("Channel", leg.channel), *variable)
            except AmiError as error:
                # They have hung up, or the link is down: then the phone goes on from phone to phone, and the API sends on.
                _log.info("a phone that took a caller over finds no queues", call=call, reason=str(error))

    async def _note_join(self, call: CallId) -> None:
        """Put on a caller's channel that they were joined to a number outside, for sessions to come and for logins of ours."""
        try:
            await self._link.act("Setvar", ("Channel", call), ("Variable", TRANSFER), ("Value", JOINED_OUTSIDE))
        except AmiError as error:
            # They have hung up, or the link is down: what comes of it is then told by the session that they have.
            _log.info("a caller's channel does not tell where they were sent", call=call, reason=str(error))

    def _agent_on(self, phone: PhoneId) -> AgentId | None:
        return self._desk.floor.phones.get(phone)

    def _talks_with_a_caller(self, phone: PhoneId) -> bool:
        floor = self._desk.floor
        agent = floor.agents.get(floor.phones.get(phone, AgentId("")))
        call = None if agent is None or agent.call is None else floor.calls.get(agent.call)
        return call is not None and call.in_conversation

    def _in_line(self, call: CallId) -> bool:
        """One who talks is offered nobody any more: what is dialled for them then is a transfer, or the site's own."""
        known = self._desk.floor.calls.get(call)
        return known is not None and not known.in_conversation

    def _is_asked(self, call: CallId) -> bool:
        floor = self._desk.floor
        known = floor.calls.get(call)
        return known is not None and known.callback is None and floor.plans[known.queue].offering.asks

    def _hang_up(self, leg: Leg) -> None:
        spawn(self._end(leg), f"hang up the phone that rings for call {leg.call}")

    async def _hush(self, call: CallId) -> None:
        try:
            await self._link.act("ControlPlayback", ("Channel", call), ("Control", "stop"))
        except AmiError as error:
            # The prompt is over by itself, or the link is down: then it ends in its own time.
            _log.info("a prompt was not ended", call=call, reason=str(error))

    async def _mute(self, call: CallId, state: str) -> None:
        try:
            await self._link.act("MixMonitorMute", ("Channel", call), ("Direction", "both"), ("State", state))
        except AmiError as error:
            # Mostly nothing records the call; keys come as RFC 4733 and are in no sound anyway.
            _log.debug("no recording was muted", call=call, reason=str(error))

    async def _hand_in(self, call: CallId) -> None:
        try:
            channel = await self._when_held(call)
            if channel is not None and is_callback(call):
                await self._link.act("Hangup", ("Channel", call))
            elif channel is not None:
                at = AFTER_THE_TALK if _has_talked(channel) else "1"
                await self._link.act(
                    "Redirect", ("Channel", call), ("Context", CALLER_CONTEXT), ("Exten", "caller"), ("Priority", at)
                )
        except AmiError as error:
            # They hung up, or the link is down as well: then the watchdog frees them.
            _log.info("a caller was not handed in again", call=call, reason=str(error))

    async def _when_held(self, call: CallId) -> Message | None:
        """The caller's channel, once it is idle in the session that was lost; None where they are no longer in it."""
        handed_over = ""
        while True:
            found = (await self._link.act("Status", ("Channel", call), ("Variables", _HELD_VARIABLES))).items
            if not found or found[0]["Context"] not in _OF_SESSIONS:
                return None
            if handed_over not in ("", variable(found[0], _HANDED_OVER)):
                return None  # in another session by now
            if _is_held(found[0]):
                return found[0]
            if found[0]["Application"] != _DIALLING:
                return None
            handed_over = variable(found[0], _HANDED_OVER)
            await asyncio.sleep(LOOKS_EVERY_S)

    async def _free_if_stuck(self, call: CallId) -> None:
        """Hand a caller over whose turn in the dialplan does not end: its clock set back, Asterisk waits for hours."""
        try:
            before = await self._turn_of(call)
            if before and await self._turn_of(call) == before:
                _log.warning(
                    "a caller was stuck in the dialplan and is handed over: was Asterisk's clock set?", call=call
                )
                await self._link.act(
                    "Redirect", ("Channel", call), ("Context", CALLER_CONTEXT), ("Exten", "caller"), ("Priority", "1")
                )
        except AmiError as error:
            # They hung up, or the link is down: after the next login it is looked again.
            _log.info("whether a caller is stuck in the dialplan is not known", call=call, reason=str(error))

    async def _turn_of(self, call: CallId) -> str:
        """When the turn began that the caller is in after `TURN_S`, by Asterisk's clock; empty where they are in none."""
        await asyncio.sleep(TURN_S)
        known = self._desk.floor.calls.get(call)
        if known is not None and known.attached:
            return ""
        found = (await self._link.act("Status", ("Channel", call), ("Variables", _HANDED_OVER))).items
        return variable(found[0], _HANDED_OVER) if found and _waits(found[0]) else ""

    async def _end_ringing(self, call: CallId, channel: str) -> None:
        try:
            found = (await self._link.act("Status", ("Channel", channel))).items
            if found and found[0]["ChannelState"] != UP:
                _log.warning("a phone rings for too long and is ended: was Asterisk's clock set?", call=call)
                await self._link.act("Hangup", ("Channel", channel), ("Cause", _NO_ANSWER))
        except AmiError as error:
            # It stopped by itself, or the link is down: it is looked again.
            _log.info("what rings too long was not ended", call=call, reason=str(error))

    async def _end_line(self, line: CallId) -> None:
        try:
            await self._link.act("Hangup", ("Channel", line))
        except AmiError as error:
            # It is hung up already, or the link is down: then the longest talk ends it.
            _log.info("a phone's line was not hung up", call=line, reason=str(error))

    async def _end(self, leg: Leg) -> None:
        try:
            await self._link.act("Hangup", ("Channel", leg.channel))
        except AmiError as error:
            # The leg is gone by itself, or the link is: then its ringing time ends it.
            _log.info("a phone that rings in vain was not hung up", call=leg.call, reason=str(error))


def _is_held(channel: Message) -> bool:
    return channel["Context"] in _OF_SESSIONS and channel["Application"] == "AGI"


def _waits(channel: Message) -> bool:
    """Whether a caller waits in the dialplan until they are handed over again."""
    return (channel["Context"], channel["Application"]) == (CALLER_CONTEXT, _WAITING)


def _has_talked(channel: Message) -> bool:
    """As the dialplan asks it: a conversation went on without its session, and is over."""
    return variable(channel, _DIAL_STATUS) == "ANSWER" and variable(channel, _TALKED_S) not in ("", UNSET)
