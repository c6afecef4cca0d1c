"""Where each setting comes from: the environment, the site's file, or the default; for `switchboard config show`."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

from pydantic import SecretStr
from pydantic_settings import DotEnvSettingsSource, EnvSettingsSource
from sqlalchemy.engine import make_url

from service.centre.named_secrets import named_secrets
from service.settings import Settings, variable_of

HIDDEN = "(hidden)"
UNSET = "(not set)"


class Origin(StrEnum):
    """Where a setting's value was found."""

    ENVIRONMENT = "environment"
    FILE = "file"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Shown:
    """A setting as people may see it."""

    variable: str
    value: str
    """Secrets are hidden."""
    origin: Origin
    file: str = ""
    """Which file, where it comes from one."""

    def line(self) -> str:
        """The setting for people."""
        return f"{self.variable} = {self.value}  ({' '.join(filter(None, (self.origin, self.file)))})"

    def as_record(self) -> dict[str, str]:
        """The setting for programs."""
        return asdict(self)


def origins(settings: Settings, file: Path | None) -> list[Shown]:
    """Every setting with its origin, and the secrets that files may refer to.

    `file` is the one that was read below the environment, if any.
    """
    environment = EnvSettingsSource(Settings)()
    below = DotEnvSettingsSource(Settings, env_file=file)() if file is not None else {}
    shown = []
    for name in Settings.model_fields:
        if name in environment:
            origin = Origin.ENVIRONMENT
        elif name in below:
            origin = Origin.FILE
        else:
            origin = Origin.DEFAULT
        from_file = str(file) if origin is Origin.FILE else ""
        shown.append(Shown(variable_of(name), _visible(name, getattr(settings, name)), origin, from_file))
    kept = named_secrets(file)
    from_environment = named_secrets(None)
    for name in sorted(kept):
        origin, where = (Origin.ENVIRONMENT, "") if name in from_environment else (Origin.FILE, str(file))
        shown.append(Shown(name, HIDDEN, origin, where))
    return shown


def _visible(name: str, value: object) -> str:
    if isinstance(value, SecretStr):
        return HIDDEN if value.get_secret_value() else UNSET
    if name == "database_url":
        return make_url(str(value)).render_as_string(hide_password=True)
    return str(value)
