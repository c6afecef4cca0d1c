"""Who may in: the token, the session cookie, and pages of other sites."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from common.problem import install
from service.web.access import COOKIE, SESSION_S, AccessControl, Gate, SignIn, sign_in
from service.web.app import web_app

TOKEN = "a-token-of-this-test"  # noqa: S105 - of this test alone


class Clock:
    """Unix seconds that stand still until moved."""

    def __init__(self) -> None:
        self.seconds = 1_700_000_000.0

    def __call__(self) -> float:
        """The time."""
        return self.seconds


def client(gate: Gate, host: str = "127.0.0.1:8080") -> httpx.AsyncClient:
    app = FastAPI()
    install(app)

    @app.get("/api/v1/queues")
    @app.get("/api/v1/recordings")
    @app.get("/healthz")
    async def fine() -> str:
        return "fine"

    @app.post("/api/v1/agents/1/ready")
    async def changed() -> str:
        return "changed"

    @app.post("/api/v1/session")
    async def session(shown: SignIn) -> object:
        return sign_in(gate, shown, secure=False)

    transport = httpx.ASGITransport(AccessControl(app, gate))
    return httpx.AsyncClient(transport=transport, base_url=f"http://{host}")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def gate_of(clock: Clock) -> Callable[[bool], Gate]:
    return lambda everywhere: Gate(TOKEN, everywhere, clock)


async def test_on_loopback_the_board_is_open_and_recordings_ask_for_the_token(gate_of: Callable[[bool], Gate]) -> None:
    async with client(gate_of(False)) as http:
        assert (await http.get("/api/v1/queues")).status_code == 200
        refused = await http.get("/api/v1/recordings")
        assert refused.status_code == 401
        assert refused.headers["content-type"] == "application/problem+json"
        assert (await http.get("/api/v1/recordings", headers={"authorization": f"Bearer {TOKEN}"})).status_code == 200
        assert (await http.get("/api/v1/recordings", headers={"authorization": "Bearer wrong"})).status_code == 401


async def test_elsewhere_everything_asks_for_the_token_except_health(gate_of: Callable[[bool], Gate]) -> None:
    async with client(gate_of(True), "centre.example:8080") as http:
        assert (await http.get("/healthz")).status_code == 200
        assert (await http.get("/api/v1/queues")).status_code == 401
        page = await http.get("/api/v1/queues", headers={"accept": "text/html"})
        assert page.status_code == 401
        assert "<form>" in page.text
        rules = page.headers["content-security-policy"].split("; ")
        assert {"default-src 'none'", "form-action 'none'", "frame-ancestors 'none'"} <= set(rules)
        assert not any("unsafe" in rule for rule in rules)


@pytest.mark.parametrize("header", ["host", "origin"])
async def test_an_address_that_is_none_is_refused_not_stumbled_over(
    gate_of: Callable[[bool], Gate], header: str
) -> None:
    async with client(gate_of(False)) as http:
        refused = await http.post("/api/v1/agents/1/ready", headers={header: "http://["})
        assert refused.status_code in (403, 421)


async def test_a_session_lasts_one_shift_and_cannot_be_forged(gate_of: Callable[[bool], Gate], clock: Clock) -> None:
    async with client(gate_of(True), "centre.example") as http:
        assert (await http.post("/api/v1/session", json={"token": "wrong"})).status_code == 401
        assert (await http.post("/api/v1/session", json={"token": TOKEN})).status_code == 200
        assert (await http.get("/api/v1/queues")).status_code == 200
        clock.seconds += SESSION_S + 1
        assert (await http.get("/api/v1/queues")).status_code == 401
        forged = f"{COOKIE}={int(clock.seconds) + 999}.0000"
        assert (await http.get("/api/v1/queues", headers={"cookie": forged})).status_code == 401


async def test_without_a_configured_token_nothing_closed_opens(clock: Clock) -> None:
    gate = Gate("", token_everywhere=True, now=clock)
    async with client(gate, "centre.example") as http:
        cookie = f"{COOKIE}={gate.session()}"
        assert (await http.get("/api/v1/queues", headers={"cookie": cookie})).status_code == 401
        assert (await http.get("/api/v1/queues", headers={"authorization": "Bearer "})).status_code == 401


async def test_another_sites_page_changes_nothing(gate_of: Callable[[bool], Gate]) -> None:
    async with client(gate_of(False)) as http:
        other = await http.post("/api/v1/agents/1/ready", headers={"origin": "http://elsewhere.example"})
        assert other.status_code == 403
        own = await http.post("/api/v1/agents/1/ready", headers={"origin": "http://127.0.0.1:8080"})
        assert own.status_code == 200


async def test_a_foreign_name_pointed_at_loopback_is_refused(gate_of: Callable[[bool], Gate]) -> None:
    async with client(gate_of(False), "rebound.example:8080") as http:
        assert (await http.get("/api/v1/queues")).status_code == 421


@pytest.mark.parametrize("cookie", ["²³.x", "1700000000", "1700000000.ünlesbar", "9" * 5000 + ".x", "..", ""])
async def test_a_cookie_that_nobody_signed_lets_nobody_in_and_breaks_nothing(
    gate_of: Callable[[bool], Gate], cookie: str
) -> None:
    async with client(gate_of(True)) as http:
        shown = f"{COOKIE}={cookie}".encode("latin-1", "replace")
        assert (await http.get("/api/v1/queues", headers=[(b"cookie", shown)])).status_code == 401


@pytest.mark.parametrize(("scheme", "secure"), [("http", False), ("https", True)])
async def test_behind_tls_the_session_s_cookie_is_for_tls_alone(
    gate_of: Callable[[bool], Gate], tmp_path: Path, scheme: str, *, secure: bool
) -> None:
    transport = httpx.ASGITransport(web_app([], gate_of(True), tmp_path))
    async with httpx.AsyncClient(transport=transport, base_url=f"{scheme}://pbx.example") as http:
        answer = await http.post("/api/v1/session", json={"token": TOKEN})
    assert ("Secure" in answer.headers["set-cookie"]) is secure


async def test_pages_that_are_not_built_are_a_problem_that_says_how_to_build_them(
    gate_of: Callable[[bool], Gate], tmp_path: Path
) -> None:
    transport = httpx.ASGITransport(web_app([], gate_of(False), tmp_path))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as http:
        answer = await http.get("/")
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:switchboard:problem:no-pages")
    assert "npm run build" in answer.json()["detail"]
