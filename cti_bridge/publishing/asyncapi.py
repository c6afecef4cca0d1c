"""What is said over MQTT, as an AsyncAPI 3 document, made from the very models that are written.

`switchboard asyncapi` prints it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from pydantic import TypeAdapter

from acd.events import Event, PlansLoaded
from cti_bridge.board.views import AgentView, QueueView
from cti_bridge.publishing.cloud_events import JSON, PAIRS, TYPE
from cti_bridge.publishing.mqtt import GATHER_S, ServiceView

Document = dict[str, Any]
"""A JSON object, or a part of one."""

TOPICS = {
    "queue": "switchboard/v1/{site}/queues/{queue}",
    "agent": "switchboard/v1/{site}/agents/{agent}",
    "service": "switchboard/v1/{site}/service",
    "events": "switchboard/v1/{site}/events",
}
"""Every topic by what is said on it."""
_SCHEMAS = "#/components/schemas/"
_SUBJECTS = {"queue": QueueView, "agent": AgentView, "service": ServiceView}
_TOLD = {
    "queue": "A queue and its figures of today, whenever they change, at most once in {gather} s. Retained.",
    "agent": "An agent, whenever something about them changes, at most once in {gather} s. Retained.",
    "service": "Whether the service is there; `away` is said by the broker where its connection breaks. Retained.",
    "events": "What happened, in order, several in one message (CloudEvents' JSON batch format). Not retained.",
}
_PARAMETERS = {
    "site": "The installation (SWITCHBOARD_SITE)",
    "queue": "The queue's id; `/`, `+` and `#` in it are written `_`",
    "agent": "The agent's id; `/`, `+` and `#` in it are written `_`",
}
_CONTENT = dict.fromkeys(_SUBJECTS, "application/cloudevents+json") | {"events": "application/cloudevents-batch+json"}
_QOS = {"queue": 0, "agent": 0, "service": 1, "events": 1}


def document() -> Document:
    """The whole document; the same at every site."""
    events = [kind for kind in get_args(Event) if kind is not PlansLoaded]
    adapters = [(kind.__name__, "serialization", TypeAdapter(kind)) for kind in (*events, *_SUBJECTS.values())]
    _, known = TypeAdapter.json_schemas(adapters, ref_template=f"{_SCHEMAS}{{model}}")  # type: ignore[arg-type]
    schemas = {name: _outside(schema) for name, schema in known["$defs"].items()}
    for kind in events:
        schemas[f"{kind.__name__}Envelope"] = _envelope(kind.__name__, kind.__name__)
    for kind, view in _SUBJECTS.items():
        schemas[f"{view.__name__}Envelope"] = _envelope(kind, view.__name__)
    schemas["EventEnvelope"] = {"oneOf": [_ref(f"{kind.__name__}Envelope") for kind in events]}
    payloads = {kind: _ref(f"{view.__name__}Envelope") for kind, view in _SUBJECTS.items()}
    payloads["events"] = {"type": "array", "minItems": 1, "items": _ref("EventEnvelope")}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Switchboard over MQTT",
            "version": "1",
            "description": "Live states and events of a contact centre. Times are Unix seconds, durations end in `_s`. "
            "New fields may be added; readers pass over those that they do not know.",
        },
        "defaultContentType": _CONTENT["queue"],
        "channels": {name: _channel(name) for name in payloads},
        "operations": {f"send-{name}": _operation(name) for name in payloads},
        "components": {
            "messages": {
                name: {"name": name, "contentType": _CONTENT[name], "payload": payload}
                for name, payload in payloads.items()
            },
            "schemas": dict(sorted(schemas.items())),
        },
    }


def _channel(name: str) -> Document:
    address = TOPICS[name]
    return {
        "address": address,
        "description": _TOLD[name].format(gather=GATHER_S),
        "parameters": {each: {"description": told} for each, told in _PARAMETERS.items() if f"{{{each}}}" in address},
        "messages": {name: {"$ref": f"#/components/messages/{name}"}},
    }


def _operation(name: str) -> Document:
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{name}"},
        "messages": [{"$ref": f"#/channels/{name}/messages/{name}"}],
        "bindings": {"mqtt": {"qos": _QOS[name], "retain": name != "events"}},
    }


def _envelope(kind: str, data: str) -> Document:
    text = {"type": "string"}
    return {
        "type": "object",
        "description": f"A CloudEvents 1.0 envelope around {data}.",
        "properties": {
            "specversion": {"const": "1.0"},
            "id": {**text, "description": "Unique for all time; the same where the same is written twice"},
            "source": {**text, "pattern": "^/switchboard/"},
            "type": {"const": f"{TYPE}{kind}"},
            "time": {**text, "format": "date-time"},
            "subject": {**text, "description": "The call, the agent, the queue or the site that it is about"},
            "datacontenttype": {"const": JSON},
            "data": _ref(data),
        },
        "required": ["specversion", "id", "source", "type", "time", "datacontenttype", "data"],
    }


def _ref(name: str) -> Document:
    return {"$ref": f"{_SCHEMAS}{name}"}


def _outside(schema: Mapping[str, Any]) -> Document:
    """The schema of a record as it is written: what is a list of pairs inside is an object outside."""
    written = dict(schema)
    if properties := schema.get("properties"):
        written["properties"] = {name: _field(name, told) for name, told in properties.items()}
    return written


def _field(name: str, told: Mapping[str, Any]) -> Document:
    if name not in PAIRS or told.get("type") != "array":
        return dict(told)
    _, value = told["items"]["prefixItems"]
    return {"type": "object", "title": told["title"], "additionalProperties": value}
