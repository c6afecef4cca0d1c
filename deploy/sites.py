"""A site: one installation's name, folder, addresses and ports. Everything that is rendered or started reads it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from ipaddress import ip_address, ip_network
from pathlib import Path

from deploy.secrets import Secrets

LOOPBACK = "127.0.0.1"
HIGHEST_PORT = 65535
MOST_PHONES = 999
SITE_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
NODE_NAME = re.compile(r"[a-z0-9]{1,16}")
NUMBER = re.compile(r"\+?[0-9]{1,30}")
ENTRY = re.compile(r"[a-z0-9_-]{1,40}")
SERVER = re.compile(r"[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?")
TONES = ("cn", "us")
"""Of deploy/asterisk/templates/indications.conf."""
REPOSITORY = Path(__file__).resolve().parent.parent


class BadSite(Exception):
    """A setting of the site cannot be used; the text says which, and what it should be."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Every port of a site. SIP and RTP are UDP, the others TCP; the RTP range includes both ends."""

    sip: int = 5060
    rtp_first: int = 10000
    rtp_last: int = 10999
    ami: int = 5038
    agi: int = 4573
    redis: int = 6379
    mqtt: int = 1883
    api: int = 8080

    def __post_init__(self) -> None:
        for field in fields(self):
            port = getattr(self, field.name)
            if not 0 < port <= HIGHEST_PORT:
                raise BadSite(f"{variable_of(field.name)}={port} is no port: it must be between 1 and {HIGHEST_PORT}")
        _refuse_shared(self)
        if self.rtp_last <= self.rtp_first:
            raise BadSite(
                f"{variable_of('rtp_last')}={self.rtp_last} must be above {variable_of('rtp_first')}={self.rtp_first}: "
                "every call uses two ports for each of its two ends"
            )


def _refuse_shared(ports: Ports) -> None:
    """SIP may have the number of a TCP port; no two TCP services may share one."""
    owners: dict[int, str] = {}
    for name in ("ami", "agi", "redis", "mqtt", "api"):
        port = getattr(ports, name)
        if port in owners:
            raise BadSite(
                f"{variable_of(owners[port])} and {variable_of(name)} are both {port}: give one of them another"
            )
        owners[port] = name


class Keys(StrEnum):
    """How the keys of callers come over the trunks."""

    SIGNALS = "signals"
    """As RFC 4733 events where the trunk offers them, else as SIP INFO."""
    SOUND = "sound"
    """As RFC 4733 events where the trunk offers them, else as tones in the sound, or as SIP INFO."""


@dataclass(frozen=True, slots=True)
class FailSafe:
    """What Asterisk does with callers when the service stays away."""

    patience_s: int = 20
    """At most so long are callers kept with music before the fail-safe takes over."""
    ring: tuple[str, ...] = ()
    """Phones that ring then (`phone1`); none named means all of the site's."""
    ring_s: int = 20
    message_s: int = 180
    """The longest message that a caller may leave."""

    def __post_init__(self) -> None:
        for what, seconds in (("patience", self.patience_s), ("ring_for", self.ring_s), ("message", self.message_s)):
            if seconds < 1:
                raise BadSite(f"the fail-safe's {what} cannot be {seconds} s: at least one second is needed")


