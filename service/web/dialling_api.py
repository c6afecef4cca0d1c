"""Dialling out over the API: how it stands, and its emergency stop, which outlives the service."""

from __future__ import annotations

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from cti_bridge.api.keeping import NOT_KEPT_YET, not_kept_yet
from cti_bridge.kept.texts import KeptTexts
from ivr.dialling.policy import Caps
from service.offices.dialling import STOP, DialOffice
from service.web.switches import GivenBack, Thrown, by_api


class StopView(BaseModel):
    """The emergency stop as somebody left it."""

    stopped: bool
    reason: str
    who: str = Field(description="Who threw it; empty where nobody ever did")
    since: float | None


class CapsView(BaseModel):
    """How many numbers may be dialled, for one user and for all."""

    user_hour: int
    user_day: int
    site_hour: int
    site_day: int


class DiallingView(BaseModel):
    """Dialling out, now."""

    configured: bool
    open: bool = Field(description="Whether anything may be dialled at this moment")
    lists: list[str]
    caps: CapsView
    dialled_this_hour: int
    dialled_today: int
    stop: StopView


def router(office: DialOffice, kept: KeptTexts) -> APIRouter:
    """The routes; an answer to a stop comes once it is kept, or it is certain that it is not for now."""
    api = APIRouter(prefix="/api/v1/dialling", tags=["dialling"])

    def show() -> DiallingView:
        rules, tally, stop = office.rules, office.tally, office.stop
        caps = Caps() if rules is None else rules.caps
        return DiallingView(
            configured=rules is not None,
            open=office.open(),
            lists=[] if rules is None else [names.name for names in rules.lists],
            caps=CapsView(
                user_hour=caps.user_hour, user_day=caps.user_day, site_hour=caps.site_hour, site_day=caps.site_day
            ),
            dialled_this_hour=sum(tally.in_hour.values()),
            dialled_today=sum(tally.on_day.values()),
            stop=StopView(stopped=stop.stopped, reason=stop.reason, who=stop.who, since=stop.since or None),
        )

    @api.get("")
    async def show_dialling() -> DiallingView:
        """Dialling out, as it stands now."""
        return show()

    @api.post("/stop", responses=NOT_KEPT_YET)
    async def stop_dialling(why: Thrown, response: Response) -> DiallingView:
        """Dial no number outside any more, until it is resumed. Who talks already talks on; promised callbacks wait."""
        office.stop_all(why.reason, by_api(why.who))
        if not await kept.saved(STOP):
            not_kept_yet(response)
        return show()

    @api.post("/resume", responses=NOT_KEPT_YET)
    async def resume_dialling(back: GivenBack, response: Response) -> DiallingView:
        """Dial again, as the rules say."""
        office.resume(by_api(back.who))
        if not await kept.saved(STOP):
            not_kept_yet(response)
        return show()

    return api
