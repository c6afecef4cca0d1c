"""The stack of a site: Asterisk with its watchdog, Redis and Mosquitto in containers, started together and stopped together.

Calls block, like the engine's; from asyncio use `asyncio.to_thread`. What a killed run left behind is removed at start.
"""

from __future__ import annotations

import os
import socket
import struct
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from functools import partial
from typing import assert_never

from common import clock
from deploy import configuration, ports, probes
from deploy.configuration import AMI_USER, MQTT_USER, Owner
from deploy.containers import Access, Engine, Mount
from deploy.sites import LOOPBACK, Site

SERVES_WITHIN_S = 30.0
"""How long a part may take until it serves. Usually all three do within two seconds."""
LOOK_EVERY_S = 0.05
ALIVE_EVERY_S = 0.5
"""How often the engine is asked whether a part still runs, while it does not serve yet."""
STOP_WITHIN_S = 5
UNPRIVILEGED_ID = 64101
"""As whom the parts run where Switchboard itself is root: a user number that nobody else on the machine has."""


class StackError(Exception):
    """The stack could not do what was asked; the text says what, why, and what to do."""


class PortTaken(StackError):
    """Somebody else holds a port of the site."""


class AlreadyRunning(StackError):
    """Another process runs this site's stack."""


class PartFailed(StackError):
    """Asterisk, Redis or Mosquitto did not come up."""


class Part(StrEnum):
    """What the stack consists of; the value is the name of the image and of the folder of its configuration."""

    ASTERISK = "asterisk"
    REDIS = "redis"
    MOSQUITTO = "mosquitto"
    WATCHDOG = "watchdog"
    """Frees callers from a silent service; it stands in Asterisk's own image, beside it, whatever happens to the service."""

    @property
    def image(self) -> str:
        """The image's tag."""
        return f"localhost/switchboard-{Part.ASTERISK if self is Part.WATCHDOG else self}"

    @property
    def command(self) -> tuple[str, ...]:
        """What its container runs, where that is not the image's own."""
        here = configuration.WATCHDOG_CONFIGURATION
        return ("python3", f"{here}/watchdog.py", f"{here}/watchdog.conf") if self is Part.WATCHDOG else ()


class Stack:
    """One site's Asterisk, Redis and Mosquitto. One process at a time runs it."""

    def __init__(self, engine: Engine, site: Site) -> None:
        self.engine = engine
        self.site = site
        self._claimed: socket.socket | None = None

    def start(self) -> None:
        """Lay the site out, start all parts and wait until they serve.

        Raises StackError or EngineError, and then nothing is left running.
        """
        self._claim()
        try:
            self._remove_containers()
            self._check_images()
            self._check_ports()
            owner = owner_of_parts()
            configuration.lay_out(self.site, owner)
            with ThreadPoolExecutor(len(Part)) as together:
                list(together.map(lambda part: self._start(part, owner), Part))
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End and remove every container of the site; its data and recordings stay.

        May be called again, and for a stack that another process left behind; raises AlreadyRunning where that one lives.
        """
        if self._claimed is None:
            self._claim()
        self.engine.stop([self.name(part) for part in Part], STOP_WITHIN_S)
        self._remove_containers()
        self._release()

    def kill(self, part: Part) -> None:
        """End a part at once (SIGKILL), as a crash would; `restart` brings it back with what it had written."""
        self.engine.kill([self.name(part)])

    def restart(self, part: Part) -> None:
        """Start a part again, ending it first where it runs, and wait until it serves; raises PartFailed."""
        self.engine.stop([self.name(part)], STOP_WITHIN_S)
        self.engine.start([self.name(part)])
        self._until_serving(part)

    def name(self, part: Part) -> str:
        """Name a part's container."""
        return f"switchboard-{self.site.name}-{part}"

    def logs(self, part: Part) -> str:
        """Give the last lines that a part wrote."""
        return self.engine.logs(self.name(part))

    def service_environment(self) -> dict[str, str]:
        """Give the environment in which the service finds this stack, secrets included."""
        return service_environment(self.site)

    def _start(self, part: Part, owner: Owner) -> None:
        self.engine.run(
            self.name(part),
            part.image,
            site=self.site.name,
            mounts=mounts(self.site, part),
            args=part.command,
            options=engine_options(self.engine, owner),
        )
        self._until_serving(part)

    def _until_serving(self, part: Part) -> None:
        probe = _probe(self.site, part)
        started = looked = clock.boot_seconds()
        while True:
            try:
                probe()
            except probes.NotServing as refusal:
                now = clock.boot_seconds()
                if now - started > SERVES_WITHIN_S:
                    raise self._failed(part, f"does not serve after {SERVES_WITHIN_S:.0f} s: {refusal}") from refusal
                if now - looked > ALIVE_EVERY_S:
                    looked = now
                    if not self.engine.running(self.name(part)):
                        raise self._failed(part, "ended right after its start") from refusal
                time.sleep(LOOK_EVERY_S)
            else:
                return

    def _failed(self, part: Part, what: str) -> PartFailed:
        lines = [line.strip() for line in self.logs(part).splitlines() if line.strip()]
        log = self.site.folder / f"{part}.log"
        log.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return PartFailed(
            f"{part} {what}. Its last words: {lines[-1] if lines else 'none'!r}; all of them are in {log}"
        )

    def _check_images(self) -> None:
        if missing := [part.image for part in Part if not self.engine.image_exists(part.image)]:
            raise StackError(f"no image {', '.join(missing)} here: build the images first (make images)")

    def _check_ports(self) -> None:
        if found := ports.taken(self.site):
            listed = "; ".join(
                f"{one.port} is held by {one.holder or 'an unknown process'} ({one.variable})" for one in found
            )
            raise PortTaken(
                f"site {self.site.name} cannot use its ports: {listed}. End that, or choose others with those variables"
            )

    def _remove_containers(self) -> None:
        self.engine.remove([container.name for container in self.engine.containers(self.site.name)])

    def _claim(self) -> None:
        """Hold the site's name on this machine while this process lives; the kernel gives it up when that is killed."""
        claim = socket.socket(socket.AF_UNIX)
        try:
            claim.bind(self._claimed_name)
        except OSError as error:
            claim.close()
            raise AlreadyRunning(
                f"site {self.site.name} is already run by process {_listener(self._claimed_name)}: stop that one first"
            ) from error
        claim.listen()
        self._claimed = claim

    def _release(self) -> None:
        if self._claimed is not None:
            self._claimed.close()
            self._claimed = None

    @property
    def _claimed_name(self) -> str:
        # An abstract name (unix(7)): no file that could be left behind, and checkouts in two folders see each other.
        return f"\0switchboard/stack/{self.site.name}"


