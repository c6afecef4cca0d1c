"""The one place where the rooms meet: who is handed what, and in which order they start and stop.

Order of a start: the ports are had or the start is refused, likewise the claim on the site; the desk takes the
configuration; the bridge reads agents back from Redis and the world from Asterisk; only then does FastAGI listen, so that
callers who were waiting are all known before the first of them is handed in again. The catalogue of recordings, the pages and
the API come after that, beside callers: a recorded conversation waits until its number is known. The end goes the other way
round: callers' sessions first, the desk last.
"""

from __future__ import annotations

import asyncio
import random
import signal
import socket
import uuid
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog

from acd.desk import Desk
from acd.events import Offered
from acd.names import AgentId, Attributes, CallId, CustomerKey
from common.clock import boot_id, boot_seconds, unix_seconds
from cti_bridge.ami.resync import Place
from cti_bridge.bridge import Bridge, BridgeSettings
from cti_bridge.kept.claim import Claim, RedisClaims
from cti_bridge.kept.last_agents import LastAgents
from cti_bridge.kept.link import connect
from ivr.agi.server import Handler, Listen, serving
from ivr.calendars.switches import Calendars
from ivr.customers import Pseudonyms
from ivr.house import House
from ivr.phone_codes import PhoneDesk
from ivr.reception import handlers
from ivr.state import LANGUAGE, menus_passed
from ivr.tickets.ticket import TicketOffice, TicketRefused
from recordings.catalogue.catalogue import Catalogue, CatalogueFailed
from recordings.disk.shelf import Shelf
from recordings.disk.sidecar import Sidecars
from recordings.faxes.faxes import FaxTray
from recordings.keeping.keeper import Keeper
from recordings.keeping.retention import Retention
from recordings.keeping.room import Room
from recordings.tape import OfferedCall, Tape
from recordings.voicemail import Voicemail
from service import alarms, neighbours
from service.centre.files import Centre
from service.centre.skills import skill_names
from service.configuration.in_force import InForce
from service.configuration.plan import PROMPT_FOLDERS, Plan
from service.configuration.reload import Reloader, policy_of
from service.doctor.call import examine_applications
from service.faults import CannotKeep, innermost
from service.leaving import leave_in_time
from service.offices import lookups
from service.offices.callbacks import CallbackPromises
from service.offices.dialling import DialOffice
from service.offices.faxes import FaxOffice, fax_told_on
from service.offices.http_client import HttpClient
from service.offices.lookups import HttpLookups, Known
from service.offices.messages import MessageOffice, told_on
from service.offices.queue_hours import hours_of_queues
from service.offices.switches_kept import keep_switches
from service.pages import MakeApplication, callers_first, show_pages
from service.settings import Settings
from service.speech.prompt_texts import spoken_in
from service.standstill import notice_standstills
from service.web.listening import Address, listening, make_sure_of

if TYPE_CHECKING:
    from starlette.types import ASGIApp

WORLD_PATIENCE_S = 15.0
"""How long the start waits to learn from Asterisk who waits. Callers hear music meanwhile; then new ones are served anyway."""
DAY_S = 86_400.0

_log = structlog.get_logger("service")


async def serve(plan: Plan) -> None:
    """Run the service until it is told to stop (SIGTERM, SIGINT); SIGHUP reloads.

    Raises CannotListen, CannotKeep, SchemaMismatch, SiteServed.
    """
    stop, reload_asked = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    loop.add_signal_handler(signal.SIGHUP, reload_asked.set)
    settings = plan.settings
    with listening(Address("the API", settings.api_host, settings.api_port, "API")) as web_socket:
        make_sure_of(_fastagi(settings))
        async with _claim(settings) as claim:
            if await _done_before(stop, claim.take()):
                await _serve_claimed(plan, claim, web_socket, stop, reload_asked)
    _log.info("stopped")


async def _serve_claimed(
    plan: Plan, claim: Claim, web_socket: socket.socket, stop: asyncio.Event, reload_asked: asyncio.Event
) -> None:
    settings = plan.settings
    catalogue = Catalogue(settings.database_url)
    try:
        async with background(claim.keep()), running(plan, catalogue, web_socket, reload_asked):
            _log.info("serving", site=settings.site, api_port=settings.api_port)
            await stop.wait()
            _log.info("stopping")
            leave_in_time()
    finally:
        await catalogue.close()


