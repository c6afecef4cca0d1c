"""A day on virtual time: what people do in it, what is counted of it, and that it agrees with queueing theory."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from random import Random
from statistics import mean, stdev

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acd.events import (
    Abandoned,
    AgentStateChanged,
    CallerReturned,
    Connected,
    Diverted,
    Ended,
    Event,
    Offered,
    OfferWithdrawn,
    Queued,
)
from acd.names import AgentId, AgentState, CallId, OfferFailure, QueueId
from acd.plans.door import Door, Treatment
from acd.plans.offering import MOST_AT_ONCE, Offering
from acd.plans.plan import AfterOffer, AgentProfile, PlanStep, QueuePlan, WrapUpMode
from acd.requests import Configured
from acd.simulation.day import NEVER, Arrival, Break, Day, DayRefused, Shift
from acd.simulation.erlang import ErlangA, ErlangC, Load
from acd.simulation.figures import Figures, figures_of
from acd.simulation.simulate import CLOSED, play, simulate
from acd.simulation.visits import Outcome, Visit, Visits
from tests.unit.acd_kit import SALES, agent, call_id, only, plan

SERVICE = QueueId("service")
HOUR_S = 3600.0


def caller(number: int, at: float, talk_s: float = 60.0, **more: object) -> Arrival:
    """A caller of `sales`."""
    return Arrival(**({"call": call_id(number), "at": at, "queue": SALES, "talk_s": talk_s} | more))  # type: ignore[arg-type]  # the fields are Arrival's own


def shift(number: str, *breaks: Break, begins: float = 0.0, ends: float = HOUR_S) -> Shift:
    """An agent's hour."""
    return Shift(AgentId(number), begins, ends, breaks)


def hour(arrivals: Sequence[Arrival], *shifts: Shift, **more: object) -> Day:
    """A day of one hour."""
    return Day(**({"arrivals": tuple(arrivals), "shifts": shifts, "closes_at": HOUR_S} | more))  # type: ignore[arg-type]  # the fields are Day's own


def centre(*profiles: AgentProfile, plans: tuple[QueuePlan, ...] = ()) -> Configured:
    """A configuration, by default of the queue `sales` alone."""
    return Configured(plans or (plan(),), profiles)


def events(day: Day, configured: Configured) -> list[Event]:
    """What happens."""
    return [event for _, event in play(day, configured)]


def when(kind: type[Event], day: Day, configured: Configured) -> list[float]:
    """The times at which events of this kind happen."""
    return [at for at, event in play(day, configured) if isinstance(event, kind)]


# ---------------------------------------------------------------------------------------------------- what people do


UNTIL_FINISHED = plan(wrap_up_mode=WrapUpMode.UNTIL_FINISHED)


def states_of(day: Day, configured: Configured, number: str) -> list[tuple[float, AgentState]]:
    """When the agent came into which state."""
    return [
        (at, event.after)
        for at, event in play(day, configured)
        if isinstance(event, AgentStateChanged) and event.agent == number
    ]


def test_where_only_agents_end_the_wrap_up_it_lasts_as_long_as_the_day_says_of_the_call() -> None:
    day = hour([caller(1, 10, wrap_up_s=25.0), caller(2, 11, wrap_up_s=5.0)], shift("1"))
    configured = centre(agent("1"), plans=(UNTIL_FINISHED,))
    figures = simulate(day, configured).total
    assert (figures.answered, figures.wrap_up_s) == (2, 15.0)
    assert when(Connected, day, configured) == [10.0, 95.0]


@pytest.mark.parametrize("due_at", [30.0, 80.0])
def test_who_ends_the_wrap_up_finishes_up_before_a_break_and_before_going_home(due_at: float) -> None:
    called = [caller(1, 10, wrap_up_s=25.0)]
    configured = centre(agent("1"), plans=(UNTIL_FINISHED,))
    resting = hour(called, shift("1", Break(due_at, 60.0, "lunch")))
    assert (95.0, AgentState.PAUSED) in states_of(resting, configured, "1")
    assert (155.0, AgentState.READY) in states_of(resting, configured, "1")
    leaving = hour(called, shift("1", ends=due_at))
    assert states_of(leaving, configured, "1")[-1] == (95.0, AgentState.SIGNED_OUT)


