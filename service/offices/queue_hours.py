"""How a queue stands by its calendar, as boards show it."""

from __future__ import annotations

from acd.desk import Desk
from acd.names import Opening, QueueId
from cti_bridge.board.viewer import QueueHours
from cti_bridge.board.views import HoursView
from ivr.calendars.switches import Calendars


def hours_of_queues(desk: Desk, calendars: Calendars) -> QueueHours:
    """Look up a queue's hours; the calendars themselves look at the clock once a second at most."""

    def hours(queue: QueueId) -> HoursView | None:
        name = desk.floor.plans[queue].door.hours
        if not name:
            return None
        standing = calendars.standing(name)
        return HoursView(
            calendar=name,
            opening=standing.opening,
            holiday=dict(standing.name) if standing.opening is Opening.HOLIDAY else None,
            opens_at=None if standing.opens_at is None else standing.opens_at.timestamp(),
            until=None if standing.until is None else standing.until.timestamp(),
            reason=standing.reason,
        )

    return hours
