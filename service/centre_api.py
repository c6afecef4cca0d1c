"""What pages need to know of the configuration: `GET /api/v1/centre`."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, Field

from service.centre import Centre


class PauseReasonView(BaseModel):
    """A reason for which agents pause."""

    code: int = Field(description="Dialled behind *13")
    name: str = Field(description="As it goes into actions, events and reports")
    label: dict[str, str] = Field(description="By language tag")


class CentreView(BaseModel):
    """The centre as a whole."""

    time_zone: str = Field(description="Days begin at its midnight, and times of day are told in it")
    language: str = Field(description="Of announcements to agents")
    pause_reasons: list[PauseReasonView]


def router(centre: Centre) -> APIRouter:
    """The route; it answers the same until another configuration is loaded."""
    api = APIRouter(prefix="/api/v1", tags=["centre"])
    view = CentreView(
        time_zone=centre.zone.key,
        language=centre.language,
        pause_reasons=[
            PauseReasonView(code=reason.code, name=reason.name, label=reason.label.by_language())
            for reason in centre.pause_reasons
        ],
    )

    @api.get("/centre")
    async def show_centre() -> CentreView:
        """The site's time zone and pause reasons."""
        return view

    return api