def test_of_several_who_ring_at_once_the_quickest_has_the_call() -> None:
    together = centre(agent("1"), agent("2"), agent("3"), plans=(plan(offering=Offering(at_once=MOST_AT_ONCE)),))
    day = hour([caller(1, 10, rings_s=(7.0, 4.0, NEVER))], *(shift(number) for number in "123"))
    happened = events(day, together)
    assert [(event.agent, event.waited_s) for event in only(Connected, happened)] == [("2", 4.0)]
    assert {event.why for event in only(OfferWithdrawn, happened)} == {OfferFailure.ANSWERED_ELSEWHERE}
    assert simulate(day, together).total.refused_offers == 0.0


def test_several_who_let_it_ring_end_one_offer() -> None:
    together = centre(agent("1"), agent("2"), plans=(plan(offering=Offering(at_once=2)),))
    happened = events(hour([caller(1, 10, rings_s=(NEVER,))], shift("1"), shift("2")), together)
    first = [event for event in happened if isinstance(event, OfferWithdrawn | CallerReturned)][:3]
    assert [type(event) for event in first] == [OfferWithdrawn, OfferWithdrawn, CallerReturned]


def test_a_call_is_offered_answered_ended_and_wrapped_up() -> None:
    figures = simulate(hour([caller(1, 10, rings_s=(4.0,))], shift("1")), centre(agent("1", wrap_up_s=20.0))).total
    assert (figures.offered, figures.answered, figures.average_wait_s) == (1, 1, 4.0)
    assert (figures.talk_s, figures.wrap_up_s, figures.handling_s) == (60.0, 20.0, 80.0)
    assert figures.occupancy == pytest.approx(84.0 / HOUR_S)
    assert figures.utilisation == 1.0


def test_a_caller_whose_patience_ends_hangs_up_also_while_a_phone_rings() -> None:
    waits = hour([caller(1, 0, 300), caller(2, 10, patience_s=30.0)], shift("1"))
    assert [event.waited_s for event in only(Abandoned, events(waits, centre(agent("1"))))] == [30.0]
    rings = hour([caller(1, 0, patience_s=3.0, rings_s=(8.0,))], shift("1"))
    assert [event.why for event in only(OfferWithdrawn, events(rings, centre(agent("1"))))] == [
        OfferFailure.CALLER_GONE
    ]


def test_an_offer_rings_out_where_the_plan_gives_it_less_time_and_the_next_agent_gets_the_call() -> None:
    day = hour([caller(1, 0, rings_s=(12.0, 2.0))], shift("1"), shift("2"))
    agents = agent("1"), agent("2")
    assert [o.agent for o in only(Offered, events(day, centre(*agents, plans=(plan(ring_s=10.0),))))] == ["1", "2"]
    patient_plan = centre(*agents, plans=(plan(ring_s=15.0),))
    assert [o.agent for o in only(Offered, events(day, patient_plan))] == ["1"]
    assert simulate(day, centre(*agents)).total.refused_offers == 1.0


@pytest.mark.parametrize("after", [AfterOffer.NOT_RESPONDING, AfterOffer.PAUSED])
def test_an_agent_whose_phone_rang_out_comes_back(after: AfterOffer) -> None:
    day = hour([caller(1, 0, rings_s=(NEVER, 1.0))], shift("1"), back_after_s=45.0)
    configured = centre(agent("1"), plans=(plan(after_no_answer=after, retry_agent_after_s=5.0),))
    assert when(Connected, day, configured) == [10.0 + 45.0 + 1.0]


