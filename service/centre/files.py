"""The centre's configuration files: queues, agents, pause reasons; checked whole, every mistake with file, line and column."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from acd.names import AgentId, PauseCounts, QueueId
from acd.requests import Configured
from common.yaml_file import ConfigurationRefused, Located, Mistake, load, load_located, without_file
from ivr.calendars import form as calendars_form
from ivr.calendars.form import CalendarsFile
from ivr.calendars.hours import Calendar
from ivr.dialling.policy import DialRules
from service.centre import checks as centre_checks
from service.centre import dialling as dialling_form
from service.centre import door as door_form
from service.centre.form import (
    AgentsFile,
    CallbackRules,
    CentreFile,
    PauseReason,
    QueuesFile,
    RecordingRule,
    plan_of,
    profile_of,
)
from service.centre.lookup import LookupTarget

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Centre:
    """The configuration as the rooms need it."""

    zone: ZoneInfo
    language: str
    pause_reasons: tuple[PauseReason, ...]
    skills: dict[str, dict[str, str]]
    """What people call skills, by language."""
    recording: tuple[RecordingRule, ...]
    remember_customers_days: int
    keep_recordings_days: int | None
    callback: CallbackRules | None
    dialling: DialRules | None
    lookups: dict[str, LookupTarget]
    configured: Configured
    queue_names: dict[QueueId, dict[str, str]]
    agent_names: dict[AgentId, str]
    calendars: dict[str, Calendar]


@dataclass(frozen=True, slots=True)
class CentreFiles:
    """The files as far as each could be read, and every mistake in and between them."""

    centre: Located[CentreFile] | None
    queues: Located[QueuesFile] | None
    agents: Located[AgentsFile] | None
    calendars: Located[CalendarsFile] | None
    mistakes: tuple[Mistake, ...]

    def whole(self) -> Centre:
        """The configuration; raises ConfigurationRefused with all the mistakes where there are any."""
        if self.mistakes or self.centre is None or self.queues is None or self.agents is None or self.calendars is None:
            raise ConfigurationRefused(self.mistakes)
        centre, queues, agents = self.centre.value, self.queues.value.queues, self.agents.value.agents
        zone = ZoneInfo(centre.time_zone)
        return Centre(
            zone,
            centre.language,
            tuple(centre.pause_reasons),
            {name: label.by_language() for name, label in centre.skills.items()},
            tuple(centre.recording),
            centre.remember_customers_days,
            centre.keep_recordings_days,
            centre.callback,
            None if centre.dialling is None else centre.dialling.rules(),
            centre.lookups,
            Configured(
                tuple(plan_of(QueueId(name), rules) for name, rules in queues.items()),
                tuple(profile_of(AgentId(number), rules) for number, rules in agents.items()),
                tuple(reason.name for reason in centre.pause_reasons if reason.counts_as is PauseCounts.WORK),
            ),
            {QueueId(name): rules.name.by_language() for name, rules in queues.items()},
            {AgentId(number): rules.name for number, rules in agents.items()},
            self.calendars.value.by_name(zone),
        )


def read_files(folder: Path) -> CentreFiles:
    """Read and check the files of a centre; mistakes are kept, none is raised."""
    mistakes: list[Mistake] = []
    centre = _load(folder / "switchboard.yaml", CentreFile, mistakes)
    queues = _load(folder / "queues.yaml", QueuesFile, mistakes)
    agents = _load(folder / "agents.yaml", AgentsFile, mistakes)
    calendars = _load_calendars(folder / "calendars.yaml", mistakes)
    if calendars is not None:
        mistakes += calendars_form.mistakes_in(calendars)
    if centre is not None:
        mistakes += centre_checks.in_centre(centre)
    if centre is not None and centre.value.dialling is not None and calendars is not None and agents is not None:
        known = calendars.value.calendars, agents.value.agents
        mistakes += dialling_form.mistakes_in(centre, centre.value.dialling, *known)
    if queues is not None:
        mistakes += centre_checks.in_queues(queues)
    if agents is not None and calendars is not None:
        mistakes += calendars_form.unknown_agents(calendars, agents.value.agents)
    if queues is not None and calendars is not None:
        for name, rules in queues.value.queues.items():
            mistakes += door_form.mistakes_in(queues, ("queues", name), rules, calendars.value.calendars)
    if queues is not None and agents is not None:
        mistakes += centre_checks.between(queues, agents)
    return CentreFiles(centre, queues, agents, calendars, tuple(mistakes))


def load_centre(folder: Path) -> Centre:
    """Read and check the files; raises ConfigurationRefused with all their mistakes at once."""
    return read_files(folder).whole()


def zone_of(folder: Path) -> ZoneInfo:
    """The centre's time zone alone; raises ConfigurationRefused where switchboard.yaml has mistakes."""
    return ZoneInfo(load(folder / "switchboard.yaml", CentreFile).time_zone)


def _load(path: Path, model: type[Model], mistakes: list[Mistake]) -> Located[Model] | None:
    try:
        return load_located(path, model)
    except ConfigurationRefused as refused:
        mistakes += refused.mistakes
        return None


def _load_calendars(path: Path, mistakes: list[Mistake]) -> Located[CalendarsFile] | None:
    """A centre that is always open needs no calendars, and no file of them."""
    return _load(path, CalendarsFile, mistakes) if path.exists() else without_file(path, CalendarsFile)
