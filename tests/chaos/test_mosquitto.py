"""Mosquitto is away: calls and boards go on as ever, and its retained topics are right as soon as it is back."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import aiomqtt
import websockets

from deploy.stack import Part, Stack
from deploy.telephones.phones import AnswerAfter
from tests.live.house import SOON_S, House
from tests.live.waiting import until_seen

BACK_WITHIN_S = 10.0
"""The service tries again after two seconds at the most; the rest is a busy machine."""


async def retained(house: House, topic: str) -> dict[str, Any]:
    """What the broker keeps on a topic of this site."""
    environment = house.service.environment
    async with (
        asyncio.timeout(SOON_S),
        aiomqtt.Client(
            environment["SWITCHBOARD_MQTT_HOST"],
            int(environment["SWITCHBOARD_MQTT_PORT"]),
            username=environment["SWITCHBOARD_MQTT_USER"],
            password=environment["SWITCHBOARD_MQTT_PASSWORD"],
        ) as client,
    ):
        await client.subscribe(f"switchboard/v1/{house.site.name}/{topic}")
        message = await anext(aiter(client.messages))
        found: dict[str, Any] = json.loads(bytes(message.payload))["data"]
        return found


async def test_calls_and_boards_go_on_without_mosquitto_and_its_topics_are_right_after(
    house: House, stack: Stack, figures: list[str]
) -> None:
    agent = await house.ready_agent("1001", AnswerAfter(0.1))
    async with websockets.connect(f"{house.service.url.replace('http', 'ws', 1)}/api/v1/live") as board:
        await asyncio.to_thread(stack.kill, Part.MOSQUITTO)
        try:
            caller = await house.caller("crowd")
            await house.until_talking(caller, agent)
            async with asyncio.timeout(SOON_S):
                while not _shows_talking(json.loads(await board.recv()), "1001"):
                    pass
            assert not (await house.get("/readyz"))["parts"]["mqtt"]
        finally:
            await asyncio.to_thread(stack.restart, Part.MOSQUITTO)
    back = asyncio.get_running_loop().time()

    async def right() -> bool:
        try:
            return bool((await retained(house, "agents/1001"))["state"] == "talking")
        except (TimeoutError, aiomqtt.MqttError):
            return False

    await until_seen(right, "the retained topic is right", BACK_WITHIN_S)
    figures.append(f"Mosquitto back: topics right after {asyncio.get_running_loop().time() - back:.1f} s")
    await caller.hang_up()
    await agent.until("ready")


def _shows_talking(message: dict[str, Any], agent: str) -> bool:
    return any(each["id"] == agent and each["state"] == "talking" for each in message.get("agents", ()))
