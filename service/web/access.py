"""Who may in: a token for every request unless only this machine can ask, and for recordings always.

A program shows `Authorization: Bearer TOKEN`. A browser trades the token once for a signed cookie (`POST /api/v1/session`).
Requests that change something, and WebSockets, are refused when another site's page sent them.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from pydantic import BaseModel, SecretStr
from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from common.problem import Problem
from service.web.sign_in_page import sign_in_page

COOKIE = "switchboard_session"
SESSION_S = 12 * 3600
"""A browser's session lasts one long shift."""
SIGN_IN_PATH = "/api/v1/session"
ALWAYS_OPEN = frozenset({"/healthz", "/readyz", SIGN_IN_PATH})
ALWAYS_CLOSED = "/api/v1/recordings"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class SignIn(BaseModel):
    """What a browser shows to begin a session."""

    token: SecretStr


@dataclass(frozen=True, slots=True)
class Gate:
    """The rules of access. `now` gives Unix seconds."""

    token: str
    token_everywhere: bool
    now: Callable[[], float]

    def knows(self, token: str) -> bool:
        """Whether this is the token; takes the same time whatever is shown."""
        return bool(self.token) and hmac.compare_digest(token.encode(), self.token.encode())

    def session(self) -> str:
        """A new browser session, signed, good for `SESSION_S` seconds."""
        until = str(int(self.now()) + SESSION_S)
        return f"{until}.{self._sign(until)}"

    def admits(self, headers: Headers) -> bool:
        """Whether these headers show the token or a session that still holds."""
        scheme, _, shown = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and self.knows(shown.strip()):
            return True
        until, _, signature = _cookie(headers).partition(".")
        if not until.isdecimal() or not hmac.compare_digest(signature.encode(), self._sign(until).encode()):
            return False
        return bool(self.token) and int(until) > self.now()

    def asks(self, path: str) -> bool:
        """Whether this path asks for the token."""
        if path in ALWAYS_OPEN:
            return False
        return self.token_everywhere or path == ALWAYS_CLOSED or path.startswith(ALWAYS_CLOSED + "/")

    def _sign(self, text: str) -> str:
        return hmac.new(self.token.encode(), f"session:{text}".encode(), hashlib.sha256).hexdigest()


def _cookie(headers: Headers) -> str:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found is not None else ""


class AccessControl:
    """ASGI middleware in front of everything the service answers."""

    def __init__(self, app: ASGIApp, gate: Gate) -> None:
        self._app = app
        self._gate = gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request pass, or answer why not."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if refusal is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()  # the connect message has to be read before a refusal may be sent
            await send({"type": "websocket.close", "code": 4401, "reason": "token or same origin required"})
        else:
            await refusal(scope, receive, send)

    def _refusal(self, scope: Scope) -> Response | None:
        headers, path = Headers(scope=scope), scope["path"]
        if not _own_name(headers, loopback_only=not self._gate.token_everywhere):
            return Problem(
                HTTPStatus.MISDIRECTED_REQUEST,
                "Wrong name",
                "This service answers on this machine's loopback address only; ask for http://127.0.0.1.",
                kind="wrong-host",
            ).response(path)
        changes = scope["type"] == "websocket" or scope["method"] not in SAFE_METHODS
        if changes and not _same_origin(headers):
            return Problem(
                HTTPStatus.FORBIDDEN,
                "Another site's page",
                "Only this service's own pages may do that.",
                kind="other-origin",
            ).response(path)
        if not self._gate.asks(path) or self._gate.admits(headers):
            return None
        if scope["type"] == "http" and "text/html" in headers.get("accept", ""):
            return sign_in_page()
        return Problem(
            HTTPStatus.UNAUTHORIZED,
            "Token required",
            "Send `Authorization: Bearer TOKEN` with SWITCHBOARD_API_TOKEN's value.",
            kind="token-required",
            headers={"www-authenticate": "Bearer"},
        ).response(path)


def _own_name(headers: Headers, *, loopback_only: bool) -> bool:
    """Whether the request names a loopback host: a page elsewhere cannot make its own name point here and read on."""
    if not loopback_only:
        return True
    host = _split(f"//{headers.get('host', '')}").hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _same_origin(headers: Headers) -> bool:
    origin = headers.get("origin")
    return origin is None or _split(origin).netloc == headers.get("host", "")


def _split(address: str) -> SplitResult:
    """Take an address apart; one that is none has no parts."""
    try:
        return urlsplit(address)
    except ValueError:
        return urlsplit("")


def sign_in(gate: Gate, shown: SignIn, *, secure: bool) -> Response:
    """Answer `POST /api/v1/session`. Raises Problem where the token is not the right one."""
    if not gate.knows(shown.token.get_secret_value()):
        raise Problem(
            HTTPStatus.UNAUTHORIZED,
            "Wrong token",
            "This is not the service's SWITCHBOARD_API_TOKEN.",
            kind="wrong-token",
        )
    answer = JSONResponse({"expires_in_s": SESSION_S})
    answer.set_cookie(COOKIE, gate.session(), max_age=SESSION_S, httponly=True, samesite="strict", secure=secure)
    return answer
