"""The whole service on loopback, with nobody at the other end of its links: it serves what it can, and stops in time."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket
from structlog.testing import capture_logs
from websockets.asyncio.client import connect

from deploy.secrets import secrets_of
from deploy.sites import Site
from recordings.alarms import Alarm, AlarmKind
from recordings.disk.shelf import MESSAGES
from recordings.recording import RecordingId
from service.alarms import counted_in
from service.configuration.plan import Plan
from service.faults import CannotKeep, CannotListen, innermost
from service.web.answering import answering
from service.web.listening import Address, listening
from service.wiring import background, serve
from tests.unit.service_kit import TOKEN
from tests.unit.service_run import LOOPBACK, STOP_WITHIN_S, Running, plan_alone, until_databases_rest


@pytest.fixture(autouse=True)
async def database_threads() -> AsyncIterator[None]:
    """Let this test's loop live until SQLite's threads are done: what they still say would find it closed."""
    yield
    await until_databases_rest()


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plan:
    return plan_alone(tmp_path, monkeypatch)


@pytest.fixture
async def running(plan: Plan) -> AsyncIterator[Running]:
    running = Running(plan)
    await running.until_up()
    yield running
    if not running.task.done():
        await running.stop()


async def test_without_any_link_it_answers_and_says_that_it_is_not_ready(running: Running) -> None:
    async with httpx.AsyncClient(base_url=running.base) as http:
        assert (await http.get("/healthz")).status_code == 200
        ready = await http.get("/readyz")
        assert (ready.status_code, ready.json()["parts"]) == (503, {"ami:node1": False, "mqtt": False, "redis": False})
        centre = (await http.get("/api/v1/centre")).json()
        assert centre["time_zone"] == "Asia/Shanghai"
        lunch = {"code": 1, "name": "lunch", "label": {"zh-CN": "午餐", "en": "Lunch"}, "counts_as": "absence"}
        assert centre["pause_reasons"][0] == lunch
        assert [queue["id"] for queue in (await http.get("/api/v1/queues")).json()["items"]] == ["sales", "service"]
        assert (await http.get("/api/v1/recordings")).status_code == 401
        allowed = await http.get("/api/v1/recordings", headers={"authorization": f"Bearer {TOKEN}"})
        assert allowed.json()["items"] == []


async def test_metrics_count_decisions_and_know_every_kind_of_recording_alarm(running: Running) -> None:
    async with httpx.AsyncClient(base_url=running.base) as http:
        moved = await http.post("/api/v1/agents/1001/sign-in", json={"phone": "PJSIP/phone1"})
        assert moved.status_code == 202, "there is no Redis to keep it"
        text = (await http.get("/metrics")).text
    counted = float(text.partition("switchboard_decision_seconds_count ")[2].splitlines()[0])
    assert counted >= 1
    for kind in AlarmKind:
        assert f'switchboard_recording_alarms_total{{kind="{kind.value}"}} 0.0' in text


def test_an_alarm_of_the_recordings_is_counted_by_its_kind_and_said_in_the_log() -> None:
    registry = CollectorRegistry()
    take = counted_in(registry)
    with capture_logs() as logged:
        take(Alarm(AlarmKind.SHORT, RecordingId("node1-1.1-1"), "4 s of 9 s"))
    name = "switchboard_recording_alarms_total"
    assert registry.get_sample_value(name, {"kind": "short"}) == 1.0
    assert registry.get_sample_value(name, {"kind": "folder"}) == 0.0
    assert [(entry["kind"], entry["recording"]) for entry in logged] == [("short", "node1-1.1-1")]


async def test_it_stops_in_time_while_people_watch_and_callers_are_on_the_line(running: Running) -> None:
    """A watcher that never reads, one that does, a keep-alive connection, and a caller's session in the middle of a word."""
    address = f"{running.base.replace('http', 'ws')}/api/v1/live"
    reader, writer = await asyncio.open_connection(LOOPBACK, running.plan.settings.agi_port)
    writer.write(b"agi_request: agi://x/call\nagi_network_script: call\nagi_uniqueid: node1-1.1\nagi_arg_1: main\n\n")
    assert (await reader.readline()).startswith(b"ANSWER")
    async with connect(address) as deaf, connect(address) as watcher, httpx.AsyncClient(base_url=running.base) as http:
        await http.get("/healthz")
        await watcher.recv()
        took = await running.stop()
        await watcher.wait_closed()
        assert watcher.close_code == 1012  # the service restarts: come again
        assert deaf.close_code in (1012, None)
    assert await reader.read() == b""
    writer.close()
    assert took < STOP_WITHIN_S / 2


@pytest.mark.parametrize(("taken", "what"), [("api_port", "the API"), ("agi_port", "FastAGI")])
async def test_a_taken_port_is_told_at_once_with_who_holds_it(plan: Plan, taken: str, what: str) -> None:
    port = getattr(plan.settings, taken)
    with socket.create_server((LOOPBACK, port)), pytest.raises(CannotListen) as refused:
        await serve(plan)
    said = str(refused.value)
    assert said.startswith(f"{what} cannot listen on {LOOPBACK}:{port}: the port is held by ")
    assert f"(process {os.getpid()})" in said
    assert said.endswith(f"SWITCHBOARD_{taken.upper()}")


def test_an_address_that_is_not_this_machine_s_is_told_as_such() -> None:
    with pytest.raises(CannotListen, match="give an address of this machine with SWITCHBOARD_API_HOST"):
        listening(Address("the API", "192.0.2.1", 18080, "API")).__enter__()


async def test_a_database_that_does_not_open_is_told_without_its_address(plan: Plan) -> None:
    settings = plan.settings.model_copy(update={"database_url": "sqlite+aiosqlite:////nowhere/secret-name.db"})
    with pytest.raises(ExceptionGroup) as ended:
        await serve(replace(plan, settings=settings))
    (refused,) = innermost(ended.value)
    assert isinstance(refused, CannotKeep)
    assert "unable to open database file" in str(refused)
    assert "secret-name" not in str(refused)


async def test_a_part_that_fails_ends_the_others_and_its_error_is_found_in_the_group() -> None:
    ended = asyncio.Event()

    async def waits() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async def fails() -> None:
        raise CannotListen("FastAGI cannot listen")

    with pytest.raises(ExceptionGroup) as group:
        async with background(waits()), background(fails()):
            await asyncio.Event().wait()
    assert [str(error) for error in innermost(group.value)] == ["FastAGI cannot listen"]
    assert ended.is_set()


async def test_watchers_are_told_goodbye_also_where_another_part_failed(plan: Plan) -> None:
    address = Address("the API", LOOPBACK, plan.settings.api_port, "API")
    app = Starlette(routes=[WebSocketRoute("/live", _accept)])
    with pytest.raises(ExceptionGroup), listening(address) as web_socket:  # noqa: PT012 - the failure is the block's end
        async with answering(app, web_socket):
            watcher = await connect(f"ws://{LOOPBACK}:{plan.settings.api_port}/live")
            raise CannotListen("FastAGI cannot listen")
    await watcher.wait_closed()
    assert watcher.close_code == 1012


async def _accept(watcher: WebSocket) -> None:
    await watcher.accept()
    await watcher.receive()


def test_messages_go_where_the_installation_makes_room_for_them(tmp_path: Path) -> None:
    site = Site(name="test", folder=tmp_path, secrets=secrets_of(tmp_path))
    assert site.recordings / MESSAGES in site.message_folders
