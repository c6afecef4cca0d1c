"""Routes of queues: their figures of today."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter

from acd.names import QueueId
from common.problem import documented
from cti_bridge.api.paging import PAGE, Cursor, Key, Limit, Page, cut
from cti_bridge.api.parts import Parts
from cti_bridge.api.problems import UNKNOWN, Id, make_sure_of
from cti_bridge.board.views import QueueView


def routes(parts: Parts) -> APIRouter:
    """Those of queues."""
    api = APIRouter()

    @api.get("/queues", responses=documented(HTTPStatus.UNPROCESSABLE_ENTITY))
    async def list_queues(limit: Limit = PAGE, cursor: Cursor = None) -> Page[QueueView]:
        """All queues with their figures of today."""
        items, following = cut(parts.viewer.queues(), _by_id, limit, cursor)
        return Page(items=items, next=following, seq=parts.live.seq, at=parts.live.now())

    @api.get("/queues/{queue}", responses=UNKNOWN)
    async def show_queue(queue: Id) -> QueueView:
        """One queue."""
        make_sure_of("queue", queue, parts.desk.floor.plans)
        return parts.viewer.queue(QueueId(queue))

    return api


def _by_id(item: QueueView) -> Key:
    return 0.0, item.id
