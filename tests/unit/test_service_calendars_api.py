"""Calendars over the API: how they stand, and their emergency switches, which outlive the service."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from acd.names import Opening
from common import problem
from cti_bridge.kept.texts import KeptTexts
from ivr.calendars.switches import Calendars, Position
from service.offices.switches_kept import keep_switches
from service.web import calendars_api
from tests.unit.ivr_kit import WEDNESDAY_NOON, Clock, calendars


class Kept(KeptTexts):
    """A hash without a Redis: what was put, and whether it is there at once."""

    def __init__(self) -> None:
        super().__init__(None, "switchboard:test:calendars")  # type: ignore[arg-type]  # nothing is written here
        self.texts: dict[str, str] = {}

    def put(self, name: str, text: str) -> None:
        """Keep it."""
        self.texts[name] = text

    async def saved(self, name: str) -> bool:
        """It is there."""
        return name in self.texts


class Site:
    """Calendars, their API, and what is kept of them."""

    def __init__(self, texts: dict[str, str] | None = None) -> None:
        self.kept = Kept()
        self.calendars = Calendars(calendars, Clock(WEDNESDAY_NOON))
        keep_switches(self.calendars, self.kept)
        if texts is not None:
            self.kept.read_back(texts)
        app = FastAPI()
        problem.install(app)
        app.include_router(calendars_api.router(calendars, self.calendars, self.kept))
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test")


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    site = Site()
    async with site.http:
        yield site


async def test_a_calendar_shows_how_it_stands(site: Site) -> None:
    shown = (await site.http.get("/api/v1/calendars")).json()["items"]
    assert shown == [
        {
            "name": "shop",
            "time_zone": "UTC",
            "opening": "open",
            "holiday": None,
            "opens_at": None,
            "until": WEDNESDAY_NOON + 5 * 3600,
            "switch": {"position": "by_hours", "reason": "", "who": "", "since": None},
        }
    ]


async def test_the_switch_is_thrown_with_a_reason_and_who_did_it_and_given_back(site: Site) -> None:
    closed = (await site.http.post("/api/v1/calendars/shop/close", json={"reason": "fire drill", "who": "Li"})).json()
    assert (closed["opening"], closed["until"]) == ("emergency", None)
    assert closed["switch"] == {
        "position": "closed",
        "reason": "fire drill",
        "who": "api:Li",
        "since": WEDNESDAY_NOON,
    }
    back = (await site.http.post("/api/v1/calendars/shop/by-hours", json={})).json()
    assert (back["opening"], back["switch"]["position"]) == ("open", "by_hours")


async def test_a_switch_outlives_the_service(site: Site) -> None:
    await site.http.post("/api/v1/calendars/shop/close", json={"reason": "fire drill", "who": "Li"})
    later = Site(site.kept.texts)
    assert later.calendars.standing("shop").opening is Opening.EMERGENCY
    assert later.calendars.switch("shop") == site.calendars.switch("shop")
    await later.http.aclose()


async def test_what_was_kept_for_no_calendar_or_is_unreadable_changes_nothing(site: Site) -> None:
    site.kept.read_back({"gone": '{"position": "closed"}', "shop": "{"})
    assert site.calendars.switch("shop").position is Position.BY_HOURS


@pytest.mark.parametrize(
    ("path", "body", "status", "says"),
    [
        ("shp/close", {"reason": "x"}, 404, "there is no calendar 'shp', did you mean 'shop'?"),
        ("shop/close", {}, 422, "reason"),
        ("shop/close", {"reason": ""}, 422, "reason"),
        ("shop/open", {"reason": "a\nb"}, 422, "reason"),
    ],
)
async def test_a_wrong_request_changes_nothing(site: Site, path: str, body: object, status: int, says: str) -> None:
    answer = await site.http.post(f"/api/v1/calendars/{path}", json=body)
    assert (answer.status_code, says in answer.text) == (status, True)
    assert site.calendars.switch("shop").position is Position.BY_HOURS


async def test_a_switch_that_redis_does_not_have_yet_is_thrown_and_told_as_such(site: Site) -> None:
    site.kept.put = lambda _name, _text: None  # type: ignore[method-assign,assignment]  # Redis is away
    answer = await site.http.post("/api/v1/calendars/shop/close", json={"reason": "fire drill"})
    assert (answer.status_code, answer.json()["opening"]) == (202, "emergency")
