"""What `switchboard doctor` asks Asterisk: its version, the AMI user's rights, the dialplan, the phones, the way to FastAGI.

Whether Asterisk reaches the service is found out from Asterisk's side: a call of its own dials into the context
`switchboard-doctor`, which hands it to the service's FastAGI.
"""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import Awaitable, Callable
from contextlib import suppress

from cti_bridge.ami.link import AmiLink
from cti_bridge.ami.protocol import ActionRefused
from service.doctor.call import MISSING, MODULES, RECEIVE_FAX
from service.doctor.fax import steps_for_faxes
from service.doctor.finding import WITHIN_S, Finding, fine, in_words, looked, wrong
from service.neighbours import asterisks
from service.settings import Settings

LOWEST_MAJOR = 22
CONTEXTS = ("from-callers", "from-phones", "switchboard", "switchboard-failsafe", "switchboard-doctor")
NEEDED_ACTIONS = {
    "Originate": "the right `originate`",
    "Hangup": "the right `call`",
    "Status": "the right `reporting`",
    "DeviceStateList": "the right `reporting`, or res_manager_devicestate.so",
    "ControlPlayback": "the right `call`, or app_controlplayback.so",
    "MixMonitorMute": "the right `call`, or app_mixmonitor.so",
}
"""What the service has Asterisk do, and what is missing where the user may not."""
NEEDLESS_ACTIONS = {"Command": "command", "UpdateConfig": "config", "MixMonitor": "system", "UserEvent": "user"}
"""Actions that only a user with more rights than the service needs may do."""
LET_IN_WITHIN_S = 5.0
"""A login that Asterisk does not grant in this time is none."""
LOOK_EVERY_S = 0.1
OFFLINE = ("UNAVAILABLE", "INVALID", "UNKNOWN")


async def examine_asterisk(settings: Settings) -> list[Finding]:
    """Log in and look; where that is not possible, that is the only finding."""
    where = f"{settings.ami_host}:{settings.ami_port}"
    try:
        async with asyncio.timeout(WITHIN_S):
            _, knock = await asyncio.open_connection(settings.ami_host, settings.ami_port)
        knock.close()
    except OSError as error:
        why = in_words(error) or "no answer"
        return [
            wrong("AMI", f"nothing answers at {where} ({why})", "start Asterisk, or set SWITCHBOARD_AMI_HOST/_PORT")
        ]
    up = asyncio.Event()

    async def nothing(_link: AmiLink) -> None:
        """There is no world to rebuild for a look around."""

    link = AmiLink(
        asterisks(settings)[0],
        {},
        on_login=nothing,
        on_up=lambda _: up.set(),
        on_down=lambda _: None,
    )
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(link.run())
        try:
            async with asyncio.timeout(LET_IN_WITHIN_S):
                await up.wait()
        except TimeoutError:
            mend = "are SWITCHBOARD_AMI_USER and SWITCHBOARD_AMI_PASSWORD those of manager.conf, and may this host connect?"
            return [wrong("AMI", f"user {settings.ami_user} is not let in at {where}", mend)]
        else:
            return [fine("AMI", f"user {settings.ami_user} is let in at {where}"), *await _linked(link, settings)]
        finally:
            running.cancel()


async def _linked(link: AmiLink, settings: Settings) -> list[Finding]:
    looks: list[tuple[str, Callable[[], Awaitable[Finding]], str]] = [
        ("Asterisk", lambda: _version(link), "the AMI user needs the right `reporting` (write = …) in manager.conf"),
        ("AMI rights", lambda: _rights(link), "see deploy/asterisk/templates/manager.conf"),
        ("dialplan", lambda: _dialplan(link), "load deploy/asterisk/templates/extensions.conf"),
        ("phones", lambda: _phones(link), "is chan_pjsip.so loaded, and pjsip.conf right?"),
        ("FastAGI", lambda: _fastagi(link, settings), "is the service running, and may Asterisk connect to it?"),
    ]
    return [await looked(about, look, mend) for about, look, mend in looks]


async def _version(link: AmiLink) -> Finding:
    version = (await link.act("CoreSettings")).response["AsteriskVersion"]
    major = re.match(r"\d+", version)
    if major is None or int(major[0]) < LOWEST_MAJOR:
        return wrong("Asterisk", f"version {version}", f"install Asterisk {LOWEST_MAJOR} or newer")
    return fine("Asterisk", f"version {version}")


