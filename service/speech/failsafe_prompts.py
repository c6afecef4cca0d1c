"""What Asterisk says while the service is away: words that the service makes into prompts as long as it lives."""

from __future__ import annotations

from pathlib import Path

from pydantic import RootModel

from common.yaml_file import load
from deploy.sites import REPOSITORY
from ivr.prompts.text import PromptText

FILE = REPOSITORY / "deploy" / "asterisk" / "failsafe-prompts.yaml"


class _Words(RootModel[dict[str, dict[str, str]]]):
    """By prompt and language, as a flow's prompts."""


def failsafe_prompts(file: Path = FILE) -> tuple[PromptText, ...]:
    """The fail-safe's prompts in every language it speaks. Raises ConfigurationRefused."""
    words = load(file, _Words, shown_as=file.name).root
    return tuple(PromptText(name, language, text) for name, texts in words.items() for language, text in texts.items())
