"""Erlang C and A by hand: against a published vector, against the sums written out in whole numbers, against each other."""

from __future__ import annotations

from fractions import Fraction
from math import factorial

import pytest

from acd.simulation.erlang import ErlangA, ErlangC, Load, Overloaded, erlang_b

HALF_HOUR = Load(calls_per_s=100 / 1800, handling_s=180.0)


def test_the_check_vector_of_a_hundred_calls_in_half_an_hour() -> None:
    fourteen = ErlangC(HALF_HOUR, 14)
    assert fourteen.wait_probability == pytest.approx(0.174132, abs=5e-7)
    assert fourteen.service_level(20.0) == pytest.approx(0.888350, abs=5e-7)
    assert fourteen.average_wait_s == pytest.approx(7.8359, abs=5e-5)
    assert fourteen.occupancy == pytest.approx(0.7143, abs=5e-5)


@pytest.mark.parametrize(("erlangs", "agents"), [(1, 2), (7, 9), (40, 41), (95, 120)])
def test_erlang_c_is_the_textbook_sum_in_exact_fractions(erlangs: int, agents: int) -> None:
    a = Fraction(erlangs)
    last = a**agents / factorial(agents) * Fraction(agents, agents - erlangs)
    exact = last / (sum(a**k / factorial(k) for k in range(agents)) + last)
    assert ErlangC(Load(erlangs / 60.0, 60.0), agents).wait_probability == pytest.approx(float(exact), rel=1e-12)


def test_hundreds_of_agents_neither_overflow_nor_vanish() -> None:
    many = ErlangC(Load(1000 / 300, 300.0), 1020)
    assert 0.0 < many.wait_probability < 1.0
    assert 0.0 < erlang_b(5000.0, 5000) < 0.02
    crowded = ErlangA(Load(1050 / 300, 300.0), 1000, 120.0)
    assert crowded.abandonment == pytest.approx(0.05, abs=0.005), "about what the agents cannot do"
    assert 0.0 < crowded.answered_within(20.0) < 1.0


def test_no_more_agents_than_erlangs_is_refused_with_the_number_needed() -> None:
    with pytest.raises(Overloaded, match="more than 10 are needed"):
        ErlangC(HALF_HOUR, 10)


def chain(load: Load, agents: int, patience_s: float, states: int = 400) -> list[float]:
    """The birth-death chain's probabilities by plain multiplication, for few agents."""
    weights = [1.0]
    for present in range(1, states):
        death = min(present, agents) / load.handling_s + max(0, present - agents) / patience_s
        weights.append(weights[-1] * load.calls_per_s / death)
    return [weight / sum(weights) for weight in weights]


@pytest.mark.parametrize(("agents", "patience_s"), [(8, 100.0), (14, 60.0), (10, 600.0), (1, 30.0)])
def test_erlang_a_obeys_little_and_the_birth_death_chain(agents: int, patience_s: float) -> None:
    formula, present = ErlangA(HALF_HOUR, agents, patience_s), chain(HALF_HOUR, agents, patience_s)
    waiting = sum((number - agents) * share for number, share in enumerate(present) if number > agents)
    busy = sum(min(number, agents) * share for number, share in enumerate(present))
    assert formula.wait_probability == pytest.approx(sum(present[agents:]), rel=1e-9)
    assert formula.abandonment == pytest.approx(waiting / patience_s / HALF_HOUR.calls_per_s, rel=1e-9)
    assert formula.occupancy == pytest.approx(busy / agents, rel=1e-9)


@pytest.mark.parametrize(("agents", "patience_s"), [(8, 100.0), (14, 60.0), (300, 45.0)])
def test_erlang_as_shares_within_a_time_begin_and_end_where_they_must(agents: int, patience_s: float) -> None:
    formula = ErlangA(HALF_HOUR, agents, patience_s)
    assert formula.answered_within(0.0) == pytest.approx(1.0 - formula.wait_probability)
    assert formula.abandoned_within(0.0) == pytest.approx(0.0, abs=1e-12)
    ever = 1000.0 * patience_s
    assert formula.answered_within(ever) == pytest.approx(1.0 - formula.abandonment, rel=1e-9)
    assert formula.abandoned_within(ever) == pytest.approx(formula.abandonment, abs=1e-9)


def test_erlang_as_waits_are_the_integral_of_its_shares() -> None:
    formula, step_s = ErlangA(HALF_HOUR, 8, 100.0), 0.25
    served = 1.0 - formula.abandonment
    longer = [1.0 - formula.answered_within(step_s * number) / served for number in range(4000)]
    integral = step_s * (sum(longer) - (longer[0] + longer[-1]) / 2.0)
    assert formula.average_wait_s == pytest.approx(integral, rel=1e-4)


def test_endless_patience_is_erlang_c() -> None:
    patient, formula = ErlangC(HALF_HOUR, 14), ErlangA(HALF_HOUR, 14, 1e8)
    assert formula.wait_probability == pytest.approx(patient.wait_probability, rel=1e-4)
    assert formula.service_level(20.0) == pytest.approx(patient.service_level(20.0), rel=1e-5)
    assert formula.average_wait_s == pytest.approx(patient.average_wait_s, rel=1e-4)


def test_who_hangs_up_at_once_does_not_count_against_the_service_level() -> None:
    formula = ErlangA(HALF_HOUR, 8, 60.0)
    expected = formula.answered_within(20.0) / (1.0 - formula.abandoned_within(5.0))
    assert formula.service_level(20.0, short_abandon_s=5.0) == pytest.approx(expected)
    assert expected > formula.answered_within(20.0)


def test_erlang_a_needs_an_agent_and_some_patience() -> None:
    with pytest.raises(ValueError, match="not 0 agents"):
        ErlangA(HALF_HOUR, 0, 60.0)
    with pytest.raises(ValueError, match="some patience"):
        ErlangA(HALF_HOUR, 8, 0.0)


def test_no_calls_are_answered_at_once() -> None:
    quiet = ErlangA(Load(0.0, 180.0), 3, 60.0)
    assert quiet.wait_probability == 0.0
    assert quiet.answered_within(0.0) == 1.0
    assert ErlangC(Load(0.0, 180.0), 3).average_wait_s == 0.0
