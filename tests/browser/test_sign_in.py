"""The page that asks for the token, with the rules that it is sent with: its own script runs, nothing else does."""

from __future__ import annotations

import json

from playwright.async_api import Browser, Page, Request, Route, expect

from service.web.sign_in_page import sign_in_page

ADDRESS = "http://centre.example/"
SESSION = ADDRESS + "api/v1/session"


class Door:
    """Answers as the service does to somebody without a session."""

    def __init__(self, page: Page) -> None:
        self.tokens: list[str] = []
        self.violations: list[str] = []
        self.injected = ""
        page.on("console", lambda said: self.violations.append(said.text) if "Content Security" in said.text else None)

    async def answer(self, route: Route, request: Request) -> None:
        """The page; to the right token a session."""
        if request.url == SESSION:
            self.tokens.append(json.loads(request.post_data or "")["token"])
            await route.fulfill(status=200 if self.tokens[-1] == "right" else 401, json={})
            return
        page = sign_in_page()
        body = bytes(page.body).decode().replace("</html>", f"{self.injected}</html>")
        await route.fulfill(status=page.status_code, headers=dict(page.headers), body=body)


async def test_the_token_is_asked_for_and_handed_in_by_the_pages_own_script_alone(browser: Browser) -> None:
    page = await browser.new_page()
    door = Door(page)
    await page.route("**/*", door.answer)
    await page.goto(ADDRESS)
    await page.get_by_label("Access token").fill("wrong")
    await page.get_by_role("button").click()
    await expect(page.get_by_role("alert")).to_contain_text("Not the right token")
    assert (door.tokens, door.violations, page.url) == (["wrong"], [], ADDRESS)
    door.injected = "<script>document.title = 'taken'</script><img src=x onerror=\"document.title = 'taken'\">"
    await page.reload()
    await expect(page.get_by_role("button")).to_be_visible()
    assert await page.title() == "Switchboard"
    assert door.violations
    await page.close()
