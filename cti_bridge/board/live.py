"""The live stream: the board's changes, numbered, at most ten times a second, to every watcher; a beat while nothing changes."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import fields
from functools import cached_property
from typing import Protocol

import structlog

from acd.events import Stamped
from cti_bridge.board.board import Board
from cti_bridge.board.views import Beat, Delta, Snapshot

APART_S = 0.1
"""Deltas are at least so far apart."""
UNWATCHED_S = 0.25
"""So far where nobody watches the stream: there are only sinks then, MQTT, which gather anyway."""
BEAT_S = 2.0
"""A beat follows so long after the last message."""
BEHIND_LIMIT = 50
"""How many messages a watcher may be behind, five seconds of a busy floor, before it is dropped."""

_log = structlog.get_logger("live")


class Message:
    """One message of the stream: the record, and its JSON, made once for all watchers and only where there are any."""

    def __init__(self, record: Snapshot | Delta | Beat) -> None:
        self.record = record

    @cached_property
    def text(self) -> str:
        """The record's JSON."""
        return self.record.model_dump_json()


class DeltaSink(Protocol):
    """Who hears of every delta in the same process, for the states in it: its events are there only while somebody watches.

    It returns at once and never raises.
    """

    def show(self, delta: Delta) -> None:
        """Take a delta."""


class WatcherDropped(Exception):
    """This watcher fell too far behind. It connects again, and begins with a new snapshot."""


class Watcher:
    """One reader of the stream: first the snapshot, then every message after it."""

    def __init__(self, snapshot: Message) -> None:
        self._messages: deque[Message] = deque([snapshot])
        self._wake = asyncio.Event()
        self._dropped = False

    def put(self, message: Message) -> bool:
        """Hand over a message; False where the watcher is too far behind, and is dropped."""
        self._dropped = self._dropped or len(self._messages) >= BEHIND_LIMIT
        if self._dropped:
            self._messages.clear()
        else:
            self._messages.append(message)
        self._wake.set()
        return not self._dropped

    async def next(self) -> Message:
        """The next message. Raises WatcherDropped."""
        while not self._messages:
            if self._dropped:
                raise WatcherDropped(f"this watcher fell {BEHIND_LIMIT} messages behind and was dropped")
            self._wake.clear()
            await self._wake.wait()
        return self._messages.popleft()


class LiveBoard:
    """Publishes a board. A sink of the feed (`take`, `resume`); `run` keeps the stream going."""

    name = "board"

    def __init__(self, board: Board, run_id: str) -> None:
        self.board = board
        self.run_id = run_id
        self.seq = 0
        """The number of the last delta."""
        self.dropped = 0
        """How many watchers were dropped for being slow."""
        self._sinks: list[DeltaSink] = []
        self._watchers: list[Watcher] = []
        self._stir = asyncio.Event()

    def take(self, stamped: Stamped) -> None:
        """An event of the engine."""
        self.board.take(stamped)
        self._stir.set()

    def resume(self) -> None:
        """Events were missed: look at everything."""
        self.board.look_at_everything()
        self._stir.set()

    def stir(self) -> None:
        """Something else than an event has changed (a link)."""
        self._stir.set()

    def tell(self, sink: DeltaSink) -> None:
        """Have this sink hear of every delta."""
        self._sinks.append(sink)

    def watch(self) -> Watcher:
        """A new watcher, beginning with everything as it is."""
        watcher = Watcher(Message(self.snapshot()))
        self._watchers.append(watcher)
        return watcher

    def leave(self, watcher: Watcher) -> None:
        """The watcher wants no more."""
        if watcher in self._watchers:
            self._watchers.remove(watcher)

    def snapshot(self) -> Snapshot:
        """Everything now, with the number of the last delta: what changes later has a higher one."""
        at, viewer = self.now(), self.board.viewer
        return Snapshot(
            run=self.run_id,
            seq=self.seq,
            at=at,
            queues=viewer.queues(),
            agents=viewer.agents(),
            calls=viewer.calls(),
            links=viewer.links(),
        )

    def now(self) -> float:
        """The present in Unix seconds, as the stream tells it."""
        return self.board.look_at_the_clock()

    def flush(self) -> bool:
        """Publish what has changed; say whether anything had."""
        at = self.now()
        if not self._watchers:
            self.board.forget_events()
        changes = self.board.changes()
        if not changes.any:
            return False
        self.seq += 1
        said = {field.name: getattr(changes, field.name) for field in fields(changes)}
        delta = Delta(seq=self.seq, at=at, **said)
        self._send(Message(delta))
        for sink in self._sinks:
            sink.show(delta)
        return True

    async def run(self) -> None:
        """Publish until cancelled."""
        loop = asyncio.get_running_loop()
        last = loop.time()
        while True:
            try:
                async with asyncio.timeout_at(last + BEAT_S):
                    await self._stir.wait()
            except TimeoutError:
                pass
            self._stir.clear()
            if self.flush():
                last = loop.time()
            elif loop.time() >= last + BEAT_S:
                last = loop.time()
                self._send(Message(Beat(seq=self.seq, at=self.now())))
            if self.board.restless:
                self._stir.set()
            await asyncio.sleep(APART_S if self._watchers else UNWATCHED_S)

    def _send(self, message: Message) -> None:
        slow = [watcher for watcher in self._watchers if not watcher.put(message)]
        for watcher in slow:
            self._watchers.remove(watcher)
            self.dropped += 1
            _log.warning("a watcher of the live stream was too slow and was dropped", behind=BEHIND_LIMIT)
