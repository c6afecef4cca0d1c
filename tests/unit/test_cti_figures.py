"""The day's figures: definitions, midnight, and a service that was away."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from acd.events import Abandoned, Connected, Diverted, Ended, Event, Queued, Restored, TurnedAway
from acd.names import CallId, CallState, EndedBy, QueueId, TurnedAwayFor
from acd.plans.plan import PlanStep, QueuePlan
from cti_bridge.board.figures import DayFigures, QueueDay, midnight_after, midnight_before, time_of_day
from tests.unit.cti_kit import CALL, MIDDAY, OTHER_CALL, SALES, WANG, stamp

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
HOUR_S = 3600.0
PLAN = QueuePlan(SALES, "Sales", (PlanStep("all", 0),), answer_within_s=20.0, short_abandon_s=5.0)


class Day:
    """Figures of `sales`, fed with events at times relative to noon."""

    def __init__(self) -> None:
        self.figures = DayFigures(SHANGHAI, {SALES: PLAN}.get, MIDDAY)

    def at(self, after_noon_s: float, event: Event) -> Day:
        """The event happens so long after noon. Engine and wall time are told apart by a fixed difference."""
        self.figures.take(stamp(event, at=5000.0 + after_noon_s, wall=MIDDAY + after_noon_s))
        return self

    @property
    def sales(self) -> QueueDay:
        """The queue's counts."""
        return self.figures.queue(SALES)

    def level(self, after_noon_s: float = HOUR_S) -> float | None:
        """The queue's service level so long after noon."""
        return self.figures.service_level(SALES, MIDDAY + after_noon_s)


def queued(call: CallId = CALL, after_noon_s: float = 0.0) -> Queued:
    """A caller joins so long after noon."""
    return Queued(call, SALES, 0, "", (), 5000.0 + after_noon_s)


def connected(waited_s: float, call: CallId = CALL) -> Connected:
    """They talk."""
    return Connected(call, WANG, SALES, waited_s)


def restored(state: CallState, joined_s: float, since_s: float, call: CallId = CALL) -> Restored:
    """A caller found again after a start, in times relative to noon."""
    return Restored(call, SALES, 0, "", (), 5000.0 + joined_s, state, WANG, 5000.0 + since_s)


def test_no_call_yet_is_no_service_level_and_no_average() -> None:
    assert (Day().level(), Day().sales.average_wait_s) == (None, None)


def test_service_level_leaves_out_short_abandons_and_early_diverts_only() -> None:
    calls = [CallId(f"node1-{number}") for number in range(6)]
    day = Day()
    for call in calls:
        day.at(0, queued(call))
    day.at(20, connected(20.0, calls[0]))
    day.at(21, connected(21.0, calls[1]))
    day.at(5, Abandoned(calls[2], SALES, 5.0))
    day.at(6, Abandoned(calls[3], SALES, 6.0))
    day.at(20, Diverted(calls[4], SALES, "voicemail", 20.0))
    day.at(21, Diverted(calls[5], SALES, "voicemail", 21.0))
    counts = (day.sales.offered, day.sales.answered, day.sales.abandoned, day.sales.short_abandoned, day.sales.diverted)
    assert counts == (6, 2, 2, 1, 2)
    assert day.level() == pytest.approx(1 / (6 - 1 - 1))
    assert day.sales.average_wait_s == pytest.approx(20.5)
    assert day.figures.answered_by(WANG) == 2


def test_a_caller_who_still_waits_within_the_threshold_does_not_count_yet() -> None:
    day = Day().at(0, queued())
    assert day.level(20) is None
    assert day.level(20.1) == 0.0
    day.at(10, queued(OTHER_CALL, 10)).at(12, connected(2.0, OTHER_CALL))
    assert day.level(15) == 1.0
    assert day.level(21) == 0.5
    day.at(22, Abandoned(CALL, SALES, 22.0))
    assert day.level(22) == 0.5


def test_who_waits_too_long_changes_the_service_level_once_without_any_event() -> None:
    day = Day().at(0, queued())
    assert [day.figures.outwaited(MIDDAY + after_s) for after_s in (1, 20, 20.1, 30)] == [[], [], [SALES], []]


def test_a_caller_who_moves_on_to_another_queue_waits_there_alone() -> None:
    other = QueueId("service")
    day = Day().at(0, queued()).at(5, Queued(CALL, other, 0, "", (), 5005.0))
    assert day.level(6) == 0.0
    assert day.figures.service_level(other, MIDDAY + 6) == 0.0


def test_days_begin_at_midnight_of_the_site() -> None:
    day = Day().at(0, queued()).at(1, connected(1.0))
    assert not day.figures.roll(MIDDAY + 12 * HOUR_S - 1)
    assert day.figures.roll(MIDDAY + 12 * HOUR_S)
    assert day.sales == QueueDay()
    assert day.figures.answered_by(WANG) == 0
    assert day.figures.since == MIDDAY + 12 * HOUR_S


def test_a_call_from_before_midnight_counts_in_neither_day_after_it() -> None:
    day = Day().at(12 * HOUR_S - 10, queued(after_noon_s=12 * HOUR_S - 10))
    day.at(12 * HOUR_S + 5, connected(15.0))
    assert day.sales == QueueDay()
    assert day.figures.answered_by(WANG) == 1


def test_a_system_clock_set_back_over_midnight_does_not_lose_the_day() -> None:
    day = Day()
    day.figures.roll(MIDDAY + 12 * HOUR_S + 60)
    day.at(12 * HOUR_S + 60, queued(after_noon_s=12 * HOUR_S + 60))
    assert not day.figures.roll(MIDDAY + 12 * HOUR_S - 60)
    assert day.sales.offered == 1


