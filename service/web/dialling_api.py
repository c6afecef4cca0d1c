"""Dialling out over the API: how it stands, and its emergency stop, which outlives the service."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from cti_bridge.api.keeping import NOT_KEPT_YET, not_kept_yet
from cti_bridge.kept.texts import KeptTexts
from ivr.dialling.policy import Caps
from service.dialling import STOP, DialOffice

Words = Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]


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


class Thrown(BaseModel):
    """Why nothing is to be dialled any more, and who says so."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[Words, Field(min_length=1)]
    who: Words = ""


class Released(BaseModel):
    """Who lets numbers be dialled again."""

    model_config = ConfigDict(extra="forbid")

    who: Words = ""


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
        office.stop_all(why.reason, _who(why.who))
        if not await kept.saved(STOP):
            not_kept_yet(response)
        return show()

    @api.post("/resume", responses=NOT_KEPT_YET)
    async def resume_dialling(back: Released, response: Response) -> DiallingView:
        """Dial again, as the rules say."""
        office.resume(_who(back.who))
        if not await kept.saved(STOP):
            not_kept_yet(response)
        return show()

    return api


def _who(name: str) -> str:
    return f"api:{name}" if name else "api"
