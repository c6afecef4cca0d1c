"""How callers passed a flow's steps on one day of the centre's, counted from the event stream in Redis."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from common.clock import unix_seconds
from cti_bridge.board.figures import midnight_after, midnight_before
from cti_bridge.kept.event_stream import history_of, read_events
from cti_bridge.kept.link import RedisLink, connect
from cti_bridge.links import Links
from ivr.drawing.graph import Counts
from service.flows.counts import COUNTED, Tally
from service.neighbours import sentinels
from service.settings import Settings

TODAY, YESTERDAY = "today", "yesterday"


class NotADay(ValueError):
    """The text is no day."""


@dataclass(frozen=True, slots=True)
class Day:
    """A day from midnight to midnight in a time zone, in Unix seconds; days with a clock change are not 24 hours long."""

    since: float
    before: float


def day_named(text: str, now: float, zone: ZoneInfo) -> Day:
    """Return `today`, `yesterday` or the day of a date (`2026-11-21`), by this time zone. Raises NotADay."""
    if text in {TODAY, YESTERDAY}:
        today = midnight_before(now, zone)
        begun = today if text == TODAY else midnight_before(today - 1.0, zone)
    else:
        try:
            named = date.fromisoformat(text)
        except ValueError:
            raise NotADay(f"'{text}' is no day: say {YESTERDAY}, {TODAY}, or a date such as 2026-11-21") from None
        begun = datetime(named.year, named.month, named.day, tzinfo=zone).timestamp()
    return Day(begun, midnight_after(begun, zone))


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted of a day."""

    counts: Counts
    begins_late: datetime | None
    """The stream has the day only from then on, in the centre's time; None: it has all of it."""


async def counted_on(day: Day, flow: str, settings: Settings, zone: ZoneInfo) -> Counted:
    """Count one flow's steps on one day; a thousand entries are in memory at a time. Raises RedisAway."""
    client = connect(settings.redis_url, sentinels(settings))
    try:
        link = RedisLink(client, Links(unix_seconds))
        since = (await history_of(link, settings.site)).whole_since
        tally = Tally(flow)
        async for stamped in read_events(link, settings.site, day.since, COUNTED, day.before):
            tally.note(stamped)
    finally:
        await client.aclose()
    late = since is not None and since > day.since
    return Counted(tally.counts(), datetime.fromtimestamp(since or 0.0, UTC).astimezone(zone) if late else None)
