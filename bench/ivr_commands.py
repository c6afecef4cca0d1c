"""AGI commands as Asterisk tells of them (AGIExecStart, AGIExecEnd): how many, and how long it waited from one to the next."""

from __future__ import annotations

from collections import Counter


class Commands:
    """Every AGI command since the last `begin`; pure."""

    def __init__(self) -> None:
        self.started = 0
        self.delays_ms: list[float] = []
        """From the end of a command to the start of the next on the same channel: the other side's time, and the way there."""
        self.by_channel: Counter[str] = Counter()
        """Commands of the channels that are there."""
        self.whole_calls: list[int] = []
        """How many commands each call had that is over and was seen from its beginning."""
        self._ended_at: dict[str, float] = {}
        self._before: set[str] = set()

    def begin(self) -> None:
        """Count anew; calls under way are not whole ones."""
        self._before = set(self.by_channel)
        self.started, self.delays_ms, self.whole_calls = 0, [], []

    @property
    def here(self) -> int:
        """How many callers have been in a menu and have not hung up."""
        return len(self.by_channel)

    def take(self, event: dict[str, str]) -> None:
        """An AMI event."""
        channel, at = event.get("Uniqueid", ""), float(event.get("Timestamp", "0"))
        match event["Event"]:
            case "AGIExecStart":
                self.started += 1
                self.by_channel[channel] += 1
                if (ended_at := self._ended_at.pop(channel, None)) is not None:
                    self.delays_ms.append(1000 * (at - ended_at))
            case "AGIExecEnd":
                self._ended_at[channel] = at
            case "Hangup":
                self._ended_at.pop(channel, None)
                commands = self.by_channel.pop(channel, 0)
                if commands and channel not in self._before:
                    self.whole_calls.append(commands)
            case _:
                pass
