"""Every text that is spoken to callers and agents: the flows', the rooms' own, and the fail-safe's."""

from __future__ import annotations

import structlog

from common.yaml_file import ConfigurationRefused
from ivr.phone_codes import PROMPTS as PHONE_PROMPTS
from ivr.prompts.speaking import PROMPTS as NUMBER_PROMPTS
from ivr.prompts.spoken_values import PROMPTS as VALUE_PROMPTS
from ivr.prompts.text import PromptText
from ivr.talks.callback import PROMPTS as CALLBACK_PROMPTS
from ivr.talks.message import PROMPTS as MESSAGE_PROMPTS
from ivr.waiting.announcing import PROMPTS as LINE_PROMPTS
from service.configuration.plan import Plan
from service.speech.failsafe_prompts import failsafe_prompts

_log = structlog.get_logger("service")


def spoken_in(plan: Plan) -> list[PromptText]:
    """All of them, the most urgent first: after a first start callers come at once, and the fail-safe is needed last."""
    return [
        *plan.spoken,
        *PHONE_PROMPTS,
        *LINE_PROMPTS,
        *CALLBACK_PROMPTS,
        *MESSAGE_PROMPTS,
        *NUMBER_PROMPTS,
        *VALUE_PROMPTS,
        *_failsafe_prompts(),
    ]


def _failsafe_prompts() -> tuple[PromptText, ...]:
    """The fail-safe's prompts; without them it speaks with Asterisk's own sounds, which is no reason not to serve callers."""
    try:
        return failsafe_prompts()
    except ConfigurationRefused as refused:
        _log.error("the fail-safe's prompts are not made: it will speak Asterisk's own English", why=str(refused))
        return ()
