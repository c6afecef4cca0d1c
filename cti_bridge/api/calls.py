"""Routes of callers and callbacks: where they stand, why they wait, and what is done with them."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter

from acd.errors import RequestRefused
from acd.names import CallbackEnd, CallId, CallState
from acd.requests import CallbackDropped
from common.problem import documented
from cti_bridge.api.decision_view import DecisionsPage, DecisionView, decision_view, turned_away_view
from cti_bridge.api.paging import PAGE, Cursor, Key, Limit, Page, cut
from cti_bridge.api.parts import Parts
from cti_bridge.api.problems import MOVED, UNKNOWN, Id, make_sure_of, problem
from cti_bridge.api.transfer import SENT_ON, Transfer, Transferring, is_queue_name, send_on
from cti_bridge.board.decisions import Decided
from cti_bridge.board.views import CallView


def routes(parts: Parts) -> APIRouter:
    """Those of callers."""
    api = APIRouter()

    def show(decided: Decided) -> DecisionView:
        return decision_view(decided, parts.viewer.wall, parts.in_words(decided.decision))

    @api.get("/calls", responses=documented(HTTPStatus.UNPROCESSABLE_ENTITY))
    async def list_calls(limit: Limit = PAGE, cursor: Cursor = None) -> Page[CallView]:
        """All callers in line or talking."""
        items, following = cut(parts.viewer.calls(), _by_joining, limit, cursor)
        return Page(items=items, next=following, seq=parts.live.seq, at=parts.live.now())

    @api.get("/calls/{call}", responses=UNKNOWN)
    async def show_call(call: Id) -> CallView:
        """One caller."""
        make_sure_of("call", call, parts.desk.floor.calls)
        parts.viewer.explain(CallId(call))
        return parts.viewer.call(CallId(call))

    @api.post("/calls/{call}/transfer", status_code=HTTPStatus.ACCEPTED, responses=SENT_ON)
    async def transfer(call: Id, where: Transfer) -> Transferring:
        """Send a caller who talks with an agent on to another queue, or to a number that `dialling` lists.

        The agent wraps up; the caller waits anew in the queue. Where nobody answers the number, they wait where they were.
        """
        make_sure_of("call", call, parts.desk.floor.calls)
        if is_queue_name(where.to):
            make_sure_of("queue", where.to, parts.desk.floor.plans)
        await send_on(parts, CallId(call), where.to)
        return Transferring(call=call, to=where.to)

    @api.get("/calls/{call}/decisions", responses=UNKNOWN)
    async def list_decisions(call: Id) -> DecisionsPage:
        """Why the call was offered to whom, or to nobody; also for a while after it ended."""
        known = parts.desk.floor.calls.get(CallId(call))
        made = parts.decisions.of(CallId(call))
        refused = parts.decisions.not_let_in(CallId(call))
        if known is None and made is None and not refused:
            make_sure_of("call", call, parts.desk.floor.calls)
        now = None
        if known is not None and known.state is CallState.WAITING:
            now = show(Decided(parts.desk.now(), parts.explain(known.id)))
        return DecisionsPage(
            call=call,
            now=now,
            items=[show(decided) for decided in made or ()],
            turned_away=[turned_away_view(one, parts.viewer.wall) for one in refused],
        )

    return api


def callback_routes(parts: Parts) -> APIRouter:
    """Those of callbacks."""
    api = APIRouter()

    @api.get("/callbacks", responses=documented(HTTPStatus.UNPROCESSABLE_ENTITY))
    async def list_callbacks(limit: Limit = PAGE, cursor: Cursor = None) -> Page[CallView]:
        """All customers promised a call back, as calls: those that wait, and those being carried out."""
        promised = [call for call in parts.viewer.calls() if call.callback is not None]
        items, following = cut(promised, _by_joining, limit, cursor)
        return Page(items=items, next=following, seq=parts.live.seq, at=parts.live.now())

    @api.post("/callbacks/{callback}/cancel", responses=MOVED)
    async def cancel_callback(callback: Id) -> CallView:
        """Drop a promise that waits; answers the callback as it was."""
        make_sure_of("callback", callback, parts.desk.floor.calls)
        was = parts.viewer.call(CallId(callback))
        try:
            await parts.desk.ask(CallbackDropped(CallId(callback), CallbackEnd.CANCELLED))
        except RequestRefused as refused:
            raise problem(refused) from refused
        return was

    return api


def _by_joining(item: CallView) -> Key:
    return item.joined_at, item.id
