"""The REST and WebSocket API of the live state, under `/api/v1`: queues, agents, calls, why, and what agents do.

A refused request changes nothing and is answered with problem JSON; an unknown id comes with a suggestion.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Protocol

from fastapi import APIRouter, Path, WebSocket
from pydantic import BaseModel, ConfigDict, Field

from acd.decision import Decision
from acd.desk import Desk
from acd.errors import (
    BadNeed,
    IllegalMove,
    PhoneTaken,
    RequestRefused,
    UnknownAgent,
    UnknownCall,
    UnknownQueue,
    WrapUpFixed,
)
from acd.names import AgentId, CallbackEnd, CallId, CallState, DialRule, PhoneId, QueueId
from acd.requests import (
    AgentPaused,
    AgentReady,
    AgentSignedIn,
    AgentSignedOut,
    CallbackDropped,
    Request,
    SkillsAssigned,
)
from common.problem import Problem, documented
from common.suggest import did_you_mean
from cti_bridge.ami_protocol import ActionRefused, AmiError
from cti_bridge.decision_view import DecisionsPage, DecisionView, decision_view, turned_away_view
from cti_bridge.decisions import Decided, Decisions
from cti_bridge.live import LiveBoard
from cti_bridge.paging import PAGE, Cursor, Key, Limit, Page, cut
from cti_bridge.viewer import Viewer
from cti_bridge.views import AgentView, CallView, QueueView, Texts
from cti_bridge.websocket import stream

WHO = "api"
SendOn = Callable[[CallId, str], Awaitable[None]]
"""Has Asterisk send a talking caller on to a queue, or a number. Raises AmiError."""
RefusedTo = Callable[[CallId, AgentId | None, str], DialRule | None]
"""The rule by which an agent may not send this caller on to a number, which is then told on the feed; None: they may."""
InWords = Callable[[Decision], Texts]
"""A decision in one sentence a language."""
Names = Callable[[], Collection[str]]
"""The names of one kind of thing, as configured now."""


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
    pause_reasons: Names | None = None
    """The reasons for which agents may pause; None: any."""
    skills: Names | None = None
    """The skills that agents may be given; None: any."""
    send_on: SendOn | None = None
    """Sends talking callers on; None where there is no Asterisk to do it."""
    refused_to: RefusedTo | None = None
    """Judges numbers that agents send callers on to; None: every one is refused."""

    @property
    def viewer(self) -> Viewer:
        """How the floor looks now."""
        return self.live.board.viewer


class _Order(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SignIn(_Order):
    """Where the agent sits."""

    phone: str = Field(pattern=r"^PJSIP/[A-Za-z0-9_.-]{1,64}$", examples=["PJSIP/phone1"])


class Pause(_Order):
    """Why the agent takes no calls."""

    reason: str = Field(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$", examples=["lunch"])


class Transfer(_Order):
    """To which queue, or number outside, the caller is sent on."""

    to: str = Field(min_length=1, max_length=64, examples=["service", "13800138000"])


class Transferring(BaseModel):
    """A caller on the way to another queue, or to a number."""

    call: str
    to: str


SkillName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$")]
Level = Annotated[int, Field(ge=1, le=10)]
Skills = Annotated[dict[SkillName, Level], Field(max_length=200)]
Id = Annotated[str, Path(max_length=128)]

_QUEUE_NAME = re.compile(r"(?=.*[a-z])[a-z0-9][a-z0-9_-]{0,31}")
"""What has this form is meant for a queue; anything else for a number."""

_UNKNOWN = documented(HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY)
_SENT_ON = documented(
    HTTPStatus.FORBIDDEN,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.CONFLICT,
    HTTPStatus.UNPROCESSABLE_ENTITY,
    HTTPStatus.BAD_GATEWAY,
)
_MOVED = documented(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY)


def router(parts: Parts) -> APIRouter:
    """All routes of this room's API; problems are raised as `common.problem.Problem`."""
    api = APIRouter(prefix="/api/v1")
    api.include_router(_queues(parts), tags=["queues"])
    api.include_router(_agents(parts), tags=["agents"])
    api.include_router(_calls(parts), tags=["calls"])
    api.include_router(_callbacks(parts), tags=["callbacks"])
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
        items, following = cut(parts.viewer.queues(), _by_id, limit, cursor)
        return Page(items=items, next=following, seq=parts.live.seq, at=parts.live.now())

    @api.get("/queues/{queue}", responses=_UNKNOWN)
    async def show_queue(queue: Id) -> QueueView:
        """One queue."""
        _known("queue", queue, parts.desk.floor.plans)
        return parts.viewer.queue(QueueId(queue))

    return api


