"""Errors of the web API as problem JSON (RFC 9457): one shape, whatever went wrong.

A route raises `Problem`; `install` makes an application answer it, and everything else that goes wrong, in that shape.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MEDIA_TYPE = "application/problem+json"
BLANK = "about:blank"
"""The `type` of a problem that says no more than its HTTP status does (RFC 9457, section 4.2.1)."""
_BODILESS = {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}


class ProblemBody(BaseModel):
    """What a client gets; further members tell more of one kind (`errors` of a request that does not fit)."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(BLANK, description="The kind of problem: `urn:switchboard:problem:KIND`, or `about:blank`")
    title: str = Field(description="The kind in a few words; the same for every occurrence")
    status: int = Field(description="The HTTP status")
    detail: str = Field("", description="What happened this time, and what to do")
    instance: str = Field("", description="The path that was asked for")


class Problem(Exception):
    """What a route raises to answer with an error.

    `status` is the HTTP status; `title` the kind in a few words (empty: the status's own phrase); `detail` says what
    happened this time and what to do; `kind` (`unknown-agent`) becomes the `type` that programs tell problems apart by;
    `extra` are further members of the body, `headers` further headers of the answer.
    """

    def __init__(
        self,
        status: int,
        title: str = "",
        detail: str = "",
        *,
        kind: str = "",
        extra: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.status = status
        self.title = title or HTTPStatus(status).phrase
        self.detail = detail
        self.type = f"urn:switchboard:problem:{kind}" if kind else BLANK
        self.extra = dict(extra or {})
        self.headers = dict(headers or {})
        super().__init__(f"{self.status} {self.title}: {self.detail}")

    def response(self, instance: str) -> Response:
        """Answer with this problem; `instance` is the path that was asked for."""
        body: dict[str, object] = {
            **self.extra,
            "type": self.type,
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "instance": instance,
        }
        return JSONResponse(jsonable_encoder(body), self.status, headers=self.headers, media_type=MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Make `app` answer every error in this shape: `Problem`, HTTPException, a misfit request, a mistake of ours.

    What answers by itself in plain text (a range of a file that is not there: 416) is put into this shape, too.
    """
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(HTTPException, _http_exception)
    app.add_exception_handler(RequestValidationError, _does_not_fit)
    app.add_exception_handler(Exception, _our_mistake)
    app.add_middleware(_PlainErrors)


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Describe a route's problems to OpenAPI: `responses=documented(404, 422)`."""
    schema = ProblemBody.model_json_schema()
    return {
        status: {"description": HTTPStatus(status).phrase, "content": {MEDIA_TYPE: {"schema": schema}}}
        for status in statuses
    }


class _PlainErrors:
    """ASGI middleware that says as a problem what was said as plain text."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun: Message | None = None
        text = b""

        async def send_as_problem(message: Message) -> None:
            nonlocal begun, text
            if message["type"] == "http.response.start" and _is_plain_error(message):
                begun = message
            elif begun is None:
                await send(message)
            else:
                text += message.get("body", b"")
                if not message.get("more_body", False):
                    problem = _said_plainly(begun, text.decode("utf-8", "replace"))
                    await problem.response(scope["path"])(scope, receive, send)

        await self._app(scope, receive, send_as_problem)


def _is_plain_error(start: Message) -> bool:
    kind = Headers(raw=start["headers"]).get("content-type", "")
    return start["status"] >= HTTPStatus.BAD_REQUEST and kind.startswith("text/plain")


def _said_plainly(start: Message, text: str) -> Problem:
    headers = dict(Headers(raw=start["headers"]))
    kept = {name: value for name, value in headers.items() if name not in ("content-type", "content-length")}
    return Problem(start["status"], detail=text, headers=kept)


async def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)  # noqa: S101 - starlette picks the handler by this very type
    return error.response(request.url.path)


async def _http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - starlette picks the handler by this very type
    if error.status_code in _BODILESS:
        return Response(status_code=error.status_code, headers=error.headers)
    phrase = HTTPStatus(error.status_code).phrase
    detail = "" if error.detail == phrase else str(error.detail)
    return Problem(error.status_code, phrase, detail, headers=error.headers).response(request.url.path)


async def _does_not_fit(request: Request, error: Exception) -> Response:
    """Say what does not fit and where, never what was sent: it may be personal data."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - starlette picks the handler by this very type
    errors = [{"where": ".".join(map(str, each["loc"])), "detail": each["msg"]} for each in error.errors()]
    summary = "; ".join(f"{each['where']}: {each['detail']}" for each in errors)
    problem = Problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "The request does not fit",
        f"{summary}. Nothing was changed.",
        kind="invalid-request",
        extra={"errors": errors},
    )
    return problem.response(request.url.path)


async def _our_mistake(request: Request, _error: Exception) -> Response:
    """Answer without the error's text; starlette raises it again, so that the server's log has it."""
    problem = Problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        detail="A mistake of the service, not of the request; its log tells more.",
    )
    return problem.response(request.url.path)