@dataclass(frozen=True, slots=True)
class Site:
    """One installation. All that it keeps lies in `folder`."""

    name: str
    folder: Path
    secrets: Secrets
    node: str = "node1"
    ports: Ports = Ports()
    phones: int = 10
    """How many phones there are: phone1 to phoneN."""
    sip_address: str = LOOPBACK
    """Where SIP and media listen."""
    callers_from: tuple[str, ...] = ("127.0.0.0/8",)
    """Addresses (CIDR) of the trunks that callers come from; a call from elsewhere is refused."""
    trunk_server: str = ""
    """Where the trunk takes calls to numbers outside (`PJSIP/NUMBER@trunk`): HOST or HOST:PORT; empty: nowhere."""
    keys: Keys = Keys.SIGNALS
    """How callers' keys come. Listening for tones costs the processor, and takes a key twice that comes both ways."""
    api_address: str = LOOPBACK
    default_entry: str = "main"
    entries: tuple[tuple[str, str], ...] = ()
    """Numbers dialled that enter the flows elsewhere than at `default_entry`: (number, entry)."""
    tone_country: str = "cn"
    """Whose busy and ringing tones are heard: one of TONES."""
    fail_safe: FailSafe = FailSafe()
    config: Path = REPOSITORY / "config"
    """The folder of the service's own configuration (switchboard.yaml, flows/, ...)."""
    observers: tuple[str, ...] = ()
    """Further AMI users that see everything and may do nothing, for tests."""

    def __post_init__(self) -> None:
        self._check_words()
        if not 0 < self.phones <= MOST_PHONES:
            raise BadSite(f"{self.phones} phones: a site has 1 to {MOST_PHONES}")
        if strangers := sorted(set(self.fail_safe.ring) - set(self.phone_names)):
            raise BadSite(f"the fail-safe is to ring {', '.join(strangers)}: the site has phone1 to phone{self.phones}")
        for number, entry in self.entries:
            if not (NUMBER.fullmatch(number) and ENTRY.fullmatch(entry)):
                raise BadSite(f"number {number!r} cannot have the entry {entry!r}: digits and a plain name are needed")
        for network in self.callers_from:
            try:
                ip_network(network)
            except ValueError as error:
                raise BadSite(f"callers cannot come from {network!r}: {error}") from error

    def _check_words(self) -> None:
        if not SITE_NAME.fullmatch(self.name):
            raise BadSite(f"{self.name!r} is no name for a site: use small letters, digits and hyphens, at most 32")
        if not NODE_NAME.fullmatch(self.node):
            raise BadSite(f"{self.node!r} is no name for a node: use small letters and digits, at most 16")
        if not ENTRY.fullmatch(self.default_entry):
            raise BadSite(f"{self.default_entry!r} is no entry of a flow: a plain name is needed")
        if self.tone_country not in TONES:
            raise BadSite(f"there are no tones of {self.tone_country!r}: there are those of {' and '.join(TONES)}")
        if self.trunk_server and not SERVER.fullmatch(self.trunk_server):
            raise BadSite(f"the trunk's server cannot be {self.trunk_server!r}: it is a host, or HOST:PORT")
        try:
            ip_address(self.sip_address)
        except ValueError as error:
            raise BadSite(f"SIP cannot listen on {self.sip_address!r}: {error}") from error

    @property
    def phone_names(self) -> tuple[str, ...]:
        """The phones as Asterisk knows their endpoints."""
        return tuple(f"phone{number}" for number in range(1, self.phones + 1))

    @property
    def recordings(self) -> Path:
        """Where Asterisk writes recordings and the fail-safe's messages, on the host."""
        return self.folder / "recordings"

    @property
    def message_folders(self) -> tuple[Path, ...]:
        """Where Asterisk records callers' messages: for the flows, and for the fail-safe."""
        return (self.recordings / "messages", self.recordings / "failsafe")

    @property
    def asterisk_state(self) -> Path:
        """Where Asterisk keeps its own database and control socket."""
        return self.folder / "asterisk-state"

    @property
    def redis_data(self) -> Path:
        """Where Redis keeps its append-only file."""
        return self.folder / "redis-data"

    @property
    def prompts(self) -> Path:
        """Where the service puts the prompts that it makes, one folder a language, on the host."""
        return self.folder / "prompts"


def variable_of(port: str) -> str:
    """Name the environment variable that sets this field of `Ports`: `sip` → SWITCHBOARD_SIP_PORT."""
    kind, _, end = port.partition("_")
    return f"SWITCHBOARD_{kind.upper()}_PORT" + (f"_{end.upper()}" if end else "")


def keys_of(text: str) -> Keys:
    """Read how callers' keys come. Raises BadSite."""
    try:
        return Keys(text)
    except ValueError as error:
        known = " or ".join(Keys)
        raise BadSite(f"SWITCHBOARD_CALLERS_KEYS={text} is no way for keys to come: it is {known}") from error


def ports_from(environment: Mapping[str, str]) -> Ports:
    """Give the usual ports, changed by SWITCHBOARD_SIP_PORT, …_RTP_PORT_FIRST and so on; raises BadSite."""
    chosen = {}
    for field in fields(Ports):
        text = environment.get(variable := variable_of(field.name), "")
        if text and not text.isdecimal():
            raise BadSite(f"{variable}={text!r} is no port: it must be a number")
        if text:
            chosen[field.name] = int(text)
    return replace(Ports(), **chosen)
