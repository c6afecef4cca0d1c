"""FastAGI over asyncio: one connection is one channel, one task; only configured Asterisks are let in."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import TypeVar, cast

import structlog

from ivr.agi.wire import AgiRequest, AgiWire, HungUp, NotAgi, Reply, encode
from ivr.caller import CallerGone, CommandFailed, LinkClosed, LinkSilent

_log = structlog.get_logger("agi")

Waited = TypeVar("Waited")
Handler = Callable[["AgiConnection"], Awaitable[None]]
"""Serves one channel; when it returns, the dialplan goes on."""

QUICK_S = 8.0
"""How long Asterisk may take over a command that does not wait for people before the link counts as broken."""
PROBE = b"NOOP\n"
"""What an idle session asks now and then, to see that Asterisk still hears it."""
_PROBED_AFTER_S, _PROBED_EVERY_S, _PROBES = 4, 1, 5
"""When the kernel asks the other one whether it is there, on a connection over which nothing comes: noticed after nine seconds,
and on a line that loses a tenth of all questions one in a hundred thousand is lost as a whole."""
_UNREAD_S = 0.25
"""How long a reply that is overdue is waited for still: after a standstill of ours it may lie there unread."""
_DEAD_CHANNEL = 511
_FINE = 200
_UNKNOWN_APPLICATION = "-2"


@dataclass(frozen=True, slots=True)
class Listen:
    """Where FastAGI is served, and to whom."""

    host: str
    port: int
    """0 takes any free port."""
    allowed: tuple[IPv4Network | IPv6Network, ...]
    """The Asterisks' addresses; anyone else is turned away."""
    headers_within_s: float = 5.0
    probe_after_s: float = 4.0
    """An idle session of which nothing was heard for so long asks whether Asterisk hears it."""
    probe_within_s: float = 3.0
    """How long the answer to that may take before the link counts as silent."""


