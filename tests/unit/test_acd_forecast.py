"""Expected wait: an honest range, `unknown` where nothing is known, and as right as it claims to be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from random import Random

import pytest

from acd.errors import UnknownQueue
from acd.events import AgentStateChanged, Event
from acd.names import QueueId
from acd.plans.plan import AgentProfile, PlanStep, QueuePlan
from acd.requests import CallerGone, CallerJoined, CallerLeft, Configured, Request
from acd.simulation.day import Arrival, Day, Shift
from acd.simulation.figures import DayFigures
from acd.simulation.simulate import simulate
from acd.waits.expected_wait import COVERS, ExpectedWait, Verdict, WaitModel
from acd.waits.forecast import Forecasts, Judged
from acd.waits.pace import Paces
from tests.unit.acd_kit import SALES, Centre, agent, call_id, plan

SERVICE = QueueId("service")
HOUR_S = 3600.0


class Foreseen(Centre):
    """A floor whose waits are forecast; so many calls of 100 s each have been handled by agent 1, alone, before."""

    def __init__(self, *profiles: AgentProfile, plans: tuple[QueuePlan, ...] = (), handled: int = 10) -> None:
        self.forecasts, self.judged = Forecasts(), list[Judged]()
        self.forecasts.judged = self.judged.append
        super().__init__(*(profiles or (agent("1"), agent("2"))), plans=plans)
        self.ready("1")
        for number in range(-handled, 0):
            self.call(number)
            self.answers("1", number)
            self.passes(100)
            self.ends("1", number)

    def ask(self, request: Request) -> list[Event]:
        """Hand in a request; the forecasts see what it made."""
        events = super().ask(request)
        self.forecasts.take(events, self.engine.floor, self.now)
        return events

    def expected(self, number: int) -> ExpectedWait | None:
        """How much longer this caller will wait."""
        floor = self.engine.floor
        return self.forecasts.waiting(floor, floor.call(call_id(number)), self.now)

    def likely_s(self, number: int) -> float:
        """The likely rest of this caller's wait, which is known."""
        wait = self.expected(number)
        assert wait is not None
        assert 0.0 <= wait.low_s < wait.likely_s < wait.high_s
        return wait.likely_s

    def talks(self) -> None:
        """Agent 1 is busy from now on."""
        self.call(100)
        self.answers("1", 100)


def test_what_an_earlier_run_has_learned_is_known_again_beside_what_was_learned_since() -> None:
    before, now = Foreseen(handled=10), Foreseen(handled=2)
    earlier, at = Paces(), 0.0
    for event in before.past:
        at = event.since if isinstance(event, AgentStateChanged) else at
        earlier.take(event, at + now.now - before.now)
    for centre in (before, now):
        centre.talks()
        centre.call(1)
    assert now.expected(1) is None, "two calls are not enough to go by"
    now.forecasts.remember(earlier, now.now)
    assert now.likely_s(1) == pytest.approx(before.likely_s(1), rel=0.1)


def test_nothing_is_said_before_enough_calls_are_known() -> None:
    centre = Foreseen(handled=4)
    centre.talks()
    centre.call(1)
    assert centre.expected(1) is None


def test_the_wait_grows_with_the_place_and_shrinks_with_the_agents_who_are_there() -> None:
    centre = Foreseen()
    centre.talks()
    for number in (1, 2, 3):
        centre.call(number)
    waits = [centre.likely_s(number) for number in (1, 2, 3)]
    assert waits == sorted(waits)
    assert waits[0] == pytest.approx(70, abs=10), "one agent, 100 s a call: half of all waits are over by 69 s"
    centre.ready("2")  # takes the first in line
    assert centre.likely_s(3) < waits[2] / 2


def test_nothing_is_said_where_nobody_is_there_who_could_help() -> None:
    centre = Foreseen()
    centre.pause("1")
    centre.call(1)
    assert centre.expected(1) is None


def test_callers_of_another_queue_count_as_far_as_they_take_the_same_agents() -> None:
    profiles = agent("1", "sales", "service"), agent("2", "service"), agent("3", "service")
    centre = Foreseen(*profiles, plans=(plan(), plan(queue=SERVICE, name="Service")))
    centre.talks()
    centre.call(1)
    alone = centre.likely_s(1)
    for number in (11, 12, 13):
        centre.call(number, queue="service", priority=1)
    assert alone < centre.likely_s(1) < 3 * alone, "one of three agents of the others' is the one waited for"


def test_a_step_to_come_counts_from_its_beginning() -> None:
    steps = PlanStep("best", 0, need="skill.sales >= 9"), PlanStep("all", 120)
    centre = Foreseen(agent("1", sales=9), agent("2"), agent("3"), plans=(plan(steps=steps),))
    centre.talks()
    for number in (1, 2, 3, 4):
        centre.call(number)
    far = centre.likely_s(4)
    centre.ready("2", "3")
    near = centre.likely_s(4)
    assert 120 < near < far


def test_who_would_join_now_is_told_the_same_as_who_joins() -> None:
    centre = Foreseen()
    centre.talks()
    centre.call(1)
    joins = CallerJoined(call_id(2), SALES)
    before = centre.forecasts.joining(centre.engine.floor, joins, centre.now)
    centre.call(2)
    assert before == centre.expected(2)
    with pytest.raises(UnknownQueue):
        centre.forecasts.joining(centre.engine.floor, replace(joins, queue=QueueId("none")), centre.now)


def test_whom_a_ready_agent_awaits_hardly_waits() -> None:
    centre = Foreseen()
    wait = centre.forecasts.joining(centre.engine.floor, CallerJoined(call_id(1), SALES), centre.now)
    assert wait is not None
    assert wait.high_s < 10


