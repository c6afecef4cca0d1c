"""Calendars' emergency switches, kept beside the service: one that was thrown outlives it."""

from __future__ import annotations

from collections.abc import Mapping

import structlog
from pydantic import TypeAdapter, ValidationError

from cti_bridge.kept.texts import KeptTexts
from ivr.calendars.switches import Calendars, Switch

_log = structlog.get_logger("calendars")
_SWITCH = TypeAdapter(Switch)


def keep_switches(calendars: Calendars, kept: KeptTexts) -> None:
    """Have every switch that is thrown kept, and those that were kept read back."""

    def read_back(texts: Mapping[str, str]) -> None:
        for name, text in texts.items():
            try:
                calendars.restore(name, _SWITCH.validate_json(text))
            except KeyError:
                _log.warning("a switch was kept for a calendar that is no more", calendar=name)
            except ValidationError:
                _log.warning("a calendar's switch in Redis cannot be read; its hours hold", calendar=name)

    calendars.changed = lambda name: kept.put(name, _SWITCH.dump_json(calendars.switch(name)).decode())
    kept.read_back = read_back
