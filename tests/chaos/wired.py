"""A house whose service reaches its neighbours over lines of the test's own, and Asterisk the service over another."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.ports import free_ports
from deploy.stack import Stack
from tests.chaos.line import Line, line_to
from tests.live.house import House, scenario
from tests.live.observer import Observer
from tests.live.service import Service


@dataclass(frozen=True, slots=True)
class Wired:
    """A running house, and the lines of its service."""

    house: House
    ami: Line
    redis: Line
    mqtt: Line
    agi: Line
    """From Asterisk, and from the watchdog, to the service."""


@asynccontextmanager
async def wired_house(stack: Stack, service: Service, observer: Observer, folder: Path) -> AsyncIterator[Wired]:
    """A house on lines; afterwards the service is stopped, and has its usual environment again."""
    ports, usual = stack.site.ports, service.environment
    service.stop()
    try:
        async with AsyncExitStack() as lines:
            agi_port = free_ports().agi
            ami, redis, mqtt = [
                await lines.enter_async_context(line_to(port)) for port in (ports.ami, ports.redis, ports.mqtt)
            ]
            agi = await lines.enter_async_context(line_to(agi_port, ports.agi))
            service.environment = usual | {
                "SWITCHBOARD_AMI_PORT": str(ami.port),
                "SWITCHBOARD_REDIS_PORT": str(redis.port),
                "SWITCHBOARD_MQTT_PORT": str(mqtt.port),
                "SWITCHBOARD_AGI_PORT": str(agi_port),
            }
            async with scenario(stack, service, observer, folder) as house:
                yield Wired(house, ami, redis, mqtt, agi)
            service.stop()
    finally:
        service.stop()
        service.environment = usual
