"""The live stream as a reader has it: a snapshot, then deltas applied in turn; a gap is noticed, never papered over."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

Row = Mapping[str, Any]
EVENTS_KEPT = 200


class StreamBroken(Exception):
    """A message is missing, or the service was started anew: connect again."""


class LiveView:
    """The floor, as far as the stream has told it. `clock` gives seconds that never jump."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.queues: dict[str, Row] = {}
        self.agents: dict[str, Row] = {}
        self.calls: dict[str, Row] = {}
        self.links: Row = {}
        self.events: deque[Row] = deque(maxlen=EVENTS_KEPT)
        """The last events, oldest first."""
        self.happened = 0
        """How many events there were in all."""
        self.trouble = "connecting …"
        """Why the view is not live; empty while it is."""
        self._clock = clock
        self._ahead = 0.0
        self._seq: int | None = None

    @property
    def now(self) -> float:
        """The service's clock, Unix seconds; it goes on between messages."""
        return self._clock() + self._ahead

    def new_events(self, since: int) -> list[Row]:
        """The events since there were `since` of them, oldest first, as far as they are kept."""
        new = min(self.happened - since, len(self.events))
        return list(self.events)[len(self.events) - new :]

    def take(self, message: Row) -> None:
        """Apply one message; raises StreamBroken."""
        match message["type"]:
            case "snapshot":
                self.queues, self.agents, self.calls = (
                    {row["id"]: row for row in message[kind]} for kind in ("queues", "agents", "calls")
                )
                self.links = message["links"]
                self._seq = message["seq"]
            case "delta":
                self._next(message["seq"])
                for kind, rows in (("queues", self.queues), ("agents", self.agents), ("calls", self.calls)):
                    rows.update({row["id"]: row for row in message[kind]})
                    for gone in message["gone"].get(kind, ()):
                        rows.pop(gone, None)
                self.links = message.get("links") or self.links
                self.events.extend(message["events"])
                self.happened += len(message["events"])
            case "beat":
                if message["seq"] != self._seq:
                    raise StreamBroken(f"a beat tells of delta {message['seq']}, which never came")
        self._ahead = message["at"] - self._clock()
        self.trouble = ""

    def _next(self, seq: int) -> None:
        if self._seq is None or seq != self._seq + 1:
            raise StreamBroken(f"delta {seq} follows {self._seq}")
        self._seq = seq
