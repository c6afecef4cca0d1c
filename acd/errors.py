"""What the engine refuses. A refused request has changed nothing."""

from __future__ import annotations


class RequestRefused(Exception):
    """The request cannot be carried out; the floor is as it was. The text says what, where, whose fault, and what to do."""


class UnknownAgent(RequestRefused):
    """No agent of this id is configured."""


class UnknownQueue(RequestRefused):
    """No queue of this id is configured."""


class UnknownCall(RequestRefused):
    """No such call is on the floor."""


class IllegalMove(RequestRefused):
    """The agent or call is in a state that does not allow what was asked."""


class WrapUpFixed(RequestRefused):
    """The agent's wrap-up ends by its time alone."""


class PhoneTaken(RequestRefused):
    """Another agent is signed in on this phone."""


class StillNeeded(RequestRefused):
    """The new configuration leaves out queues that have callers, or agents who are signed in; `reasons` names each."""

    def __init__(self, reasons: tuple[str, ...]) -> None:
        self.reasons = reasons
        super().__init__("; ".join(reasons))


class CallbackExists(RequestRefused):
    """The customer is promised a callback from this queue already; it keeps its place."""


class BadNeed(RequestRefused):
    """A need is not valid CEL, or does not answer true or false."""
