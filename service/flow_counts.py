"""How many callers took which way through a flow's menus, from the events of callers who came to a queue."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from acd.events import Queued
from common.yaml_file import ConfigurationRefused, Mistake
from cti_bridge.cloud_events import NotAnEvent, read_event
from ivr.state import ENTRY, menus_passed


def keys_pressed(events: Path, entry: str) -> Counter[tuple[str, str]]:
    """Count keys by menu, one caller once, of the callers who dialled this entry. One CloudEvent a line.

    Raises ConfigurationRefused where a line is no event, or the file cannot be read. Who hung up before a queue is not in it.
    """
    pressed: Counter[tuple[str, str]] = Counter()
    mistakes: list[Mistake] = []
    latest: dict[str, Queued] = {}
    try:
        with events.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                if not line.strip():
                    continue
                try:
                    event = read_event(line).event
                except NotAnEvent as error:
                    mistakes.append(Mistake(str(events), number, 1, str(error)))
                    continue
                if isinstance(event, Queued):
                    latest[event.call] = event
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationRefused([Mistake(str(events), 1, 1, f"cannot be read: {error}")]) from None
    if mistakes:
        raise ConfigurationRefused(mistakes)
    for queued in latest.values():
        if dict(queued.attributes).get(ENTRY) == entry:
            path = menus_passed(queued.attributes)
            pressed.update(zip(path[::2], path[1::2], strict=False))
    return pressed