def _agents(parts: Parts) -> APIRouter:
    api = APIRouter()
    move = _Mover(parts)

    @api.get("/agents", responses=documented(HTTPStatus.UNPROCESSABLE_ENTITY))
    async def list_agents(limit: Limit = PAGE, cursor: Cursor = None) -> Page[AgentView]:
        """All agents with their states."""
        items, following = cut(parts.viewer.agents(), _by_id, limit, cursor)
        return Page(items=items, next=following, seq=parts.live.seq, at=parts.live.now())

    @api.get("/agents/{agent}", responses=_UNKNOWN)
    async def show_agent(agent: Id) -> AgentView:
        """One agent."""
        _known("agent", agent, parts.desk.floor.agents)
        return parts.viewer.agent(AgentId(agent))

    @api.post("/agents/{agent}/sign-in", responses=_MOVED)
    async def sign_in(agent: Id, where: SignIn) -> AgentView:
        """Begin the agent's shift on a phone; they begin paused."""
        return await move(agent, AgentSignedIn(AgentId(agent), PhoneId(where.phone), WHO))

    @api.post("/agents/{agent}/ready", responses=_MOVED)
    async def ready(agent: Id) -> AgentView:
        """Take calls; ends a pause, a wrap-up (unless it is fixed) or Not Responding."""
        return await move(agent, AgentReady(AgentId(agent), WHO))

    @api.post("/agents/{agent}/pause", responses=_MOVED)
    async def pause(agent: Id, why: Pause) -> AgentView:
        """Take no more calls; during a conversation it takes effect when that is over (`wish`)."""
        _known("agent", agent, parts.desk.floor.agents)
        if parts.pause_reasons is not None:
            _known_reason(why.reason, parts.pause_reasons())
        return await move(agent, AgentPaused(AgentId(agent), why.reason, WHO))

    @api.post("/agents/{agent}/sign-out", responses=_MOVED)
    async def sign_out(agent: Id) -> AgentView:
        """End the agent's shift; during a conversation it takes effect when that is over (`wish`)."""
        return await move(agent, AgentSignedOut(AgentId(agent), WHO))

    @api.put("/agents/{agent}/skills", responses=_MOVED)
    async def assign_skills(agent: Id, skills: Skills) -> AgentView:
        """Give the agent these skills and no others, at once, also for callers who already wait."""
        _known("agent", agent, parts.desk.floor.agents)
        if parts.skills is not None:
            _known_skills(skills, parts.skills())
        return await move(agent, SkillsAssigned(AgentId(agent), tuple(sorted(skills.items())), WHO))

    return api


