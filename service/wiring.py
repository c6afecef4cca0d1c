"""The one place where the rooms meet: who is handed what, and in which order they start and stop.

Order of a start: the desk takes the configuration; the bridge reads agents back from Redis and the world from Asterisk; only
then does FastAGI listen, so that callers who were waiting are all known before the first of them is handed in again.
"""

from __future__ import annotations

import asyncio
import signal
import socket
import uuid
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any
from urllib.parse import quote

import structlog
import uvicorn
from starlette.types import ASGIApp

from acd.desk import Desk
from acd.messages import Attributes, CallId, CallState, NodeId, Offered, QueueId
from common.clock import boot_id, boot_seconds, unix_seconds
from cti_bridge import api as live_api
from cti_bridge import health
from cti_bridge.ami import AmiAddress
from cti_bridge.bridge import Bridge, BridgeSettings
from cti_bridge.mqtt import MqttAddress
from cti_bridge.resync import Place
from ivr.agi import AgiConnection, Handler, Listen, serving
from ivr.flow import LANGUAGE, menus_passed
from ivr.flow_file import Flows
from ivr.house import House
from ivr.phone_codes import PROMPTS as PHONE_PROMPTS
from ivr.phone_codes import PhoneDesk
from ivr.prompts import Prompts
from ivr.reception import handlers
from ivr.ticket import TicketOffice, TicketRefused
from recordings import api as recordings_api
from recordings.catalogue import Catalogue
from recordings.keeper import Keeper
from recordings.policy import Policy, Rule
from recordings.shelf import Shelf
from recordings.sidecar import Sidecars
from recordings.tape import OfferedCall, Tape
from service.access import Gate
from service.centre import Centre
from service.settings import Settings
from service.web_app import web_app

WORLD_PATIENCE_S = 15.0
"""How long the start waits to learn from Asterisk who waits. Callers hear music meanwhile; then new ones are served anyway."""
HANG_UP_WITHIN_S = 2
"""How long watchers of the live stream may take to leave when the service stops."""
PROMPT_FOLDERS = {"zh-CN": "zh", "en": "en"}
MESSAGES = "messages"
"""The folder of callers' messages, inside the recordings folder."""

_log = structlog.get_logger("service")


class CannotListen(Exception):
    """A port that the service was to listen on cannot be had; the text says which, and what to do."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that was read and checked before the start."""

    settings: Settings
    centre: Centre
    flows: Flows
    prompts: Prompts


async def serve(plan: Plan) -> None:
    """Run the service until it is told to stop (SIGTERM, SIGINT). Raises CannotListen, SchemaMismatch."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    settings = plan.settings
    catalogue = await Catalogue.create(settings.database_url)
    try:
        with listening(settings.api_host, settings.api_port, "SWITCHBOARD_API_PORT") as web_socket:
            async with running(plan, catalogue, web_socket):
                _log.info("serving", site=settings.site, run_folder=str(settings.data_dir))
                await stop.wait()
                _log.info("stopping")
    finally:
        await catalogue.close()


@asynccontextmanager
async def running(plan: Plan, catalogue: Catalogue, web_socket: socket.socket) -> AsyncIterator[None]:
    """All parts, started in order and stopped in the reverse."""
    settings, centre = plan.settings, plan.centre
    desk = Desk(boot_seconds, unix_seconds, uuid.uuid4().hex)
    tickets = TicketOffice(settings.ticket_key.get_secret_value().encode(), boot_id(), boot_seconds, unix_seconds)
    shelf = Shelf(settings.recordings_dir, centre.zone)
    sidecars = Sidecars(shelf)
    policy = Policy([Rule(rule.when, rule.record) for rule in centre.recording])
    tape = Tape(shelf, sidecars, policy, catalogue.highest_number)
    keeper = Keeper(shelf=shelf, sidecars=sidecars, catalogue=catalogue, still_talking=lambda call: _talks(desk, call))
    house = House(
        desk=desk,
        flows=lambda: plan.flows,
        sounds=plan.prompts,
        tickets=tickets,
        tape=lambda offered, attributes, waited_s: _load_tape(tape, centre, offered, attributes, waited_s),
        message_file=lambda call: str(shelf.as_asterisk_sees_it / MESSAGES / f"{call}.wav"),
    )
    phones = PhoneDesk(
        desk=desk,
        sounds=plan.prompts,
        language=PROMPT_FOLDERS[centre.language],
        pause_reasons=lambda: {str(reason.code): reason.name for reason in centre.pause_reasons},
    )
    async with background(desk.run()):
        await desk.ask(centre.configured)
        bridge = Bridge(_bridge_settings(settings, centre), desk, _place_reader(tickets, desk), _queue_name(centre))
        gate = Gate(settings.api_token.get_secret_value(), settings.token_everywhere, unix_seconds)
        routers = [
            live_api.router(bridge.parts),
            health.router(bridge.links, bridge.meters.text),
            recordings_api.router(catalogue, shelf),
        ]
        app = web_app(routers, gate, settings.web_dir)
        async with (
            background(bridge.run(), keeper.run(desk.feed), _make_prompts(plan)),
            answering(app, web_socket),
            background(_receive(settings, bridge, {**handlers(house, phones), "doctor": _greet})),
        ):
            yield


async def _receive(settings: Settings, bridge: Bridge, served: Mapping[str, Handler]) -> None:
    """Serve callers once it is known who waits already; until cancelled. Raises CannotListen."""
    await _world_known(bridge)
    allowed = tuple(ip_network(peer) for peer in sorted(settings.allowed_peers))
    try:
        async with serving(Listen(settings.agi_host, settings.agi_port, allowed), served) as port:
            _log.info("callers are served", fastagi_port=port)
            await asyncio.Event().wait()
    except* OSError as taken:
        raise CannotListen(
            f"FastAGI cannot listen on {settings.agi_host}:{settings.agi_port} ({taken.exceptions[0]}): "
            "end whatever holds it, or set SWITCHBOARD_AGI_PORT"
        ) from taken


@asynccontextmanager
async def answering(app: ASGIApp, web_socket: socket.socket) -> AsyncIterator[None]:
    """Answer HTTP and WebSockets on this socket beside the body."""
    server = _Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="off",
            ws="websockets-sansio",
            timeout_graceful_shutdown=HANG_UP_WITHIN_S,
        )
    )
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(server.serve(sockets=[web_socket]))
        try:
            yield
        finally:
            server.should_exit = True


@asynccontextmanager
async def background(*work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run these beside the body; an error in one ends the body, the body's end cancels them."""
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(each) for each in work]
        try:
            yield
        finally:
            for task in running:
                task.cancel()


