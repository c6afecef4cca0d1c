"""Expected wait: how much longer a caller in line will wait, as an honest range, and how honest it was.

A line of `k` places whose agents become free `a` times a second, and whose callers give up `u` times a second each, moves up
in about `ln(1 + k u / a) / u` seconds (Erlang A's steps `1 / (a + j u)` added up). Its spread is that of a gamma
distribution. Neither is believed: every forecast is held against what came, and `expected_wait.py` makes the range by that.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from acd.agents import PRESENT
from acd.call import Call
from acd.events import Abandoned, Connected, Diverted, Event, PlansLoaded, Queued, Restored, SkillsChanged
from acd.floor import Floor
from acd.line import Place, place_of
from acd.names import CallId, CallState, QueueId
from acd.requests import CallerJoined
from acd.skills import Pool
from acd.waits.expected_wait import ExpectedWait, KeptScores, Scores, Verdict, WaitModel, first_of, model_of
from acd.waits.pace import Paces, handling_s


@dataclass(frozen=True, slots=True)
class Judged:
    """A forecast made as the caller joined, held against the wait that came."""

    queue: QueueId
    verdict: Verdict
    error_s: float | None
    """How far the wait lay from the likely one; None where the caller left before an answer, so that the wait is not known."""


@dataclass(frozen=True, slots=True)
class _Promise:
    """What was expected when a caller began to wait at `made_at`."""

    model: WaitModel
    wait: ExpectedWait
    made_at: float


@dataclass(slots=True)
class _Shares:
    """How pools of agents overlap with queues and with each other; true until plans or skills change."""

    queues: dict[int, dict[QueueId, float]] = field(default_factory=dict)
    pools: dict[tuple[int, int], float] = field(default_factory=dict)


class Forecasts:
    """Learns from every turn's events; says how long callers will wait. `judged` is told what became of each forecast."""

    def __init__(self) -> None:
        self.judged: Callable[[Judged], None] = _nobody
        self._paces = Paces()
        self._scores: dict[QueueId, Scores] = {}
        self._promises: dict[CallId, _Promise] = {}
        self._shares = _Shares()

    # ------------------------------------------------------------------------------------------------ learning

    def take(self, events: Sequence[Event], floor: Floor, now: float) -> None:
        """Learn from one turn's events, after which the floor is as it is now."""
        for event in events:
            self._paces.take(event, now)
            match event:
                case Queued() | Restored():
                    self._promise(event.call, floor, now)
                case Connected():
                    self._judge(event.call, event.queue, now, answered=True)
                case Abandoned() | Diverted():
                    self._judge(event.call, event.queue, now, answered=False)
                case PlansLoaded() | SkillsChanged():
                    self._shares = _Shares()
                case _:
                    pass

    def remember(self, earlier: Paces, now: float) -> None:
        """Count in what an earlier run of the service has learned of how fast lines move."""
        self._paces.add(earlier, now)

    def recall(self, queue: QueueId, earlier: KeptScores) -> None:
        """Count in how right an earlier run's forecasts for a queue were."""
        self._scores.setdefault(queue, Scores()).recall(earlier)

    def scores(self) -> dict[QueueId, KeptScores]:
        """How right the forecasts were for each queue of which any wait is known, to be kept over a restart."""
        return {queue: scores.kept() for queue, scores in self._scores.items() if scores.is_learned}

    def _promise(self, call_id: CallId, floor: Floor, now: float) -> None:
        """Keep what a caller may expect who was not offered to anybody at once."""
        call = floor.calls.get(call_id)
        if call is None or call.state is not CallState.WAITING:
            return
        model = self._of_call(floor, call, now)
        if model is not None:
            self._promises[call_id] = _Promise(model, self._range(call.queue, model), now)

    def _judge(self, call: CallId, queue: QueueId, now: float, *, answered: bool) -> None:
        promise = self._promises.pop(call, None)
        if promise is None:
            return
        waited_s, wait = now - promise.made_at, promise.wait
        if not answered and waited_s <= wait.high_s:
            return  # nobody knows how long it would have been
        within = Verdict.WITHIN if waited_s <= wait.high_s else Verdict.LATER
        verdict = Verdict.SOONER if waited_s < wait.low_s else within
        self._scores.setdefault(queue, Scores()).note(promise.model.deviations(waited_s), verdict)
        self.judged(Judged(queue, verdict, abs(waited_s - wait.likely_s) if answered else None))

    # ------------------------------------------------------------------------------------------------ expecting

    def waiting(self, floor: Floor, call: Call, now: float) -> ExpectedWait | None:
        """How much longer this caller in line will wait; None: not known."""
        model = None if call.in_conversation else self._of_call(floor, call, now)
        return None if model is None else self._range(call.queue, model)

    def joining(self, floor: Floor, joins: CallerJoined, now: float) -> ExpectedWait | None:
        """How long a caller would wait who joined now; None: not known. Raises UnknownQueue, BadNeed."""
        plan = floor.plan(joins.queue)
        place = place_of(plan, joins.priority, now, _LAST, joins.call)
        members = [floor.agents[agent] for agent in floor.members[joins.queue]]
        pools = (
            (step.after_s, floor.pools.pool(joins.queue, step, joins.need, joins.attributes, None, members))
            for step in plan.steps
        )
        model = self._first(floor, place, pools, now)
        return None if model is None else self._range(joins.queue, model)

    def _of_call(self, floor: Floor, call: Call, now: float) -> WaitModel | None:
        if call.prefer is not None:
            return None  # how long they are kept for one agent is no matter of the line's pace
        steps, waited_s = floor.plans[call.queue].steps, now - call.joined_at
        pools = (
            (max(0.0, steps[step].after_s - waited_s), floor.pool(call, step)) for step in range(call.step, len(steps))
        )
        return self._first(floor, call.place, pools, now)

    def _first(self, floor: Floor, place: Place, pools: Iterator[tuple[float, Pool]], now: float) -> WaitModel | None:
        """The model of the wait for any step's agents; each step comes with the seconds until it begins."""
        models = ((after_s, self._model(floor, place, pool, now)) for after_s, pool in pools)
        known = [(after_s, model) for after_s, model in models if model is not None]
        return first_of(known) if known else None

    def _model(self, floor: Floor, place: Place, pool: Pool, now: float) -> WaitModel | None:
        """The wait for an answer by one of the pool's agents."""
        present = sum(pool.counts[state] for state in PRESENT)
        handled_s = handling_s(self._paces.of, self._queues_of(floor, pool), now) if present else None
        if not handled_s:
            return None
        pace = self._paces.queue(pool.key.queue)
        before = self._before(floor, pool, place)
        if before < 1.0 and pool.ready:
            return model_of(_AT_ONCE_S + pace.answer_s, (_AT_ONCE_S + pace.answer_s) ** 2)
        places, free_per_s = 1.0 + before, present / handled_s
        left = places * pace.impatience / free_per_s
        mean_s = places / free_per_s * (math.log(1.0 + left) / left if left > _LITTLE else 1.0)
        variance = places / (free_per_s**2 * (1.0 + left))
        return model_of(mean_s + pace.answer_s, variance + pace.answer_s**2)

    def _range(self, queue: QueueId, model: WaitModel) -> ExpectedWait:
        low, likely, high = self._scores.setdefault(queue, Scores()).range()
        return ExpectedWait(model.at(low), model.at(likely), model.at(high))

    # ------------------------------------------------------------------------------------------------ who competes

    def _before(self, floor: Floor, pool: Pool, place: Place) -> float:
        """How many callers before this place will take one of the pool's agents, in the mean."""
        return sum(
            bisect_left(other.line, place) * self._overlap(pool, other) for other in floor.pools.all() if other.line
        )

    def _overlap(self, pool: Pool, other: Pool) -> float:
        """The share of the other pool's agents who are in this one."""
        if pool is other:
            return 1.0
        key = (id(pool), id(other))
        share = self._shares.pools.get(key)
        if share is None:
            share = len(pool.eligible.keys() & other.eligible.keys()) / max(1, len(other.eligible))
            self._shares.pools[key] = share
        return share

    def _queues_of(self, floor: Floor, pool: Pool) -> dict[QueueId, float]:
        """The queues that the pool's agents serve, each with the share of them who do."""
        shares = self._shares.queues.get(id(pool))
        if shares is None:
            counts: dict[QueueId, int] = {}
            for agent in pool.eligible:
                for queue in floor.agents[agent].orders:
                    counts[queue] = counts.get(queue, 0) + 1
            shares = {queue: count / len(pool.eligible) for queue, count in counts.items()}
            self._shares.queues[id(pool)] = shares
        return shares


_LAST = 2**62
"""The serial number of a caller who has none yet: behind everybody."""
_AT_ONCE_S = 1.0
"""The model's wait where an agent is ready and nobody is before."""
_LITTLE = 1e-6


def _nobody(_judged: Judged) -> None:
    """Nobody listens yet."""
