"""The REST and WebSocket API of the live state, under `/api/v1`: queues, agents, calls, why, and what agents do.

A refused request changes nothing and is answered with problem JSON; an unknown id comes with a suggestion.
"""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter, WebSocket

from cti_bridge.api import agents, calls, queues
from cti_bridge.api.parts import Parts
from cti_bridge.api.websocket import stream


def router(parts: Parts) -> APIRouter:
    """All routes of this room's API; problems are raised as `common.problem.Problem`."""
    api = APIRouter(prefix="/api/v1")
    api.include_router(queues.routes(parts), tags=["queues"])
    api.include_router(agents.routes(parts), tags=["agents"])
    api.include_router(calls.routes(parts), tags=["calls"])
    api.include_router(calls.callback_routes(parts), tags=["callbacks"])
    api.add_api_websocket_route("/live", _live(parts))
    return api


def _live(parts: Parts) -> Callable[[WebSocket], object]:
    async def live(socket: WebSocket) -> None:
        await stream(socket, parts.live)

    return live
