"""Callers are served first, and the pages come beside them; where no callers can be served, the pages come all the same."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from starlette.types import ASGIApp

from common.tasks import spawn
from service import pages, wiring
from service.configuration.plan import Plan
from service.web import routes
from service.web.routes import Shown, application
from tests.unit.service_run import LOOPBACK, UP_WITHIN_S, Running, plan_alone, until_databases_rest

CALLER = b"agi_request: agi://x/call\nagi_network_script: call\nagi_uniqueid: node1-1.1\nagi_arg_1: main\n\n"


@pytest.fixture(autouse=True)
async def database_threads() -> AsyncIterator[None]:
    yield
    await until_databases_rest()


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plan:
    return plan_alone(tmp_path, monkeypatch)


async def test_a_caller_is_served_before_the_pages_are_there(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = threading.Event()

    def slow(shown: Shown) -> ASGIApp:
        assert go_on.wait(UP_WITHIN_S)
        return application(shown)

    monkeypatch.setattr(routes, "application", slow)
    running = Running(plan)
    asks = spawn(running.alive(), "asks")
    reader, writer = await running.call()
    writer.write(CALLER)
    assert (await reader.readline()).startswith(b"ANSWER")
    assert not asks.done()
    go_on.set()
    assert await asks, "who asked before the pages were there has the answer once they are"
    writer.close()
    await running.stop()


async def test_pages_do_not_wait_for_an_asterisk_that_does_not_answer(
    plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wiring, "WORLD_PATIENCE_S", 600.0)
    monkeypatch.setattr(pages, "CALLERS_FIRST_S", 0.0)
    running = Running(plan)
    assert await running.alive()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(LOOPBACK, plan.settings.agi_port)
    await running.stop()
