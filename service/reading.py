"""Reading all configuration before anything starts: settings, the centre's files, the flows; every mistake at once."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from pathlib import Path

from pydantic import ValidationError

from common.yaml_file import ConfigurationRefused, Mistake
from ivr.flow_checks import Known
from ivr.flow_file import Flows, load_flows
from ivr.prompts import Prompts
from ivr.voice import EspeakVoice
from service.centre import Centre, load_centre
from service.settings import Settings
from service.wiring import PROMPT_FOLDERS, Plan

SITE = "SWITCHBOARD_SITE"
ENVIRONMENT_FILE = "service.env"
DEFAULT_SITE = "demo"


class SettingsRefused(Exception):
    """Settings from the environment that cannot be used: one line each."""


def read_settings() -> Settings:
    """Read the environment, and below it `var/SITE/service.env` where there is one; raises SettingsRefused."""
    beside = environment_file(os.environ.get(SITE, DEFAULT_SITE))
    try:
        return Settings(_env_file=beside if beside.is_file() else None)
    except ValidationError as refused:
        raise SettingsRefused("\n".join(_in_words(refused))) from None


def environment_file(site: str) -> Path:
    """Where the settings of a site that was set up here are kept."""
    return Path("var") / site / ENVIRONMENT_FILE


def read_plan(settings: Settings) -> Plan:
    """Read and check every file; raises ConfigurationRefused with the mistakes of all of them."""
    mistakes: list[Mistake] = []
    centre: Centre | None = None
    flows: Flows | None = None
    prompts = Prompts(settings.prompts_dir, settings.config_dir / "prompts", EspeakVoice())
    try:
        centre = load_centre(settings.config_dir)
    except ConfigurationRefused as refused:
        mistakes += refused.mistakes
    try:
        flows = load_flows(settings.config_dir / "flows", _known(centre, prompts))
    except ConfigurationRefused as refused:
        mistakes += refused.mistakes
    if mistakes or centre is None or flows is None:
        raise ConfigurationRefused(mistakes)
    return Plan(settings, centre, flows, prompts)


class _Whatever(Collection[str]):
    """Stands for the queues where their file is itself refused: the flows are then not blamed for it."""

    def __contains__(self, name: object) -> bool:
        return True

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def _known(centre: Centre | None, prompts: Prompts) -> Known:
    plans = centre.configured.queues if centre is not None else ()
    return Known(
        queues=[plan.queue for plan in plans] if centre is not None else _Whatever(),
        diverts={plan.no_agent_divert for plan in plans if plan.no_agent_divert},
        prompts={folder: prompts.recorded(folder) for folder in PROMPT_FOLDERS.values()},
    )


def _in_words(refused: ValidationError) -> list[str]:
    lines = []
    for error in refused.errors():
        name = ".".join(str(part) for part in error["loc"])
        text = error["msg"].removeprefix("Value error, ")
        lines.append(f"SWITCHBOARD_{name.upper()}: {text}" if name else text)
    return lines
