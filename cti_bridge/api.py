"""The REST and WebSocket API of the live state, under `/api/v1`: queues, agents, calls, why, and what agents do.

A refused request changes nothing and is answered with problem JSON; an unknown id comes with a suggestion.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Generic, Protocol, TypeVar

from fastapi import APIRouter, Path, Query, WebSocket
from pydantic import BaseModel, ConfigDict, Field

from acd.desk import Desk
from acd.errors import BadNeed, IllegalMove, PhoneTaken, RequestRefused, UnknownAgent, UnknownCall, UnknownQueue
from acd.messages import (
    AgentId,
    AgentPaused,
    AgentReady,
    AgentSignedIn,
    AgentSignedOut,
    CallId,
    CallState,
    Decision,
    PhoneId,
    QueueId,
    Request,
    SkillsAssigned,
    Verdict,
)
from common.problem import Problem, documented
from common.suggest import did_you_mean
from cti_bridge.decisions import Decided, Decisions
from cti_bridge.live import LiveBoard
from cti_bridge.views import AgentView, CallView, QueueView, Texts, View
from cti_bridge.websocket import stream

WHO = "api"
PAGE = 200
LONGEST_PAGE = 1000

_Item = TypeVar("_Item", bound=View)
_Key = tuple[float, str]
"""An item's place in its list: a rank, and the id among equals."""
InWords = Callable[[Decision], Texts]
"""A decision in one sentence a language."""


class Saver(Protocol):
    """Who sees to it that an agent's move outlives the service (`agent_store.AgentStore`)."""

    async def save(self, agent: AgentId) -> bool:
        """Return once the agent's record is kept, or it is certain that it is not for now; say which. Bounded in time."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What the API shows and moves."""

    desk: Desk
    live: LiveBoard
    store: Saver
    decisions: Decisions
    in_words: InWords


class Page(BaseModel, Generic[_Item]):
    """Part of a list."""

    items: list[_Item]
    next: str | None = Field(description="Hand it in as `cursor` for what follows; null at the end")
    seq: int = Field(description="The number of the live stream's last delta")
    at: float = Field(description="The service's clock, Unix seconds")


class CandidateView(View):
    """One agent as a decision saw them."""

    agent: str
    verdict: Verdict
    changes_at: float | None = Field(description="When the verdict may change by itself")
    reason: str


class DecisionView(View):
    """Why a call was offered to whom, or to nobody."""

    at: float
    step: int
    step_name: str
    need: str = Field(description="The need in force, as CEL text; empty where the step asks for none")
    chosen: str | None
    candidates: list[CandidateView]
    left_out: int = Field(description="How many agents more were looked at")
    next_change_at: float | None = Field(description="When time alone may change the outcome")
    held_until: float | None
    in_words: Texts


class DecisionsPage(BaseModel):
    """What is known of a call's decisions, newest first."""

    call: str
    now: DecisionView | None = Field(description="How the call stands now; null where it does not wait")
    items: list[DecisionView]


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
Id = Annotated[str, Path(max_length=128)]
Limit = Annotated[int, Query(ge=1, le=LONGEST_PAGE, description="Items of one page, at most")]
Cursor = Annotated[str | None, Query(max_length=128, description="`next` of the page before")]

_UNKNOWN = documented(HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY)
_MOVED = documented(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY)


def router(parts: Parts) -> APIRouter:
    """All routes of this room's API; problems are raised as `common.problem.Problem`."""
    api = APIRouter(prefix="/api/v1")
    api.include_router(_queues(parts), tags=["queues"])
    api.include_router(_agents(parts), tags=["agents"])
    api.include_router(_calls(parts), tags=["calls"])
    api.add_api_websocket_route("/live", _live(parts))
    return api


def _live(parts: Parts) -> Callable[[WebSocket], object]:
    async def live(socket: WebSocket) -> None:
        await stream(socket, parts.live)

    return live


