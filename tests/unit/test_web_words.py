"""What the engine can say has words on the pages, in both languages: a new event, state or reason without them fails here."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from acd.events import Event, PhoneUseChanged
from acd.names import AgentState, OfferFailure, Opening, TurnedAwayFor
from acd.plans.plan import WrapUpMode
from acd.rules.agents import SIGN_IN_REASON

WEB = Path(__file__).parents[2] / "web" / "src"
LANGUAGES = ("en", "zh-CN")
NEVER_ON_THE_BOARD = {PhoneUseChanged.__name__}
"""Kinds that the board passes over (`cti_bridge.board.board.Board.take`)."""
REASONS = {
    *TurnedAwayFor,
    *(OfferFailure(value) for value in ("no_answer", "busy", "unreachable", "refused", "error", "expired")),
    SIGN_IN_REASON,
    WrapUpMode.FIXED,
    WrapUpMode.UNTIL_FINISHED,
}


def words(language: str, block: str) -> dict[str, str]:
    """The texts of one block of a page's catalogue (`queue.hours`: of one inside another), those of blocks inside it left out."""
    text, indent = (WEB / "words" / f"{language}.ts").read_text(encoding="utf-8"), ""
    for name in block.split("."):
        indent += "  "
        found = re.search(rf"^{indent}{name}: {{\n(.*?)^{indent}}},", text, re.MULTILINE | re.DOTALL)
        assert found is not None, f"{language}.ts has no {block}"
        text = found[1]
    return dict(re.findall(rf"^{indent}  (\w+):\s+['\"](.*)['\"],$", text, re.MULTILINE))


def untold() -> set[str]:
    """Kinds that the pages leave out of their list of last events."""
    found = re.search(
        r"UNTOLD = new Set\(\[(.*?)\]\)", (WEB / "live" / "board.ts").read_text(encoding="utf-8"), re.DOTALL
    )
    assert found is not None
    return set(re.findall(r"'(\w+)'", found[1]))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_of_event_has_words_or_is_left_out(language: str) -> None:
    kinds = {kind.__name__ for kind in get_args(Event)}
    assert untold() | NEVER_ON_THE_BOARD <= kinds, "what is left out is no kind of event any more"
    without_words = kinds - set(words(language, "event")) - untold() - NEVER_ON_THE_BOARD
    assert not without_words, f"{language}.ts says nothing of {without_words}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_reason_and_opening_has_words(language: str) -> None:
    assert set(words(language, "state")) == set(AgentState)
    assert set(words(language, "reason")) >= REASONS
    assert set(words(language, "queue.hours")) >= set(Opening)


def test_the_pages_take_every_reason_of_the_engine_for_the_engines_own() -> None:
    own = re.search(r"ENGINES_OWN = \[(.*?)\]", (WEB / "board" / "reasons.ts").read_text(encoding="utf-8"), re.DOTALL)
    assert own is not None
    assert set(re.findall(r"'(\w+)'", own[1])) >= REASONS
