"""Who is let into a queue, and what becomes of whom it turns away."""

from __future__ import annotations

import pytest

from acd.events import Event, Offered, Queued, TurnedAway
from acd.explaining.door import why_turned_away
from acd.names import Opening, TurnedAwayFor
from acd.plans.door import Door, Treatment
from acd.requests import CallerGone, CallerJoined
from tests.unit.acd_kit import SALES, Centre, agent, call_id, only, plan

CLOSED = Treatment("we-are-closed", "message")


def centre(**door: object) -> Centre:
    return Centre(agent("1"), plans=(plan(door=Door(**door)),))  # type: ignore[arg-type]  # the fields are Door's own


def joins(where: Centre, number: int, opening: Opening = Opening.OPEN, joined_at: float | None = None) -> list[Event]:
    return where.ask(CallerJoined(call_id(number), SALES, joined_at=joined_at, opening=opening))


def test_a_queue_without_rules_lets_everybody_in() -> None:
    assert only(Queued, joins(centre(), 1))


@pytest.mark.parametrize(
    ("opening", "why", "said"),
    [
        (Opening.CLOSED, TurnedAwayFor.CLOSED, CLOSED),
        (Opening.HOLIDAY, TurnedAwayFor.HOLIDAY, Treatment("happy-holiday", "end")),
        (Opening.EMERGENCY, TurnedAwayFor.EMERGENCY, CLOSED),  # none of its own
    ],
)
def test_a_closed_queue_turns_newcomers_away_with_the_treatment_of_the_reason(
    opening: Opening, why: TurnedAwayFor, said: Treatment
) -> None:
    shop = centre(hours="shop", closed=CLOSED, holiday=Treatment("happy-holiday", "end"))
    assert joins(shop, 1, opening) == [TurnedAway(call_id(1), SALES, why, said.say, said.divert)]
    assert not shop.engine.floor.calls


def test_who_is_turned_away_for_a_holiday_is_told_which() -> None:
    shop = centre(hours="shop", closed=CLOSED)
    name = (("zh-CN", "国庆节"), ("en", "National Day"))
    (away,) = shop.ask(CallerJoined(call_id(1), SALES, opening=Opening.HOLIDAY, holiday_name=name))
    assert isinstance(away, TurnedAway)
    assert dict(away.holiday_name) == {"zh-CN": "国庆节", "en": "National Day"}
    assert why_turned_away(away) == {
        "zh-CN": "未进入队列：今天是节假日（国庆节），队列不营业。",
        "en": "Not let in: the queue is closed for a holiday (National Day).",
    }


def test_a_full_queue_turns_the_next_away_and_lets_in_again_when_there_is_room() -> None:
    two = centre(full=Treatment("we-are-full", "message"), most=2)
    joins(two, 1)
    joins(two, 2)
    (away,) = joins(two, 3)
    assert away == TurnedAway(call_id(3), SALES, TurnedAwayFor.FULL, "we-are-full", "message", 2, 2)
    two.ask(CallerGone(call_id(1)))
    assert only(Queued, joins(two, 3))


def test_who_talks_takes_no_room_in_the_line() -> None:
    one = centre(full=Treatment("we-are-full"), most=1)
    one.ready("1")
    assert only(Offered, joins(one, 1))
    one.answers("1", 1)
    assert only(Queued, joins(one, 2))


def test_with_nobody_signed_in_newcomers_are_turned_away_and_with_a_paused_agent_they_wait() -> None:
    sales = centre(none_signed_in=Treatment("nobody-at-all", "message"))
    (away,) = joins(sales, 1)
    assert away == TurnedAway(call_id(1), SALES, TurnedAwayFor.NONE_SIGNED_IN, "nobody-at-all", "message")
    sales.ready("1")
    sales.pause("1")
    assert only(Queued, joins(sales, 2))


@pytest.mark.parametrize(("expected_wait_s", "let_in"), [(None, True), (300.0, True), (300.4, False)])
def test_a_wait_that_is_likely_to_be_too_long_turns_newcomers_away(expected_wait_s: float | None, let_in: bool) -> None:
    sales = centre(too_long=Treatment("call-later"), expected_wait_above_s=300.0)
    events = sales.ask(CallerJoined(call_id(1), SALES, expected_wait_s=expected_wait_s))
    assert bool(only(Queued, events)) == let_in
    if not let_in:
        assert events == [TurnedAway(call_id(1), SALES, TurnedAwayFor.TOO_LONG, "call-later", "", 300, 300)]


def test_who_has_a_place_keeps_it_although_the_queue_is_closed_full_and_deserted() -> None:
    strict = centre(
        hours="shop", closed=CLOSED, none_signed_in=Treatment("nobody"), full=Treatment("we-are-full"), most=1
    )
    assert only(Queued, joins(strict, 1, Opening.CLOSED, joined_at=900.0))
    assert only(Queued, joins(strict, 2, Opening.CLOSED, joined_at=901.0))
    assert joins(strict, 1, Opening.CLOSED) == []  # handed in again while the floor knows them


def test_closed_goes_before_nobody_signed_in_and_that_before_full() -> None:
    all_of_it = centre(hours="shop", closed=CLOSED, none_signed_in=Treatment("nobody"), full=Treatment("full"), most=1)
    reasons = [only(TurnedAway, joins(all_of_it, 1, opening))[0].why for opening in (Opening.CLOSED, Opening.OPEN)]
    all_of_it.ready("1")
    joins(all_of_it, 2)
    reasons.append(only(TurnedAway, joins(all_of_it, 3))[0].why)
    assert reasons == [TurnedAwayFor.CLOSED, TurnedAwayFor.NONE_SIGNED_IN, TurnedAwayFor.FULL]


@pytest.mark.parametrize("why", TurnedAwayFor)
def test_every_reason_is_told_in_both_languages(why: TurnedAwayFor) -> None:
    told = why_turned_away(TurnedAway(call_id(1), SALES, why, "", "", 20, 15))
    assert set(told) == {"zh-CN", "en"}
    assert len(set(told.values())) == 2
    if why in (TurnedAwayFor.FULL, TurnedAwayFor.TOO_LONG):
        assert all("20" in text and "15" in text for text in told.values())
