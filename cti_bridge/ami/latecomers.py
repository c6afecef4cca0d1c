"""Callers who got a place in line just after their channel ended: Asterisk tells an end once, and it came too early.

The caller's session and AMI are two wires; a caller who hangs up in the very moment of queueing can be gone on the one
before they have arrived on the other. Such a call would wait for ever.
"""

from __future__ import annotations

from collections.abc import Callable

from acd.events import Event, Queued
from acd.names import CallId
from acd.requests import CallerGone, Request

REMEMBERED = 2000
"""How many ended channels are remembered: more than can end between a session's question and its answer."""


class Latecomers:
    """Posts `CallerGone` again for a call that queued after it was gone."""

    def __init__(self, post: Callable[[Request], None]) -> None:
        self._post = post
        self._gone: dict[CallId, None] = {}

    def gone(self, call: CallId) -> None:
        """A channel ended."""
        self._gone[call] = None
        if len(self._gone) > REMEMBERED:
            del self._gone[next(iter(self._gone))]

    def take(self, event: Event) -> None:
        """An event of the engine."""
        if isinstance(event, Queued) and event.call in self._gone:
            self._post(CallerGone(event.call))