@asynccontextmanager
async def running(
    plan: Plan, catalogue: Catalogue, web_socket: socket.socket, reload_asked: asyncio.Event
) -> AsyncIterator[None]:
    """All parts, started in order and stopped in the reverse. Whenever `reload_asked` is set, a reload."""
    settings, in_force = plan.settings, InForce(plan)
    desk = Desk(boot_seconds, unix_seconds, uuid.uuid4().hex)
    tickets = TicketOffice(settings.ticket_key.get_secret_value().encode(), boot_id(), boot_seconds, unix_seconds)
    async with background(desk.run()), aclosing(HttpClient()) as lookups_client:
        await desk.ask(plan.centre.configured)
        calendars = Calendars(lambda: in_force.calendars, unix_seconds)
        bridge = Bridge(
            _bridge_settings(settings, in_force),
            desk,
            _place_reader(tickets, desk),
            in_force.queue_name,
            hours_of_queues(desk, calendars),
        )
        desk.decided = bridge.meters.decided
        desk.forecasts.judged = bridge.meters.judged
        alarm = alarms.counted_in(bridge.meters.registry)
        shelf = Shelf(settings.recordings_dir, plan.centre.zone)
        sidecars = Sidecars(shelf)
        tape = Tape(shelf, sidecars, policy_of(plan), catalogue.highest_number, alarm)
        keeper = Keeper(
            shelf=shelf,
            sidecars=sidecars,
            catalogue=catalogue,
            still_talking=lambda call: _talks(desk, call),
            alarms=alarm,
        )
        voicemail = Voicemail(
            shelf=shelf,
            sidecars=sidecars,
            catalogue=catalogue,
            finish=keeper.finish,
            kept=told_on(desk),
            alarms=alarm,
        )
        fax_tray = FaxTray(shelf, catalogue, fax_told_on(desk), alarm)
        keep_switches(calendars, bridge.switches)
        dialling = DialOffice(
            desk=desk,
            rules=lambda: in_force.centre.dialling,
            zone=in_force.centre.zone,
            calendars=calendars,
            wall=unix_seconds,
        )
        dialling.keep(bridge.dialling)
        bridge.refused_to = dialling.refused_to
        customers = _Customers(Pseudonyms(settings.ticket_key.get_secret_value().encode()), bridge.last_agents)
        callbacks = CallbackPromises(desk, bridge.callbacks, lambda: in_force.centre, dialling, customers)
        bridge.calls_back_now = callbacks.hours
        house = House(
            desk=desk,
            flows=lambda: in_force.plan.flows,
            sounds=plan.prompts,
            tickets=tickets,
            calendars=calendars,
            tape=lambda offered, attributes, waited_s: _load_tape(tape, in_force.centre, offered, attributes, waited_s),
            messages=MessageOffice(tape, voicemail, lambda: in_force.centre.agent_names),
            faxes=FaxOffice(fax_tray, lambda: in_force.centre.agent_names),
            customers=customers,
            hush=bridge.hush,
            unrecorded=bridge.unrecorded,
            hand_in=bridge.hand_in,
            dial_is_over=bridge.dial_is_over,
            end_ringing=bridge.end_ringing,
            callbacks=callbacks,
            dialling=dialling,
            lookups=HttpLookups(
                lookups_client,
                lambda: Known(in_force.centre.lookups, in_force.plan.secrets),
                boot_seconds,
                random.SystemRandom().random,
                lookups.counted_in(bridge.meters.registry),
            ),
            agents_language=lambda: PROMPT_FOLDERS[in_force.centre.language],
        )
        phones = PhoneDesk(
            desk=desk,
            sounds=plan.prompts,
            language=lambda: PROMPT_FOLDERS[in_force.centre.language],
            pause_reasons=lambda: {str(reason.code): reason.name for reason in in_force.centre.pause_reasons},
            calendars=calendars,
            calendars_now=lambda: in_force.centre.calendars,
            dialling=dialling,
            dial_is_over=bridge.dial_is_over,
            end_ringing=bridge.end_ringing,
        )
        reloader = Reloader(in_force, desk, tape)

        def application() -> ASGIApp:
            from service.web.routes import Shown, application  # noqa: PLC0415 - in a thread, once callers are served

            return application(Shown(settings, in_force, calendars, bridge, dialling, reloader, catalogue, shelf))

        served = asyncio.Event()
        async with (
            background(
                bridge.run(),
                keeper.run(desk.feed),
                voicemail.run(),
                fax_tray.run(),
                Retention(shelf, catalogue, lambda: in_force.centre.keep_recordings_days, alarm).run(),
                Room(shelf.folder, alarm).watch(),
                _make_prompts(plan),
                reloader.on_signal(reload_asked),
                dialling.keep_stopped(bridge.end_lines_of_nobody),
            ),
            background(notice_standstills(desk)),
            background(_beside_callers(served, catalogue, lookups_client, web_socket, application)),
            background(_receive(settings, bridge, {**handlers(house, phones), "doctor": examine_applications}, served)),
        ):
            yield


@asynccontextmanager
async def _claim(settings: Settings) -> AsyncIterator[Claim]:
    """This run's claim on the site, from the seat that its API has."""
    claims = RedisClaims(connect(settings.redis_url, neighbours.sentinels(settings)), settings.site)
    seat = f"{settings.api_host}:{settings.api_port} on {socket.gethostname()} (boot {boot_id()})"
    try:
        yield Claim(claims, settings.site, seat, uuid.uuid4().hex)
    finally:
        await claims.close()


