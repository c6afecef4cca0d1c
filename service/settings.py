"""What differs from machine to machine: addresses, ports, folders and secrets, from the environment (`SWITCHBOARD_...`)."""

from __future__ import annotations

import re
import shlex
import ssl
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from urllib.parse import quote, urlencode

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "SWITCHBOARD_"
LOOPBACK_NAMES = {"localhost"}
NODE = re.compile(r"[a-z0-9]{1,16}")
LAST_PORT = 65535
OWN_FILE = "sqlite+aiosqlite:///"
"""How the URL of a database in a file of our own begins: what it needs comes with Switchboard."""


class Settings(BaseSettings):
    """Every setting of the service; `switchboard config show` prints them with their origin, secrets hidden."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True, validate_default=True)

    site: str = Field("main", pattern=r"^[a-z0-9][a-z0-9-]{0,31}$", description="Name of this site, in topics and keys")
    node: str = Field("node1", pattern=r"^[a-z0-9]{1,16}$", description="Asterisk's systemname")

    ami_host: str = "127.0.0.1"
    ami_port: int = Field(5038, ge=1, le=65535)
    ami_user: str = "switchboard"
    ami_password: SecretStr = SecretStr("")
    ami_ca: Path | None = Field(None, description="Who signed AMI's certificate (PEM); with it AMI is spoken over TLS")
    more_asterisks: str = Field(
        "", description="Further ones, `node2=10.0.0.2:5038`, separated by commas; same AMI user"
    )

    agi_host: str = Field("127.0.0.1", description="Where FastAGI listens")
    agi_port: int = Field(4573, ge=1, le=65535)
    agi_allowed: str = Field("127.0.0.1", description="Asterisk's addresses or networks, separated by commas")

    redis_host: str = "127.0.0.1"
    redis_port: int = Field(6379, ge=1, le=65535)
    redis_password: SecretStr = SecretStr("")
    redis_ca: Path | None = Field(
        None, description="Who signed Redis's certificate (PEM); with it Redis is reached by TLS"
    )
    redis_sentinels: str = Field(
        "", description="Sentinels, `10.0.0.1:26379`, separated by commas, instead of one place"
    )
    redis_master: str = Field("switchboard", description="Under which name the Sentinels know our Redis")
    redis_sentinel_password: SecretStr = SecretStr("")

    mqtt_host: str = "127.0.0.1"
    mqtt_port: int = Field(1883, ge=1, le=65535)
    mqtt_user: str = "switchboard"
    mqtt_password: SecretStr = SecretStr("")
    mqtt_ca: Path | None = Field(
        None, description="Who signed the broker's certificate (PEM); with it MQTT goes over TLS"
    )

    api_host: str = Field("127.0.0.1", description="Where the API, the pages and the metrics listen")
    api_port: int = Field(8080, ge=1, le=65535)
    api_token: SecretStr = Field(SecretStr(""), description="What callers of the API show; always asked for recordings")

    ticket_key: SecretStr = Field(SecretStr(""), description="Signs the tickets on the callers' channels")

    voice_command: str = Field(
        "", description="Speaks prompts nobody recorded: text on its input, sound on its output, {language}"
    )
    voice_url: str = Field("", description="Likewise, as a web service: {text, language} posted, sound answered")
    voice_token: SecretStr = Field(SecretStr(""), description="What that service is shown")

    config_dir: Path = Field(
        Path("config"), description="The folder of switchboard.yaml, queues.yaml, agents.yaml, flows/"
    )
    data_dir: Path = Field(Path("var/main"), description="What the service writes")
    prompts_dir: Path = Field(Path("var/main/prompts"), description="Prompts, as the host sees them")
    recordings_dir: Path = Field(Path("var/main/recordings"), description="Recordings, as the host sees them")
    web_dir: Path = Field(Path("web/dist"), description="The built pages")
    database_url: str = "sqlite+aiosqlite:///var/main/switchboard.db"

    @property
    def token_everywhere(self) -> bool:
        """Whether every request has to show the token: it does unless the service listens on loopback alone."""
        return not _is_loopback(self.api_host)

    @property
    def redis_url(self) -> str:
        """Where Redis is, with its password; where Sentinels know its place, host and port count for nothing."""
        password = quote(self.redis_password.get_secret_value(), safe="")
        place = f":{password}@{self.redis_host}:{self.redis_port}/0"
        if self.redis_ca is None:
            return f"redis://{place}"
        return f"rediss://{place}?{urlencode({'ssl_ca_certs': str(self.redis_ca)})}"

    @property
    def allowed_peers(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """Where FastAGI connections are accepted from."""
        return tuple(ip_network(part.strip()) for part in self.agi_allowed.split(",") if part.strip())

    @field_validator("agi_allowed")
    @classmethod
    def _networks(cls, text: str) -> str:
        parts = [part.strip() for part in text.split(",") if part.strip()]
        if not parts:
            raise ValueError("names nobody: no Asterisk could hand a caller over; give its address")
        for part in parts:
            try:
                ip_network(part)
            except ValueError as error:
                raise ValueError(f"{error}: give addresses or networks, separated by commas") from None
        return text

    @field_validator("more_asterisks")
    @classmethod
    def _name_asterisks(cls, text: str, known: ValidationInfo) -> str:
        if known.data.get("node") in nodes_in(text):
            raise ValueError(
                f"names {known.data['node']} again, which SWITCHBOARD_NODE is: every Asterisk needs its own name"
            )
        return text

    @field_validator("redis_sentinels")
    @classmethod
    def _name_sentinels(cls, text: str) -> str:
        places_in(text)
        return text

    @field_validator("ami_ca", "redis_ca", "mqtt_ca", mode="before")
    @classmethod
    def _empty_is_none(cls, file: object) -> object:
        return file or None

    @field_validator("ami_ca", "redis_ca", "mqtt_ca")
    @classmethod
    def _holds_certificates(cls, file: Path | None) -> Path | None:
        if file is not None:
            try:
                ssl.create_default_context(cafile=file)
            except OSError as error:  # ssl.SSLError is one
                raise ValueError(
                    f"no certificate can be read from {file} ({error.strerror or error}): give a file in PEM"
                ) from None
        return file

    @field_validator("api_token")
    @classmethod
    def _closed_by_default(cls, token: SecretStr, known: ValidationInfo) -> SecretStr:
        host = known.data.get("api_host", "")
        if not token.get_secret_value() and not _is_loopback(host):
            raise ValueError(
                f"is not set, and {PREFIX}API_HOST is {host}, which others can reach: set a token, or listen on 127.0.0.1"
            )
        return token

    @field_validator("voice_command")
    @classmethod
    def _runs(cls, command: str) -> str:
        try:
            shlex.split(command)
        except ValueError as error:
            raise ValueError(f"cannot be split into words ({error}): quote it as for a shell") from None
        return command

    @field_validator("voice_url")
    @classmethod
    def _one_voice(cls, url: str, known: ValidationInfo) -> str:
        if url and not url.startswith(("http://", "https://")):
            raise ValueError("is no web address: write http://HOST:PORT/PATH")
        if url and known.data.get("voice_command"):
            raise ValueError(f"is set beside {PREFIX}VOICE_COMMAND: there is one voice, set one of them")
        return url

    @field_validator("ticket_key")
    @classmethod
    def _signs(cls, key: SecretStr) -> SecretStr:
        if not key.get_secret_value():
            raise ValueError("is not set: without it callers cannot keep their place over a restart")
        return key

    @field_validator("database_url")
    @classmethod
    def _names_a_database(cls, url: str) -> str:
        if url.startswith(OWN_FILE):
            return url
        # SQLAlchemy takes a tenth of a second to import, which no command has to wait for where the database is the usual one.
        from sqlalchemy.engine import make_url  # noqa: PLC0415
        from sqlalchemy.exc import ArgumentError  # noqa: PLC0415

        wanted = "write sqlite+aiosqlite:///PATH or postgresql+asyncpg://USER:PASSWORD@HOST/NAME"
        try:
            dialect = make_url(url).get_dialect()
            dialect.import_dbapi()
        except ArgumentError:  # its text may repeat the URL, which may hold a password
            raise ValueError(f"names no database that we can use: {wanted}") from None
        except ImportError as missing:
            raise ValueError(f"needs the Python package {missing.name}: install it, or {wanted}") from None
        if not dialect.is_async:
            raise ValueError(f"names a driver that would hold up every call: {wanted}")
        return url


def places_in(text: str) -> tuple[tuple[str, int], ...]:
    """Read `HOST:PORT, HOST:PORT`; raises ValueError."""
    return tuple(_place(part.strip()) for part in text.split(",") if part.strip())


def nodes_in(text: str) -> dict[str, tuple[str, int]]:
    """Read `NODE=HOST:PORT, NODE=HOST:PORT`; raises ValueError."""
    found: dict[str, tuple[str, int]] = {}
    for part in (part.strip() for part in text.split(",")):
        if not part:
            continue
        node, _, place = part.partition("=")
        if NODE.fullmatch(node) is None:
            raise ValueError(f"{part!r} does not begin with an Asterisk's systemname: write node2=10.0.0.2:5038")
        if node in found:
            raise ValueError(f"names {node} twice: every Asterisk needs its own name")
        found[node] = _place(place)
    return found


def _place(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) <= LAST_PORT:
        raise ValueError(f"{text!r} is no place: write HOST:PORT, such as 10.0.0.2:5038")
    return host.strip("[]"), int(port)


def variable_of(field: str) -> str:
    """Name the environment variable of a setting: `api_port` → SWITCHBOARD_API_PORT."""
    return f"{PREFIX}{field.upper()}"


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host in LOOPBACK_NAMES
