"""How queues stand by their calendars, as boards show it."""

from __future__ import annotations

from acd.names import Opening
from acd.plans.door import Door
from cti_bridge.board.views import HoursView
from ivr.calendars.switches import Calendars, Position
from service.offices.queue_hours import hours_of_queues
from tests.unit.cti_kit import SALES, House
from tests.unit.ivr_kit import WEDNESDAY_NOON, Clock, calendars

HOUR_S = 3600.0


class Shop:
    """A queue that keeps the shop's hours, from Wednesday noon in UTC on."""

    def __init__(self) -> None:
        self.clock = Clock(WEDNESDAY_NOON)
        self.calendars = Calendars(calendars, self.clock)
        self._hours = hours_of_queues(House(door=Door(hours="shop")).desk, self.calendars)

    def stands(self) -> HoursView:
        hours = self._hours(SALES)
        assert hours is not None
        return hours


def test_a_queue_without_a_calendar_has_no_hours() -> None:
    assert hours_of_queues(House().desk, Calendars(calendars, Clock(WEDNESDAY_NOON)))(SALES) is None


def test_an_open_queue_tells_when_it_closes_and_a_closed_one_when_it_opens() -> None:
    shop = Shop()
    assert (shop.stands().opening, shop.stands().until) == (Opening.OPEN, WEDNESDAY_NOON + 5 * HOUR_S)
    shop.clock.now += 6 * HOUR_S
    assert (shop.stands().opening, shop.stands().opens_at) == (Opening.CLOSED, WEDNESDAY_NOON + 21 * HOUR_S)


def test_a_queue_closed_by_hand_tells_why_and_not_when_it_opens() -> None:
    shop = Shop()
    shop.calendars.throw("shop", Position.CLOSED, "fire drill", "api")
    stands = shop.stands()
    assert (stands.opening, stands.opens_at, stands.reason) == (Opening.EMERGENCY, None, "fire drill")
