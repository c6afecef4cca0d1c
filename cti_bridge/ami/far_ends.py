"""Those who are dialled without serving a line, by their channels: a far end of a caller's call, or of an agent's. Pure.

A caller is handed on to a number outside, or to one agent; an agent asks a number outside on a line of their own, and may join
it to their caller: from then on it is the caller's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from acd.facts import FarEndAnswered, FarEndGone
from acd.names import CallId, PhoneId
from acd.requests import Noted


@dataclass(frozen=True, slots=True)
class Asked:
    """A channel that an agent has dialled on a line of their own, to a number outside."""

    channel: str
    line: CallId
    phone: PhoneId
    """Whose line it is."""
    talks: bool = False
    """Whether somebody has picked up."""


class FarEnds:
    """One Asterisk's. Channels are known by their Uniqueid; what is told is told of callers alone."""

    def __init__(self) -> None:
        self._of: dict[str, CallId] = {}
        """Whose far end a channel is: a caller's call, or the line on which an agent asks."""
        self._asked: dict[str, Asked] = {}
        """Those of agents' lines."""
        self._talking: set[str] = set()

    def adopt(self, asked: Iterable[Asked]) -> None:
        """Know these and no others: what was found after a login. A caller's far end is their session's to look after."""
        self._of.clear()
        self._asked.clear()
        self._talking.clear()
        for each in asked:
            self.asked(each)

    def dialled(self, channel: str, call: CallId) -> None:
        """A caller who is in no line has somebody dialled."""
        self._of[channel] = call

    def asked(self, asked: Asked) -> None:
        """An agent has somebody dialled on a line of their own."""
        self._of[asked.channel] = asked.line
        self._asked[asked.channel] = asked
        if asked.talks:
            self._talking.add(asked.channel)

    def lines(self) -> tuple[Asked, ...]:
        """The agents' lines on which somebody is dialled, or talked with."""
        return tuple(self._asked.values())

    def answered(self, channel: str) -> tuple[Noted, ...]:
        """Somebody has picked up there."""
        if channel not in self._of:
            return ()
        self._talking.add(channel)
        return () if channel in self._asked else (Noted(FarEndAnswered(self._of[channel])),)

    def joined(self, channel: str, call: CallId) -> tuple[Noted, ...]:
        """An agent has joined this channel to their caller: whom they had asked is the caller's far end now."""
        if channel not in self._asked:
            return ()
        del self._asked[channel]
        self._of[channel] = call
        self._talking.add(channel)
        return (Noted(FarEndAnswered(call)),)

    def gone(self, channel: str) -> tuple[Noted, ...]:
        """The channel is gone, whatever it was."""
        call = self._of.pop(channel, None)
        told = call is not None and channel in self._talking and channel not in self._asked
        self._talking.discard(channel)
        self._asked.pop(channel, None)
        return (Noted(FarEndGone(call)),) if told and call is not None else ()

    def talks_with_one(self, call: CallId) -> bool:
        """Whether this caller talks with a far end."""
        return any(whose == call for channel, whose in self._of.items() if channel in self._talking)

    def ringing_for(self, call: CallId) -> Iterator[str]:
        """The channels dialled for this caller, or on this line, of which nobody has picked up yet."""
        return (channel for channel, whose in self._of.items() if whose == call and channel not in self._talking)