def test_a_break_during_a_conversation_begins_after_it_and_lasts_its_whole_length() -> None:
    lunch = Break(30.0, 600.0, "lunch")
    day = hour([caller(1, 0, 100), caller(2, 50)], shift("1", lunch))
    configured = centre(agent("1", wrap_up_s=20.0))
    assert when(Connected, day, configured) == [0.0, 100.0 + 20.0 + 600.0]
    paused = [e for e in only(AgentStateChanged, events(day, configured)) if e.reason == "lunch"]
    assert [(e.after, e.since) for e in paused] == [(AgentState.PAUSED, 120.0)]


def test_a_shift_that_ends_during_a_conversation_ends_after_it() -> None:
    day = hour([caller(1, 0, 100), caller(2, 20)], shift("1", ends=50.0))
    happened = events(day, centre(agent("1")))
    out = [e.since for e in only(AgentStateChanged, happened) if e.after is AgentState.SIGNED_OUT]
    assert out == [100.0]
    assert [e.call for e in only(Diverted, happened)] == [call_id(2)]


def test_a_shift_that_ends_while_the_phone_rings_gives_the_caller_back() -> None:
    day = hour([caller(1, 0, rings_s=(8.0,))], shift("1", ends=5.0), shift("2", begins=6.0))
    happened = events(day, centre(agent("1"), agent("2")))
    assert [e.why for e in only(OfferWithdrawn, happened)] == [OfferFailure.AGENT_SIGNED_OUT]
    assert [e.agent for e in only(Connected, happened)] == ["2"]


def test_an_agent_may_work_two_shifts_also_where_a_call_bridges_them() -> None:
    day = hour([caller(1, 0, 300), caller(2, 250)], shift("1", ends=100.0), shift("1", begins=200.0))
    assert when(Connected, day, centre(agent("1"))) == [0.0, 300.0]


def test_who_waits_at_closing_leaves_and_conversations_go_on() -> None:
    day = hour([caller(1, 0, 2 * HOUR_S), caller(2, 10)], shift("1", ends=5 * HOUR_S))
    happened = events(day, centre(agent("1")))
    assert [(e.call, e.to) for e in only(Diverted, happened)] == [(call_id(2), CLOSED)]
    assert [e.talked_s for e in only(Ended, happened)] == [2 * HOUR_S]


def test_a_phone_that_rings_out_after_closing_lets_the_caller_go() -> None:
    day = hour([caller(1, HOUR_S - 5, rings_s=(NEVER,))], shift("1", ends=2 * HOUR_S))
    assert [e.to for e in only(Diverted, events(day, centre(agent("1"))))] == [CLOSED]


# ---------------------------------------------------------------------------------------------------- sent on


OVERFLOW = (PlanStep("own", 0), PlanStep("on", 30, divert="to-service"))
TWO_QUEUES = (plan(steps=OVERFLOW), plan(queue=SERVICE, name="Service"))


def sent_on(onward: tuple[tuple[str, QueueId], ...], service: QueuePlan = TWO_QUEUES[1]) -> tuple[Day, Configured]:
    day = hour([caller(1, 0, 600), caller(2, 10, patience_s=500.0)], shift("1"), shift("2", begins=100), onward=onward)
    return day, centre(agent("1", "sales"), agent("2", "service"), plans=(TWO_QUEUES[0], service))


def test_a_caller_sent_on_to_another_queue_counts_in_both_and_once_in_total() -> None:
    figures = simulate(*sent_on((("to-service", SERVICE),)))
    sales, service = (each.figures for each in figures.queues)
    assert (sales.offered, sales.diverted, sales.answered) == (2, 1, 1)
    assert (service.offered, service.answered, service.average_wait_s) == (1, 1, 60.0)
    assert (figures.total.offered, figures.total.answered, figures.total.diverted) == (2, 2, 0)
    assert figures.total.longest_wait_s == 90.0, "from entering the first queue"


def test_a_caller_sent_on_to_anything_else_is_diverted_for_good() -> None:
    figures = simulate(*sent_on(())).total
    assert (figures.answered, figures.diverted) == (1, 1)


