"""`switchboard doctor`: what is reachable and right, line by line, and how to mend what is not."""

from __future__ import annotations

import asyncio
import shutil
from http import HTTPStatus

import aiomqtt
import httpx

from common.yaml_file import ConfigurationRefused
from cti_bridge.kept.link import connect
from ivr.prompts.voice import VoiceFailed
from recordings.catalogue.catalogue import Catalogue
from recordings.catalogue.schema import NoCatalogue, SchemaMismatch
from recordings.disk.shelf import MESSAGES
from service import neighbours
from service.commands.client import base_url
from service.configuration.reading import read_plan
from service.doctor.asterisk import examine_asterisk
from service.doctor.finding import WITHIN_S, Finding, fine, looked, wrong
from service.doctor.music import examine_music
from service.settings import Settings
from service.speech.voices import voice_of

DISK_FREE_BYTES = 1 << 30
"""One hour of recordings on ten lines takes about as much."""
GIB = 1 << 30


async def examine(settings: Settings) -> list[Finding]:
    """Look at everything; a part that cannot be examined is a finding, never an error."""
    redis_mend = "start Redis, or set SWITCHBOARD_REDIS_HOST, _PORT and _PASSWORD"
    mqtt_mend = "start the broker, or set SWITCHBOARD_MQTT_HOST, _PORT, _USER and _PASSWORD"
    service_mend = "start it (`switchboard serve`), or set SWITCHBOARD_API_HOST and _PORT"
    configuration, asterisk, *others = await asyncio.gather(
        asyncio.to_thread(_configuration, settings),
        examine_asterisk(settings),
        looked("service", lambda: _service(settings), service_mend),
        looked("Redis", lambda: _redis(settings), redis_mend),
        looked("MQTT", lambda: _mqtt(settings), mqtt_mend),
        looked("database", lambda: _database(settings), "is SWITCHBOARD_DATABASE_URL right?"),
    )
    music = await asyncio.to_thread(examine_music, settings)
    return [configuration, *asterisk, *others, *music, _disk(settings), _messages(settings), await _voice(settings)]


def _configuration(settings: Settings) -> Finding:
    try:
        read_plan(settings)
    except ConfigurationRefused as refused:
        count = len(refused.mistakes)
        text = f"{count} mistake{'s' if count > 1 else ''}, the first: {refused.mistakes[0]}"
        return wrong("configuration", text, "run `switchboard check` for all of them")
    return fine("configuration", f"everything in {settings.config_dir} can be used")


async def _service(settings: Settings) -> Finding:
    async with httpx.AsyncClient(base_url=base_url(settings), timeout=WITHIN_S) as http:
        answer = await http.get("/readyz")
    if answer.status_code not in (HTTPStatus.OK, HTTPStatus.SERVICE_UNAVAILABLE):
        text = f"somebody else answers at {base_url(settings)} ({answer.status_code})"
        return wrong("service", text, "end that, or choose another port with SWITCHBOARD_API_PORT")
    down = sorted(part for part, up in answer.json()["parts"].items() if not up)
    if down:
        return wrong("service", f"it runs, but has no link to {', '.join(down)}", "mend what is said about these here")
    return fine("service", f"it runs, with all its links, and answers at {base_url(settings)}")


async def _redis(settings: Settings) -> Finding:
    client = connect(settings.redis_url, neighbours.sentinels(settings))
    try:
        kept = await client.config_get("appendonly")
        version = (await client.info("server"))["redis_version"]
    finally:
        await client.aclose()
    if kept.get("appendonly") != "yes":
        text = f"version {version}, but what it is told is lost when it is killed"
        return wrong("Redis", text, "set `appendonly yes` in redis.conf")
    return fine("Redis", f"version {version}, keeps what it is told (AOF)")


async def _mqtt(settings: Settings) -> Finding:
    broker = neighbours.broker(settings)
    async with aiomqtt.Client(
        broker.host,
        broker.port,
        username=broker.user,
        password=broker.password,
        tls_context=broker.tls,
        timeout=WITHIN_S,
    ):
        return fine("MQTT", f"the broker at {settings.mqtt_host}:{settings.mqtt_port} lets us in")


async def _database(settings: Settings) -> Finding:
    try:
        catalogue = await Catalogue.open(settings.database_url)
    except NoCatalogue:
        return fine("database", "no catalogue of recordings yet: the service makes it at its first start")
    except SchemaMismatch as mismatch:
        return wrong("database", str(mismatch), "start the version that wrote it, or set SWITCHBOARD_DATABASE_URL")
    await catalogue.close()
    return fine("database", "the catalogue of recordings can be read")


def _disk(settings: Settings) -> Finding:
    folder = settings.recordings_dir
    if not folder.is_dir():
        return wrong("disk", "the recordings folder is missing", f"make {folder}, writable by Asterisk and the service")
    free = shutil.disk_usage(folder).free
    text = f"{free / GIB:.1f} GiB free for recordings"
    if free < DISK_FREE_BYTES:
        return wrong("disk", text, "make room: with a full disk calls go on, and recordings are cut short")
    return fine("disk", text)


def _messages(settings: Settings) -> Finding:
    """See that callers can leave messages: Asterisk writes them, so the folder is to be its own like the recordings' is."""
    folder = settings.recordings_dir / MESSAGES
    if not folder.is_dir():
        return wrong(
            "messages", "callers cannot leave any: their folder is missing", f"make {folder}, owned by Asterisk"
        )
    if folder.stat().st_uid != settings.recordings_dir.stat().st_uid:
        text = "their folder does not belong to whom the recordings folder belongs to"
        return wrong("messages", text, f"give {folder} to the user that Asterisk runs as")
    return fine("messages", "callers can leave them")


async def _voice(settings: Settings) -> Finding:
    """Have the voice say a word."""
    voice = voice_of(settings)
    mend = "mend it, set another (SWITCHBOARD_VOICE_COMMAND, _URL), or record every prompt"
    try:
        async with asyncio.timeout(WITHIN_S):
            await voice.speak("1", "en")
    except VoiceFailed as failed:
        return wrong("draft voice", str(failed), mend)
    except TimeoutError:
        return wrong("draft voice", f"{voice.name} does not speak a word within {WITHIN_S:.0f} s", mend)
    return fine("draft voice", f"{voice.name} speaks prompts that nobody recorded yet")
