"""The site's dialling: what is let through is counted and told, what is not is told, and no restart forgets either."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from http import HTTPStatus
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from acd.facts import DialRefused, Fact, NumberDialled
from acd.names import AgentId, CallId, DialDoor, DialRule
from common import problem
from common.tasks import spawn
from cti_bridge.kept.texts import KeptTexts
from ivr.dialling.policy import Permit, Wish
from service.offices import dialling
from service.web import dialling_api
from tests.unit.ivr_kit import TestHouse, open_house, settle

CALL = CallId("node1-1")
MOBILE, PREMIUM = "13900001111", "0090012345678"


class Texts(KeptTexts):
    """A hash without a Redis: what was put is there at once."""

    def __init__(self) -> None:
        super().__init__(None, "switchboard:test:dialling")  # type: ignore[arg-type]  # nothing is written here
        self.kept: dict[str, str] = {}

    def put(self, name: str, text: str) -> None:
        """Keep it."""
        self.kept[name] = text

    async def saved(self, name: str) -> bool:
        """It is there."""
        return name in self.kept


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[TestHouse]:
    async with open_house(tmp_path) as open_one:
        yield open_one


def wish(number: str = MOBILE, user: str = "agent:1001") -> Wish:
    return Wish(CALL, number, DialDoor.AGENT, user, AgentId("1001"))


async def told(house: TestHouse) -> list[Fact]:
    await settle()
    return [stamped.event for stamped in house.feed.take() if isinstance(stamped.event, NumberDialled | DialRefused)]


async def test_what_is_dialled_and_what_is_not_is_told_with_the_rule_and_without_the_number(house: TestHouse) -> None:
    assert isinstance(house.dialling.ask(wish()), Permit)
    assert house.dialling.ask(wish(PREMIUM)) is DialRule.NOT_ALLOWED
    facts = await told(house)
    assert facts == [
        NumberDialled(CALL, DialDoor.AGENT, "mobile", "11", AgentId("1001")),
        DialRefused(CALL, DialDoor.AGENT, DialRule.NOT_ALLOWED, "78", AgentId("1001")),
    ]


async def test_refusals_count_for_no_cap(house: TestHouse) -> None:
    for _ in range(9):
        house.dialling.ask(wish(PREMIUM))
    assert isinstance(house.dialling.ask(wish()), Permit)


async def test_the_emergency_stop_stops_every_number_until_it_is_released(house: TestHouse) -> None:
    house.dialling.stop_all("fraud", "test")
    assert house.dialling.ask(wish()) is DialRule.STOPPED
    assert not house.dialling.open()
    house.dialling.resume("test")
    assert isinstance(house.dialling.ask(wish()), Permit)


async def test_while_stopped_lines_of_nobody_are_ended_and_before_it_is_known_how_the_stop_was_left_they_are_not(
    house: TestHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dialling, "LOOKS_EVERY_S", 0.0)
    texts, ended = Texts(), list[str]()
    house.dialling.keep(texts)
    looking = spawn(house.dialling.keep_stopped(lambda: ended.append("lines of nobody")), "the stop")
    await settle()
    assert ended == []
    texts.read_back({})
    await settle()
    assert ended == [], "nothing is stopped"
    house.dialling.stop_all("fraud", "test")
    await settle()
    assert len(ended) > 1, "again and again: callers hang up later, too"
    looking.cancel()


async def restarted(house: TestHouse, texts: Mapping[str, str], folder: Path) -> TestHouse:
    """A service that was started anew and has read back what was kept."""
    (folder / "again").mkdir()
    again, kept = TestHouse(folder / "again"), Texts()
    again.wall.now = house.wall.now
    again.dialling.keep(kept)
    assert again.dialling.ask(wish()) is DialRule.STOPPED, "nothing is dialled before it is known how the stop was left"
    kept.read_back(texts)
    return again


async def test_counts_outlive_the_service(house: TestHouse, tmp_path: Path) -> None:
    texts = Texts()
    house.dialling.keep(texts)
    texts.read_back({})
    for _ in range(2):
        assert isinstance(house.dialling.ask(wish()), Permit)
    again = await restarted(house, texts.kept, tmp_path)
    assert again.dialling.ask(wish()) is DialRule.USER_HOUR
    again.wall.now += 3600
    assert isinstance(again.dialling.ask(wish()), Permit)
    assert again.dialling.ask(wish()) is DialRule.USER_DAY


async def test_the_emergency_stop_outlives_the_service(house: TestHouse, tmp_path: Path) -> None:
    texts = Texts()
    house.dialling.keep(texts)
    house.dialling.stop_all("fraud", "test")
    again = await restarted(house, texts.kept, tmp_path)
    assert again.dialling.stop == house.dialling.stop
    assert again.dialling.ask(wish()) is DialRule.STOPPED


async def test_what_cannot_be_read_back_keeps_dialling_shut_until_somebody_has_looked(
    house: TestHouse, tmp_path: Path
) -> None:
    again = await restarted(house, {"stop": "{"}, tmp_path)
    assert again.dialling.ask(wish()) is DialRule.STOPPED
    assert "cannot be read" in again.dialling.stop.reason
    again.dialling.resume("test")
    assert isinstance(again.dialling.ask(wish()), Permit)


async def test_the_api_shows_how_dialling_stands_and_throws_the_stop(house: TestHouse) -> None:
    texts = Texts()
    app = FastAPI()
    problem.install(app)
    app.include_router(dialling_api.router(house.dialling, texts))
    house.dialling.ask(wish())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://house") as api:
        shown = (await api.get("/api/v1/dialling")).json()
        assert (shown["configured"], shown["open"], shown["lists"], shown["dialled_today"]) == (
            True,
            True,
            ["mobile"],
            1,
        )
        refused = await api.post("/api/v1/dialling/stop", json={"reason": ""})
        assert refused.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
        stopped = (await api.post("/api/v1/dialling/stop", json={"reason": "fraud", "who": "chief"})).json()
        assert (stopped["open"], stopped["stop"]["stopped"], stopped["stop"]["who"]) == (False, True, "api:chief")
        again = (await api.post("/api/v1/dialling/resume", json={})).json()
        assert (again["open"], again["stop"]["stopped"]) == (True, False)
