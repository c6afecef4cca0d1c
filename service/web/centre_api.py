"""What pages need to know of the configuration: `GET /api/v1/centre`."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter
from pydantic import BaseModel, Field

from acd.names import PauseCounts
from service.configuration.plan import Plan


class PauseReasonView(BaseModel):
    """A reason for which agents pause."""

    code: int = Field(description="Dialled behind *13")
    name: str = Field(description="As it goes into actions, events and reports")
    label: dict[str, str] = Field(description="By language tag")
    counts_as: PauseCounts = Field(description="What figures take such a pause for")


class FlowView(BaseModel):
    """A flow that callers enter from now on."""

    name: str
    version: str = Field(description="Changes with every change of its file; a call keeps the one it entered with")


class CentreView(BaseModel):
    """The centre as a whole."""

    time_zone: str = Field(description="Days begin at its midnight, and times of day are told in it")
    language: str = Field(description="Of announcements to agents")
    pause_reasons: list[PauseReasonView]
    skills: dict[str, dict[str, str]] = Field(
        description="What people call skills, by language tag; others by their names"
    )
    flows: list[FlowView]


def router(plan: Callable[[], Plan]) -> APIRouter:
    """The route; `plan` is what the service works by now."""
    api = APIRouter(prefix="/api/v1", tags=["centre"])

    @api.get("/centre")
    async def show_centre() -> CentreView:
        """The site's time zone, pause reasons and flows."""
        now = plan()
        return CentreView(
            time_zone=now.centre.zone.key,
            language=now.centre.language,
            pause_reasons=[
                PauseReasonView(
                    code=reason.code,
                    name=reason.name,
                    label=reason.label.by_language(),
                    counts_as=reason.counts_as,
                )
                for reason in now.centre.pause_reasons
            ],
            skills=now.centre.skills,
            flows=[FlowView(name=flow.name, version=flow.version) for flow in now.flows.by_name.values()],
        )

    return api
