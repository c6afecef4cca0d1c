"""All that the service answers over HTTP, put together from its parts."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.types import ASGIApp

from common.clock import unix_seconds
from cti_bridge.api import health
from cti_bridge.api import routes as live_api
from cti_bridge.bridge import Bridge
from ivr.calendars.switches import Calendars
from recordings import api as recordings_api
from recordings.catalogue.catalogue import Catalogue
from recordings.disk.shelf import Shelf
from service.configuration.in_force import InForce
from service.configuration.reload import Reloader
from service.offices.dialling import DialOffice
from service.settings import Settings
from service.web import calendars_api, centre_api, dialling_api, reload_api
from service.web.access import Gate
from service.web.app import web_app


@dataclass(frozen=True, slots=True)
class Shown:
    """The parts that pages and programs look at and move."""

    settings: Settings
    in_force: InForce
    calendars: Calendars
    bridge: Bridge
    dialling: DialOffice
    reloader: Reloader
    catalogue: Catalogue
    shelf: Shelf


def application(shown: Shown) -> ASGIApp:
    """Everything behind its access control."""
    settings, in_force, bridge = shown.settings, shown.in_force, shown.bridge
    gate = Gate(settings.api_token.get_secret_value(), settings.token_everywhere, unix_seconds)
    routers = [
        centre_api.router(lambda: in_force.plan),
        calendars_api.router(lambda: in_force.centre.calendars, shown.calendars, bridge.switches),
        dialling_api.router(shown.dialling, bridge.dialling),
        reload_api.router(shown.reloader),
        live_api.router(bridge.parts),
        health.router(bridge.links, bridge.meters.text),
        recordings_api.router(shown.catalogue, shown.shelf),
    ]
    return web_app(routers, gate, settings.web_dir)
