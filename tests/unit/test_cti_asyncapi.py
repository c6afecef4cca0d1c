"""The description of what is said over MQTT is whole, and what is said fits it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, get_args

from typer.testing import CliRunner

from acd.events import Event, PlansLoaded, Queued
from acd.names import CallId, EndedBy
from acd.requests import AgentPaused, AgentSignedOut, CallerGone, ConversationEnded, ConversationStarted
from cti_bridge.board.views import QueueView
from cti_bridge.publishing.asyncapi import TOPICS, document
from cti_bridge.publishing.cloud_events import Envelopes, event_envelope
from cti_bridge.publishing.mqtt import MqttAddress, MqttPublisher
from service.cli import app
from tests.unit.cti_kit import CALL, WANG, House
from tests.unit.test_cti_api import Served

DOCUMENT = document()
Json = Any


class Misfit(AssertionError):
    """A value that the schema does not allow."""


def fit(schema: dict[str, Json], value: Json, where: str = "") -> None:
    """Raise Misfit unless the value is as the schema says; knows as much of JSON Schema as the document uses."""
    if "$ref" in schema:
        fit(at(schema["$ref"]), value, where)
    alternatives = schema.get("oneOf") or schema.get("anyOf") or []
    demand(
        not alternatives or any(fits(one, value) for one in alternatives),
        f"{where}: {value!r} is none of {len(alternatives)}",
    )
    demand("const" not in schema or value == schema["const"], f"{where}: {value!r} is not as told")
    demand("enum" not in schema or value in schema["enum"], f"{where}: {value!r} is none of those told")
    demand("type" not in schema or isinstance(value, KINDS[schema["type"]]), f"{where}: {value!r} is of another type")
    if isinstance(value, list):
        for number, each in enumerate(value):
            fit(schema.get("items", {}), each, f"{where}[{number}]")
    if isinstance(value, dict):
        known, others = schema.get("properties", {}), schema.get("additionalProperties", {})
        demand(set(schema.get("required", ())) <= set(value), f"{where}: something is missing")
        demand(not known or set(value) <= set(known), f"{where}: {set(value) - set(known)} not described")
        for name, each in value.items():
            fit(known.get(name, others), each, f"{where}.{name}")


def demand(holds: bool, otherwise: str) -> None:
    """Raise Misfit unless it holds."""
    if not holds:
        raise Misfit(otherwise)


KINDS: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "number": (int, float),
    "integer": int,
    "boolean": bool,
    "null": type(None),
}


def fits(schema: dict[str, Json], value: Json) -> bool:
    try:
        fit(schema, value)
    except Misfit:
        return False
    return True


def at(reference: str) -> dict[str, Json]:
    found: Json = DOCUMENT
    for name in reference.removeprefix("#/").split("/"):
        found = found[name]
    return dict(found)


def references(part: Json) -> Iterator[str]:
    if isinstance(part, dict):
        if "$ref" in part:
            yield part["$ref"]
        part = list(part.values())
    if isinstance(part, list):
        for each in part:
            yield from references(each)


def payload(name: str) -> dict[str, Json]:
    return at(f"#/components/messages/{name}/payload")


def test_the_command_prints_it() -> None:
    printed = CliRunner().invoke(app, ["asyncapi"])
    assert (printed.exit_code, json.loads(printed.stdout)) == (0, DOCUMENT)
    assert DOCUMENT["asyncapi"] == "3.0.0"


def test_every_reference_leads_somewhere_and_every_event_is_described() -> None:
    for reference in references(DOCUMENT):
        assert at(reference)
    envelopes = [at(each["$ref"]) for each in at("#/components/schemas/EventEnvelope")["oneOf"]]
    described = {each["properties"]["type"]["const"] for each in envelopes}
    assert described == {f"switchboard.v1.{kind.__name__}" for kind in get_args(Event) if kind is not PlansLoaded}


def test_what_happens_to_callers_and_agents_fits() -> None:
    house = House()
    house.ready(WANG)
    house.joins()
    house.tell(ConversationStarted(CALL, WANG))
    house.tell(AgentPaused(WANG, "lunch", "api"))
    house.tell(ConversationEnded(CALL, WANG, EndedBy.CALLER))
    house.joins(CallId("node1-2"))
    house.tell(CallerGone(CallId("node1-2")))
    house.tell(AgentSignedOut(WANG, "api"))
    said = [json.loads(event_envelope(each, "main")) for each in house.said if not isinstance(each.event, PlansLoaded)]
    assert len({each["type"] for each in said}) >= 5
    for each in said:
        fit(payload("events"), [each])


def test_what_does_not_fit_is_told_from_what_does() -> None:
    house = House()
    house.joins()
    queued = next(json.loads(event_envelope(each, "main")) for each in house.said if isinstance(each.event, Queued))
    fit(payload("events"), [queued])
    for wrong in (
        queued | {"type": "switchboard.v1.Unheard"},
        {name: value for name, value in queued.items() if name != "id"},
        queued | {"data": queued["data"] | {"attributes": [["language", "en"]]}},
        queued | {"data": queued["data"] | {"surprise": 1}},
    ):
        assert not fits(payload("events"), [wrong])


async def test_states_fit_and_are_on_the_topics_that_are_described() -> None:
    served = Served()
    served.house.ready(WANG)
    served.house.joins()
    publisher = MqttPublisher(MqttAddress("broker.example", 1883), Envelopes("main"), served.live, served.links)
    snapshot = served.live.snapshot()
    publisher._keep([*snapshot.queues, *snapshot.agents], snapshot.seq, snapshot.at)
    assert len(publisher._states) == 3
    for topic, state in publisher._states.items():
        assert state is not None
        name = "queue" if isinstance(state.view, QueueView) else "agent"
        fit(payload(name), json.loads(publisher._envelope(state)))
        assert topic == TOPICS[name].replace("{site}", "main").replace(f"{{{name}}}", state.view.id)
    fit(payload("service"), json.loads(publisher._presence("away")))
    for name in ("service", "events"):
        assert publisher._topic(name) == TOPICS[name].replace("{site}", "main")
    assert {name: channel["address"] for name, channel in DOCUMENT["channels"].items()} == TOPICS