def test_a_caller_sent_round_in_circles_leaves_for_good() -> None:
    back = plan(queue=SERVICE, name="Service", steps=(PlanStep("back", 0, divert="to-sales"),))
    happened = events(*sent_on((("to-service", SERVICE), ("to-sales", SALES)), back))
    assert [e.to for e in only(Diverted, happened)] == ["to-service", "to-sales"]
    assert len([e for e in only(Queued, happened) if e.call == call_id(2)]) == 2


def test_patience_goes_on_from_queue_to_queue() -> None:
    day, configured = sent_on((("to-service", SERVICE),))
    impatient = replace(day, arrivals=(day.arrivals[0], replace(day.arrivals[1], patience_s=80.0)))
    assert [at for at, e in play(impatient, configured) if isinstance(e, Abandoned)] == [90.0]


def test_the_no_agent_divert_sends_on_too() -> None:
    day = hour([caller(1, 0)], onward=(("night", SERVICE),))
    configured = centre(agent("1"), plans=(plan(no_agent_divert="night"), TWO_QUEUES[1]))
    assert [e.queue for e in only(Queued, events(day, configured))] == [SALES, SERVICE]


# ---------------------------------------------------------------------------------------------------- what is counted


def test_every_variant_of_the_service_level() -> None:
    busy = [caller(n, 0, 1000.0) for n in (1, 2)]
    in_time = [caller(n, 5.0 * n, 10) for n in (3,)]
    late = [caller(4, 1010.0, 100.0), caller(5, 1020.0, 100.0), caller(6, 1030.0, 1.0), caller(7, 1031.0, 1.0)]
    gone = [caller(8, 100.0, patience_s=4.0), caller(9, 110.0, patience_s=15.0), caller(10, 120.0, patience_s=50.0)]
    day = hour([*busy, *in_time, *late, *gone], shift("1"), shift("2"))
    found = simulate(day, centre(agent("1"), agent("2"), plans=(plan(answer_within_s=20.0, short_abandon_s=5.0),)))
    figures = found.total
    # Two at once, one after 985 s, two at once, two who wait about 80 s; one hangs up short, one within 20 s, one later.
    assert (figures.offered, figures.answered, figures.abandoned, figures.short_abandoned) == (10, 7, 3, 1)
    assert figures.service_level == pytest.approx(4 / 9)
    assert figures.service_level_answered_only == pytest.approx(4 / 7)
    assert figures.service_level_abandons_ignored == pytest.approx(4 / 8)
    assert figures.service_level_abandons_in_favour == pytest.approx(6 / 10)
    assert figures.abandonment_rate == pytest.approx(2 / 9)
    assert figures.longest_wait_s == 985.0
    assert found.queues[0].figures == figures


def test_a_call_diverted_in_time_does_not_count_against_the_service_level() -> None:
    at_once = plan(steps=(PlanStep("nobody", 0, need="skill.none >= 1", divert="voicemail"),))
    figures = simulate(hour([caller(1, 0)], shift("1")), centre(agent("1"), plans=(at_once,))).total
    assert (figures.diverted, figures.service_level) == (1, None)
    assert figures.service_level_abandons_in_favour == 0.0


def test_nothing_to_make_a_figure_of_is_none() -> None:
    figures = simulate(hour([]), centre(agent("1"))).total  # nobody calls, and nobody works
    counts = {"offered", "answered", "abandoned", "short_abandoned", "diverted", "turned_away", "overtakings"}
    names = {field.name for field in fields(Figures)}
    assert {name for name in names if getattr(figures, name) == 0} == counts
    assert {name for name in names if getattr(figures, name) is None} == names - counts


def test_the_occupancy_of_a_queue_is_that_of_its_agents_on_whatever_calls() -> None:
    day = hour([caller(1, 0, 1800.0), caller(2, 10, 900.0, queue=SERVICE)], shift("1"), shift("2"))
    figures = simulate(day, centre(agent("1"), agent("2", "service"), agent("3"), plans=(plan(), TWO_QUEUES[1])))
    assert [each.figures.occupancy for each in figures.queues] == [0.5, 0.25]
    assert figures.total.occupancy == 0.375
    assert (figures.total.lowest_occupancy, figures.total.highest_occupancy) == (0.25, 0.5)