def test_days_of_a_clock_change_are_23_and_25_hours_long() -> None:
    spring, autumn = 1_774_750_000.0, 1_792_900_000.0  # 29 March and 25 October 2026
    assert midnight_after(spring, BERLIN) - midnight_before(spring, BERLIN) == 23 * HOUR_S
    assert midnight_after(autumn, BERLIN) - midnight_before(autumn, BERLIN) == 25 * HOUR_S


def test_a_restored_caller_who_was_counted_counts_once() -> None:
    day = Day().at(0, queued()).at(30, restored(CallState.WAITING, 0, 0)).at(40, connected(40.0))
    assert (day.sales.offered, day.sales.answered) == (1, 1)


def test_a_caller_who_came_while_nothing_could_be_written_is_counted_when_found() -> None:
    day = Day().at(30, restored(CallState.WAITING, 0, 0))
    assert day.sales.offered == 1


def test_an_answer_missed_while_away_is_made_up_for() -> None:
    day = Day().at(0, queued()).at(60, restored(CallState.TALKING, 0, 15))
    assert (day.sales.answered, day.sales.answered_in_time, day.sales.waits_s) == (1, 1, 15.0)
    day.at(70, restored(CallState.TALKING, 0, 15)).at(80, Ended(CALL, WANG, SALES, 65.0, EndedBy.CALLER))
    assert day.sales.answered == 1


def test_the_same_caller_in_line_again_after_the_end_is_a_new_call() -> None:
    day = Day().at(0, queued()).at(5, Diverted(CALL, SALES, "menu", 5.0)).at(9, queued(after_noon_s=9))
    assert day.sales.offered == 2


def test_what_happens_while_the_past_is_told_counts_after_it() -> None:
    day = Day()
    day.figures.wait_for_the_past()
    day.at(60, restored(CallState.TALKING, joined_s=0, since_s=10)).at(
        70, Ended(CALL, WANG, SALES, 60.0, EndedBy.CALLER)
    )
    assert (day.sales.offered, day.figures.answered_by(WANG)) == (0, 0)
    for after_noon_s, event in ((0.0, queued()), (10.0, connected(10.0))):
        day.figures.recall(stamp(event, at=5000.0 + after_noon_s, wall=MIDDAY + after_noon_s))
    day.figures.past_told()
    assert (day.sales.offered, day.sales.answered, day.figures.answered_by(WANG)) == (1, 1, 1)
    day.at(80, queued(OTHER_CALL, 80))
    assert day.sales.offered == 2


def test_figures_count_from_where_their_source_begins_and_never_from_yesterday() -> None:
    day = Day()
    assert day.figures.since == MIDDAY
    day.figures.count_from(MIDDAY - HOUR_S)
    assert day.figures.since == MIDDAY - HOUR_S
    day.figures.count_from(MIDDAY - 40 * HOUR_S)
    assert day.figures.since == MIDDAY - 12 * HOUR_S


def test_calls_whose_end_was_never_heard_are_forgotten_in_time() -> None:
    day = Day().at(0, queued()).at(1, queued(OTHER_CALL, 1))
    day.figures.roll(MIDDAY + 12 * HOUR_S)
    assert len(day.figures._open) == 2
    day.figures.roll(MIDDAY + 36 * HOUR_S)
    assert len(day.figures._open) == 0


def test_the_sites_time_of_day() -> None:
    assert time_of_day(MIDDAY, SHANGHAI) == "12:00:00"


# ---------------------------------------------------------------------------------------------------- grace time


def back(after_noon_s: float = 0.0) -> Queued:
    """The caller of CALL, who hung up while waiting, has called again and has their old place."""
    return Queued(OTHER_CALL, SALES, 0, "", (), 5000.0 + after_noon_s, returns=CALL)


@pytest.mark.parametrize("waited_s", [3.0, 10.0])
def test_a_caller_who_was_dropped_and_is_back_is_one_contact_that_was_not_abandoned(waited_s: float) -> None:
    day = Day().at(0, queued()).at(waited_s, Abandoned(CALL, SALES, waited_s))
    day.at(15, back())
    assert (day.sales.offered, day.sales.abandoned, day.sales.short_abandoned) == (1, 0, 0)
    assert day.level(15) is None, "still waiting within the threshold"
    day.at(18, connected(18.0, OTHER_CALL))
    assert (day.sales.answered, day.level()) == (1, 1.0)


def test_a_caller_who_is_dropped_again_is_abandoned_once() -> None:
    day = Day().at(0, queued()).at(10, Abandoned(CALL, SALES, 10.0))
    day.at(15, back()).at(30, Abandoned(OTHER_CALL, SALES, 30.0))
    assert (day.sales.offered, day.sales.abandoned) == (1, 1)


def test_one_who_was_dropped_before_midnight_counts_neither_as_offered_nor_as_taken_back_today() -> None:
    day = Day().at(12 * HOUR_S - 60, queued(after_noon_s=12 * HOUR_S - 60))
    day.at(12 * HOUR_S - 30, Abandoned(CALL, SALES, 30.0))
    day.at(12 * HOUR_S + 1, back(12 * HOUR_S - 60))
    assert (day.sales.offered, day.sales.abandoned) == (0, 0)


def test_a_caller_who_was_turned_away_is_counted_as_that_alone() -> None:
    day = Day().at(0, TurnedAway(CALL, SALES, TurnedAwayFor.FULL, "", "", 5, 5))
    assert day.sales == QueueDay(turned_away=1)
    assert day.level(60) is None
