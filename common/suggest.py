"""The nearest known word to a mistyped one, for error texts."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_LIKENESS = 0.6
"""How alike two words must be (0-1, difflib's ratio) before one is offered for the other."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `, did you mean 'sales'?` for the known word nearest to `word`, or nothing where none is near."""
    nearest = difflib.get_close_matches(word, sorted(set(known) - {word}), n=1, cutoff=_LIKENESS)
    return f", did you mean '{nearest[0]}'?" if nearest else ""
