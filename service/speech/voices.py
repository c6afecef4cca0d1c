"""The voice that the settings name: espeak-ng, a command, or a web service."""

from __future__ import annotations

from ivr.prompts.voice import CommandVoice, EspeakVoice, Voice
from ivr.prompts.voice_http import HttpVoice
from service.settings import Settings


def voice_of(settings: Settings) -> Voice:
    """The voice that speaks what nobody recorded."""
    if settings.voice_url:
        return HttpVoice(settings.voice_url, settings.voice_token.get_secret_value())
    if settings.voice_command:
        return CommandVoice(settings.voice_command)
    return EspeakVoice()
