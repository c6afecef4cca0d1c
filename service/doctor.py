"""What is reachable and right, line by line, and how to mend what is not.

Whether Asterisk reaches the service is found out from Asterisk's side: a call of its own dials into the context
`switchboard-doctor`, which hands it to the service's FastAGI.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import uuid
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import asdict, dataclass

import aiomqtt
from redis.asyncio import Redis
from redis.exceptions import RedisError

from acd.messages import NodeId
from common.yaml_file import ConfigurationRefused
from cti_bridge.ami import AmiAddress, AmiLink
from cti_bridge.ami_protocol import ActionRefused, AmiError
from ivr.voice import EspeakVoice
from service.reading import read_plan
from service.settings import Settings

WITHIN_S = 5.0
DISK_FREE_BYTES = 1 << 30
"""One hour of recordings on ten lines takes about as much."""
LOWEST_MAJOR = 22
CONTEXTS = ("from-callers", "from-phones", "switchboard", "switchboard-failsafe", "switchboard-doctor")
NEEDED_RIGHTS = {"Originate": "originate", "Hangup": "call", "MixMonitorMute": "call", "Status": "call or reporting"}
NEEDLESS_RIGHTS = {"Command": "command", "UpdateConfig": "config", "MixMonitor": "system", "UserEvent": "user"}
"""Actions that only a user with more rights than the service needs may do."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report."""

    about: str
    fine: bool
    text: str
    mend: str = ""

    def line(self) -> str:
        """The finding for people."""
        return f"{'ok  ' if self.fine else 'FAIL'}  {self.about}: {self.text}" + (
            f"\n      → {self.mend}" if self.mend else ""
        )

    def as_record(self) -> dict[str, object]:
        """The finding for programs."""
        return asdict(self)


async def examine(settings: Settings) -> list[Finding]:
    """Look at everything; a part that cannot be examined is a finding, never an error."""
    findings = [_configuration(settings)]
    findings += await _asterisk(settings)
    redis_mend = "is it running, and is SWITCHBOARD_REDIS_PASSWORD its password?"
    findings.append(await _looked("Redis", lambda: _redis(settings), redis_mend))
    mqtt_mend = "is the broker running, and are SWITCHBOARD_MQTT_USER and _PASSWORD right?"
    findings.append(await _looked("MQTT", lambda: _mqtt(settings), mqtt_mend))
    findings.append(_disk(settings))
    trouble = EspeakVoice().trouble()
    findings.append(Finding("draft voice", not trouble, trouble or "espeak-ng speaks prompts that nobody recorded yet"))
    return findings


async def _looked(about: str, look: Callable[[], Awaitable[Finding]], mend: str) -> Finding:
    try:
        async with asyncio.timeout(WITHIN_S):
            return await look()
    except (OSError, AmiError, RedisError, aiomqtt.MqttError) as error:
        return Finding(about, fine=False, text=str(error) or type(error).__name__, mend=mend)


def _configuration(settings: Settings) -> Finding:
    try:
        read_plan(settings)
    except ConfigurationRefused as refused:
        text = f"{len(refused.mistakes)} mistakes, the first: {refused.mistakes[0]}"
        return Finding("configuration", fine=False, text=text, mend="run `switchboard check` for all of them")
    return Finding("configuration", fine=True, text=f"everything in {settings.config_dir.name}/ can be used")


# ---------------------------------------------------------------------------------------------------- Asterisk


async def _asterisk(settings: Settings) -> list[Finding]:
    up = asyncio.Event()

    async def nothing(_link: AmiLink) -> None:
        """There is no world to rebuild for a look around."""

    link = AmiLink(
        AmiAddress(
            NodeId(settings.node),
            settings.ami_host,
            settings.ami_port,
            settings.ami_user,
            settings.ami_password.get_secret_value(),
        ),
        {},
        on_login=nothing,
        on_up=lambda _: up.set(),
        on_down=lambda _: None,
    )
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(link.run())
        try:
            async with asyncio.timeout(WITHIN_S):
                await up.wait()
        except TimeoutError:
            where = f"{settings.ami_host}:{settings.ami_port}"
            text = f"nobody lets user {settings.ami_user} in at {where}"
            return [
                Finding(
                    "AMI", fine=False, text=text, mend="is Asterisk running, and is SWITCHBOARD_AMI_PASSWORD right?"
                )
            ]
        else:
            return await _linked(link, settings)
        finally:
            running.cancel()


async def _linked(link: AmiLink, settings: Settings) -> list[Finding]:
    looks: list[tuple[str, Callable[[], Awaitable[Finding]], str]] = [
        ("Asterisk", lambda: _version(link), "the AMI user needs the right `reporting`"),
        ("AMI rights", lambda: _rights(link), "see deploy/asterisk/templates/manager.conf"),
        ("dialplan", lambda: _dialplan(link), "load deploy/asterisk/templates/extensions.conf"),
        ("phones", lambda: _phones(link), "is chan_pjsip loaded, and pjsip.conf right?"),
        ("FastAGI", lambda: _fastagi(link, settings), "is the service running, and may Asterisk connect to it?"),
    ]
    return [await _looked(about, look, mend) for about, look, mend in looks]


