"""How fast the lines moved before this run of the service: learned again from what the event stream still has of it.

Read back beside the calls, a few events at a time, so that nobody waits for it. Without it a centre could say nothing of
expected waits after each restart until enough calls were handled.
"""

from __future__ import annotations

import asyncio

import structlog

from acd.desk import Desk
from acd.waits.pace import LEARNED, Paces
from cti_bridge.kept.event_stream import latest_events
from cti_bridge.kept.link import RedisAway, RedisLink

HISTORY_S = 3600.0
"""How far back is read: what is longer ago says little of now."""
MOST_EVENTS = 5000
"""How many entries of the stream are read, at most."""
AT_ONCE = 100
"""After so many events others on the loop get a turn."""

_log = structlog.get_logger("forecast")
_KINDS = frozenset(kind.__name__ for kind in LEARNED)


async def remember_paces(link: RedisLink, site: str, desk: Desk) -> None:
    """Let the desk's forecasts know what earlier runs have learned. Where Redis is away, they begin with nothing."""
    try:
        earlier = await past_paces(link, site, desk)
    except RedisAway as away:
        _log.info("expected waits are learned anew", reason=str(away))
        return
    desk.forecasts.remember(earlier, desk.now())


async def past_paces(link: RedisLink, site: str, desk: Desk) -> Paces:
    """Learn from the events of earlier runs. Raises RedisAway."""
    earlier, since = Paces(), desk.wall(desk.now()) - HISTORY_S
    for number, stamped in enumerate(await latest_events(link, site, since, MOST_EVENTS, _KINDS)):
        if stamped.run != desk.run_id:
            earlier.take(stamped.event, desk.at(stamped.wall))
        if number % AT_ONCE == 0:
            await asyncio.sleep(0)
    return earlier
