"""A request that says too much is refused before it fills the memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from service.web.access import Gate
from service.web.app import web_app
from service.web.body_limit import BODY_BYTES
from tests.unit.service_kit import TOKEN

SESSION = "/api/v1/session"


@pytest.fixture
def client(tmp_path: Path) -> httpx.AsyncClient:
    """Somebody who may sign in."""
    app = web_app([], Gate(TOKEN, False, lambda: 0.0), tmp_path)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1")


class Flood:
    """A body without an end, that counts what was taken of it."""

    def __init__(self) -> None:
        self.taken = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            self.taken += 65_536
            assert self.taken <= 2 * BODY_BYTES
            yield b"x" * 65_536


async def test_a_body_that_says_it_is_too_long_is_not_even_read(client: httpx.AsyncClient) -> None:
    body = Flood()
    refused = await client.post(SESSION, content=body, headers={"content-length": str(BODY_BYTES + 1)})
    assert (refused.status_code, refused.headers["content-type"]) == (413, "application/problem+json")
    assert "Nothing was changed" in refused.json()["detail"]
    assert body.taken <= 65_536


async def test_a_body_without_an_end_is_read_up_to_the_limit(client: httpx.AsyncClient) -> None:
    body = Flood()
    headers = {"content-type": "application/json", "transfer-encoding": "chunked"}
    refused = await client.post(SESSION, content=body, headers=headers)
    assert (refused.status_code, refused.json()["status"]) == (413, 413)


async def test_a_body_as_long_as_may_be_is_read(client: httpx.AsyncClient) -> None:
    shown = b'{"token": "' + b"x" * (BODY_BYTES - 13) + b'"}'
    assert len(shown) == BODY_BYTES
    assert (await client.post(SESSION, content=shown)).status_code in (401, 422)
