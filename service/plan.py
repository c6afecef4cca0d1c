"""Everything that was read and checked before the start."""

from __future__ import annotations

from dataclasses import dataclass

from ivr.flow_file import Flows
from ivr.prompts import Prompts
from service.centre import Centre
from service.settings import Settings

PROMPT_FOLDERS = {"zh-CN": "zh", "en": "en"}
"""The folder of prompts of each language that agents can be spoken to in."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that was read and checked before the start."""

    settings: Settings
    centre: Centre
    flows: Flows
    prompts: Prompts
