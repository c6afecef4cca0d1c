"""Routes of agents: who they are now, and what they do. Each move outlives the service."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from acd.errors import RequestRefused
from acd.names import AgentId, PhoneId
from acd.requests import AgentPaused, AgentReady, AgentSignedIn, AgentSignedOut, Request, SkillsAssigned
from common.problem import Problem, documented
from common.suggest import did_you_mean
from cti_bridge.api.keeping import NOT_KEPT_YET, not_kept_yet
from cti_bridge.api.paging import PAGE, Cursor, Key, Limit, Page, cut
from cti_bridge.api.parts import Parts
from cti_bridge.api.problems import MOVED, UNKNOWN, Id, make_sure_of, problem
from cti_bridge.board.views import AgentView

_MOVED = NOT_KEPT_YET | MOVED

WHO = "api"


class _Order(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SignIn(_Order):
    """Where the agent sits."""

    phone: str = Field(pattern=r"^PJSIP/[A-Za-z0-9_.-]{1,64}$", examples=["PJSIP/phone1"])


class Pause(_Order):
    """Why the agent takes no calls."""

    reason: str = Field(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$", examples=["lunch"])


SkillName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$")]
Level = Annotated[int, Field(ge=1, le=10)]
Skills = Annotated[dict[SkillName, Level], Field(max_length=200)]


def routes(parts: Parts) -> APIRouter:
    """Those of agents."""
    api = APIRouter()
    move = _Mover(parts)

    @api.get("/agents", responses=documented(HTTPStatus.UNPROCESSABLE_ENTITY))
    async def list_agents(limit: Limit = PAGE, cursor: Cursor = None) -> Page[AgentView]:
        """All agents with their states."""
        items, following = cut(parts.viewer.agents(), _by_id, limit, cursor)
        return Page(items=items, next=following, seq=parts.live.seq, at=parts.live.now())

    @api.get("/agents/{agent}", responses=UNKNOWN)
    async def show_agent(agent: Id) -> AgentView:
        """One agent."""
        make_sure_of("agent", agent, parts.desk.floor.agents)
        return parts.viewer.agent(AgentId(agent))

    @api.post("/agents/{agent}/sign-in", responses=_MOVED)
    async def sign_in(agent: Id, where: SignIn, response: Response) -> AgentView:
        """Begin the agent's shift on a phone; they begin paused."""
        return await move(agent, AgentSignedIn(AgentId(agent), PhoneId(where.phone), WHO), response)

    @api.post("/agents/{agent}/ready", responses=_MOVED)
    async def ready(agent: Id, response: Response) -> AgentView:
        """Take calls; ends a pause, a wrap-up (unless it is fixed) or Not Responding."""
        return await move(agent, AgentReady(AgentId(agent), WHO), response)

    @api.post("/agents/{agent}/pause", responses=_MOVED)
    async def pause(agent: Id, why: Pause, response: Response) -> AgentView:
        """Take no more calls; during a conversation it takes effect when that is over (`wish`)."""
        make_sure_of("agent", agent, parts.desk.floor.agents)
        if parts.pause_reasons is not None:
            _known_reason(why.reason, parts.pause_reasons())
        return await move(agent, AgentPaused(AgentId(agent), why.reason, WHO), response)

    @api.post("/agents/{agent}/sign-out", responses=_MOVED)
    async def sign_out(agent: Id, response: Response) -> AgentView:
        """End the agent's shift; during a conversation it takes effect when that is over (`wish`)."""
        return await move(agent, AgentSignedOut(AgentId(agent), WHO), response)

    @api.put("/agents/{agent}/skills", responses=_MOVED)
    async def assign_skills(agent: Id, skills: Skills, response: Response) -> AgentView:
        """Give the agent these skills and no others, at once, also for callers who already wait."""
        make_sure_of("agent", agent, parts.desk.floor.agents)
        if parts.skills is not None:
            _known_skills(skills, parts.skills())
        return await move(agent, SkillsAssigned(AgentId(agent), tuple(sorted(skills.items())), WHO), response)

    return api


class _Mover:
    """Asks the engine for an agent's move, sees to it that the move outlives the service, and answers the agent."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def __call__(self, agent: str, request: Request, response: Response) -> AgentView:
        make_sure_of("agent", agent, self._parts.desk.floor.agents)
        try:
            await self._parts.desk.ask(request)
        except RequestRefused as refused:
            raise problem(refused) from refused
        if not await self._parts.store.save(AgentId(agent)):
            not_kept_yet(response)
        return self._parts.viewer.agent(AgentId(agent))


def _known_reason(reason: str, known: Collection[str]) -> None:
    if reason not in known:
        suggestion = did_you_mean(reason, known) or "."
        detail = f"there is no pause reason '{reason}'{suggestion} There are: {', '.join(known)}. Nothing was changed."
        status, kind = HTTPStatus.UNPROCESSABLE_ENTITY, "unknown-pause-reason"
        raise Problem(status, "Unknown pause reason", detail, kind=kind, extra={"known": list(known)})


def _known_skills(skills: Iterable[str], known: Collection[str]) -> None:
    """Refuse what no need could ever ask for: most likely it is mistyped, and the agent would wait in vain."""
    unknown = [name for name in skills if name not in known]
    if unknown:
        told = " ".join(f"There is no skill '{name}'{did_you_mean(name, known) or '.'}" for name in unknown)
        detail = f"{told} Skills are those that a plan, a flow or an agent's profile names. Nothing was changed."
        status, kind = HTTPStatus.UNPROCESSABLE_ENTITY, "unknown-skill"
        raise Problem(status, "Unknown skill", detail, kind=kind, extra={"unknown": unknown})


def _by_id(item: AgentView) -> Key:
    return 0.0, item.id
