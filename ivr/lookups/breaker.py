"""A circuit breaker: who does not answer is left alone for a while, then tried by one request. Pure: `now` is passed in."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Breaker:
    """How a target has answered lately.

    After `opens_after` failures in a row nothing is asked for `rest_s` seconds; then one probe is let through, which decides
    whether it is asked again or rests once more. Times are seconds of one clock that never goes back.
    """

    opens_after: int
    rest_s: float
    failures: int = 0
    rests_until: float | None = None
    """None: closed, everything is let through."""
    probing: bool = False

    @property
    def is_open(self) -> bool:
        """Whether the target is left alone, a probe at most excepted."""
        return self.rests_until is not None

    def lets_through(self, now: float) -> bool:
        """Say whether a request may be sent now."""
        return self.rests_until is None or (now >= self.rests_until and not self.probing)

    def sent(self) -> Breaker:
        """A request that was let through is sent; while open it is the probe."""
        return replace(self, probing=self.is_open)

    def answered(self) -> Breaker:
        """The target answered, whatever it said."""
        return Breaker(self.opens_after, self.rest_s)

    def failed(self, now: float) -> Breaker:
        """The target did not answer, or only that it is broken."""
        failures = self.failures + 1
        if self.is_open or failures >= self.opens_after:
            return Breaker(self.opens_after, self.rest_s, failures, now + self.rest_s)
        return replace(self, failures=failures)

    def abandoned(self) -> Breaker:
        """Nobody waits for the probe any more, so it decides nothing: the next request is the probe."""
        return replace(self, probing=False)
