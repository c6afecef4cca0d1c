"""A caller in line: joins, hears music, carries out the desk's offers, until they talked or left the queue."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

import structlog

from acd.desk import Orders
from acd.errors import RequestRefused
from acd.events import (
    Abandoned,
    AskedToLeave,
    Diverted,
    Ended,
    Event,
    NobodyThere,
    Offered,
    Queued,
    SentOn,
    TurnedAway,
)
from acd.names import AgentId, CallId, CallState, OfferFailure, Opening, PhoneId, QueueId
from acd.requests import CallerJoined, CallerLeft, OfferRefused
from ivr.calendars.hours import Standing
from ivr.caller import Caller, ConversationOver, OfferFailed, Ringing
from ivr.dialling.watch import dial_watched
from ivr.flows.flow import Flow
from ivr.house import House
from ivr.state import State
from ivr.steps.talk import LeftQueue
from ivr.tickets.carried import put_ticket, ticket_text
from ivr.tickets.ticket import Place, Ticket
from ivr.transfers.joining import told_if_joined
from ivr.waiting.announcing import announcement, next_after
from ivr.waiting.keeping import kept_for
from ivr.waiting.whisper import asking_for

_log = structlog.get_logger("queueing")

ALWAYS_OPEN = Standing(Opening.OPEN)

DIALLED_PEER = "DIALEDPEERNAME"
"""The channel variable in which Dial leaves the name of the channel that it joined: `PJSIP/phone1-0000000a`."""


@dataclass(frozen=True, slots=True)
class Served:
    """The caller talked with an agent, and the agent hung up first."""

    agent: AgentId | None = None
    """With whom; None where nobody saw it."""


def standing_of(queue: QueueId, house: House) -> Standing:
    """How the queue's calendar stands. Raises UnknownQueue."""
    hours = house.desk.floor.plan(queue).door.hours
    return house.calendars.standing(hours) if hours else ALWAYS_OPEN


async def who_picked_up(caller: Caller, house: House) -> AgentId | None:
    """With whom the caller has talked: of several whose phones rang only the channel tells. None where nobody knows."""
    channel = await caller.get(DIALLED_PEER)
    return house.desk.floor.phones.get(PhoneId(channel.rpartition("-")[0]))


