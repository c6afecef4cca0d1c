"""The only door to panoramisk: one link to one Asterisk, kept up for as long as `run` runs.

panoramisk's Manager opens the connection; what is said on it is ours (`protocol.py`). What of the Manager would hurt
is closed here: it neither reconnects by itself (a closed link would come back), nor replays actions after a reconnect (an
Originate would call twice), nor pings without looking at the answer.
"""

from __future__ import annotations

import asyncio
import random
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

import panoramisk
import structlog

from acd.names import NodeId
from cti_bridge.ami.protocol import ACTION_LIMIT_S, ActionRefused, AmiError, AmiProtocol, Answer, Handler, LinkLost
from cti_bridge.ami.wire import Field
from cti_bridge.outage import Outage

_log = structlog.get_logger("ami")


@dataclass(frozen=True, slots=True)
class AmiAddress:
    """Where an Asterisk's manager interface is, and who we are there. `tls` is the context to trust it by, if it speaks TLS."""

    node: NodeId
    host: str
    port: int
    user: str
    secret: str = field(repr=False)
    tls: ssl.SSLContext | None = None


@dataclass(frozen=True, slots=True)
class AmiPace:
    """The link's patience, in seconds. A silent link is found within `ping_every_s + ping_limit_s`.

    After `longest_pause_s` at the most it is tried again: so late may it be noticed that Asterisk is back. One that refuses
    us is left alone for longer.
    """

    connect_limit_s: float = 3.0
    ping_every_s: float = 1.5
    ping_limit_s: float = 2.5
    first_pause_s: float = 0.25
    longest_pause_s: float = 1.0
    refused_pause_s: float = 5.0


class _Manager(panoramisk.Manager):  # type: ignore[misc]  # panoramisk ships no types
    """panoramisk's Manager for one connection at a time: the link decides when there is another."""

    def connection_made(self, f: asyncio.Task[tuple[asyncio.Transport, AmiProtocol]]) -> None:
        """Take the connection. One that did not come about is the link's business."""
        if not f.cancelled() and f.exception() is None:
            super().connection_made(f)

    def ping(self) -> None:
        """Leave pings to the link, which awaits their answers."""


class AmiLink:
    """A link to one Asterisk.

    `handlers` are called with the events they are named for, one after the other, never before `on_login` has returned;
    `on_login` rebuilds the world after each login, by `act`. `on_up` and `on_down` hear of every change.
    """

    def __init__(
        self,
        address: AmiAddress,
        handlers: Mapping[str, Handler],
        *,
        on_login: Callable[[AmiLink], Awaitable[None]],
        on_up: Callable[[NodeId], None],
        on_down: Callable[[NodeId], None],
        pace: AmiPace | None = None,
    ) -> None:
        self.node = address.node
        self._pace = pace or AmiPace()
        self._on_login = on_login
        self._on_up = on_up
        self._on_down = on_down
        self._login: tuple[Field, ...] = (("Username", address.user), ("Secret", address.secret), ("Events", "on"))
        self._protocol: AmiProtocol | None = None
        self._log = _log.bind(node=address.node)
        self._pause_s = self._pace.first_pause_s
        self._outage = Outage()
        self._jitter = random.Random()  # noqa: S311 - spreads reconnects, guards nothing
        self._manager = _Manager(
            host=address.host,
            port=address.port,
            ssl=address.tls or False,
            protocol_factory=lambda: AmiProtocol(handlers),
        )

    async def act(self, action: str, *fields: Field, limit_s: float = ACTION_LIMIT_S) -> Answer:
        """Have Asterisk carry out an action, once. Raises UnsafeAction (not sent), or an AmiError that says what is known."""
        if self._protocol is None:
            raise LinkLost(f"{action} was not sent: the AMI link to {self.node} is down")
        return await self._protocol.ask(action, fields, limit_s)

    async def run(self) -> None:
        """Keep the link up until cancelled; once cancelled it is closed and stays so."""
        while True:
            try:
                await self._connect()
                await self._serve()
            except ActionRefused as error:
                self._pause_s = self._pace.refused_pause_s
                self._tell("Asterisk refused us", str(error))
            except (OSError, AmiError) as error:
                self._tell("AMI link down", str(error) or type(error).__name__)
            except Exception:  # noqa: BLE001 - a mistake of ours here must not end the service: talking callers need it
                self._log.exception("rebuilding the world after the AMI login failed")
            finally:
                self._hang_up()
            await asyncio.sleep(self._pause_s * self._jitter.uniform(0.5, 1.0))
            self._pause_s = min(2 * self._pause_s, self._pace.longest_pause_s)

    def _tell(self, what: str, reason: str) -> None:
        """Say it now and then: an Asterisk that stays away would fill the log."""
        if self._outage.is_news(reason, asyncio.get_running_loop().time()):
            self._log.warning(what, reason=reason, failures=self._outage.failures)

    async def _connect(self) -> None:
        async with asyncio.timeout(self._pace.connect_limit_s):
            _, self._protocol = await self._manager.connect()
            await self._protocol.greeted.wait()
            await self.act("Login", *self._login)

    async def _serve(self) -> None:
        protocol = self._protocol
        assert protocol is not None  # noqa: S101 - _connect has just set it
        await self._on_login(self)
        protocol.release()
        self._pause_s = self._pace.first_pause_s
        self._outage.over()
        self._log.info("AMI link up")
        self._on_up(self.node)
        try:
            while not protocol.lost.done():
                await asyncio.wait([protocol.lost], timeout=self._pace.ping_every_s)
                await self.act("Ping", limit_s=self._pace.ping_limit_s)
        finally:
            self._on_down(self.node)

    def _hang_up(self) -> None:
        protocol, self._protocol = self._protocol, None
        if protocol is not None:
            protocol.close()