@contextmanager
def listening(host: str, port: int, variable: str) -> Iterator[socket.socket]:
    """A listening TCP socket; raises CannotListen."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    taken = socket.socket(family)
    try:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind((host, port))
        taken.listen(1024)
        taken.setblocking(False)
    except OSError as error:
        taken.close()
        raise CannotListen(
            f"the API cannot listen on {host}:{port} ({error.strerror}): end whatever holds it, or set {variable}"
        ) from error
    with taken:
        yield taken


class _Server(uvicorn.Server):
    """uvicorn without its own signal handlers: the service has its own."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone."""
        yield


async def _greet(_connection: AgiConnection) -> None:
    """Answer `switchboard doctor`'s own call: being reached is all it asks."""


async def _world_known(bridge: Bridge) -> None:
    """Wait until an Asterisk has told which callers there are, within `WORLD_PATIENCE_S`."""
    known = asyncio.Event()
    tell_board = bridge.links.changed

    def changed() -> None:
        tell_board()
        if health.read(bridge.links).ready:
            known.set()

    bridge.links.changed = changed
    changed()
    try:
        async with asyncio.timeout(WORLD_PATIENCE_S):
            await known.wait()
    except TimeoutError:
        _log.error(
            "no Asterisk answers on AMI: callers are served, but answers and hang-ups are not seen until it does"
        )
    finally:
        bridge.links.changed = tell_board


async def _make_prompts(plan: Plan) -> None:
    unmade = await plan.prompts.make([*plan.flows.prompts, *PHONE_PROMPTS])
    _log.info("prompts made", missing=len(unmade))


def _bridge_settings(settings: Settings, centre: Centre) -> BridgeSettings:
    password = quote(settings.redis_password.get_secret_value(), safe="")
    return BridgeSettings(
        site=settings.site,
        zone=centre.zone,
        asterisks=[
            AmiAddress(
                NodeId(settings.node),
                settings.ami_host,
                settings.ami_port,
                settings.ami_user,
                settings.ami_password.get_secret_value(),
            )
        ],
        redis_url=f"redis://:{password}@{settings.redis_host}:{settings.redis_port}/0",
        mqtt=MqttAddress(
            settings.mqtt_host, settings.mqtt_port, settings.mqtt_user, settings.mqtt_password.get_secret_value()
        ),
    )


def _place_reader(tickets: TicketOffice, desk: Desk) -> Callable[[CallId, str], Place | None]:
    """Let the resync read tickets, which are the callers' room's own."""

    def read(call: CallId, text: str) -> Place | None:
        try:
            place = tickets.read(text, call).place
        except TicketRefused:
            return None
        if place is None:
            return None
        joined_at = desk.now() - place.waited_s
        return Place(place.queue, place.priority, place.need, place.attributes, joined_at, place.agent)

    return read


def _queue_name(centre: Centre) -> Callable[[QueueId], dict[str, str]]:
    return lambda queue: centre.queue_names[queue]


def _talks(desk: Desk, call: CallId) -> bool:
    known = desk.floor.calls.get(call)
    return known is not None and known.state is CallState.TALKING


async def _load_tape(
    tape: Tape, centre: Centre, offered: Offered, attributes: Attributes, waited_s: float
) -> str | None:
    """Let a caller's session ask the recordings room for a file."""
    return await tape.load(
        OfferedCall(
            call=offered.call,
            queue=offered.queue,
            agent=offered.agent,
            agent_name=centre.agent_names.get(offered.agent, offered.agent),
            need=offered.decision.need,
            wait_s=waited_s,
            menu_path=menus_passed(attributes),
            language=str(dict(attributes).get(LANGUAGE, "")),
            attributes=attributes,
        )
    )
