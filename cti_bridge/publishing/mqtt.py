"""Live state over MQTT: a retained topic for each queue and agent, the events, and whether the service is there at all.

Topics: `switchboard/v1/{site}/queues/{queue}`, `…/agents/{agent}` (retained), `…/events`, and `…/service` (retained; the
broker itself says `away` there when the connection breaks). Payloads are CloudEvents, on `…/events` several in one message.
While the broker is away, the newest state of each topic is kept, events only so many.

A message costs as much as a decision of the engine or two, so they are gathered: what happens within `GATHER_S` is one
message of events, and one state a topic. Events are acknowledged by the broker. States are not: every one is sent again
after the connection broke, and until then what was written arrives.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import ssl
from collections import deque
from collections.abc import Coroutine
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Literal

import aiomqtt
import structlog
from pydantic import Field

from acd.events import PlansLoaded, Stamped
from cti_bridge.board.live import LiveBoard
from cti_bridge.board.views import AgentView, Delta, QueueView, View
from cti_bridge.links import MQTT, Links
from cti_bridge.outage import Outage
from cti_bridge.publishing.cloud_events import Envelopes, batch, state_envelope

EVENTS_KEPT = 1000
"""Events kept while the broker is away or slow, at most; beyond them the oldest are dropped and counted."""
EVENTS_AT_ONCE = 200
"""Events in one message, at most."""
STATES_AT_ONCE = 10
"""States written together: each by itself would take the loop three turns. aiomqtt warns where more than ten are under way."""
GATHER_S = 0.25
"""What happens within so long is sent together; what comes after a pause is sent at once."""
PUBLISH_LIMIT_S = 5.0
FAREWELL_LIMIT_S = 1.0
KEEP_ALIVE_S = 5
REMAINS_WITHIN_S = 1.0
"""How long after connecting the broker may take to tell what it retains."""
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 2.0
"""So late may it be noticed that the broker is back."""

_CLEARED = b""
"""An empty retained message: the broker forgets the topic."""
_log = structlog.get_logger("mqtt")


@dataclass(frozen=True, slots=True)
class MqttAddress:
    """Where the broker is, and who we are there; without `user` nobody in particular. `tls` is the context to trust it by."""

    host: str
    port: int
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: ssl.SSLContext | None = None


class ServiceView(View):
    """Whether the service is there; the broker says `away` in its name when the connection breaks."""

    state: Literal["online", "away"]
    run: str = Field(description="Names this run of the service")


@dataclass(frozen=True, slots=True)
class _State:
    """A queue's or an agent's state as the board told it."""

    view: QueueView | AgentView
    seq: int
    at: float


class MqttPublisher:
    """A sink of the feed (events) and of the live board (states); `run` keeps the connection and sends."""

    name = "mqtt"

    def __init__(self, address: MqttAddress, envelopes: Envelopes, live: LiveBoard, links: Links) -> None:
        self._address = address
        self._envelopes = envelopes
        self._site = site = envelopes.site
        self._live = live
        self._links = links
        self._prefix = f"switchboard/v1/{site}"
        self._states: dict[str, _State | None] = {}
        """The newest state of each topic that has one to send; None: the topic is to be cleared."""
        self._known: set[str] = set()
        """The topics of the queues and agents that there are."""
        self._events: deque[bytes] = deque()
        self._wake = asyncio.Event()
        self._jitter = random.Random()  # noqa: S311 - spreads reconnects, guards nothing
        self._pause_s = FIRST_PAUSE_S
        self._outage = Outage()
        self.dropped = 0
        """Events that were never sent: the broker was away or slow for too long."""
        links.expect(MQTT)

    # ------------------------------------------------------------------------------------------------ hearing

    def take(self, stamped: Stamped) -> None:
        """Keep an event for sending. Configuration is no news to outsiders."""
        if isinstance(stamped.event, PlansLoaded):
            return
        if len(self._events) >= EVENTS_KEPT:
            self._events.popleft()
            self.dropped += 1
        self._events.append(self._envelopes.of(stamped))
        self._wake.set()

    def resume(self) -> None:
        """States come again from the board; missed events are missing."""

    def show(self, delta: Delta) -> None:
        """Keep the states of a delta for sending, each in place of the one before."""
        self._keep([*delta.queues, *delta.agents], delta.seq, delta.at)
        gone = [("queues", queue) for queue in delta.gone.queues] + [("agents", agent) for agent in delta.gone.agents]
        for kind, name in gone:
            self._known.discard(self._topic(kind, name))
            self._states[self._topic(kind, name)] = None
        self._wake.set()

    def _keep(self, views: list[QueueView | AgentView], seq: int, at: float) -> None:
        for view in views:
            topic = self._topic("queues" if isinstance(view, QueueView) else "agents", view.id)
            self._known.add(topic)
            self._states[topic] = _State(view, seq, at)

    def _topic(self, *parts: str) -> str:
        # An id with a separator or a wildcard in it would speak on somebody else's topic.
        return "/".join((self._prefix, *(part.translate(_UNSAFE_IN_TOPICS) for part in parts)))

    # ------------------------------------------------------------------------------------------------ sending

    async def run(self) -> None:
        """Keep the connection and send, until cancelled."""
        while True:
            try:
                await self._serve()
            except (aiomqtt.MqttError, OSError) as error:
                self._tell(type(error).__name__)
            finally:
                self._links.down(MQTT)
            await asyncio.sleep(self._pause_s * self._jitter.uniform(0.5, 1.0))
            self._pause_s = min(2 * self._pause_s, LONGEST_PAUSE_S)

    def _tell(self, reason: str) -> None:
        # The error's kind alone: texts of network errors hold addresses and names.
        if self._outage.is_news(reason, asyncio.get_running_loop().time()):
            failures = self._outage.failures
            _log.warning("MQTT link down; the newest states are kept", reason=reason, failures=failures)

    async def _serve(self) -> None:
        client = aiomqtt.Client(
            self._address.host,
            self._address.port,
            username=self._address.user,
            password=self._address.password,
            # One name for every run: a broker that still holds the dead connection of the run before says its `away`
            # now, and not after we have said `online`.
            identifier=f"switchboard-{self._site}",
            keepalive=KEEP_ALIVE_S,
            timeout=PUBLISH_LIMIT_S,
            tls_context=self._address.tls,
            will=aiomqtt.Will(self._topic("service"), self._presence("away"), qos=1, retain=True),
        )
        async with client:
            await client.publish(self._topic("service"), self._presence("online"), qos=1, retain=True)
            _heed_cancellation()
            snapshot = self._live.snapshot()
            self._keep([*snapshot.queues, *snapshot.agents], snapshot.seq, snapshot.at)
            self._wake.set()
            self._pause_s = FIRST_PAUSE_S
            self._links.up(MQTT)
            self._outage.over()
            _log.info("MQTT link up")
            try:
                async with asyncio.TaskGroup() as tasks:
                    parts = [
                        tasks.create_task(_until_broken(part)) for part in (self._hear(client), self._send(client))
                    ]
                    remains = tasks.create_task(_until_broken(self._look_for_remains(client)))
                    await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
                    for part in (*parts, remains):
                        part.cancel()
            except asyncio.CancelledError:
                # An orderly goodbye does not set off the last will, so it is said by ourselves.
                with contextlib.suppress(aiomqtt.MqttError, TimeoutError):
                    async with asyncio.timeout(FAREWELL_LIMIT_S):
                        await client.publish(self._topic("service"), self._presence("away"), qos=1, retain=True)
                raise
            raise aiomqtt.MqttError("the connection to the broker is broken")

    async def _look_for_remains(self, client: aiomqtt.Client) -> None:
        """Have the broker tell what it retains: also of queues and agents that are no longer configured."""
        topics = [(f"{self._prefix}/{kind}/+", 1) for kind in ("queues", "agents")]
        await client.subscribe(topics)
        await asyncio.sleep(REMAINS_WITHIN_S)
        await client.unsubscribe([topic for topic, _ in topics])

    async def _hear(self, client: aiomqtt.Client) -> None:
        """Forget what is retained of who is gone. Also raises when the connection breaks, which nothing else would notice."""
        async for message in client.messages:
            topic = str(message.topic)
            if message.retain and message.payload and topic not in self._known:
                self._states[topic] = None
                self._wake.set()

    async def _send(self, client: aiomqtt.Client) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._events:
                await self._send_events(client)
                _heed_cancellation()
            while self._states:
                await self._send_states(client)
                _heed_cancellation()
            await asyncio.sleep(GATHER_S)

    async def _send_events(self, client: aiomqtt.Client) -> None:
        """Send a message of events; those that were not acknowledged stay."""
        events = list(islice(self._events, EVENTS_AT_ONCE))
        await client.publish(self._topic("events"), batch(events), qos=1)
        sent = set(map(id, events))
        while self._events and id(self._events[0]) in sent:
            self._events.popleft()

    async def _send_states(self, client: aiomqtt.Client) -> None:
        topics = list(islice(self._states, STATES_AT_ONCE))
        payloads = [self._payload(self._states.pop(topic)) for topic in topics]
        together = (
            client.publish(topic, payload, qos=0, retain=True) for topic, payload in zip(topics, payloads, strict=True)
        )
        await asyncio.gather(*together)

    def _payload(self, state: _State | None) -> bytes:
        return _CLEARED if state is None else self._envelope(state)

    def _envelope(self, state: _State) -> bytes:
        kind = "queue" if isinstance(state.view, QueueView) else "agent"
        number = f"{self._live.run_id}-{kind}-{state.view.id}-{state.seq}"
        return state_envelope(state.view, kind=kind, subject=state.view.id, site=self._site, at=state.at, number=number)

    def _presence(self, state: Literal["online", "away"]) -> bytes:
        return state_envelope(
            ServiceView(state=state, run=self._live.run_id),
            kind="service",
            subject=self._site,
            site=self._site,
            at=self._live.now(),
            number=f"{self._live.run_id}-{state}",
        )


_UNSAFE_IN_TOPICS = str.maketrans({"/": "_", "+": "_", "#": "_", "\0": "_"})


def _heed_cancellation() -> None:
    """End here where the task was cancelled in the moment in which its publish was acknowledged.

    aiomqtt waits by asyncio.wait_for, which before Python 3.12 gives the result then and forgets the cancellation: the task
    would go on for ever, and the service with it.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


async def _until_broken(part: Coroutine[Any, Any, None]) -> None:
    """Do this part of the work until it is done or the connection breaks.

    That is not raised: a TaskGroup of Python 3.11 that has an error to report forgets that it was cancelled in that moment.
    """
    try:
        await part
    except* aiomqtt.MqttError:
        pass
