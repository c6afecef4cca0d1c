"""What the service works by at this moment: the one holder that everything reads, and only a reload writes."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from acd.names import QueueId
from ivr.calendars.hours import Calendar
from service.centre.files import Centre
from service.configuration.plan import Plan


class InForce:
    """The plan in force. Whoever needs something of it reads it when they need it, and keeps nothing."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._coming: Centre | None = None
        self._gone: dict[str, Calendar] = {}

    @property
    def plan(self) -> Plan:
        """All of it."""
        return self._plan

    @property
    def centre(self) -> Centre:
        """Its centre."""
        return self._plan.centre

    def queue_name(self, queue: QueueId) -> dict[str, str]:
        """What people call a queue, by language tag; also one that the desk has just been given. Raises KeyError."""
        names = self.centre.queue_names
        return names[queue] if queue in names or self._coming is None else self._coming.queue_names[queue]

    @property
    def calendars(self) -> Mapping[str, Calendar]:
        """All calendars that callers may be sent to.

        Also those that the desk's queues have just been given, and those that were taken out: a caller stays in the version
        of the flow they entered, which may ask for one.
        """
        coming = {} if self._coming is None else self._coming.calendars
        return ChainMap(self.centre.calendars, coming, self._gone)

    @contextmanager
    def followed_by(self, plan: Plan) -> Iterator[None]:
        """Let `plan` be in force from the body's end on; where the body raises, nothing changes.

        In the body the desk is given the plan. Boards show its queues from then on, so their names are known before.
        """
        self._coming = plan.centre
        try:
            yield
            self._gone |= self.centre.calendars
            self._plan = plan
        finally:
            self._coming = None
