"""HTTP clients that drip, flood or speak something else are told so in time, and others are served meanwhile."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from service.web import wire as http_wire
from service.web.answering import answering
from service.web.listening import Address, listening
from service.web.wire import HEAD_BYTES
from tests.unit.service_run import LOOPBACK, free_port

FLOOD_BYTES = 100 << 20
PIECE = b"x" * 65_536
WITHIN_S = 10.0


@pytest.fixture
async def port() -> AsyncIterator[int]:
    """A server that answers `{}` to everything it understands."""
    app, port = FastAPI(), free_port()

    @app.get("/")
    async def nothing() -> dict[str, str]:
        return {}

    async with asyncio.timeout(WITHIN_S):
        with listening(Address("the API", LOOPBACK, port, "API")) as taken:
            async with answering(app, taken):
                yield port


async def told(reader: asyncio.StreamReader) -> tuple[int, dict[str, Any]]:
    """The status and the problem of an answer after which the connection ends."""
    head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    assert b"content-type: application/problem+json" in head.lower()
    return int(head.split()[1]), json.loads(body)


async def is_served(port: int) -> None:
    """Somebody else asks twice on one connection."""
    async with httpx.AsyncClient(base_url=f"http://{LOOPBACK}:{port}") as client:
        for _ in range(2):
            assert (await client.get("/")).json() == {}


@pytest.mark.parametrize("begun", [b"GET /", b"GET / HTTP/1.1\r\nx: ", b"GET / HTTP/1.1\r\n", b"GET /?"])
async def test_a_head_without_an_end_is_cut_off(port: int, begun: bytes) -> None:
    _, writer = await asyncio.open_connection(LOOPBACK, port)
    writer.write(begun)
    sent = 0
    with suppress(ConnectionError):
        while sent < FLOOD_BYTES:
            writer.write(PIECE if begun.strip() == begun else b"a: b\r\n" * 10_000)
            sent += len(PIECE)
            await writer.drain()
    assert sent < FLOOD_BYTES / 2
    writer.close()
    await is_served(port)


async def test_who_sends_too_long_a_head_is_told(port: int) -> None:
    reader, writer = await asyncio.open_connection(LOOPBACK, port)
    writer.write(b"GET / HTTP/1.1\r\nx: " + b"x" * HEAD_BYTES)
    status, problem = await told(reader)
    assert (status, problem["status"], problem["title"]) == (431, 431, "Request Header Fields Too Large")
    writer.close()


@pytest.mark.parametrize("begun", [b"", b"GET / HTTP/1.1\r\nHost: x\r\n"])
async def test_who_is_too_slow_is_told(monkeypatch: pytest.MonkeyPatch, port: int, begun: bytes) -> None:
    monkeypatch.setattr(http_wire, "HEAD_WITHIN_S", 0.1)
    reader, writer = await asyncio.open_connection(LOOPBACK, port)
    writer.write(begun)
    assert (await told(reader))[0] == 408
    writer.close()


async def test_what_is_no_http_is_answered_as_a_problem(port: int) -> None:
    reader, writer = await asyncio.open_connection(LOOPBACK, port)
    writer.write(b"\x16\x03\x01 hello\r\n\r\n")
    assert (await told(reader))[1]["detail"].startswith("Invalid HTTP request")
    writer.close()
    await is_served(port)
