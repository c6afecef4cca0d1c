"""Everything the service answers over HTTP: the rooms' APIs, health and metrics, the pages, behind access control."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path

from fastapi import APIRouter, FastAPI, Request
from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Scope

from common import problem
from service.web.access import SIGN_IN_PATH, AccessControl, Gate, SignIn, sign_in
from service.web.body_limit import BodyLimit

PAGES = ("/", "/recordings")
"""Addresses that a person opens; the pages' own code takes it from there."""
_SOURCES = {
    "default-src": "'self'",
    "style-src": "'self' 'unsafe-inline'",  # Ant Design writes its styles while the page runs
    "connect-src": "'self' ws: wss:",  # not every browser takes the live stream for 'self'
    "img-src": "'self' data:",
    "media-src": "'self' blob:",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "object-src": "'none'",
}
FOR_PAGES = {
    "cache-control": "no-cache",
    "content-security-policy": "; ".join(f"{what} {sources}" for what, sources in _SOURCES.items()),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
"""Headers of every page. What it fetches and runs comes from here alone, whatever text a caller or an agent's name holds."""
FOR_ASSETS = {"cache-control": "public, max-age=31536000, immutable", "x-content-type-options": "nosniff"}
"""Headers of what pages are made of: names hold a hash of the content, so what a name stands for never changes."""


def web_app(routers: list[APIRouter], gate: Gate, pages: Path) -> ASGIApp:
    """Put the application together. `pages` is the folder of the built pages."""
    app = FastAPI(
        title="Switchboard",
        summary="The contact-centre core for Asterisk",
        openapi_url="/api/v1/openapi.json",
        docs_url=None,  # the usual page fetches its code from elsewhere, which a closed site cannot
        redoc_url=None,
    )
    problem.install(app)
    for router in routers:
        app.include_router(router)

    @app.post(SIGN_IN_PATH, tags=["session"], responses=problem.documented(401))
    async def begin_session(shown: SignIn, request: Request) -> Response:
        """Trade the token for a browser session."""
        return sign_in(gate, shown, secure=request.url.scheme == "https")

    if (pages / "assets").is_dir():
        app.mount("/assets", _Assets(directory=pages / "assets"), name="assets")
    for address in PAGES:
        app.add_api_route(address, _page(pages / "index.html"), methods=["GET"], include_in_schema=False)
    return AccessControl(BodyLimit(app), gate)


class _Assets(StaticFiles):
    """Files whose content never changes under their name."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file; raises HTTPException where there is none."""
        response = await super().get_response(path, scope)
        response.headers.update(FOR_ASSETS)
        return response


def _page(file: Path) -> Callable[[], FileResponse]:
    def page() -> FileResponse:
        if not file.is_file():
            raise problem.Problem(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "Pages not built",
                "The built pages are missing: run `make run`, or `npm run build` in web/.",
                kind="no-pages",
            )
        return FileResponse(file, headers=FOR_PAGES)

    return page
