"""`offer` of a queue in queues.yaml: how its callers are offered to agents, in a supervisor's words."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from acd.plans.offering import MOST_AT_ONCE, AcceptByKey, Offering, PickUp, Whisper


def _as_dialled(key: object) -> object:
    """Take `key: 1` for what it means; YAML makes a number of it."""
    return str(key) if isinstance(key, int) and not isinstance(key, bool) else key


def _phones(to: object) -> object:
    if to == "all" or (isinstance(to, int) and not isinstance(to, bool) and 1 <= to <= MOST_AT_ONCE):
        return to
    raise ValueError(f"write how many agents are offered the call at once, 1 to {MOST_AT_ONCE}, or `all`")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AcceptRules(_Part):
    """The agent has to press a key before the caller is joined."""

    key: Annotated[str, Field(pattern=r"^[0-9*]$"), BeforeValidator(_as_dialled)]
    within: Annotated[float, Field(ge=1, le=30)] = 8


class OfferRules(_Part):
    """How a queue's callers are offered to agents."""

    to: Annotated[int | Literal["all"], BeforeValidator(_phones)] = 1
    accept: AcceptRules | None = None
    whisper: list[Whisper] = []
    auto_answer: bool = False

    @property
    def goes_to_the_quickest_phone(self) -> bool:
        """Whether several phones would race for the caller without an agent having a say."""
        return self.auto_answer and self.to != 1 and self.accept is None

    def offering(self) -> Offering:
        """Return it in the engine's words."""
        return Offering(
            at_once=MOST_AT_ONCE if self.to == "all" else self.to,
            accept=None if self.accept is None else AcceptByKey(self.accept.key, self.accept.within),
            whisper=tuple(self.whisper),
            pick_up=PickUp.PHONE if self.auto_answer else PickUp.AGENT,
        )
