"""What differs from machine to machine: addresses, ports, folders and secrets, from the environment (`SWITCHBOARD_...`)."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

LOOPBACK_NAMES = {"localhost"}


class Settings(BaseSettings):
    """Every setting of the service; `switchboard config show` prints them with their origin, secrets hidden."""

    model_config = SettingsConfigDict(env_prefix="SWITCHBOARD_", extra="ignore", frozen=True)

    site: str = Field("main", pattern=r"^[a-z0-9][a-z0-9-]{0,31}$", description="Name of this site, in topics and keys")
    node: str = Field("node1", pattern=r"^[a-z0-9]{1,16}$", description="Asterisk's systemname")

    ami_host: str = "127.0.0.1"
    ami_port: int = Field(5038, ge=1, le=65535)
    ami_user: str = "switchboard"
    ami_password: SecretStr = SecretStr("")

    agi_host: str = Field("127.0.0.1", description="Where FastAGI listens")
    agi_port: int = Field(4573, ge=0, le=65535)
    agi_allowed: str = Field("127.0.0.1", description="Asterisk's addresses, separated by commas")

    redis_host: str = "127.0.0.1"
    redis_port: int = Field(6379, ge=1, le=65535)
    redis_password: SecretStr = SecretStr("")

    mqtt_host: str = "127.0.0.1"
    mqtt_port: int = Field(1883, ge=1, le=65535)
    mqtt_user: str = "switchboard"
    mqtt_password: SecretStr = SecretStr("")

    api_host: str = Field("127.0.0.1", description="Where the API, the pages and the metrics listen")
    api_port: int = Field(8080, ge=0, le=65535)
    api_token: SecretStr = Field(SecretStr(""), description="What callers of the API show; always asked for recordings")

    ticket_key: SecretStr = Field(SecretStr(""), description="Signs the tickets on the callers' channels")

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
    def allowed_peers(self) -> frozenset[str]:
        """The addresses from which FastAGI connections are accepted."""
        return frozenset(part.strip() for part in self.agi_allowed.split(",") if part.strip())

    @model_validator(mode="after")
    def _closed_by_default(self) -> Self:
        if self.token_everywhere and not self.api_token.get_secret_value():
            raise ValueError(
                f"SWITCHBOARD_API_HOST is {self.api_host}, which others can reach, and SWITCHBOARD_API_TOKEN is not set: "
                "set a token, or listen on 127.0.0.1"
            )
        if not self.ticket_key.get_secret_value():
            raise ValueError(
                "SWITCHBOARD_TICKET_KEY is not set: without it callers cannot keep their place over a restart"
            )
        return self


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host in LOOPBACK_NAMES
