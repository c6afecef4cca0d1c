"""An agent's telephone of the better kind, by hand: two calls at once, and one joined to the other (REFER with Replaces).

baresip 1.0 can do neither. Over UDP, without media of its own: what it says is silence.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import quote

from deploy.telephones.handset import Exchange

ANSWERED_WITHIN_S = 10.0
_OK, _LEAST_FINAL, _UNAUTHORIZED = 200, 200, 401


class Refused(AssertionError):
    """Asterisk answered a request with an error."""


@dataclass(frozen=True, slots=True)
class _Sip:
    """A message, taken apart as far as is needed here."""

    start: str
    headers: tuple[tuple[str, str], ...]

    @classmethod
    def read(cls, data: bytes) -> _Sip:
        start, *lines = data.partition(b"\r\n\r\n")[0].decode().split("\r\n")
        split = (line.partition(":") for line in lines)
        return cls(start, tuple((name.strip().lower(), value.strip()) for name, _, value in split))

    def all(self, name: str) -> list[str]:
        return [value for known, value in self.headers if known == name]

    def __getitem__(self, name: str) -> str:
        return self.all(name)[0]

    @property
    def status(self) -> int:
        """Of an answer; 0 for a request."""
        return int(self.start.split()[1]) if self.start.startswith("SIP/2.0") else 0

    @property
    def method(self) -> str:
        return self["cseq"].split()[1] if self.status else self.start.split()[0]

    def uri_in(self, name: str) -> str:
        return re.sub(r"^.*<([^>]+)>.*$", r"\1", self[name])


@dataclass(slots=True)
class Call:
    """One of its calls: how this side and the other are named in it."""

    id: str
    ours: str
    """From or To, with this side's tag."""
    theirs: str
    target: str
    number: int = 0
    """Of this side's last request."""
    over: asyncio.Event = field(default_factory=asyncio.Event)


