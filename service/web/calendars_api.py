"""Calendars over the API: how each stands now, and its emergency switch, which outlives the service."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Annotated

import structlog
from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field

from acd.names import Opening
from common.problem import Problem, documented
from common.suggest import did_you_mean
from cti_bridge.api.keeping import NOT_KEPT_YET, not_kept_yet
from cti_bridge.kept.texts import KeptTexts
from ivr.calendars.hours import Calendar
from ivr.calendars.switches import Calendars, Position
from service.web.switches import GivenBack, Thrown, by_api

_log = structlog.get_logger("calendars")
_ANSWERS = documented(HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY)
_THROWN = NOT_KEPT_YET | _ANSWERS

Name = Annotated[str, Path(max_length=64)]


class SwitchView(BaseModel):
    """The emergency switch as somebody left it."""

    position: Position
    reason: str
    who: str = Field(description="Who threw it; empty where nobody ever did")
    since: float | None


class CalendarView(BaseModel):
    """A calendar now."""

    name: str
    time_zone: str
    opening: Opening
    holiday: dict[str, str] | None = Field(description="The holiday's name by language tag, where it is one")
    opens_at: float | None = Field(
        description="When it opens next by its hours; null where it is open, or closed by hand"
    )
    until: float | None = Field(description="Until when this holds by its hours; null: not known, or by hand")
    switch: SwitchView


class CalendarsPage(BaseModel):
    """All calendars."""

    items: list[CalendarView]


def router(known: Callable[[], Mapping[str, Calendar]], calendars: Calendars, kept: KeptTexts) -> APIRouter:
    """The routes; `known` are the calendars as configured now."""
    api = APIRouter(prefix="/api/v1/calendars", tags=["calendars"])

    def show(name: str) -> CalendarView:
        standing, switch = calendars.standing(name), calendars.switch(name)
        return CalendarView(
            name=name,
            time_zone=known()[name].zone.key,
            opening=standing.opening,
            holiday=dict(standing.name) if standing.opening is Opening.HOLIDAY else None,
            opens_at=_unix(standing.opens_at),
            until=_unix(standing.until),
            switch=SwitchView(
                position=switch.position, reason=switch.reason, who=switch.who, since=switch.since or None
            ),
        )

    async def throw(name: str, position: Position, reason: str, who: str, response: Response) -> CalendarView:
        _make_sure_of(name, known())
        calendars.throw(name, position, reason, by_api(who))
        _log.info("emergency switch thrown", calendar=name, position=position.value)
        if not await kept.saved(name):
            not_kept_yet(response)
        return show(name)

    @api.get("")
    async def list_calendars() -> CalendarsPage:
        """All calendars, as they stand now."""
        return CalendarsPage(items=[show(name) for name in known()])

    @api.get("/{name}", responses=_ANSWERS)
    async def show_calendar(name: Name) -> CalendarView:
        """One calendar."""
        _make_sure_of(name, known())
        return show(name)

    @api.post("/{name}/close", responses=_THROWN)
    async def close(name: Name, why: Thrown, response: Response) -> CalendarView:
        """Close now, whatever the hours say, until the switch is thrown again. Callers in line keep their places."""
        return await throw(name, Position.CLOSED, why.reason, why.who, response)

    @api.post("/{name}/open", responses=_THROWN)
    async def open_now(name: Name, why: Thrown, response: Response) -> CalendarView:
        """Open now, whatever the hours say, until the switch is thrown again."""
        return await throw(name, Position.OPEN, why.reason, why.who, response)

    @api.post("/{name}/by-hours", responses=_THROWN)
    async def by_hours(name: Name, back: GivenBack, response: Response) -> CalendarView:
        """Let the hours hold again."""
        return await throw(name, Position.BY_HOURS, "", back.who, response)

    return api


def _unix(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()


def _make_sure_of(name: str, known: Mapping[str, Calendar]) -> None:
    if name not in known:
        detail = f"there is no calendar '{name}'{did_you_mean(name, known)}"
        raise Problem(HTTPStatus.NOT_FOUND, "Unknown calendar", detail, kind="unknown-calendar")
