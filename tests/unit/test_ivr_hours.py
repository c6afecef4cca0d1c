"""When a calendar is open: weekly hours, holidays, make-up days, midnight, and the days when clocks are set."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acd.names import Opening
from ivr.calendars.hours import Calendar, Holiday, MakeUpDay, Span, SpecialDay
from ivr.calendars.switches import Calendars, Position

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
OFFICE = (Span(9 * 60, 12 * 60), Span(13 * 60, 18 * 60))
WEEK = (*(OFFICE,) * 5, (), ())
NATIONAL_DAY = Holiday({"zh-CN": "国庆节", "en": "National Day"})
SHOP = Calendar(
    "shop",
    SHANGHAI,
    WEEK,
    {
        **{date(2026, 10, day): NATIONAL_DAY for day in range(1, 8)},
        date(2026, 10, 10): MakeUpDay(like=0),
        date(2026, 12, 24): SpecialDay({"zh-CN": "平安夜", "en": "Christmas Eve"}, (Span(9 * 60, 12 * 60),)),
    },
)
NIGHT = Calendar("night", BERLIN, (*((Span(22 * 60, 26 * 60),),) * 5, (), ()), {date(2026, 5, 1): NATIONAL_DAY})
ROUND_THE_CLOCK = Calendar("always", SHANGHAI, ((Span(0, 24 * 60),),) * 7)


def at(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("when", "opening"),
    [
        ("2026-11-25T08:59:59", Opening.CLOSED),
        ("2026-11-25T09:00", Opening.OPEN),
        ("2026-11-25T12:00", Opening.CLOSED),
        ("2026-11-25T17:59:59", Opening.OPEN),
        ("2026-11-25T18:00", Opening.CLOSED),
        ("2026-11-28T10:00", Opening.CLOSED),  # a Saturday
        ("2026-10-01T10:00", Opening.HOLIDAY),
        ("2026-10-10T10:00", Opening.OPEN),  # a Saturday that works like a Monday
        ("2026-12-24T11:59", Opening.OPEN),
        ("2026-12-24T13:30", Opening.CLOSED),
    ],
)
def test_a_calendar_is_open_as_its_days_say(when: str, opening: Opening) -> None:
    assert SHOP.at(at(when)).opening is opening


def test_the_moment_counts_not_the_zone_it_is_told_in() -> None:
    assert SHOP.at(datetime(2026, 11, 25, 1, 0, tzinfo=UTC)).opening is Opening.OPEN


def test_a_holiday_is_called_by_its_name_and_opens_after_it() -> None:
    standing = SHOP.at(at("2026-10-01T10:00"))
    assert standing.name == {"zh-CN": "国庆节", "en": "National Day"}
    assert standing.opens_at == at("2026-10-08T09:00")
    assert standing.until == at("2026-10-02T00:00")


@pytest.mark.parametrize(
    ("when", "opens"),
    [
        ("2026-11-25T08:00", "2026-11-25T09:00"),
        ("2026-11-25T12:30", "2026-11-25T13:00"),
        ("2026-11-27T18:30", "2026-11-30T09:00"),
        ("2026-10-09T18:30", "2026-10-10T09:00"),
    ],
)
def test_a_closed_calendar_says_when_it_opens_next(when: str, opens: str) -> None:
    assert SHOP.at(at(when)).opens_at == at(opens)


def test_an_open_calendar_says_until_when_and_not_when_it_opens() -> None:
    standing = SHOP.at(at("2026-11-25T10:00"))
    assert (standing.opens_at, standing.until) == (None, at("2026-11-25T12:00"))


def test_hours_over_midnight_belong_to_the_day_they_begin_in() -> None:
    assert NIGHT.at(at("2026-11-24T01:59", BERLIN)).opening is Opening.OPEN
    assert NIGHT.at(at("2026-11-24T02:00", BERLIN)).opening is Opening.CLOSED
    assert NIGHT.at(at("2026-11-28T01:00", BERLIN)).opening is Opening.OPEN  # Friday's night
    assert NIGHT.at(at("2026-11-30T01:00", BERLIN)).opening is Opening.CLOSED  # Sunday has none


def test_what_began_before_a_holiday_runs_to_its_end() -> None:
    assert NIGHT.at(at("2026-05-01T01:00", BERLIN)).opening is Opening.OPEN
    assert NIGHT.at(at("2026-05-01T23:00", BERLIN)).opening is Opening.HOLIDAY
    assert NIGHT.at(at("2026-05-02T01:00", BERLIN)).opening is Opening.CLOSED


def test_round_the_clock_is_open_at_midnight_and_for_the_whole_look_ahead() -> None:
    standing = ROUND_THE_CLOCK.at(at("2026-11-25T00:00"))
    assert standing.opening is Opening.OPEN
    assert standing.until is not None
    assert standing.until - at("2026-11-25T00:00") >= timedelta(days=7)


def test_a_time_that_comes_twice_is_open_both_times() -> None:
    # On 25 October 2026 Berlin's clocks go from 03:00 back to 02:00.
    calendar = Calendar("b", BERLIN, (*((),) * 6, (Span(60, 150),)))
    began = datetime(2026, 10, 24, 23, 0, tzinfo=UTC)  # 01:00 summer time
    minutes_open = sum(
        calendar.at(began + timedelta(minutes=minute)).opening is Opening.OPEN for minute in range(-60, 240)
    )
    assert minutes_open == 150  # 01:00 to the second 02:30


def test_a_day_with_an_hour_less_has_an_hour_less_of_opening() -> None:
    # On 29 March 2026 Berlin's clocks go from 02:00 to 03:00.
    calendar = Calendar("b", BERLIN, (*((),) * 6, (Span(60, 300),)))
    began = datetime(2026, 3, 28, 23, 0, tzinfo=UTC)  # 00:00 winter time
    minutes_open = sum(calendar.at(began + timedelta(minutes=minute)).opening is Opening.OPEN for minute in range(480))
    assert minutes_open == 180


@pytest.mark.parametrize(("span", "minutes"), [(Span(60, 120), 60), (Span(60, 150), 90), (Span(130, 150), 20)])
def test_hours_that_end_at_a_time_that_is_left_out_are_open_as_long_as_on_any_day(span: Span, minutes: int) -> None:
    calendar = Calendar("b", BERLIN, (*((),) * 6, (span,)))
    began = datetime(2026, 3, 28, 23, 0, tzinfo=UTC)  # 00:00 winter time
    opens_at = calendar.at(began).opens_at
    assert opens_at is not None
    assert calendar.at(opens_at).opening is Opening.OPEN
    assert sum(calendar.at(began + timedelta(minutes=m)).opening is Opening.OPEN for m in range(480)) == minutes


def test_a_calendar_that_never_opens_again_names_no_opening() -> None:
    assert Calendar("over", SHANGHAI, ((),) * 7).at(at("2026-11-25T10:00")).opens_at is None


spans = st.tuples(st.integers(0, 1439), st.integers(1, 1440)).map(lambda pair: Span(pair[0], pair[0] + pair[1]))
moments = st.datetimes(datetime(2026, 3, 1), datetime(2026, 11, 30)).map(lambda naive: naive.replace(tzinfo=UTC))  # noqa: DTZ001


@given(st.lists(st.lists(spans, max_size=2).map(tuple), min_size=7, max_size=7), moments)
def test_what_is_said_of_later_is_what_is_said_then(week: list[tuple[Span, ...]], now: datetime) -> None:
    calendar = Calendar("any", BERLIN, tuple(tuple(sorted(day)) for day in week))
    standing = calendar.at(now)
    if standing.opens_at is not None:
        assert calendar.at(standing.opens_at).opening is Opening.OPEN
        assert calendar.at(standing.opens_at - timedelta(seconds=1)).opening is not Opening.OPEN
    if standing.opening is Opening.OPEN:
        assert standing.until is not None
        assert calendar.at(standing.until - timedelta(seconds=1)).opening is Opening.OPEN


# ---------------------------------------------------------------------------------------------------- by hand


class Wall:
    """A wall clock that stands until it is set."""

    def __init__(self, when: datetime) -> None:
        self.when = when

    def __call__(self) -> float:
        """Read it."""
        return self.when.timestamp()


def test_the_switch_closes_an_open_calendar_and_gives_it_back_to_its_hours() -> None:
    calendars = Calendars(lambda: {"shop": SHOP}, Wall(at("2026-11-25T10:00")))
    heard: list[str] = []
    calendars.changed = heard.append
    calendars.throw("shop", Position.CLOSED, "fire drill", "api:li")
    standing = calendars.standing("shop")
    assert (standing.opening, standing.reason, standing.opens_at) == (Opening.EMERGENCY, "fire drill", None)
    calendars.throw("shop", Position.BY_HOURS, "", "api:li")
    assert calendars.standing("shop").opening is Opening.OPEN
    assert heard == ["shop", "shop"]


def test_the_switch_opens_a_closed_calendar() -> None:
    calendars = Calendars(lambda: {"shop": SHOP}, Wall(at("2026-10-01T10:00")))
    calendars.throw("shop", Position.OPEN, "recall campaign", "api")
    assert calendars.standing("shop").opening is Opening.OPEN
    assert calendars.switch("shop").since == at("2026-10-01T10:00").timestamp()


def test_an_unknown_calendar_has_no_switch() -> None:
    calendars = Calendars(lambda: {"shop": SHOP}, Wall(at("2026-11-25T10:00")))
    with pytest.raises(KeyError):
        calendars.throw("shpo", Position.CLOSED, "", "api")
    assert calendars.standing("shop").opening is Opening.OPEN


def test_hours_are_followed_as_time_passes() -> None:
    wall = Wall(at("2026-11-25T11:59:59"))
    calendars = Calendars(lambda: {"shop": SHOP}, wall)
    assert calendars.standing("shop").opening is Opening.OPEN
    wall.when += timedelta(seconds=1)
    assert calendars.standing("shop").opening is Opening.CLOSED