def test_an_unequal_caller_overtakes_nobody_and_an_equal_one_does() -> None:
    """A caller whose offer failed is passed over for the agent tried in vain, and that counts."""
    day = hour(
        [caller(1, 0, rings_s=(NEVER, 1.0)), caller(2, 20, priority=0)],
        shift("1"),
        back_after_s=15.0,
    )
    configured = centre(agent("1"), plans=(plan(retry_agent_after_s=100.0),))
    assert simulate(day, configured).total.overtakings == 1
    important = replace(day, arrivals=(day.arrivals[0], replace(day.arrivals[1], priority=1)))
    assert simulate(important, configured).total.overtakings == 0


def test_equal_callers_one_after_the_other_are_compared() -> None:
    day = hour([caller(1, 0, 100), caller(2, 10), caller(3, 20, patience_s=1.0), caller(4, 30)], shift("1"))
    assert simulate(day, centre(agent("1"))).total.neighbours_differ_s == 90.0, "1 and 2; 3 hung up between 2 and 4"


# ---------------------------------------------------------------------------------------------------- refused days


@pytest.mark.parametrize(
    ("day", "says"),
    [
        (hour([caller(1, 0), caller(1, 5)]), "arrives twice"),
        (hour([caller(1, 0, queue=SERVICE)]), "queue 'service', which the plan does not have"),
        (hour([caller(1, HOUR_S)]), "outside the day"),
        (hour([caller(1, -1.0)]), "outside the day"),
        (hour([caller(1, 0, -1.0)]), "negative duration"),
        (hour([caller(1, 0, rings_s=())]), "give rings_s at least one figure"),
        (hour([caller(1, 0, rings_s=(-1.0,))]), "negative duration"),
        (hour([], onward=(("step", SERVICE),)), "leads on to queue 'service'"),
        (hour([], shift("9")), "agent '9', whom the plan does not have"),
        (hour([], shift("1", ends=0.0)), "not after it begins"),
        (hour([], shift("1", Break(3500.0, 200.0, "lunch"))), "not within the shift"),
        (hour([], shift("1", Break(10.0, 50.0, "a"), Break(30.0, 50.0, "b"))), "two breaks at once"),
        (hour([], shift("1"), shift("1", begins=100.0)), "two shifts at once"),
    ],
)
def test_a_day_that_cannot_be_is_refused(day: Day, says: str) -> None:
    with pytest.raises(DayRefused, match=says):
        simulate(day, centre(agent("1")))


# ---------------------------------------------------------------------------------------------------- every day


@st.composite
def days(draw: st.DrawFn) -> tuple[Day, Configured]:
    """Small days in which everything happens: breaks, shifts that end, phones that ring out, diverts, impatience."""
    seconds = st.integers(0, 900).map(float)
    arrivals = [
        Arrival(
            CallId(f"node1-{number}"),
            draw(seconds),
            draw(st.sampled_from((SALES, SERVICE))),
            draw(st.integers(0, 300).map(float)),
            draw(st.integers(0, 1)),
            patience_s=draw(st.none() | seconds),
            rings_s=tuple(draw(st.lists(st.sampled_from((0.0, 3.0, 10.0, NEVER)), min_size=1, max_size=3))),
        )
        for number in range(draw(st.integers(0, 12)))
    ]
    shifts = []
    for number in ("1", "2", "3"):
        begins, lasts_s = draw(seconds), draw(st.integers(1, 1500))
        breaks = () if lasts_s < 200 else (Break(begins + draw(st.integers(0, 99)), 100.0, "break"),)
        shifts.append(Shift(AgentId(number), begins, begins + lasts_s, breaks))
    day = Day(tuple(arrivals), tuple(shifts), 901.0, 20.0, (("to-service", SERVICE), ("to-sales", SALES)))
    after = draw(st.sampled_from(AfterOffer))
    plans = (
        plan(steps=OVERFLOW, after_no_answer=after, wrap_up_s=5.0),
        plan(queue=SERVICE, name="Service", after_no_answer=after, no_agent_divert="to-sales", retry_agent_after_s=0.5),
    )
    return day, centre(agent("1"), agent("2", "sales", "service"), agent("3", "service"), plans=plans)


