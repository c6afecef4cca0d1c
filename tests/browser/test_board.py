"""The live board in a real browser, on the real service: what a supervisor sees, and when they can no longer trust it."""

from __future__ import annotations

import json

from playwright.async_api import Page, WebSocketRoute, expect

from deploy.telephones.callers import Caller
from deploy.telephones.phones import AnswerAfter, NeverAnswer
from tests.browser.conftest import Viewer
from tests.live.house import SOON_S, House, Json
from tests.live.waiting import until_seen

SOON_MS = SOON_S * 1000
A_MOMENT_MS = 1000
"""How long a dead stream may go unmarked, where the connection itself says that it is dead."""
BACK_MS = 8000
"""The longest wait between two attempts, scattered, and the time to connect."""
SILENCE_MS = 6000
"""After so long without a message the page no longer trusts the stream."""
STOPPED = "[data-testid=stream-stopped]"


async def explained(house: House, caller: Caller) -> Json:
    """The waiting call with its reason, as the API tells it."""

    async def with_reason() -> Json | None:
        call = await house.call_of(caller)
        return call if call["why"] is not None else None

    call = await until_seen(with_reason, f"{caller.name} waits for a reason", SOON_S)
    assert call is not None
    return call


async def until_live(page: Page) -> None:
    await expect(page.locator(".live-mark")).to_be_visible(timeout=BACK_MS)


async def test_a_waiting_caller_stands_on_the_board_with_the_reason_in_both_languages(
    house: House, viewer: Viewer
) -> None:
    await house.paused_agent("1001", NeverAnswer())
    caller = await house.waiting_caller("sales")
    call = await explained(house, caller)
    async with viewer.looking_at("/", "zh-CN") as page:
        row = page.locator(f"[data-call='{call['id']}']")
        await expect(row).to_contain_text("销售", timeout=SOON_MS)
        await expect(row).to_contain_text(call["why"]["zh-CN"])
        await expect(row.locator(".place")).to_have_text("1")
        await expect(page.get_by_test_id("glance-waiting")).to_have_text("1")
        await page.get_by_text("English", exact=True).click()
        await expect(row).to_contain_text("Sales")
        await expect(row).to_contain_text(call["why"]["en"])
        await page.reload()
        await expect(row).to_contain_text("Sales", timeout=SOON_MS)
    await caller.hang_up()


async def test_a_caller_who_comes_and_goes_comes_and_goes_on_the_board(house: House, viewer: Viewer) -> None:
    async with viewer.looking_at("/", "en") as page:
        await until_live(page)
        caller = await house.waiting_caller("sales")
        row = page.locator(f"[data-call='{house.life(caller).call}']")
        await expect(row).to_be_visible(timeout=SOON_MS)
        waited = row.locator(".wait")
        before = await waited.text_content()
        await expect(waited).not_to_have_text(before or "", timeout=SOON_MS)
        await caller.hang_up()
        await expect(row).to_have_count(0, timeout=SOON_MS)


async def test_a_caller_names_everybody_whose_phone_rings_for_them(house: House, viewer: Viewer) -> None:
    agents = [await house.ready_agent(number, NeverAnswer()) for number in ("1001", "1002")]
    names = [(await agent.now())["name"] for agent in agents]
    async with viewer.looking_at("/", "zh-CN") as page:
        await until_live(page)
        caller = await house.caller("together")
        row = page.locator(f"[data-call='{house.life(caller).call}']")
        await expect(row).to_contain_text(f"正在振铃：{names[0]} (1001)和{names[1]} (1002)", timeout=SOON_MS)
        await page.get_by_text("English", exact=True).click()
        await expect(row).to_contain_text(f"Ringing at {names[0]} (1001) and {names[1]} (1002)")
        await caller.hang_up()


async def test_a_queue_shows_its_hours_the_holiday_and_that_it_was_closed_by_hand(house: House, viewer: Viewer) -> None:
    async with viewer.looking_at("/", "zh-CN") as page:
        hours = page.locator("[data-queue='feast'] .hours")
        await expect(hours).to_contain_text("节假日：店庆", timeout=SOON_MS)
        await expect(page.locator("[data-queue='sales'] .hours")).to_have_count(0)
        await page.get_by_text("English", exact=True).click()
        await expect(hours).to_contain_text("Holiday: Anniversary, opens ")
        caller = await house.caller("feast")
        await house.until_event("TurnedAway", call=house.life(caller).call)
        await expect(page.locator("[data-kind='TurnedAway']")).to_contain_text(
            "(holiday: Anniversary)", timeout=SOON_MS
        )
        await house.api.post("/api/v1/calendars/feast/close", json={"reason": "fire drill"})
        try:
            await expect(hours).to_have_text("Closed by hand – fire drill", timeout=SOON_MS)
        finally:
            await house.api.post("/api/v1/calendars/feast/by-hours", json={})
        await caller.hang_up()