class AgiConnection(asyncio.Protocol):
    """One channel handed over by Asterisk."""

    request: AgiRequest

    def __init__(self, listen: Listen, begin: Callable[[AgiConnection], None]) -> None:
        self._listen = listen
        self._begin = begin
        self._wire = AgiWire()
        self._transport: asyncio.Transport | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._reply: asyncio.Future[Reply] | None = None
        self._patience: asyncio.TimerHandle | None = None
        """When the command under way is given up."""
        self._gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._why_gone: CallerGone = CallerGone("")
        self._idle = False
        self._probing: asyncio.TimerHandle | None = None
        """The next step of seeing whether an idle session's Asterisk hears it."""
        self._owed: asyncio.Future[None] | None = None
        """Done when the probe under way was answered, or the channel is gone."""
        self._begun = False

    # --- what a session uses

    async def command(self, *words: str, within_s: float | None = QUICK_S) -> Reply:
        """Send one command and return its reply.

        `within_s` None waits as long as the command takes: for those that wait for people. Raises CallerGone (hung up,
        or the link broke), LinkSilent, CommandFailed, or UnsafeCommand (nothing was sent).
        """
        line = encode(*words)
        if self._owed is not None:
            await asyncio.shield(self._owed)  # Asterisk takes one command at a time
        if self._gone.done():
            raise self._why_gone
        if self._reply is not None or self._transport is None:
            raise CommandFailed(f"{words[0]} was asked for while another command runs: one session, one command")
        loop = asyncio.get_running_loop()
        self._reply = loop.create_future()
        self._transport.write(line)
        if within_s is not None:
            self._patience = loop.call_later(within_s, self._reply_overdue, words[0], within_s)
        try:
            reply = await self._reply
        except asyncio.CancelledError:
            # The reply would be taken for the next command's.
            self._end("the session was stopped in the middle of a command")
            raise
        finally:
            self._reply = None
            if self._patience is not None:
                self._patience.cancel()
                self._patience = None
        return self._judged(words, reply)

    def expect_reply(self, within_s: float) -> None:
        """Have the command under way, which waits for people, answered within so long from now; else the link is silent."""
        if self._reply is not None and self._patience is None:
            loop = asyncio.get_running_loop()
            self._patience = loop.call_later(within_s, self._reply_overdue, "what is over", within_s)

    async def meanwhile(self, something: Awaitable[Waited]) -> Waited:
        """Wait for something else while the channel lives; cancels it and raises CallerGone when the channel is gone.

        Where nothing is heard meanwhile, Asterisk is asked now and then; raises LinkSilent when it does not answer.
        """
        self._idle = True
        self._watch()
        try:
            async with _UntilGone(self._gone):
                return await something
            raise self._why_gone
        finally:
            self._idle = False
            if self._owed is None and self._probing is not None:
                self._probing.cancel()

    def close(self) -> None:
        """End the connection; the dialplan goes on behind AGI()."""
        self._end("the session is over")

    # --- whether Asterisk still hears us

    def _watch(self) -> None:
        if self._owed is None and not self._gone.done():
            self._probing = asyncio.get_running_loop().call_later(self._listen.probe_after_s, self._probe)

    def _probe(self) -> None:
        if self._transport is None or self._gone.done():
            return
        loop = asyncio.get_running_loop()
        self._owed = loop.create_future()
        self._transport.write(PROBE)
        self._probing = loop.call_later(self._listen.probe_within_s, self._overdue)

    def _overdue(self) -> None:
        self._probing = asyncio.get_running_loop().call_later(_UNREAD_S, self._silent)

    def _silent(self) -> None:
        within_s = self._listen.probe_within_s
        _log.warning("Asterisk does not answer an idle session", call=self.request.uniqueid, within_s=within_s)
        self._end("Asterisk does not answer", LinkSilent)

    def _answered(self, owed: asyncio.Future[None], reply: Reply) -> None:
        """Asterisk has answered a probe: ask again later, until the session goes on."""
        self._owed = None
        owed.set_result(None)
        if self._probing is not None:
            self._probing.cancel()
        if reply.code == _DEAD_CHANNEL:
            self._mark_gone(CallerGone("the caller hung up"))
        elif self._idle:
            self._watch()

    def _reply_overdue(self, command: str, within_s: float) -> None:
        self._patience = asyncio.get_running_loop().call_later(_UNREAD_S, self._give_up, command, within_s)

    def _give_up(self, command: str, within_s: float) -> None:
        _log.warning(
            "Asterisk does not answer a command", call=self.request.uniqueid, command=command, within_s=within_s
        )
        self._end(f"Asterisk did not answer {command} within {within_s} s", LinkSilent)

    def _judged(self, words: tuple[str, ...], reply: Reply) -> Reply:
        if reply.code == _DEAD_CHANNEL:
            self._mark_gone(CallerGone("the caller hung up"))
            raise self._why_gone
        if reply.code != _FINE:
            raise CommandFailed(
                f"Asterisk answers {reply.code} to {words[0]}: its module is missing or it is written wrong"
            )
        if words[0] == "EXEC" and reply.result == _UNKNOWN_APPLICATION:
            raise CommandFailed(f"Asterisk has no application {words[1]}: load its module (modules.conf)")
        return reply

    # --- what asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Let the configured Asterisks in, and give them little time for their headers."""
        self._transport = cast("asyncio.Transport", transport)
        peer = transport.get_extra_info("peername")
        if peer is None or not _is_allowed(peer[0], self._listen.allowed):
            _log.warning("turned away: not a configured Asterisk address", peer=peer and peer[0])
            self._transport.abort()
            return
        loop = asyncio.get_running_loop()
        self._deadline = loop.call_later(self._listen.headers_within_s, self._broken, "headers did not end in time")

    def data_received(self, data: bytes) -> None:
        """Hand what came to whoever waits for it."""
        try:
            for event in self._wire.receive(data):
                self._take(event)
        except NotAgi as mistake:
            self._broken(str(mistake))

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the session, whatever it is doing."""
        if self._begun and not self._gone.done():
            _log.info("the link to Asterisk closed under a session", call=self.request.uniqueid, why=str(exc or ""))
        # Probes of the kernel's that nobody answers (`_notice_dead_hosts`): the other side may believe in the connection.
        kind = LinkSilent if isinstance(exc, TimeoutError) else LinkClosed
        self._end(f"the link to Asterisk closed{f': {exc}' if exc else ''}", kind)

    def _take(self, event: AgiRequest | Reply | HungUp) -> None:
        match event:
            case AgiRequest():
                if self._deadline is not None:
                    self._deadline.cancel()
                self.request = event
                self._begun = True
                self._begin(self)
            case HungUp():
                self._mark_gone(CallerGone("the caller hung up"))
            case Reply() if self._owed is not None:
                self._answered(self._owed, event)
            case Reply():
                if self._reply is not None and not self._reply.done():
                    self._reply.set_result(event)
                elif not self._gone.done():
                    raise NotAgi("a reply came to no command")

    def _broken(self, why: str) -> None:
        _log.warning("not an AGI peer, or a broken one: connection closed", why=why)
        self._end(why)

    def _mark_gone(self, why: CallerGone) -> None:
        if self._gone.done():
            return
        self._why_gone = why
        self._gone.set_result(None)
        if self._reply is not None and not self._reply.done():
            self._reply.set_exception(why)
        if self._probing is not None:
            self._probing.cancel()
        if self._owed is not None:
            self._owed.set_result(None)
            self._owed = None

    def _end(self, why: str, kind: type[CallerGone] = CallerGone) -> None:
        self._mark_gone(kind(why))
        if self._deadline is not None:
            self._deadline.cancel()
        if self._transport is not None:
            self._transport.close()


class _UntilGone:
    """Runs its body in the session's own task until the channel is gone: as asyncio.timeout does, and without another task."""

    def __init__(self, gone: asyncio.Future[None]) -> None:
        self._gone = gone
        self._interrupted = False
        self._task: asyncio.Task[object] | None = None

    async def __aenter__(self) -> None:
        self._task = asyncio.current_task()
        self._gone.add_done_callback(self._interrupt)

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        self._gone.remove_done_callback(self._interrupt)
        # A cancellation from elsewhere as well: that one goes on.
        mine = self._interrupted and self._task is not None and self._task.uncancel() == 0
        return mine and kind is not None and issubclass(kind, asyncio.CancelledError)

    def _interrupt(self, _: asyncio.Future[None]) -> None:
        self._interrupted = True
        if self._task is not None:
            self._task.cancel()


