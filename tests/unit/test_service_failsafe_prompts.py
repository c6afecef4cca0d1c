"""The fail-safe's prompts: made by the service while it lives, for when it does not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from common.yaml_file import ConfigurationRefused
from deploy.asterisk import failsafe
from ivr.prompts.making import Prompts
from ivr.prompts.voice import Samples
from service import wiring
from service.configuration.plan import Plan
from service.configuration.reading import read_plan
from service.speech import failsafe_prompts, prompt_texts
from tests.unit.service_kit import centre_in, clean_environment, settings_in

RATE_HZ = 8000
EVERY_WORD = {(language, name) for language in failsafe.LANGUAGES for name in failsafe.CORE_PROMPTS}


class HummingVoice:
    """Says everything as the same short hum."""

    name = "humming"

    async def speak(self, text: str, language: str) -> tuple[Samples, int]:  # noqa: ARG002 - ivr.prompts.voice.Voice has them
        """A tenth of a second."""
        return np.sin(np.arange(RATE_HZ // 10, dtype=np.float32) / 3).astype(np.float32), RATE_HZ


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plan:
    """A centre's plan, spoken by a voice that needs nothing installed."""
    clean_environment(monkeypatch, tmp_path)
    centre_in(tmp_path)
    plan = read_plan(settings_in(tmp_path))
    return replace(plan, prompts=Prompts(plan.settings.prompts_dir, tmp_path / "recorded", HummingVoice()))


def made(plan: Plan) -> set[tuple[str, str]]:
    """What stands in the folder that Asterisk plays from."""
    return {(file.parent.name, file.stem) for file in plan.settings.prompts_dir.glob("*/*.wav")}


async def test_they_are_made_beside_the_flows_prompts_where_the_failsafe_looks_for_them(plan: Plan) -> None:
    await wiring._make_prompts(plan)
    assert made(plan) >= EVERY_WORD | {("zh", "topic"), ("en", "topic")}


async def test_words_that_cannot_be_read_keep_nobody_from_being_served(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoiled = tmp_path / "failsafe-prompts.yaml"
    spoiled.write_text("failsafe-away: [no, words]", encoding="utf-8")
    with pytest.raises(ConfigurationRefused, match=r"^failsafe-prompts\.yaml:1:"):
        failsafe_prompts.failsafe_prompts(spoiled)
    monkeypatch.setattr(prompt_texts, "failsafe_prompts", lambda: failsafe_prompts.failsafe_prompts(spoiled))
    await wiring._make_prompts(plan)
    assert ("zh", "topic") in made(plan)
    assert not made(plan) & EVERY_WORD
