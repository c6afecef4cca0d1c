"""What recordings are looked for by, and where a list goes on."""

from __future__ import annotations

import base64
import binascii
import json
import math
from dataclasses import dataclass

from acd.names import AgentId, EndedBy, QueueId
from recordings.recording import Recording, RecordingId, RecordingState, Tags


class BadCursor(Exception):
    """A cursor that no list of ours handed out."""


@dataclass(frozen=True, slots=True)
class Search:
    """All that is given must hold; None and empty ask for nothing. Times are Unix seconds: from `begin`, before `end`."""

    queue: QueueId | None = None
    agent: AgentId | None = None
    skill: str | None = None
    ended_by: EndedBy | None = None
    state: RecordingState | None = None
    min_wait_s: float | None = None
    begin: float | None = None
    end: float | None = None
    tags: Tags = ()

    @property
    def all_tags(self) -> Tags:
        """The tags asked for, the skill's among them."""
        return self.tags if self.skill is None else (("skill", self.skill), *self.tags)


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last recording of a page: the next page begins after it, wherever new ones have come in meanwhile."""

    started_at: float
    id: RecordingId

    def __str__(self) -> str:
        """Write it as clients pass it back, without reading it."""
        text = json.dumps([self.started_at, self.id], separators=(",", ":"))
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    @classmethod
    def parse(cls, text: str) -> Cursor:
        """Read what a client passed back; raises BadCursor."""
        try:
            content = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
        except (binascii.Error, ValueError) as error:
            raise BadCursor("The cursor is damaged: pass `next` of the page before, unchanged.") from error
        match content:
            case [float() as started_at, str() as recording] if math.isfinite(started_at) and recording.isprintable():
                return cls(started_at, RecordingId(recording))
            case _:
                raise BadCursor("The cursor is not one of a list of recordings.")


@dataclass(frozen=True, slots=True)
class Page:
    """Recordings, the latest first, and where the list goes on; None at its end."""

    recordings: tuple[Recording, ...]
    next: Cursor | None
