"""Whatever is sent to the API is answered in one shape, and never with a mistake of ours (500)."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.problem import MEDIA_TYPE
from tests.unit.service_kit import TOKEN
from tests.unit.service_run import Running, plan_alone, until_databases_rest

OURS = HTTPStatus.INTERNAL_SERVER_ERROR
IN_THEIR_OWN_WORDS = {"/readyz"}
"""Addresses that say what is missing in another shape than a problem's."""
KNOWN = ("1001", "1002", "sales", "service", "lunch", "english", "PJSIP/phone1", "main")
HUGE = "9" * 400


def as_cursor(content: object) -> str:
    """Write this as recordings' cursors are."""
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


TEXTS = st.one_of(
    st.sampled_from((*KNOWN, HUGE, "1e999", "nan", "-1", "x" * 5_000, "../../etc", "\ud800", "x\r\nAction: Originate")),
    st.text(max_size=40),
    st.text("\r\n\0\x7f\"'\\,;:%&^(){}/", max_size=20),
    st.sampled_from(([int(HUGE), "a"], [1.5, "a\0"], [1.5, "\ud800"], {"a": 1})).map(as_cursor),
)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.just(int(HUGE)) | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
RAW = st.binary(max_size=100) | st.sampled_from(
    (b"[" * 100_000, b'{"reason": "\\ud800"}', b'{"phone": 1e999}', b"\xff")
)
HEADERS = st.dictionaries(
    st.sampled_from(("authorization", "host", "origin", "cookie", "accept", "range", "if-none-match", "content-type")),
    st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=30)
    .map(lambda text: text.strip().encode("latin-1"))
    .filter(bool)
    | st.sampled_from(
        (b"[", b"http://[", b"bytes=9-1", b"switchboard_session=1.\xe9", b"text/html", b"null", b"Bearer \xe9")
    ),
    max_size=2,
)


@dataclass(frozen=True, slots=True)
class Operation:
    """What the API's description says can be asked for."""

    method: str
    path: str
    """With `{name}` for its parameters."""
    query: tuple[str, ...]
    body: dict[str, Any] | None
    """The schema of its JSON."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as a client writes it."""

    method: str
    address: str
    headers: dict[str, bytes] = field(default_factory=dict)
    body: bytes | None = None


def operations_of(description: dict[str, Any]) -> list[Operation]:
    """Every operation that the service describes."""
    return [
        Operation(
            method.upper(),
            path,
            tuple(each["name"] for each in told.get("parameters", ()) if each["in"] == "query"),
            _resolved(description, told["requestBody"]["content"]["application/json"]["schema"])
            if "requestBody" in told
            else None,
        )
        for path, methods in description["paths"].items()
        for method, told in methods.items()
    ]


def _resolved(description: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = description["components"]["schemas"][name] if name else schema
    return found


@st.composite
def requests(draw: st.DrawFn, operations: list[Operation]) -> Asked:
    """A request for one of these: of the form that is described with any values in it, or of none."""
    operation = draw(st.sampled_from(operations))
    pieces = [draw(TEXTS) if piece.startswith("{") else piece for piece in operation.path.split("/")]
    query = draw(st.dictionaries(st.sampled_from(operation.query), TEXTS)) if operation.query else {}
    address = "/".join(quote(piece, safe="", errors="replace") for piece in pieces)
    body = None
    if operation.body is not None:
        names = list(operation.body.get("properties", {})) or list(KNOWN)
        fitting = st.fixed_dictionaries({}, optional=dict.fromkeys(names, TEXTS | ANY_JSON | st.integers(0, 11)))
        body = draw((fitting | ANY_JSON).map(lambda content: json.dumps(content).encode()) | RAW)
    headers = {"content-type": b"application/json"} | draw(HEADERS)
    return Asked(operation.method, f"{address}?{urlencode(query, errors='replace')}", headers, body)


@contextmanager
def service(folder: Path, monkeypatch: pytest.MonkeyPatch, runner: asyncio.Runner) -> Iterator[httpx.AsyncClient]:
    """The whole service, and a client who has the token."""

    async def begin() -> Running:
        running = Running(plan_alone(folder, monkeypatch))
        await running.until_up()
        return running

    async def end() -> None:
        await client.aclose()
        await running.stop()
        await until_databases_rest()

    running = runner.run(begin())
    client = httpx.AsyncClient(base_url=running.base, headers={"authorization": f"Bearer {TOKEN}"})
    try:
        yield client
    finally:
        runner.run(end())


async def answer_to(client: httpx.AsyncClient, asked: Asked) -> httpx.Response:
    """Send it."""
    headers = {name.encode(): value for name, value in asked.headers.items()}
    return await client.request(asked.method, asked.address, headers=headers, content=asked.body)


def test_no_request_is_answered_with_a_mistake_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with asyncio.Runner() as runner, service(tmp_path, monkeypatch, runner) as client:
        described = runner.run(client.get("/api/v1/openapi.json")).json()
        operations = [each for each in operations_of(described) if not each.path.endswith("/reload")]
        assert len(operations) > 20

        @settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
        @given(asked=requests(operations))
        def is_answered(asked: Asked) -> None:
            answer = runner.run(answer_to(client, asked))
            assert answer.status_code != OURS, answer.text
            if answer.is_error and answer.request.url.path not in IN_THEIR_OWN_WORDS:
                told = answer.headers["content-type"].partition(";")[0]
                if told != "text/html":  # the page to sign in
                    assert told == MEDIA_TYPE, (answer.status_code, answer.text)
                    assert answer.json()["status"] == answer.status_code

        is_answered()
