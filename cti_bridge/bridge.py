"""This room put together: links, sinks, board and store, started in the order that loses nothing.

First the feed has its reader, then agents are read back from Redis, then Asterisk tells which callers there are. The day's
figures come last: a long day takes seconds to count, and no caller waits for it. Redis away delays the start by a few
seconds and never prevents it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import tzinfo

import structlog
from prometheus_client import CollectorRegistry

from acd.agents import Agent
from acd.decision import Decision
from acd.desk import Desk
from acd.explaining.explain import in_words
from acd.names import AgentId, CallId, Hindrance, node_of
from cti_bridge.ami.link import AmiAddress, AmiPace
from cti_bridge.ami.node import AsteriskNode
from cti_bridge.ami.phone_use import PhoneUses
from cti_bridge.ami.protocol import LinkLost
from cti_bridge.ami.resync import PlaceOf
from cti_bridge.api.parts import Names, Parts, RefusedTo
from cti_bridge.board.board import Board
from cti_bridge.board.decisions import Decisions
from cti_bridge.board.figures import COUNTED, DayFigures, time_of_day
from cti_bridge.board.live import LiveBoard
from cti_bridge.board.viewer import QueueHours, QueueName, Viewer, always_open
from cti_bridge.board.views import Texts
from cti_bridge.kept.agents import AgentStore
from cti_bridge.kept.callbacks import CallbackStore
from cti_bridge.kept.event_stream import LENGTH, EventStream, history_of, read_events
from cti_bridge.kept.last_agents import LastAgents
from cti_bridge.kept.link import RedisAway, RedisLink, Sentinels, connect
from cti_bridge.kept.past_paces import remember_paces
from cti_bridge.kept.past_scores import PastScores
from cti_bridge.kept.texts import KeptTexts
from cti_bridge.links import Links
from cti_bridge.publishing.cloud_events import Envelopes
from cti_bridge.publishing.metrics import FloorGauges, Meters
from cti_bridge.publishing.mqtt import MqttAddress, MqttPublisher
from cti_bridge.publishing.publisher import Publisher, Sink

RESTORE_PATIENCE_S = 5.0
"""How long the start waits for Redis before it goes on without what is kept there."""
HISTORY_PATIENCE_S = 60.0
"""How long the day's events are read back beside the calls, at most."""
OTHERS_PATIENCE_S = 3.0
"""How long the start waits for the other Asterisks once one has told its callers: one that is down holds up nobody."""

_log = structlog.get_logger("bridge")


@dataclass(frozen=True, slots=True)
class BridgeSettings:
    """What the room is told. `zone` is where days begin at midnight; without `mqtt` nothing is published there."""

    site: str
    zone: tzinfo
    asterisks: Sequence[AmiAddress]
    redis_url: str
    mqtt: MqttAddress | None = None
    redis_sentinels: Sentinels | None = None
    pause_reasons: Names | None = None
    """The reasons for which the API lets agents pause, as configured now; None: any."""
    pause_labels: Callable[[], Mapping[str, Texts]] = dict
    """What people call these reasons, by language."""
    skill_labels: Callable[[], Mapping[str, Texts]] = dict
    """What people call skills, by language; the others go by their names."""
    skills: Names | None = None
    """The skills that the API lets agents be given, as configured now; None: any."""
    remember_customers_s: Callable[[], float] = lambda: 30 * 86_400.0
    """For how long it is kept with whom a customer talked last, as configured now."""
    stream_length: int = LENGTH
    pace: AmiPace | None = None


