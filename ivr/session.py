"""One caller, from the first prompt to the end, top to bottom.

The session carries out; it decides nothing. Where the caller goes is the flow's to say, who serves them the desk's. It may
break off at any moment: the ticket on the channel then brings the caller back to the same menu or the same place in line.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import assert_never

import structlog

from acd.errors import UnknownQueue
from acd.events import TurnedAway
from acd.facts import HandedOver, SurveyAnswered
from acd.names import AgentId, DialDoor, HandedTo, HandOverEnd, MessageKind, Opening, QueueId
from ivr.callback_talk import CallbackTalk
from ivr.caller import TALKED, Caller, CallerGone, CommandFailed, LinkSilent, Question
from ivr.carried import put_ticket, take_up_ticket
from ivr.dialling import Wish, customer_user
from ivr.flow import Flow, FlowStuck, Passed, step_noting
from ivr.handing_on import to_agent, to_number
from ivr.house import FaxOrder, House, MessageOrder
from ivr.looking_up import look_up
from ivr.message_talk import MessageTalk
from ivr.passing import ENDED, HUNG_UP, TO_FLOW, TO_QUEUE, Passage
from ivr.queueing import InLine, Served, standing_of, who_picked_up
from ivr.spoken_values import Said, voiced
from ivr.state import SERVED_BY, SERVED_IN, State
from ivr.steps.queue import Queue
from ivr.talk import (
    CallbackAgreed,
    CallbackDeclined,
    Digits,
    DoAndHear,
    DoAsk,
    DoAskDigits,
    DoEnterFlow,
    DoHangUp,
    DoLookUp,
    DoLookUpHours,
    Done,
    DoNoteAnswer,
    DoOfferCallback,
    DoReceiveFax,
    DoRingAgent,
    DoRingNumber,
    DoRoute,
    DoSay,
    DoTakeMessage,
    Entered,
    FaxTaken,
    HandedOn,
    Heard,
    LeftQueue,
    NoFax,
    Pressed,
    Stands,
)
from ivr.ticket import Left, Place, Ticket
from ivr.transfer import VARIABLE as TRANSFER
from ivr.transfer import queue_meant, sent_on, wish_of
from ivr.typed_ahead import TypedAhead

_log = structlog.get_logger("session")

DONE = "SWITCHBOARD_DONE"
"""Set as the last act: without it the dialplan hands the caller in again."""
FAULTS = "SWITCHBOARD_FAULTS"
"""How many sessions of this call ended in a mistake of ours."""
DIAL_STATUS = "DIALSTATUS"
MOST_FLOWS = 50
"""So many flows one session enters: more is a circle of flows, whoever wrote them."""
FAIL_SAFE = "switchboard-failsafe"
"""The dialplan context that serves callers without this service."""


@dataclass(frozen=True, slots=True)
class Dismissed:
    """The queue did not let the caller in, and neither it nor the flow says what becomes of them: the call ends."""


Over = Served | Dismissed


async def take_call(caller: Caller, house: House) -> None:
    """Serve one caller to the end, whatever happens: nobody is lost to a mistake of ours."""
    log = _log.bind(call=caller.call)
    try:
        await _Session(caller, house).run()
    except LinkSilent as silent:
        log.warning("session lost: Asterisk is asked to hand the caller in again", why=str(silent))
        if house.desk.session_lost(caller.call):
            house.hand_in(caller.call)
    except CallerGone as gone:
        house.desk.session_lost(caller.call)
        log.debug("session over", why=str(gone))  # most calls end so; broken links are told where they break
    except Exception:
        house.desk.session_lost(caller.call)
        log.exception("session failed: the caller is handed in again")
        await _after_a_fault(caller, house)


async def _after_a_fault(caller: Caller, house: House) -> None:
    """Let the dialplan hand the caller in again, but not for ever: a fault that stays ends in the fail-safe."""
    try:
        counted = await caller.get(FAULTS)
        faults = int(counted) + 1 if counted.isdecimal() else 1
        await caller.set(FAULTS, str(faults))
        if faults > house.faults_borne:
            _log.error("session failed again and again: the caller goes to the fail-safe", call=caller.call)
            await caller.leave_to(FAIL_SAFE)
    except (CallerGone, CommandFailed) as trouble:
        _log.warning("the channel did not take the fault's count", call=caller.call, why=str(trouble))


def _in_line(ticket: Ticket, place: Place) -> State:
    """Where a caller was in their flow when they had this place in line, and what it knew of them."""
    # What does not go along with the caller in line is beside their place.
    known_of_them = {**dict(place.attributes), **dict(ticket.variables)}
    return State(ticket.step, tuple(sorted(known_of_them.items())), stack=ticket.stack)


class _Session:
    def __init__(self, caller: Caller, house: House) -> None:
        self._caller, self._house = caller, house
        self._flow: Flow
        desk = house.desk
        self._passage = Passage(caller.call, desk.now, desk.note)
        self._flows_entered = 0
        self._typed = TypedAhead()
        self._left: tuple[QueueId, float] | None = None
        """The line left for another step, and when, by the desk's clock, the place in it was taken."""
        self._kept: tuple[QueueId, float] | None = None
        """The same, once the caller has declined to be called back: they may stand there again."""

    async def run(self) -> None:
        """Answer, go through the flow, queue, talk, end."""
        await self._caller.answer()
        try:
            await self._go_through()
        except LinkSilent:
            raise
        except CallerGone:
            self._passage.ends(HUNG_UP)
            raise
        await self._caller.set(DONE, "1")
        await self._caller.hang_up()

    async def _go_through(self) -> None:
        state, heard = await self._begin()
        while not isinstance(heard, Served | Dismissed):
            passed: list[Passed] = []
            state, do = step_noting(self._flow, state, heard, passed)
            self._passage.went(self._flow, state, passed)
            if isinstance(do, DoHangUp):
                self._passage.ends(ENDED)
                await self._tell(do.said, state)
                return
            try:
                if isinstance(do, DoEnterFlow):
                    self._passage.ends(TO_FLOW)
                    state, heard = self._entered(do, state), Entered()
                    continue
                if isinstance(do, DoRoute):
                    self._passage.ends(TO_QUEUE)
                heard = await self._carry_out(do, state)
            except UnknownQueue:
                state, heard = await self._taken_over(state), Entered()

    async def _begin(self) -> tuple[State, Heard | Over]:
        """Where the caller begins: at the beginning, or where the ticket says."""
        flows = self._house.flows()
        self._flow = flows.entered_by(self._caller.entry)
        carried = await take_up_ticket(self._caller, self._house)
        if await self._caller.get(TALKED):
            return await self._after_a_talk_without_us(carried)
        ticket = await self._sent_on(carried)
        if isinstance(ticket, Served):
            return self._flow.begin(self._caller.entry), ticket
        known = flows.having(ticket.flow, ticket.step, ticket.stack) if ticket else None
        self._flow = known or flows.entered_by(self._caller.entry)
        if ticket is None:
            return self._flow.begin(self._caller.entry), Entered()
        if ticket.left is not None:
            self._left = ticket.left.queue, self._house.desk.now() - ticket.left.waited_s
        # A version of the flow lives as long as the run of the service that read it: its callers go on in the one of now.
        newer = known is not None and known.version != ticket.flow_version
        _log.info("caller back", call=self._caller.call, phase=ticket.phase.value, in_newer_flow=newer)
        if ticket.place is None:
            state = State(ticket.step, ticket.variables, stack=ticket.stack)
            return (state if known else self._flow.begin(self._caller.entry)), Entered()
        state = _in_line(ticket, ticket.place)
        if not known:
            state = replace(state, step=self._flow.start, stack=())
        if ticket.place.queue not in self._house.desk.floor.plans:
            return state, Entered()
        here = self._flow.at(state).steps[state.step]
        line = self._line(state, ticket.place, here.nobody if isinstance(here, Queue) else "")
        return state, await self._gone_on(state, await line.until_served(), line)

    async def _after_a_talk_without_us(self, ticket: Ticket | None) -> tuple[State, Heard | Over]:
        """The conversation outlived the service that rang for it, and the agent hung up first: on as if it had not died.

        Only from a queue's step: a conversation with anybody else was the last of the call.
        """
        known = ticket and self._house.flows().having(ticket.flow, ticket.step, ticket.stack)
        if ticket is None or ticket.place is None or not known or await self._caller.get(TRANSFER):
            return self._flow.begin(self._caller.entry), Served()
        self._flow, place = known, ticket.place
        _log.info("caller back after a talk", call=self._caller.call)
        served = Served(place.agent or await who_picked_up(self._caller, self._house))
        state = _in_line(ticket, place)
        return state, await self._after_the_talk(state, served, place.queue)

    async def _taken_over(self, state: State) -> State:
        """Go on in the flow of now: a reload took away the queue that the caller's own version leads to.

        At the same step, or at the beginning where that is gone. Raises UnknownQueue where there is no other version.
        """
        flows = self._house.flows()
        known = flows.having(self._flow.name, state.step, state.stack)
        flow = known or flows.entered_by(self._caller.entry)
        if flow.version == self._flow.version:
            raise UnknownQueue(f"flow {flow.name} leads to a queue that is not configured")
        _log.info("the caller's queue was removed: on in the flow of now", call=self._caller.call, flow=flow.name)
        self._flow = flow
        await self._caller.music_off()
        return replace(state, tries=0) if known else State(flow.start, state.everything)

    async def _sent_on(self, ticket: Ticket | None) -> Ticket | Served | None:
        """The ticket with which the caller goes on, where an agent sent them on to another queue or to a number.

        A number that is not dialled, or where nobody answers, leaves the caller where they were.
        """
        dialled = await self._caller.get(TRANSFER)
        if not dialled:
            return ticket
        plans = self._house.desk.floor.plans
        queue = queue_meant(dialled, plans)
        if ticket is None:
            _log.warning("transferred without a ticket: the caller starts at the beginning", call=self._caller.call)
        elif queue is not None:
            ticket = sent_on(ticket, plans[queue])
            await put_ticket(self._caller, self._house, ticket)
        elif await to_number(self._caller, self._house, wish_of(ticket, dialled), ticket.flow) is HandOverEnd.TALKED:
            return Served()
        await self._caller.set(TRANSFER, "")
        return ticket

    async def _carry_out(  # noqa: C901, PLR0911, PLR0912 - one arm for each thing to do
        self, do: DoAndHear, state: State
    ) -> Heard | Over:
        match do:
            case DoSay(said):
                await self._tell(said, state)
                return Done()
            case DoAsk():
                if state.tries == 0:
                    await self._note(state)
                return Pressed(await self._ask(do, state))
            case DoAskDigits():
                if state.tries == 0:
                    await self._note(state)
                return await self._ask_digits(do, state)
            case DoTakeMessage():
                self._typed.forget()
                await self._note(state)
                order = self._order(do, state)
                talk = MessageTalk(self._caller, self._house, self._flow.speaks(state), order)
                return await talk.take(do, self._sound(do.prompt, state))
            case DoReceiveFax():
                self._typed.forget()
                await self._note(state)
                return await self._receive_fax(do, state)
            case DoRoute():
                self._typed.forget()
                return await self._stand_in_line(do, state)
            case DoOfferCallback():
                self._typed.forget()
                await self._note(state)
                return await self._offer_callback(do, state)
            case DoLookUpHours(calendar):
                return Stands(self._house.calendars.standing(calendar).opening)
            case DoLookUp():
                await self._note(state)
                prompt = self._sound(do.prompt, state) if do.prompt else ""
                return await look_up(self._caller, self._house.lookups, do, prompt, state.known)
            case DoNoteAnswer(question, answer):
                told = SurveyAnswered(self._caller.call, self._flow.name, question, answer, *self._talked(state))
                self._house.desk.note(told)
                return Done()
            case DoRingNumber() | DoRingAgent():
                return await self._hand_on(do, state)
            case _:
                assert_never(do)

    def _order(self, do: DoTakeMessage, state: State) -> MessageOrder:
        queue, agent = self._talked(state) if do.kind is MessageKind.COMMENT else (do.queue, do.agent)
        return MessageOrder(self._caller.call, do.kind, self._flow.name, state.variables, queue, agent)

    async def _receive_fax(self, do: DoReceiveFax, state: State) -> FaxTaken | NoFax:
        """What came counts, not how it ended: most machines hang up as soon as they have sent the last page."""
        call, faxes = self._caller.call, self._house.faxes
        order = FaxOrder(call, self._flow.name, state.variables, do.queue, do.agent)
        file = await faxes.begin(order)
        try:
            came = await self._caller.receive_fax(file)
        except LinkSilent:
            faxes.leave(call)
            raise
        except CallerGone:
            await faxes.keep(call, None)
            raise
        return FaxTaken() if await faxes.keep(call, came) else NoFax()

    def _talked(self, state: State) -> tuple[QueueId | None, AgentId | None]:
        """In which queue the caller has talked, and with whom, as far as that is known."""
        known = dict(state.variables)
        return QueueId(str(known.get(SERVED_IN, ""))) or None, AgentId(str(known.get(SERVED_BY, ""))) or None

    async def _hand_on(self, do: DoRingNumber | DoRingAgent, state: State) -> HandedOn:
        """Handed in again while it rings, the caller is handed on again; once they talk, nothing brings them back."""
        await self._note(state)
        if isinstance(do, DoRingAgent):
            end = await to_agent(self._caller, self._house, do, self._flow.name)
        else:
            user = customer_user(self._house.customers.known_by(self._caller.number))
            wish = Wish(self._caller.call, do.number, DialDoor.FLOW, user)
            end = await to_number(self._caller, self._house, wish, self._flow.name)
        if end is HandOverEnd.TALKED:
            # By this the dialplan knows a call whose conversation outlived the service; this one goes on after it.
            await self._caller.set(DIAL_STATUS, "")
        return HandedOn(end)

    def _entered(self, do: DoEnterFlow, state: State) -> State:
        """The beginning of another flow, in the language spoken so far where that flow has it. Raises FlowStuck."""
        self._flows_entered += 1
        if self._flows_entered > MOST_FLOWS:
            raise FlowStuck(
                f"flow {self._flow.name} and others hand their callers on to each other, and to nobody else"
            )
        told = HandedOver(self._caller.call, HandedTo.FLOW, HandOverEnd.BEGUN, self._flow.name)
        self._house.desk.note(told)
        self._flow = self._house.flows().entered_by(do.flow)
        return State(self._flow.start, state.everything)

    async def _stand_in_line(self, do: DoRoute, state: State) -> Over | LeftQueue:
        """As a newcomer, who may be turned away, or where a place is kept for them."""
        state = replace(state, secrets=())
        place = self._place(do)
        line = self._line(state, place, do.nobody)
        ended = await (line.until_served() if place.waited_s > 0 else line.once_let_in())
        if isinstance(ended, TurnedAway):
            return await self._gone_on(state, await self._treated(state, ended, do.turned_away), line)
        return await self._gone_on(state, ended, line)

    def _place(self, do: DoRoute) -> Place:
        """Where the caller stands in line: at the end, or where the callback stands that they were promised."""
        waited_s = self._waited_s(self._kept, do.queue)
        self._left = self._kept = None
        customer = self._house.customers.known_by(self._caller.number)
        if customer is not None and standing_of(do.queue, self._house).opening is Opening.OPEN:
            waited_s = max(waited_s, self._house.callbacks.waited_s(customer, do.queue))
        return Place(do.queue, do.priority, do.need, do.attributes, waited_s, customer=customer)

    async def _offer_callback(self, do: DoOfferCallback, state: State) -> CallbackAgreed | CallbackDeclined:
        place = Place(do.queue, do.priority, do.need, state.everything, self._waited_s(self._left, do.queue))
        agreed = await CallbackTalk(self._caller, self._house, self._flow.speaks(state)).agree(place)
        if isinstance(agreed, CallbackDeclined):
            self._kept = self._left
        return agreed

    def _waited_s(self, line: tuple[QueueId, float] | None, queue: QueueId) -> float:
        """How long the caller has stood in this line; not at all where it is another's."""
        return 0.0 if line is None or line[0] != queue else self._house.desk.now() - line[1]

    def _line(self, state: State, place: Place, nobody: str) -> InLine:
        return InLine(self._caller, self._house, flow=self._flow, state=state, place=place, nobody=nobody)

    async def _treated(self, state: State, turned_away: TurnedAway, way: str) -> LeftQueue | Dismissed:
        """Give the treatment: its prompt, then its step; without one, or where this flow has none such, the flow's own."""
        if turned_away.say:
            await self._say(turned_away.say, state)
        to = turned_away.divert_to if turned_away.divert_to in self._flow.at(state).steps else way
        return LeftQueue(to) if to else Dismissed()

    async def _gone_on(self, state: State, ended: Over | LeftQueue, line: InLine) -> Over | LeftQueue:
        if isinstance(ended, Served):
            return await self._after_the_talk(state, ended, line.queue)
        if isinstance(ended, LeftQueue):
            self._left = line.queue, line.joined_at
            # Handed in again from here on, the caller must not come back to the line they left.
            await self._note(replace(state, step=ended.to))
        return ended

    async def _after_the_talk(self, state: State, served: Served, queue: QueueId) -> Served | LeftQueue:
        """The call is over, unless the step leads on: the caller is then out of line, and it is known with whom they talked."""
        here = self._flow.at(state).steps[state.step]
        if not isinstance(here, Queue) or not here.after_talk:
            return served
        learned = {SERVED_BY: served.agent or "", SERVED_IN: queue}
        await self._note(state.at(here.after_talk).knowing(learned))
        await self._caller.stop_recording()
        # By this the dialplan knows a call whose conversation outlived the service; this one goes on after it.
        await self._caller.set(DIAL_STATUS, "")
        return LeftQueue(here.after_talk, learned)

    async def _note(self, state: State) -> None:
        if state.secrets:
            return  # they are in no ticket: handed in again, the caller is asked for them again
        left = None if self._left is None else Left(self._left[0], self._waited_s(self._left, self._left[0]))
        ticket = Ticket(
            self._caller.call,
            self._flow.name,
            self._flow.version,
            state.step,
            state.variables,
            left=left,
            stack=state.stack,
        )
        await put_ticket(self._caller, self._house, ticket)

    async def _say(self, prompt: str, state: State) -> None:
        await self._caller.say(self._sound(prompt, state))

    async def _tell(self, said: Said, state: State) -> None:
        for sound in self._sounds(said, state):
            self._typed.note(await self._caller.say(sound))

    async def _ask(self, ask: DoAsk, state: State) -> str:
        if state.tries > 0 or not ask.barge_in:
            self._typed.forget()
        if key := self._typed.key():
            return key
        return await self._caller.ask(Question(self._sounds(ask.said, state), ask.wait_s, ask.barge_in))

    async def _ask_digits(self, ask: DoAskDigits, state: State) -> Digits:
        if state.tries > 0:
            self._typed.forget()
        ahead, whole = self._typed.digits(ask.most)
        if whole:
            return Digits(ahead)
        sounds = () if ahead else self._sounds(ask.said, state)
        most = ask.most - len(ahead)
        if not ask.masked:
            return Digits(ahead + await self._caller.ask_digits(sounds, most, ask.wait_s))
        async with self._house.unrecorded(self._caller.call):
            return Digits(ahead + await self._caller.ask_digits(sounds, most, ask.wait_s))

    def _sounds(self, said: Said, state: State) -> tuple[str, ...]:
        voice = voiced(said, dict(state.variables), self._flow.speaks(state))
        if voice.unspoken:
            _log.warning(
                "variables are not what they should be spoken as: the flow sets something else, or nothing",
                call=self._caller.call,
                flow=self._flow.name,
                step=state.step,
                variables=voice.unspoken,
            )
        return tuple(self._sound(prompt, state) for prompt in voice.prompts)

    def _sound(self, prompt: str, state: State) -> str:
        return self._house.sounds.sound(prompt, self._flow.speaks(state))
