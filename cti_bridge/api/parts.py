"""What the API shows and moves, as its routes are handed it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import Protocol

from acd.decision import Decision
from acd.desk import Desk
from acd.names import AgentId, CallId, DialRule
from cti_bridge.board.decisions import Decisions
from cti_bridge.board.live import LiveBoard
from cti_bridge.board.viewer import Viewer
from cti_bridge.board.views import Texts

SendOn = Callable[[CallId, str], Awaitable[None]]
"""Has Asterisk send a talking caller on to a queue, or a number. Raises AmiError."""
RefusedTo = Callable[[CallId, AgentId | None, str], DialRule | None]
"""The rule by which an agent may not send this caller on to a number, which is then told on the feed; None: they may."""
InWords = Callable[[Decision], Texts]
"""A decision in one sentence a language."""
Explain = Callable[[CallId], Decision]
"""How a call stands now. Raises UnknownCall."""
Names = Callable[[], Collection[str]]
"""The names of one kind of thing, as configured now."""


class Saver(Protocol):
    """Who sees to it that an agent's move outlives the service (`cti_bridge.kept.agents.AgentStore`)."""

    async def save(self, agent: AgentId) -> bool:
        """Return once the agent's record is kept, or it is certain that it is not for now; say which. Bounded in time."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What the API shows and moves."""

    desk: Desk
    live: LiveBoard
    store: Saver
    decisions: Decisions
    in_words: InWords
    explain: Explain
    pause_reasons: Names | None = None
    """The reasons for which agents may pause; None: any."""
    skills: Names | None = None
    """The skills that agents may be given; None: any."""
    send_on: SendOn | None = None
    """Sends talking callers on; None where there is no Asterisk to do it."""
    refused_to: RefusedTo | None = None
    """Judges numbers that agents send callers on to; None: every one is refused."""

    @property
    def viewer(self) -> Viewer:
        """How the floor looks now."""
        return self.live.board.viewer
