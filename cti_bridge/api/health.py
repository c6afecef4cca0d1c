"""Is the service alive, which of its parts are ready, and its metrics: `/healthz`, `/readyz`, `/metrics`."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from cti_bridge.links import MQTT, REDIS, Links
from cti_bridge.publishing.metrics import CONTENT_TYPE


class Health(BaseModel):
    """The service answers."""

    status: str = "alive"


class Readiness(BaseModel):
    """Whether calls can be served, and which parts are ready."""

    ready: bool = Field(description="At least one Asterisk is linked and its callers are known")
    parts: dict[str, bool] = Field(description="`ami:NODE`, `redis`, `mqtt`: whether the link is up")


def router(links: Links, metrics: Callable[[], bytes]) -> APIRouter:
    """The routes that machines watch the service by. Without Redis or MQTT calls are served all the same."""
    api = APIRouter(tags=["health"])

    @api.get("/healthz")
    async def alive() -> Health:
        """Answer, as long as the service's loop turns."""
        return Health()

    @api.get("/readyz", responses={HTTPStatus.SERVICE_UNAVAILABLE: {"model": Readiness}})
    async def ready(response: Response) -> Readiness:
        """Say which parts are ready; 503 while no Asterisk is linked."""
        readiness = read(links)
        if not readiness.ready:
            response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
        return readiness

    @api.get("/metrics", response_class=Response, responses={HTTPStatus.OK: {"content": {"text/plain": {}}}})
    async def show_metrics() -> Response:
        """Figures for Prometheus."""
        return Response(metrics(), media_type=CONTENT_TYPE)

    return api


def read(links: Links) -> Readiness:
    """Which parts are ready."""
    parts = {f"{name.kind}:{name.node}" if name.node else name.kind: status.up for name, status in links}
    asterisks = [up for part, up in parts.items() if part not in (REDIS.kind, MQTT.kind)]
    return Readiness(ready=any(asterisks), parts=parts)
