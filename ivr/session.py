"""One caller, from the first prompt to the end, top to bottom.

The session carries out; it decides nothing. Where the caller goes is the flow's to say, who serves them the desk's. It may
break off at any moment: the ticket on the channel then brings the caller back to the same menu or the same place in line.
"""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

import structlog

from acd.errors import UnknownQueue
from acd.facts import HandedOver, SurveyAnswered
from acd.names import AgentId, DialDoor, HandedTo, HandOverEnd, MessageKind, QueueId
from ivr.caller import DIAL_STATUS, FAX, TALKED, Caller, CallerGone, CommandFailed, LinkSilent
from ivr.dialling.policy import Wish, customer_user
from ivr.flows.flow import Flow, FlowStuck, Passed, step_noting
from ivr.flows.passing import ENDED, HUNG_UP, TO_FLOW, TO_QUEUE, Passage
from ivr.house import FaxOrder, House, MessageOrder
from ivr.state import SERVED_BY, SERVED_IN, State
from ivr.steps.talk import (
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
    HandedOn,
    Heard,
    Pressed,
    Stands,
)
from ivr.talks.fax import receive_fax
from ivr.talks.fax_tone import FaxTone, sent_by_tone
from ivr.talks.lookup import look_up
from ivr.talks.message import MessageTalk
from ivr.talks.telling import Telling
from ivr.tickets.carried import put_ticket, take_up_ticket
from ivr.tickets.ticket import Place, Ticket
from ivr.transfers.going_on import goes_on_with
from ivr.transfers.handing_on import end_of_talk, talked_with, to_agent, to_number
from ivr.transfers.transfer import JOINED, wish_of
from ivr.transfers.transfer import VARIABLE as TRANSFER
from ivr.waiting.lines import Dismissed, Lines, Over
from ivr.waiting.queueing import Served, who_picked_up

_log = structlog.get_logger("session")

DONE = "SWITCHBOARD_DONE"
"""Set as the last act: without it the dialplan hands the caller in again."""
FAULTS = "SWITCHBOARD_FAULTS"
"""How many sessions of this call ended in a mistake of ours."""
MOST_FLOWS = 50
"""So many flows one session enters: more is a circle of flows, whoever wrote them."""
FAIL_SAFE = "switchboard-failsafe"
"""The dialplan context that serves callers without this service."""


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


def _talked(state: State) -> tuple[QueueId | None, AgentId | None]:
    """In which queue the caller has talked, and with whom, as far as that is known."""
    known = dict(state.variables)
    return QueueId(str(known.get(SERVED_IN, ""))) or None, AgentId(str(known.get(SERVED_BY, ""))) or None


