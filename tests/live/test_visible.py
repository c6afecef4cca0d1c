"""One truth in four places: REST, WebSocket, retained MQTT, metrics; and agents' moves from the phone and by API."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import aiomqtt
import websockets
from prometheus_client.parser import text_string_to_metric_families

from acd.simulation.visits import Outcome
from deploy.telephones.handset import HandsetState
from deploy.telephones.phones import AnswerAfter, NeverAnswer
from service.simulation.recorded_events import read_events
from tests.live.house import SOON_S, Agent, House
from tests.live.waiting import until_seen

SITE_ZONE = ZoneInfo("Asia/Shanghai")
"""As tests/live/config has it."""


class Board:
    """A reader of the live stream that puts snapshot and deltas together, and checks their numbers."""

    def __init__(self, socket: websockets.ClientConnection) -> None:
        self._socket = socket
        self._seq = -1
        self.agents: dict[str, Any] = {}
        self.queues: dict[str, Any] = {}
        self.calls: dict[str, Any] = {}
        self.events: list[str] = []

    async def read(self) -> None:
        """Take in the next message."""
        message = json.loads(await self._socket.recv())
        if message["type"] == "beat":
            assert message["seq"] == self._seq
            return
        if message["type"] == "delta":
            assert message["seq"] == self._seq + 1
        self._seq = message["seq"]
        for name in ("agents", "queues", "calls"):
            shown = getattr(self, name)
            shown.update({item["id"]: item for item in message.get(name, [])})
            for gone in message.get("gone", {}).get(name, []):
                shown.pop(gone, None)
        self.events += [event["kind"] for event in message.get("events", [])]


async def dialled(agent: Agent, code: str, state: str) -> dict[str, Any]:
    """Dial a code on the agent's phone, and wait for what it does and for the spoken answer's end."""
    await agent.phone.dial(code)
    seen = await agent.until(state)
    await agent.phone.until(HandsetState.IDLE, 2 * SOON_S)
    return seen


async def retained(house: House, topic: str) -> dict[str, Any]:
    """What the broker keeps on a topic of this site."""
    environment = house.service.environment
    async with aiomqtt.Client(
        environment["SWITCHBOARD_MQTT_HOST"],
        int(environment["SWITCHBOARD_MQTT_PORT"]),
        username=environment["SWITCHBOARD_MQTT_USER"],
        password=environment["SWITCHBOARD_MQTT_PASSWORD"],
        timeout=SOON_S,
    ) as client:
        await client.subscribe(f"switchboard/v1/{house.site.name}/{topic}")
        message = await anext(aiter(client.messages))
        assert message.retain
        found: dict[str, Any] = json.loads(bytes(message.payload))["data"]
        return found


async def gauge(house: House, name: str, **labels: str) -> float:
    """A figure of /metrics."""
    text = (await house.api.get("/metrics")).text
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return next(sample.value for sample in samples if sample.name == name and labels.items() <= sample.labels.items())


async def test_a_pause_with_a_reason_is_on_the_board_in_the_stream_and_on_mqtt(house: House) -> None:
    agent = await house.ready_agent("1001", NeverAnswer())
    paused = await agent.does("pause", reason="lunch")
    assert (paused["state"], paused["reason"]) == ("paused", "lunch")
    event = await house.until_event("AgentStateChanged", agent="1001", after="paused", reason="lunch")
    assert event.data["who"] == "api"

    async def published() -> bool:
        state = await retained(house, "agents/1001")
        return (state["state"], state["reason"]) == ("paused", "lunch")

    await until_seen(published, "the pause is on MQTT", SOON_S)


async def test_agents_sign_in_and_out_by_dialling_codes(house: House) -> None:
    agent = await house.agent("1001", NeverAnswer())
    signed_in = await dialled(agent, "*111001", "paused")
    assert (signed_in["phone"], signed_in["reason"]) == ("PJSIP/phone1", "sign_in")
    await dialled(agent, "*12", "ready")
    assert (await dialled(agent, "*132", "paused"))["reason"] == "break"
    await dialled(agent, "*12", "ready")
    assert (await dialled(agent, "*13", "paused"))["reason"] == "lunch"
    await dialled(agent, "*14", "signed_out")
    moved = [e.data for e in await house.events() if e.kind == "AgentStateChanged" and e.data["agent"] == "1001"]
    # a code is a call too: while it lasts, a ready agent is busy elsewhere by nobody's doing
    by_itself = {frozenset((data["before"], data["after"])) for data in moved if data["who"] == "system"}
    assert by_itself <= {frozenset(("ready", "busy_elsewhere"))}
    assert {data["who"] for data in moved} - {"system"} == {"phone:PJSIP/phone1"}


async def test_agents_sign_in_and_out_by_api(house: House) -> None:
    agent = await house.agent("1002", NeverAnswer())
    assert (await agent.sign_in())["state"] == "paused"
    assert (await agent.does("ready"))["state"] == "ready"
    assert (await agent.does("pause", reason="break"))["reason"] == "break"
    assert (await agent.does("sign-out"))["state"] == "signed_out"


async def test_a_wrong_agent_number_dialled_changes_nothing(house: House) -> None:
    agent = await house.agent("1001", NeverAnswer())
    before = (await house.get("/api/v1/agents"))["items"]
    await agent.phone.dial("*119999")
    await agent.phone.until(HandsetState.ESTABLISHED, SOON_S)
    await agent.phone.until(HandsetState.IDLE, 2 * SOON_S)
    assert (await house.get("/api/v1/agents"))["items"] == before


async def test_rest_websocket_mqtt_and_metrics_show_the_same(house: House) -> None:
    url = f"{house.service.url.replace('http', 'ws', 1)}/api/v1/live"
    async with websockets.connect(url) as socket:
        board = Board(socket)
        await board.read()
        agent = await house.ready_agent("1001", AnswerAfter(0.1))
        talking = await house.caller("crowd")
        await house.until_talking(talking, agent)
        waiting = await house.waiting_caller("crowd")
        call = house.life(waiting).call

        async def caught_up() -> bool:
            await board.read()
            same_agent = board.agents["1001"] == await agent.now()
            # A call is on the floor a moment before its queue's figures have heard of it.
            return same_agent and call in board.calls and board.queues["crowd"] == await house.queue("crowd")

        await until_seen(caught_up, "the live stream shows the floor as the API does", SOON_S)
        assert board.agents["1001"]["state"] == "talking"
        shown = await house.call_of(waiting)
        assert {**board.calls[call], "why": None} == {**shown, "why": None}
        assert {"Queued", "Offered", "Connected"} <= set(board.events)

        async def published() -> bool:
            same_queue = await retained(house, "queues/crowd") == await house.queue("crowd")
            return same_queue and await retained(house, "agents/1001") == await agent.now()

        await until_seen(published, "MQTT shows the same", SOON_S)
        assert await gauge(house, "switchboard_waiting_calls", queue="crowd") == 1
        assert await gauge(house, "switchboard_agents", queue="crowd", state="talking") == 1
        assert await gauge(house, "switchboard_link_up", link="ami") == 1


async def test_events_are_exported_as_a_day_that_the_simulation_reads(house: House) -> None:
    begun = datetime.now(SITE_ZONE)  # noqa: TID251 - people give the command the time on their wall
    agent = await house.ready_agent("1001", AnswerAfter(0.1))
    caller = await house.caller("sales")
    await house.until_talking(caller, agent)
    await caller.hang_up()
    await house.until_event("Ended", call=house.life(caller).call)
    done = await house.service.command("events", "export", "--from", f"{begun:%Y-%m-%d %H:%M:%S}")
    assert done.returncode == 0, done.stderr
    file = house.folder / "today.jsonl"
    file.write_text(done.stdout, encoding="utf-8")
    recorded = read_events(file, SITE_ZONE)
    assert ("sales", Outcome.ANSWERED) in {(call.queue, call.outcome) for call in recorded.calls}
    assert "1001" in {shift.agent for shift in recorded.shifts}


async def test_no_personal_data_is_in_the_metrics_or_the_log(house: House) -> None:
    agent = await house.ready_agent("1001", AnswerAfter(0.1))
    caller = await house.caller("crowd")
    await house.until_talking(caller, agent)
    for personal in (caller.name, "王小明"):
        assert personal not in (await house.api.get("/metrics")).text
        assert personal not in house.service.log.read_text(encoding="utf-8")
