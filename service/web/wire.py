"""What a client may say before it is known what it wants: bounded in bytes and in time, with or without the token.

uvicorn bounds neither a request's head nor how long it takes; what it refuses it answers in plain text.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from common.problem import Problem

HEAD_BYTES = 65_536
"""The longest request line with its headers."""
HEAD_WITHIN_S = 10.0
"""How long a head may take from its first byte, and a connection until it says anything."""


class BoundedHttp(HttpToolsProtocol):
    """One connection; answers 431, 408 and 400 as problems, and ends it then."""

    def __init__(self, *parts: Any, **named: Any) -> None:  # noqa: ANN401 - they are uvicorn's own business
        super().__init__(*parts, **named)
        self._in_head = True
        self._head_bytes = 0
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Give it little time for its first head."""
        super().connection_made(transport)  # type: ignore[arg-type]  # uvicorn names the narrower type, asyncio the wider
        self._begin_head()

    def data_received(self, data: bytes) -> None:
        """Take what came, as long as heads have an end."""
        super().data_received(data)
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES:
                self._refuse(
                    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"A request's head may have {HEAD_BYTES} bytes."
                )

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self._begin_head()

    def on_headers_complete(self) -> None:
        """Know what is wanted."""
        self._in_head = False
        self._forget_deadline()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing more."""
        self._forget_deadline()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP."""
        self._refuse(HTTPStatus.BAD_REQUEST, msg)

    def _begin_head(self) -> None:
        self._in_head, self._head_bytes = True, 0
        self._forget_deadline()
        self._deadline = self.loop.call_later(HEAD_WITHIN_S, self._too_slow)

    def _forget_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_slow(self) -> None:
        self._refuse(HTTPStatus.REQUEST_TIMEOUT, f"A request's head may take {HEAD_WITHIN_S:g} s.")

    def _refuse(self, status: HTTPStatus, why: str) -> None:
        self._in_head = False
        if self.transport.is_closing():
            return
        answer = Problem(status, detail=why, headers={"connection": "close"}).response("")
        lines = [
            f"HTTP/1.1 {status.value} {status.phrase}".encode(),
            *(b": ".join(each) for each in answer.raw_headers),
        ]
        self.transport.write(b"\r\n".join([*lines, b"", bytes(answer.body)]))
        self.transport.close()
