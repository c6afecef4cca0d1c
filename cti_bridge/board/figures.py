"""The day's figures of each queue and agent, counted from events; definitions as in the house's list of figures.

A call belongs to the day it entered the queue: an outcome after midnight of a call from before counts in neither day's board
(reports, which look back, count it in its own day). Days begin at midnight in the site's time zone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from acd.events import (
    Abandoned,
    Connected,
    Diverted,
    Ended,
    Queued,
    Restored,
    Stamped,
    TakenOver,
    TurnedAway,
)
from acd.names import AgentId, CallId, CallState, QueueId, is_callback
from acd.plans.plan import QueuePlan

COUNTED = frozenset(
    kind.__name__ for kind in (Queued, Restored, Connected, TakenOver, Abandoned, Diverted, Ended, TurnedAway)
)
"""The kinds of events that figures are counted from."""

PlanOf = Callable[[QueueId], QueuePlan | None]


def midnight_before(wall: float, zone: tzinfo) -> float:
    """Unix seconds of the midnight that began the day of `wall` in this time zone."""
    return datetime.fromtimestamp(wall, zone).replace(hour=0, minute=0, second=0, microsecond=0).timestamp()


def midnight_after(wall: float, zone: tzinfo) -> float:
    """Unix seconds of the midnight that ends the day of `wall`; days with a clock change are not 24 hours long."""
    start = datetime.fromtimestamp(wall, zone).replace(hour=0, minute=0, second=0, microsecond=0)
    return (start + timedelta(days=1)).timestamp()


def time_of_day(wall: float, zone: tzinfo) -> str:
    """The site's time of day, `14:03:20`."""
    return f"{datetime.fromtimestamp(wall, zone):%H:%M:%S}"


@dataclass(slots=True)
class QueueDay:
    """One queue's counts of one day. `waits_s` sums the waits of answered calls."""

    offered: int = 0
    answered: int = 0
    answered_in_time: int = 0
    abandoned: int = 0
    short_abandoned: int = 0
    diverted: int = 0
    diverted_in_time: int = 0
    turned_away: int = 0
    waits_s: float = 0.0

    @property
    def average_wait_s(self) -> float | None:
        """ASA: the mean wait of answered calls in seconds; None before the first."""
        return self.waits_s / self.answered if self.answered else None


@dataclass(slots=True)
class _Open:
    """A call under way. `entered` is when it entered the queue, in Unix seconds."""

    queue: QueueId
    entered: float
    answered: bool = False


@dataclass(frozen=True, slots=True)
class _Dropped:
    """An abandoned call of today, whose caller may come back."""

    open: _Open
    short: bool


