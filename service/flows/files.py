"""The flows of a folder of configuration, for the commands that work on them without a service."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from common.yaml_file import ConfigurationRefused, Mistake, load, load_located
from ivr.flows.checks import Known, mistakes_in
from ivr.flows.files import Flows
from ivr.flows.form import FlowForm
from service.centre.files import Centre
from service.centre.form import QueuesFile
from service.configuration.reading import read_centre_and_flows


@dataclass(frozen=True, slots=True)
class FlowFiles:
    """The flows, as they are carried out and as they are written, and the centre that they are for."""

    centre: Centre
    flows: Flows
    forms: Mapping[str, FlowForm]
    known: Known
    by_queues: Mapping[str, Collection[str]]
    """The steps that each queue's plan sends its callers to, by queue."""


def read_flow_files(folder: Path) -> FlowFiles:
    """Read and check; raises ConfigurationRefused with every mistake in the folder."""
    centre, flows, known = read_centre_and_flows(folder)
    forms = {name: load(folder / "flows" / f"{name}.yaml", FlowForm) for name in flows.by_name}
    queues = load(folder / "queues.yaml", QueuesFile).queues
    return FlowFiles(centre, flows, forms, known, {name: rules.diverts for name, rules in queues.items()})


def check_files(files: Sequence[Path], known: Known) -> None:
    """Check flows that may stand anywhere against what a centre knows; raises ConfigurationRefused with all mistakes."""
    mistakes: list[Mistake] = []
    for file in files:
        try:
            mistakes += mistakes_in(load_located(file, FlowForm), known)
        except ConfigurationRefused as refused:
            mistakes += refused.mistakes
    if mistakes:
        raise ConfigurationRefused(mistakes)