class InLine:
    """One caller's wait. `place` is theirs already, or the one they are about to take."""

    def __init__(self, caller: Caller, house: House, *, flow: Flow, state: State, place: Place, nobody: str) -> None:
        self._caller, self._house = caller, house
        self._flow, self._state = flow, state
        self._place = replace(place, agent=None)
        self._nobody = nobody
        self.queue = place.queue
        self.joined_at = house.desk.now() - place.waited_s
        self._told_at_s = place.waited_s
        """Up to which second of waiting announcements were made, or are no longer due."""

    async def until_served(self) -> Served | LeftQueue:
        """Wait, and carry out what the desk says. Raises CallerGone, and RequestRefused where the desk takes no such call."""
        with self._house.desk.orders(self._caller.call) as orders:
            return await self._wait(orders, await self._join(self.joined_at))

    async def once_let_in(self) -> Served | LeftQueue | TurnedAway:
        """Ask to be let in as a newcomer, then wait as above."""
        standing = standing_of(self._place.queue, self._house)
        with self._house.desk.orders(self._caller.call) as orders:
            events = await self._join(None, standing)
            turned_away = (event for event in events if isinstance(event, TurnedAway))
            return next(turned_away, None) or await self._wait(orders, events)

    async def _wait(self, orders: Orders, joined: tuple[Event, ...]) -> Served | LeftQueue:
        # Who is offered at once needs neither music nor a ticket that says they wait: each is a round trip before the
        # phone rings.
        if not any(isinstance(event, Offered) for event in joined):
            await self._note_place()
            await self._music_on()
        while True:
            order = await self._next_order(orders)
            ended = await (self._announce(orders) if order is None else self._carry_out(order, orders))
            if ended is not None:
                return ended

    async def _next_order(self, orders: Orders) -> Event | None:
        """The next order; None when an announcement is due before there is one."""
        try:
            async with asyncio.timeout(self._until_announcement_s()):
                return await self._caller.meanwhile(orders.next())
        except TimeoutError:
            return None

    async def _carry_out(self, order: Event, orders: Orders) -> Served | LeftQueue | None:
        match order:
            case Offered() as offered:
                return await self._offer(offered, orders)
            case NobodyThere() as nobody:
                return await self._nobody_there(nobody)
            case SentOn(to=to) | AskedToLeave(to=to) if to in self._flow.at(self._state).steps:
                return await self._leave_for(to)
            case Abandoned() | Diverted() | Ended():
                # The floor takes this call for over, so nobody would ever be offered it. Either the caller has gone, which
                # any command to the channel shows, or what the floor was told is wrong.
                await self._join_again()
            case _:
                pass
        return None

    async def _join(self, joined_at: float | None, standing: Standing = ALWAYS_OPEN) -> tuple[Event, ...]:
        """Take the place, the time waited stays; a newcomer (no `joined_at`) may be turned away. What it made of this call."""
        call, place = self._caller.call, self._place
        kept = await kept_for(place, self._house.desk.floor, self._house.customers)
        joins = CallerJoined(
            call,
            place.queue,
            place.priority,
            place.need,
            place.attributes,
            joined_at,
            prefer=None if kept is None else kept.agent,
            prefer_s=0.0 if kept is None else kept.for_s,
            customer=place.customer,
            opening=standing.opening,
            holiday_name=tuple(standing.name.items()),
            sent_by=place.sent_by,
        )
        if joined_at is None and self._house.desk.floor.plan(place.queue).door.too_long is not None:
            expected = self._house.desk.expected_wait_of(joins)
            joins = replace(joins, expected_wait_s=None if expected is None else expected.likely_s)
        events = await self._house.desk.ask(joins)
        about = tuple(event for event in events if getattr(event, "call", None) == call)
        for event in about:
            if isinstance(event, Queued):
                self.joined_at = event.joined_at  # earlier than asked for where a dropped place is theirs again
                if place.customer is not None:
                    await self._house.callbacks.came_back(place.customer, place.queue)
        return about

    async def _join_again(self) -> None:
        """Take the place again; first comes what shows whether the caller is still there."""
        await self._note_place()
        await self._music_on()
        await self._join(self.joined_at)

    async def _offer(self, offered: Offered, orders: Orders) -> Served | None:
        if not self._stands(offered):
            await self._return_to_line(offered, OfferFailure.EXPIRED)
            return None
        recording = await self._tape(offered)
        with dial_watched(self._caller, self._house, orders, offered.ring_s) as watch:
            async with told_if_joined(self._caller, self._house, watch, self._flow.name):
                result = await self._caller.offer(self._ringing(offered, recording))
        match result:
            case ConversationOver():
                return Served(await self._who_talked(offered))
            case OfferFailed(why):
                if recording:
                    await self._caller.stop_recording()
                await self._note_place()
                await self._music_on()
                await self._return_to_line(offered, why)
                return None

    async def _who_talked(self, offered: Offered) -> AgentId | None:
        return await who_picked_up(self._caller, self._house) if offered.others else offered.agent

    def _ringing(self, offered: Offered, recording: str) -> Ringing:
        offering, house = self._house.desk.floor.plan(offered.queue).offering, self._house
        asking = asking_for(house, offered.queue, self._waited_s())
        ticket = ticket_text(house, self._ticket(offered))
        # Ticket and recording go with the command that rings: one of their own would be a round trip before each phone rings.
        return Ringing(offered.phones, offered.ring_s, self._music(), asking, offering.pick_up, ticket, recording)

    def _stands(self, offered: Offered) -> bool:
        """Whether the offer was not withdrawn while the caller was being told something."""
        call = self._house.desk.floor.calls.get(offered.call)
        return call is not None and call.state is CallState.OFFERED and call.rung == offered.agents

    async def _return_to_line(self, offered: Offered, why: OfferFailure) -> None:
        try:
            await self._house.desk.ask(OfferRefused(offered.call, offered.agent, why))
        except RequestRefused as refused:
            # The floor believes something else of this call (that it talks, that it is over); the caller is here.
            _log.warning("offer's end refused: joining again", call=offered.call, why=str(refused))
            await self._join_again()

    async def _nobody_there(self, nobody: NobodyThere) -> LeftQueue | None:
        if nobody.say:
            await self._caller.music_off()
            await self._caller.say(self._house.sounds.sound(nobody.say, self._flow.speaks(self._state)))
            await self._music_on()
        to = nobody.divert_to if nobody.divert_to in self._flow.at(self._state).steps else self._nobody
        return await self._leave_for(to) if to else None

    def _until_announcement_s(self) -> float | None:
        """How long until something is to be said; None: never."""
        due_s = self._announcement_due_s()
        return None if due_s is None else max(0.0, due_s - self._waited_s())

    def _announcement_due_s(self) -> float | None:
        """After how many seconds of waiting something is to be said next; None: never."""
        announcing = self._house.desk.floor.plan(self._place.queue).announce
        return None if announcing is None else next_after(announcing, self._told_at_s)

    async def _announce(self, orders: Orders) -> None:
        """Tell the caller what the queue wants them told, in short prompts: an order that came is not kept waiting."""
        # The loop's timer and the desk's clock are two: one that comes a moment early is not to come twice.
        self._told_at_s = max(self._waited_s(), self._announcement_due_s() or 0.0)
        desk, call, language = self._house.desk, self._caller.call, self._flow.speaks(self._state)
        announcing, known = desk.floor.plan(self._place.queue).announce, desk.floor.calls.get(call)
        if announcing is None or known is None or known.state is not CallState.WAITING:
            return
        prompts = announcement(announcing, desk.floor.position(known), desk.expected_wait(call), language)
        stopping = _Stopping(self._house, call, self._flow.at(self._state))
        orders.arrived = stopping.look_at
        try:
            await self._caller.music_off()
            for prompt in prompts:
                if stopping.stopped:
                    break
                await self._caller.say(self._house.sounds.sound(prompt, language))
            await self._music_on()
        finally:
            orders.ignore()

    async def _leave_for(self, to: str) -> LeftQueue | None:
        try:
            await self._house.desk.ask(CallerLeft(self._caller.call, to))
        except RequestRefused:
            # Somebody became free meanwhile: the offer is among the orders.
            return None
        await self._caller.music_off()
        return LeftQueue(to)

    async def _tape(self, offered: Offered) -> str:
        """Return the file to record into; empty where the conversation is not recorded."""
        try:
            return await self._house.tape(offered, self._place.attributes, self._waited_s()) or ""
        except (OSError, ValueError):
            # A caller is served even where the recording cannot be made.
            _log.exception("recording not started", call=offered.call)
            return ""

    async def _note_place(self) -> None:
        await put_ticket(self._caller, self._house, self._ticket())

    def _ticket(self, offered: Offered | None = None) -> Ticket:
        # Of several only Asterisk knows who will talk: the phone's channel tells.
        agent = offered.agent if offered is not None and not offered.others else None
        place = replace(self._place, waited_s=self._waited_s(), agent=agent)
        flow, state, goes_along = self._flow, self._state, dict(place.attributes)
        beside = tuple((name, value) for name, value in state.variables if name not in goes_along)
        return Ticket(self._caller.call, flow.name, flow.version, state.step, beside, place, stack=state.stack)

    async def _music_on(self) -> None:
        await self._caller.music_on(self._music())

    def _waited_s(self) -> float:
        return self._house.desk.now() - self.joined_at

    def _music(self) -> str:
        return self._house.desk.floor.plan(self._place.queue).music


class _Stopping:
    """Looks at the orders that come while the caller is told something, and ends the prompt for those that cannot wait."""

    def __init__(self, house: House, call: CallId, flow: Flow) -> None:
        self._house, self._call, self._flow = house, call, flow
        self.stopped = False

    def look_at(self, order: Event) -> None:
        """An offer rings at once, and who wants to leave leaves at once."""
        match order:
            case Offered():
                self._stop()
            case AskedToLeave(to=to) if to in self._flow.steps:
                self._stop()
            case _:
                pass

    def _stop(self) -> None:
        if not self.stopped:
            self.stopped = True
            self._house.hush(self._call)
