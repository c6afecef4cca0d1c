"""CloudEvents 1.0 envelopes: how an engine event, or a state, looks outside (MQTT, the Redis stream).

Inside `data` every time is in Unix seconds, pairs (`attributes`, `skills`) are objects. An engine event read back has
wall time for its engine time, so that the figures can be counted from it as they were from the living one.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, get_args

from pydantic import JsonValue, TypeAdapter
from pydantic_core import from_json, to_json

from acd.events import Event, Stamped
from cti_bridge.views import View

TYPE = "switchboard.v1."
"""In front of every type: `switchboard.v1.Queued`, `switchboard.v1.queue`."""
JSON = "application/json"

_EVENTS: Mapping[str, TypeAdapter[Event]] = {kind.__name__: TypeAdapter(kind) for kind in get_args(Event)}
_TIMES = frozenset({"joined_at", "since", "until", "changes_at", "next_change_at", "held_until", "prefer_until"})
_PAIRS = frozenset({"attributes", "skills"})


class NotAnEvent(ValueError):
    """A text that is no event of ours, or of a version we do not read."""


def event_envelope(stamped: Stamped, site: str) -> bytes:
    """Write an engine event; `id` is unique for all time, and the same when the same event is written twice."""
    event = stamped.event
    data = _EVENTS[type(event).__name__].dump_python(event, mode="json")
    return to_json(
        {
            "specversion": "1.0",
            "id": f"{stamped.run}-{stamped.seq}",
            "source": source(site),
            "type": f"{TYPE}{type(event).__name__}",
            "time": _rfc3339(stamped.wall),
            **_subject(event),
            "datacontenttype": JSON,
            "data": _outside(data, stamped.wall - stamped.at),
        }
    )


def state_envelope(state: View, *, kind: str, subject: str, site: str, at: float, number: str) -> bytes:
    """Write a state (`kind`: queue, agent, service) that holds since `at` (Unix seconds); `number` tells envelopes apart."""
    return to_json(
        {
            "specversion": "1.0",
            "id": number,
            "source": source(site),
            "type": f"{TYPE}{kind}",
            "time": _rfc3339(at),
            "subject": subject,
            "datacontenttype": JSON,
            "data": state.model_dump(mode="json"),
        }
    )


def source(site: str) -> str:
    """Name this installation as CloudEvents want a source named."""
    return f"/switchboard/{site}"


def read_event(envelope: bytes | str) -> Stamped:
    """Read an engine event back. Raises NotAnEvent."""
    try:
        read: dict[str, Any] = from_json(envelope)
        kind = str(read["type"]).removeprefix(TYPE)
        run, _, seq = str(read["id"]).rpartition("-")
        wall = datetime.fromisoformat(read["time"]).timestamp()
        return Stamped(int(seq), run, wall, wall, _EVENTS[kind].validate_python(_inside(read["data"])))
    except (KeyError, TypeError, ValueError) as error:
        raise NotAnEvent(f"not an engine event of ours: {type(error).__name__}") from error


def _subject(event: Event) -> dict[str, str]:
    subject = getattr(event, "call", None) or getattr(event, "agent", None)
    return {"subject": subject} if subject else {}


def _rfc3339(wall: float) -> str:
    return datetime.fromtimestamp(wall, UTC).isoformat()


def _outside(value: JsonValue, difference: float) -> JsonValue:
    """Turn engine times into Unix seconds by adding the clocks' difference, and pairs into objects."""
    if isinstance(value, list):
        return [_outside(each, difference) for each in value]
    if not isinstance(value, dict):
        return value
    return {name: _field_outside(name, each, difference) for name, each in value.items()}


def _field_outside(name: str, value: JsonValue, difference: float) -> JsonValue:
    if name in _TIMES and isinstance(value, int | float):
        return round(value + difference, 6)
    if name in _PAIRS and isinstance(value, list):
        return {pair[0]: pair[1] for pair in value if isinstance(pair, list) and isinstance(pair[0], str)}
    return _outside(value, difference)


def _inside(value: JsonValue) -> JsonValue:
    if isinstance(value, list):
        return [_inside(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        name: [[key, each[key]] for key in sorted(each)] if name in _PAIRS and isinstance(each, dict) else _inside(each)
        for name, each in value.items()
    }