class Bridge:
    """All of this room, running beside a desk that has its configuration already."""

    def __init__(
        self,
        settings: BridgeSettings,
        desk: Desk,
        place_of: PlaceOf,
        queue_name: QueueName,
        queue_hours: QueueHours = always_open,
    ) -> None:
        self._settings = settings
        self._desk = desk
        now = desk.wall(desk.now())
        self.links = Links(lambda: desk.wall(desk.now()))
        self._redis = RedisLink(connect(settings.redis_url, settings.redis_sentinels), self.links)
        self._figures = DayFigures(settings.zone, desk.floor.plans.get, now)
        self._figures.wait_for_the_past()
        viewer = Viewer(desk, self._figures, self.links, queue_name, self._explain, queue_hours)
        self._board = Board(desk, self._figures, viewer)
        self.live = LiveBoard(self._board, desk.run_id)
        self.links.changed = self.live.stir
        self.store = AgentStore(self._redis, settings.site, desk)
        self.calls_back_now: Callable[[], bool] = lambda: True
        """Whether customers may be called back at this hour."""
        self.refused_to: RefusedTo | None = None
        """The rule by which an agent may not send a caller on to a number; None: to none at all."""
        self.callbacks = CallbackStore(self._redis, settings.site, desk)
        self.last_agents = LastAgents(self._redis, settings.site, desk, settings.remember_customers_s)
        self.switches = KeptTexts(self._redis, f"switchboard:{settings.site}:calendars")
        self.dialling = KeptTexts(self._redis, f"switchboard:{settings.site}:dialling")
        self._scores_kept = KeptTexts(self._redis, f"switchboard:{settings.site}:expected_waits")
        self._past_scores = PastScores(desk, self._scores_kept)
        envelopes = Envelopes(settings.site)
        self._stream = EventStream(self._redis, envelopes, settings.stream_length)
        self.decisions = Decisions()
        self.meters = Meters(CollectorRegistry())
        self._mqtt = None if settings.mqtt is None else MqttPublisher(settings.mqtt, envelopes, self.live, self.links)
        everywhere: list[PhoneUses] = []
        self._nodes = [
            AsteriskNode(asterisk, desk, place_of, self.links, settings.pace, PhoneUses(everywhere))
            for asterisk in settings.asterisks
        ]
        self._publisher = Publisher(desk.feed, self._sinks())
        if self._mqtt is not None:
            self.live.tell(self._mqtt)
        self.caught_up = asyncio.Event()
        """Set once agents were read back and the Asterisks have told their callers: before that, nobody should be offered to
        anybody who may be talking. Where all are away nobody tells, so whoever waits for this waits bounded."""
        self.meters.registry.register(FloorGauges(self._board, self.links, self._dropped(), self._corrections()))

    @property
    def parts(self) -> Parts:
        """What the API shows and moves."""
        reasons = self._settings.pause_reasons
        return Parts(
            self._desk,
            self.live,
            self.store,
            self.decisions,
            self.in_words,
            self.explain,
            reasons,
            self._settings.skills,
            self.send_on,
            self.refused_to,
        )

    async def send_on(self, call: CallId, to: str) -> None:
        """Have the call's Asterisk send the caller on to this queue, or number. Raises AmiError."""
        node = next((node for node in self._nodes if call.startswith(f"{node.node}-")), None)
        if node is None:
            raise LinkLost(f"call {call} is on no Asterisk of ours")
        await node.send_on(call, to)

    async def run(self) -> None:
        """Run until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._redis.run())
            tasks.create_task(self.store.run())
            tasks.create_task(self.switches.run())
            tasks.create_task(self.dialling.run())
            tasks.create_task(self._scores_kept.run())
            tasks.create_task(self._past_scores.run())
            tasks.create_task(self.callbacks.run())
            await self._read_back()
            tasks.create_task(self._publisher.run())
            tasks.create_task(self._stream.run())
            tasks.create_task(self.last_agents.run())
            tasks.create_task(self.live.run())
            if self._mqtt is not None:
                tasks.create_task(self._mqtt.run())
            for node in self._nodes:
                tasks.create_task(node.run())
                tasks.create_task(node.callbacks.run(self.calls_back_now))
            await self._all_seen()
            self.caught_up.set()
            tasks.create_task(remember_paces(self._redis, self._settings.site, self._desk))
            await self._recall_the_day()

    async def _all_seen(self) -> None:
        """Wait for what the Asterisks tell; once one has, not long for the others: their callers are found when they do."""
        async with asyncio.TaskGroup() as tasks:
            waiting = [tasks.create_task(node.seen.wait()) for node in self._nodes]
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.wait(waiting, timeout=OTHERS_PATIENCE_S)
            for each in waiting:
                each.cancel()

    async def _read_back(self) -> None:
        """Agents, calendars' switches, callbacks; what Redis does not give in time is gone without."""
        try:
            async with asyncio.timeout(RESTORE_PATIENCE_S):
                await self.store.restored.wait()
                await self.switches.restored.wait()
                await self.dialling.restored.wait()
                await self.callbacks.restored.wait()
        except TimeoutError:
            _log.warning("Redis did not answer in time: agents may begin signed out")

    async def _recall_the_day(self) -> None:
        """Count what happened today before this run, and then what was held back since."""
        try:
            async with asyncio.timeout(HISTORY_PATIENCE_S):
                await self._recall_figures()
        except (TimeoutError, RedisAway):
            _log.warning("Redis did not tell the day's events in time: today's figures lack what it did not tell")
        self._figures.past_told()
        self._board.look_at_everything()
        self.live.stir()

    async def _recall_figures(self) -> None:
        site = self._settings.site
        history = await history_of(self._redis, site)
        if history.whole_since is None:
            return
        self._figures.count_from(history.whole_since)
        async for stamped in read_events(self._redis, site, self._figures.since, COUNTED):
            if stamped.run != self._desk.run_id:  # this run's own are held back already
                self._figures.recall(stamped)

    def hush(self, call: CallId) -> None:
        """End at once what is being played to a caller, wherever they are."""
        for node in self._nodes:
            if node.has(call):
                node.hush(call)

    def unrecorded(self, call: CallId) -> AbstractAsyncContextManager[None]:
        """Have whatever records this call write silence inside the `async with`."""
        node = next((node for node in self._nodes if node.has(call)), None)
        return nullcontext() if node is None else node.unrecorded(call)

    def hand_in(self, call: CallId) -> None:
        """Take a caller out of a session that is cut off, and have the dialplan hand them in again."""
        for node in self._nodes:
            if node.has(call):
                node.hand_in(call)

    async def dial_is_over(self, call: CallId) -> bool:
        """Whether the call's Asterisk says that it dials nobody for this caller any more; False where it does not say."""
        node = next((node for node in self._nodes if node.has(call)), None)
        return node is not None and await node.dial_is_over(call)

    def end_ringing(self, call: CallId) -> None:
        """End what still rings for a caller, wherever they are."""
        for node in self._nodes:
            if node.has(call):
                node.end_ringing(call)

    def end_lines_of_nobody(self) -> None:
        """Hang up agents' lines to numbers outside that they ask for no caller any more."""
        for node in self._nodes:
            node.end_lines_of_nobody()

    def in_words(self, decision: Decision) -> Texts:
        """A decision in one sentence a language, with agents' names and the site's time of day."""
        zone = self._settings.zone
        return in_words(
            decision,
            _Names(self._desk.floor.agents),
            lambda at: time_of_day(self._desk.wall(at), zone),
            self._settings.pause_labels(),
            self._settings.skill_labels(),
        )

    def explain(self, call: CallId) -> Decision:
        """How the call stands now; of a callback that cannot be carried out, why. Raises UnknownCall."""
        decision = self._desk.explain(call)
        if decision.hindrance is not Hindrance.CARRIER:
            return decision
        node = next((node for node in self._nodes if node.node == node_of(call)), None)
        return decision if node is None else replace(decision, hindrance=node.callbacks.hindrance)

    def _explain(self, call: CallId) -> Texts:
        return self.in_words(self.explain(call))

    def _sinks(self) -> list[Sink]:
        always: list[Sink] = [
            self.store,
            self.callbacks,
            self.last_agents,
            self.live,
            self._stream,
            self.decisions,
            self.meters,
            *self._nodes,
        ]
        return always if self._mqtt is None else [*always, self._mqtt]

    def _dropped(self) -> dict[str, Callable[[], int]]:
        dropped = {
            "feed": lambda: self._desk.feed.dropped,
            "live": lambda: self.live.dropped,
            "redis_stream": lambda: self._stream.dropped,
        }
        mqtt = self._mqtt
        return dropped if mqtt is None else {**dropped, "mqtt": lambda: mqtt.dropped}

    def _corrections(self) -> dict[str, Callable[[], int]]:
        return {node.node: lambda node=node: node.corrections for node in self._nodes}  # type: ignore[misc] # mypy cannot infer lambdas with defaults


class _Names(Mapping[AgentId, str]):
    """Agents' names, looked up one by one: a sentence names few of many."""

    def __init__(self, agents: Mapping[AgentId, Agent]) -> None:
        self._agents = agents

    def __getitem__(self, agent: AgentId) -> str:
        return self._agents[agent].profile.name

    def __iter__(self) -> Iterator[AgentId]:
        return iter(self._agents)

    def __len__(self) -> int:
        return len(self._agents)