class _Session:
    def __init__(self, caller: Caller, house: House) -> None:
        self._caller, self._house = caller, house
        self._flow: Flow
        desk = house.desk
        self._passage = Passage(caller.call, desk.now, desk.note_soon)
        self._flows_entered = 0
        self._fax_tone = FaxTone(caller)
        self._telling = Telling(caller, house)
        self._lines = Lines(caller, house, self._telling, self._note)

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
        # The dialplan hangs up once the session is over: to have it done from here would be one more command for every call.
        await self._caller.set(DONE, "1")

    async def _go_through(self) -> None:
        state, heard = await self._begin()
        while not isinstance(heard, Served | Dismissed):
            passed: list[Passed] = []
            state, do = step_noting(self._flow, state, heard, passed)
            self._passage.went(self._flow, state, passed)
            if isinstance(do, DoHangUp):
                self._passage.ends(ENDED)
                await self._telling.tell(do.said, self._flow, state)
                return
            try:
                if isinstance(do, DoEnterFlow):
                    self._passage.ends(TO_FLOW)
                    state, heard = self._entered(do, state), Entered()
                    continue
                if isinstance(do, DoRoute):
                    self._passage.ends(TO_QUEUE)
                await self._fax_tone.listen_while(do)
                heard = await self._carry_out(do, state)
            except UnknownQueue:
                state, heard = await self._taken_over(state), Entered()

    async def _begin(self) -> tuple[State, Heard | Over]:
        """Where the caller begins: at the beginning, or where the ticket says."""
        flows, caller = self._house.flows(), self._caller
        self._flow = flows.entered_by(caller.entry)
        carried = await take_up_ticket(caller, self._house)
        if await caller.get(TALKED):
            return await self._after_a_talk_without_us(carried)
        fax = sent_by_tone(flows, self._flow, caller.entry, carried) if await caller.get(FAX) else None
        if fax is None:
            return await self._begin_as(carried)
        self._flow, state = fax
        _log.info("the caller is a fax machine", call=caller.call, flow=self._flow.name)
        return state, Entered()

    async def _begin_as(self, carried: Ticket | None) -> tuple[State, Heard | Over]:
        """Where a caller begins who carries this ticket."""
        flows = self._house.flows()
        ticket = await goes_on_with(self._caller, self._house, carried)
        if isinstance(ticket, Served):
            return self._flow.begin(self._caller.entry), ticket
        known = flows.having(ticket.flow, ticket.step, ticket.stack) if ticket else None
        self._flow = known or flows.entered_by(self._caller.entry)
        if self._flow.fax and (ticket is None or ticket.place is None):
            await self._fax_tone.listen()
        if ticket is None:
            return self._flow.begin(self._caller.entry), Entered()
        if ticket.left is not None:
            self._lines.had_left(ticket.left)
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
        return state, await self._lines.stand_again(ticket.place, self._flow, state)

    async def _after_a_talk_without_us(self, ticket: Ticket | None) -> tuple[State, Heard | Over]:
        """The conversation outlived the session that rang for it, and the other hung up first: on as if it had not been lost.

        A conversation with somebody to whom an agent had sent the caller on was the last of the call. Whom an agent had asked and
        joined to the caller was part of the conversation with that agent.
        """
        known = ticket and self._house.flows().having(ticket.flow, ticket.step, ticket.stack)
        sent_to = await self._caller.get(TRANSFER)
        if ticket is not None and sent_to:
            self._house.desk.note(talked_with(wish_of(ticket, sent_to), ticket.flow))
        if sent_to == JOINED:
            sent_to = ""
            await self._caller.set(TRANSFER, "")
        if ticket is None or sent_to or not known:
            return self._flow.begin(self._caller.entry), Served()
        self._flow, place = known, ticket.place
        _log.info("caller back after a talk", call=self._caller.call)
        if place is None:
            return await self._after_handing_on_without_us(State(ticket.step, ticket.variables, stack=ticket.stack))
        served = Served(place.agent or await who_picked_up(self._caller, self._house))
        state = _in_line(ticket, place)
        return state, await self._lines.after_the_talk(self._flow, state, served, place.queue)

    async def _after_handing_on_without_us(self, state: State) -> tuple[State, Heard | Over]:
        """The caller has talked with whom their step had handed them on to; where it hands nobody on, the call is over."""
        told = end_of_talk(self._flow.at(state).steps[state.step], self._caller.call, self._flow.name)
        if told is None:
            return state, Served()
        self._house.desk.note(told)
        await self._caller.set(DIAL_STATUS, "")
        return state, HandedOn(told.end)

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

    async def _carry_out(self, do: DoAndHear, state: State) -> Heard | Over:
        heard: Heard | Over
        match do:
            case DoSay() | DoAsk() | DoAskDigits():
                heard = await self._talk(do, state)
            case DoRoute():
                self._telling.forget_keys()
                heard = await self._lines.stand(do, self._flow, state)
            case DoOfferCallback():
                self._telling.forget_keys()
                await self._note(state)
                heard = await self._lines.offer_callback(do, self._flow, state)
            case DoTakeMessage():
                self._telling.forget_keys()
                await self._note(state)
                heard = await self._take_message(do, state)
            case DoReceiveFax():
                self._telling.forget_keys()
                await self._note(state)
                order = FaxOrder(self._caller.call, self._flow.name, state.variables, do.queue, do.agent)
                heard = await receive_fax(self._caller, self._house, order)
            case DoLookUpHours(calendar):
                heard = Stands(self._house.calendars.standing(calendar).opening)
            case DoLookUp():
                await self._note(state)
                prompt = self._telling.sound(do.prompt, self._flow, state) if do.prompt else ""
                heard = await look_up(self._caller, self._house.lookups, do, prompt, state.known)
            case DoNoteAnswer(question, answer):
                told = SurveyAnswered(self._caller.call, self._flow.name, question, answer, *_talked(state))
                self._house.desk.note(told)
                heard = Done()
            case DoRingNumber() | DoRingAgent():
                heard = await self._hand_on(do, state)
            case _:
                assert_never(do)
        return heard

    async def _talk(self, do: DoSay | DoAsk | DoAskDigits, state: State) -> Heard:
        if isinstance(do, DoSay):
            await self._telling.tell(do.said, self._flow, state)
            return Done()
        if state.tries == 0:
            await self._note(state)
        if isinstance(do, DoAsk):
            return Pressed(await self._telling.ask(do, self._flow, state))
        return await self._telling.ask_digits(do, self._flow, state)

    async def _take_message(self, do: DoTakeMessage, state: State) -> Heard:
        queue, agent = _talked(state) if do.kind is MessageKind.COMMENT else (do.queue, do.agent)
        order = MessageOrder(self._caller.call, do.kind, self._flow.name, state.variables, queue, agent)
        talk = MessageTalk(self._caller, self._house, self._flow.speaks(state), order)
        return await talk.take(do, self._telling.sound(do.prompt, self._flow, state))

    async def _hand_on(self, do: DoRingNumber | DoRingAgent, state: State) -> HandedOn:
        """Handed in again while it rings, the caller is handed on again; once they have talked, they go on after it."""
        await self._note(state)
        if isinstance(do, DoRingAgent):
            end = await to_agent(self._caller, self._house, do, self._flow.name)
        else:
            user = customer_user(self._house.customers.known_by(self._caller.number))
            wish = Wish(self._caller.call, do.number, DialDoor.FLOW, user)
            end = await to_number(self._caller, self._house, wish, self._flow.name)
        if end is HandOverEnd.TALKED:
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

    async def _note(self, state: State) -> None:
        if state.secrets:
            return  # they are in no ticket: handed in again, the caller is asked for them again
        ticket = Ticket(
            self._caller.call,
            self._flow.name,
            self._flow.version,
            state.step,
            state.variables,
            left=self._lines.left,
            stack=state.stack,
        )
        await put_ticket(self._caller, self._house, ticket)
