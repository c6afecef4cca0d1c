"""The queues' table on a supervisor's screen: every column of a busy day is to be seen without scrolling."""

from __future__ import annotations

import json

import pytest
from playwright.async_api import Page, WebSocketRoute, expect

from cti_bridge.board.views import AgentCounts
from deploy.telephones.phones import NeverAnswer
from tests.browser.conftest import Viewer
from tests.live.house import SOON_S, House

SOON_MS = SOON_S * 1000
AN_HOUR_S = 3700.0
BUSY_DAY = {
    "waiting": 128,
    "callbacks": 12,
    "offered": 12345,
    "answered": 11234,
    "abandoned": 1023,
    "short_abandoned": 123,
    "diverted": 1234,
    "turned_away": 1234,
    "service_level": 1.0,
    "average_wait_s": AN_HOUR_S,
    "agents": dict.fromkeys(AgentCounts.model_fields, 188),
}
VERSATILE = {
    "name": "Maximiliane-Alexandra von Hohenstaufen",
    "skills": {
        "chinese": 10,
        "english": 10,
        "cantonese": 7,
        "after_sales": 9,
        "sales": 10,
        "complaints_and_returns": 3,
    },
}
OVERFLOWING = """body => [...body.querySelectorAll('th, td')]
    .filter(cell => cell.scrollWidth > cell.clientWidth
        || cell.getBoundingClientRect().right > body.getBoundingClientRect().left + body.clientWidth + 0.5)
    .map(cell => cell.textContent)"""


async def have_a_busy_day(page: Page) -> None:
    """From the next stream on, every queue's figures are as wide as they get, it has waited for an hour, and agents can much."""

    def told(message: str | bytes) -> str:
        heard = json.loads(message)
        for queue in heard.get("queues", []):
            queue.update(BUSY_DAY, longest_wait_since=heard["at"] - AN_HOUR_S)
        for agent in heard.get("agents", []):
            agent.update(VERSATILE)
        return json.dumps(heard)

    def carry(page: WebSocketRoute) -> None:
        page.connect_to_server().on_message(lambda message: page.send(told(message)))

    await page.route_web_socket("**/api/v1/live", carry)
    await page.reload()


@pytest.mark.parametrize("language", ["en", "zh-CN"])
async def test_no_column_of_the_queues_is_cut_off(viewer: Viewer, language: str) -> None:
    async with viewer.looking_at("/", language) as page:
        await have_a_busy_day(page)
        body = page.locator(".panel-queues .panel-body")
        await expect(body.locator("tbody tr").first).to_contain_text("12345", timeout=SOON_MS)
        for width in (1280, 1440, 1920):
            await page.set_viewport_size({"width": width, "height": 900})
            assert await body.evaluate(OVERFLOWING) == [], f"columns cut at {width} pixels"


async def test_nothing_of_an_agent_is_cut_off(viewer: Viewer, house: House) -> None:
    await house.paused_agent("1001", NeverAnswer())
    async with viewer.looking_at("/", "en") as page:
        await have_a_busy_day(page)
        body = page.locator(".panel-agents .panel-body")
        await expect(body.locator("tr[data-agent='1001']")).to_contain_text("complaints_and_returns", timeout=SOON_MS)
        for width in (1280, 1440, 1920):
            await page.set_viewport_size({"width": width, "height": 900})
            assert await body.evaluate(OVERFLOWING) == [], f"agents cut at {width} pixels"
