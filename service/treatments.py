"""What queues' plans and flows ask of each other: the prompts and steps that `no_agent` names have to be in the flows."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from common.suggest import did_you_mean
from common.yaml_file import ConfigurationRefused, Located, Mistake, Place, load
from ivr.flow_form import FlowForm, QueueForm
from service.centre import QueuesFile


def mistakes_in(queues: Located[QueuesFile], flows: Path, recorded: Collection[str]) -> Iterator[Mistake]:
    """Yield what the plans name and no flow has. `recorded` are the prompts that need no text in a flow.

    While a file of the folder of flows cannot be read, what stands in it is not known, and the plans are not blamed.
    """
    forms: dict[str, FlowForm] = {}
    for file in sorted(flows.glob("*.yaml")):
        try:
            forms[file.stem] = load(file, FlowForm)
        except ConfigurationRefused:
            return
    prompts = {*recorded, *(prompt for form in forms.values() for prompt in form.prompts)}
    for name, rules in queues.value.queues.items():
        at, say = ("queues", name, "no_agent"), rules.no_agent.say
        if say is not None and say not in prompts:
            yield queues.mistake((*at, "say"), f"unknown prompt '{say}'{did_you_mean(say, prompts)}")
        diverts: list[tuple[Place, str | None]] = [((*at, "divert"), rules.no_agent.divert)]
        diverts += [(("queues", name, "steps", n, "divert"), step.divert) for n, step in enumerate(rules.steps)]
        for place, divert in diverts:
            if divert is not None and (wrong := _wrong_divert(name, divert, forms)) is not None:
                yield queues.mistake(place, wrong)


def _wrong_divert(queue: str, divert: str, forms: Mapping[str, FlowForm]) -> str | None:
    steps = {step for form in forms.values() for step in form.steps}
    if divert not in steps:
        return f"unknown step '{divert}': no flow has it{did_you_mean(divert, steps)}"
    for flow, form in forms.items():
        if divert not in form.steps and _leaves_nobody_open(form, queue):
            return (
                f"flow '{flow}' leads callers to this queue and has no step '{divert}': add the step there, or give the "
                "flow's own step `nobody`"
            )
    return None


def _leaves_nobody_open(form: FlowForm, queue: str) -> bool:
    """Whether this flow sends callers to the queue without saying itself what becomes of them where nobody is there."""
    to_queue = (step for step in form.steps.values() if isinstance(step, QueueForm) and step.queue == queue)
    return any(step.nobody is None for step in to_queue)
