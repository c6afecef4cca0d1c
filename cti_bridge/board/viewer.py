"""Views of the floor as it is at this moment: what every queue, agent and caller looks like from outside."""

from __future__ import annotations

from collections.abc import Callable

from acd.call import Call
from acd.callback import Callback
from acd.desk import Desk
from acd.names import AgentId, AgentState, CallId, CallState, QueueId
from acd.waits.expected_wait import ExpectedWait
from cti_bridge.board.figures import DayFigures
from cti_bridge.board.views import (
    AgentCounts,
    AgentView,
    CallbackPart,
    CallView,
    HoursView,
    LinksView,
    LinkView,
    QueueView,
    Texts,
    WaitView,
    WishView,
)
from cti_bridge.board.wall_times import DIGITS, WallTimes
from cti_bridge.links import MQTT, REDIS, Links, LinkStatus

Explain = Callable[[CallId], Texts]
"""Why a call waits, in one sentence a language. Raises UnknownCall where it is not on the floor."""
QueueName = Callable[[QueueId], Texts]
QueueHours = Callable[[QueueId], HoursView | None]
"""How a queue's calendar stands now; None where it has none."""


def always_open(_queue: QueueId) -> None:
    """Say of no queue that it has hours."""


class Viewer:
    """Looks at the floor. Why and how long callers wait is looked up when asked to (`explain`), and kept until then."""

    def __init__(
        self,
        desk: Desk,
        figures: DayFigures,
        links: Links,
        queue_name: QueueName,
        explain: Explain,
        hours: QueueHours = always_open,
    ) -> None:
        self._desk = desk
        self._figures = figures
        self._links = links
        self._queue_name = queue_name
        self._explain = explain
        self.hours = hours
        self._times = WallTimes(desk)
        self._started = self._times.now()
        self._why: dict[CallId, Texts] = {}
        self._expected: dict[CallId, WaitView | None] = {}

    # ------------------------------------------------------------------------------------------------ time

    def now(self) -> float:
        """The present in Unix seconds."""
        return self._times.now()

    def wall(self, at: float) -> float:
        """Unix seconds of an engine time, as every view has them."""
        return self._times.of(at)

    def refresh_times(self) -> bool:
        """Notice a system clock that was set; say whether every time is another now."""
        return self._times.refresh()

    # ------------------------------------------------------------------------------------------------ one

    def queue(self, queue: QueueId) -> QueueView:
        """The queue now. Raises KeyError where it is not configured."""
        plan = self._desk.floor.plans[queue]
        day = self._figures.queue(queue)
        line = self.line(queue)
        waiting = [call for call in line if call.callback is None]
        states = [agent.state for agent in self._desk.floor.agents.values() if queue in agent.profile.queues]
        return QueueView(
            id=queue,
            name=self._queue_name(queue),
            waiting=len(waiting),
            callbacks=len(line) - len(waiting),
            longest_wait_since=min((self._times.of(call.joined_at) for call in waiting), default=None),
            offered=day.offered,
            answered=day.answered,
            abandoned=day.abandoned,
            short_abandoned=day.short_abandoned,
            diverted=day.diverted,
            turned_away=day.turned_away,
            service_level=self._figures.service_level(queue, self.now()),
            answer_within_s=plan.answer_within_s,
            average_wait_s=day.average_wait_s,
            agents=AgentCounts(**{state.value: states.count(state) for state in AgentState}),
            since=round(self._figures.since, DIGITS),
            hours=self.hours(queue),
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
            counts_as=known.counts_as,
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
        step = self._desk.floor.plans[known.queue].steps[known.step]
        return CallView(
            id=call,
            queue=known.queue,
            state=known.state,
            position=self._desk.floor.position(known) if waits else None,
            expected_wait=self._expected.get(call) if waits else None,
            joined_at=self._times.of(known.joined_at),
            since=self._times.of(known.since),
            priority=known.priority,
            agent=known.agent or next(iter(known.offered), None),
            offered_to=list(known.offered),
            step=known.step,
            step_name=step.name,
            step_names=dict(step.names) or {"zh-CN": step.name, "en": step.name},
            attributes=dict(known.attributes),
            kept_for=known.prefer,
            kept_until=None if known.prefer_until is None else self._times.of(known.prefer_until),
            callback=None if known.callback is None else self._callback(known.callback),
            why=self._why.get(call) if waits else None,
        )

    def _callback(self, agreed: Callback) -> CallbackPart:
        return CallbackPart(
            attempts=agreed.attempts,
            most_attempts=agreed.terms.most_attempts,
            next_at=None if agreed.next_at is None else self._times.of(agreed.next_at),
        )

    def links(self) -> LinksView:
        """The service's links now."""
        statuses = dict(self._links)
        return LinksView(
            ami={name.node: _link(status) for name, status in statuses.items() if name.kind == "ami"},
            redis=_link(statuses[REDIS]) if REDIS in statuses else None,
            mqtt=_link(statuses[MQTT]) if MQTT in statuses else None,
        )

    # ------------------------------------------------------------------------------------------------ all

    def queues(self) -> list[QueueView]:
        """All queues now, in the configuration's order."""
        return [self.queue(queue) for queue in self._desk.floor.plans]

    def agents(self) -> list[AgentView]:
        """All agents now, in the configuration's order."""
        return [self.agent(agent) for agent in self._desk.floor.agents]

    def calls(self) -> list[CallView]:
        """All callers on the floor now, in the order they came, each with the reason they wait."""
        for call in self._desk.floor.calls:
            if call not in self._why:
                self.explain(call)
        return [self.call(call) for call in self._desk.floor.calls]

    def line(self, queue: QueueId) -> list[Call]:
        """The queue's callers who are not yet talking, first first."""
        floor = self._desk.floor
        return [floor.calls[place[-1]] for place in floor.lines.get(queue, ())]

    # ------------------------------------------------------------------------------------------------ reasons

    def explain(self, call: CallId) -> None:
        """Look up anew why this call waits, where it does, and how much longer it will."""
        known = self._desk.floor.calls.get(call)
        if known is not None and known.state is CallState.WAITING:
            self._why[call] = self._explain(call)
            self._expected[call] = _wait(self._desk.expected_wait(call))
        else:
            self._why.pop(call, None)
            self._expected.pop(call, None)


def _wait(expected: ExpectedWait | None) -> WaitView | None:
    """Rounded, so that what nobody can know to the second does not change with each of them."""
    if expected is None:
        return None
    wait = expected.rounded()
    return WaitView(low_s=wait.low_s, likely_s=wait.likely_s, high_s=wait.high_s)


def _link(status: LinkStatus) -> LinkView:
    return LinkView(up=status.up, since=round(status.since, DIGITS))