def test_callers_who_give_up_make_the_line_faster() -> None:
    patient, impatient = Foreseen(), Foreseen()
    for centre in (patient, impatient):
        centre.talks()
        for number in range(1, 11):
            centre.call(number)
    impatient.passes(5)
    for number in range(2, 9):
        impatient.ask(CallerGone(call_id(number)))
        impatient.call(number + 20)
    assert impatient.likely_s(28) < patient.likely_s(10) * 0.8


# ---------------------------------------------------------------------------------------------------- judged


def test_a_forecast_is_judged_when_the_wait_is_known() -> None:
    centre = Foreseen()
    centre.talks()
    centre.call(1)
    wait = centre.expected(1)
    assert wait is not None
    centre.passes(60)
    centre.ends("1", 100)
    centre.answers("1", 1)
    (one,) = centre.judged
    assert one.verdict is Verdict.WITHIN
    assert one.error_s == pytest.approx(abs(60 - wait.likely_s))


def test_who_leaves_before_the_range_is_over_says_nothing_of_it_and_who_leaves_after_it_says_it_was_wrong() -> None:
    centre = Foreseen()
    centre.talks()
    centre.call(1)
    centre.call(2)
    wait = centre.expected(1)
    assert wait is not None
    centre.passes(10)
    centre.ask(CallerGone(call_id(2)))
    assert centre.judged == []
    centre.passes(wait.high_s)
    centre.ask(CallerLeft(call_id(1), "voicemail"))
    assert centre.judged == [Judged(SALES, centre.judged[0].verdict, None)]
    assert centre.judged[0].verdict == "later"


def test_who_is_offered_at_once_is_promised_nothing() -> None:
    assert Foreseen().judged == []


# ---------------------------------------------------------------------------------------------------- rounding


@pytest.mark.parametrize(
    ("exact", "told"),
    [
        ((3.0, 22.0, 41.0), (0, 20, 50)),
        ((61.0, 140.0, 299.0), (60, 150, 300)),
        ((170.0, 610.0, 1210.0), (150, 600, 1260)),
    ],
)
def test_a_wait_is_told_without_false_precision_and_its_range_outwards(
    exact: tuple[float, float, float], told: tuple[float, float, float]
) -> None:
    assert ExpectedWait(*exact).rounded() == ExpectedWait(*told)


def test_the_models_deviations_and_waits_are_each_others_reverse() -> None:
    model = WaitModel(mean_s=120.0, shape=3.0)
    assert [model.deviations(model.at(z)) for z in (-1.2, 0.0, 1.2)] == pytest.approx([-1.2, 0.0, 1.2])


# ---------------------------------------------------------------------------------------------------- whole days


def busy_day(seed: int) -> tuple[Day, Configured]:
    """Eight hours with a rush: two queues, two languages, shared agents, log-normal talks, callers who give up."""
    chance = Random(seed)  # noqa: S311 - nothing secret is drawn

    def arrivals() -> Iterator[Arrival]:
        at = 0.0
        for number in range(10_000):
            rush = 2 * HOUR_S < at < 4 * HOUR_S
            at += chance.expovariate(0.13 if rush else 0.074)
            if at >= 8 * HOUR_S:
                return
            queue = chance.choice((SALES, SERVICE))
            yield Arrival(
                call_id(number),
                at,
                queue,
                chance.lognormvariate(4.9 if queue == SALES else 5.3, 0.6),
                need="skill[call.language] >= 3",
                attributes=(("language", chance.choice(("chinese", "chinese", "english"))),),
                patience_s=chance.expovariate(1 / 400),
                rings_s=(chance.uniform(2, 6),),
            )

    people = [
        agent(
            str(n), *(("sales", "service") if n % 3 else ("sales",)), wrap_up_s=10.0, chinese=8, english=9 - 3 * (n % 4)
        )
        for n in range(16)
    ]
    shifts = tuple(Shift(person.agent, 0.0, 9 * HOUR_S) for person in people)
    plans = plan(ring_s=15.0), plan(queue=SERVICE, name="Service")
    return Day(tuple(arrivals()), shifts, 9 * HOUR_S), Configured(plans, tuple(people))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_on_a_busy_day_eight_of_ten_waits_lie_within_what_was_expected(seed: int) -> None:
    figures = simulate(*busy_day(seed))
    for each in (figures.total, *(queue.figures for queue in figures.queues)):
        assert each.expected_wait_held == pytest.approx(COVERS, abs=0.05)
        assert each.expected_wait_error_s is not None
        assert each.average_wait_s is not None
        assert each.expected_wait_error_s < each.average_wait_s


def test_the_range_holds_also_where_the_model_is_wrong() -> None:
    """All talks are of one length, so that waits spread far less than the model believes."""
    day, configured = busy_day(4)
    even = replace(day, arrivals=tuple(replace(arrival, talk_s=150.0) for arrival in day.arrivals))
    held = simulate(even, configured).total.expected_wait_held
    assert held == pytest.approx(COVERS, abs=0.06)


def test_a_day_without_waits_has_no_forecast_to_judge() -> None:
    day = Day((Arrival(call_id(1), 0.0, SALES, 10.0),), (Shift(agent("1").agent, 0.0, HOUR_S),), HOUR_S)
    figures: DayFigures = simulate(day, Configured((plan(),), (agent("1"),)))
    assert (figures.total.expected_wait_held, figures.total.expected_wait_error_s) == (None, None)
    assert {"expected_wait_held", "expected_wait_error_s"} <= {field.name for field in fields(figures.total)}