async def _version(link: AmiLink) -> Finding:
    version = (await link.act("CoreSettings")).response["AsteriskVersion"]
    major = re.match(r"\d+", version)
    fine = major is not None and int(major[0]) >= LOWEST_MAJOR
    mend = "" if fine else f"Asterisk {LOWEST_MAJOR} or newer is needed"
    return Finding("Asterisk", fine, f"version {version}", mend)


async def _rights(link: AmiLink) -> Finding:
    offered = (await link.act("ListCommands")).response
    missing = sorted({right for action, right in NEEDED_RIGHTS.items() if action not in offered})
    if missing:
        text = f"the user may not do what is needed: {', '.join(missing)}"
        return Finding(
            "AMI rights",
            fine=False,
            text=text,
            mend="give these rights (write = …) in manager.conf, or load app_mixmonitor",
        )
    needless = sorted({right for action, right in NEEDLESS_RIGHTS.items() if action in offered})
    if needless:
        text = f"the user may do more than is needed: {', '.join(needless)}"
        return Finding("AMI rights", fine=False, text=text, mend="take these rights away in manager.conf")
    return Finding("AMI rights", fine=True, text="what is needed and no more")


async def _dialplan(link: AmiLink) -> Finding:
    missing = []
    for context in CONTEXTS:
        try:
            await link.act("ShowDialPlan", ("Context", context))
        except ActionRefused:
            missing.append(context)
    if missing:
        return Finding(
            "dialplan",
            fine=False,
            text=f"contexts missing: {', '.join(missing)}",
            mend="load deploy/asterisk/templates/extensions.conf, and run `dialplan reload` on Asterisk",
        )
    return Finding("dialplan", fine=True, text="all contexts are loaded")


async def _phones(link: AmiLink) -> Finding:
    devices = (await link.act("DeviceStateList")).items
    phones = {device["Device"]: device["State"] for device in devices if device["Device"].startswith("PJSIP/phone")}
    there = sum(state not in ("UNAVAILABLE", "INVALID", "UNKNOWN") for state in phones.values())
    fine = bool(phones)
    return Finding(
        "phones", fine, f"{len(phones)} known, {there} registered", "" if fine else "pjsip.conf defines none"
    )


async def _fastagi(link: AmiLink, settings: Settings) -> Finding:
    """Have Asterisk make a call to itself that it hands to the service, and read how that went."""
    first, second = (f"doctor-{uuid.uuid4().hex[:12]}-{end}" for end in (1, 2))
    await link.act(
        "Originate",
        ("Channel", "Local/s@switchboard-doctor/n"),
        ("ChannelId", first),
        ("OtherChannelId", second),
        ("Application", "Wait"),
        ("Data", "5"),
        ("Async", "true"),
    )
    status = ""
    while not status:
        await asyncio.sleep(0.1)
        try:
            status = (await link.act("Getvar", ("Channel", second), ("Variable", "AGISTATUS"))).response["Value"]
        except ActionRefused:
            continue
    with suppress(ActionRefused):  # it ended by itself
        await link.act("Hangup", ("Channel", first))
    where = f"{settings.agi_host}:{settings.agi_port}"
    if status == "SUCCESS":
        return Finding("FastAGI", fine=True, text=f"Asterisk reaches the service at {where}")
    return Finding(
        "FastAGI",
        fine=False,
        text=f"Asterisk does not reach the service at {where} ({status})",
        mend="start the service (`switchboard serve`); its address stands in extensions.conf as SERVICE",
    )


# ---------------------------------------------------------------------------------------------------- the others


async def _redis(settings: Settings) -> Finding:
    client = Redis(
        host=settings.redis_host,
        port=settings.redis_port,
        password=settings.redis_password.get_secret_value() or None,
        decode_responses=True,
    )
    try:
        kept = await client.config_get("appendonly")
        version = (await client.info("server"))["redis_version"]
    finally:
        await client.aclose()
    if kept.get("appendonly") != "yes":
        return Finding(
            "Redis",
            fine=False,
            text=f"version {version}, but what it is told is lost when it is killed",
            mend="set `appendonly yes` in redis.conf",
        )
    return Finding("Redis", fine=True, text=f"version {version}, keeps what it is told (AOF)")


async def _mqtt(settings: Settings) -> Finding:
    async with aiomqtt.Client(
        settings.mqtt_host,
        settings.mqtt_port,
        username=settings.mqtt_user,
        password=settings.mqtt_password.get_secret_value(),
        timeout=WITHIN_S,
    ):
        return Finding("MQTT", fine=True, text=f"the broker at {settings.mqtt_host}:{settings.mqtt_port} takes us")


def _disk(settings: Settings) -> Finding:
    folder = settings.recordings_dir
    if not folder.is_dir():
        return Finding(
            "disk",
            fine=False,
            text="the recordings folder is missing",
            mend=f"make {folder}, writable by Asterisk and the service",
        )
    free = shutil.disk_usage(folder).free
    text = f"{free / (1 << 30):.0f} GiB free for recordings"
    mend = "" if free >= DISK_FREE_BYTES else "make room: with a full disk calls go on, and recordings are cut short"
    return Finding("disk", free >= DISK_FREE_BYTES, text, mend)