async def test_agents_show_what_they_do_and_since_when(house: House, viewer: Viewer) -> None:
    async with viewer.looking_at("/", "en") as page:
        await until_live(page)
        agent = await house.ready_agent("1001", AnswerAfter(0.1))
        row = page.locator("tr[data-agent='1001']")
        await expect(row).to_have_attribute("data-state", "ready", timeout=SOON_MS)
        caller = await house.caller("sales")
        await house.until_talking(caller, agent)
        await expect(row).to_have_attribute("data-state", "talking", timeout=SOON_MS)
        await expect(row).to_contain_text("Sales")
        await agent.does("pause", reason="lunch")
        await expect(row).to_contain_text("pauses after this call (Lunch)", timeout=SOON_MS)
        await caller.hang_up()
        await expect(row).to_have_attribute("data-state", "paused", timeout=SOON_MS)


async def test_a_supervisor_pauses_an_agent_by_keyboard(house: House, viewer: Viewer) -> None:
    agent = await house.ready_agent("1001", NeverAnswer())
    async with viewer.looking_at("/", "en") as page:
        row = page.locator("tr[data-agent='1001']")
        await expect(row).to_have_attribute("data-state", "ready", timeout=SOON_MS)
        await row.focus()
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("menuitem").first).to_be_focused()
        await page.keyboard.press("Enter")
        await page.get_by_role("dialog").get_by_text("Lunch").click()
        await page.get_by_role("button", name="Pause", exact=True).click()
        await agent.until("paused")
        await expect(row).to_have_attribute("data-state", "paused")
        await expect(row).to_contain_text("Lunch")


async def test_a_refused_action_is_explained_in_the_services_own_words(house: House, viewer: Viewer) -> None:
    agent = await house.ready_agent("1001", NeverAnswer())
    async with viewer.looking_at("/", "en") as page:
        row = page.locator("tr[data-agent='1001']")
        await row.get_by_role("button").click()
        await page.get_by_role("menuitem", name="Pause").click()
        await agent.does("sign-out")  # somebody else was quicker
        await page.get_by_role("button", name="Pause", exact=True).click()
        refused = page.get_by_role("alert")
        await expect(refused).to_contain_text("was not paused")
        await expect(refused).to_contain_text("agent 1001 is signed out")


async def test_a_killed_service_is_noticed_at_once_and_its_return_too(house: House, viewer: Viewer) -> None:
    caller = await house.waiting_caller("sales")
    async with viewer.looking_at("/", "zh-CN") as page:
        row = page.locator(f"[data-call='{house.life(caller).call}']")
        await expect(row).to_be_visible(timeout=SOON_MS)
        house.service.kill()
        await expect(page.locator(STOPPED)).to_contain_text("实时数据已中断", timeout=A_MOMENT_MS)
        await expect(page.locator(".panel-queues")).to_have_attribute("data-stale", "")
        await expect(page.locator(".panel-callers")).to_contain_text("起未知")
        frozen = await row.locator(".wait").text_content()
        house.service.start()
        await expect(row.locator(".wait")).to_have_text(frozen or "")
        await house.service.until_ready()
        await expect(page.locator(STOPPED)).to_have_count(0, timeout=BACK_MS)
        await expect(page.locator(".panel-callers")).not_to_have_attribute("data-stale", "")
        await expect(row).to_be_visible(timeout=SOON_MS)
        await expect(page.locator(".events .interruption")).to_be_visible()
    await caller.hang_up()


class Line:
    """The live stream's way from the service to the page, where messages can be lost."""

    def __init__(self) -> None:
        self.lose_changes = 0
        """How many of the next changes do not arrive; a lost beat has no number that anybody could miss."""
        self.silent = False
        """Nothing at all arrives."""

    async def laid_to(self, page: Page) -> None:
        """Have the page's streams, from the next one on, come this way."""
        await page.route_web_socket("**/api/v1/live", self._carry)
        await page.reload()
        await until_live(page)

    def _carry(self, page: WebSocketRoute) -> None:
        def arrive(message: str | bytes) -> None:
            if self.silent:
                return
            if self.lose_changes > 0 and json.loads(message)["type"] == "delta":
                self.lose_changes -= 1
            else:
                page.send(message)

        page.connect_to_server().on_message(arrive)


async def test_a_lost_message_is_noticed_and_the_board_is_right_again_at_once(house: House, viewer: Viewer) -> None:
    async with viewer.looking_at("/", "en") as page:
        line = Line()
        await line.laid_to(page)
        line.lose_changes = 1
        await house.paused_agent("1001", NeverAnswer())
        await expect(page.locator(".events .interruption")).to_be_visible(timeout=SOON_MS)
        await expect(page.locator("tr[data-agent='1001']")).to_have_attribute("data-state", "paused", timeout=SOON_MS)
        await until_live(page)


async def test_a_silent_stream_is_noticed(viewer: Viewer) -> None:
    async with viewer.looking_at("/", "en") as page:
        line = Line()
        await line.laid_to(page)
        await expect(page.locator(STOPPED)).to_have_count(0)
        line.silent = True
        await expect(page.locator(STOPPED)).to_contain_text("nothing was heard", timeout=SILENCE_MS + A_MOMENT_MS)
        line.silent = False
        await expect(page.locator(STOPPED)).to_have_count(0, timeout=SILENCE_MS + BACK_MS)
