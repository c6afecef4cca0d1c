"""CloudEvents 1.0 envelopes: how an engine event, or a state, looks outside (MQTT, the Redis stream).

Inside `data` every time is in Unix seconds, pairs (`attributes`, `skills`, names) are objects. An engine event read back has
wall time for its engine time, so that the figures can be counted from it as they were from the living one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, get_args, get_type_hints

from pydantic import JsonValue, TypeAdapter
from pydantic_core import from_json, to_json

from acd.events import Event, Stamped
from cti_bridge.board.views import View

TYPE = "switchboard.v1."
"""In front of every type: `switchboard.v1.Queued`, `switchboard.v1.queue`."""
JSON = "application/json"

_KINDS: Mapping[str, type[Event]] = {kind.__name__: kind for kind in get_args(Event)}
_TIMES = frozenset(
    {"joined_at", "since", "until", "changes_at", "next_change_at", "held_until", "prefer_until", "next_at"}
)
PAIRS = frozenset({"attributes", "skills", "holiday_name", "names"})
"""Fields that are lists of pairs inside, and objects outside."""


class NotAnEvent(ValueError):
    """A text that is no event of ours, or of a version we do not read."""


class Envelopes:
    """Writes a site's engine events. Several sinks take the same event one after the other: its envelope is made once."""

    def __init__(self, site: str) -> None:
        self.site = site
        self._last: Stamped | None = None
        self._written = b""

    def of(self, stamped: Stamped) -> bytes:
        """The event's envelope."""
        if stamped is not self._last:
            self._last, self._written = stamped, event_envelope(stamped, self.site)
        return self._written


def event_envelope(stamped: Stamped, site: str) -> bytes:
    """Write an engine event; `id` is unique for all time, and the same when the same event is written twice."""
    event = stamped.event
    kind = type(event).__name__
    return to_json(
        {
            "specversion": "1.0",
            "id": f"{stamped.run}-{stamped.seq}",
            "source": source(site),
            "type": f"{TYPE}{kind}",
            "time": _rfc3339(stamped.wall),
            **_subject(event),
            "datacontenttype": JSON,
            "data": _outside(event, stamped.wall - stamped.at),
        }
    )


def batch(envelopes: Sequence[bytes]) -> bytes:
    """Put envelopes into one message: a JSON array, as CloudEvents' JSON batch format has it."""
    return b"[" + b",".join(envelopes) + b"]"


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
            "data": state,
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
        return Stamped(int(seq), run, wall, wall, _reads(kind).validate_python(_inside(read["data"])))
    except (KeyError, TypeError, ValueError) as error:
        raise NotAnEvent(f"not an engine event of ours: {type(error).__name__}") from error


@cache  # made when the first of its kind is read: a start that callers wait for reads none
def _reads(kind: str) -> TypeAdapter[Event]:
    return TypeAdapter(_KINDS[kind])


def _subject(event: Event) -> dict[str, str]:
    subject = getattr(event, "call", None) or getattr(event, "agent", None)
    return {"subject": subject} if subject else {}


def _rfc3339(wall: float) -> str:
    return datetime.fromtimestamp(wall, UTC).isoformat()


@dataclass(frozen=True, slots=True)
class _Shape:
    """What of a record's fields is written differently. Found out once a type: looking at each value would cost more."""

    names: tuple[str, ...]
    times: tuple[str, ...]
    pairs: tuple[str, ...]
    records: tuple[str, ...]


_SHAPES: dict[type, _Shape] = {}


def _shape(kind: type[Any]) -> _Shape:
    if kind not in _SHAPES:
        hints = get_type_hints(kind)
        names = tuple(field.name for field in fields(kind))
        _SHAPES[kind] = _Shape(
            names,
            times=tuple(name for name in names if name in _TIMES),
            pairs=tuple(name for name in names if name in PAIRS),
            records=tuple(name for name in names if _holds_records(hints[name])),
        )
    return _SHAPES[kind]


def _holds_records(hint: object) -> bool:
    return is_dataclass(hint) or any(_holds_records(part) for part in get_args(hint))


def _outside(record: object, difference: float) -> dict[str, Any]:
    """A record's fields, its times turned into Unix seconds by adding the clocks' difference, its pairs into objects."""
    shape = _shape(type(record))
    data = {name: getattr(record, name) for name in shape.names}
    for name in shape.times:
        if data[name] is not None:
            data[name] = round(data[name] + difference, 6)
    for name in shape.pairs:
        data[name] = dict(data[name])
    for name in shape.records:
        data[name] = _records_outside(data[name], difference)
    return data


def _records_outside(value: object, difference: float) -> object:
    if isinstance(value, tuple):
        return [_records_outside(each, difference) for each in value]
    return _outside(value, difference) if is_dataclass(value) else value


def _inside(value: JsonValue) -> JsonValue:
    if isinstance(value, list):
        return [_inside(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        name: [[key, each[key]] for key in sorted(each)] if name in PAIRS and isinstance(each, dict) else _inside(each)
        for name, each in value.items()
    }
