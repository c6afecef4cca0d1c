"""What a prompt says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PromptText:
    """What a prompt says in one language."""

    name: str
    language: str
    text: str
