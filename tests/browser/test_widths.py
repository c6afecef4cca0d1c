"""The queues' table on a supervisor's screen: every column of a busy day is to be seen without scrolling."""

from __future__ import annotations

import json

import pytest
from playwright.async_api import Page, WebSocketRoute, expect

from cti_bridge.views import AgentCounts
from tests.browser.conftest import Viewer
from tests.live.house import SOON_S

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
OVERFLOWING = """body => [...body.querySelectorAll('th, td')]
    .filter(cell => cell.scrollWidth > cell.clientWidth
        || cell.getBoundingClientRect().right > body.getBoundingClientRect().left + body.clientWidth + 0.5)
    .map(cell => cell.textContent)"""


async def have_a_busy_day(page: Page) -> None:
    """From the next stream on, every queue's figures are as wide as they get, and it has waited for an hour."""

    def told(message: str | bytes) -> str:
        heard = json.loads(message)
        for queue in heard.get("queues", []):
            queue.update(BUSY_DAY, longest_wait_since=heard["at"] - AN_HOUR_S)
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
