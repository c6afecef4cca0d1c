"""What browser tests stand on: the live tests' house, and pages in Debian's Chromium that look at it."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, Error, Page, async_playwright

from tests.live.conftest import engine, exchange, house, observer, service, stack
from tests.live.house import House

__all__ = ["engine", "exchange", "house", "observer", "service", "stack"]  # fixtures: pytest finds them by name here

LAUNCH = [
    "--no-sandbox",  # root in a container or a virtual machine
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
]
VIEW_WIDTH, VIEW_HEIGHT = 1440, 900


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Debian's Chromium, without a screen."""
    chromium = shutil.which("chromium")
    assert chromium is not None, "chromium is not installed: apt-get install chromium fonts-noto-cjk"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=LAUNCH)
        yield browser
        await browser.close()


class Viewer:
    """Somebody with a browser in front of the house's pages. A page that runs into an error of its own fails the test."""

    def __init__(self, browser: Browser, house: House) -> None:
        self._browser = browser
        self._house = house
        self.errors: list[Error] = []

    @asynccontextmanager
    async def looking_at(self, address: str, language: str) -> AsyncIterator[Page]:
        """Open this address in a browser of its own that prefers this language."""
        context = await self._browser.new_context(
            viewport={"width": VIEW_WIDTH, "height": VIEW_HEIGHT}, locale=language, base_url=self._house.service.url
        )
        page = await context.new_page()
        page.on("pageerror", self._noted)
        await page.goto(address)
        yield page
        await context.close()

    def _noted(self, error: Error) -> None:
        self.errors.append(error)


@pytest.fixture
async def viewer(browser: Browser, house: House) -> AsyncIterator[Viewer]:
    """A viewer of this house."""
    viewer = Viewer(browser, house)
    yield viewer
    assert not viewer.errors, f"the page ran into errors: {viewer.errors}"