def _calls(parts: Parts) -> APIRouter:
    api = APIRouter()

    def show(decided: Decided) -> DecisionView:
        return decision_view(decided, parts.viewer.wall, parts.in_words(decided.decision))

    @api.get("/calls", responses=documented(HTTPStatus.UNPROCESSABLE_ENTITY))
    async def list_calls(limit: Limit = PAGE, cursor: Cursor = None) -> Page[CallView]:
        """All callers in line or talking."""
        items, following = cut(parts.viewer.calls(), _by_joining, limit, cursor)
        return Page(items=items, next=following, seq=parts.live.seq, at=parts.live.now())

    @api.get("/calls/{call}", responses=_UNKNOWN)
    async def show_call(call: Id) -> CallView:
        """One caller."""
        _known("call", call, parts.desk.floor.calls)
        parts.viewer.explain(CallId(call))
        return parts.viewer.call(CallId(call))

    @api.post("/calls/{call}/transfer", status_code=HTTPStatus.ACCEPTED, responses=_SENT_ON)
    async def transfer(call: Id, where: Transfer) -> Transferring:
        """Send a caller who talks with an agent on to another queue, or to a number that `dialling` lists.

        The agent wraps up; the caller waits anew in the queue. Where nobody answers the number, they wait where they were.
        """
        _known("call", call, parts.desk.floor.calls)
        if _QUEUE_NAME.fullmatch(where.to) is not None:
            _known("queue", where.to, parts.desk.floor.plans)
        await _sent_on(parts, CallId(call), where.to)
        return Transferring(call=call, to=where.to)

    @api.get("/calls/{call}/decisions", responses=_UNKNOWN)
    async def list_decisions(call: Id) -> DecisionsPage:
        """Why the call was offered to whom, or to nobody; also for a while after it ended."""
        known = parts.desk.floor.calls.get(CallId(call))
        made = parts.decisions.of(CallId(call))
        refused = parts.decisions.not_let_in(CallId(call))
        if known is None and made is None and not refused:
            _known("call", call, parts.desk.floor.calls)
        now = None
        if known is not None and known.state is CallState.WAITING:
            now = show(Decided(parts.desk.now(), parts.desk.explain(known.id)))
        return DecisionsPage(
            call=call,
            now=now,
            items=[show(decided) for decided in made or ()],
            turned_away=[turned_away_view(one, parts.viewer.wall) for one in refused],
        )

    return api


async def _sent_on(parts: Parts, call: CallId, to: str) -> None:
    known = parts.desk.floor.calls[call]
    if not known.in_conversation:
        raise _problem(IllegalMove(f"call {call} is {known.state}: only a caller who talks can be sent on"))
    if known.callback is not None:
        raise _problem(IllegalMove(f"{call} is a callback: a customer who was called cannot be sent on"))
    if known.queue == to:
        raise _problem(IllegalMove(f"call {call} came from queue {to}: send it on to another"))
    if QueueId(to) not in parts.desk.floor.plans:
        _may_be_dialled(parts, known.id, known.agent, to)
    if parts.send_on is None:
        raise Problem(
            HTTPStatus.BAD_GATEWAY, "No Asterisk", "There is none to do it. Nothing was changed.", kind="no-asterisk"
        )
    try:
        await parts.send_on(call, to)
    except ActionRefused as refused:
        raise Problem(
            HTTPStatus.CONFLICT, "Asterisk refused", f"{refused}. Nothing was changed.", kind="asterisk-refused"
        ) from refused
    except AmiError as error:
        detail = f"{error}. The call shows whether it was."
        raise Problem(HTTPStatus.BAD_GATEWAY, "Asterisk did not answer", detail, kind="asterisk-away") from error


def _may_be_dialled(parts: Parts, call: CallId, agent: AgentId | None, number: str) -> None:
    rule = DialRule.NO_DIALLING if parts.refused_to is None else parts.refused_to(call, agent, number)
    if rule is not None:
        detail = f"{_WHY_NOT_DIALLED[rule]} Nothing was changed."
        status, kind = HTTPStatus.FORBIDDEN, "not-dialled"
        raise Problem(status, "The number is not dialled", detail, kind=kind, extra={"rule": rule.value})


