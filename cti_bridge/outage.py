"""How often a link that stays away is told: when it goes, then once a minute. Pure."""

from __future__ import annotations

TOLD_EVERY_S = 60.0


class Outage:
    """One link's absence, for as long as it lasts. `now` is any clock that never jumps, in seconds."""

    def __init__(self) -> None:
        self._told_at: dict[str, float] = {}
        self.failures = 0
        """Attempts that failed since it went away."""

    def is_news(self, reason: str, now: float) -> bool:
        """Count a failed attempt, and say whether it is to be told: the first of its reason, and again after a minute."""
        self.failures += 1
        told_at = self._told_at.get(reason)
        if told_at is not None and now - told_at < TOLD_EVERY_S:
            return False
        self._told_at[reason] = now
        return True

    def over(self) -> None:
        """The link is back."""
        self._told_at.clear()
        self.failures = 0
