"""A recording, as the catalogue keeps it, and the tags it is found by."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NewType

from acd.names import AgentId, Attributes, CallId, EndedBy, QueueId

RecordingId = NewType("RecordingId", str)
"""The call's id, a hyphen, and which of the call's recordings it is, from 1: `node1-1700000000.12-1`.

A fax has `fax-` and the Unix second in place of the number.
"""

TAKEN_OVER_BY = "taken_over_by"
"""The tag that names the agent to whom the caller was handed over (attended transfer): the last, were there several."""

PAGES = "pages"
"""The tag that says how many pages a fax has."""

Tags = tuple[tuple[str, str], ...]
"""Pairs of name and value; a name may come more than once (`skill`)."""

_SKILL_NAMED = re.compile(
    r"""\bskill(?:\.(?P<dotted>[A-Za-z_]\w*)|\[\s*(?:["'](?P<quoted>[^"']+)["']|call\.(?P<learned>\w+))\s*\])"""
)


class RecordingState(StrEnum):
    """How far a recording is."""

    RECORDING = "recording"
    """The conversation goes on, or its file is not yet converted."""
    COMPLETE = "complete"
    INCOMPLETE = "incomplete"
    """Over, but the file is missing, or shorter than the conversation was."""


class Outcome(StrEnum):
    """What came of the call that was recorded."""

    UNKNOWN = "unknown"
    """Not over yet; or over while the service was away, so that nobody saw how."""
    ANSWERED = "answered"
    """Caller and agent talked, and the end was seen."""
    MESSAGE = "message"
    """The caller spoke to nobody: a message, or a comment after a talk."""
    FAX = "fax"
    """The caller's machine sent pages."""


@dataclass(frozen=True, slots=True)
class Recording:
    """One conversation of a caller with an agent, or what they left behind. `…_at` are Unix seconds, `…_s` seconds."""

    id: RecordingId
    call: CallId
    state: RecordingState
    started_at: float
    """When caller and agent were joined."""
    queue: QueueId
    agent: AgentId
    agent_name: str
    wait_s: float
    """How long the caller waited in the queue."""
    need: str
    """The skill need in force, CEL; empty where none was."""
    menu_path: tuple[str, ...]
    language: str
    attributes: Attributes
    ended_by: EndedBy | None = None
    talked_s: float | None = None
    """How long they talked, as the engine saw it; None while they talk, or where nobody saw the end."""
    duration_s: float | None = None
    """How long the recording plays; None until it is converted."""
    file: str | None = None
    """What is kept, a path below the recordings folder: a WAV file, or a fax's TIFF; None where there is none (yet)."""
    outcome: Outcome = Outcome.UNKNOWN

    @property
    def audio(self) -> str | None:
        """What can be heard; None where there is nothing (yet)."""
        return None if self.outcome is Outcome.FAX else self.file

    @property
    def fax(self) -> str | None:
        """What can be read; None where it is no fax."""
        return self.file if self.outcome is Outcome.FAX else None

    @property
    def pages(self) -> int | None:
        """How many pages a fax has; None where it is none."""
        return int(dict(self.attributes).get(PAGES, 0)) if self.outcome is Outcome.FAX else None

    @property
    def talker(self) -> AgentId:
        """Who talks with the caller in it now: who answered, or to whom the caller was handed over."""
        return AgentId(str(dict(self.attributes).get(TAKEN_OVER_BY, self.agent)))

    def taken_over(self, by: AgentId) -> Recording:
        """The recording that goes on with another agent; it stays under the name of who answered."""
        kept = tuple(pair for pair in self.attributes if pair[0] != TAKEN_OVER_BY)
        return replace(self, attributes=tuple(sorted((*kept, (TAKEN_OVER_BY, by)))))

    @property
    def skills(self) -> tuple[str, ...]:
        """The skills named in the need, each once, in its order."""
        return skills_named(self.need, self.attributes)

    @property
    def length_s(self) -> float | None:
        """The recording's length where it is known, else the conversation's."""
        return self.talked_s if self.duration_s is None else self.duration_s


def skills_named(need: str, attributes: Attributes) -> tuple[str, ...]:
    """List the skills that a need names for a call with these attributes, each once, in its order.

    `skill.english >= 5` names `english`; so does `skill[call.language] >= 5` where the flow learned that language.
    """
    learned = dict(attributes)
    found = (
        named["dotted"] or named["quoted"] or str(learned.get(named["learned"], ""))
        for named in _SKILL_NAMED.finditer(need)
    )
    return tuple(dict.fromkeys(skill for skill in found if skill))


def tags_of(recording: Recording) -> Tags:
    """Tag a recording with all that it can be found by; what the flow learned of the call comes under its own name.

    Where the flow learned something under a name that the house uses itself (`queue`), the house's own value stands.
    """
    own = {
        "queue": recording.queue,
        "agent": recording.agent,
        "wait_s": _seconds(recording.wait_s),
        "duration_s": _seconds(recording.length_s),
        "ended_by": recording.ended_by or "",
        "menu_path": "/".join(recording.menu_path),
        "language": recording.language,
        "outcome": recording.outcome,
    }
    learned = {name: _text(value) for name, value in recording.attributes if name not in own and name != "skill"}
    single = tuple((name, str(value)) for name, value in {**own, **learned}.items() if value != "")
    return single + tuple(("skill", skill) for skill in recording.skills)


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"


def _text(value: str | float | bool) -> str:
    """Write a value as CEL and YAML would: `true`, not `True`."""
    return str(value).lower() if isinstance(value, bool) else str(value)
