"""The lines one caller stands in, one after the other: as a newcomer, again after a crash, or where a place was kept for them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from acd.events import TurnedAway
from acd.names import Opening, QueueId
from ivr.caller import DIAL_STATUS, Caller
from ivr.flows.flow import Flow
from ivr.house import House
from ivr.state import SERVED_BY, SERVED_IN, State
from ivr.steps.queue import Queue
from ivr.steps.talk import CallbackAgreed, CallbackDeclined, DoOfferCallback, DoRoute, LeftQueue
from ivr.talks.callback import CallbackTalk
from ivr.talks.telling import Telling
from ivr.tickets.ticket import Left, Place
from ivr.waiting.queueing import InLine, Served, standing_of


@dataclass(frozen=True, slots=True)
class Dismissed:
    """The queue did not let the caller in, and neither it nor the flow says what becomes of them: the call ends."""


Over = Served | Dismissed


class Lines:
    """One caller's lines. `note` puts the ticket of a state on the channel. Methods raise CallerGone and UnknownQueue."""

    def __init__(
        self, caller: Caller, house: House, telling: Telling, note: Callable[[State], Awaitable[None]]
    ) -> None:
        self._caller, self._house, self._telling, self._note = caller, house, telling, note
        self._left: tuple[QueueId, float] | None = None
        """The line left for another step, and when, by the desk's clock, the place in it was taken."""
        self._kept: tuple[QueueId, float] | None = None
        """The same, once the caller has declined to be called back: they may stand there again."""

    @property
    def left(self) -> Left | None:
        """The line that the caller left for the step they are at."""
        return None if self._left is None else Left(self._left[0], self._waited_s(self._left, self._left[0]))

    def had_left(self, left: Left) -> None:
        """The ticket says that they had left this line."""
        self._left = left.queue, self._house.desk.now() - left.waited_s

    async def stand(self, do: DoRoute, flow: Flow, state: State) -> Over | LeftQueue:
        """As a newcomer, who may be turned away, or where a place is kept for them."""
        state = replace(state, secrets=())
        place = self._place(do)
        line = self._line(flow, state, place, do.nobody)
        ended = await (line.until_served() if place.waited_s > 0 else line.once_let_in())
        if isinstance(ended, TurnedAway):
            return await self._gone_on(flow, state, await self._treated(flow, state, ended, do.turned_away), line)
        return await self._gone_on(flow, state, ended, line)

    async def stand_again(self, place: Place, flow: Flow, state: State) -> Over | LeftQueue:
        """In the place that the ticket says."""
        here = flow.at(state).steps[state.step]
        line = self._line(flow, state, place, here.nobody if isinstance(here, Queue) else "")
        return await self._gone_on(flow, state, await line.until_served(), line)

    async def offer_callback(self, do: DoOfferCallback, flow: Flow, state: State) -> CallbackAgreed | CallbackDeclined:
        """Agree on a call back with the time they have waited; who declines may stand where they stood."""
        place = Place(do.queue, do.priority, do.need, state.everything, self._waited_s(self._left, do.queue))
        agreed = await CallbackTalk(self._caller, self._house, flow.speaks(state)).agree(place)
        if isinstance(agreed, CallbackDeclined):
            self._kept = self._left
        return agreed

    async def after_the_talk(self, flow: Flow, state: State, served: Served, queue: QueueId) -> Served | LeftQueue:
        """The call is over, unless the step leads on: the caller is then out of line, and it is known with whom they talked."""
        here = flow.at(state).steps[state.step]
        if not isinstance(here, Queue) or not here.after_talk:
            return served
        learned = {SERVED_BY: served.agent or "", SERVED_IN: queue}
        await self._note(state.at(here.after_talk).knowing(learned))
        await self._caller.stop_recording()
        await self._caller.set(DIAL_STATUS, "")
        return LeftQueue(here.after_talk, learned)

    def _place(self, do: DoRoute) -> Place:
        """Where the caller stands in line: at the end, or where the callback stands that they were promised."""
        waited_s = self._waited_s(self._kept, do.queue)
        self._left = self._kept = None
        customer = self._house.customers.known_by(self._caller.number)
        if customer is not None and standing_of(do.queue, self._house).opening is Opening.OPEN:
            waited_s = max(waited_s, self._house.callbacks.waited_s(customer, do.queue))
        return Place(do.queue, do.priority, do.need, do.attributes, waited_s, customer=customer)

    def _waited_s(self, line: tuple[QueueId, float] | None, queue: QueueId) -> float:
        """How long the caller has stood in this line; not at all where it is another's."""
        return 0.0 if line is None or line[0] != queue else self._house.desk.now() - line[1]

    def _line(self, flow: Flow, state: State, place: Place, nobody: str) -> InLine:
        return InLine(self._caller, self._house, flow=flow, state=state, place=place, nobody=nobody)

    async def _treated(self, flow: Flow, state: State, turned_away: TurnedAway, way: str) -> LeftQueue | Dismissed:
        """Give the treatment: its prompt, then its step; without one, or where this flow has none such, the flow's own."""
        if turned_away.say:
            await self._telling.say(turned_away.say, flow, state)
        to = turned_away.divert_to if turned_away.divert_to in flow.at(state).steps else way
        return LeftQueue(to) if to else Dismissed()

    async def _gone_on(self, flow: Flow, state: State, ended: Over | LeftQueue, line: InLine) -> Over | LeftQueue:
        if isinstance(ended, Served):
            return await self.after_the_talk(flow, state, ended, line.queue)
        if isinstance(ended, LeftQueue):
            self._left = line.queue, line.joined_at
            # Handed in again from here on, the caller must not come back to the line they left.
            await self._note(replace(state, step=ended.to))
        return ended