@asynccontextmanager
async def serving(listen: Listen, handlers: Mapping[str, Handler]) -> AsyncIterator[int]:
    """Serve FastAGI inside the `async with`; yields the port. `handlers` go by the address's path (`call`, `phone`).

    On leaving, no new channel is taken and the sessions under way are cancelled: their callers are handed in again by the
    dialplan, as after a crash.
    """
    sessions: set[asyncio.Task[None]] = set()
    async with asyncio.TaskGroup() as group:

        def begin(connection: AgiConnection) -> None:
            if not server.is_serving():  # it had not finished its headers when serving ended
                connection.close()
                return
            session = group.create_task(_session(connection, handlers), name=f"agi {connection.request.uniqueid}")
            sessions.add(session)
            session.add_done_callback(sessions.discard)

        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: AgiConnection(listen, begin), listen.host, listen.port, backlog=1024, start_serving=False
        )
        for listening in server.sockets:
            _notice_dead_hosts(listening)
        await server.start_serving()
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            server.close()
            for session in sessions:
                session.cancel()


async def _session(connection: AgiConnection, handlers: Mapping[str, Handler]) -> None:
    script = connection.request.script
    log = _log.bind(call=connection.request.uniqueid)
    try:
        handler = handlers.get(script)
        if handler is None:
            log.error("the dialplan asks for what is not served: mend extensions.conf", known=sorted(handlers))
        else:
            await handler(connection)
    except CallerGone as gone:
        log.debug("session over", why=str(gone))
    except Exception:
        # One caller's fault never ends another's session.
        log.exception("session failed")
    finally:
        connection.close()


@lru_cache(maxsize=64)  # the same few Asterisks, call after call
def _is_allowed(peer: str, allowed: tuple[IPv4Network | IPv6Network, ...]) -> bool:
    address = ip_address(peer.partition("%")[0])  # without the zone of a link-local IPv6 address
    return any(address in network for network in allowed)


def _notice_dead_hosts(listening: socket.socket) -> None:
    # An Asterisk host that lost its power says nothing, nor does a firewall that started anew; without probes a session whose
    # caller talks would wait for it for ever. What was sent and never arrived has the same time: nothing is probed meanwhile.
    # Linux hands these on to every connection accepted here: to set them on each would be a dozen system calls a call.
    silent_ms = 1000 * (_PROBED_AFTER_S + _PROBED_EVERY_S * _PROBES)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, _PROBED_AFTER_S)
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, _PROBED_EVERY_S)
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, _PROBES)
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, silent_ms)
