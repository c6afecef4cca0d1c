"""The circuit breaker, on virtual time."""

from __future__ import annotations

from ivr.lookups.breaker import Breaker

CLOSED = Breaker(opens_after=3, rest_s=30)


def failed(breaker: Breaker, times: int, now: float = 100.0) -> Breaker:
    for _ in range(times):
        breaker = breaker.sent().failed(now)
    return breaker


def test_it_lets_everything_through_until_so_many_failures_in_a_row() -> None:
    assert CLOSED.lets_through(0)
    almost = failed(CLOSED, 2)
    assert almost.lets_through(100)
    assert not failed(almost, 1).lets_through(100)


def test_an_answer_in_between_makes_the_count_begin_anew() -> None:
    assert failed(failed(CLOSED, 2).sent().answered(), 2).lets_through(100)


def test_after_its_rest_it_lets_one_probe_through_and_no_second_beside_it() -> None:
    opened = failed(CLOSED, 3)
    assert not opened.lets_through(129.9)
    assert opened.lets_through(130)
    probing = opened.sent()
    assert not probing.lets_through(130)
    assert not probing.lets_through(1_000)


def test_a_probe_that_is_answered_closes_it() -> None:
    assert failed(CLOSED, 3).sent().answered() == CLOSED


def test_a_probe_that_fails_lets_it_rest_once_more() -> None:
    again = failed(CLOSED, 3).sent().failed(140)
    assert not again.lets_through(169.9)
    assert again.lets_through(170)


def test_a_probe_nobody_waits_for_any_more_leaves_the_next_request_to_be_one() -> None:
    abandoned = failed(CLOSED, 3).sent().abandoned()
    assert abandoned.is_open
    assert abandoned.lets_through(130)
