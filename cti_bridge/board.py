"""The board: engine events in, changed views out. It reads the floor and remembers what it last said."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass
from typing import TypeVar

from acd.desk import Desk
from acd.floor import Call
from acd.messages import (
    AgentId,
    AgentState,
    AgentStateChanged,
    AgentWish,
    CallId,
    CallState,
    Event,
    PlansLoaded,
    QueueId,
    SkillsChanged,
    Stamped,
)
from cti_bridge.figures import DayFigures
from cti_bridge.links import MQTT, REDIS, Links, LinkStatus
from cti_bridge.views import (
    AgentCounts,
    AgentView,
    CallView,
    EventView,
    Gone,
    LinksView,
    LinkView,
    QueueView,
    Texts,
    View,
    WishView,
)
from cti_bridge.wall_times import DIGITS, WallTimes

EXPLAINED_AT_ONCE = 20
"""How many waiting calls have their reason looked up anew in one go, at most: the others follow a moment later."""
EVENTS_KEPT = 200
"""Events listed in one set of changes, at most; the newest are kept. All of them are on the event stream."""

_Id = TypeVar("_Id", bound=str)
_View = TypeVar("_View", bound=View)

Explain = Callable[[CallId], Texts]
"""Why a call waits, in one sentence a language. Raises UnknownCall where it is not on the floor."""
QueueName = Callable[[QueueId], Texts]


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
    """Views of the floor as it is, and what of them has changed."""

    def __init__(self, desk: Desk, figures: DayFigures, links: Links, queue_name: QueueName, explain: Explain) -> None:
        self._desk = desk
        self._figures = figures
        self._links = links
        self._queue_name = queue_name
        self._explain = explain
        self._times = WallTimes(desk)
        self._started = self._times.now()
        self._said_queues: dict[QueueId, QueueView] = {}
        self._said_agents: dict[AgentId, AgentView] = {}
        self._said_calls: dict[CallId, CallView] = {}
        self._said_links: LinksView | None = None
        self._queues: set[QueueId] = set()
        self._agents: set[AgentId] = set()
        self._calls: set[CallId] = set()
        self._why: dict[CallId, Texts] = {}
        self._unexplained: dict[CallId, None] = {}
        self._events: list[EventView] = []

    # ------------------------------------------------------------------------------------------------ hearing

    def take(self, stamped: Stamped) -> None:
        """Note what an event may have changed."""
        self._figures.take(stamped)
        event = stamped.event
        match event:
            case PlansLoaded():
                self.look_at_everything()
            case AgentStateChanged() | AgentWish() | SkillsChanged():
                self._agents.add(event.agent)
                self._touch_queues_of(event.agent)
            case _:
                self._touch_call(event)
        if not isinstance(event, PlansLoaded):
            self._events.append(_event_view(stamped))
            del self._events[:-EVENTS_KEPT]

    def look_at_everything(self) -> None:
        """Anything may have changed."""
        floor = self._desk.floor
        self._queues.update(floor.plans, self._said_queues)
        self._agents.update(floor.agents, self._said_agents)
        self._calls.update(floor.calls, self._said_calls)
        self._unexplained.update(dict.fromkeys(floor.calls))

    def look_at_the_clock(self) -> float:
        """Notice midnight and a system clock that was set; the present in Unix seconds."""
        if self._times.refresh() | self._figures.roll(self._times.now()):
            self.look_at_everything()
        return self._times.now()

    def _touch_call(self, event: Event) -> None:
        call: CallId | None = getattr(event, "call", None)
        if call is None:
            self.look_at_everything()  # routing held or resumed: every reason for waiting may be another
            return
        self._calls.add(call)
        self._unexplained[call] = None
        known = self._desk.floor.calls.get(call)
        queue: QueueId | None = getattr(event, "queue", None) or (known.queue if known is not None else None)
        if queue is not None:
            self._queues.add(queue)
        agent: AgentId | None = getattr(event, "agent", None)
        if agent is not None:
            self._agents.add(agent)

    def _touch_queues_of(self, agent: AgentId) -> None:
        known = self._desk.floor.agents.get(agent)
        for queue in known.profile.queues if known is not None else ():
            self._queues.add(queue)
            self._unexplained.update(dict.fromkeys(call.id for call in self._line(queue)))

    # ------------------------------------------------------------------------------------------------ saying

    def changes(self) -> Changes:
        """What differs from what was said before; from now on it has been said."""
        floor = self._desk.floor
        self._explain_some()
        for queue in self._queues:
            self._calls.update(call.id for call in self._line(queue))
        agents = _news(((a, self.agent(a)) for a in self._agents if a in floor.agents), self._said_agents)
        queues = _news(((q, self.queue(q)) for q in self._queues if q in floor.plans), self._said_queues)
        calls = _news(((c, self.call(c)) for c in self._calls if c in floor.calls), self._said_calls)
        gone = Gone(
            calls=_gone(self._calls, floor.calls, self._said_calls),
            agents=_gone(self._agents, floor.agents, self._said_agents),
            queues=_gone(self._queues, floor.plans, self._said_queues),
        )
        for call in gone.calls:
            self._why.pop(CallId(call), None)
        links = self.links()
        changed_links = None if links == self._said_links else links
        self._said_links = links
        events, self._events = self._events, []
        self._queues, self._agents, self._calls = set(), set(), set()
        return Changes(queues, agents, calls, gone, changed_links, events)

    @property
    def restless(self) -> bool:
        """Whether reasons are still to be looked up: there may be changes without a new event."""
        return bool(self._unexplained)

    def wall(self, at: float) -> float:
        """Unix seconds of an engine time, as every view has them."""
        return self._times.of(at)

    def queue(self, queue: QueueId) -> QueueView:
        """The queue now. Raises KeyError where it is not configured."""
        plan = self._desk.floor.plans[queue]
        day = self._figures.queue(queue)
        waiting = self._line(queue)
        states = [agent.state for agent in self._desk.floor.agents.values() if queue in agent.profile.queues]
        return QueueView(
            id=queue,
            name=self._queue_name(queue),
            waiting=len(waiting),
            longest_wait_since=min((self._times.of(call.joined_at) for call in waiting), default=None),
            offered=day.offered,
            answered=day.answered,
            abandoned=day.abandoned,
            short_abandoned=day.short_abandoned,
            diverted=day.diverted,
            service_level=day.service_level,
            answer_within_s=plan.answer_within_s,
            average_wait_s=day.average_wait_s,
            agents=AgentCounts(**{state.value: states.count(state) for state in AgentState}),
            since=round(self._figures.since, DIGITS),
        )

    def agent(self, agent: AgentId) -> AgentView:
        """The agent now. Raises KeyError where it is not configured."""
        known = self._desk.floor.agents[agent]
        wish = None if known.wish is None else WishView(state=known.wish.state, reason=known.wish.reason)
        return AgentView(
            id=agent,
            name=known.profile.name,
            state=known.state,
            reason=known.reason,
            since=self._times.of(known.since) if known.since else self._started,
            until=None if known.until is None else self._times.of(known.until),
            phone=known.phone,
            call=known.call,
            skills=dict(known.skills),
            queues=list(known.profile.queues),
            wish=wish,
            answered=self._figures.answered_by(agent),
        )

    def call(self, call: CallId) -> CallView:
        """The call now. Raises KeyError where it is not on the floor. The reason is null until it was looked up."""
        known = self._desk.floor.calls[call]
        waits = known.state is CallState.WAITING
        return CallView(
            id=call,
            queue=known.queue,
            state=known.state,
            position=self._desk.floor.position(known) if waits else None,
            joined_at=self._times.of(known.joined_at),
            since=self._times.of(known.since),
            priority=known.priority,
            agent=known.agent,
            step=known.step,
            step_name=self._desk.floor.plans[known.queue].steps[known.step].name,
            attributes=dict(known.attributes),
            why=self._why.get(call) if waits else None,
        )

    def links(self) -> LinksView:
        """The service's links now."""
        statuses = dict(self._links)
        return LinksView(
            ami={name.node: _link(status) for name, status in statuses.items() if name.kind == "ami"},
            redis=_link(statuses[REDIS]) if REDIS in statuses else None,
            mqtt=_link(statuses[MQTT]) if MQTT in statuses else None,
        )

    def everything(self) -> tuple[list[QueueView], list[AgentView], list[CallView]]:
        """All views as they are now; every waiting caller has been explained."""
        for call in self._desk.floor.calls:
            self.explain(call)
        return self.queues(), self.agents(), self.calls()

    def queues(self) -> list[QueueView]:
        """All queues now, in the configuration's order."""
        return [self.queue(queue) for queue in self._desk.floor.plans]

    def agents(self) -> list[AgentView]:
        """All agents now, in the configuration's order."""
        return [self.agent(agent) for agent in self._desk.floor.agents]

    def calls(self) -> list[CallView]:
        """All callers on the floor now, in the order they came."""
        return [self.call(call) for call in self._desk.floor.calls]

    def explain(self, call: CallId) -> None:
        """Look up why this call waits, unless that is known or it does not."""
        known = self._desk.floor.calls[call]
        if known.state is CallState.WAITING and call not in self._why:
            self._why[call] = self._explain(call)

    # ------------------------------------------------------------------------------------------------ helpers

    def _line(self, queue: QueueId) -> list[Call]:
        floor = self._desk.floor
        return [floor.calls[place[-1]] for place in floor.lines.get(queue, ())]

    def _explain_some(self) -> None:
        for call in list(self._unexplained)[:EXPLAINED_AT_ONCE]:
            del self._unexplained[call]
            known = self._desk.floor.calls.get(call)
            if known is not None and known.state is CallState.WAITING:
                self._why[call] = self._explain(call)
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
    gone: list[str] = [name for name in touched if name not in there and name in said]
    for name in touched:
        if name not in there:
            said.pop(name, None)
    return gone


def _link(status: LinkStatus) -> LinkView:
    return LinkView(up=status.up, since=round(status.since, DIGITS))


def _event_view(stamped: Stamped) -> EventView:
    event = stamped.event
    return EventView(
        kind=type(event).__name__,
        at=round(stamped.wall, DIGITS),
        call=getattr(event, "call", None),
        agent=getattr(event, "agent", None),
        queue=getattr(event, "queue", None),
    )
