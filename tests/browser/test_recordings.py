"""The recordings page in a real browser: a real call's recording is found, played, and drawn into a sample."""

from __future__ import annotations

from http import HTTPStatus

from playwright.async_api import Page, expect

from deploy.telephones.phones import AnswerAfter
from tests.browser.conftest import Viewer
from tests.live.fax_machine import fax_comes_in, listening
from tests.live.house import SOON_S, House
from tests.live.waiting import until_seen

SOON_MS = SOON_S * 1000
TALK_S = 2.0
CONVERTED_WITHIN_S = 15.0
"""A recording is converted some seconds after the conversation."""


async def recorded_call(house: House) -> str:
    """Let two people talk, and return their recording's id once it can be heard."""
    agent = await house.ready_agent("1001", AnswerAfter(0.1))
    caller = await house.caller("sales")
    await house.until_talking(caller, agent)
    call = house.life(caller).call

    async def talked() -> bool:
        since: float = (await house.call_of(caller))["since"]
        now: float = (await house.get("/api/v1/queues"))["at"]
        return now > since + TALK_S

    await until_seen(talked, "they have talked for a while", 2 * SOON_S)
    await caller.hang_up()

    async def audible() -> str | None:
        items = (await house.get("/api/v1/recordings"))["items"]
        return next((item["id"] for item in items if item["call"] == call and item["has_audio"]), None)

    recording = await until_seen(audible, "the recording can be heard", CONVERTED_WITHIN_S)
    assert recording is not None
    return recording


async def played_s(page: Page) -> float:
    """How far the player has come, in seconds."""
    at: float = await page.locator("audio").evaluate("audio => audio.currentTime")
    return at


async def test_a_recording_is_played_by_whoever_has_the_token(house: House, viewer: Viewer) -> None:
    recording = await recorded_call(house)
    async with viewer.looking_at("/recordings", "en") as page:
        await expect(page.get_by_role("heading", name="Access token")).to_be_visible(timeout=SOON_MS)
        await page.get_by_label("Token").fill("not this one")
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.get_by_role("alert")).to_be_visible()
        await page.get_by_label("Token").fill(house.service.token)
        await page.get_by_role("button", name="Sign in").click()
        row = page.locator(f"[data-recording='{recording}']")
        await expect(row).to_contain_text("Sales", timeout=SOON_MS)
        await row.click()
        await expect(page.get_by_test_id("waveform").locator("canvas").first).to_be_attached(timeout=SOON_MS)

        async def advances() -> bool:
            return await played_s(page) > TALK_S / 2

        await until_seen(advances, "the recording plays", SOON_S)


async def test_a_token_in_the_address_signs_in_and_leaves_the_address(house: House, viewer: Viewer) -> None:
    async with viewer.looking_at(f"/recordings#token={house.service.token}", "zh-CN") as page:
        await expect(page.get_by_role("region", name="质检抽样")).to_be_visible(timeout=SOON_MS)
        assert "token" not in page.url


async def test_a_sample_is_drawn_and_worked_through_by_keyboard(house: House, viewer: Viewer) -> None:
    await recorded_call(house)
    async with viewer.looking_at(f"/recordings?agent=1001#token={house.service.token}", "en") as page:
        await page.get_by_label("Recordings per agent").fill("1")
        await page.get_by_label("Seed").fill("7")
        await page.get_by_role("button", name="Draw a sample").click()
        await expect(page.locator("tr[data-recording]")).to_have_count(1, timeout=SOON_MS)
        assert "per_agent=1&seed=7" in page.url
        drawn = await page.locator("tr[data-recording]").get_attribute("data-recording")
        await page.locator("body").press("n")
        await expect(page.locator(f"[data-recording='{drawn}']")).to_have_attribute("data-opened", "")

        async def plays() -> bool:
            return await played_s(page) > 0

        await until_seen(plays, "the sample's first recording plays", SOON_S)
        await page.locator("body").press(" ")
        assert await page.locator("audio").evaluate("audio => audio.paused")


async def test_a_fax_that_came_in_is_listed_and_opens_as_a_pdf(house: House, viewer: Viewer) -> None:
    await listening(house)
    fax = (await fax_comes_in(house))["fax"]
    for language, read, pages in (
        ("en", "Read it (PDF)", "A fax, pages: 1"),
        ("zh-CN", "阅读（PDF）", "传真，共 1 页"),
    ):
        async with viewer.looking_at(f"/recordings#token={house.service.token}", language) as page:
            row = page.locator(f"[data-recording='{fax}']")
            await row.click(timeout=SOON_MS)
            await expect(page.locator(".player")).to_contain_text(pages, timeout=SOON_MS)
            address = await page.get_by_role("link", name=read).get_attribute("href")
            assert address is not None
            opened = await page.request.get(address)
            assert (opened.status, opened.headers["content-type"]) == (HTTPStatus.OK, "application/pdf")
            assert (await opened.body()).startswith(b"%PDF")
            assert await page.locator("audio").count() == 0, "there is nothing to hear"