def _listener(name: str) -> str:
    """Say which process listens under an abstract name (SO_PEERCRED, unix(7): process, user and group ids)."""
    try:
        with socket.socket(socket.AF_UNIX) as knock:
            knock.connect(name)
            process, _, _ = struct.unpack("3i", knock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    except OSError:
        return "(just ended)"
    return str(process)


def owner_of_parts() -> Owner:
    """As whom the parts run: the user who runs Switchboard, or nobody in particular where that is root."""
    if os.getuid() == 0:
        return Owner(UNPRIVILEGED_ID, UNPRIVILEGED_ID)
    return Owner(os.getuid(), os.getgid())


def engine_options(engine: Engine, owner: Owner) -> tuple[str, ...]:
    """Give the engine's words for running a part as `owner`, without any privilege."""
    user = (f"--user={owner.uid}:{owner.gid}", "--cap-drop=ALL", "--security-opt=no-new-privileges")
    if engine.kind == "podman" and os.getuid() != 0:
        # Without root, podman maps user ids; the files must keep their owner.
        return (*user, "--userns=keep-id")
    return user


def mounts(site: Site, part: Part) -> tuple[Mount, ...]:
    """Give what a part sees of the site's folder."""
    settings = site.folder / part
    match part:
        case Part.ASTERISK:
            return (
                Mount(settings, configuration.ASTERISK_CONFIGURATION),
                Mount(site.asterisk_state, configuration.ASTERISK_STATE, Access.READ_WRITE),
                Mount(site.recordings, configuration.ASTERISK_RECORDINGS, Access.READ_WRITE),
                Mount(site.prompts, configuration.ASTERISK_PROMPTS),
            )
        case Part.REDIS:
            return (
                Mount(settings, configuration.REDIS_CONFIGURATION),
                Mount(site.redis_data, configuration.REDIS_DATA, Access.READ_WRITE),
            )
        case Part.MOSQUITTO:
            return (Mount(settings, configuration.MOSQUITTO_CONFIGURATION),)
        case Part.WATCHDOG:
            return (Mount(settings, configuration.WATCHDOG_CONFIGURATION),)
        case _ as never:
            assert_never(never)


def service_environment(site: Site) -> dict[str, str]:
    """Give the environment in which the service finds this site, secrets included. Paths are absolute."""
    folder = site.folder.resolve()
    values = {
        "site": site.name,
        "node": site.node,
        "ami_host": LOOPBACK,
        "ami_port": site.ports.ami,
        "ami_user": AMI_USER,
        "ami_password": site.secrets.ami_password,
        "agi_host": LOOPBACK,
        "agi_port": site.ports.agi,
        "agi_allowed": LOOPBACK,
        "redis_host": LOOPBACK,
        "redis_port": site.ports.redis,
        "redis_password": site.secrets.redis_password,
        "mqtt_host": LOOPBACK,
        "mqtt_port": site.ports.mqtt,
        "mqtt_user": MQTT_USER,
        "mqtt_password": site.secrets.mqtt_password,
        "api_host": site.api_address,
        "api_port": site.ports.api,
        "api_token": site.secrets.api_token,
        "ticket_key": site.secrets.ticket_key,
        "config_dir": site.config.resolve(),
        "data_dir": folder,
        "prompts_dir": folder / site.prompts.name,
        "recordings_dir": folder / site.recordings.name,
        "database_url": f"sqlite+aiosqlite:///{folder / 'switchboard.db'}",
    }
    return {f"SWITCHBOARD_{name.upper()}": str(value) for name, value in values.items()}


def _nothing_to_ask() -> None:
    """There is nothing that could be asked."""


def _probe(site: Site, part: Part) -> Callable[[], None]:
    match part:
        case Part.ASTERISK:
            return partial(probes.ami, site.ports.ami, AMI_USER, site.secrets.ami_password)
        case Part.REDIS:
            return partial(probes.redis, site.ports.redis, site.secrets.redis_password)
        case Part.MOSQUITTO:
            return partial(probes.mqtt, site.ports.mqtt, MQTT_USER, site.secrets.mqtt_password)
        case Part.WATCHDOG:
            return _nothing_to_ask  # it serves nobody, and waits for Asterisk by itself
        case _ as never:
            assert_never(never)
