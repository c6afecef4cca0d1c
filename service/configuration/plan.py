"""Everything that was read and checked before the start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ivr.flows.files import Flows
from ivr.prompts.making import Prompts
from ivr.prompts.text import PromptText
from ivr.waiting.whisper import whisper_prompts
from service.centre.files import Centre
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
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Those that the files refer to, by name: never to be shown."""

    @property
    def spoken(self) -> tuple[PromptText, ...]:
        """What callers hear in the flows, and agents before they are joined to a caller."""
        centre = self.centre
        offerings = {plan.queue: plan.offering for plan in centre.configured.queues}
        names = {queue: texts[centre.language] for queue, texts in centre.queue_names.items()}
        return (*self.flows.prompts, *whisper_prompts(offerings, names, PROMPT_FOLDERS[centre.language]))
