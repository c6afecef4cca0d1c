"""Errors of the web API have one shape."""

from __future__ import annotations

from typing import Annotated

import pytest
from fastapi import FastAPI, HTTPException, Query
from httpx import ASGITransport, AsyncClient

from common.problem import Problem, documented, install


def application() -> FastAPI:
    app = FastAPI()
    install(app)

    @app.get("/agents/{agent}", responses=documented(404, 422))
    async def agent(agent: str) -> None:
        raise Problem(
            404, "No such agent", f"Agent {agent} is not configured.", kind="unknown-agent", extra={"known": 3}
        )

    @app.get("/refused")
    async def refused() -> None:
        raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})

    @app.get("/unchanged")
    async def unchanged() -> None:
        raise HTTPException(304)

    @app.get("/list")
    async def listing(limit: Annotated[int, Query(ge=1)]) -> int:
        return limit

    @app.get("/broken")
    async def broken() -> None:
        raise RuntimeError("the inside of the service")

    return app


@pytest.fixture
def client() -> AsyncClient:
    transport = ASGITransport(application(), raise_app_exceptions=False)
    return AsyncClient(transport=transport, base_url="http://switchboard")


async def test_a_problem_says_kind_occurrence_and_place(client: AsyncClient) -> None:
    answer = await client.get("/agents/9")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "urn:switchboard:problem:unknown-agent",
        "title": "No such agent",
        "status": 404,
        "detail": "Agent 9 is not configured.",
        "instance": "/agents/9",
        "known": 3,
    }


async def test_an_unknown_path_and_a_framework_refusal_are_problems_and_keep_their_headers(client: AsyncClient) -> None:
    missing = await client.get("/nowhere")
    assert (missing.status_code, missing.json()["type"]) == (404, "about:blank")
    refused = await client.get("/refused")
    assert refused.headers["www-authenticate"] == "Bearer"
    assert refused.json()["title"] == "Unauthorized"
    wrong_method = await client.post("/list")
    assert (wrong_method.status_code, wrong_method.headers["allow"]) == (405, "GET")


async def test_an_answer_that_may_have_no_body_has_none(client: AsyncClient) -> None:
    answer = await client.get("/unchanged")
    assert (answer.status_code, answer.content) == (304, b"")


async def test_a_request_that_does_not_fit_names_the_place_but_not_what_was_sent(client: AsyncClient) -> None:
    answer = await client.get("/list", params={"limit": "13912345678x"})
    body = answer.json()
    assert (answer.status_code, body["type"]) == (422, "urn:switchboard:problem:invalid-request")
    assert body["errors"][0]["where"] == "query.limit"
    assert "13912345678" not in answer.text


async def test_our_own_mistake_tells_nothing_of_the_inside(client: AsyncClient) -> None:
    answer = await client.get("/broken")
    assert (answer.status_code, answer.json()["title"]) == (500, "Internal Server Error")
    assert "inside" not in answer.text


async def test_the_api_description_names_problem_json(client: AsyncClient) -> None:
    paths = (await client.get("/openapi.json")).json()["paths"]
    described = paths["/agents/{agent}"]["get"]["responses"]
    assert set(described["404"]["content"]) == set(described["422"]["content"]) == {"application/problem+json"}
