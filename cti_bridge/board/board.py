"""The board: engine events in, changed views out. It remembers what it last said, and says only what is different."""

from __future__ import annotations

from collections import deque
from collections.abc import Container, Iterable
from dataclasses import dataclass
from typing import TypeVar

from acd.desk import Desk
from acd.events import (
    Abandoned,
    AgentStateChanged,
    AgentWish,
    Diverted,
    Event,
    PhoneUseChanged,
    PlansLoaded,
    SkillsChanged,
    Stamped,
    TurnedAway,
)
from acd.names import AgentId, CallId, QueueId
from cti_bridge.board.figures import DayFigures
from cti_bridge.board.viewer import Viewer
from cti_bridge.board.views import AgentView, CallView, EventView, Gone, HoursView, LinksView, QueueView, View
from cti_bridge.board.wall_times import DIGITS

EXPLAINED_AT_ONCE = 20
"""How many waiting calls have their reason looked up anew in one go, at most: the others follow a moment later."""
EVENTS_KEPT = 200
"""Events listed in one set of changes, at most; the newest are kept. All of them are on the event stream."""

_Id = TypeVar("_Id", bound=str)
_View = TypeVar("_View", bound=View)


@dataclass(frozen=True, slots=True)
class Changes:
    """The views that are not as they were last said."""

    queues: list[QueueView]
    agents: list[AgentView]
    calls: list[CallView]
    gone: Gone
    links: LinksView | None
    events: list[EventView]

    @property
    def any(self) -> bool:
        """Whether there is anything to say."""
        gone = self.gone.calls or self.gone.agents or self.gone.queues
        return bool(self.queues or self.agents or self.calls or gone or self.links or self.events)


