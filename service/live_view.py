"""The live stream as a reader has it: a snapshot, then deltas applied in turn; a gap is noticed, never papered over."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

Row = Mapping[str, Any]
EVENTS_KEPT = 12


class StreamBroken(Exception):
    """A message is missing, or the service was started anew: connect again."""


class LiveView:
    """The floor, as far as the stream has told it."""

    def __init__(self) -> None:
        self.queues: dict[str, Row] = {}
        self.agents: dict[str, Row] = {}
        self.calls: dict[str, Row] = {}
        self.events: deque[Row] = deque(maxlen=EVENTS_KEPT)
        self.at = 0.0
        """The service's clock at the last message, Unix seconds."""
        self.trouble = "connecting …"
        """Why the view is not live; empty while it is."""
        self._seq: int | None = None

    def take(self, message: Row) -> None:
        """Apply one message; raises StreamBroken."""
        self.at = message["at"]
        match message["type"]:
            case "snapshot":
                self.queues, self.agents, self.calls = (
                    {row["id"]: row for row in message[kind]} for kind in ("queues", "agents", "calls")
                )
                self._seq = message["seq"]
            case "delta":
                self._next(message["seq"])
                for kind in ("queues", "agents", "calls"):
                    rows: dict[str, Row] = getattr(self, kind)
                    rows.update({row["id"]: row for row in message[kind]})
                    for gone in message["gone"].get(kind, ()):
                        rows.pop(gone, None)
                self.events.extend(message["events"])
            case "beat":
                if message["seq"] != self._seq:
                    raise StreamBroken("a beat tells of deltas that never came")

    def _next(self, seq: int) -> None:
        if self._seq is None or seq != self._seq + 1:
            raise StreamBroken(f"delta {seq} follows {self._seq}")
        self._seq = seq
