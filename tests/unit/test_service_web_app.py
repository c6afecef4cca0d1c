"""Pages and what they are made of, as a browser is told to keep and confine them."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from service.web.access import Gate
from service.web.app import PAGES, web_app
from tests.unit.service_kit import TOKEN

PAGE, SCRIPT = "<!doctype html><title>Switchboard</title>", "export const answer = 42"


@pytest.fixture
def browser(tmp_path: Path) -> httpx.AsyncClient:
    """A browser before pages that were built."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text(PAGE, encoding="utf-8")
    (tmp_path / "assets" / "index-BbWi1lMX.js").write_text(SCRIPT, encoding="utf-8")
    app = web_app([], Gate(TOKEN, False, lambda: 0.0), tmp_path)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1")


@pytest.mark.parametrize("address", PAGES)
async def test_a_page_is_asked_for_anew_runs_its_own_code_only_and_stands_in_no_frame(
    browser: httpx.AsyncClient, address: str
) -> None:
    page = await browser.get(address)
    assert (page.status_code, page.text) == (200, PAGE)
    assert page.headers["cache-control"] == "no-cache"
    rules = page.headers["content-security-policy"].split("; ")
    assert {"default-src 'self'", "frame-ancestors 'none'"} <= set(rules)
    assert not any(rule.startswith("script-src") for rule in rules)


async def test_what_pages_are_made_of_is_kept_for_good_also_when_it_is_asked_for_again(
    browser: httpx.AsyncClient,
) -> None:
    script = await browser.get("/assets/index-BbWi1lMX.js")
    again = await browser.get("/assets/index-BbWi1lMX.js", headers={"if-none-match": script.headers["etag"]})
    assert (script.text, again.status_code) == (SCRIPT, 304)
    for answer in (script, again):
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"


async def test_what_is_not_there_is_not_kept(browser: httpx.AsyncClient) -> None:
    missing = await browser.get("/assets/index-older.js")
    assert missing.status_code == 404
    assert "immutable" not in missing.headers.get("cache-control", "")
