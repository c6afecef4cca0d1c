"""A sample for inspection out of the catalogue: what the API and the command both draw."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

from recordings.catalogue.catalogue import Catalogue
from recordings.catalogue.search import Search
from recordings.recording import Recording, RecordingState
from recordings.sample import draw


@dataclass(frozen=True, slots=True)
class Drawn:
    """A sample, by agent and in the order drawn, and how many recordings it was drawn from."""

    recordings: tuple[Recording, ...]
    drawn_from: int


async def draw_sample(catalogue: Catalogue, search: Search, per_agent: int, seed: int) -> Drawn:
    """Draw from the complete recordings that the search finds; one that asks for another state draws from that.

    Raises ValueError where `per_agent` is less than one.
    """
    entries = await catalogue.entries(replace(search, state=search.state or RecordingState.COMPLETE))
    drawn = await asyncio.to_thread(draw, entries, per_agent, seed)
    return Drawn(tuple(await catalogue.several([each.id for each in drawn])), len(entries))