def _queues(parts: Parts) -> APIRouter:
    api = APIRouter()

    @api.get("/queues", responses=documented(HTTPStatus.UNPROCESSABLE_ENTITY))
    async def list_queues(limit: Limit = PAGE, cursor: Cursor = None) -> Page[QueueView]:
        """All queues with their figures of today."""
        return _page(parts, parts.live.board.queues(), _by_id, limit, cursor)

    @api.get("/queues/{queue}", responses=_UNKNOWN)
    async def show_queue(queue: Id) -> QueueView:
        """One queue."""
        _known("queue", queue, parts.desk.floor.plans)
        return parts.live.board.queue(QueueId(queue))

    return api


def _agents(parts: Parts) -> APIRouter:
    api = APIRouter()
    move = _Mover(parts)

    @api.get("/agents", responses=documented(HTTPStatus.UNPROCESSABLE_ENTITY))
    async def list_agents(limit: Limit = PAGE, cursor: Cursor = None) -> Page[AgentView]:
        """All agents with their states."""
        return _page(parts, parts.live.board.agents(), _by_id, limit, cursor)

    @api.get("/agents/{agent}", responses=_UNKNOWN)
    async def show_agent(agent: Id) -> AgentView:
        """One agent."""
        _known("agent", agent, parts.desk.floor.agents)
        return parts.live.board.agent(AgentId(agent))

    @api.post("/agents/{agent}/sign-in", responses=_MOVED)
    async def sign_in(agent: Id, where: SignIn) -> AgentView:
        """Begin the agent's shift on a phone; they begin paused."""
        return await move(agent, AgentSignedIn(AgentId(agent), PhoneId(where.phone), WHO))

    @api.post("/agents/{agent}/ready", responses=_MOVED)
    async def ready(agent: Id) -> AgentView:
        """Take calls; ends a pause, a wrap-up or Not Responding."""
        return await move(agent, AgentReady(AgentId(agent), WHO))

    @api.post("/agents/{agent}/pause", responses=_MOVED)
    async def pause(agent: Id, why: Pause) -> AgentView:
        """Take no more calls; during a conversation it takes effect when that is over (`wish`)."""
        return await move(agent, AgentPaused(AgentId(agent), why.reason, WHO))

    @api.post("/agents/{agent}/sign-out", responses=_MOVED)
    async def sign_out(agent: Id) -> AgentView:
        """End the agent's shift; during a conversation it takes effect when that is over (`wish`)."""
        return await move(agent, AgentSignedOut(AgentId(agent), WHO))

    @api.put("/agents/{agent}/skills", responses=_MOVED)
    async def assign_skills(agent: Id, skills: Skills) -> AgentView:
        """Give the agent these skills and no others, at once, also for callers who already wait."""
        return await move(agent, SkillsAssigned(AgentId(agent), tuple(sorted(skills.items())), WHO))

    return api


def _calls(parts: Parts) -> APIRouter:
    api = APIRouter()

    @api.get("/calls", responses=documented(HTTPStatus.UNPROCESSABLE_ENTITY))
    async def list_calls(limit: Limit = PAGE, cursor: Cursor = None) -> Page[CallView]:
        """All callers in line or talking."""
        return _page(parts, parts.live.board.everything()[2], _by_joining, limit, cursor)

    @api.get("/calls/{call}", responses=_UNKNOWN)
    async def show_call(call: Id) -> CallView:
        """One caller."""
        _known("call", call, parts.desk.floor.calls)
        parts.live.board.explain(CallId(call))
        return parts.live.board.call(CallId(call))

    @api.get("/calls/{call}/decisions", responses=_UNKNOWN)
    async def list_decisions(call: Id) -> DecisionsPage:
        """Why the call was offered to whom, or to nobody; also for a while after it ended."""
        known = parts.desk.floor.calls.get(CallId(call))
        made = parts.decisions.of(CallId(call))
        if known is None and made is None:
            _known("call", call, parts.desk.floor.calls)
        now = None
        if known is not None and known.state is CallState.WAITING:
            now = _decision(parts, Decided(parts.desk.now(), parts.desk.explain(known.id)))
        return DecisionsPage(call=call, now=now, items=[_decision(parts, decided) for decided in made or ()])

    return api