@settings(max_examples=150, deadline=None)
@given(days())
def test_every_call_ends_exactly_once_and_the_same_day_happens_the_same(lived: tuple[Day, Configured]) -> None:
    day, configured = lived
    first = list(play(day, configured))
    assert first == list(play(day, configured))
    ends: Counter[CallId] = Counter()
    entered: Counter[CallId] = Counter()
    for _, event in first:
        if isinstance(event, Queued):
            entered[event.call] += 1
        elif isinstance(event, Ended | Abandoned | Diverted):
            ends[event.call] += 1
    assert ends == entered
    assert set(entered) == {arrival.call for arrival in day.arrivals}
    assert sum(isinstance(event, Connected) for _, event in first) == sum(isinstance(e, Ended) for _, e in first)
    assert [at for at, _ in first] == sorted(at for at, _ in first)
    total = figures_of(Visits(event for _, event in first)).total
    assert total.offered == total.answered + total.abandoned + total.diverted == len(day.arrivals)


@settings(max_examples=100, deadline=None)
@given(days())
def test_nobody_is_offered_out_of_the_line_and_all_agents_go_home(lived: tuple[Day, Configured]) -> None:
    states: dict[AgentId, AgentState] = {}
    waiting: set[CallId] = set()
    for _, event in play(*lived):
        match event:
            case Queued(call) | CallerReturned(call):
                waiting.add(call)
            case Offered(call):
                assert call in waiting
                waiting.remove(call)
            case Abandoned(call) | Diverted(call):
                waiting.discard(call)
            case AgentStateChanged(number, _, after):
                states[number] = after
            case _:
                pass
    assert set(states.values()) <= {AgentState.SIGNED_OUT}


# ---------------------------------------------------------------------------------------------------- queueing theory


def random_day(seed: int, calls: int, load: Load, agents: int, patience_s: float | None) -> tuple[Day, Configured]:
    """Poisson arrivals, exponential talks and patience, all agents there all the time and picking up at once."""
    chance, at = Random(seed), 0.0  # noqa: S311 - nothing secret is drawn
    arrivals = []
    for number in range(calls):
        at += chance.expovariate(load.calls_per_s)
        patience = None if patience_s is None else chance.expovariate(1 / patience_s)
        arrivals.append(caller(number, at, chance.expovariate(1 / load.handling_s), patience_s=patience))
    later = at + 100 * load.handling_s
    people = [agent(str(number)) for number in range(agents)]
    shifts = tuple(Shift(person.agent, 0.0, later) for person in people)
    return Day(tuple(arrivals), shifts, later), centre(*people)


def test_waits_are_those_of_a_textbook_queue_to_the_last_bit() -> None:
    """Kiefer and Wolfowitz: the next caller in line gets whoever of N is free first."""
    day, configured = random_day(5, 1500, Load(1 / 18, 180.0), 12, None)
    free, waits = [0.0] * 12, []
    for arrival in day.arrivals:
        begins = max(arrival.at, heapq.heappop(free))
        heapq.heappush(free, begins + arrival.talk_s)
        waits.append(begins - arrival.at)
    assert max(waits) > 60.0
    assert [visit.waited_s for visit in Visits(events(day, configured)).all] == waits


BATCHES = 20
T_975_19 = 2.093
"""Student's t for a 95 % confidence interval from 20 batches."""
WARM_UP = 300
"""Calls before the first batch: a day begins with an empty line, which theory knows nothing of."""


def check(name: str, batches: list[list[Visit]], figure: Callable[[list[Visit]], float], theory: float) -> None:
    """Assert that theory lies within the 95 % confidence interval of batch means."""
    means = [figure(batch) for batch in batches]
    half_width = T_975_19 * stdev(means) / len(means) ** 0.5
    assert abs(mean(means) - theory) <= half_width, f"{name}: {mean(means):.4f} ± {half_width:.4f}, theory {theory:.4f}"


