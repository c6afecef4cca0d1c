"""The one reader of the engine's feed in this room, and the port of everything that publishes what it reads."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

import structlog

from acd.events import Stamped
from acd.feed import Feed, FeedClosed

AT_ONCE = 200
"""How many events are handed out before others on the loop get a turn."""
GATHER_S = 0.02
"""Events of so long are handed out together: a call makes several in a row, and callers' sessions come before boards."""

_log = structlog.get_logger("publish")


class Sink(Protocol):
    """Who takes every event, in order. It returns at once; what it does with an event later is its own, bounded business."""

    @property
    def name(self) -> str:
        """What it is called in logs."""

    def take(self, stamped: Stamped) -> None:
        """Take an event."""

    def resume(self) -> None:
        """Events were missed: whoever keeps a state looks at the floor again."""


class Publisher:
    """Hands the feed's events to every sink. A sink that raises is logged and costs the others nothing."""

    def __init__(self, feed: Feed, sinks: Sequence[Sink]) -> None:
        self._feed = feed
        self._sinks = tuple(sinks)
        self._reader = feed.subscribe("cti_bridge")
        self.faults = 0
        """How many events a sink could not take: mistakes of ours."""

    async def run(self) -> None:
        """Hand out until cancelled."""
        while True:
            try:
                await self._read()
            except FeedClosed as closed:
                _log.error("the feed dropped its reader, looking at the floor again", reason=str(closed))
                self._reader = self._feed.subscribe("cti_bridge")
                for sink in self._sinks:
                    sink.resume()

    async def _read(self) -> None:
        while True:
            first = await anext(self._reader)
            await asyncio.sleep(GATHER_S)
            for at_once, stamped in enumerate([first, *self._reader.take()], start=1):
                self._hand_out(stamped)
                if at_once % AT_ONCE == 0:
                    await asyncio.sleep(0)

    def _hand_out(self, stamped: Stamped) -> None:
        for sink in self._sinks:
            try:
                sink.take(stamped)
            except Exception:  # noqa: BLE001 - one publisher's mistake must not silence the others
                self.faults += 1
                _log.exception("a sink could not take an event", sink=sink.name, seq=stamped.seq)
