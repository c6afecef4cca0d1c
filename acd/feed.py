"""The one feed that goes out: every event to every reader. A reader that falls behind is dropped, never waited for."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Collection

from acd.events import Event, Stamped

BACKLOG = 20_000
"""How many events a reader may be behind before it is dropped."""


class FeedClosed(Exception):
    """This reader was dropped, or the feed ended. A reader that still wants to know rebuilds from a snapshot."""


class Reader:
    """One reader's place on the feed; an async iterator of Stamped."""

    def __init__(self, name: str, backlog: int, kinds: Collection[type[Event]]) -> None:
        self.name = name
        self._kinds = frozenset(kinds)
        self._backlog = backlog
        self._events: deque[Stamped] = deque()
        self._wake = asyncio.Event()
        self._closed = ""

    @property
    def behind(self) -> int:
        """How many events wait to be read."""
        return len(self._events)

    def put(self, stamped: Stamped) -> bool:
        """Hand over an event; False where the reader is too far behind and is dropped."""
        if self._kinds and type(stamped.event) not in self._kinds:
            return True
        if len(self._events) >= self._backlog:
            self.close(f"reader {self.name} fell {self._backlog} events behind and was dropped")
            return False
        self._events.append(stamped)
        self._wake.set()
        return True

    def close(self, why: str) -> None:
        """No more events; what was handed over before can still be read."""
        self._closed = why
        self._wake.set()

    def take(self) -> list[Stamped]:
        """Everything handed over so far, without waiting."""
        events = list(self._events)
        self._events.clear()
        return events

    def __aiter__(self) -> Reader:
        return self

    async def __anext__(self) -> Stamped:
        while not self._events:
            if self._closed:
                raise FeedClosed(self._closed)
            self._wake.clear()
            await self._wake.wait()
        return self._events.popleft()


class Feed:
    """Fans events out to readers."""

    def __init__(self) -> None:
        self._readers: list[Reader] = []
        self.dropped = 0
        """How many readers were dropped for being slow."""

    def subscribe(self, name: str, backlog: int = BACKLOG, kinds: Collection[type[Event]] = ()) -> Reader:
        """A new reader, from the next event on; of events of these kinds alone, where any are named."""
        reader = Reader(name, backlog, kinds)
        self._readers.append(reader)
        return reader

    def unsubscribe(self, reader: Reader) -> None:
        """The reader wants no more."""
        if reader in self._readers:
            self._readers.remove(reader)
        reader.close(f"reader {reader.name} unsubscribed")

    def publish(self, stamped: Stamped) -> None:
        """Hand the event to every reader."""
        slow = [reader for reader in self._readers if not reader.put(stamped)]
        for reader in slow:
            self.dropped += 1
            self._readers.remove(reader)

    def close(self) -> None:
        """End the feed for all readers."""
        for reader in self._readers:
            reader.close("the feed ended")
        self._readers.clear()
