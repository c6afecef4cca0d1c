"""What queues' plans and flows ask of each other: the prompts and steps that plans name have to be in the flows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

from acd.plans.door import Treatment
from acd.plans.plan import QueuePlan
from common.suggest import did_you_mean
from common.yaml_file import ConfigurationRefused, Located, Mistake, Place, load
from ivr.flows.files import Flows
from ivr.flows.form import FlowForm
from ivr.steps.queue import Queue, QueueForm
from service.centre.form import QueueRules, QueuesFile


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
        for place, prompt in _said(name, rules):
            if prompt not in prompts:
                yield queues.mistake(place, f"unknown prompt '{prompt}'{did_you_mean(prompt, prompts)}")
        for place, divert in _diverts(name, rules):
            if (wrong := _wrong_divert(name, divert, forms, "nobody")) is not None:
                yield queues.mistake(place, wrong)
        for key, step in rules.keys.items():
            if (wrong := _wrong_key(name, step, forms)) is not None:
                yield queues.mistake(("queues", name, "keys", key), wrong)
        yield from _wrong_treatments(queues, name, rules, prompts, forms)


def _said(name: str, rules: QueueRules) -> Iterator[tuple[Place, str]]:
    """The prompts a plan names, each with its place."""
    if rules.no_agent.say is not None:
        yield ("queues", name, "no_agent", "say"), rules.no_agent.say
    if rules.announce is not None:
        yield from ((("queues", name, "announce", "say", n), say) for n, say in enumerate(rules.announce.say))


def _diverts(name: str, rules: QueueRules) -> Iterator[tuple[Place, str]]:
    """The steps a plan sends callers to by itself, each with its place."""
    if rules.no_agent.divert is not None:
        yield ("queues", name, "no_agent", "divert"), rules.no_agent.divert
    for n, step in enumerate(rules.steps):
        if step.divert is not None:
            yield ("queues", name, "steps", n, "divert"), step.divert


def _wrong_key(queue: str, step: str, forms: Mapping[str, FlowForm]) -> str | None:
    """A key must lead somewhere in every flow whose callers may press it."""
    steps = {step for form in forms.values() for step in form.steps}
    if step not in steps:
        return f"unknown step '{step}': no flow has it{did_you_mean(step, steps)}"
    for flow, form in forms.items():
        if step not in form.steps and any(_to_queue(form, queue)):
            return f"flow '{flow}' leads callers to this queue and has no step '{step}': add the step there"
    return None


def _wrong_treatments(
    queues: Located[QueuesFile], name: str, rules: QueueRules, prompts: Collection[str], forms: Mapping[str, FlowForm]
) -> Iterator[Mistake]:
    for key, rule in rules.treatments().items():
        if rule.say is not None and rule.say not in prompts:
            place = ("queues", name, key, "say")
            yield queues.mistake(place, f"unknown prompt '{rule.say}'{did_you_mean(rule.say, prompts)}")
        if rule.divert is not None and (wrong := _wrong_divert(name, rule.divert, forms, "turned_away")) is not None:
            yield queues.mistake(("queues", name, key, "divert"), wrong)


def dead_ends(plans: Iterable[QueuePlan], flows: Flows) -> Iterator[str]:
    """Name the treatments after which a flow has no step for the caller: the call ends there, which may not be meant."""
    for plan in plans:
        door = plan.door
        given: dict[str, Treatment | None] = {
            "full": door.full,
            "none_signed_in": door.none_signed_in,
            "too_long": door.too_long,
        }
        if door.hours:
            given = {"closed": door.closed, "holiday": door.holiday, "emergency": door.emergency, **given}
        for flow in flows.by_name.values():
            open_ended = any(
                isinstance(step, Queue) and step.queue == plan.queue and not step.turned_away
                for step in flow.steps.values()
            )
            for key, treatment in given.items():
                if open_ended and treatment is not None and not treatment.divert:
                    hears = f"hears '{treatment.say}' and" if treatment.say else "hears nothing and"
                    yield (
                        f"queue '{plan.queue}': whom it turns away for '{key}' {hears} is hung up in flow '{flow.name}'; "
                        f"give `{key}` a `divert`, or the flow's step `turned_away`"
                    )


def _wrong_divert(queue: str, divert: str, forms: Mapping[str, FlowForm], own: str) -> str | None:
    """What is wrong with this divert, if anything; `own` is the key by which a flow's queue step says it itself."""
    steps = {step for form in forms.values() for step in form.steps}
    if divert not in steps:
        return f"unknown step '{divert}': no flow has it{did_you_mean(divert, steps)}"
    for flow, form in forms.items():
        if divert not in form.steps and _leaves_open(form, queue, own):
            return (
                f"flow '{flow}' leads callers to this queue and has no step '{divert}': add the step there, or give the "
                f"flow's own step `{own}`"
            )
    return None


def _leaves_open(form: FlowForm, queue: str, own: str) -> bool:
    """Whether this flow sends callers to the queue without saying itself what then becomes of them."""
    return any(getattr(step, own) is None for step in _to_queue(form, queue))


def _to_queue(form: FlowForm, queue: str) -> Iterator[QueueForm]:
    return (step for step in form.steps.values() if isinstance(step, QueueForm) and step.queue == queue)