class DeskPhone(asyncio.DatagramProtocol):
    """Registered as `name`; picks up whatever rings."""

    def __init__(self, name: str, password: str, exchange: Exchange) -> None:
        self.name, self._password, self._exchange = name, password, exchange
        self.calls: asyncio.Queue[Call] = asyncio.Queue()
        """Calls that it has picked up, as they come."""
        self._open: dict[str, Call] = {}
        self._finals: asyncio.Queue[_Sip] = asyncio.Queue()
        self._came_of_it: asyncio.Queue[_Sip] = asyncio.Queue()
        self._transport: asyncio.DatagramTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the socket."""
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, _addr: object) -> None:
        """Note final answers; pick up, and take whatever else Asterisk asks as done."""
        if not data.strip():
            return
        message = _Sip.read(data)
        if message.status >= _LEAST_FINAL:
            self._finals.put_nowait(message)
        elif not message.status and message.method != "ACK":
            if message.method == "NOTIFY":
                self._came_of_it.put_nowait(_Sip.read(data.partition(b"\r\n\r\n")[2]))
            self._accept(message)

    async def register(self) -> None:
        """Tell Asterisk where this phone is."""
        one = self._begun(f"sip:{self._at}")
        one.theirs = one.ours.partition(";tag")[0]
        await self._ask("REGISTER", one)

    async def picked_up(self) -> Call:
        """The next call that comes in."""
        async with asyncio.timeout(ANSWERED_WITHIN_S):
            return await self.calls.get()

    async def call(self, number: str) -> Call:
        """Dial, and return once somebody has picked up; raises Refused."""
        one = self._begun(f"sip:{number}@{self._at}")
        answer = await self._ask("INVITE", one, body=self._audio())
        one.theirs, one.target = answer["to"], answer.uri_in("contact")
        self._open[one.id] = one
        self._send("ACK", one)
        return one

    async def hold(self, one: Call) -> None:
        """Put the other side on hold (re-INVITE)."""
        await self._ask("INVITE", one, body=self._audio("sendonly"))
        self._send("ACK", one)

    async def resume(self, one: Call) -> None:
        """Take the other side off hold."""
        await self._ask("INVITE", one, body=self._audio())
        self._send("ACK", one)

    async def join(self, one: Call, to: Call) -> None:
        """Join the others of two calls, and leave both: the attended transfer."""
        tags = [re.sub(r"^.*;tag=([^;]+).*$", r"\1", name) for name in (to.theirs, to.ours)]
        replaces = quote(f"{to.id};to-tag={tags[0]};from-tag={tags[1]}", safe="")
        refer_to = f"Refer-To: <sip:{self._at}?Replaces={replaces}>"
        await self._ask("REFER", one, refer_to, f"Referred-By: {one.ours.partition(';tag')[0]}")

    async def send_on(self, one: Call, number: str) -> None:
        """Send the other side on to a number: the blind transfer. Raises Refused, whenever that is told."""
        await self._ask("REFER", one, f"Refer-To: <sip:{number}@{self._at}>")
        async with asyncio.timeout(ANSWERED_WITHIN_S):
            while (came := await self._came_of_it.get()).status < _LEAST_FINAL:
                pass
        if came.status >= _OK + 100:
            raise Refused(f"REFER: {came.start}")

    async def hang_up(self, one: Call) -> None:
        """Say goodbye to one of the calls."""
        await self._ask("BYE", one)
        one.over.set()

    @property
    def _at(self) -> str:
        return f"{self._exchange.host}:{self._exchange.port}"

    def _begun(self, target: str) -> Call:
        ours = f"<sip:{self.name}@{self._at}>;tag={uuid.uuid4().hex[:8]}"
        return Call(uuid.uuid4().hex, ours, f"<{target}>", target)

    def _audio(self, direction: str = "sendrecv") -> str:
        host, port = self._transport.get_extra_info("sockname")
        return (
            f"v=0\r\no=- 1 {uuid.uuid4().int % 10**9} IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\n"
            f"m=audio {port + 1} RTP/AVP 8\r\na={direction}\r\n"
        )

    async def _ask(self, method: str, one: Call, *further: str, body: str = "") -> _Sip:
        """Ask, and prove once who this is; the final answer. Raises Refused."""
        answer = await self._answer_to(method, one, *further, body=body)
        if answer.status == _UNAUTHORIZED:
            if method == "INVITE":
                self._send("ACK", one)
            proof = self._proof(method, one, answer["www-authenticate"])
            answer = await self._answer_to(method, one, *further, proof, body=body)
        if not _OK <= answer.status < _OK + 100:
            raise Refused(f"{method}: {answer.start}")
        return answer

    def _proof(self, method: str, one: Call, challenge: str) -> str:
        asked = dict(re.findall(r'(\w+)="?([^",]+)"?', challenge))
        secret = _md5(f"{self.name}:{asked['realm']}:{self._password}")
        counted = f"{asked['nonce']}:00000001:switchboard:auth"
        response = _md5(f"{secret}:{counted}:{_md5(f'{method}:{one.target}')}")
        return (
            f'Authorization: Digest username="{self.name}", realm="{asked["realm"]}", nonce="{asked["nonce"]}", '
            f'uri="{one.target}", response="{response}", algorithm=MD5, qop=auth, nc=00000001, cnonce="switchboard"'
            + (f', opaque="{asked["opaque"]}"' if "opaque" in asked else "")
        )

    async def _answer_to(self, method: str, one: Call, *further: str, body: str = "") -> _Sip:
        """Ask; the final answer to this request, whatever else is repeated meanwhile."""
        one.number += 1
        self._send(method, one, *further, body=body)
        async with asyncio.timeout(ANSWERED_WITHIN_S):
            while True:
                answer = await self._finals.get()
                if answer["call-id"] == one.id and answer["cseq"] == f"{one.number} {method}":
                    return answer

    def _accept(self, request: _Sip) -> None:
        """Say 200 to whatever is asked; a new INVITE is a new call."""
        to, body = request["to"], ""
        if request.method == "INVITE":
            body = self._audio()
            if ";tag=" not in to:
                to += f";tag={request['call-id'][:8]}"
                if request["call-id"] not in self._open:
                    one = Call(request["call-id"], to, request["from"], request.uri_in("contact"))
                    self._open[one.id] = one
                    self.calls.put_nowait(one)
        if request.method == "BYE" and (gone := self._open.get(request["call-id"])) is not None:
            gone.over.set()
        kept = [f"Via: {via}" for via in request.all("via")]
        named = [f"From: {request['from']}", f"To: {to}", f"Call-ID: {request['call-id']}", f"CSeq: {request['cseq']}"]
        self._put("SIP/2.0 200 OK", [*kept, *named], body)

    def _send(self, method: str, one: Call, *further: str, body: str = "") -> None:
        host, port = self._transport.get_extra_info("sockname")
        self._put(
            f"{method} {one.target} SIP/2.0",
            [
                f"Via: SIP/2.0/UDP {host}:{port};rport;branch=z9hG4bK{uuid.uuid4().hex}",
                "Max-Forwards: 70",
                f"From: {one.ours}",
                f"To: {one.theirs}",
                f"Call-ID: {one.id}",
                f"CSeq: {one.number} {method}",
                *further,
            ],
            body,
        )

    def _put(self, start: str, lines: list[str], body: str) -> None:
        host, port = self._transport.get_extra_info("sockname")
        kind = ["Content-Type: application/sdp"] if body else []
        contact = f"Contact: <sip:{self.name}@{host}:{port}>"
        text = [start, *lines, contact, *kind, f"Content-Length: {len(body)}", "", body]
        self._transport.sendto("\r\n".join(text).encode())


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


@asynccontextmanager
async def desk_phone(name: str, password: str, exchange: Exchange) -> AsyncIterator[DeskPhone]:
    """A telephone that is registered; whatever it still has is hung up at the end."""
    transport, phone = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: DeskPhone(name, password, exchange),
        local_addr=(exchange.host, 0),
        remote_addr=(exchange.host, exchange.port),
    )
    try:
        await phone.register()
        yield phone
    finally:
        transport.close()
