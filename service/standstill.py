"""Notices that the service stood still: frozen, starved of processor time, or on a machine that slept.

Whoever stands still does not know it. Meanwhile the watchdog may have taken callers out of their sessions, and the dialplan
hands them in again one by one: nobody is to be overtaken by those who happen to be back first.
"""

from __future__ import annotations

import asyncio

import structlog

from acd.desk import Desk
from acd.requests import StoodStill

LOOK_EVERY_S = 1.0
STOOD_STILL_S = 2.5
"""A look so late means a standstill. The watchdog frees callers after four seconds at the earliest, and up to one of them
would have passed before the next look anyway."""

_log = structlog.get_logger("service")


async def notice_standstills(desk: Desk) -> None:
    """Tell the desk of each standstill, by the desk's own clock; until cancelled."""
    while True:
        before = desk.now()
        await asyncio.sleep(LOOK_EVERY_S)
        late_s = desk.now() - before - LOOK_EVERY_S
        if late_s >= STOOD_STILL_S:
            desk.post(StoodStill())
            _log.warning("the service stood still: offers wait until its callers are back", seconds=round(late_s, 1))
