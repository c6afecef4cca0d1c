"""How a queue's callers are offered to agents: to one or several at once, and what happens before the two are joined."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

MOST_AT_ONCE = 20
"""How many phones one offer rings at the most: Asterisk takes them all in one command of limited length."""
WHISPER_S = 15.0
"""How long a whisper may take at the most; spoken, it is a few seconds."""


class Whisper(StrEnum):
    """What an agent hears before the caller is joined."""

    QUEUE = "queue"
    """The queue's name."""
    WAIT = "wait"
    """How long the caller has waited."""


class PickUp(StrEnum):
    """Who picks up the agent's phone."""

    AGENT = "agent"
    PHONE = "phone"
    """The phone itself, told so by a header of the call."""


@dataclass(frozen=True, slots=True)
class AcceptByKey:
    """The agent has to press `key` within so many seconds after the whisper; any other key, or none, is a refusal."""

    key: str
    within_s: float


@dataclass(frozen=True, slots=True)
class Offering:
    """How a call is offered. Without anything said: one phone rings, and whoever picks it up has the caller."""

    at_once: int = 1
    """How many agents at most are offered the call at once; the first to answer has it."""
    accept: AcceptByKey | None = None
    whisper: tuple[Whisper, ...] = ()
    pick_up: PickUp = PickUp.AGENT

    @property
    def asks(self) -> bool:
        """Whether something stands between the agent's picking up and the conversation."""
        return self.accept is not None or bool(self.whisper)

    @property
    def asking_s(self) -> float:
        """How long that may take at the most."""
        heard_s = WHISPER_S if self.whisper else 0.0
        return heard_s + (self.accept.within_s if self.accept is not None else 0.0)


PLAIN = Offering()