_WHY_NOT_DIALLED: Mapping[DialRule, str] = {
    DialRule.NO_DIALLING: "This centre dials no numbers: `dialling` in switchboard.yaml is missing.",
    DialRule.STOPPED: "Dialling out was stopped by hand: GET /api/v1/dialling says why and by whom.",
    DialRule.NOT_A_NUMBER: "That is neither a queue's name nor a number: digits, and a leading + at most.",
    DialRule.NOT_ALLOWED: "No list in `dialling.lists` that agents have names this number.",
    DialRule.CLOSED: "Numbers are not dialled at this hour (`dialling.calendar`).",
    DialRule.USER_HOUR: "The agent has had as many numbers dialled as they may in an hour (`dialling.caps`).",
    DialRule.USER_DAY: "The agent has had as many numbers dialled as they may on a day (`dialling.caps`).",
    DialRule.SITE_HOUR: "As many numbers were dialled in this hour as may be (`dialling.caps`).",
    DialRule.SITE_DAY: "As many numbers were dialled today as may be (`dialling.caps`).",
}
"""What an agent is told, by rule."""


def _callbacks(parts: Parts) -> APIRouter:
    api = APIRouter()

    @api.get("/callbacks", responses=documented(HTTPStatus.UNPROCESSABLE_ENTITY))
    async def list_callbacks(limit: Limit = PAGE, cursor: Cursor = None) -> Page[CallView]:
        """All customers promised a call back, as calls: those that wait, and those being carried out."""
        promised = [call for call in parts.viewer.calls() if call.callback is not None]
        items, following = cut(promised, _by_joining, limit, cursor)
        return Page(items=items, next=following, seq=parts.live.seq, at=parts.live.now())

    @api.post("/callbacks/{callback}/cancel", responses=_MOVED)
    async def cancel_callback(callback: Id) -> CallView:
        """Drop a promise that waits; answers the callback as it was."""
        _known("callback", callback, parts.desk.floor.calls)
        was = parts.viewer.call(CallId(callback))
        try:
            await parts.desk.ask(CallbackDropped(CallId(callback), CallbackEnd.CANCELLED))
        except RequestRefused as refused:
            raise _problem(refused) from refused
        return was

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
        return self._parts.viewer.agent(AgentId(agent))


_STATUS: dict[type[RequestRefused], HTTPStatus] = {
    UnknownAgent: HTTPStatus.NOT_FOUND,
    UnknownQueue: HTTPStatus.NOT_FOUND,
    UnknownCall: HTTPStatus.NOT_FOUND,
    IllegalMove: HTTPStatus.CONFLICT,
    WrapUpFixed: HTTPStatus.CONFLICT,
    PhoneTaken: HTTPStatus.CONFLICT,
    BadNeed: HTTPStatus.UNPROCESSABLE_ENTITY,
}
_KINDS: dict[type[RequestRefused], tuple[str, str]] = {
    UnknownAgent: ("unknown-agent", "Unknown agent"),
    UnknownQueue: ("unknown-queue", "Unknown queue"),
    UnknownCall: ("unknown-call", "Unknown call"),
    IllegalMove: ("illegal-move", "Not possible in this state"),
    WrapUpFixed: ("wrap-up-fixed", "The wrap-up cannot be ended early"),
    PhoneTaken: ("phone-taken", "The phone is taken"),
    BadNeed: ("bad-need", "The need is not valid"),
}


def _problem(refused: RequestRefused) -> Problem:
    status = _STATUS.get(type(refused), HTTPStatus.CONFLICT)
    kind, title = _KINDS.get(type(refused), ("refused", "Refused"))
    return Problem(status, title, f"{refused}. Nothing was changed.", kind=kind)


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


def _known(what: str, name: str, known: Iterable[str]) -> None:
    if name not in known:
        detail = f"there is no {what} '{name}'{did_you_mean(name, known)}"
        raise Problem(HTTPStatus.NOT_FOUND, f"Unknown {what}", detail, kind=f"unknown-{what}")


def _by_id(item: QueueView | AgentView) -> Key:
    return 0.0, item.id


def _by_joining(item: CallView) -> Key:
    return item.joined_at, item.id