async def _done_before(stop: asyncio.Event, work: Coroutine[Any, Any, None]) -> bool:
    """Do this unless told to stop meanwhile; whether it was done."""
    async with asyncio.TaskGroup() as tasks:
        doing, told = tasks.create_task(work), tasks.create_task(stop.wait())
        await asyncio.wait((doing, told), return_when=asyncio.FIRST_COMPLETED)
        doing.cancel()
        told.cancel()
    return not doing.cancelled()


async def _beside_callers(
    served: asyncio.Event,
    catalogue: Catalogue,
    lookups_client: HttpClient,
    web_socket: socket.socket,
    make: MakeApplication,
) -> None:
    """Once callers are served: open what they may need later, then show pages. Raises CannotKeep, SchemaMismatch."""
    await callers_first(served)
    try:
        await catalogue.make()
    except (CatalogueFailed, OSError) as error:
        raise CannotKeep(
            f"the database does not open ({error}): is SWITCHBOARD_DATABASE_URL right, its folder there and writable?"
        ) from error
    await lookups_client.open()
    await show_pages(web_socket, make)


async def _receive(settings: Settings, bridge: Bridge, asked_for: Mapping[str, Handler], served: asyncio.Event) -> None:
    """Serve callers once it is known who waits already, and set `served` then; until cancelled. Raises CannotListen."""
    await _world_known(bridge)
    try:
        async with serving(Listen(settings.agi_host, settings.agi_port, settings.allowed_peers), asked_for) as port:
            served.set()
            _log.info("callers are served", fastagi_port=port)
            await asyncio.Event().wait()
    except* OSError as taken:
        raise _fastagi(settings).refused(next(_os_errors(taken))) from taken


async def _world_known(bridge: Bridge) -> None:
    """Wait until agents are read back and Asterisk has told which callers there are, within `WORLD_PATIENCE_S`."""
    try:
        async with asyncio.timeout(WORLD_PATIENCE_S):
            await bridge.caught_up.wait()
    except TimeoutError:
        _log.error(
            "no Asterisk answers on AMI: callers are served, but answers and hang-ups are not seen until it does"
        )


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


async def _make_prompts(plan: Plan) -> None:
    try:
        unmade = await plan.prompts.make(spoken_in(plan))
    except OSError as error:
        _log.error("prompts cannot be kept: callers hear those that are there", why=error.strerror)
    else:
        _log.info("prompts made", missing=len(unmade))


def _fastagi(settings: Settings) -> Address:
    return Address("FastAGI", settings.agi_host, settings.agi_port, "AGI")


def _os_errors(group: BaseExceptionGroup[OSError]) -> Iterator[OSError]:
    return (error for error in innermost(group) if isinstance(error, OSError))


def _bridge_settings(settings: Settings, in_force: InForce) -> BridgeSettings:
    return BridgeSettings(
        site=settings.site,
        zone=in_force.centre.zone,
        asterisks=neighbours.asterisks(settings),
        redis_url=settings.redis_url,
        redis_sentinels=neighbours.sentinels(settings),
        mqtt=neighbours.broker(settings),
        pause_reasons=lambda: [reason.name for reason in in_force.centre.pause_reasons],
        pause_labels=lambda: {reason.name: reason.label.by_language() for reason in in_force.centre.pause_reasons},
        skills=lambda: skill_names(in_force.plan),
        skill_labels=lambda: in_force.centre.skills,
        remember_customers_s=lambda: in_force.centre.remember_customers_days * DAY_S,
    )


@dataclass(frozen=True, slots=True)
class _Customers:
    """What callers' sessions know of customers: their keys, and from the bridge's room whom they talked with."""

    pseudonyms: Pseudonyms
    last_agents: LastAgents

    def known_by(self, number: str) -> CustomerKey | None:
        return self.pseudonyms.of(number)

    async def last_agent(self, customer: CustomerKey) -> AgentId | None:
        return await self.last_agents.of(customer)


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
        return Place(place.queue, place.priority, place.need, place.attributes, joined_at, place.agent, place.customer)

    return read


def _talks(desk: Desk, call: CallId) -> bool:
    known = desk.floor.calls.get(call)
    return known is not None and known.in_conversation


async def _load_tape(
    tape: Tape, centre: Centre, offered: Offered, attributes: Attributes, waited_s: float
) -> str | None:
    """Let a caller's session ask the recordings room for a file."""
    return await tape.load(
        OfferedCall(
            call=offered.call,
            queue=offered.queue,
            agents={agent: centre.agent_names.get(agent, agent) for agent in offered.agents},
            need=offered.decision.need,
            wait_s=waited_s,
            menu_path=menus_passed(attributes),
            language=str(dict(attributes).get(LANGUAGE, "")),
            attributes=attributes,
        )
    )