class DayFigures:
    """Today's figures. `plan_of` gives a queue's thresholds, `wall` is the present in Unix seconds."""

    def __init__(self, zone: tzinfo, plan_of: PlanOf, wall: float) -> None:
        self._zone = zone
        self._plan_of = plan_of
        self._queues: dict[QueueId, QueueDay] = {}
        self._answered: dict[AgentId, int] = {}
        self._open: dict[CallId, _Open] = {}
        self._dropped: dict[CallId, _Dropped] = {}
        self._waiting: dict[QueueId, dict[CallId, float]] = {}
        """Of today's calls those of which nothing has become yet, with when they entered, in Unix seconds."""
        self._undecided: dict[QueueId, int] = {}
        """How many calls of each queue did not count yet when last looked at."""
        self._ends = midnight_after(wall, zone)
        self._held_back: list[Stamped] | None = None
        """What happens while the past is still to be told."""
        self.since = wall
        """From when on the figures count, in Unix seconds: midnight, or later where what was before is not known."""

    def queue(self, queue: QueueId) -> QueueDay:
        """The queue's day so far."""
        return self._queues.setdefault(queue, QueueDay())

    def service_level(self, queue: QueueId, wall: float) -> float | None:
        """Answered within T / (offered − short abandoned − diverted within T − still waiting within T), at `wall`.

        T is the plan's `answer_within_s`. A caller who still waits counts neither for nor against it until T is over, so
        a queue of prompt answers stays at 1 while the next caller rings. None before the first call that counts.
        """
        day = self.queue(queue)
        counted = day.offered - day.short_abandoned - day.diverted_in_time - self._undecided_in(queue, wall)
        return day.answered_in_time / counted if counted > 0 else None

    def outwaited(self, wall: float) -> list[QueueId]:
        """Queues whose service level is another since this was last asked because a caller has waited beyond T."""
        undecided = {queue: self._undecided_in(queue, wall) for queue in self._waiting}
        known, self._undecided = self._undecided, undecided
        return [queue for queue, count in undecided.items() if count < known.get(queue, 0)]

    def answered_by(self, agent: AgentId) -> int:
        """How many calls the agent answered today."""
        return self._answered.get(agent, 0)

    def count_from(self, wall: float) -> None:
        """What happened since then is about to be told again: the figures are whole from that moment, or from midnight, on."""
        self.since = max(wall, midnight_before(self._ends - 1.0, self._zone))

    def roll(self, wall: float) -> bool:
        """Begin a new day where midnight has passed; say whether it did."""
        if wall < self._ends:
            return False
        self.since, self._ends = midnight_before(wall, self._zone), midnight_after(wall, self._zone)
        self._queues.clear()
        self._answered.clear()
        self._waiting.clear()
        self._dropped.clear()
        self._open = {call: known for call, known in self._open.items() if known.entered > self.since - _LONGEST_CALL_S}
        return True

    def wait_for_the_past(self) -> None:
        """Hold back what is taken from now on: events from before this run are to be counted first, by `recall`."""
        self._held_back = []

    def take(self, stamped: Stamped) -> None:
        """Count one event; one that was counted in an earlier run of the service (a restored call) counts once."""
        if self._held_back is None:
            self.recall(stamped)
        else:
            self._held_back.append(stamped)

    def past_told(self) -> None:
        """Count what was held back: nothing from before comes any more."""
        held_back, self._held_back = self._held_back, None
        for stamped in held_back or ():
            self.recall(stamped)

    def recall(self, stamped: Stamped) -> None:
        """Count an event in its turn, from before this run or of it."""
        self.roll(stamped.wall)
        event = stamped.event
        match event:
            case Connected() if is_callback(event.call):
                # Nobody waited on the line: it is the agent's call, and none of the queue's service level.
                self._answered[event.agent] = self.answered_by(event.agent) + 1
            case Queued() | Restored():
                self._enter(event, stamped.wall + event.joined_at - stamped.at)
                if isinstance(event, Restored) and event.state is CallState.TALKING and event.agent is not None:
                    self._answer(event.call, event.queue, event.agent, event.since - event.joined_at, stamped.wall)
            case Connected():
                self._answer(event.call, event.queue, event.agent, event.waited_s, stamped.wall)
            case Abandoned() | Diverted():
                self._leave(event, stamped.wall)
            case TurnedAway():
                self.queue(event.queue).turned_away += 1
            case TakenOver():
                self._answered[event.agent] = self.answered_by(event.agent) + 1
            case Ended():
                self._open.pop(event.call, None)
            case _:
                pass

    def _enter(self, event: Queued | Restored, entered: float) -> None:
        known = self._open.get(event.call)
        if known is not None and known.queue == event.queue:
            return
        if isinstance(event, Queued) and event.returns is not None and self._takes_back(event.returns, event.call):
            return
        if known is not None:
            self._wait_over(event.call, known.queue)
        self._open[event.call] = _Open(event.queue, entered)
        if entered >= self._today:
            self.queue(event.queue).offered += 1
            self._waiting.setdefault(event.queue, {})[event.call] = entered

    def _takes_back(self, dropped: CallId, call: CallId) -> bool:
        """Count the caller's earlier call and this one as one: offered once, not abandoned; false where it is not known."""
        before = self._dropped.pop(dropped, None)
        if before is None:
            return False
        day = self.queue(before.open.queue)
        day.abandoned -= 1
        day.short_abandoned -= before.short
        self._open[call] = before.open
        self._waiting.setdefault(before.open.queue, {})[call] = before.open.entered
        return True

    def _answer(self, call: CallId, queue: QueueId, agent: AgentId, waited_s: float, wall: float) -> None:
        known = self._open.setdefault(call, _Open(queue, wall - waited_s))
        if known.answered:
            return
        known.answered = True
        self._wait_over(call, known.queue)
        self._answered[agent] = self.answered_by(agent) + 1
        if known.entered < self._today:
            return
        day = self.queue(queue)
        day.answered += 1
        day.waits_s += waited_s
        plan = self._plan_of(queue)
        if plan is not None and waited_s <= plan.answer_within_s:
            day.answered_in_time += 1

    def _leave(self, event: Abandoned | Diverted, wall: float) -> None:
        known = self._open.pop(event.call, None)
        self._wait_over(event.call, event.queue)
        entered = known.entered if known is not None else wall - event.waited_s
        if entered < self._today:
            return
        day, plan = self.queue(event.queue), self._plan_of(event.queue)
        if isinstance(event, Abandoned):
            short = plan is not None and event.waited_s <= plan.short_abandon_s
            day.abandoned += 1
            day.short_abandoned += short
            self._dropped[event.call] = _Dropped(_Open(event.queue, entered), short)
        else:
            day.diverted += 1
            if plan is not None and event.waited_s <= plan.answer_within_s:
                day.diverted_in_time += 1

    def _wait_over(self, call: CallId, queue: QueueId) -> None:
        self._waiting.get(queue, {}).pop(call, None)

    def _undecided_in(self, queue: QueueId, wall: float) -> int:
        plan = self._plan_of(queue)
        if plan is None:
            return 0
        return sum(wall - entered <= plan.answer_within_s for entered in self._waiting.get(queue, {}).values())

    @property
    def _today(self) -> float:
        """From when on a call must have entered to be of today and known from its beginning."""
        return self.since


_LONGEST_CALL_S = 86_400.0
"""A call of which nothing was heard for so long has ended unheard, while the service was away."""
