"""How much a request may say: nobody fills the service's memory, with or without the token."""

from __future__ import annotations

from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from common.problem import Problem

BODY_BYTES = 1 << 20
"""The longest body; the API's own requests stay below a tenth of it."""


class BodyLimit:
    """ASGI middleware that answers 413 to a longer body: at once where its length is told, else as soon as it is reached."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request pass as far as it is short enough."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        told = Headers(scope=scope).get("content-length", "0")
        if told.isdecimal() and int(told) > BODY_BYTES:
            problem = Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail=_detail(), headers={"connection": "close"})
            await problem.response(scope["path"])(scope, receive, send)
            return
        heard = 0

        async def receive_so_much() -> Message:
            nonlocal heard
            message = await receive()
            heard += len(message.get("body", b""))
            if heard > BODY_BYTES:
                # What reads the body passes this exception on, and answers every other one with 400.
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _detail(), {"connection": "close"})
            return message

        await self._app(scope, receive_so_much, send)


def _detail() -> str:
    return f"A request may have {BODY_BYTES} bytes. Nothing was changed."