def batches_of(day: Day, configured: Configured) -> list[list[Visit]]:
    visits = Visits(events(day, configured)).all[WARM_UP:]
    size = len(visits) // BATCHES
    return [visits[number * size : (number + 1) * size] for number in range(BATCHES)]


def answered(batch: list[Visit]) -> list[Visit]:
    return [visit for visit in batch if visit.outcome is Outcome.ANSWERED]


def answered_in_time(batch: list[Visit]) -> float:
    return sum(visit.waited_s <= 20.0 for visit in answered(batch)) / len(batch)


def average_wait(batch: list[Visit]) -> float:
    return mean(visit.waited_s for visit in answered(batch))


def given_up_in_time(batch: list[Visit]) -> float:
    return sum(visit.outcome is Outcome.ABANDONED and visit.waited_s <= 5.0 for visit in batch) / len(batch)


def given_up(batch: list[Visit]) -> float:
    return 1.0 - len(answered(batch)) / len(batch)


# Two lines that forget their past within a few calls each (about a / (sqrt N - sqrt a)^2 of them), so that batches are as good
# as independent. Long memories at many agents are the textbook test's, above.
LOAD = Load(2 / 120, 120.0)


def test_callers_who_wait_however_long_agree_with_erlang_c() -> None:
    batches = batches_of(*random_day(1, WARM_UP + 600 * BATCHES, LOAD, 4, None))
    theory = ErlangC(LOAD, 4)
    check("service level", batches, answered_in_time, theory.service_level(20.0))
    check("average wait", batches, average_wait, theory.average_wait_s)


def test_callers_who_hang_up_agree_with_erlang_a() -> None:
    batches = batches_of(*random_day(1, WARM_UP + 600 * BATCHES, LOAD, 2, 90.0))
    theory = ErlangA(LOAD, 2, 90.0)
    check("answered in time", batches, answered_in_time, theory.answered_within(20.0))
    check("hung up in time", batches, given_up_in_time, theory.abandoned_within(5.0))
    check("average wait", batches, average_wait, theory.average_wait_s)
    check("abandonment", batches, given_up, theory.abandonment)


def test_a_random_days_figures_are_those_of_its_visits() -> None:
    day, configured = random_day(1, WARM_UP, LOAD, 2, 90.0)
    visits = Visits(events(day, configured))
    figures = figures_of(visits).total
    assert figures.average_wait_s == pytest.approx(average_wait(visits.all))
    assert figures.abandoned == pytest.approx(given_up(visits.all) * WARM_UP)


def test_callers_who_are_not_let_in_are_counted_apart_and_go_on_to_another_queue() -> None:
    past = [caller(number, 101.0 * number, 100.0) for number in range(10)]
    crowd = [caller(number, 1200.0 + number, 100.0) for number in range(10, 20)]
    shut = Door(too_long=Treatment(divert="to-service"), expected_wait_above_s=250.0)
    plans = (plan(door=shut), replace(plan(), queue=SERVICE, name="Service"))
    day = hour([*past, *crowd], shift("1", ends=4 * HOUR_S), onward=(("to-service", SERVICE),), closes_at=4 * HOUR_S)
    found = simulate(day, centre(agent("1", "sales", "service"), plans=plans))
    sales, service = (one.figures for one in found.queues)
    assert 3 <= sales.turned_away <= 8
    assert (sales.offered + sales.turned_away, service.offered) == (20, sales.turned_away)
    assert (found.total.offered, found.total.answered, found.total.turned_away) == (20, 20, sales.turned_away)


def test_a_full_queue_lets_in_as_many_as_it_may_hold() -> None:
    day = hour([caller(number, 1.0 * number) for number in range(6)])
    full = plan(door=Door(full=Treatment(), most=4))
    total = simulate(day, centre(agent("1"), plans=(full,))).total
    assert (total.offered, total.turned_away) == (4, 2)
