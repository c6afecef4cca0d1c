"""A caller who is no telephone: whatever stands in their SIP headers goes out as it is, byte by byte."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

from deploy.telephones.handset import Exchange

ANSWERED_WITHIN_S = 10.0
_STATUS = re.compile(rb"SIP/2\.0 (\d{3})")
_CONTACT = re.compile(rb"\r\nContact: <([^>]+)>")
_TO = re.compile(rb"\r\nTo: ([^\r]+)")
_OK = 200
_LEAST_FINAL = 200


class Refused(AssertionError):
    """The site answered the INVITE with an error."""


class Stranger(asyncio.DatagramProtocol):
    """One call over UDP, without media; `shown` is the From header before its tag, `further` one more header line."""

    def __init__(self, exchange: Exchange, shown: bytes, further: bytes) -> None:
        self._exchange, self._shown, self._further = exchange, shown, further or b"User-Agent: stranger"
        self._id = uuid.uuid4().hex
        self._number = 1
        self._finals: asyncio.Queue[bytes] = asyncio.Queue()
        self._answer = b""
        self.is_talking = False
        """The site has picked up, and the call is not over."""
        self._transport: asyncio.DatagramTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the socket."""
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, _addr: object) -> None:
        """Note final answers; take whatever Asterisk asks as done."""
        found = _STATUS.match(data)
        if found is None:
            self._accept(data)
        elif int(found[1]) >= _LEAST_FINAL:
            self._finals.put_nowait(data)

    async def call(self, number: str) -> None:
        """Dial, and return when the site has picked up; raises Refused."""
        host, port = self._transport.get_extra_info("sockname")
        audio = f"v=0\r\no=- 1 1 IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\nm=audio {port} RTP/AVP 8\r\n"
        target = f"sip:{number}@{self._exchange.host}:{self._exchange.port}"
        self._send(b"INVITE", target.encode(), b"", audio.encode())
        self._answer = await self._final(b"INVITE")
        status = _STATUS.match(self._answer)
        if status is None or int(status[1]) != _OK:
            raise Refused(self._answer.partition(b"\r\n")[0].decode())
        self._send(b"ACK", self._contact(), self._to())
        self.is_talking = True

    async def hang_up(self) -> None:
        """Say goodbye, and return when the site has heard it."""
        self.is_talking = False
        self._number += 1
        self._send(b"BYE", self._contact(), self._to())
        await self._final(b"BYE")

    async def _final(self, method: bytes) -> bytes:
        """The final answer to this method, whatever else is repeated meanwhile."""
        async with asyncio.timeout(ANSWERED_WITHIN_S):
            while method not in (answer := await self._finals.get()).partition(b"\r\nCSeq: ")[2].partition(b"\r\n")[0]:
                pass
        return answer

    def _contact(self) -> bytes:
        found = _CONTACT.search(self._answer)
        assert found is not None
        return found[1]

    def _to(self) -> bytes:
        found = _TO.search(self._answer)
        assert found is not None
        return found[1]

    def _accept(self, request: bytes) -> None:
        kept = (b"Via:", b"From:", b"To:", b"Call-ID:", b"CSeq:")
        lines = [line for line in request.split(b"\r\n") if line.startswith(kept)]
        self._transport.sendto(b"\r\n".join([b"SIP/2.0 200 OK", *lines, b"Content-Length: 0", b"", b""]))

    def _send(self, method: bytes, target: bytes, to: bytes, body: bytes = b"") -> None:
        host, port = (str(part).encode() for part in self._transport.get_extra_info("sockname"))
        known = self._id.encode()
        self._transport.sendto(
            b"\r\n".join(
                [
                    method + b" " + target + b" SIP/2.0",
                    b"Via: SIP/2.0/UDP " + host + b":" + port + b";rport;branch=z9hG4bK" + uuid.uuid4().hex.encode(),
                    b"Max-Forwards: 70",
                    b"From: " + self._shown + b";tag=" + known[:8],
                    b"To: " + (to or b"<" + target + b">"),
                    b"Call-ID: " + known,
                    b"CSeq: " + str(self._number).encode() + b" " + method,
                    b"Contact: <sip:" + host + b":" + port + b">",
                    self._further,
                    b"Content-Type: application/sdp",
                    b"Content-Length: " + str(len(body)).encode(),
                    b"",
                    body,
                ]
            )
        )


@asynccontextmanager
async def stranger(exchange: Exchange, shown: bytes, further: bytes = b"") -> AsyncIterator[Stranger]:
    """A stranger with a socket of their own; they are gone at the end, also where a test fails in their call."""
    transport, one = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: Stranger(exchange, shown, further),
        local_addr=(exchange.host, 0),
        remote_addr=(exchange.host, exchange.port),
    )
    try:
        yield one
    finally:
        if one.is_talking:
            await one.hang_up()
        transport.close()