async def _rights(link: AmiLink) -> Finding:
    offered = (await link.act("ListCommands")).response
    missing = sorted({what for action, what in NEEDED_ACTIONS.items() if action not in offered})
    if missing:
        text = f"the user may not do what is needed: it lacks {'; '.join(missing)}"
        return wrong("AMI rights", text, "give the user these rights (write = …) in manager.conf, and load the module")
    needless = sorted({right for action, right in NEEDLESS_ACTIONS.items() if action in offered})
    if needless:
        text = f"the user may do more than is needed: {', '.join(needless)}"
        return wrong("AMI rights", text, "take these rights away (write = …) in manager.conf")
    return fine("AMI rights", "what is needed and no more")


async def _dialplan(link: AmiLink) -> Finding:
    missing = []
    for context in CONTEXTS:
        try:
            await link.act("ShowDialPlan", ("Context", context))
        except ActionRefused:
            missing.append(context)
    if missing:
        mend = "load deploy/asterisk/templates/extensions.conf, and run `dialplan reload` on Asterisk"
        return wrong("dialplan", f"contexts missing: {', '.join(missing)}", mend)
    return fine("dialplan", "all contexts are loaded")


async def _phones(link: AmiLink) -> Finding:
    devices = (await link.act("DeviceStateList")).items
    states = [device["State"] for device in devices if device["Device"].startswith("PJSIP/")]
    if not states:
        return wrong(
            "phones", "no SIP device is known", "define phones in pjsip.conf, and see that chan_pjsip.so is loaded"
        )
    return fine("phones", f"{len(states)} SIP devices, {sum(state not in OFFLINE for state in states)} reachable now")


async def _fastagi(link: AmiLink, settings: Settings) -> Finding:
    """Have Asterisk make a call to itself that it hands to the service, and read how that went."""
    first, second = (f"doctor-{uuid.uuid4().hex[:12]}-{end}" for end in (1, 2))
    await link.act(
        "Originate",
        ("Channel", "Local/s@switchboard-doctor/n"),
        ("ChannelId", first),
        ("OtherChannelId", second),
        ("Application", "Wait"),
        ("Data", str(WITHIN_S)),
        ("Async", "true"),
    )
    status = ""
    while not status:
        await asyncio.sleep(LOOK_EVERY_S)
        with suppress(ActionRefused):  # the channel is not there yet
            status = await _variable(link, second, "AGISTATUS")
    missing = await _variable(link, second, MISSING)
    with suppress(ActionRefused):  # it ended by itself
        await link.act("Hangup", ("Channel", first))
    where = f"{settings.agi_host}:{settings.agi_port}"
    if status != "SUCCESS":
        mend = "start the service (`switchboard serve`); its address stands in extensions.conf as SERVICE"
        return wrong("FastAGI", f"Asterisk does not reach the service at {where} ({status})", mend)
    if missing == "":
        mend = f"let Asterisk in with SWITCHBOARD_AGI_ALLOWED; SERVICE in extensions.conf must be {where}"
        return wrong("FastAGI", "Asterisk reaches somebody who is not this service, or is turned away", mend)
    if lacking := await _needed(missing.split(), settings):
        mend = f"load their modules (modules.conf): {', '.join(sorted({MODULES[name] for name in lacking}))}"
        return wrong("FastAGI", f"Asterisk reaches the service, but lacks {', '.join(lacking.values())}", mend)
    return fine("FastAGI", f"Asterisk reaches the service at {where}, and has the applications it uses")


async def _needed(missing: list[str], settings: Settings) -> dict[str, str]:
    """What of the missing applications somebody would miss, by name: in words, with the flows that do."""
    lacking = {name: name for name in missing if name in MODULES}
    if RECEIVE_FAX in lacking:
        steps = await asyncio.to_thread(steps_for_faxes, settings)
        lacking[RECEIVE_FAX] = f"{RECEIVE_FAX}, which steps of flows use ({', '.join(steps)})"
        if not steps:
            del lacking[RECEIVE_FAX]
    return lacking


async def _variable(link: AmiLink, channel: str, name: str) -> str:
    return (await link.act("Getvar", ("Channel", channel), ("Variable", name))).response["Value"]