class Board:
    """What has changed on the floor since it was last told. `viewer` is how it looks there now."""

    def __init__(self, desk: Desk, figures: DayFigures, viewer: Viewer) -> None:
        self.viewer = viewer
        self._desk = desk
        self._figures = figures
        self._said_queues: dict[QueueId, QueueView] = {}
        self._said_agents: dict[AgentId, AgentView] = {}
        self._said_calls: dict[CallId, CallView] = {}
        self._said_links: LinksView | None = None
        self._queues: set[QueueId] = set()
        self._agents: set[AgentId] = set()
        self._calls: set[CallId] = set()
        self._unexplained: dict[CallId, None] = {}
        self._events: deque[Stamped] = deque(maxlen=EVENTS_KEPT)

    # ------------------------------------------------------------------------------------------------ hearing

    def take(self, stamped: Stamped) -> None:
        """Note what an event may have changed."""
        self._figures.take(stamped)
        event = stamped.event
        match event:
            case PlansLoaded():
                self.look_at_everything()
                return
            case AgentStateChanged() | AgentWish() | SkillsChanged():
                self._agents.add(event.agent)
                self._touch_queues_of(event.agent)
            case PhoneUseChanged():
                return  # what it means for an agent is said by the agent's own change
            case _:
                self._touch_call(event)
        self._events.append(stamped)

    def look_at_everything(self) -> None:
        """Anything may have changed."""
        floor = self._desk.floor
        self._queues.update(floor.plans, self._said_queues)
        self._agents.update(floor.agents, self._said_agents)
        self._calls.update(floor.calls, self._said_calls)
        self._unexplained.update(dict.fromkeys(floor.calls))

    def look_at_the_clock(self) -> float:
        """Notice midnight, a clock that was set, hours that begin or end, waits too long; the present in Unix seconds."""
        clock_set = self.viewer.refresh_times()
        now = self.viewer.now()
        if self._figures.roll(now) or clock_set:
            self.look_at_everything()
        self._queues.update(self._figures.outwaited(now))
        self._queues.update(queue for queue, said in self._said_queues.items() if said.hours != self._hours(queue))
        return now

    def _hours(self, queue: QueueId) -> HoursView | None:
        return self.viewer.hours(queue) if queue in self._desk.floor.plans else None

    def _touch_call(self, event: Event) -> None:
        call: CallId | None = getattr(event, "call", None)
        if call is None:
            self.look_at_everything()  # routing held or resumed: every reason for waiting may be another
            return
        if call in self._desk.floor.calls or call in self._said_calls:  # most are in no line: of them nothing is shown
            self._calls.add(call)
            self._unexplained[call] = None
        known = self._desk.floor.calls.get(call)
        queue: QueueId | None = getattr(event, "queue", None) or (known.queue if known is not None else None)
        if queue is not None:
            self._queues.add(queue)
            if isinstance(event, Abandoned | Diverted):
                self._unexplained.update(dict.fromkeys(call.id for call in self.viewer.line(queue)))  # they moved up
        agent: AgentId | None = getattr(event, "agent", None)
        if agent is not None:
            self._agents.add(agent)

    def _touch_queues_of(self, agent: AgentId) -> None:
        known = self._desk.floor.agents.get(agent)
        for queue in known.profile.queues if known is not None else ():
            self._queues.add(queue)
            self._unexplained.update(dict.fromkeys(call.id for call in self.viewer.line(queue)))

    # ------------------------------------------------------------------------------------------------ saying

    @property
    def restless(self) -> bool:
        """Whether reasons are still to be looked up: there may be changes without a new event."""
        return bool(self._unexplained)

    def changes(self) -> Changes:
        """What differs from what was said before; from now on it has been said."""
        floor, viewer = self._desk.floor, self.viewer
        self._explain_some()
        for queue in self._queues:
            self._calls.update(call.id for call in viewer.line(queue))
        agents = _news(((a, viewer.agent(a)) for a in self._agents if a in floor.agents), self._said_agents)
        queues = _news(((q, viewer.queue(q)) for q in self._queues if q in floor.plans), self._said_queues)
        calls = _news(((c, viewer.call(c)) for c in self._calls if c in floor.calls), self._said_calls)
        gone = Gone(
            calls=_gone(self._calls, floor.calls, self._said_calls),
            agents=_gone(self._agents, floor.agents, self._said_agents),
            queues=_gone(self._queues, floor.plans, self._said_queues),
        )
        links = viewer.links()
        changed_links = None if links == self._said_links else links
        self._said_links = links
        events = [_event_view(stamped) for stamped in self._events]
        self._events.clear()
        self._queues, self._agents, self._calls = set(), set(), set()
        return Changes(queues, agents, calls, gone, changed_links, events)

    def forget_events(self) -> None:
        """Nobody is there to be told what has happened: only how it stands now will be said."""
        self._events.clear()

    def _explain_some(self) -> None:
        """Look up some of the reasons that may be others now; one by one, a busy floor would keep the loop from its calls."""
        for call in list(self._unexplained)[:EXPLAINED_AT_ONCE]:
            del self._unexplained[call]
            self.viewer.explain(call)
            self._calls.add(call)


def _news(views: Iterable[tuple[_Id, _View]], said: dict[_Id, _View]) -> list[_View]:
    """Those that differ from what was said; from now on they have been said."""
    news = []
    for name, view in views:
        if said.get(name) != view:
            said[name] = view
            news.append(view)
    return news


def _gone(touched: Iterable[_Id], there: Container[_Id], said: dict[_Id, _View]) -> list[str]:
    """Those that were said and are no longer there; from now on they never were."""
    gone = [name for name in touched if name not in there and name in said]
    for name in gone:
        del said[name]
    return list[str](gone)


def _reason(event: Event) -> str:
    match event:
        case AgentStateChanged():
            return event.reason
        case TurnedAway():
            return event.why.value
        case _:
            return ""


def _event_view(stamped: Stamped) -> EventView:
    event = stamped.event
    moved = event if isinstance(event, AgentStateChanged) else None
    return EventView(
        kind=type(event).__name__,
        at=round(stamped.wall, DIGITS),
        call=getattr(event, "call", None),
        agent=getattr(event, "agent", None),
        queue=getattr(event, "queue", None),
        state=None if moved is None else moved.after,
        reason=_reason(event),
        holiday=dict(event.holiday_name) if isinstance(event, TurnedAway) and event.holiday_name else None,
    )
