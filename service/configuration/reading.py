"""Reading all configuration files before anything starts: the centre's, the flows; every mistake at once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path

from acd.names import DialDoor, DialRule
from acd.plans.plausible import Doubt, doubts
from common.yaml_file import ConfigurationRefused, Mistake
from ivr.dialling.policy import listed
from ivr.flows.checks import Known
from ivr.flows.files import Flows, load_flows
from ivr.prompts.making import Prompts, recorded_in
from service.centre import checks as centre_checks
from service.centre import treatments
from service.centre.files import Centre, CentreFiles, read_files
from service.centre.named_secrets import named_secrets
from service.centre.skills import labels_in_vain
from service.configuration.plan import PROMPT_FOLDERS, Plan
from service.environment import file_in_use
from service.settings import Settings
from service.speech.voices import voice_of


def read_plan(settings: Settings) -> Plan:
    """Read and check every file; raises ConfigurationRefused with the mistakes of all of them."""
    prompts = Prompts(settings.prompts_dir, settings.config_dir / "prompts", voice_of(settings))
    return _read(settings, prompts, lambda _: ())


def read_again(running: Plan) -> Plan:
    """Read and check every file for a service that runs; raises ConfigurationRefused, also for what only a restart changes."""
    return _read(running.settings, running.prompts, lambda files: _only_by_restart(files, running.centre))


def read_centre_and_flows(folder: Path) -> tuple[Centre, Flows, Known]:
    """Read and check what the files of a folder say, whatever the settings: for who works on files alone.

    Also returns what its flows may refer to. Raises ConfigurationRefused with the mistakes of all of them.
    """
    files = read_files(folder)
    recorded = _recorded(folder)
    flows, mistakes = _flows_beside(files, folder, recorded)
    if flows is None or mistakes or files.mistakes:
        raise ConfigurationRefused([*files.mistakes, *mistakes])
    return files.whole(), flows, _known(files, recorded)


def _read(settings: Settings, prompts: Prompts, further: Callable[[CentreFiles], Iterable[Mistake]]) -> Plan:
    folder = settings.config_dir
    files = read_files(folder)
    mistakes = [*files.mistakes, *further(files)]
    secrets = named_secrets(file_in_use())
    if files.centre is not None:
        mistakes += centre_checks.unfit_secrets(files.centre, secrets)
    flows, in_flows = _flows_beside(files, folder, _recorded(folder))
    mistakes += in_flows
    if mistakes or flows is None:
        raise ConfigurationRefused(mistakes)
    plan = Plan(settings, files.whole(), flows, prompts, secrets)
    if files.centre is not None and (in_vain := list(labels_in_vain(files.centre, plan))):
        raise ConfigurationRefused(in_vain)
    return plan


def _flows_beside(
    files: CentreFiles, folder: Path, recorded: dict[str, set[str]]
) -> tuple[Flows | None, list[Mistake]]:
    """The flows, or their mistakes, and those between them and the centre's files."""
    mistakes: list[Mistake] = []
    if files.queues is not None:
        mistakes += treatments.mistakes_in(files.queues, folder / "flows", set().union(*recorded.values()))
    try:
        return load_flows(folder / "flows", _known(files, recorded)), mistakes
    except ConfigurationRefused as refused:
        return None, [*mistakes, *refused.mistakes]


def _only_by_restart(files: CentreFiles, running: Centre) -> Iterator[Mistake]:
    zone = running.zone.key
    if files.centre is not None and files.centre.value.time_zone != zone:
        text = f"the service runs in {zone}, and its day's figures with it: restart it for another time zone"
        yield files.centre.mistake(("time_zone",), text)


def remarks(plan: Plan) -> list[str]:
    """What is no mistake, and still worth a second look before callers meet it."""
    centre = plan.centre
    found = [_doubt(doubt) for doubt in doubts(centre.configured.queues, centre.configured.agents)]
    found += treatments.dead_ends(centre.configured.queues, plan.flows)
    if not centre.recording:
        found.append("no call is recorded: `recording:` in switchboard.yaml is empty or missing")
    return found


def _doubt(doubt: Doubt) -> str:
    where = f"queue '{doubt.queue}'" + ("" if doubt.step is None else f", step {doubt.step + 1}")
    return f"{where}: {doubt.text}"


class _Whatever(Collection[str]):
    """Stands for the queues where their file is itself refused: the flows are then not blamed for it."""

    def __contains__(self, name: object) -> bool:
        return True

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def _recorded(folder: Path) -> dict[str, set[str]]:
    """The recordings in each language."""
    recordings = folder / "prompts"
    found = {path.name for path in recordings.iterdir() if path.is_dir()} if recordings.is_dir() else set()
    return {language: recorded_in(recordings / language) for language in found | set(PROMPT_FOLDERS.values())}


def _known(files: CentreFiles, recorded: dict[str, set[str]]) -> Known:
    rules = files.queues.value.queues if files.queues is not None else {}
    return Known(
        queues=rules.keys() if files.queues is not None else _Whatever(),
        calendars=files.calendars.value.calendars if files.calendars is not None else _Whatever(),
        diverts=set().union(*(one.diverts for one in rules.values())),
        lookups=files.centre.value.lookups if files.centre is not None else _Whatever(),
        agents=files.agents.value.agents if files.agents is not None else _Whatever(),
        dials=_dials(files),
        calls_back=files.centre is None or files.centre.value.callback is not None,
        prompts=recorded,
    )


def _dials(files: CentreFiles) -> Callable[[str], bool]:
    """Whether flows may have a number dialled; where the file is itself refused, they are not blamed for it."""
    if files.centre is None:
        return lambda _: True
    dialling = files.centre.value.dialling
    rules = None if dialling is None else dialling.rules()
    return lambda number: not isinstance(listed(number, DialDoor.FLOW, rules), DialRule)
