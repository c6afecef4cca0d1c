"""Drawing a sample for inspection: the same recordings for the same seed, whoever draws, whenever, in whatever order.

Each recording has a place of its own, a hash of seed and id, and an agent's lowest places are drawn. So every recording
has the same chance, the database's order plays no part, and what other agents recorded changes nothing.
"""

from __future__ import annotations

import hashlib
import heapq
from collections import defaultdict
from collections.abc import Iterable
from typing import Protocol, TypeVar


class Inspectable(Protocol):
    """What a sample is drawn from; ids are unique."""

    @property
    def id(self) -> str:
        """The recording's id."""

    @property
    def agent(self) -> str:
        """The agent who is heard."""


R = TypeVar("R", bound=Inspectable)


def draw(recordings: Iterable[R], per_agent: int, seed: int) -> list[R]:
    """Draw up to `per_agent` recordings of every agent: all, where an agent has no more. Sorted by agent, then place drawn.

    Raises ValueError where `per_agent` is less than one.
    """
    if per_agent < 1:
        raise ValueError(f"per_agent is {per_agent}: a sample has at least one recording of each agent")
    by_agent: defaultdict[str, list[R]] = defaultdict(list)
    for recording in recordings:
        by_agent[recording.agent].append(recording)
    return [
        drawn
        for _agent, theirs in sorted(by_agent.items())
        for drawn in heapq.nsmallest(per_agent, theirs, key=lambda recording: place(recording.id, seed))
    ]


def place(recording: str, seed: int) -> bytes:
    """Tell a recording's place in the draw of this seed: lower is drawn first. Anyone can check it: BLAKE2b of `SEED:ID`."""
    return hashlib.blake2b(f"{seed}:{recording}".encode(), digest_size=16).digest()