class _Mover:
    """Asks the engine for an agent's move, sees to it that the move outlives the service, and answers the agent."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def __call__(self, agent: str, request: Request) -> AgentView:
        _known("agent", agent, self._parts.desk.floor.agents)
        try:
            await self._parts.desk.ask(request)
        except RequestRefused as refused:
            raise _problem(refused) from refused
        await self._parts.store.save(AgentId(agent))
        return self._parts.live.board.agent(AgentId(agent))


_STATUS: dict[type[RequestRefused], HTTPStatus] = {
    UnknownAgent: HTTPStatus.NOT_FOUND,
    UnknownQueue: HTTPStatus.NOT_FOUND,
    UnknownCall: HTTPStatus.NOT_FOUND,
    IllegalMove: HTTPStatus.CONFLICT,
    PhoneTaken: HTTPStatus.CONFLICT,
    BadNeed: HTTPStatus.UNPROCESSABLE_ENTITY,
}
_KINDS: dict[type[RequestRefused], tuple[str, str]] = {
    UnknownAgent: ("unknown-agent", "Unknown agent"),
    UnknownQueue: ("unknown-queue", "Unknown queue"),
    UnknownCall: ("unknown-call", "Unknown call"),
    IllegalMove: ("illegal-move", "Not possible in this state"),
    PhoneTaken: ("phone-taken", "The phone is taken"),
    BadNeed: ("bad-need", "The need is not valid"),
}


def _problem(refused: RequestRefused) -> Problem:
    status = _STATUS.get(type(refused), HTTPStatus.CONFLICT)
    kind, title = _KINDS.get(type(refused), ("refused", "Refused"))
    return Problem(status, title, f"{refused}. Nothing was changed.", kind=kind)


def _known(what: str, name: str, known: Iterable[str]) -> None:
    if name not in known:
        detail = f"there is no {what} '{name}'{did_you_mean(name, known)}"
        raise Problem(HTTPStatus.NOT_FOUND, f"Unknown {what}", detail, kind=f"unknown-{what}")


def _page(
    parts: Parts, items: Iterable[_Item], key: Callable[[_Item], _Key], limit: int, cursor: str | None
) -> Page[_Item]:
    """Cut a page out of a list.

    A cursor is the last item's place in the order: nothing is shown twice or passed over when others come and go.
    """
    after = None if cursor is None else _read_cursor(cursor)
    ordered = sorted((item for item in items if after is None or key(item) > after), key=key)
    shown = ordered[:limit]
    following = _cursor(key(shown[-1])) if len(ordered) > limit else None
    return Page(items=shown, next=following, seq=parts.live.seq, at=parts.live.now())


def _cursor(key: _Key) -> str:
    return f"{key[0]}~{key[1]}"


def _read_cursor(cursor: str) -> _Key:
    rank, _, name = cursor.partition("~")
    try:
        return float(rank), name
    except ValueError:
        detail = "the cursor is none of ours: hand in `next` of the page before as it is, or none for the first page"
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "Unknown cursor", detail, kind="unknown-cursor") from None


def _by_id(item: QueueView | AgentView) -> _Key:
    return 0.0, item.id


def _by_joining(item: CallView) -> _Key:
    return item.joined_at, item.id


def _decision(parts: Parts, decided: Decided) -> DecisionView:
    decision, wall = decided.decision, parts.live.board.wall
    return DecisionView(
        at=wall(decided.at),
        step=decision.step,
        step_name=decision.step_name,
        need=decision.need,
        chosen=decision.chosen,
        candidates=[
            CandidateView(
                agent=candidate.agent,
                verdict=candidate.verdict,
                changes_at=None if candidate.changes_at is None else wall(candidate.changes_at),
                reason=candidate.reason,
            )
            for candidate in decision.candidates
        ],
        left_out=decision.left_out,
        next_change_at=None if decision.next_change_at is None else wall(decision.next_change_at),
        held_until=None if decision.held_until is None else wall(decision.held_until),
        in_words=parts.in_words(decision),
    )
